"""The verbs that the command line and the web page share.

Each takes plain paths and options, reports progress through a callable, keeps going past
what is broken, and returns what was made together with what could not be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from byssus import __version__
from byssus.analysis import cycling as cycles_of
from byssus.analysis.result import Result, tidy
from byssus.conventions import CellDirection, Configuration
from byssus.errors import ByssusError, UsageError
from byssus.figure import cycling as draw
from byssus.figure.export import write_figure
from byssus.figure.spec import Figure
from byssus.files import check_replaceable, folder_written_aside, write_whole
from byssus.findings import Finding, by_severity
from byssus.measured.metadata import Provenance, Sample
from byssus.measured.read import read
from byssus.measured.tables import VENDOR, Table
from byssus.report.build import Report, SampleRow, to_html, versions
from byssus.study.study import Study, load

Progress = Callable[[str, int, int], None]

REPORT_FILE = "report.html"
RESULTS_FOLDER = "results"
#: What the answer of a report shows of each sample, where the sample has it.
_HEADLINES = ("first-cycle {second}", "first-cycle coulombic", "mean coulombic", "last {second}", "retention")


def _silent(_message: str, _done: int, _total: int) -> None:
    return


def read_file(
    path: Path,
    *,
    out: Path | None = None,
    reader: str | None = None,
    configuration: Configuration | None = None,
) -> Table:
    """Read any instrument's file, and write the table to `out` if that is given.

    `out` ends in ``.parquet`` (data, metadata and findings) or ``.csv`` (data only).
    """
    if out is not None and out.suffix.lower() not in {".parquet", ".csv"}:
        raise UsageError("is neither .parquet nor .csv", field="--out", value=out.name, fix="end the name in .parquet")
    table = read(path, sample=Sample(configuration=configuration), reader=reader)
    if out is not None:
        if out.suffix.lower() == ".parquet":
            table.write_parquet(out)
        else:
            write_whole(out, table.data.write_csv())
    return table


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
            "findings": [finding.as_dict() for finding in self.findings],
            "samples": self.samples,
            "results": [result.as_dict() for result in self.results],
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
            table = read(study.folder / cell.files[0], sample=study.sample(name))
            result = cycles_of.analyse(table, baseline=study.analysis.retention_baseline)
        except ByssusError as error:
            errors.append(error)
            code = "unread-file" if error.file else "cell-left-out"
            findings.append(Finding(code, str(error), sample=name, file=cell.files[0], field=error.field))
            continue
        tables[name], analysed[name] = table, result
        findings += [finding.about(name) for finding in table.findings] + list(result.findings)
    if not analysed:
        raise errors[-1] if errors else ByssusError("no cell could be analysed", file=study.file)
    findings += _few_cells(analysed.values())
    findings = by_severity(findings)

    progress("drawing", total - 1, total)
    summaries = {name: cycles_of.summarise(result) for name, result in analysed.items()}
    results = [result for summary in summaries.values() for result in summary]
    figures = _figures(study, tables, analysed)
    run = Run(
        study=study,
        folder=folder,
        results=tuple(results),
        findings=tuple(findings),
        samples={name: _sample(study, name, result) for name, result in analysed.items()},
        errors=tuple(errors),
    )
    page = to_html(_report(study, tables, analysed, summaries, results, figures, findings))
    with folder_written_aside(folder) as aside:
        write_whole(aside / REPORT_FILE, page)
        write_whole(aside / "results.json", json.dumps(run.as_dict(), indent=1, ensure_ascii=False, allow_nan=False))
        frame = tidy(results)
        write_whole(aside / "results.csv", frame.write_csv())
        frame.write_parquet(aside / "results.parquet")
        for figure in figures:
            write_figure(figure, aside / "figures")
        for name, table in tables.items():
            table.write_parquet(aside / "tables" / f"{draw.file_name(name)}.parquet")
            write_whole(aside / "cycles" / f"{draw.file_name(name)}.csv", analysed[name].cycles.write_csv())
    return run


def _few_cells(analysed: Iterable[cycles_of.Cycling]) -> list[Finding]:
    cells: dict[str, list[str]] = {}
    for result in analysed:
        cells.setdefault(result.group, []).append(result.sample)
    return [
        Finding(
            "single-cell",
            f"binder {group!r} is represented by this one cell; ± holds nothing of the spread between cells",
            sample=samples[0],
            value=1,
        )
        for group, samples in cells.items()
        if len(samples) == 1
    ]


def _figures(study: Study, tables: dict[str, Table], analysed: dict[str, cycles_of.Cycling]) -> list[Figure]:
    groups = list(dict.fromkeys(study.binders))
    figures: list[Figure] = []
    # Half cells made empty, half cells made full and full cells have different halves; each kind has its own figures.
    by_words: dict[tuple[str, str], list[cycles_of.Cycling]] = {}
    for result in analysed.values():
        by_words.setdefault(result.words, []).append(result)
    for words, results in by_words.items():
        suffix = "" if len(by_words) == 1 else f"{words[0]}-first"
        for figure in (draw.capacity_and_efficiency(results, groups), draw.retention(results, groups)):
            if figure is not None:
                named = {"name": f"{figure.name}-{suffix}", "title": f"{figure.title} ({words[0]} first)"}
                figures.append(figure.model_copy(update=named) if suffix else figure)
    wanted = study.analysis.profile_cycles
    return figures + [draw.voltage_profiles(tables[name], result, groups, wanted) for name, result in analysed.items()]


def _report(
    study: Study,
    tables: dict[str, Table],
    analysed: dict[str, cycles_of.Cycling],
    summaries: dict[str, list[Result]],
    results: Sequence[Result],
    figures: Sequence[Figure],
    findings: Sequence[Finding],
) -> Report:
    notes = [(name, part.note) for name, part in study.parts() if part.note]
    methods = list(dict.fromkeys(entry for result in analysed.values() for entry in cycles_of.methods(result)))
    inputs: list[tuple[str, Provenance]] = [
        (name, source) for name, table in tables.items() for source in table.metadata.provenance
    ]
    return Report(
        title=study.title,
        samples=[
            SampleRow(name, result.group, _headlines(summaries[name], result), _sentence(summaries[name], result))
            for name, result in analysed.items()
        ],
        results=results,
        figures=figures,
        findings=findings,
        methods=methods,
        inputs=inputs,
        notes=notes,
    )


def _headlines(results: Sequence[Result], cycling: cycles_of.Cycling) -> list[Result]:
    """Choose what the answer shows: one basis of capacity, both efficiencies, retention."""
    basis = str(cycling.best_basis)
    shown = [result for result in results if result.unit == "%" or result.basis == basis]
    wanted = [start.format(second=cycling.words[1]) for start in _HEADLINES]
    return [result for start in wanted for result in shown if result.name.startswith(start)]


def _sentence(results: Sequence[Result], cycling: cycles_of.Cycling) -> str | None:
    """Say the answer in words, if its numbers are there."""
    first, second = cycling.words
    found = {result.name: result for result in _headlines(results, cycling) if result.value is not None}
    gave = found.get(f"first-cycle {second} capacity")
    efficiency = found.get("first-cycle coulombic efficiency")
    last, kept = found.get(f"last {second} capacity"), found.get(f"retention of {second} capacity")
    if gave is None or efficiency is None:
        return None
    sentence = (
        f"{cycling.sample} (binder: {cycling.group}) gave {gave} in the {second} of its first cycle, {efficiency} of what "
        f"its {first} had taken"
    )
    if last is not None and kept is not None:
        sentence += f"; in cycle {last.cycle} it gave {last}, {kept} of cycle {cycling.baseline}"
    return f"{sentence}."


def _sample(study: Study, name: str, result: cycles_of.Cycling) -> dict[str, Any]:
    sample = study.sample(name)
    return {
        "binder": result.group,
        "electrode": sample.electrode,
        "configuration": sample.configuration,
        "origin": result.origin,
        "cycling": {
            "words": list(result.words),
            "retention_baseline": result.baseline,
            "summary": result.cycles.to_dicts(),
        },
    }
