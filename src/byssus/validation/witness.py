"""What an instrument's file says when it is read without Byssus' readers: by the csv module, as XML, byte by byte.

A witness is deliberately plain: it knows only the files of the test data, takes the step numbers and counters that
stand in them, and shares no code with `byssus.measured`.
"""

from __future__ import annotations

import csv
import functools
import importlib
import io
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from byssus.errors import ReadError

Array = NDArray[np.float64]

#: Two units in the last place of a 32-bit float: a value is rounded to one, and again when it is scaled as one.
_SINGLE = 2.0**-22

TIME, VOLTAGE, CURRENT = "Test Time / s", "Voltage / V", "Current / A"


@dataclass(frozen=True, slots=True)
class Witness:
    """What a file says.

    Parameters
    ----------
    means
        How it was read.
    rows, end
        The number of records and the test time of the last, in s.
    columns
        Columns of the measured table, record by record, in its units.
    capacities, per
        Capacities in Ah, and what each belongs to: a ``step``, a ``half cycle`` of EC-Lab (net, with sign), or
        ``direction`` (all charge, all discharge).
    at
        The record, from 0, at which each step's capacity stands: its last one, but for files that store counters
        less often than records.  The end is that of the last of them.  None if the steps' records are not known.
    clock
        The same time as the end by the calendar clock of the records, in s; None if the file has none.
    digits
        What voltages and currents may be off by, as a share of the largest, where a file stores them with 32 bits.
    """

    means: str
    rows: int
    end: float
    capacities: Array
    columns: dict[str, Array] = field(default_factory=dict)
    per: str = "step"
    at: NDArray[np.int64] | None = None
    clock: float | None = None
    digits: float = 0.0


def ends_of_runs(*keys: Sequence[Any] | NDArray[Any]) -> NDArray[np.int64]:
    """Return where runs of equal keys end.

    Examples
    --------
    >>> ends_of_runs([1, 1, 2, 2, 2], ["a", "a", "a", "b", "b"]).tolist()
    [1, 2, 4]
    """
    columns = [np.asarray(key) for key in keys]
    changes = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.append(np.flatnonzero(changes), len(columns[0]) - 1)


def gained(counters: Sequence[Array], ends: NDArray[np.int64]) -> Array:
    """Return what counters gained in each step, added up; one that falls was set to zero.

    Examples
    --------
    >>> gained([np.array([0.0, 2.0, 2.0, 5.0, 0.5, 6.0])], np.array([1, 3, 5])).tolist()
    [2.0, 3.0, 6.0]
    """
    begins = np.append(0, ends[:-1] + 1)
    total = np.zeros(len(ends))
    for counter in counters:
        rises = np.diff(counter, prepend=0.0)
        rises = np.where(rises < -1e-6 * counter.max(), counter, np.maximum(rises, 0.0))
        total += np.add.reduceat(rises, begins)
    return total


def _floats(rows: Sequence[Sequence[str]], column: int) -> Array:
    return np.array([row[column] for row in rows], dtype=float)


def _lines(path: Path, heading: str, delimiter: str = ",") -> tuple[list[str], list[list[str]]]:
    """Return the heading that begins with a word, and every line of fields after it."""
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        rows = [row for row in csv.reader(stream, delimiter=delimiter) if any(row)]
    start = next(at for at, row in enumerate(rows) if row[0] == heading)
    return rows[start], rows[start + 1 :]


def _clock(first: str, last: str, form: str) -> float:
    return (datetime.strptime(last, form) - datetime.strptime(first, form)).total_seconds()


def maccor(path: Path) -> Witness:
    """Maccor text: days and hours or seconds; a current without sign takes it from the state."""
    head, rows = _lines(path, "Rec#", "\t")
    at = {name: head.index(name) for name in ("Cyc#", "Step", "Amp-hr", "Amps", "Volts", "State", "DPt Time")}
    time = np.array([_seconds(row[3]) for row in rows])
    current = _floats(rows, at["Amps"])
    if not np.any(current < 0):
        current = current * np.array([-1.0 if row[at["State"]] == "D" else 1.0 for row in rows])
    ends = ends_of_runs([row[at["Cyc#"]] for row in rows], [row[at["Step"]] for row in rows])
    return Witness(
        "its lines, by the csv module",
        len(rows),
        float(time[-1]),
        _floats(rows, at["Amp-hr"])[ends],
        {TIME: time, VOLTAGE: _floats(rows, at["Volts"]), CURRENT: current},
        at=ends,
        clock=_clock(rows[0][at["DPt Time"]], rows[-1][at["DPt Time"]], "%m/%d/%Y %H:%M:%S"),
    )


def _seconds(text: str) -> float:
    """Read ``2d 02:52:51.57`` or a number of seconds."""
    if ":" not in text:
        return float(text)
    days, clock = text.strip().split("d ") if "d" in text else ("0", text)
    hours, minutes, seconds = clock.split(":")
    return int(days) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def pec(path: Path) -> Witness:
    """PEC .csv: counters in mAh that run through a cycle."""
    head, rows = _lines(path, "Test")
    names = ("Step", "Cycle", "Total Time (Seconds)", "Voltage (mV)", "Current (mA)", "Real Time")
    step, cycle, total, voltage, current, real = (head.index(name) for name in names)
    counters = [_floats(rows, head.index(f"{word} Capacity (mAh)")) / 1000 for word in ("Charge", "Discharge")]
    time = _floats(rows, total)
    ends = ends_of_runs([row[step] for row in rows], [row[cycle] for row in rows])
    return Witness(
        "its lines, by the csv module",
        len(rows),
        float(time[-1]),
        gained(counters, ends),
        {TIME: time, VOLTAGE: _floats(rows, voltage) / 1000, CURRENT: _floats(rows, current) / 1000},
        at=ends,
        clock=float(time[0]) + _clock(rows[0][real], rows[-1][real], "%m/%d/%Y %H:%M:%S"),
    )


def neware_csv(path: Path) -> Witness:
    """Neware .csv: the counters of charge and of discharge, which the reader does not use."""
    head, rows = _lines(path, "DataPoint")
    at = {name: head.index(name) for name in ("Cycle Index", "Step Index", "Cumulative Time", "Date")}
    time = np.array([_seconds(row[at["Cumulative Time"]]) for row in rows])
    ends = ends_of_runs([row[at["Cycle Index"]] for row in rows], [row[at["Step Index"]] for row in rows])
    both = sum(_floats(rows, head.index(name))[ends] for name in ("Chg. Cap.(Ah)", "DChg. Cap.(Ah)"))
    return Witness(
        "its lines, by the csv module",
        len(rows),
        float(time[-1]),
        np.asarray(both),
        {
            TIME: time,
            VOLTAGE: _floats(rows, head.index("Voltage(V)")),
            CURRENT: _floats(rows, head.index("Current(A)")),
        },
        at=ends,
        clock=_clock(rows[0][at["Date"]], rows[-1][at["Date"]], "%Y-%m-%d %H:%M:%S"),
    )


def landt(path: Path) -> Witness:
    """LANDT .csv: two counters that begin anew with each step."""
    head, rows = _lines(path, "channel_index")
    time = _floats(rows, head.index("test_time_s"))
    ends = ends_of_runs([row[head.index("step_index")] for row in rows])
    both = sum(_floats(rows, head.index(f"{word}_capacity_Ah"))[ends] for word in ("discharge", "charge"))
    date = head.index("date_time_iso_string")
    return Witness(
        "its lines, by the csv module",
        len(rows),
        float(time[-1]),
        np.asarray(both),
        {TIME: time, VOLTAGE: _floats(rows, head.index("voltage_V")), CURRENT: _floats(rows, head.index("current_A"))},
        at=ends,
        clock=float(time[0]) + _clock(rows[0][date], rows[-1][date], "%m/%d/%Y %H:%M:%S"),
    )


def bdf(path: Path) -> Witness:
    """BDF .csv of a LANDT file: its two counters begin anew with each step."""
    head, rows = _lines(path, "test_time_second")
    time = _floats(rows, 0)
    ends = ends_of_runs([row[head.index("step_index")] for row in rows])
    both = sum(_floats(rows, head.index(f"{word}_capacity_ah"))[ends] for word in ("discharging", "charging"))
    columns = {TIME: time, VOLTAGE: _floats(rows, head.index("voltage_volt"))}
    columns[CURRENT] = _floats(rows, head.index("current_ampere"))
    return Witness("its lines, by the csv module", len(rows), float(time[-1]), np.asarray(both), columns, at=ends)


def arbin_csv(path: Path) -> Witness:
    """Arbin .csv without step numbers: what each counter gained between its first and last record."""
    head, rows = _lines(path, "Data_Point")
    time, clock = _floats(rows, head.index("Test_Time")), _floats(rows, head.index("DateTime"))
    counters = [_floats(rows, head.index(f"{word}_Capacity")) for word in ("Charge", "Discharge")]
    return Witness(
        "its lines, by the csv module",
        len(rows),
        float(time[-1]),
        np.array([counter[-1] - counter[0] for counter in counters]),
        {TIME: time, VOLTAGE: _floats(rows, head.index("Voltage")), CURRENT: _floats(rows, head.index("Current"))},
        per="direction",
        clock=float(time[0] + clock[-1] - clock[0]),
    )


def mpt(path: Path) -> Witness:
    """EC-Lab text: its own counter of each half cycle; the current is EC-Lab's."""
    lines = path.read_text(encoding="cp1252").splitlines()
    head_lines = int(lines[1].split(":")[1])
    head = lines[head_lines - 1].split("\t")
    rows = [line.split("\t") for line in lines[head_lines:] if line]
    time = _floats(rows, head.index("time/s"))
    half = _floats(rows, head.index("half cycle"))
    counter = _floats(rows, head.index("Q charge/discharge/mA.h")) / 1000
    columns = {TIME: time, VOLTAGE: _floats(rows, head.index("Ewe/V"))}
    columns[CURRENT] = _floats(rows, head.index("<I>/mA")) / 1000 if "<I>/mA" in head else np.empty(0)
    return Witness(
        "its lines, split",
        len(rows),
        float(time[-1]),
        counter[ends_of_runs(half)],
        {name: values for name, values in columns.items() if values.size},
        per="half cycle",
        # Seven decimals of a 32-bit number.
        digits=_SINGLE,
    )


#: Columns of EC-Lab's records by number; those of one byte of flags are left out.
#: Source: yadg, Eclab binary formats, https://dgbowl.github.io/yadg (widths); the sum of the widths is checked below.
_MPR_COLUMNS = {
    **dict.fromkeys((4, 7, 13, 74, 123, 124, 125, 126, 467), "<f8"),
    **dict.fromkeys((468, 469), "<u4"),
    **dict.fromkeys((39, 131), "<u2"),
    **dict.fromkeys((5, 6, 8, 9, 20, 32, 35, 36, 70, 96, 98, 99, 100, 101, 430, 431, 432, 433, 471), "<f4"),
}
_MPR_FLAGS = frozenset((1, 2, 3, 21, 31, 65))
#: Bytes of the data module before its first record, by EC-Lab's generation.
_MPR_STARTS = (405, 406, 1007)


def mpr(path: Path) -> Witness:
    """EC-Lab binary: the number of records in the header, their length, and the records at fixed offsets."""
    content = path.read_bytes()
    if path.suffix == ".xz":
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            member = next(name for name in archive.getnames() if name.endswith(".mpr"))
            stream = archive.extractfile(member)
            content = stream.read() if stream is not None else b""
    data = next(module for name, module in mpr_modules(content) if name.startswith(b"VMP data"))
    count, columns = struct.unpack_from("<IB", data)
    # From EC-Lab 11.50 on a byte more stands before the numbers of the columns.
    numbers = struct.unpack_from(f"<{columns}H", data, 6 if data[5] == 0 else 5)
    layout = [("flags", "u1")] if _MPR_FLAGS & set(numbers) else []
    layout += [(str(number), _MPR_COLUMNS[number]) for number in numbers if number not in _MPR_FLAGS]
    width = np.dtype(layout).itemsize
    start = len(data) - count * width
    if start not in _MPR_STARTS:
        raise ReadError(f"{count} records of {width} bytes do not fill the module of {len(data)}", file=path)
    records = np.frombuffer(data, np.dtype(layout), count, start)
    if "32" in records.dtype.names:  # type: ignore[operator]
        # freq/Hz: the points of an impedance spectrum are no cycling.
        records = records[records["32"] == 0]
    return Witness(
        "the bytes of its records",
        len(records),
        float(records["4"][-1]),
        records["467"][ends_of_runs(records["468"])] / 1000,
        {TIME: records["4"].astype(float), VOLTAGE: records["6"].astype(float)},
        per="half cycle",
        digits=_SINGLE,
    )


def mpr_modules(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of the modules of EC-Lab's binary file."""
    at = 52
    while content[at : at + 6] == b"MODULE":
        name = content[at + 6 : at + 16]
        (length,) = struct.unpack_from("<I", content, at + 41)
        begin = at + 57
        if length == 0xFFFFFFFF:
            (length,) = struct.unpack_from("<I", content, at + 45)
            begin += 8
        yield name, content[begin : begin + length]
        at = begin + length


@functools.cache
def access(path: Path, table: str) -> dict[str, Array | list[str]]:
    """Return a table of an Access database as access-parser reads it.

    Raises
    ------
    ReadError
        If access-parser is not installed.
    """
    try:
        parser = importlib.import_module("access_parser").AccessParser(str(path))
    except ImportError as error:
        raise ReadError(
            f"needs access-parser as its witness ({error})", file=path, fix="pip install 'byssus[dev]'"
        ) from error
    columns = dict(parser.parse_table(table))
    return {
        name: values if values and isinstance(values[0], str) else np.array(values, dtype=float)
        for name, values in columns.items()
    }


def arbin_res(path: Path) -> Witness:
    """Arbin .res: the records as access-parser gives them."""
    table: dict[str, Any] = access(path, "Channel_Normal_Table")
    order = np.argsort(table["Data_Point"])
    column = {name: np.asarray(table[name])[order] for name in table}
    ends = ends_of_runs(column["Cycle_Index"], column["Step_Index"])
    first, last = column["DateTime"][[0, -1]]
    return Witness(
        "its records, by access-parser",
        len(order),
        float(column["Test_Time"][-1]),
        gained([column["Charge_Capacity"], column["Discharge_Capacity"]], ends),
        {TIME: column["Test_Time"], VOLTAGE: column["Voltage"], CURRENT: column["Current"]},
        at=ends,
        clock=float(column["Test_Time"][0] + (last - first) * 86400),
    )


_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

#: A cell of a workbook: a number, a text, or nothing.
Cell = float | str | None


def _xml(content: bytes) -> ElementTree.Element:
    # The workbooks are those of the test data, known by their checksums.
    return ElementTree.fromstring(content)  # noqa: S314


@functools.cache
def sheet(path: Path, name: str) -> list[list[Cell]]:
    """Return the rows of a workbook's sheet as its XML has them."""
    with zipfile.ZipFile(path) as archive:
        texts = [
            "".join(part.text or "" for part in item.iter(f"{_SHEET}t"))
            for item in _xml(archive.read("xl/sharedStrings.xml"))
        ]
        book = _xml(archive.read("xl/workbook.xml"))
        relation = next(one.attrib[_RELATION] for one in book.iter(f"{_SHEET}sheet") if one.attrib["name"] == name)
        relations = _xml(archive.read("xl/_rels/workbook.xml.rels"))
        target = next(one.attrib["Target"] for one in relations if one.attrib["Id"] == relation)
        rows: list[list[Cell]] = []
        with archive.open(f"xl/{target}") as stream:
            for _, element in ElementTree.iterparse(stream):  # noqa: S314 - as above
                if element.tag == f"{_SHEET}row":
                    rows.append(list(_cells(element, texts)))
                    element.clear()
    return rows


def _cells(row: ElementTree.Element, texts: list[str]) -> Iterator[Cell]:
    at = 0
    for cell in row:
        letters = cell.attrib["r"].rstrip("0123456789")
        column = functools.reduce(lambda number, letter: 26 * number + ord(letter) - 64, letters, 0)
        yield from [None] * (column - 1 - at)
        at = column
        value = cell.findtext(f"{_SHEET}v")
        if value is None:
            yield None
        else:
            yield texts[int(value)] if cell.attrib.get("t") == "s" else float(value)


def column(path: Path, tab: str, name: str) -> Array:
    """Return a column of numbers of a workbook's sheet by its heading."""
    head, *rows = sheet(path, tab)
    at = head.index(name)
    return np.array([row[at] for row in rows], dtype=float)


def arbin_xlsx(path: Path, tab: str = "Channel_11_1") -> Witness:
    """Arbin .xlsx: the cells of the channel's sheet."""
    time, days = column(path, tab, "Test_Time(s)"), column(path, tab, "Date_Time")
    ends = ends_of_runs(column(path, tab, "Cycle_Index"), column(path, tab, "Step_Index"))
    counters = [column(path, tab, f"{word}_Capacity(Ah)") for word in ("Charge", "Discharge")]
    return Witness(
        "the cells of its sheet, as XML",
        len(time),
        float(time[-1]),
        gained(counters, ends),
        {TIME: time, VOLTAGE: column(path, tab, "Voltage(V)"), CURRENT: column(path, tab, "Current(A)")},
        at=ends,
        clock=float(time[0] + (days[-1] - days[0]) * 86400),
    )


def land(path: Path) -> Witness:
    """LAND .xlsx with Record, Mode and Cycle: the records' cells, and the capacity of each step in Mode."""
    time = column(path, "Record", "TestTime/h") * 3600
    return Witness(
        "the cells of its tabs, as XML",
        len(time),
        float(time[-1]),
        column(path, "Mode", "Capacity/mAh") / 1000,
        {
            TIME: time,
            VOLTAGE: column(path, "Record", "Voltage/V"),
            CURRENT: column(path, "Record", "Current/mA") / 1000,
        },
    )


def land_tabs(path: Path) -> Witness:
    """LANDdt .xlsx: the records' cells, charge and discharge of Cycle-Tab, start and end of Process-Tab."""
    _, *records = sheet(path, "Record-Tab")
    process: dict[Cell, Any] = {row[0]: row[1] for row in sheet(path, "Process-Tab") if len(row) > 1}
    # A time below a day is Excel's, a day counted from 1899-12-31.
    time = np.array([round(row[1] % 1 * 86400) if isinstance(row[1], float) else np.nan for row in records])
    return Witness(
        "the cells of its tabs, as XML",
        len(records),
        float(time[-1]),
        np.array([column(path, "Cycle-Tab", f"Cap{letter}/mAh").sum() / 1000 for letter in "CD"]),
        {
            TIME: time,
            VOLTAGE: column(path, "Record-Tab", "Voltage/V"),
            CURRENT: column(path, "Record-Tab", "Current/mA") / 1000,
        },
        per="direction",
        clock=round((process["EndTime"] - process["StartTime"]) * 86400, 3),
    )


#: Bytes of a page of an .ndc file: 4 and a bit a record come before its records, which begin at 132.
_PAGE, _BEGIN = 4096, 132
#: Fields of data_runInfo.ndc: offset and type; the width of a record by the version of the file.
#: Source: the layouts of NewareNDA and fastnda (BSD-3-Clause), checked by the counters and the integral of the current.
_RUN_FIELDS = {"time": (0, "<u4"), "charge": (5, "<f4"), "discharge": (9, "<f4"), "unix": (33, "<u4")}
_RUN_FIELDS |= {"step": (37, "<u4"), "index": (41, "<u4")}
_RUN_WIDTH = {14: 55, 16: 100, 17: 100}
#: One unit of a stored capacity in Ah, of a stored current in A and of a stored voltage in V.
_NDC_UNITS = {14: (1.0, 1.0, 1.0), 16: (1 / 3.6e6, 1e-3, 1e-4), 17: (1.0, 1.0, 1.0)}


def _ndc(content: bytes, layout: np.dtype[Any]) -> NDArray[Any]:
    """Return the records of an .ndc file's pages whose bit is set."""
    each = (_PAGE - _BEGIN - 1) // layout.itemsize
    parts = []
    for at in range(_PAGE, len(content) - _PAGE + 1, _PAGE):
        bits = np.unpackbits(np.frombuffer(content, np.uint8, -(-each // 8), at + 4), bitorder="little")[:each]
        parts.append(np.frombuffer(content, layout, each, at + _BEGIN)[bits.astype(bool)])
    return np.concatenate(parts)


def ndax(path: Path) -> Witness:
    """Neware .ndax: voltages and currents of data.ndc, times and counters of data_runInfo.ndc."""
    with zipfile.ZipFile(path) as archive:
        data, run = (archive.read(f"{name}.ndc") for name in ("data", "data_runInfo"))
    version = data[2]
    records = _ndc(data, np.dtype([("voltage", "<f4"), ("current", "<f4")]))
    names, places = list(_RUN_FIELDS), list(_RUN_FIELDS.values())
    layout = np.dtype(
        {
            "names": names,
            "formats": [kind for _, kind in places],
            "offsets": [offset for offset, _ in places],
            "itemsize": _RUN_WIDTH[version],
        }
    )
    stored = _ndc(run, layout)
    stored = stored[np.argsort(stored["index"], kind="stable")]
    ends = ends_of_runs(stored["step"])
    ampere_hours, ampere, volt = _NDC_UNITS[version]
    return Witness(
        "the bytes of its parts",
        len(records),
        float(stored["time"][ends].sum() / 1000),
        (np.abs(stored["charge"][ends]) + np.abs(stored["discharge"][ends])).astype(float) * ampere_hours,
        {VOLTAGE: records["voltage"].astype(float) * volt, CURRENT: records["current"].astype(float) * ampere},
        at=stored["index"][ends].astype(np.int64) - 1,
        clock=float(stored["unix"][-1]) - float(stored["unix"][0]),
        digits=_SINGLE,
    )


#: A record of an .nda file by version: where the records begin stands at byte 64 of the file.
#: Source: as for .ndax.
_NDA = {
    8: np.dtype(
        {
            "names": ["mark", "step", "time", "voltage", "current", "capacity", "unix"],
            "offsets": [0, 9, 11, 15, 19, 31, 47],
            "formats": ["u1", "u1", "<u4", "<i4", "<i4", "<i8", "<u8"],
            "itemsize": 59,
        }
    ),
    26: np.dtype(
        {
            "names": ["mark", "step", "time", "voltage", "current", "charge", "discharge", "year", "date"],
            "offsets": [0, 13, 14, 22, 26, 38, 46, 70, 72],
            "formats": ["u1", "u1", "<u8", "<i4", "<i4", "<i8", "<i8", "<u2", "5u1"],
            "itemsize": 86,
        }
    ),
}
#: The byte that marks a record, and one unit of time in s and of current in A (by the range that the file names:
#: 10 mA in the one, 6000 mA in the other).
_NDA_UNITS = {8: (0, 1.0, 1e-6), 26: (85, 1e-3, 1e-4)}


def nda(path: Path) -> Witness:
    """Neware .nda: records of fixed length, from the place that the file's header names to its end."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read(archive.namelist()[0])
    version = content[14]
    layout, (mark, second, ampere) = _NDA[version], _NDA_UNITS[version]
    (begin,) = struct.unpack_from("<I", content, 64)
    records = np.frombuffer(content, layout, (len(content) - begin) // layout.itemsize, begin)
    records = records[records["mark"] == mark]
    ends = ends_of_runs(records["step"])
    counters = ["capacity"] if version == 8 else ["charge", "discharge"]
    capacities = sum(np.abs(records[name][ends].astype(float)) for name in counters)
    if version == 8:
        clock = float(records["unix"][-1]) - float(records["unix"][0])
    else:
        first, last = ("{}-{:02}-{:02} {:02}:{:02}:{:02}".format(one["year"], *one["date"]) for one in records[[0, -1]])
        clock = _clock(first, last, "%Y-%m-%d %H:%M:%S")
    return Witness(
        "its records of fixed length, byte by byte",
        len(records),
        float(records["time"][ends].sum() * second),
        np.asarray(capacities) * ampere / 3600,
        {VOLTAGE: records["voltage"] / 1e4, CURRENT: records["current"] * ampere},
        at=ends,
        clock=clock,
        digits=_SINGLE,
    )
