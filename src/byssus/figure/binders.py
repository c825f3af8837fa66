"""How a binder's cells are drawn over the cycles, and how a caption says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from byssus.analysis.compare import over_cycles
from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.cycling.cycles import Cycling
from byssus.conventions import CAPACITY_UNIT, CapacityBasis, capacity_label
from byssus.figure.spec import Axis, Series

Electrodes = Mapping[str, str]


def cycle_axis(drawn: Sequence[Series]) -> Axis:
    """Return the axis of cycles, with room for the neighbours of a lone one."""
    cycles = {x for series in drawn for x in series.x if x is not None}
    lone = (min(cycles) - 1, min(cycles) + 1) if len(cycles) == 1 else None
    return Axis(quantity="Cycle", unit="1", range=lone)


def capacity_axis(basis: CapacityBasis, shown: tuple[float, float] | None = None) -> Axis:
    """Return the axis of a capacity on a basis."""
    return Axis(quantity=capacity_label(basis), unit=ascii_unit(basis), range=shown)


def ascii_unit(basis: CapacityBasis) -> str:
    """Return the unit of a capacity on a basis, as specifications and exports write it."""
    return CAPACITY_UNIT[basis].replace("²", "^2")


def of_binder(
    cells: Sequence[Cycling],
    column: str,
    what: str,
    electrodes: Electrodes | None,
    *,
    first: bool = False,
    label: str | None = None,
    base: int | None = None,
) -> list[Series]:
    """Return what is drawn of a binder: its one cell as points, or several under their mean."""
    look = {"group": cells[0].group, "label": label, "marker": "alternate" if first else "own"}
    if len(cells) == 1:
        (cell,) = cells
        return [_over_cycles(cell, column, joined(cell.sample, what), {**look, "tint": 0.35 if first else 0.0})]
    mean = over_cycles(cells, column, electrodes)
    # A mean of one cell is no mean, and would end the line with that cell's own history.
    mean = mean.filter(pl.col("cells") > 1)
    low, high = mean["low"].to_list(), mean["high"].to_list()
    if base is not None:
        # In the baseline cycle all cells have 100 % by definition: the band closes there.
        at_base = [cycle == base for cycle in mean[CYCLE]]
        value = mean["mean"].to_list()
        low = [mid if at else edge for at, mid, edge in zip(at_base, value, low, strict=True)]
        high = [mid if at else edge for at, mid, edge in zip(at_base, value, high, strict=True)]
    series: dict[str, object] = {
        "name": joined(f"{cells[0].group}, mean of {len(cells)} cells", what),
        "x": tuple(map(float, mean[CYCLE])),
        "y": tuple(mean["mean"].to_list()),
        "origin": cells[0].origin,
        **look,
    }
    if first:
        # The halves all but coincide: of the first, the means alone, or they would hide the second.
        return [Series.model_validate(series | {"style": "points", "tint": 0.35, "sparse": True})]
    if any(edge is not None for edge in low):
        series |= {"low": tuple(low), "high": tuple(high)}
    faint = {"group": cells[0].group, "style": "line", "faint": True}
    replicates = [_over_cycles(cell, column, joined(cell.sample, what), faint, bars=False) for cell in cells]
    return [*replicates, Series.model_validate(series | {"style": "points and line", "sparse": True})]


def _over_cycles(result: Cycling, column: str, name: str, look: Mapping[str, object], *, bars: bool = True) -> Series:
    uncertainty = result.cycles[u(column)]
    known = bars and uncertainty.drop_nulls().len() > 0
    return Series.model_validate(
        {
            "name": name,
            "x": tuple(map(float, result.cycles[CYCLE])),
            "y": tuple(result.cycles[column].to_list()),
            "y_uncertainty": tuple(uncertainty.to_list()) if known else None,
            "style": "points",
            "origin": result.origin,
            **look,
        }
    )


def key(word: str, marker: str) -> Series:
    """Return an entry of the legend that says what a marker means, for all groups."""
    return Series.model_validate(
        {"name": word, "group": "", "x": (), "y": (), "style": "points", "marker": marker, "label": word}
    )


def how_drawn(members: Mapping[str, Sequence[Cycling]], halves: tuple[str, str] | None = None) -> str:
    """Say what the marks mean and how many cells there are."""
    several = any(len(cells) > 1 for cells in members.values())
    alone = any(len(cells) == 1 for cells in members.values())
    said = []
    if several:
        of_half = f" (of {halves[1]}; of {halves[0]} the means alone)" if halves else ""
        said.append(
            f"Faint: single cells; line, with markers on some points: their mean while at least two of them run; "
            f"band: its 95 % interval{of_half}."
        )
    if alone:
        said.append(f"Bars{' of lone cells' if several else ''}: standard uncertainty.")
    counts = [f"{group} {len(cells)}" for group, cells in members.items()]
    total = sum(len(cells) for cells in members.values())
    said.append(f"n = {total} cell{'s' if total > 1 else ''}{': ' + ', '.join(counts) if len(counts) > 1 else ''}.")
    return " ".join(said)


def legend_entry(group: str, cells: Sequence[Cycling], members: Mapping[str, object]) -> str | None:
    """Return a binder's entry in the legend; none where there is nothing to tell it from, or to count."""
    if len(members) == 1 and len(cells) == 1:
        return None
    return f"{group}, n = {len(cells)}"


def count_of(cells: Sequence[Cycling], members: Mapping[str, object]) -> str:
    """Return how many cells there are, where that is worth an entry."""
    return f"n = {len(cells)}" if len(cells) > 1 or len(members) > 1 else ""


def joined(*parts: str, between: str = ", ") -> str:
    """Join what there is of parts."""
    return between.join(part for part in parts if part)
