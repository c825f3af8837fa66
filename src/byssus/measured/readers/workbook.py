"""Workbooks (.xlsx): whether one is safe to open, and its sheets as cells of text."""

from __future__ import annotations

import logging
import re
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile
from byssus.measured.readers.printed import Printed

if TYPE_CHECKING:
    import fastexcel

#: Bytes of a workbook's parts once unpacked: a small archive may unpack to a whole disk.
LARGEST_WORKBOOK = 150_000_000
#: Cells between the first and the last of a sheet; the parser sets all of them aside.
MOST_CELLS = 10_000_000
#: Enough of the list of sheets to know a workbook by.
_LIST_BYTES = 65_536


def workbook(file: InstrumentFile) -> fastexcel.ExcelReader:
    """Open a workbook; the library that does is imported with the first one."""
    import fastexcel

    # It would say on standard error that an empty column has no type.
    logging.getLogger("fastexcel").addHandler(logging.NullHandler())
    return fastexcel.read_excel(str(file.path))


def sheets_of(file: InstrumentFile) -> tuple[str, ...]:
    """Return the names of a workbook's sheets; none if the file is no workbook."""
    if not file.is_zip or "xl/workbook.xml" not in file.members:
        return ()
    return tuple(workbook(file).sheet_names)


def sheet_list(file: InstrumentFile) -> str:
    """Return the part of a workbook that lists its sheets; nothing if the file is no workbook."""
    if not file.is_zip or "xl/workbook.xml" not in file.members:
        return ""
    try:
        with zipfile.ZipFile(file.path) as archive, archive.open("xl/workbook.xml") as part:
            return part.read(_LIST_BYTES).decode("utf-8", errors="replace")
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError):
        # Whoever reads the file will say what is wrong with it; a look only says "not mine".
        return ""


def raw_sheet(
    file: InstrumentFile, sheet: str, *, heading: int = 0, dtype: Literal["string", "int"] = "string"
) -> pl.DataFrame:
    """Return a sheet's cells as text, without those above row `heading` (from 0)."""
    import fastexcel

    try:
        return workbook(file).load_sheet(sheet, header_row=None, skip_rows=heading, dtypes=dtype).to_polars()
    except fastexcel.FastExcelError as error:
        reason = str(error).splitlines()[0]
        raise ReadError(
            f"is damaged ({reason})", file=file.path, place=f"tab {sheet}", fix="copy it again from the instrument"
        ) from error


def checked_workbook(file: InstrumentFile) -> list[str]:
    """Return the names of a workbook's sheets once it is known to be whole and of a size that fits.

    Raises
    ------
    ReadError
        If a part is damaged, or unpacks to more than can be read.
    """
    try:
        with zipfile.ZipFile(file.path) as archive:
            parts = archive.infolist()
            size, wide = sum(part.file_size for part in parts), ""
            for part in parts if size <= LARGEST_WORKBOOK else ():
                # Reading to the end checks the sum of each part; a sheet's extent is read off on the way.
                content = archive.read(part)
                if part.filename.startswith("xl/worksheets/") and _cells(content) > MOST_CELLS:
                    wide = part.filename
        sheets = [] if wide or size > LARGEST_WORKBOOK else list(workbook(file).sheet_names)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise ReadError(f"is damaged ({reason})", file=file.path, fix="copy it again from the instrument") from error
    if size > LARGEST_WORKBOOK:
        raise ReadError(
            f"unpacks to more than Byssus reads ({LARGEST_WORKBOOK / 1e6:.0f} MB)",
            file=file.path,
            value=size,
            fix="export it in parts, or as text",
        )
    if wide:
        raise ReadError(
            f"spans more than {MOST_CELLS} cells",
            file=file.path,
            place=wide,
            fix="remove the cells far from the table, or export it again",
        )
    return sheets


def _cells(sheet: bytes) -> int:
    """Return the cells that a sheet spans, as its own addresses say."""
    # Addresses are unique but their letters are few, so the set stays small.
    letters = set(re.findall(rb'r="([A-Z]{1,3})[0-9]', sheet)) or {b"A"}
    widest: bytes = max(letters, key=lambda word: (len(word), word))
    columns = sum((letter - 64) * 26**place for place, letter in enumerate(reversed(widest)))
    rows: int = max((int(row) for row in re.findall(rb'r="[A-Z]{0,3}([0-9]{5,7})"', sheet)), default=9999)
    return int(columns) * rows


def sheet_cells(file: InstrumentFile, sheet: str, *, heading: int = 0, decimal: str = ".") -> Printed:
    """Return a sheet whose row `heading` (from 0) names the columns, each cell as text; empty rows are passed over.

    A cell that is stored as a number is shown with the decimal sign that the cells of text have.

    Raises
    ------
    ReadError
        If the sheet names no columns, or two by one name.
    """
    raw = raw_sheet(file, sheet, heading=heading)
    if raw.is_empty() or not any(raw.row(0)):
        raise ReadError("names no columns", file=file.path, place=f"tab {sheet}, row {heading + 1}")
    if decimal != ".":
        # Read as a whole number, a text with a point is none, while a stored number loses what follows its point.
        stored = raw_sheet(file, sheet, heading=heading, dtype="int").select(pl.all().is_not_null())
        signed = [
            text.zip_with(~of, text.str.replace(".", decimal, literal=True))
            for text, of in zip(raw, stored, strict=True)
        ]
        raw = pl.concat([raw.head(1), pl.DataFrame(signed).slice(1)])
    names = [(name or "").strip() or f"column {place}" for place, name in enumerate(raw.row(0), 1)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ReadError("names two columns", file=file.path, place=f"tab {sheet}", value=twice)
    cells = raw.slice(1).rename(dict(zip(raw.columns, names, strict=True)))
    cells = cells.with_columns(pl.all().str.strip_chars()).with_columns(pl.when(pl.all() != "").then(pl.all()))
    cells = cells.with_row_index("", heading + 2).filter(~pl.all_horizontal(pl.exclude("").is_null()))
    return Printed(file.path, cells.drop(""), cells[""], f"tab {sheet}, row", decimal=decimal)


def printed_sheet(file: InstrumentFile, sheet: str, *, heading: int = 0, decimal: str = ".") -> Printed:
    """Return a sheet of records; a last one that lacks cells which the one before has is left out, with a finding.

    Raises
    ------
    ReadError
        If the sheet names no columns, or two by one name, or holds no whole record.
    """
    printed = sheet_cells(file, sheet, heading=heading, decimal=decimal)
    cells = printed.cells
    if cells.height > 1:
        before, last = cells.row(-2), cells.row(-1)
        if lacking := [name for name, a, b in zip(cells.columns, before, last, strict=True) if a and b is None]:
            message = f"row {printed.at[-1]} of the tab {sheet}, the last, lacks {lacking[0]!r} and is left out"
            finding = Finding("truncated", message, value=len(lacking))
            return replace(printed, cells=cells.head(-1), at=printed.at[:-1], findings=(finding,))
    if cells.is_empty():
        raise ReadError("holds no record", file=file.path, place=f"tab {sheet}", fix="export it again")
    return printed
