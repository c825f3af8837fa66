"""Fit numbers of a virtual cell to capacities that were measured at some currents, to predict those at others.

A fit of so few values is effective: the numbers that it finds hold all that the model leaves out.  So it
stands beside a null model with as many free numbers, a polynomial in the logarithm of the current, and is
worth something only where it predicts better what neither has seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus.errors import SimulationError
from byssus.fitting import Data, Fit, Parameter, fit
from byssus.fitting.core import NEAR
from byssus.recipe.reckoning import Input
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import Kind, Model, Setting, at_its_end, pybamm

Array = NDArray[np.float64]

#: Of a current that leads beyond the window at once: it passes none.
_NOTHING: Final = 0.0
#: Points that are tried for each free number before the search starts.
_TRIED: Final = 12
#: Decades of standard error beyond which a fitted number is not given one.
_OPEN: Final = 1.0
#: Decades over which the derivative of a capacity is taken, far more than those that the integration leaves open.
_STEP: Final = 0.01
#: Places behind the point to which the logarithm of a free number is simulated: 0.02 % of the number.
_PLACES: Final = 4
#: Relative change at which the search ends: capacities are simulated to about six digits.
_TOLERANCE: Final = 1e-6
#: Cycles at a current until its capacity repeats; what the rate test before it left is gone by then.
_CYCLES: Final = 2


@dataclass(frozen=True)
class Plateau:
    """A capacity that was measured at a current, both per mass of active material, in SI; and its standard error."""

    current: float
    capacity: float
    error: float


@dataclass(frozen=True)
class Prediction:
    """What was measured at a current, what the model gives, and what the null model gives; C/kg and A/kg.

    The model gives none where its equations have no solution.
    """

    current: float
    measured: float
    model: float | None
    null: float
    fitted: bool


@dataclass(frozen=True)
class Calibration:
    """Numbers of a virtual cell that were fitted to some plateaus, and what they say of all.

    Parameters
    ----------
    kind
        The model that was fitted.
    fitted
        The numbers, by name, with their uncertainties.
    statements
        What the plateaus leave open, and with how many numbers that were tried there is no solution, in words.
    solved
        How many capacities were simulated.
    predictions
        Every plateau, those that the fit saw and the others.
    """

    kind: Kind
    fitted: Mapping[str, Input]
    statements: tuple[str, ...]
    solved: int
    predictions: tuple[Prediction, ...]

    def left_out(self) -> tuple[float, float]:
        """Return the root mean square error over the plateaus that the fit did not see: of the model, of the null.

        One that the model has no capacity for counts for neither; both are NaN where none is left.
        """
        unseen = [
            (each.model - each.measured, each.null - each.measured)
            for each in self.predictions if not each.fitted and each.model is not None
        ]  # fmt: skip
        if not unseen:
            return math.nan, math.nan
        model, null = (math.sqrt(sum(miss**2 for miss in misses) / len(unseen)) for misses in zip(*unseen, strict=True))
        return model, null


def calibrate(
    cell: VirtualCell,
    kind: Kind,
    plateaus: Sequence[Plateau],
    seen: Sequence[float],
    free: Sequence[str],
    told: Callable[[int], None] = lambda _count: None,
) -> Calibration:
    """Fit numbers of a cell to the plateaus at the currents that are seen.

    Parameters
    ----------
    plateaus
        All that were measured.
    seen
        Currents of those that the fit may see.
    free
        Names of the inputs that are fitted, between the ends of their ranges.
    told
        Takes how many times the model was solved.

    Raises
    ------
    SimulationError
        If there are more free numbers than plateaus, a free number has no range, or nowhere in the ranges can all the
        plateaus that are seen be simulated.
    """
    chosen = [each for each in plateaus if any(math.isclose(each.current, one, rel_tol=1e-6) for one in seen)]
    if len(chosen) != len(seen):
        raise SimulationError("names a current at which nothing was measured", file=cell.name, field="calibrate: currents",
                              value=", ".join(f"{one / 1e3:g} A/g" for one in seen),
                              fix=f"choose from {', '.join(f'{each.current / 1e3:g}' for each in plateaus)} A/g")  # fmt: skip
    if not 0 < len(free) <= len(chosen):
        raise SimulationError(f"asks for {len(free)} free numbers from {len(chosen)} capacities", file=cell.name,
                              field="calibrate: free", value=", ".join(free), fix="free no more than are seen")  # fmt: skip
    model = Model(cell, kind, free=frozenset(free))
    sets: dict[tuple[float, ...], Array] = {}

    def capacities(currents: Array, **logarithms: float) -> Array:
        # A search at the end of a range goes on by ever smaller steps: those that change nothing are not simulated again.
        key = tuple(round(logarithms[_argument(name)], _PLACES) for name in free)
        if key not in sets:
            given = {name: 10.0**at for name, at in zip(free, key, strict=True)}
            sets[key] = np.array([capacity(model, current, given) for current in currents.tolist()])
            told(len(sets) * len(chosen))
        return sets[key]

    def slopes(currents: Array, **logarithms: float) -> dict[str, Array]:
        at, found = capacities(currents, **logarithms), {}
        for name, value in logarithms.items():
            # Towards the middle of the range, so that it stays in it.
            step = math.copysign(_STEP, middles[name] - value)
            found[name] = (capacities(currents, **(logarithms | {name: value + step})) - at) / step
        return found

    currents, measured, errors = (
        np.array([getattr(each, name) for each in chosen]) for name in ("current", "capacity", "error")
    )
    ranges = [_parameter(cell, name) for name in free]
    middles = {each.name: (each.lower + each.upper) / 2 for each in ranges}
    starts = _nearest(ranges, lambda **point: float(np.sum(((capacities(currents, **point) - measured) / errors) ** 2)))
    if all(np.isnan(each).any() for each in sets.values()):
        raise SimulationError("has no solution at all the currents that the fit sees, anywhere in the ranges of what is free",
                              file=cell.name, field="calibrate: free", value=", ".join(free),
                              fix="narrow the ranges, or let the fit see smaller currents")  # fmt: skip
    plain = Data(capacities, currents, measured, error=errors, name="plateaus", derivatives=slopes)
    result = fit(plain, starts, errors="known", tolerance=_TOLERANCE, profiles=False)
    values = {name: 10.0 ** _value(result, name) for name in free}
    null = _null(chosen, len(free))
    predictions = tuple(
        Prediction(
            each.current, each.capacity, None if math.isnan(found) else found, null(each.current), each in chosen
        )
        for each in plateaus for found in (capacity(model, each.current, values),)
    )  # fmt: skip
    # Of a fit without a degree of freedom its own statement names them.
    statements = (*result.statements, *(_near_ends(ranges, result) if result.degrees_of_freedom else ()))
    if rejected := sum(bool(np.isnan(each).any()) for each in sets.values()):
        statements += (f"{rejected} of {len(sets)} sets of numbers that were tried were rejected: with them the equations of the "
                       "cell have no solution",)  # fmt: skip
    told_of = f"fitted to {len(chosen)} capacities at {', '.join(f'{each.current / 1e3:g}' for each in chosen)} A/g"
    fitted = {name: _fitted(cell.numbers[name], values[name], result, name, told_of) for name in free}
    return Calibration(kind, fitted, statements, len(sets) * len(chosen), predictions)


def capacity(model: Model, current: float, given: Mapping[str, float]) -> float:
    """Return the charge per mass that the working electrode takes up at a current per mass, once it repeats; C/kg.

    It is nothing if the current leads beyond the window at once, and NaN if the equations have no solution.
    """
    low, high = model.cell.window
    amperes = current * model.cell.active_mass
    longest = 1.5 * model.capacity / amperes
    state, found = model.start(given), _NOTHING
    for _ in range(_CYCLES):
        for setting in (Setting(current=amperes, low=low), Setting(current=-amperes, high=high)):
            try:
                passed = model.step(state, longest, setting, longest / 20, given)
            except pybamm().SolverError as error:
                return _NOTHING if at_its_end(error) else math.nan
            state = passed.state
            if setting.current is not None and setting.current > 0:
                found = current * float(passed.seconds[-1])
    return found


def _argument(name: str) -> str:
    return f"log10 of {name}"


def _parameter(cell: VirtualCell, name: str) -> Parameter:
    given = cell.numbers.get(name)
    if given is None:
        raise SimulationError("is no input of this virtual cell", file=cell.name, field="calibrate: free", value=name,
                              fix=f"choose from {', '.join(cell.numbers)}")  # fmt: skip
    if not 0 < given.low < given.high < math.inf:
        raise SimulationError("has no range to be fitted in", file=cell.name, field="calibrate: free", value=name,
                              fix="give value, low and high of it under given")  # fmt: skip
    start, low, high = (math.log10(each) for each in (given.value, given.low, given.high))
    inside = 1e-3 * (high - low)
    return Parameter(_argument(name), min(max(start, low + inside), high - inside), low, high, scale=0.1)


def _nearest(parameters: Sequence[Parameter], misfit: Callable[..., float]) -> list[Parameter]:
    """Start a search at the best of some points spread over the ranges.

    A slow reaction and a slow diffusion both lower a capacity, and from one valley the other is not seen.
    """
    from scipy.stats import qmc

    low, high = ([getattr(each, end) for each in parameters] for end in ("lower", "upper"))
    points = [[each.start for each in parameters]]
    points += qmc.scale(qmc.LatinHypercube(len(parameters), rng=0).random(_TRIED * len(parameters)), low, high).tolist()
    misfits = [misfit(**{each.name: at for each, at in zip(parameters, point, strict=True)}) for point in points]
    best = points[int(np.argmin(np.nan_to_num(misfits, nan=math.inf)))]
    return [replace(each, start=at) for each, at in zip(parameters, best, strict=True)]


def _value(result: Fit, name: str) -> float:
    estimate = result[_argument(name)]
    if estimate.value is None:
        # What the data leave open stays where the search ended; the statements of the fit say that it is open.
        return result.ended[_argument(name)]
    return estimate.value


def _near_ends(ranges: Sequence[Parameter], result: Fit) -> Iterator[str]:
    """Say which numbers the search left just before an end of their range; of those on it the fit says so itself."""
    for each in ranges:
        at, near = result.ended[each.name], NEAR * (each.upper - each.lower)
        if result[each.name].state == "at bound":
            continue
        for end, bound in (("lower", each.lower), ("upper", each.upper)):
            if abs(at - bound) <= near:
                yield f"{each.name} ended near the {end} end of its range"


def _fitted(given: Input, value: float, result: Fit, name: str, told: str) -> Input:
    estimate = result[_argument(name)]
    if estimate.error is None or estimate.error > _OPEN:
        reason = estimate.reason or f"its standard error is {estimate.error:.2g} decades"
        words = f"{told}; {reason}, so it is hardly known"
        return replace(given, value=value, uncertainty=None, origin="fitted", source=words)
    spread = value * math.log(10) * estimate.error
    return replace(given, value=value, uncertainty=spread, origin="fitted", source=told,
                   low=value * 10 ** (-2 * estimate.error), high=value * 10 ** (2 * estimate.error))  # fmt: skip


def _null(chosen: Sequence[Plateau], free: int) -> Callable[[float], float]:
    """Return a polynomial in ln I with as many coefficients, fitted to the same plateaus by least squares."""
    logarithms = np.log([each.current for each in chosen])
    weights = [1 / each.error for each in chosen]
    coefficients = np.polyfit(logarithms, [each.capacity for each in chosen], free - 1, w=weights)
    return lambda current: float(np.polyval(coefficients, math.log(current)))
