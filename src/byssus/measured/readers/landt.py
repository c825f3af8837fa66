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

import io

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.steps import count_steps
from byssus.measured.tables import VENDOR

_NUMBERS = {
    "channel_index": pl.Int64,
    "cycle_index": pl.Int64,
    "step_index": pl.Int64,
    "test_time_s": pl.Float64,
    "step_time_s": pl.Float64,
    "current_A": pl.Float64,
    "voltage_V": pl.Float64,
    "discharge_capacity_Ah": pl.Float64,
    "charge_capacity_Ah": pl.Float64,
    "discharge_energy_Wh": pl.Float64,
    "charge_energy_Wh": pl.Float64,
}
_TEXT = ("date_time_iso_string", "step_name")
_HEADING = "channel_index,cycle_index,step_index,"


def _recognises(file: InstrumentFile) -> bool:
    return any(line.startswith(_HEADING) for line in file.head_text.splitlines()[:20])


def _read(file: InstrumentFile) -> Reading:
    text = file.text()
    lines = text.splitlines()
    heading_at = next(number for number, line in enumerate(lines) if line.startswith(_HEADING))
    names = lines[heading_at].rstrip(",").split(",")
    if missing := [name for name in (*_NUMBERS, *_TEXT) if name not in names]:
        raise ReadError(f"lacks the column {missing[0]!r}", file=file.path, place=f"line {heading_at + 1}")
    records, numbers, findings = _whole_records(file, lines, heading_at, len(names))
    text_frame = _split(names, records)
    raw = _typed(file, text_frame, numbers)
    resolution = _last_digits(text_frame)
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
        *(
            pl.col(name).alias(f"{VENDOR}{name}")
            for name in names
            if name not in _NUMBERS or name.endswith(("_Ah", "_Wh"))
            if name != "step_name"
        ),
    )
    preamble: dict[str, Scalar] = {
        key.strip(): value.strip() or None
        for key, _, value in (line.rstrip(",").partition(":") for line in lines[:heading_at])
        if key
    }
    return Reading(
        kind="cycling",
        data=data,
        instrument=Instrument(vendor="LANDT", resolution=resolution),
        started=None,
        missing={"Unix Time / s": "the file's calendar times name no time zone"},
        vendor=preamble,
        findings=tuple(findings),
    )


#: More malformed records than this share, and the file is not what it claims to be.
_MALFORMED = 0.01


def _whole_records(
    file: InstrumentFile, lines: list[str], heading_at: int, fields: int
) -> tuple[list[str], list[int], list[Finding]]:
    """Return the records that have all their fields, with their line numbers, and findings about the others."""
    numbered = [
        (number, line) for number, line in enumerate(lines[heading_at + 1 :], heading_at + 2) if line.strip(", ")
    ]
    # A record ends in a comma of its own, so it has as many commas as the heading has fields.
    bad = [(number, line) for number, line in numbered if line.count(",") != fields]
    good = [(number, line) for number, line in numbered if line.count(",") == fields]
    if not good:
        raise ReadError("holds no whole record", file=file.path, fix="export it again from the instrument")
    findings = []
    if bad and bad[-1][0] == numbered[-1][0] and bad[-1][1].count(",") < fields:
        number, line = bad.pop()
        findings.append(
            Finding(
                "truncated",
                f"line {number}, the last, has {line.count(',')} of {fields} fields and is left out",
                value=line.count(","),
            )
        )
    if len(bad) > _MALFORMED * len(numbered):
        number, line = bad[0]
        raise ReadError(
            f"{len(bad)} of {len(numbered)} records do not have {fields} fields",
            file=file.path,
            place=f"line {number}",
            value=line,
            fix="export it again with a decimal point and commas between the fields",
        )
    if bad:
        places = ", ".join(str(number) for number, _ in bad[:5]) + (" …" if len(bad) > 5 else "")
        message = f"{len(bad)} records do not have {fields} fields and are left out: line {places}"
        findings.append(Finding("malformed-records", message, value=len(bad)))
    return [line for _, line in good], [number for number, _ in good], findings


def _split(names: list[str], records: list[str]) -> pl.DataFrame:
    # The comma at a record's end makes a nameless last field.
    columns = [*names, ""]
    return pl.read_csv(
        io.StringIO("\n".join(records)),
        has_header=False,
        schema=dict.fromkeys(columns, pl.String),
        quote_char=None,
    ).select(pl.col(names).str.strip_chars())


def _typed(file: InstrumentFile, text: pl.DataFrame, numbers: list[int]) -> pl.DataFrame:
    typed = text
    for name in text.columns:
        dtype = _NUMBERS.get(name, pl.Float64)
        number = text[name].cast(dtype, strict=False)
        bad = number.is_null() | ~number.is_finite()
        if name in _NUMBERS and bad.any():
            at = int(bad.fill_null(value=True).arg_true()[0])
            raise ReadError(
                "is not a number",
                file=file.path,
                place=f"line {numbers[at]}",
                field=name,
                value=text[name][at],
                fix="mend or remove the line, or export the file again",
            )
        if name in _NUMBERS or (name not in _TEXT and not bad.any()):
            typed = typed.with_columns(number.alias(name))
    return typed


def _last_digits(text: pl.DataFrame) -> dict[str, float]:
    """Return one unit of the last digit that each column is printed with."""
    printed = {
        "Test Time / s": "test_time_s",
        "Voltage / V": "voltage_V",
        "Current / A": "current_A",
        "Step Cumulative Capacity / Ah": "discharge_capacity_Ah",
        "Step Cumulative Energy / Wh": "discharge_energy_Wh",
    }
    decimals = {column: text[name].str.extract(r"\.(\d+)$").str.len_chars().max() for column, name in printed.items()}
    return {column: 10.0**-count for column, count in decimals.items() if isinstance(count, int)}


READER = Reader("landt-csv", "LANDT .csv", _recognises, _read)
