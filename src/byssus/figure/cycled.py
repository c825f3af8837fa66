"""Resistances of impedance before and after cycling, binder by binder, with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from byssus.analysis.examined import Examined
from byssus.analysis.impedance.comparing import QUANTITIES, Change, Estimate, before_and_after
from byssus.analysis.impedance.frames import FASTER, SERIES, TRANSFER, WARBURG
from byssus.figure.binders import joined, origin_of
from byssus.figure.curves import around
from byssus.figure.spec import Axis, Figure, Panel, Series

#: What is drawn, as its axis has it, two to a figure; the sum of all arcs is in the table alone.
_DRAWN: Final = {
    QUANTITIES[TRANSFER]: "Charge transfer",
    QUANTITIES[SERIES]: "In series",
    QUANTITIES[WARBURG]: "Warburg σ",
    QUANTITIES[FASTER]: "Faster arcs",
}
_PANELS: Final = 2
#: By the quantity of the first panel.
_TITLES: Final = dict.fromkeys(_DRAWN, "Resistances") | {QUANTITIES[WARBURG]: "Diffusion"}
#: How far the binders stand apart, and the room at either end, as shares of the cycles between.
_APART, _ROOM = 0.05, 0.12
#: Least span of an axis, as a share of the largest number: its last per cent fills no panel.
_LEAST_SPAN = 0.02


def change_figures(examined: Sequence[Examined], groups: Sequence[str]) -> Iterator[Figure]:
    """Draw what cycling changed in impedance, a figure for each state of charge; nothing where it is not known.

    Parameters
    ----------
    examined
        What was found of tests of impedance.
    groups
        All groups of the study, so that each keeps its colour.
    """
    found = before_and_after(examined)
    drawn = [] if found is None else [one for one in found.changes if one.name in _DRAWN and (one.before or one.after)]
    parts = []
    for state in dict.fromkeys(one.state for one in drawn):
        names = [name for name in _DRAWN if any(one.name == name and one.state == state for one in drawn)]
        for at in range(0, len(names), _PANELS):
            chosen = names[at : at + _PANELS]
            parts.append([[one for one in drawn if one.name == name and one.state == state] for name in chosen])
    for number, part in enumerate(parts, start=1):
        yield _figure(part, groups, number if len(parts) > 1 else None)


def _panel(changes: Sequence[Change], *, first: bool) -> Panel:
    drawn: list[Series] = []
    order = list(dict.fromkeys((one.group, one.origin) for one in changes))
    twice = {group for group, _ in order if sum(other == group for other, _ in order) > 1}
    for one in changes:
        shift = _APART * (order.index((one.group, one.origin)) - (len(order) - 1) / 2)
        span = one.cycles[1] - one.cycles[0]
        x = tuple(cycle + shift * span for cycle in one.cycles)
        name = joined(one.group, "simulated" if one.group in twice and one.origin == "simulated" else "")
        look: dict[str, Any] = {"group": one.group, "origin": origin_of(one.origin)}
        if len(one.single) > 1:
            drawn += [
                Series.model_validate({"name": cell, "x": x, "y": values, "style": "line", "faint": True, **look})
                for cell, values in one.single.items()
            ]
        ends = (one.before, one.after)
        drawn += [
            Series.model_validate(
                {"name": f"{name}, 95 % interval", "x": (at, at), "y": (end.low, end.high), "style": "line", **look}
                # A bar is solid whatever its origin, as all bars are.
                | {"origin": "measured"}
            )
            for at, end in zip(x, ends, strict=True)
            if end is not None
        ]
        label = joined(name, f"n = {one.cells}") if first and len(order) > 1 else None
        drawn.append(
            Series.model_validate(
                {
                    "name": joined(name, "mean" if len(one.single) > 1 else ""),
                    "x": x,
                    "y": tuple(map(_value, ends)),
                    "label": label,
                    **look,
                }
            )
        )
    low, high = around([value for one in drawn for value in one.y])
    more = max(0.0, (_LEAST_SPAN * max(abs(low), abs(high)) - (high - low)) / 2)
    return Panel(
        y=Axis(quantity=_DRAWN[changes[0].name], unit=changes[0].unit, range=(low - more, high + more)),
        series=tuple(drawn),
    )


def _value(known: Estimate | None) -> float | None:
    return None if known is None else known.value


def _figure(part: Sequence[Sequence[Change]], groups: Sequence[str], number: int | None) -> Figure:
    changes = [one for alike in part for one in alike]
    panels = [_panel(alike, first=at == 0) for at, alike in enumerate(part)]
    names = [alike[0].name for alike in part]
    state = changes[0].state
    ends = [cycle for one in changes for cycle in one.cycles]
    room = _ROOM * (max(ends) - min(ends))
    rests = {known.rests_on for one in changes for known in (one.before, one.after) if known is not None}
    said = ", ".join(names)
    by = {"fits": "of the fits", "cells": "of the scatter between cells"}
    several = any(len(one.single) > 1 for one in changes)
    simulated = {one.origin for one in changes} == {"simulated"}
    return Figure(
        name="before-and-after" + ("" if number is None else f"-{number}"),
        title=f"{_TITLES[names[0]]} before and after cycling" + (f" at {state}" if state else ""),
        caption=joined(
            f"Before and after cycling: {said}{', times the area' if 'cm^2' in changes[0].unit else ''}.",
            f"Bars: 95 % interval, {' or '.join(by[one] for one in sorted(rests))}{', whichever is wider' if several else ''}.",
            "Faint: single cells." if several else "",
            "Binders stand side by side for sight." if len({one.group for one in changes}) > 1 else "",
            "Simulated (dashed)." if simulated else "",
            between=" ",
        ),
        x=Axis(quantity="Cycle", unit="1", range=(min(ends) - room, max(ends) + room)),
        panels=tuple(panels),
        groups=tuple(groups),
    )
