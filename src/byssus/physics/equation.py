"""What an equation says of itself, so that people can call it with units.

An equation stays a plain function of SI floats and arrays.  The decorator only notes its units and the
range that it was made for; ``catalogue`` finds all that are so marked, and reads the rest (equation,
symbols, source, example) from their docstrings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

#: The mark that the decorator leaves.
MARK = "__equation__"
#: In place of units, for an argument that is a word and no quantity: a formula, a choice.
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Units:
    """The unit that a function takes or gives, and the one that people are shown.

    Parameters
    ----------
    si
        What the function works in.
    shown
        What people read and write; a number without a unit is taken to be in it.
    """

    si: str
    shown: str


@dataclass(frozen=True, slots=True)
class Marked:
    """What the decorator noted: units of result and arguments, and the range of each that the equation is made for."""

    result: Units
    arguments: Mapping[str, Units]
    valid: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def equation(
    result: tuple[str, str] | str,
    *,
    valid: Mapping[str, tuple[float, float]] | None = None,
    **arguments: tuple[str, str] | str,
) -> Callable[[F], F]:
    """Mark a function as an equation that people can call.

    Parameters
    ----------
    result
        Unit of the result in SI and as people are shown it; one word if both are the same.
    valid
        By argument, the range in SI that the equation is made for. Outside it the function still answers;
        whoever shows the answer says so. What makes no sense at all the function itself refuses.
    arguments
        By argument, its units as for `result`, or ``"text"``.

    Examples
    --------
    >>> @equation(("kg/m^2", "mg/cm^2"), mass=("kg", "mg"), area=("m^2", "cm^2"))
    ... def loading(mass: float, area: float) -> float:
    ...     return mass / area
    >>> getattr(loading, MARK).arguments["mass"]
    Units(si='kg', shown='mg')
    >>> loading(0.927e-6, 1.13e-4) == 0.927e-6 / 1.13e-4
    True
    """

    def mark(function: F) -> F:
        units = {name: _units(given) for name, given in arguments.items()}
        setattr(function, MARK, Marked(_units(result), units, dict(valid or {})))
        return function

    return mark


def _units(given: tuple[str, str] | str) -> Units:
    return Units(given, given) if isinstance(given, str) else Units(*given)
