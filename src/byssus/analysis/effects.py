"""Which of several inputs moves an output: elementary effects (Morris) and shares of variance (Sobol), with SALib.

Every input runs from 0, the low end of its range, to 1, the high end; what lies between is the caller's business.
Outputs keep their unit.

* **Morris**: from a point of a grid one input after another takes a step; a *trajectory* is one run more than there
  are inputs.  A step of Δ changes the output by Δ·d, and d is an elementary effect: what the output would change by
  if that input ran through the whole of its range at that slope.  μ* is the mean of |d|, μ that of d, σ their standard
  deviation.  A σ beside μ* says that the effect depends on where the other inputs are, or on where this one is; which
  of the two, and on which other, these runs cannot tell.  Morris 1991, Technometrics 33, 161,
  doi:10.1080/00401706.1991.10484804; Campolongo et al. 2007, doi:10.1016/j.envsoft.2006.10.004.
* **Sobol**: the total-effect index is the share of the variance of the output that would be left if all other inputs
  were known; the first-order index is the share that would go if this one were.  Their difference is what this input
  does together with others.  Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018.

Runs belong together in blocks, a trajectory or a row of Saltelli's scheme.  A block with a run that gave nothing is
left out whole, as its effects cannot be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from byssus.errors import AnalysisError

Array = NDArray[np.float64]
Method = Literal["morris", "sobol"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

#: Points of the grid of Morris along each input: 4 with steps of 2/3, so that all are met equally often (Morris 1991).
LEVELS: Final = 4
#: A step along the grid.
STEP: Final = LEVELS / (2 * (LEVELS - 1))
#: Fewer whole blocks than this tell nothing of an interval.
LEAST_BLOCKS: Final = 4
#: Samples of the blocks with replacement, of which the intervals are.
_RESAMPLED: Final = 1000
_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Effect:
    """What one input does to one output.

    Parameters
    ----------
    size
        μ* in the unit of the output, or the total-effect index.
    half_width
        Of the 95 % interval of `size`, by resampling the blocks.
    single
        μ with its sign in the unit of the output, or the first-order index.
    beside
        σ in the unit of the output, or the total-effect less the first-order index: what other inputs have to do with it.
    """

    size: float
    half_width: float
    single: float
    beside: float

    @property
    def low(self) -> float:
        """The low end of the interval; no effect is less than none."""
        return max(0.0, self.size - self.half_width)

    @property
    def high(self) -> float:
        """The high end of the interval."""
        return self.size + self.half_width


def block_size(method: Method, inputs: int) -> int:
    """Return how many runs belong together.

    Examples
    --------
    >>> block_size("morris", 10), block_size("sobol", 10)
    (11, 12)
    """
    return inputs + (1 if method == "morris" else 2)


def points(method: Method, inputs: int, blocks: int, seed: int) -> Array:
    """Return where the inputs are in each run, from 0 to 1: a row a run, the runs of a block after each other.

    Parameters
    ----------
    blocks
        How many; of Sobol a power of two, as its sequence of points is even only then.

    Raises
    ------
    AnalysisError
        If there are too few blocks, or of Sobol no power of two.

    Examples
    --------
    >>> points("morris", 3, 4, seed=1).shape
    (16, 3)
    """
    if blocks < LEAST_BLOCKS:
        raise AnalysisError(f"are too few for an interval: {LEAST_BLOCKS} are needed", field="blocks", value=str(blocks),
                            fix="allow more runs")  # fmt: skip
    if method == "sobol":
        if blocks & (blocks - 1):
            raise AnalysisError("is no power of two", field="blocks", value=str(blocks), fix="give 64, 128, 256 …")
        from SALib.sample import sobol

        found = sobol.sample(_problem(inputs), blocks, calc_second_order=False, seed=seed)
    else:
        from SALib.sample import morris

        found = morris.sample(_problem(inputs), blocks, num_levels=LEVELS, seed=seed)
    return np.asarray(found, dtype=float)


def effects(
    method: Method, at: Array, values: Sequence[float] | Array, seed: int
) -> tuple[tuple[Effect, ...] | None, int]:
    """Return what each input does to an output, and how many blocks tell it.

    Parameters
    ----------
    at
        The points of the runs, as `points` gave them.
    values
        The output of each run; NaN of one that gave none.

    Returns
    -------
    The effects in the order of the inputs, None where fewer than `LEAST_BLOCKS` blocks are whole; and their number.

    Examples
    --------
    An output that is 3 a − b, whatever c is:

    >>> at = points("morris", 3, 4, seed=1)
    >>> found, whole = effects("morris", at, 3 * at[:, 0] - at[:, 1], seed=1)
    >>> [(round(each.size, 9), round(each.single, 9)) for each in found], whole
    ([(3.0, 3.0), (1.0, -1.0), (0.0, 0.0)], 4)
    """
    inputs = at.shape[1]
    size = block_size(method, inputs)
    in_blocks = np.asarray(values, dtype=float).reshape(-1, size)
    whole = np.isfinite(in_blocks).all(axis=1)
    count = int(whole.sum())
    if count < LEAST_BLOCKS:
        return None, count
    kept = np.repeat(whole, size)
    found = np.asarray(values, dtype=float)[kept]
    if np.ptp(found) == 0:
        # SALib divides by the standard deviation of the output.
        return (Effect(0.0, 0.0, 0.0, 0.0),) * inputs, count
    tell = _morris if method == "morris" else _sobol
    return tell(at[kept], found, seed), count


def _morris(at: Array, values: Array, seed: int) -> tuple[Effect, ...]:
    from SALib.analyze import morris

    said = morris.analyze(_problem(at.shape[1]), at, values, num_resamples=_RESAMPLED, conf_level=_CONFIDENCE,
                          num_levels=LEVELS, seed=seed)  # fmt: skip
    columns = (said["mu_star"], said["mu_star_conf"], said["mu"], said["sigma"])
    return tuple(Effect(*map(float, each)) for each in zip(*columns, strict=True))


def _sobol(at: Array, values: Array, seed: int) -> tuple[Effect, ...]:
    from SALib.analyze import sobol

    # A seed of 0 is none to this function of SALib.
    said = sobol.analyze(_problem(at.shape[1]), values, calc_second_order=False, num_resamples=_RESAMPLED,
                         conf_level=_CONFIDENCE, seed=seed + 1)  # fmt: skip
    total, error, first = (np.asarray(said[name], dtype=float) for name in ("ST", "ST_conf", "S1"))
    return tuple(
        Effect(*map(float, each)) for each in zip(total, error, first, np.maximum(total - first, 0.0), strict=True)
    )


def _problem(inputs: int) -> dict[str, Any]:
    """Return the inputs as SALib takes them."""
    return {"num_vars": inputs, "names": [str(at) for at in range(inputs)], "bounds": [[0.0, 1.0]] * inputs}
