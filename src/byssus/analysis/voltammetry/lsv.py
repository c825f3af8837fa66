"""Linear sweep voltammetry: where oxidation and reduction begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.voltammetry.scans import Scan, Way, scans_of
from byssus.errors import FitError
from byssus.findings import Finding
from byssus.fitting import fit_line
from byssus.measured.tables import Table
from byssus.quantity import Quantity, format_value
from byssus.study.techniques import Told, said

Array = NDArray[np.float64]

#: What an onset is usually quoted at, in A/m² (10, 50 and 100 µA/cm²); the first where nothing is told.  Conventions.
USUAL: Final = (0.1, 0.5, 1.0)
#: A current stays over the criterion for so long, in V, to have crossed it; a choice.
_LASTS: Final = 0.01
#: Noise after smoothing, as a share of the criterion, beyond which no onset is given.
_NOISY: Final = 0.2
#: Noise that is wanted after smoothing, as a share of the criterion; a choice.
_QUIET: Final = 0.05
#: Width of the two lines of the tangent method, as a share of the sweep.
_STRETCH: Final = 0.05
#: The current's rise must be so many times the noise for a tangent.
_CLEAR: Final = 10.0

METHODS: Final = (
    ("Onset at a criterion", "The first potential of a sweep at which the current (smoothed where noise asks for it, and not "
     "corrected for any background) passes the criterion and stays beyond it for 10 mV. It follows the criterion, the scan rate "
     "and the true area of the electrode: quote all three."),
    ("Onset by tangents", "Where the straight line through the flattest stretch before the rise meets the one through the steepest "
     "of the rise, each a twentieth of the sweep. Of a current that grows to the end of the sweep it follows where the sweep ends."),
    ("Noise and smoothing", "The noise is the scatter about parabolas through neighbouring records. Where it exceeds 5 % of the "
     "criterion or 0.2 % of the largest current, a Savitzky-Golay filter of third order brings it there, over 25 mV at most."),
)  # fmt: skip


@dataclass(frozen=True)
class _Criterion:
    """A current in A that counts as begun, and how it is written."""

    amperes: float
    #: Its relative standard error, from the area.
    error: float
    written: str


@dataclass(frozen=True)
class _Onset:
    """Where something begins, in V, with its standard error, or why that is not known."""

    potential: float | None
    error: float | None
    reason: str | None
    again: float | None = None


def examine_lsv(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find the onset of oxidation and reduction in linear sweeps.

    Parameters
    ----------
    tables
        A table of voltammetry; sweeps up are for oxidation, sweeps down for reduction.
    told
        ``scan rate``, ``area``, ``criterion``, ``criterion current``, as `byssus.study.techniques` has them.

    Returns
    -------
    Examined
        With the frames ``onsets`` (a row a sweep and criterion) and ``tangents`` (a row a sweep).

    Raises
    ------
    AnalysisError
        If no sweep has enough records.
    """
    criteria = [_criteria(table, told) for table in tables]
    areas = [None if (area := _area(table, told)) is None else area.to("cm^2").value for table in tables]
    quiet = [np.inf if isinstance(given, str) else _QUIET * given[0].amperes for given in criteria]
    scans, findings = scans_of(tables, told, quiet=quiet)
    results: list[Result] = []
    rows: list[dict[str, Any]] = []
    tangents: list[dict[str, Any]] = []
    shown: set[tuple[int, Way]] = set()
    for scan in scans:
        given = criteria[scan.table]
        onsets = [] if isinstance(given, str) else [_crossing(scan, one) for one in given]
        rate = None if scan.rate is None else 1e3 * scan.rate
        at = "at an unknown scan rate" if rate is None else f"at {rate:.3g} mV/s"
        place = {
            "File / 1": scan.table + 1,
            CYCLE: scan.cycle,
            "Sweep / 1": scan.number,
            "Direction": scan.way,
            "Scan Rate / mV/s": rate,
            "Area / cm^2": areas[scan.table],
        }
        for one, onset in zip([] if isinstance(given, str) else given, onsets, strict=True):
            rows.append(
                place
                | {
                    "Criterion": one.written,
                    "Criterion / uA": 1e6 * one.amperes,
                    "Potential / V": onset.potential,
                    u("Potential / V"): onset.error,
                    "Noise / uA": 1e6 * scan.noise,
                    "Remark": onset.reason or "",
                }
            )
        tangent, lines = _tangents(scan)
        tangents.append(place | {"Potential / V": tangent.potential, u("Potential / V"): tangent.error} | lines)
        tangents[-1]["Remark"] = tangent.reason or ""
        if (scan.table, scan.way) in shown:
            continue
        # The first sweep in each direction is the one of a fresh surface.
        shown.add((scan.table, scan.way))
        results += _results(scan, given, onsets, tangent, at)
        findings += _findings(scan, given, onsets)
    return Examined(
        technique="lsv",
        tables=tuple(tables),
        results=tuple(results),
        frames={"onsets": _frame(rows, _ONSETS), "tangents": _frame(tangents, _TANGENTS)},
        findings=tuple(findings),
        methods=METHODS,
    )


def _area(table: Table, told: Mapping[str, Told]) -> Quantity | None:
    return said(table, told, "area") or table.metadata.sample.electrode_area


def _criteria(table: Table, told: Mapping[str, Told]) -> list[_Criterion] | str:
    """Return the criteria, the one that is asked for first; or why there is none."""
    asked, current = told.get("criterion"), told.get("criterion current")
    if isinstance(current, Quantity) and asked is None:
        return [_Criterion(current.to("A").value, 0.0, f"{format_value(current.to('uA').value)} µA")]
    area = _area(table, told)
    if area is None:
        return "no area: an onset at a current density needs it; tell the area, or a criterion current"
    square = area.to("m^2")
    error = (square.uncertainty or 0.0) / square.value
    first = [asked.to("A/m^2").value] if isinstance(asked, Quantity) else []
    return [
        _Criterion(density * square.value, error, f"{format_value(100 * density)} µA/cm²")
        for density in dict.fromkeys([*first, *USUAL])
    ]


def _crossing(scan: Scan, criterion: _Criterion) -> _Onset:
    """Return where the current in the direction of the sweep passes a criterion for good."""
    height, level = scan.sign * scan.smooth, criterion.amperes
    if scan.rest > _NOISY * level:
        return _Onset(
            None, None, f"the noise, {1e6 * scan.rest:.2g} µA after smoothing, is over a fifth of {criterion.written}"
        )
    beyond = height >= level
    if beyond.all():
        return _Onset(None, None, f"the current is beyond {criterion.written} from the start of the sweep")
    lasting = max(int(np.ceil(_LASTS / abs(scan.even[1] - scan.even[0]))), 1)
    crossings = np.flatnonzero(~beyond[:-1] & beyond[1:])
    kept = [int(at) for at in crossings if beyond[at + 1 : at + 1 + lasting].all()]
    if not kept:
        if beyond[0]:
            return _Onset(None, None, f"the current is beyond {criterion.written} only where the sweep starts")
        return _Onset(
            None,
            None,
            f"{criterion.written} is not reached {'up' if scan.sign > 0 else 'down'} to {scan.even[-1]:.3f} V",
        )
    at = kept[0]
    slope = float(height[at + 1] - height[at])
    potential = float(scan.even[at] + (level - height[at]) / slope * (scan.even[at + 1] - scan.even[at]))
    # The slope over a tenth of a smoothing window on either side would follow the noise: over 10 mV instead.
    low, high = max(at - lasting // 2, 0), min(at + 1 + lasting // 2, len(height) - 1)
    steepness = abs(float((height[high] - height[low]) / (scan.even[high] - scan.even[low])))
    # Between two records the current is not known: a jump lies anywhere there.
    step = abs(float(scan.even[1] - scan.even[0])) / np.sqrt(12)
    error = float(np.hypot(np.hypot(scan.rest, criterion.error * level) / steepness, step)) if steepness > 0 else None
    after = np.flatnonzero(~beyond[at + 1 :])
    again = float(scan.even[at + 1 + after[0]]) if after.size else None
    return _Onset(potential, error, None, again)


def _tangents(scan: Scan) -> tuple[_Onset, dict[str, float | None]]:
    """Return where the tangents before and along the rise meet, and the two lines."""
    nothing: dict[str, float | None] = dict.fromkeys(_LINES)
    height = scan.sign * scan.smooth
    count = max(int(_STRETCH * len(height)), 5)
    if len(height) < 3 * count:
        return _Onset(None, None, "the sweep has too few records for two tangents"), nothing
    weights = np.arange(count) - (count - 1) / 2
    slopes = np.convolve(height, weights[::-1], mode="valid")
    steepest = int(np.argmax(slopes))
    rise = height[steepest : steepest + count]
    if float(np.ptp(rise)) < _CLEAR * scan.rest or rise[-1] <= 0:
        return _Onset(None, None, "no rise of the current stands out of its noise"), nothing
    if steepest < count:
        return _Onset(None, None, "the current rises steepest where the sweep starts"), nothing
    flattest = int(np.argmin(np.abs(slopes[: steepest - count + 1])))
    at = float(scan.even[steepest])
    try:
        lines = [
            fit_line(scan.even[first : first + count] - at, scan.smooth[first : first + count])
            for first in (flattest, steepest)
        ]
    except FitError as error:
        return _Onset(None, None, f"no tangent: {error.message}"), nothing
    base, along = lines
    # Points of a smoothed curve are not independent: a window holds one value.
    points = max(scan.window / abs(float(scan.even[1] - scan.even[0])), 1.0)
    apart = along.slope - base.slope
    meeting = (base.intercept - along.intercept) / apart
    variance = sum(
        line.intercept_error**2 + 2 * meeting * line.covariance + (meeting * line.slope_error) ** 2 for line in lines
    )
    potential = at + meeting
    drawn: dict[str, float | None] = {
        "Baseline at the Onset / mA": 1e3 * (base.intercept + base.slope * meeting),
        "Baseline Slope / mA/V": 1e3 * base.slope,
        "Baseline from / V": float(scan.even[flattest]),
        "Slope of the Rise / mA/V": 1e3 * along.slope,
        "Rise to / V": float(scan.even[steepest + count - 1]),
    }
    if not min(scan.even[0], scan.even[-1]) <= potential <= max(scan.even[0], scan.even[-1]):
        return _Onset(None, None, "the tangents meet outside the sweep"), drawn
    return _Onset(potential, float(np.sqrt(max(variance, 0.0) * points)) / abs(apart), None), drawn


def _results(
    scan: Scan, given: Sequence[_Criterion] | str, onsets: Sequence[_Onset], tangent: _Onset, at: str
) -> Iterator[Result]:
    name = f"{scan.way} onset"
    rate = None if scan.rate is None else 1e3 * scan.rate
    why = "neither times nor conditions tell it" if rate is None else None
    yield Result(f"scan rate of {scan.way}", rate, "mV/s", method="of the first sweep, whose onsets these are",
                 cycle=scan.cycle, reason=why)  # fmt: skip
    if isinstance(given, str):
        yield Result(name, None, "V", reason=given, cycle=scan.cycle)
    for one, onset in zip([] if isinstance(given, str) else given, onsets, strict=True):
        yield Result(
            f"{name} at {one.written}",
            onset.potential,
            "V",
            onset.error,
            method=f"first potential beyond the criterion for 10 mV, {at}",
            cycle=scan.cycle,
            reason=onset.reason,
        )
    yield Result(
        f"{name} by tangents",
        tangent.potential,
        "V",
        tangent.error,
        method=f"flattest stretch before the rise and steepest of it, {at}",
        cycle=scan.cycle,
        reason=tangent.reason,
    )


def _findings(scan: Scan, given: Sequence[_Criterion] | str, onsets: Sequence[_Onset]) -> Iterator[Finding]:
    if isinstance(given, str):
        return
    if (rest := scan.rest) > _NOISY * given[0].amperes:
        yield Finding(
            "noisy-current",
            f"the noise of the sweep of {scan.way}, {1e6 * rest:.2g} µA after smoothing, hides an onset at {given[0].written}",
        )
    onset = onsets[0]
    if onset.potential is not None and onset.again is not None:
        yield Finding(
            "current-falls-again",
            f"the current of {scan.way} passes {given[0].written} at {onset.potential:.3f} V, and is below it again at "
            f"{onset.again:.3f} V",
        )


_LINES: Final = (
    "Baseline at the Onset / mA", "Baseline Slope / mA/V", "Baseline from / V", "Slope of the Rise / mA/V", "Rise to / V",
)  # fmt: skip
_PLACE: Final[dict[str, Any]] = {
    "File / 1": pl.Int64, CYCLE: pl.Int64, "Sweep / 1": pl.Int64, "Direction": pl.String, "Scan Rate / mV/s": pl.Float64,
    "Area / cm^2": pl.Float64,
}  # fmt: skip
_ONSETS: Final[dict[str, Any]] = _PLACE | {
    "Criterion": pl.String, "Criterion / uA": pl.Float64, "Potential / V": pl.Float64, u("Potential / V"): pl.Float64,
    "Noise / uA": pl.Float64, "Remark": pl.String,
}  # fmt: skip
_TANGENTS: Final[dict[str, Any]] = (
    _PLACE
    | {"Potential / V": pl.Float64, u("Potential / V"): pl.Float64}
    | dict.fromkeys(_LINES, pl.Float64)
    | {"Remark": pl.String}
)


def _frame(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=dict(schema), orient="row")
