"""``byssus design``: its page, its tables, and what it says to weigh, against arithmetic done here."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browser import Browser, installed
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import EXAMPLES

from byssus import knowledge
from byssus.app import cli
from byssus.errors import RecipeError
from byssus.physics.equation import Units
from byssus.recipe.batch import SLURRY, Batch, batch, coating_of_area, coating_of_slurry
from byssus.recipe.design import Design, design, design_file
from byssus.recipe.model import Recipe
from byssus.recipe.reckoning import Figure
from byssus.report.design import Shown, in_words, parts_of, stack_drawing, to_html, volume_drawing
from byssus.report.scale import WIDTH, spread

RECIPES = EXAMPLES / "recipes"
KNOWN = knowledge.load()
SHIPPED = sorted(file.stem for file in RECIPES.glob("*.yaml"))


def shipped(name: str) -> Design:
    return design_file(RECIPES / f"{name}.yaml", KNOWN)


def shown(name: str, **more: Any) -> Shown:
    return Shown(name, shipped(name), (RECIPES / f"{name}.yaml").read_text(encoding="utf-8"), **more)


class Said(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def byssus(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BYSSUS_DEBUG", raising=False)

    def call(*words: object) -> Said:
        code = cli._carry_out(["design", *map(str, words)])
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return call


# What to weigh


def poured(recipe: Recipe, sheet: Batch) -> dict[str, float]:
    """Weigh what a sheet says, mix and dry it: what each substance makes of the coating, by bookkeeping of vessels."""
    vessels: dict[str, dict[str, float]] = {}
    for title, solution in recipe.solutions.items():
        if solution.contains:  # a bottle of which there is enough
            held = {name: share.to("1").value * 1e3 for name, share in solution.contains.items()}
            vessels[title] = held | {solution.solvent: 1e3 - sum(held.values())}
    for mixture in sheet.mixtures:
        vessel: dict[str, float] = {}
        for each in mixture.weighings:
            if each.what in vessels:
                bottle = vessels[each.what]
                part = each.reading / sum(bottle.values())
                for name, mass in bottle.items():
                    vessel[name] = vessel.get(name, 0.0) + part * mass
            else:
                vessel[each.what] = vessel.get(each.what, 0.0) + each.reading
        vessels[mixture.title] = vessel
    dry = {name: mass for name, mass in vessels[SLURRY].items() if name not in ("water", "NMP")}
    return {name: mass / sum(dry.values()) for name, mass in dry.items()}


def test_the_sheet_asks_for_the_amounts_that_the_paper_weighed() -> None:
    """Section 2.2: 5.0 mg of citric acid, 9.0 mg of CMC, 1 mL of water and 30.0 mg of solution make 20.6 mg of binder.

    With 6:2:2 that is the binder of 103 mg of coating.
    """
    binder, slurry = batch(shipped("ccl-5"), 103e-6).mixtures
    assert binder.title == "CCL"
    assert [(each.what, each.how) for each in binder.weighings][3] == (
        "LS solution",
        "dropwise, then 800 rpm for 1 h at 25 ± 1 °C",
    )
    assert [each.exact * 1e6 for each in binder.weighings] == pytest.approx([5.0, 9.0, 997.0, 30.0], rel=1e-3)
    water = binder.weighings[2]
    assert water.volume is not None
    assert water.volume * 1e6 == pytest.approx(1.0)
    assert {each.what: each.exact * 1e6 for each in slurry.weighings} == pytest.approx(
        {"Si": 61.8, "Super P": 20.6, "CCL": 5.0 + 9.0 + 997.0 + 30.0}, rel=1e-3
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_weighing_what_the_sheet_says_gives_the_recipe_back(name: str) -> None:
    made = shipped(name)
    sheet = batch(made, 5e-3, step=1e-13)
    wanted = {
        figure.name.removeprefix("mass fraction of "): figure.value
        for figure in made.of("coating")
        if figure.name.startswith("mass fraction of ")
    }
    assert poured(made.recipe, sheet) == pytest.approx(wanted, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    masses=st.lists(st.floats(0.5, 50.0), min_size=5, max_size=5),
    parts=st.lists(st.floats(0.5, 20.0), min_size=3, max_size=3),
    bought=st.floats(0.01, 0.9),
    coating=st.floats(1e-2, 10.0),
    step=st.sampled_from([1e-9, 1e-7, 1e-6]),
)
def test_solutions_of_solutions_come_back_too(
    masses: list[float], parts: list[float], bought: float, coating: float, step: float
) -> None:
    """One bottle goes into a stock, the stock into a binder, and the stock into the slurry as well."""
    polymer, water, stock, filler, latex = masses
    recipe = Recipe.model_validate(
        {
            "solutions": {
                "bottle": {"contains": {"SBR": bought}},
                "binder": {
                    "ingredients": [
                        {"add": "PEO", "mass": f"{filler} mg"},
                        {"add": "stock", "mass": f"{stock} mg"},
                        {"add": "bottle", "mass": f"{latex} mg"},
                    ]
                },
                "stock": {
                    "ingredients": [{"add": "PVA", "mass": f"{polymer} mg"}, {"add": "water", "mass": f"{water} mg"}]
                },
            },
            "parts": dict(zip(("Si", "binder", "stock"), parts, strict=True)),
            "active": "Si",
        }
    )
    made = design(recipe, KNOWN)
    sheet = batch(made, coating, step=step)
    titles = [mixture.title for mixture in sheet.mixtures]
    assert titles == ["stock", "binder", SLURRY]  # in the order of the making, whatever that of the file
    used = sum(each.exact for mixture in sheet.mixtures for each in mixture.weighings if each.what == "stock")
    assert sheet.mixtures[0].mass == pytest.approx(used)
    found = poured(recipe, sheet)
    assert {share.substance: share.weighed for share in sheet.shares} == pytest.approx(found, rel=1e-9)
    # In percent of dry solids, straight from the parts.
    whole, of_stock = sum(parts), polymer / (polymer + water)
    solids = filler + stock * of_stock + latex * bought
    wanted = {
        "Si": parts[0] / whole,
        "PEO": parts[1] / whole * filler / solids,
        "PVA": parts[1] / whole * stock * of_stock / solids + parts[2] / whole,
        "SBR": parts[1] / whole * latex * bought / solids,
    }
    assert {share.substance: share.wanted for share in sheet.shares} == pytest.approx(wanted, rel=1e-9)
    for mixture in sheet.mixtures:
        for each in mixture.weighings:
            assert abs(each.reading - each.exact) <= step / 2 * (1 + 1e-9)
            # Exactly a whole number of steps: a quotient would lose its last digits at 16 kg and 1 µg.
            assert each.reading == round(each.reading / step) * step


def test_what_the_balance_rounds_away_is_told() -> None:
    """Of 10.3 mg of coating 0.50 mg is citric acid: a balance of 0.2 mg shows 0.4, and a fifth of it is lost."""
    sheet = batch(shipped("ccl-5"), 10.3e-6, step=0.2e-6)
    assert sheet.mixtures[0].weighings[0].reading == pytest.approx(0.4e-6)
    assert sheet.worst.substance == "citric acid"
    assert sheet.worst.error == pytest.approx(0.4 / 0.5 - 1, abs=0.05)  # the rest is rounded as well
    with pytest.raises(RecipeError, match=r"CCL: citric acid: comes to 0\.05 mg, less than half of .* 0\.2 mg; make a"):
        batch(shipped("ccl-5"), 1.03e-6, step=0.2e-6)


def test_a_slurry_and_an_area_are_turned_into_a_mass_of_coating() -> None:
    """NCM111 90:5:5, 65 % of solids, 60 mg/cm² of active material."""
    made = shipped("r-105-ncm111-three-polymers")
    assert coating_of_slurry(made, 10e-3) == pytest.approx(6.5e-3)
    assert coating_of_area(made, 100e-4) == pytest.approx(100 * 60e-6 / 0.9)
    last = batch(made, 6.5e-3).mixtures[-1]
    assert (last.weighings[-1].what, last.weighings[-1].reading) == ("water", pytest.approx(3.5e-3))
    assert last.mass == pytest.approx(10e-3)
    with pytest.raises(RecipeError, match="solid_content: is not given"):
        coating_of_slurry(shipped("ccl-5"), 1e-3)
    with pytest.raises(RecipeError, match="loading: is not given"):
        coating_of_area(shipped("r-148-ncm-dry-film"), 1.0)


def with_solids(share: str | None, **more: Any) -> Design:
    electrode = {} if share is None else {"electrode": {"solid_content": share}}
    solution = {"binder": {"contains": {"CMC": "2 %"}}}
    return design(
        Recipe.model_validate(
            {"solutions": solution, "parts": {"Si": 8, "binder": 2}, "active": "Si"} | electrode | more
        ),
        KNOWN,
    )


def test_solvent_is_added_to_the_solid_content_that_is_given() -> None:
    """10 g of coating bring 2 g / 2 % = 100 g of solution and 8 g of silicon: 9.26 % of solids."""
    sheet = batch(with_solids("5 %"), 10e-3)
    assert sheet.mixtures[-1].weighings[-1].what == "water"
    assert sheet.mixtures[-1].weighings[-1].exact == pytest.approx(200e-3 - 108e-3)
    assert sheet.solid_content == pytest.approx(0.05)
    too_wet = batch(with_solids("20 %"), 10e-3)
    assert [each.what for each in too_wet.mixtures[-1].weighings] == ["Si", "binder"]
    assert too_wet.solid_content == pytest.approx(10 / 108)
    assert "58 g would have to dry off" in too_wet.remarks[0]
    unsaid = batch(with_solids(None), 10e-3)
    assert unsaid.solid_content is None
    assert "9.259 % of solids; how much more is added, the recipe does not say" in unsaid.remarks[0]


# Drawn to scale


def rectangles(svg: str) -> list[dict[str, Any]]:
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"[^>]*><title>([^<]*)', svg)
    keys = ("x", "y", "width", "height")
    return [dict(zip(keys, map(float, each[:4]), strict=True)) | {"name": each[4].split(":")[0]} for each in found]


def test_the_volume_bar_is_to_scale() -> None:
    """6:2:2 at 55 % pores: each component's volume is its share by mass over its density."""
    svg, lacks = volume_drawing([shown("cmc"), shown("r-148-ncm-dry-film")])
    made = shipped("cmc")
    volumes = {
        name: part / made.inputs[f"{name}.density"].value for name, part in (("Si", 6), ("Super P", 2), ("CMC", 2))
    }
    wanted = {name: 0.45 * volume / sum(volumes.values()) for name, volume in volumes.items()} | {"pores": 0.55}
    drawn = {each["name"]: each["width"] / WIDTH for each in rectangles(svg)}
    assert drawn == pytest.approx(wanted, abs=2e-5)
    assert lacks == ["Not drawn is NCM with 0.3 % PTFE and LPSCl, dry film: the recipe gives no loading."]


FULL = """
title: Full
parts: {Si: 6, Super P: 2, CMC: 2}
active: Si
electrode: {loading: 1.065 mg/cm^2, loading_basis: active, porosity: 50 %, foil: Cu, foil_thickness: 10 µm}
cell: {opposite: positive.yaml, separator_thickness: 20 µm, separator_porosity: 40 %}
"""
POSITIVE = """
title: Positive
parts: {NCM811: 8, Super P: 1, PVDF: 1}
active: NCM811
electrode: {loading: 11.9 mg/cm^2, loading_basis: active, thickness: 60 µm, foil: Al, foil_thickness: 15 µm}
"""


@pytest.fixture
def full(tmp_path: Path) -> Path:
    (tmp_path / "positive.yaml").write_text(POSITIVE, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(FULL, encoding="utf-8")
    return tmp_path


def test_the_stack_is_to_scale_from_foil_to_foil(full: Path) -> None:
    made = design_file(full / "recipe.yaml", KNOWN)
    svg, lacks = stack_drawing([Shown("full", made, FULL)])
    assert lacks == []
    densities = {name: made.inputs[f"{name}.density"].value for name in ("Si", "Super P", "CMC")}
    solids = 1 / (0.6 / densities["Si"] + 0.2 / densities["Super P"] + 0.2 / densities["CMC"])
    coating = 1.065e-2 / 0.6 / (0.5 * solids) * 1e6
    layers = sorted(rectangles(svg), key=lambda each: -each["y"])
    assert [each["name"] for each in layers] == [
        "foil, Cu", "coating, Si", "separator, PE", "coating, NCM811", "foil, Al",
    ]  # fmt: skip
    scale = layers[2]["height"] / 20
    assert [each["height"] / scale for each in layers] == pytest.approx([10, coating, 20, 60, 15], abs=0.02)
    for lower, upper in pairwise(layers):
        assert upper["y"] + upper["height"] == pytest.approx(lower["y"], abs=0.02)


def test_a_layer_without_a_thickness_is_named_and_not_drawn() -> None:
    svg, lacks = stack_drawing([shown("ccl-5")])
    assert {each["name"] for each in rectangles(svg)} == {"foil, Cu", "coating, Si"}
    assert lacks == ["Of Si/CCL (CCL-5) no thickness is known of: separator, PE."]


@given(st.lists(st.tuples(st.floats(0, 700), st.floats(5, 90)), min_size=1, max_size=7))
def test_labels_keep_their_order_and_do_not_overlap(labels: list[tuple[float, float]]) -> None:
    centres, sizes = sorted(each[0] for each in labels), [each[1] for each in labels]
    starts = spread(centres, sizes, 760.0)
    assert starts[0] >= -1e-9
    assert starts[-1] + sizes[-1] <= 760 + 1e-6
    for at in range(len(labels) - 1):
        assert starts[at] + sizes[at] + 10 <= starts[at + 1] + 1e-6


def test_a_label_with_room_stands_under_its_piece() -> None:
    assert spread([100.0, 400.0], [60.0, 60.0], 760.0) == pytest.approx([70.0, 370.0])


# The page


class Page(HTMLParser):
    """What a page loads, and whether its elements close."""

    VOID = ("meta", "link", "input", "br", "img", "rect", "path")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "srcset", "data") or (name == "href" and tag != "a"):
                self.loads.append(value or "")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_else_and_shows_every_figure_and_input() -> None:
    all_shown = [shown("cmc"), replace(shown("ccl-5"), batch=batch(shipped("ccl-5"), 1e-3)), shown("ccl-full-cell")]
    page = Page(to_html(all_shown))
    assert page.open == []
    assert page.loads == ["data:,"]
    for one in all_shown:
        assert one.design.hash in page.text
        for figure in one.design.figures:
            assert figure.name in page.text
            assert (figure.reason or figure.how) in page.text
        for each in one.design.inputs.values():
            assert each.label in page.text
            assert each.source.split(", doi:")[0].split(" doi:")[0] in page.text
        for finding in one.design.findings:
            assert finding.message in page.text


def test_parts_and_figures_that_nobody_foresaw_are_shown() -> None:
    one = shown("cmc")
    more = (
        Figure("dreams", 2.5e-3, Units("kg", "g"), "counted", "night", uncertainty=1e-4),
        Figure("sleep", None, Units("s", "h"), "", "night", reason="nobody slept"),
    )
    other = replace(one, label="other", design=replace(one.design, figures=one.design.figures + more))
    assert [part.title for part in parts_of([one, other])][-1] == "Night"
    page = Page(to_html([one, other]))
    assert "2.50 ± 0.10 g" in page.text
    assert "nobody slept" in page.text


def test_what_a_recipe_is_called_cannot_become_part_of_the_page() -> None:
    one = shown("cmc")
    evil = "</script><script>alert(1)</script><b>"
    renamed = replace(one, label=evil, written=evil, design=replace(one.design, name=evil))
    for all_shown in ([renamed], [one, renamed]):
        text = to_html(all_shown)
        assert "<script>alert" not in text
        assert evil in Page(text).text


def test_the_answer_in_words() -> None:
    said = in_words(shown("ccl-5"))
    assert said.startswith(
        "The electrode holds 0.820 ± 0.030 mg/cm² of Si and gives 2.214 ± 0.081 mAh/cm²; the coating is "
    )
    assert "Most of the doubt of all figures comes from porosity (" in said


PROGRAM = installed()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("no Chromium is installed (POSIX only), so no page can be opened")
    with Browser(PROGRAM, tmp_path / "profile") as running:
        yield running


def test_the_page_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "design.html"
    ccl = shown("ccl-5")
    file.write_text(to_html([shown("cmc"), replace(ccl, batch=batch(ccl.design, 1e-3))]), encoding="utf-8")
    browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    browser.open(file.as_uri())
    assert browser.complaints() == []
    assert browser.run("document.documentElement.dataset.theme") == "light"
    browser.run("document.getElementById('theme').click()")
    assert browser.run("document.documentElement.dataset.theme") == "dark"
    browser.run("document.getElementById('doubt').scrollIntoView({behavior: 'instant'})")
    assert browser.wait("document.querySelector('nav [aria-current]')?.hash === '#doubt'")
    same = "[...document.querySelectorAll('tr.same')].filter((row) => row.offsetParent).length"
    differs = "[...document.querySelectorAll('.several tr.differs')].filter((row) => row.offsetParent).length"
    before = browser.run(differs)
    assert browser.run(same) > 0
    browser.run("document.getElementById('differing').click()")
    assert (browser.run(same), browser.run(differs)) == (0, before)
    # No label of a drawing covers another, and none is cut off.
    boxes = browser.run(
        """[...document.querySelectorAll('svg.scale')].map((svg) => {
            const frame = svg.getBoundingClientRect();
            const all = [...svg.querySelectorAll('text')].map((text) => text.getBoundingClientRect());
            const over = all.filter((a, i) => all.some((b, j) => j > i && a.left < b.right - 1 && b.left < a.right - 1
                && a.top < b.bottom - 2 && b.top < a.bottom - 2)).length;
            const out = all.filter((a) => a.right > frame.right + 1 || a.left < frame.left - 1 || a.bottom > frame.bottom + 1).length;
            return [over, out];
        })"""
    )
    assert boxes == [[0, 0], [0, 0]]
    browser.call("Emulation.setDeviceMetricsOverride", width=375, height=800, deviceScaleFactor=1, mobile=True)
    assert browser.run("document.documentElement.scrollWidth <= 375")


# The command line


def test_one_recipe_on_the_terminal(byssus: Call) -> None:
    said = byssus("ccl-5")
    assert (said.code, said.err) == (0, "")
    assert all(len(line.rstrip()) <= 100 for line in said.out.splitlines())
    assert "LS in the solids" in said.out
    assert "32.04 %" in said.out  # 6.6 mg / 20.6 mg
    assert "silica-gels" in said.out
    assert (
        said.out.index("Solution CCL")
        < said.out.index("Coating")
        < said.out.index("Electrode")
        < said.out.index("Cell")
    )
    assert said.out.index("silica-gels") < said.out.index("Whose doubt matters most")
    assert "diameter of Si" in said.out[said.out.index("± leaves out what has none of its own") :]


def test_recipes_side_by_side_on_the_terminal(byssus: Call) -> None:
    said = byssus("cmc", "ccl-5")
    assert all(len(line.rstrip()) <= 100 for line in said.out.splitlines())
    assert re.search(r"≠ +mass fraction of CMC, % +20 +8\.738", said.out)
    assert re.search(r"\n +mass fraction of Si, % +60 +60\n", said.out)
    assert re.search(r"≠ +mass fraction of LS, % +– +6\.408", said.out)
    joined = " ".join(said.out.split())
    assert "porosity lithiated, held of ccl-5 is missing: held at its thickness the solids would need" in joined


def test_more_recipes_than_fit_abreast_go_in_several_tables(byssus: Call) -> None:
    said = byssus("cmc", "ccl-5", "cl", "ls", "ccl-2")
    assert said.code == 0
    assert said.out.count("\nElectrode\n") == 2
    assert all(len(line.rstrip()) <= 100 for line in said.out.splitlines())


def test_json_holds_everything(byssus: Call) -> None:
    said = byssus("ccl-5", "cmc", "--batch", "1 g", "--json")
    answer = json.loads(said.out)
    assert answer["schema"] == "byssus.design/1"
    assert {finding["sample"] for finding in answer["findings"]} == {"ccl-5"}
    ccl, cmc = answer["recipes"]
    assert (ccl["name"], ccl["title"], cmc["name"]) == ("ccl-5", "Si/CCL (CCL-5)", "cmc")
    assert ccl["hash"] == shipped("ccl-5").hash
    of = {(figure["part"], figure["name"]): figure for figure in ccl["figures"]}
    assert of["CCL", "LS in the solids"]["value"] == pytest.approx(100 * 6.6 / 20.6)
    assert of["CCL", "LS in the solids"]["unit"] == "%"
    thickness = of["electrode", "thickness"]
    assert set(thickness) == {"part", "name", "value", "unit", "uncertainty", "how", "reason", "shares"}
    assert sum(thickness["shares"].values()) == pytest.approx(1)
    assert of["electrode", "porosity lithiated, held"]["value"] is None
    assert of["electrode", "porosity lithiated, held"]["reason"]
    assert set(of["electrode", "thickness"]["shares"]) <= {each["input"] for each in ccl["inputs"]}
    assert {each["origin"] for each in ccl["inputs"]} >= {"given", "known", "estimate"}
    assert ccl["batch"]["mixtures"][0]["weighings"][0]["what"] == "citric acid"
    assert ccl["batch"]["mixtures"][0]["weighings"][0]["reading_mg"] == pytest.approx(48.5)


def test_the_basis_is_asked_for(byssus: Call) -> None:
    """0.82 mg/cm² of coating hold 60 % of silicon."""
    answer = json.loads(byssus("ccl-5", "--basis", "coating", "--json").out)
    of = {figure["name"]: figure["value"] for figure in answer["recipes"][0]["figures"]}
    assert of["active loading"] == pytest.approx(0.82 * 0.6)
    assert of["coating loading"] == pytest.approx(0.82)


def test_files_are_written_whole_and_replaced_only_on_demand(byssus: Call, tmp_path: Path) -> None:
    page, table = tmp_path / "page.html", tmp_path / "figures.csv"
    said = byssus("cmc", "--out", page, "--csv", table)
    assert said.out.splitlines()[-2:] == [str(page), str(table)]
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert len(rows) == len(shipped("cmc").figures)
    missing = [row for row in rows if not row["value"]]
    assert missing
    assert all(row["missing because"] for row in missing)
    page.write_text("mine", encoding="utf-8")
    refused = byssus("cmc", "--out", page)
    assert refused.code == 1
    assert "page.html: is there already; name another file, or replace it with --force" in refused.err
    assert page.read_text(encoding="utf-8") == "mine"
    assert byssus("cmc", "--out", page, "--force").code == 0
    assert page.read_text(encoding="utf-8") != "mine"


def test_the_shipped_recipes_are_listed(byssus: Call) -> None:
    said = byssus("--list")
    assert [line for line in said.out.splitlines() if line and not line.startswith(" ")] == SHIPPED
    listed = json.loads(byssus("--list", "--json").out)["shipped"]
    assert [each["name"] for each in listed] == SHIPPED


def test_a_folder_and_the_other_electrode(byssus: Call, full: Path) -> None:
    answer = json.loads(byssus(full, "--json").out)
    assert answer["recipes"][0]["title"] == "Full"
    assert any(figure["name"] == "N/P ratio" for figure in answer["recipes"][0]["figures"])


def test_a_study_gives_its_recipes(byssus: Call) -> None:
    study = EXAMPLES / "ccl" / "study.yaml"
    answer = json.loads(byssus(study, "--json").out)
    names = ["Si/CCL", "Si/CCL, full cell", "Si/CL", "Si/CMC", "Si/LS", "NCM811"]
    assert [each["name"] for each in answer["recipes"]] == names
    # Its cathode is named from its own file, which lies beside it and not beside the study.
    assert any(figure["name"] == "N/P ratio" for figure in answer["recipes"][1]["figures"])
    of = {figure["name"]: figure["value"] for figure in answer["recipes"][-1]["figures"]}
    assert of["mass fraction of NCM811"] == pytest.approx(80)
    assert byssus(study.parent, "--json").out == byssus(study.parent, "--study", "--json").out


BAD: Mapping[str, tuple[tuple[str, ...], int, str]] = {
    "nothing": ((), 2, "RECIPE: names no recipe; 'byssus design --list' lists the shipped ones"),
    "near name": (
        ("ccl5",),
        2,
        "RECIPE: 'ccl5' is neither a file, nor a folder, nor a shipped recipe; did you mean 'ccl-5'?",
    ),
    "no file": (("gone.yaml",), 1, "gone.yaml: there is no such recipe; give a recipe.yaml or the folder"),
    "basis": (("cmc", "--basis", "foil"), 2, "'foil' is not one of 'active', 'coating'"),
    "no mass": (("cmc", "--batch", "2 cm"), 2, "--batch: '2 cm' is not what it asks for; write it as '2 g'"),
    "less than none": (("cmc", "--batch", "-2 g"), 2, "--batch: '-2 g' is not above zero; write it as '2 g'"),
    "balance": (("cmc", "--balance", "heavy"), 2, "--balance: 'heavy' is not what it asks for; write it as '0.1 mg'"),
    "two sizes": (("cmc", "--batch", "2 g", "--area", "1 m^2"), 2, "--area: '1 m^2' asks for a batch by its area"),
    "what of": (
        ("cmc", "--batch-of", "slurry"),
        2,
        "--batch-of: 'slurry' says what --batch counts, which is not given",
    ),
    "page": (("cmc", "--out", "page.pdf"), 2, "--out: 'page.pdf' is no name for it; end the name in .html"),
    "slurry": (("cmc", "--batch", "2 g", "--batch-of", "slurry"), 1, "cmc: electrode.solid_content: is not given"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_words_get_one_line(byssus: Call, case: str) -> None:
    words, code, line = BAD[case]
    said = byssus(*words)
    assert said.code == code
    assert line in said.err
    assert said.err.count("\n") == 1


def test_a_broken_recipe_does_not_keep_the_others_from_being_done(byssus: Call, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("active: Si\nparts: {Si: 6, CMCC: 2}\n", encoding="utf-8")
    said = byssus("broken.yaml", "cmc", "--json")
    answer = json.loads(said.out)
    assert said.code == 1
    assert [each["name"] for each in answer["recipes"]] == ["cmc"]
    assert [each["code"] for each in answer["findings"]] == ["recipe-field"]
    assert "broken.yaml: line 2: parts: 'CMCC' is neither one of its solutions nor a substance" in said.err
    assert "did you mean 'CMC'?" in said.err


def test_an_unknown_field_is_left_out_and_told(byssus: Call, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("parts: {Si: 8, CMC: 2}\nactive: Si\ncolour: grey\n", encoding="utf-8")
    said = byssus("odd.yaml", "--json")
    answer = json.loads(said.out)
    assert said.code == 1
    assert answer["recipes"][0]["figures"]
    assert answer["findings"][0]["code"] == "recipe-field"
    assert "colour" in said.err


def test_two_recipes_of_one_name_are_told_apart(byssus: Call) -> None:
    answer = json.loads(byssus("cmc", "cmc", "--json").out)
    assert [each["name"] for each in answer["recipes"]] == ["cmc (1)", "cmc (2)"]
