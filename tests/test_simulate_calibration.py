"""Calibration against plateaus that a known cell gave: its numbers come back, and what it cannot know it says."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from test_simulate_run import half, one_c

from byssus.errors import SimulationError
from byssus.simulate.calibration import Calibration, Plateau, Prediction, calibrate, capacity
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import Model, Passed, Setting, State, pybamm
from byssus.virtual.fitted import calibration_as_dict, lost, told, unsolved

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
    misses = [each.model - each.measured for each in unseen if each.model is not None]
    assert model == pytest.approx(math.sqrt(sum(miss**2 for miss in misses) / 2))
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


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[float, float], bool]], None]:
    """Let the solver fail for some exchange current densities and currents per mass."""

    def fail(where: Callable[[float, float], bool]) -> None:
        step = Model.step

        def failed(self: Model, state: State, seconds: float, setting: Setting, interval: float, given: Any) -> Passed:
            if where(given[NAME], abs(setting.current or 0.0) / self.cell.active_mass):
                raise pybamm().SolverError("input set 0: IDA_CONV_FAIL: Convergence test failures")
            return step(self, state, seconds, setting, interval, given)

        monkeypatch.setattr(Model, "step", failed)

    return fail


def test_numbers_without_a_solution_are_rejected_and_counted(failing: Any) -> None:
    true = truth().numbers[NAME].value
    seen = plateaus()
    assert "rejected" not in " ".join(calibration().statements)
    failing(lambda exchange, _current: exchange < 0.5 * true)
    found = calibrate(half().cell, "SPM", seen, CURRENTS[::3], [NAME])
    assert found.fitted[NAME].value == pytest.approx(true, rel=0.01)
    assert found.statements[-1].endswith("rejected: with them the equations of the cell have no solution")
    failing(lambda _exchange, _current: True)
    with pytest.raises(
        SimulationError, match=r"calibrate: free: .* has no solution at all the currents that the fit sees"
    ):
        calibrate(half().cell, "SPM", seen, CURRENTS[::3], [NAME])


def test_a_number_that_ends_at_the_end_of_its_range_is_said() -> None:
    cell, true = half().cell, truth().numbers[NAME].value
    short = cell.with_inputs({NAME: replace(cell.numbers[NAME], value=1.5 * true, low=1.3 * true, high=3 * true)})
    found = calibrate(short, "SPM", plateaus(), CURRENTS[::3], [NAME])
    assert found.fitted[NAME].value == pytest.approx(1.3 * true, rel=0.01)
    assert "lower" in " ".join(found.statements)
    assert not any("range" in said or "bound" in said for said in calibration().statements)


def test_a_capacity_without_a_solution_is_missing_and_not_zero(failing: Any) -> None:
    seen = plateaus()
    failing(lambda _exchange, current: current > 3000)
    found = calibrate(half().cell, "SPM", seen, CURRENTS[:3:2], [NAME])
    assert [each.model is None for each in found.predictions] == [False, False, False, True]
    # What is missing counts for neither error.
    one = found.predictions[1]
    assert one.model is not None
    assert found.left_out() == pytest.approx((abs(one.model - one.measured), abs(one.null - one.measured)))
    assert math.isnan(capacity(Model(truth(), "SPM", free=frozenset({NAME})), 4000.0, {NAME: 1.0}))
    (finding,) = unsolved("CCL", found)
    assert (finding.code, finding.sample) == ("prediction-missing", "CCL")
    assert finding.message == "at 4 A/g the equations have no solution with the fitted numbers"
    assert calibration_as_dict(found)["plateaus"][3]["model_mAh_per_g"] is None
    assert told("CCL", found).points[3].model is None


def test_nothing_that_was_left_out_has_no_error() -> None:
    seen = Prediction(1.0, 2.0, 2.0, 2.0, True)
    only = replace(calibration(), predictions=(seen,))
    assert all(math.isnan(each) for each in only.left_out())
    assert lost("CCL", only) == []


def test_a_null_model_that_predicts_better_is_a_finding() -> None:
    # mAh/g as C/kg; one that the fit saw counts for neither model, and so does one without a capacity.
    def made(model: float, null: float) -> Calibration:
        points = (
            (200.0, 3000.0, 9000.0, 3000.0, True),
            (1000.0, 2000.0, model, null, False),
            (2000.0, 1500.0, None, 1500.0, False),
        )
        return replace(calibration(), predictions=tuple(
            Prediction(current, 3.6e3 * printed, None if found is None else 3.6e3 * found, 3.6e3 * other, seen)
            for current, printed, found, other, seen in points
        ))  # fmt: skip

    (finding,) = lost("CCL", made(2100.0, 1950.0))
    assert (finding.code, finding.sample) == ("null-model-wins", "CCL")
    assert "the model misses 100 mAh/g (root mean square), the null model with as many numbers 50" in finding.message
    assert lost("CCL", made(1950.0, 2100.0)) == lost("CCL", made(2100.0, 1900.0)) == []


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
