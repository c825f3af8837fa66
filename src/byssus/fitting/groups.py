"""Groups whose samples are nested: a binder's electrodes, and the cells of each.

Cells of one electrode share its coating, so they are not independent witnesses for the
binder: the electrodes are.  A group's mean is the weighted mean of its electrodes' means,
and its error comes from their scatter, which holds both levels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from byssus.errors import FitError

Array = NDArray[np.float64]
Nested = Mapping[str, Sequence[float]] | Sequence[float]


@dataclass(frozen=True)
class GroupMean:
    """The mean of a group, and what its error rests on."""

    mean: float
    error: float | None
    interval: tuple[float, float] | None
    level: float
    degrees_of_freedom: float
    electrodes: int
    cells: int
    #: Standard deviations between electrodes' means beyond what their cells explain, and between cells of one.
    between: float | None
    within: float | None
    #: What the interval cannot hold, in words; None if it holds both levels.
    reservation: str | None = None


@dataclass(frozen=True)
class Comparison:
    """The difference of two groups, first minus second."""

    difference: float
    error: float
    interval: tuple[float, float]
    level: float
    degrees_of_freedom: float | None
    #: Two-sided probability of a difference as large, were there none; None for the bootstrap.
    probability: float | None
    method: Literal["Welch", "bootstrap"]
    reservation: str | None = None


def group_mean(group: Nested, *, level: float = 0.95, shared: float = 0.0) -> GroupMean:
    """Average a group.

    Parameters
    ----------
    group
        Cells' values by electrode; or a plain sequence, each value an electrode of its own.
    level
        Of the interval, from Student's t with one degree less than there are electrodes.
    shared
        Standard uncertainty that all values of one electrode have in common, such as its
        loading's.  It does not average out over the electrode's cells, so where there is only
        one electrode it joins the error, with the degrees of freedom of the GUM (G.4.1).  With
        several, their scatter holds it already, and it is not counted twice.

    Notes
    -----
    Electrode j with n_j cells has the weight 1/(σ_e² + σ_c²/n_j), the variances found by
    moments; the error is Hartung and Knapp's, √(Σ w (ȳ_j − ȳ)²/((J − 1) Σ w)).  With equal
    numbers of cells this is the exact t interval of the electrodes' means.
    Source: Hartung and Knapp, Stat. Med. 20 (2001) 1771, doi:10.1002/sim.791; for the
    moments Searle, Casella and McCulloch, Variance Components (1992), 3.6.

    Raises
    ------
    FitError
        For no value, or one that is not finite.

    Examples
    --------
    >>> made = group_mean({"A": [2.0, 2.2], "B": [2.4, 2.6], "C": [2.1, 2.1]})
    >>> round(made.mean, 3), made.electrodes, made.cells
    (2.233, 3, 6)
    >>> group_mean([2.0]).interval is None
    True
    """
    parts = _checked(group)
    sizes = np.array([len(part) for part in parts], dtype=float)
    means = np.array([float(np.mean(part)) for part in parts])
    electrodes, cells = len(parts), int(sizes.sum())
    spare = cells - electrodes
    within = math.sqrt(sum(float(np.sum((part - np.mean(part)) ** 2)) for part in parts) / spare) if spare else None
    if electrodes == 1:
        return _one_electrode(parts[0], level, within, shared)
    between = _between(means, sizes, within)
    weights = 1 / (between**2 + (within or 0.0) ** 2 / sizes) if between or within else np.ones(electrodes)
    mean = float(np.sum(weights * means) / np.sum(weights))
    dof = electrodes - 1
    error = math.sqrt(float(np.sum(weights * (means - mean) ** 2) / (dof * np.sum(weights))))
    reach = _t(level, dof) * error
    reservation = (
        "each electrode has one cell: the spread of cells and of electrodes cannot be told apart" if not spare else None
    )
    return GroupMean(
        mean, error, (mean - reach, mean + reach), level, dof, electrodes, cells, between, within, reservation
    )


def compare(
    first: Nested,
    second: Nested,
    *,
    level: float = 0.95,
    method: Literal["Welch", "bootstrap"] = "Welch",
    draws: int = 9_999,
    seed: int = 0,
    shared: tuple[float, float] = (0.0, 0.0),
) -> Comparison:
    """Compare two groups by the difference of their means, first minus second.

    ``Welch``: t with Welch and Satterthwaite's degrees of freedom on the groups' errors.
    ``bootstrap``: electrodes drawn with replacement, then cells within each; percentiles.
    `shared` is that of `group_mean`, for either group.

    Raises
    ------
    FitError
        If a group has fewer than two values (Welch) or three electrodes (bootstrap).

    Examples
    --------
    >>> made = compare([27.5, 21.0, 19.0, 23.6, 17.0, 17.9], [27.1, 22.0, 20.8, 23.4, 23.4, 23.5])
    >>> round(made.difference, 3), made.interval[0] < 0 < made.interval[1]
    (-2.367, True)
    """
    a, b = (group_mean(group, level=level, shared=of) for group, of in zip((first, second), shared, strict=True))
    if method == "bootstrap":
        return _bootstrap(first, second, a, b, level, draws, seed)
    for which, mean in (("first", a), ("second", b)):
        if mean.error is None:
            raise FitError("has one value, so nothing is known of its spread", field=which, fix="measure more cells")
    e1, e2 = a.error or 0.0, b.error or 0.0
    error = math.hypot(e1, e2)
    difference = a.mean - b.mean
    if error == 0:
        raise FitError("neither group has any spread: are these replicates, or copies?")
    squared = e1**4 / a.degrees_of_freedom + e2**4 / b.degrees_of_freedom
    dof = error**4 / squared if squared else math.inf
    from scipy.special import stdtr

    reach = _t(level, dof) * error
    reservation = a.reservation or b.reservation
    return Comparison(
        difference,
        error,
        (difference - reach, difference + reach),
        level,
        dof,
        float(2 * stdtr(dof, -abs(difference) / error)),
        "Welch",
        reservation,
    )


def _checked(group: Nested) -> list[Array]:
    values = list(group.values()) if isinstance(group, Mapping) else [[value] for value in group]
    parts = [np.asarray(part, dtype=float) for part in values if len(part)]
    if not parts:
        raise FitError("the group holds no value")
    if not all(np.isfinite(part).all() for part in parts):
        raise FitError("the group holds values that are not finite", fix="leave them out, with the reason")
    return parts


def _one_electrode(part: Array, level: float, within: float | None, shared: float) -> GroupMean:
    mean, cells = float(np.mean(part)), len(part)
    if within is None:
        why = "one cell: nothing is known of any spread"
        return GroupMean(mean, None, None, level, 0, 1, 1, None, None, why)
    scatter = within / math.sqrt(cells)
    error = math.hypot(scatter, shared)
    # Welch and Satterthwaite: what is stated has no end of degrees of freedom, the scatter few.
    dof = (cells - 1) * (error / scatter) ** 4 if scatter else math.inf
    reach = _t(level, dof) * error
    but = " but what the study states of its masses" if shared else ""
    why = f"all cells are of one electrode: the interval holds nothing of the spread between coatings{but}"
    return GroupMean(mean, error, (mean - reach, mean + reach), level, dof, 1, cells, None, within, why)


def _between(means: Array, sizes: Array, within: float | None) -> float:
    """Return the standard deviation between electrodes, by moments; zero if cells explain their scatter."""
    total, count = sizes.sum(), len(sizes)
    grand = np.sum(sizes * means) / total
    mean_square = np.sum(sizes * (means - grand) ** 2) / (count - 1)
    typical = (total - np.sum(sizes**2) / total) / (count - 1)
    return math.sqrt(max(0.0, float(mean_square - (within or 0.0) ** 2) / float(typical)))


def _bootstrap(
    first: Nested, second: Nested, a: GroupMean, b: GroupMean, level: float, draws: int, seed: int
) -> Comparison:
    generator = np.random.default_rng(seed)
    means = []
    for which, group in (("first", first), ("second", second)):
        parts = _checked(group)
        if len(parts) < 3:
            raise FitError(
                f"has {len(parts)} electrodes, too few to resample", field=which, fix="use Welch, or measure three"
            )
        means.append(_resampled_means(parts, draws, generator))
    differences = means[0] - means[1]
    tail = (1 - level) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    return Comparison(
        a.mean - b.mean,
        float(np.std(differences, ddof=1)),
        (float(low), float(high)),
        level,
        None,
        None,
        "bootstrap",
        a.reservation or b.reservation,
    )


def _resampled_means(parts: list[Array], draws: int, generator: np.random.Generator) -> Array:
    chosen = generator.integers(0, len(parts), (draws, len(parts)))
    totals = np.zeros((draws, len(parts)))
    for at, part in enumerate(parts):
        drawn = part[generator.integers(0, len(part), (draws, len(parts), len(part)))].mean(axis=2)
        totals = np.where(chosen == at, drawn, totals)
    return np.asarray(totals.mean(axis=1))


def _t(level: float, dof: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(dof, 0.5 + level / 2))
