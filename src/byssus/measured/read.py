"""The one door: any instrument's file to a measured table."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from byssus.errors import ByssusError, ReadError, TableError, UsageError, did_you_mean
from byssus.findings import Finding
from byssus.measured.archives import opened
from byssus.measured.checks import check_cycling, check_name
from byssus.measured.door import InstrumentFile, Reader
from byssus.measured.metadata import Metadata, Provenance, Sample
from byssus.measured.readers import READERS
from byssus.measured.readers.generic import ColumnMap, read_mapped
from byssus.measured.readers.workstation import as_voltammogram
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table

# What the workbook library logs of a damaged file, the error of one line says too; without a
# handler Python would print it on the terminal.
logging.getLogger("calamine").addHandler(logging.NullHandler())

#: Where other packages register a `byssus.measured.door.Reader`.
GROUP = "byssus.readers"


def read(
    source: str | Path | bytes,
    *,
    sample: Sample | None = None,
    reader: str | None = None,
    columns: ColumnMap | None = None,
    wanted: Collection[str] = (),
    name: str = "bytes",
) -> Table:
    """Read an instrument's file.

    Parameters
    ----------
    source
        The file; ``archive::member`` for one in an archive; or its bytes.
    sample
        What was measured; where nothing is said, what a table of Byssus' own says of it.  A
        cycling table's electrode direction needs its configuration.
    reader
        The name of a reader, to skip the recognition by content.
    columns
        What the columns of a text or workbook are that no reader knows.
    wanted
        The kinds of table that are of use.  A file that says no technique, but time, voltage and current, is read as a
        voltammogram where only that is.
    name
        What bytes are called in messages and in the provenance.

    Returns
    -------
    Table
        Checked; its findings say what looks wrong.

    Raises
    ------
    ReadError
        If the file is missing, empty, of no known format, or broken.
    UsageError
        If there is no reader of that name, or an archive holds several tests.
    """
    chosen = None if reader is None else _named(reader)
    if columns is not None:
        chosen = Reader(
            "column-map", "a table by its column map", lambda _: True, lambda file: read_mapped(file, columns)
        )
    place = Path(source) if isinstance(source, str) else source
    with opened(place, name, lambda file: chosen is not None or _recognised(file) is not None) as file:
        try:
            return _made(file, chosen or _recognise(file), sample, wanted)
        except ReadError as error:
            if error.file != str(file.path) or file.label == error.file:
                raise
            # A reader knows the temporary file of a member; people know the member.
            raise ReadError(
                error.message, file=file.label, place=error.place, field=error.field, value=error.value, fix=error.fix
            ) from error


def _made(file: InstrumentFile, chosen: Reader, sample: Sample | None, wanted: Collection[str]) -> Table:
    with _one_line(file, chosen.title):
        reading = chosen.read(file)
        if not chosen.tells_technique and reading.kind == "cycling" and set(wanted) == {"voltammetry"}:
            reading = as_voltammogram(reading, file.label)
    about = reading.stored or Metadata.model_validate(
        {
            "kind": reading.kind,
            "curve": reading.curve,
            "instrument": reading.instrument,
            "started": reading.started,
            "missing": reading.missing,
            "conditions": reading.conditions,
            "vendor": reading.vendor,
        }
    )
    this = Provenance(file=file.name, sha256=file.sha256, size=file.size, reader=chosen.name)
    about = about.model_copy(
        update={
            "sample": about.sample if sample in (None, Sample()) else sample,
            "provenance": (*about.provenance, this),
        }
    )
    data, findings = reading.data, [*reading.findings, *check_name(file.name, about.vendor)]
    if data.is_empty():
        raise ReadError(f"holds no record ({chosen.title})", file=file.label, fix="export it again from the instrument")
    if about.kind == "cycling":
        data = add_directions(data, about.sample.configuration)
        said = {(finding.code, finding.message) for finding in reading.findings}
        found = check_cycling(data, about.instrument.resolution)
        findings += (finding for finding in found if (finding.code, finding.message) not in said)
    try:
        return Table(data, about, tuple(_in_file(findings, file.name)))
    except TableError as error:
        raise ReadError(
            f"does not make a true table ({chosen.title}): {error}",
            file=file.label,
            fix="export it again from the instrument",
        ) from error


@contextlib.contextmanager
def _one_line(file: InstrumentFile, title: str | None = None) -> Iterator[None]:
    """Turn whatever a damaged file makes of a parser into one line with the file's name.

    Damaged files break third-party parsers in ways that nobody can list; BYSSUS_DEBUG=1
    shows the rest.
    """
    try:
        yield
    except ByssusError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        read_as = f" as {title}" if title else ""
        raise ReadError(
            f"cannot be read{read_as}: it is damaged or cut off ({type(error).__name__}: {reason})",
            file=file.label,
            fix="copy it again from the instrument",
        ) from error


def all_readers() -> tuple[Reader, ...]:
    """Return Byssus' own readers, then those of other packages (entry points in the group ``byssus.readers``).

    Raises
    ------
    ReadError
        If another package's reader cannot be loaded; the line names it.
    """
    return (*READERS, *_foreign_readers())


@functools.cache
def _foreign_readers() -> tuple[Reader, ...]:
    found = []
    for entry in metadata.entry_points(group=GROUP):
        try:
            reader = entry.load()
        except Exception as error:
            raise ReadError(
                f"cannot be loaded ({type(error).__name__}: {error})",
                field=f"reader {entry.name}",
                fix=f"mend or remove the package {entry.dist.name if entry.dist else entry.value}",
            ) from error
        if not isinstance(reader, Reader):
            raise ReadError("is no byssus.measured.door.Reader", field=f"reader {entry.name}", value=entry.value)
        found.append(reader)
    return tuple(found)


def _recognised(file: InstrumentFile) -> Reader | None:
    with _one_line(file):
        return next((reader for reader in all_readers() if reader.recognises(file)), None)


def _recognise(file: InstrumentFile) -> Reader:
    reader = _recognised(file)
    if reader is None:
        known = "; ".join(reader.title for reader in all_readers())
        raise ReadError(
            "is of no format that Byssus knows by its content",
            file=file.label,
            fix="say what its columns are (--columns, or `columns` in a study; docs/formats.md), or export it in another "
            f"format. Known are: {known}",
        )
    return reader


def _named(name: str) -> Reader:
    for reader in all_readers():
        if reader.name == name:
            return reader
    raise UsageError(
        "is not a reader", field="reader", value=name, fix=did_you_mean(name, [reader.name for reader in all_readers()])
    )


def _in_file(findings: Iterable[Finding], name: str) -> Iterator[Finding]:
    return (finding if finding.file else replace(finding, file=name) for finding in findings)
