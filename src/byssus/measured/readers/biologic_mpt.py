"""BioLogic .mpt, the text export of EC-Lab and BT-Lab: cycling, voltammetry and impedance.

The columns of cycling and the rules for it stand here, those of the other two in `ec_lab`.

Layout
    ``EC-Lab ASCII FILE`` (or ``BT-Lab``), then ``Nb header lines : N``.  Of the N lines the
    last is the heading; those between name the technique (the first line that is not blank)
    and hold ``key : value`` lines, which are kept as the vendor's header: device, channel,
    start, mass, area, capacity.  EC-Lab prints 0.001 and 7000 mg where nobody filled them in.
    An export "without header" has N = 3 and names no technique.  One line a record, fields
    apart by tabs, a last tab in the heading alone; decimal point or comma; Western encoding.

    ======================= ============================== ====================================
    column                  table                          remark
    ======================= ============================== ====================================
    time/s                  Test Time / s                  since the acquisition started, so a
                                                           linked technique begins above zero
    Ewe/V, <Ewe>/V          Voltage / V                    against the reference electrode: the
                                                           cell's, if it has two electrodes
    Ecell/V, Ewe-Ece/V      Voltage / V                    where there is no Ewe
    <I>/mA, I/mA            Current / A                    positive oxidises the working
                                                           electrode: see below
    Ns                      Step ID                        sequence of the technique; recurs
    cycle number            Cycle Count / 1                as EC-Lab was told to count
    mode                    Step Type                      1 galvanostatic, 2 potentiostatic,
                                                           3 rest
    step time/s             Step Time / s
    (Q-Qo), dq, dQ          Step Cumulative Capacity / Ah  rebuilt from zero in each step
    Energy charge,          Step Cumulative Energy / Wh    likewise
    Energy discharge
    all others              vendor: …                      half cycle, control, I Range, Ece …
    ======================= ============================== ====================================

Resolution and clock
    Numbers are printed as they are stored: 7 decimals of a 32-bit float, 15 of a double.  The last
    digit stated is that of the largest number of a column: 0.1 µV of a voltage of some volts.
    What the instrument resolved depends on its range and stands nowhere in the file.
    time/s runs through the rests and the turns of sequences; whether it runs through a pause
    is not known, as no file at hand has one.  Records are 0.2 ms apart at the closest.
    Ns recurs with each loop of the technique.  cycle number and half cycle begin at 0;
    in gcpl.pr_182.1 half cycle goes from 0 to 2.
    (Q-Qo) runs over the whole technique; Q charge/discharge and the energies return to zero at
    each new half cycle.

Rules
    The current is positive where it oxidises the working electrode.  That charges a cell
    whose working electrode is the positive one; so it does a half cell against lithium,
    whose working electrode, anode or cathode, is positive of the lithium.
    A file without a current has it from the charge between records: dq or dQ, or the
    difference of (Q-Qo), over the difference of time.  The first record, and one at the time
    of the record before, has no such quotient: it takes zero at rest, the set current in
    galvanostatic mode, else the current of the next record.
    A step begins where Ns or the mode changes, where "Ns changes" is raised, or where half
    cycle changes, unless the record before began a step (EC-Lab counts the half cycle a
    record late).  Without Ns it begins where the mode, half cycle or the sign of the current
    changes, currents below `REST_SHARE` of the large ones counting as none.
    A step in mode 3 rests, whatever shred of charge it carries; the direction of others
    is the sign of their mean current.
    The charge of a step is that passed since the last record of the step before, from
    (Q-Qo), else dq or dQ, else "Q charge/discharge" with its return to zero at a new half
    cycle; without sign.  The energies return to zero at a new half cycle likewise.
    Records with freq/Hz above zero (Modulo Bat) are points of a spectrum, not of cycling:
    they are left out, with a finding.
    The technique's name tells the kind of table.  Without a name, cycling is what has a half cycle
    or a charge in mA.h, and impedance what has its frequency and parts; else it is refused.
    Start times name no zone (they are month/day/year), so `Unix Time / s` is missing.

Source
    gcpl.pr_182.1.mpt of yadg's tests, whose columns control/V and control/mA tell what each mode
    is; cv.mpt and Pt_poly_cv.mpt for the header, the settings and the decimal comma;
    exampleDataBioLogic.mpt of impedance.py for impedance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import polars as pl

from byssus.conventions import CellDirection
from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers import ec_lab
from byssus.measured.readers.printed import Printed, heading_names, moment, numbered, printed_csv
from byssus.measured.steps import LARGE, REST_SHARE, add_directions, count_steps
from byssus.measured.tables import CELL_DIRECTION, VENDOR
from byssus.quantity import Quantity

_MAGIC = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")

_VOLTAGE = ("Ewe/V", "<Ewe>/V", "<Ewe/V>", "Ecell/V", "<Ecell>/V", "Ewe-Ece/V")
_CURRENT = {"<I>/mA": 1e-3, "I/mA": 1e-3, "<I>/A": 1.0, "I/A": 1.0}
_BETWEEN = {"dq/mA.h": 1e-3, "dQ/mA.h": 1e-3, "dq/C": 1 / 3600, "dQ/C": 1 / 3600}
_TOTAL = {"(Q-Qo)/mA.h": 1e-3, "(Q-Qo)/C": 1 / 3600}
_SINCE_HALF = "Q charge/discharge/mA.h"
_ENERGY = ("Energy charge/W.h", "Energy discharge/W.h")
_MODES = {1: "galvanostatic", 2: "potentiostatic", 3: "rest"}


def cycling_table(printed: Printed) -> tuple[pl.DataFrame, list[Finding], dict[str, str]]:
    """Make the cycling frame from EC-Lab's columns by the rules of this module.

    Parameters
    ----------
    printed
        The columns under EC-Lab's names, as numbers or as text.

    Returns
    -------
    tuple
        The frame, findings, and what is missing with the reason.
    """
    raw, number = printed.cells, printed.number

    def first_of(names: Collection[str]) -> str | None:
        return next((name for name in names if name in raw.columns), None)

    if "time/s" not in raw.columns:
        raise ReadError("lacks the column 'time/s'", file=printed.file, fix="export it again with the time in seconds")
    voltage, current = first_of(_VOLTAGE), first_of(_CURRENT)
    if voltage is None:
        raise ReadError(
            "lacks the column 'Ewe/V' (or 'Ecell/V')", file=printed.file, fix="export it again with the voltage"
        )
    work = pl.DataFrame({"time": number("time/s"), "voltage": number(voltage)})
    for name in ("mode", "Ns", "half cycle", "Ns changes"):
        if name in raw.columns:
            work = work.with_columns(number(name).alias(name))
    passed = list(_charge_between(raw, work, number, first_of))
    if passed:
        # The sum loses nothing where records were thinned out at export; the single charge is the better current.
        work = work.with_columns(passed[-1].alias("passed"))
    findings, missing = [], {"Unix Time / s": "the file's start time names no time zone"}
    used = {"time/s", voltage, "Ns", "cycle number", "step time/s"}
    if current is not None:
        work = work.with_columns(number(current, _CURRENT[current]).alias("current"))
        used.add(current)
    elif passed:
        control = first_of(("control/mA", "control/V/mA"))
        work = work.with_columns(
            _current_from_charge(printed.file, work, passed[0], None if control is None else number(control))
        )
        message = "no current is recorded: it is the charge between records over the time between them"
        findings.append(Finding("current-derived", message, field="Current / A"))
    else:
        raise ReadError(
            "lacks the column '<I>/mA' (or 'I/mA', 'dq/mA.h')", file=printed.file, fix="export it again with it"
        )
    if all(name in raw.columns for name in _ENERGY) and "half cycle" in raw.columns:
        renewed = work["half cycle"].diff().fill_null(0) != 0
        work = work.with_columns(
            sum((_gain(number(name), renewed) for name in _ENERGY), pl.Series("", [0.0])).alias("energy")
        )
    work = work.with_columns(printed.vendor(used))
    if "Ns" in raw.columns:
        work = work.with_columns(printed.count("Ns").cast(pl.String).alias("Step ID"))
    if "cycle number" in raw.columns:
        work = work.with_columns(number("cycle number").cast(pl.Int64, strict=False).alias("Cycle Count / 1"))
    else:
        missing["Cycle Count / 1"] = "EC-Lab counts cycles when it exports text; this file numbers half cycles at most"
    if "step time/s" in raw.columns:
        work = work.with_columns(number("step time/s").alias("Step Time / s"))
    if "freq/Hz" in raw.columns and (spectrum := number("freq/Hz") > 0).any():
        work = work.filter(~spectrum)
        message = f"{int(spectrum.sum())} records of impedance (freq/Hz above zero) are left out of the cycling"
        findings.append(Finding("impedance-left-out", message, value=int(spectrum.sum())))
    if work.is_empty():
        raise ReadError("holds no record of cycling, only impedance", file=printed.file)
    if "Ns" not in raw.columns:
        message = "the file numbers no sequences: a step begins where mode, half cycle or the current's sign changes"
        findings.append(Finding("steps-rebuilt", message, field="Step Count / 1"))
    work = work.with_columns(_steps(work).alias("Step Count / 1"))
    data = work.select(
        pl.col("time").alias("Test Time / s"),
        pl.col("voltage").alias("Voltage / V"),
        pl.col("current").alias("Current / A"),
        "Step Count / 1",
        *(name for name in ("Cycle Count / 1", "Step ID", "Step Time / s") if name in work.columns),
        *_since_step(work),
        pl.selectors.starts_with(VENDOR),
    )
    if "mode" in work.columns:
        # At rest the cell is disconnected; a shred of charge that a record of rest still carries makes it no half cycle.
        directed = pl.when(work["mode"] == 3).then(pl.lit(str(CellDirection.REST))).otherwise("Cell Direction")
        words = add_directions(data, None).select(directed.cast(CELL_DIRECTION).alias("Cell Direction"))
        data = data.with_columns(words.to_series())
    return data, findings, missing


def _charge_between(
    raw: pl.DataFrame,
    work: pl.DataFrame,
    number: Callable[[str], pl.Series],
    first_of: Callable[[Collection[str]], str | None],
) -> Iterator[pl.Series]:
    """Yield the charge since the record before, in Ah with its sign, as each counter has it: single records first."""
    between, total = first_of(_BETWEEN), first_of(_TOTAL)
    single = None if between is None else number(between) * _BETWEEN[between]
    if single is not None:
        yield single
    if total is not None:
        yield (number(total) * _TOTAL[total]).diff().fill_null(0.0 if single is None else single[0])
    elif single is None and _SINCE_HALF in raw.columns and "half cycle" in raw.columns:
        count = number(_SINCE_HALF) * 1e-3
        renewed = (work["half cycle"].diff() != 0).fill_null(value=True)
        yield count.diff().zip_with(~renewed, count)


def _gain(count: pl.Series, renewed: pl.Series) -> pl.Series:
    """Return what a counter gained since the record before; it may have returned to zero at a new half cycle."""
    gain = count.diff().fill_null(0.0)
    return gain.zip_with(~(renewed & (gain < 0)), count)


def _current_from_charge(file: Path, work: pl.DataFrame, passed: pl.Series, control: pl.Series | None) -> pl.Series:
    interval = work["time"].diff()
    usable = (interval > 0).fill_null(value=False)
    nothing = pl.Series([None], dtype=pl.Float64)
    current = (passed * 3600 / interval).zip_with(usable, nothing)
    if "mode" in work.columns:
        instead = pl.zeros(work.height, eager=True).zip_with(work["mode"] == 3, nothing)
        if control is not None:
            instead = (control * 1e-3).zip_with(work["mode"] == 1, instead)
        current = current.zip_with(usable, instead)
    current = current.fill_null(strategy="backward")
    if current.null_count():
        raise ReadError("records no current, and its last record no time to compute one from", file=file)
    return current.alias("current")


def _steps(work: pl.DataFrame) -> pl.Series:
    def changes(values: pl.Series) -> pl.Series:
        return (values != values.shift(1)).fill_null(value=False)

    begins = pl.Series([False]).new_from_index(0, work.height)
    for name in ("Ns", "mode"):
        if name in work.columns:
            begins |= changes(work[name])
    if "Ns changes" in work.columns:
        raised = work["Ns changes"] != 0
        begins |= raised & ~raised.shift(1, fill_value=False)
    if "half cycle" in work.columns:
        begins |= changes(work["half cycle"]) & ~begins.shift(1, fill_value=False)
    if "Ns" not in work.columns:
        current = work["current"]
        large = current.filter(current != 0).abs().quantile(LARGE) or 0.0
        begins |= changes((current > REST_SHARE * large).cast(pl.Int8) - (current < -REST_SHARE * large).cast(pl.Int8))
    return pl.DataFrame({"begun": begins.cum_sum()}).select(count_steps(pl.col("begun"))).to_series()


def _since_step(work: pl.DataFrame) -> Iterator[pl.Expr]:
    if "mode" in work.columns:
        words = pl.col("mode").cast(pl.Int64)
        yield words.replace_strict(_MODES, default=words.cast(pl.String)).alias("Step Type")
    if "passed" in work.columns:
        charge = pl.col("passed").cum_sum().over("Step Count / 1").abs()
        yield charge.alias("Step Cumulative Capacity / Ah")
    if "energy" in work.columns:
        yield pl.col("energy").cum_sum().over("Step Count / 1").alias("Step Cumulative Energy / Wh")


#: What makes the table of each kind from EC-Lab's columns.
TABLES: dict[str, Callable[[Printed], tuple[pl.DataFrame, list[Finding], dict[str, str]]]] = {
    "cycling": cycling_table,
    "voltammetry": ec_lab.voltammetry_table,
    "impedance": ec_lab.impedance_table,
}


def _recognises(file: InstrumentFile) -> bool:
    return file.head_text.lstrip().startswith(_MAGIC)


def _read(file: InstrumentFile) -> Reading:
    text = file.text().lstrip()
    first = text[:200].split("\n")
    count = re.match(r"Nb header lines : *(\d{1,6})\s*$", first[1] if len(first) > 1 else "")
    if count is None:
        raise ReadError(
            "lacks 'Nb header lines : …'", file=file.path, place="line 2", fix="export it again from EC-Lab"
        )
    heading_at = int(count[1]) - 1
    head = text.split("\n", heading_at + 1)
    if heading_at < 2 or len(head) <= heading_at + 1:
        raise ReadError("holds no whole record", file=file.path, fix="export it again from EC-Lab")
    if "\t" not in head[heading_at]:
        raise ReadError(
            "holds no heading there", file=file.path, place=f"line {heading_at + 1}", value=head[heading_at][:60]
        )
    comments = [line.rstrip() for line in head[2:heading_at]]
    technique = next((line.strip() for line in comments if line.strip()), None)
    names = heading_names(file, head[heading_at], heading_at, "\t")
    kind = ec_lab.kind_of(file.path, technique, names)
    # EC-Lab writes no thousands separators, and no text in the records.
    text = "\n".join([*head[: heading_at + 1], head[-1].replace(",", ".")])
    printed = printed_csv(file, text, heading=heading_at, separator="\t", names=numbered(names))
    printed = printed.sound(*(name for name in ("time/s", *_VOLTAGE) if name in printed.cells.columns))
    data, findings, missing = TABLES[kind](printed)
    header, given = _header(comments), {}
    conditions: dict[str, Quantity] = {}
    if kind != "cycling":
        given = ec_lab.settings(comments)
        conditions, without = ec_lab.conditions(given, header)
        missing |= without
    present = printed.cells.columns
    measured = {"Test Time / s": ("time/s", 1.0)} if "time/s" in present else {}
    if voltage := next((name for name in _VOLTAGE if name in present), None):
        measured["Voltage / V"] = (voltage, 1.0)
    if current := next((name for name in _CURRENT if name in present), None):
        measured["Current / A"] = (current, _CURRENT[current])
    started = moment(pl.Series([str(header.get("Acquisition started on", ""))]), month_first=True)
    if started is None:
        missing["started"] = "the header names no start that can be read as month/day/year"
    software = next((line.strip() for line in comments if line.strip().endswith("(software)")), None)
    return Reading(
        kind=kind,
        data=data,
        instrument=Instrument(
            vendor="BioLogic",
            model=_word(header.get("Device")),
            software=software,
            channel=_word(header.get("Run on channel")),
            resolution=printed.digits(measured),
        ),
        started=None if started is None else started.isoformat(),
        missing=missing,
        conditions=conditions,
        vendor={"technique": technique, **header, **given} if technique else header,
        findings=(*printed.findings, *findings),
    )


def _header(comments: list[str]) -> dict[str, Scalar]:
    """Return the ``key : value`` lines; a key that recurs (Comments) has its values joined."""
    header: dict[str, Scalar] = {}
    for line in comments:
        if match := re.match(r"\s*([^:]{1,80}?) :(?: (.*))?$", line):
            value = (match[2] or "").strip() or None
            earlier = header.get(match[1])
            header[match[1]] = f"{earlier}; {value}" if earlier and value else value or earlier
    return header


def _word(value: Scalar) -> str | None:
    return value if isinstance(value, str) else None


READER = Reader("biologic-mpt", "BioLogic .mpt", _recognises, _read)
