"""What is known under one name, laid out once: for a terminal, a report and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from byssus.knowledge import structure
from byssus.knowledge.columns import BINDER_KINDS
from byssus.knowledge.questions import DOCUMENTS, Knowledge
from byssus.knowledge.records import Entry, Fact
from byssus.physics.constants import molar_mass
from byssus.quantity import pretty_unit


@dataclass(frozen=True, slots=True)
class Drawing:
    """A repeat unit or a molecule, drawn twice."""

    title: str
    lines: tuple[str, ...]
    svg: str


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the sheet: a heading, and below it a drawing, pairs of name and text, or a table."""

    heading: str = ""
    drawing: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    footnote: str = ""


def drawings(entry: Entry) -> list[Drawing]:
    """Draw the repeat units of what an entry is about, or its molecule."""
    drawn = []
    for row in entry.units.iter_rows(named=True):
        title = f"{row['substance']}: {row['unit']}"
        drawn.append(_drawn(title, row["smiles"]))
    if not drawn and entry.substance is not None and entry.substance["smiles"]:
        drawn.append(_drawn(entry.substance["name"], entry.substance["smiles"]))
    return drawn


def _drawn(title: str, smiles: str) -> Drawing:
    return Drawing(title, tuple(structure.drawing_text(smiles)), structure.drawing_svg(smiles, title))


def blocks(known: Knowledge, entry: Entry, *, everything: bool = True) -> Iterator[Block]:
    """Lay an entry out, the most asked-for first.

    Without `everything`, electrodes, tests and findings that a substance takes part in are only named, and so
    are numbers that are missing, contradictions that change no number, notes and references.
    """
    yield Block(pairs=tuple(_identity(entry)))
    for drawing in drawings(entry):
        yield Block(heading=drawing.title, drawing=drawing.lines)
    single = entry.systems.height == 1
    for row in entry.systems.iter_rows(named=True) if single else ():
        yield Block(pairs=tuple(_described(row)))
    if not single and not entry.systems.is_empty():
        yield from _systems(entry.systems, everything=everything)
    records = known.records(entry.facts)
    printed = [fact for fact in records if everything or fact.value is not None]
    if records:
        absent = sorted({fact.quantity for fact in records} - {fact.quantity for fact in printed})
        yield Block(
            "Numbers",
            columns=("fact", "quantity", "value", "of what, under which conditions", "where"),
            rows=tuple(_fact_row(fact) for fact in printed),
            footnote=f"named, but without a number: {', '.join(absent)}" if absent else "",
        )
    if not entry.properties.is_empty():
        several = entry.substance is None
        rows = tuple(_property_row(row, several=several) for row in entry.properties.iter_rows(named=True))
        yield Block("Properties", columns=("quantity", "value", "range", "how", "source"), rows=rows)
    if not entry.conflicts.is_empty():
        yield _contradictions(entry.conflicts, everything=everything)
    if everything:
        yield Block("Notes to the numbers", pairs=tuple((fact.fact, fact.note) for fact in records if fact.note))
        yield Block("References", pairs=tuple(_citations(known, records)))
    if not entry.others.is_empty():
        rows = tuple((row["system"], row["name"]) for row in entry.others.head(8).iter_rows(named=True))
        yield Block("The words also fit", columns=("system", "what"), rows=rows)


def _systems(systems: pl.DataFrame, *, everything: bool) -> Iterator[Block]:
    chief = systems if everything else systems.filter(pl.col("kind").is_in(BINDER_KINDS))
    if chief.is_empty():
        chief = systems
    rest = systems.filter(~pl.col("system").is_in(chief["system"].implode()))
    yield Block(
        "Where it is used",
        columns=("system", "what", "what was done and found"),
        rows=tuple((row["system"], row["name"], row["work"]) for row in chief.iter_rows(named=True)),
        footnote="" if rest.is_empty() else f"and, not as a binder of its own, in {', '.join(rest['system'])}",
    )


def _contradictions(conflicts: pl.DataFrame, *, everything: bool) -> Block:
    shown = conflicts if everything else conflicts.filter(pl.col("severity") == "A")
    rest = conflicts.filter(~pl.col("conflict").is_in(shown["conflict"].implode()))
    return Block(
        "Contradictions",
        columns=("", "what is printed", "what to make of it"),
        rows=tuple(
            (row["conflict"], row["printed"], f"{row['resolution']}: {row['reason']} ({row['confidence']} confidence)")
            for row in shown.iter_rows(named=True)
        ),
        footnote="" if rest.is_empty() else f"no number changes by {', '.join(rest['conflict'])}",
    )


def as_dict(known: Knowledge, entry: Entry) -> dict[str, Any]:
    """Give an entry as JSON takes it, whole."""

    def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in row.items() if value is not None} for row in frame.iter_rows(named=True)
        ]

    substance = entry.substance and {name: value for name, value in entry.substance.items() if value is not None}
    return {
        "asked": entry.asked,
        "substance": substance,
        "molar_mass": _molar_mass(entry.substance),
        "units": rows(entry.units),
        "systems": rows(entry.systems),
        "facts": rows(entry.facts),
        "properties": rows(entry.properties),
        "conflicts": rows(entry.conflicts),
        "abbreviations": rows(entry.abbreviations),
        "members": rows(entry.members),
        "references": [
            {"reference": name, "text": text} for name, text in _citations(known, known.records(entry.facts))
        ],
        "others": entry.others["system"].to_list(),
    }


def _identity(entry: Entry) -> Iterator[tuple[str, str]]:
    substance = entry.substance
    if substance is None:
        if entry.systems.is_empty():
            for row in entry.abbreviations.iter_rows(named=True):
                yield row["abbreviation"], f"{row['meaning']} ({row['scope']})"
        return
    yield "name", f"{substance['name']} ({substance['substance']})"
    for name, label in (
        ("kind", "kind"), ("abbreviations", "also written"), ("synonyms", "synonyms"), ("formula", "formula"),
        ("functional_groups", "functional groups"), ("ionic_groups", "ionic groups"), ("solvents", "solvents"),
        ("note", "note"),
    ):  # fmt: skip
        if substance[name]:
            yield label, substance[name].replace(";", "; ")
    mass = _molar_mass(substance)
    if mass is not None:
        yield "molar mass", f"{mass:.2f} g/mol of {substance['formula']}"
    for row in entry.units.iter_rows(named=True):
        formula = structure.unit_formula(row["smiles"])
        share = f", mole share {row['share']}" if row["share"] else ""
        note = f"; {row['note']}" if row["note"] else ""
        yield "repeat unit", f"{row['unit']}: {formula}, {molar_mass(formula):.2f} g/mol{share}{note}"
    doi = f", doi:{substance['doi']}" if substance["doi"] else ""
    yield "identity from", f"{substance['title']}{doi}"
    meanings = [
        f"{row['abbreviation']} ({row['scope']}): {row['meaning']}" for row in entry.abbreviations.iter_rows(named=True)
    ]
    if len(meanings) > 1:
        yield "beware", "the abbreviation has several meanings: " + "; ".join(meanings)


def _molar_mass(substance: dict[str, Any] | None) -> float | None:
    return molar_mass(substance["formula"]) if substance and substance["formula"] else None


def _described(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    title, doi = DOCUMENTS[row["source"]]
    yield "system", f"{row['system']}, {row['kind']}: {row['name']}"
    for name in ("abbreviations", "composition", "chemistry", "function", "application", "electrode", "mechanism", "work",
                 "relevance"):  # fmt: skip
        if row[name]:
            yield name, row[name].replace(";", "; ") if name in ("function", "application", "electrode") else row[name]
    cited = f", reference {row['reference'].replace(';', ', ')}" if row["reference"] else ""
    yield "from", f"{title}, section {row['section']}{cited} (doi:{doi})"


def _fact_row(fact: Fact) -> tuple[str, ...]:
    mark = {"doubtful": " (?)", "alternative": " (!)"}.get(fact.standing or "", "")
    under = f"{fact.binder}: {fact.under()}" if fact.binder else fact.under()
    return fact.fact, fact.quantity, f"{fact.number()}{mark}", under, fact.cited()


def _property_row(row: dict[str, Any], *, several: bool) -> tuple[str, ...]:
    unit = "" if row["unit"] == "1" else f" {pretty_unit(row['unit'])}"
    span = f"{row['low']:.6g} to {row['high']:.6g}" if row["low"] is not None and row["high"] is not None else ""
    whose = row["substance"] if several else None
    what = ", ".join(part for part in (whose, row["quantity"], row["of"], row["temperature"], row["basis"]) if part)
    doi = f", doi:{row['doi']}" if row["doi"] else ""
    return what, f"{row['value']:.6g}{unit}", span, row["method"], f"{row['title']}{doi}"


def _citations(known: Knowledge, records: list[Fact]) -> Iterator[tuple[str, str]]:
    """Give each publication that the facts cite, once."""
    seen = {
        (fact.source, number)
        for fact in records
        if fact.reference and fact.source in DOCUMENTS
        for number in fact.reference.split(";")
    }
    for document, number in sorted(seen, key=lambda pair: (pair[0], int(pair[1]))):
        yield f"{document} [{number}]", known.citation(document, int(number))
