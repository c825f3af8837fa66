"""A pulse and its rest as diffusion tells them, of any length against the time that diffusion takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.pulses.body import Shape
from byssus.analysis.pulses.roots import BEGIN, thinned
from byssus.physics.diffusion import plane_lead, sphere_lead

Array = NDArray[np.float64]

#: Time constants L²/D are searched from the first point of a pulse to this many times the pulse with its rest.
REACH: Final = 30.0
#: Steps of the search to a factor of ten; with a fast process fewer, and about the best of them it is searched again, so
#: many times as closely.
STEPS, FAST_SEARCH, CLOSER = 100, 12, 8
#: A 95 % interval of the time constant wider than this factor says that it is not resolved; a choice.
WIDE: Final = 10.0
#: Of many pulses some show a time constant by chance; one that is given is bounded at this level too, three standard errors.
SURE: Final = 0.9973
#: What the model leaves, as a share of what diffusion moves the voltage by, above which it is no description; a choice.
MISFIT: Final = 0.05
#: A faster process may carry this share of what moves, with diffusion: beyond, its own shape would decide; a choice.
FAST_PART: Final = 1 / 3
#: The simplest model is taken that leaves no more than this many times what the richest leaves.  Noise alone lets the
#: richest leave a few per cent less; a choice.
WORSE: Final = 5 / 3
#: Points to a pulse and to a rest, in equal steps of log t.
POINTS: Final = 40
#: Times of a second, faster process, and how many: from two seconds to a quarter of the pulse.
FASTEST, FAST_SHARE, FAST_STEPS = 2.0, 0.25, 12
#: Times of two pulses that agree so far, relatively, share what is computed from times alone.
ALIKE: Final = 2e-3

_LOGS: Final = np.linspace(-18.0, 3.0, 4001)
_TABLES: Final[dict[Shape, Array]] = {
    "sphere": np.asarray(sphere_lead(np.exp(_LOGS))),
    "plane": np.asarray(plane_lead(np.exp(_LOGS))),
}


@dataclass(frozen=True)
class Piece:
    """What of a titration a model is fitted to.

    Parameters
    ----------
    time, voltage
        Of the pulse and its rest, in s since the pulse began and V.
    before
        Time and voltage of the end of the rest before; the time is below zero.
    duration
        Of the pulse, in s.
    changes
        Changes of the current up to the beginning of the pulse: their times in s since then, and what is added to
        the current, in currents of this pulse.
    """

    time: Array
    voltage: Array
    before: tuple[float, float]
    duration: float
    changes: tuple[tuple[float, float], ...]

    def points(self) -> tuple[Array, Array]:
        """Return what is fitted: the end of the rest before, and means in equal steps of log t, past the first second."""
        parts = [(np.array([self.before[0]]), np.array([self.before[1]]))]
        driven = self.time <= self.duration
        for begun, inside in ((0.0, driven), (self.duration, ~driven)):
            since = self.time[inside] - begun
            late = since >= BEGIN
            if late.any():
                t, v = thinned(since[late], self.voltage[inside][late], bins=POINTS)
                parts.append((t + begun, v))
        return np.concatenate([t for t, _ in parts]), np.concatenate([v for _, v in parts])


@dataclass(frozen=True, slots=True)
class Response:
    """What the model says of a pulse with its rest.

    Parameters
    ----------
    time_constant, low, high
        L²/D in s, and its 95 % interval; an open end is 0 or infinite.
    rate
        (dE/dt)_s, at which the current moves the rested voltage as the pulse begins, in V/s.
    step
        Voltage that comes and goes with the current at once, in V.
    drift
        Change of the voltage that is there without current too, in V/s.
    fast, fast_time
        Voltage of a second process and its time in s; None where none was needed.
    curved
        Whether the open-circuit voltage had to be bent.
    fast_part
        Share of the faster process in what moves.
    misfit
        Root-mean-square of what is left, as a share of what diffusion moves the voltage by.
    sure
        Whether the time constant is bounded at 99.73 % too.
    times, measured, fitted
        The points, in s since the pulse began, and their voltages in V.
    """

    time_constant: float
    low: float
    high: float
    rate: float
    step: float
    drift: float
    fast: float | None
    fast_time: float | None
    curved: bool
    fast_part: float
    misfit: float
    sure: bool
    times: Array
    measured: Array
    fitted: Array

    @property
    def reason(self) -> str | None:
        """Why the time constant is not identified; None where it is."""
        return verdict(self.low, self.high, self.misfit, self.fast_part, sure=self.sure)


def verdict(low: float, high: float, misfit: float, fast_part: float = 0.0, *, sure: bool = True) -> str | None:
    """Say why a time constant with that interval is none; None where it is one.

    Parameters
    ----------
    low, high
        The interval, in s.
    misfit, fast_part, sure
        What the model leaves, what a faster process carries, and whether a wider interval is closed, as in `Response`.

    Examples
    --------
    >>> verdict(100.0, 200.0, 0.01) is None
    True
    >>> verdict(100.0, float("inf"), 0.01)
    'not identifiable: pulse and rest do not bound the time constant above'
    """
    if low <= 0 or not np.isfinite(high):
        open_ends = (("below", low <= 0), ("above", not np.isfinite(high)))
        sides = " or ".join(word for word, is_open in open_ends if is_open)
        return f"not identifiable: pulse and rest do not bound the time constant {sides}"
    if high > WIDE * low:
        return (
            f"not identifiable: the 95 % interval of the time constant, {low:.2g} to {high:.2g} s, spans more than a "
            f"factor of {WIDE:.0f}"
        )
    if not sure:
        return f"not identifiable: at {100 * SURE:.2f} % pulse and rest do not bound the time constant"
    if misfit > MISFIT:
        return f"not diffusion alone: the model leaves {100 * misfit:.2g} % of what diffusion moves"
    if fast_part > FAST_PART:
        return f"not diffusion alone: a faster process carries {100 * fast_part:.0f} % of what moves"
    return None


def answer_of(
    found: float, low: float, high: float, misfit: float, reason: str | None
) -> dict[str, float | str | None]:
    """Return a time constant as it stands in a row of the frame; without a number where there is a reason against it."""
    row: dict[str, float | str | None] = {
        "Model Misfit / 1": misfit if np.isfinite(misfit) else None,
        "Model Time Constant Lower / s": low if low > 0 else None,
        "Model Time Constant Upper / s": high if np.isfinite(high) else None,
        "Model Reason": reason,
    }
    if reason is None:
        # The interval is one of ln T; its half, over 1.96, is the relative standard uncertainty.
        row |= {
            "Model Time Constant / s": found,
            "Model D/L^2 / 1/s": 1 / found,
            "Model D/L^2 Standard Uncertainty / 1/s": float(np.log(high / low)) / 3.92 / found,
            "Model D/L^2 Lower / 1/s": 1 / high,
            "Model D/L^2 Upper / 1/s": 1 / low,
        }
    return row


def respond(pieces: Sequence[Piece], shape: Shape) -> list[Response | None]:
    """Fit time constant, slope and step to each pulse with its rest; None where there are too few points.

    The voltage is E = E_b + (dE/dt)_s x + b x² + η (while the current flows) + d t + f, with x = Σ a_j [t - t_j +
    T p((t - t_j)/T)] the filling of the surface, T = L²/D, p of `plane_lead` or `sphere_lead`, and the changes a_j of the
    current at t_j, those of earlier pulses among them, so that a rest need not reach equilibrium.  η is of resistances
    and kinetics, and constant over a pulse; d is a drift that is there at rest too (self-discharge, creep).  b, a bent
    open-circuit voltage, and f, one faster exponential process such as the electrolyte's, are left out where the model
    without them leaves no more than 5/3 of what it leaves with both.

    All is linear but T and the time of f: for each of them the rest is solved exactly (variable projection) on a grid, the
    best of which is searched again more closely.  The interval is that of the profile likelihood, as in
    `byssus.fitting.Fit.interval`, wider by how much neighbouring residuals are alike, and by how far the other assumption
    of the open-circuit voltage, straight or bent, would move the time constant.  A fast process against the current is
    none.
    """
    found: list[Response | None] = [None] * len(pieces)
    alike: list[list[tuple[int, _Timing, Array]]] = []
    for place, piece in enumerate(pieces):
        times, voltages = piece.points()
        if times.size < 12 or np.count_nonzero(times > piece.duration) < 4:
            continue
        timing = _Timing(times, (*piece.changes, (0.0, 1.0), (piece.duration, -1.0)), piece.duration)
        members = next((each for each in alike if each[0][1].like(timing)), None)
        if members is None:
            alike.append(members := [])
        members.append((place, timing, voltages))
    for members in alike:
        grid = _Grid(members[0][1], shape)
        costs = [grid.costs(model, np.stack([voltages for _, _, voltages in members])) for model in range(len(_MODELS))]
        for at, (place, timing, voltages) in enumerate(members):
            found[place] = _response(grid, timing, voltages, [cost[at] for cost in costs], shape)
    return found


@dataclass(frozen=True)
class _Timing:
    """All of a pulse but its voltages."""

    times: Array
    changes: tuple[tuple[float, float], ...]
    duration: float

    def like(self, other: _Timing) -> bool:
        if self.times.size != other.times.size or len(self.changes) != len(other.changes):
            return False
        mine, others = np.array(self.changes), np.array(other.changes)
        return bool(
            np.allclose(self.times, other.times, rtol=ALIKE, atol=0)
            and np.allclose(mine, others, rtol=ALIKE, atol=ALIKE)
            and np.isclose(self.duration, other.duration, rtol=ALIKE)
        )

    def columns(self, constants: Array, fast: Array, shape: Shape) -> Array:
        """Return designs by time constant and time of the fast process: 1, t, η, x, x², f."""
        since = np.stack([np.maximum(self.times - at, 0.0) for at, _ in self.changes])
        sizes = np.array([size for _, size in self.changes])
        ratios = since[None] / constants[:, None, None]
        leads = constants[:, None, None] * tabled(ratios, shape)
        filled = np.einsum("j,kjt->kt", sizes, since[None] + leads)
        # From what it is before the pulse, in durations of the pulse.
        filled = (filled - filled[:, :1]) / self.duration
        followed = np.einsum("j,kjt->kt", sizes, -np.expm1(-since[None] / fast[:, None, None]))
        driven = (self.times > 0) & (self.times <= self.duration)
        size = (constants.size, fast.size, self.times.size)
        parts = [np.ones(size), np.broadcast_to(self.times / self.duration, size), np.broadcast_to(driven * 1.0, size)]
        parts += [np.broadcast_to(filled[:, None], size), np.broadcast_to(filled[:, None] ** 2, size)]
        return np.stack([*parts, np.broadcast_to(followed[None], size)], axis=-1)


#: Columns of each model, the simplest first, and whether it has the fast process.
_MODELS: Final[tuple[tuple[tuple[int, ...], bool], ...]] = (
    ((0, 1, 2, 3), False), ((0, 1, 2, 3, 4), False), ((0, 1, 2, 3, 5), True), ((0, 1, 2, 3, 4, 5), True),
)  # fmt: skip


class _Grid:
    """What depends on times alone: for each model an orthonormal basis by time constant and time of the fast process."""

    def __init__(self, timing: _Timing, shape: Shape) -> None:
        self.timing = timing
        low = np.log10(max(BEGIN, float(np.min(timing.times[timing.times > 0]))))
        top = np.log10(REACH * timing.times[-1])
        self.fast = np.geomspace(FASTEST, max(FAST_SHARE * timing.duration, 2 * FASTEST), FAST_STEPS)
        searches = {
            has_fast: np.arange(low, top + 1 / steps, 1 / steps)
            for has_fast, steps in ((False, STEPS), (True, FAST_SEARCH))
        }
        designs = {
            has_fast: timing.columns(10.0**logs, self.fast if has_fast else self.fast[:1], shape)
            for has_fast, logs in searches.items()
        }
        self.logs = [searches[has_fast] for _, has_fast in _MODELS]
        self.bases = [_basis(designs[has_fast][..., list(columns)]) for columns, has_fast in _MODELS]

    def costs(self, model: int, voltages: Array) -> Array:
        """Return the sums of squares that a model leaves, by pulse, time constant and time of the fast process."""
        return _left(self.bases[model], voltages)


def _basis(designs: Array) -> Array:
    """Return an orthonormal basis of each design, its vectors as rows."""
    return np.ascontiguousarray(np.swapaxes(np.linalg.qr(designs)[0], -1, -2))


def _left(bases: Array, voltages: Array) -> Array:
    """Return what each basis leaves of each row of voltages."""
    # About their mean, which every model holds, so that digits are not lost in the difference of squares.
    about = voltages - np.mean(voltages, axis=-1, keepdims=True)
    inside = np.square(about @ bases.reshape(-1, bases.shape[-1]).T).reshape(-1, *bases.shape[:-1])
    whole = np.sum(about**2, axis=-1)[:, None, None]
    return np.asarray(np.maximum(whole - np.sum(inside, axis=-1), 1e-30))


def _response(grid: _Grid, timing: _Timing, voltages: Array, searched: Sequence[Array], shape: Shape) -> Response:
    least = [float(np.min(costs)) for costs in searched]
    allowed = [
        model
        for model in range(len(_MODELS))
        if _with_the_current(grid, timing, model, voltages, searched[model], shape)
    ]
    richest = min(least[model] for model in allowed)
    chosen = next(model for model in allowed if least[model] <= WORSE**2 * richest)
    best = _answer(grid, timing, chosen, voltages, searched[chosen], shape)
    columns, has_fast = _MODELS[best.model]
    left = voltages - best.fitted
    free = len(columns) + 1 + has_fast
    low, high = interval(best.logs, best.costs, best.log, best.least, left, free)
    outer = interval(best.logs, best.costs, best.log, best.least, left, free, SURE)
    # How far the other assumption of the open-circuit voltage, straight or bent, would move it.
    other = np.min(searched[best.model ^ 1], axis=1)
    moved = abs(vertex(grid.logs[best.model ^ 1], other, int(np.argmin(other)))[0] - best.log)
    named = dict(zip(columns, best.solution.tolist(), strict=True))
    driven, quickly = float(np.ptp(best.design[:, 3] * named[3])), abs(named.get(5, 0.0))
    return Response(
        time_constant=10**best.log,
        low=10 ** (best.log - np.hypot(best.log - low, 1.96 * moved)),
        high=10 ** (best.log + np.hypot(high - best.log, 1.96 * moved)),
        rate=named[3] / timing.duration,
        step=named[2],
        drift=named[1] / timing.duration,
        fast=named.get(5),
        fast_time=best.fast if has_fast else None,
        curved=4 in named,
        fast_part=quickly / (quickly + driven) if quickly else 0.0,
        misfit=float(np.sqrt(np.mean(left**2))) / driven if driven > 0 else np.inf,
        sure=bool(np.all(np.isfinite(outer))),
        times=timing.times,
        measured=voltages,
        fitted=best.fitted,
    )


@dataclass(frozen=True)
class _Answer:
    """A model at its best: logarithm of the time constant, time of the fast process, and the profile of the first."""

    model: int
    log: float
    least: float
    fast: float
    logs: Array
    costs: Array
    design: Array
    solution: Array

    @property
    def fitted(self) -> Array:
        return np.asarray(self.design @ self.solution)


def _with_the_current(grid: _Grid, timing: _Timing, model: int, voltages: Array, searched: Array, shape: Shape) -> bool:
    """Say whether the fast process of a model, if it has one, goes the way of the current, as any polarisation does."""
    columns, has_fast = _MODELS[model]
    if not has_fast:
        return True
    best, quick = np.unravel_index(int(np.argmin(searched)), searched.shape)
    design = timing.columns(10.0 ** grid.logs[model][[best]], grid.fast[[quick]], shape)[0, 0][:, list(columns)]
    solution = np.linalg.lstsq(design, voltages)[0]
    return bool(solution[columns.index(5)] * solution[columns.index(3)] > 0)


def _answer(grid: _Grid, timing: _Timing, model: int, voltages: Array, searched: Array, shape: Shape) -> _Answer:
    columns, has_fast = _MODELS[model]
    best, quick = np.unravel_index(int(np.argmin(searched)), searched.shape)
    logs, costs, fast = grid.logs[model], np.min(searched, axis=1), float(grid.fast[quick])
    if has_fast:
        # Closer about the best, in both.
        near = logs[best] + np.arange(-CLOSER, CLOSER + 1) / (FAST_SEARCH * CLOSER)
        times = fast * (grid.fast[1] / grid.fast[0]) ** np.linspace(-1, 1, 5)
        closer = _left(_basis(timing.columns(10.0**near, times, shape)[..., list(columns)]), voltages[None])[0]
        fast = float(times[np.argmin(np.min(closer, axis=0))])
        order = np.argsort(both := np.concatenate([logs, near]))
        logs, costs = both[order], np.concatenate([costs, np.min(closer, axis=1)])[order]
        at, _ = vertex(near, np.min(closer, axis=1), int(np.argmin(np.min(closer, axis=1))))
    else:
        at, _ = vertex(logs, costs, int(best))
    design = timing.columns(np.array([10.0**at]), np.array([fast]), shape)[0, 0]
    solution = np.linalg.lstsq(design[:, list(columns)], voltages)[0]
    left = voltages - design[:, list(columns)] @ solution
    least = min(float(left @ left), float(np.min(costs)))
    return _Answer(model, at, max(least, 1e-30), fast, logs, costs, design[:, list(columns)], solution)


def vertex(logs: Array, costs: Array, at: int) -> tuple[float, float]:
    """Return the lowest point of the parabola through the lowest of the costs and its neighbours."""
    if not 0 < at < costs.size - 1:
        return float(logs[at]), float(costs[at])
    before, here, after = costs[at - 1 : at + 2].tolist()
    bend = before - 2 * here + after
    if bend <= 0:
        return float(logs[at]), here
    shift = (before - after) / (2 * bend)
    return float(logs[at] + shift * (logs[1] - logs[0])), here


def interval(
    logs: Array, costs: Array, at: float, least: float, left: Array, free: int, level: float = 0.95
) -> tuple[float, float]:
    """Return the profile interval of the logarithm of the time constant; an end that is not reached is infinite.

    All values of which the sum of squares stays below least · (1 + f t²/(n - p)), with t for the n/f - p points that
    are left if neighbours are alike, and f = (1 + r)/(1 - r) by their correlation r.
    """
    from scipy.special import stdtrit

    size = left.size
    alike = float(np.clip(left[1:] @ left[:-1] / (left @ left), 0.0, 0.95)) if left @ left > 0 else 0.0
    inflated = (1 + alike) / (1 - alike)
    independent = max(size / inflated - free, 3.0)
    threshold = least * (1 + inflated * float(stdtrit(independent, (1 + level) / 2)) ** 2 / (size - free))
    below, above = np.flatnonzero(logs < at)[::-1], np.flatnonzero(logs > at)
    return _crossing(logs[below], costs[below], at, least, threshold), _crossing(
        logs[above], costs[above], at, least, threshold
    )


def _crossing(logs: Array, costs: Array, at: float, least: float, threshold: float) -> float:
    """Return where costs first pass the threshold, going away from the best; infinite where they do not."""
    over = np.flatnonzero(costs > threshold)
    if not over.size:
        return -np.inf if logs.size and logs[0] < at else np.inf
    place = int(over[0])
    inner, under = (at, least) if place == 0 else (float(logs[place - 1]), float(costs[place - 1]))
    # About its least the cost goes with the square of the distance.
    share = np.sqrt(max(threshold - under, 0.0) / max(float(costs[place]) - under, 1e-300))
    return float(inner + share * (float(logs[place]) - inner))


def tabled(ratio: Array, shape: Shape) -> Array:
    """Return p of `sphere_lead` or `plane_lead` from a table, to 1e-5 and in a hundredth of the time."""
    return np.where(ratio > 0, np.interp(np.log(np.maximum(ratio, 1e-300)), _LOGS, _TABLES[shape]), 0.0)
