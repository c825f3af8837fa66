"""Data and parameters as numbers: scaled free parameters in, weighted residuals out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from byssus.errors import FitError
from byssus.fitting import checks
from byssus.fitting.model import Data, Parameter

Array = NDArray[np.float64]

#: At the limit of double precision; looser ones cost certified digits (see the validation page).
TOLERANCE = 1e-15
MAX_EVALUATIONS = 20_000


class Problem:
    """The data and parameters as numbers: scaled free parameters in, weighted residuals out."""

    def __init__(
        self,
        data: list[Data],
        parameters: list[Parameter],
        errors: str,
        loss: str,
        loss_scale: float,
        tolerance: float = TOLERANCE,
    ) -> None:
        self.errors, self.loss, self.loss_scale, self.tolerance = errors, loss, loss_scale, tolerance
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
        """Every parameter's value in its own unit, from the scaled free ones."""
        values = dict(zip(self.names, (u * self.scales).tolist(), strict=True)) | self.fixed
        for name, function in self.tied.items():
            values[name] = float(function(values))
        return values

    def model(self, place: int, x: Any, u: Array) -> NDArray[Any]:
        """The model of one data set at any points."""
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
        """(model − data)/error of all data sets in a row, imaginary parts after real ones."""
        parts = [
            stacked(weighted(self.model(place, part.x, u) - part.y, self.error(place, u)))
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
                    block[:, at] += stacked(weighted(slope, part.error)) * self.scales[at]
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
                    ftol=self.tolerance,
                    xtol=self.tolerance,
                    gtol=self.tolerance,
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


def weighted(difference: NDArray[Any], error: Any) -> NDArray[Any]:
    """Divide by the error, a complex one by parts."""
    if error is None:
        return difference
    if np.iscomplexobj(error):
        return np.asarray(difference.real / error.real + 1j * difference.imag / error.imag)
    return np.asarray(difference / error)


def stacked(values: NDArray[Any]) -> Array:
    """Return the values in a row, imaginary parts after real ones."""
    flat = np.ravel(values)
    return np.concatenate([flat.real, flat.imag]) if np.iscomplexobj(flat) else flat
