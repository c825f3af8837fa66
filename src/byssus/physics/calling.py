"""An equation called by people: arguments with units and uncertainties in, an answer with its own out.

An equation is a plain function on SI floats (`byssus.physics.equation`).  Here text becomes SI, the answer gets
its unit back and its uncertainty, and it is said whose doubt that mostly is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import doctest
import functools
import importlib
import inspect
import io
import math
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from byssus.errors import UnitError, UsageError, did_you_mean
from byssus.findings import Finding
from byssus.physics.equation import Units
from byssus.physics.given import ANY, Argument, Given, Written, after, as_text, read, shown, unit_text
from byssus.quantity import Quantity, convert

#: Where x ± u leaves what an equation takes, the step is halved up to this often.
_HALVINGS = 10
#: An example that is to be typed should have no more numbers than this.
_NUMBERS_OF_EXAMPLE = 12


@dataclass(frozen=True, slots=True)
class Value:
    """One number of an answer.

    Parameters
    ----------
    name
        The equation's, or of several results the field or place of this one.
    quantity
        None where the result is a word, or where there is none.
    text
        The word, of a result that is one.
    reason
        Why there is no value.
    shares
        By input, its share of the variance, the largest first; empty where no input has an uncertainty.
    """

    name: str
    quantity: Quantity | None
    text: str | None = None
    reason: str | None = None
    shares: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.quantity) if self.quantity is not None else self.text or f"no value: {self.reason}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        plain: Mapping[str, Any] = (
            {"value": self.text, "uncertainty": None, "unit": None}
            if self.quantity is None
            else self.quantity.as_dict()
        )
        return {"name": self.name} | dict(plain) | {"reason": self.reason, "shares": dict(self.shares)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an equation gave.

    Parameters
    ----------
    equation
        Which one.
    given
        By argument, how it was understood, defaults among them.
    values
        The results, one or several.
    findings
        What the reader of the answer should know: an argument outside the range that the equation is made for.
    unstated
        Inputs without an uncertainty, where others have one; the answer's ± leaves them out.
    """

    equation: Equation
    given: Mapping[str, str]
    values: tuple[Value, ...]
    findings: tuple[Finding, ...]
    unstated: tuple[str, ...]

    @property
    def quantity(self) -> Quantity:
        """The result, of an equation that gave one number.

        Raises
        ------
        TypeError
            If it gave several, or none.
        """
        if len(self.values) != 1 or self.values[0].quantity is None:
            raise TypeError(f"{self.equation.name} gave no single number: look at its values")
        return self.values[0].quantity

    def to(self, unit: str) -> Answer:
        """Return the same answer with its numbers in another unit.

        Raises
        ------
        UsageError
            If the unit is none, or measures another kind of quantity.
        """
        try:
            converted = tuple(
                each if each.quantity is None else dataclasses.replace(each, quantity=each.quantity.to(unit))
                for each in self.values
            )
        except UnitError as error:
            is_unit = error.value != unit
            raise UsageError(
                "measures another kind of quantity" if is_unit else error.message,
                place=self.equation.name, field="unit", value=unit,
                fix=f"the result is in {unit_text(self.equation.result.shown)}",
            ) from error  # fmt: skip
        return dataclasses.replace(self, values=converted)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Numbers of one argument in the unit in which the function takes them."""

    argument: Argument
    values: tuple[float, ...]
    uncertainties: tuple[float | None, ...]
    listed: bool

    def plain(self, index: int = 0, step: float = 0.0) -> Any:
        """Return what the function takes, one of the numbers moved by a step."""
        moved = [value + (step if place == index else 0.0) for place, value in enumerate(self.values)]
        return np.array(moved) if self.listed else moved[0]

    def label(self, index: int) -> str:
        return f"{self.argument.name}[{index + 1}]" if self.listed else self.argument.name


@dataclass(frozen=True, slots=True)
class Equation:
    """An equation that people can call: its function, its units, and what its docstring says.

    Examples
    --------
    >>> from byssus.physics.catalogue import equations
    >>> answer = equations()["specific_capacity"].evaluate({"charge": "2.33 mAh", "mass": "1.20 ± 0.06 mg"})
    >>> print(answer.quantity)
    1942 ± 97 mAh/g
    """

    name: str
    topic: str
    function: Callable[..., Any]
    result: Units
    arguments: Mapping[str, Argument]
    summary: str
    equation: str
    symbols: str
    validity: str
    source: str

    def evaluate(self, given: Mapping[str, Given]) -> Answer:
        """Call the equation with units.

        Each argument is text with a unit and perhaps an uncertainty, a `Quantity`, a bare number in the unit that is
        shown, or several of these (in text, with commas between; a unit after the last is that of all).

        The uncertainty is propagated to first order from inputs taken as independent, each number of a list among
        them: u²(y) = Σ cᵢ² u²(xᵢ), where cᵢ u(xᵢ) is half the difference between the results at xᵢ ± u(xᵢ)
        (JCGM 100:2008 (GUM), 5.1.2 and 5.1.3 note 2).  Where the equation takes no xᵢ ± u(xᵢ), the step is made
        smaller and the difference scaled up, and a finding says so.

        Raises
        ------
        UsageError
            If an argument is unknown, missing, no quantity or one of another kind, or if the equation refuses it.

        Examples
        --------
        >>> from byssus.physics.catalogue import equations
        >>> area = equations()["areal_capacity"].evaluate({"charge": "2.63 ± 0.01 mAh", "area": "1.13 ± 0.02 cm²"})
        >>> print(area.quantity, {name: round(share, 2) for name, share in area.values[0].shares.items()})
        2.327 ± 0.042 mAh/cm² {'area': 0.96, 'charge': 0.04}
        """
        self._check_names(given)
        findings: list[Finding] = []
        words, written, common = self._read(given)
        units = {name: common if one.units.shown == ANY else one.units.si for name, one in self.arguments.items()}
        numbers = {name: self._numbers(name, quantities, units[name]) for name, quantities in written.items()}
        findings += [found for one in numbers.values() for found in self._outside(one)]
        plain = words | {name: one.plain() for name, one in numbers.items()}
        try:
            found = _parts(self._call(plain), self.name)
        except ValueError as error:
            raise self._refused(error, given) from error
        moves = self._moves(plain, numbers, found, findings)
        result = Units(common, common) if self.result.shown == ANY else self.result
        values = tuple(self._value(name, value, result, moves, given) for name, value in found.items())
        stated = {name for name, one in numbers.items() if any(u is not None for u in one.uncertainties)}
        understood = {name: str(written[name] if name in written else words[name]) for name in given}
        defaults = {
            name: text
            for name, one in self.arguments.items()
            if name not in given and (text := one.default_text()) is not None
        }
        unstated = tuple(name for name in numbers if name not in stated) if stated else ()
        return Answer(self, understood | defaults, values, tuple(findings), unstated)

    def example_call(self) -> dict[str, Any]:
        """Return the arguments of the first call in the docstring's examples that could be typed, in SI.

        Of a table of numbers, which cannot be typed, it is the first row.
        """
        for call in map(_first_row, _calls_of(self.function)):
            if sum(np.size(value) for value in call.values()) <= _NUMBERS_OF_EXAMPLE:
                # Of a call that leaves all to the defaults, they are what can be typed.
                typed = call or {name: argument.default for name, argument in self.arguments.items()}
                return {name: value for name, value in typed.items() if value is not None}
        raise TypeError(f"{self.name}: no example of its docstring calls it with a few numbers")

    def example(self) -> dict[str, str]:
        """Return the arguments of the docstring's first call, as they would be typed.

        Examples
        --------
        >>> from byssus.physics.catalogue import equations
        >>> equations()["disc_area"].example()
        {'diameter': '12 mm'}
        """
        return {name: as_text(value, self.arguments[name].units) for name, value in self.example_call().items()}

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {
            "name": self.name,
            "topic": self.topic,
            "summary": self.summary,
            "unit": self.result.shown,
            "si": self.result.si,
            "arguments": [argument.as_dict() for argument in self.arguments.values()],
            "equation": self.equation,
            "symbols": self.symbols,
            "validity": self.validity,
            "source": self.source,
            "example": self.example(),
        }

    def arguments_text(self) -> str:
        """Name all arguments with their units; those in brackets may be left out."""
        return ", ".join(str(one) if one.required else f"[{one}]" for one in self.arguments.values())

    def _check_names(self, given: Mapping[str, Given]) -> None:
        for name in given:
            if name not in self.arguments:
                hint = did_you_mean(name, self.arguments)
                near = f"{hint} " if hint.startswith("did you mean") else ""
                raise UsageError(
                    "is no argument of it", place=self.name, value=name, fix=f"{near}it takes {self.arguments_text()}"
                )
        if missing := [str(one) for one in self.arguments.values() if one.required and one.name not in given]:
            raise UsageError(f"lacks {', '.join(missing)}", place=self.name, fix=f"it takes {self.arguments_text()}")

    def _read(self, given: Mapping[str, Given]) -> tuple[dict[str, str], dict[str, Written], str]:
        """Return the words, the numbers as written, and the common unit of those that may have any."""
        words: dict[str, str] = {}
        written: dict[str, Written] = {}
        common: str | None = None
        for name, value in given.items():
            argument = self.arguments[name]
            takes = f"it takes {argument}"
            if argument.is_text:
                if not isinstance(value, str) or not value.strip():
                    raise UsageError("is no text", place=self.name, field=name, value=value, fix=takes)
                words[name] = value.strip()
                continue
            try:
                one = written[name] = read(value, argument)
            except UnitError as error:
                fix = f"{takes}; {error.fix}" if error.fix else takes
                raise UsageError(error.message, place=self.name, field=name, value=error.value, fix=fix) from error
            if argument.units.shown == ANY and common is None:
                common = one.quantities[0].unit
            if one.bare and argument.unit == "%" and any(0 < abs(each.value) <= 1 for each in one.quantities):
                raise UsageError("may be a fraction or per cent", place=self.name, field=name, value=value,
                                 fix="write 55 % for a fraction of 0.55")  # fmt: skip
        return words, written, common or "1"

    def _numbers(self, name: str, written: Written, unit: str) -> _Numbers:
        argument, quantities = self.arguments[name], written.quantities
        try:
            # Not Quantity.to: its twelve digits would make half a turn more than π.
            values = [convert(each.value, each.unit, unit) for each in quantities]
            uncertainties = [
                None if (u := each.uncertainty) is None else abs(convert(each.value + u, each.unit, unit) - value)
                for each, value in zip(quantities, values, strict=True)
            ]
        except UnitError as error:
            of_any = argument.units.shown == ANY
            raise UsageError(
                "measures another kind of quantity",
                place=self.name, field=name, value=str(written),
                fix=f"give it in {unit_text(unit)}, as the other" if of_any else f"it takes {argument}",
            ) from error  # fmt: skip
        return _Numbers(argument, tuple(values), tuple(uncertainties), written.listed or not argument.one)

    def _outside(self, numbers: _Numbers) -> Iterator[Finding]:
        """Tell which numbers are outside the range that the equation is made for."""
        argument = numbers.argument
        if argument.valid is None:
            return
        low, high = argument.valid
        for index, value in enumerate(numbers.values):
            if not low <= value <= high:
                told_value = value if argument.units.shown == ANY else shown(value, argument.units).value
                told = f"{numbers.label(index)} is {told_value:.6g}{after(argument.units)}, and {self.name} is made for"
                yield Finding(
                    "outside-validity", f"{told} {argument.range_text()}", field=argument.name, value=told_value
                )

    def _call(self, plain: Mapping[str, Any]) -> Any:
        """Call the function; what has no finite value gives one that is not a number."""
        try:
            with np.errstate(all="ignore"):
                return self.function(**plain)
        except (ZeroDivisionError, OverflowError):
            return math.nan

    def _refused(self, error: ValueError, given: Mapping[str, Given]) -> UsageError:
        message = " ".join(str(error).split())
        # Functions name the argument that is off first; what reads a text may name the text alone.
        named = [name for name in given if re.search(rf"\b{re.escape(name)}\b", message)]
        quoted = [
            name for name, value in given.items() if self.arguments[name].is_text and str(value).strip() in message
        ]
        if not (named or quoted):
            return UsageError(f"refuses these arguments: {message}", place=self.name)
        name = min(named, key=message.index) if named else quoted[0]
        units = self.arguments[name].units
        in_si = "" if units.si in (units.shown, "1") else f" (in {unit_text(units.si)})"
        return UsageError(f"is refused: {message}{in_si}", place=self.name, field=name, value=given[name])

    def _moves(
        self,
        plain: Mapping[str, Any],
        numbers: Mapping[str, _Numbers],
        found: Mapping[str, Any],
        findings: list[Finding],
    ) -> dict[str, dict[str, float]]:
        """Return, by input that has an uncertainty, how far that uncertainty moves each result."""
        moves = {}
        for name, one in numbers.items():
            for index, uncertainty in enumerate(one.uncertainties):
                if not uncertainty:
                    continue

                def at(step: float, name: str = name, one: _Numbers = one, index: int = index) -> dict[str, Any] | None:
                    try:
                        there = _parts(self._call({**plain, name: one.plain(index, step)}), self.name)
                    except ValueError:
                        return None
                    return (
                        there
                        if all(_finite(there.get(key)) for key, value in found.items() if _finite(value))
                        else None
                    )

                label = one.label(index)
                moved, whole = _half_difference(at, found, uncertainty)
                if moved is None:
                    told = f"{label} cannot be moved either way, so its ± is left out of the result's"
                    findings.append(Finding("uncertainty-at-limit", told, field=name))
                    continue
                if not whole:
                    told = f"the ± of {label} reaches where {self.name} has no value; the slope was taken within"
                    findings.append(Finding("uncertainty-at-limit", told, field=name))
                moves[label] = moved
        return moves

    def _value(
        self, name: str, value: Any, units: Units, moves: Mapping[str, Mapping[str, float]], given: Mapping[str, Given]
    ) -> Value:
        if isinstance(value, str):
            return Value(name, None, text=value)
        moved = {label: each[name] for label, each in moves.items() if each.get(name)}
        spread = math.hypot(*moved.values())
        try:
            quantity = Quantity(value, units.si, spread or None).to(units.shown)
        except UnitError:  # not finite, here or in the unit that is shown
            told = ", ".join(f"{argument} = {text}" for argument, text in given.items())
            return Value(name, None, reason=f"the equation has no finite value at {told}")
        ordered = sorted(moved.items(), key=lambda one: -abs(one[1]))
        return Value(
            name, quantity, shares=types.MappingProxyType({label: (move / spread) ** 2 for label, move in ordered})
        )


def _parts(result: Any, name: str) -> dict[str, float | str]:
    """Take a result apart into numbers and words, each under a name."""
    return dict(_named(result, name, top=True))


def _named(result: Any, name: str, *, top: bool = False) -> Iterator[tuple[str, float | str]]:
    def under(key: str) -> str:
        return key if top else f"{name}.{key}"

    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        for field in dataclasses.fields(result):
            yield from _named(getattr(result, field.name), under(field.name))
    elif isinstance(result, tuple) and hasattr(result, "_asdict"):
        for key, value in result._asdict().items():
            yield from _named(value, under(key))
    elif isinstance(result, Mapping):
        for key, value in result.items():
            yield from _named(value, under(str(key)))
    elif isinstance(result, list | tuple):
        for place, value in enumerate(result, start=1):
            yield from _named(value, f"{name}[{place}]")
    elif isinstance(result, np.ndarray) and result.ndim:
        for index in np.ndindex(result.shape):
            yield f"{name}[{', '.join(str(place + 1) for place in index)}]", _number(result[index])
    else:
        yield name, _number(result)


def _number(value: Any) -> float | str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    # A root of something below zero: no real number.
    return math.nan if isinstance(value, complex) or value is None else float(value)


def _finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _half_difference(
    at: Callable[[float], dict[str, Any] | None], here: Mapping[str, Any], uncertainty: float
) -> tuple[dict[str, float] | None, bool]:
    """Return how far an uncertainty moves each result, and whether its whole width could be used."""
    numbers = [key for key, value in here.items() if _finite(value)]
    for halving in range(_HALVINGS + 1):
        scale = 2.0**halving
        above, below = at(uncertainty / scale), at(-uncertainty / scale)
        if above is not None and below is not None:
            return {key: scale * (above[key] - below[key]) / 2 for key in numbers}, halving == 0
    # At the very edge of what the equation takes there is one side only.
    there = above if above is not None else below
    if there is None:
        return None, False
    return {key: scale * (there[key] - here[key]) for key in numbers}, False


def _calls_of(function: Callable[..., Any]) -> list[dict[str, Any]]:
    """Run a docstring's examples, and return the arguments of each call that was answered."""
    signature = inspect.signature(function)
    calls: list[dict[str, Any]] = []

    @functools.wraps(function)
    def recording(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        calls.append(dict(signature.bind(*args, **kwargs).arguments))
        return result

    names = dict(vars(importlib.import_module(function.__module__))) | {function.__name__: recording}
    with contextlib.redirect_stdout(io.StringIO()):
        for example in doctest.DocTestParser().get_examples(inspect.getdoc(function) or ""):
            # An example that shows a refusal raises on purpose; that it does is the doctest's matter.
            with contextlib.nullcontext() if example.exc_msg is None else contextlib.suppress(Exception):
                exec(compile(example.source, f"<example of {function.__name__}>", "exec"), names)  # noqa: S102 - own source
    return calls


def _first_row(call: dict[str, Any]) -> dict[str, Any]:
    """Return a call as it is, or the first of many calls at once where an argument is a table."""
    rows = {len(value) for value in call.values() if np.ndim(value) == 2}
    return {name: value[0] if np.ndim(value) and len(value) in rows else value for name, value in call.items()}
