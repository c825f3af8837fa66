"""Tables of the tests that are no plain cycling: a technique each, its quantities below each other, its samples side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from byssus.analysis.examined import Examined
from byssus.analysis.impedance.comparing import Between, Change, Estimate, before_and_after
from byssus.analysis.result import Result
from byssus.quantity import pretty_unit
from byssus.report.answer import Column, Entry, Row, number
from byssus.report.tables import Listing
from byssus.study.techniques import TECHNIQUES


def tables_of_tests(examined: Sequence[Examined]) -> list[Listing]:
    """Lay out what was found, one table for each technique, in the order in which they first came."""
    made = []
    for technique in dict.fromkeys(each.technique for each in examined):
        tests = [each for each in examined if each.technique == technique]
        by_test = [{_key(result): result for result in each.results} for each in tests]
        keys = dict.fromkeys(key for found in by_test for key in found)
        made.append(
            Listing(
                anchor=f"of-{technique}",
                title=TECHNIQUES[technique].title,
                heads=("Quantity", "Unit"),
                columns=tuple(
                    Column(each.sample, "" if each.group == each.sample else each.group, each.sample) for each in tests
                ),
                rows=tuple(
                    Row(
                        _capital(name),
                        ("" if unit == "1" else pretty_unit(unit), basis or ""),
                        tuple(_entry(found.get((name, unit, basis))) for found in by_test),
                    )
                    for name, unit, basis in keys
                ),
                under="± is one standard uncertainty. What lies behind each number stands in the folder tests/ beside this page.",
            )
        )
    return made


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
    return result.name, result.unit, result.basis


def _entry(result: Result | None) -> Entry:
    if result is None:
        return Entry("")
    if result.value is None:
        return Entry("missing", (result.reason or "",), missing=True)
    # A number may stand with a reservation.
    return number(result.value, result.uncertainty, result.unit, (result.reason,) if result.reason else ())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
