"""Coatings: what they hold, their pores, the films on their particles, oxide, cracks and drying.

All functions take floats or NumPy arrays and broadcast; several layers come as lists or arrays, over the
last dimension.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
Number = TypeVar("Number", float, Array)


# --- Mass, thickness and pores ----------------------------------------------------------------------------------------


@equation(("C/m^2", "mAh/cm^2"), loading=("kg/m^2", "mg/cm^2"), specific_capacity=("C/kg", "mAh/g"))
def areal_capacity_from_loading(loading: Number, specific_capacity: Number | float) -> Number:
    """Charge per area of an electrode, from its loading.

    Equation
        q_A = m_A q
    Symbols
        m_A areal mass of active material on one side [kg/m²], q its specific capacity [C/kg], q_A areal
        capacity of one side [C/m²]; 1 mAh/cm² = 36000 C/m²
    Validity
        m_A, q ≥ 0, both on the same basis: a loading of coating takes a capacity per coating.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a value is below zero.

    Examples
    --------
    The seed paper's 0.82 mg/cm² of silicon at 2700 mAh/g:

    >>> round(areal_capacity_from_loading(0.82e-2, 2700 * 3600) / 36000, 3)
    2.214
    """
    at_least_zero(loading=loading, specific_capacity=specific_capacity)
    return loading * specific_capacity


@equation(("kg/m^3", "g/cm^3"), areal_mass=("kg/m^2", "mg/cm^2"), thickness=("m", "um"))
def coating_density(areal_mass: Number, thickness: Number | float) -> Number:
    """Density of a coating with its pores.

    Equation
        ρ_c = m_A / t
    Symbols
        m_A areal mass of the coating, all solids, one side [kg/m²], t its thickness without foil [m], ρ_c
        density with pores [kg/m³]
    Validity
        m_A ≥ 0, t > 0.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the mass is below zero or the thickness not above zero.

    Examples
    --------
    The silicon of the review's solid-state electrode, 3.8 mg/cm² in 27.2 µm:

    >>> round(coating_density(3.8e-2, 27.2e-6))
    1397
    """
    at_least_zero(areal_mass=areal_mass)
    above_zero(thickness=thickness)
    return areal_mass / thickness


@equation(("1", "%"), areal_mass=("kg/m^2", "mg/cm^2"), thickness=("m", "um"), solid_density=("kg/m^3", "g/cm^3"))
def porosity(areal_mass: Number, thickness: Number | float, solid_density: Number | float) -> Number:
    """Share of a coating's volume that is pores.

    Equation
        ε = 1 − m_A / (ρ_s t)
    Symbols
        m_A areal mass of the coating, all solids, one side [kg/m²], t its thickness without foil [m], ρ_s
        density of its solids without pores [kg/m³], ε porosity [1]
    Validity
        Open and closed pores alike.  Dry, ρ_s from `byssus.physics.mixing.mixture_density`; one that is 1 %
        off moves ε by 0.01 (1 − ε).
    Source
        Volumes add up.

    Raises
    ------
    ValueError
        If the mass is below zero, a value is not above zero, or the solids do not fit into the thickness.

    Examples
    --------
    The silicon of the review's solid-state electrode, for which it states about 40 %:

    >>> round(100 * porosity(3.8e-2, 27.2e-6, 2329.6), 1)
    40.0
    """
    at_least_zero(areal_mass=areal_mass)
    above_zero(thickness=thickness, solid_density=solid_density)
    filled: Number = areal_mass / (solid_density * thickness)
    if np.any(np.asarray(filled) > 1):
        least = np.max(np.divide(areal_mass, solid_density))
        raise ValueError(
            f"thickness must hold the solids, which take {least:.6g} m without pores, not {_least(thickness)}"
        )
    return 1 - filled


@equation(("m", "um"), areal_mass=("kg/m^2", "mg/cm^2"), porosity=("1", "%"), solid_density=("kg/m^3", "g/cm^3"))
def thickness_from_porosity(areal_mass: Number, porosity: Number | float, solid_density: Number | float) -> Number:
    """Thickness of a coating of known porosity.

    Equation
        t = m_A / (ρ_s (1 − ε))
    Symbols
        m_A areal mass of the coating, all solids, one side [kg/m²], ε porosity [1], ρ_s density of its
        solids without pores [kg/m³], t thickness without foil [m]
    Validity
        0 ≤ ε < 1; as `porosity`.
    Source
        Inverse of `porosity`.

    Raises
    ------
    ValueError
        If the mass is below zero, the porosity is none, or the density not above zero.

    Examples
    --------
    The seed paper's coating, were its porosity 55 %:

    >>> round(thickness_from_porosity(0.82e-2 / 0.6, 0.55, 2072) * 1e6, 1)
    14.7
    """
    at_least_zero(areal_mass=areal_mass)
    share_with_rest(porosity=porosity)
    above_zero(solid_density=solid_density)
    value: Number = areal_mass / (solid_density * (1 - porosity))
    return value


@equation(("1", "%"), porosity=("1", "%"), thickness=("m", "um"), calendered_thickness=("m", "um"))
def calendered_porosity(porosity: Number, thickness: Number | float, calendered_thickness: Number | float) -> Number:
    """Porosity of a coating after it was pressed.

    Equation
        ε₁ = 1 − (1 − ε₀) t₀ / t₁
    Symbols
        ε₀ porosity before [1], t₀, t₁ thickness before and after, without foil [m], ε₁ porosity after [1]
    Validity
        The coating neither spreads sideways nor loses mass, and its solids keep their volume.
    Source
        The volume of the solids stays: (1 − ε₀) t₀ = (1 − ε₁) t₁.

    Raises
    ------
    ValueError
        If the porosity is none, a thickness not above zero, or the solids do not fit.

    Examples
    --------
    100 µm of half pores pressed to 70 µm:

    >>> round(100 * calendered_porosity(0.5, 100e-6, 70e-6), 1)
    28.6
    """
    share_with_rest(porosity=porosity)
    above_zero(thickness=thickness, calendered_thickness=calendered_thickness)
    filled: Number = (1 - porosity) * thickness / calendered_thickness
    if np.any(np.asarray(filled) > 1):
        least = np.max(np.multiply(1 - np.asarray(porosity), thickness))
        raise ValueError(
            f"calendered_thickness must hold the solids, which take {least:.6g} m without pores, "
            f"not {_least(calendered_thickness)}"
        )
    return 1 - filled


# --- Films on particles -----------------------------------------------------------------------------------------------


@equation(("m^2/kg", "m^2/g"), diameter=("m", "nm"), density=("kg/m^3", "g/cm^3"))
def specific_surface_of_spheres(diameter: Number, density: Number | float) -> Number:
    """Surface per mass of spheres of one size.

    Equation
        S = 6 / (ρ d)
    Symbols
        d diameter [m], ρ density [kg/m³], S specific surface [m²/kg]
    Validity
        d, ρ > 0; smooth spheres that touch in points.  With a spread of sizes d is the Sauter mean,
        Σ d³ / Σ d².  Nitrogen (BET) finds more where particles are rough, less where they are fused.
    Source
        Geometry.

    Raises
    ------
    ValueError
        If a value is not above zero.

    Examples
    --------
    Silicon of 30 nm:

    >>> round(specific_surface_of_spheres(30e-9, 2329.6) / 1e3, 1)
    85.9
    """
    above_zero(diameter=diameter, density=density)
    value: Number = 6 / (density * diameter)
    return value


@equation(
    ("m", "nm"),
    mass_ratio="1",
    film_density=("kg/m^3", "g/cm^3"),
    particle_density=("kg/m^3", "g/cm^3"),
    radius=("m", "nm"),
)
def film_thickness_on_sphere(
    mass_ratio: Number, film_density: Number | float, particle_density: Number | float, radius: Number | float
) -> Number:
    """Thickness of the film that a binder makes if all of it coats spheres evenly.

    Equation
        t = R [(1 + m ρ_p / ρ_f)^(1/3) − 1],   for thin films t → m ρ_p R / (3 ρ_f)
    Symbols
        m mass of film per mass of particles [1], ρ_f density of the film [kg/m³], ρ_p density of the
        particles [kg/m³], R radius of a particle [m], t thickness [m]
    Validity
        m ≥ 0; all else above zero.  A bound from above: binder between particles, on carbon and on foil
        coats nothing.  The thin limit, which is `film_thickness_on_area` on the spheres' surface, is too
        large by t / R.  For agglomerates R is theirs, and ρ_p that of the agglomerate with its pores.
    Source
        Geometry: the film's volume is 4/3 π [(R + t)³ − R³].

    Raises
    ------
    ValueError
        If the ratio is below zero or another value not above zero.

    Examples
    --------
    The seed paper's binder, 20 parts on 60 of silicon, on its particles of 30 nm:

    >>> round(film_thickness_on_sphere(20 / 60, 1700, 2329.6, 15e-9) * 1e9, 2)
    2.0
    """
    at_least_zero(mass_ratio=mass_ratio)
    above_zero(film_density=film_density, particle_density=particle_density, radius=radius)
    # (1 + v)^(1/3) − 1 without the loss of digits that a thin film would suffer.
    grown = np.expm1(np.log1p(np.multiply(mass_ratio, particle_density) / film_density) / 3)
    value: Number = plain(np.multiply(radius, grown))  # type: ignore[assignment]
    return value


@equation(("m", "nm"), mass_ratio="1", film_density=("kg/m^3", "g/cm^3"), specific_surface=("m^2/kg", "m^2/g"))
def film_thickness_on_area(
    mass_ratio: Number, film_density: Number | float, specific_surface: Number | float
) -> Number:
    """Thickness of the film that a binder makes if all of it coats a measured surface evenly.

    Equation
        t = m / (ρ_f S)
    Symbols
        m mass of film per mass of particles [1], ρ_f density of the film [kg/m³], S surface per mass of
        particles, by BET or geometry [m²/kg], t thickness [m]
    Validity
        m ≥ 0; all else above zero; t well below the particles' radius.  The BET area counts pores that a
        polymer does not enter.
    Source
        The film's volume is its area times its thickness.

    Raises
    ------
    ValueError
        If the ratio is below zero or another value not above zero.

    Examples
    --------
    The seed paper's binder on 86 m²/g:

    >>> round(film_thickness_on_area(20 / 60, 1700, 86e3) * 1e9, 1)
    2.3
    """
    at_least_zero(mass_ratio=mass_ratio)
    above_zero(film_density=film_density, specific_surface=specific_surface)
    value: Number = mass_ratio / (film_density * specific_surface)
    return value


# --- Native oxide, and the carbon's share -----------------------------------------------------------------------------


@equation(
    ("1", "%"),
    diameter=("m", "nm"),
    oxide_thickness=("m", "nm"),
    silicon_density=("kg/m^3", "g/cm^3"),
    oxide_density=("kg/m^3", "g/cm^3"),
)
def native_oxide_silicon_fraction(
    diameter: Number,
    oxide_thickness: Number | float,
    silicon_density: Number | float,
    oxide_density: Number | float,
) -> Number:
    """Mass fraction of silicon in a particle with a shell of oxide.

    Equation
        f = ρ_Si c³ / (ρ_Si c³ + ρ_ox (1 − c³)),   c = 1 − 2 t / d
    Symbols
        d diameter of the particle with its oxide [m], t thickness of the oxide [m], ρ_Si, ρ_ox densities
        [kg/m³], c core's diameter over d [1], f mass fraction of silicon [1]
    Validity
        0 ≤ 2 t ≤ d: the diameter includes the oxide, as a microscope or a BET area finds it.  (Were 30 nm
        the core alone, 2 nm of oxide around it would leave 70 % and not 66 %.)  A smooth shell, one size.
    Source
        Geometry.

    Raises
    ------
    ValueError
        If the oxide is thicker than the radius or below zero, or another value not above zero.

    Examples
    --------
    2 nm of silica on silicon of 30 nm leave 66 %, and so at most 2376 mAh/g:

    >>> f = native_oxide_silicon_fraction(30e-9, 2e-9, 2330, 2200)
    >>> round(100 * f, 1), round(f * 3579)
    (66.4, 2376)
    """
    above_zero(diameter=diameter, silicon_density=silicon_density, oxide_density=oxide_density)
    at_least_zero(oxide_thickness=oxide_thickness)
    core = 1 - 2 * oxide_thickness / diameter
    if np.any(np.asarray(core) < 0):
        raise ValueError(
            f"oxide_thickness must be at most the radius, {np.min(diameter) / 2:.6g} m, "
            f"not {np.max(oxide_thickness):.6g}"
        )
    silicon = silicon_density * core**3
    value: Number = silicon / (silicon + oxide_density * (1 - core**3))
    return value


@equation(
    ("m", "nm"),
    diameter=("m", "nm"),
    capacity=("C/kg", "mAh/g"),
    silicon_capacity=("C/kg", "mAh/g"),
    silicon_density=("kg/m^3", "g/cm^3"),
    oxide_density=("kg/m^3", "g/cm^3"),
)
def oxide_thickness_from_capacity(
    diameter: Number,
    capacity: Number | float,
    silicon_capacity: Number | float,
    silicon_density: Number | float,
    oxide_density: Number | float,
) -> Number:
    """Thickest oxide on silicon particles that leaves room for a measured capacity.

    Equation
        t = (d / 2) (1 − c),   c³ = f ρ_ox / (ρ_Si (1 − f) + f ρ_ox),   f = q / q_Si
    Symbols
        d diameter of the particle with its oxide [m], q capacity per mass of powder, without the carbon's
        [C/kg], q_Si that of pure silicon [C/kg], f mass fraction of silicon that q asks for [1], ρ_Si, ρ_ox
        densities [kg/m³], t thickness of the oxide [m]
    Validity
        0 ≤ q ≤ q_Si.  Oxide that gives no capacity; silicon in full use.  Less use, or capacity of carbon
        in q, means less oxide.
    Source
        Inverse of `native_oxide_silicon_fraction`.

    Raises
    ------
    ValueError
        If the capacity is above silicon's or below zero, or another value not above zero.

    Examples
    --------
    The seed paper's 3227 mAh/g on particles of 30 nm:

    >>> round(oxide_thickness_from_capacity(30e-9, 3227, 3579, 2330, 2200) * 1e9, 2)
    0.54
    """
    above_zero(
        diameter=diameter,
        silicon_capacity=silicon_capacity,
        silicon_density=silicon_density,
        oxide_density=oxide_density,
    )
    at_least_zero(capacity=capacity)
    fraction = capacity / silicon_capacity
    if np.any(np.asarray(fraction) > 1):
        raise ValueError(
            f"capacity must be at most silicon_capacity, {np.min(silicon_capacity):.6g} C/kg, "
            f"not {np.max(capacity):.6g}"
        )
    core = (fraction * oxide_density / (silicon_density * (1 - fraction) + fraction * oxide_density)) ** (1 / 3)
    value: Number = diameter / 2 * (1 - core)
    return value


@equation(("C/kg", "mAh/g"), carbon_parts="1", active_parts="1", carbon_capacity=("C/kg", "mAh/g"))
def carbon_contribution(carbon_parts: Number, active_parts: Number | float, carbon_capacity: Number | float) -> Number:
    """Capacity of the conductive carbon, counted per mass of active material.

    Equation
        Δq = q_c p_c / p_a
    Symbols
        p_c, p_a parts by mass of carbon and of active material [1], q_c capacity of the carbon by itself in
        the same window [C/kg], Δq what it adds to the capacity per active material [C/kg]
    Validity
        p_c, q_c ≥ 0, p_a > 0.  q_c is a property of the carbon, window and cycle: far more in the first
        lithiation than after.
    Source
        Charges add up.

    Raises
    ------
    ValueError
        If carbon or its capacity is below zero or the active material not above zero.

    Examples
    --------
    6:2:2, were the carbon black to give 150 mAh/g:

    >>> round(carbon_contribution(2, 6, 150 * 3600) / 3600)
    50
    """
    at_least_zero(carbon_parts=carbon_parts, carbon_capacity=carbon_capacity)
    above_zero(active_parts=active_parts)
    value: Number = carbon_capacity * carbon_parts / active_parts
    return value


# --- Cracks and drying ------------------------------------------------------------------------------------------------


@equation(
    ("m", "um"),
    shear_modulus=("Pa", "GPa"),
    coordination_number="1",
    packing_fraction="1",
    particle_radius=("m", "nm"),
    surface_tension=("N/m", "mN/m"),
    capillary_pressure=("Pa", "kPa"),
)
def critical_cracking_thickness(
    shear_modulus: Number,
    coordination_number: Number | float,
    packing_fraction: Number | float,
    particle_radius: Number | float,
    surface_tension: Number | float,
    capillary_pressure: Number | float,
) -> Number:
    """Thickness below which a drying layer of particles does not crack, at a known capillary pressure.

    Equation
        h = 0.64 [G M φ R³ / (2 γ)]^(1/2) [2 γ / (−P R)]^(3/2) = 1.28 γ (G M φ)^(1/2) / (−P)^(3/2)
    Symbols
        G shear modulus of the particles, not of the film [Pa], M coordination number [1], φ volume fraction
        of particles at random close packing [1], R radius of a particle [m], γ surface tension of the liquid
        [N/m], P lowest capillary pressure that the layer reaches, below zero [Pa], h thickness [m]
    Validity
        Hard spheres of one size, wetted, without binder: a lower bound for a coating that a polymer holds.
        At a given P the radius cancels and h is linear in γ; where P itself follows from γ and R, take
        `critical_cracking_thickness_of_packing`, in which h goes as R^(3/2) γ^(−1/2).
    Source
        K. B. Singh, M. S. Tirumkudulu, Phys. Rev. Lett. 98 (2007) 218302,
        doi:10.1103/physrevlett.98.218302, as Eq. (1) of the review, doi:10.1007/s41918-023-00198-2.

    Raises
    ------
    ValueError
        If the pressure is not below zero, the packing no share, or another value not above zero.

    Examples
    --------
    Particles of 30 GPa in water that reach −100 kPa, of any radius:

    >>> [round(critical_cracking_thickness(30e9, 6, 0.64, r, 0.072, -1e5) * 1e6) for r in (15e-9, 5e-6)]
    [989, 989]
    """
    _packing(shear_modulus, coordination_number, packing_fraction, particle_radius, surface_tension)
    if not np.all(np.asarray(capillary_pressure) < 0):
        raise ValueError(f"capillary_pressure must be below zero, for it sucks, not {np.max(capillary_pressure):.6g}")
    rigid = shear_modulus * coordination_number * packing_fraction * particle_radius**3 / (2 * surface_tension)
    value: Number = 0.64 * rigid**0.5 * (2 * surface_tension / (-capillary_pressure * particle_radius)) ** 1.5
    return value


@equation(
    ("m", "um"),
    shear_modulus=("Pa", "GPa"),
    coordination_number="1",
    packing_fraction="1",
    particle_radius=("m", "nm"),
    surface_tension=("N/m", "mN/m"),
    pressure_factor="1",
)
def critical_cracking_thickness_of_packing(
    shear_modulus: Number,
    coordination_number: Number | float,
    packing_fraction: Number | float,
    particle_radius: Number | float,
    surface_tension: Number | float,
    pressure_factor: Number | float,
) -> Number:
    """Thickness below which a drying layer of particles does not crack, its capillary pressure set by its pores.

    Equation
        h = 0.64 [G M φ R³ / (2 γ)]^(1/2) k^(−3/2),   k = −P R / (2 γ)
    Symbols
        G shear modulus of the particles [Pa], M coordination number [1], φ volume fraction of particles at
        random close packing [1], R radius of a particle [m], γ surface tension of the liquid [N/m], k lowest
        capillary pressure in units of −2 γ / R [1], h thickness [m]
    Validity
        As `critical_cracking_thickness`; for k see `capillary_pressure_factor`.  It decides the answer: 5.3,
        a usual choice, gives a twelfth of what 1 gives.
    Source
        `critical_cracking_thickness` with P = −2 k γ / R.

    Raises
    ------
    ValueError
        If the packing is no share or another value not above zero.

    Examples
    --------
    Silicon of 30 nm and of 3 µm in water:

    >>> [
    ...     round(critical_cracking_thickness_of_packing(51e9, 6, 0.64, r, 0.072, 5.3) * 1e6, 2)
    ...     for r in (15e-9, 1.5e-6)
    ... ]
    [0.11, 112.38]
    """
    _packing(shear_modulus, coordination_number, packing_fraction, particle_radius, surface_tension)
    above_zero(pressure_factor=pressure_factor)
    rigid = shear_modulus * coordination_number * packing_fraction * particle_radius**3 / (2 * surface_tension)
    value: Number = 0.64 * rigid**0.5 / pressure_factor**1.5
    return value


@equation("1", packing_fraction="1")
def capillary_pressure_factor(packing_fraction: Number) -> Number:
    """Capillary pressure at which air enters a packing of spheres, in units of −2 γ / R.

    Equation
        k = 3 φ / (2 (1 − φ))
    Symbols
        φ volume fraction of the particles [1], k = −P R / (2 γ) with P capillary pressure [Pa], R radius of
        a particle [m] and γ surface tension of the liquid [N/m]
    Validity
        0 ≤ φ < 1; spheres of one size, wetted in full.  A mean over the pores: the circle that fits between
        three touching spheres alone has k = 1 / (2/√3 − 1) = 6.5.
    Source
        Balance of energies: the pressure empties the pore volume 1 − φ and bares the surface 3 φ / R.

    Raises
    ------
    ValueError
        If the packing fraction is no share.

    Examples
    --------
    >>> round(capillary_pressure_factor(0.64), 2)
    2.67
    """
    share_with_rest(packing_fraction=packing_fraction)
    value: Number = 3 * packing_fraction / (2 * (1 - packing_fraction))
    return value


@equation(("Pa", "kPa"), surface_tension=("N/m", "mN/m"), particle_radius=("m", "nm"), pressure_factor="1")
def capillary_pressure(
    surface_tension: Number, particle_radius: Number | float, pressure_factor: Number | float
) -> Number:
    """Lowest pressure of the liquid in a packing of particles that dries.

    Equation
        P = −2 k γ / R
    Symbols
        γ surface tension of the liquid [N/m], R radius of a particle [m], k factor of the pores' shape [1],
        P pressure of the liquid against air [Pa]
    Validity
        All above zero; wetted in full; for k see `capillary_pressure_factor`.  Below about −100 kPa the
        liquid itself is under tension, and may cavitate.
    Source
        Young and Laplace's law.

    Raises
    ------
    ValueError
        If a value is not above zero.

    Examples
    --------
    Water between particles of 3 µm:

    >>> round(capillary_pressure(0.072, 1.5e-6, 2.67) / 1e3)
    -256
    """
    above_zero(surface_tension=surface_tension, particle_radius=particle_radius, pressure_factor=pressure_factor)
    value: Number = -2 * pressure_factor * surface_tension / particle_radius
    return value


@equation(
    "1",
    evaporation_rate=("kg/(m^2 s)", "g/(m^2 s)"),
    wet_thickness=("m", "um"),
    solvent_density=("kg/m^3", "g/cm^3"),
    diffusivity=("m^2/s", "m^2/s"),
)
def drying_peclet(
    evaporation_rate: Number,
    wet_thickness: Number | float,
    solvent_density: Number | float,
    diffusivity: Number | float,
) -> Number:
    """How fast a wet film shrinks against how fast its binder diffuses: its Péclet number.

    Equation
        Pe = q H₀ / (ρ D)
    Symbols
        q mass of solvent that leaves per area and time [kg/(m² s)], H₀ thickness as cast [m], ρ density of
        the solvent [kg/m³], D diffusivity of the binder in the slurry's liquid [m²/s], Pe [1]
    Validity
        q ≥ 0; all else above zero.  Well below 1 the binder stays even, well above it gathers at the top;
        the model is of a dilute binder in a film that shrinks, and ends when the particles touch.
    Source
        F. Font, B. Protas, G. Richardson, J. M. Foster, Binder migration during drying of lithium-ion
        battery electrodes: modelling and comparison to experiment, arXiv:1801.01580.

    Raises
    ------
    ValueError
        If the rate is below zero or another value not above zero.

    Examples
    --------
    150 µm that lose 1 g of water a square metre and second, with a binder of 1e-10 m²/s:

    >>> round(drying_peclet(1e-3, 150e-6, 997, 1e-10), 2)
    1.5
    """
    at_least_zero(evaporation_rate=evaporation_rate)
    above_zero(wet_thickness=wet_thickness, solvent_density=solvent_density, diffusivity=diffusivity)
    value: Number = evaporation_rate * wet_thickness / (solvent_density * diffusivity)
    return value


# --- Transport through pores, and separators --------------------------------------------------------------------------


@equation("1", valid={"exponent": (1.0, 5.0)}, porosity=("1", "%"), exponent="1")
def bruggeman_tortuosity(porosity: Number, exponent: Number | float = 1.5) -> Number:
    """Tortuosity factor of pores, from the porosity alone.

    Equation
        τ = ε^(1 − α)
    Symbols
        ε porosity [1], α Bruggeman's exponent, 1.5 for spheres [1], τ tortuosity factor [1]: the effective
        conductivity is κ ε / τ
    Validity
        0 < ε ≤ 1.  1.5 is for spheres far from each other; real electrodes, flakes above all, have larger
        exponents.
    Source
        B. Tjaden, D. J. L. Brett, P. R. Shearing, Tortuosity in electrochemical devices: a review of
        calculation approaches, doi:10.1080/09506608.2016.1249995.

    Raises
    ------
    ValueError
        If the porosity is none or zero.

    Examples
    --------
    >>> round(bruggeman_tortuosity(0.25), 6)
    2.0
    """
    share_of_something(porosity=porosity)
    value: Number = porosity ** (1 - exponent)
    return value


@equation("1", tortuosity="1", porosity=("1", "%"))
def macmullin_number(tortuosity: Number, porosity: Number | float) -> Number:
    """How many times worse a soaked porous layer conducts than the electrolyte alone.

    Equation
        N = τ / ε = κ / κ_eff
    Symbols
        τ tortuosity factor [1], ε porosity [1], κ conductivity of the electrolyte [S/m], κ_eff that of the
        soaked layer [S/m], N MacMullin number [1]
    Validity
        τ ≥ 1, 0 < ε ≤ 1.  τ is the factor of transport; for a tortuosity that is a ratio of lengths take its
        square.
    Source
        B. Tjaden, D. J. L. Brett, P. R. Shearing, doi:10.1080/09506608.2016.1249995.

    Raises
    ------
    ValueError
        If the tortuosity is below 1, or the porosity none or zero.

    Examples
    --------
    A separator of 40 % pores and a tortuosity factor of 2.5:

    >>> macmullin_number(2.5, 0.4)
    6.25
    """
    share_of_something(porosity=porosity)
    if not np.all(np.asarray(tortuosity) >= 1):
        raise ValueError(f"tortuosity must be 1 or above, not {np.min(tortuosity):.6g}")
    return tortuosity / porosity


@equation("1", resistance=("ohm", "ohm"), area=("m^2", "cm^2"), thickness=("m", "um"), conductivity=("S/m", "mS/cm"))
def macmullin_number_from_resistance(
    resistance: Number, area: Number | float, thickness: Number | float, conductivity: Number | float
) -> Number:
    """MacMullin number of a soaked porous layer, from its measured resistance.

    Equation
        N = R A κ / t
    Symbols
        R ionic resistance of the layer, without leads and interfaces [Ω], A area [m²], κ conductivity of the
        electrolyte at the same temperature [S/m], t thickness of the layer [m], N MacMullin number [1]
    Validity
        R ≥ 0; all else above zero; the layer is soaked in full.  Several layers stacked, and the slope taken,
        remove the leads.
    Source
        B. Tjaden, D. J. L. Brett, P. R. Shearing, doi:10.1080/09506608.2016.1249995.

    Raises
    ------
    ValueError
        If the resistance is below zero or another value not above zero.

    Examples
    --------
    20 µm of separator on 2 cm² with 0.8 Ω in an electrolyte of 10 mS/cm:

    >>> round(macmullin_number_from_resistance(0.8, 2e-4, 20e-6, 1.0), 2)
    8.0
    """
    at_least_zero(resistance=resistance)
    above_zero(area=area, thickness=thickness, conductivity=conductivity)
    value: Number = resistance * area * conductivity / thickness
    return value


@equation("1", thicknesses=("m", "um"), macmullin_numbers="1")
def macmullin_number_of_layers(thicknesses: ArrayLike, macmullin_numbers: ArrayLike) -> float | Array:
    """MacMullin number of layers on each other, as a separator and its coatings.

    Equation
        N = Σ Nᵢ tᵢ / Σ tᵢ
    Symbols
        Nᵢ MacMullin number of layer i [1], tᵢ its thickness [m], N that of the whole [1]
    Validity
        Nᵢ ≥ 1, tᵢ ≥ 0; one electrolyte in all; no layer blocks the pores of another.
    Source
        Resistances in series add up.

    Raises
    ------
    ValueError
        If a number is below 1, a thickness below zero, all are zero, or the lists differ in length.

    Examples
    --------
    16 µm of a separator of 6 with 4 µm of ceramic of 3:

    >>> round(macmullin_number_of_layers([16e-6, 4e-6], [6, 3]), 6)
    5.4
    """
    thickness, number = components(thicknesses=thicknesses, macmullin_numbers=macmullin_numbers)
    at_least_zero(thicknesses=thickness)
    above_zero(**{"sum of the thicknesses": thickness.sum(-1)})
    if not np.all(number >= 1):
        raise ValueError(f"macmullin_numbers must be 1 or above, not {np.min(number):.6g}")
    return plain((thickness * number).sum(-1) / thickness.sum(-1))


@equation(
    ("kg/m^2", "mg/cm^2"),
    thickness=("m", "um"),
    porosity=("1", "%"),
    solid_density=("kg/m^3", "g/cm^3"),
    sides="1",
)
def separator_coating_mass(
    thickness: Number, porosity: Number | float, solid_density: Number | float, sides: Number | float = 1.0
) -> Number:
    """Areal mass of a porous coating on a separator.

    Equation
        m_A = s t (1 − ε) ρ_s
    Symbols
        t thickness of the coating on a side [m], ε its porosity [1], ρ_s density of its solids without pores
        [kg/m³], s coated sides [1], m_A mass per area of separator [kg/m²]
    Validity
        t ≥ 0, 0 ≤ ε < 1, ρ_s > 0, s ≥ 0; what sank into the separator is not counted, see
        `porosity_after_infiltration`.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a value is below zero, the porosity none, or the density not above zero.

    Examples
    --------
    3 µm of half-porous alumina with some binder, 3.7 g/cm³, on both sides:

    >>> round(separator_coating_mass(3e-6, 0.5, 3700, 2) * 100, 3)
    1.11
    """
    at_least_zero(thickness=thickness, sides=sides)
    share_with_rest(porosity=porosity)
    above_zero(solid_density=solid_density)
    value: Number = sides * thickness * (1 - porosity) * solid_density
    return value


@equation(
    ("1", "%"),
    porosity=("1", "%"),
    infiltrated_mass=("kg/m^2", "mg/cm^2"),
    density=("kg/m^3", "g/cm^3"),
    thickness=("m", "um"),
)
def porosity_after_infiltration(
    porosity: Number, infiltrated_mass: Number | float, density: Number | float, thickness: Number | float
) -> Number:
    """Porosity that is left when a solid, as a binder from its solution, has dried in the pores.

    Equation
        ε₁ = ε₀ − m_A / (ρ t)
    Symbols
        ε₀ porosity before [1], m_A mass per area of what dried in the pores [kg/m²], ρ its density [kg/m³],
        t thickness of the porous layer [m], ε₁ porosity after [1]
    Validity
        The layer keeps its thickness, and the solid is spread over all of it.
    Source
        Volumes add up.

    Raises
    ------
    ValueError
        If the porosity is none, the mass is below zero or more than the pores hold, or another value not
        above zero.

    Examples
    --------
    0.1 mg/cm² of a polymer of 1.4 g/cm³ in a separator of 16 µm and 40 %:

    >>> round(100 * porosity_after_infiltration(0.40, 0.1e-2, 1400, 16e-6), 1)
    35.5
    """
    share(porosity=porosity)
    at_least_zero(infiltrated_mass=infiltrated_mass)
    above_zero(density=density, thickness=thickness)
    left: Number = porosity - infiltrated_mass / (density * thickness)
    if not np.all(np.asarray(left) >= 0):
        most = np.min(np.multiply(np.multiply(porosity, density), thickness))
        raise ValueError(
            f"infiltrated_mass must fit the pores, which hold {most:.6g} kg/m^2, not {np.max(infiltrated_mass):.6g}"
        )
    return left


@equation(("1", "%"), thicknesses=("m", "um"), porosities=("1", "%"))
def mean_porosity(thicknesses: ArrayLike, porosities: ArrayLike) -> float | Array:
    """Porosity of layers on each other, as a separator and its coatings.

    Equation
        ε = Σ εᵢ tᵢ / Σ tᵢ
    Symbols
        εᵢ porosity of layer i [1], tᵢ its thickness [m], ε that of the whole [1]
    Validity
        0 ≤ εᵢ ≤ 1, tᵢ ≥ 0.  It says how much electrolyte the whole takes up, and not how well it conducts.
    Source
        Volumes add up.

    Raises
    ------
    ValueError
        If a porosity is none, a thickness below zero, all are zero, or the lists differ in length.

    Examples
    --------
    >>> round(100 * mean_porosity([16e-6, 4e-6], [0.40, 0.55]), 1)
    43.0
    """
    thickness, pores = components(thicknesses=thicknesses, porosities=porosities)
    at_least_zero(thicknesses=thickness)
    share(porosities=pores)
    above_zero(**{"sum of the thicknesses": thickness.sum(-1)})
    return plain((thickness * pores).sum(-1) / thickness.sum(-1))


def _packing(
    shear_modulus: ArrayLike,
    coordination_number: ArrayLike,
    packing_fraction: ArrayLike,
    particle_radius: ArrayLike,
    surface_tension: ArrayLike,
) -> None:
    above_zero(
        shear_modulus=shear_modulus,
        coordination_number=coordination_number,
        particle_radius=particle_radius,
        surface_tension=surface_tension,
    )
    share_of_something(packing_fraction=packing_fraction)


def _least(values: ArrayLike) -> str:
    return f"{np.min(np.asarray(values, dtype=float)):.6g}"
