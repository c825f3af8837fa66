"""What a figure shows, with no word about the program that draws it.

A figure is one or more panels stacked over a common abscissa.  Everything drawn is in
the specification, so the exported numbers are exactly the drawn ones; long lines alone
are drawn thinned (`byssus.figure.thin`), and the figure then says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, model_validator

from byssus.quantity import pretty_unit

Number = float | None


#: The numbers of a point besides its abscissa, as exported.
_NUMBERS = ("value", "standard uncertainty", "interval low", "interval high")
#: A logarithmic axis whose ends are further apart is numbered at its decades alone.
_MANY_DECADES = 1000.0
#: Digits that a logarithmic axis is numbered at, the closest last; the first with enough numbers are taken.
_DIGITS = ((1, 2, 5), range(1, 10), [digit / 5 for digit in range(5, 50)], [digit / 50 for digit in range(50, 500)])
_LEAST_TICKS = 3


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Axis(_Spec):
    """An axis: its quantity and unit, and the range shown where that is not all of the data."""

    quantity: str
    unit: str
    range: tuple[float, float] | None = None
    #: Whether equal distances are equal ratios; the range stays in the axis' own unit.
    log: bool = False
    #: What stands at 1, 2, 3 … instead of numbers; bars of them lie, the first at the top (`byssus.figure.sensitivity`).
    names: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The label as it is drawn: ``Quantity / unit``, or the quantity alone if it is a count."""
        unit = pretty_unit(self.unit).replace("ohm", "Ω").replace("deg", "°")
        return self.quantity if self.unit == "1" else f"{self.quantity} / {unit}"

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Where a logarithmic axis with a range is numbered: at decades; at 1, 2 and 5, or closer, where they are few.

        Examples
        --------
        >>> Axis(quantity="Frequency", unit="Hz", range=(0.05, 2e5), log=True).ticks[:2]
        ((0.1, '10⁻¹'), (1.0, '10⁰'))
        >>> [text for _, text in Axis(quantity="Current", unit="A/g", range=(0.15, 6), log=True).ticks]
        ['0.2', '0.5', '1', '2', '5']
        >>> [text for _, text in Axis(quantity="|Z|", unit="ohm", range=(22, 75), log=True).ticks]
        ['30', '40', '50', '60', '70']
        """
        if not self.log or self.range is None:
            return ()
        low, high = self.range
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        if high / low > _MANY_DECADES:
            return tuple((at, pretty_unit(f"10^{decade}")) for decade in decades if low <= (at := 10.0**decade) <= high)
        for digits in _DIGITS:
            every = (float(f"{digit:g}e{decade}") for decade in decades for digit in digits)
            found = tuple((at, f"{at:g}") for at in every if low <= at <= high)
            if len(found) >= _LEAST_TICKS:
                break
        return found

    @property
    def column(self) -> str:
        """The name of the axis in exported tables."""
        return f"{self.quantity} / {self.unit}"


class Series(_Spec):
    """One set of points.

    `group` decides the colour and the marker, the same in every figure of a study.
    `tint` lightens the colour, from 0 (full) to 1 (nearly white).  `origin` decides the
    stroke: measured solid, simulated dashed, a reported value an open marker.  `low` and
    `high` bound a band around the series, e.g. the 95 % interval of a mean.  A `faint`
    series is a replicate under the mean that it is part of.  The group `""` is nobody's:
    its series, without points, explains a marker in the legend.
    """

    name: str
    group: str
    x: tuple[Number, ...]
    y: tuple[Number, ...]
    y_uncertainty: tuple[Number, ...] | None = None
    low: tuple[Number, ...] | None = None
    high: tuple[Number, ...] | None = None
    style: Literal["points", "line", "points and line"] = "points and line"
    marker: Literal["own", "alternate"] = "own"
    tint: float = 0.0
    faint: bool = False
    #: Whether a few markers along many points are enough; every point is there all the same.
    sparse: bool = False
    origin: Literal["measured", "simulated", "reported"] = "measured"
    source: str | None = None
    #: Its entry in the figure's legend; series that share an entry share a look.
    label: str | None = None

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        optional = (self.y_uncertainty, self.low, self.high)
        if len({len(self.x), len(self.y)} | {len(column) for column in optional if column is not None}) > 1:
            raise ValueError(f"series {self.name!r} has columns of unequal length")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"series {self.name!r} has a band with one edge")
        return self


class Text(_Spec):
    """Words beside a place of a panel, where they beat a legend; in a group's colour, if it is one's."""

    text: str
    x: float
    y: float
    group: str = ""
    place: Literal["above", "below", "right", "left", "above right", "above left", "below right", "below left"] = (
        "above"
    )
    upright: bool = False
    #: The point that a thin line joins the words to, where they stand apart from it; for words to the right.
    leader: tuple[float, float] | None = None


class Panel(_Spec):
    """One pair of axes; the abscissa is the figure's."""

    y: Axis
    series: tuple[Series, ...]
    texts: tuple[Text, ...] = ()


def ending(words: Sequence[str]) -> str:
    """Return what the name of a figure ends in that is told apart by some words.

    Examples
    --------
    >>> ending(["half cells", "gitt"]), ending([])
    ('-half-cells-gitt', '')
    """
    return "".join(f"-{word.replace(' ', '-')}" for word in words)


class Figure(_Spec):
    """A figure with its caption.

    Examples
    --------
    >>> line = Series(name="a", group="CMC", x=(1, 2), y=(3.0, None))
    >>> axis = Axis(quantity="Capacity", unit="mAh/cm^2")
    >>> figure = Figure(name="f", title="F", caption="c", groups=("CMC",),
    ...                 x=Axis(quantity="Cycle", unit="1"), panels=(Panel(y=axis, series=(line,)),))
    >>> axis.label
    'Capacity / mAh/cm²'
    >>> figure.drawn().height
    2
    """

    name: str
    title: str
    caption: str
    x: Axis
    panels: tuple[Panel, ...]
    #: All groups of the study in their order, so that each keeps its colour everywhere.
    groups: tuple[str, ...]
    legend_title: str | None = None
    #: Whether a unit is as long upwards as it is across; for one panel of which both ranges are given.
    equal: bool = False

    @model_validator(mode="after")
    def _equal_has_ranges(self) -> Self:
        if self.equal and (len(self.panels) != 1 or self.x.range is None or self.panels[0].y.range is None):
            raise ValueError("equal axes are for one panel of which both ranges are given")
        return self

    def apart(self, words: Sequence[str]) -> Figure:
        """Return the figure, its name and title telling it from those of other kinds of cell or test; itself without words."""
        if not words:
            return self
        return self.model_copy(
            update={"name": self.name + ending(words), "title": f"{self.title} ({', '.join(words)})"}
        )

    def legend(self) -> list[Series]:
        """Return one series for each entry of the legend, in order."""
        entries: dict[str, Series] = {}
        for panel in self.panels:
            for series in panel.series:
                if series.label:
                    entries.setdefault(series.label, series)
        return list(entries.values())

    def drawn(self) -> pl.DataFrame:
        """Return every point and every text of the figure, a row each; only a text has ``text``."""
        rows: list[pl.DataFrame] = []
        for panel in self.panels:
            for series in panel.series:
                count = len(series.x)
                rows.append(
                    self._rows(
                        panel,
                        {
                            "series": [series.name] * count,
                            "group": [series.group] * count,
                            "origin": [series.origin] * count,
                            "x": series.x,
                            "value": series.y,
                            "standard uncertainty": series.y_uncertainty,
                            "interval low": series.low,
                            "interval high": series.high,
                            "source": [series.source] * count,
                        },
                    )
                )
            rows.append(
                self._rows(
                    panel,
                    {
                        "group": [text.group for text in panel.texts],
                        "x": [text.x for text in panel.texts],
                        "value": [text.y for text in panel.texts],
                        "text": [text.text for text in panel.texts],
                    },
                )
            )
        return pl.concat(rows)

    def _rows(self, panel: Panel, columns: Mapping[str, Sequence[Any] | None]) -> pl.DataFrame:
        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "series": pl.String, "group": pl.String, "origin": pl.String, self.x.column: pl.Float64,
            "quantity": pl.String, **dict.fromkeys(_NUMBERS, pl.Float64), "unit": pl.String,
            "source": pl.String, "text": pl.String,
        }  # fmt: skip
        count = len(columns["value"] or ())
        given = dict(columns) | {"quantity": [panel.y.quantity] * count, "unit": [panel.y.unit] * count}
        given[self.x.column] = given.pop("x")
        return pl.DataFrame({name: given.get(name) or [None] * count for name in schema}, schema=schema)
