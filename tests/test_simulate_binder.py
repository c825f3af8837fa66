"""The equations of the binder: nothing if it does nothing, balances that close, closed solutions, and what moves what."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from shared import ROOT

from byssus import knowledge
from byssus.conventions import Made
from byssus.errors import SimulationError
from byssus.knowledge import Knowledge
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design_file
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.model import KINDS, Kind, Model, Setting
from byssus.validation.binder import (
    EXAGGERATED,
    STILL,
    amperes,
    carried,
    full_cell,
    kept,
    last,
    neutral,
    neutral_spectrum,
    with_binder,
)
from byssus.validation.binder_limits import LIMITS
from byssus.validation.page import Comparison
from byssus.validation.simulation import BARE, paper_cell

RECIPES = ROOT / "src" / "byssus" / "examples" / "recipes"


@functools.cache
def known() -> Knowledge:
    return knowledge.load()


@functools.cache
def recipe(name: str) -> Design:
    return design_file(RECIPES / f"{name}.yaml", known())


# --- Nothing, balances, closed solutions -----------------------------------------------------------------------------


@pytest.mark.parametrize("full", [False, True], ids=["half", "full"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_binder_that_does_nothing_changes_nothing(kind: Kind, *, full: bool) -> None:
    compared = neutral(kind, full=full)
    assert compared.holds, compared


def test_a_binder_that_does_something_is_seen() -> None:
    """So that the comparison above can fail."""
    assert not neutral(
        "SPM", full=False, changed={"binder film thickness": 24e-9, "binder ionic conductivity": 1e-3}
    ).holds


@pytest.mark.parametrize(("kind", "full"), [("SPM", False), ("DFN", False), ("SPM", True)])
def test_a_binder_that_does_nothing_changes_no_spectrum(kind: Kind, *, full: bool) -> None:
    compared = neutral_spectrum(kind, full=full)
    assert compared.holds, compared


@pytest.mark.parametrize("full", [False, True], ids=["half", "full"])
@pytest.mark.parametrize("kind", KINDS)
def test_lithium_salt_electrolyte_and_volume_are_kept(kind: Kind, *, full: bool) -> None:
    cell = with_binder(full_cell() if full else paper_cell(), **EXAGGERATED)
    found = kept(Model(cell, kind), [1.0], 1, rest=1800.0)
    # All of it has moved, so that there was something to lose.
    assert found.ended["share"] < 0.999
    assert found.ended["ratio"] > 1.01
    assert found.lost > 0.001
    assert found.worst < 1e-12, found


@pytest.mark.parametrize("case", LIMITS, ids=lambda each: each.__name__)
def test_what_is_known_by_hand(case: Callable[[], Iterator[Comparison]]) -> None:
    for compared in case():
        assert compared.holds, compared


def test_the_committed_page_holds() -> None:
    page = (ROOT / "docs" / "validation" / "binder.md").read_text(encoding="utf-8")
    compared = page.split("## Every comparison")[1]
    assert "**no**" not in compared
    assert compared.count("| yes |") > 60
    assert "250 cycles, SPMe" in compared


# --- What moves what -------------------------------------------------------------------------------------------------


def left(**changed: float) -> float:
    """Share with contact after lithiation and delithiation at 1C of a cell whose binder gives way soon."""
    model = giving_way()
    current = model.capacity / 3600
    given = {name.replace("_", " "): value for name, value in changed.items()}
    settings = [(Setting(current=current), 2400.0), (Setting(current=-current), 1800.0)]
    return last(carried(model, settings, given, records=5)[-1], "Active Share / 1")


@functools.cache
def giving_way() -> Model:
    free = frozenset({"adhesion", "binder modulus", "healing frequency"})
    return Model(with_binder(paper_cell(**STILL), debonding_coefficient=0.1), "SPM", free=free)


def test_a_binder_that_holds_less_or_heals_less_loses_more_contact() -> None:
    as_it_is = left()
    assert as_it_is < 0.99
    assert left(adhesion=0.5) < as_it_is - 0.005
    # At the stress at which it flows a softer film holds more energy.
    assert left(binder_modulus=0.5e9) < as_it_is - 0.005
    assert left(healing_frequency=1e-4) > as_it_is + 0.001


def test_a_thicker_film_costs_more_voltage_at_a_large_current() -> None:
    numbers = {"binder_ionic_conductivity": 1e-6, "debonding_coefficient": 0.0, "lithium_molar_volume": 1e-15}
    model = Model(with_binder(paper_cell(), **numbers), "SPM", free=frozenset({"binder film thickness"}))
    current = amperes(model.cell, 6.0)

    def mean(thickness: float) -> float:
        (passed,) = carried(model, [(Setting(current=current), 600.0)], {"binder film thickness": thickness})
        return float(np.mean(passed.columns["Voltage / V"]))

    thin, thick, thicker = (mean(each) for each in (6e-9, 24e-9, 48e-9))
    # 18 and 24 nm more of it, on 26 m² of spheres a gram times its stretch: some mV and more.
    assert thick < thin - 0.005
    assert thicker < thick - 0.005


def lithiated(model: Model, rate: float) -> float:
    """Lithiation at which a first lithiation ends at 5 mV."""
    current = amperes(model.cell, rate)
    (passed,) = carried(model, [(Setting(current=current, low=0.005), 1.5 * model.capacity / current)], records=20)
    return last(passed, "Mean Lithiation / 1")


def test_pores_that_swelling_fills_cost_capacity_at_a_large_current() -> None:
    """A coating that is held and one that is free, at a small current alike."""
    thick = {"thickness": Quantity(60, "um"), "loading": Quantity(3.4, "mg/cm^2")}
    held, free = (
        with_binder(paper_cell(**BARE, **thick), swelling_coefficient=each, debonding_coefficient=0.0, carbon_threshold=0.0,
                    SEI_in_pores=0.0, irreversible_share=0.0) for each in (0.0, 1.0)
    )  # fmt: skip
    slow, fast = ([lithiated(model, rate) for model in (Model(held, "DFN"), Model(free, "DFN"))] for rate in (0.1, 1.0))
    assert slow[0] == pytest.approx(slow[1], abs=0.01)
    assert fast[0] < fast[1] - 0.02


@functools.cache
def three_cycles(*, full: bool, grows: bool) -> tuple[list[float], list[float]]:
    """Charges of six halves over that of the cell, and the lithiation of the silicon after each; SEI hardly resists."""
    given = {"SEI_resistivity": Quantity(1e-3, "ohm*m"), "SEI_solvent_diffusivity": Quantity(1e-20, "m^2/s")}
    if not grows:
        given["SEI_rate_constant"] = Quantity(0, "m/s")
    plain = full_cell(**BARE, **given) if full else paper_cell(**BARE, **given)
    cell = with_binder(
        plain, debonding_coefficient=0.0, irreversible_share=0.0, SEI_in_pores=0.0, lithium_molar_volume=1e-15
    )
    current, (low, high) = cell.charge / 3600 / 5, cell.window
    discharge, charge = (Setting(current=current, low=low), 1e5), (Setting(current=-current, high=high), 1e5)
    done = carried(Model(cell, "SPM"), 3 * ([charge, discharge] if full else [discharge, charge]), records=2)
    charges = [float(each.seconds[-1]) * current / cell.charge for each in done]
    return charges, [last(each, "Mean Lithiation / 1") for each in done]


def test_sei_costs_charge_and_no_capacity_in_a_half_cell() -> None:
    (charges, filled), (bare, bare_filled) = (three_cycles(full=False, grows=each) for each in (True, False))
    # Lithium metal makes up for what SEI takes.  What SEI takes of the current is not silicon's, which is filled a little
    # further before its overpotential ends it: 0.0085 after the first lithiation in the DFN too.
    assert filled[1::2] == pytest.approx(bare_filled[1::2], abs=1e-4)
    assert 0 < filled[0] - bare_filled[0] < 0.01
    assert filled[4] == pytest.approx(bare_filled[4], abs=0.01)
    assert charges[4] >= bare[4]
    # What SEI takes is missing from what comes back.
    assert bare[5] / bare[4] == pytest.approx(1, abs=1e-4)
    assert charges[5] / charges[4] < 0.95


def test_sei_costs_capacity_in_a_full_cell() -> None:
    (charges, _), (bare, _) = (three_cycles(full=True, grows=each) for each in (True, False))
    assert bare[5] == pytest.approx(bare[1], abs=1e-3)
    assert charges[5] < charges[1] - 0.02
    # As much as SEI took of the lithium, but for what the silicon is left with at the end.
    assert charges[1] - charges[5] == pytest.approx(sum(charges[2:5:2]) - sum(charges[3:6:2]), rel=0.2)


# --- Numbers that cannot be ------------------------------------------------------------------------------------------


def silicon(**given: Quantity) -> VirtualCell:
    return virtual_cell("Si", recipe("ccl-5"), known(), made=Made.EMPTY, window=(0.005, 1.5), binder=True,
                        given={name.replace("_", " "): value for name, value in given.items()})  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"SEI_resistivity": Quantity(0, "ohm*m")}, "SEI resistivity", "is zero"),
        ({"binder_uptake": Quantity(600, "%")}, "binder uptake", "of pores once it has soaked"),
        ({"binder_Poisson_ratio": Quantity(0.5, "1")}, "binder Poisson ratio", "is not between 0 and 0.5"),
        ({"adhesion": Quantity(0, "J/m^2")}, "adhesion", "is not above zero"),
        ({"healing_frequency": Quantity(-1, "1/h")}, "healing frequency", "is not above zero"),
    ],
)  # fmt: skip
def test_a_number_that_no_binder_has_is_refused_in_one_line(given: dict[str, Quantity], field: str, told: str) -> None:
    with pytest.raises(SimulationError, match=told) as refused:
        silicon(**given)
    assert refused.value.field == field
    assert "\n" not in str(refused.value)
    assert refused.value.fix


def test_the_equations_of_the_binder_are_refused_for_graphite() -> None:
    with pytest.raises(SimulationError, match="on silicon alone") as refused:
        virtual_cell("graphite", recipe("r-159-graphite-diffusion"), known(), made=Made.EMPTY, binder=True)
    assert "\n" not in str(refused.value)


def test_a_cell_goes_without_them_again() -> None:
    cell = silicon()
    assert cell.electrode.binder
    plain, bound = (Model(each, "SPM") for each in (cell.without_binder(), cell))
    assert plain.start().vector.size < bound.start().vector.size
    assert "truth: Active Share / 1" in bound.columns
    assert "truth: Active Share / 1" not in plain.columns
    assert replace(cell, electrode=replace(cell.electrode, binder=False)) == cell.without_binder()
