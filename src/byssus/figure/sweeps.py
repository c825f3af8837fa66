"""What was found of voltammograms: peaks over their baselines, how they grow with the scan rate, shares, and onsets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.examined import Examined
from byssus.figure.binders import current_axis, how_many, joined
from byssus.figure.curves import (
    Called,
    Frame,
    around,
    beside,
    called,
    common_basis,
    group_of,
    named,
    stroke_of,
    voltage_axis,
)
from byssus.figure.profiles import divisor
from byssus.figure.spec import Axis, Figure, Panel, Series, Text
from byssus.measured.tables import Table
from byssus.quantity import format_value

Against = Literal["scan rate", "root"]
_BOTH: tuple[Against, ...] = ("scan rate", "root")

_RATE, _NUMBER, _WAY = "Scan Rate / mV/s", "Peak / 1", "Direction"
_POTENTIAL, _CURRENT = "Potential / V", "Current / mA"
_B = "b-Value / 1"
_SLOPE, _INTERCEPT = "Slope over √v / mA/√(mV/s)", "Intercept over √v / mA"
_SHARE = "Capacitive Share / %"
#: How pale a curve is behind what is marked on it.
_PALE = 0.5
#: How far beyond the highest criterion that was passed the current is drawn.
_BEYOND = 3.0
#: From this current on, in A, an onset is drawn in mA.
_MANY = 1e-3


def sweep_figures(
    examined: Sequence[Examined], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw what was found of cyclic voltammograms.

    Peaks on their baselines of each sample; peak currents over the scan rate (both logarithmic) and over its root, of
    several samples together if there are some, of their clearest peak; and capacitive shares.

    Parameters
    ----------
    examined
        Analyses of cyclic voltammetry.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    names = called([each.tables[0] for each in examined], files or {})
    together = [each for each in examined if _laws(each).height]
    if len(together) > 1:
        for against in _BOTH:
            yield peak_currents(together, groups, against)
    for each, name in zip(examined, names, strict=True):
        if each.frames["peaks"].height:
            yield marked_peaks(each, groups, name)
        if _laws(each).height:
            for against in _BOTH:
                yield peak_currents([each], groups, against, name)
        if each.frames["capacitive share"][_SHARE].drop_nulls().len():
            yield capacitive_shares(each, groups, name)


def lsv_figures(
    examined: Sequence[Examined], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw linear sweeps with their onsets, each sample on its own."""
    for each, name in zip(examined, called([each.tables[0] for each in examined], files or {}), strict=True):
        for way in each.frames["tangents"]["Direction"].unique(maintain_order=True):
            yield onsets(each, way, groups, name)


def _laws(each: Examined) -> pl.DataFrame:
    return each.frames["laws"].drop_nulls(_B)


# Peaks


def marked_peaks(each: Examined, groups: Sequence[str], name: Called) -> Figure:
    """Draw the last cycle that counts at the slowest rate, with its peaks, each over the baseline it is measured from."""
    peaks = each.frames["peaks"]
    counted = peaks.filter(pl.col("Counts") == "yes")
    peaks = counted if counted.height else peaks
    slowest = peaks[_RATE].min()
    at_rate = peaks.filter(pl.col(_RATE) == slowest) if slowest is not None else peaks
    # The last of the cycles with the most peaks: a record may end within a cycle.
    file, cycle, _ = at_rate.group_by("File / 1", CYCLE).len().sort("len", "File / 1", CYCLE).row(-1)
    shown = at_rate.filter(pl.col("File / 1") == file, pl.col(CYCLE) == cycle)
    table = each.tables[file - 1]
    records = _records(table, pl.col(CYCLE) == cycle)
    look: dict[str, Any] = {"group": group_of(table), "origin": stroke_of(table)}
    curve = Series(
        name=name.words, x=tuple(records["Voltage / V"]), y=tuple(1e3 * records["Current / A"]),
        style="line", tint=_PALE, **look,
    )  # fmt: skip
    series: list[Series] = [curve]
    tops: list[tuple[float, float]] = []
    for row in shown.iter_rows(named=True):
        at, base, total = row[_POTENTIAL], row["Baseline / mA"], row["Current from Zero / mA"]
        begin = row["Baseline From / V"] if row["Baseline From / V"] is not None else at
        series.append(
            Series(
                name=f"baseline of {row[_WAY]} peak {row[_NUMBER]}",
                group="",
                x=(begin, at, at),
                y=(base + row["Baseline Slope / mA/V"] * (begin - at), base, total),
                style="line",
            )
        )
        tops.append((at, total))
    series.append(
        Series(
            name="peaks",
            x=tuple(at for at, _ in tops),
            y=tuple(total for _, total in tops),
            style="points",
            **look,
        )
    )
    x = voltage_axis([table], around(records["Voltage / V"], 0.03))
    y = Axis(quantity="Current", unit="mA", range=around((at for one in series for at in one.y), 0.15))
    frame = Frame.of(x, y, series)
    texts = []
    for at, total in tops:
        words = f"{round(at, 3) + 0.0:.3f} V"
        fitting = (text for text in beside(at, total, look["group"], words) if frame.fits(text))
        if (text := next(fitting, None)) is not None:
            texts.append(text)
    rate = "an unknown scan rate" if slowest is None else f"{float(at_rate[_RATE][0]):.3g} mV/s"
    return Figure(
        name=f"voltammogram-peaks-{name.file}",
        title=f"Peaks of {name.words}",
        caption=joined(
            f"Cycle {cycle} at {rate}, pale; points: peaks; grey: from the stretch that each baseline goes through to below the peak, "
            "and up to it.",
            "A peak without a grey line before it counts from zero." if shown["Baseline From / V"].null_count() else "",
            how_many([each.origin]),
            between=" ",
        ),
        x=x,
        panels=(Panel(y=y, series=tuple(series), texts=tuple(texts)),),
        groups=tuple(groups),
    )


def _records(table: Table, which: pl.Expr) -> pl.DataFrame:
    counted = pl.col("Cycle Count / 1") if "Cycle Count / 1" in table.data.columns else pl.lit(None, dtype=pl.Int64)
    cycle = counted.fill_null((pl.col("Sweep Count / 1") + 1) // 2).alias(CYCLE)
    return table.data.with_columns(cycle, pl.col("Sweep Count / 1").alias("Sweep / 1")).filter(which)


# Scan rates


@dataclass(frozen=True)
class _Grown:
    """One peak of one sample over its scan rates, and the line through it."""

    each: Examined
    words: str
    law: Mapping[str, Any]
    points: pl.DataFrame


def peak_currents(
    examined: Sequence[Examined], groups: Sequence[str], against: Against, name: Called | None = None
) -> Figure:
    """Draw peak currents over the scan rate, both logarithmic, or over its root, with the fitted lines.

    Of one sample all its peaks that were seen at three scan rates; of several the clearest of each.
    """
    tables = [each.tables[0] for each in examined]
    basis = common_basis(tables)
    names = [one.words for one in called(tables, {})]
    grown = [
        one for each, words in zip(examined, names, strict=True) for one in _grown(each, words, alone=name is not None)
    ]
    points: list[Series] = []
    lines: list[Series] = []
    said: list[str] = []
    for place, one in enumerate(grown):
        factor = (1e-3 if current_axis(basis).unit == "A/g" else 1.0) / divisor(one.each.tables[0], basis)
        rates = one.points[_RATE].to_numpy()
        currents, errors = (factor * one.points[column].abs().to_numpy() for column in (_CURRENT, u(_CURRENT)))
        x = rates if against == "scan rate" else np.sqrt(rates)
        look: dict[str, Any] = {
            "group": group_of(one.each.tables[0]),
            "origin": stroke_of(one.each.tables[0]),
            "tint": 0.6 * place / max(len(grown) - 1, 1) if name is not None else 0.0,
        }
        marker: Literal["own", "alternate"] = "alternate" if one.law[_WAY] == "reduction" else "own"
        points.append(
            Series(
                name=one.words,
                x=tuple(x),
                y=tuple(currents),
                y_uncertainty=tuple(errors),
                style="points",
                marker=marker,
                **look,
            )
        )
        ends = np.geomspace(rates.min(), rates.max(), 2) if against == "scan rate" else np.array([0.0, x.max()])
        drawn = factor * (
            1e3 * 10 ** one.law["log10 Current at 1 V/s / A"] * (ends / 1e3) ** one.law[_B]
            if against == "scan rate"
            else one.law[_INTERCEPT] + one.law[_SLOPE] * ends
        )
        number = (
            (one.law[_B], one.law[u(_B)])
            if against == "scan rate"
            else (factor * one.law[_SLOPE], factor * one.law[u(_SLOPE)])
        )
        said.append(format_value(*_rounded(*number)))
        lines.append(Series(name=f"line of {one.words}", x=tuple(ends), y=tuple(drawn), style="line", **look))
    every = [*points, *lines]
    unit = current_axis(basis).unit
    quantity = current_axis(basis).quantity.replace("Current", "Peak current")
    if against == "scan rate":
        x_axis = Axis(quantity="Scan rate", unit="mV/s", range=_wide([at for one in every for at in one.x]), log=True)
        y_axis = Axis(quantity=quantity, unit=unit, range=_wide([at for one in every for at in one.y]), log=True)
        what = "b"
    else:
        x_axis = Axis(
            quantity="Root of scan rate", unit="√(mV/s)", range=around((at for one in every for at in one.x), 0.05)
        )
        y_axis = Axis(quantity=quantity, unit=unit, range=around((0.0, *(at for one in every for at in one.y)), 0.08))
        what = "slope"
    labels = [joined(one.words, f"{what} {value}") for one, value in zip(grown, said, strict=True)]
    frame = Frame.of(x_axis, y_axis, every)
    lines, texts = named(lines, labels, frame, _nowhere)
    if len(grown) == 1:
        middle = len(points[0].x) // 2
        fitting = (
            text
            for text in beside(points[0].x[middle], points[0].y[middle], points[0].group, f"{what} {said[0]}")
            if frame.fits(text)
        )
        texts = tuple(text for text in [next(fitting, None)] if text is not None)
    whose = "" if name is None else f"-{name.file}"
    return Figure(
        name=("peak-currents" if against == "scan rate" else "peak-currents-root") + whose,
        title=f"Peak currents against {'scan rate' if against == 'scan rate' else 'its root'}"
        + ("" if name is None else f" of {name.words}"),
        caption=joined(
            f"Peak currents (magnitudes) over {'the scan rate' if against == 'scan rate' else 'the root of the scan rate'}; "
            f"{'line: power law, with its exponent b' if against == 'scan rate' else 'line: least squares, weighted by 1/current²'}.",
            f"{'; '.join(labels)}{'' if against == 'scan rate' else f' {unit} per √(mV/s)'}.",
            "" if name is not None else "Of each sample the peak with the largest current.",
            how_many([each.origin for each in examined]),
            between=" ",
        ),
        x=x_axis,
        panels=(Panel(y=y_axis, series=(*points, *lines), texts=texts),),
        groups=tuple(groups),
    )


def _grown(each: Examined, words: str, *, alone: bool) -> list[_Grown]:
    laws = _laws(each)
    several = {way: laws.filter(pl.col(_WAY) == way).height > 1 for way in ("oxidation", "reduction")}
    found = []
    for law in laws.iter_rows(named=True):
        rates = each.frames["scan rates"]
        points = rates.filter(
            pl.col(_WAY) == law[_WAY], pl.col(_NUMBER) == law[_NUMBER], ~pl.col("Remark").str.starts_with("stands for")
        ).drop_nulls(_RATE)
        peak = f"{law[_WAY]} peak {law[_NUMBER]}" if several[law[_WAY]] else f"{law[_WAY]} peak"
        found.append(_Grown(each, peak if alone else joined(words, peak), law, points))
    if alone:
        return found
    return [max(found, key=lambda one: _largest(one.points))]


def _largest(points: pl.DataFrame) -> float:
    return float(points[_CURRENT].abs().to_numpy().max())


def _rounded(value: float, error: float) -> tuple[float, float | None]:
    """Return a number for a label, to three figures and three decimals at most."""
    least = 10 ** (np.floor(np.log10(abs(value))) - 2) if value else 1e-3
    return (value, error) if error > 0.1 * least else (float(f"{value:.3g}"), None)


def _nowhere(_series: Series) -> Iterator[Text]:
    return iter(())


def _wide(values: Sequence[float | None]) -> tuple[float, float]:
    known = [value for value in values if value is not None and value > 0]
    room = (max(known) / min(known)) ** 0.12
    return min(known) / max(room, 1.1), max(known) * max(room, 1.1)


# Shares


def capacitive_shares(each: Examined, groups: Sequence[str], name: Called) -> Figure:
    """Draw the capacitive share of each direction over the scan rate."""
    shares = each.frames["capacitive share"].drop_nulls(_SHARE)
    table = each.tables[0]
    series = []
    for way in shares[_WAY].unique(maintain_order=True):
        part = shares.filter(pl.col(_WAY) == way)
        series.append(
            Series(
                name=way,
                group=group_of(table),
                x=tuple(part[_RATE]),
                y=tuple(part[_SHARE]),
                y_uncertainty=tuple(part[u(_SHARE)]),
                style="points and line",
                marker="alternate" if way == "reduction" else "own",
                origin=stroke_of(table),
            )
        )
    x = Axis(quantity="Scan rate", unit="mV/s", range=_wide([at for one in series for at in one.x]), log=True)
    y = Axis(quantity="Capacitive share", unit="%", range=(0.0, 105.0))
    series, texts = named(series, [one.name for one in series], Frame.of(x, y, series), _nowhere)
    opposed = float(shares["Charge where k1 and k2 Are Opposed / %"].to_numpy().max())
    return Figure(
        name=f"capacitive-share-{name.file}",
        title=f"Capacitive share of {name.words}",
        caption=joined(
            "Share of k1 v in the charge of k1 v + k2 √v. It asks for potentials in one state at all rates, and counts a thin body "
            "that fills evenly as a capacitor.",
            f"k1 and k2 have opposite signs where up to {opposed:.0f} % of the charge flows." if opposed else "",
            how_many([each.origin]),
            between=" ",
        ),
        x=x,
        panels=(Panel(y=y, series=tuple(series), texts=texts),),
        groups=tuple(groups),
    )


# Onsets


def onsets(each: Examined, way: str, groups: Sequence[str], name: Called) -> Figure:
    """Draw the first sweep in a direction around its onsets: at the criteria, and by tangents."""
    tangent = each.frames["tangents"].filter(pl.col("Direction") == way).row(0, named=True)
    same = (pl.col("File / 1") == tangent["File / 1"]) & (pl.col("Sweep / 1") == tangent["Sweep / 1"])
    applied = each.frames["onsets"].filter(same)
    passed = applied.drop_nulls(_POTENTIAL)
    table = each.tables[tangent["File / 1"] - 1]
    records = _records(table, pl.col("Sweep / 1") == tangent["Sweep / 1"])
    volts, amperes = records["Voltage / V"].to_numpy(), records["Current / A"].to_numpy()
    sign = 1.0 if way == "oxidation" else -1.0
    criteria = [sign * 1e-6 * row["Criterion / uA"] for row in passed.iter_rows(named=True)]
    ends = float(amperes.min()), float(amperes.max())
    if criteria:
        # The onset, and not what the current grows to.
        far = _BEYOND * max(criteria, key=abs)
        ends = max(ends[0], min(far, -abs(far) / 10)), min(ends[1], max(far, abs(far) / 10))
    unit, factor = ("mA", 1e3) if max(map(abs, ends)) >= _MANY else ("uA", 1e6)
    # As the criteria are written: densities where there is an area, unless a current was asked for.
    area = tangent["Area / cm^2"]
    if area is not None and applied["Criterion"].str.ends_with("cm²").all():
        unit, factor = f"{unit}/cm^2", factor / area
    criteria, ends = [factor * one for one in criteria], (factor * ends[0], factor * ends[1])
    look: dict[str, Any] = {"group": group_of(table), "origin": stroke_of(table)}
    series = [Series(name=name.words, x=tuple(volts), y=tuple(factor * amperes), style="line", **look)]
    if passed.height:
        series.append(Series(name="onsets", x=tuple(passed[_POTENTIAL]), y=tuple(criteria), style="points", **look))
    met = tangent[_POTENTIAL]
    if met is not None:
        base, base_slope, steep = (
            1e-3 * factor * tangent[column]
            for column in ("Baseline at the Onset / mA", "Baseline Slope / mA/V", "Slope of the Rise / mA/V")
        )
        begin, top = tangent["Baseline from / V"], tangent["Rise to / V"]
        series.append(
            Series(
                name="tangents",
                group="",
                x=(begin, met, top),
                y=(base + base_slope * (begin - met), base, base + steep * (top - met)),
                style="line",
                # In the legend: where they meet the curve leaves no room for words.
                label=f"tangents, meeting at {met:.3f} V",
            )
        )
    x = voltage_axis([table], around(volts, 0.03))
    y = Axis(quantity="Current density" if "cm" in unit else "Current", unit=unit, range=around(ends, 0.08))
    frame = Frame.of(x, y, [_clipped(one, ends) for one in series if one.style == "line"])
    texts: list[Text] = []
    places = [
        (row[_POTENTIAL], at, look["group"], f"{row['Criterion']}: {row[_POTENTIAL]:.3f} V")
        for row, at in zip(passed.iter_rows(named=True), criteria, strict=True)
    ]
    for place in places:
        fitting = (text for text in beside(*place) if frame.fits(text))
        if (text := next(fitting, None)) is not None:
            texts.append(text)
    rate = tangent[_RATE]
    return Figure(
        name=f"onset-{way}-{name.file}",
        title=f"Onset of {way} of {name.words}",
        caption=joined(
            f"Current{f' over {format_value(area)} cm²' if 'cm' in unit else ''} in the first sweep, at {'an unknown scan rate' if rate is None else f'{rate:.3g} mV/s'}.",
            "Points: where it passes the criteria."
            if passed.height
            else "No criterion is passed."
            if applied.height
            else "No criterion is applied: it needs the area, or a criterion current.",
            f"Grey: tangents to the flattest stretch and to the steepest, which meet at {met:.3f} V."
            if met is not None
            else "",
            f"Drawn up to {_BEYOND:.0f} times the highest criterion." if criteria else "",
            how_many([each.origin]),
            between=" ",
        ),
        x=x,
        panels=(Panel(y=y, series=tuple(series), texts=tuple(texts)),),
        groups=tuple(groups),
    )


def _clipped(series: Series, ends: tuple[float, float]) -> Series:
    """Return what is seen of a series."""
    seen = [(x, y) for x, y in zip(series.x, series.y, strict=True) if y is not None and ends[0] <= y <= ends[1]]
    return series.model_copy(update={"x": tuple(x for x, _ in seen), "y": tuple(y for _, y in seen)})
