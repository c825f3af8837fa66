"""The validation of workstations' readers: it fails where a record is lost, a sign turned or a witness missing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from byssus.validation import workstations

Real = Callable[[str], Path]
PARTS = ("cv", "eis", "gitt")


def test_every_file_of_a_workstation_agrees(real: Real) -> None:
    folder = real("MANIFEST.csv").parent
    files = {path.name for part in PARTS for path in folder.glob(f"{part}/*")}
    assert len(files) >= 14
    comparisons, (listing,) = workstations.compare(folder)
    assert {row[0].strip("`") for row in listing.rows} == files
    assert [comparison for comparison in comparisons if not comparison.holds] == []
    kinds = {row[0].strip("`"): row[2] for row in listing.rows}
    for name in files:
        quantities = {comparison.quantity for comparison in comparisons if comparison.subject == name}
        needed = (
            {"frequency", "real impedance", "imaginary impedance"}
            if kinds[name] == "impedance"
            else {"voltage", "current"}
        )
        assert {"rows", *needed} <= quantities, name


@pytest.fixture
def one(real: Real, tmp_path: Path) -> Callable[[str], Path]:
    def copied(name: str) -> Path:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(real(name), target)
        return target

    return copied


def failing(folder: Path) -> set[str]:
    return {comparison.quantity for comparison in workstations.compare(folder)[0] if not comparison.holds}


def test_a_turned_sign_fails(one: Callable[[str], Path], tmp_path: Path) -> None:
    path = one("eis/EIS_-0,48_V.txt")
    assert failing(tmp_path) == set()
    # The phase alone is turned: the parts are then not its own.
    text = path.read_text()
    path.write_text(re.sub(r"(?m)(-?\d+\.\d)$", lambda match: f"{-float(match[1])}", text), newline="\r\n")
    assert failing(tmp_path) == {"phase"}


def test_a_lost_record_of_one_of_two_files_fails(one: Callable[[str], Path], tmp_path: Path) -> None:
    text = one("cv/cv.mpt")
    one("cv/cv.mpr")
    assert failing(tmp_path) == set()
    lines = text.read_text(encoding="cp1252").splitlines(keepends=True)
    text.write_text("".join(lines[:-1]), encoding="cp1252", newline="")
    assert failing(tmp_path) == {"rows", "voltage", "current", "test time"}


def test_a_file_without_a_witness_or_that_cannot_be_read_fails(one: Callable[[str], Path], tmp_path: Path) -> None:
    path = one("eis/exampleData.csv")
    path.rename(path.with_name("another.csv"))
    (tmp_path / "eis" / "empty.csv").touch()
    comparisons, (listing,) = workstations.compare(tmp_path)
    assert [comparison.holds for comparison in comparisons] == [False, False]
    assert listing.rows[1][1].startswith("**not read**: is empty")


def test_without_files_there_is_no_listing(tmp_path: Path) -> None:
    assert workstations.compare(tmp_path) == ([], [])
