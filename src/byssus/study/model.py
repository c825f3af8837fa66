"""What may stand in study.yaml: one model a section, each field with its description.

The models are the one place where the layout is said: the reader checks against them, and the
JSON Schema for editors (docs/study.schema.json) and docs/study.md are made from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from byssus.conventions import CAPACITY_UNIT, CapacityBasis, Configuration, Made
from byssus.errors import UnitError, UsageError, did_you_mean
from byssus.handwritten.fields import (
    Area,
    ArealMass,
    Charge,
    Length,
    Mass,
    Named,
    Part,
    Share,
    number_or_text,
)
from byssus.knowledge.reading import table
from byssus.measured.readers.generic import ColumnMap
from byssus.protocol.model import Current, Window
from byssus.protocol.standard import Tests
from byssus.quantity import Quantity
from byssus.recipe.model import Ranged, Recipe
from byssus.source import Source
from byssus.study.techniques import TECHNIQUES, technique_called

#: Ends of a virtual cell's window [V]. Beyond these the unit is wrong (V for mV): lithium cells are used above 0 V and
#: go some tenths of a volt below in sweeps, and those of the highest voltage end near 5 V.
LOWEST_VOLTAGE, HIGHEST_VOLTAGE = -0.5, 6.0
#: Inputs that a calibration may fit: a handful of capacities does not tell more apart.
MOST_FREE = 3

#: The reason that stands where a cell is excluded without one.
NO_REASON = "no reason given"

_CAPACITY_UNITS = ("mAh", "mAh/g", "mAh/cm^2")
_WORDS = ("lithiation", "delithiation", "charge", "discharge")


def _quantities() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        "first-cycle coulombic efficiency": ("%",),
        "mean coulombic efficiency after the first cycle": ("%",),
        "mean energy efficiency after the first cycle": ("%",),
        "cumulative irreversible capacity": _CAPACITY_UNITS,
    }
    for word in _WORDS:
        found |= {f"{word} capacity": _CAPACITY_UNITS, f"retention of {word} capacity": ("%",)}
    for which in ("first-cycle", "last"):
        found[f"{which} voltage hysteresis"] = ("V",)
        for word in _WORDS:
            found |= {
                f"{which} {word} capacity": _CAPACITY_UNITS,
                f"{which} {word} energy": ("mWh",),
                f"{which} {word} current": ("mA",),
                f"{which} {word} C-rate": ("1/h",),
                f"{which} mean {word} voltage": ("V",),
                f"{which} constant-voltage share of {word}": ("%",),
                f"{which} internal resistance at the start of {word}": ("ohm",),
                f"{which} internal resistance at the rest after {word}": ("ohm",),
            }
    return found | {name: (unit,) for name, unit in table("quantities").select("quantity", "unit").iter_rows()}


#: The quantities that a value from the literature may be of, each with a unit of every kind that
#: it may be in: those that a cycling study reports, and the vocabulary of what is known (docs/knowledge.md).
QUANTITIES = _quantities()

#: Quantities of that vocabulary that a cycling study measures, by the names that its results have for them.
_MEASURED_AS = {
    "initial coulombic efficiency": ("first-cycle coulombic efficiency",),
    "capacity retention": tuple(f"retention of {word} capacity" for word in _WORDS),
    **dict.fromkeys(("specific capacity", "areal capacity", "capacity"), tuple(f"{word} capacity" for word in _WORDS)),
}


def _a_quantity(name: str) -> str:
    if name not in QUANTITIES:
        raise ValueError(
            f"{name!r} is not a quantity of the results or of docs/knowledge.md; {did_you_mean(name, QUANTITIES)}"
        )
    return name


def _one_or_more(given: Any) -> Any:
    """Take a lone value as a list of one."""
    return given if isinstance(given, list | tuple | Mapping) else [given]


def _a_reason(given: Any) -> Any:
    return NO_REASON if given is True or (isinstance(given, str) and not given.strip()) else given


def as_source(given: Any) -> Source:
    """Return the source that a title alone, or a set of fields, stands for; ValueError if it is none."""
    if isinstance(given, Source):
        return given
    if isinstance(given, str):
        return Source(given)
    if not isinstance(given, Mapping):
        raise ValueError("is not a source; give title, doi and table or figure")  # noqa: TRY004 - pydantic's kind
    for name in given:
        if name not in SOURCE_FIELDS:
            raise ValueError(f"{name!r} is not a field of a source; {did_you_mean(str(name), SOURCE_FIELDS)}")
    if not isinstance(given.get("title"), str):
        raise ValueError("a source needs a title: author, year and title")  # noqa: TRY004
    # A table or figure goes by its number, a DOI by text.
    texts = {name: str(value) for name, value in given.items() if name not in ("low", "high") and value is not None}
    ends = {name: given[name] for name in ("low", "high") if given.get(name) is not None}
    for name, end in ends.items():
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise ValueError(f"{name} of a source is a number, not {end!r}")  # noqa: TRY004 - pydantic's kind
    return Source(**texts | {name: float(end) for name, end in ends.items()})  # type: ignore[arg-type]


#: The fields of `byssus.source.Source`, in a person's words.
SOURCE_FIELDS = {
    "title": "Author, year and title, enough for a person to recognise it.",
    "doi": "Without https://doi.org/.",
    "section": "The section, as printed.",
    "table": "The table, as printed.",
    "figure": "The figure, as printed.",
    "equation": "The equation, as printed.",
    "method": "How the number came about: measured, calculated, fitted, defined, estimate (which needs low and high).",
    "low": "Lower end of the range of an estimate, in the unit of the value.",
    "high": "Upper end of the range of an estimate.",
    "note": "What a reader of the number should know.",
}
_SOURCE_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["title"],
            "properties": {
                part.name: {
                    "type": "number" if part.name in ("low", "high") else ["string", "number"],
                    "description": SOURCE_FIELDS[part.name],
                }
                for part in fields(Source)
            },
        },
    ]
}

GivenSource = Annotated[Source, BeforeValidator(as_source), WithJsonSchema(_SOURCE_SCHEMA)]
Cycle = Annotated[int, Field(ge=1, strict=True)]
#: It becomes part of the names of files.
TestCalled = Annotated[str, Field(pattern=r"^[^\W\d_][\w -]{0,39}$")]


def _lone_or_list(kind: Any) -> BeforeValidator:
    return BeforeValidator(_one_or_more, json_schema_input_type=kind | list[kind])


class Binder(Named):
    """A binder, as the study names it."""


class Electrode(Named):
    """A coating: one slurry, cast and dried once."""

    binder: str = Field(description="Its binder, a name under binders.")
    made: Made = Field(
        description="Whether the electrode, as made, is empty or full of the lithium that it cycles: empty for "
        "silicon, graphite and sulfur, full for an oxide or phosphate cathode. It sets the order of a cycle."
    )
    active_material: str | None = Field(None, description="The active material, in the lab's words.")
    recipe: str | None = Field(None, description="What its slurry was mixed from, a name under recipes.")
    active_share: Share | None = Field(
        None,
        description="Mass of active material over mass of the dry coating; goes before the recipe's.",
        examples=["60 ± 1 %"],
    )
    active_loading: ArealMass | None = Field(
        None, description="Mass of active material per area.", examples=["0.82 ± 0.03 mg/cm^2"]
    )
    coating_loading: ArealMass | None = Field(
        None, description="Mass of the dry coating per area.", examples=["1.37 ± 0.05 mg/cm^2"]
    )
    foil_loading: ArealMass | None = Field(
        None, description="Mass of the bare foil per area.", examples=["10.75 ± 0.11 mg/cm^2"]
    )
    electrode_area: Area | None = Field(
        None,
        description="Area of the discs punched from it, where a cell does not say its own.",
        examples=["1.13 cm^2"],
    )
    electrode_diameter: Length | None = Field(
        None, description="Diameter of those discs, instead of the area.", examples=["12.00 ± 0.05 mm"]
    )


class _Disc(Named):
    """What may be said of a cell, analysed or excluded."""

    columns: ColumnMap | None = Field(
        None, description="What the columns of the files are, where no reader knows them; see docs/formats.md."
    )
    active_mass: Mass | None = Field(
        None, description="Mass of active material in the cell.", examples=["0.927 ± 0.034 mg"]
    )
    coating_mass: Mass | None = Field(None, description="Mass of the dry coating.", examples=["1.37 ± 0.12 mg"])
    disc_mass: Mass | None = Field(
        None, description="Mass of the coated disc, foil included.", examples=["13.52 ± 0.01 mg"]
    )
    foil_mass: Mass | None = Field(
        None,
        description="Mass of the bare foil under it; else the electrode's foil_loading times the area.",
        examples=["12.15 ± 0.12 mg"],
    )
    electrode_area: Area | None = Field(
        None, description="Area of the coating on one side.", examples=["1.131 ± 0.009 cm^2"]
    )
    electrode_diameter: Length | None = Field(
        None, description="Diameter of the disc, instead of the area.", examples=["12.00 ± 0.05 mm"]
    )
    nominal_capacity: Charge | None = Field(None, description="Nominal capacity of the cell.", examples=["2.0 mAh"])


class Cell(_Disc):
    """One cell: an electrode disc, what it stands against, and the files of its test."""

    excluded: Literal[False] = Field(False, description="Or the reason why the cell is not to be analysed.")
    electrode: str = Field(description="The coating it was made from, a name under electrodes.")
    configuration: Configuration = Field(description="half: against lithium metal; full: against a second electrode.")
    test: TestCalled | None = Field(
        None,
        description="Which test it was cycled in, in the lab's words: where some cells of a binder went through a rate test "
        "and others through long cycling, means and figures are of each test alone.",
        examples=["rate"],
    )
    files: Annotated[tuple[str, ...], _lone_or_list(str)] = Field(
        description="The files of its test, in the data folder: a path, a pattern such as 'raw/cell-1_*.ndax', or "
        "'archive.zip::member'. Several are appended in the order of time.",
        min_length=1,
        examples=[["raw/CMC-1.ndax"]],
    )


class ExcludedCell(_Disc):
    """A cell that is not analysed, but listed with the reason; it needs no files."""

    excluded: Annotated[str, BeforeValidator(_a_reason, json_schema_input_type=str)] = Field(
        description="Why the cell is not analysed; it is listed with this reason.",
        examples=["short circuit in cycle 3"],
    )
    electrode: str | None = Field(None, description="The coating it was made from, a name under electrodes.")
    configuration: Configuration | None = Field(None, description="half or full.")
    files: Annotated[tuple[str, ...], _lone_or_list(str)] = Field((), description="The files of its test; not read.")


def _a_technique(name: str) -> str:
    if name not in TECHNIQUES:
        raise ValueError(f"{name!r} is no test that Byssus analyses; {did_you_mean(name, TECHNIQUES)}")
    return name


class Test(_Disc):
    """A test that is no plain cycling: GITT, voltammetry, conductivity and the like, of a cell, an electrode or a film."""

    technique: Annotated[
        str, AfterValidator(_a_technique), WithJsonSchema({"type": "string", "enum": list(TECHNIQUES)})
    ] = Field(description="What it is; 'byssus analyse' lists them.", examples=list(TECHNIQUES)[:1])
    cell: str | None = Field(
        None,
        description="The cell that it was done with, a name under cells; its masses and area are taken from there.",
    )
    electrode: str | None = Field(
        None, description="Or the coating that its own disc was made from, a name under electrodes."
    )
    binder: str | None = Field(
        None, description="Or the binder that it is of, a name under binders: a film and no cell."
    )
    configuration: Configuration | None = Field(None, description="half or full; where a cell is named, the cell's.")
    files: Annotated[tuple[str, ...], _lone_or_list(str)] = Field(
        description="Its files, in the data folder, as those of a cell are named. Several are analysed together where "
        "the technique takes several (scan rates, temperatures), and otherwise appended in the order of time.",
        min_length=1,
        examples=[["raw/CMC-1_cv_*.txt"]],
    )
    given: dict[str, str | float | list[str | float]] = Field(
        {},
        description="What is to be known of it, by the names that 'byssus analyse TECHNIQUE' lists; what the file itself "
        "says need not be said again.",
        examples=[{"diffusion length": "75 ± 25 nm", "length from": "particle size"}],
    )

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        named = [name for name in ("cell", "electrode", "binder") if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(
                f"names {' and '.join(named) or 'nothing'} that it is of; name one of cell, electrode, binder"
            )
        return self

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        technique = technique_called(self.technique)
        try:
            for name, value in self.given.items():
                # Without a name that it does not know a test is still what it was; and how many files there are is
                # known when their patterns are resolved.
                if technique.knows(name):
                    technique.told({name: value}, files=len(value) if isinstance(value, list) else 1)
        except (UsageError, UnitError) as error:
            raise ValueError(f"given: {error}") from error
        return self


class CellModel(StrEnum):
    """How a virtual cell is modelled: single particle, single particle with electrolyte, or Doyle-Fuller-Newman."""

    SPM = "SPM"
    SPME = "SPMe"
    DFN = "DFN"


_Number = Annotated[Quantity, BeforeValidator(number_or_text, json_schema_input_type=str | float)]


class Known(Part):
    """A number that is better known of one virtual cell than in general."""

    value: _Number = Field(description="The number, or the best guess in a range.", examples=["150 ± 20 nm"])
    low: _Number | None = Field(None, description="The lower end, where a range is known.", examples=["100 nm"])
    high: _Number | None = Field(None, description="The upper end.", examples=["200 nm"])
    note: str | None = Field(None, description="Where it is from.", examples=["laser diffraction, lab book 7"])

    @model_validator(mode="after")
    def _in_its_range(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("gives one end of its range; give low and high, or neither")
        try:
            _ = self.number
        except ValidationError as error:
            raise ValueError(str(error.errors()[0]["ctx"]["error"])) from error
        return self

    @property
    def number(self) -> Quantity | Ranged:
        """The number without its note."""
        if self.low is None or self.high is None:
            return self.value
        return Ranged(value=self.value, low=self.low, high=self.high)


def _value_alone(given: Any) -> Any:
    """Take a value alone for one without range and note."""
    return {"value": given} if isinstance(given, str | int | float | Quantity) else given


class Calibration(Part):
    """A fit of a virtual cell to values from the literature at some of their currents; the others are predicted."""

    quantity: str = Field(
        "lithiation capacity",
        description="The quantity of the references that it is fitted to.",
        json_schema_extra={"enum": list(QUANTITIES)},
    )
    currents: tuple[Current, ...] = Field(
        description="Currents of the references that the fit may see: of those of its binder and quantity that say a "
        "current and no cycle, as of a rate test. Of several at one current it sees the first.",
        examples=[["0.2 A/g", "1 A/g", "6 A/g"]],
        json_schema_extra={"minItems": 1},
    )
    free: tuple[str, ...] = Field(
        description="One to three inputs of the virtual cell to be fitted, no more than there are currents.",
        examples=[["exchange current density", "diffusion coefficient"]],
        json_schema_extra={"minItems": 1, "maxItems": MOST_FREE},
    )

    @field_validator("quantity")
    @classmethod
    def _known(cls, name: str) -> str:
        return _a_quantity(name)

    @model_validator(mode="after")
    def _determined(self) -> Self:
        # Not by the length of a field, which would count a wrong item as absent and tell of it twice.
        for name in ("currents", "free"):
            if not getattr(self, name):
                raise ValueError(f"{name}: is empty; name at least one")
        for at, current in enumerate(self.currents):
            if any(same(current, other) for other in self.currents[:at]):
                raise ValueError(f"currents: {current} is named twice")
        if len(set(self.free)) < len(self.free):
            raise ValueError(f"free: an input is named twice in {', '.join(self.free)}")
        most = min(MOST_FREE, len(self.currents))
        if len(self.free) > most:
            raise ValueError(
                f"free: {', '.join(self.free)} are more than the {most} that {len(self.currents)} currents may tell; "
                "name fewer inputs, or more currents"
            )
        return self


def _two_voltages(given: Any) -> Any:
    """Take a list of two for the window between them."""
    if isinstance(given, Window | Mapping):
        return given
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise ValueError(f"{given!r} is not two voltages, the lower first; write it as [0.005 V, 1.5 V]")
    return dict(zip(("lower", "upper"), given, strict=True))


class VirtualCell(Named):
    """A cell that is simulated: an electrode of the study with a recipe, what it stands against, and what is done to it."""

    electrode: str = Field(description="Its electrode, a name under electrodes; the electrode needs a recipe.")
    configuration: Configuration = Field(description="half: against lithium metal; full: against a second electrode.")
    against: str | None = Field(
        None,
        description="The other electrode of a full cell, a name under electrodes; one of the two is made empty, one full.",
    )
    window: Annotated[
        Window, BeforeValidator(_two_voltages, json_schema_input_type=tuple[Quantity, Quantity] | Window)
    ] = Field(description="The lower and the upper voltage that it is used between.", examples=[["0.005 V", "1.5 V"]])
    model: CellModel | None = Field(
        None,
        description="SPM, SPMe or DFN: one particle an electrode, that with electrolyte, or many. Chosen if left out.",
    )
    base: str | None = Field(
        None,
        description="Name of a PyBaMM parameter set, for what the recipe does not say of an active material other than "
        "silicon, chosen by material if left out; or, for silicon, baggetto, friedrich, kuecher, kunz or lu, the published "
        "electrode whose potential it has (docs/validation/silicon.md), that fitted to all of them if left out.",
        examples=["Chen2020", "kunz"],
    )
    binder: bool = Field(
        False,
        description="true: its silicon has the binder's equations: the coating swells, the binder is stressed and lets go, "
        "SEI grows on fresh surface. Most of their numbers are estimates with ranges.",
    )
    given: dict[str, Annotated[Known, BeforeValidator(_value_alone, json_schema_input_type=Known | str | float)]] = (
        Field(
            {},
            description="Inputs of the virtual cell that are better known of this one than in general, by name: a value, or "
            "value with low, high and note. `byssus simulate --explain` lists the names.",
            examples=[{"radius": {"value": "150 nm", "low": "100 nm", "high": "200 nm", "note": "laser diffraction"}}],
        )
    )
    calibrate: Calibration | None = Field(
        None, description="A fit of some inputs to values from the literature, before any test."
    )
    tests: Tests = Field(default_factory=Tests, description="What is done to it, where that is not as usual.")

    decisive = frozenset({"against", "model", "base", "binder", "given", "calibrate", "tests"})

    @field_validator("window")
    @classmethod
    def _of_a_cell(cls, window: Window) -> Window:
        for end in (window.lower, window.upper):
            if not LOWEST_VOLTAGE <= end.to("V").value <= HIGHEST_VOLTAGE:
                raise ValueError(f"{end} is outside {LOWEST_VOLTAGE:g} to {HIGHEST_VOLTAGE:g} V; check its unit")
        return window

    @model_validator(mode="after")
    def _against_what_it_stands(self) -> Self:
        if self.configuration is Configuration.FULL and self.against is None:
            raise ValueError("against: is missing; name the other electrode of the full cell")
        if self.configuration is Configuration.HALF and self.against is not None:
            raise ValueError(f"against: {self.against!r} is for a full cell; a half cell stands against lithium metal")
        return self


class Pair(Part):
    """Two binders to be compared."""

    binder: str = Field(description="A name under binders.")
    against: str = Field(description="The binder that it is compared with.")


class Comparisons(Part):
    """Which binders are compared with which."""

    control: str | None = Field(None, description="The binder that every other one is compared with.")
    pairs: tuple[Pair, ...] = Field((), description="Further comparisons, or the only ones where there is no control.")


class Reference(Part):
    """A value from the literature, shown beside the measured ones."""

    binder: str | None = Field(None, description="The binder of this study that it is of.")
    label: str | None = Field(None, description="What it is of, in words, where it is no binder of this study.")
    quantity: str = Field(
        description="What it is, by the name that the results have, or one of the vocabulary of what is known.",
        json_schema_extra={"enum": list(QUANTITIES)},
    )
    value: Quantity = Field(description="The value with its unit.", examples=["3227 mAh/g"])
    cycle: Cycle | None = Field(None, description="The cycle it was read at.")
    current: Current | None = Field(
        None,
        description="The current it was measured at: per mass of active material, per area, of the cell, or as a C-rate.",
        examples=["0.2 A/g"],
    )
    basis: CapacityBasis | None = Field(None, description="What a capacity is divided by; must be said for mAh/g.")
    source: GivenSource = Field(
        description="Where it stands: a title alone, or title, doi and section, table or figure."
    )
    note: str | None = Field(None, description="What a reader should know of it.")

    @field_validator("quantity")
    @classmethod
    def _known(cls, name: str) -> str:
        return _a_quantity(name)

    @field_validator("value", mode="before", json_schema_input_type=str | float)
    @classmethod
    def _pure(cls, given: Any, info: ValidationInfo) -> Any:
        """Take a bare number for a quantity that is one."""
        return number_or_text(given) if "1" in QUANTITIES.get(info.data.get("quantity", ""), ()) else given

    @model_validator(mode="after")
    def _of_something_in_its_unit(self) -> Self:
        if self.binder is None and self.label is None:
            raise ValueError("says neither binder nor label; give one")
        kinds = QUANTITIES[self.quantity]
        unit = next((unit for unit in kinds if measures(self.value, unit)), None)
        if unit is None:
            raise ValueError(f"value: {self.value} is not in {' or '.join(kinds)}, as a {self.quantity} is")
        if unit not in _CAPACITY_UNITS:
            if self.basis is None:
                return self
            raise ValueError("basis: is for capacities only")
        if unit == "mAh/g" and self.basis is None:
            raise ValueError("basis: is missing; per active material or per coating?")
        if self.basis is not None and CAPACITY_UNIT[self.basis].replace("²", "^2") != unit:
            raise ValueError(f"basis: a capacity per {self.basis} is not in {self.value.unit}")
        return self

    @property
    def measured_as(self) -> tuple[str, ...]:
        """The names under which results hold the same quantity, where a cycling study measures it."""
        return _MEASURED_AS.get(self.quantity, (self.quantity,))


def measures(value: Quantity, unit: str) -> bool:
    """Say whether a value is of the kind of quantity that a unit measures."""
    try:
        value.to(unit)
    except UnitError:
        return False
    return True


def same(one: Quantity, other: Quantity) -> bool:
    """Say whether two quantities are one value, whatever units they are written in.

    Examples
    --------
    >>> same(Quantity(0.2, "A/g"), Quantity(200, "mA/g")), same(Quantity(1, "A/g"), Quantity(1, "mA"))
    (True, False)
    """
    return measures(one, other.unit) and math.isclose(one.to(other.unit).value, other.value, rel_tol=1e-9)


class Analysis(Part):
    """What the analyses are asked to do."""

    retention_baselines: Annotated[tuple[Cycle, ...], _lone_or_list(int)] = Field(
        (1,),
        alias="retention_baseline",
        description="The cycle that retention counts from; of several, the first is the main one.",
        min_length=1,
    )
    profile_cycles: Annotated[tuple[Cycle, ...], _lone_or_list(int)] = Field(
        (), description="Cycles whose voltage profiles are drawn; chosen evenly where none are named."
    )

    @property
    def retention_baseline(self) -> int:
        """The main one of `retention_baselines`."""
        return self.retention_baselines[0]


class StudyFile(Part):
    """A whole study.yaml."""

    version: Literal[1] = Field(alias="schema", description="Version of the layout: 1.")
    title: str | None = Field(None, description="Heads the report; else the folder's name.")
    data: str | None = Field(
        None,
        description="Folder in which the files of the cells are found, from the study's own; else the study's own.",
    )
    binders: dict[str, Binder | None] = Field(description="The binders, by name.")
    recipes: dict[str, Recipe | str] = Field(
        {},
        description="What slurries were mixed from, by name: the recipe itself, or the name of its file, from the "
        "study's folder.",
        examples=[{"Si/CCL": "../recipes/ccl-5.yaml"}],
    )
    electrodes: dict[str, Electrode] = Field(
        description="The coatings, by name. Cells of one coating are not independent witnesses for its binder."
    )
    cells: dict[str, Cell | ExcludedCell] = Field({}, description="The cells that were measured, by name.")
    tests: dict[str, Test] = Field({}, description="The tests that are no plain cycling, by names that no cell has.")
    virtual: dict[str, VirtualCell] = Field(
        {}, description="The cells that are simulated, by names that no measured cell has."
    )
    comparisons: Comparisons = Field(default_factory=Comparisons, description="The comparisons that the report makes.")
    references: tuple[Reference, ...] = Field((), description="Values from the literature.")
    data_sources: tuple[GivenSource, ...] = Field(
        (),
        description="Where the measurements were published, for the report to cite: each a title alone, or title, doi "
        "and note.",
        examples=[[{"title": "Author, year, title of the data set", "doi": "10.1000/182", "note": "CC BY 4.0"}]],
    )
    analysis: Analysis = Field(default_factory=Analysis, description="Choices for the analyses.")


#: The sections of a study, as they are written.
SECTIONS: tuple[str, ...] = tuple(field.alias or name for name, field in StudyFile.model_fields.items())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of study.yaml, by which editors complete and check it."""
    schema: dict[str, Any] = _tidied(StudyFile.model_json_schema())
    del schema["description"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "study.yaml of Byssus, version 1",
    } | schema


def _tidied(schema: Any, *, choice: bool = False) -> Any:
    """Leave out of a schema what says nothing: titles made of names, defaults of nothing, and doctests."""
    if isinstance(schema, list):
        return [_tidied(part, choice=choice) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {}
    for name, part in schema.items():
        made_up = name == "title" and isinstance(part, str)
        # A default that is a quantity, or holds some, is said in words: the schema calls a quantity text.
        nothing = name == "default" and (part in (None, []) or "{" in str(part))
        # An example of any quantity is none of this one, which has its own outside the choice.
        if made_up or nothing or (choice and name == "examples"):
            continue
        first = name == "description" and isinstance(part, str)
        tidy[name] = " ".join(part.split("\n\n")[0].split()) if first else _tidied(part, choice=name == "anyOf")
    return tidy
