"""The resistance of a film from its impedance between electrodes that block its ions.

Such a spectrum, drawn as −Z'' over Z', is an arc of the film (often above the highest frequency) and then a spike, the
capacitance of the two blocking electrodes.  Three rules are in use to read the film's resistance from it:

- ``line``: the spike, a straight line for a constant-phase element, extrapolated to −Z'' = 0;
- ``minimum``: Z' at the lowest −Z'' between arc and spike, which lies above the line's where the two overlap;
- ``crossing``: Z' where −Z'' goes through zero at high frequency; only without an arc between it and the spike, since
  with one it is the resistance of the leads.

All three hold the resistance of leads and contacts.  Without a spike nothing was blocked, and none of them means the
film alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from byssus.errors import FitError
from byssus.fitting import fit_line

Array = NDArray[np.float64]
Rule = Literal["line", "minimum", "crossing"]

#: A spike steeper than this blocks, in degrees; a choice between diffusion (45) and smooth electrodes (80 and above).
BLOCKING_ANGLE = 60.0
#: Fewest records that make a spike.
FEWEST = 5
#: From the spike on, −Z'' rises towards higher frequency by more than this share of |Z| only if an arc begins; a choice
#: above the noise of 1 % that instruments state for most of their range.
NOISE = 0.02
#: The line takes −Z'' from this many times its minimum, where the arc's tail no longer shows, ...
CLEAR = 3.0
#: ... or, without an arc, from this share of the resistance ...
SHARE = 0.1
#: ... to this many times where it begins: far away the extrapolation only lengthens.
REACH = 30.0


@dataclass(frozen=True, slots=True)
class Read:
    """A resistance in Ω by one rule with its standard uncertainty, or the reason why there is none."""

    value: float | None
    error: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """What a spectrum says of the film.

    Parameters
    ----------
    rules
        The resistance by each rule.
    angle
        Of the spike against the real axis in degrees; None where there is no spike.
    refused
        Why the electrodes do not block, or None.
    slope
        dZ'/d(−Z'') of the line.
    line
        The records of the line, as places in the spectrum that was given.
    """

    rules: dict[Rule, Read]
    angle: float | None
    refused: str | None
    slope: float | None
    line: NDArray[np.intp]


def read_spectrum(frequency: Array, real: Array, imaginary: Array) -> Blocked:
    """Read the resistance of a film from one spectrum, by all rules.

    Parameters
    ----------
    frequency
        In Hz, in any order.
    real, imaginary
        Z' and Z'' in Ω; Z'' with its sign, below zero for a capacitor.

    Uncertainty
        Of the line: from the scatter of its records, all of them with the same relative error in both parts, and,
        as the half-width of a rectangular distribution (JCGM 100:2008, 4.3.7), how far the half of the line that lies
        nearer the axis moves it; below an arc also what is left of it at the line's first record: arc and spike share
        the lowest −Z'' about evenly, and the arc's part falls with the frequency.  Of minimum and crossing: half the distance of the neighbouring records, likewise.

    Examples
    --------
    100 Ω in series with a constant-phase element of exponent 0.9:

    >>> frequency = np.logspace(5, -1, 61)
    >>> z = 100.0 + 1 / (1e-5 * (2j * np.pi * frequency) ** 0.9)
    >>> found = read_spectrum(frequency, z.real, z.imag)
    >>> round(found.rules["line"].value, 6), round(found.angle, 3)
    (100.0, 81.0)
    """
    order = np.argsort(-frequency, kind="stable")
    x, y = real[order], -imaginary[order]
    lowest, arc = _lowest(x, y)
    spike = slice(lowest, len(y))
    angle, refused = _blocks(x[spike], y[spike])
    if refused is not None:
        none = Read(None, reason=f"the electrodes do not block: {refused}")
        return Blocked({"line": none, "minimum": none, "crossing": none}, angle, refused, None, np.empty(0, np.intp))
    line, slope, places = _line(frequency[order], x, y, lowest, arc=arc)
    rules: dict[Rule, Read] = {"line": line, "minimum": _minimum(x, y, lowest, arc), "crossing": _crossing(x, y, arc)}
    return Blocked(rules, angle, None, slope, np.sort(order[places]))


def _lowest(x: Array, y: Array) -> tuple[int, bool]:
    """Return where −Z'' is lowest on the way up from the lowest frequency, and whether an arc begins there."""
    lowest = len(y) - 1
    for at in range(len(y) - 2, -1, -1):
        if y[at] < y[lowest]:
            lowest = at
            if y[at] <= 0:
                return at, False
        elif y[at] - y[lowest] > NOISE * math.hypot(x[lowest], y[lowest]):
            return lowest, True
    return lowest, False


def _blocks(x: Array, y: Array) -> tuple[float | None, str | None]:
    """Return the angle of a spike at its low-frequency half, and why it is none."""
    if len(y) < FEWEST:
        return None, "−Z'' does not rise towards the lowest frequency, so there is no spike"
    half = slice(len(y) // 2, None) if len(y) >= 2 * FEWEST else slice(-FEWEST, None)
    size = np.hypot(x[half], y[half])
    try:
        slope = fit_line(y[half], x[half], x_error=size, y_error=size).slope
    except FitError as error:
        return None, f"the low-frequency end is no line ({error})"
    angle = math.degrees(math.atan2(1.0, slope))
    if angle < BLOCKING_ANGLE:
        return angle, (
            f"at low frequency −Z'' rises at {angle:.0f}° against the real axis, and a spike at "
            f"{BLOCKING_ANGLE:.0f}° or more"
        )
    return angle, None


def _line(
    frequency: Array, x: Array, y: Array, lowest: int, *, arc: bool
) -> tuple[Read, float | None, NDArray[np.intp]]:
    start = max(CLEAR * y[lowest], SHARE * x[lowest])
    spike = np.arange(lowest, len(y))
    places = spike[(y[spike] >= start) & (y[spike] <= REACH * start)]
    if len(places) < FEWEST:
        places = spike[-max(FEWEST, len(spike) // 2) :]

    def through(part: NDArray[np.intp]) -> tuple[float, float, float]:
        size = np.hypot(x[part], y[part])
        found = fit_line(y[part], x[part], x_error=size, y_error=size)
        return found.intercept, found.intercept_error, found.slope

    try:
        value, error, slope = through(places)
        # The records run towards lower frequency, away from the axis.
        nearer, _, _ = through(places[: max(FEWEST, len(places) // 2)])
    except FitError as failed:
        return Read(None, reason=f"no line fits the spike: {failed}"), None, places
    if value <= 0:
        return Read(None, reason=f"the spike meets the real axis at {value:.3g} Ω, below zero"), slope, places
    tail = 0.5 * y[lowest] * frequency[places[0]] / frequency[lowest] if arc else 0.0
    return Read(value, math.hypot(error, abs(nearer - value) / math.sqrt(3), tail)), slope, places


def _minimum(x: Array, y: Array, lowest: int, arc: bool) -> Read:
    if not arc or lowest == 0:
        return Read(None, reason="there is no arc above the spike, so −Z'' has no minimum between them")
    # Of a parabola through three records; they are evenly spaced over the logarithm of the frequency.
    before, here, after = y[lowest - 1 : lowest + 2]
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend > 0 else 0.0
    towards = lowest + (1 if shift > 0 else -1)
    value = x[lowest] + abs(shift) * (x[towards] - x[lowest])
    return Read(float(value), abs(float(x[lowest + 1] - x[lowest - 1])) / 4 / math.sqrt(3))


def _crossing(x: Array, y: Array, arc: bool) -> Read:
    if arc:
        return Read(None, reason="an arc lies between the crossing and the spike: the crossing is of the leads")
    below = np.flatnonzero((y[:-1] <= 0) & (y[1:] > 0))
    if not len(below):
        return Read(None, reason="−Z'' stays above zero up to the highest frequency")
    at = int(below[-1])
    share = -y[at] / (y[at + 1] - y[at])
    value = x[at] + share * (x[at + 1] - x[at])
    return Read(float(value), abs(float(x[at + 1] - x[at])) / 2 / math.sqrt(3))
