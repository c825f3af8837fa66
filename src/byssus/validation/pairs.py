"""Pairs of binders of the review, of which one arm is fitted and the other predicted: electrons, or lithium, in the binder.

What the review prints is the truth here: one value an arm, or an order.  What is chosen, from the number that is fitted to
the ranges that are tried, stands at the head of this file and of the page, and nothing of it follows from the arm that is
predicted.
"""

from __future__ import annotations

import functools
import math
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus import knowledge
from byssus.conventions import Made
from byssus.measured.tables import TRUTH
from byssus.physics.binder.network import network_conductivity
from byssus.physics.constants import FARADAY
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design
from byssus.recipe.model import Coating, Ranged
from byssus.recipe.reading import load as read
from byssus.recipe.reckoning import Input
from byssus.simulate.conduction_inputs import CONDUCTING, SINGLE_ION, electronic
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.model import Model, Setting, at_its_end, pybamm
from byssus.study.study import Study, load
from byssus.validation.page import Comparison, Listing, Page

Array = NDArray[np.float64]

# --- What is chosen --------------------------------------------------------------------------------------------------

#: The number that is fitted to the arm with PVDF, and the ends between which it is looked for, in SI.  It stands for the
#: network of carbon.
FITTED: Final = "electronic conductivity"
REACH: Final[dict[str, tuple[float, float]]] = {
    "electronic conductivity": (1e-4, 400.0),
    "contact resistance": (1e-5, 0.03),
    "tortuosity exponent": (1.0, 6.0),
    "diffusion coefficient": (1e-19, 1e-12),
    "exchange current density": (0.01, 100.0),
}
#: Threshold of the carbon's network, as a share of the carbon of the arm with PVDF, and exponent of percolation: best
#: guess and range.  The exponents are those of `byssus.physics.binder.network`; the threshold is the estimate and the range
#: of the binder's model of silicon.
THRESHOLD: Final = (0.3, 0.0, 0.9)
PERCOLATION: Final = (2.0, 1.7, 6.4)
#: Every discharge begins with a charge at this rate; which one the review's cells had is not printed.
CHARGED: Final = 0.2
#: Sets of numbers that are tried for a band, by Latin hypercube.
TRIED: Final = 16
#: Rates and loadings at which the single-ion binder is tried; the review prints "higher" than 1C, and no loading.
RATES: Final = (0.2, 1.0, 2.0, 5.0, 10.0)
LOADINGS: Final = (2.0, 5.0, 10.0)
#: Of them, what the order is judged at.
JUDGED_RATE: Final = 5.0
JUDGED_LOADING: Final = 5.0
#: The least that a network conducts, in S/m: below its threshold there is none, and the equations need some.
LEAST: Final = 1e-6
#: The least gain in mAh/g that would be called one: a tenth of the last digit that papers print.
LEAST_GAIN: Final = 0.1
#: Capacity of graphite over that of LFP, where one stands against the other: an estimate, 1.05 to 1.2.
BALANCE: Final = 1.1
#: An effect counts from this many times the numerical error.
COUNTS: Final = 3.0

_PER_GRAM: Final = 3600.0


@dataclass(frozen=True)
class Arm:
    """One of the two electrodes that are compared.

    Parameters
    ----------
    sample
        The virtual cell of the shipped study.
    carbon
        What the recipe calls its carbon.
    """

    sample: str
    carbon: str


@dataclass(frozen=True)
class Pair:
    """Two arms that differ in the binder, what the review prints of them, and what is assumed of both.

    Parameters
    ----------
    name, system
        For people; the system of docs/systems.md.
    fitted, predicted
        The arm with PVDF, and the other one.
    rates
        At which the cell is discharged; a retention is the last over the first.
    printed
        Of the fitted and of the predicted arm, in `unit`.
    assumed
        Inputs of both arms by name, with the ends of what they may be, in SI; the best guess is the study's.
    """

    name: str
    system: str
    fitted: Arm
    predicted: Arm
    rates: tuple[float, ...]
    printed: tuple[float, float]
    unit: str
    assumed: dict[str, tuple[float, float]] = field(default_factory=dict)

    def value(self, cell: VirtualCell) -> float:
        """Return what the review prints, of a virtual cell: a capacity in mAh/g, or in % of that at the first rate."""
        capacities = discharged(Model(cell, "DFN"), self.rates)
        if len(capacities) == 1:
            return capacities[0]
        return 100 * capacities[-1] / capacities[0] if capacities[0] > 0 else 0.0


PAIRS: Final = (
    Pair(
        "PProDOT-Hx2 for PVDF on NCA, 2C", "R-064", Arm("NCA PVDF", "carbon black"),
        Arm("NCA PProDOT-Hx2", "carbon black"), (2.0,), (74.0, 110.0), "mAh/g", {"porosity": (0.35, 0.65)},
    ),
    Pair(
        "PEDOT:PSS for PVDF in LFP, 7C over 1C", "R-061", Arm("LFP PVDF", "acetylene black"),
        Arm("LFP PEDOT:PSS", "acetylene black"), (1.0, 7.0), (95.4, 98.0), "%",
        {"porosity": (0.35, 0.65), "loading": (0.04, 0.12)},
    ),
)  # fmt: skip
#: The graphite that LFP is tried against, and its capacity in C/kg for the balance.
GRAPHITE: Final = "r-031-graphite-sbr-cmc.yaml"
GRAPHITE_CAPACITY: Final = 360 * 3600.0
IONOMER: Final = "LFP ionomer 0.1 M"
IONOMER_PVDF: Final = "LFP PVDF 0.1 M"


# --- Cells -----------------------------------------------------------------------------------------------------------


@functools.cache
def study() -> Study:
    """Return the shipped study of the pairs."""
    with resources.as_file(resources.files("byssus") / "examples" / "pairs" / "study.yaml") as file:
        return load(file)


@functools.cache
def _known() -> knowledge.Knowledge:
    return knowledge.load()


@functools.cache
def designed(sample: str) -> Design:
    """Return what follows from the recipe of one of the study's virtual cells."""
    electrode = study().virtual[sample].electrode
    recipe = study().recipe(electrode)
    assert recipe is not None  # noqa: S101 - each of them has one
    return design(recipe, _known(), name=electrode)


def arm_cell(sample: str, *, network: bool = False) -> VirtualCell:
    """Return a virtual cell of the study, without the network's conductivity that the study gives it unless asked for."""
    asked = study().virtual[sample]
    window = (asked.window.lower.to("V").value, asked.window.upper.to("V").value)
    given: dict[str, Quantity | Ranged] = {
        name: each.number for name, each in asked.given.items() if network or name != FITTED
    }
    return virtual_cell(sample, designed(sample), _known(), made=Made.FULL, window=window, given=given)


def against_graphite(pair: Pair) -> float:
    """Return what the arm with PVDF comes to in a full cell with graphite, with as good a network of carbon as there can be."""
    cell = arm_cell(pair.fitted.sample)
    with resources.as_file(resources.files("byssus") / "examples" / "recipes" / GRAPHITE) as file:
        recipe = read(file).recipe
    amount = Quantity(BALANCE * cell.electrode.loading * cell.electrode.capacity / GRAPHITE_CAPACITY, "kg/m^2")
    coated = recipe.model_copy(update={"electrode": Coating(loading=amount, loading_basis="active")})
    whole = virtual_cell(
        "full", designed(pair.fitted.sample), _known(), made=Made.FULL, window=cell.window,
        opposite=design(coated, _known(), name="graphite"),
    )  # fmt: skip
    return pair.value(changed(whole, {FITTED: REACH[FITTED][1]}))


def carbon_share(arm: Arm) -> float:
    """Return the volume of the carbon by that of the solids."""
    made = designed(arm.sample)
    figures = {each.name: each.value for each in made.figures if each.part in ("coating", "electrode")}
    mass, solids = figures[f"mass fraction of {arm.carbon}"], figures["density of the solids"]
    assert mass is not None  # noqa: S101 - a recipe has the mass of what is in it
    assert solids is not None  # noqa: S101 - as all of it has a density
    return mass * solids / made.inputs[f"{arm.carbon}.density"].value


def of_network(pair: Pair, threshold: float, exponent: float) -> float:
    """Return by how much the carbon's network of the predicted arm conducts better than that of the fitted one."""
    own, other = carbon_share(pair.predicted), carbon_share(pair.fitted)
    # The share of the pores is that of both arms and falls out.
    led_by = [float(network_conductivity(each, 0.0, 1.0, threshold * other, exponent)) for each in (own, other)]
    return led_by[0] / led_by[1]


def discharged(model: Model, rates: Sequence[float]) -> list[float]:
    """Return the capacities in mAh/g of discharges, one after another, each after a charge at `CHARGED`.

    It is nothing if the current leads beyond the window at once.
    """
    low, high = model.cell.window
    one = model.capacity / 3600
    state, found = model.start(), []
    for rate in rates:
        for setting in (Setting(current=-CHARGED * one, high=high), Setting(current=rate * one, low=low)):
            assert setting.current is not None  # noqa: S101 - for the type checker
            seconds = 2 * model.capacity / abs(setting.current)
            try:
                passed = model.step(state, seconds, setting, seconds / 20)
            except pybamm().SolverError as error:
                if not at_its_end(error):
                    raise
                continue
            state = passed.state
            if setting.current > 0:
                found.append(setting.current * float(passed.seconds[-1]) / model.cell.active_mass / _PER_GRAM)
        if len(found) < rates.index(rate) + 1:
            found.append(0.0)
    return found


def changed(cell: VirtualCell, values: Mapping[str, float]) -> VirtualCell:
    """Return a cell with some inputs changed, in SI; its coating keeps its solids where the porosity changes."""
    values, porosity = dict(values), values.get("porosity")
    if "loading" in values:
        cell = _with(cell, {"loading": values.pop("loading")})
    if porosity is not None:
        solids = cell.numbers["thickness"].value * (1 - cell.numbers["porosity"].value)
        values["thickness"] = solids / (1 - porosity)
    return _with(cell, values)


def _with(cell: VirtualCell, values: Mapping[str, float]) -> VirtualCell:
    return cell.with_given({name: Quantity(value, cell.numbers[name].units.si) for name, value in values.items()})


# --- One arm fitted, the other predicted -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """A number as it was fitted to the arm with PVDF, in SI, and what it gives there."""

    name: str
    value: float
    gives: float
    reached: bool


def fit(pair: Pair, name: str, assumed: Mapping[str, float] | None = None) -> Fit:
    """Fit one number to the printed value of the arm with PVDF; the end of its reach that comes nearest where none gives it."""
    from scipy.optimize import brentq

    plain, printed = changed(arm_cell(pair.fitted.sample), assumed or {}), pair.printed[0]
    tried: dict[float, float] = {}

    def misses(decades: float) -> float:
        if decades not in tried:
            tried[decades] = pair.value(changed(plain, {name: 10.0**decades})) - printed
        return tried[decades]

    ends = [math.log10(each) for each in REACH[name]]
    if misses(ends[0]) * misses(ends[1]) > 0:
        best = min(ends, key=lambda at: abs(misses(at)))
        return Fit(name, 10.0**best, printed + misses(best), reached=False)
    found = float(brentq(misses, *ends, xtol=1e-3))
    return Fit(name, 10.0**found, printed + misses(found), reached=True)


def predict(
    pair: Pair, found: Fit, binder: Mapping[str, float], network: tuple[float, float], assumed: Mapping[str, float]
) -> float:
    """Return what the other arm comes to, with the number that was fitted to the first.

    Parameters
    ----------
    binder
        Numbers of the binder that are not the recipe's, in SI.
    network
        Threshold and exponent of the carbon's network.
    """
    cell = changed(arm_cell(pair.predicted.sample), assumed)
    own = found.value if found.name == FITTED else cell.numbers[FITTED].value
    numbers = {**binder, found.name: found.value, FITTED: max(of_network(pair, *network) * own, LEAST)}
    return pair.value(changed(cell, numbers))


@dataclass(frozen=True)
class Predicted:
    """A fit to one arm, and the other one as predicted: with the best guesses, and between the ends of all ranges."""

    pair: Pair
    fit: Fit
    value: float
    low: float
    high: float

    @property
    def misses(self) -> float:
        """How far the prediction is from what is printed."""
        return abs(self.value - self.pair.printed[1])

    @property
    def null(self) -> float:
        """How far the arm with PVDF is, which is all that a model knows in which the binder changes nothing."""
        return abs(self.pair.printed[0] - self.pair.printed[1])


@dataclass(frozen=True)
class Tried:
    """One set of numbers within all ranges: of the binder and of the network, and what is assumed of both arms; SI."""

    pair: Pair
    name: str
    binder: dict[str, float]
    network: tuple[float, float]
    assumed: dict[str, float]

    def carried(self) -> tuple[Fit, float]:
        """Fit the first arm and predict the other."""
        found = fit(self.pair, self.name, self.assumed)
        return found, predict(self.pair, found, self.binder, self.network, self.assumed)


def tries(pair: Pair, name: str) -> list[Tried]:
    """Return the best guesses, and sets of numbers spread over all ranges."""
    from scipy.stats import qmc

    cell = arm_cell(pair.predicted.sample)
    conductivity, exponent = (cell.numbers[f"{CONDUCTING} {each}"] for each in ("conductivity", "exponent"))
    ends = [
        (math.log10(conductivity.low), math.log10(conductivity.high)), (exponent.low, exponent.high), THRESHOLD[1:],
        PERCOLATION[1:], *pair.assumed.values(),
    ]  # fmt: skip
    sample = qmc.scale(qmc.LatinHypercube(len(ends), rng=0).random(TRIED), *zip(*ends, strict=True))
    found = [Tried(pair, name, {}, (THRESHOLD[0], PERCOLATION[0]), {})]
    for decades, power, threshold, percolation, *rest in sample.tolist():
        binder = {f"{CONDUCTING} conductivity": 10.0**decades, f"{CONDUCTING} exponent": power}
        found.append(Tried(pair, name, binder, (threshold, percolation), dict(zip(pair.assumed, rest, strict=True))))
    return found


def predicted(done: Sequence[tuple[Tried, tuple[Fit, float]]]) -> Predicted:
    """Put the predictions of one pair together: the first is that with the best guesses."""
    (first, (found, value)), values = done[0], [each for _, (_, each) in done]
    return Predicted(first.pair, found, value, min(values), max(values))


def needed(pair: Pair) -> Fit:
    """Return the conductivity of the whole coating with which the predicted arm would give what is printed of it."""
    other = replace(pair, fitted=pair.predicted, printed=pair.printed[::-1])
    return fit(other, FITTED, {f"{CONDUCTING} conductivity": 0.0})


def carried(tried: Tried) -> tuple[Fit, float]:
    """Carry one set of numbers out, in a process of its own."""
    return tried.carried()


# --- Lithium alone ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ordered:
    """What a single-ion binder brings at one loading, by rate: in mAh/g, over the same coating in which it leads nothing.

    Parameters
    ----------
    loading
        In mg/cm².
    pvdf, gain, low, high
        The coating with PVDF; the gain with the best guess and with the ends of its ranges.
    error
        By how much the gain changes on a mesh twice as fine.
    """

    loading: float
    pvdf: tuple[float, ...]
    gain: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    error: tuple[float, ...]


def ordered(loading: float) -> Ordered:
    """Discharge both arms of the pair at all rates."""
    cell, other = (changed(arm_cell(each), {"loading": 0.01 * loading}) for each in (IONOMER, IONOMER_PVDF))
    conductivity, exponent = (cell.numbers[f"{SINGLE_ION} {each}"] for each in ("conductivity", "exponent"))

    def capacities(leads: float, power: float, refined: float = 1) -> Array:
        numbers = {f"{SINGLE_ION} conductivity": leads, f"{SINGLE_ION} exponent": power}
        return np.array(discharged(Model(changed(cell, numbers), "DFN", refined=refined), RATES))

    nothing, fine = capacities(0.0, exponent.value), capacities(0.0, exponent.value, 2)
    gain = capacities(conductivity.value, exponent.value) - nothing
    finer = capacities(conductivity.value, exponent.value, 2) - fine
    ends = [capacities(conductivity.low, exponent.high), capacities(conductivity.high, exponent.low)]
    return Ordered(
        loading, tuple(discharged(Model(other, "DFN"), RATES)), *(tuple(each.tolist()) for each in
        (gain, ends[0] - nothing, ends[1] - nothing, np.abs(finer - gain))),
    )  # fmt: skip


# --- The page --------------------------------------------------------------------------------------------------------


def _taken(beside: float) -> Listing:
    rows = []
    for pair in PAIRS:
        cell = arm_cell(pair.predicted.sample)
        for name in (f"{CONDUCTING} share", f"{CONDUCTING} conductivity", f"{CONDUCTING} exponent", *pair.assumed):
            each = cell.numbers[name]
            ends = pair.assumed.get(name, (each.low, each.high))
            rows.append([pair.name, *_number(each, ends), each.source])
        factor = of_network(pair, THRESHOLD[0], PERCOLATION[0])
        rows.append([pair.name, "network of carbon, over that of the arm with PVDF", f"{factor:.3g}", "", "1",
                     f"percolation, threshold {THRESHOLD[0]:g} ({THRESHOLD[1]:g} to {THRESHOLD[2]:g}) of the carbon of the arm "
                     f"with PVDF, exponent {PERCOLATION[0]:g} ({PERCOLATION[1]:g} to {PERCOLATION[2]:g}): byssus.physics.binder.network"])  # fmt: skip
    cell = arm_cell(IONOMER)
    for name in ("share", "conductivity", "exponent"):
        each = cell.numbers[f"{SINGLE_ION} {name}"]
        rows.append(["ionomer for PVDF in LFP, 0.1 M", *_number(each, (each.low, each.high)), each.source])
    return Listing(
        "What is taken of the binder, and what is assumed",
        "The share of a binder in the volume of the solids follows from the recipe, its conductivity and the exponent of its "
        "volume from what is known of it. Of the review's electrodes little more than the active material and the binder is "
        "printed; what is assumed stands in the notes of the recipes and of the study `pairs`, and here with the range in which "
        "it is tried.",
        ["pair", "number", "value", "range", "unit", "source"],
        rows,
        ["All cells are half cells against lithium. Of the other electrode of the pouch cell nothing is printed; against the "
         f"graphite of its parameter set, N/P {BALANCE:g}, the arm with PVDF keeps {beside:.1f} % at most, whatever its carbon "
         "conducts, and less than is printed. So the lithium that stands in has no film. Of LTO no parameter set is known.",
         f"1C is what the cell holds within its window; before each discharge it is charged at {CHARGED:g}C."],
    )  # fmt: skip


def _number(each: Input, ends: tuple[float, float]) -> list[str]:
    shown = Quantity(1.0, each.units.si).to(each.units.shown).value
    reach = f"{ends[0] * shown:.3g} to {ends[1] * shown:.3g}" if math.isfinite(ends[0]) else ""
    return [each.label, f"{each.value * shown:.3g}", reach, each.units.shown]


def _predictions(found: Sequence[Predicted], wanted: Sequence[Fit]) -> Listing:
    rows = []
    for each in found:
        pair, holds = each.pair, each.misses < each.null
        rows.append([pair.name, f"{_fit(each.fit, pair)}", f"{pair.printed[0]:g}", f"{each.fit.gives:.3g}", f"{each.value:.3g}",
                     f"{each.low:.3g} to {each.high:.3g}", f"{pair.printed[1]:g}", "1", f"{each.misses:.2g}", f"{each.null:.2g}",
                     pair.unit, "yes" if holds else "**no**"])  # fmt: skip
    return Listing(
        "Binders that conduct electrons: one arm fitted, the other predicted",
        f"One number, the {FITTED} of the carbon's network, is fitted to the one value that is printed of the arm with PVDF; "
        "the other arm has the network of its own carbon, scaled by percolation, and beside it the binder. The band is what "
        f"{TRIED} sets of numbers within all ranges give, each with a fit of its own. It holds if the prediction misses the "
        "printed value by less than the null model, in which the binder changes nothing and which has as many numbers.",
        ["pair", "fitted", "printed, PVDF", "fit gives", "predicted", "band", "printed", "numbers", "misses by", "null model",
         "unit", "holds"],
        rows,
        [*(_verdict(each) for each in found), *map(_wanted, found, wanted)],
    )  # fmt: skip


def _fit(found: Fit, pair: Pair) -> str:
    units = arm_cell(pair.fitted.sample).numbers[found.name].units
    value = Quantity(found.value, units.si).to(units.shown)
    return f"{value.value:.3g} {units.shown}".removesuffix(" 1") + ("" if found.reached else ", the end of its reach")


def _verdict(each: Predicted) -> str:
    pair = each.pair
    told = f"{pair.name}: "
    if each.misses < each.null:
        told += "the physics comes nearer than the null model"
    else:
        told += "**no success**: that the binder changes nothing comes nearer, so that the pair is no evidence for the equations"
    if not each.fit.reached:
        told += (
            f"; no {each.fit.name} makes the arm with PVDF what is printed, so that what it loses there, and what another "
            "binder could win, is not electronic in this model"
        )
    inside = each.low <= pair.printed[1] <= each.high
    return told + f"; the band {'holds' if inside else 'does not hold'} the printed value."


def _wanted(each: Predicted, wanted: Fit) -> str:
    pair, cell = each.pair, arm_cell(each.pair.predicted.sample)
    binder = conducted(cell) - cell.numbers[FITTED].value
    has = f"of its binder alone the best guess gives {binder:.2g} S/m. Worked out afterwards, and used nowhere."
    if not wanted.reached:
        return f"{pair.name}: no conductivity of the coating gives the printed {pair.printed[1]:g} {pair.unit}; {has}"
    return f"{pair.name}: the printed {pair.printed[1]:g} {pair.unit} would take a coating of {wanted.value:.2g} S/m; {has}"


def conducted(cell: VirtualCell) -> float:
    """Return the electronic conductivity of a coating in S/m, of carbon and binder."""
    inputs = cell.electrode.inputs
    return float(electronic(inputs, lambda name: inputs[name].value))


def _others(found: Sequence[Predicted]) -> Listing:
    rows = [
        [each.pair.name, each.fit.name, _fit(each.fit, each.pair), f"{each.fit.gives:.3g}", f"{each.value:.3g}",
         f"{each.pair.printed[1]:g}", f"{each.misses:.2g}", f"{each.null:.2g}", each.pair.unit]
        for each in found
    ]  # fmt: skip
    return Listing(
        "The same with another number fitted",
        "Shown, not judged: one value of the arm with PVDF does not say what it loses by, and the prediction follows from what it "
        f"is put down to. The network of carbon then has the {FITTED} of knowledge/data/cell_numbers.csv.",
        ["pair", "fitted", "value", "fit gives", "predicted", "printed", "misses by", "null model", "unit"],
        rows,
        [
            "Whatever is not electronic leaves both arms alike: the prediction is what the fit gives, and where that is what is printed "
            "of the arm with PVDF, the null model's."
        ],
    )


def _order(found: Sequence[Ordered]) -> Listing:
    rows = []
    for each in found:
        for place, rate in enumerate(RATES):
            rows.append([f"{each.loading:g}", f"{rate:g}C", f"{each.pvdf[place]:.2f}", f"{each.gain[place]:+.3f}",
                         f"{each.low[place]:+.3f} to {each.high[place]:+.3f}", f"{each.error[place]:.3f}",
                         _counts(each, place)])  # fmt: skip
    judged = next(each for each in found if each.loading == JUDGED_LOADING)
    place = RATES.index(JUDGED_RATE)
    word = _counts(judged, place)
    return Listing(
        "A binder that leads lithium alone, at 0.1 M",
        "Nothing is fitted, as nothing is printed but an order: alike at 0.2C and 1C, higher with the ionomer at higher rates, "
        "and more so at 0.1 M. Capacities in mAh/g of LFP with PVDF, and what the ionomer brings by leading lithium: over the "
        "same coating in which it leads nothing. With the best guess, with the ends of its conductivity and its exponent, and "
        f"by how much a mesh twice as fine changes it. An effect counts from {COUNTS:g} times that on. Judged at "
        f"{JUDGED_LOADING:g} mg/cm² and {JUDGED_RATE:g}C.",
        ["mg/cm²", "rate", "PVDF", "gain", "band", "numerical error", "order"],
        rows,
        [f"At {JUDGED_LOADING:g} mg/cm² and {JUDGED_RATE:g}C the ionomer is "
         + ("higher, as printed: **yes**." if word == "higher" else f"{word}, where higher is printed: **no success**."),
         "Higher with the best guess: " + (", ".join(_places(found, "higher")) or "nowhere") + ".",
         "Lower with the best guess: " + (", ".join(_places(found, "lower")) or "nowhere") + ". A null model in which the binder "
         "changes nothing has alike everywhere. Which of the two the review's cells would tell apart depends on a loading that it "
         "does not print."],
    )  # fmt: skip


def _places(found: Sequence[Ordered], word: str) -> list[str]:
    return [f"{each.loading:g} mg/cm² at {rate:g}C" for each in found for at, rate in enumerate(RATES)
            if _counts(each, at) == word]  # fmt: skip


def _counts(each: Ordered, place: int) -> str:
    gain, error = each.gain[place], COUNTS * each.error[place]
    return "higher" if gain > max(error, LEAST_GAIN) else "lower" if gain < -max(error, LEAST_GAIN) else "alike"


def _held() -> Iterator[Comparison]:
    """Hold the equations of the single-ion binder against those without, and against the conservation of salt."""
    plain = arm_cell(IONOMER)
    nothing = changed(plain, {f"{SINGLE_ION} conductivity": 0.0})
    inputs = {name: each for name, each in nothing.electrode.inputs.items() if not name.startswith(SINGLE_ION)}
    stock = replace(nothing, electrode=replace(nothing.electrode, inputs=inputs))
    own, bare = (discharged(Model(each, "DFN", tolerance=1e-9), (JUDGED_RATE,))[0] for each in (nothing, stock))
    yield Comparison("single-ion binder that leads nothing", "capacity, relative", "PyBaMM's DFN", 1, abs(own / bare - 1),
                     1e-6, "")  # fmt: skip
    best = plain.numbers[f"{SINGLE_ION} conductivity"].high
    for molar, told in ((0.1, "over the lithium that passed"), (1.0, "relative")):
        values = {f"{SINGLE_ION} conductivity": best, "salt concentration": 1e3 * molar}
        salt, passed = _salt(changed(plain, values))
        scale = passed if molar < 1 else float(salt[0])
        yield Comparison(f"single-ion binder at its best, {molar:g} M", f"change of the salt in the cell, {told}", "conservation",
                         salt.size, float(np.max(np.abs(salt - salt[0]))) / scale, 1e-8, "")  # fmt: skip


def _salt(cell: VirtualCell) -> tuple[Array, float]:
    """Return the salt in a cell during a charge and a fast discharge, and the lithium that passed, in mol."""
    model = Model(cell, "DFN", tolerance=1e-9)
    state, one = model.start(), model.capacity / 3600
    salt, passed = [], 0.0
    for current, setting in (
        (one, Setting(current=-one, high=cell.window[1])),
        (JUDGED_RATE * one, Setting(current=JUDGED_RATE * one, low=cell.window[0])),
    ):
        step = model.step(state, 2 * model.capacity / current, setting, 60.0)
        state, passed = step.state, passed + current * float(step.seconds[-1]) / FARADAY
        salt.append(step.columns[f"{TRUTH}Lithium in Electrolyte / mol"])
    return np.concatenate(salt), passed


def _shipped(found: Sequence[Predicted]) -> Iterator[Comparison]:
    """Hold the numbers that the shipped study gives against the fits of this page."""
    for each in found:
        given = arm_cell(each.pair.fitted.sample, network=True).numbers[FITTED].value
        yield Comparison(f"study pairs, {each.pair.fitted.sample}", f"{FITTED}, relative", "the fit of this page", 1,
                         abs(given / each.fit.value - 1), 0.02, "")  # fmt: skip
        given = arm_cell(each.pair.predicted.sample, network=True).numbers[FITTED].value
        wanted = each.fit.value * of_network(each.pair, THRESHOLD[0], PERCOLATION[0])
        yield Comparison(f"study pairs, {each.pair.predicted.sample}", f"{FITTED}, relative", "the fit of this page, scaled", 1,
                         abs(given / wanted - 1), 0.02, "")  # fmt: skip


def compare(_folder: Path) -> Page:
    """Hold the pairs of binders against what the review prints of them."""
    others = [name for name in REACH if name != FITTED]
    groups = [tries(pair, FITTED) for pair in PAIRS] + [tries(pair, name)[:1] for pair in PAIRS for name in others]
    with ProcessPoolExecutor(os.cpu_count() or 1, multiprocessing.get_context("spawn")) as pool:
        results = pool.map(carried, [each for group in groups for each in group])
        beside = pool.submit(against_graphite, PAIRS[1])
        lithium, asked = pool.map(ordered, LOADINGS), pool.map(needed, PAIRS)
        done = [predicted([(each, next(results)) for each in group]) for group in groups]
        lines, wanted = list(lithium), list(asked)
    judged, rest = done[: len(PAIRS)], done[len(PAIRS) :]
    return Page(
        title="Pairs of binders",
        introduction=(
            "Three pairs of the review, Zhang et al. 2023, section 3.1.2, doi:10.1007/s41918-023-00198-2: systems R-064, R-061 "
            "and R-051. Of the binders that conduct electrons the number that is fitted, the ranges, the null model and the criterion "
            "were written down in `byssus.validation.pairs` before the arm that is predicted was computed; what stands in for the other "
            "electrode was chosen with the arm of PVDF in sight. Of the ionomer the loading that is judged is that of its recipe, "
            "written down before; the other loadings and the rates were chosen after a first calculation. A binder that conducts electrons adds to the conductivity of its "
            "coating; one with fixed anions leads lithium beside the pores, which makes the DFN's conductivity, transference number "
            "and diffusivity those of both (`byssus.physics.binder.conduction`). Where the review is missed it says **no**; such rows "
            "are not among the comparisons at the end, which hold the equations against laws and the shipped study against this page."
        ),
        listings=[_taken(beside.result()), _predictions(judged, wanted), _others(rest), _order(lines)],
        comparisons=[*_held(), *_shipped(judged)],
    )
