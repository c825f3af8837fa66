"""Capacity across cycles: fade per cycle with honest intervals, what is lost for good, and a cell's fade as a whole.

Three laws are fitted from a named baseline cycle b, each with two free numbers, the capacity
q_b′ at the baseline and a rate: geometric, linear and square root (`byssus.physics.fade`).
q_b′ is fitted, not the capacity measured in cycle b, whose own scatter would tilt the law.

Residuals are correlated from cycle to cycle, and intervals average over how strongly
(`byssus.analysis.cycling.correlated`).  In simulations of 10 to 150 cycles with ρ from 0 to 0.8 the
95 % intervals cover 93 to 100 %, where those for independent residuals cover 43 to 79 % from
ρ = 0.5 on; with ρ = 0.95 and 25 cycles or fewer they cover 89 to 90 %: so few cycles cannot
tell drift from fade.  An effective sample size, and Newey and West's sums, need a
good estimate of ρ or many cycles, and have neither.

An interval holds for its law.  Which law, the data often cannot tell; then the rates of all
three stand, with the words for it.

Source for the choice of law: Burnham and Anderson, Model Selection (2002), 2.4 and 2.6.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from byssus.analysis.cycling.columns import CURRENT, CYCLE, WHOLE, capacity_column, half_column, u
from byssus.analysis.cycling.correlated import (
    LAWS,
    LEVEL,
    Array,
    Nodes,
    Series,
    at_every_node,
    checked,
    criterion,
    quantile,
    spread,
)
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.cycling.forecast import RECORD, Crossing, Forecast, forecast
from byssus.analysis.cycling.knee import EACH_SIDE, Knee, knee
from byssus.analysis.cycling.rate_laws import TOLERANCE
from byssus.analysis.result import Result
from byssus.conventions import CapacityBasis
from byssus.errors import AnalysisError
from byssus.physics.fade import efficiency_needed, geometric_rate, irreversible_capacity

#: A law has considerably less support from this difference of AICc on: Burnham and Anderson (2002), 2.6.
LESS_SUPPORT = 4.0
#: Residuals drift from this correlation on: they remember 1/(1 − ρ), ten cycles and more.
DRIFT = 0.9
#: The retention at which a cell's life is said to end by custom: USABC, Electric Vehicle Battery Test Procedures
#: Manual, rev. 2 (1996).
END_OF_LIFE = 0.8


@dataclass(frozen=True)
class LawFit:
    """A law of fade, fitted.  Rates and retention are shares, not per cent."""

    law: str
    #: Fitted capacity at the baseline, in the unit of the data.
    initial: float
    initial_uncertainty: float
    #: Share of `initial` lost a cycle; by the square-root law, a root of a cycle.
    rate: float
    uncertainty: float
    interval: tuple[float, float]
    #: By the law, at the last cycle used.
    retention: float
    #: Mean correlation of a residual with the next cycle's.
    correlation: float
    #: Standard deviation of the residuals, in the unit of the data.
    scatter: float
    #: Akaike's criterion corrected for few values (four free numbers), and the weight it gives among the laws fitted.
    criterion: float
    weight: float

    def capacity(self, since_baseline: ArrayLike) -> Array:
        """Return the capacity of the law some cycles after the baseline."""
        return LAWS[self.law].capacity(self.initial, self.rate, np.asarray(since_baseline, dtype=float))


@dataclass(frozen=True)
class Fade:
    """The fade of a cell from its baseline."""

    baseline: int
    #: Measured in the baseline cycle.
    baseline_capacity: float
    last: int
    cycles: tuple[int, ...]
    #: From the measured ends alone, as papers print it: 1 − R^(1/m), a share.
    end_to_end: float
    retention: float
    laws: dict[str, LawFit]
    #: The law that the others have considerably less support than; None if the data cannot tell.
    preferred: str | None
    #: Which law the data speak for, or that they cannot tell, in words.
    verdict: str


@dataclass(frozen=True)
class Irreversible:
    """Charge that first halves took and second halves did not give back, summed over whole cycles."""

    charge: float
    #: From the counter's rounding, which is independent from cycle to cycle; None where it is not known.
    uncertainty: float | None
    cycles: int
    #: Cycles between the first and the last that are not in the sum, and the last that is.
    missing: tuple[int, ...]
    last: int

    @property
    def gaps(self) -> tuple[int, ...]:
        """The missing cycles before the last that is in the sum."""
        return tuple(cycle for cycle in self.missing if cycle < self.last)


def fade(
    n: ArrayLike,
    q: ArrayLike,
    baseline: int,
    *,
    uncertainty: ArrayLike | None = None,
    used: ArrayLike | None = None,
    laws: Sequence[str] = tuple(LAWS),
) -> Fade:
    """Fit the laws of fade.

    Parameters
    ----------
    n, q
        Cycle numbers and capacities, in any unit.
    baseline
        The cycle that fade is counted from; one of those used.  Cycles before it are left out.
    uncertainty
        Standard uncertainties of the capacities from rounding: scatter smaller than theirs is
        chance.  Not those of a mass or area, which all cycles share.
    used
        Mask of the cycles to use; they should be at one current (`one_current`).
    laws
        Which laws.

    Raises
    ------
    AnalysisError
        For values that are not finite or not above zero, cycles that do not rise, a baseline
        that is not among the cycles used, or fewer than `FEWEST` cycles.

    Examples
    --------
    >>> n = np.arange(1, 41)
    >>> made = fade(n, 2.0 * (1 - 0.001 * (n - 1)) + 1e-4 * np.sin(37.0 * n), 1)
    >>> law = made.laws["linear"]
    >>> round(100 * law.rate, 3), made.preferred
    (0.1, 'linear')
    """
    series = checked(n, q, baseline, uncertainty, used)
    fitted = [at_every_node(LAWS[law], series) for law in laws]
    criteria = np.array([criterion(nodes.likelihood, len(series.n), 4) for nodes in fitted])
    weights = np.exp(-0.5 * (criteria - criteria.min()))
    weights /= weights.sum()
    found = {
        nodes.law.name: _concluded(nodes, series, float(criterion), float(weight))
        for nodes, criterion, weight in zip(fitted, criteria, weights, strict=True)
    }
    preferred, verdict = _verdict(found)
    retained = float(series.q[-1] / series.q[0])
    return Fade(
        baseline=baseline,
        baseline_capacity=float(series.q[0]),
        last=int(series.n[-1]),
        cycles=tuple(int(cycle) for cycle in series.n),
        end_to_end=float(geometric_rate(retained, series.span)),
        retention=retained,
        laws=found,
        preferred=preferred,
        verdict=verdict,
    )


def one_current(*currents: ArrayLike) -> NDArray[np.bool_]:
    """Return the mask of the longest unbroken run of cycles at one current.

    Parameters
    ----------
    currents
        By cycle, of one half or of each; not-a-number where it is not known.  A cycle joins the
        run of the one before it if all currents agree within
        `byssus.analysis.cycling.rate_laws.TOLERANCE`; of equally long runs the first is taken.  A half none
        of whose currents is known does not count.

    Examples
    --------
    >>> one_current([0.1, 0.1, 0.5, 0.5, 0.501, 0.1]).tolist()
    [False, False, True, True, True, False]
    """
    given = np.abs(np.array([np.asarray(half, dtype=float) for half in currents]))
    known = given[np.isfinite(given).any(axis=1)]
    if known.shape[1] == 0 or not len(known):
        return np.ones(given.shape[1], dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        same = (np.abs(known[:, 1:] / known[:, :-1] - 1) <= TOLERANCE).all(axis=0)
    runs = np.concatenate([[0], np.cumsum(~same)])
    return np.asarray(runs == np.argmax(np.bincount(runs)))


def irreversible(
    n: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    uncertainties: tuple[ArrayLike, ArrayLike] | None = None,
    whole: ArrayLike | None = None,
) -> Irreversible:
    """Sum Q₁ − Q₂ over the whole cycles.

    Parameters
    ----------
    n, first, second
        Cycle numbers, and the charge of both halves; not-a-number where missing.
    uncertainties
        Of both halves, from the counter's rounding.
    whole
        Which cycles were measured to their end.

    Raises
    ------
    AnalysisError
        If no cycle is whole.

    Examples
    --------
    >>> made = irreversible([1, 2, 4], [2.0, 1.5, 1.4], [1.5, 1.4, 1.35], uncertainties=([1e-3] * 3, [1e-3] * 3))
    >>> round(made.charge, 3), round(made.uncertainty, 5), made.missing
    (0.65, 0.00245, (3,))
    """
    cycles, a, b = np.asarray(n, dtype=int), np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    keep = np.isfinite(a) & np.isfinite(b)
    if whole is not None:
        keep &= np.asarray(whole, dtype=bool)
    if not keep.any():
        raise AnalysisError("no cycle is whole, so nothing can be summed", field="cycle")
    spread = None
    if uncertainties is not None:
        parts = np.concatenate([np.asarray(part, dtype=float)[keep] for part in uncertainties])
        spread = float(np.sqrt(np.sum(parts**2))) if np.isfinite(parts).all() else None
    present = set(cycles[keep].tolist())
    return Irreversible(
        charge=math.fsum(irreversible_capacity(a[keep], b[keep])),
        uncertainty=spread,
        cycles=len(present),
        missing=tuple(cycle for cycle in range(int(cycles.min()), int(cycles.max()) + 1) if cycle not in present),
        last=max(present),
    )


def _concluded(nodes: Nodes, series: Series, criterion: float, weight: float) -> LawFit:
    law, w = nodes.law, nodes.weight
    start, end = nodes.values.T
    retention = end / start
    slopes = np.stack([-end / start**2, 1 / start], axis=-1)
    errors = np.sqrt(nodes.variance * np.einsum("ni,nij,nj->n", slopes, nodes.unit, slopes))
    initial, final = w @ nodes.values
    rates = np.asarray(law.rate(np.maximum(retention, 0.0), series.span))
    step = np.minimum(errors, retention / 2)
    steepness = (law.rate(retention - step, series.span) - law.rate(retention + step, series.span)) / (2 * step)
    low, high = (
        float(law.rate(max(0.0, quantile(w, retention, errors, nodes.freedom, tail)), series.span))
        for tail in ((1 + LEVEL) / 2, (1 - LEVEL) / 2)
    )
    rate = float(law.rate(max(0.0, float(final / initial)), series.span))
    return LawFit(
        law=law.name,
        initial=float(initial),
        initial_uncertainty=spread(w, start, np.sqrt(nodes.variance * nodes.unit[:, 0, 0])),
        rate=rate,
        uncertainty=spread(w, rates, steepness * errors),
        interval=(low, high),
        retention=float(final / initial),
        correlation=float(w @ nodes.correlation),
        scatter=float(np.sqrt(w @ nodes.variance)),
        criterion=criterion,
        weight=weight,
    )


def _verdict(found: dict[str, LawFit]) -> tuple[str | None, str]:
    best = min(found.values(), key=lambda law: law.criterion)
    others = {law.law: law.criterion - best.criterion for law in found.values() if law is not best}
    rivals = [law for law, behind in others.items() if behind < LESS_SUPPORT]
    if not others:
        preferred, words = best.law, f"only the {best.law} law was fitted"
    elif rivals:
        listed = " and ".join(f"{law} (ΔAICc {others[law]:.1f})" for law in rivals)
        preferred, words = None, f"these data cannot tell the {best.law} law from {listed}"
    else:
        nearest = min(others.values())
        preferred, words = (
            best.law,
            f"{best.law}; the others have considerably less support (ΔAICc {nearest:.1f} and more)",
        )
    if best.correlation >= DRIFT:
        words += (
            f"; even its residuals drift (correlation of neighbours {best.correlation:.2f}), so the law does not hold "
            "over these cycles, or something besides fade drifts"
        )
    return preferred, words


@dataclass(frozen=True)
class CellFade:
    """What a cell's cycles say of its fade; each part is None where `reasons` says why."""

    sample: str
    group: str
    origin: str
    words: tuple[str, str]
    baseline: int
    #: Which cycles are used, and why these.
    choice: str
    fade: Fade | None
    knee: Knee | None
    forecast: Forecast | None
    lost: Irreversible | None
    reasons: dict[str, str]

    @property
    def half_cell(self) -> bool:
        """Whether a lithium electrode stands against the one that is studied."""
        return "lithiation" in self.words


def analyse(cycling: Cycling, *, baseline: int | None = None, used: ArrayLike | None = None) -> CellFade:
    """Fit the fade of a cell's second halves.

    Parameters
    ----------
    cycling
        The cell.
    baseline
        The cycle that fade is counted from; that of the retention if it is among the cycles
        used, else the first of them.
    used
        Mask over the rows of `cycling.cycles`.  Without it the longest run of whole cycles at
        one current is used: capacities at different currents are no fade.
    """
    frame, second = cycling.cycles, cycling.words[1]
    column = capacity_column(second, CapacityBasis.CELL)
    n = frame[CYCLE].to_numpy()
    mask, choice = _chosen(cycling) if used is None else (np.asarray(used, dtype=bool), "the cycles asked for")
    chosen = n[mask]
    if baseline is None:
        baseline = cycling.baseline if cycling.baseline in chosen or not chosen.size else int(chosen[0])
    if chosen.size:
        choice = (
            f"cycles {chosen[0]} to {chosen[-1]} ({len(chosen)} of {len(n)}), {choice}; counted from cycle {baseline}"
        )
    q, rounding = _floats(frame, column), _floats(frame, u(column))
    reasons: dict[str, str] = {}
    found: Fade | None = None
    bend: Knee | None = None
    ahead: Forecast | None = None
    try:
        found = fade(n, q, baseline, uncertainty=rounding, used=mask)
        bend = knee(n, q, uncertainty=rounding, used=mask & (n >= baseline))
        if bend.cycle is None:
            ahead = forecast(n, q, baseline, uncertainty=rounding, used=mask)
        else:
            reasons["forecast"] = f"{bend.statement}; the laws describe neither side of it"
    except AnalysisError as error:
        reasons |= dict.fromkeys(("fade", "knee", "forecast"), error.message)
    lost: Irreversible | None = None
    try:
        lost = _lost(cycling)
    except AnalysisError as error:
        reasons["lost"] = error.message
    return CellFade(
        sample=cycling.sample,
        group=cycling.group,
        origin=cycling.origin,
        words=cycling.words,
        baseline=baseline,
        choice=choice,
        fade=found,
        knee=bend,
        forecast=ahead,
        lost=lost,
        reasons=reasons,
    )


def _chosen(cycling: Cycling) -> tuple[NDArray[np.bool_], str]:
    frame = cycling.cycles
    mask = frame[WHOLE].to_numpy().copy()
    columns = [half_column(word, CURRENT) for word in cycling.words]
    currents = [_floats(frame.filter(WHOLE), column) for column in columns if column in frame.columns]
    if not any(np.isfinite(half).any() for half in currents):
        return mask, "all that are whole, their currents not being known"
    run = one_current(*currents)
    mask[np.flatnonzero(mask)] = run
    at = [float(np.median(np.abs(half[run]))) for half in currents if np.isfinite(half[run]).all()]
    spelled = " and ".join(f"{value:.4g} mA" for value in at)
    return mask, f"the longest run at one current ({spelled})" if spelled else "the longest run at one current"


def _lost(cycling: Cycling) -> Irreversible:
    frame = cycling.cycles
    columns = [capacity_column(word, CapacityBasis.CELL) for word in cycling.words]
    first, second = (_floats(frame, column) for column in columns)
    return irreversible(
        frame[CYCLE].to_numpy(),
        first,
        second,
        uncertainties=(_floats(frame, u(columns[0])), _floats(frame, u(columns[1]))),
        whole=frame[WHOLE].to_numpy(),
    )


def _floats(frame: pl.DataFrame, column: str) -> Array:
    return frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def summarise(cell: CellFade) -> list[Result]:
    """Return the numbers of a cell's fade."""
    rates = list(_rates(cell))
    if cell.fade is None:
        # One line says why there is none; the others would say it again.
        return [rates[0], *_losses(cell)]
    return [*rates, *_losses(cell), _knee_result(cell), *_ahead(cell)]


def _result(
    cell: CellFade,
    name: str,
    value: float | None,
    unit: str,
    method: str,
    *,
    uncertainty: float | None = None,
    cycle: int | None = None,
    reason: str | None = None,
) -> Result:
    return Result(
        name,
        value,
        unit,
        uncertainty,
        basis=f"cycle {cell.baseline}",
        method=method,
        sample=cell.sample,
        group=cell.group,
        cycle=cycle,
        origin=cell.origin,
        reason=reason,
    )


def _rates(cell: CellFade) -> Iterator[Result]:
    made = cell.fade
    for law in LAWS.values():
        found = made.laws[law.name] if made else None
        method = f"least squares with correlated residuals and the initial capacity free, {cell.choice}"
        if found is not None and made is not None:
            low, high = (100 * end for end in found.interval)
            method = (
                f"95 % interval {low:.3g} to {high:.3g} {law.unit}; {method}; "
                f"correlation of neighbours {found.correlation:.2f}; {made.verdict}"
            )
        yield _result(
            cell,
            law.result,
            100 * found.rate if found else None,
            law.unit,
            method,
            uncertainty=100 * found.uncertainty if found else None,
            cycle=made.last if made else None,
            reason=None if found else cell.reasons["fade"],
        )
    yield _result(
        cell,
        "fade per cycle, end to end",
        100 * made.end_to_end if made else None,
        "%/cycle",
        f"1 − R^(1/m) from the {cell.words[1]} capacities of the first and last cycle used, {cell.choice}",
        cycle=made.last if made else None,
        reason="two cycles say nothing of their scatter" if made else cell.reasons["fade"],
    )


def _losses(cell: CellFade) -> Iterator[Result]:
    first, second = cell.words
    lost, made = cell.lost, cell.fade
    # Where every cycle is whole, the sum stands among the cell's cycling numbers.
    if lost is None or lost.gaps:
        yield _result(
            cell,
            "cumulative irreversible capacity of the whole cycles",
            lost.charge if lost else None,
            "mAh",
            f"Σ({first} − {second} capacity)" + (f", without {_listed(lost.gaps)}" if lost else ""),
            uncertainty=lost.uncertainty if lost else None,
            reason=None if lost else cell.reasons["lost"],
        )
    if not cell.half_cell:
        known = made is not None and made.retention <= 1
        absent = cell.reasons["fade"] if made is None else "the capacity rose, so no efficiency explains it"
        yield _result(
            cell,
            "mean coulombic efficiency that the retention needs",
            100 * efficiency_needed(made.retention, made.last - made.baseline) if made and known else None,
            "%",
            "R^(1/m), were lithium lost to side reactions the only loss of capacity",
            cycle=made.last if made else None,
            reason="two cycles say nothing of their scatter" if known else absent,
        )


def _listed(cycles: Sequence[int]) -> str:
    named = ", ".join(map(str, cycles[:8])) + (" …" if len(cycles) > 8 else "")
    return f"cycle{'s' if len(cycles) > 1 else ''} {named}"


def _knee_result(cell: CellFade) -> Result:
    bend = cell.knee
    place, interval = (bend.cycle, bend.interval) if bend else (None, None)
    return _result(
        cell,
        "knee",
        place,
        "1",
        bend.statement if bend else "two lines that meet, against fades without a knee",
        uncertainty=_deviation(*interval) if interval else None,
        reason=None if place is not None else bend.statement if bend else cell.reasons["knee"],
    )


def _ahead(cell: CellFade) -> Iterator[Result]:
    made = cell.forecast
    crossing: Crossing | None = made.reaches(END_OF_LIFE) if made else None
    name, method = f"cycle of {END_OF_LIFE:.0%} retention", f"the three laws, weighted, {cell.choice}"
    yield _result(
        cell,
        name,
        None if crossing is None else crossing.cycle,
        "1",
        method if crossing is None else f"{crossing.statement}; {method}",
        reason=cell.reasons["forecast"] if crossing is None else crossing.statement,
    )
    low, middle, high = (float(part[0]) for part in made.band([made.limit])) if made else (0.0, 0.0, 0.0)
    share = 100 / made.baseline_capacity if made else 0.0
    yield _result(
        cell,
        f"retention of {cell.words[1]} capacity, extrapolated",
        share * middle if made else None,
        "%",
        f"95 % band {share * low:.3g} to {share * high:.3g} %, if fade goes on as it did; {method}" if made else method,
        uncertainty=_deviation(share * low, share * high) if made else None,
        cycle=made.limit if made else None,
        reason=None if made else cell.reasons["forecast"],
    )


def _deviation(low: float, high: float) -> float:
    from scipy.special import ndtri

    return float((high - low) / (2 * ndtri((1 + LEVEL) / 2)))


def methods(cell: CellFade) -> list[tuple[str, str]]:
    """Return the definitions behind the numbers of a cell's fade, as terms with their sentences."""
    second = cell.words[1]
    meaning = (
        "In a half cell the lithium electrode replaces the lithium that is lost to films, so that loss costs no "
        "capacity: what fades here is contact, active material or, by resistance, what the voltage limits let through."
        if cell.half_cell
        else "In a full cell the lithium that is lost to films is lost for good, so fade holds loss of inventory besides "
        "loss of contact, of active material and, by resistance, of what the voltage limits let through."
    )
    needed = (
        ""
        if cell.half_cell
        else " The mean efficiency that a retention needs is R^(1/m), were lost lithium the only loss of capacity."
    )
    return [
        (
            "Fade per cycle",
            f"Of the {second} capacity, over the longest run of cycles at one current; which, stands with each number. Geometric: q_b(1 − f)^m, linear: q_b(1 − km), square root: "
            "q_b(1 − k√m), m cycles after the baseline. q_b is fitted too, so it is not the capacity measured in the "
            "baseline cycle. Residuals are correlated from cycle to cycle, and the 95 % intervals average over how "
            "strongly; each holds if its law does. A law is preferred where the others have considerably less support "
            f"(ΔAICc {LESS_SUPPORT:g} or more, as many free numbers each). {meaning}{needed}",
        ),
        (
            "Knee",
            "Two straight lines that meet (Bacon and Watts, doi:10.1093/biomet/58.3.525, as by Fermín-Cueto et al., "
            "doi:10.1016/j.egyai.2020.100006), reported if they beat every fade without a knee by more than chance gives "
            "in 95 % of simulated fades without one: straight, square root, both, parabola and cubic, with correlated "
            f"residuals. At least {EACH_SIDE} cycles on either side.",
        ),
        (
            "Extrapolation",
            "The three laws by their Akaike weights, fitted to all, the last half and the last quarter of the cycles; the "
            "95 % band holds the parameters, the correlation, the laws and a drift of the residuals, and grows with "
            f"distance. Never farther than as many cycles again as were measured. {RECORD}",
        ),
    ]
