"""The steps of a cycling table: what each moved, how it ended, and what its first moments tell of resistance.

Everything here holds for any cell: cycles, halves and words come in `byssus.analysis.cycling.cycles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.conventions import CellDirection
from byssus.errors import AnalysisError
from byssus.measured.tables import Table

CAPACITY = "Step Cumulative Capacity / Ah"

#: A voltage is held where it stays this close to the step's last.  Cyclers regulate to a few mV: in the real files at
#: hand a held voltage wanders by up to 2 mV, and the first record of a hold is up to 3 mV off.
HELD_VOLTAGE = 0.005
#: A current is constant if it varies by less than this share of its largest: the files at hand show up to 12 % in
#: galvanostatic steps of a few µA, and a current under a held voltage falls by more.
CONSTANT_CURRENT = 0.15
#: A hold begins where the current has last been within this share of its largest.
FALLING = 0.005
#: A resistance needs a current that has reached this share of its change, within so many records ...
SETTLED_SHARE, SETTLED_RECORDS = 0.9, 3
#: ... and so many seconds: later than that the voltage shows diffusion as much as resistance.
LONGEST_DELAY = 30.0
#: Times that differ by less are one time, written in hours and read in seconds.
SHORTEST_DELAY = 1e-5

Array = NDArray[np.float64]


def steps(table: Table) -> pl.DataFrame:
    """Summarise each step of a cycling table.

    The capacity is the one the instrument counted, where the table has it; else
    Q = ∫|I| dt by the trapezoidal rule over the step's records.  The energy is E = V̄ Q with
    the mean voltage V̄ = ∫V dQ / ∫dQ over the records by the same rule.  An instrument's own
    count of energy is left in the table: many write too few digits of it for a small cell.

    A step *holds* its voltage where the voltage stays within `HELD_VOLTAGE` of its last
    while the current falls, from its largest on and by more than `CONSTANT_CURRENT`; what
    came before is its constant-current part, of which ``Current / A`` is the mean
    magnitude, weighed by the charge that it moved; missing where it varies by more than that.

    The resistance is R = ΔV/ΔI from the last record before the step to the first of its
    first `SETTLED_RECORDS` in which the current has settled and the voltage has moved with
    it, at most `LONGEST_DELAY` later; the delay stands beside it, since the longer it is the
    more of diffusion the value holds.

    Returns
    -------
    polars.DataFrame
        A row a step: ``Step Count / 1``, ``Cell Direction``, ``Start / s``, ``Duration / s``,
        ``Capacity / Ah``, ``Energy / Wh``, ``Mean Voltage / V`` (over charge; at rest over
        records), ``Mean Current / A``, ``Current / A``, ``First Voltage / V``,
        ``Last Voltage / V``, ``Last Current / A``, ``Last Voltage Change / V`` and
        ``Last Capacity Change / Ah`` (from the last but one record to the last),
        ``Held Capacity / Ah`` (moved while the voltage was held; 0 if it never was),
        ``Current Change / A`` from the record before, ``Resistance / ohm`` and
        ``Resistance Delay / s``, ``Records / 1``.

    Raises
    ------
    AnalysisError
        If the table is not a cycling table.
    """
    if table.metadata.kind != "cycling":
        raise AnalysisError(f"a {table.metadata.kind} table has no cycles", field="kind", fix="give a cycling table")
    records = _Records.of(table.data)
    first, last = records.first, records.last
    capacity, mean = records.moved()
    # The record before the last, or the last where there is no other.
    earlier = np.maximum(last - 1, first)
    direction = table.data["Cell Direction"].gather(first)
    rests = (direction == CellDirection.REST).to_numpy() | np.isnan(mean)
    over_records = _per_step(np.add, records.voltage, first) / records.size
    energy = np.where(capacity > 0, np.nan_to_num(mean) * capacity, 0.0)
    held, current = _held(records, table.metadata.instrument.resolution.get("Current / A", 0.0))
    change, resistance, delay = _resistance(records, current)
    return pl.DataFrame(
        {
            "Step Count / 1": table.data["Step Count / 1"].gather(first),
            "Cell Direction": direction,
            "Start / s": records.time[first],
            "Duration / s": records.time[last] - records.time[first],
            "Capacity / Ah": capacity,
            "Energy / Wh": np.abs(energy),
            "Mean Voltage / V": np.where(rests, over_records, mean),
            "Mean Current / A": _per_step(np.add, records.current, first) / records.size,
            "Current / A": pl.Series(current).fill_nan(None),
            "First Voltage / V": records.voltage[first],
            "Last Voltage / V": records.voltage[last],
            "Last Current / A": records.current[last],
            "Last Voltage Change / V": records.voltage[last] - records.voltage[earlier],
            "Last Capacity Change / Ah": np.where(last > first, records.charge[last], 0.0),
            "Held Capacity / Ah": held,
            "Current Change / A": pl.Series(change).fill_nan(None),
            "Resistance / ohm": pl.Series(resistance).fill_nan(None),
            "Resistance Delay / s": pl.Series(delay).fill_nan(None),
            "Records / 1": records.size,
        }
    )


def number_cycles(directions: Sequence[str], first: CellDirection) -> list[int]:
    """Number the cycle of each step from the directions of the steps.

    A cycle opens with a step in the `first` direction that follows one in the other
    direction, or that is the first to move charge.  Rests belong to the cycle before them.
    Steps in the other direction before the first cycle, and rests there, are in cycle 0.

    Examples
    --------
    >>> number_cycles(["rest", "discharge", "charge", "rest", "discharge", "charge"], CellDirection.DISCHARGE)
    [0, 1, 1, 1, 2, 2]
    >>> number_cycles(["charge", "discharge", "discharge", "charge"], CellDirection.DISCHARGE)
    [0, 1, 1, 1]
    """
    cycle, opened, numbers = 0, False, []
    for direction in directions:
        if direction == first and not opened:
            cycle, opened = cycle + 1, True
        elif direction not in (first, CellDirection.REST):
            opened = False
        numbers.append(cycle)
    return numbers


@dataclass(frozen=True)
class _Records:
    """The records of a table as arrays, and where its steps begin and end.

    Steps are runs of records, so sums over them are reductions between their first records:
    for millions of records an order faster than grouping by the step's number.
    """

    time: Array
    voltage: Array
    current: Array
    #: Charge moved since the record before, in Ah, without sign; 0 in the first record of a step.
    charge: Array
    #: The instrument's counter, or None.
    counter: Array | None
    first: NDArray[np.intp]
    last: NDArray[np.intp]

    @classmethod
    def of(cls, data: pl.DataFrame) -> _Records:
        time, voltage, current = (data[name].to_numpy() for name in ("Test Time / s", "Voltage / V", "Current / A"))
        step = data["Step Count / 1"].to_numpy()
        first = np.concatenate([[0], np.flatnonzero(step[1:] != step[:-1]) + 1]) if len(step) else np.empty(0, np.intp)
        last = np.append(first[1:], len(step))[: len(first)] - 1
        counter = data[CAPACITY].to_numpy() if CAPACITY in data.columns else None
        charge = np.zeros(len(step))
        if counter is not None:
            np.subtract(counter[1:], counter[:-1], out=charge[1:])
        else:
            magnitude = np.abs(current)
            charge[1:] = (magnitude[1:] + magnitude[:-1]) * np.diff(time) / 7200
        charge[first] = 0.0
        return cls(time, voltage, current, charge, counter, first, last)

    @property
    def size(self) -> NDArray[np.intp]:
        """Number of records of each step."""
        return self.last - self.first + 1

    def moved(self) -> tuple[Array, Array]:
        """Charge of each step, and its mean voltage over that charge; not-a-number where nothing moved."""
        # A counter may miss values here and there; the largest that it showed stands for the step.
        if self.counter is None:
            capacity = _per_step(np.add, self.charge, self.first)
        else:
            capacity = _per_step(np.fmax, self.counter, self.first)
        # In place: for millions of records each temporary counts.
        charge = np.nan_to_num(self.charge) if np.isnan(self.charge).any() else self.charge
        weighted = np.zeros(len(charge))
        np.add(self.voltage[1:], self.voltage[:-1], out=weighted[1:])
        weighted *= charge
        weighted /= 2
        recorded = _per_step(np.add, charge, self.first)
        with np.errstate(divide="ignore", invalid="ignore"):
            return capacity, _per_step(np.add, weighted, self.first) / recorded


def _per_step(how: np.ufunc, values: Array, first: NDArray[np.intp]) -> Array:
    """Reduce the values of each step; an empty table has no step."""
    return how.reduceat(values, first) if len(first) else np.empty(0)


def _held(records: _Records, digit: float) -> tuple[Array, Array]:
    """Return the charge that each step moved at a held voltage, and the mean magnitude of its constant current.

    A current that is stored to a coarse digit varies by that digit alone.
    """
    magnitude = np.abs(records.current)
    first, last = records.first, records.last
    charge = np.nan_to_num(records.charge) if np.isnan(records.charge).any() else records.charge
    # Weighed by the charge that it moved, so that idle records within a step do not count.
    moved = np.zeros(len(magnitude))
    np.add(magnitude[1:], magnitude[:-1], out=moved[1:])
    moved *= charge
    moved /= 2
    held = np.zeros(len(first))
    with np.errstate(divide="ignore", invalid="ignore"):
        current = _per_step(np.add, moved, first) / _per_step(np.add, charge, first)
    lone = ~np.isfinite(current)
    current[lone] = magnitude[last[lone]]
    if not len(first):
        return held, current
    del moved
    most = np.maximum.reduceat(magnitude, first)
    # For what is constant the first record does not count: it is the instrument's switching as often as the current.
    switching = first[last > first]
    first_of = magnitude[switching]
    magnitude[switching] = 0.0
    steady = np.maximum.reduceat(magnitude, first)
    magnitude[switching] = first_of
    falls = magnitude[last] < (1 - CONSTANT_CURRENT) * most - 2 * digit
    for at in np.flatnonzero(falls):
        here = slice(first[at], last[at] + 1)
        away = np.flatnonzero(np.abs(records.voltage[here] - records.voltage[last[at]]) > HELD_VOLTAGE)
        start = first[at] + (int(away[-1]) + 1 if away.size else 0)
        if start > first[at] + SETTLED_RECORDS:
            # Not held from the beginning: the end of the constant current may lie within the voltage's tolerance.
            full = np.flatnonzero(magnitude[start : last[at] + 1] >= (1 - FALLING) * most[at])
            start += int(full[-1]) if full.size else 0
        if magnitude[last[at]] < (1 - CONSTANT_CURRENT) * magnitude[start : last[at] + 1].max() - 2 * digit:
            held[at] = float(np.nansum(records.charge[max(start, first[at] + 1) : last[at] + 1]))
            before = slice(first[at] + 1, start)
            constant = float(charge[before].sum())
            both = magnitude[first[at] + 1 : start] + magnitude[first[at] : max(start - 1, first[at])]
            current[at] = float((both / 2 * charge[before]).sum()) / constant if constant else np.nan
            steady[at] = magnitude[before].max(initial=0.0)
    # What falls below its own largest by so much is no constant current.
    current[current < (1 - CONSTANT_CURRENT) * steady - 2 * digit] = np.nan
    return held, current


def _resistance(records: _Records, current: Array) -> tuple[Array, Array, Array]:
    """Return the change of current where a step begins, ΔV/ΔI there, and how long after the change it was read."""
    first, last = records.first, records.last
    changes, resistance, delay = (np.full(len(first), np.nan) for _ in range(3))
    before, begins = first[1:] - 1, first[1:]
    # The new current, with its sign, once it has settled: that of the constant part, or the largest of a hold.
    settled = np.nan_to_num(current[1:]) * np.sign(records.current[np.minimum(begins + 1, last[1:])])
    change = settled - records.current[before]
    for offset in reversed(range(SETTLED_RECORDS)):
        at = np.minimum(begins + offset, last[1:])
        moved, later = records.current[at] - records.current[before], records.time[at] - records.time[before]
        with np.errstate(divide="ignore", invalid="ignore"):
            value = (records.voltage[at] - records.voltage[before]) / moved
            good = (moved / change >= SETTLED_SHARE) & (later > SHORTEST_DELAY) & (later <= LONGEST_DELAY) & (value > 0)
        changes[1:][good], resistance[1:][good], delay[1:][good] = moved[good], value[good], later[good]
    return changes, resistance, delay
