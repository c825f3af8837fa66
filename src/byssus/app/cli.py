"""``byssus``: the verbs, their options, their exit codes.

Standard output is for what was asked for, standard error for progress and errors, so that
both can be piped.  Exit codes: 0, all that was asked for was produced; 1, something could
not be; 2, the words of the command are off.  Everything heavy is imported by the verb
that needs it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from byssus import __version__
from byssus.conventions import Configuration
from byssus.errors import ByssusError
from byssus.findings import Finding, by_severity

app = typer.Typer(
    name="byssus",
    help="A workbench for the binders of lithium batteries.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

#: Tables on the terminal fit this many columns.
_WIDTH = 100


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    debug = bool(os.environ.get("BYSSUS_DEBUG"))
    for stream in (sys.stdout, sys.stderr):
        # A pipe on Windows would otherwise refuse ± and µ.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8")
    try:
        code = app(arguments, standalone_mode=False)
    except ByssusError as error:
        if debug:
            raise
        _say(str(error))
        code = error.exit_code
    except typer.TyperException as error:
        _say(f"{error.format_message()} See 'byssus {_verb(error)}--help'.")
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        _say("stopped; nothing half-done was left behind")
        code = 130
    except BrokenPipeError:
        # The reader of the pipe has left; say nothing, and keep Python from saying it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if debug:
            raise
        _say(
            f"internal error ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}); "
            "this is a defect of Byssus: please report it with what BYSSUS_DEBUG=1 prints"
        )
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(f"byssus {__version__}")
        raise typer.Exit


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option(help="Folder for the results [./byssus-demo].")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run the study that ships with Byssus, from a raw cycler file to a report."""
    from byssus import workflow

    _run(lambda progress: workflow.demo(out, progress), as_json)


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="A study.yaml, or the folder that holds one.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the results [STUDY/results].")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Do everything a study asks for, and write its report."""
    from byssus import workflow

    _run(lambda progress: workflow.run_study(study, out=out, progress=progress), as_json)


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="An instrument's file.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the table there: .parquet, or .csv for the data alone.")
    ] = None,
    cell: Annotated[
        Configuration | None, typer.Option(help="What the cell is; a half cell gets electrode directions.")
    ] = None,
    reader: Annotated[str | None, typer.Option(help="Name of a reader, to skip the recognition by content.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read an instrument's file to one table, and say what looks wrong."""
    from byssus import workflow

    try:
        with _progress() as progress:
            progress(f"reading {file.name}", 0, 1)
            table = workflow.read_file(file, out=out, reader=reader, configuration=cell)
    except ByssusError as error:
        if as_json:
            _print_json({"schema": "byssus.read/1", "findings": [_as_finding(error)], "table": None})
        raise
    described = workflow.describe(table)
    if as_json:
        findings = [finding.as_dict() for finding in by_severity(table.findings)]
        _print_json({"schema": "byssus.read/1", "findings": findings, "table": described})
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
    rows += [(f"no {name}", reason) for name, reason in described["missing"].items()]
    if out is not None:
        rows.append(("written to", str(out.resolve())))
    _print_rows(rows)
    _print_findings(table.findings)


@app.command()
def validate(
    area: Annotated[str | None, typer.Argument(help="One area; all if none is named.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("docs/validation"),
) -> None:
    """Compare Byssus with independent truths on the real test files, and write the pages."""
    from byssus.validation import pages

    failed = False
    for name, page in pages.write(area, out):
        typer.echo(f"{'holds' if page.holds else 'FAILS'}  {name}: {page.summary}")
        failed |= not page.holds
    if failed:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what is installed, what is missing, and how to get it."""
    from byssus.app import doctor as checks

    report = checks.examine()
    if as_json:
        _print_json({"schema": "byssus.doctor/1", "findings": [], "checks": [check.as_dict() for check in report]})
    else:
        _print_rows([(f"{check.mark} {check.name}", check.text) for check in report])
    if any(check.state == "broken" for check in report):
        raise typer.Exit(1)


def _run(verb: Callable[[Any], Any], as_json: bool) -> None:
    """Carry out a study and tell of it; the report's path is the last line of standard output."""
    try:
        with _progress() as progress:
            done = verb(progress)
    except ByssusError as error:
        if as_json:
            _print_json({"schema": "byssus.run/1", "findings": [_as_finding(error)], "samples": {}, "results": []})
        raise
    for lack in done.errors:
        _say(str(lack))
    if as_json:
        _print_json(done.as_dict() | {"report": str(done.report)})
    else:
        _print_results(done)
        _print_findings(done.findings)
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
    for result in done.results:
        grid.add_row(
            result.sample or "",
            result.name,
            result.basis or "",
            "" if result.cycle is None else str(result.cycle),
            str(result),
        )
    _console().print(grid)


def _print_rows(rows: Iterable[tuple[str, str]]) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(Text(name), Text(value, overflow="fold"))
    _console().print(grid)


def _print_findings(findings: Iterable[Finding]) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    ordered = by_severity(findings)
    if not ordered:
        return
    colours = {"error": "red", "warning": "yellow", "note": "dim"}
    grid = Grid.grid(padding=(0, 2))
    for finding in ordered:
        about = f"{finding.sample}: " if finding.sample else ""
        grid.add_row(
            Text(finding.severity, style=colours[finding.severity]),
            Text(finding.code),
            Text(f"{about}{finding.message}"),
        )
    console = _console()
    console.print()
    console.print(grid)


def _console() -> Any:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    # A pipe has no width: a wide one keeps one row on one line where it can.
    console.width = min(console.width, _WIDTH) if console.is_terminal else _WIDTH
    return console


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal's standard error; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _message, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda message, done, total: bar.update(task, description=message, completed=done, total=total)


def _as_finding(error: ByssusError) -> dict[str, Any]:
    code = "study-field" if type(error).__name__ == "StudyError" else "unread-file"
    return Finding(code, str(error), file=error.file, field=error.field).as_dict()


def _print_json(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, ensure_ascii=False, allow_nan=False))  # noqa: T201


def _say(line: str) -> None:
    print(f"byssus: {line}", file=sys.stderr)  # noqa: T201


def _verb(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.info_name} " if context is not None and context.parent is not None else ""
