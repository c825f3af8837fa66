"""What a person gives for an argument: text with units and uncertainties, lists of it, bare numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from byssus.errors import UnitError
from byssus.physics.equation import TEXT, Units
from byssus.quantity import Quantity, convert, pretty_unit

#: In place of units, for arguments that need only be of one kind, whichever that is: two capacities of which the
#: ratio is asked.  A result marked so has the unit of the first such argument.
ANY: Final = "any"

Given = str | float | Quantity | Sequence[Any]

#: One comma between two whole numbers may be a decimal mark, and groups of three may be thousands.
_TIGHT = re.compile(r"(?<![\d.])\d+(?:,\d+)+(?![\d.])")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
#: ``5 1/h`` is how people write a rate.
_PER = re.compile(r"\s1/([a-zA-Zµ]+)\s*$")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of an equation, as people give it.

    Parameters
    ----------
    name, units
        Its name, and its units in SI and as shown.
    required, default
        Whether it must be given; if not, what is taken instead, in SI.
    one, several
        Whether it may be one number, and whether it may be a list.
    valid
        Range in SI that the equation is made for.
    """

    name: str
    units: Units
    required: bool
    default: object
    one: bool
    several: bool
    valid: tuple[float, float] | None

    @property
    def unit(self) -> str:
        """The unit of a number that is given without one."""
        return "1" if self.units.shown == ANY else self.units.shown

    @property
    def is_text(self) -> bool:
        """Whether it is a word and no number."""
        return self.units.shown == TEXT

    @property
    def kind(self) -> str:
        """What it is, in words: its unit, and whether it is a list."""
        unit = {TEXT: "text", ANY: "any unit"}.get(self.units.shown, unit_text(self.units.shown))
        return unit if self.one else f"{unit}, a list"

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    def default_text(self) -> str | None:
        """Write the default as people would give it; None where nothing stands in."""
        return None if self.default is None else as_text(self.default, self.units)

    def range_text(self) -> str | None:
        """Write in words the range that the equation is made for, in the unit that is shown."""
        return None if self.valid is None else _range_text(self.valid, self.units)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "name": self.name,
            "unit": self.units.shown,
            "si": self.units.si,
            "required": self.required,
            "default": self.default_text(),
            "list": self.several,
            "valid": self.range_text(),
        }


@dataclass(frozen=True, slots=True)
class Written:
    """Numbers as a person wrote them.

    Parameters
    ----------
    quantities
        With their units, or that which is shown where there was none.
    listed
        Whether they are a list, if only of one.
    bare
        Whether one had no unit.
    """

    quantities: tuple[Quantity, ...]
    listed: bool
    bare: bool

    def __str__(self) -> str:
        return ", ".join(str(quantity) for quantity in self.quantities)


def read(given: Given, argument: Argument) -> Written:
    """Read the numbers that a person gave.

    Raises
    ------
    UnitError
        If it is no quantity, or a list where one number is asked.

    Examples
    --------
    >>> masses = Argument("masses", Units("kg", "mg"), True, None, False, True, None)
    >>> print(read("6, 2, 2 ± 0.1 g", masses))
    6 g, 2 g, 2.00 ± 0.10 g
    >>> print(read([6, "2 g"], masses))
    6 mg, 2 g
    """
    members: list[Any]
    if isinstance(given, str):
        members = list(_split(given))
        listed = len(members) > 1
    elif isinstance(given, Quantity | bool | int | float | np.number):
        members, listed = [given], False
    elif isinstance(given, Sequence | np.ndarray):
        members, listed = list(given), True
    else:
        raise UnitError("is no quantity", value=given)
    if listed and not argument.several:
        raise UnitError("is a list, and one number is asked", value=given)
    if not members:
        raise UnitError("holds no number", value=given)
    if isinstance(given, str):
        members = _with_last_unit([Quantity.parse(_PER.sub(r" \1^-1", each)) for each in members], given)
    bare = False
    quantities: list[Quantity] = []
    for each in members:
        match each:
            case str():
                inner = read(each, argument)
                bare |= inner.bare
                quantities += inner.quantities
            case Quantity() if each.unit != "1" or not isinstance(given, str):
                quantities.append(each)
            case Quantity():
                bare = True
                quantities.append(Quantity(each.value, argument.unit, each.uncertainty))
            case int() | float() | np.number() if not isinstance(each, bool):
                bare = True
                quantities.append(Quantity(float(each), argument.unit))
            case _:
                raise UnitError("is no quantity", value=each)
    return Written(tuple(quantities), listed, bare)


def _split(text: str) -> Iterator[str]:
    """Split a list, but refuse a comma that may be a decimal mark or part it into thousands."""
    tight = _TIGHT.search(text)
    if tight and (tight[0].count(",") == 1 or _THOUSANDS.fullmatch(tight[0])):
        raise UnitError(
            "may be one number or several", value=text, fix="write a dot as decimal mark, or a space after each comma"
        )
    for part in re.split(r"[,;]", text.replace("[", "").replace("]", "")):
        yield part.strip()


def _with_last_unit(quantities: list[Quantity], given: Any) -> list[Quantity]:
    """Give a unit that stands only after the last number to all of them."""
    units = [quantity.unit for quantity in quantities]
    if "1" not in units or set(units) == {"1"}:
        return quantities
    if units.count("1") == len(units) - 1 and units[-1] != "1":
        return [Quantity(quantity.value, units[-1], quantity.uncertainty) for quantity in quantities]
    raise UnitError("gives some numbers a unit and some none", value=given, fix="give each its unit, or the last alone")


def as_text(value: Any, units: Units) -> str:
    """Write a value of the function as people would give it."""
    if isinstance(value, str):
        return value
    if np.ndim(value):
        return ", ".join(as_text(each, units) for each in np.ravel(value))
    if units.shown in (ANY, TEXT):
        return f"{value:.8g}"
    return f"{shown(float(value), units).value:.8g}{'' if units.shown == '1' else f' {units.shown}'}"


def shown(value: float, units: Units) -> Quantity:
    """Return a value of the function with the unit that people are shown."""
    return Quantity(value, units.si).to(units.shown)


def _range_text(valid: tuple[float, float], units: Units) -> str:
    def written(end: float) -> str:
        return f"{end if units.si == units.shown else convert(end, units.si, units.shown):.6g}{after(units)}"

    low, high = valid
    if math.isinf(high):
        return f"at least {written(low)}"
    return f"at most {written(high)}" if math.isinf(low) else f"{written(low)} to {written(high)}"


def after(units: Units) -> str:
    """Write the unit as it follows a number."""
    return "" if units.shown in ("1", ANY) else f" {pretty_unit(units.shown)}"


def unit_text(unit: str) -> str:
    """Write a unit where one must stand."""
    return "no unit" if unit == "1" else pretty_unit(unit)
