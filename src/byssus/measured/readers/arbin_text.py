"""Arbin .csv and .xlsx, the exports of MITS Pro and of Arbin's Data Watcher.

Layout
    .csv: one line of column names, perhaps after a preamble, then one line a record; commas,
    or semicolons or tabs with a decimal comma.  .xlsx: ``Global_Info`` (title, serial
    number, a heading that begins ``Channel`` and the values below it) and one or more sheets
    ``Channel_<channel>_<part>`` (older: ``Channel_<test>-<channel>``), one row a record.

    Names differ with the generation: ``Test_Time(s)``, ``Test Time (s)``, ``Test_Time``.  Case,
    and blanks for underscores, do not matter; the unit in brackets does.

    ==================== ============================== ====================================
    column               table                          remark
    ==================== ============================== ====================================
    Data_Point           Record Index / 1
    Test_Time            Test Time / s                  required; s, min or h
    Step_Time            Step Time / s                  likewise
    Date_Time, DateTime  vendor: …                      see Resolution and clock
    Step_Index           Step ID
    Cycle_Index          Cycle Count / 1
    Current              Current / A                    required; positive charges
    Voltage              Voltage / V                    required
    Charge_Capacity      Step Cumulative Capacity / Ah  required; a running counter, kept as
    Discharge_Capacity                                  ``vendor: …`` too, as written
    Charge_Energy        Step Cumulative Energy / Wh    likewise
    Discharge_Energy
    Internal_Resistance  Internal Resistance / ohm      empty until it is measured
    all others           vendor: …                      ``Temperature`` is the cell's or the
                                                        chamber's: the file does not say
    ==================== ============================== ====================================

    A name without a unit is in s, A, V, Ah, Wh, Ohm.  A unit in brackets is one of those, with
    m, u or µ before it, or min, h; another is refused.

Resolution and clock
    A column of text is good to its last printed digit, a column of cells to the power of ten
    of which all its values are multiples; one whose values are all 32-bit floats to 2**-24 of
    the largest; the coarser holds where both do.  Nothing is stated of doubles, nor of columns
    that print powers of ten in some records only.  Test_Time is good to 0.1 ms in the .csv and to
    1 µs in the workbook.
    Date_Time is a local time, or a day number since 1899-12-30, without a zone; or a number
    above 1e9, which is Unix time.  It keeps with Test_Time to 0.02 s over 14 days in the workbook;
    in the .csv it is their sum.  Neither file holds a pause of the channel.  The start is the
    first record's less its Test_Time.  The Start DateTime in Global_Info may be minutes off (the
    clock of another computer) and is kept in the vendor's header.  A date like 3/4/2020
    is left unread unless some record's date tells the day from the month.

Rules
    Steps and their capacities as in `byssus.measured.readers.arbin_res`.  Where Step_Index and
    Cycle_Index are empty, a step begins where the current changes between charge, discharge and rest.
    A column that is wholly empty counts as absent; time, current, voltage, indexes and
    counters are numbers in every record, or the file is refused.  Of several channels in a workbook
    the first is read, with a finding; the parts of a channel follow each other by number.
    A last line with too few fields was being written; it is left out, with a finding.
    So is any other line with too few or too many, unless they are more than one in a
    hundred.  A workbook that is cut off has lost its directory and is refused.

Source
    2017-05-09_test-TC-contact_CH33.csv of beep (Apache-2.0), whose DateTime is Unix time;
    bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx of navani 0.1.22 (MIT).  The second
    generation's names (``Test Time (s)``) are those of Arbin's published exports.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.arbin_res import REQUIRED, WHOLE, check_numbers, clock, cycling_frame
from byssus.measured.readers.printed import Printed, heading_names, moment, printed_csv, single_digit, stored_digit
from byssus.measured.readers.workbook import sheets_of, workbook

_NAMES = (*WHOLE, "Internal_Resistance", "Date_Time")
_INDEXES = ("Data_Point", "Step_Index", "Cycle_Index")
_OTHER_NAMES = {"datetime": "Date_Time"}
_UNITS = {
    "Test_Time": "s",
    "Step_Time": "s",
    "Current": "A",
    "Voltage": "V",
    "Charge_Capacity": "Ah",
    "Discharge_Capacity": "Ah",
    "Charge_Energy": "Wh",
    "Discharge_Energy": "Wh",
    "Internal_Resistance": "ohm",
}
_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6}
_TIMES = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "hour": 3600.0}
_OTHER_UNITS = {"ohms": "ohm", "ω": "ohm"}
_RESOLVED = {
    "Test_Time": "Test Time / s",
    "Voltage": "Voltage / V",
    "Current": "Current / A",
    "Capacity": "Step Cumulative Capacity / Ah",
}
#: Digits of a 64-bit float.
_DOUBLE = 2.0**-52
#: Lines above the heading.
_MOST_PREAMBLE = 40
_CHANNEL = re.compile(r"Channel_(\d+(?:-\d+)?)(?:_(\d+))?$")
#: What a workbook may unpack to, in bytes and times its size; how many cells a sheet may hold, and span for each of them.
_MOST_BYTES, _MOST_RATIO, _FREE_BYTES = 1024**3, 50, 4 * 1024**2
_MOST_CELLS, _MOST_SPAN, _FREE_CELLS = 20_000_000, 10, 1_000_000
_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Z]{0,3})(\d{1,7})""")
#: Unix times from 2001 to 2096.
_UNIX = (1e9, 4e9)


def canonical(name: str) -> tuple[str, str | None]:
    """Return the name that this module uses for a column, and the unit that its brackets give.

    Examples
    --------
    >>> canonical("Test Time (s)"), canonical("charge_capacity(Ah)"), canonical("DateTime")
    (('Test_Time', 's'), ('Charge_Capacity', 'Ah'), ('Date_Time', None))
    """
    found = re.fullmatch(r"(.*?)\s*(?:\(([^()]*)\))?\s*", name.strip())
    bare, unit = (found[1], found[2]) if found else (name, None)
    plain = re.sub(r"[\s_]+", "_", bare).lower()
    own = {known.lower(): known for known in _NAMES} | _OTHER_NAMES
    return own.get(plain, bare), unit


def _is_heading(line: str) -> bool:
    names = {canonical(name)[0] for name in re.split(r"[,;\t]", line.replace('"', ""))}
    return len(names & {*REQUIRED, "Step_Index", "Cycle_Index"}) >= 5


def _recognises_csv(file: InstrumentFile) -> bool:
    return any(_is_heading(line) for line in file.head_text.split("\n", _MOST_PREAMBLE)[:_MOST_PREAMBLE])


def _read_csv(file: InstrumentFile) -> Reading:
    text = file.text().replace('"', "")
    lines = text.split("\n", _MOST_PREAMBLE)[:_MOST_PREAMBLE]
    heading_at = next((at for at, line in enumerate(lines) if _is_heading(line)), None)
    if heading_at is None:
        raise ReadError("names no columns of an Arbin", file=file.path, fix="export it with its column names")
    heading = lines[heading_at]
    separator = max(",;\t", key=heading.count)
    renamed = _renamed(file, heading_names(file, heading, heading_at, separator), f"line {heading_at + 1}")
    printed = printed_csv(
        file,
        text,
        heading=heading_at,
        separator=separator,
        names=list(renamed),
        closed=heading.endswith(separator),
    )
    if separator != ",":
        printed = replace(printed, cells=printed.cells.with_columns(pl.all().str.replace(",", ".", literal=True)))
    preamble: dict[str, Scalar] = {
        f"line {at}": line.strip(separator + " ")
        for at, line in enumerate(lines[:heading_at], 1)
        if line.strip(",;\t ")
    }
    return _reading(file, printed, renamed, preamble)


def _recognises_xlsx(file: InstrumentFile) -> bool:
    return any(_CHANNEL.fullmatch(name) for name in sheets_of(file))


def _read_xlsx(file: InstrumentFile) -> Reading:
    _check_size(file)
    book = workbook(file)
    parts: dict[str, list[tuple[int, str]]] = {}
    for name in book.sheet_names:
        if found := _CHANNEL.fullmatch(name):
            parts.setdefault(found[1], []).append((int(found[2] or 0), name))
    channel = next(iter(parts))
    findings = []
    if len(parts) > 1:
        message = f"the workbook holds {len(parts)} channels; {channel} is read, not {', '.join(list(parts)[1:6])}"
        findings.append(Finding("several-tests", message, field="Channel", value=len(parts)))
    sheets = [name for _, name in sorted(parts[channel])]
    frames, places = [], []
    renamed: dict[str, str] = {}
    for sheet in sheets:
        frame = _sheet(file, book, sheet)
        renamed_here = _renamed(file, frame.columns, f"sheet {sheet}")
        if renamed and list(renamed.values()) != list(renamed_here.values()):
            raise ReadError(
                "has other columns than the sheet before it",
                file=file.path,
                place=f"sheet {sheet}",
                fix="export the test again",
            )
        renamed = renamed_here
        frame.columns = list(renamed)
        full = frame.select(pl.any_horizontal(pl.all().is_not_null()).alias("full"))["full"]
        places += [f"{sheet}, row {at + 2}" for at in full.arg_true()]
        frames.append(frame.filter(full))
    raw = pl.concat(frames, how="vertical_relaxed")
    if raw.is_empty():
        raise ReadError("holds no record", file=file.path, place=f"sheet {sheets[0]}")
    printed = Printed(file.path, raw, pl.Series(places), "sheet", tuple(findings))
    return _reading(file, printed, renamed, _report(book, channel), channel)


def _check_size(file: InstrumentFile) -> None:
    """Refuse a workbook whose sheets would take memory out of proportion: the parser makes a full grid of a sheet."""
    with zipfile.ZipFile(file.path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > min(_MOST_BYTES, _MOST_RATIO * file.size + _FREE_BYTES):
            raise ReadError(f"unpacks to {unpacked} bytes", file=file.path, fix="it is no export of an instrument")
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            content = archive.read(name)
            cells = content.count(b"<c")
            columns, rows = b"", 0
            if cells <= _MOST_CELLS:
                for letters, digits in _PLACE.findall(content):
                    columns, rows = max(columns, letters, key=_order), max(rows, int(digits))
            if cells > _MOST_CELLS or rows * _column_number(columns) > _MOST_SPAN * cells + _FREE_CELLS:
                raise ReadError(
                    f"holds {cells} cells and spans {rows} rows to column {columns.decode()}",
                    file=file.path,
                    place=name,
                    fix="it is damaged; export the test again",
                )


def _order(letters: bytes) -> tuple[int, bytes]:
    return len(letters), letters


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _sheet(file: InstrumentFile, book: Any, name: str) -> pl.DataFrame:
    """Load a sheet; where a column of numbers holds text too, the numbers are not rounded for it."""
    frame: pl.DataFrame = book.load_sheet(name, schema_sample_rows=None).to_polars()
    numeric = {*WHOLE, "Internal_Resistance"}
    mixed = [
        column
        for column in frame.columns
        if canonical(column)[0] in numeric
        and not frame.schema[column].is_numeric()
        and frame[column].null_count() < frame.height
    ]
    if not mixed:
        return frame
    numbers = book.load_sheet(name, dtypes=dict.fromkeys(mixed, "float")).to_polars()
    for column in mixed:
        lost = numbers[column].is_null() & frame[column].is_not_null()
        if lost.any():
            at = int(lost.arg_true()[0])
            raise _not_a_number(file, f"sheet {name}, row {at + 2}", column, frame[column][at])
    return frame.with_columns(numbers.select(mixed))


def _report(book: Any, channel: str) -> dict[str, Scalar]:
    """Return what Global_Info says: labels in one row, their values in the next."""
    name = next((name for name in book.sheet_names if name in {"Global_Info", "Info"}), None)
    if name is None:
        return {}
    rows = book.load_sheet(name, header_row=None, n_rows=60, dtypes="string").to_polars().rows()
    header: dict[str, Scalar] = {}
    for labels, values in itertools.pairwise(rows):
        if labels[0] == "Channel":
            chosen = next((row for row in rows if row[0] == channel), values)
            header |= {label: value for label, value in zip(labels, chosen, strict=True) if label and value is not None}
        elif "Serial Number" in labels:
            header["Serial Number"] = values[labels.index("Serial Number")]
    return header


def _renamed(file: InstrumentFile, names: list[str], place: str) -> dict[str, str]:
    """Return the file's own column names by this module's, in their order."""
    renamed: dict[str, str] = {}
    for number, own in enumerate(names, 1):
        known, _ = canonical(own)
        # A column that this module does not use keeps its whole name.
        key = known if known in _NAMES else own.strip() or f"column {number}"
        if key in renamed:
            raise ReadError(
                f"names the column {key!r} twice", file=file.path, place=place, fix="export it with each column once"
            )
        renamed[key] = own.strip() or key
    if missing := [name for name in REQUIRED if name not in renamed]:
        raise ReadError(
            f"lacks the column {missing[0]!r}", file=file.path, place=place, fix="export it with this column"
        )
    return renamed


def _reading(
    file: InstrumentFile,
    printed: Printed,
    renamed: dict[str, str],
    header: dict[str, Scalar],
    channel: str | None = None,
) -> Reading:
    raw = printed.cells
    dates = raw["Date_Time"] if "Date_Time" in raw.columns else pl.Series([None])
    typed, names, digits = _typed(file, printed, renamed)
    check_numbers(file, typed, printed.place)
    for direction in ("Charge", "Discharge"):
        if (digit := digits.pop(f"{direction}_Capacity", None)) is not None:
            digits["Capacity"] = max(digit, digits.get("Capacity", 0.0))
    data, rebuilt = cycling_frame(typed, names)
    missing = {}
    if unix := _is_unix(dates):
        data = data.with_columns(dates.cast(pl.Float64).alias("Unix Time / s"))
    else:
        missing["Unix Time / s"] = "the file's calendar times name no time zone"
    started = _started(dates, unix, float(typed["Test_Time"][0]))
    if started is None:
        missing["started"] = "the file holds no date, or none that tells the day from the month"
    if "Cycle_Index" not in typed.columns:
        missing["Cycle Count / 1"] = "the file numbers no cycles"
    software = header.get("Software Version")
    return Reading(
        kind="cycling",
        data=data,
        instrument=Instrument(
            vendor="Arbin",
            software=None if software is None else str(software),
            channel=channel,
            resolution={_RESOLVED[name]: digit for name, digit in digits.items() if name in _RESOLVED},
        ),
        started=started,
        missing=missing,
        vendor=header,
        findings=(*printed.findings, *rebuilt),
    )


def _typed(
    file: InstrumentFile, printed: Printed, renamed: dict[str, str]
) -> tuple[pl.DataFrame, dict[str, str], dict[str, float]]:
    """Return the columns as numbers in this module's units, or text; the file's own names; and the smallest steps."""
    columns: list[pl.Series] = []
    digits: dict[str, float] = {}
    names: dict[str, str] = {}
    for name, own in renamed.items():
        series = printed.cells[name]
        empty = series.null_count() == series.len()
        if empty and name in REQUIRED:
            raise ReadError(
                "is empty", file=file.path, place=printed.place(0), field=own, fix="export it with this column"
            )
        if name not in {*WHOLE, "Internal_Resistance"}:
            names[name] = own
            columns.append(_as_written(series))
        elif not empty:
            number = series.cast(pl.Float64, strict=False)
            lost = number.is_null() & series.is_not_null()
            if lost.any():
                at = int(lost.arg_true()[0])
                raise _not_a_number(file, printed.place(at), own, series[at])
            factor = _factor(file, name, own)
            if name in _INDEXES:
                columns.append(_whole_numbers(file, number, own, printed.place))
                continue
            if factor == 1:
                names[name] = own
            else:
                names[f"{own} as written"] = own
                columns.append(number.alias(f"{own} as written"))
            if (digit := _resolution(printed, name, number)) is not None:
                digits[name] = digit * factor
            columns.append(printed.number(name, factor, needed=False) if factor != 1 else number)
    return pl.DataFrame(columns), names, digits


def _whole_numbers(file: InstrumentFile, number: pl.Series, own: str, place: Callable[[int], str]) -> pl.Series:
    odd = (number.is_finite() & ((number != number.round()) | (number.abs() >= 2**53))).fill_null(value=False)
    # What is missing or infinite is refused with the other columns.
    odd |= number.is_infinite().fill_null(value=False) | number.is_nan().fill_null(value=False)
    if odd.any():
        at = int(odd.arg_true()[0])
        raise _not_a_number(file, place(at), own, number[at], "is not a whole number")
    return number.cast(pl.Int64).alias(canonical(own)[0])


def _as_written(series: pl.Series) -> pl.Series:
    """Return a column that the table has no name for: numbers if all of it are, or text."""
    if isinstance(series.dtype, pl.Datetime):
        return series.dt.strftime("%Y-%m-%d %H:%M:%S%.3f")
    if series.dtype.is_numeric():
        return series
    text = series.cast(pl.String, strict=False)
    number = text.cast(pl.Float64, strict=False)
    return text if number.null_count() > text.null_count() or text.null_count() == len(text) else number


def _factor(file: InstrumentFile, name: str, own: str) -> float:
    unit = canonical(own)[1]
    base = _UNITS.get(name)
    if unit is None or base is None:
        return 1.0
    plain = unit.strip()
    factor: float | None
    if base == "s":
        factor = _TIMES.get(plain.lower())
    else:
        for other, usual in _OTHER_UNITS.items():
            plain = re.sub(f"{other}$", usual, plain, flags=re.IGNORECASE)
        # The case of a prefix matters, that of what follows does not: mA, MA; ohm, Ohm.
        at = len(plain) - len(base)
        factor = _PREFIXES.get(plain[:at]) if at >= 0 and plain[at:].lower() == base.lower() else None
    if factor is None:
        raise ReadError(
            f"is not a unit of {name}", file=file.path, field=own, value=unit, fix=f"export it in {base or 's'}"
        )
    return factor


def _not_a_number(
    file: InstrumentFile, place: str, field: str, value: object, what: str = "is not a number"
) -> ReadError:
    return ReadError(
        what,
        file=file.path,
        place=place,
        field=field,
        value=value,
        fix="mend or remove the record, or export the file again",
    )


def _is_unix(dates: pl.Series) -> bool:
    number = dates.cast(pl.Float64, strict=False) if not dates.dtype.is_temporal() else pl.Series([None])
    return number.null_count() == 0 and bool(number.is_between(*_UNIX).all())


def _started(dates: pl.Series, unix: bool, after: float) -> str | None:
    """Return the start of the test from the first record's date, or nothing where it cannot be told."""
    first = dates[0]
    if first is None:
        return None
    if unix:
        return datetime.fromtimestamp(float(first) - after, UTC).isoformat(timespec="milliseconds")
    if not isinstance(first, datetime):
        try:
            return clock(float(first) - after / 86400)
        except ValueError:
            first = moment(dates.cast(pl.String))
    try:
        return None if first is None else (first - timedelta(seconds=after)).isoformat(timespec="milliseconds")
    except OverflowError:
        return None


def _resolution(printed: Printed, name: str, number: pl.Series) -> float | None:
    """Return the smallest step of a column's values: of their decimals, or of 32-bit floats; nothing for doubles."""
    values = number.filter(number.is_finite())
    largest = values.abs().max()
    if not isinstance(largest, float) or largest == 0:
        return None
    text = printed.cells.schema[name] == pl.String
    digit = printed.digit(name) if text else stored_digit(values)
    steps = []
    # A cell does not say with how many zeros a whole number was measured; digits beyond those of a double
    # were printed, not measured.
    if digit is not None and (text or digit < 1) and digit > _DOUBLE * largest:
        steps.append(digit)
    if bool((values.cast(pl.Float32).cast(pl.Float64) == values).all()):
        steps.append(single_digit(values) or 0.0)
    return max(steps, default=None)


CSV_READER = Reader("arbin-csv", "Arbin .csv", _recognises_csv, _read_csv)
XLSX_READER = Reader("arbin-xlsx", "Arbin .xlsx (sheets Global_Info, Channel_…)", _recognises_xlsx, _read_xlsx)
