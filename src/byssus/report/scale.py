"""Drawings to scale, as SVG for a page: what fills an electrode's volume, and how thick the layers of its cell are.

Lengths are true within a drawing, and the same for all recipes in it.  Text and lines take the colours of the
page, light or dark.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from byssus.figure.style import OKABE_ITO, colour

#: In px of the drawing, which the page may scale.
WIDTH = 760.0
_BAR, _LABEL, _LINE = 34.0, 34.0, 14.0
#: Between two labels.
_GAP = 10.0
#: Of a letter of 12 px, on the wide side, so that labels keep apart in any font.
_LETTER = 6.8
#: Height of the thickest stack, and the width of a layer and of the column that it stands in.
_STACK, _LAYER, _COLUMN = 300.0, 110.0, 250.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a whole: its name, its size in any unit, the same in words; `open` for pores, which are hatched."""

    name: str
    size: float
    words: str
    colour: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A bar or a stack: what it is of, and its pieces in order."""

    title: str
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> float:
        """Of all pieces."""
        return sum(piece.size for piece in self.pieces)


def colours(names: Sequence[str]) -> dict[str, str]:
    """Give each name a colour; beyond the seventh they come again, paler.

    Examples
    --------
    >>> colours(["Si", "CMC"])
    {'Si': '#0072B2', 'CMC': '#D55E00'}
    """
    return {name: colour(name, names, 0.5 if at >= len(OKABE_ITO) else 0.0) for at, name in enumerate(names)}


def bars(wholes: Sequence[Whole], axis: str) -> str:
    """Draw each whole as a bar from 0 to 100 %, one under the other, its pieces named below it."""
    body, top = [], 44.0
    for tick in range(0, 101, 20):
        x, anchor = WIDTH * tick / 100, {0: "start", 100: "end"}.get(tick, "middle")
        body.append(f'<text x="{_n(x)}" y="34" text-anchor="{anchor}" class="tick">{tick}</text>')
    body.insert(0, f'<text x="0" y="14" class="axis">{_escaped(axis)}</text>')
    first = top
    for whole in wholes:
        body.append(f'<text x="0" y="{_n(top + 14)}" class="of">{_escaped(whole.title)}</text>')
        body += _bar(whole, top + 22)
        top += 22 + _BAR + 18 + _LABEL + 16
    lines = [
        f'<path d="M{_n(WIDTH * tick / 100)} {_n(first - 4)}V{_n(top - 16)}" class="grid"/>'
        for tick in range(0, 101, 20)
    ]
    return _svg("volume", WIDTH, top - 10, "; ".join(map(_told, wholes)), [*lines, *body])


def _bar(whole: Whole, top: float) -> Iterator[str]:
    scale, at = WIDTH / whole.size, 0.0
    centres = []
    for piece in whole.pieces:
        width = piece.size * scale
        yield _rectangle(at, top, width, _BAR, piece, "volume")
        centres.append(at + width / 2)
        at += width
    labelled = sorted(range(len(centres)), key=lambda each: -whole.pieces[each].size)
    widths = [_LETTER * max(len(piece.name), len(piece.words)) for piece in whole.pieces]
    while sum(widths[each] + _GAP for each in labelled) > WIDTH + _GAP:
        labelled.pop()  # the smallest; it is told on hovering, and in the tables
    labelled.sort()
    starts = spread([centres[each] for each in labelled], [widths[each] for each in labelled], WIDTH)
    under = top + _BAR
    for each, start in zip(labelled, starts, strict=True):
        middle = start + widths[each] / 2
        piece = whole.pieces[each]
        yield f'<path d="M{_n(centres[each])} {_n(under)}v5L{_n(middle)} {_n(under + 14)}v4" class="leader"/>'
        yield (
            f'<text x="{_n(middle)}" y="{_n(under + 30)}" text-anchor="middle">{_escaped(piece.name)}'
            f'<tspan x="{_n(middle)}" dy="{_n(_LINE)}" class="value">{_escaped(piece.words)}</tspan></text>'
        )


def stacks(wholes: Sequence[Whole], unit: str) -> str:
    """Draw each whole as a stack of layers, side by side at one scale, the first piece at the bottom."""
    scale = _STACK / max(whole.size for whole in wholes)
    headings = [textwrap.wrap(whole.title, int((_COLUMN - _GAP) / _LETTER)) for whole in wholes]
    bottom = 24.0 + (_LINE + 2) * max(map(len, headings)) + _STACK
    width = max(WIDTH, _COLUMN * len(wholes) + 60)
    ruler = _round_length(_STACK / scale / 3)
    body = [
        f'<path d="M4 {_n(bottom)}h8m-4 0V{_n(bottom - ruler * scale)}m-4 0h8" class="ruler"/>',
        f'<text x="16" y="{_n(bottom - ruler * scale / 2 + 4)}">{ruler:g} {_escaped(unit)}</text>',
    ]
    for place, (whole, heading) in enumerate(zip(wholes, headings, strict=True)):
        left = 80 + place * _COLUMN
        for line, words in enumerate(heading):
            body.append(f'<text x="{_n(left)}" y="{_n(14 + line * (_LINE + 2))}" class="of">{_escaped(words)}</text>')
        body += _stack(whole, left, bottom, scale)
    return _svg("stack", width, bottom + 14, "; ".join(map(_told, wholes)), body)


def _stack(whole: Whole, left: float, bottom: float, scale: float) -> Iterator[str]:
    centres, at = [], bottom
    for piece in whole.pieces:
        height = piece.size * scale
        at -= height
        yield _rectangle(left, at, _LAYER, height, piece, "stack")
        centres.append(at + height / 2)
    # From top to bottom, as `spread` takes them.
    starts = spread(centres[::-1], [2 * _LINE] * len(centres), bottom + 10, gap=4.0)[::-1]
    for piece, centre, start in zip(whole.pieces, centres, starts, strict=True):
        x, y = left + _LAYER, start + _LINE
        yield f'<path d="M{_n(x)} {_n(centre)}h4L{_n(x + 14)} {_n(y)}h3" class="leader"/>'
        yield (
            f'<text x="{_n(x + 21)}" y="{_n(y - 3)}">{_escaped(piece.name)}'
            f'<tspan x="{_n(x + 21)}" dy="{_n(_LINE)}" class="value">{_escaped(piece.words)}</tspan></text>'
        )


def spread(centres: Sequence[float], sizes: Sequence[float], length: float, gap: float = _GAP) -> list[float]:
    """Place labels near their points, in order and without overlap, with the least sum of squared distances.

    Returns where each begins on a line from 0 to `length`, on which all must fit.

    Examples
    --------
    >>> spread([10.0, 12.0, 80.0], [20.0, 20.0, 20.0], 100.0, gap=0.0)
    [0.0, 20.0, 70.0]
    """
    import numpy as np
    from scipy.optimize import isotonic_regression

    if not centres:
        return []
    widths = np.asarray(sizes) + gap
    before = np.concatenate([[0.0], np.cumsum(widths)[:-1]])
    free = isotonic_regression(np.asarray(centres) - np.asarray(sizes) / 2 - before).x
    return [float(each) for each in np.clip(free, 0.0, length - (widths.sum() - gap)) + before]


def _rectangle(x: float, y: float, width: float, height: float, piece: Piece, drawing: str) -> str:
    fill = f"url(#hatch-{drawing})" if piece.open else piece.colour
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}" class="piece">'
        f"<title>{_escaped(f'{piece.name}: {piece.words}')}</title></rect>"
    )


def _told(whole: Whole) -> str:
    return f"{whole.title}: " + ", ".join(f"{piece.name} {piece.words}" for piece in whole.pieces)


def _svg(name: str, width: float, height: float, description: str, body: Sequence[str]) -> str:
    return (
        f'<svg class="scale" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" height="{_n(height)}" role="img" '
        f'aria-label="{_escaped(description)}"><defs><pattern id="hatch-{name}" width="7" height="7" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" class="void"/>'
        f'<path d="M0 0V7" class="hatch"/></pattern></defs>{"".join(body)}</svg>'
    )


def _round_length(most: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is not above a length."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-12))


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))
