"""How a binder's cells are drawn over the cycles, and how a caption says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import polars as pl

from byssus.analysis.compare import over_cycles
from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.cycling.cycles import Cycling
from byssus.conventions import CAPACITY_UNIT, CapacityBasis, capacity_label
from byssus.figure.spec import Axis, Series

Electrodes = Mapping[str, str]
Origin = Literal["measured", "simulated"]


def cycle_axis(drawn: Sequence[Series]) -> Axis:
    """Return the axis of cycles, with room for the neighbours of a lone one."""
    cycles = {x for series in drawn for x in series.x if x is not None}
    lone = (min(cycles) - 1, min(cycles) + 1) if len(cycles) == 1 else None
    return Axis(quantity="Cycle", unit="1", range=lone)


def capacity_axis(basis: CapacityBasis, shown: tuple[float, float] | None = None) -> Axis:
    """Return the axis of a capacity on a basis."""
    return Axis(quantity=capacity_label(basis), unit=ascii_unit(basis), range=shown)


def current_axis(basis: CapacityBasis, shown: tuple[float, float] | None = None) -> Axis:
    """Return the axis of a current on a basis, in the unit that people use."""
    unit = {CapacityBasis.AREA: "mA/cm^2", CapacityBasis.CELL: "mA"}.get(basis, "A/g")
    return Axis(quantity=capacity_label(basis).replace("Capacity", "Current"), unit=unit, range=shown)


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
    """Return what is drawn of a binder: its one cell as points, or several under their mean.

    What was simulated is never averaged with what was measured: each is drawn on its own.
    """
    if len(apart := by_origin(cells)) > 1:
        parts = [
            of_binder(
                part,
                column,
                what,
                electrodes,
                first=first,
                label=label and joined(label, _apart(part, cells)),
                base=base,
            )
            for part in apart
        ]
        return [series for part in parts for series in part]
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
        return [Series.model_validate(series | {"style": dots_of(cells[0].origin), "tint": 0.35, "sparse": True})]
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
            # Dots alone do not show a stroke, by which virtual data are told from measured.
            "style": dots_of(result.origin),
            "sparse": result.origin == "simulated",
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
    together = [part for cells in members.values() for part in by_origin(cells)]
    several = any(len(cells) > 1 for cells in together)
    alone = any(len(cells) == 1 for cells in together)
    said = []
    if several:
        of_half = f" (of {halves[1]}; of {halves[0]} the means alone)" if halves else ""
        said.append(
            f"Faint: single cells; line, with markers on some points: their mean while at least two of them run; "
            f"band: its 95 % interval{of_half}."
        )
    if alone:
        said.append(f"Bars{' of lone cells' if several else ''}: standard uncertainty.")
    said.append(how_many([cell.origin for cells in members.values() for cell in cells], members))
    return " ".join(said)


def how_many(origins: Sequence[str], members: Mapping[str, Sequence[object]] | None = None) -> str:
    """Say in a caption how many cells are drawn, which of them are simulated, and how many each binder has.

    Examples
    --------
    >>> how_many(["measured"]), how_many(["simulated"])
    ('n = 1 cell.', 'n = 1 cell, simulated (dashed).')
    >>> how_many(["measured", "simulated", "measured"], {"CCL": [1, 2], "CMC": [3]})
    'n = 3 cells, 1 of them simulated (dashed): CCL 2, CMC 1.'
    """
    total, simulated = len(origins), Counter(origins)["simulated"]
    of_them = "" if simulated in (0, total) else f"{simulated} of them "
    counts = [f"{group} {len(cells)}" for group, cells in (members or {}).items()]
    return (
        joined(f"n = {total} cell{'s' if total > 1 else ''}", f"{of_them}simulated (dashed)" if simulated else "")
        + (": " + ", ".join(counts) if len(counts) > 1 else "")
        + "."
    )


def by_origin(cells: Sequence[Cycling]) -> list[list[Cycling]]:
    """Part the cells of a binder into those measured and those simulated, each where there are any."""
    parts = ([cell for cell in cells if origin_of(cell.origin) == origin] for origin in get_args(Origin))
    return [part for part in parts if part]


def origin_of(text: str) -> Origin:
    """Return an origin as a specification takes it."""
    return "simulated" if text == "simulated" else "measured"


def dots_of(origin: str) -> Literal["points", "points and line"]:
    """Return how single results are drawn: measured as points, simulated along a line, whose dashes say so."""
    return "points and line" if origin == "simulated" else "points"


def legend_entry(group: str, cells: Sequence[Cycling], members: Mapping[str, Sequence[Cycling]]) -> str | None:
    """Return a binder's entry in the legend; none where there is nothing to tell it from, or to count."""
    if len(members) == 1 and len(members[group]) == 1:
        return None
    return joined(group, _apart(cells, members[group]), count_of(cells, members))


def series_label(group: str, cell: Cycling, members: Mapping[str, Sequence[Cycling]]) -> str | None:
    """Return the legend's entry of the one cell that stands for its binder, where there are others to tell it from."""
    if len(members) == 1 and len(by_origin(members[group])) == 1:
        return None
    return joined(group, _apart([cell], members[group]))


def _apart(cells: Sequence[Cycling], of_binder: Sequence[Cycling]) -> str:
    """Return what tells simulated cells from the measured ones of their binder."""
    return "simulated" if len(by_origin(of_binder)) > 1 and {cell.origin for cell in cells} == {"simulated"} else ""


def count_of(cells: Sequence[Cycling], members: Mapping[str, object]) -> str:
    """Return how many cells there are, where that is worth an entry and one entry stands for them all."""
    return f"n = {len(cells)}" if len(by_origin(cells)) == 1 and (len(cells) > 1 or len(members) > 1) else ""


def joined(*parts: str, between: str = ", ") -> str:
    """Join what there is of parts."""
    return between.join(part for part in parts if part)
