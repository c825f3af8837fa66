"""The records of knowledge against the two documents and the lists that they were made from."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from byssus import knowledge
from byssus.errors import ReadError
from byssus.knowledge import Knowledge, reading
from byssus.knowledge.columns import TABLES, faults_of
from byssus.validation.page import Comparison, Listing, Page


@dataclass(frozen=True, slots=True)
class _Document:
    """Where the body of a document begins and ends in its text."""

    file: str
    begins: str
    ends: str


_DOCUMENTS = {
    "paper": _Document("000_ad44df460b09714b.txt", "ABSTRACT", "CRedit authorship"),
    "review": _Document("003_4eb21847f69516f3.txt", "Abstract", "Acknowledgements"),
}

_HEADING = re.compile(r"(\d(?:\.\d)*)\.? [A-Z].{0,88}")
_NUMBER = re.compile(r"(?<![\w.])(?<!\w[-–])\d+(?:[  ]\d{3})*(?:\.\d+)?(?:e-?\d+)?")

#: What holds digits and is no number of the science: taken out before numbers are looked for.
_NOT_NUMBERS = (
    re.compile(r"^(?:E-mail|Received|Available|2352-|<https|¹|²|³).*$", re.MULTILINE),  # the imprint
    re.compile(r"\[[\d,;–\-\s]+\]"),  # citations
    re.compile(
        r"(?<=\[)\d{2,3},\s*$|^\d{2,3}(?:, \d{2,3})*(?=[\],])", re.MULTILINE
    ),  # citations that a line break splits
    re.compile(r"\[\d{2,3},\n+\[?\d{2,3}\]"),
    re.compile(
        r"(?:Figs?\.?|Figures?|Refs?\.|Eqs?\.|Tables?|Scheme|[Ss]ections?)\s*S?\(?\d+[a-z]?\d?"
        r"(?:\s*(?:[–,-]|and)\s*S?\d*[a-z]\d?)*\)?(?:\s*\(\d+\))?"
    ),  # pointers
    re.compile(r"Copyright © \d{4}"),
    re.compile(r"\bCHI 760E?\b"),  # a model of an instrument
    re.compile(r"(?<=[ (-])\(\d\)(?= )"),  # numerals of lists
    re.compile(r"(?<=\d\d):1\b"),  # of EO:Li = 20:1, whose record is the quotient
    re.compile(r"\b[23]D\b"),  # dimensions of space
    re.compile(r"(?<![\d.])\d(?:,\d)*-(?=[a-zα-ω(])|-\d(?:,\d)+(?=[- ])"),  # locants of chemical names
    re.compile(r"_\{?[\d.−+-]+\}?"),  # subscripts of formulae
    re.compile(r"(?<=[A-Za-z)}])\^\{?[-−+]?[\d.]*[-−+]?\}?"),  # charges and powers of units
)


def compare(folder: Path) -> Page:
    """Make the page.

    Raises
    ------
    ReadError
        If the documents are not beside the folder of test files.
    """
    shared = folder.parent
    known = knowledge.load()
    comparisons = [*_systems(shared, known), *_conflicts(shared, known), *_specified(known)]
    rows = []
    for document in _DOCUMENTS:
        for section, numbers in sections(shared, document).items():
            absent = unrecorded(known, document, section, numbers)
            recorded = known.facts.filter((known.facts["source"] == document) & (known.facts["section"] == section))
            missing = recorded.filter(recorded["qualifier"] == "missing").height
            rows.append((document, section, str(len(numbers)), str(recorded.height - missing), str(missing)))
            comparisons.append(
                Comparison(f"{document} {section}", "numbers printed that no record of the section holds",
                           "the document's text", max(len(numbers), 1), float(len(absent)), 0.0, "")
            )  # fmt: skip
    second = _second_readings()
    return Page(
        "What is known, against the documents that it is from",
        "Each number of the body of the two documents (text, captions, tables, equations; not the imprint, citations, "
        "pointers to figures, names and subscripts of formulae) has to be the value or a condition of a record of the "
        "same section. The check is of the number alone; what it is of, and under which conditions, was read twice by "
        "different readers.",
        comparisons,
        remarks=(
            "A number that a document prints twice in one section is found by one record of it.",
            "Numbers in words are recorded too, and are not counted here.",
        ),
        listings=[
            Listing("Counts by section", "Numbers as printed in the text, records of them, and records that say that a "
                    "number is named but not given.",
                    ("document", "section", "numbers printed", "records with a number", "records without"), rows),
            Listing("The second reading", "Every record was read again against its document by someone who had not "
                    "written it. A wrong cell counts once, and so does a row that was missing or too many.",
                    ("part", "what", "rows read", "errors found", "mended", "kinds"), second),
        ],
    )  # fmt: skip


def sections(shared: Path, document: str) -> dict[str, list[float]]:
    """Return the numbers that the body of a document prints, by its sections.

    Raises
    ------
    ReadError
        If the document is not there.
    """
    place = _DOCUMENTS[document]
    file = shared / "seeds" / place.file
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError(
            "is not there", file=file, fix="set BYSSUS_TEST_DATA to the data folder beside seeds"
        ) from error
    body = text[text.index(f"\n{place.begins}\n") : text.index(f"\n{place.ends}")]
    found: dict[str, list[str]] = {}
    section = "Abstract"
    for line in body.splitlines():
        heading = _HEADING.fullmatch(line)
        if line.startswith(("Table 1 ", "Note: The data in Table 1")):  # set among the text of the next section
            section = {"T": "3.1.1", "N": "3.1.2"}[line[0]]
        if heading and not line.startswith("1 C"):
            section = heading[1]
        else:
            found.setdefault(section, []).append(line)
    return {section: list(_numbers("\n".join(lines))) for section, lines in found.items()}


def _numbers(text: str) -> Iterator[float]:
    text = text.replace("$", "").replace("−", "-")
    text = re.sub(r"\s*(?:\\times|×)\s*10\s*\^\{?(-?\d+)\}?", r"e\1", text)  # 1.9 × 10^5
    text = re.sub(r"\s*×\s*10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: f"e{power[1].translate(_PLAIN)}", text)
    text = re.sub(r"\b10\^\{?(-?\d+)\}?", r"1e\1", text)
    text = re.sub(r"\b10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: f"1e{power[1].translate(_PLAIN)}", text)
    text = re.sub(r"\\(?:text|mathrm)\{([^}]*)\}", r"\1", text)
    for pattern in _NOT_NUMBERS:
        text = pattern.sub(" ", text)
    for match in _NUMBER.finditer(text):
        yield float(re.sub(r"[  ]", "", match[0]))


_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def unrecorded(known: Knowledge, document: str, section: str, numbers: list[float]) -> list[float]:
    """Return the numbers of a section that are neither value nor condition of one of its records."""
    here = known.facts.filter((known.facts["source"] == document) & (known.facts["section"] == section))
    held: set[float] = set()
    for row in here.iter_rows(named=True):
        held |= {abs(row[name]) for name in ("value", "value_max", "uncertainty") if row[name] is not None}
        for name in ("rate", "cycle", "temperature", "window", "loading", "conditions", "of"):
            held |= {float(number) for number in re.findall(r"\d+(?:\.\d+)?(?:e-?\d+)?", str(row[name] or ""))}
    return [number for number in numbers if not any(abs(number - one) <= 1e-9 * abs(one) for one in held)]


def _systems(shared: Path, known: Knowledge) -> Iterator[Comparison]:
    with (shared / "reference" / "systems.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["id"]: row for row in csv.DictReader(file)}
    ours = {row["system"]: row for row in known.systems.iter_rows(named=True)}
    yield Comparison("250 systems", "listed and without a record, or the other way", "the list of systems", len(listed),
                     float(len(set(listed) ^ set(ours))), 0.0, "")  # fmt: skip
    for name in ("source", "section", "kind", "name", "abbreviations"):
        off = sum((listed[system][name].strip() or None) != row[name] for system, row in ours.items())
        yield Comparison("250 systems", f"{name} differs", "the list of systems", len(ours), float(off), 0.0, "")


def _conflicts(shared: Path, known: Knowledge) -> Iterator[Comparison]:
    text = (shared / "reference" / "conflicts.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\*\*([CRX]\d{2}) \(([ABC])\)", text, re.MULTILINE))
    ours = dict(known.conflicts.select("conflict", "severity").iter_rows())
    off = sum(ours.get(name) != severity for name, severity in listed.items())
    yield Comparison("contradictions", "listed and without a record of the same severity", "the list of contradictions",
                     len(listed), float(off), 0.0, "")  # fmt: skip


def _specified(known: Knowledge) -> Iterator[Comparison]:
    for name, columns in TABLES.items():
        rows = reading.rows_of(name)
        faults = list(faults_of(rows, columns))
        if name == "facts":
            faults += reading.fact_faults(rows, known.quantities, known.systems["system"])
        yield Comparison(f"table {name}", "rows that break the specification", "docs/knowledge.md", rows.height,
                         float(len(faults)), 0.0, "")  # fmt: skip
    doubled = sum(count - 1 for count in Counter(known.facts["fact"]).values())
    yield Comparison("table facts", "names that stand for two rows", "docs/knowledge.md", known.facts.height, float(doubled),
                     0.0, "")  # fmt: skip


def _second_readings() -> list[tuple[str, ...]]:
    with (reading.DATA / "readings.csv").open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]
