"""Linear regressions, to the full precision of the data, with intervals.

`fit_linear` solves a weighted linear least-squares problem by QR and refines the answer
with residuals formed in doubled precision, so that badly conditioned designs (polynomials)
keep their digits.  `fit_line` is the straight line, with errors in y, or in x and y.

Sources: Björck, BIT 7 (1967) 257, doi:10.1007/BF01939321 (refinement); Ogita, Rump and
Oishi, SIAM J. Sci. Comput. 26 (2005) 1955, doi:10.1137/030601818 (doubled precision);
York et al., Am. J. Phys. 72 (2004) 367, doi:10.1119/1.1632486 (errors in both).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byssus.errors import FitError
from byssus.fitting.checks import finite

Array = NDArray[np.float64]

#: Refinements end by themselves after two or three; this is a guard.
REFINEMENTS = 10
#: York's slope is iterated until it moves less than this.
CONVERGED = 1e-15


@dataclass(frozen=True)
class LinearFit:
    """Coefficients of a linear model with their covariance."""

    names: tuple[str, ...]
    values: Array
    errors: Array
    covariance: Array
    residuals: Array
    chi_square: float
    degrees_of_freedom: int
    #: √(χ²/ν).
    scale: float
    known_errors: bool

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Return value ± t·error, or ± z·error for known errors."""
        at = self.names.index(name)
        reach = _quantile(level, None if self.known_errors else self.degrees_of_freedom) * self.errors[at]
        return float(self.values[at] - reach), float(self.values[at] + reach)


@dataclass(frozen=True)
class LineFit:
    """A straight line y = intercept + slope·x with the errors of both and their covariance."""

    slope: float
    intercept: float
    slope_error: float
    intercept_error: float
    covariance: float
    chi_square: float
    degrees_of_freedom: int
    scale: float
    method: Literal["weighted", "errors in both"]
    known_errors: bool

    def slope_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of the slope."""
        return self._around(self.slope, self.slope_error, level)

    def intercept_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of the intercept."""
        return self._around(self.intercept, self.intercept_error, level)

    def band(self, x: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
        """Return the confidence band of the line."""
        at = np.asarray(x, dtype=float)
        variance = self.intercept_error**2 + 2 * at * self.covariance + (at * self.slope_error) ** 2
        reach = self._reach(level) * np.sqrt(np.maximum(variance, 0.0))
        centre = self.intercept + self.slope * at
        return centre - reach, centre + reach

    def _around(self, value: float, error: float, level: float) -> tuple[float, float]:
        reach = self._reach(level) * error
        return value - reach, value + reach

    def _reach(self, level: float) -> float:
        return _quantile(level, None if self.known_errors else self.degrees_of_freedom)


def fit_linear(
    design: ArrayLike,
    y: ArrayLike,
    *,
    error: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    errors: Literal["relative", "known"] = "relative",
) -> LinearFit:
    """Fit y = design · coefficients by weighted least squares.

    Parameters
    ----------
    design
        A row a value, a column a coefficient.
    y, error
        The data and their standard errors or, with ``errors="relative"``, their weights' roots.
    names
        Of the coefficients; b0 and on if none are given.

    Raises
    ------
    FitError
        For bad input, or columns that depend on one another; the line names them.

    Examples
    --------
    >>> x = np.arange(21.0)
    >>> fit_linear(np.vander(x, 6, increasing=True), sum(x**k for k in range(6))).values.tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    a, b, sigma = _checked(design, y, error)
    points, free = a.shape
    labels = tuple(names) if names is not None else tuple(f"b{number}" for number in range(free))
    if len(labels) != free:
        raise FitError(f"has {len(labels)} names for {free} coefficients", field="names")
    needed = free + (1 if errors == "relative" else 0)
    if points < needed:
        raise FitError(f"{points} values cannot determine {free} coefficients and their scatter")
    if sigma is not None:
        a, b = a / sigma[:, None], b / sigma
    # Powers of two, so that the scaling itself rounds nothing.
    lengths = np.exp2(np.round(np.log2(np.maximum(np.linalg.norm(a, axis=0), 1e-300))))
    scaled = a / lengths
    q, r = np.linalg.qr(scaled)
    diagonal = np.abs(np.diag(r))
    norms = np.linalg.norm(scaled, axis=0)
    if (dependent := np.flatnonzero(diagonal <= points * np.finfo(float).eps * norms)).size:
        name = labels[int(dependent[0])]
        raise FitError("is a combination of the columns before it", field=name, fix="leave it out")
    solution, residual = _refined(scaled, b, q, r)
    dof = points - free
    chi_square = math.fsum(residual * residual)
    scale = math.sqrt(chi_square / dof) if dof else math.nan
    inverse = np.linalg.solve(r, np.eye(free)) / lengths[:, None]
    covariance = inverse @ inverse.T * (scale**2 if errors == "relative" else 1.0)
    return LinearFit(
        names=labels,
        values=solution / lengths,
        errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        residuals=-residual,
        chi_square=chi_square,
        degrees_of_freedom=dof,
        scale=scale,
        known_errors=errors == "known",
    )


def fit_line(
    x: ArrayLike,
    y: ArrayLike,
    *,
    x_error: ArrayLike | None = None,
    y_error: ArrayLike | None = None,
    correlation: ArrayLike = 0.0,
    errors: Literal["relative", "known"] = "relative",
) -> LineFit:
    """Fit a straight line.

    Without `x_error` it is the weighted regression of y on x.  With it, both coordinates
    are in error and the line minimises the weighted distance to the points; equal errors
    in both make that the orthogonal distance (total least squares), and a constant ratio
    of the errors Deming's regression.

    Parameters
    ----------
    x, y, x_error, y_error
        Coordinates and their standard errors; a single error serves for all points.
    correlation
        Between the errors of x and y of a point.
    errors
        ``known``, or ``relative``: then χ²/ν sets their scale.

    Raises
    ------
    FitError
        For bad input, or points that all share one x.

    Examples
    --------
    >>> line = fit_line([0.0, 1.0, 2.0, 3.0], [1.0, 3.1, 4.9, 7.0])
    >>> round(line.slope, 3), round(line.intercept, 3)
    (1.98, 1.03)
    """
    first, second = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if first.ndim != 1 or first.shape != second.shape:
        raise FitError(f"x has {first.size} values and y has {second.size}", field="x")
    finite("x", first, "x")
    if first.size and np.ptp(first) == 0:
        raise FitError("all points share one x, so no slope is determined", field="x", value=float(first[0]))
    if x_error is None:
        design = np.column_stack([np.ones_like(first), first])
        sigma = None if y_error is None else np.broadcast_to(np.asarray(y_error, dtype=float), first.shape)
        fit = fit_linear(design, second, error=sigma, names=("intercept", "slope"), errors=errors)
        return LineFit(
            slope=float(fit.values[1]),
            intercept=float(fit.values[0]),
            slope_error=float(fit.errors[1]),
            intercept_error=float(fit.errors[0]),
            covariance=float(fit.covariance[0, 1]),
            chi_square=fit.chi_square,
            degrees_of_freedom=fit.degrees_of_freedom,
            scale=fit.scale,
            method="weighted",
            known_errors=fit.known_errors,
        )
    if y_error is None:
        raise FitError("is needed beside x_error", field="y_error", fix="give the error of y, or leave out that of x")
    return _york(first, second, x_error, y_error, correlation, errors)


def _york(x: Array, y: Array, x_error: ArrayLike, y_error: ArrayLike, correlation: ArrayLike, errors: str) -> LineFit:
    """Fit by York's unified equations (his 13a-f), iterated on the slope."""
    sx, sy, r = (np.broadcast_to(np.asarray(part, dtype=float), x.shape) for part in (x_error, y_error, correlation))
    for name, part in (("x_error", sx), ("y_error", sy)):
        finite(name, part, name)
        if (part <= 0).any():
            raise FitError(f"{int((part <= 0).sum())} errors are not above zero", field=name)
    if not (np.abs(r) < 1).all():
        raise FitError("is not a correlation", field="correlation", fix="give values between -1 and 1")
    finite("y", y, "y")
    if x.size < 3:
        raise FitError(f"{x.size} points cannot determine a line and its scatter")
    wx, wy = sx**-2.0, sy**-2.0
    alpha = np.sqrt(wx * wy)
    slope = fit_line(x, y, y_error=sy).slope
    for _ in range(1000):
        w = wx * wy / (wx + slope**2 * wy - 2 * slope * r * alpha)
        x_mean, y_mean = np.sum(w * x) / np.sum(w), np.sum(w * y) / np.sum(w)
        u, v = x - x_mean, y - y_mean
        beta = w * (u / wy + slope * v / wx - (slope * u + v) * r / alpha)
        previous, slope = slope, float(np.sum(w * beta * v) / np.sum(w * beta * u))
        if abs(slope - previous) <= CONVERGED * abs(slope):
            break
    intercept = float(y_mean - slope * x_mean)
    adjusted = x_mean + beta
    centre = np.sum(w * adjusted) / np.sum(w)
    slope_variance = 1 / np.sum(w * (adjusted - centre) ** 2)
    intercept_variance = 1 / np.sum(w) + centre**2 * slope_variance
    chi_square = float(np.sum(w * (y - slope * x - intercept) ** 2))
    dof = x.size - 2
    unit = chi_square / dof if errors == "relative" else 1.0
    return LineFit(
        slope=slope,
        intercept=intercept,
        slope_error=math.sqrt(slope_variance * unit),
        intercept_error=math.sqrt(intercept_variance * unit),
        covariance=float(-centre * slope_variance * unit),
        chi_square=chi_square,
        degrees_of_freedom=dof,
        scale=math.sqrt(chi_square / dof),
        method="errors in both",
        known_errors=errors == "known",
    )


def _refined(a: Array, b: Array, q: Array, r: Array) -> tuple[Array, Array]:
    """Solve min |b − a·s| and refine solution and residual together (Björck's augmented system)."""
    from scipy.linalg import solve_triangular

    solution: Array = solve_triangular(r, q.T @ b)
    residual = b - a @ solution
    last = math.inf
    for _ in range(REFINEMENTS):
        f = _doubled_rows(b, residual, a, solution)
        g = -_doubled_columns(a, residual)
        z = solve_triangular(r, g, trans="T")
        d = q.T @ f - z
        step: Array = solve_triangular(r, d)
        size = float(np.linalg.norm(step))
        if not size < last:
            break
        solution, residual = solution + step, residual + (f - q @ d)
        last = size
        if size == 0:
            break
    return solution, residual


def _doubled_rows(b: Array, residual: Array, a: Array, solution: Array) -> Array:
    """Return b − residual − a·solution as if in twice the precision."""
    high, low = _two_sum(b, -residual)
    for column, value in zip(a.T, solution, strict=True):
        product, error = _two_product(column, -value)
        high, carried = _two_sum(high, product)
        low = low + carried + error
    return np.asarray(high + low)


def _doubled_columns(a: Array, residual: Array) -> Array:
    """Return aᵀ·residual with exactly rounded sums."""
    totals = []
    for column in a.T:
        product, error = _two_product(column, residual)
        totals.append(math.fsum(np.concatenate([product, error])))
    return np.array(totals)


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: Array, b: Any) -> tuple[Array, Array]:
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(np.asarray(b, dtype=float))
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _split(a: Array) -> tuple[Array, Array]:
    # Veltkamp: the upper and the lower 26 bits.
    carried = 134217729.0 * a
    high = carried - (carried - a)
    return high, a - high


def _checked(design: ArrayLike, y: ArrayLike, error: ArrayLike | None) -> tuple[Array, Array, Array | None]:
    a, b = np.asarray(design, dtype=float), np.asarray(y, dtype=float)
    if a.ndim != 2 or b.ndim != 1 or a.shape[0] != b.size:
        raise FitError(f"the design has shape {a.shape} for {b.size} values of y", field="design")
    finite("the design", a, "design")
    finite("y", b, "y")
    if error is None:
        return a, b, None
    sigma = np.asarray(error, dtype=float)
    sigma = np.broadcast_to(sigma, b.shape) if sigma.ndim == 0 else sigma
    if sigma.shape != b.shape:
        raise FitError(f"has {sigma.size} errors for {b.size} values", field="error")
    finite("error", sigma, "error")
    if (sigma <= 0).any():
        raise FitError(f"{int((sigma <= 0).sum())} errors are not above zero", field="error")
    return a, b, sigma


def _quantile(level: float, dof: int | None) -> float:
    from scipy.special import ndtri, stdtrit

    return float(ndtri(0.5 + level / 2) if dof is None else stdtrit(dof, 0.5 + level / 2))
