"""How the capacity of an electrode falls with the rate at which it is asked for.

All functions take floats or NumPy arrays and broadcast.  Charge and current may both be per
mass or area, as long as both are per the same.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

#: Below this the closed form of the fall loses digits, and six terms of its series are exact to 1e-14.
_SMALL = 0.01
#: Newton's steps from the left come to rest in about ten; at a double root they halve, which takes fifty.
_STEPS = 200


@equation(("1/s", "1/h"), current=("A/kg", "A/g"), capacity=("C/kg", "mAh/g"))
def actual_rate(current: Number, capacity: Number) -> Number:
    """Rate of a half cycle: one over the time that it took.

    Equation
        R = I / Q
    Symbols
        I constant current [A], Q charge that it moved [C], R actual rate [1/s]; 3600 R is per hour
    Validity
        One constant current over the half cycle.  It is no C-rate: that divides by a capacity agreed
        beforehand, this by the one measured at the very current, so R rises faster than I.
    Source
        R. Tian et al., Nat. Commun. 10 (2019) 1933, doi:10.1038/s41467-019-09792-9.

    Examples
    --------
    1101.3 mAh/g at 6 A/g take 11 minutes, which is a rate of 5.4 per hour:

    >>> round(3600 * actual_rate(6000.0, 1101.3 * 3600), 2)
    5.45
    """
    return current / capacity


@equation(
    "any",
    valid={"rate": (0.0, np.inf), "exponent": (0.0, 2.0)},
    rate=("1/s", "1/h"),
    low_rate_capacity="any",
    characteristic_time=("s", "h"),
    exponent="1",
)
def tian_capacity(
    rate: Number, low_rate_capacity: Number | float, characteristic_time: Number | float, exponent: Number | float
) -> Number:
    """Capacity against the actual rate, by Tian's equation.

    Equation
        Q = Q_M {1 − (R τ)ⁿ [1 − exp(−(R τ)⁻ⁿ)]}
    Symbols
        R actual rate I/Q [1/s] (`actual_rate`), Q_M capacity in the limit of low rate [any],
        τ characteristic time [s], n exponent [1], Q capacity [as Q_M]
    Validity
        Empirical.  R ≥ 0; Q_M, τ, n > 0.  Q falls to Q_M / e at R = 1/τ and as R⁻ⁿ far beyond; n is near
        1/2 where diffusion limits the rate and near 1 where resistance does.
    Source
        R. Tian et al., Nat. Commun. 10 (2019) 1933, doi:10.1038/s41467-019-09792-9, eq. 2.

    Examples
    --------
    >>> round(tian_capacity(0.001, 3000.0, 1000.0, 0.5), 2)
    1103.64
    >>> tian_capacity(np.array([0.0, 1e-6]), 3000.0, 1000.0, 0.5).round(1).tolist()
    [3000.0, 2905.1]
    """
    with np.errstate(divide="ignore"):
        logarithm = np.log(np.multiply(rate, characteristic_time))
    fraction, _ = _fall(logarithm, np.asarray(exponent, dtype=float))
    return _as_given(np.multiply(low_rate_capacity, np.exp(fraction)))


@equation(
    "1",
    valid={"rate": (0.0, np.inf), "exponent": (0.0, 2.0)},
    rate=("1/s", "1/h"),
    characteristic_time=("s", "h"),
    exponent="1",
)
def tian_slope(rate: Number, characteristic_time: Number | float, exponent: Number | float) -> Number:
    """How steeply Tian's capacity falls, in logarithms.

    Equation
        e = −d ln Q / d ln R = n (1 − e⁻ᵘ (1 + u)) / (u − 1 + e⁻ᵘ),   u = (R τ)⁻ⁿ
    Symbols
        R actual rate [1/s], τ characteristic time [s], n exponent [1], e slope [1], from 0 to n
    Validity
        As `tian_capacity`.
    Source
        Derivative of `tian_capacity`.

    Examples
    --------
    >>> round(tian_slope(1e-3, 1000.0, 0.5), 4), round(tian_slope(1e9, 1000.0, 0.5), 4)
    (0.3591, 0.5)
    """
    with np.errstate(divide="ignore"):
        logarithm = np.log(np.multiply(rate, characteristic_time))
    return _as_given(_fall(logarithm, np.asarray(exponent, dtype=float))[1])


@equation(
    ("C/kg", "mAh/g"),
    valid={"current": (0.0, np.inf), "exponent": (0.0, 2.0)},
    current=("A/kg", "A/g"),
    low_rate_capacity=("C/kg", "mAh/g"),
    characteristic_time=("s", "h"),
    exponent="1",
)
def tian_capacity_at_current(
    current: Number, low_rate_capacity: Number | float, characteristic_time: Number | float, exponent: Number | float
) -> Number:
    """Capacity at a set current, by Tian's equation solved for it.

    Equation
        Q = Q_M {1 − (R τ)ⁿ [1 − exp(−(R τ)⁻ⁿ)]} with R = I / Q
    Symbols
        I current [A], Q_M capacity in the limit of low rate [C], τ characteristic time [s],
        n exponent [1], Q capacity [C]
    Validity
        I, Q_M, τ, n > 0.  For n < 1 every current has a capacity, and Q falls as I^(−n/(1−n)) far beyond.
        For n = 1 none is left at I = Q_M / (2 τ) and above, and for n > 1 it ends at a finite Q; beyond, 0.
        Of two solutions (n > 1) the one that follows from low rates is given.
    Source
        R. Tian et al., Nat. Commun. 10 (2019) 1933, doi:10.1038/s41467-019-09792-9, eq. 2 and the
        definition of R; solved by Newton's method in ln(R τ), which rises to the root from its left.

    Examples
    --------
    At 2 A/g, with 3000 mAh/g in the limit of low rate and a characteristic time of an hour, in C/kg:

    >>> low_rate = 3000.0 * 3600
    >>> q = tian_capacity_at_current(2000.0, low_rate, 3600.0, 0.5)
    >>> round(q / 3600, 2), round(tian_capacity(actual_rate(2000.0, q), low_rate, 3600.0, 0.5) / 3600, 2)
    (761.14, 761.14)
    >>> tian_capacity_at_current(1600.0, low_rate, 3600.0, 1.0)
    0.0
    """
    exponent_, target = np.broadcast_arrays(
        np.asarray(exponent, dtype=float), np.log(np.multiply(current, characteristic_time) / low_rate_capacity)
    )
    # Q never exceeds Q_M, so R τ is never below I τ / Q_M: there the search begins, left of the root.
    logarithm = target.copy()
    missing = np.zeros(target.shape, dtype=bool)
    for _ in range(_STEPS):
        fraction, slope = _fall(logarithm, exponent_)
        short = target - logarithm - fraction
        rise = 1.0 - slope
        # Left of the root the curve still rises.  Where it no longer does and is still short, there is no root.
        missing |= (rise <= 0) & (short > 0)
        step = np.where(missing | (rise <= 0), 0.0, short / np.where(rise > 0, rise, 1.0))
        logarithm = logarithm + step
        if np.all(np.abs(step) <= 4 * np.finfo(float).eps * np.maximum(1.0, np.abs(logarithm))):
            break
    # R = x/τ, so Q = I τ / x.
    capacity = np.multiply(low_rate_capacity, np.exp(target - logarithm))
    return _as_given(np.where(missing, 0.0, capacity))


@equation("any", reference_capacity="any", current=("A/kg", "A/g"), reference_current=("A/kg", "A/g"), exponent="1")
def peukert_capacity(
    current: Number, reference_capacity: Number | float, reference_current: float, exponent: Number | float
) -> Number:
    """Capacity against the current, by Peukert's law.

    Equation
        Iᵏ t = const, so Q = Q₀ (I / I₀)^(1−k)
    Symbols
        I current [A], t time of the discharge [s], Q = I t capacity [C], Q₀ capacity at the current I₀,
        k Peukert's exponent [1]
    Validity
        Where log Q falls on one straight line against log I: at high rates only, since at low ones Q no longer
        depends on I (k = 1).  In the limit of high rate Tian's equation gives k = 1 / (1 − n).
    Source
        W. Peukert, Elektrotechnische Zeitschrift 20 (1897) 20; for its limits in lithium cells N. Omar et
        al., Energies 6 (2013) 5625, doi:10.3390/en6115625.

    Examples
    --------
    >>> round(peukert_capacity(4000.0, 100.0, 1000.0, 1.5), 1)
    50.0
    """
    return _as_given(np.multiply(reference_capacity, np.power(np.divide(current, reference_current), 1.0 - exponent)))


def _fall(logarithm: Array, exponent: Array) -> tuple[Array, Array]:
    """Return ln(Q / Q_M) and −d ln Q / d ln R at ln(R τ).

    With u = (R τ)⁻ⁿ the fraction is G = 1 − (1 − e⁻ᵘ)/u = u/2 − u²/6 + …, and the slope n u G′/G.
    """
    with np.errstate(over="ignore", under="ignore"):
        u = np.clip(np.exp(-exponent * logarithm), 0.0, 1e300)
        small = u < _SMALL
        v = np.where(small, u, 0.0)
        # G/u and G′ for small u, G and u G′ for the others.
        ratio = 1 / 2 + v * (-1 / 6 + v * (1 / 24 + v * (-1 / 120 + v * (1 / 720 - v / 5040))))
        slope = 1 / 2 + v * (-1 / 3 + v * (1 / 8 + v * (-1 / 30 + v * (1 / 144 - v / 840))))
        w = np.where(small, 1.0, u)
        lost = -np.expm1(-w) / w
        fraction = np.where(small, -exponent * logarithm + np.log(ratio), np.log1p(-lost))
        fall = exponent * np.where(small, slope / ratio, (lost - np.exp(-w)) / (1.0 - lost))
    return fraction, fall


def _as_given(values: Array | np.float64) -> Number:  # type: ignore[type-var]
    """Return an array for arrays and a float for floats."""
    return values if np.ndim(values) else float(values)  # type: ignore[return-value]
