"""Lines of the voltage over the root of time: their window, their test, and what they leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus.fitting import fit_line

Array = NDArray[np.float64]

#: A line over √t begins this long after the current went on or off, in s: Chien et al. and the ampworks project leave out
#: the first second, in which double layers charge.
BEGIN: Final = 1.0
#: Its local slope, from a cubic in √t, may vary by this share over the window; beyond, it is no line.  A choice: D goes
#: with the square of the slope.
CURVED: Final = 0.2
#: A window has at least this many points and its end is at least this many times its beginning: √t triples.
POINTS, SPAN = 8, 9.0
#: Where no window is straight, the one of the ampworks project for titrations is taken, in s, and it is said.
USUAL: Final = (1.0, 60.0)
#: Points of a window are means of the records between equal steps of log t; so many to a window at most.
BINS: Final = 60
#: Points that the line itself is fitted to, means of equally many records.
LINE_POINTS: Final = 60
#: Slopes of a cubic on -1 to 1 by its coefficients, at nine places.
_PLACES: Final = np.linspace(-1, 1, 9)
_SLOPES: Final = np.column_stack([np.ones_like(_PLACES), 2 * _PLACES, 3 * _PLACES**2])


@dataclass(frozen=True, slots=True)
class RootLine:
    """A line over √t.

    Parameters
    ----------
    slope, slope_error
        In V/s^0.5.  The error holds the scatter and, as a rectangular distribution, how far the local slope varies.
    intercept, intercept_error
        Voltage that it comes from, at t = 0.
    begin, end
        Its window in s.
    change
        How far the local slope varies over the window, as a share of the slope.
    r_square
        Share of the scatter that the line takes away.
    straight
        Whether that is less than `CURVED`, or not significant.
    """

    slope: float
    slope_error: float
    intercept: float
    intercept_error: float
    begin: float
    end: float
    change: float
    r_square: float
    straight: bool


def thinned(time: Array, *values: Array, bins: int = BINS) -> tuple[Array, ...]:
    """Return the means of records between equal steps of log t; `time` rises and is above zero.

    Examples
    --------
    >>> thinned(np.array([1.0, 1.1, 10.0]), np.array([2.0, 4.0, 5.0]), bins=2)
    (array([ 1.05, 10.  ]), array([3., 5.]))
    """
    if time.size <= bins:
        return (time, *values)
    edges = np.geomspace(time[0], time[-1], bins + 1)[1:-1]
    firsts = np.unique(np.concatenate([[0], np.searchsorted(time, edges)]))
    firsts = firsts[firsts < time.size]
    count = np.diff(np.append(firsts, time.size))
    return tuple(np.add.reduceat(value, firsts) / count for value in (time, *values))


def evened(points: int, *values: Array) -> tuple[Array, ...]:
    """Return means of as many neighbours each: a line through them is that through all, and sooner found."""
    firsts = np.arange(0, values[0].size, max(1, values[0].size // points))
    sizes = np.diff(np.append(firsts, values[0].size))
    return tuple(np.add.reduceat(value, firsts) / sizes for value in values)


def root_line(time: Array, voltage: Array, *, longest: float = np.inf) -> RootLine | None:
    """Return the line over √t in the widest window that is straight; None where no window has points enough.

    Windows begin at 1, 4, 16 … s, and end with the data, at half of that, a quarter …; wide is one whose end is many
    times its beginning, and of windows as wide the earlier is tried first.  One is straight if its local slope, from a
    cubic in √t, varies over it by less than 20 % of the slope, or by less than twice the standard error of that.
    Where none is, the line is that of 1 to 60 s, and it says that it is not straight.

    Parameters
    ----------
    time
        Since the current went on or off, in s.
    voltage
        In V.
    longest
        Where the longest window ends, in s.

    Examples
    --------
    >>> t = np.arange(1.0, 601.0)
    >>> line = root_line(t, 3.7 + 1e-3 * np.sqrt(t))
    >>> round(line.slope, 6), round(line.intercept, 4), round(line.begin), round(line.end), line.straight
    (0.001, 3.7, 2, 600, True)
    """
    used = (time >= BEGIN) & (time <= longest)
    # The first record after a change may still belong to it.
    used[: int(np.searchsorted(time, 0.0, side="right")) + 1] = False
    all_times, all_voltages = time[used], voltage[used]
    if all_times.size < POINTS:
        return None
    time, voltage = thinned(all_times, all_voltages)
    windows = _windows(float(all_times[0]), float(all_times[-1]))
    inside = (time >= windows[:, :1]) & (time <= windows[:, 1:])
    enough = np.count_nonzero(inside, axis=1) >= POINTS
    windows, inside = windows[enough], inside[enough]
    change, sure = _changes(time, voltage, inside)
    straight = np.flatnonzero(np.abs(change) <= np.maximum(CURVED, 2 * sure))
    if straight.size:
        begin, end = windows[straight[0]].tolist()
        return _line(all_times, all_voltages, begin, end, float(change[straight[0]]), straight=True)
    end = min(USUAL[1], float(all_times[-1]))
    if np.count_nonzero(time <= end) < POINTS:
        end = float(all_times[-1])
    change, _ = _changes(time, voltage, (time <= end)[None])
    return _line(all_times, all_voltages, 0.0, end, float(change[0]), straight=False)


def _windows(first: float, last: float) -> Array:
    """Return beginnings and ends of windows, a row each, the widest first."""
    octaves = max(0.0, float(np.log2(last / first / SPAN)))
    begins = first * 4.0 ** np.arange(int(octaves / 2) + 1)
    ends = last / 2.0 ** np.arange(int(octaves) + 1)
    pairs = np.array([(begin, end) for begin in begins for end in ends if end >= SPAN * begin] or [(first, last)])
    order = np.lexsort((pairs[:, 0], -np.round(np.log2(pairs[:, 1] / pairs[:, 0]), 6)))
    # A little room at both ends, so that rounding takes no point away.
    return np.asarray(pairs[order] * np.array([1 - 1e-9, 1 + 1e-9]))


def _changes(time: Array, voltage: Array, inside: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return how far the local slope of a cubic in √t varies over each window, as a share of its mean, and its error."""
    root = np.sqrt(time)
    ends = np.where(inside, root, np.nan)
    low, high = np.nanmin(ends, axis=1)[:, None], np.nanmax(ends, axis=1)[:, None]
    u = np.where(inside, 2 * (root - low) / (high - low) - 1, 0.0)
    design = np.stack([np.ones_like(u), u, u**2, u**3], axis=-1) * inside[..., None]
    # Four columns on -1 to 1 are well enough conditioned for their normal equations.
    inverse = np.linalg.inv(np.swapaxes(design, 1, 2) @ design)
    found = (inverse @ (np.swapaxes(design, 1, 2) @ voltage)[..., None])[..., 0]
    left = np.where(inside, voltage - (design @ found[..., None])[..., 0], 0.0)
    variance = np.sum(left**2, axis=1) / (np.count_nonzero(inside, axis=1) - 4)
    local = found[:, 1:] @ _SLOPES.T
    between = _SLOPES[np.argmax(local, axis=1)] - _SLOPES[np.argmin(local, axis=1)]
    sure = np.sqrt(variance * np.einsum("wi,wij,wj->w", between, inverse[:, 1:, 1:], between))
    mean = np.maximum(np.abs(np.mean(local, axis=1)), 1e-300)
    return np.ptp(local, axis=1) / mean, sure / mean


def _line(time: Array, voltage: Array, begin: float, end: float, change: float, *, straight: bool) -> RootLine:
    window = (time >= begin) & (time <= end)
    root, mean = evened(LINE_POINTS, np.sqrt(time[window]), voltage[window])
    line = fit_line(root, mean)
    scatter = float(np.sum((mean - np.mean(mean)) ** 2))
    return RootLine(
        slope=line.slope,
        slope_error=float(np.hypot(line.slope_error, change * abs(line.slope) / np.sqrt(12))),
        intercept=line.intercept,
        intercept_error=line.intercept_error,
        begin=float(time[window][0]),
        end=float(time[window][-1]),
        change=change,
        r_square=1 - line.chi_square / scatter if scatter else 0.0,
        straight=straight,
    )
