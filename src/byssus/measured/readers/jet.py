"""Jet 4, the databases of Microsoft Access 2000 to 2003 (.mdb), as far as an instrument writes them.

Layout
    Pages of 4096 bytes.  Byte 0 of a page is its type: 1 data, 2 definition of a table.
    All numbers are little-endian.

    Page 0: ``Standard Jet DB`` at byte 4; the version at byte 20 (0 Jet 3, which has other
    pages and is refused; 1 Jet 4).  Page 2 defines the catalogue ``MSysObjects``, whose
    rows (Id, Name, Type = 1) give the page of every other table's definition.

    ================ ===== ================================================================
    definition       bytes
    ================ ===== ================================================================
    next page        4-7   the rest of a long definition, from its byte 8; 0 at the end
    number of rows   16-19
    columns          45-46
    indexes          51-54 12 bytes each, from byte 63
    then a column    25    type 0, number 5-6, slot if variable 7-8, flags 15 (bit 0: fixed
                           length), offset if fixed 21-22
    then its name          length in bytes (2), UTF-16
    ================ ===== ================================================================

    A data page: owner's definition 4-7, number of rows 12-13, then 2 bytes a row: where it
    starts (13 bits; 0x4000: there stands a pointer to a row elsewhere; 0x8000: deleted).
    Rows fill the page from its end.  A row: number of its columns (2), fixed fields,
    variable fields, their ends from last to first (2 each), their number (2), and a bit for
    each column that is not null.  Types: 1 yes/no (the bit itself), 2 byte, 3 and 4 integer,
    6 single, 7 double, 8 date (a double: days since 1899-12-30), 10 text (UTF-16; after FF FE
    one byte a letter).

    Not read, as no instrument's records need it: currency, binary columns and long texts (types
    5, 9, 11 and 12), indexes, usage maps, encryption.

Rules
    A table's pages are found by their owner, not by its usage map, which a file that was
    cut off has lost.  The definition says how many rows there should be (`Rows.due`); how
    many claimed rows do not fit their page is counted (`Rows.malformed`).  Nothing that the
    file says of itself is believed beyond its size: definitions that form a circle, columns
    outside their row and rows outside their page are errors, or left out.

Source
    The layout as mdbtools documents it (HACKING.md) and access-parser 0.0.6 reads it.  The
    pages are read here because access-parser takes two seconds for ten thousand records and
    does not bound what a damaged file makes it do, and because mdb-export prints singles to 8
    and doubles to 16 digits, which is not every bit: a table may not depend on what is
    installed.  Both are witnesses in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from byssus.errors import ReadError
from byssus.measured.door import InstrumentFile

PAGE = 4096
#: Bytes of the smallest row: rows without fields would be so small that a hostile file holds more of them than memory.
_LEAST_ROW = 12
#: Access allows no more columns in a table.
_MOST_COLUMNS = 255

_NUMBERS: dict[int, np.dtype[Any]] = {2: np.dtype("u1"), 3: np.dtype("<i2"), 4: np.dtype("<i4"), 6: np.dtype("<f4"), 7: np.dtype("<f8"),
            8: np.dtype("<f8")}  # fmt: skip
_YES_NO, _SINGLE, _TEXT = 1, 6, 10

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a database table: where it stands in a row."""

    name: str
    type: int
    number: int
    fixed: bool
    offset: int
    slot: int


@dataclass(frozen=True)
class Rows:
    """The rows of a table: where each starts and ends in the file."""

    content: Bytes
    fields: tuple[Field, ...]
    starts: Ints
    ends: Ints
    malformed: int
    due: int

    @property
    def singles(self) -> frozenset[str]:
        """The columns of 32-bit floats."""
        return frozenset(field.name for field in self.fields if field.type == _SINGLE)

    def frame(self, most: int | None = None) -> pl.DataFrame:
        """Return the columns of numbers, yes and no, and text, of at most so many rows."""
        starts, ends = self.starts[:most], self.ends[:most]
        masks = _masks(self.content, starts, ends)
        return pl.DataFrame(
            [
                self._column(field, starts, ends, masks)
                for field in self.fields
                if field.type in _NUMBERS or field.type in {_YES_NO, _TEXT}
            ]
        )

    def _column(self, field: Field, starts: Ints, ends: Ints, masks: tuple[Ints, Ints]) -> pl.Series:
        there = _bits(self.content, masks, field)
        if field.type == _YES_NO:
            return pl.Series(field.name, there)
        if field.type == _TEXT:
            values = [
                self._text(field, int(start), int(end)) if has else None
                for start, end, has in zip(starts, ends, there, strict=True)
            ]
            return pl.Series(field.name, values, dtype=pl.String)
        dtype = _NUMBERS[field.type]
        # A null may have no bytes of its own: it is read anywhere, and not used.
        at = np.where(there, starts + 2 + field.offset, 0)
        numbers = _at(self.content, at, dtype)
        return pl.select(
            pl.when(pl.Series(there)).then(pl.Series(numbers.astype(dtype.newbyteorder("=")))).alias(field.name)
        ).to_series()

    def _text(self, field: Field, start: int, end: int) -> str | None:
        row = self.content[start:end].tobytes()
        tail = len(row) - (int.from_bytes(row[:2], "little") + 7) // 8 - 2
        if tail < 2 or field.slot >= int.from_bytes(row[tail : tail + 2], "little"):
            return None
        at = tail - 2 * field.slot - 2
        if at < 4:
            return None
        first, last = (int.from_bytes(row[place : place + 2], "little") for place in (at, at - 2))
        return _letters(row[first:last]) if first <= last <= tail else None


class Jet:
    """A Jet 4 database, of which no more is believed than its size allows.

    Raises
    ------
    ReadError
        If the file is of another version, or too short or damaged to have a catalogue.
    """

    def __init__(self, file: InstrumentFile) -> None:
        self.file = file
        if file.head[20:21] != b"\1":
            raise ReadError(
                "is a database of Access 97 or before, or none at all",
                file=file.path,
                place="byte 20",
                value=int.from_bytes(file.head[20:21], "little"),
                fix="export the test from Arbin's own program as .csv or .xlsx",
            )
        content = np.fromfile(file.path, dtype=np.uint8)
        self.pages = content[: len(content) // PAGE * PAGE].reshape(-1, PAGE)
        self.content = self.pages.reshape(-1)
        if len(self.pages) < 3:
            raise ReadError("ends before the catalogue of its tables", file=file.path, fix="copy it again")
        self.owners = np.ascontiguousarray(self.pages[:, 4:8]).view("<u4")[:, 0]
        self.catalogue = self._tables()

    def has(self, name: str) -> bool:
        """Whether a table is there; where a file was cut off, the catalogue may name what is gone."""
        return self.catalogue.get(name, len(self.pages)) < len(self.pages)

    def table(self, name: str, *, least: int = _LEAST_ROW) -> Rows:
        """Find a table's columns and rows, of which none takes less than so many bytes.

        Raises
        ------
        ReadError
            If its definition is damaged, or it claims more rows than the file has room for.
        """
        return self._rows(self.catalogue[name], name, least)

    def _tables(self) -> dict[str, int]:
        frame = self._rows(2, "MSysObjects", _LEAST_ROW).frame(most=10_000)
        if missing := [name for name in ("Id", "Name", "Type") if name not in frame.columns]:
            raise self._damaged(f"the catalogue lacks the column {missing[0]!r}")
        rows = frame.select("Name", "Id", "Type").drop_nulls().filter(pl.col("Type") == 1).iter_rows()
        return {name: int(number) & 0xFFFFFF for name, number, _ in rows}

    def _damaged(self, what: str) -> ReadError:
        return ReadError(f"is damaged or cut off: {what}", file=self.file.path, fix="copy it again from the instrument")

    def _definition(self, page: int, name: str) -> tuple[int, tuple[Field, ...]]:
        seen: list[int] = []
        content = b""
        following = page
        while following:
            # A chain that bites its tail would never end.
            if following >= len(self.pages) or following in seen or self.pages[following, 0] != 2:
                raise self._damaged(f"the definition of the table {name} is not on page {following}")
            seen.append(following)
            content += self.pages[following, 8 if content else 0 :].tobytes()
            following = int.from_bytes(self.pages[following, 4:8].tobytes(), "little")
        columns, indexes = int.from_bytes(content[45:47], "little"), int.from_bytes(content[51:55], "little")
        start = 63 + 12 * indexes
        at = start + 25 * columns
        if not 0 < columns <= _MOST_COLUMNS or at > len(content):
            raise self._damaged(f"the definition of the table {name} has {columns} columns and {indexes} indexes")
        fields: dict[str, Field] = {}
        for entry in range(start, at, 25):
            length = int.from_bytes(content[at : at + 2], "little")
            label = content[at + 2 : at + 2 + length].decode("utf-16-le", errors="replace")
            at += 2 + length
            if not label or label in fields or at > len(content):
                raise self._damaged(f"the definition of the table {name} breaks off, or names a column twice")
            number, slot, offset = (
                int.from_bytes(content[entry + place : entry + place + 2], "little") for place in (5, 7, 21)
            )
            fields[label] = Field(label, content[entry], number, bool(content[entry + 15] & 1), offset, slot)
        return int.from_bytes(content[16:20], "little"), tuple(fields.values())

    def _rows(self, page: int, name: str, least: int) -> Rows:
        due, fields = self._definition(page, name)
        theirs = np.flatnonzero((self.pages[:, 0] == 1) & (self.owners == page)).astype(np.int64)
        counts = _at(self.content, theirs * PAGE + 12, np.dtype("<u2")).astype(np.int64)
        # Every row takes two bytes of the directory and at least three of the page.
        sound = counts <= (PAGE - 14) // 5
        malformed = int((~sound).sum())
        theirs, counts = theirs[sound], counts[sound]
        if (claimed := int(counts.sum())) * least > len(self.content):
            raise self._damaged(f"the table {name} claims {claimed} rows")
        slot = np.arange(counts.max(initial=0))[None, :]
        pages, slots = np.nonzero(slot < counts[:, None])
        flags, starts, ends, fits = self._slots(theirs[pages], slots.astype(np.int64))
        deleted, pointer = flags & 0x8000 != 0, flags & 0x4000 != 0
        malformed += int((~fits & ~deleted).sum())
        away = fits & pointer & ~deleted & (ends - starts >= 4)
        targets = np.unique(_at(self.content, starts[away], np.dtype("<u4")).astype(np.int64))
        here = fits & ~pointer & ~deleted
        starts, ends = starts[here], ends[here]
        if len(targets):
            _, far_starts, far_ends, far_fits = self._slots(targets >> 8, targets & 0xFF)
            malformed += int((~far_fits).sum()) + int(away.sum()) - len(targets)
            starts, ends = np.append(starts, far_starts[far_fits]), np.append(ends, far_ends[far_fits])
        whole = self._whole(fields, starts, ends)
        return Rows(self.content, fields, starts[whole], ends[whole], malformed + int((~whole).sum()), due)

    def _slots(self, pages: Ints, slots: Ints) -> tuple[Ints, Ints, Ints, Bools]:
        """Return flags, start and end of rows by page and slot, and whether they lie in their page."""
        there = (pages < len(self.pages)) & (14 + 2 * slots + 2 <= PAGE)
        pages, slots = np.where(there, pages, 0), np.where(there, slots, 0)
        base = pages * PAGE
        flags = _at(self.content, base + 14 + 2 * slots, np.dtype("<u2")).astype(np.int64)
        before = _at(self.content, base + 12 + 2 * slots, np.dtype("<u2")).astype(np.int64)
        count = _at(self.content, base + 12, np.dtype("<u2")).astype(np.int64)
        start, end = flags & 0x1FFF, np.where(slots == 0, PAGE, before & 0x1FFF)
        there &= (self.pages[pages, 0] == 1) & (slots < count)
        there &= (start >= 14 + 2 * count) & (start < end) & (end <= PAGE)
        return flags, base + start, base + end, there

    def _whole(self, fields: tuple[Field, ...], starts: Ints, ends: Ints) -> Bools:
        """Say which rows have room for the fields that they claim."""
        lengths = ends - starts
        columns, begin = _masks(self.content, starts, ends)
        room = begin - starts
        whole = (lengths >= 3) & (columns > 0) & (columns <= _MOST_COLUMNS) & (room >= 2)
        # No bit is looked up outside the row.
        masks = np.where(whole, columns, 0), np.where(whole, begin, 0)
        for field in fields:
            if field.type in _NUMBERS:
                fits = 2 + field.offset + _NUMBERS[field.type].itemsize <= room
                whole &= fits | ~_bits(self.content, masks, field)
        return whole


def _mask_bytes(columns: Ints) -> Ints:
    return (columns + 7) // 8


def _at(content: Bytes, at: Ints, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Read a number at each of these bytes."""
    windows = np.lib.stride_tricks.sliding_window_view(content, dtype.itemsize)
    return np.ascontiguousarray(windows[np.minimum(at, len(windows) - 1)]).view(dtype)[:, 0]


def _masks(content: Bytes, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return how many columns each row has, and where its bits of what is not null begin."""
    columns = _at(content, starts, np.dtype("<u2")).astype(np.int64)
    return columns, ends - _mask_bytes(columns)


def _bits(content: Bytes, masks: tuple[Ints, Ints], field: Field) -> Bools:
    """Say in which rows a column is there and not null."""
    columns, begin = masks
    at = np.where(field.number < columns, begin + field.number // 8, 0)
    there: Bools = (field.number < columns) & (content[at] >> (field.number % 8) & 1 == 1)
    return there


def _letters(stored: bytes) -> str:
    """Decode text: UTF-16, or after FF FE one byte a letter, with a zero byte where that changes to and fro."""
    if not stored.startswith(b"\xff\xfe"):
        return stored.decode("utf-16-le", errors="replace")
    units, narrow, at = bytearray(), True, 2
    while at < len(stored):
        if stored[at] == 0:
            narrow = not narrow
            at += 1
            continue
        units += bytes((stored[at], 0)) if narrow else stored[at : at + 2]
        at += 1 if narrow else 2
    return units.decode("utf-16-le", errors="replace")
