"""Differential capacity of chosen cycles of a cell, its peaks numbered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import CYCLE
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.cycling.differential import HALF, PEAK, Curves
from byssus.conventions import CapacityBasis, CellDirection, capacity_label
from byssus.figure.binders import how_many, joined, origin_of
from byssus.figure.profiles import chosen_cycles, divisor, file_name, in_words, not_measured, tint, voltage_axis
from byssus.figure.spec import Axis, Figure, Panel, Series, Text
from byssus.measured.tables import Table

#: Share of the span of the curves that is left free on either side, for the numbers of the peaks.
_ROOM = 0.12
#: Share of a half's charge that is shown: the way from open circuit would leave the peaks a corner of the figure.
_SHOWN = 0.99
_UNIT = {
    CapacityBasis.ACTIVE_MATERIAL: "mAh/(g*V)",
    CapacityBasis.COATING: "mAh/(g*V)",
    CapacityBasis.AREA: "mAh/(cm^2*V)",
    CapacityBasis.CELL: "mAh/V",
}


def differential_capacity(
    table: Table,
    result: Cycling,
    curves: Curves,
    peaks: pl.DataFrame | None,
    groups: Sequence[str],
    cycles: Sequence[int] = (),
    *,
    file: str | None = None,
    choice: str = "",
    basis: CapacityBasis | None = None,
) -> Figure | None:
    """Draw dQ/dV against voltage for chosen cycles of one cell, early ones pale.

    Parameters
    ----------
    table, result
        The cell's table and its cycles.
    curves, peaks
        Its curves and their tracked peaks (`byssus.analysis.cycling.differential`); those of the last
        cycle drawn are numbered.
    groups, cycles, file, choice, basis
        As for `byssus.figure.profiles.voltage_profiles`.

    Returns
    -------
    Figure or None
        None if no cycle to be drawn has a curve.
    """
    chosen, absent = chosen_cycles(result, cycles)
    basis = basis or result.best_basis
    # Curves are in Ah.
    factor = 1000 / divisor(table, basis)
    series = []
    for place, cycle in enumerate(chosen):
        for word in result.words:
            curve = curves.points.filter((pl.col(CYCLE) == cycle) & (pl.col(HALF) == word))
            if not curve.is_empty():
                series.append(
                    Series(
                        name=f"cycle {cycle}, {word}",
                        group=result.group,
                        x=tuple(curve[curves.x]),
                        y=tuple(curve[curves.y] * factor),
                        style="line",
                        tint=tint(place, len(chosen)),
                        origin=origin_of(result.origin),
                        label=str(cycle),
                    )
                )
    if not series:
        return None
    # A test that was stopped ends in a cycle without the peaks of the others.
    peaked = set() if peaks is None else {int(one.label or 0) for one in series} & set(peaks[CYCLE])
    last = max(peaked, default=0)
    found = pl.DataFrame() if peaks is None else peaks.filter(pl.col(CYCLE) == last)
    charge = result.words[result.directions.index(CellDirection.CHARGE)]
    texts = [
        Text(
            text=str(row[PEAK]),
            x=row[curves.x],
            y=row[curves.y] * factor,
            group=result.group,
            place="above" if row[HALF] == charge else "below",
        )
        for row in found.iter_rows(named=True)
    ]
    low, high, cut = _window(series)
    room = _ROOM * (high - low)
    per = capacity_label(basis).removeprefix("Capacity")
    return Figure(
        name=f"differential-capacity-{file or file_name(result.sample)}",
        title=f"Differential capacity of {result.sample}",
        caption=joined(
            f"dQ/dV of each half of {in_words(chosen)}; negative where the cell "
            f"discharges. Smoothed by a Gaussian of {1000 * curves.smoothing:.3g} mV.",
            f"Numbers: the peaks of cycle {last}, of each half from 1, as the results name them." if texts else "",
            how_many([result.origin]),
            f"Shown are the voltages at which {100 * _SHOWN:.0f} % of each half's charge passed.",
            cut,
            choice,
            not_measured(absent),
            between=" ",
        ),
        x=voltage_axis(result).model_copy(update={"range": _voltages(series)}),
        panels=(
            Panel(
                y=Axis(quantity=f"dQ/dV{per}", unit=_UNIT[basis], range=(low - room, high + room)),
                series=tuple(series),
                texts=tuple(texts),
            ),
        ),
        groups=tuple(groups),
        legend_title="Cycle",
    )


def _voltages(series: Sequence[Series]) -> tuple[float, float]:
    """Return the range of voltage that holds `_SHOWN` of the charge of every curve."""
    ends: list[float] = []
    for one in series:
        x, y = np.array(one.x, dtype=float), np.abs(np.array(one.y, dtype=float))
        # The points of a curve are bins of one width, so their sum is the charge.
        passed = np.cumsum(y) / (y.sum() or 1.0)
        low = int(np.searchsorted(passed, (1 - _SHOWN) / 2))
        high = min(int(np.searchsorted(passed, (1 + _SHOWN) / 2)), len(x) - 1)
        ends += [float(x[min(low, len(x) - 1)]), float(x[high])]
    room = 0.04 * (max(ends) - min(ends)) or 0.01
    return min(ends) - room, max(ends) + room


def _window(series: Sequence[Series]) -> tuple[float, float, str]:
    """Return the range of the curves, and what the caption says where the first cycle's goes beyond.

    The plateau of a first lithiation can be tenfold as high as any later peak; it is let in by as
    much again as the others span.
    """
    first = series[0].label
    every = [value for one in series for value in one.y if value is not None]
    low, high = min(every), max(every)
    later = [value for one in series if one.label != first for value in one.y if value is not None]
    if not later:
        return low, high, ""
    reach = max(later) - min(later)
    bottom, top = max(low, min(later) - reach), min(high, max(later) + reach)
    cut = f"Cycle {first} goes on beyond the range shown." if (bottom, top) != (low, high) else ""
    return bottom, top, cut
