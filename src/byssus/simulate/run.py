"""Carry a protocol out on a virtual cell, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus.conventions import CellDirection
from byssus.errors import SimulationError
from byssus.protocol.steps import Resolved, Step, following
from byssus.simulate.inputs import SILICON
from byssus.simulate.model import Model, Passed, Setting, State, at_its_end, pybamm
from byssus.simulate.parameters import CRYSTALLINE, TEMPERATURE

Array = NDArray[np.float64]

#: A step has about so many records where its interval would give fewer.
_RECORDS: Final = 300
#: And never more: at one a minute these are five weeks, and a current that hardly flows would take all memory.
_MOST_RECORDS: Final = 50_000
#: Hours after which a hold or a current that never meets its end is left.
_LONGEST: Final = 24.0
#: So much more than the charge between its ends a step may pass before it is taken to be endless.
_BEYOND: Final = 1.5
#: Seconds between two records below which no more are put between them, however far apart their voltages are: where a
#: current begins there is no end to that.
_CLOSEST: Final = 0.01
#: Share of its charge that silicon has to give off before what it takes up is amorphous.  A choice: the back pulses of
#: a pulse power test give off less (0.2 %, 3 % in 30 s at 0.75 × 5C), and the front between crystal and what is
#: lithiated stays where it was; after a real delithiation the crystal is gone.
_GIVEN_OFF: Final = 0.05


@dataclass(frozen=True, slots=True)
class Point:
    """Where a test stands between two steps: all that is needed to go on from there."""

    step: int
    state: State
    voltage: float
    #: Charge in C that silicon has given off since it held the most.
    given_off: float = 0.0
    #: Whether that has once been more than `_GIVEN_OFF` of its charge: what it takes up from then on, it takes up amorphous.
    delithiated: bool = False
    #: Whether it has taken up lithium since.
    amorphous: bool = False
    #: Whether the pulse that it stands after, or after the rest of, was ended by its voltage.
    cut: bool = False


@dataclass(frozen=True)
class StepDone:
    """A step as it was carried out.

    Parameters
    ----------
    number
        Its place in the protocol, from 1.
    step
        What was asked.
    began
        Time of the test at its start in s.
    seconds, columns
        Records: time since its start, and by column the values.
    impedance
        Of an impedance step; else None.
    ended
        Why it ended: ``time``, ``charge``, ``low voltage``, ``high voltage``, ``least current``, ``at once`` if its end
        was met before it began, ``endless`` if it met none.
    after
        Where the test stands after it.
    """

    number: int
    step: Step
    began: float
    seconds: Array
    columns: Mapping[str, Array]
    impedance: NDArray[np.complex128] | None
    ended: str
    after: Point


def start(model: Model, given: Mapping[str, float] | None = None) -> Point:
    """Return where the test of a fresh cell stands."""
    state = model.start(given)
    rest = model.step(state, 1e-3, Setting(current=0.0), 1e-3, given)
    return Point(0, state, float(rest.columns["Voltage / V"][-1]))


def carry_out(
    model: Model,
    protocol: Resolved,
    point: Point | None = None,
    *,
    given: Mapping[str, float] | None = None,
    full: Callable[[Step], bool] = lambda _step: True,
) -> Iterator[StepDone]:
    """Carry out what is left of a protocol, and give each step as it is done.

    Parameters
    ----------
    point
        Where to go on from; a fresh cell if None.
    given
        Values of open inputs.
    full
        Which steps keep all their records; the others keep their first and last.

    Raises
    ------
    SimulationError
        If the equations cannot be solved on: the line names cell, step, time and likely cause.
    """
    point = point or start(model, given)
    while point.step < len(protocol.steps):
        place = point.step
        step = protocol.steps[place]
        whole = full(step)
        done = _carried(model, protocol, place, step, point, dict(given or {}), whole=whole)
        if not whole and done.seconds.size > 2:
            ends = np.array([0, -1])
            kept = {name: values[ends] for name, values in done.columns.items()}
            done = replace(done, seconds=done.seconds[ends], columns=kept)
        point = done.after
        yield done


def _carried(
    model: Model, protocol: Resolved, place: int, step: Step, point: Point, given: dict[str, float], *, whole: bool
) -> StepDone:
    given[TEMPERATURE] = step.temperature or protocol.temperature
    amorphous = point.amorphous or (point.delithiated and step.direction is _lithiating(model))
    silicon = next((each for each in model.cell.electrodes if each.material == SILICON), None)
    if silicon is not None:
        given[CRYSTALLINE] = silicon.inputs["crystalline share"].value * float(not amorphous)
    if step.control == "impedance":
        spectrum = model.impedance(point.state, step.frequencies, given)
        after = replace(point, step=place + 1, amorphous=amorphous, cut=False)
        return StepDone(place + 1, step, point.state.time, np.zeros(0), {}, spectrum, "time", after)
    setting, seconds, interval, end = _setting(model, step, point.voltage)
    interval = max(interval, seconds / _MOST_RECORDS)
    cut = _cut(step, point, "at once")
    empty = StepDone(place + 1, step, point.state.time, np.zeros(0), {}, None, "at once",
                     replace(point, step=following(protocol.steps, place, cut=cut), cut=cut))  # fmt: skip
    if seconds <= 0:
        return empty
    module = pybamm()
    try:
        passed = model.step(point.state, seconds, setting, interval, given)
        if passed.ended != "time" and not step.pulse and passed.seconds.size < _RECORDS / 2 and passed.seconds[-1] > 0:
            # It ended long before it could have: its records lie too far apart for a curve, and are taken again.
            lasted = float(passed.seconds[-1])
            again = model.step(point.state, min(seconds, 1.01 * lasted), setting, lasted / _RECORDS, given)
            if again.ended == passed.ended:
                passed, seconds, interval = again, min(seconds, 1.01 * lasted), lasted / _RECORDS
        also: list[float] = []
        while whole and (between := _between(passed, step.voltage_interval)):
            also += between
            passed = model.step(point.state, seconds, setting, interval, given, also)
    except module.SolverError as error:
        if at_its_end(error):
            return empty
        raise _stopped(model, protocol, place, step, point, error) from error
    ended = end if passed.ended == "time" else passed.ended
    if step.until_voltage is None and ended in ("low voltage", "high voltage"):
        raise _stopped(
            model, protocol, place, step, point, RuntimeError("the voltage runs away, beyond any stoichiometry")
        )
    voltage = float(passed.columns["Voltage / V"][-1])
    cut = _cut(step, point, ended)
    given_off = max(0.0, point.given_off - _lithiated(model, passed))
    delithiated = point.delithiated or given_off > _GIVEN_OFF * _charge(model)
    after = Point(
        following(protocol.steps, place, cut=cut), passed.state, voltage, given_off, delithiated, amorphous, cut
    )
    return StepDone(place + 1, step, point.state.time, passed.seconds, passed.columns, None, ended, after)


def _between(passed: Passed, apart: float | None) -> list[float]:
    """Return times between those records whose voltages lie further apart than they may, as a straight line has them."""
    if apart is None:
        return []
    voltage, times = passed.columns["Voltage / V"], passed.seconds
    apart = max(apart, float(np.ptp(voltage)) / _MOST_RECORDS)
    parts = np.ceil(np.abs(np.diff(voltage)) / apart - 1e-6)
    far = np.flatnonzero((parts > 1) & (np.diff(times) > _CLOSEST))
    return [time for at in far for time in np.linspace(times[at], times[at + 1], int(parts[at]) + 1)[1:-1].tolist()]


def _lithiated(model: Model, passed: Passed) -> float:
    """Return the charge in C that silicon has taken up in a step; below zero if it has given off."""
    charge = passed.columns["Charge Passed / Ah"]
    return (3600.0 if _lithiating(model) is CellDirection.CHARGE else -3600.0) * float(charge[-1] - charge[0])


def _cut(step: Step, point: Point, ended: str) -> bool:
    """Say whether a pulse, or the one that a rest belongs to, was ended by its voltage: it is the last of its run."""
    if step.part == "pulse":
        return ended in ("low voltage", "high voltage", "at once")
    return step.part == "rest" and point.cut


def _lithiating(model: Model) -> CellDirection:
    """Return what a cell does while its silicon, the negative electrode where there are two, takes up lithium."""
    return CellDirection.DISCHARGE if model.cell.opposite is None else CellDirection.CHARGE


def _setting(model: Model, step: Step, voltage: float) -> tuple[Setting, float, float, str]:
    """Return what is controlled, for how long at most, how often it is recorded, and what that time's end means."""
    discharges = step.direction is CellDirection.DISCHARGE
    limit = {} if step.until_voltage is None else {"low" if discharges else "high": step.until_voltage}
    interval, seconds, end = step.interval, step.duration, "time"
    if step.control == "sweep":
        assert step.rate is not None  # noqa: S101 - a resolved sweep has one
        sign = -1.0 if discharges else 1.0
        if step.voltage_interval is not None:
            interval = min(interval, step.voltage_interval / step.rate)
        seconds = sign * (step.value - voltage) / step.rate
        return Setting(voltage=voltage, rate=sign * step.rate), seconds, min(interval, seconds / _RECORDS), end
    if step.control == "rest":
        assert seconds is not None  # noqa: S101 - a resolved rest has one
        return Setting(current=0.0, **limit), seconds, min(interval, seconds / 30), end
    if step.control == "voltage":
        least = {} if step.until_current is None else {"least": step.until_current}
        if seconds is None:
            seconds, end = _LONGEST * 3600, "endless"
        sign = 1.0 if discharges else -1.0
        return Setting(voltage=step.value, sign=sign, **least), seconds, min(interval, seconds / 30), end
    # A power has its least current at its highest voltage.
    highest = max(abs(voltage), step.until_voltage or 0.0, 0.1)
    magnitude = abs(step.value) if step.control == "current" else abs(step.value) / highest
    longest = _BEYOND * _charge(model) / magnitude
    if step.until_charge is not None:
        if step.control == "power":
            raise SimulationError("ends by charge at a constant power, which a virtual cell cannot tell beforehand",
                                  file=model.cell.name, field="until_charge", value=f"{step.until_charge / 3.6:.4g} mAh",
                                  fix="end it by a voltage or a time")  # fmt: skip
        whole = step.until_charge / magnitude
        seconds, end = (whole, "charge") if seconds is None or whole < seconds else (seconds, end)
    if seconds is None or seconds > longest:
        seconds, end = longest, "endless"
    nominal = min(seconds, _charge(model) / magnitude)
    interval = min(interval, nominal / _RECORDS)
    # A current charges the cell if it is positive; the model counts the other way.
    if step.control == "current":
        return Setting(current=-step.value, **limit), seconds, interval, end
    return Setting(power=-step.value, **limit), seconds, interval, end


def _charge(model: Model) -> float:
    """Return the charge in C that the working electrode holds at most."""
    return model.capacity


def _stopped(
    model: Model, protocol: Resolved, place: int, step: Step, point: Point, error: Exception
) -> SimulationError:
    """Return an error that says where it stopped and why it likely did."""
    words = str(error).splitlines()[0]
    known = (
        ("stoichiometry", "the electrode is full or empty: its window reaches beyond what the material has"),
        ("IDA_CONV_FAIL", "the equations have no solution on: the current is too high for this cell, as it is by then"),
        ("IDA_BAD_K", "the equations have no solution from the first instant: the current is too high for this cell"),
        (
            "IDA_ERR_FAIL",
            "the equations change too fast: the current is too high, or a number of the cell is far from what "
            "cells have",
        ),
    )
    cause = next((told for sign, told in known if sign in words), "no cause that is known")
    after = (point.state.time) / 3600
    return SimulationError(
        f"stopped after {after:.3g} h: {words}", file=model.cell.name,
        place=f"{protocol.name}, step {place + 1} of {len(protocol.steps)} ({step.label or step.control}, cycle {step.cycle})",
        fix=f"likely cause: {cause}",
    )  # fmt: skip
