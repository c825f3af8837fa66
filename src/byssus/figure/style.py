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

#: Ships with Matplotlib, so that a figure looks the same wherever it is drawn.
FONT = "DejaVu Sans"
FONT_SIZE = 7.0
LINE_WIDTH = 1.0
AXIS_WIDTH = 0.6
MARKER_SIZE = 3.2

#: Widths of one and two columns of a journal, in cm.
ONE_COLUMN_CM = 8.5
TWO_COLUMNS_CM = 17.5
CM_PER_INCH = 2.54


def colour(group: str, groups: Sequence[str], tint: float = 0.0) -> str:
    """Return a group's colour, lightened towards white by `tint`.

    Examples
    --------
    >>> colour("CMC", ["CCL", "CMC"]), colour("CMC", ["CCL", "CMC"], tint=0.5)
    ('#D55E00', '#eaae7f')
    """
    full = OKABE_ITO[_place(group, groups) % len(OKABE_ITO)]
    if not tint:
        return full
    parts = (int(full[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{int(part + (255 - part) * tint):02x}" for part in parts)


def marker(group: str, groups: Sequence[str]) -> tuple[str, str]:
    """Return a group's marker as Matplotlib and as Plotly call it."""
    return MARKERS[_place(group, groups) % len(MARKERS)]


def _place(group: str, groups: Sequence[str]) -> int:
    return groups.index(group) if group in groups else 0
