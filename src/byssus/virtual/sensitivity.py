"""Which input of a virtual cell moves what: a test repeated over the ranges of its inputs, to a figure and a table for each output.

A command of its own and no option of ``simulate``: what comes out is no table of a cell, so no analysis takes it on, and
its words (method, inputs, number of runs) are its own.  Numbers are varied as they are known before anything is fitted to
this cell: a fit would narrow just those ranges whose width is asked about.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.effects import LEAST_BLOCKS, METHODS, STEP, Method, block_size, effects, points
from byssus.analysis.result import Result
from byssus.errors import SimulationError, UsageError, did_you_mean
from byssus.figure.sensitivity import sensitivity_figure
from byssus.figure.spec import Figure
from byssus.files import check_replaceable, folder_written_aside, sha256_of, write_whole
from byssus.findings import Finding
from byssus.measured.metadata import Provenance
from byssus.project.inputs import PROGRAM
from byssus.project.store import STORE_FOLDER
from byssus.protocol.steps import Resolved
from byssus.quantity import Quantity
from byssus.recipe.reckoning import Input
from byssus.report.build import Report, to_html, versions
from byssus.report.citations import bibtex
from byssus.report.sensitivity import Moved, Ranged, Sensitivity
from byssus.report.simulated import Simulated, Simulation
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import Kind
from byssus.simulate.parameters import BINDER
from byssus.study.study import load
from byssus.virtual import varied as varied_module
from byssus.virtual.prepare import (
    Asked,
    Prepared,
    explain,
    formed_cycles,
    largest_current,
    model_for,
    prepare,
    resolved,
)
from byssus.virtual.varied import Numbers, Shared, Variation, carried
from byssus.workflow.progress import REPORT_FILE, Progress, silent
from byssus.workflow.writing import pictures_of, write_results

Array = NDArray[np.float64]

FOLDER: Final = "sensitivity"
#: Tests whose few numbers can be compared from run to run.
TESTS: Final = ("rate", "formation", "cycling", "cv")
#: What stands for all inputs of the binder's equations among names.
BINDER_INPUTS: Final = "binder"
#: Trajectories of Morris and rows of Sobol where no number of runs is given: a choice; rows have to be a power of two.
_BLOCKS: Final[Mapping[Method, int]] = {"morris": 10, "sobol": 64}
#: A range whose ends are further apart than this is even in its logarithm.
_DECADE: Final = 10.0
#: Runs that are done again on a finer mesh: the cell as it is, and the first of so many blocks.
_AGAIN: Final = 4
#: Seconds between two writings of what is finished.
_PERIOD: Final = 5.0
#: Runs that a finding names.
_NAMED: Final = 5
#: What is kept of earlier ones.
_KEPT: Final = 20
_OWN: Final = "own"
_METHOD_TOLD: Final = (
    "Sensitivity",
    "The test was repeated with other values of the inputs, each within its range, evenly in its logarithm where the range "
    "spans more than a decade; inputs that follow from others followed them. Effects are those of Morris "
    "(doi:10.1080/00401706.1991.10484804), with μ* of Campolongo et al. (doi:10.1016/j.envsoft.2006.10.004), or shares of "
    "variance as Saltelli et al. estimate them (doi:10.1016/j.cpc.2009.09.018), by SALib "
    "(doi:10.21105/joss.00097, doi:10.18174/sesmo.18155). Intervals are of 95 %, by resampling whole trajectories or rows. "
    "The error of the mesh is the greatest change when runs were done again with twice as many points and a tenth of the "
    "tolerance; an effect whose interval reaches down to what that error alone may come to is not told apart.",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is asked of a sensitivity.

    Parameters
    ----------
    sample, test
        Whose, and which.
    method
        Morris or Sobol.
    inputs
        Names of the inputs that are varied; all that have a range if empty.
    runs
        How many runs at most, besides the few that tell the error of the mesh; of `_BLOCKS` blocks if None.
    """

    sample: str
    test: str
    method: Method = "morris"
    inputs: tuple[str, ...] = ()
    runs: int | None = None

    def blocks(self, inputs: int) -> int:
        """Return how many blocks are run.

        Raises
        ------
        UsageError
            If the runs are too few for `LEAST_BLOCKS`.
        """
        if self.runs is None:
            return _BLOCKS[self.method]
        size = block_size(self.method, inputs)
        found = self.runs // size
        if found < LEAST_BLOCKS:
            raise UsageError(
                f"is too few: {LEAST_BLOCKS} blocks of {inputs} inputs are {LEAST_BLOCKS * size} runs", field="--runs",
                value=str(self.runs), fix="allow more, or name fewer inputs with --inputs",
            )  # fmt: skip
        return found if self.method == "morris" else 1 << (found.bit_length() - 1)


@dataclass(frozen=True)
class Varied:
    """An input that is varied between the ends of its range."""

    name: str
    given: Input

    @property
    def logarithmic(self) -> bool:
        """Whether it is varied evenly in its logarithm."""
        return self.given.low > 0 and self.given.high > _DECADE * self.given.low

    def at(self, share: float) -> Quantity:
        """Return its value at a share of its range.

        Examples
        --------
        >>> from byssus.physics.equation import Units
        >>> radius = Input("radius", 1e-7, Units("m", "nm"), low=1e-8, high=1e-6)
        >>> Varied("radius", radius).at(0.5)
        Quantity(value=1e-07, unit='m', uncertainty=None)
        """
        low, high = self.given.low, self.given.high
        value = low * (high / low) ** share if self.logarithmic else low + share * (high - low)
        # Rounding is not to lead beyond an end.
        return Quantity(min(max(value, low), high), self.given.units.si)

    @property
    def told(self) -> Ranged:
        """Its range as people read it."""
        low, high = (
            replace(self.given, value=end, uncertainty=None).quantity for end in (self.given.low, self.given.high)
        )
        return Ranged(
            self.name, low.value, high.value, low.unit, self.logarithmic, self.given.source, str(self.given.origin)
        )


@dataclass(frozen=True)
class SensitivityRun:
    """A sensitivity that was carried out."""

    sensitivity: Sensitivity
    folder: Path
    findings: tuple[Finding, ...]
    seconds: float
    #: How many of the runs an earlier call had done.
    resumed: int

    @property
    def report(self) -> Path:
        """The report's absolute path."""
        return (self.folder / REPORT_FILE).resolve()

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON answers and in results.json."""
        return {
            "schema": "byssus.sensitivity/1", "findings": [each.as_dict() for each in self.findings],
            "results": [each.as_dict() for each in _results(self.sensitivity)], **self.sensitivity.as_dict(),
            "seconds": self.seconds, "resumed_runs": self.resumed, "versions": versions(),
        }  # fmt: skip


def ranges(cell: VirtualCell, names: Sequence[str] = ()) -> tuple[Varied, ...]:
    """Return the inputs of a cell that can be varied, or those of some names; ``binder`` stands for all of the binder's.

    Raises
    ------
    UsageError
        If a name is none of its inputs, or has no range; or none has.
    """
    every = {name: Varied(name, each) for name, each in cell.numbers.items()
             if -math.inf < each.low < each.high < math.inf}  # fmt: skip
    wanted: list[str] = []
    for name in names:
        if name == BINDER_INPUTS:
            own = [each for each in every if each.rpartition(".")[2] in BINDER]
            if not own:
                raise UsageError("are the inputs of the binder, whose equations this cell has not", field="--inputs",
                                 value=name, fix="add --binder")  # fmt: skip
            wanted += own
            continue
        wanted.append(name)
        if name not in cell.numbers:
            raise UsageError("is no input of this virtual cell", field="--inputs", value=name,
                             fix=did_you_mean(name, cell.numbers))  # fmt: skip
        if name not in every:
            raise UsageError("has no range", field="--inputs", value=name,
                             fix="give value, low and high of it under given of the virtual cell")  # fmt: skip
    if not every:
        raise UsageError("has no input with a range", field="--sample", value=cell.name, fix="give ranges under given")
    return tuple(every[name] for name in dict.fromkeys(wanted or every))


def sensitivity_of_study(
    path: Path,
    wanted: Wanted,
    asked: Asked,
    *,
    out: Path | None = None,
    kept: Path | None = None,
    progress: Progress = silent,
) -> SensitivityRun:
    """Carry a sensitivity out, and write numbers, figures and report, whole or not at all.

    Parameters
    ----------
    asked
        Model, seed, whether to begin anew, and whether with the binder's equations; its tests and samples are `wanted`'s.
    out
        Folder for the results; by default ``sensitivity`` in the study's.
    kept
        Folder in which finished runs are kept; by default ``.byssus`` in the study's.

    Raises
    ------
    ByssusError
        If what is asked cannot be, no output has an answer, or the results cannot be written.
    KeyboardInterrupt
        If a person stops it: it says how many runs are in, which the next call goes on from.
    """
    began = time.monotonic()
    if wanted.test not in TESTS:
        raise UsageError("is no test of which a sensitivity is told", field="--test", value=wanted.test,
                         fix=did_you_mean(wanted.test, TESTS))  # fmt: skip
    if wanted.method not in METHODS:
        raise UsageError("is no method", field="--method", value=wanted.method, fix=f"give one of {', '.join(METHODS)}")
    study = load(path)
    folder = out if out is not None else study.folder / FOLDER
    check_replaceable(folder)
    prepared = prepare(study, [wanted.test], [wanted.sample], asked.binder)
    cell, protocol = prepared.cells[wanted.sample], _named(prepared, wanted)
    varied = ranges(cell, wanted.inputs)
    at = points(wanted.method, len(varied), wanted.blocks(len(varied)), asked.seed)
    progress("starting the solver", 0, 0)
    kind, reason = _quick(prepared, wanted.sample, protocol, asked)
    test = Shared(cell, kind, study.sample(wanted.sample), formed_cycles(study, wanted.sample, wanted.test, protocol))
    store = (kept or study.folder / STORE_FOLDER) / study.file.name / FOLDER
    runs, refused = _runs(prepared, wanted, varied, at)
    came, resumed = _carried(test, runs, refused, store, fresh=asked.fresh, progress=progress)
    told = _told(wanted, kind, asked.seed, varied, at, came)
    seconds = time.monotonic() - began
    findings = tuple(_findings(told, len(runs) + len(refused)))
    group = study.electrodes[study.virtual[wanted.sample].electrode].binder
    figures = list(_figures(told, group, tuple(dict.fromkeys(study.binders))))
    if not figures:
        raise SimulationError(
            f"has no output that is told by {LEAST_BLOCKS} whole blocks; {next(iter(told.failed), 'no run gave it')}",
            file=wanted.sample, place=wanted.test, fix="narrow the ranges under given, or name fewer inputs",
        )  # fmt: skip
    done = SensitivityRun(told, folder, findings, seconds, resumed)
    failed = sum(map(len, told.failed.values()))
    run = Simulated(
        wanted.sample, wanted.test, kind, reason, len(protocol.steps) * len(came), 0, seconds,
        f"{len(came)} runs" + (f", of which {failed} gave nothing" if failed else ""), not failed,
    )  # fmt: skip
    simulation = Simulation((run,), {wanted.sample: tuple(explain(cell))}, sensitivity=(told,))
    pictures = pictures_of(figures, progress)
    results = _results(told)
    said = Provenance(
        file=study.file.name, sha256=sha256_of(study.file), size=study.file.stat().st_size, reader="byssus.study"
    )
    page = Report(
        title=f"{study.title}: what moves the {wanted.test} test of {wanted.sample}", answers=(), results=results,
        figures=figures, findings=findings, methods=[_METHOD_TOLD], inputs=[("study", said)], simulation=simulation,
        citations=bibtex(versions(), readers=[], texts=[_METHOD_TOLD[1]], data=study.data_sources, literature=[]),
        drawn={name: drawn["svg"] for name, drawn in pictures.items()},
    )  # fmt: skip
    with folder_written_aside(folder) as aside:
        write_results(aside, to_html(page), page.citations, done.as_dict(), results, figures, pictures)
        write_whole(aside / "runs.csv", _table_of_runs(varied, runs, came))
    _tidy(store)
    return done


def _named(prepared: Prepared, wanted: Wanted) -> Resolved:
    return replace(prepared.protocols[wanted.sample, wanted.test], name=wanted.test)


def _quick(prepared: Prepared, sample: str, protocol: Resolved, asked: Asked) -> tuple[Kind, str]:
    """Choose the model: hundreds of runs are for one of single particles, unless another is asked for."""
    kind, reason = model_for(prepared, sample, largest_current(prepared.cells[sample], protocol), asked)
    if kind == "DFN" and asked.model is None and prepared.study.virtual[sample].model is None:
        if any(each.single_ion for each in prepared.cells[sample].electrodes):
            return kind, reason
        return "SPMe", f"for its speed, where one test would have the DFN: {reason}"
    return kind, reason


def _runs(
    prepared: Prepared, wanted: Wanted, varied: Sequence[Varied], at: Array
) -> tuple[list[Variation], dict[str, str]]:
    """Return every run by name, those that tell the error of the mesh last; and those that cannot be a cell, with why."""
    cell, protocol = prepared.cells[wanted.sample], _named(prepared, wanted)
    protocols: dict[tuple[float, float], Resolved] = {(cell.active_mass, cell.electrode.inputs["area"].value): protocol}
    found: list[Variation] = [Variation(_OWN, cell, protocol)]
    refused: dict[str, str] = {}
    for number, shares in enumerate(at):
        values = {each.name: each.at(float(share)) for each, share in zip(varied, shares, strict=True)}
        try:
            one = cell.with_given(values, source="the range of this sensitivity")
        except SimulationError as error:
            refused[str(number)] = str(error)
            continue
        key = one.active_mass, one.electrode.inputs["area"].value
        if key not in protocols:
            # Currents per mass or area are those of the test, whatever the coating weighs.
            coated = {name: one.numbers[name] for name in ("loading", "area")}
            weighed = cell.with_inputs(coated)
            resolved_again = resolved(prepared.study, wanted.sample, wanted.test, weighed, prepared.known)
            protocols[key] = replace(resolved_again, name=wanted.test)
        found.append(Variation(str(number), one, protocols[key]))
    size = block_size(wanted.method, len(varied))
    again = {_OWN, *(str(block * size) for block in range(min(_AGAIN, len(at) // size)))}
    return [
        *found,
        *(replace(each, name=_finer(each.name), finer=True) for each in found if each.name in again),
    ], refused


def _finer(name: str) -> str:
    return f"{name}, finer"


def _carried(
    test: Shared, runs: Sequence[Variation], refused: Mapping[str, str], store: Path, *, fresh: bool, progress: Progress
) -> tuple[dict[str, Numbers | str], int]:
    """Carry the runs out that an earlier call has not; keep what is finished every few seconds, and when it is stopped."""
    place = store / f"{_key(test, runs)}.json"
    came: dict[str, Numbers | str] = {} if fresh else _restored(place)
    resumed, written = len(came), time.monotonic()
    title = f"sensitivity of {test.cell.name}"
    progress(title, resumed, len(runs))
    try:
        for name, said in carried(test, [each for each in runs if each.name not in came]):
            came[name] = said if isinstance(said, dict) else str(said)
            progress(title, len(came), len(runs))
            if time.monotonic() - written > _PERIOD:
                write_whole(place, json.dumps(came))
                written = time.monotonic()
    except KeyboardInterrupt:
        words = (
            f"stopped with {len(came)} of {len(runs)} runs in; they are kept, and the same command goes on from there"
        )
        raise KeyboardInterrupt(words) from None
    finally:
        if len(came) > resumed:
            write_whole(place, json.dumps(came))
    return came | dict(refused), resumed


def _key(test: Shared, runs: Sequence[Variation]) -> str:
    """Return a hash of all that the numbers follow from."""
    said = {
        "cell": {name: each.value for name, each in test.cell.numbers.items()}, "window": test.cell.window,
        "materials": [[(each.material, each.shape, str(each.base), each.binder) for each in side.phases]
                      for side in test.cell.electrodes],
        "made": str(test.cell.electrode.made), "kind": test.kind, "formed": test.formed, "byssus": PROGRAM,
        # What makes numbers of steps is no part of that.
        "numbers": sha256_of(Path(varied_module.__file__)),
        "runs": [(each.name, each.finer, [one.value for one in each.cell.numbers.values()]) for each in runs],
        "protocols": [asdict(one) for one in {id(each.protocol): each.protocol for each in runs}.values()],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _restored(place: Path) -> dict[str, Numbers | str]:
    """Return the runs that an earlier call finished; none if there is no file that is whole."""
    try:
        said = json.loads(place.read_bytes())
        return {name: each if isinstance(each, str) else {of: (float(value), str(unit)) for of, (value, unit) in each.items()}
                for name, each in said.items()}  # fmt: skip
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _told(
    wanted: Wanted, kind: Kind, seed: int, varied: Sequence[Varied], at: Array, came: Mapping[str, Numbers | str]
) -> Sensitivity:
    """Return what the runs say."""
    numbers = {name: each for name, each in came.items() if not isinstance(each, str)}
    names = {of: unit for each in numbers.values() for of, (_, unit) in each.items()}
    own = numbers.get(_OWN, {})
    order = [*own, *(of for of in names if of not in own)]
    outputs = tuple(_moved(of, names[of], wanted.method, seed, varied, at, numbers) for of in order)
    failed: dict[str, tuple[str, ...]] = {}
    for name, each in came.items():
        if isinstance(each, str):
            failed[_why(each)] = (*failed.get(_why(each), ()), name)
    return Sensitivity(
        wanted.sample, wanted.test, kind, wanted.method, len(at) // block_size(wanted.method, len(varied)), len(came),
        seed, tuple(each.told for each in varied), outputs, failed,
    )  # fmt: skip


def _moved(
    of: str, unit: str, method: Method, seed: int, varied: Sequence[Varied], at: Array, numbers: Mapping[str, Numbers]
) -> Moved:
    def value(name: str) -> float:
        return numbers.get(name, {}).get(of, (math.nan, unit))[0]

    values = np.array([value(str(number)) for number in range(len(at))])
    found, blocks = effects(method, at, values, seed)
    changes = [abs(value(name) - value(_finer(name))) for name in numbers if _finer(name) in numbers]
    error = max((each for each in changes if math.isfinite(each)), default=None)
    # An effect is a difference of two runs over a step; a share of variance is that of a square.
    spread = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    floor = None
    if error is not None:
        floor = error / STEP if method == "morris" else (error / spread) ** 2 if spread > 0 else 0.0
    own = value(_OWN)
    by_input = None
    if found is not None:
        every = {each.name: effect for each, effect in zip(varied, found, strict=True)}
        by_input = dict(sorted(every.items(), key=lambda each: -each[1].size))
    return Moved(of, unit, own if math.isfinite(own) else None, error, floor, by_input, blocks)


def _why(message: str) -> str:
    """Return why a run failed, without where: so that those of one kind can be counted."""
    return message.rpartition("likely cause: ")[2] if "likely cause: " in message else message


def _findings(told: Sensitivity, runs: int) -> Iterator[Finding]:
    for why, names in told.failed.items():
        named = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        yield Finding(
            "runs-without-answer", f"{len(names)} of {runs} runs gave nothing ({named}): {why}", sample=told.sample
        )
    for blocks in sorted({each.blocks for each in told.outputs} - {told.blocks}):
        lacking = ", ".join(each.name for each in told.outputs if each.blocks == blocks)
        left = (
            f"{told.blocks - blocks} of {told.blocks} blocks are left out, as a run of them gave nothing, of {lacking}"
        )
        yield Finding("runs-without-answer", left, sample=told.sample)
    for each in told.outputs:
        if each.error is None:
            yield Finding("runs-without-answer", f"no run on the finer mesh gave {each.name}, so that its error is not known",
                          sample=told.sample)  # fmt: skip


def _figures(told: Sensitivity, group: str, groups: tuple[str, ...]) -> Iterator[Figure]:
    said = f"{told.sample}, {told.test}, simulated, {told.how}; "
    for place, each in enumerate(told.outputs, 1):
        if each.effects is not None:
            yield sensitivity_figure(f"sensitivity-{place:02}", each.name, each.unit, each.effects, method=told.method,
                                     floor=each.floor, group=group, groups=groups, told=said)  # fmt: skip


def _results(told: Sensitivity) -> list[Result]:
    """Return every effect as a number among others."""
    size, what = ("μ*", "elementary effect (Morris)") if told.method == "morris" else ("total-effect index", "Sobol")
    found = []
    for output in told.outputs:
        for name, each in (output.effects or {}).items():
            unit = output.unit if told.method == "morris" else "1"
            found.append(Result(f"{size} of {name} on {output.name}", each.size, unit, each.half_width / 1.96,
                                method=f"{what}, {output.blocks} blocks", sample=told.sample, origin="simulated"))  # fmt: skip
    return found


def _table_of_runs(varied: Sequence[Varied], runs: Sequence[Variation], came: Mapping[str, Numbers | str]) -> str:
    """Return every run as CSV: its inputs in SI, its outputs, and why it has none."""
    import polars as pl

    rows = []
    for each in runs:
        said = came[each.name]
        row: dict[str, Any] = {"run": each.name}
        row |= {f"{one.name} / {one.given.units.si}": each.cell.numbers[one.name].value for one in varied}
        row |= {} if isinstance(said, str) else {f"{of} / {unit}": value for of, (value, unit) in said.items()}
        rows.append(row | {"failed": said if isinstance(said, str) else None})
    return pl.from_dicts(rows, infer_schema_length=None).write_csv()


def _tidy(store: Path) -> None:
    """Remove what was used longest ago, beyond `_KEPT`."""
    for file in sorted(store.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)[_KEPT:]:
        file.unlink(missing_ok=True)
