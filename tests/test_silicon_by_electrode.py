"""Silicon with the potential of one published electrode: the equations, the virtual cell, and what is kept of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shared import ROOT

from byssus import knowledge
from byssus.conventions import Configuration, Made
from byssus.errors import SimulationError
from byssus.measured.metadata import Sample
from byssus.physics import silicon, silicon_cell
from byssus.protocol.steps import Resolved
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design_file
from byssus.simulate.calibration import Calibration
from byssus.simulate.coating_inputs import SURFACE_CHARGES
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.job import Job
from byssus.simulate.model import Model, Setting, pybamm
from byssus.simulate.parameters import parameters
from byssus.study.study import load
from byssus.virtual import fitted
from byssus.virtual.prepare import Asked, prepare

INSIDE = np.linspace(0.0, 1.0, 201)
BRANCHES: dict[str, Callable[..., Any]] = {
    "lithiation": silicon_cell.lithiation_potential_in_cell,
    "delithiation": silicon_cell.delithiation_potential_in_cell,
}


@functools.cache
def recipe(name: str) -> Design:
    return design_file(ROOT / "src" / "byssus" / "examples" / "recipes" / f"{name}.yaml", knowledge.load())


#: Neither oxide nor carbon black takes charge.
BARE = {name.replace(" ", "_"): Quantity(0, "mAh/g") for name in SURFACE_CHARGES}


def half(base: str | None, name: str = "ccl-5", made: Made = Made.EMPTY, **given: Quantity) -> VirtualCell:
    return virtual_cell(name, recipe(name), knowledge.load(), made=made, base=base,
                        given={key.replace("_", " "): value for key, value in given.items()})  # fmt: skip


@pytest.mark.parametrize("branch", list(BRANCHES))
@pytest.mark.parametrize("electrode", silicon.ELECTRODES)
def test_an_electrode_has_the_coefficients_that_are_its_own(branch: str, electrode: str) -> None:
    own = silicon.BY_ELECTRODE[branch][electrode]
    assert silicon.silicon_potential(INSIDE, branch, electrode) == pytest.approx(
        silicon.two_process_potential(INSIDE, *own), abs=1e-15
    )
    assert silicon.silicon_potential_slope(INSIDE, branch, electrode) == pytest.approx(
        silicon.two_process_slope(INSIDE, *own), abs=1e-15
    )
    # It is another curve than the one that is fitted to all.
    assert (
        np.max(np.abs(silicon.silicon_potential(INSIDE, branch, electrode) - silicon.silicon_potential(INSIDE, branch)))
        > 0.003
    )


@pytest.mark.parametrize("electrode", silicon.ELECTRODES)
def test_in_a_cell_both_branches_fall_and_meet_at_the_lower_end(electrode: str) -> None:
    down, up = (BRANCHES[name](INSIDE, electrode=electrode) for name in ("lithiation", "delithiation"))
    assert np.all(np.diff(down) < 0)
    assert np.all(np.diff(up) < 0)
    assert up[0] == pytest.approx(1.5, abs=1e-12)
    assert (down[-1], up[-1]) == pytest.approx((0.01, 0.01), abs=1e-3)
    assert np.all(up[:-1] > down[:-1])


@pytest.mark.parametrize("branch", list(BRANCHES))
def test_symbols_give_what_floats_give(branch: str) -> None:
    symbol = pybamm().InputParameter("x")
    for place in (-0.03, 0.2, 0.7, 1.04):
        built = BRANCHES[branch](symbol, electrode="kunz").evaluate(inputs={"x": place})
        assert float(np.squeeze(built)) == pytest.approx(float(BRANCHES[branch](place, electrode="kunz")), rel=1e-13)


@pytest.mark.parametrize(("branch", "electrode"), [("delithiation", "jiang"), ("lithiation", "li"), ("lithiation", "")])
def test_an_electrode_without_such_a_branch_is_refused(branch: str, electrode: str) -> None:
    with pytest.raises(ValueError, match=f"electrode must be all or one of baggetto.*, not {electrode}"):
        silicon.silicon_potential(0.5, branch, electrode)


@pytest.mark.parametrize("base", [None, "friedrich"])
def test_a_slow_lithiation_of_a_cell_follows_the_electrode_that_is_named(base: str | None) -> None:
    """At C/1000 a voltage is the potential at open circuit, to some millivolts of overpotential."""
    cell = half(base, crystalline_share=Quantity(0, "1"), SEI_rate_constant=Quantity(0, "m/s"),
                exchange_current_density=Quantity(10, "A/m^2"), **BARE)  # fmt: skip
    model = Model(cell, "SPM")
    current = model.capacity / 3600 / 1000
    passed = model.step(model.start(), 0.7 * model.capacity / current, Setting(current=current), 36000)
    lithiation = passed.seconds * current / model.capacity
    inner = (lithiation > 0.2) & (lithiation < 0.65)
    truth = silicon.silicon_potential(lithiation[inner], "lithiation", base or silicon.ALL)
    other = silicon.silicon_potential(lithiation[inner], "lithiation", silicon.ALL if base else "friedrich")
    assert np.max(np.abs(passed.columns["Voltage / V"][inner] - truth)) < 0.003
    assert np.max(np.abs(passed.columns["Voltage / V"][inner] - other)) > 0.015


def test_a_base_that_is_an_electrode_is_for_silicon_and_for_nothing_else() -> None:
    cell = virtual_cell("full", recipe("ccl-full-cell"), knowledge.load(), made=Made.EMPTY, window=(2.8, 4.3),
                        opposite=recipe("ncm811"), base="kunz")  # fmt: skip
    assert cell.negative.shape == "kunz"
    assert (cell.positive.shape, cell.positive.base and cell.positive.base.name) == ("all", "ORegan2022")
    assert cell.electrolyte == "Xu2019"
    words = {each.name: each.shown for each in parameters(half("kunz")).explained}
    assert words["Positive electrode lithiation OCP [V]"] == "byssus.physics.silicon_cell, lithiation, shape of kunz"
    with pytest.raises(SimulationError, match="base: 'kunz' is an electrode whose potential silicon can have"):
        half("kunz", "ncm811", Made.FULL)
    with pytest.raises(
        SimulationError, match="leave it out, or name baggetto, friedrich, kuecher, kunz, lu for silicon"
    ):
        half("Chen2020")


def test_what_is_kept_of_one_electrode_is_not_taken_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = Resolved("rate", "cycling", (), 298.15)
    sample = Sample(name="CCL", configuration=Configuration.HALF, made=Made.EMPTY)
    keys = {Job("CCL", "rate", half(base), protocol, "SPM", "", sample).key("") for base in (None, "kunz", "lu")}
    assert len(keys) == 3
    prepared = prepare(load(ROOT / "src" / "byssus" / "examples" / "ccl" / "study.yaml"), ["rate"], ["CCL"])
    monkeypatch.setattr(fitted, "calibrate", lambda *_, **__: Calibration("SPMe", {}, (), 0, ()))
    cell = prepared.cells["CCL"]
    for shape in ("all", "kunz", "all"):
        shaped = replace(cell, electrode=replace(cell.electrode, shape=shape))
        fitted.calibrated(replace(prepared, cells={"CCL": shaped}), "CCL", Asked(("rate",)), tmp_path, lambda *_: None)
    assert len(list(tmp_path.iterdir())) == 2
