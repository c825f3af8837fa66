"""Knees: the cycle from which capacity falls faster, where the data support one.

The model is Bacon and Watts' two straight lines that meet at the knee, in the sharp limit that
Fermín-Cueto et al. use: q = α₀ + α₁(n − τ) + α₂|n − τ| with α₂ < 0.  Its rivals are fades without
a knee, of up to as many free numbers: the straight line, the square root, both together, and
polynomials of second and third degree, all with residuals that are correlated from cycle to
cycle (`byssus.analysis.cycling.correlated`).

A break at an unknown place favours itself by chance, and the usual tables do not hold for it
(Davies, Biometrika 74 (1987) 33).  So the difference of AICc between the best rival and the knee
is held against those of simulated fades without one: the best rival with its own scatter, and
with correlations drawn as the data leave them open.

Sources: Bacon and Watts, Biometrika 58 (1971) 525, doi:10.1093/biomet/58.3.525; Fermín-Cueto et
al., Energy and AI 1 (2020) 100006, doi:10.1016/j.egyai.2020.100006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byssus.analysis.cycling.correlated import (
    LEVEL,
    Array,
    checked,
    correlations,
    criterion,
    deviations,
    innovations,
    least_variance,
)
from byssus.errors import AnalysisError
from byssus.fitting import LinearFit, fit_linear

#: A line through fewer cycles, which scatter and are correlated, has no slope worth comparing.
EACH_SIDE = 10
#: A knee needs less than this probability of as much in its favour on a fade without one, by this many simulations.
SIGNIFICANT, DRAWS = 0.05, 499
#: Places where a knee is looked for, in the contest and for its interval, evenly over the cycles.
PLACES, FINE_PLACES = 60, 600
#: Every second node of the correlation: the contest needs its likelihood, not an interval.
STRIDE = 2

_RIVALS = ("a straight line", "a square root", "a parabola", "a line and a square root", "a cubic")


@dataclass(frozen=True)
class Knee:
    """A knee, or why there is none."""

    #: Where the fade steepens; None if the data support no knee.
    cycle: float | None
    #: At 95 %, by profile likelihood; in simulations it covers 81 to 95 %, least with twenty cycles a side and less.
    interval: tuple[float, float] | None
    #: Lost a cycle before and after, as a share of the capacity at the knee.
    before: float | None
    after: float | None
    #: Of as much in favour of a knee on a fade without one; None where none was looked for.
    probability: float | None
    statement: str


def knee(n: ArrayLike, q: ArrayLike, *, uncertainty: ArrayLike | None = None, used: ArrayLike | None = None) -> Knee:
    """Look for the cycle from which capacity falls faster.

    Parameters
    ----------
    n, q, uncertainty, used
        As `byssus.analysis.cycling.fade.fade`.

    Raises
    ------
    AnalysisError
        As `byssus.analysis.cycling.fade.fade`.

    Examples
    --------
    >>> n = np.arange(1.0, 101.0)
    >>> made = knee(n, 2 - 0.001 * n - 0.005 * np.maximum(n - 60, 0) + 0.001 * np.sin(37 * n))
    >>> round(made.cycle)
    60
    """
    cycles = np.asarray(n, dtype=float)
    chosen = cycles if used is None else cycles[np.asarray(used, dtype=bool)]
    if not chosen.size:
        raise AnalysisError("no cycle is used", field="cycle")
    series = checked(n, q, int(chosen[0]), uncertainty, used)
    points = len(series.n)
    if points < 2 * EACH_SIDE:
        return _none(f"{points} cycles are too few, it takes {EACH_SIDE} on either side", None)
    # In shares of the greatest capacity, so that nothing below depends on a unit.
    size = float(series.q.max())
    q_share, floor = series.q / size, series.floor / size
    contest = _Contest(series.n, floor)
    (lead,), (rival,) = contest.run(q_share[:, None])
    if not math.isfinite(lead):
        return _none("nowhere does the capacity fall faster after a cycle than before it", None)
    simulated = contest.simulate(q_share, int(rival), np.random.default_rng(0))
    chance = (1 + int(np.sum(contest.run(simulated)[0] >= lead))) / (1 + DRAWS)
    against = f"ΔAICc {lead:.1f} against {_RIVALS[rival]}, probability by chance {chance:.2g}"
    if chance > SIGNIFICANT or lead <= 0:
        return _none(f"a smooth fade describes the data as well ({against})", chance)
    return _placed(contest, q_share, chance, against)


def _none(reason: str, probability: float | None) -> Knee:
    return Knee(None, None, None, None, probability, f"no knee that these data support: {reason}")


class _Contest:
    """Knee against smooth fades, for many series over the same cycles at once.

    Given the correlation and the place every model is linear, so its sum of squares is a
    projection that depends on the cycles alone; a simulated series then costs a matrix product,
    where a fit each would take minutes.
    """

    def __init__(self, n: Array, floor: float) -> None:
        self.n, self.floor, self.points = n, floor, len(n)
        self.gaps = np.diff(n) / float(np.median(np.diff(n)))
        x = (n - n[0]) / (n[-1] - n[0])
        one, root = np.ones_like(x), np.sqrt(x)
        columns = ([one, x], [one, root], [one, x, x**2], [one, x, root], [one, x, x**2, x**3])
        self.rivals = [np.column_stack(part) for part in columns]
        self.inner = n[EACH_SIDE - 1 : len(n) - EACH_SIDE + 1]
        self.correlations = correlations()[::STRIDE]

    def hinges(self, places: Array) -> Array:
        """Return |n − τ| by place, in the last axis."""
        return np.asarray(np.abs(self.n[:, None] - places[None, :]) / (self.n[-1] - self.n[0]))

    def run(self, q: Array) -> tuple[Array, NDArray[np.int_]]:
        """Return by series how much lower the knee's AICc is than its best rival's, and that rival."""
        places = self.inner[np.unique(np.linspace(0, len(self.inner) - 1, PLACES).round().astype(int))]
        rivals = np.full((len(self.rivals), q.shape[1]), -np.inf)
        best = np.full(q.shape[1], -np.inf)
        for correlation in self.correlations.tolist():
            y = self.white(q, correlation)
            for at, design in enumerate(self.rivals):
                squares = np.sum(self.rest(design, y, correlation) ** 2, axis=0)
                rivals[at] = np.maximum(rivals[at], self._likelihood(squares, correlation))
            gains, squares, _ = self._gains(y, self.hinges(places), correlation)
            gain = gains.max(axis=0)
            best = np.maximum(best, np.where(gain > 0, self._likelihood(squares - gain, correlation), -np.inf))
        # Beside the coefficients: scatter and correlation; of the knee also its place.
        free = [design.shape[1] + 2 for design in self.rivals]
        criteria = np.array([criterion(part, self.points, k) for part, k in zip(rivals, free, strict=True)])
        return criteria.min(axis=0) - criterion(best, self.points, 6), criteria.argmin(axis=0)

    def profile(self, q: Array, places: Array) -> tuple[Array, Array]:
        """Return by place the log-likelihood of a knee there, averaged over the correlation, and the mean correlation."""
        freedom = self.points - 3
        logs, first = [], np.empty(0)
        for correlation in self.correlations.tolist():
            gains, squares, lengths = self._gains(self.white(q[:, None], correlation), self.hinges(places), correlation)
            left = np.maximum(squares - gains[:, 0], freedom * least_variance(self.floor, correlation))
            # What a place does to the length of its hinge is no evidence for it; what the correlation does is for that.
            first = first if first.size else lengths
            line = np.linalg.qr(self.white(self.rivals[0], correlation), mode="r")
            logs.append(
                -0.5 * freedom * np.log(left)
                - self._logs(correlation)
                - float(np.sum(np.log(np.abs(np.diag(line)))))
                - np.log(lengths / first)
            )
        table = np.array(logs)
        top = table.max(axis=0)
        shares = np.exp(table - top)
        return top + np.log(shares.mean(axis=0)), self.correlations @ shares / shares.sum(axis=0)

    def simulate(self, q: Array, rival: int, generator: np.random.Generator) -> Array:
        """Draw series of a rival's fade as the data leave its scatter and correlation open."""
        design = self.rivals[rival]
        freedom = self.points - design.shape[1]
        logs, curves, scatters = [], [], []
        for correlation in self.correlations.tolist():
            basis, triangle = np.linalg.qr(self.white(design, correlation))
            y = self.white(q[:, None], correlation)[:, 0]
            left = y - basis @ (basis.T @ y)
            squares = max(float(left @ left), freedom * least_variance(self.floor, correlation))
            volume = float(np.sum(np.log(np.abs(np.diag(triangle)))))
            logs.append(-0.5 * freedom * math.log(squares) - self._logs(correlation) - volume)
            curves.append(design @ np.linalg.solve(triangle, basis.T @ y))
            scatters.append(math.sqrt(squares / freedom))
        weights = np.exp(np.array(logs) - max(logs))
        drawn = generator.choice(len(weights), DRAWS, p=weights / weights.sum())
        noise = generator.standard_normal((self.points, DRAWS))
        for row in range(1, self.points):
            kept = self.correlations[drawn] ** self.gaps[row - 1]
            noise[row] = kept * noise[row - 1] + np.sqrt(1 - kept**2) * noise[row]
        return np.asarray(np.array(curves)[drawn].T + np.array(scatters)[drawn] * noise)

    def white(self, values: Array, correlation: float) -> Array:
        """Return rows that are independent and of unit variance, were residuals so correlated."""
        return innovations(values, correlation, self.gaps) / deviations(correlation, self.gaps)[:, None]

    def rest(self, design: Array, white: Array, correlation: float) -> Array:
        """Return what a design leaves of whitened series."""
        basis, _ = np.linalg.qr(self.white(design, correlation))
        return np.asarray(white - basis @ (basis.T @ white))

    def _gains(self, y: Array, hinges: Array, correlation: float) -> tuple[Array, Array, Array]:
        """Return by place and series what a hinge takes off the squares of a line, those, and the hinges' lengths."""
        left = self.rest(self.rivals[0], y, correlation)
        open_hinges = self.rest(self.rivals[0], self.white(hinges, correlation), correlation)
        lengths = np.linalg.norm(open_hinges, axis=0)
        # A negative share of the hinge is capacity that falls faster after it; another is no knee.
        taken = np.maximum(-((open_hinges / lengths).T @ left), 0.0)
        return taken**2, np.sum(left**2, axis=0), lengths

    def _likelihood(self, squares: Array, correlation: float) -> Array:
        squares = np.maximum(squares, self.points * least_variance(self.floor, correlation))
        return np.asarray(-0.5 * self.points * np.log(squares / self.points) - self._logs(correlation))

    def _logs(self, correlation: float) -> float:
        return float(np.sum(np.log(deviations(correlation, self.gaps))))


def _placed(contest: _Contest, q: Array, chance: float, against: str) -> Knee:
    """Fit the knee at its best place, and say how well that is known."""
    from scipy.special import stdtrit

    places = np.linspace(contest.inner[0], contest.inner[-1], FINE_PLACES)
    likelihood, mean_correlations = contest.profile(q, places)
    top = int(np.argmax(likelihood))
    if top in (0, len(places) - 1):
        return _none(f"it would lie within {EACH_SIDE} cycles of an end ({against})", chance)
    freedom = contest.points - 4
    drop = 0.5 * freedom * math.log1p(float(stdtrit(freedom, (1 + LEVEL) / 2)) ** 2 / freedom)
    within = places[likelihood >= likelihood[top] - drop]
    place = float(places[top])
    made = _lines(contest, q, place, float(mean_correlations[top]))
    level, slope, bend = made.values
    before, after = -(slope - bend) / level, -(slope + bend) / level
    low, high = float(within[0]), float(within[-1])
    return Knee(
        cycle=place,
        interval=(low, high),
        before=float(before),
        after=float(after),
        probability=chance,
        statement=(
            f"knee at cycle {place:.0f} (95 % interval {low:.0f} to {high:.0f}): {100 * before:.3g} % of the capacity "
            f"there lost a cycle before it, {100 * after:.3g} % after it ({against})"
        ),
    )


def _lines(contest: _Contest, q: Array, place: float, correlation: float) -> LinearFit:
    since = contest.n - place
    return fit_linear(
        innovations(np.column_stack([np.ones_like(since), since, np.abs(since)]), correlation, contest.gaps),
        innovations(q, correlation, contest.gaps),
        error=deviations(correlation, contest.gaps),
        names=("level", "slope", "bend"),
    )
