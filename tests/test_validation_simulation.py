"""The numbers of the virtual cell: the fast parts of the page, that they can fail, and that the committed page is whole."""

from __future__ import annotations

import numpy as np
import pytest
from shared import ROOT

from byssus.quantity import Quantity
from byssus.simulate.model import LIMITS, Kind, Model, Setting, choose
from byssus.validation import simulation
from byssus.validation import simulation_limits as limits


def test_a_published_set_gives_stock_pybamms_voltage() -> None:
    compared = simulation.stock_voltage("Xu2019", "SPMe", full=False)
    assert compared.holds
    assert compared.count > 400


def test_another_parameter_fails_the_comparison() -> None:
    changed = {"Positive particle diffusivity [m2.s-1]": 1.01e-14}
    assert not simulation.stock_voltage("Xu2019", "SPM", full=False, changed=changed).holds


@pytest.mark.parametrize("kind", ["SPM", "SPMe"])
def test_lithium_and_salt_are_kept(kind: Kind) -> None:
    found = simulation.balance(Model(simulation.paper_cell(), kind), simulation.RATES, 6)
    assert found.lithium < simulation.CLOSED
    assert found.salt < simulation.CLOSED
    # The SEI took some of it, or the balance would say little.
    assert found.lost > 0.01


def test_salt_is_kept_at_a_lithium_electrode_under_one_current() -> None:
    """PyBaMM's own boundary lost 2e-5 of the salt in this step."""
    model = Model(simulation.paper_cell(), "SPMe")
    passed = model.step(model.start(), 600.0, Setting(current=2e3 * model.cell.active_mass), 60.0)
    salt = passed.columns["truth: Lithium in Electrolyte / mol"]
    assert salt[-1] == pytest.approx(salt[0], rel=1e-11)


def test_the_shipped_mesh_is_within_a_millivolt_of_a_finer_one_at_1c() -> None:
    cell = simulation.paper_cell()
    shipped, finer = (simulation.cycle(Model(cell, "SPM", refined=times), cell.charge / 3600) for times in (1, 4))
    voltage, _, count = simulation.apart(shipped, finer)
    assert voltage < simulation.FINE
    assert count > 300
    coarse = simulation.cycle(Model(cell, "SPM", refined=0.3), cell.charge / 3600)
    assert simulation.apart(coarse, finer)[0] > simulation.FINE


@pytest.mark.parametrize(("base", "full"), [("Xu2019", False), ("Chen2020", True)])
def test_the_impedance_of_a_fresh_cell_is_that_at_rest(base: str, *, full: bool) -> None:
    """It once was that under the solver's first guess of 1C: 4 % off for Chen2020."""
    assert simulation.stock_impedance(base, "SPMe", full=full).holds


def test_impedance_is_that_of_a_small_sine_in_time() -> None:
    model = Model(simulation.paper_cell(**simulation.BARE, hysteresis_rate=Quantity(0, "1")), "SPM", spectroscopy=True)
    (linear,) = model.impedance(simulation.half_lithiated(model), [1.0])
    assert abs(linear / simulation.in_time(model, 1.0) - 1) < 1e-3


def test_both_ends_of_a_spectrum_by_hand() -> None:
    cell = simulation.paper_cell()
    hand, found = simulation.high_frequency(cell, Model(cell, "DFN", spectroscopy=True))
    assert found == pytest.approx(hand, rel=1e-4)
    assert simulation.low_frequency("SPM").holds


def test_a_titration_gives_what_the_closed_solution_says() -> None:
    shares = (1e-3, 1e-1)
    for ours, share in zip(limits.titrate(shares), shares, strict=True):
        truth = 4 / (9 * np.pi * share) * limits.sphere_ratio(share) ** 2
        assert ours == pytest.approx(truth, rel=0.01)
    # A long pulse no longer tells D.
    assert limits.sphere_ratio(1e3) == pytest.approx(1, abs=1e-3)


def test_small_currents_and_the_start_of_large_ones_by_hand() -> None:
    assert [each for each in limits.small_and_large().comparisons if not each.holds] == []


def test_the_limits_of_spme_keep_the_papers_cell_inside() -> None:
    cell = simulation.paper_cell()
    kind, told = choose(cell, 6e3 * cell.active_mass)
    assert kind == "SPMe"
    assert set(LIMITS) == {"depletion", "ohmic", "electronic"}
    assert "limits" in told


def test_the_committed_page_holds_and_says_what_does_not() -> None:
    page = (ROOT / "docs" / "validation" / "simulation.md").read_text(encoding="utf-8")
    compared = page.split("## Every comparison")[1]
    assert "**no**" not in compared
    assert compared.count("| yes |") > 60
    assert "## What does not hold" in page
