"""Self-discharge: the fall of the open-circuit voltage at rest, apart from relaxation, and what charge it stands for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.steps import steps
from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.transport.given import told_in
from byssus.errors import AnalysisError, FitError
from byssus.findings import Finding
from byssus.fitting import fit_line
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.study.techniques import Told

Array = NDArray[np.float64]

#: Rests shorter than this in s show relaxation alone; a choice.
SHORTEST: Final = 1800.0
#: Fewest records of a rest, and means that its window is taken apart into.
_FEWEST, _BLOCKS = 20, 12
#: Relaxation is left out by this share of the rest where no time is told; a choice.
RELAXATION: Final = 0.5
#: A fall is steady if its rates in the two halves of the window differ by no more than this factor; a choice.
STEADY: Final = 1.25
#: The charge that belongs to a fall is read from the curve before the rest, this far around the voltage, in V.
_AROUND: Final = 0.05
_DAY: Final = 86400.0


@dataclass(frozen=True)
class _Rest:
    """A rest: its records, the window after relaxation, and the slope there in V/s.

    `early` and `late` are the slopes of the halves of the window with their errors.
    """

    step: int
    after: str
    time: Array
    voltage: Array
    begins: float
    slope: float
    error: float
    early: tuple[float, float]
    late: tuple[float, float]

    @property
    def unsteady(self) -> str | None:
        """Say that the rate of change slows down or speeds up in the window, beyond the scatter; None if it does neither."""
        (first, first_error), (second, second_error) = self.early, self.late
        if abs(first - second) <= 2 * math.hypot(first_error, second_error):
            return None
        slow, fast = sorted((abs(first), abs(second)))
        if first * second > 0 and fast <= STEADY * slow:
            return None
        return "slows down" if abs(second) < abs(first) else "speeds up"

    @property
    def duration(self) -> float:
        """In s."""
        return float(self.time[-1])


def examine_self_discharge(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find how fast a resting cell loses voltage and charge.

    Parameters
    ----------
    tables
        One cycling table with a rest of half an hour or more.
    told
        ``rest step`` (the longest rest where it is not given), ``relaxation time`` (half of the rest where it is not
        given), ``capacity before`` and ``capacity after`` the rest.

    Raises
    ------
    AnalysisError
        If there is no such rest.
    """
    (table,) = tables
    relaxation = told_in(table, told, "relaxation time", "s")
    rests = _rests(table, None if relaxation is None else relaxation.value)
    if not rests:
        raise AnalysisError(
            f"has no rest of {SHORTEST / 60:.0f} minutes and {_FEWEST} records"
            + ("" if relaxation is None else f" beyond a relaxation of {relaxation.value / 3600:g} h"),
            field="Cell Direction",
            fix="give a table in which the cell rests at open circuit",
        )
    rest = _chosen(rests, told_in(table, told, "rest step", "1"))
    findings = list(_findings(rest))
    capacity = _charge_of_fall(table, rest)
    results = [*_voltages(rest), *_charges(table, told, rest, capacity)]
    drawn = pl.DataFrame(
        {"Time / h": rest.time / 3600, "Voltage / V": rest.voltage, "In Window": rest.time >= rest.begins}
    )
    line = pl.DataFrame({"Time / h": [rest.begins / 3600, rest.duration / 3600], "Voltage / V": _line_ends(rest)})
    return Examined(
        "self-discharge",
        (table,),
        tuple(results),
        {"rests": _frame(rests), "rest": drawn, "line": line},
        tuple(findings),
        _METHODS,
    )


def _chosen(rests: Sequence[_Rest], wanted: Quantity | None) -> _Rest:
    """Return the longest rest, or the one asked for."""
    if wanted is None:
        return max(rests, key=lambda rest: rest.duration)
    found = next((rest for rest in rests if rest.step == wanted.value), None)
    if found is None:
        raise AnalysisError(
            "is no step that rests long enough",
            field="rest step",
            value=f"{wanted.value:g}",
            fix=f"such are {', '.join(str(rest.step) for rest in rests[:20])}",
        )
    return found


def _rests(table: Table, relaxation: float | None) -> list[_Rest]:
    data = table.data
    found, moved = [], "no charge yet"
    time, voltage = data["Test Time / s"].to_numpy(), data["Voltage / V"].to_numpy()
    ends = 0
    for row in steps(table).iter_rows(named=True):
        here = slice(ends, ends + row["Records / 1"])
        ends = here.stop
        if row["Cell Direction"] != "rest":
            moved = row["Cell Direction"]
        elif row["Duration / s"] >= SHORTEST and row["Records / 1"] >= _FEWEST:
            rest = _rest(row["Step Count / 1"], moved, time[here] - time[here.start], voltage[here], relaxation)
            if rest is not None:
                found.append(rest)
    return found


def _rest(step: int, after: str, time: Array, voltage: Array, relaxation: float | None) -> _Rest | None:
    begins = RELAXATION * float(time[-1]) if relaxation is None else relaxation
    late = time >= begins
    if late.sum() < _FEWEST / 2 or time[-1] <= begins:
        return None
    edges = np.linspace(begins, time[-1], _BLOCKS + 1)
    block = np.clip(np.searchsorted(edges, time[late], side="right") - 1, 0, _BLOCKS - 1)
    count = np.bincount(block, minlength=_BLOCKS)
    there = count > 0
    at, mean = (
        np.bincount(block, weights=part[late], minlength=_BLOCKS)[there] / count[there] for part in (time, voltage)
    )
    half = len(at) // 2
    try:
        whole, early, later = fit_line(at, mean), fit_line(at[:half], mean[:half]), fit_line(at[half:], mean[half:])
    except FitError:
        # Too few means: the records stand too far apart for two slopes.
        return None
    parts = ((early.slope, early.slope_error), (later.slope, later.slope_error))
    return _Rest(step, after, time, voltage, begins, whole.slope, whole.slope_error, *parts)


def _line_ends(rest: _Rest) -> list[float]:
    late = rest.time >= rest.begins
    middle = float(rest.time[late].mean()), float(rest.voltage[late].mean())
    return [middle[1] + rest.slope * (at - middle[0]) for at in (rest.begins, rest.duration)]


def _voltages(rest: _Rest) -> Iterator[Result]:
    hours, begins = rest.duration / 3600, rest.begins / 3600
    total = 1e3 * float(rest.voltage[0] - rest.voltage[-1])
    yield Result("duration of the rest", hours, "h", method=f"step {rest.step}, after {rest.after}")
    yield Result("open-circuit voltage at the end", float(rest.voltage[-1]), "V", method="last record of the rest")
    yield Result(
        "open-circuit voltage drop", total, "mV", method=f"first minus last record of {hours:.3g} h, relaxation and all"
    )
    name = "fall of the open-circuit voltage a day"
    rate, error = -1e3 * _DAY * rest.slope, 1e3 * _DAY * rest.error
    method = f"line through the open-circuit voltage from {begins:.3g} to {hours:.3g} h of the rest"
    if rate <= 0 and -rate > 2 * error:
        yield Result(
            name, None, "mV", reason=f"the voltage rises by {-rate:.3g} mV a day: the cell still relaxes, or warms"
        )
    elif rest.unsteady == "speeds up":
        yield Result(name, None, "mV", reason="the change speeds up within the window, so it has no one rate")
    elif rest.unsteady:
        last = -1e3 * _DAY * rest.late[0]
        bound = f"; at most {last:.3g} mV a day" if last > 0 else ""
        yield Result(name, None, "mV", reason=f"the fall still slows down, so the cell still relaxes{bound}")
    else:
        yield Result(name, rate, "mV", error, method=method)


def _charges(
    table: Table, told: Mapping[str, Told], rest: _Rest, capacity: tuple[float, float] | str
) -> Iterator[Result]:
    name = "self-discharge a day"
    if rest.after == "no charge yet":
        yield Result(f"{name}, from the voltage", None, "%", reason="the cell rests as made: no charge had been stored")
    elif isinstance(capacity, str):
        yield Result(f"{name}, from the voltage", None, "%", reason=capacity)
    elif rest.unsteady or rest.slope >= 0:
        yield Result(f"{name}, from the voltage", None, "%", reason="no steady fall of the voltage")
    else:
        per_volt, moved = capacity
        rate, error = (100 * _DAY * part * per_volt / moved for part in (-rest.slope, rest.error))
        method = (
            "dV/dt times dQ/dV of the half cycle before, at this voltage and under its current, over the charge of that "
            "half cycle; the error is of dV/dt alone"
        )
        yield Result(f"{name}, from the voltage", rate, "%", error, method=method)
    before, after = (told_in(table, told, f"capacity {when}", "C") for when in ("before", "after"))
    if before is None or after is None:
        absent = [when for when, given in (("before", before), ("after", after)) if given is None]
        yield Result(
            f"{name}, from the capacity",
            None,
            "%",
            reason=f"no capacity {' and none '.join(absent)} the rest was given",
        )
        return
    days = rest.duration / _DAY
    loss = 100 * (1 - after.value / before.value) / days
    doubts = (before.uncertainty, after.uncertainty)
    spread = (
        None
        if None in doubts
        else 100
        / days
        * after.value
        / before.value
        * math.hypot(*((doubt or 0.0) / given.value for doubt, given in zip(doubts, (before, after), strict=True)))
    )
    method = "1 − capacity after over before, a day of the rest; what the cycle itself loses is in it"
    reason = None if spread is not None else "the capacities were given without ±"
    yield Result(f"{name}, from the capacity", loss, "%", spread, method=method, reason=reason)


def _charge_of_fall(table: Table, rest: _Rest) -> tuple[float, float] | str:
    """Return dQ/dV in C/V around the rest's voltage and the charge in C of the half cycle before; or why there is none."""
    data = table.data.filter(pl.col("Step Count / 1") < rest.step)
    if rest.after == "no charge yet":
        return "no charge had been stored"
    number = data.filter(pl.col("Cell Direction") != "rest")["Step Count / 1"].max()
    part = data.filter(pl.col("Step Count / 1") == number)
    time, voltage, current = (part[name].to_numpy() for name in ("Test Time / s", "Voltage / V", "Current / A"))
    charge = np.concatenate([[0.0], np.cumsum((np.abs(current[1:]) + np.abs(current[:-1])) / 2 * np.diff(time))])
    at = float(rest.voltage[-1])
    near = np.abs(voltage - at) <= _AROUND
    if near.sum() < 4 or np.ptp(voltage[near]) < _AROUND:
        return f"the half cycle before did not pass {at:.3g} V, so the charge that belongs to the fall is not known"
    try:
        slope = fit_line(voltage[near], charge[near]).slope
    except FitError as error:
        return f"no charge belongs to the fall: {error}"
    return abs(slope), float(charge[-1])


def _frame(rests: Sequence[_Rest]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Step / 1": [rest.step for rest in rests],
            "After": [rest.after for rest in rests],
            "Duration / h": [rest.duration / 3600 for rest in rests],
            "First Voltage / V": [float(rest.voltage[0]) for rest in rests],
            "Last Voltage / V": [float(rest.voltage[-1]) for rest in rests],
            "Window Start / h": [rest.begins / 3600 for rest in rests],
            "Rate / mV/h": [3.6e6 * rest.slope for rest in rests],
            "Rate / mV/h (u)": [3.6e6 * rest.error for rest in rests],
            "Steady": [rest.unsteady is None for rest in rests],
        }
    )


def _findings(rest: _Rest) -> Iterator[Finding]:
    if rest.unsteady:
        early, late = (3.6e6 * part[0] for part in (rest.early, rest.late))
        yield Finding(
            "rest-not-relaxed",
            f"in the window the voltage's rate {rest.unsteady}, from {early:.3g} to {late:.3g} mV/h",
            field="relaxation time",
        )


_METHODS: Final = (
    (
        "Self-discharge",
        "The slope of the open-circuit voltage after relaxation: by default the second half of the rest, as twelve means. "
        "It counts if its rates in the two halves of that window agree within a quarter; of a fall that slows down the last "
        "rate is a bound from above.",
    ),
    (
        "Charge lost",
        "From the voltage: dV/dt · dQ/dV over the charge of the half cycle before, which takes a curve under current for "
        "one at rest. From the capacity: 1 − capacity after over before.",
    ),
)
