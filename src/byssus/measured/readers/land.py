"""LAND .xlsx with the tabs Record, Mode and Cycle, an export of LAND battery testers.

Layout
    ``Record``: one row a record.

    ============= ============================== ===============================================
    column        table                          remark
    ============= ============================== ===============================================
    Index         Record Index / 1               from 1
    TestTime/h    Test Time / s                  hours, often to 0.01 h (36 s)
    StepTime/h    Step Time / s                  likewise
    Voltage/V     Voltage / V                    0.1 mV digits
    Current/mA    Current / A                    negative discharges the cell; 0.1 µA digits
    Capacity/mAh  Step Cumulative Capacity / Ah  counted from zero in each step, without sign
    State         Step Type                      R rest, D_CC discharge, C_CC charge, D_CV, C_CV …
    ============= ============================== ===============================================

    ``Mode``: one row a step (Index, Mode, Period/h, Capacity/mAh).  ``Cycle``: one row a
    cycle, Index 0 for what comes before the first; charge and discharge capacity, specific
    capacity, Efficiency/%, energies.  LAND computes efficiencies from more digits than it prints.

Resolution and clock
    The last digit is the power of ten of which all cells are multiples: in the file at hand 0.01 h
    of both times, 0.1 mV, 0.1 µA, 0.1 µAh.  A second of recording falls into one tick of 36 s, so
    86 % of its records carry the time of the record before.  Both times begin at zero, and
    StepTime/h in each step.  There is no calendar clock, and no telling whether TestTime/h runs
    through a pause of the channel: the file holds none.

Rules
    The records number no steps.  A step begins where State changes, or where StepTime/h or
    the capacity falls back; the steps so found are compared with Mode.  Cycles are not
    numbered in Record either; `Cycle Count / 1` is left out and analyses count cycles.
    The mass that the instrument was told is the ratio of capacity to specific capacity; it
    is kept in the vendor's header with the interval that the printed digits leave it, as is the
    tab Cycle, as JSON.

Source
    The file NJK_CC_156_C30_C_x30.xlsx of navani 0.1.22 (MIT).
"""

from __future__ import annotations

import json

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import Printed, scaled, stored_digit
from byssus.measured.readers.workbook import sheets_of, workbook
from byssus.measured.steps import count_steps

_TABS = ("Record", "Mode", "Cycle")
_COLUMNS = ("Index", "TestTime/h", "StepTime/h", "Voltage/V", "Current/mA", "Capacity/mAh", "State")
#: The vendor's own sums are in this many of the last digit of the records, or a record is wrong.
_LAST_DIGITS = 1.0001
#: The last digit of cells that hold all that a double has.
_NO_DIGIT = 1e-9


def _recognises(file: InstrumentFile) -> bool:
    return set(_TABS) <= set(sheets_of(file))


def _read(file: InstrumentFile) -> Reading:
    book = workbook(file)
    record, mode, cycle = (book.load_sheet(name).to_polars() for name in _TABS)
    if missing := [name for name in _COLUMNS if name not in record.columns]:
        raise ReadError(f"lacks the column {missing[0]!r}", file=file.path, place="tab Record")
    rows = pl.int_range(2, record.height + 2, eager=True)
    printed = Printed(file.path, record.with_columns(pl.col("State").cast(pl.String)), rows, "tab Record, row")
    numbers = {name: printed.number(name) for name in _COLUMNS if name != "State"}
    digits = {name: stored_digit(values) or _NO_DIGIT for name, values in numbers.items()}
    record = pl.DataFrame([*numbers.values(), printed.column("State")])
    capacity, step_time = pl.col("Capacity/mAh"), pl.col("StepTime/h")
    falls_back = ((step_time < step_time.shift(1)) | (capacity < capacity.shift(1))).fill_null(value=False)
    data = record.select(
        (pl.col("TestTime/h") * 3600).round(6).alias("Test Time / s"),
        pl.col("Voltage/V").alias("Voltage / V"),
        scaled(numbers["Current/mA"], 1e-3, digits["Current/mA"]).alias("Current / A"),
        count_steps(pl.col("State"), falls_back.cum_sum()).alias("Step Count / 1"),
        pl.col("Index").cast(pl.Int64).alias("Record Index / 1"),
        pl.col("State").alias("Step Type"),
        (step_time * 3600).round(6).alias("Step Time / s"),
        scaled(numbers["Capacity/mAh"], 1e-3, digits["Capacity/mAh"]).alias("Step Cumulative Capacity / Ah"),
    )
    findings = [
        Finding(
            "steps-rebuilt",
            f"{data['Step Count / 1'][-1]} steps: a new one where State changes or the step's time or capacity "
            "falls back",
            field="Step Count / 1",
        ),
        *_against_mode(record, data, mode, digits["Capacity/mAh"]),
    ]
    return Reading(
        kind="cycling",
        data=data,
        instrument=Instrument(
            vendor="LAND",
            resolution={
                "Test Time / s": digits["TestTime/h"] * 3600,
                "Voltage / V": digits["Voltage/V"],
                "Current / A": digits["Current/mA"] / 1000,
                "Step Cumulative Capacity / Ah": digits["Capacity/mAh"] / 1000,
            },
        ),
        missing={
            "Unix Time / s": "the file holds no calendar time",
            "Cycle Count / 1": "the tab Record numbers no cycles",
        },
        vendor={"Cycle": json.dumps(cycle.to_dicts(), default=str), **_instrument_mass(cycle)},
        findings=tuple(findings),
    )


def _against_mode(record: pl.DataFrame, data: pl.DataFrame, mode: pl.DataFrame, digit: float) -> list[Finding]:
    steps = (
        pl.DataFrame({"step": data["Step Count / 1"], "capacity": record["Capacity/mAh"]})
        .group_by("step", maintain_order=True)
        .agg(pl.col("capacity").max())
    )
    if steps.height != mode.height:
        message = f"the records make {steps.height} steps, the tab Mode lists {mode.height}"
        return [Finding("step-table-disagrees", message, field="Step Count / 1", value=steps.height)]
    vendor = mode["Capacity/mAh"].cast(pl.Float64)
    apart = (steps["capacity"] - vendor).abs() > _LAST_DIGITS * digit
    if apart.any():
        at = int(apart.arg_true()[0])
        message = (
            f"{int(apart.sum())} steps differ from the tab Mode, first step {at + 1}: "
            f"{steps['capacity'][at]} mAh in the records, {vendor[at]} mAh in Mode"
        )
        return [Finding("step-table-disagrees", message, field="Step Cumulative Capacity / Ah", value=at + 1)]
    return []


def _instrument_mass(cycle: pl.DataFrame) -> dict[str, Scalar]:
    """Return the mass that turns LAND's capacities into its specific capacities, as an interval in mg."""
    low, high = 0.0, float("inf")
    for charge, specific in (
        ("Charge-Cap/mAh", "Charge-SCap/mAh/g"),
        ("Discharge-Cap/mAh", "Discharge-SCap/mAh/g"),
    ):
        if charge not in cycle.columns or specific not in cycle.columns:
            continue
        pairs = cycle.select(
            pl.col(charge).cast(pl.Float64).alias("q"), pl.col(specific).cast(pl.Float64).alias("s")
        ).filter((pl.col("q") > 0) & (pl.col("s") > 0))
        if pairs.is_empty():
            continue
        dq, ds = ((stored_digit(pairs[name]) or _NO_DIGIT) / 2 for name in ("q", "s"))
        low = max(low, float(((pairs["q"] - dq) / (pairs["s"] + ds)).max() or 0) * 1000)  # type: ignore[arg-type]
        high = min(high, float(((pairs["q"] + dq) / (pairs["s"] - ds)).min() or 0) * 1000)  # type: ignore[arg-type]
    if not 0 < low <= high < float("inf"):
        return {}
    return {
        "active mass, lowest / mg": float(f"{low:.5g}"),
        "active mass, highest / mg": float(f"{high:.5g}"),
    }


READER = Reader("land-xlsx", "LAND .xlsx (tabs Record, Mode, Cycle)", _recognises, _read)
