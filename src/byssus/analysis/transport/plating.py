"""Plating and stripping of lithium: overpotential, coulombic efficiency, shorts and the critical current density."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.steps import steps
from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.transport.given import area_of, relative, word
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.study.techniques import Told

Array = NDArray[np.float64]

#: An overpotential below this share of the least that it could be is a short.  It could be as low as the last one times
#: the ratio of the currents, since overpotential grows no faster than current.  The share is a choice: nucleation and
#: fresh surface lower it by less from one half cycle to the next.
COLLAPSE: Final = 0.5
#: Currents that differ by more than this share are steps of a staircase.
_STEP: Final = 0.02
#: Charges that differ by less are those of cycles at a fixed charge, and a reservoir is larger by more than this factor.
_FIXED, _RESERVOIR = 0.02, 1.5
#: Records before which a half cycle has no end of its own.
_FEWEST: Final = 3

_CURRENT, _OVERPOTENTIAL = "Current Density / mA/cm^2", "Overpotential / mV"
_EFFICIENCY: Final = "Coulombic Efficiency / %"


def examine_plating(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find overpotentials, efficiency, shorts and the critical current density of a cell with lithium electrodes.

    Parameters
    ----------
    tables
        One cycling table of a cell Li||Li or Li||Cu.
    told
        ``cell``: ``symmetric`` where it is not given, or ``copper``; ``area``.

    Raises
    ------
    AnalysisError
        If no half cycle was measured.
    """
    (table,) = tables
    copper = word(told, "cell") == "copper"
    area = area_of(table, told)
    halves = _halves(table, area)
    if halves.is_empty():
        raise AnalysisError(
            f"has no half cycle of {_FEWEST} records at a current",
            field="Current / A",
            fix="give a table of plating and stripping",
        )
    shorts = _shorts(halves)
    halves = halves.with_columns(pl.Series("Short", shorts, dtype=pl.String))
    sound = halves.filter(pl.col("Short").is_null())
    reservoir = _reservoir(sound) if copper else None
    cycles = _cycles(halves, single=copper and reservoir is None)
    results = [
        *_overpotentials(halves),
        *_critical(halves, area),
        *_efficiencies(sound, cycles, reservoir, copper=copper),
    ]
    frames = {"halves": halves, "cycles": cycles, "profile": _profile(table, area)}
    return Examined("plating", (table,), tuple(results), frames, tuple(_findings(halves)), _METHODS)


def _halves(table: Table, area: Quantity | None) -> pl.DataFrame:
    """Return a row a half cycle: current, charge, mean and last overpotential."""
    found = steps(table)
    ends = found["Records / 1"].cum_sum().to_list()
    voltage, time, current = (table.data[name].to_numpy() for name in ("Voltage / V", "Test Time / s", "Current / A"))
    rows: list[dict[str, Any]] = []
    cycle, opening = 0, None
    for row, end in zip(found.iter_rows(named=True), ends, strict=True):
        if row["Cell Direction"] == "rest" or row["Records / 1"] < _FEWEST or not row["Capacity / Ah"]:
            continue
        here = slice(end - row["Records / 1"], end)
        opening = opening or row["Cell Direction"]
        if row["Cell Direction"] == opening and (not rows or rows[-1]["Direction"] != opening):
            cycle += 1
        size = np.abs(voltage[here])
        span = time[here][-1] - time[here][0]
        mean = float(np.trapezoid(size, time[here]) / span) if span > 0 else float(size.mean())
        ampere = row["Current / A"] if row["Current / A"] is not None else float(np.abs(current[here]).mean())
        rows.append(
            {
                "Half / 1": len(rows) + 1,
                "Cycle / 1": cycle,
                "Step / 1": row["Step Count / 1"],
                "Direction": row["Cell Direction"],
                "Start / h": row["Start / s"] / 3600,
                "Current / mA": 1e3 * ampere,
                _CURRENT: None if area is None else 0.1 * ampere / area.value,
                "Charge / mAh": 1e3 * row["Capacity / Ah"],
                "Charge Density / mAh/cm^2": None if area is None else 0.1 * row["Capacity / Ah"] / area.value,
                _OVERPOTENTIAL: 1e3 * mean,
                "Last Overpotential / mV": 1e3 * float(np.median(size[-max(_FEWEST, len(size) // 20) :])),
            }
        )
    overrides = {_CURRENT: pl.Float64, "Charge Density / mAh/cm^2": pl.Float64}
    return pl.DataFrame(rows, schema_overrides=overrides, infer_schema_length=None) if rows else pl.DataFrame()


def _shorts(halves: pl.DataFrame) -> list[str | None]:
    """Say of each half cycle whether its voltage had collapsed at its end: ``hard`` if it stayed so, ``soft`` if it recovered."""
    current, last = halves["Current / mA"].to_list(), halves["Last Overpotential / mV"].to_list()
    collapsed = [False] * len(last)
    # By direction: a stripping that runs into its cut-off ends far above a plating.
    sound: dict[str, int] = {}
    for at, direction in enumerate(halves["Direction"]):
        before = sound.setdefault(direction, at)
        if last[at] < COLLAPSE * last[before] * min(1.0, current[at] / current[before]):
            collapsed[at] = True
        else:
            sound[direction] = at
    after = len(last) - next((at for at, each in enumerate(reversed(collapsed)) if not each), len(last))
    return [None if not each else ("hard" if at >= after else "soft") for at, each in enumerate(collapsed)]


def _cycles(halves: pl.DataFrame, *, single: bool) -> pl.DataFrame:
    """Return a row a cycle: its overpotential and, where single cycles have one, the charge stripped over that plated.

    Discharging plates the working electrode, charging strips it.
    """
    plated, stripped = (
        pl.col("Charge / mAh").filter(pl.col("Direction") == direction).sum() for direction in ("discharge", "charge")
    )
    return (
        halves.group_by("Cycle / 1", maintain_order=True)
        .agg(
            pl.col("Current / mA").mean(),
            pl.col(_CURRENT).mean(),
            pl.col(_OVERPOTENTIAL).mean(),
            plated.alias("Plated / mAh"),
            stripped.alias("Stripped / mAh"),
            (pl.col("Direction").first() == "discharge").alias("Plated First"),
        )
        .with_columns(
            pl.when(
                pl.lit(single) & pl.col("Plated First") & (pl.col("Plated / mAh") > 0) & (pl.col("Stripped / mAh") > 0)
            )
            .then(100 * pl.col("Stripped / mAh") / pl.col("Plated / mAh"))
            .alias(_EFFICIENCY)
        )
    )


# --- Results ----------------------------------------------------------------------------------------------------------


def _overpotentials(halves: pl.DataFrame) -> Iterator[Result]:
    sound = halves.filter(pl.col("Short").is_null())
    cycles = sound["Cycle / 1"].unique().sort().to_list()
    if not cycles:
        yield Result("overpotential", None, "mV", reason="every half cycle is shorted")
        return
    for which, cycle in (("first cycle", cycles[0]), ("last cycle without a short", cycles[-1])):
        part = sound.filter(pl.col("Cycle / 1") == cycle)[_OVERPOTENTIAL].to_numpy()
        yield Result(
            f"overpotential, {which}",
            float(part.mean()),
            "mV",
            cycle=int(cycle),
            method="mean of |U| over time in both halves; the ohmic part of the cell is in it",
            reason="the two halves of one cycle are no repeats",
        )


def _critical(halves: pl.DataFrame, area: Quantity | None) -> Iterator[Result]:
    name, stable = "critical current density", "largest current density without a short"
    rows = halves.to_dicts()
    first = next((at for at, row in enumerate(rows) if row["Short"] == "hard"), None)
    if first is not None:
        row = rows[first]
        sound = sum(each["Charge / mAh"] for each in rows[:first])
        yield Result(
            "time to the short",
            row["Start / h"],
            "h",
            method=f"start of half cycle {row['Half / 1']}, the first that ends shorted",
        )
        if area is not None:
            yield Result(
                "charge passed before the short",
                0.1 * 1e-3 * sound / area.value,
                "mAh/cm^2",
                method="both directions, without sign",
            )
    levels = [row["Current / mA"] for row in rows]
    raised = max(levels) > (1 + _STEP) * min(levels)
    reason = None
    if area is None:
        reason = "no area was given"
    elif not raised:
        reason = "the current was not raised, so it has no critical value"
    elif first is None:
        reason = f"no short up to {max(row[_CURRENT] for row in rows):.4g} mA/cm², the largest current"
    elif first == 0:
        reason = "the cell was shorted from the start"
    if reason is not None or first is None or area is None:
        yield Result(name, None, "mA/cm^2", reason=reason or "no area was given")
        if reason and reason.startswith("no short"):
            yield Result(stable, max(row[_CURRENT] for row in rows), "mA/cm^2", method="the whole staircase")
        return
    at = rows[first][_CURRENT]
    below = [row[_CURRENT] for row in rows[:first] if row[_CURRENT] < (1 - _STEP) * at]
    doubt, _ = relative(area=area)
    if not below:
        yield Result(
            name, None, "mA/cm^2", reason=f"the short came at {at:.4g} mA/cm², the lowest current: it is below that"
        )
        return
    yield Result(
        name,
        at,
        "mA/cm^2",
        method="the first current of the staircase at which the voltage collapsed and stayed so",
        reason=f"it lies between {max(below):.4g} and {at:.4g} mA/cm², steps of the staircase"
        + ("" if doubt is None else f" (the area adds {100 * doubt:.2g} %)"),
    )
    yield Result(stable, max(below), "mA/cm^2", method="the step below the one that shorted")


def _efficiencies(
    sound: pl.DataFrame, cycles: pl.DataFrame, found: tuple[float, int] | None, *, copper: bool
) -> Iterator[Result]:
    mean, reservoir = "mean coulombic efficiency of plating and stripping", "coulombic efficiency from a reservoir"
    if not copper:
        reason = "a symmetric cell has none: both electrodes are lithium (tell cell=copper for Li||Cu)"
        yield Result(mean, None, "%", reason=reason)
        return
    if found is not None:
        value, count = found
        yield Result(
            reservoir,
            100 * value,
            "%",
            method=f"(n Q_c + Q_s)/(n Q_c + Q_t) over n = {count} cycles at a fixed charge",
            reason="one test gives one number; repeat it on other cells",
        )
        reason = "stripping was ended by charge and not by voltage, so single cycles show nothing of it"
        yield Result(mean, None, "%", reason=reason)
        return
    whole = cycles.filter(pl.col("Cycle / 1").is_in(sound["Cycle / 1"].unique().to_list()))[_EFFICIENCY].drop_nulls()
    if whole.is_empty():
        yield Result(mean, None, "%", reason="no cycle has both halves, plated first")
        return
    first = whole[0]
    yield Result(
        "first-cycle coulombic efficiency of plating and stripping",
        first,
        "%",
        method="stripped over plated",
        reason="a single cycle",
    )
    later = whole[1:].to_numpy()
    if len(later) < 2:
        yield Result(mean, None, "%", reason="fewer than two cycles follow the first")
        return
    error = float(later.std(ddof=1)) / math.sqrt(len(later))
    method = f"stripped over plated, mean of {len(later)} cycles after the first; its error is of that mean"
    yield Result(mean, float(later.mean()), "%", error, method=method)


def _reservoir(halves: pl.DataFrame) -> tuple[float, int] | None:
    """Return the efficiency from a reservoir plated first, cycled in part and stripped at the end; None of another test.

    Equation
        CE = (n Q_c + Q_s) / (n Q_c + Q_t)
    Symbols
        Q_t charge plated first, Q_c charge stripped and plated again in each of n cycles, Q_s charge stripped at the end
    Source
        B. D. Adams, J. Zheng, X. Ren, W. Xu, J.-G. Zhang, Adv. Energy Mater. 8 (2018) 1702097, after D. Aurbach.
    """
    directions, charge = halves["Direction"].to_list(), halves["Charge / mAh"].to_list()
    if len(charge) < 6 or directions[-1] != "charge":
        return None
    # Backwards from the final strip: pairs of one charge, before them the reservoir.
    fixed = charge[-2]
    at = len(charge) - 2
    count = 0
    while (
        at >= 1
        and directions[at] == "discharge"
        and directions[at - 1] == "charge"
        and abs(charge[at] / fixed - 1) < _FIXED
        and abs(charge[at - 1] / fixed - 1) < _FIXED
    ):
        count, at = count + 1, at - 2
    if count < 2 or at < 0 or directions[at] != "discharge" or charge[at] < _RESERVOIR * fixed:
        return None
    return (count * fixed + charge[-1]) / (count * fixed + charge[at]), count


def _profile(table: Table, area: Quantity | None) -> pl.DataFrame:
    per = None if area is None else 0.1 / area.value
    return table.data.select(
        (pl.col("Test Time / s") / 3600).alias("Time / h"),
        "Voltage / V",
        (1e3 * pl.col("Current / A")).alias("Current / mA"),
        (pl.lit(None, dtype=pl.Float64) if per is None else per * pl.col("Current / A")).alias(_CURRENT),
    )


def _findings(halves: pl.DataFrame) -> Iterator[Finding]:
    for kind, what in (("hard", "collapses and stays so"), ("soft", "collapses and recovers")):
        part = halves.filter(pl.col("Short") == kind)
        if not part.is_empty():
            yield Finding(
                "voltage-collapse",
                f"the voltage {what} in half cycle {part['Half / 1'][0]} at {part['Start / h'][0]:.4g} h"
                + (f" and {part.height - 1} more" if part.height > 1 else ""),
            )


_METHODS: Final = (
    (
        "Overpotential",
        "Mean of |U| over time in a half cycle; a symmetric cell's is that of both electrodes and of the electrolyte.",
    ),
    (
        "Coulombic efficiency",
        "Of lithium on copper: where a reservoir was plated first, cycled in part and stripped at the end, (n Q_c + Q_s)/(n Q_c + "
        "Q_t) (Adams et al. 2018); else stripped over plated, the mean of the cycles after the first.",
    ),
    (
        "Short",
        "The end of a half cycle shows less than half of the least overpotential that it could: the last sound one of "
        "its direction, times the ratio of the currents where the current fell. Hard if no later half cycle recovers, soft otherwise.",
    ),
    (
        "Critical current density",
        "The first current of a staircase whose half cycle ends in a hard short. It depends on the time and charge of "
        "each step, on pressure and temperature: give them with it.",
    ),
)
