"""The share of a voltammogram's current that grows with the scan rate, as capacitors' does, after Dunn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.voltammetry.scans import Way
from byssus.fitting import fit_linear

Array = NDArray[np.float64]

#: Fewer scan rates leave two constants without a check.
FEWEST_RATES: Final = 3
#: Of the charge, what may flow at potentials where the constants have opposite signs; a choice.
_MOST_OPPOSED: Final = 0.1
#: A constant's current counts from two standard errors and this share of the largest current on; a choice.
_COUNTS: Final = 0.01
#: How far the currents may be from the law, as the root of the mean square over that of the currents; a choice.
_FURTHEST: Final = 0.1
#: Potentials that are looked at.
_POINTS: Final = 200
#: Share of the common window that is left out at either end, where a sweep has just turned.
_MARGIN: Final = 0.02


@dataclass(frozen=True, eq=False)
class Share:
    """What the law says of the sweeps of one direction.

    Parameters
    ----------
    voltage, first, second
        Where, and k1 in A s/V and k2 in A s^½/V^½, in the direction of the sweep.
    first_error, second_error
        Their standard errors.
    opposed
        Where they have opposite signs, clearly.
    opposed_charge
        The share of the charge that flows there.
    misfit
        Root mean square of the residuals over that of the currents, each over √v.
    shares
        For each rate in V/s the share of k1 v with its standard error; None where `reason` says why.
    """

    voltage: Array
    first: Array
    second: Array
    first_error: Array
    second_error: Array
    opposed: NDArray[np.bool_]
    opposed_charge: float
    misfit: float
    shares: dict[float, tuple[float, float]] | None
    reason: str | None


def capacitive_share(way: Way, curves: Mapping[float, tuple[Array, Array]]) -> Share | str:
    """Split the currents of sweeps of one direction at several rates.

    Equation
        i(V, v) = k1(V) v + k2(V) √v, fitted as i/√v over √v at each potential;
        share(v) = K1 v / (K1 v + K2 √v) with K = ∫k dV, fitted to the areas ∫i dV, which is the same by linearity
    Symbols
        i current in the direction of the sweep [A], v scan rate [V/s], k1 capacitance-like [A s/V], k2 [A s^½/V^½]
    Validity
        Each potential must be in the same state at all rates: no ohmic drop, no shift of a peak, a reversible process.  A
        current that goes with v is not a capacitor's for that: a thin body that lithium fills evenly gives it too
        (`thin_film_peak_current`).  Where peaks move the constants come out with opposite signs on the flanks; where a
        tenth of the charge flows at such potentials no share is given.
    Source
        J. Wang, J. Polleux, J. Lim, B. Dunn, J. Phys. Chem. C 111 (2007) 14925, doi:10.1021/jp074464w.  The limits
        follow from the equation, and are tested on couples that shift.

    Parameters
    ----------
    way
        Of the sweeps.
    curves
        For each rate in V/s the voltages, rising, and the currents.

    Returns
    -------
    Share or str
        Or why there is none.
    """
    rates = np.array(sorted(curves))
    if len(rates) < FEWEST_RATES:
        return (
            f"it takes {FEWEST_RATES} scan rates, and {len(rates) or 'none'} {'is' if len(rates) == 1 else 'are'} known"
        )
    low = max(curve[0][0] for curve in curves.values())
    high = min(curve[0][-1] for curve in curves.values())
    widest = max(curve[0][-1] - curve[0][0] for curve in curves.values())
    if high - low < 0.5 * widest:
        return "the sweeps at these rates have less than half of their voltages in common"
    margin = _MARGIN * (high - low)
    voltage = np.linspace(low + margin, high - margin, _POINTS)
    sign = 1.0 if way == "oxidation" else -1.0
    currents = np.array([sign * np.interp(voltage, *curves[float(rate)]) for rate in rates])
    design = np.column_stack([rates, np.sqrt(rates)])
    fits = [fit_linear(design, column, error=np.sqrt(rates)) for column in currents.T]
    (first, second), (first_error, second_error) = (
        np.array([getattr(each, name) for each in fits]).T for name in ("values", "errors")
    )
    opposed = _opposed(
        first * rates[-1], second * np.sqrt(rates[-1]), first_error * rates[-1], second_error * np.sqrt(rates[-1])
    )
    # The middle rate, whose charge is shared most evenly.
    charge = np.abs(currents[len(rates) // 2])
    opposed_charge = float(charge[opposed].sum() / charge.sum()) if charge.any() else 0.0
    scaled = currents / np.sqrt(rates)[:, None]
    residuals = (currents - design @ np.array([first, second])) / np.sqrt(rates)[:, None]
    misfit = float(np.sqrt(np.mean(residuals**2) / np.mean(scaled**2))) if scaled.any() else 0.0
    reason = None
    areas = np.trapezoid(currents, voltage, axis=1)
    total = fit_linear(design, areas, error=np.sqrt(rates))
    if opposed_charge > _MOST_OPPOSED:
        reason = f"k1 and k2 have opposite signs at potentials where {100 * opposed_charge:.0f} % of the charge flows"
    elif misfit > _FURTHEST:
        reason = f"the currents are {100 * misfit:.0f} % off k1 v + k2 √v"
    elif (design @ total.values <= 0).any():
        reason = "less charge flows in the direction of the sweep than against it"
    elif (total.values * design[-1] < -np.maximum(2 * total.errors * design[-1], _COUNTS * areas[-1])).any():
        reason = "k1 or k2 of the whole sweep is below zero"
    shares = None if reason else {float(rate): _share(total.values, total.covariance, rate) for rate in rates}
    return Share(voltage, first, second, first_error, second_error, opposed, opposed_charge, misfit, shares, reason)


def _opposed(one: Array, other: Array, one_error: Array, other_error: Array) -> NDArray[np.bool_]:
    """Say where two parts of a current have opposite signs and both count."""
    least = _COUNTS * float(np.abs(one + other).max())
    counts = (np.abs(one) > np.maximum(2 * one_error, least)) & (np.abs(other) > np.maximum(2 * other_error, least))
    return np.asarray(counts & (one * other < 0))


def _share(values: Array, covariance: Array, rate: float) -> tuple[float, float]:
    root = float(np.sqrt(rate))
    one, other = values[0] * root, values[1]
    share = one / (one + other)
    # d share = (other·d one − one·d other) / (one + other)².
    slope = np.array([other * root, -one]) / (one + other) ** 2
    return float(share), float(np.sqrt(max(slope @ covariance @ slope, 0.0)))
