"""The tests that people ask for by name, each a few fields with defaults, and the protocol it comes to.

Where He et al. 2026 (doi:10.1016/j.est.2026.120607) say how their silicon half cells were tested, that is the
default, and the field says so; every other default is a choice, and the field says that.  A cycle begins the
way in which the electrode, as it was made, can first be used (`byssus.conventions.first_direction`).
"""

from __future__ import annotations

from abc import abstractmethod
from itertools import pairwise
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, field_validator

from byssus.conventions import CellDirection, Configuration, Made, direction_word, first_direction
from byssus.errors import UsageError, did_you_mean
from byssus.handwritten.fields import Part, Share
from byssus.protocol.model import (
    AnyStep,
    ConstantCurrent,
    Current,
    Direction,
    Duration,
    Frequency,
    Hold,
    Impedance,
    Protocol,
    Pulses,
    Repeat,
    Rest,
    ScanRate,
    Sweep,
    Temperature,
    Times,
    VoltageStep,
    Window,
)
from byssus.protocol.steps import TestKind
from byssus.quantity import Quantity

TestName = Literal["formation", "rate", "cycling", "cv", "gitt", "ici", "power", "eis"]
#: The tests, by the names that people ask for them by.
NAMES: Final[tuple[TestName, ...]] = get_args(TestName)

#: Tests whose cells go through the formation before, as the paper's did "prior to the cycling measurements"
#: (section 2.4).  Its voltammetry was activated by sweeps of its own.
_FORMED: Final = ("rate", "cycling", "gitt", "ici", "power", "eis")

#: Fine enough to show peaks of dQ/dV that are tens of millivolts wide; a choice.
_CYCLING_STEP: Final = Quantity(5, "mV")


class _Test(Part):
    """What all tests have."""

    temperature: Temperature = Field(
        Quantity(25, "degC"),
        description="Of the surroundings; 25 °C is a choice (the paper says it of its quasi-solid-state cells only).",
    )

    @abstractmethod
    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test.

        Parameters
        ----------
        window
            The voltages between which the cell is used.
        made
            Whether the electrode of a half cell is made empty or full of lithium; None for a full cell.
        configuration
            Half or full cell.
        """


class _Cycled(_Test):
    """What tests have that cycle between the ends of the window."""

    hold_until: Current | None = Field(
        None, description="Hold the voltage at the end of the first half of a cycle until the current has fallen to this.",
        examples=["0.05C"],
    )  # fmt: skip
    rest: Duration | None = Field(None, description="Rest after each half of a cycle.", examples=["10 min"])
    record_every: Duration = Field(Quantity(60, "s"), description="Time between records, at most; a choice.")
    record_voltage: VoltageStep = Field(_CYCLING_STEP, description="Voltage between records, at most; a choice.")

    def _cycles(
        self, ways: tuple[Direction, Direction], window: Window, times: int, current: Quantity,
        second: Quantity | None = None,
    ) -> Repeat:  # fmt: skip
        rest = () if self.rest is None else (Rest(duration=self.rest),)
        held: tuple[AnyStep, ...] = ()
        if self.hold_until is not None:
            held = (Hold(voltage=_end(window, ways[0]), until_current=self.hold_until),)
        return Repeat(
            times=times,
            steps=(
                ConstantCurrent(direction=ways[0], current=current), *held, *rest,
                ConstantCurrent(direction=ways[1], current=second or current), *rest,
            ),
        )  # fmt: skip

    def _protocol(self, name: str, window: Window, steps: tuple[AnyStep, ...], kind: TestKind = "cycling") -> Protocol:
        return Protocol(
            name=name, kind=kind, temperature=self.temperature, window=window, record_every=self.record_every,
            record_voltage=self.record_voltage, steps=steps,
        )  # fmt: skip


class Formation(_Cycled):
    """The first cycles, slow, in which the films on the electrodes form.

    Examples
    --------
    >>> window = Window(lower=Quantity(0.005, "V"), upper=Quantity(1.5, "V"))
    >>> protocol = Formation().protocol(window, Made.EMPTY, Configuration.HALF)
    >>> cycles, = protocol.steps
    >>> cycles.times, [step.direction for step in cycles.steps], str(cycles.steps[0].current)
    (3, ['lithiation', 'delithiation'], '0.05 1/h')
    """

    current: Current = Field(
        Quantity(0.05, "1/h"), description="Of both halves; 0.05C (He et al. 2026, section 2.4).", examples=["0.05C"]
    )
    cycles: Times = Field(3, description="How many; 3 (He et al. 2026, section 2.4).")

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test."""
        ways = _ways(made, configuration)
        return self._protocol("formation", window, (self._cycles(ways, window, self.cycles, self.current),))


class Rate(_Cycled):
    """Some cycles at each of several currents, and then at one of them again."""

    currents: tuple[Current, ...] = Field(
        tuple(Quantity(value, "A/g") for value in (0.2, 0.5, 1.0, 2.0, 4.0, 6.0)),
        description="One after another, of both halves; those of He et al. 2026, section 3 (Fig. 4c).",
        min_length=1,
        examples=[["0.2 A/g", "0.5 A/g", "1 A/g"]],
    )
    cycles: Times = Field(5, description="How many at each; 5 is a choice (the text of the paper does not say).")
    back: Current | None = Field(
        Quantity(0.5, "A/g"),
        description="The current it goes back to; 0.5 A/g (He et al. 2026, section 3). Blank for none.",
    )

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test."""
        ways = _ways(made, configuration)
        currents = (*self.currents, *(() if self.back is None else (self.back,)))
        steps = tuple(self._cycles(ways, window, self.cycles, current) for current in currents)
        return self._protocol("rate", window, steps)


class Cycling(_Cycled):
    """Many cycles at one current."""

    current: Current = Field(
        Quantity(1, "A/g"), description="Of both halves; 1.0 A/g (He et al. 2026, section 3, Fig. 4d)."
    )
    second_current: Current | None = Field(
        None, description="Of the second half of a cycle, where it is another: the delithiation of an anode made "
        "empty, the discharge of a full cell.",
    )  # fmt: skip
    cycles: Times = Field(250, description="How many; 250 (He et al. 2026, section 3, Fig. 4d).")

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test."""
        ways = _ways(made, configuration)
        steps = (self._cycles(ways, window, self.cycles, self.current, self.second_current),)
        return self._protocol("cycling", window, steps)


class CyclicVoltammetry(_Test):
    """Sweeps to and fro, some cycles at each rate."""

    rates: tuple[ScanRate, ...] = Field(
        (Quantity(0.1, "mV/s"),),
        description="One after another; 0.1 mV/s (He et al. 2026, section 2.4; the text does not give the other rates "
        "of its Fig. S12).",
        min_length=1,
        examples=[["0.1 mV/s", "0.2 mV/s", "0.5 mV/s"]],
    )
    cycles: Times = Field(3, description="How many at each; 3 (He et al. 2026, section 2.4).")
    window: Window | None = Field(
        None, description="Where it is not that of the other tests; He et al. 2026, section 2.4, swept silicon from 0.005 "
        "to 1.2 V.", examples=[{"lower": "0.005 V", "upper": "1.2 V"}],
    )  # fmt: skip
    record_voltage: VoltageStep = Field(
        Quantity(1, "mV"), description="Voltage between records, at most; a choice: 1,000 records to a volt."
    )

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test; its own window goes before the one given."""
        window = self.window or window
        ways = _ways(made, configuration)
        steps = tuple(
            Repeat(
                times=self.cycles, steps=tuple(Sweep(direction=way, to=_end(window, way), rate=rate) for way in ways)
            )
            for rate in self.rates
        )
        return Protocol(
            name="cv", kind="voltammetry", temperature=self.temperature, window=window,
            record_voltage=self.record_voltage, steps=steps,
        )  # fmt: skip


class GITT(_Test):
    """Galvanostatic intermittent titration: pulses with long rests, to one end of the window and back."""

    current: Current = Field(Quantity(0.1, "1/h"), description="Of the pulses; 0.1C is a choice.", examples=["0.1C"])
    pulse: Duration = Field(Quantity(10, "min"), description="Of each pulse; 10 min is a choice: 60 pulses at 0.1C.")
    rest: Duration = Field(
        Quantity(1800, "s"), description="After each pulse; 1800 s is the relaxation time of He et al. 2026, section 3."
    )
    record_every: Duration = Field(Quantity(5, "s"), description="In a pulse: time between records, at most; a choice.")
    record_rest_every: Duration = Field(
        Quantity(30, "s"), description="In a rest: time between records, at most; a choice."
    )

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test."""
        return _titration(self, "gitt", window, _ways(made, configuration), self.current, self.pulse, self.rest)


class Interruption(_Test):
    """Intermittent current interruption: a slow cycle with short pauses."""

    current: Current = Field(
        Quantity(0.1, "1/h"), description="0.1C is a choice; the method wants C/5 or less (the pyICI project).",
        examples=["0.1C"],
    )  # fmt: skip
    every: Duration = Field(
        Quantity(300, "s"), description="From the end of a pause to the next; 300 s as in the example of the ampworks project."
    )  # fmt: skip
    pause: Duration = Field(
        Quantity(10, "s"), description="How long; 10 s as in the example of the ampworks project (1 to 10 s by the pyICI project)."
    )  # fmt: skip
    record_every: Duration = Field(
        Quantity(30, "s"), description="Between the pauses: time between records, at most; a choice."
    )
    record_rest_every: Duration = Field(
        Quantity(0.5, "s"), description="In a pause: time between records, at most; a choice."
    )

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test."""
        return _titration(self, "ici", window, _ways(made, configuration), self.current, self.every, self.pause)


class PulsePower(_Test):
    """Pulse power: a pulse each way at several states of charge, on the discharge of the cell.

    In the manner of hybrid pulse power characterization, whose manuals were not consulted: the numbers are choices.  A cell that is not made charged is charged first.
    """

    states: tuple[Share, ...] = Field(
        tuple(Quantity(tenth / 10, "1") for tenth in range(1, 10)),
        description="Where the pulses are, as the share of the cell's capacity that has been discharged; every tenth "
        "is a choice.",
        min_length=1,
        examples=[["10 %", "50 %", "90 %"]],
    )
    current: Current = Field(Quantity(1, "1/h"), description="Of the discharging pulse; 1C is a choice.")
    back: Share = Field(
        Quantity(0.75, "1"), description="Current of the charging pulse over that of the other; 75 % is a choice."
    )
    pulse: Duration = Field(Quantity(10, "s"), description="Of each pulse; 10 s is a choice.")
    between: Duration = Field(Quantity(40, "s"), description="Rest after each pulse; 40 s is a choice.")
    approach: Current = Field(Quantity(0.1, "1/h"), description="From one state to the next; 0.1C is a choice.")
    settle: Duration = Field(Quantity(1, "hour"), description="Rest before the pulses; 1 h is a choice.")
    record_every: Duration = Field(
        Quantity(0.5, "s"), description="In the pulses: time between records, at most; a choice."
    )

    @field_validator("states")
    @classmethod
    def _rising(cls, states: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
        return _in_order(states)

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test."""
        first, second = _ways(made, configuration)
        charged = first_direction(configuration, made) is CellDirection.DISCHARGE
        discharge, charge = (first, second) if charged else (second, first)
        back = Quantity(self.current.value * self.back.to("1").value, self.current.unit)
        steps: list[AnyStep] = []
        if not charged:
            steps.append(ConstantCurrent(direction=charge, current=self.approach))
        for share in _differences(self.states):
            steps += [
                ConstantCurrent(direction=discharge, current=self.approach, until_charge=share),
                Rest(duration=self.settle),
                *(
                    Pulses(
                        direction=way, current=current, duration=self.pulse, rest=self.between, count=1,
                        record_every=self.record_every,
                    )
                    for way, current in ((discharge, self.current), (charge, back))
                ),
            ]  # fmt: skip
        return Protocol(
            name="power", kind="pulses", temperature=self.temperature, window=window, record_voltage=_CYCLING_STEP,
            steps=(Repeat(times=1, steps=tuple(steps)),),
        )  # fmt: skip


class ImpedanceTest(_Cycled):
    """Impedance at several states of charge, after some numbers of cycles.

    It is measured in the first half of the cycle that follows, which is interrupted for it.
    """

    states: tuple[Share, ...] = Field(
        tuple(Quantity(share, "1") for share in (0.2, 0.5, 0.8)),
        description="Where it is measured, as the share of the cell's capacity that the first half of a cycle has "
        "passed; a choice.",
        min_length=1,
        examples=[["20 %", "50 %", "80 %"]],
    )
    after: tuple[Annotated[int, Field(ge=0, strict=True)], ...] = Field(
        (0,), description="After how many cycles of this test; 0 is right after the formation, a choice (the paper has "
        "100).", min_length=1, examples=[[0, 100]],
    )  # fmt: skip
    current: Current = Field(Quantity(1, "A/g"), description="Of the cycles between; 1 A/g is a choice.")
    approach: Current = Field(
        Quantity(0.1, "1/h"), description="Of the cycle in which it is measured; 0.1C is a choice."
    )
    settle: Duration = Field(Quantity(1, "hour"), description="Rest before each spectrum; 1 h is a choice.")
    highest: Frequency = Field(Quantity(100, "kHz"), description="The first frequency; a choice.")
    lowest: Frequency = Field(Quantity(10, "mHz"), description="The last frequency; a choice.")
    points_per_decade: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        10, description="How many frequencies to a factor of ten; a choice."
    )

    @field_validator("states")
    @classmethod
    def _rising(cls, states: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
        return _in_order(states)

    @field_validator("after")
    @classmethod
    def _later_and_later(cls, after: tuple[int, ...]) -> tuple[int, ...]:
        if list(after) != sorted(set(after)):
            raise ValueError("the numbers of cycles do not rise; write each once, the smallest first")
        return after

    def protocol(self, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of the test."""
        ways = _ways(made, configuration)
        steps: list[Repeat] = []
        done = 0
        for cycles in self.after:
            if cycles > done:
                steps.append(self._cycles(ways, window, cycles - done, self.current))
            measured: list[AnyStep] = []
            for share, state in zip(_differences(self.states), self.states, strict=True):
                measured += [
                    ConstantCurrent(direction=ways[0], current=self.approach, until_charge=share),
                    Rest(duration=self.settle),
                    Impedance(
                        highest=self.highest, lowest=self.lowest, points_per_decade=self.points_per_decade,
                        label=f"{state.to('%')}, {cycles} cycles",
                    ),
                ]  # fmt: skip
            measured += [ConstantCurrent(direction=way, current=self.approach) for way in ways]
            steps.append(Repeat(times=1, steps=tuple(measured)))
            done = cycles + 1
        return self._protocol("eis", window, tuple(steps), kind="impedance")


class Tests(Part):
    """The tests that a virtual cell is put to, each with what is to be other than usual."""

    formed: bool = Field(
        True, description="Whether a cell goes through the formation before every test but cv, as those of He et al. "
        "2026 did (section 2.4). Its cycles are counted with those of the test.",
    )  # fmt: skip
    formation: Formation = Field(Formation(), description="The first cycles.")
    rate: Rate = Field(Rate(), description="Several currents, and back.")
    cycling: Cycling = Field(Cycling(), description="Many cycles at one current.")
    cv: CyclicVoltammetry = Field(CyclicVoltammetry(), description="Cyclic voltammetry.")
    gitt: GITT = Field(GITT(), description="Galvanostatic intermittent titration.")
    ici: Interruption = Field(Interruption(), description="Intermittent current interruption.")
    power: PulsePower = Field(PulsePower(), description="Pulse power.")
    eis: ImpedanceTest = Field(ImpedanceTest(), description="Impedance.")

    def protocol(self, test: str, window: Window, made: Made | None, configuration: Configuration) -> Protocol:
        """Return the protocol of one of the tests.

        Parameters
        ----------
        test
            One of `NAMES`.
        window
            The voltages between which the cell is used.
        made
            Whether the electrode of a half cell is made empty or full of lithium; None for a full cell.
        configuration
            Half or full cell.

        Raises
        ------
        UsageError
            If there is no such test.

        Examples
        --------
        >>> window = Window(lower=Quantity(0.005, "V"), upper=Quantity(1.5, "V"))
        >>> protocol = Tests().protocol("rate", window, Made.EMPTY, Configuration.HALF)
        >>> [step.times for step in protocol.steps], str(protocol.window.upper)
        ([3, 5, 5, 5, 5, 5, 5, 5], '1.5 V')
        """
        if test not in NAMES:
            raise UsageError("is not a test", field="test", value=test, fix=did_you_mean(test, NAMES))
        asked: _Test = getattr(self, test)
        protocol = asked.protocol(window, made, configuration)
        if not (self.formed and test in _FORMED):
            return protocol
        before = self.formation.protocol(window, made, configuration)
        steps = (*(_with_its_settings(step, before) for step in before.steps), *protocol.steps)
        return protocol.model_copy(update={"steps": steps})


def _ways(made: Made | None, configuration: Configuration) -> tuple[Direction, Direction]:
    """Return the directions of the two halves of a cycle, in the words that people are shown."""
    first = first_direction(configuration, made)
    second = CellDirection.CHARGE if first is CellDirection.DISCHARGE else CellDirection.DISCHARGE
    return _word(first, configuration), _word(second, configuration)


def _word(direction: CellDirection, configuration: Configuration) -> Direction:
    word = direction_word(direction, configuration)
    return next(known for known in get_args(Direction) if known == word)


def _end(window: Window, way: Direction) -> Quantity:
    """Return the end of a window that the voltage comes to in a direction."""
    return window.lower if way in ("lithiation", "discharge") else window.upper


def _titration(
    test: GITT | Interruption, name: str, window: Window, ways: tuple[Direction, Direction], current: Quantity,
    pulse: Quantity, rest: Quantity,
) -> Protocol:  # fmt: skip
    series = tuple(
        Pulses(direction=way, current=current, duration=pulse, rest=rest, record_rest_every=test.record_rest_every)
        for way in ways
    )
    return Protocol(
        name=name, kind="pulses", temperature=test.temperature, window=window, record_every=test.record_every,
        steps=(Repeat(times=1, steps=series),),
    )  # fmt: skip


def _in_order(states: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    shares = [state.to("1").value for state in states]
    if shares != sorted(set(shares)):
        raise ValueError("the states do not rise; write each once, the smallest first")
    return states


def _differences(states: tuple[Quantity, ...]) -> list[Quantity]:
    """Return how much of the capacity lies between each state and the one before."""
    shares = [0.0, *(state.to("1").value for state in states)]
    return [Quantity(after - before, "1") for before, after in pairwise(shares)]


def _with_its_settings(part: AnyStep, protocol: Protocol) -> AnyStep:
    """Return a step that keeps the temperature and the records of its protocol when it moves to another."""
    if isinstance(part, Repeat):
        return part.model_copy(update={"steps": tuple(_with_its_settings(step, protocol) for step in part.steps)})
    names = ("temperature", "record_every", "record_voltage")
    return part.model_copy(update={name: getattr(part, name) or getattr(protocol, name) for name in names})
