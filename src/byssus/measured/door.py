"""What a reader is given and what it gives back.

A reader is one module in `byssus.measured.readers`.  Its docstring is the specification
of the format; it exposes one `Reader`.  It raises `ReadError` for what it cannot read and
returns a `Reading` for what it can, with findings about the rest.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from byssus.errors import ReadError
from byssus.files import sha256_of
from byssus.findings import Finding
from byssus.measured.metadata import Instrument, Scalar

#: Enough to know a format by; more is read only by the reader that claims the file.
HEAD_BYTES = 4096


class InstrumentFile:
    """A file as it came from an instrument, opened no further than asked.

    Raises
    ------
    ReadError
        If there is no such file, it is a folder, it is empty, or it may not be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            raise ReadError("is a folder, not a file", file=path, fix="name one file in it")
        try:
            with path.open("rb") as stream:
                self.head = stream.read(HEAD_BYTES)
            self.size = path.stat().st_size
        except FileNotFoundError as error:
            raise ReadError("there is no such file", file=path, fix="check the name") from error
        except OSError as error:
            raise ReadError(f"cannot be opened ({error.strerror})", file=path) from error
        if not self.head:
            raise ReadError("is empty", file=path, fix="export or copy it again from the instrument")

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of its bytes."""
        return sha256_of(self.path)

    @cached_property
    def head_text(self) -> str:
        """The head as text; bytes that are none become replacement characters."""
        return self.head.decode("utf-8-sig", errors="replace")

    @property
    def is_zip(self) -> bool:
        """Whether it starts like a zip archive (as .xlsx and .ndax do)."""
        return self.head.startswith(b"PK\x03\x04")

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names in a zip archive; none for other files.

        Raises
        ------
        ReadError
            If the archive's directory, which stands at its end, is missing or broken.
        """
        if not self.is_zip:
            return ()
        try:
            with zipfile.ZipFile(self.path) as archive:
                return tuple(archive.namelist())
        except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError) as error:
            raise ReadError(
                "is cut off or damaged: the directory at the end of its zip container cannot be read",
                file=self.path,
                fix="copy it again from the instrument",
            ) from error


@dataclass(frozen=True)
class Reading:
    """What a reader found in a file: the frame and what goes into the metadata.

    For a cycling table the frame needs no `Cell Direction` or `Electrode Direction`: the
    door adds them from `Step Count / 1` and the current, and from the sample.
    """

    kind: str
    data: pl.DataFrame
    instrument: Instrument = field(default_factory=Instrument)
    started: str | None = None
    missing: dict[str, str] = field(default_factory=dict)
    vendor: dict[str, Scalar] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    #: The type of a curve; a key of `byssus.measured.tables.CURVES`.
    curve: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A format Byssus can read.

    Parameters
    ----------
    name
        Short and lasting: it stands in the provenance of every table.
    title
        What people call the format.
    recognises
        Looks at the content, not at the name, and is quick.
    read
        Reads the whole file.
    """

    name: str
    title: str
    recognises: Callable[[InstrumentFile], bool]
    read: Callable[[InstrumentFile], Reading]
