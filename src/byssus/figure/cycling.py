"""The figures of a cycling section, as specifications."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from byssus.analysis.cycling import EFFICIENCY, RETENTION, Cycling, u
from byssus.conventions import CAPACITY_UNIT, CapacityBasis, capacity_label
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.measured.tables import Table

_CYCLE = Axis(quantity="Cycle", unit="1")
_CAPACITY_COLUMN = "Step Cumulative Capacity / Ah"
#: How far the palest of several profiles is from its full colour.
_PALEST = 0.75


def common_basis(results: Sequence[Cycling]) -> CapacityBasis:
    """Return the best basis that all cells of a figure have."""
    shared = set(results[0].bases).intersection(*(set(result.bases) for result in results))
    order = (CapacityBasis.ACTIVE_MATERIAL, CapacityBasis.COATING, CapacityBasis.AREA, CapacityBasis.CELL)
    return next(basis for basis in order if basis in shared)


def capacity_and_efficiency(results: Sequence[Cycling], groups: Sequence[str]) -> Figure:
    """Draw capacity of both halves above coulombic efficiency, over the cycles."""
    basis = common_basis(results)
    capacity, efficiency = [], []
    for result in results:
        for half in (0, 1):
            column = result.column(half, basis)
            capacity.append(
                _over_cycles(
                    result,
                    column,
                    f"{result.sample}, {result.words[half]}",
                    marker="alternate" if half == 0 else "own",
                    tint=0.35 if half == 0 else 0.0,
                    label=_entry(result, results, result.words[half]),
                )
            )
        efficiency.append(_over_cycles(result, EFFICIENCY, result.sample))
    window, note = _efficiency_window(results)
    first, second = results[0].words
    return Figure(
        name="capacity-and-efficiency",
        title="Capacity and coulombic efficiency",
        caption=(
            f"Capacity of {first} (open) and {second} (filled) and coulombic efficiency, {second} over {first} of the "
            f"same cycle. Bars: standard uncertainty. {_count(results)}"
        ),
        x=_CYCLE,
        panels=(
            Panel(
                y=Axis(quantity=capacity_label(basis), unit=CAPACITY_UNIT[basis].replace("²", "^2")),
                series=tuple(capacity),
            ),
            Panel(
                y=Axis(quantity="Coulombic efficiency", unit="%", range=window),
                series=tuple(efficiency),
                note=note,
            ),
        ),
        groups=tuple(groups),
    )


def retention(results: Sequence[Cycling], groups: Sequence[str]) -> Figure | None:
    """Draw the retention of capacity over the cycles; None if no cell has its baseline."""
    series = [
        _over_cycles(result, RETENTION, result.sample, label=_entry(result, results))
        for result in results
        if result.cycles[RETENTION].drop_nulls().len()
    ]
    if not series:
        return None
    word, baseline = results[0].words[1], results[0].baseline
    return Figure(
        name="retention",
        title="Retention",
        caption=(
            f"Capacity of {word} relative to that of cycle {baseline}. Bars: standard uncertainty. {_count(results)}"
        ),
        x=_CYCLE,
        panels=(Panel(y=Axis(quantity=f"Retention from cycle {baseline}", unit="%"), series=tuple(series)),),
        groups=tuple(groups),
    )


def voltage_profiles(table: Table, result: Cycling, groups: Sequence[str], cycles: Sequence[int] = ()) -> Figure:
    """Draw voltage against capacity for chosen cycles of one cell, early ones pale.

    Parameters
    ----------
    table, result
        The cell's table and what `byssus.analysis.cycling.analyse` made of it.
    groups
        All groups of the study.
    cycles
        Which cycles; those that were not measured are passed over.  Six, evenly spread, if none.
    """
    measured = result.cycles["Cycle / 1"].to_list()
    chosen = [cycle for cycle in cycles if cycle in measured] or _evenly(measured, 6)
    divisor, basis = _divisor(table, result)
    data = table.data.join(result.steps.select("Step Count / 1", "Cycle / 1"), on="Step Count / 1", how="left")
    if _CAPACITY_COLUMN not in data.columns:
        data = data.with_columns(_integrated().alias(_CAPACITY_COLUMN))
    series = []
    for place, cycle in enumerate(chosen):
        tint = _PALEST * (1 - place / max(1, len(chosen) - 1)) if len(chosen) > 1 else 0.0
        for direction, word in zip(result.directions, result.words, strict=True):
            half = data.filter((pl.col("Cycle / 1") == cycle) & (pl.col("Cell Direction") == str(direction)))
            if half.is_empty():
                continue
            # Later steps of a half (constant voltage after constant current) go on where the one before ended.
            ends = half.group_by("Step Count / 1", maintain_order=True).agg(pl.col(_CAPACITY_COLUMN).max().alias("end"))
            ends = ends.with_columns((pl.col("end").cum_sum() - pl.col("end")).alias("before"))
            half = half.join(ends, on="Step Count / 1", how="left", maintain_order="left")
            charge = (half[_CAPACITY_COLUMN] + half["before"]) * 1000 / divisor
            series.append(
                Series(
                    name=f"cycle {cycle}, {word}",
                    group=result.group,
                    x=tuple(charge.to_list()),
                    y=tuple(half["Voltage / V"].to_list()),
                    style="line",
                    tint=tint,
                    origin="simulated" if result.origin == "simulated" else "measured",
                    label=str(cycle),
                )
            )
    return Figure(
        name=f"voltage-profiles-{file_name(result.sample)}",
        title=f"Voltage profiles of {result.sample}",
        caption=(
            f"Voltage over the capacity of each half of cycles {', '.join(map(str, chosen))}, early cycles pale. "
            "n = 1 cell."
        ),
        x=Axis(quantity=capacity_label(basis), unit=CAPACITY_UNIT[basis].replace("²", "^2")),
        panels=(Panel(y=Axis(quantity=_voltage_label(result), unit="V"), series=tuple(series), legend_title="Cycle"),),
        groups=tuple(groups),
    )


def _over_cycles(
    result: Cycling,
    column: str,
    name: str,
    *,
    marker: str = "own",
    tint: float = 0.0,
    label: str | None = None,
) -> Series:
    uncertainty = result.cycles[u(column)]
    return Series.model_validate(
        {
            "name": name,
            "group": result.group,
            "x": tuple(map(float, result.cycles["Cycle / 1"])),
            "y": tuple(result.cycles[column].to_list()),
            "y_uncertainty": tuple(uncertainty.to_list()) if uncertainty.drop_nulls().len() else None,
            "style": "points",
            "marker": marker,
            "tint": tint,
            "label": label,
            "origin": result.origin,
        }
    )


def _efficiency_window(results: Sequence[Cycling]) -> tuple[tuple[float, float] | None, str | None]:
    """Choose the range of efficiencies so that a low first cycle does not flatten the rest."""
    later = pl.concat(
        [
            result.cycles.filter(pl.col("Cycle / 1") > 1).select(pl.col(EFFICIENCY), pl.col(u(EFFICIENCY)))
            for result in results
        ]
    ).drop_nulls(EFFICIENCY)
    if later.height < 3:
        return None, None
    values, spread = later[EFFICIENCY], later[u(EFFICIENCY)].fill_null(0)
    low, high = float((values - spread).min()), float((values + spread).max())  # type: ignore[arg-type]
    room = 0.08 * max(high - low, 0.5)
    low, high = low - room, high + room
    outside = [
        f"{result.sample + ': ' if len(results) > 1 else ''}cycle {cycle}: {value:.1f} %"
        for result in results
        for cycle, value in result.cycles.select("Cycle / 1", EFFICIENCY).drop_nulls().iter_rows()
        if not low <= value <= high
    ]
    return (low, high), f"outside the range: {'; '.join(outside)}" if outside else None


def _divisor(table: Table, result: Cycling) -> tuple[float, CapacityBasis]:
    """Return what turns mAh into the unit of the best basis."""
    sample, basis = table.metadata.sample, result.best_basis
    match basis:
        case CapacityBasis.ACTIVE_MATERIAL if sample.active_mass is not None:
            return sample.active_mass.to("g").value, basis
        case CapacityBasis.COATING if sample.coating_mass is not None:
            return sample.coating_mass.to("g").value, basis
        case CapacityBasis.AREA if sample.electrode_area is not None:
            return sample.electrode_area.to("cm^2").value, basis
        case _:
            return 1.0, CapacityBasis.CELL


def _integrated() -> pl.Expr:
    current, time = pl.col("Current / A").abs(), pl.col("Test Time / s")
    charge = (current + current.shift(1)) / 2 * time.diff() / 3600
    same = pl.col("Step Count / 1") == pl.col("Step Count / 1").shift(1)
    return pl.when(same).then(charge).otherwise(0.0).fill_null(0.0).cum_sum().over("Step Count / 1")


def _voltage_label(result: Cycling) -> str:
    return "Voltage against lithium" if "lithiation" in result.words else "Cell voltage"


def _evenly(cycles: Sequence[int], count: int) -> list[int]:
    if len(cycles) <= count:
        return list(cycles)
    places = [round(place * (len(cycles) - 1) / (count - 1)) for place in range(count)]
    return [cycles[place] for place in places]


def _entry(result: Cycling, results: Sequence[Cycling], word: str = "") -> str | None:
    """Return a series' entry in the legend: its group where there are several, and its half."""
    several = len({other.group for other in results}) > 1
    return ", ".join(part for part in (result.group if several else "", word) if part) or None


def _count(results: Sequence[Cycling]) -> str:
    return f"n = {len(results)} cell{'s' if len(results) > 1 else ''}, each drawn."


def file_name(text: str) -> str:
    """Return a name that every file system takes, for a sample of any name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in text)
