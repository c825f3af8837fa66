"""Writing is whole or not at all, whatever happens in between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from byssus import files
from byssus.errors import OutputError
from byssus.files import (
    ASIDE,
    MARKER,
    check_replaceable,
    check_writable,
    folder_written_aside,
    sha256_of,
    write_whole,
    written_aside,
)

needs_links = pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")

#: The beginning of a program that writes a folder of two equal files.
WRITER = """
import os, sys
from pathlib import Path
from byssus import files
def write(folder, text):
    with files.folder_written_aside(folder) as aside:
        (aside / "a.txt").write_text(text)
        (aside / "b.txt").write_text(text)
folder = Path(sys.argv[1])
if sys.argv[2] == "renames":
    files._exchange = lambda *_: False
"""


@pytest.fixture(params=["exchange", "renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of putting a folder in its place: in one step if the system can, and by two renames."""
    if request.param == "renames":
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    return str(request.param)


def write_folder(folder: Path, text: str) -> None:
    with folder_written_aside(folder) as aside:
        (aside / "a.txt").write_text(text)
        (aside / "b.txt").write_text(text)


def whole(folder: Path) -> str:
    """Return what a folder holds, which must be one run's and all of it."""
    assert sorted(path.name for path in folder.iterdir()) == [MARKER, "a.txt", "b.txt"]
    text = (folder / "a.txt").read_text()
    assert (folder / "b.txt").read_text() == text
    return text


def asides(parent: Path) -> list[Path]:
    return sorted(parent.glob(f"{ASIDE}*"))


def command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", WRITER + program, *map(str, arguments)]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    write_whole(path, "first ±")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert [left.name for left in path.parent.iterdir()] == ["a.txt"]


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    with pytest.raises(RuntimeError), written_aside(path) as aside:
        aside.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_leaves_the_old_folder(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "results"
    write_folder(folder, "old")
    with pytest.raises(RuntimeError), folder_written_aside(folder) as aside:
        (aside / "a.txt").write_text("half")
        raise RuntimeError
    assert whole(folder) == "old"
    write_folder(folder, "new")
    assert whole(folder) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_rename_that_fails_puts_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, rename = tmp_path / "results", Path.rename
    write_folder(folder, "old")

    def fail(self: Path, target: Path) -> Path:
        if target == folder and self.parent.name == "new":
            assert not folder.exists()
            raise PermissionError(13, "a scanner holds it")
        return rename(self, target)

    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OutputError, match=r"results: cannot be written \(a scanner holds it\)"):
        write_folder(folder, "new")
    assert whole(folder) == "old"
    assert asides(tmp_path) == []


def test_the_next_writer_puts_back_what_a_death_between_two_renames_left(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    write_folder(folder, "old")
    program = """
rename = Path.rename
def die(self, target):
    if target == folder:
        os._exit(9)
    return rename(self, target)
Path.rename = die
write(folder, "new")
"""
    assert subprocess.run(command(program, folder, "renames"), check=False).returncode == 9
    assert not folder.exists()
    assert len(asides(tmp_path)) == 1
    # Another name's writer does it too, and a check is enough.
    check_replaceable(tmp_path / "results-2")
    assert whole(folder) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_killed_writer_leaves_the_old_folder_and_the_next_one_cleans_up(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "results"
    write_folder(folder, "old")
    program = "with files.folder_written_aside(folder) as aside:\n    (aside / 'a.txt').touch()\n    os._exit(9)\n"
    assert subprocess.run(command(program, folder, way), check=False).returncode == 9
    assert whole(folder) == "old"
    assert len(asides(tmp_path)) == 1
    write_folder(folder, "new")
    assert whole(folder) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_killed_writer_of_a_file_is_cleaned_up_too(tmp_path: Path) -> None:
    program = "with files.written_aside(folder) as aside:\n    os._exit(9)\n"
    assert subprocess.run(command(program, tmp_path / "t.csv", ""), check=False).returncode == 9
    assert len(asides(tmp_path)) == 1
    write_whole(tmp_path / "other.csv", "")
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_kill_at_any_moment_leaves_a_whole_folder(tmp_path: Path, way: str) -> None:
    folder, chance = tmp_path / "results", random.Random(1)
    write_folder(folder, "first")
    program = "print('ready', flush=True)\nwhile True:\n    write(folder, os.urandom(8).hex())\n"
    for _ in range(8):
        writer = subprocess.Popen(command(program, folder, way), stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        with writer.stdout as stream:
            assert stream.readline() == "ready\n"
        time.sleep(chance.uniform(0.01, 0.1))
        writer.kill()
        assert writer.wait() == -signal.SIGKILL
        check_replaceable(folder)
        assert whole(folder)
        assert [path.name for path in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize("names", [("results", "results-2"), ("r[1]", "r1"), ("same", "same")])
def test_a_living_writer_is_left_alone(tmp_path: Path, names: tuple[str, str], way: str) -> None:
    first, second = (tmp_path / name for name in names)
    with folder_written_aside(first) as aside:
        (aside / "a.txt").write_text("first")
        write_folder(second, "second")
        assert whole(second) == "second"
        check_writable(second)
        (aside / "b.txt").write_text("first")
    assert whole(first) == "first"  # the last one wins
    assert asides(tmp_path) == []


def test_runs_at_once_all_finish_and_one_wins(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "results"
    program = """
for turn in range(15):
    write(folder, sys.argv[3])
    files.write_whole(folder.parent / "t.csv", sys.argv[3])
"""
    writers = [subprocess.Popen(command(program, folder, way, name)) for name in "abcd"]
    there = False
    while any(writer.poll() is None for writer in writers):
        # With an exchange there is no moment without a folder, once there is one.
        assert folder.exists() or not there
        there = way == "exchange" and sys.platform == "linux" and folder.exists()
    assert [writer.returncode for writer in writers] == [0] * 4
    assert whole(folder) in "abcd"
    assert (tmp_path / "t.csv").read_text() in "abcd"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results", "t.csv"]


@pytest.mark.skipif(sys.platform != "linux", reason="the order is told by the files' numbers")
def test_content_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of the machine, not of the program: a rename must never overtake the bytes."""
    told: list[tuple[str, int]] = []
    fsync, replace, exchange, rename = os.fsync, Path.replace, files._exchange, Path.rename
    monkeypatch.setattr(os, "fsync", lambda handle: (told.append(("fsync", os.fstat(handle).st_ino)), fsync(handle)))

    def named(source: Path) -> None:
        told.append(("name", source.stat().st_ino))

    monkeypatch.setattr(Path, "replace", lambda self, target: (named(self), replace(self, target))[1])
    monkeypatch.setattr(Path, "rename", lambda self, target: (named(self), rename(self, target))[1])
    monkeypatch.setattr(files, "_exchange", lambda new, old: (named(new), exchange(new, old))[1])

    write_whole(tmp_path / "a.txt", "whole")
    number, home = (tmp_path / "a.txt").stat().st_ino, tmp_path.stat().st_ino
    assert told == [("fsync", number), ("name", number), ("fsync", home)]

    folder = tmp_path / "results"
    for _ in range(2):
        told.clear()
        with folder_written_aside(folder) as aside:
            (aside / "deep").mkdir()
            (aside / "deep" / "a.txt").write_text("whole")
        inside = {path.stat().st_ino for path in [folder, *folder.rglob("*")]}
        first = told.index(("name", folder.stat().st_ino))
        assert {number for kind, number in told[:first] if kind == "fsync"} == inside
        assert told[-1] == ("fsync", home)


@needs_links
def test_a_link_is_written_through(tmp_path: Path, way: str) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk" / "real")
    for text in ("first", "second"):
        write_folder(tmp_path / "results", text)
        assert (tmp_path / "results").is_symlink()
        assert whole(tmp_path / "disk" / "real") == text
    (tmp_path / "t.csv").symlink_to(tmp_path / "disk" / "t.csv")
    write_whole(tmp_path / "t.csv", "a")
    assert (tmp_path / "t.csv").is_symlink()
    assert (tmp_path / "disk" / "t.csv").read_text() == "a"
    assert asides(tmp_path) == asides(tmp_path / "disk") == []


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    theirs = tmp_path / "thesis"
    theirs.mkdir()
    check_replaceable(theirs)
    (theirs / "chapter.txt").write_text("years of work")
    with pytest.raises(OutputError, match="holds files that Byssus did not make"), folder_written_aside(theirs):
        pass
    assert (theirs / "chapter.txt").read_text() == "years of work"
    with pytest.raises(OutputError, match="is a file"):
        check_replaceable(theirs / "chapter.txt")


def test_a_folder_that_somebody_else_fills_during_the_run_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with pytest.raises(OutputError, match="holds files that Byssus did not make"), folder_written_aside(folder):
        folder.mkdir()
        (folder / "chapter.txt").write_text("years of work")
    assert [path.name for path in folder.iterdir()] == ["chapter.txt"]


def test_the_folder_one_is_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match=r"is the folder you are in.*name a folder inside it with --out"):
        check_replaceable(Path())
    write_folder(Path("results"), "here")
    assert whole(tmp_path / "results") == "here"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(tmp_path / "file" / "a.txt", "")
    with pytest.raises(OutputError, match="is a folder"):
        write_whole(tmp_path, "")


def test_a_place_that_cannot_be_written_is_found_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file.deep.results: is a file or in one"):
        check_replaceable(tmp_path / "file" / "deep" / "results")
    with pytest.raises(OutputError, match=r"file.deep.t.csv: cannot be written"):
        check_writable(tmp_path / "file" / "deep" / "t.csv")
    check_writable(tmp_path / "new" / "deep" / "results")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform != "linux", reason="a file system where nobody may write")
def test_a_file_system_that_takes_nothing_is_found_before_the_work() -> None:
    with pytest.raises(OutputError, match="/proc/results: cannot be written"):
        check_replaceable(Path("/proc/results"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits the path, not the name")
def test_a_name_that_is_too_long_is_named(tmp_path: Path) -> None:
    name = 300 * "a"
    message = f"^{tmp_path}/{name}: cannot be written .*too long.*; give it a shorter name$"
    for write in (check_replaceable, check_writable, lambda path: write_whole(path, ""), lambda p: write_folder(p, "")):
        with pytest.raises(OutputError, match=message):
            write(tmp_path / name)
    message = f"^{tmp_path}/results/tables/{name}: cannot be written .*too long"
    with pytest.raises(OutputError, match=message), folder_written_aside(tmp_path / "results") as aside:
        write_whole(aside / "tables" / name, "")
    assert list(tmp_path.iterdir()) == []


def test_hash_of_a_known_content(tmp_path: Path) -> None:
    # FIPS 180-2, appendix B.1: the message "abc".
    write_whole(tmp_path / "abc", "abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "abc") == expected
