"""What Byssus does with each system of the two documents, and what it does not do yet."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from byssus.knowledge.columns import WORDS
from byssus.knowledge.library import Knowledge

#: The piece of work that brings what is not there yet, in the words of the project's plan.
PLANNED = {
    "cycling": "from recipe to cell, and every equation callable",
    "recipe and cell calculator": "from recipe to cell, and every equation callable",
    "virtual cell": "the virtual cell, first half",
    "virtual binder cell": "the virtual cell, second half: the binder in it",
    "voltammetry and titration": "titration, voltammetry and conductivity",
    "impedance": "impedance",
    "characterisation": "mechanical, thermal and spectral characterisation",
    "molecules": "molecules and binding energies",
    "microstructure and manufacturing": "microstructure, drying and coating",
    "design rules": "design rules, and what to try next",
}


@dataclass(frozen=True, slots=True)
class Use:
    """One of the five words for one system.

    Parameters
    ----------
    system, word
        Of which, and what: record, calculate, analyse, simulate or rule.
    command
        What does it, as it is typed; None if nothing does yet.
    planned
        The work that would bring it; empty where `command` does it.
    """

    system: str
    word: str
    command: str | None
    planned: str = ""


def uses_of(known: Knowledge) -> Iterator[Use]:
    """Say for each system and each word that applies to it which command does it, or what would bring it.

    Every system has a record. The other words are those that the list of systems asks of it.
    """
    retained = set(known.where(quantity="capacity retention")["system"])
    asked = known.asked.join(known.uses, on="phrase").group_by("system").agg("word", "subject")
    pairs = {system: list(zip(words, subjects, strict=True)) for system, words, subjects in asked.iter_rows()}
    for system in known.systems["system"]:
        wanted = {"record": {"knowledge"}}
        for word, subject in pairs[system]:
            wanted.setdefault(word, set()).add(subject)
        for word in WORDS:
            for subject in sorted(wanted.get(word, ())):
                command = _command(system, word, subject, has_retention=system in retained)
                yield Use(system, word, command, "" if command else PLANNED[subject])


def _command(system: str, word: str, subject: str, *, has_retention: bool) -> str | None:
    if subject == "knowledge":
        return f"byssus show {system}"
    if subject == "cycling" and has_retention and not system.startswith("P-"):
        return shlex.join(["byssus", "facts", "--system", system, "--quantity", "capacity retention", "--compare"])
    if subject == "cycling" and word == "analyse":
        return "byssus demo"
    return None
