"""What is asked, and the virtual cells and protocols that it comes to, before any equation is solved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from byssus import knowledge
from byssus.errors import (
    ByssusError,
    ProtocolError,
    SeveralErrors,
    SimulationError,
    StudyError,
    UsageError,
    did_you_mean,
)
from byssus.protocol.model import resolve
from byssus.protocol.standard import NAMES
from byssus.protocol.steps import Basis, Resolved
from byssus.quantity import convert
from byssus.recipe.design import Design, design
from byssus.report.simulated import Given
from byssus.simulate.inputs import SILICON, VirtualCell, virtual_cell
from byssus.simulate.instrument import INSTRUMENTS, Instrument
from byssus.simulate.model import KINDS, Kind, choose, pybamm
from byssus.simulate.parameters import Parameter, parameters
from byssus.study.study import Study, load
from byssus.workflow import Progress, silent

ALL: Final = "all"


@dataclass(frozen=True)
class Asked:
    """What is asked of a simulation, in words.

    Parameters
    ----------
    tests
        Names of `byssus.protocol.standard.NAMES`, or ``all``.
    samples
        Virtual cells of the study; all if empty.
    model
        SPM, SPMe or DFN, instead of the study's or the chosen one.
    instrument, seed
        Whose sampling, resolution and noise are put on the tables.
    fresh
        Begin anew, also what an earlier run left unfinished.
    all_records
        Keep every record of a long test.
    spread
        Carry tests of silicon out with the potential of each published electrode too.
    binder
        With or without the equations of the binder, whatever the study says.
    """

    tests: tuple[str, ...]
    samples: tuple[str, ...] = ()
    model: Kind | None = None
    instrument: str | None = None
    seed: int = 0
    fresh: bool = False
    all_records: bool = False
    spread: bool = False
    binder: bool | None = None

    def names(self) -> tuple[str, ...]:
        """Return the tests by name.

        Raises
        ------
        UsageError
            If one is none.
        """
        found: list[str] = []
        for test in self.tests:
            if test != ALL and test not in NAMES:
                raise UsageError("is not a test", field="--test", value=test,
                                 fix=f"{did_you_mean(test, NAMES)}; '{ALL}' is all of {', '.join(NAMES)}")  # fmt: skip
            found += NAMES if test == ALL else [test]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Prepared:
    """The virtual cells of a study before any equation is solved."""

    study: Study
    cells: Mapping[str, VirtualCell]
    protocols: Mapping[tuple[str, str], Resolved]
    known: knowledge.Knowledge


def prepare(study: Study, tests: Sequence[str], samples: Sequence[str] = (), binder: bool | None = None) -> Prepared:
    """Make the virtual cells of a study and resolve their tests; nothing is solved.

    Parameters
    ----------
    binder
        With or without the equations of the binder, whatever the study says.

    Raises
    ------
    ByssusError
        If a sample is none of the study's, or one cannot be made of what is said: each of them is named.
    """
    if not study.virtual:
        _raise_faults(study, "virtual")
        raise StudyError("has no virtual cell", file=study.file, field="virtual",
                         fix="name the electrodes to be simulated under virtual (docs/study.md)")  # fmt: skip
    for name in samples:
        if name not in study.virtual:
            _raise_faults(study, f"virtual.{name}")
            raise UsageError("is no virtual cell of the study", field="--sample", value=name,
                             fix=did_you_mean(name, study.virtual))  # fmt: skip
    known = knowledge.load(*knowledge.own_folders(study.folder))
    cells: dict[str, VirtualCell] = {}
    protocols: dict[tuple[str, str], Resolved] = {}
    errors: list[ByssusError] = []
    for name in samples or study.virtual:
        try:
            cells[name] = _cell(study, name, known, binder)
            for test in tests:
                protocols[name, test] = resolved(study, name, test, cells[name], known)
        except (SimulationError, ProtocolError) as error:
            errors.append(_named(study, name, error))
    if errors:
        raise errors[0] if len(errors) == 1 else SeveralErrors(errors)
    return Prepared(study, cells, protocols, known)


def _raise_faults(study: Study, part: str) -> None:
    """Tell why a part of the study was left out, if something is wrong with it."""
    faults = [each for each in study.faults if f"{each.field}.".startswith(f"{part}.")]
    if faults:
        raise faults[0] if len(faults) == 1 else SeveralErrors(faults)


def _named(study: Study, name: str, error: ByssusError) -> ByssusError:
    """Say of which virtual cell an error is."""
    field = f"virtual.{name}" + (f": {error.field}" if error.field else "")
    place = ": ".join(part for part in (error.place,) if part) or None
    return type(error)(error.message, file=study.file.name, place=place, field=field, value=error.value, fix=error.fix)


def _cell(study: Study, name: str, known: knowledge.Knowledge, binder: bool | None) -> VirtualCell:
    asked = study.virtual[name]
    electrode = study.electrodes[asked.electrode]
    window = (asked.window.lower.to("V").value, asked.window.upper.to("V").value)
    opposite = None if asked.against is None else _design(study, asked.against, known)
    return virtual_cell(
        name, _design(study, asked.electrode, known), known, made=electrode.made, window=window, opposite=opposite,
        given={each: value.number for each, value in asked.given.items()}, base=asked.base,
        binder=asked.binder if binder is None else binder,
    )  # fmt: skip


def _design(study: Study, electrode: str, known: knowledge.Knowledge) -> Design:
    recipe = study.recipe(electrode)
    if recipe is None:
        raise SimulationError("has no recipe, of which a virtual cell is made", field=f"electrodes.{electrode}",
                              fix="name one of recipes")  # fmt: skip
    return design(recipe, known, name=electrode)


def resolved(study: Study, name: str, test: str, cell: VirtualCell, known: knowledge.Knowledge) -> Resolved:
    """Return what a test comes to for a virtual cell of a study."""
    basis = Basis(cell.active_mass, cell.electrode.inputs["area"].value, one_c(cell, known), cell.charge)
    return resolve(study.protocol(name, test), basis, cell.configuration)


def one_c(cell: VirtualCell, known: knowledge.Knowledge) -> float:
    """Return the charge in C that a current of 1C empties in an hour: what the cell holds, or of silicon Li15Si4."""
    if cell.opposite is None and [each.material for each in cell.electrode.phases] == [SILICON]:
        # Papers count 1C of silicon by Li15Si4, whatever a powder with its oxide holds.
        whole = known.property(SILICON, "theoretical specific capacity", "Li15Si4")
        return convert(whole.value, whole.unit, "C/kg") * cell.active_mass
    return cell.charge


def explained(path: Path, asked: Asked, progress: Progress = silent) -> dict[str, tuple[Parameter, ...]]:
    """Return every parameter of the virtual cells of a study, each with what it is made of; nothing is solved.

    Raises
    ------
    ByssusError
        If a cell cannot be made.
    """
    prepared = prepare(load(path), asked.names(), asked.samples, asked.binder)
    progress("writing parameters", 0, 0)
    pybamm()
    return {name: parameters(cell).explained for name, cell in prepared.cells.items()}


def explain(cell: VirtualCell) -> Iterator[Given]:
    """Return the numbers that a virtual cell starts from, as people read them."""
    for name, each in cell.numbers.items():
        low, high = (
            None if not -float("inf") < end < float("inf") or each.low == each.high
            else replace(each, value=end, uncertainty=None).quantity.value
            for end in (each.low, each.high)
        )  # fmt: skip
        shown = replace(each, uncertainty=None).quantity
        label = each.label if each.label.lower() == name.lower() else f"{name}: {each.label}"
        yield Given(label, shown.value, shown.unit, low, high, each.source, each.origin)


def instrument_called(name: str | None) -> Instrument | None:
    """Return the instrument of a name; None if none is named.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name is None:
        return None
    if name not in INSTRUMENTS:
        raise UsageError("is no instrument", field="--instrument", value=name, fix=did_you_mean(name, INSTRUMENTS))
    return INSTRUMENTS[name]


def model_for(prepared: Prepared, name: str, current: float, asked: Asked) -> tuple[Kind, str]:
    """Choose the model for a largest current in A."""
    said = prepared.study.virtual[name].model
    wanted = asked.model or (None if said is None else next(kind for kind in KINDS if kind == str(said)))
    cell = prepared.cells[name]
    kind, why = choose(cell, current, wanted)
    if any(each.binder for each in cell.electrodes):
        why += "; with the equations of the binder"
    elif any(each.material == SILICON and each.second is None for each in cell.electrodes):
        why += "; without the equations of the binder, which --binder adds"
    return kind, why


def largest_current(cell: VirtualCell, protocol: Resolved) -> float:
    """Return the largest current of a protocol in A, as far as it is known before."""
    steps = protocol.steps
    currents = [abs(step.value) for step in steps if step.control == "current"]
    currents += [abs(step.value) / cell.window[0] for step in steps if step.control == "power" and cell.window[0] > 0]
    # A sweep passes about its window's charge in the time it takes.
    wide = cell.window[1] - cell.window[0]
    currents += [2 * cell.charge * step.rate / wide for step in steps if step.rate is not None]
    return max(currents)


def formed_cycles(study: Study, name: str, test: str, protocol: Resolved) -> int:
    """Return how many cycles of a test are those of its formation."""
    tests = study.virtual[name].tests
    before = tests.formation.cycles if tests.formed and test not in ("formation", "cv") else 0
    return min(before, max((step.cycle for step in protocol.steps), default=0))


def per_mass(current: Any, basis: Basis, name: str) -> float:
    """Return a current per mass of active material in A/kg."""
    for unit, factor in (("A/kg", 1.0), ("A/m^2", (basis.area or 0.0) / (basis.active_mass or 1.0)),
                         ("A", 1 / (basis.active_mass or 1.0))):  # fmt: skip
        try:
            return float(current.to(unit).value * factor)
        except ByssusError:
            continue
    raise StudyError("is not a current per mass, per area or of the cell", field=f"virtual.{name}.calibrate",
                     value=str(current), fix="give it in A/g")  # fmt: skip
