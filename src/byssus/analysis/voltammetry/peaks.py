"""The peaks of a sweep: where, how high over which baseline, how wide, and what charge lies under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.voltammetry.scans import Scan, Way, scans_of
from byssus.errors import FitError
from byssus.fitting import fit_line, fit_linear
from byssus.measured.tables import Table

Array = NDArray[np.float64]
Baseline = Literal["tangent", "none"]
#: What the current of a peak counts from.
Rests = Literal["own", "shared", "zero"]

#: A peak stands out of what is beside it by this share of the sweep's largest current; a choice.
LEAST: Final = 0.02
#: And by so many standard deviations of the noise that is left: ripples of a few hundred records span 5 to 7.
SIGNIFICANT: Final = 8.0
#: What is narrower at half its prominence is a jump of the instrument or the cell, in V; a choice: a reversible peak of n
#: electrons is 91 mV/n wide, and one of two phases some tens of millivolts.
NARROWEST: Final = 0.005
#: A sweep on which more places stand out shows jumps, and no peaks; a choice.
MOST_PEAKS: Final = 10
#: The top is fitted where the current is within a share of the height over the baseline: this many times the noise, between
#: these shares.
_TOP: Final = 10.0
_TOP_SHARES: Final = (0.03, 0.15)
#: Width of the stretch that a baseline goes through, as a share of what lies before the rise.
_STRETCH: Final = 0.2
#: A stretch is no baseline where it is steeper than this share of the mean slope of the upper half of the rise.
_FLAT: Final = 0.5
#: Peaks overlap, and share a baseline, where between them the current does not fall to this share of the lower one.
_OVERLAP: Final = 0.2


@dataclass(frozen=True)
class Line:
    """A baseline: its value in A at a voltage and its slope in A/V, and the standard error of the value."""

    at: float
    value: float
    slope: float
    error: float
    #: Ends of the stretch that it goes through, in V; None for no baseline.
    through: tuple[float, float] | None

    def __call__(self, voltage: Array) -> Array:
        """Return the baseline in A."""
        return np.asarray(self.value + self.slope * (voltage - self.at))


@dataclass(frozen=True)
class Peak:
    """A peak of one sweep; currents have the sign of the record, widths and charges are positive.

    Parameters
    ----------
    potential, potential_error
        Of the highest current, in V.
    total, current, current_error
        The current there, and how far it stands over the baseline, in A.
    half
        Where the rise is half as high as the peak, in V; None where it never is.
    width, width_error
        Full width at half the height, in V; None where one flank does not fall so far.
    charge, charge_error
        Between curve and baseline, in C; None without a scan rate.
    low, high
        What of the voltage it reaches over, in V.
    baseline
        The line under it.
    remark
        What limits it, or nothing.
    place
        Which it is of the peaks that its sweep passes, from 0.
    rests
        On a tangent of its ``own``, on that of the peak before (``shared``), or on ``zero``.
    """

    potential: float
    potential_error: float
    total: float
    current: float
    current_error: float
    half: float | None
    width: float | None
    width_error: float | None
    charge: float | None
    charge_error: float | None
    low: float
    high: float
    baseline: Line
    remark: str
    place: int = 0
    rests: Rests = "own"


def peaks_of(scan: Scan, baseline: Baseline = "tangent", rests: Mapping[int, Rests] | None = None) -> list[Peak]:
    """Find the peaks of one sweep, in the order in which it passes them.

    A peak is a highest place of the current in the sweep's direction (upwards while the voltage rises) that stands out
    of its surroundings by 2 % of the largest current of the sweep and by eight standard deviations of the noise, is 5 mV
    wide at half of that, and where the current flows in the sweep's direction.  The current at which a sweep ends is no
    peak, however large; and where over ten places stand out, the current jumps, and none is.

    The *tangent* is a straight line through the flattest stretch before the rise, a fifth of what lies there.  Where the
    current does not fall to a fifth of the lower of two neighbours between them, they overlap, and the later one stands
    on the baseline of the earlier.  Where no stretch is half as flat as the rise, and with *none*, currents count from
    zero.

    Potential and height are those of a polynomial of third order through the records around the top, within ten times
    the noise of it, but 3 to 15 % of the height; their uncertainty is that of this fit, and of the baseline's value under
    the peak.

    Parameters
    ----------
    scan, baseline
        The sweep, and what its currents count from.
    rests
        What peaks rest on, by their places in the sweep, where that is decided already.
    """
    from scipy.signal import find_peaks

    height = scan.sign * scan.smooth
    least = max(LEAST * scan.largest, SIGNIFICANT * scan.rest)
    if least == 0 or jumps(scan):
        return []
    narrowest = NARROWEST / abs(scan.even[1] - scan.even[0])
    tops, about = find_peaks(height, prominence=least, width=max(narrowest, 1.0), height=0.0)
    if not len(tops):
        return []
    valleys = [one + int(np.argmin(height[one : other + 1])) for one, other in pairwise([0, *tops, len(height) - 1])]
    found: list[Peak] = []
    line = _none(scan, tops[0])
    for place, top in enumerate(tops):
        left, right = valleys[place], valleys[place + 1]
        on = (rests or {}).get(place)
        if on is None and place:
            on = "own" if _falls(scan, height, left, tops[place - 1 : place + 1], line) else "shared"
        if baseline == "none" or on == "zero":
            line = _none(scan, top)
        elif not place or on == "own":
            line = _tangent(scan, height, left if place else 0, int(top), float(about["prominences"][place]))
        peak = _measured(scan, height, int(top), (left, right), line)
        if peak is not None:
            zero = line.through is None
            found.append(replace(peak, place=place, rests="zero" if zero else "shared" if on == "shared" else "own"))
    return found


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep: its number and cycle, which way it goes, and of each peak V and A."""

    number: int
    cycle: int
    direction: Way
    peaks: tuple[tuple[float, float], ...]


def sweeps(table: Table) -> list[Sweep]:
    """Find the peaks of every sweep of a voltammogram, with their currents from zero.

    Examples
    --------
    A current that rises to 2 mA at 0.4 V and falls again:

    >>> import polars as pl
    >>> from byssus.measured.metadata import Metadata
    >>> volts = np.linspace(0.2, 0.6, 41)
    >>> frame = pl.DataFrame({"Voltage / V": volts, "Current / A": 2e-3 * (1 - (5 * (volts - 0.4)) ** 2),
    ...                       "Sweep Count / 1": [1] * 41, "Cycle Count / 1": [1] * 41})
    >>> swept, = sweeps(Table(frame, Metadata(kind="voltammetry")))
    >>> swept.direction, [(round(volts, 3), round(amperes, 6)) for volts, amperes in swept.peaks]
    ('oxidation', [(0.4, 0.002)])
    """
    scans, _ = scans_of([table], {})
    return [
        Sweep(scan.number, scan.cycle, scan.way, tuple((peak.potential, peak.total) for peak in peaks_of(scan, "none")))
        for scan in scans
    ]


def _falls(scan: Scan, height: Array, valley: int, tops: NDArray[np.intp], line: Line) -> bool:
    """Say whether the current falls near to the baseline between two peaks."""
    over = height - scan.sign * line(scan.even)
    return bool(over[valley] <= _OVERLAP * over[tops].min())


def jumps(scan: Scan) -> bool:
    """Say whether so many places stand out of a sweep that none is called a peak."""
    from scipy.signal import find_peaks

    least = max(LEAST * scan.largest, SIGNIFICANT * scan.rest)
    return least > 0 and len(find_peaks(scan.sign * scan.smooth, prominence=least)[0]) > MOST_PEAKS


def _none(scan: Scan, top: int) -> Line:
    return Line(float(scan.even[top]), 0.0, 0.0, 0.0, None)


def _tangent(scan: Scan, height: Array, start: int, top: int, prominence: float) -> Line:
    """Return the line through the flattest stretch before a peak."""
    below = np.flatnonzero(height[start : top + 1] <= height[top] - prominence / 2)
    if not below.size:
        return _none(scan, top)
    rise = start + int(below[-1])
    count = max(int(_STRETCH * (rise - start + 1)), 5)
    if rise - start + 1 < count:
        return _none(scan, top)
    weights = np.arange(count) - (count - 1) / 2
    slopes = np.abs(np.convolve(height[start : rise + 1], weights[::-1] / (weights @ weights), mode="valid"))
    if slopes.min() * (top - rise) > _FLAT * (height[top] - height[rise]):
        return _none(scan, top)
    flattest = start + int(np.argmin(slopes))
    ends = float(scan.even[flattest]), float(scan.even[flattest + count - 1])
    inside = (scan.sign * scan.voltage >= scan.sign * ends[0]) & (scan.sign * scan.voltage <= scan.sign * ends[1])
    at = float(scan.even[top])
    if inside.sum() < 3:
        return _none(scan, top)
    fitted = fit_line(scan.voltage[inside] - at, scan.current[inside])
    return Line(at, fitted.intercept, fitted.slope, fitted.intercept_error, ends)


def _measured(scan: Scan, height: Array, top: int, limits: tuple[int, int], line: Line) -> Peak | None:
    """Return a peak over its baseline; None where it does not stand over it."""
    over = height - scan.sign * line(scan.even)
    if over[top] <= 0:
        return None
    potential, spread, total, total_error = _top(scan, over, top, limits)
    base = float(line(np.array(potential)))
    current = total - base
    magnitude = abs(current)
    flanks = _flanks(over, top, limits, magnitude / 2)
    at = [None if place is None else float(np.interp(place, np.arange(len(over)), scan.even)) for place in flanks]
    width, width_error = None, None
    if at[0] is not None and at[1] is not None:
        width = abs(at[1] - at[0])
        slopes = np.array([_slope(over, scan.even, place) for place in flanks if place is not None])
        shared = np.hypot(line.error, total_error) / 2
        # Noise moves each flank by itself; what moves the half height moves both.
        width_error = float(np.hypot(scan.rest * np.linalg.norm(1 / slopes), shared * np.sum(1 / slopes)))
    charge, charge_error, ends = _charge(scan, over, top, limits, line)
    level = [abs(over[end]) / over[top] for end in limits]
    remarks = [
        *(["overlaps the one before"] if limits[0] and level[0] > _OVERLAP else []),
        *(["overlaps the one after"] if limits[1] < len(over) - 1 and level[1] > _OVERLAP else []),
        *(["cut off where the sweep ends"] if limits[1] == len(over) - 1 and level[1] > _OVERLAP else []),
    ]
    return Peak(
        potential=potential,
        potential_error=spread,
        total=total,
        current=current,
        current_error=float(np.hypot(total_error, line.error)),
        half=at[0],
        width=width,
        width_error=width_error,
        charge=charge,
        charge_error=charge_error,
        low=min(ends),
        high=max(ends),
        baseline=line,
        remark="; ".join(remarks),
    )


def _top(scan: Scan, over: Array, top: int, limits: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return potential and current of a top with their standard errors, from the records around it."""
    share = float(np.clip(_TOP * scan.noise / over[top], *_TOP_SHARES))
    near = _flanks(over, top, limits, (1 - share) * over[top])
    first, last = (limits[side] if place is None else place for side, place in enumerate(near))
    ends = sorted(float(np.interp(place, np.arange(len(over)), scan.even)) for place in (first, last))
    inside = (scan.voltage >= ends[0]) & (scan.voltage <= ends[1])
    order = 3 if inside.sum() >= 8 else 2
    reach = (ends[1] - ends[0]) / 2
    if inside.sum() >= order + 2 and reach > 0:
        t = (scan.voltage[inside] - sum(ends) / 2) / reach
        try:
            fitted = fit_linear(np.vander(t, order + 1, increasing=True), scan.current[inside])
        except FitError:
            return _of_record(scan, top)
        powers = np.arange(order + 1)
        first_derivative = fitted.values[1:] * powers[1:]
        second = first_derivative[1:] * powers[1:-1]
        for root in np.roots(first_derivative[::-1]):
            at = float(root.real)
            bend = float(np.polyval(second[::-1], at))
            if abs(root.imag) < 1e-9 and abs(at) <= 1 and scan.sign * bend < 0:
                value = at**powers
                slope = np.array([power * at ** (power - 1) if power else 0.0 for power in powers]) / bend
                return (
                    sum(ends) / 2 + reach * at,
                    reach * float(np.sqrt(slope @ fitted.covariance @ slope)),
                    float(fitted.values @ value),
                    float(np.sqrt(value @ fitted.covariance @ value)),
                )
    return _of_record(scan, top)


def _of_record(scan: Scan, top: int) -> tuple[float, float, float, float]:
    """Return the highest place itself, known to a step of the record."""
    step = abs(float(scan.even[1] - scan.even[0]))
    return float(scan.even[top]), step / np.sqrt(3), float(scan.smooth[top]), scan.rest


def _flanks(over: Array, top: int, limits: tuple[int, int], level: float) -> list[float | None]:
    """Return where a peak falls to a level before and after its top, between points; None where it does not."""
    before = np.flatnonzero(over[limits[0] : top + 1] < level)
    after = np.flatnonzero(over[top : limits[1] + 1] < level)
    found: list[float | None] = [None, None]
    if before.size:
        at = limits[0] + int(before[-1])
        found[0] = at + float((level - over[at]) / (over[at + 1] - over[at]))
    if after.size:
        at = top + int(after[0])
        found[1] = at - float((level - over[at]) / (over[at - 1] - over[at]))
    return found


def _slope(over: Array, even: Array, place: float) -> float:
    """Return the steepness of a flank in A/V, over three points."""
    at = int(np.clip(round(place), 1, len(over) - 2))
    return max(abs(float((over[at + 1] - over[at - 1]) / (even[at + 1] - even[at - 1]))), 1e-300)


def _charge(
    scan: Scan, over: Array, top: int, limits: tuple[int, int], line: Line
) -> tuple[float | None, float | None, tuple[float, float]]:
    """Return the charge between curve and baseline in C, its standard error, and from where to where in V."""
    # To where the curve is clearly below its baseline: noise alone would cut off the tails.
    low = _flanks(over, top, limits, -4 * scan.rest)
    first, last = (limits[side] if place is None else place for side, place in enumerate(low))
    ends = tuple(float(np.interp(place, np.arange(len(over)), scan.even)) for place in (first, last))
    if scan.rate is None:
        return None, None, (ends[0], ends[1])
    inside = (scan.sign * scan.voltage > scan.sign * ends[0]) & (scan.sign * scan.voltage < scan.sign * ends[1])
    voltage = np.concatenate([[ends[0]], scan.voltage[inside], [ends[1]]])
    current = scan.sign * (np.interp(scan.sign * voltage, scan.sign * scan.voltage, scan.current) - line(voltage))
    area = float(np.trapezoid(current, scan.sign * voltage))
    span = abs(ends[1] - ends[0])
    noise = scan.noise * span / np.sqrt(max(inside.sum(), 1))
    # Of every second record the trapezoids are off by four times as much.
    fewer = np.unique([*range(0, len(voltage), 2), len(voltage) - 1])
    steps = abs(area - float(np.trapezoid(current[fewer], scan.sign * voltage[fewer]))) / 3
    return area / scan.rate, float(np.linalg.norm([noise, line.error * span, steps])) / scan.rate, (ends[0], ends[1])


def largest_at_end(scan: Scan) -> bool:
    """Say whether the largest current in the sweep's direction flows where it ends, and is no peak."""
    height = scan.sign * scan.smooth
    return bool(height[-1] > 0 and height[-1] >= height.max() - SIGNIFICANT * scan.rest)
