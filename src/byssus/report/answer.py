"""The answer of a report: which binder did what, with intervals, in words and in tables.

One table for each kind of cell, since half cells and full cells, and electrodes made empty
and made full, have different quantities.  Numbers come from `byssus.analysis.compare`;
this module chooses words and digits.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from byssus.analysis.compare import (
    COPIES,
    BinderDifference,
    BinderMean,
    Kind,
    by_group,
    common_basis,
    headline_names,
    headlines,
    kind_in_words,
    kinds,
)
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.result import Result
from byssus.conventions import CapacityBasis
from byssus.quantity import format_value, pretty_unit
from byssus.study.model import Reference, measures

#: A reader takes in so many sentences; the table has the rest.
MOST_SENTENCES = 6

#: Digits of a number with nothing known of its uncertainty, and the most that an uncertainty buys.
_DIGITS, _MOST_DIGITS = 4, 5
#: Below this power of ten a number is written with one.
_LEAST_POWER = -5


class Column(NamedTuple):
    """The heading of a column of numbers: short, with what stands under it, and in full."""

    name: str
    under: str
    full: str


@dataclass(frozen=True)
class Entry:
    """One place of a table: a number with what stands under it, or the reason why there is none."""

    text: str
    under: tuple[str, ...] = ()
    value: float | None = None
    missing: bool = False
    #: The number with every digit that is known, where `text` has fewer.
    full: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    name: str
    words: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Answer:
    """The answer for one kind of cell."""

    #: None where the study has one kind only.
    kind: str | None
    sentences: tuple[str, ...]
    columns: tuple[Column, ...]
    #: None where every binder has one cell: the cells then are the answer.
    binders: tuple[Row, ...] | None
    cell_columns: tuple[Column, ...]
    cells: tuple[Row, ...]
    #: What the intervals cannot hold, and which binders that is said of.
    reservations: tuple[str, ...]


def answers(
    results: Sequence[Cycling],
    summaries: Mapping[str, Sequence[Result]],
    means: Sequence[BinderMean],
    electrodes: Mapping[str, str] | None = None,
    copies: Collection[str] = (),
) -> list[Answer]:
    """Build the answer of each kind of cell, in the order of the study.

    Parameters
    ----------
    results, summaries
        The cells and their results by sample.
    means
        The binders' (`byssus.analysis.compare.compare_binders`).
    electrodes
        The electrode of each sample.
    copies
        Samples that hold the same data as another one of their binder: they stand in the
        table of cells and count for nothing in a mean.
    """
    by_kind = kinds(results)
    counted = {kind: [member for member in members if member.sample not in copies] for kind, members in by_kind.items()}
    room, said = MOST_SENTENCES, {}
    # The longest tests say most, and have their say first.
    for kind, members in sorted(by_kind.items(), key=lambda each: -max(member.last for member in each[1])):
        of_kind = [mean for mean in means if mean.kind == kind]
        said[kind] = tuple(_sentences(counted[kind], summaries, of_kind, common_basis(members))[:room])
        room -= len(said[kind])
    several = len(by_kind) > 1
    return [
        _answer(kind, members, counted[kind], summaries, means, electrodes or {}, said[kind], several=several)
        for kind, members in by_kind.items()
    ]


@dataclass(frozen=True)
class Differences:
    """The differences between binders of one kind of cell."""

    kind: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def difference_tables(differences: Sequence[BinderDifference]) -> list[Differences]:
    """Lay out the differences that the study asks for, one table for each kind of cell."""
    made = []
    for kind in dict.fromkeys(one.kind for one in differences):
        of_kind = [one for one in differences if one.kind == kind]
        pairs = dict.fromkeys((one.group, one.control) for one in of_kind)
        first = [one for one in of_kind if (one.group, one.control) == next(iter(pairs))]
        columns = tuple(column(one.name, _under(one.basis, _points(one.unit), one.cycle)) for one in first)
        rows = tuple(
            Row(
                group,
                (f"less {control}", ""),
                tuple(_of_difference(one) for one in of_kind if (one.group, one.control) == (group, control)),
            )
            for group, control in pairs
        )
        made.append(Differences(_capital(kind_in_words(kind)), columns, rows))
    return made


def digits(value: float, uncertainty: float | None = None) -> str:
    """Write a number as a table shows it: with its ± where that leaves five digits at most, else with four.

    A smaller ± holds hardly more than how finely a counter is stored.  Every digit is in the
    exported results.

    Examples
    --------
    >>> digits(98.5012, 0.139), digits(83.545145, 0.0001), digits(92.610791), digits(387.778), digits(0.0)
    ('98.50 ± 0.14', '83.55', '92.61', '387.8', '0')
    >>> digits(5264000.0), digits(120.0, 3000.0)
    ('5264000', '100 ± 3000')
    >>> digits(3.4e-15, 2e-16), digits(3.4121e-15)
    ('(3.40 ± 0.20) × 10⁻¹⁵', '3.412 × 10⁻¹⁵')
    """
    magnitude = max(abs(value), uncertainty or 0.0)
    power = math.floor(math.log10(magnitude)) if magnitude else 0
    if power < _LEAST_POWER:
        inner = digits(value / 10.0**power, None if uncertainty is None else uncertainty / 10.0**power)
        return f"{f'({inner})' if '±' in inner else inner} × {pretty_unit(f'10^{power}')}"
    if uncertainty:
        decimals = 1 - math.floor(math.log10(uncertainty))
        if power + 1 + decimals <= _MOST_DIGITS:
            return format_value(value, uncertainty)
    if value and abs(value) >= 10**_DIGITS:
        return f"{round(value, _DIGITS - 1 - math.floor(math.log10(abs(value)))):.0f}"
    return f"{value:.{_DIGITS}g}"


def number(value: float, uncertainty: float | None, unit: str, under: tuple[str, ...] = ()) -> Entry:
    """Return the place of a number in a table, with every digit of it behind what is shown."""
    text = digits(value, uncertainty)
    full = format_value(value, uncertainty)
    return Entry(text, under, value, full="" if full == text else f"{full} {'' if unit == '1' else pretty_unit(unit)}")


def in_words(result: Result) -> str:
    """Write a result with its unit as a sentence shows it.

    Examples
    --------
    >>> in_words(Result("retention", 84.552895, "%", 0.000088))
    '84.55 %'
    """
    if result.value is None:
        return str(result)
    text = digits(result.value, result.uncertainty)
    return text if result.unit == "1" else f"{text} {pretty_unit(result.unit)}"


def column(name: str, under: str) -> Column:
    """Head a column with a quantity, short enough for five of them to stand side by side.

    Examples
    --------
    >>> column("mean coulombic efficiency after the first cycle", "%").name
    'Mean CE after the first cycle'
    """
    short = name.replace("coulombic efficiency", "CE").replace("retention of ", "retained ")
    return Column(_capital(short), under, _capital(name))


def _points(unit: str) -> str:
    """A difference of percentages is in percentage points."""
    return "percentage points" if unit == "%" else unit


def _of_difference(one: BinderDifference) -> Entry:
    if one.difference is None:
        return Entry("missing", (one.reason or "",), missing=True)
    if one.interval is None:
        return Entry(_signed(one.difference, None), (one.reason or "no interval",), one.difference)
    low, high = one.interval
    decimals = 1 - math.floor(math.log10((high - low) / 2)) if high > low else 3
    ends = f"{_signed(low, decimals)} to {_signed(high, decimals)}".replace(" ", "\u00a0")
    return Entry(
        _signed(one.difference, decimals), (ends, "shown" if one.shown else "not shown by these cells"), one.difference
    )


def _signed(value: float, decimals: int | None) -> str:
    text = f"{value:+.3g}" if decimals is None else f"{round(value, decimals):+.{max(0, decimals)}f}"
    return text.replace("-", "\u2212")


@dataclass(frozen=True)
class Beside:
    """A value from the literature, beside what was measured of the same."""

    of: str
    quantity: str
    under: str
    printed: str
    here: str
    source: str
    note: str


def beside(references: Sequence[Reference], results: Sequence[Result]) -> list[Beside]:
    """Put each value from the literature beside the results of its binder, where there are any."""
    made = []
    for reference in references:
        same = [
            result
            for result in results
            if result.name in reference.measured_as
            and result.group == reference.binder
            and result.value is not None
            and reference.basis in (None, result.basis)
            and reference.cycle in (None, result.cycle)
            and measures(reference.value, result.unit)
        ]
        made.append(
            Beside(
                of=reference.label or reference.binder or "",
                quantity=_capital(reference.quantity),
                under=_under(
                    None if reference.basis is None else str(reference.basis), reference.value.unit, reference.cycle
                ),
                printed=str(reference.value),
                here="; ".join(
                    # A name of the vocabulary does not say the direction.
                    f"{result.sample}: {in_words(result)}{'' if result.name == reference.quantity else f', {result.name}'}"
                    for result in same
                )
                or "not measured here",
                source=str(reference.source),
                note=reference.note or "",
            )
        )
    return made


def _answer(
    kind: Kind,
    members: Sequence[Cycling],
    counted: Sequence[Cycling],
    summaries: Mapping[str, Sequence[Result]],
    means: Sequence[BinderMean],
    electrodes: Mapping[str, str],
    said: tuple[str, ...],
    *,
    several: bool,
) -> Answer:
    groups = by_group(counted)
    by_binder = {group: [mean for mean in means if (mean.kind, mean.group) == (kind, group)] for group in groups}
    compared = any(len(cells) > 1 for cells in groups.values())
    basis = common_basis(members)
    found = {result.sample: headlines(summaries[result.sample], kind.words, basis) for result in members}
    # The columns are those of the cell that has most of them.
    names = [name for name in headline_names(kind.words) if any(_named(found[cell.sample], name) for cell in members)]
    named = {name: next(one for cell in members if (one := _named(found[cell.sample], name))) for name in names}
    first = next(iter(by_binder.values()))
    return Answer(
        kind=_capital(kind_in_words(kind)) if several else None,
        sentences=said,
        columns=tuple(column(mean.name, _under(mean.basis, mean.unit, mean.cycle)) for mean in first),
        binders=tuple(_binder_row(group, groups[group], of_binder) for group, of_binder in by_binder.items())
        if compared
        else None,
        cell_columns=tuple(column(named[name].name, _under(named[name].basis, named[name].unit)) for name in names),
        cells=tuple(
            Row(
                cell.sample,
                (cell.group, electrodes.get(cell.sample, "")),
                tuple(_of_result(_named(found[cell.sample], name)) for name in names),
            )
            for cell in members
        ),
        reservations=_reservations(by_binder) if compared else (),
    )


def _binder_row(group: str, cells: Sequence[Cycling], means: Sequence[BinderMean]) -> Row:
    electrodes = max(mean.electrodes for mean in means)
    count = f"{len(cells)} cell{'s' if len(cells) > 1 else ''}"
    coatings = f"{electrodes} electrode{'s' if electrodes > 1 else ''}" if electrodes else ""
    return Row(group, (count, coatings), tuple(_of_mean(mean, len(cells)) for mean in means))


def _of_mean(mean: BinderMean, cells: int) -> Entry:
    absent = tuple(f"{sample}: {reason}" for sample, reason in mean.absent)
    if mean.mean is None:
        reasons = {reason for _, reason in mean.absent}
        return Entry("missing", tuple(reasons) if len(reasons) == 1 else absent, missing=True)
    left = (f"{mean.cells} of {cells} cells", *absent) if absent else ()
    if mean.interval is None:
        why = "one cell, no interval" if mean.cells == 1 else "no spread, no interval"
        return number(mean.mean, mean.uncertainty, mean.unit, (why, *left))
    text, low, high = _digits(mean)
    deviation: tuple[str, ...] = ()
    if mean.deviation:
        decimals = 1 - math.floor(math.log10(mean.deviation))
        deviation = (f"sd\u00a0{round(mean.deviation, decimals):.{max(0, decimals)}f}",)
    return Entry(text, (f"{low} to {high}".replace(" ", "\u00a0"), *deviation, *left), mean.mean)


def _of_result(result: Result | None) -> Entry:
    if result is None:
        return Entry("missing", ("no second cycle is whole",), missing=True)
    if result.value is None:
        return Entry("missing", (result.reason or "",), missing=True)
    cycle = () if result.cycle is None or result.cycle == 1 else (f"cycle {result.cycle}",)
    return number(result.value, result.uncertainty, result.unit, cycle)


def _reservations(by_binder: Mapping[str, Sequence[BinderMean]]) -> tuple[str, ...]:
    said: dict[str, list[str]] = {}
    for group, means in by_binder.items():
        # Cells may agree in one number by chance or by definition; in all of them they do not.
        copies = all(mean.reservation == COPIES for mean in means if mean.cells > 1)
        for why in dict.fromkeys(mean.reservation for mean in means):
            if why and (why != COPIES or copies):
                said.setdefault(why, []).append(group)
    return tuple(
        f"{', '.join(groups)}: {why.removesuffix('?')}{'?' if why.endswith('?') else '.'}"
        for why, groups in said.items()
    )


def _sentences(
    members: Sequence[Cycling],
    summaries: Mapping[str, Sequence[Result]],
    means: Sequence[BinderMean],
    basis: CapacityBasis,
) -> list[str]:
    said = []
    for group, cells in by_group(members).items():
        if len(cells) == 1:
            sentence = _of_one(cells[0], headlines(summaries[cells[0].sample], cells[0].words, basis))
        else:
            sentence = _of_several(cells, [mean for mean in means if mean.group == group])
        said += [sentence] if sentence else []
    return said


def _of_one(cell: Cycling, results: Sequence[Result]) -> str | None:
    """Say in words what one cell did, if its numbers are there."""
    first, second = cell.words
    # The main baseline of a retention comes first, and the table shows it.
    found = {result.name: result for result in reversed(results) if result.value is not None}
    gave = found.get(f"first-cycle {second} capacity")
    efficiency = found.get("first-cycle coulombic efficiency")
    last, kept = found.get(f"last {second} capacity"), found.get(f"retention of {second} capacity")
    if gave is None or efficiency is None:
        return None
    sentence = (
        f"{cell.sample} (binder: {cell.group}) gave {in_words(gave)} in the {second} of its first cycle, "
        f"{in_words(efficiency)} of what "
        f"its {first} had taken"
    )
    if last is not None and kept is not None:
        sentence += f"; in cycle {last.cycle} it gave {in_words(last)}, {in_words(kept)} of {kept.basis}"
    return f"{sentence}."


def _of_several(cells: Sequence[Cycling], means: Sequence[BinderMean]) -> str | None:
    """Say in words what a binder did on the mean of its cells."""
    first, second = cells[0].words
    found = {mean.name: mean for mean in reversed(means) if mean.mean is not None}
    gave = found.get(f"first-cycle {second} capacity")
    efficiency = found.get("first-cycle coulombic efficiency")
    last, kept = found.get(f"{second} capacity"), found.get(f"retention of {second} capacity")
    if gave is None or efficiency is None:
        return None
    coatings = f", {gave.electrodes} electrodes" if gave.electrodes > 1 else " of one electrode"
    counted = f"{gave.cells} of {len(cells)}" if gave.cells < len(cells) else f"{gave.cells}"
    sentence = (
        f"{cells[0].group} (mean of {counted} cells{coatings}) gave {_in_words(gave)} in the {second} of the first cycle, "
        f"{_in_words(efficiency)} of what the {first} had taken"
    )
    if last is not None and kept is not None:
        fewer = f", {last.cells} of them" if last.cells < len(cells) else " they"
        sentence += f"; in cycle {last.cycle}{fewer} gave {_in_words(last)}, {_in_words(kept)} of {kept.basis}"
    return f"{sentence}."


def _in_words(mean: BinderMean) -> str:
    unit = pretty_unit(mean.unit)
    if mean.interval is None or mean.mean is None:
        return f"{digits(mean.mean or 0.0, mean.uncertainty)} {unit}"
    text, low, high = _digits(mean)
    return f"{text} {unit} ({low} to {high})"


def _digits(mean: BinderMean) -> tuple[str, str, str]:
    """Write a mean and its interval with the digits that the interval leaves: two of its half width."""
    if mean.mean is None or mean.interval is None:
        raise ValueError(f"{mean.name} of {mean.group} has no interval to be written with")
    low, high = mean.interval
    decimals = 1 - math.floor(math.log10((high - low) / 2))
    shown = max(0, decimals)
    centre, bottom, top = (
        f"{round(value, decimals):.{shown}f}".replace("-", "\u2212") for value in (mean.mean, low, high)
    )
    return centre, bottom, top


def _named(results: Sequence[Result], name: str) -> Result | None:
    return next((result for result in results if result.name == name), None)


def _under(basis: str | None, unit: str, cycle: int | None = None) -> str:
    over = ""
    if basis and basis.startswith("cycle"):
        over = f"from {basis}"
    elif basis and basis != "cell":
        over = f"per {basis}"
    at = f"cycle {cycle}" if cycle is not None and cycle > 1 else ""
    return ", ".join(part for part in (at, over, pretty_unit(unit)) if part)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
