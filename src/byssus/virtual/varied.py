"""Many runs of one test of one virtual cell, each with other values of its inputs, in processes of their own.

A model is built once for all runs that share the numbers of which its mesh is made (`byssus.simulate.parameters.GEOMETRY`);
all others stay open in its equations.  A run that fails is told with its reason, and the others go on.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Final

from byssus.conventions import CellDirection, Configuration, Made
from byssus.errors import SimulationError
from byssus.measured.metadata import Sample
from byssus.measured.tables import TRUTH
from byssus.protocol.steps import Resolved
from byssus.simulate import record
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import Kind, Model
from byssus.simulate.parameters import parameters
from byssus.simulate.run import StepDone, carry_out

#: Runs that a process takes at once: enough that a model is built seldom, few enough that no process is left with the rest.
_BATCH: Final = 12
#: How many times finer mesh and tolerance are of a run that tells the error of the others.
_FINER: Final = 2.0
_TIGHTER: Final = 10.0
_TOLERANCE: Final = 1e-6
#: Inputs that no equation holds: a test asks the cell for them step by step (`byssus.simulate.run`).
_ASKED_BY_STEPS: Final = frozenset({"crystalline share"})
#: From Ah to mAh, and from A to mA.
_MILLI: Final = 1000.0
_THICKNESS: Final = f"{TRUTH}Thickness Ratio / 1"

#: A number by what people call it, with its unit.
Numbers = dict[str, tuple[float, str]]


@dataclass(frozen=True)
class Variation:
    """One run: which cell goes through what.

    Parameters
    ----------
    name
        What it is called: a number among the runs.
    cell, protocol
        The cell with the values of this run, and the test as it comes to for it.
    finer
        Whether it is solved on the finer mesh, to tell the error of the other one.
    """

    name: str
    cell: VirtualCell
    protocol: Resolved
    finer: bool = False


@dataclass(frozen=True)
class Shared:
    """What all runs share: the cell as it is, the model, what the sample is, and how many cycles are a formation."""

    cell: VirtualCell
    kind: Kind
    about: Sample
    formed: int = 0


@dataclass(frozen=True)
class _Batch:
    """Runs that one model serves."""

    test: Shared
    #: The cell that the model is built of, and the names of its inputs that stay open.
    cell: VirtualCell
    open: frozenset[str]
    runs: tuple[Variation, ...]

    def model(self) -> Model:
        """Build the model."""
        finer = self.runs[0].finer
        return Model(self.cell, self.test.kind, free=self.open, refined=_FINER if finer else 1,
                     tolerance=_TOLERANCE / _TIGHTER if finer else _TOLERANCE)  # fmt: skip


def carried(
    test: Shared, runs: Sequence[Variation], workers: int | None = None
) -> Iterator[tuple[str, Numbers | SimulationError]]:
    """Carry runs out, and give each as it is done: its numbers, or why it has none.

    Parameters
    ----------
    workers
        How many processes at most; as many as the machine has processors if None.
    """
    batches = list(_batches(test, runs))
    context = multiprocessing.get_context("spawn")
    running: list[_Worker] = []
    most = min(len(batches), workers or os.cpu_count() or 1)
    try:
        while batches or running:
            while batches and len(running) < most:
                running.append(_Worker.begun(context, batches.pop(0)))
            ready = wait([each.pipe for each in running], timeout=0.2)
            for each in [each for each in running if each.pipe in ready]:
                heard = each.hear()
                if heard is not None:
                    yield heard
                if each.ended is not None:
                    # What ended one process is no reason to leave out the runs after it.
                    running.remove(each)
                    batches += each.left()
                elif each.idle and batches:
                    each.give(batches.pop(0))
                elif each.idle:
                    running.remove(each)
                    each.end()
    finally:
        for each in running:
            each.end()


def _batches(test: Shared, runs: Sequence[Variation]) -> Iterator[_Batch]:
    """Sort runs by the models that serve them, a few runs at a time."""
    varied = {name for each in runs for name, one in each.cell.numbers.items()
              if one.value != test.cell.numbers[name].value}  # fmt: skip
    open_ = _open(test.cell, varied)
    fixed = sorted(varied - open_ - _ASKED_BY_STEPS)
    groups: dict[tuple[object, ...], list[Variation]] = {}
    for each in runs:
        numbers = each.cell.numbers
        groups.setdefault((each.finer, *(numbers[name].value for name in fixed)), []).append(each)
    for alike in groups.values():
        built = test.cell.with_inputs({name: alike[0].cell.numbers[name] for name in fixed})
        for at in range(0, len(alike), _BATCH):
            yield _Batch(test, built, open_, tuple(alike[at : at + _BATCH]))


def _open(cell: VirtualCell, names: set[str]) -> frozenset[str]:
    """Return which of some inputs can stay open in the equations."""
    left = set(names)
    while True:
        try:
            parameters(cell, frozenset(left))
        except SimulationError as error:
            if error.field != "free" or error.value not in left:
                raise
            left.discard(error.value)
        else:
            return frozenset(left)


def _one(model: Model, each: Variation, batch: _Batch) -> Numbers | SimulationError:
    # What is asked of the cell and not of the equations (how much it holds, its mass) is that of this run.
    model.cell = each.cell
    given = {name: each.cell.numbers[name].value for name in batch.open}
    try:
        done = list(carry_out(model, each.protocol, given=given, full=lambda step: step.control == "sweep"))
        return numbers(model, each.protocol, done, batch.test)
    except SimulationError as error:
        return error


# What a run comes to.


def numbers(model: Model, protocol: Resolved, done: Sequence[StepDone], test: Shared) -> Numbers:
    """Return the few numbers of a test, of its steps as they were carried out.

    Of a rate test the capacity at each current; of other cycling those of the first and the last cycle, and retention;
    of both the efficiency of the first cycle and mean voltages, and the greatest thickness where the model has one; of a
    voltammogram potential and current of the largest peak of its last two sweeps.

    The analysis of tables (`byssus.virtual.summaries`) gives the same numbers of the same test.  It counts cycles by
    what was passed in them, so that a current which leads beyond the window at once, and passes nothing, has no cycle
    there; here it has its capacity of zero.

    Raises
    ------
    SimulationError
        If nothing was measured.
    """
    if protocol.kind == "voltammetry":
        return _of_sweeps(model, protocol, done, test)
    return _of_cycles(model.cell, protocol, done, test.formed)


@dataclass
class _Half:
    """A half cycle: what passed in it."""

    current: float
    #: Ah and Wh.
    charge: float = 0.0
    energy: float = 0.0

    @property
    def voltage(self) -> float | None:
        """The mean voltage in V, by charge; None if nothing passed."""
        return self.energy / self.charge if self.charge > 0 else None


def _of_cycles(cell: VirtualCell, protocol: Resolved, done: Sequence[StepDone], formed: int) -> Numbers:
    half_cell = cell.configuration is Configuration.HALF
    empty = cell.electrode.made is Made.EMPTY
    first = CellDirection.DISCHARGE if half_cell and empty else CellDirection.CHARGE
    words = ("charge", "discharge")
    if half_cell:
        words = ("lithiation", "delithiation") if empty else ("delithiation", "lithiation")
    grams = cell.active_mass * 1e3
    cycles: dict[int, tuple[_Half, _Half]] = {}
    for each in done:
        step = each.step
        if step.control == "rest":
            continue
        halves = cycles.setdefault(step.cycle, (_Half(0.0), _Half(0.0)))
        half = halves[0 if step.direction is first else 1]
        half.current = half.current or abs(step.value) * float(step.control == "current") / grams
        if each.columns:
            charge, energy = (abs(float(column[-1] - column[0])) for column in
                              (each.columns["Charge Passed / Ah"], each.columns["Energy Passed / Wh"]))  # fmt: skip
            half.charge, half.energy = half.charge + charge, half.energy + energy
    order = sorted(cycles)
    begun, last = cycles[order[0]], cycles[order[-1]]

    def capacity(half: _Half) -> tuple[float, str]:
        return half.charge * _MILLI / grams, "mAh/g"

    found: Numbers = {}
    if begun[0].charge > 0:
        found["first-cycle coulombic efficiency"] = 100 * begun[1].charge / begun[0].charge, "%"
    if protocol.name == "rate":
        shown = 1 if words[0] == "delithiation" else 0
        plateaus = _plateaus([cycles[at] for at in order if at > formed], shown)
        for current, halves in plateaus:
            title = f"{words[shown]} capacity at {current:.3g} A/g"
            found[f"{title}, again" if title in found else title] = capacity(halves[shown])
        told = [(f" at {current:.3g} A/g", halves) for current, halves in plateaus[:1]]
    else:
        for at in dict.fromkeys((order[0], order[-1])):
            for word, half in zip(words, cycles[at], strict=True):
                found[f"{word} capacity, cycle {at}"] = capacity(half)
        if len(order) > 1 and begun[1].charge > 0:
            found[f"retention, cycle {order[-1]}"] = 100 * last[1].charge / begun[1].charge, "%"
        told = [(f", cycle {order[-1]}", last)]
    for where, halves in told:
        for word, half in zip(words, halves, strict=True):
            if half.voltage is not None:
                found[f"mean voltage of {word}{where}"] = half.voltage, "V"
    thickest = [float(each.columns[_THICKNESS].max()) for each in done if _THICKNESS in each.columns]
    return found | ({"greatest thickness over that as made": (max(thickest), "1")} if thickest else {})


def _plateaus(cycles: Sequence[tuple[_Half, _Half]], shown: int) -> list[tuple[float, tuple[_Half, _Half]]]:
    """Return the last cycle at each current, in the order of the test."""
    found: list[tuple[float, tuple[_Half, _Half]]] = []
    for halves in cycles:
        current = halves[shown].current
        if found and math.isclose(found[-1][0], current, rel_tol=1e-3):
            found.pop()
        found.append((current, halves))
    return found


def _of_sweeps(model: Model, protocol: Resolved, done: Sequence[StepDone], test: Shared) -> Numbers:
    from byssus.analysis.voltammetry import sweeps

    if not record.measured(protocol, done):
        raise SimulationError("measures nothing: every sweep of it is over before it begins", file=model.cell.name,
                              place=protocol.name, fix="give a wider window")  # fmt: skip
    found: Numbers = {}
    for each in sweeps(record.table(model, protocol, done, sample=test.about))[-2:]:
        if each.peaks:
            volts, amperes = max(each.peaks, key=lambda peak: abs(peak[1]))
            found[f"potential of the largest peak of {each.direction}"] = volts, "V"
            found[f"current of the largest peak of {each.direction}"] = amperes * _MILLI, "mA"
    return found


# The processes.


def _work(pipe: Connection) -> None:
    """Carry batches out, in a worker, until there are no more."""
    # Who asked hears of Ctrl-C, and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            batch: _Batch = pipe.recv()
            model: Model | None = None
            for each in batch.runs:
                said: Numbers | Exception
                try:
                    model = model or batch.model()
                    said = _one(model, each, batch)
                except SimulationError as error:
                    said = error
                except Exception as error:  # noqa: BLE001 - a defect, which is raised where a person sees it
                    error.add_note("".join(traceback.format_exception(error)))
                    said = error
                pipe.send((each.name, said))


@dataclass
class _Worker:
    """A process that carries batches out."""

    process: SpawnProcess
    pipe: Connection
    batch: _Batch
    #: How many of its runs are done.
    done: int = 0
    #: How it ended, if it has.
    ended: int | None = field(default=None)

    @classmethod
    def begun(cls, context: SpawnContext, batch: _Batch) -> _Worker:
        """Start one."""
        here, there = context.Pipe()
        process = context.Process(target=_work, args=(there,), daemon=True)
        process.start()
        there.close()
        found = cls(process, here, batch)
        found.give(batch)
        return found

    def give(self, batch: _Batch) -> None:
        """Hand it the next batch."""
        self.batch, self.done = batch, 0
        with suppress(BrokenPipeError):
            self.pipe.send(batch)

    @property
    def idle(self) -> bool:
        """Whether all that it was given is done."""
        return self.done == len(self.batch.runs)

    def hear(self) -> tuple[str, Numbers | SimulationError] | None:
        """Take what it says next: how a run came out; if it has ended, that of the run that it was at."""
        try:
            name, said = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            self.ended = self.process.exitcode or 0
            if self.idle:
                return None
            how = signal.Signals(-self.ended).name if self.ended < 0 else f"code {self.ended}"
            self.done += 1
            return self.batch.runs[self.done - 1].name, SimulationError(
                f"was not finished: its process was ended ({how})", file=self.batch.cell.name,
                fix="likely cause: the memory of the machine was full" if self.ended == -signal.SIGKILL else None,
            )  # fmt: skip
        if not isinstance(said, dict | SimulationError):
            raise said
        self.done += 1
        return name, said

    def left(self) -> list[_Batch]:
        """Return what it has not done, as a batch."""
        rest = self.batch.runs[self.done :]
        return [_Batch(self.batch.test, self.batch.cell, self.batch.open, rest)] if rest else []

    def end(self) -> None:
        """End it."""
        self.pipe.close()
        self.process.terminate()
        self.process.join()
