"""Titrations and interruptions of which the diffusion coefficient is known: own bodies, and virtual silicon cells.

The bodies are solved by finite volumes and the eigenvectors of their matrix, exact in time: no series of
`byssus.physics.diffusion`, and nothing of `byssus.analysis`, is in them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.conventions import CellDirection, Configuration, Made
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.tables import CELL_DIRECTION, PULSE_PART, Table
from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from byssus.protocol.standard import GITT, Interruption
from byssus.protocol.steps import Resolved, Step
from byssus.quantity import Quantity
from byssus.simulate import record
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.instrument import Channel, Instrument, measured_by
from byssus.simulate.model import Kind, Model
from byssus.simulate.run import carry_out
from byssus.source import Source
from byssus.validation.simulation import BARE, paper_cell

Array = NDArray[np.float64]
Shape = Literal["plane", "sphere"]

_THERMAL: Final = GAS_CONSTANT * STANDARD_TEMPERATURE / FARADAY


@dataclass(frozen=True, slots=True)
class Series:
    """Pulses, or a current with pauses, and how often they are recorded; in s.

    Parameters
    ----------
    driven, rest
        How long the current flows, and how long it then rests.
    every, rest_every
        Time between records.
    count
        How many of both.
    moved
        What the current moves the voltage of diffusion and open circuit by, in V: in a pulse after rest, or over all of a
        current with pauses.
    """

    driven: float
    rest: float
    every: float
    rest_every: float
    count: int
    moved: float

    @property
    def paused(self) -> bool:
        """Whether it is a current with short pauses."""
        return self.rest < self.driven


#: As `byssus.protocol.standard` has them by default.  The currents are such that the voltage stays where a straight line may
#: stand for the open circuit.
TITRATION: Final = Series(600.0, 1800.0, 5.0, 30.0, 10, 0.02)
PAUSES: Final = Series(300.0, 10.0, 30.0, 0.5, 40, 0.1)


# --- Bodies of our own -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bodies:
    """Bodies at one potential, each with diffusion of one coefficient, a straight open-circuit voltage and a resistance.

    Parameters
    ----------
    shape
        Of all.
    sizes, volumes
        Radius or thickness of each, over the length that the analysis is told, and its share of all volume.
    reaction
        Resistance of the reaction, as the part of the voltage of a pulse without which particles of unlike sizes would
        share a potential: ρ D over the slope of the voltage and the length [1].
    """

    shape: Shape
    sizes: tuple[float, ...] = (1.0,)
    volumes: tuple[float, ...] = (1.0,)
    reaction: float = 0.1

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.volumes) or not np.isclose(sum(self.volumes), 1.0):
            raise ValueError("every size needs its share of the volume, and the shares a sum of 1")


def spread(width: float, count: int = 9, *, told: Literal["surface", "volume"] = "surface") -> Bodies:
    """Return spheres whose radii spread log-normally by volume.

    Parameters
    ----------
    width
        Standard deviation of the logarithm of the radius.
    count
        How many sizes stand for all, in equal steps of the logarithm between ± 2.5 widths.
    told
        What the analysis is told: the radius that has the surface of all over their volume, as a surface area by
        adsorption gives it, or the middle one by volume.
    """
    if count == 1 or width == 0:
        return Bodies("sphere")
    logs = np.linspace(-2.5, 2.5, count) * width
    volumes = np.exp(-((logs / width) ** 2) / 2)
    volumes /= np.sum(volumes)
    sizes = np.exp(logs)
    length = 1 / float(np.sum(volumes / sizes)) if told == "surface" else 1.0
    return Bodies("sphere", tuple((sizes / length).tolist()), tuple(volumes.tolist()))


@dataclass(frozen=True)
class _Modes:
    """The bodies in their eigenvectors, with the time that diffusion takes over the told length as unit of time."""

    decay: Array
    driven: Array
    #: Surface filling by body, of the modes and of the current itself.
    seen: Array
    through: Array
    #: Potential without the resistances that all share, alike.
    potential: Array
    potential_through: float


@functools.cache
def _modes(bodies: Bodies, shells: int) -> _Modes:
    """Solve bodies for a current of 1 that fills them all by 1 in a unit of time."""
    power = 2 if bodies.shape == "sphere" else 0
    edges = 1 - (1 - np.linspace(0, 1, shells + 1)) ** 2
    centres = (edges[1:] + edges[:-1]) / 2
    count = len(bodies.sizes)
    volume, matrix = np.zeros(count * shells), np.zeros((count * shells, count * shells))
    surfaces = np.array(bodies.volumes) * (power + 1) / np.array(bodies.sizes)
    # From the outermost centre to the surface, and through the reaction.
    resistances = np.array([bodies.reaction + size * (1 - centres[-1]) for size in bodies.sizes])
    weights = surfaces / resistances
    outer = np.arange(1, count + 1) * shells - 1
    for body, (size, share) in enumerate(zip(bodies.sizes, bodies.volumes, strict=True)):
        at = slice(body * shells, (body + 1) * shells)
        volume[at] = share * np.diff(edges ** (power + 1))
        flow = share * (power + 1) * edges[1:-1] ** power / np.diff(centres) / size**2
        inner = np.arange(body * shells, (body + 1) * shells - 1)
        for here, there in ((inner, inner + 1), (inner + 1, inner)):
            matrix[here, there] += flow
            matrix[here, here] -= flow
    # Bodies take from each other by w_k (E - c_k), with E = (I + Σ w c)/Σ w.
    matrix[np.ix_(outer, outer)] += np.outer(weights, weights) / np.sum(weights) - np.diag(weights)
    root = np.sqrt(volume)
    decay, vectors = np.linalg.eigh(matrix / np.outer(root, root))
    source = np.zeros(count * shells)
    source[outer] = weights / np.sum(weights)
    fills = vectors / root[:, None]
    outermost = fills[outer]
    potential = weights @ outermost / np.sum(weights)
    through = 1 / float(np.sum(weights))
    # Flux into each body over its surface, and from it the filling of the surface itself.
    flux = (potential - outermost) / resistances[:, None]
    depth = np.array(bodies.sizes) * (1 - centres[-1])
    return _Modes(
        np.minimum(decay, 0.0), vectors.T @ (source / root), outermost + depth[:, None] * flux, depth * through / resistances,
        potential, through,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filled:
    """How full bodies are at times: by the potential that they share, and at the surface of the first of them."""

    time: Array
    current: Array
    number: NDArray[np.int64]
    resting: NDArray[np.bool_]
    potential: Array
    surface: Array


def fill(bodies: Bodies, constant: float, series: Series, *, shells: int | None = None) -> Filled:
    """Fill bodies by a series of pulses, each by 1 in all, from rest.

    Parameters
    ----------
    constant
        L²/D of the told length, in s.
    """
    shells = shells or (160 if len(bodies.sizes) == 1 else 60)
    modes = _modes(bodies, shells)
    state = np.zeros(modes.decay.size)
    parts: list[tuple[Array, float, int, bool, Array]] = []
    began = 0.0
    steps = [(0, True, 600.0, series.rest_every)]
    for number in range(1, series.count + 1):
        steps += [(number, False, series.driven, series.every), (number, True, series.rest, series.rest_every)]
    # What fills all alike does not decay; so slow it is the same, and no division by zero.
    slow = np.where(modes.decay > -1e-9, -1e-15, modes.decay)
    for number, resting, lasts, every in steps:
        times = np.append(np.arange(every, lasts - every / 2, every), lasts) / constant
        flow = 0.0 if resting else constant / series.driven
        gone = np.exp(slow[:, None] * times)
        states = (
            state[:, None] * gone + (modes.driven * flow)[:, None] * np.expm1(slow[:, None] * times) / slow[:, None]
        )
        parts.append((began + times * constant, flow * series.driven / constant, number, resting, states))
        state, began = states[:, -1], began + lasts
    sizes = [part[0].size for part in parts]
    current = np.repeat([part[1] for part in parts], sizes)
    states = np.concatenate([part[4] for part in parts], axis=1)
    driven = current * constant / series.driven
    return Filled(
        time=np.concatenate([part[0] for part in parts]),
        current=current,
        number=np.repeat([part[2] for part in parts], sizes),
        resting=np.repeat([part[3] for part in parts], sizes),
        potential=modes.potential @ states + modes.potential_through * driven,
        surface=modes.seen[0] @ states + modes.through[0] * driven,
    )


def lead(shape: Shape, ratio: float) -> float:
    """Return how far the surface of our body leads its mean after t D/L² under a constant flux, as `sphere_lead`."""
    filled = fill(Bodies(shape), 1.0, Series(ratio, 1.0, ratio / 100, 1.0, 1, 1.0))
    last = int(np.flatnonzero(~filled.resting)[-1])
    return float(filled.surface[last] - 1) * ratio


@dataclass(frozen=True, slots=True)
class Truth:
    """What a table of our own is made from.

    Parameters
    ----------
    name
        What it is called.
    bodies
        What diffuses.
    step
        Voltage that comes and goes with the current, in V: films, electrolyte, contacts.
    bend
        Change of the slope of the open-circuit voltage over all pulses, as a share of it in the middle.
    exchange
        Pulse current over the exchange current; 0 for a fast reaction.  The exchange current goes with √(c (1 - c)).
    span
        What all pulses add to c, from 0.1 on, where there is an exchange current.
    """

    name: str
    bodies: Bodies
    step: float = 0.01
    bend: float = 0.0
    exchange: float = 0.0
    span: float = 0.3


def slope_of(filled: Filled, series: Series) -> float:
    """Return the slope of the open-circuit voltage over the filling, in V for what one pulse fills.

    By it the current moves the voltage as far as is asked.
    """
    last = series.count if series.paused else 1
    at = int(np.flatnonzero((filled.number == last) & ~filled.resting)[-1])
    return series.moved / float(filled.surface[at])


def voltage_of(truth: Truth, filled: Filled, series: Series) -> Array:
    """Return the voltage of bodies that are filled: open circuit, reaction and resistances."""
    # The surface of one body has the potential of no reaction; several share one that has it.
    share = filled.surface if len(truth.bodies.sizes) == 1 else filled.potential
    about = share / series.count - 0.5
    whole = slope_of(filled, series) * series.count
    voltage = whole * (about + truth.bend / 2 * about**2) + truth.step * filled.current
    if truth.exchange:
        c = np.clip(0.1 + truth.span * share / series.count, 1e-3, 1 - 1e-3)
        voltage = voltage + 2 * _THERMAL * np.arcsinh(truth.exchange * filled.current / (4 * np.sqrt(c * (1 - c))))
    return np.asarray(voltage)


def table(truth: Truth, constant: float, series: Series, radius: float = 1e-6) -> Table:
    """Return the table of a truth, as a virtual cell that is charged would give it."""
    filled = fill(truth.bodies, constant, series)
    way = np.where(filled.resting, str(CellDirection.REST), str(CellDirection.CHARGE)).tolist()
    data = pl.DataFrame(
        {
            "Test Time / s": filled.time,
            "Voltage / V": 0.5 + voltage_of(truth, filled, series),
            "Current / A": 1e-4 * filled.current,
            "Pulse Count / 1": filled.number,
            "Pulse Part": pl.Series(np.where(filled.resting, "rest", "pulse").tolist(), dtype=PULSE_PART),
            "Cell Direction": pl.Series(way, dtype=CELL_DIRECTION),
        }
    )
    known = {"radius": Quantity(radius, "m"), "diffusion coefficient": Quantity(radius**2 / constant, "m^2/s")}
    return Table(data, Metadata(kind="pulses", origin="simulated", truth=known))


# --- Noise -----------------------------------------------------------------------------------------------------------


def noisy(clean: Table, noise: float, seed: int) -> Table:
    """Return a table with white noise of that root mean square in V on its voltage."""
    source = Source("a choice of this validation")
    return measured_by(clean, Instrument("validation", None, (source,), voltage=Channel(noise=noise)), seed)


def resolvable(bodies: Bodies, constant: float, series: Series, noise: float) -> float:
    """Return by which factor the 95 % interval of L²/D spans at best, from one pulse with its rest or from one pause.

    By the bound of Cramér and Rao: of all unbiased estimates from these records with that white noise none is closer.
    Open are, beside the time constant, size, step, start and a drift; of a pause the start, and the size as far as the
    voltage under current does not tell it.
    """
    from byssus.analysis.pulses.roots import BEGIN

    chosen = series.count // 2
    up, here, down = (fill(bodies, constant * factor, series) for factor in (1.01, 1.0, 1 / 1.01))
    inside = here.number == chosen
    size = slope_of(here, series)
    moved = size * (up.surface - down.surface) / (2 * np.log(1.01))
    if series.paused:
        # All pauses up to this one, and the ends of the currents between: one slope, one step, one start.
        inside = (here.number > 0) & (here.number <= chosen)
    since = here.time - np.maximum.accumulate(np.where(np.diff(here.resting, prepend=True), here.time, 0.0))
    inside &= since >= BEGIN
    inside |= (here.number == chosen - 1) & here.resting & (here.number > 0)
    design = np.column_stack([np.ones(moved.size), here.time, here.current, here.surface])[inside]
    basis = np.linalg.qr(design / np.linalg.norm(design, axis=0))[0]
    left = moved[inside] - basis @ (basis.T @ moved[inside])
    information = float(left @ left) / noise**2
    return float(np.exp(min(2 * 1.96 / np.sqrt(information), 50.0))) if information > 0 else np.inf


# --- Virtual cells ---------------------------------------------------------------------------------------------------

#: How long silicon rests before the pulses begin, in s.
_RESTED: Final = 18000.0


def virtual(
    cell: VirtualCell, kind: Kind, *, interrupted: bool, begun: float, ended: float, refined: float = 1
) -> Table:
    """Return the table of a titration or of a current with pauses on a virtual cell of silicon: down, and back up.

    Currents, times and records are those of the standard tests.

    Parameters
    ----------
    begun, ended
        How full silicon is when the pulses begin, and where they turn back.
    """
    asked: Any = Interruption() if interrupted else GITT()
    model = Model(cell, kind, refined=refined)
    whole = model.capacity
    current = asked.current.to("1/h").value * whole / 3600
    driven, rest = (asked.every, asked.pause) if interrupted else (asked.pulse, asked.rest)
    lithiate, back = CellDirection.DISCHARGE, CellDirection.CHARGE
    count = round((ended - begun) * whole / (current * driven.to("s").value))
    steps = [
        Step("current", lithiate, -current, until_charge=begun * whole),
        Step("rest", CellDirection.REST, duration=_RESTED),
    ]
    for number in range(1, 2 * count + 1):
        way, sign = (lithiate, -1) if number <= count else (back, 1)
        steps += [
            Step("current", way, sign * current, duration=driven.to("s").value, interval=asked.record_every.to("s").value,
                 pulse=number, part="pulse"),
            Step("rest", way, duration=rest.to("s").value, interval=asked.record_rest_every.to("s").value, pulse=number,
                 part="rest"),
        ]  # fmt: skip
    protocol = Resolved("ici" if interrupted else "gitt", "pulses", tuple(steps), STANDARD_TEMPERATURE)
    sample = Sample(name=cell.name, configuration=Configuration.HALF, made=Made.EMPTY,
                    active_mass=Quantity(cell.active_mass * 1e6, "mg"))  # fmt: skip
    return record.table(model, protocol, list(carry_out(model, protocol)), sample=sample)


#: D of silicon in m²/s: three decades, by which R²/D of 150 nm is from 22500 to 22.5 s.
DIFFUSIONS: Final = (1e-18, 1e-17, 1e-16, 1e-15)
_RADIUS: Final = 150e-9


class Cell(NamedTuple):
    """A virtual cell of silicon: what it is called, its model, D and radius in SI, and what else it is given."""

    name: str
    kind: Kind
    diffusion: float
    given: tuple[tuple[str, Quantity], ...] = ()
    radius: float = _RADIUS
    #: Between which fillings it is titrated.
    span: tuple[float, float] = (0.4, 0.6)

    @property
    def constant(self) -> float:
        """R²/D in s."""
        return self.radius**2 / self.diffusion

    def table(self, *, interrupted: bool) -> Table:
        """Titrate it, or interrupt its current."""
        cell = paper_cell(
            **BARE, radius=Quantity(self.radius, "m"), diffusion_coefficient=Quantity(self.diffusion, "m^2/s"),
            **{name.replace(" ", "_"): value for name, value in self.given},
        )  # fmt: skip
        begun, ended = self.span
        refined = 4 if self.kind == "SPM" else 1
        return virtual(cell, self.kind, interrupted=interrupted, begun=begun, ended=ended, refined=refined)


_AMORPHOUS: Final = (("SEI rate constant", Quantity(0, "m/s")), ("crystalline share", Quantity(0, "1")))
_STILL: Final = (*_AMORPHOUS, ("hysteresis rate", Quantity(0, "1")))
_WHOLE: Final = (0.05, 0.95)
NO_HYSTERESIS, HYSTERESIS, DFN = "SPM, no hysteresis", "SPMe, hysteresis, whole range", "DFN, hysteresis"


def cells() -> Iterator[Cell]:
    """Yield the virtual cells: three decades of D, then radius, exchange current and resistances one by one."""
    for diffusion in DIFFUSIONS:
        yield Cell(NO_HYSTERESIS, "SPM", diffusion, _STILL)
    for diffusion in DIFFUSIONS:
        yield Cell(HYSTERESIS, "SPMe", diffusion, _AMORPHOUS, span=_WHOLE)
    for diffusion in DIFFUSIONS[:3]:
        yield Cell(DFN, "DFN", diffusion, _AMORPHOUS)
    middle = DIFFUSIONS[1]
    yield Cell("SPM, no hysteresis, radius 15 nm", "SPM", middle, _STILL, 15e-9)
    yield Cell("SPM, no hysteresis, radius 1 µm", "SPM", middle, _STILL, 1e-6)
    slow = ("exchange current density", Quantity(1e-3, "A/m^2"))
    yield Cell("SPM, no hysteresis, i0 of a hundredth", "SPM", middle, (*_STILL, slow))
    film = ("contact resistance", Quantity(5e-2, "ohm*m^2"))
    yield Cell("SPM, no hysteresis, 500 ohm cm² of contact and film", "SPM", middle, (*_STILL, film))
    yield Cell("SPMe, hysteresis, SEI that grows", "SPMe", middle, _AMORPHOUS[1:])
    yield Cell("SPMe, hysteresis, first lithiation of crystalline silicon", "SPMe", middle, _AMORPHOUS[:1])
