"""Values with a unit and an uncertainty, as people write them.

Units live where a person or a file speaks; below that, plain SI floats.  This is the
only module that knows the unit library, and it loads it at the first conversion.

Every uncertainty in Byssus is a standard uncertainty (one standard deviation, coverage
factor 1) unless a name or label says otherwise: JCGM 100:2008 (GUM), 2.3.1.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byssus.errors import UnitError

if TYPE_CHECKING:
    import pint

_NUMBER = r"[-+−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+−]?\d+)?"
_TEXT = re.compile(
    rf"""\s*\(?\s*(?P<value>{_NUMBER})
         (?:\s*(?:±|\+/-|\+-)\s*(?P<uncertainty>{_NUMBER}))?\s*\)?
         \s*(?P<unit>[^\d\s.±+][^±]*)?\s*""",
    re.VERBOSE,
)
#: Below this power of ten a number with its ± is written with an exponent.
_SMALLEST_POWER = -5
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TO_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit and, where it is known, its standard uncertainty.

    Parameters
    ----------
    value
        The number, finite.
    unit
        As the field writes it: ``mg/cm^2``, ``mAh/g``, ``degC``; ``1`` for a pure number.
    uncertainty
        One standard deviation in the same unit, or None where it was not stated.
        It is never taken to be zero.

    Raises
    ------
    UnitError
        If the value is not finite, the uncertainty is negative or the unit is unknown.

    Examples
    --------
    >>> loading = Quantity.parse("0.82 ± 0.03 mg/cm²")
    >>> loading.to("g/m^2")
    Quantity(value=8.2, unit='g/m^2', uncertainty=0.3)
    >>> print(loading)
    0.820 ± 0.030 mg/cm²
    >>> Quantity.parse("30 nm").uncertainty is None
    True
    """

    value: float
    unit: str
    uncertainty: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "unit", _tidy(self.unit))
        if not math.isfinite(self.value):
            raise UnitError("is not a finite number", value=self.value)
        if self.uncertainty is not None:
            object.__setattr__(self, "uncertainty", float(self.uncertainty))
            if not (math.isfinite(self.uncertainty) and self.uncertainty >= 0):
                raise UnitError("is not an uncertainty", value=self.uncertainty, fix="give it as ≥ 0")
        _unit(self.unit)

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Read ``value [± uncertainty] unit`` as people write it.

        Examples
        --------
        >>> Quantity.parse("(3.52 +/- 0.1) N")
        Quantity(value=3.52, unit='N', uncertainty=0.1)
        >>> Quantity.parse("12 µm").unit
        'um'
        >>> Quantity.parse("heavy")
        Traceback (most recent call last):
            ...
        byssus.errors.UnitError: 'heavy' is not a quantity; write it as 'value ± uncertainty unit', e.g. '0.82 ± 0.03 mg/cm^2'
        """
        match = _TEXT.fullmatch(text)
        if not match:
            raise UnitError(
                "is not a quantity",
                value=text,
                fix="write it as 'value ± uncertainty unit', e.g. '0.82 ± 0.03 mg/cm^2'",
            )
        uncertainty = match["uncertainty"]
        return cls(
            _number(match["value"]),
            match["unit"] or "1",
            None if uncertainty is None else _number(uncertainty),
        )

    def to(self, unit: str) -> Quantity:
        """Convert, the uncertainty with it.

        Raises
        ------
        UnitError
            If `unit` measures another kind of quantity.

        Examples
        --------
        >>> Quantity(25, "degC", 1).to("K")
        Quantity(value=298.15, unit='K', uncertainty=1.0)
        >>> Quantity(3.52, "N").to("N/m")
        Traceback (most recent call last):
            ...
        byssus.errors.UnitError: 'N' cannot become N/m: it measures another kind of quantity
        """
        target = _tidy(unit)
        if target == self.unit:
            return self
        value = _convert(self.value, self.unit, target)
        if self.uncertainty is None:
            return Quantity(_trim(value), target)
        # A difference, so that the zero of a temperature scale drops out.
        spread = abs(_convert(self.value + self.uncertainty, self.unit, target) - value)
        return Quantity(_trim(value), target, _trim(spread))

    def as_dict(self) -> dict[str, float | str | None]:
        """Return value, unit and uncertainty as JSON takes them."""
        return {"value": self.value, "unit": self.unit, "uncertainty": self.uncertainty}

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {pretty_unit(self.unit)}"
        return f"{format_value(self.value, self.uncertainty)}{unit}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        def read(given: Any) -> Quantity:
            try:
                return _from_any(given)
            except UnitError as error:
                raise ValueError(str(error)) from error

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(Quantity.as_dict)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {
            "type": "string",
            "description": "value ± uncertainty unit",
            "examples": ["0.82 ± 0.03 mg/cm^2"],
        }


def format_value(value: float, uncertainty: float | None = None) -> str:
    """Write a value with as many digits as its uncertainty leaves it (two of the latter).

    Examples
    --------
    >>> format_value(3227.4, 118.2), format_value(0.0176, 0.000029), format_value(96.3)
    ('3230 ± 120', '0.017600 ± 0.000029', '96.3')
    >>> format_value(3.4e-15, 2e-16)
    '3.40e-15 ± 0.20e-15'
    """
    if uncertainty is None or uncertainty == 0:
        return f"{value:.6g}"
    decimals = 1 - math.floor(math.log10(uncertainty))
    power = math.floor(math.log10(max(abs(value), uncertainty)))
    if power < _SMALLEST_POWER:
        decimals = max(0, decimals + power)
        return f"{value / 10.0**power:.{decimals}f}e{power:03d} ± {uncertainty / 10.0**power:.{decimals}f}e{power:03d}"
    if decimals < 0:
        return f"{round(value, decimals):.0f} ± {round(uncertainty, decimals):.0f}"
    return f"{value:.{decimals}f} ± {uncertainty:.{decimals}f}"


def pretty_unit(unit: str) -> str:
    """Write a unit as a label shows it.

    Examples
    --------
    >>> pretty_unit("mg/cm^2"), pretty_unit("um"), pretty_unit("degC")
    ('mg/cm²', 'µm', '°C')
    >>> pretty_unit("ohm/s^0.5")
    'ohm/√s'
    """
    text = re.sub(r"\b(\w+)\^0\.5", r"√\1", unit)
    text = re.sub(r"\^(-?\d+)", lambda power: power[1].translate(_TO_SUPERSCRIPT), text)
    text = re.sub(r"\bu(?=[a-zA-Z])", "µ", text)
    return text.replace("degC", "°C").replace("*", "·")


def convert(value: float, unit: str, target: str) -> float:
    """Convert a bare number from one unit to another.

    Examples
    --------
    >>> convert(1.0, "Ah", "mAh")
    1000.0
    """
    return _convert(value, _tidy(unit), _tidy(target))


def check_unit(unit: str) -> str:
    """Return a unit as Byssus writes it, or say that it is none.

    Examples
    --------
    >>> check_unit("mAh g⁻¹")
    'mAh g^-1'
    """
    tidy = _tidy(unit)
    _unit(tidy)
    return tidy


def dimension(unit: str) -> str:
    """Return the dimension of a unit in base dimensions; ``1`` for a pure number.

    Examples
    --------
    >>> dimension("mAh/g"), dimension("%")
    ('[current] · [time] / [mass]', '1')
    """
    text = str(_unit(_tidy(unit)).dimensionality)
    return "1" if text == "dimensionless" else text.replace("**", "^").replace("*", "·").replace(" ^ ", "^")


def _from_any(given: Any) -> Quantity:
    match given:
        case Quantity():
            return given
        case str():
            return Quantity.parse(given)
        case {"value": value, "unit": unit, "uncertainty": uncertainty, **rest} if not rest:
            return Quantity(value, unit, uncertainty)
        case {"value": value, "unit": unit, **rest} if not rest:
            return Quantity(value, unit)
    raise UnitError(
        "has no unit", value=given, fix="write it as 'value ± uncertainty unit', e.g. '0.82 ± 0.03 mg/cm^2'"
    )


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


def _trim(value: float) -> float:
    # Twelve digits: a conversion factor should not leave its binary dust on a page.
    return float(f"{value:.12g}")


def _tidy(unit: str) -> str:
    """Bring a unit as people print it to the one spelling that is stored."""
    text = re.sub(r"([a-zA-Zµμ)])([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"{m[1]}^{m[2].translate(_SUPERSCRIPT)}", unit.strip())
    text = text.replace("**", "^").replace("−", "-").replace("·", "*").replace("µ", "u").replace("μ", "u")
    text = text.replace("°C", "degC").replace("Ω", "ohm").replace("Ω", "ohm")
    return re.sub(r"([a-zA-Z])(-?\d+)", r"\1^\2", text) or "1"


@functools.cache
def _registry() -> pint.UnitRegistry[float]:
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry(cache_folder=None)
    registry.define("USD = [currency]")  # prices; another currency would need a rate and its date
    return registry


@functools.cache
def _unit(unit: str) -> pint.Unit:
    import tokenize

    import pint

    try:
        return _registry().Unit(unit.replace("%", "percent"))
    except (
        pint.errors.PintError,
        tokenize.TokenError,
        ValueError,
        AttributeError,
        AssertionError,
        TypeError,
        SyntaxError,
        ZeroDivisionError,
    ) as error:
        raise UnitError("is not a unit", value=unit, fix="write it as in mg/cm^2, mAh/g or degC") from error


def _convert(value: float, unit: str, target: str) -> float:
    import pint

    source, goal = _unit(unit), _unit(target)
    try:
        return float(_registry().Quantity(value, source).to(goal).magnitude)
    except pint.errors.DimensionalityError as error:
        raise UnitError(f"cannot become {target}: it measures another kind of quantity", value=unit) from error
