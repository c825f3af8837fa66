"""Small tables by cell: what a rate test gave, how the capacity fades, where the peaks of dQ/dV lie.

Numbers come from `byssus.analysis.cycling`; this module chooses which stand side by side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from byssus.analysis.cycling.cell import Cell
from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.cycling.correlated import LAWS
from byssus.analysis.cycling.differential import HALF, PEAK
from byssus.analysis.cycling.fade import END_OF_LIFE
from byssus.analysis.cycling.rate import Plateau, RateTest, recoveries
from byssus.quantity import pretty_unit
from byssus.report.answer import Column, Entry, Row, column, number


@dataclass(frozen=True)
class Listing:
    """A table by cell."""

    anchor: str
    title: str
    heads: tuple[str, str]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    #: What stands under the table.
    under: str


def listings(cells: Sequence[Cell]) -> list[Listing]:
    """Return the tables for which there is anything to say."""
    return [table for table in (*_rates(cells), _fade(cells), _peaks(cells)) if table.rows]


def _rates(cells: Sequence[Cell]) -> list[Listing]:
    """One table for each unit of capacity and kind of half cycle."""
    tests = [(cell, cell.rate_test) for cell in cells if cell.rate_test is not None]
    kinds = list(dict.fromkeys((test.word, test.unit, str(test.basis)) for _, test in tests))
    made = []
    for at, (word, unit, basis) in enumerate(kinds):
        rows: list[Row] = []
        for cell, test in tests:
            if (test.word, test.unit, str(test.basis)) == (word, unit, basis):
                rows += [_plateau(cell, test, plateau) for plateau in test.plateaus]
        over = "" if basis == "cell" else f"per {basis}, "
        made.append(
            Listing(
                anchor="rate" if at == 0 else f"rate-{at + 1}",
                title="Rate" if len(kinds) == 1 else f"Rate: {word} capacity, {unit}",
                heads=("Sample", "Plateau"),
                columns=(
                    column("current", "mA"),
                    column("C-rate", "1/h"),
                    column(f"{word} capacity", over + pretty_unit(unit)),
                    column("share", "of the reference, %"),
                    column("recovery", "of the plateau before, %"),
                ),
                rows=tuple(rows),
                under="Capacity: mean over the plateau with ± from rounding, mass and area, under it sd, the standard "
                "deviation between its cycles. Recovery: capacity back at a current over that of the earliest plateau at it, "
                "a higher current between.",
            )
        )
    return made


def _plateau(cell: Cell, test: RateTest, plateau: Plateau) -> Row:
    if plateau.capacity is None:
        capacity = Entry("missing", (plateau.reason or "",), missing=True)
    else:
        spread = () if plateau.deviation is None else (f"sd {plateau.deviation:.2g}",)
        capacity = number(plateau.capacity, plateau.uncertainty, test.unit, spread)
    share, error = test.share(plateau)
    back = next((one for one in recoveries(test) if one.plateau == plateau.number), None)
    first, last = plateau.cycles[0], plateau.cycles[-1]
    reference = plateau.number == test.reference
    return Row(
        cell.name,
        (str(plateau.number), f"cycle {first}" if first == last else f"cycles {first} to {last}"),
        (
            number(plateau.current, None, "mA"),
            Entry("") if plateau.c_rate is None else number(plateau.c_rate, None, "1/h"),
            capacity,
            Entry("reference") if reference else Entry("") if share is None else number(share, error, "%"),
            Entry("") if back is None else number(back.value, back.uncertainty, "%", (f"of plateau {back.before}",)),
        ),
    )


def _fade(cells: Sequence[Cell]) -> Listing:
    laws = list(LAWS.values())
    return Listing(
        anchor="fade",
        title="Fade",
        heads=("Sample", "Cycles used"),
        columns=(
            *(column(law.name, law.unit) for law in laws),
            column("knee", "cycle"),
            column(f"{100 * END_OF_LIFE:g} % retained", "cycle"),
        ),
        rows=tuple(_fading(cell) for cell in cells),
        under="Capacity lost a cycle by each law (by the square root, a root of a cycle), under it its 95 % interval; "
        "an interval that holds zero does not show that the capacity fades. "
        "The cycle of 80 % retention is extrapolated where it was not measured, if fade goes on as it did.",
    )


def _fading(cell: Cell) -> Row:
    fade, found = cell.fade.fade, {result.name: result for result in cell.results}
    if fade is None:
        # One reason holds for all of them.
        return Row(
            cell.name, ("", ""), (Entry("missing", (cell.fade.reasons["fade"],), missing=True), *[Entry("")] * 4)
        )
    rates = []
    for law in LAWS.values():
        fitted = fade.laws[law.name]
        preferred = ("preferred",) if fade.preferred == law.name else ()
        low, high = fitted.interval
        rates.append(_between(100 * fitted.rate, 100 * low, 100 * high, preferred))
    bend, knee, life = cell.fade.knee, found["knee"], found[f"cycle of {END_OF_LIFE:.0%} retention"]
    first, last = fade.cycles[0], fade.cycles[-1]
    return Row(
        cell.name,
        (f"{first} to {last}", f"{len(fade.cycles)} cycles"),
        (
            *rates,
            Entry("none", (_clause(knee.reason),), missing=True)
            if bend is None or bend.cycle is None or bend.interval is None
            else _between(bend.cycle, *bend.interval),
            Entry(_clause(life.reason), missing=True)
            if life.value is None
            else Entry(f"{life.value:.0f}", (_clause(life.reason),), life.value),
        ),
    )


def _between(value: float, low: float, high: float, more: tuple[str, ...] = ()) -> Entry:
    """A number over its interval, with the digits that the interval leaves."""
    decimals = max(0, 1 - math.floor(math.log10((high - low) / 2))) if high > low else 2
    middle, *ends = (f"{part:.{decimals}f}".replace("-", "\u2212") for part in (value, low, high))
    return Entry(middle, (" to ".join(ends), *more), value)


def _clause(text: str | None) -> str:
    """The first clause of a reason; all of it stands among all numbers."""
    return (text or "").split(" (")[0].split(": ")[-1].split(", if fade goes on")[0]


def _peaks(cells: Sequence[Cell]) -> Listing:
    rows = [row for cell in cells for row in _of_peaks(cell)]
    return Listing(
        anchor="peaks",
        title="Peaks of dQ/dV",
        heads=("Sample", "Peak"),
        columns=(
            column("position", "first cycle, V"),
            column("position", "last cycle, V"),
            column("area", "first cycle, mAh"),
            column("area", "last cycle, mAh"),
        ),
        rows=tuple(rows),
        under="The same number is the same peak, followed from cycle to cycle; a peak that is not there in a cycle has no "
        "entry. Every cycle's peaks are in the folder peaks/ beside this page.",
    )


def _of_peaks(cell: Cell) -> list[Row]:
    if cell.peaks is None:
        return []
    first, last = 1, cell.cycling.last
    position, area = cell.peaks.columns[2], "Area / Ah"
    rows = []
    ends = cell.peaks.filter(pl.col(CYCLE).is_in(sorted({first, last})))
    for (half, peak), part in ends.group_by(HALF, PEAK, maintain_order=True):
        by_cycle = {row[CYCLE]: row for row in part.iter_rows(named=True)}
        entries = []
        for name, unit, factor in ((position, "V", 1.0), (area, "mAh", 1000.0)):
            for row in (by_cycle.get(first), by_cycle.get(last) if last > first else None):
                error = row[u(name)] if row else None
                entries.append(
                    number(factor * row[name], None if error is None else factor * error, unit) if row else Entry("")
                )
        rows.append((str(half), int(str(peak)), Row(cell.name, (f"{half} {peak}", ""), tuple(entries))))
    return [row for _, _, row in sorted(rows, key=lambda entry: (cell.cycling.words.index(entry[0]), entry[1]))]
