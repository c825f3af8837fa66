"""A figure as files: exactly what is drawn, as numbers and as vector graphics."""

from __future__ import annotations

from pathlib import Path

from byssus.figure.paper import to_svg
from byssus.figure.spec import Figure
from byssus.files import write_whole


def to_csv(figure: Figure) -> str:
    """Return what is drawn as CSV, a row a point, the units in the columns."""
    return figure.drawn().write_csv()


def write_figure(figure: Figure, folder: Path) -> None:
    """Write ``<name>.svg``, ``<name>.csv`` and ``<name>.json`` (the specification)."""
    write_whole(folder / f"{figure.name}.svg", to_svg(figure))
    write_whole(folder / f"{figure.name}.csv", to_csv(figure))
    write_whole(folder / f"{figure.name}.json", figure.model_dump_json(indent=1))
