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

Resolution and clock
    The last digit of each column is the last printed (10 µA and 10 µV in the export of 2020,
    0.1 nA and 10 nV in the raw text of 2019), where its heading names a unit.  Days, hours,
    minutes and seconds are a 32-bit float printed in full (``0d 00:00:5.05000019073486``): they
    tick in 10 ms, but their digits do not say so, and none is stated.
    Test time counts from the start and Step time from that of the step; the first record of a
    step is 10 to 70 ms old, and its counters may hold what passed since.  The counters return
    to zero with each step.  DPt Time, to the second, is the computer's clock: it gains 9.4 s on
    the test time in 51 h, 1.7 s in 23 h, and one record is 11 s off.  Neither file holds a pause
    of the channel, so whether Test time runs through one is not known.
    Cyc# is 0 until the program advances it; Step is the number in the program and recurs.

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
from byssus.measured.readers.printed import heading_names, moment, numbered, printed_csv
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
    lines = text.split("\n", _FIRST_LINES)[:_FIRST_LINES]
    heading_at = _heading_at(lines)
    if heading_at is None:
        raise ReadError("holds no heading that begins with Rec#", file=file.path)
    separator = "\t" if "\t" in lines[heading_at] else ","
    names = heading_names(file, lines[heading_at], heading_at, separator)
    names = [f"{before} Units" if name == "Units" else name for before, name in zip(["", *names], names, strict=False)]
    printed = printed_csv(file, text, heading=heading_at, separator=separator, names=numbered(names))
    columns: dict[str, tuple[str, float]] = {}
    for name in printed.cells.columns:
        what, unit = _known(name)
        # MIMS writes the time twice: with the unit is the better one.
        if what and (what not in columns or columns[what][1] == 0):
            columns[what] = (name, unit)
    if missing := [heading for what, heading in _REQUIRED.items() if what not in columns]:
        raise ReadError(f"lacks the column {missing[0]!r}", file=file.path, place=f"line {heading_at + 1}")
    printed = printed.sound(
        *(name for what, (name, unit) in columns.items() if unit and what in ("voltage", "current"))
    )

    def number(what: str) -> pl.Series:
        name, unit = columns[what]
        return printed.number(name, unit) if unit else printed.clock(name)

    data = pl.DataFrame(
        {
            "Test Time / s": number("test time"),
            "Voltage / V": number("voltage"),
            "Current / A": number("current"),
            "Cycle Count / 1": printed.count(columns["cycle"][0]),
            "Record Index / 1": printed.count(columns["record"][0]),
            "Step ID": printed.count(columns["step"][0]).cast(pl.String),
            "Step Type": printed.column(columns["state"][0]),
            "Step Time / s": number("step time"),
        }
    )
    counters = {"capacity": "Step Cumulative Capacity / Ah", "energy": "Step Cumulative Energy / Wh"}
    data = data.with_columns(number(what).alias(name) for what, name in counters.items() if what in columns)
    current, findings = _signed(data["Current / A"], data["Step Type"].fill_null(""))
    fell_back = (pl.col("Step Time / s").diff() < 0).fill_null(value=False).cum_sum()
    data = data.with_columns(
        current,
        count_steps(pl.col("Cycle Count / 1"), pl.col("Step ID"), fell_back).alias("Step Count / 1"),
        *printed.vendor({name for name, _ in columns.values()}),
    )
    reasons = {"Unix Time / s": "the file's calendar times name no time zone"}
    clock = next((name for name in printed.cells.columns if name.lower() == "dpt time"), None)
    started = None if clock is None else moment(printed.column(clock))
    if started is None:
        reasons["started"] = "no start that can only be read in one way, day or month first"
    measured = {
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
            resolution=printed.digits({name: columns[what] for name, what in measured.items() if columns[what][1]}),
        ),
        started=None if started is None else started.isoformat(),
        missing=reasons,
        vendor=header,
        findings=(*printed.findings, *findings),
    )


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
