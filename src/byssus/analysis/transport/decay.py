"""Currents at a held voltage: where a voltage was held, and what the current there settles to.

What decays is charging and diffusion; what stays is a leak or a reaction.  A hold that ends before it has settled
bounds what stays from above, and gives no value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.cycling.steps import HELD_VOLTAGE
from byssus.errors import AnalysisError, FitError
from byssus.fitting import Data, Parameter, fit, fit_line
from byssus.measured.tables import Table

Array = NDArray[np.float64]
State = Literal["steady", "extrapolated", "decaying", "rising", "too short"]

#: Part of a hold, its last, in which the current must stay, and by how much it may change there: a √t decay that ends
#: at a tenth of its constant changes by 1 % there.  Both are choices.
WINDOW, STEADY = 0.2, 0.01
#: What a fit makes of the decay counts if at least this share of the last current does not decay; a choice.
CONSTANT_SHARE = 0.5
#: A law from which the current is off by more than this, root mean square, does not describe its decay; a choice.
SCATTER = 0.05
#: Fewest records of a hold, and means that its last part is taken apart into.
FEWEST, BLOCKS = 10, 10
#: The decay is fitted over so many decades of time at the end of the hold, in so many means a decade.
DECADES, PER_DECADE = 2, 12
#: Of constant and exponent: a constant, a power law from slow (0.1) to faster than any capacitor's leak shows (3).
_EXPONENTS = (0.1, 3.0)


@dataclass(frozen=True)
class Hold:
    """Records at one held voltage.

    Parameters
    ----------
    step
        Number of the step in the table.
    voltage
        Its mean in V.
    start
        Test time at which it began, in s.
    time, current
        Since it began in s, and in A.
    """

    step: int
    voltage: float
    start: float
    time: Array
    current: Array

    @property
    def duration(self) -> float:
        """In s."""
        return float(self.time[-1])


def holds(table: Table, *, within: float = HELD_VOLTAGE) -> list[Hold]:
    """Find where a voltage was held while a current could flow.

    A hold is the end of a step, or of a part of it between two jumps of the voltage, in which the voltage stays within
    `within` of its last; the constant current before it is left out.  Rests are none.

    Raises
    ------
    AnalysisError
        If the table is not a cycling table.
    """
    if table.metadata.kind != "cycling":
        raise AnalysisError(
            f"a {table.metadata.kind} table has no holds", field="kind", fix="give a table of current over time"
        )
    return list(_holds(table, within))


def _holds(table: Table, within: float) -> Iterator[Hold]:
    data = table.data
    time, voltage, current = (data[name].to_numpy() for name in ("Test Time / s", "Voltage / V", "Current / A"))
    step = data["Step Count / 1"].to_numpy()
    rest = (data["Cell Direction"] == "rest").to_numpy() & (np.abs(current) == 0)
    breaks = (step[1:] != step[:-1]) | (np.abs(np.diff(voltage)) > within)
    first = np.concatenate([[0], np.flatnonzero(breaks) + 1]) if len(step) else np.empty(0, np.intp)
    last = np.append(first[1:], len(step))[: len(first)]
    for part in np.flatnonzero((last - first >= FEWEST) & ~rest[first]):
        begin, end = int(first[part]), int(last[part])
        away = np.flatnonzero(np.abs(voltage[begin:end] - voltage[end - 1]) > within)
        start = begin + (int(away[-1]) + 1 if away.size else 0)
        here = slice(start, end)
        if end - start < FEWEST or time[end - 1] <= time[start] or not np.any(current[here]):
            continue
        yield Hold(
            int(step[start]), float(voltage[here].mean()), float(time[start]), time[here] - time[start], current[here]
        )


@dataclass(frozen=True)
class Settled:
    """What the current of a hold settles to.

    Parameters
    ----------
    state
        ``steady``: it no longer changes.  ``extrapolated``: it still falls, and a constant under a power law is told
        apart from zero.  ``decaying``, ``rising``, ``too short``: there is no value, and `reason` says why.
    value, error
        In A, with the sign of the current.
    end
        Mean over the last tenth of the hold in A: a bound from above of a current that decays.
    change
        Relative change over the last fifth of the hold.
    exponent
        Of the power law where one was fitted.
    fitted
        Times in s and the fitted current in A, where there is one.
    """

    state: State
    value: float | None
    error: float | None
    end: float
    change: float | None
    exponent: float | None = None
    reason: str | None = None
    fitted: tuple[Array, Array] | None = None


def settle(time: Array, current: Array) -> Settled:
    """Say what a current settles to.

    Equation
        I(t) = I_∞ + k t^(−n)
    Symbols
        t time since the voltage was held [s], I_∞ what stays [A], k, n of the decay.

    Steady is a current of which a line through means of its last fifth changes by at most 1 % of it, or by no more than
    the scatter explains; the value is then their mean, its uncertainty from their scatter and the line's change, all of it where it is
    beyond the scatter.  Else
    the law is fitted to means over even steps of log t in the last two decades of time, all with the same relative
    error, and I_∞ counts if its 95 % interval stays above zero and it is at least half of the last current.  The
    uncertainty then also holds half of what is left of the decay, as the half-width of a rectangular distribution, since
    nothing shows that the law goes on.

    Examples
    --------
    >>> seconds = np.geomspace(1.0, 1e5, 2001)
    >>> settle(seconds, 1e-9 + 4e-9 / np.sqrt(seconds)).state, settle(seconds, 4e-7 / np.sqrt(seconds)).state
    ('steady', 'decaying')
    """
    end = float(current[time >= 0.9 * time[-1]].mean())
    sign = math.copysign(1.0, end)
    blocks = _blocks(time, sign * current)
    if blocks is None:
        return Settled("too short", None, None, end, None, reason="its last fifth has too few records to tell a drift")
    at, mean = blocks
    line = fit_line(at, mean)
    level, change = float(mean.mean()), line.slope * float(at[-1] - at[0]) * BLOCKS / (BLOCKS - 1)
    scatter = line.slope_error * float(at[-1] - at[0])
    if level <= 0:
        return Settled("too short", None, None, end, None, reason="the current changes its sign: it is noise")
    relative = change / level
    if abs(change) <= max(STEADY * level, 2 * scatter):
        # A drift beyond the scatter goes on after the end: an exponential takes off about as much again.
        drift = abs(change) if abs(change) > 2 * scatter else abs(change) / (2 * math.sqrt(3))
        error = math.hypot(float(mean.std(ddof=1)) / math.sqrt(len(mean)), drift)
        if error > CONSTANT_SHARE * level:
            return Settled("too short", None, None, end, relative, reason="the scatter is as large as the current")
        return Settled("steady", sign * level, error, end, relative)
    if change > 0:
        reason = f"the current rises by {100 * relative:.0f} % over the last fifth of the hold"
        return Settled("rising", None, None, end, relative, reason=reason)
    return _extrapolated(time, sign * current, sign, end, relative)


def _blocks(time: Array, current: Array) -> tuple[Array, Array] | None:
    """Return times and means over the last part of a hold, in blocks of equal time; None with too few records."""
    late = time >= (1 - WINDOW) * time[-1]
    t, i = time[late], current[late]
    if len(t) < 4:
        return None
    edges = np.linspace((1 - WINDOW) * time[-1], time[-1], BLOCKS + 1)
    block = np.clip(np.searchsorted(edges, t, side="right") - 1, 0, BLOCKS - 1)
    return _means(block, t, i)


def _means(block: NDArray[np.intp], *columns: Array) -> tuple[Array, Array]:
    count = np.bincount(block)
    there = count > 0
    first, second = (np.bincount(block, weights=column)[there] / count[there] for column in columns)
    return first, second


def _extrapolated(time: Array, current: Array, sign: float, end: float, relative: float) -> Settled:
    falls = f"the current still falls by {-100 * relative:.2g} % over the last fifth of the hold"
    late = time >= time[-1] / 10**DECADES
    block = np.floor(np.log10(time[late] / time[-1]) * PER_DECADE).astype(np.intp)
    t, i = _means(block - block.min(), time[late], current[late])
    if len(t) < 6 or (i <= 0).any():
        return Settled("decaying", None, None, end, relative, reason=f"{falls}, and too few records show how")

    def law(t: Array, constant: float, transient: float, exponent: float) -> Array:
        return np.asarray(constant + transient * (t / time[-1]) ** -exponent)

    try:
        found = fit(
            Data(law, t, i, i),
            [
                Parameter("constant", i[-1] / 2, scale=float(i[-1])),
                Parameter("transient", i[-1] / 2, lower=0.0, scale=float(i[-1])),
                Parameter("exponent", 0.7, *_EXPONENTS),
            ],
        )
        constant, exponent = found["constant"], found["exponent"].value
        low = found.interval("constant")[0] if constant.state == "fitted" else -math.inf
    except FitError as failed:
        return Settled("decaying", None, None, end, relative, reason=f"{falls}; no law fits its decay: {failed}")
    drawn = (t, sign * np.asarray(found.predict(t), dtype=float))
    if found.scale > SCATTER:
        reason = f"{falls}, and not as I_∞ + k t^(−n), from which it is off by {100 * found.scale:.0f} %"
        return Settled("decaying", None, None, end, relative, exponent, reason, drawn)
    if constant.value is None or constant.error is None or low <= 0:
        reason = f"{falls}, and a current that decays to nothing fits as well"
        return Settled("decaying", None, None, end, relative, exponent, reason, drawn)
    if constant.value < CONSTANT_SHARE * float(i[-1]):
        reason = f"{falls}; the fit's constant, {100 * constant.value / float(i[-1]):.0f} % of the last current, is too far off"
        return Settled("decaying", None, None, end, relative, exponent, reason, drawn)
    # Another law of the decay would end elsewhere: half of what is left of it is taken for the doubt of the law.
    error = math.hypot(constant.error, (float(i[-1]) - constant.value) / 2 / math.sqrt(3))
    return Settled("extrapolated", sign * constant.value, error, end, relative, exponent, None, drawn)
