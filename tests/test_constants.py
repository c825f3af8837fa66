"""Constants against SciPy's own copy of CODATA, atomic weights and formulas against sums done by hand and RDKit."""

from __future__ import annotations

import re

import pytest
import scipy.constants
from hypothesis import given
from hypothesis import strategies as st

from byssus.physics import constants
from byssus.physics.constants import ATOMIC_WEIGHTS, FARADAY, atoms, molar_mass


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        (constants.ELEMENTARY_CHARGE, "elementary charge"),
        (constants.AVOGADRO, "Avogadro constant"),
        (constants.BOLTZMANN, "Boltzmann constant"),
        (constants.FARADAY, "Faraday constant"),
        (constants.GAS_CONSTANT, "molar gas constant"),
        (constants.STANDARD_ATMOSPHERE, "standard atmosphere"),
    ],
)
def test_constants_are_those_of_codata(ours: float, name: str) -> None:
    assert ours == pytest.approx(scipy.constants.value(name), rel=1e-15)


def test_the_standard_temperature_is_25_degrees() -> None:
    kelvin = scipy.constants.convert_temperature(25, "Celsius", "Kelvin")
    assert kelvin == pytest.approx(constants.STANDARD_TEMPERATURE)
    assert scipy.constants.zero_Celsius == constants.ZERO_CELSIUS


def test_atomic_weights_agree_with_rdkit() -> None:
    """RDKit's table is an independent, older copy; IUPAC's revisions since (Ge 72.61, Se 78.96) are below 0.03 %."""
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    for element, (value, uncertainty) in ATOMIC_WEIGHTS.items():
        assert table.GetAtomicWeight(element) == pytest.approx(value, rel=3e-4), element
        assert 0 < uncertainty < 0.01 * value


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ATOMIC_WEIGHTS["Li"] = constants.AtomicWeight(7.0, 0.1)  # type: ignore[index]


@pytest.mark.parametrize(
    ("formula", "by_hand"),
    [
        ("H2O", 2 * 1.008 + 15.999),
        ("Li2SiO3", 2 * 6.94 + 28.085 + 3 * 15.999),
        ("Li2O(SiO2)4.8", 2 * 6.94 + 15.999 + 4.8 * (28.085 + 2 * 15.999)),
        ("Li2O·4.8SiO2", 2 * 6.94 + 15.999 + 4.8 * (28.085 + 2 * 15.999)),
        ("LiNi0.8Co0.1Mn0.1O2", 6.94 + 0.8 * 58.6934 + 0.1 * 58.933194 + 0.1 * 54.938043 + 2 * 15.999),
        ("Li(Ni.8Co.1Mn.1)O2", 6.94 + 0.8 * 58.6934 + 0.1 * 58.933194 + 0.1 * 54.938043 + 2 * 15.999),
        ("0.5Li2MnO3·0.5LiMnO2", 1.5 * 6.94 + 54.938043 + 2.5 * 15.999),
        ("Li1.3Al0.3Ti1.7(PO4)3", 1.3 * 6.94 + 0.3 * 26.9815384 + 1.7 * 47.867 + 3 * (30.973761998 + 4 * 15.999)),
        ("[Fe(CN)6]^4-", 55.845 + 6 * (12.011 + 14.007)),
        ("{Na[Al(OH)4]}2", 2 * (22.98976928 + 26.9815384 + 4 * (15.999 + 1.008))),
        ("CuSO4 • 5 H2O", 63.546 + 32.06 + 4 * 15.999 + 5 * (2 * 1.008 + 15.999)),
        ("Li₄Ti₅O₁₂", 4 * 6.94 + 5 * 47.867 + 12 * 15.999),
        ("LiN(SO2CF3)2", 6.94 + 14.007 + 2 * (32.06 + 2 * 15.999 + 12.011 + 3 * 18.998403162)),
    ],
)
def test_molar_masses_by_hand(formula: str, by_hand: float) -> None:
    assert molar_mass(formula) == pytest.approx(by_hand, rel=1e-12)


def test_the_silicate_as_printed_and_as_it_is() -> None:
    """Conflict C16: Li2SiO3 is 89.96 g/mol, but what was used, 1:4.8, is 318.3 and near Li2Si5O11, 330.3."""
    assert [round(molar_mass(formula), 2) for formula in ("Li2SiO3", "Li2O(SiO2)4.8", "Li2Si5O11")] == [
        89.96, 318.28, 330.29,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "written", ["PF6-", "PF6^-", "PF6⁻", "PF6−", "[PF6]^1-", "PF6¹⁻"]
)  # fmt: skip
def test_charges_are_left_out(written: str) -> None:
    assert atoms(written) == {"P": 1.0, "F": 6.0}


def test_a_charge_of_two() -> None:
    assert atoms("SO4^2-") == atoms("SO₄²⁻") == {"S": 1.0, "O": 4.0}
    assert atoms("Ca^2+") == {"Ca": 1.0}


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("NbSnSd", "'Sd' is no element of the table; did you mean S or Sb"),
        ("LICoO2", "'L' is no element of the table; did you mean La or Li or Lu?"),
        ("Xx2", "'Xx' is no element of the table; write it as"),
        ("lifepo4", "cannot be read from 'lifepo4' on"),
        ("LixSi", "'x"),
        ("Li_2SiO_3", "'_2SiO_3'"),
        ("Li(SiO2", "')' is missing"),
        ("LiSiO2)2", "')' closes no bracket"),
        ("Li(SiO2]", "']' closes no bracket"),
        ("Li2O··SiO2", "a part of it is empty"),
        ("", "a part of it is empty"),
        ("2", "cannot be read from '2' on"),
        ("Li2.0.5", "cannot be read from '.5' on"),
    ],
)
def test_what_is_no_formula_is_refused_in_one_line(formula: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as error:
        molar_mass(formula)
    assert "\n" not in str(error.value)


counts = st.integers(1, 999).map(lambda hundredths: hundredths / 100)


@given(st.lists(st.tuples(st.sampled_from(sorted(ATOMIC_WEIGHTS)), counts), min_size=1, max_size=6), counts)
def test_any_formula_is_read_back(pairs: list[tuple[str, float]], times: float) -> None:
    inner = "".join(f"{element}{count:g}" for element, count in pairs)
    expected: dict[str, float] = {}
    for element, count in pairs:
        expected[element] = expected.get(element, 0) + times * count
    for written in (f"({inner}){times:g}", f"{times:g}{inner}", f"[({inner})]{times:g}^2+"):
        assert atoms(written) == pytest.approx(expected)


def test_capacity_of_graphite() -> None:
    """372 mAh/g is F / (3.6 · 6 · 12.011), so Faraday and carbon are right together."""
    assert FARADAY / (3.6 * molar_mass("C6")) == pytest.approx(371.9, abs=0.05)
