"""Every number that a design starts from: what the recipe gives, else what is known, each with its source."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from byssus.errors import KnowledgeError
from byssus.knowledge import Knowledge, Property
from byssus.physics.capacity import uncertainty_of_rounding
from byssus.physics.equation import Units
from byssus.quantity import Quantity, convert
from byssus.recipe.model import Material, Ranged, Recipe
from byssus.recipe.reckoning import Input, Origin


@dataclass(frozen=True, slots=True)
class _Trait:
    """A property of a substance: its field under materials, its quantity in knowledge, its units."""

    field: str
    quantity: str
    si: str
    shown: str
    of: str | None = None


#: What is looked up for every substance of a recipe. A trait that is nowhere is absent, never zero.
TRAITS = (
    _Trait("density", "density", "kg/m^3", "g/cm^3"),
    _Trait("diameter", "particle diameter", "m", "nm"),
    _Trait("specific_surface", "specific surface area", "m^2/kg", "m^2/g"),
    _Trait("oxide", "film thickness", "m", "nm", of="native oxide"),
    _Trait("capacity", "reference specific capacity", "C/kg", "mAh/g"),
    _Trait("theoretical_capacity", "theoretical specific capacity", "C/kg", "mAh/g"),
    _Trait("first_cycle_efficiency", "initial coulombic efficiency", "1", "%"),
    _Trait("expansion", "volume expansion", "1", "%"),
    _Trait("price", "price", "USD/kg", "USD/kg"),
    _Trait("substitution", "degree of substitution", "1", "1"),
    _Trait("critical_diameter", "critical diameter", "m", "nm"),
    _Trait("potential", "working potential", "V", "V"),
    _Trait("modulus", "elastic modulus", "Pa", "GPa"),
)


def inputs_of(recipe: Recipe, known: Knowledge) -> dict[str, Input]:
    """Collect the inputs of a recipe, by names such as ``Si.density`` and ``solutions.CCL.2.mass``."""
    found = dict(_written(recipe))
    for substance in substances_of(recipe):
        material = _material(recipe, known, substance)
        for trait in TRAITS:
            given = _trait(known, substance, material, trait)
            if given is not None:
                found[f"{substance}.{trait.field}"] = given
        found |= {f"{substance}.acid_constant.{step}": each for step, each in _acid_constants(known, substance)}
    return found


def _acid_constants(known: Knowledge, substance: str) -> Iterator[tuple[int, Input]]:
    """Give the dissociation constants that are known of a substance, the first step first."""
    name = known.names.substance(substance)
    if name is None:
        return
    rows = known.properties.filter(pl.col("substance") == name, pl.col("quantity") == "acid dissociation constant")
    for step, of in enumerate(rows["of"].to_list(), 1):
        row = known.property(substance, "acid dissociation constant", of)
        yield step, _looked_up(f"pKa of {substance}, {of}", row, _Trait("acid_constant", row.quantity, "1", "1"))


def substances_of(recipe: Recipe) -> list[str]:
    """Return the names of all substances that a recipe puts together, solvents too, each once."""
    names = list(recipe.parts)
    for solution in recipe.solutions.values():
        names += [*solution.contains, *(each.add for each in solution.ingredients), solution.solvent]
    if recipe.cell is not None:
        names += [recipe.cell.separator, recipe.cell.electrolyte]
    if recipe.solvent:
        names.append(recipe.solvent)
    if recipe.electrode is not None and recipe.electrode.foil:
        names.append(recipe.electrode.foil)
    if any(material.oxide is not None for material in recipe.materials.values()):
        names.append("SiO2")
    return [name for name in dict.fromkeys(names) if name not in recipe.solutions]


def _written(recipe: Recipe) -> Iterator[tuple[str, Input]]:
    for title, solution in recipe.solutions.items():
        for name, share in solution.contains.items():
            yield f"solutions.{title}.contains.{name}", Input.of(f"{name} in {title}", share, "1", "%")
        for place, each in enumerate(solution.ingredients, 1):
            key, label = f"solutions.{title}.{place}", f"{each.add} in {title}"
            if each.mass is not None:
                yield f"{key}.mass", Input.of(f"mass of {label}", each.mass, "kg", "mg")
            elif each.volume is not None:
                yield f"{key}.volume", Input.of(f"volume of {label}", each.volume, "m^3", "mL")
    for name, part in recipe.parts.items():
        yield f"parts.{name}", Input(f"parts of {name}", part.value, Units(part.unit, part.unit), part.uncertainty)
    coating = recipe.electrode
    if coating is not None:
        for field, quantity, si, shown in (
            ("loading", coating.loading, "kg/m^2", "mg/cm^2"),
            ("thickness", coating.thickness, "m", "um"),
            ("porosity", coating.porosity, "1", "%"),
            ("area", coating.area, "m^2", "cm^2"),
            ("foil_thickness", coating.foil_thickness, "m", "um"),
            ("solid_content", coating.solid_content, "1", "%"),
        ):
            if quantity is not None:
                yield f"electrode.{field}", Input.of(field.replace("_", " "), quantity, si, shown)
    cell = recipe.cell
    if cell is not None:
        for field, quantity, si, shown in (
            ("voltage", cell.voltage, "V", "V"),
            ("electrolyte_volume", cell.electrolyte_volume, "m^3", "uL"),
            ("separator_thickness", cell.separator_thickness, "m", "um"),
            ("separator_porosity", cell.separator_porosity, "1", "%"),
            ("housing_mass", cell.housing_mass, "kg", "g"),
        ):
            if quantity is not None:
                yield f"cell.{field}", Input.of(field.replace("_", " "), quantity, si, shown)
        if cell.np_ratio is not None:
            yield "cell.np_ratio", _given("N/P ratio as it is called", cell.np_ratio, "1", "1", None)


def _material(recipe: Recipe, known: Knowledge, substance: str) -> Material | None:
    """Return what the recipe says of a substance, by any of its names."""
    wanted = known.names.substance(substance)
    for name, material in recipe.materials.items():
        if name == substance or (wanted is not None and known.names.substance(name) == wanted):
            return material
    return None


def _trait(known: Knowledge, substance: str, material: Material | None, trait: _Trait) -> Input | None:
    label = f"{trait.field.replace('_', ' ')} of {substance}"
    given = getattr(material, trait.field, None) if material is not None else None
    if given is not None:
        return _given(label, given, trait.si, trait.shown, material.note if material else None)
    try:
        return _looked_up(label, known.property(substance, trait.quantity, trait.of), trait)
    except KnowledgeError:
        return None


def _given(label: str, given: Quantity | Ranged, si: str, shown: str, note: str | None) -> Input:
    source = f"the recipe ({note})" if note else "the recipe"
    if isinstance(given, Quantity):
        return Input.of(label, given, si, shown, source=source)
    value, low, high = (convert(each.value, each.unit, si) for each in (given.value, given.low, given.high))
    told = f"{source}, {given.low} to {given.high}"
    return Input(label, value, Units(si, shown), uncertainty_of_rounding(high - low), "given", told, low, high)


def _looked_up(label: str, row: Property, trait: _Trait) -> Input:
    value = convert(row.value, row.unit, trait.si)
    low = -math.inf if row.low is None else convert(row.low, row.unit, trait.si)
    high = math.inf if row.high is None else convert(row.high, row.unit, trait.si)
    spread = uncertainty_of_rounding(high - low) if math.isfinite(high - low) and high > low else None
    origin: Origin = "estimate" if row.method == "estimate" else "known"
    source = row.title + (f", doi:{row.doi}" if row.doi else "")
    return Input(label, value, Units(trait.si, trait.shown), spread, origin, source, low, high)
