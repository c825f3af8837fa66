"""The virtual cell where its answer is known in closed form: diffusion, voltammetry, small and large currents."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import brentq

from byssus.conventions import CellDirection, Configuration, Made
from byssus.measured.metadata import Sample
from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from byssus.physics.diffusion import diffusion_gitt_sphere, randles_sevcik_current, thin_film_peak_current
from byssus.protocol.steps import Resolved, Step
from byssus.quantity import Quantity
from byssus.simulate import record
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import Model, Setting, pybamm
from byssus.simulate.parameters import Parameters
from byssus.simulate.run import carry_out
from byssus.validation.page import Comparison, Listing
from byssus.validation.simulation import BARE, LOW, Part, paper_cell, published_cell

Array = NDArray[np.float64]

_THERMAL: Final = GAS_CONSTANT * STANDARD_TEMPERATURE / FARADAY

# --- Titration -------------------------------------------------------------------------------------------------------

#: Particles large enough for a pulse to see no end of them, and what they diffuse by: R²/D is 2500 s.
_RADIUS, _DIFFUSION = 5e-6, 1e-14
#: Pulses as shares of R²/D.
_SHARES: Final = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def sphere_ratio(share: float) -> float:
    """Return ΔE_s over ΔE_τ of a pulse of constant flux into a sphere, of which the time is this share of R²/D.

    J. Crank, The Mathematics of Diffusion, 2nd ed., Oxford 1975, ch. 6, constant flux: the surface stands above the start by
    (J R/D) (3 τ + 1/5 − 2 Σ exp(−α² τ)/α²), tan α = α, the mean by (J R/D) 3 τ.
    """
    roots = np.array(
        [brentq(lambda x: np.sin(x) - x * np.cos(x), n * np.pi + 1e-9, (n + 0.5) * np.pi) for n in range(1, 400)]
    )
    # What the sum still lacks is that of its tail without the exponentials, 1/10 in all.
    surface = 3 * share + 2 * np.sum((1 - np.exp(-(roots**2) * share)) / roots**2) + 2 * (0.1 - np.sum(1 / roots**2))
    return float(3 * share / surface)


def titrate(shares: Sequence[float]) -> list[float]:
    """Titrate half-lithiated silicon of large particles, and return D by the formula over D as given, pulse by pulse."""
    cell = paper_cell(
        **BARE, radius=Quantity(_RADIUS, "m"), diffusion_coefficient=Quantity(_DIFFUSION, "m^2/s"),
        exchange_current_density=Quantity(10, "A/m^2"), hysteresis_rate=Quantity(0, "1"),
        SEI_rate_constant=Quantity(0, "m/s"), crystalline_share=Quantity(0, "1"),
    )  # fmt: skip
    model = Model(cell, "SPM", tolerance=1e-9, refined=16)
    whole, diffused = model.capacity, _RADIUS**2 / _DIFFUSION
    lithiate, rest = CellDirection.DISCHARGE, CellDirection.REST
    steps = [Step("current", lithiate, -whole / 36000, until_charge=0.5 * whole, pulse=0),
             Step("rest", rest, duration=20 * diffused, pulse=0)]  # fmt: skip
    for number, share in enumerate(shares, 1):
        seconds = share * diffused
        # So much that the surface gains about 0.05 % of its lithium: the potential is a straight line over that.
        charge = 0.0005 * sphere_ratio(share) * whole
        steps += [
            Step(
                "current",
                lithiate,
                -charge / seconds,
                duration=seconds,
                interval=seconds / 200,
                pulse=number,
                part="pulse",
            ),
            Step("rest", rest, duration=20 * diffused, pulse=number, part="rest"),
        ]
    protocol = Resolved("titration", "pulses", tuple(steps), STANDARD_TEMPERATURE)
    sample = Sample(name=cell.name, configuration=Configuration.HALF, made=Made.EMPTY,
                    active_mass=Quantity(cell.active_mass * 1e6, "mg"))  # fmt: skip
    table = record.table(model, protocol, list(carry_out(model, protocol)), sample=sample).data
    found = []
    for number, share in enumerate(shares, 1):
        rested, pulse, after = (
            table.filter(chosen)
            for chosen in (
                pl.col("Pulse Count / 1") == number - 1,
                (pl.col("Pulse Count / 1") == number) & (pl.col("Pulse Part") == "pulse"),
                (pl.col("Pulse Count / 1") == number) & (pl.col("Pulse Part") == "rest"),
            )
        )
        voltage = "Voltage / V"
        # The potential of the surface is the voltage without the jump of resistances and reactions.
        transient = pulse["truth: Electrode Potential / V"][-1] - rested[voltage][-1]
        steady = after[voltage][-1] - rested[voltage][-1]
        found.append(float(diffusion_gitt_sphere(share * diffused, _RADIUS, steady, transient)) / _DIFFUSION)
    return found


def titration() -> Part:
    """Recover D from simulated titrations, and fail to as the closed solution says."""
    found = titrate(_SHARES)
    truths = [4 / (9 * np.pi * share) * sphere_ratio(share) ** 2 for share in _SHARES]
    rows = [
        [f"{share:g}", f"{ours:.4f}", f"{truth:.4f}"] for share, ours, truth in zip(_SHARES, found, truths, strict=True)
    ]
    worst = max(abs(ours / truth - 1) for ours, truth in zip(found, truths, strict=True))
    return Part(
        [Comparison("titration, 1e-4 R²/D", "D by Weppner and Huggins, relative", "D as given", 1, abs(found[0] - 1), 0.05, ""),
         Comparison("titration, all pulses", "D by Weppner and Huggins, relative", "closed solution of a sphere", len(found),
                    worst, 0.01, "")],
        [Listing(
            "Titration",
            "D by Weppner and Huggins from simulated tables of large silicon particles, over the D that the simulation was "
            "given, by the pulse's time over R²/D; and what the closed solution of a sphere under constant flux says the "
            "formula must give.",
            ["τ D/R²", "found", "closed solution"], rows,
            ["The formula takes the particle for a plane without end. From a tenth of R²/D on it no longer tells D."])],
    )  # fmt: skip


# --- Voltammetry -----------------------------------------------------------------------------------------------------

#: Standard potential of the made-up electrode in V; how far above it sweeps begin and how far below they end.
_STANDARD, _ABOVE, _BELOW = 1.0, 0.2, 0.1


def nernst_peaks(
    radius: float, diffusion: float, exchange: float, rates: Sequence[float], refined: float
) -> tuple[list[float], float, float]:
    """Sweep an electrode of independent sites, without resistance, from empty to full.

    Returns
    -------
    Magnitude of the peak currents in A, the surface of its particles in m² and their volume in m³.
    """
    module = pybamm()
    cell, plain = published_cell("Xu2019", full=False)
    values = plain.values
    most = values["Maximum concentration in positive electrode [mol.m-3]"]
    full = 1 / (1 + np.exp(_ABOVE / _THERMAL))
    values.update(
        {
            "Positive particle radius [m]": radius,
            "Positive particle diffusivity [m2.s-1]": diffusion,
            "Positive electrode OCP [V]": _nernst,
            "Positive electrode OCP entropic change [V.K-1]": 0.0,
            "Positive electrode exchange-current density [A.m-2]": lambda *_: module.Scalar(exchange),
            "Exchange-current density for lithium metal electrode [A.m-2]": lambda *_: module.Scalar(1e6),
            "Initial concentration in positive electrode [mol.m-3]": most * full,
            "Ambient temperature [K]": STANDARD_TEMPERATURE,
            "Initial temperature [K]": STANDARD_TEMPERATURE,
            "Negative electrode conductivity [S.m-1]": 1e12,
            "Positive electrode conductivity [S.m-1]": 1e12,
        }
    )
    model = Model(cell, "SPM", refined=refined, written=Parameters(values, (), {}))
    peaks = []
    for rate in rates:
        seconds = (_ABOVE + _BELOW) / rate
        # From equilibrium exactly the solver finds no first step.
        begins = _STANDARD + _ABOVE - 1e-5
        swept = model.step(model.start(), seconds, Setting(voltage=begins, rate=-rate), seconds / 2000)
        peaks.append(float(np.max(np.abs(swept.columns["Current / A"]))))
    volume = (
        values["Positive electrode thickness [m]"] * values["Electrode height [m]"] * values["Electrode width [m]"]
        * values["Positive electrode active material volume fraction"]
    )  # fmt: skip
    return peaks, 3 * volume / radius, volume


def _nernst(share: Any) -> Any:
    """Return Nernst's potential, less what PyBaMM adds to every potential close to empty and full: 54 mV at 4e-4."""
    from pybamm.parameters.lithium_ion_parameters import U_asymptotes

    return _STANDARD + _THERMAL * pybamm().log((1 - share) / share) - U_asymptotes(share)


def voltammetry() -> Part:
    """Hold peaks against Randles and Ševčík, the thin film, and silicon's own slope."""
    slow, fast = (1e-4, 3e-4, 1e-3), (1e-2, 2e-2, 5e-2)
    most = float(pybamm().ParameterValues("Xu2019")["Maximum concentration in positive electrode [mol.m-3]"])
    large, area, _ = nernst_peaks(5e-6, 1e-16, 1000.0, fast, 12)
    small, _, volume = nernst_peaks(50e-9, 1e-14, 10.0, slow, 1)
    comparisons = []
    for subject, rates, peaks, law, power in (
        (
            "endless particles",
            fast,
            large,
            [float(randles_sevcik_current(area, most, 1e-16, rate)) for rate in fast],
            0.5,
        ),
        ("thin particles", slow, small, [float(thin_film_peak_current(volume, most, rate)) for rate in slow], 1.0),
    ):
        name = "Randles and Ševčík" if power < 1 else "thin film"
        worst = max(abs(ours / truth - 1) for ours, truth in zip(peaks, law, strict=True))
        slope = np.polyfit(np.log(rates), np.log(peaks), 1)[0]
        comparisons += [
            Comparison(subject, "peak current, relative", name, len(peaks), worst, 0.01, ""),
            Comparison(
                subject, "slope of log I over log v", f"{power:g}", len(peaks), abs(float(slope) - power), 0.01, ""
            ),
        ]
    peaks, potentials = silicon_peaks(_SWEEPS)
    slopes = [
        float(np.log(second / first) / np.log(after / before))
        for (first, second), (before, after) in zip(pairwise(peaks), pairwise(_SWEEPS), strict=True)
    ]
    comparisons.append(
        Comparison("nano-silicon, slowest sweeps", "slope of log I over log v", "1", 2, abs(slopes[0] - 1), 0.01, "")
    )
    rows = [
        [f"{1e3 * rate:g}", f"{potential:.3f}", f"{1e3 * peak:.4g}", f"{peak / rate:.3g}", slope]
        for rate, potential, peak, slope in zip(_SWEEPS, potentials, peaks, ["", *(f"{each:.3f}" for each in slopes)], strict=True)
    ]  # fmt: skip
    listing = Listing(
        "Nano-silicon in sweeps of 1.2 V",
        "The paper's cell with particles of 15 nm radius and no SEI, swept from 1.2 V to 5 mV and back: the highest peak of "
        "delithiation. Scan rate in mV/s, potential in V, current in mA, current over scan rate in A s/V, slope of log I "
        "over log v from the row above.",
        ["scan rate", "potential", "peak", "peak over scan rate", "slope"], rows,
        ["The law I ∝ v holds where the current is small beside the exchange current and what stands in series: the slope "
         "at 0.1 mV/s falls short of 1 by kinetics and resistance, not by diffusion, which 15 nm do not feel."],
    )  # fmt: skip
    slope = slopes[_SWEEPS[1:].index(1e-4)]
    short = Comparison("nano-silicon at 0.1 mV/s", "slope of log I over log v", "1", 2, abs(slope - 1), 0.05, "")
    return Part(comparisons, [listing], missed=[(short, "kinetics and resistance of this cell, see the sweeps")])


#: Scan rates in V/s.
_SWEEPS: Final = (1e-6, 3e-6, 1e-5, 5e-5, 1e-4, 2e-4)


def silicon_peaks(rates: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the highest current of delithiation in A, and its potential in V, by scan rate."""
    cell = paper_cell(**BARE, radius=Quantity(15e-9, "m"), SEI_rate_constant=Quantity(0, "m/s"), crystalline_share=Quantity(0, "1"),
                      SEI_resistivity=Quantity(0, "ohm*m"))  # fmt: skip
    model = Model(cell, "SPMe")
    peaks, potentials = [], []
    for rate in rates:
        seconds = (1.2 - LOW) / rate
        down = model.step(model.start(), seconds, Setting(voltage=1.2, rate=-rate), seconds / 1000)
        up = model.step(down.state, seconds, Setting(voltage=LOW, rate=rate), seconds / 2000)
        current = up.columns["Current / A"]
        highest = int(np.argmax(current))
        peaks.append(float(current[highest]))
        potentials.append(float(up.columns["Voltage / V"][highest]))
    return peaks, potentials


# --- Small and large currents ----------------------------------------------------------------------------------------


def _plain() -> tuple[VirtualCell, Parameters, float, float]:
    """Return the set Xu2019 as it is, its stoichiometry at the start, and the charge from stoichiometry 0 to 1 in C."""
    cell, written = published_cell("Xu2019", full=False)
    values = written.values
    most = values["Maximum concentration in positive electrode [mol.m-3]"]
    return cell, written, values["Initial concentration in positive electrode [mol.m-3]"] / most, FARADAY * most * (
        values["Positive electrode thickness [m]"] * values["Electrode height [m]"] * values["Electrode width [m]"]
        * values["Positive electrode active material volume fraction"]
    )  # fmt: skip


def slow_lithiation() -> list[Comparison]:
    """Compare a cell at C/2000 and C/1000 with the open circuit of its set, by hand from current × time."""
    module = pybamm()
    cell, written, begun, room = _plain()
    values = written.values
    model = Model(cell, "SPMe", tolerance=1e-8, written=written)
    potential = values["Positive electrode OCP [V]"]
    missed = []
    for hours in (1000, 2000):
        seconds = 0.5 * (1 - begun) * room / (room / 3600 / hours)
        passed = model.step(model.start(), seconds, Setting(current=room / 3600 / hours), seconds / 50)
        share = begun + passed.seconds / 3600 / hours
        truth = np.array([float(values.evaluate(potential(module.Scalar(each)))) for each in share])
        missed.append(float(np.max(np.abs(passed.columns["Voltage / V"] - truth)[1:])))
    return [
        Comparison("Xu2019 at C/2000", "voltage", "open circuit by hand", 50, missed[1], 1e-3, "V"),
        Comparison("Xu2019, C/1000 over C/2000", "what is missed, relative to twofold", "linear in the current", 2,
                   abs(missed[0] / missed[1] / 2 - 1), 0.1, ""),
    ]  # fmt: skip


def resistances() -> list[Comparison]:
    """Compare the drop at the start of a current with resistances and Butler and Volmer's equation by hand."""
    cell, added = paper_cell(), 48e-4
    contact = cell.inputs["contact resistance"].value
    more = paper_cell(contact_resistance=Quantity(contact + added, "ohm*m^2"))
    area = cell.electrode.inputs["area"].value
    inverse = {"ohm": [], "lithium": []}  # type: dict[str, list[float]]
    rates = (0.1, 1.0, 6.0)
    models = [Model(each, "SPM", tolerance=1e-8) for each in (cell, more)]
    for rate in rates:
        current = rate * cell.active_mass * 1e3
        first, second = (model.step(model.start(), 1.0, Setting(current=current), 1.0).columns for model in models)
        drop = first["Voltage / V"][0] - second["Voltage / V"][0]
        inverse["ohm"].append(abs(float(drop) - current * added / area))
        exchange = cell.inputs["lithium exchange current density"].value
        salt = cell.inputs["salt concentration"].value
        by_hand = 2 * _THERMAL * np.arcsinh(current / area / (2 * exchange * (salt / 1000) ** 0.5))
        inverse["lithium"].append(
            abs(abs(float(first["truth: Lithium Electrode Overpotential / V"][0])) - float(by_hand))
        )
    return [
        Comparison("Si/CCL, 48 ohm cm² more", "drop of the voltage", "Ohm's law by hand", len(rates),
                   max(inverse["ohm"]), 1e-7, "V"),
        Comparison("Si/CCL", "overpotential of lithium", "Butler and Volmer by hand", len(rates),
                   max(inverse["lithium"]), 1e-7, "V"),
    ]  # fmt: skip


def full_capacity() -> Comparison:
    """Compare the charge of a slow discharge to 3.5 V with that by hand from the open circuit of the set."""
    module = pybamm()
    cell, written, begun, room = _plain()
    potential = written.values["Positive electrode OCP [V]"]
    model = Model(cell, "DFN", written=written)
    current = room / 3600 / 1000
    passed = model.step(model.start(), room / current, Setting(current=current, low=3.5), 36000)
    ends = brentq(lambda share: float(written.values.evaluate(potential(module.Scalar(share)))) - 3.5, begun, 0.999)
    return Comparison("Xu2019 at C/1000", "charge to 3.5 V, relative", "open circuit by hand", 1,
                      abs(float(passed.seconds[-1]) * current / ((ends - begun) * room) - 1), 1e-3, "")  # fmt: skip


def small_and_large() -> Part:
    """Hold small currents against the open circuit, and the start of large ones against resistances by hand."""
    return Part([*slow_lithiation(), *resistances(), full_capacity()])
