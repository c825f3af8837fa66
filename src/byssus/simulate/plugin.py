"""Byssus' models and one parameter set by name, for people who work in PyBaMM itself.

They are found through PyBaMM's entry points: ``pybamm.Model("Byssus DFN")``, and SPM and SPMe alike; and
``pybamm.ParameterValues("Byssus CCL")``, the silicon half cell of `examples/recipes/ccl-5.yaml` with its binder.  Steps,
experiments and solvers are PyBaMM's own; mesh and tolerances too, which are coarser than those of ``byssus simulate``.
How much of the silicon is crystal is an input of every solution: ``inputs={"crystalline silicon": 0.0}``, 1 in a first
lithiation of powder as bought.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final

from byssus import knowledge
from byssus.conventions import Made
from byssus.recipe.design import design_file
from byssus.simulate.inputs import SILICON, usual_window, virtual_cell
from byssus.simulate.model import Kind
from byssus.simulate.parameters import parameters
from byssus.simulate.published import REFERENCE, pybamm
from byssus.simulate.submodels import equip

#: What PyBaMM is asked of a silicon half cell, as in `byssus.simulate.model`.
_HALF_CELL: Final[dict[str, Any]] = {
    "working electrode": "positive",
    "SEI": ("none", "ec reaction limited"),
    "open-circuit potential": ("single", "one-state hysteresis"),
    "SEI film resistance": "distributed",
    "contact resistance": "true",
    "calculate discharge energy": "true",
}


def spm(options: dict[str, Any] | None = None) -> Any:
    """Return PyBaMM's SPM of a silicon half cell with oxide, carbon and binder.

    Parameters
    ----------
    options
        Options of PyBaMM's beside those that make a silicon half cell.
    """
    return _model("SPM", options)


def spme(options: dict[str, Any] | None = None) -> Any:
    """Return PyBaMM's SPMe of a silicon half cell with oxide, carbon and binder; options as for `spm`."""
    return _model("SPMe", options)


def dfn(options: dict[str, Any] | None = None) -> Any:
    """Return PyBaMM's DFN of a silicon half cell with oxide, carbon and binder; options as for `spm`."""
    return _model("DFN", options)


def ccl() -> dict[str, Any]:
    """Return the parameters of the silicon half cell with the binder CCL of He et al. 2026, doi:10.1016/j.est.2026.120607.

    From the recipe, from what is known, and from estimates: ``byssus simulate ccl --sample CCL --binder --explain`` names the
    source of each.
    """
    recipe = Path(__file__).parents[1] / "examples" / "recipes" / "ccl-5.yaml"
    known = knowledge.load()
    low, high, _ = usual_window(SILICON)
    cell = virtual_cell("CCL", design_file(recipe, known), known, made=Made.EMPTY, window=(low, high), binder=True)
    values = parameters(cell).values
    values.update({
        "Ambient temperature [K]": REFERENCE,
        "Lower voltage cut-off [V]": low,
        "Upper voltage cut-off [V]": high,
    }, check_already_exists=False)  # fmt: skip
    return dict(values)


def _model(kind: Kind, options: dict[str, Any] | None) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The definition of the hysteresis decay rate")
        own = _HALF_CELL if kind == "DFN" else {**_HALF_CELL, "x-average side reactions": "true"}
        stock = getattr(pybamm().lithium_ion, kind)({**own, **(options or {})}, build=False)
        equip(stock, "positive", takes_up=True, binder=True)
    return stock
