"""The equations of the binder where their answer is known by hand: fatigue, healing, stress, films, pores, conduction."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY
from byssus.quantity import Quantity
from byssus.simulate.model import Kind, Model, Passed, Setting
from byssus.simulate.parameters import transport
from byssus.validation.binder import STILL, TRIED, carried, last, with_binder
from byssus.validation.page import Comparison
from byssus.validation.simulation import BARE, SAME, Part, paper_cell

Array = NDArray[np.float64]

#: Numbers that stay open, so that one model serves many cases.
_OPEN: Final = frozenset({
    "expansion", "swelling coefficient", "irreversible share", "least porosity", "binder film thickness",
    "binder ionic conductivity", "binder modulus", "binder flow stress", "SEI modulus", "SEI flow stress",
    "lithium molar volume", "debonding coefficient", "healing frequency", "SEI shed share", "SEI in pores",
    "solvent volume per charge", "SEI rate constant", "SEI solvent diffusivity",
})  # fmt: skip
#: What is switched off unless a case is about it; and a stress at which nothing flows, in Pa.
_OFF: Final = {
    "debonding coefficient": 0.0,
    "irreversible share": 0.0,
    "SEI shed share": 0.0,
    "lithium molar volume": 1e-15,
}
_NO_FLOW: Final = 1e12
_RELATIVE: Final = 1e-5


@functools.cache
def _model(exponent: float = 2.0) -> Model:
    """Return an SPM of the paper's cell, with a binder and a film that does not grow unless told to."""
    cell = with_binder(paper_cell(**STILL), debonding_exponent=exponent)
    return Model(cell, "SPM", tolerance=1e-8, free=_OPEN)


def _ran(*steps: tuple[float, float], exponent: float = 2.0, **given: float) -> tuple[Model, list[Passed]]:
    """Carry steps of so many C and hours out, above zero on lithiation, with numbers named with ``_`` for spaces."""
    model = _model(exponent)
    settings = [(Setting(current=rate * model.capacity / 3600), 3600 * hours) for rate, hours in steps]
    told = _OFF | {name.replace("_", " "): value for name, value in given.items()}
    return model, carried(model, settings, told, 1000)


def _lithiation(passed: Passed) -> Array:
    return passed.columns["truth: Mean Lithiation / 1"]


def _stretch(lithiation: Array | float) -> Array:
    return np.asarray((1 + TRIED["expansion"] * lithiation) ** (1 / 3))


def _relative(
    quantity: str, found: Array | float, truth: Array | float, by: str, allowed: float = _RELATIVE
) -> Comparison:
    """Compare what has a size, over its largest."""
    difference = float(np.max(np.abs(np.subtract(found, truth))) / np.max(np.abs(truth)))
    return Comparison("SPM", f"{quantity}, relative", by, int(np.size(truth)), difference, allowed, "")


# --- Contact ---------------------------------------------------------------------------------------------------------


def fatigue() -> Iterator[Comparison]:
    """Lose contact by the lithiation passed alone, of which the share and the charge are known."""
    constant = 0.3
    model, (there, back) = _ran((1.0, 0.6), (-1.0, 0.4), exponent=0.0, debonding_coefficient=constant)
    up, down = _lithiation(there), _lithiation(back)
    passed = np.concatenate([up - up[0], up[-1] - up[0] + down[0] - down])
    share = np.concatenate([each.columns["truth: Active Share / 1"] for each in (there, back)])
    yield _relative("share with contact at m = 0", share, np.exp(-constant * passed), "exp(−k ∫|x'| dt)")
    begun, rate = back.columns["truth: Branch / 1"][0], model.cell.numbers["hysteresis rate"].value
    yield _relative("way between the branches at m = 0", back.columns["truth: Branch / 1"],
                    1 - (1 - begun) * np.exp(-rate * (down[0] - down)), "1 − (1 − h₀) exp(−K |Δx|)", 1e-4)  # fmt: skip
    # dQ = φ dx, so that the lithiation runs ahead of the charge.
    charge = there.seconds / 3600
    yield _relative("charge at m = 0", charge, (1 - np.exp(-constant * (up - up[0]))) / constant, "(1 − exp(−k x)) / k")


def fatigue_by_energy() -> Iterator[Comparison]:
    """Lose contact by the energy that the told stress sets free."""
    constant = 0.3
    _, (there, back) = _ran((1.0, 0.8), (-1.0, 0.6), debonding_coefficient=constant)
    lithiation, stress, share = (
        np.concatenate([each.columns[f"truth: {name}"] for each in (there, back)])
        for name in ("Mean Lithiation / 1", "Binder Stress / MPa", "Active Share / 1")
    )
    thickness = TRIED["binder film thickness"] * (1 + TRIED["binder uptake"]) / _stretch(lithiation) ** 2
    energy = (1 - TRIED["binder Poisson ratio"]) * (1e6 * stress) ** 2 * thickness / TRIED["binder modulus"]
    rate = constant * (energy / TRIED["adhesion"]) ** TRIED["debonding exponent"]
    passed = np.sum((rate[1:] + rate[:-1]) / 2 * np.abs(np.diff(lithiation)))
    yield _relative("share that lost contact by fatigue", 1 - share[-1], float(1 - np.exp(-passed)),
                    "1 − exp(−∫k (G/Γ)^m |dx|), from the stress", 1e-3)  # fmt: skip


def healing() -> Iterator[Comparison]:
    """Heal at rest, after contact was lost in a lithiation."""
    frequency = 2e-4
    _, (_, rest) = _ran((1.0, 0.6), (0.0, 3.0), exponent=0.0, debonding_coefficient=0.5, healing_frequency=frequency)
    decay = np.exp(-frequency * rest.seconds)
    without = 1 - rest.columns["truth: Active Share / 1"]
    yield _relative("share without contact at rest", without, without[0] * decay, "exp(−h t)")
    dormant, active = (rest.columns[f"truth: Lithium {where} / mol"] for where in ("without Contact", "in Particles"))
    yield _relative("lithium without contact at rest", dormant, dormant[0] * decay, "exp(−h t)")
    yield _relative("lithium of all silicon at rest", dormant + active, np.full(dormant.size, dormant[0] + active[0]), "constant", 1e-10)  # fmt: skip


# --- Stress ----------------------------------------------------------------------------------------------------------


def stress() -> Iterator[Comparison]:
    """Stretch a film elastically, until it flows, and let it relax."""
    modulus = TRIED["binder modulus"] / (1 - TRIED["binder Poisson ratio"])
    reference, rate = TRIED["binder flow stress"], TRIED["binder flow rate"]
    _, (there, back) = _ran((1.0, 0.8), (-1.0, 0.6), binder_flow_stress=_NO_FLOW)
    found, filled = (
        np.concatenate([each.columns[name] for each in (there, back)])
        for name in ("truth: Binder Stress / MPa", "truth: Mean Lithiation / 1")
    )
    yield _relative("stress without flow", 1e6 * found, modulus * np.log(_stretch(filled)), "E/(1 − ν) ln λ")
    # Stiff, it flows from the first minute on.
    _, flowing = _ran((1.0, 0.8), (-1.0, 0.6), binder_modulus=1e11)
    for way, each in zip(("lithiation", "delithiation"), flowing, strict=True):
        stretching = (1 if way == "lithiation" else -1) / 3600 * TRIED["expansion"] / 3
        late = slice(each.seconds.size // 2, None)
        truth = reference * np.arcsinh(stretching / (1 + TRIED["expansion"] * _lithiation(each)[late]) / rate)
        yield _relative(f"stress while it flows, {way}", 1e6 * each.columns["truth: Binder Stress / MPa"][late], truth,
                        "σ_ref arsinh(λ'/(λ ε₀'))", 1e-3)  # fmt: skip
    _, (_, rest) = _ran((1.0, 0.5), (0.0, 3.0))
    resting = 1e6 * rest.columns["truth: Binder Stress / MPa"]
    left = np.tanh(resting[0] / (2 * reference)) * np.exp(-modulus * rate / reference * rest.seconds)
    yield _relative(
        "stress at rest", resting, 2 * reference * np.arctanh(left), "tanh(σ/2σ_ref) falls exponentially", 1e-4
    )


def pull() -> Iterator[Comparison]:
    """Pull on the potential with both shells, stretched without flow."""
    flowless = {"binder_flow_stress": _NO_FLOW, "SEI_flow_stress": _NO_FLOW}
    volume = TRIED["lithium molar volume"]
    model, (without,) = _ran((1.0, 0.8), **flowless)
    _, (pulled,) = _ran((1.0, 0.8), lithium_molar_volume=volume, **flowless)
    own, stretch = model.cell.numbers, _stretch(_lithiation(without))
    radius = own["radius"].value
    on_spheres = own["SEI thickness"].value * own["SEI area"].value * own["density"].value * radius / 3
    films = (
        (TRIED["binder modulus"] / (1 - TRIED["binder Poisson ratio"]), TRIED["binder film thickness"] * (1 + TRIED["binder uptake"])),
        (TRIED["SEI modulus"] / (1 - TRIED["SEI Poisson ratio"]), on_spheres),
    )  # fmt: skip
    pressure = sum(
        2 * modulus * np.log(stretch) * thickness / stretch**2 / (radius * stretch) for modulus, thickness in films
    )
    found = pulled.columns["Voltage / V"] - without.columns["Voltage / V"]
    yield _relative("pull on the potential", found, -volume * pressure / FARADAY, "−V Σ 2 σ t/R / F", 1e-4)


# --- Films -----------------------------------------------------------------------------------------------------------


def film() -> Iterator[Comparison]:
    """Take the drop over the binder's film from two cells, one of which has none."""
    conductivity, rate, thickness = 1e-6, 2.0, TRIED["binder film thickness"]
    free = frozenset({"binder film thickness"})
    cases: tuple[tuple[Kind, float], ...] = (("SPM", 1e-4), ("DFN", 1e-2))
    for kind, allowed in cases:
        cell = with_binder(paper_cell(**STILL), binder_ionic_conductivity=conductivity, binder_modulus=1.0,
                           lithium_molar_volume=1e-15, debonding_coefficient=0.0)  # fmt: skip
        model = Model(cell, kind, free=free)
        settings = [(Setting(current=rate * model.capacity / 3600), 0.4 * 3600)]
        ((without,), (having,)) = (
            carried(model, settings, {"binder film thickness": each}) for each in (0.0, thickness)
        )
        own = cell.electrode.inputs
        surface = 3 * own["loading"].value / own["density"].value / own["radius"].value * own["area"].value
        density = rate * model.capacity / 3600 / surface
        truth = -density * thickness * (1 + TRIED["binder uptake"]) / conductivity / _stretch(_lithiation(without)) ** 4
        # From the second record on the current flows.
        found = having.columns["Voltage / V"] - without.columns["Voltage / V"]
        difference = float(np.max(np.abs(found - truth)[1:]) / np.max(np.abs(truth)))
        yield Comparison(
            kind, "drop over the binder's film, relative", "j t (1 + v)/(κ λ⁴)", truth.size - 1, difference, allowed, ""
        )


def sei() -> Iterator[Comparison]:
    """Stretch and shed SEI that does not grow, and let it grow on a stretched surface at rest."""
    share = 0.4
    for what, shed in (("thickness of SEI, stretched", 0.0), ("thickness of SEI, partly shed", share)):
        model, (there, back) = _ran((1.0, 0.8), (-1.0, 0.6), SEI_shed_share=shed)
        full = _stretch(_lithiation(there)[-1])
        begun = model.cell.inputs["SEI thickness"].value
        truth = np.concatenate([
            begun / _stretch(_lithiation(there)) ** 2,
            begun / _stretch(_lithiation(back)) ** 2 * (_stretch(_lithiation(back)) / full) ** (2 * shed),
        ])  # fmt: skip
        found = 1e-9 * np.concatenate([each.columns["truth: SEI Thickness / nm"] for each in (there, back)])
        yield _relative(what, found, truth, "L₀ (A₀/A) (A/A₁)^s", 1e-4)
        counted = np.concatenate([each.columns["truth: Lithium in SEI / mol"] for each in (there, back)])
        lost = float(np.max(np.abs(counted))) * FARADAY / model.capacity
        yield Comparison("SPM", f"{what}: lithium in it, of the capacity", "constant", counted.size, lost, 1e-12, "")
    grown = {}
    for limit, diffusivity in (("reaction", 1e-9), ("transport", 1e-27)):
        for expansion in (0.0, TRIED["expansion"]):
            model, (there,) = _ran((1.0, 0.5), expansion=expansion)
            # Of a small SEI current, which moves the potential of silicon at rest by little.
            told = _OFF | {"expansion": expansion, "SEI rate constant": 1e-16, "SEI solvent diffusivity": diffusivity}
            rest = model.step(there.state, 1.0, Setting(current=0.0), 1.0, told)
            grown[limit, expansion > 0] = last(rest, "Lithium in SEI / mol")
        power = 2 if limit == "reaction" else 4
        faster = grown[limit, True] / grown[limit, False]
        yield _relative(f"growth of SEI held by {limit}, stretched over not", faster,
                        float(_stretch(_lithiation(there)[-1]) ** power), f"λ^{power}", 1e-3)  # fmt: skip


def solvent() -> Iterator[Comparison]:
    """Use solvent up by the charge of SEI."""
    amount = TRIED["solvent volume per charge"]
    grows = {"SEI_rate_constant": 1e-15, "SEI_solvent_diffusivity": 1e-18}
    _, (without,) = _ran((0.5, 1.0), solvent_volume_per_charge=0.0, **grows)
    _, (used,) = _ran((0.5, 1.0), **grows)
    left = [1e-9 * each.columns["truth: Electrolyte outside Pores / uL"] for each in (without, used)]
    charge = FARADAY * last(used, "Lithium in SEI / mol")
    yield _relative(
        "electrolyte that SEI used", float(left[0][-1] - left[1][-1]), amount * charge, "charge of SEI × volume"
    )


# --- Coating ---------------------------------------------------------------------------------------------------------


def coating() -> Iterator[Comparison]:
    """Swell a coating that is held, free, between, or at its least porosity, by the charge that has passed."""
    for what, coefficient, least in (
        ("held", 0.0, 0.05),
        ("half held", 0.5, 0.05),
        ("free", 1.0, 0.05),
        ("packed", 0.0, 0.3),
    ):
        model, (_, rest) = _ran(
            (1.0, 0.5), (0.0, 1.0), swelling_coefficient=coefficient, least_porosity=least, SEI_in_pores=0.0
        )
        own = model.cell.electrode.inputs
        silicon = own["loading"].value / own["density"].value / own["thickness"].value
        solids = 1 - own["porosity"].value + TRIED["binder fraction"] * TRIED["binder uptake"]
        growth = TRIED["expansion"] * silicon * 0.5
        ratio = max(1 + coefficient * growth, (solids + growth) / (1 - least))
        porosity = 1 - (solids + growth) / ratio
        volume = own["thickness"].value * own["area"].value
        outside = TRIED["electrolyte outside pores"] * own["area"].value + (1 - solids - porosity * ratio) * volume
        yield _relative(f"thickness, {what}", last(rest, "Thickness Ratio / 1"), ratio, f"{ratio:.4f} by hand")
        yield _relative(f"porosity, {what}", last(rest, "Porosity / 1"), porosity, f"{porosity:.4f} by hand")
        yield _relative(f"electrolyte outside, {what}", 1e-9 * last(rest, "Electrolyte outside Pores / uL"), outside,
                        f"{1e9 * outside:.2f} µL by hand")  # fmt: skip


def concentration() -> Iterator[Comparison]:
    """Fill pores so slowly that salt is even, with silicon and SEI: what leaves them takes its salt along."""
    given = BARE | {"SEI_resistivity": Quantity(1e-3, "ohm*m"), "SEI_solvent_diffusivity": Quantity(2e-20, "m^2/s")}
    for what, least in (("narrowed", 0.01), ("packed", 0.3)):
        cell = with_binder(
            paper_cell(**given), swelling_coefficient=0.3, least_porosity=least, debonding_coefficient=0.0
        )
        model, hours = Model(cell, "DFN"), 400.0
        steps = [(Setting(current=model.capacity / 3600 / hours), 0.7 * hours * 3600), (Setting(current=0.0), 3600.0)]
        _, rest = carried(model, steps, records=10)
        truth = cell.inputs["salt concentration"].value * _wet(model, rest)
        difference = abs(last(rest, "Lithium in Electrolyte / mol") / truth - 1)
        yield Comparison("DFN", f"salt in pores, {what}, relative", "volume × concentration at the start", 1, difference,
                         2e-4, "")  # fmt: skip


def still() -> Iterator[Comparison]:
    """Fill pores in an SPM, which has salt of one concentration and no resistance of pores: no voltage may change."""
    (_, (held,)), (_, (free,)) = (_ran((2.0, 0.4), swelling_coefficient=each, SEI_in_pores=0.0) for each in (0.0, 1.0))
    difference = float(np.max(np.abs(held.columns["Voltage / V"] - free.columns["Voltage / V"])))
    yield Comparison("SPM", "voltage, pores that fill", "pores that do not", held.seconds.size, difference, SAME, "V")
    filled = [last(each, "Porosity / 1") * last(each, "Thickness Ratio / 1") for each in (held, free)]
    salt = [last(each, "Lithium in Electrolyte / mol") for each in (held, free)]
    own = _model().cell
    pores = own.electrode.inputs["thickness"].value * own.electrode.inputs["area"].value * (filled[1] - filled[0])
    truth = own.inputs["salt concentration"].value * pores
    yield _relative("salt in pores, free less held", salt[1] - salt[0], truth, "volume × concentration")


def irreversible() -> Iterator[Comparison]:
    """Stay thicker by the growth passed."""
    share, most = 0.4, TRIED["irreversible limit"]
    model, (there, back) = _ran((1.0, 0.7), (-1.0, 0.5), irreversible_share=share, SEI_in_pores=0.0)
    own = model.cell.electrode.inputs
    silicon = own["loading"].value / own["density"].value / own["thickness"].value
    passed = TRIED["expansion"] * silicon * np.concatenate([there.seconds / 3600, 0.7 + back.seconds / 3600])
    found = np.concatenate([each.columns["truth: Irreversible Strain / 1"] for each in (there, back)])
    yield _relative("irreversible strain", found, most * (1 - np.exp(-share * passed / most)), "e∞ (1 − exp(−k G/e∞))")


# --- Conduction ------------------------------------------------------------------------------------------------------


def conduction() -> Iterator[Comparison]:
    """Hold the resistance at the highest frequencies of a lithiated, partly debonded coating against that by hand."""
    cell = with_binder(
        paper_cell(**STILL),
        debonding_exponent=0.0,
        debonding_coefficient=0.3,
        swelling_coefficient=0.7,
        least_porosity=0.05,
    )
    numbers, solids = (
        cell.electrode.inputs,
        {name: TRIED[name] for name in ("carbon threshold", "network exponent", "damage exponent")},
    )
    model = Model(cell, "DFN", spectroscopy=True)
    current = model.capacity / 3600 / 5
    _, rest = carried(model, [(Setting(current=current), 0.7 * 5 * 3600), (Setting(current=0.0), 4 * 3600)], records=10)
    ratio, porosity, share = (last(rest, name) for name in ("Thickness Ratio / 1", "Porosity / 1", "Active Share / 1"))
    network = ((1 / ratio - solids["carbon threshold"]) / (1 - solids["carbon threshold"])) ** solids[
        "network exponent"
    ]
    network *= share ** solids["damage exponent"]
    # What is left of a network that has come apart is a thousandth.
    electronic = transport(cell, model.parameters.values).electronic * (1e-3 + (1 - 1e-3) * network)
    take = {name: given.value for name, given in cell.inputs.items()}
    thickness, area = numbers["thickness"].value, numbers["area"].value
    conductivity = _conductivity(model, rest)
    separator = take["separator thickness"] / (
        conductivity * take["separator porosity"] ** take["separator tortuosity exponent"]
    )
    through = electronic + conductivity * porosity ** numbers["tortuosity exponent"].value
    truth = (
        separator + thickness * ratio / through + take["contact resistance"] + take["lithium film resistance"]
    ) / area
    found = float(model.impedance(rest.state, [1e10])[0].real)
    difference = abs(found / truth - 1)
    yield Comparison("DFN", "resistance at 1e10 Hz of a swollen coating, relative", f"by hand, {truth:.3f} ohm", 1, difference,
                     1e-3, "")  # fmt: skip


def _wet(model: Model, passed: Passed) -> float:
    """Return the volume of the pores and of the separator's at the end of a step in m³."""
    own, take = model.cell.electrode.inputs, model.cell.inputs
    pores = own["thickness"].value * last(passed, "Thickness Ratio / 1") * last(passed, "Porosity / 1")
    return (take["separator thickness"].value * take["separator porosity"].value + pores) * own["area"].value


def _conductivity(model: Model, passed: Passed) -> float:
    """Return the conductivity of the electrolyte with what salt it has at the end of a step."""
    salt = last(passed, "Lithium in Electrolyte / mol") / _wet(model, passed)
    even = replace(model.cell.inputs["salt concentration"], value=salt)
    return transport(model.cell.with_inputs({"salt concentration": even}), model.parameters.values).conductivity


LIMITS: Final[tuple[Callable[[], Iterator[Comparison]], ...]] = (
    fatigue, fatigue_by_energy, healing, stress, pull, film, sei, solvent, coating, concentration, still, irreversible,
    conduction,
)  # fmt: skip


def limits() -> Part:
    """Hold the equations of the binder against what is known of them by hand."""
    return Part([each for case in LIMITS for each in case()])
