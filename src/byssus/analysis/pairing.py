"""Which of the peaks that were found is which of those that are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def paired(known: Sequence[float], found: Sequence[float]) -> list[float | None]:
    """Give each known peak one that was found, so that they lie as near as can be; None where there are too few.

    Examples
    --------
    >>> paired([0.38, 0.53], [0.5]), paired([0.38, 0.53], [0.3, 0.45, 0.52])
    ([None, 0.5], [0.45, 0.52])
    """
    from scipy.optimize import linear_sum_assignment

    apart = np.abs(np.asarray(known)[:, None] - np.asarray(found)[None, :])
    given = {int(row): found[int(column)] for row, column in zip(*linear_sum_assignment(apart), strict=True)}
    return [given.get(place) for place in range(len(known))]
