"""BioLogic .mpr, the binary file of EC-Lab and BT-Lab, through `galvani`.

Layout
    ``BIO-LOGIC MODULAR FILE``, the byte 1a, blanks up to byte 48 and four zeros, then modules.
    A module is ``MODULE``, a header and its data.  Numbers are little-endian.  The header:

    ============ ======= ========================================================================
    bytes        field   remark
    ============ ======= ========================================================================
    0-9          name    ``VMP Set``, ``VMP data``, ``VMP LOG``, ``VMP loop``
    10-34        title
    35-38        length  of the data; ff ff ff ff from EC-Lab 11.50 on, then the length follows
                         in 39-42, and the fields below stand 4 bytes later
    39-42        version of the module
    (47-50)      unknown only from EC-Lab 11.50 on
    43-50        date    month, day and year of the module's start
    ============ ======= ========================================================================

    ``VMP Set`` holds the technique in its first byte, and at fixed places:

    ============ ===================== ==========================================================
    byte         field                 remark
    ============ ===================== ==========================================================
    0x007        comments              length, then Western text
    0x107        mass of active mat.   32-bit float, mg
    0x11e        electrode material    length, then text
    0x1c0        electrolyte           likewise
    0x211        surface area          32-bit float, cm²
    0x215        reference electrode   text
    0x24c        characteristic mass   32-bit float, in the unit that EC-Lab shows (not stored
                                       at a place that is known)
    0x25c        battery capacity      32-bit float; then 0 for A.h, 1 for mA.h
    ============ ===================== ==========================================================

    A cyclic voltammetry of EC-Lab 11.12 (one file is known) holds its settings there as well, from
    0x572 on: number of sequences (16 bits, 1); 32-bit floats initial voltage 0x576, scan rate 0x57b,
    first and second vertex 0x580 and 0x597; a byte each for what a voltage was set against, right
    after it (0 open circuit, 4 reference), the unit of the rate 0x57f (1 is mV/s) and the repeats 0x59c.

    ``VMP data`` holds the number of records, the columns by number, and the records; which
    column has which number and width is galvani's knowledge.  ``VMP LOG`` holds the start.
    A file whose test was running has no log.

Resolution and clock
    The voltage is a 32-bit float, good to 2**-24 of the largest; time and charge are doubles, whose
    digits say nothing.  The start is the log's, local, to the millisecond; a module's own date has
    no time of day.  Clocks, sequences and counters do as in the text export.

Rules
    The columns are those of the text export, and so are all rules: see `biologic_mpt` and `ec_lab`.  The
    flags (mode, ox/red …) become columns.  Voltages are 32-bit floats and are widened, not
    rounded.  Neither the current <I> nor the cycle number is stored by galvanostatic
    techniques: EC-Lab computes them at export, the current from dq as here.
    A column that galvani does not know, or several side by side, take what the other columns leave
    of a record, and are left out with a finding; two such places cannot be told and are refused.
    Settings of a voltammetry count only if the records were swept at that rate, between these
    vertices; else they are missing, with the reason.  Those of impedance are not decoded.
    A file that ends within its records yields the whole ones, with a finding.
    galvani is under the GPL: it is the extra ``biologic``, and imported here only.

Source
    galvani 0.5 (GPL-3.0-or-later), https://github.com/echemdata/galvani; places in ``VMP Set`` from
    yadg's notes, checked against the .mpl of FK155 (mass 1.260 mg, area 1.130 cm², 0.458 mA.h)
    and gcpl.pr_182.1.mpr and cv.mpr against their .mpt; the unknown columns by PEIS_nesd.mpr of
    nomad-chemical-energy's tests, whose moduli, before and behind them, are those of their parts.
"""

from __future__ import annotations

import importlib
import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers import ec_lab
from byssus.measured.readers.biologic_mpt import TABLES
from byssus.measured.readers.printed import Printed, single_digit
from byssus.measured.readers.workstation import condition
from byssus.measured.tables import VENDOR
from byssus.quantity import Quantity

_MAGIC = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4)
_MODULE = b"MODULE"
_LATER = b"\xff\xff\xff\xff"

#: Techniques by the first byte of the settings; those that are not listed are told by their columns.
_TECHNIQUES = {
    0x04: "Galvanostatic Cycling with Potential Limitation",
    0x06: "Cyclic Voltammetry",
    0x0B: "Open Circuit Voltage",
    0x16: "Modular Potentio",
    0x18: "Chronoamperometry / Chronocoulometry",
    0x19: "Chronopotentiometry",
    0x1D: "Potentio Electrochemical Impedance Spectroscopy",
    0x1E: "Galvano Electrochemical Impedance Spectroscopy",
    0x30: "Cyclic Voltammetry",
    0x32: "IR compensation (PEIS)",
    0x33: "Cyclic Voltammetry Advanced",
    0x6C: "Linear Sweep Voltammetry",
    0x75: "Constant Voltage",
    0x76: "Constant Current",
    0x77: "Galvanostatic Cycling with Potential Limitation",
    0x7F: "Modulo Bat",
}


#: What a voltage was set against, by its byte in the settings.
_AGAINST = {0: " vs Eoc", 4: ""}
#: Settings are the test's if its records were swept at that rate, within this share, and within the vertices, in V.
_AGREES, _NEAR = 0.01, 0.01


@dataclass(frozen=True)
class _Module:
    name: str
    header: bytes
    data: bytes
    #: How many bytes of data the header promises.
    length: int

    @property
    def later(self) -> bool:
        """Whether the header is that of EC-Lab 11.50 and later."""
        return self.header[35:39] == _LATER

    @property
    def version(self) -> int:
        """The version of the module."""
        return int(struct.unpack_from("<I", self.header, 43 if self.later else 39)[0])

    def holding(self, data: bytes) -> bytes:
        """Return the module as bytes, with other data."""
        at = 39 if self.later else 35
        return _MODULE + self.header[:at] + struct.pack("<I", len(data)) + self.header[at + 4 :] + data


def _recognises(file: InstrumentFile) -> bool:
    return file.head.startswith(_MAGIC)


def _read(file: InstrumentFile) -> Reading:
    modules, cut = _modules(file)
    settings, records = modules.get("VMP Set"), modules.get("VMP data")
    if settings is None or records is None:
        raise ReadError(
            "is cut off before its records: it holds no whole record",
            file=file.path,
            fix="copy it again from the instrument",
        )
    technique = _TECHNIQUES.get(settings.data[0]) if settings.data else None
    kind = None if technique is None else ec_lab.kind_of(file.path, technique, ())
    library = _galvani(file)
    start = _records_start(file, records)
    empty = _decoded(file, library, settings, records, bytes(4) + records.data[4:start])
    promised = int(struct.unpack_from("<I", records.data)[0])
    body, width = records.data[start:], empty.dtype.itemsize
    whole = min(promised, len(body) // width)
    if whole == 0:
        raise ReadError("holds no whole record", file=file.path, fix="copy it again from the instrument")
    if len(records.data) == records.length and len(body) != promised * width:
        raise ReadError(
            f"promises {promised} records of {width} bytes, but its records take {len(body)} bytes",
            file=file.path,
            fix="export it from EC-Lab as text (.mpt)",
        )
    findings = []
    if isinstance(empty, _Records):
        message = f"galvani knows nothing of the columns {', '.join(map(str, empty.skipped))}: they are left out"
        findings.append(Finding("reader-remark", message))
    if whole < promised:
        findings.append(Finding("truncated", f"the file ends after {whole} of {promised} records", value=whole))
    elif cut:
        findings.append(Finding("truncated", f"the file ends in its log; all {whole} records are there", value=whole))
    content = struct.pack("<I", whole) + records.data[4:start] + body[: whole * width]
    raw, floats = _frame(_decoded(file, library, settings, records, content))
    kind = kind or ec_lab.kind_of(file.path, None, raw.columns)
    data, more, missing = TABLES[kind](Printed(file.path, raw, pl.int_range(1, raw.height + 1, eager=True), "record"))
    told = _settings(settings)
    conditions: dict[str, Quantity] = {}
    if kind != "cycling":
        conditions, without = _conditions(settings, told, data, kind)
        missing |= without
    started = None
    if (log := modules.get("VMP LOG")) is not None:
        try:
            moment = library.MPRfile(
                io.BytesIO(_stream(settings, records, bytes(4) + records.data[4:start], log))
            ).timestamp
            started = moment.isoformat(timespec="milliseconds")
        except (ValueError, IndexError, NotImplementedError) as error:
            missing["started"] = f"the log's time of the start cannot be read ({error})".replace("\n", " ")
    else:
        missing["started"] = "the file holds no log, and only the log holds the time of the start"
    floating = "Voltage / V" in data.columns and floats & {"Ewe/V", "<Ewe>/V"}
    digit = single_digit(data["Voltage / V"]) if floating else None
    return Reading(
        kind=kind,
        data=data,
        instrument=Instrument(
            vendor="BioLogic",
            resolution={} if digit is None else {"Voltage / V": digit},
        ),
        started=started,
        missing=missing,
        conditions=conditions,
        vendor={"technique": technique or f"number {settings.data[0]}", **told},
        findings=(*findings, *more),
    )


def _modules(file: InstrumentFile) -> tuple[dict[str, _Module], bool]:
    """Return the modules, the last of which may be cut off, and whether the file ends within one."""
    content = file.path.read_bytes()
    modules: dict[str, _Module] = {}
    at = len(_MAGIC)
    while at < len(content):
        header_at = at + len(_MODULE)
        later = content[header_at + 35 : header_at + 39] == _LATER
        header = content[header_at : header_at + (59 if later else 51)]
        if len(header) < (59 if later else 51):
            return modules, True
        if content[at:header_at] != _MODULE:
            raise ReadError(
                "is damaged: no module begins where one should",
                file=file.path,
                place=f"byte {at}",
                fix="copy it again from the instrument",
            )
        (length,) = struct.unpack_from("<I", header, 39 if later else 35)
        data = content[header_at + len(header) : header_at + len(header) + length]
        name = header[:10].decode("latin-1").strip()
        if name in modules:
            raise ReadError(f"is damaged: it holds the module {name!r} twice", file=file.path, place=f"byte {at}")
        if name in {"VMP Set", "VMP LOG"} and len(data) < length:
            return modules, True
        modules[name] = _Module(name, header, data, length)
        at = header_at + len(header) + length
    return modules, at > len(content)


def _records_start(file: InstrumentFile, records: _Module) -> int:
    """Return where in the module of the records the first one begins."""
    first = records.data[5:6] != b"\0"
    start = {0: 100 if first else 1007, 2: 405, 3: 406}.get(records.version)
    if start is None:
        raise ReadError(
            "is of a version that galvani does not know",
            file=file.path,
            field="VMP data",
            value=records.version,
            fix="export it from EC-Lab as text (.mpt)",
        )
    if len(records.data) < start:
        raise ReadError("holds no whole record", file=file.path, fix="copy it again from the instrument")
    return start


def _galvani(file: InstrumentFile) -> Any:
    try:
        return importlib.import_module("galvani.BioLogic")
    except ImportError as error:
        raise ReadError(
            f"needs the extra 'biologic' to be read ({error})",
            file=file.path,
            fix="pip install 'byssus[biologic]', or export it from EC-Lab as text (.mpt)",
        ) from error


def _stream(settings: _Module, records: _Module, content: bytes, *others: _Module) -> bytes:
    return b"".join(
        [_MAGIC, settings.holding(settings.data), records.holding(content), *(m.holding(m.data) for m in others)]
    )


@dataclass(frozen=True)
class _Records:
    """Records as numpy has them, with the flags that share a byte."""

    data: Any
    flags_dict: Any
    #: Numbers of the columns that are passed over.
    skipped: tuple[int, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The layout of a record."""
        layout: np.dtype[Any] = self.data.dtype
        return layout

    def get_flag(self, name: str) -> Any:
        """Return a flag of every record."""
        mask, kind = self.flags_dict[name]
        return np.array(self.data["flags"] & mask, dtype=kind)


def _decoded(file: InstrumentFile, library: Any, settings: _Module, records: _Module, content: bytes) -> Any:
    """Return galvani's reading of the settings and the records alone: it stops at a log that it cannot read.

    Columns that galvani does not know are passed over where they stand side by side: they take
    what the other columns leave of a record.
    """
    try:
        return library.MPRfile(io.BytesIO(_stream(settings, records, content)))
    except NotImplementedError as error:
        layout = _layout(file, library, records)
        if layout is None:
            raise _unreadable(file, error) from error
        begin = _records_start(file, records)
        return _Records(np.frombuffer(content, layout[0], offset=begin), layout[1], layout[2])
    except (ValueError, AssertionError, IndexError, OSError, TypeError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: InstrumentFile, error: Exception) -> ReadError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return ReadError(
        f"cannot be read by galvani: it is damaged or newer than galvani ({reason})",
        file=file.path,
        fix="copy it again, or export it from EC-Lab as text (.mpt)",
    )


def _layout(file: InstrumentFile, library: Any, records: _Module) -> tuple[np.dtype[Any], Any, tuple[int, ...]] | None:
    """Return the layout of a record with one run of columns that galvani does not know; None if it cannot be told."""
    count, columns = struct.unpack_from("<IB", records.data)
    width, rest = divmod(records.length - _records_start(file, records), max(count, 1))
    # Version 0 of EC-Lab 11.50 counts columns in the other order of bytes.
    wide = records.version in (2, 3)
    ids = list(struct.unpack_from(f"{'<' if wide else '>'}{columns}H", records.data, 5))
    known = [number in library.VMPdata_colID_dtype_map or number in library.VMPdata_colID_flag_map for number in ids]
    if all(known):
        return None
    first, last = known.index(False), columns - 1 - known[::-1].index(False)
    if rest or any(known[first : last + 1]):
        return None
    before, _ = library.VMPdata_dtype_from_colIDs(ids[:first])
    dtype, flags = library.VMPdata_dtype_from_colIDs(ids[:first] + ids[last + 1 :])
    gap = width - dtype.itemsize
    if gap < 0:
        return None
    offsets = [at + (gap if at >= before.itemsize else 0) for _, at in dtype.fields.values()]
    formats = [form for form, _ in dtype.fields.values()]
    return (
        np.dtype({"names": dtype.names, "formats": formats, "offsets": offsets, "itemsize": width}),
        flags,
        tuple(ids[first : last + 1]),
    )


def _frame(decoded: Any) -> tuple[pl.DataFrame, set[str]]:
    """Return galvani's records as numbers under EC-Lab's names, and which of them are 32-bit floats."""
    columns = {name: np.asarray(decoded.get_flag(name), dtype=np.float64) for name in decoded.flags_dict}
    floats = set()
    for name in decoded.data.dtype.names:
        if name == "flags":
            continue
        values = decoded.data[name]
        if values.dtype == np.float32:
            floats.add(name)
        # Numpy would warn of the signalling not-a-number that damage makes; the check of the column says it.
        with np.errstate(invalid="ignore"):
            columns[name] = values.astype(np.float64)
    return pl.DataFrame(columns), floats


def _settings(module: _Module) -> dict[str, Scalar]:
    """Return what EC-Lab was told of the cell; nothing of a module too short to hold it."""
    data = module.data
    if len(data) < 0x261:
        return {}

    def text(at: int) -> str | None:
        return data[at + 1 : at + 1 + data[at]].decode("cp1252", errors="replace").replace("\r\n", "; ").strip() or None

    capacity = "Battery capacity / " + {0: "A.h", 1: "mA.h"}.get(data[0x260], f"unit {data[0x260]}")
    return {
        "Comments": text(0x007),
        "Mass of active material / mg": _number(data, 0x107),
        "Electrode material": text(0x11E),
        "Electrolyte": text(0x1C0),
        "Electrode surface area / cm²": _number(data, 0x211),
        "Reference electrode": text(0x215),
        "Characteristic mass": _number(data, 0x24C),
        capacity: _number(data, 0x25C),
    }


def _conditions(
    settings: _Module, told: dict[str, Scalar], data: pl.DataFrame, kind: str
) -> tuple[dict[str, Quantity], dict[str, str]]:
    """Return the area, and of a voltammogram the settings if the records bear them out; and what is missing and why."""
    found: dict[str, Quantity] = {}
    missing = {"area": f"EC-Lab holds {ec_lab.NO_AREA:g} cm² where nobody gave one"}
    area = told.get("Electrode surface area / cm²")
    if isinstance(area, float) and area not in (0.0, ec_lab.NO_AREA) and (value := condition(area, "cm^2")):
        found["area"], missing = value, {}
    if kind == "voltammetry":
        set_, why = _swept(settings.data, data)
        return found | set_, missing | ({"scan rate": why} if why else {})
    missing["excitation amplitude"] = "where the binary file stores it is not known; the text export has it"
    return found, missing


def _swept(content: bytes, data: pl.DataFrame) -> tuple[dict[str, Quantity], str]:
    """Return the settings of a cyclic voltammetry, or why not: they count only where the records agree with them."""
    if len(content) < 0x5A0 or struct.unpack_from("<H", content, 0x572)[0] != 1 or content[0x57F] != 1:
        return {}, "the settings do not stand where they are known to; the records tell the rate"
    rate, first, second = (_number(content, at) for at in (0x57B, 0x580, 0x597))
    applied = data[f"{VENDOR}control/V"] if f"{VENDOR}control/V" in data.columns else data["Voltage / V"]
    found = {}
    if "Test Time / s" in data.columns and rate is not None and first is not None and second is not None:
        swept = 1e3 * (applied.diff() / data["Test Time / s"].diff()).abs().median()  # type: ignore[operator]
        window = sorted((first, second))
        if abs(swept / rate - 1) < _AGREES and window[0] - _NEAR < applied.min() and applied.max() < window[1] + _NEAR:  # type: ignore[operator]
            found = {"scan rate": Quantity(rate, "mV/s")}
            for name, volts, against in (
                ("initial voltage", _number(content, 0x576), content[0x57A]),
                ("first vertex voltage", first, content[0x584]),
                ("second vertex voltage", second, content[0x59B]),
            ):
                if volts is not None and against in _AGAINST:
                    found[name + _AGAINST[against]] = Quantity(volts, "V")
            found["cycles asked"] = Quantity(content[0x59C] + 1, "1")
    return found, "" if found else "the settings are not what the records show"


def _number(content: bytes, at: int) -> float | None:
    value = struct.unpack_from("<f", content, at)[0]
    # The shortest decimal of the 32-bit float is what was typed.
    return float(str(np.float32(value))) if np.isfinite(value) else None


READER = Reader("biologic-mpr", "BioLogic .mpr", _recognises, _read)
