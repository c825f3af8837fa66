"""The report in a browser: what a person does with it, done by Chromium without a window."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, installed
from test_report import cell, report

from byssus.analysis.result import tidy
from byssus.figure.export import to_csv
from byssus.findings import Finding
from byssus.measured.metadata import Provenance
from byssus.report.build import Report, side_by_side, to_html
from byssus.report.citations import bibtex

PROGRAM = installed()

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no Chromium is installed (POSIX only), so no page can be opened"
)


@pytest.fixture(scope="module")
def made() -> Report:
    cells = [
        cell(f"{group}-{n}", group, fade=0.95 + n / 100, first=1.6 + n / 50)
        for group in ("CMC", "CCL")
        for n in (3, 1, 2)
    ]
    findings = [
        Finding("truncated", "line 9 is cut off", sample="CMC-1"),
        *(Finding("value-missing", f"mass {n} is not given", sample="CCL-2") for n in range(6)),
    ]
    made = report(cells, findings=findings)
    files = [
        (name, Provenance(file=f"{name}.csv", sha256=f"{at:064x}", size=9, reader="bdf"))
        for at, name in enumerate(dict.fromkeys(result.sample or "" for result in made.results))
    ]
    return replace(made, citations=bibtex({"byssus": "0.1.0"}), inputs=[*made.inputs, *files])


@pytest.fixture(scope="module")
def page(made: Report, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(to_html(made), encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM is not None
    with Browser(PROGRAM, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def browser(running: Browser, page: str) -> Browser:
    """The report, just opened on a desktop that nobody has used before."""
    running.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    running.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    running.open(page)
    running.run("localStorage.clear()")
    running.open(page)
    return running


def test_the_page_opens_without_a_complaint_or_a_request(browser: Browser, page: str) -> None:
    browser.wait("document.querySelectorAll('.plot .main-svg').length > 0")
    for section in ("answer", "findings", "figures", "numbers", "methods", "inputs", "cite"):
        browser.run(f"document.getElementById('{section}').scrollIntoView({{behavior: 'instant'}})")
    assert browser.complaints() == []
    # The page itself, and what it holds.
    assert {address.split(":")[0] for address in browser.requests()} <= {"file", "data", "blob"}
    assert {address for address in browser.requests() if address.startswith("file:")} == {page}


def test_a_point_shows_its_label(browser: Browser, made: Report) -> None:
    name = made.figures[0].name
    drawn = f"document.getElementById('{name}').querySelector('.plot')"
    browser.wait(f"{drawn}.querySelector('.scatterlayer .point') !== null")
    browser.run(f"{drawn}.scrollIntoView({{block: 'start', behavior: 'instant'}})")
    # The place on the screen of a drawn point, from its number and the axes.
    x, y = browser.run(
        f"(() => {{ const p = {drawn}, f = p._fullLayout, t = p._fullData.find(d => d.hoverinfo !== 'skip' && d.mode.includes('markers') && d.x[2] !== null);"
        "const r = p.getBoundingClientRect(); return [r.x + f.xaxis._offset + f.xaxis.c2p(t.x[2]), r.y + f.yaxis._offset + f.yaxis.c2p(t.y[2])]; })()"
    )
    browser.move(x - 30, y - 30)
    browser.move(x, y)
    label = browser.wait(f"{drawn}.querySelector('.hoverlayer .hovertext')?.textContent")
    assert re.search(r"Cycle: 3(?!\d)", label), label
    assert re.search(r"CMC|CCL", label)


def column(browser: Browser, table: str, number: int) -> list[str]:
    script = (
        f"[...document.querySelector('{table}').tBodies[0].rows].map(row => row.cells[{number}].textContent.trim())"
    )
    return list(browser.run(script))


def test_a_heading_sorts_by_mouse_and_by_keyboard(browser: Browser) -> None:
    cells = "details .answers"
    heading = f"document.querySelector('{cells}').tHead.rows[0].cells"
    before = column(browser, cells, 0)
    assert before == ["CMC-3", "CMC-1", "CMC-2", "CCL-3", "CCL-1", "CCL-2"]
    browser.click(f"{cells} thead th:first-child button")
    assert column(browser, cells, 0) == sorted(before)
    assert browser.run(f"{heading}[0].getAttribute('aria-sort')") == "ascending"

    # From the first heading on to the third, a number, with the keyboard alone.
    browser.run(f"{heading}[0].querySelector('button').focus()")
    browser.press("Tab")
    browser.press("Tab")
    assert browser.run(f"document.activeElement === {heading}[2].querySelector('button')")
    browser.press("Enter")
    browser.press(" ")
    assert browser.run(f"{heading}[2].getAttribute('aria-sort')") == "descending"
    assert browser.run(f"{heading}[0].getAttribute('aria-sort')") == "none"
    values = browser.run(
        f"[...document.querySelector('{cells}').tBodies[0].rows].map(row => Number(row.cells[2].dataset.value))"
    )
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 1


def test_the_theme_is_the_systems_until_a_person_chooses(browser: Browser, page: str) -> None:
    theme = "document.documentElement.dataset.theme"
    assert browser.run(theme) == "light"
    paper = browser.run("getComputedStyle(document.body).backgroundColor")
    browser.click("#theme")
    assert browser.run(theme) == "dark"
    assert browser.run("document.getElementById('theme').getAttribute('aria-pressed')") == "true"
    assert browser.run("getComputedStyle(document.body).backgroundColor") != paper
    browser.open(page)
    assert browser.run(theme) == "dark"
    browser.run("localStorage.clear()")
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.open(page)
    assert browser.run(theme) == "dark"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Browser, page: str, theme: str) -> None:
    # WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text of this size; relative luminance as defined there.
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    browser.open(page)
    weakest = browser.run("""(() => {
      const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
      const parse = (text) => text.match(/[\\d.]+/g).map(Number);
      const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
      return [...document.querySelectorAll("body *")].filter((e) => !e.closest(".plot, script, style") && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
        .map((e) => { const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))]; return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 80)]; })
        .sort((a, b) => a[0] - b[0])[0];
    })()""")
    assert weakest[0] >= 4.5, weakest


def taken(browser: Browser, click: str) -> tuple[str, bytes]:
    """Press what exports, and return the name and the bytes of the file that leaves the page."""
    browser.run("""(() => {
      window.taken = null;
      HTMLAnchorElement.prototype.click = function () {
        const name = this.download;
        fetch(this.href).then((r) => r.arrayBuffer()).then((bytes) => {
          window.taken = [name, btoa(String.fromCharCode(...new Uint8Array(bytes)))];
        });
      };
      window.fetched = URL.revokeObjectURL;
      URL.revokeObjectURL = () => {};
    })()""")
    browser.click(click)
    name, content = browser.wait("window.taken")
    return name, base64.b64decode(content)


def test_the_exports_are_the_results(browser: Browser, made: Report) -> None:
    frame = tidy(made.results)
    name, content = taken(browser, "button.export[data-name='results.csv']")
    assert (name, content.decode()) == ("results.csv", frame.write_csv())
    name, content = taken(browser, "button.export[data-name='results.json']")
    assert json.loads(content) == [result.as_dict() for result in made.results]
    name, content = taken(browser, "button.export[data-name='results.origin.csv']")
    assert content.decode() == side_by_side(made.results)
    figure = made.figures[1]
    name, content = taken(browser, f"#{figure.name} .take-csv")
    assert (name, content.decode()) == (f"{figure.name}.csv", to_csv(figure))
    svg = browser.run(f"document.querySelector('#{figure.name} .take-svg').href")
    assert svg.startswith("data:image/svg+xml;base64,")
    assert b"<svg" in base64.b64decode(svg.split(",")[1])


def test_a_filter_leaves_the_rows_that_hold_its_words(browser: Browser, made: Report) -> None:
    browser.run("document.getElementById('filter').focus()")
    browser.call("Input.insertText", text="CMC-1 retention")
    wanted = [r for r in made.results if r.sample == "CMC-1" and "retention" in f"{r.name} {r.method} {r.reason}"]
    shown = browser.run(
        "[...document.querySelectorAll('#everything tbody:not([hidden]) tr:not(.sample):not([hidden])')].map(row => row.cells[0].textContent)"
    )
    assert {result.name for result in wanted} <= set(shown)
    assert browser.run("document.getElementById('everything').open")
    assert browser.run("document.getElementById('filtered').textContent") == f"{len(shown)} of {len(made.results)}"
    assert browser.run("document.querySelectorAll('#everything tbody:not([hidden])').length") == 1


def test_warnings_stand_open_and_many_notes_are_folded(browser: Browser) -> None:
    assert browser.run("document.querySelector('.findings > .warning').closest('details')") is None
    assert browser.run("document.querySelector('.findings > .note').closest('details').open") is False
    summary = browser.run("document.querySelector('#findings summary').textContent")
    assert summary == "6 notes"
    # A finding leads to its sample's numbers, which unfold.
    browser.run("document.getElementById('everything').open = false")
    browser.click(".findings > .warning a")
    browser.wait("document.getElementById('everything').open")
    assert browser.run("document.querySelector(location.hash).textContent").startswith("CMC-1")


def test_the_contents_follow(browser: Browser) -> None:
    for section in ("methods", "findings"):
        browser.run(f"document.getElementById('{section}').scrollIntoView({{block: 'start', behavior: 'instant'}})")
        browser.wait(f"document.querySelector('nav [aria-current]')?.hash === '#{section}'")


@pytest.mark.parametrize("width", [1100, 1280, 390])
def test_nothing_is_cut_off(browser: Browser, page: str, width: int) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
    browser.open(page)
    assert browser.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    browser.run("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    cut = "[...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.ariaLabel)"
    # On a phone the answer is stacked; what scrolls is lists of files and of all numbers.
    allowed = set() if width >= 1100 else {"All results", "Samples", "Input files"}
    assert set(browser.run(cut)) <= allowed
    assert browser.run("getComputedStyle(document.querySelector('nav > ol')).display === 'none'") is (width < 500)


def test_the_page_is_one_for_a_keyboard_and_a_screen_reader(browser: Browser) -> None:
    levels = browser.run(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    # Chromium's own view of the page: every control has a name, and the landmarks are there.
    nodes: list[dict[str, Any]] = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    assert [
        role for role, name in roles if role in {"button", "link", "searchbox", "image", "region"} and not name
    ] == []
    assert {"main", "navigation", "table", "columnheader", "rowheader"} <= {role for role, _ in roles}
    assert browser.run("[...document.querySelectorAll('table th')].every((cell) => cell.scope)")
    # Each place that a link names is there, and each name once.
    assert browser.run(
        "[...document.querySelectorAll('a[href^=\"#\"]')].every((a) => document.getElementById(decodeURIComponent(a.hash.slice(1))))"
    )
    assert browser.run(
        "(() => { const ids = [...document.querySelectorAll('[id]:not(.plot *)')].map((e) => e.id); return ids.length === new Set(ids).size; })()"
    )


def test_paper_gets_the_vector_figures_and_no_controls(browser: Browser, tmp_path: Path) -> None:
    browser.call("Emulation.setEmulatedMedia", media="print")
    hidden = "(selector) => [...document.querySelectorAll(selector)].every((e) => e.getClientRects().length === 0)"
    assert browser.run(f"({hidden})('nav, button.export, #theme, .plot, .take, #filter')")
    assert browser.run(
        "[...document.querySelectorAll('img.print')].every((image) => image.getClientRects().length === 1)"
    )
    browser.call("Emulation.setEmulatedMedia", media="")
    paper = base64.b64decode(browser.call("Page.printToPDF")["data"])
    assert paper.startswith(b"%PDF")
    # Folded notes are unfolded for the printer and folded again.
    assert browser.run("document.querySelector('.findings > .note').closest('details').open") is False


def test_each_number_leads_to_its_file(browser: Browser, made: Report) -> None:
    rows = browser.run("""[...document.querySelectorAll('#everything tbody')].flatMap((body) => [...body.rows].slice(1).map((row) => {
      const file = document.querySelector(row.cells[5].querySelector('a').hash);
      return [body.dataset.sample, row.cells[0].textContent, file.cells[0].textContent, file.cells[4].textContent];
    }))""")
    hashes = {sample: source.sha256 for sample, source in made.inputs}
    assert [tuple(row) for row in rows] == [
        (result.sample, result.name, result.sample, hashes[result.sample or ""]) for result in made.results
    ]
