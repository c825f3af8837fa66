"""The sweeps of voltammograms, each with its direction, scan rate, noise, and as much smoothing as the noise asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.study.techniques import Told, said

Array = NDArray[np.float64]
Way = Literal["oxidation", "reduction"]

#: Noise that stays after smoothing, as a share of the largest current of the sweep; a choice.
QUIET: Final = 0.002
#: The widest window of the smoothing, in V; a choice: a reversible peak of one electron is 91 mV wide at half its height.
WIDEST: Final = 0.025
#: Scan rates that differ by less are one, and a stated rate that differs by more from the records' is said to.
SAME_RATE: Final = 0.05
#: With fewer records, or over less voltage, a sweep tells nothing.
_FEWEST, _SHORTEST = 10, 0.02
#: Points of the even grid, at most.
_MOST_POINTS: Final = 20_000


@dataclass(frozen=True, eq=False)
class Scan:
    """One sweep.

    Parameters
    ----------
    table, number, cycle
        Which of the tables it is in, from 0, and its numbers there.
    way
        ``oxidation`` where the voltage rises, ``reduction`` where it falls.
    rate
        In V/s; None where neither times nor conditions tell it.
    voltage, current
        The records in V and A, in the direction of the sweep and no voltage twice.
    even, smooth
        The same at even steps, the current smoothed.
    noise, rest
        Standard deviation of the noise of a record in A, and of what is smoothed.
    window
        Width of the smoothing in V; 0 where there is none.
    charge, forward
        ∫I dt in C of all that flowed, and of what flowed in the sweep's own direction; None without a rate.
    first
        Whether its cycle is the first of its file.
    """

    table: int
    number: int
    cycle: int
    way: Way
    rate: float | None
    voltage: Array
    current: Array
    even: Array
    smooth: Array
    noise: float
    rest: float
    window: float
    charge: float | None
    forward: float | None
    first: bool

    @property
    def sign(self) -> float:
        """Of a current in the sweep's own direction, which is that of its voltage too."""
        return 1.0 if self.way == "oxidation" else -1.0

    @property
    def largest(self) -> float:
        """The largest current of either sign, in A."""
        return float(np.abs(self.smooth).max())

    @property
    def span(self) -> float:
        """How far the voltage was swept, in V."""
        return float(abs(self.voltage[-1] - self.voltage[0]))


def scans_of(
    tables: Sequence[Table], told: Mapping[str, Told], *, quiet: Sequence[float] = ()
) -> tuple[list[Scan], list[Finding]]:
    """Take voltammograms apart into sweeps.

    The scan rate is that of the records, the median of |ΔV|/Δt over parts of the sweep; without times it is what was
    told, or else what the file says.

    The noise is the standard deviation of the current about a parabola through neighbouring records (third divided
    differences, by their median), or that of rounding to the last digit stored if that is more.  Where it is over 0.2 %
    of the sweep's largest current, the current is smoothed by a Savitzky-Golay filter of third order with as few points
    as bring it down to that, but over 25 mV at most.

    Parameters
    ----------
    tables, told
        Of voltammetry, and what is told of them.
    quiet
        For each table the noise in A that is wanted, where that is less.

    Raises
    ------
    AnalysisError
        If no sweep has ten records over 20 mV.

    Examples
    --------
    >>> from byssus.measured.metadata import Metadata
    >>> volts = np.linspace(0.0, 1.0, 101)
    >>> data = pl.DataFrame({"Voltage / V": volts, "Current / A": 1e-3 * volts, "Test Time / s": 1e4 * volts,
    ...                      "Sweep Count / 1": [1] * 101})
    >>> (scan,), _ = scans_of([Table(data, Metadata(kind="voltammetry"))], {})
    >>> scan.way, scan.rate, scan.window
    ('oxidation', 0.0001, 0.0)
    """
    found: list[Scan] = []
    findings: list[Finding] = []
    for at, table in enumerate(tables):
        stated = said(table, told, "scan rate", at=at)
        rate = None if stated is None else stated.to("V/s").value
        wanted = quiet[at] if quiet else np.inf
        scans = [scan for rows in _sweeps(table) if (scan := _scan(at, table, rows, rate, wanted)) is not None]
        found += scans
        measured = [scan.rate for scan in scans if scan.rate is not None]
        if rate is not None and measured and max(abs(one / rate - 1) for one in measured) > SAME_RATE:
            lowest, highest = (1e3 * value for value in (min(measured), max(measured)))
            over = f"{lowest:.3g}" if highest / lowest < 1 + SAME_RATE else f"{lowest:.3g} to {highest:.3g}"
            findings.append(
                Finding(
                    "scan-rate-differs",
                    f"the scan rate is stated as {1e3 * rate:.3g} mV/s, and by voltage over time it is {over} mV/s, "
                    "which is used",
                    sample=table.metadata.sample.name,
                    field="scan rate",
                    value=1e3 * rate,
                )
            )
    if not found:
        raise AnalysisError(
            f"has no sweep of {_FEWEST} records over {1e3 * _SHORTEST:.0f} mV, so there is nothing to analyse",
            file=tables[0].metadata.provenance[-1].file if tables[0].metadata.provenance else None,
            fix="look at the columns of voltage and sweep count",
        )
    return found, findings


def _sweeps(table: Table) -> list[pl.DataFrame]:
    data = table.data.filter(pl.col("Voltage / V").is_finite(), pl.col("Current / A").is_finite())
    counted = pl.col("Cycle Count / 1") if "Cycle Count / 1" in data.columns else pl.lit(None, dtype=pl.Int64)
    data = data.with_columns(counted.fill_null((pl.col("Sweep Count / 1") + 1) // 2).alias("Cycle Count / 1"))
    return data.partition_by("Sweep Count / 1", maintain_order=True)


def _scan(at: int, table: Table, rows: pl.DataFrame, stated: float | None, quiet: float) -> Scan | None:
    volts, amperes = rows["Voltage / V"].to_numpy(), rows["Current / A"].to_numpy()
    if len(volts) < _FEWEST or np.ptp(volts) < _SHORTEST:
        return None
    sign = 1.0 if volts[-1] > volts[0] else -1.0
    voltage, current = _in_order(volts, amperes, sign)
    if len(voltage) < _FEWEST:
        return None
    rate = _rate(rows, volts) or stated
    noise = max(_noise(voltage, current), table.metadata.instrument.resolution.get("Current / A", 0.0) / np.sqrt(12))
    step = float(np.median(np.abs(np.diff(voltage))))
    points = int(np.clip(round(abs(voltage[-1] - voltage[0]) / step) + 1, _FEWEST, _MOST_POINTS))
    even = np.linspace(voltage[0], voltage[-1], points)
    raw = np.interp(sign * even, sign * voltage, current)
    wanted = min(QUIET * float(np.abs(raw).max()), quiet)
    smooth, width, rest = _smoothed(raw, noise, wanted, float(abs(even[1] - even[0])))
    # dt = dV over the rate, of either sign together positive.
    seconds = None if rate is None else np.abs(np.diff(voltage)) / rate
    middle = (current[1:] + current[:-1]) / 2
    first = table.data["Cycle Count / 1"].min() if "Cycle Count / 1" in table.data.columns else 1
    return Scan(
        table=at,
        number=int(rows["Sweep Count / 1"][0]),
        cycle=int(rows["Cycle Count / 1"][0]),
        way="oxidation" if sign > 0 else "reduction",
        rate=rate,
        voltage=voltage,
        current=current,
        even=even,
        smooth=smooth,
        noise=noise,
        rest=rest,
        window=width,
        charge=None if seconds is None else float(middle @ seconds),
        forward=None if seconds is None else float(np.maximum(sign * middle, 0.0) @ seconds),
        first=rows["Cycle Count / 1"][0] == first,
    )


def _in_order(volts: Array, amperes: Array, sign: float) -> tuple[Array, Array]:
    """Return the records in the direction of the sweep; those of one voltage as their mean."""
    places, which = np.unique(np.round(sign * volts, 7), return_inverse=True)
    current = np.bincount(which, weights=amperes) / np.bincount(which)
    return sign * places, current


def _rate(rows: pl.DataFrame, volts: Array) -> float | None:
    if "Test Time / s" not in rows.columns or rows["Test Time / s"].null_count():
        return None
    seconds = rows["Test Time / s"].to_numpy()
    parts = np.linspace(0, len(volts) - 1, min(20, len(volts) - 1) + 1).astype(int)
    passed = np.diff(seconds[parts])
    if not (passed > 0).any():
        return None
    found = float(np.median(np.abs(np.diff(volts[parts]))[passed > 0] / passed[passed > 0]))
    return float(f"{found:.6g}") if found > 0 else None


def _noise(x: Array, y: Array) -> float:
    """Return the standard deviation of noise from third divided differences, which are zero for any parabola."""
    four = [slice(at, len(x) - 3 + at) for at in range(4)]
    weights = [1 / np.prod([x[own] - x[other] for other in four if other is not own], axis=0) for own in four]
    residuals = sum(w * y[own] for w, own in zip(weights, four, strict=True)) / np.sqrt(
        np.sum(np.square(weights), axis=0)
    )
    # The median of the magnitude of a standard normal deviate.
    return float(np.median(np.abs(residuals))) / 0.674490


def _smoothed(raw: Array, noise: float, wanted: float, step: float) -> tuple[Array, float, float]:
    """Return a current at even steps smoothed, the width of the window in V, and the noise that is left."""
    from scipy.signal import savgol_coeffs, savgol_filter

    most = min(int(WIDEST / step), len(raw) // 4)
    if noise <= wanted or most < 5:
        return raw, 0.0, noise
    # The least odd number that suffices: the noise falls about as 3/(2√n) for a parabola or third order.
    points = int(np.clip(2.25 * (noise / wanted) ** 2, 5, most)) | 1
    left = noise * float(np.sqrt(np.sum(savgol_coeffs(points, 3) ** 2)))
    return np.asarray(savgol_filter(raw, points, 3)), (points - 1) * step, left


def rate_levels(scans: Sequence[Scan]) -> list[float | None]:
    """Return for each sweep the scan rate in V/s of its group: rates within 5 % of their neighbours are one, their mean."""
    known = sorted({scan.rate for scan in scans if scan.rate is not None})
    groups: list[list[float]] = []
    for rate in known:
        if groups and rate / groups[-1][-1] < 1 + SAME_RATE:
            groups[-1].append(rate)
        else:
            groups.append([rate])
    level = {rate: float(np.mean(group)) for group in groups for rate in group}
    return [None if scan.rate is None else level[scan.rate] for scan in scans]
