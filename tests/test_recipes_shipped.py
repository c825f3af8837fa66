"""The shipped recipes: against hand-worked fractions of the paper's binders, and against the facts of the review."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML
from shared import EXAMPLES

from byssus import knowledge
from byssus.quantity import Quantity
from byssus.recipe import mixing
from byssus.recipe.inputs import inputs_of
from byssus.recipe.model import Recipe
from byssus.recipe.reading import content_hash, load
from byssus.recipe.reckoning import Figure, Sheet, reckon

FILES = sorted((EXAMPLES / "recipes").glob("*.yaml"))
KNOWN = knowledge.load()


def recipe(name: str) -> Recipe:
    return load(EXAMPLES / "recipes" / f"{name}.yaml").recipe


def balance(made: Recipe) -> dict[tuple[str, str], Figure]:
    figures = reckon(inputs_of(made, KNOWN), lambda sheet: mixing.balance(made, sheet))
    return {(figure.part, figure.name): figure for figure in figures}


def shares(made: Recipe) -> dict[str, float]:
    return mixing.composition(made, Sheet(inputs_of(made, KNOWN)))


def inside(quantity: Quantity | None, unit: str) -> float:
    assert quantity is not None
    return quantity.to(unit).value


def test_the_recipes_of_both_documents_are_shipped() -> None:
    names = {file.stem for file in FILES}
    assert {"ccl-5", "ccl-2", "ccl-7", "ccl-7-by-name", "cl", "cmc", "ls", "ncm811", "ccl-full-cell"} <= names
    assert sum(name.startswith("r-") for name in names) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_recipe_has_no_fault_and_its_mass_is_whole(file: Path) -> None:
    read = load(file)
    assert read.faults == ()
    made = read.recipe
    assert sum(shares(made).values()) == pytest.approx(1, abs=1e-12)
    figures = balance(made)
    told = [figure.value for (part, name), figure in figures.items() if part == "coating" and "fraction" in name]
    assert sum(value for value in told if value is not None) == pytest.approx(1, abs=1e-12)
    for title, solution in made.solutions.items():
        if solution.ingredients:
            parts = [figure.value or 0 for (of, name), figure in figures.items() if of == title and "in the" in name]
            assert sum(parts) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_recipe_says_where_it_is_from_and_what_it_assumes(file: Path) -> None:
    made = load(file).recipe
    assert made.title
    assert made.source is not None
    assert "section" in made.source
    assert "doi:10." in made.source
    if any(part.uncertainty is not None for part in made.parts.values()):
        assert "assumed" in (made.note or "")
    for name, material in made.materials.items():
        assert material.note, f"{name} has no word on where its values are from"
    if made.electrode is not None:
        assert made.electrode.note


@pytest.mark.parametrize("file", [file for file in FILES if file.stem.startswith("r-")], ids=lambda file: file.stem)
def test_a_recipe_of_the_review_names_the_section_and_reference_of_its_system(file: Path) -> None:
    made, system = load(file).recipe, file.stem[:5].upper()
    row = KNOWN.systems.row(by_predicate=pl.col("system") == system, named=True)
    assert f"System {system}." in (made.note or "")
    assert f"section {row['section'].split()[0]}," in (made.source or "")
    for reference in row["reference"].split(";"):
        assert f"[{reference}]" in (made.source or "")


# The arithmetic is on the amounts of section 2.2 with LS as a 22 % solution: 30 mg × 0.22 = 6.6 mg.
BINDERS = {
    "ccl-5": {"CMC": 9 / 20.6, "citric acid": 5 / 20.6, "LS": 6.6 / 20.6},
    "ccl-full-cell": {"CMC": 9 / 20.6, "citric acid": 5 / 20.6, "LS": 6.6 / 20.6},
    "ccl-2": {"CMC": 0.45, "citric acid": 0.10, "LS": 0.45},
    "ccl-7": {"CMC": 0.45, "citric acid": 0.45, "LS": 0.10},
    "ccl-7-by-name": {"CMC": 0.45, "citric acid": 0.35, "LS": 0.20},
    "cl": {"CMC": 10 / 16.6, "LS": 6.6 / 16.6},
    "cmc": {"CMC": 1.0},
    "ls": {"LS": 1.0},
}


@pytest.mark.parametrize("name", BINDERS)
def test_the_binders_of_the_paper_by_hand(name: str) -> None:
    found = shares(recipe(name))
    wanted = {"Si": 0.6, "Super P": 0.2} | {substance: 0.2 * share for substance, share in BINDERS[name].items()}
    assert found == pytest.approx(wanted, rel=1e-12)


def test_the_solutions_of_the_paper_as_its_contradiction_c05_has_them() -> None:
    ccl, cl, cmc = (balance(recipe(name)) for name in ("ccl-5", "cl", "cmc"))
    percent = [inside(ccl["CCL", f"{one} in the solids"].quantity, "%") for one in ("CMC", "citric acid", "LS")]
    assert percent == pytest.approx([43.7, 24.3, 32.0], abs=0.05)
    assert inside(cl["CL", "LS in the solids"].quantity, "%") == pytest.approx(39.8, abs=0.05)
    solids = [
        inside(each[title, "mass of solids"].quantity, "mg")
        for each, title in ((cl, "CL"), (ccl, "CCL"), (cmc, "CMC solution"))
    ]
    assert solids == pytest.approx([16.6, 20.6, 20.0])
    assert [each / solids[0] for each in solids] == pytest.approx([1.00, 1.24, 1.20], abs=0.005)
    # 1 mL of water at 25 °C is 997 mg; 78 % of 30 mg of solution are water too.
    assert inside(ccl["CCL", "mass of water"].quantity, "mg") == pytest.approx(997 + 23.4, abs=0.1)


def test_the_balance_of_the_full_cell_is_the_one_that_is_printed() -> None:
    """Contradiction C07: only with the inferred loadings are N/P 1.15 and 1C 2.5 mA/cm² both so."""
    anode, cathode = recipe("ccl-full-cell"), recipe("ncm811")
    assert anode.cell is not None
    assert anode.electrode is not None
    assert cathode.electrode is not None
    assert (EXAMPLES / "recipes" / str(anode.cell.opposite)).is_file()
    silicon, oxide = (
        inside(made.electrode.loading if made.electrode else None, "mg/cm^2") for made in (anode, cathode)
    )
    assert isinstance(anode.cell.np_ratio, Quantity)
    assert 2700 * silicon / (210 * oxide) == pytest.approx(anode.cell.np_ratio.value, abs=0.005)
    assert 0.210 * oxide == pytest.approx(2.5, abs=0.005)
    assert [inside(current, "mA/g") for current in cathode.electrode.currents] == pytest.approx([0.05 * 210, 210])


#: What the recipe says, the fact that it must agree with, and what of the whole that fact is a share of.
PRINTED = [
    ("r-031-ncm523-pvdf-cmc", "PVDF", "R-031", "PVDF"),
    ("r-031-ncm523-pvdf-cmc", "CMC", "R-031", "CMC"),
    ("r-031-graphite-sbr-cmc", "SBR", "R-031", "SBR"),
    ("r-061-lfp-pedot-pss", "LFP", "R-061", "LFP"),
    ("r-061-lfp-pedot-pss", "PEDOT:PSS", "R-061", "PEDOT:PSS"),
    ("r-061-lfp-pedot-pss", "acetylene black", "R-061", "AB"),
    ("r-061-lfp-pedot-pss", "CTS/SBR", "R-061", "CTS/SBR"),
    ("r-064-nca-pprodot", "PProDOT-Hx2", "R-064", "PProDOT-Hx2"),
    ("r-087-si-catechol", "PAA-P(HEA-co-DMA)", "R-087", "PAA-P(HEA-co-DMA)"),
    ("r-089-si-polyrotaxane", "PR-PAA", "R-089", "PR-PAA"),
    ("r-091-si-carbon-free", "PVDF", "R-091", "PVDF"),
    ("r-098-lco-ice-templated", "CMC", "R-098", "CMC"),
    ("r-146-lco-for-infiltration", "PVDF", "R-146", "PVDF in the best LCO electrode"),
    ("r-146-lco-for-infiltration", "Super P", "R-146", "Super P in the best LCO electrode"),
    ("r-158-sn-pan", "PAN", "R-158", "PAN"),
    ("r-159-graphite-diffusion", "PVDF", "R-159", "PVDF"),
    ("r-167-graphite-polysilicate", "Li2Si5O11", "R-167", "Li2Si5O11"),
]


def facts(system: str, quantity: str, of: str | None = None) -> list[dict[str, Any]]:
    rows = KNOWN.facts.filter(system=system, quantity=quantity).filter(pl.col("value").is_not_null())
    return (rows if of is None else rows.filter(of=of)).to_dicts()


@pytest.mark.parametrize(("name", "substance", "system", "of"), PRINTED, ids=lambda given: str(given))
def test_a_share_is_the_printed_one(name: str, substance: str, system: str, of: str) -> None:
    values = [row["value"] for row in facts(system, "mass fraction", of) if row["unit"] == "%"]
    mine = 100 * shares(recipe(name))[substance]
    # CMC of R-031 is in both electrodes, and R-167 has a second coating with 20 %.
    assert any(mine == pytest.approx(value, rel=1e-9) for value in values), (mine, values)


def test_shares_that_are_printed_as_ratios_or_bounds() -> None:
    healing = shares(recipe("r-082-si-self-healing"))
    assert healing["SHP"] / healing["carbon black"] == pytest.approx(20 / 3)
    assert healing["Si"] == pytest.approx(healing["SHP"] + healing["carbon black"])
    thick = shares(recipe("r-103-ncm811-cnt-gums"))
    assert thick["NCM811"] > facts("R-103", "mass fraction", "NCM811")[0]["value"] / 100
    # EO:Li 16:1 is 28.9 % of LiTFSI in the polymer (contradiction R14).
    polymer = shares(recipe("r-104-lfp-peo-litfsi"))
    assert polymer["LiTFSI"] / (polymer["LiTFSI"] + polymer["PEO"]) == pytest.approx(0.289, abs=0.002)
    dry = shares(recipe("r-148-ncm-dry-film"))
    assert 100 * dry["PTFE"] in [
        pytest.approx(row["value"]) for row in facts("R-148", "mass fraction") if "PTFE" in row["of"]
    ]


@pytest.mark.parametrize(
    ("name", "field", "quantity"),
    [
        ("r-064-nca-pprodot", "loading", "mass loading"),
        ("r-076-lto-peg-mma-ibve", "loading", "mass loading"),
        ("r-091-si-carbon-free", "loading", "mass loading"),
        ("r-091-si-carbon-free", "thickness", "electrode thickness"),
        ("r-097-nca-freeze-cast", "thickness", "electrode thickness"),
        ("r-098-lco-ice-templated", "thickness", "electrode thickness"),
        ("r-103-ncm811-cnt-gums", "loading", "mass loading"),
        ("r-104-lfp-peo-litfsi", "loading", "mass loading"),
        ("r-105-ncm111-three-polymers", "loading", "mass loading"),
        ("r-105-ncm111-three-polymers", "solid_content", "solid content"),
        ("r-158-sn-pan", "loading", "mass"),
        ("r-159-graphite-diffusion", "loading", "mass loading"),
    ],
)
def test_a_loading_thickness_or_solid_content_is_the_printed_one(name: str, field: str, quantity: str) -> None:
    rows = facts(name[:5].upper(), quantity)
    # The loading of R-158 is printed in mg, without its area (contradiction N09).
    unit = "mg/cm^2" if quantity == "mass" else rows[0]["unit"]
    mine = inside(getattr(recipe(name).electrode, field), unit)
    assert mine in [pytest.approx(row["value"]) for row in rows]


def test_loading_and_thickness_of_the_carbon_free_anode_give_its_printed_porosity() -> None:
    made = recipe("r-091-si-carbon-free").electrode
    assert made is not None
    porosity = 1 - inside(made.loading, "g/cm^2") / inside(made.thickness, "cm") / 2.33
    assert 100 * porosity == pytest.approx(facts("R-091", "porosity")[0]["value"], abs=0.5)


def test_no_two_shipped_recipes_say_the_same() -> None:
    assert len({load(file).hash for file in FILES}) == len(FILES)


def _turned(value: Any) -> Any:
    """The same content with the fields of every mapping in the opposite order."""
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ["ccl-full-cell", "ls", "r-104-lfp-peo-litfsi"])
def test_the_hash_follows_what_is_said_and_not_how(name: str, tmp_path: Path) -> None:
    file = EXAMPLES / "recipes" / f"{name}.yaml"
    text, wanted = file.read_text(encoding="utf-8"), load(file).hash
    other = tmp_path / "other.yaml"
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    other.write_text("\n\n".join(["# Another comment.", *(line + "  # and" for line in lines[:2])]) + "\n"
                     + "\n".join(lines[2:]) + "\n", encoding="utf-8")  # fmt: skip
    assert load(other).hash == wanted
    content = YAML(typ="safe", pure=True).load(text)
    written = io.StringIO()
    YAML(typ="safe", pure=True).dump(_turned(content), written)
    other.write_text(written.getvalue(), encoding="utf-8")
    again = load(other)
    assert (again.hash, again.faults) == (wanted, ())
    made = load(file).recipe
    first = next(iter(made.parts))
    part = made.parts[first]
    more = made.model_copy(update={"parts": {**made.parts, first: Quantity(part.value * 1.001, part.unit)}})
    assert content_hash(more) != wanted
