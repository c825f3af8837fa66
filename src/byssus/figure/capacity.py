"""Capacity, efficiency and retention over the cycles."""

from __future__ import annotations

from collections.abc import Sequence

from byssus.analysis.compare import by_group, common_basis
from byssus.analysis.cycling.columns import EFFICIENCY, RETENTION
from byssus.analysis.cycling.cycles import Cycling
from byssus.conventions import CapacityBasis
from byssus.figure import references as literature
from byssus.figure.binders import (
    Electrodes,
    capacity_axis,
    count_of,
    cycle_axis,
    how_drawn,
    joined,
    key,
    legend_entry,
    of_binder,
)
from byssus.figure.ranges import band_window, efficiency_window
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.study.model import Reference


def capacity_and_efficiency(
    results: Sequence[Cycling],
    groups: Sequence[str],
    electrodes: Electrodes | None = None,
    references: Sequence[Reference] = (),
    *,
    basis: CapacityBasis | None = None,
) -> Figure:
    """Draw capacity of both halves above coulombic efficiency, over the cycles.

    Parameters
    ----------
    results
        Cells of one kind.
    groups
        All groups of the study.
    electrodes
        The electrode of each sample, the upper level of the intervals.
    references
        Values from the literature, of which those that fit are drawn beside the cells.
    basis
        Of the capacities; by default the best that all cells have.
    """
    basis = basis or common_basis(results)
    words = results[0].words
    capacity: list[Series] = []
    efficiency: list[Series] = []
    members = by_group(results)
    # Both halves of many binders would fill the legend; the marker then stands for the half, the colour for the binder.
    keyed = len(members) > 1
    for group, cells in members.items():
        for half in (0, 1):
            entry = legend_entry(group, cells, members) if keyed else joined(words[half], count_of(cells, members))
            capacity += of_binder(
                cells,
                cells[0].column(half, basis),
                words[half],
                electrodes,
                first=half == 0,
                label=entry if half == 1 or not keyed else None,
            )
        efficiency += of_binder(cells, EFFICIENCY, "", electrodes)
    if keyed:
        capacity += [key(words[0], "alternate"), key(words[1], "own")]
    reach, cut = band_window(capacity)
    of_capacity = literature.beside(references, "capacity", capacity, words=words, basis=basis, window=reach)
    window, outside = efficiency_window(results, efficiency)
    if outside:
        efficiency = [part for series in efficiency for part in _first_apart(series)]
    of_efficiency = literature.beside(references, "efficiency", efficiency, words=words, basis=basis, window=window)
    capacity += of_capacity.series
    if of_capacity.series or of_efficiency.series:
        capacity.append(literature.key())
    panels = [Panel(y=capacity_axis(basis, of_capacity.window), series=tuple(capacity), texts=of_capacity.texts)]
    if any(value is not None for series in efficiency for value in series.y):
        axis = Axis(quantity="Coulombic efficiency", unit="%", range=of_efficiency.window)
        panels.append(Panel(y=axis, series=(*efficiency, *of_efficiency.series), texts=of_efficiency.texts))
    first, second = words
    return Figure(
        name="capacity-and-efficiency",
        title="Capacity and coulombic efficiency",
        caption=joined(
            f"Capacity of {first} (open) and {second} (filled) and coulombic efficiency, {second} over {first} of the "
            f"same cycle.",
            how_drawn(members, halves=words),
            outside,
            cut,
            literature.sentence(of_capacity, of_efficiency),
            between=" ",
        ),
        x=cycle_axis(capacity),
        panels=tuple(panels),
        groups=tuple(groups),
    )


def retention(
    results: Sequence[Cycling],
    groups: Sequence[str],
    electrodes: Electrodes | None = None,
    references: Sequence[Reference] = (),
) -> Figure | None:
    """Draw the retention of capacity over the cycles; None if no cell has a cycle besides its baseline."""
    kept = [result for result in results if result.cycles[RETENTION].drop_nulls().len()]
    if all(result.cycles[RETENTION].drop_nulls().len() < 2 for result in kept):
        return None
    members = by_group(kept)
    word, baseline = kept[0].words[1], kept[0].baseline
    series = [
        part
        for group, cells in members.items()
        for part in of_binder(
            cells, RETENTION, "", electrodes, label=legend_entry(group, cells, members), base=baseline
        )
    ]
    absent = [result.sample for result in results if not result.cycles[RETENTION].drop_nulls().len()]
    reach, cut = band_window(series)
    basis = common_basis(kept)
    reported = literature.beside(references, "retention", series, words=kept[0].words, basis=basis, window=reach)
    series += [*reported.series, literature.key()] if reported.series else []
    axis = Axis(quantity=f"Retention from cycle {baseline}", unit="%", range=reported.window)
    return Figure(
        name="retention",
        title="Retention",
        caption=joined(
            f"Capacity of {word} relative to that of cycle {baseline}.",
            how_drawn(members),
            cut,
            literature.sentence(reported),
            f"Without cycle {baseline} and so not drawn: {', '.join(absent)}." if absent else "",
            between=" ",
        ),
        x=cycle_axis(series),
        panels=(Panel(y=axis, series=tuple(series), texts=reported.texts),),
        groups=tuple(groups),
    )


def _first_apart(series: Series) -> list[Series]:
    """Split off a first cycle, so that no line dives towards a point outside the range."""
    if series.style == "points" or not series.x or series.x[0] != 1:
        return [series]
    columns = {name: column for name in ("x", "y", "low", "high") if (column := getattr(series, name)) is not None}
    first = series.model_copy(update={name: column[:1] for name, column in columns.items()})
    rest = series.model_copy(update={name: column[1:] for name, column in columns.items()})
    return [first.model_copy(update={"style": "points"}), rest]
