"""From a recipe as it stands in the lab book to figures: what follows, how far it is known, what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from byssus import knowledge
from byssus.errors import ByssusError, RecipeError, SeveralErrors
from byssus.physics.equation import Units
from byssus.recipe.design import Design, design_file
from byssus.recipe.reading import load
from byssus.recipe.reckoning import Figure, Input, Sheet, reckon

SIMPLE = """
schema: 1
parts: {Si: 6, Super P: 2, CMC: 2}
active: Si
solvent: water
electrode:
  loading: 0.82 ± 0.03 mg/cm^2
  loading_basis: active
  porosity: 55 %
  area: 1.13 cm^2
  foil: Cu
  foil_thickness: 12 µm
  solid_content: 20 %
  currents: [6 A/g]
materials:
  Si: {density: 2.33 g/cm^3, diameter: 30 nm, capacity: 2700 mAh/g, expansion: 281 %}
  Super P: {density: 1.9 g/cm^3}
  CMC: {density: 1.6 g/cm^3}
"""


@pytest.fixture(scope="module")
def known() -> knowledge.Knowledge:
    return knowledge.load()


def written(folder: Path, text: str, name: str = "recipe.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def made(folder: Path, text: str, known: knowledge.Knowledge, **more: str) -> Design:
    return design_file(written(folder, text), known, **more)


def of(done: Design, part: str, name: str) -> float:
    quantity = done.figure(part, name).quantity
    assert quantity is not None, done.figure(part, name).reason
    return quantity.value


# Propagation


def _figure(inputs: dict[str, Input], law: object) -> Figure:
    def compute(sheet: Sheet) -> None:
        sheet.note("it", "y", law(sheet), "1", "")  # type: ignore[operator]

    return reckon(inputs, compute)[0]


def _input(value: float, spread: float | None) -> Input:
    return Input("x", value, Units("1", "1"), spread)


def test_uncertainty_of_a_product_and_of_a_power_are_those_of_the_textbook() -> None:
    inputs = {"a": _input(3.0, 0.03), "b": _input(5.0, 0.10), "c": _input(2.0, None)}
    product = _figure(inputs, lambda sheet: sheet.take("a") * sheet.take("b") * sheet.take("c"))
    assert product.uncertainty == pytest.approx(30 * math.hypot(0.01, 0.02))
    assert dict(product.shares) == pytest.approx({"a": 0.2, "b": 0.8})
    square = _figure(inputs, lambda sheet: sheet.take("a") ** 2)
    assert square.uncertainty == pytest.approx(2 * 3 * 0.03)


def test_an_input_that_counts_twice_is_one_input() -> None:
    ratio = _figure({"a": _input(3.0, 0.3)}, lambda sheet: sheet.take("a") / sheet.take("a"))
    assert ratio.uncertainty is None
    assert ratio.shares == ()


def test_a_range_that_reaches_beyond_what_makes_sense_still_counts() -> None:
    def law(sheet: Sheet) -> float:
        price = sheet.take("p")
        if price < 0:
            raise ValueError("a price is not below zero")
        return 2 * price

    assert _figure({"p": _input(1.0, 3.0)}, law).uncertainty == pytest.approx(6.0)
    narrow = {"p": _input(1.0, 3.0), "q": _input(1.0, 0.5)}

    def closed(sheet: Sheet) -> float:
        if not 0.99 < sheet.take("p") < 1.01:
            raise ValueError("out of range")
        return sheet.take("p") + sheet.take("q")

    assert _figure(narrow, closed).uncertainty == pytest.approx(math.hypot(3.0, 0.5))


def test_a_range_with_its_value_near_one_end_keeps_its_standard_uncertainty() -> None:
    # Linear, so that ± is the slope times the width over √12 wherever in the range the value lies.
    for value in (0.0, 0.1, 1.0, 1.9, 2.0):
        given = Input("x", value, Units("1", "1"), 2 / math.sqrt(12), low=0.0, high=2.0)
        assert _figure({"x": given}, lambda sheet: 3 * sheet.take("x")).uncertainty == pytest.approx(6 / math.sqrt(12))


def test_a_figure_that_is_missing_at_one_end_is_taken_to_the_other() -> None:
    def law(sheet: Sheet) -> None:
        if sheet.take("x") > 1.05:
            sheet.lack("it", "y", "1", "no room")
        else:
            sheet.note("it", "y", 4 * sheet.take("x"), "1", "")

    assert reckon({"x": _input(1.0, 0.1)}, law)[0].uncertainty == pytest.approx(0.4)


# Mass balance


def test_the_papers_ratio_is_not_what_was_weighed(known: knowledge.Knowledge) -> None:
    done = design_file(_shipped("ccl-5"), known)
    # 30 mg of 22 % are 6.6 mg of solids; 5 + 9 + 6.6 = 20.6 (conflicts C05)
    assert of(done, "CCL", "mass of LS") == pytest.approx(6.6)
    assert of(done, "CCL", "CMC in the solids") == pytest.approx(43.7, abs=0.05)
    assert of(done, "CCL", "citric acid in the solids") == pytest.approx(24.3, abs=0.05)
    assert of(done, "CCL", "LS in the solids") == pytest.approx(32.0, abs=0.05)
    said = [finding.message for finding in done.findings if finding.code == "nominal-ratio"]
    assert len(said) == 1
    assert "9:5:6.6" in said[0]


def test_moles_and_ph_of_the_papers_binder(known: knowledge.Knowledge) -> None:
    done = design_file(_shipped("ccl-5"), known)
    # 3 · 5.0/192.12, 2 · 6.6/318.28 mmol (conflicts C16, C25)
    assert of(done, "CCL", "carboxyl groups of citric acid") == pytest.approx(78.1, abs=0.05)
    assert of(done, "CCL", "lithium of LS") == pytest.approx(41.5, abs=0.05)
    assert of(done, "CCL", "carboxyl groups of citric acid over lithium") == pytest.approx(1.88, abs=0.005)
    assert of(done, "CCL", "pH, computed") == pytest.approx(5, abs=0.3)
    codes = {finding.code for finding in done.findings}
    assert {"ph-differs", "silica-gels"} <= codes


def test_a_solution_in_a_solution_brings_its_solids_and_its_solvent(tmp_path: Path, known: knowledge.Knowledge) -> None:
    text = """
solutions:
  stock: {contains: {CMC: 2 %}}
  thin:
    ingredients: [{add: stock, mass: 1 g}, {add: water, mass: 1 g}]
  binder:
    ingredients: [{add: thin, mass: 2 g}, {add: PAA, mass: 20 mg}]
parts: {graphite: 98, binder: 2}
active: graphite
"""
    done = made(tmp_path, text, known)
    assert of(done, "thin", "solid content") == pytest.approx(1.0)
    assert of(done, "binder", "mass of CMC") == pytest.approx(20.0)
    assert of(done, "binder", "mass of water") == pytest.approx(1980.0)
    assert of(done, "coating", "mass fraction of CMC") == pytest.approx(1.0)


def test_fractions_add_up(tmp_path: Path, known: knowledge.Knowledge) -> None:
    for text in (SIMPLE, _shipped("ccl-5").read_text(encoding="utf-8")):
        done = made(tmp_path, text, known)
        shares = [figure.value or 0.0 for figure in done.of("coating") if figure.name.startswith("mass fraction")]
        assert sum(shares) == pytest.approx(1.0)
        volumes = [figure.value or 0.0 for figure in done.of("electrode") if figure.name.startswith("volume fraction")]
        assert sum(volumes) + of(done, "electrode", "porosity") / 100 == pytest.approx(1.0)


# Electrode


def test_the_electrode_by_hand(tmp_path: Path, known: knowledge.Knowledge) -> None:
    done = made(tmp_path, SIMPLE, known)
    coating = 0.82 / 0.6
    solid = 1 / (0.6 / 2.33 + 0.2 / 1.9 + 0.2 / 1.6)
    assert of(done, "electrode", "coating loading") == pytest.approx(coating)
    assert of(done, "electrode", "density of the solids") == pytest.approx(solid)
    assert of(done, "electrode", "thickness") == pytest.approx(10 * coating / (0.45 * solid))
    assert of(done, "electrode", "areal capacity") == pytest.approx(0.82 * 2.7)
    assert of(done, "electrode", "current density at 6 A/g") == pytest.approx(4.92)
    assert of(done, "electrode", "C-rate at 6 A/g") == pytest.approx(6000 / 3579, rel=1e-3)
    assert of(done, "electrode", "linear strain of Si") == pytest.approx(100 * (3.81 ** (1 / 3) - 1))
    loading = done.figure("electrode", "active loading").quantity
    assert loading is not None
    assert loading.uncertainty == pytest.approx(0.03)


def test_thickness_and_porosity_are_inverses(tmp_path: Path, known: knowledge.Knowledge) -> None:
    first = made(tmp_path, SIMPLE, known)
    thickness = of(first, "electrode", "thickness")
    second = made(tmp_path, SIMPLE.replace("porosity: 55 %", f"thickness: {thickness!r} µm"), known)
    assert of(second, "electrode", "porosity") == pytest.approx(55)


@pytest.mark.parametrize(
    ("areal", "code", "counts"),
    [
        ("2.33 mAh/cm^2", "loading-basis-inferred", "active material"),  # 3236 on the coating's basis is too much
        ("1.00 mAh/cm^2", "loading-basis-open", "active material"),  # both bases allow it
        ("4.20 mAh/cm^2", "loading-basis-open", "active material"),  # neither does
    ],
)
def test_the_basis_of_a_loading_is_inferred_or_left_open(
    tmp_path: Path, known: knowledge.Knowledge, areal: str, code: str, counts: str
) -> None:
    evidence = f"evidence: [{{areal_capacity: {areal}, loading: 1.2 mg/cm^2, at_most: 3227 mAh/g}}]"
    done = made(tmp_path, SIMPLE.replace("loading_basis: active", evidence), known)
    said = [finding for finding in done.findings if finding.code.startswith("loading-basis")]
    assert [finding.code for finding in said] == [code]
    assert counts in said[0].message
    if code == "loading-basis-inferred":
        assert "3236 mAh/g" in said[0].message


def test_the_other_basis_can_be_asked_for(tmp_path: Path, known: knowledge.Knowledge) -> None:
    other = made(tmp_path, SIMPLE, known, basis="coating")
    assert of(other, "electrode", "active loading") == pytest.approx(0.82 * 0.6)
    assert not [finding for finding in other.findings if finding.code.startswith("loading-basis")]


def test_what_cannot_be_had_says_why(tmp_path: Path, known: knowledge.Knowledge) -> None:
    text = SIMPLE.replace("  porosity: 55 %\n", "").replace("Super P: 2", "my carbon: 2").replace("Super P: {density: 1.9 g/cm^3}",
                                                                                                "my carbon: {note: as bought}")  # fmt: skip
    done = made(tmp_path, text, known)
    figure = done.figure("electrode", "density of the solids")
    assert figure.value is None
    assert "my carbon" in (figure.reason or "")


# Cell


def test_balance_and_energy_of_a_cell_by_hand(tmp_path: Path, known: knowledge.Knowledge) -> None:
    written(tmp_path, """
parts: {NCM811: 8, Super P: 1, PVDF: 1}
active: NCM811
electrode: {loading: 11.9 mg/cm^2, loading_basis: active, porosity: 30 %, foil: Al, foil_thickness: 15 µm}
materials:
  NCM811: {capacity: 210 mAh/g, density: 4.7 g/cm^3, first_cycle_efficiency: 90 %}
  Super P: {density: 1.9 g/cm^3}
  PVDF: {density: 1.78 g/cm^3}
""", "cathode.yaml")  # fmt: skip
    text = (
        SIMPLE.replace("expansion: 281 %", "expansion: 281 %, first_cycle_efficiency: 80 %")
        + """
cell:
  opposite: cathode.yaml
  N/P: 1.15
  voltage: 3.4 V
  electrolyte_volume: 30 µL
  separator_thickness: 20 µm
  separator_porosity: 40 %
"""
    )
    done = made(tmp_path, text, known)
    low, high = 0.82 * 2.7, 11.9 * 0.21
    assert of(done, "cell", "N/P ratio") == pytest.approx(low / high)
    assert of(done, "cell", "negative loading for N/P 1.15") == pytest.approx(1.15 * high / 2.7)
    assert of(done, "cell", "electrolyte per capacity") == pytest.approx(30 / (low * 1.13))
    # The negative electrode takes all it can: low/0.8 in, of which 0.2 stay; the rest is plated and lost.
    assert of(done, "cell", "reversible capacity after the first cycle") == pytest.approx(low)
    coatings = 0.82 / 0.6 + 11.9 / 0.8
    assert of(done, "cell", "specific energy of both coatings") == pytest.approx(1000 * low * 3.4 / coatings)
    stack = of(done, "cell", "specific energy of the stack")
    assert 0 < stack < of(done, "cell", "specific energy of both coatings")
    codes = {finding.code for finding in done.findings}
    assert {"np-ratio", "np-below-one"} <= codes


def test_two_electrodes_that_name_each_other_are_refused(tmp_path: Path, known: knowledge.Knowledge) -> None:
    written(tmp_path, SIMPLE + "cell: {opposite: recipe.yaml}\n", "other.yaml")
    with pytest.raises(RecipeError, match="names an opposite electrode too"):
        made(tmp_path, SIMPLE + "cell: {opposite: other.yaml}\n", known)


# What is refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("parts: {Si: 6", "parts: {Si: -6"), ("parts", "-6")),
        (("parts: {Si: 6, Super P: 2, CMC: 2}", "parts: {Si: 60 %, Super P: 20 %, CMC: 30 %}"), ("parts", "110 %")),
        (("active: Si", "active: Silly"), ("active", "'Silly'")),
        (("CMC: 2}", "CMCC: 2}"), ("CMCC", "did you mean 'CMC'")),
        (("parts: {Si: 6, Super P: 2, CMC: 2}\n", ""), ("parts", "missing")),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_in_one_line(
    tmp_path: Path, change: tuple[str, str], words: tuple[str, ...]
) -> None:
    assert change[0] in SIMPLE
    file = written(tmp_path, SIMPLE.replace(*change))
    with pytest.raises(ByssusError) as caught:
        load(file)
    errors = caught.value.errors if isinstance(caught.value, SeveralErrors) else (caught.value,)
    lines = [str(error) for error in errors]
    assert all("\n" not in line and "recipe.yaml" in line for line in lines)
    assert any(all(word in line for word in words) for line in lines), lines


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("loading: 0.82 ± 0.03 mg/cm^2", "loading: 0.82 V"), ("electrode.loading", "another kind of quantity")),
        (("porosity: 55 %", "porosity: 155 %"), ("electrode.porosity", "more than the whole")),
        (("loading_basis: active", "loading_basis: activ"), ("electrode.loading_basis",)),
        (("foil_thickness", "foil_thicknes"), ("electrode.foil_thicknes", "did you mean 'foil_thickness'")),
        (("density: 2.33 g/cm^3", "density: -2.33 g/cm^3"), ("materials.Si.density", "below zero")),
        (
            ("diameter: 30 nm", "diameter: {value: 30 nm, low: 40 nm, high: 50 nm}"),
            ("materials.Si.diameter", "does not lie between"),
        ),
    ],
)
def test_a_field_with_a_fault_is_named_with_its_line_and_the_rest_stands(
    tmp_path: Path, change: tuple[str, str], words: tuple[str, ...], known: knowledge.Knowledge
) -> None:
    assert change[0] in SIMPLE
    done = made(tmp_path, SIMPLE.replace(*change), known)
    assert len(done.faults) == 1
    line = str(done.faults[0])
    assert "line " in line
    assert "\n" not in line
    assert all(word in line for word in words), line
    assert of(done, "coating", "mass fraction of Si") == pytest.approx(60)


def test_what_was_measured_by_volume_needs_a_density(tmp_path: Path, known: knowledge.Knowledge) -> None:
    text = SIMPLE.replace(
        "schema: 1", "solutions:\n  S: {ingredients: [{add: odd, volume: 1 mL}, {add: CMC, mass: 1 mg}]}"
    )
    text = text.replace("CMC: 2}", "S: 2}") + "  odd: {note: of unknown density}\n"
    with pytest.raises(RecipeError, match="'odd' was measured by volume") as caught:
        made(tmp_path, text, known)
    assert "\n" not in str(caught.value)


def test_a_ph_that_nothing_balances_costs_itself_alone(tmp_path: Path, known: knowledge.Knowledge) -> None:
    made_of = (
        "{add: citric acid, mass: 1 mg}, {add: LS, mass: 0.5 mg}, {add: CMC, mass: 0.5 mg}, {add: water, mass: 1 mg}"
    )
    text = SIMPLE.replace("schema: 1", f"solutions:\n  S: {{ingredients: [{made_of}]}}").replace("CMC: 2}", "S: 2}")
    done = made(tmp_path, text, known)
    assert done.figure("electrode", "active loading").value is not None
    ph = done.figure("S", "pH, computed")
    assert ph.value is not None or "balances" in (ph.reason or "")


def test_a_cell_counts_a_loading_once(tmp_path: Path, known: knowledge.Knowledge) -> None:
    text = SIMPLE + "cell: {electrolyte_volume: 30 µL}\n"
    done = made(tmp_path, text, known)
    figure = done.figure("cell", "electrolyte per capacity")
    assert [name for name, _ in figure.shares] == ["electrode.loading"]
    assert figure.uncertainty == pytest.approx((figure.value or 0.0) * 0.03 / 0.82, rel=1e-2)
    assert "cell.electrolyte_volume" in done.inputs


def test_a_solution_does_not_go_into_itself(tmp_path: Path) -> None:
    text = "solutions:\n  A: {ingredients: [{add: B, mass: 1 g}]}\n  B: {ingredients: [{add: A, mass: 1 g}]}\nparts: {graphite: 9, A: 1}\nactive: graphite\n"
    with pytest.raises(ByssusError, match="goes into itself"):
        load(written(tmp_path, text))


def test_a_hash_is_of_what_is_said_and_not_of_how(tmp_path: Path) -> None:
    first = load(written(tmp_path, SIMPLE)).hash
    shuffled = "# a comment\n" + SIMPLE.replace("active: Si\nsolvent: water\n", "solvent: water\nactive: [Si]\n")
    assert load(written(tmp_path, shuffled)).hash == first
    assert load(written(tmp_path, SIMPLE.replace("Si: 6", "Si: 6.1"))).hash != first


def _shipped(name: str) -> Path:
    import byssus

    return Path(byssus.__file__).parent / "examples" / "recipes" / f"{name}.yaml"
