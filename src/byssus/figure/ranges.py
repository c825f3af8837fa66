"""Which part of an axis is shown: enough for the data, and what lies outside is said in words."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from byssus.analysis.compare import by_group
from byssus.analysis.cycling.columns import CYCLE, EFFICIENCY, u
from byssus.analysis.cycling.cycles import Cycling
from byssus.figure.spec import Series

#: Least span of the axis of efficiencies, in per cent: below it the instrument's last digit fills the panel.
LEAST_SPAN = 1.0


def efficiency_window(results: Sequence[Cycling], drawn: Sequence[Series]) -> tuple[tuple[float, float] | None, str]:
    """Choose the range of efficiencies so that a low first cycle does not flatten the rest."""
    points = pl.concat(
        [
            result.cycles.select(
                CYCLE,
                pl.col(EFFICIENCY).cast(pl.Float64),
                pl.col(u(EFFICIENCY)).cast(pl.Float64).fill_null(0).alias("u"),
            )
            for result in results
        ]
    ).drop_nulls(EFFICIENCY)
    later = points.filter(pl.col(CYCLE) > 1)
    chosen = later if later.height >= 3 else points
    if chosen.is_empty():
        return None, ""
    bottom, top = (chosen[EFFICIENCY] - chosen["u"]).to_list(), (chosen[EFFICIENCY] + chosen["u"]).to_list()
    low, high = min(bottom), max(top)
    later_bands = [edge for series in drawn for edge in _band(series) if edge[0] != 1]
    low, high = _within_reach(low, high, later_bands)
    half = max((high - low) * 0.58, LEAST_SPAN / 2)
    low, high = (low + high) / 2 - half, (low + high) / 2 + half
    return (low, high), _outside(results, low, high)


def _band(series: Series) -> list[tuple[float, float, float]]:
    """Return abscissa, low and high of a series' band where it is known."""
    edges = zip(series.x, series.low or (), series.high or (), strict=False)
    return [(x, a, b) for x, a, b in edges if x is not None and a is not None and b is not None]


def _within_reach(low: float, high: float, bands: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Widen a range for bands, by at most its span on either side.

    The band of two cells (Student's t of 12.7) would flatten the data themselves.
    """
    reach = high - low
    bottom, top = min((a for _, a, _ in bands), default=low), max((b for _, _, b in bands), default=high)
    return max(min(low, bottom), low - reach), min(max(high, top), high + reach)


def wide(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a logarithmic axis, with room beside the points."""
    low, high = min(values), max(values)
    room = (high / low) ** 0.06 if high > low else 1.5
    return low / room, high * room


def band_window(drawn: Sequence[Series]) -> tuple[tuple[float, float] | None, str]:
    """Choose the range of an axis, if a band is too wide to be shown whole, and say so."""
    values = [
        edge
        for series in drawn
        for y, spread in zip(series.y, series.y_uncertainty or (0.0,) * len(series.y), strict=True)
        if y is not None
        for edge in (y - (spread or 0.0), y + (spread or 0.0))
    ]
    bands = [edge for series in drawn for edge in _band(series)]
    if not values or not bands:
        return None, ""
    low, high = _within_reach(min(values), max(values), bands)
    if low <= min(a for _, a, _ in bands) and max(b for _, _, b in bands) <= high:
        return None, ""
    room = 0.05 * (high - low)
    # What is never negative (a capacity, a retention) needs no room below zero, whatever its interval says.
    bottom = max(0.0, low - room) if min(values) >= 0 else low - room
    return (bottom, high + room), "Bands go on beyond the range shown."


def _outside(results: Sequence[Cycling], low: float, high: float) -> str:
    """Say which efficiencies the range leaves out, by binder."""
    said = []
    for group, cells in by_group(results).items():
        found = [
            (cycle, value)
            for cell in cells
            for cycle, value in cell.cycles.select(CYCLE, EFFICIENCY).drop_nulls().iter_rows()
            if not low <= value <= high
        ]
        if found:
            ends = f"{min(value for _, value in found):.1f}", f"{max(value for _, value in found):.1f}"
            values = ends[0] if ends[0] == ends[1] else " to ".join(ends)
            said.append(f"{group} {values} %" if len(by_group(results)) > 1 else f"{values} %")
    return f"First-cycle efficiency, outside the range shown: {', '.join(said)}." if said else ""
