"""Tests that are no plain cycling: what may be told of each, in a study and on the command line, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from byssus import workflow
from byssus.app import cli
from byssus.errors import AnalysisError, UnitError, UsageError
from byssus.quantity import Quantity
from byssus.study.study import Study, load
from byssus.study.techniques import TECHNIQUES, said

# What may be told


@pytest.mark.parametrize(
    ("technique", "given", "files", "told"),
    [
        ("cv", {"scan rate": "0.1 mV/s"}, 3, {"scan rate": Quantity(0.1, "mV/s")}),
        ("cv", {"scan_rate": "0.1, 0.2 mV/s"}, 2, {"scan rate": (Quantity(0.1, "mV/s"), Quantity(0.2, "mV/s"))}),
        (
            "cv",
            {"Scan-Rate": ["0.1 mV/s", "1e-4 V/s"]},
            2,
            {"scan rate": (Quantity(0.1, "mV/s"), Quantity(1e-4, "V/s"))},
        ),
        ("gitt", {"shape": "plane"}, 1, {"shape": "plane"}),
        ("gitt", {"diffusion length": "75 ± 25 nm"}, 1, {"diffusion length": Quantity(75, "nm", 25)}),
    ],
)
def test_what_is_told_is_understood(technique: str, given: dict[str, Any], files: int, told: dict[str, Any]) -> None:
    assert TECHNIQUES[technique].told(given, files=files) == told


@pytest.mark.parametrize(
    ("technique", "given", "files", "error", "said_of_it"),
    [
        ("gitt", {"radius": "75 nm"}, 1, UsageError, "radius: is nothing that gitt is told"),
        ("gitt", {"difusion length": "75 nm"}, 1, UsageError, "did you mean 'diffusion length'"),
        ("gitt", {"shape": "cube"}, 1, UsageError, "give plane or sphere"),
        ("gitt", {"diffusion length": "75"}, 1, UnitError, "has no unit"),
        ("gitt", {"diffusion length": "75 mV"}, 1, UnitError, "measures another kind of quantity"),
        ("gitt", {"diffusion length": "long"}, 1, UnitError, "is not a quantity"),
        ("gitt", {"diffusion length": "75, 80 nm"}, 2, UnitError, "is a list, and one number is asked"),
        ("cv", {"scan rate": "0.1, 0.2 mV/s"}, 3, UsageError, "holds 2 numbers for 3 files"),
        ("cv", {"scan rate": "0.1 V"}, 1, UnitError, "give it in mV/s"),
    ],
)
def test_what_is_told_wrongly_is_named(
    technique: str, given: dict[str, Any], files: int, error: type[Exception], said_of_it: str
) -> None:
    with pytest.raises(error) as caught:
        TECHNIQUES[technique].told(given, files=files)
    assert said_of_it in str(caught.value)


# In a study

STUDY = """\
schema: 1
binders: {CMC: , CCL: }
electrodes:
  Si/CMC: {binder: CMC, made: empty, active_loading: 0.82 ± 0.03 mg/cm^2, electrode_diameter: 12 mm}
cells:
  A: {electrode: Si/CMC, configuration: half, files: a.csv, active_mass: 0.9 mg}
tests:
"""


def read(folder: Path, tests: str, *, files: tuple[str, ...] = ("a.csv", "cv_1.txt", "cv_2.txt")) -> Study:
    for name in files:
        (folder / name).touch()
    (folder / "study.yaml").write_text(STUDY + tests, encoding="utf-8")
    return load(folder)


def test_a_test_belongs_to_a_cell_an_electrode_or_a_film(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        """\
  of a cell: {technique: gitt, cell: A, files: a.csv}
  of a disc: {technique: cv, electrode: Si/CMC, configuration: half, files: 'cv_*.txt', active_mass: 1.5 mg}
  of a film: {technique: conductivity, binder: CCL, files: a.csv, given: {thickness: 20 ± 1 um, area: 2 cm^2}}
""",
    )
    assert study.faults == ()
    cell, disc, film = map(study.sample_of_test, study.tests)
    assert (cell.name, cell.binder, cell.active_mass) == ("of a cell", "CMC", Quantity(0.9, "mg"))
    assert (disc.name, disc.electrode, disc.active_mass) == ("of a disc", "Si/CMC", Quantity(1.5, "mg"))
    assert disc.electrode_area is not None
    assert disc.electrode_area.to("cm^2").value == pytest.approx(1.131, abs=1e-3)
    assert (film.name, film.binder, film.active_mass) == ("of a film", "CCL", None)
    assert study.tests["of a disc"].files == ("cv_1.txt", "cv_2.txt")
    assert [study.binder_of_test(name) for name in study.tests] == ["CMC", "CMC", "CCL"]


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("{technique: gitt, files: a.csv}", "name one of cell, electrode, binder"),
        ("{technique: gitt, cell: A, binder: CCL, files: a.csv}", "names cell and binder that it is of"),
        ("{technique: git, cell: A, files: a.csv}", "did you mean 'gitt'"),
        ("{technique: gitt, cell: B, files: a.csv}", "'B' is not among the cells"),
        ("{technique: gitt, binder: PAA, files: a.csv}", "'PAA' is not among the binders"),
        ("{technique: gitt, cell: A, files: b_*.csv}", "matches no file"),
        ("{technique: gitt, cell: A, files: a.csv, given: {radius: 1 um}}", "is nothing that gitt is told"),
        (
            "{technique: cv, cell: A, files: 'cv_*.txt', given: {scan rate: [1 mV/s, 2 mV/s, 3 mV/s]}}",
            "3 numbers for 2",
        ),
    ],
)
def test_a_test_that_cannot_be_understood_is_named_with_its_line(tmp_path: Path, test: str, fault: str) -> None:
    study = read(tmp_path, f"  T: {test}\n")
    assert not study.tests
    assert list(study.cells) == ["A"]
    said_of_it = [str(each) for each in study.faults]
    assert any(fault in each for each in said_of_it), said_of_it
    assert all("line 8" in each for each in said_of_it), said_of_it


def test_a_test_has_a_name_of_its_own(tmp_path: Path) -> None:
    study = read(tmp_path, "  A: {technique: gitt, cell: A, files: a.csv}\n")
    assert not study.tests
    assert "is the name of a cell too" in str(study.faults[0])


# From files to numbers


def test_interruptions_of_a_real_cell_through_a_study(real: Callable[[str], Path], tmp_path: Path) -> None:
    """The report, the numbers and what lies behind them come from one run, and agree with the command line."""
    file = real("gitt/ici_discharge.csv")
    (tmp_path / "study.yaml").write_text(
        "schema: 1\nbinders: {PVDF: }\nelectrodes:\n  NMC: {binder: PVDF, made: full}\n"
        "tests:\n  ICI: {technique: ici, electrode: NMC, configuration: half, "
        f"files: '{file}', given: {{diffusion length: 1.8 um, length from: particle size}}}}\n",
        encoding="utf-8",
    )
    run = workflow.run_study(tmp_path)
    assert run.errors == ()
    answer = json.loads((run.folder / "results.json").read_text(encoding="utf-8"))
    (told,) = answer["tests"]
    assert (told["name"], told["technique"]) == ("ICI", "ici")
    behind = pl.read_csv(next((run.folder / "tests").glob("*-pulses.csv")))
    assert behind.height == len(told["tables"]["pulses"]) > 10
    page = run.report.read_text(encoding="utf-8")
    assert "Intermittent current interruption" in page
    assert "1 test" in page

    done = CliRunner().invoke(
        cli.app, ["analyse", "ici", str(file), "diffusion length=1.8 um", "length from=particle size", "--cell", "half",
                  "--made", "full", "--json"]
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    alone = json.loads(done.stdout)
    assert alone["schema"] == "byssus.analyse/1"
    values = {(each["name"], each["basis"]): each["value"] for each in alone["results"]}
    assert values == {(each["name"], each["basis"]): each["value"] for each in answer["results"]}
    assert any(value is not None for value in values.values())


def test_a_table_of_the_wrong_kind_is_refused_in_one_line(real: Callable[[str], Path]) -> None:
    done = CliRunner().invoke(cli.app, ["analyse", "gitt", str(real("cv/CV-1T.txt"))])
    assert "CV-1T.txt: is a table of voltammetry, and gitt is analysed from pulses or cycling" in str(done.exception)


def test_a_test_of_no_use_is_told_with_its_file(tmp_path: Path) -> None:
    """A current that never rests is no titration."""
    records = "\n".join(f"{at},{3 + 1e-4 * at},0.001" for at in range(600))
    (tmp_path / "steady.csv").write_text(f"Seconds,Volts,Amps\n{records}\n", encoding="utf-8")
    with pytest.raises(AnalysisError, match=r"^steady\.csv: Current / A: holds no pulse"):
        workflow.analyse_files("gitt", [tmp_path / "steady.csv"], {})


def test_what_there_is_to_analyse_is_listed() -> None:
    listed = CliRunner().invoke(cli.app, ["analyse"])
    assert all(name in listed.stdout for name in TECHNIQUES)
    told = json.loads(CliRunner().invoke(cli.app, ["analyse", "cv", "--json"]).stdout)
    assert "scan rate" in [each["name"] for each in told["techniques"][0]["conditions"]]


def test_one_file_that_cannot_be_read_leaves_the_others(real: Callable[[str], Path], tmp_path: Path) -> None:
    """What was told file by file stays with its file."""
    broken = tmp_path / "broken.txt"
    broken.write_text("nothing\n", encoding="utf-8")
    done = workflow.analyse_files(
        "cv", [broken, real("cv/CV-1T.txt")], {"scan rate": "10, 40 mV/s"}, out=tmp_path / "out"
    )
    assert len(done.errors) == 1
    (found,) = done.examined
    assert len(found.tables) == 1
    assert (tmp_path / "out" / "report.html").is_file()
    assert said(found.tables[0], TECHNIQUES["cv"].told({"scan rate": "10, 40 mV/s"}, files=2), "scan rate", at=1) == (
        Quantity(40, "mV/s")
    )


def test_tables_of_one_sample_stay_apart(real: Callable[[str], Path], tmp_path: Path) -> None:
    """A table of Byssus' own says what it is of; two of one sample go by their files."""
    table = workflow.read_file(real("eis/exampleDataZPlot.z"), out=tmp_path / "before.parquet")
    table.write_parquet(tmp_path / "after.parquet")
    done = workflow.analyse_files("lsv", [real("cv/CV-1T.txt")], {"criterion current": "100 uA"})
    assert done.examined[0].sample == "CV-1T"
    both = workflow.analyse_files("eis", [tmp_path / "before.parquet", tmp_path / "after.parquet"], {})
    assert [each.metadata.sample.name for each in both.examined[0].tables] == ["before", "after"]
