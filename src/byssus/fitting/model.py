"""What a person gives a fit: parameters, and data with the model that they are fitted with."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


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


def signature_of(model: Callable[..., Any]) -> list[str] | None:
    """Return the names of a model's parameters after its first argument, or None if it takes any."""
    parameters = list(inspect.signature(model).parameters.values())[1:]
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters]
