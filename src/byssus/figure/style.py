"""How every figure looks: decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

#: Okabe and Ito, Color Universal Design (2008): told apart by readers of all colour visions.
#: Black is left for text; yellow, too faint on white for lines, comes last.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")

#: Matplotlib's and Plotly's names of the same markers, so that groups survive grey print.
MARKERS = (("o", "circle"), ("s", "square"), ("^", "triangle-up"), ("D", "diamond"), ("v", "triangle-down"),
           ("P", "cross"), ("X", "x"))  # fmt: skip
#: For the other half of a cycle: the same shape, open.
OPEN_SUFFIX = "-open"

#: Of a value from the literature, in Matplotlib and Plotly: a shape that no group has, always open, and larger to be
#: seen as a star.
REPORTED, REPORTED_LARGER = ("*", "star"), 1.7

#: Ships with Matplotlib, so that a figure looks the same wherever it is drawn.
FONT = "DejaVu Sans"
FONT_SIZE = 7.0
LINE_WIDTH = 1.0
AXIS_WIDTH = 0.6
MARKER_SIZE = 3.2
#: Replicates under the mean of their group: paler and thinner than it.
FAINT_TINT, FAINT_WIDTH = 0.55, 0.5
#: Opacity of the band around a mean.
BAND_OPACITY = 0.18
#: A line with more points than this bears markers on some of them only, or they would hide it.
MOST_MARKERS = 14
#: Of what belongs to no group, such as the key to open and filled markers.
NEUTRAL = "#5f6368"
#: Longest entry of a legend; names beyond are cut in the middle.
LONGEST_ENTRY = 44

#: Widths of one and two columns of a journal, in cm.
ONE_COLUMN_CM = 8.5
TWO_COLUMNS_CM = 17.5
CM_PER_INCH = 2.54
#: Of a panel at one column its width and height, and of its words a letter and a line, in points: for where words fit.
PANEL_WIDTH, PANEL_HEIGHT = 195.0, 115.0
LETTER, LINE = 0.6 * FONT_SIZE, 1.3 * FONT_SIZE


def colour(group: str, groups: Sequence[str], tint: float = 0.0) -> str:
    """Return a group's colour, lightened towards white by `tint`.

    Examples
    --------
    >>> colour("CMC", ["CCL", "CMC"]), colour("CMC", ["CCL", "CMC"], tint=0.5)
    ('#D55E00', '#eaae7f')
    """
    full = OKABE_ITO[place(group, groups) % len(OKABE_ITO)] if group else NEUTRAL
    if not tint:
        return full
    parts = (int(full[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{int(part + (255 - part) * tint):02x}" for part in parts)


def marker(group: str, groups: Sequence[str]) -> tuple[str, str]:
    """Return a group's marker as Matplotlib and as Plotly call it."""
    # Groups beyond the seventh have a colour again, but never with its first marker.
    at = place(group, groups) if group else 0
    return MARKERS[(at + at // len(OKABE_ITO)) % len(MARKERS)]


def marked(count: int, group: str, groups: Sequence[str], *, alternate: bool = False) -> list[int]:
    """Return the points of a sparse series that bear a marker: the first, and then evenly.

    Groups bear them on different points, so that they do not hide each other, nor one half the other.

    Examples
    --------
    >>> marked(50, "CMC", ["CMC", "CCL"])[:4], marked(50, "CCL", ["CMC", "CCL"])[:4], marked(3, "CMC", ["CMC"])
    ([0, 4, 8, 12], [0, 1, 5, 9], [0, 1, 2])
    """
    step = max(1, -(-count // MOST_MARKERS))
    shift = place(group, groups) * max(1, step // 3) + (step // 2 if alternate else 0)
    return [0, *range(shift % step or step, count, step)]


def entry(text: str) -> str:
    """Return a legend's entry on one line, cut in the middle if it is too long to be one.

    Examples
    --------
    >>> entry("CMC, n = 3"), len(entry("a" * 100))
    ('CMC, n = 3', 44)
    """
    text = " ".join(text.split())
    if len(text) <= LONGEST_ENTRY:
        return text
    half = (LONGEST_ENTRY - 1) // 2
    return f"{text[: LONGEST_ENTRY - 1 - half]}…{text[-half:]}"


def place(group: str, groups: Sequence[str]) -> int:
    """Return a group's place among all groups; the first if it is none of them."""
    return groups.index(group) if group in groups else 0
