"""What the data do not determine, found and put in words.

The derivatives of the residuals, each column scaled to length one, are taken apart by
singular values.  A direction whose singular value is below `RANK` of the largest leaves
every residual as it is: along it the data say nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from byssus.fitting.problem import Problem
from byssus.quantity import format_value, pretty_unit

Array = NDArray[np.float64]

#: Between the noise of three-point derivatives (1e-10) and the worst-conditioned certified
#: problem (Bennett5 of NIST's StRD: 1.8e-5).
RANK = 1e-8
#: A parameter belongs to an open direction if it has at least this part in it.
PART = 1e-4
#: Two parameters are hardly told apart beyond this correlation, if one of them is known worse than WEAK.
CORRELATED = 0.99
WEAK = 0.2
#: Data sets contradict one another where their own estimates lie this many standard errors apart.
CONTRADICTION = 3.5


@dataclass(frozen=True)
class View:
    """The state of a fit, as the tests here need it."""

    problem: Problem
    u: Array
    jacobian: Array
    covariance: Array
    null: Array
    at_bound: NDArray[np.bool_]


def covariance(jacobian: Array) -> tuple[Array, Array]:
    """Return (JᵀJ)⁺, the covariance for unit variance in all determined directions, and the open directions.

    Both in the coordinates of `jacobian`; the directions are of length one when each
    coordinate is scaled by the length of its column.
    """
    lengths = np.linalg.norm(jacobian, axis=0)
    safe = np.where(lengths > 0, lengths, 1.0)
    # The triangle of a QR has the singular values of the whole, and is small.
    _, singular, directions = np.linalg.svd(np.linalg.qr(jacobian / safe, mode="r"))
    open_ones = singular <= RANK * singular[0] if singular[0] > 0 else np.ones_like(singular, dtype=bool)
    inverse = np.where(open_ones, 0.0, 1.0 / np.where(open_ones, 1.0, singular) ** 2)
    cov = (directions.T * inverse) @ directions / np.outer(safe, safe)
    return cov, directions[open_ones].T


def sandwich(jacobian: Array, residuals: Array, loss: str, loss_scale: float) -> tuple[Array, Array]:
    """Return the covariance of an M-estimator, H⁻¹ G H⁻¹ · n/(n − p), and the open directions.

    H = Σ (ρ′ + 2zρ″) j jᵀ and G = Σ (ρ′ r)² j jᵀ with z = (r/C)².
    Source: Huber and Ronchetti, Robust Statistics (2009), ch. 7.6.
    """
    z = (residuals / loss_scale) ** 2
    first, second = _loss_derivatives(z, loss)
    curvature = np.maximum(first + 2 * z * second, 0.0)
    bread, null = covariance(jacobian * np.sqrt(curvature)[:, None])
    meat = (jacobian * ((first * residuals) ** 2)[:, None]).T @ jacobian
    points, free = jacobian.shape
    return bread @ meat @ bread * points / max(1, points - free), null


def _loss_derivatives(z: Array, loss: str) -> tuple[Array, Array]:
    match loss:
        case "huber":
            inside = z <= 1
            safe = np.where(inside, 1.0, z)
            return np.where(inside, 1.0, safe**-0.5), np.where(inside, 0.0, -0.5 * safe**-1.5)
        case "soft_l1":
            return (1 + z) ** -0.5, -0.5 * (1 + z) ** -1.5
        case "cauchy":
            return 1 / (1 + z), -1 / (1 + z) ** 2
        case "arctan":
            return 1 / (1 + z**2), -2 * z / (1 + z**2) ** 2
        case _:
            return np.ones_like(z), np.zeros_like(z)


def undetermined(null: Array, count: int) -> NDArray[np.bool_]:
    """Say which parameters have a part in an open direction."""
    return np.asarray(np.any(np.abs(null) > PART, axis=1)) if null.size else np.zeros(count, dtype=bool)


def statements(view: View) -> list[str]:
    """Put everything that a standard error does not show in words."""
    return [*of_null_space(view), *_bounds(view), *_correlations(view), *_contradictions(view)]


def of_null_space(view: View) -> Iterator[str]:
    """Name the combinations that are all the data determine of some parameters."""
    for direction in _sparse(view.null):
        members = np.flatnonzero(np.abs(direction) > PART)
        names = [view.problem.names[member] for member in members]
        if len(members) == 1:
            yield f"{names[0]} is not determined by these data: they do not depend on it"
            continue
        pair = _relation(view, int(members[0]), int(members[1])) if len(members) == 2 else None
        if pair is None:
            yield f"{_and(names)} are determined only in combination, none of them alone"
        else:
            word, value, error, unit = pair
            spelled = f"{format_value(value, error)} {unit}".strip()
            yield f"{_and(names)} are determined only as their {word}, {spelled}"


def _sparse(null: Array) -> list[Array]:
    """Return a basis of the open directions in which each has as few members as elimination finds."""
    rows = null.T.copy()
    for at in range(len(rows)):
        column = int(np.argmax(np.abs(rows[at])))
        rows[at] /= rows[at][column]
        for other in range(len(rows)):
            if other != at:
                rows[other] -= rows[other][column] * rows[at]
    return [row / np.max(np.abs(row)) for row in rows]


def _relation(view: View, i: int, j: int) -> tuple[str, float, float, str] | None:
    """Find which of product, ratio, sum and difference leaves the residuals alone when both move far along it."""
    problem, u = view.problem, view.u
    a, b = u[i] * problem.scales[i], u[j] * problem.scales[j]
    before = problem.residuals(u)

    def moved(new_a: float, new_b: float) -> float:
        there = u.copy()
        there[i], there[j] = new_a / problem.scales[i], new_b / problem.scales[j]
        return float(np.linalg.norm(problem.residuals(there) - before))

    step = 0.3 * (abs(a) or abs(b) or 1.0)
    alone = max(moved(a + step, b), 1e-300)
    unit_a, unit_b = problem.free[i].unit, problem.free[j].unit
    like = unit_a if unit_a == unit_b else ""
    candidates = (
        ("product", (1.3 * a, b / 1.3), a * b, (b, a), _joined(unit_a, "*", unit_b)),
        ("ratio", (1.3 * a, 1.3 * b), a / b if b else np.nan, (1 / b, -a / b**2) if b else (0, 0), _joined(unit_a, "/", unit_b)),
        ("sum", (a + step, b - step), a + b, (1.0, 1.0), like),
        ("difference", (a + step, b + step), a - b, (1.0, -1.0), like),
    )  # fmt: skip
    for word, there, value, slopes, unit in candidates:
        if np.isfinite(value) and a and b and moved(*there) < 1e-6 * alone:
            gradient = np.zeros(len(u))
            gradient[i], gradient[j] = slopes[0] * problem.scales[i], slopes[1] * problem.scales[j]
            error = math.sqrt(max(0.0, float(gradient @ view.covariance @ gradient)))
            return word, float(value), error, pretty_unit(unit)
    return None


def _bounds(view: View) -> Iterator[str]:
    for at in np.flatnonzero(view.at_bound):
        parameter = view.problem.free[at]
        low = abs(view.u[at] - view.problem.lower[at]) <= abs(view.u[at] - view.problem.upper[at])
        side, value = ("lower", parameter.lower) if low else ("upper", parameter.upper)
        unit = "" if parameter.unit == "1" else f" {pretty_unit(parameter.unit)}"
        yield f"{parameter.name} ended on its {side} bound, {value:.6g}{unit}: without it the fit would go further"


def _correlations(view: View) -> Iterator[str]:
    blank = undetermined(view.null, len(view.u)) | view.at_bound
    deviations: Array = np.sqrt(np.diag(view.covariance).clip(0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = deviations / np.abs(view.u)
    for i in range(len(view.u)):
        for j in range(i + 1, len(view.u)):
            if blank[i] or blank[j] or deviations[i] * deviations[j] == 0:
                continue
            r = view.covariance[i, j] / (deviations[i] * deviations[j])
            if abs(r) > CORRELATED and max(relative[i], relative[j]) > WEAK:
                together = "product" if r * view.u[i] * view.u[j] < 0 else "ratio"
                first, second = relative[i], relative[j]
                # Of ln(ab) or ln(a/b), whichever the sign of r makes the smaller.
                spread = math.sqrt(max(0.0, first**2 + second**2 - 2 * abs(r) * first * second))
                names = view.problem.names
                better = (
                    f"their {together} is known to {spread:.1%}, they alone"
                    if spread < max(first, second) / 3
                    else "they are known only"
                )
                yield (
                    f"{names[i]} and {names[j]} are hardly told apart (correlation {r:+.4f}): {better} "
                    f"to {_share(view, i, deviations[i])} and {_share(view, j, deviations[j])}"
                )


def _share(view: View, at: int, deviation: float) -> str:
    """Return an error as a share of its value, or where it is larger than that, as a logarithm's may be, as it is."""
    relative = deviation / abs(view.u[at]) if view.u[at] else math.inf
    if relative <= 1:
        return f"{relative:.0%}"
    unit = view.problem.free[at].unit
    known = float(f"{deviation * view.problem.scales[at]:.2g}")
    return f"± {known:g}{'' if unit == '1' else f' {pretty_unit(unit)}'}"


def _contradictions(view: View) -> Iterator[str]:
    """Compare what each data set would make of a shared parameter with what the others would.

    Each set's own linear estimate is δ = −(JᵀJ)⁺Jᵀr, with covariance (JᵀJ)⁺ times the unit;
    where two sets' estimates of a parameter lie more than `CONTRADICTION` joint standard
    errors apart, they contradict one another.
    """
    problem = view.problem
    if len(problem.data) < 2:
        return
    residuals = problem.residuals(view.u)
    edges = np.cumsum([0, *(part.y.size * (2 if np.iscomplexobj(part.y) else 1) for part in problem.data)])
    own: list[tuple[Array, Array, NDArray[np.bool_]]] = []
    for low, high in pairwise(edges):
        block, rest = view.jacobian[low:high], residuals[low:high]
        spread, null = covariance(block)
        shift = -spread @ (block.T @ rest)
        after = rest + block @ shift
        room = max(1, len(rest) - int(np.linalg.matrix_rank(block)))
        # With relative errors each set speaks with its own scatter, or the contradiction would hide in a common one.
        unit = 1.0 if problem.errors == "known" else float(after @ after) / room
        known = ~undetermined(null, len(view.u)) & (np.linalg.norm(block, axis=0) > 0)
        own.append((shift, np.diag(spread) * unit, known))
    for at, name in enumerate(problem.names):
        for first in range(len(own)):
            for second in range(first + 1, len(own)):
                (a, var_a, known_a), (b, var_b, known_b) = own[first], own[second]
                joint = np.sqrt(var_a[at] + var_b[at])
                if known_a[at] and known_b[at] and joint > 0 and abs(a[at] - b[at]) > CONTRADICTION * joint:
                    apart = abs(a[at] - b[at]) / joint
                    yield (
                        f"{problem.data[first].name} and {problem.data[second].name} contradict one another on {name}: "
                        f"their own estimates lie {apart:.1f} standard errors apart"
                    )


def _joined(first: str, sign: str, second: str) -> str:
    if second == "1":
        return "" if first == "1" else first
    if first == "1":
        return second if sign == "*" else f"1/{second}"
    return "" if first == second and sign == "/" else f"{first}{sign}{second}"


def _and(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
