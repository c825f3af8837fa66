"""The seam to PyBaMM: the only place that writes the names of its parameters.

A virtual cell's numbers go in (`byssus.simulate.inputs`), parameter values come out, and each can be
traced: what it is made of, in which arithmetic, and from which source.  What a recipe does not say of an
active material other than silicon comes from a published parameter set.

Three areas of a silicon electrode are kept apart, where PyBaMM has one, a = 3ε/R.  The radius R is that
of diffusion.  An area per mass of the reaction, A, and of the SEI, S, enter as shares of that of the
spheres, α = A ρ R/3 and σ = S ρ R/3: exchange current density and double layer are multiplied by α; a
film of thickness L on S is one of σ L on the spheres, so that its rate constant is multiplied by σ, its
diffusion coefficient by σ² and its resistivity by 1/σ².

The volume of a particle does not change in PyBaMM; concentrations are per volume of silicon without lithium.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from byssus.errors import SimulationError
from byssus.physics import constants, silicon, silicon_cell
from byssus.physics.binder.swelling import swollen_porosity, swollen_thickness_ratio
from byssus.recipe.reckoning import Input, Origin
from byssus.simulate.coating_inputs import SURFACE_CHARGES
from byssus.simulate.conduction_inputs import CONDUCTING, SINGLE_ION, electronic, led
from byssus.simulate.inputs import SILICON, Electrode, VirtualCell
from byssus.simulate.published import ELECTROLYTE_SET, MOLAR, REFERENCE, electrolyte, published, source_of

if TYPE_CHECKING:
    import pybamm

#: Lithiation of silicon (0 at its empty end, 1 at 0.01 V) that stoichiometry 0 and 1 of the model stand for: a cell
#: goes somewhat beyond both ends.
LITHIATION: Final = (-0.05, 1.10)
#: Name of the input that says which share of the silicon is crystal during a lithiation.
CRYSTALLINE: Final = "crystalline silicon"
#: Name of the input that is the temperature of the surroundings in K.
TEMPERATURE: Final = "temperature"
#: Numbers of which the mesh is made; they cannot change while a model is kept.
GEOMETRY: Final = frozenset({"thickness", "radius", "separator thickness"})

#: PyBaMM's names of what a model is controlled by and read at.
CURRENT: Final = "Current [A]"
CURRENT_UNKNOWN: Final = "Current variable [A]"
VOLTAGE: Final = "Voltage [V]"
#: Of its variables in the electrolyte, for the flux of salt at a lithium electrode.
SALT: Final = "Electrolyte concentration [mol.m-3]"
SALT_UNKNOWN: Final = "Electrolyte concentration concatenation [mol.m-3]"
SALT_TRANSPORT: Final = "Electrolyte transport efficiency"
CELL_TEMPERATURE: Final = "Cell temperature [K]"
CURRENT_DENSITY: Final = "Current collector current density [A.m-2]"
#: Names of `byssus.simulate.submodels.uptake`, which PyBaMM does not have: what an electrode's oxide, the film on its carbon and
#: its carbon take up by volume of coating, and where the first two begin; and the lithium in them.
SURFACE: Final = (
    "charge of oxide [C.m-3]", "charge of film on carbon [C.m-3]", "charge on carbon [C.m-3]", "potential of oxide [V]",
    "potential of film on carbon [V]",
)  # fmt: skip
BOUND: Final = "Lithium bound by oxide and carbon [mol]"
ON_CARBON: Final = "Lithium on carbon [mol]"
#: All that is lost to reactions, PyBaMM's, which counts lithium on carbon; and without that.
LOST: Final = "Total lithium lost to side reactions [mol]"
LOST_TO_REACTIONS: Final = "Lithium lost to reactions [mol]"
#: Numbers of the binder, which PyBaMM does not have, with the units that their names end with.
BINDER: Final = {
    "expansion": "1", "swelling coefficient": "1", "irreversible share": "1", "irreversible limit": "1",
    "least porosity": "1", "binder film thickness": "m", "binder uptake": "1", "binder ionic conductivity": "S.m-1",
    "binder modulus": "Pa", "binder Poisson ratio": "1", "binder flow rate": "s-1", "binder flow stress": "Pa",
    "SEI modulus": "Pa", "SEI Poisson ratio": "1", "SEI flow rate": "s-1", "SEI flow stress": "Pa",
    "lithium molar volume": "m3.mol-1", "adhesion": "J.m-2", "debonding coefficient": "1", "debonding exponent": "1",
    "healing frequency": "s-1", "carbon threshold": "1", "network exponent": "1", "damage exponent": "1",
    "SEI shed share": "1", "SEI in pores": "1", "solvent volume per charge": "m3.C-1", "electrolyte outside pores": "m",
}  # fmt: skip
#: What the submodels of the binder tell of a coating: means over it, and sums.
ACTIVE_SHARE: Final = "Share of active material with contact"
DORMANT: Final = "Lithium without contact [mol]"
THICKNESS_RATIO: Final = "Thickness over that as made"
POROSITY: Final = "Porosity of the coating as it is"
STRAIN: Final = "Irreversible strain"
BINDER_STRESS: Final = "Stress of the binder [Pa]"
OUTSIDE: Final = "Electrolyte outside pores [m3]"
OUTSIDE_SALT: Final = "Salt outside pores [mol]"


def of_binder(side: str, name: str) -> str:
    """Return what a number of the binder is called among PyBaMM's parameters."""
    return f"{side} electrode {name} [{BINDER[name]}]"


def of_single_ion(side: str) -> str:
    """Return what the conductivity of a single-ion binder in its coating is called, which PyBaMM does not have."""
    return f"{side} electrode single-ion binder conductivity [S.m-1]"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter value with what it was made of, as ``--explain`` shows it.

    Parameters
    ----------
    name
        PyBaMM's.
    value
        A number, or the words that describe a function.
    unit
        Its unit, as PyBaMM's name has it.
    how
        The arithmetic in words.
    origin, source
        How it came about, and from where: those of the least certain number that it is made of.
    low, high
        The ends of its range, where one number with a range makes it.
    """

    name: str
    value: float | str
    unit: str
    how: str
    origin: Origin | str
    source: str
    low: float | None = None
    high: float | None = None

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return f"{self.value:.4g}" if isinstance(self.value, float) else self.value

    @property
    def whence(self) -> str:
        """The source, or that it is an estimate, with its range."""
        reach = "" if self.low is None or self.high is None else f", {self.low:.3g} to {self.high:.3g}"
        return (
            f"{self.source or self.origin}{reach}" if self.origin != "estimate" else f"estimate{reach}: {self.source}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Parameters:
    """Parameter values for PyBaMM, and what each is made of."""

    values: pybamm.ParameterValues
    explained: tuple[Parameter, ...]
    #: Inputs that are left open, with the values that they have unless told otherwise.
    open: dict[str, float]


@dataclass
class _Writer:
    """Writes parameters for one cell, and keeps what each is made of."""

    free: frozenset[str]
    #: What PyBaMM puts before the names of one of two active materials in a coating.
    phase: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    explained: list[Parameter] = field(default_factory=list)
    open: dict[str, float] = field(default_factory=dict)

    def number(self, name: str, inputs: Mapping[str, Input], prefix: str = "") -> Any:
        """Return an input's value, or the open input that stands for it."""
        whole = f"{prefix}{name}"
        if whole not in self.free:
            return inputs[name].value
        import pybamm

        self.open[whole] = inputs[name].value
        return pybamm.InputParameter(whole)

    def put(
        self, name: str, value: Any, how: str, *made_of: Input, words: str | None = None, source: str | None = None
    ) -> None:
        """Write one parameter.

        Parameters
        ----------
        words
            Describes a function by its value at a stated point: that of the first input that it is made of.
        source
            Of a value that is made of no input.
        """
        name = f"{self.phase}{name}"
        self.values[name] = value
        unit = re.search(r"\[(.*)\]$", name)
        worst = max(made_of, key=lambda each: _DOUBT[each.origin], default=None)
        as_it_is = words is not None or (len(made_of) == 1 and how == made_of[0].label)
        lone = made_of[0] if made_of and as_it_is and _has_range(made_of[0]) else None
        self.explained.append(
            Parameter(
                name,
                float(value) if isinstance(value, int | float) else words or "an input of the simulation",
                unit[1] if unit else "1",
                how,
                worst.origin if worst else "convention" if source is None else "known",
                worst.source if worst else source or "",
                lone.low if lone else None,
                lone.high if lone else None,
            )
        )

    def plain(self, name: str, key: str, inputs: Mapping[str, Input], prefix: str = "") -> None:
        """Write a parameter that is one input as it is."""
        self.put(name, self.number(key, inputs, prefix), inputs[key].label, inputs[key])


_DOUBT: Final = {"given": 0, "known": 1, "fitted": 2, "estimate": 3, "assumed": 4}


def _has_range(given: Input) -> bool:
    return given.low > -float("inf") and given.high < float("inf") and given.high > given.low


def parameters(cell: VirtualCell, free: frozenset[str] = frozenset()) -> Parameters:
    """Say a virtual cell in PyBaMM's names.

    Parameters
    ----------
    free
        Names of inputs that stay open, to be given with each solution.

    Raises
    ------
    SimulationError
        If a free name is none of the cell's, one of which the mesh is made, or one that has to be a number.
    """
    import pybamm

    for name in sorted(free):
        if name not in cell.numbers:
            raise SimulationError("is no input of this virtual cell", field="free", value=name,
                                  fix=f"its inputs are {', '.join(cell.numbers)}")  # fmt: skip
        if name.rpartition(".")[2] in GEOMETRY:
            raise SimulationError("is a length of the mesh and cannot stay open", field="free", value=name,
                                  fix="make a virtual cell for each of its values")  # fmt: skip
    writer = _Writer(free)
    if cell.opposite is None:
        _working(writer, cell.electrode, "Positive", "")
        _lithium(writer, cell)
    else:
        for electrode, domain in ((cell.negative, "Negative"), (cell.positive, "Positive")):
            _working(writer, electrode, domain, "opposite." if electrode is cell.opposite else "")
    _between(writer, cell)
    _film(writer, cell)
    for name in sorted(free - writer.open.keys()):
        raise SimulationError("has to be a number in the equations and cannot stay open", field="free", value=name,
                              fix=f"choose from {', '.join(each for each in cell.numbers if each not in free)}")  # fmt: skip
    values = pybamm.ParameterValues(ELECTROLYTE_SET)
    values.update(writer.values, check_already_exists=False)
    values.update({"Ambient temperature [K]": pybamm.InputParameter(TEMPERATURE), "Initial temperature [K]": REFERENCE,
                   "Reference temperature [K]": REFERENCE})  # fmt: skip
    return Parameters(values, tuple(writer.explained), writer.open)


def _working(writer: _Writer, electrode: Electrode, domain: str, prefix: str) -> None:
    """Write a working electrode: what every one has, then what each of its materials has."""
    inputs = electrode.inputs
    for name, key in (
        (f"{domain} electrode thickness [m]", "thickness"),
        (f"{domain} electrode porosity", "porosity"),
        (f"{domain} electrode Bruggeman coefficient (electrolyte)", "tortuosity exponent"),
    ):
        writer.plain(name, key, inputs, prefix)
    _conduction(writer, electrode, domain, prefix)
    writer.put(f"{domain} electrode Bruggeman coefficient (electrode)", 0.0,
               "the electronic conductivity is that of the coating as it is")  # fmt: skip
    if electrode.second is not None:
        writer.plain(f"{domain} electrode double-layer capacity [F.m-2]", "double-layer capacitance", inputs, prefix)
    for each, phase in zip(electrode.phases, ("Primary: ", "Secondary: "), strict=False):
        writer.phase = phase if electrode.second is not None else ""
        own, named = each.inputs, prefix if each is electrode else f"{each.material}."
        share = writer.number("loading", own, named) / (
            writer.number("density", own, named) * writer.number("thickness", inputs, prefix)
        )
        writer.put(f"{domain} electrode active material volume fraction", share * _reach(writer, each, named),
                   "loading / (density × thickness)", own["loading"], own["density"], inputs["thickness"])  # fmt: skip
        if each.base is None:
            _silicon(writer, each, domain, named)
        else:
            _published(writer, each, domain, named)
    writer.phase = ""
    if electrode.takes_up:
        _surface(writer, electrode, domain, prefix)
    if electrode.binder:
        _binder(writer, electrode, domain, prefix)


def _conduction(writer: _Writer, electrode: Electrode, domain: str, prefix: str) -> None:
    """Write what a coating leads beside its pores: electrons in carbon and binder, lithium in a single-ion binder."""
    inputs = electrode.inputs

    def number(name: str) -> Any:
        return writer.number(name, inputs, prefix)

    def binder(kind: str) -> tuple[str, tuple[Input, ...]]:
        told = f"{kind} conductivity × [{kind} share × (1 − porosity)]^exponent"
        return told, tuple(inputs[f"{kind} {each}"] for each in ("share", "conductivity", "exponent"))

    name = f"{domain} electrode conductivity [S.m-1]"
    if f"{CONDUCTING} share" in inputs:
        told, made_of = binder(CONDUCTING)
        writer.put(name, electronic(inputs, number), f"electronic conductivity + {told}",
                   inputs["electronic conductivity"], *made_of)  # fmt: skip
    else:
        writer.plain(name, "electronic conductivity", inputs, prefix)
    if electrode.single_ion:
        told, made_of = binder(SINGLE_ION)
        writer.put(of_single_ion(domain), led(SINGLE_ION, number), told, *made_of)


def _binder(writer: _Writer, electrode: Electrode, domain: str, prefix: str) -> None:
    """Write what the submodels of the binder start from; soaked, it takes some of the pores."""
    inputs = electrode.inputs
    for name in BINDER:
        writer.plain(of_binder(domain, name), name, inputs, prefix)
    soaked = writer.number("porosity", inputs, prefix) - (
        writer.number("binder fraction", inputs, prefix) * writer.number("binder uptake", inputs, prefix)
    )
    writer.put(f"{domain} electrode porosity", soaked, "porosity − binder fraction × binder uptake", inputs["porosity"],
               inputs["binder fraction"], inputs["binder uptake"])  # fmt: skip


def _surface(writer: _Writer, electrode: Electrode, domain: str, prefix: str) -> None:
    """Write what oxide and carbon take up, which `byssus.simulate.submodels.uptake` makes a reaction of."""
    inputs = electrode.inputs
    loading, thickness = (writer.number(name, inputs, prefix) for name in ("loading", "thickness"))
    for name, key in zip(SURFACE[:3], SURFACE_CHARGES, strict=True):
        writer.put(f"{domain} electrode {name}", writer.number(key, inputs, prefix) * loading / thickness,
                   f"{key} × loading / thickness", inputs[key], inputs["loading"], inputs["thickness"])  # fmt: skip
    for name, key in zip(SURFACE[3:], ("oxide potential", "carbon film potential"), strict=True):
        writer.plain(f"{domain} electrode {name}", key, inputs, prefix)


def _reach(writer: _Writer, electrode: Electrode, prefix: str) -> Any:
    """Return an open capacity over the one of the inputs; one if it is not open.

    PyBaMM wants a number for the concentration at most, so an open capacity goes into the amount of material; areas
    per mass stay what they are.
    """
    if f"{prefix}capacity" not in writer.free:
        return 1.0
    return writer.number("capacity", electrode.inputs, prefix) / electrode.inputs["capacity"].value


def _silicon(writer: _Writer, electrode: Electrode, domain: str, prefix: str) -> None:
    inputs = electrode.inputs

    def take(name: str) -> Any:
        return writer.number(name, inputs, prefix)

    low, high = LITHIATION
    writer.plain(f"{domain} particle radius [m]", "radius", inputs, prefix)
    most = inputs["capacity"].value * inputs["density"].value / constants.FARADAY * (high - low)
    reach = _reach(writer, electrode, prefix)
    writer.put(f"Maximum concentration in {domain.lower()} electrode [mol.m-3]", most,
               f"capacity × density / F × {high - low:.2f}: stoichiometry 0 to 1 is lithiation {low:g} to {high:g}",
               inputs["capacity"], inputs["density"])  # fmt: skip
    start = most * (0 - low) / (high - low)
    writer.put(f"Initial concentration in {domain.lower()} electrode [mol.m-3]", start, "empty: lithiation 0",
               inputs["capacity"], inputs["density"])  # fmt: skip
    diffusion, barrier = take("diffusion coefficient"), take("activation energy of diffusion")
    writer.put(f"{domain} particle diffusivity [m2.s-1]",
               lambda _share, temperature: diffusion * _arrhenius(barrier, temperature),
               "D × exp[E/R (1/298.15 K − 1/T)]",
               inputs["diffusion coefficient"], inputs["activation energy of diffusion"],
               words=f"{inputs['diffusion coefficient'].value:.4g} m²/s at 25 °C")  # fmt: skip
    alpha = take("kinetic area") * take("density") * take("radius") / 3 / reach
    writer.put(f"{domain} electrode exchange-current density [A.m-2]",
               _exchange(take("exchange current density") * alpha, take("activation energy of the reaction")),
               "i0 × (area of the reaction / spheres) × (c_e/1 M)^½ × 2 (y (1 − y))^½ × exp[E/R (1/298.15 K − 1/T)]",
               inputs["exchange current density"], inputs["kinetic area"], inputs["activation energy of the reaction"],
               words=f"{inputs['exchange current density'].value:.4g} A/m² at half lithiation")  # fmt: skip
    if not writer.phase:
        writer.put(f"{domain} electrode double-layer capacity [F.m-2]", take("double-layer capacitance") * alpha,
                   "double-layer capacitance × (area of the reaction / spheres)",
                   inputs["double-layer capacitance"], inputs["kinetic area"])  # fmt: skip
    shape = f"shape of {electrode.shape}" if electrode.shape != silicon.ALL else "shape fitted to all electrodes"
    for branch, name in (("lithiation", "lithiation "), ("delithiation", "delithiation "), ("", "")):
        writer.put(f"{domain} electrode {name}OCP [V]", _potential(branch, take("Li15Si4 share"), electrode.shape),
                   f"{branch}_potential_in_cell(lithiation)" if branch else "mean of both branches",
                   words=f"byssus.physics.silicon_cell, {branch or 'both branches'}, {shape}")  # fmt: skip
    writer.put(f"{domain} electrode OCP entropic change [V.K-1]", 0.0, "cells are held at one temperature")
    # PyBaMM counts the way between the branches per stoichiometry, and halves it.
    rate = take("hysteresis rate") * 2 * (high - low)
    for branch in ("lithiation", "delithiation"):
        writer.put(f"{domain} particle {branch} hysteresis decay rate", rate,
                   f"hysteresis rate × 2 × {high - low:.2f}", inputs["hysteresis rate"])  # fmt: skip
    writer.put(f"Initial hysteresis state in {domain.lower()} electrode", -1.0, "about to be lithiated")


def _arrhenius(barrier: Any, temperature: Any) -> Any:
    import pybamm

    return pybamm.exp(barrier / constants.GAS_CONSTANT * (1 / REFERENCE - 1 / temperature))


def _exchange(at_half: Any, barrier: Any) -> Callable[..., Any]:
    """Return i0 of concentrations and temperature, as PyBaMM asks for it."""

    def exchange_current_density(c_e: Any, c_s_surf: Any, c_s_max: Any, temperature: Any) -> Any:
        import pybamm

        share = c_s_surf / c_s_max
        shape = pybamm.sqrt(c_e / 1000.0) * 2 * pybamm.sqrt(share * (1 - share))
        return at_half * shape * _arrhenius(barrier, temperature)

    return exchange_current_density


def _potential(branch: str, li15si4: Any, shape: str) -> Callable[..., Any]:
    """Return a branch of the potential over stoichiometry; the mean of both if none is named."""

    def of_stoichiometry(stoichiometry: Any) -> Any:
        import pybamm

        low, high = LITHIATION
        lithiation = low + (high - low) * stoichiometry
        taken_up = silicon_cell.lithiation_potential_in_cell(lithiation, pybamm.InputParameter(CRYSTALLINE), shape)
        given_off = silicon_cell.delithiation_potential_in_cell(lithiation, li15si4, shape)
        return {"lithiation": taken_up, "delithiation": given_off}.get(branch, (taken_up + given_off) / 2)

    return of_stoichiometry


def _published(writer: _Writer, electrode: Electrode, domain: str, prefix: str) -> None:
    """Write what a published set has, scaled to the inputs where they differ from it."""
    assert electrode.base is not None  # noqa: S101 - every material but silicon has one
    found, inputs = published(electrode.base), electrode.inputs
    side = domain.lower()

    def take(name: str) -> Any:
        return writer.number(name, inputs, prefix)

    writer.plain(f"{domain} particle radius [m]", "radius", inputs, prefix)
    most = inputs["maximum concentration"]
    counted = "" if electrode.counted is None else f"; the recipe counts {electrode.counted.quantity}"
    writer.put(f"Maximum concentration in {side} electrode [mol.m-3]", most.value,
               f"{most.label}: {electrode.capacity / 3600:.0f} mAh/g between stoichiometry "
               f"{inputs['empty stoichiometry'].value:.3f} and {inputs['full stoichiometry'].value:.3f}{counted}",
               most)  # fmt: skip
    writer.put(f"Initial concentration in {side} electrode [mol.m-3]", take("initial stoichiometry") * most.value,
               "initial stoichiometry × concentration at stoichiometry 1", inputs["initial stoichiometry"], most)  # fmt: skip
    diffusion = take("diffusion coefficient") / found.middle_diffusivity()
    given = inputs["diffusion coefficient"]
    writer.put(f"{domain} particle diffusivity [m2.s-1]",
               lambda share, temperature: diffusion * found.diffusivity(share, temperature),
               "shape of the set, scaled to the diffusion coefficient", given,
               words=f"{given.value:.4g} m²/s at stoichiometry 1/2 and 25 °C")  # fmt: skip
    faster, exchange = take("exchange current density") / found.middle_exchange(), inputs["exchange current density"]

    def exchange_current_density(c_e: Any, c_s_surf: Any, c_s_max: Any, temperature: Any) -> Any:
        # The set's function holds for the set's concentrations: what counts is the stoichiometry.
        own = found.most / most.value
        return faster * found.exchange(c_e, c_s_surf * own, c_s_max * own, temperature)

    writer.put(f"{domain} electrode exchange-current density [A.m-2]", exchange_current_density,
               "shape of the set, scaled to the exchange current density", exchange,
               words=f"{exchange.value:.4g} A/m² at stoichiometry 1/2, {MOLAR / 1e3:g} M and 25 °C")  # fmt: skip
    if not writer.phase:
        writer.plain(f"{domain} electrode double-layer capacity [F.m-2]", "double-layer capacitance", inputs, prefix)
    half, slope = float(np.interp(0.5, *found.curve)), found.middle_entropy()
    writer.put(f"{domain} electrode OCP [V]", found.potential, "that of the set", source=found.source,
               words=f"{half:.3f} V at stoichiometry 1/2")  # fmt: skip
    writer.put(f"{domain} electrode OCP entropic change [V.K-1]", found.entropy, "that of the set",
               source=found.source, words=f"{slope:.3g} V/K at stoichiometry 1/2")  # fmt: skip


def _lithium(writer: _Writer, cell: VirtualCell) -> None:
    """Write the lithium electrode: its reaction; its film stands among the resistances in series."""
    import pybamm

    inputs = cell.inputs
    current = writer.number("lithium exchange current density", inputs)

    def exchange_current_density(c_e: Any, _c_li: Any, _temperature: Any) -> Any:
        return current * pybamm.sqrt(c_e / 1000.0)

    given = inputs["lithium exchange current density"]
    writer.put("Exchange-current density for lithium metal electrode [A.m-2]", exchange_current_density,
               "i0 × (c_e/1 M)^½", given, words=f"{given.value:.4g} A/m² at 1 M")  # fmt: skip
    # Of these only the double layer is ever seen, in spectra.
    foil = pybamm.ParameterValues(ELECTROLYTE_SET)
    for name in (
        "Negative electrode thickness [m]",
        "Negative electrode conductivity [S.m-1]",
        "Negative electrode double-layer capacity [F.m-2]",
        "Lithium metal partial molar volume [m3.mol-1]",
    ):
        writer.put(name, foil[name], "lithium of the set", source=source_of(ELECTROLYTE_SET))  # fmt: skip


def _between(writer: _Writer, cell: VirtualCell) -> None:
    """Write the geometry of the cell, the separator, the electrolyte, and what is in series."""
    inputs, area = cell.inputs, cell.electrode.inputs["area"]
    for name, key in (
        ("Separator thickness [m]", "separator thickness"),
        ("Separator porosity", "separator porosity"),
        ("Separator Bruggeman coefficient (electrolyte)", "separator tortuosity exponent"),
        ("Initial concentration in electrolyte [mol.m-3]", "salt concentration"),
        ("Cation transference number", "transference number"),
    ):
        writer.plain(name, key, inputs)
    for side in ("height", "width"):
        writer.put(f"Electrode {side} [m]", area.value**0.5, "square of the electrode's area", area)
    lithium = ("lithium film resistance",) if cell.opposite is None else ()
    series = ("contact resistance", *lithium)
    writer.put("Contact resistance [Ohm]", sum(writer.number(each, inputs) for each in series) / area.value,
               f"({' + '.join(series)}) / area", *(inputs[each] for each in series))  # fmt: skip
    salt = electrolyte(cell.electrolyte)
    for name, function in salt.functions.items():
        factor = _FACTORS.get(name)
        if factor is None or (inputs[factor].value == 1 and factor not in writer.free):
            writer.put(name, function, "that of the set", words=_at_start(function, cell), source=salt.source)
        else:
            scaled = _scaled(function, writer.number(factor, inputs))
            words = f"{inputs[factor].value:.4g} × {_at_start(function, cell)}"
            writer.put(name, scaled, f"that of the set × {factor}", inputs[factor], words=words, source=salt.source)
    balance = f"; N/P {cell.negative.charge / cell.positive.charge:.3g}" if cell.opposite is not None else ""
    writer.put("Nominal cell capacity [A.h]", cell.charge / 3600,
               f"mass of active material × capacity, the lesser of the electrodes{balance}",
               *(each.inputs["loading"] for side in cell.electrodes for each in side.phases))  # fmt: skip
    # Steps end where the protocol says; these only keep PyBaMM's own limits out of the way.
    writer.put("Lower voltage cut-off [V]", -10.0, "no limit of the model's own")
    writer.put("Upper voltage cut-off [V]", 10.0, "no limit of the model's own")


#: Inputs by which functions of the electrolyte's set are multiplied.
_FACTORS: Final = {
    "Electrolyte conductivity [S.m-1]": "electrolyte conductivity factor",
    "Electrolyte diffusivity [m2.s-1]": "electrolyte diffusivity factor",
}


def _scaled(function: Any, factor: Any) -> Any:
    """Return a function of concentration and temperature, or a number, times a factor."""
    if not callable(function):
        return function * factor
    return lambda concentration, temperature: factor * function(concentration, temperature)


def _at_start(function: Any, cell: VirtualCell) -> str:
    """Say a function of salt concentration and temperature by its value at the start and 25 °C."""
    import pybamm

    concentration = cell.inputs["salt concentration"].value
    value = function(pybamm.Scalar(concentration), pybamm.Scalar(REFERENCE)) if callable(function) else function
    told = pybamm.ParameterValues(cell.electrolyte).evaluate(value) if callable(function) else value
    return f"{float(told):.4g} at {concentration / 1e3:.3g} M and 25 °C"


def _film(writer: _Writer, cell: VirtualCell) -> None:
    """Write the SEI of a silicon electrode, on its own area."""
    silicon_electrode = next(
        (each for each in (cell.electrode, cell.opposite) if each is not None and each.material == SILICON), None
    )
    if silicon_electrode is None:
        return
    inputs, own = cell.inputs, silicon_electrode.inputs
    prefix = "opposite." if silicon_electrode is cell.opposite else ""

    def take(name: str) -> Any:
        return writer.number(name, inputs)

    sigma = (
        writer.number("SEI area", own, prefix) * writer.number("density", own, prefix)
        * writer.number("radius", own, prefix) / 3 / _reach(writer, silicon_electrode, prefix)
    )  # fmt: skip
    area = own["SEI area"]
    writer.phase = "Primary: " if silicon_electrode.second is not None else ""
    for name, value, how, key in (
        ("Initial SEI thickness [m]", take("SEI thickness") * sigma, "thickness × σ", "SEI thickness"),
        ("SEI kinetic rate constant [m.s-1]", take("SEI rate constant") * sigma, "rate constant × σ",
         "SEI rate constant"),
        ("EC diffusivity [m2.s-1]", take("SEI solvent diffusivity") * sigma**2, "diffusion coefficient × σ²",
         "SEI solvent diffusivity"),
        ("SEI resistivity [Ohm.m]", take("SEI resistivity") / sigma**2, "resistivity / σ²", "SEI resistivity"),
    ):  # fmt: skip
        writer.put(name, value, f"{how}, σ = area of the SEI / spheres", inputs[key], area)
    for name, key in (
        ("SEI partial molar volume [m3.mol-1]", "SEI molar volume"),
        ("Ratio of lithium moles to SEI moles", "SEI lithium"),
        ("EC initial concentration in electrolyte [mol.m-3]", "SEI solvent concentration"),
        ("SEI open-circuit potential [V]", "SEI potential"),
    ):
        writer.plain(name, key, inputs)
    writer.put("SEI growth activation energy [J.mol-1]", 0.0, "the film's numbers are those of every temperature")
    writer.phase = ""


def observed(cell: VirtualCell) -> dict[str, tuple[str, float, float]]:
    """Return what is read of a solution: by column, PyBaMM's variable, and factor and offset from it to the column."""
    found = {
        "Voltage / V": (VOLTAGE, 1.0, 0.0),
        # PyBaMM counts a current positive that discharges the cell.
        "Current / A": (CURRENT, -1.0, 0.0),
        "Charge Passed / Ah": ("Discharge capacity [A.h]", -1.0, 0.0),
        "Energy Passed / Wh": ("Discharge energy [W.h]", -1.0, 0.0),
        "truth: Electrolyte Overpotential / V": ("X-averaged battery electrolyte ohmic losses [V]", 1.0, 0.0),
        "truth: Lithium in Particles / mol": ("Total lithium in particles [mol]", 1.0, 0.0),
        "truth: Lithium in Electrolyte / mol": ("Total lithium in electrolyte [mol]", 1.0, 0.0),
        "truth: Lithium Lost to Reactions / mol": (LOST, 1.0, 0.0),
    }
    if any(each.binder for each in cell.electrodes):
        found |= {
            "truth: Active Share / 1": (ACTIVE_SHARE, 1.0, 0.0),
            "truth: Lithium without Contact / mol": (DORMANT, 1.0, 0.0),
            "truth: Thickness Ratio / 1": (THICKNESS_RATIO, 1.0, 0.0),
            "truth: Porosity / 1": (POROSITY, 1.0, 0.0),
            "truth: Irreversible Strain / 1": (STRAIN, 1.0, 0.0),
            "truth: Binder Stress / MPa": (BINDER_STRESS, 1e-6, 0.0),
            "truth: Electrolyte outside Pores / uL": (OUTSIDE, 1e9, 0.0),
            "truth: Salt outside Pores / mol": (OUTSIDE_SALT, 1.0, 0.0),
        }
    if any(each.takes_up for each in cell.electrodes):
        found |= {
            "truth: Lithium Lost to Reactions / mol": (LOST_TO_REACTIONS, 1.0, 0.0),
            "truth: Lithium Bound by Oxide and Carbon / mol": (BOUND, 1.0, 0.0),
            "truth: Lithium on Carbon / mol": (ON_CARBON, 1.0, 0.0),
        }
    for electrode in cell.electrodes:
        side = "positive" if electrode is cell.positive else "negative"
        other = "Opposite " if electrode is cell.opposite else ""
        found |= _observed_of(electrode, side, "" if electrode.second is None else "primary ", other)
        if electrode.second is not None:
            found |= _observed_of(electrode.second, side, "secondary ", f"{electrode.second.material.title()} ")
    if cell.opposite is None:
        found["truth: Lithium Electrode Overpotential / V"] = (
            "Lithium metal interface reaction overpotential [V]", 1.0, 0.0)  # fmt: skip
    return found


def _observed_of(electrode: Electrode, side: str, phase: str, which: str) -> dict[str, tuple[str, float, float]]:
    """Return what is read of one material: silicon's filling as lithiation, that of a published set as stoichiometry."""
    own, from_set = electrode.inputs, electrode.base is not None
    low, high = (0.0, 1.0) if from_set else LITHIATION
    filling = "Stoichiometry" if from_set else "Lithiation"
    found = {
        f"truth: {which}Electrode Potential / V": (
            f"X-averaged {side} electrode {phase}open-circuit potential [V]", 1.0, 0.0),
        f"truth: {which}Reaction Overpotential / V": (
            f"X-averaged {side} electrode {phase}reaction overpotential [V]", 1.0, 0.0),
        f"truth: Mean {which}{filling} / 1": (f"Average {side} {phase}particle stoichiometry", high - low, low),
        f"truth: Surface {which}{filling} / 1": (
            f"X-averaged {side} {phase}particle surface stoichiometry", high - low, low),
    }  # fmt: skip
    if not from_set:
        sigma = own["SEI area"].value * own["density"].value * own["radius"].value / 3
        found[f"truth: {which}Branch / 1"] = (f"X-averaged {side} electrode {phase}hysteresis state", 1.0, 0.0)
        found[f"truth: {which}Lithium in SEI / mol"] = (f"Loss of lithium to {side} {phase}SEI [mol]", 1.0, 0.0)
        told = f"{side} electrode thickness of SEI" if electrode.binder else f"{side} {phase}SEI thickness"
        found[f"truth: {which}SEI Thickness / nm"] = (f"X-averaged {told} [m]", 1e9 / sigma, 0.0)
        found[f"truth: {which}Film Overpotential / V"] = (
            f"X-averaged {side} electrode {phase}SEI film overpotential [V]", 1.0, 0.0)  # fmt: skip
    return found


@dataclass(frozen=True)
class Transport:
    """What tells whether a single-particle model will do, at the salt concentration of the start; SI."""

    thickness: float
    porosity: float
    exponent: float
    conductivity: float
    diffusivity: float
    electronic: float
    concentration: float
    transference: float


def transport(cell: VirtualCell, values: pybamm.ParameterValues, electrode: Electrode | None = None) -> Transport:
    """Return the transport numbers of an electrode, the working electrode if None; of one that swells when it is full."""
    import pybamm

    electrode = electrode or cell.electrode
    own, inputs = electrode.inputs, cell.inputs
    concentration = inputs["salt concentration"].value
    conductivity, diffusivity = (
        float(values.evaluate(values[name](pybamm.Scalar(concentration), pybamm.Scalar(REFERENCE))))
        if callable(values[name]) else float(values[name])
        for name in ("Electrolyte conductivity [S.m-1]", "Electrolyte diffusivity [m2.s-1]")
    )  # fmt: skip
    thickness, porosity = own["thickness"].value, own["porosity"].value
    if electrode.binder:
        thickness, porosity = _swollen(own)
    return Transport(
        thickness, porosity, own["tortuosity exponent"].value, conductivity, diffusivity,
        electronic(own, lambda name: own[name].value), concentration, inputs["transference number"].value,
    )  # fmt: skip


def _swollen(own: Mapping[str, Input]) -> tuple[float, float]:
    """Return thickness and porosity of a coating of silicon that is full for the first time."""
    solids = 1 - own["porosity"].value + own["binder fraction"].value * own["binder uptake"].value
    growth = own["expansion"].value * own["loading"].value / (own["density"].value * own["thickness"].value)
    ratio = swollen_thickness_ratio(growth, solids, own["swelling coefficient"].value, 0.0, own["least porosity"].value)
    return float(ratio * own["thickness"].value), float(swollen_porosity(growth, solids, ratio))
