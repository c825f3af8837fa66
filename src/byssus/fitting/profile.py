"""Profile-likelihood intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from byssus.errors import FitError

if TYPE_CHECKING:
    from byssus.fitting.core import Fit

Array = NDArray[np.float64]

#: An end is open if χ² stays below its threshold this many doublings of the first step away.
DOUBLINGS = 40
#: Steps in closing in on an end, and how close is close enough, relatively.
CLOSINGS = 100
CLOSE = 1e-7


def interval(fit: Fit, name: str, level: float) -> tuple[float, float]:
    """Return the interval of `byssus.fitting.Fit.interval`."""
    problem = fit._problem
    if name not in problem.names:
        raise FitError("was not fitted", field=name, fix=f"fitted were: {', '.join(problem.names)}")
    estimate = fit.estimates[name]
    if estimate.value is None:
        raise FitError(f"has no interval: {estimate.reason}", field=name)
    if not 0 < level < 1:
        raise FitError("is not a level", field="level", value=level, fix="give one between 0 and 1, as 0.95")
    at = problem.names.index(name)
    unit = fit.scale**2 if fit.errors == "relative" else 1.0
    threshold = fit._quantile(level) ** 2 * unit
    if threshold == 0:
        return estimate.value, estimate.value
    step = (estimate.error or abs(estimate.value) * 0.1 or 1.0) / problem.scales[at]
    ends = [_end(fit, at, side * step, threshold) for side in (-1.0, 1.0)]
    return float(ends[0] * problem.scales[at]), float(ends[1] * problem.scales[at])


def _end(fit: Fit, at: int, step: float, threshold: float) -> float:
    """Return where χ², minimised over the other parameters, has risen by the threshold."""
    problem, best = fit._problem, fit._solution
    bound = problem.lower[at] if step < 0 else problem.upper[at]
    others = np.arange(len(best)) != at

    def excess(value: float, near: Array) -> tuple[float, Array]:
        """Minimise over the others from a solution nearby; infinite where the model is not defined."""
        trial = near.copy()
        trial[at] = value
        try:
            if others.any():
                solution = problem.solve(trial, others)
                trial[others] = solution.x
            with np.errstate(all="ignore"):
                residuals = problem.residuals(trial)
        except FitError:
            return np.inf, near
        over = float(residuals @ residuals) - fit.chi_square - threshold
        if over < -threshold * (1 + 1e-3) - 1e-9 * fit.chi_square:
            raise FitError(
                f"its profile found a lower χ² ({over + threshold + fit.chi_square:.6g} against {fit.chi_square:.6g}): "
                "the fit ended in a local minimum",
                field=problem.names[at],
                fix="fit again with more starts",
            )
        return (over, trial) if np.isfinite(over) else (np.inf, near)

    # March outwards, doubling, until the threshold is passed.
    inside, inside_over, near = float(best[at]), -threshold, best
    for _ in range(DOUBLINGS):
        outside = max(bound, best[at] + step) if step < 0 else min(bound, best[at] + step)
        outside_over, solution = excess(outside, near)
        if outside_over > 0:
            break
        if outside == bound:
            return float(bound)
        inside, inside_over, near = outside, outside_over, solution
        step *= 2
    else:
        return float(np.copysign(np.inf, step))
    # Close in: regula falsi where both values are finite, else by halves.
    halve = False
    for _ in range(CLOSINGS):
        width = abs(outside - inside)
        if width <= CLOSE * max(abs(inside), abs(outside), abs(inside - best[at])):
            break
        if np.isfinite(outside_over) and not halve:
            value = inside + (outside - inside) * inside_over / (inside_over - outside_over)
        else:
            value = (inside + outside) / 2
        over, solution = excess(value, near)
        if abs(over) <= CLOSE * threshold:
            return float(value)
        if over > 0:
            outside, outside_over = value, over
        else:
            inside, inside_over, near = value, over, solution
        # Regula falsi can creep; a step that did not halve the bracket is followed by one that does.
        halve = abs(outside - inside) > width / 2
    return float(inside)
