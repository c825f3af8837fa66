"""From two electrodes to a cell: balance, lithium, electrolyte, and energy per mass and volume of the stack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from byssus.errors import RecipeError
from byssus.findings import Finding
from byssus.physics.cell import (
    cell_mass,
    cost_per_energy,
    electrolyte_per_capacity,
    energy_density_of_stack,
    first_cycle_lithium_balance,
    negative_loading,
    np_ratio,
    specific_energy_of_stack,
)
from byssus.recipe import electrode
from byssus.recipe.mixing import composition
from byssus.recipe.model import Recipe
from byssus.recipe.reckoning import Figure, Input, Sheet, in_unit

PART = "cell"
_AREAL, _LOADING, _LENGTH = ("C/m^2", "mAh/cm^2"), ("kg/m^2", "mg/cm^2"), ("m", "um")
_ENERGY, _DENSE = ("J/kg", "Wh/kg"), ("J/m^3", "Wh/L")
#: An N/P ratio that is called and one that follows differ beyond this: both are told to two decimals, as 1.15 is.
NP_TOLERANCE = 0.03

#: What a cell needs of each electrode: figures of the part ``electrode``, by a short name.
_NEEDED = {
    "areal_capacity": "areal capacity",
    "active_loading": "active loading",
    "coating_loading": "coating loading",
    "thickness": "thickness",
    "porosity": "porosity",
}


@dataclass(frozen=True)
class Side:
    """An electrode as a cell sees it.

    The electrode that is being worked out is asked for its figures; of the other one they come as inputs, and
    count as independent of this one's.
    """

    name: str
    recipe: Recipe
    inputs: dict[str, Input] | None = None

    def value(self, sheet: Sheet, key: str) -> float | None:
        """Return a figure, or a property of the active material or the foil, in SI; None where it is not known."""
        if self.inputs is not None:
            name = f"{self.name}: {key}"
            return sheet.take(name) if name in sheet else None
        if key in _NEEDED:
            return sheet.figure(electrode.PART, _NEEDED[key])
        name = _input_of(self.recipe, key)
        return sheet.take(name) if name in sheet else None


def _input_of(recipe: Recipe, key: str) -> str:
    """Return the name of the input that a property of an electrode's active material or foil is."""
    if key == "foil_thickness":
        return "electrode.foil_thickness"
    if key == "foil_density":
        return f"{recipe.electrode.foil if recipe.electrode else None}.density"
    return f"{recipe.active[0]}.{key}"


def opposite_of(name: str, recipe: Recipe, figures: tuple[Figure, ...], inputs: dict[str, Input]) -> Side:
    """Take what a cell needs of the other electrode's design."""
    of = {figure.name: figure for figure in figures if figure.part == electrode.PART}
    found = {}
    for short, long in _NEEDED.items():
        figure = of.get(long)
        if figure is not None and figure.value is not None:
            label = f"{long} of {name}"
            found[short] = Input(
                label, figure.value, figure.units, figure.uncertainty, "known", f"the design of {name}"
            )
    for short in ("potential", "capacity", "first_cycle_efficiency", "foil_density", "foil_thickness"):
        if _input_of(recipe, short) in inputs:
            found[short] = inputs[_input_of(recipe, short)]
    return Side(name, recipe, {f"{name}: {short}": each for short, each in found.items()})


def cell(recipe: Recipe, sheet: Sheet, own: Side, other: Side | None, binder: tuple[str, ...]) -> None:
    """Note what follows for the cell of a recipe; against lithium metal that is the electrolyte alone."""
    plan = recipe.cell
    if plan is None:
        return
    _electrolyte(sheet, own, other)
    if other is None:
        return
    sides = _by_potential(sheet, own, other)
    if sides is None:
        sheet.lack(
            PART,
            "N/P ratio",
            "1",
            "no working potential is known of one of the active materials, so neither is the negative",
        )
        return
    negative, positive = sides
    if not (_has(sheet, negative, "areal_capacity") and _has(sheet, positive, "areal_capacity")):
        sheet.lack(PART, "N/P ratio", "1", "the loading of one electrode is not given")
        return
    low, high = _take(sheet, negative, "areal_capacity"), _take(sheet, positive, "areal_capacity")
    sheet.note(
        PART,
        "N/P ratio",
        np_ratio(low, high),
        "1",
        f"{in_unit(low, _AREAL)} / {in_unit(high, _AREAL)}, reversible, equal areas",
    )
    if "cell.np_ratio" in sheet and _has(sheet, negative, "capacity"):
        called = sheet.take("cell.np_ratio")
        needed = negative_loading(called, high, _take(sheet, negative, "capacity"))
        sheet.note(
            PART,
            f"negative loading for N/P {called:.4g}",
            needed,
            _LOADING,
            f"{called:.4g} × {in_unit(high, _AREAL)} / its capacity",
        )
    _lithium(sheet, negative, positive, low, high)
    if "cell.voltage" in sheet:
        voltage = sheet.take("cell.voltage")
    else:
        voltage = _take(sheet, positive, "potential") - _take(sheet, negative, "potential")
    _energy(recipe, sheet, negative, positive, min(low, high), voltage)
    _cost(recipe, sheet, own, min(low, high) * voltage, binder)


def _has(sheet: Sheet, of: Side, key: str) -> bool:
    return of.value(sheet, key) is not None


def _take(sheet: Sheet, of: Side, key: str) -> float:
    value = of.value(sheet, key)
    if value is None:
        raise RecipeError(f"is not known of {of.name}", field=key)
    return value


def _by_potential(sheet: Sheet, own: Side, other: Side) -> tuple[Side, Side] | None:
    if not (_has(sheet, own, "potential") and _has(sheet, other, "potential")):
        return None
    return (own, other) if _take(sheet, own, "potential") < _take(sheet, other, "potential") else (other, own)


def _electrolyte(sheet: Sheet, own: Side, other: Side | None) -> None:
    if "cell.electrolyte_volume" not in sheet:
        return
    if not (_has(sheet, own, "areal_capacity") and "electrode.area" in sheet):
        sheet.lack(
            PART, "electrolyte per capacity", ("m^3/C", "uL/mAh"), "loading or area of the electrode is not given"
        )
        return
    areal = _take(sheet, own, "areal_capacity")
    if other is not None and _has(sheet, other, "areal_capacity"):
        areal = min(areal, _take(sheet, other, "areal_capacity"))
    whole = areal * sheet.take("electrode.area")
    value = electrolyte_per_capacity(sheet.take("cell.electrolyte_volume"), whole)
    how = f"{sheet.show('cell.electrolyte_volume')} / {in_unit(whole, ('C', 'mAh'))}"
    sheet.note(PART, "electrolyte per capacity", value, ("m^3/C", "uL/mAh"), how)


def _lithium(sheet: Sheet, negative: Side, positive: Side, low: float, high: float) -> None:
    names = ("reversible capacity after the first cycle", "prelithiation that the losses ask for")
    absent = [each.name for each in (negative, positive) if not _has(sheet, each, "first_cycle_efficiency")]
    if absent:
        for name in names:
            sheet.lack(
                PART,
                name,
                _AREAL,
                f"no first-cycle efficiency is given of {', '.join(absent)}; give it under materials",
            )
        return
    first_low, first_high = (
        reversible / _take(sheet, each, "first_cycle_efficiency")
        for each, reversible in ((negative, low), (positive, high))
    )
    balance = first_cycle_lithium_balance(first_high, first_high - high, first_low, first_low - low)
    how = f"losses: {in_unit(first_low - low, _AREAL)} at the negative, {in_unit(first_high - high, _AREAL)} at the positive electrode"
    sheet.note(PART, names[0], float(balance.reversible_capacity), _AREAL, how)
    sheet.note(PART, names[1], float(balance.prelithiation_needed), _AREAL, how)


def _cost(recipe: Recipe, sheet: Sheet, own: Side, areal_energy: float, binder: tuple[str, ...]) -> None:
    """Note what the binder and the solvent of this electrode cost for each kWh of the cell; solvent bought anew."""
    if not _has(sheet, own, "coating_loading"):
        return
    coating, shares = _take(sheet, own, "coating_loading"), composition(recipe, sheet)
    units = ("USD/J", "USD/kWh")
    absent = [name for name in binder if f"{name}.price" not in sheet]
    if absent:
        sheet.lack(
            PART,
            "cost of this electrode's binder per energy",
            units,
            f"no price is known of {', '.join(absent)}; give it under materials",
        )
    elif binder:
        costs = [cost_per_energy(sheet.take(f"{name}.price"), coating * shares[name], areal_energy) for name in binder]
        how = " + ".join(
            f"{in_unit(coating * shares[name], _LOADING)} of {name} × {sheet.show(f'{name}.price')}" for name in binder
        )
        sheet.note(
            PART,
            "cost of this electrode's binder per energy",
            sum(map(float, costs)),
            units,
            f"({how}) / energy of the cell; prices as their sources",
        )
    if recipe.solvent and f"{recipe.solvent}.price" in sheet and "electrode.solid_content" in sheet:
        solids = sheet.take("electrode.solid_content")
        mass = coating * (1 - solids) / solids
        value = cost_per_energy(sheet.take(f"{recipe.solvent}.price"), mass, areal_energy)
        how = f"{in_unit(mass, _LOADING)} of {recipe.solvent} × {sheet.show(f'{recipe.solvent}.price')} / energy of the cell"
        sheet.note(PART, "cost of this electrode's solvent per energy", value, units, how)


def _energy(recipe: Recipe, sheet: Sheet, negative: Side, positive: Side, areal: float, voltage: float) -> None:
    """Note energy per mass and volume of both coatings, and of the stack with half of each foil."""
    words = f"{in_unit(areal, _AREAL)} × {voltage:.3g} V"
    if not all(_has(sheet, each, "coating_loading") for each in (negative, positive)):
        return
    coatings = sum(_take(sheet, each, "coating_loading") for each in (negative, positive))
    energy = specific_energy_of_stack(areal, voltage, coatings)
    sheet.note(PART, "specific energy of both coatings", energy, _ENERGY, f"{words} / {in_unit(coatings, _LOADING)}")
    needed = ("thickness", "porosity", "foil_density", "foil_thickness")
    separator = recipe.cell.separator if recipe.cell else ""
    liquid = recipe.cell.electrolyte if recipe.cell else ""
    lacks = [
        f"{key.replace('_', ' ')} of {each.name}"
        for each in (negative, positive)
        for key in needed
        if not _has(sheet, each, key)
    ]
    lacks += [f"separator {key}" for key in ("thickness", "porosity") if f"cell.separator_{key}" not in sheet]
    lacks += [f"density of {name}" for name in (separator, liquid) if f"{name}.density" not in sheet]
    if lacks:
        for name, units in (("specific energy of the stack", _ENERGY), ("energy density of the stack", _DENSE)):
            sheet.lack(PART, name, units, f"not given: {', '.join(lacks)}")
        return
    film, open_share = sheet.take("cell.separator_thickness"), sheet.take("cell.separator_porosity")
    foils = (
        sum(_take(sheet, each, "foil_thickness") * _take(sheet, each, "foil_density") for each in (negative, positive))
        / 2
    )
    pores = (
        sum(_take(sheet, each, "thickness") * _take(sheet, each, "porosity") for each in (negative, positive))
        + film * open_share
    )
    mass = (
        coatings
        + foils
        + film * (1 - open_share) * sheet.take(f"{separator}.density")
        + pores * sheet.take(f"{liquid}.density")
    )
    thickness = (
        sum(_take(sheet, each, "thickness") + _take(sheet, each, "foil_thickness") / 2 for each in (negative, positive))
        + film
    )
    sheet.note(
        PART,
        "areal mass of the stack",
        mass,
        _LOADING,
        "coatings, half of each foil, separator, all pores full of electrolyte",
    )
    sheet.note(
        PART, "thickness of the stack", thickness, _LENGTH, "coatings, half of each foil, separator; as assembled"
    )
    how = f"{words} / {in_unit(mass, _LOADING)}"
    sheet.note(PART, "specific energy of the stack", specific_energy_of_stack(areal, voltage, mass), _ENERGY, how)
    how = f"{words} / {in_unit(thickness, _LENGTH)}"
    sheet.note(PART, "energy density of the stack", energy_density_of_stack(areal, voltage, thickness), _DENSE, how)
    if "cell.housing_mass" in sheet and "electrode.area" in sheet:
        area, housing = sheet.take("electrode.area"), sheet.take("cell.housing_mass")
        whole = cell_mass(mass, area, housing_mass=housing)
        how = f"{words} × {sheet.show('electrode.area')} / ({in_unit(mass, _LOADING)} × area + {sheet.show('cell.housing_mass')})"
        sheet.note(PART, "specific energy of the cell", areal * voltage * area / whole, _ENERGY, how)


def findings(recipe: Recipe, figures: tuple[Figure, ...], called: float | None) -> Iterator[Finding]:
    """Hold the N/P ratio that a recipe is called by against the one that follows from its loadings."""
    of = {figure.name: figure for figure in figures if figure.part == PART}
    ratio = of.get("N/P ratio")
    if called is None or ratio is None or ratio.value is None or recipe.cell is None:
        return
    if abs(ratio.value / called - 1) > NP_TOLERANCE:
        yield Finding("np-ratio", f"the cell is called N/P {called:g}, and its loadings give {ratio}", field="cell.N/P")
    if ratio.value < 1:
        yield Finding("np-below-one", f"N/P is {ratio}: the positive electrode holds more lithium than the negative one takes",
                      field="cell.N/P")  # fmt: skip
