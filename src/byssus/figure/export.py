"""A figure as files: exactly what is drawn, as numbers and as vector graphics."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, get_args

from byssus.figure import style
from byssus.figure.paper import drawn_as
from byssus.figure.spec import Figure, Panel
from byssus.files import write_whole

Format = Literal["svg", "pdf", "png", "csv", "origin", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
#: What a run leaves of every figure; a picture of dots is drawn when it is asked for.
ALWAYS: tuple[Format, ...] = ("svg", "pdf", "csv", "origin", "json")


def to_csv(figure: Figure) -> str:
    """Return what is drawn as CSV, a row a point, the units in the columns."""
    return figure.drawn().write_csv()


def to_origin(figure: Figure) -> str:
    """Return what is drawn as Origin takes it: columns X, Y and, where there are any, errors for every series.

    Three rows stand over the numbers: long name, units, comments.  Origin's import takes such
    rows, with the same delimiter as the data, as subheader lines, and its standard worksheet
    shows these three, in this order (docs.originlab.com, Origin Help: "Import Wizard, The
    Header Lines Page" and "Displaying Supporting Data in Worksheet Header Rows").  Units are
    written in ASCII (``mAh/cm^2``).  A missing value is an empty field.

    Examples
    --------
    >>> from byssus.figure.spec import Axis, Series
    >>> line = Series(name="CMC-1", group="CMC", x=(1, 2), y=(3.0, None), y_uncertainty=(0.1, None))
    >>> print(to_origin(Figure(name="f", title="F", caption="", groups=("CMC",), x=Axis(quantity="Cycle", unit="1"),
    ...     panels=(Panel(y=Axis(quantity="Capacity", unit="mAh"), series=(line,)),))).strip())
    Cycle,Capacity,Standard uncertainty
    ,mAh,mAh
    "CMC-1, measured","CMC-1, measured","CMC-1, measured"
    1.0,3.0,0.1
    2.0,,
    """
    columns = [column for panel in figure.panels for column in _columns(panel, figure)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip_longest(*columns))
    return text.getvalue()


def _columns(panel: Panel, figure: Figure) -> Iterator[list[Any]]:
    """Yield columns from their long name down; the key to a marker has no numbers and no columns."""
    x, y = figure.x, panel.y
    x_unit, y_unit = ("" if axis.unit == "1" else axis.unit for axis in (x, y))
    for series in panel.series:
        if not series.x:
            continue
        said = ", ".join(part for part in (series.name, series.origin, series.source) if part)
        yield [x.quantity, x_unit, said, *series.x]
        yield [y.quantity, y_unit, said, *series.y]
        for name, values in (
            ("Standard uncertainty", series.y_uncertainty),
            ("Interval low", series.low),
            ("Interval high", series.high),
        ):
            if values is not None:
                yield [name, y_unit, said, *values]
    if panel.texts:
        yield [x.quantity, x_unit, "texts", *(text.x for text in panel.texts)]
        yield [y.quantity, y_unit, "texts", *(text.y for text in panel.texts)]
        yield ["Text", "", "texts", *(text.text for text in panel.texts)]


#: The formats that are drawn.
_PICTURES: tuple[Literal["svg", "pdf", "png"], ...] = ("svg", "pdf", "png")


def write_figure(
    figure: Figure,
    folder: Path,
    formats: Collection[Format] = ALWAYS,
    *,
    width_cm: float = style.ONE_COLUMN_CM,
    height_cm: float | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> list[Path]:
    """Write a figure in several formats, and return the files.

    ``<name>.svg``, ``.pdf`` and ``.png`` are its pictures, ``<name>.csv`` the numbers a row a
    point, ``<name>.origin.csv`` the same for Origin, ``<name>.json`` the specification.
    `pictures` are those that were drawn already (`byssus.figure.paper.drawn_as`).
    """
    drawn = dict(pictures or {})
    wanted: list[Literal["svg", "pdf", "png"]] = [kind for kind in _PICTURES if kind in formats and kind not in drawn]
    if wanted:
        drawn |= drawn_as(figure, wanted, width_cm=width_cm, height_cm=height_cm)
    files: list[Path] = []
    for kind in formats:
        file = path_of(figure.name, folder, kind)
        content: bytes | str
        match kind:
            case "csv":
                content = to_csv(figure)
            case "origin":
                content = to_origin(figure)
            case "json":
                content = figure.model_dump_json(indent=1)
            case _:
                content = drawn[kind]
        write_whole(file, content)
        files.append(file)
    return files


def path_of(name: str, folder: Path, kind: Format) -> Path:
    """Return the file of a figure in a format."""
    return folder / f"{name}.{'origin.csv' if kind == 'origin' else kind}"
