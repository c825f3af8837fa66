"""Steps as they are carried out: one cell, SI, and nothing left to be looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from byssus.conventions import CellDirection

#: What is held, swept or measured in a step.
Control = Literal["current", "voltage", "sweep", "power", "rest", "impedance"]

#: What a protocol measures, which is the kind of the table that comes of it.
TestKind = Literal["cycling", "voltammetry", "impedance", "pulses"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step for one cell, in SI: nothing is left to be looked up.

    It ends when the first of its ends is met.

    Parameters
    ----------
    control
        What is held, swept or measured.
    direction
        What the cell does.
    value
        Current in A or power in W, positive charges the cell; voltage in V of a hold, end voltage
        in V of a sweep; 0 for a rest and an impedance.
    rate
        Rate of a sweep, above zero [V/s].
    until_voltage
        The step ends when the voltage passes it: falls to it in a discharge, rises to it in a charge [V].
    until_current
        A hold ends when the magnitude of the current has fallen to it [A].
    until_charge
        The step ends when this charge has passed in it, as a magnitude [C].
    duration
        The step lasts this long at most; None only where another end is given [s].
    interval
        Time between records, at most [s].
    voltage_interval
        Voltage between records, at most; a record is kept when either interval is passed [V].
    temperature
        Temperature of the surroundings; None is the protocol's [K].
    cycle
        Number of the cycle that the step belongs to, from 1.
    label
        What people call it: ``0.2 A/g``, ``0.1 mV/s``.
    pulse
        Number of the pulse that the step belongs to, from 1; 0 outside pulses.
    part
        Which part of the pulse the step is; None outside pulses.
    frequencies
        Frequencies of an impedance, in the order they are measured in [Hz].
    """

    control: Control
    direction: CellDirection
    value: float = 0.0
    rate: float | None = None
    until_voltage: float | None = None
    until_current: float | None = None
    until_charge: float | None = None
    duration: float | None = None
    interval: float = 60.0
    voltage_interval: float | None = None
    temperature: float | None = None
    cycle: int = 1
    label: str = ""
    pulse: int = 0
    part: Literal["pulse", "rest"] | None = None
    frequencies: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """What the currents of a protocol are resolved by, in SI.

    Parameters
    ----------
    active_mass
        Mass of active material of the working electrode [kg].
    area
        Geometric area of the electrode [m^2].
    capacity
        What a current of 1C empties in an hour [C].
    holds
        What the cell holds, of which shares of its capacity are counted; `capacity` if None [C].
    """

    active_mass: float | None = None
    area: float | None = None
    capacity: float | None = None
    holds: float | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A protocol for one cell, step by step.

    Parameters
    ----------
    name
        What people call it.
    kind
        What it measures.
    steps
        In the order they are carried out.
    temperature
        Temperature of the surroundings in each step that has none of its own [K].
    """

    name: str
    kind: TestKind
    steps: tuple[Step, ...]
    temperature: float


def following(steps: tuple[Step, ...], at: int, *, cut: bool = False) -> int:
    """Return which step follows one that has been carried out; the number of steps where none does.

    How many pulses lead to the end of the window nobody knows beforehand, so a protocol holds more of
    them than there can be.  A pulse that its voltage has ended is the last one of its run: after its own
    rest, the pulses that follow it at once in the same direction are passed over.

    Parameters
    ----------
    steps
        All steps of the protocol.
    at
        The one that has been carried out.
    cut
        Whether the pulse that it is, or that it is the rest of, was ended by its voltage.

    Examples
    --------
    >>> pulses = tuple(Step("current", CellDirection.DISCHARGE, -1e-3, pulse=number, part="pulse") for number in (1, 2))
    >>> rest = Step("rest", CellDirection.REST, duration=1800.0, pulse=1, part="rest")
    >>> steps = (pulses[0], rest, pulses[1], rest)
    >>> following(steps, 1), following(steps, 0, cut=True), following(steps, 1, cut=True)
    (2, 1, 4)
    """
    after = at + 1
    if not cut or steps[at].part != "rest":
        return after
    direction = next(step.direction for step in reversed(steps[:at]) if step.part == "pulse")
    while after < len(steps) and (
        steps[after].part == "rest" or (steps[after].part == "pulse" and steps[after].direction == direction)
    ):
        after += 1
    return after
