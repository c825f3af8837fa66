"""Where the pulses and the rests of a table lie: by the current against zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.conventions import CellDirection, Configuration, electrode_direction
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import CELL_DIRECTION, ELECTRODE_DIRECTION, KINDS, PULSE_PART, TRUTH, VENDOR, Table

Array = NDArray[np.float64]

#: A current below this share of the usual one is none.  The usual one is the mean weighed by charge, so that neither long
#: rests nor a spike decide; the offset of a cycler at rest is far below 1 % of a pulse.
AT_REST: Final = 0.01
#: Where a cycler begins a new step, a current that differs by this share begins a new run; a choice.
ANOTHER_CURRENT: Final = 0.05
#: No cell has such a voltage in V, and no cycler such a current in A ...
IMPOSSIBLE: Final = 1e6
#: ... and of one that stands alone, so many times as large as all others are, the same is said; so many may be.  Choices.
SPIKE: Final = 100.0
SPIKES: Final = 5
#: A run this many times as long as the middle one is no pulse but the way to a state; a choice.
LONG: Final = 5.0


@dataclass(frozen=True, slots=True)
class Run:
    """Records one after another in which the current flows one way, or rests.

    Parameters
    ----------
    first, stop
        Its records in the table, as a slice has them.
    sign
        1 where it charges the cell, -1 where it discharges it, 0 at rest.
    began, ended
        When it did, in s.  It begins with the last record before it, or one interval of its own before its first
        record where that is later: a cycler writes the last record of a step as the step ends.
    charge
        ∫ I dt, in C.
    number
        That of its pulse; 0 for what is before the first pulse.
    """

    first: int
    stop: int
    sign: int
    began: float
    ended: float
    charge: float
    number: int

    @property
    def duration(self) -> float:
        """How long it lasted, in s."""
        return self.ended - self.began

    @property
    def current(self) -> float:
        """Its mean current in A; positive charges the cell."""
        return self.charge / self.duration if self.duration > 0 else 0.0


@dataclass(frozen=True)
class Record:
    """A table as arrays, with its runs.

    Parameters
    ----------
    time, voltage, current
        In s, V and A.
    runs
        All of them, in order.
    threshold
        The current in A below which it counts as rest; missing where the table itself says what is rest.
    left_out
        What is said of records that cannot be, and that are not among these.
    """

    time: Array
    voltage: Array
    current: Array
    runs: tuple[Run, ...]
    threshold: float | None
    left_out: tuple[Finding, ...]

    @cached_property
    def passed(self) -> Array:
        """Charge in C that passed before each run, positive into the cell."""
        return np.concatenate([[0.0], np.cumsum([run.charge for run in self.runs])])

    @cached_property
    def pulses(self) -> tuple[int, ...]:
        """Places in `runs` of all runs under current that have a pulse's number."""
        return tuple(at for at, run in enumerate(self.runs) if run.sign and run.number)

    @cached_property
    def usual(self) -> float:
        """The middle duration of the pulses, in s."""
        return float(np.median([self.runs[at].duration for at in self.pulses]))

    @property
    def before(self) -> int:
        """Sign of the last current before the first pulse, such as that of a formation; 0 where there was none."""
        return next((run.sign for run in reversed(self.runs[: self.pulses[0]]) if run.sign), 0)

    @property
    def turned(self) -> bool:
        """Whether the first pulse goes against the last current before it."""
        return self.before * self.runs[self.pulses[0]].sign < 0

    @property
    def said(self) -> str:
        """How pulses and rests were told apart."""
        if self.threshold is None:
            return "The table says itself what is a pulse and what a rest."
        return f"A current below {1e3 * self.threshold:.3g} mA is rest: 1 % of the mean current, weighed by charge."


def possible(data: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Return records without those whose voltage or current cannot be, and a finding where there are such.

    One alone would decide what current is usual, or be squared beyond what a computer holds.  It cannot be beyond a
    million volts or amperes, or where at most five records, no two of them neighbours, are all over a hundred times as
    large as any other.

    Examples
    --------
    >>> data = pl.DataFrame({"Test Time / s": [0.0, 1, 2, 3], "Voltage / V": [3.7, 3.7, 1e300, 3.7], "Current / A": 1e-3})
    >>> kept, (finding,) = possible(data)
    >>> kept.height, finding.message
    (3, '1 of 4 records is left out: at 2 s the voltage is 1e+300 V')
    """
    found = np.zeros(data.height, dtype=bool)
    said = ""
    for name, word in (("Voltage / V", "voltage"), ("Current / A", "current")):
        values = data[name].to_numpy().astype(float)
        wrong = _beyond(np.abs(values))
        if wrong.any() and not said:
            at = int(np.argmax(wrong))
            said = f"at {data['Test Time / s'][at]:.6g} s the {word} is {values[at]:.3g} {name[-1]}"
        found |= wrong
    count = int(found.sum())
    if not count:
        return data, ()
    which = "is left out:" if count == 1 else "are left out, the first of them:"
    message = f"{count} of {data.height} records {which} {said}"
    return data.filter(~pl.Series(found)), (Finding("records-impossible", message, value=count),)


def _beyond(sizes: Array) -> NDArray[np.bool_]:
    """Say which of some magnitudes cannot be."""
    wrong = sizes > IMPOSSIBLE
    rest = sizes[~wrong] if wrong.any() else sizes
    # A million records are not worth sorting for the largest few.
    largest = np.sort(np.partition(rest, -SPIKES - 1)[-SPIKES - 1 :] if rest.size > SPIKES else rest)[::-1]
    jumps = np.flatnonzero(largest[:-1] > SPIKE * largest[1:])
    if jumps.size and largest[jumps[-1] + 1] > 0:
        alone = (sizes >= largest[jumps[-1]]) & ~wrong
        if not (alone[1:] & alone[:-1]).any():
            wrong |= alone
    return np.asarray(wrong)


def record_of(table: Table) -> Record:
    """Return the runs of a table of pulses or of cycling.

    A table of pulses says itself what is a pulse.  In one of cycling, a rest is where the current is below 1 % of the
    usual one; a pulse is a run under current that is followed by a rest and not five times as long as the middle one.

    Raises
    ------
    AnalysisError
        If times go back, no current flows, or no current is ever followed by a rest.

    Examples
    --------
    Two minutes of rest, one of current, two of rest; the 1 µA of the last record is the cycler's offset:

    >>> from byssus.measured.metadata import Metadata
    >>> data = pl.DataFrame({"Test Time / s": [0.0, 60, 120, 150, 180, 240, 300], "Voltage / V": [1.0] * 7,
    ...     "Current / A": [0.0, 0, 0, 1e-3, 1e-3, 0, 1e-6], "Step Count / 1": [1, 1, 1, 2, 2, 3, 3],
    ...     "Cell Direction": pl.Series(["rest"] * 3 + ["charge"] * 2 + ["rest"] * 2, dtype=CELL_DIRECTION)})
    >>> record = record_of(Table(data, Metadata(kind="cycling")))
    >>> [(run.sign, run.number, run.began, run.ended) for run in record.runs]
    [(0, 0, 0.0, 120.0), (1, 1, 120.0, 180.0), (0, 1, 180.0, 300.0)]
    """
    data, left_out = possible(table.data)
    if data.is_empty():
        raise AnalysisError("holds no voltage and current that can be", field="Voltage / V", fix="check the units")
    time, voltage, current = (
        data[name].to_numpy().astype(float) for name in ("Test Time / s", "Voltage / V", "Current / A")
    )
    if table.metadata.kind == "pulses":
        direction = data["Cell Direction"]
        sign = (direction == "charge").to_numpy().astype(np.int8) - (direction == "discharge").to_numpy()
        part = (data["Pulse Part"] == "rest").to_numpy()
        sign = np.where(part, 0, sign).astype(np.int8)
        count = data["Pulse Count / 1"].to_numpy()
        firsts = _changes(sign) | _changes(count)
        runs = _runs(time, current, sign, firsts)
        runs = [replace(run, number=int(count[run.first])) for run in runs]
        threshold = None
    else:
        threshold = AT_REST * _usual_current(time, current)
        sign = (np.sign(current) * (np.abs(current) > threshold)).astype(np.int8)
        another = np.abs(np.diff(current, prepend=current[0])) > ANOTHER_CURRENT * np.abs(current)
        stepped = _changes(data["Step Count / 1"].to_numpy()) & another & (sign != 0)
        runs = _numbered(_runs(time, current, sign, _changes(sign) | stepped))
    record = Record(time, voltage, current, tuple(runs), threshold, left_out)
    if not any(
        after.sign == 0 and after.number == run.number for run, after in _followed(runs) if run.sign and run.number
    ):
        raise AnalysisError(
            "holds no pulse: no current that is followed by a rest", field="Current / A",
            fix="give a titration or a test with interruptions",
        )  # fmt: skip
    return record


def pulses_of(table: Table) -> Table:
    """Return a table of cycling as one of pulses: each record's pulse, and whether it is in the pulse or the rest after.

    A table of pulses is returned as it is.  What is before the first pulse has the number 0; a long step between
    two pulses has a number too, and analyses say that it is no pulse.

    Raises
    ------
    AnalysisError
        If it holds no pulse.
    """
    if table.metadata.kind == "pulses":
        return table
    runs = record_of(table).runs
    lengths = [run.stop - run.first for run in runs]
    words = [CellDirection.REST, CellDirection.CHARGE, CellDirection.DISCHARGE]
    cell = [words[run.sign] for run in runs]
    configuration = table.metadata.sample.configuration
    kept = [
        name for name in table.data.columns
        if KINDS["pulses"].column(name) is not None or name.startswith((VENDOR, TRUTH))
    ]  # fmt: skip
    data = (
        possible(table.data)[0]
        .select(kept)
        .with_columns(
            pl.Series("Pulse Count / 1", np.repeat([run.number for run in runs], lengths)),
            _repeated("Pulse Part", ["pulse" if run.sign else "rest" for run in runs], lengths, PULSE_PART),
            _repeated("Cell Direction", [str(word) for word in cell], lengths, CELL_DIRECTION),
        )
    )
    if configuration is not None:
        electrode = [electrode_direction(word, configuration) for word in cell]
        if configuration is Configuration.HALF:
            data = data.with_columns(
                _repeated("Electrode Direction", list(map(str, electrode)), lengths, ELECTRODE_DIRECTION)
            )
    metadata = table.metadata.model_copy(update={"kind": "pulses"})
    return Table(data, metadata, table.findings)


def _repeated(name: str, words: Sequence[str], lengths: Sequence[int], dtype: pl.DataType) -> pl.Series:
    places = np.repeat(np.arange(len(words)), lengths)
    return pl.Series(name, list(words), dtype=dtype).gather(places)


def _usual_current(time: Array, current: Array) -> float:
    """Return the mean current, each weighed by the charge that it passed."""
    back = int(np.sum(np.diff(time) < 0))
    if back:
        raise AnalysisError(f"holds times that go back {back} times", field="Test Time / s",
                            fix="put the records in the order in which they were taken")  # fmt: skip
    charge = np.abs(current) * np.diff(time, prepend=time[0])
    passed = float(np.sum(charge))
    if not passed > 0:
        raise AnalysisError("holds no pulse: no current flows", field="Current / A", fix="give a test with pulses")
    return float(np.sum(np.abs(current) * charge)) / passed


def _changes(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    return np.concatenate([[True], values[1:] != values[:-1]])


def _runs(time: Array, current: Array, sign: NDArray[np.int8], firsts: NDArray[np.bool_]) -> list[Run]:
    at = np.flatnonzero(firsts)
    stops = np.append(at[1:], time.size)
    charge = np.add.reduceat(current * np.diff(time, prepend=time[0]), at)
    runs = []
    for first, stop, one in zip(at.tolist(), stops.tolist(), charge.tolist(), strict=True):
        before = time[first - 1] if first else time[0]
        own = time[first + 1] - time[first] if stop - first > 1 else np.inf
        began = max(before, time[first] - own)
        # What the first record stands for is no longer than that.
        one -= current[first] * (began - before)
        runs.append(Run(first, stop, int(sign[first]), float(began), float(time[stop - 1]), float(one), 0))
    return runs


def _numbered(runs: Sequence[Run]) -> list[Run]:
    """Number the pulses from the first that is followed by a rest and is not long."""
    driven = [run.duration for run in runs if run.sign]
    longest = LONG * float(np.median(driven))
    number, made = 0, []
    for run, after in _followed(runs):
        if run.sign and (number or (after.sign == 0 and after is not run and run.duration <= longest)):
            number += 1
        made.append(replace(run, number=number))
    return made


def _followed(runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    """Return each run with the next; the last with itself."""
    return [(run, runs[min(at + 1, len(runs) - 1)]) for at, run in enumerate(runs)]
