"""Files inside files: zip, tar, gzip and xz, opened with limits that a hostile one cannot pass.

``archive.zip::member.nda`` names a file in an archive.  An archive with one test in it
needs no member; one with several is refused with their names.  A member is unpacked to a
temporary file, because some parsers want a path; it goes when reading is done.
"""

from __future__ import annotations

import contextlib
import gzip
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from byssus.errors import ReadError, UsageError, did_you_mean
from byssus.measured.door import InstrumentFile

#: An archive may unpack to this many times its size (and always to `FREE` bytes), to this
#: many bytes, and into this many members.
RATIO, LARGEST, MEMBERS = 100, 2 * 1024**3, 1000
FREE = 1024**2
SEPARATOR = "::"

_CHUNK = 1024**2
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError, OSError,
           NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError)  # fmt: skip


@contextlib.contextmanager
def opened(source: Path | bytes, name: str, is_test: Callable[[InstrumentFile], bool]) -> Iterator[InstrumentFile]:
    """Open a file, bytes, or a member of an archive.

    Parameters
    ----------
    source
        A path, perhaps with ``::member``, or the bytes of a file.
    name
        What bytes are called in messages.
    is_test
        Says of a file whether some reader knows it; that makes a plain file of what could
        be an archive (.xlsx and .ndax are zips), and a test of an archive's member.

    Raises
    ------
    ReadError
        If it cannot be opened, is damaged, or passes a limit.
    UsageError
        If an archive holds several tests and no member is named, or not the one named.
    """
    with tempfile.TemporaryDirectory(prefix="byssus-") as folder:
        if isinstance(source, bytes):
            path, member = Path(folder) / "given", None
            path.write_bytes(source)
            label = name
        else:
            outer, _, inner = str(source).partition(SEPARATOR)
            # A file whose own name holds the separator is a file.
            path, member = (source, None) if not inner or source.exists() else (Path(outer), inner)
            label = str(path)
        file = InstrumentFile(path, label)
        # Instruments write zips (.xlsx, .ndax), but never a tar, and a tar of text looks like that text.
        if member is None and file.is_zip and is_test(file):
            yield file
            return
        unpack = _unpacker(file)
        if unpack is None:
            if member is not None:
                raise ReadError(
                    "is no archive, so it has no members", file=label, fix=f"leave out '{SEPARATOR}{member}'"
                )
            yield file
            return
        try:
            found = list(unpack(file, Path(folder) / "members"))
        except (ReadError, UsageError):
            raise
        except _BROKEN as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ReadError(f"is cut off or damaged ({reason})", file=label, fix="copy it again") from error
        yield _chosen(found, member, label, is_test)


def _chosen(
    found: list[tuple[str, Path]], member: str | None, label: str, is_test: Callable[[InstrumentFile], bool]
) -> InstrumentFile:
    files = {name: path for name, path in found if path.stat().st_size}
    if member is not None:
        if member not in files:
            raise UsageError("is not in the archive", file=label, value=member, fix=did_you_mean(member, files))
        return InstrumentFile(files[member], f"{label}{SEPARATOR}{member}")
    if not files:
        raise ReadError("is an archive without a file in it", file=label)
    tests = {
        name: opened
        for name, path in files.items()
        if is_test(opened := InstrumentFile(path, f"{label}{SEPARATOR}{name}"))
    }
    if len(tests) > 1:
        raise UsageError(
            f"holds {len(tests)} tests",
            file=label,
            fix=f"name one of them: {', '.join(f'{Path(label).name}{SEPARATOR}{name}' for name in sorted(tests))}",
        )
    if tests:
        return next(iter(tests.values()))
    if len(files) == 1:
        name, path = next(iter(files.items()))
        return InstrumentFile(path, f"{label}{SEPARATOR}{name}")
    raise ReadError(f"holds {len(files)} files, none of a format that Byssus knows", file=label)


_Unpacker = Callable[[InstrumentFile, Path], Iterator[tuple[str, Path]]]


def _unpacker(file: InstrumentFile) -> _Unpacker | None:
    if file.is_zip:
        # An Office document is a zip too, and no archive of anybody's tests.
        return None if "[Content_Types].xml" in file.members else _zip
    if file.head.startswith((b"\x1f\x8b", b"\xfd7zXZ\x00")) or file.head[257:262] == b"ustar":
        return _tar_or_single
    return None


def _zip(file: InstrumentFile, folder: Path) -> Iterator[tuple[str, Path]]:
    budget = _Budget(file)
    with zipfile.ZipFile(file.path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        budget.count(len(members))
        for number, info in enumerate(members):
            if _wanted(info.filename, file.label):
                with archive.open(info) as stream:
                    yield info.filename, budget.unpack(stream, folder / str(number))


def _tar_or_single(file: InstrumentFile, folder: Path) -> Iterator[tuple[str, Path]]:
    budget = _Budget(file)
    with _decompressed(file) as stream:
        head = stream.read(512)
    if head[257:262] != b"ustar":
        name = PurePosixPath(Path(file.label).name).stem
        with _decompressed(file) as stream:
            yield name, budget.unpack(stream, folder / "0")
        return
    # A stream, not a random access: the budget sees every byte that is unpacked, skipped ones too.
    with _decompressed(file) as stream, _tar(_Metered(stream, budget)) as archive:
        for number, info in enumerate(archive):
            budget.count(number + 1)
            if not info.isfile() or not _wanted(info.name, file.label):
                continue
            content = archive.extractfile(info)
            if content is not None:
                yield info.name, _copied(content, folder / str(number))


def _tar(stream: Any) -> tarfile.TarFile:
    # In mode "r|" tarfile asks its source for read() and nothing else.
    return tarfile.open(fileobj=stream, mode="r|")


@contextlib.contextmanager
def _decompressed(file: InstrumentFile) -> Iterator[IO[bytes]]:
    if file.head.startswith(b"\x1f\x8b"):
        with gzip.open(file.path) as stream:
            yield stream  # type: ignore[misc]
    elif file.head.startswith(b"\xfd7zXZ\x00"):
        with lzma.open(file.path) as stream:
            yield stream
    else:
        with file.path.open("rb") as plain:
            yield plain


def _wanted(name: str, label: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise ReadError(
            "would unpack outside its own folder", file=label, value=name, fix="do not trust this archive; pack it anew"
        )
    return not any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


class _Budget:
    """Counts what an archive unpacks to, and stops it at the limits."""

    def __init__(self, file: InstrumentFile) -> None:
        self.label = file.label
        self.left = min(LARGEST, max(RATIO * file.size, FREE))

    def count(self, members: int) -> None:
        if members > MEMBERS:
            raise ReadError(f"holds more than {MEMBERS} files", file=self.label, fix="unpack it, and name the file")

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ReadError(
                f"unpacks to more than {RATIO} times its size, or 2 GB",
                file=self.label,
                fix="unpack it, and name the file",
            )

    def unpack(self, stream: IO[bytes], path: Path) -> Path:
        return _copied(_Metered(stream, self), path)


class _Metered:
    """A stream whose every byte is counted."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self.stream, self.budget = stream, budget

    def read(self, size: int = -1) -> bytes:
        content = self.stream.read(_CHUNK if size < 0 else size)
        self.budget.spend(len(content))
        return content


def _copied(stream: IO[bytes] | _Metered, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        while chunk := stream.read(_CHUNK):
            target.write(chunk)
    return path
