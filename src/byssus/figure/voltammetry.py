"""Voltammograms: the cycles of one cell, its scan rates, and several cells at one rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from byssus.conventions import CapacityBasis, Configuration
from byssus.figure import style
from byssus.figure.binders import current_axis, how_many, joined
from byssus.figure.curves import (
    MOST_CURVES,
    Called,
    Frame,
    around,
    called,
    common_basis,
    drawn_of,
    group_of,
    named,
    stroke_of,
    together,
    told_apart,
    voltage_axis,
)
from byssus.figure.profiles import divisor, evenly, in_words, tint
from byssus.figure.spec import Figure, Panel, Series, Text
from byssus.measured.tables import Table

#: The condition of a table that says how fast the voltage was swept.
SCAN_RATE = "scan rate"
#: Cycles at one rate that are drawn, as many as of voltage profiles.
_CYCLES = 6
_CYCLE, _VOLTAGE, _CURRENT = "Cycle", "Voltage / V", "Current / A"


@dataclass(frozen=True)
class Cycle:
    """One cycle of a voltammogram.

    Parameters
    ----------
    number
        From 1: the instrument's, or counted as two sweeps each.
    rate
        In mV/s, in two digits; None where neither times nor conditions tell it.
    """

    number: int
    rate: float | None
    data: pl.DataFrame

    @property
    def called(self) -> str:
        """Its scan rate in words."""
        return "an unknown scan rate" if self.rate is None else f"{self.rate:g} mV/s"


def cycles_of(table: Table) -> list[Cycle]:
    """Return the cycles of a voltammetry table, each with its scan rate.

    The rate is that of the records, |ΔV|/Δt from the first to the last of the cycle's first sweep;
    without times it is the condition ``scan rate``.

    Examples
    --------
    >>> from byssus.measured.metadata import Metadata
    >>> data = pl.DataFrame({"Voltage / V": [1.0, 0.5, 0.0, 0.5, 1.0], "Current / A": [0.0, -1e-3, -1e-3, 1e-3, 1e-3],
    ...                      "Sweep Count / 1": [1, 1, 1, 2, 2], "Test Time / s": [0.0, 500.0, 1000.0, 1500.0, 2000.0]})
    >>> [(cycle.number, cycle.rate) for cycle in cycles_of(Table(data, Metadata(kind="voltammetry")))]
    [(1, 1.0)]
    """
    data = table.data
    counted = pl.col("Cycle Count / 1") if "Cycle Count / 1" in data.columns else pl.lit(None, dtype=pl.Int64)
    data = data.with_columns(counted.fill_null((pl.col("Sweep Count / 1") + 1) // 2).alias(_CYCLE))
    stated = table.metadata.conditions.get(SCAN_RATE)
    found = []
    for part in data.partition_by(_CYCLE, maintain_order=True):
        rate = _recorded(part.filter(pl.col("Sweep Count / 1") == part["Sweep Count / 1"][0]))
        if rate is None and stated is not None:
            rate = stated.to("mV/s").value
        found.append(Cycle(part[_CYCLE][0], None if rate is None else float(f"{rate:.2g}"), part))
    return found


def _recorded(sweep: pl.DataFrame) -> float | None:
    """Return the rate of a sweep in mV/s from its records; None without times."""
    if "Test Time / s" not in sweep.columns or sweep["Test Time / s"][[0, -1]].null_count():
        return None
    seconds = sweep["Test Time / s"][-1] - sweep["Test Time / s"][0]
    volts = abs(sweep[_VOLTAGE][-1] - sweep[_VOLTAGE][0])
    return 1000 * volts / seconds if seconds > 0 and volts > 0 else None


def voltammograms(
    tables: Sequence[Table], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw voltammograms: of several samples at the slowest rate that all have, and of each on its own.

    Parameters
    ----------
    tables
        Voltammetry tables, one a sample.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    for places, apart in together(tables):
        if (figure := compared([tables[at] for at in places], groups)) is not None:
            yield figure.apart(apart)
    for table, name in zip(tables, called(tables, files or {}), strict=True):
        rates = {cycle.rate for cycle in cycles_of(table)}
        yield (against_rate if len(rates) > 1 else over_cycles)(table, groups, name)


def over_cycles(
    table: Table, groups: Sequence[str], name: Called | None = None, *, basis: CapacityBasis | None = None
) -> Figure:
    """Draw the cycles of one sample, early ones pale; six, evenly spread, if there are more."""
    name = name or called([table], {})[0]
    chosen = evenly(cycles_of(table), _CYCLES)
    basis = basis or common_basis([table])
    series = [
        _curve(table, cycle, basis, f"{name.words}, cycle {cycle.number}", tint(place, len(chosen))).model_copy(
            update={"label": str(cycle.number) if len(chosen) > 1 else None}
        )
        for place, cycle in enumerate(chosen)
    ]
    said = in_words([cycle.number for cycle in chosen])
    return _figure(
        [table],
        series,
        (),
        groups,
        basis,
        name=f"voltammogram-{name.file}",
        title=f"Voltammogram of {name.words}",
        caption=f"Current over voltage in {said}, at {chosen[0].called}.",
        legend_title="Cycle",
    )


def against_rate(
    table: Table, groups: Sequence[str], name: Called | None = None, *, basis: CapacityBasis | None = None
) -> Figure:
    """Draw the last cycle of one sample at each of its scan rates, slow ones pale, each named at its curve."""
    name = name or called([table], {})[0]
    # A rate may come again: the last cycle at it is the one that has settled.
    by_rate = {cycle.rate or 0.0: cycle for cycle in cycles_of(table)}
    rates = sorted(by_rate)
    chosen = [by_rate[rate] for rate in evenly(rates, MOST_CURVES)]
    left = [by_rate[rate].called for rate in rates if by_rate[rate] not in chosen]
    basis = basis or common_basis([table])
    series = [
        _curve(table, cycle, basis, f"{name.words}, {cycle.called}", tint(place, len(chosen)))
        for place, cycle in enumerate(chosen)
    ]
    series, texts = _named(series, [cycle.called for cycle in chosen], [table], basis)
    return _figure(
        [table],
        series,
        texts,
        groups,
        basis,
        name=f"voltammogram-{name.file}",
        title=f"Voltammogram of {name.words}",
        caption=joined(
            f"Current over voltage in the last cycle at each of {len(rates)} scan rates, slow ones pale.",
            f"For want of room not drawn: {', '.join(left)}." if left else "",
            between=" ",
        ),
        legend_title="Scan rate",
    )


def compared(tables: Sequence[Table], groups: Sequence[str], *, basis: CapacityBasis | None = None) -> Figure | None:
    """Draw the last cycle of several samples at the slowest scan rate that all have; None if they share none."""
    tables, absent = drawn_of(tables)
    by_rate = [{cycle.rate: cycle for cycle in cycles_of(table)} for table in tables]
    shared = {rate for rate in by_rate[0] if rate is not None}.intersection(*by_rate)
    if not shared:
        return None
    rate = min(shared)
    basis = basis or common_basis(tables)
    names = told_apart(tables)
    chosen = [cycles[rate] for cycles in by_rate]
    series = [
        _curve(table, cycle, basis, f"{name}, cycle {cycle.number}")
        for table, cycle, name in zip(tables, chosen, names, strict=True)
    ]
    series, texts = _named(series, names, tables, basis)
    return _figure(
        tables,
        series,
        texts,
        groups,
        basis,
        name="voltammograms",
        title="Voltammograms",
        caption=joined(
            f"Current over voltage in the last cycle of each sample at {chosen[0].called}.", absent, between=" "
        ),
    )


def _curve(table: Table, cycle: Cycle, basis: CapacityBasis, name: str, pale: float = 0.0) -> Series:
    # Amperes to the unit of the axis: mA, or A/g where it is a mass.
    factor = 1000 / divisor(table, basis) * (1e-3 if current_axis(basis).unit == "A/g" else 1.0)
    return Series(
        name=name,
        group=group_of(table),
        x=tuple(cycle.data[_VOLTAGE]),
        y=tuple(cycle.data[_CURRENT] * factor),
        style="line",
        tint=pale,
        origin=stroke_of(table),
    )


def _named(
    series: Sequence[Series], names: Sequence[str], tables: Sequence[Table], basis: CapacityBasis
) -> tuple[list[Series], tuple[Text, ...]]:
    frame = Frame.of(voltage_axis(tables, _voltages(series)), current_axis(basis, _currents(series)), series)
    texts = _column(series, names, frame)
    return (list(series), texts) if texts else named(series, names, frame, lambda _series: ())


def _column(series: Sequence[Series], names: Sequence[str], frame: Frame) -> tuple[Text, ...]:
    """Write the names below each other beside the highest peaks, each joined to its own; none where there is no room.

    The peaks of several rates stand within each other, and leave no room for a name at the curve itself.
    """
    tops = [max(zip(one.x, one.y, strict=True), key=lambda point: point[1] or 0.0) for one in series]
    order = sorted(range(len(series)), key=lambda at: tops[at][1] or 0.0)
    (left, right), (low, high) = frame.x.range or (0.0, 1.0), frame.y.range or (0.0, 1.0)
    step = 1.02 * style.LINE * (high - low) / frame.height
    start = max(x or left for x, _ in tops)
    for lift in range(4):
        heights: list[float] = []
        for at in order:
            # Clear of the way back at no current, and of the name below.
            heights.append(max(tops[at][1] or 0.0, heights[-1] + step if heights else (0.7 + lift) * step))
        for x in (start + (right - start) * share / 40 for share in range(2, 40)):
            texts = [
                Text(text=names[at], x=x, y=y, group=series[at].group, place="right", leader=tops[at])
                for at, y in zip(order, heights, strict=True)
            ]
            if frame.fit(texts):
                return tuple(texts)
    return ()


def _voltages(series: Sequence[Series]) -> tuple[float, float]:
    return around((x for one in series for x in one.x), 0.03)


def _currents(series: Sequence[Series]) -> tuple[float, float]:
    # Room for a name above the highest peak and below the lowest.
    return around((y for one in series for y in one.y), 0.12)


def _figure(
    tables: Sequence[Table],
    series: Sequence[Series],
    texts: tuple[Text, ...],
    groups: Sequence[str],
    basis: CapacityBasis,
    *,
    name: str,
    title: str,
    caption: str,
    legend_title: str | None = None,
) -> Figure:
    half = all(table.metadata.sample.configuration is Configuration.HALF for table in tables)
    return Figure(
        name=name,
        title=title,
        caption=joined(
            caption,
            f"Positive currents {'delithiate the electrode' if half else 'charge the cell'}.",
            how_many([table.metadata.origin for table in tables]),
            between=" ",
        ),
        x=voltage_axis(tables, _voltages(series)),
        panels=(Panel(y=current_axis(basis, _currents(series)), series=tuple(series), texts=texts),),
        groups=tuple(groups),
        legend_title=legend_title if any(one.label for one in series) else None,
    )
