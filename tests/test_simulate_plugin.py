"""Byssus' models and parameters as PyBaMM's own entry points give them."""

from __future__ import annotations

import importlib.metadata
import warnings

import pytest

from byssus.simulate.published import pybamm


def test_pybamm_finds_them() -> None:
    module = pybamm()
    assert {"Byssus SPM", "Byssus SPMe", "Byssus DFN"} <= set(module.dispatch.models)
    assert "Byssus CCL" in module.parameter_sets
    for group in ("pybamm_models", "pybamm_parameter_sets"):
        for entry in importlib.metadata.entry_points(group=group):
            if entry.name.startswith("Byssus"):
                assert callable(entry.load())


@pytest.mark.parametrize("kind", ["SPM", "SPMe", "DFN"])
def test_they_run_in_pybamm_itself(kind: str) -> None:
    """A simulation of PyBaMM's own, with its own steps, loses contact and swells."""
    module = pybamm()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = module.Model(f"Byssus {kind}")
        values = module.ParameterValues("Byssus CCL")
        experiment = module.Experiment(["Discharge at C/2 for 1 hour", "Rest for 10 minutes"])
        simulation = module.Simulation(model, parameter_values=values, experiment=experiment)
        solution = simulation.solve(inputs={"crystalline silicon": 0.0})
    ratio = solution["Thickness over that as made"].entries.ravel()
    assert ratio[0] == pytest.approx(1, abs=1e-3)
    assert ratio[-1] > 1.05
    share = solution["Share of active material with contact"].entries.ravel()
    assert 0.9 < share[-1] < share[0]
    assert share[0] == pytest.approx(1, abs=1e-6)
