"""The binder's closures: with floats, symbols and compiled; closed solutions, balances, units, and other equations."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pint
import pytest
from scipy.integrate import quad, solve_ivp

from byssus.physics import catalogue, coating, mechanics, silicon_surface
from byssus.physics import conduction as layers
from byssus.physics import swelling as with_checks
from byssus.physics.binder import conduction, debonding, film, network, sei, shell, swelling
from byssus.physics.constants import FARADAY, GAS_CONSTANT
from byssus.physics.equation import MARK

Closure = Callable[..., Any]

#: Films are nanometres: the tolerance that approx adds by itself would let them be anything.
near = functools.partial(pytest.approx, rel=1e-9, abs=0.0)

#: The only functions that floats, symbols and compiled kernels have in common.
SHARED = {"exp", "log", "sqrt", "tanh", "sinh", "cosh", "arcsinh", "arctan", "sign", "maximum", "minimum"}

#: Each closure, with the arguments that all three ways are given; some on either side of a kink.
CASES: list[tuple[Closure, dict[str, float]]] = [
    *(
        (
            swelling.swollen_thickness_ratio,
            {
                "growth": 0.5,
                "solids": 0.45,
                "swelling_coefficient": each,
                "irreversible_strain": 0.1,
                "least_porosity": 0.1,
            },
        )
        for each in (0.0, 0.8)
    ),
    (swelling.swollen_porosity, {"growth": 0.5, "solids": 0.45, "thickness_ratio": 1.3}),
    (
        swelling.transport_in_swollen_pores,
        {"as_made": 0.4, "porosity": 0.2, "porosity_as_made": 0.55, "exponent": 1.5},
    ),
    *(
        (
            swelling.irreversible_strain_rate,
            {"growth_rate": each, "irreversible_strain": 0.2, "share": 0.01, "most": 0.66},
        )
        for each in (2e-4, -2e-4)
    ),
    (film.binder_film_thickness, {"binder_fraction": 0.12, "area_per_volume": 5e6, "coverage": 0.8}),
    (film.uptake_rate, {"uptake": 0.05, "equilibrium_uptake": 0.2, "time_constant": 3600.0}),
    (film.soaked_binder_conductivity, {"uptake": 0.2, "liquid_conductivity": 1.0, "dry_conductivity": 1e-5}),
    (film.binder_film_resistance, {"dry_thickness": 24e-9, "uptake": 0.2, "conductivity": 1e-3}),
    (
        film.binder_film_overpotential,
        {"current_density": -0.7, "dry_thickness": 24e-9, "uptake": 0.2, "conductivity": 1e-3},
    ),
    (shell.shell_stretch, {"lithiation": 0.6, "expansion": 2.8}),
    (shell.shell_strain_rate, {"lithiation": 0.6, "lithiation_rate": -3e-4, "expansion": 2.8}),
    (shell.shell_thickness, {"thickness": 24e-9, "stretch": 1.3}),
    (
        shell.shell_stress_rate,
        {
            "strain_rate": 1e-4,
            "stress": -2e8,
            "modulus": 1e9,
            "poisson_ratio": 0.3,
            "reference_rate": 1e-9,
            "reference_stress": 2e7,
        },
    ),
    (shell.flow_stress, {"strain_rate": -1e-4, "reference_rate": 1e-9, "reference_stress": 2e7}),
    (shell.shell_pressure, {"stress": 2e8, "thickness": 24e-9, "radius": 150e-9}),
    (shell.potential_under_pressure, {"pressure": 6e7, "partial_molar_volume": 9e-6}),
    (debonding.film_energy_release, {"stress": 2e8, "modulus": 1e9, "poisson_ratio": 0.3, "thickness": 24e-9}),
    (
        debonding.debonding_frequency,
        {"lithiation_rate": -3e-4, "energy_release": 0.1, "adhesion": 2.0, "coefficient": 0.1, "exponent": 2.5},
    ),
    (debonding.debonded_share_rate, {"debonded": 0.2, "debonding": 3e-6, "healing": 1e-6}),
    (debonding.deborah_number, {"relaxation_time": 3e4, "cycle_time": 7200.0}),
    (debonding.healing_frequency, {"relaxation_time": 3e4, "cycle_time": 7200.0, "healing_share": 0.5}),
    (debonding.dormant_gain, {"active": 0.2, "dormant": 0.05, "debonding": 3e-6, "healing": 1e-6}),
    (
        debonding.dormant_lithium_gain,
        {"active": 0.2, "lithiation": 0.4, "dormant_lithium": 0.03, "debonding": 3e-6, "healing": 1e-6},
    ),
    (
        debonding.lithiation_gain_by_healing,
        {"active": 0.2, "dormant": 0.05, "lithiation": 0.4, "dormant_lithium": 0.03, "healing": 1e-6},
    ),
    *(
        (
            network.network_conductivity,
            {
                "carbon_fraction": each,
                "debonded": 0.2,
                "prefactor": 1e4,
                "threshold": 0.03,
                "exponent": 2.0,
                "damage_exponent": 1.5,
            },
        )
        for each in (0.01, 0.08)
    ),
    *(
        (
            sei.sei_thickness_rate,
            {"thickness": 8e-9, "growth_constant": 3e-22, "area_rate": each, "shed_share": 0.3},
        )
        for each in (-2e-4, 2e-4)
    ),
    *((sei.sei_shed, {"thickness": 8e-9, "area_rate": each, "shed_share": 0.3}) for each in (-2e-4, 2e-4)),
    (
        sei.sei_current_density,
        {"thickness": 8e-9, "growth_constant": 3e-22, "molar_volume": 95.85e-6, "electrons": 2.0},
    ),
    (sei.electrolyte_per_charge, {"molar_volume": 66.7e-6, "molecules_per_electron": 0.5}),
    (
        conduction.conducting_binder,
        {"network": 5.0, "binder_fraction": 0.05, "binder_conductivity": 100.0, "debonded": 0.2, "exponent": 1.5},
    ),
    (
        conduction.transference_beside_single_ion,
        {"transference_number": 0.35, "pore_conductivity": 0.02, "binder_conductivity": 0.01},
    ),
    (
        conduction.diffusivity_beside_single_ion,
        {
            "diffusivity": 1e-10,
            "concentration": 100.0,
            "temperature": 298.15,
            "transference_number": 0.35,
            "pore_conductivity": 0.02,
            "binder_conductivity": 0.01,
            "thermodynamic_factor": 1.5,
        },
    ),
    (
        conduction.salt_flux,
        {"gradient": -3e6, "diffusivity": 1e-10, "current_density": 10.0, "transference_number": 0.35},
    ),
    (conduction.contact_under_films, {"binder_fraction": 0.05, "area_per_volume": 2e6, "film_thickness": 25e-9}),
    (conduction.contact_under_granules, {"binder_fraction": 0.05, "area_per_volume": 2e6, "radius": 150e-9}),
    (conduction.contact_resistance, {"free_share": 0.4, "bare_resistance": 1e-3, "film_resistance": 0.1}),
]
EVERY = pytest.mark.parametrize(("closure", "given"), CASES, ids=lambda value: getattr(value, "__name__", ""))


# --- One closure, three ways ------------------------------------------------------------------------------------------


def test_no_closure_is_left_out() -> None:
    listed = {one.function for one in catalogue.equations().values() if one.topic.startswith("binder.")}
    assert {closure for closure, _ in CASES} == listed
    for closure, given in CASES:
        assert set(given) == set(inspect.signature(closure).parameters)


@EVERY
def test_symbols_give_what_floats_give(
    monkeypatch: pytest.MonkeyPatch, closure: Closure, given: dict[str, float]
) -> None:
    monkeypatch.setenv("PYBAMM_DISABLE_TELEMETRY", "true")
    pybamm = pytest.importorskip("pybamm", reason="a dependency of the core")
    casadi = pytest.importorskip("casadi", reason="PyBaMM brings it")
    built = closure(**{name: pybamm.InputParameter(name) for name in given})
    assert isinstance(built, pybamm.Symbol)
    truth = float(closure(**given))
    assert math.isfinite(truth)
    assert float(np.squeeze(built.evaluate(inputs=given))) == near(truth, rel=1e-14)
    # The solvers do not evaluate PyBaMM's symbols; they solve what CasADi makes of them.
    unknown = {name: casadi.MX.sym(name) for name in given}
    compiled = casadi.Function("compiled", list(unknown.values()), [built.to_casadi(inputs=unknown)])
    assert float(compiled(*given.values())) == near(truth, rel=1e-13)


@EVERY
def test_compiled_gives_what_floats_give(closure: Closure, given: dict[str, float]) -> None:
    numba = pytest.importorskip("numba", reason="compiles kernels, where it is installed")
    assert numba.njit(closure)(*given.values()) == near(float(closure(**given)), rel=1e-14)


@EVERY
def test_arrays_broadcast(closure: Closure, given: dict[str, float]) -> None:
    first, *_ = given
    several = closure(**{**given, first: np.full(3, given[first])})
    np.testing.assert_allclose(several, np.full(3, closure(**given)), rtol=1e-14)


@EVERY
def test_only_what_all_three_share_is_used(closure: Closure, given: dict[str, float]) -> None:
    tree = ast.parse(inspect.getsource(closure))
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.If | ast.IfExp | ast.For | ast.While | ast.Compare)
    ]
    body = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)).body
    calls = [node.func for part in body for node in ast.walk(part) if isinstance(node, ast.Call)]
    assert {ast.unparse(call) for call in calls} <= {"abs"} | {f"np.{name}" for name in SHARED}


# --- Units ------------------------------------------------------------------------------------------------------------

#: Sizes of other base units: kg, m, s, A, mol and K.  What is right in units does not notice.
BASES = {"[mass]": 3.0, "[length]": 0.7, "[time]": 5.0, "[current]": 0.2, "[substance]": 11.0, "[temperature]": 1.7}
REGISTRY: pint.UnitRegistry[float] = pint.UnitRegistry()


def in_other_bases(unit: str) -> float:
    """Return the number that 1 of a unit in SI becomes."""
    dimensions = REGISTRY.Unit("S/m" if unit == "any" else unit).dimensionality
    return math.prod(BASES[name] ** -power for name, power in dimensions.items())


@EVERY
def test_units_are_those_of_the_marks(
    monkeypatch: pytest.MonkeyPatch, closure: Closure, given: dict[str, float]
) -> None:
    mark = getattr(closure, MARK)
    truth = float(closure(**given))
    other = {name: value * in_other_bases(mark.arguments[name].si) for name, value in given.items()}
    module = sys.modules[closure.__module__]
    for name, value, unit in (("FARADAY", FARADAY, "C/mol"), ("GAS_CONSTANT", GAS_CONSTANT, "J/(mol*K)")):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, value * in_other_bases(unit))
    assert float(closure(**other)) == near(truth * in_other_bases(mark.result.si), rel=1e-12)


# --- Swelling ---------------------------------------------------------------------------------------------------------


def test_free_keeps_the_pores_and_held_keeps_the_thickness() -> None:
    solids, growth = 0.45, 0.3
    free = swelling.swollen_thickness_ratio(growth, solids, 1.0)
    assert free * swelling.swollen_porosity(growth, solids, free) == near(1 - solids)
    held = swelling.swollen_thickness_ratio(growth, solids, 0.0)
    assert held == 1.0
    assert swelling.swollen_porosity(growth, solids, held) == near(1 - solids - growth)


def test_pores_do_not_go_below_their_least_and_volumes_add_up() -> None:
    growth = np.linspace(0, 3, 301)
    ratio = swelling.swollen_thickness_ratio(growth, 0.45, 0.2, 0.05, 0.1)
    pores = swelling.swollen_porosity(growth, 0.45, ratio)
    assert pores.min() == near(0.1)
    np.testing.assert_allclose(ratio * pores + 0.45 + growth, ratio, rtol=1e-14)
    assert np.all(np.diff(ratio) > 0)


def test_swelling_is_that_of_the_equations_for_lists() -> None:
    fractions, expansions = [0.24, 0.13, 0.08], [2.81, 0.2, 0.0]
    solids, growth = sum(fractions), sum(f * v for f, v in zip(fractions, expansions, strict=True))
    ratio = with_checks.electrode_thickness_ratio(fractions, expansions, 0.6, 0.1)
    assert swelling.swollen_thickness_ratio(growth, solids, 0.6, 0.1) == near(ratio, rel=1e-14)
    assert swelling.swollen_porosity(growth, solids, ratio) == near(
        with_checks.porosity_after_swelling(fractions, expansions, ratio), rel=1e-14
    )


def test_transport_is_that_of_the_coating_as_made_at_its_porosity() -> None:
    as_made = 1.0 / coating.macmullin_number(coating.bruggeman_tortuosity(0.55), 0.55)
    narrowed = 1.0 / coating.macmullin_number(coating.bruggeman_tortuosity(0.15), 0.15)
    assert swelling.transport_in_swollen_pores(as_made, 0.15, 0.55) == near(narrowed)


def test_irreversible_strain_follows_its_closed_solution() -> None:
    share, most, depth, cycles = 0.02, 0.66, 0.7, 20

    def rate(time: float, strain: Any) -> Any:
        return swelling.irreversible_strain_rate(depth * math.pi * math.sin(2 * math.pi * time), strain, share, most)

    # Growth swings by `depth` and back in each unit of time, so 2 depth pass through.
    halves = np.arange(0, cycles + 0.25, 0.5)
    strain = np.zeros(1)
    for start, end in itertools.pairwise(halves):
        strain = solve_ivp(rate, (start, end), strain, rtol=1e-10, atol=1e-12).y[:, -1]
    assert strain[0] == near(most * (1 - math.exp(-share * 2 * depth * cycles / most)), rel=1e-7)


# --- Film -------------------------------------------------------------------------------------------------------------


def test_a_dry_film_is_that_of_the_coating_and_of_the_layer() -> None:
    # Binder and silicon by mass and by volume are the same electrode.
    surface, density, silicon, binder, binder_density = 86e3, 2330.0, 0.25, 0.12, 1590.0
    area = silicon_surface.area_per_volume(surface, density, silicon)
    by_mass = coating.film_thickness_on_area(binder * binder_density / (silicon * density), binder_density, surface)
    thickness = film.binder_film_thickness(binder, area)
    assert thickness == near(by_mass, rel=1e-12)
    assert film.binder_film_thickness(binder, area, 0.5) == near(2 * thickness)
    assert film.binder_film_resistance(thickness, 0.0, 1e-4) == near(layers.area_resistance(thickness, 1e-4))
    assert film.binder_film_overpotential(0.7, thickness, 0.0, 1e-4) == near(
        layers.film_overpotential(0.7, thickness, 1e-4)
    )


def test_a_soaked_film_goes_from_dry_binder_to_electrolyte() -> None:
    assert film.soaked_binder_conductivity(0.0, 1.0, 3e-5) == 3e-5
    assert film.soaked_binder_conductivity(1e9, 1.0, 3e-5) == near(1.0, rel=1e-6)
    conductivity = film.soaked_binder_conductivity(np.linspace(0, 20, 401), 1.0, 3e-5)
    # Below the upper bound of Hashin and Shtrikman, which Maxwell gives with the better conductor around the other.
    shares = np.linspace(0, 20, 401) / (1 + np.linspace(0, 20, 401))
    bound = layers.maxwell_conductivity(1.0, 3e-5, 1 - shares)
    assert np.all(conductivity[1:] > conductivity[0])
    assert np.all(conductivity <= bound * (1 + 1e-12))


def test_what_the_binder_soaks_up_leaves_the_pores() -> None:
    binder, solids = 0.12, 0.45
    soaked = solve_ivp(
        lambda _, uptake: film.uptake_rate(uptake, 0.4, 3600.0), (0, 7200), [0.0], rtol=1e-10, atol=1e-12
    ).y[0, -1]
    assert soaked == near(0.4 * (1 - math.exp(-2)), rel=1e-8)
    # The film is as thick as if the soaked binder had been put there.
    area, conductivity = 5e6, 1e-3
    thickness = film.binder_film_thickness(binder * (1 + soaked), area)
    dry = film.binder_film_thickness(binder, area)
    assert film.binder_film_resistance(dry, soaked, conductivity) == near(thickness / conductivity)
    assert film.binder_film_overpotential(-0.7, dry, soaked, conductivity) == near(-0.7 * thickness / conductivity)
    assert 1 - solids - swelling.swollen_porosity(binder * soaked, solids, 1.0) == near(binder * soaked)


# --- Shell ------------------------------------------------------------------------------------------------------------


def test_the_strain_rate_is_the_slope_of_the_stretch() -> None:
    step = 1e-6
    for place in (0.0, 0.3, 1.0):
        slope = math.log(shell.shell_stretch(place + step) / shell.shell_stretch(place - step)) / (2 * step)
        assert shell.shell_strain_rate(place, 1.0) == near(slope, rel=1e-9)
    assert shell.shell_stretch(1.0) == near(1 + with_checks.linear_strain(2.8))


def test_a_stretched_shell_keeps_its_volume() -> None:
    thickness, radius = 5e-9, 150e-9
    stretch = shell.shell_stretch(0.8)
    now = 4 * math.pi * (radius * stretch) ** 2 * shell.shell_thickness(thickness, stretch)
    assert now == near(4 * math.pi * radius**2 * thickness)


MODULUS, POISSON, RATE, STRESS = 1e9, 0.3, 1e-6, 20e6


def stress_rate(strain_rate: float) -> Callable[[float, Any], Any]:
    return lambda _, stress: shell.shell_stress_rate(strain_rate, stress, MODULUS, POISSON, RATE, STRESS)


def test_a_shell_without_flow_is_an_elastic_film() -> None:
    end = 1e-3
    found = solve_ivp(
        lambda time, stress: shell.shell_stress_rate(
            shell.shell_strain_rate(end * time, end), stress, MODULUS, POISSON, 0.0, STRESS
        ),
        (0, 1),
        [0.0],
        rtol=1e-10,
    ).y[0, -1]
    strain = math.log(shell.shell_stretch(end))
    assert found == near(mechanics.film_stress(MODULUS, POISSON, strain), rel=1e-8)


def test_a_held_shell_relaxes_as_garofalos_law_does_in_closed_form() -> None:
    times = np.geomspace(1e-2, 1e4, 40)
    start = 10 * STRESS
    found = solve_ivp(
        stress_rate(0.0), (0, times[-1]), [start], t_eval=times, method="Radau", rtol=1e-10, atol=1e-6 * STRESS
    ).y[0]
    decay = np.exp(-MODULUS / (1 - POISSON) * RATE * times / STRESS)
    closed = 2 * STRESS * np.arctanh(np.tanh(start / (2 * STRESS)) * decay)
    np.testing.assert_allclose(found, closed, rtol=1e-6, atol=1e-5 * STRESS)


@pytest.mark.parametrize("strain_rate", [1e-4, -1e-4])
def test_a_steadily_stretched_shell_comes_to_flow(strain_rate: float) -> None:
    found = solve_ivp(stress_rate(strain_rate), (0, 1e5), [0.0], method="Radau", rtol=1e-9, atol=1.0).y[0, -1]
    flows = shell.flow_stress(strain_rate, RATE, STRESS)
    assert found == near(flows, rel=1e-6)
    assert found == near(math.copysign(STRESS * math.log(2 * 1e-4 / RATE), strain_rate), rel=1e-4)


def test_the_pressure_is_lames_of_a_thin_sphere() -> None:
    inner, outer = 1.0, 1.002
    middle = (inner + outer) / 2
    # Lamé: stress along the wall of a sphere with inner pressure 1.
    along = inner**3 * (2 * middle**3 + outer**3) / (2 * middle**3 * (outer**3 - inner**3))
    assert shell.shell_pressure(along, outer - inner, inner) == near(1.0, rel=2e-3)


def test_the_pull_on_the_potential() -> None:
    # Sethuraman et al., arXiv:1108.0372: about 60 mV/GPa in a film, which feels 2/3 of the stress in its plane.
    assert 1e3 * shell.potential_under_pressure(2 / 3 * 1e9) == pytest.approx(-60, abs=3)
    # The partial molar volume is what silicon gains, over 3.75 lithium; to the 1 % of its expansion's figures.
    assert inspect.signature(shell.potential_under_pressure).parameters[
        "partial_molar_volume"
    ].default * 3.75 / 12.0557e-6 == near(2.8, rel=5e-3)


# --- Debonding and healing --------------------------------------------------------------------------------------------


def test_the_energy_is_that_of_the_strain() -> None:
    strain = 0.02
    stress = mechanics.film_stress(1e9, 0.3, strain)
    assert debonding.film_energy_release(stress, 1e9, 0.3, 24e-9) == near(
        mechanics.elastic_energy_release_rate(1e9, 0.3, strain, 24e-9), rel=1e-14
    )


def test_one_lithiation_at_the_adhesion_debonds_its_share() -> None:
    share, _ = quad(lambda _: debonding.debonding_frequency(1 / 3600, 2.0, 2.0, 0.1, 3.0), 0, 3600)
    assert share == near(0.1)
    ratio = debonding.debonding_frequency(-1.0, 4.0, 2.0, 0.1, 3.0) / debonding.debonding_frequency(
        1.0, 2.0, 2.0, 0.1, 3.0
    )
    assert ratio == near(8.0)


def test_the_share_lost_follows_its_closed_solution() -> None:
    fast, slow, time = 3e-5, 1e-5, 4e4
    found = solve_ivp(
        lambda _, lost: debonding.debonded_share_rate(lost, fast, slow), (0, time), [0.0], rtol=1e-10, atol=1e-13
    ).y[0, -1]
    assert found == near(fast / (fast + slow) * (1 - math.exp(-(fast + slow) * time)), rel=1e-8)


def test_healing_between_once_a_cycle_and_the_binders_own_time() -> None:
    cycle = 7200.0
    assert debonding.healing_frequency(1.0, cycle) == near(1 / cycle)
    slow = 1e6 * cycle
    assert debonding.healing_frequency(slow, cycle) == near(1 / slow, rel=1e-6)
    assert debonding.healing_frequency(1.0, cycle, 0.0) == 0.0
    # At a Deborah number of 1 all but 1/e of it heals in a cycle.
    assert debonding.deborah_number(cycle, cycle) == 1.0
    assert cycle * debonding.healing_frequency(cycle, cycle) == near(1 - 1 / math.e)


def test_the_dormant_population_keeps_volume_and_lithium() -> None:
    """250 cycles in which debonding and healing go on: nothing is lost, and only the current brings lithium."""
    cycles, cycle, swing = 250, 7200.0, 0.3
    beat = 2 * math.pi / cycle
    debonds, heals = 2e-7, debonding.healing_frequency(2 * cycle, cycle, 0.2)

    def rates(time: float, state: Any) -> list[float]:
        active, dormant, lithiation, lithium, _ = state
        # A current by volume of coating, which lithiates what is in contact.
        current = 0.24 * swing * beat * math.cos(beat * time)
        gain = debonding.dormant_gain(active, dormant, debonds, heals)
        return [
            -gain,
            gain,
            current / active + debonding.lithiation_gain_by_healing(active, dormant, lithiation, lithium, heals),
            debonding.dormant_lithium_gain(active, lithiation, lithium, debonds, heals),
            current,
        ]

    start = [0.24, 0.01, 0.4, 0.009, 0.0]
    found = solve_ivp(rates, (0, cycles * cycle), start, method="DOP853", rtol=1e-12, atol=1e-15, max_step=cycle / 8)
    active, dormant, lithiation, lithium, brought = found.y
    assert abs(dormant[-1] - start[1]) > 1e-3
    np.testing.assert_allclose(active + dormant, 0.25, rtol=1e-10)
    np.testing.assert_allclose(active * lithiation + lithium - brought, 0.24 * 0.4 + 0.009, rtol=1e-10)


# --- Network ----------------------------------------------------------------------------------------------------------


def test_the_network_percolates_and_falls() -> None:
    fractions = np.array([0.0, 0.02, 0.03, 0.05, 0.08])
    whole = network.network_conductivity(fractions, 0.0, 1e4, 0.03, 1.8)
    np.testing.assert_allclose(whole, layers.percolation_conductivity(1e4, fractions, 0.03, 1.8))
    assert network.network_conductivity(0.08, 1.0, 1e4, 0.03) == 0.0
    ratio = network.network_conductivity(0.08, 0.5, 1e4, 0.03, 1.8, 3.0) / whole[-1]
    assert ratio == near(0.125)


# --- SEI --------------------------------------------------------------------------------------------------------------

GROWS, VOLUME = 3e-22, 95.85e-6


def breathe(shed_share: float, cycles: int = 30) -> tuple[float, float, float, float]:
    """Cycle a surface; return its area, and by area as made the film, what fell off and the charge at the end."""
    cycle, start = 7200.0, 5e-9

    def stretched(time: float) -> tuple[float, float]:
        filled = 0.5 - 0.5 * math.cos(2 * math.pi * time / cycle)
        rate = math.pi / cycle * math.sin(2 * math.pi * time / cycle)
        return shell.shell_stretch(filled) ** 2, 2 * shell.shell_strain_rate(filled, rate)

    def rates(time: float, state: Any) -> list[float]:
        thickness = state[0]
        area, area_rate = stretched(time)
        return [
            sei.sei_thickness_rate(thickness, GROWS, area_rate, shed_share),
            area * sei.sei_shed(thickness, area_rate, shed_share),
            area * sei.sei_current_density(thickness, GROWS, VOLUME),
        ]

    state = np.array([start, 0.0, 0.0])
    for begin in np.arange(0, cycles + 0.25, 0.5)[:-1]:
        # Half cycles, for the film turns from growing to falling off at their ends.
        span = (begin * cycle, (begin + 0.5) * cycle)
        state = solve_ivp(rates, span, state, method="DOP853", rtol=1e-11, atol=[1e-22, 1e-22, 1e-9]).y[:, -1]
    thickness, fallen, charge = state
    return stretched(cycles * cycle)[0], thickness, fallen, charge


def test_a_still_sei_grows_with_the_root_of_time() -> None:
    found = solve_ivp(
        lambda _, thickness: sei.sei_thickness_rate(thickness, GROWS, 0.0), (0, 1e6), [5e-9], rtol=1e-10, atol=1e-20
    ).y[0, -1]
    assert found == near(math.sqrt(5e-9**2 + 2 * GROWS * 1e6), rel=1e-8)


def test_an_sei_that_stays_follows_its_closed_solution() -> None:
    # (A L)' = A k / L has the solution (A L)² = (A L)₀² + 2 k ∫ A² dt.
    area, thickness, fallen, _ = breathe(0.0)
    squared, _ = quad(lambda turn: shell.shell_stretch(0.5 - 0.5 * math.cos(turn)) ** 4, 0, 2 * math.pi)
    whole = 5e-9**2 + 2 * GROWS * 30 * 7200.0 * squared / (2 * math.pi)
    assert area * thickness == near(math.sqrt(whole), rel=1e-8)
    assert fallen == 0.0


@pytest.mark.parametrize("shed_share", [0.0, 0.2, 1.0])
def test_charge_of_the_sei_is_in_the_film_and_in_what_fell_off(shed_share: float) -> None:
    area, thickness, fallen, charge = breathe(shed_share)
    made = area * thickness + fallen - 5e-9
    # By another equation, for a surface of 1 m² on 1 kg.
    assert charge == near(silicon_surface.sei_charge(made, 1.0, VOLUME), rel=1e-9)


def test_an_sei_that_falls_off_costs_more() -> None:
    charges = [breathe(each, 10)[3] for each in (0.0, 0.2, 1.0)]
    assert charges == sorted(charges)
    assert charges[-1] > 1.5 * charges[0]


def test_electrolyte_by_reaction() -> None:
    # Carbonate: C3H4O3 + 2 Li → Li2CO3 + C2H4, one molecule for two electrons.
    assert 2 * FARADAY * sei.electrolyte_per_charge(66.7e-6, 0.5) == near(66.7e-6)


# --- Conduction -------------------------------------------------------------------------------------------------------


def test_without_a_conducting_binder_all_is_as_before() -> None:
    assert conduction.conducting_binder(5.0, 0.05, 0.0, 0.2) == 5.0
    assert conduction.transference_beside_single_ion(0.35, 0.02, 0.0) == near(0.35)
    assert conduction.diffusivity_beside_single_ion(1e-10, 100.0, 298.15, 0.35, 0.02, 0.0) == 1e-10


def test_a_conducting_binder_is_bruggemans() -> None:
    alone = conduction.conducting_binder(0.0, 0.05, 100.0)
    assert alone == near(layers.bruggeman_conductivity(100.0, 0.05))
    assert conduction.conducting_binder(5.0, 0.05, 100.0, 0.25) == near(5.0 + 0.75 * alone)


CATION, ANION, SALT, WARM = 2e-10, 3.5e-10, 100.0, 298.15


def dilute(binder: float) -> tuple[float, float]:
    """Return transference number and diffusivity of a dilute salt beside a binder, by the closures."""
    pores = FARADAY**2 * SALT * (CATION + ANION) / (GAS_CONSTANT * WARM)
    number, diffusivity = CATION / (CATION + ANION), 2 * CATION * ANION / (CATION + ANION)
    return conduction.transference_beside_single_ion(number, pores, binder), conduction.diffusivity_beside_single_ion(
        diffusivity, SALT, WARM, number, pores, binder
    )


@pytest.mark.parametrize("binder", [0.0, 1e-3, 1e-2, 1.0])
def test_salt_beside_a_single_ion_binder_is_nernst_and_plancks(binder: float) -> None:
    """Any gradient and field, with the flux of each ion from its own diffusivity; φ is in units of R T / F."""
    generator = np.random.default_rng(1)
    number, diffusivity = dilute(binder)
    for gradient, field in generator.normal(size=(5, 2)) * (1e6, 1e4):
        anions = -ANION * (gradient - SALT * field)
        cations = -CATION * (gradient + SALT * field)
        # In the binder nothing but the potential of lithium moves it: the same as in the pores.
        in_binder = -binder * GAS_CONSTANT * WARM / FARADAY * (gradient / SALT + field)
        current = FARADAY * (cations - anions) + in_binder
        assert conduction.salt_flux(gradient, diffusivity, current, number) == near(anions, rel=1e-10)


def test_a_binder_without_limit_leaves_the_anions_alone() -> None:
    number, diffusivity = dilute(1e6)
    assert number == pytest.approx(1.0, abs=1e-6)
    assert diffusivity == near(2 * ANION, rel=1e-6)


# --- Between solids ---------------------------------------------------------------------------------------------------


def test_granules_thrown_at_random_leave_what_is_said() -> None:
    """A plane of 1 m² under discs, where binder would fill a slab of 1 m²: counted on points thrown as well."""
    generator = np.random.default_rng(7)
    radius, count = 0.02, 700
    centres, points = generator.random((count, 2)), generator.random((20_000, 2))
    free = np.ones(len(points), dtype=bool)
    for centre in centres:
        away = np.abs(points - centre)
        away = np.minimum(away, 1 - away)
        free &= (away**2).sum(axis=1) > radius**2
    volume = count * 4 / 3 * math.pi * radius**3
    assert conduction.contact_under_granules(volume, 1.0, radius) == pytest.approx(free.mean(), abs=0.02)
    # As flat patches of the same footprint that hold the same volume.
    height = 4 / 3 * radius
    assert conduction.contact_under_films(volume, 1.0, height) == near(
        conduction.contact_under_granules(volume, 1.0, radius)
    )


def test_contact_between_bare_and_insulated() -> None:
    assert conduction.contact_resistance(1.0, 1e-3, 0.1) == near(1e-3)
    assert conduction.contact_resistance(0.0, 1e-3, 0.1) == near(0.101)
    assert conduction.contact_resistance(0.4, 1e-3, 1e12) == near(1e-3 / 0.4)
    assert conduction.contact_resistance(0.4, 1e-3, 0.0) == near(1e-3)
