"""Voltage profiles: of one cell over its life, and of the first cycle of every binder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import polars as pl

from byssus.analysis.compare import Kind, by_group, common_basis, kind_of, median_cell
from byssus.analysis.cycling.columns import CYCLE
from byssus.analysis.cycling.counting import with_curves
from byssus.analysis.cycling.cycles import Cycling
from byssus.conventions import CapacityBasis, Configuration
from byssus.errors import AnalysisError
from byssus.figure.binders import by_origin, capacity_axis, how_many, joined, origin_of, series_label
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.measured.tables import Table

T = TypeVar("T")

_CAPACITY_COLUMN = "Step Cumulative Capacity / Ah"
#: What the voltage of a cell is called: against what it is.
VOLTAGE = {Configuration.HALF: "Voltage against lithium", Configuration.FULL: "Cell voltage"}
#: How far the palest of several profiles is from its full colour.
PALEST = 0.65
#: With more cells than this the profiles of one of each binder are drawn.
MOST_PROFILES = 6


def shown_profiles(results: Sequence[Cycling]) -> list[tuple[Cycling, str]]:
    """Choose the cells whose voltage profiles are drawn, each with what the caption says of the choice.

    All of them up to six; beyond, of every binder and kind the cell of median retention.
    """
    if len(results) <= MOST_PROFILES:
        return [(result, "") for result in results]
    alike: dict[tuple[str, Kind, str], list[Cycling]] = {}
    for result in results:
        alike.setdefault((result.group, kind_of(result), result.origin), []).append(result)
    return [
        (
            median_cell(cells),
            f"One cell stands for the {len(cells)} of {group}: the one of median retention." if len(cells) > 1 else "",
        )
        for (group, _, _), cells in alike.items()
    ]


def voltage_profiles(
    table: Table,
    result: Cycling,
    groups: Sequence[str],
    cycles: Sequence[int] = (),
    *,
    file: str | None = None,
    choice: str = "",
    basis: CapacityBasis | None = None,
) -> Figure:
    """Draw voltage against capacity for chosen cycles of one cell, early ones pale.

    Parameters
    ----------
    table, result
        The cell's table and what `byssus.analysis.cycling.cycles.analyse` made of it.
    groups
        All groups of the study.
    cycles
        Which cycles; those that were not measured are passed over, and the caption says
        so.  Six, evenly spread, if none.
    file
        Name of the cell for files; by default made from that of the sample.
    choice
        Why this cell is drawn and others are not, for the caption.
    basis
        Of the capacities; by default the best that the cell has.
    """
    chosen, absent = chosen_cycles(result, cycles)
    basis = basis or result.best_basis
    series = []
    for place, cycle in enumerate(chosen):
        for word, charge, voltage in _halves(table, result, cycle, divisor(table, basis)):
            series.append(
                Series(
                    name=f"cycle {cycle}, {word}",
                    group=result.group,
                    x=charge,
                    y=voltage,
                    style="line",
                    tint=tint(place, len(chosen)),
                    origin=origin_of(result.origin),
                    label=str(cycle),
                )
            )
    return Figure(
        name=f"voltage-profiles-{file or file_name(result.sample)}",
        title=f"Voltage profiles of {result.sample}",
        caption=joined(
            f"Voltage over the capacity of each half of {in_words(chosen)}.",
            how_many([result.origin]),
            choice,
            not_measured(absent),
            between=" ",
        ),
        x=capacity_axis(basis),
        panels=(Panel(y=voltage_axis(result), series=tuple(series)),),
        groups=tuple(groups),
        legend_title="Cycle",
    )


def first_cycle(
    tables: Mapping[str, Table],
    results: Sequence[Cycling],
    groups: Sequence[str],
    *,
    cycle: int = 1,
    basis: CapacityBasis | None = None,
) -> Figure | None:
    """Draw the voltage profile of the first cycle, of one cell of every binder, together.

    Parameters
    ----------
    tables
        The table of each sample.
    results
        Cells of one kind.
    groups
        All groups of the study.
    cycle
        Another cycle than the first.
    basis
        Of the capacities; by default the best that all cells have.

    Returns
    -------
    Figure or None
        None if no cell has the cycle.
    """
    having = [result for result in results if cycle in result.cycles[CYCLE]]
    if not having:
        return None
    basis = basis or common_basis(having)
    members = by_group(having)
    series, said, origins = [], [], []
    for group, cells in ((group, part) for group, every in members.items() for part in by_origin(every)):
        result = median_cell(cells)
        table = tables[result.sample]
        origins.append(result.origin)
        said.append(f"{group} by {result.sample}" + (f", of median retention among {len(cells)}" if cells[1:] else ""))
        for word, charge, voltage in _halves(table, result, cycle, divisor(table, basis)):
            series.append(
                Series(
                    name=f"{result.sample}, {word}",
                    group=group,
                    x=charge,
                    y=voltage,
                    style="line",
                    origin=origin_of(result.origin),
                    label=series_label(group, result, members),
                )
            )
    if not series:
        return None
    which = "first cycle" if cycle == 1 else f"cycle {cycle}"
    return Figure(
        name="first-cycle",
        title=which.capitalize(),
        caption=f"Voltage over the capacity of each half of the {which}. Each binder by one cell: {'; '.join(said)}. "
        f"{how_many(origins)}",
        x=capacity_axis(basis),
        panels=(Panel(y=voltage_axis(having[0]), series=tuple(series)),),
        groups=tuple(groups),
    )


def chosen_cycles(result: Cycling, cycles: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the cycles to draw, six evenly spread if none are asked for, and those that were not measured."""
    measured = with_curves(result)
    return (
        [cycle for cycle in cycles if cycle in measured] or evenly(measured, 6),
        [cycle for cycle in cycles if cycle not in measured],
    )


def in_words(cycles: Sequence[int]) -> str:
    """Say in a caption which cycles are drawn, and how they are told apart.

    Examples
    --------
    >>> in_words([1, 2]), in_words([1])
    ('cycles 1, 2, early cycles pale', 'cycle 1')
    """
    several = len(cycles) > 1
    return f"cycle{'s' if several else ''} {', '.join(map(str, cycles))}{', early cycles pale' if several else ''}"


def not_measured(absent: Sequence[int]) -> str:
    """Say in a caption which cycles were asked for in vain."""
    return f"Asked for and not measured: {', '.join(map(str, absent))}." if absent else ""


def tint(place: int, count: int) -> float:
    """Return how pale the cycle at a place among several is, the last in full colour."""
    return PALEST * (1 - place / (count - 1)) if count > 1 else 0.0


def _halves(
    table: Table, result: Cycling, cycle: int, by: float
) -> Iterator[tuple[str, tuple[float, ...], tuple[float, ...]]]:
    """Yield the halves of a cycle: word, capacity from the start of the half, and voltage."""
    # A pulse against the half cycle around it belongs to no profile.
    steps = result.steps.filter(~pl.col("Pulse") & (pl.col(CYCLE) == cycle)).select("Step Count / 1")
    data = table.data.join(steps, on="Step Count / 1", how="semi", maintain_order="left")
    if _CAPACITY_COLUMN not in data.columns:
        data = data.with_columns(_integrated().alias(_CAPACITY_COLUMN))
    for direction, word in zip(result.directions, result.words, strict=True):
        half = data.filter(pl.col("Cell Direction") == str(direction))
        if half.is_empty():
            continue
        # Later steps of a half (constant voltage after constant current) go on where the one before ended.
        ends = half.group_by("Step Count / 1", maintain_order=True).agg(pl.col(_CAPACITY_COLUMN).max().alias("end"))
        ends = ends.with_columns((pl.col("end").cum_sum() - pl.col("end")).alias("before"))
        half = half.join(ends, on="Step Count / 1", how="left", maintain_order="left")
        charge = (half[_CAPACITY_COLUMN] + half["before"]) * 1000 / by
        yield word, tuple(charge.to_list()), tuple(half["Voltage / V"].to_list())


def _integrated() -> pl.Expr:
    current, time = pl.col("Current / A").abs(), pl.col("Test Time / s")
    charge = (current + current.shift(1)) / 2 * time.diff() / 3600
    same = pl.col("Step Count / 1") == pl.col("Step Count / 1").shift(1)
    return pl.when(same).then(charge).otherwise(0.0).fill_null(0.0).cum_sum().over("Step Count / 1")


def voltage_axis(result: Cycling) -> Axis:
    """Return the axis of a cell's voltage, which says against what it is."""
    return Axis(quantity=VOLTAGE[Configuration.HALF if "lithiation" in result.words else Configuration.FULL], unit="V")


def evenly(things: Sequence[T], count: int) -> list[T]:
    """Choose some, evenly spread, the first and the last among them; all where there are no more.

    Examples
    --------
    >>> evenly(range(1, 11), 4)
    [1, 4, 7, 10]
    """
    if len(things) <= count:
        return list(things)
    return [things[round(place * (len(things) - 1) / (count - 1))] for place in range(count)]


def file_name(text: str) -> str:
    """Return a name that every file system takes, for a sample of any name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in text)


def divisor(table: Table, basis: CapacityBasis) -> float:
    """Return what turns mAh into the unit of a basis.

    Raises
    ------
    AnalysisError
        If the sample lacks the mass or area.
    """
    sample = table.metadata.sample
    quantity, unit = {
        CapacityBasis.ACTIVE_MATERIAL: (sample.active_mass, "g"),
        CapacityBasis.COATING: (sample.coating_mass, "g"),
        CapacityBasis.AREA: (sample.electrode_area, "cm^2"),
        CapacityBasis.CELL: (None, ""),
    }[basis]
    if basis is CapacityBasis.CELL:
        return 1.0
    if quantity is None:
        raise AnalysisError("has no mass or area for this basis", field=sample.name, value=str(basis))
    return quantity.to(unit).value
