"""The report: one HTML file that needs nothing else, not even a network.

It opens with the answer, then what could overturn it, then the figures, then how every
number was made and from which bytes.  This module only lays out; it computes nothing.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata, resources
from typing import Any

from byssus import __version__
from byssus.analysis.result import Result
from byssus.figure.export import to_csv
from byssus.figure.paper import to_svg
from byssus.figure.screen import to_plotly
from byssus.figure.spec import Figure
from byssus.figure.thin import thinned
from byssus.findings import CODES, Finding, by_severity
from byssus.measured.metadata import Provenance, Sample
from byssus.report.answer import Answer, Beside, Differences

#: Whose versions a number may depend on.
_DEPENDS_ON = ("polars", "numpy", "scipy", "pint", "fastnda", "fastexcel", "matplotlib", "plotly")

#: Numbers behind a figure travel inside the page up to this many packed bytes, and those of all figures up to the other.
MOST_PACKED, MOST_PACKED_OF_ALL = 1_000_000, 3_000_000


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


def versions() -> dict[str, str]:
    """Return the versions of Byssus and of the libraries whose numbers it passes on."""
    import platform

    return {"byssus": __version__, "python": platform.python_version()} | {
        name: metadata.version(name) for name in _DEPENDS_ON
    }


def to_html(report: Report) -> str:
    """Lay the report out as one HTML page."""
    import jinja2
    from plotly.offline import get_plotlyjs

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("byssus.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("report.html.j2")
    return template.render(
        report=report,
        findings=grouped(report.findings),
        codes=CODES,
        samples=_samples(report.samples),
        figures=_figures(report.figures),
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        versions=versions(),
        plotly_js=_safe_script(get_plotlyjs()),
        style=_asset("report.css"),
        script=_asset("report.js"),
    )


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


def _figures(figures: Sequence[Figure]) -> list[dict[str, Any]]:
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
                "svg": base64.b64encode(to_svg(shown)).decode(),
                "csv_gzip": base64.b64encode(packed).decode() if inside else None,
                "panels": len(figure.panels),
            }
        )
    return made


def _asset(name: str) -> str:
    return _safe_script((resources.files("byssus.report") / "templates" / name).read_text(encoding="utf-8"))


def _safe_script(text: str) -> str:
    # Only this sequence can end a <script> early; the backslash changes nothing inside a string.
    return text.replace("</script", "<\\/script")
