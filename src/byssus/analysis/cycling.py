"""Cycling tables to capacities, efficiencies and retention.

The order of a cycle follows the electrode as made, not the instrument's count
(`byssus.conventions`).  In a half cell people are shown lithiation and delithiation, in a
full cell charge and discharge.  *Coulombic efficiency* is the second half's charge over
the first half's, in the same cycle.  *Retention* is the second half's capacity over that
of a named baseline cycle: it is what the electrode still gives, not an efficiency.

Uncertainty: the rounding of the instrument's counter and the stated mass and area.  The
mass is common to all cycles of a cell, so it widens mAh/g and cancels in efficiency and
retention.  The accuracy of the instrument's current source is not in the file and
therefore not in the uncertainty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis import doubts
from byssus.analysis.columns import CYCLE, EFFICIENCY, RETENTION, WHOLE, capacity_column, u
from byssus.analysis.result import Result
from byssus.conventions import (
    CAPACITY_UNIT,
    CapacityBasis,
    CellDirection,
    Configuration,
    direction_word,
    first_direction,
)
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

_CAPACITY = "Step Cumulative Capacity / Ah"
_ENERGY = "Step Cumulative Energy / Wh"


def steps(table: Table) -> pl.DataFrame:
    """Summarise each step of a cycling table.

    Capacity and energy are those the instrument counted, where the table has them; else
    Q = ∫|I| dt and E = ∫V dQ by the trapezoidal rule over the step's records.

    Returns
    -------
    polars.DataFrame
        A row a step: ``Step Count / 1``, ``Cell Direction``, ``Start / s``, ``Duration / s``,
        ``Capacity / Ah``, ``Energy / Wh``, ``Mean Voltage / V`` (energy over capacity; mean
        over records at rest), ``Mean Current / A``, ``First Voltage / V``,
        ``Last Voltage / V``, ``Records / 1``.

    Raises
    ------
    AnalysisError
        If the table is not a cycling table.
    """
    if table.metadata.kind != "cycling":
        raise AnalysisError(f"a {table.metadata.kind} table has no cycles", field="kind", fix="give a cycling table")
    time, voltage, current = pl.col("Test Time / s"), pl.col("Voltage / V"), pl.col("Current / A")
    step = pl.col("Step Count / 1")

    def within_step(expression: pl.Expr) -> pl.Expr:
        return pl.when(step == step.shift(1)).then(expression).otherwise(0.0)

    data = table.data
    counted = _CAPACITY in data.columns
    charge = pl.col(_CAPACITY).diff() if counted else (current.abs() + current.abs().shift(1)) / 2 * time.diff() / 3600
    data = data.with_columns(within_step(charge).fill_null(0.0).alias("dQ")).with_columns(
        within_step((voltage + voltage.shift(1)) / 2 * pl.col("dQ")).fill_null(0.0).alias("dE")
    )
    capacity = pl.col(_CAPACITY).max() if counted else pl.col("dQ").sum()
    energy = pl.col(_ENERGY).abs().max() if _ENERGY in data.columns else pl.col("dE").sum().abs()
    return (
        data.group_by(step, maintain_order=True)
        .agg(
            pl.col("Cell Direction").first(),
            time.first().alias("Start / s"),
            (time.last() - time.first()).alias("Duration / s"),
            capacity.alias("Capacity / Ah"),
            energy.alias("Energy / Wh"),
            voltage.mean().alias("Mean Voltage / V"),
            current.mean().alias("Mean Current / A"),
            voltage.first().alias("First Voltage / V"),
            voltage.last().alias("Last Voltage / V"),
            pl.len().cast(pl.Int64).alias("Records / 1"),
        )
        .with_columns(
            pl.when((pl.col("Cell Direction") != "rest") & (pl.col("Capacity / Ah") > 0))
            .then(pl.col("Energy / Wh") / pl.col("Capacity / Ah"))
            .otherwise("Mean Voltage / V")
            .alias("Mean Voltage / V")
        )
    )


def number_cycles(directions: Sequence[str], first: CellDirection) -> list[int]:
    """Number the cycle of each step from the directions of the steps.

    A cycle opens with a step in the `first` direction that follows one in the other
    direction, or that is the first to move charge.  Rests belong to the cycle before them.
    Steps in the other direction before the first cycle, and rests there, are in cycle 0.

    Examples
    --------
    >>> number_cycles(["rest", "discharge", "charge", "rest", "discharge", "charge"], CellDirection.DISCHARGE)
    [0, 1, 1, 1, 2, 2]
    >>> number_cycles(["charge", "discharge", "discharge", "charge"], CellDirection.DISCHARGE)
    [0, 1, 1, 1]
    """
    cycle, opened, numbers = 0, False, []
    for direction in directions:
        if direction == first and not opened:
            cycle, opened = cycle + 1, True
        elif direction not in (first, CellDirection.REST):
            opened = False
        numbers.append(cycle)
    return numbers


@dataclass(frozen=True)
class Cycling:
    """The cycles of one cell.

    `cycles` has a row a cycle: ``Cycle / 1``; ``Whole``, whether both halves were measured to
    their end; for both halves, called by their words,
    ``<Word> Capacity / mAh`` and on every basis that masses and area allow
    ``<Word> Capacity / mAh/g`` (active material), ``… per Coating / mAh/g`` and
    ``… / mAh/cm²``; ``Coulombic Efficiency / %`` and ``Retention / %``, null where a half is
    missing or cut off.  Each column has
    a companion ``… (u)`` with its standard uncertainty in the same unit; null where it
    is not known.
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
    #: Whether the instrument counted the charge, or it was integrated here.
    counted: bool
    findings: tuple[Finding, ...]

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
    moving = summary.filter((pl.col("Cell Direction") != "rest") & ~pl.col("Pulse"))
    halves = (
        moving.filter(pl.col("Cycle / 1") > 0)
        .group_by("Cycle / 1", maintain_order=True)
        .agg(*(_half_of(direction, word) for direction, word in zip((first, second), words, strict=True)))
    )
    if halves.is_empty():
        raise AnalysisError(
            f"has no step of {words[0]}, with which its first cycle would open",
            field=name,
            fix="check configuration and made in the study, and the sign of the current",
        )
    open_half = doubts.cut_off(moving)
    digit = table.metadata.instrument.resolution.get(_CAPACITY)
    cycles, bases = _on_every_basis(halves, words, sample, digit)
    cycles = _with_whole(cycles, words, open_half.cycle if open_half else None)
    cycles = _with_efficiency(cycles, words)
    cycles, retained = _with_retention(cycles, words, baseline)
    first_charge = cycles[capacity_column(words[0], CapacityBasis.CELL)][0] or 0.0
    findings = [
        *doubts.incomplete(cycles, words, name),
        *doubts.of_pulses(summary, name),
        *doubts.before_first(moving, first_charge, words, name),
        *([open_half.finding(direction_word(open_half.direction, configuration), name)] if open_half else []),
        *doubts.impossible(cycles, words, name),
        *doubts.inventory(cycles, words, name),
        *doubts.missing(sample, name),
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
        counted=_CAPACITY in table.data.columns,
        findings=tuple(findings),
    )


def summarise(cycling: Cycling) -> list[Result]:
    """Return the numbers of a paper's cycling section for one cell."""
    frame, (first_word, second_word) = cycling.cycles, cycling.words
    last = cycling.last
    results: list[Result] = []

    def add(name: str, column: str, cycle: int, *, unit: str, basis: str | None, method: str, absent: str) -> None:
        row = frame.filter(pl.col("Cycle / 1") == cycle)
        value = row[column].item() if row.height else None
        uncertainty = row[u(column)].item() if row.height else None
        results.append(
            Result(
                name,
                value,
                unit,
                uncertainty,
                basis=basis,
                method=method,
                cycle=cycle,
                reason=absent if value is None else None,
                sample=cycling.sample,
                group=cycling.group,
                origin=cycling.origin,
            )
        )

    how = (
        "the instrument's own count at the end of the half cycle"
        if cycling.counted
        else "∫|I| dt over the half cycle, trapezoidal rule"
    )
    wanted = [("first-cycle", 0, first_word, 1), ("first-cycle", 1, second_word, 1)]
    if last > 1:
        wanted.append(("last", 1, second_word, last))
    for basis in cycling.bases:
        unit = CAPACITY_UNIT[basis].replace("²", "^2")
        for which, half, word, cycle in wanted:
            add(
                f"{which} {word} capacity",
                cycling.column(half, basis),
                cycle,
                unit=unit,
                basis=str(basis),
                method=how,
                absent=f"cycle {cycle} has no {word}",
            )
    add(
        "first-cycle coulombic efficiency",
        EFFICIENCY,
        1,
        unit="%",
        basis=None,
        method=f"{second_word} over {first_word} of cycle 1",
        absent="cycle 1 lacks one of its halves",
    )
    results.append(_mean_efficiency(cycling))
    add(
        f"retention of {second_word} capacity",
        RETENTION,
        last,
        unit="%",
        basis=f"cycle {cycling.baseline}",
        method=f"{second_word} capacity of cycle {last} over that of cycle {cycling.baseline}",
        absent=(
            f"cycle {cycling.baseline}, its baseline, was not measured to its end" if last else "no cycle is whole"
        ),
    )
    return results


def methods(cycling: Cycling) -> list[tuple[str, str]]:
    """Return the definitions behind the numbers of a cell, as terms with a sentence each."""
    first, second = cycling.words
    counted = (
        "Each is the instrument's own count at the end of the step; the steps of a half are added."
        if cycling.counted
        else "Each is ∫|I| dt by the trapezoidal rule over the records of a step; the steps of a half are added."
    )
    opening = {
        "lithiation": "The electrode was made without lithium, so a cycle opens with lithiation",
        "delithiation": "The electrode was made with its lithium, so a cycle opens with delithiation",
        "charge": "A full cell is made discharged, so a cycle opens with a charge",
    }[first]
    return [
        ("Order of a cycle", f"{opening}, whatever the instrument calls it."),
        ("Capacity", f"Charge of the {first} and of the {second} of a cycle. {counted}"),
        ("Coulombic efficiency", f"Charge of the {second} over that of the {first} of the same cycle."),
        (
            "Retention",
            f"Capacity of {second} relative to cycle {cycling.baseline}. It is not an efficiency."
            + (
                " In a half cell the lithium electrode replaces what side reactions consume, so retention does not "
                "count lost lithium."
                if "lithiation" in cycling.words
                else ""
            ),
        ),
        (
            "Uncertainty",
            "± is one standard uncertainty: the rounding of the instrument's counter (last digit / √12) and, per mass "
            "or area, their stated uncertainty. It is common to all cycles of a cell and therefore cancels in "
            "efficiency and retention. The accuracy of the instrument's current is in no file and not included; nor "
            "is the spread between cells.",
        ),
    ]


def _mean_efficiency(cycling: Cycling) -> Result:
    later = cycling.cycles.filter((pl.col("Cycle / 1") > 1) & pl.col(EFFICIENCY).is_not_null())
    name, method = (
        "mean coulombic efficiency after the first cycle",
        "mean over the cycles; ± is its standard error",
    )
    values = later[EFFICIENCY].to_numpy()
    enough = len(values) >= 2
    return Result(
        name,
        float(np.mean(values)) if enough else None,
        "%",
        float(np.std(values, ddof=1) / np.sqrt(len(values))) if enough else None,
        method=method,
        sample=cycling.sample,
        group=cycling.group,
        origin=cycling.origin,
        reason=None if enough else "fewer than two later cycles are whole",
    )


def _half_of(direction: CellDirection, word: str) -> pl.Expr:
    capacity = pl.col("Capacity / Ah").filter(pl.col("Cell Direction") == str(direction))
    # Every step of the half was rounded on its own, so their number widens the uncertainty.
    return pl.struct(
        pl.when(capacity.len() > 0).then(capacity.sum()).alias("Ah"),
        capacity.len().cast(pl.Float64).alias("steps"),
    ).alias(word)


def _on_every_basis(
    halves: pl.DataFrame, words: tuple[str, str], sample: Sample, digit: float | None
) -> tuple[pl.DataFrame, tuple[CapacityBasis, ...]]:
    divisors: dict[CapacityBasis, Quantity | None] = {
        CapacityBasis.CELL: None,
        CapacityBasis.ACTIVE_MATERIAL: sample.active_mass,
        CapacityBasis.COATING: sample.coating_mass,
        CapacityBasis.AREA: sample.electrode_area,
    }
    bases = tuple(basis for basis, by in divisors.items() if basis is CapacityBasis.CELL or by is not None)
    columns = [halves["Cycle / 1"]]
    for word in words:
        charge = halves[word].struct.field("Ah").to_numpy() * 3600.0
        steps_in_half = halves[word].struct.field("steps").to_numpy()
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
    return cycles.with_columns(_series(EFFICIENCY, efficiency), _series(u(EFFICIENCY), efficiency * relative))


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
