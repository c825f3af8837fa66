"""ZPlot .z, the text of Scribner's impedance software.

Layout
    ``ZPLOT2 ASCII``, lines ``name:  value``, then a heading (``Freq(Hz)``, ``Z'(a)``, ``Z''(b)`` …), the
    line ``End Comments``, and one record a line, fields apart by tabs.

    ======================= ============================== ====================================
    column                  table                          remark
    ======================= ============================== ====================================
    Freq(Hz)                Frequency / Hz
    Z'(a)                   Real Impedance / ohm
    Z''(b)                  Imaginary Impedance / ohm      signed: negative for a capacitor
    Time(Sec)               Test Time / s
    all others              vendor: …                      Ampl, Bias, GD, Err, Range
    ======================= ============================== ====================================

Resolution and clock
    Five to seven digits a number, with powers of ten.  The time is that since the start.  The date
    does not tell day from month unless one is above 12.

Rules
    Bias and amplitude stay the vendor's: whether they are volts, and peak or root mean square,
    stands nowhere in the file.

Source
    exampleDataZPlot.z of impedance.py.
"""

from __future__ import annotations

import re

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import LARGEST_TEXT, heading_names, moment, numbered, printed_csv
from byssus.measured.readers.workstation import condition, impedance_doubts, known, spectra

_PARTS = ("Freq(Hz)", "Z'(a)", "Z''(b)")
_END = "End Comments"
_SET = {
    "vs Freq-Initial": ("initial frequency", "Hz"),
    "vs Freq-Final": ("final frequency", "Hz"),
    "Open Circuit Potential (V)": ("open-circuit voltage", "V"),
}


def _recognises(file: InstrumentFile) -> bool:
    return file.head_text.lstrip().startswith("ZPLOT2 ASCII")


def _read(file: InstrumentFile) -> Reading:
    text = file.text(largest=LARGEST_TEXT)
    lines = text.split("\n")
    end = next((at for at, line in enumerate(lines) if line.strip() == _END), None)
    if not end:
        raise ReadError(f"lacks the line {_END!r}", file=file.path, fix="copy it again from the instrument")
    names = numbered(heading_names(file, lines[end - 1].strip(), end - 1, "\t"))
    printed = printed_csv(file, text, heading=end, separator="\t", names=names)
    printed = printed.sound(*(name for name in _PARTS if name in names))
    frequency, real, imaginary = (printed.number(name) for name in _PARTS)
    columns = [
        spectra(frequency),
        frequency.alias("Frequency / Hz"),
        real.alias("Real Impedance / ohm"),
        imaginary.alias("Imaginary Impedance / ohm"),
    ]
    missing = {
        "area": "the header gives a number without a unit, 1 where nobody gave one",
        "Voltage / V": "the file does not say what its column Bias is",
    }
    if "Time(Sec)" in names:
        columns.append(printed.number("Time(Sec)").alias("Test Time / s"))
    header: dict[str, Scalar] = {
        found[1].strip(): found[2].strip()
        for line in lines[1:end]
        if (found := re.match(r"\s*([^:]+):\s*(\S.*)$", line))
    }
    findings = impedance_doubts(real, imaginary)
    asked = condition(str(header.get("Data Points")), "1")
    if asked is not None and asked.value > frequency.len():
        message = f"the header announces {asked.value:.0f} points, the file holds {frequency.len()}"
        findings.append(Finding("truncated", message, value=frequency.len()))
    started = moment(pl.Series([f"{header.get('Date', '')} {header.get('Time', '')}"]))
    if started is None:
        missing["started"] = "the date does not tell which of its numbers is the month"
    return Reading(
        kind="impedance",
        data=pl.DataFrame(columns).with_columns(printed.vendor({*_PARTS, "Time(Sec)"})),
        instrument=Instrument(vendor="Scribner", software=f"ZPlot {header.get('Measured Data, ZPlot', '')}".strip()),
        started=None if started is None else started.isoformat(),
        missing=missing,
        conditions=known(
            {word: condition(str(header[name]), unit) for name, (word, unit) in _SET.items() if name in header}
        ),
        vendor=header,
        findings=(*printed.findings, *findings),
    )


READER = Reader("zplot", "ZPlot .z", _recognises, _read)
