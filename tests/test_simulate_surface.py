"""What oxide and carbon take up beside silicon: as much as they are given, once or back again, and nothing if given none."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import pytest

from byssus.physics.silicon_surface import share_taken_up
from byssus.quantity import Quantity
from byssus.simulate.coating_inputs import SURFACE_CHARGES
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import KINDS, Kind, Model, Passed, Setting
from byssus.simulate.parameters import CRYSTALLINE, SURFACE, TEMPERATURE, parameters
from byssus.simulate.published import REFERENCE, pybamm
from byssus.validation.binder import carried, with_binder
from byssus.validation.simulation import BARE, RATES, SAME, balance, paper_cell, stock_model, stock_steps

FARADAY = 96485.33212
MAH = 3.6
BOUND, CARBON, LOST = (
    f"truth: Lithium {what} / mol" for what in ("Bound by Oxide and Carbon", "on Carbon", "Lost to Reactions")
)
#: Without the SEI, so that nothing else costs lithium.
FILM = {"SEI_rate_constant": Quantity(0, "m/s"), "SEI_resistivity": Quantity(0, "ohm*m")}


def cell(**charges: float) -> VirtualCell:
    """The paper's cell with so many mAh/g on its surfaces, and none where none is said."""
    given = {name: Quantity(value, "mAh/g") for name, value in charges.items()}
    return paper_cell(**(BARE | FILM | given))


def cycled(model: Model, *, cycles: int = 1, current: float = 0.2) -> list[Passed]:
    amperes, state, passed = current * 1e3 * model.cell.active_mass, model.start(), []
    for _ in range(cycles):
        for setting in (Setting(current=amperes, low=0.005), Setting(current=-amperes, high=1.5)):
            passed.append(model.step(state, 1.5 * model.capacity / amperes, setting, 600))
            state = passed[-1].state
    return passed


def charges(passed: list[Passed], current: float = 0.2) -> list[float]:
    """Charge of each half in mAh/g."""
    return [float(each.seconds[-1]) * current * 1e3 / 3600 for each in passed]


@functools.cache
def bare() -> list[float]:
    return charges(cycled(Model(cell(), "SPM"), cycles=2))


def on_surfaces(model: Model, passed: Passed) -> Mapping[str, float]:
    mass = model.cell.active_mass * 1e3
    return {name: float(passed.columns[name][-1]) * FARADAY / MAH / mass for name in (BOUND, CARBON, LOST)}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_bound_is_lost_in_the_first_cycle_and_in_no_other(kind: Kind) -> None:
    model = Model(cell(oxide_charge=80, carbon_film_charge=57), kind)
    passed = cycled(model, cycles=2)
    plain, found = (charges(cycled(Model(cell(), kind), cycles=2)), charges(passed))
    # The first lithiation ends far below the 0.2 V by which all is bound.
    assert found[0] - plain[0] == pytest.approx(137, abs=0.5)
    assert found[1:] == pytest.approx(plain[1:], abs=0.5)
    assert 100 * found[1] / found[0] == pytest.approx(100 * plain[1] / (plain[0] + 137), abs=0.02)
    for each in passed:
        assert on_surfaces(model, each) == pytest.approx({BOUND: 137, LOST: 137, CARBON: 0}, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_carbon_gives_back_what_it_takes_up(kind: Kind) -> None:
    model = Model(cell(carbon_charge=50), kind)
    passed = cycled(model, cycles=2)
    found = [now - before for now, before in zip(charges(passed), bare(), strict=True)]
    # At 1.5 V, where the current ends, it lags behind by about what flows in its minute.
    assert found == pytest.approx([50, 50, 50, 50], abs=2)
    full, empty = (on_surfaces(model, each)[CARBON] for each in passed[:2])
    assert (full, empty) == pytest.approx((50, 0), abs=1.5)
    assert on_surfaces(model, passed[0])[LOST] == pytest.approx(0, abs=1e-6)


def test_with_nothing_on_its_surfaces_a_cell_is_what_it_was() -> None:
    model = Model(cell(), "SPMe")
    assert not {BOUND, CARBON} & model.columns.keys()
    assert not any(name in each.name for each in parameters(model.cell).explained for name in SURFACE)
    # The smallest charge adds the states, and changes a voltage by nothing else.
    hardly = Model(cell(oxide_charge=1e-9), "SPMe")
    assert hardly.start().vector.size > model.start().vector.size
    one, other = (cycled(each)[0].columns["Voltage / V"] for each in (model, hardly))
    assert other == pytest.approx(one, abs=1e-5)


def test_lithium_and_salt_are_kept_with_all_of_it() -> None:
    model = Model(paper_cell(), "SPMe")
    found, bare_ = balance(model, RATES, 6), balance(Model(paper_cell(**BARE), "SPMe"), RATES, 6)
    assert found.lithium < 1e-12
    assert found.salt < 1e-11
    # Bound besides: what the numbers of oxide and carbon say, over the capacity.
    bound = sum(model.cell.numbers[name].value for name in ("oxide charge", "carbon film charge"))
    assert found.lost - bare_.lost == pytest.approx(bound / model.cell.electrode.capacity, rel=0.02)


def beginning(cell: VirtualCell, kind: Kind) -> list[Passed]:
    """A first lithiation at 0.2 A/g to where silicon takes over from oxide, carbon and SEI, a rest, and some of it back."""
    model, amperes = Model(cell, kind), 0.2e3 * cell.active_mass
    settings = [(Setting(current=amperes), 7200.0), (Setting(current=0.0), 600.0), (Setting(current=-amperes), 1200.0)]
    return carried(model, settings, records=120)


@pytest.mark.parametrize("binder", [False, True], ids=["without binder", "with binder"])
def test_beside_side_reactions_spme_has_the_voltage_of_the_dfn(*, binder: bool) -> None:
    """SPMe once inverted Butler and Volmer's equation for the whole current, that of the side reactions included."""
    cell = with_binder(paper_cell()) if binder else paper_cell()
    found, truth = (beginning(cell, kind) for kind in ("SPMe", "DFN"))
    for ours, theirs in zip(found, truth, strict=True):
        assert ours.columns["Voltage / V"] == pytest.approx(theirs.columns["Voltage / V"], abs=2e-5)
    # A third of the charge did not reach the silicon, or there was nothing to tell apart.
    taken = truth[0].columns[LOST][-1] + truth[0].columns[CARBON][-1]
    assert taken * FARADAY > 0.3 * truth[0].columns["Charge Passed / Ah"][-1] * -3600


@pytest.mark.parametrize("kind", ["SPM", "SPMe"])
def test_the_voltage_beside_sei_is_that_of_pybamms_surface_form(kind: Kind) -> None:
    """PyBaMM's other form solves for the potential, and knows nothing of what takes part of the current."""
    step = pybamm().step.current
    model = Model(paper_cell(**BARE), kind, tolerance=1e-9)
    current = model.capacity / 3600 / 5
    given = {TEMPERATURE: REFERENCE, CRYSTALLINE: 0.0}
    (passed,) = carried(model, [(Setting(current=current), 7200.0)], records=120)
    voltages = [
        stock_steps(stock_model(kind, model.options() | {"surface form": form}), model.parameters.values,
                    [step(current, duration=7200, period=60)], given)[0]["Voltage [V]"].entries
        for form in ("algebraic", "false")
    ]  # fmt: skip
    exact, whole = (float(np.max(np.abs(passed.columns["Voltage / V"] - each))) for each in voltages)
    assert exact < SAME
    # PyBaMM's form that inverts the equation for the whole current, which the comparison tells from it.
    assert whole > 100 * SAME


def test_the_charge_lies_where_its_potentials_say() -> None:
    model = Model(cell(oxide_charge=80), "SPM")
    amperes = 0.05e3 * model.cell.active_mass
    above = model.step(model.start(), 1e5, Setting(current=amperes, low=0.72), 600)
    half = model.step(above.state, 1e5, Setting(current=amperes, low=0.45), 600)
    below = model.step(half.state, 1e5, Setting(current=amperes, low=0.15), 600)
    found = [on_surfaces(model, each)[BOUND] for each in (above, half, below)]
    # Evenly from 0.7 to 0.2 V, a minute late: 1.5 mAh/g at this current, and what the overpotential adds.
    assert found == pytest.approx([0, 40, 80], abs=3)
    back = model.step(below.state, 1e5, Setting(current=-amperes, high=1.0), 600)
    assert on_surfaces(model, back)[BOUND] == pytest.approx(found[-1], rel=1e-9)


def test_a_share_is_even_between_its_potentials_and_nothing_beyond() -> None:
    volts = np.array([3.0, 1.5, 0.755, 0.01, -0.1])
    assert share_taken_up(volts, 1.5, 0.01) == pytest.approx([0, 0, 0.5, 1, 1])
    with pytest.raises(ValueError, match="empty - full must be above zero"):
        share_taken_up(volts, 0.1, 0.5)


def test_each_number_says_where_it_is_from() -> None:
    numbers = paper_cell().numbers
    # By hand: 2 parts of Super P to 6 of silicon, 170 and 150 mAh/g of it; 9.2 % of oxide binding 2 Li per SiO2.
    assert numbers["carbon film charge"].quantity.value == pytest.approx(170 / 3)
    assert numbers["carbon charge"].quantity.value == pytest.approx(150 / 3)
    assert numbers["oxide charge"].quantity.value == pytest.approx(0.0917 * 2 * FARADAY / 60.083 / MAH, rel=2e-3)
    for name in SURFACE_CHARGES:
        each = numbers[name]
        assert each.origin == "estimate"
        assert each.low < each.value < each.high
    explained = {each.name: each for each in parameters(paper_cell()).explained}
    for name in SURFACE:
        assert explained[f"Positive electrode {name}"].origin == "estimate"
