"""Voltammograms, spectra and tables of pulses of the test data as Byssus reads them, against other readings of them.

A witness shares no code with `byssus.measured`: it splits lines below a heading that it is told, or takes bytes at
fixed places.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byssus.errors import ByssusError
from byssus.measured.read import read
from byssus.measured.tables import VENDOR, Table
from byssus.validation.page import Comparison, Listing
from byssus.validation.witness import CURRENT, TIME, VOLTAGE, mpr_modules

Array = NDArray[np.float64]
FREQUENCY, REAL, IMAGINARY = "Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"

#: Allows for the last bit of a decimal number stored in binary, as a share.
_BINARY_DUST = 1e-12
#: Two units in the last place of a 32-bit float, as a share of the largest.
_SINGLE = 2.0**-22
#: What the charge of a sweep may differ by from the integral of its current, in %: EC-Lab averages the current over the
#: second half of each step of the potential ("Step percent 50"), and counts the charge over all of it.
_CHARGE = 5.0
#: What a modulus (%) and a phase (degrees) may differ by: half a unit of the last digit that the file prints.
_MODULUS, _PHASE = 0.1, 0.06


@dataclass(frozen=True)
class _Text:
    """A text: what its heading begins with, and the table's columns by the headings, with the factor to their unit."""

    heading: str
    columns: Mapping[str, tuple[str, float]]
    separator: str | None = ","
    #: Lines between the heading and the first record.
    between: int = 0
    encoding: str = "cp1252"
    comma: bool = False
    #: Only from this line on, by what it begins with.
    after: str = ""


_EC_CV = {VOLTAGE: ("Ewe/V", 1.0), CURRENT: ("<I>/mA", 1e-3), TIME: ("time/s", 1.0)}
_EC_EIS = {
    FREQUENCY: ("freq/Hz", 1.0),
    REAL: ("Re(Z)/Ohm", 1.0),
    IMAGINARY: ("-Im(Z)/Ohm", -1.0),
    TIME: ("time/s", 1.0),
    VOLTAGE: ("<Ewe>/V", 1.0),
    CURRENT: ("<I>/mA", 1e-3),
}
_GAMRY_CV = {VOLTAGE: ("Vf", 1.0), CURRENT: ("Im", 1.0), TIME: ("T", 1.0)}
_PULSES = {TIME: ("Seconds", 1.0), VOLTAGE: ("Volts", 1.0), CURRENT: ("Amps", 1.0)}
_TEXTS = {
    "CV-1T.txt": _Text("Potential/V", {VOLTAGE: ("Potential/V", 1.0), CURRENT: ("Current/A", 1.0)}),
    "EIS_-0,48_V.txt": _Text(
        "Freq/Hz", {FREQUENCY: ("Freq/Hz", 1.0), REAL: ("Z'/ohm", 1.0), IMAGINARY: ('Z"/ohm', 1.0)}
    ),
    "cv.mpt": _Text("mode\t", _EC_CV, "\t"),
    "Pt_poly_cv.mpt": _Text("mode\t", _EC_CV, "\t", comma=True),
    "exampleDataBioLogic.mpt": _Text("freq/Hz", _EC_EIS, "\t"),
    "CV__#3.DTA": _Text("\tPt\t", _GAMRY_CV, "\t", between=1, after="CURVE1"),
    "exampleDataGamry.DTA": _Text(
        "\tPt\t",
        {
            FREQUENCY: ("Freq", 1.0),
            REAL: ("Zreal", 1.0),
            IMAGINARY: ("Zimag", 1.0),
            TIME: ("Time", 1.0),
            VOLTAGE: ("Vdc", 1.0),
            CURRENT: ("Idc", 1.0),
        },
        "\t",
        between=1,
        after="ZCURVE",
    ),
    "exampleDataZPlot.z": _Text(
        "  Freq(Hz)",
        {FREQUENCY: ("Freq(Hz)", 1.0), REAL: ("Z'(a)", 1.0), IMAGINARY: ("Z''(b)", 1.0), TIME: ("Time(Sec)", 1.0)},
        "\t",
        between=1,
    ),
    "exampleData.csv": _Text("", {FREQUENCY: ("0", 1.0), REAL: ("1", 1.0), IMAGINARY: ("2", 1.0)}),
    "gitt_charge.csv.gz": _Text("Seconds", _PULSES),
    "ici_discharge.csv": _Text("Seconds", _PULSES),
}
#: Binary files of EC-Lab: bytes before the first record, and the table's columns by their place in a record.
_BYTES: dict[str, tuple[int, dict[str, tuple[int, str, float]]]] = {
    "cv.mpr": (405, {TIME: (1, "<f8", 1.0), VOLTAGE: (13, "<f4", 1.0), CURRENT: (17, "<f8", 1e-3)}),
    **dict.fromkeys(
        ("PEIS_SSB.mpr", "PEIS_nesd.mpr"),
        (
            1007,
            {
                FREQUENCY: (0, "<f4", 1.0),
                REAL: (4, "<f4", 1.0),
                IMAGINARY: (8, "<f4", -1.0),
                TIME: (20, "<f8", 1.0),
                VOLTAGE: (28, "<f4", 1.0),
                CURRENT: (32, "<f4", 1e-3),
            },
        ),
    ),
}

_HEAD = ("file", "reader", "kind", "rows, Byssus / truth", "the file's own check", "truth", "findings")
_LEGEND = (
    "Every record was read a second time by code that shares nothing with the readers: lines split below a heading, or "
    "bytes at fixed places. As above, this shows that nothing is lost, moved or scaled; it cannot show that the "
    "description of a format is right. Two things in the files themselves can. Of an impedance it is modulus and phase, "
    "which many files store beside the parts: a wrong sign or a wrong column breaks them. Of EC-Lab's voltammograms it is "
    f"the counter of charge; there {_CHARGE:g} % is allowed, as EC-Lab averages the current over half of each step only. "
    "`cv.mpt` and `cv.mpr` are one test in two files."
)
_NOTES = (
    "`PEIS_nesd.mpr` holds two columns that galvani does not know (215 and 352) and refuses; Byssus leaves them out. "
    "Moduli before and behind them are those of their parts.",
    "Which current is positive stands neither in CHI's files nor, in words, in Gamry's: the finding sign-from-data says "
    "what the voltammogram told. Here nothing was turned, so that the witness has the signs of the file.",
)


def compare(folder: Path) -> tuple[list[Comparison], list[Listing]]:
    """Compare the readers of workstations with other readings of their files; nothing where there is no such file."""
    comparisons: list[Comparison] = []
    rows: list[list[str]] = []
    for path in sorted(path for part in ("cv", "eis", "gitt") for path in folder.glob(f"{part}/*")):
        try:
            table = read(path)
        except ByssusError as error:
            reason = str(error).replace(f"{path}: ", "")
            rows.append([f"`{path.name}`", f"**not read**: {reason}", *[""] * (len(_HEAD) - 2)])
            comparisons.append(Comparison(path.name, "rows", "the file", 0, float("nan"), 0, "rows"))
            continue
        found, row = _check(path, table)
        comparisons += found
        rows.append(row)
    return comparisons, [Listing("Workstations", _LEGEND, _HEAD, rows, _NOTES)] if rows else []


def _check(path: Path, table: Table) -> tuple[list[Comparison], list[str]]:
    reader = table.metadata.provenance[0].reader
    codes = ", ".join(sorted({finding.code for finding in table.findings})) or "none"
    if path.name not in _TEXTS and path.name not in _BYTES:
        failed = Comparison(path.name, "rows", "no witness", 0, float("nan"), 0, "rows")
        return [failed], [f"`{path.name}`", reader, table.metadata.kind, f"{table.rows:,} / ?", "", "**none**", codes]
    means, truth = _text(path) if path.name in _TEXTS else _bytes(path)
    found = [_columns(path, table, means, truth, _BINARY_DUST)]
    other = path.with_suffix({".mpt": ".mpr", ".mpr": ".mpt"}.get(path.suffix, path.suffix))
    if other != path and other.is_file():
        means = f"`{other.name}`"
        found.append(
            _columns(path, table, means, (_text(other) if other.name in _TEXTS else _bytes(other))[1], _SINGLE)
        )
        means = f"{means}; its {'lines, split' if path.name in _TEXTS else 'bytes at fixed places'}"
    own = _own(path, table)
    height = len(next(iter(truth.values())))
    return [*(one for part in found for one in part), *own], [
        f"`{path.name}`",
        reader,
        table.metadata.kind,
        f"{table.rows:,} / {height:,}",
        "; ".join(f"{one.quantity} {one.difference:.2g} {one.unit}" for one in own) or "none",
        means,
        codes,
    ]


def _columns(path: Path, table: Table, means: str, truth: Mapping[str, Array], share: float) -> list[Comparison]:
    height = len(next(iter(truth.values())))
    found = [Comparison(path.name, "rows", means, 1, abs(table.rows - height), 0, "rows")]
    for name, theirs in truth.items():
        quantity, _, unit = name.partition(" / ")
        allowed = share * float(np.abs(theirs).max())
        if table.rows != height:
            found.append(Comparison(path.name, quantity.lower(), means, 0, float("nan"), allowed, unit))
            continue
        apart = float(np.abs(table.data[name].to_numpy() - theirs).max())
        # Below the last bit it is the arithmetic's, and varies with the machine.
        apart = 0.0 if apart <= 4 * np.finfo(float).eps * float(np.abs(theirs).max()) else apart
        found.append(Comparison(path.name, quantity.lower(), means, height, apart, allowed, unit))
    return found


def _own(path: Path, table: Table) -> list[Comparison]:
    """Compare with what else the file says of its own numbers."""
    data = table.data

    def vendor(*names: str) -> Array | None:
        name = next((VENDOR + name for name in names if VENDOR + name in data.columns), None)
        return None if name is None else data[name].to_numpy()

    found = []
    if table.metadata.kind == "impedance":
        impedance = data[REAL].to_numpy() + 1j * data[IMAGINARY].to_numpy()
        modulus, phase = vendor("|Z|/Ohm", "Z/ohm", "Zmod"), vendor("Phase(Z)/deg", "Phase/deg", "Zphz")
        if modulus is not None:
            apart = 100 * float(np.abs(modulus / np.abs(impedance) - 1).max())
            found.append(Comparison(path.name, "modulus", "the file's own", data.height, apart, _MODULUS, "%"))
        if phase is not None:
            turned = (np.degrees(np.angle(impedance)) - phase + 180) % 360 - 180
            apart = float(np.abs(turned).max())
            found.append(Comparison(path.name, "phase", "the file's own", data.height, apart, _PHASE, "deg"))
    elif (counter := vendor("(Q-Qo)/C")) is not None:
        passed = float(np.abs(data[CURRENT].to_numpy()[1:] * np.diff(data[TIME].to_numpy())).sum())
        apart = 100 * abs(passed / float(np.abs(np.diff(counter)).sum()) - 1)
        found.append(Comparison(path.name, "charge", "EC-Lab's counter", data.height, apart, _CHARGE, "%"))
    return found


def _text(path: Path) -> tuple[str, dict[str, Array]]:
    """Return the columns of a text by splitting its lines."""
    how = _TEXTS[path.name]
    opener: Callable[..., object] = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding=how.encoding) as stream:  # type: ignore[attr-defined]
        lines = stream.read().split("\n")
    start = next((at for at, line in enumerate(lines) if line.startswith(how.after)), 0)
    at = next(at for at in range(start, len(lines)) if lines[at].startswith(how.heading))
    names = [name.strip() for name in lines[at].split(how.separator)] if how.heading else ["0", "1", "2"]
    places = {name: (names.index(heading), factor) for name, (heading, factor) in how.columns.items()}
    records = lines[at + 1 + how.between :] if how.heading else lines
    kept = [line for line in records if line.strip()[:1] in tuple("+-.0123456789") and line.strip()]
    if how.comma:
        kept = [line.replace(",", ".") for line in kept]
    if how.separator == "\t" and how.heading.startswith("\t"):
        kept = [line for line in kept if line.startswith("\t")]
    columns = [place for place, _ in places.values()]
    numbers = np.loadtxt(kept, delimiter=how.separator, usecols=columns, ndmin=2)
    factors = [factor for _, factor in places.values()]
    return "its lines, split", {
        name: numbers[:, at] * factor for at, (name, factor) in enumerate(zip(places, factors, strict=True))
    }


def _bytes(path: Path) -> tuple[str, dict[str, Array]]:
    """Return the columns of EC-Lab's binary records by their places."""
    begin, columns = _BYTES[path.name]
    data = next(module for name, module in mpr_modules(path.read_bytes()) if name.startswith(b"VMP data"))
    (count,) = struct.unpack_from("<I", data)
    layout = np.dtype(
        {
            "names": list(columns),
            "formats": [form for _, form, _ in columns.values()],
            "offsets": [place for place, _, _ in columns.values()],
            "itemsize": (len(data) - begin) // count,
        }
    )
    records = np.frombuffer(data, layout, count, begin)
    return "its bytes at fixed places", {
        name: records[name].astype(float) * factor for name, (_, _, factor) in columns.items()
    }
