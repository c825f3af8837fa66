"""What a reader is given and what it gives back.

A reader is one module in `byssus.measured.readers`.  Its docstring is the specification
of the format; it exposes one `Reader`.  It raises `ReadError` for what it cannot read and
returns a `Reading` for what it can, with findings about the rest.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import polars as pl

from byssus.errors import ReadError
from byssus.files import sha256_of
from byssus.findings import Finding
from byssus.measured.metadata import Instrument, Metadata, Scalar
from byssus.quantity import Quantity

#: Enough to know a format by; more is read only by the reader that claims the file.
HEAD_BYTES = 65_536
#: Letters above ASCII that tell an encoding; a whole disk of them tells no more.
_TELLING = 10_000
_WIDE = re.compile("utf-?(16|32)", re.IGNORECASE)


def encoding_of(content: bytes) -> str:
    """Return the encoding of a text, told from its bytes: a byte-order mark, valid UTF-8, GBK, or Western.

    Bytes above 127 that stand in pairs are GBK, as Chinese instruments write; those that stand
    alone are the µ, ° and Ω of cp1252.  Half a character at the end tells nothing.

    Examples
    --------
    >>> encoding_of("电压(V)".encode("gbk")), encoding_of("T / °C".encode("cp1252")), encoding_of(b"U / V")
    ('gb18030', 'cp1252', 'utf-8')
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        high = [match.end() - match.start() for match in islice(re.finditer(rb"[\x80-\xff]+", content), _TELLING)]
        return "gb18030" if sum(length % 2 == 0 for length in high) > len(high) / 2 else "cp1252"
    return "utf-8"


def _plain(text: str) -> str:
    return text.rstrip("\0").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


class InstrumentFile:
    """A file as it came from an instrument, opened no further than asked.

    Raises
    ------
    ReadError
        If there is no such file, it is a folder, it is empty, or it may not be read.
    """

    def __init__(self, path: Path, label: str | None = None) -> None:
        self.path = path
        #: What people know it by: a member of an archive lies in a temporary file.
        self.label = label or str(path)
        try:
            if path.is_dir():
                raise ReadError("is a folder, not a file", file=self.label, fix="name one file in it")
            with path.open("rb") as stream:
                self.head = stream.read(HEAD_BYTES)
            self.size = path.stat().st_size
        except FileNotFoundError as error:
            raise ReadError("there is no such file", file=self.label, fix="check the name") from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ReadError(f"cannot be opened ({reason})", file=self.label, fix="check the name") from error
        if not self.head:
            raise ReadError("is empty", file=self.label, fix="export or copy it again from the instrument")

    @property
    def name(self) -> str:
        """The file's name without its folder; that of a member with its archive's."""
        outer, separator, member = self.label.partition("::")
        return f"{Path(outer).name}{separator}{member}"

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of its bytes."""
        return sha256_of(self.path)

    @cached_property
    def head_text(self) -> str:
        """The head as text; bytes that are none become replacement characters.

        Only the head tells its encoding here: to know a format by, a large file is not read.
        """
        return _plain(self.head.decode(encoding_of(self.head), errors="replace"))

    def text(self, encoding: str | None = None, *, largest: int | None = None) -> str:
        r"""Return the whole file as text, its lines apart by ``\n``.

        The zero bytes that a crash leaves at the end are dropped, and so is half a character
        there, where a copy was cut off.

        Parameters
        ----------
        encoding
            Where the person knows it; else it is told from the bytes (`encoding_of`).
        largest
            More bytes than these are refused.

        Raises
        ------
        ReadError
            If the file is too large, the encoding unknown, or the bytes no text in it.
        """
        if largest is not None and self.size > largest:
            raise ReadError(
                f"is larger than Byssus reads as text ({largest / 1e6:.0f} MB)",
                file=self.label,
                value=self.size,
                fix="export it in parts, or as Parquet",
            )
        content = self.path.read_bytes()
        name = encoding or encoding_of(content)
        try:
            decoder = codecs.getincrementaldecoder(name)()
            # The zero bytes of wide letters stay: a letter may end in one.
            return _plain(decoder.decode(content if _WIDE.match(name) else content.rstrip(b"\0")))
        except UnicodeDecodeError as error:
            raise ReadError(
                f"is no text ({name})",
                file=self.label,
                place=f"byte {error.start}",
                fix="name its encoding, or save as UTF-8",
            ) from error
        except LookupError as error:
            raise ReadError(
                "is not an encoding", file=self.label, field="encoding", value=encoding, fix="e.g. utf-8, gbk or utf-16"
            ) from error

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
                file=self.label,
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
    #: What was held or set, as the header has it, in plain words: see `byssus.measured.readers.workstation`.
    conditions: dict[str, Quantity] = field(default_factory=dict)
    vendor: dict[str, Scalar] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    #: The type of a curve; a key of `byssus.measured.tables.CURVES`.
    curve: str | None = None
    #: All that a table of Byssus' own says of itself; it stands for the fields above but kind, data and findings.
    stored: Metadata | None = None


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
    tells_technique
        Whether the format says what was done.  A plain table of time, voltage and current does not: it is taken for
        cycling, and read as a voltammogram where that is wanted.
    """

    name: str
    title: str
    recognises: Callable[[InstrumentFile], bool]
    read: Callable[[InstrumentFile], Reading]
    tells_technique: bool = True
