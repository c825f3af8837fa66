"""Cycle analysis: on tables whose answer is known by arithmetic, and on real files by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import LAND, LANDT, square_wave

from byssus.analysis.cycling.columns import EFFICIENCY, RETENTION, capacity_column, u
from byssus.analysis.cycling.cycles import analyse
from byssus.analysis.cycling.steps import number_cycles, steps
from byssus.analysis.cycling.summary import summarise
from byssus.conventions import CapacityBasis, CellDirection, Configuration, Made
from byssus.errors import AnalysisError
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table
from byssus.quantity import Quantity

Real = Callable[[str], Path]
ANODE = Sample(name="anode", configuration=Configuration.HALF, made=Made.EMPTY)
CATHODE = Sample(name="cathode", configuration=Configuration.HALF, made=Made.FULL)
FULL = Sample(name="full", configuration=Configuration.FULL)


def capacities(table: Table, word: str) -> list[float]:
    return analyse(table).cycles[capacity_column(word, CapacityBasis.CELL)].to_list()


def test_an_anode_half_cell_is_lithiated_first() -> None:
    # Discharge 2 h, charge 1.5 h, then 1.6 h and 1.4 h, all at 1 mA.
    result = analyse(square_wave([0, -1, 1, -1, 1], [1, 2, 1.5, 1.6, 1.4], sample=ANODE))
    assert result.words == ("lithiation", "delithiation")
    assert result.cycles["Cycle / 1"].to_list() == [1, 2]
    assert result.cycles["Lithiation Capacity / mAh"].to_list() == pytest.approx([2.0, 1.6])
    assert result.cycles["Delithiation Capacity / mAh"].to_list() == pytest.approx([1.5, 1.4])
    assert result.cycles[EFFICIENCY].to_list() == pytest.approx([75.0, 87.5])
    assert result.cycles[RETENTION].to_list() == pytest.approx([100.0, 100 * 1.4 / 1.5])


def test_a_cathode_half_cell_is_delithiated_first() -> None:
    result = analyse(square_wave([1, -1, 1, -1], [2, 1.8, 1.9, 1.7], sample=CATHODE))
    assert result.words == ("delithiation", "lithiation")
    assert result.cycles[EFFICIENCY].to_list() == pytest.approx([90.0, 100 * 1.7 / 1.9])


def test_a_full_cell_is_charged_first() -> None:
    result = analyse(square_wave([1, -1, 1, -1], [2, 1.6, 1.5, 1.4], sample=FULL))
    assert result.words == ("charge", "discharge")
    assert result.cycles[EFFICIENCY].to_list() == pytest.approx([80.0, 100 * 1.4 / 1.5])
    assert result.cycles["Discharge Capacity / mAh"].to_list() == pytest.approx([1.6, 1.4])


def test_what_comes_before_the_first_half_is_no_cycle() -> None:
    # A cathode that is discharged a little before its first charge.
    result = analyse(square_wave([-1, 1, -1], [0.1, 2, 1.8], sample=CATHODE))
    assert result.cycles["Cycle / 1"].to_list() == [1]
    assert result.cycles["Delithiation Capacity / mAh"].to_list() == pytest.approx([2.0])


def test_constant_current_and_constant_voltage_are_one_half() -> None:
    result = analyse(square_wave([1, 0.2, 0, -1], [1.5, 1.0, 0.1, 1.6], sample=FULL))
    assert result.cycles["Charge Capacity / mAh"].to_list() == pytest.approx([1.7])
    assert result.cycles[EFFICIENCY].to_list() == pytest.approx([100 * 1.6 / 1.7])


def test_a_half_that_is_missing_is_missing_not_zero() -> None:
    result = analyse(square_wave([-1, 1, -1], [2, 1.5, 1.4], sample=ANODE))
    assert result.cycles["Delithiation Capacity / mAh"].to_list() == [pytest.approx(1.5), None]
    assert result.cycles[EFFICIENCY].to_list()[1] is None
    assert "incomplete-cycle" in [finding.code for finding in result.findings]


def codes(table: Table, **options: int) -> list[str]:
    return [finding.code for finding in analyse(table, **options).findings]


def test_an_efficiency_that_cannot_be_is_said() -> None:
    good = square_wave([-1, 1, -1, 1], [2, 1.9, 1.9, 1.88], sample=ANODE, digit_Ah=1e-6)
    assert "efficiency-impossible" not in codes(good)
    bad = square_wave([-1, 1, -1, 1], [2, 1.9, 1.9, 1.95], sample=ANODE, digit_Ah=1e-6)
    finding = next(finding for finding in analyse(bad).findings if finding.code == "efficiency-impossible")
    assert "in 1 of 2 cycles" in finding.message
    assert finding.value == pytest.approx(100 * 1.95 / 1.9)
    # Within what rounding explains, it is no finding: 5 mAh on 2 mAh.
    assert "efficiency-impossible" not in codes(square_wave([-1, 1], [2, 2.05], sample=ANODE, digit_Ah=5e-4))


def test_a_slow_half_gives_back_what_a_fast_one_left() -> None:
    # 1.0 mAh stays behind at 4 mA; at 1 mA it comes out, in the first slow cycle.
    fast, slow = [0.75, 0.5], [2.0, 2.6]
    result = analyse(square_wave([-4, 4, -1, 1], [*fast, *slow], sample=ANODE, digit_Ah=1e-6))
    assert result.cycles[EFFICIENCY].to_list()[1] == pytest.approx(130)
    assert "efficiency-impossible" not in [finding.code for finding in result.findings]
    # Once: the second slow cycle has nothing left to give back, nor has one at a higher current.
    again = [
        finding.code
        for finding in analyse(square_wave([-4, 4, -1, 1, -1, 1], [*fast, *slow, *slow], sample=ANODE)).findings
    ]
    assert "efficiency-impossible" in again
    assert "efficiency-impossible" in codes(square_wave([-1, 1, -4, 4], [3, 2, 0.5, 0.65], sample=ANODE, digit_Ah=1e-6))


def test_more_lithium_out_than_in_is_said() -> None:
    # Each cycle gives 2 % more than it takes: a little each, impossible in all.
    drift = [value for _ in range(8) for value in (1.5, 1.512)]
    result = analyse(square_wave([-1, 1] * 8, drift, sample=ANODE, digit_Ah=1e-7))
    finding = next(finding for finding in result.findings if finding.code == "inventory-impossible")
    assert finding.value == pytest.approx(-8 * 0.012)
    assert "inventory-impossible" not in codes(square_wave([-1, 1] * 8, [2.0, 1.5] * 8, sample=ANODE))


def test_a_half_that_is_cut_off_is_not_taken_for_whole() -> None:
    whole = square_wave([-1, 1, -1, 1, -1, 1], [2, 1.5, 1.6, 1.5, 1.6, 1.5], sample=ANODE)
    cut = Table(whole.data.head(whole.rows - 30), whole.metadata)
    result = analyse(cut, baseline=2)
    assert "half-cut-off" in [finding.code for finding in result.findings]
    assert result.cycles["Whole"].to_list() == [True, True, False]
    assert result.last == 2
    assert result.cycles[EFFICIENCY].to_list()[2] is None
    assert result.cycles[RETENTION].to_list()[2] is None
    # The charge that did move is kept.
    assert 0 < result.cycles["Delithiation Capacity / mAh"][2] < 1.5
    assert next(r for r in summarise(result) if r.name.startswith("last")).cycle == 2
    assert "half-cut-off" not in codes(whole)
    # An electrode that fades ends at the same voltage, only sooner.
    assert "half-cut-off" not in codes(square_wave([-1, 1, -1, 1], [2, 1.5, 0.6, 0.5], sample=ANODE))


def test_an_anode_said_to_be_full_is_doubted() -> None:
    table = square_wave([-1, 1, -1, 1], [2, 1.5, 1.5, 1.4], sample=CATHODE)
    finding = next(finding for finding in analyse(table).findings if finding.code == "charge-before-first")
    assert "2 mAh of lithiation came before the first delithiation" in finding.message
    assert "charge-before-first" not in codes(square_wave([-1, 1], [2, 1.5], sample=ANODE))


def test_resistance_pulses_are_no_half_cycles() -> None:
    # A short charge pulse in the middle of each discharge.
    currents, hours = [-1, 1, -1, 1] * 2, [1.0, 0.003, 1.0, 1.9] * 2
    result = analyse(square_wave(currents, hours, sample=ANODE))
    assert result.cycles["Lithiation Capacity / mAh"].to_list() == pytest.approx([2.0, 2.0])
    assert result.cycles["Delithiation Capacity / mAh"].to_list() == pytest.approx([1.9, 1.9])
    finding = next(finding for finding in result.findings if finding.code == "pulses-passed-over")
    assert finding.value == 2
    # At a rate that leaves nothing, both halves are small, and both are halves.
    dead = analyse(square_wave([-1, 1, -1, 1, -1, 1], [2, 1.9, 0.01, 0.01, 1.9, 1.9], sample=ANODE))
    assert dead.cycles.height == 3


def test_a_half_without_charge_is_missing_with_its_reason() -> None:
    sample = ANODE.model_copy(update={"active_mass": Quantity(1, "mg", 0.1)})
    table = square_wave([-1, 1, -1, 1], [2, 1.5, 1.6, 1.5], sample=sample, digit_Ah=1e-7)
    name = "Step Cumulative Capacity / Ah"
    nothing = table.data.with_columns(pl.when(pl.col("Step Count / 1") == 1).then(0.0).otherwise(name).alias(name))
    result = analyse(Table(nothing, table.metadata))
    assert result.cycles["Lithiation Capacity / mAh"].to_list() == pytest.approx([0.0, 1.6])
    assert result.cycles[EFFICIENCY].to_list() == [None, pytest.approx(93.75)]
    values = [value for row in result.cycles.iter_rows() for value in row if isinstance(value, float)]
    assert values
    assert all(np.isfinite(value) for value in values)
    assert "cycle 1 has no lithiation" in [finding.message for finding in result.findings]


def test_a_divisor_without_uncertainty_leaves_none() -> None:
    sample = ANODE.model_copy(update={"electrode_area": Quantity(1.13, "cm^2"), "active_mass": Quantity(1, "mg", 0.1)})
    result = analyse(square_wave([-1, 1], [2, 1.5], sample=sample, digit_Ah=1e-7))
    row = result.cycles.row(0, named=True)
    assert row["Lithiation Capacity / mAh/cm² (u)"] is None
    assert row["Lithiation Capacity / mAh/g (u)"] == pytest.approx(200, rel=1e-3)
    assert [f.field for f in result.findings if f.code == "value-missing"] == ["electrode_area"]


def test_capacity_is_integrated_where_the_instrument_did_not_count() -> None:
    counted = analyse(square_wave([-1, 1], [2, 1.5], sample=ANODE))
    integrated = analyse(square_wave([-1, 1], [2, 1.5], sample=ANODE, counted=False))
    assert not integrated.counted
    for column in ("Lithiation Capacity / mAh", "Delithiation Capacity / mAh", EFFICIENCY):
        assert integrated.cycles[column].to_list() == pytest.approx(counted.cycles[column].to_list())


def test_integration_agrees_with_the_integral_of_a_ramp() -> None:
    # I = 2 mA · t/T over T = 1 h passes exactly 1 mAh; a trapezoid is exact for a ramp.
    seconds = np.linspace(0, 3600, 11)
    frame = pl.DataFrame(
        {
            "Test Time / s": seconds,
            "Voltage / V": 3 + seconds / 3600,
            "Current / A": 2e-3 * seconds / 3600,
            "Step Count / 1": np.ones(11, dtype=np.int64),
        }
    )
    table = Table(add_directions(frame, Configuration.FULL), Metadata(kind="cycling", sample=FULL))
    step = steps(table).row(0, named=True)
    assert step["Capacity / Ah"] == pytest.approx(1e-3)
    # E = ∫ V I dt = ∫ (3 + τ)(2τ) dτ mWh = 3 + 2/3; the trapezoid on ten intervals is within its error h²/12·f″.
    assert step["Energy / Wh"] == pytest.approx(11 / 3 * 1e-3, rel=2e-3)


def test_energy_is_the_area_under_the_profile() -> None:
    # 1 mA for 1 h from 0.1 V to 0.6 V, linear: 0.35 mWh, mean 0.35 V.
    step = steps(square_wave([1], [1])).row(0, named=True)
    assert step["Energy / Wh"] == pytest.approx(0.35e-3)
    assert step["Mean Voltage / V"] == pytest.approx(0.35)
    assert step["Duration / s"] == pytest.approx(3600)


def test_every_basis_that_masses_and_area_allow() -> None:
    sample = ANODE.model_copy(
        update={
            "active_mass": Quantity(0.5, "mg", 0.01),
            "coating_mass": Quantity(0.8, "mg"),
            "electrode_area": Quantity(1.25, "cm^2", 0.025),
        }
    )
    result = analyse(square_wave([-1, 1], [2, 1.5], sample=sample))
    row = result.cycles.row(0, named=True)
    assert row["Lithiation Capacity / mAh/g"] == pytest.approx(4000)
    assert row["Lithiation Capacity / mAh/g (u)"] == pytest.approx(80)
    assert row["Lithiation Capacity per Coating / mAh/g"] == pytest.approx(2500)
    assert row["Lithiation Capacity per Coating / mAh/g (u)"] is None
    assert row["Lithiation Capacity / mAh/cm²"] == pytest.approx(1.6)
    assert row["Lithiation Capacity / mAh/cm² (u)"] == pytest.approx(0.032)


def test_the_seeds_loading_makes_its_capacity_uncertain_by_118() -> None:
    # 0.82 ± 0.03 mg/cm² on 1.13 cm²: 3227 mAh/g is 2.990 mAh, and ± is 3227 · 0.03/0.82 = 118.
    mass = Quantity(0.82 * 1.13, "mg", 0.03 * 1.13)
    sample = ANODE.model_copy(update={"active_mass": mass})
    result = analyse(square_wave([-3.227 * 0.82 * 1.13, 1], [1, 1], sample=sample))
    row = result.cycles.row(0, named=True)
    assert row["Lithiation Capacity / mAh/g"] == pytest.approx(3227)
    assert row["Lithiation Capacity / mAh/g (u)"] == pytest.approx(118, abs=0.5)


def test_the_mass_cancels_in_efficiency_and_retention() -> None:
    sample = ANODE.model_copy(update={"active_mass": Quantity(0.5, "mg", 0.4)})
    cycles = analyse(square_wave([-1, 1, -1, 1], [2, 1.5, 1.5, 1.4], sample=sample, digit_Ah=1e-7)).cycles
    # d/√12 of 1e-4 mAh on each half.
    expected = 75.0 * np.hypot(1e-4 / np.sqrt(12) / 2.0, 1e-4 / np.sqrt(12) / 1.5)
    assert cycles[u(EFFICIENCY)][0] == pytest.approx(expected)
    assert cycles[u(RETENTION)].to_list()[0] == 0.0
    assert cycles[u(RETENTION)][1] < 0.01


def test_rounding_covers_the_truth_as_often_as_it_should() -> None:
    # 400 half cycles of random capacity, rounded to 1e-4 mAh: the standard deviation of the error of the efficiency,
    # in units of the stated uncertainty, must be 1.
    generator = np.random.default_rng(1)
    first, second = generator.uniform(0.015, 0.03, 400), generator.uniform(0.01, 0.02, 400)
    hours = np.ravel(np.column_stack([first, second]))
    table = square_wave([-1, 1] * 400, list(hours), sample=ANODE, records=3, digit_Ah=1e-7)
    name = "Step Cumulative Capacity / Ah"
    rounded = Table(table.data.with_columns(pl.col(name).round(7)), table.metadata)
    cycles = analyse(rounded).cycles
    error = (cycles[EFFICIENCY].to_numpy() - 100 * second / first) / cycles[u(EFFICIENCY)].to_numpy()
    assert 0.9 < np.std(error) < 1.1
    assert abs(np.mean(error)) < 0.15


def test_retention_names_a_baseline_that_must_exist() -> None:
    table = square_wave([-1, 1, -1, 1], [2, 1.5, 1.5, 1.2], sample=ANODE)
    assert analyse(table, baseline=2).cycles[RETENTION].to_list() == pytest.approx([125.0, 100.0])
    absent = analyse(table, baseline=7)
    assert absent.cycles[RETENTION].null_count() == 2
    assert "baseline-missing" in [finding.code for finding in absent.findings]
    result = next(result for result in summarise(absent) if result.name.startswith("retention"))
    assert result.value is None
    assert "cycle 7" in str(result)


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (Sample(name="x"), "configuration: is not known"),
        (Sample(name="x", configuration=Configuration.HALF), "made: is not known"),
    ],
)
def test_what_the_order_needs_is_asked_for(sample: Sample, message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        analyse(square_wave([-1, 1], [1, 1], sample=sample))


def test_a_test_without_its_first_half_says_so() -> None:
    for currents in ([0.0], [1.0]):
        with pytest.raises(AnalysisError, match="has no step of lithiation"):
            analyse(square_wave(currents, [1.0], sample=ANODE))


def test_other_kinds_of_table_have_no_cycles() -> None:
    frame = pl.DataFrame({"Wavenumber / cm^-1": [1.0], "Absorbance / 1": [1.0]})
    with pytest.raises(AnalysisError, match="a curve table has no cycles"):
        steps(Table(frame, Metadata(kind="curve", curve="infrared")))


def test_numbers_of_cycles() -> None:
    charge, discharge, rest = CellDirection.CHARGE, CellDirection.DISCHARGE, CellDirection.REST
    assert number_cycles([], charge) == []
    assert number_cycles([discharge, rest, charge, rest, discharge, rest, charge], charge) == [0, 0, 1, 1, 1, 1, 2]
    # Two charges with a rest between them are one half.
    assert number_cycles([charge, rest, charge, discharge, charge], charge) == [1, 1, 1, 1, 2]


hours = st.floats(0.05, 5)


@settings(max_examples=40, deadline=None)
@given(first=hours, second=hours, mass=st.floats(0.1, 10), scale=st.floats(0.1, 10))
def test_scaling_the_mass_scales_the_capacity(first: float, second: float, mass: float, scale: float) -> None:
    def of(milligrams: float) -> pl.DataFrame:
        sample = ANODE.model_copy(update={"active_mass": Quantity(milligrams, "mg")})
        return analyse(square_wave([-1, 1], [first, second], sample=sample, records=5)).cycles

    small, large = of(mass), of(mass * scale)
    name = "Delithiation Capacity / mAh/g"
    assert small[name][0] == pytest.approx(large[name][0] * scale)
    assert small[EFFICIENCY][0] == pytest.approx(large[EFFICIENCY][0])


@settings(max_examples=40, deadline=None)
@given(durations=st.lists(hours, min_size=2, max_size=9))
def test_flipping_the_sign_swaps_the_directions(durations: list[float]) -> None:
    signs = [-1.0, 1.0] * 5
    currents = signs[: len(durations)]
    anode = analyse(square_wave(currents, durations, sample=ANODE, records=5)).cycles
    cathode = analyse(square_wave([-current for current in currents], durations, sample=CATHODE, records=5)).cycles
    assert anode["Lithiation Capacity / mAh"].to_list() == cathode["Delithiation Capacity / mAh"].to_list()
    assert anode[EFFICIENCY].to_list() == cathode[EFFICIENCY].to_list()


@settings(max_examples=40, deadline=None)
@given(first=hours, second=hours, at=st.floats(0.1, 0.9))
def test_splitting_a_step_changes_nothing(first: float, second: float, at: float) -> None:
    whole = analyse(square_wave([-1, 1], [first, second], sample=ANODE, records=5)).cycles
    split = analyse(square_wave([-1, -1, 1], [first * at, first * (1 - at), second], sample=ANODE, records=5)).cycles
    for name in ("Lithiation Capacity / mAh", "Delithiation Capacity / mAh", EFFICIENCY):
        assert split[name].to_list() == pytest.approx(whole[name].to_list())


def test_the_land_cell_agrees_with_the_vendors_tab_cycle(real: Real) -> None:
    import fastexcel

    sample = ANODE.model_copy(update={"active_mass": Quantity(0.1, "mg")})
    cycles = analyse(read(real(LAND), sample=sample), baseline=2).cycles
    vendor = fastexcel.read_excel(str(real(LAND))).load_sheet("Cycle").to_polars().filter(pl.col("Index") > 0)
    assert cycles["Cycle / 1"].to_list() == vendor["Index"].cast(pl.Int64).to_list() == list(range(1, 31))
    digit = 1e-4 * (1 + 1e-9)
    assert (cycles["Lithiation Capacity / mAh"] - vendor["Discharge-Cap/mAh"]).abs().max() <= digit
    assert (cycles["Delithiation Capacity / mAh"] - vendor["Charge-Cap/mAh"]).abs().max() <= digit
    # By hand from the tab: 0.0176 / 0.0256 and 0.0174 / 0.0165.
    assert cycles[EFFICIENCY][0] == pytest.approx(68.75)
    assert cycles[RETENTION][29] == pytest.approx(100 * 0.0174 / 0.0165)
    # The tab's efficiency comes from more digits: 68.63, within what rounding leaves open.
    assert abs(cycles[EFFICIENCY][0] - 68.63) < 2 * cycles[u(EFFICIENCY)][0]


def test_the_graphite_cell_by_hand(real: Real) -> None:
    # The file's counters end at 0.0063 Ah (discharge) and 0.0032 Ah (charge).
    cycles = analyse(read(real(LANDT), sample=ANODE)).cycles
    assert cycles["Lithiation Capacity / mAh"][0] == pytest.approx(6.3)
    assert cycles["Delithiation Capacity / mAh"][0] == pytest.approx(3.2)
    assert cycles[EFFICIENCY][0] == pytest.approx(100 * 3.2 / 6.3)


def test_a_real_full_cell_by_its_own_counter(real: Real) -> None:
    table = read(real("cycler_neware/nw4-120-1-6-53.ndax"), sample=FULL)
    cycles = analyse(table).cycles
    # Independent of steps and cycles: the charge between the first record and the first sign change.
    data = table.data.with_columns(pl.col("Current / A").sign().alias("sign")).filter(pl.col("sign") != 0)
    turn = int((data["sign"] < 0).arg_true()[0])
    first = data.head(turn)
    seconds, amperes = first["Test Time / s"].to_numpy(), first["Current / A"].to_numpy()
    integral = float(np.trapezoid(amperes, seconds)) / 3.6
    assert cycles["Charge Capacity / mAh"][0] == pytest.approx(integral, rel=2e-3)
    assert cycles.height == 160
