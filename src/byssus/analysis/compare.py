"""Which binder did what: the means of its cells, and how sure they are.

Cells of one electrode share its coating, so the electrodes are the witnesses for a binder,
not the cells (`byssus.fitting.group_mean`).  Cells are compared within their kind (half
cells made empty, half cells made full, full cells, and of these the cells of one test where
the study says which), on the best basis that all of a kind share, and in the same cycle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from byssus.analysis.cycling.columns import CYCLE, RETENTION, u
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.result import Result
from byssus.conventions import CAPACITY_UNIT, CapacityBasis
from byssus.errors import FitError
from byssus.fitting import GroupMean, compare, group_mean

#: A cell that ends before this share of the longest test does not decide in which cycle the binders are compared.
ENDED_EARLY = 0.5

#: Values closer than this share of them differ by the rounding of floating point alone.
_LAST_DIGIT = 1e-12

#: The reservation where a spread is missing although there are several cells.
COPIES = "the cells agree to the last digit, so nothing is known of any spread; are they copies of one test?"

_BEST_FIRST = (CapacityBasis.ACTIVE_MATERIAL, CapacityBasis.COATING, CapacityBasis.AREA, CapacityBasis.CELL)
_KINDS = {
    "lithiation": "half cells, electrode made empty",
    "delithiation": "half cells, electrode made full",
    "charge": "full cells",
}


#: The definition behind the means, as a term with its sentences.
METHOD = (
    "Means and intervals of binders",
    "A binder's mean weighs its electrodes (coatings), each with the mean of its cells; the 95 % interval is Student's t "
    "with one degree of freedom less than there are electrodes, by Hartung and Knapp (doi:10.1002/sim.791). Where all "
    "cells are of one electrode it is that of the cells, and holds nothing of the spread between coatings but what the "
    "study states of their common mass and area, which does not average out over cells. Late "
    "capacity and retention are of the last cycle that all cells of a kind reached, but for cells that ended before "
    "half of the longest test; those are named.",
)


#: The definition behind the differences, as a term with its sentences.
DIFFERENCE_METHOD = (
    "Differences between binders",
    "Mean of a binder less that of its control, with the interval of Welch's t test on the errors of both means (electrodes "
    "as the independent witnesses). An interval that holds zero says that these cells do not show a difference, not that "
    "there is none. The intervals are not corrected for the number of comparisons.",
)


class Kind(NamedTuple):
    """What cells have in common that can be compared."""

    #: First and second half of a cycle, by which half cells made empty or full and full cells differ.
    words: tuple[str, str]
    #: None where the study names no test.
    test: str | None = None


@dataclass(frozen=True)
class BinderMean:
    """A headline quantity of a binder, over its cells of one kind."""

    group: str
    #: First and second half of a cycle, by which kinds of cell differ.
    words: tuple[str, str]
    name: str
    unit: str
    #: None if no cell has it; `absent` then says why.
    mean: float | None
    basis: str | None = None
    cycle: int | None = None
    cells: int = 0
    electrodes: int = 0
    #: Between cells; None for one cell.
    deviation: float | None = None
    #: Of the mean, at `level`; None where nothing is known of the spread.
    interval: tuple[float, float] | None = None
    level: float = 0.95
    #: Which test its cells were cycled in, where the study says.
    test: str | None = None
    #: Standard uncertainty from what the inputs state, of the value of a lone cell.
    uncertainty: float | None = None
    #: What the interval cannot hold, or why there is none.
    reservation: str | None = None
    #: Cells without the quantity, each with its reason.
    absent: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of its cells."""
        return Kind(self.words, self.test)


@dataclass(frozen=True)
class BinderDifference:
    """A headline quantity of a binder, less that of its control."""

    group: str
    control: str
    words: tuple[str, str]
    name: str
    unit: str
    #: None where there is none; `reason` then says why.
    difference: float | None
    basis: str | None = None
    cycle: int | None = None
    #: Of the difference, at `level`.
    interval: tuple[float, float] | None = None
    level: float = 0.95
    #: Two-sided probability of a difference as large, were there none.
    probability: float | None = None
    reason: str | None = None
    #: Which test its cells were cycled in, where the study says.
    test: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of its cells."""
        return Kind(self.words, self.test)

    @property
    def shown(self) -> bool | None:
        """Whether the cells show a difference: the interval does not hold zero; None without an interval."""
        return None if self.interval is None else not self.interval[0] <= 0 <= self.interval[1]


def kind_of(result: Cycling) -> Kind:
    """Return the kind of a cell."""
    return Kind(result.words, result.test)


def kinds(results: Sequence[Cycling]) -> dict[Kind, list[Cycling]]:
    """Return the cells by kind: those of one test whose cycles have the same two halves in the same order."""
    found: dict[Kind, list[Cycling]] = {}
    for result in results:
        found.setdefault(kind_of(result), []).append(result)
    return found


def kind_in_words(kind: Kind) -> str:
    """Say what kind of cell it is, and of which test.

    Examples
    --------
    >>> kind_in_words(Kind(("lithiation", "delithiation")))
    'half cells, electrode made empty'
    >>> kind_in_words(Kind(("charge", "discharge"), "rate"))
    'full cells: rate'
    """
    return _KINDS[kind.words[0]] + ("" if kind.test is None else f": {kind.test}")


def by_group(results: Sequence[Cycling]) -> dict[str, list[Cycling]]:
    """Return the cells by binder, in the order of the study."""
    found: dict[str, list[Cycling]] = {}
    for result in results:
        found.setdefault(result.group, []).append(result)
    return found


def common_basis(results: Sequence[Cycling]) -> CapacityBasis:
    """Return the best basis of capacity that all cells have."""
    shared = set(results[0].bases).intersection(*(set(result.bases) for result in results))
    return next(basis for basis in _BEST_FIRST if basis in shared)


def common_cycle(results: Sequence[Cycling]) -> int:
    """Return the last cycle that all cells measured to its end; 0 if there is none.

    Cells that ended before half of the longest test are not waited for: they would make
    every comparison one of early cycles.  They are then named as having ended.
    """
    longest = max(result.last for result in results)
    return min(result.last for result in results if result.last >= ENDED_EARLY * longest)


def headline_names(words: tuple[str, str]) -> list[str]:
    """Return the names of a cell's headline results, in their order.

    Examples
    --------
    >>> headline_names(("charge", "discharge"))[-2:]
    ['last discharge capacity', 'retention of discharge capacity']
    """
    second = words[1]
    return [
        f"first-cycle {second} capacity",
        "first-cycle coulombic efficiency",
        "mean coulombic efficiency after the first cycle",
        f"last {second} capacity",
        f"retention of {second} capacity",
    ]


def headlines(summary: Sequence[Result], words: tuple[str, str], basis: CapacityBasis) -> list[Result]:
    """Choose a cell's headline results: one basis of capacity, both efficiencies, retention."""
    shown = [result for result in summary if result.unit == "%" or result.basis == str(basis)]
    return [result for name in headline_names(words) for result in shown if result.name == name]


def compare_binders(
    results: Sequence[Cycling],
    summaries: Mapping[str, Sequence[Result]],
    electrodes: Mapping[str, str] | None = None,
    *,
    copies: Collection[str] = (),
    level: float = 0.95,
) -> list[BinderMean]:
    """Average each binder's cells, for every headline quantity.

    Parameters
    ----------
    results
        The cells, in the order of the study.
    summaries
        Each cell's results, by its sample (`byssus.analysis.cycling.cycles.summarise`).
    electrodes
        The electrode (coating) of each sample; a sample that is not in it counts as an
        electrode of its own.
    copies
        Samples that hold the same data as another one of their binder, and count for nothing.
    level
        Of the intervals.

    Returns
    -------
    list of BinderMean
        By kind of cell, then by binder, then by quantity.  Late capacity and retention are
        of one cycle for all cells of a kind (`common_cycle`), whatever each cell's last.
    """
    means = []
    for kind, members in kinds(results).items():
        basis, cycle = common_basis(members), common_cycle(members)
        for group, cells in by_group([member for member in members if member.sample not in copies]).items():
            for quantity in _quantities(kind.words, basis, cycle, cells[0].baseline):
                means.append(_mean(group, kind, quantity, cells, summaries, electrodes or {}, level))
    return means


def compare_with_control(
    results: Sequence[Cycling],
    summaries: Mapping[str, Sequence[Result]],
    pairs: Sequence[tuple[str, str]],
    electrodes: Mapping[str, str] | None = None,
    *,
    copies: Collection[str] = (),
    level: float = 0.95,
) -> list[BinderDifference]:
    """Subtract each control's means from its binder's, for every headline quantity.

    Parameters
    ----------
    pairs
        Binder and control.  A pair is compared in every kind of cell that has both.
    results, summaries, electrodes, copies, level
        As for `compare_binders`.
    """
    found = []
    for kind, members in kinds(results).items():
        basis, cycle = common_basis(members), common_cycle(members)
        groups = by_group([member for member in members if member.sample not in copies])
        for group, control in pairs:
            if group not in groups or control not in groups:
                continue
            for quantity in _quantities(kind.words, basis, cycle, groups[group][0].baseline):
                sides = [_values(groups[name], quantity, summaries, electrodes or {}) for name in (group, control)]
                found.append(_difference(group, control, kind, quantity, sides, level))
    return found


def _difference(
    group: str, control: str, kind: Kind, quantity: _Quantity, sides: Sequence[_Values], level: float
) -> BinderDifference:
    def of(difference: float | None, **more: Any) -> BinderDifference:
        return BinderDifference(
            group, control, kind.words, quantity.name, quantity.unit, difference, quantity.basis, quantity.cycle,
            level=level, test=kind.test, **more,
        )  # fmt: skip

    first, second = sides
    for name, side in ((group, first), (control, second)):
        if not side.nested:
            return of(None, reason=f"{name} has no value")
    means = [math.fsum(side.values) / len(side.values) for side in sides]
    try:
        made = compare(first.nested, second.nested, level=level, shared=(first.shared, second.shared))
    except FitError as error:
        name = {"first": group, "second": control}.get(error.field or "", "")
        return of(means[0] - means[1], reason=f"{name} {error.message}".strip())
    return of(made.difference, interval=made.interval, probability=made.probability, reason=made.reservation)


def over_cycles(
    results: Sequence[Cycling], column: str, electrodes: Mapping[str, str] | None = None, *, level: float = 0.95
) -> pl.DataFrame:
    """Average a column over cells, cycle by cycle.

    Returns
    -------
    polars.DataFrame
        ``Cycle / 1``, ``mean``, ``low`` and ``high`` (the interval of the mean, null for one
        cell) and ``cells``, the number behind each mean.
    """
    found: dict[int, dict[str, list[float]]] = {}
    for result in results:
        electrode = (electrodes or {}).get(result.sample, result.sample)
        for cycle, value in result.cycles.select(CYCLE, column).iter_rows():
            if value is not None and math.isfinite(value):
                found.setdefault(cycle, {}).setdefault(electrode, []).append(value)
    rows = []
    for cycle, values in sorted(found.items()):
        made = group_mean(values, level=level, shared=_shared(results, column) * abs(_mean_of(values)))
        low, high = _interval(made) or (None, None)
        rows.append((cycle, made.mean, low, high, made.cells))
    schema = {CYCLE: pl.Int64, "mean": pl.Float64, "low": pl.Float64, "high": pl.Float64, "cells": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def median_cell(results: Sequence[Cycling]) -> Cycling:
    """Return the cell whose retention is the median (of two, the lower); the first if none has any."""
    cycle = common_cycle(results)
    kept = [(value, result) for result in results if (value := result.value(RETENTION, cycle)) is not None]
    return sorted(kept, key=lambda pair: pair[0])[(len(kept) - 1) // 2][1] if kept else results[0]


@dataclass(frozen=True)
class _Quantity:
    name: str
    unit: str
    basis: str | None
    cycle: int | None
    #: From a cell and its results to value, standard uncertainty, and the reason if there is none.
    of: Callable[[Cycling, Sequence[Result]], tuple[float | None, float | None, str | None]]


def _quantities(words: tuple[str, str], basis: CapacityBasis, cycle: int, baseline: int) -> list[_Quantity]:
    second = words[1]
    unit = CAPACITY_UNIT[basis].replace("²", "^2")

    def from_summary(name: str, unit: str, of_basis: str | None, cycle: int | None) -> _Quantity:
        def of(_result: Cycling, summary: Sequence[Result]) -> tuple[float | None, float | None, str | None]:
            for result in summary:
                if result.name == name and of_basis in (None, result.basis):
                    return result.value, result.uncertainty, result.reason
            return None, None, "was not computed"

        return _Quantity(name, unit, of_basis, cycle, of)

    def from_cycles(name: str, unit: str, of_basis: str, column: Callable[[Cycling], str]) -> _Quantity:
        def of(result: Cycling, _summary: Sequence[Result]) -> tuple[float | None, float | None, str | None]:
            value = result.value(column(result), cycle)
            if value is not None:
                return value, result.value(u(column(result)), cycle), None
            if result.last < cycle:
                return None, None, f"ended in cycle {result.last}"
            return None, None, f"cycle {cycle} or its baseline was not measured"

        return _Quantity(name, unit, of_basis, cycle, of)

    found = [
        from_summary(f"first-cycle {second} capacity", unit, str(basis), 1),
        from_summary("first-cycle coulombic efficiency", "%", None, 1),
        from_summary("mean coulombic efficiency after the first cycle", "%", None, None),
    ]
    if cycle > 1:
        found += [
            from_cycles(f"{second} capacity", unit, str(basis), lambda result: result.column(1, basis)),
            from_cycles(f"retention of {second} capacity", "%", f"cycle {baseline}", lambda _result: RETENTION),
        ]
    return found


def _mean(
    group: str,
    kind: Kind,
    quantity: _Quantity,
    cells: Sequence[Cycling],
    summaries: Mapping[str, Sequence[Result]],
    electrodes: Mapping[str, str],
    level: float,
) -> BinderMean:
    found = _values(cells, quantity, summaries, electrodes)
    made = group_mean(found.nested, level=level, shared=found.shared) if found.nested else None
    if made is None:
        return BinderMean(
            group, kind.words, quantity.name, quantity.unit, None, quantity.basis, quantity.cycle, level=level, test=kind.test,
            absent=found.absent,
        )  # fmt: skip
    interval = _interval(made)
    copies = made.interval is not None and interval is None
    return BinderMean(
        group,
        kind.words,
        quantity.name,
        quantity.unit,
        made.mean,
        quantity.basis,
        quantity.cycle,
        cells=made.cells,
        electrodes=made.electrodes,
        deviation=_deviation(found.values),
        interval=interval,
        level=level,
        test=kind.test,
        uncertainty=found.stated if made.cells == 1 else None,
        reservation=COPIES if copies else made.reservation,
        absent=found.absent,
    )


@dataclass(frozen=True)
class _Values:
    """A quantity of a binder's cells, by electrode."""

    nested: Mapping[str, Sequence[float]]
    #: Standard uncertainty that they have in common, in the quantity's unit.
    shared: float
    #: What the last of them states, for where it is the only one.
    stated: float | None
    absent: tuple[tuple[str, str], ...]

    @property
    def values(self) -> list[float]:
        return [value for part in self.nested.values() for value in part]


def _values(
    cells: Sequence[Cycling],
    quantity: _Quantity,
    summaries: Mapping[str, Sequence[Result]],
    electrodes: Mapping[str, str],
) -> _Values:
    nested: dict[str, list[float]] = {}
    absent: list[tuple[str, str]] = []
    stated = None
    for cell in cells:
        value, uncertainty, reason = quantity.of(cell, summaries[cell.sample])
        if value is None or not math.isfinite(value):
            absent.append((cell.sample, reason or "is not a number"))
        else:
            nested.setdefault(electrodes.get(cell.sample, cell.sample), []).append(value)
            stated = uncertainty
    share = max(
        (cell.shared.get(basis, 0.0) for cell in cells for basis in cell.shared if basis == quantity.basis), default=0.0
    )
    return _Values(nested, share * abs(_mean_of(nested)) if nested else 0.0, stated, tuple(absent))


def _shared(results: Sequence[Cycling], column: str) -> float:
    """The relative uncertainty that cells share in a column: that of its basis, if it is a capacity."""
    shares = (
        share
        for result in results
        for basis, share in result.shared.items()
        if column in (result.column(0, basis), result.column(1, basis))
    )
    return max(shares, default=0.0)


def _mean_of(nested: Mapping[str, Sequence[float]]) -> float:
    values = [value for part in nested.values() for value in part]
    return math.fsum(values) / len(values)


def _interval(made: GroupMean) -> tuple[float, float] | None:
    # Cells that agree to the last digit say nothing of their spread; an interval of no width would claim certainty.
    scatter = made.within if made.electrodes == 1 else made.error
    return made.interval if (scatter or 0.0) > _LAST_DIGIT * abs(made.mean) else None


def _deviation(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    centre = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))
