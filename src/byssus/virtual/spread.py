"""What tests of silicon come to with the potential of one published electrode or another.

One shape of the potential is fitted to all published electrodes, and each of them has its own
(`byssus.physics.silicon.BY_ELECTRODE`).  They differ by more than any one of them is uncertain, so that what a test
comes to with each is the least that a simulated number of silicon is uncertain by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from byssus.analysis.cycling.cell import Cell, examine
from byssus.analysis.cycling.differential import HALF
from byssus.analysis.pairing import paired
from byssus.analysis.voltammetry import sweeps
from byssus.errors import ByssusError
from byssus.physics import silicon
from byssus.report.simulated import Spread
from byssus.simulate.inputs import SILICON, shaped
from byssus.simulate.job import Job, Outcome
from byssus.virtual.summaries import cycle_summary, rate_summary
from byssus.virtual.work import carried
from byssus.workflow import Progress

#: Kinds of tables of which there are a few numbers to compare.
_KINDS: Final = frozenset({"cycling", "voltammetry"})
#: A value and its unit by what people call it; several of peaks.
Numbers = dict[str, tuple[list[float], str]]


def spread(
    jobs: Sequence[Job], outcomes: Sequence[Outcome], store: Path, *, fresh: bool, progress: Progress
) -> tuple[tuple[Spread, ...], list[ByssusError]]:
    """Carry tests out with the potential of each published electrode, and compare what they come to.

    Parameters
    ----------
    jobs, outcomes
        The tests as asked, and as they came out.

    Returns
    -------
    The numbers of each test of silicon, and what could not be carried out or analysed.
    """
    asked = {(job.sample, job.test): job for job in jobs
             if job.protocol.kind in _KINDS and any(each.material == SILICON for each in job.cell.electrodes)}  # fmt: skip
    # As further tests of the same sample, those of one electrode after those of another in one process.
    varied = {
        (*key, electrode): replace(job, test=f"{job.test}, {electrode}", cell=shaped(job.cell, electrode))
        for key, job in asked.items() for electrode in silicon.ELECTRODES
    }  # fmt: skip
    done, errors = carried(list(varied.values()), store, fresh=fresh, progress=progress) if varied else ((), [])
    names = {(job.sample, job.test): key for key, job in varied.items()}
    by_key = {names[each.sample, each.test]: each for each in done if each.stopped is None}
    found: list[Spread] = []
    for outcome in outcomes:
        electrodes = {name: replace(by_key[outcome.sample, outcome.test, name], test=outcome.test)
                      for name in silicon.ELECTRODES if (outcome.sample, outcome.test, name) in by_key}  # fmt: skip
        if not electrodes:
            continue
        try:
            found += _compared(outcome, electrodes)
        except ByssusError as error:
            errors.append(error)
    return tuple(found), errors


def _compared(outcome: Outcome, electrodes: Mapping[str, Outcome]) -> list[Spread]:
    every = {name: numbers(each) for name, each in electrodes.items()}
    found = []
    for quantity, (values, unit) in numbers(outcome).items():
        for place, value in enumerate(values):
            others: dict[str, float | None] = {
                name: paired(values, each[quantity][0])[place] if quantity in each else None
                for name, each in every.items()
            }
            title = f"{quantity}, {place + 1} of {len(values)}" if len(values) > 1 else quantity
            found.append(Spread(outcome.sample, outcome.test, title, unit, value, others))
    return found


def numbers(outcome: Outcome) -> Numbers:
    """Return the few numbers of a test that a spread is told of.

    Of a rate test the capacity at each current; of other cycling those of first and last cycle, efficiency, retention,
    and the peaks of dQ/dV of the last; of a voltammogram the peaks of its last two sweeps.
    """
    if outcome.table.metadata.kind == "voltammetry":
        return {
            f"peak of {each.direction}, cycle {each.cycle}": ([volts for volts, _ in each.peaks], "V")
            for each in sweeps(outcome.table)[-2:]
        }
    cell = examine(outcome.table)
    # By the name that its own table gives it.
    named = replace(outcome, sample=cell.name)
    found: Numbers = {}
    cycles = cycle_summary([cell], named)["cycles"]
    if cycles and cycles[0]["efficiency_percent"] is not None:
        found["first-cycle coulombic efficiency"] = [cycles[0]["efficiency_percent"]], "%"
    if outcome.test == "rate":
        for each in rate_summary([cell], named):
            current, capacity = (
                next(name for name in each if name.startswith(word)) for word in ("current", "capacity")
            )
            title = f"{each['direction']} capacity at {each[current]:.3g} {_unit(current)}"
            found[f"{title}, again" if title in found else title] = [each[capacity]], _unit(capacity)
        return found
    for row in dict.fromkeys((0, len(cycles) - 1)) if cycles else ():
        for name, value in cycles[row].items():
            if "_capacity_" in name and value is not None:
                found[f"{name.split('_')[0]} capacity, cycle {cycles[row]['cycle']}"] = [value], _unit(name)
    if len(cycles) > 1 and cycles[-1]["retention_percent"] is not None:
        found[f"retention, cycle {cycles[-1]['cycle']}"] = [cycles[-1]["retention_percent"]], "%"
    return found | _peaks(cell)


def _peaks(cell: Cell) -> Numbers:
    """Return the potentials of the peaks of dQ/dV of the last cycle."""
    if cell.peaks is None or cell.peaks.is_empty():
        return {}
    last = cell.peaks.filter(pl.col("Cycle / 1") == pl.col("Cycle / 1").max())
    return {
        f"peak of dQ/dV of {half}, cycle {rows['Cycle / 1'][0]}": (
            np.sort(rows["Voltage / V"].to_numpy()).tolist(),
            "V",
        )
        for (half,), rows in last.group_by(pl.col(HALF).cast(pl.String), maintain_order=True)
    }


def _unit(name: str) -> str:
    """Return the unit that a name in JSON ends with."""
    return name.rpartition("capacity_")[2].rpartition("current_")[2].replace("_per_", "/")
