"""Laws of fade fitted to capacities whose residuals are correlated from cycle to cycle.

A cycle resembles the one before it (temperature, pauses, a law that is not quite right), and
least squares that takes them for independent gives intervals that are far too narrow.  Here
the residuals are a first-order autoregression, correlated by ρ from one cycle to the next, and
nothing takes the best value of ρ for true: a law is fitted at nodes of ρ, each with a weight,
the restricted likelihood times the reference prior (1 − ρ²)^(−1/2) on 0 ≤ ρ < 1.  What is said
of the law is a mixture over the nodes.

Sources: Harville, J. Am. Stat. Assoc. 72 (1977) 320 (restricted likelihood); Zellner,
Introduction to Bayesian Inference in Econometrics (1971), ch. 4.1, and Berger and Yang,
Econometric Theory 10 (1994) 461 (the prior).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byssus.errors import AnalysisError
from byssus.fitting import Data, Parameter, fit, fit_linear
from byssus.physics.fade import (
    geometric_capacity,
    geometric_rate,
    linear_capacity,
    linear_rate,
    square_root_capacity,
    square_root_rate,
)

Array = NDArray[np.float64]

LEVEL = 0.95
#: Four numbers are fitted (two of the law, scatter, correlation); the corrected criterion exists from six values on.
FEWEST = 6
#: Nodes of ρ = sin θ; equal steps of θ are the reference prior. They are closer than the spread of θ, 1/√N, up to
#: 200 cycles; with more, ρ is known so well that half a step is the most that the nearest node is off.
NODES = 24
#: Start and end of the geometric law stay above this share of the greatest capacity.
LOWEST = 1e-9


@dataclass(frozen=True)
class Law:
    """A law of fade, in the form in which it is fitted."""

    name: str
    #: Capacity from the initial one, the rate and the cycles since the baseline; and the rate from a retention.
    capacity: Callable[[float, float, Array], Array]
    rate: Callable[[Any, float], Any]
    #: Cycles enter to this power.
    power: float
    unit: str
    result: str
    multiplies: bool = False

    def time(self, since: Array, span: float) -> Array:
        """Time of the law, 0 at the baseline and 1 after `span` cycles."""
        return np.asarray((since / span) ** self.power)

    def value(self, x: Array, start: Any, end: Any) -> Array:
        """Capacity by its values at times 0 and 1: nearly linear in both, and zero fade is no special case."""
        if self.multiplies:
            return np.asarray(start * (end / start) ** x)
        return np.asarray(start * (1 - x) + end * x)

    def gradient(self, x: Array, start: Any, end: Any) -> Array:
        """Derivatives by start and end, in the last axis."""
        if self.multiplies:
            ratio = end / start
            return np.stack([(1 - x) * ratio**x, x * ratio ** (x - 1)], axis=-1)
        return np.stack(np.broadcast_arrays(1 - x, x), axis=-1)


LAWS = {
    law.name: law
    for law in (
        Law(
            "geometric",
            geometric_capacity,
            geometric_rate,
            1.0,
            "%/cycle",
            "fade per cycle, geometric",
            multiplies=True,
        ),
        Law("linear", linear_capacity, linear_rate, 1.0, "%/cycle", "fade per cycle, linear"),
        Law(
            "square root",
            square_root_capacity,
            square_root_rate,
            0.5,
            "%/√cycle",
            "fade per root of a cycle, square root",
        ),
    )
}


@dataclass(frozen=True)
class Series:
    """Capacities of the cycles used."""

    n: Array
    q: Array
    baseline: int
    #: Smallest credible standard deviation of a residual: that of rounding.
    floor: float

    @property
    def spacing(self) -> float:
        """The usual number of cycles from one to the next; ρ is over as many."""
        return float(np.median(np.diff(self.n)))

    @property
    def span(self) -> float:
        """Cycles from the baseline to the last."""
        return float(self.n[-1] - self.baseline)

    def tail(self, count: int) -> Series:
        """Return the last cycles, counted from the same baseline."""
        return Series(self.n[-count:], self.q[-count:], self.baseline, self.floor)


@dataclass(frozen=True)
class Nodes:
    """A law fitted at every node of the correlation."""

    law: Law
    correlation: Array
    weight: Array
    #: Start and end by node, their covariance for unit variance, and the variance of a residual.
    values: Array
    unit: Array
    variance: Array
    freedom: int
    #: The largest log-likelihood over the nodes.
    likelihood: float


def checked(n: ArrayLike, q: ArrayLike, baseline: int, uncertainty: ArrayLike | None, used: ArrayLike | None) -> Series:
    """Return the cycles used, from the baseline on, or say what is wrong with them."""
    cycles, capacity = np.asarray(n, dtype=float), np.asarray(q, dtype=float)
    if cycles.ndim != 1 or cycles.shape != capacity.shape:
        raise AnalysisError(f"{cycles.size} cycles and {capacity.size} capacities do not pair", field="cycle")
    keep = np.ones(cycles.shape, dtype=bool) if used is None else np.asarray(used, dtype=bool)
    if baseline not in cycles[keep]:
        raise AnalysisError(
            "is not among the cycles used", field="baseline", value=baseline, fix="name one at the same current"
        )
    keep = keep & (cycles >= baseline)
    cycles, capacity = cycles[keep], capacity[keep]
    bad = ~(np.isfinite(capacity) & (capacity > 0))
    if bad.any():
        raise AnalysisError(
            f"{int(bad.sum())} capacities are missing or not above zero, the first in cycle {cycles[bad][0]:.0f}",
            field="capacity",
            fix="leave those cycles out, with the reason",
        )
    if (np.diff(cycles) <= 0).any():
        raise AnalysisError("cycle numbers do not rise", field="cycle", fix="give each cycle once, in order")
    if len(cycles) < FEWEST:
        raise AnalysisError(
            f"{len(cycles)} {'cycle' if len(cycles) == 1 else 'cycles'} from the baseline on: too few for a fade",
            field="cycle",
            fix=f"give at least {FEWEST}",
        )
    floor = float(np.finfo(float).eps) * float(capacity.max())
    if uncertainty is not None:
        given = np.asarray(uncertainty, dtype=float)[keep]
        given = given[np.isfinite(given)]
        if given.size:
            floor = max(floor, float(np.sqrt(np.mean(given**2))))
    return Series(cycles, capacity, baseline, floor)


def correlations() -> Array:
    """Return the nodes of ρ, equally weighted by the prior."""
    return np.asarray(np.sin((np.arange(NODES) + 0.5) / NODES * np.pi / 2), dtype=float)


def innovations(values: Array, correlation: float, gaps: Array) -> Array:
    """Return what each row brings beyond what the row before it, some gaps away, foretells."""
    carried = (correlation**gaps).reshape((-1,) + (1,) * (values.ndim - 1))
    return np.concatenate([values[:1], values[1:] - carried * values[:-1]])


def deviations(correlation: float, gaps: Array) -> Array:
    """Return the standard deviations of innovations, for residuals of unit variance."""
    return np.concatenate([[1.0], np.sqrt(1 - correlation ** (2 * gaps))])


def least_variance(floor: float, correlation: float) -> float:
    """Return the least variance of residuals that hold independent rounding: none of it can be foretold, whatever ρ."""
    return floor**2 / (1 - correlation**2)


def criterion(likelihood: Any, points: int, free: int) -> Any:
    """Return Akaike's criterion corrected for few points: Burnham and Anderson, Model Selection (2002), 2.4."""
    room = points - free - 1
    return 2 * free - 2 * likelihood + (2 * free * (free + 1) / room if room > 0 else math.inf)


def at_every_node(law: Law, series: Series) -> Nodes:
    """Fit a law by generalised least squares at every node of the correlation."""
    x = law.time(series.n - series.baseline, series.span)
    gaps, points = np.diff(series.n) / series.spacing, len(series.n)
    size = float(series.q.max())
    freedom = points - 2
    nodes = correlations()
    values, units = np.empty((NODES, 2)), np.empty((NODES, 2, 2))
    chi_squares, likelihoods, restricted = np.empty(NODES), np.empty(NODES), np.empty(NODES)
    near: tuple[float, float] = (1.0, float(series.q[-1] / series.q[0]))
    for at, correlation in enumerate(nodes.tolist()):
        errors = deviations(correlation, gaps)
        y = innovations(series.q / size, correlation, gaps)
        near, chi_square = _solved(law, x, y, errors, correlation, gaps, near)
        slopes = innovations(law.gradient(x, *near), correlation, gaps) / errors[:, None]
        unit = np.linalg.inv(slopes.T @ slopes)
        chi_square = max(chi_square, freedom * least_variance(series.floor / size, correlation))
        logs = float(np.sum(np.log(errors)))
        values[at], units[at], chi_squares[at] = near, unit, chi_square
        likelihoods[at] = -0.5 * points * math.log(chi_square / points) - logs
        restricted[at] = -0.5 * freedom * math.log(chi_square) - logs + 0.5 * float(np.linalg.slogdet(unit)[1])
    weight = np.exp(restricted - restricted.max())
    return Nodes(
        law=law,
        correlation=nodes,
        weight=weight / weight.sum(),
        values=values * size,
        unit=units,
        variance=chi_squares * size**2 / freedom,
        freedom=freedom,
        likelihood=float(likelihoods.max()),
    )


def _solved(
    law: Law, x: Array, y: Array, errors: Array, correlation: float, gaps: Array, near: tuple[float, float]
) -> tuple[tuple[float, float], float]:
    if not law.multiplies:
        design = innovations(law.gradient(x, *near), correlation, gaps)
        made = fit_linear(design, y, error=errors, names=("start", "end"))
        return (float(made.values[0]), float(made.values[1])), made.chi_square

    def model(x: Array, start: float, end: float) -> Array:
        return innovations(law.value(x, start, end), correlation, gaps)

    def derivatives(x: Array, start: float, end: float) -> dict[str, Array]:
        slopes = innovations(law.gradient(x, start, end), correlation, gaps)
        return {"start": slopes[:, 0], "end": slopes[:, 1]}

    result = fit(
        Data(model, x, y, errors, derivatives=derivatives),
        [
            Parameter("start", max(near[0], 2 * LOWEST), lower=LOWEST),
            Parameter("end", max(near[1], 2 * LOWEST), lower=LOWEST),
        ],
    )
    return (result.values["start"], result.values["end"]), result.chi_square


def spread(weights: Array, centres: Array, errors: Array) -> float:
    """Return the standard deviation of a mixture."""
    mean = weights @ centres
    return float(np.sqrt(weights @ (errors**2 + (centres - mean) ** 2)))


def quantile(weights: Array, centres: Array, errors: Array, freedom: Any, tail: float) -> float:
    """Return a quantile of a mixture of Student's t distributions."""
    from scipy.optimize import brentq
    from scipy.special import stdtr, stdtrit

    heavy = weights > 1e-7 * weights.max()
    weights, centres, errors = weights[heavy] / weights[heavy].sum(), centres[heavy], errors[heavy]
    freedom = np.broadcast_to(freedom, heavy.shape)[heavy]
    # The quantile of a mixture lies between the least and the greatest of its parts.
    ends = centres + errors * stdtrit(freedom, tail)
    low, high = float(ends.min()), float(ends.max())
    if not low < high:
        return low
    return float(brentq(lambda value: float(weights @ stdtr(freedom, (value - centres) / errors)) - tail, low, high))
