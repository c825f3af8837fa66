"""The seam to PyBaMM: its own sets come out as they went in, numbers are traced, and no other module knows its names."""

from __future__ import annotations

import ast
import functools
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from shared import ROOT

from byssus import knowledge
from byssus.conventions import Made
from byssus.errors import SimulationError
from byssus.knowledge import Knowledge
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design_file
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.model import KINDS, Kind, Model, Setting, mesh
from byssus.simulate.parameters import Parameter, parameters, transport
from byssus.simulate.published import BASES, Base, published, pybamm, source_of

SOURCE = ROOT / "src" / "byssus"
#: The modules that may say PyBaMM's names; the validation of simulations compares with PyBaMM as it is.
SEAM = (
    "simulate/parameters.py",
    "simulate/published.py",
    "simulate/submodels/",
    "simulate/plugin.py",
    "validation/simulation",
)


@functools.cache
def known() -> Knowledge:
    return knowledge.load()


@functools.cache
def recipe(name: str) -> Design:
    return design_file(SOURCE / "examples" / "recipes" / f"{name}.yaml", known())


def half(name: str, made: Made = Made.FULL, **changes: Any) -> VirtualCell:
    return virtual_cell(name, recipe(name), known(), made=made, **changes)


def full() -> VirtualCell:
    return virtual_cell("full", recipe("ccl-full-cell"), known(), made=Made.EMPTY, window=(2.8, 4.3),
                        opposite=recipe("ncm811"))  # fmt: skip


def explained(cell: VirtualCell) -> dict[str, Parameter]:
    return {each.name: each for each in parameters(cell).explained}


def stock_electrode(values: Any, side: str, prefix: str = "") -> dict[str, Quantity]:
    """What a recipe would have to say to be the electrode of a stock set; its density is of no account."""
    density, thickness = 2000.0, values[f"{side} electrode thickness [m]"]
    porosity = values[f"{side} electrode porosity"]
    start = values[f"Initial concentration in {side.lower()} electrode [mol.m-3]"]
    # PyBaMM takes all that is not pores to conduct electrons; ours is the conductivity of the coating as it is.
    conducting = (1 - porosity) ** values[f"{side} electrode Bruggeman coefficient (electrode)"]
    return {
        f"{prefix}{name}": Quantity(float(value), unit)
        for name, value, unit in (
            ("thickness", thickness, "m"),
            ("porosity", porosity, "1"),
            ("density", density, "kg/m^3"),
            ("loading", values[f"{side} electrode active material volume fraction"] * thickness * density, "kg/m^2"),
            ("electronic conductivity", values[f"{side} electrode conductivity [S.m-1]"] * conducting, "S/m"),
            ("tortuosity exponent", values[f"{side} electrode Bruggeman coefficient (electrolyte)"], "1"),
            ("initial stoichiometry", start / values[f"Maximum concentration in {side.lower()} electrode [mol.m-3]"],
             "1"),
        )
    }  # fmt: skip


def stock_rest(values: Any) -> dict[str, Quantity]:
    return {
        "separator thickness": Quantity(values["Separator thickness [m]"], "m"),
        "separator porosity": Quantity(values["Separator porosity"], "1"),
        "separator tortuosity exponent": Quantity(values["Separator Bruggeman coefficient (electrolyte)"], "1"),
        "contact resistance": Quantity(0.0, "ohm*m^2"),
        "area": Quantity(values["Electrode height [m]"] * values["Electrode width [m]"], "m^2"),
    }


def stock_voltage(name: str, kind: Kind, current: float, options: Mapping[str, str], **changes: Any) -> np.ndarray:
    """PyBaMM's own answer to half an hour of a constant current, on the same mesh."""
    module = pybamm()
    values = module.ParameterValues(name)
    values.update({"Current function [A]": current, **changes}, check_already_exists=False)
    model = getattr(module.lithium_ion, kind)(dict(options))
    model.events = []
    solver = module.IDAKLUSolver(rtol=1e-9, atol=1e-10)
    solved = module.Simulation(model, parameter_values=values, solver=solver, **mesh(model)).solve(
        np.array([0.0, 1800.0]), t_interp=np.linspace(0, 1800, 61)
    )
    return np.asarray(solved["Voltage [V]"].entries)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["Chen2020", "NCA_Kim2011"])
def test_a_stock_full_cell_comes_out_as_it_went_in(name: str, kind: Kind) -> None:
    values = pybamm().ParameterValues(name)
    numbers = stock_electrode(values, "Negative") | stock_electrode(values, "Positive", "opposite.")
    cell = virtual_cell("stock", recipe("r-159-graphite-diffusion"), known(), made=Made.EMPTY, window=(2.5, 4.2),
                        opposite=recipe("ncm811"), base=name, given=numbers | stock_rest(values))  # fmt: skip
    current = float(values["Nominal cell capacity [A.h]"])
    model = Model(cell, kind, tolerance=1e-9)
    ours = model.step(model.start(), 1800, Setting(current=current), 30).columns["Voltage / V"]
    assert np.abs(ours - stock_voltage(name, kind, current, {})).max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_a_stock_half_cell_comes_out_as_it_went_in_but_for_lithium_s_kinetics(kind: Kind) -> None:
    values = pybamm().ParameterValues("Xu2019")
    numbers = stock_electrode(values, "Positive") | stock_rest(values)
    numbers |= {"lithium film resistance": Quantity(0.0, "ohm*m^2"),
                "lithium exchange current density": Quantity(12.6, "A/m^2")}  # fmt: skip
    cell = half("ncm811", window=(3.5, 4.2), base="Xu2019", given=numbers)
    model = Model(cell, kind, tolerance=1e-9)
    ours = model.step(model.start(), 1800, Setting(current=0.0024), 30).columns["Voltage / V"]
    lithium = {"Exchange-current density for lithium metal electrode [A.m-2]":
               lambda salt, _lithium, _temperature: 12.6 * (salt / 1000) ** 0.5}  # fmt: skip
    stock = stock_voltage("Xu2019", kind, 0.0024, {"working electrode": "positive"}, **lithium)
    assert np.abs(ours - stock).max() < 1e-6


def test_numbers_that_are_given_scale_the_functions_of_a_set() -> None:
    own = half("ncm811")
    given = {"diffusion coefficient": Quantity(1e-11, "cm^2/s"), "maximum concentration": Quantity(45, "mol/L"),
             "exchange current density": Quantity(0.1, "mA/cm^2")}  # fmt: skip
    changed, of = half("ncm811", given=given), pybamm().Scalar
    names = ("Positive particle diffusivity [m2.s-1]", "Positive electrode exchange-current density [A.m-2]")
    values = [parameters(cell).values for cell in (own, changed)]

    def ratio(name: str, *arguments: tuple[float, ...]) -> float:
        before, after = (float(each.evaluate(each[name](*(of(value) for value in at))))
                         for each, at in zip(values, arguments, strict=True))  # fmt: skip
        return after / before

    for share, temperature in ((0.5, 298.15), (0.8, 318.15)):
        assert ratio(names[0], *[(share, temperature)] * 2) == pytest.approx(
            1e-15 / own.numbers["diffusion coefficient"].value
        )
        at = [(1200.0, share * most, most, temperature) for most in (51765.0, 45000.0)]
        assert ratio(names[1], *at) == pytest.approx(1.0 / own.numbers["exchange current density"].value)
    assert parameters(changed).values["Maximum concentration in positive electrode [mol.m-3]"] == pytest.approx(45000)


def test_factors_scale_the_electrolyte_of_its_set() -> None:
    """A tenth of the conductivity and a third of the diffusivity, at any concentration."""
    plain = half("ncm811")
    given = {
        "electrolyte conductivity factor": Quantity(0.1, "1"),
        "electrolyte diffusivity factor": Quantity(0.3, "1"),
    }
    other = half("ncm811", given=given)
    before, after = (transport(each, parameters(each).values) for each in (plain, other))
    assert after.conductivity == pytest.approx(0.1 * before.conductivity, rel=1e-12)
    assert after.diffusivity == pytest.approx(0.3 * before.diffusivity, rel=1e-12)
    told = explained(other)["Electrolyte conductivity [S.m-1]"]
    assert told.how == "that of the set × electrolyte conductivity factor"
    assert told.source == "the study"


def test_a_coating_that_swells_is_judged_as_it_is_when_full() -> None:
    """Thickness and porosity by hand: a quarter of silicon that grows 2.8 times, half of it outwards."""
    cell = half("ccl-5", made=Made.EMPTY, binder=True)
    own = {name: each.value for name, each in cell.electrode.inputs.items()}
    growth = own["expansion"] * own["loading"] / (own["density"] * own["thickness"])
    solids = 1 - own["porosity"] + own["binder fraction"] * own["binder uptake"]
    ratio = max(1 + own["swelling coefficient"] * growth, (solids + growth) / (1 - own["least porosity"]))
    found = transport(cell, parameters(cell).values)
    assert found.thickness == pytest.approx(ratio * own["thickness"], rel=1e-12)
    assert found.porosity == pytest.approx(1 - (solids + growth) / ratio, rel=1e-12)
    bare = transport(cell.without_binder(), parameters(cell.without_binder()).values)
    assert (bare.thickness, bare.porosity) == (own["thickness"], own["porosity"])


def test_the_exchange_current_of_a_set_is_that_of_its_salt() -> None:
    # Kim et al. 2011 count the salt from 1.2 M; O'Regan et al. 2022 from 1 M.  Another salt of the cell changes nothing.
    of, name = pybamm().Scalar, "Positive electrode exchange-current density [A.m-2]"
    for recipe_name in ("r-064-nca-pprodot", "ncm811"):
        for salt in (1.0, 0.5):
            cell = half(recipe_name, given={"salt concentration": Quantity(salt, "mol/L")})
            values, most = parameters(cell).values, cell.numbers["maximum concentration"].value
            found = values.evaluate(values[name](of(1000.0), of(most / 2), of(most), of(298.15)))
            assert float(found) == pytest.approx(cell.numbers["exchange current density"].value)


def test_every_number_is_traced() -> None:
    for cell in (half("ccl-5", Made.EMPTY), half("r-104-lfp-peo-litfsi"), full()):
        for name, row in explained(cell).items():
            assert row.how, name
            assert row.origin in {"given", "known", "estimate", "assumed", "convention"}, name
            assert row.source or row.origin == "convention", name
            assert isinstance(row.value, float) or re.search(r"\d|byssus\.physics", row.value), (name, row.value)
            assert row.low is None or (row.high is not None and row.low < row.high), name
        written = parameters(cell)
        assert {each.name for each in written.explained} <= set(written.values.keys())


def test_no_number_of_a_set_comes_in_unseen() -> None:
    # What PyBaMM asks for and the seam does not explain is set by each step, or is a count of one.
    unseen = {"Ambient temperature [K]", "Initial temperature [K]", "Reference temperature [K]", "Current function [A]",
              "Number of cells connected in series to make a battery",
              "Number of electrodes connected in parallel to make a cell"}  # fmt: skip
    for cell in (half("ccl-5", Made.EMPTY), half("ncm811"), full()):
        model = Model(cell, "DFN", spectroscopy=True)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The definition of the hysteresis decay rate")
            asked = set(pybamm().lithium_ion.DFN(model.options()).get_parameter_info())
        assert asked - explained(cell).keys() == unseen


def test_an_estimate_tells_its_range_also_where_it_is_a_function() -> None:
    cell = half("ccl-5", Made.EMPTY)
    rows, given = explained(cell), cell.numbers["exchange current density"]
    row = rows["Positive electrode exchange-current density [A.m-2]"]
    assert (row.origin, row.low, row.high) == ("estimate", given.low, given.high)
    assert f"{given.value:.4g} A/m²" in str(row.value)
    radius = rows["Positive particle radius [m]"]
    assert (radius.low, radius.high) == (cell.numbers["radius"].low, cell.numbers["radius"].high)


def test_the_capacity_of_a_set_stands_beside_that_of_the_recipe() -> None:
    row = explained(half("ncm811"))["Maximum concentration in positive electrode [mol.m-3]"]
    assert "214 mAh/g between stoichiometry 0.261 and 0.999; the recipe counts 210 mAh/g" in row.how
    assert "ORegan2022" in row.source
    assert "doi:10.1016/j.electacta.2022.140700" in row.source
    # 1.065 mg/cm² of silicon with 90.8 % of 3578.62 mAh/g (its oxide) against 11.90 mg/cm² of NCM811 with 214.2 mAh/g.
    assert "N/P 1.36" in explained(full())["Nominal cell capacity [A.h]"].how


@pytest.mark.parametrize(("name", "key"), [
    ("Mohtat2020", "10.1149/1945-7111/aba5d1"), ("Prada2013", "10.1149/2.053304jes"),
    ("ORegan2022", "10.1016/j.electacta.2022.140700"), ("NCA_Kim2011", "10.1149/1.3597614"),
    ("Marquis2019", "10.1149/2.0341915jes"),
])  # fmt: skip
def test_a_set_is_cited_by_its_own_papers(name: str, key: str) -> None:
    assert f"doi:{key}" in source_of(name)


def test_every_base_falls_with_lithium_and_holds_no_more_than_the_material_can() -> None:
    # Theoretical capacities in mAh/g (one lithium a formula) and densities in g/cm³ as in knowledge/data/properties.csv.
    theory = {"graphite": 371.9, "LFP": 169.9, "NCM811": 275.5, "NCM622": 276.5, "NCM523": 277.6, "NCM111": 277.9,
              "NCA": 278.9, "LCO": 273.8}  # fmt: skip
    density = {"graphite": 2.2, "LFP": 3.6, "LCO": 5.05}
    assert set(theory) == set(BASES)
    for material, base in BASES.items():
        found = published(base)
        _, volts = found.curve
        assert (np.diff(volts) <= 0).all()
        assert found.most * 96485.33 / 3600 / density.get(material, 4.76) / 1000 < 1.06 * theory[material], material


def test_a_potential_is_found_again_at_its_stoichiometry() -> None:
    found = published(Base("Mohtat2020", "Positive"))
    # The published form at 0.6, by hand.
    at = (4.3452 - 1.6518 * 0.6 + 1.6225 * 0.6**2 - 2.0843 * 0.6**3 + 3.5146 * 0.6**4 - 2.2166 * 0.6**5
          - 0.5623e-4 * np.exp(109.451 * 0.6 - 100.006))  # fmt: skip
    assert found.stoichiometry(at) == pytest.approx(0.6, abs=1e-5)
    assert found.stoichiometry(5.0) == 0.001
    assert found.stoichiometry(1.0) == 0.999


def test_an_open_input_does_what_a_given_one_does() -> None:
    name = "exchange current density"
    cell = half("r-159-graphite-diffusion", Made.EMPTY)
    current, value = cell.charge / 3600, cell.numbers[name].value / 20
    open_one, given = Model(cell, "SPM", free=frozenset({name})), Model(
        half("r-159-graphite-diffusion", Made.EMPTY, given={name: Quantity(value, "A/m^2")}), "SPM"
    )  # fmt: skip
    setting, told = Setting(current=current, low=0.005), {name: value}
    ours, theirs = (
        model.step(model.start(more), 7200, setting, 60, more) for model, more in ((open_one, told), (given, None))
    )
    assert ours.seconds[-1] == pytest.approx(theirs.seconds[-1], rel=1e-4)
    assert ours.seconds[-1] < 0.99 * open_one.step(open_one.start(), 7200, setting, 60).seconds[-1]


@pytest.mark.parametrize(("name", "told"), [
    ("thickness", "free: 'thickness' is a length of the mesh and cannot stay open"),
    ("opposite.radius", "free: 'opposite.radius' is a length of the mesh"),
    ("area", "free: 'area' has to be a number in the equations and cannot stay open"),
    ("opposite.maximum concentration", "has to be a number in the equations"),
    ("wetting", "free: 'wetting' is no input of this virtual cell; its inputs are loading"),
])  # fmt: skip
def test_an_input_that_cannot_stay_open_is_refused(name: str, told: str) -> None:
    with pytest.raises(SimulationError) as refused:
        parameters(full(), frozenset({name}))
    assert told in str(refused.value)


def test_only_the_seam_knows_the_names_of_pybamm() -> None:
    module = pybamm()
    sets = {name for each in module.parameter_sets for name in module.parameter_sets[each]}
    # A name of one common word ("chemistry") is no name of PyBaMM's; those of sets are long, or carry their unit.
    names = {name for name in sets if "[" in name or len(name.split()) > 2}
    variables = set(module.lithium_ion.DFN().variables.keys())
    unit = re.compile(r"\[[A-Za-z0-9.\-]+\]$")
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE).as_posix()
        if place.startswith(SEAM):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                own = place.startswith("simulate/") and (node.value in variables or unit.search(node.value))
                if node.value in names or own:
                    found.append(f"{place}:{node.lineno}: {node.value}")
    assert not found


def test_the_names_of_the_seam_are_pybamm_s() -> None:
    # So that the test above looks for what there is.
    for place in ("parameters", "published"):
        text = (SOURCE / "simulate" / f"{place}.py").read_text(encoding="utf-8")
        assert len(re.findall(r"\[[A-Za-z0-9.\-]+\]\"", text)) > 5
