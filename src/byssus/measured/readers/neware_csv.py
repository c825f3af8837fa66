"""Neware .csv, the flat text export of BTSDA, with English or Chinese headings.

Layout
    Line 1 names the columns, each with its unit in brackets; every further line is one
    record.  Separator comma, decimal point, UTF-8 or GBK.  Some versions end each line in
    one comma more; some leave out the line break after the last record.  Which columns
    stand there, and in which unit, is the choice of the person who exports.

    ======================== ============================== =====================================
    column                   table                          remark
    ======================== ============================== =====================================
    DataPoint, 数据序号      Record Index / 1               from 1
    Cycle Index, 循环号      Cycle Count / 1                as the program counts
    Step Index, 工步号       Step ID                        number in the program; recurs
    Step Type, 工步类型      Step Type                      Rest, CC DChg, CC Chg, CCCV Chg …
    Time, 时间               Step Time / s                  h:mm:ss.s, or a number with its unit
    Cumulative Time,         Test Time / s                  likewise; the hours pass 24
    Total Time, 总时间
    Current, 电流            Current / A                    negative discharges the cell
    Voltage, 电压            Voltage / V
    Capacity, 容量           Step Cumulative Capacity / Ah  counted from zero in each step
    Energy, 能量             Step Cumulative Energy / Wh    likewise
    Date, 绝对时间           vendor: Date                   calendar time, local, no zone
    all others               vendor: …                      specific values, dQ/dV, probes …
    ======================== ============================== =====================================

Resolution and clock
    The last digit of a column is the last printed: 10 nA, 0.1 mV and 10 nAh in the file at hand, and
    1 s of its clocks; other versions print milliseconds.  Time begins at zero in each step, and
    Cumulative Time repeats that of the step before it: where steps of 1 s ticks end between two,
    the two clocks differ by 1 s.  Date, to the second, falls 17 s behind the test time in
    6 days.  The file holds no pause of the channel.  Capacity and Energy return to zero with
    each step; Chg. Cap. and DChg. Cap. beside them count one direction each, likewise.

Rules
    A step begins where Cycle Index or Step Index changes, or where Time falls back.  The
    test began at the first Date less the first Cumulative Time; the zone is not known, so
    `Unix Time / s` is missing.  An export in which no current is negative although steps
    named DChg (放电) have some holds magnitudes: the sign is taken from Step Type, and a
    finding says so.  A last line with too few fields was cut off and is left out with a
    finding; so is a last line without a line break whose last field does not look like the
    one above it.

    The layered export (lines of cycles, steps and records below three headings) is known
    and refused: no file was at hand to show what its Time counts from.

Source
    neware_uio.csv of cellpy's test data (MIT); the Chinese headings as public datasets show them.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from byssus.errors import ReadError, UnitError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument
from byssus.measured.readers.printed import LARGEST_TEXT, Printed, moment, printed_csv
from byssus.measured.steps import count_steps
from byssus.quantity import convert

_ROLES = {
    "record": ("DataPoint", "Data Point", "数据序号"),
    "cycle": ("Cycle Index", "循环号"),
    "step": ("Step Index", "工步号"),
    "type": ("Step Type", "工步类型"),
    "step time": ("Time", "时间"),
    "test time": ("Cumulative Time", "Total Time", "总时间"),
    "current": ("Current", "电流"),
    "voltage": ("Voltage", "电压"),
    "capacity": ("Capacity", "容量"),
    "energy": ("Energy", "能量"),
    "date": ("Date", "绝对时间"),
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names}
_LAYERED = ("Cycle ID", "Step ID", "Record ID")


def _roles(heading: str) -> dict[str, tuple[str, str | None]]:
    """Return the column and unit of each role that a heading names."""
    found: dict[str, tuple[str, str | None]] = {}
    for field in heading.split(","):
        name, _, unit = field.strip().strip('"').partition("(")
        if role := _ROLE_OF.get(name.strip()):
            found.setdefault(role, (field.strip().strip('"'), unit.rstrip(") ") or None))
    return found


def _is_layered(lines: list[str]) -> bool:
    return len(lines) == 3 and all(
        line.lstrip(", ").startswith(word) for line, word in zip(lines, _LAYERED, strict=True)
    )


def _recognises(file: InstrumentFile) -> bool:
    lines = file.head_text.split("\n", 3)[:3]
    return {"cycle", "step", "type"} <= set(_roles(lines[0])) or _is_layered(lines)


def _read(file: InstrumentFile) -> Reading:
    text = file.text(largest=LARGEST_TEXT)
    lines = text.split("\n", 3)[:3]
    if _is_layered(lines):
        raise ReadError(
            "is the layered export of BTS, with cycles, steps and records below one another",
            file=file.path,
            fix="export it from BTSDA as a flat table of records, or give the .nda or .ndax file",
        )
    roles = _roles(lines[0])
    for role in ("test time", "voltage", "current", "cycle", "step", "type"):
        if role not in roles:
            wanted = " or ".join(_ROLES[role])
            raise ReadError(
                f"lacks the column {wanted!r}", file=file.path, place="line 1", fix="export it with that column"
            )
    printed = printed_csv(file, text).sound(roles["voltage"][0], roles["current"][0])
    units: dict[str, tuple[str, float]] = {}

    def measured(role: str, column: str, unit: str) -> pl.Series:
        name, given = roles[role]
        if given is None and unit == "s":
            value, factor = printed.clock(name), 1.0
        elif given is None:
            raise ReadError("names no unit", file=file.path, place="line 1", field=name, fix=f"export it in {unit}")
        else:
            try:
                factor = convert(1.0, given, unit)
            except UnitError as error:
                raise ReadError(error.message, file=file.path, place="line 1", field=name, value=given) from error
            value = printed.number(name, factor)
        units[column] = (name, factor)
        return value.alias(column)

    type_name, step_name = roles["type"][0], roles["step"][0]
    columns = [
        measured("test time", "Test Time / s", "s"),
        measured("voltage", "Voltage / V", "V"),
        measured("current", "Current / A", "A"),
        printed.count(roles["cycle"][0]).alias("Cycle Count / 1"),
        printed.column(step_name).alias("Step ID"),
        printed.column(type_name).alias("Step Type"),
    ]
    if "record" in roles:
        columns.append(printed.count(roles["record"][0]).alias("Record Index / 1"))
    if "step time" in roles:
        columns.append(measured("step time", "Step Time / s", "s"))
    for role, column, unit in (
        ("capacity", "Step Cumulative Capacity / Ah", "Ah"),
        ("energy", "Step Cumulative Energy / Wh", "Wh"),
    ):
        if role in roles:
            columns.append(measured(role, column, unit))
    data = pl.DataFrame(columns)
    changes = [pl.col("Cycle Count / 1"), pl.col("Step ID")]
    if "step time" in roles:
        changes.append((pl.col("Step Time / s").diff() < 0).fill_null(value=False).cum_sum())
    data = data.with_columns(count_steps(*changes).alias("Step Count / 1"))
    data, unsigned = _signed(data)
    used = {name for role, (name, _) in roles.items() if role != "date"}
    return Reading(
        kind="cycling",
        data=data.with_columns(printed.vendor(used)),
        instrument=Instrument(vendor="Neware", software="BTSDA", resolution=printed.digits(units)),
        started=_started(printed, roles, data),
        missing={"Unix Time / s": "the file's calendar times name no time zone"},
        findings=(*printed.findings, *unsigned),
    )


def _signed(data: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Give magnitudes of current the sign that their step's type says, where the export holds only magnitudes."""
    current = pl.col("Current / A")
    discharges = pl.col("Step Type").str.contains("DChg|放电").fill_null(value=False)
    if data.filter(discharges & (current > 0)).is_empty() or (data["Current / A"] < 0).any():
        return data, []
    message = "no current in the file is negative: those of discharging steps, known by Step Type, are given the sign"
    signed = data.with_columns(pl.when(discharges).then(-current).otherwise(current).alias("Current / A"))
    return signed, [Finding("sign-from-step-type", message, field="Current / A")]


def _started(printed: Printed, roles: dict[str, tuple[str, str | None]], data: pl.DataFrame) -> str | None:
    first = moment(printed.column(roles["date"][0])) if "date" in roles else None
    try:
        return None if first is None else (first - timedelta(seconds=data["Test Time / s"][0])).isoformat()
    except OverflowError:
        return None


READER = Reader("neware-csv", "Neware .csv (BTSDA, flat)", _recognises, _read)
