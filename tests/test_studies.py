"""The real cycler files as two studies: every cell is analysed or left out with a reason, and the numbers are right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from shared import ROOT

from byssus import workflow
from byssus.validation import cycling
from byssus.validation.page import Page, to_markdown

Real = Callable[[str], Path]
STUDIES = ("half-cells", "full-cells")


@pytest.fixture(scope="module")
def data(real: Real) -> Path:
    return real("MANIFEST.csv").parent


@pytest.fixture(scope="module", params=STUDIES)
def run(request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory) -> workflow.Run:
    out = tmp_path_factory.mktemp("studies") / request.param
    return workflow.run_study(ROOT / "tests" / "studies" / request.param, data=data, out=out)


def results(run: workflow.Run, sample: str) -> dict[tuple[str, str | None], float | None]:
    """Return the numbers of a sample by name and basis."""
    return {(result.name, result.basis): result.value for result in run.results if result.sample == sample}


def test_every_file_of_a_cell_is_in_one_of_the_studies(data: Path) -> None:
    from byssus.study.study import load

    named: list[str] = []
    for study in STUDIES:
        loaded = load(ROOT / "tests" / "studies" / study, data=data)
        assert loaded.faults == ()
        for cell in loaded.cells.values():
            named += cell.files
        for left in loaded.excluded.values():
            named += left.files or []
    # A Parquet among them is a reference of another library.
    files = {path.relative_to(data).as_posix() for path in data.glob("cycler_*/*") if path.suffix != ".parquet"}
    assert sorted(named) == sorted(files)


def test_every_cell_is_analysed_or_left_out_with_a_reason(run: workflow.Run) -> None:
    assert run.errors == ()
    assert {cell.name for cell in run.cells} == set(run.study.cells)
    assert all(len(str(left["reason"])) > 20 for left in run.study.exclusions())
    # What stands in the way of a cell, and a defect of Byssus, would be among these.
    assert not {"unread-file", "cell-left-out"} & {finding.code for finding in run.findings}
    assert run.report.is_file()


def test_no_number_is_without_value_and_reason(run: workflow.Run) -> None:
    for result in run.results:
        assert result.value is not None or result.reason, result
        assert result.unit, result


def test_the_three_tables_of_results_say_the_same(run: workflow.Run) -> None:
    parquet = pl.read_parquet(run.folder / "results.parquet")
    csv = pl.read_csv(run.folder / "results.csv", schema=parquet.schema)
    said: dict[str, Any] = json.loads((run.folder / "results.json").read_text(encoding="utf-8"))
    assert parquet.height == len(run.results) > 100
    assert csv.equals(parquet)
    assert pl.DataFrame(said["results"], schema=parquet.schema).equals(parquet)
    assert {one["sample"] for one in said["results"]} == set(said["samples"]) == {cell.name for cell in run.cells}
    assert [left["sample"] for left in said["excluded"]] == list(run.study.excluded)


def only(run: workflow.Run, title: str) -> None:
    if run.study.title != title:
        pytest.skip(f"of {title}")


def test_numbers_of_the_half_cells(run: workflow.Run) -> None:
    only(run, "The half cells of the test data")
    # First lithiation and delithiation as MANIFEST.csv has them, from other programs.
    numbers = results(run, "45_cc_01")
    assert numbers["first-cycle lithiation capacity", "cell"] == pytest.approx(1.7551, abs=5e-5)
    assert numbers["first-cycle delithiation capacity", "cell"] == pytest.approx(1.6254, abs=5e-5)
    # 1.7551 mAh / 0.8528 mg.
    assert numbers["first-cycle lithiation capacity", "active material"] == pytest.approx(2058.0, abs=0.1)
    assert {"efficiency-impossible", "inventory-impossible"} <= {
        finding.code for finding in run.findings if finding.sample == "45_cc_01"
    }
    # 0.349 mAh / 0.860 mAh.
    assert results(run, "6-6-L")["first-cycle coulombic efficiency", None] == pytest.approx(40.58, abs=0.005)
    # 0.0176 mAh / 0.0256 mAh of the instrument's tab Cycle, and 0.0174 mAh over 0.0176 mAh.
    numbers = results(run, "NJK_CC_156")
    assert numbers["first-cycle coulombic efficiency", None] == pytest.approx(68.75, abs=1e-9)
    assert numbers["retention of delithiation capacity", "cycle 1"] == pytest.approx(100 * 174 / 176, abs=1e-9)
    # The instrument's own column Chg. Spec. Cap.(mAh/g), step 8 of its cycle 1.
    numbers = results(run, "neware_uio")
    assert numbers["first-cycle delithiation capacity", "active material"] == pytest.approx(2042.95, abs=0.01)
    # 0.459361 mAh / 1.2465 mg, and the share of the mass's ± of it.
    (found,) = [
        result
        for result in run.results
        if (result.sample, result.name, result.basis)
        == ("FK155", "first-cycle delithiation capacity", "active material")
    ]
    assert found.value == pytest.approx(459.361 / 1.2465, abs=1e-3)
    assert found.uncertainty == pytest.approx(459.361 / 1.2465 * 0.0078 / 1.2465, abs=1e-3)
    # LiCoO2, made full: a cycle opens with delithiation.
    assert results(run, "ajm314")["first-cycle mean delithiation voltage", None] == pytest.approx(4.0144, abs=1e-4)


def test_numbers_of_the_full_cells(run: workflow.Run) -> None:
    only(run, "The full cells of the test data")
    # The counters of PEC's rows 6297 and 11282: 44424.915 mAh, 148356.771 mWh in; 44351.991 mAh, 144897.131 mWh out.
    numbers = results(run, "SAFT VL43EFe")
    assert numbers["first-cycle coulombic efficiency", None] == pytest.approx(100 * 44351.991 / 44424.915, abs=1e-6)
    assert numbers["first-cycle mean charge voltage", None] == pytest.approx(148356.771 / 44424.915, rel=1e-5)
    assert numbers["first-cycle mean discharge voltage", None] == pytest.approx(144897.131 / 44351.991, rel=1e-5)
    # Step 5, at constant voltage, over steps 4 and 5 of Maccor's file.
    share = results(run, "M50 at 0 °C")["first-cycle constant-voltage share of charge", None]
    assert share == pytest.approx(100 * 1153.88 / (3368.71 + 1153.88), abs=1e-3)
    # The program's 22.5 mA on 45 mAh.
    rate = results(run, "Empa 120-6-1-36")["last discharge C-rate", "nominal capacity"]
    assert rate == pytest.approx(0.5, rel=1e-3)
    # The program's currents, three cycles each.
    numbers = results(run, "HJ19_09")
    for plateau, current in enumerate((0.06644, 0.13289, 0.26579, 0.44299, 0.66448, 1.32897, 2.65794), start=1):
        assert numbers[f"current of rate plateau {plateau}", None] == pytest.approx(current, rel=2e-3)
    # A charge that goes on has no efficiency, and says why.
    numbers = results(run, "IFE LNMO")
    assert numbers["first-cycle coulombic efficiency", None] is None


@pytest.fixture(scope="module")
def page(data: Path) -> Page:
    return cycling.compare(data)


def test_no_comparison_is_outside_its_allowance(page: Page) -> None:
    assert [comparison for comparison in page.comparisons if not comparison.holds] == []
    assert "**no**" not in to_markdown(page)


def test_every_quantity_of_a_cycle_is_compared(page: Page) -> None:
    compared = " / ".join(comparison.quantity for comparison in page.comparisons)
    for quantity in (
        "charge capacity",
        "lithiation capacity",
        "coulombic efficiency",
        "energy efficiency",
        "charge energy",
        "mean discharge voltage",
        "voltage hysteresis",
        "retention",
        "cumulative irreversible capacity",
        "discharge current",
        "discharge C-rate",
        "constant-voltage share of charge",
        "internal resistance at the start of charge",
        "internal resistance at the rest after discharge",
        "end of charge",
        "± of the delithiation capacity",
        "fade, linear",
        "fade per cycle, end to end",
        "currents of the rate plateaus",
        "Tian's tau",
        "Peukert's k",
        "integral of dQ/dV",
        "positions of the peaks of dQ/dV",
        "integral of dV/dQ",
    ):
        assert quantity in compared, quantity


def test_the_page_in_the_documentation_is_this_one(page: Page) -> None:
    committed = (ROOT / "docs" / "validation" / "cycling.md").read_text(encoding="utf-8")

    def compared(text: str) -> list[list[str]]:
        # Differences below the last digit are the machine's; what was compared, how often and whether it holds are not.
        rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
        return [[*row[:4], row[-1]] for row in rows]

    assert compared(committed) == compared(to_markdown(page)), "run: byssus validate cycling"


def test_a_wrong_capacity_does_not_hold(data: Path) -> None:
    book = cycling._Book(data)
    book.shares("a", "capacity", "b", [1.0, 2.0], [1.0, 2.0 * (1 + 1e-5)], 1e-6)
    book.shares("a", "capacity", "b", [1.0], [1.0, 2.0], 1e-6)
    book.shares("a", "capacity", "b", [float("nan")], [1.0], 1e-6)
    book.values("a", "voltage", "b", [float("nan"), 1.0], [1.0, 1.0], 1e-6, "V")
    book.values("a", "voltage", "b", [], [], 1e-6, "V")
    book.by_hand("a", "resistance", "1 / 2", 0.5, None, "Ω")
    assert [comparison.holds for comparison in book.comparisons] == [False] * 6
