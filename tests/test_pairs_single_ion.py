"""A binder that leads lithium alone: nothing where it leads nothing, no salt made or lost, and its limits by closed forms."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from numpy.typing import NDArray

from byssus import knowledge
from byssus.conventions import Made
from byssus.errors import SimulationError
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design, design_file
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.model import Model, Passed, Setting, choose

RECIPES = resources.files("byssus") / "examples" / "recipes"
CONDUCTIVITY = "single-ion binder conductivity"
FARADAY = 96485.33212


@functools.cache
def made(name: str) -> Design:
    with resources.as_file(RECIPES / f"{name}.yaml") as file:
        return design_file(file, knowledge.load())


def half(leads: float | None, **given: Quantity) -> VirtualCell:
    """LFP against lithium in 0.1 M; the binder leads so much in S/m, or has no equations of its own if None."""
    numbers = {"salt concentration": Quantity(0.1, "mol/L"), CONDUCTIVITY: Quantity(leads or 0.0, "S/m")}
    cell = virtual_cell("half", made("r-051-lfp-ionomer"), knowledge.load(), made=Made.FULL, window=(2.5, 3.8),
                        given=numbers | {name.replace("_", " "): each for name, each in given.items()})  # fmt: skip
    return cell if leads is not None else without(cell)


def without(cell: VirtualCell) -> VirtualCell:
    kept = {name: each for name, each in cell.electrode.inputs.items() if not name.startswith("single-ion")}
    return replace(cell, electrode=replace(cell.electrode, inputs=kept))


def full(leads: float) -> VirtualCell:
    """The same cathode against graphite, both with the binder in them."""
    anode = replace(made("r-051-lfp-ionomer"), name="anode")
    numbers = {"salt concentration": Quantity(0.3, "mol/L"), CONDUCTIVITY: Quantity(leads, "S/m"),
               f"opposite.{CONDUCTIVITY}": Quantity(leads / 2, "S/m")}  # fmt: skip
    recipe = anode.recipe.model_copy(update={"parts": {"graphite": anode.recipe.parts["LFP"]} | {
        name: each for name, each in anode.recipe.parts.items() if name != "LFP"}, "active": ("graphite",)})  # fmt: skip
    opposite = design(recipe, knowledge.load(), name="anode")
    return virtual_cell("full", made("r-051-lfp-ionomer"), knowledge.load(), made=Made.FULL, window=(2.5, 3.65),
                        opposite=opposite, given=numbers)  # fmt: skip


def passed(model: Model, rate: float = 5.0) -> list[Passed]:
    one, state, found = model.capacity / 3600, model.start(), []
    low, high = model.cell.window
    for setting in (Setting(current=-one, high=high), Setting(current=rate * one, low=low)):
        found.append(model.step(state, 7200, setting, 60))
        state = found[-1].state
    return found


def salt(model: Model, state: Passed) -> NDArray[np.float64]:
    """The concentration at every point of the coating at the end of a step."""
    variable = model.built.get_processed_variable("Positive electrolyte concentration [mol.m-3]")
    inputs: Mapping[str, float] = model._inputs(Setting(current=0.0), None)
    return np.asarray(variable.evaluate(0.0, state.state.vector.reshape(-1, 1), inputs=inputs)).ravel()


@pytest.mark.parametrize("spectroscopy", [False, True])
def test_a_binder_that_leads_nothing_is_pybamms_dfn(spectroscopy: bool) -> None:
    own, stock = (Model(half(leads), "DFN", tolerance=1e-9, spectroscopy=spectroscopy) for leads in (0.0, None))
    for mine, theirs in zip(passed(own), passed(stock), strict=True):
        for column, values in theirs.columns.items():
            np.testing.assert_allclose(mine.columns[column], values, rtol=1e-9, atol=1e-12, err_msg=column)
    if spectroscopy:
        frequencies = [1e5, 10.0, 0.1]
        np.testing.assert_allclose(
            own.impedance(own.start(), frequencies), stock.impedance(stock.start(), frequencies), rtol=1e-9
        )


def test_no_salt_is_made_or_lost_in_a_full_cell_with_the_binder_in_both_coatings() -> None:
    for part in passed(Model(full(0.2), "DFN", tolerance=1e-9)):
        inside = part.columns["truth: Lithium in Electrolyte / mol"]
        np.testing.assert_allclose(inside, inside[0], rtol=1e-10)


def test_at_a_lithium_electrode_as_much_salt_enters_as_leaves() -> None:
    """Of the lithium that passes; PyBaMM's own equations come as near."""
    model = Model(half(0.2), "DFN", tolerance=1e-9)
    moved = model.capacity / FARADAY
    for part in passed(model):
        inside = part.columns["truth: Lithium in Electrolyte / mol"]
        assert np.max(np.abs(inside - inside[0])) < 1e-8 * moved


def test_beside_a_binder_without_limit_no_gradient_of_salt_is_left_in_the_coating() -> None:
    """t = 1: the current moves no anion, so that those of the pores only spread, while PVDF leaves a gradient."""
    spread = []
    for leads in (0.0, 1e3):
        model = Model(half(leads, loading=Quantity(10, "mg/cm^2")), "DFN")
        state, one = model.start(), model.capacity / 3600
        state = model.step(state, 7200, Setting(current=-one, high=3.8), 600).state
        there = salt(model, model.step(state, 600, Setting(current=2 * one, low=2.5), 600))
        spread.append(np.ptp(there) / there.mean())
    assert spread[0] > 0.1
    assert spread[1] < 1e-2 * spread[0]


def test_at_high_frequency_pores_binder_and_carbon_lead_side_by_side() -> None:
    """R = L / (κ_e + κ_s + σ): the double layer lets all currents cross, and only the conductors are left."""
    carbon = 0.05
    found = []
    for leads in (0.0, 5.0):
        cell = half(leads, electronic_conductivity=Quantity(carbon, "S/m"))
        model = Model(cell, "DFN", spectroscopy=True)
        found.append(float(model.impedance(model.start(), [1e10])[0].real))
    numbers = half(5.0).numbers
    # Xu2019 at 0.1 M: 0.2666 S/m; Bruggeman for the pores, and for the binder by its share of the coating.
    pores = 0.2666 * numbers["porosity"].value ** numbers["tortuosity exponent"].value
    binder = 5.0 * (numbers["single-ion binder share"].value * (1 - numbers["porosity"].value)) ** 1.5
    length, area = numbers["thickness"].value, numbers["area"].value
    expected = length / area * (1 / (pores + carbon) - 1 / (pores + binder + carbon))
    assert found[0] - found[1] == pytest.approx(expected, rel=0.02)


def test_it_helps_where_salt_runs_out() -> None:
    capacities = [
        float(passed(Model(half(leads, loading=Quantity(10, "mg/cm^2")), "DFN"), 10)[-1].seconds[-1]) for leads in (0.0, 0.2, 2.0)
    ]  # fmt: skip
    assert capacities[0] < capacities[1] < capacities[2]


def test_the_dfn_is_chosen_and_every_other_model_refused_in_one_line() -> None:
    cell = half(0.019)
    kind, why = choose(cell, 1e-4)
    assert kind == "DFN"
    assert why.startswith("a single-ion binder leads lithium beside the pores")
    for refused in ("SPM", "SPMe"):
        with pytest.raises(SimulationError, match=r"^half: model: 'SPMe?' has no single-ion binder") as told:
            choose(cell, 1e-4, refused)
        assert "\n" not in str(told.value)
        with pytest.raises(SimulationError, match="choose DFN"):
            Model(cell, refused)
    assert choose(without(cell), 1e-4)[0] == "SPMe"
