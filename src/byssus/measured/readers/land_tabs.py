"""LANDdt .xlsx with the tabs Cycle-Tab, Step-Tab, Record-Tab and Process-Tab, of LAND battery testers.

Layout
    ``Record-Tab``: one row a record.

    =============== ============================== ==============================================
    column          table                          remark
    =============== ============================== ==============================================
    Record          Record Index / 1               from 1
    TestTime        Test Time / s                  an Excel time below 24 h, from there on the
                                                   text D-HH:MM:SS; whole seconds
    Current/mA      Current / A                    negative discharges the cell; 1 µA digits
    Capacity/mAh    Step Cumulative Capacity / Ah  without sign; see the rules
    Voltage/V       Voltage / V                    0.1 mV digits
    Energy/mWh      Step Cumulative Energy / Wh    as the capacity
    CycleNo         Cycle Count / 1                a cycle is a charge and the discharge after it
    SOC|DOD/%       vendor: …                      share of the whole half cycle
    all others      vendor: …                      0 where the instrument was told no mass
    =============== ============================== ==============================================

    ``Cycle-Tab``: a row a cycle, capacity and energy of charge (C) and discharge (D) and
    Efficiency/% = CapD/CapC.  ``Step-Tab``: a row a step carried out, with its mode: CC-Rate
    charges, DC-Rate discharges.  ``Process-Tab``: TestName, Channel, BatteryNo, StartTime,
    EndTime, then below StepNo the program, an action and its limit a row.

Rules
    The records number no steps.  A step begins where the current changes sign, the capacity
    falls back or CycleNo changes; also where the current changes by more than a half between
    two records of one second, as the last record of a step and the first of the next are.
    The steps so found are compared with Step-Tab; where they agree its numbers and modes
    become `Step ID` and `Step Type`.

    LAND's counters go on from one step to the next of the same direction and start anew
    where the direction turns; what they read at the start of a step is taken off.  The sums
    over each cycle are compared with Cycle-Tab.

    LAND pairs a charge with the discharge that follows.  For an electrode made empty that
    is wrong: its first cycle is a discharge (lithiation) and the charge after it, and
    Efficiency/% is of two different cycles.  Nothing here is computed from Cycle-Tab; it is
    kept in the vendor's header as JSON, as are Step-Tab and the program, for whoever compares.

    Several records may carry the same second.  StartTime is local, of an unknown zone, so
    `Unix Time / s` is missing.  A last record that lacks cells is left out with a finding.

Source
    Two files of Cam-Dean/si-anode-fydp (no licence stated; read for tests only).
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from datetime import datetime

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import Printed, scaled
from byssus.measured.steps import count_steps
from byssus.measured.tables import VENDOR

#: Bytes of a workbook's parts once unpacked: a small archive may unpack to a whole disk.
LARGEST_WORKBOOK = 150_000_000
#: Cells between the first and the last of a sheet; the parser sets all of them aside.
MOST_CELLS = 10_000_000
#: Enough of the list of sheets to know a workbook by.
_LIST_BYTES = 65_536
_TABS = ("Cycle-Tab", "Step-Tab", "Record-Tab", "Process-Tab")
_NUMBERS = ("Record", "Current/mA", "Capacity/mAh", "Voltage/V", "CycleNo")
_OPTIONAL = {"Energy/mWh": "Step Cumulative Energy / Wh"}
#: A current that changes by more than this share of the larger one, within a second, is another step's.
_JUMP = 0.5


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


def raw_sheet(file: InstrumentFile, sheet: str, *, heading: int = 0) -> pl.DataFrame:
    """Return a sheet's cells as text, without those above row `heading` (from 0)."""
    import fastexcel

    try:
        book = fastexcel.read_excel(str(file.path))
        return book.load_sheet(sheet, header_row=None, skip_rows=heading, dtypes="string").to_polars()
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
    import fastexcel

    try:
        with zipfile.ZipFile(file.path) as archive:
            parts = archive.infolist()
            size, wide = sum(part.file_size for part in parts), ""
            for part in parts if size <= LARGEST_WORKBOOK else ():
                # Reading to the end checks the sum of each part; a sheet's extent is read off on the way.
                content = archive.read(part)
                if part.filename.startswith("xl/worksheets/") and _cells(content) > MOST_CELLS:
                    wide = part.filename
        sheets = [] if wide or size > LARGEST_WORKBOOK else list(fastexcel.read_excel(str(file.path)).sheet_names)
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


def sheet_cells(file: InstrumentFile, sheet: str, *, heading: int = 0) -> Printed:
    """Return a sheet whose row `heading` (from 0) names the columns, each cell as text; empty rows are passed over.

    Raises
    ------
    ReadError
        If the sheet names no columns, or two by one name.
    """
    raw = raw_sheet(file, sheet, heading=heading)
    if raw.is_empty() or not any(raw.row(0)):
        raise ReadError("names no columns", file=file.path, place=f"tab {sheet}, row {heading + 1}")
    names = [(name or "").strip() or f"column {place}" for place, name in enumerate(raw.row(0), 1)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ReadError("names two columns", file=file.path, place=f"tab {sheet}", value=twice)
    cells = raw.slice(1).rename(dict(zip(raw.columns, names, strict=True)))
    cells = cells.with_columns(pl.all().str.strip_chars()).with_columns(pl.when(pl.all() != "").then(pl.all()))
    cells = cells.with_row_index("", heading + 2).filter(~pl.all_horizontal(pl.exclude("").is_null()))
    return Printed(file.path, cells.drop(""), cells[""], f"tab {sheet}, row")


def printed_sheet(file: InstrumentFile, sheet: str, *, heading: int = 0) -> Printed:
    """Return a sheet of records; a last one that lacks cells which the one before has is left out, with a finding.

    Raises
    ------
    ReadError
        If the sheet names no columns, or two by one name, or holds no whole record.
    """
    printed = sheet_cells(file, sheet, heading=heading)
    cells = printed.cells
    if cells.height > 1:
        before, last = cells.row(-2), cells.row(-1)
        if lacking := [name for name, a, b in zip(cells.columns, before, last, strict=True) if a and b is None]:
            message = f"row {printed.at[-1]} of the tab {sheet}, the last, lacks {lacking[0]!r} and is left out"
            finding = Finding("truncated", message, value=len(lacking))
            return Printed(file.path, cells.head(-1), printed.at[:-1], printed.word, (finding,))
    if cells.is_empty():
        raise ReadError("holds no record", file=file.path, place=f"tab {sheet}", fix="export it again")
    return printed


def since_midnight(printed: Printed, name: str) -> pl.Series:
    """Return a column of Excel times and of text D-HH:MM:SS as seconds."""
    # The parser shows an Excel time as a time of the last day before its calendar begins; after the
    # 60th day it follows Excel in counting a day that never was.
    stamp = printed.column(name).str.extract(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)$")
    moment = stamp.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    origin, late = datetime(1899, 12, 31), datetime(1900, 3, 1)
    excel = (moment - origin).dt.total_microseconds() / 1e6 + (moment >= late).cast(pl.Float64) * 86400
    text = printed.cells.select(pl.when(pl.lit(excel.is_null())).then(pl.col(name)).alias(name))
    clock = Printed(printed.file, text, printed.at, printed.word).clock(name, needed=False)
    return printed.checked(name, excel.fill_null(clock).alias(name), "is not a time", needed=True)


def _recognises(file: InstrumentFile) -> bool:
    sheets = sheet_list(file)
    return all(f'name="{tab}"' in sheets for tab in _TABS)


def _read(file: InstrumentFile) -> Reading:
    checked_workbook(file)
    printed = printed_sheet(file, "Record-Tab")
    number = {name: printed.number(name) for name in _NUMBERS if name not in {"Record", "CycleNo"}}
    optional = [name for name in _OPTIONAL if name in printed.cells.columns]
    raw = pl.DataFrame(
        [
            since_midnight(printed, "TestTime").alias("Test Time / s"),
            number["Voltage/V"].alias("Voltage / V"),
            scaled(number["Current/mA"], 1e-3).alias("Current / A"),
            printed.count("CycleNo").alias("Cycle Count / 1"),
            printed.count("Record").alias("Record Index / 1"),
            scaled(number["Capacity/mAh"], 1e-3).alias("Step Cumulative Capacity / Ah"),
            *(scaled(printed.number(name), 1e-3).alias(_OPTIONAL[name]) for name in optional),
        ]
    )
    data = _counted_from_zero(_with_steps(raw), [_OPTIONAL[name] for name in optional])
    used = {*_NUMBERS, *optional, "TestTime"}
    rest = [printed.free(name).alias(f"{VENDOR}{name}") for name in printed.cells.columns if name not in used]
    steps, cycles = (_as_printed(file, tab) for tab in ("Step-Tab", "Cycle-Tab"))
    header, began = _process(file)
    header |= {"Step-Tab": json.dumps(steps.to_dicts()), "Cycle-Tab": json.dumps(cycles.to_dicts())}
    digits = {name: printed.digit(name) or 1e-9 for name in number}
    data, step_findings = _against_steps(data, steps)
    findings = [
        *printed.findings,
        Finding(
            "steps-rebuilt",
            f"{data['Step Count / 1'][-1]} steps: a new one where the current changes sign or jumps within a second, "
            "the capacity falls back or CycleNo changes",
            field="Step Count / 1",
        ),
        *step_findings,
        *_against_cycles(data, cycles, digits["Capacity/mAh"]),
    ]
    channel = header.get("Channel")
    return Reading(
        kind="cycling",
        data=data.with_columns(rest),
        instrument=Instrument(
            vendor="LAND",
            software="LANDdt",
            channel=channel if isinstance(channel, str) else None,
            resolution={
                "Test Time / s": 1.0,
                "Voltage / V": digits["Voltage/V"],
                "Current / A": digits["Current/mA"] / 1000,
                "Step Cumulative Capacity / Ah": digits["Capacity/mAh"] / 1000,
            },
        ),
        started=began,
        missing={"Unix Time / s": "the file's StartTime names no time zone"},
        vendor=header,
        findings=tuple(findings),
    )


def _with_steps(raw: pl.DataFrame) -> pl.DataFrame:
    """Number the steps, and mark where the counters start anew."""
    current, time = pl.col("Current / A"), pl.col("Test Time / s")
    falls = (pl.col("Step Cumulative Capacity / Ah").diff() < 0).fill_null(value=False)
    larger = pl.max_horizontal(current.abs(), current.shift(1).abs())
    jumps = ((current.diff().abs() > _JUMP * larger) & (time.diff() == 0)).fill_null(value=False)
    # A rest between two halves neither turns the direction nor keeps it.
    direction = pl.when(current != 0).then(current.sign()).forward_fill()
    turns = (direction != direction.shift(1)).fill_null(value=False)
    return raw.with_columns(
        count_steps(current.sign(), falls.cum_sum(), pl.col("Cycle Count / 1"), jumps.cum_sum()).alias(
            "Step Count / 1"
        ),
        (falls | turns).alias("anew"),
    )


def _counted_from_zero(data: pl.DataFrame, energies: list[str]) -> pl.DataFrame:
    """Take off what the counters read before a step, unless they start anew with it."""
    names = ["Step Cumulative Capacity / Ah", *energies]
    before = data.with_columns(
        pl.when("anew").then(0.0).otherwise(pl.col(name).shift(1, fill_value=0.0)).alias(f"before {name}")
        for name in names
    )
    based = before.with_columns(pl.col(f"before {name}").first().over("Step Count / 1") for name in names)
    # Twelve decimals: the difference of two printed numbers is one.
    return based.with_columns((pl.col(name) - pl.col(f"before {name}")).round(12) for name in names).select(
        pl.exclude("anew", "^before .*$")
    )


def _as_printed(file: InstrumentFile, tab: str) -> pl.DataFrame:
    printed = sheet_cells(file, tab)
    return pl.DataFrame([printed.free(name) for name in printed.cells.columns])


def _process(file: InstrumentFile) -> tuple[dict[str, Scalar], str | None]:
    """Return what Process-Tab says of the test, and its start."""
    rows = raw_sheet(file, "Process-Tab").rows()
    header: dict[str, Scalar] = {}
    below = len(rows)
    for place, (key, *values) in enumerate(rows):
        if key == "StepNo":
            below = place + 1
            break
        if key:
            header[key] = values[0] if values else None
    program = [" | ".join(str(cell) for cell in row if cell) for row in rows[below:]]
    header["program"] = json.dumps([line for line in program if line], ensure_ascii=False)
    start = header.get("StartTime")
    try:
        return header, None if start is None else datetime.fromisoformat(str(start)).isoformat()
    except ValueError as error:
        raise ReadError(
            "is not a date and time", file=file.path, place="tab Process-Tab", field="StartTime", value=start
        ) from error


def _against_steps(data: pl.DataFrame, steps: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Give the steps their modes from Step-Tab, or say that it lists others."""
    signs = data.group_by("Step Count / 1", maintain_order=True).agg(pl.col("Current / A").mean().sign())["Current / A"]
    if not {"Step", "Mode"} <= set(steps.columns) or steps.height != signs.len():
        message = f"the records make {signs.len()} steps, Step-Tab lists {steps.height}"
        return data, [Finding("step-table-disagrees", message, field="Step Count / 1", value=signs.len())]
    modes = steps["Mode"].cast(pl.String)
    expected = {"C": 1.0, "D": -1.0}
    against = [
        number
        for number, (mode, sign) in enumerate(zip(modes, signs, strict=True), 1)
        if mode and re.match(r"[CD]C-", mode) and expected[mode[0]] != sign
    ]
    if against:
        message = f"{len(against)} steps go against their mode in Step-Tab, first step {against[0]}"
        return data, [Finding("step-table-disagrees", message, field="Step Type", value=against[0])]
    number = steps["Step"]
    named = pl.DataFrame(
        {
            "Step Count / 1": pl.int_range(1, steps.height + 1, eager=True),
            "Step ID": (number.cast(pl.Int64) if number.dtype == pl.Float64 else number).cast(pl.String),
            "Step Type": modes,
        }
    )
    return data.join(named, on="Step Count / 1", how="left", maintain_order="left"), []


def _against_cycles(data: pl.DataFrame, cycles: pl.DataFrame, digit: float) -> list[Finding]:
    """Compare the sums of the steps with Cycle-Tab, to one last digit a step."""
    if not {"Cycle", "CapC/mAh", "CapD/mAh"} <= set(cycles.columns):
        return [Finding("step-table-disagrees", "Cycle-Tab lacks Cycle, CapC/mAh or CapD/mAh", field="Cycle-Tab")]
    sums = data.group_by("Cycle Count / 1", "Step Count / 1").agg(
        pl.col("Step Cumulative Capacity / Ah").max() * 1000, pl.col("Current / A").mean()
    )
    numbers = cycles.select(pl.col("Cycle", "CapC/mAh", "CapD/mAh").cast(pl.Float64, strict=False))
    for number, charge, discharge in numbers.iter_rows():
        for name, vendor, sign in (("CapC/mAh", charge, 1), ("CapD/mAh", discharge, -1)):
            of = sums.filter((pl.col("Cycle Count / 1") == number) & (pl.col("Current / A").sign() == sign))
            ours = float(of["Step Cumulative Capacity / Ah"].sum())
            if not isinstance(vendor, float) or abs(ours - vendor) > digit * (of.height + 0.001):
                message = f"cycle {number}: the records make {ours:.6g} mAh, Cycle-Tab says {vendor} ({name})"
                return [Finding("step-table-disagrees", message, field=name, value=number)]
    return []


READER = Reader("land-tabs", "LANDdt .xlsx (Cycle-, Step-, Record- and Process-Tab)", _recognises, _read)
