"""Byssus' own table, a Parquet file with its metadata.

Layout
    What `Table.write_parquet` writes (docs/tables.md): the columns of the table under their own names, and
    metadata and findings as JSON under the key ``byssus`` of the file's own metadata.

Rules
    Nothing is worked out anew but the electrode direction, which follows the sample: what a person says of the
    sample takes the place of what the file says, and the file's stays where nothing is said.  A simulated table
    stays one, with its truth and the columns that begin with ``truth: ``.  The provenance of the table stays, and
    the file comes after it.  Findings stay; a check that finds the same again is not said twice.

Source
    docs/tables.md.
"""

from __future__ import annotations

import polars as pl

from byssus.errors import ReadError, TableError
from byssus.measured.door import InstrumentFile, Reader, Reading
from byssus.measured.tables import PARQUET_KEY, Table


def _recognises(file: InstrumentFile) -> bool:
    try:
        return file.head.startswith(b"PAR1") and PARQUET_KEY in pl.read_parquet_metadata(file.path)
    except (pl.exceptions.PolarsError, OSError):
        # Without its footer a Parquet file says nothing of itself.
        return False


def _read(file: InstrumentFile) -> Reading:
    try:
        table = Table.read_parquet(file.path)
    except TableError as error:
        raise ReadError(error.message, file=file.path, field=error.field, value=error.value, fix=error.fix) from error
    return Reading(table.metadata.kind, table.data, findings=table.findings, stored=table.metadata)


READER = Reader("byssus", "Byssus' own table .parquet", _recognises, _read)
