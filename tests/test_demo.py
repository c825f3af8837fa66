"""The shipped studies: what they say is in the files and in the paper, and the demonstration needs nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from shared import DEMO, EXAMPLES, ROOT, SHIPPED

from byssus.errors import ByssusError, StudyError
from byssus.files import sha256_of
from byssus.measured.tables import Table
from byssus.source import Source
from byssus.study.study import load
from byssus.workflow import run_study

CCL = EXAMPLES / "ccl"
TRAP = "ajm314 (entered twice on purpose)"
BIOLOGIC = "jdb11-1"

#: The extra is installed for the tests; so it is not there.
NO_GALVANI = "import sys\nsys.modules['galvani'] = None\n"


def shipped() -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = tomllib.loads((DEMO / "SOURCES.toml").read_text(encoding="utf-8"))["file"]
    return files


def run_demo(folder: Path, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "byssus", "demo", "--json"],
        capture_output=True, encoding="utf-8", check=False, cwd=folder, env=os.environ | environment,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> dict[str, Any]:
    return run_demo(folder)


# The demonstration


def test_what_is_shipped_is_accounted_for() -> None:
    entries = shipped()
    names = {entry["name"] for entry in entries}
    assert {file.name for file in DEMO.iterdir()} == names | {
        "study.yaml",
        "README.md",
        "SOURCES.toml",
        "LICENSE-navani",
    }
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    for entry in entries:
        assert sha256_of(DEMO / entry["name"]) == entry["sha256"]
        assert f"`{entry['name']}`" in readme
    study = load(DEMO)
    assert study.faults == ()
    assert {file for cell in study.cells.values() for file in cell.files} == names
    assert [source.title.startswith("Ben Smith, navani 0.1.22") for source in study.data_sources] == [True]
    assert sum(file.stat().st_size for file in SHIPPED) < 10e6


def test_the_shipped_files_may_be_shipped(real: Any) -> None:
    manifest = pl.read_csv(real("MANIFEST.csv")).rows_by_key("sha256", named=True, unique=True)
    for entry in shipped():
        known = manifest[entry["sha256"]]
        assert known["licence"] == entry["licence"] == "MIT"
        assert known["may_copy_into_project"].startswith("yes, from the source distribution of navani 0.1.22")


def test_every_number_is_traced_to_a_shipped_file(demo: dict[str, Any], folder: Path) -> None:
    hashes = {entry["name"]: entry["sha256"] for entry in shipped()}
    samples = demo["samples"]
    assert demo["findings"]
    assert set(samples) == set(load(DEMO).cells)
    for sample in samples.values():
        (source,) = sample["provenance"]
        assert source["sha256"] == hashes[source["file"]]
    numbers = pl.read_csv(folder / "byssus-demo" / "results.csv")
    assert numbers.height > 200
    assert set(numbers["sample"]) == set(samples)
    assert (folder / "byssus-demo" / "report.html").stat().st_size < 12e6


@pytest.mark.parametrize(
    # Read off the files' own records: whole or begun cycles, and the limits of the voltage after the first rest.
    ("cell", "cycles", "low", "high"),
    [("NJK_CC_156", 30, 0.005, 2.0), ("bs542_004", 2, 0.05, 1.0), ("ajm314", 4, 3.0, 4.3), (BIOLOGIC, 6, 2.0, 3.8)],
)
def test_what_is_said_of_the_cells_is_so(demo: dict[str, Any], folder: Path, cell: str, cycles: int, low: float, high: float) -> None:  # fmt: skip
    assert len(demo["samples"][cell]["cycling"]["summary"]) == cycles
    data = Table.read_parquet(folder / "byssus-demo" / "tables" / f"{cell}.parquet").data
    flowing = data.filter(pl.col("Cell Direction").cast(str) != "rest")
    ends = flowing.group_by("Step Count / 1", maintain_order=True).last()
    by_direction = ends.group_by(pl.col("Cell Direction").cast(str)).agg(pl.col("Voltage / V").median())
    limits = dict(by_direction.iter_rows())
    # The last delithiation of the graphite cell is cut off, so of two the median says nothing of the limit.
    highest = ends["Voltage / V"].max() if cell == "bs542_004" else limits["charge"]
    assert limits["discharge"] == pytest.approx(low, abs=0.001)
    assert highest == pytest.approx(high, abs=0.005)


def test_the_trap_is_found_and_counts_for_nothing(demo: dict[str, Any]) -> None:
    (found,) = [finding for finding in demo["findings"] if finding["code"] == "identical-data"]
    assert found["sample"] == TRAP
    assert found["message"] == f"ajm314 and {TRAP} hold the same data to the last digit"
    means = [mean for mean in demo["binders"] if mean["group"] == "not stated (LCO)" and mean["mean"] is not None]
    assert means
    assert {mean["cells"] for mean in means} == {1}
    assert {mean["interval"] is None for mean in means} == {True}
    # No unlike electrodes share a mean: each group is one electrode.
    assert {mean["electrodes"] for mean in demo["binders"] if mean["mean"] is not None} == {1}


def test_without_galvani_its_cell_is_left_out_and_said_so(folder: Path, demo: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_GALVANI)
    without = run_demo(folder, PYTHONPATH=str(tmp_path))
    assert set(without["samples"]) == set(demo["samples"]) - {BIOLOGIC}
    assert [cell["sample"] for cell in without["excluded"]] == [BIOLOGIC]
    (found,) = [finding for finding in without["findings"] if finding["code"] == "cell-excluded"]
    assert found["sample"] == BIOLOGIC
    assert "pip install 'byssus[biologic]'" in found["message"]
    page = (folder / "byssus-demo" / "report.html").read_text(encoding="utf-8")
    assert "byssus[biologic]" in page
    # The others are what they are with it.
    assert without["results"] == [row for row in demo["results"] if row["sample"] != BIOLOGIC]


# The paper's study


def test_the_papers_study_holds_its_four_binders_and_no_cell() -> None:
    study = load(CCL)
    assert study.faults == ()
    assert list(study.binders) == ["CCL", "CL", "CMC", "LS"]
    assert study.cells == study.excluded == {}
    assert {electrode.binder for electrode in study.electrodes.values()} == set(study.binders)
    for binder, solution in {"CCL": "CCL", "CL": "CL", "CMC": "CMC solution", "LS": "LS solution"}.items():
        recipe = study.recipes[f"Si/{binder}"]
        assert {name: part.value for name, part in recipe.parts.items()} == {"Si": 6, "Super P": 2, solution: 2}
    assert {file.parent.resolve() for file in study.recipe_files.values()} == {EXAMPLES / "recipes"}
    assert list(study.recipe_files) == list(study.recipes)
    assert {reference.source.doi for reference in study.references} == {"10.1016/j.est.2026.120607"}


def test_the_papers_cells_are_simulated() -> None:
    """0.82 mg/cm² of silicon on 1.13 cm² (section 2.2, equation 2), between the voltages of section 2.4."""
    study = load(CCL)
    assert list(study.virtual) == list(study.binders)
    for name, cell in study.virtual.items():
        sample = study.sample(name)
        assert (sample.binder, sample.configuration, sample.made) == (name, "half", "empty")
        assert sample.active_mass is not None
        assert sample.active_mass.to("mg").value == pytest.approx(0.82 * 1.13)
        assert sample.active_mass.to("mg").uncertainty == pytest.approx(0.03 * 1.13)
        assert (str(cell.window.lower), str(cell.window.upper)) == ("0.005 V", "1.5 V")
        assert study.protocol(name, "cv").window.upper.to("V").value == 1.2
        rate = [str(current) for current in cell.tests.rate.currents]
        assert rate == ["0.2 A/g", "0.5 A/g", "1 A/g", "2 A/g", "4 A/g", "6 A/g"]
    calibration = study.virtual["CCL"].calibrate
    assert calibration is not None
    values = {str(one.current): one.value.value for one in reversed(study.reported("CCL", calibration.quantity))}
    assert values == {
        "0.2 A/g": 3227,
        "0.5 A/g": 2744,
        "1 A/g": 2425.5,
        "2 A/g": 1920.6,
        "4 A/g": 1408.1,
        "6 A/g": 1101.3,
    }
    assert {str(current) for current in calibration.currents} == {"0.2 A/g", "1 A/g", "6 A/g"}


def test_the_current_of_a_reference_is_that_of_its_label() -> None:
    for reference in load(CCL).references:
        said = re.search(r"at ([\d.]+)( A/g|C)\b", reference.label or "")
        assert (said is None) == (reference.current is None), reference.label
        if said is not None and reference.current is not None:
            assert reference.current.unit == {" A/g": "A/g", "C": "1/h"}[said[2]]
            assert reference.current.value == float(said[1])


def test_running_a_study_of_references_alone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="names no cell, only values from the literature and virtual cells") as told:
        run_study(CCL, out=tmp_path / "out")
    assert "\n" not in str(told.value)
    assert told.value.exit_code == 1
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def paper() -> dict[str, str]:
    """The text of the paper by its sections, from the documents that the project was begun with."""
    seeds = Path(os.environ.get("BYSSUS_TEST_DATA", ROOT.parent / "shared" / "data")).parent / "seeds"
    texts = [file.read_text(encoding="utf-8") for file in sorted(seeds.glob("*.txt"))]
    text = next((text for text in texts if "ABSTRACT" in text and "10.1016/j.est.2026.120607" in text[:6000]), None)
    if text is None:
        pytest.skip(f"the paper is not in {seeds}")
    headings = {"Abstract": "ABSTRACT", "1": "1. Introduction", "2": "2. Experiment", "3": "3. Results and discussions",
                "4": "4. Conclusion", "": "CRedit authorship"}  # fmt: skip
    places = [text.index(heading) for heading in headings.values()]
    return {name: text[at:end] for name, at, end in zip(headings, places, places[1:], strict=False)}


def test_every_reported_number_stands_in_its_section(paper: dict[str, str]) -> None:
    references = load(CCL).references
    assert len(references) == 35
    for reference in references:
        section, value = paper[str(reference.source.section)], reference.value
        percent = r"\s*\\?%" if value.unit == "%" else ""
        assert re.search(
            rf"(?<![\d.]){re.escape(f'{value.value:.10g}'.replace('-', '−'))}(?!\d|\.\d){percent}", section
        ), str(reference)
        if reference.cycle not in (None, 1):
            assert f"after {reference.cycle} cycles" in section.replace("\n", " ").replace("After", "after")
        if figure := reference.source.figure:
            assert re.search(rf"Fig\. {re.escape(str(figure))}\b", section), str(reference)


def test_every_number_of_the_recipes_stands_in_the_paper(paper: dict[str, str]) -> None:
    whole = " ".join(paper.values()).replace("−", "-")
    study = load(CCL)
    electrodes = study.electrodes
    assert str(electrodes["Si/CCL, thick"].active_loading) == "1.2 mg/cm²"
    coating = study.recipes["Si/CMC"].electrode
    assert coating is not None
    assert str(coating.loading) == "0.820 ± 0.030 mg/cm²"
    printed = ["5.0 mg", "9.0 mg", "30.0 mg", "10 mg", "20 mg", "9:5:6", "9:2:9", "9:9:2", "6:2:2", "8:1:1", "1:4.8", "22 wt%",
               r"0.82 \pm 0.03", "1.13", "1.2 mg", "500 rpm", "800 rpm", "1.15", "2700", "210 mAh", "3579", "2.5 mA",
               "3.52 N", "12.48 GPa", "9.77 GPa", "16.46%", "28.23", "24.09", "44.29", "-3.7916", "-1.1466",
               "215%, 214%, 233%, and 166% for the Si/CL, Si/CMC, Si/LS, and Si/CCL", "CT2001A", "CR2025"]  # fmt: skip
    flat = re.sub(r"\s+", " ", whole)
    assert [text for text in printed if text not in flat] == []


# What the shipped studies need of a study


def written(folder: Path, text: str) -> Path:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return folder


REFERENCE = "references: [{label: x, quantity: first-cycle coulombic efficiency, value: 93 %, source: a paper}]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # Without references, with none that can be understood, and with a cell that cannot be.
        ("schema: 1\ncells: {}\n", "cells: names no cell"),
        (f"schema: 1\ncells: {{}}\n{REFERENCE.replace('93 %', '93 V')}", "cells: names no cell"),
        (f"schema: 1\ncells: {{a: {{}}}}\n{REFERENCE}", "cells.a.electrode: is missing"),
        (f"schema: 1\ncells: {{a: {{excluded: shorted}}}}\n{REFERENCE}", "every cell is excluded"),
    ],
)
def test_a_study_without_cells_must_have_references(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ByssusError) as told:
        load(written(tmp_path, text))
    assert message in str(told.value)


def test_data_sources_are_read_one_by_one(tmp_path: Path) -> None:
    sources = (
        "data_sources:\n  - A title alone\n  - {title: With a DOI, doi: 10.1000/182, note: CC BY 4.0}\n"
        "  - {title: Wrong, doi: 182}\n  - {titel: Wrong}\n  - 7\n  - {title: Wrong, low: [1]}\n"
    )
    study = load(written(tmp_path, f"schema: 1\n{REFERENCE}{sources}"))
    assert study.data_sources == (Source("A title alone"), Source("With a DOI", doi="10.1000/182", note="CC BY 4.0"))
    assert [(fault.field, fault.place) for fault in study.faults] == [
        (f"data_sources.{number}", f"line {number + 3}") for number in (3, 4, 5, 6)
    ]
    assert all("\n" not in str(fault) and "was left out" in str(fault) for fault in study.faults)
    (fault,) = load(written(tmp_path, f"schema: 1\n{REFERENCE}data_sources: navani\n")).faults
    assert "data_sources: is not a list" in str(fault)
