"""A protocol in the words of cyclers, through aurora-unicycler, and back.

aurora-unicycler (MIT; github.com/EmpaEconversion/aurora-unicycler) holds a protocol in mA, V and s and writes
the files of several makers.  Its sign is ours: a positive current charges the cell (its Neware file calls
it a charge, its BioLogic file ends it above a voltage), so a half cell is lithiated by a negative one.

What it cannot say is refused by name, and so is what one of its formats would lose or change in silence:

* a power, an end by charge, a temperature of one step, and pulses that end with the window, since it has
  no jump out of a loop;
* an end voltage of 0 V, which it reads as none;
* in Neware files: impedance; a hold in discharge that only its time ends (it would be written as a charge);
* in BioLogic files: what their three decimals would change, and impedance below 1 mHz, which loses its unit;
* for tomato: impedance, sweeps, a hold that ends by its current (the end is left out), and more than its
  fixed range of 10 mA;
* for PyBaMM: impedance and sweeps.

Left to the cycler are its safety limits and the temperature of its chamber.  All steps are recorded alike, as
often as the one that is recorded most often.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from byssus.conventions import CellDirection
from byssus.errors import ProtocolError, UsageError, did_you_mean
from byssus.protocol.model import LARGEST_STEPS, frequencies
from byssus.protocol.steps import Resolved, Step, TestKind, following

if TYPE_CHECKING:
    from aurora_unicycler import CyclingProtocol

Format = Literal["unicycler", "neware", "biologic", "tomato", "pybamm", "battinfo"]
#: What a protocol can be written as.
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

#: A step's label and its part of a pulse share one field.
_PART = " | "
_CYCLE, _REPEAT = "cycle ", "repeat "
#: Loops of more steps are not looked for: no test has so many to a cycle.
_LONGEST_LOOP = 64

_NAMES: Final = {"sweep": "a sweep", "impedance": "an impedance"}
_CANNOT: Final[dict[str, tuple[str, ...]]] = {
    "neware": ("impedance",),
    "tomato": ("sweep", "impedance"),
    "pybamm": ("sweep", "impedance"),
}
_TOMATO_RANGE = 10e-3
_BIOLOGIC_LOWEST = 1e-3
#: What rounding to the three decimals of a BioLogic file may change of a number.
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class _Told:
    """A step in the library's words, and whether a cycle begins with it."""

    technique: str
    fields: tuple[tuple[str, Any], ...]
    begins: bool


def to_unicycler(
    resolved: Resolved, *, capacity: float | None = None, starts_at: float | None = None, amplitude: float = 5e-3
) -> CyclingProtocol:
    """Return a protocol for one cell as one of aurora-unicycler, its repeated steps as loops.

    Parameters
    ----------
    resolved
        The steps for the cell, from `byssus.protocol.model.resolve`.
    capacity
        Capacity of the cell [C], which some makers' files name; every current is given in mA.
    starts_at
        Voltage of the cell before the first step [V]; a first sweep needs it.
    amplitude
        Amplitude of the voltage in an impedance [V].  5 mV is a choice, small beside RT/F = 26 mV, so that the
        answer is linear.

    Raises
    ------
    ProtocolError
        For what the library cannot say, with the step.

    Examples
    --------
    >>> from byssus.conventions import CellDirection
    >>> steps = [Step("current", CellDirection.DISCHARGE, -2e-4, until_voltage=0.005, cycle=n) for n in (1, 2, 3)]
    >>> told = to_unicycler(Resolved("slow", "cycling", tuple(steps), 298.15))
    >>> [each.step for each in told.method], told.method[1].current_mA, told.method[2].cycle_count
    (['tag', 'constant_current', 'loop'], -0.2, 3)
    """
    return _in_loops(resolved, _told(resolved, starts_at, amplitude), capacity)


def from_unicycler(protocol: CyclingProtocol, *, temperature: float = 298.15, kind: TestKind | None = None) -> Resolved:
    """Return the steps that a protocol of aurora-unicycler comes to, its loops carried out.

    What `to_unicycler` has written comes back the same, to twelve digits, but for the intervals of records (all
    alike) and the temperatures.  In a protocol from elsewhere each pass through an innermost loop is a cycle.

    Parameters
    ----------
    protocol
        Any protocol of the library.
    temperature
        Of the surroundings, which the library does not know [K].
    kind
        What is measured; else impedance, sweeps or pulses, where it has any.

    Raises
    ------
    ProtocolError
        If a C-rate is given without a capacity, a hold says neither which way its current flows nor follows
        a step that does, or the loops come to too many steps.

    Examples
    --------
    >>> from aurora_unicycler import ConstantCurrent, CyclingProtocol, RecordParams, SampleParams
    >>> resolved = from_unicycler(CyclingProtocol(
    ...     sample=SampleParams(name="full", capacity_mAh=2.0), record=RecordParams(time_s=10),
    ...     method=[ConstantCurrent(rate_C="C/2", until_voltage_V=4.3)]))
    >>> step, = resolved.steps
    >>> str(step.direction), step.value, step.until_voltage, step.interval
    ('charge', 0.001, 4.3, 10.0)
    """
    reader = _Reader(protocol)
    steps = tuple(reader.steps())
    return Resolved(str(protocol.sample.name), kind or _measured(steps), steps, temperature)


def _measured(steps: tuple[Step, ...]) -> TestKind:
    """Say what steps measure, by what is found in them."""
    if any(step.control == "impedance" for step in steps):
        return "impedance"
    if any(step.control == "sweep" for step in steps):
        return "voltammetry"
    return "pulses" if any(step.part for step in steps) else "cycling"


def export(
    resolved: Resolved,
    format: Format,  # noqa: A002 - the word that people use
    *,
    capacity: float | None = None,
    starts_at: float | None = None,
    amplitude: float = 5e-3,
) -> str:
    """Return a protocol for one cell as a cycler, or another program, takes it.

    Parameters
    ----------
    resolved, capacity, starts_at, amplitude
        As of `to_unicycler`.
    format
        ``neware`` (xml), ``biologic`` (mps), ``tomato`` (json), ``pybamm`` (one string of an experiment a line),
        ``battinfo`` (JSON-LD), or ``unicycler`` (json).

    Raises
    ------
    UsageError
        If there is no such format.
    ProtocolError
        For what the library or the format cannot say, with the step.

    Examples
    --------
    >>> from byssus.conventions import CellDirection
    >>> hold = Step("voltage", CellDirection.DISCHARGE, 0.005, until_current=1e-5)
    >>> print(export(Resolved("hold", "cycling", (hold,), 298.15), "pybamm"))
    Hold at 0.005 V until 0.01 mA
    """
    if format not in FORMATS:
        raise UsageError(
            "is not a format of protocols", field="format", value=format, fix=did_you_mean(format, FORMATS)
        )
    for number, step in enumerate(resolved.steps, 1):
        _check(step, format, f"step {number} ({step.control})", resolved.name)
    told = _told(resolved, starts_at, amplitude)
    if format == "pybamm":
        # The sign that tells the direction of a hold elsewhere is here compared with the magnitude of the current.
        told = [
            _Told(
                each.technique,
                tuple((name, abs(value) if name == "until_current_mA" else value) for name, value in each.fields),
                each.begins,
            )
            for each in told
        ]
    # In BattINFO the library writes a loop that begins with the first step once more before itself (0.4.6).
    protocol = _in_loops(resolved, told, capacity, opens=format != "battinfo")
    try:
        return _written(protocol, format, resolved)
    except (ValueError, RuntimeError) as error:  # a RecursionError among them
        raise ProtocolError(
            f"cannot be written for {format}: {error}", file=resolved.name, fix="export it in parts"
        ) from error


def _written(protocol: CyclingProtocol, format: Format, resolved: Resolved) -> str:  # noqa: A002
    match format:
        case "neware":
            return str(protocol.to_neware_xml())
        case "biologic":
            voltages = [each for step in resolved.steps for each in _voltages(step)]
            reach = (min(0.0, *map(math.floor, voltages), 0.0), max(5.0, *map(math.ceil, voltages), 5.0))
            return str(protocol.to_biologic_mps(range_V=reach))
        case "tomato":
            return str(protocol.to_tomato_mpg2())
        case "pybamm":
            return "\n".join(protocol.to_pybamm_experiment())
        case "battinfo":
            return json.dumps(protocol.to_battinfo_jsonld(), indent=2)
        case "unicycler":
            return str(protocol.to_json())


def _voltages(step: Step) -> list[float]:
    set_to = [step.value] if step.control in ("voltage", "sweep") else []
    return set_to if step.until_voltage is None else [*set_to, step.until_voltage]


def _check(step: Step, format: str, place: str, name: str) -> None:  # noqa: A002
    """Refuse what a format would lose, or change in silence."""

    def refuse(what: str, fix: str) -> ProtocolError:
        return ProtocolError(f"{what} cannot be written for {format}", file=name, place=place, fix=fix)

    if step.control in _CANNOT.get(format, ()):
        known = [each for each in FORMATS if step.control not in _CANNOT.get(each, ())]
        raise refuse(_NAMES[step.control], f"it can for {', '.join(known)}")
    if format == "neware" and step.control == "voltage" and step.until_current is None:
        if step.direction is CellDirection.DISCHARGE:
            raise refuse("a hold in discharge without an end by current", "give it until_current")
    elif format == "tomato":
        if step.until_current is not None:
            raise refuse("a hold that ends by its current", "give it a duration alone")
        if step.control == "current" and abs(step.value) > _TOMATO_RANGE:
            raise refuse(f"a current of {abs(step.value) * 1e3:g} mA, beyond its range of 10 mA,", "use a smaller one")
    elif format == "biologic":
        if step.frequencies and min(step.frequencies) < _BIOLOGIC_LOWEST:
            raise refuse("a frequency below 1 mHz", "end the spectrum at 1 mHz")
        for what, number in _printed(step):
            if abs(round(number, 3) - number) > _ROUNDING * abs(number):
                raise refuse(f"{what} of {number:g}, of which the file keeps three decimals,", "round it")


def _printed(step: Step) -> Iterator[tuple[str, float]]:
    """Yield the numbers of which a BioLogic file prints three decimals, in the units it has them in."""
    if step.control == "current":
        yield (
            ("a current in mA", step.value * 1e3) if abs(step.value) >= 1e-3 else ("a current in µA", step.value * 1e6)
        )
    if step.control == "voltage":
        yield "a voltage in V", step.value
    for what, number in (
        ("an end voltage in V", step.until_voltage),
        ("a time in s", step.duration),
        ("an interval of records in s", step.interval),
        ("an interval of records in V", step.voltage_interval),
    ):
        if number is not None:
            yield what, number
    if step.until_current is not None:
        yield "an end current in mA", step.until_current * 1e3


def _told(resolved: Resolved, starts_at: float | None, amplitude: float) -> list[_Told]:
    """Say each step in the library's words."""
    told: list[_Told] = []
    voltage, direction, cycle = starts_at, None, 0
    for number, step in enumerate(resolved.steps, 1):
        place = f"step {number} ({step.control})"
        # The rest of the pulse comes next; what follows it is another step where a pulse cut short is the last one.
        ends = step.part == "pulse" and step.until_voltage is not None
        if ends and following(resolved.steps, number, cut=True) != number + 1:
            raise ProtocolError(
                "the end of a series of pulses by voltage cannot be told to a cycler: aurora-unicycler has no jump out "
                "of a loop",
                file=resolved.name, place=place,
                fix="give the pulses a count and the protocol no window, and program the jump at the cycler",
            )  # fmt: skip
        if step.cycle - cycle not in (0, 1):
            raise ProtocolError(
                "is not numbered one by one", file=resolved.name, place=place, field="cycle", value=step.cycle
            )
        technique, fields = _technique(step, voltage, direction, amplitude, place, resolved)
        label = step.label if step.part is None else f"{step.label}{_PART}{step.part}"
        told.append(_Told(technique, (*fields.items(), ("id", label or None)), begins=step.cycle > cycle))
        cycle = step.cycle
        if step.direction is not CellDirection.REST:
            direction = step.direction
        match step.control:
            case "sweep" | "voltage":
                voltage = step.value
            case "current" if step.duration is None:
                voltage = step.until_voltage
            case _:
                voltage = None
    return told


def _technique(
    step: Step, voltage: float | None, direction: CellDirection | None, amplitude: float, place: str, resolved: Resolved
) -> tuple[str, dict[str, Any]]:
    """Return the library's name of a step, and its fields."""

    def refuse(what: str, fix: str) -> ProtocolError:
        return ProtocolError(f"{what} cannot be told to a cycler", file=resolved.name, place=place, fix=fix)

    if step.until_charge is not None:
        fix = "give it a duration"
        if step.control == "current":
            fix = f"give the time in which it passes, as duration: {step.until_charge / abs(step.value) / 3600:.6g} h"
        raise refuse("an end by charge", fix)
    if step.until_voltage == 0:
        raise refuse("an end voltage of 0 V, which aurora-unicycler reads as none,", "end at 1 mV")
    if step.temperature not in (None, resolved.temperature):
        raise refuse("a temperature of one step", "set it at the chamber, in a protocol of its own")
    match step.control:
        case "current":
            return "ConstantCurrent", {
                "current_mA": _milli(step.value),
                "until_time_s": step.duration,
                "until_voltage_V": step.until_voltage,
            }
        case "voltage":
            ends = None
            if step.until_current is not None:
                ends = _milli(step.until_current if step.direction is CellDirection.CHARGE else -step.until_current)
            elif step.direction is not direction:
                raise refuse("which way a hold flows that only its time ends", "give it until_current")
            return "ConstantVoltage", {
                "voltage_V": step.value, "until_time_s": step.duration, "until_current_mA": ends,
            }  # fmt: skip
        case "sweep" if step.rate is not None:
            if voltage is None:
                raise refuse(
                    "a sweep from a voltage that is not known", "say where the cell starts, or hold a voltage before it"
                )
            return "VoltageScan", {
                "start_voltage_V": voltage, "end_voltage_V": step.value, "scan_rate_mV_per_s": _milli(step.rate),
            }  # fmt: skip
        case "rest":
            return "OpenCircuitVoltage", {"until_time_s": step.duration}
        case "impedance":
            first, last = step.frequencies[0], step.frequencies[-1]
            return "ImpedanceSpectroscopy", {
                "amplitude_V": amplitude, "start_frequency_Hz": first, "end_frequency_Hz": last,
                "points_per_decade": _points_per_decade(step.frequencies, place, resolved.name),
            }  # fmt: skip
        case _:
            raise refuse(f"a {step.control}", "give a current")


def _milli(value: float) -> float:
    # Twelve digits: a factor of a thousand leaves binary dust that a cycler's file would show.
    return float(f"{value * 1e3:.12g}")


def _points_per_decade(given: Sequence[float], place: str, name: str) -> int:
    """Return the number of points to a decade that makes these frequencies of their ends."""
    highest, lowest = max(given), min(given)
    points = max(1, round((len(given) - 1) / math.log10(highest / lowest))) if highest > lowest else 0
    for guess in (points, points + 1, points - 1):
        if guess > 0:
            spaced = frequencies(highest, lowest, guess)
            if len(spaced) == len(given) and all(
                math.isclose(one, other, rel_tol=1e-9)
                for one, other in zip(spaced, sorted(given, reverse=True), strict=True)
            ):
                return guess
    raise ProtocolError(
        "frequencies that are not evenly spaced on a logarithmic scale cannot be told to a cycler",
        file=name, place=place, fix="give highest, lowest and points_per_decade",
    )  # fmt: skip


def _in_loops(resolved: Resolved, told: list[_Told], capacity: float | None, *, opens: bool = True) -> CyclingProtocol:
    """Write steps with their repetitions as loops; `opens` allows a loop that begins with the first step."""
    import aurora_unicycler

    method: list[Any] = []
    tags = 0
    for body, times in _blocks(told, opens=opens):
        target = None
        for place, each in enumerate(body):
            if each.begins or (place == 0 and times > 1):
                tags += 1
                name = f"{_CYCLE if each.begins else _REPEAT}{tags}"
                target = name if place == 0 else target
                method.append(aurora_unicycler.Tag(tag=name))
            method.append(getattr(aurora_unicycler, each.technique)(**dict(each.fields)))
        if times > 1:
            method.append(aurora_unicycler.Loop(loop_to=target, cycle_count=times))
    apart = [step.voltage_interval for step in resolved.steps if step.voltage_interval is not None]
    return aurora_unicycler.CyclingProtocol(
        sample=aurora_unicycler.SampleParams(
            name=resolved.name, capacity_mAh=None if capacity is None else float(f"{capacity / 3.6:.12g}")
        ),
        record=aurora_unicycler.RecordParams(
            time_s=min(step.interval for step in resolved.steps), voltage_V=min(apart, default=None)
        ),
        method=method,
    )


def _blocks(told: list[_Told], *, opens: bool) -> Iterator[tuple[list[_Told], int]]:
    """Yield runs of steps with the number of times that each is carried out, the longest repetition first."""
    at = 0
    while at < len(told):
        length, times = 1, 1
        for size in range(1, min(_LONGEST_LOOP, (len(told) - at) // 2) + 1):
            repeats = 1
            while told[at : at + size] == told[at + repeats * size : at + (repeats + 1) * size]:
                repeats += 1
            if repeats > 1 and repeats * size > length * times:
                length, times = size, repeats
        if at == 0 and not opens:
            times = 1
        yield told[at : at + length], times
        at += length * times


class _Reader:
    """Carries out a protocol of the library, on paper."""

    def __init__(self, protocol: CyclingProtocol) -> None:
        self.protocol = protocol
        self.method = list(protocol.method)
        self.name = str(protocol.sample.name)
        self.direction: CellDirection | None = None
        self.pulse = 0

    def steps(self) -> Iterator[Step]:
        """Yield the steps one after another, each loop as often as it says."""
        tags = {each.tag: at for at, each in enumerate(self.method) if each.step == "tag"}
        loops = {
            at: tags[each.loop_to] if isinstance(each.loop_to, str) else each.loop_to - 1
            for at, each in enumerate(self.method)
            if each.step == "loop"
        }
        begins = {at for tag, at in tags.items() if tag.startswith(_CYCLE)} or {
            start for at, start in loops.items() if not any(start <= other < at for other in loops)
        }
        passes = dict.fromkeys(loops, 0)
        at, cycle, walked = 0, 0, 0
        while at < len(self.method):
            walked += 1
            if walked > 3 * LARGEST_STEPS:
                raise ProtocolError(
                    f"comes to more than {LARGEST_STEPS:,} steps", file=self.name, fix="check its loops"
                )
            cycle += at in begins
            if at in loops:
                passes[at] += 1
                if passes[at] < self.method[at].cycle_count:
                    at = loops[at]
                    continue
                passes[at] = 0
            elif self.method[at].step != "tag":
                yield self._step(self.method[at], max(cycle, 1), f"step {at + 1} ({self.method[at].step})")
            at += 1

    def _step(self, each: Any, cycle: int, place: str) -> Step:
        label, _, part = (each.id or "").rpartition(_PART)
        if part not in ("pulse", "rest"):
            label, part = each.id or "", None
        self.pulse += part == "pulse"
        record = self.protocol.record
        common: dict[str, Any] = {
            "interval": record.time_s, "voltage_interval": record.voltage_V, "cycle": cycle, "label": label,
            "part": part, "pulse": self.pulse if part else 0,
        }  # fmt: skip
        match each.step:
            case "constant_current":
                value = self._ampere(each.rate_C, each.current_mA, place)
                self.direction = _way(value)
                return Step(
                    "current", self.direction, value, until_voltage=each.until_voltage_V or None,
                    duration=each.until_time_s or None, **common,
                )  # fmt: skip
            case "constant_voltage":
                ends_at = None
                if each.until_rate_C or each.until_current_mA:
                    ends_at = self._ampere(each.until_rate_C, each.until_current_mA, place)
                    self.direction = _way(ends_at)
                if self.direction is None:
                    raise ProtocolError(
                        "does not say which way its current flows", file=self.name, place=place,
                        fix="give until_current_mA, negative in a discharge",
                    )  # fmt: skip
                return Step(
                    "voltage", self.direction, each.voltage_V, until_current=None if ends_at is None else abs(ends_at),
                    duration=each.until_time_s or None, **common,
                )  # fmt: skip
            case "voltage_scan":
                self.direction = _way(each.end_voltage_V - each.start_voltage_V)
                rate = float(f"{each.scan_rate_mV_per_s / 1e3:.12g}")
                return Step("sweep", self.direction, each.end_voltage_V, rate=rate, **common)
            case "open_circuit_voltage":
                return Step("rest", CellDirection.REST, duration=each.until_time_s, **common)
            case _:
                first, last = each.start_frequency_Hz, each.end_frequency_Hz
                spectrum = frequencies(max(first, last), min(first, last), each.points_per_decade)
                spectrum = spectrum if first > last else spectrum[::-1]
                return Step("impedance", CellDirection.REST, frequencies=spectrum, **common)

    def _ampere(self, rate: float | None, milliampere: float | None, place: str) -> float:
        """Return a current in A; a C-rate goes before one in mA, as in the library."""
        if rate:
            capacity = self.protocol.sample.capacity_mAh
            if capacity is None:
                raise ProtocolError(
                    "is a C-rate, and the protocol has no capacity", file=self.name, place=place, value=rate,
                    fix="give the sample its capacity_mAh",
                )  # fmt: skip
            return float(f"{rate * capacity / 1e3:.12g}")
        return float(f"{(milliampere or 0.0) / 1e3:.12g}")


def _way(value: float) -> CellDirection:
    return CellDirection.CHARGE if value > 0 else CellDirection.DISCHARGE
