"""Electronic leakage: the current that stays when a voltage is held between electrodes that block the ions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.transport.decay import Hold, Settled, holds, settle
from byssus.analysis.transport.given import area_of, relative, told_in
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.physics.conduction import conductivity_from_resistance
from byssus.quantity import Quantity
from byssus.study.techniques import Told

#: A table may hold hundreds of holds (the constant-voltage ends of charges): the longest ones are listed.
MOST: Final = 24
#: A hold is at the voltage asked for if it is this close, in V: twice what cyclers regulate to.
_NEAR: Final = 0.01


def examine_leakage(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find what leaks through a film or a cell at a held voltage.

    Parameters
    ----------
    tables
        One cycling table with a held voltage.
    told
        ``hold voltage`` (which hold; the longest where it is not given), ``area``, ``thickness`` of the film.

    Raises
    ------
    AnalysisError
        If no voltage was held.
    """
    (table,) = tables
    found = sorted(holds(table), key=lambda hold: -hold.duration)
    if not found:
        raise AnalysisError("holds no voltage for 10 records or more", field="Voltage / V", fix="give a voltage hold")
    hold = _chosen(found, told_in(table, told, "hold voltage", "V"))
    settled = settle(hold.time, hold.current)
    area, thickness = area_of(table, told), told_in(table, told, "thickness", "m")
    findings = []
    if settled.value is None:
        findings.append(Finding("hold-not-settled", f"at {hold.voltage:.4g} V {settled.reason}"))
    elif settled.state == "extrapolated":
        message = f"at {hold.voltage:.4g} V the current had not settled; its end is extrapolated from its decay"
        findings.append(Finding("hold-not-settled", message))
    return Examined(
        "leakage",
        (table,),
        tuple(_results(hold, settled, area, thickness)),
        {
            "holds": hold_frame(sorted(found[:MOST], key=lambda each: each.start), area),
            "currents": current_frame([hold], [settled]),
        },
        tuple(findings),
        _METHODS,
    )


def _chosen(found: Sequence[Hold], wanted: Quantity | None) -> Hold:
    """Return the longest hold, or the longest at the voltage asked for."""
    near = [hold for hold in found if wanted is None or abs(hold.voltage - wanted.value) <= _NEAR]
    if not near:
        raise AnalysisError(
            "is no voltage that was held",
            field="hold voltage",
            value=str(wanted),
            fix=f"held were {', '.join(dict.fromkeys(f'{hold.voltage:.3g} V' for hold in found[:MOST]))}",
        )
    return near[0]


def _results(hold: Hold, settled: Settled, area: Quantity | None, thickness: Quantity | None) -> Iterator[Result]:
    yield Result("hold voltage", hold.voltage, "V", method="mean over the hold", reason="as the instrument stores it")
    yield Result("duration of the hold", hold.duration / 3600, "h")
    last = "mean over the last tenth of the hold"
    yield Result("current at the end of the hold", 1e6 * settled.end, "uA", method=last)
    how = {
        "steady": "mean over the last fifth of the hold, which is steady",
        "extrapolated": "constant of I_∞ + k t^(−n), fitted to the decay",
    }.get(settled.state)
    bound = 1e6 * abs(settled.end)
    if settled.value is None or settled.error is None:
        reason = settled.reason or "the current did not settle"
        bounded = f"{reason}; at most {bound:.3g} µA leak" if settled.state == "decaying" else reason
        yield Result("leakage current", None, "uA", reason=bounded)
        bounded = (
            f"{reason}; at most {bound / (1e4 * area.value):.3g} µA/cm²"
            if area and settled.state == "decaying"
            else reason
        )
        yield Result("leakage current density", None, "uA/cm^2", reason=bounded)
        yield Result(
            "electronic conductivity",
            None,
            "S/cm",
            reason=_bounded_conductivity(hold, settled, area, thickness, reason),
        )
        return
    current = Quantity(abs(settled.value), "A", settled.error)
    yield Result("leakage current", 1e6 * settled.value, "uA", 1e6 * settled.error, method=how)
    if area is None:
        yield Result("leakage current density", None, "uA/cm^2", reason="no area was given")
        yield Result("electronic conductivity", None, "S/cm", reason="no area was given")
        return
    doubt, why = relative(current=current, area=area)
    density = 100 * current.value / area.value
    yield Result("leakage current density", density, "uA/cm^2", doubt and doubt * density, method=how, reason=why)
    if thickness is None or hold.voltage == 0:
        yield Result(
            "electronic conductivity",
            None,
            "S/cm",
            reason="no thickness was given" if thickness is None else "no voltage",
        )
        return
    value = _conductivity(hold, current.value, area, thickness)
    doubt, why = relative(current=current, area=area, thickness=thickness)
    method = "σ_e = I L/(U A): all of the leak goes as electrons through the film"
    yield Result("electronic conductivity", value, "S/cm", doubt and doubt * value, method=method, reason=why)


def _conductivity(hold: Hold, current: float, area: Quantity, thickness: Quantity) -> float:
    """Return I L/(U A) in S/cm."""
    resistance = abs(hold.voltage) / current
    return float(conductivity_from_resistance(thickness.value, area.value, resistance)) / 100


def _bounded_conductivity(
    hold: Hold, settled: Settled, area: Quantity | None, thickness: Quantity | None, reason: str
) -> str:
    if settled.state != "decaying" or area is None or thickness is None or not hold.voltage or not settled.end:
        return reason
    return f"{reason}; at most {_conductivity(hold, abs(settled.end), area, thickness):.2g} S/cm"


def hold_frame(found: Sequence[Hold], area: Quantity | None) -> pl.DataFrame:
    """Return a row a hold: voltage, duration, what its current settles to, and how."""
    each = [(hold, settle(hold.time, hold.current)) for hold in found]
    per = None if area is None else 100 / area.value
    return pl.DataFrame(
        {
            "Step / 1": [hold.step for hold, _ in each],
            "Voltage / V": [hold.voltage for hold, _ in each],
            "Start / h": [hold.start / 3600 for hold, _ in each],
            "Duration / h": [hold.duration / 3600 for hold, _ in each],
            "State": [settled.state for _, settled in each],
            "Current / uA": [None if settled.value is None else 1e6 * settled.value for _, settled in each],
            "Current / uA (u)": [None if settled.error is None else 1e6 * settled.error for _, settled in each],
            "Last Current / uA": [1e6 * settled.end for _, settled in each],
            "Last Current Density / uA/cm^2": [None if per is None else per * settled.end for _, settled in each],
            "Change / %": [None if settled.change is None else 100 * settled.change for _, settled in each],
            "Exponent / 1": [settled.exponent for _, settled in each],
            "Reason": [settled.reason for _, settled in each],
        },
        schema_overrides={
            "Current / uA": pl.Float64, "Current / uA (u)": pl.Float64, "Last Current Density / uA/cm^2": pl.Float64,
            "Change / %": pl.Float64, "Exponent / 1": pl.Float64, "Reason": pl.String,
        },
    )  # fmt: skip


def current_frame(found: Sequence[Hold], settled: Sequence[Settled]) -> pl.DataFrame:
    """Return the currents of holds over the time since each began, and the fitted decays."""
    parts = []
    for hold, one in zip(found, settled, strict=True):
        rows = [(False, hold.time, hold.current)]
        if one.fitted is not None:
            rows.append((True, *one.fitted))
        for fitted, time, current in rows:
            parts.append(
                pl.DataFrame(
                    {
                        "Step / 1": hold.step,
                        "Voltage / V": hold.voltage,
                        "Fitted": fitted,
                        "Time / h": time / 3600,
                        "Current / uA": 1e6 * np.asarray(current, dtype=float),
                    }
                )
            )
    return pl.concat(parts)


_METHODS: Final = (
    (
        "Leakage",
        "The current that stays at a held voltage. It is of electrons only if the electrodes block the ions; with "
        "electrodes that react it also holds the reaction.",
    ),
    (
        "Settled current",
        "Steady if a line through ten means of the last fifth of the hold changes by at most 1 %, or by no more than its "
        "scatter explains; else the constant of I_∞ + k t^(−n), fitted to the last two decades of time, where its 95 % "
        "interval stays above zero and it is at least half of the last current. Otherwise the last current is a bound from above.",
    ),
)
