"""Slurries, fractions, charges and blends: against the two documents' arithmetic, other programs, and sums by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from byssus.physics import mixing
from byssus.quantity import convert


def test_the_seed_papers_binder_is_not_quite_9_5_6() -> None:
    # CMC 9.0, CA 5.0, 30.0 mg of a 22 % solution: 6.6 mg, 20.6 mg in all; 9/20.6, 5/20.6, 6.6/20.6 (conflict C05).
    assert mixing.solute_mass(30e-6, 0.22) == pytest.approx(6.6e-6)
    actual = mixing.solid_fractions([9.0, 5.0, 30.0], [1.0, 1.0, 0.22])
    assert actual == pytest.approx([0.43689, 0.24272, 0.32039], abs=5e-6)
    # As solids it would be 20.5, 11.4 and 68.2 %; nominal 45, 25 and 30 %.
    assert mixing.solid_fractions([9.0, 5.0, 30.0], [1, 1, 1]) == pytest.approx([0.205, 0.114, 0.682], abs=5e-4)
    assert mixing.ratio_fractions([9, 5, 6]) == pytest.approx([0.45, 0.25, 0.30])
    # The control CL: 10 mg CMC + 6.6 mg LS, 39.8 % LS.
    assert mixing.solid_fractions([10.0, 30.0], [1, 0.22])[1] == pytest.approx(0.398, abs=5e-4)


def test_solutions_keep_what_is_dissolved() -> None:
    added = mixing.dilution(30e-6, 0.22, 0.20)
    assert added == pytest.approx(3e-6)
    assert mixing.mass_fraction_from_solution(6.6e-6, 23.4e-6 + added) == pytest.approx(0.20)
    assert mixing.solid_content([5.0, 9.0, 30.0, 1000.0], [1, 1, 0.22, 0]) == pytest.approx(20.6 / 1044)
    assert mixing.mass_fraction_from_solution(np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0])) == pytest.approx(
        [0.0, 0.5, 1.0]
    )
    # 27.27 mg of a 22 % solution are exactly 6 mg.
    assert mixing.solute_mass(27.2727e-6, 0.22) == pytest.approx(6e-6, rel=1e-5)


def test_capacities_of_formulae() -> None:
    # n × 26.8015 Ah/mol over the molar mass, worked out with a calculator from CODATA's F = 96485.33 C/mol.
    assert mixing.theoretical_capacity(28.085e-3, 3.75) / 3600 == pytest.approx(3.75 * 26801.481 / 28.085, rel=1e-6)
    assert mixing.theoretical_capacity_of_formula("Si", 3.75) / 3600 == pytest.approx(3578.6, abs=0.1)  # conflict R25
    assert mixing.theoretical_capacity_of_formula("C6", 1) / 3600 == pytest.approx(371.9, abs=0.1)
    assert mixing.theoretical_capacity_of_formula("Li", 1) / 3600 == pytest.approx(3862, abs=1)
    assert mixing.theoretical_capacity_of_formula("S", 2) / 3600 == pytest.approx(1672, abs=0.5)  # conflict R17


def test_molar_masses_are_those_of_rdkit() -> None:
    from rdkit.Chem import Descriptors, MolFromSmiles

    for formula, smiles in {
        "C6H8O7": "OC(=O)CC(O)(C(=O)O)CC(=O)O",
        "C2F6LiNO4S2": "[Li+].FC(F)(F)S(=O)(=O)[N-]S(=O)(=O)C(F)(F)F",
    }.items():
        assert mixing.molar_mass(formula) * 1e3 == pytest.approx(Descriptors.MolWt(MolFromSmiles(smiles)), rel=2e-4)
    # Conflict C16.
    assert mixing.molar_mass("Li2O(SiO2)4.8") * 1e3 == pytest.approx(318.3, abs=0.05)
    assert mixing.molar_mass("Li2Si5O11") * 1e3 == pytest.approx(330.3, abs=0.05)


def test_volume_and_mass_fractions_undo_each_other() -> None:
    masses, densities = np.array([6.0, 2.0, 2.0]), np.array([2.33, 1.86, 1.7])
    by_volume = mixing.volume_fractions(masses, densities)
    # 2.5751, 1.0753 and 1.1765 cm³ of 4.826847 cm³, by hand.
    assert by_volume == pytest.approx([0.53350, 0.22277, 0.24373], abs=5e-6)
    assert mixing.mass_fractions_from_volumes(by_volume, densities) == pytest.approx([0.6, 0.2, 0.2])
    assert mixing.mixture_density(masses, densities) == pytest.approx(10 / 4.826847, rel=1e-6)
    # The density is the mean of the densities by volume, and between the smallest and the largest.
    assert mixing.mixture_density(masses, densities) == pytest.approx(float(by_volume @ densities))


def test_several_mixtures_at_once() -> None:
    masses = np.array([[6.0, 2.0, 2.0], [8.0, 1.0, 1.0]])
    densities = np.array([2.33, 1.86, 1.7])
    for at, row in enumerate(masses):
        assert mixing.volume_fractions(masses, densities)[at] == pytest.approx(mixing.volume_fractions(row, densities))
        assert np.asarray(mixing.mixture_density(masses, densities))[at] == pytest.approx(
            mixing.mixture_density(row, densities)
        )
    assert mixing.theoretical_capacity(np.array([28.085e-3, 118.71e-3]), np.array([3.75, 4.4])).shape == (2,)
    assert isinstance(mixing.mixture_density([1, 1], [1, 2]), float)


def test_charges_of_the_seed_papers_binder() -> None:
    # Conflicts C16 and C25: 78.1 umol COOH against 41.5 umol Li, a ratio of 1.88; 146.7 umol if it were Li2SiO3.
    acid = mixing.charge_amount(5e-6, mixing.molar_mass("C6H8O7"), 3)
    lithium = mixing.charge_amount(6.6e-6, mixing.molar_mass("Li2O(SiO2)4.8"), 2)
    assert (acid * 1e6, lithium * 1e6) == (pytest.approx(78.1, abs=0.05), pytest.approx(41.5, abs=0.05))
    assert mixing.crosslink_ratio(acid, lithium) == pytest.approx(1.88, abs=0.005)
    assert mixing.degree_of_neutralisation(lithium, acid) == pytest.approx(1 / 1.88, abs=0.002)
    assert mixing.charge_amount(6.6e-6, mixing.molar_mass("Li2SiO3"), 2) * 1e6 == pytest.approx(146.7, abs=0.1)


def test_carboxymethyl_cellulose_by_degree_of_substitution() -> None:
    # A maker's formula weights of the sodium salt: 178.14 at 0.2 and 282.18 at 1.5.
    for degree, weight in ((0.2, 178.14), (1.5, 282.18)):
        assert degree / mixing.carboxymethyl_amount(1.0, degree) * 1e3 == pytest.approx(weight, abs=0.02)
    # Degree 1 is the repeat unit C8H11O7Na.
    assert 1 / mixing.carboxymethyl_amount(1.0, 1.0) == pytest.approx(mixing.molar_mass("C8H11O7Na"))
    assert 1 / mixing.carboxymethyl_amount(1.0, 1.0, "lithium") == pytest.approx(mixing.molar_mass("C8H11O7Li"))
    # The usual titration formula 0.162 A / (1 − 0.058 A), A in mmol/g of the acid.
    for amount in (1.0, 2.5, 4.0):
        assert mixing.degree_of_substitution(amount) == pytest.approx(0.162 * amount / (1 - 0.058 * amount), rel=2e-3)
    for form in ("acid", "sodium", "lithium"):
        for degree in (0.0, 0.7, 3.0):
            amount = mixing.carboxymethyl_amount(1.0, degree, form)
            assert mixing.degree_of_substitution(amount, form) == pytest.approx(degree)


def test_salt_in_polyether_as_in_the_review() -> None:
    # Conflict R14: LiTFSI 10:1, 16:1, 20:1 -> 39.5, 28.9, 24.6 wt%; polymer:salt 3:2 -> 9.8.
    salt = mixing.molar_mass("LiN(SO2CF3)2")
    fractions = mixing.salt_mass_fraction(np.array([10.0, 16.0, 20.0]), salt)
    assert fractions * 100 == pytest.approx([39.5, 28.9, 24.6], abs=0.05)
    assert mixing.ether_oxygen_ratio(fractions, salt) == pytest.approx([10, 16, 20])
    assert mixing.ether_oxygen_ratio(0.4, salt) == pytest.approx(9.8, abs=0.05)
    unit = mixing.ETHYLENE_OXIDE * 1e3
    assert unit == pytest.approx(44.053, abs=1e-3)


def test_blends_as_in_the_review() -> None:
    # Conflict R05: 372 and 3579 mAh/g; 450 -> 2.4 %, 650 -> 8.7 %, 10 % -> 693.
    shares = mixing.blend_fraction(np.array([450.0, 650.0]), 3579.0, 372.0)
    assert shares * 100 == pytest.approx([2.4, 8.7], abs=0.05)
    assert mixing.blend_capacity([10, 90], [3579, 372]) == pytest.approx(692.7)
    for share, blend in zip(shares, (450, 650), strict=True):
        assert mixing.blend_capacity([share, 1 - share], [3579, 372]) == pytest.approx(blend)
    # The share may be of the poorer of the two as well.
    assert mixing.blend_fraction(650.0, 372.0, 3579.0) == pytest.approx(1 - shares[1])


def test_energies_agree_with_the_unit_library() -> None:
    # Conflict C23: -3.7916 eV = -365.8 kJ/mol and -1.1466 eV = -110.6 kJ/mol.
    for electronvolts, molar in ((-3.7916, -365.8), (-1.1466, -110.6)):
        joules = convert(electronvolts, "eV", "J")
        assert mixing.energy_conversion(joules) / 1e3 == pytest.approx(molar, abs=0.05)
        assert mixing.energy_of_one(mixing.energy_conversion(joules)) == pytest.approx(joules)
        assert mixing.energy_conversion(joules) == pytest.approx(
            convert(electronvolts, "eV*avogadro_constant", "J/mol")
        )


def test_wet_film_gives_back_the_loading() -> None:
    thickness = mixing.wet_film_thickness(1.367e-2, 0.2, 1120)
    # The film's mass times its share of solids: t ρ w.
    assert thickness * 1120 * 0.2 == pytest.approx(1.367e-2)
    assert thickness * 1e6 == pytest.approx(61.03, abs=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixing.solute_mass(-1.0, 0.2), "solution_mass must be zero or above, not -1"),
        (lambda: mixing.solute_mass(1.0, 22), "mass_fraction must be from 0 to 1, not 22"),
        (lambda: mixing.solute_mass(float("nan"), 0.2), "solution_mass must be zero or above, not nan"),
        (lambda: mixing.mass_fraction_from_solution(0.0, 0.0), "must be above zero, not 0"),
        (lambda: mixing.dilution(1.0, 0.2, 0.3), "target_fraction must be no more than mass_fraction, 0.2, not 0.3"),
        (lambda: mixing.dilution(1.0, 0.2, np.array([0.1, 0.3])), "and is not everywhere"),
        (lambda: mixing.solid_content([1, 2], [1]), "mass_fractions must be as many as masses, which are 2, not 1"),
        (lambda: mixing.solid_fractions([1, 2], [0, 0]), "mass of solids must be above zero, not 0"),
        (lambda: mixing.molar_mass("NbSnSd"), "'Sd' is no element"),
        (lambda: mixing.theoretical_capacity(0.0, 1.0), "molar_mass must be above zero, not 0"),
        (lambda: mixing.ratio_fractions([9, -5, 6]), "parts must be zero or above, not -5"),
        (lambda: mixing.ratio_fractions([]), "parts must be at least one, not none"),
        (lambda: mixing.volume_fractions([1, 1], [2, 0]), "densities must be above zero, not 0"),
        (lambda: mixing.carboxymethyl_amount(1.0, 3.5), "substitution must be from 0 to 3 groups a unit, not 3.5"),
        (lambda: mixing.carboxymethyl_amount(1.0, 1.0, "potassium"), "form must be one of acid, sodium, lithium"),
        (lambda: mixing.degree_of_substitution(20.0), "charge_per_mass must be at most 8.92"),
        (lambda: mixing.salt_mass_fraction(-1.0, 0.287), "ether_oxygen_ratio must be zero or above, not -1"),
        (lambda: mixing.ether_oxygen_ratio(0.0, 0.287), "salt_mass_fraction must be above 0 and up to 1, not 0"),
        (lambda: mixing.blend_fraction(300.0, 3579.0, 372.0), "blend_capacity must be between .*, not 300"),
        (lambda: mixing.blend_fraction(4000.0, 3579.0, 372.0), "blend_capacity must be between .*, not 4000"),
        (lambda: mixing.blend_fraction(400.0, 372.0, 372.0), "capacity must differ from host_capacity"),
        (lambda: mixing.wet_film_thickness(1.0, 0.0, 1.0), "solid_content must be above 0 and up to 1, not 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
