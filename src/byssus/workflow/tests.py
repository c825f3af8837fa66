"""The verb that analyses a test that is no plain cycling, and the tests of a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from byssus import __version__
from byssus.analysis.examined import Examined
from byssus.analysis.impedance import before_and_after
from byssus.analysis.impedance.comparing import METHOD as CHANGES
from byssus.analysis.result import Result
from byssus.analysis.techniques import examine
from byssus.analysis.truths import truths
from byssus.conventions import Configuration, Made
from byssus.errors import ByssusError, SeveralErrors, UsageError
from byssus.figure.techniques import figures_of_tests
from byssus.files import check_replaceable, folder_written_aside, write_whole
from byssus.findings import Finding, by_severity
from byssus.measured.join import join
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.measured.readers.generic import ColumnMap
from byssus.measured.tables import Table
from byssus.report.build import Report, to_html, versions
from byssus.report.citations import bibtex
from byssus.report.tests import tables_of_changes, tables_of_tests
from byssus.report.truths import tables_of_truths
from byssus.study.study import Study
from byssus.study.techniques import Technique, Told, technique_called
from byssus.workflow.files import is_table
from byssus.workflow.lacks import lack_of
from byssus.workflow.progress import REPORT_FILE, Progress, silent
from byssus.workflow.writing import pictures_of, write_results


@dataclass(frozen=True)
class Analysed:
    """What was made of the files of one technique."""

    technique: Technique
    examined: tuple[Examined, ...]
    findings: tuple[Finding, ...]
    #: What was asked for and could not be produced; each is one line for a person.
    errors: tuple[ByssusError, ...]
    #: The folder of the results, where one was asked for.
    folder: Path | None = None

    @property
    def results(self) -> list[Result]:
        """Every number of every test."""
        return [result for each in self.examined for result in each.results]

    @property
    def report(self) -> Path | None:
        """The report's absolute path, where one was written."""
        return None if self.folder is None else (self.folder / REPORT_FILE).resolve()

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON answers and in results.json."""
        return {
            "schema": "byssus.analyse/1",
            "byssus_version": __version__,
            "technique": self.technique.name,
            "findings": [finding.as_dict() for finding in self.findings],
            "samples": {each.sample: described(each) for each in self.examined},
            "results": [result.as_dict() for result in self.results],
            "before_and_after": changes_of(self.examined),
            "beside_the_truth": [truth.as_dict() for truth in truths((), self.examined)],
            "versions": versions(),
        }


def described(examined: Examined) -> dict[str, Any]:
    """Return what was found of one test, but for its results, as it stands in JSON answers."""
    tables = examined.tables
    return tables[0].metadata.sample.model_dump(mode="json") | {
        "technique": examined.technique,
        "origin": examined.origin,
        "conditions": [
            {name: value.as_dict() for name, value in table.metadata.conditions.items()} for table in tables
        ],
        "provenance": [source.model_dump(mode="json") for table in tables for source in table.metadata.provenance],
        "content_hashes": [table.content_hash() for table in tables],
        "tables": {name: _rows(frame) for name, frame in examined.frames.items()},
    }


def changes_of(examined: Sequence[Examined]) -> dict[str, Any] | None:
    """Return what cycling changed in impedance as it stands in JSON answers, where it is known."""
    found = before_and_after(examined)
    return None if found is None else {name.replace(" ", "_"): _rows(frame) for name, frame in found.frames().items()}


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as JSON takes them: no number is null."""
    numbers = [name for name, kind in frame.schema.items() if kind.is_float()]
    finite = frame.with_columns(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in numbers)
    return finite.to_dicts()


def analyse_files(
    technique: str,
    files: Sequence[Path],
    given: Mapping[str, Any],
    *,
    out: Path | None = None,
    reader: str | None = None,
    columns: ColumnMap | None = None,
    configuration: Configuration | None = None,
    made: Made | None = None,
    progress: Progress = silent,
) -> Analysed:
    """Analyse the files of a test that is no plain cycling, and write results and report where a folder is given.

    Parameters
    ----------
    technique
        A name of `byssus.study.techniques.TECHNIQUES`.
    files
        Of a technique that takes several they are one test; otherwise each is one.
    given
        What is known of it, by the names of the technique's conditions.
    out
        Folder for the results; only results of Byssus are replaced there.
    columns
        What the columns of the files are, where no reader knows it.

    Raises
    ------
    ByssusError
        If nothing can be analysed, or the results cannot be written.
    """
    asked = technique_called(technique)
    told = asked.told(given, files=len(files))
    binders = _binders(told.pop("binder", None), len(files))
    if out is not None:
        check_replaceable(out)
    tables: list[Table] = []
    places: list[int] = []
    #: Whose each file is, where that is known; files of nobody are one cell.
    cells: list[str | None] = []
    errors: list[ByssusError] = []
    names = _names(files)
    for at, file in enumerate(files):
        progress(f"reading {file.name}", at, len(files))
        try:
            sample = Sample(name=names[at], binder=binders[at], configuration=configuration, made=made)
            # A table of Byssus' own says itself what it is of.
            own = is_table(file)
            table = read(
                file,
                sample=None if own else sample,
                reader=reader,
                columns=None if own else columns,
                wanted=asked.kinds,
            )
            tables.append(_completed(table, sample) if own else table)
            places.append(at)
            cells.append(binders[at] or (table.metadata.sample.name if own else None))
        except ByssusError as error:
            errors.append(error)
    tables = _apart(tables, [names[at] for at in places])
    # What is told file by file belongs to the file, so it goes with one that cannot be read.
    jobs = [([table], [at]) for table, at in zip(tables, places, strict=True)]
    if asked.several:
        jobs = []
        for cell in dict.fromkeys(cells):
            own_places = [place for place, whose in enumerate(cells) if whose == cell]
            members = [tables[place] for place in own_places]
            jobs.append((_called(members, cell if cell in binders else None), [places[place] for place in own_places]))
    examined = []
    for members, at_files in jobs:
        progress(f"analysing {members[0].metadata.sample.name}", 0, 0)
        try:
            examined.append(examine(technique, members, _of_files(told, at_files)))
        except ByssusError as error:
            errors.append(error)
    if not examined:
        raise errors[0] if len(errors) == 1 else SeveralErrors(errors)
    findings = by_severity(
        [*(Finding("unread-file", str(error), field=error.field) for error in errors)]
        + [finding for each in examined for finding in each.findings]
        + list(_identical(examined, {}))
    )
    analysed = Analysed(asked, tuple(examined), tuple(findings), tuple(errors), out)
    if out is not None:
        _write(analysed, out, progress)
    return analysed


def _completed(table: Table, given: Sample) -> Table:
    """Give a table what was said of its sample on the command line, and a name where it has none."""
    own = table.metadata.sample
    said = {name: value for name in ("binder", "configuration", "made") if (value := getattr(given, name)) is not None}
    about = own.model_copy(update={"name": own.name or given.name} | said)
    return replace(table, metadata=table.metadata.model_copy(update={"sample": about}))


def _binders(told: Told | None, files: int) -> list[str | None]:
    """Return the binder of each file as it was told: one name for all files, or one for each."""
    if not isinstance(told, str):
        return [None] * files
    names = [name.strip() for name in told.split(",")]
    if len(names) not in (1, files) or not all(names):
        raise UsageError(
            f"holds {len(names)} names for {files} file{'' if files == 1 else 's'}",
            field="binder",
            value=told,
            fix="give one name for all files, or one for each",
        )
    return [*(names if len(names) == files else names * files)]


def _called(tables: Sequence[Table], name: str | None) -> list[Table]:
    """Give the tables of one cell its name, where it was told."""
    if name is None:
        return list(tables)
    samples = [table.metadata.sample.model_copy(update={"name": name}) for table in tables]
    return [
        replace(table, metadata=table.metadata.model_copy(update={"sample": sample}))
        for table, sample in zip(tables, samples, strict=True)
    ]


def _apart(tables: Sequence[Table], names: Sequence[str]) -> list[Table]:
    """Give tables of samples that are called alike the names of their files."""
    called = [table.metadata.sample.name for table in tables]
    return [
        table
        if called.count(table.metadata.sample.name) == 1
        else replace(
            table,
            metadata=table.metadata.model_copy(
                update={"sample": table.metadata.sample.model_copy(update={"name": name})}
            ),
        )
        for table, name in zip(tables, names, strict=True)
    ]


def _names(files: Sequence[Path]) -> list[str]:
    """Return a name for each file: its own, without its ending where that leaves them apart."""
    # Of an archive both endings go, and nothing else: a scan rate in a name has a point too.
    stems = [Path(file.name.removesuffix(".gz")).stem for file in files]
    names = [stem if stems.count(stem) == 1 else str(file) for stem, file in zip(stems, files, strict=True)]
    return [
        name if at == names.index(name) else f"{name} ({names[: at + 1].count(name)})" for at, name in enumerate(names)
    ]


def _of_files(told: Mapping[str, Told], places: Sequence[int]) -> dict[str, Told]:
    return {
        name: tuple(value[at] for at in places) if isinstance(value, tuple) else value for name, value in told.items()
    }


def _not_of_the_study(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse a binder among what is told of a test: the study says it.

    Raises
    ------
    UsageError
        If there is one.
    """
    if "binder" in given:
        raise UsageError(
            "is said by the test itself", field="binder", fix="give the test its electrode, cell or binder"
        )
    return given


def tests_of(
    study: Study, progress: Progress, errors: list[ByssusError], findings: list[Finding]
) -> tuple[Examined, ...]:
    """Analyse the tests of a study that are no plain cycling; what goes wrong joins `errors` and `findings`."""
    examined = []
    for at, (name, test) in enumerate(study.tests.items()):
        technique = technique_called(test.technique)
        progress(f"analysing {name}", at, len(study.tests))
        try:
            sample = study.sample_of_test(name)
            tables = [
                read(study.path(file), sample=sample, columns=test.columns, wanted=technique.kinds)
                for file in test.files
            ]
            if not technique.several and len(tables) > 1:
                tables = [join(tables)]
            told = technique.told(_not_of_the_study(test.given), files=len(test.files))
            found = examine(test.technique, tables, told)
        except Exception as error:  # noqa: BLE001 - whatever one test holds, the others are still done
            lack = lack_of(error, f"tests.{name}", test.files[0])
            errors.append(lack)
            findings.append(Finding("cell-left-out", str(lack), sample=name, file=test.files[0], field=lack.field))
        else:
            examined.append(found)
            findings += found.findings
    findings += _identical(examined, {name: test.cell for name, test in study.tests.items()})
    return tuple(examined)


def _identical(examined: Sequence[Examined], cells: Mapping[str, str | None]) -> Iterator[Finding]:
    """Tell of tables that hold the same data and were analysed alike; a cell may be analysed twice in different ways.

    Parameters
    ----------
    cells
        The cell of each test, where it is of one.
    """
    shared: dict[tuple[str, str], list[tuple[Examined, Table]]] = {}
    for each in examined:
        for table in each.tables:
            shared.setdefault((each.technique, table.measurement_hash()), []).append((each, table))
    for same in shared.values():
        tests = {each.sample for each, _ in same}
        of_cells = {cells.get(test) for test in tests}
        if len(same) == 1 or (len(tests) == len(same) and len(of_cells) == 1 and None not in of_cells):
            continue
        names = [table.metadata.sample.name or "" for _, table in same]
        called = [
            name if names.count(name) == 1 else f"{name} ({table.metadata.provenance[-1].file})"
            for name, (_, table) in zip(names, same, strict=True)
        ]
        yield Finding(
            "identical-data",
            f"{', '.join(called[:-1])} and {called[-1]} hold the same data to the last digit",
            sample=names[-1],
            value=len(names),
        )


def write_frames(examined: Sequence[Examined], folder: Path, names: Mapping[str, str]) -> None:
    """Write what lies behind the numbers of tests into a folder of results.

    Parameters
    ----------
    names
        The name of each test for files.
    """
    for each in examined:
        for called, frame in each.frames.items():
            write_whole(folder / "tests" / f"{names[each.sample]}-{called}.csv", frame.write_csv())
    changes = before_and_after(examined)
    for called, frame in (changes.frames() if changes is not None else {}).items():
        write_whole(folder / "tests" / f"impedance {called}.csv", frame.write_csv())


def write_tables(examined: Sequence[Examined], folder: Path, names: Mapping[str, str]) -> None:
    """Write the measured tables of tests into a folder of results."""
    for each in examined:
        for at, table in enumerate(each.tables, start=1):
            which = f"-{at}" if len(each.tables) > 1 else ""
            table.write_parquet(folder / "tables" / f"{names[each.sample]}{which}.parquet")


def _write(analysed: Analysed, out: Path, progress: Progress) -> None:
    examined = analysed.examined
    names = {each.sample: f"{analysed.technique.name}-{at}" for at, each in enumerate(examined, start=1)}
    groups = list(dict.fromkeys(each.group for each in examined))
    figures = figures_of_tests(examined, groups=groups, files=names)
    pictures = pictures_of(figures, progress)
    methods = list(dict.fromkeys(entry for each in examined for entry in each.methods))
    changes = tables_of_changes(examined)
    methods += [CHANGES] if changes else []
    sources = [
        (each.sample, source) for each in examined for table in each.tables for source in table.metadata.provenance
    ]
    report = Report(
        title=analysed.technique.title,
        answers=(),
        tests=tables_of_tests(examined),
        tables=[*changes, *tables_of_truths(truths((), examined))],
        results=analysed.results,
        figures=figures,
        drawn={name: drawn["svg"] for name, drawn in pictures.items()},
        findings=analysed.findings,
        methods=methods,
        inputs=sources,
        samples=[each.tables[0].metadata.sample for each in examined],
        citations=bibtex(
            versions(), readers=[source.reader for _, source in sources], texts=[text for _, text in methods]
        ),
    )
    with folder_written_aside(out) as aside:
        write_results(aside, to_html(report), report.citations, analysed.as_dict(), analysed.results, figures, pictures)
        write_frames(examined, aside, names)
        write_tables(examined, aside, names)
