"""What a program wants to know of each test: the few numbers of it, from its table and its analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from byssus.analysis.cycling.cell import Cell
from byssus.analysis.voltammetry import sweeps
from byssus.conventions import Configuration, Made
from byssus.simulate.job import Outcome


def _cycles(cells: Sequence[Cell], outcome: Outcome) -> pl.DataFrame:
    """Return the cycles of a test; none where its analysis failed, as a finding says."""
    names = (outcome.sample, f"{outcome.sample}, {outcome.test}")
    nothing = pl.DataFrame(schema={"Cycle / 1": pl.Int64})
    return next((cell.cycling.cycles for cell in cells if cell.name in names), nothing)


def names_apart(outcomes: Sequence[Outcome]) -> list[str]:
    """Return what the table of each test is called: by its sample, and by the test too where that has several of its kind.

    Cycled tables all go by their tests where there are several of those, so that figures and means are of one.
    """
    several = len({each.test for each in outcomes if each.table.metadata.kind == "cycling"}) > 1
    kinds = Counter((each.sample, each.table.metadata.kind) for each in outcomes)
    apart = (
        several if (kind := each.table.metadata.kind) == "cycling" else kinds[each.sample, kind] > 1
        for each in outcomes
    )
    return [f"{each.sample}, {each.test}" if told else each.sample for each, told in zip(outcomes, apart, strict=True)]


def _words(outcome: Outcome) -> tuple[str, str]:
    """Return the words of the two halves of a cycle, the first one first."""
    sample = outcome.table.metadata.sample
    if sample.configuration is Configuration.FULL:
        return "Charge", "Discharge"
    return ("Lithiation", "Delithiation") if sample.made is Made.EMPTY else ("Delithiation", "Lithiation")


def _capacity_column(frame: pl.DataFrame, word: str) -> tuple[str, str]:
    """Return the column of a capacity, per active material where there is a mass, and its name in JSON."""
    specific = f"{word} Capacity / mAh/g"
    return (specific, "capacity_mAh_per_g") if specific in frame.columns else (f"{word} Capacity / mAh", "capacity_mAh")


def rate_summary(cells: Sequence[Cell], outcome: Outcome) -> list[dict[str, Any]]:
    """Return the capacity of the last cycle at each current, in the order of the test; without the formation."""
    frame, word = _cycles(cells, outcome), _words(outcome)[0]
    if "Lithiation" in _words(outcome):
        word = "Lithiation"
    column, name = _capacity_column(frame, word)
    mass = outcome.table.metadata.sample.active_mass
    grams = None if mass is None else mass.to("g").value
    formed = outcome.formed
    found: list[dict[str, Any]] = []
    for row in frame.iter_rows(named=True):
        if row["Cycle / 1"] <= formed or row[column] is None:
            continue
        if row[f"{word} Current / mA"] is None:
            continue
        current = abs(row[f"{word} Current / mA"])
        rate = {"current_A_per_g": current / 1e3 / grams} if grams else {"current_mA": current}
        key = next(iter(rate))
        here = rate | {name: row[column], "cycle": row["Cycle / 1"], "direction": word.lower()}
        if found and abs(found[-1][key] / here[key] - 1) < 1e-3:
            found[-1] = here
        else:
            found.append(here)
    return found


def cycle_summary(cells: Sequence[Cell], outcome: Outcome) -> dict[str, Any]:
    """Return the capacities of every cycle, with efficiency and retention."""
    frame = _cycles(cells, outcome)
    first, second = _words(outcome)
    column, name = _capacity_column(frame, first)
    other, _ = _capacity_column(frame, second)
    return {
        "formation_cycles": outcome.formed,
        "cycles": [
            {
                "cycle": row["Cycle / 1"], f"{first.lower()}_{name}": row[column], f"{second.lower()}_{name}": row[other],
                "efficiency_percent": row["Coulombic Efficiency / %"], "retention_percent": row["Retention / %"],
            }
            for row in frame.iter_rows(named=True)
        ],
    }  # fmt: skip


def summary(cells: Sequence[Cell], outcome: Outcome) -> Any:
    """Return the summary of a test as it stands in JSON.

    Of a rate test a list of currents with capacities, of other cycling the capacities by cycle, of a voltammogram its
    peaks by sweep, of pulses their voltages, of impedance the ends of each spectrum.
    """
    if outcome.table.metadata.kind == "cycling":
        return _of_cycling(cells, outcome)
    return _SUMMARIES[outcome.table.metadata.kind](outcome)


def _of_cycling(cells: Sequence[Cell], outcome: Outcome) -> Any:
    if outcome.test == "rate":
        return rate_summary(cells, outcome)
    return cycle_summary(cells, outcome)


def _of_voltammetry(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the peaks of each sweep."""
    return [
        {
            "sweep": each.number, "cycle": each.cycle, "direction": each.direction,
            "peaks": [{"voltage_V": voltage, "current_A": current} for voltage, current in each.peaks],
        }
        for each in sweeps(outcome.table)
    ]  # fmt: skip


def _of_pulses(outcome: Outcome) -> list[dict[str, Any]]:
    """Return for each pulse the voltages at its start, at its end, and after its rest."""
    found = []
    for (pulse,), rows in outcome.table.data.group_by("Pulse Count / 1", maintain_order=True):
        driven, rest = (rows.filter(pl.col("Pulse Part") == part) for part in ("pulse", "rest"))
        if pulse == 0 or driven.is_empty():
            continue
        found.append({
            "pulse": pulse, "direction": driven["Cell Direction"][0], "current_A": float(np.mean(driven["Current / A"].to_numpy())),
            "seconds": driven["Test Time / s"][-1] - driven["Test Time / s"][0],
            "start_V": driven["Voltage / V"][0], "end_V": driven["Voltage / V"][-1],
            "rested_V": None if rest.is_empty() else rest["Voltage / V"][-1],
        })  # fmt: skip
    return found


def _of_impedance(outcome: Outcome) -> list[dict[str, Any]]:
    """Return for each spectrum its ends; what lies between is an analysis' business."""
    found = []
    for (spectrum,), rows in outcome.table.data.group_by("Spectrum Count / 1", maintain_order=True):
        ordered = rows.sort("Frequency / Hz")
        found.append({
            "spectrum": spectrum, "cycle": rows["Cycle Count / 1"][0], "voltage_V": rows["Voltage / V"][0],
            "frequencies_Hz": [ordered["Frequency / Hz"][0], ordered["Frequency / Hz"][-1]],
            "real_at_ends_ohm": [ordered["Real Impedance / ohm"][0], ordered["Real Impedance / ohm"][-1]],
        })  # fmt: skip
    return found


_SUMMARIES: Final[Mapping[str, Callable[[Outcome], Any]]] = {
    "voltammetry": _of_voltammetry, "pulses": _of_pulses, "impedance": _of_impedance,
}  # fmt: skip
