"""Whether residuals scatter as they should."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Fewer signs than this of either kind, and the normal approximation to the runs is poor.
FEWEST_SIGNS = 5


def runs(parts: Sequence[Array]) -> float | None:
    """Return the two-sided probability of as many or few runs of signs, over all data sets.

    μ = 1 + 2n₊n₋/n and σ² = (μ−1)(μ−2)/(n−1) a set; sets add.
    Source: Wald and Wolfowitz, Ann. Math. Stat. 11 (1940) 147, doi:10.1214/aoms/1177731909.
    """
    found = expected = variance = 0.0
    for part in parts:
        signs = np.sign(part)
        signs = signs[signs != 0]
        plus, minus = int(np.sum(signs > 0)), int(np.sum(signs < 0))
        if min(plus, minus) < FEWEST_SIGNS:
            continue
        total = plus + minus
        mean = 1 + 2 * plus * minus / total
        found += 1 + int(np.sum(signs[1:] != signs[:-1]))
        expected += mean
        variance += (mean - 1) * (mean - 2) / (total - 1)
    if variance == 0:
        return None
    return math.erfc(abs(found - expected) / math.sqrt(2 * variance))


def normality(residuals: Array) -> float | None:
    """Return the probability of residuals as far from normal as these."""
    from scipy import stats

    if len(residuals) < 8 or np.ptp(residuals) == 0:
        return None
    test = stats.shapiro if len(residuals) <= 5000 else stats.normaltest
    return float(test(residuals).pvalue)
