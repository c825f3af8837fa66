"""Checks of a cycling table: each finds its trap, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import LAND, LANDT, NEWARE, square_wave

from byssus.measured.checks import check_cycling, check_name, mass_in_name
from byssus.measured.read import read
from byssus.measured.tables import Table

NAME = "Step Cumulative Capacity / Ah"


def found(table: Table) -> dict[str, str]:
    return {
        finding.code: finding.message for finding in check_cycling(table.data, table.metadata.instrument.resolution)
    }


def test_a_clean_table_has_no_finding() -> None:
    assert found(square_wave([0, -1, 1, -1, 1], [1, 2, 1.5, 1.6, 1.4])) == {}


def test_a_counter_that_is_not_the_integral() -> None:
    table = square_wave([-1, 1] * 5, [2.0, 1.5] * 5)
    wrong = Table(table.data.with_columns(pl.col(NAME) * 1.1), table.metadata)
    assert "in 10 of 10 steps" in found(wrong)["capacity-not-integral"]
    # One step in a hundred is an accident, not a rule.
    once = table.data.with_columns(
        pl.when(pl.col("Step Count / 1") == 3).then(pl.col(NAME) * 1.5).otherwise(NAME).alias(NAME)
    )
    assert "capacity-not-integral" not in found(Table(once, table.metadata))


def test_charge_without_energy() -> None:
    table = square_wave([-1, 1] * 3, [2.0, 1.5] * 3)
    assert "short-circuit" not in found(table)
    shorted = Table(table.data.with_columns(pl.col("Voltage / V") * 0.005), table.metadata)
    assert "4.5 mAh charged the cell within 10 mV of zero, in 3 steps" in found(shorted)["short-circuit"]


def test_a_cell_that_shorts_late_is_found() -> None:
    # A short is a resistor: V = I·R, here 5 ohm from the last cycle but two on.
    table = square_wave([-1, 1] * 20, [2.0, 1.9] * 20)
    late = pl.col("Step Count / 1") > 36
    voltage = pl.when(late).then(pl.col("Current / A") * 5).otherwise("Voltage / V").alias("Voltage / V")
    assert "in 2 steps, the first of them step 38" in found(table_with(table, voltage))["short-circuit"]


def test_an_anode_held_at_five_millivolts_is_not_shorted() -> None:
    # All of the lithiation under a held voltage: three quarters of all charge within 10 mV of zero.
    table = square_wave([-3, 1] * 3, [1.0, 1.0] * 3)
    held = pl.when(pl.col("Current / A") < 0).then(0.005).otherwise("Voltage / V").alias("Voltage / V")
    assert "short-circuit" not in found(table_with(table, held))


def test_a_voltage_that_hardly_moves_has_no_sign() -> None:
    # Flat but for its noise, that falls in charges.
    table = square_wave([-1, 1] * 4, [2.0, 2.0] * 4)
    falling = -1e-6 * pl.col("Test Time / s") * pl.col("Current / A").sign()
    assert "sign-against-voltage" not in found(table_with(table, (1.0 + falling * 1e-3).alias("Voltage / V")))
    assert "sign-against-voltage" in found(table_with(table, (1.0 + falling * 10).alias("Voltage / V")))


def test_a_short_pulse_from_five_millivolts_is_not_a_short() -> None:
    # The first titration step of a delithiation moves little, and may begin below 10 mV.
    table = square_wave([-1, 1, 1], [2.0, 0.02, 1.9])
    pulse = pl.when(pl.col("Step Count / 1") == 2).then(0.006).otherwise("Voltage / V").alias("Voltage / V")
    assert "short-circuit" not in found(table_with(table, pulse))


def table_with(table: Table, *columns: pl.Expr) -> Table:
    return Table(table.data.with_columns(*columns), table.metadata)


def without_records(table: Table, first: int, last: int) -> Table:
    """Lose the records `first` to `last`, counted from 1."""
    number = pl.int_range(pl.len()) + 1
    return Table(table.data.filter(~number.is_between(first, last)), table.metadata)


def test_records_lost_within_a_step() -> None:
    # A record a minute; the second step begins at record 122.
    table = square_wave([-1, 1] * 2, [2.0, 2.0] * 2, records=121)
    assert "time-jumps" not in found(table)
    message = found(without_records(table, 150, 169))["time-jumps"]
    assert "in one place" in message
    assert "60 s apart" in message
    assert message.endswith("1260 s, before record 150")
    # Nine lost records are ten intervals, which is not beyond ten.
    assert "time-jumps" not in found(without_records(table, 150, 158))


def test_the_longest_gap_does_not_hide_itself() -> None:
    table = square_wave([-1, 1], [100.0, 2.0], records=6001)
    assert "time-jumps" in found(without_records(table, 10, 5900))


def test_a_gap_between_records_that_share_a_tick() -> None:
    # A clock of whole minutes and a record every five seconds: twelve records carry each time.
    table = square_wave([1], [10.0], records=7201)
    ticks = table_with(table, (pl.col("Test Time / s") / 60).floor() * 60)
    assert "time-jumps" not in found(ticks)
    assert "before record 1009" in found(without_records(ticks, 1009, 1200))["time-jumps"]


def test_a_clock_that_stands_still_has_no_gap() -> None:
    table = square_wave([1], [10.0], records=61)
    still = pl.when(pl.int_range(pl.len()) < 30).then(0.0).otherwise(3600.0).alias("Test Time / s")
    assert "time-jumps" not in found(table_with(table, still))


def test_a_gap_at_rest_is_no_loss() -> None:
    table = square_wave([-1, 0, 1], [2.0, 2.0, 2.0], records=121)
    assert "time-jumps" not in found(without_records(table, 150, 169))


def test_bursts_of_records_are_no_gaps() -> None:
    # As a noisy plateau is logged: every ten minutes, and at once where the voltage trips the recording.  Ten seconds
    # between two bursts are long beside the bursts, and short beside the set interval.
    burst = np.array([0.1, 0.2, 0.3, 0.4])
    times = np.sort(np.concatenate([np.arange(0.0, 60_000.0, 600.0), 6000 + burst, 6010 + burst]))
    table = square_wave([1], [16.5], records=len(times), counted=False)
    assert "time-jumps" not in found(table_with(table, pl.lit(pl.Series("Test Time / s", times))))


def test_a_step_that_is_logged_more_slowly_has_no_gaps() -> None:
    # Twenty hours with a record every ten seconds, then five with one every ten minutes.
    fast, slow = np.arange(0.0, 72_000.0, 10.0), 72_000.0 + np.arange(0.0, 18_600.0, 600.0)
    table = square_wave([-1, 1], [20.0, 5.0], records=len(fast), counted=False)
    data = table.data.head(len(fast) + len(slow)).with_columns(pl.Series("Test Time / s", np.concatenate([fast, slow])))
    assert "time-jumps" not in found(Table(data, table.metadata))


def test_a_step_recorded_at_its_ends_has_no_gap() -> None:
    table = square_wave([-1, 1, -1], [2.0, 2.0, 2.0], records=121)
    assert "time-jumps" not in found(without_records(table, 123, 241))


@pytest.mark.parametrize(("digit", "coarse"), [(1e-4, False), (5e-4, False), (1e-3, True), (1e-2, True)])
def test_a_voltage_with_too_few_digits(digit: float, *, coarse: bool) -> None:
    table = square_wave([-1, 1], [2.0, 1.5])
    messages = {finding.code: finding.message for finding in check_cycling(table.data, {"Voltage / V": digit})}
    assert ("coarse-voltage" in messages) is coarse
    if digit == 1e-3:
        assert "stored to 1 mV" in messages["coarse-voltage"]
        assert "uncertain by 8%" in messages["coarse-voltage"]


def test_the_uncertainty_of_a_derivative_is_that_of_rounded_voltages() -> None:
    # The independent truth: round voltages to 1 mV and look how far differences of about 5 mV scatter.
    rng = np.random.default_rng(20250101)
    start = rng.uniform(0.1, 1.0, 200_000)
    windows = rng.uniform(0.0045, 0.0055, start.size)
    spread = float(np.std(((start + windows).round(3) - start.round(3)) / windows - 1))
    assert spread == pytest.approx(0.08, abs=0.003)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("bio_logic_FK155_JLGU_GE_50-2_15_m1p233mg_Li_LP30_RT_rate_stability_20230906.tar.xz", 1.233, "mg"),
        ("archive_m1p233mg.tar.xz::FK155_m1p233mg_02_GCPL_C07.mpr", 1.233, "mg"),
        ("Case1_ActiveMass_18mg_CurrentThreshold_0.15mA.txt", 18.0, "mg"),
        ("cell 0p82mg.nda", 0.82, "mg"),
        ("S1_1,26 mg_GCPL.mpt", 1.26, "mg"),
        ("2023-09-06_1.26_mg.mpt", 1.26, "mg"),
        ("cell_1.26mg.mpr", 1.26, "mg"),
        ("850ug Si.csv", 850.0, "ug"),
        ("850µg Si.csv", 850.0, "ug"),
    ],
)
def test_a_mass_in_a_name(name: str, value: float, unit: str) -> None:
    mass = mass_in_name(name)
    assert mass is not None
    assert (mass.value, mass.unit) == (value, unit)


@pytest.mark.parametrize(
    "name",
    [
        "gcpl.pr_182.1.mpr",
        "jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr",
        "2.5mgcm-2.mpr",
        "2.5mg_cm2.mpr",
        "2.5mg per cm2.mpr",
        "2p5mgpcm2.mpr",
        "LiPF6_5mgmL.mpr",
        "5mg_mL_additive.mpr",
        "cell_15_2mg.nda",
        "cell_1-233mg.nda",
        "1.2.3mg.nda",
        "0mg.nda",
        "Mg_12_cell.nda",
        "cathode_12mg_anode_8mg.csv",
        "0.15mA_12mgS.csv",
    ],
)
def test_what_is_no_mass_in_a_name(name: str) -> None:
    assert mass_in_name(name) is None


@pytest.mark.parametrize(
    ("vendor", "wrong"),
    [
        ({"Mass of active material / mg": 1.26}, True),
        ({"Mass of active material / mg": 1.233}, False),
        ({"Mass of active material": "1.260 mg"}, True),
        ({"Mass of active material": "1,233 mg"}, False),
        ({"Mass of active material": "0.001 mg"}, False),
        ({"Mass of active material / mg": 7000.0}, False),
        ({"MASS": 0.001233}, False),
        ({"MASS": 0.00126}, True),
        ({"Step.Head_Info.SCQ": "1233"}, False),
        ({"Step.Head_Info.SCQ": "1260"}, True),
        ({"active_mass_mg": 1.26}, True),
        ({"active_mass_mg": None}, False),
        ({"active mass, lowest / mg": 1.230, "active mass, highest / mg": 1.236}, False),
        ({"active mass, lowest / mg": 1.259, "active mass, highest / mg": 1.261}, True),
        ({"MASS": "unknown"}, False),
        ({}, False),
    ],
)
def test_the_mass_that_the_instrument_was_told(vendor: dict[str, str | float | None], *, wrong: bool) -> None:
    assert bool(list(check_name("cell_m1p233mg.mpr", vendor))) is wrong
    assert not list(check_name("cell.mpr", vendor))


def test_a_name_of_few_digits_is_not_held_to_more() -> None:
    assert not list(check_name("cell_1.3mg.mpr", {"Mass of active material / mg": 1.26}))
    assert list(check_name("cell_1.3mg.mpr", {"Mass of active material / mg": 1.2}))


def test_the_real_file_with_two_masses(real: Callable[[str], Path]) -> None:
    stem = "FK155_JLGU_GE_50-2_15_m1p233mg_Li_LP30_RT_rate_stability_20230906"
    archive = real(f"cycler_biologic/bio_logic_{stem}.tar.xz")
    table = read(Path(f"{archive}::{stem}_02_GCPL_C07.mpr"))
    (finding,) = (finding for finding in table.findings if finding.code == "mass-in-name")
    assert finding.message == "the name says 1.233 mg, the instrument was told 1.26 mg, 2.19% more"


@pytest.mark.parametrize(
    "name",
    [
        LAND,
        LANDT,
        NEWARE,
        "cycler_neware/nw4-120-1-6-53.ndax",
        "cycler_neware/46_1_5_60_bts16.ndax",
        "cycler_neware/nda_v26.nda.zip",
        "cycler_biologic/biol.mpr",
        "cycler_biologic/gcpl.pr_182.1.mpt",
        "cycler_arbin/20160805_test001_45_cc_01.res",
        "cycler_maccor/maccor_001.txt",
        "cycler_pec/pec.csv",
    ],
)
def test_sound_real_files_raise_no_false_alarm(real: Callable[[str], Path], name: str) -> None:
    table = read(real(name))
    alarms = {finding.code for finding in table.findings if finding.severity == "warning"}
    assert alarms == set()
