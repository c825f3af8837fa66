"""The fields of a file that people write: quantities that make sense, and parts that know their fields."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from byssus.errors import UnitError
from byssus.quantity import Quantity


def above_zero_in(unit: str) -> AfterValidator:
    """Return what checks that a quantity can be told in a unit, and is above zero."""

    def check(quantity: Quantity) -> Quantity:
        try:
            in_unit = quantity.to(unit)
        except UnitError as error:
            raise ValueError(str(error)) from error
        if not in_unit.value > 0:
            raise ValueError(f"{quantity} is not above zero")
        return quantity

    return AfterValidator(check)


def number_or_text(given: Any) -> Any:
    """Take a bare number as a pure one."""
    return f"{given}" if isinstance(given, int | float) and not isinstance(given, bool) else given


def in_proportion(quantity: Quantity) -> Quantity:
    """Refuse what no unit in use makes real: beyond it, sums and quotients could leave floating point."""
    if not (1e-20 < quantity.value < 1e20 and (quantity.uncertainty or 0.0) < 1e20):
        raise ValueError(f"{quantity} is out of all proportion; check its exponent")
    return quantity


def _a_share(share: Quantity) -> Quantity:
    value = share.to("1").value
    if value > 1:
        raise ValueError(f"{share} is more than the whole; write 60 % as '60 %' or 0.6")
    return share


Mass = Annotated[Quantity, above_zero_in("kg"), AfterValidator(in_proportion)]
Area = Annotated[Quantity, above_zero_in("m^2"), AfterValidator(in_proportion)]
Charge = Annotated[Quantity, above_zero_in("C"), AfterValidator(in_proportion)]
Length = Annotated[Quantity, above_zero_in("m"), AfterValidator(in_proportion)]
ArealMass = Annotated[Quantity, above_zero_in("kg/m^2"), AfterValidator(in_proportion)]
Share = Annotated[
    Quantity,
    BeforeValidator(number_or_text, json_schema_input_type=str | float),
    above_zero_in("1"),
    AfterValidator(in_proportion),
    AfterValidator(_a_share),
]
PartByMass = Annotated[Quantity, BeforeValidator(number_or_text, json_schema_input_type=str | float)]


class Part(BaseModel):
    """A part of a file: what it does not know is refused."""

    # Names that look like numbers are names all the same.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    #: Fields that may be absent but not wrong: the part without them would be another than the one that is meant.
    decisive: ClassVar[frozenset[str]] = frozenset()


class Named(Part):
    """A part that has a name, and may have a note."""

    note: str | None = Field(None, description="Anything that a reader of the report should know.")


def names_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of a model by the names that stand in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}
