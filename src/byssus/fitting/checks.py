"""Bad input, named before a fit starts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from byssus.errors import FitError, did_you_mean
from byssus.fitting.model import Data, Parameter, signature_of


def parameters(given: Sequence[Parameter]) -> None:
    """Check names, starts, bounds and scales."""
    names = [parameter.name for parameter in given]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise FitError("is given twice", field=doubled[0], fix="give each parameter once")
    for parameter in given:
        if parameter.tied is not None:
            if parameter.fixed:
                raise FitError("is both fixed and tied", field=parameter.name, fix="choose one")
            continue
        if not math.isfinite(parameter.start):
            raise FitError("is not a start", field=parameter.name, value=parameter.start, fix="give a finite number")
        if parameter.scale is not None and not (parameter.scale > 0 and math.isfinite(parameter.scale)):
            raise FitError(
                "is not a scale", field=parameter.name, value=parameter.scale, fix="give a number above zero"
            )
        if parameter.fixed:
            continue
        if not parameter.lower < parameter.upper:
            raise FitError(
                f"has bounds that leave nothing, {parameter.lower} and {parameter.upper}", field=parameter.name
            )
        if not parameter.lower <= parameter.start <= parameter.upper:
            raise FitError(
                f"lies outside its bounds, {parameter.lower} and {parameter.upper}",
                field=parameter.name,
                value=parameter.start,
                fix="start within them",
            )


def data(part: Data) -> Data:
    """Return the data as arrays, or say what is wrong with them."""
    y = np.asarray(part.y)
    if y.dtype.kind not in "fiuc" or y.ndim == 0:
        raise FitError("y is no array of numbers", field=part.name, value=part.y)
    y = y.astype(complex if np.iscomplexobj(y) else float)
    if y.size == 0:
        raise FitError("y is empty", field=part.name)
    finite("y", y, part.name)
    x = part.x
    if isinstance(x, list | tuple):
        x = np.asarray(x)
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiuc":
        finite("x", x, part.name)
    error = part.error
    if error is not None:
        error = np.asarray(error)
        if error.dtype.kind not in "fiuc":
            raise FitError("the errors are no numbers", field=part.name, value=part.error)
        error = error.astype(complex if np.iscomplexobj(error) else float)
        if error.shape not in ((), y.shape):
            raise FitError(f"has {error.size} errors for {y.size} values", field=part.name)
        if np.iscomplexobj(error) and not np.iscomplexobj(y):
            raise FitError("has complex errors for real values", field=part.name)
        finite("error", error, part.name)
        parts = [error.real, error.imag] if np.iscomplexobj(error) else [error]
        if bad := sum(int(np.sum(values <= 0)) for values in parts):
            raise FitError(
                f"has {bad} errors that are not above zero",
                field=part.name,
                fix="give the standard error of each value, or none at all",
            )
    x_error = part.x_error
    if x_error is not None:
        if error is None or np.iscomplexobj(y) or np.shape(x) != y.shape:
            raise FitError("has errors in x", field=part.name, fix="give the errors of y too, real data and an array x")
        x_error = np.broadcast_to(np.asarray(x_error, dtype=float), y.shape)
        finite("x_error", x_error, part.name)
        if (x_error <= 0).any():
            raise FitError(f"has {int((x_error <= 0).sum())} errors of x that are not above zero", field=part.name)
        x = np.asarray(x, dtype=float)
    return replace(part, x=x, y=y, error=error, x_error=x_error)


def finite(what: str, values: NDArray[Any], name: str) -> None:
    """Name the first value that is not finite."""
    bad = ~np.isfinite(values)
    if bad.any():
        at = int(np.flatnonzero(np.ravel(bad))[0])
        raise FitError(
            f"{what} holds {int(bad.sum())} values that are not finite, the first at place {at}",
            field=name,
            fix="leave them out, or say why they are missing",
        )


def arguments(part: Data, known: Mapping[str, Any]) -> dict[str, str]:
    """Map each argument of a model to a parameter."""
    wanted = signature_of(part.model)
    if wanted is None:
        wanted = [*part.names, *(name for name in known if name not in part.names.values())]
    if strangers := [argument for argument in part.names if argument not in wanted]:
        raise FitError(
            f"the model has no argument {strangers[0]!r}", field=part.name, fix=did_you_mean(strangers[0], wanted)
        )
    mapped = {argument: part.names.get(argument, argument) for argument in wanted}
    for name in mapped.values():
        if name not in known:
            raise FitError(
                f"the model takes {name!r}, which is not among the parameters",
                field=part.name,
                fix=did_you_mean(name, known),
            )
    return mapped


def all_used(
    known: Mapping[str, Parameter],
    taken: Sequence[Mapping[str, str]],
    tied: Mapping[str, Callable[[Mapping[str, float]], float]],
) -> None:
    """Refuse a free parameter that no model takes, unless a tied one may need it."""
    if tied:
        return
    used = {name for mapping in taken for name in mapping.values()}
    if idle := [name for name in known if name not in used]:
        raise FitError("is taken by no model", field=idle[0], fix="remove it, or name it in the model")


def first_values(part: Data, values: NDArray[Any]) -> None:
    """Check what the model gives at the start."""
    if values.shape != part.y.shape:
        if np.ndim(part.x) == 1 and values.shape == np.shape(part.x):
            raise FitError(f"x has {values.size} values and y has {part.y.size}", field=part.name)
        raise FitError(
            f"the model gives values of shape {values.shape} for data of shape {part.y.shape}", field=part.name
        )
    if np.iscomplexobj(values) and not np.iscomplexobj(part.y):
        raise FitError("the model gives complex values for real data", field=part.name)
    bad = int(np.sum(~np.isfinite(values)))
    if bad:
        raise FitError(
            f"the model gives {bad} values that are not finite at the start",
            field=part.name,
            fix="start, and bound, the parameters where the model is defined",
        )


def sum_of_logs(part: Data) -> float:
    """Return Σ ln σ over the values, for the likelihood; zero where no errors are given."""
    if part.error is None:
        return 0.0
    error = np.broadcast_to(part.error, part.y.shape)
    if np.iscomplexobj(error):
        return float(np.sum(np.log(error.real)) + np.sum(np.log(error.imag)))
    return float(np.sum(np.log(error))) * (2 if np.iscomplexobj(part.y) else 1)
