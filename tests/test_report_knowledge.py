"""What is known of a study's binders stands in its report, and no fault in it stops a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from browser import Browser, installed
from test_report import text_of
from test_workflow import HOURS, cell
from typer.testing import CliRunner

from byssus import knowledge, workflow
from byssus.app import cli
from byssus.report.known import MOST_FAULTS, MOST_OWN, cards_of

HEADER = "binder,quantity,value,unit,source,note,cycle,electrode\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home" / "facts"
    folder.mkdir(parents=True)
    monkeypatch.setenv("BYSSUS_HOME", str(folder.parent))
    return folder


@pytest.fixture(scope="module")
def known() -> knowledge.Knowledge:
    return knowledge.load()


def study(folder: Path, binders: Mapping[str, str], more: str = "") -> Path:
    """Write a study with one cell of each binder; `binders` gives the active material of each."""
    lines = [
        "schema: 1",
        "title: A study",
        f"binders: {json.dumps({name: {} for name in binders})}",
        "electrodes:",
        *(
            f"  E{at}: {{binder: {json.dumps(name)}, made: empty, active_material: {json.dumps(active)}}}"
            for at, (name, active) in enumerate(binders.items())
        ),
        "cells:",
        *(
            f"  K{at}: {{electrode: E{at}, configuration: half, files: [c{at}.csv], active_mass: 1.0 mg}}"
            for at in range(len(binders))
        ),
    ]
    for at in range(len(binders)):
        cell(folder / f"c{at}.csv", [HOURS[0] + 0.01 * at, *HOURS[1:]])
    (folder / "study.yaml").write_text("\n".join([*lines, more]), encoding="utf-8")
    return folder


def section(page: str) -> str:
    return re.findall(r'<section id="known".*?</section>', page, re.DOTALL)[0]


def knowledge_findings(run: workflow.Run) -> list[str]:
    return [finding.message for finding in run.findings if finding.code == "knowledge-record"]


# Which cards


def test_a_card_holds_what_the_paper_prints_of_cycling(known: knowledge.Knowledge) -> None:
    (card,) = cards_of(known, {"CCL": ["silicon, 30 nm"]}).cards
    printed = {(fact.quantity, fact.number(), fact.cycle) for fact in card.facts}
    # The paper: section 3 at Figs. 4b to 4e and S11, section 4
    assert printed >= {
        ("specific capacity", "1191.4 mAh/g", 500),
        ("specific capacity", "2002.6 mAh/g", 250),
        ("capacity retention", "73.3 %", 250),
        ("capacity retention", "96.3 %", 110),
        ("areal capacity", "2.33 mAh/cm²", 150),
        ("coulombic efficiency", "up to 93 %", 1),
    }
    # Neither its stiffness, nor the capacity that a calculation rests on.
    assert not {fact.quantity for fact in card.facts} & {"elastic modulus", "reference specific capacity"}
    assert all(fact.value is not None for fact in card.facts)
    assert [row["conflict"] for row in card.contradictions] == [f"C0{number}" for number in range(1, 10)]
    assert (card.parts, card.family) == (("CMC", "citric acid", "LS"), "network, organic-inorganic hybrid")
    assert card.mechanism.startswith("Citric acid ties")
    # A network is drawn by its parts; those with a card of their own are drawn there.
    assert [drawing.title.split(":")[0] for drawing in card.drawings] == ["CMC", "CMC", "citric acid", "LS", "LS"]
    both = cards_of(known, {"CCL": [], "CMC": []}).cards
    assert [drawing.title.split(":")[0] for drawing in both[0].drawings] == ["citric acid", "LS", "LS"]
    assert "coulombic efficiency" in both[1].without_number


UNKNOWN = {"CMC with gum": "gum (in CMC with gum)", "unknown": "unknown", "not stated": "not stated"}


@pytest.mark.parametrize(
    ("name", "cards"),
    [
        ("carboxymethylcellulose", ["CMC"]),
        ("CMC/SBR", ["CMC/SBR", "CMC", "SBR"]),
        ("PVDF + SBR", ["PVDF", "SBR"]),
        ("CMC with gum", ["CMC"]),
        ("unknown", []),
        ("not stated", []),
    ],
)
def test_a_blend_has_the_cards_of_its_parts(known: knowledge.Knowledge, name: str, cards: list[str]) -> None:
    found = cards_of(known, {name: []})
    assert [card.name for card in found.cards] == cards
    assert found.silent == ((f"Nothing is recorded of {UNKNOWN[name]}.",) if name in UNKNOWN else ())
    assert all(card.binders == (name,) for card in found.cards)


def test_a_number_of_a_blend_stands_on_one_card(known: knowledge.Knowledge) -> None:
    def binders(name: str, *study: str) -> set[str | None]:
        (card,) = [card for card in cards_of(known, dict.fromkeys(study, ())).cards if card.name == name]
        return {fact.binder for fact in card.facts}

    blend = "PEDOT:PSS/CMC"
    assert blend in binders("CMC", "CMC")
    assert blend not in binders("CMC", "CMC", blend)
    assert binders(blend, "CMC", blend) == {blend}


def test_the_mechanism_is_that_on_the_studys_active_material(known: knowledge.Knowledge) -> None:
    on = {
        active: cards_of(known, {"CMC": [active]}).cards[0].mechanism for active in ("silicon, 30 nm", "graphite", "")
    }
    assert "silicon" in on["silicon, 30 nm"]
    assert "on graphite)" in on["graphite"]
    assert on[""]
    assert not any("Not explained" in text for text in on.values())


def test_many_own_facts_leave_the_page_short(tmp_path: Path) -> None:
    rows = [f"PVDF,specific capacity,{value},mAh/g,user,cells,," for value in range(1, 2001)]
    (tmp_path / "facts.csv").write_text(HEADER + "\n".join(rows), encoding="utf-8")
    (shipped,) = cards_of(knowledge.load(), {"PVDF": []}).cards
    (card,) = cards_of(knowledge.load(tmp_path / "facts.csv"), {"PVDF": []}).cards
    assert len(card.facts) == len(shipped.facts) + MOST_OWN
    assert card.left_out == 2000 - MOST_OWN


# In a report


BINDERS = {"CCL": "silicon", "CMC/SBR": "graphite", "CA": "silicon", "XYZ-7": "silicon", "<b>gum": "silicon"}
OWN = (
    "XYZ-7,initial coulombic efficiency,81.5,%,user,one <i>cell,1,Si\n"
    "CCL,capacity retention,0.777,1,user,three cells,200,Si\n"
    "CCL,capacity retenton,70,%,user,three cells,200,Si\n"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> workflow.Run:
    folder = study(tmp_path_factory.mktemp("study"), BINDERS)
    (folder / "facts.csv").write_text(HEADER + OWN, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BYSSUS_HOME", str(folder / "nowhere"))
        return workflow.run_study(folder)


def test_the_report_tells_what_is_known(made: workflow.Run) -> None:
    page = made.report.read_text(encoding="utf-8")
    known = section(page)
    assert re.findall(r'<h3 id="known-\d">([^<]+?) *<', known) == ["CCL", "CMC/SBR", "CMC", "SBR", "XYZ-7"]
    text = text_of(f"<main>{known}</main>")
    assert "Linear chain" not in text  # CMC's on silicon: here it is on graphite
    assert "CA has several meanings (citric acid; conductive agent)" in text
    assert "Nothing is recorded of <b>gum." in text
    assert "No single substance is known by this name; what stands here are facts of your own." in text
    for number in ("1191.4 mAh/g", "0.777", "81.5 %", "one <i>cell"):
        assert number in text
    assert "<b>gum" not in page
    assert "<i>cell" not in page
    assert 'href="https://doi.org/10.1016/j.est.2026.120607"' in known
    # Citric acid and two units of silicate, two of cellulose, two of rubber; none is one of the report's figures.
    assert known.count("<svg") == 7
    assert "<figure" not in known
    # What is long starts folded, and all of it is printed.
    assert known.count("<details") == known.count('<details class="printed"')
    assert re.search(r'<details class="printed"><summary>26 numbers from cycling', known)
    assert len(page) < 12e6
    assert len(known) < 200_000


def test_a_fault_in_own_facts_is_a_finding_and_no_more(made: workflow.Run) -> None:
    (message,) = knowledge_findings(made)
    assert "facts.csv: line 4: quantity: 'capacity retenton'" in message
    assert "did you mean 'capacity retention'" in message
    assert made.errors == ()
    page = made.report.read_text(encoding="utf-8")
    assert "knowledge-record" in page


def test_results_hold_the_facts_of_the_report(made: workflow.Run) -> None:
    told = json.loads((made.folder / "results.json").read_text(encoding="utf-8"))["knowledge"]
    cards = {card["name"]: card for card in told["cards"]}
    assert cards["XYZ-7"]["full_name"] is None
    assert [fact["value"] for fact in cards["XYZ-7"]["facts"]] == [81.5]
    own = [fact for fact in cards["CCL"]["facts"] if fact["source"] == "user"]
    assert [(fact["value"], fact["unit"], fact["standard_value"], fact["standard_unit"]) for fact in own] == [
        (0.777, "1", 77.7, "%")
    ]
    assert cards["CMC"]["binders"] == ["CMC/SBR"]
    assert cards["CCL"]["contradictions"][0] == "C01"
    assert len(told["not_known"]) == 2


def test_the_exit_code_is_that_of_the_run(tmp_path: Path) -> None:
    folder = study(tmp_path, {"CMC": "silicon"})
    (folder / "facts.csv").write_text(HEADER + "CMC,capacity retention,70,V,user,cells,,\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["run", str(folder), "--json"])
    assert done.exit_code == 0
    assert [one["code"] for one in json.loads(done.stdout)["findings"] if one["severity"] == "error"] == [
        "knowledge-record"
    ]


def test_a_file_that_is_no_table_costs_itself_alone(tmp_path: Path, home: Path) -> None:
    folder = study(tmp_path, {"CMC": "silicon"})
    (folder / "facts.csv").write_bytes(b"\xff\xfe\x00 no table")
    (home / "poor.csv").write_text("binder,value\nCMC,3\n", encoding="utf-8")
    (home / "sound.csv").write_text(HEADER + "CMC,capacity retention,71.5,%,user,cells,,\n", encoding="utf-8")
    run = workflow.run_study(folder)
    assert run.errors == ()
    messages = knowledge_findings(run)
    assert len(messages) == 2
    assert all(any(name in one for one in messages) for name in ("facts.csv", "poor.csv"))
    assert "71.5 %" in text_of(run.report.read_text(encoding="utf-8"))


def test_many_faults_are_counted(tmp_path: Path) -> None:
    folder = study(tmp_path, {"CMC": "silicon"})
    (folder / "facts.csv").write_text(HEADER + "CMC,mass,1,V,user,x,,\n" * (MOST_FAULTS + 5), encoding="utf-8")
    messages = knowledge_findings(workflow.run_study(folder))
    assert len(messages) == MOST_FAULTS + 1
    assert messages[-1].startswith("5 more faults")


def test_binders_that_are_not_known_take_one_line(tmp_path: Path) -> None:
    run = workflow.run_study(study(tmp_path, {"A": "silicon", "binder 2": "silicon"}))
    known = section(run.report.read_text(encoding="utf-8"))
    assert "<table" not in known
    assert "<article" not in known
    assert text_of(f"<main>{known}</main>").split("binders", 1)[1].strip() == "Nothing is recorded of A, binder 2."


@pytest.mark.skipif(installed() is None, reason="no Chromium is installed (POSIX only), so no page can be opened")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_numbers_sort_and_the_drawings_follow_the_theme(made: workflow.Run, tmp_path: Path, scheme: str) -> None:
    program = installed()
    assert program is not None
    with Browser(program, tmp_path / "profile") as browser:
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.open(made.report.as_uri())
        browser.run("document.querySelector('#known details').open = true")
        browser.click("#known table thead th:nth-child(2) button")
        values = browser.run(
            "[...document.querySelectorAll('#known table tbody')][0].querySelectorAll('td:nth-child(2)').values()"
            ".map(cell => Number(cell.dataset.value)).toArray()"
        )
        assert len(values) == 26
        assert values == sorted(values)
        stroke, ink = browser.run(
            "[getComputedStyle(document.querySelector('#known svg path')).stroke,"
            " getComputedStyle(document.body).color]"
        )
        assert stroke == ink
        assert browser.complaints() == []


# References by the names of the vocabulary


def test_references_of_the_vocabulary_are_drawn_or_listed(tmp_path: Path) -> None:
    paper = "source: {title: Doe 2020, doi: 10.1000/182}"
    more = f"""references:
  - {{binder: CMC, quantity: initial coulombic efficiency, value: 75.5 %, {paper}}}
  - {{binder: CMC, quantity: capacity retention, value: 93.5 %, cycle: 3, {paper}}}
  - {{binder: CMC, quantity: specific capacity, value: 1450 mAh/g, basis: active material, cycle: 2, {paper}}}
  - {{binder: CMC, quantity: peel force, value: 3.52 N, {paper}}}
"""
    run = workflow.run_study(study(tmp_path, {"CMC": "silicon"}, more))
    assert run.errors == ()
    text = text_of(run.report.read_text(encoding="utf-8"))
    captions = re.findall(r"Open stars.*?from the literature; (.*?)\. ", text)
    drawn = " ".join(captions)
    for said in (
        "initial coulombic efficiency 75.5 %",
        "capacity retention of cycle 3 93.5 %",
        "specific capacity of cycle 2 1450 mAh/g",
    ):
        assert said in drawn
    assert "peel force" not in drawn
    # The table has them all: what was measured of the same beside them, by the name that says its direction.
    assert re.search(r"Peel force N 3\.52 N not measured here Doe 2020", text)
    # 1.5 h out of 2 h.
    assert "Initial coulombic efficiency % 75.5 % K0: 75 %, first-cycle coulombic efficiency Doe 2020" in text
