"""Every equation called with units: as text, as JSON, from the command line, against arithmetic done elsewhere."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pint
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from byssus.app import calc, cli
from byssus.errors import ByssusError, UsageError
from byssus.physics import catalogue
from byssus.physics.calling import Answer
from byssus.physics.equation import MARK, TEXT, equation
from byssus.physics.given import ANY
from byssus.quantity import Quantity, dimension

EQUATIONS = catalogue.equations()

#: What a person who reads the two documents needs first.
DEMANDED = [
    "mass_fraction_from_solution",
    "theoretical_capacity",
    "molar_mass",
    "areal_capacity",
    "specific_capacity",
    "c_rate",
    "current_density",
    "np_ratio",
    "lattice_spacing",
    "lattice_parameter_cubic",
    "diffusion_gitt",
    "diffusion_randles_sevcik",
    "randles_sevcik_current",
    "critical_cracking_thickness",
    "volume_expansion",
    "linear_strain",
    "film_thickness_on_sphere",
    "porosity",
    "volume_fractions",
    "fade_per_cycle",
    "retention",
    "baseline_from_retention",
    "work_of_adhesion",
    "peel_strength",
    "area_resistance",
    "salt_mass_fraction",
    "blend_capacity",
    "blend_fraction",
    "energy_conversion",
    "percolation_conductivity",
    "mori_tanaka_modulus",
]


def run(*words: str) -> Any:
    """The command as typed; it must succeed."""
    done = CliRunner().invoke(cli.app, ["calc", *words])
    assert done.exit_code == 0, done.output or done.exception
    return done.stdout


def told(*words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(*words, "--json"))
    return answer


@pytest.fixture(scope="module")
def registry() -> Any:
    made: Any = pint.UnitRegistry(cache_folder=None)
    made.define("USD = [currency]")
    return made


def evaluate(name: str, **given: Any) -> Answer:
    return EQUATIONS[name].evaluate(given)


# All equations


@pytest.mark.parametrize("name", DEMANDED)
def test_what_the_documents_need_can_be_called(name: str) -> None:
    assert name in EQUATIONS


@pytest.mark.parametrize("name", EQUATIONS)
def test_the_example_typed_with_units_gives_what_the_function_gives(name: str) -> None:
    one = EQUATIONS[name]
    assert one.example()
    direct = one.function(**one.example_call())
    values = one.evaluate(one.example()).values
    if all(value.text is not None for value in values):
        return
    if not isinstance(direct, tuple | list | dict | np.ndarray) and not hasattr(direct, "__dataclass_fields__"):
        (value,) = values
        assert value.quantity is not None
        in_si = value.quantity if one.result.shown == ANY else value.quantity.to(one.result.si)
        # The example is written with eight digits.
        assert in_si.value == pytest.approx(float(direct), rel=1e-5)
    else:
        flat = [value.quantity.to(one.result.si).value for value in values if value.quantity is not None]
        plain = np.ravel(np.array(direct if isinstance(direct, np.ndarray) else _leaves(direct), dtype=float))
        assert flat == pytest.approx(plain[np.isfinite(plain)], rel=1e-5)


def _leaves(result: Any) -> list[float]:
    if hasattr(result, "__dataclass_fields__"):
        result = [getattr(result, field) for field in result.__dataclass_fields__]
    if isinstance(result, Mapping):
        result = list(result.values())
    if isinstance(result, tuple | list | np.ndarray) and np.ndim(result):
        return [leaf for each in result for leaf in _leaves(each)]
    return [] if isinstance(result, str | bool) else [float(result)]


@pytest.mark.parametrize("name", EQUATIONS)
def test_units_are_coherent_si_and_shown_in_the_same_kind(name: str, registry: Any) -> None:
    one = EQUATIONS[name]
    for units in (one.result, *(argument.units for argument in one.arguments.values())):
        if units.shown in (ANY, TEXT):
            assert units.si == units.shown
            continue
        assert dimension(units.si) == dimension(units.shown)
        unit = registry.Unit(units.si)
        assert registry.Quantity(1.0, unit).to_base_units().magnitude == pytest.approx(1.0), units.si
    if one.result.shown == ANY:
        assert any(argument.units.shown == ANY for argument in one.arguments.values())


@pytest.mark.parametrize("name", EQUATIONS)
def test_ranges_hold_the_example_and_can_be_told(name: str) -> None:
    one = EQUATIONS[name]
    for argument in one.arguments.values():
        if argument.valid is not None:
            assert argument.valid[0] < argument.valid[1]
            assert argument.range_text()
    one.evaluate(one.example())
    json.dumps(one.as_dict(), allow_nan=False)


# Arithmetic of the two documents (src/byssus/knowledge/data/conflicts.csv), through the command line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # C05: 30 mg of a 22 % solution; solids 9 : 5 : 6.6
        (("solute_mass", "solution_mass=30 mg", "mass_fraction=22 %"), [6.6]),
        (("mass_fraction_from_solution", "solute_mass=6.6 mg", "solvent_mass=23.4 mg"), [22.0]),
        (("ratio_fractions", "parts=9, 5, 6.6"), [43.7, 24.3, 32.0]),
        # C16: the three silicates, in g/mol
        (("molar_mass", "formula=Li2O·4.8SiO2"), [318.3]),
        (("molar_mass", "formula=Li2SiO3"), [89.96]),
        (("molar_mass", "formula=Li2Si5O11"), [330.3]),
        # Li15Si4 and LiC6; R17: lithium sulfide, two electrons
        (("theoretical_capacity", "molar_mass=28.085 g/mol", "electrons=3.75"), [3579]),
        (("theoretical_capacity_of_formula", "formula=C6", "electrons=1"), [372]),
        (("theoretical_capacity_of_formula", "formula=S", "electrons=2"), [1672]),
        # C09: 2.33 mAh/cm2 on 1.2 mg/cm2, and on its 60 %
        (("specific_capacity", "charge=2.33 mAh", "mass=1.2 mg"), [1942]),
        (("specific_capacity", "charge=2.33 mAh", "mass=0.72 mg"), [3236]),
        # C07: 0.82 mg/cm2 of silicon against 1.925 mAh/cm2; N21: 30 mAh/cm2 on 217.6 mg/cm2
        (("areal_capacity_from_loading", "loading=0.82 mg/cm^2", "specific_capacity=2700 mAh/g"), [2.214]),
        (("areal_capacity", "charge=2.214 mAh", "area=1 cm^2"), [2.214]),
        (("specific_capacity", "charge=30 mAh", "mass=217.6 mg"), [138]),
        # C08: what is left of the rate test's value; R01: 94.1 % over 1000 and 100 cycles
        (("retention", "capacity=2002.6 mAh/g", "baseline=2425.5 mAh/g"), [82.6]),
        (("fade_per_cycle", "retention=94.1 %", "cycles=1000"), [0.00608]),
        (("fade_per_cycle", "retention=94.1 %", "cycles=100"), [0.0608]),
        (("fade_per_cycle", "retention=96.3 %", "cycles=110"), [0.0343]),
        # C24: silicon's five reflections
        (("lattice_spacing", "two_theta=28.3 deg"), [3.151]),
        (("lattice_parameter_cubic", "two_theta=28.3 deg", "reflection=1, 1, 1"), [5.458]),
        (("lattice_parameter_cubic", "two_theta=47.3 deg", "reflection=2, 2, 0"), [5.431]),
        (("lattice_parameter_cubic", "two_theta=56.0 deg", "reflection=3, 1, 1"), [5.442]),
        (("lattice_parameter_cubic", "two_theta=69.1 deg", "reflection=4, 0, 0"), [5.433]),
        (("lattice_parameter_cubic", "two_theta=76.4 deg", "reflection=3, 3, 1"), [5.430]),
        # C14: the prefactor in A, cm2, mol/cm3, V/s
        (
            ("randles_sevcik_current", "area=1 cm^2", "concentration=1 mol/cm^3", "diffusion_coefficient=1 cm^2/s",
             "scan_rate=1 V/s", "--unit", "A"), [2.686e5],
        ),
        (
            ("diffusion_randles_sevcik", "peak_current=2.686e5 A", "area=1 cm^2", "concentration=1 mol/cm^3",
             "scan_rate=1 V/s"), [1.0],
        ),
        # C13: 4/(1800 pi) (2e-5 * 12.06 / 1.13)^2 (5/50)^2 = 7.0736e-4 * 4.5562e-8 * 0.01
        (
            ("diffusion_gitt", "pulse_duration=1800 s", "amount=20 umol", "molar_volume=12.06 cm^3/mol",
             "area=1.13 cm^2", "steady_voltage_change=5 mV", "transient_voltage_change=50 mV"), [3.223e-13],
        ),
        # R26, and R06: 300 % by volume
        (
            ("critical_cracking_thickness", "shear_modulus=30 GPa", "coordination_number=6", "packing_fraction=0.64",
             "particle_radius=1 um", "surface_tension=72 mN/m", "capillary_pressure=-100 kPa"), [989],
        ),
        (("linear_strain", "volume_expansion=300 %"), [58.74]),
        # N16: 3.8 mg/cm2 at 2.33 g/cm3 is 16.3 um of 27.2 um
        (("porosity", "areal_mass=3.8 mg/cm^2", "thickness=27.2 um", "solid_density=2.33 g/cm^3"), [100 - 1630.9 / 27.2]),
        # 6/2.33, 2/1.86, 2/1.7 of 4.8268
        (
            ("volume_fractions", "masses=6, 2, 2 g", "densities=2.33, 1.86, 1.70 g/cm^3"), [53.35, 22.28, 24.37],
        ),
        # (1 + 2.33/1.7/3)^(1/3) = 1.13363
        (
            ("film_thickness_on_sphere", "mass_ratio=0.333333333", "film_density=1.7 g/cm^3",
             "particle_density=2.33 g/cm^3", "radius=15 nm"), [2.0045],
        ),
        # four silicon, 12.056 cm3/mol, become one Li15Si4 of 216.44 g/mol and 1.179 g/cm3
        (
            ("volume_expansion", "molar_mass=28.085 g/mol", "density=2.3296 g/cm^3", "lithiated_molar_mass=216.44 g/mol",
             "lithiated_density=1.179 g/cm^3", "hosts=4"), [100 * (183.58 / 48.223 - 1)],
        ),
        # R14: 10:1, 16:1, 20:1 for LiTFSI
        (("salt_mass_fraction", "ether_oxygen_ratio=10, 16, 20", "salt_molar_mass=287.08 g/mol"), [39.5, 28.9, 24.6]),
        # R05: shares of silicon in graphite for 450 and 650 mAh/g; and 5 %
        (
            ("blend_fraction", "blend_capacity=450, 650 mAh/g", "capacity=3579 mAh/g", "host_capacity=372 mAh/g"),
            [2.43, 8.67],
        ),
        (("blend_capacity", "parts=5, 95", "capacities=3579, 372 mAh/g"), [532.35]),
        # C23
        (("energy_conversion", "energy=-3.7916 eV"), [-365.8]),
        (("energy_conversion", "energy=-1.1466 eV"), [-110.6]),
        # C15 with a width of 20 mm; 72.8 (1 + cos 24.09 deg) = 72.8 * 1.9129
        (("peel_strength", "force=3.52 N", "width=20 mm"), [176]),
        (("work_of_adhesion", "surface_tension=72.8 mN/m", "contact_angle=24.09 deg"), [139.26]),
        # 20e-4 cm / 1e-3 S/cm; 10 S/cm * 0.1^2
        (("area_resistance", "thickness=20 um", "conductivity=1 mS/cm"), [2.0]),
        (("percolation_conductivity", "prefactor=10 S/cm", "volume_fraction=18 %", "threshold=8 %", "exponent=2"), [0.1]),
        (
            ("mori_tanaka_modulus", "matrix_modulus=9.77 GPa", "inclusion_modulus=50 GPa", "volume_fraction=23.5 %"),
            [13.5],
        ),
        # C08: 2002.6/0.733; C20: 0.05 C of 3579 mAh/g; C04: 2.83 mA on 1.13 cm2; C07: N/P
        (("baseline_from_retention", "capacity=2002.6 mAh/g", "retention=73.3 %"), [2732]),
        (("c_rate", "current=178.95 mA", "capacity=3579 mAh"), [0.05]),
        (("current_density", "current=2.825 mA", "area=1.13 cm^2"), [2.5]),
        (("np_ratio", "negative_capacity=2.214 mAh/cm^2", "positive_capacity=1.925 mAh/cm^2"), [1.15]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_the_arithmetic_of_the_documents(words: tuple[str, ...], expected: list[float]) -> None:
    results = told(*words)["results"]
    # As many digits as the documents print, so half a unit of the last of three.
    assert [result["value"] for result in results] == pytest.approx(expected, rel=3e-3)


# Uncertainty


def test_a_product_is_exact_and_shares_its_variance() -> None:
    answer = evaluate("mass_from_loading", loading="0.82 ± 0.03 mg/cm^2", area="1.13 ± 0.02 cm^2")
    first, second = 0.03 / 0.82, 0.02 / 1.13
    assert answer.quantity.value == pytest.approx(0.9266)
    assert answer.quantity.uncertainty == pytest.approx(0.9266 * math.hypot(first, second))
    (value,) = answer.values
    assert list(value.shares) == ["loading", "area"]
    assert value.shares["loading"] == pytest.approx(first**2 / (first**2 + second**2))
    assert sum(value.shares.values()) == pytest.approx(1)


def test_a_ratio_is_exact_to_first_order() -> None:
    answer = evaluate("specific_capacity", charge="2.33 ± 0.02 mAh", mass="1.20 ± 0.01 mg")
    relative = math.hypot(0.02 / 2.33, 0.01 / 1.20)
    # The difference over ± u differs from the derivative by (u/m)² of it.
    assert answer.quantity.uncertainty == pytest.approx(2330 / 1.2 * relative, rel=(0.01 / 1.2) ** 2)


def test_a_power_multiplies_the_relative_uncertainty() -> None:
    area = evaluate("disc_area", diameter="12.0 ± 0.1 mm").quantity
    assert area.uncertainty == pytest.approx(2 * (0.1 / 12) * area.value)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("porosity", {"areal_mass": (3.8, 0.1, "mg/cm^2"), "thickness": (27.2, 0.8, "um"), "solid_density": (2.33, 0.02, "g/cm^3")}),
        ("work_of_adhesion", {"surface_tension": (72.8, 0.5, "mN/m"), "contact_angle": (44.3, 1.5, "deg")}),
        ("fade_per_cycle", {"retention": (73.3, 0.5, "%"), "cycles": (250, 0, "1")}),
        ("diffusion_gitt_length", {"pulse_duration": (1800, 0, "s"), "length": (150, 4, "nm"), "steady_voltage_change": (5, 0.1, "mV"), "transient_voltage_change": (50, 0.5, "mV")}),
    ],
)  # fmt: skip
def test_propagation_agrees_with_monte_carlo(name: str, given: dict[str, tuple[float, float, str]]) -> None:
    one, random = EQUATIONS[name], np.random.default_rng(20)
    answer = one.evaluate({key: Quantity(value, unit, u) for key, (value, u, unit) in given.items()}).quantity
    drawn = {}
    for key, (value, u, unit) in given.items():
        si = one.arguments[key].units.si
        middle = Quantity(value, unit, u).to(si)
        drawn[key] = random.normal(middle.value, middle.uncertainty, 200_000) if u else middle.value
    truth = Quantity(float(np.std(one.function(**drawn))), one.result.si).to(one.result.shown).value
    # 200 000 draws know a standard deviation to 0.16 %; the rest is what first order leaves out.
    assert answer.uncertainty == pytest.approx(truth, rel=0.01)


def test_each_number_of_a_list_has_its_own_uncertainty() -> None:
    masses, spreads, densities = (6.0, 2.0, 2.0), (0.1, 0.05, 0.0), np.array([2.33, 1.86, 1.7])
    given = ", ".join(f"{mass} ± {u} g" if u else f"{mass} g" for mass, u in zip(masses, spreads, strict=True))
    answer = evaluate("volume_fractions", masses=given, densities="2.33, 1.86, 1.7 g/cm^3")
    random = np.random.default_rng(21)
    volumes = random.normal(masses, spreads, (200_000, 3)) / densities
    truth = 100 * np.std(volumes / volumes.sum(axis=1, keepdims=True), axis=0)
    assert [value.name for value in answer.values] == [f"volume_fractions[{place}]" for place in (1, 2, 3)]
    assert [value.quantity.uncertainty for value in answer.values if value.quantity] == pytest.approx(truth, rel=0.01)
    # dφ₃ = φ₃ dV/V: the masses count by their spread in volume.
    first, second = (0.1 / 2.33) ** 2, (0.05 / 1.86) ** 2
    assert answer.values[2].shares == pytest.approx({"masses[1]": first / (first + second), "masses[2]": second / (first + second)}, rel=1e-3)  # fmt: skip
    assert answer.unstated == ("densities",)


def test_elementwise_results_keep_their_own_uncertainty() -> None:
    answer = evaluate("retention", capacity="90 ± 1, 80 mAh", baseline="100 mAh")
    first, second = answer.values
    assert first.quantity == Quantity(90, "%", 1.0)
    # The second was given no ±: unknown, and not zero.
    assert second.quantity == Quantity(80, "%", None)
    assert dict(second.shares) == {}


@pytest.mark.parametrize("fraction", ["99 ± 2 %", "100 ± 2 %"])
def test_an_uncertainty_that_reaches_beyond_what_makes_sense_is_taken_within(fraction: str) -> None:
    answer = evaluate("solute_mass", solution_mass="30 mg", mass_fraction=fraction)
    assert answer.quantity.uncertainty == pytest.approx(0.6)  # linear, so any step gives 30 mg · 2 %
    assert [finding.code for finding in answer.findings] == ["uncertainty-at-limit"]


def test_no_uncertainty_in_gives_none_out() -> None:
    answer = evaluate("disc_area", diameter="12 mm")
    assert answer.quantity.uncertainty is None
    assert answer.unstated == ()


# What people give


@pytest.mark.parametrize(
    "charge",
    [
        "2.33 mAh",
        "2.33",
        2.33,
        Quantity(2.33, "mAh"),
        "8.388 C",
        "0.00233 Ah",
        "2330 µAh",
        "(2.33) mAh",
        np.float64(2.33),
    ],
)
def test_one_value_in_every_form(charge: Any) -> None:
    assert evaluate("specific_capacity", charge=charge, mass="1.2 mg").quantity.value == pytest.approx(2330 / 1.2)


@pytest.mark.parametrize(
    "masses",
    ["6, 2, 2 g", "6,2,2 g", "6 g, 2 g, 2 g", "6 g; 2000 mg; 2e-3 kg", "[6, 2, 2] g", "[6 g, 2 g, 2 g]", [6, 2, 2],
     ["6 g", "2 g", "2 g"], [Quantity(6, "g"), "2 g", "2 g"], np.array([6.0, 2.0, 2.0])],
)  # fmt: skip
def test_a_list_in_every_form(masses: Any) -> None:
    answer = evaluate("volume_fractions", masses=masses, densities="2.33 g/cm^3, 1.86 g/cm^3, 1.7 g/cm^3")
    volumes = np.array([6 / 2.33, 2 / 1.86, 2 / 1.7])
    assert [value.quantity.value for value in answer.values if value.quantity] == pytest.approx(
        100 * volumes / volumes.sum()
    )


def test_text_defaults_and_temperatures() -> None:
    assert evaluate("molar_mass", formula=" Li2O ").quantity.value == pytest.approx(29.879, abs=1e-3)
    arguments = {"reference_conductivity": "1 mS/cm", "activation_energy": "33 kJ/mol", "temperature": "60 ± 1 degC"}
    answer = evaluate("arrhenius_conductivity", **arguments)
    # d ln σ/dT = E/(R T²) = 33000 / 8.314 / 333.15² = 0.03576 a kelvin
    assert answer.quantity.uncertainty == pytest.approx(0.03576 * answer.quantity.value, rel=2e-3)
    assert answer.given["reference_temperature"] == "25 degC"
    assert answer.values == evaluate("arrhenius_conductivity", **arguments, reference_temperature="298.15 K").values


def test_any_unit_is_that_of_the_arguments() -> None:
    assert evaluate("irreversible_capacity", first="0.860 mAh", second="349 µAh").quantity.value == pytest.approx(0.511)
    assert evaluate("retention", capacity="2.1 mAh/cm^2", baseline="21 Ah/m^2").quantity.value == pytest.approx(100)


def test_a_rate_is_written_as_people_write_it() -> None:
    given = {"low_rate_capacity": "3000 mAh/g", "characteristic_time": "1000 s", "exponent": 0.5}
    values = [
        evaluate("tian_capacity", rate=rate, **given).quantity for rate in ("3.6 1/h", "3.6 h^-1", "0.001 1/s", 3.6)
    ]
    assert [value.value for value in values] == pytest.approx([1103.64] * 4, rel=1e-5)
    assert values[0].unit == "mAh/g"


def test_a_bare_fraction_where_per_cent_is_usual_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'0\.5' may be a fraction or per cent"):
        evaluate("linear_strain", volume_expansion="0.5")
    assert evaluate("linear_strain", volume_expansion="0.5 %").given == {"volume_expansion": "0.5 %"}
    assert evaluate("linear_strain", volume_expansion="300").given == {"volume_expansion": "300 %"}


def test_outside_its_range_an_equation_answers_with_a_warning() -> None:
    answer = evaluate("active_from_coating", coating="1 mg", share="120 %")
    assert answer.quantity == Quantity(1.2, "mg")
    (finding,) = answer.findings
    assert (finding.code, finding.field) == ("outside-validity", "share")
    assert finding.message == "share is 120 %, and active_from_coating is made for 0 % to 100 %"


# What is off


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["areal_capacty", "charge=1"], "'areal_capacty' is no equation; did you mean 'areal_capacity'? 'byssus calc --list' names all"),
        (["zzz", "charge=1"], "'zzz' is no equation; 'byssus calc --list' names all"),
        ([], "NAME: names no equation; 'byssus calc --list' names all"),
        (["areal_capacity", "charge=1 mAh"], "areal_capacity: lacks area (cm²); it takes charge (mAh), area (cm²)"),
        (["areal_capacity", "charge=1", "aera=1"], "areal_capacity: 'aera' is no argument of it; did you mean 'area'? it takes charge (mAh), area (cm²)"),
        (["areal_capacity", "charge=1", "zzz=1"], "areal_capacity: 'zzz' is no argument of it; it takes charge (mAh), area (cm²)"),
        (["areal_capacity", "charge=1 V", "area=1"], "areal_capacity: charge: '1 V' measures another kind of quantity; it takes charge (mAh)"),
        (["areal_capacity", "charge=1 flurb", "area=1"], "areal_capacity: charge: 'flurb' is not a unit; it takes charge (mAh); write it as in mg/cm^2, mAh/g or degC"),
        (["areal_capacity", "charge=", "area=1"], "areal_capacity: charge: '' is not a quantity; it takes charge (mAh); write it as 'value ± uncertainty unit', e.g. '0.82 ± 0.03 mg/cm^2'"),
        (["areal_capacity", "charge=heavy", "area=1"], "areal_capacity: charge: 'heavy' is not a quantity; it takes charge (mAh); write it as 'value ± uncertainty unit', e.g. '0.82 ± 0.03 mg/cm^2'"),
        (["areal_capacity", "charge=1e999", "area=1"], "areal_capacity: charge: inf is not a finite number; it takes charge (mAh)"),
        (["areal_capacity", "charge=1 ± -1 mAh", "area=1"], "areal_capacity: charge: -1.0 is not an uncertainty; it takes charge (mAh); give it as ≥ 0"),
        (["areal_capacity", "charge=1,5 mAh", "area=1"], "areal_capacity: charge: '1,5 mAh' may be one number or several; it takes charge (mAh); write a dot as decimal mark, or a space after each comma"),
        (["volume_fractions", "masses=1,000,000 mg", "densities=1"], "volume_fractions: masses: '1,000,000 mg' may be one number or several; it takes masses (mg); write a dot as decimal mark, or a space after each comma"),
        (["volume_fractions", "masses=6 g, 2, 2", "densities=1"], "volume_fractions: masses: '6 g, 2, 2' gives some numbers a unit and some none; it takes masses (mg); give each its unit, or the last alone"),
        (["areal_capacity", "charge=1", "area=1, 2 cm^2"], "areal_capacity: area: '1, 2 cm^2' is a list, and one number is asked; it takes area (cm²)"),
        (["areal_capacity", "charge=1", "area=-1 cm^2"], "areal_capacity: area: '-1 cm^2' is refused: area must be above zero, not -0.0001 (in m²)"),
        (["areal_capacity", "1 mAh", "area=1"], "areal_capacity: '1 mAh' is no argument; write key=value, in quotes where there are spaces; it takes charge (mAh), area (cm²)"),
        (["areal_capacity", "area=1", "area=2"], "areal_capacity: area: is given twice; give it once"),
        (["areal_capacity", "charge=1", "area=1", "--unit", "mAh/g"], "areal_capacity: unit: 'mAh/g' measures another kind of quantity; the result is in mAh/cm²"),
        (["areal_capacity", "charge=1", "area=1", "--unit", "flurb"], "areal_capacity: unit: 'flurb' is not a unit; the result is in mAh/cm²"),
        (["areal_capacity", "--unit", "mAh/g"], "--unit: converts a result, and there is none; give the equation's arguments"),
        (["retention", "capacity=1 mAh", "baseline=1 V"], "retention: baseline: '1 V' measures another kind of quantity; give it in mAh, as the other"),
        (["molar_mass", "formula=NbSnSd"], "molar_mass: formula: 'NbSnSd' is refused: NbSnSd: 'Sd' is no element of the table; did you mean S or Sb or Sc or Se or Si or Sm or Sn or Sr?"),
        (["molar_mass", "formula= "], "molar_mass: formula: ' ' is no text; it takes formula (text)"),
        (["mass_from_loading", "loading=50 ± 60", "area=1e308"], "mass_from_loading: the equation has no finite value at loading = 50 ± 60, area = 1e308"),
        (["coulombic_efficiency", "first=0 mAh", "second=5 mAh"], "coulombic_efficiency: the equation has no finite value at first = 0 mAh, second = 5 mAh"),
    ],
)  # fmt: skip
def test_what_is_off_is_one_line_that_says_how_to_mend_it(words: list[str], line: str) -> None:
    done = CliRunner().invoke(cli.app, ["calc", *words])
    assert isinstance(done.exception, UsageError), done.output
    assert str(done.exception) == line
    assert done.exception.exit_code == 2


@pytest.mark.parametrize("value", [True, None, [], [True], {"value": 1}, [None]])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ByssusError):
        evaluate("volume_fractions", masses=value, densities=[1.0])
    with pytest.raises(UsageError):
        evaluate("molar_mass", formula=value)


def test_where_there_is_no_value_is_said_and_the_others_stand() -> None:
    results = told("peukert_capacity", "current=0, 1 A/g", "reference_capacity=100 mAh/g", "reference_current=1 A/g", "exponent=1.2")["results"]  # fmt: skip
    assert (results[0]["value"], results[1]["value"]) == (None, 100.0)
    assert results[0]["reason"].startswith("the equation has no finite value")


# The catalogue


def _module(name: str, *functions: Callable[..., Any]) -> types.ModuleType:
    module = types.ModuleType(f"byssus.physics.{name}", "One topic.")
    for function in functions:
        function.__module__ = module.__name__
        setattr(module, function.__name__, function)
    return module


SECTIONS = """Twice a length.

Equation
    y = 2 x
Symbols
    x, y lengths [m]
Validity
    Always.
Source
    Definition.

Examples
--------
>>> 2 * 1.0
2.0
"""


def _twice(**marks: Any) -> Callable[..., Any]:
    def twice(length: float) -> float:
        return 2 * length

    twice.__doc__ = SECTIONS
    return equation(("m", "mm"), **marks)(twice)


def test_a_marked_function_is_found_and_an_imported_one_is_not() -> None:
    found = catalogue.collect([_module("one", _twice(length=("m", "mm")))])
    assert found["twice"].summary == "Twice a length."
    assert found["twice"].evaluate({"length": "3 ± 1 mm"}).quantity == Quantity(6, "mm", 2)
    elsewhere = types.ModuleType("byssus.physics.two")
    elsewhere.twice = found["twice"].function  # type: ignore[attr-defined]
    assert catalogue.collect([elsewhere]) == {}
    assert hasattr(found["twice"].function, MARK)


@pytest.mark.parametrize("section", ["Equation", "Symbols", "Validity", "Source", "Examples"])
def test_a_docstring_without_a_section_is_an_error(section: str) -> None:
    function = _twice(length="m")
    function.__doc__ = SECTIONS.replace(section, "Elsewhere")
    with pytest.raises(TypeError, match=f"byssus.physics.one.twice: its docstring lacks .*{section}"):
        catalogue.collect([_module("one", function)])


def test_two_of_one_name_are_an_error() -> None:
    with pytest.raises(TypeError, match=r"two equations are called twice: in one and in byssus\.physics\.two"):
        catalogue.collect([_module("one", _twice(length="m")), _module("two", _twice(length="m"))])


@pytest.mark.parametrize(
    ("marks", "said"),
    [({"width": "m"}, "length, width"), ({}, "length"), ({"length": "m", "valid": {"width": (0, 1)}}, "width")],
)
def test_a_mark_that_disagrees_with_its_function_is_an_error(marks: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        catalogue.collect([_module("one", _twice(**marks))])


class Pair(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True)
class Both:
    ends: Pair
    lengths: NDArray[np.float64]
    long: bool


def test_results_of_several_parts_have_each_their_own_uncertainty() -> None:
    def parts(length: float) -> Both:
        return Both(Pair(length, 3 * length), np.array([length, 0.0]), length > 1)

    parts.__doc__ = SECTIONS
    one = catalogue.collect([_module("one", equation("m", length="m")(parts))])["parts"]
    values = {value.name: str(value) for value in one.evaluate({"length": "2.0 ± 0.1 m"}).values}
    assert values == {
        "ends.low": "2.00 ± 0.10 m",
        "ends.high": "6.00 ± 0.30 m",
        "lengths[1]": "2.00 ± 0.10 m",
        "lengths[2]": "0 m",
        "long": "yes",
    }


def test_names_are_found_however_they_are_written() -> None:
    assert [catalogue.find(name).name for name in ("NP-ratio", "Disc area")] == ["np_ratio", "disc_area"]
    assert [one.name for one in catalogue.search("punched DISC")] == ["disc_area"]
    assert len(catalogue.search("")) == len(EQUATIONS) == len({one.name for one in catalogue.search(None)})


# The command


def test_the_answer_tells_result_inputs_equation_and_source() -> None:
    said = run("specific_capacity", "charge=2.33 mAh", "mass=1.20 ± 0.05 mg")
    for part in ("1942 ± 81 mAh/g", "variance: mass 100 %", "No ± was given for charge", "1.200 ± 0.050 mg", "q = Q / m", "Definition."):  # fmt: skip
        assert part in said
    assert "1.942 ± 0.081 Ah/g" in run("specific_capacity", "charge=2.33", "mass=1.20 ± 0.05", "--unit", "Ah/g")


def test_the_answer_as_json() -> None:
    answer = told("specific_capacity", "charge=2.33 mAh", "mass=1.20 ± 0.06 mg")
    assert (answer["schema"], answer["findings"], answer["equation"]) == ("byssus.calc/1", [], "specific_capacity")
    (result,) = answer["results"]
    assert result["value"] == pytest.approx(1941.67, rel=1e-5)
    # Half of 2330/1.14 − 2330/1.26
    assert result["uncertainty"] == pytest.approx((2330 / 1.14 - 2330 / 1.26) / 2)
    assert (result["name"], result["unit"], result["reason"], result["shares"]) == ("specific_capacity", "mAh/g", None, {"mass": 1.0})  # fmt: skip
    assert answer["without_uncertainty"] == ["charge"]


def test_a_finding_is_shown_and_leaves_the_exit_code() -> None:
    assert "outside-validity" in run("active_from_coating", "coating=1 mg", "share=120 %")
    assert told("active_from_coating", "coating=1 mg", "share=120 %")["findings"][0]["code"] == "outside-validity"


@pytest.mark.parametrize(
    "name", ["specific_capacity", "volume_fractions", "retention", "molar_mass", "lattice_spacing"]
)
def test_an_equation_tells_what_it_says_and_its_example_runs_as_printed(name: str) -> None:
    import shlex

    said, one = run(name), EQUATIONS[name]
    (line,) = [line for line in said.splitlines() if line.strip().startswith(f"byssus calc {name} ")]
    values = [str(value) for value in one.evaluate(one.example()).values]
    assert all(value in run(*shlex.split(line)[2:]) and value in said for value in values)
    assert all(f"  {argument}" in said for argument in one.arguments)
    assert " ".join(one.source.split()[:3]) in said


def test_the_list_names_every_equation_by_topic() -> None:
    lines = run("--list").splitlines()
    assert [line.strip() for line in lines if line.strip() in EQUATIONS] == list(EQUATIONS)
    for topic, title in catalogue.topics().items():
        assert f"{topic}: {title}" in lines
    assert "porosity" in run("--list", "porosity")
    assert "specific_capacity" not in run("--list", "porosity").split()
    assert run("--list", "no such thing").strip().startswith("0 equations")


def test_the_list_as_json() -> None:
    listed = {one["name"]: one for one in told("--list")["equations"]}
    assert list(listed) == list(EQUATIONS)
    assert listed["specific_capacity"]["arguments"][1] == {
        "name": "mass", "unit": "mg", "si": "kg", "required": True, "default": None, "list": False, "valid": None,
    }  # fmt: skip
    assert told("specific_capacity")["equations"] == [listed["specific_capacity"]]


def test_a_process_of_its_own_keeps_to_the_exit_codes() -> None:
    def typed(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "byssus", "calc", *words]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    done = typed("disc_area", "diameter=12 mm")
    assert (done.returncode, done.stderr) == (0, "")
    off = typed("disc_area", "diameter=12 V", "--json")
    assert off.returncode == 2
    line = "disc_area: diameter: '12 V' measures another kind of quantity; it takes diameter (mm)"
    assert off.stderr == f"byssus: {line}\n"
    answer = json.loads(off.stdout)
    assert (answer["schema"], answer["results"], answer["findings"][0]["code"]) == ("byssus.calc/1", [], "usage")
    assert answer["findings"][0]["message"] == line


def test_a_command_line_can_be_pasted() -> None:
    import shlex

    arguments = {"masses": "6 g, 2 g", "formula": "Li2O·4.8SiO2"}
    words = shlex.split(calc.command_line("x", arguments))
    assert words == ["byssus", "calc", "x", "masses=6 g, 2 g", "formula=Li2O·4.8SiO2"]
