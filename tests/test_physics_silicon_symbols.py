"""The equations of silicon with the symbols of PyBaMM for numbers: built, handed to CasADi, and evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from byssus.physics import silicon, silicon_crystal, silicon_surface

SHAPE = {"level": 0.356, "height": 0.14, "middle": 0.576, "width": 0.28, "head": 0.104, "tail": 0.05}
PLACES = (-0.05, 0.0, 0.3, 0.7, 1.0, 1.05)
AREA = {"specific_surface": 86e3, "molar_volume": 95.85e-6, "lithium": 2.0}
CASES: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    *((silicon.two_process_potential, {"lithiation": place, **SHAPE}) for place in PLACES),
    *((silicon.two_process_slope, {"lithiation": place, **SHAPE}) for place in PLACES),
    *((silicon.silicon_potential, {"lithiation": place, "branch": "delithiation"}) for place in PLACES),
    *((silicon.silicon_potential_slope, {"lithiation": place, "branch": "lithiation"}) for place in PLACES),
    *((silicon_crystal.crystalline_silicon_potential, {"lithiation": place, "plateau": 0.12}) for place in PLACES),
    *(
        (silicon_crystal.first_lithiation_potential, {"lithiation": place, "crystalline_share": 0.6})
        for place in PLACES
    ),
    *(
        (silicon_crystal.li15si4_delithiation_potential, {"lithiation": place, "share": share})
        for place in PLACES
        for share in (0.0, 0.4, 1.0)
    ),
    (silicon_crystal.crystallised_share, {"end_potential": 0.048, "threshold": 0.05, "width": 0.005}),
    (silicon_surface.area_per_volume_of_spheres, {"volume_fraction": 0.25, "radius": 150e-9}),
    (silicon_surface.area_per_volume, {"specific_surface": 86e3, "density": 2330.0, "volume_fraction": 0.25}),
    (silicon_surface.specific_surface_of_agglomerates, {"diameter": 3e-7, "density": 2330.0, "inner_porosity": 0.4}),
    (silicon_surface.sei_charge, {"thickness": 5e-9, **AREA}),
    (silicon_surface.sei_thickness, {"charge": 8e5, **AREA}),
    (silicon_surface.oxide_charge, {"oxide_fraction": 0.18, "product": "Li2O"}),
    (silicon_surface.capacity_with_oxide, {"oxide_fraction": 0.18, "silicon_capacity": 1.29e7}),
]


@pytest.fixture
def pybamm(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PYBAMM_DISABLE_TELEMETRY", "true")
    return pytest.importorskip("pybamm", reason="a dependency of the core")


@pytest.mark.parametrize(("function", "given"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_symbols_give_what_floats_give(pybamm: Any, function: Callable[..., Any], given: dict[str, Any]) -> None:
    casadi = pytest.importorskip("casadi", reason="PyBaMM brings it")
    numbers = {name: value for name, value in given.items() if isinstance(value, float)}
    symbols = {name: pybamm.InputParameter(name) for name in numbers}
    built = function(**{**given, **symbols})
    assert isinstance(built, pybamm.Symbol)
    truth = float(function(**given))
    assert float(np.squeeze(built.evaluate(inputs=numbers))) == pytest.approx(truth, rel=1e-14, abs=1e-14)
    # The solvers do not evaluate PyBaMM's symbols; they solve what CasADi makes of them.
    unknown = {name: casadi.MX.sym(name) for name in numbers}
    compiled = casadi.Function("compiled", list(unknown.values()), [built.to_casadi(inputs=unknown)])
    assert float(compiled(*numbers.values())) == pytest.approx(truth, rel=1e-13, abs=1e-13)


def test_a_number_beside_symbols_is_still_checked(pybamm: Any) -> None:
    with pytest.raises(ValueError, match="width must be above zero, not -1"):
        silicon.two_process_potential(pybamm.InputParameter("lithiation"), **{**SHAPE, "width": -1.0})
