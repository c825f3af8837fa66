"""EC-Lab's techniques beside cycling, from its columns and its header: voltammetry and impedance.

Serves both formats of BioLogic, the text and the binary.

    ======================= ============================== ====================================
    column                  table                          remark
    ======================= ============================== ====================================
    Ewe/V                   Voltage / V                    measured, against the reference
                                                           electrode
    <I>/mA                  Current / A                    positive oxidises: see `biologic_mpt`
    control/V               Sweep Count / 1                what was applied turns without noise;
                                                           Ewe where it was not exported
    cycle number            Cycle Count / 1                as EC-Lab was told to count
    freq/Hz                 Frequency / Hz
    Re(Z)/Ohm               Real Impedance / ohm
    -Im(Z)/Ohm              Imaginary Impedance / ohm      its sign is turned
    <Ewe>/V, <I>/mA         Voltage / V, Current / A       means of a point of a spectrum
    time/s                  Test Time / s                  as of cycling
    ======================= ============================== ====================================

Rules
    A rest (mode 3) beside sweeps, and a record without frequency beside points of a spectrum,
    are no part of the table; a finding counts them.  A spectrum begins where the frequency
    turns back, or where Ns or the cycle changes.

    Of the settings a value that differs from one sequence to the next is no condition.
    "nc cycles" counts repeats, so one cycle more was asked for.  EC-Lab prints an area of
    0.001 cm² where nobody gave one: there is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import polars as pl

from byssus.errors import ReadError, UnitError
from byssus.findings import Finding
from byssus.measured.metadata import Scalar
from byssus.measured.readers.printed import Printed
from byssus.measured.readers.workstation import condition, impedance_doubts, known, spectra, sweeps
from byssus.quantity import Quantity

#: Techniques by how their names begin, and the kind of table that their records make.
TECHNIQUES = {
    "Galvanostatic": "cycling",
    "Potentiodynamic Cycling": "cycling",
    "Modulo Bat": "cycling",
    "Chronopotentiometry": "cycling",
    "Chronoamperometry": "cycling",
    "Constant Current": "cycling",
    "Constant Voltage": "cycling",
    "Constant Power": "cycling",
    "Constant Load": "cycling",
    "Battery Capacity Determination": "cycling",
    "Cyclic Voltammetry": "voltammetry",
    "Linear Sweep Voltammetry": "voltammetry",
    "Potentio Electrochemical Impedance": "impedance",
    "Galvano Electrochemical Impedance": "impedance",
}
#: EC-Lab's area where nobody gave one, in cm².
NO_AREA = 0.001

_SWEPT = ("Ewe/V", "<Ewe>/V", "Ecell/V", "<Ecell>/V", "Ewe-Ece/V")
_MEAN = ("<Ewe>/V", "<Ecell>/V", "Ewe/V")
_CURRENT = {"<I>/mA": 1e-3, "I/mA": 1e-3, "<I>/A": 1.0, "I/A": 1.0}
_PARTS = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm")
_VOLTAGES = {"Ei": "initial voltage", "E1": "first vertex voltage", "E2": "second vertex voltage", "Ef": "final voltage",
             "EL": "final voltage", "E": "held voltage"}  # fmt: skip


def kind_of(file: Path, technique: str | None, columns: Collection[str]) -> str:
    """Return the kind of table that a technique makes, or without its name the columns.

    Raises
    ------
    ReadError
        If Byssus reads no such technique, or the columns do not tell.
    """
    if technique is not None:
        found = next((kind for begin, kind in TECHNIQUES.items() if technique.startswith(begin)), None)
        if found is None:
            raise ReadError(
                f"holds the EC-Lab technique {technique!r}, which Byssus does not read: only cycling, voltammetry, PEIS "
                "and GEIS",
                file=file,
            )
        return found
    if {"half cycle", "Q charge/discharge/mA.h", "dq/mA.h", "dQ/mA.h"} & set(columns):
        return "cycling"
    if set(_PARTS) <= set(columns):
        return "impedance"
    raise ReadError(
        "names no EC-Lab technique, and its columns are neither those of cycling nor those of impedance",
        file=file,
        fix="export it again with the header",
    )


def voltammetry_table(printed: Printed) -> tuple[pl.DataFrame, list[Finding], dict[str, str]]:
    """Make the voltammetry frame from EC-Lab's columns; with it findings, and what is missing with the reason."""
    voltage, current = _needed(printed, _SWEPT), _needed(printed, _CURRENT)
    findings, missing = [], {"Unix Time / s": "the file's start time names no time zone"}
    if "mode" in printed.cells.columns:
        printed, left = _without(printed, printed.number("mode") == 3, "records of rest (mode 3)")
        findings += left
    columns = {
        "Voltage / V": printed.number(voltage),
        "Current / A": printed.number(current, _CURRENT[current]),
    }
    applied = "control/V" if "control/V" in printed.cells.columns else voltage
    columns["Sweep Count / 1"] = sweeps(printed.number(applied))
    used = {voltage, current, *_clock_and_cycle(printed, columns, missing)}
    return _frame(columns, printed, used), findings, missing


def impedance_table(printed: Printed) -> tuple[pl.DataFrame, list[Finding], dict[str, str]]:
    """Make the impedance frame from EC-Lab's columns; with it findings, and what is missing with the reason."""
    for name in _PARTS:
        printed.column(name)
    missing = {"Unix Time / s": "the file's start time names no time zone"}
    printed, findings = _without(printed, printed.number("freq/Hz") <= 0, "records without a frequency")
    changes = [printed.number(name) for name in ("Ns", "cycle number") if name in printed.cells.columns]
    frequency, real = printed.number("freq/Hz"), printed.number("Re(Z)/Ohm")
    columns = {
        "Spectrum Count / 1": spectra(frequency, *changes),
        "Frequency / Hz": frequency,
        "Real Impedance / ohm": real,
        "Imaginary Impedance / ohm": -printed.number("-Im(Z)/Ohm"),
    }
    used = {*_PARTS, *_clock_and_cycle(printed, columns, missing)}
    for target, names in (("Voltage / V", dict.fromkeys(_MEAN, 1.0)), ("Current / A", _CURRENT)):
        if (there := next((name for name in names if name in printed.cells.columns), None)) is not None:
            columns[target] = printed.number(there, names[there])
            used.add(there)
        else:
            missing[target] = f"the file has no column {next(iter(names))!r}"
    parts = (printed.number(name) if name in printed.cells.columns else None for name in ("|Z|/Ohm", "Phase(Z)/deg"))
    findings += impedance_doubts(real, columns["Imaginary Impedance / ohm"], *parts)
    return _frame(columns, printed, used), findings, missing


def _needed(printed: Printed, names: Iterable[str]) -> str:
    names = list(names)
    found = next((name for name in names if name in printed.cells.columns), None)
    if found is None:
        raise ReadError(f"lacks the column {names[0]!r}", file=printed.file, fix="export it again with it")
    return found


def _without(printed: Printed, out: pl.Series, what: str) -> tuple[Printed, list[Finding]]:
    count = int(out.sum())
    if not count:
        return printed, []
    if count == out.len():
        raise ReadError(f"holds nothing but {what}", file=printed.file)
    kept = Printed(printed.file, printed.cells.filter(~out), printed.at.filter(~out), printed.word, printed.findings)
    return kept, [Finding("records-left-out", f"{count} {what} are left out", value=count)]


def _clock_and_cycle(printed: Printed, columns: dict[str, pl.Series], missing: dict[str, str]) -> set[str]:
    if "time/s" in printed.cells.columns:
        columns["Test Time / s"] = printed.number("time/s")
    else:
        missing["Test Time / s"] = "the file has no column 'time/s'"
    if "cycle number" in printed.cells.columns:
        columns["Cycle Count / 1"] = printed.number("cycle number").cast(pl.Int64, strict=False)
    else:
        missing["Cycle Count / 1"] = "the file has no column 'cycle number'"
    return {"time/s", "cycle number"}


def _frame(columns: Mapping[str, pl.Series], printed: Printed, used: Collection[str]) -> pl.DataFrame:
    return pl.DataFrame([values.alias(name) for name, values in columns.items()]).with_columns(printed.vendor(used))


def settings(comments: Iterable[str]) -> dict[str, Scalar]:
    """Return the settings of a technique as EC-Lab prints them: a name in 20 characters, then a value a sequence.

    Several values are joined; ``vs.`` and a unit go to the setting before.

    Examples
    --------
    >>> settings(["Ei (V)              0,000               ", "vs.                 Eoc                 "])
    {'Ei (V)': '0,000', 'Ei (V) vs.': 'Eoc'}
    """
    found: dict[str, Scalar] = {}
    before = ""
    for line in comments:
        match = re.fullmatch(r"(?=\S)(.{20})(\S.*?)\s*", line.ljust(20))
        if match is None or " : " in line:
            continue
        name = match[1].strip()
        if name == "vs.":
            name = f"{before} vs."
        else:
            before = name
        found[name] = "; ".join(re.split(r"\s{2,}", match[2]))
    return found


def conditions(given: Mapping[str, Scalar], header: Mapping[str, Scalar]) -> tuple[dict[str, Quantity], dict[str, str]]:
    """Return the conditions that settings and header state, and why there is no area where there is none.

    Examples
    --------
    >>> given = {"dE/dt": "0,100", "dE/dt unit": "mV/s", "E1 (V)": "1,500", "E1 (V) vs.": "Ref", "nc cycles": "4"}
    >>> {name: str(value) for name, value in conditions(given, {})[0].items()}
    {'first vertex voltage': '1.5 V', 'scan rate': '0.1 mV/s', 'cycles asked': '5'}
    """

    def one(name: str) -> str | None:
        values = set(str(given.get(name, "")).replace(",", ".").split("; "))
        return values.pop() if len(values) == 1 else None

    def measured(name: str, unit: str | None, shown: str) -> Quantity | None:
        try:
            value = condition(one(name), unit.replace("µ", "u")) if unit else None
            return None if value is None else value.to(shown)
        except UnitError:
            return None

    found: dict[str, Quantity | None] = {}
    for short, word in _VOLTAGES.items():
        against = one(f"{short} (V) vs.")
        name = word if against in (None, "Ref", "<None>") else f"{word} vs {against}"
        if (value := measured(f"{short} (V)", "V", "V")) is not None:
            found[name] = value
    for name, word, unit, shown in (
        ("dE/dt", "scan rate", one("dE/dt unit"), "mV/s"),
        ("fi", "initial frequency", one("unit fi"), "Hz"),
        ("ff", "final frequency", one("unit ff"), "Hz"),
        ("Va (mV)", "excitation amplitude", "mV", "mV"),
        ("Ia", "excitation amplitude", one("unit Ia"), "mA"),
    ):
        if (value := measured(name, unit, shown)) is not None:
            found[word] = Quantity(abs(value.value), value.unit)
    if (repeats := measured("nc cycles", "1", "1")) is not None and "dE/dt" in given:
        found["cycles asked"] = Quantity(repeats.value + 1, "1")
    area, missing = header.get("Electrode surface area"), {}
    number = re.match(r"\s*(\d+(?:[.,]\d+)?)", str(area or ""))
    if number is None:
        missing["area"] = "the header names none"
    elif (value := condition(number[1].replace(",", "."), "cm^2")) is not None and value.value in (0.0, NO_AREA):
        missing["area"] = f"EC-Lab prints {value.value:g} cm² where nobody gave one"
    else:
        found["area"] = value
    return known(found), missing
