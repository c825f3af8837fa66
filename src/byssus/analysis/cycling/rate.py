"""Rate capability: plateaus of a rate test, and recovery after it.

A *plateau* is a run of cycles at one current.  The half cycle that *counts* is the one whose
current is varied: the second where both are, the first where the second stays as it is.
*Recovery* is the capacity at a current over that at the same current before a higher one; it may
exceed 100 %.  Below 100 % it is fade as much as rate, and one test cannot tell them apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.columns import CURRENT, CYCLE, HELD_SHARE, RATE, WHOLE, capacity_column, half_column, u
from byssus.analysis.cycling.rate_laws import (
    TOLERANCE,
    Points,
    RateFit,
    distinct,
    law_methods,
    law_results,
    same_current,
)
from byssus.analysis.result import Result
from byssus.conventions import CAPACITY_UNIT, CapacityBasis
from byssus.errors import AnalysisError
from byssus.physics.capacity import relative_uncertainty_of_ratio, retention

Array = NDArray[np.float64]
Leg = Literal["outward", "return", "all"]
Weights = Literal["share", "scatter"]

#: A test with fewer currents is no rate test: two can be formation and cycling.
FEWEST_CURRENTS = 3

#: A half that moves more than this share of its charge at a held voltage, in %, has no rate of its own.
MOSTLY_HELD = 50.0


@dataclass(frozen=True)
class Plateau:
    """A run of cycles at one current."""

    number: int
    #: All its cycles, and those that are averaged.
    cycles: tuple[int, ...]
    averaged: tuple[int, ...]
    #: Of the first and of the second half, in mA.
    currents: tuple[float | None, float | None]
    #: Of the half that counts, in mA, in A per g of active material, and in 1/h.
    current: float
    specific_current: float | None
    c_rate: float | None
    #: Mean over the averaged cycles, in the test's unit, and its standard uncertainty from rounding, mass and area.
    capacity: float | None
    uncertainty: float | None
    #: The part of the uncertainty that all plateaus share (mass, area), as a share of the capacity.
    common: float | None
    #: The same mean in mAh.
    cell_capacity: float | None
    #: Between the averaged cycles; None for one.
    deviation: float | None
    #: The mean's relative standard uncertainty without the common part; None where nothing is known of the scatter.
    scatter: float | None
    #: Share of the charge at constant voltage, in %, where known.
    held: float | None
    #: Why there is no capacity.
    reason: str | None = None


@dataclass(frozen=True)
class Recovery:
    """Capacity back at a current, over that at the same current before a higher one."""

    #: Numbers of the two plateaus.
    plateau: int
    before: int
    #: In %.
    value: float
    uncertainty: float | None
    #: Cycles that lie between, and the highest current among them, in mA.
    cycles_between: int
    highest: float
    reason: str | None = None


@dataclass(frozen=True)
class RateTest:
    """The plateaus of a test, and what kind of rate test it is, if it is one."""

    plateaus: tuple[Plateau, ...]
    words: tuple[str, str]
    #: The half that counts: 0 first, 1 second.
    half: int
    #: Which halves' current was varied.
    varied: Literal["both alike", "both", "first", "second", "none"]
    #: Why this is no rate test; None if it is one.
    reason: str | None
    basis: CapacityBasis
    rate_basis: str | None
    tolerance: float
    settle: int
    #: Number of the plateau that shares are counted from; None where none has a capacity.
    reference: int | None

    @property
    def word(self) -> str:
        """What the half that counts is called."""
        return self.words[self.half]

    @property
    def unit(self) -> str:
        """The unit of the capacities."""
        return CAPACITY_UNIT[self.basis]

    @property
    def kind(self) -> str:
        """Say in words which currents were varied."""
        first, second = self.words
        return {
            "both alike": f"symmetric: {first} and {second} at the same current",
            "both": f"asymmetric: {first} and {second} both varied, at different currents",
            "first": f"asymmetric: {first} varied, {second} fixed",
            "second": f"asymmetric: {second} varied, {first} fixed",
            "none": f"{first} and {second} at few currents",
        }[self.varied]

    def __getitem__(self, number: int) -> Plateau:
        return self.plateaus[number - 1]

    def leg(self, leg: Leg = "outward") -> tuple[Plateau, ...]:
        """Return the plateaus of a leg that have a capacity.

        ``outward`` is the longest run of plateaus each faster than the one before, the first
        of such; ``return`` is what follows it; ``all`` is every plateau.
        """
        known = [plateau for plateau in self.plateaus if plateau.capacity is not None and plateau.capacity > 0]
        if leg == "all":
            return tuple(known)
        best: list[Plateau] = []
        run: list[Plateau] = []
        for plateau in known:
            faster = bool(run) and plateau.current > run[-1].current * (1 + self.tolerance)
            run = [*run, plateau] if faster else [plateau]
            best = run if len(run) > len(best) else best
        if leg == "outward":
            return tuple(best)
        return tuple(plateau for plateau in known if best and plateau.number > best[-1].number)

    def share(self, plateau: Plateau) -> tuple[float | None, float | None]:
        """Return a plateau's capacity over the reference's in %, with its uncertainty; mass and area cancel."""
        if self.reference is None:
            return None, None
        return _ratio(plateau, self[self.reference])

    def points(self, leg: Leg = "outward", weights: Weights = "share") -> Points:
        """Return currents and capacities of a leg, to be fitted.

        Parameters
        ----------
        leg
            ``outward`` only, unless stated: on the way back fade has been at work for longer, and
            an average of both ways would hide it.
        weights
            ``share`` trusts every capacity to the same share of it.  ``scatter`` trusts each by
            the deviation between its cycles, which few cycles know badly: with four a current, 95 %
            intervals covered 90 to 94 % of 250 synthetic tests.

        Raises
        ------
        AnalysisError
            If ``scatter`` is asked for and a plateau has none.
        """
        used = self.leg(leg)
        errors = None
        if weights == "scatter":
            for plateau in used:
                if not plateau.scatter:
                    raise AnalysisError(
                        f"has no scatter, with {len(plateau.averaged)} averaged cycles",
                        field=f"plateau {plateau.number}",
                        value=plateau.deviation,
                        fix="weigh by share",
                    )
            errors = np.array([(plateau.scatter or 0.0) * (plateau.capacity or 0.0) for plateau in used])
        capacity = np.array([plateau.capacity for plateau in used], dtype=float)
        cell = np.array([plateau.cell_capacity for plateau in used], dtype=float)
        scatters = [(plateau.scatter, len(plateau.averaged) - 1) for plateau in used if plateau.scatter]
        freedom = sum(room for _, room in scatters) if len(scatters) == len(used) else 0
        commons = [plateau.common for plateau in used]
        return Points(
            # A unit of capacity per hour is the unit of current that goes with it.
            current=np.array([plateau.current for plateau in used]) * capacity / cell,
            capacity=capacity,
            unit=self.unit,
            error=errors,
            scatter=math.sqrt(sum(room * share**2 for share, room in scatters) / freedom) if freedom else None,
            freedom=freedom,
            common=None if None in commons else max((common or 0.0 for common in commons), default=0.0),
            held=max((plateau.held or 0.0 for plateau in used), default=0.0),
            of=f"{'all' if leg == 'all' else leg} plateaus, {_list([plateau.number for plateau in used])}",
        )


def plateaus(
    cycles: pl.DataFrame,
    words: tuple[str, str],
    *,
    basis: CapacityBasis = CapacityBasis.CELL,
    rate_basis: str | None = None,
    half: int | None = None,
    tolerance: float = TOLERANCE,
    settle: int = 1,
    reference: int | None = None,
) -> RateTest:
    """Find the plateaus of a test.

    Parameters
    ----------
    cycles
        A row a cycle, as `byssus.analysis.cycling.cycles.Cycling.cycles` has them.
    words
        What the first and the second half of a cycle are called.
    basis
        Of the capacities.
    rate_basis
        The capacity behind the C-rates, in words.
    half
        The half that counts, 0 or 1; None finds the one that is varied.
    tolerance
        Within which currents count as one.
    settle
        Cycles that are left out of a mean after a change of current (and at the start), where at
        least two others remain: the state that a cycle starts from is of the rate before it.
    reference
        Number of the plateau that shares are counted from; None takes the first of the outward leg.

    Raises
    ------
    AnalysisError
        If a column is missing or no cycle has a current.
    """
    needed = [
        CYCLE,
        WHOLE,
        *(half_column(word, CURRENT) for word in words),
        *(capacity_column(w, basis) for w in words),
    ]
    if absent := [name for name in needed if name not in cycles.columns]:
        raise AnalysisError(
            "is not among the columns", field=absent[0], fix=f"choose a basis that the cells have, not {basis}"
        )
    rows = cycles.sort(CYCLE).rows(named=True)

    def current_of(row: Mapping[str, Any], side: int) -> float | None:
        # What is mostly moved at a held voltage says nothing of the current before it.
        mostly_held = (row.get(half_column(words[side], HELD_SHARE)) or 0.0) > MOSTLY_HELD
        return None if mostly_held else _positive(row[half_column(words[side], CURRENT)])

    pairs = [(current_of(row, 0), current_of(row, 1)) for row in rows]
    counts = [distinct([pair[side] for pair in pairs if pair[side] is not None], tolerance) for side in (0, 1)]
    if half is None:
        half = 0 if counts[1] < FEWEST_CURRENTS <= counts[0] else 1
    runs, changes = _runs(pairs, half, tolerance)
    if not runs:
        raise AnalysisError(
            "no cycle has a current", field=half_column(words[half], CURRENT), fix="give a cycling table"
        )
    found = tuple(
        _plateau(
            number, [rows[at] for at in run], [rows[at] for at in run if at not in changes], words, half, basis, settle
        )
        for number, run in enumerate(runs, start=1)
    )
    enough = [count >= FEWEST_CURRENTS for count in counts]
    alike = all(
        same_current(*pairs[at], tolerance) for run in runs for at in run if rows[at][WHOLE] and at not in changes
    )
    varied: dict[tuple[bool, bool], Literal["both", "first", "second", "none"]] = {
        (True, True): "both", (True, False): "first", (False, True): "second", (False, False): "none"
    }  # fmt: skip
    kind = varied[enough[0], enough[1]]
    reason = None
    if not enough[half]:
        reason = (
            f"{counts[half]} different {'current' if counts[half] == 1 else 'currents'} of {words[half]}: a rate test has "
            f"at least {FEWEST_CURRENTS}"
        )
    test = RateTest(
        plateaus=found,
        words=words,
        half=half,
        varied="both alike" if kind == "both" and alike else kind,
        reason=reason,
        basis=basis,
        rate_basis=rate_basis,
        tolerance=tolerance,
        settle=settle,
        reference=reference,
    )
    if reference is None:
        out = test.leg("outward")
        return replace(test, reference=out[0].number if out else None)
    if not 1 <= reference <= len(found) or found[reference - 1].capacity is None:
        raise AnalysisError(
            "is no plateau with a capacity", field="reference", value=reference, fix=f"give 1 to {len(found)}"
        )
    return test


def recoveries(test: RateTest) -> list[Recovery]:
    """Compare each plateau with the earliest at its currents, where a higher current lies between.

    Both halves' currents must agree: a capacity after a fast charge is no measure of one after
    a slow charge.
    """
    found = []
    for at, later in enumerate(test.plateaus):
        for start, earlier in enumerate(test.plateaus[:at]):
            if not _alike(earlier.currents, later.currents, test.tolerance):
                continue
            between = test.plateaus[start + 1 : at]
            highest = max((plateau.current for plateau in between), default=0.0)
            value, uncertainty = _ratio(later, earlier)
            if value is not None and highest > later.current * (1 + test.tolerance):
                lone = next((plateau for plateau in (earlier, later) if plateau.scatter is None), None)
                missing = None if lone is None else f"nothing is known of the scatter of rate plateau {lone.number}"
                cycles = sum(len(plateau.cycles) for plateau in between)
                found.append(Recovery(later.number, earlier.number, value, uncertainty, cycles, highest, missing))
            break
    return found


def results(
    test: RateTest,
    fits: Sequence[RateFit] = (),
    *,
    sample: str | None = None,
    group: str | None = None,
    origin: str = "measured",
) -> list[Result]:
    """Return the numbers of a rate test, a row each: plateaus, recoveries, and the parameters of the fits."""
    of: dict[str, Any] = {"sample": sample, "group": group, "origin": origin}
    unit = test.unit.replace("²", "^2")
    found: list[Result] = []

    def add(name: str, value: float | None, unit: str, uncertainty: float | None = None, **more: Any) -> None:
        found.append(Result(name, value, unit, uncertainty, **more, **of))

    for plateau in test.plateaus:
        where, cycle = f"of rate plateau {plateau.number}", plateau.cycles[0]
        add(f"current {where}", plateau.current, "mA", method=f"at constant current, {test.word}", cycle=cycle)
        if plateau.specific_current is not None:
            add(
                f"specific current {where}",
                plateau.specific_current,
                "A/g",
                basis=str(CapacityBasis.ACTIVE_MATERIAL),
                cycle=cycle,
            )
        if plateau.c_rate is not None:
            add(f"C-rate {where}", plateau.c_rate, "1/h", basis=test.rate_basis, cycle=cycle)
        add(
            f"{test.word} capacity {where}",
            plateau.capacity,
            unit,
            plateau.uncertainty,
            basis=str(test.basis),
            method=_averaging(plateau),
            cycle=cycle,
            reason=plateau.reason,
        )
        if plateau.deviation is not None:
            method = (
                f"standard deviation between cycles {_list(plateau.averaged)} of one cell, which are not independent"
            )
            add(
                f"deviation between cycles {where}",
                plateau.deviation,
                unit,
                basis=str(test.basis),
                method=method,
                cycle=cycle,
            )
        share, error = test.share(plateau)
        if share is not None and plateau.number != test.reference:
            name, basis = f"share of {test.word} capacity {where}", f"rate plateau {test.reference}"
            add(name, share, "%", error, basis=basis, method="mean over mean; mass and area cancel", cycle=cycle)
    for recovery in recoveries(test):
        before = test[recovery.before]
        add(
            f"recovery of {test.word} capacity, rate plateau {recovery.plateau}",
            recovery.value,
            "%",
            recovery.uncertainty,
            basis=f"rate plateau {recovery.before}, cycles {_list(before.averaged)}",
            method=f"after {recovery.cycles_between} cycles at other currents, up to {recovery.highest:.4g} mA; fade included",
            cycle=test[recovery.plateau].cycles[0],
            reason=recovery.reason,
        )
    for law in fits:
        found += law_results(law, of)
    return found


def methods(test: RateTest, fits: Sequence[RateFit] = ()) -> list[tuple[str, str]]:
    """Return the definitions behind the numbers of a rate test, as terms with their sentences."""
    left = (
        f"The first {'cycle' if test.settle == 1 else f'{test.settle} cycles'} of a plateau {'is' if test.settle == 1 else 'are'} "
        "left out of its mean where at least two others remain, for the state it starts from is that of the rate before. "
        if test.settle
        else "All whole cycles of a plateau are averaged. "
    )
    said = [
        (
            "Rate plateaus",
            f"A plateau is a run of cycles whose currents agree within {100 * test.tolerance:g} %. {left}The capacity is that of "
            f"the {test.word}; the test is {test.kind}. ± is from rounding, mass and area; the deviation between cycles "
            "stands beside it. Cycles of one cell are not independent, so it is no measure of how cells differ."
            + (
                f" Where both halves run at one current, the {test.word} can give no more than the {test.words[1 - test.half]} "
                "brought in, so the slower of the two sets the capacity."
                if test.varied == "both alike"
                else ""
            ),
        ),
        (
            "Rate recovery",
            "Capacity back at a current over that of the earliest plateau at the same currents, a higher current between. It may "
            "exceed 100 %. Below 100 % it holds the fade of the cycles between, which one test cannot tell from the effect of the rate.",
        ),
    ]
    return [*said, *law_methods(fits)]


def _positive(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value > 0 else None


def _alike(first: tuple[float | None, ...], second: tuple[float | None, ...], tolerance: float) -> bool:
    return all(same_current(a, b, tolerance) for a, b in zip(first, second, strict=True))


def _runs(
    pairs: Sequence[tuple[float | None, float | None]], half: int, tolerance: float
) -> tuple[list[list[int]], set[int]]:
    """Group the places of cycles by currents, and name those whose halves belong to two plateaus.

    A protocol that changes the current between the halves of a cycle as counted here gives a
    cycle with the old current in one half and the new one in the other.  It joins the plateau
    that its counting half belongs to.
    """
    runs: list[list[int]] = []
    for at, pair in enumerate(pairs):
        if pair[half] is None:
            continue
        if runs and _alike(pairs[runs[-1][0]], pair, tolerance):
            runs[-1].append(at)
        else:
            runs.append([at])
    joined: list[list[int]] = []
    changes: set[int] = set()
    ahead: list[int] = []
    for place, run in enumerate(runs):
        if len(run) == 1 and 0 < place < len(runs) - 1:
            before, here, after = (pairs[runs[near][0]] for near in (place - 1, place, place + 1))
            old, new = same_current(here[0], before[0], tolerance), same_current(here[1], after[1], tolerance)
            if old and new and not _alike(before, after, tolerance):
                changes.add(run[0])
                if half == 1:
                    ahead += run
                else:
                    joined[-1] += run
                continue
        joined.append([*ahead, *run])
        ahead = []
    return joined, changes


def _plateau(
    number: int,
    members: Sequence[Mapping[str, Any]],
    settled: Sequence[Mapping[str, Any]],
    words: tuple[str, str],
    half: int,
    basis: CapacityBasis,
    settle: int,
) -> Plateau:
    """Average a plateau; `settled` are its cycles both of whose halves belong to it."""
    word = words[half]
    name, cell = capacity_column(word, basis), capacity_column(word, CapacityBasis.CELL)
    mass = capacity_column(word, CapacityBasis.ACTIVE_MATERIAL)
    whole = [row for row in members if row[WHOLE] and row[name] is not None]
    late = [row for row in members[settle:] if row in whole and row in settled]
    used = late if len(late) >= 2 else [row for row in whole if row in settled] or whole
    values = np.array([row[name] for row in used], dtype=float)
    charges = np.array([row[cell] for row in used], dtype=float)
    capacity = float(values.mean()) if used else None
    rounding, common = _uncertainties(used, name, cell)
    deviation = float(values.std(ddof=1)) if len(used) > 1 else None
    scatter = None
    if capacity and deviation is not None:
        # Counters with few digits give equal values; their rounding is then what is left of the scatter.
        scatter = max(deviation / math.sqrt(len(used)) / capacity, rounding or 0.0) or None
    uncertainty = None
    if capacity is not None and common is not None and (rounding is not None or common > 0):
        uncertainty = capacity * relative_uncertainty_of_ratio(rounding or 0.0, common)
    rows = used or members
    current = _mean(rows, half_column(word, CURRENT)) or math.nan
    per_gram = _mean(rows, mass)
    held = [row[half_column(word, HELD_SHARE)] for row in used if row.get(half_column(word, HELD_SHARE)) is not None]
    return Plateau(
        number=number,
        cycles=tuple(row[CYCLE] for row in members),
        averaged=tuple(row[CYCLE] for row in used),
        currents=(_mean(rows, half_column(words[0], CURRENT)), _mean(rows, half_column(words[1], CURRENT))),
        current=current,
        specific_current=current * per_gram / float(charges.mean()) / 1000 if per_gram and used else None,
        c_rate=_mean(rows, half_column(word, RATE)),
        capacity=capacity,
        uncertainty=uncertainty,
        common=common,
        cell_capacity=float(charges.mean()) if used else None,
        deviation=deviation,
        scatter=scatter,
        held=max(held) if held else None,
        reason=None if used else f"no cycle of {_list([row[CYCLE] for row in members])} was measured to its end",
    )


def _uncertainties(rows: Sequence[Mapping[str, Any]], name: str, cell: str) -> tuple[float | None, float | None]:
    """Return the relative uncertainty of a mean from rounding, and what all its cycles share; None is not known."""
    rounded = [row.get(u(cell)) for row in rows]
    stated = [row.get(u(name)) for row in rows]
    rounding = None
    if rows and None not in rounded:
        rounding = math.sqrt(sum(float(value or 0.0) ** 2 for value in rounded)) / sum(row[cell] for row in rows)
    if name == cell:
        return rounding, 0.0
    if not rows or None in stated:
        return rounding, None
    # Of what is stated per mass or area, rounding is the part that the cell's own capacity has too.
    shares = [
        (float(whole or 0.0) / row[name]) ** 2 - (float(part or 0.0) / row[cell]) ** 2
        for row, whole, part in zip(rows, stated, rounded, strict=True)
    ]
    return rounding, math.sqrt(max(0.0, sum(shares) / len(shares)))


def _mean(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    values = [float(row[name]) for row in rows if row.get(name) is not None]
    return sum(values) / len(values) if values else None


def _ratio(plateau: Plateau, base: Plateau) -> tuple[float | None, float | None]:
    """Return one capacity over another in %, with the uncertainty from the scatter of both."""
    if plateau.capacity is None or not base.capacity:
        return None, None
    value = 100.0 * retention(plateau.capacity, base.capacity)
    if plateau.number == base.number:
        return value, 0.0
    if plateau.scatter is None or base.scatter is None:
        return value, None
    return value, value * relative_uncertainty_of_ratio(plateau.scatter, base.scatter)


def _averaging(plateau: Plateau) -> str:
    left = [cycle for cycle in plateau.cycles if cycle not in plateau.averaged]
    return f"mean of cycles {_list(plateau.averaged)}" + (f"; left out {_list(left)}" if left else "")


def _list(numbers: Sequence[int]) -> str:
    """Write whole numbers shortly.

    >>> _list([2, 3, 4, 7])
    '2-4, 7'
    """
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
