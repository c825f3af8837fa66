"""What may stand in a recipe: one model a section, each field with its description.

A recipe is written as it stands in the lab book: what was weighed, in the order in which it was put
together.  The same fields stand in recipe.yaml and, for one of its recipes, in study.yaml.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from byssus.errors import UnitError, did_you_mean
from byssus.handwritten.fields import (
    ArealMass,
    Length,
    Mass,
    Named,
    Part,
    PartByMass,
    Share,
    above_zero_in,
    in_proportion,
)
from byssus.quantity import Quantity

Volume = Annotated[Quantity, above_zero_in("m^3"), AfterValidator(in_proportion)]
Density = Annotated[Quantity, above_zero_in("kg/m^3"), AfterValidator(in_proportion)]
SpecificCapacity = Annotated[Quantity, above_zero_in("C/kg"), AfterValidator(in_proportion)]
ArealCapacity = Annotated[Quantity, above_zero_in("C/m^2"), AfterValidator(in_proportion)]
SpecificArea = Annotated[Quantity, above_zero_in("m^2/kg"), AfterValidator(in_proportion)]
Voltage = Annotated[Quantity, above_zero_in("V"), AfterValidator(in_proportion)]
Area = Annotated[Quantity, above_zero_in("m^2"), AfterValidator(in_proportion)]


class Ranged(Part):
    """A value that is known as a range: the best guess, and the two ends that it may lie between."""

    value: Quantity = Field(description="The best guess.", examples=["1.5 nm"])
    low: Quantity = Field(description="The lower end.", examples=["0.5 nm"])
    high: Quantity = Field(description="The upper end.", examples=["2 nm"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        try:
            low, high = (end.to(self.value.unit).value for end in (self.low, self.high))
        except UnitError as error:
            raise ValueError(f"the ends are not in the unit of the value: {error.message}") from error
        if not low <= self.value.value <= high:
            raise ValueError(f"{self.value} does not lie between {self.low} and {self.high}")
        return self


def _ranged_or_quantity(given: Any) -> Any:
    if isinstance(given, int | float) and not isinstance(given, bool):
        given = f"{given}"
    return (
        given
        if isinstance(given, Ranged | Quantity)
        else (Ranged.model_validate(given) if isinstance(given, dict) else given)
    )


def _of_kind(unit: str) -> AfterValidator:
    def check(given: Quantity | Ranged) -> Quantity | Ranged:
        for quantity in (given.value, given.low, given.high) if isinstance(given, Ranged) else (given,):
            try:
                told = quantity.to(unit)
            except UnitError as error:
                raise ValueError(f"{quantity} is not in {unit} or a unit of its kind") from error
            if told.value < 0:
                raise ValueError(f"{quantity} is below zero")
        return given

    return AfterValidator(check)


_RANGED_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": ["string", "number"]}, {"type": "object", "required": ["value", "low", "high"]}]}
)


_RANGED = BeforeValidator(_ranged_or_quantity)
GivenDensity = Annotated[Ranged | Quantity, _RANGED, _of_kind("kg/m^3"), _RANGED_SCHEMA]
GivenLength = Annotated[Ranged | Quantity, _RANGED, _of_kind("m"), _RANGED_SCHEMA]
GivenSpecificArea = Annotated[Ranged | Quantity, _RANGED, _of_kind("m^2/kg"), _RANGED_SCHEMA]
GivenCapacity = Annotated[Ranged | Quantity, _RANGED, _of_kind("C/kg"), _RANGED_SCHEMA]
GivenNumber = Annotated[Ranged | Quantity, _RANGED, _of_kind("1"), _RANGED_SCHEMA]
GivenPrice = Annotated[Ranged | Quantity, _RANGED, _of_kind("USD/kg"), _RANGED_SCHEMA]


class Ingredient(Part):
    """One thing that was put in."""

    add: str = Field(description="What: a substance that is known (byssus show), or one of the solutions.")
    mass: Mass | None = Field(None, description="How much was weighed.", examples=["30 mg"])
    volume: Volume | None = Field(None, description="How much was measured out.", examples=["1 mL"])
    how: str | None = Field(None, description="How it was put in.", examples=["dropwise, 500 rpm"])

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.mass is None) == (self.volume is None):
            raise ValueError(f"{self.add}: give its mass or its volume, and not both")
        return self


class Solution(Named):
    """A solution, bought or made: a binder's, for the most part."""

    contains: dict[str, Share] = Field(
        default_factory=dict,
        description="Of a bought one: mass fraction of each dissolved substance; the rest is its solvent.",
        examples=[{"LS": "22 %"}],
    )
    ingredients: tuple[Ingredient, ...] = Field(
        (), description="Of one that was made: what was put together, in that order.",
        examples=[[{"add": "CMC", "mass": "9.0 mg"}, {"add": "water", "volume": "1 mL"}]],
    )  # fmt: skip
    solvent: str = Field("water", description="What it is dissolved in.")
    nominal: dict[str, float] = Field(
        default_factory=dict,
        description="The ratio by mass that it is called by, to be held against what was weighed.",
        examples=[{"CMC": 9, "citric acid": 5, "LS": 6}],
    )
    ph: Annotated[float, Field(ge=-1, le=16)] | None = Field(None, alias="pH", description="The pH as it was measured.")
    ph_before: str | None = Field(
        None,
        alias="pH_before",
        description="The ingredient before whose addition that pH was measured; after all if none.",
    )

    @model_validator(mode="after")
    def _bought_or_made(self) -> Self:
        if bool(self.contains) == bool(self.ingredients):
            raise ValueError("give what it contains, if it was bought, or its ingredients, if it was made")
        if sum(share.to("1").value for share in self.contains.values()) > 1:
            raise ValueError("contains more than the whole: its mass fractions add up to over 100 %")
        for name, part in self.nominal.items():
            if not part > 0:
                raise ValueError(f"nominal: {name} is {part:g}; leave out what is not in it")
        names = [each.add for each in self.ingredients]
        if self.ph_before is not None and self.ph_before not in names:
            raise ValueError(
                f"pH_before: {self.ph_before!r} is none of its ingredients; {did_you_mean(self.ph_before, names)}"
            )
        return self


class Evidence(Part):
    """A capacity per area at a loading, which only some basis of the loading allows."""

    areal_capacity: ArealCapacity = Field(description="What was measured.", examples=["2.33 mAh/cm^2"])
    loading: ArealMass = Field(description="At this loading, on the basis in question.", examples=["1.2 mg/cm^2"])
    at_most: SpecificCapacity = Field(
        description="What the active material can have given there, at most.", examples=["3227 mAh/g"]
    )
    note: str | None = Field(None, description="Where it is from.")


class Coating(Named):
    """What was coated, dried and pressed."""

    loading: ArealMass | None = Field(None, description="Mass per area of one side.", examples=["0.82 ± 0.03 mg/cm^2"])
    loading_basis: Literal["active", "coating"] | None = Field(
        None,
        description="Whether the loading counts the active material alone or the whole coating; inferred if left out.",
    )
    evidence: tuple[Evidence, ...] = Field((), description="Measurements that tell which basis it is.")
    thickness: Length | None = Field(None, description="Of the dry coating without foil.", examples=["14.6 µm"])
    porosity: Share | None = Field(
        None, description="Of the dry coating; goes before the thickness.", examples=["55 %"]
    )
    area: Area | None = Field(None, description="Geometric area of one electrode.", examples=["1.13 cm^2"])
    foil: str | None = Field(None, description="Metal of the current collector.", examples=["Cu"])
    foil_thickness: Length | None = Field(None, description="Of the foil.", examples=["12 µm"])
    solid_content: Share | None = Field(None, description="Mass of solids over mass of slurry.", examples=["20 %"])
    currents: tuple[Quantity, ...] = Field(
        (), description="Currents per mass of active material to be told per area and as C-rates.", examples=[["1 A/g"]]
    )

    @field_validator("currents")
    @classmethod
    def _per_mass(cls, given: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
        for current in given:
            try:
                current.to("A/kg")
            except UnitError as error:
                raise ValueError(f"{current} is not a current per mass; write it as 1 A/g") from error
        return given


class Material(Named):
    """What is known better here than in general: each goes before what Byssus knows of the substance."""

    density: GivenDensity | None = Field(None, description="Of the dense material.", examples=["2.33 g/cm^3"])
    diameter: GivenLength | None = Field(None, description="Of its particles.", examples=["30 nm"])
    specific_surface: GivenSpecificArea | None = Field(None, description="By gas adsorption.", examples=["80 m^2/g"])
    oxide: GivenLength | None = Field(
        None, description="Thickness of the native oxide on its particles.",
        examples=[{"value": "1 nm", "low": "0.5 nm", "high": "2 nm"}],
    )  # fmt: skip
    capacity: GivenCapacity | None = Field(
        None, description="Reversible capacity that a balance counts with.", examples=["2700 mAh/g"]
    )
    first_cycle_efficiency: GivenNumber | None = Field(
        None, description="Of a half cell of it, second over first half of the first cycle.", examples=["93 %"]
    )
    expansion: GivenNumber | None = Field(None, description="Volume change on full lithiation.", examples=["281 %"])
    price: GivenPrice | None = Field(None, description="With its date in the note.", examples=["5 USD/kg"])
    substitution: GivenNumber | None = Field(
        None, description="Of a cellulose ether: groups per glucose.", examples=[0.8]
    )


class Plan(Named):
    """The cell that the electrode goes into."""

    opposite: str | None = Field(None, description="A recipe file of the other electrode; lithium metal if left out.")
    np_ratio: GivenNumber | None = Field(
        None, alias="N/P", description="Ratio of capacities as it is called, to be held against the loadings."
    )
    voltage: Voltage | None = Field(None, description="Mean voltage of the cell on discharge.", examples=["3.5 V"])
    electrolyte_volume: Volume | None = Field(None, description="Liquid electrolyte in one cell.", examples=["30 µL"])
    electrolyte: str = Field("1 M LiPF6 in EC/DEC/DMC", description="Which.")
    separator: str = Field("PE", description="Polymer of the separator.")
    separator_thickness: Length | None = Field(None, description="Of the separator.", examples=["20 µm"])
    separator_porosity: Share | None = Field(None, description="Of the separator.", examples=["40 %"])
    housing_mass: Mass | None = Field(None, description="Of all that is neither electrode, separator nor electrolyte.")


class Recipe(Named):
    """What an electrode was made of, and how."""

    title: str | None = Field(None, description="What it is, for a heading.")
    source: str | None = Field(None, description="Where it is from: author, year, section.")
    solutions: dict[str, Solution] = Field(default_factory=dict, description="Solutions, bought or made.")
    parts: dict[str, PartByMass] = Field(
        description="Each component with its parts by mass of solids: any numbers above zero, in one unit "
        "(6, 2 and 2, or '60.1 ± 0.1 %', or '6.01 ± 0.01 g'). A solution counts by its solids.",
        min_length=1,
        examples=[{"silicon": 6, "carbon black": 2, "CMC": 2}],
    )
    active: tuple[str, ...] = Field(description="The components that are active material.", min_length=1)
    solvent: str | None = Field(None, description="What the slurry was made with; it is no part of the solids.")
    electrode: Coating | None = Field(None, description="What was coated.")
    cell: Plan | None = Field(None, description="The cell it goes into.")
    materials: dict[str, Material] = Field(
        default_factory=dict, description="What is known better here than in general."
    )

    @field_validator("active", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return given if isinstance(given, list | tuple) else [given]

    @field_validator("parts")
    @classmethod
    def _comparable(cls, parts: dict[str, Quantity]) -> dict[str, Quantity]:
        units = {part.unit for part in parts.values()}
        if len(units) > 1:
            raise ValueError(f"the parts are in different units ({', '.join(sorted(units))}); give all in one")
        for name, part in parts.items():
            if not part.value > 0:
                raise ValueError(f"{name}: {part} is not above zero; leave out what is not in it")
            try:
                in_proportion(part)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        if units == {"%"} and not 99 <= sum(part.value for part in parts.values()) <= 101:
            total = sum(part.value for part in parts.values())
            raise ValueError(f"the shares add up to {total:g} %, not to 100 %; give what is missing, or plain parts")
        return parts

    @model_validator(mode="after")
    def _active_are_parts(self) -> Self:
        for name in self.active:
            if name not in self.parts:
                raise ValueError(f"active: {name!r} is not among its parts; {did_you_mean(name, self.parts)}")
        return self
