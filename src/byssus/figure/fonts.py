"""Which fonts draw the letters of a figure: the house's own, and others for what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from byssus.figure import style


def families(texts: Iterable[str]) -> tuple[list[str], bool]:
    """Return the fonts to draw texts with, the house's first, and whether they have every letter.

    A font of the system is added for letters that the house's lacks, such as Chinese ones;
    of several, the one that has most of them.

    Examples
    --------
    >>> families(["Capacity / mAh/g", "µ²"])
    (['DejaVu Sans'], True)
    """
    missing = {ord(letter) for letter in "".join(texts) if letter.isprintable()} - _own()
    chosen = [style.FONT]
    while missing:
        # Sans faces first among equals, since the house's is one; then by name, so that the choice is repeatable.
        found = [(len(missing & letters), "sans" in name.lower(), name) for name, letters in _others()]
        best = max(found, default=(0, False, ""))
        if not best[0]:
            break
        chosen.append(best[2])
        missing -= dict(_others())[best[2]]
    return chosen, not missing


@lru_cache
def _own() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont

    return _letters(findfont(FontProperties(family=style.FONT)))


@lru_cache
def _others() -> tuple[tuple[str, frozenset[int]], ...]:
    # Opened only when the house's font lacks a letter, and then once.
    from matplotlib.font_manager import fontManager

    upright = {font.name: font.fname for font in fontManager.ttflist if font.style == "normal" and font.weight in (400, "normal", "regular")}  # fmt: skip
    found = []
    for name, file in sorted(upright.items()):
        # Fonts with symbols in the place of letters, and the one whose every glyph is a box, draw nothing that reads.
        if name != style.FONT and not name.startswith(("cm", "Last Resort", "STIXSize", "STIXNonUnicode")):
            found.append((name, _letters(file)))
    return tuple(found)


def _letters(file: str) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(file).get_charmap())
    except (OSError, RuntimeError):
        # A font that was removed since Matplotlib listed it, or is broken.
        return frozenset()
