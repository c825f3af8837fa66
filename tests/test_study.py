"""study.yaml: what it says is understood, and what is wrong is named and left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared import DEMO

from byssus.conventions import Configuration, Made
from byssus.errors import StudyError
from byssus.quantity import Quantity
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
        ("    configuration: half\n", "", "line 8: cells.CMC-1.configuration: is missing; cells.CMC-1 was left out", 1),
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
        ("files: [a.csv]", "files: []", r"cells.CMC-1.files: \[\] names no file; cells.CMC-1 was left out", 1),
        ("files: [a.csv]", "files: {a: b}", "is not a list; cells.CMC-1 was left out", 1),
        ("retention_baseline: 2", "retention_baseline: true", "True is not a whole number; the field was left out", 2),
        ("retention_baseline: 2", "retention_baseline: 1.5", "1.5 is not a whole number", 2),
        ("title: Two binders", "title: [1, 2]", r"line 2: title: \[1, 2\] is not text", 2),
    ],
)
def test_a_fault_is_named_with_its_line_and_the_rest_stands(
    tmp_path: Path, old: str, new: str, fault: str, left: int | None
) -> None:
    assert old in GOOD
    folder = written(tmp_path, GOOD.replace(old, new, 1))
    if left is None:
        with pytest.raises(StudyError, match=fault):
            load(folder)
        return
    study = load(folder)
    assert len(study.cells) == left
    assert len(study.faults) >= 1
    import re

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
    with pytest.raises(StudyError, match=message) as caught:
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
