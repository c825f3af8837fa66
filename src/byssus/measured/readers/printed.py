"""Tables as files print them: the one core of all readers of delimited text, and of cells.

A text is split into records by `printed_csv`; a `Printed` turns its columns into numbers,
counts and clocks, or says which cell is none.  What a column's last digit is worth comes
from how it is printed (`Printed.digit`) or stored (`stored_digit`, `single_digit`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from byssus.errors import ReadError, did_you_mean
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile
from byssus.measured.tables import VENDOR

#: A text larger than this would not fit in a gigabyte once it is taken apart.
LARGEST_TEXT = 80_000_000
#: No instrument writes more columns; a damaged heading may.
MOST_COLUMNS = 2000
#: More malformed records than this share, and the file is not what it claims to be.
MALFORMED = 0.01
_CLOCK = r"^(?:(\d+)(?:[- ]|d\s*))?(\d+):([0-5]?\d):([0-5]?\d(?:\.\d*)?)$"
_DATE = r"^\s*(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?\s*([AaPp][Mm])?\s*$"
#: What instruments print for no value.
_NONE = ("nan", "+nan", "-nan", "null", "none", "n/a", "xxx", "-", "---")
#: Stands between fields where the file's own separator may stand inside quotes.
_FIELD = "\x1f"
#: Digits of a 32-bit and of a 64-bit float: a value is known to this part of it.
_SINGLE, _DOUBLE = 2.0**-24, 2.0**-52


@dataclass(frozen=True)
class Printed:
    """A table as a file prints it: cells of text, missing where blank, and where each record stands.

    Numbers that a file stores as numbers may stay so.
    """

    file: Path
    cells: pl.DataFrame
    #: The line or row of each record.
    at: pl.Series
    word: str = "line"
    findings: tuple[Finding, ...] = ()
    decimal: str = "."

    def column(self, name: str) -> pl.Series:
        """Return the cells of a column; a missing one is an error that offers the nearest."""
        if name not in self.cells.columns:
            raise ReadError(f"lacks the column {name!r}", file=self.file, fix=did_you_mean(name, self.cells.columns))
        return self.cells[name]

    def pointed(self, name: str) -> pl.Series:
        """Return the cells of a column with a decimal point; beside a decimal comma a point makes no number."""
        if self.decimal == ".":
            return self.column(name)
        grouped = pl.col(name).str.contains(".", literal=True)
        pointed = pl.col(name).str.replace(self.decimal, ".", literal=True)
        return (
            self.column(name).to_frame().select(pl.when(grouped).then(pl.lit("?")).otherwise(pointed).alias(name))[name]
        )

    def place(self, row: int) -> str:
        """Say where a record stands."""
        return f"{self.word} {self.at[row]}"

    def wrong(self, name: str, row: int, what: str) -> ReadError:
        """Return the error that names one cell."""
        value = self.cells[name][row]
        return ReadError(
            what,
            file=self.file,
            place=self.place(row),
            field=name,
            value="" if value is None else value,
            fix="mend or remove the record, or export the file again",
        )

    def checked(self, name: str, value: pl.Series, what: str, *, needed: bool) -> pl.Series:
        """Return the values of a column, or say which cell is none; blank cells pass where none is needed."""
        bad = value.is_null()
        if not needed and value.len() and self.column(name).dtype.is_numeric():
            bad &= False
        elif not needed:
            bad &= ~self.column(name).str.to_lowercase().is_in(_NONE).fill_null(value=True)
        if bad.any():
            raise self.wrong(name, int(bad.arg_true()[0]), what)
        return value

    def number(self, name: str, unit: float = 1.0, *, needed: bool = True) -> pl.Series:
        """Return a column as finite numbers, times the unit that it is printed in."""
        value = _finite(self.pointed(name).cast(pl.Float64, strict=False))
        value = self.checked(name, value, "is not a number", needed=needed)
        return value if unit == 1 else scaled(value, unit, None if self.in_powers(name) else self.digit(name))

    def sound(self, *names: str) -> Printed:
        """Return the table without the records in which one of these columns holds no number, and the finding.

        One cell that was spoilt costs its record, not the file.  More of them than one in a
        hundred are left where they are, for `number` to refuse: then the column is something else.
        """
        good = pl.Series([True]).new_from_index(0, self.cells.height)
        for name in names:
            good &= _finite(self.pointed(name).cast(pl.Float64, strict=False)).is_not_null()
        bad = (~good).arg_true().to_list()
        if not bad or len(bad) > MALFORMED * self.cells.height:
            return self
        name = next(name for name in names if self.number_at(name, bad[0]) is None)
        cell = self.cells[name][bad[0]]
        message = (
            f"{len(bad)} record{'s lack' if len(bad) > 1 else ' lacks'} a number and {'are' if len(bad) > 1 else 'is'} left out: "
            f"{self.word} {', '.join(str(self.at[row]) for row in bad[:5])}{' …' if len(bad) > 5 else ''}"
        )
        finding = Finding("malformed-records", message, field=name, value="" if cell is None else str(cell))
        return replace(self, cells=self.cells.filter(good), at=self.at.filter(good), findings=(*self.findings, finding))

    def number_at(self, name: str, row: int) -> float | None:
        """Return the number in one cell; None if it holds none."""
        value = _finite(self.pointed(name)[row : row + 1].cast(pl.Float64, strict=False))[0]
        return None if value is None else float(value)

    def count(self, name: str, *, needed: bool = True) -> pl.Series:
        """Return a column as whole numbers."""
        value = self.number(name, needed=needed)
        whole = value.is_null() | ((value == value.round()) & (value.abs() < 2**53))
        if not whole.all():
            raise self.wrong(name, int((~whole).arg_true()[0]), "is not a whole number")
        return value.cast(pl.Int64)

    def clock(self, name: str, *, needed: bool = True) -> pl.Series:
        """Return a column of h:mm:ss.s, days before it where there are any (``2d 02:52:51.57``), as seconds."""
        text = self.column(name)
        parts = text.to_frame().select(pl.col(name).str.extract_groups(_CLOCK)).unnest(name).cast(pl.Float64)
        days, hours, minutes, seconds = parts.get_columns()
        value = days.fill_null(0) * 86400 + hours * 3600 + minutes * 60 + seconds
        return self.checked(name, value.alias(name), "is not a time h:mm:ss", needed=needed)

    def free(self, name: str) -> pl.Series:
        """Return a column as the vendor's: finite numbers where there are some, or text if any of it is neither."""
        text = self.column(name)
        value = self.pointed(name).cast(pl.Float64, strict=False)
        if text.dtype == pl.String:
            words = value.is_null() & ~text.str.to_lowercase().is_in(_NONE).fill_null(value=True)
            # 001 is a name.
            if words.any() or text.str.contains(r"^0\d").any():
                return text
        return _finite(value)

    def vendor(self, used: Collection[str]) -> list[pl.Series]:
        """Return all other columns under the vendor's names."""
        return [self.free(name).alias(f"{VENDOR}{name}") for name in self.cells.columns if name not in used]

    def in_powers(self, name: str) -> bool:
        """Whether numbers of a column are printed with powers of ten: each then has digits of its own."""
        text = self.column(name)
        return text.dtype == pl.String and bool(text.str.contains("[eE]").any())

    def digit(self, name: str) -> float | None:
        """Return one unit of the last digit printed in a column.

        Where all its numbers are printed with powers of ten, it is that of the largest; where
        only some are, each was printed as short as it could be, and there is none.
        """
        text = self.pointed(name)
        if text.dtype.is_numeric():
            return None
        decimals = text.str.extract(r"\.(\d*)").str.len_bytes().cast(pl.Int64).max()
        power = -decimals if isinstance(decimals, int) else 0
        if self.in_powers(name):
            exponents = text.str.extract(r"[eE]([+-]?\d+)$").cast(pl.Int64, strict=False)
            largest = exponents.max()
            if not isinstance(largest, int) or exponents.null_count() > text.null_count():
                return None
            power += largest
        return 10.0**power if abs(power) < 300 else None

    def digits(self, columns: Mapping[str, tuple[str, float]]) -> dict[str, float]:
        """Return the last digit of each of the table's columns, given the file's column and its unit in the table's."""
        found = {column: (self.digit(name), unit) for column, (name, unit) in columns.items()}
        return {column: digit * unit for column, (digit, unit) in found.items() if digit is not None}


def _finite(value: pl.Series) -> pl.Series:
    return value.zip_with(value.is_finite().fill_null(value=False), pl.Series([None], dtype=pl.Float64))


def scaled(values: pl.Series, factor: float, digit: float | None = None) -> pl.Series:
    """Multiply by a factor so that decimals stay decimals: 2800 mV become 2.8 V, and not 2.8000000000000003.

    Parameters
    ----------
    digit
        The last digit of the values.  Their products are multiples of `digit` times `factor`,
        and are rounded to that if it has finitely many decimals.

    Examples
    --------
    >>> scaled(pl.Series([2800.0]), 1e-3).item(), 2800.0 * 1e-3
    (2.8, 2.8000000000000003)
    >>> scaled(pl.Series([2.1]), 1e-3, 0.1).item(), 2.1 / 1000
    (0.0021, 0.0021000000000000003)
    """
    # Polars turns a division by one number into a product with its reciprocal, so the divisor is a column.
    divisor = pl.repeat(float(f"{1 / factor:.12g}"), values.len(), eager=True)
    product = values * factor if factor >= 1 else values / divisor
    largest = product.abs().max()
    if digit is None or not isinstance(largest, float):
        return product
    for decimals in range(16):
        step = digit * factor * 10.0**decimals
        # Beyond 2**53 a double does not tell a whole number from its neighbour.
        if step > 0.5 and abs(step - round(step)) < 1e-9 * step:
            return product.round(decimals) if largest * 10.0**decimals < 2**53 else product
    return product


def stored_digit(values: pl.Series) -> float | None:
    """Return the power of ten, at most 1, of which all numbers of a column are multiples; nothing if there is none.

    Examples
    --------
    >>> stored_digit(pl.Series([0.25, 0.5])), stored_digit(pl.Series([1.0, 1 / 3]))
    (0.01, None)
    """
    largest = values.abs().max()
    if not isinstance(largest, float):
        return None
    for decimals in range(13):
        whole = values * 10.0**decimals
        # Beyond this a double does not tell a whole number from its neighbour.
        if 10.0**decimals * largest > 2**48:
            return None
        if bool(((whole - whole.round()).abs() <= 1e-6 + 2 * _DOUBLE * whole.abs()).all()):
            return 10.0**-decimals
    return None


def single_digit(values: pl.Series) -> float | None:
    """Return the last digit of the largest of a column of 32-bit floats: 2**-24 of it."""
    largest = values.abs().max()
    return _SINGLE * largest if isinstance(largest, float) and largest > 0 else None


def moment(dates: pl.Series, *, month_first: bool | None = None) -> datetime | None:
    """Return the first of some dates as local time: year first, or last if it is known which number is the month.

    Examples
    --------
    >>> print(moment(pl.Series(["02/11/2020 12:22:12", "02/13/2020 00:00:00"])))
    2020-02-11 12:22:12
    >>> print(moment(pl.Series(["02/11/2020 12:22:12"])))
    None
    """
    found = re.match(_DATE, dates[0] or "")
    if found is None:
        return None
    a, b, c = (int(found[group]) for group in (1, 2, 3))
    if len(found[1]) == 4:
        year, month, day = a, b, c
    else:
        if month_first is None:
            # Somewhere in the test stands a number that is no month.
            firsts, seconds = (dates.str.extract(_DATE, group).cast(pl.Int64, strict=False).max() for group in (1, 2))
            if not (isinstance(firsts, int) and isinstance(seconds, int)) or (firsts > 12) == (seconds > 12):
                return None
            month_first = seconds > 12
        year, month, day = (c, a, b) if month_first else (c, b, a)
    hour = int(found[4]) % 12 + 12 * (found[8].lower() == "pm") if found[8] else int(found[4])
    try:
        whole = datetime(year, month, day, hour, int(found[5]), int(found[6] or 0))
        return whole + timedelta(microseconds=int((found[7] or "0").ljust(6, "0")))
    except (ValueError, OverflowError):
        return None


def fields_of(line: str, separator: str) -> list[str]:
    """Return the fields of one line, without quotes and blanks around them."""
    return [field.strip() for field in next(csv.reader([line], delimiter=separator), [])]


def numbered(names: list[str]) -> list[str]:
    """Return names with a number after those that recur.

    Examples
    --------
    >>> numbered(["Aux", "Time", "Aux"])
    ['Aux', 'Time', 'Aux #2']
    """
    found: dict[str, None] = {}
    times: dict[str, int] = {}
    for name in names:
        again = name
        while again in found:
            times[name] = times.get(name, 1) + 1
            again = f"{name} #{times[name]}"
        found[again] = None
    return list(found)


def heading_names(file: InstrumentFile, line: str, heading: int, separator: str) -> list[str]:
    """Return the names in a heading that stands on line `heading` (from 0); those left blank are numbered.

    Raises
    ------
    ReadError
        If there are none, or more than any instrument writes.
    """
    place = f"line {heading + 1}"
    if line.count(separator) >= MOST_COLUMNS:
        raise ReadError(f"has a heading of {line.count(separator) + 1} columns", file=file.path, place=place)
    names = fields_of(line, separator)
    while names and not names[-1]:
        names.pop()
    if not names:
        raise ReadError("names no columns", file=file.path, place=place)
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def printed_csv(
    file: InstrumentFile,
    text: str,
    *,
    heading: int = 0,
    separator: str = ",",
    names: list[str] | None = None,
    closed: bool = False,
) -> Printed:
    """Return the table in a text, whose records stand below line `heading` (from 0).

    A last record without all its fields was being written and is left out with a finding; so
    are others, unless they are more than one in a hundred: then the file is not what it claims
    to be.

    Parameters
    ----------
    names
        What the columns are called, where not as the heading says.
    closed
        Whether a separator closes each record; otherwise it may.

    Raises
    ------
    ReadError
        If there is no heading, two columns share a name, or no record is whole.
    """
    above, printed_separator = text.split("\n", heading + 1), separator
    try:
        if names is None:
            names = heading_names(file, above[heading] if heading < len(above) else "", heading, separator)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ReadError("names two columns", file=file.path, place=f"line {heading + 1}", value=twice)
        lines = pl.Series("line", above[heading + 1 :], dtype=pl.String).str.split("\n").explode()
        del above
        frame = lines.to_frame().with_row_index("at", heading + 2)
        frame = frame.filter(pl.col("line").str.strip_chars(f"{separator} \t,") != "")
        if '"' in text:
            quoted = frame["line"].str.contains('"', literal=True)
            parsed = [_FIELD.join(fields_of(line, separator)) for line in frame["line"].filter(quoted)]
            plain = frame["line"].str.replace_all(separator, _FIELD, literal=True)
            frame = frame.with_columns(plain.scatter(quoted.arg_true(), parsed))
            separator = _FIELD
    except csv.Error as error:
        raise ReadError(f"is no table of text ({error})", file=file.path, fix="export it again") from error
    width = len(names)
    records, at = frame["line"], frame["at"]
    fields = records.str.count_matches(separator, literal=True) + (0 if closed else 1)
    ends = records.str.ends_with(separator)
    whole = (fields == width) & ends if closed else (fields == width) | ((fields == width + 1) & ends)
    findings: list[Finding] = []
    if records.len() and whole[-1] and not text.endswith("\n") and not _complete(records.filter(whole), separator):
        whole[records.len() - 1] = False
        message = f"line {at[-1]}, the last, ends in its last field and is left out"
        findings.append(Finding("truncated", message, value=width))
    if not whole.any():
        raise ReadError("holds no whole record", file=file.path, fix="export it again from the instrument")
    bad = [row for row in (~whole).arg_true().to_list() if not (findings and row == records.len() - 1)]
    if bad and bad[-1] == records.len() - 1 and fields[bad[-1]] < width:
        row = bad.pop()
        message = f"line {at[row]}, the last, has {fields[row]} of {width} fields and is left out"
        findings.append(Finding("truncated", message, value=fields[row]))
    if len(bad) > MALFORMED * records.len():
        raise ReadError(
            f"{len(bad)} of {records.len()} records do not have {width} fields",
            file=file.path,
            place=f"line {at[bad[0]]}",
            value=records[bad[0]].replace(_FIELD, printed_separator)[:100],
            fix="export it again from the instrument",
        )
    if bad:
        places = ", ".join(str(at[row]) for row in bad[:5]) + (" …" if len(bad) > 5 else "")
        message = f"{len(bad)} records do not have {width} fields and are left out: line {places}"
        findings.append(Finding("malformed-records", message, value=len(bad)))
    # The separator that may end a record makes a nameless last field.
    extra = [""] if closed or (fields.filter(whole) > width).any() else []
    if extra and not closed:
        records = (
            pl.DataFrame([records, fields.alias("fields")])
            .select(pl.when(pl.col("fields") == width).then(pl.col("line") + separator).otherwise("line").alias("line"))
            .to_series()
        )
    kept = records.filter(whole).str.join("\n").item().encode()
    del frame, records, lines
    cells = pl.read_csv(
        io.BytesIO(kept),
        has_header=False,
        schema=dict.fromkeys([*names, *extra], pl.String),
        separator=separator,
        quote_char=None,
        truncate_ragged_lines=True,
    ).select(pl.col(names).str.strip_chars())
    if any(bool((cells[name] == "").any()) for name in names):
        cells = cells.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return Printed(file.path, cells, at.filter(whole), findings=tuple(findings))


def _complete(records: pl.Series, separator: str) -> bool:
    """Whether the last field of a last line without a line break can be whole: it looks like the one above.

    A number has the form of the one above, with as many decimals or, without any, digits; a
    word or a blank has occurred before.
    """
    if records.len() < 2:
        return True
    above = records.head(records.len() - 1)
    new, old = (record.rsplit(separator, 1)[-1].strip() for record in (records[-1], above[-1]))
    forms = [re.sub(r"\d", "0", re.sub(r"^[+-]?\d+", "0", field)).replace("-", "+") for field in (new, old)]
    if forms[0] == forms[1] and "0" in forms[0]:
        return "." in new or len(new.lstrip("+-")) >= len(old.lstrip("+-"))
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d*)([eE][+-]?\d*)?", new):
        return False
    alike = above.str.count_matches(separator, literal=True) == records[-1].count(separator)
    return bool((alike & above.str.ends_with(separator + new)).any())
