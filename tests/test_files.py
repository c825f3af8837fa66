"""Writing is whole or not at all, whatever happens in between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from byssus.errors import OutputError
from byssus.files import ASIDE, MARKER, check_replaceable, folder_written_aside, sha256_of, write_whole, written_aside


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


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with folder_written_aside(folder) as aside:
        (aside / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), folder_written_aside(folder) as aside:
        (aside / "a.txt").write_text("half")
        raise RuntimeError
    assert (folder / "a.txt").read_text() == "old"
    with folder_written_aside(folder) as aside:
        (aside / "b.txt").write_text("new")
    assert sorted(path.name for path in folder.iterdir()) == [MARKER, "b.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_killed_writer_leaves_the_old_folder_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    with folder_written_aside(folder) as aside:
        (aside / "a.txt").write_text("old")
    killed = (
        "import os, signal, sys; from pathlib import Path; from byssus.files import folder_written_aside\n"
        f"with folder_written_aside(Path({str(folder)!r})) as aside:\n"
        "    (aside / 'a.txt').write_text('half')\n"
        "    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    assert (folder / "a.txt").read_text() == "old"
    assert len([path for path in tmp_path.iterdir() if path.name.startswith(ASIDE)]) == 1
    with folder_written_aside(folder) as aside:
        (aside / "a.txt").write_text("new")
    assert (folder / "a.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


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


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(tmp_path / "file" / "a.txt", "")
    with pytest.raises(OutputError, match="is a folder"):
        write_whole(tmp_path, "")


def test_hash_of_a_known_content(tmp_path: Path) -> None:
    # FIPS 180-2, appendix B.1: the message "abc".
    write_whole(tmp_path / "abc", "abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "abc") == expected
