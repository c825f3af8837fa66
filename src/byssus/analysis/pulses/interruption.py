"""Intermittent current interruption (ICI): resistance and diffusion from short pauses of a slow charge or discharge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.examined import Examined
from byssus.analysis.pulses import branch
from byssus.analysis.pulses.body import SETTLED, VOLUME_OVER_SURFACE, Body, Shape, body_of
from byssus.analysis.pulses.detect import LONG, Record, Run, record_of
from byssus.analysis.pulses.model import SURE, WIDE, WORSE, answer_of, interval, tabled, verdict, vertex
from byssus.analysis.pulses.roots import BEGIN, RootLine, root_line, thinned
from byssus.analysis.pulses.told import counted_of, findings_of_faults, in_lengths, middle_of, resistance_of
from byssus.analysis.result import Result
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.physics.diffusion import diffusion_root_slope, time_ratio
from byssus.study.techniques import Told

Array = NDArray[np.float64]

#: The line over √t ends here at the latest, in s, as in the ampworks project ...
LATEST: Final = 10.0
#: ... and at this share of the time that the current flowed before; a choice.
OF_CURRENT: Final = 0.1
#: Up to this t D/L² at its end the formula holds: of the exact series, a line from a tenth of that time on gives 1.17 of D in
#: a sphere and 1.08 in a plane body, whose profile relaxes inwards where the formula has an endless one.
SHORT: Final = 0.001
#: Time constants that are searched: from the beginning of the line to this many times the current before; and steps.
REACH, STEPS = 1e4, 300
#: Times of a faster process that may hide in an interruption, as shares of it; and how many.
FASTEST, SLOWEST, FAST_STEPS = 0.05, 0.5, 10
#: Points to an interruption, in equal steps of log t.
POINTS: Final = 30
#: Rates of the neighbours that differ by this share say that the voltage bends too much for one; a choice.
BENT: Final = 0.5


#: What the formula gives where it holds: docs/validation/pulses.md, interruptions of spheres and plane bodies of known D.
BIAS: Final = "where it holds it is 1.14 of D in the middle, in spheres and plane bodies of known D, and that is in no uncertainty"


def examine_ici(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Analyse a test with current interruptions: resistance and diffusion coefficient at each of them.

    Parameters
    ----------
    tables
        One table of pulses or of cycling.
    told
        ``diffusion length``, ``shape``, ``length from``, ``active mass``; see `byssus.study.techniques`.

    Raises
    ------
    AnalysisError
        If the table holds no interruption.

    Notes
    -----
    The frame ``pulses`` has a row for each interruption; ``example`` one of them with its line.
    """
    table = tables[0]
    body = body_of(table, told)
    record = record_of(table)
    rows, lines = _rows(record, body)
    frame = in_lengths(pl.DataFrame(rows, schema=_SCHEMA, infer_schema_length=None), body, ("Textbook", "Model"))
    gap = branch.gap(frame)
    frame = branch.without_crossings(frame, gap, record.turned, "Rate / mV/h")
    return Examined(
        technique="ici",
        tables=tuple(tables),
        results=(*_results(frame, body), *branch.results(frame, gap)),
        frames={"pulses": frame} | _example(record, lines),
        findings=(*record.left_out, *_findings(frame), *branch.findings(gap)),
        methods=_methods(record, body),
    )


_NUMBERS: Final = (
    "Test Time / h", "Voltage / V", "Charge / mAh", "Lithiation / mAh/g", "Current / mA", "Pulse Duration / s",
    "Rest Duration / s", "Rested Voltage / V", "Steady Change / mV", "Rate / mV/h",
    "Rate Standard Uncertainty / mV/h", "Resistance / ohm", "Resistance Standard Uncertainty / ohm",
    "Diffusion Resistance / ohm/s^0.5", "Slope / mV/s^0.5", "Slope Standard Uncertainty / mV/s^0.5", "Window Start / s",
    "Window End / s", "Slope Variation / 1", "R Squared / 1", "Textbook Time Ratio / 1", "Textbook D/L^2 / 1/s",
    "Textbook D/L^2 Standard Uncertainty / 1/s", "Model Time Constant / s", "Model Time Constant Lower / s",
    "Model Time Constant Upper / s", "Model D/L^2 / 1/s", "Model D/L^2 Standard Uncertainty / 1/s",
    "Model D/L^2 Lower / 1/s", "Model D/L^2 Upper / 1/s", "Model Misfit / 1",
)  # fmt: skip
_SCHEMA: Final = (
    {"Pulse / 1": pl.Int64, "Direction": pl.String}
    | dict.fromkeys(_NUMBERS, pl.Float64)
    | dict.fromkeys(("Reason", "Textbook Reason", "Model Reason"), pl.String)
)


def _rows(record: Record, body: Body) -> tuple[list[dict[str, Any]], dict[int, RootLine]]:
    runs, places = record.runs, record.pulses
    start = record.passed[places[0]]
    way = 1.0 if body.full else -1.0
    rows: list[dict[str, Any]] = []
    lines: dict[int, RootLine] = {}
    began = runs[places[0]].began
    for order, at in enumerate(places):
        run = runs[at]
        rest = runs[at + 1] if at + 1 < len(runs) and runs[at + 1].sign == 0 else None
        if order and runs[places[order - 1]].sign != run.sign:
            began = run.began
        charge = way * (record.passed[at + 1] - start) / 3.6
        row: dict[str, Any] = {
            "Pulse / 1": run.number,
            "Direction": body.direction(run.sign),
            "Test Time / h": run.ended / 3600,
            "Charge / mAh": charge,
            "Lithiation / mAh/g": charge / body.mass if body.mass and not body.full else None,
            "Current / mA": 1e3 * run.current,
            "Pulse Duration / s": run.duration,
            "Rest Duration / s": rest.duration if rest else None,
        }
        rows.append(row)
        fault = None
        if rest is None:
            fault = "no interruption after it"
        elif run.duration > LONG * record.usual:
            fault = "no current between two interruptions: far longer than the others"
        if fault is None and rest is not None:
            since = record.time[rest.first : rest.stop] - rest.began
            longest = max(min(LATEST, OF_CURRENT * run.duration), 4 * BEGIN)
            line = root_line(since, record.voltage[rest.first : rest.stop], longest=longest)
            if line is None:
                fault = "too few records between 1 s and the end of the interruption"
            else:
                lines[at] = line
                row |= _of_line(record, run, line)
        row["Reason"] = fault
        if fault is not None or rest is None:
            row["Textbook Reason"] = row["Model Reason"] = fault
            continue
        rate = _rate(record, places, order)
        flowed = run.ended - began
        row |= _of_rate(body, run, lines[at], rate, flowed)
        if rate is not None and row.get("Model Reason") is None:
            row |= _by_model(body.shape, since, record.voltage[rest.first : rest.stop], rate, run, flowed)
    return rows, lines


def _of_line(record: Record, run: Run, line: RootLine) -> dict[str, Any]:
    last = record.voltage[run.stop - 1]
    return {
        "Voltage / V": line.intercept,
        "Rested Voltage / V": line.intercept,
        "Resistance / ohm": (last - line.intercept) / run.current,
        "Resistance Standard Uncertainty / ohm": line.intercept_error / abs(run.current),
        "Diffusion Resistance / ohm/s^0.5": abs(line.slope / run.current),
        "Slope / mV/s^0.5": 1e3 * line.slope,
        "Slope Standard Uncertainty / mV/s^0.5": 1e3 * line.slope_error,
        "Window Start / s": line.begin,
        "Window End / s": line.end,
        "Slope Variation / 1": line.change if np.isfinite(line.change) else None,
        "R Squared / 1": line.r_square,
    }


class _Rate(NamedTuple):
    """dE/dt under current in V/s with its standard uncertainty, and the times in s that it was taken from and to."""

    value: float
    error: float
    first: float
    last: float


def _rate(record: Record, places: Sequence[int], order: int) -> _Rate | None:
    """Return dE/dt under current, from the last voltages before interruptions.

    Between the interruption before and the one after, over the time that current flowed; its uncertainty is half the
    difference of the two sides, as a rectangular distribution.  At an end, or beside a turn, it is that of one side.
    """
    runs = record.runs
    here = runs[places[order]]
    sides: list[tuple[float, float]] = []
    ends: list[float] = []
    for step in (0, 1):
        later = order + step
        if not 0 < later < len(places):
            continue
        first, second = runs[places[later - 1]], runs[places[later]]
        if (
            first.sign != here.sign
            or second.sign != here.sign
            or max(first.duration, second.duration) > LONG * record.usual
        ):
            continue
        change = record.voltage[second.stop - 1] - record.voltage[first.stop - 1]
        sides.append((float(change), second.duration))
        ends += [first.ended, second.ended]
    if not sides:
        return None
    rate = sum(change for change, _ in sides) / sum(duration for _, duration in sides)
    # Of one side alone: what the next may differ by.
    apart = 2 * BENT * rate if len(sides) == 1 else sides[1][0] / sides[1][1] - sides[0][0] / sides[0][1]
    return _Rate(rate, abs(apart) / 2 / np.sqrt(3), min(ends), max(ends))


def _of_rate(body: Body, run: Run, line: RootLine, rate: _Rate | None, flowed: float) -> dict[str, Any]:
    if rate is None:
        why = "no interruption before or after it in the same direction gives the rate of the voltage"
        return {"Textbook Reason": why, "Model Reason": why}
    value, error = rate.value, rate.error
    row: dict[str, Any] = {"Rate / mV/h": 3.6e6 * value, "Rate Standard Uncertainty / mV/h": 3.6e6 * error}
    if value * run.sign <= 0 or line.slope * run.sign >= 0:
        what = "voltage under current" if value * run.sign <= 0 else "voltage of the interruption"
        why = f"the {what} does not move the way that the current drives it"
        return row | {"Textbook Reason": why, "Model Reason": why}
    found = float(diffusion_root_slope(VOLUME_OVER_SURFACE[body.shape], value, line.slope))
    relative = 2 * float(np.hypot(error / value, line.slope_error / line.slope))
    ratio = float(time_ratio(line.end, 1.0, found))
    said = []
    if not line.straight:
        said.append(f"the voltage is no line over √t (its slope varies by {100 * line.change:.0f} %)")
    if ratio > SHORT:
        said.append(f"the line's {line.end:.0f} s are not short: t D/{body.symbol}² is {ratio:.2g}, above {SHORT}")
    if flowed * found < SETTLED[body.shape]:
        said.append(
            f"the current has not flowed long: t D/{body.symbol}² is {flowed * found:.2g}, below {SETTLED[body.shape]}"
        )
    return row | {
        "Textbook Time Ratio / 1": ratio,
        "Textbook D/L^2 / 1/s": found,
        "Textbook D/L^2 Standard Uncertainty / 1/s": found * relative,
        "Textbook Reason": "out of range: " + "; ".join(said) if said else None,
    }


def _by_model(shape: Shape, time: Array, voltage: Array, rate: _Rate, run: Run, flowed: float) -> dict[str, Any]:
    """Return the time constant of a body whose relaxation from the rate of the voltage is that of the interruption.

    The surface falls back by what it led by, T p(t/T), and is still carried on by what the current of the time before
    has not yet spread: T (p((t_c + t)/T) - p(t_c/T)) for a current of the time t_c.  The rate sets its size, less what the
    lead itself still grew by while it was taken, so that a jump and the time constant are all that is fitted, beside one
    faster exponential process where that is needed.
    """
    inside = (time >= BEGIN) & (time > 0)
    t, v = thinned(time[inside], voltage[inside], bins=POINTS)
    if t.size < 8:
        return {"Model Reason": "too few records in the interruption"}
    logs = np.linspace(np.log(t[0]), np.log(REACH * max(flowed, t[-1])), STEPS)
    constants = np.exp(logs)[:, None]
    back = constants * (tabled(t[None] / constants, shape) - tabled((flowed + t[None]) / constants, shape)
                        + tabled(flowed / constants, shape))  # fmt: skip
    first, last = (max(at - run.ended + flowed, 0.0) for at in (rate.first, rate.last))
    back /= 1 + constants * (tabled(last / constants, shape) - tabled(first / constants, shape)) / (last - first)
    fast = np.exp(-t[None] / np.geomspace(FASTEST * t[-1], SLOWEST * t[-1], FAST_STEPS)[:, None])
    fast -= np.mean(fast, axis=1, keepdims=True)
    fast /= np.linalg.norm(fast, axis=1, keepdims=True)

    def left_by(value: float) -> tuple[Array, Array, Array]:
        # The jump alone; then with a faster process that falls back as diffusion does.
        apart = v[None] + value * back
        apart -= np.mean(apart, axis=1, keepdims=True)
        size = apart @ fast.T
        total = np.sum(apart**2, axis=1)[:, None]
        return apart, size, np.where(size * run.sign > 0, total - size**2, total)

    plain, size, with_fast = left_by(rate.value)
    costs, richer = np.sum(plain**2, axis=1), np.min(with_fast, axis=1)
    needed = float(np.min(costs)) > WORSE**2 * float(np.min(richer))
    if needed:
        costs = richer
    at = int(np.argmin(costs))
    quick = int(np.argmin(with_fast[at]))
    quickly = size[at, quick] * fast[quick] if needed else np.zeros(t.size)
    left = plain[at] - quickly
    found, least = vertex(logs, costs, at)
    low, high = interval(logs, costs, found, max(least, 1e-30), left, 4 if needed else 2)
    outer = interval(logs, costs, found, max(least, 1e-30), left, 4 if needed else 2, SURE)
    # Where the rate is at the ends of its own interval, the time constant is another; it is from two voltages, with noise.
    noise = np.sqrt(2 * float(left @ left) / left.size) / (rate.last - rate.first)
    error, others = np.hypot(rate.error, noise), []
    for side in (-1.96, 1.96):
        plain_there, _, fast_there = left_by(rate.value + side * error)
        there = np.min(fast_there, axis=1) if needed else np.sum(plain_there**2, axis=1)
        others.append(_inside(logs, int(np.argmin(there))))
    low = float(np.exp(found - np.hypot(found - low, max(found - min(others), 0.0))))
    high = float(np.exp(found + np.hypot(high - found, max(max(others) - found, 0.0))))
    sure = bool(np.all(np.isfinite(outer)))
    driven = float(np.ptp(rate.value * back[at]))
    misfit = float(np.sqrt(np.mean(left**2))) / driven
    fast_part = float(np.ptp(quickly)) / (float(np.ptp(quickly)) + driven)
    # What noise leaves is in the interval; what a wrong description leaves is alike in neighbours.
    alike = float(np.clip(left[1:] @ left[:-1] / (left @ left), 0.0, 1.0)) if left @ left > 0 else 0.0
    reason = verdict(low, high, misfit * np.sqrt(alike), fast_part, sure=sure)
    return answer_of(float(np.exp(found)), low, high, misfit, reason)


def _inside(logs: Array, at: int) -> float:
    """Return the logarithm at a step of the search; without end where it is the first or the last."""
    return -np.inf if at == 0 else np.inf if at == logs.size - 1 else float(logs[at])


def _example(record: Record, lines: Mapping[int, RootLine]) -> dict[str, pl.DataFrame]:
    if not lines:
        return {}
    at = sorted(lines)[len(lines) // 2]
    line, rest = lines[at], record.runs[at + 1]
    time = record.time[rest.first : rest.stop] - rest.began
    inside = (time >= line.begin * (1 - 1e-9)) & (time <= line.end * (1 + 1e-9))
    return {
        "example": pl.DataFrame(
            {
                "Pulse / 1": np.full(time.size, record.runs[at].number),
                "Time / s": time,
                "Voltage / V": record.voltage[rest.first : rest.stop],
                "Line Voltage / V": np.where(
                    inside, line.intercept + line.slope * np.sqrt(np.maximum(time, 0.0)), np.nan
                ),
            }
        ).with_columns(pl.col("Line Voltage / V").fill_nan(None))
    }


def _results(frame: pl.DataFrame, body: Body) -> Iterator[Result]:
    yield Result("interruptions", float(frame.height), "1", method="runs under current that are followed by a rest")
    for direction in frame["Direction"].unique(maintain_order=True):
        part = frame.filter(pl.col("Direction") == direction)
        yield from middle_of(
            part, body, direction, "Textbook", "of the interruptions in which the formula holds", f"; {BIAS}"
        )
        yield from middle_of(part, body, direction, "Model", "of the interruptions whose time constant is identified")
        yield resistance_of(
            part["Resistance / ohm"], body, f"resistance, {direction}",
            "middle of the voltage that goes with the current at once, by the line's start at t = 0",
        )  # fmt: skip
        coefficient = part["Diffusion Resistance / ohm/s^0.5"].drop_nulls().sort()
        name, unit = f"diffusion resistance, {direction}", "ohm/s^0.5"
        if coefficient.len():
            yield Result(
                name, coefficient[coefficient.len() // 2], unit,
                method=f"middle of {coefficient.len()} slopes over √t, over the current; from {coefficient[0]:.3g} to "
                f"{coefficient[-1]:.3g}",
            )  # fmt: skip
        else:
            yield Result(name, None, unit, reason="no interruption gives a line over √t")


def _findings(frame: pl.DataFrame) -> Iterator[Finding]:
    yield from findings_of_faults(frame, "interruption")
    stated = frame.filter(pl.col("Textbook Reason").is_null()).drop_nulls("Textbook D/L^2 / 1/s").height
    if stated:
        yield Finding(
            "known-bias", f"of the textbook's D of {stated} of {counted_of(frame.height, 'interruption')}: {BIAS}"
        )


def _methods(record: Record, body: Body) -> tuple[tuple[str, str], ...]:
    return (
        ("Interruptions", record.said),
        ("Body", body.sentence()),
        ("Textbook", "R = (E under current - E_0)/I and k = (dE/d√t)/I from a line over √t that starts 1 s after the current "
         f"stops and ends at {LATEST:.0f} s at the latest, E_0 its start at t = 0; D = 4 L²/π · ((dE/dt)/(dE/d√t))² with L volume "
         "over surface and dE/dt of the voltage under current over the time that current flowed, from the interruption "
         f"before to the one after (Chien et al. 2023). It holds up to t D/{body.symbol}² = {SHORT}, and where that of the time "
         f"since the current of the direction began is at least {SETTLED[body.shape]}. Known bias: {BIAS}."),
        ("Model", "Diffusion out of what the surface leads the mean by, from the rate of the voltage before; a jump, the time "
         "constant and, where it is needed, one faster process are fitted to the whole interruption from 1 s on. The same "
         f"without the condition of short times; none is given where its 95 % interval spans more than a factor of {WIDE:.0f}."),
    )  # fmt: skip
