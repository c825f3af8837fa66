"""What is known: every record against its specification and the documents, and every question as a user asks it."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import polars as pl
import pytest
from shared import ROOT
from typer.testing import CliRunner

from byssus import knowledge
from byssus.app import cli
from byssus.errors import KnowledgeError
from byssus.knowledge import reading
from byssus.knowledge.columns import BINDER_KINDS, TABLES, WORDS, faults_of
from byssus.knowledge.comparing import compare
from byssus.knowledge.uses import PLANNED, uses_of
from byssus.validation import knowledge as validation

SHARED = Path(os.environ.get("BYSSUS_TEST_DATA", ROOT.parent / "shared" / "data")).parent


@pytest.fixture(scope="module")
def known() -> knowledge.Knowledge:
    return knowledge.load()


@pytest.fixture(autouse=True)
def _nobodys_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BYSSUS_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def shared() -> Path:
    if not (SHARED / "seeds").is_dir():
        reason = f"the two documents are not in {SHARED / 'seeds'}"
        if os.environ.get("BYSSUS_REQUIRE_TEST_DATA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED


def said(*words: str) -> str:
    done = CliRunner().invoke(cli.app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


def told(*words: str) -> dict:
    return json.loads(said(*words, "--json"))


# The records


@pytest.mark.parametrize("name", TABLES)
def test_every_record_keeps_to_its_specification(name: str, known: knowledge.Knowledge) -> None:
    rows = reading.rows_of(name)
    assert rows.height
    faults = list(faults_of(rows, TABLES[name]))
    if name == "facts":
        faults += reading.fact_faults(rows, known.quantities, known.systems["system"])
    assert faults == []


@pytest.mark.parametrize("name", TABLES)
def test_no_file_has_a_column_of_its_own(name: str) -> None:
    path = reading.DATA / f"{name}.csv"
    for file in [path] if path.is_file() else sorted((reading.DATA / name).glob("*.csv")):
        assert set(reading.text_of(file).columns) - {"line", "file"} <= {column.name for column in TABLES[name]}, (
            file.name
        )


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("facts", ["fact"]), ("systems", ["system"]), ("quantities", ["quantity"]), ("substances", ["substance"]),
        ("properties", ["property"]), ("conflicts", ["conflict"]), ("references", ["document", "number"]),
        ("uses", ["phrase"]), ("members", ["system", "substance", "role"]), ("repeat_units", ["substance", "unit"]),
        ("cell_numbers", ["of", "number"]),
    ],
)  # fmt: skip
def test_names_of_records_are_unique(known: knowledge.Knowledge, table: str, key: list[str]) -> None:
    frame = getattr(known, table)
    assert frame.filter(frame.select(pl.struct(key).is_duplicated()).to_series()).select(key).to_dicts() == []


def _split(column: pl.Series) -> set[str]:
    return {part.strip() for text in column.drop_nulls() for part in text.split(";")}


def test_records_point_only_to_records_that_are_there(known: knowledge.Knowledge) -> None:
    systems, substances = set(known.systems["system"]), set(known.substances["substance"])
    assert _split(known.facts["conflict"]) <= set(known.conflicts["conflict"])
    assert _split(known.conflicts["systems"]) <= systems
    assert set(known.members["system"]) <= systems
    assert set(known.members["substance"]) <= substances
    assert set(known.repeat_units["substance"]) <= substances
    assert set(known.properties["substance"]) <= substances
    assert set(known.properties["quantity"]) <= set(known.quantities["quantity"])
    assert _split(known.substances["solvents"]) <= substances
    assert set(known.asked["phrase"]) == set(known.uses["phrase"])
    assert set(known.asked["system"]) == systems
    columns = {column.name for column in TABLES["facts"]}
    assert _split(known.quantities["same"]) <= columns
    listed = set(known.references.select(pl.concat_str("document", pl.lit(" "), "number")).to_series())
    for frame in (known.facts, known.systems.filter(pl.col("reference") != "this work")):
        cited = frame.filter(pl.col("reference").is_not_null())
        for source, numbers in cited.select("source", "reference").unique().iter_rows():
            assert {f"{source} {one.strip()}" for one in numbers.split(";")} <= listed, numbers


def test_every_property_has_a_source_and_holds_its_range(known: knowledge.Knowledge) -> None:
    made = known.properties
    ranged = made.filter(~pl.col("method").is_in(["calculated", "defined"]))
    assert ranged.filter(pl.col("low").is_null() | pl.col("high").is_null())["property"].to_list() == []
    off = made.filter((pl.col("value") < pl.col("low")) | (pl.col("value") > pl.col("high")))
    assert off["property"].to_list() == []
    units = dict(known.quantities.select("quantity", "unit").iter_rows())
    pairs = made.select("unit", "quantity").unique().iter_rows()
    from byssus.knowledge.columns import conversions

    wanted = {(unit, units[quantity]) for unit, quantity in pairs}
    assert set(conversions(wanted)) == wanted


def test_estimates_are_called_estimates_and_say_why(known: knowledge.Knowledge) -> None:
    estimates = known.properties.filter(pl.col("method") == "estimate")
    assert estimates.height
    assert estimates.filter(pl.col("note").is_null())["property"].to_list() == []


def test_a_missing_number_has_its_reason_and_no_value(known: knowledge.Knowledge) -> None:
    missing = known.facts.filter(pl.col("qualifier") == "missing")
    assert missing.height > 50
    assert missing["value"].null_count() == missing.height
    assert missing["note"].null_count() == 0
    assert known.facts.filter(pl.col("qualifier") != "missing")["value"].null_count() == 0


# Against the documents


def test_all_250_systems_are_those_of_the_list(shared: Path, known: knowledge.Knowledge) -> None:
    assert [each for each in validation._systems(shared, known) if not each.holds] == []
    assert known.systems.height == 250


def test_every_contradiction_of_the_list_is_a_record(shared: Path, known: knowledge.Knowledge) -> None:
    assert [each for each in validation._conflicts(shared, known) if not each.holds] == []


@pytest.mark.parametrize("document", ["paper", "review"])
def test_every_number_that_a_document_prints_is_recorded(
    shared: Path, known: knowledge.Knowledge, document: str
) -> None:
    printed = validation.sections(shared, document)
    assert sum(map(len, printed.values())) > 200
    absent = {section: validation.unrecorded(known, document, section, numbers) for section, numbers in printed.items()}
    assert {section: numbers for section, numbers in absent.items() if numbers} == {}


def test_the_search_for_numbers_finds_what_is_left_out(shared: Path, known: knowledge.Knowledge) -> None:
    numbers = validation.sections(shared, "paper")["3"]
    without = knowledge.Knowledge(
        **{name: getattr(known, name) for name in TABLES if name != "facts"},
        facts=known.facts.filter(pl.col("quantity") != "peel force"),
    )
    assert validation.unrecorded(without, "paper", "3", numbers) == [3.52]


def _runs(text: str, length: int = 7) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.casefold())
    return set(zip(*(words[start:] for start in range(length)), strict=False))


def test_nothing_is_copied_from_the_documents(shared: Path, known: knowledge.Knowledge) -> None:
    documents = "\n".join(file.read_text(encoding="utf-8") for file in sorted((shared / "seeds").glob("*.txt")))
    printed = _runs(documents)
    own = [
        *(known.systems[name] for name in ("composition", "mechanism", "work", "relevance")),
        known.facts["note"], known.conflicts["printed"], known.conflicts["resolution"], known.conflicts["reason"],
    ]  # fmt: skip
    texts = {text for column in own for text in column.drop_nulls()}
    assert [text for text in texts if _runs(text) & printed] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # Read off the documents by eye, each with its place.
        ({"binder": "CCL", "quantity": "peel force"}, ["3.52 N"]),
        ({"binder": "lignin", "quantity": "capacity retention"}, ["94.1 %"]),
        ({"system": "P-047", "quantity": "thickness expansion"}, ["215 %", "214 %", "233 %", "166 %"]),
        ({"system": "R-164", "quantity": "open-circuit voltage"}, ["2.42 V", "2.29 V"]),
    ],
)
def test_numbers_are_those_of_the_documents(known: knowledge.Knowledge, words: dict, expected: list[str]) -> None:
    found = [fact.number() for fact in known.records(known.where(**words)) if fact.value is not None]
    assert sorted(found) == sorted(expected)


def test_lithium_silicate_is_what_its_ratio_says(known: knowledge.Knowledge) -> None:
    from byssus.physics.constants import molar_mass

    entry = known.find("LS")
    assert entry.substance is not None
    # 29.88 + 4.8 · 60.08, by hand from Li2O and SiO2
    assert molar_mass(entry.substance["formula"]) == pytest.approx(318.3, abs=0.1)
    assert "C16" in set(known.conflicts["conflict"])


# Questions in Python


def test_a_blend_is_found_by_its_parts_and_by_any_of_their_names(known: knowledge.Knowledge) -> None:
    assert known.where(binder="styrene-butadiene rubber").height
    sbr = set(known.where(binder="SBR")["binder"])
    assert any("CMC" in binder for binder in sbr)
    assert set(known.where(binder="alginate")["fact"]) == set(known.where(binder="sodium alginate")["fact"])


def test_a_grade_is_no_part_of_a_name(known: knowledge.Knowledge) -> None:
    assert known.names.substance("CMC (250 kDa)") == "CMC"
    assert known.names.substance("poly(acrylic acid)") == "PAA"
    assert known.names.substance("nothing (250 kDa)") is None


def test_an_abbreviation_with_two_meanings_is_no_name(known: knowledge.Knowledge) -> None:
    for clash in ("CA", "AN"):
        meanings = known.abbreviations.filter(pl.col("abbreviation") == clash)
        assert meanings.height >= 2, clash
        assert meanings["scope"].n_unique() >= 2, clash
        assert known.names.substance(clash) is None
        with pytest.raises(KnowledgeError, match="several meanings"):
            known.find(clash)
    assert known.names.substance("CA", "paper") == "citric acid"


def test_units_are_converted_and_bounds_hold_in_any_unit(known: knowledge.Knowledge) -> None:
    moduli = known.where(binder="CCL", quantity="elastic modulus", unit="MPa")
    assert moduli["value"].to_list() == [12480.0]
    in_siemens = known.where(quantity="ionic conductivity", at_least="1e-4 S/cm")["fact"]
    in_milli = known.where(quantity="ionic conductivity", at_least=0.1, unit="mS/cm")["fact"]
    assert set(in_siemens) == set(in_milli)
    assert in_siemens.len()
    warm = known.where(quantity="operating temperature", at_least="353.15 K")
    assert warm.height
    assert warm.filter(pl.coalesce("standard_max", "standard_value") < 80).is_empty()


def test_a_range_fits_if_part_of_it_does(known: knowledge.Knowledge) -> None:
    film = known.where(system="R-002", quantity="film thickness")
    assert (film["value"].item(), film["value_max"].item()) == (2.0, 35.0)
    for low, high, fits in ((30, 40, 1), (36, 40, 0), (0, 1, 0), (0, 3, 1)):
        found = known.where(system="R-002", quantity="film thickness", at_least=f"{low} nm", at_most=f"{high} nm")
        assert found.height == fits, (low, high)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ({"binder": "PEEDOT:PSS"}, "PEDOT:PSS"),
        ({"quantity": "capacity retension"}, "capacity retention"),
        ({"source": "papers"}, "paper"),
        ({"system": "X-001"}, "P-001"),
        ({"quantity": "peel force", "unit": "kg"}, "ask for N"),
        ({"quantity": "peel force", "unit": "furlongs per"}, "write it as"),
        ({"quantity": "peel force", "at_least": "2 V"}, "give it in N"),
        ({"at_least": "2 V"}, "name one quantity"),
    ],
)
def test_a_wrong_word_is_named_with_the_nearest(known: knowledge.Knowledge, words: dict, hint: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(hint)):
        known.where(**words)


def test_fades_follow_from_retention_and_cycles(known: knowledge.Knowledge) -> None:
    both = compare(known, known.where(quantity="capacity retention", section="3.1.1"))
    fades = {each.fact.fact: each.value for each in both.compared}
    lnmo = known.where(quantity="capacity retention", system="R-036")
    cmc = lnmo.filter(pl.col("binder") == "CMC")["fact"].item()
    lignin = known.where(quantity="capacity retention", system="R-039")["fact"].item()
    # The same 94.1 %, after 100 and after 1,000 cycles: exp(ln(0.941)/n), by hand.
    assert fades[cmc] == pytest.approx(0.0608, abs=5e-5)
    assert fades[lignin] == pytest.approx(0.00608, abs=5e-6)
    sericin = next(each for each in both.compared if each.fact.system == "R-038" and each.fact.qualifier == ">")
    assert sericin.qualifier == "<"


def test_a_retention_that_is_a_range_or_has_an_uncertainty_stays_one(tmp_path: Path) -> None:
    rows = ("PAA,capacity retention,70,%,user,cells,200,", "PAA,capacity retention,-5,%,user,cells,200,",
            "PAA,capacity retention,104,%,user,cells,200,")  # fmt: skip
    file = tmp_path / "facts.csv"
    file.write_text(HEADER.replace("value,", "value,value_max,uncertainty,")
                    + "\n".join(row.replace(",70,", ",70,90,,").replace(",-5,", ",-5,,,").replace(",104,", ",104,,,") for row in rows)
                    + "\nPAA,capacity retention,81.2,,0.9,%,user,cells,200,\n", encoding="utf-8")  # fmt: skip
    both = compare(known := knowledge.load(file), known.where(source="user"))
    ranged, single = sorted(both.compared, key=lambda each: each.value_max is None)
    # 1 − 0.9^(1/200) and 1 − 0.7^(1/200), by hand
    assert (ranged.value, ranged.value_max) == pytest.approx((0.052665, 0.178174), rel=1e-3)
    assert single.uncertainty == pytest.approx(0.9 / 200 * 0.812 ** (1 / 200 - 1), rel=1e-6)
    assert [refused.fact.value for refused in both.refused] == [-5.0, 104.0]


def test_what_cannot_be_compared_is_refused_with_its_reason(known: knowledge.Knowledge) -> None:
    retention = compare(known, known.where(quantity="capacity retention", binder="CCL"))
    assert any("number of cycles" in each.reason for each in retention.refused)
    moduli = compare(known, known.where(quantity="elastic modulus"))
    assert len(moduli.axes) > 1
    assert any("not ranked" in caveat for caveat in moduli.caveats)
    with pytest.raises(KnowledgeError, match="several quantities"):
        compare(known, known.where(binder="CCL"))


def test_capacities_come_to_one_basis_or_say_why_not(known: knowledge.Knowledge) -> None:
    silicon = known.where(electrode="Si", section="3").filter(
        pl.col("quantity").is_in(["specific capacity", "areal capacity"]) & (pl.col("source") == "paper")
    )
    both = compare(known, silicon)
    areal = [each for each in both.compared if each.fact.quantity == "areal capacity"]
    # 2.33 mAh/cm² on 1.2 mg/cm² of silicon, the paper's Fig. 4e
    assert [round(each.value, 1) for each in areal] == [1941.7]
    assert all(each.axis == "specific capacity / mAh/g of active material" for each in both.compared)
    thick = known.where(section="3.3").filter(pl.col("quantity").is_in(["specific capacity", "areal capacity"]))
    more = compare(known, pl.concat([silicon, thick]))
    assert any("no loading" in each.reason for each in more.refused)


# A user's own records


HEADER = "binder,quantity,value,unit,source,note,cycle,window\n"


def _own(folder: Path, *rows: str) -> Path:
    file = folder / "facts.csv"
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return file


def test_own_facts_are_found_beside_those_that_ship(tmp_path: Path) -> None:
    own = _own(tmp_path, "PAA,capacity retention,0.812,1,user,three cells,200,2.5-4.2 V")
    known = knowledge.load(own)
    mine = known.where(source="user", binder="polyacrylic acid")
    assert mine["standard_value"].to_list() == pytest.approx([81.2])
    assert mine["upper voltage / V"].to_list() == [4.2]
    assert mine["fact"].to_list() == ["facts:2"]
    assert known.faults == ()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("PAA,capacity retenton,80,%,user,cells,,", ("quantity", "capacity retention")),
        ("PAA,capacity retention,80,V,user,cells,,", ("unit", "give it in %")),
        ("PAA,capacity retention,80,blubs,user,cells,,", ("unit", "is not a unit")),
        ("PAA,capacity retention,eighty,%,user,cells,,", ("value", "is not a number")),
        ("PAA,capacity retention,nan,%,user,cells,,", ("value", "is not a number")),
        ("PAA,capacity retention,,%,user,cells,,", ("value", "is empty")),
        ("PAA,capacity retention,80,%,,cells,,", ("source", "is empty")),
        ("PAA,capacity retention,80,%,hearsay,cells,,", ("source", "one of its words")),
        ("PAA,capacity retention,80,%,literature,,,", ("title", "name the publication")),
        ("PAA,capacity retention,80,%,user,,,", ("note", "how it was measured")),
        ("PAA,capacity retention,80,%,user,cells,12.5,", ("cycle", "whole number")),
        ("PAA,capacity retention,80,%,user,cells,,4.2-2.5 V", ("window", "lower end")),
    ],
)
def test_a_row_with_a_fault_is_named_and_left_out(tmp_path: Path, row: str, words: tuple[str, str]) -> None:
    known = knowledge.load(_own(tmp_path, "PAA,capacity retention,70,%,user,cells,,", row))
    assert known.where(source="user")["value"].to_list() == [70.0]
    assert len(known.faults) == 1
    line = str(known.faults[0])
    assert "\n" not in line
    assert all(part in line for part in ("facts.csv", "line 3", *words)), line


def test_a_file_that_is_no_table_of_facts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="is not there"):
        knowledge.load(tmp_path / "none.csv")
    (tmp_path / "poor.csv").write_text("binder,value\nPAA,3\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"poor\.csv: quantity: is missing"):
        knowledge.load(tmp_path / "poor.csv")
    (tmp_path / "extra.csv").write_text(
        HEADER.replace("note", "note,bindr") + "PAA,capacity retention,70,%,user,x,y,,\n"
    )
    known = knowledge.load(tmp_path / "extra.csv")
    assert "did you mean 'binder'" in str(known.faults[0])
    assert known.where(source="user").height == 1


def test_many_facts_of_a_users_own_answer_as_the_few_do(tmp_path: Path) -> None:
    rows = [
        f"PAA,specific capacity,{1000 + number % 500},mAh/g,user,cells,{number % 300 + 1}," for number in range(20_000)
    ]
    known = knowledge.load(_own(tmp_path, *rows))
    found = known.where(source="user", binder="PAA", quantity="specific capacity", at_least="1.4 Ah/g")
    assert found.height == sum(1000 + number % 500 >= 1400 for number in range(20_000))


# What Byssus does with each system


def test_every_system_has_a_record_and_every_use_a_command_or_a_plan(known: knowledge.Knowledge) -> None:
    uses = list(uses_of(known))
    assert {use.system for use in uses if use.word == "record" and use.command} == set(known.systems["system"])
    assert {use.word for use in uses} == set(WORDS)
    assert all(bool(use.command) != bool(use.planned) for use in uses)
    assert {use.planned for use in uses} - {""} <= set(PLANNED.values())


def test_what_is_not_done_is_not_hidden_by_what_is(known: knowledge.Knowledge) -> None:
    """P-022 asks for a recipe calculator and a batch scale-up, which are there, and for an SOP, which is not."""
    asked = [use for use in uses_of(known) if (use.system, use.word) == ("P-022", "calculate")]
    assert [use.command for use in asked] == ["byssus design ccl-5", "byssus design ccl-5 --batch '2 g'", None]
    optimisers = [use for use in uses_of(known) if use.system == "P-005" and use.word == "calculate"]
    assert [use.command for use in optimisers] == [None]


def test_a_system_s_own_command_goes_before_that_of_its_phrase(known: knowledge.Knowledge) -> None:
    of_phrase, own = ([use.command for use in uses_of(known) if (use.system, use.word) == (system, "calculate")]
                      for system in ("P-050", "P-029"))  # fmt: skip
    assert any("specific_c_rate" in (command or "") for command in of_phrase)
    assert any("current_from_c_rate" in (command or "") for command in own)


def test_the_commands_for_the_systems_do_what_they_say(known: knowledge.Knowledge) -> None:
    """All but `byssus demo` and the 250 `byssus show`, which `make validate` runs with the others."""
    commands = {use.command for use in uses_of(known) if use.command}
    quick = sorted(each for each in commands if not each.startswith(("byssus demo", "byssus show ")))
    assert len(quick) > 90
    failed = {}
    for command in quick:
        done = CliRunner().invoke(cli.app, shlex.split(command)[1:])
        if done.exit_code or not done.stdout.strip():
            failed[command] = done.output
    assert failed == {}


# The command line


@pytest.mark.parametrize("name", ["CCL", "PR-PAA", "PEDOT:PSS", "waterglass", "PEO end groups"])
def test_show_answers_by_any_name(name: str) -> None:
    answer = told("show", name)
    assert answer["systems"]
    assert answer["facts"]
    text = said("show", name, "--all")
    assert max(map(len, text.splitlines())) <= 100
    assert "review" in text or "paper" in text


def test_show_draws_the_repeat_unit(tmp_path: Path) -> None:
    out = tmp_path / "unit.svg"
    text = said("show", "PVDF", "--svg", str(out))
    assert "CH2" in text
    assert "F" in text
    assert out.read_text(encoding="utf-8").lstrip().startswith(("<?xml", "<svg"))
    again = CliRunner().invoke(cli.app, ["show", "PVDF", "--svg", str(out)])
    assert isinstance(again.exception, Exception)


def test_show_says_which_abbreviations_clash() -> None:
    assert "several meanings" in said("show", "LPS", "--all")


def test_binders_are_listed_and_found_by_words(known: knowledge.Knowledge) -> None:
    everything = told("binders")["binders"]
    assert len(everything) == known.systems.filter(pl.col("kind").is_in(BINDER_KINDS)).height
    assert {row["system"] for row in told("binders", "xanthan")["binders"]} >= {"R-045"}


def test_facts_are_filtered_and_written(tmp_path: Path) -> None:
    answer = told("facts", "--quantity", "contact angle", "--source", "paper")
    assert sorted(fact["value"] for fact in answer["facts"] if "value" in fact) == [24.09, 28.23, 44.29]
    assert all(fact["section"] for fact in answer["facts"])
    for kind in ("csv", "parquet", "json"):
        out = tmp_path / f"facts.{kind}"
        said("facts", "--binder", "CCL", "--out", str(out))
        frame = {"csv": pl.read_csv, "parquet": pl.read_parquet, "json": pl.read_json}[kind](out)
        assert frame.height == len(told("facts", "--binder", "CCL")["facts"])


def test_facts_carry_the_doi_of_what_they_cite() -> None:
    row = told("facts", "--system", "R-089", "--quantity", "strain")["facts"][0]
    assert "10.1126/science.aal4373" in row["doi"].split(";")


def test_own_facts_come_from_the_data_folder_and_a_study(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir()
    _own(study, "PAA,peel force,2.1,N,user,strip of 20 mm,,")
    (tmp_path / "home" / "facts").mkdir(parents=True)
    _own(tmp_path / "home" / "facts", "PAA,peel force,1.9,N,user,strip of 20 mm,,")
    found = told("facts", "--source", "user", "--own", str(study))["facts"]
    assert sorted(fact["value"] for fact in found) == [1.9, 2.1]


def test_a_fault_in_own_facts_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    own = _own(tmp_path, "PAA,peel force,2.1,V,user,strip,,")
    done = CliRunner().invoke(cli.app, ["facts", "--quantity", "peel force", "--own", str(own)])
    assert done.exit_code == 1
    assert "3.52 N" in done.stdout
    assert "line 2" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
