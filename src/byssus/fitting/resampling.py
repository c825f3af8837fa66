"""Uncertainty carried through anything, by drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byssus.errors import FitError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Propagated:
    """What drawing made of a quantity."""

    #: The function of the given values.
    value: float
    mean: float
    standard_deviation: float
    interval: tuple[float, float]
    level: float
    draws: int
    seed: int


def propagate(
    function: Callable[..., Any],
    inputs: Mapping[str, tuple[float, float] | ArrayLike],
    *,
    correlation: Mapping[tuple[str, str], float] | None = None,
    draws: int = 20_000,
    seed: int = 0,
    level: float = 0.95,
) -> Propagated:
    """Carry the uncertainty of inputs through a function by Monte Carlo.

    Parameters
    ----------
    function
        Takes the inputs by name, as arrays of draws, and returns an array as long.
    inputs
        By name a value with its standard uncertainty, drawn as normal, or an array of
        samples, drawn from with replacement.
    correlation
        Between pairs of normal inputs; zero where not given.
    draws, seed, level
        How many draws, of which generator, and the coverage of the interval (the
        probabilistically symmetric one).

    Raises
    ------
    FitError
        For inputs that are not finite, negative uncertainties, correlations that cannot be
        together, or a function that does not give a finite number for every draw.

    Source
        JCGM 101:2008 (GUM, Supplement 1), 5 and 7.

    Examples
    --------
    >>> made = propagate(lambda mass, area: mass / area, {"mass": (0.927, 0.034), "area": (1.131, 0.0)})
    >>> round(made.value, 3), round(made.standard_deviation, 2)
    (0.82, 0.03)
    """
    generator = np.random.default_rng(seed)
    normal: dict[str, tuple[float, float]] = {}
    drawn: dict[str, Array] = {}
    centre: dict[str, float] = {}
    for name, given in inputs.items():
        if isinstance(given, tuple) and len(given) == 2:
            value, error = float(given[0]), float(given[1])
            if not (np.isfinite(value) and np.isfinite(error) and error >= 0):
                raise FitError("is not a value with an uncertainty", field=name, value=given)
            normal[name], centre[name] = (value, error), value
        else:
            samples = np.asarray(given, dtype=float)
            if samples.ndim != 1 or samples.size < 2 or not np.isfinite(samples).all():
                raise FitError("is not an array of finite samples", field=name)
            drawn[name] = generator.choice(samples, draws)
            centre[name] = float(np.mean(samples))
    if normal:
        drawn |= _normal_draws(normal, correlation or {}, draws, generator)
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(function(**drawn), dtype=float), (draws,))
        value = float(function(**{name: np.float64(number) for name, number in centre.items()}))
    if bad := int(np.sum(~np.isfinite(values))):
        raise FitError(
            f"the function is not finite for {bad} of {draws} draws",
            fix="its inputs reach where it is not defined: a smaller uncertainty, or samples, must keep them out",
        )
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    deviation = float(np.std(values, ddof=1))
    return Propagated(value, float(np.mean(values)), deviation, (float(low), float(high)), level, draws, seed)


def bootstrap(
    sample: ArrayLike,
    statistic: Callable[[Array], float],
    *,
    level: float = 0.95,
    draws: int = 9_999,
    seed: int = 0,
    method: Literal["BCa", "percentile", "basic"] = "BCa",
) -> tuple[float, float]:
    """Return a bootstrap interval of a statistic of one sample of independent values.

    BCa by default: bias-corrected and accelerated, second-order correct.
    Source: Efron, J. Am. Stat. Assoc. 82 (1987) 171, doi:10.1080/01621459.1987.10478410.

    Raises
    ------
    FitError
        For fewer than three values, or values that are not finite or all the same.

    Examples
    --------
    >>> low, high = bootstrap([2.1, 1.9, 2.0, 2.3, 1.8, 2.2], np.mean)
    >>> 1.8 < low < 2.05 < high < 2.3
    True
    """
    values = np.asarray(sample, dtype=float)
    if values.ndim != 1 or values.size < 3:
        raise FitError(f"{values.size} values are too few to resample", fix="give at least three")
    if not np.isfinite(values).all():
        raise FitError("the sample holds values that are not finite")
    if np.ptp(values) == 0:
        raise FitError("all values are the same, so resampling says nothing", value=float(values[0]))
    from scipy import stats

    result = stats.bootstrap(
        (values,),
        lambda part: statistic(np.asarray(part)),
        vectorized=False,
        n_resamples=draws,
        confidence_level=level,
        method=method,
        rng=np.random.default_rng(seed),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def _normal_draws(
    normal: Mapping[str, tuple[float, float]],
    correlation: Mapping[tuple[str, str], float],
    draws: int,
    generator: np.random.Generator,
) -> dict[str, Array]:
    names: Sequence[str] = list(normal)
    matrix = np.eye(len(names))
    for (first, second), value in correlation.items():
        if first not in normal or second not in normal:
            raise FitError("names an input that is not normal", field="correlation", value=(first, second))
        i, j = names.index(first), names.index(second)
        matrix[i, j] = matrix[j, i] = value
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest < -1e-12:
        raise FitError("the correlations cannot hold together: their matrix is not positive", field="correlation")
    eigenvalues, vectors = np.linalg.eigh(matrix)
    standard = generator.standard_normal((draws, len(names))) @ (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))).T
    return {name: normal[name][0] + normal[name][1] * standard[:, at] for at, name in enumerate(names)}
