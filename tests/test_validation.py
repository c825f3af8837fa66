"""The pages of comparisons: that they hold on the real files, say what they should, and can fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from shared import ROOT

from byssus.errors import ReadError, UsageError
from byssus.validation import pages, readers, witness
from byssus.validation.page import Comparison, Listing, Page, to_markdown

Real = Callable[[str], Path]
PAIR = "cycler_biologic/gcpl.pr_182.1"
POWER = "cycler_land/3-1-6_PowerCheck_Cycling_004_1.xlsx"


@pytest.fixture(scope="module")
def page(real: Real) -> Page:
    return readers.compare(real("MANIFEST.csv").parent)


def cells(text: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


def test_every_cycler_file_is_read_and_agrees(real: Real, page: Page) -> None:
    files = {path.name for path in real("MANIFEST.csv").parent.glob("cycler_*/*") if path.suffix != ".parquet"}
    assert len(files) >= 31
    assert {row[0].strip("`") for row in page.listings[0].rows} == files
    assert [comparison for comparison in page.comparisons if not comparison.holds] == []
    for name in files:
        quantities = [comparison.quantity for comparison in page.comparisons if comparison.subject == name]
        assert {"rows", "end time", "voltage", "charge, whole file"} <= set(quantities), name
        assert any(quantity.startswith("capacity of each") for quantity in quantities), name


def test_rows_agree_exactly_and_capacities_within_a_thousandth(page: Page) -> None:
    for comparison in page.comparisons:
        if comparison.quantity in {"rows", "steps", "cycles"}:
            assert comparison.allowed == 0
        if comparison.quantity.startswith("capacity of each") and comparison.unit == "%":
            assert comparison.allowed == 0.1


def test_the_first_cycle_of_6_6_l_is_not_the_instruments(page: Page) -> None:
    (listing,) = [listing for listing in page.listings if "6-6-L" in listing.title]
    _, ours, vendors = listing.rows[-1]
    # 0.349 mAh out of 0.860 mAh in, as MANIFEST.csv has it; the instrument's column says 0 and 96.12.
    assert ours.startswith("**40.6 %**")
    assert vendors == "0 % (its cycle 1), 96.12 % (its cycle 2)"


def test_the_page_in_the_documentation_is_this_one(page: Page) -> None:
    committed = (ROOT / "docs" / "validation" / "readers.md").read_text(encoding="utf-8")

    def compared(text: str) -> list[list[str]]:
        # Differences below the last digit are the machine's; what was compared, how often and whether it holds are not.
        return [[*row[:4], row[-1]] for row in cells(text.split("## Every comparison")[1])]

    assert compared(committed) == compared(to_markdown(page)), "run: byssus validate readers"


@pytest.fixture
def pair(real: Real, tmp_path: Path) -> Path:
    """A folder of test data with one test in two formats."""
    folder = tmp_path / "data"
    (folder / "cycler_biologic").mkdir(parents=True)
    for suffix in (".mpr", ".mpt"):
        shutil.copy(real(PAIR + suffix), folder / (PAIR + suffix))
    return folder


def failing(folder: Path) -> set[tuple[str, str]]:
    page = readers.compare(folder)
    assert page.holds == ("**no**" not in to_markdown(page))
    return {
        (comparison.subject.rsplit(".", 1)[1], comparison.quantity)
        for comparison in page.comparisons
        if not comparison.holds
    }


def test_a_lost_record_fails(pair: Path) -> None:
    assert failing(pair) == set()
    text = pair / (PAIR + ".mpt")
    lines = text.read_text(encoding="cp1252").splitlines(keepends=True)
    text.write_text("".join(lines[:-1]), encoding="cp1252", newline="")
    assert {(suffix, "rows") for suffix in ("mpr", "mpt")} <= failing(pair)


def test_a_counter_off_by_two_thousandths_fails(pair: Path) -> None:
    text = pair / (PAIR + ".mpt")
    lines = text.read_text(encoding="cp1252").splitlines()
    head = int(lines[1].split(":")[1])
    at = lines[head - 1].split("\t").index("Q charge/discharge/mA.h")
    for number in range(head, len(lines)):
        fields = lines[number].split("\t")
        fields[at] = f"{float(fields[at]) * 1.002:.15E}"
        lines[number] = "\t".join(fields)
    text.write_text("\n".join(lines) + "\n", encoding="cp1252")
    assert failing(pair) == {("mpr", "capacity of each half cycle"), ("mpt", "capacity of each half cycle")}


def test_a_file_that_cannot_be_read_fails_with_its_reason(pair: Path) -> None:
    (pair / "cycler_biologic" / "empty.mpr").touch()
    page = readers.compare(pair)
    assert not page.holds
    (row,) = [row for row in page.listings[0].rows if row[0] == "`empty.mpr`"]
    assert row[1].startswith("**not read**: is empty")
    assert len(row) == len(page.listings[0].head)


def test_a_reader_without_a_witness_fails(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(readers._WITNESSES, "biologic-mpt")
    page = readers.compare(pair)
    assert not page.holds
    assert "has no witness" in to_markdown(page)


def test_the_witness_of_a_database_says_what_it_needs(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "access_parser", None)
    with pytest.raises(ReadError, match=r"needs access-parser.*pip install 'byssus\[dev\]'"):
        witness.access.__wrapped__(real("cycler_arbin/arbin_example.res"), "Resume_Table")


def test_cells_of_a_workbook_stand_where_the_sheet_says(real: Real) -> None:
    import fastexcel

    book = fastexcel.read_excel(str(real(POWER)))
    for name in ("Cycle-Tab", "Step-Tab"):
        frame = book.load_sheet(name).to_polars()
        head, *rows = witness.sheet(real(POWER), name)
        assert (head, [tuple(row) for row in rows]) == (frame.columns, frame.rows())
    rows = witness.sheet(real(POWER), "Process-Tab")
    assert rows[0][:2] == ["TestName", "FYDP 21_2023 LCO Power Check"]
    assert rows[6] == [1.0, "CC-Rate: 0.2 C", "Until: Voltage*>=4.2V"]


def test_what_was_not_compared_does_not_hold() -> None:
    assert Comparison("a", "rows", "b", 1, 0.0, 0.0, "").holds
    assert not Comparison("a", "rows", "b", 0, 0.0, 0.0, "").holds
    assert not Comparison("a", "rows", "b", 1, float("nan"), 1.0, "").holds
    assert not Comparison("a", "rows", "b", 1, 2.0, 1.0, "").holds


def test_a_missing_value_is_no_agreement() -> None:
    one = readers._Checked(Path("a"), None, None, "")  # type: ignore[arg-type]
    one.compare("voltage", "b", [1.0, None], [1.0, 2.0], 1e-6, "V")
    one.compare("voltage", "b", [1.0, 2.0, 3.0], [1.0, 2.0], 1e-6, "V")
    one.compare_shares("capacity", "b", [None, 2.0], [1.0, 2.0])
    one.compare_shares("capacity", "b", [], [])
    assert [comparison.holds for comparison in one.comparisons] == [False] * 4
    # A millionth of the largest is the least that a share is taken of.
    assert one.compare_shares("capacity", "b", [1.0, 1e-9], [1.0, 0.0]).difference == pytest.approx(0.1)


def test_a_page_lays_out_listings_comparisons_and_remarks_in_turn() -> None:
    comparisons = [Comparison("a", "rows", "b", 1200, 0.0, 0.5, "s"), Comparison("c", "rows", "d", 1, 2.0, 1.0, "")]
    listing = Listing("Files", "What they are.", ("file", "rows"), [("a", "3")], ("A note.",))
    text = to_markdown(Page("Title", "Introduction.", comparisons, ("A remark.",), (listing,)))
    order = [
        "# Title",
        "Introduction.",
        "## Files",
        "What they are.",
        "- A note.",
        "## Every comparison",
        "- A remark.",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert cells(text)[2] == ["a", "3"]
    assert ["a", "rows", "b", "1,200", "0 s", "0.5 s", "yes"] in cells(text)
    assert ["c", "rows", "d", "1", "2", "1", "**no**"] in cells(text)
    assert text.endswith("- A remark.\n")


def test_an_area_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'readers'"):
        next(pages.write("reeders", tmp_path))
