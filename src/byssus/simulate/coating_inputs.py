"""What a coating is made of, whatever simulates it: of the recipe, or known in general (knowledge/data/cell_numbers.csv)."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from byssus.errors import SimulationError
from byssus.knowledge.reading import cell_numbers
from byssus.physics.capacity import uncertainty_of_rounding
from byssus.physics.coating import carbon_contribution, specific_surface_of_spheres
from byssus.physics.equation import Units
from byssus.physics.silicon_surface import (
    CARBON_FILM_POTENTIAL,
    CARBON_FILM_POTENTIAL_SOURCE,
    CARBON_IRREVERSIBLE,
    CARBON_IRREVERSIBLE_SOURCE,
    CARBON_REVERSIBLE,
    CARBON_REVERSIBLE_SOURCE,
    OXIDE_POTENTIAL,
    OXIDE_POTENTIAL_SOURCE,
    oxide_charge,
)
from byssus.quantity import convert
from byssus.recipe.design import Design
from byssus.recipe.reckoning import Figure, Input
from byssus.source import Source

#: What oxide and carbon black take up beside silicon, by mass of silicon powder: bound once, a film, and back again.
SURFACE_CHARGES: Final = ("oxide charge", "carbon film charge", "carbon charge")
#: Names of carbon black, which the estimates of `byssus.physics.silicon_surface` are of.
CARBON_BLACKS: Final = frozenset({"Super P", "carbon black", "acetylene black"})
_CHARGE: Final = Units("C/kg", "mAh/g")

#: What follows from a recipe: number, figure of the design (part and name), SI unit, unit that people are shown.
_DESIGNED: Final = {
    "loading": ("electrode", "active loading", Units("kg/m^2", "mg/cm^2")),
    "thickness": ("electrode", "thickness", Units("m", "um")),
    "porosity": ("electrode", "porosity", Units("1", "%")),
}
_AREA: Final = Units("m^2", "cm^2")
_SURFACE: Final = Units("m^2/kg", "m^2/g")
#: Of a coating of which the recipe gives neither thickness nor porosity.
_ASSUMED_POROSITY: Final = Input(
    "porosity of the coating", 0.5, Units("1", "%"), uncertainty_of_rounding(0.3), "assumed",
    "assumed: the recipe gives neither thickness nor porosity", 0.35, 0.65,
)  # fmt: skip
#: Where an area per mass is from that nothing else is known of.
_OF_SPHERES: Final = "spheres of the radius of diffusion, 3/(ρ R)"
_ASSUMED_AREA: Final = Input(
    "area of the electrode", 1.13e-4, _AREA, None, "assumed", "assumed: a disc of 12 mm; the recipe gives no area"
)  # fmt: skip


def _figure(design: Design, part: str, name: str) -> Figure | None:
    return next((each for each in design.figures if (each.part, each.name) == (part, name)), None)


@functools.cache
def known_numbers(of: str) -> Mapping[str, Input]:
    """Return the numbers that are known of a part of a cell, for those whose value does not follow from others.

    Parameters
    ----------
    of
        ``cell``, ``electrode``, ``SEI``, ``binder``, or a material.

    Examples
    --------
    >>> print(known_numbers("cell")["contact resistance"].quantity)
    2.0 ± 2.7 ohm·cm²
    """
    found = {}
    for row in cell_numbers().iter_rows(named=True):
        if row["of"] != of or row["value"] is None:
            continue
        value, low, high = (
            None if row[name] is None else convert(row[name], row["unit"], row["si"])
            for name in ("value", "low", "high")
        )
        assert value is not None  # noqa: S101 - for the type checker
        spread = None if low is None or high is None else uncertainty_of_rounding(high - low)
        source = ", ".join(filter(None, (row["title"], row["doi"] and f"doi:{row['doi']}", row["place"])))
        found[row["number"]] = Input(
            row["label"], value, Units(row["si"], row["unit"]), spread,
            "estimate" if row["method"] == "estimate" else "known", source,
            value if low is None else low, value if high is None else high,
        )  # fmt: skip
    return MappingProxyType(found)


def coating_inputs(name: str, design: Design) -> dict[str, Input]:
    """Return what a coating has whatever is active in it.

    Raises
    ------
    SimulationError
        If the recipe gives no loading, or nothing that a thickness follows from.
    """
    inputs: dict[str, Input] = {}
    for number, (part, title, units) in _DESIGNED.items():
        figure = _figure(design, part, title)
        if figure is not None and figure.value is not None:
            inputs[number] = Input(title, figure.value, units, figure.uncertainty, "given", f"the recipe: {figure.how}")
    if "loading" not in inputs:
        loading = _figure(design, "electrode", "active loading")
        why = f": {loading.reason}" if loading is not None and loading.reason else ""
        raise SimulationError(f"says no loading, without which there is no cell{why}", file=name,
                              field="electrode.loading", fix="give the mass of active material per area")  # fmt: skip
    solids = _figure(design, "electrode", "density of the solids")
    coated = _figure(design, "electrode", "coating loading")
    if "porosity" not in inputs:
        inputs["porosity"] = _ASSUMED_POROSITY
    if "thickness" not in inputs:
        if solids is None or coated is None or solids.value is None or coated.value is None:
            raise SimulationError(
                "says no thickness, and its solids have no density to work one out", file=name,
                field="electrode.thickness", fix="give the thickness, or the density under materials",
            )  # fmt: skip
        dense = coated.value / solids.value
        inputs["thickness"] = Input(
            "thickness", dense / (1 - inputs["porosity"].value), Units("m", "um"), None, inputs["porosity"].origin,
            "loading of the coating / density of its solids / (1 − porosity)",
        )  # fmt: skip
    inputs["area"] = design.inputs.get("electrode.area", _ASSUMED_AREA)
    return {**inputs, **known_numbers("electrode")}


def silicon_inputs(design: Design, written: str, inputs: Mapping[str, Input]) -> dict[str, Input]:
    """Return what silicon powder has of the recipe: areas, capacity, and what oxide and carbon black take up beside it.

    Parameters
    ----------
    written
        What the recipe calls the silicon.
    inputs
        Its radius, density and capacity.
    """
    return {
        **_areas(design, written, inputs),
        "capacity": _with_oxide(design, written, inputs["capacity"]),
        **_surface(design, written),
    }


def areas_of_spheres(inputs: Mapping[str, Input]) -> dict[str, Input]:
    """Return anew the areas that are those of the spheres of diffusion, for the radius and the density as they are."""
    return {name: _spheres(inputs, each.label) for name, each in inputs.items() if each.source == _OF_SPHERES}


def _spheres(inputs: Mapping[str, Input], label: str) -> Input:
    radius = inputs["radius"]
    area = float(specific_surface_of_spheres(2 * radius.value, inputs["density"].value))
    return Input(label, area, _SURFACE, None, radius.origin, _OF_SPHERES)


def _areas(design: Design, written: str, inputs: Mapping[str, Input]) -> dict[str, Input]:
    """Give the reaction and the SEI an area each; the radius of diffusion stays a length of its own."""
    found = {name: _spheres(inputs, f"area of the {what} per mass")
             for name, what in (("kinetic area", "reaction"), ("SEI area", "SEI"))}  # fmt: skip
    measured = design.inputs.get(f"{written}.specific_surface")
    single = _figure(design, "electrode", f"geometric surface of {written}")
    if measured is not None:
        found["SEI area"] = replace(measured, label="area of the SEI per mass")
    elif single is not None and single.value is not None:
        found["SEI area"] = Input("area of the SEI per mass", single.value, _SURFACE, single.uncertainty, "given",
                                  f"the recipe: {single.how}")  # fmt: skip
    return found


def _with_oxide(design: Design, written: str, capacity: Input) -> Input:
    """Return the capacity per mass of powder, of which its native oxide is a part that takes up nothing again."""
    left = _figure(design, "electrode", f"{written} left by its oxide")
    if left is None or left.value is None:
        return capacity
    doubt = left.uncertainty or 0.0
    low, high = _ends(left)
    spread = math.hypot((capacity.uncertainty or 0.0) * left.value, capacity.value * doubt)
    return replace(
        capacity, value=capacity.value * left.value, uncertainty=spread, low=capacity.low * low, high=capacity.high * high,
        source=f"{capacity.source}; times {left.value:.1%}, which {left.how} leaves",
    )  # fmt: skip


def _surface(design: Design, written: str) -> dict[str, Input]:
    """Return what oxide and carbon black take up beside silicon; nothing of what the recipe does not name."""
    parts = design.recipe.parts
    blacks = [name for name in parts if name in CARBON_BLACKS]
    carbon = sum(parts[name].value for name in blacks) / parts[written].value
    told = f"{' and '.join(blacks)}, {carbon:.3g} parts by mass of {written}" if blacks else ""

    def on_carbon(label: str, charge: float, source: Source) -> Input:
        if not blacks:
            return Input(label, 0.0, _CHARGE, None, "given", "the recipe names no carbon black")
        assert source.low is not None  # noqa: S101 - an estimate has a range
        assert source.high is not None  # noqa: S101
        low, high = (float(carbon_contribution(carbon, 1.0, end)) for end in (source.low, source.high))
        return Input(label, float(carbon_contribution(carbon, 1.0, charge)), _CHARGE, uncertainty_of_rounding(high - low),
                     "estimate", f"{source}: {charge / 3600:.0f} mAh/g of carbon; {told}", low, high)  # fmt: skip

    found = {
        "oxide charge": _bound_by_oxide(design, written),
        "carbon film charge": on_carbon("charge that stays in the film on carbon", CARBON_IRREVERSIBLE, CARBON_IRREVERSIBLE_SOURCE),
        "carbon charge": on_carbon("charge that carbon takes up and gives off", CARBON_REVERSIBLE, CARBON_REVERSIBLE_SOURCE),
    }  # fmt: skip
    for name, label, value, source in (
        ("oxide potential", "potential below which the oxide binds lithium", OXIDE_POTENTIAL, OXIDE_POTENTIAL_SOURCE),
        ("carbon film potential", "potential below which a film forms on carbon", CARBON_FILM_POTENTIAL,
         CARBON_FILM_POTENTIAL_SOURCE),
    ):  # fmt: skip
        assert source.low is not None  # noqa: S101 - an estimate has a range
        assert source.high is not None  # noqa: S101
        found[name] = Input(label, value, Units("V", "V"), uncertainty_of_rounding(source.high - source.low), "estimate",
                            str(source), source.low, source.high)  # fmt: skip
    return found


def _bound_by_oxide(design: Design, written: str) -> Input:
    """Return what the oxide binds: lithium as Li4SiO4, between the products that bind least and most of a range of oxide."""
    label = "charge that the oxide binds once"
    left = _figure(design, "electrode", f"{written} left by its oxide")
    if left is None or left.value is None:
        return Input(label, 0.0, _CHARGE, None, "given", "the recipe says no oxide")
    share, least, most = (min(max(1 - each, 0.0), 1.0) for each in (left.value, *reversed(_ends(left))))
    low, high = float(oxide_charge(least, "Li2SiO3")), float(oxide_charge(most, "Li2O"))
    return Input(label, float(oxide_charge(share)), _CHARGE, uncertainty_of_rounding(high - low), "estimate",
                 f"as Li4SiO4, from Li2SiO3 to Li2O: byssus.physics.silicon_surface; {share:.1%} of the powder is oxide: {left.how}",
                 low, high)  # fmt: skip


def _ends(left: Figure) -> tuple[float, float]:
    """Return the ends of a share whose ± is that of a range, over √12."""
    assert left.value is not None  # noqa: S101 - asked before
    low, high = (min(max(left.value + sign * math.sqrt(3) * (left.uncertainty or 0.0), 0.0), 1.0) for sign in (-1, 1))
    return low, high
