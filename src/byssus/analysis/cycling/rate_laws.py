"""Two laws for the fall of capacity with rate, each against a curve without physics.

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
from numpy.typing import ArrayLike, NDArray

from byssus.analysis.result import Result
from byssus.errors import AnalysisError
from byssus.fitting import Data, Fit, Parameter, fit
from byssus.physics.rate import peukert_capacity, tian_capacity, tian_capacity_at_current, tian_slope

Array = NDArray[np.float64]

#: Currents of one plateau agree within this share: cyclers hold a current to about 0.1 % of their range, which is 5 %
#: of a current of a fiftieth of it; the steps of rate tests are 20 % and more.
TOLERANCE = 0.05

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


def _check(points: Points, fewest: int) -> None:
    for name, values in (("current", points.current), ("capacity", points.capacity)):
        bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if bad.size:
            raise AnalysisError(
                "is not above zero", field=name, value=float(values[bad[0]]), fix="leave the plateau out"
            )
    count = distinct(points.current.tolist(), TOLERANCE)
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
    return (
        f"with {points.capacity.size} capacities a constant one is not ruled out (F test, {NO_FALL:.0%}), so the data do not "
        "determine the law"
    )


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


def same_current(first: float | None, second: float | None, tolerance: float) -> bool:
    """Compare two currents; an unknown one contradicts none."""
    return first is None or second is None or abs(first - second) <= tolerance * min(first, second)


def distinct(currents: Sequence[float | None], tolerance: float) -> int:
    """Count currents, those within the tolerance of the lowest of a group as one."""
    count, lowest = 0, 0.0
    for current in sorted(current for current in currents if current is not None):
        if count == 0 or not same_current(lowest, current, tolerance):
            count, lowest = count + 1, current
    return count


def law_results(law: RateFit, of: Mapping[str, Any]) -> Iterator[Result]:
    """Return the parameters of a law; `of` says of which sample, as the fields of a result."""
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


def _span(values: ArrayLike) -> str:
    return f"{np.min(values):.3g} to {np.max(values):.3g}"


def _per_hour(unit: str) -> str:
    return unit.replace("mAh", "mA")


def law_methods(fits: Sequence[RateFit]) -> list[tuple[str, str]]:
    """Return the definitions behind the fitted laws, as terms with their sentences."""
    said: list[tuple[str, str]] = []
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
