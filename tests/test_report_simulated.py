"""What a report says of virtual cells."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import Browser, installed
from test_report import cell, report, text_of
from virtual import sample, voltammetry

from byssus.figure.techniques import figures_of_tables
from byssus.report.build import Report, to_html
from byssus.report.simulated import Beside, Fitted, FittedNumber, FittedPoint, Given, Simulated, Simulation, Spread

RUNS = (
    Simulated("CCL-1", "rate", "SPMe", "its criteria hold", 70, 4212, 31.2, "as asked", hidden=("truth: Lithiation / 1",)),
    Simulated("CCL-1", "cv", "SPMe", "its criteria hold", 20, 8000, 4.2, "as asked", hidden=("truth: Lithiation / 1",)),
    Simulated("CMC-1", "eis", "DFN", "the study asks for it", 3, 213, 325.0, "step 2: <no> solution", complete=False),
)  # fmt: skip
POROSITY = Given("porosity", 50.0, "%", 35.0, 65.0, "assumed: nothing is given", "assumed")
DIFFUSIVITY = Given("diffusivity", 2.5e-17, "m^2/s", 1e-18, 1e-15, "doi:10.1038/s41467-019-09792-9", "estimate")
LOADING = Given("loading", 0.82, "mg/cm^2", None, None, "the recipe: stated", "given")
HEAVIER = Given("loading", 0.9, "mg/cm^2", None, None, "the recipe: stated", "given")
ONLY_ONE = Given("SEI potential", 0.8, "V", None, None, "the study", "given")
GIVEN = {"CCL-1": (POROSITY, DIFFUSIVITY, LOADING), "CMC-1": (POROSITY, DIFFUSIVITY, HEAVIER, ONLY_ONE)}
BESIDE = (
    Beside("capacity at 0.2 A/g", 3227.0, 3114.0, "mAh/g", "fitted", "CCL-1", "doi:10.1000/none"),
    Beside("first-cycle coulombic efficiency", 93.0, 91.2, "%", "", "CCL-1"),
    Beside("peak in the sweep", 0.38, None, "V", "the sweep has one peak", "CCL-1"),
)
SIMULATION = Simulation(RUNS, GIVEN, BESIDE)
PROGRAM = installed()


def page_of(simulation: Simulation | None, *, cycled: bool = False) -> str:
    tables = [voltammetry(sample("CCL-1"), (0.1, 0.5)), voltammetry(sample("CMC-1"))]
    figures = figures_of_tables(tables, groups=("CCL", "CMC"))
    if cycled:
        made = report([cell("a")])
        return to_html(Report(**{**vars(made), "simulation": simulation}))
    return to_html(
        Report(
            "Virtual", (), (), figures, (), (), (), [table.metadata.sample for table in tables], simulation=simulation
        )
    )


def section(page: str, name: str) -> str:
    start = page.index(f'<section id="{name}"')
    return page[start : page.index("</section>", start)]


def rows(part: str) -> list[list[str]]:
    """The cells of every row of a part of a page, as text."""
    found = []
    for row in re.findall(r"<tr.*?</tr>", part, re.DOTALL):
        cells = re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        found.append([" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in cells])
    return found


def test_what_was_run_is_said_of_every_test() -> None:
    page = page_of(SIMULATION)
    told = rows(section(page, "simulated"))
    assert ["CCL-1", "rate", "SPMe", "its criteria hold", "70", "4,212", "31 s", "as asked"] in told
    assert ["CMC-1", "eis", "DFN", "the study asks for it", "3", "213", "5 min", "step 2: <no> solution"] in told
    assert "truth: (Lithiation / 1)" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", section(page, "simulated")))
    assert "Simulated, not measured: CCL-1 (rate, cv), CMC-1 (eis). 1 of 3 tests ended before" in text_of(page)


def test_every_number_is_said_once_and_where_samples_differ_beside_each_other() -> None:
    told = rows(section(page_of(SIMULATION), "simulated"))
    assert ["Porosity", "50", "%", "35 to 65", "assumed", "assumed: nothing is given"] in told
    assert [
        "Diffusivity",
        "2.5 × 10⁻¹⁷",
        "m²/s",
        "1 × 10⁻¹⁸ to 1 × 10⁻¹⁵",
        "estimate",
        "doi:10.1038/s41467-019-09792-9",
    ] in told
    assert ["Loading", "0.82 mg/cm² given", "0.9 mg/cm² given"] in told
    assert ["SEI potential", "none", "0.8 V given"] in told
    assert [row[0] for row in told].count("Porosity") == 1
    assert SIMULATION.counted == "5 numbers: 3 given by recipe or study, 1 estimated, 1 assumed."
    # Of a single sample nothing differs.
    alone = Simulation(RUNS[:2], {"CCL-1": GIVEN["CCL-1"]})
    assert alone.differing == ()
    assert alone.shared == GIVEN["CCL-1"]


def test_a_printed_value_stands_beside_the_simulated_one_with_their_difference() -> None:
    told = rows(section(page_of(SIMULATION), "answer"))
    assert ["Capacity at 0.2 A/g CCL-1", "3227", "3114", "−113 −3.5 %", "mAh/g", "fitted doi:10.1000/none"] in told
    # A difference of percentages is in points, and has no share.
    assert ["First-cycle coulombic efficiency CCL-1", "93", "91.2", "−1.8", "%", ""] in told
    assert ["Peak in the sweep CCL-1", "0.38", "missing", "missing", "V", "the sweep has one peak"] in told


@pytest.mark.parametrize(
    ("printed", "simulated", "difference", "share"),
    [
        (100.0, 110.0, "+10", ("+10 %",)),
        (-2.0, -1.0, "+1", ("+50 %",)),
        (0.0, 0.5, "+0.5", ()),
        (5.0, 5.0, "0", ("0 %",)),
    ],
)
def test_a_difference_has_its_sign(printed: float, simulated: float, difference: str, share: tuple[str, ...]) -> None:
    entry = Beside("q", printed, simulated, "V").entries[2]
    assert (entry.text, entry.under, entry.value) == (difference, share, simulated - printed)


FITTED = Fitted(
    "CCL-1",
    (FittedNumber("diffusion coefficient", 2.5e-17, 5e-18, "m^2/s", "within its standard uncertainty"),
     FittedNumber("exchange current density", 0.1, None, "A/m^2", "at bound, so it is hardly known")),
    ("as many parameters as values",),
    (FittedPoint("0.2 A/g", 3000.0, 2990.0, 3001.0, True), FittedPoint("1 A/g", 2000.0, 1990.0, 2001.0, True),
     FittedPoint("2 A/g", 1500.0, 1600.0, 1550.0, False), FittedPoint("6 A/g", 500.0, None, 520.0, False)),
    100.0,
    50.0,
)  # fmt: skip


def test_a_fit_stands_beside_its_null_model_and_says_which_predicts_better() -> None:
    page = page_of(replace(SIMULATION, fitted=(FITTED,)))
    told = rows(section(page, "simulated"))
    diffusion, exchange = (next(row for row in told if row[0] == each.name.capitalize()) for each in FITTED.numbers)
    assert diffusion[1:] == ["(2.50 ± 0.50) × 10⁻¹⁷", "m²/s", "within its standard uncertainty"]
    assert exchange[1:] == ["0.1", "A/m²", "at bound, so it is hardly known"]
    assert ["0.2 A/g", "3000", "2990", "3001", "mAh/g", "used"] in told
    assert ["6 A/g", "500", "missing", "520", "mAh/g", "left out: a prediction"] in told
    assert (
        "2 numbers fitted to 2 printed capacities. Of those left out the model misses 100 mAh/g (root mean square), the null "
        "model with as many numbers 50. The null model, a polynomial without physics, predicts better" in text_of(page)
    )
    won = replace(FITTED, model=20.0)
    assert (FITTED.loses, won.loses) == (True, False)
    assert won.sentence.endswith("The model predicts better than the null model, a polynomial without physics.")
    untested = replace(FITTED, model=math.nan, null=math.nan)
    assert untested.sentence.endswith("The fit saw all that is printed, so nothing tests it.")
    assert not untested.loses


def test_the_spread_between_electrodes_stands_in_a_table() -> None:
    spread = (
        Spread("CCL-1", "rate", "lithiation capacity at 2 A/g", "mAh/g", 2000.0, {"kunz": 1900.0, "lu": 2100.0, "jiang": 2000.0}),
        Spread("CCL-1", "cv", "peak of oxidation, cycle 3", "V", 0.5, {"kunz": 0.52, "lu": None, "jiang": None}),
    )  # fmt: skip
    page = page_of(replace(SIMULATION, spread=spread))
    told = rows(section(page, "simulated"))
    assert ["CCL-1", "rate", "Lithiation capacity at 2 A/g", "2000 ± 100", "1900", "2100", "100", "mAh/g", "3"] in told
    # One electrode makes no spread.
    assert ["CCL-1", "cv", "Peak of oxidation, cycle 3", "0.5", "missing", "missing", "missing", "V", "1"] in told
    assert "with the potential of each: kunz, lu, jiang." in text_of(page)
    assert "Spread between published electrodes" not in page_of(SIMULATION)


def test_a_report_without_simulation_says_nothing_of_it() -> None:
    page = page_of(None, cycled=True)
    assert "imulat" not in text_of(page)
    assert 'href="#simulated"' not in page
    assert 'id="numbers"' in page


def test_a_report_with_both_counts_both() -> None:
    page = page_of(SIMULATION, cycled=True)
    assert "1 cell, 2 virtual cells," in text_of(page)
    assert 'id="numbers"' in page
    assert page.index('id="numbers"') < page.index('id="simulated"') < page.index('id="methods"')


def test_a_report_of_nothing_but_simulation_has_no_empty_parts() -> None:
    page = page_of(SIMULATION)
    assert 'id="numbers"' not in page
    assert 'href="#all"' not in page
    assert "2 virtual cells," in text_of(page)
    assert "0 cells" not in text_of(page)


def test_names_are_no_markup() -> None:
    page = page_of(SIMULATION)
    assert "step 2: &lt;no&gt; solution" in page
    assert "<no>" not in page


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("no Chromium is installed (POSIX only), so no page can be opened")
    with Browser(PROGRAM, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def test_the_page_works_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page_of(SIMULATION), encoding="utf-8")
    browser.open(file.as_uri())
    browser.wait("document.querySelectorAll('.plot .main-svg').length > 0")
    first = "document.querySelector('#simulated tbody tr th').textContent + document.querySelector('#simulated tbody tr .seconds').textContent"
    browser.run(
        "[...document.querySelectorAll('#simulated thead button')].find(b => b.textContent === 'Wall time').click()"
    )
    # By the seconds, not by the letters of "4.2 s" and "5 min".
    assert browser.run(first) == "CCL-14.2 s"
    browser.run(
        "[...document.querySelectorAll('#simulated thead button')].find(b => b.textContent === 'Wall time').click()"
    )
    assert browser.run(first) == "CMC-15 min"
    assert browser.run("document.querySelector('#simulated details').open") is False
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run("document.querySelector('#simulated details').open") is True
    assert browser.complaints() == []
