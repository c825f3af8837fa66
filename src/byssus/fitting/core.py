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

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from byssus.errors import FitError
from byssus.fitting import identifiability

Array = NDArray[np.float64]
Loss = Literal["linear", "soft_l1", "huber", "cauchy", "arctan"]

#: At the limit of double precision; looser ones cost certified digits (see the validation page).
TOLERANCE = 1e-15
MAX_EVALUATIONS = 20_000
#: A parameter whose standard error is this part of its value has its profile looked at for open ends.
WEAK = 0.5


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a model.

    Parameters
    ----------
    name
        As the model's argument is called, or as `Data.names` maps it.
    start
        Where the search begins.
    lower, upper
        Bounds; a fit that ends on one says so.
    scale
        Its typical size; the start's, or one for a start of zero.
    unit
        For people; the fit does not convert.
    fixed
        Held at `start`.
    tied
        A function of the other parameters' values that gives this one.
    """

    name: str
    start: float = math.nan
    lower: float = -math.inf
    upper: float = math.inf
    scale: float | None = None
    unit: str = "1"
    fixed: bool = False
    tied: Callable[[Mapping[str, float]], float] | None = None


@dataclass(frozen=True)
class Data:
    """One data set and the model it is fitted with.

    Parameters
    ----------
    model
        ``model(x, a, b, …)``, a plain function of named parameters; real or complex.
    x
        Whatever the model takes; the fit only passes it on.
    y
        The data, real or complex.
    error
        Standard error of each value, or of all; of the real and imaginary part each for
        complex data, or complex to give both.  None weighs all alike.
    x_error
        Standard error of each x, or of all, where x is uncertain too.  A value then has the
        effective variance σ² = σ_y² + (∂model/∂x · σ_x)², which moves with the parameters:
        exact for a straight line (it is then York's), of first order for a curve.  Needs
        `error`, real data and an array x.
    name
        For messages.
    names
        What an argument of the model is called among the parameters, where that differs:
        ``{"R": "R of cell 2"}``.  Arguments not named here keep their names and are shared.
    derivatives
        ``derivatives(x, a, b, …)`` gives ∂model/∂argument by argument; optional.
    """

    model: Callable[..., Any]
    x: Any
    y: Any
    error: Any = None
    x_error: Any = None
    name: str = "data"
    names: Mapping[str, str] = field(default_factory=dict)
    derivatives: Callable[..., Mapping[str, Any]] | None = None


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
    _problem: _Problem = field(repr=False)
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

        parts = [_stacked(part) for part in self.residuals]
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
    problem = _Problem([data] if isinstance(data, Data) else list(data), list(parameters), errors, loss, loss_scale)
    solutions = [problem.solve(start) for start in _starting_points(problem, starts, seed)]
    best = min(solutions, key=lambda solution: float(solution.cost))
    reached = sum(math.isclose(solution.cost, best.cost, rel_tol=1e-6, abs_tol=1e-300) for solution in solutions)
    evaluations = sum(int(solution.nfev) for solution in solutions)
    return _conclude(problem, best, evaluations, (starts, reached, seed if starts > 1 else None))


class _Problem:
    """The data and parameters as numbers: scaled free parameters in, weighted residuals out."""

    def __init__(
        self, data: list[Data], parameters: list[Parameter], errors: str, loss: str, loss_scale: float
    ) -> None:
        from byssus.fitting import checks

        self.errors, self.loss, self.loss_scale = errors, loss, loss_scale
        checks.parameters(parameters)
        self.parameters = {parameter.name: parameter for parameter in parameters}
        self.free = [p for p in parameters if not p.fixed and p.tied is None]
        self.fixed = {p.name: p.start for p in parameters if p.fixed}
        self.tied = {p.name: p.tied for p in parameters if p.tied is not None}
        self.names = [p.name for p in self.free]
        self.data = [checks.data(part) for part in data]
        self.arguments = [checks.arguments(part, self.parameters) for part in data]
        checks.all_used(self.parameters, self.arguments, self.tied)
        self.points = sum(part.y.size * (2 if np.iscomplexobj(part.y) else 1) for part in self.data)
        if self.points < len(self.free) + (1 if errors == "relative" else 0):
            raise FitError(
                f"{self.points} values cannot determine {len(self.free)} parameters"
                + (" and their scatter" if errors == "relative" else ""),
                fix="give more data, fix a parameter, or state known errors",
            )
        if not self.free:
            raise FitError("no parameter is free", fix="leave at least one neither fixed nor tied")
        self.scales = np.array([p.scale or abs(p.start) or 1.0 for p in self.free])
        self.start = np.array([p.start for p in self.free]) / self.scales
        self.lower = np.array([p.lower for p in self.free]) / self.scales
        self.upper = np.array([p.upper for p in self.free]) / self.scales
        self.sum_of_log_errors = sum(checks.sum_of_logs(part) for part in self.data)
        self.analytic = not self.tied and all(
            part.derivatives is not None and part.x_error is None for part in self.data
        )
        for place, part in enumerate(self.data):
            checks.first_values(part, self.model(place, part.x, self.start))

    def all_values(self, u: Array) -> dict[str, float]:
        values = dict(zip(self.names, (u * self.scales).tolist(), strict=True)) | self.fixed
        for name, function in self.tied.items():
            values[name] = float(function(values))
        return values

    def model(self, place: int, x: Any, u: Array) -> NDArray[Any]:
        values = self.all_values(u)
        arguments = {argument: values[name] for argument, name in self.arguments[place].items()}
        return np.asarray(self.data[place].model(x, **arguments))

    def error(self, place: int, u: Array) -> Any:
        """The errors of a data set's values; with errors in x they depend on the parameters."""
        part = self.data[place]
        if part.x_error is None:
            return part.error
        # The slope over the reach of the error is what carries it; a step that short still rounds nothing away.
        step = 0.1 * part.x_error
        slope = (self.model(place, part.x + step, u) - self.model(place, part.x - step, u)) / (2 * step)
        return np.hypot(part.error, slope * part.x_error)

    def residuals(self, u: Array) -> Array:
        parts = [
            _stacked(_weighted(self.model(place, part.x, u) - part.y, self.error(place, u)))
            for place, part in enumerate(self.data)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def split(self, stacked: Array) -> Iterator[NDArray[Any]]:
        """Give each data set its part of stacked residuals, complex where the data are."""
        at = 0
        for part in self.data:
            size = part.y.size
            if np.iscomplexobj(part.y):
                yield (stacked[at : at + size] + 1j * stacked[at + size : at + 2 * size]).reshape(part.y.shape)
                at += 2 * size
            else:
                yield stacked[at : at + size].reshape(part.y.shape)
                at += size

    def jacobian(self, u: Array) -> Array:
        """The residuals' derivatives, from those that the models give."""
        values = self.all_values(u)
        blocks = []
        for part, arguments in zip(self.data, self.arguments, strict=True):
            assert part.derivatives is not None  # noqa: S101 - `analytic` says so
            given = part.derivatives(part.x, **{argument: values[name] for argument, name in arguments.items()})
            block = np.zeros((part.y.size * (2 if np.iscomplexobj(part.y) else 1), len(self.free)))
            for argument, name in arguments.items():
                if name in self.names:
                    at = self.names.index(name)
                    slope = np.broadcast_to(np.asarray(given[argument]), part.y.shape)
                    block[:, at] += _stacked(_weighted(slope, part.error)) * self.scales[at]
            blocks.append(block)
        return np.vstack(blocks)

    def solve(self, start: Array, free: NDArray[np.bool_] | None = None) -> Any:
        """Minimise from a start; `free` masks the parameters that may move."""
        mask = np.ones(len(start), dtype=bool) if free is None else free

        def put(part: Array) -> Array:
            if free is None:
                return part
            whole = start.copy()
            whole[mask] = part
            return whole

        begin = np.clip(start[mask], self.lower[mask], self.upper[mask])
        with np.errstate(all="ignore"):
            first = self.residuals(put(begin))
        # SciPy's tolerance on the gradient is absolute; residuals of order one give it a meaning.
        size = math.sqrt(float(first @ first) / len(first)) or 1.0
        size = size if math.isfinite(size) else 1.0

        def residuals(part: Array) -> Array:
            scaled = self.residuals(put(part))
            scaled /= size
            return scaled

        def derivatives(part: Array) -> Array:
            return self.jacobian(put(part))[:, mask] / size

        with np.errstate(all="ignore"):
            try:
                solution = least_squares(
                    residuals,
                    begin,
                    jac=derivatives if self.analytic else "3-point",
                    bounds=(self.lower[mask], self.upper[mask]),
                    method="trf",
                    ftol=TOLERANCE,
                    xtol=TOLERANCE,
                    gtol=TOLERANCE,
                    loss=self.loss,
                    f_scale=self.loss_scale / size,
                    max_nfev=MAX_EVALUATIONS,
                )
            except (ValueError, np.linalg.LinAlgError) as error:
                raise FitError(
                    f"the model gives values that are not finite on the way ({error})",
                    fix="bound the parameters to where the model is defined",
                ) from error
        solution.fun, solution.jac, solution.cost = solution.fun * size, solution.jac * size, solution.cost * size**2
        return solution

    def curve_gradient(self, place: int, x: Any, u: Array) -> Array:
        """∂model/∂u at other points, by central differences."""
        columns = []
        for at in range(len(u)):
            step = np.zeros_like(u)
            step[at] = np.cbrt(np.finfo(float).eps) * max(abs(u[at]), 1e-3)
            columns.append((self.model(place, x, u + step) - self.model(place, x, u - step)) / (2 * step[at]))
        return np.column_stack([np.asarray(column, dtype=float) for column in columns])

    def plain_jacobian(self, u: Array) -> Array:
        """Derivatives of the residuals, not weighted by a robust loss."""
        if self.analytic:
            return self.jacobian(u)
        columns = []
        for at in range(len(u)):
            step = np.zeros_like(u)
            step[at] = np.cbrt(np.finfo(float).eps) * max(abs(u[at]), 1e-3)
            columns.append((self.residuals(u + step) - self.residuals(u - step)) / (2 * step[at]))
        return np.column_stack(columns)


def _starting_points(problem: _Problem, starts: int, seed: int) -> list[Array]:
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


def _conclude(problem: _Problem, solution: Any, evaluations: int, starts: tuple[int, int, int | None]) -> Fit:
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
    return replace(result, statements=(*statements, *_open_ends(result), *_without_room(result)))


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
    if result.degrees_of_freedom == 0:
        yield "as many parameters as values: the model passes through the data and cannot be tested by them"


def _on_bounds(u: Array, problem: _Problem) -> tuple[Array, NDArray[np.bool_]]:
    """Put parameters that lie on a bound to within rounding exactly there, and say which they are."""
    near = 1e-9 * np.maximum(1.0, np.abs(u))
    low, high = u - problem.lower <= near, problem.upper - u <= near
    return np.where(low, problem.lower, np.where(high, problem.upper, u)), low | high


def _estimates(
    problem: _Problem,
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


def _weighted(difference: NDArray[Any], error: Any) -> NDArray[Any]:
    if error is None:
        return difference
    if np.iscomplexobj(error):
        return np.asarray(difference.real / error.real + 1j * difference.imag / error.imag)
    return np.asarray(difference / error)


def _stacked(values: NDArray[Any]) -> Array:
    flat = np.ravel(values)
    return np.concatenate([flat.real, flat.imag]) if np.iscomplexobj(flat) else flat


def signature_of(model: Callable[..., Any]) -> list[str] | None:
    """Return the names of a model's parameters after its first argument, or None if it takes any."""
    parameters = list(inspect.signature(model).parameters.values())[1:]
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters]
