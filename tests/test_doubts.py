"""Doubts about a cycling test: each finds its trap, and nothing where there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from shared import LAND, LANDT, square_wave

from byssus.analysis.cycling import doubts
from byssus.analysis.cycling.cycles import analyse
from byssus.conventions import Configuration, Made
from byssus.findings import Finding
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.measured.tables import Table
from byssus.quantity import Quantity

ANODE = Sample(name="anode", configuration=Configuration.HALF, made=Made.EMPTY)
CATHODE = Sample(name="cathode", configuration=Configuration.HALF, made=Made.FULL)
FULL = Sample(name="full cell", configuration=Configuration.FULL)
FOUR_TABS = "cycler_land/6-6-L_Formation_and_Cap_Check_004_2.xlsx"


def rests(table: Table) -> list[str]:
    return [finding.message for finding in doubts.rests(analyse(table).steps, "cell")]


def vendor(table: Table) -> list[Finding]:
    result = analyse(table)
    return list(doubts.vendor_efficiency(table, result.cycles, result.directions[0], result.words, "cell"))


def test_a_test_that_rests() -> None:
    assert rests(square_wave([0, -1, 0, 1, 0, -1, 0, 1], [1, 2, 1, 1.5, 1, 1.6, 1, 1.4], sample=ANODE)) == []
    # One rest in the test is enough to see how the cell relaxes.
    assert rests(square_wave([0, -1, 0, 1, -1, 1], [1, 2, 1, 1.5, 1.6, 1.4], sample=ANODE)) == []


def test_a_test_without_rests() -> None:
    (message,) = rests(square_wave([-1, 1, -1, 1], [2, 1.5, 1.6, 1.4], sample=ANODE))
    assert message.startswith("the test begins with current")
    assert message.endswith("no rest at any of the 3 turns between charge and discharge")
    (message,) = rests(square_wave([0, -1, 1, -1, 1], [1, 2, 1.5, 1.6, 1.4], sample=ANODE))
    assert "begins" not in message
    (message,) = rests(square_wave([-1, 0, 1, 0, -1, 1], [2, 1, 1.5, 1, 1.6, 1.4], sample=ANODE))
    assert message == "the test begins with current: the cell's open-circuit voltage was not measured"


def test_a_rest_within_a_half_is_none_between_halves() -> None:
    (message,) = rests(square_wave([0, -1, 0, -1, 1], [1, 1, 1, 1, 1.5], sample=ANODE))
    assert "no rest at the one turn" in message


def test_a_pulse_is_no_turn() -> None:
    # A rest before a resistance pulse inside the half is not one between the halves.
    steps = square_wave([0, -1, 0, 1, -1, 1], [1, 1, 1, 0.003, 1, 1.5], sample=ANODE)
    (message,) = rests(steps)
    assert "no rest at the one turn" in message


def with_vendor(table: Table, rows: list[dict[str, float]]) -> Table:
    instrument = table.metadata.instrument.model_copy(update={"vendor": "LAND"})
    header = {"Cycle-Tab": json.dumps(rows)}
    return Table(table.data, table.metadata.model_copy(update={"vendor": header, "instrument": instrument}))


# What a LAND writes of discharge 2.0, charge 1.5, discharge 1.6, charge 1.4 mAh: its cycles open with the charge.
CHARGE_FIRST = [
    {"Cycle": 1.0, "CapC/mAh": 0.0, "CapD/mAh": 2.0, "Efficiency/%": 0.0},
    {"Cycle": 2.0, "CapC/mAh": 1.5, "CapD/mAh": 1.6, "Efficiency/%": 106.67},
    {"Cycle": 3.0, "CapC/mAh": 1.4, "CapD/mAh": 0.0, "Efficiency/%": 0.0},
]


def test_an_efficiency_of_two_different_cycles() -> None:
    table = square_wave([-1, 1, -1, 1], [2.0, 1.5, 1.6, 1.4], sample=ANODE)
    (finding,) = vendor(with_vendor(table, CHARGE_FIRST))
    assert finding.code == "vendor-efficiency-order"
    assert "lithiation over delithiation in the one cycle that tells (106.7 %)" in finding.message
    assert finding.message.endswith("delithiation over the lithiation before it: 75 % in cycle 1")


def test_the_same_numbers_of_a_cathode_are_right() -> None:
    table = square_wave([1, -1, 1, -1], [2.0, 1.5, 1.6, 1.4], sample=CATHODE)
    rows = [
        {"Cycle": 1.0, "CapC/mAh": 2.0, "CapD/mAh": 1.5, "Efficiency/%": 75.0},
        {"Cycle": 2.0, "CapC/mAh": 1.6, "CapD/mAh": 1.4, "Efficiency/%": 87.5},
    ]
    assert vendor(with_vendor(table, rows)) == []
    full = Table(table.data, table.metadata.model_copy(update={"sample": FULL}))
    assert vendor(with_vendor(full, rows)) == []


def test_an_instrument_that_pairs_with_the_row_before_is_right() -> None:
    table = square_wave([-1, 1, -1, 1], [2.0, 1.5, 1.6, 1.4], sample=ANODE)
    rows = [row | {"Efficiency/%": right} for row, right in zip(CHARGE_FIRST, (0.0, 75.0, 87.5), strict=True)]
    assert vendor(with_vendor(table, rows)) == []


def test_an_efficiency_that_both_orders_explain_tells_nothing() -> None:
    table = square_wave([-1, 1, -1, 1], [2.0, 1.5, 1.125, 1.1], sample=ANODE)
    # 1.5 over the 2.0 before it, or 1.125 over 1.5.
    rows = [CHARGE_FIRST[0], {"Cycle": 2.0, "CapC/mAh": 1.5, "CapD/mAh": 1.125, "Efficiency/%": 75.0}]
    assert vendor(with_vendor(table, rows)) == []


def test_efficiencies_that_rounding_leaves_open_tell_nothing() -> None:
    table = square_wave([-1, 1, -1, 1], [2.0, 1.99, 2.0, 1.99], sample=ANODE, digit_Ah=1e-4)
    rows = [{"Cycle": 2.0, "CapC/mAh": 2.0, "CapD/mAh": 2.0, "Efficiency/%": 100.2}]
    assert vendor(with_vendor(table, rows)) == []


def test_a_table_without_the_instruments_cycles_tells_nothing() -> None:
    table = square_wave([-1, 1, -1, 1], [2.0, 1.5, 1.6, 1.4], sample=ANODE)
    assert vendor(table) == []
    assert vendor(with_vendor(table, [{"Cycle": 1.0}])) == []
    assert vendor(with_vendor(table, [])) == []
    word = table.metadata.model_copy(update={"vendor": {"Cycle": "until 80 %"}})
    assert vendor(Table(table.data, word)) == []


def test_real_land_file_pairs_the_wrong_way(real: Callable[[str], Path]) -> None:
    (finding,) = vendor(read(real(FOUR_TABS), sample=ANODE))
    # Cycle-Tab: 0.335 mAh of discharge over the charge before it, 0.349; the first lithiation was 0.860 mAh.
    assert finding.value == pytest.approx(96.12)
    assert finding.message.endswith("40.58 % in cycle 1")


def test_real_ec_lab_file_pairs_the_wrong_way(real: Callable[[str], Path]) -> None:
    # Hard carbon made empty: EC-Lab prints 2.252434 over 2.616072 mAh; the first sodiation was 3.251960 mAh.
    (finding,) = vendor(read(real("cycler_biologic/gcpl.pr_182.1.mpt"), sample=ANODE))
    assert finding.value == pytest.approx(100 * 2.252434 / 2.616072, rel=1e-5)
    assert f"{100 * 2.616072 / 3.251960:.4g} % in cycle 1" in finding.message


@pytest.mark.parametrize("name", [LAND, LANDT, "cycler_arbin/20160805_test001_45_cc_01.res"])
def test_real_files_that_pair_the_right_way_or_not_at_all(real: Callable[[str], Path], name: str) -> None:
    assert vendor(read(real(name), sample=ANODE)) == []


def test_a_land_file_that_is_said_to_be_a_cathode_is_doubted(real: Callable[[str], Path]) -> None:
    (finding,) = vendor(read(real(LAND), sample=CATHODE))
    assert "in 30 of the 30 cycles that tell" in finding.message


def masses(sample: Sample, *files: str) -> list[Finding]:
    return list(doubts.mass_in_study(sample, files, "cell"))


def test_a_mass_in_the_name_against_the_study() -> None:
    file = "FK155_m1p233mg_02_GCPL.mpr"
    sample = Sample(active_mass=Quantity(1.260, "mg"))
    (finding,) = masses(sample, file, "other.mpr")
    assert (finding.code, finding.file, finding.field) == ("mass-in-name", file, "active_mass")
    assert finding.message == "the file's name says 1.233 mg, the study gives 1.26 mg as active_mass"
    assert masses(Sample(active_mass=Quantity(1233.0, "ug")), file) == []
    assert masses(Sample(active_mass=Quantity(1.26, "mg", 0.02)), file) == []
    assert masses(Sample(), file) == []
    assert masses(sample, "cell.mpr") == []


def test_a_name_may_hold_the_mass_of_the_coating() -> None:
    sample = Sample(active_mass=Quantity(1.0, "mg"), coating_mass=Quantity(1.233, "mg"))
    assert masses(sample, "cell_1.233mg.mpr") == []
    (finding,) = masses(sample, "cell_1.3mg.mpr")
    assert "1 mg as active_mass and 1.233 mg as coating_mass" in finding.message


def test_pulses_stand_against_the_half_around_them() -> None:
    assert doubts.pulses(["discharge", "charge", "discharge"], [1.0, 0.04, 1.0]) == [False, True, False]
    assert doubts.pulses(["discharge", "charge", "discharge"], [1.0, 0.06, 1.0]) == [False, False, False]


def test_real_arbin_file_with_lithium_from_nowhere(real: Callable[[str], Path]) -> None:
    table = read(real("cycler_arbin/20160805_test001_45_cc_01.res"), sample=ANODE)
    codes = {finding.code for finding in analyse(table).findings}
    assert {"efficiency-impossible", "inventory-impossible"} <= codes
