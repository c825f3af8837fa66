"""`byssus simulate` as a script uses it, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_virtual import STUDY, study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study(tmp_path_factory.mktemp("cli") / "study", STUDY)


def byssus(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "byssus", *map(str, words)]
    environment = os.environ | {"PYTHONWARNINGS": "error", "COLUMNS": "80", "BYSSUS_DEBUG": ""}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environment)


def test_one_object_stands_on_standard_output_and_nothing_on_the_other(folder: Path) -> None:
    done = byssus("simulate", folder, "--test", "cycling", "--sample", "A", "--model", "SPMe", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert answer["schema"] == "byssus.simulate/1"
    assert list(answer["samples"]) == ["A"]
    told = answer["samples"]["A"]["cycling"]
    assert (told["model"], told["stopped"], len(told["summary"]["cycles"])) == ("SPMe", None, 3)
    assert Path(answer["report"]).is_file()


def test_the_report_is_named_in_the_last_line(folder: Path, tmp_path: Path) -> None:
    done = byssus("simulate", folder, "--test", "rate", "--sample", "A", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.splitlines()[-1]) == tmp_path / "out" / "report.html"
    assert Path(done.stdout.splitlines()[-1]).is_file()
    assert "as asked" in done.stdout


def test_explaining_solves_and_writes_nothing(tmp_path: Path) -> None:
    place = study(tmp_path / "study")
    done = byssus("simulate", place, "--explain", "--sample", "B", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["schema"] == "byssus.explain/1"
    rows = {each["name"]: each for each in answer["samples"]["B"]}
    assert rows["Positive particle radius [m]"]["value"] == pytest.approx(1e-7)
    assert {"name", "value", "unit", "how", "origin", "source", "low", "high"} <= set(
        rows["Positive particle radius [m]"]
    )
    assert sorted(path.name for path in place.iterdir()) == ["cmc.yaml", "ncm811.yaml", "study.yaml"]


@pytest.mark.parametrize(
    ("words", "code"), [(("--test", "rate", "--sample", "Z"), 2), (("--test", "rate", "--modell", "SPM"), 2)]
)
def test_a_refusal_is_one_line(words: tuple[str, ...], code: int, folder: Path) -> None:
    done = byssus("simulate", folder, *words)
    assert (done.returncode, done.stdout) == (code, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("byssus: ")
