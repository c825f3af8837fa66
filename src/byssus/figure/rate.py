"""Rate capability: capacity through the plateaus of a rate test, and against the rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from byssus.analysis.compare import by_group, common_basis
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.cycling.rate import Plateau, RateTest
from byssus.analysis.cycling.rate_laws import RateFit
from byssus.conventions import CapacityBasis
from byssus.figure import style
from byssus.figure.binders import (
    Electrodes,
    capacity_axis,
    current_axis,
    cycle_axis,
    dots_of,
    how_drawn,
    how_many,
    joined,
    legend_entry,
    of_binder,
    origin_of,
)
from byssus.figure.ranges import wide
from byssus.figure.spec import Figure, Panel, Series, Text
from byssus.physics.rate import tian_capacity_at_current

#: Points of a fitted curve.
_CURVE = 200


@dataclass(frozen=True)
class Rated:
    """A cell with its rate test."""

    result: Cycling
    test: RateTest
    fits: Sequence[RateFit] = ()


def rate_capability(
    cells: Sequence[Rated],
    groups: Sequence[str],
    electrodes: Electrodes | None = None,
    *,
    basis: CapacityBasis | None = None,
) -> list[Figure]:
    """Draw capacity over the cycles of rate tests, the rate of each plateau above its points.

    Parameters
    ----------
    cells
        Cells of one kind.
    groups
        All groups of the study.
    electrodes
        The electrode of each sample, the upper level of the intervals.
    basis
        Of the capacities; by default the best that all cells have.

    Returns
    -------
    list of Figure
        One for each sequence of plateaus, since their labels are of all cells drawn.
    """
    programmes: dict[tuple[object, ...], list[Rated]] = {}
    for cell in cells:
        key = (cell.test.half, *(plateau.cycles for plateau in cell.test.plateaus))
        programmes.setdefault(key, []).append(cell)
    figures = []
    for number, alike in enumerate(programmes.values(), start=1):
        results, test = [cell.result for cell in alike], alike[0].test
        of = basis or common_basis(results)
        members = by_group(results)
        series = [
            part
            for group, some in members.items()
            for part in of_binder(
                some, some[0].column(test.half, of), "", electrodes, label=legend_entry(group, some, members)
            )
        ]
        # A cycle that was cut off has no capacity, and so no top.
        tops = [edge for one in series for edge in zip(one.x, _tops(one), strict=True) if np.isfinite(edge[1])]
        values = [top for _, top in tops] + [y for one in series for y in one.y if y is not None]
        if not values:
            continue
        unit, rates, counted = _rates([cell.test for cell in alike])
        at = [sum(plateau.cycles) / len(plateau.cycles) for plateau in test.plateaus]
        highest = [
            max((top for x, top in tops if x in plateau.cycles), default=max(values)) for plateau in test.plateaus
        ]
        # One label in the middle bears the unit, where there is room for it on either side.
        if rates[len(rates) // 2]:
            rates[len(rates) // 2] += f" {unit}"
        upright, fitting = _crowding(at, rates)
        low, high = min(0.0, *values), max(values)
        room = (0.28 if upright else 0.12) * (high - low)
        texts = [
            Text(text=rates[place], x=at[place], y=highest[place], upright=upright) for place in fitting if rates[place]
        ]
        figures.append(
            Figure(
                name=f"rate-capability{'' if number == 1 else f'-{number}'}",
                title=f"Rate capability{'' if number == 1 else f' ({number})'}",
                caption=joined(
                    f"Capacity of {test.word} over the cycles of a rate test, {test.kind}.",
                    f"Numbers above the points: {counted}, in {unit}." if texts else "",
                    "For want of room not every plateau bears its number." if len(fitting) < len(at) else "",
                    how_drawn(members),
                    between=" ",
                ),
                x=cycle_axis(series),
                panels=(
                    Panel(
                        y=capacity_axis(of, (low - 0.03 * (high - low), high + room)),
                        series=tuple(series),
                        texts=tuple(texts),
                    ),
                ),
                groups=tuple(groups),
            )
        )
    return figures


def capacity_against_rate(cells: Sequence[Rated], groups: Sequence[str]) -> Figure | None:
    """Draw the capacity of the outward plateaus against their current, with Tian's curve where it is fitted.

    Parameters
    ----------
    cells
        Cells of one kind.
    groups
        All groups of the study.

    Returns
    -------
    Figure or None
        None if no cell has two plateaus on the way out.
    """
    going_out = [cell for cell in cells if len(cell.test.leg()) > 1]
    if not going_out:
        return None
    bases = [cell.test.basis for cell in going_out]
    basis = max(dict.fromkeys(bases), key=bases.count)
    drawn = [cell for cell in going_out if cell.test.basis is basis]
    others = [cell.result.sample for cell in going_out if cell.test.basis is not basis]
    members = by_group([cell.result for cell in drawn])
    axis = current_axis(basis)
    # A capacity per hour in mA/g; people use A/g.
    factor = 1e-3 if axis.unit == "A/g" else 1.0
    listed: set[str | None] = set()
    dots: list[Series] = []
    curves: list[Series] = []
    lacking: list[str] = []
    for cell in drawn:
        sample, group = cell.result.sample, cell.result.group
        leg, points = cell.test.leg(), cell.test.points()
        known = any(plateau.uncertainty is not None for plateau in leg)
        alike = [one for one in members[group] if one.origin == cell.result.origin]
        entry = legend_entry(group, alike, members)
        dots.append(
            Series(
                name=f"{sample}, plateaus",
                group=group,
                x=tuple((points.current * factor).tolist()),
                y=tuple(plateau.capacity for plateau in leg),
                y_uncertainty=tuple(plateau.uncertainty for plateau in leg) if known else None,
                style=dots_of(cell.result.origin),
                origin=origin_of(cell.result.origin),
                label=None if entry in listed else entry,
            )
        )
        listed.add(entry)
        law = next((law for law in cell.fits if law.name == "Tian" and law.reason is None), None)
        values = {} if law is None else {name: one.value for name, one in law.fit.estimates.items()}
        if law is None or None in values.values():
            lacking.append(sample)
            continue
        current = np.geomspace(points.current.min(), points.current.max(), _CURVE)
        numbers = {name: value for name, value in values.items() if value is not None}
        capacity = tian_capacity_at_current(current / 3600.0, numbers["Q_M"], numbers["tau"], numbers["n"])
        curves.append(
            Series(
                name=f"{sample}, Tian's equation",
                group=group,
                x=tuple((current * factor).tolist()),
                y=tuple(capacity.tolist()),
                style="line",
                tint=0.35,
                origin=origin_of(cell.result.origin),
            )
        )
    return Figure(
        name="capacity-against-rate",
        title="Capacity against rate",
        caption=joined(
            f"Mean capacity of {drawn[0].test.word} on the plateaus of increasing current; bars: standard uncertainty.",
            "Lines: Tian's equation, fitted to each cell's plateaus (doi:10.1038/s41467-019-09792-9)."
            if curves
            else "",
            f"Without a curve, since the data do not determine it: {', '.join(lacking)}." if lacking else "",
            f"Known on another basis alone, and so not drawn: {', '.join(others)}." if others else "",
            how_many([cell.result.origin for cell in drawn]),
            between=" ",
        ),
        x=axis.model_copy(update={"range": wide([x for one in dots for x in one.x if x is not None]), "log": True}),
        panels=(Panel(y=capacity_axis(basis), series=(*curves, *dots)),),
        groups=tuple(groups),
    )


def _tops(series: Series) -> list[float]:
    """Return the upper end of each point of a series, its bar or band included; very low where there is none."""
    tops = []
    for at, value in enumerate(series.y):
        bar = (series.y_uncertainty or (None,) * len(series.y))[at]
        edge = (series.high or (None,) * len(series.y))[at]
        tops.append(-np.inf if value is None else max(value + (bar or 0.0), edge or value))
    return tops


def _rates(tests: Sequence[RateTest]) -> tuple[str, list[str], str]:
    """Return the unit of the labels, one for each plateau, and what they are in words.

    On a nominal capacity that was stated a C-rate is what was set; else the current per mass
    is the fact, and a C-rate on a measured capacity would hide it.
    """
    every = [[test.plateaus[place] for test in tests] for place in range(len(tests[0].plateaus))]
    stated = all(test.rate_basis == "nominal capacity" for test in tests)
    flat = [plateau for plateaus in every for plateau in plateaus]
    if stated and all(plateau.c_rate is not None for plateau in flat):
        return "1/h", [_span([plateau.c_rate for plateau in part]) for part in every], "C-rate on the nominal capacity"
    if all(plateau.specific_current is not None for plateau in flat):
        said = "current per mass of active material"
        return "A/g", [_span([plateau.specific_current for plateau in part]) for part in every], said
    return "mA", [_span([_finite(plateau) for plateau in part]) for part in every], "current"


def _finite(plateau: Plateau) -> float | None:
    return plateau.current if np.isfinite(plateau.current) else None


def _span(values: Sequence[float | None]) -> str:
    """Write the rate of a plateau in two digits, or the least and the greatest of several cells.

    Examples
    --------
    >>> _span([0.1999, 0.2003]), _span([2.0, 2.3]), _span([None])
    ('0.2', '2–2.3', '')
    """
    known = sorted(value for value in values if value is not None)
    ends = list(dict.fromkeys(f"{value:.2g}" for value in (known[:1] + known[-1:])))
    return "–".join(f"{float(end):g}" for end in ends)


def _crowding(at: Sequence[float], labels: Sequence[str]) -> tuple[bool, list[int]]:
    """Say whether labels must stand upright to fit beside each other, and which of them then do.

    Examples
    --------
    >>> _crowding([3, 8, 13], ["0.1", "0.2", "0.5"])
    (False, [0, 1, 2])
    >>> _crowding(range(1, 41), ["0.125"] * 40)[0], len(_crowding(range(1, 41), ["0.125"] * 40)[1])
    (True, 20)
    """
    scale = style.PANEL_WIDTH / max(1.0, at[-1] - at[0])
    near = list(zip(at, at[1:], labels, labels[1:], strict=False))
    upright = any(
        (b - a) * scale < style.LETTER * (len(one) + len(other)) / 2 + style.LETTER for a, b, one, other in near
    )
    fitting: list[int] = []
    for place, x in enumerate(at):
        if not upright or not fitting or (x - at[fitting[-1]]) * scale >= style.LINE:
            fitting.append(place)
    return upright, fitting
