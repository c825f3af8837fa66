"""Calibration against plateaus that a known cell gave: its numbers come back, and what it cannot know it says."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import pytest
from test_simulate_run import half, one_c

from byssus.errors import SimulationError
from byssus.simulate.calibration import Calibration, Plateau, Prediction, calibrate, capacity
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import Model, Setting

#: A/kg; so slow a reaction that the capacity falls by half over them.
CURRENTS = (200.0, 1000.0, 2000.0, 4000.0)
NAME = "exchange current density"


@functools.cache
def truth() -> VirtualCell:
    """The cell of the paper with a slower reaction than is assumed of it."""
    cell = half().cell
    given = cell.numbers[NAME]
    return cell.with_inputs({NAME: replace(given, value=given.value * 0.4)})


@functools.cache
def plateaus() -> tuple[Plateau, ...]:
    model = Model(truth(), "SPM")
    return tuple(Plateau(each, found := capacity(model, each, {}), 0.005 * found) for each in CURRENTS)


@functools.cache
def calibration() -> Calibration:
    return calibrate(half().cell, "SPM", plateaus(), CURRENTS[::3], [NAME])


def test_a_number_comes_back_from_the_capacities_that_it_made() -> None:
    found = calibration().fitted[NAME]
    true = truth().numbers[NAME].value
    assert half().cell.numbers[NAME].value / true == pytest.approx(2.5)
    assert found.value == pytest.approx(true, rel=0.01)
    assert found.origin == "fitted"
    assert found.source == "fitted to 2 capacities at 0.2, 4 A/g"
    assert found.uncertainty is not None
    assert found.low < true < found.high


def test_what_the_fit_did_not_see_is_predicted_better_than_by_a_null_model_with_as_many_numbers() -> None:
    found = calibration()
    assert [each.fitted for each in found.predictions] == [True, False, False, True]
    assert [each.measured for each in found.predictions] == [each.capacity for each in plateaus()]
    model, null = found.left_out()
    unseen = [each for each in found.predictions if not each.fitted]
    assert model == pytest.approx(math.sqrt(sum((each.model - each.measured) ** 2 for each in unseen) / 2))
    assert model < 0.01 * unseen[0].measured
    # One number: the null model is the mean of what was seen, weighted by 1/error².
    seen = [each for each in plateaus() if each.current in (200.0, 4000.0)]
    weights = [1 / each.error**2 for each in seen]
    mean = sum(w * each.capacity for w, each in zip(weights, seen, strict=True)) / sum(weights)
    assert [each.null for each in found.predictions] == pytest.approx([mean] * 4)
    assert null > 10 * model


def test_a_capacity_is_the_charge_of_the_second_lithiation() -> None:
    model = half()
    amperes = 1000.0 * model.cell.active_mass
    low, high = model.cell.window
    state = model.start()
    for setting in (Setting(current=amperes, low=low), Setting(current=-amperes, high=high)):
        state = model.step(state, 2e4, setting, 100.0).state
    passed = model.step(state, 2e4, Setting(current=amperes, low=low), 100.0)
    assert passed.ended == "low voltage"
    assert capacity(model, 1000.0, {}) == pytest.approx(1000.0 * passed.seconds[-1], rel=1e-4)
    # A few thousand mAh/g, of the 3579 that silicon holds.
    assert 1000 < capacity(model, 1000.0, {}) / 3600 < 3579


def test_a_current_that_takes_the_cell_beyond_its_window_at_once_gives_nothing() -> None:
    assert capacity(half(), 1000 * one_c(half()) / half().cell.active_mass, {}) == 0


def test_nothing_that_was_left_out_has_no_error() -> None:
    seen = Prediction(1.0, 2.0, 2.0, 2.0, True)
    assert all(math.isnan(each) for each in replace(calibration(), predictions=(seen,)).left_out())


@pytest.mark.parametrize(
    ("seen", "free", "message"),
    [
        ((200.0, 300.0), [NAME], "names a current at which nothing was measured"),
        ((200.0,), [NAME, "diffusion coefficient"], "asks for 2 free numbers from 1 capacities"),
        ((200.0,), [], "asks for 0 free numbers"),
        ((200.0,), ["speed"], "is no input of this virtual cell"),
        ((200.0,), ["Li15Si4 share"], "has no range to be fitted in"),
        ((200.0,), ["thickness"], "length of the mesh"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(seen: tuple[float, ...], free: list[str], message: str) -> None:
    with pytest.raises(SimulationError, match=message) as refused:
        calibrate(half().cell, "SPM", plateaus(), seen, free)
    assert "\n" not in str(refused.value)
