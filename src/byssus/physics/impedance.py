"""Numbers that impedance leads to: how fast lithium diffuses in a host."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY
from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, plain

Real = float | NDArray[np.float64]


@equation(
    ("m^2/s", "cm^2/s"),
    warburg_coefficient="ohm/s^0.5",
    voltage_slope="V",
    molar_volume=("m^3/mol", "cm^3/mol"),
    area=("m^2", "cm^2"),
)
def diffusion_warburg(warburg_coefficient: Real, voltage_slope: Real, molar_volume: Real, area: Real) -> Real:
    """Chemical diffusion coefficient of lithium in a host from the Warburg part of a spectrum.

    Equation
        D = ½ (V_m (dE/dx) / (F A σ))²
    Symbols
        σ Warburg coefficient, Z = σ (1 − j)/√ω [Ω/√s], dE/dx slope of the rested voltage over the lithium a formula unit of
        the host [V], V_m molar volume of the host [m³/mol], A area that lithium enters by [m²], F Faraday constant [C/mol],
        D [m²/s]
    Validity
        Planar diffusion into a depth that is never reached: ω ≫ 2D/L², where Z' and −Z'' rise together at 45°.  A is the true
        area: that of the disc makes D of a powder apparent, far too large.  On a plateau dE/dx is near zero and D means
        nothing.  D goes as the square of each argument.
    Source
        C. Ho, I. D. Raistrick, R. A. Huggins, J. Electrochem. Soc. 127 (1980) 343.

    Raises
    ------
    ValueError
        If the coefficient, the molar volume or the area is not above zero, or the slope is 0.

    Examples
    --------
    Half as steep a voltage makes D a quarter:

    >>> of = lambda slope: diffusion_warburg(20.0, slope, 12.06e-6, 1.13e-4)
    >>> f"{of(-0.2):.2e}", round(of(-0.1) / of(-0.2), 6)
    ('6.12e-17', 0.25)
    """
    above_zero(warburg_coefficient=warburg_coefficient, molar_volume=molar_volume, area=area)
    if np.any(np.asarray(voltage_slope) == 0):
        raise ValueError("voltage_slope must not be 0: on a plateau the voltage says nothing of diffusion")
    return plain(0.5 * np.square(molar_volume * voltage_slope / (FARADAY * area * warburg_coefficient)))
