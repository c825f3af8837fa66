"""The distribution of relaxation times (DRT): how much resistance relaxes at which time constant.

Equation
    Z(ω) = R∞ + jωL + 1/(jωC) + ∫ γ(ln τ)/(1 + jωτ) d ln τ, with γ, R∞, L, 1/C ≥ 0
γ is piecewise linear on ten nodes a decade; its integrals are taken by Gauss's quadrature.  It is found by Tikhonov's method:
least squares of both parts with weights 1/|Z|², plus λ ∫ (γ'')² d ln τ (M. Saccoccio et al., Electrochim. Acta 147 (2014) 470,
doi 10.1016/j.electacta.2014.09.058; T. H. Wan et al., Electrochim. Acta 184 (2015) 483, doi 10.1016/j.electacta.2015.09.097).
λ is the largest whose error of points left out is within one standard error of the least (L. Breiman et al., Classification
and Regression Trees, 1984): the smoothest γ that suffices.  That error is from generalised cross-validation, as for the number
of elements in `byssus.analysis.impedance.validity`; the degrees of freedom are those of the nodes above zero.  (For other
rules see A. Maradesa et al., J. Electrochem. Soc. 170 (2023) 030502, doi 10.1149/1945-7111/acbca4.)

What a peak means.  The area is the resistance of a process whose time constant lies within the frequencies measured.  An RC
element, a delta in truth, is drawn as wide as the noise leaves it open.  One process can give several peaks: finite diffusion
into a reservoir has one at 4τ/π² that holds 8/π² of its resistance, and smaller ones at 1/9, 1/25 … of that time constant.
Inductive loops (a negative γ) are not in the model; they show as residuals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.linalg.lapack import dposv, dtrtri
from scipy.optimize import nnls

from byssus.analysis.impedance.spectrum import Array, Complex, Flags
from byssus.analysis.impedance.validity import Validity
from byssus.errors import AnalysisError
from byssus.findings import Finding

#: Nodes a decade of time constant.
A_DECADE: Final = 10
#: Decades beyond 1/ω of the frequencies, where what begins there may lie.
_BEYOND = 0.5
#: Decades of λ that are searched, from smooth to rough, and how many values.
_LAMBDA = (2.0, -8.0)
_STEPS = 16
#: The search ends when so many rougher ones have not helped.
_PATIENCE = 4
#: What is left over is taken for no less than this share of |Z|: instruments are no better, nor is γ on its nodes.
_FLOOR = 3e-4
#: A peak stands above the valley beside it by so many standard deviations, of means over so many nodes, ...
_CLEAR, _NODES = 1.0, 3
#: ... and its area above zero by so many, and above this share of all resistance.
_SURE, _LEAST_SHARE = 3.0, 0.01
#: Beside a large peak, within so many decades, regularisation makes ripples: up to 6 % of its area were seen for exact
#: spectra of arcs with constant-phase elements.  What is less than a tenth of its neighbour is counted to it.
_RIPPLE, _RIPPLE_WITHIN = 0.1, 1.5
#: A delta between two nodes is drawn with an area and at a time constant that are wrong by these shares at most.
_AREA_BETWEEN, _TIME_BETWEEN = 2e-3, 0.01
_FEWEST = 8
#: Terms before γ: R∞, L and 1/C.
_TERMS = 3
#: Residuals so many times those of the test of Kramers and Kronig are more than smoothing costs; a choice.
_MISFIT = 3.0


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of the distribution.

    Parameters
    ----------
    time_constant, time_error
        Mean of ln τ over its upper half, as τ in s, and the standard uncertainty of that.
    resistance, resistance_error
        Its area between the valleys beside it in Ω, and the standard uncertainty of that, with what the choice of λ moves.  Of
        exact spectra of two arcs with noise of 0.5 to 2 % added, it was the scatter of the areas found; at 0.1 %, half of it.
    low, high
        The valleys, in s.
    open
        Why `resistance` is not one of a whole process, or None.
    """

    time_constant: float
    time_error: float
    resistance: float
    resistance_error: float
    low: float
    high: float
    open: str | None

    @property
    def frequency(self) -> float:
        """1/(2πτ) in Hz."""
        return 1 / (2 * np.pi * self.time_constant)

    @property
    def capacitance(self) -> float:
        """τ/R in F."""
        return self.time_constant / self.resistance


@dataclass(frozen=True)
class Relaxation:
    """The distribution of relaxation times of a spectrum.

    Parameters
    ----------
    time_constant
        The nodes, in s, rising.
    gamma, gamma_error
        γ at the nodes in Ω per unit of ln τ, and its standard uncertainty at the λ chosen.
    resistance, resistance_error
        R∞ and all that relaxes faster than the highest frequency, in Ω.
    inductance, capacitance
        L in H, 0 where there is none; C in F, infinite where there is none.
    regularisation
        λ, for impedances in units of `scale`.
    scale
        Median of |Z| in Ω.
    noise
        Standard deviation of a part of a point, as a share of |Z|.
    freedom
        Effective number of parameters.
    fitted, residual
        Impedance at all points given, and (Z − fit)/|Z|.
    peaks
        In the order of the time constant, fast ones first.
    """

    time_constant: Array
    gamma: Array
    gamma_error: Array
    resistance: float
    resistance_error: float
    inductance: float
    capacitance: float
    regularisation: float
    scale: float
    noise: float
    freedom: float
    fitted: Complex
    residual: Complex
    peaks: tuple[Peak, ...]

    @property
    def polarisation(self) -> float:
        """Area of the whole distribution, in Ω."""
        return float(np.sum(_areas(self.time_constant) * self.gamma))


@dataclass(frozen=True)
class _Problem:
    """Least squares in the form of its normal equations, with the penalty DᵀD on what is not smooth."""

    design: Array
    target: Array
    normal: Array
    right: Array
    rough: Array
    #: What a second difference of γ counts for in the penalty.
    bend: float


@dataclass(frozen=True)
class _Solved:
    regularisation: float
    values: Array
    residual: Array
    #: Inverse of the Cholesky factor of AᵀA + λ DᵀD over the terms above zero, a column of zeros for each of the others.
    root: Array
    freedom: float
    score: float

    @property
    def inverse(self) -> Array:
        """(AᵀA + λ DᵀD)⁻¹ over the terms above zero; nothing for those at zero."""
        return np.asarray(self.root.T @ self.root)


def relaxation(
    frequency: Array, impedance: Complex, *, use: Flags | None = None, regularisation: float | None = None
) -> Relaxation:
    """Return the distribution of relaxation times of a spectrum.

    Parameters
    ----------
    frequency
        In Hz, in any order.
    impedance
        In Ω.
    use
        Which points to use; all by default.  Points at the high-frequency end with Z'' > 0 are not: leads are seldom one pure
        inductance.
    regularisation
        λ; by default the smoothest that cross-validation finds sufficient.

    Raises
    ------
    AnalysisError
        If there are fewer than eight points.

    Examples
    --------
    Two arcs, of 30 Ω at 0.1 ms and 70 Ω at 0.1 s:

    >>> f = np.logspace(5, -2, 71)
    >>> s = 2j * np.pi * f
    >>> z = 5 + 30 / (1 + (1e-4 * s) ** 0.9) + 70 / (1 + (0.1 * s) ** 0.8)
    >>> found = relaxation(f, z)
    >>> [(f"{peak.time_constant:.1e}", f"{peak.resistance:.0f}") for peak in found.peaks], round(found.resistance, 1)
    ([('1.0e-04', '30'), ('1.0e-01', '70')], 5.1)
    """
    frequency, impedance = np.asarray(frequency, dtype=float), np.asarray(impedance, dtype=complex)
    use = (np.ones(len(frequency), dtype=bool) if use is None else np.asarray(use, dtype=bool)) & ~_inductive(
        frequency, impedance
    )
    omega, z = 2 * np.pi * frequency[use], impedance[use]
    if len(omega) < _FEWEST:
        raise AnalysisError(f"{len(omega)} points are too few for a distribution of relaxation times")
    decades = np.log10(omega.max() / omega.min()) + 2 * _BEYOND
    time_constant = np.geomspace(
        10**-_BEYOND / omega.max(), 10**_BEYOND / omega.min(), int(np.ceil(decades * A_DECADE)) + 1
    )
    scale = float(np.median(np.abs(z)))
    size = np.abs(z) / scale
    columns = _columns(omega, time_constant)
    # Each term of unknown size is in units in which its largest share of a point is one.
    units = np.ones(columns.shape[1])
    units[:_TERMS] = 1 / np.max(np.abs(columns[:, :_TERMS]) / size[:, None], axis=0)
    weighted = columns * units / size[:, None]
    design = np.vstack([weighted.real, weighted.imag])
    b = z / scale / size
    target = np.concatenate([b.real, b.imag])
    bend = float(np.log(time_constant[1] / time_constant[0])) ** -1.5
    second = np.diff(np.eye(len(time_constant)), 2, axis=0) * bend
    rough = np.zeros((columns.shape[1], columns.shape[1]))
    rough[_TERMS:, _TERMS:] = second.T @ second
    problem = _Problem(design, target, design.T @ design, design.T @ target, rough, bend)
    strengths = 10 ** np.linspace(*_LAMBDA, _STEPS) if regularisation is None else np.array([regularisation])
    free = np.ones(columns.shape[1], dtype=bool)
    tried: list[_Solved] = []
    for strength in strengths:
        tried.append(_solve(problem, float(strength), free))
        free = tried[-1].values > 0
        least = min(tried, key=lambda each: each.score)
        if len(tried) - tried.index(least) > _PATIENCE:
            break
    enough = least.score * (1 + math.sqrt(2 / len(target)))
    solved = next(each for each in tried if each.score <= enough)
    noise = float(np.sqrt(solved.residual @ solved.residual / max(len(target) - solved.freedom, 1.0)))
    covariance = max(noise, _FLOOR) ** 2 * solved.inverse
    # In Ω, or what each term is counted in.
    units = units * scale
    values, covariance = solved.values * units, covariance * np.outer(units, units)
    # A point that is not used may have no impedance or no frequency.
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = _columns(2 * np.pi * frequency, time_constant) @ values
        residual = (impedance - fitted) / np.abs(impedance)
    gamma, rougher = values[_TERMS:], (least.values * units)[_TERMS:]
    # What is faster than the frequencies is a resistance to them, and no one could tell it from R∞.
    fast = time_constant < 1 / omega.max()
    ahead = np.concatenate([[1.0, 0.0, 0.0], _areas(time_constant) * fast])
    return Relaxation(
        time_constant=time_constant,
        gamma=gamma,
        gamma_error=np.sqrt(np.diag(covariance)[_TERMS:]),
        resistance=float(ahead @ values),
        resistance_error=float(np.sqrt(ahead @ covariance @ ahead)),
        inductance=float(values[1]),
        capacitance=float(1 / values[2]) if values[2] > 0 else float("inf"),
        regularisation=solved.regularisation,
        scale=scale,
        noise=noise,
        freedom=solved.freedom,
        fitted=fitted,
        residual=residual,
        peaks=tuple(
            _peaks(time_constant, gamma, rougher, covariance[_TERMS:, _TERMS:], 1 / omega.max(), 1 / omega.min())
        ),
    )


def said(number: int, found: Relaxation, validity: Validity) -> Iterator[Finding]:
    """Say where a distribution leaves over more than the spectrum's own scatter."""
    if validity.noise is None or found.noise < _MISFIT * max(validity.noise, _FLOOR):
        return
    yield Finding(
        "relaxation-misfit",
        f"spectrum {number}: the distribution of relaxation times leaves over {100 * found.noise:.2g} % of |Z|, the test of "
        f"Kramers and Kronig {100 * validity.noise:.2g} %",
    )


def _areas(time_constant: Array) -> Array:
    """Return what each node of γ adds to its area: d ln τ, half of it at the ends."""
    spacing = np.full(len(time_constant), np.log(time_constant[1] / time_constant[0]))
    spacing[[0, -1]] /= 2
    return np.asarray(spacing)


def _columns(omega: Array, time_constant: Array) -> Complex:
    """Return what R∞, L, 1/C and the hat function of each node add to the impedance."""
    s = 1j * omega
    nodes, weights = np.polynomial.legendre.leggauss(3)
    share = (nodes + 1) / 2
    logs = np.log(time_constant)
    spacing = logs[1] - logs[0]
    # Over each interval between nodes: the falling half of the hat on its left, the rising half of that on its right.
    times = np.exp(logs[:-1, None] + spacing * share)
    debye = 1 / (1 + s[:, None, None] * times)
    falling = debye @ (weights / 2 * (1 - share)) * spacing
    rising = debye @ (weights / 2 * share) * spacing
    hats = np.zeros((len(omega), len(time_constant)), dtype=complex)
    hats[:, :-1] += falling
    hats[:, 1:] += rising
    return np.column_stack([np.ones_like(s), s, 1 / s, hats])


def _solve(problem: _Problem, regularisation: float, free: Flags) -> _Solved:
    """Solve for one λ, beginning with the terms that were above zero for the one before."""
    normal = problem.normal + regularisation * problem.rough
    # Only rounding keeps a normal matrix of nearly alike columns from being one.
    normal[np.diag_indices_from(normal)] *= 1 + 1e-12
    values = _not_negative(normal, problem.right, free)
    free = values > 0
    root = np.zeros((int(free.sum()), len(values)))
    root[:, free], _ = dtrtri(cholesky(normal[np.ix_(free, free)], lower=True), lower=1)
    residual = problem.target - problem.design @ values
    # The trace of (AᵀA + λDᵀD)⁻¹ AᵀA; Dᵀ takes second differences, and a small matrix product is slow where BLAS has threads.
    bent = np.diff(root[:, _TERMS:], 2, axis=1) * problem.bend
    freedom = len(root) - regularisation * float(np.sum(bent**2))
    count = len(residual)
    square = float(residual @ residual) + count * _FLOOR**2
    return _Solved(regularisation, values, residual, root, freedom, square / max(count - freedom, 1e-9) ** 2)


def _not_negative(normal: Array, right: Array, free: Flags) -> Array:
    """Minimise xᵀGx/2 − gᵀx over x ≥ 0 by block principal pivoting.

    Begun near the solution, as from one λ to the next, it takes a few steps, where `scipy.optimize.nnls` adds one term after
    another.  Source: J. Kim, H. Park, SIAM J. Sci. Comput. 33 (2011) 3261, algorithm 1.
    """
    free = free.copy()
    fewest, patience = len(right) + 1, 3
    least = 1e-12 * float(np.abs(right).max())
    values = np.zeros_like(right)
    for _ in range(5 * len(right)):
        values[:] = 0.0
        _, values[free], failed = dposv(normal[np.ix_(free, free)], right[free], lower=1)
        if failed:
            break
        slope = normal @ values - right
        wrong = np.where(free, values < 0, slope < -least)
        count = int(wrong.sum())
        if not count:
            return values
        if count < fewest:
            fewest, patience = count, 3
        elif patience:
            patience -= 1
        else:
            # One at a time cannot go in circles.
            wrong[: int(np.flatnonzero(wrong)[-1])] = False
        free ^= wrong
    # Rounding can keep it from ending; the slower way does not go by signs of small numbers.
    upper = cholesky(normal)
    found, _ = nnls(upper, solve_triangular(upper, right, trans="T"), maxiter=30 * len(right))
    return np.asarray(found, dtype=float)


def _peaks(
    time_constant: Array, gamma: Array, rougher: Array, covariance: Array, fastest: float, slowest: float
) -> list[Peak]:
    """Return the peaks that stand clear of their valleys and of zero.

    `rougher` is γ at the λ of the least error: what the choice of a smoother one moves is part of the uncertainty.
    """
    area = _areas(time_constant)
    total = float(area @ gamma)
    found = []
    for low, top, high in _without_ripples(_spans(gamma, covariance), time_constant, area * gamma):
        inside = np.zeros(len(gamma))
        # A valley's node belongs half to either side.
        inside[low : high + 1] = area[low : high + 1]
        inside[[at for at in (low, high) if 0 < at < len(gamma) - 1]] /= 2
        resistance = float(inside @ gamma)
        scatter = float(np.sqrt(inside @ covariance @ inside))
        error = math.hypot(scatter, float(inside @ (gamma - rougher)), _AREA_BETWEEN * resistance)
        time, time_error = _summit(time_constant, gamma, covariance, low, top, high)
        if resistance < max(_SURE * error, _LEAST_SHARE * total) or time_constant[top] < fastest:
            continue
        # Of a whole process most has fallen off by the lowest frequency.
        beyond = gamma[low : high + 1][time_constant[low : high + 1] >= slowest]
        slow = (
            "it reaches beyond the lowest frequency, so only its beginning was measured"
            if beyond.max(initial=0.0) > gamma[top] / 2
            else None
        )
        found.append(
            Peak(time, time_error, resistance, error, float(time_constant[low]), float(time_constant[high]), slow)
        )
    return found


def _without_ripples(
    spans: list[tuple[int, int, int]], time_constant: Array, share: Array
) -> list[tuple[int, int, int]]:
    """Return the spans of peaks; a ripple beside a large peak is counted to it."""
    spans = list(spans)
    while True:
        sizes = [float(share[low : high + 1].sum()) for low, _, high in spans]
        logs = [math.log10(time_constant[top]) for _, top, _ in spans]
        ripples = [
            (sizes[at], abs(logs[at] - logs[beside]), at, beside)
            for at in range(len(spans))
            for beside in (at - 1, at + 1)
            if 0 <= beside < len(spans)
            and sizes[at] < _RIPPLE * sizes[beside]
            and abs(logs[at] - logs[beside]) < _RIPPLE_WITHIN
        ]
        if not ripples:
            return spans
        _, _, at, beside = min(ripples)
        first, last = sorted((at, beside))
        spans[first : last + 1] = [(spans[first][0], spans[beside][1], spans[last][2])]


def _inductive(frequency: Array, impedance: Complex) -> Flags:
    """Return the points of the high-frequency end whose imaginary part is above zero."""
    flags = np.zeros(len(frequency), dtype=bool)
    for at in np.argsort(-frequency, kind="stable"):
        if not impedance[at].imag > 0:
            break
        flags[at] = True
    return flags


def _spans(gamma: Array, covariance: Array) -> list[tuple[int, int, int]]:
    """Return the lower valley, top and upper valley of each peak; peaks that are not clear of each other are one."""
    padded = np.concatenate([[-1.0], gamma, [-1.0]])
    tops = [at for at in range(len(gamma)) if padded[at] < padded[at + 1] >= padded[at + 2] and gamma[at] > 0]
    while True:
        valleys = [at + int(np.argmin(gamma[at : to + 1])) for at, to in pairwise(tops)]
        shallow = [_shallow(tops, place, valley, gamma, covariance) for place, valley in enumerate(valleys)]
        if not shallow or min(shallow) >= _CLEAR:
            break
        place = int(np.argmin(shallow))
        tops.pop(place if gamma[tops[place]] < gamma[tops[place + 1]] else place + 1)
    ends = [0, *valleys, len(gamma) - 1]
    return [(ends[place], top, ends[place + 1]) for place, top in enumerate(tops)]


def _shallow(tops: Sequence[int], place: int, valley: int, gamma: Array, covariance: Array) -> float:
    """Return by how many standard deviations the lower of two neighbouring tops stands above the valley between."""
    top = min(tops[place], tops[place + 1], key=lambda at: float(gamma[at]))
    if gamma[valley] == 0:
        return float("inf")
    step = np.zeros(len(gamma))
    for at, sign in ((top, 1.0), (valley, -1.0)):
        near = slice(max(at - _NODES // 2, 0), at + _NODES // 2 + 1)
        step[near] += sign / len(gamma[near])
    variance = float(step @ covariance @ step)
    return float(step @ gamma) / math.sqrt(max(variance, 1e-300))


def _summit(
    time_constant: Array, gamma: Array, covariance: Array, low: int, top: int, high: int
) -> tuple[float, float]:
    """Return the mean of ln τ over the upper half of a peak as τ, and its standard uncertainty, in s."""
    above = gamma[low : high + 1] > gamma[top] / 2
    left, right = top - low, top - low
    while left > 0 and above[left - 1]:
        left -= 1
    while right < high - low and above[right + 1]:
        right += 1
    # A delta between two nodes shows on both, however unequally.
    narrow = right - left < 2
    upper = slice(max(low + left - narrow, low), min(low + right + narrow, high) + 1)
    logs, weights = np.log(time_constant[upper]), gamma[upper]
    mean = float(weights @ logs / weights.sum())
    slopes = (logs - mean) / weights.sum()
    time = math.exp(mean)
    scatter = math.sqrt(max(float(slopes @ covariance[upper, upper] @ slopes), 0.0))
    return time, time * math.hypot(scatter, _TIME_BETWEEN)
