"""Delimited text with a heading, as several instruments write it: the parts that their readers share."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile
from byssus.measured.tables import VENDOR

#: More malformed records than this share, and the file is not what it claims to be.
_MALFORMED = 0.01
#: No instrument writes more columns than this; a hostile heading is refused before it is expanded.
_MOST_COLUMNS = 2000
#: What instruments print where there is no number.
_NO_NUMBER = ("", "nan", "inf", "+inf", "-inf", "n/a", "xxx", "-", "---")


@dataclass(frozen=True)
class Records:
    """The whole records of a delimited text: every field as text, and the line each record stands on."""

    text: pl.DataFrame
    lines: pl.Series
    findings: tuple[Finding, ...]

    def place(self, at: int) -> str:
        """Say where the record of that index stands."""
        return f"line {self.lines[at]}"


def split_records(file: InstrumentFile, text: str, heading_at: int, separator: str) -> Records:
    """Split the records below a heading, given by its index among the lines.

    A last record with too few fields, or whose last number is cut short, is left out with a finding;
    so are others with too few or too many fields, unless they are more than one in a hundred.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    heading = lines[heading_at].rstrip("\r")
    names = unique_names(heading.removesuffix(separator).split(separator), file, heading_at)
    fields = len(names)
    numbered = (
        pl.DataFrame({"line": lines[heading_at + 1 :]}, schema={"line": pl.String})
        .with_row_index("number", heading_at + 2)
        .filter(pl.col("line").str.strip_chars(" \t\r,") != "")
        .with_columns(pl.col("line").str.count_matches(separator, literal=True).alias("separators"))
    )
    # A separator may close the record as well.
    whole = pl.col("separators").is_in([fields - 1, fields])
    good = numbered.filter(whole)
    findings = []
    if not numbered.is_empty() and numbered["separators"][-1] < fields - 1:
        message = f"line {numbered['number'][-1]}, the last, has {numbered['separators'][-1] + 1} of {fields} fields"
        findings.append(Finding("truncated", f"{message} and is left out", value=numbered["separators"][-1] + 1))
        numbered = numbered.head(-1)
    elif good.height > 1 and lines[-1] and _shape(lines[-1], separator) != _shape(good["line"][-2], separator):
        findings.append(
            Finding("truncated", f"line {len(lines)}, the last, ends within its last field and is left out")
        )
        good, numbered = good.head(-1), numbered.head(-1)
    if good.is_empty():
        raise ReadError("holds no whole record", file=file.path, fix="export it again from the instrument")
    bad = numbered.filter(~whole)
    if bad.height > _MALFORMED * numbered.height:
        raise ReadError(
            f"{bad.height} of {numbered.height} records do not have {fields} fields",
            file=file.path,
            place=f"line {bad['number'][0]}",
            value=bad["line"][0][:100],
            fix="export it again from the instrument",
        )
    if not bad.is_empty():
        places = ", ".join(map(str, bad["number"].head(5))) + (" …" if bad.height > 5 else "")
        message = f"{bad.height} records do not have {fields} fields and are left out: line {places}"
        findings.append(Finding("malformed-records", message, value=bad.height))
    closed = pl.when(pl.col("separators") < fields).then(pl.col("line") + separator).otherwise("line")
    frame = pl.read_csv(
        io.BytesIO("\n".join(good.select(closed).to_series()).encode()),
        separator=separator,
        has_header=False,
        # The closing separator makes a nameless last field.
        schema=dict.fromkeys((*names, ""), pl.String),
        quote_char=None,
        truncate_ragged_lines=True,
    ).select(pl.col(names).fill_null("").str.strip_chars())
    return Records(frame, good["number"], tuple(findings))


def unique_names(names: list[str], file: InstrumentFile, heading_at: int) -> list[str]:
    """Return names stripped, with a number after those that recur; "Units" takes the name of its column before it."""
    if len(names) > _MOST_COLUMNS:
        raise ReadError(f"has a heading of {len(names)} columns", file=file.path, place=f"line {heading_at + 1}")
    found: list[str] = []
    for position, name in enumerate(map(str.strip, names)):
        full = f"{found[-1]} Units" if name == "Units" and found else name or f"column {position + 1}"
        again = sum(other == full or other.startswith(f"{full} #") for other in found)
        found.append(f"{full} #{again + 1}" if again else full)
    return found


def _shape(line: str, separator: str) -> str:
    """Return how the last field of a line is printed: its decimals and exponent, not its digits."""
    field = re.sub(r"^[+-]?\d+", "0", line.rsplit(separator, 1)[-1].strip())
    return re.sub(r"[+-]", "+", re.sub(r"\d", "0", field))


def numbers(file: InstrumentFile, values: pl.Series, place: Callable[[int], str]) -> pl.Series:
    """Return a column as finite numbers.

    Raises
    ------
    ReadError
        If one is none; it names the place, the column and what stands there.
    """
    number = values.cast(pl.Float64, strict=False)
    bad = (number.is_null() | ~number.is_finite()).fill_null(value=True)
    if bad.any():
        at = int(bad.arg_true()[0])
        raise ReadError(
            "is not a number",
            file=file.path,
            place=place(at),
            field=values.name,
            value=values[at],
            fix="mend or remove the record, or export the file again",
        )
    return number


def vendor_columns(frame: pl.DataFrame, used: Collection[str]) -> list[pl.Series]:
    """Return the other columns under the vendor's names: as finite numbers, or as text if any of it is neither."""
    columns = []
    for series in frame.get_columns():
        if series.name in used:
            continue
        kept = series.cast(pl.Float64, strict=False)
        if series.dtype == pl.String:
            words = kept.is_null() & ~series.str.to_lowercase().is_in(_NO_NUMBER)
            # 001 is a name.
            if words.any() or series.str.contains(r"^0\d").any():
                columns.append(series.replace("", None).alias(f"{VENDOR}{series.name}"))
                continue
        finite = kept.is_finite().fill_null(value=False)
        columns.append(kept.zip_with(finite, pl.Series([None], dtype=pl.Float64)).alias(f"{VENDOR}{series.name}"))
    return columns


def last_digit(printed: pl.Series, factor: float = 1.0) -> float | None:
    """Return one unit of the last digit that a column is printed with; with exponents, that of its largest value."""
    decimals = printed.str.extract(r"\.(\d+)").str.len_chars().cast(pl.Int64).max() or 0
    exponent = printed.str.extract(r"[eE]([+-]?\d+)$").cast(pl.Int64, strict=False).max() or 0
    if not (isinstance(decimals, int) and isinstance(exponent, int)):
        return None
    power = exponent - decimals
    return factor * 10.0**power if abs(power) < 300 else None


def resolutions(records: Records, printed: Mapping[str, tuple[str, float]]) -> dict[str, float]:
    """Return the last digit of each of the table's columns, given the column of the file and its unit."""
    digits = {column: last_digit(records.text[name], unit) for column, (name, unit) in printed.items()}
    return {column: digit for column, digit in digits.items() if digit is not None}


def local_time(text: str, *, month_first: bool) -> str | None:
    """Return ``a/b/year time`` as an ISO local time; nothing if it is none."""
    match = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})[ ,]+(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,6}))?", text)
    if match is None:
        return None
    first, second, year, hour, minute, seconds = (int(part) for part in match.groups()[:6])
    month, day = (first, second) if month_first else (second, first)
    try:
        moment = datetime(year, month, day, hour, minute, seconds, int((match[7] or "0").ljust(6, "0")))
    except ValueError:
        return None
    return moment.isoformat()


def start_time(clocks: Iterable[str]) -> str | None:
    """Return the first of some ``a/b/year time`` as ISO, if any of them tells which of a and b is the month."""
    dates = [match for clock in clocks if (match := re.match(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", clock))]
    month_first = any(int(match[2]) > 12 for match in dates)
    day_first = any(int(match[1]) > 12 for match in dates)
    if not dates or month_first == day_first:
        return None
    return local_time(dates[0].string.strip(), month_first=month_first)
