"""Rate capability: plateaus of a rate test, recovery after it, and two laws for the fall of capacity.

A *plateau* is a run of cycles at one current.  The half cycle that *counts* is the one whose
current is varied: the second where both are, the first where the second stays as it is.
*Recovery* is the capacity at a current over that at the same current before a higher one; it may
exceed 100 %.  Below 100 % it is fade as much as rate, and one test cannot tell them apart.

The fits take the current as given and the capacity as what scatters.  Tian's equation speaks of
the actual rate R = I/Q, which holds the measured capacity itself; fitted as Q against R, the
scatter of Q stands on both sides and is hidden where the capacity falls.  So the equation is
solved for Q at the set current first (`byssus.physics.rate.tian_capacity_at_current`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from byssus.analysis.columns import CURRENT, CYCLE, HELD_SHARE, RATE, WHOLE, capacity_column, half_column, u
from byssus.analysis.result import Result
from byssus.conventions import CAPACITY_UNIT, CapacityBasis
from byssus.errors import AnalysisError
from byssus.fitting import Data, Fit, Parameter, fit
from byssus.physics.capacity import relative_uncertainty_of_ratio, retention
from byssus.physics.rate import peukert_capacity, tian_capacity, tian_capacity_at_current, tian_slope

Array = NDArray[np.float64]
Leg = Literal["outward", "return", "all"]
Weights = Literal["share", "scatter"]

#: Currents of one plateau agree within this share: cyclers hold a current to about 0.1 % of their range, which is 5 %
#: of a current of a fiftieth of it; the steps of rate tests are 20 % and more.
TOLERANCE = 0.05
#: A test with fewer currents is no rate test: two can be formation and cycling.
FEWEST_CURRENTS = 3
#: Differences of Akaike's criterion: below the first both models have support, beyond the second one has essentially
#: none.  Burnham and Anderson, Model Selection (2002), p. 70.  On 200 synthetic tests of six currents with 2 % scatter
#: either way, the first was passed by the wrong model in 10 to 14 %, the second in 1 %.
SUPPORTED, UNSUPPORTED = 4.0, 10.0
#: The bounds of Tian's exponent, a factor beyond 1/2 (diffusion) and 1 (resistance), between which it can be read.
EXPONENTS = (0.1, 2.0)
#: The misfit is no scatter where chance would give it in fewer than this share of tests.
LACK_OF_FIT = 0.01
#: Tian's equation is read where a constant capacity would leave as much misfit in fewer than this share of tests.
NO_FALL = 0.01
#: A capacity holds a constant-voltage part worth a word from this share on, in %: less is below the digits of a table.
HELD = 0.1


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


@dataclass(frozen=True, eq=False)
class Points:
    """Capacities at set currents, as the fits take them.

    Examples
    --------
    A published rate test, in A/g and mAh/g:

    >>> points = Points(np.array([0.2, 0.5, 1, 2, 4, 6]) * 1000, np.array([3227, 2744, 2425.5, 1920.6, 1408.1, 1101.3]))
    >>> points.rates.round(2).tolist()
    [0.06, 0.18, 0.41, 1.04, 2.84, 5.45]
    """

    #: In the unit of capacity, per hour: mA/g for mAh/g.
    current: Array
    capacity: Array
    unit: str = "mAh/g"
    #: Standard error of each capacity, for its weight; None trusts each to the same share of it.
    error: Array | None = None
    #: Relative standard error of a capacity as the cycles' scatter has it, pooled, and its degrees of freedom.
    scatter: float | None = None
    freedom: int = 0
    #: Relative uncertainty that all capacities share; None where it is not known.
    common: float | None = 0.0
    #: The largest share of a capacity that was moved at constant voltage, in %.
    held: float = 0.0
    #: Which plateaus these are.
    of: str = "all given"

    @property
    def rates(self) -> Array:
        """The actual rates I/Q, in 1/h."""
        return np.asarray(self.current / self.capacity)


@dataclass(frozen=True)
class RateFit:
    """A law of capacity against rate, fitted, and what the data say of it."""

    name: Literal["Tian", "Peukert"]
    points: Points
    fit: Fit
    #: A curve without physics that has as many free numbers, fitted to the same points.
    rival: Fit
    rival_name: str
    #: Akaike's criterion of the rival less that of the law; None where a fit is exact.
    evidence: float | None
    #: What the evidence says, the range of currents, and all that the data leave open.
    verdict: str
    range: str
    statements: tuple[str, ...]
    #: Why the parameters are not to be read; None where they are.
    reason: str | None = None


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
        A row a cycle, as `byssus.analysis.cycling.Cycling.cycles` has them.
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
    pairs = [(_positive(row[needed[2]]), _positive(row[needed[3]])) for row in rows]
    counts = [_distinct([pair[side] for pair in pairs if pair[side] is not None], tolerance) for side in (0, 1)]
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
    alike = all(_same(*pairs[at], tolerance) for run in runs for at in run if rows[at][WHOLE] and at not in changes)
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


def fit_tian(points: Points) -> RateFit:
    """Fit Tian's equation, solved for the capacity at a set current.

    Equation
        Q = Q_M {1 − (R τ)ⁿ [1 − exp(−(R τ)⁻ⁿ)]} with R = I / Q
    Symbols
        ``Q_M`` capacity in the limit of low rate [as the points], ``tau`` characteristic time [s],
        ``n`` exponent [1]
    Validity
        Needs both the plateau at low rate and the fall: the slowest rates fix Q_M, the fastest τ and n.
        `RateFit.range` says how far the data reach, `RateFit.statements` what they leave open.
    Source
        R. Tian et al., Nat. Commun. 10 (2019) 1933, doi:10.1038/s41467-019-09792-9.

    Its rival is a parabola in log Q against log I.

    Raises
    ------
    AnalysisError
        For fewer than four currents, or values that are not above zero.

    Examples
    --------
    >>> points = Points(np.array([0.2, 0.5, 1, 2, 4, 6]) * 1000, np.array([3227, 2744, 2425.5, 1920.6, 1408.1, 1101.3]))
    >>> found = fit_tian(points)
    >>> found.fit["Q_M"].unit, round(found.fit["n"].value, 2)
    ('mAh/g', 0.48)
    """
    _check(points, 4)
    per_second, capacity = points.current / 3600.0, points.capacity
    slowest, fastest = float(points.rates.min()) / 3600.0, float(points.rates.max()) / 3600.0
    highest = float(capacity.max())
    # Four decades beyond the rates: a characteristic time out there leaves no mark on them.
    bounds = 1e-4 / fastest, 1e4 / slowest
    parameters = [
        Parameter("Q_M", 1.02 * highest, 0.5 * highest, 100.0 * highest, scale=highest, unit=points.unit),
        Parameter("tau", _start_of_time(points), *bounds, unit="s"),
        Parameter("n", 0.75, *EXPONENTS),
    ]
    data = Data(_tian, per_second, capacity, error=_weights(points), name="the plateaus", derivatives=_tian_derivatives)
    found = fit(data, parameters)
    rival = _parabola(points)
    said = list(_of_tian(points, found))
    reason = _no_fall(points, found)
    law = _concluded("Tian", points, found, rival, "a parabola in log Q against log I", [reason] if reason else said)
    return replace(law, reason=reason)


def fit_peukert(points: Points) -> RateFit:
    """Fit Peukert's law.

    Equation
        Q = Q₀ (I / I₀)^(1−k), which is Iᵏ t = const
    Symbols
        ``Q_0`` capacity at the geometric mean I₀ of the currents [as the points], ``k`` Peukert's exponent [1]
    Validity
        High rates only: towards low ones Q no longer falls with I.  Where log Q against log I is bent by
        more than its scatter, `RateFit.statements` says that k is one of these currents alone.
    Source
        `byssus.physics.rate.peukert_capacity`.

    Its rival is a straight line, Q against I.

    Raises
    ------
    AnalysisError
        For fewer than three currents, or values that are not above zero.

    Examples
    --------
    >>> points = Points(np.array([1, 2, 4, 6]) * 1000, np.array([2425.5, 1920.6, 1408.1, 1101.3]))
    >>> round(fit_peukert(points).fit["k"].value, 2)
    1.44
    """
    _check(points, 3)
    middle = float(np.exp(np.mean(np.log(points.current))))
    line = np.polyfit(np.log(points.current / middle), np.log(points.capacity), 1)
    weights = _weights(points)

    def law(current: Array, Q_0: float, k: float) -> Array:  # noqa: N803
        return peukert_capacity(current, Q_0, middle, k)

    found = fit(
        Data(law, points.current, points.capacity, error=weights, name="the plateaus"),
        [
            Parameter("Q_0", float(np.exp(line[1])), lower=0.0, unit=points.unit),
            Parameter("k", float(1.0 - line[0]), scale=1.0),
        ],
    )
    straight = np.polyfit(points.current, points.capacity, 1)
    rival = fit(
        Data(lambda current, a, b: a + b * current / middle, points.current, points.capacity, error=weights),
        [
            Parameter("a", float(straight[1]), unit=points.unit),
            Parameter("b", float(straight[0] * middle), unit=points.unit),
        ],
    )
    return _concluded("Peukert", points, found, rival, "a straight line, Q against I", list(_of_peukert(points)))


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
        found += _of_fit(law, of)
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
    if tian := next((law for law in fits if law.name == "Tian"), None):
        said.append(
            (
                "Tian's equation",
                "Q = Q_M {1 − (R τ)ⁿ [1 − exp(−(R τ)⁻ⁿ)]} with the actual rate R = I/Q, which is no C-rate "
                "(doi:10.1038/s41467-019-09792-9). It is solved for Q at the set current and fitted by least squares "
                f"({tian.points.of}), so that the scatter of Q does not stand in R as well; a fit of Q against R gives the same only "
                "without scatter.",
            )
        )
    if any(law.name == "Peukert" for law in fits):
        said.append(
            (
                "Peukert's law",
                "Q = Q₀ (I/I₀)^(1−k), with I₀ the geometric mean of the currents. It holds at high rates only "
                "(doi:10.3390/en6115625).",
            )
        )
    if fits:
        said.append(
            (
                "Choice of a law",
                "Each law stands against a curve without physics that has as many free numbers, fitted alike. Differences of Akaike's "
                f"criterion below {SUPPORTED:g} tell nothing, above {UNSUPPORTED:g} much (Burnham and Anderson 2002); what lies between "
                "is a hint, which with six currents and 2 % scatter is wrong about once in eight times.",
            )
        )
    return said


def _positive(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value > 0 else None


def _same(first: float | None, second: float | None, tolerance: float) -> bool:
    """Compare two currents; an unknown one contradicts none."""
    return first is None or second is None or abs(first - second) <= tolerance * min(first, second)


def _alike(first: tuple[float | None, ...], second: tuple[float | None, ...], tolerance: float) -> bool:
    return all(_same(a, b, tolerance) for a, b in zip(first, second, strict=True))


def _distinct(currents: Sequence[float | None], tolerance: float) -> int:
    """Count currents, those within the tolerance of the lowest of a group as one."""
    count, lowest = 0, 0.0
    for current in sorted(current for current in currents if current is not None):
        if count == 0 or not _same(lowest, current, tolerance):
            count, lowest = count + 1, current
    return count


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
            old, new = _same(here[0], before[0], tolerance), _same(here[1], after[1], tolerance)
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


def _check(points: Points, fewest: int) -> None:
    for name, values in (("current", points.current), ("capacity", points.capacity)):
        bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if bad.size:
            raise AnalysisError(
                "is not above zero", field=name, value=float(values[bad[0]]), fix="leave the plateau out"
            )
    count = _distinct(points.current.tolist(), TOLERANCE)
    if count < fewest:
        raise AnalysisError(
            f"{count} currents do not suffice for this law, which needs {fewest}",
            field=points.of,
            fix="measure at more currents, or state another leg",
        )


def _weights(points: Points) -> Array:
    return points.capacity if points.error is None else points.error


def _tian(current: Array, Q_M: float, tau: float, n: float) -> Array:  # noqa: N803
    return tian_capacity_at_current(current, Q_M, tau, n)


def _tian_derivatives(current: Array, Q_M: float, tau: float, n: float) -> dict[str, Array]:  # noqa: N803
    """Derive at a set current, where Q and R = I/Q move together: d ln Q/d ln Q_M = 1/(1 − e), and so on."""
    capacity = tian_capacity_at_current(current, Q_M, tau, n)
    left = capacity > 0
    rate = current / np.where(left, capacity, 1.0)
    slope = tian_slope(rate, tau, n)
    gain = np.where(left, capacity / np.where(left, 1.0 - slope, 1.0), 0.0)
    return {"Q_M": gain / Q_M, "tau": -gain * slope / tau, "n": -gain * slope / n * np.log(rate * tau)}


def _start_of_time(points: Points) -> float:
    """Return the time at which Tian's equation, n = 3/4, falls as far as the capacity that fell furthest."""
    from scipy.optimize import brentq

    at = int(np.argmin(points.capacity))
    rate = float(points.rates[at]) / 3600.0
    fallen = float(np.clip(points.capacity[at] / (1.02 * points.capacity.max()), 0.01, 0.98))
    reach = brentq(lambda x: tian_capacity(math.exp(x), 1.0, 1.0, 0.75) - fallen, -9.0, 9.0)
    return math.exp(float(reach)) / rate


def _parabola(points: Points) -> Fit:
    logarithm = np.log(points.current)
    away = logarithm - logarithm.mean()
    start = np.polyfit(away, np.log(points.capacity), 2)
    return fit(
        Data(lambda x, a, b, c: np.exp(a + b * x + c * x**2), away, points.capacity, error=_weights(points)),
        [Parameter(name, float(value), scale=1.0) for name, value in zip("abc", start[::-1], strict=True)],
    )


def _of_tian(points: Points, found: Fit) -> Iterator[str]:
    time = found.estimates["tau"].value
    fastest = float(points.rates.max()) / 3600.0
    if time is not None and fastest * time < 1:
        yield (
            f"the rate 1/tau lies {1 / (fastest * time):.3g} times beyond the fastest one measured: tau extrapolates the "
            "onset of the fall"
        )


def _no_fall(points: Points, found: Fit) -> str | None:
    """Say if a constant capacity does as well: F = ((χ²₀ − χ²)/2) / (χ²/ν), after Draper and Smith (1998), ch. 6.1."""
    from scipy.special import fdtrc

    weights = _weights(points) ** -2.0
    mean = np.sum(weights * points.capacity) / np.sum(weights)
    constant = float(np.sum(weights * (points.capacity - mean) ** 2))
    room = points.capacity.size - 3
    gain = (constant - found.chi_square) / 2
    # Capacities that are all alike leave neither gain nor misfit.
    if gain > 0 and fdtrc(2, room, gain / max(found.chi_square / room, math.ulp(gain))) < NO_FALL:
        return None
    return "the capacities fall with the rate no more than they scatter, so the data do not determine the law"


def _of_peukert(points: Points) -> Iterator[str]:
    if points.capacity.size < 4:
        yield "three currents cannot show whether log Q against log I is straight, which Peukert's law needs"
        return
    bent = _parabola(points)
    low, high = bent.wald("c")
    if low > 0 or high < 0:
        yield (
            f"log Q against log I is bent (curvature {low:.3g} to {high:.3g} at 95 %): k is one of these currents alone, and "
            "Peukert's law does not reach beyond them"
        )


def _concluded(
    name: Literal["Tian", "Peukert"], points: Points, found: Fit, rival: Fit, rival_name: str, more: Sequence[str]
) -> RateFit:
    rates, share = points.rates, points.capacity / points.capacity.max()
    reach = (
        f"{points.of}: {points.current.size} points, {_span(points.current)} {_per_hour(points.unit)}, actual rates "
        f"{_span(rates)} 1/h, capacities down to {share.min():.0%} of the largest"
    )
    statements = [*found.statements, *more]
    if name == "Tian" and (low_rate := found.estimates["Q_M"].value) is not None:
        reach += f", which is {points.capacity.max() / low_rate:.0%} of Q_M"
    if points.held > HELD:
        statements.append(
            f"up to {points.held:.3g} % of a capacity was moved at constant voltage: there I/Q is not one over the time it took"
        )
    statements += _lack_of_fit(points, found)
    evidence = None
    if found.chi_square > 0 and rival.chi_square > 0:
        # Both have as many free numbers, so what corrects for them, and for few points, cancels.
        evidence = rival.information["AIC"] - found.information["AIC"]
    return RateFit(
        name, points, found, rival, rival_name, evidence, _verdict(name, rival_name, evidence), reach, tuple(statements)
    )


def _lack_of_fit(points: Points, found: Fit) -> Iterator[str]:
    """Compare the misfit with the scatter of the cycles: F = (χ²/ν) / s², after Draper and Smith (1998), ch. 2.1."""
    from scipy.special import fdtrc

    if points.error is not None or points.scatter is None or found.degrees_of_freedom < 1:
        return
    ratio = found.scale / points.scatter
    if fdtrc(found.degrees_of_freedom, points.freedom, ratio**2) < LACK_OF_FIT:
        yield (
            f"the misfit, {found.scale:.2%}, is {ratio:.3g} times what the scatter between cycles explains: the law is an "
            "approximation, and the errors above hold its misfit"
        )


def _verdict(name: str, rival_name: str, evidence: float | None) -> str:
    if evidence is None:
        return "a curve passes through all points, so the two cannot be compared"
    told = f"Akaike's criterion differs by {abs(evidence):.1f}"
    if abs(evidence) < SUPPORTED:
        return f"the data do not tell {name}'s law from {rival_name} with as many free numbers: {told}"
    better, worse = (f"{name}'s law", rival_name) if evidence > 0 else (rival_name, f"{name}'s law")
    return f"the data {'speak for' if abs(evidence) > UNSUPPORTED else 'lean to'} {better} over {worse} with as many free numbers: {told}"


def _of_fit(law: RateFit, of: Mapping[str, Any]) -> Iterator[Result]:
    names = {
        "Q_M": "low-rate capacity (Tian)",
        "tau": "characteristic time (Tian)",
        "n": "rate exponent (Tian)",
        "Q_0": f"capacity at {math.exp(float(np.mean(np.log(law.points.current)))):.4g} {_per_hour(law.points.unit)} (Peukert)",
        "k": "Peukert exponent",
    }
    for name, estimate in law.fit.estimates.items():
        error, reason = estimate.error, estimate.reason
        if error is not None and estimate.value is not None and name in ("Q_M", "Q_0"):
            # Mass and area are common to all points, so the fit cannot see them.
            if law.points.common is None:
                error, reason = (
                    None,
                    f"mass or area has no uncertainty; that of the fit alone is {error:.3g} {law.points.unit}",
                )
            else:
                error = math.hypot(error, law.points.common * estimate.value)
        value = None if law.reason else estimate.value
        missing = value is None or error is None
        yield Result(
            names[name],
            value,
            estimate.unit.replace("²", "^2"),
            None if law.reason else error,
            basis=law.points.of,
            method=f"least squares; {law.range}",
            reason=(law.reason or reason or "the data do not determine it") if missing else None,
            **of,
        )


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


def _span(values: ArrayLike) -> str:
    return f"{np.min(values):.3g} to {np.max(values):.3g}"


def _per_hour(unit: str) -> str:
    return unit.replace("mAh", "mA")
