"""The page of the documents' arithmetic: that it holds, that it can fail, and that the committed page is this one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from shared import ROOT

from byssus import knowledge
from byssus.validation import design
from byssus.validation.page import Page, to_markdown


@pytest.fixture(scope="module")
def page() -> Page:
    return design.compare(Path())


@pytest.fixture(scope="module")
def cases() -> list[design.Case]:
    known = knowledge.load()
    return [case for make in design.CASES for case in make(known)]


def test_every_comparison_holds(page: Page) -> None:
    assert [comparison for comparison in page.comparisons if not comparison.holds] == []
    assert len(page.comparisons) >= 110


def test_a_digit_more_or_less_fails(cases: list[design.Case]) -> None:
    """Half a unit of the last digit is all that is allowed, so a result that is off by one and a half fails."""
    for case in cases:
        step = (case.allowed or 0.5 * 10.0 ** -len(case.expected.split(",")[0].strip().partition(".")[2])) * 3.1
        for sign in (1, -1):
            off = dataclasses.replace(case, ours=tuple(each + sign * step for each in case.ours))
            assert not off.comparison.holds, case


def test_only_what_the_documents_leave_open_has_an_allowance_of_its_own(cases: list[design.Case]) -> None:
    own = {(case.subject, case.quantity) for case in cases if case.allowed is not None}
    assert own == {
        ("silicon", "expansion to Li15Si4"),
        ("design of ccl-5", "thickness at 55 % of pores"),
        *((f"{name} separator", "energy at that thickness with lithium") for name in ("LLZO", "Li3InCl6", "LPSCl")),
    }


def test_as_many_values_as_are_printed(cases: list[design.Case]) -> None:
    with pytest.raises(ValueError, match="values for"):
        _ = dataclasses.replace(cases[0], expected="43.7, 24.3").comparison


def test_contradictions_are_listed_by_number(page: Page) -> None:
    (listing,) = page.listings
    conflicts = set(knowledge.load().conflicts["conflict"])
    numbers = [row[0] for row in listing.rows]
    assert set(numbers) <= conflicts
    assert {"C04", "C05", "C07", "C08", "C16", "C24", "N16", "R05", "R06", "R17", "R25"} <= set(numbers)


def test_the_committed_page_is_this_one(page: Page) -> None:
    committed = (ROOT / "docs" / "validation" / "design.md").read_text(encoding="utf-8")

    def compared(text: str) -> list[list[str]]:
        rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
        return [[cell for place, cell in enumerate(row) if place != 4] for row in rows if len(row) == 7]

    # The fifth column is the difference, whose last digits are the machine's.
    assert compared(committed) == compared(to_markdown(page))
