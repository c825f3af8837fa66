"""What the numbers of a cell follow from, and the name of all of it.

The numbers of a cell follow from the bytes of its raw files, from what the study says of it,
and from Byssus: its sources, the libraries that compute and the kind of machine, whose last
digits may differ.  Each of the three is named by its content, so that equal inputs have equal
keys wherever they lie, and whatever clock their files carry.

A raw file is hashed in every run (a gigabyte takes about a second).  Size and time of change
would be quicker and can lie: a copy may carry the old time, a clock may be set back, and a
file may be written twice within one tick.  A test in an archive is named by the archive's bytes
and its name there: nothing need be unpacked, and another test added to the archive has
all of them read again.

A recipe is named by what it says, so it is the same in the study as in a file of its own, and
however it is laid out.

The sources are hashed, not only the version: who edits a line of an analysis has no new
version of Byssus.  Rooms that no number follows from (figures, the report, the command line) do not
count.  A reader of another package is none of these sources, so what it read is not kept.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from byssus.files import sha256_of
from byssus.measured.archives import SEPARATOR
from byssus.recipe.reading import content_hash
from byssus.study.study import Study

#: Parts of the package that no number of a cell follows from.
_APART = {"__main__.py", "app", "examples", "figure", "report", "validation", "virtual", "workflow"}
#: Libraries whose numbers Byssus passes on, as far as they are installed.
_LIBRARIES = (
    "casadi", "fastexcel", "fastnda", "galvani", "numpy", "pint", "polars", "pybamm", "pybammsolvers", "scipy",
)  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """What the numbers of one cell follow from."""

    sample: str
    #: The name and the SHA-256 of each raw file, in the order of the study.
    files: tuple[tuple[str, str], ...]
    #: What the study says of the cell and asks of its analysis.
    said: dict[str, Any]
    #: See `PROGRAM`.
    byssus: str
    #: Bytes of the raw files.
    size: int
    _paths: tuple[Path, ...]
    _states: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, study: Study, cell: str) -> Inputs | None:
        """Return the inputs of a study's cell; None where a file cannot be read, as reading it will say."""
        asked = study.cells[cell]
        try:
            named = [_on_disk(study.path(file)) for file in asked.files]
            paths = tuple(path for path, _ in named)
            states = tuple(_state(path) for path in paths)
            files = tuple((name, sha256_of(path)) for path, name in named)
        except (OSError, ValueError):
            return None
        recipe = study.recipe(asked.electrode)
        said = {
            "recipe": None if recipe is None else content_hash(recipe),
            "sample": study.sample(cell).model_dump(mode="json"),
            "columns": None if asked.columns is None else asked.columns.model_dump(mode="json"),
            "retention_baselines": list(study.analysis.retention_baselines),
        }
        return cls(cell, files, said, PROGRAM, sum(state[0] for state in states), paths, states)

    @cached_property
    def parts(self) -> dict[str, Any]:
        """All of it, as it stands in JSON."""
        return {
            "sample": self.sample,
            "files": [list(file) for file in self.files],
            "study": self.said,
            "byssus": self.byssus,
        }

    @cached_property
    def key(self) -> str:
        """A hash that names all of it; 128 bits, which no two studies share by chance."""
        return hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest()[:32]

    def hold_still(self) -> bool:
        """Say whether the raw files are still those that were hashed: an instrument may be writing on."""
        try:
            return self._states == tuple(_state(path) for path in self._paths)
        except OSError:
            return False

    def changed_since(self, earlier: dict[str, Any]) -> str:
        """Say in words what differs from the `parts` of earlier inputs."""
        changed = []
        if earlier["files"] != self.parts["files"]:
            changed.append("its file changed" if len(self.files) == len(earlier["files"]) == 1 else "its files changed")
        if earlier["study"] != self.said:
            changed.append("the study changed")
        if earlier["byssus"] != self.byssus:
            changed.append("Byssus changed")
        return " and ".join(changed)


def _program() -> str:
    """Return a hash of all that computes: Byssus' own sources, the libraries, Python and the kind of machine."""
    digest = hashlib.sha256()
    for name, content in _sources(resources.files("byssus")):
        if name.partition("/")[0] not in _APART:
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    about = {name: _version(name) for name in _LIBRARIES}
    about |= {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    digest.update(json.dumps(about, sort_keys=True).encode())
    return digest.hexdigest()


def _sources(folder: Traversable, under: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield every file of the package by its name in it; Python's own cache is none."""
    for part in sorted(folder.iterdir(), key=lambda part: part.name):
        if part.is_dir():
            if part.name != "__pycache__":
                yield from _sources(part, f"{under}{part.name}/")
        else:
            yield f"{under}{part.name}", part.read_bytes()


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _on_disk(path: Path) -> tuple[Path, str]:
    """Return the file that holds a test, and the test's name as its table has it: a member lies in its archive."""
    outer, separator, member = str(path).partition(SEPARATOR)
    if not member or path.exists():
        return path, path.name
    return Path(outer), f"{Path(outer).name}{separator}{member}"


def _state(path: Path) -> tuple[int, ...]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns, about.st_ino


#: The hash of all that computes, taken once, where this module is loaded: a program that runs for hours computes with
#: the sources that it began with, whatever is edited in the meantime.
PROGRAM = _program()
