"""What Byssus does with each system of the two documents, and what it does not do yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from byssus.knowledge.columns import WORDS
from byssus.knowledge.questions import Knowledge

#: What is left of pieces of work that are done.
UNPLANNED = "in no piece of work that is planned so far"
#: The piece of work that brings what is not there yet, in the words of the project's plan.
PLANNED = {
    "cycling": UNPLANNED,
    "recipe and cell calculator": UNPLANNED,
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
    """Say for each system and each word that applies to it which commands do it, and what would bring the rest.

    Every system has a record.  The other words are those that the list of systems asks of it; what is asked of a
    system in several phrases and is done by one command is one use, and so is what one piece of work would bring.
    """
    asked = known.asked.join(known.uses, on="phrase", suffix="_of_phrase")
    wanted: dict[str, dict[str, set[Use]]] = {}
    for system, word, subject, own, general in asked.select(
        "system", "word", "subject", "command", "command_of_phrase"
    ).iter_rows():
        uses = wanted.setdefault(system, {}).setdefault(word, set())
        if text := own or general:
            uses.update(Use(system, word, each.strip().format(system=system)) for each in text.split(";"))
        else:
            uses.add(Use(system, word, None, PLANNED[subject]))
    for system in known.systems["system"]:
        words = wanted[system]
        words.setdefault("record", set()).add(Use(system, "record", f"byssus show {system}"))
        for word in WORDS:
            yield from sorted(words.get(word, ()), key=lambda use: (use.command is None, use.command or use.planned))
