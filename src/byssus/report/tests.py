"""Tables of the tests that are no plain cycling: a technique each, its quantities below each other, its samples side by side."""

from __future__ import annotations

from collections.abc import Sequence

from byssus.analysis.examined import Examined
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
