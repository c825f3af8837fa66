"""``byssus analyse``: a test that is no plain cycling, from its files to its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from byssus.app import terminal
from byssus.app.columns import ColumnsOption, column_map
from byssus.conventions import Configuration, Made
from byssus.errors import UsageError

if TYPE_CHECKING:
    from byssus.analysis.examined import Examined
    from byssus.study.techniques import Technique

_SCHEMA = "byssus.analyse/1"


def analyse(
    kind: Annotated[str | None, typer.Argument(help="The test: gitt, ici, cv, ...; none lists them.")] = None,
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Its files, and what is not in them: 'scan rate=0.1 mV/s'. No file: what may be given."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a report, figures and tables; without it the numbers are printed.")
    ] = None,
    cell: Annotated[Configuration | None, typer.Option(help="What the cell is.")] = None,
    made: Annotated[Made | None, typer.Option(help="How the electrode of a half cell was made.")] = None,
    reader: Annotated[str | None, typer.Option(help="Name of a reader, to skip the recognition by content.")] = None,
    columns: ColumnsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Analyse GITT, voltammetry, conductivity and the like from an instrument's files."""
    from byssus.study.techniques import TECHNIQUES, technique_called

    empty: dict[str, Any] = {"schema": _SCHEMA, "samples": {}, "results": []}
    with terminal.answering(as_json, empty):
        asked = None if kind is None else technique_called(kind)
        paths, given = ([], {}) if asked is None else _sorted(asked, files or ())
        if given and not paths:
            raise UsageError("names no file", field="FILES", fix=f"byssus analyse {kind} FILE [NAME=VALUE ...]")
    if asked is None or not paths:
        _describe(list(TECHNIQUES.values()) if asked is None else [asked], as_json)
        return
    with terminal.answering(as_json, empty):
        mapped = column_map(columns, next(each for each in asked.kinds if each != "pulses"))
    options = {"configuration": cell, "made": made, "reader": reader, "columns": mapped, "out": out}
    _carry_out(asked, paths, given, options, as_json)


def _sorted(asked: Technique, words: Sequence[str]) -> tuple[list[Path], dict[str, str]]:
    """Part files from what is given of them; a file may have an equals sign in its name."""
    paths: list[Path] = []
    given: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or Path(word).exists():
            paths.append(Path(word))
            continue
        called = asked.condition(name).name
        if called in given:
            raise UsageError("is given twice", field=called, value=value.strip(), fix="give it once")
        given[called] = value.strip()
    return paths, given


def _describe(techniques: Sequence[Technique], as_json: bool) -> None:
    if as_json:
        listed = [
            {
                "name": each.name,
                "title": each.title,
                "tables": list(each.kinds),
                "several": each.several,
                "conditions": [
                    {
                        "name": one.name,
                        "unit": one.unit,
                        "words": list(one.words),
                        "each": one.each,
                        "meaning": one.meaning,
                    }
                    for one in each.conditions
                ],
            }
            for each in techniques
        ]
        terminal.print_json({"schema": _SCHEMA, "findings": [], "techniques": listed, "samples": {}, "results": []})
        return
    if len(techniques) > 1:
        terminal.print_rows([(each.name, each.title) for each in techniques])
        print("\n'byssus analyse NAME' tells what may be given of one")  # noqa: T201
        return
    for each in techniques:
        print(f"{each.name}: {each.title}")  # noqa: T201
        files = "its files are one test" if each.several else "each file is a test"
        print(f"from tables of {' or '.join(each.kinds)}; {files}\n")  # noqa: T201
        terminal.print_rows(
            [(one.name, f"[{one.unit or ' or '.join(one.words) or 'text'}] {one.meaning}") for one in each.conditions]
        )


def _carry_out(
    asked: Technique, paths: list[Path], given: dict[str, str], options: dict[str, Any], as_json: bool
) -> None:
    from byssus import workflow

    with (
        terminal.answering(as_json, {"schema": _SCHEMA, "samples": {}, "results": []}),
        terminal.progressing() as progress,
    ):
        done = workflow.analyse_files(asked.name, paths, given, progress=progress, **options)
    for lack in done.errors:
        terminal.say(str(lack))
    if as_json:
        terminal.print_json(done.as_dict() | {"report": None if done.report is None else str(done.report)})
    else:
        print_tests(done.examined, [each.sample for each in done.examined] if len(done.examined) > 1 else ())
        terminal.print_findings(done.findings)
        if done.report is not None:
            print(done.report)  # noqa: T201 - unwrapped and last
    if done.errors:
        raise typer.Exit(1)


def print_tests(examined: Sequence[Examined], titles: Sequence[str] = ()) -> None:
    """Print the numbers of each test, under its title where it has one, and what they tell together."""
    for at, each in enumerate(examined):
        if titles:
            print(f"\n{titles[at]}")  # noqa: T201
        terminal.print_rows(
            [(f"{one.name}, {one.basis}" if one.basis else one.name, _said(one)) for one in each.results]
        )
    _print_changes(examined)


def _print_changes(examined: Sequence[Examined]) -> None:
    """Print what cycling changed in impedance, and which binders differ, where spectra before and after are known."""
    from byssus.analysis.impedance import before_and_after
    from byssus.report.tests import tables_of_changes

    if before_and_after(examined) is None:
        return
    for table in tables_of_changes(examined):
        print(f"\n{table.title}, with 95 % intervals")  # noqa: T201
        heads = (table.heads[0], table.heads[1], "", *(column.name for column in table.columns))
        rows = [
            (
                row.name,
                *row.words,
                *(" ".join((entry.text, *(f"({under})" for under in entry.under))) for entry in row.entries),
            )
            for row in table.rows
        ]
        terminal.print_table(heads, rows)


def _said(result: Any) -> str:
    reserved = f" ({result.reason})" if result.value is not None and result.reason else ""
    return f"{result}{reserved}"
