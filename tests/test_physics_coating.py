"""Coatings and what swells in them: against the two documents, limits, integrals and sums by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from byssus.physics import coating, mixing, swelling

LITERATURE = {"silicon_density": 2330.0, "oxide_density": 2200.0}


# --- Mass, thickness and pores ----------------------------------------------------------------------------------------


def test_areal_capacities_of_the_seed_paper() -> None:
    # Conflicts C07 and C09: 0.82 mg/cm² at 2700 is 2.214; at 3227 2.65, and 1.59 were it coating of 60 %.
    loading = np.array([0.82e-2, 0.82e-2, 0.6 * 0.82e-2])
    capacity = 3600 * np.array([2700.0, 3227.0, 3227.0])
    found = coating.areal_capacity_from_loading(loading, capacity) / 36000
    assert found == pytest.approx([2.214, 2.646, 1.588], abs=1e-3)


def test_the_reviews_solid_state_silicon_has_the_pores_it_states() -> None:
    # 3.8 mg/cm² of silicon (99.9 %) in 27.2 µm, about 40 % pores; 3.8/2.3296 = 16.31 µm of solid.
    pores = coating.porosity(3.8e-2, 27.2e-6, 2329.6)
    assert pores == pytest.approx(1 - 16.312 / 27.2, abs=1e-4)
    assert pores == pytest.approx(0.40, abs=0.005)
    assert coating.thickness_from_porosity(3.8e-2, pores, 2329.6) == pytest.approx(27.2e-6)
    assert coating.coating_density(3.8e-2, 27.2e-6) == pytest.approx((1 - pores) * 2329.6)


def test_calendering_keeps_the_solids() -> None:
    before, after = np.array([100e-6, 120e-6]), 70e-6
    pores = coating.calendered_porosity(0.5, before, after)
    assert (1 - pores) * after == pytest.approx(0.5 * before)
    assert coating.calendered_porosity(0.5, 100e-6, 50e-6) == pytest.approx(0.0)


# --- Films on particles -----------------------------------------------------------------------------------------------


def test_silicon_of_30_nm_has_86_square_metres_a_gram() -> None:
    assert coating.specific_surface_of_spheres(30e-9, 2329.6) / 1e3 == pytest.approx(85.85, abs=0.01)
    # One sphere: area over mass.
    diameter = 0.7e-6
    one = np.pi * diameter**2 / (2200 * np.pi / 6 * diameter**3)
    assert coating.specific_surface_of_spheres(diameter, 2200.0) == pytest.approx(one)


def test_the_film_on_a_sphere_has_the_binders_volume() -> None:
    radius, ratio, film, particle = 75e-9, 1 / 3, 1700.0, 2330.0
    thickness = coating.film_thickness_on_sphere(ratio, film, particle, radius)
    shells = np.linspace(radius, radius + thickness, 20001)
    mass = film * np.trapezoid(4 * np.pi * shells**2, shells)
    assert mass / (particle * 4 / 3 * np.pi * radius**3) == pytest.approx(ratio, rel=1e-8)


def test_a_thin_film_on_a_sphere_is_a_film_on_its_area() -> None:
    surface = coating.specific_surface_of_spheres(2 * 15e-9, 2330.0)
    for ratio in (1e-3, 1e-6, 1e-12):
        exact = coating.film_thickness_on_sphere(ratio, 1700.0, 2330.0, 15e-9)
        thin = coating.film_thickness_on_area(ratio, 1700.0, surface)
        # The thin limit is too large by t/R to first order.
        assert thin / exact - 1 == pytest.approx(exact / 15e-9, rel=1e-2, abs=1e-13)
    # Vectors too.
    assert coating.film_thickness_on_sphere(np.array([0.1, 0.2]), 1700.0, 2330.0, 15e-9).shape == (2,)


def test_the_binder_films_of_the_project_notes() -> None:
    # 2.3 nm on the area of 30 nm silicon; on agglomerates of radius 150 nm 23 nm as a thin film, 20 nm exactly.
    area = coating.specific_surface_of_spheres(30e-9, 2330.0)
    assert coating.film_thickness_on_area(1 / 3, 1700.0, area) * 1e9 == pytest.approx(2.3, abs=0.05)
    area = coating.specific_surface_of_spheres(300e-9, 2330.0)
    assert coating.film_thickness_on_area(1 / 3, 1700.0, area) * 1e9 == pytest.approx(23, abs=0.5)
    # (1 + 1/3 × 2330/1700)^(1/3) = 1.45686^(1/3) = 1.13364, times 150 nm.
    assert coating.film_thickness_on_sphere(1 / 3, 1700.0, 2330.0, 150e-9) * 1e9 == pytest.approx(20.05, abs=0.01)


# --- Native oxide -----------------------------------------------------------------------------------------------------


def test_two_nanometres_of_oxide_on_thirty_leave_66_per_cent() -> None:
    # 30 nm with its oxide: a core of 26 nm. By hand 17576 × 2.33 / (17576 × 2.33 + 9424 × 2.2) = 40952.1 / 61684.9.
    share = coating.native_oxide_silicon_fraction(30e-9, 2e-9, **LITERATURE)
    assert share == pytest.approx(40952.08 / 61684.88)
    assert share * 3579 == pytest.approx(2376, abs=0.5)
    # Were 30 nm the core, the whole would have 34 nm: 27000 × 2.33 / (27000 × 2.33 + 12304 × 2.2) = 0.6991.
    assert coating.native_oxide_silicon_fraction(34e-9, 2e-9, **LITERATURE) == pytest.approx(0.6991, abs=1e-4)
    assert coating.native_oxide_silicon_fraction(30e-9, 0.0, **LITERATURE) == 1.0
    assert coating.native_oxide_silicon_fraction(30e-9, 15e-9, **LITERATURE) == 0.0


def test_the_printed_capacity_allows_half_a_nanometre() -> None:
    assert coating.oxide_thickness_from_capacity(30e-9, 3227.0, 3579.0, **LITERATURE) * 1e9 == pytest.approx(
        0.5, abs=0.05
    )
    for thickness in (0.0, 0.3e-9, 2e-9, 14e-9):
        share = coating.native_oxide_silicon_fraction(30e-9, thickness, **LITERATURE)
        again = coating.oxide_thickness_from_capacity(30e-9, share * 3579.0, 3579.0, **LITERATURE)
        assert again == pytest.approx(thickness, abs=1e-21)


def test_carbon_counts_by_its_share() -> None:
    # 2 parts at 150 mAh/g on 6 of silicon: 300/6.
    assert coating.carbon_contribution(2, np.array([6.0, 8.0]), 150.0) == pytest.approx([50.0, 37.5])
    blend = mixing.blend_capacity([6, 2], [3000, 150]) * 8 / 6
    assert blend - 3000 == pytest.approx(coating.carbon_contribution(2, 6, 150.0))


# --- Cracks and drying ------------------------------------------------------------------------------------------------


def test_cracking_as_in_the_reviews_equation() -> None:
    # Conflict R26, set A: 989 µm for any radius.
    radii = np.geomspace(1e-9, 1e-4, 6)
    found = coating.critical_cracking_thickness(30e9, 6, 0.64, radii, 0.072, -1e5)
    assert found * 1e6 == pytest.approx(np.full(6, 989.2), abs=0.1)
    # At a given pressure linear in the surface tension.
    doubled = coating.critical_cracking_thickness(30e9, 6, 0.64, 1e-6, 0.144, -1e5)
    assert doubled / found[0] == pytest.approx(2)


def test_cracking_of_a_packing_as_in_the_project_notes() -> None:
    # 30 nm silicon, G 51 GPa, M 6, φ 0.64, γ 0.072: k 5.3, 2.67 and 1 give 0.11, 0.31 and 1.37 µm; 3 µm: 112 µm.
    args = (51e9, 6, 0.64)
    factors = np.array([5.3, 2.67, 1.0])
    found = coating.critical_cracking_thickness_of_packing(*args, 15e-9, 0.072, factors)
    assert found * 1e6 == pytest.approx([0.11, 0.31, 1.37], abs=0.006)
    assert coating.critical_cracking_thickness_of_packing(*args, 1.5e-6, 0.072, 5.3) * 1e6 == pytest.approx(
        112, abs=0.5
    )
    # With the pressure that such a packing has, the equation as printed gives the same.
    for radius in (15e-9, 5e-6):
        pressure = coating.capillary_pressure(0.072, radius, factors)
        assert coating.critical_cracking_thickness(*args, radius, 0.072, pressure) == pytest.approx(
            coating.critical_cracking_thickness_of_packing(*args, radius, 0.072, factors)
        )
    # R^1.5 γ^-0.5.
    four = coating.critical_cracking_thickness_of_packing(*args, 60e-9, 0.072 / 4, factors)
    assert four / found == pytest.approx(np.full(3, 16.0))


def test_the_capillary_factor_balances_the_energies() -> None:
    # One sphere of radius 1 with its pores: the work P V that empties them bares the area at γ each.
    packing, tension = 0.64, 0.072
    sphere = 4 / 3 * np.pi
    pores = sphere / packing - sphere
    pressure = coating.capillary_pressure(tension, 1.0, coating.capillary_pressure_factor(packing))
    assert -pressure * pores == pytest.approx(tension * 4 * np.pi)


def test_peclet_is_evaporation_over_diffusion() -> None:
    # 1e-3 kg/m²/s over 1000 kg/m³ is 1 µm/s; 150 µm at 1e-10 m²/s diffuse in 225 s, and evaporate in 150 s.
    assert coating.drying_peclet(1e-3, 150e-6, 1000.0, 1e-10) == pytest.approx(225 / 150)
    assert coating.drying_peclet(np.array([1e-4, 1e-2]), 150e-6, 1000.0, 1e-10) == pytest.approx([0.15, 15])


# --- Transport and separators -----------------------------------------------------------------------------------------


def test_bruggeman_at_its_limits() -> None:
    assert coating.bruggeman_tortuosity(1.0) == 1.0
    # ε^1.5 is the effective conductivity, so ε/τ must be.
    pores = np.array([0.2, 0.5, 0.9])
    assert pores / coating.bruggeman_tortuosity(pores) == pytest.approx(pores**1.5)
    # Few insulating spheres: Maxwell's 1 − 3/2 φ.
    dilute = 1e-6
    assert 1 / coating.macmullin_number(coating.bruggeman_tortuosity(1 - dilute), 1 - dilute) == pytest.approx(
        1 - 1.5 * dilute, rel=1e-10
    )


def test_macmullin_numbers_of_layers_are_resistances_in_series() -> None:
    conductivity, area = 1.1, 2e-4
    thicknesses, numbers = np.array([16e-6, 4e-6]), np.array([6.0, 3.0])
    resistances = numbers * thicknesses / (conductivity * area)
    whole = coating.macmullin_number_from_resistance(resistances.sum(), area, thicknesses.sum(), conductivity)
    assert coating.macmullin_number_of_layers(thicknesses, numbers) == pytest.approx(whole)
    assert coating.macmullin_number_of_layers([1.0, 2.0], [1.0, 1.0]) == 1.0
    # An effective conductivity of κ ε/τ gives the same number: 40 µm of 0.4/2.5 of it.
    resistance = 40e-6 / (conductivity * 0.4 / 2.5 * area)
    assert coating.macmullin_number_from_resistance(resistance, area, 40e-6, conductivity) == pytest.approx(
        coating.macmullin_number(2.5, 0.4)
    )


def test_separator_coatings_by_volume() -> None:
    mass = coating.separator_coating_mass(3e-6, 0.5, 3700.0, 2)
    # 3 µm × 2 × 0.5 × 3.7 g/cm³ = 1.11 mg/cm².
    assert mass * 100 == pytest.approx(1.11)
    assert coating.porosity(mass, 6e-6, 3700.0) == pytest.approx(0.5)
    # 0.1 mg/cm² over 1.4 g/cm³ are 0.714 µm of 16 µm.
    assert coating.porosity_after_infiltration(0.4, 0.1e-2, 1400.0, 16e-6) == pytest.approx(0.4 - 0.7143 / 16, abs=1e-5)
    assert coating.mean_porosity([16e-6, 4e-6], [0.40, 0.55]) == pytest.approx(0.43)


# --- Swelling ---------------------------------------------------------------------------------------------------------


def test_expansion_of_silicon_sulfur_and_tin() -> None:
    # Conflict R25: literature densities give 281 % for Li15Si4; unit cells give the same: 4 Li15Si4 in a cube of
    # 10.685 Å against 8 Si in one of 5.431 Å.
    by_cell = (10.685**3 / 16) / (5.431**3 / 8) - 1
    found = swelling.volume_expansion(28.085e-3, 2329.6, 216.44e-3, 1178.48, 4)
    assert found == pytest.approx(2.81, abs=0.005)
    assert found == pytest.approx(by_cell, rel=2e-3)
    assert swelling.volume_expansion_from_molar_volumes(5.431**3 / 8, 10.685**3 / 4, 4.0) == pytest.approx(by_cell)
    assert swelling.volume_expansion_from_molar_volumes(2.0, 3.0) == pytest.approx(0.5)
    # C6 to LiC6 with 2.26 and 2.2 g/cm³: (79.006/2.2)/(72.066/2.26) − 1 = 12.6 %.
    assert swelling.volume_expansion(12.011e-3, 2260.0, 79.006e-3, 2200.0, 6) == pytest.approx(0.126, abs=5e-4)


def test_strain_in_length_and_volume() -> None:
    # Conflict R06: 300 % by volume is 58.7 % in length, 6.6 times less than 390 %.
    assert swelling.linear_strain(3.0) == pytest.approx(4 ** (1 / 3) - 1)
    assert swelling.linear_strain(3.0) == pytest.approx(0.587, abs=5e-4)
    assert 3.9 / swelling.linear_strain(3.0) == pytest.approx(6.6, abs=0.05)
    growth = np.array([-0.5, 0.0, 1e-6, 2.81])
    assert swelling.volume_expansion_from_strain(swelling.linear_strain(growth)) == pytest.approx(growth, abs=1e-12)
    assert swelling.linear_strain(3e-6) == pytest.approx(1e-6, rel=2e-6)


def test_particles_of_the_seed_paper_are_below_the_critical_size() -> None:
    assert swelling.fracture_size_ratio(30e-9, 150e-9) == pytest.approx(0.2)  # conflict X01
    # A penny crack of radius a: G = 4 (1 − ν²) σ² a / (π E), so Z = 4 (1 − ν²)/π; Irwin's K = 2 σ √(a/π) must be √(E′Γ).
    gamma, modulus, stress, poisson = 6.9, 35e9, 1e9, 0.25
    size = swelling.critical_fracture_size(gamma, modulus, stress, 4 * (1 - poisson**2) / np.pi)
    assert 2 * stress * np.sqrt(size / np.pi) == pytest.approx(np.sqrt(gamma * modulus / (1 - poisson**2)))


def test_electrode_between_walls_and_free() -> None:
    fractions, growth = np.array([0.24, 0.21]), np.array([1.0, 0.0])
    pores = 1 - fractions.sum()
    # Fixed: pores lose what the solids gain, 0.55 − 0.24.
    assert swelling.electrode_thickness_ratio(fractions, growth, 0.0) == 1.0
    assert swelling.porosity_after_swelling(fractions, growth) == pytest.approx(0.31)
    # Free: the pores keep their volume.
    free = swelling.electrode_thickness_ratio(fractions, growth)
    assert swelling.porosity_after_swelling(fractions, growth, free) * np.asarray(free) == pytest.approx(pores)
    # g = 1/Σφ: they keep their share.
    alike = swelling.electrode_thickness_ratio(fractions, growth, 1 / 0.45)
    assert swelling.porosity_after_swelling(fractions, growth, alike) == pytest.approx(pores)
    # What stays adds to it.
    assert swelling.electrode_thickness_ratio(fractions, growth, 1.0, 0.1) == pytest.approx(1.34)
    # Half way there, and many states at once.
    states = np.linspace(0, 1, 5)[:, None] * growth
    assert swelling.porosity_after_swelling(fractions, states) == pytest.approx(0.55 - 0.24 * np.linspace(0, 1, 5))


def test_thickness_conventions() -> None:
    # Conflict C22: 215 and 166 % are t/t0 = 3.15 and 2.66 or 2.15 and 1.66.
    assert swelling.ratio_from_expansion(np.array([2.15, 1.66])) == pytest.approx([3.15, 2.66])
    assert swelling.expansion_from_ratio(np.array([2.15, 1.66])) == pytest.approx([1.15, 0.66])
    # 1 g of dry film of 1.59 g/cm³ with 0.1646 g of 1.25 g/cm³: 0.13168 cm³ on 0.62893 cm³.
    assert swelling.swelling_ratio(1.1646, 1.0) == pytest.approx(0.1646)
    assert swelling.volume_swelling_from_mass(0.1646, 1590.0, 1250.0) == pytest.approx(0.13168 / 0.62893, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coating.areal_capacity_from_loading(-1.0, 1.0), "loading must be zero or above, not -1"),
        (lambda: coating.coating_density(1.0, 0.0), "thickness must be above zero, not 0"),
        (lambda: coating.porosity(3.8e-2, 10e-6, 2330.0), "thickness must hold the solids, which take 1.63.*e-05 m"),
        (lambda: coating.thickness_from_porosity(1.0, 1.2, 1.0), "porosity must be from 0 to below 1, not 1.2"),
        (lambda: coating.calendered_porosity(0.5, 1e-4, 4e-5), "calendered_thickness must hold the solids"),
        (lambda: coating.specific_surface_of_spheres(0.0, 1.0), "diameter must be above zero, not 0"),
        (lambda: coating.film_thickness_on_sphere(-0.1, 1, 1, 1), "mass_ratio must be zero or above, not -0.1"),
        (lambda: coating.film_thickness_on_area(0.1, 1, 0), "specific_surface must be above zero, not 0"),
        (
            lambda: coating.native_oxide_silicon_fraction(30e-9, 16e-9, 1, 1),
            "oxide_thickness must be at most the radius",
        ),
        (
            lambda: coating.oxide_thickness_from_capacity(30e-9, 4000, 3579, 1, 1),
            "capacity must be at most silicon_cap",
        ),
        (lambda: coating.carbon_contribution(2, 0, 1), "active_parts must be above zero, not 0"),
        (
            lambda: coating.critical_cracking_thickness(30e9, 6, 0.64, 1e-6, 0.072, 1e5),
            "capillary_pressure must be below zero, for it sucks, not 100000",
        ),
        (
            lambda: coating.critical_cracking_thickness_of_packing(30e9, 6, 1.64, 1e-6, 0.072, 1),
            "packing_fraction must be above 0 and up to 1, not 1.64",
        ),
        (lambda: coating.capillary_pressure_factor(1.0), "packing_fraction must be from 0 to below 1, not 1"),
        (lambda: coating.capillary_pressure(0.072, 0.0, 1), "particle_radius must be above zero, not 0"),
        (lambda: coating.drying_peclet(1, 1, 1, 0), "diffusivity must be above zero, not 0"),
        (lambda: coating.bruggeman_tortuosity(0.0), "porosity must be above 0 and up to 1, not 0"),
        (lambda: coating.macmullin_number(0.5, 0.4), "tortuosity must be 1 or above, not 0.5"),
        (lambda: coating.macmullin_number_of_layers([1, 1], [2, 0.5]), "macmullin_numbers must be 1 or above, not 0.5"),
        (lambda: coating.porosity_after_infiltration(0.4, 1, 1400, 16e-6), "infiltrated_mass must fit the pores"),
        (lambda: coating.mean_porosity([0, 0], [0.4, 0.4]), "sum of the thicknesses must be above zero, not 0"),
        (lambda: swelling.volume_expansion(1, 0, 1, 1), "density must be above zero, not 0"),
        (lambda: swelling.linear_strain(-1.0), "volume_expansion must be above -1, .* not -1"),
        (lambda: swelling.critical_fracture_size(1, 1, 0), "stress must be above zero, not 0"),
        (lambda: swelling.electrode_thickness_ratio([0.7, 0.6], [1, 1]), "volume_fractions must add up .* not 1.3"),
        (lambda: swelling.electrode_thickness_ratio([0.7], [1, 1]), "expansions must be as many as volume_fractions"),
        (lambda: swelling.porosity_after_swelling([0.24, 0.21], [2.81, 0]), "thickness_ratio must hold the solids"),
        (lambda: swelling.expansion_from_ratio(0.0), "ratio must be above zero, not 0"),
        (lambda: swelling.swelling_ratio(1.0, 0.0), "dry must be above zero, not 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
