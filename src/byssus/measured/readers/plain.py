"""Plain tables whose heading says what they hold: time, voltage and current, voltage and current, or an impedance.

Layout
    A heading, then one record a line, fields apart by a comma, a semicolon or a tab.  Decimal commas
    are read where the separator is another.  It is recognised by its columns, in any order:

    ======================= ==================================================================
    table                   columns
    ======================= ==================================================================
    cycling                 a time (``Seconds``, ``t/s``, ``Time (h)``), a voltage (``Volts``,
                            ``U/V``) and a current (``Amps``, ``I/mA``), each with its unit
    voltammetry             a voltage and a current with their units, and no time
    impedance               a frequency (``freq``, ``f/Hz``), a real part (``Re``, ``Z'``, ``Zreal``,
                            ``Re(Z)/Ohm``) and an imaginary part (``Im``, ``Z''``, ``-Im(Z)`` …)
    impedance, no heading   three columns of numbers, of which the first runs evenly in its
                            logarithm, over at least two decades
    ======================= ==================================================================

Resolution and clock
    The last digit of a column is the smallest power of ten of which all its numbers are multiples.
    What the clock does, only the instrument knows.

Rules
    A unit is the heading's: after a solidus, in brackets, or as a word (Seconds, Volts, Amps).  A
    cycling table without one of its units is not recognised; it needs a column map.
    Impedances without units are taken as Hz and ohm, and columns without a heading as frequency,
    real and imaginary part: a finding says so.  Parts in two units are converted each by its own,
    with a finding.
    Beside an impedance a time, a voltage and a current with units are read as well.  Records whose
    frequency is zero (a rest, a charge before) are left out with a finding.
    A minus before the imaginary part (-Im, -Z'') turns it; no other sign is turned.  Where most
    imaginary parts are above zero a finding warns that the column may hold the negative one.
    The current keeps its sign: positive is taken to charge, and the check of every cycling
    table says so where the voltage falls while the current is positive (sign-against-voltage).
    Steps begin where the current changes sign (`bdf.rebuilt_steps`).
    A table of time, voltage and current is a voltammogram where one is wanted, as by ``byssus analyse
    cv``: sweeps are then counted, and the sign of the current is told from them
    (`workstation.as_voltammogram`).  Its voltage has to be swept.  Without a time it is one in any case,
    and its scan rate has to be told.

Source
    gitt_charge.csv and ici_discharge.csv of ampworks 0.1.0; exampleData.csv of impedance.py.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl

from byssus.errors import ReadError, UnitError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument
from byssus.measured.readers.bdf import rebuilt_steps
from byssus.measured.readers.printed import LARGEST_TEXT, Printed, fields_of, numbered, printed_csv, stored_digit
from byssus.measured.readers.workstation import as_voltammogram, impedance_doubts, spectra
from byssus.quantity import check_unit, convert

_SEPARATORS = (",", ";", "\t")
#: What columns are called, without blanks, underscores, brackets and unit.
_NAMES = {
    "time": ("time", "t", "testtime", "elapsedtime", "seconds", "second", "hours"),
    "voltage": ("voltage", "volts", "volt", "potential", "u", "e", "ewe", "v"),
    "current": ("current", "amps", "amp", "amperes", "i"),
    "frequency": ("frequency", "freq", "f"),
    "real": ("re", "rez", "z'", "zre", "zreal", "realz", "real", "realimpedance", "zr"),
    "imaginary": (
        "im",
        "imz",
        "z''",
        'z"',
        "zim",
        "zimag",
        "zimg",
        "imagz",
        "imag",
        "imaginary",
        "imaginaryimpedance",
        "zi",
    ),
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names}
_WORDS = {
    "seconds": "s",
    "second": "s",
    "hours": "h",
    "volts": "V",
    "volt": "V",
    "amps": "A",
    "amp": "A",
    "amperes": "A",
}
#: The table's column and unit of each role.
_TARGETS = {
    "time": ("Test Time / s", "s"),
    "voltage": ("Voltage / V", "V"),
    "current": ("Current / A", "A"),
    "frequency": ("Frequency / Hz", "Hz"),
    "real": ("Real Impedance / ohm", "ohm"),
    "imaginary": ("Imaginary Impedance / ohm", "ohm"),
}
_CYCLING, _SWEPT, _IMPEDANCE = (
    ("time", "voltage", "current"),
    ("voltage", "current"),
    ("frequency", "real", "imaginary"),
)
#: Without a heading: so many records, over such a ratio of frequencies, with steps of the logarithm that vary by
#: less than this share.
_FEWEST, _RATIO, _EVEN = 8, 100.0, 0.5
#: Records that tell the last digit of a column, which all others then have to keep to.
_SOME = 1000


class _Column:
    """A column of the file by its heading: its role, its unit where it has one, and whether a minus stands before it."""

    def __init__(self, heading: str) -> None:
        name, self.unit = heading, None
        for pattern in (r"^(.*?)\s*[(\[]([^()\[\]]+)[)\]]\s*$", r"^(.*?)\s*/\s*(.+)$"):
            if found := re.match(pattern, heading):
                unit = re.sub(r"(?i)ohms?\b|[Ωω]", "ohm", found[2].strip())
                try:
                    name, self.unit = found[1], check_unit(unit)
                    break
                except UnitError:
                    continue
        plain = re.sub(r"[\s_()\[\]]|/$", "", name).lower().replace("″", "''").replace("′", "'")
        self.minus = plain[:1] in ("-", "−") and len(plain) > 1
        plain = plain[1:] if self.minus else plain
        self.role = _ROLES.get(plain)
        self.unit = self.unit or _WORDS.get(plain)


def _headed(line: str) -> tuple[str, dict[str, str]] | None:
    """Return the separator and the column of each role, if a heading is one of a plain table."""
    for separator in _SEPARATORS:
        if separator not in line:
            continue
        roles: dict[str, str] = {}
        units: dict[str, str | None] = {}
        for name in numbered(fields_of(line, separator)):
            column = _Column(name)
            if column.role is not None and column.role not in roles:
                roles[column.role], units[column.role] = name, column.unit
        if set(_IMPEDANCE) <= set(roles):
            beside = [role for role in _CYCLING if units.get(role)]
            return separator, {role: roles[role] for role in (*_IMPEDANCE, *beside)}
        if set(_CYCLING) <= set(roles) and all(units[role] for role in _CYCLING):
            return separator, {role: roles[role] for role in _CYCLING}
        if set(_SWEPT) <= set(roles) and "time" not in roles and all(units[role] for role in _SWEPT):
            return separator, {role: roles[role] for role in _SWEPT}
    return None


def _bare(text: str) -> str | None:
    """Return the separator of a spectrum without a heading, if the text looks like one."""
    lines = [line for line in text.split("\n")[:-1] if line.strip()]
    for separator in _SEPARATORS:
        try:
            records = np.array([[float(field) for field in line.split(separator)] for line in lines])
        except ValueError:
            continue
        if records.ndim != 2 or records.shape[1] != 3 or len(records) < _FEWEST or not (records[:, 0] > 0).all():
            continue
        steps = np.diff(np.log(records[:, 0]))
        even = float(np.std(steps)) < _EVEN * abs(float(np.mean(steps)))
        if even and abs(float(steps.sum())) > np.log(_RATIO) and (records[:, 1] > 0).mean() > 0.5:
            return separator
    return None


def _recognises(file: InstrumentFile) -> bool:
    first, line_break, _ = file.head_text.partition("\n")
    if not line_break or "\0" in first:
        return False
    return _headed(first) is not None or _bare(file.head_text) is not None


def _read(file: InstrumentFile) -> Reading:
    first = file.head_text.partition("\n")[0]
    headed = _headed(first)
    if headed is None:
        separator = _bare(file.head_text)
        if separator is None:
            raise ReadError(
                "has no heading that names time, voltage and current with units, or frequency and impedance",
                file=file.path,
                fix="give a column map",
            )
        roles = {role: role for role in _IMPEDANCE}
        printed = printed_csv(file, file.text(largest=LARGEST_TEXT), heading=-1, separator=separator, names=list(roles))
        return _impedance(printed, roles, headed=False)
    separator, roles = headed
    printed = _numbers(file, first, separator) or _words(file, separator)
    if "frequency" in roles:
        return _impedance(printed, roles, headed=True)
    return _cycling(printed, roles) if "time" in roles else _swept(printed, roles)


def _numbers(file: InstrumentFile, heading: str, separator: str) -> Printed | None:
    """Return a table in which every cell is a number, and quickly; None for any other."""
    with file.path.open("rb") as stream:
        stream.seek(-1, 2)
        if stream.read(1) != b"\n" or file.size > LARGEST_TEXT:
            return None
    names = numbered(fields_of(heading, separator))
    try:
        cells = pl.read_csv(
            file.path,
            separator=separator,
            skip_rows=1,
            has_header=False,
            schema=dict.fromkeys(names, pl.Float64),
            quote_char=None,
        )
    except (pl.exceptions.PolarsError, OSError):
        return None
    sound = all(bool(cells[name].is_finite().all()) and not cells[name].null_count() for name in names)
    return Printed(file.path, cells, pl.int_range(2, cells.height + 2, eager=True)) if sound and cells.height else None


def _words(file: InstrumentFile, separator: str) -> Printed:
    printed = printed_csv(file, file.text(largest=LARGEST_TEXT), separator=separator)
    comma = separator != "," and any(
        bool(printed.cells[name].str.contains(r"^-?\d+,\d").any()) for name in printed.cells.columns
    )
    return replace(printed, decimal=",") if comma else printed


def _values(printed: Printed, role: str, name: str) -> pl.Series:
    column, (target, unit) = _Column(name), _TARGETS[role]
    given = column.unit or unit
    try:
        factor = convert(1.0, given, unit)
    except UnitError as error:
        raise ReadError(error.message, file=printed.file, field=name, value=given, fix="give a column map") from error
    return (printed.number(name, factor) * (-1 if column.minus else 1)).alias(target)


def _cycling(printed: Printed, roles: dict[str, str]) -> Reading:
    printed = printed.sound(*roles.values())
    data = pl.DataFrame([_values(printed, role, name) for role, name in roles.items()])
    resolution = _digits(data)
    data, rebuilt = rebuilt_steps(data)
    return Reading(
        kind="cycling",
        data=data.with_columns(printed.vendor(set(roles.values()))),
        instrument=Instrument(resolution=resolution),
        missing={"Unix Time / s": "the file has no such column", "Cycle Count / 1": "the file has no such column"},
        findings=(*printed.findings, rebuilt),
    )


def _swept(printed: Printed, roles: dict[str, str]) -> Reading:
    printed = printed.sound(*roles.values())
    data = pl.DataFrame([_values(printed, role, name) for role, name in roles.items()])
    return as_voltammogram(
        Reading(
            kind="cycling",
            data=data.with_columns(printed.vendor(set(roles.values()))),
            instrument=Instrument(resolution=_digits(data)),
            missing=dict.fromkeys(("Test Time / s", "Unix Time / s", "Cycle Count / 1"), "the file has no such column"),
            findings=printed.findings,
        ),
        file=printed.file,
    )


def _with_frequency(printed: Printed, name: str) -> tuple[Printed, int]:
    """Return the records that have a frequency above zero, and how many have none."""
    good = printed.number(name) > 0
    if not good.any():
        raise ReadError("holds no record with a frequency above zero", file=printed.file, field=name)
    return replace(printed, cells=printed.cells.filter(good), at=printed.at.filter(good)), int((~good).sum())


def _digits(data: pl.DataFrame) -> dict[str, float]:
    return {name: digit for name in data.columns if (digit := _digit(data[name])) is not None}


def _digit(values: pl.Series) -> float | None:
    digit = stored_digit(values.head(_SOME))
    if digit is not None:
        whole = values / digit
        if bool(((whole - whole.round()).abs() < 1e-6).all()):
            return digit
    return stored_digit(values)


def _impedance(printed: Printed, roles: dict[str, str], *, headed: bool) -> Reading:
    printed = printed.sound(*roles.values())
    findings: list[Finding] = []
    printed, none = _with_frequency(printed, roles["frequency"])
    if none:
        findings.append(Finding("records-left-out", f"{none} records without a frequency are left out", value=none))
    columns = [_values(printed, role, name) for role, name in roles.items()]
    frequency, real, imaginary = columns[:3]
    if not headed:
        message = (
            "the file has no heading: its three columns are taken as frequency in Hz, real and imaginary part in ohm, as "
            "the first runs evenly in its logarithm"
        )
        findings.append(Finding("columns-assumed", message))
    units = {role: _Column(name).unit for role, name in roles.items()}
    if headed and (without := [roles[role] for role in _IMPEDANCE if units[role] is None]):
        message = f"the heading names no unit of {', '.join(without)}: taken as Hz and ohm"
        findings.append(Finding("columns-assumed", message))
    if (units["real"] or "ohm") != (units["imaginary"] or "ohm"):
        given = " and ".join(f"{roles[role]!r} in {units[role] or 'ohm'}" for role in ("real", "imaginary"))
        findings.append(Finding("units-mixed", f"{given}: each is converted by its own unit"))
    return Reading(
        kind="impedance",
        data=pl.DataFrame([spectra(frequency), *columns]).with_columns(printed.vendor(set(roles.values()))),
        missing={
            _TARGETS[role][0]: "the file has no such column with a unit" for role in _CYCLING[:2] if role not in roles
        },
        findings=(*printed.findings, *findings, *impedance_doubts(real, imaginary)),
    )


READER = Reader(
    "plain", "A plain table of (time,) voltage and current, or of impedance", _recognises, _read, tells_technique=False
)
