"""Checks of a cycling table: each finds its trap, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from shared import LAND, LANDT, NEWARE, square_wave

from byssus.measured.checks import check_cycling
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
    shorted = Table(table.data.with_columns(pl.col("Voltage / V") * 0.005), table.metadata)
    assert "short-circuit" in found(shorted)
    assert "short-circuit" not in found(table)


@pytest.mark.parametrize(
    "name", [LAND, LANDT, NEWARE, "cycler_neware/nw4-120-1-6-53.ndax", "cycler_neware/46_1_5_60_bts16.ndax"]
)
def test_sound_real_files_raise_no_false_alarm(real: Callable[[str], Path], name: str) -> None:
    table = read(real(name))
    alarms = {finding.code for finding in table.findings if finding.severity == "warning"}
    assert alarms == set()
