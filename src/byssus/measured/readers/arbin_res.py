"""Arbin .res, the results file of MITS Pro: a Microsoft Access database (Jet 4).

Layout
    How tables stand in such a file is the specification of `byssus.measured.readers.jet`.

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
    Test_Time and Step_Time count from the start of the test and of the step; the first record
    of either may be an interval old (300 s in 45_cc_01).  DateTime, to the second, is the
    computer's clock: in 45_cc_01 it gains 52 s on Test_Time in ten days and is set back by 7 s
    twice.  No file at hand holds a pause of the channel, so whether Test_Time runs through one is
    not known.
    Cycle_Index begins at 1 and is advanced by the schedule; Step_Index is the number in the
    schedule and recurs.  The four counters return to zero where the schedule says so: with each
    cycle in the files at hand, not with each step.

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
    file is truncated.

Source
    20160805_test001_45_cc_01.res, _45_cc_02, _46_cc_01 and _47_cc_01 of cellpy's test data;
    arbin_example.res of navani 0.1.22 (MIT).
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.jet import PAGE, Jet, Rows
from byssus.measured.readers.printed import MALFORMED, single_digit
from byssus.measured.steps import LARGE, REST_SHARE, count_steps
from byssus.measured.tables import VENDOR

_RECORDS = "Channel_Normal_Table"
#: Bytes of the smallest record: Test_ID, Data_Point and the required columns.
_LEAST_RECORD = 40
#: More auxiliary channels than any Arbin has: the numbers are not channels.
_MOST_AUXILIARY = 512
#: A counter that falls by less than this share of itself was rounded, not reset.
_DUST = 1e-6
#: Step and test are equally old, to a millisecond.
_SAME_TIME = 1e-3
_OLE_EPOCH = datetime(1899, 12, 30)

#: Columns of the records without which there is no table, and those that are numbers wherever they are there.
REQUIRED = ("Test_Time", "Current", "Voltage", "Charge_Capacity", "Discharge_Capacity")
WHOLE = (*REQUIRED, "Data_Point", "Step_Time", "Step_Index", "Cycle_Index", "Charge_Energy", "Discharge_Energy")


def _recognises(file: InstrumentFile) -> bool:
    if file.head[4:19] != b"Standard Jet DB":
        return False
    # The catalogue writes names with one byte a letter, or two.
    names = (_RECORDS.encode(), _RECORDS.encode("utf-16-le"))
    with file.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(name) >= 0 for name in names)


def _read(file: InstrumentFile) -> Reading:
    database = Jet(file)
    if not database.has(_RECORDS):
        raise ReadError(f"lacks the table {_RECORDS!r}", file=file.path, fix="copy it again from the instrument")
    records = database.table(_RECORDS, least=_LEAST_RECORD)
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


def _losses(file: InstrumentFile, records: Rows) -> Iterable[Finding]:
    found, malformed, due = len(records.starts), records.malformed, records.due
    if malformed > MALFORMED * (found + malformed):
        raise ReadError(
            f"{malformed} of {found + malformed} records do not fit their page",
            file=file.path,
            place=f"table {_RECORDS}",
            fix="copy it again from the instrument",
        )
    if malformed:
        message = f"{malformed} records do not fit their page and are left out"
        yield Finding("malformed-records", message, value=malformed)
    if found + malformed < due or file.size % PAGE:
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


def _with_auxiliary(file: InstrumentFile, database: Jet, test: int | None, raw: pl.DataFrame) -> pl.DataFrame:
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


def _resolution(raw: pl.DataFrame, records: Rows) -> dict[str, float]:
    columns = {"Current": "Current / A", "Voltage": "Voltage / V"}
    found = {columns[name]: single_digit(raw[name]) for name in records.singles if name in columns}
    return {column: digit for column, digit in found.items() if digit is not None}


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


READER = Reader("arbin-res", "Arbin .res (Access database)", _recognises, _read)
