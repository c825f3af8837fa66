"""The verbs that the command line and the web page share.

Each takes plain paths and options, reports progress through a callable, keeps going past
what is broken, and returns what was made together with what could not be.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl

from byssus import __version__
from byssus.analysis import cycling as cycles_of
from byssus.analysis.compare import METHOD, BinderMean, compare_binders, kinds
from byssus.analysis.result import Result, tidy
from byssus.conventions import CellDirection, Configuration
from byssus.errors import AnalysisError, ByssusError, OutputError, ReadError, SeveralErrors, UsageError
from byssus.figure import cycling as draw
from byssus.figure.export import write_figure
from byssus.figure.spec import Figure
from byssus.files import check_replaceable, check_writable, folder_written_aside, sha256_of, write_whole
from byssus.findings import Finding, by_severity
from byssus.measured.join import join
from byssus.measured.metadata import Provenance, Sample
from byssus.measured.read import read
from byssus.measured.tables import PARQUET_KEY, VENDOR, Table
from byssus.report.answer import answers
from byssus.report.build import Report, to_html, versions
from byssus.study.study import Study, load

Progress = Callable[[str, int, int], None]

REPORT_FILE = "report.html"
RESULTS_FOLDER = "results"


def _silent(_message: str, _done: int, _total: int) -> None:
    return


def read_file(
    path: Path,
    *,
    out: Path | None = None,
    reader: str | None = None,
    configuration: Configuration | None = None,
    force: bool = False,
) -> Table:
    """Read any instrument's file, and write the table to `out` if that is given.

    `out` ends in ``.parquet`` (data, metadata and findings) or ``.csv`` (data only).  What
    stands there already is replaced if it is a Byssus table, or with `force`; the
    instrument's own file never is.
    """
    if out is not None:
        _check_out(out, path, force=force)
    table = read(path, sample=Sample(configuration=configuration), reader=reader)
    if out is not None:
        if out.suffix.lower() == ".parquet":
            table.write_parquet(out)
        else:
            write_whole(out, table.data.write_csv())
    return table


def _check_out(out: Path, source: Path, *, force: bool) -> None:
    """Refuse, before the work, a place for a table that is taken or cannot be written."""
    if out.suffix.lower() not in {".parquet", ".csv"}:
        raise UsageError("is neither .parquet nor .csv", field="--out", value=out.name, fix="end the name in .parquet")
    check_writable(out)
    if out.is_dir():
        raise OutputError("is a folder", file=out, fix="give the name of a file")
    if _same(out, source):
        raise UsageError(
            "is the file to be read, which is never replaced", field="--out", value=str(out), fix="give another name"
        )
    if out.exists() and not force and not _is_table(out):
        # Nothing in a CSV tells whose it is.
        raise OutputError(
            "is there already, and nothing in it says that Byssus wrote it",
            file=out,
            fix="give another name with --out, or replace it with --force",
        )


def _same(first: Path, second: Path) -> bool:
    """Say whether two names lead to one file, also through links."""
    try:
        return first.samefile(second)
    except OSError:  # one of them is not there
        return False


def _is_table(path: Path) -> bool:
    try:
        return PARQUET_KEY in pl.read_parquet_metadata(path)
    except (OSError, pl.exceptions.PolarsError):
        return False


def describe(table: Table) -> dict[str, Any]:
    """Return what a table is, as it stands in JSON answers."""
    data, metadata = table.data, table.metadata
    described: dict[str, Any] = {
        "kind": metadata.kind,
        "rows": table.rows,
        "columns": data.columns,
        "cycles": None,
        "origin": metadata.origin,
        "instrument": metadata.instrument.model_dump(mode="json"),
        "provenance": [source.model_dump(mode="json") for source in metadata.provenance],
        "missing": metadata.missing,
        "vendor": metadata.vendor,
        "content_hash": table.content_hash(),
    }
    if metadata.kind == "cycling":
        directions = data.group_by("Step Count / 1", maintain_order=True).first()["Cell Direction"].cast(str).to_list()
        active = [direction for direction in directions if direction != CellDirection.REST]
        described |= {
            "steps": len(directions),
            "cycles": max(cycles_of.number_cycles(directions, CellDirection(active[0]))) if active else 0,
            "end_time_s": data["Test Time / s"].max(),
            "voltage_V": [data["Voltage / V"].min(), data["Voltage / V"].max()],
            "current_A": [data["Current / A"].min(), data["Current / A"].max()],
            "vendor_columns": [name for name in data.columns if name.startswith(VENDOR)],
        }
    return described


@dataclass(frozen=True)
class Run:
    """What running a study made, and what it could not make."""

    study: Study
    folder: Path
    results: tuple[Result, ...]
    #: The binders' means, with what their intervals rest on.
    binders: tuple[BinderMean, ...]
    findings: tuple[Finding, ...]
    samples: dict[str, Any]
    #: What was asked for and could not be produced; each is one line for a person.
    errors: tuple[ByssusError, ...]

    @property
    def report(self) -> Path:
        """The report's absolute path."""
        return (self.folder / REPORT_FILE).resolve()

    def as_dict(self) -> dict[str, Any]:
        """Return the run as it stands in JSON answers and in results.json."""
        return {
            "schema": "byssus.run/1",
            "byssus_version": __version__,
            "title": self.study.title,
            "study": {"file": self.study.file.name, "sha256": sha256_of(self.study.file)},
            "findings": [finding.as_dict() for finding in self.findings],
            "samples": self.samples,
            "results": [result.as_dict() for result in self.results],
            "binders": [asdict(mean) for mean in self.binders],
            "versions": versions(),
        }


def demo(out: Path | None = None, progress: Progress = _silent) -> Run:
    """Run the study that ships with Byssus; its results go to `out`, by default ./byssus-demo."""
    with resources.as_file(resources.files("byssus") / "examples" / "demo") as folder:
        return run_study(folder, out=out or Path("byssus-demo"), progress=progress)


def run_study(path: Path, *, out: Path | None = None, progress: Progress = _silent) -> Run:
    """Do everything a study asks for, and write its results whole or not at all.

    Raises
    ------
    ByssusError
        If the study cannot be read, no cell of it can be analysed, or the results cannot
        be written; the results of an earlier run then stay as they were.
    """
    study = load(path)
    folder = out if out is not None else study.folder / RESULTS_FOLDER
    check_replaceable(folder)
    errors: list[ByssusError] = list(study.faults)
    findings: list[Finding] = study.findings()
    tables: dict[str, Table] = {}
    analysed: dict[str, cycles_of.Cycling] = {}
    total = len(study.cells) + 1
    for done, (name, cell) in enumerate(study.cells.items()):
        progress(f"reading {name}", done, total)
        try:
            sample = study.sample(name)
            table = join([read(study.folder / file, sample=sample, columns=cell.columns) for file in cell.files])
            result = cycles_of.analyse(table, baseline=study.analysis.retention_baseline)
        except Exception as error:
            # Whatever one cell holds, the others are still done; BYSSUS_DEBUG=1 shows where a defect is.
            if not isinstance(error, ByssusError) and os.environ.get("BYSSUS_DEBUG"):
                raise
            lack = _lack(error, name, cell.files[0])
            errors.append(lack)
            code = "unread-file" if isinstance(lack, ReadError) else "cell-left-out"
            findings.append(Finding(code, str(lack), sample=name, file=cell.files[0], field=lack.field))
            continue
        tables[name], analysed[name] = table, result
        findings += [finding.about(name) for finding in table.findings] + list(result.findings)
    if not analysed:
        raise errors[0] if len(errors) == 1 else SeveralErrors(errors)
    findings += [*_identical(tables), *_few_cells(tables, analysed), *_not_measured(study, analysed)]
    findings = by_severity(findings)

    progress("drawing", total - 1, total)
    summaries = {name: cycles_of.summarise(result) for name, result in analysed.items()}
    results = [result for summary in summaries.values() for result in summary]
    copies = _copies(tables, analysed)
    means = compare_binders(list(analysed.values()), summaries, _electrodes(study), copies=copies)
    figures = _figures(study, tables, analysed)
    run = Run(
        study=study,
        folder=folder,
        results=tuple(results),
        binders=tuple(means),
        findings=tuple(findings),
        samples={name: _sample(tables[name], result) for name, result in analysed.items()},
        errors=tuple(errors),
    )
    page = to_html(_report(study, tables, analysed, summaries, results, means, figures, findings))
    with folder_written_aside(folder) as aside:
        write_whole(aside / REPORT_FILE, page)
        write_whole(aside / "results.json", json.dumps(run.as_dict(), indent=1, ensure_ascii=False, allow_nan=False))
        frame = tidy(results)
        write_whole(aside / "results.csv", frame.write_csv())
        frame.write_parquet(aside / "results.parquet")
        for figure in figures:
            write_figure(figure, aside / "figures")
        names = study.file_names()
        for name, table in tables.items():
            table.write_parquet(aside / "tables" / f"{names[name]}.parquet")
            write_whole(aside / "cycles" / f"{names[name]}.csv", analysed[name].cycles.write_csv())
    return run


def _lack(error: Exception, name: str, file: str) -> ByssusError:
    """Return what stood in the way of a cell as an error of one line."""
    if isinstance(error, AnalysisError):
        return AnalysisError(error.message, field=f"cells.{name}.{error.field}", value=error.value, fix=error.fix)
    if isinstance(error, ByssusError):
        return error
    reason = (str(error).splitlines() or ["no message"])[0]
    return ByssusError(
        f"could not be analysed, by a defect of Byssus ({type(error).__name__}: {reason})",
        file=file,
        field=f"cells.{name}",
        fix="please report it with what BYSSUS_DEBUG=1 prints",
    )


def _tests(tables: dict[str, Table]) -> dict[str, list[str]]:
    """Return the samples that share each set of measured numbers."""
    shared: dict[str, list[str]] = {}
    for name, table in tables.items():
        shared.setdefault(table.measurement_hash(), []).append(name)
    return shared


def _identical(tables: dict[str, Table]) -> Iterator[Finding]:
    for names in _tests(tables).values():
        if len(names) > 1:
            yield Finding(
                "identical-data",
                f"{', '.join(names[:-1])} and {names[-1]} hold the same data to the last digit",
                sample=names[-1],
                value=len(names),
            )


def _few_cells(tables: dict[str, Table], analysed: dict[str, cycles_of.Cycling]) -> Iterator[Finding]:
    cells: dict[str, list[str]] = {}
    for names in _tests(tables).values():
        cells.setdefault(analysed[names[0]].group, []).append(names[0])
    for group, names in cells.items():
        if len(names) == 1:
            yield Finding(
                "single-cell",
                f"binder {group!r} is represented by this one cell; ± holds nothing of the spread between cells",
                sample=names[0],
                value=1,
            )


def _not_measured(study: Study, analysed: dict[str, cycles_of.Cycling]) -> Iterator[Finding]:
    for name, result in analysed.items():
        measured = set(result.cycles["Cycle / 1"])
        if absent := [cycle for cycle in study.analysis.profile_cycles if cycle not in measured]:
            yield Finding(
                "cycle-not-measured",
                f"the study asks for the profiles of cycles {', '.join(map(str, absent))}, which were not measured",
                sample=name,
                field="analysis.profile_cycles",
                value=absent[0],
            )


def _figures(study: Study, tables: dict[str, Table], analysed: dict[str, cycles_of.Cycling]) -> list[Figure]:
    groups = list(dict.fromkeys(study.binders))
    figures: list[Figure] = []
    electrodes = {name: study.cells[name].electrode for name in analysed}
    # Half cells made empty, half cells made full and full cells have different halves; each kind has its own figures.
    copies = _copies(tables, analysed)
    own = [result for name, result in analysed.items() if name not in copies]
    by_kind = kinds(own)
    for words, results in by_kind.items():
        suffix = "" if len(by_kind) == 1 else f"{words[0]}-first"
        drawn = (
            draw.capacity_and_efficiency(results, groups, electrodes),
            draw.retention(results, groups, electrodes),
        )
        for figure in drawn:
            if figure is not None:
                named = {"name": f"{figure.name}-{suffix}", "title": f"{figure.title} ({words[0]} first)"}
                figures.append(figure.model_copy(update=named) if suffix else figure)
    files, wanted = study.file_names(), study.analysis.profile_cycles
    return figures + [
        draw.voltage_profiles(tables[result.sample], result, groups, wanted, file=files[result.sample], choice=choice)
        for result, choice in draw.shown_profiles(own)
    ]


def _copies(tables: dict[str, Table], analysed: dict[str, cycles_of.Cycling]) -> set[str]:
    """Return the samples that hold the same data as an earlier one of their binder and kind."""
    copies: set[str] = set()
    for names in _tests(tables).values():
        seen: set[tuple[str, tuple[str, str]]] = set()
        for name in names:
            what = (analysed[name].group, analysed[name].words)
            copies |= {name} if what in seen else set()
            seen.add(what)
    return copies


def _report(
    study: Study,
    tables: dict[str, Table],
    analysed: dict[str, cycles_of.Cycling],
    summaries: dict[str, list[Result]],
    results: Sequence[Result],
    means: Sequence[BinderMean],
    figures: Sequence[Figure],
    findings: Sequence[Finding],
) -> Report:
    notes = [(name, part.note) for name, part in study.parts() if part.note]
    methods = list(dict.fromkeys(entry for result in analysed.values() for entry in cycles_of.methods(result)))
    inputs: list[tuple[str, Provenance]] = [
        (name, source) for name, table in tables.items() for source in table.metadata.provenance
    ]
    file = study.file
    said = Provenance(file=file.name, sha256=sha256_of(file), size=file.stat().st_size, reader="byssus.study")
    answer = answers(list(analysed.values()), summaries, means, _electrodes(study), _copies(tables, analysed))
    if any(part.binders for part in answer):
        methods.append(METHOD)
    return Report(
        title=study.title,
        answers=answer,
        results=results,
        figures=figures,
        findings=findings,
        methods=methods,
        inputs=[("study", said), *inputs],
        samples=[table.metadata.sample for table in tables.values()],
        notes=notes,
    )


def _electrodes(study: Study) -> dict[str, str]:
    return {name: cell.electrode for name, cell in study.cells.items()}


def _sample(table: Table, result: cycles_of.Cycling) -> dict[str, Any]:
    return table.metadata.sample.model_dump(mode="json") | {
        "binder": result.group,
        "origin": result.origin,
        "provenance": [source.model_dump(mode="json") for source in table.metadata.provenance],
        "content_hash": table.content_hash(),
        "cycling": {
            "words": list(result.words),
            "retention_baseline": result.baseline,
            "summary": result.cycles.to_dicts(),
        },
    }
