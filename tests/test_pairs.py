"""Binders that conduct electrons: their arithmetic by hand, and the page of pairs with the parts that decide."""

from __future__ import annotations

import re

import pytest
from shared import ROOT
from test_pairs_single_ion import half, made

from byssus import knowledge
from byssus.conventions import Made
from byssus.errors import SimulationError
from byssus.quantity import Quantity
from byssus.simulate.conduction_inputs import led_by_binder
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.model import Validity
from byssus.simulate.parameters import parameters, transport
from byssus.validation import pairs

NCA, LFP = pairs.PAIRS
PAGE = ROOT / "docs" / "validation" / "pairs.md"


def nca(**given: Quantity) -> VirtualCell:
    numbers = {name.replace("_", " "): each for name, each in given.items()}
    return virtual_cell(
        "NCA", made("r-064-nca-pprodot"), knowledge.load(), made=Made.FULL, window=(3.0, 4.3), given=numbers
    )


def conductivity(cell: VirtualCell) -> float:
    return float(parameters(cell).values["Positive electrode conductivity [S.m-1]"])


#: 4 % of PProDOT-Hx2 of 1.1 g/cm³ beside 91 % of NCA of 4.7518 and 5 % of carbon black of 1.86.
SHARE = (4 / 1.1) / (91 / 4.7518 + 5 / 1.86 + 4 / 1.1)


# What follows from a recipe


def test_a_coating_conducts_by_its_carbon_and_by_its_binder() -> None:
    # 0.1 S/cm, doped: Das et al. 2020, doi:10.1021/acs.chemmater.0c02601, abstract.
    assert conductivity(nca()) == pytest.approx(1.0 + 10.0 * (SHARE * 0.5) ** 1.5)
    assert conductivity(nca(electronic_conductivity=Quantity(0.01, "S/m"))) == pytest.approx(
        0.01 + 10 * (SHARE * 0.5) ** 1.5
    )


def test_what_is_given_is_followed() -> None:
    strands = nca(conducting_binder_conductivity=Quantity(2, "S/m"), conducting_binder_exponent=Quantity(1, "1"))
    assert conductivity(strands) == pytest.approx(1.0 + 2.0 * SHARE * 0.5)
    thin = nca(porosity=Quantity(0.4, "1"), thickness=Quantity(60, "um"))
    assert conductivity(thin) == pytest.approx(1.0 + 10.0 * (SHARE * 0.6) ** 1.5)
    assert conductivity(nca(conducting_binder_conductivity=Quantity(0, "S/m"))) == pytest.approx(1.0)


def test_the_choice_of_a_model_counts_the_binder() -> None:
    poor = nca(electronic_conductivity=Quantity(1e-3, "S/m"))
    numbers = transport(poor, parameters(poor).values)
    assert numbers.electronic == pytest.approx(conductivity(poor))
    assert not any(each.startswith("electronic") for each in Validity.of(numbers, 40).beyond())


def test_an_open_number_of_the_carbon_stays_open() -> None:
    opened = parameters(nca(), frozenset({"electronic conductivity"}))
    assert opened.open == {"electronic conductivity": 1.0}


def test_the_arithmetic_and_the_source_are_told() -> None:
    told = {each.name: each for each in parameters(nca()).explained}["Positive electrode conductivity [S.m-1]"]
    assert told.how.startswith("electronic conductivity + conducting binder conductivity × [")
    number = nca().numbers["conducting binder conductivity"]
    assert "10.1021/acs.chemmater.0c02601" in number.source
    assert (number.low, number.high) == pytest.approx((0.1, 10.0))


@pytest.mark.parametrize("name", ["r-064-nca-pvdf", "r-061-lfp-pvdf", "r-051-lfp-pvdf", "ncm811", "ccl-5"])
def test_any_other_binder_adds_nothing(name: str) -> None:
    assert led_by_binder(made(name), knowledge.load()) == {}


def test_a_value_that_cannot_be_is_refused_in_one_line() -> None:
    for name, value in (("conducting binder conductivity", -1.0), ("conducting binder share", 1.5)):
        with pytest.raises(SimulationError, match=f"NCA: {name}: .* is not") as told:
            nca(**{name.replace(" ", "_"): Quantity(value, "S/m" if "conductivity" in name else "1")})
        assert "\n" not in str(told.value)
    with pytest.raises(SimulationError, match="is no input of a virtual cell"):
        half(0.0, conducting_binder_conductivity=Quantity(1, "S/m"))


# The pairs


def test_what_is_printed_stands_among_the_facts() -> None:
    facts = knowledge.load().facts
    for pair in pairs.PAIRS:
        found = {row["value"] for row in facts.filter(facts["system"] == pair.system).iter_rows(named=True)}
        assert set(pair.printed) <= found


def test_the_carbon_of_the_arms_by_hand() -> None:
    """Volumes by density; PEDOT:PSS 1.05, CTS/SBR 1.15, PVDF 1.78 g/cm³ as the recipes and properties have them."""
    own, other = pairs.carbon_share(LFP.predicted), pairs.carbon_share(LFP.fitted)
    densities = {
        key: each.value for key, each in pairs.designed(LFP.predicted.sample).inputs.items() if key.endswith("density")
    }
    parts = {"LFP": 94, "PEDOT:PSS": 1, "acetylene black": 1, "CTS/SBR": 4}
    volumes = {name: each / densities[f"{name}.density"] for name, each in parts.items()}
    assert own == pytest.approx(volumes["acetylene black"] / sum(volumes.values()), rel=1e-9)
    assert 0.4 < own / other < 0.5
    # (0.47 − 0.3)² / (1 − 0.3)²
    assert pairs.of_network(LFP, 0.3, 2.0) == pytest.approx(((own / other - 0.3) / 0.7) ** 2)
    assert pairs.of_network(LFP, 0.9, 2.0) == 0


def test_a_coating_keeps_its_solids_where_its_porosity_changes() -> None:
    cell = pairs.arm_cell(LFP.fitted.sample)
    other = pairs.changed(cell, {"porosity": 0.35, "loading": 0.04})
    assert other.numbers["loading"].value == pytest.approx(0.04)
    solids = [each.numbers["thickness"].value * (1 - each.numbers["porosity"].value) for each in (cell, other)]
    assert solids[1] / solids[0] == pytest.approx(0.04 / cell.numbers["loading"].value)


def test_sets_of_numbers_fill_the_ranges_and_the_best_guess_is_first() -> None:
    first, *rest = pairs.tries(NCA, pairs.FITTED)
    assert (first.binder, first.assumed) == ({}, {})
    assert len(rest) == pairs.TRIED
    for each in rest:
        assert 0.1 <= each.binder["conducting binder conductivity"] <= 10
        assert 0.35 <= each.assumed["porosity"] <= 0.65
        assert 0 <= each.network[0] <= 0.9


def test_the_arm_with_pvdf_is_fitted_and_a_binder_that_insulates_is_the_null_model() -> None:
    """With its binder switched off and the carbon of the other arm, the predicted arm is the fitted one again."""
    found = pairs.fit(NCA, pairs.FITTED)
    assert found.reached
    assert found.gives == pytest.approx(74, abs=0.2)
    off = {"conducting binder conductivity": 0.0, "conducting binder share": 1e-6}
    # The threshold is none and the exponent none, so that the network is scaled by nothing.
    again = pairs.predict(
        NCA, found, off, (0.0, 1e-9), {"thickness": pairs.arm_cell(NCA.fitted.sample).numbers["thickness"].value}
    )
    assert again == pytest.approx(found.gives, abs=0.3)


def judged(value: float, low: float, high: float) -> pairs.Predicted:
    return pairs.Predicted(NCA, pairs.Fit(pairs.FITTED, 1e-3, 74.0, reached=True), value, low, high)


def test_success_is_claimed_only_where_the_physics_comes_nearer() -> None:
    better, worse = judged(120, 100, 130), judged(175, 74, 176)
    assert (better.misses, better.null) == (10, 36)
    wanted = pairs.Fit(pairs.FITTED, 2e-3, 110.0, reached=True)
    rows = pairs._predictions([better, worse], [wanted, wanted]).rows
    assert [row[-1] for row in rows] == ["yes", "**no**"]
    assert "**no success**" in pairs._verdict(worse)
    assert "no success" not in pairs._verdict(better)
    assert "does not hold the printed value" in pairs._verdict(judged(175, 170, 176))


def test_a_gain_below_the_numerical_error_is_none() -> None:
    gain, none = (0.0, 0.0, 0.0, 2.0, 0.2), (0.0,) * 5
    found = pairs.Ordered(5.0, (160.0,) * 5, gain, none, gain, (0.0, 0.0, 0.0, 0.1, 0.1))
    assert [pairs._counts(found, place) for place in (0, 3, 4)] == ["alike", "higher", "alike"]


def test_the_committed_page_says_what_is_missed() -> None:
    text = PAGE.read_text("utf-8")
    printed = re.findall(
        r"^\| (PProDOT|PEDOT)[^|]*\|[^|]*\| (\d[\d.]*) \|.*\| (\*\*no\*\*|yes) \|$", text, re.MULTILINE
    )
    assert {row[1] for row in printed} == {"74", "95.4"}
    assert text.count("**no success**") == sum(row[2] == "**no**" for row in printed) + text.count(
        "higher is printed: **no success**"
    )
