"""Every command that docs/systems.md names, carried out."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from byssus import knowledge
from byssus.knowledge.columns import WORDS
from byssus.knowledge.uses import Use, uses_of
from byssus.validation.page import Comparison, Listing, Page


def compare(_folder: Path) -> Page:
    """Run the commands, two at a time, and make the page."""
    uses = list(uses_of(knowledge.load()))
    commands = sorted({use.command for use in uses if use.command})
    with ThreadPoolExecutor(max_workers=2) as pool:
        failures = dict(zip(commands, pool.map(_carry_out, commands), strict=True))
    return Page(
        "The commands for each system",
        "[docs/systems.md](../systems.md) names a command for whatever Byssus does with each of the 250 systems. Each was "
        "carried out in a process and an empty folder of its own: it has to end with exit code 0 and say something.",
        [*_comparisons(uses, failures)],
        listings=[
            Listing(
                "Uses by word", "A use is one of five words for one system and the command that does it.",
                ("word", "uses", "with a command", "not yet"),
                [(word, *map(str, _counts([use for use in uses if use.word == word]))) for word in WORDS],
            )
        ],
        remarks=[f"`{command}`: {failure}" for command, failure in failures.items() if failure],
    )  # fmt: skip


def _comparisons(uses: list[Use], failures: dict[str, str]) -> Iterator[Comparison]:
    for word in WORDS:
        commands = {use.command for use in uses if use.word == word and use.command}
        if commands:
            failed = sum(bool(failures[command]) for command in commands)
            yield Comparison(
                word, "commands that fail", "exit code 0 and an answer", len(commands), float(failed), 0.0, ""
            )


def _counts(uses: list[Use]) -> tuple[int, int, int]:
    done = sum(use.command is not None for use in uses)
    return len(uses), done, len(uses) - done


def _carry_out(command: str) -> str:
    """Return why a command failed; nothing if it did not."""
    words = shlex.split(command)
    environment = os.environ | {"BYSSUS_HOME": os.devnull}  # nobody's own facts
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-m", "byssus", *words[1:]], cwd=folder, env=environment, capture_output=True, text=True,
            encoding="utf-8", check=False,
        )  # fmt: skip
    if done.returncode:
        return (
            f"exit code {done.returncode}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no word'}"
        )
    return "" if done.stdout.strip() else "says nothing"
