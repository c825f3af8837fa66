"""What every folder of results holds, whichever verb made it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from byssus.analysis.result import Result, tidy
from byssus.figure.export import write_figure
from byssus.figure.paper import drawn_as
from byssus.figure.spec import Figure
from byssus.files import write_whole
from byssus.workflow.progress import REPORT_FILE, Progress

#: Each figure's name with what it looks like in each form.
Pictures = Mapping[str, Mapping[str, bytes]]


def pictures_of(figures: Sequence[Figure], progress: Progress) -> dict[str, dict[str, bytes]]:
    """Draw figures once, for the page and for the files beside it."""
    pictures: dict[str, dict[str, bytes]] = {}
    for figure in figures:
        progress(f"drawing {figure.title}", len(pictures), len(figures))
        pictures[figure.name] = drawn_as(figure, ("svg", "pdf"))
    return pictures


def write_results(
    folder: Path,
    page: str,
    citations: str,
    answer: Mapping[str, Any],
    results: Sequence[Result],
    figures: Sequence[Figure],
    pictures: Pictures,
) -> None:
    """Write report, citations, all numbers and figures into a folder of results."""
    write_whole(folder / REPORT_FILE, page)
    write_whole(folder / "citations.bib", citations)
    write_whole(folder / "results.json", json.dumps(answer, indent=1, ensure_ascii=False, allow_nan=False))
    frame = tidy(results)
    write_whole(folder / "results.csv", frame.write_csv())
    frame.write_parquet(folder / "results.parquet")
    for figure in figures:
        write_figure(figure, folder / "figures", pictures=pictures[figure.name])
