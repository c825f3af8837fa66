"""Arbin .res, the results file of MITS Pro: a Microsoft Access database (Jet 4).

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
    6 single, 7 and 8 double, 10 text (UTF-16; after FF FE one byte a letter).

    Channel_Normal_Table, one row a record; other columns are kept as ``vendor: …``.

    ==================== ============================== ===================================
    column               table                          remark
    ==================== ============================== ===================================
    Test_ID              (one test is read)             see Rules
    Data_Point           Record Index / 1               records are sorted by it
    Test_Time            Test Time / s                  double
    Step_Time            Step Time / s                  double
    DateTime             vendor: DateTime               days since 1899-12-30, local, no zone
    Step_Index           Step ID                        recurs in each cycle
    Cycle_Index          Cycle Count / 1
    Current              Current / A                    single; positive charges
    Voltage              Voltage / V                    single
    Charge_Capacity      Step Cumulative Capacity / Ah  double, a running counter; the counter
    Discharge_Capacity                                  itself is kept as ``vendor: …`` too
    Charge_Energy        Step Cumulative Energy / Wh    likewise
    Discharge_Energy
    Internal_Resistance  Internal Resistance / ohm      the last one measured, 0 before it
    ==================== ============================== ===================================

    Global_Table, one row a test: name, channel, Start_DateTime, schedule, software, serial
    number, MASS (as typed in; not checked).  Auxiliary_Table (Data_Point, Auxiliary_Index,
    Data_Type, X) becomes ``vendor: Auxiliary <Data_Type>/<Auxiliary_Index>``.
    Channel_Statistic_Table holds times and the highest voltage of each cycle, nothing that
    the records lack; it is not read.

Resolution and clock
    A single is good to 2**-24 of the largest value; doubles carry no stated digit.  The
    start is Start_DateTime, or DateTime less Test_Time of the first record; local time.

Rules
    A step begins where Cycle_Index or Step_Index changes or Step_Time falls back.  The four
    counters run over steps and are reset by the schedule, so a step's capacity is the sum of
    their increases since its start; where a counter of capacity falls it was reset, and what it
    shows is the increase, for its energy too.  A fall within rounding (1e-6 of it) is none.
    Before the first record the counters stood at zero if its Step_Time is its Test_Time;
    otherwise the test began before the table, and they are counted from there.
    Of several tests in a file the first in Global_Table that has records is read, with a finding.
    Rows that do not fit their page, and all but the first with the same Data_Point, are left
    out, with a finding.  The definition says how many rows there should be; with fewer, the
    file is truncated.  Pages of a table are known by their owner, as a cut-off file
    has lost its usage maps.

Source
    The Jet 4 layout as mdbtools documents it (HACKING.md) and access-parser 0.0.6 reads it.
    The pages are read here because access-parser takes two seconds for ten thousand records and
    does not bound what a damaged file makes it do, and because mdb-export prints singles to 8
    and doubles to 16 digits, which is not every bit: a table may not depend on what is
    installed.  Both are witnesses in the tests.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.steps import LARGE, REST_SHARE, count_steps
from byssus.measured.tables import VENDOR

_RECORDS = "Channel_Normal_Table"
_PAGE = 4096
#: Bytes of the smallest record (Test_ID, Data_Point and the required columns) and of the smallest row of another
#: table.  Rows without fields would be so small that a hostile file holds more of them than memory.
_LEAST_RECORD, _LEAST_ROW = 40, 12
#: Access allows no more columns in a table.
_MOST_COLUMNS = 255
#: More auxiliary channels than any Arbin has: the numbers are not channels.
_MOST_AUXILIARY = 512
#: More unusable records than this share, and the file is not what it claims to be.
_MALFORMED = 0.01
#: Digits of a 32-bit float: a value is known to one part in 2^24.
FLOAT32 = 2.0**-24
#: A counter that falls by less than this share of itself was rounded, not reset.
_DUST = 1e-6
#: Step and test are equally old, to a millisecond.
_SAME_TIME = 1e-3
_OLE_EPOCH = datetime(1899, 12, 30)

_NUMBERS: dict[int, np.dtype[Any]] = {2: np.dtype("u1"), 3: np.dtype("<i2"), 4: np.dtype("<i4"), 6: np.dtype("<f4"), 7: np.dtype("<f8"),
            8: np.dtype("<f8")}  # fmt: skip
_YES_NO, _TEXT = 1, 10

#: Columns of the records without which there is no table, and those that are numbers wherever they are there.
REQUIRED = ("Test_Time", "Current", "Voltage", "Charge_Capacity", "Discharge_Capacity")
WHOLE = (*REQUIRED, "Data_Point", "Step_Time", "Step_Index", "Cycle_Index", "Charge_Energy", "Discharge_Energy")

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def _recognises(file: InstrumentFile) -> bool:
    if file.head[4:19] != b"Standard Jet DB":
        return False
    # The catalogue writes names with one byte a letter, or two.
    names = (_RECORDS.encode(), _RECORDS.encode("utf-16-le"))
    with file.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(name) >= 0 for name in names)


def _read(file: InstrumentFile) -> Reading:
    database = _Jet(file)
    if not database.has(_RECORDS):
        raise ReadError(f"lacks the table {_RECORDS!r}", file=file.path, fix="copy it again from the instrument")
    records = database.table(_RECORDS)
    everything = records.frame()
    if everything.is_empty():
        raise ReadError("holds no record", file=file.path, place=f"table {_RECORDS}")
    if missing := [name for name in ("Test_ID", "Data_Point", *REQUIRED) if name not in everything.columns]:
        raise ReadError(f"lacks the column {missing[0]!r}", file=file.path, place=f"table {_RECORDS}")
    findings = [*_losses(file, records)]
    about = database.table("Global_Table").frame(most=1000) if database.has("Global_Table") else pl.DataFrame()
    test, several = _first_test(everything, about)
    everything = everything.filter(pl.col("Test_ID").eq_missing(test))
    raw = everything.unique("Data_Point", keep="first", maintain_order=True).sort("Data_Point")
    if repeated := everything.height - raw.height:
        message = f"{repeated} records repeat the Data_Point of another and are left out"
        findings.append(Finding("malformed-records", message, field="Data_Point", value=repeated))
    check_numbers(file, raw, lambda at: f"table {_RECORDS}, Data_Point {raw['Data_Point'][at]}")
    raw = _with_auxiliary(file, database, test, raw)
    header = {} if about.is_empty() else _header(about, test)
    started = clock(header.get("Start_DateTime")) or clock(_first_start(raw))
    lacking = {"Unix Time / s": "the file's calendar times name no time zone"}
    if started is None:
        lacking["started"] = "the file holds no date that can be the start"
    data, rebuilt = cycling_frame(raw, {name: name for name in raw.columns if name != "Test_ID"})
    return Reading(
        kind="cycling",
        data=data,
        instrument=Instrument(
            vendor="Arbin",
            software=_text(header.get("Software_Version")),
            channel=_text(header.get("Channel_Index")),
            resolution=_resolution(raw, records),
        ),
        started=started,
        missing=lacking,
        vendor=header,
        findings=(*several, *findings, *rebuilt),
    )


def _losses(file: InstrumentFile, records: _Rows) -> Iterable[Finding]:
    found, malformed, due = len(records.starts), records.malformed, records.due
    if malformed > _MALFORMED * (found + malformed):
        raise ReadError(
            f"{malformed} of {found + malformed} records do not fit their page",
            file=file.path,
            place=f"table {_RECORDS}",
            fix="copy it again from the instrument",
        )
    if malformed:
        message = f"{malformed} records do not fit their page and are left out"
        yield Finding("malformed-records", message, value=malformed)
    if found + malformed < due or file.size % _PAGE:
        yield Finding("truncated", f"{found} of {due} records are in the file", value=found)


def _first_test(everything: pl.DataFrame, about: pl.DataFrame) -> tuple[int | None, list[Finding]]:
    """Return the Test_ID that is read: the first in Global_Table that has records, or the lowest."""
    counts = dict(everything.group_by("Test_ID").len().sort("Test_ID").iter_rows())
    listed = about["Test_ID"].to_list() if "Test_ID" in about.columns else []
    test = next((number for number in listed if number in counts), next(iter(counts)))
    if len(counts) == 1:
        return test, []
    others = ", ".join(f"{number} ({rows} records)" for number, rows in list(counts.items())[:6] if number != test)
    message = f"the file holds {len(counts)} tests; Test_ID {test} ({counts[test]} records) is read, not {others}"
    return test, [Finding("several-tests", message, field="Test_ID", value=len(counts))]


def _with_auxiliary(file: InstrumentFile, database: _Jet, test: int | None, raw: pl.DataFrame) -> pl.DataFrame:
    if not database.has("Auxiliary_Table"):
        return raw
    frame = database.table("Auxiliary_Table").frame()
    if not {"Test_ID", "Data_Point", "Auxiliary_Index", "Data_Type", "X"} <= set(frame.columns):
        return raw
    frame = frame.filter(pl.col("Test_ID").eq_missing(test)).select(
        pl.concat_str(pl.lit("Auxiliary "), "Data_Type", pl.lit("/"), "Auxiliary_Index").alias("name"),
        "Data_Point",
        "X",
    )
    channels = frame["name"].drop_nulls().unique().sort().to_list()
    if len(channels) > _MOST_AUXILIARY:
        raise ReadError(
            f"names {len(channels)} auxiliary channels: it is damaged", file=file.path, place="table Auxiliary_Table"
        )
    for name in channels:
        of_channel = frame.filter(pl.col("name") == name).unique("Data_Point", keep="first")
        raw = raw.join(
            of_channel.select("Data_Point", pl.col("X").alias(name)), on="Data_Point", how="left", maintain_order="left"
        )
    return raw


def _header(about: pl.DataFrame, test: int | None) -> dict[str, Scalar]:
    rows = about.filter(pl.col("Test_ID").eq_missing(test)) if "Test_ID" in about.columns else about
    row = rows.row(0, named=True) if rows.height else {}
    return {
        name: value
        for name, value in row.items()
        if value not in (None, "") and not (isinstance(value, float) and not math.isfinite(value))
    }


def _first_start(raw: pl.DataFrame) -> float | None:
    days = raw["DateTime"][0] if "DateTime" in raw.columns else None
    return days - raw["Test_Time"][0] / 86400 if isinstance(days, float) else None


def clock(days: Scalar) -> str | None:
    """Return an OLE automation date as ISO 8601, to the millisecond; nothing for what is no date of a test."""
    # 10,000 is the year 1927, 100,000 the year 2173.
    if not isinstance(days, float) or not 10_000 < days < 100_000:
        return None
    return (_OLE_EPOCH + timedelta(milliseconds=round(days * 86_400_000))).isoformat(timespec="milliseconds")


def _text(value: Scalar) -> str | None:
    return None if value is None else str(value)


def _resolution(raw: pl.DataFrame, records: _Rows) -> dict[str, float]:
    singles = {field.name for field in records.fields if field.type == 6}
    found = {}
    for name, column in (("Current", "Current / A"), ("Voltage", "Voltage / V")):
        largest = raw[name].abs().max()
        if name in singles and isinstance(largest, float) and largest > 0:
            found[column] = FLOAT32 * largest
    return found


def check_numbers(file: InstrumentFile, raw: pl.DataFrame, place: Callable[[int], str]) -> None:
    """Refuse a record whose time, current, voltage, index or counter is missing or no finite number.

    Parameters
    ----------
    file
        Named in the error.
    raw
        The records; the columns `WHOLE` that it has are numbers, null where they could not be read.
    place
        Says where in the file a row of the frame stands.

    Raises
    ------
    ReadError
        With the place, column and value of the first that is none.
    """
    for name in WHOLE:
        if name not in raw.columns:
            continue
        bad = raw[name].is_null() | ~raw[name].cast(pl.Float64).is_finite()
        if bad.any():
            at = int(bad.fill_null(value=True).arg_true()[0])
            value = raw[name][at]
            raise ReadError(
                "is missing" if value is None else "is not a number",
                file=file.path,
                place=place(at),
                field=name,
                value=value,
                fix="export or copy it again from the instrument",
            )


def cycling_frame(raw: pl.DataFrame, names: dict[str, str]) -> tuple[pl.DataFrame, list[Finding]]:
    """Make the cycling table of an Arbin's records.

    Parameters
    ----------
    raw
        The records in order, with the columns of Channel_Normal_Table in A, V, Ah, Wh, s and Ω.
        Step_Index, Cycle_Index, Step_Time, Data_Point, the energies and Internal_Resistance may lack.
    names
        What the file itself calls each column of `raw` that may be kept as the vendor's.

    Returns
    -------
    tuple
        The frame; a finding if neither index is there and steps are told from the current.
    """
    there = set(raw.columns)
    raw = raw.with_columns(_steps(there).alias("step"))
    findings = []
    if not there & {"Step_Index", "Cycle_Index"}:
        message = f"{raw['step'][-1]} steps: a new one where the current changes between charge, discharge and rest"
        findings.append(Finding("steps-rebuilt", message, field="Step Count / 1"))
    own = {
        "Test_Time": ("Test Time / s", pl.Float64),
        "Voltage": ("Voltage / V", pl.Float64),
        "Current": ("Current / A", pl.Float64),
        "step": ("Step Count / 1", pl.Int64),
        "Cycle_Index": ("Cycle Count / 1", pl.Int64),
        "Data_Point": ("Record Index / 1", pl.Int64),
        "Step_Index": ("Step ID", pl.String),
        "Step_Time": ("Step Time / s", pl.Float64),
        "Internal_Resistance": ("Internal Resistance / ohm", pl.Float64),
    }
    data = raw.select(
        *(_finite(raw, name).cast(dtype).alias(column) for name, (column, dtype) in own.items() if name in raw.columns),
        *_counted(raw),
        *(_finite(raw, name).alias(f"{VENDOR}{theirs}") for name, theirs in names.items() if name not in own),
    )
    return data, findings


def _steps(there: set[str]) -> pl.Expr:
    indexes = [pl.col(name) for name in ("Cycle_Index", "Step_Index") if name in there]
    if not indexes:
        large = pl.col("Current").filter(pl.col("Current") != 0).abs().quantile(LARGE).fill_null(0.0)
        return count_steps(pl.when(pl.col("Current").abs() > REST_SHARE * large).then(pl.col("Current").sign()))
    if "Step_Time" in there:
        indexes.append((pl.col("Step_Time") < pl.col("Step_Time").shift(1)).fill_null(value=False).cum_sum())
    return count_steps(*indexes)


def _counted(raw: pl.DataFrame) -> list[pl.Series]:
    """Return what the counters gained since the start of each step, as columns of the table."""
    # A first step as old as the test started with its counters at zero.
    from_zero = "Step_Time" in raw.columns and abs(raw["Step_Time"][0] - raw["Test_Time"][0]) < _SAME_TIME
    columns = {"Capacity": "Step Cumulative Capacity / Ah", "Energy": "Step Cumulative Energy / Wh"}
    counted = []
    for what, column in columns.items():
        # One counter of energy without the other would count half of the steps.
        if {f"Charge_{what}", f"Discharge_{what}"} <= set(raw.columns):
            # Gains are taken over the whole test first: a window would look back no further than its step.
            gains = raw.select(
                (_gain(raw, "Charge", what, from_zero) + _gain(raw, "Discharge", what, from_zero)).alias(column), "step"
            )
            counted.append(gains.select(pl.col(column).cum_sum().over("step")).to_series())
    return counted


def _gain(raw: pl.DataFrame, direction: str, what: str, from_zero: bool) -> pl.Series:
    """Return what a counter gained since the record before; what it shows, where it was reset."""
    capacity = raw[f"{direction}_Capacity"].cast(pl.Float64)
    counter = raw[f"{direction}_{what}"].cast(pl.Float64)
    reset = (capacity.shift(1) - capacity > _DUST * capacity.shift(1).abs()).fill_null(value=False)
    gain = counter.diff().fill_null(counter[0] if from_zero else 0.0)
    gain = gain.zip_with(~reset, counter)
    return gain.clip(lower_bound=0.0) if what == "Capacity" else gain


def _finite(raw: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column as it is, its floats widened and what is no finite number made null."""
    column = pl.col(name)
    if not raw.schema[name].is_float():
        return column
    return pl.when(column.is_finite()).then(column.cast(pl.Float64))


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of a database table: where it stands in a row."""

    name: str
    type: int
    number: int
    fixed: bool
    offset: int
    slot: int


@dataclass(frozen=True)
class _Rows:
    """The rows of a table: where each starts and ends in the file."""

    content: Bytes
    fields: tuple[_Field, ...]
    starts: Ints
    ends: Ints
    malformed: int
    due: int

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

    def _column(self, field: _Field, starts: Ints, ends: Ints, masks: tuple[Ints, Ints]) -> pl.Series:
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

    def _text(self, field: _Field, start: int, end: int) -> str | None:
        row = self.content[start:end].tobytes()
        tail = len(row) - (int.from_bytes(row[:2], "little") + 7) // 8 - 2
        if tail < 2 or field.slot >= int.from_bytes(row[tail : tail + 2], "little"):
            return None
        at = tail - 2 * field.slot - 2
        if at < 4:
            return None
        first, last = (int.from_bytes(row[place : place + 2], "little") for place in (at, at - 2))
        return _letters(row[first:last]) if first <= last <= tail else None


class _Jet:
    """A Jet 4 database, of which no more is believed than its size allows."""

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
        self.pages = content[: len(content) // _PAGE * _PAGE].reshape(-1, _PAGE)
        self.content = self.pages.reshape(-1)
        if len(self.pages) < 3:
            raise ReadError("ends before the catalogue of its tables", file=file.path, fix="copy it again")
        self.owners = np.ascontiguousarray(self.pages[:, 4:8]).view("<u4")[:, 0]
        self.catalogue = self._tables()

    def has(self, name: str) -> bool:
        """Whether a table is there; where a file was cut off, the catalogue may name what is gone."""
        return self.catalogue.get(name, len(self.pages)) < len(self.pages)

    def table(self, name: str) -> _Rows:
        """Find a table's columns and rows."""
        return self._rows(self.catalogue[name], name)

    def _tables(self) -> dict[str, int]:
        frame = self._rows(2, "MSysObjects").frame(most=10_000)
        if missing := [name for name in ("Id", "Name", "Type") if name not in frame.columns]:
            raise self._damaged(f"the catalogue lacks the column {missing[0]!r}")
        rows = frame.select("Name", "Id", "Type").drop_nulls().filter(pl.col("Type") == 1).iter_rows()
        return {name: int(number) & 0xFFFFFF for name, number, _ in rows}

    def _damaged(self, what: str) -> ReadError:
        return ReadError(f"is damaged or cut off: {what}", file=self.file.path, fix="copy it again from the instrument")

    def _definition(self, page: int, name: str) -> tuple[int, tuple[_Field, ...]]:
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
        fields: dict[str, _Field] = {}
        for entry in range(start, at, 25):
            length = int.from_bytes(content[at : at + 2], "little")
            label = content[at + 2 : at + 2 + length].decode("utf-16-le", errors="replace")
            at += 2 + length
            if not label or label in fields or at > len(content):
                raise self._damaged(f"the definition of the table {name} breaks off, or names a column twice")
            number, slot, offset = (
                int.from_bytes(content[entry + place : entry + place + 2], "little") for place in (5, 7, 21)
            )
            fields[label] = _Field(label, content[entry], number, bool(content[entry + 15] & 1), offset, slot)
        return int.from_bytes(content[16:20], "little"), tuple(fields.values())

    def _rows(self, page: int, name: str) -> _Rows:
        due, fields = self._definition(page, name)
        theirs = np.flatnonzero((self.pages[:, 0] == 1) & (self.owners == page)).astype(np.int64)
        counts = _at(self.content, theirs * _PAGE + 12, np.dtype("<u2")).astype(np.int64)
        # Every row takes two bytes of the directory and at least three of the page.
        sound = counts <= (_PAGE - 14) // 5
        malformed = int((~sound).sum())
        theirs, counts = theirs[sound], counts[sound]
        if (claimed := int(counts.sum())) * (_LEAST_RECORD if name == _RECORDS else _LEAST_ROW) > len(self.content):
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
        return _Rows(self.content, fields, starts[whole], ends[whole], malformed + int((~whole).sum()), due)

    def _slots(self, pages: Ints, slots: Ints) -> tuple[Ints, Ints, Ints, Bools]:
        """Return flags, start and end of rows by page and slot, and whether they lie in their page."""
        there = (pages < len(self.pages)) & (14 + 2 * slots + 2 <= _PAGE)
        pages, slots = np.where(there, pages, 0), np.where(there, slots, 0)
        base = pages * _PAGE
        flags = _at(self.content, base + 14 + 2 * slots, np.dtype("<u2")).astype(np.int64)
        before = _at(self.content, base + 12 + 2 * slots, np.dtype("<u2")).astype(np.int64)
        count = _at(self.content, base + 12, np.dtype("<u2")).astype(np.int64)
        start, end = flags & 0x1FFF, np.where(slots == 0, _PAGE, before & 0x1FFF)
        there &= (self.pages[pages, 0] == 1) & (slots < count)
        there &= (start >= 14 + 2 * count) & (start < end) & (end <= _PAGE)
        return flags, base + start, base + end, there

    def _whole(self, fields: tuple[_Field, ...], starts: Ints, ends: Ints) -> Bools:
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


def _bits(content: Bytes, masks: tuple[Ints, Ints], field: _Field) -> Bools:
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


READER = Reader("arbin-res", "Arbin .res (Access database)", _recognises, _read)
