"""A protocol as people write it, in the words and units of the field, and how it is resolved for one cell.

What stands here knows no cell: a current may be given per gram of active material, per area or as a
C-rate.  `resolve` turns it into steps in SI for a cell whose mass, area and capacity are known, and
refuses what cannot be done to it.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from byssus.conventions import CellDirection, Configuration
from byssus.errors import ProtocolError, UnitError
from byssus.handwritten.fields import Part, in_proportion, number_or_text
from byssus.protocol.steps import Basis, Control, Resolved, Step, TestKind
from byssus.quantity import Quantity

#: Beyond as many steps a protocol is a slip of the pen: it is ten times a life of 5,000 cycles.
LARGEST_STEPS: Final = 100_000
#: A series of pulses without a count holds as many as move this many capacities; `byssus.protocol.steps.following`
#: leaves out those behind the end of the window.  The first lithiation of a silicon electrode takes up its
#: irreversible part on top, which is less than the capacity itself.
_CAPACITIES_IN_PULSES: Final = 2.0

#: The units of a setting: of itself, per mass of active material, per area, and per capacity of the cell.
_CURRENT: Final = ("A", "A/kg", "A/m^2", "1/h")
_CHARGE: Final = ("C", "C/kg", "C/m^2", "1")
_POWER: Final = ("W", "W/kg", "W/m^2")
_C_RATE = re.compile(r"\s*(?P<sign>[-+−]?)(?P<times>\d+\.?\d*|\.\d+)?\s*C\s*(?:/\s*(?P<hours>\d+\.?\d*|\.\d+))?\s*")


@lru_cache(maxsize=1024)
def _told_in(quantity: Quantity, unit: str) -> float:
    """Return the value of a quantity in a unit; a protocol asks for few of them, thousands of times."""
    return quantity.to(unit).value


@lru_cache(maxsize=1024)
def _kind(quantity: Quantity, units: tuple[str, ...]) -> int | None:
    """Return which of the units a quantity can be told in."""
    for at, unit in enumerate(units):
        try:
            quantity.to(unit)
        except UnitError:
            continue
        return at
    return None


def _setting(what: str, *units: str, example: str, signed: bool = False) -> AfterValidator:
    """Return what checks that a quantity can be set: of the right kind, without ±, and above zero unless it is signed."""

    def check(quantity: Quantity) -> Quantity:
        if _kind(quantity, units) is None:
            raise ValueError(f"{quantity} is not {what}; write it as {example}")
        if quantity.uncertainty is not None:
            raise ValueError(f"{quantity} is set, not measured; leave out the ±")
        if signed:
            return quantity
        if not quantity.value > 0:
            raise ValueError(f"{quantity} is not above zero; the direction is said in words")
        return in_proportion(quantity)

    return AfterValidator(check)


def _c_rate(given: Any) -> Any:
    """Take 0.05C and C/20 for what they are; the unit library would read coulombs."""
    match = _C_RATE.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        return given
    hours = float(match["hours"] or 1)
    if not hours:
        raise ValueError(f"{given!r} is no C-rate: it divides by zero")
    sign = -1 if match["sign"] in ("-", "−") else 1
    return Quantity(sign * float(match["times"] or 1) / hours, "1/h")


def _above_absolute_zero(temperature: Quantity) -> Quantity:
    if not temperature.to("K").value > 0:
        raise ValueError(f"{temperature} is not above absolute zero")
    return temperature


_AS_TEXT = WithJsonSchema({"type": "string"})
Current = Annotated[
    Quantity,
    BeforeValidator(_c_rate),
    _setting("a current", *_CURRENT, example="1 mA, 0.2 A/g, 1 mA/cm^2, 0.05C or C/20"),
    _AS_TEXT,
]
PassedCharge = Annotated[
    Quantity,
    BeforeValidator(number_or_text, json_schema_input_type=str | float),
    _setting("a charge", *_CHARGE, example="1 mAh, 500 mAh/g, 1 mAh/cm^2 or 50 %"),
]
SetPower = Annotated[Quantity, _setting("a power", *_POWER, example="1 mW, 0.5 W/g or 1 mW/cm^2")]
SetVoltage = Annotated[Quantity, _setting("a voltage", "V", example="0.005 V", signed=True)]
VoltageStep = Annotated[Quantity, _setting("a voltage", "V", example="5 mV")]
ScanRate = Annotated[Quantity, _setting("a rate of voltage", "V/s", example="0.1 mV/s")]
Duration = Annotated[Quantity, _setting("a time", "s", example="30 min")]
Frequency = Annotated[Quantity, _setting("a frequency", "Hz", example="100 kHz")]
Temperature = Annotated[
    Quantity,
    _setting("a temperature", "K", example="25 degC", signed=True),
    AfterValidator(_above_absolute_zero),
]
Direction = Literal["lithiation", "delithiation", "charge", "discharge"]
Times = Annotated[int, Field(ge=1, strict=True)]


class Window(Part):
    """The voltages between which a cell is used."""

    lower: SetVoltage = Field(description="The lower end.", examples=["0.005 V"])
    upper: SetVoltage = Field(description="The upper end.", examples=["1.5 V"])

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if not self.lower.to("V").value < self.upper.to("V").value:
            raise ValueError(f"the window from {self.lower} to {self.upper} is empty")
        return self

    def end(self, direction: CellDirection) -> float:
        """Return the end that the voltage comes to when the cell is charged or discharged [V].

        Examples
        --------
        >>> Window(lower="5 mV", upper="1.5 V").end(CellDirection.DISCHARGE)
        0.005
        """
        return (self.lower if direction is CellDirection.DISCHARGE else self.upper).to("V").value


class _AnyStep(Part):
    """What may be said of every step."""

    label: str | None = Field(None, description="What the step is called; else by what is set.")
    temperature: Temperature | None = Field(None, description="In this step only.", examples=["45 degC"])
    record_every: Duration | None = Field(None, description="In this step only: time between records, at most.")
    record_voltage: VoltageStep | None = Field(None, description="In this step only: voltage between records, at most.")


class _Driven(_AnyStep):
    """A step that drives the cell one way; it ends when the first of its ends is met."""

    direction: Direction = Field(
        description="lithiation or delithiation, of the working electrode of a half cell; or charge or discharge, of the cell."
    )
    until_voltage: SetVoltage | None = Field(
        None, description="Ends when the voltage comes to this; else at the end of the protocol's window."
    )
    until_charge: PassedCharge | None = Field(
        None,
        description="Ends when this charge has passed; a share is of the cell's capacity.",
        examples=["500 mAh/g", "10 %"],
    )
    duration: Duration | None = Field(None, description="Ends after this time.", examples=["20 min"])


class ConstantCurrent(_Driven):
    """A constant current."""

    step: Literal["constant current"] = "constant current"
    current: Current = Field(
        description="Its magnitude: of the cell, per mass of active material, per area, or as a C-rate.",
        examples=["0.2 A/g", "C/20"],
    )


class Power(_Driven):
    """A constant power."""

    step: Literal["power"] = "power"
    power: SetPower = Field(
        description="Its magnitude: of the cell, per mass of active material, or per area.", examples=["2 mW/cm^2"]
    )


class Pulses(_AnyStep):
    """Pulses of constant current, each with a rest after it, in one direction."""

    step: Literal["pulses"] = "pulses"
    direction: Direction = Field(description="As of a constant current.")
    current: Current = Field(description="As of a constant current.", examples=["0.1C"])
    duration: Duration = Field(description="Of each pulse.", examples=["10 min"])
    rest: Duration = Field(description="After each pulse.", examples=["30 min"])
    until_voltage: SetVoltage | None = Field(
        None, description="The pulses end when one of them comes to this; else at the end of the protocol's window."
    )
    count: Times | None = Field(None, description="How many at most; else as many as lead to that voltage.")
    record_rest_every: Duration | None = Field(None, description="In the rests only: time between records, at most.")


class Hold(_AnyStep):
    """A constant voltage."""

    step: Literal["hold"] = "hold"
    voltage: SetVoltage = Field(description="What is held.", examples=["4.3 V"])
    until_current: Current | None = Field(
        None, description="Ends when the current has fallen to this.", examples=["0.05C"]
    )
    duration: Duration | None = Field(None, description="Ends after this time.")
    direction: Direction | None = Field(
        None, description="Which way the current flows; else as in the step that drove the cell before."
    )


class Sweep(_AnyStep):
    """A voltage that is swept, from where it is."""

    step: Literal["sweep"] = "sweep"
    direction: Direction = Field(description="As of a constant current: the voltage falls in a discharge of the cell.")
    to: SetVoltage = Field(description="Where it ends.", examples=["0.005 V"])
    rate: ScanRate = Field(description="How fast.", examples=["0.1 mV/s"])


class Rest(_AnyStep):
    """No current."""

    step: Literal["rest"] = "rest"
    duration: Duration = Field(description="How long.", examples=["30 min"])


class Impedance(_AnyStep):
    """An impedance spectrum about open circuit, from the highest frequency to the lowest."""

    step: Literal["impedance"] = "impedance"
    highest: Frequency = Field(description="The first frequency.", examples=["100 kHz"])
    lowest: Frequency = Field(description="The last one.", examples=["10 mHz"])
    points_per_decade: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        10, description="How many frequencies to a factor of ten."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Impedance:
        if not self.lowest.to("Hz").value < self.highest.to("Hz").value:
            raise ValueError(
                f"no frequency lies between {self.highest} and {self.lowest}; give the higher one as highest"
            )
        return self


class Repeat(Part):
    """Steps that are carried out several times."""

    step: Literal["repeat"] = "repeat"
    steps: tuple[AnyStep, ...] = Field(description="What is repeated.", min_length=1)
    times: Times = Field(description="How often, in all.")
    as_cycles: bool = Field(
        True,
        description="Whether each time begins a cycle. Where repeats stand in one another, the innermost count.",
    )

    @property
    def counts(self) -> bool:
        """Whether each time begins a cycle: it says so, and nothing in it does."""
        return self.as_cycles and not any(part.has_cycles for part in self.steps if isinstance(part, Repeat))

    @property
    def has_cycles(self) -> bool:
        """Whether a cycle begins in it."""
        return self.as_cycles or any(part.has_cycles for part in self.steps if isinstance(part, Repeat))


AnyStep = Annotated[
    ConstantCurrent | Power | Pulses | Hold | Sweep | Rest | Impedance | Repeat, Field(discriminator="step")
]
Repeat.model_rebuild()


class Protocol(Part):
    """What is done to a cell, whatever cell it is.

    Examples
    --------
    Two cycles at 0.2 A/g, for 0.9 mg of silicon:

    >>> half = {"step": "constant current", "current": "0.2 A/g"}
    >>> protocol = Protocol.model_validate({
    ...     "name": "slow", "kind": "cycling", "window": {"lower": "5 mV", "upper": "1.5 V"},
    ...     "steps": [{"step": "repeat", "times": 2, "steps": [
    ...         half | {"direction": "lithiation"}, half | {"direction": "delithiation"}]}]})
    >>> resolved = resolve(protocol, Basis(active_mass=0.9e-6), Configuration.HALF)
    >>> [(step.cycle, str(step.direction), round(step.value * 1e3, 6), step.until_voltage) for step in resolved.steps]
    [(1, 'discharge', -0.18, 0.005), (1, 'charge', 0.18, 1.5), (2, 'discharge', -0.18, 0.005), (2, 'charge', 0.18, 1.5)]
    """

    name: str = Field(description="What it is called.")
    kind: TestKind = Field(description="What is measured, which is the kind of table that comes of it.")
    temperature: Temperature = Field(
        Quantity(25, "degC"), description="Of the surroundings, in steps that say no other."
    )
    window: Window | None = Field(
        None, description="The voltages that no step leaves: a current, a power or a pulse ends there at the latest."
    )
    record_every: Duration = Field(Quantity(60, "s"), description="Time between records, at most.")
    record_voltage: VoltageStep | None = Field(
        None, description="Voltage between records, at most; a record is kept when either is passed."
    )
    steps: tuple[AnyStep, ...] = Field(description="In the order they are carried out.", min_length=1)


def frequencies(highest: float, lowest: float, points_per_decade: int) -> tuple[float, ...]:
    """Return frequencies evenly spaced on a logarithmic scale, both ends among them [Hz].

    Parameters
    ----------
    highest, lowest
        The first and the last [Hz]; the highest is above the lowest, which is above zero.
    points_per_decade
        How many to a factor of ten; where the range is no whole number of steps, they are spread to fit.

    Examples
    --------
    >>> [round(each, 3) for each in frequencies(100.0, 1.0, 2)]
    [100.0, 31.623, 10.0, 3.162, 1.0]
    """
    steps = max(1, round(points_per_decade * math.log10(highest / lowest)))
    return tuple(np.geomspace(highest, lowest, steps + 1).tolist())


def current_label(current: Quantity) -> str:
    """Return a current as people say it.

    Examples
    --------
    >>> current_label(Quantity(0.05, "1/h")), current_label(Quantity(0.2, "A/g"))
    ('0.05C', '0.2 A/g')
    """
    return f"{current.to('1/h').value:g}C" if _kind(current, _CURRENT) == _CURRENT.index("1/h") else str(current)


def resolve(protocol: Protocol, basis: Basis, configuration: Configuration) -> Resolved:
    """Return what a protocol comes to for one cell, step by step and in SI.

    Parameters
    ----------
    protocol
        As it was written.
    basis
        Mass of active material, area and capacity of the cell, as far as they are known.
    configuration
        Half or full cell.  In a half cell the lithiation of the working electrode discharges the cell.

    Raises
    ------
    ProtocolError
        If a current is given by what is not known of the cell, a direction is that of an electrode in a
        full cell, a voltage lies outside the window, a step has no end, or nothing is measured of the kind
        that the protocol says.  The error names the step, the field and the value.

    Examples
    --------
    0.05C of a cell of 3 mAh is 0.15 mA:

    >>> formation = Protocol(name="first", kind="cycling",
    ...     steps=[ConstantCurrent(direction="charge", current="C/20", until_voltage="4.3 V")])
    >>> resolved = resolve(formation, Basis(capacity=3e-3 * 3600), Configuration.FULL)
    >>> round(resolved.steps[0].value * 1e3, 9), resolved.steps[0].label, resolved.temperature
    (0.15, '0.05C', 298.15)
    >>> resolve(formation, Basis(active_mass=1e-6), Configuration.FULL)
    Traceback (most recent call last):
        ...
    byssus.errors.ProtocolError: first: step 1 (constant current): current: '0.05C' is per capacity, and the cell has none; give its capacity, or the current in mA
    """
    resolver = _Resolver(protocol, basis, configuration)
    resolver.walk(protocol.steps, "")
    measured = {
        "cycling": True,
        "voltammetry": any(step.control == "sweep" for step in resolver.steps),
        "impedance": any(step.control == "impedance" for step in resolver.steps),
        "pulses": any(step.pulse for step in resolver.steps),
    }
    if not measured[protocol.kind]:
        missing = {"voltammetry": "sweep", "impedance": "impedance", "pulses": "pulses"}[protocol.kind]
        raise ProtocolError(
            f"measures none: no step is {missing}",
            file=protocol.name, field="kind", value=protocol.kind, fix=f"add a step {missing}, or name another kind",
        )  # fmt: skip
    return Resolved(protocol.name, protocol.kind, tuple(resolver.steps), _told_in(protocol.temperature, "K"))


class _Resolver:
    """Walks through a protocol as a cycler does, and knows what the steps before have left."""

    def __init__(self, protocol: Protocol, basis: Basis, configuration: Configuration) -> None:
        self.protocol = protocol
        self.basis = basis
        self.configuration = configuration
        self.steps: list[Step] = []
        self.cycle = 0
        self.pulse = 0
        #: Which way the cell was driven last.
        self.direction: CellDirection | None = None
        #: The voltage that the last step ended at, where that is certain [V].
        self.voltage: float | None = None
        self._bounded(_at_least(protocol.steps))

    def walk(self, parts: tuple[AnyStep, ...], within: str) -> None:
        for number, part in enumerate(parts, 1):
            if isinstance(part, Repeat):
                for _ in range(part.times):
                    self.cycle += part.counts
                    self.walk(part.steps, f"{within}{number}.")
                continue
            self._one(part, f"step {within}{number} ({part.step})")
            self._bounded(len(self.steps))

    def _bounded(self, steps: int) -> None:
        if steps > LARGEST_STEPS:
            raise ProtocolError(
                f"has more than {LARGEST_STEPS:,} steps", file=self.protocol.name, fix="repeat less often"
            )

    def _one(self, part: AnyStep, place: str) -> None:
        match part:
            case ConstantCurrent():
                self._driven(part, "current", "current", part.current, _CURRENT, current_label(part.current), place)
            case Power():
                self._driven(part, "power", "power", part.power, _POWER, str(part.power), place)
            case Pulses():
                self._pulses(part, place)
            case Hold():
                self._hold(part, place)
            case Sweep():
                self._sweep(part, place)
            case Rest():
                self._add(part, "rest", CellDirection.REST, duration=_told_in(part.duration, "s"))
                self.voltage = None
            case Impedance():
                spectrum = frequencies(
                    _told_in(part.highest, "Hz"), _told_in(part.lowest, "Hz"), part.points_per_decade
                )
                self._add(part, "impedance", CellDirection.REST, frequencies=spectrum)
                self.voltage = None

    def _driven(
        self, part: ConstantCurrent | Power, control: Control, field: str, amount: Quantity,
        units: tuple[str, ...], label: str, place: str,
    ) -> None:  # fmt: skip
        direction = self._way(part.direction, place)
        magnitude = self._absolute(amount, units, place, field)
        charge = part.until_charge
        passed = None if charge is None else self._absolute(charge, _CHARGE, place, "until_charge")
        voltage = self._end(part.until_voltage, direction, place)
        duration = None if part.duration is None else _told_in(part.duration, "s")
        if voltage is None and passed is None and duration is None:
            raise self._fault(
                "has no end", place, fix="give until_voltage, until_charge or duration, or the protocol a window"
            )
        self._add(
            part, control, direction, value=_signed(magnitude, direction), until_voltage=voltage, until_charge=passed,
            duration=duration, label=part.label or label,
        )  # fmt: skip
        self.voltage = voltage if passed is None and duration is None else None

    def _pulses(self, part: Pulses, place: str) -> None:
        direction = self._way(part.direction, place)
        current = self._absolute(part.current, _CURRENT, place, "current")
        voltage = self._end(part.until_voltage, direction, place)
        duration, rest = _told_in(part.duration, "s"), _told_in(part.rest, "s")
        count = part.count
        if count is None:
            if voltage is None:
                raise self._fault("has no end", place, fix="give count or until_voltage, or the protocol a window")
            if self.basis.capacity is None:
                raise self._fault(
                    "is missing, and cannot be told without the cell's capacity", place, field="count",
                    fix="give it, or the capacity",
                )  # fmt: skip
            count = math.ceil(_CAPACITIES_IN_PULSES * self.basis.capacity / (current * duration))
        if 2 * count > LARGEST_STEPS:
            raise self._fault(
                f"comes to {count:,} pulses", place, field="duration", value=str(part.duration),
                fix="make the pulses longer or their current larger",
            )  # fmt: skip
        label = part.label or current_label(part.current)
        for _ in range(count):
            self.pulse += 1
            self._add(
                part, "current", direction, value=_signed(current, direction), until_voltage=voltage,
                duration=duration, label=label, pulse=self.pulse, part="pulse",
            )  # fmt: skip
            self._add(
                part, "rest", CellDirection.REST, duration=rest, label=label, pulse=self.pulse, part="rest",
                every=part.record_rest_every,
            )  # fmt: skip
        self.voltage = None

    def _hold(self, part: Hold, place: str) -> None:
        if part.direction is not None:
            self.direction = self._way(part.direction, place)
        if self.direction is None:
            raise self._fault(
                "is missing, and no step before drives the cell", place, field="direction",
                fix="say which way the current flows",
            )  # fmt: skip
        if part.until_current is None and part.duration is None:
            raise self._fault("has no end", place, fix="give until_current or duration")
        falls_to = part.until_current
        voltage = self._inside(part.voltage, place, "voltage")
        self._add(
            part, "voltage", self.direction, value=voltage,
            until_current=None if falls_to is None else self._absolute(falls_to, _CURRENT, place, "until_current"),
            duration=None if part.duration is None else _told_in(part.duration, "s"),
            label=part.label or str(part.voltage),
        )  # fmt: skip
        self.voltage = voltage

    def _sweep(self, part: Sweep, place: str) -> None:
        direction = self._way(part.direction, place)
        end = self._inside(part.to, place, "to")
        rises = direction is CellDirection.CHARGE
        if self.voltage is not None and (end <= self.voltage if rises else end >= self.voltage):
            raise self._fault(
                f"cannot be reached in {part.direction}: the step before ends at {self.voltage:g} V", place, field="to",
                value=str(part.to), fix=f"the voltage {'rises' if rises else 'falls'} when the cell is {direction}d",
            )  # fmt: skip
        self._add(
            part, "sweep", direction, value=end, rate=_told_in(part.rate, "V/s"), label=part.label or str(part.rate)
        )
        self.voltage = end

    def _add(
        self, said: _AnyStep, control: Control, direction: CellDirection, *, every: Quantity | None = None, **more: Any
    ) -> None:
        """Add a step, with what the protocol says of all of them."""
        interval = every or said.record_every or self.protocol.record_every
        apart = said.record_voltage or self.protocol.record_voltage
        settings: dict[str, Any] = {
            "interval": _told_in(interval, "s"),
            "voltage_interval": None if apart is None else _told_in(apart, "V"),
            "temperature": None if said.temperature is None else _told_in(said.temperature, "K"),
            "cycle": max(self.cycle, 1),
            "label": said.label or "",
        }
        self.steps.append(Step(control, direction, **(settings | more)))

    def _way(self, word: Direction, place: str) -> CellDirection:
        if self.configuration is Configuration.FULL and word in ("lithiation", "delithiation"):
            raise self._fault(
                "is what one electrode does, and in a full cell both do", place, field="direction", value=word,
                fix="write charge or discharge",
            )  # fmt: skip
        discharges = word in ("lithiation", "discharge")
        self.direction = CellDirection.DISCHARGE if discharges else CellDirection.CHARGE
        return self.direction

    def _absolute(self, amount: Quantity, units: tuple[str, ...], place: str, field: str) -> float:
        """Return a setting of the cell itself in SI, whatever it was given per."""
        at = _kind(amount, units)
        if at is None:
            raise TypeError(f"{amount} is none of {units}")  # the fields of the model have none such
        capacity = self.basis.capacity
        if units is _CURRENT and capacity is not None:
            capacity /= 3600.0  # 1C empties it in an hour
        elif units is not _CURRENT and self.basis.holds is not None:
            capacity = self.basis.holds
        known = (1.0, self.basis.active_mass, self.basis.area, capacity)[at]
        if known is None or not known > 0:
            per, what = (
                ("mass of active material", "active mass"), ("area", "electrode's area"), ("capacity", "capacity"),
            )[at - 1]  # fmt: skip
            absolute = {"A": "current in mA", "C": "charge in mAh", "W": "power in mW"}[units[0]]
            told = current_label(amount) if units is _CURRENT else str(amount)
            raise self._fault(
                f"is per {per}, and the cell has none", place, field=field, value=told,
                fix=f"give its {what}, or the {absolute}",
            )  # fmt: skip
        return _told_in(amount, units[at]) * known

    def _end(self, given: Quantity | None, direction: CellDirection, place: str) -> float | None:
        if given is not None:
            return self._inside(given, place, "until_voltage")
        return None if self.protocol.window is None else self.protocol.window.end(direction)

    def _inside(self, given: Quantity, place: str, field: str) -> float:
        voltage, window = _told_in(given, "V"), self.protocol.window
        if window is not None and not _told_in(window.lower, "V") <= voltage <= _told_in(window.upper, "V"):
            raise self._fault(
                f"lies outside the window of {window.lower} to {window.upper}", place, field=field, value=str(given),
                fix="widen the window, or move the voltage into it",
            )  # fmt: skip
        return voltage

    def _fault(self, message: str, place: str, **where: Any) -> ProtocolError:
        return ProtocolError(message, file=self.protocol.name, place=place, **where)


def _at_least(parts: tuple[AnyStep, ...]) -> int:
    """Return how many steps these come to, a series of pulses counted as one."""
    return sum(part.times * _at_least(part.steps) if isinstance(part, Repeat) else 1 for part in parts)


def _signed(magnitude: float, direction: CellDirection) -> float:
    return magnitude if direction is CellDirection.CHARGE else -magnitude
