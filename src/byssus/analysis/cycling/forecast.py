"""Capacity of cycles to come, with bands that grow, if fade goes on as it did."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from byssus.analysis.cycling.correlated import LAWS, LEVEL, Array, Nodes, Series, at_every_node, checked, quantile
from byssus.errors import AnalysisError

#: A forecast averages over the laws fitted to these last parts of the cycles, and to no fewer cycles than this.
WINDOWS, FEWEST_IN_WINDOW = (1.0, 0.5, 0.25), 8
#: A forecast goes on for as many cycles again as were measured, this many times: it was tested no farther.
REACH = 1.0
#: Points at which the band is computed to find where it crosses a capacity; between them it is as good as straight.
CROSSING_POINTS = 60
#: How the 95 % band did on cells that were cycled to their end and beyond a knee, at four cycles evenly ahead.
RECORD = (
    "It supposes that fade goes on as it did, and no past cycle tells of a change to come: on 72 full cells that were "
    "cycled to their end (Harris et al., doi:10.1016/j.jpowsour.2016.12.083; Baumhöfer et al., "
    "doi:10.1016/j.jpowsour.2013.08.108) the band from the first third held 62 % of the later capacities up to twice as "
    "many cycles (24 cells), that from the first half 29 % (the same cells) and 7 % (48 cells), and where it failed at "
    "its end the cell had always faded faster. Read it as the least uncertainty, not as a promise."
)


@dataclass(frozen=True)
class Crossing:
    """When a capacity is reached: the cycle, the earliest and the latest by the band, None where beyond the reach."""

    cycle: int | None
    earliest: int | None
    latest: int | None
    measured: bool
    statement: str


@dataclass(frozen=True)
class Forecast:
    """Capacity ahead, if fade goes on as it did.

    A mixture over the three laws (Akaike weights), the correlation of residuals (as in `fade`),
    and the last part of the cycles that the laws are fitted to (all, half, a quarter: equal
    weights, for a rate that may have changed; Pesaran and Pick, J. Bus. Econ. Stat. 29 (2011)
    307, doi:10.1198/jbes.2010.09018).  Each part forecasts from the last residual, whose hold
    fades and whose variance grows with distance: for ρ near 1 as a random walk.

    What it cannot hold is a change that has not begun.  See `RECORD` for how it did on cells
    that were cycled to their end.
    """

    baseline: int
    baseline_capacity: float
    last: int
    #: The farthest cycle that is forecast.
    limit: int
    _series: Series = field(repr=False)
    _parts: tuple[tuple[float, Nodes], ...] = field(repr=False)

    def band(self, cycles: ArrayLike, level: float = LEVEL) -> tuple[Array, Array, Array]:
        """Return the lower end, the middle and the upper end of the band for the capacity of a cycle.

        Raises
        ------
        AnalysisError
            For a cycle that was measured already, or lies beyond the limit.
        """
        ahead = np.atleast_1d(np.asarray(cycles, dtype=float))
        if (ahead <= self.last).any() or (ahead > self.limit).any():
            raise AnalysisError(
                f"cycles can be forecast from {self.last + 1} to {self.limit}, as many again as were measured",
                field="cycle",
                value=float(ahead[(ahead <= self.last) | (ahead > self.limit)][0]),
                fix="cycle the cell further",
            )
        weights, centres, errors, freedom = (np.concatenate(parts) for parts in zip(*self._members(ahead), strict=True))
        tails = ((1 - level) / 2, 0.5, (1 + level) / 2)
        made = [
            [quantile(weights, centres[:, at], errors[:, at], freedom, tail) for tail in tails]
            for at in range(len(ahead))
        ]
        low, middle, high = np.maximum(np.array(made).T, 0.0)
        return low, middle, high

    def reaches(self, share: float) -> Crossing:
        """Say in which cycle the capacity falls to a share of the baseline's.

        Raises
        ------
        AnalysisError
            For a share that is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise AnalysisError("is not a retention", field="share", value=share, fix="give one as 0.8")
        goal = share * self.baseline_capacity
        below = np.flatnonzero(self._series.q <= goal)
        if below.size:
            seen = int(self._series.n[below[0]])
            return Crossing(seen, None, None, measured=True, statement=f"{share:.0%} was measured in cycle {seen}")
        count = min(CROSSING_POINTS, self.limit - self.last)
        ahead = np.unique(np.linspace(self.last + 1, self.limit, count).round())
        earliest, cycle, latest = (_first(ahead, curve, goal) for curve in self.band(ahead))
        if earliest is None:
            statement = f"not before cycle {self.limit}, beyond which these data do not reach (95 % band)"
        else:
            middle = f"after cycle {self.limit}" if cycle is None else f"in cycle {cycle}"
            latest_said = f"after cycle {self.limit}" if latest is None else f"in cycle {latest}"
            statement = f"{middle} (95 % band: from cycle {earliest} to {latest_said.removeprefix('in cycle ')})"
        return Crossing(cycle, earliest, latest, measured=False, statement=f"{statement}, if fade goes on as it did")

    def _members(self, ahead: Array) -> list[tuple[Array, Array, Array, Array]]:
        series, members = self._series, []
        gap = (ahead - self.last) / series.spacing
        for weight, nodes in self._parts:
            start, end = nodes.values[:, :1], nodes.values[:, 1:]
            x = nodes.law.time(ahead - series.baseline, series.span)[None, :]
            kept = nodes.correlation[:, None] ** gap
            centres = nodes.law.value(x, start, end) + kept * (series.q[-1] - end)
            slopes = nodes.law.gradient(x, start, end) - kept[:, :, None] * np.array([0.0, 1.0])
            variance = 1 - kept**2 + np.einsum("nmi,nij,nmj->nm", slopes, nodes.unit, slopes)
            errors = np.sqrt(nodes.variance[:, None] * variance)
            members.append((weight * nodes.weight, centres, errors, np.full(len(start), float(nodes.freedom))))
        return members


def _first(cycles: Array, curve: Array, goal: float) -> int | None:
    """Return the first cycle at or below a capacity, interpolated between the points of a curve."""
    below = curve <= goal
    if not below.any():
        return None
    at = int(np.argmax(below))
    if at == 0:
        return int(cycles[0])
    share = (curve[at - 1] - goal) / (curve[at - 1] - curve[at])
    return int(np.ceil(cycles[at - 1] + share * (cycles[at] - cycles[at - 1])))


def forecast(
    n: ArrayLike, q: ArrayLike, baseline: int, *, uncertainty: ArrayLike | None = None, used: ArrayLike | None = None
) -> Forecast:
    """Forecast the capacity of cycles to come; parameters and errors are those of `fade`.

    Examples
    --------
    >>> n = np.arange(1, 61)
    >>> ahead = forecast(n, 2.0 * 0.999 ** (n - 1) + 1e-3 * np.sin(37.0 * n), 1)
    >>> low, middle, high = ahead.band([70, 110])
    >>> bool(high[1] - low[1] > high[0] - low[0]), ahead.limit
    (True, 119)
    """
    series = checked(n, q, baseline, uncertainty, used)
    parts: list[tuple[float, Nodes]] = []
    total = len(series.n)
    counts = sorted({max(min(FEWEST_IN_WINDOW, total), round(share * total)) for share in WINDOWS})
    for count in counts:
        fitted = [at_every_node(law, series.tail(count)) for law in LAWS.values()]
        # All three have as many free numbers, so their criteria differ as their likelihoods do.
        weights = np.exp([nodes.likelihood - max(other.likelihood for other in fitted) for nodes in fitted])
        parts += [
            (float(weight) / float(weights.sum()) / len(counts), nodes)
            for weight, nodes in zip(weights, fitted, strict=True)
        ]
    last = int(series.n[-1])
    return Forecast(
        baseline=baseline,
        baseline_capacity=float(series.q[0]),
        last=last,
        limit=last + int(REACH * series.span),
        _series=series,
        _parts=tuple(parts),
    )
