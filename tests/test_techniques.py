"""Tests that are no plain cycling: what may be told of each, in a study and on the command line, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from byssus import workflow
from byssus.app import cli, terminal
from byssus.errors import AnalysisError, ReadError, UnitError, UsageError
from byssus.findings import Finding
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
    assert [cell.binder, disc.binder, film.binder] == ["CMC", "CMC", "CCL"]


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("{technique: gitt, files: a.csv}", "name one of cell, electrode, binder"),
        ("{technique: gitt, cell: A, binder: CCL, files: a.csv}", "names cell and binder that it is of"),
        ("{technique: git, cell: A, files: a.csv}", "did you mean 'gitt'"),
        ("{technique: gitt, cell: B, files: a.csv}", "'B' is not among the cells"),
        ("{technique: gitt, binder: PAA, files: a.csv}", "'PAA' is not among the binders"),
        ("{technique: gitt, cell: A, files: b_*.csv}", "matches no file"),
        ("{technique: gitt, cell: A, files: a.csv, given: {shape: cube}}", "is none of its words"),
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


def test_a_name_that_a_test_does_not_know_is_left_out_of_it(tmp_path: Path) -> None:
    study = read(tmp_path, "  T: {technique: gitt, cell: A, files: a.csv, given: {radius: 1 um, shape: plane}}\n")
    assert study.tests["T"].given == {"shape": "plane"}
    (fault,) = study.faults
    assert "line 8: tests.T.given.radius: is nothing that gitt is told, and was left out" in str(fault)
    assert [finding.code for finding in study.findings()] == ["study-field"]


def test_a_field_of_a_column_map_that_is_wrong_leaves_the_map(tmp_path: Path) -> None:
    study = read(
        tmp_path,
        """\
  T:
    technique: gitt
    cell: A
    files: a.csv
    columns:
      current_positive: charge
      skp: 3
      columns: {time: t/s, voltage: U/V, current: I/mA}
  U: {technique: gitt, cell: A, files: a.csv, columns: {columns: {time: {unit: s}, voltage: U/V, current: I/mA}}}
""",
    )
    columns = study.tests["T"].columns
    assert columns is not None
    assert (columns.current_positive, columns.columns["Current / A"].column) == ("charges", "I/mA")
    first, second, third = map(str, study.faults)
    assert "line 13: tests.T.columns.current_positive: " in first
    assert "line 14: tests.T.columns.skp: is not a field there" in second
    assert all(fault.endswith("the field was left out") for fault in (first, second))
    # Without its columns a map is none.
    assert "line 16: tests.U.columns.columns" in third
    assert study.tests["U"].columns is None


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


VOLTS = [*(0.1 + 0.002 * at for at in range(300)), *(0.7 - 0.002 * at for at in range(300))]


def a_voltammogram(heading: str, *, timed: bool) -> str:
    """A capacitor of 1 F and a resistor of 1 kohm, swept at 0.2 mV/s; the current is charge over time by itself."""
    records = [
        (*((at * 10,) if timed else ()), volts, (0.2 if at < 300 else -0.2) + volts) for at, volts in enumerate(VOLTS)
    ]
    return "\n".join([heading, *(",".join(f"{value:.6g}" for value in record) for record in records)]) + "\n"


@pytest.mark.parametrize(
    ("heading", "timed", "given"),
    [
        ("time/s,Ewe/V,I/mA", True, {}),
        ("Test Time / s,Voltage / V,Current / mA", True, {}),
        ("Test Time / s,Voltage / V,Current / A", True, {}),
        ("E (V),I (mA)", False, {"scan rate": "0.2 mV/s"}),
    ],
)
def test_a_plain_table_is_a_voltammogram_where_one_is_wanted(
    tmp_path: Path, heading: str, timed: bool, given: dict[str, str]
) -> None:
    (tmp_path / "plain.csv").write_text(a_voltammogram(heading, timed=timed), encoding="utf-8")
    (found,) = workflow.analyse_files("cv", [tmp_path / "plain.csv"], given).examined
    (table,) = found.tables
    assert table.metadata.kind == "voltammetry"
    assert table.data["Sweep Count / 1"].unique().to_list() == [1, 2]
    unit = 1.0 if heading.endswith("/ A") else 1e-3
    assert table.data["Current / A"][0] == pytest.approx(0.3 * unit)
    charge = next(each for each in found.results if each.name == "oxidation charge")
    # ∫(0.2 + V) dt over the first sweep, in mA, up and down: only what flows in the sweep's own direction.
    assert charge.value == pytest.approx(0.6 * 5000 * (0.2 + 0.399) / 3600 * unit * 1e3, rel=0.01)
    if timed:
        # Of itself it says no technique, and is taken for cycling.
        assert workflow.read_file(tmp_path / "plain.csv").metadata.kind == "cycling"


def findings_of(done: workflow.Analysed, code: str) -> list[tuple[str | None, str]]:
    return [(each.sample, each.message) for each in done.findings if each.code == code]


def test_a_file_given_twice_is_no_second_test(tmp_path: Path) -> None:
    for name in ("first", "copy"):
        (tmp_path / f"{name}.csv").write_text(a_voltammogram("time/s,Ewe/V,I/mA", timed=True), encoding="utf-8")
    first, copy = tmp_path / "first.csv", tmp_path / "copy.csv"
    done = workflow.analyse_files("cv", [first, copy], {})
    assert findings_of(done, "identical-data") == [("copy", "first and copy hold the same data to the last digit")]
    # A technique of which each file is a test of its own, and one file by one name.
    done = workflow.analyse_files("lsv", [first, first], {"criterion current": "100 uA"})
    assert [each.sample for each in done.examined] == [str(first), f"{first} (2)"]
    ((of, _),) = findings_of(done, "identical-data")
    assert of == f"{first} (2)"
    assert not findings_of(workflow.analyse_files("cv", [first], {}), "identical-data")


def test_two_films_are_no_copies_of_each_other(tmp_path: Path) -> None:
    for name, ohms in (("one", "100,80,64"), ("two", "100,80,63"), ("three", "100,80,64")):
        rows = "\n".join(f"{at},{value}" for at, value in zip((25, 35, 45), ohms.split(","), strict=True))
        (tmp_path / f"{name}.csv").write_text(f"Temperature / degC,Resistance / ohm\n{rows}\n", encoding="utf-8")
    files = [tmp_path / f"{name}.csv" for name in ("one", "two", "three")]
    done = workflow.analyse_files("conductivity", files, {"thickness": "20 um", "area": "2 cm^2"})
    assert [said for _, said in findings_of(done, "identical-data")] == [
        "one and three hold the same data to the last digit"
    ]


def test_a_remark_on_a_file_names_that_file(tmp_path: Path) -> None:
    """Of one test with several files, and of several in a study that have its name."""
    for at, name in enumerate(("cv_1", "cv_2")):
        text = a_voltammogram("time/s,Ewe/V,I/mA", timed=True).replace("0.3\n", f"0.30{at}\n", 1)
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    files = [tmp_path / "cv_1.csv", tmp_path / "cv_2.csv"]
    done = workflow.analyse_files("cv", files, {})
    assert [of for of, _ in findings_of(done, "sign-from-data")] == ["cv_1", "cv_2"]
    (tmp_path / "study.yaml").write_text(
        "schema: 1\nbinders: {CCL: {}}\ntests:\n  T: {technique: cv, binder: CCL, files: 'cv_*.csv'}\n",
        encoding="utf-8",
    )
    run = workflow.run_study(tmp_path)
    remarks = [(each.sample, each.message) for each in run.findings if each.code == "sign-from-data"]
    assert [(of, said.partition(": ")[0]) for of, said in remarks] == [("T", "cv_1.csv"), ("T", "cv_2.csv")]


def test_a_run_prints_the_numbers_of_its_tests(tmp_path: Path) -> None:
    (tmp_path / "cv.csv").write_text(a_voltammogram("time/s,Ewe/V,I/mA", timed=True), encoding="utf-8")
    name = "Silicon with a binder of a name that is longer than most, at 25 °C and 0.2 mV/s"
    (tmp_path / "study.yaml").write_text(
        f"schema: 1\nbinders: {{CCL: {{}}}}\ntests:\n  {name}: {{technique: cv, binder: CCL, files: cv.csv}}\n",
        encoding="utf-8",
    )
    printed = CliRunner().invoke(cli.app, ["run", str(tmp_path)]).stdout
    assert f"\n{name} (cv)\n" in printed
    alone = CliRunner().invoke(cli.app, ["analyse", "cv", str(tmp_path / "cv.csv")]).stdout
    rows = [line.strip() for line in alone.partition("\n\n")[0].splitlines()]
    assert len(rows) > 5
    assert all(row in printed for row in rows)
    # No cell was cycled, so there is no table of cells.
    assert "sample   quantity" not in printed


def test_a_cell_of_two_lithium_electrodes_is_not_shorted_at_five_millivolts(tmp_path: Path) -> None:
    """Its voltage is the overpotential alone, which may fall in a half cycle."""
    records = "\n".join(
        f"{at * 10},{(0.006 - 1e-5 * (at % 100) * 2) * (1 if at // 100 % 2 == 0 else -1):.6f},"
        f"{0.1 if at // 100 % 2 == 0 else -0.1}"
        for at in range(800)
    )
    (tmp_path / "plate.csv").write_text(f"time/s,Ewe/V,I/mA\n{records}\n", encoding="utf-8")
    table = workflow.read_file(tmp_path / "plate.csv")
    # By itself it may as well be a shorted cell.
    assert {"short-circuit", "sign-against-voltage"} <= {finding.code for finding in table.findings}
    done = workflow.analyse_files("plating", [tmp_path / "plate.csv"], {"area": "1 cm^2"})
    assert not {"short-circuit", "sign-against-voltage"} & {finding.code for finding in done.findings}


def test_no_name_is_cut_off_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, reason = "mean coulombic efficiency of plating and stripping", "missing: " + "a reason of many words, " * 8
    terminal.print_rows([(name, reason), ("short", "1 V")])
    printed = capsys.readouterr().out
    assert name in printed
    terminal.print_rows([("a name that takes more than a line by itself, " * 3, reason)])
    assert "…" not in printed + capsys.readouterr().out


def test_a_table_without_units_is_mapped_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "bare.csv"
    file.write_text(a_voltammogram("time,E,I", timed=True), encoding="utf-8")

    def analyse(*words: str) -> Result:
        return CliRunner().invoke(cli.app, ["analyse", "cv", str(file), *words])

    assert "is of no format" in str(analyse().exception)
    assert "say what its columns are (--columns" in str(analyse().exception)
    columns = "{time: {column: time, unit: s}, voltage: {column: E, unit: V}, current: {column: I, unit: mA}}"
    told = analyse("--columns", columns)
    assert told.exit_code == 0, told.exception
    assert "oxidation charge" in told.stdout
    # A whole map says more than the columns.
    turned = analyse("--columns", f"{{current_positive: discharges, columns: {columns}}}", "--json")
    assert turned.exit_code == 0, turned.exception
    for wrong, said_of_it in (
        ("{time", "--columns: '{time' is not YAML"),
        ("E", "names no columns"),
        ("{volts: E}", "'volts' is not a column of a voltammetry table"),
        ("{voltage: E}", "current is required"),
        ("{voltage: E, current: I}", "names no unit"),
    ):
        assert said_of_it in str(analyse("--columns", wrong).exception)
    read = CliRunner().invoke(cli.app, ["read", str(file), "--columns", columns, "--json"])
    assert read.exit_code == 0, read.exception
    assert json.loads(read.stdout)["table"]["kind"] == "cycling"


def test_of_many_findings_the_terminal_shows_the_first_of_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    many = [Finding("missing-rest", f"number {at}", sample="A") for at in range(30)]
    few = [Finding("short-circuit", "one", sample="A")]
    terminal.print_findings([*many, *few], report=True)
    printed = " ".join(capsys.readouterr().out.split())
    assert "number 1 (and 28 more of missing-rest in the report)" in printed
    assert "number 2" not in printed
    assert "one" in printed
    # Without a report they stand nowhere else.
    terminal.print_findings([*many, *few])
    assert "number 29" in capsys.readouterr().out


def test_a_held_current_is_no_voltammogram(tmp_path: Path) -> None:
    records = "\n".join(f"{at},{3 + 0.3 * (at / 600) ** 4:.6f},0.001" for at in range(600))
    (tmp_path / "held.csv").write_text(f"Seconds,Volts,Amps\n{records}\n", encoding="utf-8")
    with pytest.raises(ReadError, match="is no voltammogram: its voltage is not swept"):
        workflow.analyse_files("cv", [tmp_path / "held.csv"], {})


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
