"""The numbers of a paper's cycling section for one cell, and the definitions behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import (
    CLOSING_RESISTANCE,
    CLOSING_RESISTANCE_DELAY,
    CURRENT,
    CYCLE,
    EFFICIENCY,
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
    half_column,
    u,
)
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.result import Result
from byssus.conventions import CAPACITY_UNIT, CapacityBasis
from byssus.physics.capacity import relative_uncertainty_of_ratio, retention

#: A share of charge moved at held voltage that is worth a number, in per cent.
WORTH_SAYING = 0.1


def summarise(cycling: Cycling, baselines: Sequence[int] = ()) -> list[Result]:
    """Return the numbers of a paper's cycling section for one cell.

    Parameters
    ----------
    cycling
        The cell.
    baselines
        Cycles that retention is counted from besides `Cycling.baseline`, where a source
        leaves open which it means.
    """
    return [
        *_capacities(cycling),
        *_efficiencies(cycling),
        *(_retained(cycling, baseline) for baseline in dict.fromkeys((cycling.baseline, *baselines))),
        *_voltages(cycling),
        *_resistances(cycling),
        *_currents(cycling),
    ]


def _result(
    cycling: Cycling,
    name: str,
    value: float | None,
    unit: str,
    method: str,
    *,
    uncertainty: float | None = None,
    basis: str | None = None,
    cycle: int | None = None,
    absent: str,
) -> Result:
    return Result(
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


def _ends(cycling: Cycling) -> list[tuple[str, int]]:
    """The first and the last cycle, as they stand in the names of results."""
    return [("first-cycle", 1), *([("last", cycling.last)] if cycling.last > 1 else [])]


def _capacities(cycling: Cycling) -> Iterator[Result]:
    first, second = cycling.words
    how = (
        "the instrument's own count at the end of the half cycle"
        if cycling.counted
        else "∫|I| dt over the half cycle, trapezoidal rule"
    )
    wanted = [("first-cycle", 0, first, 1), *((which, 1, second, cycle) for which, cycle in _ends(cycling))]
    for basis in cycling.bases:
        for which, half, word, cycle in wanted:
            column = cycling.column(half, basis)
            yield _result(
                cycling,
                f"{which} {word} capacity",
                cycling.value(column, cycle),
                _unit(basis),
                how,
                uncertainty=cycling.value(u(column), cycle),
                basis=str(basis),
                cycle=cycle,
                absent=f"cycle {cycle} has no {word}",
            )
    yield _result(
        cycling,
        "cumulative irreversible capacity",
        cycling.value(IRREVERSIBLE, cycling.last),
        "mAh",
        f"Σ({first} − {second} capacity) over cycles 1 to {cycling.last}",
        uncertainty=cycling.value(u(IRREVERSIBLE), cycling.last),
        basis=str(CapacityBasis.CELL),
        cycle=cycling.last,
        absent="a cycle before the last is not whole",
    )


def _efficiencies(cycling: Cycling) -> Iterator[Result]:
    first, second = cycling.words
    yield _result(
        cycling,
        "first-cycle coulombic efficiency",
        cycling.value(EFFICIENCY, 1),
        "%",
        f"{second} over {first} of cycle 1",
        uncertainty=cycling.value(u(EFFICIENCY), 1),
        cycle=1,
        absent="cycle 1 lacks one of its halves",
    )
    yield _mean_after_first(cycling, "mean coulombic efficiency after the first cycle", EFFICIENCY)
    yield _mean_after_first(cycling, "mean energy efficiency after the first cycle", ENERGY_EFFICIENCY)


def _mean_after_first(cycling: Cycling, name: str, column: str) -> Result:
    values = cycling.cycles.filter((pl.col(CYCLE) > 1) & pl.col(column).is_not_null())[column].to_numpy()
    enough = len(values) >= 2
    return _result(
        cycling,
        name,
        float(np.mean(values)) if enough else None,
        "%",
        "mean over the cycles; ± is its standard error",
        uncertainty=float(np.std(values, ddof=1) / np.sqrt(len(values))) if enough else None,
        absent="fewer than two later cycles are whole",
    )


def _retained(cycling: Cycling, baseline: int) -> Result:
    """Retention in the last whole cycle, counted from any baseline."""
    second, last = cycling.words[1], cycling.last
    column = cycling.column(1, CapacityBasis.CELL)
    if baseline == cycling.baseline:
        value, uncertainty = cycling.value(RETENTION, last), cycling.value(u(RETENTION), last)
    else:
        value, uncertainty = _ratio(cycling, column, last, baseline)
    return _result(
        cycling,
        f"retention of {second} capacity",
        value,
        "%",
        f"{second} capacity of cycle {last} over that of cycle {baseline}",
        uncertainty=uncertainty,
        basis=f"cycle {baseline}",
        cycle=last,
        absent=f"cycle {baseline}, its baseline, was not measured to its end" if last else "no cycle is whole",
    )


def _ratio(cycling: Cycling, column: str, cycle: int, baseline: int) -> tuple[float | None, float | None]:
    whole = set(cycling.cycles.filter(WHOLE)[CYCLE])
    kept, base = cycling.value(column, cycle), cycling.value(column, baseline)
    if kept is None or not base or not {cycle, baseline} <= whole:
        return None, None
    share = 100 * retention(kept, base)
    errors = cycling.value(u(column), cycle), cycling.value(u(column), baseline)
    if cycle == baseline or errors[0] is None or errors[1] is None:
        return share, 0.0 if cycle == baseline else None
    return share, share * relative_uncertainty_of_ratio(errors[0] / kept, errors[1] / base)


def _voltages(cycling: Cycling) -> Iterator[Result]:
    for which, cycle in _ends(cycling):
        for word in cycling.words:
            yield _result(
                cycling,
                f"{which} mean {word} voltage",
                cycling.value(half_column(word, MEAN_VOLTAGE), cycle),
                "V",
                "∫V dQ / ∫dQ over the half cycle, trapezoidal rule",
                cycle=cycle,
                absent=f"cycle {cycle} has no {word}",
            )
        yield _result(
            cycling,
            f"{which} voltage hysteresis",
            cycling.value(HYSTERESIS, cycle),
            "V",
            "mean voltage of the charge less that of the discharge",
            cycle=cycle,
            absent=f"cycle {cycle} lacks one of its halves",
        )
        for word in cycling.words:
            if (share := cycling.value(half_column(word, HELD_SHARE), cycle) or 0.0) > WORTH_SAYING:
                yield _result(
                    cycling,
                    f"{which} constant-voltage share of {word}",
                    share,
                    "%",
                    "charge moved while the voltage was held, over that of the half cycle",
                    cycle=cycle,
                    absent="",
                )


def _resistances(cycling: Cycling) -> Iterator[Result]:
    """Resistances where a half begins, and where a rest follows it; only those that the records allow."""
    for which, cycle in _ends(cycling):
        for word in cycling.words:
            for what, delay, where in (
                (RESISTANCE, RESISTANCE_DELAY, "at the start of"),
                (CLOSING_RESISTANCE, CLOSING_RESISTANCE_DELAY, "at the rest after"),
            ):
                value, after = (cycling.value(half_column(word, name), cycle) for name in (what, delay))
                if value is not None and after is not None:
                    yield _result(
                        cycling,
                        f"{which} internal resistance {where} {word}",
                        value,
                        "ohm",
                        f"ΔV/ΔI {after:.3g} s after the current changed",
                        cycle=cycle,
                        absent="",
                    )


def _currents(cycling: Cycling) -> Iterator[Result]:
    for which, cycle in _ends(cycling):
        for word in cycling.words:
            current, rate = (cycling.value(half_column(word, name), cycle) for name in (CURRENT, RATE))
            yield _result(
                cycling,
                f"{which} {word} current",
                current,
                "mA",
                "mean over the constant-current part, its first record left out",
                cycle=cycle,
                absent=f"cycle {cycle} has no {word} at constant current",
            )
            yield _result(
                cycling,
                f"{which} {word} C-rate",
                rate,
                "1/h",
                "current over capacity",
                basis=cycling.rate_basis,
                cycle=cycle,
                absent="there is no nominal capacity and the baseline cycle was not measured"
                if cycling.rate_basis is None
                else f"cycle {cycle} has no {word} at constant current",
            )
            yield _result(
                cycling,
                f"{which} {word} energy",
                cycling.value(half_column(word, ENERGY), cycle),
                "mW*h",
                "mean voltage times capacity of the half cycle",
                basis=str(CapacityBasis.CELL),
                cycle=cycle,
                absent=f"cycle {cycle} has no {word}",
            )


def _unit(basis: CapacityBasis) -> str:
    return CAPACITY_UNIT[basis].replace("²", "^2")


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
    half = "lithiation" in cycling.words
    replaced = (
        " In a half cell the lithium electrode replaces what side reactions consume, so they cost no capacity: what "
        "retention counts is lost contact, resistance and lost active material."
        if half
        else " In a full cell lithium that side reactions consume is lost to the capacity, and retention counts it."
    )
    return [
        ("Order of a cycle", f"{opening}, whatever the instrument calls it."),
        ("Capacity", f"Charge of the {first} and of the {second} of a cycle. {counted}"),
        ("Coulombic efficiency", f"Charge of the {second} over that of the {first} of the same cycle."),
        (
            "Energy efficiency",
            "Energy of a discharge of the cell over that of the charge before it"
            + (", which is in the cycle before. " if first in ("lithiation", "discharge") else ". ")
            + "It falls with the hysteresis of the voltage, at full coulombic efficiency too.",
        ),
        ("Retention", f"Capacity of {second} relative to cycle {cycling.baseline}. It is not an efficiency.{replaced}"),
        (
            "Cumulative irreversible capacity",
            f"Sum over the whole cycles of {first} less {second} capacity; ± holds the rounding of the counter, independent from "
            "cycle to cycle, and not the accuracy of the current. "
            + (
                "It is what the lithium electrode replaced, and costs this cell no capacity; in a full cell it would."
                if half
                else "It is lithium that the cell has no more, as far as nothing else (self-discharge, a shuttle, a leak) "
                "carried charge."
            ),
        ),
        (
            "Mean voltage and hysteresis",
            "Mean voltage is energy over charge of a half cycle; hysteresis is that of the charge less that of the "
            "discharge of a cycle, resistive drop included.",
        ),
        (
            "C-rate",
            f"Current of the constant-current part over the {cycling.rate_basis}."
            if cycling.rate_basis
            else "None is given: the study states no nominal capacity, and the baseline cycle was not measured.",
        ),
        (
            "Internal resistance",
            "ΔV/ΔI from the last record before a change of current to the first in which the current has settled, with "
            "the time between them. Values of different delays are not comparable: the later, the more of diffusion.",
        ),
        (
            "Uncertainty",
            "± is one standard uncertainty: the rounding of the instrument's counter (last digit / √12) and, per mass "
            "or area, their stated uncertainty. It is common to all cycles of a cell and therefore cancels in "
            "efficiency and retention. The accuracy of the instrument's current is in no file and not included; nor "
            "is the spread between cells.",
        ),
    ]
