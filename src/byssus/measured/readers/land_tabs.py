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

Resolution and clock
    The last digit is the last that the cells of a column show.  TestTime ticks in whole seconds
    and begins at zero; its end is EndTime less StartTime to the second in both files, so it runs
    with the calendar clock and through rests.  Neither file holds a pause of the channel.
    No step time is recorded, and no calendar time but those two.

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
from datetime import datetime

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import Printed
from byssus.measured.readers.workbook import checked_workbook, printed_sheet, raw_sheet, sheet_cells, sheet_list
from byssus.measured.steps import count_steps

_TABS = ("Cycle-Tab", "Step-Tab", "Record-Tab", "Process-Tab")
_NUMBERS = ("Record", "Current/mA", "Capacity/mAh", "Voltage/V", "CycleNo")
_OPTIONAL = {"Energy/mWh": "Step Cumulative Energy / Wh"}
#: A current that changes by more than this share of the larger one, within a second, is another step's.
_JUMP = 0.5


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
    optional = [name for name in _OPTIONAL if name in printed.cells.columns]
    raw = pl.DataFrame(
        [
            since_midnight(printed, "TestTime").alias("Test Time / s"),
            printed.number("Voltage/V").alias("Voltage / V"),
            printed.number("Current/mA", 1e-3).alias("Current / A"),
            printed.count("CycleNo").alias("Cycle Count / 1"),
            printed.count("Record").alias("Record Index / 1"),
            printed.number("Capacity/mAh", 1e-3).alias("Step Cumulative Capacity / Ah"),
            *(printed.number(name, 1e-3).alias(_OPTIONAL[name]) for name in optional),
        ]
    )
    data = _counted_from_zero(_with_steps(raw), [_OPTIONAL[name] for name in optional])
    used = {*_NUMBERS, *optional, "TestTime"}
    steps, cycles = (_as_printed(file, tab) for tab in ("Step-Tab", "Cycle-Tab"))
    header, began = _process(file)
    header |= {"Step-Tab": json.dumps(steps.to_dicts()), "Cycle-Tab": json.dumps(cycles.to_dicts())}
    digits = {name: printed.digit(name) or 1e-9 for name in ("Current/mA", "Capacity/mAh", "Voltage/V")}
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
        data=data.with_columns(printed.vendor(used)),
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
