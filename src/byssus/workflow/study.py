"""The verbs that carry out a study."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from byssus import __version__
from byssus.analysis.compare import (
    DIFFERENCE_METHOD,
    METHOD,
    BinderDifference,
    BinderMean,
    Kind,
    common_basis,
    compare_binders,
    compare_with_control,
    headlines,
    kind_of,
    kinds,
)
from byssus.analysis.cycling.cell import Cell, examine
from byssus.analysis.examined import Examined
from byssus.analysis.impedance.comparing import METHOD as CHANGES
from byssus.analysis.result import Result
from byssus.analysis.truths import Truth, truths
from byssus.errors import ByssusError, ReadError, SeveralErrors, StudyError
from byssus.figure import cycling as draw
from byssus.figure.losses import loss_figures
from byssus.figure.spec import Figure
from byssus.figure.techniques import figures_of_tables, figures_of_tests
from byssus.files import check_replaceable, folder_written_aside, sha256_of, write_whole
from byssus.findings import Finding, by_severity
from byssus.measured.join import join
from byssus.measured.metadata import Provenance
from byssus.measured.read import read
from byssus.measured.tables import Table
from byssus.project.inputs import Inputs
from byssus.project.store import NEW, STORE_FOLDER, Reuse, Store
from byssus.report.answer import answers, beside, difference_tables
from byssus.report.build import Report, to_html, versions
from byssus.report.citations import bibtex
from byssus.report.known import Cards, known_of
from byssus.report.losses import loss_tables
from byssus.report.simulated import Simulation
from byssus.report.tables import listings
from byssus.report.tests import tables_of_changes, tables_of_tests
from byssus.report.truths import tables_of_truths
from byssus.study.model import ExcludedCell
from byssus.study.study import Study, load
from byssus.workflow.lacks import lack_of
from byssus.workflow.progress import REPORT_FILE, Progress, silent
from byssus.workflow.tests import changes_of, described, tests_of, write_frames, write_tables
from byssus.workflow.writing import pictures_of, write_results

RESULTS_FOLDER = "results"


@dataclass(frozen=True)
class Compared:
    """The binders against each other."""

    #: Each binder's means, with what their intervals rest on.
    means: tuple[BinderMean, ...]
    #: Those that the study asks to be compared.
    differences: tuple[BinderDifference, ...]
    #: The electrode of each sample, and the samples that count for nothing because another holds the same data.
    electrodes: Mapping[str, str]
    copies: frozenset[str]

    @classmethod
    def of(cls, cells: Sequence[Cell], study: Study) -> Compared:
        """Compare the cells of a study."""
        cycling = [cell.cycling for cell in cells]
        results = {cell.name: cell.results for cell in cells}
        electrodes = {name: cell.electrode for name, cell in study.cells.items()}
        copies = frozenset(_copies(cells))
        return cls(
            means=tuple(compare_binders(cycling, results, electrodes, copies=copies)),
            differences=tuple(compare_with_control(cycling, results, study.contrasts(), electrodes, copies=copies)),
            electrodes=electrodes,
            copies=copies,
        )


@dataclass(frozen=True)
class Run:
    """What running a study made, and what it could not make."""

    study: Study
    folder: Path
    cells: tuple[Cell, ...]
    compared: Compared
    findings: tuple[Finding, ...]
    #: What was asked for and could not be produced; each is one line for a person.
    errors: tuple[ByssusError, ...]
    #: Which cells an earlier run had finished.
    reuse: Reuse
    #: What is known of the binders.
    known: Cards
    #: Where the tables were simulated, what from.
    virtual: Virtual | None = None
    #: The tests that are no plain cycling.
    examined: tuple[Examined, ...] = ()

    @property
    def results(self) -> list[Result]:
        """Every number of every cell and test."""
        of_cells = [result for cell in self.cells for result in cell.results]
        of_tests = [result for test in self.examined for result in test.results]
        return [*of_cells, *of_tests, *(self.virtual.results if self.virtual is not None else ())]

    @property
    def truths(self) -> list[Truth]:
        """What was found of simulated tests beside what they were given."""
        return truths(self.cells, self.examined)

    @property
    def samples(self) -> dict[str, dict[str, Any]]:
        """What is known of each sample, as it stands in JSON answers."""
        return {cell.name: _sample(cell) for cell in self.cells}

    @property
    def headlines(self) -> list[Result]:
        """The few numbers of each cell that a person looks at first."""
        found = []
        for kind, members in kinds([cell.cycling for cell in self.cells]).items():
            basis, names = common_basis(members), {member.sample for member in members}
            for cell in self.cells:
                if cell.name in names:
                    found += headlines(cell.results, kind.words, basis)
        return found

    @property
    def report(self) -> Path:
        """The report's absolute path."""
        return (self.folder / REPORT_FILE).resolve()

    def as_dict(self) -> dict[str, Any]:
        """Return the run as it stands in JSON answers and in results.json."""
        answer: dict[str, Any] = {
            "schema": "byssus.run/1",
            "byssus_version": __version__,
            "title": self.study.title,
            "study": {"file": self.study.file.name, "sha256": sha256_of(self.study.file)},
            "findings": [finding.as_dict() for finding in self.findings],
            "samples": self.samples,
            "tests": [described(each) for each in self.examined],
            "before_and_after": changes_of(self.examined),
            "beside_the_truth": [truth.as_dict() for truth in self.truths],
            "excluded": self.study.exclusions(),
            "results": [result.as_dict() for result in self.results],
            "binders": [asdict(mean) for mean in self.compared.means],
            "differences": [asdict(difference) for difference in self.compared.differences],
            "references": [reference.model_dump(mode="json", exclude_none=True) for reference in self.study.references],
            "knowledge": self.known.as_dict(),
            "versions": versions(),
            "reused": list(self.reuse.reused),
            "analysed": dict(self.reuse.analysed),
            "not_kept": self.reuse.note,
        }
        if self.virtual is not None:
            answer["spread"] = [each.as_dict() for each in self.virtual.tell(self.cells).spread]
        return answer


def demo(out: Path | None = None, progress: Progress = silent) -> Run:
    """Run the study that ships with Byssus; its results go to `out`, by default ./byssus-demo.

    A cell whose file needs an extra that is not installed is excluded, with that reason and the way to get it.
    Finished cells are kept beside the results, because the package's own folder is not to be written to.
    """
    out = out or Path("byssus-demo")
    store = Store(out.absolute().parent / STORE_FOLDER / "demo")
    with resources.as_file(resources.files("byssus") / "examples" / "demo") as folder:
        return carry_out(_readable(load(folder)), out, store, progress)


def _readable(study: Study) -> Study:
    """Exclude the cells of BioLogic's binary files where the extra that reads them is not installed."""
    if importlib.util.find_spec("galvani") is not None:
        return study
    reason = "its file is BioLogic's binary .mpr, which needs an extra: pip install 'byssus[biologic]'"
    out = {name: cell for name, cell in study.cells.items() if any(file.endswith(".mpr") for file in cell.files)}
    excluded = {
        name: ExcludedCell(excluded=reason, note=cell.note, electrode=cell.electrode, configuration=cell.configuration)
        for name, cell in out.items()
    }
    cells = {name: cell for name, cell in study.cells.items() if name not in out}
    return replace(study, cells=cells, excluded={**study.excluded, **excluded})


def run_study(
    path: Path,
    *,
    out: Path | None = None,
    data: Path | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> Run:
    """Do everything a study asks for, and write its results whole or not at all.

    With `data` the files of the cells are looked for in that folder.  Every cell that is finished is
    kept in the study's folder ``.byssus`` at once, and a later run of the same files, study and
    Byssus reuses it; with `fresh` none is reused.

    Raises
    ------
    ByssusError
        If the study cannot be read, no cell of it can be analysed, or the results cannot
        be written; the results of an earlier run then stay as they were.
    """
    study = load(path, data=data)
    store = Store(study.folder / STORE_FOLDER / study.file.name)
    _refuse_empty(study)
    return carry_out(study, out if out is not None else study.folder / RESULTS_FOLDER, store, progress, fresh=fresh)


@dataclass(frozen=True)
class Virtual:
    """What a run was simulated from, and what of it is no cycling.

    Parameters
    ----------
    study
        The study whose virtual cells they are; the one that is run is made of their tables.
    tables
        Tables of other kinds than cycling.
    tell
        What the report says of the simulation, given the analysed cells.
    findings
        What looked wrong while it was simulated.
    methods
        Paragraphs that say what was solved.
    examined
        What the analyses of those tables found.
    files
        Further files of the results, by name, given the run.
    """

    study: Study
    tables: tuple[Table, ...]
    tell: Callable[[Sequence[Cell]], Simulation]
    findings: tuple[Finding, ...] = ()
    methods: tuple[tuple[str, str], ...] = ()
    examined: tuple[Examined, ...] = ()
    files: Callable[[Run], Mapping[str, str]] = lambda _run: {}
    #: Numbers that hidden states alone tell.
    results: tuple[Result, ...] = ()

    def file_name(self, table: Table) -> str:
        """Return a name for the file of one of the tables."""
        sample, test = (
            (table.metadata.sample.name or "").removesuffix(f", {table.metadata.vendor['test']}"),
            table.metadata.vendor["test"],
        )
        return f"{self.study.file_names()[sample]}-{test}"

    def file_names(self) -> dict[str, str]:
        """Return for the sample of each table a name for files; one of several tests goes without the test's name."""
        names, tests = {}, Counter(table.metadata.sample.name for table in self.tables)
        for table in self.tables:
            sample, name = table.metadata.sample.name or "", self.file_name(table)
            names[sample] = name if tests[sample] == 1 else name.removesuffix(f"-{table.metadata.vendor['test']}")
        return names


def carry_out(
    study: Study,
    folder: Path,
    store: Store,
    progress: Progress,
    *,
    fresh: bool = False,
    virtual: Virtual | None = None,
    lacks: Sequence[ByssusError] = (),
) -> Run:
    """Analyse the cells of a study, draw, and write the results whole or not at all.

    Parameters
    ----------
    folder
        For the results; only results of Byssus are replaced there.
    store
        Where finished cells are kept.
    fresh
        Reuse none of them.
    virtual
        Where the tables were simulated: what else to show.
    lacks
        What could not be produced before.

    Raises
    ------
    ByssusError
        If nothing can be analysed, or the results cannot be written.
    """
    check_replaceable(folder)
    errors: list[ByssusError] = [*study.faults, *lacks]
    findings = [*study.findings(), *(Finding("cell-left-out", str(lack), field=lack.field) for lack in lacks)]
    cells, reuse = _examined(study, store, progress, errors, findings, fresh=fresh)
    examined = tests_of(study, progress, errors, findings)
    if virtual is not None:
        examined += virtual.examined
    if not cells and not examined and (virtual is None or not virtual.tables):
        raise errors[0] if len(errors) == 1 else SeveralErrors(errors)
    progress("looking up the binders", 0, 0)
    known = _known(study if virtual is None else virtual.study)
    # A virtual cell is one of a kind by nature: a second one would be the same.
    of_cells = _few_cells(cells) if virtual is None else virtual.findings
    findings = by_severity([*findings, *_identical(cells), *of_cells, *_not_measured(study, cells), *known.findings])

    progress("drawing", 0, 0)
    compared = Compared.of(cells, study)
    figures = _figures(study, cells, compared)
    if virtual is not None:
        # Spectra that were analysed are drawn once, with what was found of them.
        drawn = [table for each in virtual.examined if each.technique == "eis" for table in each.tables]
        plain = [table for table in virtual.tables if not any(table is other for other in drawn)]
        figures += figures_of_tables(plain, groups=list(study.binders), files=virtual.file_names())
        figures += loss_figures(virtual.tell(cells).losses, study.file_names())
    names = study.file_names() | ({} if virtual is None else virtual.file_names())
    figures += figures_of_tests(examined, groups=list(study.binders), files=names)
    run = Run(
        study=study,
        folder=folder,
        cells=tuple(cells),
        compared=compared,
        findings=tuple(findings),
        errors=tuple(errors),
        reuse=reuse,
        known=known,
        virtual=virtual,
        examined=examined,
    )
    pictures = pictures_of(figures, progress)
    report = _report(run, figures, {name: drawn["svg"] for name, drawn in pictures.items()})
    page = to_html(report)
    with folder_written_aside(folder) as aside:
        write_results(aside, page, report.citations, run.as_dict(), run.results, figures, pictures)
        write_frames(examined, aside, names)
        write_tables([each for each in examined if each.sample in study.tests], aside, names)
        for cell in cells:
            cell.table.write_parquet(aside / "tables" / f"{names[cell.name]}.parquet")
            write_whole(aside / "cycles" / f"{names[cell.name]}.csv", cell.cycling.cycles.write_csv())
            if cell.peaks is not None:
                write_whole(aside / "peaks" / f"{names[cell.name]}.csv", cell.peaks.write_csv())
        if virtual is not None:
            for table in virtual.tables:
                table.write_parquet(aside / "tables" / f"{virtual.file_name(table)}.parquet")
            for name, text in virtual.files(run).items():
                write_whole(aside / name, text)
    store.tidy(len(study.cells))
    return run


def _refuse_empty(study: Study) -> None:
    """Say of a study without measured cells what it names instead."""
    if not study.cells and not study.tests:
        there = {"values from the literature": study.references, "virtual cells": study.virtual}
        only = " and ".join(name for name, given in there.items() if given)
        holds = f"names no cell, only {only}: there is nothing to analyse"
        fix = "list the cells with their files"
        fix += ", or get tables of the virtual ones with 'byssus simulate'" if study.virtual else ""
        nothing = StudyError(holds, file=study.file, field="cells", fix=fix)
        raise SeveralErrors([*study.faults, nothing]) if study.faults else nothing


def _examined(
    study: Study,
    store: Store,
    progress: Progress,
    errors: list[ByssusError],
    findings: list[Finding],
    *,
    fresh: bool,
) -> tuple[list[Cell], Reuse]:
    """Return the cells of a study, from the store where they are in it; what goes wrong joins `errors` and `findings`."""
    known: dict[str, Inputs | None] = {}
    for name in study.cells:
        progress(f"checking {name}", 0, 0)
        known[name] = Inputs.of(study, name)
    sizes = {name: inputs.size for name, inputs in known.items() if inputs and (fresh or not store.holds(inputs))}
    total, done = sum(sizes.values()), 0
    cells: list[Cell] = []
    analysed: dict[str, str] = {}
    for name, asked in study.cells.items():
        inputs = known[name]
        cell = None if inputs is None or fresh else store.find(inputs)
        if cell is None:
            # Said before the new entry is there to be compared with itself.
            reason = NEW if inputs is None else "asked for anew" if fresh else store.why(inputs)
            try:
                progress(f"reading {name}", done, total)
                sample = study.sample(name)
                table = join([read(study.path(file), sample=sample, columns=asked.columns) for file in asked.files])
                progress(f"analysing {name}", done, total)
                cell = examine(table, study.analysis.retention_baselines)
                _ = cell.outcome  # now, while what fails is this cell's alone
                store.keep(inputs, cell)
            except Exception as error:  # noqa: BLE001 - whatever one cell holds, the others are still done
                lack = lack_of(error, f"cells.{name}", asked.files[0])
                errors.append(lack)
                code = "unread-file" if isinstance(lack, ReadError) else "cell-left-out"
                findings.append(Finding(code, str(lack), sample=name, file=asked.files[0], field=lack.field))
                continue
            finally:
                done += sizes.get(name, 0)
            analysed[name] = reason
        cells.append(cell)
        findings += cell.findings
    reused = tuple(cell.name for cell in cells if cell.name not in analysed)
    return cells, Reuse(reused, analysed, store.note)


def _tests(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return the cells by the measured numbers that they hold."""
    shared: dict[str, list[Cell]] = {}
    for cell in cells:
        shared.setdefault(cell.test, []).append(cell)
    return list(shared.values())


def _identical(cells: Sequence[Cell]) -> Iterator[Finding]:
    for same in _tests(cells):
        if len(same) > 1:
            names = [cell.name for cell in same]
            yield Finding(
                "identical-data",
                f"{', '.join(names[:-1])} and {names[-1]} hold the same data to the last digit",
                sample=names[-1],
                value=len(names),
            )


def _few_cells(cells: Sequence[Cell]) -> Iterator[Finding]:
    groups: dict[tuple[str, str | None], list[str]] = {}
    for same in _tests(cells):
        groups.setdefault((same[0].cycling.group, same[0].cycling.test), []).append(same[0].name)
    for (group, test), names in groups.items():
        if len(names) == 1:
            in_test = "" if test is None else f" in its test {test!r}"
            yield Finding(
                "single-cell",
                f"binder {group!r} is represented by this one cell{in_test}; ± holds nothing of the spread between cells",
                sample=names[0],
                value=1,
            )


def _copies(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the samples that hold the same data as an earlier one of their binder and kind."""
    for same in _tests(cells):
        seen: set[tuple[str, Kind]] = set()
        for cell in same:
            what = (cell.cycling.group, kind_of(cell.cycling))
            if what in seen:
                yield cell.name
            seen.add(what)


def _not_measured(study: Study, cells: Sequence[Cell]) -> Iterator[Finding]:
    for cell in cells:
        measured = set(cell.cycling.cycles["Cycle / 1"])
        if absent := [cycle for cycle in study.analysis.profile_cycles if cycle not in measured]:
            yield Finding(
                "cycle-not-measured",
                f"the study asks for the profiles of cycles {', '.join(map(str, absent))}, which were not measured",
                sample=cell.name,
                field="analysis.profile_cycles",
                value=absent[0],
            )


def _known(study: Study) -> Cards:
    used_with: dict[str, list[str]] = {binder: [] for binder in study.binders}
    for electrode in study.electrodes.values():
        if electrode.active_material:
            used_with[electrode.binder].append(electrode.active_material)
    return known_of(used_with, study.folder)


def _figures(study: Study, cells: Sequence[Cell], compared: Compared) -> list[Figure]:
    return draw.figures_of(
        cells,
        groups=list(dict.fromkeys(study.binders)),
        electrodes=compared.electrodes,
        copies=compared.copies,
        files=study.file_names(),
        cycles=study.analysis.profile_cycles,
        references=study.references,
    )


def _report(run: Run, figures: Sequence[Figure], drawn: Mapping[str, bytes]) -> Report:
    study, compared, cells = run.study, run.compared, run.cells
    file = study.file
    said = Provenance(file=file.name, sha256=sha256_of(file), size=file.stat().st_size, reader="byssus.study")
    answer = answers(
        [cell.cycling for cell in cells],
        {cell.name: cell.results for cell in cells},
        compared.means,
        compared.electrodes,
        compared.copies,
    )
    methods = list(dict.fromkeys(entry for cell in cells for entry in cell.methods))
    methods += dict.fromkeys(entry for test in run.examined for entry in test.methods)
    changes = tables_of_changes(run.examined)
    methods += [CHANGES] if changes else []
    of_tables = [(cell.name, cell.table) for cell in cells]
    of_tables += [(each.sample, table) for each in run.examined for table in each.tables]
    methods += [METHOD] if any(part.binders for part in answer) else []
    methods += [DIFFERENCE_METHOD] if compared.differences else []
    methods += run.virtual.methods if run.virtual is not None else ()
    simulation = None if run.virtual is None else run.virtual.tell(cells)
    return Report(
        title=study.title,
        answers=answer,
        differences=difference_tables(compared.differences),
        references=beside(study.references, run.results),
        excluded=study.exclusions(),
        results=run.results,
        figures=figures,
        drawn=drawn,
        findings=run.findings,
        methods=methods,
        inputs=[
            ("study", said),
            *((f"recipe of {name}", _recipe_file(file)) for name, file in study.recipe_files.items()),
            *((name, source) for name, table in of_tables for source in table.metadata.provenance),
        ],
        samples=[
            *(cell.table.metadata.sample for cell in cells),
            *(each.tables[0].metadata.sample for each in run.examined),
        ],
        notes=[(name, part.note) for name, part in study.parts() if part.note],
        tables=[
            *changes,
            *tables_of_truths(run.truths),
            *loss_tables(() if simulation is None else simulation.losses),
            *listings(cells),
        ],
        tests=tables_of_tests(run.examined),
        known=run.known,
        simulation=simulation,
        citations=bibtex(
            versions(),
            readers=[source.reader for _, table in of_tables for source in table.metadata.provenance],
            texts=[text for _, text in methods],
            data=study.data_sources,
            literature=[reference.source for reference in study.references],
        ),
    )


def _recipe_file(file: Path) -> Provenance:
    return Provenance(file=file.name, sha256=sha256_of(file), size=file.stat().st_size, reader="byssus.recipe")


def _sample(cell: Cell) -> dict[str, Any]:
    metadata, cycling = cell.table.metadata, cell.cycling
    return metadata.sample.model_dump(mode="json") | {
        "binder": cycling.group,
        "origin": cycling.origin,
        "provenance": [source.model_dump(mode="json") for source in metadata.provenance],
        "content_hash": cell.table.content_hash(),
        "cycling": {
            "words": list(cycling.words),
            "retention_baseline": cycling.baseline,
            "summary": cycling.cycles.to_dicts(),
        },
        "differential_peaks": [] if cell.peaks is None else cell.peaks.to_dicts(),
    }
