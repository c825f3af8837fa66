"""The report: one HTML file that needs nothing else, not even a network.

It opens with the answer, then what could overturn it, then the figures, then how every
number was made and from which bytes.  This module only lays out; it computes nothing.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byssus import __version__
from byssus.analysis.result import Result, tidy
from byssus.figure.export import Format, path_of, to_csv
from byssus.figure.paper import to_svg
from byssus.figure.screen import to_plotly
from byssus.figure.spec import Figure
from byssus.figure.thin import thinned
from byssus.findings import CODES, Code, Finding, by_severity
from byssus.knowledge.questions import DOCUMENTS
from byssus.measured.metadata import Provenance, Sample
from byssus.quantity import pretty_unit
from byssus.report.answer import Answer, Beside, Differences, number
from byssus.report.citations import DOI
from byssus.report.known import Cards, conditions, dois, standing
from byssus.report.simulated import Simulation
from byssus.report.tables import Listing

if TYPE_CHECKING:
    from markupsafe import Markup

#: Whose versions a number may depend on.
_DEPENDS_ON = (
    "polars",
    "numpy",
    "scipy",
    "pint",
    "fastnda",
    "fastexcel",
    "matplotlib",
    "plotly",
    "pybamm",
    "casadi",
    "SALib",
)
#: The same, of a library that need not be there.
_EXTRA = "galvani"

#: Stands in the title of a figure between what it shows and the one sample that it shows it of.
_OF_SAMPLE = " of "
#: Before what tells figures of several kinds of cell apart; so many of them have a line each in the contents.
_OF_KIND, _STAND_APART = " (", 2
#: Numbers behind a figure travel inside the page up to this many packed bytes, and those of all figures up to the other.
MOST_PACKED, MOST_PACKED_OF_ALL = 1_000_000, 3_000_000

#: The forms of a figure that lie beside the page.
_BESIDE: tuple[Format, ...] = ("svg", "pdf", "csv", "origin")

#: More notes than this start folded, lest they drown the warnings.
MOST_NOTES = 5

#: A table of more published numbers than this starts folded.
MOST_HELD = 6


@dataclass(frozen=True)
class Report:
    """Everything that a report shows."""

    title: str
    #: One for each kind of cell.
    answers: Sequence[Answer]
    results: Sequence[Result]
    figures: Sequence[Figure]
    findings: Sequence[Finding]
    #: Paragraphs that define what was computed.
    methods: Sequence[tuple[str, str]]
    inputs: Sequence[tuple[str, Provenance]]
    #: What the study says of each sample.
    samples: Sequence[Sample] = field(default=())
    #: The binders against their controls, a table for each kind of cell.
    differences: Sequence[Differences] = field(default=())
    #: Values from the literature beside the measured ones.
    references: Sequence[Beside] = field(default=())
    #: Cells that the study leaves out, each with the reason.
    excluded: Sequence[Mapping[str, str | None]] = field(default=())
    #: Notes on the samples, as the study gives them.
    notes: Sequence[tuple[str, str]] = field(default=())
    #: Small tables by cell.
    tables: Sequence[Listing] = field(default=())
    #: What was found of the tests that are no plain cycling, a table for each technique.
    tests: Sequence[Listing] = field(default=())
    #: What is known of the binders.
    known: Cards | None = None
    #: What of it was simulated.
    simulation: Simulation | None = None
    #: What to cite, as BibTeX.
    citations: str = ""
    #: Figures that were drawn as SVG already, by name; the others are drawn here.
    drawn: Mapping[str, bytes] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Return the versions of Byssus and of the libraries whose numbers it passes on."""
    import platform

    found = {"byssus": __version__, "python": platform.python_version()} | {
        name: metadata.version(name) for name in _DEPENDS_ON
    }
    with contextlib.suppress(metadata.PackageNotFoundError):
        found[_EXTRA] = metadata.version(_EXTRA)
    return found


def to_html(report: Report) -> str:
    """Lay the report out as one HTML page."""
    import jinja2
    from plotly.offline import get_plotlyjs

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("byssus.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "cited": cited, "pretty": pretty_unit, "conditions": conditions, "dois": dois, "standing": standing,
    }  # fmt: skip
    # Macros see globals only.
    environment.globals["members"] = _members(report)
    template = environment.get_template("report.html.j2")
    by_code = coded(report.findings)
    return template.render(
        report=report,
        grave=[group for group in by_code if group.kind.severity != "note"],
        notes=[group for group in by_code if group.kind.severity == "note"],
        most_notes=MOST_NOTES,
        samples=_samples(report.samples),
        exports=_exports(report.results),
        documents=DOCUMENTS,
        most_held=MOST_HELD,
        figures=_figures(report.figures, report.drawn),
        contents=_contents(report.figures),
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        versions=versions(),
        plotly_js=_safe_script(get_plotlyjs()),
        style=asset("report.css"),
        script=asset("report.js"),
    )


@dataclass(frozen=True)
class FindingsOfCode:
    """The findings of one code."""

    code: str
    kind: Code
    #: Each message with the samples that it is said of.
    said: tuple[tuple[str, tuple[str, ...]], ...]


def coded(findings: Sequence[Finding]) -> list[FindingsOfCode]:
    """Return the findings by code, the gravest first: what a code means is read once.

    Examples
    --------
    >>> cut = [Finding("truncated", f"line {line} is cut off", sample="A") for line in (7, 9)]
    >>> [(group.code, group.said) for group in coded(cut)]
    [('truncated', (('line 7 is cut off', ('A',)), ('line 9 is cut off', ('A',))))]
    """
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for finding, samples in grouped(findings):
        found.setdefault(finding.code, []).append((finding.message, tuple(samples)))
    return [FindingsOfCode(code, CODES[code], tuple(said)) for code, said in found.items()]


def grouped(findings: Sequence[Finding]) -> list[tuple[Finding, list[str]]]:
    """Return the findings by severity; those that say the same of several samples are one, with the samples' names.

    Examples
    --------
    >>> same = [Finding("truncated", "line 9 is cut off", sample=name) for name in ("A", "B")]
    >>> [(finding.message, samples) for finding, samples in grouped(same)]
    [('line 9 is cut off', ['A', 'B'])]
    """
    found: dict[tuple[str, str], tuple[Finding, list[str]]] = {}
    for finding in by_severity(findings):
        _, samples = found.setdefault((finding.code, finding.message), (finding, []))
        if finding.sample and finding.sample not in samples:
            samples.append(finding.sample)
    return list(found.values())


def _samples(samples: Sequence[Sample]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return headings and rows of the table of samples; a column that no sample fills is left out."""
    fields = {
        "Binder": "binder", "Electrode": "electrode", "Configuration": "configuration", "Made": "made",
        "Active material": "active_material", "Active mass": "active_mass", "Coating mass": "coating_mass",
        "Electrode area": "electrode_area", "Nominal capacity": "nominal_capacity",
    }  # fmt: skip
    always = ("active_mass", "electrode_area")
    shown = {
        heading: name
        for heading, name in fields.items()
        if name in always or any(getattr(sample, name) is not None for sample in samples)
    }
    rows = []
    for sample in samples:
        values = [getattr(sample, name) for name in shown.values()]
        rows.append((sample.name or "unnamed", ["" if value is None else str(value) for value in values]))
    return list(shown), rows


@dataclass(frozen=True)
class _Member:
    """A sample's place in the page: its numbers, the files they come from, the figures that show it."""

    anchor: str
    group: str
    #: Each result with its place in a table.
    numbers: tuple[tuple[Result, Any], ...]
    files: tuple[str, ...]
    #: Number and name of each figure.
    figures: tuple[tuple[int, str], ...]


def _members(report: Report) -> dict[str, _Member]:
    """Return what the page knows of each sample, by its name."""
    names = dict.fromkeys(result.sample or "" for result in report.results)
    made = {}
    for at, name in enumerate(names, start=1):
        own = [result for result in report.results if (result.sample or "") == name]
        made[name] = _Member(
            anchor=f"sample-{at}",
            group=own[0].group or "",
            numbers=tuple(
                (one, None if one.value is None else number(one.value, one.uncertainty, one.unit)) for one in own
            ),
            files=tuple(source.file for sample, source in report.inputs if sample == name),
            figures=tuple(
                (place, figure.name) for place, figure in enumerate(report.figures, start=1) if _shows(figure, name)
            ),
        )
    return made


def _shows(figure: Figure, sample: str) -> bool:
    named = (series.name for panel in figure.panels for series in panel.series)
    return figure.title.endswith(f" of {sample}") or any(
        name == sample or name.startswith(f"{sample}, ") for name in named
    )


def _exports(results: Sequence[Result]) -> list[tuple[str, str, str, str]]:
    """Return file name, type, label and packed content of each form in which all numbers leave the page."""
    as_json = json.dumps([result.as_dict() for result in results], indent=1, ensure_ascii=False, allow_nan=False)
    return [
        ("results.csv", "text/csv", "CSV", _packed(tidy(results).write_csv())),
        ("results.json", "application/json", "JSON", _packed(as_json)),
        ("results.origin.csv", "text/csv", "CSV for Origin", _packed(side_by_side(results))),
    ]


def side_by_side(results: Sequence[Result]) -> str:
    """Write results as Origin takes them: a row a sample, and over each column its long name, unit and comment.

    Examples
    --------
    >>> print(side_by_side([Result("capacity", 3227.0, "mAh/g", 12.0, basis="coating", sample="A", group="CCL", cycle=1),
    ...     Result("capacity", 3100.0, "mAh/g", basis="coating", sample="B", group="CMC", cycle=1)]).strip())
    Sample,Binder,capacity,Standard uncertainty
    ,,mAh/g,mAh/g
    ,,"per coating, first cycle","per coating, first cycle"
    A,CCL,3227.0,12.0
    B,CMC,3100.0,
    """
    # A quantity of the first cycle and the same of a later one are two columns.
    columns: dict[tuple[str, str, str | None, bool], dict[str, Result]] = {}
    groups: dict[str, str] = {}
    for result in results:
        key = (result.name, result.unit, result.basis, result.cycle == 1)
        columns.setdefault(key, {})[result.sample or ""] = result
        groups[result.sample or ""] = result.group or ""
    table: list[list[Any]] = [["Sample", "", "", *groups], ["Binder", "", "", *groups.values()]]
    for (name, unit, basis, first), found in columns.items():
        over = [f"per {basis}" if not basis.startswith(("cycle", "rate plateau")) else f"from {basis}"] if basis else []
        comment = ", ".join([*over, *(["first cycle"] if first else [])])
        shown = "" if unit == "1" else unit
        ordered = [found.get(sample) for sample in groups]
        table.append([name, shown, comment, *(one.value if one else None for one in ordered)])
        errors = [one.uncertainty if one else None for one in ordered]
        if any(error is not None for error in errors):
            table.append(["Standard uncertainty", shown, comment, *errors])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip(*table, strict=True))
    return text.getvalue()


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def cited(text: str) -> Markup:
    """Make each DOI in a text a link."""
    from markupsafe import Markup, escape

    made, end = Markup(""), 0
    for found in DOI.finditer(text):
        made += escape(text[end : found.start()])
        made += Markup('<a href="https://doi.org/{0}">doi:{0}</a>').format(found[1])
        end = found.end()
    return made + escape(text[end:])


def _figures(figures: Sequence[Figure], drawn: Mapping[str, bytes]) -> list[dict[str, Any]]:
    made, room = [], MOST_PACKED_OF_ALL
    for figure in figures:
        shown = thinned(figure)
        # Numbers compress tenfold; the page unpacks them when they are asked for.
        packed = gzip.compress(to_csv(figure).encode(), mtime=0)
        inside = len(packed) <= min(MOST_PACKED, room)
        room -= len(packed) if inside else 0
        made.append(
            {
                "spec": shown,
                # No name of a sample can end the element that this stands in.
                "plotly": json.dumps(to_plotly(shown), allow_nan=False).replace("<", "\\u003c"),
                "svg": base64.b64encode(drawn.get(figure.name) or to_svg(figure)).decode(),
                "csv_gzip": base64.b64encode(packed).decode() if inside else None,
                "panels": len(figure.panels),
                "files": {kind: path_of(figure.name, Path("figures"), kind).as_posix() for kind in _BESIDE},
            }
        )
    return made


def _contents(figures: Sequence[Figure]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return headings of the contents, each with its figures: those of one kind, one for each sample, share one."""
    bracketed = {figure.name: figure.title.partition(_OF_KIND) for figure in figures}
    alike = Counter(bare for bare, _, _ in bracketed.values())
    kinds: dict[str, list[tuple[str, str]]] = {}
    for figure in figures:
        kind, _, apart = figure.title.partition(_OF_SAMPLE)
        bare, _, told = bracketed[figure.name]
        if not apart and alike[bare] > _STAND_APART:
            # Of one kind of cell or test: what stands in the brackets tells them apart.
            kind, apart = bare, figure.title if _OF_KIND in told else told.removesuffix(")")
        kinds.setdefault(kind if apart else figure.title, []).append((figure.name, apart or figure.title))
    titles = {figure.name: figure.title for figure in figures}
    return [(kind if len(those) > 1 else titles[those[0][0]], those) for kind, those in kinds.items()]


def asset(name: str) -> str:
    """Return a stylesheet or script of the templates as it may stand in a page."""
    return _safe_script((resources.files("byssus.report") / "templates" / name).read_text(encoding="utf-8"))


def _safe_script(text: str) -> str:
    # Only this sequence can end a <script> early; the backslash changes nothing inside a string.
    return text.replace("</script", "<\\/script")
