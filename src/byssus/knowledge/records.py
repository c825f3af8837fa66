"""A record of what is known, and how it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from byssus.quantity import pretty_unit

#: How a number is introduced, by its qualifier.
_SIGN = {"=": "", "~": "≈ ", "<": "< ", ">": "> ", "<=": "≤ ", ">=": "≥ ", "up to": "up to "}


@dataclass(frozen=True, slots=True)
class Fact:
    """One number, with everything that its source says of it.

    The fields are the columns of facts (docs/knowledge.md); those that are empty are None.
    """

    fact: str
    quantity: str
    unit: str
    source: str
    system: str | None = None
    binder: str | None = None
    of: str | None = None
    value: float | None = None
    value_max: float | None = None
    uncertainty: float | None = None
    qualifier: str | None = None
    direction: str | None = None
    rate: str | None = None
    cycle: int | None = None
    temperature: str | None = None
    window: str | None = None
    cell: str | None = None
    loading: str | None = None
    conditions: str | None = None
    basis: str | None = None
    method: str | None = None
    process: str | None = None
    electrode: str | None = None
    section: str | None = None
    place: str | None = None
    reference: str | None = None
    conflict: str | None = None
    standing: str | None = None
    note: str | None = None
    title: str | None = None
    doi: str | None = None
    standard_value: float | None = None
    standard_max: float | None = None
    standard_uncertainty: float | None = None
    standard_unit: str | None = None

    def number(self) -> str:
        """Return the number as a person writes it.

        Examples
        --------
        >>> Fact("R-038.1", "capacity retention", "%", "review", value=80, qualifier=">=").number()
        '≥ 80 %'
        >>> Fact("R-002.1", "film thickness", "nm", "review", value=2, value_max=35).number()
        '2 to 35 nm'
        """
        if self.value is None:
            return "missing"
        text = _plain_number(self.value)
        if self.value_max is not None:
            text += f" to {_plain_number(self.value_max)}"
        if self.uncertainty is not None:
            text += f" ± {_plain_number(self.uncertainty)}"
        unit = "" if self.unit == "1" else f" {pretty_unit(self.unit)}"
        return f"{_SIGN.get(self.qualifier or '=', '')}{text}{unit}".replace(" 1/h", " C")

    def under(self) -> str:
        """Return the conditions in one phrase.

        Examples
        --------
        >>> Fact("R-038.1", "capacity retention", "%", "review", value=80, cycle=1000, cell="full").under()
        'after 1000 cycles, full cell'
        """
        # That a baseline is not stated is so common that it says nothing here; the record holds it.
        basis = None if self.basis == "baseline not stated" else self.basis
        parts = [
            self.electrode,
            self.of,
            self.direction,
            self.rate and f"at {self.rate}",
            None if self.cycle is None else f"after {self.cycle} cycle{'' if self.cycle == 1 else 's'}",
            self.temperature and ("room temperature" if self.temperature == "room" else pretty_unit(self.temperature)),
            self.window,
            self.cell and f"{self.cell} cell",
            self.loading and pretty_unit(self.loading),
            self.process,
            self.method,
            f"per {basis}" if basis in _BASES else basis and f"basis: {basis}",
            self.conditions,
        ]
        return ", ".join(part for part in parts if part)

    def cited(self) -> str:
        """Return where it stands, in short.

        Examples
        --------
        >>> Fact("R-038.1", "capacity retention", "%", "review", section="3.1.1", place="Table 1",
        ...      reference="99").cited()
        'review 3.1.1, Table 1 [99]'
        """
        where = f"{self.source} {self.section}" if self.section else self.title or self.doi or self.source
        place = f", {self.place}" if self.place else ""
        reference = f" [{self.reference.replace(';', ', ')}]" if self.reference else ""
        return f"{where}{place}{reference}"


_BASES = ("active material", "coating", "electrode", "cell", "binder", "silicon", "area")


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a substance, with its range and where it is from; the columns of properties (docs/knowledge.md)."""

    substance: str
    quantity: str
    of: str | None
    value: float
    low: float | None
    high: float | None
    unit: str
    method: str
    title: str
    doi: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known under one name.

    Parameters
    ----------
    asked
        The name that was asked for.
    substance
        The row of the substance that it means, if it means one.
    systems
        The systems that are it, or hold it.
    facts, properties, units, conflicts, abbreviations, members
        The records about it.
    others
        Other systems that the words fit.
    """

    asked: str
    substance: dict[str, Any] | None
    systems: pl.DataFrame
    facts: pl.DataFrame
    properties: pl.DataFrame
    units: pl.DataFrame
    conflicts: pl.DataFrame
    abbreviations: pl.DataFrame
    members: pl.DataFrame
    others: pl.DataFrame


def _plain_number(value: float) -> str:
    """Write a printed number with the digits that it has.

    Examples
    --------
    >>> _plain_number(0.00001), _plain_number(3579.0), _plain_number(1.9e5)
    ('1e-05', '3579', '190000')
    """
    return f"{value:.10g}"
