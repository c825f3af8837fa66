"""Running a study: one cell's trouble is that cell's, and what could overturn the answer is said."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from test_readers import LANDT_HEADING

from byssus import workflow
from byssus.errors import ReadError, SeveralErrors
from byssus.files import sha256_of


def cell(path: Path, hours: list[float]) -> None:
    """Write a LANDT file of alternating discharges and charges at 1 mA."""
    lines, t, record = ["test: x,,\n", LANDT_HEADING], 0.0, 0
    for step, duration in enumerate(hours, 1):
        sign, column = (-1, "{q},0") if step % 2 else (1, "0,{q}")
        for at in range(21):
            since, record = duration * 3600 * at / 20, record + 1
            volts = 0.8 - 0.79 * at / 20 if sign < 0 else 0.01 + 0.99 * at / 20
            q = column.format(q=f"{1e-3 * since / 3600:.7f}")
            lines.append(
                f"{record},1,{step},04/30/2024 14:33:19,{t + since:.3f},{since:.3f},{sign * 1e-3:.6f},{volts:.4f},{q},0,0,0,x,\n"
            )
        t += duration * 3600
    path.write_text("".join(lines))


def study(folder: Path, cells: str, **files: list[float]) -> Path:
    for name, hours in files.items():
        cell(folder / f"{name}.csv", hours)
    (folder / "study.yaml").write_text(
        "schema: 1\nbinders: {CMC: {}, CCL: {}}\n"
        "electrodes: {E: {binder: CMC, made: empty}, F: {binder: CCL, made: empty}}\n"
        f"cells:\n{cells}"
    )
    return folder


def line(name: str, file: str, electrode: str = "E", more: str = "") -> str:
    return f"  {name!r}: {{electrode: {electrode}, configuration: half, files: [{file}], active_mass: 1.0 ± 0.1 mg{more}}}\n"


HOURS = [2.0, 1.5, 1.5, 1.4, 1.45, 1.4]


def codes(run: workflow.Run) -> list[str]:
    return [finding.code for finding in run.findings]


def test_copies_are_not_replicates(tmp_path: Path) -> None:
    folder = study(
        tmp_path, line("A", "a.csv") + line("B", "b.csv") + line("C", "c.csv", "F"), a=HOURS, b=HOURS, c=HOURS[:4]
    )
    run = workflow.run_study(folder)
    found = next(finding for finding in run.findings if finding.code == "identical-data")
    assert found.message == "A and B hold the same data to the last digit"
    # Two copies are one cell.
    assert sum(code == "single-cell" for code in codes(run)) == 2
    different = study(tmp_path, line("A", "a.csv") + line("B", "b.csv"), a=HOURS, b=[2.0, 1.5, 1.5, 1.41, 1.45, 1.4])
    assert not {"identical-data", "single-cell"} & set(codes(workflow.run_study(different)))


def test_names_that_look_alike_to_a_file_system_stay_apart(tmp_path: Path) -> None:
    cells = "".join(line(name, "a.csv") for name in ("A/1", "A:1", "a", "A", "n" * 300, "..", "ä β"))
    run = workflow.run_study(study(tmp_path, cells, a=HOURS))
    tables = sorted(path.name for path in (run.folder / "tables").iterdir())
    assert len(tables) == len({name.casefold() for name in tables}) == 7
    assert len(list((run.folder / "cycles").iterdir())) == 7


def test_cycles_that_were_not_measured_are_named(tmp_path: Path) -> None:
    folder = study(tmp_path, line("A", "a.csv") + "analysis: {profile_cycles: [1, 100, 200]}\n", a=HOURS)
    found = next(finding for finding in workflow.run_study(folder).findings if finding.code == "cycle-not-measured")
    assert "100, 200" in found.message


def test_one_broken_cell_is_its_own_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = line("A", "a.csv") + line("long", "x" * 400) + line("rest", "r.csv") + line("defect", "d.csv")
    folder = study(tmp_path, cells, a=HOURS, d=HOURS)
    (folder / "r.csv").write_text(
        (folder / "a.csv").read_text().replace(",0.001000,", ",0.0,").replace(",-0.001000,", ",0.0,")
    )
    original = workflow.study.examine

    def examine(table, *options):  # type: ignore[no-untyped-def]
        if table.metadata.sample.name == "defect":
            raise ZeroDivisionError("of ours")
        return original(table, *options)

    monkeypatch.setattr(workflow.study, "examine", examine)
    run = workflow.run_study(folder)
    assert list(run.samples) == ["A"]
    assert [type(error).__name__ for error in run.errors] == ["ReadError", "AnalysisError", "ByssusError"]
    assert "cells.rest" in str(run.errors[1])
    assert "by a defect of Byssus (ZeroDivisionError: of ours)" in str(run.errors[2])
    assert all("\n" not in str(error) for error in run.errors)


def test_when_nothing_works_every_reason_is_told(tmp_path: Path) -> None:
    folder = study(tmp_path, line("A", "a.csv") + line("B", "b.csv") + line("C", "c.csv", more=", mas: 1"))
    with pytest.raises(SeveralErrors) as caught:
        workflow.run_study(folder)
    assert len(caught.value.errors) == 4
    assert not (folder / "results").exists()


def test_results_name_what_they_were_made_from(tmp_path: Path) -> None:
    run = workflow.run_study(study(tmp_path, line("A", "a.csv"), a=HOURS))
    answer = run.as_dict()
    assert answer["study"]["sha256"] == sha256_of(tmp_path / "study.yaml")
    sample = answer["samples"]["A"]
    assert sample["provenance"][0]["sha256"] == sha256_of(tmp_path / "a.csv")
    assert sample["active_mass"] == {"value": 1.0, "unit": "mg", "uncertainty": 0.1}
    table = pl.read_parquet(tmp_path / "results" / "tables" / "A.parquet")
    assert table.height == 6 * 21


def test_a_table_that_no_reader_knows_is_read_by_its_column_map(tmp_path: Path) -> None:
    folder = study(tmp_path, line("A", "a.csv"), a=HOURS)
    known = workflow.run_study(folder)
    table = pl.read_parquet(known.folder / "tables" / "A.parquet")
    own = table.select(
        (pl.col("Test Time / s") / 3600).alias("t(h)"),
        pl.col("Voltage / V").alias("U"),
        (pl.col("Current / A") * -1000).alias("I"),
        pl.col("Step Count / 1").alias("step"),
        (pl.col("Step Cumulative Capacity / Ah") * 1000).alias("Q"),
    )
    (folder / "own.txt").write_text(own.write_csv(separator=";").replace(".", ","))
    columns = (
        ", columns: {separator: ';', decimal: ',', current_positive: discharges, columns: {time: {column: 't(h)', unit: h}, "
        "voltage: {column: U, unit: V}, current: {column: I, unit: mA}, step_count: {column: step, unit: '1'}, "
        "capacity: {column: Q, unit: mAh}}}"
    )
    mapped = workflow.run_study(study(tmp_path, line("A", "own.txt", more=columns)))
    # The peaks of dQ/dV depend on the digits of the file, which are others here.
    values = [
        [result.value for result in run.results if result.value is not None and not result.name.startswith("dQ/dV")]
        for run in (known, mapped)
    ]
    assert values[1] == pytest.approx(values[0], rel=1e-9)
    broken = study(tmp_path, line("A", "own.txt", more=columns.replace("column: U", "column: V")))
    with pytest.raises(ReadError, match="'V'"):
        workflow.run_study(broken)


def test_the_binders_means_stand_beside_the_cells(tmp_path: Path) -> None:
    shorter = [2.0, 1.5, 1.5, 1.3, 1.45, 1.3]
    run = workflow.run_study(study(tmp_path, line("A", "a.csv") + line("B", "b.csv"), a=HOURS, b=shorter))
    means = {(mean["name"], mean["basis"]): mean for mean in run.as_dict()["binders"]}
    last = next(
        mean
        for (name, basis), mean in means.items()
        if "delithiation capacity" in name and basis == "active material" and mean["cycle"] == 3
    )
    assert last["mean"] == pytest.approx((1400 + 1300) / 2, rel=1e-3)
    assert (last["cells"], last["electrodes"]) == (2, 1)
    assert last["interval"][0] < 1350 < last["interval"][1]
    assert "coatings" in last["reservation"]
