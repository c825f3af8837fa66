"""Differential capacity and voltage: the curves, their peaks, and which peak is which over the cycles.

The curves themselves are counted in `byssus.analysis.cycling.counting`; this is the door to both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.cycling.counting import HALF, Curves, differential_capacity, differential_voltage, kernels
from byssus.conventions import CellDirection
from byssus.errors import AnalysisError

__all__ = ["HALF", "PEAK", "Curves", "differential_capacity", "differential_voltage", "peaks", "track"]

Array = NDArray[np.float64]

PEAK = "Peak / 1"

#: The parabola that gives a top or lowest point goes through the curve where it has changed by less than this share of
#: the rise beside it.
AROUND = 0.25
#: How far a peak may move from one cycle in which it is seen to the next, in V.  In the demonstration's cell the two
#: peaks of delithiation lie 0.16 V apart, and move by less than 0.01 V from cycle to cycle.
FURTHEST = 0.03


def peaks(curves: Curves, *, significance: float = 8.0, least: float = 0.05) -> pl.DataFrame:
    """Find the peaks of every half cycle.

    A peak is a maximum of the smoothed curve's magnitude that stands out of its
    surroundings (its prominence) by `significance` standard uncertainties and by the share
    `least` of what the half's clearest does.  (The ripples of noise alone, a few hundred to a half,
    span 5 to 7 uncertainties.)  It reaches to the lowest points between it and its
    neighbours, or the ends of the curve.  *Under* it is all that lies between them down to
    zero, so what lies under the peaks of a half adds up to no more than its charge.  Its
    *area* is what rises over the higher of the two lowest points, which a background
    below does not change.  Peaks that overlap are parted at the lowest point between
    them; that is a convention, and no resolution into components.

    Tops and lowest points are those of a parabola through the curve where it changes by a
    quarter of the rise beside them, since the extreme value itself follows the noise.

    The uncertainties are propagated from those of the records, to first order, through the
    position of the top and of the lowest points too.

    Returns
    -------
    polars.DataFrame
        A row a peak, for dQ/dV: ``Cycle / 1``, ``Half``, ``Voltage / V`` and
        ``dQ/dV / Ah/V`` of its top, ``Area / Ah`` over its surroundings, ``Under / Ah`` down to
        zero, each with its ``… (u)``, and its limits ``From / V``, ``To / V``.  The areas are
        positive.

    Source
        Bevington and Robinson, Data Reduction and Error Analysis (2003), ch. 3 (propagation).
    """
    rows = [row for half in _each_half(curves) for row in half.peaks(significance, least)]
    unit, area = curves.unit, curves.area
    named = (curves.x, curves.y, area, area.replace("Area", "Under"))
    schema: dict[str, Any] = {CYCLE: pl.Int64, HALF: curves.halves.schema[HALF]}
    schema |= {column: pl.Float64 for name in named for column in (name, u(name))}
    schema |= {f"From / {unit}": pl.Float64, f"To / {unit}": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def track(found: pl.DataFrame, *, furthest: float | None = None) -> pl.DataFrame:
    """Say which peak of a cycle continues which of the cycles before.

    Each peak is compared with where each known peak of its half was last seen; the
    assignment moves them least in total, and none further than `furthest`.  What is not
    assigned is a new peak.  A peak that is missing for some cycles keeps its number.

    Parameters
    ----------
    found
        The peaks (`peaks`).
    furthest
        How far a peak may move from one time it is seen to the next, in the unit of its
        position; for dQ/dV 30 mV by default, which tells apart the peaks of silicon.

    Returns
    -------
    polars.DataFrame
        The same rows with ``Peak / 1``, a number from 1 in each half, by first appearance
        and then position.

    Raises
    ------
    AnalysisError
        For a distance that is not above zero, or none for peaks of dV/dQ.

    Examples
    --------
    >>> found = pl.DataFrame({"Cycle / 1": [1, 1, 2, 3, 3], "Half": ["delithiation"] * 5,
    ...                       "Voltage / V": [0.30, 0.48, 0.50, 0.31, 0.51]})
    >>> track(found)["Peak / 1"].to_list()
    [1, 2, 2, 1, 2]
    """
    position = found.columns[2]
    if furthest is None and position == "Voltage / V":
        furthest = FURTHEST
    if furthest is None or not furthest > 0:
        raise AnalysisError(
            "is not a distance", field="furthest", value=furthest, fix=f"give one above zero, as {position}"
        )
    from scipy.optimize import linear_sum_assignment

    numbers = np.zeros(found.height, dtype=np.int64)
    seen: dict[str, list[float]] = {}
    rows = found.with_row_index("row").sort(HALF, CYCLE, position)
    for (half, _), part in rows.group_by(HALF, CYCLE, maintain_order=True):
        last = seen.setdefault(str(half), [])
        at, row = part[position].to_numpy(), part["row"].to_numpy()
        distance = np.abs(at[:, None] - np.array(last)[None, :])
        # A forbidden pair costs more than all others together, so that as many as can be are assigned.
        cost = np.where(distance <= furthest, distance, furthest * (1 + min(distance.shape)) * 2)
        assigned = {
            int(peak): int(known)
            for peak, known in zip(*linear_sum_assignment(cost), strict=True)
            if distance[peak, known] <= furthest
        }
        for peak, where in enumerate(at):
            if peak not in assigned:
                assigned[peak] = len(last)
                last.append(where)
            last[assigned[peak]] = where
            numbers[row[peak]] = assigned[peak] + 1
    return found.with_columns(pl.Series(PEAK, numbers))


@dataclass(frozen=True)
class _Half:
    """The curve of one half, its magnitude, and what moves it."""

    cycle: int
    word: str
    sign: float
    low: float
    high: float
    x: Array
    height: Array
    error: Array
    moments: Array
    end_error: float | None

    def peaks(self, significance: float, least: float) -> list[tuple[object, ...]]:
        """Return the rows of the peaks."""
        from scipy.signal import find_peaks

        found, about = find_peaks(self.height, prominence=(significance * self.error, None))
        # What a top stands out of is uncertain too, near an end of the curve more than in its middle.
        bases = np.stack([about["left_bases"], about["right_bases"]])
        base = np.take_along_axis(bases, np.argmax(self.height[bases], axis=0)[None], axis=0)[0]
        both = np.sqrt((self.error[found] ** 2 + self.error[base] ** 2) / 2)
        clear = about["prominences"] >= significance * both
        if not clear.any():
            return []
        smallest = least * about["prominences"][clear].max()
        clear &= about["prominences"] >= smallest
        found, prominences = found[clear], about["prominences"][clear]
        rise = np.maximum(significance * self.error, smallest)
        limits = self._limits(found, rise, significance)
        rows: list[tuple[object, ...]] = []
        for at, (one, prominence) in enumerate(zip(found, prominences, strict=True)):
            left, right = limits[at : at + 2]
            # The clearest peak stands far above all; its top reaches no farther than the valley to its neighbour.
            valleys = [self.height[one] - limit.level @ self.height for limit in (left, right) if not limit.is_end]
            top = self._extreme(int(one), min([prominence, *valleys]))
            between = self._between(left.at, right.at)
            under = float(between @ self.height)
            level = [float(limit.level @ self.height) for limit in (left, right)]
            under_error = between + level[1] * right.weights - level[0] * left.weights
            under_spread = float(np.hypot(level[1] * right.spread, level[0] * left.spread))
            for limit in (left, right):
                if limit.is_end:
                    under_spread = float(np.hypot(under_spread, self.end_error or 0.0))
            # Between both ends lies all that the half passed, known as well as its count is.
            known = self.end_error is not None or not (left.is_end and right.is_end)
            over = self._over(int(one), (left, right)[int(level[1] > level[0])])
            rows.append(
                (
                    *(self.cycle, self.word, top.at, self._error(top.weights, top.spread)),
                    *(self.sign * float(self._value(top.at) @ self.height), self._error(self._value(top.at))),
                    *(float(over @ self.height), self._error(over)),
                    *(under, self._error(under_error, under_spread) if known else None, left.at, right.at),
                )
            )
        return rows

    def _limits(self, tops: NDArray[np.intp], rise: Array, significance: float) -> list[_Extreme]:
        """Return the lowest point between each two tops, and before the first and after the last."""
        last = len(self.x) - 1
        limits = []
        for one, other in pairwise([0, *tops, last]):
            valley = one + int(np.argmin(self.height[one : other + 1]))
            rises = [self.height[one : valley + 1].max(), self.height[valley : other + 1].max()] - self.height[valley]
            risen = self.height > self.height[valley] + significance * self.error[valley]
            if one == 0 and rises[0] < rise[valley]:
                after = int(np.argmax(np.append(risen[valley:other], True)))
                limits.append(self._wall(self.low, slice(0, valley + after)))
            elif other == last and rises[1] < rise[valley]:
                before = int(np.argmax(np.append(risen[valley:one:-1], True)))
                limits.append(self._wall(self.high, slice(valley - before + 1, len(self.x))))
            else:
                limits.append(self._extreme(valley, min(rises)))
        return limits

    def _wall(self, at: float, part: slice) -> _Extreme:
        """Return an end of the curve as a limit; its level is the mean of what cannot be told from the lowest point."""
        level = np.zeros(len(self.x))
        level[part] = 1 / (part.stop - part.start)
        return _Extreme(at, np.zeros(len(self.x)), 0.0, level, is_end=True)

    def _extreme(self, near: int, rise: float) -> _Extreme:
        """Return the vertex of the parabola through the curve around an extreme value."""
        away = np.flatnonzero(np.abs(self.height - self.height[near]) > AROUND * rise)
        after = int(np.searchsorted(away, near))
        left = min(int(away[after - 1]) + 1 if after else 0, max(near - 2, 0))
        right = max(int(away[after]) if after < len(away) else len(self.x), min(near + 3, len(self.x)))
        part = slice(left, right)
        # In units of the part's half width, so that the design is well conditioned.
        half = (self.x[right - 1] - self.x[left]) / 2
        t = (self.x[part] - self.x[left]) / half - 1
        solve = np.linalg.pinv(np.vander(t, 3, increasing=True))
        _, slope, bend = solve @ self.height[part]
        weights = np.zeros(len(self.x))
        vertex = -slope / (2 * bend) if bend else np.inf
        is_top = self.height[near] > self.height[part].mean()
        if abs(vertex) > 1 or is_top != (bend < 0):
            # No such vertex within the part: the extreme value lies anywhere in it.
            middle = float(self.x[left] + half)
            return _Extreme(middle, weights, 2 * half / np.sqrt(12), self._value(middle))
        weights[part] = half * (-solve[1] + slope / bend * solve[2]) / (2 * bend)
        at = float(self.x[left] + half * (1 + vertex))
        return _Extreme(at, weights, 0.0, self._value(at))

    def _over(self, top: int, limit: _Extreme) -> Array:
        """Return the weights of the points in the area over the level of the higher of a peak's limits.

        On that limit's side the area reaches to it, on the other to where the curve falls
        below the level.  What moves these ends changes nothing, since the area ends at zero height.
        """
        low = np.flatnonzero(self.height <= limit.level @ self.height)
        after = int(np.searchsorted(low, top))
        left = int(low[after - 1]) + 1 if after else 0
        right = int(low[after]) if after < len(low) else len(self.x)
        if limit.at < self.x[top]:
            left = int(np.searchsorted(self.x, limit.at))
        else:
            right = int(np.searchsorted(self.x, limit.at))
        weights = np.zeros(len(self.x))
        weights[left:right] = self.x[1] - self.x[0]
        weights -= weights.sum() * limit.level
        return weights

    def _value(self, at: float) -> Array:
        """Return the weights of the points in the curve's value at a place."""
        place = np.clip((at - self.x[0]) / (self.x[1] - self.x[0]), 0, len(self.x) - 1)
        weights: Array = np.maximum(0.0, 1 - np.abs(np.arange(len(self.x)) - place))
        return weights

    def _between(self, one: float, other: float) -> Array:
        """Return the weights of the points in the integral between two places."""
        edges = np.clip(np.linspace(self.low, self.high, len(self.x) + 1), one, other)
        return np.asarray(np.diff(edges))

    def _error(self, weights: Array, spread: float = 0.0) -> float:
        """Return the standard uncertainty of what is linear in the curve, with a spread of its own."""
        _, slope = kernels()
        # Symmetric beyond the ends, as the curve is.
        wide = np.pad(weights, len(slope) // 2, mode="symmetric")
        moved = np.convolve(wide, slope, mode="valid") / (self.x[1] - self.x[0]) ** 2
        return float(np.sqrt(np.sum(self.moments * moved**2) + spread**2))


@dataclass(frozen=True)
class _Extreme:
    """A top or a lowest point: where, how that follows the curve, what spread comes on top, and its height."""

    at: float
    #: Weights of the points in the place, to first order.
    weights: Array
    spread: float
    #: Weights of the points in the height.
    level: Array
    is_end: bool = False


def _each_half(curves: Curves) -> list[_Half]:
    x, y, error = (curves.points[name].to_numpy() for name in (curves.x, curves.y, u(curves.y)))
    first, halves = 0, []
    for row in curves.halves.iter_rows(named=True):
        part = slice(first, first + row["Points / 1"])
        first = part.stop
        sign = 1.0 if row["Cell Direction"] == CellDirection.CHARGE else -1.0
        halves.append(
            _Half(
                cycle=row[CYCLE],
                word=row[HALF],
                sign=sign,
                low=row[f"From / {curves.unit}"],
                high=row[f"To / {curves.unit}"],
                x=x[part],
                height=sign * y[part],
                error=error[part],
                moments=curves.moments[part],
                end_error=curves.end_error,
            )
        )
    return halves
