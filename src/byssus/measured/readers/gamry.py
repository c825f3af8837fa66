"""Gamry .DTA, the data file of Framework: voltammetry and impedance.

Layout
    ``EXPLAIN``, then one object a line, its fields apart by tabs: name, type, value, description.
    ``TAG`` names the technique.  A table is ``CURVE1<tab>TABLE<tab>records`` (the number may be
    missing), a line of headings, a line of units, and a record a line; these lines begin with a tab.
    European settings write decimal commas.

    ======================= ============================== ====================================
    column                  table                          remark
    ======================= ============================== ====================================
    T, Time                 Test Time / s                  runs on through the curves
    Vf                      Voltage / V                    measured, against the reference
                                                           electrode
    Im                      Current / A                    see below for its sign
    Sig                     Sweep Count / 1                what was applied turns without noise;
                                                           Vf where there is none
    CURVEn                  Cycle Count / 1                n: Framework begins a curve with each
                                                           cycle, and one for what comes after
    Freq, Zreal, Zimag      Frequency / Hz, Real and       Zimag is signed: negative for a
                            Imaginary Impedance / ohm      capacitor
    Idc, Vdc                Current / A, Voltage / V       means of a point of a spectrum
    Temp                    Ambient Temperature / degC     unless it is below absolute zero, as of
                                                           a channel without a probe
    all others              vendor: …
    ======================= ============================== ====================================

Resolution and clock
    Six digits a number.  The time is that since the start of the table, and restarts with a
    spectrum after the rest before it.  The date is local and in the order of the computer's
    language: it is read where a number above 12 tells the order.

Rules
    ZCURVE tables make a spectrum each; else the tables CURVE, CURVE1, CURVE2 … with Vf and Im
    make a voltammogram, if TAG says that it is one (CV, LSV, POTENTIODYNAMIC).  Other tables (the
    rest before, OCVCURVE; a second working electrode such as a ring, WE2CURVE) are left out with a
    finding.
    CONVENTION says which current is positive, by a number of which nothing public was found;
    so the voltammogram has to tell (`workstation.oxidising_sign`), with a finding.  In the
    file at hand it is 1, and a positive current oxidises.
    An area of 1 cm² is Framework's where nobody gave one, so it counts as none.

Source
    https://help.gamry.com/eis-data-analysis-data-curve (sign of Zimag) and
    https://help.gamry.com/ee-data-file-overview (objects); CV__#3.DTA of
    nomad-chemical-energy's tests, exampleDataGamry.DTA of impedance.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import LARGEST_TEXT, Printed, moment, numbered, printed_csv
from byssus.measured.readers.workstation import condition, impedance_doubts, known, signed_by_data, spectra, sweeps
from byssus.measured.tables import VENDOR
from byssus.quantity import Quantity

_SWEPT = ("CV", "LSV", "POTENTIODYNAMIC")
_APPLIED = f"{VENDOR}Sig"
_ABSOLUTE_ZERO = -273.15
_NO_AREA = 1.0
#: Conditions by the name of the object, with their unit.
_SET = {
    "SCANRATE": ("scan rate", "mV/s"),
    "STEPSIZE": ("sample interval", "mV"),
    "EQDELAY": ("quiet time", "s"),
    "CYCLES": ("cycles asked", "1"),
    "RPM": ("rotation rate", "rpm"),
    "FREQINIT": ("initial frequency", "Hz"),
    "FREQFINAL": ("final frequency", "Hz"),
    "VAC": ("excitation amplitude, rms", "mV"),
    "IAC": ("excitation amplitude, rms", "mA"),
}
#: Voltages, each followed by T where it was set against the open circuit.
_VOLTAGES = {
    "VINIT": "initial voltage",
    "VLIMIT1": "first vertex voltage",
    "VLIMIT2": "second vertex voltage",
    "VFINAL": "final voltage",
    "VDC": "held voltage",
}


@dataclass(frozen=True)
class _Curve:
    name: str
    printed: Printed


def _recognises(file: InstrumentFile) -> bool:
    return re.match(r"\s*EXPLAIN\s*\nTAG\t", file.head_text) is not None


def _read(file: InstrumentFile) -> Reading:
    text = file.text(largest=LARGEST_TEXT)
    lines = text.split("\n")
    header = _header(lines)
    tag = (header.get("TAG") or [""])[0]
    curves, empty = _curves(file, lines, whole=text.endswith("\n"))
    used = [curve for curve in curves if curve.name.startswith("ZCURVE")]
    kind = "impedance" if used else "voltammetry"
    if not used:
        used = [curve for curve in curves if re.fullmatch(r"CURVE\d*", curve.name)]
        if not tag.startswith(_SWEPT):
            raise ReadError(
                f"holds the Gamry technique {tag!r}, which Byssus does not read: only CV, LSV and impedance",
                file=file.path,
            )
    if not used:
        raise ReadError("holds no curve with a record", file=file.path, fix="copy it again from the instrument")
    data, findings = _spectra(used) if kind == "impedance" else _voltammogram(used)
    if left := [curve.name for curve in curves if curve not in used]:
        records = sum(curve.printed.cells.height for curve in curves if curve not in used)
        message = f"{records} records of {', '.join(left)} are left out"
        findings.append(Finding("records-left-out", message, value=records))
    if empty:
        findings.append(Finding("truncated", f"the file ends within {empty}, which holds no record"))
    if _value(header.get("EXPERIMENTABORTED", ["", "F"])) == "T":
        findings.append(Finding("truncated", "the test was stopped before its end (EXPERIMENTABORTED)"))
    conditions, missing = _conditions(header)
    if "Temp" in used[0].printed.cells.columns and "Ambient Temperature / degC" not in data.columns:
        missing["Ambient Temperature / degC"] = "reads below absolute zero, as a channel without a probe does"
    date, clock = ((header.get(name) or ["", ""])[1] for name in ("DATE", "TIME"))
    started = moment(pl.Series([f"{date} {clock}"]))
    if started is None:
        missing["started"] = "the date does not tell which of its numbers is the month"
    return Reading(
        kind=kind,
        data=data,
        instrument=Instrument(
            vendor="Gamry",
            model=next((fields[1] for name in ("PSTAT",) if len(fields := header.get(name, [])) > 1), None),
            software=next(
                (f"Framework {fields[1]}" for fields in [header.get("FRAMEWORKVERSION", [])] if len(fields) > 1), None
            ),
        ),
        started=None if started is None else started.isoformat(),
        missing=missing,
        conditions=conditions,
        vendor={name: _value(fields) for name, fields in header.items()},
        findings=tuple(findings),
    )


def _header(lines: list[str]) -> dict[str, list[str]]:
    """Return the objects of a file but its tables: what follows the name, without blanks; notes follow their object."""
    header: dict[str, list[str]] = {}
    for line in lines:
        name, *fields = line.split("\t")
        if name.strip() and fields and fields[0].strip() != "TABLE":
            header[name.strip()] = [field.strip() for field in fields]
    return header


def _value(fields: list[str]) -> Scalar:
    return fields[1] if len(fields) > 1 else fields[0]


def _curves(file: InstrumentFile, lines: list[str], *, whole: bool) -> tuple[list[_Curve], str | None]:
    """Return the tables that hold records, and the name of the one that the file ends in before it has any."""
    starts = [at for at, line in enumerate(lines) if re.match(r"\w+\tTABLE\b", line)]
    curves, empty = [], None
    for start in starts:
        name = lines[start].split("\t")[0]
        end = next((at for at in range(start + 1, len(lines)) if not lines[at].startswith("\t")), len(lines))
        if end - start < 4 or (end - start == 4 and end == len(lines) and not whole):
            empty = name
            continue
        names = numbered([part.strip() for part in lines[start + 1].split("\t")[1:]])
        # The tab that a line begins with goes; the units, which stand below the heading, are always the same.
        body = "\n".join(line[1:].replace(",", ".") for line in lines[start + 3 : end])
        blanks = "\n" * (start + 3)
        closed = "\n" if whole or end < len(lines) else ""
        printed = printed_csv(file, f"{blanks}{body}{closed}", heading=start + 2, separator="\t", names=names)
        curves.append(_Curve(name, printed))
    return curves, empty


def _voltammogram(curves: list[_Curve]) -> tuple[pl.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    frames = []
    for number, curve in enumerate(curves, 1):
        printed = curve.printed.sound("T", "Vf", "Im")
        findings += printed.findings
        cycle = int(curve.name.removeprefix("CURVE") or number)
        frames.append(
            pl.DataFrame(
                [
                    printed.number("Vf").alias("Voltage / V"),
                    printed.number("Im").alias("Current / A"),
                    printed.number("T").alias("Test Time / s"),
                    *_temperature(printed),
                    *printed.vendor({"Vf", "Im", "T", "Temp"}),
                ]
            ).with_columns(pl.lit(cycle, dtype=pl.Int64).alias("Cycle Count / 1"))
        )
    data = pl.concat(frames, how="diagonal_relaxed")
    applied = data["Voltage / V"]
    if _APPLIED in data.columns and data[_APPLIED].dtype == pl.Float64 and not data[_APPLIED].null_count():
        applied = data[_APPLIED]
    sweep = sweeps(applied)
    data, finding = signed_by_data(data, sweep)
    return data.with_columns(sweep), [*findings, finding]


def _spectra(curves: list[_Curve]) -> tuple[pl.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    frames = []
    before = 0
    for curve in curves:
        printed = curve.printed.sound("Freq", "Zreal", "Zimag")
        findings += printed.findings
        real, imaginary = printed.number("Zreal"), printed.number("Zimag")
        others = (printed.number(name) if name in printed.cells.columns else None for name in ("Zmod", "Zphz"))
        findings += impedance_doubts(real, imaginary, *others)
        columns = {"Time": "Test Time / s", "Idc": "Current / A", "Vdc": "Voltage / V"}
        there = {name: column for name, column in columns.items() if name in printed.cells.columns}
        frame = pl.DataFrame(
            [
                spectra(printed.number("Freq")) + before,
                printed.number("Freq").alias("Frequency / Hz"),
                real.alias("Real Impedance / ohm"),
                imaginary.alias("Imaginary Impedance / ohm"),
                *(printed.number(name).alias(column) for name, column in there.items()),
                *_temperature(printed),
                *printed.vendor({"Freq", "Zreal", "Zimag", "Temp", *there}),
            ]
        )
        before = int(frame["Spectrum Count / 1"][-1])
        frames.append(frame)
    return pl.concat(frames, how="diagonal_relaxed"), findings


def _temperature(printed: Printed) -> Iterator[pl.Series]:
    if "Temp" in printed.cells.columns:
        value = printed.number("Temp", needed=False)
        if bool((value > _ABSOLUTE_ZERO).all()):
            yield value.alias("Ambient Temperature / degC")


def _conditions(header: dict[str, list[str]]) -> tuple[dict[str, Quantity], dict[str, str]]:
    def number(name: str, unit: str) -> Quantity | None:
        return condition(str(_value(header.get(name, [""]))).replace(",", "."), unit)

    found = {word: number(name, unit) for name, (word, unit) in _SET.items() if name in header}
    for name, word in _VOLTAGES.items():
        fields = header.get(name, [])
        against = " vs Eoc" if len(fields) > 2 and fields[2] == "T" else ""
        found[word + against] = number(name, "V")
    area, missing = number("AREA", "cm^2"), {}
    if area is None or area.value == _NO_AREA:
        missing["area"] = "Gamry writes 1 cm² where nobody gave one" if area else "the header names none"
    else:
        found["area"] = area
    return known(found), missing


READER = Reader("gamry-dta", "Gamry .DTA", _recognises, _read)
