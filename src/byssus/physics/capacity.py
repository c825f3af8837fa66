"""Charge per mass and area, and the ratios that a cycle is judged by.

All functions take floats or NumPy arrays and broadcast.  The ratios are of like
quantities, so any unit may be used on both sides.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation
from byssus.physics.limits import above_zero

Number = TypeVar("Number", float, NDArray[np.float64])


@equation(("C/kg", "mAh/g"), charge=("C", "mAh"), mass=("kg", "mg"))
def specific_capacity(charge: Number, mass: float) -> Number:
    """Charge per mass.

    Equation
        q = Q / m
    Symbols
        Q charge [C], m mass [kg], q specific capacity [C/kg]; 1 mAh/g = 3600 C/kg
    Validity
        m > 0; Q is the charge of one half cycle, not a cumulated one.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the mass is not above zero.

    Examples
    --------
    The seed paper's 2.33 mAh/cm² on 1.2 mg/cm² of silicon is 1942 mAh/g:

    >>> round(specific_capacity(2.33e-3 * 3600, 1.2e-6) / 3600)
    1942
    """
    above_zero(mass=mass)
    return charge / mass


@equation(("C/m^2", "mAh/cm^2"), charge=("C", "mAh"), area=("m^2", "cm^2"))
def areal_capacity(charge: Number, area: float) -> Number:
    """Charge per geometric area of the electrode.

    Equation
        q_A = Q / A
    Symbols
        Q charge [C], A area [m²], q_A areal capacity [C/m²]; 1 mAh/cm² = 36000 C/m²
    Validity
        A > 0; the punched area of the coating, one side.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the area is not above zero.

    Examples
    --------
    >>> round(areal_capacity(2.633e-3 * 3600, 1.13e-4) / 36000, 2)
    2.33
    """
    above_zero(area=area)
    return charge / area


@equation(("1", "%"), first="any", second="any")
def coulombic_efficiency(first: Number, second: Number) -> Number:
    """Share of the charge of a cycle's first half that its second half gives back.

    Equation
        CE = Q₂ / Q₁
    Symbols
        Q₁, Q₂ charge of the first and second half of the same cycle [any, equal], CE [1]
    Validity
        Q₁ > 0, and the order of the halves is that of the electrode as made
        (`byssus.conventions.first_direction`): delithiation over lithiation for an
        electrode made empty, lithiation over delithiation for one made full.
    Source
        Definition; for the order see J. Xiao et al., Nat. Energy 5 (2020) 561,
        doi:10.1038/s41560-020-0648-z.

    Examples
    --------
    A real silicon half cell (LAND file 6-6-L): 0.860 mAh in, 0.349 mAh out.

    >>> round(coulombic_efficiency(0.860, 0.349), 3)
    0.406
    """
    return second / first


@equation(("1", "%"), capacity="any", baseline="any")
def retention(capacity: Number, baseline: float) -> Number:
    """Share of a baseline cycle's capacity that is left.

    Equation
        R_n = Q_n / Q_b
    Symbols
        Q_n capacity in cycle n, Q_b capacity in the baseline cycle b [any, equal], R_n [1]
    Validity
        Q_b > 0.  A retention means nothing without b.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the baseline is not above zero.

    Examples
    --------
    >>> round(retention(2002.6, 2732.1), 3)
    0.733
    """
    above_zero(baseline=baseline)
    return capacity / baseline


@equation(("1", "%"), valid={"first": (0.0, 0.3), "second": (0.0, 0.3)}, first=("1", "%"), second=("1", "%"))
def relative_uncertainty_of_ratio(first: Number, second: Number) -> Number:
    """Relative standard uncertainty of a product or ratio of independent quantities.

    Equation
        u_r(y) = √(u_r(x₁)² + u_r(x₂)²)   for y = x₁ x₂ or x₁ / x₂
    Symbols
        u_r relative standard uncertainties [1]
    Validity
        Independent x₁, x₂; first order, so relative uncertainties well below 1.
    Source
        JCGM 100:2008 (GUM), 5.1.6.

    Examples
    --------
    >>> relative_uncertainty_of_ratio(0.03, 0.04)
    0.05
    """
    combined: Number = np.hypot(first, second)
    return combined if isinstance(combined, np.ndarray) else float(combined)


@equation("any", last_digit="any")
def uncertainty_of_rounding(last_digit: float) -> float:
    """Standard uncertainty of a value that was rounded to a last digit.

    Equation
        u = d / √12
    Symbols
        d one unit of the last digit [any], u standard uncertainty [same]
    Validity
        The unrounded value is equally likely anywhere in the interval of width d.
    Source
        JCGM 100:2008 (GUM), F.2.2.1.

    Examples
    --------
    >>> round(uncertainty_of_rounding(1e-4), 7)
    2.89e-05
    """
    return last_digit / float(np.sqrt(12))
