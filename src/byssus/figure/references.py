"""Values from the literature beside the measured ones: open stars, with their source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from byssus.conventions import CapacityBasis
from byssus.figure.binders import ascii_unit
from byssus.figure.ranges import LEAST_SPAN
from byssus.figure.spec import Series, Text
from byssus.study.model import Reference, measures

Window = tuple[float, float] | None


@dataclass(frozen=True)
class Reported:
    """What of the literature a panel shows, and what its caption says."""

    series: tuple[Series, ...] = ()
    texts: tuple[Text, ...] = ()
    #: The panel's range, widened where it had one.
    window: Window = None
    #: What is drawn with its source, and what is not with its reason.
    shown: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def beside(
    references: Sequence[Reference],
    panel: Literal["capacity", "efficiency", "retention"],
    drawn: Sequence[Series],
    *,
    words: tuple[str, str],
    basis: CapacityBasis,
    window: Window = None,
) -> Reported:
    """Choose the references that a panel can show beside its own series.

    A value is shown where its quantity, unit and basis are those of the panel, at its cycle; a
    mean over the cycles after the first as a dotted line along them.  It is not shown, and the
    caption says why, if its cycle is not stated or beyond the last one measured, or if it is
    so far from all that was measured that it would flatten that.
    """
    matching = [reference for reference in references if _belongs(reference, panel, words, basis)]
    points = [
        (x, y)
        for series in drawn
        for x, y in zip(series.x, series.y, strict=True)
        if x is not None and y is not None and (window is None or window[0] <= y <= window[1])
    ]
    if not matching or not points:
        return Reported(window=window)
    low, high = min(y for _, y in points), max(y for _, y in points)
    # As far again as the data span, or half as high again where they hardly change.
    reach = max(high - low, LEAST_SPAN if panel == "efficiency" else high / 2)
    last = max(x for x, _ in points)
    unit = ascii_unit(basis) if panel == "capacity" else "%"
    series: list[Series] = []
    texts: list[Text] = []
    shown: list[str] = []
    left_out: list[str] = []
    for reference in matching:
        value = reference.value.to(unit)
        who = reference.binder or reference.label or ""
        said = f"{who}, {_what(reference)} {reference.value} ({reference.source})"
        mean = reference.quantity.startswith("mean ") and reference.cycle is None
        first = reference.quantity.startswith(("first-cycle ", "initial "))
        cycle = reference.cycle or (1 if first else None)
        if cycle is None and not mean:
            left_out.append(f"{said}, of no stated cycle")
        elif cycle is not None and cycle > last:
            left_out.append(f"{said}, beyond the cycles measured")
        elif not low - reach <= value.value <= high + reach:
            left_out.append(f"{said}, outside the range shown")
        else:
            x = (min(2.0, last), last) if mean else (float(cycle or 1),)
            spread = value.uncertainty
            series.append(
                Series(
                    name=f"{who}, reported {_what(reference)}",
                    group=reference.binder or "",
                    x=x,
                    y=(value.value,) * len(x),
                    y_uncertainty=None if spread is None or mean else (spread,),
                    style="line" if mean else "points",
                    origin="reported",
                    source=". ".join(filter(None, (str(reference.source), reference.note))),
                )
            )
            shown.append(said)
            # A binder of the study is told by its colour; anything else by its name.
            if reference.binder is None:
                texts.append(Text(text=who, x=(x[0] + x[-1]) / 2, y=value.value, place="above" if mean else "right"))
            if window is not None:
                room = 0.08 * (window[1] - window[0])
                window = min(window[0], value.value - room), max(window[1], value.value + room)
    return Reported(tuple(series), tuple(texts), window, tuple(shown), tuple(left_out))


def key() -> Series:
    """Return the entry of the legend that says what an open star is."""
    return Series(name="reported", group="", x=(), y=(), style="points", origin="reported", label="literature")


def sentence(*panels: Reported) -> str:
    """Say in a caption what is reported, from where, and what of it is not drawn.

    Examples
    --------
    >>> sentence(Reported(shown=("CMC, first-cycle coulombic efficiency 85 % (A paper)",)))
    'Open stars (means: dotted lines): from the literature; CMC, first-cycle coulombic efficiency 85 % (A paper).'
    """
    shown = [said for panel in panels for said in panel.shown]
    left_out = [said for panel in panels for said in panel.left_out]
    drawn = f"Open stars (means: dotted lines): from the literature; {'; '.join(shown)}." if shown else ""
    absent = f"From the literature and not drawn: {'; '.join(left_out)}." if left_out else ""
    return " ".join(filter(None, (drawn, absent)))


def _what(reference: Reference) -> str:
    cycle = reference.cycle
    return reference.quantity + (f" of cycle {cycle}" if cycle is not None and cycle > 1 else "")


def _belongs(reference: Reference, panel: str, words: tuple[str, str], basis: CapacityBasis) -> bool:
    quantity = reference.quantity
    if panel == "efficiency":
        return quantity.endswith("coulombic efficiency") or "coulombic efficiency after" in quantity
    if panel == "retention":
        return f"retention of {words[1]} capacity" in reference.measured_as
    capacities = {f"{which}{word} capacity" for which in ("", "first-cycle ", "last ") for word in words}
    if capacities.isdisjoint(reference.measured_as):
        return False
    if reference.basis is not None:
        return reference.basis is basis
    if basis not in (CapacityBasis.CELL, CapacityBasis.AREA):
        return False
    # Where the basis is not said, the unit says it: mAh, or mAh/cm².
    return measures(reference.value, ascii_unit(basis))
