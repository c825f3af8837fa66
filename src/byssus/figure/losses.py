"""What virtual cells lose by each mechanism, stacked over the cycles, and what resists in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from byssus.figure.binders import joined
from byssus.figure.profiles import file_name
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.simulate.losses import CYCLE, RESISTING, Losses

#: Colours of mechanisms, the same in half and full cells: those of the same end of the window are alike.
_COLOURS: Final = ("without contact", "SEI", "oxide and carbon", "less filled", "less emptied")
_ALIKE: Final = {"positive less emptied": "less filled", "negative less emptied": "less emptied"}
#: What never comes to this share of the largest is named in the caption and not drawn.
_SEEN: Final = 0.02


def loss_figures(losses: Sequence[Losses], files: Mapping[str, str] | None = None) -> list[Figure]:
    """Draw where the fade of each virtual cell comes from, and what resists in it.

    Parameters
    ----------
    losses
        One a cell, in the order of the study.
    files
        Name of each sample for files.
    """
    return [
        figure for each in losses for figure in _of_one(each, (files or {}).get(each.sample) or file_name(each.sample))
    ]


def _of_one(losses: Losses, file: str) -> Iterator[Figure]:
    yield _stacked(losses, file)
    if (figure := _risen(losses, file)) is not None:
        yield figure


def _stacked(losses: Losses, file: str) -> Figure:
    shares = {each: [100 * value / losses.start for value in losses.lost(each)] for each in losses.mechanisms}
    most = max(max(map(abs, values)) for values in shares.values())
    drawn = [each for each in losses.mechanisms if 0 < most * _SEEN <= max(map(abs, shares[each]))]
    left = [each for each in losses.mechanisms if each not in drawn]
    # The largest stands at the bottom, where its height is read best.
    drawn.sort(key=lambda each: -abs(shares[each][-1]))
    panels = []
    for unit, values, whole in (
        (losses.unit, {each: losses.lost(each) for each in drawn}, losses.lost()),
        ("%", {each: shares[each] for each in drawn}, [100 * value / losses.start for value in losses.lost()]),
    ):
        series = [*_stack(losses, values), _line(losses, "all", "", whole)]
        panels.append(Panel(y=Axis(quantity="Loss of capacity", unit=unit), series=tuple(series)))
    gains = any(min(shares[each]) < -_SEEN * most for each in drawn)
    return Figure(
        name=f"losses-{file}",
        title=f"Causes of fade of {losses.sample}",
        caption=joined(
            f"Loss of {losses.words[1]} capacity since cycle {losses.reference}; the height of a band is the loss by its mechanism.",
            "Bands below zero are gains; the dashed grey line is the sum."
            if gains
            else "The dashed grey line is the sum.",
            _not_drawn(left),
            "Lower panel: as a share of that cycle’s capacity. Simulated.",
            between=" ",
        ),
        x=_cycles(losses),
        panels=tuple(panels),
        groups=_COLOURS,
    )


def _stack(losses: Losses, values: Mapping[str, Sequence[float]]) -> Iterator[Series]:
    """Lay bands upon each other: losses upwards from zero, gains downwards."""
    up, down = [0.0] * losses.cycles.height, [0.0] * losses.cycles.height
    for name, each in values.items():
        edges = []
        for at, value in enumerate(each):
            side = up if value >= 0 else down
            edges.append((side[at], side[at] + value))
            side[at] += value
        yield Series(
            name=f"{losses.sample}, {name}",
            group=_ALIKE.get(name, name),
            x=tuple(map(float, losses.cycles[CYCLE])),
            y=tuple(outer for _, outer in edges),
            low=tuple(map(min, edges)),
            high=tuple(map(max, edges)),
            style="line",
            origin="simulated",
            label=name,
        )


def _risen(losses: Losses, file: str) -> Figure | None:
    """Draw by how much what resists has risen; None where of no two cycles enough is known."""
    halves = [{each: _rise(losses.resistance(half, each)) for each in losses.resisting} for half in (0, 1)]
    most = max(
        (abs(value) for half in halves for rise in half.values() for value in rise if value is not None), default=0
    )
    if not most:
        return None
    panels, drawn = [], set()
    for word, half in zip(losses.words, halves, strict=True):
        series = [
            _line(losses, each, each, rise)
            for each, rise in half.items()
            if max((abs(value) for value in rise if value is not None), default=0) >= _SEEN * most
        ]
        drawn |= {each.group for each in series}
        panels.append(Panel(y=Axis(quantity=f"Rise in {word}", unit="ohm cm^2"), series=tuple(series)))
    left = [each for each in losses.resisting if each not in drawn]
    return Figure(
        name=f"resistances-{file}",
        title=f"Resistances of {losses.sample}",
        caption=joined(
            f"Rise of resistance since cycle {losses.reference}: energy that a part takes in a half cycle over that of 1 Ω, times "
            "the area of the electrode. Not in it: contacts, diffusion in particles, gradients of salt.",
            _not_drawn(left),
            "Cycles of which every record was kept. Simulated.",
            between=" ",
        ),
        x=_cycles(losses),
        panels=tuple(panels),
        groups=RESISTING,
    )


def _not_drawn(names: Sequence[str]) -> str:
    return f"Less than {100 * _SEEN:g} % of the largest and not drawn: {', '.join(names)}." if names else ""


def _rise(values: Sequence[float | None]) -> list[float | None]:
    """Return values less the first; nothing where that is not known."""
    first = values[0]
    return [None if value is None or first is None else value - first for value in values]


def _line(losses: Losses, name: str, group: str, values: Sequence[float | None]) -> Series:
    known = [
        (float(cycle), value) for cycle, value in zip(losses.cycles[CYCLE], values, strict=True) if value is not None
    ]
    return Series(
        name=f"{losses.sample}, {name}",
        group=group,
        x=tuple(cycle for cycle, _ in known),
        y=tuple(value for _, value in known),
        style="points and line" if group else "line",
        sparse=bool(group),
        origin="simulated",
        label=name if group else None,
    )


def _cycles(losses: Losses) -> Axis:
    return Axis(quantity="Cycle", unit="1", range=(float(losses.reference), float(losses.last)))
