"""The figures of a cycling section, as specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from byssus.analysis.compare import by_group, common_basis, median_cell, over_cycles
from byssus.analysis.cycling.columns import CYCLE, EFFICIENCY, RETENTION, u
from byssus.analysis.cycling.cycles import Cycling
from byssus.conventions import CAPACITY_UNIT, CapacityBasis, capacity_label
from byssus.figure.ranges import band_window, efficiency_window
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.measured.tables import Table

_CYCLE = Axis(quantity="Cycle", unit="1")
_CAPACITY_COLUMN = "Step Cumulative Capacity / Ah"
#: How far the palest of several profiles is from its full colour.
_PALEST = 0.75
#: With more cells than this the profiles of one of each binder are drawn.
MOST_PROFILES = 6

Electrodes = Mapping[str, str]


def capacity_and_efficiency(
    results: Sequence[Cycling], groups: Sequence[str], electrodes: Electrodes | None = None
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
    """
    basis = common_basis(results)
    words = results[0].words
    capacity: list[Series] = []
    efficiency: list[Series] = []
    members = by_group(results)
    # Both halves of many binders would fill the legend; the marker then stands for the half, the colour for the binder.
    keyed = len(members) > 1
    for group, cells in members.items():
        for half in (0, 1):
            entry = _entry(group, cells, members) if keyed else _joined(words[half], _count_of(cells, members))
            capacity += _of_binder(
                cells,
                cells[0].column(half, basis),
                words[half],
                electrodes,
                first=half == 0,
                label=entry if half == 1 or not keyed else None,
            )
        efficiency += _of_binder(cells, EFFICIENCY, "", electrodes)
    if keyed:
        capacity += [_key(words[0], "alternate"), _key(words[1], "own")]
    reach, cut = band_window(capacity)
    window, outside = efficiency_window(results, efficiency)
    if outside:
        efficiency = [part for series in efficiency for part in _first_apart(series)]
    panels = [
        Panel(
            y=Axis(quantity=capacity_label(basis), unit=CAPACITY_UNIT[basis].replace("²", "^2"), range=reach),
            series=tuple(capacity),
        )
    ]
    if any(value is not None for series in efficiency for value in series.y):
        panels.append(Panel(y=Axis(quantity="Coulombic efficiency", unit="%", range=window), series=tuple(efficiency)))
    first, second = words
    return Figure(
        name="capacity-and-efficiency",
        title="Capacity and coulombic efficiency",
        caption=_joined(
            f"Capacity of {first} (open) and {second} (filled) and coulombic efficiency, {second} over {first} of the "
            f"same cycle.",
            _how_drawn(members, halves=words),
            outside,
            cut,
            between=" ",
        ),
        x=_CYCLE,
        panels=tuple(panels),
        groups=tuple(groups),
    )


def retention(results: Sequence[Cycling], groups: Sequence[str], electrodes: Electrodes | None = None) -> Figure | None:
    """Draw the retention of capacity over the cycles; None if no cell has its baseline."""
    kept = [result for result in results if result.cycles[RETENTION].drop_nulls().len()]
    if not kept:
        return None
    members = by_group(kept)
    word, baseline = kept[0].words[1], kept[0].baseline
    series = [
        part
        for group, cells in members.items()
        for part in _of_binder(cells, RETENTION, "", electrodes, label=_entry(group, cells, members), base=baseline)
    ]
    absent = [result.sample for result in results if not result.cycles[RETENTION].drop_nulls().len()]
    reach, cut = band_window(series)
    return Figure(
        name="retention",
        title="Retention",
        caption=_joined(
            f"Capacity of {word} relative to that of cycle {baseline}.",
            _how_drawn(members),
            cut,
            f"Without cycle {baseline} and so not drawn: {', '.join(absent)}." if absent else "",
            between=" ",
        ),
        x=_CYCLE,
        panels=(
            Panel(y=Axis(quantity=f"Retention from cycle {baseline}", unit="%", range=reach), series=tuple(series)),
        ),
        groups=tuple(groups),
    )


def shown_profiles(results: Sequence[Cycling]) -> list[tuple[Cycling, str]]:
    """Choose the cells whose voltage profiles are drawn, each with what the caption says of the choice.

    All of them up to six; beyond, of every binder and kind the cell of median retention.
    """
    if len(results) <= MOST_PROFILES:
        return [(result, "") for result in results]
    alike: dict[tuple[str, tuple[str, str]], list[Cycling]] = {}
    for result in results:
        alike.setdefault((result.group, result.words), []).append(result)
    return [
        (
            median_cell(cells),
            f"One cell stands for the {len(cells)} of {group}: the one of median retention." if len(cells) > 1 else "",
        )
        for (group, _), cells in alike.items()
    ]


def voltage_profiles(
    table: Table,
    result: Cycling,
    groups: Sequence[str],
    cycles: Sequence[int] = (),
    *,
    file: str | None = None,
    choice: str = "",
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
    """
    measured = result.cycles[CYCLE].to_list()
    chosen = [cycle for cycle in cycles if cycle in measured] or _evenly(measured, 6)
    absent = [cycle for cycle in cycles if cycle not in measured]
    divisor, basis = _divisor(table, result)
    # A pulse against the half cycle around it belongs to no profile.
    steps = result.steps.filter(~pl.col("Pulse")).select("Step Count / 1", CYCLE)
    data = table.data.join(steps, on="Step Count / 1", how="left", maintain_order="left")
    if _CAPACITY_COLUMN not in data.columns:
        data = data.with_columns(_integrated().alias(_CAPACITY_COLUMN))
    series = []
    for place, cycle in enumerate(chosen):
        tint = _PALEST * (1 - place / max(1, len(chosen) - 1)) if len(chosen) > 1 else 0.0
        for direction, word in zip(result.directions, result.words, strict=True):
            half = data.filter((pl.col(CYCLE) == cycle) & (pl.col("Cell Direction") == str(direction)))
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
        name=f"voltage-profiles-{file or file_name(result.sample)}",
        title=f"Voltage profiles of {result.sample}",
        caption=_joined(
            f"Voltage over the capacity of each half of cycles {', '.join(map(str, chosen))}, early cycles pale.",
            "n = 1 cell.",
            choice,
            f"Asked for and not measured: {', '.join(map(str, absent))}." if absent else "",
            between=" ",
        ),
        x=Axis(quantity=capacity_label(basis), unit=CAPACITY_UNIT[basis].replace("²", "^2")),
        panels=(Panel(y=Axis(quantity=_voltage_label(result), unit="V"), series=tuple(series)),),
        groups=tuple(groups),
        legend_title="Cycle",
    )


def _of_binder(
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
        return [_over_cycles(cell, column, _joined(cell.sample, what), {**look, "tint": 0.35 if first else 0.0})]
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
        "name": _joined(f"{cells[0].group}, mean of {len(cells)} cells", what),
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
    replicates = [_over_cycles(cell, column, _joined(cell.sample, what), faint, bars=False) for cell in cells]
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


def _first_apart(series: Series) -> list[Series]:
    """Split off a first cycle, so that no line dives towards a point outside the range."""
    if series.style == "points" or not series.x or series.x[0] != 1:
        return [series]
    columns = {name: column for name in ("x", "y", "low", "high") if (column := getattr(series, name)) is not None}
    first = series.model_copy(update={name: column[:1] for name, column in columns.items()})
    rest = series.model_copy(update={name: column[1:] for name, column in columns.items()})
    return [first.model_copy(update={"style": "points"}), rest]


def _key(word: str, marker: str) -> Series:
    """Return an entry of the legend that says what a marker means, for all groups."""
    return Series.model_validate(
        {"name": word, "group": "", "x": (), "y": (), "style": "points", "marker": marker, "label": word}
    )


def _how_drawn(members: Mapping[str, Sequence[Cycling]], halves: tuple[str, str] | None = None) -> str:
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


def _entry(group: str, cells: Sequence[Cycling], members: Mapping[str, object]) -> str | None:
    """Return a binder's entry in the legend; none where there is nothing to tell it from, or to count."""
    if len(members) == 1 and len(cells) == 1:
        return None
    return f"{group}, n = {len(cells)}"


def _count_of(cells: Sequence[Cycling], members: Mapping[str, object]) -> str:
    return f"n = {len(cells)}" if len(cells) > 1 or len(members) > 1 else ""


def _joined(*parts: str, between: str = ", ") -> str:
    return between.join(part for part in parts if part)


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


def file_name(text: str) -> str:
    """Return a name that every file system takes, for a sample of any name."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in text)
