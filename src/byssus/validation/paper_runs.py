"""Cycling of the virtual cells of the study ``binders``, for the page of the paper: many cycles, few numbers of each.

A run here has the steps of the study's own test (`byssus.simulate.run`), but keeps of each cycle only its capacity and
the state that it ends in: what is judged are capacities after hundreds of cycles.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

from byssus.errors import SimulationError
from byssus.files import write_whole
from byssus.measured.tables import TRUTH
from byssus.simulate.inputs import SILICON, VirtualCell, virtual_cell
from byssus.simulate.model import Kind, Model, Setting, at_its_end, pybamm
from byssus.simulate.parameters import CRYSTALLINE
from byssus.study.study import Study, load

#: Where runs that are finished are kept, from the folder that the page is made in.
STORE: Final = Path(".byssus") / "validation-paper"
#: A run ends once so much of the first cycle's capacity is left: what follows adds nothing.
LEFT: Final = 0.05
#: Inputs that may differ from run to run of one model; for any other one a model is built.
OPEN: Final = (
    "exchange current density", "diffusion coefficient", "lithium film resistance", "debonding coefficient",
    "debonding exponent", "binder modulus", "adhesion", "irreversible share", "irreversible limit", "SEI in pores",
)  # fmt: skip
#: States that are kept, by what this page calls them.
STATES: Final = {
    "thickness": "Thickness Ratio / 1",
    "porosity": "Porosity / 1",
    "share in contact": "Active Share / 1",
    "electrolyte outside": "Electrolyte outside Pores / uL",
    "SEI": "SEI Thickness / nm",
}
#: Points at which a step's values are taken; only its last is kept.
_POINTS: Final = 10


@dataclass(frozen=True)
class Run:
    """A cell of the study, cycled between the ends of its window.

    Parameters
    ----------
    sample, kind
        Which virtual cell, with which model.
    current, cycles
        In A/kg of its active material, after the formation.
    formation, formed
        Current and cycles of the formation.
    given
        Inputs that are not those of the study, by name, in SI.
    """

    sample: str
    kind: Kind
    current: float
    cycles: int
    formation: float
    formed: int
    given: tuple[tuple[str, float], ...] = ()

    def key(self) -> str:
        """Return a hash of all that the numbers follow from."""
        inputs = {name: each.value for name, each in cell_of(self.sample).numbers.items()}
        said = {"run": asdict(self), "inputs": inputs, "equations": _equations()}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Course:
    """How a run went: by cycle after the formation the capacity in mAh/g, and the states at its end.

    The capacity is that of lithiation of a half cell and of discharge of a full one.  `stopped` says why there are fewer
    cycles than were asked for.
    """

    capacity: tuple[float, ...]
    states: Mapping[str, tuple[float, ...]]
    stopped: str
    seconds: float

    def at(self, cycle: int) -> float | None:
        """Return the capacity of a cycle, or None if the run ended before it."""
        return self.capacity[cycle - 1] if cycle <= len(self.capacity) else None

    def retention(self, cycle: int) -> float | None:
        """Return the capacity of a cycle over that of the first, or None if the run ended before it."""
        last = self.at(cycle)
        return None if last is None else last / self.capacity[0]

    def state(self, name: str, cycle: int) -> float | None:
        """Return a state at the end of a cycle, or None if the run ended before it."""
        values = self.states.get(name, ())
        return values[cycle - 1] if cycle <= len(values) else None


@functools.cache
def study() -> Study:
    """Return the shipped study of the binders."""
    with resources.as_file(resources.files("byssus") / "examples" / "binders" / "study.yaml") as file:
        return load(file)


@functools.cache
def cell_of(sample: str) -> VirtualCell:
    """Return a virtual cell of the study, with the equations of the binder."""
    from byssus import knowledge
    from byssus.recipe.design import design

    asked, known = study().virtual[sample], knowledge.load()
    window = (asked.window.lower.to("V").value, asked.window.upper.to("V").value)

    def designed(electrode: str) -> Any:
        recipe = study().recipe(electrode)
        assert recipe is not None  # noqa: S101 - each of them has one
        return design(recipe, known, name=electrode)

    return virtual_cell(
        sample, designed(asked.electrode), known, made=study().electrodes[asked.electrode].made, window=window,
        opposite=None if asked.against is None else designed(asked.against), binder=True,
        given={name: each.number for name, each in asked.given.items()},
    )  # fmt: skip


def name_in(cell: VirtualCell, name: str) -> str:
    """Return the name that an input of silicon or of the cell has in a cell: that of a full one is the other electrode."""
    return name if name in cell.numbers else f"opposite.{name}"


@functools.cache
def _model(sample: str, kind: Kind, fixed: tuple[tuple[str, float], ...]) -> Model:
    cell = cell_of(sample)
    cell = cell.with_inputs({name: replace(cell.numbers[name], value=value) for name, value in fixed})
    names = (name_in(cell, name) for name in OPEN)
    return Model(cell, kind, free=frozenset(name for name in names if name in cell.numbers))


def cycled(run: Run) -> Course:
    """Carry a run out."""
    began = time.monotonic()
    cell = cell_of(run.sample)
    # What another kind of cell has no number of, as a full cell has none of lithium, is not its own.
    own = {name_in(cell, name): value for name, value in run.given if name_in(cell, name) in cell.numbers}
    left_open = {name_in(cell, name) for name in OPEN}
    model = _model(run.sample, run.kind, tuple(sorted((each, own[each]) for each in own.keys() - left_open)))
    silicon = next(each for each in cell.electrodes if each.material == SILICON)
    given = {name: own.get(name, each.value) for name, each in cell.numbers.items() if name in left_open}
    half = cell.opposite is None
    low, high = cell.window
    state, capacities = model.start(given), []
    states: dict[str, list[float]] = {name: [] for name in STATES}
    stopped, whole = "", 0
    for number in range(run.formed + run.cycles):
        amperes = (run.formation if number < run.formed else run.current) * cell.active_mass
        discharge, charge = Setting(current=amperes, low=low), Setting(current=-amperes, high=high)
        for place, setting in enumerate((discharge, charge) if half else (charge, discharge)):
            # Silicon is crystalline until it has once been filled.
            given[CRYSTALLINE] = silicon.inputs["crystalline share"].value if (number, place) == (0, 0) else 0.0
            longest = 1.5 * model.capacity / amperes
            try:
                passed = model.step(state, longest, setting, longest / _POINTS, given)
            except pybamm().SolverError as error:
                stopped = ("the current leads beyond the window at once" if at_its_end(error)
                           else f"the equations have no solution on: {str(error).splitlines()[0]}")  # fmt: skip
                break
            if passed.ended == "time":
                stopped = "a step does not come to its end"
                break
            state = passed.state
            if setting is discharge and number >= run.formed:
                capacities.append(amperes * float(passed.seconds[-1]) / cell.active_mass / 3600)
        if stopped:
            break
        if number >= run.formed:
            # A half of a cycle is none.
            whole = len(capacities)
            for name, column in STATES.items():
                # That of the other electrode of a full cell says so.
                column_in = next(
                    each for each in (f"{TRUTH}{column}", f"{TRUTH}Opposite {column}") if each in passed.columns
                )
                states[name].append(float(passed.columns[column_in][-1]))
            if capacities[-1] < LEFT * capacities[0]:
                stopped = f"less than {LEFT:.0%} of its capacity is left"
                break
    return Course(tuple(capacities[:whole]), {name: tuple(each) for name, each in states.items()}, stopped,
                  time.monotonic() - began)  # fmt: skip


def carried(runs: Iterable[Run], told: Callable[[str], None] = lambda _words: None) -> dict[Run, Course]:
    """Carry several runs out, as many at once as there are processors; what was finished before is read again."""
    runs = list(dict.fromkeys(runs))
    found = {run: course for run in runs if (course := _kept(run)) is not None}
    left = [run for run in runs if run not in found]
    if not left:
        return found
    workers = min(len(left), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(cycled, run): run for run in left}
        for done in as_completed(waiting):
            run, course = waiting[done], done.result()
            found[run] = course
            write_whole(STORE / f"{run.key()}.json", json.dumps(asdict(course)))
            last = f"{course.capacity[-1]:.0f} mAh/g" if course.capacity else "nothing"
            told(f"{run.sample}, {run.kind}, {run.current / 1e3:g} A/g, {len(course.capacity)} of {run.cycles} cycles: {last} "
                 f"after {course.seconds:.0f} s {course.stopped}".rstrip())  # fmt: skip
    return found


def _kept(run: Run) -> Course | None:
    place = STORE / f"{run.key()}.json"
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        states = {name: tuple(values) for name, values in said["states"].items()}
        return Course(tuple(said["capacity"]), states, said["stopped"], said["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@functools.cache
def _equations() -> str:
    """Return a hash of the modules that the numbers follow from."""
    package = resources.files("byssus")
    digest = hashlib.sha256()
    for room in ("physics", "simulate"):
        with resources.as_file(package / room) as folder:
            for file in sorted(folder.rglob("*.py")):
                digest.update(file.read_bytes())
    return digest.hexdigest()


def coefficient(
    wanted: float, at: Callable[[float], float | None], start: tuple[float, float], most: int = 6, near: float = 5e-4
) -> tuple[float, list[tuple[float, float | None]]]:
    """Find the logarithm at which a retention that falls with it has a value, by secants of its own logarithm.

    Parameters
    ----------
    wanted
        The retention, between 0 and 1.
    at
        The retention at a logarithm to base 10 of the coefficient; None if the run ended early, as if nothing were left.
    start
        Two logarithms that the search begins with.
    near
        A retention so near is found.

    Raises
    ------
    SimulationError
        If two points leave no direction to search in.

    Examples
    --------
    >>> found, tried = coefficient(0.5, lambda log: 2 ** -(10**log), (-1.0, 0.5))
    >>> round(10**found, 2)
    1.0
    """

    def loss(log: float) -> float:
        retention = at(log)
        tried.append((log, retention))
        # Of what ended early no more is known than that this or less is left.
        return math.log(-math.log(min(max(retention or LEFT, 1e-9), 1 - 1e-9)))

    tried: list[tuple[float, float | None]] = []
    goal = math.log(-math.log(wanted))
    points = [(log, loss(log)) for log in start]
    while len(tried) < most and all(abs((each or 0.0) - wanted) > near for _, each in tried):
        (x0, y0), (x1, y1) = sorted(points, key=lambda point: abs(point[1] - goal))[:2]
        if y0 == y1:
            raise SimulationError(
                "does not change the fade, so that it cannot be fitted to one", field="debonding coefficient"
            )
        step = (goal - y0) * (x1 - x0) / (y1 - y0)
        log = x0 + max(-2.0, min(2.0, step))
        points.append((log, loss(log)))
    return min(tried, key=lambda each: abs((each[1] or 0.0) - wanted))[0], tried
