"""Tables of the tests that are no plain cycling: a technique each, its quantities below each other, its samples side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from byssus.analysis.examined import Examined
from byssus.analysis.impedance.comparing import Between, Change, Estimate, before_and_after
from byssus.analysis.result import Result
from byssus.conventions import Configuration
from byssus.quantity import pretty_unit
from byssus.report.answer import Column, Entry, Row, number
from byssus.report.tables import Listing
from byssus.study.techniques import TECHNIQUES

#: Which of several spectra, and what it was taken at: that differs a little from one sample to the other.
_SPECTRUM = re.compile(r"(.*, spectrum \d+) at (.*)")
_UNDER = "± is one standard uncertainty. What lies behind each number stands in the folder tests/ beside this page."


def tables_of_tests(examined: Sequence[Examined]) -> list[Listing]:
    """Lay out what was found, one table for each technique and kind of cell, in the order in which they first came.

    What no sample of a table gives stands under it with the reason, and in no line of its own.
    """
    alike: dict[str, dict[Configuration | None, list[Examined]]] = {}
    for each in examined:
        configuration = each.tables[0].metadata.sample.configuration
        alike.setdefault(each.technique, {}).setdefault(configuration, []).append(each)
    return [
        _table(technique, tests, configuration if len(parts) > 1 else None)
        for technique, parts in alike.items()
        for configuration, tests in parts.items()
    ]


def _table(technique: str, tests: Sequence[Examined], configuration: Configuration | None) -> Listing:
    by_test = [{_key(result): result for result in each.results} for each in tests]
    keys = list(dict.fromkeys(key for found in by_test for key in found))
    given = [key for key in keys if any(found[key].value is not None for found in by_test if key in found)]
    #: Names by reason, each once although it has several units.
    lacking: dict[str, dict[str, None]] = {}
    for key in (key for key in keys if key not in given):
        reasons = dict.fromkeys(found[key].reason or "" for found in by_test if key in found)
        lacking.setdefault("; or ".join(reasons), {})[key[0]] = None
    of_all = " of all" if len(tests) > 1 else ""
    of = "" if configuration is None else f" of {configuration} cells"
    return Listing(
        anchor=f"of-{technique}" + ("" if configuration is None else f"-{configuration}"),
        title=TECHNIQUES[technique].title + of,
        heads=("Quantity", "Unit"),
        columns=tuple(
            Column(each.sample, "" if each.group == each.sample else each.group, each.sample) for each in tests
        ),
        rows=tuple(_row(key, by_test) for key in given),
        under=" ".join([_UNDER, *(f"Missing{of_all}: {', '.join(names)} ({why})." for why, names in lacking.items())]),
    )


def _row(key: tuple[str, str, str | None], by_test: Sequence[Mapping[tuple[str, str, str | None], Result]]) -> Row:
    name, unit, basis = key
    found = [each.get(key) for each in by_test]
    places = [_place(result) for result in found if result is not None]
    # What holds for all stands once, with the name and the unit.
    shared = [part for part in places[0] if all(part in place for place in places)]
    reasons = {result.reason for result in found if result is not None}
    reservation = (
        next(iter(reasons)) if len(reasons) == 1 and all(r is None or r.value is not None for r in found) else None
    )
    where = f" at {', '.join(shared)}" if shared else ""
    words = ("" if unit == "1" else pretty_unit(unit), ", ".join(part for part in (basis, reservation) if part))
    return Row(_capital(name) + where, words, tuple(_entry(result, shared, reservation) for result in found))


def tables_of_changes(examined: Sequence[Examined]) -> list[Listing]:
    """Lay out what cycling changed in impedance, binder by binder, and the binders against each other; nothing where neither is."""
    found = before_and_after(examined)
    if found is None:
        return []
    columns = ("Before", "After", "Difference", "Ratio")
    changes = Listing(
        anchor="impedance-changes",
        title="Impedance before and after cycling",
        heads=("Binder", "Quantity"),
        columns=tuple(Column(name, "after/before" if name == "Ratio" else "95 % interval", name) for name in columns),
        rows=tuple(_changed(one) for one in found.changes),
        under="Under each number its 95 % interval, and whether it is that of the fits or, where that is wider, of the scatter between cells.",
    )
    if not found.between:
        return [changes]
    against = Listing(
        anchor="impedance-of-binders",
        title="Impedance of binders after cycling",
        heads=("Binders", "Quantity"),
        columns=(
            Column("Difference", "after cycling", "First less second after cycling"),
            Column("Ratio of ratios", "after/before", "Ratio after/before of the first over that of the second"),
        ),
        rows=tuple(
            Row(f"{one.first} \u2212 {one.second}", _what(one, ""), tuple(_shown(one))) for one in found.between
        ),
        under="Shown: the 95 % interval leaves out no difference (0, or a ratio of 1). The intervals are not corrected for the number of comparisons.",
    )
    return [changes, against]


def _changed(one: Change) -> Row:
    before, after = one.cycles
    n = f"n = {one.cells}"
    entries = (
        _estimated(each, signed=at == 2) for at, each in enumerate((one.before, one.after, one.difference, one.ratio))
    )
    group = f"{one.group}, simulated" if one.origin == "simulated" else one.group
    return Row(group, _what(one, f"cycles {before} and {after}, {n}"), (*entries,))


def _what(one: Change | Between, more: str) -> tuple[str, str]:
    unit = pretty_unit(one.unit)
    reason = one.reason if isinstance(one, Change) else None
    return _capital(one.name), ", ".join(part for part in (unit, one.state, more, reason) if part)


def _shown(one: Between) -> list[Entry]:
    entries = []
    for estimate, shown, signed in ((one.after, one.shown[0], True), (one.ratio, one.shown[1], False)):
        entry = _estimated(estimate, signed=signed)
        said = "shown" if shown else "not shown by these cells"
        entries.append(entry if estimate is None else Entry(entry.text, (*entry.under, said), entry.value))
    return entries


def _estimated(one: Estimate | None, *, signed: bool = False) -> Entry:
    """Write a number with two digits of its half interval, and the interval under it."""
    if one is None:
        return Entry("missing", missing=True)
    half = (one.high - one.low) / 2
    decimals = 1 - math.floor(math.log10(half)) if half > 0 else 3
    text, low, high = (_rounded(value, decimals, signed=signed) for value in (one.value, one.low, one.high))
    return Entry(text, (f"{low} to {high}".replace(" ", "\u00a0"), f"from {one.rests_on}"), one.value)


def _rounded(value: float, decimals: int, *, signed: bool) -> str:
    text = f"{round(value, decimals):{'+' if signed else ''}.{max(0, decimals)}f}"
    return text.replace("-", "\u2212")


def _key(result: Result) -> tuple[str, str, str | None]:
    spectrum = _SPECTRUM.fullmatch(result.name)
    return spectrum[1] if spectrum else result.name, result.unit, result.basis


def _place(result: Result) -> list[str]:
    """Return what a spectrum was taken at; nothing of other results."""
    spectrum = _SPECTRUM.fullmatch(result.name)
    return spectrum[2].split(", ") if spectrum else []


def _entry(result: Result | None, shared: Sequence[str], reservation: str | None) -> Entry:
    if result is None:
        return Entry("")
    place = ", ".join(part for part in _place(result) if part not in shared)
    # A number may stand with a reservation.
    under = tuple(part for part in (place, None if result.reason == reservation else result.reason) if part)
    if result.value is None:
        return Entry("missing", under, missing=True)
    return number(result.value, result.uncertainty, result.unit, under)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
