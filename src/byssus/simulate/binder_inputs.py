"""What the equations of the binder on silicon start from (`byssus.simulate.submodels`): of the recipe, of its binder, or in general.

How much binder there is, and how thick it lies, follows from the recipe.  Modulus, uptake of electrolyte and adhesion are
those of the binder as far as they are known by its name; its parts stand in for a modulus that is not.  All else is the
same for all binders: estimates with ranges (knowledge/data/cell_numbers.csv, of the binder).  What binders are to be
compared by, as the thickness of their electrodes after cycling, is no source of anything here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from byssus.errors import KnowledgeError, SimulationError
from byssus.knowledge import Knowledge, Property
from byssus.physics.binder.film import binder_film_thickness, soaked_binder_conductivity
from byssus.physics.binder.sei import electrolyte_per_charge
from byssus.physics.capacity import uncertainty_of_rounding
from byssus.physics.equation import Units
from byssus.quantity import convert
from byssus.recipe.design import Design
from byssus.recipe.reckoning import Input
from byssus.simulate.coating_inputs import coating_inputs, known_numbers

#: Kinds of substances in a coating that are neither binder nor active material.
_NO_BINDER: Final = frozenset({"conductive agent", "solid electrolyte", "oxide"})
#: Records of which a modulus is that of a binder in its electrolyte.
_SOAKED: Final = "swollen in carbonate electrolyte"
_LIQUID: Final = "1 M LiPF6 in EC/DEC/DMC"
#: General numbers that others are made with, and that the equations do not take.
_MADE_WITH: Final = ("binder modulus left", "binder conductivity at least", "binder coverage")

_SHARE, _LENGTH, _STIFF = Units("1", "%"), Units("m", "nm"), Units("Pa", "GPa")


@dataclass(frozen=True)
class _Binder:
    """The binder of a coating: what the recipe calls it, and the volume of its parts by mass of active material [m³/kg]."""

    name: str
    parts: Mapping[str, float]

    @property
    def volume(self) -> float:
        return sum(self.parts.values())


def binder_inputs(design: Design, inputs: Mapping[str, Input], known: Knowledge) -> dict[str, Input]:
    """Return what the equations of the binder start from, for a coating of silicon.

    Parameters
    ----------
    inputs
        The other numbers of the electrode: loading, density, thickness, porosity, radius, areas.

    Raises
    ------
    SimulationError
        If the recipe has no binder, or less electrolyte than the pores hold.

    Examples
    --------
    >>> from importlib import resources
    >>> from byssus import knowledge
    >>> from byssus.conventions import Made
    >>> from byssus.recipe.design import design_file
    >>> from byssus.simulate.inputs import virtual_cell
    >>> with resources.as_file(resources.files("byssus") / "examples" / "recipes" / "ccl-5.yaml") as file:
    ...     made = design_file(file, knowledge.load())
    >>> cell = virtual_cell("Si/CCL", made, knowledge.load(), made=Made.EMPTY)
    >>> found = binder_inputs(made, cell.electrode.inputs, knowledge.load())
    >>> print(f"{1e9 * found['binder film thickness'].value:.1f} nm")
    21.7 nm
    """
    general = dict(known_numbers("binder"))
    binder = _binder(design, known)
    fraction = _fraction(binder, inputs)
    uptake = _uptake(binder, fraction.value, design, general["binder uptake"], known)
    found = general | {
        "expansion": _of_property(
            known.property("Si", "volume expansion"), "growth of silicon over its volume", Units("1", "%")
        ),
        "binder fraction": fraction,
        "binder film thickness": _film(fraction, inputs, general["binder coverage"]),
        "binder uptake": uptake,
        "binder ionic conductivity": _conductivity(uptake, general["binder conductivity at least"], known),
        "binder modulus": _modulus(binder, general["binder modulus"], general["binder modulus left"], known),
        "adhesion": _adhesion(binder, general["adhesion"], known),
        "healing frequency": Input(
            "share of lost contact that heals in a time", 0.0, Units("1/s", "1/h"), None, "assumed",
            "assumed: no rate is known of any binder; for one that heals: byssus.physics.binder.debonding.healing_frequency",
        ),
        "solvent volume per charge": _solvent(known),
        "electrolyte outside pores": _outside(design, inputs, general["electrolyte outside pores"]),
    }  # fmt: skip
    return {name: each for name, each in found.items() if name not in _MADE_WITH}


# --- How much, and how thick ------------------------------------------------------------------------------------------


def _binder(design: Design, known: Knowledge) -> _Binder:
    """Tell the binder of a recipe from its other parts."""
    kinds = dict(known.substances.select("substance", "kind").iter_rows())
    recipe, start = design.recipe, "mass fraction of "
    shares = {each.name.removeprefix(start): each.value for each in design.of("coating") if each.name.startswith(start)}

    def binds(name: str) -> bool:
        return name not in recipe.active and kinds.get(known.names.substance(name) or "") not in _NO_BINDER

    active = sum(share or 0.0 for name, share in shares.items() if name in recipe.active)
    parts = {
        name: share / active / design.inputs[f"{name}.density"].value
        for name, share in shares.items() if share and binds(name)
    }  # fmt: skip
    if not parts:
        raise SimulationError("has no binder, which has equations of its own", file=design.name, field="parts",
                              value=", ".join(recipe.parts), fix="add the binder, or leave out its equations")  # fmt: skip
    # One part that is itself known, as CCL, is the binder, whatever it is made of.
    written = [name for name in recipe.parts if binds(name)]
    named = known.names.substance(written[0]) if len(written) == 1 else None
    if named is None and len(parts) == 1:
        named = known.names.substance(next(iter(parts)))
    return _Binder(named or "/".join(parts), parts)


def _fraction(binder: _Binder, inputs: Mapping[str, Input]) -> Input:
    def of(loading: float) -> float:
        return loading * binder.volume / inputs["thickness"].value

    return Input(f"volume of dry {binder.name} by volume of coating", of(inputs["loading"].value), _SHARE, None, "given",
                 "the recipe: loading × volume of the binder by mass of active material / thickness")  # fmt: skip


def _film(fraction: Input, inputs: Mapping[str, Input], coverage: Input) -> Input:
    """Return the film on the spheres of diffusion; its range ends at the single particles, as at a surface half free."""
    active = inputs["loading"].value / inputs["density"].value / inputs["thickness"].value
    sphere, radius = 3 * active / inputs["radius"].value, inputs["radius"].quantity
    single = max(sphere, inputs["SEI area"].value * inputs["density"].value * active)
    value, low, high = (
        float(binder_film_thickness(fraction.value, area, share))
        for area, share in ((sphere, coverage.value), (single, 1.0), (sphere, coverage.low))
    )
    return Input(
        "thickness of the binder's film, dry", value, _LENGTH, uncertainty_of_rounding(high - low), "estimate",
        f"all binder on the spheres of diffusion, of {radius} in radius; range: on all of the area of the SEI, "
        f"to {coverage.low:.0%} of the spheres covered; 2 to 35 nm in the review, section 1",
        low, high,
    )  # fmt: skip


# --- The binder by its name -------------------------------------------------------------------------------------------


def _modulus(binder: _Binder, general: Input, left: Input, known: Knowledge) -> Input:
    """Return the modulus of the binder, or of its parts: between those of parts in series and side by side."""
    label = f"modulus of {binder.name}"
    whole = _own_modulus(binder.name, left, known)
    if whole is not None:
        return replace(whole, label=label)
    of_parts = {name: _own_modulus(name, left, known) for name in binder.parts}
    if not any(of_parts.values()):
        return general
    of_all = [(share / binder.volume, of_parts[name] or general) for name, share in binder.parts.items()]

    def series(end: Callable[[Input], float]) -> float:
        return 1 / sum(share / end(each) for share, each in of_all)

    def beside(end: Callable[[Input], float]) -> float:
        return sum(share * end(each) for share, each in of_all)

    low, high = series(lambda each: each.low), beside(lambda each: each.high)
    value = (series(lambda each: each.value) * beside(lambda each: each.value)) ** 0.5
    told = " and ".join(f"{name} ({(of_parts[name] or general).quantity})" for name in binder.parts)
    return Input(
        label, value, _STIFF, uncertainty_of_rounding(high - low), "estimate",
        f"no modulus of {binder.name} is known: between {told} in series and side by side (Reuss, Voigt), their geometric "
        "mean; range: over those of the parts", low, high,
    )  # fmt: skip


def _own_modulus(name: str, left: Input, known: Knowledge) -> Input | None:
    """Return the modulus that is known of a substance, soaked if that is known; of a dry one the range reaches down."""
    try:
        return _of_property(known.property(name, "elastic modulus", _SOAKED), f"modulus of {name}", _STIFF)
    except KnowledgeError:
        pass
    try:
        dry = _of_property(known.property(name, "elastic modulus"), f"modulus of {name}", _STIFF)
    except KnowledgeError:
        return None
    low = dry.low * left.low
    return replace(
        dry, value=dry.value * left.value, low=low, uncertainty=uncertainty_of_rounding(dry.high - low), origin="estimate",
        source=f"{dry.source}; dry, and taken so: soaked from {left.low:.0%} of it",
    )  # fmt: skip


def _uptake(binder: _Binder, fraction: float, design: Design, general: Input, known: Knowledge) -> Input:
    """Return the electrolyte in the binder, of the swelling that is printed of it, read in two ways.

    A swelling by mass of the binder is the value, one of the thickness of the whole coating the upper end: what a whole
    coating gains by mass fills its pores.
    """
    row = _fact(binder.name, "swelling ratio", known)
    if row is None:
        return general
    mass = sum(volume * design.inputs[f"{name}.density"].value for name, volume in binder.parts.items())
    liquid = known.property(_LIQUID, "density")
    swelling = convert(row["value"], row["unit"], "1")
    value = swelling * mass / binder.volume / convert(liquid.value, liquid.unit, "kg/m^3")
    low, high = value / 2, swelling / fraction
    return replace(
        general, value=value, low=low, high=high, uncertainty=uncertainty_of_rounding(high - low), origin="estimate",
        source=f"{_printed(row)}: swelling of {row['value']:g} % ({row['basis']}), read as mass of the binder; range: from half "
        "of that, to all of it as thickness of the coating",
    )  # fmt: skip


def _conductivity(uptake: Input, least: Input, known: Knowledge) -> Input:
    liquid = _of_property(known.property(_LIQUID, "ionic conductivity"), "", Units("S/m", "mS/cm"))
    value, high = (
        float(soaked_binder_conductivity(each, free))
        for each, free in ((uptake.value, liquid.value), (uptake.high, liquid.high))
    )
    return Input(
        "ionic conductivity of the soaked binder", value, Units("S/m", "mS/cm"), uncertainty_of_rounding(high - least.value),
        "estimate", f"that of its electrolyte around chains (Mackie and Meares), an upper bound; range: from "
        f"{least.quantity}, where ions find no path, to the most uptake", least.value, high,
    )  # fmt: skip


def _adhesion(binder: _Binder, general: Input, known: Knowledge) -> Input:
    """Return the adhesion, in the ratio in which a coating with this binder peels harder than the others."""
    row = _fact(binder.name, "ratio", known, of="peel force")
    if row is None:
        return general
    times = row["value"]
    return replace(
        general, value=general.value * times, high=general.high * times, origin="estimate",
        uncertainty=uncertainty_of_rounding(general.high * times - general.low),
        source=f"{general.source}; times {times:g}, the ratio of peel forces in {_printed(row)}: those of coatings on copper, so "
        "that the range begins where the ratio says nothing of silicon",
    )  # fmt: skip


def _fact(binder: str, quantity: str, known: Knowledge, of: str = "") -> dict[str, Any] | None:
    """Return the number of a quantity that a document prints of a binder, or None."""
    rows = known.facts.filter(
        pl.col("binder") == binder, pl.col("quantity") == quantity, pl.col("value").is_not_null(),
        pl.col("of").fill_null("").str.starts_with(of),
    )  # fmt: skip
    return None if rows.is_empty() else rows.row(0, named=True)


def _printed(row: Mapping[str, Any]) -> str:
    where = ", ".join(str(each) for each in (row["source"], f"section {row['section']}", row["place"]) if each)
    return f"fact {row['fact']} ({where})"


# --- Electrolyte ------------------------------------------------------------------------------------------------------


def _solvent(known: Knowledge) -> Input:
    mass, density = (known.property("EC", name) for name in ("molar mass", "density"))
    molar = convert(mass.value, mass.unit, "kg/mol") / convert(density.value, density.unit, "kg/m^3")
    most, least = (electrolyte_per_charge(molar, each) for each in (1.0, 0.5))
    return Input(
        "solvent that the SEI uses up by charge", most, Units("m^3/C", "uL/mAh"), uncertainty_of_rounding(most - least),
        "estimate", "ethylene carbonate to lithium ethylene dicarbonate, as the SEI; range: to carbonate "
        "(byssus.physics.binder.sei.electrolyte_per_charge)", least, most,
    )  # fmt: skip


def _outside(design: Design, inputs: Mapping[str, Input], general: Input) -> Input:
    """Return the electrolyte by area that is neither in coatings nor in the separator."""
    volume = design.inputs.get("cell.electrolyte_volume")
    if volume is None:
        return general
    separator = known_numbers("cell")
    through, pores = (
        design.inputs.get(f"cell.separator_{name}", separator[f"separator {name}"])
        for name in ("thickness", "porosity")
    )
    held = inputs["porosity"].value * inputs["thickness"].value + through.value * pores.value
    if design.opposite is not None:
        other = coating_inputs(design.opposite.name, design.opposite)
        held += other["thickness"].value * other["porosity"].value
    outside = volume.value / inputs["area"].value - held
    if outside < 0:
        raise SimulationError(
            f"is less than the pores hold, {1e9 * held * inputs['area'].value:.3g} uL", file=design.name,
            field="electrolyte_volume", value=str(volume.quantity), fix="correct volume, area, thickness or porosity",
        )  # fmt: skip
    return Input(general.label, outside, general.units, None, "given",
                 "the recipe: electrolyte volume / area, less the pores of coatings and separator")  # fmt: skip


def _of_property(row: Property, label: str, units: Units) -> Input:
    value, low, high = (
        convert(row.value if each is None else each, row.unit, units.si) for each in (row.value, row.low, row.high)
    )
    source = ", ".join(filter(None, (row.title, row.doi and f"doi:{row.doi}")))
    return Input(label, value, units, uncertainty_of_rounding(high - low) if high > low else None,
                 "estimate" if row.method == "estimate" else "known", source, low, high)  # fmt: skip
