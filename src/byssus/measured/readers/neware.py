"""Neware .nda and .ndax, the binary files of BTS 7, 8 and later, through `fastnda`.

Layout
    .nda: starts with ``NEWARE``; fixed-length records.  .ndax: a zip archive with
    ``data.ndc`` (records), often ``data_runInfo.ndc`` and ``data_step.ndc`` (times and
    capacities), auxiliary channels, and ``*.xml`` (test, step and version information).
    The byte maps are fastnda's; its frame is taken with the labels of BDF.

    ======================= ============================== ====================================
    fastnda                 table                          remark
    ======================= ============================== ====================================
    Step Net Capacity / Ah  Step Cumulative Capacity / Ah  the sign is that of the direction and
                                                           is dropped
    Step Net Energy / Wh    Step Cumulative Energy / Wh    likewise
    Step ID                 Step ID                        number in the instrument's program
    Cycle Count / 1         Cycle Count / 1                counted by fastnda's rule ``chg``: a
                                                           new cycle at a charge that follows a
                                                           discharge
    auxiliary channels      vendor: …                      under fastnda's names
    ======================= ============================== ====================================

Resolution and clock
    Voltage, current, capacity and energy come as 32-bit floats, good to seven digits; they are
    widened, not rounded, and the current's last digit is taken as 2**-24 of the largest.  What
    the instrument resolved is coarser and stands nowhere in the file.
    The step time is stored to 0.1 s or 1 s, and begins at zero in each step.  The test time is
    fastnda's sum of the step times in all but one version (.nda 130 of BTS 9, which stores it),
    so records at the turn of two steps share it, and a pause between two steps would not be in
    it.  The calendar clock, to 1 s or 1 ms, is that of the controlling computer: it jumps when it
    is set, and in the file nda_v26 it gains 460 s on the test time in 16 days.
    Capacity and energy return to zero with each step.

Rules
    A .nda that was cut off yields its whole records; nothing in the file tells how many there
    should be.

Source
    fastnda 1.3 (BSD-3-Clause), https://github.com/g-kimbell/fastnda
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.metadata import Instrument, Scalar
from byssus.measured.readers.printed import single_digit
from byssus.measured.tables import KINDS, VENDOR


def _recognises(file: InstrumentFile) -> bool:
    if file.head.startswith(b"NEWARE"):
        return True
    if not file.is_zip:
        return False
    # A cut-off archive has no directory; its first local header still names its first member.
    if b".ndc" in file.head or b"VersionInfo.xml" in file.head:
        return True
    return any(name.endswith(".ndc") for name in file.members)


def _read(file: InstrumentFile) -> Reading:
    import fastnda

    _ = file.members
    with _remarks() as heard, _well_named(file) as path:
        raw = fastnda.read(path, cycle_mode="chg", columns="bdf-pref")
        header = _header(path)
    known = {column.name: column.dtype for column in KINDS["cycling"]}
    renamed = {
        "Step Net Capacity / Ah": pl.col("Step Net Capacity / Ah").abs().alias("Step Cumulative Capacity / Ah"),
        "Step Net Energy / Wh": pl.col("Step Net Energy / Wh").abs().alias("Step Cumulative Energy / Wh"),
    }
    expressions = []
    for name, dtype in raw.schema.items():
        if name in renamed:
            expressions.append(renamed[name].cast(pl.Float64))
        elif name in known:
            expressions.append(pl.col(name).cast(known[name]))
        else:
            number = pl.Float64 if dtype.is_float() else dtype
            expressions.append(pl.col(name).cast(number).alias(f"{VENDOR}{name}"))
    data = raw.select(expressions)
    for name in (
        column.name for column in KINDS["cycling"] if column.need == "required" and column.name in data.columns
    ):
        if data[name].null_count():
            place = f"record {int(data[name].is_null().arg_true()[0]) + 1}"
            raise ReadError("is missing", file=file.path, place=place, field=name, fix="copy it again")
    missing = {} if "Unix Time / s" in data.columns else {"Unix Time / s": "the file holds no calendar time"}
    digit = single_digit(data["Current / A"])
    return Reading(
        kind="cycling",
        data=data,
        instrument=Instrument(
            vendor="Neware",
            resolution={} if digit is None else {"Current / A": digit},
        ),
        missing=missing,
        vendor=header,
        # The check of the table says the same of the calendar clock, with the number of jumps.
        findings=tuple(Finding("reader-remark", text) for text in dict.fromkeys(heard) if "unix_time_s" not in text),
    )


def _header(path: Path) -> dict[str, Scalar]:
    """Return the file's own header, flattened to ``part.part.name``; the program of steps is left out."""
    import fastnda

    header = fastnda.read_metadata(path)
    flat: dict[str, Scalar] = {}

    def walk(prefix: str, part: object) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                if key not in {"Step_Info", "Whole_Prt"}:
                    walk(f"{prefix}.{key}" if prefix else str(key), value)
        elif part is None or isinstance(part, str | int | float | bool):
            flat[prefix.removesuffix(".Value")] = part

    walk("", header)
    return flat


@contextlib.contextmanager
def _well_named(file: InstrumentFile) -> Iterator[Path]:
    """Give the file under a name that ends as fastnda, which goes by it, expects."""
    suffix = ".ndax" if file.is_zip else ".nda"
    if file.path.suffix.lower() == suffix:
        yield file.path
        return
    with tempfile.TemporaryDirectory(prefix="byssus-") as folder:
        path = Path(folder) / f"renamed{suffix}"
        shutil.copyfile(file.path, path)
        yield path


@contextlib.contextmanager
def _remarks() -> Iterator[list[str]]:
    """Collect what fastnda logs and warns of, so that it reaches the person as findings and not as stray lines."""
    heard: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    logger, collector = logging.getLogger("fastnda"), Collector(logging.WARNING)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(collector)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield heard
        heard += [str(warning.message) for warning in warned]
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagate


READER = Reader("neware", "Neware .nda/.ndax", _recognises, _read)
