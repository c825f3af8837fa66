"""What a virtual cell starts from: windows, capacities, given numbers, every shipped recipe, and what is refused."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from shared import ROOT

from byssus import knowledge
from byssus.conventions import Configuration, Made
from byssus.errors import SimulationError
from byssus.knowledge import Knowledge
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design_file
from byssus.simulate.inputs import SURFACE_CHARGES, VirtualCell, check_current, usual_window, virtual_cell
from byssus.simulate.model import KINDS, Kind, Model, Setting, choose
from byssus.simulate.published import BASES

RECIPES = ROOT / "src" / "byssus" / "examples" / "recipes"
FARADAY = 96485.33212
#: Of a cell whose oxide and carbon take nothing up.
BARE = {name: Quantity(0, "mAh/g") for name in SURFACE_CHARGES}

#: What is refused of the shipped recipes, and why; every other one makes a cell.
REFUSED = {
    "r-031-graphite-sbr-cmc": "loading",
    "r-031-ncm523-pvdf-cmc": "loading",
    "r-061-lfp-pedot-pss": "loading",
    "r-061-lfp-pvdf": "loading",
    "r-076-lto-peg-mma-ibve": "no published set",
    "r-082-si-self-healing": "loading",
    "r-087-si-catechol": "loading",
    "r-089-si-polyrotaxane": "loading",
    "r-097-nca-freeze-cast": "loading",
    "r-098-lco-ice-templated": "loading",
    "r-146-lco-for-infiltration": "loading",
    "r-148-ncm-dry-film": "no published set",
    "r-158-sn-pan": "no published set",
    "r-167-graphite-polysilicate": "loading",
}
#: Lowest and highest share of what the recipe counts that a half cell at C/10 may give.  Silicon is counted with what
#: full cells use of it, and holds up to Li15Si4; NCM532 stands in for NCM111, with more nickel, hence more capacity.
SHARES = {"Si": (1.0, 3579 / 2700), "NCM111": (0.9, 1.25)}


@functools.cache
def known() -> Knowledge:
    return knowledge.load()


@functools.cache
def recipe(name: str) -> Design:
    return design_file(RECIPES / f"{name}.yaml", known())


def half(name: str, made: Made = Made.FULL, **changes: Any) -> VirtualCell:
    return virtual_cell(name, recipe(name), known(), made=made, **changes)


def full(**changes: Any) -> VirtualCell:
    """The full cell of the paper."""
    told: dict[str, Any] = {"made": Made.EMPTY, "window": (2.8, 4.3), "opposite": recipe("ncm811")}
    return virtual_cell("full", recipe("ccl-full-cell"), known(), **told | changes)


def made_of(name: str) -> tuple[str, Made]:
    written = recipe(name).recipe.active[0]
    material = known().names.substance(written) or written
    return material, Made.EMPTY if material in ("Si", "graphite", "LTO", "Sn") else Made.FULL


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.yaml")))
def test_every_shipped_recipe_makes_a_half_cell_or_says_in_one_line_why_not(name: str) -> None:
    material, made = made_of(name)
    if name in REFUSED:
        with pytest.raises(SimulationError, match=REFUSED[name]) as refused:
            half(name, made)
        assert "\n" not in str(refused.value)
        assert refused.value.fix
        return
    cell = half(name, made)
    assert cell.window == usual_window(material)[:2]
    model, current, state = Model(cell, "DFN" if cell.electrode.single_ion else "SPM"), cell.charge / 36000, None
    state, passed = model.start(), []
    # Made empty it is lithiated first, which discharges a half cell.
    for sign in (1, -1) if made is Made.EMPTY else (-1, 1):
        end = {"low": cell.window[0]} if sign > 0 else {"high": cell.window[1]}
        step = model.step(state, 20 * 3600, Setting(current=sign * current, **end), 600)
        assert step.ended in ("low voltage", "high voltage")
        state, passed = step.state, [*passed, step.seconds[-1] * current / cell.active_mass / 3600]
    counted = cell.electrode.counted
    assert counted is not None
    low, high = SHARES.get(material, (0.9, 1.1))
    assert low < passed[1] / (counted.value / 3600) <= high
    assert 0.9 < min(passed) / max(passed) <= 1


def test_the_capacity_of_a_published_material_is_window_by_concentration_by_faraday() -> None:
    # The potential of Chen et al. 2020, eq. 8, and O'Regan et al.'s 51765 mol/m³, written out here.
    def potential(y: float) -> float:
        return float(
            -0.809 * y + 4.4875 - 0.0428 * np.tanh(18.5138 * (y - 0.5542)) - 17.7326 * np.tanh(15.789 * (y - 0.3117))
            + 17.5842 * np.tanh(15.9308 * (y - 0.312))
        )  # fmt: skip

    ends = [brentq(lambda y, end=end: potential(y) - end, 0.05, 0.95) for end in (4.3, 3.6)]
    cell = half("ncm811", window=(3.6, 4.3))
    density = cell.numbers["density"].value
    by_hand = FARADAY * 51765 * (ends[1] - ends[0]) / density
    assert cell.electrode.capacity == pytest.approx(by_hand, rel=1e-5)
    # Between its ends at so low a current that nothing but the open circuit counts.
    model, current = Model(cell, "SPM", tolerance=1e-8), cell.charge / 3600 / 300
    state = model.step(model.start(), 4e6, Setting(current=-current, high=4.3), 1e4).state
    passed = model.step(state, 4e6, Setting(current=current, low=3.6), 1e4)
    assert passed.seconds[-1] * current / cell.active_mass == pytest.approx(by_hand, rel=0.005)


def test_a_full_cell_is_balanced_by_loadings_and_capacities() -> None:
    cell = full()
    assert cell.configuration is Configuration.FULL
    assert (cell.negative.material, cell.positive.material) == ("Si", "NCM811")
    anode = 1.065e-2 * cell.negative.inputs["capacity"].value
    cathode = 11.90e-2 * cell.positive.capacity
    assert cell.negative.charge / cell.positive.charge == pytest.approx(anode / cathode)
    assert cell.charge == pytest.approx(cathode * cell.numbers["area"].value)
    turned = virtual_cell("turned", recipe("ncm811"), known(), made=Made.FULL, window=(2.8, 4.3),
                          opposite=recipe("ccl-full-cell"))  # fmt: skip
    assert turned.negative.material == "Si"
    assert turned.charge == pytest.approx(cell.charge)


def test_lithium_that_leaves_the_cathode_arrives_in_the_anode_or_its_film() -> None:
    cell = full()
    model, current = Model(cell, "SPM", tolerance=1e-8), cell.charge / 36000
    passed = model.step(model.start(), 15 * 3600, Setting(current=-current, high=4.3), 600)
    charge = passed.seconds[-1] * current
    share = passed.columns["truth: Mean Opposite Stoichiometry / 1"]
    most, density = (cell.numbers[f"opposite.{name}"].value for name in ("maximum concentration", "density"))
    mass = cell.positive.inputs["loading"].value * cell.numbers["area"].value
    assert (share[0] - share[-1]) * most * FARADAY * mass / density == pytest.approx(charge, rel=1e-5)
    lithiation, lost, carbon = (passed.columns[f"truth: {name}"] for name in
                                ("Mean Lithiation / 1", "Lithium Lost to Reactions / mol", "Lithium on Carbon / mol"))  # fmt: skip
    held = lost[-1] - lost[0] + carbon[-1] - carbon[0]
    taken = (lithiation[-1] - lithiation[0]) * cell.negative.charge + held * FARADAY
    assert taken == pytest.approx(charge, rel=1e-5)


def test_the_area_that_a_recipe_gives_goes_before_one_that_is_assumed() -> None:
    assert full().numbers["area"].origin == "assumed"
    cell = full(opposite=None, window=(0.005, 1.5), given={"area": Quantity(2, "cm^2")})
    assert cell.charge == pytest.approx(2e-4 * 1.065e-2 * cell.numbers["capacity"].value)
    paired = virtual_cell("paired", recipe("ccl-5"), known(), made=Made.EMPTY, window=(2.8, 4.3),
                          opposite=recipe("ncm811"))  # fmt: skip
    assert paired.electrode.inputs["area"].origin == "given"
    assert paired.positive.inputs["area"] is paired.electrode.inputs["area"]


def test_what_a_cell_does_not_have_has_no_number() -> None:
    assert not any(name.startswith("lithium ") for name in full().numbers)
    oxide = half("ncm811").numbers
    assert not any(name.startswith("SEI ") for name in oxide)
    assert "lithium film resistance" in oxide


def test_a_set_that_the_study_names_gives_its_electrolyte_too() -> None:
    chosen, named = half("ncm811"), half("ncm811", base="Chen2020")
    assert (chosen.electrolyte, named.electrolyte) == ("Xu2019", "Chen2020")
    assert named.numbers["transference number"].value == 0.2594
    assert named.numbers["maximum concentration"].value == 63104
    assert "doi:10.1149/1945-7111/ab9050" in named.numbers["radius"].source


@pytest.mark.parametrize(("name", "base", "made"), [
    ("ncm811", None, Made.EMPTY), ("ncm811", "Chen2020", Made.EMPTY), ("r-104-lfp-peo-litfsi", None, Made.EMPTY),
    ("r-159-graphite-diffusion", None, Made.FULL), ("r-159-graphite-diffusion", "OKane2022", Made.FULL),
    ("r-159-graphite-diffusion", "Ecker2015_graphite_halfcell", Made.EMPTY),
])  # fmt: skip
def test_an_electrode_may_be_made_either_way(name: str, base: str | None, made: Made) -> None:
    cell = half(name, made, base=base)
    start = cell.numbers["initial stoichiometry"].value
    assert start == cell.numbers[f"{made} stoichiometry"].value
    model, current = Model(cell, "SPM"), cell.charge / 3600 / 50
    setting = Setting(current=current, low=cell.window[0]) if made is Made.EMPTY else (
        Setting(current=-current, high=cell.window[1]))  # fmt: skip
    passed = model.step(model.start(), 60 * 3600, setting, 600)
    assert passed.seconds[-1] * current == pytest.approx(cell.charge, rel=0.03)


def test_the_worse_electrode_of_a_full_cell_chooses_the_model() -> None:
    thick = virtual_cell("thick", recipe("ccl-full-cell"), known(), made=Made.EMPTY, window=(2.8, 4.3),
                         opposite=recipe("r-103-ncm811-cnt-gums"))  # fmt: skip
    kind, why = choose(thick, 5e-3)
    assert kind == "DFN"
    assert "in NCM811 with CNT" in why
    assert "Si/CCL" not in why
    assert choose(full(), 1e-3)[0] == "SPMe"


@pytest.mark.parametrize("material", sorted({"Si", *BASES}))
def test_every_material_has_a_usual_window_with_a_source(material: str) -> None:
    low, high, source = usual_window(material)
    assert 0 < low < high < 5
    assert "doi:10." in source or source.startswith("estimate: ")


UM, ONE = (functools.partial(Quantity, unit=unit) for unit in ("um", "1"))
SILICON: Callable[..., VirtualCell] = functools.partial(half, "ccl-5", Made.EMPTY)
OXIDE: Callable[..., VirtualCell] = functools.partial(half, "ncm811")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: SILICON(window=(1.5, 0.005)), "window: '1.5 to 0.005 V' is no window"),
        (lambda: SILICON(window=(-0.1, 1.5)), "window: '-0.1 to 1.5 V' reaches below 0 V"),
        (lambda: SILICON(window=(2.0, 3.0)), "window: '2 to 3 V' moves no lithium: the open-circuit voltage"),
        (lambda: SILICON(window=(0.005, 3.0)), "window: '0.005 to 3 V' ends more than 1.5 V beyond"),
        (lambda: OXIDE(window=(0.005, 1.5)), "window: '0.005 to 1.5 V' moves no lithium: the potential of NCM811"),
        (lambda: OXIDE(window=(4.8, 5.0)), "window: '4.8 to 5 V' moves no lithium"),
        (lambda: OXIDE(window=(3.0, 6.3)), "window: '3 to 6.3 V' ends more than 1.5 V beyond"),
        (lambda: full(window=None), "window: says no window; give the lower and the upper voltage of the full cell"),
        (lambda: full(window=(0.1, 1.5)), "window: '0.1 to 1.5 V' moves no lithium"),
        (lambda: half("ccl-5", Made.FULL), "made: 'full' is silicon, which the virtual cell has only as it is made"),
        (lambda: OXIDE(base="Chen2021"), "base: 'Chen2021' is no parameter set of PyBaMM; did you mean 'Chen2020'?"),
        (lambda: OXIDE(base="Chayambuka2022"), "'Chayambuka2022' has no positive electrode of one active material"),
        (lambda: OXIDE(base="Ramadass2004"), "base: 'Ramadass2004' has a potential that rises with lithium"),
        (lambda: SILICON(base="Chen2020"), "base: 'Chen2020' is a set for active materials other than silicon"),
        (lambda: SILICON(given={"thicknes": UM(20)}), "given: 'thicknes' is no input of a virtual cell; did you mean"),
        (lambda: SILICON(given={"thickness": ONE(20)}), "given: thickness: '20' is not in um or a unit of its kind"),
        (lambda: SILICON(given={"thickness": UM(-20)}), "thickness: '-20 µm' is not above zero"),
        (lambda: SILICON(given={"thickness": UM(3)}), "thickness: '3 µm' leaves no room: 117% of it is active"),
        (lambda: SILICON(given={"radius": UM(40)}), "radius: '40000 nm' is the radius of particles that do not fit"),
        (lambda: SILICON(given={"porosity": ONE(1.2)}), "porosity: '120 %' is not between 0 and 1"),
        (lambda: OXIDE(given={"initial stoichiometry": ONE(1.1)}), "initial stoichiometry: '1.1' is not between 0 and"),
        (lambda: OXIDE(given={"full stoichiometry": ONE(0.1)}), "'3 to 4.3 V' moves no lithium"),
        (lambda: OXIDE(given={"SEI thickness": UM(1)}), "given: 'SEI thickness' is no input of a virtual cell"),
        (lambda: full(given={"opposite.porosity": ONE(0.95)}), "opposite.thickness: '82.5244 µm' leaves no room"),
        (lambda: check_current(OXIDE(), 20.0), "current: '20 A' would empty this cell, which holds 2.88 mAh, within"),
        (lambda: check_current(OXIDE(), 0.0), "current: '0 A' is no current"),
        (lambda: choose(OXIDE(), float("nan")), "current: 'nan A' is no number; correct value or unit"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_anything_is_solved(make: Callable[[], object], told: str) -> None:
    with pytest.raises(SimulationError) as refused:
        make()
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.fix


def solids(cell: VirtualCell) -> float:
    """Volume of the solids by area, (1 − ε) L."""
    return cell.numbers["thickness"].value * (1 - cell.numbers["porosity"].value)


def test_a_coating_follows_a_loading_that_is_given() -> None:
    """Twice the mass on an area is twice the volume of the solids: twice as thick, or half as porous as it can be."""
    plain = SILICON()
    twice = 2 * plain.numbers["loading"].quantity.value
    given: dict[str, Any] = {"loading": Quantity(twice, "mg/cm^2")}
    thick = SILICON(given=given)
    assert thick.numbers["thickness"].value == pytest.approx(2 * plain.numbers["thickness"].value)
    assert thick.numbers["porosity"] == plain.numbers["porosity"]
    assert thick.numbers["thickness"].source.endswith("; times 2 with the loading that was given")
    # Pressed harder.
    dense = SILICON(given=given | {"porosity": ONE(0.3)})
    assert dense.numbers["thickness"].value == pytest.approx(solids(thick) / 0.7)
    # Measured too: then the pores are what is left.
    micrometres = 1.5e6 * plain.numbers["thickness"].value
    measured = SILICON(given=given | {"thickness": UM(micrometres)})
    assert measured.numbers["thickness"].value == pytest.approx(1e-6 * micrometres)
    assert solids(measured) == pytest.approx(2 * solids(plain))
    # All three given stand as they are.
    whole = SILICON(given=given | {"thickness": UM(micrometres), "porosity": ONE(0.4)})
    assert whole.numbers["porosity"].value == 0.4
    with pytest.raises(SimulationError, match=r"porosity: .* is not between 0 and 1"):
        SILICON(given=given | {"thickness": UM(micrometres / 3)})


def test_the_other_electrode_follows_its_own_loading() -> None:
    plain = full()
    loading = plain.numbers["opposite.loading"].quantity
    thick = full(given={"opposite.loading": Quantity(1.5 * loading.value, loading.unit)})
    for name, factor in (("opposite.thickness", 1.5), ("opposite.porosity", 1.0), ("thickness", 1.0)):
        assert thick.numbers[name].value == pytest.approx(factor * plain.numbers[name].value)


def test_a_loading_of_one_of_two_materials_leaves_the_thickness_open(tmp_path: Path) -> None:
    both = {"loading": Quantity(0.8, "mg/cm^2"), "graphite.loading": Quantity(7.2, "mg/cm^2")}
    plain, twice = (
        virtual_cell("both", blend(tmp_path, 0.6), known(), made=Made.EMPTY, given=given) for given in ({}, both)
    )
    assert twice.numbers["thickness"].value == pytest.approx(2 * plain.numbers["thickness"].value)
    with pytest.raises(SimulationError, match=r"given: 'loading' changes what the coating is made of.*give thickness"):
        virtual_cell("both", blend(tmp_path, 0.6), known(), made=Made.EMPTY, given={"loading": Quantity(1, "mg/cm^2")})


def blend(folder: Path, silicon: float, active: str = "Si, graphite") -> Design:
    """The shipped CCL recipe with part of its silicon replaced, 4 mg/cm² in all."""
    text = (RECIPES / "ccl-5.yaml").read_text(encoding="utf-8")
    first, second = active.split(", ")
    text = text.replace("parts: {Si: 6,", f"parts: {{{first}: {silicon}, {second}: {6 - silicon},")
    text = text.replace("active: Si\n", f"active: [{active}]\n").replace("0.82 ± 0.03 mg", "4 mg")
    text = text[: text.index("  evidence:")] + "  loading_basis: active\n" + text[text.index("  porosity:") :]
    place = folder / "blend.yaml"
    place.write_text(text, encoding="utf-8")
    return design_file(place, known())


@pytest.mark.parametrize("kind", KINDS)
def test_silicon_beside_graphite_holds_what_both_hold(tmp_path: Path, kind: Kind) -> None:
    cell = virtual_cell("blend", blend(tmp_path, 0.6), known(), made=Made.EMPTY, given=BARE)
    silicon, graphite = cell.electrode.phases
    assert (silicon.material, graphite.material) == ("Si", "graphite")
    assert [each.inputs["loading"].value for each in (silicon, graphite)] == pytest.approx([4e-3, 36e-3])
    # By hand: 28746 mol/m³ of Mohtat et al. 2020 over all but 0.2 % of the stoichiometry.
    by_hand = (
        0.1 * cell.numbers["capacity"].value + 0.9 * 28746 * FARADAY * 0.998 / cell.numbers["graphite.density"].value
    )
    assert cell.electrode.capacity == pytest.approx(by_hand, rel=1e-5)
    assert cell.charge == pytest.approx(by_hand * 40e-3 * 1.13e-4, rel=1e-5)
    model, current = Model(cell, kind, tolerance=1e-8), cell.charge / 36000
    passed = model.step(model.start(), 20 * 3600, Setting(current=current, low=0.005), 600)
    charge = passed.seconds[-1] * current
    assert 0.95 < charge / cell.charge < 1
    # What passed is in silicon, in graphite, or in the film.
    taken = {name: values[-1] - values[0] for name, values in passed.columns.items()}
    stored = (
        taken["truth: Mean Lithiation / 1"] * 4e-3 * 1.13e-4 * cell.numbers["capacity"].value
        + taken["truth: Mean Graphite Stoichiometry / 1"] * 36e-3 * 1.13e-4 * 28746 * FARADAY
        / cell.numbers["graphite.density"].value
        + taken["truth: Lithium Lost to Reactions / mol"] * FARADAY
    )  # fmt: skip
    assert stored == pytest.approx(charge, rel=1e-5)


def test_silicon_beside_graphite_comes_to_either_when_the_other_is_hardly_there(tmp_path: Path) -> None:
    graphite = half("r-159-graphite-diffusion", Made.EMPTY)
    # Of the silicon's powder its oxide leaves 90.8 %, as `byssus design ccl-5` says.
    for silicon, alone in ((0.006, graphite.electrode.capacity), (5.994, 0.90833 * 3578.62 * 3600)):
        cell = virtual_cell("blend", blend(tmp_path, silicon), known(), made=Made.EMPTY)
        assert cell.electrode.capacity == pytest.approx(alone, rel=0.011)
        rest = Model(cell, "SPM").columns
        assert "truth: Graphite Electrode Potential / V" in rest
    cell = virtual_cell("blend", blend(tmp_path, 0.006), known(), made=Made.EMPTY, given=BARE)
    # 0.1 % of silicon holds 1 % of the charge: near the end of graphite's, the potential is graphite's plateau.
    coating = {name: cell.numbers[name].quantity for name in ("thickness", "porosity")}
    coating |= {"loading": Quantity(4, "mg/cm^2")}
    pure = half("r-159-graphite-diffusion", Made.EMPTY, given=coating)
    volts = []
    for each in (cell, pure):
        model = Model(each, "SPM")
        passed = model.step(model.start(), 5 * 3600, Setting(current=pure.charge / 36000), 600)
        volts.append(passed.columns["Voltage / V"][-1])
    assert volts[0] == pytest.approx(volts[1], abs=0.005)


def test_two_active_materials_are_silicon_with_graphite_in_a_half_cell_or_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=r"active: 'graphite, LFP' has several active materials") as refused:
        virtual_cell("both", blend(tmp_path, 3, "graphite, LFP"), known(), made=Made.EMPTY)
    assert refused.value.fix
    with pytest.raises(SimulationError, match=r"are in one coating, which the virtual cell has only against lithium"):
        virtual_cell("both", blend(tmp_path, 3), known(), made=Made.EMPTY, window=(2.8, 4.3), opposite=recipe("ncm811"))


def test_numbers_of_a_second_material_are_given_under_its_name(tmp_path: Path) -> None:
    cell = virtual_cell("both", blend(tmp_path, 3), known(), made=Made.EMPTY,
                        given={"graphite.radius": UM(5), "radius": Quantity(100, "nm")})  # fmt: skip
    assert [each.inputs["radius"].value for each in cell.electrode.phases] == pytest.approx([100e-9, 5e-6])
    with pytest.raises(SimulationError, match=r"graphite\.radius: '50 µm' is the radius of particles that do not fit"):
        virtual_cell("both", blend(tmp_path, 3), known(), made=Made.EMPTY, given={"graphite.radius": UM(50)})


def test_areas_that_are_those_of_the_spheres_follow_a_given_radius() -> None:
    own, smaller = SILICON(), SILICON(given={"radius": Quantity(50, "nm")})
    density = own.numbers["density"].value
    assert smaller.numbers["kinetic area"].value == pytest.approx(3 / (50e-9 * density))
    # The recipe says the diameter of the particles, and with it the area of the SEI.
    assert smaller.numbers["SEI area"] == own.numbers["SEI area"]
    area = {"kinetic area": Quantity(7, "m^2/g"), "radius": Quantity(50, "nm")}
    assert SILICON(given=area).numbers["kinetic area"].value == pytest.approx(7e3)
