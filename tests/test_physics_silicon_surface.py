"""Silicon's surface: areas, SEI, oxide and carbon, against geometry, balances of atoms and published numbers."""

from __future__ import annotations

import numpy as np
import pytest

from byssus.physics import silicon_surface as surface
from byssus.physics.coating import native_oxide_silicon_fraction, specific_surface_of_spheres
from byssus.physics.constants import atoms
from byssus.physics.mixing import molar_mass

MAH = 3600.0


def test_areas_of_spheres_agree_by_mass_and_by_volume() -> None:
    diameter, density, fraction = np.array([30e-9, 300e-9, 5e-6]), 2330.0, 0.21
    by_mass = surface.area_per_volume(specific_surface_of_spheres(diameter, density), density, fraction)
    assert surface.area_per_volume_of_spheres(fraction, diameter / 2) == pytest.approx(by_mass, rel=1e-14)


def test_an_area_counted_sphere_by_sphere() -> None:
    # 10¹⁸ spheres of 100 nm in a cubic metre.
    number, radius = 1e18, 50e-9
    fraction = number * 4 / 3 * np.pi * radius**3
    assert surface.area_per_volume_of_spheres(fraction, radius) == pytest.approx(number * 4 * np.pi * radius**2)


def test_agglomerates_have_the_surface_of_their_envelope() -> None:
    # Of one agglomerate: its envelope over the mass of what is inside.
    diameter, density, pores = 300e-9, 2330.0, 0.4
    mass = density * (1 - pores) * np.pi / 6 * diameter**3
    ours = surface.specific_surface_of_agglomerates(diameter, density, pores)
    assert ours == pytest.approx(np.pi * diameter**2 / mass)
    # By volume of electrode the pores inside them count as theirs: 3 φ / R of the agglomerates.
    solid = 0.2
    envelope = surface.area_per_volume_of_spheres(solid / (1 - pores), diameter / 2)
    assert surface.area_per_volume(ours, density, solid) == pytest.approx(envelope)


def test_sei_charge_by_hand() -> None:
    # 1 m² of 1 nm and 100 cm³/mol is 10 µmol; two electrons each are 1.929706642 C (F = 96485.33212 C/mol).
    assert surface.sei_charge(1e-9, 1.0, 100e-6) == pytest.approx(1.929706642, rel=1e-9)


def test_a_published_charge_of_the_sei_gives_a_thickness_of_some_nanometres() -> None:
    # 16 mAh/g on 1.6 m²/g of bulk silicon (231st ECS Meeting, abstract of paper 98867) is 36 C/m²;
    # 36 C/m² x 95.85 cm³/mol / (2 x 96485 C/mol) = 17.9 nm.
    assert surface.sei_thickness(16 * MAH, 1600.0, 95.85e-6) == pytest.approx(17.9e-9, abs=0.05e-9)


def test_thickness_is_the_inverse_of_charge() -> None:
    thickness = np.array([0.0, 2e-9, 20e-9])
    charge = surface.sei_charge(thickness, 62e3, 35e-6, 1.0)
    assert surface.sei_thickness(charge, 62e3, 35e-6, 1.0) == pytest.approx(thickness, rel=1e-14)


def test_the_molar_volume_of_carbonate_is_that_of_its_density() -> None:
    # 2.11 g/cm³: CRC Handbook; the docstring says 35 cm³/mol and 2.7 times the charge of 95.85.
    carbonate = molar_mass("Li2CO3") / 2110.0
    assert carbonate == pytest.approx(35e-6, rel=0.001)
    ratio = surface.sei_charge(1e-9, 1.0, carbonate) / surface.sei_charge(1e-9, 1.0, 95.85e-6)
    assert ratio == pytest.approx(2.7, abs=0.05)


@pytest.mark.parametrize("product", list(surface.OXIDE_PRODUCTS))
def test_reactions_of_the_oxide_balance(product: str) -> None:
    # SiO2 + n Li → y Si + z product: oxygen gives z, then lithium gives n and silicon y.
    lithium, freed = surface.OXIDE_PRODUCTS[product]
    counts = atoms(product)
    per_oxide = 2 / counts["O"]
    assert lithium == pytest.approx(per_oxide * counts["Li"])
    assert freed == pytest.approx(1 - per_oxide * counts.get("Si", 0.0))
    # Each silicon that is set free took four electrons, one with each lithium.
    assert lithium == pytest.approx(4 * freed)


@pytest.mark.parametrize(
    ("product", "charge"),
    # 4, 2 and 4/3 x 96485.33 C/mol / (3.6 x 60.083 g/mol), in mAh per gram of SiO2.
    [("Li2O", 1784.3), ("Li4SiO4", 892.15), ("Li2SiO3", 594.77)],
)
def test_pure_silica_binds_its_theoretical_capacity(product: str, charge: float) -> None:
    assert surface.oxide_charge(1.0, product) / MAH == pytest.approx(charge, rel=1e-4)


def test_a_shell_counted_atom_by_atom() -> None:
    # One particle of 30 nm with 1.5 nm of oxide, whose SiO2 goes to Li2O and silicon.
    outer, inner = 15e-9, 13.5e-9
    silicon = 2330.0 * 4 / 3 * np.pi * inner**3
    oxide = 2200.0 * 4 / 3 * np.pi * (outer**3 - inner**3)
    freed = oxide / molar_mass("SiO2") * molar_mass("Si")
    fraction = 1 - native_oxide_silicon_fraction(30e-9, 1.5e-9, 2330.0, 2200.0)
    ours = surface.capacity_with_oxide(fraction, 3579 * MAH, "Li2O")
    assert ours == pytest.approx(3579 * MAH * (silicon + freed) / (silicon + oxide))
    # Without oxide nothing is bound and nothing lost.
    assert surface.oxide_charge(0.0) == 0.0
    assert surface.capacity_with_oxide(0.0, 3579 * MAH) == 3579 * MAH


def test_carbon_black_is_known_by_its_range() -> None:
    reversible, irreversible = surface.CARBON_REVERSIBLE_SOURCE, surface.CARBON_IRREVERSIBLE_SOURCE
    assert reversible.low is not None
    assert reversible.high is not None
    assert reversible.low < surface.CARBON_REVERSIBLE < reversible.high < 372 * MAH
    # The range of what it loses is an SEI of 2 to 10 nm, 5 nm in the middle, on 62 m²/g.
    film = [float(surface.sei_charge(each * 1e-9, 62e3, 95.85e-6)) for each in (2, 5, 10)]
    assert film == pytest.approx([irreversible.low, surface.CARBON_IRREVERSIBLE, irreversible.high], rel=0.02)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="product must be Li2O or Li4SiO4 or Li2SiO3, not LiF"):
        surface.oxide_charge(0.1, "LiF")
    with pytest.raises(ValueError, match="oxide_fraction must be from 0 to 1, not 18"):
        surface.capacity_with_oxide(18.0, 3579 * MAH)
    with pytest.raises(ValueError, match="inner_porosity must be from 0 to below 1, not 1"):
        surface.specific_surface_of_agglomerates(3e-7, 2330.0, 1.0)
    with pytest.raises(ValueError, match="thickness must be zero or above"):
        surface.sei_charge(-1e-9, 86e3, 95.85e-6)
    with pytest.raises(ValueError, match="radius must be above zero, not 0"):
        surface.area_per_volume_of_spheres(0.2, 0.0)
