"""Non-linear least squares with an answer that says how far it can be trusted.

Minimised is χ² = Σ ρ(|rᵢ|²) with rᵢ = (model(xᵢ) − yᵢ) / σᵢ over all data sets, the real and
imaginary parts of complex data counted as two.  The engine is SciPy's trust-region
reflective algorithm on parameters scaled to order one, three-point derivatives unless
given ones, and tolerances at the limit of the arithmetic: with these the 54 problems of
NIST's StRD are solved (docs/validation/fitting.md); looser ones are not.

Sources: Branch, Coleman and Li, SIAM J. Sci. Comput. 21 (1999) 1 (the algorithm); Seber and
Wild, Nonlinear Regression (1989), ch. 2 and 5 (covariance, profile likelihood, bands);
Burnham and Anderson, Model Selection (2002), ch. 2 (information criteria).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from byssus.errors import FitError
from byssus.fitting import identifiability
from byssus.fitting.model import Data, Parameter
from byssus.fitting.problem import TOLERANCE, Problem, stacked

Array = NDArray[np.float64]
Loss = Literal["linear", "soft_l1", "huber", "cauchy", "arctan"]

#: A parameter whose standard error is this part of its value has its profile looked at for open ends.
WEAK = 0.5
#: Misfit of a value, in its standard errors, below which a model passes through it.
NIL = 1e-3
#: Distance from an end of its range, as a part of the range, at which a parameter stands near it.
NEAR = 0.01


@dataclass(frozen=True, slots=True)
class Estimate:
    """A parameter's value and standard error, or the reason why there is none."""

    name: str
    value: float | None
    error: float | None
    unit: str = "1"
    #: fitted, fixed, tied, at a bound, or undetermined
    state: Literal["fitted", "fixed", "tied", "at bound", "undetermined"] = "fitted"
    reason: str | None = None


@dataclass(frozen=True)
class Fit:
    """What a fit found, and how far it can be trusted.

    `estimates` holds every parameter; `free` names the rows of `covariance` and
    `correlation`, in which an undetermined parameter is not-a-number.  `statements` say in
    words what the data do not determine; an empty tuple means that nothing was found.
    """

    estimates: dict[str, Estimate]
    free: tuple[str, ...]
    covariance: Array
    correlation: Array
    chi_square: float
    degrees_of_freedom: int
    #: √(χ²/ν); with relative errors it is the standard deviation of a value of unit weight.
    scale: float
    points: int
    errors: Literal["relative", "known"]
    statements: tuple[str, ...]
    #: Weighted residuals of each data set, (model − data)/error.
    residuals: tuple[NDArray[Any], ...]
    evaluations: int
    #: Starts tried, how many of them ended at this minimum, and the seed that drew them.
    starts: tuple[int, int, int | None]
    _problem: Problem = field(repr=False)
    _solution: Array = field(repr=False)
    #: Covariance of the scaled parameters in all directions that the data determine.
    _determined: Array = field(repr=False)

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[name]

    @cached_property
    def values(self) -> dict[str, float]:
        """The values of all parameters.

        Raises
        ------
        FitError
            If one is undetermined; the line says why.
        """
        for estimate in self.estimates.values():
            if estimate.value is None:
                raise FitError(f"has no value: {estimate.reason}", field=estimate.name)
        return {name: estimate.value for name, estimate in self.estimates.items() if estimate.value is not None}

    @property
    def ended(self) -> dict[str, float]:
        """Where the search ended, also of what the data leave open: one of many points that fit as well."""
        return self._problem.all_values(self._solution)

    def wald(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Return the symmetric interval from the standard error: value ± t·error."""
        estimate = self.estimates[name]
        if estimate.value is None or estimate.error is None:
            raise FitError(f"has no interval: {estimate.reason or 'it was not fitted'}", field=name)
        reach = self._quantile(level) * estimate.error
        return estimate.value - reach, estimate.value + reach

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Return the profile-likelihood interval; an end that the data do not bound is infinite.

        All values of the parameter for which χ², minimised over the others, stays below
        χ²_min + t² s² (relative errors) or χ²_min + z² (known ones).
        """
        from byssus.fitting.profile import interval

        return interval(self, name, level)

    def predict(self, x: Any, data: int = 0) -> NDArray[Any]:
        """Return the fitted model at other points, for the model of one data set."""
        return self._problem.model(data, x, self._solution)

    def band(self, x: Any, level: float = 0.95, data: int = 0, *, new: bool = False) -> tuple[Array, Array]:
        """Return the confidence band of the fitted curve, or of a new observation (`new`).

        First order: f ± t √(g C gᵀ), and with `new` also the scatter of a value of unit weight.
        """
        problem, theta = self._problem, self._solution
        centre = np.asarray(problem.model(data, x, theta), dtype=float)
        gradient = problem.curve_gradient(data, x, theta)
        # Directions that the data leave open do not move the curve, so they add nothing to its band.
        variance = np.einsum("ij,jk,ik->i", gradient, self._determined, gradient)
        if new:
            variance = variance + (self.scale**2 if self.errors == "relative" else 1.0)
        reach = self._quantile(level) * np.sqrt(np.maximum(variance, 0.0))
        return centre - reach, centre + reach

    @property
    def log_likelihood(self) -> float:
        """Gaussian log-likelihood at the minimum; with relative errors σ² is at its maximum-likelihood value."""
        n, logs = self.points, self._problem.sum_of_log_errors
        if self.errors == "known":
            return -0.5 * (self.chi_square + n * math.log(2 * math.pi)) - logs
        return -0.5 * n * (math.log(2 * math.pi * self.chi_square / n) + 1) - logs

    @property
    def information(self) -> dict[str, float]:
        """Akaike's criterion, the same corrected for few points, and the Bayesian one."""
        n = self.points
        k = len(self.free) + (1 if self.errors == "relative" else 0)
        aic = 2 * k - 2 * self.log_likelihood
        room = n - k - 1
        return {
            "AIC": aic,
            "AICc": aic + 2 * k * (k + 1) / room if room > 0 else math.inf,
            "BIC": k * math.log(n) - 2 * self.log_likelihood,
        }

    @cached_property
    def residual_tests(self) -> dict[str, float | None]:
        """Probabilities of residuals as odd as these, were the model right: ``runs`` and ``normality``.

        Runs: Wald and Wolfowitz, on the signs in the order of the data, normal
        approximation.  Normality: Shapiro and Wilk up to 5000 points, else D'Agostino and
        Pearson.  None where there are too few points.
        """
        from byssus.fitting.residuals import normality, runs

        parts = [stacked(part) for part in self.residuals]
        return {"runs": runs(parts), "normality": normality(np.concatenate(parts))}

    def _quantile(self, level: float) -> float:
        from scipy.special import ndtri, stdtrit

        tail = 0.5 + level / 2
        return float(ndtri(tail) if self.errors == "known" else stdtrit(self.degrees_of_freedom, tail))


def fit(
    data: Data | Sequence[Data],
    parameters: Sequence[Parameter],
    *,
    errors: Literal["relative", "known"] = "relative",
    loss: Loss = "linear",
    loss_scale: float = 1.0,
    starts: int = 1,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    profiles: bool = True,
) -> Fit:
    """Fit the parameters of one model or of several that share them.

    Parameters
    ----------
    data
        One data set or several.
    parameters
        Every parameter that occurs in a model.
    errors
        ``known``: the errors of the data are standard errors in earnest.  ``relative``:
        they, or the lack of them, are weights, and χ²/ν sets the scale.
    loss, loss_scale
        ρ of SciPy's `least_squares` and the residual at which it departs from a square.
        The covariance is then the sandwich estimate.
    starts, seed
        How many starting points: the given one, and others drawn by a Latin hypercube
        within the bounds (logarithmically where they are positive and span a decade).
        Parameters without two finite bounds are drawn within a factor of ten of the start.
    tolerance
        The search ends where χ², the scaled parameters and the gradient change relatively by less.
        A model that is itself solved to some digits wants no more of them.
    profiles
        Whether to say of weakly known parameters if the data bound them at all: each takes tens of fits more.

    Raises
    ------
    FitError
        For data that are not finite, errors that are not above zero, shapes that do not
        fit, fewer points than parameters, parameters that are missing, unknown, doubled or
        outside their bounds, or a model that fails.

    Examples
    --------
    >>> t = np.linspace(0.0, 4.0, 9)
    >>> result = fit(Data(lambda t, a, k: a * np.exp(-k * t), t, 3.0 * np.exp(-0.7 * t)),
    ...              [Parameter("a", 1.0), Parameter("k", 0.2, lower=0.0)])
    >>> round(result["a"].value, 9), round(result["k"].value, 9)
    (3.0, 0.7)

    Two parameters of which the data know only the product:

    >>> noise = 0.01 * np.array([1.0, -1.0, 2.0, -1.0, 0.0, -2.0, 1.0, 1.0, -1.0])
    >>> result = fit(Data(lambda t, i0, area: i0 * area * t, t, 2.0 * t + noise),
    ...              [Parameter("i0", 1.0, unit="A/m^2"), Parameter("area", 1.0, unit="m^2")])
    >>> print(result.statements[0])
    i0 and area are determined only as their product, 1.9995 ± 0.0018 A/m²·m²
    >>> result["i0"].value is None
    True
    """
    if loss not in ("linear", "soft_l1", "huber", "cauchy", "arctan"):
        raise FitError("is not a loss", field="loss", value=loss, fix="give linear, soft_l1, huber, cauchy or arctan")
    problem = Problem(
        [data] if isinstance(data, Data) else list(data), list(parameters), errors, loss, loss_scale, tolerance
    )
    solutions = [problem.solve(start) for start in _starting_points(problem, starts, seed)]
    best = min(solutions, key=lambda solution: float(solution.cost))
    reached = sum(math.isclose(solution.cost, best.cost, rel_tol=1e-6, abs_tol=1e-300) for solution in solutions)
    evaluations = sum(int(solution.nfev) for solution in solutions)
    return _conclude(problem, best, evaluations, (starts, reached, seed if starts > 1 else None), profiles=profiles)


def _starting_points(problem: Problem, starts: int, seed: int) -> list[Array]:
    if starts < 1:
        raise FitError("is not a number of starts", field="starts", value=starts, fix="give 1 or more")
    points = [problem.start]
    if starts > 1:
        from scipy.stats import qmc

        size = len(problem.free)
        low, high = problem.lower.copy(), problem.upper.copy()
        open_ends = ~(np.isfinite(low) & np.isfinite(high))
        around = np.maximum(np.abs(problem.start), 1e-3)
        low[open_ends] = np.maximum(low, np.where(problem.start > 0, around / 10, -around * 10))[open_ends]
        high[open_ends] = np.minimum(high, np.where(problem.start < 0, -around / 10, around * 10))[open_ends]
        logarithmic = (low > 0) & (high / np.where(low > 0, low, 1) >= 10)
        draws = qmc.LatinHypercube(size, rng=np.random.default_rng(seed)).random(starts - 1)
        safe_low, safe_high = np.where(logarithmic, low, 1.0), np.where(logarithmic, high, 1.0)
        drawn = np.where(logarithmic, safe_low * (safe_high / safe_low) ** draws, low + (high - low) * draws)
        points += list(drawn)
    return points


def _conclude(
    problem: Problem, solution: Any, evaluations: int, starts: tuple[int, int, int | None], *, profiles: bool
) -> Fit:
    residuals = solution.fun
    chi_square = float(residuals @ residuals)
    u, at_bound = _on_bounds(solution.x, problem)
    robust = problem.loss != "linear"
    jacobian = np.array(problem.plain_jacobian(u) if robust else solution.jac)
    # A parameter on its bound does not scatter; the others scatter as if it were fixed.
    inside = ~at_bound
    if not inside.any():
        part, open_part = np.zeros((0, 0)), np.zeros((0, 0))
    elif robust:
        part, open_part = identifiability.sandwich(jacobian[:, inside], residuals, problem.loss, problem.loss_scale)
    else:
        part, open_part = identifiability.covariance(jacobian[:, inside])
    # Neither a parameter on its bound nor an open direction takes a degree of freedom.
    dof = problem.points - int(inside.sum()) + open_part.shape[1]
    scale = math.sqrt(chi_square / dof) if dof > 0 else math.nan
    unit = scale**2 if problem.errors == "relative" else 1.0
    covariance, null = np.zeros((len(u), len(u))), np.zeros((len(u), open_part.shape[1]))
    covariance[np.ix_(inside, inside)], null[inside] = part * (1.0 if robust else unit), open_part
    view = identifiability.View(problem, u, jacobian, covariance, null, at_bound)
    blank = identifiability.undetermined(null, len(u))
    statements = identifiability.statements(view)
    missing = blank | at_bound
    determined = covariance
    covariance = np.where(missing[:, None] | missing[None, :], np.nan, covariance)
    deviations = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / np.outer(deviations, deviations)
    result = Fit(
        estimates=_estimates(problem, u, deviations * problem.scales, at_bound, blank, statements),
        free=tuple(problem.names),
        covariance=covariance * np.outer(problem.scales, problem.scales),
        correlation=correlation,
        chi_square=chi_square,
        degrees_of_freedom=dof,
        scale=scale,
        points=problem.points,
        errors="known" if problem.errors == "known" else "relative",
        statements=tuple(statements),
        residuals=tuple(problem.split(residuals)),
        evaluations=evaluations,
        starts=starts,
        _problem=problem,
        _solution=u,
        _determined=determined,
    )
    return replace(result, statements=(*statements, *(_open_ends(result) if profiles else ()), *_without_room(result)))


def _open_ends(result: Fit) -> Iterator[str]:
    """Say of weakly known parameters whether the data bound them at all."""
    for estimate in result.estimates.values():
        if estimate.state != "fitted" or estimate.value is None or estimate.error is None:
            continue
        if not estimate.error > WEAK * abs(estimate.value):
            continue
        try:
            low, high = result.interval(estimate.name)
        except FitError as error:
            yield str(error)
            continue
        sides = [word for word, end in (("below", low), ("above", high)) if not math.isfinite(end)]
        if sides:
            yield f"{estimate.name} is not bounded {' or '.join(sides)} by these data (95 % profile)"


def _without_room(result: Fit) -> Iterator[str]:
    """Say of a fit with as many parameters as values whether its model passes through them.

    The search stays inside the ranges: a parameter that an end holds back may stop just before it.
    """
    if result.degrees_of_freedom:
        return
    problem, u = result._problem, result._solution
    misfit = max(float(np.max(np.abs(stacked(part)))) for part in result.residuals)
    if misfit < NIL:
        yield "as many parameters as values: the model passes through the data and cannot be tested by them"
        return
    room = np.minimum(u - problem.lower, problem.upper - u)
    width = np.where(
        np.isfinite(problem.upper - problem.lower), problem.upper - problem.lower, np.maximum(1.0, np.abs(u))
    )
    near = [name for name, close in zip(problem.names, room <= NEAR * width, strict=True) if close]
    reason = (
        f"; {' and '.join(near)} {'stand' if len(near) > 1 else 'stands'} near an end of the range and cannot go further"
        if near else ", and no values of the parameters near these fit better"
    )  # fmt: skip
    yield f"as many parameters as values, and yet the model misses them by up to {misfit:.2g} of their standard errors{reason}"


def _on_bounds(u: Array, problem: Problem) -> tuple[Array, NDArray[np.bool_]]:
    """Put parameters that lie on a bound to within rounding exactly there, and say which they are."""
    near = 1e-9 * np.maximum(1.0, np.abs(u))
    low, high = u - problem.lower <= near, problem.upper - u <= near
    return np.where(low, problem.lower, np.where(high, problem.upper, u)), low | high


def _estimates(
    problem: Problem,
    u: Array,
    errors: Array,
    at_bound: NDArray[np.bool_],
    blank: NDArray[np.bool_],
    statements: Sequence[str],
) -> dict[str, Estimate]:
    values = problem.all_values(u)
    estimates = {}
    for name, parameter in problem.parameters.items():
        if name in problem.names:
            at = problem.names.index(name)
            if blank[at]:
                reason = next((text for text in statements if name in text.replace(",", " ").split()), None)
                estimates[name] = Estimate(name, None, None, parameter.unit, "undetermined", reason)
            elif at_bound[at]:
                reason = f"{name} ended on a bound, where a standard error has no meaning"
                estimates[name] = Estimate(name, values[name], None, parameter.unit, "at bound", reason)
            else:
                estimates[name] = Estimate(name, values[name], float(errors[at]), parameter.unit)
        elif parameter.fixed:
            estimates[name] = Estimate(name, values[name], None, parameter.unit, "fixed", "it was fixed")
        else:
            estimates[name] = Estimate(name, values[name], None, parameter.unit, "tied", "it follows from others")
    return estimates
