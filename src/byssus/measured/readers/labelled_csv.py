"""Curves as text, with headings that say quantity and unit: ``Temperature / degC, Resistance / ohm``.

Layout
    The first line is the heading, its fields apart by comma, semicolon or tab; a record a line below.  Beside semicolon
    or tab the decimal sign may be a comma.

Columns
    Each heading is ``Quantity / unit``, with the quantities of one type of curve (docs/tables.md): its abscissa and at
    least one ordinate.  Another unit of the same kind is converted.  Other columns named so are kept beside them, and
    what is not named so is kept as the vendor's.

Not known
    Anything but the columns: thickness, area and the like are told to the analysis.

Source
    None: the layout is that of Byssus' own tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from byssus.errors import UnitError
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument
from byssus.measured.readers.printed import LARGEST_TEXT, Printed, fields_of, printed_csv
from byssus.measured.tables import CURVES, VENDOR
from byssus.quantity import check_unit, convert, dimension

_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading taken apart, and the column of the table that it becomes."""

    name: str
    unit: str
    column: str


def _taken_apart(names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, quantity and unit of the headings that have a unit."""
    for name in names:
        quantity, slash, unit = name.partition(" / ")
        if not slash or not quantity:
            continue
        try:
            yield name, quantity, check_unit(unit)
        except UnitError:
            continue


def _columns(names: list[str]) -> tuple[str, list[_Heading]] | None:
    """Return the type of curve that headings name, and their columns; None if they name no type, or several."""
    apart = list(_taken_apart(names))
    found = []
    for curve, about in CURVES.items():
        known = [(column, *column.split(" / ", 1)) for column in (*about.abscissa, *about.ordinates)]
        headings = []
        for name, quantity, unit in apart:
            same = [
                column
                for column, its, own in known
                if its.lower() == quantity.lower() and dimension(own) == dimension(unit)
            ]
            headings.append(_Heading(name, unit, same[0] if same else f"{quantity} / {unit}"))
        there = {heading.column for heading in headings}
        if there & set(about.abscissa) and there & set(about.ordinates) and len(there) == len(headings):
            found.append((curve, headings))
    return found[0] if len(found) == 1 else None


def _separator(heading: str) -> str | None:
    return next((each for each in _SEPARATORS if each in heading and _columns(fields_of(heading, each))), None)


def _recognises(file: InstrumentFile) -> bool:
    first, line_break, _ = file.head_text.partition("\n")
    return bool(line_break) and "\0" not in first and _separator(first) is not None


def _read(file: InstrumentFile) -> Reading:
    text = file.text(largest=LARGEST_TEXT)
    separator = _separator(text.partition("\n")[0]) or ","
    printed = printed_csv(file, text, separator=separator)
    found = _columns(printed.cells.columns)
    # What was recognised by its heading has columns: the heading is the same line.
    curve, headings = found if found is not None else ("", [])
    if separator != "," and _decimal_commas(printed, headings):
        printed = replace(printed, decimal=",")
    columns = [_converted(printed, heading) for heading in headings]
    digits = printed.digits(
        {each.column: (each.name, 1.0) for each in headings if each.column.endswith(f" / {each.unit}")}
    )
    rest = [name for name in printed.cells.columns if name not in {heading.name for heading in headings}]
    return Reading(
        kind="curve",
        curve=curve,
        data=pl.DataFrame(
            [*columns, *(printed.column(name).cast(pl.String).alias(f"{VENDOR}{name}") for name in rest)]
        ),
        instrument=Instrument(resolution=digits),
        findings=printed.findings,
    )


def _decimal_commas(printed: Printed, headings: list[_Heading]) -> bool:
    cells = printed.cells.select([heading.name for heading in headings])
    return any(bool(cells[name].str.contains(",", literal=True).any()) for name in cells.columns)


def _converted(printed: Printed, heading: _Heading) -> pl.Series:
    """Return a column in the table's unit; temperatures have an offset beside the factor."""
    target = heading.column.split(" / ", 1)[1]
    curve_columns = {column for about in CURVES.values() for column in (*about.abscissa, *about.ordinates)}
    value = printed.number(heading.name, needed=heading.column in curve_columns)
    if target != heading.unit:
        offset = convert(0.0, heading.unit, target)
        value = value * (convert(1.0, heading.unit, target) - offset) + offset
    return value.alias(heading.column)


READER = Reader("labelled-csv", "a curve as .csv, with headings 'Quantity / unit'", _recognises, _read)
