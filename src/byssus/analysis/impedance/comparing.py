"""Before and after cycling: what changes in the resistances of each binder's cells, and where binders differ.

Cells with a spectrum before and one after are pairs: a change is the mean of theirs.  The error of a mean is that of the
fits, or that of the scatter between cells where it gives the wider interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, Literal

import polars as pl

from byssus.analysis.cycling.columns import u
from byssus.analysis.examined import Examined
from byssus.analysis.impedance.frames import (
    AREA,
    CYCLE,
    FASTER,
    POLARISATION,
    SERIES,
    STATE,
    TRANSFER,
    VOLTAGE,
    WARBURG,
)
from byssus.fitting import group_mean

#: What is compared, by its column, with its name.
QUANTITIES: Final = {
    TRANSFER: "charge-transfer resistance",
    SERIES: "series resistance",
    FASTER: "resistance of the faster arcs",
    POLARISATION: "polarisation resistance",
    WARBURG: "Warburg coefficient",
}
#: Spectra before and after are of one state if they differ by no more than this in voltage, in V; a choice.
_ONE_STATE: Final = 0.05
_LEVEL: Final = 0.95

#: The definition behind it, as a term with its sentences.
METHOD = (
    "Before and after cycling",
    "Spectra at the lowest and the highest number of cycles that all binders have, state by state. Cells with both are pairs: the "
    "difference is the mean of theirs, the ratio the geometric mean. The 95 % interval is that of the fits' standard errors "
    "or, where it is wider, that of the scatter between cells (Student's t, electrodes as the independent witnesses); which of the "
    "two is said. Binders are compared after cycling, and by the ratio, with the errors of both and Welch and Satterthwaite's "
    "degrees of freedom; the intervals are not corrected for the number of comparisons. A lone cell says nothing of the spread "
    "between cells. The errors of fits hold noise, not that the circuit is not the cell. The faster arcs are those of higher "
    "frequency than the charge transfer's: films, contacts, or the lithium electrode.",
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval.

    Parameters
    ----------
    value, low, high
        The number, and its interval.
    error, freedom
        Standard error and its degrees of freedom; of a ratio those of its logarithm.
    rests_on
        Whether the interval is that of the ``fits`` or of the scatter between ``cells``.
    """

    value: float
    low: float
    high: float
    error: float
    freedom: float
    rests_on: Literal["fits", "cells"]


@dataclass(frozen=True, slots=True)
class Change:
    """A quantity of a binder before and after cycling.

    Parameters
    ----------
    group, origin
        The binder; ``measured`` or ``simulated``.
    name, unit
        The quantity; per area where the area of every cell is known.
    state
        State of charge or voltage, in words; empty where there is one only.
    cycles
        How many before, how many after.
    cells
        How many have both; without pairs, how many have either.
    before, after, difference, ratio
        None where no cell has the value.
    reason
        Why something is missing, or what the numbers cannot hold.
    single
        The values of single cells, before and after, by name; None where one is missing.
    """

    group: str
    origin: str
    name: str
    unit: str
    state: str
    cycles: tuple[int, int]
    cells: int
    before: Estimate | None
    after: Estimate | None
    difference: Estimate | None
    ratio: Estimate | None
    reason: str | None
    single: Mapping[str, tuple[float | None, float | None]]


@dataclass(frozen=True, slots=True)
class Between:
    """Two binders against each other: first less second after cycling, and the ratio of their ratios."""

    first: str
    second: str
    origin: str
    name: str
    unit: str
    state: str
    cycle: int
    after: Estimate | None
    ratio: Estimate | None

    @property
    def shown(self) -> tuple[bool | None, bool | None]:
        """Whether the intervals leave out no difference: after cycling, and of the ratios; None without one."""
        after = None if self.after is None else not self.after.low <= 0 <= self.after.high
        return after, None if self.ratio is None else not self.ratio.low <= 1 <= self.ratio.high


@dataclass(frozen=True)
class BeforeAndAfter:
    """The changes of all binders, and the binders against each other."""

    changes: tuple[Change, ...]
    between: tuple[Between, ...]

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return both as frames, a row a change and a row a comparison."""
        changes = [
            {
                "Binder": one.group, "Origin": one.origin, "Quantity": one.name, "Unit": one.unit, "State": one.state or None,
                "Cycles Before / 1": one.cycles[0], "Cycles After / 1": one.cycles[1], "Cells / 1": one.cells,
                **_columns("Before", one.before), **_columns("After", one.after),
                **_columns("Difference", one.difference), **_columns("Ratio", one.ratio), "Reason": one.reason,
            }
            for one in self.changes
        ]  # fmt: skip
        between = [
            {
                "Binder": one.first, "Against": one.second, "Origin": one.origin, "Quantity": one.name, "Unit": one.unit,
                "State": one.state or None, "Cycles After / 1": one.cycle,
                **_columns("Difference After", one.after), "Difference Shown": one.shown[0],
                **_columns("Ratio of Ratios", one.ratio), "Ratio Shown": one.shown[1],
            }
            for one in self.between
        ]  # fmt: skip
        return {"before and after": pl.DataFrame(changes, infer_schema_length=None)} | (
            {"between binders": pl.DataFrame(between, infer_schema_length=None)} if between else {}
        )


def _columns(name: str, known: Estimate | None) -> dict[str, float | str | None]:
    value, low, high, rests = (
        (None, None, None, None) if known is None else (known.value, known.low, known.high, known.rests_on)
    )
    return {name: value, f"{name}, Low": low, f"{name}, High": high, f"{name}, Rests on": rests}


@dataclass(frozen=True, eq=False)
class _Cell:
    """A cell: its values by column, cycle and state, each with its standard error; and at what each was taken."""

    name: str
    electrode: str
    group: str
    origin: str
    values: Mapping[tuple[str, int, int], tuple[float, float | None]]
    states: Mapping[tuple[int, int], Mapping[str, float]]
    cycles: frozenset[int]
    circuits: frozenset[str]
    area: tuple[float, float | None] | None
    why: Mapping[tuple[int, int], str] = field(default_factory=dict)


def before_and_after(examined: Sequence[Examined]) -> BeforeAndAfter | None:
    """Compare impedance spectra before and after cycling, binder by binder.

    Parameters
    ----------
    examined
        What was found of tests; those of impedance whose cycles are known are taken, copies of a test once.

    Returns
    -------
    BeforeAndAfter or None
        None where no binder has spectra at two numbers of cycles.
    """
    distinct: dict[object, _Cell] = {}
    for each in examined:
        for cell in _cell(each) if each.technique == "eis" else ():
            # What agrees in every number to the last digit is one test, told twice, and counts once.
            distinct.setdefault((cell.group, cell.origin, tuple(sorted(cell.values.items()))), cell)
    cells = list(distinct.values())
    changes: list[Change] = []
    between: list[Between] = []
    for origin in dict.fromkeys(cell.origin for cell in cells):
        alike = [cell for cell in cells if cell.origin == origin]
        groups: dict[str, list[_Cell]] = {}
        for cell in alike:
            groups.setdefault(cell.group, []).append(cell)
        seen = {group: frozenset[int]().union(*(cell.cycles for cell in of)) for group, of in groups.items()}
        groups = {group: of for group, of in groups.items() if len(seen[group]) > 1}
        shared = frozenset[int].intersection(*(seen[group] for group in groups)) if groups else frozenset[int]()
        by_area = all(cell.area is not None for of in groups.values() for cell in of)
        ends = {
            group: (min(common), max(common))
            for group in groups
            for common in [shared if len(shared) > 1 else seen[group]]
        }
        for state in sorted({state for of in groups.values() for cell in of for _, state in cell.states}):
            label = _state([(cell, ends[group]) for group, of in groups.items() for cell in of], state)
            if label is None:
                continue
            for column in _quantities(groups):
                row = [_change(group, of, column, ends[group], (state, label), by_area) for group, of in groups.items()]
                found = [one for one in row if one is not None]
                changes += found
                between += _against(found)
    return BeforeAndAfter(tuple(changes), tuple(between)) if changes else None


def _quantities(groups: Mapping[str, Sequence[_Cell]]) -> list[str]:
    """Return the columns that have values; the sum of all arcs only where there are several."""
    cells = [cell for of in groups.values() for cell in of]
    found = [column for column in QUANTITIES if any(key[0] == column for cell in cells for key in cell.values)]
    several = any(
        cell.values.get((TRANSFER, *key[1:])) != value
        for cell in cells
        for key, value in cell.values.items()
        if key[0] == POLARISATION
    )
    return [column for column in found if column != POLARISATION or several]


def _cell(each: Examined) -> Iterator[_Cell]:
    """Yield a cell of a test of impedance, where the cycles of its spectra are known."""
    rows = each.frames["spectra"].filter(pl.col(CYCLE).is_not_null()).sort(CYCLE)
    if rows.is_empty():
        return
    values: dict[tuple[str, int, int], tuple[float, float | None]] = {}
    states: dict[tuple[int, int], dict[str, float]] = {}
    why: dict[tuple[int, int], str] = {}
    cycles = rows[CYCLE].round().cast(pl.Int64)
    told = STATE if rows[STATE].null_count() == 0 else VOLTAGE
    for cycle in cycles.unique(maintain_order=True):
        # Of one cycle, states count from the lowest voltage or state of charge: either drifts a little by cycling.
        of_cycle = rows.filter(cycles == cycle).sort(told)
        for state, row in enumerate(of_cycle.iter_rows(named=True)):
            states[cycle, state] = {name: row[name] for name in (STATE, VOLTAGE) if row[name] is not None}
            if row["Reason"] is not None:
                why[cycle, state] = row["Reason"]
            for column in QUANTITIES:
                if row[column] is not None:
                    values[column, cycle, state] = row[column], row[u(column)]
    about, area = each.tables[0].metadata.sample, rows[AREA][0]
    yield _Cell(
        each.sample,
        about.electrode or each.sample,
        each.group,
        each.origin,
        values,
        states,
        frozenset(cycles),
        frozenset(rows["Circuit"].drop_nulls()),
        None if area is None else (area, rows[u(AREA)][0]),
        why,
    )


def _change(
    group: str, cells: Sequence[_Cell], column: str, cycles: tuple[int, int], of: tuple[int, str], by_area: bool
) -> Change | None:
    state, label = of
    first, last = ([cell for cell in cells if (column, cycle, state) in cell.values] for cycle in cycles)
    missing = [
        f"{cell.name} {'before' if cycle == cycles[0] else 'after'}: {cell.why.get((cycle, state), 'no such element')}"
        for cell in cells
        for cycle in cycles
        if (cycle, state) in cell.states and (column, cycle, state) not in cell.values
    ]
    if not first and not last and column != TRANSFER:
        return None
    pairs = [cell for cell in first if cell in last]
    said = list(missing)
    if pairs:
        first = last = pairs
    b, a = (
        {cell: _scaled(cell, column, cycle, state, by_area) for cell in of}
        for cycle, of in zip(cycles, (first, last), strict=True)
    )
    before, after = (_mean(values) for values in (b, a))
    difference = ratio = None
    if pairs:
        difference = _mean({cell: _less(cell, a[cell], b[cell], by_area) for cell in pairs})
        # The area of a cell goes out of its ratio, and so does its doubt.
        ratio = _mean({cell: _log_ratio(cell, column, cycles, state) for cell in pairs}, log=True)
    elif before is not None and after is not None:
        said.append("no cell has both: the cells before and after are different ones")
        difference = _apart(after, before)
        ratio = _ratio(after, before)
    if by_area and any(cell.area is not None and cell.area[1] is None for cell in (*first, *last)):
        said.append("holds nothing of the ± of the area, which was given without")
    if len({str(circuit) for cell in (*first, *last) for circuit in cell.circuits}) > 1:
        said.append("the circuits differ, so that arcs of one name need not be one arc")
    return Change(
        group,
        cells[0].origin,
        QUANTITIES[column],
        column.split(" / ")[1].replace("ohm", "ohm*cm^2") if by_area else column.split(" / ")[1],
        label,
        cycles,
        len(pairs) or len({*first, *last}),
        before,
        after,
        difference,
        ratio,
        "; ".join(dict.fromkeys(said)) or None,
        {cell.name: (b[cell][0] if cell in b else None, a[cell][0] if cell in a else None) for cell in {**b, **a}},
    )


def _state(cells: Sequence[tuple[_Cell, tuple[int, int]]], state: int) -> str | None:
    """Name a state by what its spectra were taken at; empty where there is one only, None where they are not of one state."""
    at = [cell.states[cycle, state] for cell, ends in cells for cycle in ends if (cycle, state) in cell.states]
    several = any(number for cell, _ in cells for _, number in cell.states)
    for column, unit, most in ((STATE, "%", 2.0), (VOLTAGE, "V", _ONE_STATE)):
        known = [one[column] for one in at if column in one]
        if known and len(known) == len(at):
            if max(known) - min(known) > most:
                return None
            return f"{sum(known) / len(known):.3g} {unit}" if several or column == STATE else ""
    return f"state {state + 1}" if several else ""


_Known = tuple[float, float | None]


def _scaled(cell: _Cell, column: str, cycle: int, state: int, by_area: bool) -> _Known:
    value, error = cell.values[column, cycle, state]
    if not by_area or cell.area is None:
        return value, error
    area, doubt = cell.area
    made = value * area
    return made, None if error is None else math.hypot(error * area, made * (doubt or 0.0) / area)


def _less(cell: _Cell, after: _Known, before: _Known, by_area: bool) -> _Known:
    """Return a cell's difference; the doubt of its area is that of both, and is counted once."""
    made = after[0] - before[0]
    if after[1] is None or before[1] is None:
        return made, None
    relative = (cell.area[1] or 0.0) / cell.area[0] if by_area and cell.area is not None else 0.0
    own = [error**2 - (value * relative) ** 2 for value, error in (after, before) if error is not None]
    return made, math.sqrt(max(0.0, sum(own)) + (made * relative) ** 2)


def _log_ratio(cell: _Cell, column: str, cycles: tuple[int, int], state: int) -> _Known:
    (before, doubt_before), (after, doubt_after) = (cell.values[column, cycle, state] for cycle in cycles)
    made = math.log(after / before)
    if doubt_after is None or doubt_before is None:
        return made, None
    return made, math.hypot(doubt_after / after, doubt_before / before)


def _mean(values: Mapping[_Cell, _Known], *, log: bool = False) -> Estimate | None:
    """Average cells: with the errors of their fits, or by their scatter where that gives the wider interval."""
    if not values:
        return None
    nested: dict[str, list[float]] = {}
    for cell, (value, _) in values.items():
        nested.setdefault(cell.electrode, []).append(value)
    scatter = group_mean(nested, level=_LEVEL)
    errors = [error for _, error in values.values()]
    fits = math.sqrt(math.fsum(error**2 for error in errors if error is not None)) / len(errors)
    made = _estimate(scatter.mean, fits, math.inf, "fits", log=log) if None not in errors else None
    if scatter.error is not None and scatter.interval is not None:
        wide = _estimate(scatter.mean, scatter.error, scatter.degrees_of_freedom, "cells", log=log)
        if made is None or wide.high - wide.low > made.high - made.low:
            return wide
    return made


def _estimate(
    value: float, error: float, freedom: float, rests_on: Literal["fits", "cells"], *, log: bool = False
) -> Estimate:
    from scipy.special import ndtri, stdtrit

    tail = 0.5 + _LEVEL / 2
    reach = error * float(ndtri(tail) if math.isinf(freedom) else stdtrit(freedom, tail))
    ends = (value, value - reach, value + reach)
    middle, low, high = (math.exp(end) for end in ends) if log else ends
    return Estimate(middle, low, high, error, freedom, rests_on)


def _apart(first: Estimate, second: Estimate, *, log: bool = False) -> Estimate:
    """Return the first less the second, their errors independent; of ratios in their logarithms."""
    values = [math.log(one.value) if log else one.value for one in (first, second)]
    error = math.hypot(first.error, second.error)
    # Welch and Satterthwaite; an error of a fit counts as one of endless degrees of freedom.
    squared = sum(one.error**4 / one.freedom for one in (first, second))
    freedom = error**4 / squared if squared else math.inf
    rests: Literal["fits", "cells"] = "cells" if "cells" in (first.rests_on, second.rests_on) else "fits"
    return _estimate(values[0] - values[1], error, freedom, rests, log=log)


def _ratio(after: Estimate, before: Estimate) -> Estimate:
    logs = [
        Estimate(one.value, one.low, one.high, one.error / one.value, one.freedom, one.rests_on)
        for one in (after, before)
    ]
    return _apart(*logs, log=True)


def _against(changes: Sequence[Change]) -> Iterator[Between]:
    for first, second in combinations(changes, 2):
        if first.cycles != second.cycles:
            continue
        after = None if first.after is None or second.after is None else _apart(first.after, second.after)
        ratio = None if first.ratio is None or second.ratio is None else _apart(first.ratio, second.ratio, log=True)
        if after is not None or ratio is not None:
            yield Between(
                first.group,
                second.group,
                first.origin,
                first.name,
                first.unit,
                first.state,
                first.cycles[1],
                after,
                ratio,
            )
