"""What figures of single tests share: voltammograms, pulses, spectra.

How many curves there are room for, what they are divided by, how each is named beside itself, and
what the caption says of all of them.  Measured and simulated tables are drawn alike, but for the stroke.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from byssus.conventions import CapacityBasis, Configuration
from byssus.figure import style
from byssus.figure.binders import Origin, joined, origin_of
from byssus.figure.profiles import VOLTAGE, evenly, file_name
from byssus.figure.spec import Axis, Series, Text
from byssus.measured.tables import Table

#: With more curves than this, some are drawn, evenly spread: more names do not fit beside them.
MOST_CURVES = 8
#: Share of the span of the data that is left free at either end of an axis.
_ROOM = 0.06
#: Between words and curves, in points of print.
_CLEAR = 1.5
#: How far words are from their place, in points of print, as `byssus.figure.paper` puts them.
_AWAY = {
    "above": (0.0, 3.0), "right": (5.0, 0.0), "left": (-5.0, 0.0), "below": (0.0, -3.0),
    "above right": (2.0, 2.0), "above left": (-2.0, 2.0), "below right": (2.0, -2.0), "below left": (-2.0, -2.0),
}  # fmt: skip
#: No other curve is so near to a place that a name stands at, in points of print.
_ALONE = 9.0
#: Points that are named are so far apart at least, in points of print.
_APART = 6.0
_FIELD = {
    CapacityBasis.ACTIVE_MATERIAL: "active_mass",
    CapacityBasis.COATING: "coating_mass",
    CapacityBasis.AREA: "electrode_area",
}

Points = NDArray[np.float64]


def sample_of(table: Table) -> str:
    """Return the name of a table's sample."""
    return table.metadata.sample.name or "unnamed"


def group_of(table: Table) -> str:
    """Return the binder of a table's sample, which its colour follows; the sample where it is not known."""
    return table.metadata.sample.binder or sample_of(table)


def stroke_of(table: Table) -> Origin:
    """Return the origin of a table as a specification takes it."""
    return origin_of(table.metadata.origin)


def common_basis(tables: Sequence[Table], among: Sequence[CapacityBasis] = tuple(_FIELD)) -> CapacityBasis:
    """Return the first of some bases that all samples have; the cell itself if there is none."""
    for basis in among:
        if all(getattr(table.metadata.sample, _FIELD[basis]) is not None for table in tables):
            return basis
    return CapacityBasis.CELL


def voltage_axis(tables: Sequence[Table], shown: tuple[float, float] | None = None) -> Axis:
    """Return the axis of the voltage: against lithium where all are half cells."""
    half = all(table.metadata.sample.configuration is Configuration.HALF for table in tables)
    return Axis(quantity=VOLTAGE[Configuration.HALF if half else Configuration.FULL], unit="V", range=shown)


def around(values: Iterable[float | None], room: float = _ROOM) -> tuple[float, float]:
    """Return the range of an axis that shows all values with some room.

    Examples
    --------
    >>> around([0.0, None, 1.0], 0.1), around([2.0])
    ((-0.1, 1.1), (1.94, 2.06))
    """
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    more = room * ((high - low) or 1.0)
    return low - more, high + more


def told_apart(tables: Sequence[Table]) -> list[str]:
    """Name tables by their samples, and by their origin where a sample was both measured and simulated."""
    names = [sample_of(table) for table in tables]
    return [
        joined(name, "simulated" if names.count(name) > 1 and stroke_of(table) == "simulated" else "")
        for name, table in zip(names, tables, strict=True)
    ]


@dataclass(frozen=True)
class Called:
    """What one table of several is called: in words, and in the names of files."""

    words: str
    file: str


def called(tables: Sequence[Table], files: Mapping[str, str]) -> list[Called]:
    """Name tables, no two of them alike: a sample may have been measured, simulated, and measured again."""
    found: list[Called] = []
    for table, words in zip(tables, told_apart(tables), strict=True):
        file = files.get(sample_of(table)) or file_name(sample_of(table))
        again = sum(one.words == words for one in found) + 1
        file = "-".join(
            [file, *(["simulated"] if words != sample_of(table) else []), *([str(again)] if again > 1 else [])]
        )
        found.append(Called(words, file))
    return found


def drawn_of(tables: Sequence[Table]) -> tuple[list[Table], str]:
    """Choose tables to be drawn together, and say in a caption which are not."""
    drawn = evenly(tables, MOST_CURVES)
    left = [sample_of(table) for table in tables if not any(table is one for one in drawn)]
    return drawn, f"For want of room not drawn: {', '.join(left)}." if left else ""


def together(tables: Sequence[Table]) -> Iterator[tuple[list[int], tuple[str, ...]]]:
    """Tell which tables can stand on the same axes: those of one configuration and, if simulated, of one test.

    A full cell's voltage is no voltage against lithium, and a titration no pulse of power.

    Yields
    ------
    list of int
        The places of some tables, at least two.
    tuple of str
        What tells them from the others, where there are others: for `Figure.apart`.
    """
    told = [(table.metadata.sample.configuration, str(table.metadata.vendor.get("test", ""))) for table in tables]
    parts: dict[tuple[str, str], list[int]] = {}
    for at, (configuration, test) in enumerate(told):
        # A measured table does not say its test; it stands beside the simulated ones where those are of one.
        tests = {other for cells, other in told if cells == configuration and other}
        cells = "" if configuration is None else f"{configuration} cells"
        parts.setdefault((cells, next(iter(tests)) if not test and len(tests) == 1 else test), []).append(at)
    parts = {key: part for key, part in parts.items() if len(part) > 1}
    several = [len({key[at] for key in parts}) > 1 for at in range(2)]
    for key, part in parts.items():
        yield part, tuple(word for word, needed in zip(key, several, strict=True) if needed and word)


@dataclass
class Frame:
    """The part of a plane that a panel shows, and which of it is taken; in print, in points.

    Words that fit in print, at one column, fit on a screen, where a panel is larger against its letters.
    """

    x: Axis
    y: Axis
    height: float = style.PANEL_HEIGHT
    _lines: dict[str, Points] = field(default_factory=dict)
    #: Left, bottom, right and top of the words that have a place already.
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    @classmethod
    def of(cls, x: Axis, y: Axis, series: Iterable[Series], *, equal: bool = False) -> Frame:
        """Make the frame of a panel with its curves; both axes have a range."""
        frame = cls(x, y)
        if equal and x.range and y.range:
            frame.height = style.PANEL_WIDTH * (y.range[1] - y.range[0]) / (x.range[1] - x.range[0])
        frame._lines = {one.name: _walked(frame.points(one.x, one.y)) for one in series if one.x}
        return frame

    def points(self, x: Sequence[float | None], y: Sequence[float | None]) -> Points:
        """Return where points are, from the lower left corner."""
        places = [
            _share(values, axis) * size
            for values, axis, size in ((x, self.x, style.PANEL_WIDTH), (y, self.y, self.height))
        ]
        return np.column_stack(places)

    def fits(self, text: Text) -> bool:
        """Say whether words have a place of their own, and if so, keep it."""
        left, bottom, right, top = box = self._box(text)
        if left < 0 or bottom < 0 or right > style.PANEL_WIDTH or top > self.height:
            return False
        if any(left < b[2] and b[0] < right and bottom < b[3] and b[1] < top for b in self.taken):
            return False
        for line in self._lines.values():
            across, up = line[:, 0], line[:, 1]
            if np.any(
                (left - _CLEAR < across) & (across < right + _CLEAR) & (bottom - _CLEAR < up) & (up < top + _CLEAR)
            ):
                return False
        self.taken.append(box)
        return True

    def fit(self, texts: Sequence[Text]) -> bool:
        """Say whether all of several words have a place of their own, and only then keep them."""
        taken = list(self.taken)
        if all(self.fits(text) for text in texts):
            return True
        self.taken = taken
        return False

    def alone(self, text: Text, name: str) -> bool:
        """Say whether no other curve is near a place of one."""
        (here,) = self.points([text.x], [text.y])
        others = [line for other, line in self._lines.items() if other != name]
        return all(_distance(here, line) > _ALONE for line in others)

    def near(self, x: float, y: float, others: Sequence[tuple[float, float]]) -> bool:
        """Say whether a point stands so near to others that a name beside it might be theirs."""
        (here,) = self.points([x], [y])
        return _distance(here, self.points([at for at, _ in others], [at for _, at in others])) < _APART

    def _box(self, text: Text) -> tuple[float, float, float, float]:
        ((x, y),) = self.points([text.x], [text.y])
        across, up = _AWAY[text.place]
        wide, high = style.LETTER * len(text.text), style.LINE
        if text.leader is not None:
            across, up = 0.0, 0.0
        left = x + across - wide * (0.5 if across == 0 and text.leader is None else float(across < 0))
        bottom = y + up - high * (0.5 if up == 0 else float(up < 0))
        return left, bottom, left + wide, bottom + high


def _share(values: Sequence[float | None], axis: Axis) -> Points:
    """Return how far along an axis values are."""
    low, high = axis.range or (0.0, 1.0)
    found = np.array(values, dtype=float)
    if axis.log:
        low, high, found = math.log10(low), math.log10(high), np.log10(found)
    return np.asarray((found - low) / (high - low), dtype=float)


def _distance(here: Points, points: Points) -> float:
    return float(np.hypot(*(points - here).T).min(initial=np.inf))


def _walked(points: Points) -> Points:
    """Return a line as points close enough to each other that no word stands between them."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 2:
        return points
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    every = np.linspace(0.0, along[-1], 2 + int(along[-1] / _CLEAR))
    return np.column_stack([np.interp(every, along, points[:, 0]), np.interp(every, along, points[:, 1])])


def named(
    series: Sequence[Series], names: Sequence[str], frame: Frame, first: Callable[[Series], Iterable[Text]]
) -> tuple[list[Series], tuple[Text, ...]]:
    """Name each curve beside itself, or all of them in the legend if one has no room for its name.

    Parameters
    ----------
    series, names
        The curves and what they are called.
    frame
        Of their panel.
    first
        Yields, without words, the places of a curve where its name is looked for first; any other place
        along the curve comes after.

    Returns
    -------
    tuple
        The curves, with labels if they are for the legend, and the texts.
    """
    if len(series) < 2:
        return list(series), ()
    texts: list[Text] = []
    taken = list(frame.taken)
    for one, name in zip(series, names, strict=True):
        places = (place.model_copy(update={"text": name}) for place in (*first(one), *_along(one)))
        text = next((place for place in places if frame.alone(place, one.name) and frame.fits(place)), None)
        if text is None:
            frame.taken = taken
            return [one.model_copy(update={"label": name}) for one, name in zip(series, names, strict=True)], ()
        texts.append(text)
    return list(series), tuple(texts)


def _along(series: Series) -> Iterator[Text]:
    """Yield places all along a curve."""
    known = [(x, y) for x, y in zip(series.x, series.y, strict=True) if x is not None and y is not None]
    for x, y in evenly(known, 60):
        yield from beside(x, y, series.group)


def beside(x: float | None, y: float | None, group: str = "", text: str = "") -> Iterator[Text]:
    """Yield every place beside a point where words may stand, the best first."""
    for place in _AWAY:
        yield Text.model_validate({"text": text, "x": x, "y": y, "group": group, "place": place})
