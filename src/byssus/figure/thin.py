"""Long lines with as many points as a screen can show, and the sentence that says so.

A cycler writes a hundred thousand records where a figure is a few thousand dots wide.  The
specification, the CSV and print keep every point; the screen gets those that carry the shape.
(Print is spared by `byssus.figure.paper` alone, where the difference cannot be printed.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from byssus.figure.spec import Figure, Number, Series

#: Most points of one line on a screen: more than one for every two dots of a plot of 1000.
MOST_POINTS = 600


def kept(x: Sequence[Number], y: Sequence[Number], most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Say which points of a line to draw, so that at most `most` of them keep its shape.

    The line is cut into pieces of equal length, as long as it is drawn on a square; of each
    piece the first, the last, the lowest and the highest point stay.  A steep flank so keeps
    as many points as a plateau of the same length, and no spike is lost.  (Bins by the
    abscissa alone, as in M4, doi:10.14778/2732951.2732953, starve the flanks.)  A gap stays a gap.

    Examples
    --------
    >>> x = list(range(10_000))
    >>> y = [5.0 if at == 7_777 else 0.0 for at in x]
    >>> places = kept(x, y, most=100)
    >>> len(places) <= 100, int(places[0]), int(places[-1]), 7_777 in places
    (True, 0, 9999, True)
    >>> kept([1, 2, 3], [1, 2, 3]).tolist()
    [0, 1, 2]
    """
    if len(x) <= most:
        return np.arange(len(x))
    across, up = np.array(x, dtype=float), np.array(y, dtype=float)
    there = np.flatnonzero(np.isfinite(across) & np.isfinite(up))
    if len(there) < 2:
        return np.concatenate([there, np.flatnonzero(np.isin(np.arange(len(x)), there, invert=True))[:1]])
    # One missing point is enough to break the line where points are missing.
    gaps = there[np.flatnonzero(np.diff(there) > 1)] + 1
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(_steps(across[there]), _steps(up[there])))])
    room = max(2, most - len(gaps))
    # A line that only falls or rises has its extremes at the ends of its pieces, and so has room for twice the pieces.
    for pieces in (room // 2, room // 3, room // 4):
        places = _extremes(walked, up[there], max(1, pieces))
        if len(places) <= room:
            break
    return np.union1d(there[places], gaps)


def thinned(figure: Figure) -> Figure:
    """Return the figure as a screen shows it: long lines thinned, and its caption saying so.

    Examples
    --------
    >>> from byssus.figure.spec import Axis, Panel
    >>> line = Series(name="a", group="CMC", x=tuple(range(9_000)), y=tuple(range(9_000)), style="line")
    >>> axis = Axis(quantity="Voltage", unit="V")
    >>> drawn = thinned(Figure(name="f", title="F", caption="A line.", groups=("CMC",), x=axis,
    ...                        panels=(Panel(y=axis, series=(line,)),)))
    >>> drawn.caption
    'A line. Lines are thinned to 600 of 9,000 points for the screen; print follows them all to 1/600 inch, and the CSV has all.'
    """
    panels = tuple(
        panel.model_copy(update={"series": tuple(_thinned(series) for series in panel.series)})
        for panel in figure.panels
    )
    before, after = (
        sum(len(series.x) for panel in part for series in panel.series) for part in (figure.panels, panels)
    )
    if before == after:
        return figure
    said = (
        f"Lines are thinned to {after:,} of {before:,} points for the screen; print follows them all to 1/600 inch, and "
        "the CSV has all."
    )
    return figure.model_copy(update={"panels": panels, "caption": f"{figure.caption} {said}".strip()})


def _thinned(series: Series) -> Series:
    # Markers are results, and every one of them is drawn.
    if series.style != "line" or len(series.x) <= MOST_POINTS:
        return series
    places = kept(series.x, series.y).tolist()
    columns = ("x", "y", "y_uncertainty", "low", "high")
    given = {name: column for name in columns if (column := getattr(series, name)) is not None}
    return series.model_copy(update={name: tuple(column[at] for at in places) for name, column in given.items()})


def _steps(values: NDArray[np.float64]) -> NDArray[np.float64]:
    span = float(np.ptp(values))
    return np.diff(values) / span if span else np.zeros(len(values) - 1)


def _extremes(walked: NDArray[np.float64], y: NDArray[np.float64], pieces: int) -> NDArray[np.int64]:
    piece = np.minimum((walked / (walked[-1] or 1.0) * pieces).astype(np.int64), pieces - 1)
    order = np.lexsort((y, piece))
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    ends = np.append(starts[1:], len(piece)) - 1
    # `order` keeps the pieces in place and sorts within them, so its ends are their lowest and highest.
    return np.unique(np.concatenate([starts, ends, order[starts], order[ends]]))
