"""CH Instruments .txt, the text of the workstations CHI 600 to 1200: voltammetry and impedance.

Layout
    First line the date (``June 13, 2024   13:13:28``), second the technique, then ``key: value``
    lines with ``Instrument Model:  CHI…``, then what was set as ``name (unit) = value``.  In a
    voltammogram of several segments ``Segment 5:`` … name those that are in the file: often the
    last ones only.  They may stand between the records as well.  A heading ``Potential/V, Current/A`` or ``Freq/Hz, Z'/ohm, Z"/ohm, …``, a blank
    line, and one record a line, fields apart by a comma and a blank.  A software set to do so
    writes tabs or blanks between them.

    ======================= ============================== ====================================
    column                  table                          remark
    ======================= ============================== ====================================
    Potential/V             Voltage / V                    applied, not measured, against the
                                                           reference electrode
    Current/A, i1/A         Current / A                    see below for its sign
    Freq/Hz                 Frequency / Hz
    Z'/ohm                  Real Impedance / ohm
    Z"/ohm                  Imaginary Impedance / ohm      signed: negative for a capacitor
    Time/s                  Test Time / s                  rarely there
    all others              vendor: …                      Z/ohm, Phase/deg, i2/A, Charge/C …
    ======================= ============================== ====================================

Resolution and clock
    Currents and impedances have four digits, potentials three decimals.  Mostly there is no time in
    a sweep: only the scan rate tells it.  The date is local, without zone, and that of the start.

Rules
    The software lets people choose whether a cathodic or an anodic current is positive, and does
    not write which.  So the voltammogram has to tell (`workstation.oxidising_sign`): a positive
    current oxidises in the table, all signs are turned where it reduces in the file, and a finding
    gives the evidence.  Where nothing can be told the signs stay, with a warning.
    Z"/ohm has the sign of Phase/deg, so it is the imaginary part and not its negative; every
    record is compared with its modulus and phase.
    A sweep ends at its vertex, as of every workstation; CHI counts the vertex to the next.
    "Init P/N" is the direction of the first sweep.  Other techniques are refused by name.

Source
    CV-1T.txt and EIS_-0,48_V.txt of nomad-chemical-energy's tests (CHI760E).
"""

from __future__ import annotations

import re
from datetime import datetime

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import LARGEST_TEXT, Printed, heading_names, numbered, printed_csv
from byssus.measured.readers.workstation import condition, impedance_doubts, known, signed_by_data, spectra, sweeps
from byssus.quantity import Quantity

_SWEPT = ("Cyclic Voltammetry", "Linear Sweep Voltammetry")
_SPECTRUM = "A.C. Impedance"
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_DATE = re.compile(r"(\w{3,9})\.? +(\d{1,2}), *(\d{4}) +(\d{1,2}):(\d{2}):(\d{2})")
#: Conditions by what stands before the equals sign, with the unit that they are shown in.
_SET = {
    "Init E (V)": ("initial voltage", "V", 1.0),
    "High E (V)": ("high voltage", "V", 1.0),
    "Low E (V)": ("low voltage", "V", 1.0),
    "Final E (V)": ("final voltage", "V", 1.0),
    "Scan Rate (V/s)": ("scan rate", "mV/s", 1e3),
    "Segment": ("sweeps asked", "1", 1.0),
    "Sample Interval (V)": ("sample interval", "mV", 1e3),
    "Quiet Time (sec)": ("quiet time", "s", 1.0),
    "High Frequency (Hz)": ("high frequency", "Hz", 1.0),
    "Low Frequency (Hz)": ("low frequency", "Hz", 1.0),
    "Amplitude (V)": ("excitation amplitude, peak or rms", "mV", 1e3),
}
_CURRENTS = ("Current/A", "i1/A")
_SEGMENT = re.compile(r"Segment (\d+):")
_TIMES = ("Time/s", "Time/sec")
_PARTS = ("Freq/Hz", "Z'/ohm", 'Z"/ohm')


def _recognises(file: InstrumentFile) -> bool:
    return re.search(r"^Instrument Model: +CHI", file.head_text, re.MULTILINE) is not None


def _read(file: InstrumentFile) -> Reading:
    text = file.text(largest=LARGEST_TEXT)
    lines = text.split("\n")
    technique = lines[1].strip() if len(lines) > 1 else ""
    if not technique.startswith((*_SWEPT, _SPECTRUM)):
        raise ReadError(
            f"holds the CHI technique {technique!r}, which Byssus does not read: only CV, LSV and A.C. impedance",
            file=file.path,
        )
    first = "Freq/Hz" if technique.startswith(_SPECTRUM) else "Potential/V"
    heading = next((at for at, line in enumerate(lines) if line.strip().startswith(first)), None)
    if heading is None:
        raise ReadError(f"lacks the heading {first!r}", file=file.path, fix="copy it again from the instrument")
    named = [line for line in lines[heading:] if _SEGMENT.match(line)]
    if named:
        # Blanked, so that the others keep their numbers.
        text = "\n".join("" if _SEGMENT.match(line) else line for line in lines)
    separator = next((each for each in (",", "\t") if each in lines[heading]), " ")
    names = heading_names(file, lines[heading].strip(), heading, separator)
    printed = printed_csv(file, text, heading=heading, separator=separator, names=numbered(names))
    header, segments = _header([*lines[2:heading], *named])
    conditions = known({word: _times(header.get(key), factor, unit) for key, (word, unit, factor) in _SET.items()})
    missing = {"area": "CHI asks for none"}
    if not set(_TIMES) & set(names):
        missing["Test Time / s"] = "CHI writes no time of a record"
    if first == "Freq/Hz":
        if (held := conditions.pop("initial voltage", None)) is not None:
            conditions["held voltage"] = held
        missing["Voltage / V"] = "CHI writes the voltage that was set, not the one that was held"
        data, findings, columns = _impedance(printed)
    else:
        data, findings, columns = _voltammogram(printed)
    asked = conditions.get("sweeps asked")
    if segments:
        header["segments in the file"] = ", ".join(map(str, segments))
    if asked is not None and first != "Freq/Hz" and data["Sweep Count / 1"].n_unique() < asked.value:
        count = data["Sweep Count / 1"].n_unique()
        message = f"the file holds {count} of {asked.value:.0f} sweeps" + (
            f": CHI's segments {header['segments in the file']}" if segments else ""
        )
        findings.append(Finding("sweeps-not-saved", message, value=count))
    started = _started(lines[0])
    if started is None:
        missing["started"] = "the first line is no date"
    return Reading(
        kind="impedance" if first == "Freq/Hz" else "voltammetry",
        data=data,
        instrument=Instrument(
            vendor="CH Instruments",
            model=str(header.pop("Instrument Model", "")) or None,
            resolution=printed.digits(columns),
        ),
        started=started,
        missing=missing,
        conditions=conditions,
        vendor={"technique": technique, **header},
        findings=(*printed.findings, *findings),
    )


def _voltammogram(printed: Printed) -> tuple[pl.DataFrame, list[Finding], dict[str, tuple[str, float]]]:
    current = next((name for name in _CURRENTS if name in printed.cells.columns), _CURRENTS[0])
    printed = printed.sound("Potential/V", current)
    data = pl.DataFrame(
        [printed.number("Potential/V").alias("Voltage / V"), printed.number(current).alias("Current / A")]
    )
    sweep = sweeps(data["Voltage / V"])
    data, finding = signed_by_data(data, sweep)
    used = {"Potential/V", current}
    if (time := next((name for name in _TIMES if name in printed.cells.columns), None)) is not None:
        data = data.with_columns(printed.number(time).alias("Test Time / s"))
        used.add(time)
    data = data.with_columns(sweep, *printed.vendor(used))
    return data, [*printed.findings, finding], {"Voltage / V": ("Potential/V", 1.0), "Current / A": (current, 1.0)}


def _impedance(printed: Printed) -> tuple[pl.DataFrame, list[Finding], dict[str, tuple[str, float]]]:
    printed = printed.sound(*_PARTS)
    frequency, real, imaginary = (printed.number(name) for name in _PARTS)
    others = (printed.number(name) if name in printed.cells.columns else None for name in ("Z/ohm", "Phase/deg"))
    data = pl.DataFrame(
        [
            spectra(frequency),
            frequency.alias("Frequency / Hz"),
            real.alias("Real Impedance / ohm"),
            imaginary.alias("Imaginary Impedance / ohm"),
            *printed.vendor(_PARTS),
        ]
    )
    findings = [*printed.findings, *impedance_doubts(real, imaginary, *others)]
    # Each number has four digits of its own: no digit is common to a column.
    return data, findings, {}


def _header(lines: list[str]) -> tuple[dict[str, Scalar], list[int]]:
    """Return what stands above the heading, and the numbers of the segments that the file holds."""
    header: dict[str, Scalar] = {}
    segments = []
    for line in lines:
        if found := _SEGMENT.match(line):
            segments.append(int(found[1]))
        elif found := re.match(r"([^=]{1,60}?) = (.*)", line) or re.match(r"([^:]{1,40}?): +(.+)", line):
            # A peak (Ep, ip) recurs with each segment.
            name, value, earlier = found[1].strip(), found[2].strip(), header.get(found[1].strip())
            header[name] = f"{earlier}; {value}" if earlier else value
    return header, segments


def _times(value: Scalar, factor: float, unit: str) -> Quantity | None:
    found = condition(None if value is None else str(value), unit)
    return None if found is None else Quantity(float(f"{found.value * factor:.12g}"), unit)


def _started(line: str) -> str | None:
    found = _DATE.match(line.strip())
    month = next((n for n, name in enumerate(_MONTHS, 1) if found and name.startswith(found[1].lower())), None)
    if found is None or month is None:
        return None
    try:
        day, hour, minute, second = (int(found[n]) for n in (2, 4, 5, 6))
        return datetime(int(found[3]), month, day, hour, minute, second).isoformat()
    except ValueError:
        return None


READER = Reader("chi-text", "CH Instruments .txt", _recognises, _read)
