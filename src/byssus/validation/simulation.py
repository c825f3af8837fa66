"""The numbers of the virtual cell: against stock PyBaMM, laws of conservation, finer meshes and a sine in time.

What is compared with closed solutions stands in `byssus.validation.simulation_limits`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from byssus import knowledge
from byssus.conventions import Made
from byssus.physics.constants import FARADAY, STANDARD_TEMPERATURE
from byssus.quantity import Quantity
from byssus.recipe.design import design_file
from byssus.simulate.coating_inputs import SURFACE_CHARGES
from byssus.simulate.inputs import Electrode, VirtualCell, virtual_cell
from byssus.simulate.model import KINDS, LIMITS, Kind, Model, Setting, State, Validity, mesh, pybamm
from byssus.simulate.parameters import CRYSTALLINE, TEMPERATURE, Parameters, transport
from byssus.simulate.published import Base
from byssus.validation.page import Comparison, Listing, Page

Array = NDArray[np.float64]

#: The paper's cell and the currents of its rate test in A/g.
RECIPE: Final = "ccl-5.yaml"
LOW, HIGH = 0.005, 1.5
RATES: Final = (0.2, 0.5, 1.0, 2.0, 4.0, 6.0)
#: Given to a cell whose oxide and carbon take nothing up: what stock PyBaMM and closed solutions know of.
BARE: Final = {name.replace(" ", "_"): Quantity(0, "mAh/g") for name in SURFACE_CHARGES}
#: What the numbers are held to: the voltage of stock PyBaMM in V, of a finer mesh in V, and balances.
SAME, FINE, CLOSED = 1e-6, 1e-3, 1e-10


@dataclass(frozen=True)
class Part:
    """One part of the page; what misses its target stands in `missed`, each with the reason."""

    comparisons: Sequence[Comparison] = ()
    listings: Sequence[Listing] = ()
    remarks: Sequence[str] = ()
    missed: Sequence[tuple[Comparison, str]] = ()


def paper_cell(**given: Quantity) -> VirtualCell:
    """Return the virtual cell of the paper's recipe; names of changed numbers have ``_`` for spaces."""
    known = knowledge.load()
    with resources.as_file(resources.files("byssus") / "examples" / "recipes" / RECIPE) as file:
        design = design_file(file, known)
    cell = virtual_cell("Si/CCL", design, known, made=Made.EMPTY, window=(LOW, HIGH))
    return cell.with_given({name.replace("_", " "): value for name, value in given.items()})


def published_cell(base: str, *, full: bool) -> tuple[VirtualCell, Parameters]:
    """Return one of PyBaMM's parameter sets as it is, and a cell that adds nothing to it."""
    values = pybamm().ParameterValues(base)
    values.update({"Contact resistance [Ohm]": 0}, check_already_exists=False)
    # The positive electrode is the working one of a half cell.
    positive = Electrode(base, "published", {}, Made.FULL, Base(base, "Positive"))
    negative = Electrode(base, "published", {}, Made.EMPTY, Base(base, "Negative"))
    own, other = (negative, positive) if full else (positive, None)
    return VirtualCell(base, own, other, {}, (2.5, 4.2)), Parameters(values, (), {})


@dataclass(frozen=True)
class Cathode:
    """A half cell of a published electrode with a diffusion coefficient of its own, and what a sweep of it needs; SI."""

    cell: VirtualCell
    written: Parameters
    radius: float
    area: float
    concentration: float


def published_cathode(base: str, diffusion: float) -> Cathode:
    """Return the positive electrode of one of PyBaMM's parameter sets against lithium."""
    cell, written = published_cell(base, full=False)
    written.values.update({"Positive particle diffusivity [m2.s-1]": diffusion})
    get = written.values.__getitem__
    radius = float(get("Positive particle radius [m]"))
    volume = float(np.prod([
        get(name) for name in (
            "Positive electrode thickness [m]", "Positive electrode active material volume fraction",
            "Electrode height [m]", "Electrode width [m]",
        )
    ]))  # fmt: skip
    most = float(get("Maximum concentration in positive electrode [mol.m-3]"))
    return Cathode(cell, written, radius, 3 * volume / radius, most)


def stock_model(kind: Kind, options: dict[str, Any]) -> Any:
    """Return one of PyBaMM's models as it is, without limits of the voltage."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The definition of the hysteresis decay rate")
        stock = getattr(pybamm().lithium_ion, kind)(options)
    stock.events = []
    return stock


def stock_steps(
    stock: Any,
    values: Any,
    steps: Sequence[Any],
    given: dict[str, float] | None = None,
    meshed: dict[str, Any] | None = None,
) -> list[Any]:
    """Carry steps out in PyBaMM's own simulation, on the mesh that ours has unless another is given."""
    module = pybamm()
    simulation = module.Simulation(
        stock, parameter_values=values, experiment=module.Experiment([tuple(steps)]),
        solver=module.IDAKLUSolver(rtol=1e-9, atol=1e-10), **(mesh(stock) if meshed is None else meshed),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solved = simulation.solve(inputs=given)
    return list(solved.cycles[0].steps)


# --- Stock PyBaMM ----------------------------------------------------------------------------------------------------

#: Constant current at 1C, rest, and a hold near the rested voltage: seconds of each, and the voltage held.
_SECONDS: Final = (1800.0, 1800.0, 900.0)
_HELD: Final = 3.7
_SETS: Final = (("Xu2019", False), ("Chen2020", True), ("Marquis2019", True))


def stock_voltage(base: str, kind: Kind, *, full: bool, changed: dict[str, float] | None = None) -> Comparison:
    """Compare a constant current, a rest and a hold with PyBaMM's own simulation of the same parameter set.

    Parameters
    ----------
    changed
        Values that only ours has, by PyBaMM's names: the comparison must then fail.
    """
    module = pybamm()
    cell, written = published_cell(base, full=full)
    values = module.ParameterValues(base)
    current = float(values["Nominal cell capacity [A.h]"])
    written.values.update(changed or {})
    model = Model(cell, kind, tolerance=1e-9, written=written)
    settings = (Setting(current=current), Setting(current=0.0), Setting(voltage=_HELD))
    stock = stock_model(kind, {} if full else {"working electrode": "positive"})
    theirs = stock_steps(
        stock, values,
        [module.step.current(current, duration=_SECONDS[0], period=10), module.step.rest(duration=_SECONDS[1], period=10),
         module.step.voltage(_HELD, duration=_SECONDS[2], period=10)],
    )  # fmt: skip
    state, worst, count = model.start(), 0.0, 0
    for setting, seconds, answer in zip(settings, _SECONDS, theirs, strict=True):
        passed = model.step(state, seconds, setting, 10.0)
        state = passed.state
        voltage = answer["Voltage [V]"].entries
        worst = max(worst, float(np.max(np.abs(passed.columns["Voltage / V"] - voltage))))
        count += voltage.size
    return Comparison(f"{base}, {kind}", "voltage", "PyBaMM's simulation", count, worst, SAME, "V")


def stock_silicon(kind: Kind) -> Comparison:
    """Compare a lithiation, a rest and a delithiation of the paper's cell, with SEI and hysteresis, with PyBaMM's own.

    What its oxide and its carbon take up is a reaction of ours, and left out.  Where PyBaMM inverts Butler and Volmer's
    equation for the whole current, its other form is taken, in which the SEI has its share of it.
    """
    module = pybamm()
    model = Model(paper_cell(**BARE), kind, tolerance=1e-9)
    current = model.capacity / 3600 / 5
    given = {TEMPERATURE: STANDARD_TEMPERATURE, CRYSTALLINE: 0.0}
    steps = [module.step.current(current, duration=7200, period=60), module.step.rest(duration=3600, period=60),
             module.step.current(-current, duration=3600, period=60)]  # fmt: skip
    theirs = stock_steps(stock_model(kind, _sharing(model)), model.parameters.values, steps, given)
    state, worst, count = model.start(), 0.0, 0
    for value, seconds, answer in zip((current, 0.0, -current), (7200.0, 3600.0, 3600.0), theirs, strict=True):
        passed = model.step(state, seconds, Setting(current=value), 60.0)
        state = passed.state
        voltage = answer["Voltage [V]"].entries
        worst = max(worst, float(np.max(np.abs(passed.columns["Voltage / V"] - voltage))))
        count += voltage.size
    return Comparison(
        f"Si/CCL, {kind}", "voltage, with SEI and hysteresis", "PyBaMM's simulation", count, worst, SAME, "V"
    )


def _sharing(model: Model) -> dict[str, Any]:
    """Return PyBaMM's options of a model of silicon, such that the SEI takes its share of the current in all of them."""
    return {**model.options(), **({} if model.kind == "DFN" else {"surface form": "algebraic"})}


def stock() -> Part:
    """Hold the one control against PyBaMM's experiments."""
    same = [stock_voltage(base, kind, full=full) for (base, full), kind in product(_SETS, KINDS)]
    return Part(
        [*same, *(stock_silicon(kind) for kind in KINDS)],
        remarks=[
            "Stock PyBaMM solves on the mesh that Byssus uses, with the same tolerances, rtol 1e-9 and atol 1e-10. At an "
            "atol of 1e-11 the DFN of Xu2019 stops in both: its potentials are rounding by then.",
            "Half cells in SPMe and DFN differ in one line: the salt that enters at the lithium electrode is what its "
            "current brings. PyBaMM's own line loses and gains up to 2e-4 of the salt with the current, which is worth "
            "the difference seen here.",
        ],
    )


# --- Balances --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Balance:
    """The largest faults of a test's balances, relative: of lithium to the electrode's capacity, of salt to the salt."""

    lithium: float
    salt: float
    #: Lithium that SEI, oxide and carbon have bound, as a share of the capacity.
    lost: float
    count: int


def balance(model: Model, rates: Sequence[float], cycles: int) -> Balance:
    """Cycle a cell, and after each step hold its lithium against current × time, and its salt against that of the start.

    Parameters
    ----------
    rates
        Currents in A/g, one a cycle, again from the first after the last.
    """
    rested = model.step(model.start(), 1.0, Setting(current=0.0), 1.0)
    state = rested.state
    kept = ("in Particles", "on Carbon", "Lost to Reactions")
    held = [f"truth: Lithium {where} / mol" for where in kept if f"truth: Lithium {where} / mol" in model.columns]
    salted = "truth: Lithium in Electrolyte / mol"
    names = [*held, salted]
    start = {name: float(rested.columns[name][-1]) for name in names}
    whole, charge, lithium, salt, lost = model.capacity / FARADAY, 0.0, 0.0, 0.0, 0.0
    for cycle in range(cycles):
        current = rates[cycle % len(rates)] * model.cell.active_mass * 1e3
        seconds = 1.5 * model.capacity / current
        for setting in (Setting(current=current, low=LOW), Setting(current=-current, high=HIGH)):
            passed = model.step(state, seconds, setting, seconds)
            state = passed.state
            charge += (setting.current or 0.0) * float(passed.seconds[-1])
            now = {name: float(passed.columns[name][-1]) - start[name] for name in names}
            lost = now[held[-1]] / whole
            lithium = max(lithium, abs((sum(now[name] for name in held) - charge / FARADAY) / whole))
            salt = max(salt, abs(now[salted] / start[salted]))
    return Balance(lithium, salt, lost, 2 * cycles)


def balances() -> Part:
    """Balance lithium and salt over rate tests and ageing."""
    cell = paper_cell()
    tests: list[tuple[str, Model, Sequence[float], int]] = [
        *((f"rate test, {kind}", Model(cell, kind), RATES, 12) for kind in KINDS),
        ("250 cycles, SPM", Model(cell, "SPM"), [1.0], 250),
        ("250 cycles, SPMe", Model(cell, "SPMe"), [1.0], 250),
        ("30 cycles, DFN", Model(cell, "DFN"), [1.0], 30),
        *((f"rate test, DFN, {value:g} S/m",
           Model(paper_cell(electronic_conductivity=Quantity(value, "S/m")), "DFN"), RATES, 12) for value in (0.1, 10.0)),
    ]  # fmt: skip
    comparisons, missed, rows = [], [], []
    for subject, model, rates, cycles in tests:
        found = balance(model, rates, cycles)
        rows.append([subject, f"{found.lost:.1%}", f"{found.lithium:.1e}", f"{found.salt:.1e}"])
        for what, fault in (("lithium", found.lithium), ("salt", found.salt)):
            compared = Comparison(subject, f"balance of {what}", "conservation", found.count, fault, CLOSED, "")
            if "S/m" in subject:
                continue
            if model.kind == "DFN":
                missed.append((compared, "rounding of the potentials, see the balances"))
            else:
                comparisons.append(compared)
    listing = Listing(
        "Balances",
        "Lithium in the particles, on carbon, and bound by SEI, oxide and carbon against current × time, over the electrode's "
        "capacity; salt against that of the start. The largest fault after any step, at the tolerances as shipped. The "
        "second column is what is bound, as a share of the capacity.",
        ["test", "lithium lost", "fault of lithium", "fault of salt"], rows,
        ["In a DFN the current of a place follows from the differences of potentials between neighbours, whose last digits "
         "are rounding: the better the coating conducts, the smaller the differences. The fault grows with the conductivity "
         "and the number of cycles, and is the same at rtol 1e-9."],
    )  # fmt: skip
    return Part(comparisons, [listing], missed=missed)


# --- Mesh and tolerance ----------------------------------------------------------------------------------------------

Curves = list[tuple[Array, Array]]


def cycle(model: Model, current: float) -> Curves:
    """Return seconds and voltage of a lithiation and the delithiation after it, from a fresh cell."""
    state, curves = model.start(), []
    seconds = 1.2 * model.capacity / current
    for setting in (Setting(current=current, low=LOW), Setting(current=-current, high=HIGH)):
        passed = model.step(state, seconds, setting, seconds / 480)
        state = passed.state
        curves.append((passed.seconds, passed.columns["Voltage / V"]))
    return curves


def apart(ours: Curves, truth: Curves, ends: float = 0.0) -> tuple[float, float, int]:
    """Return the largest difference of voltages at the same time in V, that of capacities as a share, and how many.

    Parameters
    ----------
    ends
        The share of each curve that is left out at its start and at its end.
    """
    voltage, capacity, count = 0.0, 0.0, 0
    for (seconds, mine), (theirs, finer) in zip(ours, truth, strict=True):
        # The last record is where the voltage ends the step.
        both = min(seconds.size, theirs.size) - 1
        inside = (theirs[:both] >= ends * theirs[-1]) & (theirs[:both] <= (1 - ends) * theirs[-1])
        missed = np.abs(mine[:both] - finer[:both])[inside]
        voltage = max(voltage, float(np.max(missed, initial=0.0)))
        capacity = max(capacity, abs(float(seconds[-1] / theirs[-1]) - 1))
        count += both
    return voltage, capacity, count


def currents(cell: VirtualCell) -> dict[str, float]:
    """Return currents in A by what they are called."""
    hour = cell.charge / 3600
    known = {f"{rate:g} A/g": rate * cell.active_mass * 1e3 for rate in RATES} | {
        "C/10": hour / 10, "1C": hour, "2C": 2 * hour,
    }  # fmt: skip
    return dict(sorted(known.items(), key=lambda each: each[1]))


def refinement() -> Part:
    """Hold the shipped mesh and the shipped tolerance against finer ones."""
    cell = paper_cell()
    comparisons, rows = [], []
    for kind in KINDS:
        shipped, tight, finer = Model(cell, kind), Model(cell, kind, tolerance=1e-9), Model(cell, kind, refined=4)
        for name, current in currents(cell).items():
            # Four times as many points in a DFN take seconds a curve: the ends and 1C are enough.
            if kind == "DFN" and name not in ("0.2 A/g", "1C", "6 A/g", "2C"):
                continue
            ours = cycle(shipped, current)
            voltage, capacity, count = apart(ours, cycle(finer, current))
            loose, _, _ = apart(ours, cycle(tight, current))
            rows.append([kind, name, f"{1e3 * voltage:.2f}", f"{capacity:.4%}", f"{1e3 * loose:.3f}"])
            if current <= 1.001 * cell.charge / 3600:
                comparisons += [
                    Comparison(f"{name}, {kind}", "voltage", "mesh four times finer", count, voltage, FINE, "V"),
                    Comparison(f"{name}, {kind}", "voltage", "tolerance 1e-9", count, loose, FINE, "V"),
                ]
    listing = Listing(
        "Mesh and tolerance",
        "The largest difference of the voltage in a lithiation and a delithiation of a fresh cell, in mV, and of their "
        "capacities: the shipped mesh against one with four times as many points everywhere, and the shipped tolerance of "
        "1e-6 against 1e-9. An effect smaller than three times these is no effect.",
        ["model", "current", "mesh", "capacity, mesh", "tolerance"], rows,
        [_stock_mesh(paper_cell(**BARE)),
         "The largest differences stand in the first minutes of a lithiation, where an empty particle's surface runs ahead "
         "of its inside, and at the steep end of a delithiation."],
    )  # fmt: skip
    return Part(comparisons, [listing])


def _stock_mesh(cell: VirtualCell) -> str:
    """Say what PyBaMM's own mesh gives, in one sentence; of a cell whose oxide and carbon, which it lacks, take nothing up."""
    module = pybamm()
    model, found = Model(cell, "SPM", refined=4, tolerance=1e-9), []
    for name, current in currents(cell).items():
        if name in ("C/10", "1C", "2C"):
            seconds = 0.3 * cell.charge / current
            steps = [module.step.current(current, duration=seconds, period=seconds / 200)]
            given = {TEMPERATURE: STANDARD_TEMPERATURE, CRYSTALLINE: 0.0}
            coarse = stock_model("SPM", _sharing(model))
            (theirs,) = stock_steps(coarse, model.parameters.values, steps, given, {})
            passed = model.step(model.start(), seconds, Setting(current=current), seconds / 200)
            missed = np.max(np.abs(theirs["Voltage [V]"].entries - passed.columns["Voltage / V"]))
            found.append(f"{1e3 * missed:.1f} mV at {name}")
    return (
        "PyBaMM's own 20 evenly spaced points in a particle miss the same finer mesh, in the first three tenths of a "
        f"lithiation of this cell without oxide and carbon, by {', '.join(found[:-1])} and {found[-1]}."
    )


# --- Impedance -------------------------------------------------------------------------------------------------------

#: A small sine: its amplitude in A, how many periods of it, and how many at the end are read.
_AMPLITUDE, _PERIODS, _READ = 1e-5, 8, 3
_FREQUENCIES: Final = (100.0, 1.0, 0.01)


def half_lithiated(model: Model) -> State:
    """Return the state after half a lithiation at C/20 and two hours of rest."""
    lithiated = model.step(model.start(), 10 * 3600.0, Setting(current=model.capacity / 3600 / 20), 600.0)
    return model.step(lithiated.state, 7200.0, Setting(current=0.0), 600.0).state


def in_time(model: Model, frequency: float) -> complex:
    """Return the impedance that PyBaMM's own simulation has under a small sine, half lithiated and rested."""
    module = pybamm()
    current, whole = model.capacity / 3600 / 20, _PERIODS / frequency
    steps = [
        module.step.current(current, duration=10 * 3600, period=600),
        module.step.rest(duration=7200, period=600),
        module.step.current(
            lambda time: _AMPLITUDE * np.sin(2 * np.pi * frequency * time), duration=whole, period=0.01 / frequency
        ),
    ]
    given = {TEMPERATURE: STANDARD_TEMPERATURE, CRYSTALLINE: 0.0}
    answer = stock_steps(stock_model(model.kind, model.options()), model.parameters.values, steps, given)[-1]
    periods = (answer.t - answer.t[0]) * frequency
    late = periods >= _PERIODS - _READ
    angle = 2 * np.pi * periods[late]
    # What drifts over periods is no part of the answer to the sine.
    waves = np.column_stack([np.sin(angle), np.cos(angle), *(periods[late] ** power for power in range(3))])
    voltage, driven = (
        np.linalg.lstsq(waves, answer[name].entries[late], rcond=None)[0] for name in ("Voltage [V]", "Current [A]")
    )
    return complex(-(voltage[0] + 1j * voltage[1]) / (driven[0] + 1j * driven[1]))


def stock_impedance(base: str, kind: Kind, *, full: bool) -> Comparison:
    """Compare the spectrum of a fresh cell with that of PyBaMM's own simulation of impedance."""
    module = pybamm()
    frequencies = np.logspace(-3, 4, 15)
    cell, written = published_cell(base, full=full)
    model = Model(cell, kind, spectroscopy=True, written=written)
    ours = model.impedance(model.start(), list(frequencies))
    half = {} if full else {"working electrode": "positive"}
    stock = stock_model(kind, half | {"surface form": "differential"})
    theirs = module.EISSimulation(stock, parameter_values=module.ParameterValues(base), **mesh(stock)).solve(
        frequencies
    )
    difference = float(np.max(np.abs(ours / theirs.impedance - 1)))
    return Comparison(
        f"{base}, {kind}", "impedance, relative", "PyBaMM's EISSimulation", len(frequencies), difference, 1e-8, ""
    )


def high_frequency(cell: VirtualCell, model: Model) -> tuple[float, float]:
    """Return the resistance at the highest frequencies, by hand, and by the model, in ohm.

    Double layers short every reaction, that of lithium too; a current then runs through solid and
    electrolyte side by side, and the coating's resistance is L / (σ + κ ε^b).
    """
    numbers, area = transport(cell, model.parameters.values), cell.electrode.inputs["area"].value
    take = {name: given.value for name, given in cell.inputs.items()}
    pores = take["separator porosity"] ** take["separator tortuosity exponent"]
    separator = take["separator thickness"] / (numbers.conductivity * pores)
    coating = numbers.thickness / (numbers.electronic + numbers.conductivity * numbers.porosity**numbers.exponent)
    series = take["contact resistance"] + take["lithium film resistance"]
    found = model.impedance(model.start(), [1e10])[0].real
    return (separator + coating + series) / area, float(found)


def low_frequency(kind: Kind) -> Comparison:
    """Compare −1/(ω Im Z) at a low frequency with charge over potential of the open circuit, of the set Xu2019."""
    module = pybamm()
    cell, written = published_cell("Xu2019", full=False)
    values = written.values
    model = Model(cell, kind, spectroscopy=True, written=written)
    frequency = 1e-7
    ours = -1 / (2 * np.pi * frequency * model.impedance(model.start(), [frequency])[0].imag)
    most = values["Maximum concentration in positive electrode [mol.m-3]"]
    begun = values["Initial concentration in positive electrode [mol.m-3]"] / most
    volume = (
        values["Positive electrode thickness [m]"] * values["Electrode height [m]"] * values["Electrode width [m]"]
        * values["Positive electrode active material volume fraction"]
    )  # fmt: skip
    potential, step = values["Positive electrode OCP [V]"], 1e-4
    ends = [float(values.evaluate(potential(module.Scalar(begun + way * step)))) for way in (-1, 1)]
    truth = FARADAY * most * volume * 2 * step / (ends[0] - ends[1])
    return Comparison(
        f"Xu2019, {kind}",
        "capacity at 1e-7 Hz, relative",
        "slope of the open circuit",
        1,
        abs(ours / truth - 1),
        1e-3,
        "",
    )


def impedance() -> Part:
    """Hold spectra against PyBaMM's own, a sine in time, and both ends by hand."""
    comparisons = [stock_impedance(base, kind, full=full) for (base, full), kind in product(_SETS, KINDS)]
    plain, cell = paper_cell(**BARE, hysteresis_rate=Quantity(0, "1")), paper_cell(**BARE)
    missed, rows = [], []
    for kind in KINDS:
        for subject, each in (("without hysteresis", plain), ("Si/CCL", cell)):
            model = Model(each, kind, spectroscopy=True)
            linear = model.impedance(half_lithiated(model), _FREQUENCIES)
            for frequency, ours in zip(_FREQUENCIES, linear, strict=True):
                truth = in_time(model, frequency)
                difference = abs(ours / truth - 1)
                rows.append([subject, kind, f"{frequency:g}", _complex(ours), _complex(truth), f"{difference:.1e}"])
                compared = Comparison(f"{subject}, {kind}", f"impedance at {frequency:g} Hz, relative", "sine in time", 1,
                                      difference, 1e-3, "")  # fmt: skip
                if subject == "Si/CCL" and frequency < 0.1:
                    missed.append((compared, "hysteresis is not linear, see the impedance"))
                else:
                    comparisons.append(compared)
        comparisons.append(low_frequency(kind))
    # Only the DFN has a current that divides between solid and electrolyte.
    hand, found = high_frequency(cell, Model(cell, "DFN", spectroscopy=True))
    comparisons.append(Comparison("Si/CCL, DFN", "resistance at 1e10 Hz, relative", f"by hand, {hand:.3f} ohm", 1,
                                  abs(found / hand - 1), 1e-4, ""))  # fmt: skip
    listing = Listing(
        "Impedance against a sine in time",
        f"The equations linearised, against PyBaMM's own simulation in time under {1e6 * _AMPLITUDE:g} µA: the last "
        f"{_READ} of {_PERIODS} periods, without their drift. Half lithiated, two hours of rest; what oxide and carbon take "
        "up, which PyBaMM does not have, is left out. Ohm.",
        ["cell", "model", "Hz", "linearised", "in time", "difference"], rows,
        ["The way between the branches of the potential goes with the sign of the current. A sine that is larger than the "
         "current of the SEI sees half of it; the linearised equations see all or nothing of it, by the sign of the current "
         "that flows at rest. Below about 0.1 Hz the imaginary part of a spectrum of silicon is that uncertain."],
    )  # fmt: skip
    return Part(comparisons, [listing], missed=missed)


def _complex(value: complex) -> str:
    return f"{value.real:.3f} {'−' if value.imag < 0 else '+'} {abs(value.imag):.3f} i"


# --- SPMe against DFN ------------------------------------------------------------------------------------------------

#: How far SPMe may be from DFN: the largest difference of the voltage in V, and of the capacity as a share.
_GOOD: Final = (5e-3, 0.01)
#: What is left out at each end of a curve, where a small difference of charge is a large one of voltage.
_ENDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """SPMe beside DFN in one cell at one current."""

    name: str
    validity: Validity
    voltage: float
    capacity: float

    @property
    def good(self) -> bool:
        """Whether SPMe will do."""
        return self.voltage < _GOOD[0] and self.capacity < _GOOD[1]


def validity_cases() -> Iterator[Case]:
    """Vary current, thickness, porosity and conduction of the paper's cell."""
    base = paper_cell()
    own = base.electrode.inputs
    for times, porosity, solid in (
        (1, None, None), (3, None, None), (6, None, None), (4, 0.4, None), (1, 0.2, None), (2, 0.2, None), (3, 0.2, None),
        (3, None, 0.1), (1, None, 0.03), (1, None, 0.01),
    ):  # fmt: skip
        given = {
            **BARE,
            "SEI_rate_constant": Quantity(0, "m/s"),
            "SEI_resistivity": Quantity(0, "ohm*m"),
            "thickness": Quantity(times * own["thickness"].value, "m"),
            "loading": Quantity(times * own["loading"].value, "kg/m^2"),
        }
        words = [f"{1e6 * times * own['thickness'].value:.0f} µm"]
        if porosity is not None:
            given["porosity"] = Quantity(porosity, "1")
            words.append(f"{porosity:.0%} pores")
        if solid is not None:
            given["electronic_conductivity"] = Quantity(solid, "S/m")
            words.append(f"{solid:g} S/m")
        cell = paper_cell(**given)
        numbers = transport(cell, Model(cell, "SPM").parameters.values)
        models = [Model(cell, kind) for kind in ("SPMe", "DFN")]
        for rate in (1.0, 2.0, 4.0, 6.0):
            current = rate * cell.active_mass * 1e3
            validity = Validity.of(numbers, current / cell.electrode.inputs["area"].value)
            try:
                reduced, whole = (cycle(model, current) for model in models)
            except pybamm().SolverError:
                yield Case(", ".join([*words, f"{rate:g} A/g"]), validity, float("inf"), float("inf"))
                continue
            voltage, capacity, _ = apart(reduced, whole, _ENDS)
            yield Case(", ".join([*words, f"{rate:g} A/g"]), validity, voltage, capacity)


def validity() -> Part:
    """Hold SPMe against DFN on both sides of the limits at which Byssus changes from one to the other."""
    cases = list(validity_cases())
    inside = [case for case in cases if not case.validity.beyond()]
    rows = [
        [case.name, *(f"{getattr(case.validity, name):.2g}" for name in LIMITS), f"{1e3 * case.voltage:.1f}",
         f"{case.capacity:.1%}", "SPMe" if case in inside else "DFN", "SPMe will do" if case.good else "SPMe fails"]
        for case in sorted(cases, key=lambda each: max(getattr(each.validity, name) / LIMITS[name] for name in LIMITS))
    ]  # fmt: skip
    aged = paper_cell()
    current = 2e3 * aged.active_mass
    _, sei, _ = apart(cycle(Model(aged, "SPMe"), current), cycle(Model(aged, "DFN"), current))
    told = ", ".join(f"{name} {limit:g}" for name, limit in LIMITS.items())
    too_careful = sum(case.good for case in cases if case not in inside)
    listing = Listing(
        "SPMe against DFN",
        "Silicon electrodes like the paper's, without SEI, oxide and carbon, of other thickness, porosity and electronic conductivity (1 S/m "
        "unless said): the numbers of `simulate.model.Validity`, the largest difference of the voltage in mV between 5 and "
        f"95 % of a lithiation and a delithiation, and that of their capacities. Beyond {told} Byssus takes the DFN. inf: "
        "one of the two could not be solved to its end.",
        ["electrode", *LIMITS, "voltage", "capacity", "Byssus takes", f"within {1e3 * _GOOD[0]:g} mV and {_GOOD[1]:.0%}"],
        rows,
        [f"The DFN is taken without need in {too_careful} of {len(cases) - len(inside)} cases beyond the limits. The three "
         "numbers alone do not tell good from bad.",
         f"With a young SEI, oxide and carbon the two differ by {sei:.2%} of the capacity at 2 A/g in the paper's thin "
         "electrode."],
    )  # fmt: skip
    subject, truth = "SPMe within the limits", "DFN"
    return Part(
        [Comparison(subject, "voltage", truth, len(inside), max(case.voltage for case in inside), _GOOD[0], "V"),
         Comparison(subject, "capacity, relative", truth, len(inside), max(case.capacity for case in inside), _GOOD[1], "")],
        [listing],
    )  # fmt: skip


# --- The page --------------------------------------------------------------------------------------------------------


def parts() -> Iterator[Part]:
    """Make the parts of the page, in their order."""
    # They build on this module.
    from byssus.validation import simulation_limits as limits

    makers: tuple[Callable[[], Part], ...] = (
        stock, balances, refinement, impedance, limits.titration, limits.voltammetry, limits.small_and_large, validity,
    )  # fmt: skip
    for make in makers:
        yield make()


def compare(_folder: Path) -> Page:
    """Hold the virtual cell against PyBaMM as it is, laws of conservation, finer meshes and closed solutions."""
    made = list(parts())
    missed = [each for part in made for each in part.missed]
    listing = Listing(
        "What does not hold",
        "Targets that are missed, with the reason. They are not among the comparisons below, which are to hold.",
        ["what", "quantity", "truth", "found", "target", "holds", "why"],
        [
            [each.subject, each.quantity, each.truth, f"{each.difference:.2g}", f"{each.allowed:.2g}",
             "yes" if each.holds else "**no**", why]
            for each, why in missed
        ],
    )  # fmt: skip
    return Page(
        title="Simulation",
        introduction=(
            "The virtual cell's numbers (`byssus.simulate`): whether the equations are solved, not whether they are "
            f"true of a cell. Si/CCL is the cell of the shipped recipe {RECIPE} with the numbers of knowledge/data/"
            "cell_numbers.csv; Xu2019, Chen2020 and Marquis2019 are PyBaMM's parameter sets as they are."
        ),
        listings=[listing, *(each for part in made for each in part.listings)],
        comparisons=[each for part in made for each in part.comparisons],
        remarks=[each for part in made for each in part.remarks],
    )
