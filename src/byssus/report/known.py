"""What is known of a study's binders: a card for each substance that their names mean.

A card holds the numbers that a cycling study can be held against; everything else that is known of a
binder is what ``byssus show`` is for.  The records come from `byssus.knowledge`; this module chooses
which of them stand in a report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from byssus.findings import Finding
from byssus.knowledge import Entry, Fact, Knowledge, load, own_folders
from byssus.knowledge.columns import BINDER_KINDS
from byssus.knowledge.names import parts_of, plain
from byssus.knowledge.questions import DOCUMENTS
from byssus.knowledge.sheet import Drawing, drawings

#: Of a user's own facts, which may be a million, a card shows so many.
MOST_OWN = 50

#: So many faults in a user's own facts become findings of their own; one more says how many others there are.
MOST_FAULTS = 20

#: Groups of quantities that cycling measures, and what of them it does not: numbers that a calculation
#: rests on, and what storage does.
_GROUPS = ("capacity", "efficiency")
_NOT_CYCLING = ("theoretical specific capacity", "reference specific capacity", "self-discharge voltage drop")

#: How the records begin where a document does not say how a binder works.
_NOT_EXPLAINED = "Not explained"


@dataclass(frozen=True)
class Card:
    """What is known of one substance."""

    name: str
    #: Empty where the name means no single substance, and the facts are a user's own.
    full_name: str
    #: The binders of the study that it is, or is a part of.
    binders: tuple[str, ...]
    #: What kind of material it is.
    family: str
    #: How it works, with the system that says so.
    mechanism: str
    #: What it is made of.
    parts: tuple[str, ...]
    #: Of its repeat units, or those of its parts that have no card of their own.
    drawings: tuple[Drawing, ...]
    facts: tuple[Fact, ...]
    #: A user's own facts beyond `MOST_OWN`.
    left_out: int
    #: Quantities that a document speaks of without a number.
    without_number: tuple[str, ...]
    #: Contradictions that change a number, as rows of conflicts.
    contradictions: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Cards:
    """What is known of all binders of a study."""

    cards: tuple[Card, ...]
    #: A sentence on each binder, or part of one, that no card is about.
    silent: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the cards as they stand in results.json."""
        return {
            "cards": [
                {
                    "name": card.name,
                    "full_name": card.full_name or None,
                    "binders": list(card.binders),
                    "family": card.family or None,
                    "mechanism": card.mechanism or None,
                    "parts": list(card.parts),
                    "facts": [
                        {name: value for name, value in asdict(fact).items() if value is not None}
                        for fact in card.facts
                    ],
                    "own_facts_left_out": card.left_out,
                    "without_number": list(card.without_number),
                    "contradictions": [row["conflict"] for row in card.contradictions],
                }
                for card in self.cards
            ],
            "not_known": list(self.silent),
        }


def known_of(binders: Mapping[str, Iterable[str]], folder: Path) -> Cards:
    """Return what is known of the binders of a study, a user's own facts among it.

    A fault in those is a finding and costs its row, or a file that is no table; nothing here stops a run.

    Parameters
    ----------
    binders
        The names of the binders, each with the active materials that it is used with.
    folder
        The folder of the study, whose ``facts.csv`` is read.
    """
    known = load(*own_folders(folder), forgiving=True)
    found = cards_of(known, binders)
    return replace(found, findings=tuple(_findings(known)))


def cards_of(known: Knowledge, binders: Mapping[str, Iterable[str]]) -> Cards:
    """Make the cards of some binders, in their order; those of a blend's parts follow it.

    Examples
    --------
    >>> from byssus import knowledge
    >>> found = cards_of(knowledge.load(), {"PVDF": ["NCM811"], "CMC/gum": [], "CA": []})
    >>> [card.name for card in found.cards]
    ['PVDF', 'CMC']
    >>> found.cards[0].family
    'polymer, fluoropolymer'
    >>> for sentence in found.silent:
    ...     print(sentence)
    CA has several meanings (citric acid; conductive agent), so nothing is said of it.
    Nothing is recorded of gum (in CMC/gum).
    """
    meant, unknown, clashing = _meanings(known, binders)
    made = [_card(known, name, of, binders, meant) for name, of in meant.items()]
    made += [card for name in (*unknown, *clashing) for card in _own_only(known, name)]
    shown = {card.name for card in made}
    silent = [
        f"{name} has several meanings ({'; '.join(meanings)}), so "
        f"{'only your own facts are shown' if name in shown else 'nothing is said of it'}."
        for name, meanings in clashing.items()
    ]
    lost = [said for name, said in unknown.items() if name not in shown]
    if lost:
        silent.append(f"Nothing is recorded of {', '.join(lost)}.")
    return Cards(tuple(made), tuple(silent))


def conditions(fact: Fact) -> str:
    """Return what a number was read under, but for what stands in columns of its own.

    Examples
    --------
    >>> conditions(Fact("R-038.1", "capacity retention", "%", "review", value=80, cycle=10, cell="full", rate="1 C"))
    'at 1 C'
    """
    return replace(fact, electrode=None, cycle=None, cell=None).under()


def dois(fact: Fact) -> list[str]:
    """Return the publications that a number is from: those that the document cites for it, else the document.

    Examples
    --------
    >>> dois(Fact("P-051.3", "capacity retention", "%", "paper", value=73.3))
    ['10.1016/j.est.2026.120607']
    """
    if fact.doi:
        return fact.doi.split(";")
    return [DOCUMENTS[fact.source][1]] if fact.source in DOCUMENTS else []


def standing(fact: Fact) -> str:
    """Say in a few words that a number is contradicted, and by what record.

    Examples
    --------
    >>> standing(Fact("P-010.1", "specific capacity", "mAh/g", "paper", standing="doubtful", conflict="C01;C29"))
    'doubtful: C01, C29'
    """
    if fact.standing not in ("doubtful", "alternative"):
        return ""
    return ": ".join(part for part in (fact.standing, (fact.conflict or "").replace(";", ", ")) if part)


def _meanings(
    known: Knowledge, binders: Iterable[str]
) -> tuple[dict[str, list[str]], dict[str, str], dict[str, list[str]]]:
    """Sort the names of binders, and of the parts of blends, by what they mean.

    Returns
    -------
    The substances, each with the binders that it is or is a part of; the names that mean nothing, as
    a sentence calls them; and those with several meanings.
    """
    meant: dict[str, list[str]] = {}
    unknown: dict[str, str] = {}
    clashing: dict[str, list[str]] = {}
    for binder in binders:
        parts = parts_of(binder)
        whole = known.names.substance(binder)
        if whole is not None:
            meant.setdefault(whole, []).append(binder)
        elif len(parts) < 2:
            _put_aside(known, binder, binder, unknown, clashing)
        for part in parts if len(parts) > 1 else ():
            substance = known.names.substance(part)
            if substance is not None:
                meant.setdefault(substance, []).append(binder)
            else:
                _put_aside(known, part, f"{part} (in {binder})", unknown, clashing)
    return meant, unknown, clashing


def _put_aside(known: Knowledge, name: str, said: str, unknown: dict[str, str], clashing: dict[str, list[str]]) -> None:
    meanings = known.names.clashing(name)
    if meanings:
        clashing[name] = meanings
    else:
        unknown[name] = said


def _card(
    known: Knowledge, name: str, of: Sequence[str], binders: Mapping[str, Iterable[str]], meant: Iterable[str]
) -> Card:
    entry = known.find(name)
    substance = entry.substance or {}
    others = set(meant) - {name}
    used_with = {one for binder in of for text in binders[binder] for one in known.names.substances_in(text)}
    chief = _chief(known, entry, name, used_with)
    parts = _parts(entry, name, chief) if entry.units.is_empty() and not substance["smiles"] else []
    drawn = drawings(entry) + [one for part in parts if part not in others for one in drawings(known.find(part))]
    chemistry = chief["chemistry"] if chief and chief["chemistry"] not in ("several", "none") else None
    # What is said of a blend stands on its own card and not again on those of its parts.
    said = entry.facts["binder"].drop_nulls().unique()
    elsewhere = [text for text in said if known.names.substance(text) in others]
    facts = entry.facts.filter(~pl.col("binder").is_in(elsewhere).fill_null(value=False))
    shown, left_out, without_number = _held_against(known, facts)
    return Card(
        name=name,
        full_name=substance["name"],
        binders=tuple(dict.fromkeys(of)),
        family=", ".join(dict.fromkeys(part for part in (substance["kind"], chemistry) if part)),
        mechanism=_mechanism(chief) if chief else "",
        parts=tuple(parts),
        drawings=tuple(drawn),
        facts=shown,
        left_out=left_out,
        without_number=without_number,
        contradictions=tuple(entry.conflicts.filter(pl.col("severity") == "A").iter_rows(named=True)),
    )


def _own_only(known: Knowledge, name: str) -> Iterator[Card]:
    """Make a card of a user's own facts under a name that means no single substance, if there are any."""
    own = known.facts.filter(~pl.col("source").is_in(list(DOCUMENTS)))
    called = [text for text in own["binder"].drop_nulls().unique() if plain(text) == plain(name)]
    facts = own.filter(pl.col("binder").is_in(called))
    shown, left_out, without_number = _held_against(known, facts)
    if shown:
        yield Card(name, "", (name,), "", "", (), (), shown, left_out, without_number, ())


def _held_against(known: Knowledge, facts: pl.DataFrame) -> tuple[tuple[Fact, ...], int, tuple[str, ...]]:
    """Choose the facts that a cycling study can be held against.

    Returns
    -------
    The facts, those of one quantity together; how many of a user's own were left out; and the
    quantities that were named without a number.
    """
    quantities = known.quantities.filter(pl.col("group").is_in(_GROUPS) & ~pl.col("quantity").is_in(_NOT_CYCLING))[
        "quantity"
    ].to_list()
    held = facts.filter(pl.col("quantity").is_in(quantities))
    numbers = held.filter(pl.col("value").is_not_null())
    documents = pl.col("source").is_in(list(DOCUMENTS))
    own = numbers.filter(~documents)
    shown = known.records(pl.concat([numbers.filter(documents), own.head(MOST_OWN)]))
    missing = set(held["quantity"]) - set(numbers["quantity"])
    return (
        tuple(sorted(shown, key=lambda fact: quantities.index(fact.quantity))),
        max(0, own.height - MOST_OWN),
        tuple(name for name in quantities if name in missing),
    )


def _chief(known: Knowledge, entry: Entry, name: str, used_with: set[str]) -> dict[str, Any] | None:
    """Choose the system whose mechanism stands for a substance, if one is told.

    One on the study's own active material goes before others, the substance itself before a blend
    with a name of its own, and one binder before several.
    """
    composites = set(known.substances.filter(pl.col("kind").is_in(["blend", "network"]))["substance"]) - {name}
    best: tuple[tuple[bool, bool, int], dict[str, Any]] | None = None
    for row in entry.systems.filter(pl.col("kind").is_in(BINDER_KINDS)).iter_rows(named=True):
        binders = set(
            entry.members.filter((pl.col("system") == row["system"]) & (pl.col("role") == "binder"))["substance"]
        )
        if name not in binders or row["mechanism"].startswith(_NOT_EXPLAINED):
            continue
        on = set((row["electrode"] or "").split(";"))
        rank = (not used_with & on, bool(binders & composites), len(binders))
        if best is None or rank < best[0]:
            best = rank, row
    return best[1] if best else None


def _parts(entry: Entry, name: str, chief: Mapping[str, Any] | None) -> list[str]:
    if chief is None:
        return []
    made_of = entry.members.filter(
        (pl.col("system") == chief["system"])
        & pl.col("role").is_in(["binder", "co-binder", "crosslinker"])
        & (pl.col("substance") != name)
    )
    return made_of["substance"].to_list()


def _mechanism(system: Mapping[str, Any]) -> str:
    on = f", on {system['electrode'].replace(';', ', ')}" if system["electrode"] else ""
    return f"{system['mechanism'].rstrip('.')} ({system['system']}{on})."


def _findings(known: Knowledge) -> Iterator[Finding]:
    for fault in known.faults[:MOST_FAULTS]:
        yield Finding(
            "knowledge-record",
            str(fault),
            file=None if fault.file is None else Path(fault.file).name,
            field=fault.field,
            value=None if fault.value is None else str(fault.value),
        )
    more = len(known.faults) - MOST_FAULTS
    if more > 0:
        yield Finding(
            "knowledge-record", f"{more:,} more faults in facts of your own; byssus facts --own names each of them"
        )
