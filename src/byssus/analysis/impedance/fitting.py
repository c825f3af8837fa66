"""Equivalent circuits fitted to spectra, with what the data leave open.

The least squares of a circuit have many minima, so the search starts from many points: half of them drawn over all that
the frequencies can show, half about the relaxation times that the spectrum itself shows.  They run down together by
Levenberg and Marquardt's method in the logarithms of the parameters, and the fitting core takes the best of them to the
end, for intervals and for what is not determined.

Residuals are weighted by the modulus of the impedance unless its noise is given; then the errors are known ones.  Arcs of
one shape are exchangeable in a circuit, so they are put in order of falling frequency.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.impedance.circuit import Arc, Circuit
from byssus.analysis.impedance.elements import Complex, Sort
from byssus.errors import FitError
from byssus.fitting import Data, Fit, Parameter, fit

Array = NDArray[np.float64]
Weight = Literal["modulus", "unit"]
Which = Literal["largest", "slowest", "sum"]

#: Starting points, how many of them go on after each stage, and steps in each: choices, that found the deepest known
#: minimum of every circuit in docs/validation/impedance.md.
STARTS: Final = 64
_STAGES: Final = ((64, 10), (24, 20), (8, 40), (3, 80))
#: Exponents of constant-phase elements: below 0.2 they are resistances.
_EXPONENTS: Final = (0.2, 1.0)
#: A circuit is not chosen with an exponent below this: diffusion has 0.5, capacities 0.7 to 1; a choice.
CAPACITY: Final = 0.4
#: Where the sound circuits leave over more than this times the least of all, none of them describes the spectrum; a choice.
_POOR: Final = 3.0
#: A parameter is sought within so many times the range that the frequencies show.
_BEYOND: Final = 1e4
#: Another minimum counts as a second answer if its residual is within this ratio of the best, and a parameter differs by
#: more than that; choices.
_AS_GOOD, _APART = 1.1, 1.5
#: The Bayesian criterion prefers by less than this "not worth more than a bare mention": Kass and Raftery, J. Am. Stat.
#: Assoc. 90 (1995) 773, doi:10.1080/01621459.1995.10476572.
BARE_MENTION: Final = 2.0
#: No instrument measures better than this share of |Z|, so a circuit that fits as well needs no further element.
EXACT: Final = 1e-4
#: An arc with an exponent below this is diffusion, which has 0.5, and no charge transfer; a choice.
DIFFUSION: Final = 0.6
#: A sound circuit that leaves over at most this times what the chosen one does is a rival of it; a choice.
_RIVAL: Final = 1.5
#: A resistance with a larger relative standard error is not determined well enough to be reported; a choice.
WEAK: Final = 0.3


@dataclass(frozen=True, slots=True)
class Derived:
    """A value computed from fitted parameters with its standard error, or the reason why either is missing."""

    value: float | None
    error: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FittedArc:
    """An arc of a fitted circuit.

    Parameters
    ----------
    name
        Of its resistance.
    resistance, time
        In Ω, and the time constant (R Q)^(1/α) in s.
    exponent
        Of its constant-phase element; 1 for a capacitor.
    brug
        Effective capacitance in F where time constants are spread along the surface: Q^(1/α) (1/R₀ + 1/R)^((α−1)/α), with
        the series resistance R₀; Brug et al., J. Electroanal. Chem. 176 (1984) 275, doi:10.1016/S0022-0728(84)80324-1.
    normal
        The same where they are spread across a film: Q^(1/α) R^((1−α)/α); Hsu and Mansfeld, Corrosion 57 (2001) 747,
        doi:10.5006/1.3280607.  Which of the two applies: Hirschorn et al., Electrochim. Acta 55 (2010) 6218.
    seen
        Whether the top of the arc, at 1/(2πτ), lies between the lowest and highest frequency.
    """

    name: str
    resistance: Derived
    time: Derived
    exponent: Derived
    brug: Derived
    normal: Derived
    seen: bool

    @property
    def frequency(self) -> float | None:
        """Frequency of its top in Hz."""
        return None if self.time.value is None else 1 / (2 * math.pi * self.time.value)


@dataclass(frozen=True)
class CircuitFit:
    """A circuit fitted to one spectrum.

    Parameters
    ----------
    circuit, fit
        The circuit, and what the fitting core found; its parameters have the circuit's names.
    frequency, impedance
        What was fitted.
    residual
        Root mean square of |Z_fit − Z|/|Z|.
    others
        The parameters of other minima that describe the spectrum as well.
    """

    circuit: Circuit
    fit: Fit
    frequency: Array
    impedance: Complex
    residual: float
    others: tuple[dict[str, float], ...] = field(default=())

    def predict(self, frequency: Array) -> Complex:
        """Return the fitted impedance at any frequencies."""
        return self.circuit.impedance(frequency, self.fit.ended)

    def derived(self, function: Callable[[Mapping[str, float]], float], *names: str) -> Derived:
        """Return a function of the parameters of those names, its error of first order from their covariance."""
        estimates = [self.fit[name] for name in names]
        sorts = {parameter.name: parameter.slot.sort for parameter in self.circuit.parameters}
        for estimate in estimates:
            if estimate.value is None:
                return Derived(None, None, f"not identifiable: {estimate.reason}")
            if estimate.state == "at bound" and sorts[estimate.name] != "exponent":
                return Derived(None, None, f"not identifiable: {estimate.name} ended on a bound of its search")
        values = {estimate.name: estimate.value for estimate in estimates if estimate.value is not None}
        value = function(values)
        places = [self.fit.free.index(name) for name in names if self.fit[name].state == "fitted"]
        slopes = []
        for name in (self.fit.free[place] for place in places):
            step = 1e-6 * abs(values[name])
            up, down = (function({**values, name: values[name] + sign * step}) for sign in (1, -1))
            slopes.append((up - down) / (2 * step))
        gradient = np.array(slopes)
        variance = float(gradient @ self.fit.covariance[np.ix_(places, places)] @ gradient) if places else 0.0
        held = [name for name in names if self.fit[name].state == "at bound"]
        reason = f"{', '.join(held)} ended on a bound and counts as exact" if held else None
        return Derived(value, math.sqrt(variance), reason)

    @cached_property
    def series_resistance(self) -> Derived:
        """The resistances that stand in series with everything, in Ω."""
        if not self.circuit.in_series:
            return Derived(None, None, f"the circuit {self.circuit} has no resistance in series")
        return self.derived(lambda values: sum(values.values()), *self.circuit.in_series)

    @cached_property
    def arcs(self) -> tuple[FittedArc, ...]:
        """The arcs, by falling frequency."""
        found = [self._arc(arc) for arc in self.circuit.arcs]
        return tuple(sorted(found, key=lambda arc: math.inf if arc.time.value is None else arc.time.value))

    def _arc(self, arc: Arc) -> FittedArc:
        names = self.circuit.names
        resistance, capacity = names[arc.resistance], names[arc.capacity]
        exponent = None if arc.exponent is None else names[arc.exponent]
        used = (resistance, capacity) if exponent is None else (resistance, capacity, exponent)
        series = self.circuit.in_series

        def power(values: Mapping[str, float]) -> float:
            return 1.0 if exponent is None else values[exponent]

        def time(values: Mapping[str, float]) -> float:
            return float((values[resistance] * values[capacity]) ** (1 / power(values)))

        def brug(values: Mapping[str, float]) -> float:
            alpha = power(values)
            conductance = 1 / sum(values[name] for name in series) + 1 / values[resistance]
            return float(values[capacity] ** (1 / alpha) * conductance ** ((alpha - 1) / alpha))

        tau = self.derived(time, *used)
        top = None if tau.value is None else 1 / (2 * math.pi * tau.value)
        return FittedArc(
            name=resistance,
            resistance=self.derived(lambda values: values[resistance], resistance),
            time=tau,
            exponent=Derived(1.0, 0.0) if exponent is None else self.derived(lambda values: values[exponent], exponent),
            brug=self.derived(brug, *used, *series)
            if series
            else Derived(None, None, "the circuit has no resistance in series"),
            normal=self.derived(lambda values: time(values) / values[resistance], *used),
            seen=top is not None and bool(self.frequency.min() <= top <= self.frequency.max()),
        )


def fit_circuit(
    frequency: Array,
    impedance: Complex,
    circuit: Circuit | str,
    *,
    weight: Weight = "modulus",
    noise: Any = None,
    start: Mapping[str, float] | Sequence[float] | None = None,
    times: Sequence[float] = (),
    starts: int = STARTS,
    seed: int = 0,
) -> CircuitFit:
    """Fit a circuit to a spectrum.

    Parameters
    ----------
    frequency, impedance
        In Hz and Ω.
    circuit
        See `circuit.Circuit`.
    weight
        ``modulus``: all points have one relative error.  ``unit``: all have one absolute error, as impedance.py has it.
    noise
        Standard error of the real and of the imaginary part of each point in Ω, where it is known; it then takes the
        place of `weight`.
    start
        Values to start from as well.
    times
        Relaxation times in s about which half of the starts are drawn.
    starts, seed
        How many starting points, and the seed that draws them; 1 goes down from `start` alone.

    Raises
    ------
    FitError
        If the points are fewer than the parameters, or not finite.

    Examples
    --------
    >>> frequency = np.logspace(5, -2, 50)
    >>> truth = {"R0": 2.0, "R1": 30.0, "Q1.Q": 1e-4, "Q1.α": 0.85, "W1": 3.0}
    >>> circuit = Circuit.parse("R0-p(R1,Q1)-W1")
    >>> found = fit_circuit(frequency, circuit.impedance(frequency, truth), circuit)
    >>> {name: float(f"{value:.6g}") for name, value in found.fit.values.items()} == truth
    True
    """
    circuit = Circuit.parse(circuit) if isinstance(circuit, str) else circuit
    frequency, impedance = np.asarray(frequency, dtype=float), np.asarray(impedance, dtype=complex)
    size = np.abs(impedance)
    error = noise if noise is not None else size if weight == "modulus" else np.full_like(size, size.mean())
    ends = minima(frequency, impedance, circuit, error=error, start=start, times=times, starts=starts, seed=seed)
    best, names = ends[0], circuit.names

    def derivatives(x: Array, **values: float) -> dict[str, Any]:
        return dict(zip(names, circuit.evaluate(x, np.array([values[name] for name in names]))[1].T, strict=True))

    found = fit(
        Data(lambda x, **values: circuit.impedance(x, values), frequency, impedance, error, derivatives=derivatives),
        [
            Parameter(
                parameter.name,
                float(value),
                float(low),
                float(high),
                unit=parameter.slot.unit,
            )
            for parameter, value, low, high in zip(circuit.parameters, best.values, *best.bounds, strict=True)
        ],
        errors="relative" if noise is None else "known",
    )
    misfit = (circuit.impedance(frequency, found.ended) - impedance) / size
    rms = float(np.sqrt(np.mean(np.abs(misfit) ** 2)))
    second = [other for other in ends[1:] if _second_answer(best, other)]
    others = tuple(
        dict(zip(names, map(float, other.values), strict=True))
        for at, other in enumerate(second)
        if not any(_same(earlier, other) for earlier in second[:at])
    )
    return CircuitFit(circuit, found, frequency, impedance, rms, others)


@dataclass(frozen=True)
class Minimum:
    """Where a descent ended.

    Parameters
    ----------
    circuit, values
        The parameters in the circuit's order, arcs of one shape by rising time constant.
    cost, points
        The sum of the squares of so many weighted residuals.
    relative
        Relative standard error of each parameter, scaled by the residuals; infinite where nothing determines it.
    bounds
        Least and largest values within which the parameters were sought.
    """

    circuit: Circuit
    values: Array
    cost: float
    points: int
    relative: Array
    bounds: tuple[Array, Array]

    @property
    def scale(self) -> float:
        """Standard deviation of a residual of unit weight."""
        return math.sqrt(self.cost / max(1, self.points - len(self.values)))

    @property
    def criterion(self) -> float:
        """The Bayesian information criterion, but for what all circuits share: n ln(χ²/n) + k ln n."""
        n = self.points
        return n * math.log(max(self.cost, 1e-300) / n) + (len(self.values) + 1) * math.log(n)

    @property
    def sound(self) -> bool:
        """Whether the data determine every resistance but those in series, and exponents are those of capacities."""
        for parameter, value, error in zip(self.circuit.parameters, self.values, self.relative, strict=True):
            sort = parameter.slot.sort
            if sort in ("resistance", "diffusion") and parameter.element not in self.circuit.in_series and error > WEAK:
                return False
            if sort == "exponent" and value < CAPACITY:
                return False
        return True

    def transfer(self, which: Which) -> float | None:
        """Return the resistance of the arcs that are the charge transfer by a rule, or None where there are none."""
        arcs = [
            (float(self.values[arc.resistance]), _time(arc, self.values))
            for arc in self.circuit.arcs
            if arc.exponent is None or self.values[arc.exponent] >= DIFFUSION
        ]
        if not arcs:
            return None
        if which == "sum":
            return sum(resistance for resistance, _ in arcs)
        return max(arcs, key=lambda arc: arc[0] if which == "largest" else arc[1])[0]


def minima(
    frequency: Array,
    impedance: Complex,
    circuit: Circuit,
    *,
    error: Any,
    start: Mapping[str, float] | Sequence[float] | None = None,
    times: Sequence[float] = (),
    starts: int = STARTS,
    seed: int = 0,
) -> list[Minimum]:
    """Return the deepest minima that a search from many points finds, the best first; arguments as of `fit_circuit`.

    Raises
    ------
    FitError
        If the points are fewer than the parameters, or not finite.
    """
    if len(frequency) != len(impedance) or 2 * len(frequency) <= len(circuit.names):
        raise FitError(
            f"{len(frequency)} points cannot determine the {len(circuit.names)} parameters of {circuit}",
            fix="give more points, or a smaller circuit",
        )
    if not (np.isfinite(frequency).all() and np.isfinite(impedance).all() and (frequency > 0).all()):
        raise FitError("holds values that are not finite, or frequencies not above zero", field="spectrum")
    search = _Search(circuit, frequency, impedance, np.broadcast_to(np.asarray(error, dtype=float), frequency.shape))
    points = search.draw(max(0, starts - (start is not None)), np.asarray(times, dtype=float), seed)
    if start is not None:
        points = np.vstack([np.log(search.clipped(circuit.ordered(start))), points])
    ends = search.descend(points)
    if starts > 1:
        exchanged = _exchanged(circuit, ends[0][0])
        if len(exchanged):
            ends = sorted([*ends, *search.descend(exchanged)], key=lambda end: end[1])
    return [search.minimum(np.log(_in_order(circuit, np.exp(point))), cost) for point, cost in ends]


def _second_answer(best: Minimum, other: Minimum) -> bool:
    """Return whether another minimum is as good as the best, and differs in what the best is sure of."""
    if other.scale > _AS_GOOD * best.scale:
        return False
    return not _same(best, other)


def _same(one: Minimum, other: Minimum) -> bool:
    """Return whether two minima are alike in what the first is sure of."""
    apart = np.abs(np.log(other.values / one.values))
    return bool(np.all(apart[one.relative < WEAK] <= math.log(_APART)))


class _Search:
    """Many descents at once, in the logarithms of the parameters."""

    def __init__(self, circuit: Circuit, frequency: Array, impedance: Complex, error: Array) -> None:
        self.circuit, self.frequency, self.impedance, self.error = circuit, frequency, impedance, error
        omega = 2 * math.pi * frequency
        small, large = float(np.abs(impedance).min()), float(np.abs(impedance).max())
        slow, fast = float(omega.min()), float(omega.max())
        #: Where the frequencies can show a parameter of each sort.
        self.range: dict[Sort, tuple[float, float]] = {
            "resistance": (small / 30, 3 * large),
            "time": (1 / fast, 10 / slow),
            "capacitance": (1 / (fast * large), 10 / (slow * small)),
            "admittance": (1 / (fast * large), 10 / (slow * small)),
            "inductance": (small / fast / 100, large / fast),
            "diffusion": (small * math.sqrt(slow) / 10, large * math.sqrt(fast)),
            "exponent": (0.5, 1.0),
        }
        sorts = [parameter.slot.sort for parameter in circuit.parameters]
        self.lower = np.log([_EXPONENTS[0] if s == "exponent" else self.range[s][0] / _BEYOND for s in sorts])
        self.upper = np.log([_EXPONENTS[1] if s == "exponent" else self.range[s][1] * _BEYOND for s in sorts])

    def clipped(self, values: Array) -> Array:
        """Return values within the bounds."""
        return np.clip(values, np.exp(self.lower), np.exp(self.upper))

    def draw(self, count: int, times: Array, seed: int) -> Array:
        """Draw starting points, as logarithms."""
        random = np.random.default_rng(seed)
        sorts = [parameter.slot.sort for parameter in self.circuit.parameters]
        low, high = (np.log([self.range[sort][end] for sort in sorts]) for end in (0, 1))
        points = low + (high - low) * random.random((count, len(sorts)))
        arcs = self.circuit.arcs
        if not arcs or not count:
            return points
        # What the data tell of an arc is its resistance and its time; the capacity follows from them.
        scale = np.log(self.range["time"])
        taus = np.sort(scale[0] + (scale[1] - scale[0]) * random.random((count, len(arcs))), axis=1)
        if len(times):
            about = np.log(times)[random.integers(len(times), size=(count // 2, len(arcs)))]
            taus[: count // 2] = np.sort(about + 0.5 * random.standard_normal(about.shape), axis=1)
        for at, arc in enumerate(arcs):
            power = 1.0 if arc.exponent is None else np.exp(points[:, arc.exponent])
            points[:, arc.capacity] = power * taus[:, at] - points[:, arc.resistance]
        return np.clip(points, self.lower, self.upper)

    def minimum(self, point: Array, cost: float) -> Minimum:
        """Return what is known of where a descent ended."""
        residual, slope = (part[0] for part in self.residuals(point[None]))
        _, singular, directions = np.linalg.svd(slope, full_matrices=False)
        sure = singular > 1e-8 * singular[0]
        # A parameter with a part in a direction that moves nothing is not determined.
        variance = np.sum((directions[sure] / singular[sure, None]) ** 2, axis=0)
        variance *= cost / max(1, len(residual) - len(point))
        variance[np.any(np.abs(directions[~sure]) > 1e-4, axis=0)] = np.inf
        bounds = np.exp(self.lower), np.exp(self.upper)
        return Minimum(self.circuit, np.exp(point), cost, len(residual), np.sqrt(variance), bounds)

    def residuals(self, points: Array) -> tuple[Array, Array]:
        """Return the weighted residuals of all points and their derivatives by the logarithms."""
        values = np.exp(points)
        z, slopes = self.circuit.evaluate(self.frequency, values)
        z = (z - self.impedance) / self.error
        slopes = slopes * (values[:, None, :] / self.error[:, None])
        return np.concatenate([z.real, z.imag], axis=1), np.concatenate([slopes.real, slopes.imag], axis=1)

    def descend(self, points: Array) -> list[tuple[Array, float]]:
        """Take the points down, the best of them further; return where they end with their sums of squares, best first."""
        with np.errstate(all="ignore"):
            residual, slope = self.residuals(points)
            cost = _costs(residual)
            damping = np.full(len(points), 1e-2)
            for keep, steps in _STAGES:
                order = np.argsort(cost)[:keep]
                points, residual, slope, cost, damping = (a[order] for a in (points, residual, slope, cost, damping))
                for _ in range(steps):
                    before = cost
                    points, residual, slope, cost, damping = self._step(points, residual, slope, cost, damping)
                    if bool(np.all((before - cost <= 1e-7 * before) & (damping > 1e3) | (cost <= 1e-24))):
                        break
        order = np.argsort(cost)
        return [(points[at], float(cost[at])) for at in order]

    def _step(
        self, points: Array, residual: Array, slope: Array, cost: Array, damping: Array
    ) -> tuple[Array, Array, Array, Array, Array]:
        """Take one step of Levenberg and Marquardt's method from each point; those that do not go down stay."""
        gradient = np.einsum("snp,sn->sp", slope, residual)
        # A parameter on its bound does not move further out.
        stuck = ((points <= self.lower) & (gradient > 0)) | ((points >= self.upper) & (gradient < 0))
        free = ~stuck
        hessian = np.matmul(slope.transpose(0, 2, 1), slope) * (free[:, :, None] & free[:, None, :])
        diagonal = np.einsum("spp->sp", hessian)
        # Where a parameter does nothing its curvature is zero, and a small share of the largest keeps the step finite.
        extra = damping[:, None] * (diagonal + 1e-8 * diagonal.max(axis=1, keepdims=True)) + 1e-300 + stuck
        system = hessian + extra[:, :, None] * np.eye(points.shape[1])
        finite = np.isfinite(system).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1)
        system[~finite] = np.eye(points.shape[1])
        step = np.where(finite[:, None], -np.where(free, gradient, 0.0), 0.0)
        step = np.linalg.solve(system, step[..., None])[..., 0]
        tried = np.clip(points + np.clip(step, -2.0, 2.0), self.lower, self.upper)
        new_residual, new_slope = self.residuals(tried)
        new_cost = _costs(new_residual)
        better = new_cost < cost
        points = np.where(better[:, None], tried, points)
        residual = np.where(better[:, None], new_residual, residual)
        slope = np.where(better[:, None, None], new_slope, slope)
        damping = np.clip(np.where(better, damping / 5, damping * 4), 1e-12, 1e12)
        return points, residual, slope, np.where(better, new_cost, cost), damping


def _costs(residual: Array) -> Array:
    cost = np.einsum("sn,sn->s", residual, residual)
    return np.where(np.isfinite(cost), cost, np.inf)


def _in_order(circuit: Circuit, values: Array) -> Array:
    """Return the values with the arcs of each shape by rising time constant."""
    ordered = values.copy()
    shapes: dict[str, list[Arc]] = {}
    for arc in circuit.arcs:
        shapes.setdefault(arc.shape, []).append(arc)
    for alike in shapes.values():
        by_time = sorted(alike, key=lambda arc: _time(arc, values))
        for arc, source in zip(alike, by_time, strict=True):
            ordered[list(arc.places)] = values[list(source.places)]
    return ordered


def _exchanged(circuit: Circuit, point: Array) -> Array:
    """Return a point with the arcs of different shapes exchanged, pair by pair: often another minimum lies there."""
    found = []
    for one, other in combinations(circuit.arcs, 2):
        if one.shape == other.shape:
            continue
        new = point.copy()
        for to, source in ((one, other), (other, one)):
            new[to.resistance] = point[source.resistance]
            power = 0.0 if to.exponent is None else point[to.exponent]
            new[to.capacity] = math.exp(power) * math.log(_time(source, np.exp(point))) - new[to.resistance]
        found.append(new)
    return np.array(found).reshape(-1, len(point))


def _time(arc: Arc, values: Array) -> float:
    power = 1.0 if arc.exponent is None else float(values[arc.exponent])
    return float((values[arc.resistance] * values[arc.capacity]) ** (1 / power))


@dataclass(frozen=True)
class Choice:
    """A circuit chosen among others.

    Parameters
    ----------
    chosen
        Its place among the candidates.
    found
        A row a candidate: its minimum of each spectrum.
    criterion
        BIC of each candidate, summed over the spectra.
    why
        In words.
    """

    chosen: int
    found: tuple[tuple[Minimum, ...], ...]
    criterion: tuple[float, ...]
    why: str

    @property
    def circuit(self) -> Circuit:
        """The chosen circuit."""
        return self.found[self.chosen][0].circuit

    def spread(self, which: Which) -> tuple[float, float]:
        """Return the least and largest ratio of the charge transfer by a rival circuit to that by the chosen one.

        Rivals are the sound circuits that describe the spectra about as well, or all that do where the chosen one is not
        sound itself: between them and the chosen one the data hardly decide, and what they say of a resistance differs by
        more than its standard error in one circuit.
        """
        chosen = self.found[self.chosen]
        any_rival = not all(one.sound for one in chosen)
        rivals = [
            row
            for row in self.found
            if all(
                (any_rival or one.sound) and one.scale <= _RIVAL * max(best.scale, EXACT)
                for one, best in zip(row, chosen, strict=True)
            )
        ]
        ratios = [1.0]
        for row in rivals:
            for one, best in zip(row, chosen, strict=True):
                theirs, ours = one.transfer(which), best.transfer(which)
                if theirs is not None and ours is not None:
                    ratios.append(theirs / ours)
        return min(ratios), max(ratios)


def candidates(*, inductive: bool, most_arcs: int = 3) -> tuple[Circuit, ...]:
    """Return the circuits that are tried where none is told: arcs in a row, with diffusion, or blocking behind them.

    Diffusion stands behind the last arc, or within it beside the resistance, where the current of the double layer does not
    diffuse: Randles, Discuss. Faraday Soc. 1 (1947) 11, doi:10.1039/df9470100011.

    Examples
    --------
    >>> [str(circuit) for circuit in candidates(inductive=False, most_arcs=1)[:4]]
    ['R0-Q1', 'R0-p(R1,Q1)', 'R0-p(R1,Q1)-W1', 'R0-p(R1-W1,Q1)']
    >>> [str(circuit) for circuit in candidates(inductive=False, most_arcs=1)[4:]]
    ['R0-p(R1,Q1)-Q2', 'R0-p(R1,Q1)-Wo1', 'R0-p(R1-Wo1,Q1)']
    """
    lead = "L0-R0" if inductive else "R0"
    found = [Circuit.parse(f"{lead}-Q1")]
    for arcs in range(1, most_arcs + 1):
        row = "".join([lead, *(f"-p(R{at},Q{at})" for at in range(1, arcs))])
        for within, behind in (("", ""), ("", "-W1"), ("-W1", ""), ("", f"-Q{arcs + 1}"), ("", "-Wo1"), ("-Wo1", "")):
            found.append(Circuit.parse(f"{row}-p(R{arcs}{within},Q{arcs}){behind}"))
    return tuple(sorted(found, key=lambda circuit: len(circuit.names)))


def choose(
    spectra: Sequence[tuple[Array, Complex]],
    among: Sequence[Circuit],
    *,
    noise: Sequence[float | None] = (),
    times: Sequence[Sequence[float]] = (),
) -> Choice:
    """Choose the simplest circuit that suffices for all of some spectra.

    Sound is a circuit whose resistances the data determine, whose exponents are those of capacities, and that leaves over
    at most three times the least of all candidates.  Of the sound ones those suffice whose Bayesian criterion, summed over
    the spectra, is within 2 of the lowest, and those that leave over no more than any linear, causal and stable model does
    (`noise`).  Of these the one with the fewest parameters is taken, and among equals the lowest criterion.

    Parameters
    ----------
    spectra
        Frequencies in Hz and impedances in Ω.
    among
        The candidates.
    noise
        Of each spectrum, what the test of Kramers and Kronig left over, as a share of |Z|.
    times
        Relaxation times of each, to start from.

    Raises
    ------
    FitError
        If no candidate can be fitted.
    """
    rows: list[tuple[Minimum, ...]] = []
    for circuit in among:
        # Fewer points than parameters: a smaller candidate answers.
        if all(2 * len(frequency) > len(circuit.names) + 1 for frequency, _ in spectra):
            rows.append(
                tuple(
                    minima(
                        frequency, z, circuit, error=np.abs(z), times=times[at] if times else (), starts=STARTS // 2
                    )[0]
                    for at, (frequency, z) in enumerate(spectra)
                )
            )
    if not rows:
        raise FitError("has too few points for any circuit", field="spectrum")
    limits = [max(EXACT, _AS_GOOD * (limit or 0.0)) for limit in noise] or [EXACT] * len(spectra)
    criterion = [sum(one.criterion for one in row) for row in rows]
    reaches = [all(one.scale <= limit for one, limit in zip(row, limits, strict=True)) for row in rows]
    sound = [all(one.sound for one in row) for row in rows]
    left = [max(one.scale for one in row) for row in rows]
    pool = [at for at in range(len(rows)) if sound[at] and left[at] <= max(_POOR * min(left), EXACT)]
    pool = pool or list(range(len(rows)))
    lowest = min(criterion[at] for at in pool)
    enough = [at for at in pool if criterion[at] <= lowest + BARE_MENTION or reaches[at]]
    fewest = min(len(rows[at][0].values) for at in enough)
    chosen = min((at for at in enough if len(rows[at][0].values) == fewest), key=lambda at: criterion[at])
    why = (
        "it leaves over no more than any linear, causal model does"
        if reaches[chosen]
        else f"its Bayesian criterion is the lowest, or within 2 of it, among {len(rows)} circuits"
    )
    if not sound[chosen]:
        why = f"{why}; no circuit that describes them has resistances that are all determined"
    return Choice(chosen, tuple(rows), tuple(criterion), why)
