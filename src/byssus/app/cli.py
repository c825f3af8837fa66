"""``byssus``: the verbs, their options, their exit codes.

Standard output is for what was asked for, standard error for progress and errors, so that
both can be piped.  Exit codes: 0, all that was asked for was produced; 1, something could
not be; 2, the words of the command are off.  Everything heavy is imported by the verb
that needs it.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from byssus import __version__
from byssus.app import analyse, calc, design, known, protocol, sensitivity, simulate, terminal
from byssus.app.columns import ColumnsOption, column_map
from byssus.conventions import Configuration, Made
from byssus.errors import (
    ByssusError,
    OutputError,
    UsageError,
)
from byssus.findings import Finding, by_severity

if TYPE_CHECKING:
    pass

app = typer.Typer(name="byssus", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


class _StdoutError(Exception):
    """Standard output takes nothing more."""


class _Stdout(io.TextIOWrapper):
    """Standard output that tells its own failure from every other failure of the system."""

    def write(self, text: str, /) -> int:
        with self._told():
            return super().write(text)

    def flush(self) -> None:
        with self._told():
            super().flush()

    @staticmethod
    @contextlib.contextmanager
    def _told() -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _StdoutError(
                f"cannot write to standard output ({error.strerror}); make room, or send it elsewhere"
            ) from error


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    # A pipe on Windows would refuse ± and µ, and any stream a name of a file that is no text in its locale.
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdout, io.TextIOWrapper):
        at_once = sys.stdout.line_buffering
        sys.stdout = _Stdout(sys.stdout.buffer, "utf-8", "backslashreplace", line_buffering=at_once)
    try:
        code = _carry_out(sys.argv[1:] if arguments is None else list(arguments))
        if sys.stdout is not None:  # it may be closed from the start
            sys.stdout.flush()  # while a failure can still be told
    except BrokenPipeError:
        # The reader of the pipe has seen enough.
        code = 0
        _drop_stdout()
    except _StdoutError as error:
        code = 1
        _drop_stdout()
        terminal.say(str(error))
    sys.exit(code)


def _carry_out(words: Sequence[str]) -> int:
    """Carry out one command, tell of every failure in one line, and return the exit code."""
    debug = bool(os.environ.get("BYSSUS_DEBUG"))
    # The verb may not have been reached, so the words themselves say in which form to fail.
    as_json = "--json" in words
    command = typer.main.get_command(app)
    try:
        # Not app(): that turns a broken pipe into exit code 1, and Ctrl-C into silence.
        with command.make_context("byssus", list(words)) as context:
            command.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    except ByssusError as error:
        if debug:
            raise
        for one in terminal.each_of(error):
            terminal.say(str(one))
        return error.exit_code
    except typer.TyperException as error:
        line = f"{error.format_message()} See 'byssus {_verb(error)}--help'."
        terminal.say(line)
        if as_json:
            terminal.print_json({"schema": "byssus.error/1", "findings": [Finding("usage", line).as_dict()]})
        return 2
    except (KeyboardInterrupt, typer.Abort):
        terminal.say("stopped; nothing half-done was left behind")
        return 130
    except (BrokenPipeError, _StdoutError):
        raise
    except Exception as error:
        if debug:
            raise
        line = (
            f"internal error ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}); "
            "this is a defect of Byssus: please report it with what BYSSUS_DEBUG=1 prints"
        )
        terminal.say(line)
        if as_json:
            terminal.print_json({"schema": "byssus.error/1", "findings": [Finding("internal", line).as_dict()]})
        return 1
    return 0


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """A workbench for the binders of lithium batteries."""
    if version:
        typer.echo(f"byssus {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option(help="Folder for the results [./byssus-demo].")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run the study that ships with Byssus, from a raw cycler file to a report."""
    from byssus import workflow

    _run(lambda progress: workflow.demo(out, progress), as_json)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The study's folder; made if need be.")] = Path(),
    cell: Annotated[Configuration | None, typer.Option(help="What all cells are, if that is known.")] = None,
    made: Annotated[Made | None, typer.Option(help="How all electrodes are made: empty or full of lithium.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a commented study.yaml, with a cell for each instrument's file that is there already."""
    from byssus.study.start import start

    with (
        terminal.answering(as_json, {"schema": "byssus.init/1", "file": None, "cells": {}}),
        terminal.progressing() as progress,
    ):
        done = start(folder, configuration=cell, made=made, progress=progress)
    if as_json:
        answer = {"file": str(done.file.resolve()), "cells": done.found, "remarks": list(done.remarks)}
        terminal.print_json({"schema": "byssus.init/1", "findings": []} | answer)
        return
    if done.found:
        print("Cells were made of these files:")  # noqa: T201
        terminal.print_rows([(f"  {file}", title) for file, title in done.found.items()])
    for remark in done.remarks:
        print(f"Left out: {remark}")  # noqa: T201
    print(f"Fill in what is blank, then: byssus run {shlex.quote(str(folder))}")  # noqa: T201
    print(done.file.resolve())  # noqa: T201


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="A study.yaml, or the folder that holds one.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results [STUDY/results].")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the raw files, instead of the one that the study names.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Analyse every cell anew, also those that an earlier run has finished.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Do everything a study asks for, and write its report."""
    from byssus import workflow

    _run(lambda progress: workflow.run_study(study, out=out, data=data, fresh=fresh, progress=progress), as_json)


@app.command()
def figure(
    results: Annotated[Path, typer.Argument(help="A study that was run, or the folder of its results.")],
    name: Annotated[str | None, typer.Argument(help="The figure; --list says which there are.")] = None,
    cycles: Annotated[str | None, typer.Option(help="Cycles to draw, as 1,2,10 or 1-50.")] = None,
    basis: Annotated[str | None, typer.Option(help="Of capacities: active, coating, area or cell.")] = None,
    width: Annotated[float, typer.Option(help="Width in cm; journals have 8.5 and 17.5.", min=4, max=60)] = 8.5,
    height: Annotated[
        float | None, typer.Option(help="Height in cm, instead of the figure's own.", min=3, max=60)
    ] = None,
    groups: Annotated[str | None, typer.Option(help="Binders to draw, with commas between.")] = None,
    cells: Annotated[str | None, typer.Option(help="Cells to draw, with commas between.")] = None,
    formats: Annotated[
        str, typer.Option("--format", help="Some of svg, pdf, png, csv, origin, json, with commas between.")
    ] = "svg,pdf,csv",
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("byssus-figures"),
    force: Annotated[bool, typer.Option("--force", help="Replace files of these names, whoever wrote them.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the figures and leave.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Draw a figure of a study again, with other choices, without running the study again."""
    from byssus.figure import redraw

    with (
        terminal.answering(as_json, {"schema": "byssus.figure/1", "figures": [], "files": []}),
        terminal.progressing() as progress,
    ):
        progress("reading the results", 0, 0)
        left = redraw.Results.at(results)
        if listing:
            files, caption = [], ""
            titles = left.offered
        else:
            if name is None:
                raise UsageError("names no figure", field="NAME", fix=f"give one of {', '.join(left.offered)}")
            wanted = redraw.Wanted.of(cycles=cycles, basis=basis, groups=groups, cells=cells)
            kinds = redraw.formats(formats)
            progress(f"drawing {name}", 0, 0)
            drawn = left.draw(name, wanted)
            files = redraw.write(drawn, out, kinds, width_cm=width, height_cm=height, force=force)
            caption, titles = drawn.caption, {drawn.name: drawn.title}
    remark = "the study was edited since its run, and the figure is of what it said then" if left.changed else None
    if as_json:
        figures = [{"name": one, "title": title} for one, title in titles.items()]
        answer = {"figures": figures, "caption": caption, "files": [str(file.resolve()) for file in files]}
        terminal.print_json({"schema": "byssus.figure/1", "findings": [], "remark": remark} | answer)
        return
    if remark:
        terminal.say(remark)
    if listing:
        # A name is there to be copied, so it stands on a line of its own, whole.
        for one, title in titles.items():
            print(f"{one}\n    {title}")  # noqa: T201
        return
    terminal.screen().print(caption, markup=False)
    for file in files:
        print(file.resolve())  # noqa: T201


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="An instrument's file.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the table there: .parquet, or .csv for the data alone.")
    ] = None,
    cell: Annotated[
        Configuration | None, typer.Option(help="What the cell is; a half cell gets electrode directions.")
    ] = None,
    made: Annotated[
        Made | None,
        typer.Option(
            help="How the electrode of a half cell was made; its cycles are then checked too, as a full cell's are."
        ),
    ] = None,
    reader: Annotated[str | None, typer.Option(help="Name of a reader, to skip the recognition by content.")] = None,
    columns: ColumnsOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands at --out, whoever wrote it.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read an instrument's file to one table, and say what looks wrong."""
    from byssus import workflow

    with terminal.answering(as_json, {"schema": "byssus.read/1", "table": None}), terminal.progressing() as progress:
        progress(f"reading {file.name}", 0, 1)
        table = workflow.read_file(
            file,
            out=out,
            reader=reader,
            columns=column_map(columns, "cycling"),
            configuration=cell,
            made=made,
            force=force,
        )
    described = workflow.describe(table)
    if as_json:
        findings = [finding.as_dict() for finding in by_severity(table.findings)]
        terminal.print_json({"schema": "byssus.read/1", "findings": findings, "table": described})
        return
    rows = [
        ("file", file.name),
        ("read as", described["provenance"][0]["reader"]),
        ("instrument", described["instrument"]["vendor"] or "not stated"),
        ("kind", described["kind"]),
        ("rows", f"{described['rows']:,}"),
    ]
    if described["kind"] == "cycling":
        low, high = described["voltage_V"]
        least, most = (1000 * value for value in described["current_A"])
        rows += [
            ("steps, cycles", f"{described['steps']}, {described['cycles']}"),
            ("duration", f"{described['end_time_s'] / 3600:.2f} h"),
            ("voltage", f"{low:.4g} to {high:.4g} V"),
            ("current", f"{least:.4g} to {most:.4g} mA (positive charges the cell)"),
        ]
    rows += [(name, str(value)) for name, value in table.metadata.conditions.items()]
    rows += [(f"no {name}", reason) for name, reason in described["missing"].items()]
    if out is not None:
        rows.append(("written to", str(out.resolve())))
    terminal.print_rows(rows)
    terminal.print_findings(table.findings)


@app.command()
def validate(
    area: Annotated[str | None, typer.Argument(help="One area; all if none is named.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("docs/validation"),
    as_json: JsonFlag = False,
) -> None:
    """Compare Byssus with independent truths on the real test files, and write the pages."""
    from byssus.files import check_writable
    from byssus.validation import pages

    areas: list[dict[str, Any]] = []
    with terminal.answering(as_json, {"schema": "byssus.validate/1", "areas": []}):
        _check_generated(out)
        check_writable(out / "index.md")
        for name, page in pages.write(area, out):
            comparisons = [
                {key: terminal.finite(value) for key, value in asdict(comparison).items()} | {"holds": comparison.holds}
                for comparison in page.comparisons
            ]
            areas.append({"name": name, "holds": page.holds, "summary": page.summary, "comparisons": comparisons})
            if not as_json:
                typer.echo(f"{'holds' if page.holds else 'FAILS'}  {name}: {page.summary}")
    if as_json:
        terminal.print_json({"schema": "byssus.validate/1", "findings": [], "areas": areas})
    if not all(each["holds"] for each in areas):
        raise typer.Exit(1)


def _check_generated(folder: Path) -> None:
    """Refuse a folder that holds a page which is not generated: pages are replaced, and the index lists them all."""
    for page in sorted(folder.glob("*.md")):
        if b"Generated by `make validate`" not in page.read_bytes():
            raise OutputError(
                "was not written by 'byssus validate', and stands where its pages go",
                file=page,
                fix="name another folder with --out",
            )


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what is installed, what is missing, and how to get it."""
    from byssus.app import doctor as checks

    report = checks.examine()
    if as_json:
        terminal.print_json(
            {"schema": "byssus.doctor/1", "findings": [], "checks": [check.as_dict() for check in report]}
        )
    else:
        terminal.print_rows([(f"{check.mark} {check.name}", check.text) for check in report])
    if any(check.state == "broken" for check in report):
        raise typer.Exit(1)


app.command()(analyse.analyse)
app.command()(known.binders)
app.command()(known.show)
app.command()(known.facts)
app.command()(calc.calc)
app.command()(design.design)
app.command()(simulate.simulate)
app.command()(sensitivity.sensitivity)
app.command()(protocol.protocol)


def _run(verb: Callable[[Any], Any], as_json: bool) -> None:
    """Carry out a study and tell of it; the report's path is the last line of standard output."""
    with (
        terminal.answering(as_json, {"schema": "byssus.run/1", "samples": {}, "results": []}),
        terminal.progressing() as progress,
    ):
        done = verb(progress)
    for lack in done.errors:
        terminal.say(str(lack))
    if as_json:
        terminal.print_json(done.as_dict() | {"report": str(done.report)})
    else:
        if done.headlines or not done.examined:
            _print_results(done)
        if done.examined:
            analyse.print_tests(done.examined, [f"{each.sample} ({each.technique})" for each in done.examined])
            print()  # noqa: T201
        terminal.screen().print(f"{len(done.results)} numbers in all, in results.csv beside the report")
        for said in (str(done.reuse), done.reuse.note):
            if said:
                terminal.screen().print(said, markup=False)
        terminal.print_findings(done.findings, report=True)
        print(done.report)  # noqa: T201 - unwrapped and last, whatever the width of the terminal
    if done.errors:
        raise typer.Exit(1)


def _print_results(done: Any) -> None:
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("sample", "quantity", "basis", "cycle"):
        grid.add_column(heading, justify="right" if heading == "cycle" else "left")
    grid.add_column("value", justify="right")
    lines = []
    for result in done.headlines:
        cycle = "" if result.cycle is None else str(result.cycle)
        grid.add_row(result.sample or "", result.name, result.basis or "", cycle, str(result))
        about = (result.sample, result.name, result.basis, cycle and f"cycle {cycle}")
        lines.append(f"{', '.join(part for part in about if part)}: {result}")
    terminal.print_grid(grid, lines)


def _drop_stdout() -> None:
    """Send what is still to be printed nowhere, or Python would try again at its exit and fail aloud."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _verb(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.info_name} " if context is not None and context.parent is not None else ""
