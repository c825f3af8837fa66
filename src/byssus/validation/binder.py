"""The equations of the binder in a virtual cell: without effect, balances, closed solutions, and how large their errors are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus import knowledge
from byssus.conventions import Made
from byssus.physics.constants import FARADAY
from byssus.physics.equation import Units
from byssus.quantity import Quantity
from byssus.recipe.design import design_file
from byssus.recipe.reckoning import Input
from byssus.simulate.inputs import SILICON, VirtualCell, virtual_cell
from byssus.simulate.model import KINDS, Kind, Model, Passed, Setting, choose
from byssus.simulate.parameters import BINDER
from byssus.validation.page import Comparison, Listing, Page
from byssus.validation.simulation import BARE, CLOSED, HIGH, LOW, RATES, RECIPE, SAME, Part, paper_cell

Array = NDArray[np.float64]

#: Numbers of the size that a binder's have, and none of them a binder's: equations are tried with them, not cells.
TRIED: Final[dict[str, float]] = {
    "expansion": 2.8, "swelling coefficient": 0.5, "irreversible share": 0.01, "irreversible limit": 0.5,
    "least porosity": 0.1, "binder fraction": 0.12, "binder film thickness": 24e-9, "binder uptake": 0.2,
    "binder ionic conductivity": 1.4e-3, "binder modulus": 1e9, "binder Poisson ratio": 0.3, "binder flow rate": 1e-9,
    "binder flow stress": 20e6, "SEI modulus": 5e9, "SEI Poisson ratio": 0.3, "SEI flow rate": 1e-9,
    "SEI flow stress": 50e6, "lithium molar volume": 9e-6, "adhesion": 1.0, "debonding coefficient": 1e-3,
    "debonding exponent": 2.0, "healing frequency": 0.0, "carbon threshold": 0.3, "network exponent": 2.0,
    "damage exponent": 2.0, "SEI shed share": 0.1, "SEI in pores": 1.0, "solvent volume per charge": 6.9e-10,
    "electrolyte outside pores": 1e-4,
}  # fmt: skip
#: What a binder that does nothing has: all states are there, and none moves anything.
NOTHING: Final[dict[str, float]] = dict.fromkeys(
    ("expansion", "swelling coefficient", "irreversible share", "binder uptake", "binder film thickness",
     "debonding coefficient", "SEI shed share", "SEI in pores", "solvent volume per charge", "carbon threshold"),
    0.0,
)  # fmt: skip
#: Far more debonding and healing than a cell survives, so that a fault in either is seen within two cycles.
EXAGGERATED: Final[dict[str, float]] = {"debonding_coefficient": 0.02, "healing_frequency": 1e-5, "SEI_shed_share": 0.5}
#: What is kept, and how far SPMe may be from DFN where it is chosen: voltage in V, and capacity as a share.
BALANCES: Final = ("lithium", "salt", "electrolyte", "solids")
GOOD: Final = (5e-3, 0.01)
#: Of a cell whose film neither grows nor resists.
STILL: Final = BARE | {"SEI_rate_constant": Quantity(0, "m/s"), "SEI_resistivity": Quantity(1e-3, "ohm*m")}


def with_binder(cell: VirtualCell, **changed: float) -> VirtualCell:
    """Return a cell whose silicon has the equations of the binder, with the numbers tried but for those changed.

    Parameters
    ----------
    changed
        In SI; names have ``_`` for spaces.
    """
    numbers = TRIED | {name.replace("_", " "): value for name, value in changed.items()}
    inputs = {name: Input(name, value, Units(BINDER.get(name, "1"), BINDER.get(name, "1")), None, "assumed", "tried")
              for name, value in numbers.items()}  # fmt: skip
    own, other = (
        each if each is None or each.material != SILICON
        else replace(each, inputs={**each.inputs, **inputs}, binder=True)
        for each in (cell.electrode, cell.opposite)
    )  # fmt: skip
    assert own is not None  # noqa: S101 - for the type checker
    return replace(cell, electrode=own, opposite=other)


def full_cell(**given: Quantity) -> VirtualCell:
    """Return the virtual full cell of the paper's recipes; names of changed numbers have ``_`` for spaces."""
    known = knowledge.load()
    with resources.as_file(resources.files("byssus") / "examples" / "recipes") as folder:
        own, other = (design_file(folder / f"{name}.yaml", known) for name in ("ccl-full-cell", "ncm811"))
    cell = virtual_cell("Si/NCM811", own, known, made=Made.EMPTY, window=(2.8, 4.3), opposite=other)
    return cell.with_given({name.replace("_", " "): value for name, value in given.items()})


def carried(
    model: Model,
    settings: Sequence[tuple[Setting, float]],
    given: Mapping[str, float] | None = None,
    records: int = 200,
) -> list[Passed]:
    """Carry settings out, each for so many seconds at most, from a fresh cell."""
    state, passed = model.start(given), []
    for setting, seconds in settings:
        passed.append(model.step(state, seconds, setting, seconds / records, given))
        state = passed[-1].state
    return passed


def amperes(cell: VirtualCell, rate: float) -> float:
    """Return the current of a rate in A/g."""
    return rate * 1e3 * cell.active_mass


def last(passed: Passed, name: str) -> float:
    """Return the last value of a hidden state."""
    return float(passed.columns[f"truth: {name}"][-1])


# --- A binder that does nothing --------------------------------------------------------------------------------------


def neutral(kind: Kind, *, full: bool, changed: Mapping[str, float] | None = None) -> Comparison:
    """Hold a cell whose binder does nothing against the same cell without its equations.

    Parameters
    ----------
    changed
        Numbers of the binder that are not nothing: the comparison must then fail.
    """
    cell = full_cell() if full else paper_cell()
    numbers = {name.replace(" ", "_"): value for name, value in (NOTHING | dict(changed or {})).items()}
    current = cell.charge / 3600
    sign = -1.0 if full else 1.0
    settings = [(Setting(current=sign * current), 1200.0), (Setting(current=0.0), 600.0),
                (Setting(current=-sign * current), 600.0)]  # fmt: skip
    without, having = (
        np.concatenate([
            each.columns["Voltage / V"] for each in carried(Model(one, kind, tolerance=1e-9), settings, records=40)
        ])
        for one in (cell, with_binder(cell, **numbers))
    )  # fmt: skip
    difference = float(np.max(np.abs(having - without)))
    return Comparison(f"{cell.name}, {kind}", "voltage, binder that does nothing", "cell without its equations",
                      without.size, difference, SAME, "V")  # fmt: skip


def neutral_spectrum(kind: Kind, *, full: bool) -> Comparison:
    """Hold the impedance of a cell whose binder does nothing against that of the same cell without its equations."""
    cell = full_cell() if full else paper_cell()
    frequencies = list(np.logspace(-2, 5, 8))
    numbers = {name.replace(" ", "_"): value for name, value in NOTHING.items()}
    models = [Model(one, kind, spectroscopy=True) for one in (cell, with_binder(cell, **numbers))]
    without, having = (model.impedance(model.start(), frequencies) for model in models)
    difference = float(np.max(np.abs(having / without - 1)))
    return Comparison(f"{cell.name}, {kind}", "impedance, relative, binder that does nothing", "cell without its equations",
                      len(frequencies), difference, 1e-6, "")  # fmt: skip


# --- Balances --------------------------------------------------------------------------------------------------------


@dataclass
class Kept:
    """The largest faults of a test's balances, relative to what there is at the start, and where it ended.

    Parameters
    ----------
    lithium
        Of silicon with and without contact, SEI, oxide and carbon against current × time, over the capacity; in a full
        cell that of both electrodes against that of the start.
    salt, electrolyte
        In the pores, the separator and outside, but for the solvent that reacted.
    solids
        Thickness less pores against the solids as made and their growth, of the thickness as made.
    """

    lithium: float = 0.0
    salt: float = 0.0
    electrolyte: float = 0.0
    solids: float = 0.0
    count: int = 0
    #: Lithium in SEI, as a share of the capacity.
    lost: float = 0.0
    ended: dict[str, float] = field(default_factory=dict)

    @property
    def worst(self) -> float:
        """The largest of all."""
        return max(self.lithium, self.salt, self.electrolyte, self.solids)

    def comparisons(self, subject: str) -> list[Comparison]:
        """Return one comparison a balance."""
        return [
            Comparison(subject, f"balance of {what}", "conservation", self.count, getattr(self, what), CLOSED, "")
            for what in BALANCES
        ]


@dataclass(frozen=True)
class _Ledger:
    """What is counted of a cell, from its columns at one record; amounts in mol, volumes in m³."""

    model: Model
    columns: Mapping[str, Array]
    at: int

    def told(self, name: str) -> float:
        return float(self.columns[f"truth: {name}"][self.at])

    @property
    def cell(self) -> VirtualCell:
        return self.model.cell

    @property
    def made(self) -> float:
        """Volume of the coating as made."""
        own = self.cell.negative.inputs
        return own["thickness"].value * own["area"].value

    def number(self, name: str) -> float:
        return self.cell.negative.inputs[name].value

    def lithium(self) -> float:
        bound = ("Lithium Bound by Oxide and Carbon / mol", "Lithium on Carbon / mol")
        return sum(
            self.told(name) for name in (
                "Lithium in Particles / mol", "Lithium without Contact / mol", "Lithium in SEI / mol",
                *(each for each in bound if f"truth: {each}" in self.columns),
            )
        )  # fmt: skip

    def salt(self) -> float:
        return self.told("Lithium in Electrolyte / mol") + self.told("Salt outside Pores / mol")

    def pores(self) -> float:
        """Volume of the pores over the volume of the coating as made."""
        return self.told("Porosity / 1") * self.told("Thickness Ratio / 1")

    def electrolyte(self) -> float:
        reacted = self.number("solvent volume per charge") * FARADAY * self.told("Lithium in SEI / mol")
        return self.pores() * self.made + 1e-9 * self.told("Electrolyte outside Pores / uL") + reacted

    def solids(self) -> float:
        """Volume of thickness less pores, over the coating as made."""
        return self.told("Thickness Ratio / 1") - self.pores()

    def growth(self, start: _Ledger) -> float:
        """Volume by which silicon and SEI have grown since the start, over the coating as made, from their lithium."""
        own, inputs = self.cell.negative.inputs, self.cell.inputs
        full = own["capacity"].value * own["density"].value / FARADAY
        silicon = [
            each.told("lithium in silicon") + each.told("Lithium without Contact / mol") for each in (self, start)
        ]
        lithiated = (silicon[0] - silicon[1]) / full
        film = (self.told("Lithium in SEI / mol") - start.told("Lithium in SEI / mol")) / inputs["SEI lithium"].value
        return (
            self.number("expansion") * lithiated + self.number("SEI in pores") * inputs["SEI molar volume"].value * film
        ) / self.made


def kept(model: Model, rates: Sequence[float], cycles: int, rest: float = 0.0) -> Kept:
    """Cycle a cell with a binder, and hold its balances after each step.

    Parameters
    ----------
    rates
        Currents in A/g, one a cycle, again from the first after the last.
    rest
        Seconds of rest after each half.
    """
    full = model.cell.opposite is not None
    side = "negative" if full else "positive"
    model.columns["truth: lithium in silicon"] = (f"Total lithium in {side} electrode [mol]", 1.0, 0.0)
    state, charge, found, start = model.start(), 0.0, Kept(), None
    whole = model.capacity / FARADAY
    for cycle in range(cycles):
        current = amperes(model.cell, rates[cycle % len(rates)])
        low, high = model.cell.window
        lithiate = Setting(current=-current, high=high) if full else Setting(current=current, low=low)
        delithiate = Setting(current=current, low=low) if full else Setting(current=-current, high=high)
        for setting, seconds in ((lithiate, 1.5 * model.capacity / current), (Setting(current=0.0), rest),
                                 (delithiate, 1.5 * model.capacity / current), (Setting(current=0.0), rest)):  # fmt: skip
            if seconds == 0:
                continue
            passed = model.step(state, seconds, setting, seconds)
            state = passed.state
            start = start or _Ledger(model, passed.columns, 0)
            now = _Ledger(model, passed.columns, -1)
            if not full:
                charge += (setting.current or 0.0) * float(passed.seconds[-1])
            found.lithium = max(found.lithium, abs(now.lithium() - start.lithium() - charge / FARADAY) / whole)
            found.salt = max(found.salt, abs(now.salt() / start.salt() - 1))
            found.electrolyte = max(found.electrolyte, abs(now.electrolyte() / start.electrolyte() - 1))
            found.solids = max(found.solids, abs(now.solids() - start.solids() - now.growth(start)))
            found.count += 1
            found.lost = now.told("Lithium in SEI / mol") / whole
            found.ended = {
                "share": now.told("Active Share / 1"), "ratio": now.told("Thickness Ratio / 1"),
                "porosity": now.told("Porosity / 1"), "strain": now.told("Irreversible Strain / 1"),
            }  # fmt: skip
    return found


# --- The parts of the page -------------------------------------------------------------------------------------------

#: Of the balances over many cycles: as the study of a binder that lets go and heals, since what is known of CCL hardly does.
_AGEING: Final = {"debonding_coefficient": Quantity(1000, "1"), "healing_frequency": Quantity(1e-6, "1/s")}


def binder_cell(**given: Quantity) -> VirtualCell:
    """Return the virtual cell of the paper's recipe with its binder; names of changed numbers have ``_`` for spaces."""
    known = knowledge.load()
    with resources.as_file(resources.files("byssus") / "examples" / "recipes" / RECIPE) as file:
        design = design_file(file, known)
    return virtual_cell(
        "Si/CCL with binder", design, known, made=Made.EMPTY, window=(LOW, HIGH), binder=True,
        given={name.replace("_", " "): value for name, value in given.items()},
    )  # fmt: skip


def neutrals() -> Part:
    """Hold all models with a binder that does nothing against those without its equations."""
    return Part([
        each for kind, full in product(KINDS, (False, True))
        for each in (neutral(kind, full=full), neutral_spectrum(kind, full=full))
    ])  # fmt: skip


def balances() -> Part:
    """Keep lithium, salt, electrolyte and volume over many cycles with everything on."""
    ageing, exaggerated = binder_cell(**_AGEING), with_binder(full_cell(), **EXAGGERATED)
    tests: list[tuple[str, VirtualCell, Kind, Sequence[float], int]] = [
        ("250 cycles, SPM", ageing, "SPM", [1.0], 250),
        ("250 cycles, SPMe", ageing, "SPMe", [1.0], 250),
        ("250 cycles, DFN", ageing, "DFN", [1.0], 250),
        ("rate test, DFN", ageing, "DFN", RATES, 12),
        *((f"full cell, 2 cycles, {kind}", exaggerated, kind, [0.5], 2) for kind in KINDS),
    ]
    comparisons, rows = [], []
    for subject, cell, kind, rates, cycles in tests:
        model = Model(cell, kind)
        began = time.perf_counter()
        found = kept(model, rates, cycles)
        lasted = time.perf_counter() - began
        comparisons += found.comparisons(subject)
        rows.append([
            subject, f"{1 - found.ended['share']:.1%}", f"{found.lost:.1%}", f"{found.ended['ratio']:.2f}",
            f"{found.ended['porosity']:.2f}", *(f"{getattr(found, what):.1e}" for what in BALANCES), f"{lasted:.0f}", _peak(),
        ])  # fmt: skip
    coefficient, healing = (value.value for value in _AGEING.values())
    listing = Listing(
        "Balances",
        "Lithium in silicon with and without contact, SEI, oxide and carbon against current × time, over the capacity (in "
        "a full cell that of both electrodes against the start); salt and electrolyte in pores, separator and outside, with "
        "the solvent that SEI used; thickness less pores against the solids as made and what lithium makes of them. The "
        "largest fault after any half, at the tolerances as shipped. With them what is lost at the end: silicon without "
        "contact, and lithium in SEI over the capacity; thickness over that as made, and porosity; and what it took, in s, "
        "and the most memory of the process until then, in MB, on a machine of two cores that other work shared.",
        ["test", "without contact", "in SEI", "thickness", "porosity", *BALANCES, "s", "MB"], rows,
        [f"The half cell is the paper's with all numbers of its binder, but a debonding coefficient of {coefficient:g} and "
         f"a healing frequency of {healing:g} 1/s, so that contact is lost and comes back; the full cell has made-up "
         "numbers that debond and heal more than a cell survives."],
    )  # fmt: skip
    return Part(comparisons, [listing])


def _peak() -> str:
    """Return the most memory that this process has had, in MB; nothing where the system does not tell."""
    try:
        import resource
    except ImportError:
        return ""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{most / (1e6 if sys.platform == 'darwin' else 1e3):.0f}"


# --- How large its effects are beside their errors -------------------------------------------------------------------

#: What is taken out of a cell with a binder to see what it does: by name, the numbers that take it out.
_WITHOUT: Final[dict[str, dict[str, float]]] = {
    "all of it": {**NOTHING, "network exponent": 0.0, "damage exponent": 0.0},
    "drop over its film": {"binder ionic conductivity": 1e6},
    "electrolyte that it takes up": {"binder uptake": 0.0},
    "pores that fill": {"swelling coefficient": 1.0},
    "network that thins": {"network exponent": 0.0, "damage exponent": 0.0},
    "pull of stress": {"lithium molar volume": 1e-15},
    "lost contact": {"debonding coefficient": 0.0},
    "SEI that falls off": {"SEI shed share": 0.0},
}
_EFFECT_RATES: Final = (0.2, 6.0)
#: An effect has to be so many times its numerical error.
_TIMES: Final = 3.0


@dataclass(frozen=True, slots=True)
class Effect:
    """What a cell loses or gains by something, and the numerical error of that: voltage in V, capacity as a share."""

    voltage: float
    voltage_error: float
    capacity: float
    capacity_error: float

    @property
    def verdict(self) -> str:
        """Say where it stands out of its error."""
        found = [
            name for name, size, error in (
                ("voltage", self.voltage, self.voltage_error), ("capacity", self.capacity, self.capacity_error)
            ) if size > _TIMES * error
        ]  # fmt: skip
        return " and ".join(found) or "none"


@dataclass(frozen=True)
class _Curves:
    """Voltages of a lithiation and a delithiation at the same seconds in every case, and the seconds until their ends."""

    voltages: tuple[Array, Array]
    ends: tuple[float, float]


def _cycle(model: Model, current: float, given: Mapping[str, float] | None = None) -> _Curves:
    low, high = model.cell.window
    seconds = 1.2 * model.capacity / current
    settings = [(Setting(current=current, low=low), seconds), (Setting(current=-current, high=high), seconds)]
    done = carried(model, settings, given, 480)
    first, second = (each.columns["Voltage / V"][:-1] for each in done)
    return _Curves((first, second), (float(done[0].seconds[-1]), float(done[1].seconds[-1])))


def _differences(one: _Curves, other: _Curves) -> tuple[list[Array], Array]:
    """Return the differences of voltages between 5 and 95 % of each half, and those of capacities as shares."""
    found = []
    for mine, theirs in zip(one.voltages, other.voltages, strict=True):
        both = min(mine.size, theirs.size)
        inside = slice(int(0.05 * both), int(0.95 * both))
        found.append((mine[:both] - theirs[:both])[inside])
    return found, np.array(one.ends) / np.array(other.ends) - 1


def _largest(differences: Sequence[Array]) -> float:
    return max(float(np.max(np.abs(each), initial=0.0)) for each in differences)


def effects_of(models: Sequence[Model], current: float) -> Iterator[tuple[str, Effect]]:
    """Give what each part does in the first of some models, with by how much it is another in the others."""
    whole = [_cycle(model, current) for model in models]
    for name, without in _WITHOUT.items():
        told = [_differences(mine, _cycle(model, current, without)) for model, mine in zip(models, whole, strict=True)]
        (voltages, capacities), *others = told
        voltage_error = capacity_error = 0.0
        for theirs, shares in others:
            cut = [min(mine.size, finer.size) for mine, finer in zip(voltages, theirs, strict=True)]
            apart = [mine[:end] - finer[:end] for mine, finer, end in zip(voltages, theirs, cut, strict=True)]
            voltage_error = max(voltage_error, _largest(apart))
            capacity_error = max(capacity_error, float(np.max(np.abs(capacities - shares))))
        yield name, Effect(_largest(voltages), voltage_error, float(np.max(np.abs(capacities))), capacity_error)


def effects() -> Part:
    """Hold each effect of the binder against its error by mesh and tolerance."""
    cell, rows = binder_cell(), []
    free = frozenset(name for numbers in _WITHOUT.values() for name in numbers)
    kinds: tuple[Kind, ...] = ("SPM", "DFN")
    for kind in kinds:
        models = [
            Model(cell, kind, free=free), Model(cell, kind, free=free, refined=2),
            Model(cell, kind, free=free, tolerance=1e-8),
        ]  # fmt: skip
        for rate in _EFFECT_RATES:
            for name, found in effects_of(models, amperes(cell, rate)):
                rows.append([
                    kind, f"{rate:g} A/g", name, f"{1e3 * found.voltage:.3f}", f"{1e3 * found.voltage_error:.3f}",
                    f"{found.capacity:.4%}", f"{found.capacity_error:.4%}", found.verdict,
                ])  # fmt: skip
    listing = Listing(
        "Effects and their errors",
        "What each part of the binder does in the first lithiation and delithiation of the paper's cell, with all numbers of "
        "its binder: the largest difference of the voltage between 5 and 95 % of a half, in mV, and of a half's capacity, "
        "from the same cell without that part. Beside them by how much the same difference is another on a mesh of twice "
        f"as many points or at a tolerance of 1e-8. An effect smaller than {_TIMES:g} times its error is none.",
        ["model", "current", "part", "voltage", "error", "capacity", "error", "effect on"], rows,
        ["What takes many cycles, as lost contact and SEI that falls off, is small in a first one whatever it comes to later."],
    )  # fmt: skip
    return Part(listings=[listing])


# --- SPM, SPMe and DFN -----------------------------------------------------------------------------------------------


def between_models() -> Part:
    """Hold SPM and SPMe with the binder against the DFN with it."""
    whole = binder_cell()
    still = binder_cell(**BARE, SEI_rate_constant=Quantity(0, "m/s"))
    rows, comparisons = [], []
    for subject, cell in (("silicon and binder alone", still), ("with SEI, oxide and carbon", whole)):
        models = {kind: Model(cell, kind) for kind in KINDS}
        for rate in (0.2, 1.0, 2.0, 4.0, 6.0):
            current = amperes(cell, rate)
            curves = {kind: _cycle(model, current) for kind, model in models.items()}
            chosen, why = choose(cell, current)
            row = [subject, f"{rate:g} A/g", f"{curves['DFN'].ends[0] * current / cell.charge:.4f}"]
            for kind in ("SPM", "SPMe"):
                voltages, capacities = _differences(curves[kind], curves["DFN"])
                voltage, capacity = _largest(voltages), float(np.max(np.abs(capacities)))
                row += [f"{1e3 * voltage:.1f}", f"{capacity:.2%}"]
                if kind == chosen:
                    name, count = (
                        f"SPMe within the limits, {subject}, {rate:g} A/g",
                        sum(each.size for each in voltages),
                    )
                    comparisons += [
                        Comparison(name, "voltage", "DFN", count, voltage, GOOD[0], "V"),
                        Comparison(name, "capacity, relative", "DFN", capacities.size, capacity, GOOD[1], ""),
                    ]
            rows.append([*row, f"{chosen}: {why.partition(', ')[2]}"])
    listing = Listing(
        "SPM and SPMe against DFN",
        "The first cycle of the paper's cell with its binder: capacity of the lithiation by the DFN over that of the silicon, "
        "the largest difference of the voltage between 5 and 95 % of a half from the DFN's, in mV, and that of the capacities; "
        "and which of them Byssus takes.",
        ["cell", "current", "DFN", "SPM, voltage", "capacity", "SPMe, voltage", "capacity", "Byssus takes"], rows,
        ["SPM has no resistance of pores."],
    )  # fmt: skip
    return Part(comparisons, [listing])


# --- The page --------------------------------------------------------------------------------------------------------

_OPEN_QUESTIONS: Final = (
    "What is held here is whether the equations are solved. Whether they are true of a binder is another question: "
    "fatigue, healing, irreversible strain and the network's damage are forms of Byssus, and their coefficients are estimates.",
    "Lost contact, swelling and SEI of SPM and SPMe are one mean of the coating: a front of lost contact across it is in the DFN alone.",
    "Electrolyte that leaves the pores goes sideways with the salt of where it was, and no flow along the coating is solved.",
    "What heals is spread evenly over the radius of the particles that it joins, and takes their branch of the potential.",
    "Between the branches of the potential a spectrum is not linear; that is so without a binder too (simulation.md).",
)


def parts() -> Iterator[Part]:
    """Make the parts of the page, in their order; the balances first, for their memory."""
    # It builds on this module.
    from byssus.validation.binder_limits import limits

    makers: tuple[Callable[[], Part], ...] = (balances, neutrals, limits, effects, between_models)
    for make in makers:
        yield make()


def compare(_folder: Path) -> Page:
    """Hold the equations of the binder against cells without it, laws of conservation and what is known by hand."""
    made = list(parts())
    return Page(
        title="Binder",
        introduction=(
            "The equations of the binder in the virtual cell (`byssus.simulate.submodels`): whether they are solved, not "
            f"whether they are true of a binder. Si/CCL is the cell of the shipped recipe {RECIPE}, Si/NCM811 that of the "
            "paper's full cell. What is known by hand, and balances of full cells, are tried with made-up numbers of the size "
            "that a binder has."
        ),
        listings=[each for part in made for each in part.listings],
        comparisons=[each for part in made for each in part.comparisons],
        remarks=_OPEN_QUESTIONS,
    )
