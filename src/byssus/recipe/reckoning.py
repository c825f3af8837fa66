"""Arithmetic that remembers: what each figure follows from, how far it is known, and whose doubt matters most.

A reckoning is a function that takes inputs from a `Sheet` and notes figures on it.  It runs once with the
inputs as they are, and twice more for each input that has an uncertainty: first-order propagation with
central differences (JCGM 100:2008 (GUM), 5.1.2 and 5.1.3 note 2), inputs taken as independent.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, SupportsFloat

from byssus.errors import RecipeError
from byssus.physics.equation import Units
from byssus.quantity import Quantity, convert, pretty_unit

#: A difference below this share of a figure is the arithmetic's own.
_DUST = 1e-11

#: How an input came about: written in the recipe, looked up in knowledge, fitted to measurements, or taken for want
#: of better.
Origin = Literal["given", "known", "fitted", "estimate", "assumed"]


@dataclass(frozen=True, slots=True)
class Input:
    """A number that a reckoning starts from.

    Parameters
    ----------
    label
        What people call it.
    value
        In SI.
    units
        SI, and what people are shown.
    uncertainty
        Standard uncertainty in SI; None where it is not known. Of a range it is the width over √12, the
        standard uncertainty of a value that may lie anywhere in it (GUM, 4.3.7).
    origin, source
        How it came about, and from where.
    low, high
        The ends of its range in SI, where it has one: its uncertainty is tried within them only.
    """

    label: str
    value: float
    units: Units
    uncertainty: float | None = None
    origin: Origin = "given"
    source: str = "the recipe"
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def of(cls, label: str, quantity: Quantity, si: str, shown: str | None = None, **about: str) -> Input:
        """Make one of a quantity as a person gave it.

        Examples
        --------
        >>> Input.of("loading", Quantity.parse("0.82 ± 0.03 mg/cm^2"), "kg/m^2").uncertainty
        0.0003
        """
        given = quantity.to(si)
        return cls(label, given.value, Units(si, shown or quantity.unit), given.uncertainty, **about)  # type: ignore[arg-type]

    @property
    def quantity(self) -> Quantity:
        """The number as people read it."""
        return Quantity(self.value, self.units.si, self.uncertainty).to(self.units.shown)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that follows.

    Parameters
    ----------
    name
        In the field's terms.
    value
        In SI; None where it cannot be had, and then `reason` says why.
    units
        SI, and what people are shown.
    how
        The arithmetic in words.
    part
        Of what: a solution, the slurry, the electrode, the cell.
    uncertainty
        Standard uncertainty in SI, from the inputs that have one; None if none has.
    shares
        By input, its share of the variance, the largest first.
    """

    name: str
    value: float | None
    units: Units
    how: str
    part: str
    uncertainty: float | None = None
    shares: tuple[tuple[str, float], ...] = ()
    reason: str | None = None

    @property
    def quantity(self) -> Quantity | None:
        """The number as people read it."""
        if self.value is None:
            return None
        return Quantity(self.value, self.units.si, self.uncertainty).to(self.units.shown)

    def __str__(self) -> str:
        return f"missing: {self.reason}" if self.quantity is None else str(self.quantity)


@dataclass
class Sheet:
    """What a reckoning reads its inputs from, and writes its figures on."""

    inputs: Mapping[str, Input]
    figures: list[Figure] = field(default_factory=list)
    #: The inputs that were read.
    used: set[str] = field(default_factory=set)

    def __contains__(self, name: str) -> bool:
        return name in self.inputs

    def take(self, name: str) -> float:
        """Return an input in SI."""
        self.used.add(name)
        return self.inputs[name].value

    def show(self, name: str) -> str:
        """Return an input as people read it, for the arithmetic in words."""
        given = self.inputs[name]
        return in_unit(given.value, (given.units.si, given.units.shown), digits=6)

    def figure(self, part: str, name: str) -> float | None:
        """Return a figure that was noted before, in SI; None if it was not, or could not be had."""
        return next((each.value for each in self.figures if (each.part, each.name) == (part, name)), None)

    def note(self, part: str, name: str, value: SupportsFloat, units: tuple[str, str] | str, how: str) -> float:
        """Note a figure, and return its value for the figures that follow from it."""
        both = Units(units, units) if isinstance(units, str) else Units(*units)
        number = float(value)
        if not math.isfinite(number):
            raise RecipeError(f"comes out as {number}", field=f"{part}: {name}", fix="check what it follows from")
        self.figures.append(Figure(name, number, both, how, part))
        return number

    def lack(self, part: str, name: str, units: tuple[str, str] | str, reason: str) -> None:
        """Note that a figure cannot be had, and why."""
        both = Units(units, units) if isinstance(units, str) else Units(*units)
        self.figures.append(Figure(name, None, both, "", part, reason=reason))


def reckon(inputs: Mapping[str, Input], compute: Callable[[Sheet], None]) -> tuple[Figure, ...]:
    """Run a reckoning, and give each of its figures an uncertainty and the shares of it.

    Examples
    --------
    A length and a width with 3 and 4 %: the area has 5 %, of whose variance the width makes 64 %.

    >>> inputs = {"a": Input("length", 2.0, Units("m", "m"), 0.06), "b": Input("width", 1.0, Units("m", "m"), 0.04)}
    >>> def area(sheet: Sheet) -> None:
    ...     sheet.note("sheet", "area", sheet.take("a") * sheet.take("b"), "m^2", "length × width")
    >>> figure = reckon(inputs, area)[0]
    >>> print(figure, [(name, round(share, 2)) for name, share in figure.shares])
    2.00 ± 0.10 m² [('b', 0.64), ('a', 0.36)]
    """
    first = Sheet(inputs)
    compute(first)
    contributions: list[dict[str, float]] = [{} for _ in first.figures]
    for name in sorted(first.used):
        spread = inputs[name].uncertainty
        if not spread:
            continue
        for place, change in enumerate(_changes(inputs, compute, name, spread, first)):
            if change:
                contributions[place][name] = change
    return tuple(_with_uncertainty(figure, parts) for figure, parts in zip(first.figures, contributions, strict=True))


def _changes(
    inputs: Mapping[str, Input], compute: Callable[[Sheet], None], name: str, spread: float, first: Sheet
) -> list[float]:
    """Return what one standard uncertainty of an input makes of each figure.

    The slope is taken between the two ends of ± one uncertainty, as far as the input's range and what makes
    sense allow, as a price above zero does; for a figure that is missing at one end, to the other side alone;
    and if neither end can be, within a thousandth of it.
    """
    given = inputs[name]
    now = [figure.value for figure in first.figures]
    for step in (1.0, 1e-3):
        ends = [min(max(given.value + sign * step * spread, given.low), given.high) for sign in (1, -1)]
        tried = [(end, _figures_at(inputs, compute, name, end, first)) for end in ends if end != given.value]
        runs = [(given.value, now), *((end, values) for end, values in tried if values is not None)]
        if len(runs) > 1:
            return [_slope([(at, values[place]) for at, values in runs]) * spread for place in range(len(now))]
    raise RecipeError("leaves no room for its uncertainty", field=given.label, fix="check its range")


def _slope(points: list[tuple[float, float | None]]) -> float:
    """Return the slope of a figure between the farthest two points that have it; none that is only the arithmetic's."""
    known = sorted((at, value) for at, value in points if value is not None)
    if points[0][1] is None or len(known) < 2:
        return 0.0
    (low, below), (high, above) = known[0], known[-1]
    return 0.0 if abs(above - below) <= _DUST * max(abs(above), abs(below)) else (above - below) / (high - low)


def _figures_at(
    inputs: Mapping[str, Input], compute: Callable[[Sheet], None], name: str, value: float, first: Sheet
) -> list[float | None] | None:
    """Return the values of all figures with one input at another value; None if that makes no sense."""
    sheet = Sheet({**inputs, name: replace(inputs[name], value=value)})
    try:
        compute(sheet)
    except (ValueError, ZeroDivisionError, RecipeError):
        return None
    of = {(figure.part, figure.name): figure.value for figure in sheet.figures}
    return [of.get((figure.part, figure.name)) for figure in first.figures]


def _with_uncertainty(figure: Figure, parts: Mapping[str, float]) -> Figure:
    if figure.value is None or not parts:
        return figure
    total = math.hypot(*parts.values())
    shares = sorted(((name, (part / total) ** 2) for name, part in parts.items()), key=lambda pair: -pair[1])
    return replace(figure, uncertainty=total, shares=tuple(shares))


def in_unit(value: float, units: tuple[str, str], digits: int = 4) -> str:
    """Write a value in SI as people read it, for the arithmetic in words.

    Examples
    --------
    >>> in_unit(0.0082, ("kg/m^2", "mg/cm^2"))
    '0.82 mg/cm²'
    """
    factor, offset = _line(*units)
    return f"{value * factor + offset:.{digits}g}" + ("" if units[1] == "1" else f" {pretty_unit(units[1])}")


@functools.cache
def _line(unit: str, target: str) -> tuple[float, float]:
    """Return factor and offset of a conversion: the words are written anew in every run, and only those of one are read."""
    offset = convert(0.0, unit, target)
    return convert(1.0, unit, target) - offset, offset
