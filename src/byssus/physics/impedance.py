"""Numbers that impedance leads to: how fast lithium diffuses in a host."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
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


@equation(
    ("m^2/s", "cm^2/s"),
    warburg_coefficient="ohm/s^0.5",
    concentration=("mol/m^3", "mol/cm^3"),
    area=("m^2", "cm^2"),
    electrons="1",
    temperature="K",
)
def diffusion_warburg_ideal(
    warburg_coefficient: Real,
    concentration: Real,
    area: Real,
    electrons: Real = 1.0,
    temperature: Real = STANDARD_TEMPERATURE,
) -> Real:
    """Diffusion coefficient from the Warburg part of a spectrum, by the concentration of what diffuses.

    Equation
        D = R² T² / (2 A² n⁴ F⁴ C² σ²)
    Symbols
        σ Warburg coefficient, Z = σ (1 − j)/√ω [Ω/√s], C concentration of what diffuses [mol/m³], A area of the electrode
        [m²], n number of electrons, T temperature [K], R gas constant [J/(mol K)], F Faraday constant [C/mol], D [m²/s]
    Validity
        Planar diffusion of one species into an endless depth, at equilibrium, its potential by Nernst's law of an ideal
        solution: dE/dC = R T/(n F C).  Lithium in a host is not ideal: there `diffusion_warburg` takes the measured slope,
        and this is off by the square of the ratio of the two slopes.
    Source
        A. J. Bard, L. R. Faulkner, Electrochemical Methods, 2nd ed., Wiley 2001, section 10.3: σ of two species, of which
        one is not limited by diffusion.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    Of an ideal host, E = E₀ − (R T/F) ln x, it is `diffusion_warburg`, here with half of the sites taken:

    >>> slope, volume = GAS_CONSTANT * STANDARD_TEMPERATURE / FARADAY / 0.5, 12.06e-6
    >>> ratio = diffusion_warburg_ideal(20.0, 0.5 / volume, 1.13e-4) / diffusion_warburg(20.0, slope, volume, 1.13e-4)
    >>> round(ratio, 9)
    1.0
    """
    above_zero(
        warburg_coefficient=warburg_coefficient,
        concentration=concentration,
        area=area,
        electrons=electrons,
        temperature=temperature,
    )
    charge = np.square(electrons * FARADAY)
    return plain(0.5 * np.square(GAS_CONSTANT * temperature / (charge * area * concentration * warburg_coefficient)))


@equation(("m^2/s", "cm^2/s"), length=("m", "um"), time_constant="s")
def diffusion_warburg_layer(length: Real, time_constant: Real) -> Real:
    """Diffusion coefficient from the time constant of a Warburg element of a layer.

    Equation
        D = L² / τ
    Symbols
        L thickness of the layer, diffused through from one side [m], τ time constant of the element,
        Z = R coth(√(jωτ))/√(jωτ) where nothing leaves the layer and R tanh(√(jωτ))/√(jωτ) where its far side is held [s],
        D [m²/s]
    Validity
        A plane layer of one thickness, whose end the spectrum shows: frequencies from well above to well below 1/τ.  Far
        above, only R/√τ is known.  An error of L counts twice.
    Source
        C. Ho, I. D. Raistrick, R. A. Huggins, J. Electrochem. Soc. 127 (1980) 343.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    >>> f"{diffusion_warburg_layer(1e-6, 100.0):.1e}"
    '1.0e-14'
    """
    above_zero(length=length, time_constant=time_constant)
    return plain(np.square(length) / time_constant)
