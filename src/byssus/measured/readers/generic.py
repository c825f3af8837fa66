"""Any table of text or any workbook, by a map of its columns.

Layout
    What the map says; nothing is recognised by itself, so this module has no `READER`.
    Below `skip` lines a heading names the columns; each further line or row is one record.

    ================ ===================================================================
    field            meaning
    ================ ===================================================================
    kind             cycling (if not said), voltammetry, impedance, curve or scalars
    curve            type of a curve, for the kind curve
    columns          for each column of the table, the file's column: its name alone, or
                     ``{column, unit, format}``
    current_positive what a positive current does to the cell: charges or discharges
    minus_imaginary  true where the file holds -Im Z, as it is plotted
    zone             time zone of calendar times that name none, as in Europe/Oslo
    decimal          the decimal sign, ``.`` or ``,``; in a workbook, that of its cells of text:
                     what a cell stores as a number needs none
    separator        between fields; if not said, the one of ``, ; tab`` under which every
                     mapped column stands in the heading
    encoding         if not said: byte-order mark, else UTF-8, else GBK or cp1252 by the bytes
    skip             lines above the heading
    sheet            of a workbook; may be left out if it has one
    ================ ===================================================================

    In a study::

        columns:
          separator: ";"
          decimal: ","
          zone: Europe/Oslo
          current_positive: discharges
          columns:
            time: {column: "t(h)", unit: h}
            voltage: "U/V"
            current: {column: "I", unit: mA}
            unix_time: {column: Date, format: "%d.%m.%Y %H:%M:%S"}

    On the command line, whole or its columns alone::

        byssus read FILE --columns '{time: {column: t, unit: s}, voltage: U/V, current: I/mA}'

    A table's column goes by its name (``Voltage / V``), by its quantity (``voltage``,
    ``step_count``), or by one of the short words time, step, cycle, record, capacity,
    energy, temperature.

Resolution and clock
    The last digit of a column of text is the last printed, in the table's unit; where its numbers
    are printed with powers of ten it is that of the largest, and where only some are there is
    none.  What clocks and counters do is the instrument's, of which the map says nothing.

Rules
    The unit is the map's; else the heading's, after a solidus or in brackets (``U/V``,
    ``t(h)``, ``I [mA]``); where both speak and differ, the map's is used and a finding says
    so.  A column without any is refused, and so is one of another kind of quantity.  One
    factor converts a column.  The unit ``h:mm:ss`` reads clocks, with days before them.

    A calendar column without an offset of its own needs `zone`; without one `Unix Time / s`
    is missing.  In the hour that a clock repeats in autumn, records are of its first pass
    until the clock falls back.  A time that the clock leaves out in spring is refused.  Where
    no test time is mapped it is counted from the first calendar time.

    A sweep that is not numbered ends where the potential turns, a spectrum where the frequency does
    (`workstation`).  So a voltammogram whose sign a reader told wrongly is read by a map of its
    voltage and current with `current_positive`.

    A cycling table without steps gets them from the sign of the current (`bdf.rebuilt_steps`).
    The counter of capacity and energy may start anew with the step, the cycle or never
    (`bdf.within_steps`).  Columns that the map does not name are kept as the vendor's.

Source
    None: the layout is the person's own.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import AfterValidator, Field, model_validator

from byssus.errors import ReadError, UnitError, did_you_mean
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reading
from byssus.measured.metadata import Instrument, Strict
from byssus.measured.readers.bdf import MOST_FALLS, rebuilt_steps, within_steps
from byssus.measured.readers.printed import LARGEST_TEXT, Printed, fields_of, printed_csv
from byssus.measured.readers.workbook import checked_workbook, printed_sheet
from byssus.measured.readers.workstation import impedance_doubts, spectra, sweeps
from byssus.measured.steps import count_steps
from byssus.measured.tables import CURVES, KINDS, Column
from byssus.quantity import check_unit, convert

_CLOCK = "h:mm:ss"
_SHORT = {
    "time": "test_time",
    "step": "step_count",
    "cycle": "cycle_count",
    "record": "record_index",
    "capacity": "step_cumulative_capacity",
    "energy": "step_cumulative_energy",
    "temperature": "ambient_temperature",
}
_SEPARATORS = (",", ";", "\t")
_COUNTERS = ("Step Cumulative Capacity / Ah", "Step Cumulative Energy / Wh")
#: Counted from another column where the map has none.
_COUNTED: dict[str, tuple[str, Callable[[pl.Series], pl.Series]]] = {
    "Sweep Count / 1": ("Voltage / V", sweeps),
    "Spectrum Count / 1": ("Frequency / Hz", spectra),
}
_DERIVED = {"Cell Direction", "Electrode Direction"}


def _a_zone(name: str | None) -> str | None:
    if name is not None and name not in zoneinfo.available_timezones():
        near = did_you_mean(name, zoneinfo.available_timezones()) if name else ""
        raise ValueError(f"{name!r} is not a time zone; {near if near.startswith('did') else 'e.g. Europe/Oslo'}")
    return name


def _a_unit(unit: str | None) -> str | None:
    if unit is None or unit == _CLOCK:
        return unit
    try:
        return check_unit(unit)
    except UnitError as error:
        raise ValueError(str(error)) from error


class Source(Strict):
    """Where a column of the table stands in the file."""

    column: Annotated[str, Field(min_length=1)]
    #: Where the heading does not say it.
    unit: Annotated[str | None, AfterValidator(_a_unit)] = None
    #: Of a calendar time, in the letters of `datetime.strptime`; ISO 8601 if not said.
    format: str | None = None


class ColumnMap(Strict):
    """How to read a table that no vendor's reader knows.

    Examples
    --------
    >>> ColumnMap(columns={"time": "t/s", "voltage": "U/V", "current": "I/mA"}).columns["Current / A"].column
    'I/mA'
    """

    kind: Literal["cycling", "voltammetry", "impedance", "curve", "scalars"] = "cycling"
    curve: str | None = None
    columns: dict[str, Source]
    current_positive: Literal["charges", "discharges"] = "charges"
    minus_imaginary: bool = False
    zone: Annotated[str | None, AfterValidator(_a_zone)] = None
    decimal: Literal[".", ","] = "."
    separator: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    encoding: str | None = None
    skip: Annotated[int, Field(ge=0, le=10_000)] = 0
    sheet: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_table_name(cls, given: Any) -> Any:
        """Bring the short words for columns to the table's own names."""
        if not isinstance(given, dict) or not isinstance(given.get("columns"), dict):
            return given
        kind = KINDS.get(str(given.get("kind", "cycling")))
        if kind is None:
            return given
        words = {_word(column.name): column.name for column in kind if column.name not in _DERIVED}
        columns: dict[str, Any] = {}
        for key, source in given["columns"].items():
            name = words.get(_SHORT.get(key, key), key)
            if name not in words.values() and not (kind.free_columns and " / " in name):
                shorts = [short for short, word in _SHORT.items() if word in words]
                raise ValueError(
                    f"{key!r} is not a column of a {kind.name} table; {did_you_mean(key, [*words, *shorts])}"
                )
            if name in columns:
                raise ValueError(f"{name!r} is mapped twice")
            columns[name] = {"column": source} if isinstance(source, str) else source
        return given | {"columns": columns}

    @model_validator(mode="after")
    def _is_enough(self) -> Self:
        if self.kind == "curve" and self.curve not in CURVES:
            raise ValueError(f"curve: {did_you_mean(str(self.curve), CURVES)}")
        if self.kind != "curve" and self.curve is not None:
            raise ValueError("only a curve has a type of curve")
        if self.decimal == self.separator:
            raise ValueError(f"{self.decimal!r} cannot both stand between fields and in numbers")
        rebuilt = {"Step Count / 1", *_COUNTED, *_DERIVED} | (
            {"Test Time / s"} if "Unix Time / s" in self.columns else set()
        )
        for column in KINDS[self.kind]:
            if column.need == "required" and column.name not in {*self.columns, *rebuilt}:
                raise ValueError(f"columns: {_word(column.name)} is required ({column.name})")
        return self


def _word(name: str) -> str:
    return name.split(" / ")[0].lower().replace(" ", "_")


def read_mapped(file: InstrumentFile, mapping: ColumnMap) -> Reading:
    """Read a file by a map of its columns.

    Raises
    ------
    ReadError
        If a mapped column is missing, has no unit or one of another kind, or holds what is
        no number; the line names the file, the line, the column and the value.
    """
    printed = _printed(file, mapping)
    kind = KINDS[mapping.kind]
    printed = printed.sound(
        *(
            source.column
            for name, source in mapping.columns.items()
            if source.column in printed.cells.columns and source.unit != _CLOCK
            if (column := kind.column(name)) and column.need == "required" and column.dtype == pl.Float64
        )
    )
    findings, missing = list(printed.findings), {}
    resolution: dict[str, float] = {}
    columns: dict[str, pl.Series] = {}
    first = None
    for name, source in mapping.columns.items():
        if source.column not in printed.cells.columns:
            fix = did_you_mean(source.column, printed.cells.columns)
            raise ReadError(f"lacks the column {source.column!r}", file=file.path, field=_word(name), fix=fix)
        column = kind.column(name) or Column(name, pl.Float64(), "required", "")
        if name == "Unix Time / s" and not _is_number(printed, source):
            unix, first, found = _calendar(printed, source, mapping.zone)
            findings += found
            if unix is None:
                missing[name] = "the file's calendar times name no time zone, and the map gives no zone"
                continue
            columns[name] = unix
        elif column.dtype.is_numeric():
            columns[name], digit, found = _measured(printed, source, column)
            findings += found
            if digit is not None and column.dtype == pl.Float64:
                resolution[name] = digit
        else:
            columns[name] = printed.checked(
                source.column, printed.column(source.column), "is empty", needed=column.need == "required"
            )
    data = pl.DataFrame([value.alias(name) for name, value in columns.items()])
    data, found = _completed(data, mapping, file)
    if first is not None and "Test Time / s" in mapping.columns:
        first -= timedelta(seconds=data["Test Time / s"][0])
    mapped = {source.column for name, source in mapping.columns.items() if name in columns}
    return Reading(
        kind=mapping.kind,
        curve=mapping.curve,
        data=data.with_columns(printed.vendor(mapped)),
        instrument=Instrument(resolution=resolution),
        started=None if first is None else first.isoformat(),
        missing=missing,
        findings=(*findings, *found),
    )


def _printed(file: InstrumentFile, mapping: ColumnMap) -> Printed:
    if file.is_zip:
        sheets = checked_workbook(file)
        if mapping.sheet is None and len(sheets) > 1:
            names = ", ".join(sheets)
            raise ReadError(f"has several sheets: {names}", file=file.path, field="sheet", fix="name one")
        sheet = sheets[0] if mapping.sheet is None else mapping.sheet
        if sheet not in sheets:
            fix = did_you_mean(sheet, sheets)
            raise ReadError("is not a sheet of the workbook", file=file.path, field="sheet", value=sheet, fix=fix)
        return printed_sheet(file, sheet, heading=mapping.skip, decimal=mapping.decimal)
    text = file.text(mapping.encoding, largest=LARGEST_TEXT)
    lines = text.split("\n", mapping.skip + 1)
    if len(lines) <= mapping.skip:
        raise ReadError(f"has no {mapping.skip + 1} lines", file=file.path, field="skip", value=mapping.skip)
    heading, wanted = lines[mapping.skip], {source.column for source in mapping.columns.values()}
    possible = [mapping.separator] if mapping.separator else [s for s in _SEPARATORS if s != mapping.decimal]
    # The separator that shows the most of the columns; where some are missing, the error lists the others.
    best = max(
        possible, key=lambda separator: (len(wanted & set(fields_of(heading, separator))), heading.count(separator))
    )
    return replace(printed_csv(file, text, heading=mapping.skip, separator=best), decimal=mapping.decimal)


def _heading_unit(name: str) -> str | None:
    """Return the unit that a heading states, after a solidus or in brackets, if it is one."""
    for pattern in (r"[(\[]([^()\[\]]+)[)\]]\s*$", r"/\s*(.+)$"):
        if found := re.search(pattern, name):
            try:
                return check_unit(found[1].strip())
            except UnitError:
                # "Z'' (bottom)" or "on/off": words in the place of a unit are none.
                continue
    return None


def _measured(printed: Printed, source: Source, column: Column) -> tuple[pl.Series, float | None, list[Finding]]:
    """Return a column in the table's unit, its last digit, and what was odd about its unit."""
    needed = column.need == "required"
    name, target = source.column, column.name.partition(" / ")[2] or "1"
    if source.unit == _CLOCK:
        if target != "s":
            raise ReadError(f"is a clock, not a quantity in {target}", file=printed.file, field=name)
        return printed.clock(name, needed=needed), printed.digit(name), []
    if column.dtype.is_integer():
        return printed.count(name, needed=needed), None, []
    said = _heading_unit(name)
    unit = source.unit or said or ("1" if target == "1" else None)
    if unit is None:
        fix = f"add to the map: {_word(column.name)}: {{column: {name!r}, unit: …}}"
        raise ReadError(
            f"names no unit, and the map gives none for {column.name}", file=printed.file, field=name, fix=fix
        )
    try:
        offset = convert(0.0, unit, target)
        factor = convert(1.0, unit, target) - offset
    except UnitError as error:
        raise ReadError(
            error.message, file=printed.file, field=name, value=unit, fix="check column and unit"
        ) from error
    findings = []
    if said is not None and said != unit:
        message = f"the heading {name!r} says {said}, the map says {unit}: the map's unit is used"
        findings.append(Finding("unit-overruled", message, field=column.name))
    value, digit = printed.number(name, factor, needed=needed), printed.digit(name)
    return (value + offset if offset else value), None if digit is None else digit * factor, findings


def _is_number(printed: Printed, source: Source) -> bool:
    """Whether a column of calendar times counts seconds rather than naming days."""
    if source.format is not None or source.unit is not None:
        return source.format is None
    value = printed.free(source.column)
    return value.dtype == pl.Float64 and value.null_count() < value.len()


def _calendar(
    printed: Printed, source: Source, zone: str | None
) -> tuple[pl.Series | None, datetime | None, list[Finding]]:
    """Return calendar times as seconds since 1970 if their zone is known, the first of them, and findings."""
    name = source.column
    text, layout = printed.column(name), source.format
    if layout is None:
        # Year first, so that day and month are in no doubt.
        text = (
            text.str.replace("T", " ", literal=True).str.replace_all("/", "-", literal=True).str.replace("Z$", "+00:00")
        )
        aware = bool(text.drop_nulls().str.contains(r":\d\d(?:\.\d+)?[+-]\d\d:?\d\d$").all())
        layout = "%Y-%m-%d %H:%M:%S%.f" + ("%z" if aware else "")
    else:
        aware = "%z" in layout
        layout = layout.replace(".%f", "%.f")
    try:
        moment = text.str.to_datetime(layout, strict=False, time_unit="us")
    except pl.exceptions.PolarsError as error:
        raise ReadError("is not a format of dates", file=printed.file, field="format", value=source.format) from error
    shape = source.format or "YYYY-MM-DD hh:mm:ss"
    moment = printed.checked(name, moment, f"is not a date and time ({shape})", needed=False)
    first = moment.drop_nulls()[0] if moment.null_count() < moment.len() else None
    if aware:
        return moment.dt.timestamp("us") / 1e6, first, []
    if zone is None:
        return None, first, []
    early, late = (
        moment.dt.replace_time_zone(zone, ambiguous=which, non_existent="null") for which in ("earliest", "latest")
    )
    left_out = f"is a time that the clocks of {zone} leave out"
    early = printed.checked(name, early, left_out, needed=False)
    frame = pl.DataFrame({"early": early.dt.timestamp("us"), "late": late.dt.timestamp("us"), "local": moment})
    repeated = (pl.col("early") != pl.col("late")).fill_null(value=False)
    fallen_back = (pl.col("local").diff() < pl.duration(seconds=0)).fill_null(value=False) & repeated
    frame = frame.with_columns(repeated.alias("repeated"), repeated.rle_id().alias("block"), fallen_back.alias("back"))
    second = pl.col("back").cum_sum().over("block") > 0
    unix = frame.select(pl.when(second).then("late").otherwise("early") / 1e6).to_series()
    findings = []
    if count := int(frame["repeated"].sum()):
        message = f"{count} records are of an hour that the clocks of {zone} repeat: of its first pass until the clock falls back"
        findings.append(Finding("clock-repeats", message, field="Unix Time / s", value=count))
    return unix, first, findings


def _completed(data: pl.DataFrame, mapping: ColumnMap, file: InstrumentFile) -> tuple[pl.DataFrame, list[Finding]]:
    """Turn the sign, and add test time and steps where the file has none."""
    findings: list[Finding] = []
    if "Current / A" in data.columns and mapping.current_positive == "discharges":
        data = data.with_columns(-pl.col("Current / A"))
    if "Test Time / s" not in data.columns and "Unix Time / s" in mapping.columns:
        if "Unix Time / s" not in data.columns or data["Unix Time / s"].null_count():
            fix = "map time, or give the zone of the calendar times"
            raise ReadError("has no test time, and calendar times that do not give one", file=file.path, fix=fix)
        unix = pl.col("Unix Time / s")
        data = data.with_columns((unix - unix.first()).alias("Test Time / s"))
    for name, (source, count) in _COUNTED.items():
        if source in data.columns and KINDS[mapping.kind].column(name) and name not in data.columns:
            data = data.with_columns(count(data[source]).alias(name))
    if mapping.kind == "impedance":
        real, imaginary = "Real Impedance / ohm", "Imaginary Impedance / ohm"
        data = data.with_columns(pl.col(imaginary) * (-1 if mapping.minus_imaginary else 1))
        findings += impedance_doubts(data[real], data[imaginary])
    if mapping.kind != "cycling":
        return data, findings
    if "Step Count / 1" in data.columns:
        data = data.with_columns(count_steps(pl.col("Step Count / 1")).alias("Step Count / 1"))
    else:
        data, finding = rebuilt_steps(data)
        findings.append(finding)
    for name in _COUNTERS:
        if name not in data.columns:
            continue
        since, falls = within_steps([data[name].abs()], data["Step Count / 1"])
        if falls > MOST_FALLS * data.height:
            raise ReadError(
                f"falls in {falls} of {data.height} records without starting anew: it counts not one direction",
                file=file.path,
                field=mapping.columns[name].column,
                fix="map a counter of charge passed, or none: it is then the integral of the current",
            )
        if falls:
            message = f"the counter falls {falls} times without a reset"
            findings.append(Finding("counter-backwards", message, field=name, value=falls))
        data = data.with_columns(since.alias(name))
    return data, findings
