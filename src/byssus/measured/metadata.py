"""What is known of a measured table besides its numbers.

Everything is optional but the kind: what is not known stays missing and is said to be
so where it matters.  Unknown fields are refused, so that a misspelt one is noticed.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from byssus import __version__
from byssus.conventions import Configuration, Made
from byssus.errors import TableError
from byssus.handwritten.fields import above_zero_in
from byssus.quantity import Quantity

#: Version of the metadata's own layout; a table of a later one is refused.
SCHEMA_VERSION: Final = 1

Scalar = str | int | float | bool | None


def _iso(text: str | None) -> str | None:
    if text is not None:
        datetime.fromisoformat(text)
    return text


Mass = Annotated[Quantity, above_zero_in("kg")]
Area = Annotated[Quantity, above_zero_in("m^2")]
Charge = Annotated[Quantity, above_zero_in("C")]


class Strict(BaseModel):
    """A frozen record that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Instrument(Strict):
    """What wrote the file."""

    vendor: str | None = None
    model: str | None = None
    software: str | None = None
    channel: str | None = None
    #: Smallest step of a column's values as stored in the file, in the column's unit.
    resolution: dict[str, Annotated[float, Field(gt=0)]] = {}


class Sample(Strict):
    """What was measured: a cell, an electrode, a film."""

    name: str | None = None
    binder: str | None = None
    electrode: str | None = None
    configuration: Configuration | None = None
    #: Which test it was cycled in, where only cells of the same are compared.
    test: str | None = None
    made: Made | None = None
    active_material: str | None = None
    active_mass: Mass | None = None
    coating_mass: Mass | None = None
    electrode_area: Area | None = None
    nominal_capacity: Charge | None = None
    #: Of active_mass, coating_mass and electrode_area: the relative standard uncertainty that is
    #: common to all cells of one electrode (its loading, recipe, foil, punch), a part of the
    #: uncertainty above.  It does not average out over those cells.  Absent where there is none.
    shared_uncertainty: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = {}
    #: How masses and area were come by, a step a line, as a person would write it down.
    arithmetic: tuple[str, ...] = ()


class Provenance(Strict):
    """One file that went into a table, named by its content."""

    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    reader: str


class Metadata(Strict):
    """Metadata of a measured or simulated table.

    Examples
    --------
    >>> Metadata(kind="cycling").origin
    'measured'
    >>> Metadata(kind="cycling", truth={"film resistance": Quantity(2.0, "ohm")})
    Traceback (most recent call last):
        ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for Metadata
      Value error, only a simulated table knows its truth...
    """

    kind: Literal["cycling", "voltammetry", "impedance", "pulses", "curve", "scalars"]
    schema_version: Literal[1] = SCHEMA_VERSION
    origin: Literal["measured", "simulated"] = "measured"
    #: Type of a curve; a key of `byssus.measured.tables.CURVES`.
    curve: str | None = None
    instrument: Instrument = Instrument()
    sample: Sample = Sample()
    #: Start of the test, ISO 8601; without an offset where the time zone is not known.
    started: Annotated[str | None, AfterValidator(_iso)] = None
    #: What was held or set: scan rate, temperature, strip width …
    conditions: dict[str, Quantity] = {}
    #: Parameters and hidden states that a simulation was given; never for a measured table.
    truth: dict[str, Quantity] = {}
    provenance: tuple[Provenance, ...] = ()
    #: Why something that one would expect is missing, by its name.
    missing: dict[str, str] = {}
    #: What else the instrument said, under its own names.
    vendor: dict[str, Scalar] = {}
    byssus_version: str = __version__

    @model_validator(mode="after")
    def _truth_is_simulated(self) -> Self:
        if self.truth and self.origin != "simulated":
            raise ValueError("only a simulated table knows its truth")
        if self.curve is not None and self.kind != "curve":
            raise ValueError("only a curve has a type of curve")
        return self

    @classmethod
    def from_stored(cls, stored: dict[str, Any], file: Path) -> Metadata:
        """Build from what a file holds, with an error that names the file and the field."""
        version = stored.get("schema_version") if isinstance(stored, dict) else None
        if version != SCHEMA_VERSION:
            raise TableError(
                f"is not the schema version this Byssus reads ({SCHEMA_VERSION})",
                file=file,
                field="schema_version",
                value=version,
                fix="read it with the version of Byssus that wrote it, or a later one",
            )
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            first = error.errors()[0]
            raise TableError(
                first["msg"], file=file, field=".".join(map(str, first["loc"])), value=first.get("input")
            ) from error
