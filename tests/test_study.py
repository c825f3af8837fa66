"""study.yaml: what it says is understood, and what is wrong is named and left out."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from shared import DEMO, ROOT, square_wave
from test_workflow import HOURS, cell, line, study

from byssus import knowledge, workflow
from byssus.analysis.cycling import cycles as cycling
from byssus.analysis.cycling.summary import summarise
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.errors import ByssusError, OutputError, SeveralErrors, StudyError, UsageError
from byssus.handwritten.fields import names_of
from byssus.measured.metadata import Sample
from byssus.quantity import Quantity, convert
from byssus.recipe.model import Recipe
from byssus.source import Source
from byssus.study import model
from byssus.study.start import SCHEMA_FILE, start
from byssus.study.study import load

GOOD = """\
schema: 1
title: Two binders
binders: {CMC: {}, CCL: {note: crosslinked}}
electrodes:
  Si/CMC: {binder: CMC, made: empty, active_material: nano-Si}
  Si/CCL: {binder: CCL, made: empty}
cells:
  CMC-1:
    electrode: Si/CMC
    configuration: half
    files: [a.csv]
    active_mass: 0.927 ± 0.034 mg
    electrode_area: 1.13 cm²
  CCL-1: {electrode: Si/CCL, configuration: half, files: [b.csv]}
analysis: {retention_baseline: 2, profile_cycles: [1, 2]}
"""


def written(folder: Path, text: str) -> Path:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_good_study(tmp_path: Path) -> None:
    study = load(written(tmp_path, GOOD))
    assert study.faults == ()
    assert study.title == "Two binders"
    sample = study.sample("CMC-1")
    assert (sample.binder, sample.electrode, sample.active_material) == ("CMC", "Si/CMC", "nano-Si")
    assert (sample.configuration, sample.made) == (Configuration.HALF, Made.EMPTY)
    assert sample.active_mass == Quantity(0.927, "mg", 0.034)
    assert sample.electrode_area == Quantity(1.13, "cm^2")
    assert study.analysis.retention_baseline == 2
    assert load(tmp_path / "study.yaml").cells == study.cells


def test_the_shipped_study_has_no_fault() -> None:
    assert load(DEMO).faults == ()


@pytest.mark.parametrize(
    ("old", "new", "fault", "left"),
    [
        (
            "active_mass",
            "active_mas",
            "line 12: cells.CMC-1.active_mas: is not a field .* did you mean 'active_mass'",
            2,
        ),
        ("title:", "titel:", "line 2: titel: is not a field .* did you mean 'title'", 2),
        ("binders:", "binder:", "line 3: binder: is not a field .* did you mean 'binders'", None),
        ("0.927 ± 0.034 mg", "0.927 V", "cells.CMC-1.active_mass: 'V' cannot become kg", 2),
        ("0.927 ± 0.034 mg", "0 mg", "cells.CMC-1.active_mass: 0 mg is not above zero", 2),
        ("0.927 ± 0.034 mg", "0.927", "cells.CMC-1.active_mass: 0.927 has no unit", 2),
        (
            "    configuration: half",
            "    configuration: haf",
            "line 10: cells.CMC-1.configuration: 'haf' is not half or full",
            1,
        ),
        (
            "    configuration: half\n",
            "",
            "line 8: cells.CMC-1.configuration: is missing \\(half or full\\); cells.CMC-1 was left out",
            1,
        ),
        (
            "electrode: Si/CMC",
            "electrode: Si/CM",
            "cells.CMC-1.electrode: 'Si/CM' is not among .* did you mean 'Si/CMC'",
            1,
        ),
        ("{binder: CCL,", "{binder: CLL,", "electrodes.Si/CCL.binder: 'CLL' is not among .* did you mean 'CCL'", 1),
        (
            "retention_baseline: 2",
            "retention_baseline: 0",
            "analysis.retention_baseline: 0 is not 1 or more; the field was left out",
            2,
        ),
        ("files: [a.csv]", "files: []", r"cells.CMC-1.files: \[\] is empty; cells.CMC-1 was left out", 1),
        ("files: [a.csv]", "files: {a: b}", "is not a list; cells.CMC-1 was left out", 1),
        ("files: [a.csv]", "files:", "line 11: cells.CMC-1.files: is missing; cells.CMC-1 was left out", 1),
        ("0.927 ± 0.034 mg", "-0.927 mg", "line 12: cells.CMC-1.active_mass: -0.927 mg is not above zero", 2),
        ("0.927 ± 0.034 mg", "nan mg", "line 12: cells.CMC-1.active_mass: 'nan mg' is not a quantity", 2),
        ("0.927 ± 0.034 mg", ".nan", "line 12: cells.CMC-1.active_mass: nan has no unit", 2),
        ("0.927 ± 0.034 mg", "1e999 mg", "line 12: cells.CMC-1.active_mass: inf is not a finite number", 2),
        ("0.927 ± 0.034 mg", "0.927 ± -0.034 mg", "line 12: cells.CMC-1.active_mass: -0.034 is not an uncertainty", 2),
        ("0.927 ± 0.034 mg", "1e300 kg", "line 12: cells.CMC-1.active_mass: .* is out of all proportion", 2),
        ("0.927 ± 0.034 mg", "1e-200 kg", "line 12: cells.CMC-1.active_mass: .* is out of all proportion", 2),
        ("1.13 cm²", "0 cm^2", "line 13: cells.CMC-1.electrode_area: 0 cm² is not above zero", 2),
        ("1.13 cm²", "1.13 cm", "line 13: cells.CMC-1.electrode_area: 'cm' cannot become m", 2),
        (
            "title:",
            "comparisons: {control: CMC, pairs: [{binder: CLL, against: CMC}]}\ntitle:",
            "line 2: comparisons.pairs: 'CLL' is not among the binders .* did you mean 'CCL'",
            2,
        ),
        (
            "title:",
            "comparisons: {control: CMB}\ntitle:",
            "line 2: comparisons.control: 'CMB' is not among the binders .* did you mean 'CMC'",
            2,
        ),
        (
            "title:",
            "comparisons: {controll: CMC}\ntitle:",
            "line 2: comparisons.controll: is not a field .* did you mean 'control'",
            2,
        ),
        ("title:", "comparisons: {pairs: [{binder: CCL}]}\ntitle:", "line 2: comparisons.pairs.against: is missing", 2),
        ("title:", "comparisons: {pairs: [CCL]}\ntitle:", "line 2: comparisons.pairs: 'CCL' is not a set of fields", 2),
        (
            "made: empty}",
            "made: empty, recipe: R}",
            "line 6: electrodes.Si/CCL.recipe: 'R' is not among the recipes",
            2,
        ),
        (
            "made: empty}",
            "made: empty, active_share: 60}",
            "line 6: electrodes.Si/CCL.active_share: 60 is more than the whole; write 60 % as '60 %' or 0.6",
            2,
        ),
        ("title:", "recipes: 3\ntitle:", "line 2: recipes: is not a list of names with their fields", 2),
        ("title:", "references: {a: 1}\ntitle:", "line 2: references: is not a list", 2),
        ("title:", "data: nowhere\ntitle:", "line 2: data: 'nowhere' is not a folder; .* --data", 2),
        ("retention_baseline: 2", "retention_baseline: true", "True is not a whole number; the field was left out", 2),
        ("retention_baseline: 2", "retention_baseline: 1.5", "1.5 is not a whole number", 2),
        ("title: Two binders", "title: [1, 2]", r"line 2: title: \[1, 2\] is not text", 2),
    ],
)
def test_a_fault_is_named_with_its_line_and_the_rest_stands(
    tmp_path: Path, old: str, new: str, fault: str, left: int | None
) -> None:
    assert old in GOOD
    # The last one, for what several parts have.
    folder = written(tmp_path, new.join(GOOD.rsplit(old, 1)) if old == "made: empty}" else GOOD.replace(old, new, 1))
    if left is None:
        with pytest.raises(SeveralErrors) as caught:
            load(folder)
        assert re.search(fault, str(caught.value.errors[0]))
        return
    study = load(folder)
    assert len(study.cells) == left
    assert len(study.faults) >= 1
    assert re.search(fault, str(study.faults[0]))
    assert str(tmp_path / "study.yaml") in str(study.faults[0])
    assert all("\n" not in str(line) for line in study.faults)
    assert study.findings()[0].severity == "error"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no study"),
        ("- a\n- b\n", "holds no study"),
        ("title: x\n", "schema: is missing; write 'schema: 1'"),
        ("schema: 2\n", "line 1: schema: 2 is not a schema version"),
        ("schema: 1\ncells: [\n", "is not YAML"),
        ("schema: 1\nschema: 1\n", "line 2: is not YAML: found duplicate key"),
        ("schema: 1\n", "names no cell"),
        ("schema: 1\ncells: {a: {excluded: shorted}}\n", "every cell is excluded"),
        ("schema: 1\ncells: 3\n", "line 2: cells: is not a list of names"),
        ("schema: 1\ncells: {a: 3}\n", "line 2: cells.a: 3 is not a set of fields"),
        ("schema: 1\ncells: {a: !!python/object:os.system {}}\n", "cells.a"),
        ("a: &a [*a]\n", "schema"),
        ("\x00", "is not YAML"),
        ("schema: true\n", "schema: True is not a schema version"),
        ("[" * 3000, "is nested too deeply|is not YAML"),
        ("schema: 1\na: " + "[" * 20 + "]" * 20 + "\n", "nests deeper than 12"),
        ("schema: 1\ntitle: " + "x" * 1_000_001, "more than a study has"),
    ],
)
def test_a_file_that_is_no_study_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises((StudyError, SeveralErrors), match=message) as caught:
        load(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(StudyError, match="more than 100,000 values"):
        load(written(tmp_path, "schema: 1\n" + "\n".join(levels)))


def test_natural_spellings_are_understood(tmp_path: Path) -> None:
    text = (
        GOOD.replace("files: [a.csv]", "files: a.csv").replace("CMC: {}", "1: {}").replace("binder: CMC,", "binder: 1,")
    )
    study = load(written(tmp_path, text))
    assert study.faults == ()
    assert study.cells["CMC-1"].files == ("a.csv",)
    assert study.sample("CMC-1").binder == "1"


def test_missing_folder_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no such study"):
        load(tmp_path)
    (tmp_path / "study.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match="is not UTF-8 text"):
        load(tmp_path)


PARTS: tuple[type[BaseModel], ...] = (
    model.StudyFile, model.Binder, Recipe, model.Electrode, model.Cell, model.ExcludedCell, model.Comparisons,
    model.Pair, model.Reference, model.Analysis, model.VirtualCell, model.Known, model.Calibration, model.Test,
)  # fmt: skip

FULL = """\
schema: 1
title: Everything
binders: {CMC: {}, CCL: {}, PAA: }
recipes:
  "6:2:2": {parts: {silicon: 60, carbon: 20.0, binder: 20}, active: silicon, solvent: water}
electrodes:
  E: {binder: CMC, made: empty, recipe: "6:2:2", electrode_diameter: 12 mm, active_loading: 0.82 ± 0.03 mg/cm^2}
cells:
  A: {electrode: E, configuration: half, files: a.csv}
  B:
    electrode: E
    excluded: short circuit in cycle 3
    files: b.csv
  C: {excluded: true}
comparisons:
  control: CMC
  pairs: [{binder: CCL, against: PAA}, {binder: CCL, against: CMC}]
references:
  - binder: CMC
    quantity: first-cycle delithiation capacity
    basis: active material
    value: 3227 ± 118 mAh/g
    cycle: 1
    source: {title: "He et al. 2026", doi: 10.1016/j.est.2026.120607, figure: 4}
  - {label: others, quantity: mean coulombic efficiency after the first cycle, value: 99.2 %, source: A paper}
analysis: {retention_baseline: [2, 1], profile_cycles: 3}
virtual:
  V: {electrode: E, configuration: half, window: [5 mV, 1.5 V], given: {radius: 150 nm}, tests: {rate: {cycles: 3}}}
"""


def test_every_section_is_understood(tmp_path: Path) -> None:
    read = load(written(tmp_path, FULL))
    assert read.faults == ()
    assert list(read.cells) == ["A"]
    assert {name: cell.excluded for name, cell in read.excluded.items()} == {
        "B": "short circuit in cycle 3",
        "C": model.NO_REASON,
    }
    assert read.exclusions()[0] == {
        "sample": "B", "binder": "CMC", "electrode": "E", "reason": "short circuit in cycle 3"
    }  # fmt: skip
    # Every other binder against the control, and the pair that is named besides, once each.
    assert read.contrasts() == [("CCL", "CMC"), ("PAA", "CMC"), ("CCL", "PAA")]
    first, second = read.references
    assert first.value == Quantity(3227, "mAh/g", 118)
    assert first.basis is CapacityBasis.ACTIVE_MATERIAL
    assert first.source == Source("He et al. 2026", doi="10.1016/j.est.2026.120607", figure="4")
    assert (second.binder, second.label, second.source) == (None, "others", Source("A paper"))
    assert (read.analysis.retention_baseline, read.analysis.retention_baselines) == (2, (2, 1))
    assert read.analysis.profile_cycles == (3,)
    assert read.recipes["6:2:2"].parts["carbon"] == Quantity(20, "1")
    assert [f.message for f in read.findings() if f.code == "cell-excluded"] == [
        "line 12: excluded: short circuit in cycle 3",
        f"line 14: excluded: {model.NO_REASON}",
    ]


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ("{binder: CMC, quantity: first-cycle efficiency, value: 80 %, source: a}", "did you mean 'first-cycle"),
        ("{binder: CMB, quantity: first-cycle coulombic efficiency, value: 80 %, source: a}", "did you mean 'CMC'"),
        ("{quantity: first-cycle coulombic efficiency, value: 80 %, source: a}", "neither binder nor label"),
        ("{label: x, quantity: first-cycle coulombic efficiency, value: 80 mAh, source: a}", "80 mAh is not in %"),
        ("{label: x, quantity: lithiation capacity, value: 80 mAh/g, source: a}", "per active material or per coating"),
        ("{label: x, quantity: lithiation capacity, basis: area, value: 80 mAh/g, source: a}", "per area is not in"),
        ("{label: x, quantity: lithiation capacity, basis: gram, value: 80 mAh, source: a}", "basis: 'gram' is not"),
        ("{label: x, quantity: lithiation capacity, value: 80 mAh, source: {title: a, doy: b}}", "did you mean 'doi'"),
        ("{label: x, quantity: lithiation capacity, value: 80 mAh, source: {doi: 10.1000/182}}", "needs a title"),
        ("{label: x, quantity: lithiation capacity, value: 80 mAh, source: {title: a, doi: b}}", "'b' is not a DOI"),
        ("{label: x, quantity: lithiation capacity, value: 80 mAh, source: [a]}", "is not a source"),
        (
            "{label: x, quantity: lithiation capacity, value: 80 mAh, source: {title: a, low: [1]}}",
            "low of a source is a",
        ),
        ("{label: x, quantity: lithiation capacity, value: 80 mAh}", "source: is missing"),
        ("{label: x, quantity: peel force, value: 3, source: a}", "has no unit"),
        ("{label: x, quantity: peel forse, value: 3 N, source: a}", "did you mean 'peel force'"),
        ("{label: x, quantity: peel force, value: 3 N/m, source: a}", "3 N/m is not in N"),
        ("{label: x, quantity: peel force, basis: area, value: 3 N, source: a}", "is for capacities only"),
        ("{label: x, quantity: specific capacity, value: 80 mAh/g, source: a}", "per active material or per coating"),
        ("{label: x, quantity: areal capacity, basis: coating, value: 2 mAh/cm^2, source: a}", "per coating is not in"),
        ("{label: x, quantity: lithiation capacity, value: 80 mAh, source: a, cycle: 0}", "cycle: 0 is not 1 or more"),
        ("CMC", "references.1: 'CMC' is not a set of fields"),
    ],
)
def test_a_wrong_reference_is_named_and_left_out(tmp_path: Path, reference: str, fault: str) -> None:
    text = FULL.replace("references:\n", f"references:\n  - {reference}\n")
    read = load(written(tmp_path, text))
    assert len(read.faults) == 1
    assert "line 19: references.1" in str(read.faults[0])
    assert fault in str(read.faults[0])
    assert len(read.references) in (2, 3)
    assert read.references[-2:] == load(written(tmp_path, FULL)).references


@pytest.mark.parametrize(
    ("recipe", "fault"),
    [
        ("{parts: {silicon: 6, carbon: 0}, active: silicon}", "parts: carbon: 0 is not above zero"),
        ("{parts: {silicon: -6}, active: silicon}", "is not above zero"),
        ("{parts: {silicon: .nan}, active: silicon}", "parts.silicon: 'nan' is not a quantity"),
        ("{parts: {silicon: 6 g, carbon: 2}, active: silicon}", "in different units (1, g)"),
        ("{parts: {silicon: 6}, active: silicn}", "did you mean 'silicon'?"),
        ("{parts: {silicon: 6}}", "active: is missing"),
        ("{parts: {}, active: silicon}", "is empty"),
        ("{parts: 6:2:2, active: silicon}", "is not a set of fields"),
    ],
)
def test_a_wrong_recipe_costs_the_share_and_nothing_else(tmp_path: Path, recipe: str, fault: str) -> None:
    text = re.sub(r'  "6:2:2": .*', f'  "6:2:2": {recipe}', FULL)
    read = load(written(tmp_path, text))
    assert fault in str(read.faults[0])
    assert "line 5: recipes.6:2:2" in str(read.faults[0])
    assert read.sample("A").active_mass is not None
    assert read.sample("A").coating_mass is None


def test_what_goes_with_a_part_that_is_left_out_is_told_in_one_line(tmp_path: Path) -> None:
    cells = "".join(line(name, "a.csv", electrode) for name, electrode in (("A", "E"), ("B", "E"), ("C", "F")))
    folder = study(tmp_path, cells, a=HOURS)
    text = (folder / "study.yaml").read_text().replace("E: {binder: CMC, made: empty}", "E: {binder: CMC, made: }")
    read = load(written(tmp_path, text))
    assert [str(fault).split(": ", 1)[1] for fault in read.faults] == [
        "line 3: electrodes.E.made: is missing (empty or full); electrodes.E was left out",
        "line 3: electrodes.E: was left out, and with it cells A, B",
    ]
    assert list(read.cells) == ["C"]


def test_files_by_pattern(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    (raw / "deep").mkdir(parents=True)
    for name in ("x_2.csv", "x_10.csv", "x_1.csv", "y.csv", "deep/x_3.csv", "z[1].csv", ".x_0.csv"):
        (raw / name).touch()
    (raw / "results").mkdir()
    for name in (".byssus-results", "x_9.csv"):
        (raw / "results" / name).touch()
    (raw / "x_folder.csv").mkdir()
    text = (
        "schema: 1\ndata: raw\nbinders: {B: }\nelectrodes: {E: {binder: B, made: empty}}\ncells:\n"
        "  a: {electrode: E, configuration: half, files: x_*.csv}\n"
        "  b: {electrode: E, configuration: half, files: ['**/x_*.csv', y.csv, x_1.csv]}\n"
        "  c: {electrode: E, configuration: half, files: ['z[1].csv', 'a.zip::x_*.csv']}\n"
        "  d: {electrode: E, configuration: half, files: [y.csv, w_*.csv]}\n"
    )
    read = load(written(tmp_path, text))
    assert read.cells["a"].files == ("x_1.csv", "x_2.csv", "x_10.csv")
    assert set(read.cells["b"].files) == {"x_1.csv", "x_2.csv", "x_10.csv", "y.csv", "deep/x_3.csv"}
    # A name that a file has is no pattern, and neither is a member of an archive.
    assert read.cells["c"].files == ("z[1].csv", "a.zip::x_*.csv")
    assert "d" not in read.cells
    assert len(read.faults) == 1
    assert "line 9: cells.d.files: 'w_*.csv' matches no file in" in str(read.faults[0])
    assert read.path("y.csv") == tmp_path / "raw" / "y.csv"


def test_raw_data_lie_elsewhere(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    cell(raw / "a_1.csv", HOURS)
    (tmp_path / "study").mkdir()
    folder = study(tmp_path / "study", line("A", "a_*.csv"))
    with pytest.raises(StudyError, match="matches no file"):
        load(folder)
    run = workflow.run_study(folder, data=raw)
    (source,) = run.as_dict()["samples"]["A"]["provenance"]
    assert source["file"] == "a_1.csv"
    text = (folder / "study.yaml").read_text()
    assert load(written(folder, f"data: {raw}\n{text}")).cells["A"].files == ("a_1.csv",)
    again = workflow.run_study(written(folder, f"data: ../raw\n{text}"))
    assert [result.value for result in again.results] == [result.value for result in run.results]
    assert str(raw) not in json.dumps(again.as_dict())
    with pytest.raises(UsageError, match=r"--data: .*is not a folder"):
        workflow.run_study(folder, data=tmp_path / "nowhere")


def test_an_excluded_cell_is_listed_and_not_read(tmp_path: Path) -> None:
    cells = line("A", "a.csv") + line("B", "not-there.csv", more=", excluded: shorted in cycle 3")
    run = workflow.run_study(study(tmp_path, cells, a=HOURS))
    assert run.errors == ()
    assert list(run.samples) == ["A"]
    found = [finding for finding in run.findings if finding.code == "cell-excluded"]
    assert [(finding.sample, finding.severity, finding.field) for finding in found] == [
        ("B", "note", "cells.B.excluded")
    ]
    stored = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert stored["excluded"] == [{"sample": "B", "binder": "CMC", "electrode": "E", "reason": "shorted in cycle 3"}]
    assert "shorted in cycle 3" in run.report.read_text(encoding="utf-8")


def test_a_typing_error_in_excluded_is_seen(tmp_path: Path) -> None:
    read = load(study(tmp_path, line("A", "a.csv", more=", exclude: shorted")))
    assert "cells.A.exclude: is not a field" in str(read.faults[0])
    assert "did you mean 'excluded'?" in str(read.faults[0])


def test_the_uncertainty_of_a_loading_is_on_the_specific_capacity(tmp_path: Path) -> None:
    """0.82 ± 0.03 mg/cm² makes 3227 mAh/g uncertain by 118 (the seed paper's numbers)."""
    by_loading = "  A: {electrode: E, configuration: half, files: [a.csv], electrode_area: 1.13 cm^2}\n"
    folder = study(tmp_path, by_loading, a=HOURS)
    text = (
        (folder / "study.yaml")
        .read_text()
        .replace("E: {binder: CMC, ", "E: {binder: CMC, active_loading: 0.82 ± 0.03 mg/cm^2, ")
    )
    found = {(result.name, result.basis): result for result in workflow.run_study(written(folder, text)).results}
    capacity = found["first-cycle lithiation capacity", "active material"]
    assert capacity.value == pytest.approx(2.0 / (0.82e-3 * 1.13), rel=1e-6)
    assert capacity.uncertainty / capacity.value == pytest.approx(0.03 / 0.82, rel=1e-3)
    assert 3227 * capacity.uncertainty / capacity.value == pytest.approx(118, abs=0.5)
    # It is common to all cycles, so it is not in ratios of them: there the rounding of the counter is left.
    efficiency = found["first-cycle coulombic efficiency", None]
    assert efficiency.uncertainty is None or efficiency.uncertainty < 0.1


def test_contradictory_masses_stand_among_the_findings(tmp_path: Path) -> None:
    more = ", coating_mass: 1.0 mg, electrode_area: 1.13 m^2"
    run = workflow.run_study(study(tmp_path, line("A", "a.csv", more=more), a=HOURS))
    found = {finding.code: finding for finding in run.findings}
    assert found["value-implausible"].message == (
        "line 5: an area of 1.13 m² is more than the 1000 cm² of any half cell; it was left out"
    )
    assert (found["value-implausible"].file, found["value-implausible"].field) == (
        "study.yaml",
        "cells.A.electrode_area",
    )
    sample = run.as_dict()["samples"]["A"]
    assert sample["electrode_area"] is None
    assert sample["active_mass"] is not None
    assert run.errors == ()
    assert "active mass = 1.00 ± 0.10 mg, as given" in sample["arithmetic"]


def test_the_quantities_of_references_are_those_of_the_results() -> None:
    for sample in (
        Sample(name="a", configuration=Configuration.HALF, made=Made.EMPTY, active_mass=Quantity(1, "mg")),
        Sample(name="b", configuration=Configuration.HALF, made=Made.FULL),
        Sample(name="c", configuration=Configuration.FULL, nominal_capacity=Quantity(2, "mAh")),
    ):
        table = square_wave([0.0, -1, 0.0, 1, 0.0] * 3, [0.1, 2, 0.1, 1.5, 0.1] * 3, sample=sample)
        for result in summarise(cycling.analyse(table)):
            assert result.name in model.QUANTITIES
            # Raises if the unit measures something else than what a reference may be in.
            assert any(_same_kind(result.unit, unit) for unit in model.QUANTITIES[result.name]), result


def test_references_take_every_quantity_of_what_is_known(tmp_path: Path) -> None:
    vocabulary = dict(knowledge.load().quantities.select("quantity", "unit").iter_rows())
    lines = [
        f"  - {{label: x, quantity: {json.dumps(name)}, value: {{value: -2.5, unit: {json.dumps(unit)}}}, source: a"
        f"{', basis: active material' if unit == 'mAh/g' else ''}}}\n"
        for name, unit in vocabulary.items()
    ]
    # In another unit of the same kind, and a ratio without one.
    lines.append("  - {label: x, quantity: elastic modulus, value: 9770 ± 30 MPa, source: a}\n")
    lines.append("  - {label: x, quantity: N/P ratio, value: 1.15, source: a}\n")
    read = load(written(tmp_path, f"schema: 1\nreferences:\n{''.join(lines)}"))
    assert read.faults == ()
    assert [reference.quantity for reference in read.references] == [*vocabulary, "elastic modulus", "N/P ratio"]
    assert read.references[-2].value.to("GPa") == Quantity(9.77, "GPa", 0.03)
    assert read.references[-1].value == Quantity(1.15, "1")
    # A name means one thing, and those that results have are names of results.
    results = set(model.QUANTITIES) - set(vocabulary)
    assert len(model.QUANTITIES) == len(results) + len(vocabulary) == len(results | set(vocabulary))
    measured = {name for one in read.references if one.measured_as != (one.quantity,) for name in one.measured_as}
    assert len(measured) == 9
    assert measured <= results


def _same_kind(unit: str, other: str) -> bool:
    from byssus.errors import UnitError

    try:
        convert(1.0, unit, other)
    except UnitError:
        return False
    return True


@given(
    milligrams=st.floats(1e-3, 1e3),
    relative=st.floats(1e-4, 0.5),
    unit=st.sampled_from(["mg", "g", "ug", "kg"]),
    plus=st.sampled_from(["±", "+/-", "+-"]),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mass_is_the_same_in_every_unit(
    tmp_path: Path, milligrams: float, relative: float, unit: str, plus: str
) -> None:
    value = convert(milligrams, "mg", unit)
    text = GOOD.replace("0.927 ± 0.034 mg", f"{value!r} {plus} {value * relative!r} {unit}")
    text = text.replace("electrode_area: 1.13 cm²\n", "note: none\n")
    read = load(written(tmp_path, text))
    assert read.faults == ()
    mass = read.sample("CMC-1").active_mass
    assert mass is not None
    assert mass.to("mg").value == pytest.approx(milligrams, rel=1e-9)
    assert mass.to("mg").uncertainty == pytest.approx(milligrams * relative, rel=1e-6)


FIELDS = sorted({*model.SECTIONS, *(name for part in PARTS for name in names_of(part)), "A", "E", "CMC", "title"})
plain = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=8),
    st.sampled_from(["1 mg", "0 mg", "-1 mg", "1 ± 2 mg", "1e300 kg", "1e-300 mg", "60 %", "1 cm^2", "12 mm", "5 mg/cm^2",
                     "half", "empty", "CMC", "E", "*", "[", "6:2:2", "a.zip::b"]),
)  # fmt: skip
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3)
)


@given(data=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_study_is_told_in_lines(tmp_path: Path, data: st.DataObject) -> None:
    from ruamel.yaml import YAML

    content = YAML(typ="safe").load(FULL)
    for _ in range(data.draw(st.integers(1, 3))):
        part: Any = content
        while isinstance(part, dict) and part:
            name = data.draw(st.sampled_from([*part, *data.draw(st.lists(st.sampled_from(FIELDS), max_size=1))]))
            if not isinstance(part.get(name), dict) or data.draw(st.booleans()):
                part[name] = data.draw(anything)
                break
            part = part[name]
    with (tmp_path / "study.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(content, file)
    read = None
    with contextlib.suppress(ByssusError):
        read = load(tmp_path)
    if read is None:
        return
    assert all("\n" not in str(fault) for fault in read.faults)
    for finding in read.findings():
        assert finding.message
    read.contrasts(), read.exclusions(), read.file_names()
    samples = [*map(read.sample, (*read.cells, *read.virtual)), *map(read.sample_of_test, read.tests)]
    for sample in samples:
        assert all(0 <= share < float("inf") for share in sample.shared_uncertainty.values())


# Starting a study


def uncommented(text: str) -> str:
    """Take the sign away from all examples, and leave the explanations out."""
    lines = [each for each in text.splitlines() if not re.match(r"\s*##|# yaml-language-server", each)]
    return "\n".join(re.sub(r"^(\s*)#", r"\1", each) for each in lines) + "\n"


def test_a_new_study_shows_every_field(tmp_path: Path) -> None:
    text = start(tmp_path).file.read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")
    assert (tmp_path / SCHEMA_FILE).read_text(encoding="utf-8") == (ROOT / "docs" / SCHEMA_FILE).read_text(
        encoding="utf-8"
    )
    for part in PARTS:
        for name in names_of(part):
            assert re.search(rf"(^|[\s#{{-]){name}:", text, re.MULTILINE), f"{part.__name__}.{name}"
    assert max(map(len, text.splitlines())) <= 120


def test_the_examples_of_a_new_study_are_a_study(tmp_path: Path) -> None:
    text = uncommented(start(tmp_path, made=Made.EMPTY).file.read_text(encoding="utf-8"))
    raw = tmp_path.parent / "raw"
    raw.mkdir(exist_ok=True)
    (raw / "raw").mkdir(exist_ok=True)
    (raw / "raw" / "cell-1_1.ndax").touch()
    (raw / "raw" / "cell-1_cv_1.txt").touch()
    read = load(written(tmp_path, text))
    assert read.faults == ()
    assert (list(read.cells), list(read.excluded)) == (["my cell"], ["my shorted cell"])
    assert len(read.references) == 3
    assert list(read.virtual) == ["my virtual cell"]
    assert len(read.reported("my virtual cell", "lithiation capacity")) == 1
    # The example's numbers agree with each other.
    assert [finding.message for finding in read.findings() if finding.code != "cell-excluded"] == []


def test_a_new_study_tells_what_is_left_to_fill(tmp_path: Path) -> None:
    file = start(tmp_path / "new").file
    with pytest.raises(SeveralErrors) as caught:
        load(file)
    told = [str(error) for error in caught.value.errors]
    assert len(told) == 2
    assert "electrodes.my electrode.made: is missing (empty or full)" in told[0]
    assert "cells: names no cell" in told[1]
    before = file.read_bytes()
    with pytest.raises(OutputError, match="is there already, and is not replaced"):
        start(tmp_path / "new")
    assert file.read_bytes() == before


def test_the_files_of_a_folder_become_cells_of_a_study_that_runs(tmp_path: Path) -> None:
    folder = tmp_path / "Silizium: erste Versuche"
    (folder / "day 2").mkdir(parents=True)
    for name in ("a.csv", "day 2/a.csv", "1e5.csv", "no.csv", "b: c #1.csv"):
        cell(folder / name, [*HOURS[:5], 1.4 + len(name) / 100])
    (folder / "notes.txt").write_text("of our own")
    (folder / "empty.ndax").touch()
    (folder / "broken.ndax").write_bytes(b"PK\x03\x04" + bytes(100))
    (folder / "results").mkdir()
    (folder / "results" / ".byssus-results").touch()
    cell(folder / "results" / "own.csv", HOURS)
    done = start(folder)
    assert set(done.found) == {"a.csv", "day 2/a.csv", "1e5.csv", "no.csv", "b: c #1.csv"}
    assert len(done.remarks) == 1
    assert "broken.ndax" in done.remarks[0]
    with pytest.raises(SeveralErrors) as caught:
        workflow.run_study(folder)
    # One line a field: how the electrode was made, and what each cell is.
    assert len(caught.value.errors) == 6
    text = done.file.read_text(encoding="utf-8")
    text = text.replace("    configuration:\n", "    configuration: half\n").replace("    made:\n", "    made: empty\n")
    run = workflow.run_study(written(folder, text))
    assert run.errors == ()
    assert set(run.samples) == {"a.csv", "day 2/a.csv", "1e5", "no", "b: c #1"}
    assert run.study.title == "Silizium: erste Versuche"


def test_a_new_study_can_be_told_what_its_cells_are(tmp_path: Path) -> None:
    shutil.copy(DEMO / "NJK_CC_156_C30_C_x30.xlsx", tmp_path)
    done = start(tmp_path, configuration=Configuration.HALF, made=Made.EMPTY)
    assert list(done.found) == ["NJK_CC_156_C30_C_x30.xlsx"]
    run = workflow.run_study(tmp_path)
    assert run.errors == ()
    assert pl.read_csv(run.folder / "cycles" / "NJK_CC_156_C30_C_x30.csv").height == 30


def test_the_verb_that_starts_a_study(tmp_path: Path) -> None:
    def byssus(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "byssus", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=tmp_path)

    (tmp_path / "raw").mkdir()
    cell(tmp_path / "raw" / "a.csv", HOURS)
    done = byssus("init", "raw", "--cell", "half", "--made", "empty")
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.splitlines()[-1]) == (tmp_path / "raw" / "study.yaml").resolve()
    assert "a.csv" in done.stdout
    again = byssus("init", "raw", "--json")
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1
    assert json.loads(again.stdout)["findings"][0]["code"] == "not-written"
    answer = json.loads(byssus("init", "new", "--json").stdout)
    assert (answer["schema"], answer["cells"], answer["findings"]) == ("byssus.init/1", {}, [])
    # The study moves away from its files, and is told where they are.
    shutil.move(tmp_path / "raw" / "study.yaml", tmp_path / "new" / "study.yaml")
    assert byssus("run", "new").returncode == 1
    assert byssus("run", "new", "--data", "raw").returncode == 0


@given(name=st.text(st.characters(blacklist_categories=["Cs"]), min_size=1))
@settings(max_examples=200, deadline=None)
def test_any_name_is_written_so_that_yaml_reads_it_back(name: str) -> None:
    from ruamel.yaml import YAML

    from byssus.study.start import _scalar

    if name.isprintable():
        assert YAML(typ="rt").load(f"{_scalar(name)}: [{_scalar(name)}]\n") == {name: [name]}


# The schema for editors


def every_field(schema: Any, where: str = "") -> list[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        return [found for part in schema for found in every_field(part, where)]
    if not isinstance(schema, dict):
        return []
    own = [(f"{where}.{name}", part) for name, part in schema.get("properties", {}).items()]
    return own + [found for name, part in schema.items() for found in every_field(part, f"{where}.{name}")]


def test_the_schema_describes_every_field_and_refuses_others() -> None:
    schema = json.loads((ROOT / "docs" / SCHEMA_FILE).read_text(encoding="utf-8"))
    assert schema == model.json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(model.SECTIONS)
    for name, definition in schema["$defs"].items():
        assert definition.get("additionalProperties") is False or "enum" in definition, name
    # A column map is described as a whole: docs/formats.md has its fields.
    maps = {name for name in schema["$defs"] if name in ("ColumnMap", "Source")}
    described = [
        field for field in every_field(schema) if not any(f".$defs.{name}." in field[0] + "." for name in maps)
    ]
    assert len(described) > 60
    for name, field in described:
        # What is described by its kind in the same words is not described twice.
        kind = schema["$defs"].get(str(field.get("$ref")).removeprefix("#/$defs/"), {})
        assert field.get("description") or kind.get("description"), name


def test_the_fields_of_a_source_are_those_of_the_class() -> None:
    assert list(model.SOURCE_FIELDS) == [field.name for field in fields(Source)]
