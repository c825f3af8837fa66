"""The one door: any instrument's file to a measured table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from byssus.errors import ByssusError, ReadError, UsageError, did_you_mean
from byssus.findings import Finding
from byssus.measured.checks import check_cycling
from byssus.measured.door import InstrumentFile, Reader
from byssus.measured.metadata import Metadata, Provenance, Sample
from byssus.measured.readers import READERS
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table


def read(path: Path, *, sample: Sample | None = None, reader: str | None = None) -> Table:
    """Read an instrument's file.

    Parameters
    ----------
    path
        The file.
    sample
        What was measured.  A cycling table's electrode direction needs its configuration.
    reader
        The name of a reader, to skip the recognition by content.

    Returns
    -------
    Table
        Checked; its findings say what looks wrong.

    Raises
    ------
    ReadError
        If the file is missing, empty, of no known format, or broken.
    UsageError
        If there is no reader of that name.
    """
    file = InstrumentFile(path)
    chosen = _recognise(file) if reader is None else _named(reader)
    try:
        reading = chosen.read(file)
    except ByssusError:
        raise
    except Exception as error:
        # Damaged files break third-party parsers in ways that nobody can list; the person
        # still gets one line with the file's name, and BYSSUS_DEBUG=1 shows the rest.
        reason = (str(error).splitlines() or [""])[0]
        raise ReadError(
            f"cannot be read as {chosen.title}: it is damaged or cut off ({type(error).__name__}: {reason})",
            file=path,
            fix="copy it again from the instrument",
        ) from error
    sample = sample or Sample()
    data, findings = reading.data, list(reading.findings)
    if data.is_empty():
        raise ReadError(f"holds no record ({chosen.title})", file=path, fix="export it again from the instrument")
    if reading.kind == "cycling":
        data = add_directions(data, sample.configuration)
        findings += check_cycling(data, reading.instrument.resolution)
    metadata = Metadata.model_validate(
        {
            "kind": reading.kind,
            "curve": reading.curve,
            "instrument": reading.instrument,
            "sample": sample,
            "started": reading.started,
            "missing": reading.missing,
            "vendor": reading.vendor,
            "provenance": (Provenance(file=file.name, sha256=file.sha256, size=file.size, reader=chosen.name),),
        }
    )
    return Table(data, metadata, tuple(_in_file(findings, file.name)))


def _recognise(file: InstrumentFile) -> Reader:
    for reader in READERS:
        if reader.recognises(file):
            return reader
    known = "; ".join(reader.title for reader in READERS)
    raise ReadError("is of no format that Byssus knows by its content", file=file.path, fix=f"Byssus reads: {known}")


def _named(name: str) -> Reader:
    for reader in READERS:
        if reader.name == name:
            return reader
    raise UsageError(
        "is not a reader",
        field="reader",
        value=name,
        fix=did_you_mean(name, [reader.name for reader in READERS]),
    )


def _in_file(findings: Iterable[Finding], name: str) -> Iterator[Finding]:
    return (finding if finding.file else replace(finding, file=name) for finding in findings)
