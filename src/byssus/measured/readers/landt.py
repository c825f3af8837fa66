"""LANDT .csv, the text export of LANDT cyclers.

Layout
    Lines 1 to 6 are a preamble of ``key: value`` (cell model, cell id, test, checkpoint,
    and the nominal capacity and energy behind the C- and E-rate), padded with commas to
    the width of the table.  Line 7 names the columns; each record ends in one comma more
    than the heading has fields.  Encoding ASCII or UTF-8, decimal point.

    ============================ ============================== =================================
    column                       table                          remark
    ============================ ============================== =================================
    channel_index                Record Index / 1               a record number, despite its name
    cycle_index                  Cycle Count / 1                rises at each new discharge here
    step_index                   Step ID                        recurs in each cycle
    date_time_iso_string         vendor: date_time_iso_string   month/day/year, local, no zone
    test_time_s                  Test Time / s                  1 ms digits
    step_time_s                  Step Time / s                  1 ms digits
    current_A                    Current / A                    positive charges; 0.1 mA digits
    voltage_V                    Voltage / V                    0.1 mV digits
    discharge_capacity_Ah        Step Cumulative Capacity / Ah  counted from zero in each step
    charge_capacity_Ah           Step Cumulative Capacity / Ah  counted from zero in each step
    discharge_energy_Wh          Step Cumulative Energy / Wh    as above
    charge_energy_Wh             Step Cumulative Energy / Wh    as above
    step_name                    Step Type                      rest, discharge CC, charge CC …
    all others                   vendor: …                      unused channels read 0
    ============================ ============================== =================================

    All columns are kept under ``vendor:`` too where the table changes their name's meaning.

Resolution and clock
    The last digit of each column is the last printed; one without decimals (a counter that reads
    0 throughout) says nothing.  test_time_s counts from the start and step_time_s from that of
    the step; the first record of either is 0.020 s old.  test_time_s keeps within 1 s of the
    calendar, which is printed to the second, over the three days of the file at hand.  The file
    holds no pause of the channel.

    cycle_index begins at 1.  step_index is the number in the program: 1, 2, 3, then 2 again in
    cycle 2.  All four counters return to zero with each step.

Rules
    A step begins where cycle_index or step_index changes.  The temperature columns read 0
    on channels without a probe and are therefore kept as the vendor's, not as temperatures.
    A last line with too few fields was being written when the file was copied: it is left
    out, with a finding.  So is any other record with too few or too many fields, unless
    they are more than one in a hundred: then the file is no LANDT .csv any more.  Blank lines
    and the zero bytes that a crashed computer leaves at the end are passed over.  Calendar
    times name no zone, so `Unix Time / s` is missing.

Source
    The file of the Battery Data Format's examples (SINTEF__LiGrR2032__…__Landt.csv), and
    its conversion to BDF beside it, which labels the step counters `discharging_capacity_ah`
    and `charging_capacity_ah`; in BDF 1.3.0 those names mean counters that never reset.
"""

from __future__ import annotations

import polars as pl

from byssus.errors import ReadError
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import heading_names, printed_csv
from byssus.measured.steps import count_steps

_COUNTS = ("channel_index", "cycle_index", "step_index")
_NUMBERS = (
    "test_time_s",
    "step_time_s",
    "current_A",
    "voltage_V",
    "discharge_capacity_Ah",
    "charge_capacity_Ah",
    "discharge_energy_Wh",
    "charge_energy_Wh",
)
_TEXT = ("date_time_iso_string", "step_name")
_RESOLVED = {
    "Test Time / s": "test_time_s",
    "Voltage / V": "voltage_V",
    "Current / A": "current_A",
    "Step Cumulative Capacity / Ah": "discharge_capacity_Ah",
    "Step Cumulative Energy / Wh": "discharge_energy_Wh",
}
#: The heading stands among the first lines.
_FIRST_LINES = 20
_HEADING = "channel_index,cycle_index,step_index,"


def _recognises(file: InstrumentFile) -> bool:
    return any(line.startswith(_HEADING) for line in file.head_text.split("\n", _FIRST_LINES)[:_FIRST_LINES])


def _read(file: InstrumentFile) -> Reading:
    text = file.text()
    lines = text.split("\n", _FIRST_LINES)[:_FIRST_LINES]
    heading_at = next((number for number, line in enumerate(lines) if line.startswith(_HEADING)), None)
    if heading_at is None:
        raise ReadError(f"holds no heading that begins with {_HEADING}", file=file.path)
    names = heading_names(file, lines[heading_at], heading_at, ",")
    if missing := [name for name in (*_COUNTS, *_NUMBERS, *_TEXT) if name not in names]:
        raise ReadError(f"lacks the column {missing[0]!r}", file=file.path, place=f"line {heading_at + 1}")
    # A record ends in a comma of its own, so it has as many commas as the heading has fields.
    printed = printed_csv(file, text, heading=heading_at, closed=True).sound(*_NUMBERS)
    raw = pl.DataFrame(
        [
            *(printed.count(name) for name in _COUNTS),
            *(printed.number(name) for name in _NUMBERS),
            printed.column("step_name"),
        ]
    )
    charge, discharge = pl.col("charge_capacity_Ah"), pl.col("discharge_capacity_Ah")
    data = raw.select(
        pl.col("test_time_s").alias("Test Time / s"),
        pl.col("voltage_V").alias("Voltage / V"),
        pl.col("current_A").alias("Current / A"),
        count_steps(pl.col("cycle_index"), pl.col("step_index")).alias("Step Count / 1"),
        pl.col("cycle_index").alias("Cycle Count / 1"),
        pl.col("channel_index").alias("Record Index / 1"),
        pl.col("step_index").cast(pl.String).alias("Step ID"),
        pl.col("step_name").alias("Step Type"),
        pl.col("step_time_s").alias("Step Time / s"),
        (charge + discharge).alias("Step Cumulative Capacity / Ah"),
        (pl.col("charge_energy_Wh") + pl.col("discharge_energy_Wh")).alias("Step Cumulative Energy / Wh"),
    ).with_columns(printed.vendor({*_COUNTS, "test_time_s", "step_time_s", "current_A", "voltage_V", "step_name"}))
    digits = printed.digits({column: (name, 1.0) for column, name in _RESOLVED.items()})
    preamble: dict[str, Scalar] = {
        key.strip(): value.strip() or None
        for key, _, value in (line.rstrip(",").partition(":") for line in lines[:heading_at])
        if key
    }
    return Reading(
        kind="cycling",
        data=data,
        # A column that reads 0 throughout says nothing of its digits.
        instrument=Instrument(vendor="LANDT", resolution={name: digit for name, digit in digits.items() if digit < 1}),
        started=None,
        missing={"Unix Time / s": "the file's calendar times name no time zone"},
        vendor=preamble,
        findings=printed.findings,
    )


READER = Reader("landt-csv", "LANDT .csv", _recognises, _read)
