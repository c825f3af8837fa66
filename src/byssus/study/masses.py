"""A cell's masses and area, from what was weighed, punched and mixed, with the arithmetic in words.

What was given for the cell goes before disc minus foil, and that before loading times area;
the active mass is the coating's times the share, the coating's the active over the share.
Loading and area are the electrode's own; where it says none, those of its recipe's coating, if the
recipe says what the loading counts or lets it be inferred.  A virtual cell has only these.
Whatever is said twice is compared; a contradiction is a finding, and the preferred value is used.

Uncertainty is propagated to first order from the inputs that have one (JCGM 100:2008 (GUM),
5.1.2), each input counted once however often it enters: an area that is in the foil and in the
loading does not widen their difference as if it were two.  What the inputs of the electrode and
its recipe contribute is common to all cells of that electrode, and is told apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from byssus.conventions import Configuration
from byssus.findings import Finding
from byssus.physics.loading import (
    active_from_coating,
    active_share,
    coating_from_active,
    coating_mass,
    disc_area,
    mass_from_loading,
)
from byssus.quantity import Quantity
from byssus.recipe.electrode import basis_of
from byssus.recipe.model import Coating, Recipe
from byssus.study.model import Cell, Electrode, Test, VirtualCell, same

#: Two values of one quantity contradict each other beyond this many standard uncertainties of
#: their difference: about 95 % (JCGM 100:2008 (GUM), 6.2.1 and G.6.6).
COVERAGE = 2.0
#: Where an uncertainty was not stated, beyond this share of the value.  Masses and areas are
#: written with three digits, of which rounding takes up to 0.5 % (0.005 of 1.00): two may differ by 1 %.
UNSTATED = 0.01
#: A half cell is a disc or a small pouch against lithium metal: above 0.1 m² (1000 cm²) a unit
#: is wrong (1.13 m² for 1.13 cm²).  Full cells may be large.
LARGEST_HALF_CELL = 0.1
#: Above 2 kg/m² (200 mg/cm²) a unit is wrong (g for mg): more than three times the 60 mg/cm² that
#: a review of binders calls a thick electrode (L. Zhang et al., Electrochem. Energy Rev. 6 (2023),
#: doi:10.1007/s41918-023-00198-2, on the three water-soluble binders of NCM111).
LARGEST_LOADING = 2.0

#: The step of the numerical derivative, in standard uncertainties: so short that a quotient is
#: straight (its error is the square of this), and long beside rounding.
_STEP = 1e-3


@dataclass(frozen=True)
class Masses:
    """What a cell's electrode weighs and measures, and how that was found."""

    active_mass: Quantity | None = None
    coating_mass: Quantity | None = None
    electrode_area: Quantity | None = None
    #: Relative standard uncertainty that is common to all cells of the electrode, by field.
    shared_uncertainty: dict[str, float] = field(default_factory=dict)
    #: The arithmetic, a step a line.
    steps: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Number:
    """A number in SI, and which inputs make it and its uncertainty."""

    label: str
    value: float
    #: SI, and the unit that people are shown.
    units: tuple[str, str]
    #: Where each input stands in the study, and what people call it.
    inputs: Mapping[str, str]
    #: By input, what its standard uncertainty makes of this number; an input without one is absent.
    contributions: Mapping[str, float]
    #: The arithmetic in words; None for what was given.
    how: str | None = None
    given: Quantity | None = None

    @property
    def uncertainty(self) -> float | None:
        return math.hypot(*self.contributions.values()) if self.contributions else None

    @property
    def shared(self) -> float:
        """The relative part that is common to all cells of the electrode."""
        common = (part for name, part in self.contributions.items() if not name.startswith(("cells.", "tests.")))
        return math.hypot(*common) / abs(self.value)

    @property
    def unstated(self) -> list[str]:
        return [label for name, label in self.inputs.items() if name not in self.contributions]

    @property
    def quantity(self) -> Quantity:
        return self.given or Quantity(self.value, self.units[0], self.uncertainty).to(self.units[1])

    def __str__(self) -> str:
        return f"{self.label} {self.quantity}"

    def in_words(self) -> str:
        return f"{self.quantity} as given" if self.how is None else f"{self.how} = {self.quantity}"


_MASS, _AREA, _SHARE = ("kg", "mg"), ("m^2", "cm^2"), ("1", "%")


def resolve(name: str, cell: Cell | Test | VirtualCell, electrode: Electrode, recipe: Recipe | None = None) -> Masses:
    r"""Find active mass, coating mass and area of a cell from what the study says.

    Examples
    --------
    >>> cell = Cell(electrode="E", configuration="half", files="a", disc_mass="13.52 ± 0.01 mg",
    ...             electrode_area="1.13 cm^2")
    >>> electrode = Electrode(binder="CMC", made="empty", foil_loading="10.75 ± 0.11 mg/cm^2", active_share="60 %")
    >>> masses = resolve("CMC-1", cell, electrode)
    >>> print(*masses.steps, sep="\n")
    electrode area = 1.13 cm², as given
    foil mass = foil loading 10.75 ± 0.11 mg/cm² × area 1.13 cm² = 12.15 ± 0.12 mg
    active share = 60 %, as given
    coating mass = disc 13.520 ± 0.010 mg − foil 12.15 ± 0.12 mg = 1.37 ± 0.12 mg
    active mass = coating 1.37 ± 0.12 mg × share 60 % = 0.824 ± 0.075 mg
    >>> masses.shared_uncertainty["active_mass"].__round__(3)
    0.091
    """
    return _Resolution(name, cell, electrode, recipe).result()


def coated(electrode: Electrode, recipe: Recipe) -> Recipe:
    """Return a recipe for one electrode: what the study says of its loading and area goes before the recipe's coating.

    A thickness is that of the recipe's own loading, so it does not go with another.

    Examples
    --------
    >>> recipe = Recipe(parts={"Si": 8, "CMC": 2}, active="Si", electrode={"loading": "1 mg/cm^2", "porosity": "55 %"})
    >>> made = coated(Electrode(binder="CMC", made="empty", active_loading="0.82 ± 0.03 mg/cm^2"), recipe)
    >>> print(made.electrode.loading, made.electrode.loading_basis, made.electrode.porosity)
    0.820 ± 0.030 mg/cm² active 55 %
    """
    coating, changed = recipe.electrode or Coating(), dict[str, Any]()
    own = electrode.coating_loading if electrode.active_loading is None else electrode.active_loading
    if own is not None:
        changed = {"loading": own, "loading_basis": "active" if own is electrode.active_loading else "coating"}
        if coating.loading is None or not same(own, coating.loading):
            changed["thickness"] = None
    across = _given("electrode_diameter", "diameter", electrode.electrode_diameter, ("m", "mm"))
    if electrode.electrode_area is not None:
        changed["area"] = electrode.electrode_area
    elif across is not None:
        changed["area"] = _through(disc_area, "area", _AREA, "", across).quantity
    return recipe.model_copy(update={"electrode": coating.model_copy(update=changed)}) if changed else recipe


class _Resolution:
    def __init__(self, name: str, cell: Cell | Test | VirtualCell, electrode: Electrode, recipe: Recipe | None) -> None:
        self.name, self.cell, self.electrode, self.recipe = name, cell, electrode, recipe
        #: Where a field stands that only this cell could have: of a virtual one nothing was weighed.
        self.place = (
            f"electrodes.{cell.electrode}" if isinstance(cell, VirtualCell)
            else f"cells.{name}" if isinstance(cell, Cell) else f"tests.{name}"
        )  # fmt: skip
        #: The loading of the recipe's coating, by the field of an electrode that it stands for.
        self.in_recipe: dict[str, Quantity] = {}
        self.findings: list[Finding] = []
        self.compared: set[frozenset[str]] = set()

    def result(self) -> Masses:
        area, share = self.area(), self.share()
        foil = self.foil(area)
        weighed = self.weighed(foil)
        given_active = self.of_cell("active_mass", "active mass", _MASS)
        given_coating = self.of_cell("coating_mass", "coating", _MASS)
        unclear = self.look_into_recipe(share)
        loaded_active = self.loaded("active_loading", area, "active mass")
        loaded_coating = self.loaded("coating_loading", area, "coating")
        active = self.preferred(
            "active mass",
            "active_mass",
            given_active,
            _active(given_coating, share),
            _active(weighed, share),
            loaded_active,
            _active(loaded_coating, share),
        )
        coating = self.preferred(
            "coating mass",
            "coating_mass",
            given_coating,
            weighed,
            _coating(given_active, share),
            loaded_coating,
            _coating(loaded_active, share),
        )
        if active is not None and coating is not None and share is None:
            gap = _difference(coating, active)
            if gap.value < 0 and _beyond(gap, coating, active):
                self.implausible(
                    "coating_mass",
                    f"the coating ({coating.quantity}) weighs less than its active mass ({active.quantity})",
                )
                coating = None
        if active is None and area is None:
            self.needs_area()
        if active is None and unclear:
            self.missing(
                "active_mass",
                "the loading in the recipe is of the active material or of the coating, and nothing in it tells which; "
                "say its loading_basis",
            )
        active, coating, area = self.on_its_area(active, coating, area)
        found = {"active_mass": active, "coating_mass": coating, "electrode_area": area}
        in_order = {"electrode area": area, "foil mass": weighed and foil, "active share": share}
        masses = {"coating mass": coating, "active mass": active}
        # The active mass stands before a coating that follows from it.
        follows = coating is not None and active is not None and set(active.inputs) < set(coating.inputs)
        in_order |= dict(reversed(masses.items())) if follows else masses
        self.partly_stated(in_order)
        return Masses(
            **{name: number.quantity for name, number in found.items() if number is not None},
            shared_uncertainty={name: n.shared for name, n in found.items() if n is not None and n.shared > 0},
            steps=tuple(_step(what, number) for what, number in in_order.items() if number is not None),
            findings=tuple(self.findings),
        )

    def area(self) -> _Number | None:
        """Find the area: the cell's own, else the electrode's, else its recipe's; of each the area, else the diameter."""
        electrode = f"electrodes.{self.cell.electrode}"
        coating = None if self.recipe is None else self.recipe.electrode
        for place, own, diameter in (
            (f"{self.place}.electrode_area", self.of_disc("electrode_area"), self.of_disc("electrode_diameter")),
            (f"{electrode}.electrode_area", self.electrode.electrode_area, self.electrode.electrode_diameter),
            (f"recipes.{self.electrode.recipe}.electrode.area", None if coating is None else coating.area, None),
        ):
            given = _given(place, "area", own, _AREA)
            across = _given(place.replace("_area", "_diameter"), "diameter", diameter, ("m", "mm"))
            disc = None
            if across is not None:
                disc = _through(disc_area, "area", _AREA, f"π/4 × ({across.quantity})²", across)
            area = self.preferred("electrode area", "electrode_area", given, disc, code="areas-contradict")
            if area is None:
                continue
            if self.cell.configuration is Configuration.HALF and area.value > LARGEST_HALF_CELL:
                self.implausible(
                    next(iter(area.inputs)), f"an area of {area.quantity} is more than the 1000 cm² of any half cell"
                )
                return None
            return area
        return None

    def share(self) -> _Number | None:
        """Find the share of active material: the electrode's own, else its recipe's."""
        own = _given(f"electrodes.{self.cell.electrode}.active_share", "share", self.electrode.active_share, _SHARE)
        mixed = None
        if self.recipe is not None:
            place = f"recipes.{self.electrode.recipe}.parts"
            parts = {
                name: _given(f"{place}.{name}", "recipe", part, (part.unit, part.unit))
                for name, part in self.recipe.parts.items()
            }
            active = [part for name, part in parts.items() if name in self.recipe.active and part]
            others = [part for name, part in parts.items() if name not in self.recipe.active and part]
            words = " + ".join(str(part.quantity) for part in (*active, *others))
            above = " + ".join(str(part.quantity) for part in active)
            mixed = _through(
                lambda *values: active_share(sum(values[: len(active)]), sum(values[len(active) :])),
                "share",
                _SHARE,
                f"{above if len(active) == 1 else f'({above})'} / ({words})",
                *active,
                *others,
            )
        return self.preferred("active share", f"electrodes.{self.cell.electrode}.active_share", own, mixed)

    def foil(self, area: _Number | None) -> _Number | None:
        own = self.of_cell("foil_mass", "foil", _MASS)
        rolled = None
        loading = self.of_electrode("foil_loading", "foil loading")
        if loading is not None and area is not None and self.of_disc("disc_mass") is not None:
            rolled = _through(mass_from_loading, "foil", _MASS, f"{loading} × {area}", loading, area)
        return self.preferred("foil mass", "foil_mass", own, rolled)

    def weighed(self, foil: _Number | None) -> _Number | None:
        """Find the coating as the disc less the foil."""
        disc = self.of_cell("disc_mass", "disc", _MASS)
        if disc is None:
            if foil is not None:
                self.missing("disc_mass", "foil_mass is of no use without disc_mass, the mass of the coated disc")
            return None
        if foil is None:
            lack = (
                "the area"
                if self.electrode.foil_loading
                else "foil_mass, or the electrode's foil_loading with the area"
            )
            self.missing("foil_mass", f"the disc ({disc.quantity}) is of no use without {lack}")
            return None
        if not disc.value > foil.value:
            self.implausible("disc_mass", f"the {disc} is not heavier than the {foil}")
            return None
        return _through(coating_mass, "coating", _MASS, f"{disc} − {foil}", disc, foil)

    def loaded(self, name: str, area: _Number | None, label: str) -> _Number | None:
        loading = self.of_electrode(name, "loading")
        if loading is None or area is None:
            return None
        return _through(mass_from_loading, label, _MASS, f"{loading} × {area}", loading, area)

    def needs_area(self) -> None:
        for name in ("active_loading", "coating_loading"):
            if (loading := self.of_electrode(name, "loading")) is not None:
                self.missing("electrode_area", f"the {loading} of the electrode makes no mass without the area")

    def on_its_area(
        self, active: _Number | None, coating: _Number | None, area: _Number | None
    ) -> tuple[_Number | None, _Number | None, _Number | None]:
        """Leave out masses that no area of this size can carry, and the area too unless it made them."""
        heavier = coating or active
        if heavier is None or area is None or heavier.value <= LARGEST_LOADING * area.value:
            return active, coating, area
        loading = Quantity(heavier.value / area.value, "kg/m^2").to("mg/cm^2")
        made_of_it = set(area.inputs) <= set(heavier.inputs)
        named = heavier.label if made_of_it else f"{heavier.label} or area"
        self.implausible(
            "active_mass" if heavier is active else "coating_mass",
            f"{heavier} on {area} is {loading.value:.3g} mg/cm², more than the 200 mg/cm² of any coating; "
            f"check the unit of {named}",
        )
        return None, None, area if made_of_it else None

    def preferred(
        self, what: str, name: str, *candidates: _Number | None, code: str = "masses-contradict"
    ) -> _Number | None:
        """Return the first candidate there is, after comparing the others with it."""
        there = [candidate for candidate in candidates if candidate is not None]
        for other in there[1:]:
            # The same inputs say the same of the coating as of the active mass in it.
            inputs = frozenset([*there[0].inputs, *other.inputs])
            if inputs not in self.compared and _beyond(_difference(there[0], other), there[0], other):
                self.find(code, name, f"the {what}: {there[0].in_words()}, but {other.in_words()}; the first is used")
            self.compared.add(inputs)
        return there[0] if there else None

    def partly_stated(self, numbers: Mapping[str, _Number | None]) -> None:
        """Say of which inputs the uncertainty of a result knows nothing."""
        for what in ("active mass", "coating mass"):
            number = numbers.get(what)
            if number is not None and number.contributions and number.unstated:
                stated = dict.fromkeys(label for name, label in number.inputs.items() if name in number.contributions)
                self.missing(
                    what.replace(" ", "_"),
                    f"± of the {what} holds that of {', '.join(stated)} only; without an uncertainty: "
                    f"{', '.join(dict.fromkeys(number.unstated))}",
                )

    def look_into_recipe(self, share: _Number | None) -> bool:
        """Take the recipe's loading where the electrode says none; True if it cannot be told what that counts."""
        coating = None if self.recipe is None else self.recipe.electrode
        own = (self.electrode.active_loading, self.electrode.coating_loading)
        if self.recipe is None or coating is None or coating.loading is None or share is None or any(own):
            return False
        basis = basis_of(self.recipe, share.value)
        if not basis.open:
            self.in_recipe = {f"{basis.counts}_loading": coating.loading}
        return basis.open

    def of_disc(self, name: str) -> Quantity | None:
        """Return what was weighed or punched for this cell alone; of a virtual one nothing was."""
        found: Quantity | None = None if isinstance(self.cell, VirtualCell) else getattr(self.cell, name)
        return found

    def of_cell(self, name: str, label: str, units: tuple[str, str]) -> _Number | None:
        return _given(f"{self.place}.{name}", label, self.of_disc(name), units)

    def of_electrode(self, name: str, label: str) -> _Number | None:
        own: Quantity | None = getattr(self.electrode, name)
        place = f"electrodes.{self.cell.electrode}.{name}"
        if own is None and name in self.in_recipe:
            own, place = self.in_recipe[name], f"recipes.{self.electrode.recipe}.electrode.loading"
        return _given(place, label, own, ("kg/m^2", "mg/cm^2"))

    def implausible(self, name: str, message: str) -> None:
        self.find("value-implausible", name, f"{message}; it was left out")

    def missing(self, name: str, message: str) -> None:
        self.find("value-missing", name, message)

    def find(self, code: str, name: str, message: str) -> None:
        place = name if "." in name else f"{self.place}.{name}"
        self.findings.append(Finding(code, message, sample=self.name, field=place))


def _given(place: str, label: str, quantity: Quantity | None, units: tuple[str, str]) -> _Number | None:
    if quantity is None:
        return None
    in_si = quantity.to(units[0])
    contributions = {} if in_si.uncertainty is None else {place: in_si.uncertainty}
    return _Number(label, in_si.value, units, {place: label}, contributions, given=quantity)


def disc_area_of(diameter: Quantity) -> Quantity:
    """Return the area of a disc of a diameter.

    Examples
    --------
    >>> print(disc_area_of(Quantity(12, "mm")))
    1.13097 cm²
    """
    across = _given("electrode_diameter", "diameter", diameter, ("m", "mm"))
    assert across is not None  # noqa: S101 - one was given
    return _through(disc_area, "area", _AREA, "", across).quantity


def _through(
    equation: Callable[..., float], label: str, units: tuple[str, str], how: str, *numbers: _Number
) -> _Number:
    """Put numbers through an equation, and carry what each input contributes to the uncertainty.

    uᵢ(y) = ∂y/∂xᵢ u(xᵢ), the derivative a central difference along the input through all the
    numbers that it enters.
    """
    inputs = {name: label for number in numbers for name, label in number.inputs.items()}
    contributions = {}
    for name in dict.fromkeys(name for number in numbers for name in number.contributions):
        steps = [_STEP * number.contributions.get(name, 0.0) for number in numbers]
        above = equation(*(number.value + step for number, step in zip(numbers, steps, strict=True)))
        below = equation(*(number.value - step for number, step in zip(numbers, steps, strict=True)))
        contributions[name] = (above - below) / (2 * _STEP)
    return _Number(label, equation(*(number.value for number in numbers)), units, inputs, contributions, how)


def _active(coating: _Number | None, share: _Number | None) -> _Number | None:
    if coating is None or share is None:
        return None
    return _through(active_from_coating, "active mass", _MASS, f"{coating} × {share}", coating, share)


def _coating(active: _Number | None, share: _Number | None) -> _Number | None:
    if active is None or share is None:
        return None
    return _through(coating_from_active, "coating", _MASS, f"{active} / {share}", active, share)


def _difference(first: _Number, second: _Number) -> _Number:
    return _through(lambda one, other: one - other, "difference", first.units, "", first, second)


def _beyond(gap: _Number, first: _Number, second: _Number) -> bool:
    """Say whether two values differ by more than their uncertainties, or rounding, let them."""
    allowed = COVERAGE * (gap.uncertainty or 0.0)
    if first.unstated or second.unstated:
        allowed = max(allowed, UNSTATED * abs(first.value))
    # A difference in the last bits is none.
    return abs(gap.value) > max(allowed, 1e-9 * abs(first.value))


def _step(what: str, number: _Number) -> str:
    return f"{what} = {number.quantity}, as given" if number.how is None else f"{what} = {number.in_words()}"
