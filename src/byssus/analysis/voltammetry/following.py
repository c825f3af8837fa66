"""Which peak is which over cycles and scan rates, their means at each rate, and where peaks merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from byssus.analysis.cycling.differential import HALF, PEAK, track
from byssus.analysis.voltammetry.peaks import Peak, Rests, peaks_of
from byssus.analysis.voltammetry.scans import Scan, Way

#: How far a peak may move from one sweep to the next and from one scan rate to the next, in V; a choice: the two peaks of
#: silicon's delithiation lie 0.15 V apart, and that of a virtual electrode moves by 0.09 V where the rate doubles.
FURTHEST: Final = 0.12
#: A lost peak may be hidden under one that is so near, in V; a choice.
_HIDDEN: Final = 0.2


@dataclass(frozen=True)
class Seen:
    """A peak of a sweep with its number among those of its direction, and the scan rate of its group in V/s."""

    scan: Scan
    level: float | None
    peak: Peak
    number: int
    #: Whether its sweep counts in the mean of its rate.
    counts: bool


@dataclass(frozen=True)
class Settled:
    """A peak at one scan rate: means over its sweeps, with standard errors; V, A and C.

    Parameters
    ----------
    from_zero
        Whether its current counts from zero.
    rise
        From half its height to its top; None where it is not so low before.
    merged
        Numbers of the peaks that it stands for beside itself, seen apart at slower rates.
    later
        Whether any of its sweeps is of a later cycle at its rate, which begins from what the one before has left.
    """

    way: Way
    number: int
    level: float | None
    sweeps: int
    potential: tuple[float, float]
    current: tuple[float, float]
    total: tuple[float, float]
    width: tuple[float, float] | None
    charge: tuple[float, float] | None
    from_zero: bool
    rise: float | None = None
    merged: tuple[int, ...] = ()
    later: bool = False


def counting(scans: Sequence[Scan], levels: Sequence[float | None]) -> list[bool]:
    """Say which sweeps count in the means of their scan rate: not those of a file's first cycle where others follow."""
    later = {(scan.table, scan.way, level) for scan, level in zip(scans, levels, strict=True) if not scan.first}
    return [
        not (scan.first and (scan.table, scan.way, level) in later) for scan, level in zip(scans, levels, strict=True)
    ]


def followed(scans: Sequence[Scan], levels: Sequence[float | None], peaks: Sequence[Sequence[Peak]]) -> list[Seen]:
    """Number the peaks of each direction, the same number for the same peak over cycles and scan rates.

    Sweeps are gone through from the slowest to the fastest; each peak continues the one that was last seen nearest, no
    further than 120 mV away, so that all move least in total (`byssus.analysis.cycling.differential.track`).  Peaks of
    first cycles, which do not count in means, are then held against those of their own rate.  Numbers are given by
    potential at the slowest rate.
    """
    counts = counting(scans, levels)
    order = sorted(range(len(scans)), key=lambda at: (levels[at] or 0.0, scans[at].table, scans[at].number))
    settled_places = [at for at in order if counts[at]]
    rows = [
        (place, scans[at].way, peak.potential, at, peak)
        for place, at in enumerate(settled_places)
        for peak in peaks[at]
    ]
    given = _tracked([row[:3] for row in rows])
    first: dict[tuple[Way, int], float] = {}
    at_level: dict[tuple[Way, float | None], dict[int, list[float]]] = {}
    for (_, way, potential, at, _), number in zip(rows, given, strict=True):
        first.setdefault((way, number), potential)
        at_level.setdefault((way, levels[at]), {}).setdefault(number, []).append(potential)
    for at in (at for at in order if not counts[at]):
        way = scans[at].way
        known = {number: float(np.mean(places)) for number, places in at_level.get((way, levels[at]), {}).items()}
        ranked = sorted(known, key=lambda number: known[number])
        numbers = _tracked(
            [(0, way, known[number]) for number in ranked] + [(1, way, peak.potential) for peak in peaks[at]]
        )[len(ranked) :]
        for peak, number in zip(peaks[at], numbers, strict=True):
            own = ranked[number - 1] if number <= len(ranked) else 1 + max((n for w, n in first if w == way), default=0)
            first.setdefault((way, own), peak.potential)
            rows.append((len(order), way, peak.potential, at, peak))
            given.append(own)
    names: dict[tuple[Way, int], int] = {}
    for way, number in sorted(first, key=lambda key: first[key]):
        names[way, number] = sum(key[0] == way for key in names) + 1
    return [
        Seen(scans[at], levels[at], peak, names[way, number], counts[at])
        for (_, way, _, at, peak), number in zip(rows, given, strict=True)
    ]


def _tracked(rows: Sequence[tuple[int, Way, float]]) -> list[int]:
    """Return the number of each peak from its place in time, its direction and its potential in V."""
    if not rows:
        return []
    places, ways, potentials = (list(column) for column in zip(*rows, strict=True))
    frame = pl.DataFrame({"Cycle / 1": places, HALF: ways, "Voltage / V": potentials})
    return [int(number) for number in track(frame, furthest=FURTHEST)[PEAK]]


def on_one_baseline(seen: Sequence[Seen]) -> list[Seen]:
    """Return the peaks with each of them on the same kind of baseline in all its sweeps.

    A peak that overlaps the one before in one sweep that counts shares its baseline in all, and one that has nothing
    flat before it in one counts from zero in all; else its current would jump between scan rates.
    """
    on: dict[tuple[Way, int], Rests] = {}
    for one in seen:
        if one.counts:
            key = one.scan.way, one.number
            on[key] = max(on.get(key, "own"), one.peak.rests, key=_ORDER.index)
    by_scan: dict[Scan, dict[int, Rests]] = {}
    for one in seen:
        by_scan.setdefault(one.scan, {})[one.peak.place] = on.get((one.scan.way, one.number), one.peak.rests)
    again = {scan: {peak.place: peak for peak in peaks_of(scan, "tangent", rests)} for scan, rests in by_scan.items()}
    return [replace(one, peak=again[one.scan].get(one.peak.place, one.peak)) for one in seen]


#: Baselines from the best known to the least.
_ORDER: Final[tuple[Rests, ...]] = ("own", "shared", "zero")


def settled(seen: Sequence[Seen], scans: Sequence[Scan], levels: Sequence[float | None]) -> list[Settled]:
    """Return the mean of each peak at each scan rate, of those that over half of the sweeps show.

    The uncertainty is the standard error over the sweeps, or that of one sweep's noise where it is larger or there is
    but one.
    """
    counts = counting(scans, levels)
    swept: dict[tuple[str, float | None], int] = {}
    for scan, level, count in zip(scans, levels, counts, strict=True):
        if count:
            swept[scan.way, level] = swept.get((scan.way, level), 0) + 1
    groups: dict[tuple[Way, int, float | None], list[Peak]] = {}
    earliest: dict[tuple[int, float | None], int] = {}
    for scan, level in zip(scans, levels, strict=True):
        earliest[scan.table, level] = min(scan.cycle, earliest.get((scan.table, level), scan.cycle))
    later: set[tuple[Way, int, float | None]] = set()
    for one in seen:
        if one.counts:
            place = (one.scan.way, one.number, one.level)
            groups.setdefault(place, []).append(one.peak)
            if one.scan.cycle > earliest[one.scan.table, one.level]:
                later.add(place)
    found = []
    for (way, number, level), peaks in groups.items():
        if 2 * len(peaks) <= swept[way, level]:
            continue
        found.append(
            Settled(
                way,
                number,
                level,
                len(peaks),
                potential=_mean([(peak.potential, peak.potential_error) for peak in peaks]),
                current=_mean([(peak.current, peak.current_error) for peak in peaks]),
                total=_mean([(peak.total, peak.current_error) for peak in peaks]),
                width=_whole([(peak.width, peak.width_error) for peak in peaks]),
                charge=_whole([(peak.charge, peak.charge_error) for peak in peaks]),
                from_zero=all(peak.baseline.through is None for peak in peaks),
                rise=_rise(peaks),
                later=(way, number, level) in later,
            )
        )
    found.sort(key=lambda one: (one.way, one.number, one.level or 0.0))
    return list(_merged(found))


def _rise(peaks: Sequence[Peak]) -> float | None:
    known = [abs(peak.potential - peak.half) for peak in peaks if peak.half is not None]
    return float(np.mean(known)) if len(known) == len(peaks) else None


def _whole(values: Sequence[tuple[float | None, float | None]]) -> tuple[float, float] | None:
    known = [(value, error) for value, error in values if value is not None and error is not None]
    return _mean(known) if len(known) == len(values) else None


def _mean(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    numbers, errors = (np.array(column) for column in zip(*values, strict=True))
    count = len(numbers)
    own = float(np.sqrt(np.mean(errors**2) / count))
    scatter = float(np.std(numbers, ddof=1) / np.sqrt(count)) if count > 1 else 0.0
    return float(np.mean(numbers)), max(own, scatter)


def _merged(found: Sequence[Settled]) -> Iterator[Settled]:
    """Mark the peaks that stand for others too: those nearest to one that is lost at faster rates."""
    marks: dict[tuple[Way, int, float | None], set[int]] = {}
    for lost, where in lost_peaks(found):
        faster = [one for one in found if one.way == lost.way and (one.level or 0.0) >= (where or 0.0)]
        slowest = [one for one in faster if one.level == where]
        near = min(slowest, key=lambda one: abs(one.potential[0] - lost.potential[0]), default=None)
        if near is None or abs(near.potential[0] - lost.potential[0]) > _HIDDEN:
            continue
        for one in faster:
            if one.number == near.number:
                marks.setdefault((one.way, one.number, one.level), set()).add(lost.number)
    for one in found:
        yield replace(one, merged=tuple(sorted(marks.get((one.way, one.number, one.level), ()))))


def lost_peaks(found: Sequence[Settled]) -> Iterator[tuple[Settled, float | None]]:
    """Yield each peak as it was last seen, and the next faster rate, at which it is not."""
    levels = sorted({one.level for one in found if one.level is not None})
    for slow, fast in pairwise(levels):
        there = {(one.way, one.number) for one in found if one.level == fast}
        for one in found:
            if one.level == slow and (one.way, one.number) not in there:
                yield one, fast


def new_peaks(found: Sequence[Settled]) -> Iterator[tuple[Settled, float | None]]:
    """Yield each peak as it is first seen, and the next slower rate, at which it is not."""
    levels = sorted({one.level for one in found if one.level is not None})
    for slow, fast in pairwise(levels):
        before = {(one.way, one.number) for one in found if one.level is not None and one.level <= slow}
        for one in found:
            if one.level == fast and (one.way, one.number) not in before:
                yield one, slow


@dataclass(frozen=True)
class Pair:
    """A peak of oxidation and one of reduction at one scan rate."""

    oxidation: Settled
    reduction: Settled

    @property
    def separation(self) -> tuple[float, float]:
        """E_ox − E_red in V."""
        return self.oxidation.potential[0] - self.reduction.potential[0], self._error

    @property
    def formal(self) -> tuple[float, float]:
        """Half their sum in V."""
        return (self.oxidation.potential[0] + self.reduction.potential[0]) / 2, self._error / 2

    @property
    def ratio(self) -> tuple[float, float]:
        """Anodic over cathodic current, as magnitudes."""
        anodic, cathodic = self.oxidation.current, self.reduction.current
        ratio = abs(anodic[0] / cathodic[0])
        return ratio, ratio * float(np.hypot(anodic[1] / anodic[0], cathodic[1] / cathodic[0]))

    @property
    def _error(self) -> float:
        return float(np.hypot(self.oxidation.potential[1], self.reduction.potential[1]))


#: Two peaks further apart are no pair, in V; a choice.
_APART: Final = 0.5


def pairs_of(found: Sequence[Settled]) -> list[Pair]:
    """Pair peaks of oxidation with those of reduction, as they stand at the slowest scan rate, and keep the pairs.

    Each oxidation peak has the reduction peak below it that is nearest, each in one pair at most, no two further apart
    than 0.5 V.
    """
    from scipy.optimize import linear_sum_assignment

    slowest: dict[tuple[Way, int], Settled] = {}
    for one in found:
        slowest.setdefault((one.way, one.number), one)
    ways = [[one for one in slowest.values() if one.way == way] for way in ("oxidation", "reduction")]
    if not all(ways):
        return []
    apart = np.array([[one.potential[0] - other.potential[0] for other in ways[1]] for one in ways[0]])
    # The peaks of a reversible couple may change places by their uncertainty, or by a film that both fill.
    fits = (apart > -0.02) & (apart <= _APART)
    chosen = [
        (ways[0][row].number, ways[1][column].number)
        for row, column in zip(*linear_sum_assignment(np.where(fits, np.abs(apart), 1e3)), strict=True)
        if fits[row, column]
    ]
    at = {(one.way, one.number, one.level): one for one in found}
    return [
        Pair(at["oxidation", up, level], at["reduction", down, level])
        for up, down in chosen
        for level in sorted({one.level for one in found}, key=lambda value: value or 0.0)
        if ("oxidation", up, level) in at and ("reduction", down, level) in at
    ]
