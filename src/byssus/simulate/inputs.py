"""Every number that a virtual cell starts from, under Byssus' own names, each with its source or its range.

A number is, in this order: what the study gives for its virtual cell; what follows from the recipe
(loading, thickness, porosity, areas); what is known (knowledge/data/cell_numbers.csv), for the most part
an estimate with a range; what a published parameter set has (`byssus.simulate.parameters`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, NamedTuple

from byssus.conventions import Configuration, Made
from byssus.errors import SimulationError, UnitError, did_you_mean
from byssus.knowledge import Knowledge
from byssus.physics import silicon
from byssus.physics.binder.film import binder_film_thickness
from byssus.physics.capacity import uncertainty_of_rounding
from byssus.physics.constants import FARADAY
from byssus.physics.silicon_surface import (
    BOUND_BY,
)
from byssus.quantity import Quantity, convert
from byssus.recipe.design import Design
from byssus.recipe.model import Ranged
from byssus.recipe.reckoning import Input
from byssus.simulate.binder_inputs import binder_inputs
from byssus.simulate.coating_inputs import (
    SURFACE_CHARGES,
    areas_of_spheres,
    coating_inputs,
    known_numbers,
    silicon_inputs,
)
from byssus.simulate.conduction_inputs import CONDUCTING, SINGLE_ION, led_by_binder
from byssus.simulate.published import ELECTROLYTE_SET, Base, base_for, electrolyte, published

#: The material whose electrodes have equations of their own; every other one starts from a published parameter set.
SILICON: Final = "Si"
#: The material that may stand beside silicon in one coating.
GRAPHITE: Final = "graphite"


class Window(NamedTuple):
    """Voltages against lithium that a material is usually cycled between, and where that is from."""

    low: float
    high: float
    source: str


_OXIDES: Final = Window(3.0, 4.3, "estimate: as NCM811; 4.3 V is that of the reference specific capacities in "
                        "knowledge/data/properties.csv")  # fmt: skip
_WINDOWS: Final[Mapping[str, Window]] = MappingProxyType(
    {
        SILICON: Window(0.005, 1.5, "He et al. 2026, section 2.4, doi:10.1016/j.est.2026.120607"),
        "graphite": Window(0.005, 1.5, "estimate: as silicon, so that the two can be compared; Ecker et al. 2015 have "
                           "0 to 1.5 V, as PyBaMM's set Ecker2015_graphite_halfcell"),
        "NCM811": Window(3.0, 4.3, "from 3.0 V: Laine et al. 2023, introduction, doi:10.1039/d2dt02246j; to 4.3 V: that of "
                         "the reference specific capacities in knowledge/data/properties.csv"),
        "NCM622": _OXIDES,
        "NCM523": _OXIDES,
        "NCM111": _OXIDES,
        "NCA": _OXIDES,
        "LCO": Window(3.0, 4.3, "Zhang et al. 2023, section 4.2.1, reference [271], doi:10.1007/s41918-023-00198-2"),
        "LFP": Window(2.5, 3.8, "estimate: around the plateau at 3.4 V"),
    }
)  # fmt: skip


def usual_window(material: str) -> Window:
    """Return the window that a half cell of a material is cycled in where a study gives none.

    Raises
    ------
    SimulationError
        If none is known.

    Examples
    --------
    >>> usual_window("NCM811")[:2]
    (3.0, 4.3)
    """
    if material not in _WINDOWS:
        raise SimulationError("has no usual window that is known", field="active", value=material,
                              fix="give the lower and the upper voltage as window")  # fmt: skip
    return _WINDOWS[material]


@dataclass(frozen=True)
class Electrode:
    """A working electrode of a virtual cell.

    Parameters
    ----------
    name
        What people call it.
    material
        Its active material, by Byssus' name of the substance.
    inputs
        Its numbers, by name: ``thickness``, ``porosity``, ``capacity`` …
    made
        Whether it is made empty or full of lithium.
    base
        The electrode of a published parameter set for what the recipe does not say; None of silicon.
    counted
        The capacity per mass that the recipe's own balance counts with, to be held against that of the base.
    shape
        Of silicon: the electrode of `byssus.physics.silicon.BY_ELECTRODE` whose potential it has, or all.
    second
        A second active material in the same coating, with the numbers that are its own: graphite beside silicon.
    binder
        Whether its coating swells and its binder lets go (`byssus.simulate.submodels`).
    """

    name: str
    material: str
    inputs: Mapping[str, Input]
    made: Made
    base: Base | None = None
    counted: Input | None = None
    second: Electrode | None = None
    shape: str = silicon.ALL
    binder: bool = False

    @property
    def phases(self) -> tuple[Electrode, ...]:
        """Its active materials, each as an electrode."""
        return (self,) if self.second is None else (self, self.second)

    @property
    def takes_up(self) -> bool:
        """Whether its oxide or its carbon takes lithium up beside the silicon."""
        return any(name in self.inputs and self.inputs[name].value > 0 for name in SURFACE_CHARGES)

    @property
    def single_ion(self) -> bool:
        """Whether its binder leads lithium beside the pores (`byssus.simulate.submodels.single_ion`)."""
        return f"{SINGLE_ION} share" in self.inputs

    @property
    def loading(self) -> float:
        """Mass of all active material per area, in kg/m²."""
        return sum(each.inputs["loading"].value for each in self.phases)

    @property
    def capacity(self) -> float:
        """Charge per mass of active material between the ends of its window, in C/kg.

        Of a base it is F c (y_full − y_empty) / ρ, c its most lithium per volume, y stoichiometry; of two materials
        the mean by mass.
        """
        return sum(each.inputs["loading"].value * _capacity(each.inputs) for each in self.phases) / self.loading

    @property
    def charge(self) -> float:
        """Charge between the ends of its window, in C."""
        return self.loading * self.inputs["area"].value * self.capacity


def _capacity(inputs: Mapping[str, Input]) -> float:
    if "capacity" in inputs:
        return inputs["capacity"].value
    share = inputs["full stoichiometry"].value - inputs["empty stoichiometry"].value
    return FARADAY * inputs["maximum concentration"].value * share / inputs["density"].value


@dataclass(frozen=True)
class VirtualCell:
    """What a simulation is given: electrodes, what is between them, and the window that it is used in.

    Parameters
    ----------
    name
        The sample.
    electrode
        The working electrode.
    opposite
        The other electrode; None against lithium metal.
    inputs
        The numbers of all else: separator, electrolyte, lithium electrode, SEI.
    window
        Lower and upper voltage in V.
    """

    name: str
    electrode: Electrode
    opposite: Electrode | None
    inputs: Mapping[str, Input]
    window: tuple[float, float]

    @property
    def configuration(self) -> Configuration:
        """A half cell stands against lithium metal."""
        return Configuration.HALF if self.opposite is None else Configuration.FULL

    @property
    def electrodes(self) -> tuple[Electrode, ...]:
        """The working electrode, and the other one if it is not lithium metal."""
        return (self.electrode,) if self.opposite is None else (self.electrode, self.opposite)

    @property
    def negative(self) -> Electrode:
        """The electrode of a full cell that is made empty of lithium; the working electrode of a half cell."""
        return next((each for each in self.electrodes if each.made is Made.EMPTY), self.electrode)

    @property
    def positive(self) -> Electrode:
        """The electrode of a full cell that is made full of lithium; the working electrode of a half cell."""
        return next((each for each in self.electrodes if each.made is Made.FULL), self.electrode)

    @property
    def charge(self) -> float:
        """Charge in C that the cell holds between the ends of its window: that of the lesser electrode."""
        return min(each.charge for each in self.electrodes)

    @property
    def bases(self) -> tuple[Base, ...]:
        """The electrodes of published sets that its materials start from."""
        return tuple(each.base for side in self.electrodes for each in side.phases if each.base is not None)

    @property
    def electrolyte(self) -> str:
        """The published parameter set that gives transport in the electrolyte: one for the whole cell."""
        return next((each.name for each in self.bases if each.whole), ELECTROLYTE_SET)

    @property
    def numbers(self) -> dict[str, Input]:
        """All inputs under the names that a study gives them by.

        Those of the other electrode begin with ``opposite.``, those of a second active material with its name.
        """
        other = {} if self.opposite is None else self.opposite.inputs
        second = self.electrode.second
        beside = {} if second is None else {f"{second.material}.{name}": each for name, each in second.inputs.items()}
        return {**self.electrode.inputs, **self.inputs, **beside,
                **{f"opposite.{name}": each for name, each in other.items()}}  # fmt: skip

    @property
    def active_mass(self) -> float:
        """Mass of active material of the working electrode in kg."""
        return self.electrode.loading * self.electrode.inputs["area"].value

    def with_given(self, given: Mapping[str, Quantity | Ranged], source: str = "the study") -> VirtualCell:
        """Return the cell with numbers that are better known of it than in general.

        Raises
        ------
        SimulationError
            If a name is none of its inputs, or a value is not in a unit of its kind.
        """
        known = self.numbers
        found: dict[str, Input] = {}
        for name, value in given.items():
            if name not in known:
                raise SimulationError(
                    "is no input of a virtual cell", field="given", value=name, fix=did_you_mean(name, known)
                )
            found[name] = _given(name, known[name], value, source)
        cell = self.with_inputs(found | _coated_again(self, found))
        _check_numbers(cell)
        own, other = (each if each is None else _areas_again(each) for each in (cell.electrode, cell.opposite))
        assert own is not None  # noqa: S101 - for the type checker
        return replace(cell, electrode=own, opposite=other)

    def without_binder(self) -> VirtualCell:
        """Return the cell without the equations of the binder."""
        own, other = (each if each is None else replace(each, binder=False) for each in (self.electrode, self.opposite))
        assert own is not None  # noqa: S101 - for the type checker
        return replace(self, electrode=own, opposite=other)

    def with_inputs(self, found: Mapping[str, Input]) -> VirtualCell:
        """Return the cell with some of its inputs replaced, by the names of `numbers`."""
        own, other, second = self.electrode, self.opposite, self.electrode.second
        if second is not None:
            second = replace(second, inputs=_replaced(second.inputs, found, f"{second.material}."))
        if other is not None:
            other = replace(other, inputs=_replaced(other.inputs, found, "opposite."))
        return replace(
            self,
            electrode=replace(own, inputs=_replaced(own.inputs, found), second=second),
            opposite=other,
            inputs=_replaced(self.inputs, found),
        )


def _coated_again(cell: VirtualCell, found: Mapping[str, Input]) -> dict[str, Input]:
    """Let the thickness of a coating follow a loading that was given, or its porosity if the thickness was given too.

    Loading and volume of the solids, (1 − ε) L by area, are in proportion.
    """
    derived: dict[str, Input] = {}
    for prefix, electrode in (("", cell.electrode), ("opposite.", cell.opposite)):
        if electrode is None or {f"{prefix}thickness", f"{prefix}porosity"} <= found.keys():
            continue
        second = electrode.second
        names = [f"{prefix}loading", *([] if second is None else [f"{second.material}.loading"])]
        ratios = [found[name].value / cell.numbers[name].value if name in found else 1.0 for name in names]
        if not all(math.isclose(each, ratios[0], rel_tol=1e-6) for each in ratios):
            raise SimulationError("changes what the coating is made of, so that its thickness is not known", file=cell.name,
                                  field="given", value=", ".join(name for name in names if name in found),
                                  fix="give thickness and porosity too")  # fmt: skip
        if ratios[0] == 1:
            continue
        thickness, porosity = (
            found.get(f"{prefix}{name}", electrode.inputs[name]) for name in ("thickness", "porosity")
        )
        solids = ratios[0] * (1 - electrode.inputs["porosity"].value) * electrode.inputs["thickness"].value
        if f"{prefix}thickness" in found:
            derived[f"{prefix}porosity"] = Input(
                porosity.label, 1 - solids / thickness.value, porosity.units,
                source="1 − volume of the solids / thickness, with the loading that was given",
            )  # fmt: skip
        else:
            thicker = solids / (1 - porosity.value) / thickness.value
            derived[f"{prefix}thickness"] = replace(
                thickness, value=thicker * thickness.value, low=thicker * thickness.low, high=thicker * thickness.high,
                uncertainty=None if thickness.uncertainty is None else thicker * thickness.uncertainty,
                source=f"{thickness.source}; times {thicker:.4g} with the loading that was given",
            )  # fmt: skip
    return derived


def _areas_again(electrode: Electrode) -> Electrode:
    """Let the areas that are those of the spheres follow a radius or a density that was given."""
    inputs = electrode.inputs
    areas = areas_of_spheres(inputs)
    film = inputs.get("binder film thickness")
    if film is not None and film.origin == "estimate":
        # It lies on them too, and its range goes with it.
        sphere = (
            3 * inputs["loading"].value / (inputs["density"].value * inputs["thickness"].value * inputs["radius"].value)
        )
        thicker = float(binder_film_thickness(inputs["binder fraction"].value, sphere)) / film.value
        areas["binder film thickness"] = replace(
            film, value=thicker * film.value, low=thicker * film.low, high=thicker * film.high,
            uncertainty=None if film.uncertainty is None else thicker * film.uncertainty,
        )  # fmt: skip
    return replace(electrode, inputs={**inputs, **areas})


def _replaced(inputs: Mapping[str, Input], found: Mapping[str, Input], prefix: str = "") -> dict[str, Input]:
    return {name: found.get(f"{prefix}{name}", each) for name, each in inputs.items()}


def virtual_cell(
    name: str,
    design: Design,
    known: Knowledge,
    *,
    made: Made,
    window: tuple[float, float] | None = None,
    opposite: Design | None = None,
    given: Mapping[str, Quantity | Ranged] | None = None,
    base: str | None = None,
    binder: bool = False,
) -> VirtualCell:
    """Collect what a virtual cell starts from.

    Parameters
    ----------
    design
        Of the working electrode (`byssus.recipe.design`).
    window
        Lower and upper voltage in V; `usual_window` of a half cell if None.
    opposite
        Of the other electrode; lithium metal if there is none.
    given
        Numbers that are better known of this cell than in general, by the names of `VirtualCell.numbers`.
    base
        Name of a published parameter set for all active materials other than silicon, and for the electrolyte; or the
        electrode whose potential silicon has, of `byssus.physics.silicon.ELECTRODES`.  Chosen by material if None.
    binder
        With the equations of the binder on silicon (`byssus.simulate.submodels`).

    Raises
    ------
    SimulationError
        If the recipe does not say what a cell cannot do without, a number cannot be, or nothing happens in the window.
    """
    shape = silicon.ALL
    if base is not None and base in silicon.ELECTRODES:
        shape, base = base, None
    if window is None:
        if opposite is not None:
            raise SimulationError("says no window", file=name, field="window",
                                  fix="give the lower and the upper voltage of the full cell")  # fmt: skip
        material = next(iter(_materials(name, design, known)))
        if material != SILICON:
            base_for(material, made, base, electrode=name)
        window = usual_window(material)[:2]
    if not window[0] < window[1]:
        raise SimulationError("is no window: its lower end is not below its upper end", file=name, field="window",
                              value=_volts(window), fix="give the lower voltage first")  # fmt: skip
    if window[0] < 0:
        raise SimulationError("reaches below 0 V, where lithium would be plated or the cell reversed", file=name,
                              field="window", value=_volts(window), fix="give a lower voltage from 0 V on")  # fmt: skip
    own = _electrode(name, design, known, made, base, window if opposite is None else None, binder)
    other = None
    if opposite is not None:
        against = Made.EMPTY if made is Made.FULL else Made.FULL
        other = _electrode(opposite.name, opposite, known, against, base, None, binder)
        own, other = _on_one_area(own, other)
    if binder and not any(each.binder for each in (own, other) if each is not None):
        raise SimulationError("has equations on silicon alone, and there is no electrode of it", file=name, field="binder",
                              value="true", fix="leave it out")  # fmt: skip
    if base is not None and not any(each.base for side in (own, other) if side is not None for each in side.phases):
        raise SimulationError("is a set for active materials other than silicon, and there is none", file=name,
                              field="base", value=base,
                              fix=f"leave it out, or name {', '.join(silicon.ELECTRODES)} for silicon")  # fmt: skip
    cell = shaped(VirtualCell(name, own, other, {}, window), shape)
    cell = replace(cell, inputs=_between(cell, design)).with_given(given or {})
    _check(cell)
    return cell


def shaped(cell: VirtualCell, shape: str) -> VirtualCell:
    """Give the silicon of a cell the potential of one electrode of `byssus.physics.silicon.ELECTRODES`, or of all.

    Raises
    ------
    SimulationError
        If it has no silicon.
    """
    if shape != silicon.ALL and all(each.material != SILICON for each in cell.electrodes):
        raise SimulationError("is an electrode whose potential silicon can have, and there is none", file=cell.name,
                              field="base", value=shape, fix="leave it out, or name a parameter set")  # fmt: skip
    own, other = (each if each is None or each.material != SILICON else replace(each, shape=shape)
                  for each in (cell.electrode, cell.opposite))  # fmt: skip
    assert own is not None  # noqa: S101 - for the type checker
    return replace(cell, electrode=own, opposite=other)


def _on_one_area(own: Electrode, other: Electrode) -> tuple[Electrode, Electrode]:
    """Give both electrodes the area of the smaller one: what overlaps is not modelled."""
    areas = [each.inputs["area"] for each in (own, other)]
    told = [each for each in areas if each.origin != "assumed"] or areas
    area = min(told, key=lambda each: each.value)
    own, other = (replace(each, inputs={**each.inputs, "area": area}) for each in (own, other))
    return own, other


def _between(cell: VirtualCell, design: Design) -> dict[str, Input]:
    """Return the numbers of all that is not the electrodes; what the cell does not have has no number."""
    inputs = dict(known_numbers("cell"))
    if cell.opposite is not None:
        inputs = {name: each for name, each in inputs.items() if not name.startswith("lithium ")}
    if any(each.material == SILICON for each in cell.electrodes):
        inputs |= known_numbers("SEI")
    if any(each.whole for each in cell.bases):
        salt = electrolyte(cell.electrolyte)
        for name, value in (("salt concentration", salt.concentration), ("transference number", salt.transference)):
            inputs[name] = Input(inputs[name].label, value, inputs[name].units, None, "known", salt.source)
    return inputs | _separator(design)


def _materials(name: str, design: Design, known: Knowledge) -> dict[str, str]:
    """Return the active materials by Byssus' name, silicon first, and what the recipe calls them."""
    called = {known.names.substance(each) or each: each for each in design.recipe.active}
    if len(called) == 1 or set(called) == {SILICON, GRAPHITE}:
        return dict(sorted(called.items(), key=lambda each: each[0] != SILICON))
    raise SimulationError(
        "has several active materials, of which the virtual cell can have silicon with graphite only", file=name,
        field="active", value=", ".join(called), fix="simulate one of them",
    )  # fmt: skip


def _electrode(
    name: str,
    design: Design,
    known: Knowledge,
    made: Made,
    base: str | None,
    window: tuple[float, float] | None,
    binder: bool,
) -> Electrode:
    """Collect an electrode's numbers; `window` is that of a half cell of it, the usual one if None."""
    called = _materials(name, design, known)
    if SILICON in called and made is Made.FULL:
        raise SimulationError("is silicon, which the virtual cell has only as it is made without lithium", file=name,
                              field="made", value="full", fix="give empty")  # fmt: skip
    if len(called) > 1 and window is None:
        raise SimulationError("are in one coating, which the virtual cell has only against lithium", file=name,
                              field="active", value=", ".join(called), fix="simulate a half cell")  # fmt: skip
    bases = {material: None if material == SILICON else base_for(material, made, base, electrode=name)
             for material in called}  # fmt: skip
    coating = coating_inputs(name, design) | led_by_binder(design, known)
    parts = {material: design.recipe.parts[written].value for material, written in called.items()}
    phases = []
    for material, written in called.items():
        density, chosen = design.inputs.get(f"{written}.density"), bases[material]
        if density is None:
            raise SimulationError("has no known density", file=name, field=f"materials.{written}.density",
                                  fix="give it in the recipe, under materials")  # fmt: skip
        inputs = {"loading": _share(coating["loading"], material, parts), "density": density}
        inputs |= known_numbers(material)
        if chosen is None:
            inputs |= silicon_inputs(design, written, inputs)
        else:
            inputs |= published(chosen).inputs(*(window or _usual_or_whole(material, chosen)), made)
        counted = design.inputs.get(f"{written}.capacity")
        phases.append(Electrode(name, material, inputs, made, chosen, counted))
    first, *rest = phases
    whole = replace(first, inputs={**coating, **first.inputs}, second=rest[0] if rest else None)
    if not binder or first.base is not None or rest:
        return whole
    return replace(whole, inputs={**whole.inputs, **binder_inputs(design, whole.inputs, known)}, binder=True)


def _share(loading: Input, material: str, parts: Mapping[str, float]) -> Input:
    """Return the loading of one of the active materials."""
    share = parts[material] / sum(parts.values())
    if share == 1:
        return loading
    return replace(
        loading, label=f"loading of {material}", value=loading.value * share,
        uncertainty=None if loading.uncertainty is None else loading.uncertainty * share,
        source=f"{loading.source}; {share:.3g} of it is {material}",
    )  # fmt: skip


def _usual_or_whole(material: str, base: Base) -> tuple[float, float]:
    """Return the potentials that an electrode is used between in a full cell, whose window says nothing of it."""
    if material in _WINDOWS:
        return _WINDOWS[material][:2]
    return published(base).reach()


def _separator(design: Design) -> dict[str, Input]:
    cell = {name: design.inputs.get(f"cell.separator_{name}") for name in ("thickness", "porosity")}
    return {f"separator {name}": each for name, each in cell.items() if each is not None}


def _given(name: str, now: Input, value: Quantity | Ranged, source: str) -> Input:
    ends = (value.value, value.low, value.high) if isinstance(value, Ranged) else (value,)
    try:
        numbers = [convert(each.value, each.unit, now.units.si) for each in ends]
        if isinstance(value, Quantity):
            return Input.of(now.label, value, now.units.si, now.units.shown, source=source)
    except UnitError as error:
        raise SimulationError(f"is not in {now.units.shown} or a unit of its kind", field=f"given: {name}",
                              value=str(ends[0]), fix="correct its unit") from error  # fmt: skip
    best, low, high = numbers
    return Input(now.label, best, now.units, uncertainty_of_rounding(high - low), "given", source, low, high)


#: The upper end of a share that may be one.
_WHOLE: Final = 1.0 + 1e-9
#: What lies strictly between two values; everything else has to be above zero.
_BETWEEN: Final = {
    "porosity": (0.0, 1.0),
    "separator porosity": (0.0, 1.0),
    "transference number": (0.0, 1.0),
    "empty stoichiometry": (0.0, 1.0),
    "full stoichiometry": (0.0, 1.0),
    "initial stoichiometry": (0.0, 1.0),
    "oxide potential": (BOUND_BY, 3.0),
    "carbon film potential": (BOUND_BY, 3.0),
    f"{CONDUCTING} share": (0.0, 1.0),
    f"{SINGLE_ION} share": (0.0, 1.0),
    "binder fraction": (0.0, 1.0),
    "swelling coefficient": (0.0, _WHOLE),
    "least porosity": (0.0, 1.0),
    "binder Poisson ratio": (0.0, 0.5),
    "SEI Poisson ratio": (0.0, 0.5),
    "carbon threshold": (0.0, 1.0),
    "SEI shed share": (0.0, _WHOLE),
    "SEI in pores": (0.0, _WHOLE),
}
#: What may also be nothing.
_MAY_BE_ZERO: Final = {"contact resistance", "lithium film resistance", "crystalline share", "Li15Si4 share", "SEI rate constant",
                       "hysteresis rate", "SEI resistivity", "expansion", "swelling coefficient", "irreversible share",
                       "least porosity", "binder film thickness", "binder uptake", "binder Poisson ratio",
                       "SEI Poisson ratio", "debonding coefficient", "debonding exponent", "healing frequency",
                       "carbon threshold", "network exponent", "damage exponent", "SEI shed share", "SEI in pores",
                       "solvent volume per charge", "electrolyte outside pores",
                       f"{CONDUCTING} conductivity", f"{SINGLE_ION} conductivity", *SURFACE_CHARGES}  # fmt: skip
_ANY_SIGN: Final = {"SEI potential"}
#: A window may end so far, in V, beyond the last potential of an electrode: a step ends there by its overpotential,
#: and farther off by reactions that are not in the equations.
_BEYOND: Final = 1.5
#: A current that empties the cell in less than this, in s, is a wrong unit.
_SHORTEST: Final = 1.0


def check_current(cell: VirtualCell, current: float) -> None:
    """Refuse a current that no test of the cell can have.

    Parameters
    ----------
    current
        In A, of either sign.

    Raises
    ------
    SimulationError
        If it is no number, or would empty the cell within a second.
    """
    magnitude = abs(current)
    if magnitude > 0 and cell.charge / magnitude >= _SHORTEST:
        return
    if magnitude > 0:
        why = f"would empty this cell, which holds {cell.charge / 3.6:.3g} mAh, within a second"
    else:
        why = "is no current" if magnitude == 0 else "is no number"
    raise SimulationError(why, file=cell.name, field="current", value=f"{current:.3g} A", fix="correct value or unit")


def _check(cell: VirtualCell) -> None:
    """Refuse what no cell can be, before any equation is solved."""
    _check_numbers(cell)
    for electrode in cell.electrodes:
        _check_electrode(cell, electrode)
    _check_window(cell)


def _check_numbers(cell: VirtualCell) -> None:
    """Refuse a number that nothing can have."""
    for name, each in cell.numbers.items():
        plain = name.rpartition(".")[2]
        low, high = _BETWEEN.get(plain, (0.0, float("inf")))
        enough = each.value >= low if plain in _MAY_BE_ZERO else each.value > low
        if plain not in _ANY_SIGN and not (enough and each.value < high):
            between = f"between {low:g} and {high:g}" if plain in _BETWEEN else "above zero"
            raise SimulationError(f"is not {between}", file=cell.name, field=name, value=str(each.quantity),
                                  fix="correct the recipe, or give it under given")  # fmt: skip


def _check_electrode(cell: VirtualCell, electrode: Electrode) -> None:
    coating, side = electrode.inputs, "opposite." if electrode is cell.opposite else ""
    dense = sum(each.inputs["loading"].value / each.inputs["density"].value for each in electrode.phases)
    share = dense / coating["thickness"].value
    # A porosity that was worked out of loading and thickness leaves no room but for rounding.
    if share + coating["porosity"].value > 1 + 1e-9:
        raise SimulationError(
            f"leaves no room: {share:.0%} of it is active material and {coating['porosity'].value:.0%} pores",
            file=cell.name, field=f"{side}thickness", value=str(coating["thickness"].quantity),
            fix="correct thickness, loading or porosity",
        )  # fmt: skip
    if electrode.binder:
        _check_binder(cell, electrode, side)
    for each in electrode.phases:
        numbers, prefix = each.inputs, side if each is electrode else f"{each.material}."
        if 2 * numbers["radius"].value > coating["thickness"].value:
            raise SimulationError(
                f"is the radius of particles that do not fit into a coating of {coating['thickness'].quantity}",
                file=cell.name, field=f"{prefix}radius", value=str(numbers["radius"].quantity),
                fix="give the radius, or correct loading or thickness",
            )  # fmt: skip
        if each.base is not None and not numbers["empty stoichiometry"].value < numbers["full stoichiometry"].value:
            low, high = published(each.base).reach()
            raise SimulationError(
                f"moves no lithium: the potential of {each.material} in {each.base.name} lies between "
                f"{low:.2f} and {high:.2f} V", file=cell.name, field="window", value=_volts(cell.window),
                fix="give a window that holds part of it",
            )  # fmt: skip


def _check_binder(cell: VirtualCell, electrode: Electrode, side: str) -> None:
    """Refuse a soaked binder that fills the pores, and a film that the equations cannot resist through."""
    inputs = electrode.inputs
    soaked = inputs["binder fraction"].value * inputs["binder uptake"].value
    if inputs["porosity"].value - soaked <= inputs["least porosity"].value:
        raise SimulationError(
            f"leaves the coating {inputs['porosity'].value - soaked:.0%} of pores once it has soaked, and "
            f"{inputs['least porosity'].value:.0%} is the least porosity", file=cell.name, field=f"{side}binder uptake",
            value=str(inputs["binder uptake"].quantity), fix="correct uptake, porosity or least porosity",
        )  # fmt: skip
    if cell.inputs["SEI resistivity"].value == 0:
        raise SimulationError("is zero, by which the resistance of the binder's film is counted", file=cell.name,
                              field="SEI resistivity", value="0", fix="give one above zero")  # fmt: skip


def _check_window(cell: VirtualCell) -> None:
    """Refuse a window in which nothing happens, or whose ends no overpotential reaches."""
    lowest, highest = _potentials(cell.positive)
    if cell.opposite is not None:
        low, high = _potentials(cell.negative)
        lowest, highest = lowest - high, highest - low
    low, high = cell.window
    told = f"the open-circuit voltage of this cell lies between {lowest:.2f} and {highest:.2f} V"
    if high <= lowest or low >= highest:
        raise SimulationError(f"moves no lithium: {told}", file=cell.name, field="window", value=_volts(cell.window),
                              fix="give a window that holds part of it")  # fmt: skip
    if low < lowest - _BEYOND or high > highest + _BEYOND:
        raise SimulationError(f"ends more than {_BEYOND:g} V beyond what the electrodes reach: {told}", file=cell.name,
                              field="window", value=_volts(cell.window), fix="give a narrower window")  # fmt: skip


def _potentials(electrode: Electrode) -> tuple[float, float]:
    """Return the potentials in V that an electrode has when it is full and when it is empty."""
    return (silicon.FULL, silicon.EMPTY) if electrode.base is None else published(electrode.base).reach()


def _volts(window: tuple[float, float]) -> str:
    return f"{window[0]:g} to {window[1]:g} V"
