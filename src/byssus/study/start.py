"""A new study: a commented study.yaml, with a cell for each instrument's file that is there already."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from byssus.conventions import Configuration, Made
from byssus.errors import ByssusError, OutputError
from byssus.files import MARKER, check_writable, write_whole
from byssus.measured.archives import opened
from byssus.measured.door import InstrumentFile
from byssus.measured.read import all_readers
from byssus.study.model import json_schema
from byssus.study.study import STUDY_FILE

SCHEMA_FILE = "study.schema.json"
#: A folder with more files than this is hardly that of one study.
MOST_FILES = 1000

#: What YAML, or an older reader of it, takes for something other than text.
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_PLAIN = re.compile(r"[^\W\d][\w .+/-]*(?<! )")


@dataclass(frozen=True)
class Started:
    """What was written, and what it was made from."""

    file: Path
    #: The files that became cells, from the folder, each with what it was recognised as.
    found: dict[str, str]
    #: What could not be made a cell, in words.
    remarks: tuple[str, ...]


def start(
    folder: Path,
    *,
    configuration: Configuration | None = None,
    made: Made | None = None,
    progress: Callable[[str, int, int], None] = lambda _message, _done, _total: None,
) -> Started:
    """Write a commented study.yaml, and its schema for editors, into a folder; nothing is replaced.

    Parameters
    ----------
    folder
        Made if need be.  The instruments' files in it and below become cells.
    configuration, made
        What all cells and their electrode are, where that is known; left blank if not.

    Raises
    ------
    OutputError
        If the folder has a study already, or cannot be written to.
    """
    file = folder / STUDY_FILE
    if file.exists():
        raise OutputError("is there already, and is not replaced", file=file, fix="give another folder")
    check_writable(file)
    found: dict[str, str] = {}
    remarks: list[str] = []
    paths, left_out = _files(folder)
    if left_out:
        remarks.append(f"the folder holds more than {MOST_FILES:,} files; only these were looked at")
    for done, path in enumerate(paths):
        name = path.relative_to(folder).as_posix()
        progress(f"looking at {name}", done, len(paths))
        if not name.isprintable():
            remarks.append(f"{name!r} has a name that cannot be written down")
            continue
        try:
            title = _recognised(path)
        except ByssusError as error:
            remarks.append(str(error))
        except Exception as error:  # noqa: BLE001 - what a damaged file makes of a parser, nobody can list
            remarks.append(f"{name} cannot be looked into ({type(error).__name__})")
        else:
            if title is not None:
                found[name] = title
    write_whole(file, _text(folder, found, remarks, configuration, made))
    if not (folder / SCHEMA_FILE).exists():
        write_whole(folder / SCHEMA_FILE, json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n")
    return Started(file, found, tuple(remarks))


def _files(folder: Path) -> tuple[list[Path], bool]:
    """Return the files below a folder, and whether there are more than are looked at."""
    found: list[Path] = []
    for path in _walk(folder):
        if len(found) == MOST_FILES:
            return sorted(found), True
        found.append(path)
    return sorted(found), False


def _walk(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not (Path(here) / name / MARKER).exists()
        )
        yield from (Path(here) / name for name in sorted(names) if not name.startswith(".") and name != SCHEMA_FILE)


def _recognised(path: Path) -> str | None:
    """Return what an instrument's file is; None if it is none."""

    def title(file: InstrumentFile) -> str | None:
        return next((reader.title for reader in all_readers() if reader.recognises(file)), None)

    if not path.is_file() or not path.stat().st_size:
        return None
    with opened(path, path.name, lambda file: title(file) is not None) as file:
        return title(file)


def _text(
    folder: Path, found: dict[str, str], remarks: list[str], configuration: Configuration | None, made: Made | None
) -> str:
    template = Template((resources.files("byssus.study") / "template.yaml").read_text(encoding="utf-8"))
    blocks = []
    for name, (file, title) in zip(_names(found), found.items(), strict=True):
        blocks.append(
            f"  {_scalar(name)}:\n"
            f"    ## {title}\n"
            "    electrode: my electrode\n"
            f"    configuration:{_after(configuration)}\n"
            f"    files: [{_scalar(file)}]\n"
            "    #active_mass: 0.927 ± 0.034 mg\n"
        )
    if found:
        blocks.insert(0, "  ## Found here. Files of one test belong in one cell: files: [first.csv, second.csv].\n")
    blocks += [f"  ## {' '.join(remark.split())}\n" for remark in remarks]
    return template.substitute(
        title=_scalar(folder.resolve().name or "A study"), made=_after(made), cells="".join(blocks)
    )


def _names(found: dict[str, str]) -> list[str]:
    """Return a name for the cell of each file: the file's own, with its folder where two are alike."""
    stems = [Path(file).name.split(".")[0] or file for file in found]
    unlike = {stem.casefold() for stem in stems if sum(other.casefold() == stem.casefold() for other in stems) == 1}
    return [stem if stem.casefold() in unlike else file for stem, file in zip(stems, found, strict=True)]


def _after(value: str | None) -> str:
    return "" if value is None else f" {value}"


def _scalar(text: str) -> str:
    """Write text so that YAML reads it back as the same text.

    Examples
    --------
    >>> print(_scalar("NJK_CC_156"), _scalar("2024-05: a"), _scalar("no"))
    NJK_CC_156 "2024-05: a" "no"
    """
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
