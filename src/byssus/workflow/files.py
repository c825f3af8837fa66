"""The verb that reads one file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from byssus.analysis.cycling.cycles import analyse
from byssus.analysis.cycling.steps import number_cycles
from byssus.conventions import CellDirection, Configuration, Made
from byssus.errors import AnalysisError, OutputError, UsageError
from byssus.files import check_writable, write_whole
from byssus.findings import Finding
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.measured.readers.generic import ColumnMap
from byssus.measured.tables import PARQUET_KEY, VENDOR, Table


def read_file(
    path: Path,
    *,
    out: Path | None = None,
    reader: str | None = None,
    columns: ColumnMap | None = None,
    configuration: Configuration | None = None,
    made: Made | None = None,
    force: bool = False,
) -> Table:
    """Read any instrument's file, and write the table to `out` if that is given.

    Where it is known how a cycle begins (a full cell, or a half cell whose electrode is known to
    be made empty or full), what its cycles contradict is among the findings.

    `columns` says what the columns of a text or workbook are that no reader knows.

    `out` ends in ``.parquet`` (data, metadata and findings) or ``.csv`` (data only).  What
    stands there already is replaced if it is a Byssus table, or with `force`; the
    instrument's own file never is.
    """
    if out is not None:
        _check_out(out, path, force=force)
    table = read(path, sample=Sample(configuration=configuration, made=made), reader=reader, columns=columns)
    if table.metadata.kind == "cycling" and (configuration is Configuration.FULL or made is not None):
        table = table.with_findings(_of_cycles(table))
    if out is not None:
        if out.suffix.lower() == ".parquet":
            table.write_parquet(out)
        else:
            write_whole(out, table.data.write_csv())
    return table


def _of_cycles(table: Table) -> list[Finding]:
    """What the cycles of a table say against it; masses and areas are a study's business."""
    try:
        found = analyse(table).findings
    except AnalysisError as error:
        return [Finding("cell-left-out", str(error), field=error.field)]
    return [replace(finding, sample=None) for finding in found if finding.code != "value-missing"]


def _check_out(out: Path, source: Path, *, force: bool) -> None:
    """Refuse, before the work, a place for a table that is taken or cannot be written."""
    if out.suffix.lower() not in {".parquet", ".csv"}:
        raise UsageError("is neither .parquet nor .csv", field="--out", value=out.name, fix="end the name in .parquet")
    check_writable(out)
    if out.is_dir():
        raise OutputError("is a folder", file=out, fix="give the name of a file")
    if _same(out, source):
        raise UsageError(
            "is the file to be read, which is never replaced", field="--out", value=str(out), fix="give another name"
        )
    if out.exists() and not force and not is_table(out):
        # Nothing in a CSV tells whose it is.
        raise OutputError(
            "is there already, and nothing in it says that Byssus wrote it",
            file=out,
            fix="give another name with --out, or replace it with --force",
        )


def _same(first: Path, second: Path) -> bool:
    """Say whether two names lead to one file, also through links."""
    try:
        return first.samefile(second)
    except OSError:  # one of them is not there
        return False


def is_table(path: Path) -> bool:
    """Say whether a file is a table that Byssus wrote."""
    try:
        return PARQUET_KEY in pl.read_parquet_metadata(path)
    except (OSError, pl.exceptions.PolarsError):
        return False


def describe(table: Table) -> dict[str, Any]:
    """Return what a table is, as it stands in JSON answers."""
    data, metadata = table.data, table.metadata
    described: dict[str, Any] = {
        "kind": metadata.kind,
        "rows": table.rows,
        "columns": data.columns,
        "cycles": None,
        "origin": metadata.origin,
        "instrument": metadata.instrument.model_dump(mode="json"),
        "provenance": [source.model_dump(mode="json") for source in metadata.provenance],
        "conditions": {name: value.as_dict() for name, value in metadata.conditions.items()},
        "missing": metadata.missing,
        "vendor": metadata.vendor,
        "content_hash": table.content_hash(),
    }
    if metadata.kind == "cycling":
        directions = data.group_by("Step Count / 1", maintain_order=True).first()["Cell Direction"].cast(str).to_list()
        active = [direction for direction in directions if direction != CellDirection.REST]
        described |= {
            "steps": len(directions),
            "cycles": max(number_cycles(directions, CellDirection(active[0]))) if active else 0,
            "end_time_s": data["Test Time / s"].max(),
            "voltage_V": [data["Voltage / V"].min(), data["Voltage / V"].max()],
            "current_A": [data["Current / A"].min(), data["Current / A"].max()],
            "vendor_columns": [name for name in data.columns if name.startswith(VENDOR)],
        }
    return described
