"""Galvanostatic intermittent titration (GITT): each pulse by the textbook, as the paper words it, and by the full model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.examined import Examined
from byssus.analysis.pulses import branch
from byssus.analysis.pulses.body import SETTLED, SHORT, VOLUME_OVER_SURFACE, Body, body_of
from byssus.analysis.pulses.detect import LONG, Record, Run, record_of
from byssus.analysis.pulses.model import MISFIT, WIDE, Piece, Response, answer_of, respond
from byssus.analysis.pulses.roots import RootLine, evened, root_line
from byssus.analysis.pulses.told import counted_of, findings_of_faults, in_lengths, middle_of, resistance_of
from byssus.analysis.result import Result
from byssus.findings import Finding
from byssus.fitting import fit_line
from byssus.measured.tables import Table
from byssus.physics.diffusion import diffusion_gitt_length, diffusion_root_slope, time_ratio
from byssus.study.techniques import Told

Array = NDArray[np.float64]

#: The end of a rest is its last tenth: a line through it gives the rested voltage and its drift; a choice.
TAIL: Final = 0.1
#: It is thinned to so many points.
TAIL_POINTS: Final = 20
#: A rest this share of the usual one interrupts a pulse and ends none; a choice.
SHORT_REST: Final = 0.05
#: The current of a pulse may scatter by this share about its mean; a choice.
STEADY: Final = 0.02
#: A rest is not at equilibrium where its voltage would, at the rate of its end, move by this share of the change that a
#: pulse makes while it rests as long again; a choice.
UNRESTED: Final = 0.1
#: Earlier pulses that still act in the rests after them are superposed; so many.
EARLIER: Final = 4


@dataclass(frozen=True, slots=True)
class Rested:
    """The end of a rest: time in s, voltage in V with its standard error, and drift in V/s."""

    time: float
    voltage: float
    error: float
    drift: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse of a titration with the rests about it.

    Parameters
    ----------
    at
        Its place among the runs.
    run, rest
        The pulse, and the rest after it.
    before, after
        The ends of the rests before and after.
    fault
        Why nothing can be said of it; then the others may be missing.
    begun
        When the first pulse of its direction began, in s.
    """

    at: int
    run: Run
    rest: Run | None
    before: Rested | None
    after: Rested | None
    fault: str | None
    begun: float


def examine_gitt(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Analyse a titration: diffusion coefficients over voltage and composition, with intervals or the reason for none.

    Parameters
    ----------
    tables
        One table of pulses or of cycling.
    told
        ``diffusion length``, ``shape``, ``length from``, ``active mass``; see `byssus.study.techniques`.

    Raises
    ------
    AnalysisError
        If the table holds no pulse.

    Notes
    -----
    The frame ``pulses`` has a row for each pulse; ``example`` one pulse with its line over √t and its model; ``curves``
    the ends of the rests.
    """
    table = tables[0]
    body = body_of(table, told)
    record = record_of(table)
    pulses = list(pulses_with_rests(record))
    lines = [_line_of(record, pulse) for pulse in pulses]
    pieces = [None if pulse.fault else _piece(record, pulse) for pulse in pulses]
    responses = iter(respond([piece for piece in pieces if piece is not None], body.shape))
    answers = [None if piece is None else next(responses) for piece in pieces]
    frame = _frame(record, body, pulses, lines, answers)
    gap = branch.gap(frame)
    frame = branch.without_crossings(frame, gap, record.turned, "Steady Change / mV")
    frames = {"pulses": frame} | _example(pulses, lines, answers)
    return Examined(
        technique="gitt",
        tables=tuple(tables),
        results=(*_results(frame, body), *branch.results(frame, gap)),
        frames=frames,
        findings=(*record.left_out, *_findings(frame), *branch.findings(gap)),
        methods=_methods(record, body),
    )


def pulses_with_rests(record: Record) -> Iterator[Pulse]:
    """Yield every numbered pulse of a record with the rests about it, or with what is wrong with it."""
    runs = record.runs
    rests = [run.duration for run in runs if run.sign == 0 and run.number]
    usual = float(np.median(rests))
    rested: dict[int, Rested] = {}
    last_sign, begun = record.before, runs[record.pulses[0]].began
    for at in record.pulses:
        run = runs[at]
        before = runs[at - 1] if at and runs[at - 1].sign == 0 else None
        after = runs[at + 1] if at + 1 < len(runs) and runs[at + 1].sign == 0 else None
        for place, rest in ((at - 1, before), (at + 1, after)):
            if rest is not None and place not in rested:
                rested[place] = _rested(record, rest)
        current = record.current[run.first : run.stop]
        fault = None
        if after is None:
            fault = "no rest after it"
        elif before is None:
            fault = "no rest before it"
        elif run.duration > LONG * record.usual:
            fault = f"no pulse: {_time(run.duration)} long, where the others take {_time(record.usual)}"
        elif after.duration < SHORT_REST * usual:
            fault = f"interrupted: only {_time(after.duration)} of rest after it, where the others have {_time(usual)}"
        elif before.number and before.duration < SHORT_REST * usual:
            fault = f"only {_time(before.duration)} of rest before it, where the others have {_time(usual)}"
        elif current.size > 2 and float(np.std(current[1:])) > STEADY * abs(float(np.mean(current[1:]))):
            fault = "the current is not constant"
        elif last_sign and last_sign != run.sign:
            fault = "the first after a change of direction: the rest before it lies on the other branch"
        if last_sign != run.sign:
            begun = run.began
        last_sign = run.sign
        yield Pulse(at, run, after, rested.get(at - 1), rested.get(at + 1), fault, begun)


def _rested(record: Record, rest: Run) -> Rested:
    """Return the end of a rest, by a line through its last tenth."""
    first = rest.first + int(np.searchsorted(record.time[rest.first : rest.stop], rest.ended - TAIL * rest.duration))
    first = max(rest.first, min(first, rest.stop - 3))
    time, voltage = record.time[first : rest.stop], record.voltage[first : rest.stop]
    if time.size < 3 or np.ptp(time) == 0:
        return Rested(rest.ended, float(voltage[-1]), np.nan, np.nan)
    line = fit_line(*evened(TAIL_POINTS, time - rest.ended, voltage))
    return Rested(rest.ended, line.intercept, line.intercept_error, line.slope)


def _line_of(record: Record, pulse: Pulse) -> RootLine | None:
    run = pulse.run
    if pulse.rest is None:
        return None
    return root_line(record.time[run.first : run.stop] - run.began, record.voltage[run.first : run.stop])


def _piece(record: Record, pulse: Pulse) -> Piece:
    run, rest, before = pulse.run, pulse.rest, pulse.before
    assert rest is not None and before is not None  # noqa: S101, PT018 - a pulse without them has a fault
    changes: list[tuple[float, float]] = []
    for earlier in record.runs[max(0, pulse.at - 2 * EARLIER) : pulse.at]:
        if earlier.sign:
            share = earlier.current / run.current
            changes += [(earlier.began - run.began, share), (earlier.ended - run.began, -share)]
    both = slice(run.first, rest.stop)
    time = record.time[both] - run.began
    # A rest may record the instant in which the pulse ends: that is no point of the pulse.
    kept = (np.arange(time.size) < run.stop - run.first) | (time > run.duration)
    lead = TAIL / 2 * record.runs[pulse.at - 1].duration
    return Piece(
        time=time[kept],
        voltage=record.voltage[both][kept],
        before=(
            before.time - run.began - lead,
            before.voltage - lead * (before.drift if np.isfinite(before.drift) else 0.0),
        ),
        duration=run.duration,
        changes=tuple(changes),
    )


def _frame(
    record: Record,
    body: Body,
    pulses: Sequence[Pulse],
    lines: Sequence[RootLine | None],
    answers: Sequence[Response | None],
) -> pl.DataFrame:
    start = next((record.passed[at] for at in record.pulses[:1]), 0.0)
    rows = [
        _row(record, body, pulse, line, answer, start)
        for pulse, line, answer in zip(pulses, lines, answers, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=_SCHEMA, infer_schema_length=None)
    return in_lengths(frame, body, ("Textbook", "Model", "Endpoint", "As Worded"))


_NUMBERS: Final = (
    "Test Time / h", "Voltage / V", "Charge / mAh", "Lithiation / mAh/g", "Current / mA", "Pulse Duration / s",
    "Rest Duration / s", "Rested Voltage / V", "Steady Change / mV", "Transient Change / mV", "Resistance / ohm",
    "Rest Drift / mV/h", "Slope / mV/s^0.5", "Slope Standard Uncertainty / mV/s^0.5", "Window Start / s", "Window End / s",
    "Slope Variation / 1", "R Squared / 1", "Textbook Time Ratio / 1", "Textbook D/L^2 / 1/s",
    "Textbook D/L^2 Standard Uncertainty / 1/s", "Endpoint D/L^2 / 1/s", "As Worded D/L^2 / 1/s",
    "Model Time Constant / s", "Model Time Constant Lower / s", "Model Time Constant Upper / s", "Model D/L^2 / 1/s",
    "Model D/L^2 Standard Uncertainty / 1/s", "Model D/L^2 Lower / 1/s", "Model D/L^2 Upper / 1/s",
    "Model Resistance / ohm", "Model Drift / mV/h", "Model Misfit / 1",
)  # fmt: skip
_SCHEMA: Final = (
    {"Pulse / 1": pl.Int64, "Direction": pl.String}
    | dict.fromkeys(_NUMBERS, pl.Float64)
    | dict.fromkeys(("Reason", "Textbook Reason", "Model Reason"), pl.String)
)


def _row(
    record: Record, body: Body, pulse: Pulse, line: RootLine | None, answer: Response | None, start: float
) -> dict[str, Any]:
    run, rest, before, after = pulse.run, pulse.rest, pulse.before, pulse.after
    # In a half cell what discharges it lithiates the electrode; of a full cell the charge is counted.
    way = 1.0 if body.full else -1.0
    charge = way * (record.passed[pulse.at] + run.charge / 2 - start) / 3.6
    row: dict[str, Any] = {
        "Pulse / 1": run.number,
        "Direction": body.direction(run.sign),
        "Test Time / h": run.began / 3600,
        "Charge / mAh": charge,
        "Lithiation / mAh/g": charge / body.mass if body.mass and not body.full else None,
        "Current / mA": 1e3 * run.current,
        "Pulse Duration / s": run.duration,
        "Rest Duration / s": rest.duration if rest else None,
        "Rested Voltage / V": after.voltage if after else None,
        "Rest Drift / mV/h": _number(after.drift * 3.6e6) if after else None,
        "Reason": pulse.fault,
    }
    if before and after:
        row["Voltage / V"] = (before.voltage + after.voltage) / 2
        row["Steady Change / mV"] = 1e3 * (after.voltage - before.voltage)
    if line is not None and before is not None:
        end = float(np.mean(record.voltage[run.stop - 3 : run.stop]))
        row |= {
            "Transient Change / mV": 1e3 * (end - line.intercept),
            "Resistance / ohm": (line.intercept - before.voltage) / run.current,
            "Slope / mV/s^0.5": 1e3 * line.slope,
            "Slope Standard Uncertainty / mV/s^0.5": 1e3 * line.slope_error,
            "Window Start / s": line.begin,
            "Window End / s": line.end,
            "Slope Variation / 1": _number(line.change),
            "R Squared / 1": line.r_square,
        }
    if pulse.fault or before is None or after is None or rest is None:
        row["Textbook Reason"] = row["Model Reason"] = pulse.fault
        return row
    return row | _textbook(record, body, pulse, line) | _by_model(run, answer)


def _textbook(record: Record, body: Body, pulse: Pulse, line: RootLine | None) -> dict[str, Any]:
    """Return D/L² by the textbook, with its reason where it does not hold, and by the variants."""
    run, rest, before, after = pulse.run, pulse.rest, pulse.before, pulse.after
    assert rest is not None and before is not None and after is not None  # noqa: S101, PT018 - it has no fault
    steady = after.voltage - before.voltage
    if line is None:
        return {"Textbook Reason": "too few records in the pulse for a line over √t"}
    if steady * run.sign <= 0 or line.slope * run.sign <= 0:
        what = "rested voltage" if steady * run.sign <= 0 else "voltage of the pulse"
        return {"Textbook Reason": f"the {what} does not move the way that the current drives it"}
    share = VOLUME_OVER_SURFACE[body.shape]
    found = float(diffusion_root_slope(share, steady / run.duration, line.slope))
    # What the rest would still do in as long again, as a rectangular distribution.
    unrested = abs(after.drift * rest.duration - before.drift * record.runs[pulse.at - 1].duration)
    sure = np.sqrt(before.error**2 + after.error**2 + unrested**2 / 3)
    relative = 2 * float(np.hypot(sure / steady, line.slope_error / line.slope))
    ratio = float(time_ratio(line.end, 1.0, found))
    end = float(record.voltage[run.stop - 1])
    # ΔE_t without the jump: from the first record of the pulse, as it is read off a curve.
    jumped = float(record.voltage[run.first])
    row: dict[str, Any] = {
        "Textbook Time Ratio / 1": ratio,
        "Textbook D/L^2 / 1/s": found,
        "Textbook D/L^2 Standard Uncertainty / 1/s": found * relative,
        "Textbook Reason": _does_not_hold(body, line, ratio, rest.ended - pulse.begun),
    }
    if end != jumped and end != after.voltage:
        row["Endpoint D/L^2 / 1/s"] = diffusion_gitt_length(run.duration, share, steady, end - jumped)
    if end not in (before.voltage, after.voltage):
        # The paper's words: τ the relaxation time, ΔE_s the change over the relaxation, ΔE_τ the shift during the pulse.
        row["As Worded D/L^2 / 1/s"] = diffusion_gitt_length(
            rest.duration, share, after.voltage - end, end - before.voltage
        )
    return row


def _does_not_hold(body: Body, line: RootLine, ratio: float, passed: float) -> str | None:
    said = []
    settled = ratio * passed / line.end
    if settled < SETTLED[body.shape]:
        said.append(
            f"the rests are short: t D/{body.symbol}² is {settled:.2g} since the first pulse, below {SETTLED[body.shape]}"
        )
    if not line.straight:
        said.append(f"the voltage is no line over √t (its slope varies by {100 * line.change:.0f} %)")
    if ratio > SHORT[body.shape]:
        said.append(
            f"the line's {line.end:.0f} s are not short: t D/{body.symbol}² is {ratio:.2g}, above {SHORT[body.shape]}"
        )
    return "out of range: " + "; ".join(said) if said else None


def _by_model(run: Run, answer: Response | None) -> dict[str, Any]:
    if answer is None:
        return {"Model Reason": "too few records in pulse and rest"}
    reason = answer.reason
    if reason is None and answer.rate * run.sign <= 0:
        reason = "the voltage does not move the way that the current drives it"
    return {
        "Model Resistance / ohm": answer.step / run.current,
        "Model Drift / mV/h": answer.drift * 3.6e6,
    } | answer_of(answer.time_constant, answer.low, answer.high, answer.misfit, reason)


def _example(
    pulses: Sequence[Pulse], lines: Sequence[RootLine | None], answers: Sequence[Response | None]
) -> dict[str, pl.DataFrame]:
    """Return one pulse, the middle one of those that were fitted, with its line and its model."""
    fitted = [at for at, answer in enumerate(answers) if answer is not None and answer.reason is None]
    fitted = fitted or [at for at, answer in enumerate(answers) if answer is not None]
    if not fitted:
        return {}
    at = fitted[len(fitted) // 2]
    answer, line, pulse = answers[at], lines[at], pulses[at]
    assert answer is not None  # noqa: S101 - chosen so
    time = answer.times
    inside = (time > 0) & (time <= pulse.run.duration)
    straight = np.full(time.size, np.nan)
    if line is not None:
        straight[inside] = line.intercept + line.slope * np.sqrt(time[inside])
    return {
        "example": pl.DataFrame(
            {
                "Pulse / 1": np.full(time.size, pulse.run.number),
                "Time / s": time,
                "Voltage / V": answer.measured,
                "Line Voltage / V": straight,
                "Model Voltage / V": answer.fitted,
            }
        ).with_columns(pl.col("Line Voltage / V").fill_nan(None))
    }


def _results(frame: pl.DataFrame, body: Body) -> Iterator[Result]:
    yield Result("pulses", float(frame.height), "1", method="runs under current that have a pulse's number")
    for direction in frame["Direction"].unique(maintain_order=True):
        part = frame.filter(pl.col("Direction") == direction)
        yield from middle_of(part, body, direction, "Textbook", "of the pulses in which the formula holds")
        yield from middle_of(part, body, direction, "Model", "of the pulses whose time constant is identified")
        yield resistance_of(
            part["Model Resistance / ohm"], body, f"resistance of the step, {direction}",
            "middle over the pulses of the voltage that comes and goes with the current at once",
        )  # fmt: skip
    for column, words, method in (
        ("Endpoint", "endpoint form over the textbook",
         "middle ratio over the pulses: ΔE of the whole pulse without its jump, in place of the slope over √t"),
        ("As Worded", "CCL paper's wording over the textbook",
         "middle ratio over the pulses: τ the relaxation time, ΔE_s the change over the relaxation, ΔE_τ the shift during "
         "the pulse with its jump (He et al. 2026, eq. 2)"),
    ):  # fmt: skip
        ratio = (frame[f"{column} D/L^2 / 1/s"] / frame["Textbook D/L^2 / 1/s"]).drop_nulls()
        if ratio.len():
            yield Result(f"D of the {words}", _float(ratio.median()), "1", method=method)
        else:
            yield Result(f"D of the {words}", None, "1", method=method, reason="no pulse gives both")


def _findings(frame: pl.DataFrame) -> Iterator[Finding]:
    yield from findings_of_faults(frame, "pulse")
    used = frame.filter(pl.col("Reason").is_null())
    moving = used.filter(
        (pl.col("Rest Drift / mV/h") * pl.col("Rest Duration / s") / 3600).abs()
        > UNRESTED * pl.col("Steady Change / mV").abs()
    )
    if moving.height:
        drift = _float(moving["Rest Drift / mV/h"].abs().median())
        yield Finding(
            "rest-not-at-equilibrium",
            f"in {moving.height} of {counted_of(used.height, 'rest')} the voltage still moves at the end, by {drift:.2g} mV/h in the "
            "middle: in as long again that is over a tenth of what a pulse changes it by",
        )


def _methods(record: Record, body: Body) -> tuple[tuple[str, str], ...]:
    limit = SHORT[body.shape]
    return (
        ("Pulses", record.said),
        ("Body", body.sentence()),
        ("Textbook", "D = 4 L²/π · ((ΔE_s/τ)/(dE/d√t))² with L volume over surface (Weppner and Huggins 1977): ΔE_s between "
         "the ends of the rests before and after, dE/d√t by a line over the widest window from 1 s on in which the local "
         "slope varies by less than 20 %; the line leaves out the jump of the resistances. It holds where such a window is "
         f"found and its end t D/{body.symbol}² is at most {limit}, and that of the time since the first pulse of the "
         f"direction at least {SETTLED[body.shape]}. ± of the slope, of the ends and of what the rests still do."),
        ("Full model", "Diffusion into the body under the current of the pulse and of the four before, a straight "
         "open-circuit voltage unless it must be bent, a step, a drift, and one faster process where it must be; the time "
         f"constant with its 95 % profile interval. None is given where that spans more than a factor of {WIDE:.0f} or is "
         f"open, or where more than {100 * MISFIT:.0f} % of the change is left."),
        ("Rests", "A rested voltage is the end of a line through the last tenth of a rest. ΔE_s is taken between rests after "
         "pulses of the same direction, along one branch of a hysteresis; it is not the slope of an equilibrium. The first "
         "pulse after a change of direction gives no number."),
        ("As worded", "The CCL paper (doi:10.1016/j.est.2026.120607) takes τ as the relaxation time (1800 s) and ΔE_s as the "
         "change over the relaxation; the formula means the pulse and the change from rest to rest. Both are given, this one "
         "as what it is."),
    )  # fmt: skip


def _time(seconds: float) -> str:
    return (
        f"{seconds:.3g} s"
        if seconds < 600
        else f"{seconds / 60:.3g} min"
        if seconds < 7200
        else f"{seconds / 3600:.3g} h"
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _float(value: Any) -> float:
    return float(value)
