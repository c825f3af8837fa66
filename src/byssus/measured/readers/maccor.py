"""Maccor text: the export of MacTest's viewer and the text form of its raw files (.txt, .001 … .034).

Layout
    One to three lines of ``key: value`` pairs apart by tabs or blanks (Today's Date, Date of
    Test, Filename, Procedure, Tester Channel, Comment/Barcode), the heading, which begins
    with ``Rec#``, and one line a record, fields apart by tabs (or commas).

    ========================= ============================== ==================================
    column                    table                          remark
    ========================= ============================== ==================================
    Rec#                      Record Index / 1               from 1
    Cyc# (Cycle P)            Cycle Count / 1                from 0; the program advances it
    Step                      Step ID                        number in the program; recurs
    TestTime, Test (Sec)      Test Time / s                  ``2d 02:52:21.57``, or seconds
    StepTime, Step (Sec)      Step Time / s                  likewise
    Amp-hr                    Step Cumulative Capacity / Ah  counted from zero in each step
    Watt-hr                   Step Cumulative Energy / Wh    likewise
    Amps                      Current / A                    often without sign: see below
    Volts                     Voltage / V
    State                     Step Type                      C charge, D discharge, R rest,
                                                             P pause, S suspended, O ended …
    DPt Time                  vendor: DPt Time               calendar time, local, no zone
    all others                vendor: …                      ES (why it was recorded), ACImp,
                                                             DCIR, Aux, Loop, VAR; a column
                                                             Units is named after the one
                                                             before it; N/A is missing
    ========================= ============================== ==================================

    Auxiliary inputs without a probe read some -2500 °C; they are kept as the vendor's.

Rules
    The unit is the heading's: Amp-hr or mAmp-hr, Watt-hr or mWatt-hr, Amps or mAmps, Volts or
    mVolts, ``(Sec)``, ``(Min)``, ``(Hr)`` or ``[s]``; MIMS is said to head them
    "Cap. [Ah]" and "Current [A]": no such file was at hand.
    A time whose heading names no unit must be printed as days, hours, minutes and seconds.
    If no current of the file is negative, the current has no sign and takes it from State:
    minus in D.  In a state that is none of C, D and R such a current has no known direction:
    it stays positive, with a finding.  If any is negative the signs are the file's.
    A step begins where Cyc# or Step changes or the step's time falls back.  A pause within a
    step begins none: the counters run on over it.
    Calendar times name no zone, so `Unix Time / s` is missing.  The start is the first DPt
    Time, if a number above 12 anywhere in that column tells which one is the month.

Source
    maccor_001.txt of cellpy's test data, PreDiag_000229_000229_truncated.034 of BEEP's.
"""

from __future__ import annotations

import re

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.delimited import Records, numbers, resolutions, split_records, start_time, vendor_columns
from byssus.measured.steps import count_steps

#: A heading without blanks, points and brackets, in small letters: the table's column and the unit in the table's.
_HEADINGS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("rec#", "rec"), ("record", 1.0)),
    **dict.fromkeys(("cyc#", "cyclep", "cycle"), ("cycle", 1.0)),
    "step": ("step", 1.0),
    **dict.fromkeys(("amps", "currenta"), ("current", 1.0)),
    **dict.fromkeys(("mamps", "currentma"), ("current", 1e-3)),
    **dict.fromkeys(("volts", "voltagev"), ("voltage", 1.0)),
    **dict.fromkeys(("mvolts", "voltagemv"), ("voltage", 1e-3)),
    **dict.fromkeys(("amp-hr", "ampshr", "capah", "capacityah"), ("capacity", 1.0)),
    **dict.fromkeys(("mamp-hr", "capmah", "capacitymah"), ("capacity", 1e-3)),
    **dict.fromkeys(("watt-hr", "enerwh", "energywh"), ("energy", 1.0)),
    **dict.fromkeys(("mwatt-hr", "enermwh", "energymwh"), ("energy", 1e-3)),
    **dict.fromkeys(("state", "md"), ("state", 1.0)),
    **{
        f"{word}{unit}": (f"{word[:4]} time", factor)
        for word in ("test", "testtime", "step", "steptime")
        for unit, factor in {"sec": 1.0, "s": 1.0, "min": 60.0, "hr": 3600.0, "h": 3600.0}.items()
    },
    # Days, hours, minutes and seconds.
    "testtime": ("test time", 0.0),
    "steptime": ("step time", 0.0),
}
_REQUIRED = {
    "cycle": "Cyc#",
    "step": "Step",
    "test time": "TestTime",
    "step time": "StepTime",
    "current": "Amps",
    "voltage": "Volts",
    "state": "State",
}
_CLOCK = r"^(?:(\d+)d\s*)?(\d+):(\d{1,2}):(\d{1,2}(?:\.\d*)?)$"
_KEYS = r"Today's Date|Date of Test|Filename|Tester Channel|Procedure|Comment/Barcode|Comment|Barcode|Description"
#: The heading stands among the first lines.
_FIRST_LINES = 60


def _heading_at(lines: list[str]) -> int | None:
    for at, line in enumerate(lines[:_FIRST_LINES]):
        found = {_known(name)[0] for name in re.split(r"[\t,]", line)}
        if line.lstrip().lower().startswith("rec") and {"record", "step", "voltage", "state"} <= found:
            return at
    return None


def _known(name: str) -> tuple[str, float]:
    return _HEADINGS.get(re.sub(r"[\s.()\[\]]", "", name).lower(), ("", 0.0))


def _recognises(file: InstrumentFile) -> bool:
    return _heading_at(file.head_text.split("\n", _FIRST_LINES)) is not None


def _read(file: InstrumentFile) -> Reading:
    text = file.text()
    lines = text.split("\n", _FIRST_LINES)
    heading_at = _heading_at(lines)
    if heading_at is None:
        raise ReadError("holds no heading that begins with Rec#", file=file.path)
    records = split_records(file, text, heading_at, "\t" if "\t" in lines[heading_at] else ",")
    columns: dict[str, tuple[str, float]] = {}
    for name in records.text.columns:
        what, unit = _known(name)
        # MIMS writes the time twice: with the unit is the better one.
        if what and (what not in columns or columns[what][1] == 0):
            columns[what] = (name, unit)
    if missing := [heading for what, heading in _REQUIRED.items() if what not in columns]:
        raise ReadError(f"lacks the column {missing[0]!r}", file=file.path, place=f"line {heading_at + 1}")

    def number(what: str) -> pl.Series:
        name, unit = columns[what]
        return numbers(file, records.text[name], records.place) * unit

    data = pl.DataFrame(
        {
            "Test Time / s": _time(file, records, *columns["test time"]),
            "Voltage / V": number("voltage"),
            "Current / A": number("current"),
            "Cycle Count / 1": number("cycle").cast(pl.Int64),
            "Record Index / 1": number("record").cast(pl.Int64),
            "Step ID": number("step").cast(pl.Int64).cast(pl.String),
            "Step Type": records.text[columns["state"][0]],
            "Step Time / s": _time(file, records, *columns["step time"]),
        }
    )
    counters = {"capacity": "Step Cumulative Capacity / Ah", "energy": "Step Cumulative Energy / Wh"}
    data = data.with_columns(number(what).alias(name) for what, name in counters.items() if what in columns)
    current, findings = _signed(data["Current / A"], data["Step Type"])
    fell_back = (pl.col("Step Time / s").diff() < 0).fill_null(value=False).cum_sum()
    data = data.with_columns(
        current,
        count_steps(pl.col("Cycle Count / 1"), pl.col("Step ID"), fell_back).alias("Step Count / 1"),
        *vendor_columns(records.text, {name for name, _ in columns.values()}),
    )
    reasons = {"Unix Time / s": "the file's calendar times name no time zone"}
    clock = next((name for name in records.text.columns if name.lower() == "dpt time"), None)
    started = None if clock is None else start_time(records.text[clock])
    if started is None:
        reasons["started"] = "no start that can only be read in one way, day or month first"
    printed = {
        "Test Time / s": "test time",
        "Voltage / V": "voltage",
        "Current / A": "current",
        **{name: what for what, name in counters.items() if what in columns},
    }
    header = _header(lines[:heading_at])
    channel = header.get("Tester Channel")
    return Reading(
        kind="cycling",
        data=data,
        instrument=Instrument(
            vendor="Maccor",
            channel=channel if isinstance(channel, str) else None,
            # The digits of days, hours, minutes and seconds are those of a 32-bit float, not of the clock.
            resolution=resolutions(
                records, {name: columns[what] for name, what in printed.items() if columns[what][1]}
            ),
        ),
        started=started,
        missing=reasons,
        vendor=header,
        findings=(*records.findings, *findings),
    )


def _time(file: InstrumentFile, records: Records, name: str, unit: float) -> pl.Series:
    printed = records.text[name]
    if unit:
        return numbers(file, printed, records.place) * unit
    parts = pl.DataFrame(printed.str.extract_groups(_CLOCK)).unnest(name).cast(pl.Float64, strict=False)
    days, hours, minutes, seconds = parts.get_columns()
    time = days.fill_null(0.0) * 86400 + hours * 3600 + minutes * 60 + seconds
    if time.null_count():
        at = int(time.is_null().arg_true()[0])
        raise ReadError(
            "is no time in days, hours, minutes and seconds, and the heading names no unit",
            file=file.path,
            place=records.place(at),
            field=name,
            value=printed[at],
            fix="mend or remove the record, or export the file again",
        )
    return time


def _signed(current: pl.Series, state: pl.Series) -> tuple[pl.Series, list[Finding]]:
    """Return the current with its sign, from State where the file prints none."""
    if (current < 0).any():
        return current, []
    unknown = ~state.is_in(["C", "D", "R"]) & (current > 0)
    findings = []
    if unknown.any():
        words = ", ".join(sorted(set(state.filter(unknown))))
        message = f"{int(unknown.sum())} records in the state {words} have a current without direction, taken as charge"
        findings.append(Finding("direction-unknown", message, field="Current / A", value=int(unknown.sum())))
    return current.zip_with(state != "D", 0.0 - current), findings


def _header(lines: list[str]) -> dict[str, Scalar]:
    """Return the pairs of the first lines; a value ends where the next known key begins."""
    header: dict[str, Scalar] = {}
    for line in lines:
        for match in re.finditer(rf"({_KEYS}):?\s*(.*?)\s*(?=(?:{_KEYS})|$)", line.strip()):
            header[match[1]] = match[2] or None
    return header


READER = Reader("maccor-text", "Maccor text", _recognises, _read)
