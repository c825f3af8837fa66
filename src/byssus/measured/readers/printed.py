"""Printed numbers in delimited text: split, decoded and read without losing what was printed."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from byssus.errors import ReadError, did_you_mean
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile

#: A text larger than this would not fit in a gigabyte once it is taken apart.
LARGEST_TEXT = 80_000_000
#: No instrument writes more columns; a damaged heading may.
MOST_COLUMNS = 1000
#: More malformed records than this share, and the file is not what it claims to be.
MALFORMED = 0.01
_CLOCK = r"^(?:(\d+)[- ])?(\d+):([0-5]?\d):([0-5]?\d(?:\.\d*)?)$"
#: What programs print for no value.
_NONE = ("nan", "+nan", "-nan", "null", "none")
#: Stands between fields where the file's own separator may stand inside quotes.
_FIELD = "\x1f"


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

    def wrong(self, name: str, row: int, what: str, fix: str) -> ReadError:
        """Return the error that names one cell."""
        value = self.cells[name][row]
        return ReadError(
            what,
            file=self.file,
            place=f"{self.word} {self.at[row]}",
            field=name,
            value="" if value is None else value,
            fix=fix,
        )

    def checked(self, name: str, value: pl.Series, what: str, *, needed: bool) -> pl.Series:
        """Return the values of a column, or say which cell is none; blank cells pass where none is needed."""
        bad = value.is_null()
        if not needed and value.len() and self.column(name).dtype.is_numeric():
            bad &= False
        elif not needed:
            bad &= ~self.column(name).str.to_lowercase().is_in(_NONE).fill_null(value=True)
        if bad.any():
            raise self.wrong(name, int(bad.arg_true()[0]), what, "mend the record, or export the file again")
        return value

    def number(self, name: str, *, needed: bool = True) -> pl.Series:
        """Return a column as finite numbers."""
        value = self.pointed(name).cast(pl.Float64, strict=False)
        value = value.to_frame().select(pl.when(pl.col(name).is_finite()).then(pl.col(name))).to_series()
        return self.checked(name, value, "is not a number", needed=needed)

    def count(self, name: str, *, needed: bool = True) -> pl.Series:
        """Return a column as whole numbers."""
        value = self.number(name, needed=needed)
        whole = value.is_null() | ((value == value.round()) & (value.abs() < 2**53))
        if not whole.all():
            row = int((~whole).arg_true()[0])
            raise self.wrong(name, row, "is not a whole number", "mend the record, or export the file again")
        return value.cast(pl.Int64)

    def clock(self, name: str, *, needed: bool = True) -> pl.Series:
        """Return a column of h:mm:ss.s, days before it where there are any, as seconds."""
        text = self.column(name)
        parts = text.to_frame().select(pl.col(name).str.extract_groups(_CLOCK)).unnest(name).cast(pl.Float64)
        days, hours, minutes, seconds = parts.get_columns()
        value = days.fill_null(0) * 86400 + hours * 3600 + minutes * 60 + seconds
        return self.checked(name, value.alias(name), "is not a time h:mm:ss", needed=needed)

    def free(self, name: str) -> pl.Series:
        """Return a column as the vendor's: finite numbers if all its cells are numbers, else text."""
        text = self.column(name)
        value = self.pointed(name).cast(pl.Float64, strict=False)
        if (value.is_null() & text.is_not_null()).any() or value.null_count() == value.len():
            return text
        return value.to_frame().select(pl.when(pl.col(name).is_finite()).then(pl.col(name))).to_series()

    def digit(self, name: str) -> float | None:
        """Return one unit of the last decimal printed in a column; nothing where powers of ten are printed."""
        text = self.pointed(name)
        if (
            text.dtype.is_numeric()
            or text.str.contains("e", literal=True).any()
            or text.str.contains("E", literal=True).any()
        ):
            return None
        decimals = (text.str.len_bytes().cast(pl.Int64) - text.str.find(".", literal=True) - 1).max()
        return 10.0 ** -(decimals if isinstance(decimals, int) else 0)


def decoded(file: InstrumentFile, encoding: str | None = None) -> str:
    """Return a text file's text; half a character at its end, where a copy was cut off, is dropped.

    Raises
    ------
    ReadError
        If the file is too large, the encoding unknown, or the bytes no text in it.
    """
    if file.size > LARGEST_TEXT:
        raise ReadError(
            f"is larger than Byssus reads as text ({LARGEST_TEXT / 1e6:.0f} MB)",
            file=file.path,
            value=file.size,
            fix="export it in parts, or as Parquet",
        )
    content = file.path.read_bytes()
    wide = file.head.startswith((b"\xff\xfe", b"\xfe\xff"))
    name = encoding or ("utf-16" if wide else "utf-8-sig")
    try:
        if not wide and not name.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
            content = content.rstrip(b"\0")
        try:
            text = codecs.getincrementaldecoder(name)().decode(content)
        except UnicodeDecodeError:
            if encoding is not None or wide:
                raise
            name = file.encoding
            text = codecs.getincrementaldecoder(name)().decode(content)
    except UnicodeDecodeError as error:
        raise ReadError(
            f"is no text ({name})",
            file=file.path,
            place=f"byte {error.start}",
            fix="name its encoding, or save as UTF-8",
        ) from error
    except LookupError as error:
        raise ReadError(
            "is not an encoding", file=file.path, field="encoding", value=encoding, fix="e.g. utf-8, gbk or utf-16"
        ) from error
    return text.rstrip("\0").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def scaled(values: pl.Series, factor: float) -> pl.Series:
    """Multiply by a factor so that printed decimals stay whole: 2800 mV become 2.8 V to the last digit.

    Polars turns a division by one number into a product with its reciprocal, so the divisor is a column.
    """
    if factor >= 1:
        return values * factor
    return values / pl.repeat(float(f"{1 / factor:.12g}"), values.len(), eager=True)


def fields_of(line: str, separator: str) -> list[str]:
    """Return the fields of one line, without quotes and blanks around them."""
    return [field.strip() for field in next(csv.reader([line], delimiter=separator), [])]


def printed_csv(file: InstrumentFile, text: str, *, heading: int = 0, separator: str = ",") -> Printed:
    """Return the table in a text whose line `heading` (from 0) names the columns.

    Records without all their fields are left out with a finding, unless they are more than
    one in a hundred: then the file is not what it claims to be.

    Raises
    ------
    ReadError
        If there is no heading, two columns share a name, or no record is whole.
    """
    above = text.split("\n", heading + 1)
    try:
        names = fields_of(above[heading], separator) if heading < len(above) else []
        while names and not names[-1]:
            names.pop()
        if not names:
            raise ReadError("names no columns", file=file.path, place=f"line {heading + 1}")
        if len(names) > MOST_COLUMNS:
            raise ReadError(f"has {len(names)} columns, which no instrument writes", file=file.path)
        names = [name or f"column {place}" for place, name in enumerate(names, 1)]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ReadError("names two columns", file=file.path, place=f"line {heading + 1}", value=twice)
        lines = pl.Series("line", above[heading + 1 :], dtype=pl.String).str.split("\n").explode()
        del above
        frame = lines.to_frame().with_row_index("at", heading + 2)
        frame = frame.filter(pl.col("line").str.strip_chars(f"{separator} \t") != "")
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
    fields = records.str.count_matches(separator, literal=True) + 1
    whole = (fields == width) | ((fields == width + 1) & records.str.ends_with(separator))
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
            value=records[bad[0]],
            fix="export it again with a decimal point and commas between the fields",
        )
    if bad:
        places = ", ".join(str(at[row]) for row in bad[:5]) + (" …" if len(bad) > 5 else "")
        message = f"{len(bad)} records do not have {width} fields and are left out: line {places}"
        findings.append(Finding("malformed-records", message, value=len(bad)))
    # The comma that may end a record makes a nameless last field.
    extra = [""] if (fields.filter(whole) > width).any() else []
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
    """Whether the last field of an unended last line can be whole: it has the form of the one above.

    Text must have occurred before; numbers need as many decimals, or, without any, digits.
    """
    last, before = (records[-1], records[-2]) if records.len() > 1 else (records[-1], None)
    if before is None or last.endswith(separator):
        return True
    new, old = last.rsplit(separator, 1)[-1], before.rsplit(separator, 1)[-1]
    if not re.fullmatch(r"[-+]?\d*\.?\d*", new):
        return bool(records.head(records.len() - 1).str.ends_with(separator + new).any())
    decimals = [len(field.partition(".")[2]) for field in (new, old)]
    return decimals[0] == decimals[1] and (decimals[0] > 0 or len(new) >= len(old))
