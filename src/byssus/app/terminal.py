"""How answers look: on a terminal, in a pipe, as JSON; and progress while they are on their way."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byssus.errors import (
    AnalysisError,
    ByssusError,
    KnowledgeError,
    OutputError,
    ProtocolError,
    ReadError,
    RecipeError,
    SeveralErrors,
    SimulationError,
    StudyError,
    TableError,
    UnitError,
    UsageError,
)
from byssus.findings import Finding, by_severity

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid

#: Tables on the terminal fit this many columns.
_WIDTH = 100
#: Progress is shown of what takes longer, in s.
_PATIENCE = 2.0
#: Where there is no terminal, as in the log of a batch, a line says it so often, in s.
_LINE_EVERY = 30.0

#: The code of the finding that stands for an error in JSON answers; any other is "internal".
_CODE_OF: dict[type[ByssusError], str] = {
    ReadError: "unread-file",
    TableError: "unread-file",
    StudyError: "study-field",
    OutputError: "not-written",
    UsageError: "usage",
    UnitError: "usage",
    AnalysisError: "cell-left-out",
    KnowledgeError: "knowledge-record",
    RecipeError: "recipe-field",
    # What a virtual cell and its tests are made of stands in the study.
    ProtocolError: "study-field",
    SimulationError: "study-field",
}


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
    bold: Sequence[bool] | None = None,
) -> None:
    """Print a table, if it has rows; columns that stay whole do not fold, and bold rows are those to look at."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    if not rows:
        return
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        grid.add_column(
            Text(column), justify="right" if column in right else "left", overflow="fold", no_wrap=column in whole
        )
    for at, row in enumerate(rows):
        grid.add_row(*(Text(cell) for cell in row), style="bold" if bold is not None and bold[at] else None)
    screen().print(grid)


def check_place(option: str, file: Path, *suffixes: str, force: bool) -> None:
    """Refuse, before the work, a place for a file that is taken or cannot be written."""
    from byssus.files import check_writable

    if file.suffix.lower() not in suffixes:
        ends = " or ".join(suffixes)
        raise UsageError("is no name for it", field=option, value=file.name, fix=f"end the name in {ends}")
    check_writable(file)
    if file.is_dir():
        raise OutputError("is a folder", file=file, fix="give the name of a file")
    if file.exists() and not force:
        raise OutputError("is there already", file=file, fix="name another file, or replace it with --force")


def print_rows(rows: Sequence[tuple[str, str]]) -> None:
    """Print pairs of a name and what it is."""
    from rich.table import Table as Grid
    from rich.text import Text

    console, grid = screen(), Grid.grid(padding=(0, 2))
    # A path is longer than any line: it is folded, and leaves the names their room, unless they are most of a line.
    grid.add_column(no_wrap=max((len(name) for name, _ in rows), default=0) <= 0.6 * console.width, overflow="fold")
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(Text(name), Text(value))
    console.print(grid)


#: Of so many findings the terminal shows the first of each code, where a report has them all.
_MANY, _OF_EACH = 20, 2


def print_findings(findings: Iterable[Finding], *, report: bool = False) -> None:
    """Print what looks wrong, the gravest first; of many, where a report has them all, the first of each code."""
    from rich.table import Table as Grid
    from rich.text import Text

    ordered = by_severity(findings)
    if not ordered:
        return
    colours = {"error": "red", "warning": "yellow", "note": "dim"}
    grid = Grid.grid(padding=(0, 2))
    lines = []
    counted: Counter[str] = Counter(finding.code for finding in ordered)
    shown: Counter[str] = Counter()
    for finding in ordered:
        shown[finding.code] += 1
        left = counted[finding.code] - _OF_EACH
        short = report and len(ordered) > _MANY and left > 1
        if short and shown[finding.code] > _OF_EACH:
            continue
        message = f"{finding.sample}: {finding.message}" if finding.sample else finding.message
        if short and shown[finding.code] == _OF_EACH:
            message += f" (and {left} more of {finding.code} in the report)"
        grid.add_row(Text(finding.severity, style=colours[finding.severity]), Text(finding.code), Text(message))
        lines.append(f"{finding.severity}, {finding.code}: {message}")
    print()  # noqa: T201
    print_grid(grid, lines)


def print_grid(grid: Grid, lines: Iterable[str]) -> None:
    """Print a table, or line by line what it says where its words would have to be cut."""
    from rich.text import Text

    console = screen()
    with console.capture() as printed:
        console.print(grid)
    if "…" not in printed.get():  # Rich's sign for a word that it cut
        console.print(grid)
    else:
        for line in lines:
            console.print(Text(line, overflow="fold"))


def screen() -> Console:
    """Return the console of standard output, no wider than a table may be."""
    from rich.console import Console

    class Stdout(Console):
        def on_broken_pipe(self) -> None:
            # Rich's own exits with 1; the reader of a pipe may leave when it likes.
            raise BrokenPipeError

    console = Stdout(highlight=False, soft_wrap=False)
    # A pipe has no width: a wide one keeps one row on one line where it can.
    console.width = min(console.width, _WIDTH) if console.is_terminal else _WIDTH
    return console


@contextlib.contextmanager
def progressing() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar with an estimate on a terminal's standard error, for what takes longer than `_PATIENCE`.

    Without a terminal it is a line every `_LINE_EVERY` seconds.
    """
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task, pace = bar.add_task("", total=None, left=""), Pace()
    late = threading.Timer(_PATIENCE, bar.start)
    late.daemon = True
    late.start()
    try:
        yield lambda message, done, total: bar.update(
            task,
            description=message,
            completed=done,
            total=total or None,
            left=pace.left(done, total, time.monotonic()),
        )
    finally:
        late.cancel()
        late.join()
        bar.stop()


def _lines() -> Callable[[str, int, int], None]:
    pace, told = Pace(), time.monotonic()

    def tell(message: str, done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        left = pace.left(done, total, now)
        if now - told >= _LINE_EVERY:
            told = now
            print(": ".join(filter(None, (message, left))), file=sys.stderr, flush=True)  # noqa: T201

    return tell


class Pace:
    """How fast the work went so far, and how long the rest of it takes at that."""

    def __init__(self) -> None:
        self._began: float | None = None

    def left(self, done: int, total: int, now: float) -> str:
        """Return how much time is left, in words; nothing while there is nothing to tell it by.

        Parameters
        ----------
        done, total
            Of the work, in any unit that takes about as long each.
        now
            A clock, in s.

        Examples
        --------
        >>> pace = Pace()
        >>> pace.left(0, 30, now=100.0)
        ''
        >>> pace.left(10, 30, now=160.0)
        'about 2 min left'
        """
        if total and self._began is None:
            self._began = now
        if not 0 < done < total or self._began is None:
            return ""
        seconds = (now - self._began) * (total - done) / done
        if seconds < 90:
            return f"about {max(1.0, seconds):.0f} s left"
        return f"about {seconds / 60:.0f} min left" if seconds < 5400 else f"about {seconds / 3600:.1f} h left"


@contextlib.contextmanager
def answering(as_json: bool, empty: dict[str, Any]) -> Iterator[None]:
    """Give a verb's answer, empty but for the findings, when the verb fails and JSON was asked for."""
    try:
        yield
    except ByssusError as error:
        if as_json:
            print_json(empty | {"findings": [_as_finding(one) for one in each_of(error)]})
        raise


def each_of(error: ByssusError) -> tuple[ByssusError, ...]:
    """Return the errors that one stands for."""
    return error.errors if isinstance(error, SeveralErrors) else (error,)


def as_findings(errors: Iterable[ByssusError]) -> list[dict[str, Any]]:
    """Return errors that did not stop the work as JSON takes findings."""
    return [_as_finding(error) for error in errors]


def _as_finding(error: ByssusError) -> dict[str, Any]:
    code = next((code for kind, code in _CODE_OF.items() if isinstance(error, kind)), "internal")
    return Finding(code, str(error), file=error.file, field=error.field).as_dict()


def finite(value: Any) -> Any:
    """Return a value as JSON can hold it: what is not a number is missing."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_json(answer: dict[str, Any]) -> None:
    """Print one object, and nothing else."""
    print(json.dumps(answer, ensure_ascii=False, allow_nan=False))  # noqa: T201


def say(line: str) -> None:
    """Tell of an error in one line on standard error."""
    # Where standard error is closed too, nobody is left to tell; the exit code still says it.
    with contextlib.suppress(OSError):
        print(f"byssus: {line}", file=sys.stderr)  # noqa: T201
