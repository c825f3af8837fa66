"""The report: its answer, its size, and that nothing it was given goes missing."""

from __future__ import annotations

import base64
import csv
import gzip
import html
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from ruamel.yaml import YAML
from scipy.stats import t as student
from shared import square_wave

from byssus.analysis.compare import (
    COPIES,
    common_cycle,
    compare_binders,
    compare_with_control,
    kinds,
    median_cell,
    over_cycles,
)
from byssus.analysis.cycling.cell import examine
from byssus.analysis.cycling.columns import EFFICIENCY, RETENTION
from byssus.analysis.cycling.cycles import Cycling, analyse
from byssus.analysis.cycling.summary import methods, summarise
from byssus.conventions import Configuration, Made
from byssus.figure.cycling import capacity_and_efficiency, retention, shown_profiles, voltage_profiles
from byssus.figure.export import to_csv
from byssus.findings import CODES, Finding
from byssus.measured.metadata import Instrument, Metadata, Provenance, Sample
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.report import build
from byssus.report.answer import answers, difference_tables, digits, number
from byssus.report.build import Report, grouped, side_by_side, to_html
from byssus.report.citations import DOI, NAMED, bibtex
from byssus.report.tables import listings
from byssus.source import Source

LARGEST_PAGE = 12e6


def cell(
    name: str,
    group: str = "CMC",
    *,
    fade: float = 0.97,
    cycles: int = 6,
    first: float = 1.6,
    configuration: Configuration = Configuration.HALF,
    made: Made | None = Made.EMPTY,
    mass: str | None = "0.5 ± 0.01 mg",
) -> tuple[Table, Cycling]:
    sample = Sample(
        name=name,
        binder=group,
        electrode=f"E-{group}",
        configuration=configuration,
        made=made,
        active_mass=None if mass is None else Quantity.parse(mass),
    )
    opens = -1 if configuration is Configuration.HALF and made is Made.EMPTY else 1
    hours = [2.0, first, *(value for n in range(cycles - 1) for value in (1.5 * fade**n, 1.49 * fade**n))]
    table = square_wave([opens, -opens] * cycles, hours, sample=sample, records=21, digit_Ah=1e-6)
    return table, analyse(table)


def test_cells_of_different_tests_are_not_averaged() -> None:
    results = [
        replace(cell(f"{group}{at}", group, fade=0.97 - 0.01 * at, cycles=6 + at)[1], test=("rate", "cycling")[at // 2])
        for group in ("CMC", "CCL")
        for at in range(4)
    ]
    summaries = {result.sample: summarise(result) for result in results}
    means = compare_binders(results, summaries)
    assert {(mean.group, mean.test, mean.cells) for mean in means} == {
        (group, test, 2) for group in ("CMC", "CCL") for test in ("rate", "cycling")
    }
    rate, cycling = answers(results, summaries, means)
    assert (rate.kind, cycling.kind) == (
        "Half cells, electrode made empty: rate",
        "Half cells, electrode made empty: cycling",
    )
    assert [row.name for row in cycling.cells] == ["CMC2", "CMC3", "CCL2", "CCL3"]
    less = compare_with_control(results, summaries, [("CCL", "CMC")])
    assert [each.kind for each in difference_tables(less)] == [rate.kind, cycling.kind]
    # Each test is compared in a cycle of its own.
    assert {mean.cycle for mean in means if mean.name.startswith("retention")} == {6, 8}


def report(
    cells: Sequence[tuple[Table, Cycling]], electrodes: dict[str, str] | None = None, findings: Sequence[Finding] = ()
) -> Report:
    results = [result for _, result in cells]
    tables = {result.sample: table for table, result in cells}
    groups = list(dict.fromkeys(result.group for result in results))
    summaries = {result.sample: summarise(result) for result in results}
    figures = []
    for of_kind in kinds(results).values():
        kept = retention(of_kind, groups, electrodes)
        figures += [capacity_and_efficiency(of_kind, groups, electrodes), *([kept] if kept else [])]
    figures += [voltage_profiles(tables[one.sample], one, groups, choice=why) for one, why in shown_profiles(results)]
    return Report(
        title="A study",
        answers=answers(results, summaries, compare_binders(results, summaries, electrodes), electrodes),
        results=[result for summary in summaries.values() for result in summary],
        figures=figures,
        findings=findings,
        methods=methods(results[0]),
        inputs=[("study", Provenance(file="study.yaml", sha256="ab" * 32, size=9, reader="byssus.study"))],
        samples=[table.metadata.sample for table in tables.values()],
    )


def text_of(page: str) -> str:
    body = page[page.index("<main>") : page.index("</main>")]
    body = re.sub(r"<script.*?</script>", " ", body, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def test_a_binders_mean_is_that_of_its_electrodes() -> None:
    # Two cells of one electrode and one of another: the electrodes are the witnesses.
    cells = [cell("a", fade=0.97, first=1.6)[1], cell("b", fade=0.96, first=1.62)[1], cell("c", fade=0.9, first=1.7)[1]]
    summaries = {one.sample: summarise(one) for one in cells}
    means = {mean.name: mean for mean in compare_binders(cells, summaries, {"a": "E1", "b": "E1", "c": "E2"})}
    efficiency = means["first-cycle coulombic efficiency"]
    assert (efficiency.cells, efficiency.electrodes) == (3, 2)
    assert efficiency.interval is not None
    low, high = efficiency.interval
    assert low < min(80, 85) < max(80, 85) < high  # one degree of freedom reaches far
    assert efficiency.deviation == pytest.approx(np.std([80, 81, 85], ddof=1))
    # One electrode: the plain t interval of its cells, and a word of what it cannot hold.
    plain = {mean.name: mean for mean in compare_binders(cells, summaries, dict.fromkeys("abc", "E1"))}
    mean = plain["first-cycle coulombic efficiency"]
    assert mean.mean == pytest.approx(82.0)
    reach = student.ppf(0.975, 2) * np.std([80, 81, 85], ddof=1) / np.sqrt(3)
    assert mean.interval == pytest.approx((82 - reach, 82 + reach))
    assert "one electrode" in (mean.reservation or "")


def test_one_cell_has_no_interval_and_says_so() -> None:
    _, one = cell("a")
    means = compare_binders([one], {"a": summarise(one)})
    assert {mean.interval for mean in means} == {None}
    assert {mean.deviation for mean in means} == {None}
    assert all("one cell" in (mean.reservation or "") for mean in means)
    assert means[0].uncertainty == pytest.approx(3200 * 0.02, rel=1e-4)


def test_cells_that_agree_to_the_last_digit_give_no_interval() -> None:
    twins = [cell("a")[1], cell("b")[1]]
    summaries = {one.sample: summarise(one) for one in twins}
    means = compare_binders(twins, summaries)
    assert {mean.interval for mean in means} == {None}
    assert {mean.reservation for mean in means} == {COPIES}
    assert over_cycles(twins, EFFICIENCY)["low"].null_count() == 6
    # Known copies count for nothing.
    assert {mean.cells for mean in compare_binders(twins, summaries, copies={"b"})} == {1}


def test_binders_are_compared_in_one_cycle_and_early_ends_are_named() -> None:
    cells = [
        cell("a", cycles=9)[1],
        cell("b", cycles=7)[1],
        cell("c", "CCL", cycles=8)[1],
        cell("d", "CCL", cycles=2)[1],
    ]
    assert common_cycle(cells) == 7
    means = compare_binders(cells, {one.sample: summarise(one) for one in cells})
    kept = {mean.group: mean for mean in means if mean.name.startswith("retention")}
    assert {mean.cycle for mean in kept.values()} == {7}
    assert (kept["CMC"].cells, kept["CCL"].cells) == (2, 1)
    assert kept["CCL"].absent == (("d", "ended in cycle 2"),)
    values = [one.cycles.filter(pl.col("Cycle / 1") == 7)[RETENTION].item() for one in cells[:2]]
    assert kept["CMC"].mean == pytest.approx(np.mean(values))


def test_the_median_cell_is_the_middle_one() -> None:
    cells = [cell(name, fade=fade)[1] for name, fade in (("high", 0.99), ("low", 0.9), ("mid", 0.95))]
    assert median_cell(cells).sample == "mid"


def test_the_answer_is_the_binders_with_intervals_then_the_cells() -> None:
    cells = [
        cell(f"{group}-{n}", group, fade=0.95 + n / 100, first=1.6 + n / 50)
        for group in ("CMC", "CCL")
        for n in range(3)
    ]
    electrodes = {result.sample: f"{result.sample[:3]}-{result.sample[-1] == '2'}" for _, result in cells}
    made = report(cells, electrodes)
    (answer,) = made.answers
    assert answer.kind is None
    assert answer.binders is not None
    assert [row.name for row in answer.binders] == ["CMC", "CCL"]
    assert answer.binders[0].words == ("3 cells", "2 electrodes")
    assert [row.name for row in answer.cells][:3] == ["CMC-0", "CMC-1", "CMC-2"]
    assert len(answer.sentences) == 2
    assert answer.sentences[0].startswith("CMC (mean of 3 cells, 2 electrodes) gave ")
    text = text_of(to_html(made))
    for sentence in answer.sentences:
        assert sentence in text
    means = compare_binders([result for _, result in cells], {r.sample: summarise(r) for _, r in cells}, electrodes)
    low, high = means[1].interval or (0, 0)
    under = answer.binders[0].entries[1].under[0].replace("\u00a0", " ")
    assert [float(part) for part in under.split(" to ")] == pytest.approx([low, high], abs=0.5)
    assert "CMC, n = 3" in to_html(made)


def test_the_sentence_counts_from_the_baseline_of_the_table() -> None:
    # With a second baseline its retention once stood in the sentence as that of the first.
    _, one = cell("a", first=1.2)
    summaries = {"a": summarise(one, (2,))}
    (answer,) = answers([one], summaries, compare_binders([one], summaries))
    kept = answer.cells[0].entries[-1]
    assert one.baseline == 1
    assert f", {kept.text} % of cycle 1." in answer.sentences[0]


def test_the_answer_is_short_for_many_binders() -> None:
    made = report([cell(f"c{n}", f"binder {n}") for n in range(9)])
    assert len(made.answers[0].sentences) == 6
    assert made.answers[0].binders is None
    assert len(made.answers[0].cells) == 9


def test_each_kind_of_cell_has_its_own_answer_on_the_basis_it_shares() -> None:
    made = report(
        [
            cell("an1"),
            cell("an2", mass=None),
            cell("ca1", "PVDF", made=Made.FULL),
            cell("fc1", "SBR", configuration=Configuration.FULL, made=None),
            cell("an3", cycles=1),
        ]
    )
    assert [answer.kind for answer in made.answers] == [
        "Half cells, electrode made empty",
        "Half cells, electrode made full",
        "Full cells",
    ]
    text = text_of(to_html(made))
    assert "not measured" not in text
    # Without a common mass anodes are compared in mAh; the cathode is not dragged along.
    assert made.answers[0].cell_columns[0][1] == "mAh"
    assert made.answers[1].cell_columns[0][1] == "per active material, mAh/g"
    short = next(row for row in made.answers[0].cells if row.name == "an3")
    missing = [entry for entry in short.entries if entry.missing]
    assert missing
    assert all(entry.under[0] for entry in missing)


def test_the_page_states_what_went_in() -> None:
    text = text_of(to_html(report([cell("a"), cell("b", mass=None)])))
    assert "0.500 ± 0.010 mg" in text
    assert "not given" in text
    assert "ab" * 32 in text
    for said in ("half", "empty", "E-CMC", "study.yaml"):
        assert said in text


def test_findings_that_say_the_same_stand_once() -> None:
    findings = [Finding("value-missing", "the mass is not given", sample=name) for name in ("a", "b", "c")]
    assert [(one.message, samples) for one, samples in grouped(findings)] == [
        ("the mass is not given", ["a", "b", "c"])
    ]
    text = text_of(to_html(report([cell("a")], findings=findings)))
    assert text.count("the mass is not given") == 1
    assert re.search(r"a ?, b ?, c ?: the mass", text)


def test_names_cannot_break_the_page() -> None:
    nasty = "</script><img src=x onerror=alert(1)> $\\frac$"
    page = to_html(report([cell(nasty, nasty), cell("b", nasty, fade=0.9), cell("_c", "_c")]))
    assert "<img src=x" not in page
    # What the page is made of is what the template has: figures' images, and no script but its own.
    assert set(re.findall(r"<img [a-z]+=.\w+", page[page.index("<main>") : page.index("</main>")])) == {
        '<img class="print'
    }
    assert page.count("</script>") == page.count("<script") - page.split("</main>")[1].count('"<script')


def test_every_link_to_numbers_hands_out_every_point() -> None:
    made = report([cell("a")])
    page = to_html(made)
    packed = re.findall(r'data-gzip="([^"]+)"', page)
    assert [gzip.decompress(base64.b64decode(part)).decode() for part in packed] == [
        to_csv(one) for one in made.figures
    ]


def large(records: int) -> Table:
    """One cycle pair of many noisy records, whose profile hardly compresses."""
    half, generator = records // 6, np.random.default_rng(1)
    frames = []
    for step in range(6):
        since = np.linspace(0, 3600.0, half)
        falling = step % 2 == 0
        level = 0.1 + since / 3600 + generator.normal(0, 1e-4, half)
        frames.append(
            pl.DataFrame(
                {
                    "Test Time / s": step * 3600.0 + since,
                    "Voltage / V": 1.2 - level if falling else level,
                    "Current / A": np.full(half, -1e-3 if falling else 1e-3),
                    "Step Count / 1": np.full(half, step + 1, dtype=np.int64),
                    "Step Cumulative Capacity / Ah": 1e-3 * since / 3600,
                }
            )
        )
    sample = Sample(name="large", binder="CMC", configuration=Configuration.HALF, made=Made.EMPTY)
    data = add_directions(pl.concat(frames), Configuration.HALF)
    return Table(data, Metadata(kind="cycling", sample=sample, instrument=Instrument()))


def test_a_large_table_makes_a_page_that_travels() -> None:
    table = large(200_000)
    made = report([(table, analyse(table))])
    assert made.figures[-1].drawn().height >= 199_000
    page = to_html(made)
    assert len(page) < LARGEST_PAGE
    text = text_of(page)
    assert re.search(r"thinned to [\d,]+ of 199,998 points", text)
    # Its numbers pack to over a megabyte: they are beside the page, and the page says so.
    assert "a file beside this page, too large to be inside it" in text
    assert 'href="figures/voltage-profiles-large.csv"' in page
    assert len(re.findall("data-gzip", page[: page.index("<script>/**")] if "<script>/**" in page else page)) >= 2


def test_forty_cells_make_a_page_that_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [
        cell(f"cell-{n:02}", f"binder {n % 4}", fade=0.94 + n / 1000, first=1.5 + n / 200, cycles=12) for n in range(40)
    ]
    made = report(cells)
    # Of each binder the profiles of one cell.
    assert [figure.name for figure in made.figures[:2]] == ["capacity-and-efficiency", "retention"]
    assert len(made.figures) == 2 + 4
    page = to_html(made)
    assert len(page) < LARGEST_PAGE
    assert "One cell stands for the 10 of binder 0: the one of median retention." in text_of(page)
    assert max(len(figure.caption) for figure in made.figures) < 700
    # The numbers of all figures together are bounded too.
    monkeypatch.setattr(build, "MOST_PACKED_OF_ALL", 2_000)
    assert sum(len(part) for part in re.findall(r'data-gzip="([^"]+)"', to_html(made))) <= 2_000 * 4 / 3 + 40


def test_a_page_on_a_phone_scrolls_its_tables_only() -> None:
    page = to_html(report([cell("a"), cell("b", fade=0.9)]))
    body = page[page.index("<main>") : page.index("</main>")]
    # Every table stands in a box of its own that scrolls.
    assert len(re.findall(r"<table", body)) == len(re.findall(r'<div class="scroll"[^>]*>\s*<table', body)) >= 4
    assert re.search(r"\.scroll \{[^}]*overflow-x: auto", page)


def test_a_number_has_the_digits_that_its_uncertainty_leaves() -> None:
    # The rounding of a counter is no reason for eight digits; what is behind them is not lost.
    place = number(83.545145, 0.0001, "%")
    assert (place.text, place.full) == ("83.55", "83.54515 ± 0.00010 %")
    assert number(3227.4, 118.2, "mAh/g").text == "3230 ± 120"
    assert number(105.4545, 0.2543, "%").full == ""
    for value in (92.610791, 0.0176, 387.778, 12345.6, -1.038738):
        assert float(digits(value)) == pytest.approx(value, rel=5e-4)
        assert len(digits(value).replace("-", "").replace(".", "").lstrip("0").rstrip("0")) <= 4


def rate_test() -> Table:
    """Three cycles each at 1, 2, 4 and again 1 mA, whose capacities are 2, 1.8, 1.4 and 1.9 mAh."""
    wanted = [(1.0, 2.0)] * 3 + [(2.0, 1.8)] * 3 + [(4.0, 1.4)] * 3 + [(1.0, 1.9)] * 3
    currents = [sign * current for current, _ in wanted for sign in (-1, 1)]
    hours = [capacity / current for current, capacity in wanted for _ in (0, 1)]
    sample = Sample(name="fast", binder="CMC", configuration=Configuration.HALF, made=Made.EMPTY)
    return square_wave(currents, hours, sample=sample, records=21, digit_Ah=1e-6)


def test_the_tables_by_cell_hold_what_the_cells_did() -> None:
    slow, _ = cell("slow", fade=0.97, first=1.49 / 0.97, cycles=14)
    tables = {table.anchor: table for table in listings([examine(rate_test()), examine(slow)])}
    rate = tables["rate"]
    assert [(row.name, row.words) for row in rate.rows] == [
        ("fast", ("1", "cycles 1 to 3")),
        ("fast", ("2", "cycles 4 to 6")),
        ("fast", ("3", "cycles 7 to 9")),
        ("fast", ("4", "cycles 10 to 12")),
    ]
    columns = list(zip(*(row.entries for row in rate.rows), strict=True))
    assert [entry.value for entry in columns[0]] == pytest.approx([1, 2, 4, 1])
    assert [entry.value for entry in columns[2]] == pytest.approx([2, 1.8, 1.4, 1.9])
    assert columns[3][0].text == "reference"
    assert [entry.value for entry in columns[3][1:]] == pytest.approx([90, 70, 95])
    assert [entry.value for entry in columns[4]] == [None, None, None, pytest.approx(95)]
    fade = {row.name: row for row in tables["fade"].rows}["slow"]
    # Each cycle keeps 97 % of the one before: the geometric law loses 3 % a cycle.
    assert fade.entries[0].value == pytest.approx(3, abs=0.05)
    assert fade.words[0].endswith("14")


def test_byssus_is_cited_as_it_asks_to_be() -> None:
    root = Path(__file__).parents[1]
    asked = YAML(typ="safe").load(root / "CITATION.cff")
    text = bibtex({"byssus": "9.9"})
    assert f"title = {{{{{asked['title']}}}}}" in text
    assert f"author = {{{{{asked['authors'][0]['name']}}}}}" in text
    assert f"year = {{{asked['date-released'].year}}}" in text
    assert f"license = {{{asked['license']}}}" in text
    assert "version = {9.9}" in text


def test_every_paper_that_a_method_names_is_cited_in_full() -> None:
    named = set()
    for file in (Path(__file__).parents[1] / "src" / "byssus" / "analysis").rglob("*.py"):
        for text in re.findall(r'"([^"\n]*)"', file.read_text(encoding="utf-8")):
            named |= set(DOI.findall(text))
    assert len(named) >= 5
    text = bibtex({}, texts=[f"(doi:{doi})" for doi in sorted(named)])
    assert "@misc" not in text
    assert all(f"doi = {{{doi}}}" in text for doi in named)


def test_a_paper_that_a_method_names_without_its_doi_is_cited() -> None:
    """What the code's own source lines say of them is what the entries say."""
    root = Path(__file__).parents[1] / "src" / "byssus"
    # Strings that run over several lines, as one; and the sources, in which lines break anywhere.
    analyses = re.sub(
        r'"\s*\n\s*f?"', "", "".join(file.read_text("utf-8") for file in (root / "analysis").rglob("*.py"))
    )
    sources = " ".join(
        " ".join(file.read_text("utf-8").split()) for file in root.rglob("*.py") if "report" not in file.parts
    )
    for words, papers in NAMED.items():
        assert words in analyses, words
        text = bibtex({}, texts=[f"as in {words}."])
        assert len(re.findall(r"@article\{", text)) == len(papers), words
        for volume, page in re.findall(r"volume = \{(\w+)\},\n  pages = \{(\w+?)(?:--\w+)?\}", text):
            if words not in ("He et al. 2026", "Chien et al. 2023"):  # the sources have no page of these
                assert re.search(rf"\b{volume} \(\d{{4}}\) {page}\b", sources), (words, volume, page)
        assert text.count("{") == text.count("}")
    assert "@" not in bibtex({}, texts=["Nothing that anybody named."])


def test_the_data_and_the_software_used_are_cited() -> None:
    source = Source("Doe & Roe 2024, {cells}", doi="10.1000/182", table="2")
    text = bibtex(
        {"byssus": "1", "numpy": "2", "galvani": "3"}, readers=["biologic-mpr"], data=[source], literature=[source]
    )
    assert re.findall(r"@\w+\{(\w+)", text) == ["byssus", "numpy", "galvani", "data1"]
    assert r"title = {Doe \& Roe 2024, (cells)}" in text
    assert text.count("{") == text.count("}")
    # A reader without a library of its own brings none.
    assert "galvani" not in bibtex({"galvani": "3"}, readers=["biologic-mpt"])


def test_the_export_for_origin_holds_each_number_once() -> None:
    results = [result for name in ("a", "b") for result in summarise(cell(name)[1])]
    names, units, comments, *rows = csv.reader(io.StringIO(side_by_side(results)))
    assert [row[0] for row in rows] == ["a", "b"]
    at = next(
        i
        for i, entry in enumerate(zip(names, comments, strict=True))
        if entry == ("first-cycle coulombic efficiency", "first cycle")
    )
    assert units[at] == "%"
    first = next(r for r in results if r.name == "first-cycle coulombic efficiency")
    assert float(rows[0][at]) == first.value
    filled = sum(entry != "" for row in rows for entry in row[2:])
    assert filled == sum((r.value is not None) + (r.uncertainty is not None) for r in results)


def test_findings_of_one_code_are_told_once() -> None:
    findings = [
        Finding("value-missing", f"the {what} is not given", sample=name) for name in "ab" for what in ("mass", "area")
    ]
    text = text_of(to_html(report([cell("a"), cell("b", fade=0.9)], findings=findings)))
    assert text.count(CODES["value-missing"].meaning) == 1
    assert text.count("the mass is not given") == text.count("the area is not given") == 1
