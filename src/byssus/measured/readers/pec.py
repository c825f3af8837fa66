"""PEC .csv, the export of PEC's cell test systems (LifeTest).

Layout
    ``key:,value`` lines of the test, the block ``#RESULTS CHECK`` … ``#END RESULTS CHECK``
    (what the instrument said of each cell), the heading, and one line a record with commas
    between the fields and one after the last.

    ============================= ============================== ==============================
    column                        table                          remark
    ============================= ============================== ==============================
    Total Time (Seconds)          Test Time / s                  1 ms digits
    Voltage (mV)                  Voltage / V                    0.1 µV digits
    Current (mA)                  Current / A                    positive charges the cell;
                                                                 0.1 mA digits, 1 µA at rest
    Step                          Step ID                        number in the program; recurs
    Cycle                         Cycle Count / 1                from 0
    Step Time (Seconds)           Step Time / s
    Charge Capacity (mAh),        Step Cumulative Capacity / Ah  counters of the cycle, kept
    Discharge Capacity (mAh)                                     under ``vendor:`` too
    Charge Capacity (mWh),        Step Cumulative Energy / Wh    energies, for all their name;
    Discharge Capacity (mWh)                                     likewise
    Ambient temperature (°C)      Ambient Temperature / degC     empty in most records
    all others                    vendor: …                      0 or empty where not measured
    ============================= ============================== ==============================

    The unit in the brackets of a heading is read, not assumed: mV or V, mA or A, mAh or Ah,
    mWh or Wh, Seconds, Minutes or Hours.

Resolution and clock
    The last digit of a column is the last printed anywhere in it: 1 ms, 0.1 µV, 1 µA, 1 µAh, 1 µWh.
    So it is an upper bound of what was measured: most currents are printed to 0.1 mA only.
    Total Time counts from the start of the position and runs through the wait before a load (10 s
    in the file at hand, without a record); Step Time counts from the start of the step, whose
    first record is 2 ms old.  Real Time, to the second, agrees with Total Time to the second over
    90 h.  The file holds no pause of the channel.
    Step 0 comes before the program; its steps recur.

Rules
    A step begins where Step or Cycle changes or the step's time falls back.  The counters
    run through the steps of a cycle and return to zero at the next; a step's charge is what
    both gained since the last record of the step before, or since zero if they returned.
    A file may hold several cells: one is read, several are refused by name, since a table
    holds one.  Times name no zone, so `Unix Time / s` is missing; that of the position's
    start is month/day/year or the reverse, as a number above 12 in the file tells.

Source
    pec.csv of cellpy's test data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from byssus.errors import ReadError
from byssus.measured.door import HEAD_BYTES, InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import heading_names, moment, numbered, printed_csv
from byssus.measured.steps import count_steps

_HEADING = ("Test", "Cell")
_UNITS = {
    "mv": 1e-3,
    "v": 1.0,
    "ma": 1e-3,
    "a": 1.0,
    "mah": 1e-3,
    "ah": 1.0,
    "mwh": 1e-3,
    "wh": 1.0,
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
}
#: The quantity that a heading names before its unit, for those columns that must be there.
_QUANTITIES = {
    "Test Time / s": ("Total Time", ("Seconds", "Minutes", "Hours")),
    "Step Time / s": ("Step Time", ("Seconds", "Minutes", "Hours")),
    "Voltage / V": ("Voltage", ("mV", "V")),
    "Current / A": ("Current", ("mA", "A")),
}
_COUNTERS = {
    "Step Cumulative Capacity / Ah": (("Charge Capacity", "Discharge Capacity"), ("mAh", "Ah")),
    "Step Cumulative Energy / Wh": (("Charge Capacity", "Discharge Capacity"), ("mWh", "Wh")),
}


def _heading_at(lines: list[str]) -> int | None:
    for at, line in enumerate(lines):
        names = [name.strip() for name in line.split(",")]
        if tuple(names[:2]) == _HEADING and {"Step", "Cycle"} <= set(names) and "Total Time" in line:
            return at
    return None


def _recognises(file: InstrumentFile) -> bool:
    return _heading_at(file.head_text.split("\n")) is not None


def _read(file: InstrumentFile) -> Reading:
    text = file.text()
    lines = text[:HEAD_BYTES].split("\n")
    heading_at = _heading_at(lines)
    if heading_at is None:
        raise ReadError("holds no heading that begins with Test,Cell", file=file.path)
    own = numbered(heading_names(file, lines[heading_at], heading_at, ","))
    printed = printed_csv(file, text, heading=heading_at, names=own)
    raw = printed.cells
    place = f"line {heading_at + 1}"
    found = {column: _column(file, raw, *what, place) for column, what in _QUANTITIES.items()}
    if missing := [name for name in ("Test", "Cell", "Step", "Cycle") if name not in raw.columns]:
        raise ReadError(f"lacks the column {missing[0]!r}", file=file.path, place=place)
    _one_cell(file, raw)
    printed = printed.sound(*(name for name, _ in found.values()))
    work = pl.DataFrame([printed.number(name, unit).alias(column) for column, (name, unit) in found.items()])
    work = work.with_columns(printed.count(name) for name in ("Step", "Cycle"))
    fell_back = (pl.col("Step Time / s").diff() < 0).fill_null(value=False).cum_sum()
    work = work.with_columns(count_steps(pl.col("Step"), pl.col("Cycle"), fell_back).alias("Step Count / 1"))
    for column, (names, units) in _COUNTERS.items():
        counters = [_column(file, raw, name, units, place) for name in names]
        gained = [_since_step(printed.number(name, unit), work["Step Count / 1"]) for name, unit in counters]
        work = work.with_columns((gained[0] + gained[1]).alias(column))
        found[column] = counters[1]
    used = {*(found[column][0] for column in _QUANTITIES), "Step", "Cycle"}
    ambient = next((name for name in raw.columns if re.fullmatch(r"Ambient temperature \(.*C\)", name)), None)
    if ambient is not None:
        temperature = printed.free(ambient)
        if temperature.dtype == pl.Float64:
            work = work.with_columns(temperature.alias("Ambient Temperature / degC"))
            used.add(ambient)
    data = work.select(
        "Test Time / s",
        "Voltage / V",
        "Current / A",
        "Step Count / 1",
        pl.col("Cycle").alias("Cycle Count / 1"),
        pl.col("Step").cast(pl.String).alias("Step ID"),
        "Step Time / s",
        *_COUNTERS,
        *(name for name in ("Ambient Temperature / degC",) if name in work.columns),
    ).with_columns(printed.vendor(used))
    reasons = {"Unix Time / s": "the file's calendar times name no time zone"}
    started = None
    if "Position Start Time" in raw.columns:
        clocks = [raw["Position Start Time"].head(1), *(raw[name] for name in ("Real Time",) if name in raw.columns)]
        started = moment(pl.concat(clocks))
    if started is None:
        reasons["started"] = "no start that can only be read in one way, day or month first"
    return Reading(
        kind="cycling",
        data=data,
        instrument=Instrument(
            vendor="PEC",
            channel="-".join(raw[name][0] or "" for name in ("Rack", "Shelf", "Position") if name in raw.columns)
            or None,
            resolution=printed.digits(found),
        ),
        started=None if started is None else started.isoformat(),
        missing=reasons,
        vendor=_header(lines[:heading_at]),
        findings=printed.findings,
    )


def _column(
    file: InstrumentFile, raw: pl.DataFrame, quantity: str, units: Iterable[str], place: str
) -> tuple[str, float]:
    """Return the name of a quantity's column and its unit in the table's."""
    for unit in units:
        if (name := f"{quantity} ({unit})") in raw.columns:
            return name, _UNITS[unit.lower()]
    raise ReadError(f"lacks the column '{quantity} ({'|'.join(units)})'", file=file.path, place=place)


def _one_cell(file: InstrumentFile, raw: pl.DataFrame) -> None:
    where = [name for name in ("Test", "Cell", "Rack", "Shelf", "Position") if name in raw.columns]
    cells = raw.select(where).unique(subset=["Test", "Cell"], maintain_order=True)
    if cells.height > 1:
        named = [
            ", ".join(f"{key} {value}" for key, value in row.items()) for row in cells.head(8).iter_rows(named=True)
        ]
        more = f" and {cells.height - 8} more" if cells.height > 8 else ""
        raise ReadError(
            f"holds {cells.height} cells ({'; '.join(named)}{more}), and a table holds one",
            file=file.path,
            fix="export each cell by itself",
        )


def _since_step(counter: pl.Series, step: pl.Series) -> pl.Series:
    """Return what a counter gained since the last record of the step before; one that fell returned to zero."""
    frame = pl.DataFrame({"counter": counter, "step": step, "before": counter.shift(1, fill_value=0.0)})
    base = pl.col("before").first().over("step")
    returned = pl.col("counter").first().over("step") < base
    return frame.select(pl.col("counter") - pl.when(returned).then(0.0).otherwise(base)).to_series()


def _header(lines: list[str]) -> dict[str, Scalar]:
    """Return the test's lines ``key:,value``; the check of the results keeps its lines as they are."""
    header: dict[str, Scalar] = {}
    check: list[str] | None = None
    for line in lines:
        if line.startswith("#"):
            check = [] if check is None else check
        elif check is not None:
            check.append(line.strip().rstrip(","))
        else:
            key, _, value = line.partition(",")
            if key.strip(" :\r"):
                header[key.strip(" :\r")] = value.strip(" ,\r") or None
    if check:
        header["RESULTS CHECK"] = "; ".join(check)
    return header


READER = Reader("pec-csv", "PEC .csv", _recognises, _read)
