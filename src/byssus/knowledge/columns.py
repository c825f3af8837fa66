"""What may stand in a record: the columns of each table of knowledge, and the check of rows against them.

A table is a CSV of text: one record a row, so that a difference of two versions reads as a list of
facts.  The check works on whole columns, and on distinct values where a value has to be parsed, so
that a million rows of a user's own are checked in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from byssus.errors import UnitError, did_you_mean
from byssus.quantity import Quantity, check_unit, convert

#: Words that stand for a temperature that was not said in numbers.
ROOM = "room"

QUALIFIERS = {
    "=": "as printed",
    "~": "about",
    "<": "below",
    ">": "above",
    "<=": "at most",
    ">=": "at least",
    "up to": "at best",
    "missing": "not in the source; the note says why",
}

DIRECTIONS = ("charge", "discharge", "lithiation", "delithiation", "reversible")

CELLS = (
    "half", "full", "symmetric", "pouch full", "quasi-solid half", "quasi-solid full", "solid half", "solid full",
    "lithium-sulfur", "solid lithium-sulfur",
)  # fmt: skip

STANDINGS = {
    "preferred": "the likelier of values that contradict each other; the contradiction says why",
    "alternative": "another printed value of the same thing",
    "doubtful": "a value that cannot be right as printed",
}

SOURCES = {
    "paper": "the CCL paper, doi:10.1016/j.est.2026.120607",
    "review": "the review of binders, doi:10.1007/s41918-023-00198-2",
    "literature": "another publication, named in the row",
    "user": "a measurement of one's own, described in the row",
}

METHODS = ("measured", "calculated", "defined", "fitted", "estimate")

CHEMISTRIES = (
    "fluoropolymer", "cellulose and polysaccharide", "protein and lignin", "polyacid and polyacrylate", "polyether",
    "polycarbonate and polyester", "vinyl and acrylic copolymer", "rubber and elastomer",
    "polyimide and aromatic polymer", "conducting polymer", "ionomer", "polyionic liquid", "supramolecular network",
    "catechol polymer", "silicone", "silicate", "phosphate", "oxide", "organic-inorganic hybrid", "carbon",
    "active material", "solid electrolyte", "liquid electrolyte", "several", "none",
)  # fmt: skip

FUNCTIONS = (
    "adhesion", "cohesion", "dispersion", "film forming", "crosslinking", "self-healing", "stress dissipation",
    "ion conduction", "electron conduction", "mixed conduction", "interphase forming", "metal-ion trapping",
    "radical scavenging", "polysulfide trapping", "thermal stability", "flame retardance", "wetting",
    "structure templating", "solvent compatibility", "oxidation stability", "lithium source", "characterisation",
    "processing", "modelling", "design guidance", "energy storage", "separation",
)  # fmt: skip

APPLICATIONS = (
    "silicon anode", "graphite anode", "LTO anode", "tin anode", "lithium metal anode", "high-voltage cathode",
    "layered oxide cathode", "olivine cathode", "spinel cathode", "sulfur cathode", "thick electrode", "separator",
    "solid electrolyte", "solid-state cell", "full cell", "structural battery", "electrode processing",
    "any electrode",
)  # fmt: skip

#: What Byssus can do with a system, and which piece of work brings it.
WORDS = ("record", "calculate", "analyse", "simulate", "rule")

SUBJECTS = (
    "knowledge", "cycling", "recipe and cell calculator", "virtual cell", "virtual binder cell",
    "voltammetry and titration", "impedance", "characterisation", "molecules", "microstructure and manufacturing",
    "design rules",
)  # fmt: skip

#: Kinds of system that are a binder, and not an electrode, a process or a finding.
BINDER_KINDS = (
    "binder", "composite binder", "inorganic binder", "conductive binder", "self-healing binder",
    "single-ion conductor",
)  # fmt: skip

KINDS = (
    *BINDER_KINDS, "electrode", "cell", "separator", "solid electrolyte film", "process", "characterisation",
    "simulation", "equation/model", "design rule", "finding",
)  # fmt: skip

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_WINDOW = re.compile(r"(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?) V")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table of knowledge.

    Parameters
    ----------
    name, meaning
        Its heading, and what stands in it.
    required
        Whether every row must fill it.
    choices
        The words that it may hold; any text if there are none.
    several
        Whether it may hold more than one word, with ``;`` between.
    parse
        What its text must survive; a ValueError's message says why it does not.
    number
        Whether it is kept as a number.
    """

    name: str
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    several: bool = False
    parse: Callable[[str], object] | None = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that breaks the specification of its table."""

    line: int
    field: str
    value: str
    message: str
    fix: str | None = None


def quantity_in(text: str, *units: str) -> Quantity:
    """Read a condition that must be in one of several kinds of unit.

    Raises
    ------
    ValueError
        If the text is no quantity, or of another kind.

    Examples
    --------
    >>> quantity_in("55 degC", "K").to("K").value
    328.15
    >>> quantity_in("55 degC", "V")
    Traceback (most recent call last):
        ...
    ValueError: is not in V
    """
    try:
        quantity = Quantity.parse(text)
    except UnitError as error:
        raise ValueError(error.message) from error
    for unit in units:
        try:
            quantity.to(unit)
        except UnitError:
            continue
        return quantity
    raise ValueError(f"is not in {' or '.join(units)}")


def rate_in(text: str) -> tuple[Quantity, ...]:
    """Read a rate: a current per mass or area, a C-rate (``0.5 C``), or a pair of charge and discharge.

    Examples
    --------
    >>> rate_in("1 C/2 C")
    (Quantity(value=1.0, unit='1/h', uncertainty=None), Quantity(value=2.0, unit='1/h', uncertainty=None))
    >>> rate_in("100 mA/g")
    (Quantity(value=100.0, unit='mA/g', uncertainty=None),)
    """
    c_rates = re.fullmatch(r"([\d.]+) C(?:/([\d.]+) C)?", text)
    if c_rates:
        return tuple(Quantity(float(number), "1/h") for number in c_rates.groups() if number)
    return (quantity_in(text, "A/g", "mA/cm^2", "mA", "mV/s"),)


def window_in(text: str) -> tuple[float, float]:
    """Read a voltage window as its two ends in V.

    Examples
    --------
    >>> window_in("3.0-4.9 V")
    (3.0, 4.9)
    """
    match = _WINDOW.fullmatch(text)
    if not match:
        raise ValueError("is not a window; write it as 3.0-4.9 V")
    low, high = float(match[1]), float(match[2])
    if low >= high:
        raise ValueError("is a window whose lower end is not below its upper")
    return low, high


def temperature_in(text: str) -> float | None:
    """Read a temperature in °C; None where the source only says that it was a room's.

    Examples
    --------
    >>> temperature_in("328.15 K"), temperature_in("room")
    (55.0, None)
    """
    return None if text == ROOM else quantity_in(text, "degC").to("degC").value


def _doi(text: str) -> str:
    if not _DOI.fullmatch(text):
        raise ValueError("is not a DOI: it starts with 10. and holds no blank")
    return text


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("is not a whole number")
    return int(text)


def _unit(text: str) -> str:
    try:
        return check_unit(text)
    except UnitError as error:
        raise ValueError("is not a unit; write it as in mg/cm^2, mAh/g or degC") from error


def _pairs(text: str) -> None:
    if not all("=" in part for part in text.split(";")):
        raise ValueError("is not of the form name=value; name=value")


#: One printed or measured number a row.
FACTS = (
    Column("fact", "name of the record: its system and a running number"),
    Column("system", "the system of the two documents that it belongs to; systems.csv"),
    Column("binder", "the binder or binders, in the field's abbreviation"),
    Column("quantity", "what was measured, a name from quantities.csv", required=True),
    Column("of", "of what: a component, a phase, a band"),
    Column("value", "the number, or the lower end of a range, as printed", number=True),
    Column("value_max", "the upper end of a range", number=True),
    Column("uncertainty", "the printed ±", number=True),
    Column("qualifier", "how the number is meant", choices=tuple(QUALIFIERS)),
    Column("unit", "as printed, in ASCII", required=True, parse=_unit),
    Column("direction", "of a capacity", choices=DIRECTIONS),
    Column("rate", "current per mass or area, or C-rate", parse=rate_in),
    Column("cycle", "the cycle after which the number was read", parse=_natural),
    Column("temperature", "with its unit, or room", parse=temperature_in),
    Column("window", "lower and upper voltage: 3.0-4.9 V", parse=window_in),
    Column("cell", "what the cell was", choices=CELLS),
    Column("loading", "mass or capacity per area", parse=lambda text: quantity_in(text, "mg/cm^2", "mAh/cm^2")),
    Column("conditions", "any other, as name=value; name=value", parse=_pairs),
    Column("basis", "what the number is per: which mass, volume, baseline"),
    Column("method", "how it was measured or computed"),
    Column("process", "the step of preparation"),
    Column("electrode", "its active material; or electrolyte, separator"),
    Column("source", "where it is from", required=True, choices=tuple(SOURCES)),
    Column("section", "of the document"),
    Column("place", "table, figure or equation; the running text if empty"),
    Column("reference", "numbers in the document's list of references", several=True, parse=_natural),
    Column("conflict", "contradictions that it is part of; conflicts.csv", several=True),
    Column("standing", "among values that contradict each other", choices=tuple(STANDINGS)),
    Column("note", "what a reader of the number should know"),
    Column("title", "the publication or the measurement, where it is not one of the two documents"),
    Column("doi", "of that publication", parse=_doi),
)

SYSTEMS = (
    Column("system", "P- for the paper, R- for the review, and a running number", required=True),
    Column("source", "the document", required=True, choices=("paper", "review")),
    Column("section", "of the document", required=True),
    Column("reference", "numbers in the document's list of references, or this work"),
    Column("kind", "what it is", required=True, choices=KINDS),
    Column("name", "what it is called", required=True),
    Column("abbreviations", "its abbreviations in the document"),
    Column("composition", "what it is made of", required=True),
    Column("electrode", "active materials that it was used with", several=True),
    Column("chemistry", "family of the material", required=True, choices=CHEMISTRIES),
    Column("function", "what it does", required=True, choices=FUNCTIONS, several=True),
    Column("application", "where it is used", required=True, choices=APPLICATIONS, several=True),
    Column("mechanism", "how it works, as far as the document says", required=True),
    Column("work", "what was done and found", required=True),
    Column("relevance", "what a designer of binders takes from it", required=True),
)

QUANTITIES = (
    Column("quantity", "the field's standard term", required=True),
    Column("unit", "the unit that values are compared in", required=True, parse=_unit),
    Column("group", "what it is about", required=True),
    Column("same", "columns of facts that must agree before two values stand on one axis", several=True),
    Column("definition", "what it means", required=True),
)

SUBSTANCES = (
    Column("substance", "short name", required=True),
    Column("name", "full name", required=True),
    Column("kind", "what it is", required=True),
    Column("abbreviations", "others in use", several=True),
    Column("synonyms", "other names", several=True),
    Column("formula", "of the formula unit"),
    Column("smiles", "of small molecules and ions"),
    Column("functional_groups", "that take part in binding or conduction", several=True),
    Column("solvents", "that it is processed from", several=True),
    Column("ionic_groups", "that carry charge", several=True),
    Column("title", "where the identity is from", required=True),
    Column("doi", "of that", parse=_doi),
    Column("note", "what is simplified or not known"),
)

REPEAT_UNITS = (
    Column("substance", "the polymer", required=True),
    Column("unit", "name of the repeat unit", required=True),
    Column("smiles", "with * where the chain goes on", required=True),
    Column("share", "mole share where the name defines it"),
    Column("note", "what is idealised"),
)

MEMBERS = (
    Column("system", "the system", required=True),
    Column("substance", "what it is made of, or is about", required=True),
    Column("role", "as what", required=True),
)

ABBREVIATIONS = (
    Column("abbreviation", "as printed", required=True),
    Column("scope", "the document, and section where it has several meanings", required=True),
    Column("meaning", "in full", required=True),
    Column("substance", "the substance, if it is one"),
    Column("note", "what to beware of"),
)

PROPERTIES = (
    Column("property", "name of the record", required=True),
    Column("substance", "of what", required=True),
    Column("quantity", "a name from quantities.csv", required=True),
    Column("of", "of which part or state"),
    Column("value", "best value", required=True, number=True),
    Column("low", "lower end of its range", number=True),
    Column("high", "upper end of its range", number=True),
    Column("unit", "of all three", required=True, parse=_unit),
    Column("temperature", "with its unit, or room", parse=temperature_in),
    Column("conditions", "any other, as name=value; name=value", parse=_pairs),
    Column("basis", "what it is per"),
    Column("method", "how it came about", required=True, choices=METHODS),
    Column("title", "where it is from", required=True),
    Column("doi", "of that", parse=_doi),
    Column("place", "in it"),
    Column("note", "what a reader should know"),
)

CELL_NUMBERS = (
    Column("number", "its name among the inputs of a virtual cell", required=True),
    Column("of", "of an active material, an electrode, the cell, the SEI or the binder", required=True),
    Column("label", "what people call it", required=True),
    Column("property", "the record of properties.csv that it is; what is empty here then stands there"),
    Column("value", "best value; empty where it is a property, or follows from others", number=True),
    Column("low", "lower end of its range", number=True),
    Column("high", "upper end of its range", number=True),
    Column("unit", "of all three", required=True, parse=_unit),
    Column("si", "the SI unit that the model takes it in", required=True, parse=_unit),
    Column("method", "how it came about; empty where it is a property", choices=METHODS),
    Column("title", "where it is from"),
    Column("doi", "of that", parse=_doi),
    Column("place", "in it"),
    Column("note", "what a reader should know"),
)

CONFLICTS = (
    Column("conflict", "name of the contradiction", required=True),
    Column("severity", "A changes a number, B a label, unit or definition, C wording or citation", required=True,
           choices=("A", "B", "C")),
    Column("document", "where it is", required=True, choices=("paper", "review", "both")),
    Column("subject", "what it is about", required=True),
    Column("systems", "systems concerned", several=True),
    Column("printed", "the values that contradict each other, with their places", required=True),
    Column("resolution", "the preferred reading, or unresolved", required=True),
    Column("reason", "why", required=True),
    Column("confidence", "in the resolution", required=True, choices=("high", "medium", "low")),
)  # fmt: skip

REFERENCES = (
    Column("document", "whose list it is in", required=True, choices=("paper", "review")),
    Column("number", "in that list", required=True, parse=_natural),
    Column("authors", "as printed", required=True),
    Column("title", "as printed", required=True),
    Column("journal", "or book, or patent", required=True),
    Column("year", "of publication", required=True, parse=_natural),
    Column("volume", "as printed"),
    Column("pages", "as printed"),
    Column("doi", "where the list gives one", parse=_doi),
)

USES = (
    Column("phrase", "what could be done with a system, in the words of the list of systems", required=True),
    Column("word", "the same as one of five words", required=True, choices=WORDS),
    Column("subject", "the piece of work that brings it", required=True, choices=SUBJECTS),
    Column("command", "what does it today, as it is typed; {system} is the system's number", several=True),
)

ASKED = (
    Column("system", "the system", required=True),
    Column("phrase", "what could be done with it; uses.csv", required=True),
    Column("command", "what does it with this system's numbers, instead of that of uses.csv", several=True),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "facts": FACTS,
    "systems": SYSTEMS,
    "quantities": QUANTITIES,
    "substances": SUBSTANCES,
    "repeat_units": REPEAT_UNITS,
    "members": MEMBERS,
    "abbreviations": ABBREVIATIONS,
    "properties": PROPERTIES,
    "cell_numbers": CELL_NUMBERS,
    "conflicts": CONFLICTS,
    "references": REFERENCES,
    "uses": USES,
    "asked": ASKED,
}


def faults_of(rows: pl.DataFrame, columns: Iterable[Column]) -> Iterator[Fault]:
    """Find what breaks the specification in rows of text; the first data row is line 2.

    `rows` has every column of `columns`, as text, null where it is empty, and its own ``line``.
    """
    for column in columns:
        cells = rows.select("line", column.name)
        if column.required:
            for line, _ in cells.filter(pl.col(column.name).is_null()).iter_rows():
                yield Fault(line, column.name, "", "is empty", "fill it in")
        if column.number:
            odd = cells.filter(pl.col(column.name).is_not_null() & ~_finite(pl.col(column.name)))
            for line, text in odd.iter_rows():
                yield Fault(
                    line, column.name, text, "is not a number", "write it with a decimal point, as 0.82 or 1.9e5"
                )
            continue
        distinct = cells.drop_nulls().group_by(column.name).agg(pl.col("line"))
        for text, lines in distinct.sort(pl.col("line").list.min()).iter_rows():
            trouble = _trouble(column, text)
            if trouble:
                yield from (Fault(line, column.name, text, *trouble) for line in lines)


def _finite(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Float64, strict=False)
    return number.is_not_null() & number.is_finite()


def _trouble(column: Column, text: str) -> tuple[str, str | None] | None:
    words = [word.strip() for word in text.split(";")] if column.several else [text]
    for word in words:
        if column.choices and word not in column.choices:
            return "is not one of its words", did_you_mean(word, column.choices)
        if column.parse is not None:
            try:
                column.parse(word)
            except ValueError as error:
                return str(error), None
    return None


def conversions(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[float, float]]:
    """Give factor and offset of each conversion of (unit, target) that is one.

    All units in use are linear in each other, so two points of a conversion tell it all.

    Examples
    --------
    >>> factor, offset = conversions([("degC", "K")])["degC", "K"]
    >>> factor, round(offset, 2)
    (1.0, 273.15)
    >>> conversions([("V", "K")])
    {}
    """
    found = {}
    for unit, target in pairs:
        try:
            offset = convert(0.0, unit, target)
            found[unit, target] = (convert(1.0, unit, target) - offset, offset)
        except UnitError:
            continue
    return found
