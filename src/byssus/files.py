"""Writing that is whole or not at all, and the hash that names a content.

A file or folder is written in a workspace beside its place, flushed to the disk and
then put there by name, so that a reader sees the old content or the new one.  A file
takes its place by one rename.  A folder changes places with the old one in one step
where the system can do that (Linux, macOS); elsewhere by two renames, between which
the name is missing for a moment.

A workspace is a folder whose name starts with ``.byssus-aside-``.  Its owner holds a lock
in it, which the system lets go when the owner ends, however it ends.  The next writer
beside it clears what dead owners left, and first puts back an old folder that a death
between the two renames left without its name.  A workspace whose lock is held is never
touched, so that several runs may write into one place at once: the last one wins.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from byssus.errors import OutputError

ASIDE = ".byssus-aside-"
#: A folder holds this file if, and only if, Byssus made it and may replace it.
MARKER = ".byssus-results"

# A workspace holds its lock, what is being written, and for a moment the old folder.
_LOCK, _NEW, _OLD = "lock", "new", "old"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it is never seen half-written.

    Parameters
    ----------
    path
        Where; its folder is made if need be, and a link is followed.
    content
        Bytes, or text that is stored as UTF-8 with the newlines as they are.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
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
    with _named(path):
        target = _target(path)
        if target.is_dir():
            raise OutputError("is a folder", file=path, fix="give the name of a file")
        target.parent.mkdir(parents=True, exist_ok=True)
        with _workspace(target.parent) as work:
            aside = work / _NEW / target.name
            aside.parent.mkdir()
            aside.touch()
            yield aside
            _flush(aside)
            aside.replace(target)
            _flush(target.parent)


@contextlib.contextmanager
def folder_written_aside(folder: Path) -> Iterator[Path]:
    """Hand out an empty folder; what is put there replaces `folder` at the end.

    A folder that Byssus did not make is never replaced; a link is followed.

    Raises
    ------
    OutputError
        If `check_replaceable` refuses `folder`, or if it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     with folder_written_aside(Path(home) / "results") as aside:
    ...         _ = (aside / "a.txt").write_text("whole")
    ...     sorted(p.name for p in (Path(home) / "results").iterdir())
    ['.byssus-results', 'a.txt']
    """
    check_replaceable(folder)
    with _named(folder):
        target = _target(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _workspace(target.parent) as work:
            aside = work / _NEW / target.name
            aside.mkdir(parents=True)
            try:
                yield aside
            except OutputError as error:
                if error.file is None or not Path(error.file).is_relative_to(aside):
                    raise
                # A person looks for the name of the file, not for a path that is gone.
                place = folder / Path(error.file).relative_to(aside)
                raise OutputError(error.message, file=place, fix=error.fix) from error
            (aside / MARKER).write_text("This folder was made by Byssus and is replaced by its next run.\n")
            for path in [*aside.rglob("*"), aside]:
                _flush(path)
            _check_ours(folder)  # again: the run may have taken hours
            _swap(aside, target, work)
            _flush(target.parent)


def check_replaceable(folder: Path) -> None:
    """Refuse, before the work, a place for results that may not or cannot be replaced."""
    _check_ours(folder)
    with _named(folder):
        target = _target(folder)
        if os.path.ismount(target) or Path.cwd().is_relative_to(target):
            raise OutputError(
                "is the folder you are in, holds it, or is a mount point, and cannot be replaced",
                file=folder,
                fix="name a folder inside it with --out",
            )
    check_writable(folder)


def check_writable(path: Path) -> None:
    """Find out, before the work, whether a file or folder can be made at `path`; nothing is left there."""
    with _named(path):
        target = _target(path)
        home = next(folder for folder in target.parents if folder.exists())
        with _workspace(home) as work:
            (work / _NEW / target.relative_to(home)).mkdir(parents=True)


def _check_ours(folder: Path) -> None:
    with _named(folder):
        try:
            # One look, because another run may be replacing it.
            names = {path.name for path in folder.iterdir()}
        except FileNotFoundError:
            return
        except NotADirectoryError as error:
            raise OutputError("is a file or in one", file=folder, fix="give the name of a folder") from error
        if names and MARKER not in names:
            raise OutputError(
                "holds files that Byssus did not make, and would be replaced",
                file=folder,
                fix="name an empty or new folder with --out",
            )


def _target(path: Path) -> Path:
    """Return where a name leads in the end: a link is written through, not replaced."""
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the place that was asked for in every failure of the system below."""
    try:
        yield
    except OSError as error:
        too_long = error.errno == errno.ENAMETOOLONG
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            file=path,
            fix="give it a shorter name" if too_long else "choose another place with --out",
        ) from error


@contextlib.contextmanager
def _workspace(parent: Path) -> Iterator[Path]:
    """Hand out an empty folder in `parent` that other writers leave alone."""
    for left_over in parent.glob(f"{ASIDE}*"):
        _clear(left_over)
    while True:
        work = parent / f"{ASIDE}{secrets.token_hex(4)}"
        work.mkdir()
        # Until its lock is held, another writer may take the workspace for a left-over; then make a new one.
        with contextlib.suppress(FileNotFoundError):
            lock = (work / _LOCK).open("xb")
            _hold(lock, wait=True)
            if (work / _LOCK).exists():
                break
            lock.close()
    try:
        yield work
    finally:
        _retire(work, lock)


def _clear(work: Path) -> None:
    """Retire a workspace if its owner is dead."""
    try:
        lock = (work / _LOCK).open("rb+")
    except FileNotFoundError:
        # Its owner died, or is just about to lock it and then makes another.
        with contextlib.suppress(OSError):
            work.rmdir()
    except OSError:
        return  # another person's
    else:
        if _hold(lock, wait=False):
            _retire(work, lock)
        lock.close()


def _retire(work: Path, lock: BinaryIO) -> None:
    """Put an old folder back whose name is missing, and remove the workspace; its lock is held and let go."""
    # What cannot be done now stays whole, and is the next writer's to do: hence the order, and the lock last.
    with lock, contextlib.suppress(OSError):
        for old in (work / _OLD).glob("*"):
            if not _put(old, work.parent / old.name):
                _discard(old, work)
        for part in work.iterdir():
            if part.is_dir():
                shutil.rmtree(part)
        if os.name == "posix":  # Windows removes no open file; elsewhere a closed lock is anyone's
            (work / _LOCK).unlink()
    with contextlib.suppress(OSError):
        (work / _LOCK).unlink(missing_ok=True)
        work.rmdir()


def _discard(old: Path, work: Path) -> None:
    """Move a folder to where nobody takes it for whole, so that its removal may be cut off."""
    old.rename(work / f"{_OLD}-{secrets.token_hex(4)}")


def _hold(lock: BinaryIO, *, wait: bool) -> bool:
    """Lock a file until it is closed, and say whether that was possible.

    A file system without locks refuses both the owner, who goes on, and every other
    writer, who then leaves the workspace alone.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _swap(new: Path, target: Path, work: Path) -> None:
    """Put the folder `new` in the place of `target`; `_retire` undoes what is cut off in the middle."""
    old = work / _OLD / target.name
    old.parent.mkdir()
    placed = _exchange(new, target)
    while not placed:
        with contextlib.suppress(FileNotFoundError):
            target.rename(old)
        # Where another run comes between the two renames, its results are replaced in their turn.
        placed = _put(new, target)
        if old.exists():
            _discard(old, work)


def _put(folder: Path, target: Path) -> bool:
    """Rename a folder unless the name is taken, and say whether it was free."""
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY}:
            return False
        raise
    return True


def _exchange(first: Path, second: Path) -> bool:
    """Let two names change places in one step; False if one is missing or the system cannot do it here."""
    names = os.fsencode(first), os.fsencode(second)
    with contextlib.suppress(AttributeError):  # an older system does not know the call
        if sys.platform == "linux":  # -100 is AT_FDCWD, 2 RENAME_EXCHANGE
            return bool(ctypes.CDLL(None).renameat2(-100, names[0], -100, names[1], 2) == 0)
        if sys.platform == "darwin":  # 2 is RENAME_SWAP
            return bool(ctypes.CDLL(None).renamex_np(*names, 2) == 0)
    return False


def _flush(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk."""
    if not path.is_dir():
        with path.open("rb+") as stream:
            os.fsync(stream.fileno())
    elif os.name == "posix":  # Windows cannot open a folder and needs no such step
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
