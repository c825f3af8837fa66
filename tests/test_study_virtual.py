"""Virtual cells and recipe files in study.yaml: what they say is understood, and what is wrong is named and left out."""

from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path

import pytest
from shared import EXAMPLES, ROOT
from test_workflow import HOURS, cell

from byssus import workflow
from byssus.errors import RecipeError, StudyError, UsageError
from byssus.project.inputs import Inputs
from byssus.quantity import Quantity
from byssus.recipe.model import Ranged, Recipe
from byssus.recipe.reading import content_hash
from byssus.study.masses import coated
from byssus.study.model import CellModel, Electrode
from byssus.study.study import Study, load

GOOD = """\
schema: 1
binders: {CMC: , PVDF: }
recipes:
  Si: {parts: {Si: 6, Super P: 2, CMC: 2}, active: Si}
  NCM: {parts: {NCM811: 8, PVDF: 2}, active: NCM811}
electrodes:
  Si/CMC: {binder: CMC, made: empty, recipe: Si, active_loading: 0.82 ± 0.03 mg/cm^2, electrode_diameter: 12 mm}
  graphite: {binder: CMC, made: empty}
  NCM: {binder: PVDF, made: full, recipe: NCM}
references:
  - {binder: CMC, quantity: lithiation capacity, basis: active material, value: 3227 mAh/g, current: 0.2 A/g, source: a}
  - {binder: CMC, quantity: lithiation capacity, basis: active material, value: 2425 mAh/g, current: 1 A/g, source: a}
  - {binder: CMC, quantity: lithiation capacity, basis: active material, value: 2003 mAh/g, current: 2 A/g, cycle: 250, source: a}
virtual:
  half:
    electrode: Si/CMC
    configuration: half
    window: [5 mV, 1.5 V]
    model: SPMe
    given: {radius: {value: 150 nm, low: 100 nm, high: 200 nm, note: laser diffraction}, share: 0.5, length: 1.0 ± 0.1 um}
    calibrate: {currents: [200 mA/g, 1 A/g], free: [radius]}
    tests: {rate: {cycles: 3}}
  full:
    electrode: Si/CMC
    configuration: full
    against: NCM
    window: {lower: 2.8 V, upper: 4.3 V}
    base: Chen2020
"""


def written(folder: Path, text: str) -> Path:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return folder


def one_fault(study: Study) -> str:
    (fault,) = study.faults
    assert "\n" not in str(fault)
    assert str(study.file) in str(fault)
    return str(fault).removeprefix(f"{study.file}: ")


# Virtual cells


def test_virtual_cells_are_understood(tmp_path: Path) -> None:
    study = load(written(tmp_path, GOOD))
    assert study.faults == ()
    half, full = study.virtual["half"], study.virtual["full"]
    assert (half.window.lower.to("V").value, half.window.upper.to("V").value) == (0.005, 1.5)
    assert (half.model, full.model) == (CellModel.SPME, None)
    assert half.model == "SPMe"
    assert (full.against, full.base, full.calibrate, full.given) == ("NCM", "Chen2020", None, {})
    assert half.given["radius"].number == Ranged(
        value=Quantity(150, "nm"), low=Quantity(100, "nm"), high=Quantity(200, "nm")
    )
    assert half.given["radius"].note == "laser diffraction"
    assert half.given["share"].number == Quantity(0.5, "1")
    assert half.given["length"].number == Quantity(1, "um", 0.1)
    assert half.calibrate is not None
    assert (half.calibrate.quantity, half.calibrate.free) == ("lithiation capacity", ("radius",))
    # That at 2 A/g is of another test: it says a cycle.
    assert [one.value.value for one in study.reported("half", "lithiation capacity")] == [3227, 2425]


def test_a_virtual_cell_is_a_sample_like_the_others(tmp_path: Path) -> None:
    """0.82 mg/cm² on a disc of 12 mm: π/4 · 1.2² · 0.82 = 0.9274 mg, and of that 0.03/0.82 uncertain."""
    study = load(written(tmp_path, GOOD))
    sample = study.sample("half")
    area = math.pi * 1.2**2 / 4
    assert (sample.name, sample.binder, sample.electrode, sample.configuration, sample.made) == (
        "half", "CMC", "Si/CMC", "half", "empty",
    )  # fmt: skip
    assert sample.electrode_area is not None
    assert sample.electrode_area.to("cm^2").value == pytest.approx(area)
    assert sample.active_mass is not None
    assert sample.active_mass.to("mg").value == pytest.approx(0.82 * area)
    assert sample.active_mass.to("mg").uncertainty == pytest.approx(0.03 * area)
    assert sample.coating_mass is not None
    assert sample.coating_mass.to("mg").value == pytest.approx(0.82 * area / 0.6)
    assert sample.arithmetic[0] == "electrode area = π/4 × (12 mm)² = 1.13097 cm²"
    assert sample.arithmetic[2] == "active mass = loading 0.820 ± 0.030 mg/cm² × area 1.13097 cm² = 0.927 ± 0.034 mg"
    # What is common to all cells of an electrode is all of it: nothing was weighed.
    assert sample.shared_uncertainty["active_mass"] == pytest.approx(0.03 / 0.82)
    assert sample.nominal_capacity is None
    assert study.file_names() == {"half": "half", "full": "full"}
    assert [name for name, _ in study.parts()][-2:] == ["half", "full"]


def test_the_tests_of_a_virtual_cell_are_in_its_window(tmp_path: Path) -> None:
    study = load(written(tmp_path, GOOD))
    rate = study.protocol("half", "rate")
    assert (rate.window.lower, rate.window.upper) == (Quantity(5, "mV"), Quantity(1.5, "V"))
    # Three cycles of formation, then three at each current as asked, not the usual five.
    assert [step["times"] for step in rate.model_dump()["steps"]] == [3] * 8
    (cycles,) = study.protocol("full", "formation").model_dump()["steps"]
    assert [step["direction"] for step in cycles["steps"]] == ["charge", "discharge"]
    with pytest.raises(UsageError, match="test: 'rates' is not a test; did you mean 'rate'"):
        study.protocol("half", "rates")


#: What is changed in GOOD, the one line that is told of it, and the virtual cells that are left.
WRONG = [
    ("Si/CMC\n    configuration: half", "Si/CMX\n    configuration: half",
     "line 16: virtual.half.electrode: 'Si/CMX' is not among the electrodes of this study; virtual.half was left out; "
     "did you mean 'Si/CMC'?", ["full"]),
    ("Si/CMC\n    configuration: half", "graphite\n    configuration: half",
     "line 16: virtual.half.electrode: 'graphite' has no recipe that can be used, from which it would be simulated; "
     "virtual.half was left out; say its recipe under electrodes.graphite", ["full"]),
    ("configuration: half", "configuration: whole",
     "line 17: virtual.half.configuration: 'whole' is not half or full; virtual.half was left out", ["full"]),
    ("    window: [5 mV, 1.5 V]\n", "", "line 15: virtual.half.window: is missing; virtual.half was left out", ["full"]),
    ("[5 mV, 1.5 V]", "[1.5 V, 5 mV]",
     "line 18: virtual.half.window: the window from 1.5 V to 5 mV is empty; virtual.half was left out", ["full"]),
    ("[5 mV, 1.5 V]", "[5 V, 1500 V]",
     "line 18: virtual.half.window: 1500 V is outside -0.5 to 6 V; check its unit; virtual.half was left out", ["full"]),
    ("[5 mV, 1.5 V]", "[-0.6 V, 1.5 V]", "-0.6 V is outside -0.5 to 6 V; check its unit", ["full"]),
    ("[5 mV, 1.5 V]", "1.5 V",
     "line 18: virtual.half.window: '1.5 V' is not two voltages, the lower first; write it as [0.005 V, 1.5 V]", ["full"]),
    ("[5 mV, 1.5 V]", "[5 mV]", "['5 mV'] is not two voltages, the lower first", ["full"]),
    ("[5 mV, 1.5 V]", "[5 mA, 1.5 V]",
     "line 18: virtual.half.window.lower: 5 mA is not a voltage; write it as 0.005 V; virtual.half was left out", ["full"]),
    ("[5 mV, 1.5 V]", "[5, 1.5 V]", "virtual.half.window.lower: 5 has no unit", ["full"]),
    ("SPMe", "SMPe", "line 19: virtual.half.model: 'SMPe' is not SPM, SPMe or DFN; virtual.half was left out",
     ["full"]),
    ("share: 0.5", "share: a half",
     "line 20: virtual.half.given.share.value: 'a half' is not a quantity; write it as", ["full"]),
    ("low: 100 nm", "low: 160 nm",
     "line 20: virtual.half.given.radius: 150 nm does not lie between 160 nm and 200 nm; virtual.half was left out",
     ["full"]),
    (", high: 200 nm", "", "gives one end of its range; give low and high, or neither", ["full"]),
    ("low: 100 nm", "low: 100 mg", "the ends are not in the unit of the value", ["full"]),
    ("low: 100 nm", "lowest: 100 nm", "virtual.half.given.radius.lowest: is not a field there", ["full"]),
    ("[200 mA/g, 1 A/g]", "[0.3 A/g, 1 A/g]",
     "line 21: virtual.half.calibrate.currents: '0.3 A/g' is the current of no reference of the lithiation capacity of "
     "CMC without a cycle; virtual.half was left out; known are: 0.2 A/g, 1 A/g", ["full"]),
    ("[200 mA/g, 1 A/g]", "[0.2 A/g, 2 A/g]", "'2 A/g' is the current of no reference", ["full"]),
    ("currents: [", "quantity: charge capacity, currents: [", "say the current of the references", ["full"]),
    ("currents: [", "quantity: lithiaton capacity, currents: [",
     "line 21: virtual.half.calibrate.quantity: 'lithiaton capacity' is not a quantity of the results or of "
     "docs/knowledge.md; did you mean 'lithiation capacity'?; virtual.half was left out", ["full"]),
    ("[200 mA/g, 1 A/g]", "[200 mA/g, 0.2 A/g]", "calibrate: currents: 0.2 A/g is named twice", ["full"]),
    ("[200 mA/g, 1 A/g]", "[]", "calibrate: currents: is empty; name at least one", ["full"]),
    ("[200 mA/g, 1 A/g]", "[-0.2 A/g]", "-0.2 A/g is not above zero", ["full"]),
    ("[200 mA/g, 1 A/g]", "[0.2 V]", "0.2 V is not a current; write it as 1 mA, 0.2 A/g", ["full"]),
    ("free: [radius]", "free: []", "calibrate: free: is empty; name at least one", ["full"]),
    ("free: [radius]", "free: [a, a]", "free: an input is named twice in a, a", ["full"]),
    ("free: [radius]", "free: [a, b, c]",
     "free: a, b, c are more than the 2 that 2 currents may tell; name fewer inputs, or more currents", ["full"]),
    ("{rate: {cycles: 3}}", "{rate: {cycles: 0}}",
     "line 22: virtual.half.tests.rate.cycles: 0 is not 1 or more; virtual.half was left out", ["full"]),
    ("{rate: {cycles: 3}}", "{rates: {cycles: 3}}", "virtual.half.tests.rates: is not a field there", ["full"]),
    ("{rate: {cycles: 3}}", "{window: {lower: 1 V, upper: 2 V}}",
     "line 22: virtual.half.tests.window: is not a field there; virtual.half was left out", ["full"]),
    ("tests:", "test:", "line 22: virtual.half.test: is not a field of a study, and was left out; did you mean 'tests'?",
     ["half", "full"]),
    ("    against: NCM\n", "",
     "line 23: virtual.full: against: is missing; name the other electrode of the full cell; virtual.full was left out",
     ["half"]),
    ("configuration: full", "configuration: half",
     "line 23: virtual.full: against: 'NCM' is for a full cell; a half cell stands against lithium metal", ["half"]),
    ("against: NCM", "against: NMC",
     "line 26: virtual.full.against: 'NMC' is not among the electrodes of this study; virtual.full was left out; "
     "did you mean 'NCM'?", ["half"]),
    ("against: NCM", "against: Si/CMC",
     "line 26: virtual.full.against: 'Si/CMC' is made empty, as Si/CMC is, and no lithium could pass; virtual.full was "
     "left out; name one that is made empty and one that is made full", ["half"]),
    ("made: full, recipe: NCM", "made: full",
     "line 26: virtual.full.against: 'NCM' has no recipe that can be used", ["half"]),
    ("virtual:\n", "cells: {half: {excluded: shorted}}\nvirtual:\n",
     "line 16: virtual.half: is the name of a measured cell too, and was left out; give the virtual cell a name of its own",
     None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "left"), WRONG, ids=[line[-60:] for _, _, line, _ in WRONG])
def test_what_is_wrong_is_one_line_and_the_rest_stands(
    tmp_path: Path, old: str, new: str, line: str, left: list[str] | None
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if left is None:  # every measured cell is excluded
        with pytest.raises(StudyError) as told:
            load(written(tmp_path, text))
        assert line in str(told.value)
        return
    study = load(written(tmp_path, text))
    assert line in one_fault(study)
    assert list(study.virtual) == left
    assert study.findings()[0].code == "study-field"


def test_sections_that_are_no_virtual_cells(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("virtual:")]
    assert "virtual: is not a list of names with their fields" in one_fault(
        load(written(tmp_path, f"{text}virtual: 3\n"))
    )
    fault = one_fault(load(written(tmp_path, f"{text}virtual: {{a: 3}}\n")))
    assert fault == "line 14: virtual.a: 3 is not a set of fields"


def test_what_goes_with_its_electrode_is_told_in_one_line(tmp_path: Path) -> None:
    study = load(
        written(tmp_path, GOOD.replace("Si/CMC: {binder: CMC, made: empty", "Si/CMC: {binder: CMC, made: ", 1))
    )
    assert len(study.faults) == 2
    assert "electrodes.Si/CMC: was left out, and with it virtual half, full" in str(study.faults[1])
    assert study.virtual == {}


def test_a_virtual_cell_without_loading_or_area_says_so(tmp_path: Path) -> None:
    study = load(written(tmp_path, GOOD.replace(", electrode_diameter: 12 mm", "")))
    masses = study.masses("half")
    assert masses.active_mass is None
    (finding,) = masses.findings
    assert (finding.sample, finding.field) == ("half", "electrodes.Si/CMC.electrode_area")
    assert "makes no mass without the area" in finding.message
    # What a run is told of is about measured cells.
    assert study.findings() == []


@pytest.mark.parametrize("references", [True, False])
def test_a_study_of_virtual_cells_alone_is_not_run(tmp_path: Path, references: bool) -> None:
    text = GOOD if references else re.sub(r"references:\n(  - .*\n)+", "", GOOD).replace("    calibrate:", "    #")
    study = load(written(tmp_path, text))
    assert (study.faults, list(study.virtual)) == ((), ["half", "full"])
    with pytest.raises(StudyError) as told:
        workflow.run_study(tmp_path)
    only = "values from the literature and virtual cells" if references else "virtual cells"
    assert str(told.value) == (
        f"{tmp_path / 'study.yaml'}: cells: names no cell, only {only}: there is nothing to analyse; list the cells with "
        "their files, or get tables of the virtual ones with 'byssus simulate'"
    )
    assert not (tmp_path / "results").exists()


def test_virtual_cells_stand_beside_measured_ones(tmp_path: Path) -> None:
    cell(tmp_path / "a.csv", HOURS)
    measured = "cells: {A: {electrode: Si/CMC, configuration: half, files: a.csv}}\n"
    run = workflow.run_study(written(tmp_path, GOOD + measured))
    assert run.errors == ()
    assert list(run.samples) == ["A"]


# Currents of references


@pytest.mark.parametrize(
    ("current", "unit"),
    [("0.2 A/g", "A/g"), ("1.5 mA/cm^2", "mA/cm^2"), ("1 mA", "mA"), ("1C", "1/h"), ("C/20", "1/h")],
)
def test_a_reference_says_its_current(tmp_path: Path, current: str, unit: str) -> None:
    reference = f"{{label: x, quantity: lithiation capacity, value: 2 mAh, current: {current}, source: a}}"
    study = load(written(tmp_path, f"schema: 1\nreferences: [{reference}]\n"))
    assert study.faults == ()
    assert study.references[0].current is not None
    assert study.references[0].current.unit == unit


@pytest.mark.parametrize(
    ("current", "fault"),
    [
        ("0.2 V", "0.2 V is not a current"),
        ("0.2", "0.2 has no unit"),
        ("-1 mA", "-1 mA is not above zero"),
        ("0 mA", "0 mA is"),
    ],
)
def test_a_wrong_current_is_left_out(tmp_path: Path, current: str, fault: str) -> None:
    reference = f"{{label: x, quantity: lithiation capacity, value: 2 mAh, current: {current}, source: a}}"
    study = load(written(tmp_path, f"schema: 1\nreferences: [{reference}]\n"))
    told = one_fault(study)
    assert told.startswith("line 2: references.1.current: ")
    assert fault in told
    assert study.references[0].current is None


# Recipes in files of their own

RECIPE = """\
parts: {Si: 6, Super P: 2, CMC: 2}
active: Si
electrode: {loading: 0.82 ± 0.03 mg/cm^2, loading_basis: active, area: 1.13 cm^2}
"""
USES = """\
schema: 1
binders: {CMC: }
recipes: {R: made/cmc.yaml}
electrodes: {E: {binder: CMC, made: empty, recipe: R}}
cells: {A: {electrode: E, configuration: half, files: a.csv}}
virtual: {V: {electrode: E, configuration: half, window: [5 mV, 1.5 V]}}
"""


def with_recipe(folder: Path, recipe: str = RECIPE, study: str = USES) -> Path:
    (folder / "made").mkdir(exist_ok=True)
    (folder / "made" / "cmc.yaml").write_text(recipe, encoding="utf-8")
    return written(folder, study)


def test_a_recipe_file_is_named_from_the_folder_of_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    study = load(with_recipe(tmp_path))
    assert study.faults == ()
    assert study.recipe_files == {"R": tmp_path / "made" / "cmc.yaml"}
    inside = written(
        tmp_path, USES.replace("made/cmc.yaml", RECIPE.join(("{", "}")).replace("\n", ", ").replace(", }", "}"))
    )
    assert load(inside).recipes == study.recipes
    # A folder stands for the recipe.yaml in it, and a file may be named wherever it lies.
    shutil.copy(tmp_path / "made" / "cmc.yaml", tmp_path / "made" / "recipe.yaml")
    for name in ("made", tmp_path / "made" / "cmc.yaml"):
        assert load(written(tmp_path, USES.replace("made/cmc.yaml", str(name)))).recipes == study.recipes


def test_loading_and_area_are_the_recipes_where_the_electrode_says_none(tmp_path: Path) -> None:
    study = load(with_recipe(tmp_path))
    for name in ("A", "V"):
        sample = study.sample(name)
        assert sample.active_mass is not None
        assert (sample.active_mass.value, sample.active_mass.uncertainty) == pytest.approx((0.82 * 1.13, 0.03 * 1.13))
        assert sample.shared_uncertainty["active_mass"] == pytest.approx(0.03 / 0.82)
    own = load(with_recipe(tmp_path, study=USES.replace("recipe: R", "recipe: R, coating_loading: 2 mg/cm^2")))
    sample = own.sample("V")
    assert sample.active_mass is not None
    assert sample.active_mass.value == pytest.approx(0.6 * 2 * 1.13)
    assert [finding.code for finding in own.masses("V").findings] == []


@pytest.mark.parametrize(
    ("coating", "active"),
    [
        # Half of 2 mg/cm² at most 1000 mAh/g: 1.5 mAh/cm² would be 1500 mAh/g of the coating's silicon, so it is silicon.
        (
            "loading: 2 mg/cm^2, evidence: [{areal_capacity: 1.5 mAh/cm^2, loading: 2 mg/cm^2, at_most: 1000 mAh/g}]",
            2.0,
        ),
        ("loading: 2 mg/cm^2, loading_basis: coating", 1.0),
        ("loading: 2 mg/cm^2", None),
    ],
)
def test_what_a_loading_counts_is_said_or_inferred_and_not_guessed(
    tmp_path: Path, coating: str, active: float | None
) -> None:
    recipe = f"parts: {{Si: 5, CMC: 5}}\nactive: Si\nelectrode: {{area: 1 cm^2, {coating}}}\n"
    masses = load(with_recipe(tmp_path, recipe)).masses("V")
    if active is None:
        assert masses.active_mass is None
        (finding,) = masses.findings
        assert "nothing in it tells which; say its loading_basis" in finding.message
    else:
        assert masses.active_mass is not None
        assert masses.active_mass.to("mg").value == pytest.approx(active)


def test_the_recipe_of_an_electrode_has_the_electrodes_loading(tmp_path: Path) -> None:
    study = load(with_recipe(tmp_path, study=USES.replace("recipe: R", "recipe: R, active_loading: 1.2 mg/cm^2")))
    recipe = study.recipe("E")
    assert recipe is not None
    assert recipe.electrode is not None
    assert (recipe.electrode.loading, recipe.electrode.loading_basis) == (Quantity(1.2, "mg/cm^2"), "active")
    assert recipe.electrode.area == Quantity(1.13, "cm^2")
    assert load(with_recipe(tmp_path)).recipe("E") == study.recipes["R"]


def test_a_thickness_does_not_go_with_another_loading() -> None:
    recipe = Recipe.model_validate(
        {"parts": {"Si": 8, "CMC": 2}, "active": "Si", "electrode": {"loading": "1 mg/cm^2", "thickness": "15 um"}}
    )

    def thickness(**said: str) -> Quantity | None:
        made = coated(Electrode.model_validate({"binder": "CMC", "made": "empty"} | said), recipe).electrode
        assert made is not None
        return made.thickness

    assert thickness() == thickness(active_loading="10 g/m^2") == Quantity(15, "um")
    assert thickness(active_loading="1.2 mg/cm^2") is None
    assert thickness(electrode_diameter="12 mm") == Quantity(15, "um")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "made/cmx.yaml",
            "line 3: recipes.R: 'made/cmx.yaml' is no file, and was left out; name it from the study's folder",
        ),
        ("x" * 300, "is no file, and was left out"),
        ("~nobody-of-this-name/r.yaml", "is no file, and was left out"),
    ],
)
def test_a_recipe_file_that_is_not_there(tmp_path: Path, name: str, line: str) -> None:
    text = USES.replace("made/cmc.yaml", name).replace("virtual", "#")
    assert line in one_fault(load(with_recipe(tmp_path, study=text)))


def test_a_fault_in_a_recipe_file_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    study = load(with_recipe(tmp_path, f"{RECIPE}colour: grey\n"))
    (fault,) = study.faults
    assert isinstance(fault, RecipeError)
    assert str(fault).startswith(f"{tmp_path / 'made' / 'cmc.yaml'}: line 4: colour: is not a field of a recipe")
    finding = study.findings()[0]
    assert (finding.code, finding.file) == ("recipe-field", "cmc.yaml")
    # The rest of the recipe stands.
    assert study.sample("V").active_mass is not None


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        (
            "parts: {Si: 6, CMCC: 2}\nactive: Si\n",
            "line 1: parts: 'CMCC' is neither one of its solutions nor a substance",
        ),
        ("parts: {Si: [}\n", "line 1: is not YAML"),
        ("- Si\n", "holds no recipe"),
        ("schema: 1\ncells: {}\n", "is a study and no recipe"),
    ],
)
def test_a_recipe_file_that_is_none_costs_what_is_made_from_it(tmp_path: Path, recipe: str, line: str) -> None:
    study = load(with_recipe(tmp_path, recipe))
    told = [str(fault) for fault in study.faults]
    assert all("\n" not in fault for fault in told)
    assert "line 3: recipes.R: 'made/cmc.yaml' holds no whole recipe, and was left out; mend that file" in told[0]
    assert "virtual.V.electrode: 'E' has no recipe that can be used" in told[1]
    assert told[-1].startswith(f"{tmp_path / 'made' / 'cmc.yaml'}: ")
    assert line in told[-1]
    assert (list(study.cells), study.virtual) == (["A"], {})


def test_a_run_follows_from_what_a_recipe_says_and_not_from_where_it_stands(tmp_path: Path) -> None:
    cell(tmp_path / "a.csv", HOURS)

    def key() -> str:
        found = Inputs.of(load(tmp_path), "A")
        assert found is not None
        return found.key

    with_recipe(tmp_path)
    first = key()
    with_recipe(tmp_path, f"# A comment\n{RECIPE}")
    assert key() == first
    inside = RECIPE.join(("{", "}")).replace("\n", ", ").replace(", }", "}")
    with_recipe(tmp_path, study=USES.replace("made/cmc.yaml", inside))
    assert key() == first
    # No mass changes with it; what the electrode was made of does.
    with_recipe(tmp_path, f"{RECIPE}materials: {{Si: {{diameter: 30 nm}}}}\n")
    assert key() != first


def test_a_second_run_notices_another_recipe(tmp_path: Path) -> None:
    cell(tmp_path / "a.csv", HOURS)
    run = workflow.run_study(with_recipe(tmp_path))
    assert run.reuse.reused == ()
    assert "cmc.yaml" in run.report.read_text(encoding="utf-8")
    assert workflow.run_study(tmp_path).reuse.reused == ("A",)
    again = workflow.run_study(with_recipe(tmp_path, RECIPE.replace("0.82", "0.83")))
    assert dict(again.reuse.analysed) == {"A": "the study changed"}
    mass = again.as_dict()["samples"]["A"]["active_mass"]
    assert mass["value"] == pytest.approx(0.83 * 1.13)


# What is shipped


def test_the_shipped_study_says_of_its_recipes_what_their_files_say() -> None:
    study = load(EXAMPLES / "ccl")
    for name, file in study.recipe_files.items():
        own = json.dumps(study.recipes[name].model_dump(mode="json"), sort_keys=True)
        assert content_hash(study.recipes[name]) == content_hash(load_recipe(file)), own


def load_recipe(file: Path) -> Recipe:
    from byssus.recipe.reading import load

    return load(file).recipe


def test_the_examples_are_found_from_the_top_of_a_checkout() -> None:
    link = ROOT / "examples"
    if not link.is_symlink():
        pytest.skip("this file system has no symbolic links")
    assert link.resolve() == EXAMPLES
    assert load(link / "ccl").faults == ()
