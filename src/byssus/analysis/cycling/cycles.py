"""Cycling tables to capacities, efficiencies and retention.

The order of a cycle follows the electrode as made, not the instrument's count
(`byssus.conventions`).  In a half cell people are shown lithiation and delithiation, in a
full cell charge and discharge.  *Coulombic efficiency* is the second half's charge over
the first half's, in the same cycle.  *Energy efficiency* is the energy of a discharge over
that of the charge before it.  *Retention* is the second half's capacity over that of a
named baseline cycle: it is what the electrode still gives, not an efficiency.

Uncertainty: the rounding of the instrument's counter and the stated mass and area.  The
mass is common to all cycles of a cell, so it widens mAh/g and cancels in efficiency and
retention.  The accuracy of the instrument's current source is not in the file and
therefore not in the uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling import doubts
from byssus.analysis.cycling.columns import (
    CLOSING_RESISTANCE,
    CLOSING_RESISTANCE_DELAY,
    CURRENT,
    CYCLE,
    EFFICIENCY,
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
    RETENTION,
    WHOLE,
    capacity_column,
    half_column,
    u,
)
from byssus.analysis.cycling.halves import halves
from byssus.analysis.cycling.steps import CAPACITY, number_cycles, steps
from byssus.conventions import CapacityBasis, CellDirection, Configuration, direction_word, first_direction
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.metadata import Sample
from byssus.measured.tables import Table
from byssus.physics.capacity import (
    areal_capacity,
    coulombic_efficiency,
    relative_uncertainty_of_ratio,
    retention,
    specific_capacity,
    uncertainty_of_rounding,
)
from byssus.quantity import Quantity


@dataclass(frozen=True)
class Cycling:
    """The cycles of one cell.

    `cycles` has a row a cycle: ``Cycle / 1``; ``Whole``, whether both halves were measured to
    their end; for both halves, called by their words,
    ``<Word> Capacity / mAh`` and on every basis that masses and area allow
    ``<Word> Capacity / mAh/g`` (active material), ``… per Coating / mAh/g`` and
    ``… / mAh/cm²``; ``Coulombic Efficiency / %``, ``Retention / %`` and ``Cumulative Irreversible
    Capacity / mAh``, null where a half is missing or cut off.  These have
    a companion ``… (u)`` with their standard uncertainty in the same unit; null where it
    is not known.

    Also for both halves ``<Word> Energy / mWh``, ``… Mean Voltage / V`` (energy over charge),
    ``… Current / mA`` (at constant current), ``… C-rate / 1/h`` (on `rate_basis`),
    ``… Constant-Voltage Share / %`` of the charge, ``… End`` (`byssus.analysis.cycling.halves`),
    ``… Resistance / ohm`` and ``… Closing Resistance / ohm``, each with its ``Delay / s``
    (`byssus.analysis.cycling.steps`); and ``Energy Efficiency / %`` and ``Voltage Hysteresis / V``, the
    mean voltage of the charge less that of the discharge.
    """

    sample: str
    group: str
    origin: str
    #: First and second half of a cycle, as the cell does them and as people call them.
    directions: tuple[CellDirection, CellDirection]
    words: tuple[str, str]
    baseline: int
    cycles: pl.DataFrame
    steps: pl.DataFrame
    bases: tuple[CapacityBasis, ...]
    #: Relative standard uncertainty on a basis that all cells of the electrode have in common.
    shared: Mapping[CapacityBasis, float]
    #: The capacity that C-rates are counted with, in words; None where there is none.
    rate_basis: str | None
    #: Whether the instrument counted the charge, or it was integrated here.
    counted: bool
    findings: tuple[Finding, ...]
    #: Which test it was cycled in, where the study says one; cells of different tests are not compared.
    test: str | None = None

    @property
    def best_basis(self) -> CapacityBasis:
        """The basis that compares best: active material, else coating, else area, else the cell."""
        order = (CapacityBasis.ACTIVE_MATERIAL, CapacityBasis.COATING, CapacityBasis.AREA, CapacityBasis.CELL)
        return next(basis for basis in order if basis in self.bases)

    @property
    def last(self) -> int:
        """The last cycle that was measured to its end; 0 if there is none."""
        last = self.cycles.filter(WHOLE)[CYCLE].max()
        return last if isinstance(last, int) else 0

    def value(self, column: str, cycle: int) -> float | None:
        """Return what a column holds in a cycle, or None."""
        row = self.cycles.filter(pl.col(CYCLE) == cycle)
        value = row[column].item() if row.height == 1 and column in row.columns else None
        return None if value is None else float(value)

    def column(self, half: int, basis: CapacityBasis) -> str:
        """Return the name of the capacity column of a half (0 first, 1 second) on a basis."""
        return capacity_column(self.words[half], basis)


def analyse(table: Table, *, baseline: int = 1) -> Cycling:
    """Compute the cycles of a cell.

    Parameters
    ----------
    table
        A cycling table whose sample says the configuration and, for a half cell, whether
        its electrode was made empty or full of lithium.
    baseline
        The cycle that retention is counted from.

    Raises
    ------
    AnalysisError
        If the sample lacks the configuration or `made`, or no cycle has moved charge.
    """
    sample = table.metadata.sample
    name = sample.name or "unnamed"
    configuration = sample.configuration
    if configuration is None:
        raise AnalysisError("is not known", field="configuration", fix="say in the study: half or full")
    if configuration is Configuration.HALF and sample.made is None:
        raise AnalysisError(
            "is not known", field="made", fix="say in the study how the electrode was made: empty or full"
        )
    first = first_direction(configuration, sample.made)
    second = CellDirection.CHARGE if first is CellDirection.DISCHARGE else CellDirection.DISCHARGE
    words = (direction_word(first, configuration), direction_word(second, configuration))

    summary = steps(table)
    directions = summary["Cell Direction"].cast(pl.String).to_list()
    short = doubts.pulses(directions, summary["Capacity / Ah"].to_list())
    counted = [CellDirection.REST if pulse else word for pulse, word in zip(short, directions, strict=True)]
    summary = summary.with_columns(
        pl.Series("Cycle / 1", number_cycles(counted, first), dtype=pl.Int64),
        pl.Series("Pulse", short, dtype=pl.Boolean),
    )
    found = halves(summary)
    if found.is_empty():
        raise AnalysisError(
            f"has no step of {words[0]}, with which its first cycle would open",
            field=name,
            fix="check configuration and made in the study, and the sign of the current",
        )
    moving = summary.filter((pl.col("Cell Direction") != "rest") & ~pl.col("Pulse"))
    open_half = doubts.cut_off(moving)
    digit = table.metadata.instrument.resolution.get(CAPACITY)
    sides = _sides(found, (first, second))
    cycles, bases = _on_every_basis(sides, words, sample, digit)
    cycles = _with_whole(cycles, words, open_half.cycle if open_half else None)
    cycles = _with_efficiency(cycles, words)
    cycles, retained = _with_retention(cycles, words, baseline)
    cycles, rate_basis = _with_particulars(cycles, sides, words, sample, baseline)
    cycles = _with_energies(cycles, words, charge=words[(first, second).index(CellDirection.CHARGE)])
    first_charge = cycles[capacity_column(words[0], CapacityBasis.CELL)][0] or 0.0
    findings = [
        *doubts.incomplete(cycles, words, name),
        *doubts.of_pulses(summary, name),
        *doubts.before_first(moving, first_charge, words, name),
        *([open_half.finding(direction_word(open_half.direction, configuration), name)] if open_half else []),
        *doubts.impossible(cycles, words, name),
        *doubts.inventory(cycles, words, name),
        *doubts.rests(summary, name),
        *doubts.vendor_efficiency(table, cycles, first, words, name),
        *doubts.missing(sample, name),
        *doubts.mass_in_study(sample, [source.file for source in table.metadata.provenance], name),
    ]
    if not retained:
        findings.append(
            Finding(
                "baseline-missing",
                f"cycle {baseline} has no {words[1]}",
                sample=name,
                field="baseline",
                value=baseline,
            )
        )
    return Cycling(
        sample=name,
        group=sample.binder or name,
        origin=table.metadata.origin,
        directions=(first, second),
        words=words,
        baseline=baseline,
        cycles=cycles,
        steps=summary,
        bases=bases,
        shared={
            basis: share
            for basis, (field, _) in _divisors(sample).items()
            if (share := sample.shared_uncertainty.get(field))
        },
        rate_basis=rate_basis,
        counted=CAPACITY in table.data.columns,
        findings=tuple(findings),
        test=sample.test,
    )


def _sides(found: pl.DataFrame, directions: tuple[CellDirection, CellDirection]) -> list[pl.DataFrame]:
    """Return the first and the second halves, each with a row for every cycle that has either."""
    numbers = found.select(pl.col(CYCLE).unique().sort())
    return [
        numbers.join(
            found.filter(pl.col("Cell Direction") == str(direction)), on=CYCLE, how="left", maintain_order="left"
        )
        for direction in directions
    ]


def _on_every_basis(
    sides: list[pl.DataFrame], words: tuple[str, str], sample: Sample, digit: float | None
) -> tuple[pl.DataFrame, tuple[CapacityBasis, ...]]:
    divisors = {CapacityBasis.CELL: None} | {
        basis: by for basis, (_, by) in _divisors(sample).items() if by is not None
    }
    bases = tuple(divisors)
    columns = [sides[0][CYCLE]]
    for word, side in zip(words, sides, strict=True):
        charge = side["Capacity / Ah"].to_numpy() * 3600.0
        # Every step of the half was rounded on its own, so their number widens the uncertainty.
        steps_in_half = side["Steps / 1"].cast(pl.Float64).to_numpy()
        rounding = np.full_like(charge, np.nan)
        if digit is not None:
            moved = np.where(charge > 0, charge, np.nan)
            rounding = uncertainty_of_rounding(digit * 3600.0) * np.sqrt(steps_in_half) / moved
        for basis in bases:
            by = divisors[basis]
            values, relative = charge / 3.6, rounding
            if by is not None:
                values = _divided(charge, by, basis)
                # A ± that held only the rounding would be the smaller part of it, and mislead.
                share = np.nan if by.uncertainty is None else by.uncertainty / abs(by.value)
                relative = relative_uncertainty_of_ratio(np.nan_to_num(rounding), np.full_like(charge, share))
            name = capacity_column(word, basis)
            columns += [_series(name, values), _series(u(name), values * relative)]
    return pl.DataFrame(columns), bases


def _divisors(sample: Sample) -> dict[CapacityBasis, tuple[str, Quantity | None]]:
    """What a capacity is divided by on each basis: the sample's field and its value."""
    return {
        CapacityBasis.ACTIVE_MATERIAL: ("active_mass", sample.active_mass),
        CapacityBasis.COATING: ("coating_mass", sample.coating_mass),
        CapacityBasis.AREA: ("electrode_area", sample.electrode_area),
    }


def _divided(charge: NDArray[np.float64], by: Quantity, basis: CapacityBasis) -> NDArray[np.float64]:
    if basis is CapacityBasis.AREA:
        return areal_capacity(charge, by.to("m^2").value) / 36000.0
    return specific_capacity(charge, by.to("kg").value) / 3600.0


def _with_whole(cycles: pl.DataFrame, words: tuple[str, str], open_cycle: int | None) -> pl.DataFrame:
    """Mark the cycles both of whose halves moved charge and were measured to their end."""
    moved = [(pl.col(capacity_column(word, CapacityBasis.CELL)) > 0).fill_null(value=False) for word in words]
    ended = pl.lit(value=True) if open_cycle is None else pl.col(CYCLE) != open_cycle
    return cycles.with_columns(pl.all_horizontal(*moved, ended).alias(WHOLE))


def _with_efficiency(cycles: pl.DataFrame, words: tuple[str, str]) -> pl.DataFrame:
    (q1, u1), (q2, u2) = (_cell_capacity(cycles, word) for word in words)
    efficiency = 100 * coulombic_efficiency(q1, q2)
    relative = relative_uncertainty_of_ratio(u1 / q1, u2 / q2)
    # A cycle that is not whole leaves the sum unknown from there on: missing is not zero.
    lost, variance = np.cumsum(q1 - q2), np.cumsum(u1**2 + u2**2)
    return cycles.with_columns(
        _series(EFFICIENCY, efficiency),
        _series(u(EFFICIENCY), efficiency * relative),
        _series(IRREVERSIBLE, lost),
        _series(u(IRREVERSIBLE), np.sqrt(variance)),
    )


def _with_retention(cycles: pl.DataFrame, words: tuple[str, str], baseline: int) -> tuple[pl.DataFrame, bool]:
    capacity, uncertainty = _cell_capacity(cycles, words[1])
    at = np.flatnonzero(cycles[CYCLE].to_numpy() == baseline)
    if not at.size or not capacity[at[0]] > 0:
        empty = np.full_like(capacity, np.nan)
        return cycles.with_columns(_series(RETENTION, empty), _series(u(RETENTION), empty)), False
    base = at[0]
    kept = 100 * retention(capacity, float(capacity[base]))
    relative = relative_uncertainty_of_ratio(uncertainty / capacity, np.asarray(uncertainty[base] / capacity[base]))
    spread = kept * relative
    # The baseline is 100 % by definition.
    spread[base] = 0.0
    return cycles.with_columns(_series(RETENTION, kept), _series(u(RETENTION), spread)), True


def _with_particulars(
    cycles: pl.DataFrame, sides: list[pl.DataFrame], words: tuple[str, str], sample: Sample, baseline: int
) -> tuple[pl.DataFrame, str | None]:
    """Add what is known of each half besides its capacity, and name the capacity that its C-rate is counted with."""
    second = capacity_column(words[1], CapacityBasis.CELL)
    measured = cycles.filter((pl.col(CYCLE) == baseline) & pl.col(RETENTION).is_not_null())[second]
    capacity, basis = None, None
    if sample.nominal_capacity is not None:
        capacity, basis = sample.nominal_capacity.to("mA*h").value, "nominal capacity"
    elif len(measured):
        capacity, basis = float(measured[0]), f"{words[1]} capacity of cycle {baseline}"
    for word, side in zip(words, sides, strict=True):
        charge = pl.col("Capacity / Ah")
        moved = pl.when(charge > 0)
        cycles = cycles.hstack(
            side.select(
                (pl.col("Energy / Wh") * 1000).alias(ENERGY),
                moved.then(pl.col("Energy / Wh") / charge).alias(MEAN_VOLTAGE),
                (pl.col("Current / A") * 1000).alias(CURRENT),
                (pl.col("Current / A") * 1000 / pl.lit(capacity, dtype=pl.Float64)).alias(RATE),
                moved.then(100 * pl.col("Held Capacity / Ah") / charge).alias(HELD_SHARE),
                pl.col("Resistance / ohm").alias(RESISTANCE),
                pl.col("Resistance Delay / s").alias(RESISTANCE_DELAY),
                pl.col("Closing Resistance / ohm").alias(CLOSING_RESISTANCE),
                pl.col("Closing Resistance Delay / s").alias(CLOSING_RESISTANCE_DELAY),
                pl.col("End").alias(END),
            ).rename(lambda name, word=word: half_column(word, name))  # type: ignore[misc]
        )
    return cycles, basis


def _with_energies(cycles: pl.DataFrame, words: tuple[str, str], *, charge: str) -> pl.DataFrame:
    """Add what compares charge and discharge: energy efficiency and hysteresis.

    An efficiency is of what was put in before: where a cycle opens with a discharge, its
    energy came from the charge of the cycle before, so the first cycle has none.
    """
    discharge = next(word for word in words if word != charge)
    put_in = pl.col(half_column(charge, ENERGY))
    whole = pl.col(WHOLE)
    if charge != words[0]:
        whole = whole & whole.shift(1) & (pl.col(CYCLE).diff() == 1)
        put_in = put_in.shift(1)
    return cycles.with_columns(
        pl.when(whole & (put_in > 0))
        .then(100 * pl.col(half_column(discharge, ENERGY)) / put_in)
        .alias(ENERGY_EFFICIENCY),
        pl.when(WHOLE)
        .then(pl.col(half_column(charge, MEAN_VOLTAGE)) - pl.col(half_column(discharge, MEAN_VOLTAGE)))
        .alias(HYSTERESIS),
    )


def _cell_capacity(cycles: pl.DataFrame, word: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a half's capacity in whole cycles with its uncertainty; not-a-number in the others."""
    name = capacity_column(word, CapacityBasis.CELL)
    whole = pl.col(WHOLE)
    columns = cycles.select(
        pl.when(whole).then(column).cast(pl.Float64).fill_null(float("nan")).alias(column) for column in (name, u(name))
    )
    return columns[name].to_numpy(), columns[u(name)].to_numpy()


def _series(name: str, values: NDArray[np.float64]) -> pl.Series:
    return pl.Series(name, values, dtype=pl.Float64).fill_nan(None)
