"""Masses and areas from what was weighed and punched: against formulas, random numbers and the paper's own figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byssus.quantity import Quantity
from byssus.study.masses import Masses, resolve
from byssus.study.model import Cell, Electrode, Recipe

RECIPE = Recipe.model_validate({"parts": {"silicon": 6, "carbon": 2, "binder": 2}, "active": "silicon"})


def of(cell: dict[str, Any], electrode: dict[str, Any] | None = None, recipe: Recipe | None = None) -> Masses:
    half = {"electrode": "E", "configuration": "half", "files": "a.csv"}
    coating = {"binder": "B", "made": "empty"} | (electrode or {}) | ({"recipe": "R"} if recipe else {})
    return resolve("A", Cell.model_validate(half | cell), Electrode.model_validate(coating), recipe)


def codes(masses: Masses) -> list[str]:
    return [finding.code for finding in masses.findings]


def milligrams(quantity: Quantity | None) -> tuple[float, float | None]:
    assert quantity is not None
    in_mg = quantity.to("mg")
    return in_mg.value, in_mg.uncertainty


def test_a_disc_less_its_foil() -> None:
    """The issue's own numbers: 12 µm of copper with 1 % under the seed paper's electrode."""
    masses = of(
        {"disc_mass": "13.52 ± 0.01 mg", "foil_mass": "12.15 ± 0.12 mg"}, {"active_share": "60 ± 1 %"}
    )  # fmt: skip
    value, uncertainty = milligrams(masses.coating_mass)
    assert value == pytest.approx(1.37)
    assert uncertainty == pytest.approx(math.hypot(0.01, 0.12))
    active, of_active = milligrams(masses.active_mass)
    assert active == pytest.approx(0.822)
    assert of_active == pytest.approx(0.822 * math.hypot(0.1204 / 1.37, 1 / 60), rel=1e-3)
    # The foil is the cell's own; the share is the coating's, and all its cells have it.
    assert masses.shared_uncertainty == {"active_mass": pytest.approx(1 / 60)}
    assert masses.steps == (
        "foil mass = 12.15 ± 0.12 mg, as given",
        "active share = 60.0 ± 1.0 %, as given",
        "coating mass = disc 13.520 ± 0.010 mg − foil 12.15 ± 0.12 mg = 1.37 ± 0.12 mg",
        "active mass = coating 1.37 ± 0.12 mg × share 60.0 ± 1.0 % = 0.822 ± 0.074 mg",
    )
    assert masses.findings == ()


def test_the_seed_papers_loading() -> None:
    """0.82 ± 0.03 mg/cm² on 1.13 cm² is 0.927 mg; all of its uncertainty is the coating's."""
    masses = of({"electrode_area": "1.13 cm^2"}, {"active_loading": "0.82 ± 0.03 mg/cm^2"})
    assert milligrams(masses.active_mass) == (pytest.approx(0.9266), pytest.approx(0.0339))
    assert masses.shared_uncertainty == {"active_mass": pytest.approx(0.03 / 0.82)}
    assert masses.coating_mass is None
    # What the ± leaves out is said.
    assert codes(masses) == ["value-missing"]
    assert masses.findings[0].message == "± of the active mass holds that of loading only; without an uncertainty: area"


def test_one_per_cent_of_the_foil() -> None:
    """1 % of 12 µm of copper is 8 % of the seed's coating (8.96 g/cm³, CRC Handbook, 97th ed., section 4)."""
    foil = 8.96e3 * 12e-6 * 100  # mg/cm²
    coating = 0.82 / 0.60
    masses = of(
        {"disc_mass": f"{(foil + coating) * 1.13} ± 0 mg", "electrode_area": "1.13 ± 0 cm^2"},
        {"foil_loading": f"{foil} ± {foil / 100} mg/cm^2"},
    )
    value, uncertainty = milligrams(masses.coating_mass)
    assert uncertainty is not None
    assert value == pytest.approx(coating * 1.13)
    assert uncertainty / value == pytest.approx(0.0787, abs=1e-4)
    assert masses.shared_uncertainty["coating_mass"] == pytest.approx(uncertainty / value)


relative = st.floats(1e-4, 0.02)


@given(
    coating=st.floats(0.5, 30), foil=st.floats(1, 20), diameter=st.floats(5, 30), share=st.floats(0.1, 0.98),
    u=st.tuples(relative, relative, relative, relative), own_punch=st.booleans(),
)  # fmt: skip
def test_propagation_is_that_of_the_formula(
    coating: float, foil: float, diameter: float, share: float, u: tuple[float, ...], own_punch: bool
) -> None:
    """m = s (D − m_A π d²/4); its partial derivatives are written out below."""
    area = math.pi * diameter**2 / 400  # cm²
    disc = (coating + foil) * area
    punch = {"electrode_diameter": f"{diameter!r} ± {diameter * u[0]!r} mm"}
    masses = of(
        {"disc_mass": f"{disc!r} ± {disc * u[1]!r} mg"} | (punch if own_punch else {}),
        {"foil_loading": f"{foil!r} ± {foil * u[2]!r} mg/cm^2", "active_share": f"{share!r} ± {share * u[3]!r}"}
        | ({} if own_punch else punch),
    )
    of_punch = share * foil * 2 * area * u[0]
    of_disc = share * disc * u[1]
    of_foil = share * area * foil * u[2]
    of_share = coating * area * share * u[3]
    value, uncertainty = milligrams(masses.active_mass)
    assert value == pytest.approx(share * coating * area, rel=1e-6)
    assert uncertainty == pytest.approx(math.hypot(of_punch, of_disc, of_foil, of_share), rel=1e-6)
    common = math.hypot(of_foil, of_share, 0.0 if own_punch else of_punch)
    assert masses.shared_uncertainty["active_mass"] == pytest.approx(common / value, rel=1e-6)
    assert masses.shared_uncertainty["active_mass"] <= uncertainty / value * (1 + 1e-9)
    assert ("electrode_area" in masses.shared_uncertainty) is not own_punch


def test_propagation_is_that_of_random_numbers() -> None:
    draw = np.random.default_rng(7).normal
    size = 400_000
    silicon, others = draw(6.01, 0.05, size), draw(4.0, 0.04, size)
    disc, foil, diameter = draw(13.52, 0.01, size), draw(10.75, 0.05, size), draw(1.2, 0.002, size)
    drawn = silicon / (silicon + others) * (disc - foil * np.pi * diameter**2 / 4)
    recipe = Recipe.model_validate(
        {"parts": {"silicon": "6.01 ± 0.05 g", "the rest": "4.00 ± 0.04 g"}, "active": "silicon"}
    )
    masses = of(
        {"disc_mass": "13.52 ± 0.01 mg", "electrode_diameter": "12 ± 0.02 mm"},
        {"foil_loading": "10.75 ± 0.05 mg/cm^2"},
        recipe,
    )
    value, uncertainty = milligrams(masses.active_mass)
    assert value == pytest.approx(drawn.mean(), rel=1e-3)
    assert uncertainty == pytest.approx(drawn.std(), rel=0.01)


def test_a_share_from_a_recipe() -> None:
    masses = of({"active_mass": "0.82 mg"}, recipe=RECIPE)
    assert milligrams(masses.coating_mass)[0] == pytest.approx(0.82 / 0.6)
    assert masses.steps == (
        "active share = 6 / (6 + 2 + 2) = 60 %",
        "active mass = 0.82 mg, as given",
        "coating mass = active mass 0.82 mg / share 60 % = 1.36667 mg",
    )
    two = Recipe.model_validate({"parts": {"Si": 3, "C": 5, "PAA": 2}, "active": ["Si", "C"]})
    assert of({"coating_mass": "1 mg"}, recipe=two).steps[0] == "active share = (3 + 5) / (3 + 5 + 2) = 80 %"


ALL = {
    "active_mass": "0.60 mg", "coating_mass": "1.00 mg", "disc_mass": "13.15 mg", "foil_mass": "12.15 mg",
    "electrode_area": "1.00 cm^2", "electrode_diameter": "11.284 mm",
}  # fmt: skip
COATING = {"active_share": "60 %", "active_loading": "0.60 mg/cm^2", "coating_loading": "1.00 mg/cm^2"}


def test_what_is_said_many_times_and_agrees_is_no_finding() -> None:
    assert codes(of(ALL, COATING, RECIPE)) == []


@pytest.mark.parametrize(
    ("dropped", "active", "coating"),
    [
        ((), "0.6 mg, as given", "1 mg, as given"),
        (("active_mass",), "coating 1 mg × share 60 % = ", "1 mg, as given"),
        (("active_mass", "coating_mass"), "coating 1 mg × share 60 % = ", "disc 13.15 mg − foil 12.15 mg = "),
        (("active_mass", "coating_mass", "disc_mass", "foil_mass"), "loading 0.6 mg/cm² × area 1 cm² = ",
         "loading 1 mg/cm² × area 1 cm² = "),
        (("active_mass", "coating_mass", "disc_mass", "foil_mass", "active_loading"), "coating 1 mg × share 60 % = ",
         "loading 1 mg/cm² × area 1 cm² = "),
        (("active_mass", "coating_mass", "disc_mass", "foil_mass", "coating_loading"), "loading 0.6 mg/cm² × area",
         "active mass 0.6 mg / share 60 % = "),
        (("coating_mass", "disc_mass", "foil_mass"), "0.6 mg, as given", "active mass 0.6 mg / share 60 % = "),
    ],
)  # fmt: skip
def test_what_is_preferred(dropped: tuple[str, ...], active: str, coating: str) -> None:
    cell = {name: value for name, value in ALL.items() if name not in dropped}
    electrode = {name: value for name, value in COATING.items() if name not in dropped}
    steps = dict(step.split(" = ", 1) for step in of(cell, electrode).steps)
    assert steps["active mass"].startswith(active)
    assert steps["coating mass"].startswith(coating)


@pytest.mark.parametrize(
    ("cell", "electrode", "code", "said"),
    [
        ({"active_mass": "0.62 mg"}, {}, "masses-contradict", "the active mass: 0.62 mg as given, but coating 1 mg"),
        ({"disc_mass": "13.25 mg"}, {}, "masses-contradict", "the coating mass: 1 mg as given, but disc 13.25 mg"),
        ({}, {"active_loading": "0.63 mg/cm^2"}, "masses-contradict", "but loading 0.63 mg/cm² × area 1 cm² = 0.63 mg"),
        ({}, {"foil_loading": "12.4 mg/cm^2"}, "masses-contradict", "the foil mass: 12.15 mg as given, but foil loading"),
        ({"electrode_diameter": "12 mm"}, {}, "areas-contradict", "1 cm² as given, but π/4 × (12 mm)² = 1.13097 cm²"),
    ],
)  # fmt: skip
def test_a_contradiction_names_both_values(
    cell: dict[str, str], electrode: dict[str, str], code: str, said: str
) -> None:
    masses = of(ALL | cell, COATING | electrode)
    assert code in codes(masses)
    assert any(said in finding.message for finding in masses.findings)
    assert masses.active_mass is not None
    assert all((finding.sample, finding.severity) == ("A", "warning") for finding in masses.findings)


def test_a_contradiction_is_told_once() -> None:
    # Active mass, coating mass and share: three numbers, one contradiction.
    assert codes(of({"active_mass": "0.7 mg", "coating_mass": "1 mg"}, {"active_share": "60 %"})) == [
        "masses-contradict"
    ]
    assert codes(of({}, {"active_share": "50 %"}, RECIPE)) == ["masses-contradict"]


def test_stated_uncertainties_decide_what_contradicts() -> None:
    share = {"active_share": "60 ± 0 %"}
    assert codes(of({"active_mass": "0.66 ± 0.03 mg", "coating_mass": "1 ± 0.02 mg"}, share)) == []
    # 0.06 mg apart, where √(0.025² + (0.6 × 0.02)²) = 0.0277 mg: 2.2 of them.
    assert codes(of({"active_mass": "0.66 ± 0.025 mg", "coating_mass": "1 ± 0.02 mg"}, share)) == ["masses-contradict"]


def test_an_area_that_is_in_both_counts_once() -> None:
    # disc − m_f A against m_c A: apart by D − (m_f + m_c) A, uncertain by (m_f + m_c) u(A) = 0.02 mg, so 0.034 mg is
    # within two of it. Taken for independent it would be 0.014 mg, and a contradiction.
    exact = {"foil_loading": "1 ± 0 mg/cm^2", "coating_loading": "1 ± 0 mg/cm^2"}
    assert codes(of({"disc_mass": "2.034 ± 0 mg", "electrode_area": "1 ± 0.01 cm^2"}, exact)) == []
    assert codes(of({"disc_mass": "2.044 ± 0 mg", "electrode_area": "1 ± 0.01 cm^2"}, exact)) == ["masses-contradict"]


def test_the_electrodes_punch_gives_way_to_the_cells() -> None:
    masses = of({"electrode_area": "2 cm^2"}, {"electrode_area": "1 cm^2", "electrode_diameter": "5 mm"})
    assert masses.electrode_area == Quantity(2, "cm^2")
    assert masses.findings == ()
    assert of({}, {"electrode_diameter": "12 ± 0.06 mm"}).shared_uncertainty == {"electrode_area": pytest.approx(0.01)}


@pytest.mark.parametrize(
    ("cell", "electrode", "said", "left"),
    [
        ({"active_mass": "1.2 mg", "coating_mass": "1 mg"}, {}, "coating (1 mg) weighs less than its active mass (1.2 mg)",
         {"active_mass"}),
        ({"disc_mass": "12 mg", "foil_mass": "12.15 mg"}, {}, "disc 12 mg is not heavier than the foil 12.15 mg", set()),
        ({"active_mass": "1 mg", "electrode_area": "1.13 m^2"}, {}, "1.13 m² is more than the 1000 cm²", {"active_mass"}),
        ({"active_mass": "0.927 g", "electrode_area": "1.13 cm^2"}, {}, "820 mg/cm², more than the 200 mg/cm²", set()),
        ({"electrode_area": "1.13 cm^2"}, {"active_loading": "0.82 g/cm^2"}, "820 mg/cm²", {"electrode_area"}),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_left_out(
    cell: dict[str, str], electrode: dict[str, str], said: str, left: set[str]
) -> None:
    masses = of(cell, electrode)
    found = [finding for finding in masses.findings if finding.code == "value-implausible"]
    assert len(found) == 1
    assert said in found[0].message
    assert found[0].message.endswith("it was left out")
    kept = {name for name in ("active_mass", "coating_mass", "electrode_area") if getattr(masses, name) is not None}
    assert kept == left
    assert {step.split(" = ")[0] for step in masses.steps} == {name.replace("_", " ") for name in left}


def test_large_full_cells_are_true() -> None:
    assert of({"configuration": "full", "electrode_area": "0.2 m^2"}).electrode_area is not None


@pytest.mark.parametrize(
    ("cell", "electrode", "said"),
    [
        ({"disc_mass": "13 mg"}, {}, "the disc (13 mg) is of no use without foil_mass, or the electrode's foil_loading"),
        ({"disc_mass": "13 mg"}, {"foil_loading": "10 mg/cm^2"}, "the disc (13 mg) is of no use without the area"),
        ({"foil_mass": "13 mg"}, {}, "foil_mass is of no use without disc_mass"),
        ({}, {"active_loading": "0.82 mg/cm^2"}, "the loading 0.82 mg/cm² of the electrode makes no mass without the area"),
    ],
)  # fmt: skip
def test_what_is_given_and_of_no_use_is_said(cell: dict[str, str], electrode: dict[str, str], said: str) -> None:
    masses = of(cell, electrode)
    assert codes(masses) == ["value-missing"]
    assert said in masses.findings[0].message
    assert masses.active_mass is masses.coating_mass is None


def test_nothing_said_is_nothing_found() -> None:
    assert of({}) == Masses()
