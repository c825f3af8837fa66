"""The store of a study: each cell that was finished, so that the next run need not do it again.

An entry is a folder named by the key of what the cell's numbers follow from
(`byssus.project.inputs`).  It holds the checked table, the peaks, the numbers that take long,
and the hash of each of these files.  It is written whole or not at all as soon as its cell is
finished, so that a run that is killed loses nothing finished and several runs may share the store.
What is quick is computed anew from the table.

An entry that is not as it was written is left alone and its cell is done again; with
BYSSUS_DEBUG=1 a line says so.  Where nothing can be written, nothing is kept, and `Store.note`
says why: a store saves time, and its lack is no error.

A study keeps three entries a cell, those that were used last: switching an option to and fro
costs nothing, and the store does not grow without end.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from byssus.analysis.cycling.cell import Cell, Outcome, examine
from byssus.analysis.cycling.fade import CellFade
from byssus.analysis.result import Result
from byssus.errors import ByssusError, OutputError
from byssus.files import MARKER, folder_written_aside, sha256_of, write_whole
from byssus.measured.readers import READERS
from byssus.measured.tables import Table
from byssus.project.inputs import Inputs
from byssus.project.plain import from_plain, to_plain

#: In a study's folder, what Byssus keeps there; each study file has a folder of its own in it.
STORE_FOLDER = ".byssus"
#: Entries that a study keeps for each of its cells.
KEPT = 3
#: Why a cell is analysed that no entry is of.
NEW = "new"

_ENTRY, _TABLE, _PEAKS, _NUMBERS = "entry.json", "table.parquet", "peaks.parquet", "numbers.json"
_KEY = re.compile(r"[0-9a-f]{32}")
#: What an entry can fail with that is not as it was written.
_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, ByssusError, pl.exceptions.PolarsError)
#: Whose sources are part of the key: a map of columns is read by Byssus too.
_OWN_READERS = {reader.name for reader in READERS} | {"column-map"}

_log = logging.getLogger(__name__)


class Store:
    """The finished cells of one study, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: Why the next run will not find what this one finished; None if it will.
        self.note: str | None = None
        self._used: set[str] = set()
        self._damaged: set[str] = set()

    def holds(self, inputs: Inputs) -> bool:
        """Say whether there is an entry for these inputs, whole or not."""
        return self._place(inputs, _ENTRY).is_file()

    def find(self, inputs: Inputs) -> Cell | None:
        """Return the cell that was kept for these inputs; None if there is none that is whole."""
        if not self.holds(inputs):
            return None
        try:
            cell = self._read(inputs)
        except _DAMAGE as error:
            self._damaged.add(inputs.key)
            if os.environ.get("BYSSUS_DEBUG"):
                _log.warning("%s is not used: %s: %s", self._place(inputs), type(error).__name__, error)
            return None
        self._used.add(inputs.key)
        with contextlib.suppress(OSError):  # the time of last use, by which old entries go
            os.utime(self._place(inputs, _ENTRY))
        return cell

    def keep(self, inputs: Inputs | None, cell: Cell) -> None:
        """Keep a finished cell; where that cannot be done, `note` says why."""
        strange = [source for source in cell.table.metadata.provenance if source.reader not in _OWN_READERS]
        if strange:
            self.note = f"{cell.name} is not kept: {strange[0].file} was read by another package ({strange[0].reader})"
        elif inputs is None or not inputs.hold_still():
            self.note = f"{cell.name} is not kept: a file of it changed while it was read"
        else:
            try:
                self._write(inputs, cell)
            except (OutputError, pl.exceptions.PolarsError) as error:
                reason = error.message if isinstance(error, OutputError) else str(error).partition("\n")[0]
                self.note = f"what is finished is not kept for the next run: {self.folder} {reason}"
            else:
                self._used.add(inputs.key)

    def why(self, inputs: Inputs) -> str:
        """Say in words why a cell that was not found is new, by the last one of its name."""
        if inputs.key in self._damaged:
            return "its entry in the store was damaged"
        for entry in self._entries():
            with contextlib.suppress(*_DAMAGE):
                earlier = json.loads((entry / _ENTRY).read_bytes())["inputs"]
                if earlier["sample"] == inputs.sample:
                    return inputs.changed_since(earlier)
        return NEW

    def tidy(self, cells: int) -> None:
        """Remove the entries that were not used for longest, but for `KEPT` a cell; never one that this run used."""
        entries = self._entries()
        old = [entry for entry in entries[KEPT * cells :] if entry.name not in self._used]
        for entry in [*old, *self._remains()]:
            # What another run is just reading is gone for it, and done again.
            with contextlib.suppress(OSError):
                (entry / _ENTRY).unlink(missing_ok=True)
                shutil.rmtree(entry)

    def _place(self, inputs: Inputs, *names: str) -> Path:
        return self.folder.joinpath(inputs.key, *names)

    def _entries(self) -> list[Path]:
        """Return the entries, last used first."""
        found = []
        for folder in self._folders():
            with contextlib.suppress(OSError):  # another run may be removing it
                found.append(((folder / _ENTRY).stat().st_mtime_ns, folder))
        return [folder for _, folder in sorted(found, reverse=True)]

    def _remains(self) -> list[Path]:
        """Return what is left of entries whose removal was cut off."""
        return [folder for folder in self._folders() if (folder / MARKER).exists() and not (folder / _ENTRY).exists()]

    def _folders(self) -> Iterator[Path]:
        with contextlib.suppress(OSError):
            yield from [path for path in self.folder.iterdir() if _KEY.fullmatch(path.name)]

    def _read(self, inputs: Inputs) -> Cell:
        entry = json.loads(self._place(inputs, _ENTRY).read_bytes())
        if entry["inputs"] != inputs.parts:
            raise ValueError("it is of other inputs than its name says")
        files = entry["files"]
        if set(files) - {_PEAKS} != {_TABLE, _NUMBERS}:
            raise ValueError("it is of other files than an entry")
        for name, written in files.items():
            if sha256_of(self._place(inputs, name)) != written:
                raise ValueError(f"{name} is not as it was written")
        numbers = json.loads(self._place(inputs, _NUMBERS).read_bytes())
        outcome = Outcome(
            fade=from_plain(CellFade, numbers["fade"]),
            peaks=pl.read_parquet(self._place(inputs, _PEAKS)) if _PEAKS in files else None,
            results=from_plain(tuple[Result, ...], numbers["results"]),
            methods=from_plain(tuple[tuple[str, str], ...], numbers["methods"]),
        )
        table = Table.read_parquet(self._place(inputs, _TABLE))
        return examine(table, tuple(inputs.said["retention_baselines"]), outcome)

    def _write(self, inputs: Inputs, cell: Cell) -> None:
        outcome = cell.outcome
        with folder_written_aside(self._place(inputs)) as aside:
            cell.table.write_parquet(aside / _TABLE)
            if outcome.peaks is not None:
                outcome.peaks.write_parquet(aside / _PEAKS)
            numbers = {name: to_plain(getattr(outcome, name)) for name in ("fade", "results", "methods")}
            write_whole(aside / _NUMBERS, json.dumps(numbers))
            hashes = {path.name: sha256_of(path) for path in sorted(aside.iterdir()) if path.is_file()}
            write_whole(aside / _ENTRY, json.dumps({"inputs": inputs.parts, "files": hashes}))


@dataclass(frozen=True)
class Reuse:
    """What a run took from the store, and what it did anew."""

    reused: tuple[str, ...]
    #: The samples that were analysed, each with the reason.
    analysed: Mapping[str, str]
    #: See `Store.note`.
    note: str | None = None

    def __str__(self) -> str:
        """Say it in one line; nothing where nothing could be reused, as in a first run.

        Examples
        --------
        >>> print(Reuse(("CMC-1", "CMC-2", "CCL-1"), {"CCL-2": "its file changed"}))
        3 of 4 cells reused, 1 analysed (CCL-2: its file changed)
        """
        total = len(self.reused) + len(self.analysed)
        if not self.reused and set(self.analysed.values()) <= {NEW}:
            return ""
        said = f"{len(self.reused)} of {total} {'cell' if total == 1 else 'cells'} reused"
        if not self.analysed:
            return said
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.analysed.items():
            by_reason.setdefault(reason, []).append(name)
        listed = "; ".join(f"{_listed(names)}: {reason}" for reason, names in by_reason.items())
        return f"{said}, {len(self.analysed)} analysed ({listed})"


def _listed(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
