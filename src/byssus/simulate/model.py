"""The equations of a virtual cell, and one control for all kinds of steps.

PyBaMM builds a model for every kind of step of an experiment.  Here the current is one more unknown with
one residual, in which inputs choose what is controlled:

    0 = s_I (I − I₀) + s_V (V − V₀ − r t) + s_P (I V − P₀)

so that one model, built once, carries out holds, sweeps, constant currents and powers, and its state after
a step, a plain vector, is all that the next step needs.  The same model linearised at a state gives its
impedance: (iω M − J) x = b (Hallemans et al. 2025, doi:10.48550/arXiv.2412.10896, as in PyBaMM).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from byssus.errors import SimulationError
from byssus.physics import constants
from byssus.simulate.inputs import SILICON, Electrode, VirtualCell, check_current
from byssus.simulate.parameters import (
    CELL_TEMPERATURE,
    CRYSTALLINE,
    CURRENT,
    CURRENT_DENSITY,
    CURRENT_UNKNOWN,
    SALT,
    SALT_TRANSPORT,
    SALT_UNKNOWN,
    TEMPERATURE,
    VOLTAGE,
    Parameters,
    Transport,
    observed,
    parameters,
    transport,
)
from byssus.simulate.published import REFERENCE
from byssus.simulate.published import pybamm as pybamm
from byssus.simulate.submodels import equip, single_ion

if TYPE_CHECKING:
    import pybamm as pybamm_module

Array = NDArray[np.float64]
Kind = Literal["SPM", "SPMe", "DFN"]
KINDS: Final[tuple[Kind, ...]] = ("SPM", "SPMe", "DFN")

#: Beyond these the single-particle model with electrolyte is not used: `Validity`.  Below them it stays within 5 mV and
#: 1 % of the DFN's capacity for silicon electrodes of many kinds; just above, at a depletion of 0.13 and an ohmic drop
#: of 0.19, the first of them does not (docs/validation/simulation.md).
LIMITS: Final = {"depletion": 0.1, "ohmic": 0.15, "electronic": 0.5}

#: Points in a particle, and the logarithm of how much wider the innermost is than the outermost: the fewest, with
#: some in hand, that keep silicon at 1C within 1 mV of four times as many.
_RADIAL: Final = 50
_STRETCH: Final = 1.5

#: Absolute tolerance below which the potentials of a DFN are rounding, and its integration stops.
_FLOOR: Final = 1e-10

#: A threshold that no cell reaches, for steps that do not end at one.
_NEVER: Final = 1e3


@dataclass(frozen=True, slots=True)
class Validity:
    """How far a current is from where the single-particle model with electrolyte holds.

    Its expansion asks that across the electrode the salt concentration changes little beside itself, and
    the potentials of electrolyte and solid little beside RT/F: Marquis et al. 2019, J. Electrochem. Soc.
    166, A3693, doi:10.1149/2.0341915jes.

    Parameters
    ----------
    depletion
        (1 − t₊) i L / (2 F D ε^b c): change of concentration from the middle of the coating to its end.
    ohmic
        i L / (2 κ ε^b) over RT/F.
    electronic
        i L / (2 σ) over RT/F.
    """

    depletion: float
    ohmic: float
    electronic: float

    @classmethod
    def of(cls, numbers: Transport, current_density: float, temperature: float = 298.15) -> Validity:
        """Work the three out for a current density in A/m²."""
        pores = numbers.porosity**numbers.exponent
        half = abs(current_density) * numbers.thickness / 2
        thermal = constants.GAS_CONSTANT * temperature / constants.FARADAY
        return cls(
            (1 - numbers.transference) * half / (constants.FARADAY * numbers.diffusivity * pores * numbers.concentration),
            half / (numbers.conductivity * pores) / thermal,
            half / numbers.electronic / thermal,
        )  # fmt: skip

    def beyond(self) -> list[str]:
        """Name what lies beyond its limit, in words."""
        return [
            f"{name} {getattr(self, name):.2g} is above {limit:g}"
            for name, limit in LIMITS.items() if getattr(self, name) > limit
        ]  # fmt: skip


def choose(cell: VirtualCell, current: float, wanted: Kind | None = None) -> tuple[Kind, str]:
    """Choose the model for a largest current in A, and say why.

    Returns
    -------
    The model and the reason, as a clause.
    """
    check_current(cell, current)
    leading = _single_ion(cell, wanted)
    values, density = parameters(cell).values, current / cell.electrode.inputs["area"].value
    beyond = [
        f"{told} in {electrode.name}" if cell.opposite else told
        for electrode in cell.electrodes
        for told in Validity.of(transport(cell, values, electrode), density).beyond()
    ]
    told = f"at {abs(current) * 1e3:.3g} mA, " + (" and ".join(beyond) if beyond else "within the limits of SPMe")
    if leading and wanted is None:
        return "DFN", f"{leading} leads lithium beside the pores, which no other model has; {told}"
    if wanted is None:
        return ("DFN" if beyond else "SPMe"), told
    return wanted, f"as asked; {told}"


def _single_ion(cell: VirtualCell, kind: Kind | None) -> str:
    """Name the binder that leads lithium alone, if a cell has one; refuse a model that cannot have it."""
    if not any(each.single_ion for each in cell.electrodes):
        return ""
    if kind not in (None, "DFN"):
        raise SimulationError("has no single-ion binder, and this cell has one", file=cell.name, field="model",
                              value=kind, fix="choose DFN, or leave the model out")  # fmt: skip
    return "a single-ion binder"


def mesh(stock: Any, refined: float = 1) -> dict[str, Any]:
    """Return number and spacing of the points of one of PyBaMM's models, as its `Simulation` takes them.

    Particles have more points than PyBaMM's 20, closer together towards the surface, where the first minutes
    of a current happen: docs/validation/simulation.md has the error of both.
    """
    module = pybamm()
    points = {str(getattr(name, "name", name)): count for name, count in stock.default_var_pts.items()}
    points |= {name: _RADIAL for name in points if name.startswith("r_")}
    inside = module.MeshGenerator(module.Exponential1DSubMesh, {"side": "right", "stretch": _STRETCH})
    return {
        "var_pts": {name: max(3, round(count * refined)) for name, count in points.items()},
        "submesh_types": {
            domain: inside if domain.endswith("particle") else kind
            for domain, kind in stock.default_submesh_types.items()
        },
    }


@dataclass(frozen=True, slots=True)
class State:
    """Where a cell is: the time since the start of its test in s, and the solver's vector."""

    time: float
    vector: Array


@dataclass(frozen=True, slots=True)
class Setting:
    """What is controlled in a step, in the model's signs, and at what it ends; SI."""

    current: float | None = None
    voltage: float | None = None
    rate: float = 0.0
    power: float | None = None
    low: float = -_NEVER
    high: float = _NEVER
    #: The magnitude of the current below which a hold ends, and which of both signs the current has.
    least: float | None = None
    sign: float = 1.0

    def inputs(self) -> dict[str, float]:
        """Return the inputs of the control."""
        return {
            "by current": float(self.current is not None),
            "by voltage": float(self.voltage is not None),
            "by power": float(self.power is not None),
            "set current": self.current or 0.0,
            "set voltage": self.voltage or 0.0,
            "set rate": self.rate,
            "set power": self.power or 0.0,
            "low voltage": self.low,
            "high voltage": self.high,
            "least current": -_NEVER if self.least is None else self.least,
            "current sign": self.sign,
        }


@dataclass(frozen=True, slots=True)
class Passed:
    """A step as it went: seconds since its start, by column the values at them, the state after it, why it ended."""

    seconds: Array
    columns: Mapping[str, Array]
    state: State
    ended: str


class Model:
    """A virtual cell's equations, built once.

    Parameters
    ----------
    cell, kind
        What is modelled, and how.
    spectroscopy
        With double layers, which impedance needs.
    free
        Names of inputs that stay open.
    refined
        How many times finer the mesh is than `mesh` makes it.
    tolerance
        Relative tolerance of the integration; the absolute one is a hundredth of it, not below 1e-10.
    written
        Parameter values in place of the cell's own, for comparisons with published sets.
    """

    def __init__(
        self,
        cell: VirtualCell,
        kind: Kind,
        *,
        spectroscopy: bool = False,
        free: frozenset[str] = frozenset(),
        refined: float = 1,
        tolerance: float = 1e-6,
        written: Parameters | None = None,
    ) -> None:
        module = pybamm()
        _single_ion(cell, kind)
        self.cell, self.kind, self.spectroscopy = cell, kind, spectroscopy
        self.parameters: Parameters = parameters(cell, free) if written is None else written
        values = self.parameters.values.copy()
        with warnings.catch_warnings():
            # It warns of a change of meaning between its versions, which the seam follows.
            warnings.filterwarnings("ignore", message="The definition of the hysteresis decay rate")
            own = next((each for each in cell.electrodes if each.material == SILICON), None)
            leading = [_side(cell, each) for each in cell.electrodes if each.single_ion]
            stock = getattr(module.lithium_ion, kind)(self.options(), build=own is None and not leading)
            if leading:
                single_ion.lead_lithium(stock, leading)
            if own is None and leading:
                stock.build_model()
            if own is not None:
                side = _side(cell, own)
                equip(stock, side, takes_up=own.takes_up, binder=own.binder)
        stock.events = [event for event in stock.events if "voltage" not in event.name.lower()]
        if cell.opposite is None and kind != "SPM":
            _keep_salt(stock)
        controlled, values = module.step.CustomStepImplicit(_control).set_up(stock, values)
        # It would start from a guess of 1C, and the impedance of a fresh cell be that under this current.
        controlled.initial_conditions[controlled.variables[CURRENT]] = module.Scalar(0)
        controlled.events += _ends(controlled.variables)
        simulation = module.Simulation(controlled, parameter_values=values, **mesh(controlled, refined))
        simulation.build()
        self.built: pybamm_module.BaseModel = simulation.built_model
        # What goes wrong is said in one line by who asked; the solver would print lines of its own besides.
        quiet = {"silence_sundials_errors": True}
        self.solver = module.IDAKLUSolver(rtol=tolerance, atol=max(tolerance / 100, _FLOOR), options=quiet)
        self.columns = observed(cell)
        self._read: Any = None
        self._pencil: Any = None

    def options(self) -> dict[str, Any]:
        """Return the options of PyBaMM's model."""
        chosen: dict[str, Any] = {"contact resistance": "true", "calculate discharge energy": "true"}
        # What PyBaMM is asked of silicon and of all else, in the order of its electrodes: silicon is the working electrode
        # of a half cell, which PyBaMM calls the positive, or the negative of a full cell.
        silicon: tuple[Any, Any] = ("ec reaction limited", "one-state hysteresis")
        other = ("none", "single")
        half = self.cell.opposite is None
        if half:
            chosen["working electrode"] = "positive"
        if self.cell.electrode.second is not None:
            chosen["particle phases"] = ("1", "2")
            # Silicon is the first of the two materials.
            silicon = (silicon[0], other[0]), (silicon[1], other[1])
        if any(each.material == SILICON for each in self.cell.electrodes):
            film, potential = zip(*((other, silicon) if half else (silicon, other)), strict=True)
            chosen |= {"SEI": film, "open-circuit potential": potential, "SEI film resistance": "distributed"}
            if self.kind != "DFN":
                # One particle has one film.
                chosen["x-average side reactions"] = "true"
        if self.spectroscopy:
            chosen["surface form"] = "differential"
        return chosen

    @property
    def capacity(self) -> float:
        """The charge in C that the cell holds."""
        return self.cell.charge

    def start(self, given: Mapping[str, float] | None = None) -> State:
        """Return the state of a fresh cell."""
        inputs = self._inputs(Setting(current=0.0), given)
        vector = self.built.concatenated_initial_conditions.evaluate(0, inputs=inputs)
        return State(0.0, np.asarray(vector, dtype=float).ravel())

    def step(
        self,
        state: State,
        seconds: float,
        setting: Setting,
        interval: float,
        given: Mapping[str, float] | None = None,
        also: Sequence[float] = (),
    ) -> Passed:
        """Carry one step out, for so many seconds at most.

        Parameters
        ----------
        interval
            Seconds between the values that are returned; the end is returned too.
        given
            Values of open inputs, and of the share of crystal.
        also
            Seconds at which values are returned besides.

        Raises
        ------
        pybamm.SolverError
            If the equations cannot be solved on, or the step is over before it begins (`at_its_end`).
        """
        module = pybamm()
        inputs = self._inputs(setting, given)
        old = module.Solution(
            np.array([0.0]), state.vector.reshape(-1, 1).copy(), self.built, inputs, termination="final time"
        )
        # A whole number of intervals may come out a little more, as where a sweep starts from a voltage that the side
        # reactions move at rest: its end is no second record.
        count = max(1, int(np.ceil(seconds / interval - 1e-4)))
        times = np.union1d(np.append(np.arange(count) * interval, seconds), also)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            solved = self.solver.step(
                old, self.built, seconds, t_eval=np.array([0.0, seconds]), t_interp=times, inputs=inputs, save=False
            )
        passed, vectors = np.asarray(solved.t, dtype=float), np.asarray(solved.y, dtype=float)
        return Passed(
            passed,
            self.read(passed, vectors, inputs),
            State(state.time + float(passed[-1]), vectors[:, -1].copy()),
            _words(str(solved.termination)),
        )

    def read(self, times: Array, vectors: Array, inputs: Mapping[str, float]) -> dict[str, Array]:
        """Return the columns at states."""
        import casadi

        if self._read is None:
            symbols = {name: casadi.MX.sym(name) for name in inputs}
            time, vector = casadi.MX.sym("t"), casadi.MX.sym("y", vectors.shape[0])
            rows = [
                casadi.sum1(self.built.get_processed_variable(name).to_casadi(time, vector, inputs=symbols))
                for name, _, _ in self.columns.values()
            ]
            arguments = [time, vector, *symbols.values()]
            self._read = casadi.Function("read", arguments, [casadi.vertcat(*rows)], {"cse": True})
        values = np.asarray(self._read(times.reshape(1, -1), vectors, *(float(inputs[name]) for name in inputs)))
        return {
            column: row * factor + offset
            for (column, (_, factor, offset)), row in zip(self.columns.items(), values, strict=True)
        }

    def impedance(
        self, state: State, frequencies: Sequence[float], given: Mapping[str, float] | None = None
    ) -> NDArray[np.complex128]:
        """Return the impedance in ohm at a state, by linearising the equations there.

        Raises
        ------
        SimulationError
            If the model has no double layers.
        """
        from scipy.sparse import csc_matrix
        from scipy.sparse.linalg import splu

        if not self.spectroscopy:
            raise SimulationError("has no double layers, without which there is no spectrum", file=self.cell.name)
        import casadi

        inputs = self._inputs(Setting(current=0.0), given)
        if self._pencil is None:
            names = list(inputs)
            symbols = {name: casadi.MX.sym(name) for name in names}
            time, vector = casadi.MX.sym("t"), casadi.MX.sym("y", state.vector.size)
            both = casadi.vertcat(
                self.built.concatenated_rhs.to_casadi(time, vector, inputs=symbols),
                self.built.concatenated_algebraic.to_casadi(time, vector, inputs=symbols),
            )
            terminals = casadi.vertcat(
                *(self.built.get_processed_variable(name).to_casadi(time, vector, inputs=symbols)
                  for name in (VOLTAGE, CURRENT))
            )  # fmt: skip
            arguments = [time, vector, *symbols.values()]
            self._pencil = (
                casadi.Function("jacobian", arguments, [casadi.jacobian(both, vector)]),
                casadi.Function("terminals", arguments, [casadi.jacobian(terminals, vector)]),
            )
        numbers = [float(value) for value in inputs.values()]
        jacobian, terminals = (each(0.0, state.vector, *numbers).sparse() for each in self._pencil)
        mass = csc_matrix(self.built.mass_matrix.entries)
        row = next(
            slices[0].start for variable, slices in self.built.y_slices.items() if variable.name == CURRENT_UNKNOWN
        )
        drive = np.zeros(state.vector.size, dtype=complex)
        drive[row] = -1.0
        found = []
        for frequency in frequencies:
            answer = splu((2j * np.pi * frequency * mass - csc_matrix(jacobian)).tocsc()).solve(drive)
            voltage, current = terminals @ answer
            found.append(-voltage / current)
        return np.array(found)

    def _inputs(self, setting: Setting, given: Mapping[str, float] | None) -> dict[str, float]:
        return {**setting.inputs(), CRYSTALLINE: 0.0, TEMPERATURE: REFERENCE, **self.parameters.open, **(given or {})}


def _side(cell: VirtualCell, electrode: Electrode) -> str:
    return "positive" if electrode is cell.positive else "negative"


def _keep_salt(stock: Any) -> None:
    """Let as much salt enter at a lithium electrode as its current brings.

    PyBaMM divides the flux there by 1 over the extrapolated 1/D, and the equation multiplies by the extrapolated
    D: where D depends on the concentration, up to 2e-4 of the salt come and go with the current.
    """
    module = pybamm()
    variables, numbers = stock.variables, stock.param
    salt = variables[SALT]
    temperature = variables[CELL_TEMPERATURE]
    spread = variables[SALT_TRANSPORT] * numbers.D_e(salt, temperature)
    brought = (1 - numbers.t_plus(salt, temperature)) * variables[CURRENT_DENSITY]
    gradient = -module.boundary_value(brought, "left") / numbers.F / module.boundary_value(spread, "left")
    for each in (salt, variables[SALT_UNKNOWN]):
        stock.boundary_conditions[each] = {**stock.boundary_conditions[each], "left": (gradient, "Neumann")}


def _control(variables: Mapping[str, Any]) -> Any:
    """Return the residual of what is controlled; each part is scaled to about one."""
    module = pybamm()
    of = module.InputParameter
    current, voltage = variables[CURRENT], variables[VOLTAGE]
    scale = 1e-3
    return (
        of("by current") * (current - of("set current")) / scale
        + of("by voltage") * (voltage - of("set voltage") - of("set rate") * module.t)
        + of("by power") * (current * voltage - of("set power")) / scale
    )


def _ends(variables: Mapping[str, Any]) -> list[Any]:
    module = pybamm()
    of = module.InputParameter
    current, voltage = variables[CURRENT], variables[VOLTAGE]
    return [
        module.Event("low voltage", voltage - of("low voltage")),
        module.Event("high voltage", of("high voltage") - voltage),
        module.Event("least current", of("current sign") * current - of("least current")),
    ]


def at_its_end(error: Exception) -> bool:
    """Say whether a step failed since what should end it was met before it began."""
    return "non-positive at initial conditions" in str(error)


def _words(termination: str) -> str:
    return "time" if termination == "final time" else termination.removeprefix("event: ")
