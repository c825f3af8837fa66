"""A shell of SEI and binder around a particle that grows: its stress, and how that pulls on the potential.

Closures (`byssus.physics.binder`).  The state is the stress in the plane of the shell; the equations are those of a
membrane that is thin against the particle and strained alike in both directions.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY
from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


@equation("1", valid={"lithiation": (0.0, 1.0), "expansion": (0.0, 3.0)}, lithiation="1", expansion=("1", "%"))
def shell_stretch(lithiation: Number, expansion: Number | float = 2.8) -> Number:
    """Stretch of the surface of a particle that takes up lithium.

    Equation
        λ = (1 + v x)^(1/3)
    Symbols
        x lithiation [1], v relative change of volume at full lithiation [1], λ radius over that at x = 0 [1]
    Validity
        v x > −1; a sphere that grows alike in all directions, evenly and in proportion to its lithium.  2.8 is
        amorphous silicon to Li15Si4, `byssus.physics.swelling.volume_expansion`.
    Source
        Geometry.

    Examples
    --------
    >>> round(shell_stretch(1.0), 3)
    1.56
    """
    value: Number = (1 + expansion * lithiation) ** (1 / 3)
    return value


@equation(
    ("1/s", "1/h"),
    valid={"lithiation": (0.0, 1.0), "expansion": (0.0, 3.0)},
    lithiation="1",
    lithiation_rate=("1/s", "1/h"),
    expansion=("1", "%"),
)
def shell_strain_rate(lithiation: Number, lithiation_rate: Number | float, expansion: Number | float = 2.8) -> Number:
    """Rate of the strain that a growing particle forces upon its shell.

    Equation
        λ' / λ = v x' / [3 (1 + v x)]
    Symbols
        As in `shell_stretch`; x' rate of lithiation, above zero on uptake [1/s], λ' / λ rate of logarithmic strain in
        the plane [1/s].  The surface grows at twice that rate: A' / A = 2 λ' / λ
    Validity
        As `shell_stretch`.
    Source
        Derivative of the logarithm of `shell_stretch`.

    Examples
    --------
    An empty particle that is filled in an hour, per hour:

    >>> round(3600 * shell_strain_rate(0.0, 1 / 3600), 3)
    0.933
    """
    value: Number = expansion * lithiation_rate / (3 * (1 + expansion * lithiation))
    return value


@equation(("m", "nm"), valid={"stretch": (0.5, 2.0)}, thickness=("m", "nm"), stretch="1")
def shell_thickness(thickness: Number, stretch: Number | float) -> Number:
    """Thickness of a shell that is stretched and keeps its volume.

    Equation
        t = t₀ / λ²
    Symbols
        t₀ thickness at no stretch [m], λ stretch in both directions [1], t thickness [m]
    Validity
        λ > 0; incompressible, thin against the radius.
    Source
        Balance of volume.

    Examples
    --------
    >>> round(1e9 * shell_thickness(24e-9, 1.56), 1)
    9.9
    """
    value: Number = thickness / stretch**2
    return value


@equation(
    ("Pa/s", "MPa/s"),
    valid={"poisson_ratio": (0.0, 0.5)},
    strain_rate=("1/s", "1/h"),
    stress=("Pa", "MPa"),
    modulus=("Pa", "GPa"),
    poisson_ratio="1",
    reference_rate=("1/s", "1/h"),
    reference_stress=("Pa", "MPa"),
)
def shell_stress_rate(
    strain_rate: Number,
    stress: Number | float,
    modulus: Number | float,
    poisson_ratio: Number | float,
    reference_rate: Number | float,
    reference_stress: Number | float,
) -> Number:
    """Rate of the stress in an elastic shell that flows.

    Equation
        σ' = E / (1 − ν) [λ'/λ − ε₀' sinh(σ / σ_ref)]
    Symbols
        λ'/λ rate of strain in the plane, see `shell_strain_rate` [1/s], σ stress in the plane, above zero in tension [Pa],
        E Young's modulus [Pa], ν Poisson's ratio [1], ε₀' reference rate of flow, in the plane [1/s], σ_ref reference
        stress [Pa], σ' rate [Pa/s]
    Validity
        0 ≤ ν < 0.5; the elastic part of the strain stays small, the flow need not.  For a flow that is measured in
        tension along one direction at stress σ, the one in the plane is half of it.  Slow flow is viscous, fast flow is
        nearly plastic at a stress that grows with the logarithm of the rate.  Stiff where σ is many σ_ref: use an
        implicit solver.
    Source
        Core and shell with Garofalo's law: L. Köbbing, A. Latz, B. Horstmann, arXiv:2305.17533; L. Köbbing, Y. Kuhn,
        B. Horstmann, arXiv:2408.01106 (abstracts opened: viscoelastoplastic shell, Garofalo's law, logarithmic
        relaxation).  Written here for a membrane: the rate of elastic strain is what the flow leaves.

    Examples
    --------
    A shell of 1 GPa, stretched from rest at 1C, in MPa/h:

    >>> round(3600 * float(shell_stress_rate(shell_strain_rate(0.0, 1 / 3600), 0.0, 1e9, 0.3, 1e-9, 20e6)) / 1e6)
    1333
    """
    value: Number = modulus / (1 - poisson_ratio) * (strain_rate - reference_rate * np.sinh(stress / reference_stress))
    return value


@equation(("Pa", "MPa"), strain_rate=("1/s", "1/h"), reference_rate=("1/s", "1/h"), reference_stress=("Pa", "MPa"))
def flow_stress(strain_rate: Number, reference_rate: Number | float, reference_stress: Number | float) -> Number:
    """Stress at which a shell flows as fast as it is stretched.

    Equation
        σ = σ_ref arsinh[(λ'/λ) / ε₀']
    Symbols
        As in `shell_stress_rate`
    Validity
        As `shell_stress_rate`; where the stress tends to at a constant rate of strain, whatever the modulus.
    Source
        Steady state of `shell_stress_rate`.

    Examples
    --------
    Ten times the rate adds ln 10 reference stresses:

    >>> round(float(flow_stress(1e-3, 1e-9, 20e6) - flow_stress(1e-4, 1e-9, 20e6)) / 20e6, 3)
    2.303
    """
    value: Number = reference_stress * np.arcsinh(strain_rate / reference_rate)
    return value


@equation(("Pa", "MPa"), stress=("Pa", "MPa"), thickness=("m", "nm"), radius=("m", "nm"))
def shell_pressure(stress: Number, thickness: Number | float, radius: Number | float) -> Number:
    """Pressure of a stressed shell on the particle in it.

    Equation
        p = 2 σ t / R
    Symbols
        σ stress in the plane, above zero in tension [Pa], t thickness of the shell as it is, see `shell_thickness` [m],
        R radius of the particle as it is [m], p pressure on the particle [Pa]
    Validity
        t much below R; no pressure outside.  Shells one upon the other add up.
    Source
        Balance of forces of a thin sphere under pressure.

    Examples
    --------
    >>> round(shell_pressure(1e9, 10e-9, 100e-9) / 1e6)
    200
    """
    return 2 * stress * thickness / radius


@equation(
    ("V", "mV"),
    valid={"partial_molar_volume": (5e-6, 15e-6)},
    pressure=("Pa", "GPa"),
    partial_molar_volume=("m^3/mol", "cm^3/mol"),
)
def potential_under_pressure(pressure: Number, partial_molar_volume: Number | float = 9.0e-6) -> Number:
    """Change of a particle's potential under pressure.

    Equation
        ΔU = −V p / F
    Symbols
        p pressure on the particle [Pa], V partial molar volume of lithium in it [m³/mol], F Faraday constant [C/mol], ΔU
        change of the potential against lithium [V]
    Validity
        V does not depend on p.  A shell in tension presses and lowers the potential of lithiation, one in compression
        raises that of delithiation: a hysteresis.  9.0 cm³/mol, 93 mV/GPa, is the volume that
        silicon gains (2.8 × 12.06 cm³/mol) over 3.75 Li.  A film under stress in its plane feels 2/3 of it as pressure.
    Source
        Thermodynamics (Larché and Cahn).  Silicon films: V. A. Sethuraman et al., arXiv:1108.0372 (abstract opened),
        about 60 mV/GPa of stress in the plane by theory, as here (2/3 of 93), and 100 to 120 mV/GPa measured.

    Examples
    --------
    >>> round(1e3 * potential_under_pressure(1e9), 1)
    -93.3
    """
    return -pressure * partial_molar_volume / FARADAY
