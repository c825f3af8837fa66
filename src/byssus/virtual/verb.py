"""The verb that simulates: virtual cells of a study through the tests that are asked for, to tables and a report.

What is simulated becomes a study of measured tables: the analyses, the figures and the report of real data take
it from there, and know from the tables alone that it was simulated.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from byssus.analysis.cycling.cell import Cell
from byssus.analysis.examined import Examined
from byssus.conventions import CapacityBasis, Configuration
from byssus.errors import SeveralErrors
from byssus.files import check_replaceable
from byssus.findings import Finding
from byssus.measured.metadata import Sample
from byssus.measured.tables import TRUTH, Table
from byssus.project.store import STORE_FOLDER, Store
from byssus.protocol.steps import Basis
from byssus.quantity import Quantity
from byssus.report.losses import METHOD as LOSSES
from byssus.report.simulated import Beside, Simulated, Simulation, Spread
from byssus.simulate.calibration import Calibration
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.instrument import Instrument
from byssus.simulate.job import Job, Outcome
from byssus.study.model import Cell as StudyCell
from byssus.study.model import Reference
from byssus.study.study import Study, load
from byssus.virtual.examined import examined
from byssus.virtual.fitted import calibrated, calibration_as_dict, lost, told, unsolved
from byssus.virtual.limits import limits_passed
from byssus.virtual.losses import files_of, losses_of, results_of
from byssus.virtual.prepare import (
    Asked,
    Prepared,
    explain,
    formed_cycles,
    instrument_called,
    largest_current,
    model_for,
    per_mass,
    prepare,
    resolved,
)
from byssus.virtual.spread import spread
from byssus.virtual.summaries import cycle_summary, names_apart, rate_summary, summary
from byssus.virtual.work import carried
from byssus.workflow import Progress, Run, Virtual, carry_out, silent

#: Results stand beside those of measurements, and replace only their like.
SIMULATED_FOLDER: Final = "simulated"
#: What was solved, for the methods of a report.
_METHOD: Final = (
    "Virtual cells",
    "The tables were simulated and not measured. The single-particle model with electrolyte (doi:10.1149/2.0341915jes) or "
    "the Doyle-Fuller-Newman model (doi:10.1149/1.2221597), as said for each test, were solved with PyBaMM "
    "(doi:10.5334/jors.309). Silicon has two branches of potential, fitted to published electrodes "
    "(doi:10.1016/j.jpowsour.2025.236290), with one state between them (doi:10.1016/j.est.2022.103985), and an SEI limited by "
    "reaction and diffusion (doi:10.1016/j.jpowsour.2017.05.110). Every number that a cell started from, with its source or "
    "range, stands under Simulation.",
)
#: Checkpoints that a study keeps.
_KEPT: Final = 60


@dataclass(frozen=True)
class VirtualRun:
    """A simulation with its analysis."""

    run: Run
    outcomes: tuple[Outcome, ...]
    calibrations: Mapping[str, Calibration]
    #: What numbers come to with the potential of each published electrode, where it was asked for.
    spread: tuple[Spread, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON answers."""
        answer = self.run.as_dict()
        return answer | {"schema": "byssus.simulate/1", "samples": self.samples()}

    def as_json(self) -> str:
        """Return it as it stands in ``simulated.json``."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False, allow_nan=False)

    @property
    def beside(self) -> tuple[Beside, ...]:
        """What is printed beside what was simulated."""
        return () if self.run.virtual is None else self.run.virtual.tell(self.run.cells).beside

    def samples(self) -> dict[str, dict[str, Any]]:
        """Return by sample and test what was run, and its summary."""
        found: dict[str, dict[str, Any]] = {}
        for each in self.outcomes:
            found.setdefault(each.sample, {})[each.test] = {
                "model": each.kind, "reason": each.reason, "steps": each.steps, "of_steps": each.asked,
                "records": each.table.rows, "seconds": each.seconds, "resumed_steps": each.resumed,
                "stopped": each.stopped, "kind": each.table.metadata.kind,
                "summary": summary(self.run.cells, each),
            }  # fmt: skip
        for sample, losses in losses_of(self.outcomes).items():
            found[sample]["cycling"]["losses"] = losses.as_dict()
        for sample, calibration in self.calibrations.items():
            found.setdefault(sample, {})["calibration"] = calibration_as_dict(calibration)
        return found


def simulate_study(
    path: Path, asked: Asked, *, out: Path | None = None, kept: Path | None = None, progress: Progress = silent
) -> VirtualRun:
    """Simulate virtual cells of a study, and write tables, figures and report, whole or not at all.

    What is finished is kept while it runs: a run that was stopped goes on where it was.

    Parameters
    ----------
    out
        Folder for the results; by default ``simulated`` in the study's.
    kept
        Folder in which what is finished is kept; by default ``.byssus`` in the study's.

    Raises
    ------
    ByssusError
        If a cell cannot be made, no test can be carried out at all, or the results cannot be written.
    """
    study = load(path)
    tests = asked.names()
    instrument = instrument_called(asked.instrument)
    folder = out if out is not None else study.folder / SIMULATED_FOLDER
    check_replaceable(folder)
    prepared = prepare(study, tests, asked.samples, asked.binder)
    store = (kept or study.folder / STORE_FOLDER) / study.file.name / SIMULATED_FOLDER
    progress("starting the solver", 0, 0)
    calibrations = {
        name: found
        for name in prepared.cells
        if (found := calibrated(prepared, name, asked, store, progress)) is not None
    }
    jobs = list(_jobs(prepared, calibrations, asked, instrument))
    outcomes, errors = carried(jobs, store, fresh=asked.fresh, progress=progress)
    if not outcomes:
        raise errors[0] if len(errors) == 1 else SeveralErrors(errors)
    spreads, failed = (
        spread(jobs, outcomes, store / "spread", fresh=asked.fresh, progress=progress) if asked.spread else ((), [])
    )
    losses = tuple(losses_of(outcomes).values())
    simulation = replace(_told(prepared, outcomes, calibrations), spread=spreads, losses=losses)
    groups = _groups(study, dict.fromkeys(each.sample for each in outcomes))
    named = tuple(_named_apart(outcomes, groups))
    tables = tuple(table for table in named if table.metadata.kind != "cycling")
    cells = {
        table.metadata.sample.name or "": _fitted(prepared, calibrations, each.sample)
        for each, table in zip(outcomes, named, strict=True)
    }
    analysed, lacking = examined(tables, cells)
    made = _as_study(study, outcomes, groups, store, tests)
    virtual = Virtual(
        study=study,
        tables=tables,
        examined=analysed,
        # What is printed stands beside what the analysis makes of the tables.
        tell=lambda cells: replace(simulation, beside=tuple(_beside(study, cells, outcomes))),
        findings=(*_ended(tables, analysed), *limits_passed(named, cells), *lacking, *(finding for each in analysed for finding in each.findings),
                  *(finding for name, each in calibrations.items() for finding in (*lost(name, each), *unsolved(name, each)))),
        methods=(_METHOD, LOSSES) if losses else (_METHOD,),
        files=lambda run: {"simulated.json": VirtualRun(run, outcomes, calibrations, spreads).as_json(),
                           **files_of(losses, made.file_names())},
        results=results_of(losses, {name: made.electrodes[each.electrode].binder for name, each in made.cells.items()}),
    )  # fmt: skip
    run = carry_out(made, folder, Store(store / "analysed"), progress, virtual=virtual, lacks=[*errors, *failed])
    for folder_of in (store, store / "spread"):
        _tidy(folder_of)
    return VirtualRun(run, outcomes, calibrations, spreads)


def _jobs(
    prepared: Prepared, calibrations: Mapping[str, Calibration], asked: Asked, instrument: Instrument | None
) -> Iterator[Job]:
    for (name, test), protocol in prepared.protocols.items():
        cell = _fitted(prepared, calibrations, name)
        if name in calibrations:
            protocol = resolved(prepared.study, name, test, cell, prepared.known)
        kind, reason = model_for(prepared, name, largest_current(cell, protocol), asked)
        about = _weighed(prepared.study.sample(name), cell)
        yield Job(name, test, cell, replace(protocol, name=test), kind, reason, about, instrument, asked.seed,
                  asked.all_records, formed_cycles(prepared.study, name, test, protocol))  # fmt: skip


def _weighed(sample: Sample, cell: VirtualCell) -> Sample:
    """Return a sample with mass and area of what is simulated, where the study's masses say another, or none."""
    mass, area = cell.active_mass, cell.electrode.inputs["area"].value
    changed: dict[str, Any] = {}
    if not _same_mass(sample, Quantity(mass, "kg")):
        changed = {"active_mass": Quantity(mass * 1e6, "mg"), "shared_uncertainty": {}, "arithmetic": ()}
        if sample.active_mass is not None and sample.coating_mass is not None:
            share = sample.active_mass.to("kg").value / sample.coating_mass.to("kg").value
            changed["coating_mass"] = Quantity(mass / share * 1e6, "mg")
    if sample.electrode_area is None or not math.isclose(sample.electrode_area.to("m^2").value, area, rel_tol=1e-6):
        changed["electrode_area"] = Quantity(area * 1e4, "cm^2")
    return sample.model_copy(update=changed)


def _same_mass(sample: Sample, mass: Quantity) -> bool:
    known = sample.active_mass
    return known is not None and math.isclose(known.to("kg").value, mass.to("kg").value, rel_tol=1e-6)


def _groups(study: Study, samples: Iterable[str]) -> dict[str, str]:
    """Return what each virtual cell stands for: its binder, where it is the only half cell of it, else itself.

    Virtual cells of one binder differ in what they were given (loading, electrolyte, active material), and not by
    chance as cells of one coating do: a mean of them would be of nothing.  Nor has a full cell one binder.
    """
    binders = {name: study.electrodes[study.virtual[name].electrode].binder for name in samples}
    half = [name for name in binders if study.virtual[name].configuration is Configuration.HALF]
    count = Counter(binders[name] for name in half)
    groups = {}
    for name, binder in binders.items():
        alone = name in half and count[binder] == 1
        # A cell may be called as another one's binder is.
        own = f"{name} ({binder})" if name in study.binders and name != binder else name
        groups[name] = binder if alone else own
    return groups


def _as_study(
    study: Study, outcomes: Sequence[Outcome], groups: Mapping[str, str], store: Path, tests: Sequence[str]
) -> Study:
    """Return the study of the simulated cycling tables: one cell for each, in the words of the study.

    Where several kinds of cycling were simulated, each says which: a formation is no second cell of a rate test.
    """
    called = list(zip(outcomes, names_apart(outcomes), strict=True))
    cycled = [pair for pair in called if pair[0].table.metadata.kind == "cycling"]
    cells: dict[str, StudyCell] = {}
    binders, electrodes = {}, {}
    names = study.file_names()
    # The electrode keeps its name in the first cell of it.
    first: dict[str, str] = {}
    for name in groups:
        first.setdefault(study.virtual[name].electrode, name)
        electrode = study.electrodes[study.virtual[name].electrode]
        note = study.virtual[name].note if groups[name] != electrode.binder else None
        binders[groups[name]] = study.binders[electrode.binder].model_copy(update={"note": note} if note else {})
    for each, name in cycled or called:
        virtual, group, sample = study.virtual[each.sample], groups[each.sample], each.table.metadata.sample
        electrode = study.electrodes[virtual.electrode]
        coating = (
            virtual.electrode if first[virtual.electrode] == each.sample else f"{virtual.electrode}, {each.sample}"
        )
        changed: dict[str, Any] = {"binder": group}
        if (said := study.sample(each.sample).active_mass) is not None and not _same_mass(sample, said):
            # It was simulated with another loading than that of the recipe, which has no say any more.
            changed |= {"recipe": None, "active_loading": None, "coating_loading": None}
        electrodes[coating] = electrode.model_copy(update=changed)
        if not cycled:
            continue
        place = store / "tables" / f"{names[each.sample]}-{each.test}.parquet"
        each.table.write_parquet(place)
        cells[name] = StudyCell(
            electrode=coating, configuration=virtual.configuration, files=(str(place.resolve()),),
            test=each.test if name != each.sample else None, active_mass=sample.active_mass,
            coating_mass=sample.coating_mass if "recipe" in changed else None, electrode_area=sample.electrode_area,
        )  # fmt: skip
    title = f"{study.title}: simulated {', '.join(tests)}"
    used = {each.recipe for each in electrodes.values()}
    recipes = {name: each for name, each in study.recipes.items() if name in used}
    files = {name: each for name, each in study.recipe_files.items() if name in used}
    return replace(
        study, title=title, binders=binders, electrodes=electrodes, recipes=recipes, recipe_files=files, cells=cells,
        virtual={}, excluded={}, references=tuple(_comparable(study, {each.test for each, _ in cycled}, groups)), data=Path("/"),
    )  # fmt: skip


def _comparable(study: Study, kinds: set[str], groups: Mapping[str, str]) -> Iterator[Reference]:
    """Return the printed values that have their place in the figures: those of a cycle, where only cycling is simulated."""
    if kinds != {"cycling"}:
        return
    simulated = {study.electrodes[study.virtual[name].electrode].binder for name in groups}
    for each in study.references:
        if each.cycle is None or each.binder not in simulated:
            continue
        # Of a binder that several cells stand for it stands by itself, as that of another paper would.
        apart = {} if each.binder in groups.values() else {"binder": None, "label": each.label or each.binder}
        yield each.model_copy(update=apart)


def _told(prepared: Prepared, outcomes: Sequence[Outcome], calibrations: Mapping[str, Calibration]) -> Simulation:
    runs = tuple(
        Simulated(
            each.sample, each.test, each.kind, each.reason, each.steps, each.table.rows, each.seconds,
            each.stopped or "as asked", each.stopped is None,
            tuple(name for name in each.table.data.columns if name.startswith(TRUTH)),
        )
        for each in outcomes
    )  # fmt: skip
    names = dict.fromkeys(each.sample for each in outcomes)
    given = {name: tuple(explain(_fitted(prepared, calibrations, name))) for name in names}
    return Simulation(
        runs, given, tables=tuple(f"{each.sample}, {each.test}" for each in outcomes),
        fitted=tuple(told(name, each) for name, each in calibrations.items()),
    )  # fmt: skip


def _named_apart(outcomes: Sequence[Outcome], groups: Mapping[str, str]) -> Iterator[Table]:
    """Return the tables under their names, of what they stand for."""
    for each, name in zip(outcomes, names_apart(outcomes), strict=True):
        metadata = each.table.metadata
        sample = metadata.sample.model_copy(update={"name": name, "binder": groups[each.sample]})
        yield replace(each.table, metadata=metadata.model_copy(update={"sample": sample}))


def _fitted(prepared: Prepared, calibrations: Mapping[str, Calibration], name: str) -> VirtualCell:
    """Return a virtual cell as it is simulated, with what was fitted of it."""
    cell = prepared.cells[name]
    return cell.with_inputs(calibrations[name].fitted) if name in calibrations else cell


def _ended(tables: Sequence[Table], analysed: Sequence[Examined]) -> Iterator[Finding]:
    """Return what looked wrong with tables that nothing was found of."""
    told = {each.sample for each in analysed}
    for table in tables:
        if table.metadata.sample.name not in told:
            for finding in table.findings:
                yield replace(finding, sample=table.metadata.sample.name)


def _beside(study: Study, cells: Sequence[Cell], outcomes: Sequence[Outcome]) -> Iterator[Beside]:
    """Return what the study's references print beside what the tables give."""
    for each in outcomes:
        if each.test == "rate":
            yield from _rates_beside(study, cells, each)
        elif each.test == "formation":
            yield from _efficiency_beside(study, cells, each)


def _rates_beside(study: Study, cells: Sequence[Cell], outcome: Outcome) -> Iterator[Beside]:
    plateaus = rate_summary(cells, outcome)
    seen: list[tuple[float, float]] = []
    for reference in study.reported(outcome.sample, "lithiation capacity"):
        if reference.current is None or reference.basis is not CapacityBasis.ACTIVE_MATERIAL:
            continue
        printed = reference.value.to("mAh/g").value
        current = per_mass(reference.current, _basis_of(outcome), outcome.sample) / 1e3
        # A value that is printed twice, rounded, is said once; another one at the same current is the way back.
        again = [value for one, value in seen if abs(one - current) < 1e-9 * current]
        if any(abs(value - printed) < 1 for value in again):
            continue
        matching = [one for one in plateaus if abs(one["current_A_per_g"] / current - 1) < 1e-3]
        value = matching[min(len(again), len(matching) - 1)]["capacity_mAh_per_g"] if matching else None
        seen.append((current, printed))
        yield Beside(f"{reference.quantity} at {reference.current}" + (", again" if again else ""), printed, value, "mAh/g",
                     reference.note or "", outcome.sample, reference.label or "")  # fmt: skip


def _efficiency_beside(study: Study, cells: Sequence[Cell], outcome: Outcome) -> Iterator[Beside]:
    binder = study.electrodes[study.virtual[outcome.sample].electrode].binder
    summary = cycle_summary(cells, outcome)["cycles"]
    for one in study.references:
        if one.quantity == "first-cycle coulombic efficiency" and one.binder == binder and summary:
            yield Beside(one.quantity, one.value.to("%").value, summary[0]["efficiency_percent"], "%",
                         "simulated at the current of the formation", outcome.sample, one.label or "")  # fmt: skip


def _basis_of(outcome: Outcome) -> Basis:
    sample = outcome.table.metadata.sample
    mass, area = sample.active_mass, sample.electrode_area
    return Basis(None if mass is None else mass.to("kg").value, None if area is None else area.to("m^2").value)


def _tidy(store: Path) -> None:
    """Remove what was used longest ago, beyond `_KEPT`."""
    kept = sorted([*store.glob("*.npz"), *store.glob("*.json")], key=lambda file: file.stat().st_mtime, reverse=True)
    for file in kept[_KEPT:]:
        file.unlink(missing_ok=True)
