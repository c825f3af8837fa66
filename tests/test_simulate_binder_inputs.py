"""What the equations of the binder start from: all of it, in its units, with ranges, and of the binder only what is known of it."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from shared import ROOT

from byssus import knowledge
from byssus.conventions import Made
from byssus.errors import SimulationError
from byssus.knowledge import Knowledge
from byssus.physics.equation import Units
from byssus.quantity import Quantity, convert
from byssus.recipe.design import Design, design_file
from byssus.recipe.reckoning import Input
from byssus.simulate.binder_inputs import binder_inputs
from byssus.simulate.inputs import virtual_cell

RECIPES = ROOT / "src" / "byssus" / "examples" / "recipes"
FOUR = ("ccl-5", "cl", "cmc", "ls")
#: Every name that the submodels take, with its SI unit.
NAMES = {
    "expansion": "1", "swelling coefficient": "1", "irreversible share": "1", "irreversible limit": "1",
    "least porosity": "1", "binder fraction": "1", "binder film thickness": "m", "binder uptake": "1",
    "binder ionic conductivity": "S/m", "binder modulus": "Pa", "binder Poisson ratio": "1", "binder flow rate": "1/s",
    "binder flow stress": "Pa", "SEI modulus": "Pa", "SEI Poisson ratio": "1", "SEI flow rate": "1/s",
    "SEI flow stress": "Pa", "lithium molar volume": "m^3/mol", "adhesion": "J/m^2", "debonding coefficient": "1",
    "debonding exponent": "1", "healing frequency": "1/s", "carbon threshold": "1", "network exponent": "1",
    "damage exponent": "1", "SEI shed share": "1", "SEI in pores": "1", "solvent volume per charge": "m^3/C",
    "electrolyte outside pores": "m",
}  # fmt: skip
#: What of these depends on the binder or on how much there is of it.
OWN = {"binder fraction", "binder film thickness", "binder uptake", "binder ionic conductivity", "binder modulus", "adhesion",
       "electrolyte outside pores"}  # fmt: skip


@functools.cache
def known() -> Knowledge:
    return knowledge.load()


def made(file: Path) -> tuple[Design, dict[str, Input]]:
    design = design_file(file, known())
    return design, dict(virtual_cell(file.stem, design, known(), made=Made.EMPTY).electrode.inputs)


@functools.cache
def found(name: str) -> dict[str, Input]:
    design, inputs = made(RECIPES / f"{name}.yaml")
    return binder_inputs(design, inputs, known())


def changed(folder: Path, old: str, new: str, name: str = "cmc") -> dict[str, Input]:
    text = (RECIPES / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    file = folder / "changed.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return binder_inputs(*made(file), known())


@pytest.mark.parametrize("name", FOUR)
def test_every_number_is_there_in_its_unit(name: str) -> None:
    assert {each: number.units.si for each, number in found(name).items()} == NAMES
    for each in found(name).values():
        convert(each.value, each.units.si, each.units.shown)


@pytest.mark.parametrize("name", FOUR)
def test_ranges_are_in_order_and_estimates_have_one(name: str) -> None:
    for number, each in found(name).items():
        assert each.low <= each.value <= each.high, number
        assert each.source, number
        if each.origin == "estimate":
            assert math.isfinite(each.high - each.low), number
            assert each.low < each.high, number
        else:
            assert each.origin in {"given", "known", "assumed"}, number


@pytest.mark.parametrize("name", FOUR)
def test_a_cell_takes_them(name: str) -> None:
    cell = virtual_cell(name, design_file(RECIPES / f"{name}.yaml", known()), known(), made=Made.EMPTY, binder=True)
    assert cell.electrode.binder
    assert cell.electrode.inputs["binder modulus"] == found(name)["binder modulus"]


def test_how_much_binder_there_is() -> None:
    """Si/CMC is 60/20/20 by mass with 45 % of solids; the recipe's own figures for CCL, whose binder has three parts."""
    volumes = [60 / 2.3296, 20 / 1.86, 20 / 1.59]
    assert found("cmc")["binder fraction"].value == pytest.approx(0.45 * volumes[2] / sum(volumes), rel=1e-6)
    design, _ = made(RECIPES / "ccl-5.yaml")
    parts = [design.figure("electrode", f"volume fraction of {each}").value for each in ("citric acid", "CMC", "LS")]
    assert found("ccl-5")["binder fraction"].value == pytest.approx(sum(each or 0 for each in parts), rel=1e-9)


def test_the_film_is_ten_times_thinner_on_single_particles() -> None:
    """CCL, 0.3333 g by gram of Si at 1.786 g/cm3: on 86 m2/g of spheres of 30 nm, and on 8.6 m2/g of those of 300 nm."""
    volume = 0.2 / 0.6 / 1.7862
    on_single, on_agglomerates = (volume / (6 / (diameter * 2.3296)) for diameter in (30.0, 300.0))
    film = found("ccl-5")["binder film thickness"]
    assert film.value * 1e9 == pytest.approx(on_agglomerates, rel=1e-4)
    assert film.low * 1e9 == pytest.approx(on_single, rel=1e-4)
    assert (round(film.value * 1e9), round(film.low * 1e9, 1)) == (22, 2.2)
    assert film.high == pytest.approx(2 * film.value)
    assert "150" in film.source


def test_binders_differ_only_where_something_is_known_of_them() -> None:
    for number in NAMES.keys() - OWN:
        assert len({found(name)[number] for name in FOUR}) == 1, number
    # Of the others than CCL the paper prints neither a swelling nor a ratio of peel forces.
    for number in ("adhesion", "binder uptake", "binder ionic conductivity"):
        assert len({found(name)[number] for name in ("cl", "cmc", "ls")}) == 1, number
        assert found("ccl-5")[number] != found("cmc")[number]


def test_moduli_are_those_printed_or_between_those_of_the_parts() -> None:
    modulus = {name: found(name)["binder modulus"] for name in FOUR}
    assert modulus["ccl-5"].quantity.value == pytest.approx(12.48)
    assert modulus["cmc"].quantity.value == pytest.approx(9.77)
    assert all("dry" in modulus[name].source for name in ("ccl-5", "cmc", "ls"))
    assert {each.origin for each in modulus.values()} == {"estimate"}
    # 10 mg of CMC at 1.59 and 6.6 mg of LS at 2.3 g/cm3.
    share = 6.6 / 2.3 / (6.6 / 2.3 + 10 / 1.59)
    series, beside = 1 / (share / 50 + (1 - share) / 9.77), share * 50 + (1 - share) * 9.77
    assert modulus["cl"].quantity.value == pytest.approx(math.sqrt(series * beside), rel=1e-6)
    assert modulus["cmc"].low < modulus["cl"].low < modulus["ls"].low
    assert modulus["cmc"].high < modulus["cl"].high < modulus["ls"].high


def test_a_soaked_modulus_is_taken_where_it_is_known(tmp_path: Path) -> None:
    soaked = changed(tmp_path, "CMC solution: 2}\nactive", "PVDF: 2}\nactive")["binder modulus"]
    assert soaked.quantity.value == pytest.approx(0.2)
    assert "PVDF" in soaked.label


def test_a_binder_of_unknown_parts_has_the_general_modulus(tmp_path: Path) -> None:
    other = changed(tmp_path, "materials:", "materials:\n  gum X: {density: 1.5 g/cm^3}")
    assert other["binder modulus"] == found("cmc")["binder modulus"]
    text = (tmp_path / "changed.yaml").read_text(encoding="utf-8")
    (tmp_path / "gum.yaml").write_text(text.replace("CMC solution: 2}\nactive", "gum X: 2}\nactive"), encoding="utf-8")
    unknown = binder_inputs(*made(tmp_path / "gum.yaml"), known())["binder modulus"]
    assert unknown.quantity.value == pytest.approx(2)
    assert unknown.low < 1e8 < 1e10 < unknown.high


def test_ratios_by_parts_are_no_ccl() -> None:
    """CCL-2 is written by its parts, so that what is printed of CCL is not taken for it."""
    assert found("ccl-2")["adhesion"] == found("cmc")["adhesion"]
    assert found("ccl-2")["binder uptake"] == found("cmc")["binder uptake"]


def test_the_uptake_of_ccl_is_its_swelling_read_two_ways() -> None:
    uptake = found("ccl-5")["binder uptake"]
    assert uptake.value == pytest.approx(0.1646 * 1.7862 / 1.25, rel=1e-4)
    assert uptake.high == pytest.approx(0.1646 / found("ccl-5")["binder fraction"].value)
    assert "not stated" in uptake.source


def test_the_adhesion_of_ccl_is_three_times_a_general_one_which_its_range_holds() -> None:
    general, ccl = found("cmc")["adhesion"], found("ccl-5")["adhesion"]
    assert ccl.value == pytest.approx(3 * general.value)
    assert ccl.low == general.low
    assert "copper" in ccl.source
    assert general.value == pytest.approx(2.46 * 0.31 / 0.55, rel=0.02)


def test_thickness_after_cycling_is_no_input() -> None:
    """A changed record of it changes nothing: it is what is to be predicted."""
    design, inputs = made(RECIPES / "ccl-5.yaml")
    facts = known().facts
    assert facts.filter(pl.col("quantity") == "thickness expansion").height
    without = replace(known(), facts=facts.filter(pl.col("quantity") != "thickness expansion"))
    assert binder_inputs(design, inputs, without) == found("ccl-5")


def test_electrolyte_outside_is_the_volume_less_the_pores() -> None:
    """30 uL on 1.13 cm2, less 55 % of the coating and 45 % of a separator of 20 um."""
    _, inputs = made(RECIPES / "cmc.yaml")
    expected = 30e-9 / 1.13e-4 - 0.55 * inputs["thickness"].value - 0.45 * 20e-6
    assert found("cmc")["electrolyte outside pores"].value == pytest.approx(expected, rel=1e-9)


def test_without_a_volume_it_is_an_estimate(tmp_path: Path) -> None:
    assert changed(tmp_path, "  electrolyte_volume: 30 µL\n", "")["electrolyte outside pores"].origin == "estimate"


def test_a_full_cell_shares_its_electrolyte() -> None:
    design, inputs = made(RECIPES / "ccl-full-cell.yaml")
    assert design.opposite is not None
    other = virtual_cell("NCM811", design.opposite, known(), made=Made.FULL).electrode.inputs
    volume = Input("electrolyte volume", 50e-9, Units("m^3", "uL"))
    design = replace(design, inputs={**design.inputs, "cell.electrolyte_volume": volume})
    pores = [each["porosity"].value * each["thickness"].value for each in (inputs, other)]
    expected = volume.value / inputs["area"].value - sum(pores)
    assert min(pores) > 1e-6
    outside = binder_inputs(design, inputs, known())["electrolyte outside pores"].value
    assert expected - 15e-6 < outside < expected - 5e-6


def test_solvent_by_charge_is_faradays() -> None:
    assert found("cmc")["solvent volume per charge"].value == pytest.approx(88.06e-3 / 1321 / 96485, rel=1e-3)


def test_too_little_electrolyte_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="is less than the pores hold") as error:
        changed(tmp_path, "30 µL", "1 µL")
    assert "\n" not in str(error.value)


def test_a_recipe_without_binder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="has no binder") as error:
        changed(tmp_path, ", CMC solution: 2}\nactive", "}\nactive")
    assert "\n" not in str(error.value)


def test_numbers_of_a_study_replace_them() -> None:
    design = design_file(RECIPES / "cmc.yaml", known())
    given = {"adhesion": Quantity(2.0, "J/m^2"), "healing frequency": Quantity(0.1, "1/h")}
    cell = virtual_cell("cmc", design, known(), made=Made.EMPTY, binder=True, given=given)
    assert cell.electrode.inputs["adhesion"].value == 2.0
    assert cell.electrode.inputs["healing frequency"].value == pytest.approx(0.1 / 3600)
