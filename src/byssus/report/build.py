"""The report: one HTML file that needs nothing else, not even a network.

It opens with the answer, then what could overturn it, then the figures, then how every
number was made and from which bytes.  This module only lays out; it computes nothing.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
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
from byssus.findings import CODES, Finding, by_severity
from byssus.measured.metadata import Provenance
from byssus.quantity import pretty_unit

#: Whose versions a number may depend on.
_DEPENDS_ON = ("polars", "numpy", "pint", "fastnda", "fastexcel", "matplotlib", "plotly")


@dataclass(frozen=True)
class SampleRow:
    """One line of the answer: a sample with its headline results."""

    sample: str
    group: str
    results: Sequence[Result]
    #: The answer in words.
    sentence: str | None = None


@dataclass(frozen=True)
class Report:
    """Everything that a report shows."""

    title: str
    samples: Sequence[SampleRow]
    results: Sequence[Result]
    figures: Sequence[Figure]
    findings: Sequence[Finding]
    #: Paragraphs that define what was computed.
    methods: Sequence[tuple[str, str]]
    inputs: Sequence[tuple[str, Provenance]]
    #: Notes on the samples, as the study gives them.
    notes: Sequence[tuple[str, str]] = field(default=())


def versions() -> dict[str, str]:
    """Return the versions of Byssus and of the libraries whose numbers it passes on."""
    import platform

    return {"byssus": __version__, "python": platform.python_version()} | {
        name: metadata.version(name) for name in _DEPENDS_ON
    }


def headline_names(rows: Sequence[SampleRow]) -> list[tuple[str, str | None, str]]:
    """Return the columns of the answer: each name, basis and unit that occurs, in order."""
    return list(
        dict.fromkeys((result.name, result.basis, pretty_unit(result.unit)) for row in rows for result in row.results)
    )


def to_html(report: Report) -> str:
    """Lay the report out as one HTML page."""
    import jinja2
    from plotly.offline import get_plotlyjs

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("byssus.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("report.html.j2")
    columns = headline_names(report.samples)
    return template.render(
        report=report,
        findings=by_severity(report.findings),
        codes=CODES,
        columns=columns,
        cells=[[_find(row, name, basis) for name, basis, _ in columns] for row in report.samples],
        figures=[_figure(figure) for figure in report.figures],
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        versions=versions(),
        plotly_js=_safe_script(get_plotlyjs()),
        style=_asset("report.css"),
        script=_asset("report.js"),
    )


def _find(row: SampleRow, name: str, basis: str | None) -> Result | None:
    return next((result for result in row.results if (result.name, result.basis) == (name, basis)), None)


def _figure(figure: Figure) -> dict[str, Any]:
    # Drawn numbers compress tenfold; the page unpacks them when they are asked for.
    svg, csv = to_svg(figure), gzip.compress(to_csv(figure).encode(), mtime=0)
    return {
        "spec": figure,
        # No name of a sample can end the element that this stands in.
        "plotly": json.dumps(to_plotly(figure), allow_nan=False).replace("<", "\\u003c"),
        "svg": base64.b64encode(svg).decode(),
        "csv_gzip": base64.b64encode(csv).decode(),
        "panels": len(figure.panels),
    }


def _asset(name: str) -> str:
    return _safe_script((resources.files("byssus.report") / "templates" / name).read_text(encoding="utf-8"))


def _safe_script(text: str) -> str:
    # Only this sequence can end a <script> early; the backslash changes nothing inside a string.
    return text.replace("</script", "<\\/script")
