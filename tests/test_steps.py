"""Steps and half cycles of a cell whose every number follows from three constants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import NEWARE, square_wave

from byssus.analysis.cycling.cell import examine
from byssus.analysis.cycling.columns import (
    CLOSING_RESISTANCE,
    CURRENT,
    END,
    ENERGY,
    ENERGY_EFFICIENCY,
    HELD_SHARE,
    HYSTERESIS,
    IRREVERSIBLE,
    MEAN_VOLTAGE,
    RATE,
    RESISTANCE,
    RESISTANCE_DELAY,
    half_column,
    u,
)
from byssus.analysis.cycling.cycles import Cycling, analyse
from byssus.analysis.cycling.steps import steps
from byssus.analysis.result import tidy
from byssus.conventions import Configuration, Made
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table
from byssus.quantity import Quantity

Real = Callable[[str], Path]
FULL = Sample(name="full", configuration=Configuration.FULL)
ANODE = Sample(name="anode", configuration=Configuration.HALF, made=Made.EMPTY)

#: The cell: V = START + SLOPE q + RESISTANCE_OHM I, q in Ah.
START, SLOPE, RESISTANCE_OHM = 3.0, 500.0, 20.0


class LinearCell:
    """A cell with a straight open-circuit voltage and one resistance, driven step by step."""

    def __init__(self) -> None:
        self.charge, self.time, self.frames = 0.0, 0.0, []  # type: ignore[var-annotated]

    def _record(self, since: Any, current: Any, charge: Any) -> None:
        self.frames.append(
            pl.DataFrame(
                {
                    "Test Time / s": self.time + since,
                    "Voltage / V": START + SLOPE * charge + RESISTANCE_OHM * current,
                    "Current / A": current + 0 * since,
                    "Step Count / 1": np.full(len(since), len(self.frames) + 1, dtype=np.int64),
                }
            )
        )
        self.time += since[-1] + 0.5
        self.charge = charge[-1]

    def rest(self, seconds: float = 60.0) -> LinearCell:
        since = np.linspace(0, seconds, 7)
        self._record(since, np.zeros(7), np.full(7, self.charge))
        return self

    def to_voltage(self, amperes: float, limit: float, records: int = 1001) -> LinearCell:
        moved = (limit - START - RESISTANCE_OHM * amperes) / SLOPE - self.charge
        since = np.linspace(0, moved / amperes * 3600, records)
        self._record(since, np.full(records, amperes), self.charge + amperes * since / 3600)
        return self

    def for_seconds(self, amperes: float, seconds: float, records: int = 1001) -> LinearCell:
        since = np.linspace(0, seconds, records)
        self._record(since, np.full(records, amperes), self.charge + amperes * since / 3600)
        return self

    def hold(self, amperes: float, cut_off: float, records: int = 1001) -> LinearCell:
        """At one voltage R dI/dt = −s I, so I falls exponentially and moves R (I₀ − I)/s."""
        tau = RESISTANCE_OHM / SLOPE * 3600
        since = np.linspace(0, tau * np.log(amperes / cut_off), records)
        current = amperes * np.exp(-since / tau)
        self._record(since, current, self.charge + RESISTANCE_OHM * (amperes - current) / SLOPE)
        return self

    def merged(self) -> LinearCell:
        """Make one step of the last two, as cyclers do that know a step CC-CV."""
        second, first = self.frames.pop(), self.frames.pop()
        number = pl.lit(len(self.frames) + 1, dtype=pl.Int64).alias("Step Count / 1")
        self.frames.append(pl.concat([first, second]).with_columns(number))
        return self

    def table(self, sample: Sample = FULL) -> Table:
        return Table(
            add_directions(pl.concat(self.frames), sample.configuration), Metadata(kind="cycling", sample=sample)
        )


def cycled(*, merged: bool, cycles: int = 2) -> Table:
    cell = LinearCell()
    for at in range(cycles):
        # Less and less charge, so that the voltage alone is what recurs.
        low = 3.05 + 0.02 * at
        amperes = 1e-3 * (1 + at)
        cell.rest().to_voltage(amperes, 4.0).hold(amperes, 1e-4)
        if merged:
            cell.merged()
        cell.rest().to_voltage(-1e-3, low)
    return cell.rest().table()


def get(result: Cycling, word: str, what: str) -> list[Any]:
    return result.cycles[half_column(word, what)].to_list()


@pytest.mark.parametrize("merged", [False, True])
def test_what_a_hold_moved_is_told_from_the_rest(merged: bool) -> None:
    table = cycled(merged=merged)
    result = analyse(table)
    # ΔI R/s = 0.9 mA · 20 Ω / 500 V/Ah = 0.036 mAh from 1 mA, 0.076 mAh from 2 mA.
    held = [0.036, 0.076]
    moved = result.cycles["Charge Capacity / mAh"].to_list()
    assert moved[0] == pytest.approx(1000 * (4.0 - START - RESISTANCE_OHM * 1e-4) / SLOPE, rel=2e-4)
    shares = [100 * one / all_ for one, all_ in zip(held, moved, strict=True)]
    assert get(result, "charge", HELD_SHARE) == pytest.approx(shares, rel=0.01 if merged else 1e-4)
    assert get(result, "discharge", HELD_SHARE) == [0.0, 0.0]
    assert get(result, "charge", CURRENT) == pytest.approx([1.0, 2.0], rel=1e-5)
    assert get(result, "charge", END) == ["current", "current"]


@pytest.mark.parametrize("merged", [False, True])
def test_the_resistance_is_that_of_the_cell(merged: bool) -> None:
    result = analyse(cycled(merged=merged))
    # The first record of a step comes 0.5 s after the last of the one before; the open-circuit voltage has not moved.
    for word in ("charge", "discharge"):
        assert get(result, word, RESISTANCE) == pytest.approx([RESISTANCE_OHM] * 2)
        assert get(result, word, RESISTANCE_DELAY) == pytest.approx([0.5] * 2)
        assert get(result, word, CLOSING_RESISTANCE) == pytest.approx([RESISTANCE_OHM] * 2)


def test_a_reversal_without_rest_gives_the_resistance_too() -> None:
    cell = LinearCell().to_voltage(1e-3, 4.0).to_voltage(-2e-3, 3.1).to_voltage(1e-3, 4.0)
    found = steps(cell.table())
    assert found["Resistance / ohm"].to_list() == [None, *[pytest.approx(RESISTANCE_OHM)] * 2]
    assert found["Current Change / A"].to_list() == [None, pytest.approx(-3e-3), pytest.approx(3e-3)]


def test_idle_records_do_not_count_and_a_current_that_drifts_is_none() -> None:
    # An hour at 1 mA with ten idle minutes in it, and a step whose current falls from 1 to 0.5 mA.
    seconds = np.arange(0, 4200, 10.0)
    idle = (seconds > 1000) & (seconds <= 1600)
    first = np.where(idle, 0.0, 1e-3)
    since = np.concatenate([seconds, 5000 + seconds])
    current = np.concatenate([first, np.linspace(1e-3, 5e-4, len(seconds))])
    frame = pl.DataFrame(
        {
            "Test Time / s": since,
            "Voltage / V": 3 + since / 10_000,
            "Current / A": current,
            "Step Count / 1": np.repeat([1, 2], len(seconds)),
        }
    )
    found = steps(Table(add_directions(frame, Configuration.FULL), Metadata(kind="cycling", sample=FULL)))
    assert found["Current / A"].to_list() == [pytest.approx(1e-3, rel=3e-3), None]


def test_no_resistance_without_the_moment_of_change() -> None:
    table = cycled(merged=False)
    # Records every ten minutes say nothing of the first seconds.
    late = table.data.with_columns(pl.col("Test Time / s") + 600 * (pl.col("Step Count / 1") - 1))
    assert steps(Table(late, table.metadata))["Resistance / ohm"].null_count() == steps(table).height


def test_mean_voltages_energy_and_hysteresis() -> None:
    # Between 3.1 V and 3.9 V of open-circuit voltage, both ways at 1 mA: means 3.5 ± 0.02 V, 1.6 mAh.
    cell = LinearCell().to_voltage(1e-3, 3.52).to_voltage(-1e-3, 3.08)
    for _ in range(2):
        cell.to_voltage(1e-3, 3.92).to_voltage(-1e-3, 3.08)
    result = analyse(cell.table())
    at = slice(1, 3)
    assert get(result, "charge", MEAN_VOLTAGE)[at] == pytest.approx([3.52] * 2)
    assert get(result, "discharge", MEAN_VOLTAGE)[at] == pytest.approx([3.48] * 2)
    assert result.cycles[HYSTERESIS].to_list()[at] == pytest.approx([0.04] * 2)
    assert get(result, "charge", ENERGY)[at] == pytest.approx([1.6 * 3.52] * 2)
    assert result.cycles[ENERGY_EFFICIENCY].to_list()[at] == pytest.approx([100 * 3.48 / 3.52] * 2)


def test_energy_efficiency_is_of_the_charge_before() -> None:
    # An anode half cell opens with its discharge; 0.35 V throughout, so energies are as the capacities.
    result = analyse(square_wave([-1, 1, -1, 1], [2, 1.5, 1.2, 1.1], sample=ANODE))
    assert result.cycles[ENERGY_EFFICIENCY].to_list() == [None, pytest.approx(100 * 1.2 / 1.5)]
    full = analyse(square_wave([1, -1, 1, -1], [2, 1.5, 1.2, 1.1], sample=FULL))
    assert full.cycles[ENERGY_EFFICIENCY].to_list() == pytest.approx([75.0, 100 * 1.1 / 1.2])


def test_c_rate_names_its_capacity() -> None:
    table = square_wave([-0.2, 0.2, -1, 1], [10, 8, 1.6, 1.5], sample=ANODE)
    result = analyse(table)
    assert result.rate_basis == "delithiation capacity of cycle 1"
    assert get(result, "lithiation", RATE) == pytest.approx([0.2 / 1.6, 1 / 1.6])
    nominal = Table(
        table.data,
        table.metadata.model_copy(
            update={"sample": ANODE.model_copy(update={"nominal_capacity": Quantity(2.0, "mA*h")})}
        ),
    )
    result = analyse(nominal)
    assert result.rate_basis == "nominal capacity"
    assert get(result, "lithiation", RATE) == pytest.approx([0.1, 0.5])
    none = analyse(table, baseline=9)
    assert none.rate_basis is None
    assert get(none, "lithiation", RATE) == [None, None]


def test_ends_are_told_from_what_recurs() -> None:
    by_voltage = LinearCell()
    for at in range(3):
        by_voltage.to_voltage(1e-3, 4.0).to_voltage(-1e-3, 3.1 + 0.1 * at)
    result = analyse(by_voltage.table())
    assert get(result, "charge", END) == ["voltage"] * 3
    by_charge = LinearCell()
    for _ in range(3):
        # What goes in is set, what comes out is not: the voltage drifts.
        by_charge.for_seconds(1e-3, 3600).for_seconds(-1e-3, 3000)
    result = analyse(by_charge.table())
    assert get(result, "charge", END) == ["charge or time"] * 3
    lone = analyse(LinearCell().to_voltage(1e-3, 4.0).to_voltage(-1e-3, 3.1).table())
    assert get(lone, "charge", END) == [None]


def test_irreversible_capacity_adds_up_until_a_cycle_is_missing() -> None:
    table = square_wave([-1, 1] * 3, [2, 1.5, 1.6, 1.5, 1.6, 1.5], sample=ANODE, digit_Ah=1e-7)
    cycles = analyse(table).cycles
    assert cycles[IRREVERSIBLE].to_list() == pytest.approx([0.5, 0.6, 0.7])
    # Two counters rounded to 1e-4 mAh a cycle.
    assert cycles[u(IRREVERSIBLE)].to_list() == pytest.approx([1e-4 * np.sqrt(n / 6) for n in (1, 2, 3)])


@settings(deadline=None, max_examples=40)
@given(factor=st.floats(0.01, 100), at=st.integers(1, 6))
def test_scaling_splitting_and_swapping(factor: float, at: int) -> None:
    """Mass scales capacity, a split step changes nothing, and the other sign swaps the directions."""
    hours = [2.0, 1.5, 1.6, 1.4]
    base = square_wave([1, -1, 1, -1], hours, sample=FULL, counted=False)
    result = analyse(base).cycles
    mass = FULL.model_copy(update={"active_mass": Quantity(factor, "mg")})
    scaled = analyse(square_wave([1, -1, 1, -1], hours, sample=mass, counted=False)).cycles
    assert (scaled["Charge Capacity / mAh/g"] * factor).to_list() == pytest.approx(
        (1000 * result["Charge Capacity / mAh"]).to_list()
    )
    # One step in two, at a record that both then hold.
    cut, data = 10 * at, base.data
    head, tail = data.head(cut), data.slice(cut - 1)
    split = pl.concat([head, tail.with_columns(pl.col("Step Count / 1") + 1)])
    halves = analyse(Table(split, base.metadata)).cycles
    for column in ("Charge Capacity / mAh", "Discharge Capacity / mAh", "Coulombic Efficiency / %"):
        assert halves[column].to_list() == pytest.approx(result[column].to_list())
    flipped = square_wave([-1, 1, -1, 1], hours, sample=ANODE, counted=False)
    mirrored = analyse(flipped)
    assert mirrored.cycles["Lithiation Capacity / mAh"].to_list() == pytest.approx(
        result["Charge Capacity / mAh"].to_list()
    )


def test_steps_agree_with_grouping_the_records(real: Real) -> None:
    """The reductions between first records are what polars makes of the steps as groups."""
    table = read(real(NEWARE))
    current, voltage, charge = pl.col("Current / A"), pl.col("Voltage / V"), pl.col("Step Cumulative Capacity / Ah")
    grouped = table.data.group_by("Step Count / 1", maintain_order=True).agg(
        pl.col("Step Cumulative Capacity / Ah").max().alias("Capacity / Ah"),
        current.mean().alias("Mean Current / A"),
        (((current.abs() + current.abs().shift(1)) / 2 * charge.diff()).sum() / charge.diff().sum()).alias(
            "Current / A"
        ),
        voltage.last().alias("Last Voltage / V"),
        (pl.col("Test Time / s").last() - pl.col("Test Time / s").first()).alias("Duration / s"),
    )
    found = steps(table)
    constant = (found["Held Capacity / Ah"] == 0) & (found["Capacity / Ah"] > 0) & found["Current / A"].is_not_null()
    assert constant.sum() > 100
    for column in grouped.columns[1:]:
        ours, theirs = found.filter(constant)[column], grouped.filter(constant)[column]
        assert ours.to_numpy() == pytest.approx(theirs.to_numpy(), rel=1e-9, abs=1e-15)


def test_a_simulated_table_gives_the_same_numbers_and_says_what_it_is() -> None:
    """The analyses take a simulated table without knowing; its numbers carry their origin."""
    measured = cycled(merged=True, cycles=3)
    simulated = Table(measured.data, measured.metadata.model_copy(update={"origin": "simulated"}))
    first, second = (tidy(examine(table).results) for table in (measured, simulated))
    assert set(first["origin"]) == {"measured"}
    assert set(second["origin"]) == {"simulated"}
    assert first.drop("origin").equals(second.drop("origin"))
