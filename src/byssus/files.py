"""Writing that is whole or not at all, and the hash that names a content.

A file is written aside in the same folder, flushed to the disk and renamed over
the old one; a folder likewise.  A reader therefore sees the old content or the new
one, and a crash leaves at most a folder or file whose name starts with
``.byssus-aside-``, which the next writer to the same place removes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from byssus.errors import OutputError

ASIDE = ".byssus-aside-"
#: A folder holds this file if, and only if, Byssus made it and may replace it.
MARKER = ".byssus-results"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it is never seen half-written.

    Parameters
    ----------
    path
        Where; its folder is made if need be.
    content
        Bytes, or text that is stored as UTF-8 with the newlines as they are.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a" / "b.txt", "whole")
    ...     (Path(folder) / "a" / "b.txt").read_text()
    'whole'
    """
    with written_aside(path) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Hand out a temporary path; what is written there becomes `path` at the end.

    For libraries that want a path to write to.  On an error nothing of `path` changes.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise OutputError("is a folder", file=path, fix="give the name of a file")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=ASIDE, suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise _cannot_write(path, error) from error
    aside = Path(name)
    try:
        yield aside
        _flush(aside)
        aside.chmod(0o666 & ~_umask())
        aside.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_written_aside(folder: Path) -> Iterator[Path]:
    """Hand out an empty folder; what is put there replaces `folder` at the end.

    A folder that Byssus did not make is never replaced.

    Raises
    ------
    OutputError
        If `folder` exists, is not empty and holds no `.byssus-results`, or if it
        cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with folder_written_aside(Path(home) / "results") as aside:
    ...         _ = (aside / "a.txt").write_text("whole")
    ...     sorted(p.name for p in (Path(home) / "results").iterdir())
    ['.byssus-results', 'a.txt']
    """
    check_replaceable(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left_over in folder.parent.glob(f"{ASIDE}{folder.name}-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{ASIDE}{folder.name}-"))
    except OSError as error:
        raise _cannot_write(folder, error) from error
    try:
        yield aside
        (aside / MARKER).write_text("This folder was made by Byssus and is replaced by its next run.\n")
        for path in aside.rglob("*"):
            if path.is_file():
                _flush(path)
        aside.chmod(0o777 & ~_umask())
        if folder.exists():
            old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{ASIDE}{folder.name}-"))
            folder.rename(old / "old")
            aside.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            aside.rename(folder)
        _flush_folder(folder.parent)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_replaceable(folder: Path) -> None:
    """Refuse a place for results that holds something Byssus did not make."""
    if folder.is_file():
        raise OutputError("is a file", file=folder, fix="give the name of a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise OutputError(
            "holds files that Byssus did not make, and would be replaced",
            file=folder,
            fix="name an empty or new folder with --out",
        )


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written ({error.strerror or error})", file=path, fix="choose another place with --out"
    )


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    # The rename itself is on disk only when its folder is; Windows cannot open a folder and needs no such step.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
