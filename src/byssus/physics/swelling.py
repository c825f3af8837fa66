"""How much a material grows when it takes up lithium, and what that does to particle and electrode.

All functions take floats or NumPy arrays and broadcast; several components come as lists or arrays, over
the last dimension.  An expansion is a relative change, (V − V₀)/V₀, unless its name says ratio.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, at_least_zero, components, plain

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

#: Rounding of fractions that should add up to one.
_ROUNDING = 1e-9


# --- Materials --------------------------------------------------------------------------------------------------------


@equation(
    ("1", "%"),
    molar_mass=("kg/mol", "g/mol"),
    density=("kg/m^3", "g/cm^3"),
    lithiated_molar_mass=("kg/mol", "g/mol"),
    lithiated_density=("kg/m^3", "g/cm^3"),
    hosts="1",
)
def volume_expansion(
    molar_mass: Number | float,
    density: Number,
    lithiated_molar_mass: Number | float,
    lithiated_density: Number | float,
    hosts: Number | float = 1.0,
) -> Number:
    """Volume that a material gains when it is lithiated, from densities.

    Equation
        v = (M_L / ρ_L) / (h M / ρ) − 1
    Symbols
        M molar mass of the host [kg/mol], ρ its density [kg/m³], M_L molar mass of the lithiated formula
        [kg/mol], ρ_L its density [kg/m³], h units of host in that formula, 4 for Li15Si4 from Si [1], v
        relative change of volume [1]
    Validity
        All above zero; dense phases, both in full.  Densities of lithiated phases are known to some per
        cent, and v suffers (1 + v) times as much.
    Source
        Definition: ratio of the volumes that hold the same amount of host.

    Raises
    ------
    ValueError
        If a value is not above zero.

    Examples
    --------
    Silicon to Li15Si4; the review prints up to 300 %, the seed paper more than 300 %:

    >>> round(100 * volume_expansion(28.085e-3, 2329.6, 216.44e-3, 1178.48, 4))
    281
    """
    above_zero(
        molar_mass=molar_mass,
        density=density,
        lithiated_molar_mass=lithiated_molar_mass,
        lithiated_density=lithiated_density,
        hosts=hosts,
    )
    value: Number = (lithiated_molar_mass / lithiated_density) / (hosts * molar_mass / density) - 1
    return value


@equation(("1", "%"), molar_volume=("m^3/mol", "cm^3/mol"), lithiated_molar_volume=("m^3/mol", "cm^3/mol"), hosts="1")
def volume_expansion_from_molar_volumes(
    molar_volume: Number, lithiated_molar_volume: Number | float, hosts: Number | float = 1.0
) -> Number:
    """Volume that a material gains when it is lithiated, from molar volumes.

    Equation
        v = V_L / (h V) − 1
    Symbols
        V molar volume of the host [m³/mol], V_L that of the lithiated formula [m³/mol], h units of host in
        that formula [1], v relative change of volume [1]
    Validity
        As `volume_expansion`.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a value is not above zero.

    Examples
    --------
    >>> round(100 * volume_expansion_from_molar_volumes(12.0557e-6, 183.66e-6, 4))
    281
    """
    above_zero(molar_volume=molar_volume, lithiated_molar_volume=lithiated_molar_volume, hosts=hosts)
    value: Number = lithiated_molar_volume / (hosts * molar_volume) - 1
    return value


@equation(("1", "%"), volume_expansion=("1", "%"))
def linear_strain(volume_expansion: Number) -> Number:
    """Growth in length that goes with a growth in volume, the same in all directions.

    Equation
        e = (1 + v)^(1/3) − 1
    Symbols
        v relative change of volume [1], e relative change of length [1]
    Validity
        v > −1; isotropic.  A binder's elongation is a length: compare it with e and not with v.  A coating
        on foil grows in thickness only, see `electrode_thickness_ratio`.
    Source
        Geometry.

    Raises
    ------
    ValueError
        If the change of volume is not above −100 %.

    Examples
    --------
    The review sets 390 % of elongation against 300 % of volume, which is 58.7 % in length:

    >>> round(100 * linear_strain(3.0), 1)
    58.7
    """
    _above_minus_one("volume_expansion", volume_expansion)
    value: Number = (1 + volume_expansion) ** (1 / 3) - 1
    return value


@equation(("1", "%"), linear_strain=("1", "%"))
def volume_expansion_from_strain(linear_strain: Number) -> Number:
    """Growth in volume that goes with a growth in length, the same in all directions.

    Equation
        v = (1 + e)³ − 1
    Symbols
        e relative change of length [1], v relative change of volume [1]
    Validity
        e > −1; isotropic.
    Source
        Inverse of `linear_strain`.

    Raises
    ------
    ValueError
        If the change of length is not above −100 %.

    Examples
    --------
    >>> round(volume_expansion_from_strain(0.5), 3)
    2.375
    """
    _above_minus_one("linear_strain", linear_strain)
    value: Number = (1 + linear_strain) ** 3 - 1
    return value


# --- Particles --------------------------------------------------------------------------------------------------------


@equation("1", diameter=("m", "nm"), critical_diameter=("m", "nm"))
def fracture_size_ratio(diameter: Number, critical_diameter: Number | float) -> Number:
    """Size of a particle against the size above which such particles break.

    Equation
        s = d / d_c
    Symbols
        d diameter [m], d_c critical diameter [m], s [1]; below 1 single particles should not crack
    Validity
        d, d_c > 0.  d_c belongs to one material, shape, crystallinity and rate; agglomerates and electrodes
        crack at sizes of their own.
    Source
        For crystalline silicon particles in first lithiation about 150 nm: X. H. Liu et al., ACS Nano 6
        (2012) 1522, doi:10.1021/nn204476h.

    Raises
    ------
    ValueError
        If a value is not above zero.

    Examples
    --------
    The seed paper explains its fading by particles of 30 nm that break; they are far too small:

    >>> round(fracture_size_ratio(30e-9, 150e-9), 3)
    0.2
    """
    above_zero(diameter=diameter, critical_diameter=critical_diameter)
    return diameter / critical_diameter


@equation(("m", "nm"), fracture_energy="J/m^2", modulus=("Pa", "GPa"), stress=("Pa", "GPa"), shape_factor="1")
def critical_fracture_size(
    fracture_energy: Number, modulus: Number | float, stress: Number | float, shape_factor: Number | float = 1.0
) -> Number:
    """Size below which a stressed body cannot crack, for want of stored energy.

    Equation
        h_c = Γ E / (Z σ²)
    Symbols
        Γ fracture energy [J/m²], E elastic modulus [Pa], σ largest tensile stress [Pa], Z factor of geometry,
        of order 1 [1], h_c critical size: diameter of a particle or thickness of a film [m]
    Validity
        All above zero; brittle, elastic around the crack, flaws as large as the body allows.  Silicon flows:
        σ is then its yield stress.  An order of magnitude, for Z and σ are.
    Source
        Energy release rate Z σ² h / E set equal to Γ, as in K. Zhao, M. Pharr, J. J. Vlassak, Z. Suo,
        J. Appl. Phys. 108 (2010) 073517, doi:10.1063/1.3492617.

    Raises
    ------
    ValueError
        If a value is not above zero.

    Examples
    --------
    Lithiated silicon, 6.9 J/m² and 35 GPa (M. Pharr, Z. Suo, J. J. Vlassak, Measurements of the fracture
    energy of lithiated silicon electrodes of Li-ion batteries, Nano Lett. 2013), were it stressed to 1 GPa:

    >>> round(critical_fracture_size(6.9, 35e9, 1e9) * 1e9, 1)
    241.5
    """
    above_zero(fracture_energy=fracture_energy, modulus=modulus, stress=stress, shape_factor=shape_factor)
    value: Number = fracture_energy * modulus / (shape_factor * stress**2)
    return value


# --- Electrodes -------------------------------------------------------------------------------------------------------


@equation(
    "1",
    volume_fractions=("1", "%"),
    expansions=("1", "%"),
    swelling_coefficient="1",
    irreversible_strain=("1", "%"),
)
def electrode_thickness_ratio(
    volume_fractions: ArrayLike,
    expansions: ArrayLike,
    swelling_coefficient: ArrayLike = 1.0,
    irreversible_strain: ArrayLike = 0.0,
) -> float | Array:
    """Thickness of an electrode whose solids grow, against its thickness before.

    Equation
        L / L₀ = 1 + g Σ φᵢ vᵢ + e_ir
    Symbols
        φᵢ volume fraction of solid i in the coating with its pores [1], vᵢ its relative change of volume [1],
        g swelling coefficient, the share of the growth that goes into thickness [1], e_ir strain that stays
        [1], L / L₀ thickness after over before [1]
    Validity
        Σ φᵢ ≤ 1, vᵢ > −1, g ≥ 0; the foil holds the coating in its plane.  g = 0: fixed between walls, the
        pores take all; g = 1: the pores keep their volume; g = 1 / Σ φᵢ: they keep their share.  g is
        measured, and a property of electrode and pressure.
    Source
        After P. M. Gomadam, J. W. Weidner, J. Electrochem. Soc. 153 (2006) A179, doi:10.1149/1.2136087.

    Raises
    ------
    ValueError
        If fractions are none or add up to more than 1, an expansion is not above −100 %, the coefficient is
        below zero, or the lists differ in length.

    Examples
    --------
    The seed paper's electrode, 24 % silicon by volume were its porosity 55 %, with silicon up by 281 %:

    >>> round(electrode_thickness_ratio([0.24, 0.21], [2.81, 0]), 3)
    1.674
    """
    fraction, expansion = _solids(volume_fractions, expansions)
    at_least_zero(swelling_coefficient=swelling_coefficient)
    grown = (fraction * expansion).sum(-1)
    return plain(np.asarray(1 + np.asarray(swelling_coefficient) * grown + np.asarray(irreversible_strain)))


@equation(("1", "%"), volume_fractions=("1", "%"), expansions=("1", "%"), thickness_ratio="1")
def porosity_after_swelling(
    volume_fractions: ArrayLike, expansions: ArrayLike, thickness_ratio: ArrayLike = 1.0
) -> float | Array:
    """Porosity of an electrode when its solids have grown.

    Equation
        ε = 1 − Σ φᵢ (1 + vᵢ) / (L / L₀)
    Symbols
        φᵢ volume fraction of solid i in the coating with its pores, before [1], vᵢ its relative change of
        volume [1], L / L₀ thickness after over before, 1 between fixed walls [1], ε porosity after [1]
    Validity
        As `electrode_thickness_ratio`, which gives L / L₀ where the electrode is free.
    Source
        Volumes add up; as P. M. Gomadam, J. W. Weidner, J. Electrochem. Soc. 153 (2006) A179,
        doi:10.1149/1.2136087.

    Raises
    ------
    ValueError
        If the solids do not fit into the thickness, or as `electrode_thickness_ratio`.

    Examples
    --------
    24 % of silicon by volume at 55 % pores: free, and half lithiated between fixed walls.

    >>> phi = [0.24, 0.21]
    >>> free = electrode_thickness_ratio(phi, [2.81, 0])
    >>> round(100 * porosity_after_swelling(phi, [2.81, 0], free), 1)
    32.8
    >>> round(100 * porosity_after_swelling(phi, [1.4, 0]), 1)
    21.4
    """
    fraction, expansion = _solids(volume_fractions, expansions)
    above_zero(thickness_ratio=thickness_ratio)
    solid = (fraction * (1 + expansion)).sum(-1)
    left = np.asarray(1 - solid / np.asarray(thickness_ratio, dtype=float))
    if np.any(left < -_ROUNDING):
        raise ValueError(
            f"thickness_ratio must hold the solids, which need {np.max(solid):.6g} without any pores, "
            f"not {np.min(np.asarray(thickness_ratio, dtype=float)):.6g}"
        )
    return plain(left)


# --- Conventions ------------------------------------------------------------------------------------------------------


@equation(("1", "%"), ratio="1")
def expansion_from_ratio(ratio: Number) -> Number:
    """Expansion (t − t₀)/t₀, from the ratio t/t₀.

    Equation
        e = t / t₀ − 1
    Symbols
        t / t₀ thickness, mass or volume after over before [1], e relative change [1]
    Validity
        t / t₀ > 0.  Papers print either as "expansion": 166 % is e = 1.66 or e = 0.66, a factor of 2.5.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the ratio is not above zero.

    Examples
    --------
    The seed paper's 166 %, were it t/t₀:

    >>> round(100 * expansion_from_ratio(1.66))
    66
    """
    above_zero(ratio=ratio)
    return ratio - 1


@equation("1", expansion=("1", "%"))
def ratio_from_expansion(expansion: Number) -> Number:
    """Ratio t/t₀, from the expansion (t − t₀)/t₀.

    Equation
        t / t₀ = 1 + e
    Symbols
        e relative change of thickness, mass or volume [1], t / t₀ after over before [1]
    Validity
        e > −1.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the expansion is not above −100 %.

    Examples
    --------
    The seed paper's 166 % against 215 % with CL, were both (t − t₀)/t₀:

    >>> round(ratio_from_expansion(1.66) / ratio_from_expansion(2.15), 3)
    0.844
    """
    _above_minus_one("expansion", expansion)
    return 1 + expansion


@equation(("1", "%"), swollen=("kg", "mg"), dry=("kg", "mg"))
def swelling_ratio(swollen: Number, dry: Number | float) -> Number:
    """Liquid that a film has taken up, per mass of dry film.

    Equation
        s = (m − m₀) / m₀
    Symbols
        m mass of the soaked film [kg], m₀ its mass dry [kg], s swelling by mass [1]
    Validity
        m ≥ 0, m₀ > 0; nothing of the film dissolves, and the surface is wiped.  Thicknesses may stand for
        both masses and give the swelling in thickness, which is another number.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the soaked mass is below zero or the dry one not above zero.

    Examples
    --------
    The seed paper's 16.46 % of its CCL electrode, were it a mass:

    >>> round(100 * swelling_ratio(11.646e-6, 10e-6), 2)
    16.46
    """
    at_least_zero(swollen=swollen)
    above_zero(dry=dry)
    value: Number = (swollen - dry) / dry
    return value


@equation(("1", "%"), swelling_ratio=("1", "%"), dry_density=("kg/m^3", "g/cm^3"), liquid_density=("kg/m^3", "g/cm^3"))
def volume_swelling_from_mass(
    swelling_ratio: Number, dry_density: Number | float, liquid_density: Number | float
) -> Number:
    """Swelling by volume, from swelling by mass.

    Equation
        v = s ρ₀ / ρ_l
    Symbols
        s mass of liquid per mass of dry film [1], ρ₀ density of the dry film [kg/m³], ρ_l that of the liquid
        [kg/m³], v relative change of volume [1]
    Validity
        s ≥ 0, densities above zero; volumes add up, and no pores are filled before the film grows.
    Source
        Volumes add up.

    Raises
    ------
    ValueError
        If the swelling is below zero or a density not above zero.

    Examples
    --------
    16.46 % of an electrolyte of 1.25 g/cm³ in a film of 1.59 g/cm³:

    >>> round(100 * volume_swelling_from_mass(0.1646, 1590, 1250), 1)
    20.9
    """
    at_least_zero(swelling_ratio=swelling_ratio)
    above_zero(dry_density=dry_density, liquid_density=liquid_density)
    value: Number = swelling_ratio * dry_density / liquid_density
    return value


def _solids(volume_fractions: ArrayLike, expansions: ArrayLike) -> tuple[Array, Array]:
    fraction, expansion = components(volume_fractions=volume_fractions, expansions=expansions)
    at_least_zero(volume_fractions=fraction)
    _above_minus_one("expansions", expansion)
    total = np.max(fraction.sum(-1))
    if not total <= 1 + _ROUNDING:
        raise ValueError(f"volume_fractions must add up to no more than 1, with the pores to 1, not {total:.6g}")
    return fraction, expansion


def _above_minus_one(name: str, value: ArrayLike) -> None:
    least = np.min(np.asarray(value, dtype=float))
    if not least > -1:
        raise ValueError(f"{name} must be above -1, for nothing loses all of itself, not {least:.6g}")
