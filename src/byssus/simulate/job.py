"""One test of one virtual cell, from its first step to its table; it goes on where it was stopped.

While a test runs, what is finished is written down every few seconds and at its end: where it stands (the
solver's vector), and every record so far.  A test that was stopped, by a person, a crash or an equation
that has no solution, loses no more than those seconds.  The name of the file is a hash of all that the
numbers follow from, so a changed cell, protocol or Byssus begins anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from byssus.errors import SimulationError
from byssus.files import write_whole
from byssus.findings import Finding
from byssus.measured.metadata import Sample
from byssus.measured.tables import Table
from byssus.protocol.steps import Resolved, Step
from byssus.simulate import record
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.instrument import Instrument, measured_by
from byssus.simulate.model import Kind, Model, State
from byssus.simulate.run import Point, StepDone, carry_out

#: Seconds between two writings of what is finished.
_PERIOD: Final = 5.0
#: A cycling test of more cycles keeps all records of `_SHOWN` only, and the first and last of every other step.
_LONG: Final = 60
#: Cycles that keep all their records in a long test, besides the first ten and the last.
_SHOWN: Final = frozenset({20, 50, 100, 150, 200, 250, 300, 400, 500, 1000})

#: Takes how many steps are done, and how many there are.
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """A test of a virtual cell, with all that it follows from.

    Parameters
    ----------
    sample, test
        What they are called.
    cell, protocol, kind
        What is simulated, through what, with which model.
    reason
        Why that model.
    about
        The sample as its table has it.
    instrument, seed
        Whose sampling, resolution and noise are put on the table; none if None.
    all_records
        Keep all records also of a long test.
    """

    sample: str
    test: str
    cell: VirtualCell
    protocol: Resolved
    kind: Kind
    reason: str
    about: Sample
    instrument: Instrument | None = None
    seed: int = 0
    all_records: bool = False
    #: Cycles at its start that are a formation.
    formed: int = 0

    def key(self, program: str) -> str:
        """Return a hash of all that the numbers follow from; `program` names that which computes."""
        said = {
            "inputs": {name: each.value for name, each in self.cell.numbers.items()},
            "materials": [[(each.material, each.shape, str(each.base)) for each in side.phases] for side in self.cell.electrodes],
            "made": str(self.cell.electrode.made), "binder": [each.binder for each in self.cell.electrodes],
            "protocol": asdict(self.protocol),
            "kind": self.kind, "all": self.all_records, "byssus": program,
        }  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Outcome:
    """A test as it came out: the table, and what a report says of the run."""

    sample: str
    test: str
    table: Table
    kind: Kind
    reason: str
    steps: int
    asked: int
    seconds: float
    #: How many of the steps an earlier run had done.
    resumed: int
    #: Why it stopped before its end, if it did.
    stopped: str | None
    #: Cycles at its start that are a formation.
    formed: int = 0


def carry(job: Job, store: Path | None, program: str, told: Told = lambda _done, _total: None) -> Outcome:
    """Carry a test out, from where an earlier run left it.

    Parameters
    ----------
    store
        Folder in which what is finished is kept; nothing is kept if None.
    program
        A hash of all that computes.

    Raises
    ------
    SimulationError
        If nothing was measured: no step could be done, or each was over before it began.
    """
    began = time.monotonic()
    steps = job.protocol.steps
    spectroscopy = any(step.control == "impedance" for step in steps)
    model = Model(job.cell, job.kind, spectroscopy=spectroscopy)
    place = None if store is None else store / f"{job.key(program)}.npz"
    point, done = (None, []) if place is None else _restored(place, steps)
    if place is not None and done:
        # Those that were used last are kept.
        place.touch()
    resumed, stopped, written = len(done), None, time.monotonic()
    told(len(done), len(steps))
    try:
        for each in carry_out(model, job.protocol, point, full=_full(job)):
            done.append(each)
            told(len(done), len(steps))
            if place is not None and time.monotonic() - written > _PERIOD:
                _keep(place, done)
                written = time.monotonic()
    except SimulationError as error:
        stopped = error
    finally:
        # Also when a person stops it.
        if place is not None and len(done) > resumed:
            _keep(place, done)
    if not record.measured(job.protocol, done):
        raise stopped or SimulationError(
            "measures nothing: every step of it is over before it begins, beyond the voltage that should end it",
            file=job.cell.name, place=job.protocol.name,
            fix="give smaller currents or a wider window, or correct what resists in the cell",
        )  # fmt: skip
    findings = [] if stopped is None else [Finding("simulation-stopped", str(stopped), sample=job.sample)]
    table = record.table(model, job.protocol, done, sample=job.about, findings=findings)
    if job.instrument is not None:
        table = measured_by(table, job.instrument, job.seed)
    return Outcome(job.sample, job.test, table, job.kind, job.reason, len(done), len(steps),
                   time.monotonic() - began, resumed, None if stopped is None else str(stopped), job.formed)  # fmt: skip


def _full(job: Job) -> Callable[[Step], bool]:
    last = max((step.cycle for step in job.protocol.steps), default=1)
    if job.protocol.kind == "impedance" and not job.all_records:
        return lambda step: step.control == "impedance"
    if job.all_records or job.protocol.kind != "cycling" or last <= _LONG:
        return lambda _step: True
    return lambda step: step.cycle <= 10 or step.cycle == last or step.cycle in _SHOWN


def _keep(place: Path, done: Sequence[StepDone]) -> None:
    """Write down what is finished, whole or not at all; plain arrays only."""
    after = done[-1].after
    names = list(next((each.columns for each in done if each.columns), {}))
    nothing = np.zeros(0)
    spectra = [np.zeros(0, complex) if each.impedance is None else each.impedance for each in done]
    arrays: dict[str, Any] = {
        "step": after.step, "time": after.state.time, "vector": after.state.vector, "voltage": after.voltage,
        "given off": after.given_off, "delithiated": after.delithiated, "amorphous": after.amorphous, "cut": after.cut,
        "names": np.array(names, dtype=str), "numbers": np.array([each.number for each in done]),
        "began": np.array([each.began for each in done]),
        "counts": np.array([each.seconds.size for each in done]),
        "ended": np.array([each.ended for each in done], dtype=str),
        "last voltage": np.array([each.after.voltage for each in done]),
        "seconds": np.concatenate([each.seconds for each in done]),
        "values": np.array([np.concatenate([each.columns.get(name, nothing) for each in done]) for name in names]),
        "spectra": np.concatenate(spectra), "points": np.array([each.size for each in spectra]),
    }  # fmt: skip
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    write_whole(place, stream.getvalue())


def _restored(place: Path, steps: Sequence[Step]) -> tuple[Point | None, list[StepDone]]:
    """Return where an earlier run left the test, and what it did; nothing if there is none that is whole."""
    try:
        # NumPy leaves a damaged file open.
        with np.load(io.BytesIO(place.read_bytes()), allow_pickle=False) as kept:
            found = {name: kept[name] for name in kept.files}
        ends, last = np.cumsum(found["counts"]), np.cumsum(found["points"])
        names = [str(name) for name in found["names"]]
        state = State(float(found["time"]), found["vector"])
        done = []
        for at, number in enumerate(found["numbers"].tolist()):
            records = slice(int(ends[at] - found["counts"][at]), int(ends[at]))
            spectrum = found["spectra"][int(last[at] - found["points"][at]) : int(last[at])]
            columns = {name: found["values"][row, records] for row, name in enumerate(names)}
            if records.stop == records.start:
                columns = {}
            done.append(
                StepDone(
                    number, steps[number - 1], float(found["began"][at]), found["seconds"][records], columns,
                    spectrum if spectrum.size else None, str(found["ended"][at]),
                    # Only the last step's state is needed to go on, and only its is kept.
                    Point(number, state, float(found["last voltage"][at])),
                )
            )  # fmt: skip
        flags = (bool(found[name]) for name in ("delithiated", "amorphous", "cut"))
        point = Point(int(found["step"]), state, float(found["voltage"]), float(found["given off"]), *flags)
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile, zlib.error):
        return None, []
    return point, done
