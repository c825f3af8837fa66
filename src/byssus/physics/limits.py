"""What the arguments of an equation must be, said in one way.

Each check takes the arguments by name and raises a ValueError that names the argument and the first value
that makes no sense.  Not a number never makes sense.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def above_zero(**given: ArrayLike) -> None:
    """Refuse what is not above zero.

    Examples
    --------
    >>> above_zero(mass=0.82, area=[1.0, -2.0])
    Traceback (most recent call last):
        ...
    ValueError: area must be above zero, not -2
    """
    _all(given, lambda value: value > 0, "above zero")


def at_least_zero(**given: ArrayLike) -> None:
    """Refuse what is below zero."""
    _all(given, lambda value: value >= 0, "zero or above")


def share(**given: ArrayLike) -> None:
    """Refuse what is no share of a whole.

    Examples
    --------
    >>> share(mass_fraction=22)
    Traceback (most recent call last):
        ...
    ValueError: mass_fraction must be from 0 to 1, not 22
    """
    _all(given, lambda value: (value >= 0) & (value <= 1), "from 0 to 1")


def share_of_something(**given: ArrayLike) -> None:
    """Refuse what is no share of a whole, and nothing at all."""
    _all(given, lambda value: (value > 0) & (value <= 1), "above 0 and up to 1")


def share_with_rest(**given: ArrayLike) -> None:
    """Refuse what is no share of a whole, and the whole itself.

    Examples
    --------
    >>> share_with_rest(porosity=1.2)
    Traceback (most recent call last):
        ...
    ValueError: porosity must be from 0 to below 1, not 1.2
    """
    _all(given, lambda value: (value >= 0) & (value < 1), "from 0 to below 1")


def finite(**given: ArrayLike) -> None:
    """Refuse what is no finite number."""
    _all(given, np.isfinite, "a finite number")


def components(**given: ArrayLike) -> list[Array]:
    """Return lists that run over the same components, in their last dimension, as arrays.

    Examples
    --------
    >>> masses, densities = components(masses=[6, 2, 2], densities=[2.33, 1.86])
    Traceback (most recent call last):
        ...
    ValueError: densities must be as many as masses, which are 3, not 2
    """
    arrays = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in given.items()}
    first, *_ = arrays
    count = arrays[first].shape[-1]
    for name, values in arrays.items():
        if not count:
            raise ValueError(f"{first} must be at least one, not none")
        if values.shape[-1] != count:
            raise ValueError(f"{name} must be as many as {first}, which are {count}, not {values.shape[-1]}")
    return list(arrays.values())


def plain(values: Array | np.float64) -> float | Array:
    """Return an array for arrays and a float for single numbers."""
    return values if isinstance(values, np.ndarray) and values.ndim else float(values)


def _all(given: dict[str, ArrayLike], holds: Callable[[Array], NDArray[np.bool_]], rule: str) -> None:
    for name, values in given.items():
        numbers = np.atleast_1d(np.asarray(values, dtype=float))
        if not np.all(good := holds(numbers)):
            raise ValueError(f"{name} must be {rule}, not {numbers[~good].flat[0]:.6g}")
