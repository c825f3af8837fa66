"""Solid-state cells: what a separator's thickness and density leave of their energy.

All functions take floats or NumPy arrays and broadcast, so a thickness may be a whole curve.  A stack is one
repeat of a cell: positive composite, separator, negative electrode, and half of each foil, because foils are
coated on both sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from byssus.physics.cell import energy_density_of_stack, specific_energy_of_stack
from byssus.physics.equation import equation
from byssus.physics.limits import (
    above_zero,
    at_least_zero,
    components,
    plain,
    share,
    share_of_something,
    share_with_rest,
)

Array = NDArray[np.float64]
Real = float | Array


# --- Layers -----------------------------------------------------------------------------------------------------------


@equation(
    ("kg/m^2", "mg/cm^2"),
    areal_capacity=("C/m^2", "mAh/cm^2"),
    specific_capacity=("C/kg", "mAh/g"),
    active_share=("1", "%"),
)
def composite_areal_mass(areal_capacity: Real, specific_capacity: Real, active_share: Real) -> Real:
    """Mass per area of a composite electrode that has a capacity.

    Equation
        m_A = q / (q_m w)
    Symbols
        q areal capacity [C/m²], q_m specific capacity of the active material [C/kg], w its mass share in the
        composite, the rest being electrolyte, binder and carbon [1], m_A areal mass without foil [kg/m²]
    Validity
        w > 0.  The negative electrode's q is N/P times that of the positive one.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a capacity is not above zero or the share is not above 0 and up to 1.

    Examples
    --------
    5 mAh/cm² on 195 mAh/g, three quarters of the composite, in mg/cm²:

    >>> round(100 * composite_areal_mass(5 * 36000, 195 * 3600, 0.75), 1)
    34.2
    """
    above_zero(areal_capacity=areal_capacity, specific_capacity=specific_capacity)
    share_of_something(active_share=active_share)
    return areal_capacity / (specific_capacity * active_share)


@equation(
    ("m", "um"),
    areal_mass=("kg/m^2", "mg/cm^2"),
    mass_fractions=("1", "%"),
    densities=("kg/m^3", "g/cm^3"),
    porosity=("1", "%"),
)
def composite_thickness(areal_mass: Real, mass_fractions: Array, densities: Array, porosity: Real = 0.0) -> Real:
    """Thickness of a composite electrode.

    Equation
        L = m_A Σ (wᵢ / ρᵢ) / (1 − ε)
    Symbols
        m_A areal mass without foil [kg/m²], wᵢ mass fractions of active material, electrolyte, binder, carbon,
        which add up to 1 [1], ρᵢ their densities [kg/m³], ε porosity left [1], L thickness [m]
    Validity
        0 ≤ ε < 1.
    Source
        Conservation of volume.

    Raises
    ------
    ValueError
        If a mass or density is not above zero, a fraction is none, the fractions do not add up to 1, or the lists
        differ in length.

    Examples
    --------
    34.2 mg/cm² of NCM811, LPSCl, carbon and binder with a tenth of pores, in µm:

    >>> shares, densities = np.array([0.75, 0.20, 0.03, 0.02]), np.array([4777.0, 1860.0, 1860.0, 990.0])
    >>> round(1e6 * composite_thickness(0.342, shares, densities, 0.1), 1)
    114.3
    """
    above_zero(areal_mass=areal_mass, densities=densities)
    parts, dense = components(mass_fractions=mass_fractions, densities=densities)
    share(mass_fractions=parts)
    share_with_rest(porosity=porosity)
    total = np.sum(parts, axis=-1)
    # Looser than the rounding of shares that people write: 0.333, 0.333, 0.333.
    if np.any(np.abs(total - 1) > 2e-3):
        raise ValueError(f"mass_fractions must add up to 1, not {np.max(total):.6g}")
    return plain(areal_mass * np.sum(parts / dense, axis=-1) / (1 - porosity))


@equation(
    ("kg/m^2", "mg/cm^2"),
    areal_capacity=("C/m^2", "mAh/cm^2"),
    excess="1",
    specific_capacity=("C/kg", "mAh/g"),
)
def lithium_areal_mass(areal_capacity: Real, excess: Real, specific_capacity: Real = 3861.88 * 3600) -> Real:
    """Mass per area of the lithium that a cell is built with.

    Equation
        m_A = x q / q_Li
    Symbols
        q areal capacity of the positive electrode [C/m²], x lithium laid in, as a multiple of q: 0 where all
        of it comes from the positive electrode [1], q_Li specific capacity of lithium [C/kg], m_A [kg/m²]
    Validity
        A cell built discharged: the lithium that is cycled is in the positive electrode's mass already.
    Source
        Definition; q_Li = F/M with 6.94 g/mol.

    Raises
    ------
    ValueError
        If a capacity is not above zero or the excess is below it.

    Examples
    --------
    Twice 5 mAh/cm² is a foil of 2.59 mg/cm², 48 µm at 0.534 g/cm³:

    >>> round(100 * lithium_areal_mass(5 * 36000, 2.0), 2), round(1e6 * lithium_areal_mass(5 * 36000, 2.0) / 534)
    (2.59, 48)
    """
    above_zero(areal_capacity=areal_capacity, specific_capacity=specific_capacity)
    at_least_zero(excess=excess)
    return excess * areal_capacity / specific_capacity


@equation(
    ("kg/m^2", "mg/cm^2"),
    positive_thickness=("m", "um"),
    positive_density=("kg/m^3", "g/cm^3"),
    negative_thickness=("m", "um"),
    negative_density=("kg/m^3", "g/cm^3"),
)
def foil_areal_mass(
    positive_thickness: Real, positive_density: Real, negative_thickness: Real, negative_density: Real
) -> Real:
    """Mass of foil per area of a stack: half of each, because both are coated on both sides.

    Equation
        m_A = (t_P ρ_P + t_N ρ_N) / 2
    Symbols
        t_P, t_N thickness of the positive and the negative foil [m], ρ_P, ρ_N their densities [kg/m³], m_A
        [kg/m²]
    Validity
        Both sides coated.  A coin cell, coated on one side, carries twice as much.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a thickness is below zero or a density is not above it.

    Examples
    --------
    15 µm of aluminium and 8 µm of copper, in mg/cm²:

    >>> round(100 * foil_areal_mass(15e-6, 2700.0, 8e-6, 8960.0), 3)
    5.609
    """
    at_least_zero(positive_thickness=positive_thickness, negative_thickness=negative_thickness)
    above_zero(positive_density=positive_density, negative_density=negative_density)
    return (positive_thickness * positive_density + negative_thickness * negative_density) / 2


@equation("V", mass_fractions=("1", "%"), specific_capacities=("C/kg", "mAh/g"), potentials="V")
def blend_potential(mass_fractions: Array, specific_capacities: Array, potentials: Array) -> Real:
    """Mean potential of a blend of active materials.

    Equation
        E = Σ wᵢ qᵢ Eᵢ / Σ wᵢ qᵢ
    Symbols
        wᵢ mass fractions or parts [1], qᵢ specific capacities [C/kg], Eᵢ mean potentials against lithium [V],
        E mean potential of the blend [V]
    Validity
        All of each part's capacity is used.
    Source
        Energy is additive.

    Raises
    ------
    ValueError
        If a fraction is below zero, a capacity is not above it, the fractions are all 0, or the lists differ in length.

    Examples
    --------
    Graphite (0.17 V) with the 2.43 % of silicon (0.4 V) that make 450 mAh/g:

    >>> shares, capacities = np.array([0.9757, 0.0243]), 3600 * np.array([372.0, 3579.0])
    >>> round(blend_potential(shares, capacities, np.array([0.17, 0.4])), 3)
    0.214
    """
    at_least_zero(mass_fractions=mass_fractions)
    above_zero(specific_capacities=specific_capacities)
    parts, capacities, against = components(
        mass_fractions=mass_fractions, specific_capacities=specific_capacities, potentials=potentials
    )
    charges = parts * capacities
    if np.any(np.sum(charges, axis=-1) == 0):
        raise ValueError("mass_fractions must not all be 0")
    return plain(np.sum(charges * against, axis=-1) / np.sum(charges, axis=-1))


# --- The stack --------------------------------------------------------------------------------------------------------


@equation(
    ("J/kg", "Wh/kg"),
    separator_thickness=("m", "um"),
    separator_density=("kg/m^3", "g/cm^3"),
    areal_capacity=("C/m^2", "mAh/cm^2"),
    voltage="V",
    positive_mass=("kg/m^2", "mg/cm^2"),
    negative_mass=("kg/m^2", "mg/cm^2"),
    foil_mass=("kg/m^2", "mg/cm^2"),
)
def stack_specific_energy(
    separator_thickness: Real,
    separator_density: Real,
    areal_capacity: Real,
    voltage: Real,
    positive_mass: Real,
    negative_mass: Real,
    foil_mass: Real,
) -> Real:
    """Energy per mass of a solid-state stack against the thickness of its separator.

    Equation
        w = q U / (m_P + m_N + m_f + ρ t)
    Symbols
        t thickness of the separator [m], ρ its density as made, pores and all [kg/m³], q areal capacity
        [C/m²], U mean voltage of the discharge [V], m_P, m_N areal masses of the electrodes without foil,
        m_f of the foils (`foil_areal_mass`) [kg/m²], w energy per mass of the stack [J/kg]
    Validity
        The stack alone: no can, tabs or pressure frame.  q and U are taken not to depend on t.
    Source
        Definition; what the review plots in its figure 15, after C. H. Wang et al., ACS Energy Lett. 7 (2022)
        410 (its reference 246).

    Raises
    ------
    ValueError
        If the thickness or a mass is below zero, or another argument is not above it.

    Examples
    --------
    NCM811 | LPSCl | Si-C with 11, 35 and 100 µm, in Wh/kg:

    >>> thickness = np.array([11e-6, 35e-6, 100e-6])
    >>> energy = stack_specific_energy(thickness, 1640.0, 5.02 * 36000, 3.6455, 0.34695, 0.19336, 0.05609)
    >>> print(np.round(energy / 3600))
    [298. 280. 241.]
    """
    at_least_zero(separator_thickness=separator_thickness, positive_mass=positive_mass)
    at_least_zero(negative_mass=negative_mass, foil_mass=foil_mass)
    above_zero(separator_density=separator_density)
    rest = positive_mass + negative_mass + foil_mass
    return specific_energy_of_stack(areal_capacity, voltage, rest + separator_thickness * separator_density)


@equation(
    ("J/m^3", "Wh/L"),
    separator_thickness=("m", "um"),
    areal_capacity=("C/m^2", "mAh/cm^2"),
    voltage="V",
    positive_thickness=("m", "um"),
    negative_thickness=("m", "um"),
    foil_thickness=("m", "um"),
)
def stack_energy_density(
    separator_thickness: Real,
    areal_capacity: Real,
    voltage: Real,
    positive_thickness: Real,
    negative_thickness: Real,
    foil_thickness: Real,
) -> Real:
    """Energy per volume of a solid-state stack against the thickness of its separator.

    Equation
        w = q U / (L_P + L_N + L_f + t)
    Symbols
        t thickness of the separator, q areal capacity [C/m²], U mean voltage of the discharge [V], L_P, L_N
        thickness of the electrodes without foil (`composite_thickness`), L_f half of both foils [m],
        w energy per volume of the stack [J/m³]
    Validity
        The stack alone, in the state of which the thicknesses are: lithium metal grows by 4.85 µm for each
        mAh/cm² plated.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a thickness is below zero, or another argument is not above it.

    Examples
    --------
    >>> round(stack_energy_density(35e-6, 5.02 * 36000, 3.6455, 115e-6, 100e-6, 11.5e-6) / 3.6e6)
    700
    """
    at_least_zero(separator_thickness=separator_thickness, positive_thickness=positive_thickness)
    at_least_zero(negative_thickness=negative_thickness, foil_thickness=foil_thickness)
    layers = positive_thickness + negative_thickness + foil_thickness + separator_thickness
    return energy_density_of_stack(areal_capacity, voltage, layers)


@equation(
    ("m", "um"),
    target=("J/kg", "Wh/kg"),
    separator_density=("kg/m^3", "g/cm^3"),
    areal_capacity=("C/m^2", "mAh/cm^2"),
    voltage="V",
    positive_mass=("kg/m^2", "mg/cm^2"),
    negative_mass=("kg/m^2", "mg/cm^2"),
    foil_mass=("kg/m^2", "mg/cm^2"),
)
def separator_thickness_for_energy(
    target: Real,
    separator_density: Real,
    areal_capacity: Real,
    voltage: Real,
    positive_mass: Real,
    negative_mass: Real,
    foil_mass: Real,
) -> Real:
    """Thickness of the separator at which a solid-state stack has a wanted energy per mass.

    Equation
        t = (q U / w − m_P − m_N − m_f) / ρ
    Symbols
        w energy per mass of the stack [J/kg], ρ density of the separator as made [kg/m³], q areal capacity
        [C/m²], U mean voltage of the discharge [V], m_P, m_N areal masses of the electrodes without foil,
        m_f of the foils [kg/m²], t thickness [m]
    Validity
        As `stack_specific_energy`.  ρ t is the same for all separators, so a denser one must be thinner in
        proportion; it is a small difference of large masses, and 1 % on those moves it by 10 %.
    Source
        Inverse of `stack_specific_energy`.

    Raises
    ------
    ValueError
        If a mass is below zero, another argument is not above it, or the stack misses the target even without a
        separator.

    Examples
    --------
    The review's limits for LLZO, Li3InCl6 and LPSCl at 280 Wh/kg are 11, 22 and 35 µm:

    >>> densities = np.array([5100.0, 2590.0, 1640.0])
    >>> stack = (5.02 * 36000, 3.6455, 0.34695, 0.19336, 0.05609)
    >>> print(np.round(1e6 * separator_thickness_for_energy(280 * 3600, densities, *stack)))
    [11. 22. 35.]
    """
    above_zero(target=target, separator_density=separator_density, areal_capacity=areal_capacity, voltage=voltage)
    at_least_zero(positive_mass=positive_mass, negative_mass=negative_mass, foil_mass=foil_mass)
    rest = positive_mass + negative_mass + foil_mass
    left = areal_capacity * voltage / target - rest
    if np.any(np.asarray(left) < 0):
        least = np.min(areal_capacity * voltage / np.asarray(rest))
        raise ValueError(
            f"target must be at most {least:.6g} J/kg, what the stack has without a separator, not {target}"
        )
    return left / separator_density
