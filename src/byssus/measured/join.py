"""One test that an instrument wrote to several files, put together again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from byssus.errors import TableError
from byssus.findings import Finding
from byssus.measured.tables import Table

_TIME, _UNIX, _STEP = "Test Time / s", "Unix Time / s", "Step Count / 1"
_COUNTER = "Step Cumulative Capacity / Ah"
#: A pause between files is worth a word beyond this many of the last file's sampling intervals.
LONG_GAP = 10


def join(tables: Sequence[Table]) -> Table:
    """Append cycling tables of one sample in the order of time.

    The order is that of the calendar: the tables' first `Unix Time / s`, or their start;
    where one of them has neither, it is the order given, and a finding says so.  The test
    time runs on: by the calendar, or without a pause where that is not known.  Records that
    a later file repeats are left out.  A step that goes on in the next file, its counter of
    charge where it was, stays one step.

    Raises
    ------
    TableError
        For no table, another kind than cycling, or tables of different samples.
    """
    if not tables:
        raise TableError("there is nothing to join")
    for table in tables:
        if table.metadata.kind != "cycling":
            raise TableError(
                f"a {table.metadata.kind} table cannot be appended", field="kind", fix="give cycling tables"
            )
        if table.metadata.sample != tables[0].metadata.sample:
            raise TableError("the tables are of different samples", field="sample")
    if len(tables) == 1:
        return tables[0]
    starts = [_start(table) for table in tables]
    findings = [finding for table in tables for finding in table.findings]
    if any(start is None for start in starts):
        findings.append(
            Finding(
                "order-as-given",
                f"{len(tables)} files are appended as given, without a pause: not all say when they began",
            )
        )
        ordered: list[tuple[float | None, Table]] = [(None, table) for table in tables]
    else:
        ordered = sorted(zip(starts, tables, strict=True), key=lambda pair: pair[0] or 0.0)
    joined, first_start = ordered[0][1].data, ordered[0][0]
    for start, table in ordered[1:]:
        joined, found = _appended(joined, table, None if start is None or first_start is None else start - first_start)
        findings += found
    first = ordered[0][1].metadata
    metadata = first.model_copy(
        update={
            "provenance": tuple(source for _, table in ordered for source in table.metadata.provenance),
            "missing": {name: why for name, why in first.missing.items() if name not in joined.columns},
        }
    )
    return Table(joined, metadata, tuple(findings))


def _start(table: Table) -> float | None:
    if _UNIX in table.data.columns and table.data[_UNIX][0] is not None:
        return float(table.data[_UNIX][0]) - float(table.data[_TIME][0])
    if table.metadata.started is not None:
        return datetime.fromisoformat(table.metadata.started).timestamp()
    return None


def _appended(before: pl.DataFrame, table: Table, offset: float | None) -> tuple[pl.DataFrame, list[Finding]]:
    name = table.metadata.provenance[0].file if table.metadata.provenance else "a table"
    end = float(before[_TIME][-1])
    shift = end if offset is None else offset
    after = table.data.with_columns(pl.col(_TIME) + shift)
    findings = []
    repeated = 0 if offset is None else after.filter(pl.col(_TIME) <= end).height
    if repeated:
        after = after.slice(repeated)
        message = f"{repeated} records of {name} lie within the file before it and are left out"
        findings.append(Finding("files-overlap", message, file=name, value=repeated))
    elif offset is not None:
        pause, usual = float(after[_TIME][0]) - end, before[_TIME].diff().tail(50).median()
        if isinstance(usual, float) and pause > LONG_GAP * usual:
            message = f"{pause:.4g} s pass between the file before it and {name}"
            findings.append(Finding("files-gap", message, file=name, value=pause))
    if after.is_empty():
        return before, findings
    # The counts go on; a step that the file's end cut in two is one step.
    last, count = before.row(-1, named=True), after[_STEP]
    goes_on = (
        last["Cell Direction"] == after["Cell Direction"][0]
        and last["Cell Direction"] != "rest"
        and _COUNTER in before.columns
        and _COUNTER in after.columns
        and after[_COUNTER][0] > 0
        and after[_COUNTER][0] >= last[_COUNTER]
    )
    shift_steps = last[_STEP] - count[0] + (0 if goes_on else 1)
    after = after.with_columns(pl.col(_STEP) + shift_steps)
    return pl.concat([before, after], how="diagonal"), findings
