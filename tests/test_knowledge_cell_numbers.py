"""The numbers of a virtual cell: each with a source, or an estimate with a range; none of them said twice."""

from __future__ import annotations

import math
import re
from typing import Any

import polars as pl
import pytest

from byssus.knowledge import load, reading
from byssus.knowledge.columns import conversions
from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE, molar_mass
from byssus.quantity import convert

NUMBERS = reading.cell_numbers()
WRITTEN = reading.table("cell_numbers")
PROPERTIES = reading.table("properties")
OWN = "Byssus estimate, 2026"


def rows(frame: pl.DataFrame = NUMBERS) -> list[dict[str, Any]]:
    return frame.to_dicts()


def value(number: str, unit: str) -> float:
    row = NUMBERS.row(by_predicate=pl.col("number") == number, named=True)
    return convert(row["value"], row["unit"], unit)


def test_what_they_are_of_is_known() -> None:
    assert set(NUMBERS["of"]) - {"electrode", "cell", "SEI", "binder"} <= set(load().substances["substance"])


def test_every_number_says_where_it_is_from() -> None:
    assert NUMBERS.filter(pl.col("title").is_null() | pl.col("method").is_null())["number"].to_list() == []


def test_one_without_a_value_follows_from_others_and_says_how() -> None:
    empty = NUMBERS.filter(pl.col("value").is_null())
    assert set(empty["method"]) == {"calculated"}
    assert empty["note"].null_count() == 0
    assert empty.select("low", "high").null_count().row(0) == (empty.height, empty.height)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["number"])
def test_a_value_lies_in_its_range(row: dict[str, Any]) -> None:
    if row["value"] is not None:
        assert row["low"] <= row["value"] <= row["high"]
        assert row["low"] < row["high"]


def test_estimates_say_so_and_nothing_else_does() -> None:
    own = WRITTEN.filter(pl.col("method").is_not_null())
    said = own.select("number", "method", said=pl.col("note").str.starts_with("estimate: ").fill_null(value=False))
    assert said.filter((pl.col("method") == "estimate") != pl.col("said"))["number"].to_list() == []


def test_a_number_of_our_own_claims_no_paper() -> None:
    ours = WRITTEN.filter(pl.col("title") == OWN)
    assert ours.height
    assert set(ours["method"]) == {"estimate"}
    assert ours.select("doi", "place").null_count().row(0) == (ours.height, ours.height)


def test_units_are_of_the_kind_that_the_model_takes() -> None:
    wanted = set(NUMBERS.select("unit", "si").iter_rows())
    assert set(conversions(wanted)) == wanted


def test_a_number_that_is_a_property_takes_what_it_leaves_empty_from_there() -> None:
    taken = WRITTEN.filter(pl.col("property").is_not_null())
    assert taken.height >= 4
    for row in rows(taken):
        known = PROPERTIES.row(by_predicate=pl.col("property") == row["property"], named=True)
        found = NUMBERS.row(by_predicate=pl.col("number") == row["number"], named=True)
        assert row["value"] is row["title"] is row["doi"] is row["place"] is None, row["number"]
        assert found["value"] == known["value"]
        for source in ("title", "doi", "place"):
            assert found[source] == known[source]
        assert row["unit"] == known["unit"]
        for end in ("low", "high"):
            assert row[end] is None or known[end] is None, f"{row['number']}: {end} is said twice"


#: By what a number is of, the substances of which a property could be the same fact.
SUBSTANCES = {
    "Si": ["Si"],
    "cell": ["PE", "PP", "Li", "1 M LiPF6 in EC/DEC/DMC"],
    "electrode": [],
    "SEI": [],
    "binder": [],
}


def test_no_property_is_said_again() -> None:
    """A number without a record of properties names no quantity that its substances have there."""
    checked = 0
    for row in rows(WRITTEN.filter(pl.col("property").is_null())):
        known = PROPERTIES.filter(pl.col("substance").is_in(SUBSTANCES[row["of"]]))["quantity"].unique()
        words = row["number"].replace("current density", "current")
        assert [each for each in known if re.search(rf"\b{re.escape(each)}\b", words)] == [], row["number"]
        checked += len(known)
    assert checked > 100
    # The search does find those that are taken from there.
    for row in rows(WRITTEN.filter(pl.col("property").is_not_null() & (pl.col("number") != "capacity"))):
        quantity = row["property"].rsplit("/", 1)[1].removeprefix("lithium ")
        assert quantity in row["number"]


def test_dois_and_the_sets_of_pybamm_are_written_as_such() -> None:
    for text in NUMBERS["note"].drop_nulls():
        for doi in re.findall(r"doi:(\S+?)[),;]", text):
            assert re.fullmatch(r"10\.\d{4,9}/\S+", doi), text


# Numbers that follow from what their source prints


def test_the_lithium_electrode_is_that_of_its_set() -> None:
    """Xu et al. 2019 as in PyBaMM: i0 = 3.5e-8 F c_Li^0.7 c_e^0.3, one mole of lithium in 1.3e-5 m3, 1 M."""
    assert value("lithium exchange current density", "A/m^2") == pytest.approx(
        3.5e-8 * FARADAY * (1 / 1.3e-5) ** 0.7 * 1000**0.3, rel=2e-3
    )


def test_the_film_on_lithium_is_the_exchange_current_that_it_lets_through() -> None:
    slow, fast = (GAS_CONSTANT * STANDARD_TEMPERATURE / (FARADAY * i0) for i0 in (10.0, 100.0))
    row = NUMBERS.row(by_predicate=pl.col("number") == "lithium film resistance", named=True)
    assert convert(row["low"], row["unit"], "ohm*m^2") == pytest.approx(fast, rel=0.05)
    assert fast < value("lithium film resistance", "ohm*m^2") < slow


def test_the_separator_lets_through_what_was_measured() -> None:
    """Ecker et al. 2015: 0.304 of the free electrolyte at a porosity of 0.508."""
    assert 0.508 ** value("separator tortuosity exponent", "1") == pytest.approx(0.304, rel=2e-3)


def test_the_end_of_the_separators_range_is_a_macmullin_number_of_20() -> None:
    row = NUMBERS.row(by_predicate=pl.col("number") == "separator tortuosity exponent", named=True)
    assert row["high"] == pytest.approx(math.log(20) / -math.log(value("separator porosity", "1")), rel=0.02)


def test_the_film_is_lithium_ethylene_dicarbonate() -> None:
    """(CH2OCO2Li)2 of the density that Safari et al. give it; the ranges end at lithium fluoride, 2.64 g/cm3."""
    volume = molar_mass("C4H4Li2O6") / 1000 / 1690
    assert value("SEI molar volume", "m^3/mol") == pytest.approx(volume, rel=2e-3)
    row = NUMBERS.row(by_predicate=pl.col("number") == "SEI molar volume", named=True)
    assert row["low"] == pytest.approx(molar_mass("LiF") / 2.64, rel=0.01)


def test_the_range_of_the_reaction_holds_the_published_set() -> None:
    """Chen2020_composite: graphite's rate constant over silicon's maximum concentration, at half lithiation and 1 M."""
    published = 6.48e-7 * 28700 / 278000 * math.sqrt(1000) * 278000 / 2
    row = NUMBERS.row(by_predicate=pl.col("number") == "exchange current density", named=True)
    low, high = (convert(row[end], row["unit"], "A/m^2") for end in ("low", "high"))
    assert low < published < high
    assert published == pytest.approx(0.29, rel=0.02)
