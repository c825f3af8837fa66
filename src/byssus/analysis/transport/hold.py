"""Onset of oxidation (or reduction) from a staircase of held voltages: the lowest at which a current stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.transport.decay import Hold, Settled, holds, settle
from byssus.analysis.transport.given import area_of, told_in
from byssus.analysis.transport.leakage import current_frame, hold_frame
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.study.techniques import Told

#: The current density that counts as a reaction where none is told, in µA/cm²; a choice: at 1 µA/cm² a cell of
#: 3 mAh/cm² loses 0.8 % a day.
CRITERION: Final = 1.0
#: Steps of a staircase are apart by at least this, in V.
_STEP: Final = 0.005


def examine_hold(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find the voltage at which a current stays that a criterion calls a reaction.

    Parameters
    ----------
    tables
        One cycling table with several held voltages, each above (or each below) the one before.
    told
        ``area``; ``current criterion``, 1 µA/cm² where it is not given.

    Raises
    ------
    AnalysisError
        If fewer than two voltages were held.
    """
    (table,) = tables
    stairs = _staircase(holds(table))
    if len(stairs) < 2:
        raise AnalysisError(
            f"holds {len(stairs)} voltage{'' if len(stairs) == 1 else 's'} of a staircase, for 10 records or more",
            field="Voltage / V",
            fix="give a table of at least two held voltages, one above the other",
        )
    area = area_of(table, told)
    told_criterion = told_in(table, told, "current criterion", "uA/cm^2")
    criterion = told_criterion.value if told_criterion is not None else CRITERION
    settled = [settle(hold.time, hold.current) for hold in stairs]
    rising = stairs[-1].voltage > stairs[0].voltage
    densities = [_density(one, area) for one in settled]
    findings = list(_findings(stairs, settled, densities, criterion))
    frame = hold_frame(stairs, area).with_columns(
        pl.Series("Current Density / uA/cm^2", densities, dtype=pl.Float64),
        pl.lit(criterion).alias("Criterion / uA/cm^2"),
    )
    return Examined(
        "hold",
        (table,),
        tuple(_results(stairs, densities, criterion, area, rising=rising, chosen=told_criterion is None)),
        {"holds": frame, "currents": current_frame(stairs, settled)},
        tuple(findings),
        _METHODS,
    )


def _staircase(found: Sequence[Hold]) -> list[Hold]:
    """Return the longest run of holds whose voltage goes one way."""
    best: list[Hold] = []
    for way in (1, -1):
        run: list[Hold] = []
        for hold in sorted(found, key=lambda hold: hold.start):
            if run and way * (hold.voltage - run[-1].voltage) < _STEP:
                run = []
            run.append(hold)
            if len(run) > len(best):
                best = list(run)
    return best


def _density(settled: Settled, area: Quantity | None) -> float | None:
    """Return what stays, or where it has not settled what is left at the end, in µA/cm²."""
    if area is None:
        return None
    return 100 * abs(settled.end if settled.value is None else settled.value) / area.value


def _onset(densities: Sequence[float | None], criterion: float) -> int | None:
    """Return the first step from which on all currents are above the criterion."""
    above = [density is not None and density > criterion for density in densities]
    if not above[-1]:
        return None
    return max((at + 1 for at, each in enumerate(above) if not each), default=0)


def _results(
    stairs: Sequence[Hold],
    densities: Sequence[float | None],
    criterion: float,
    area: Quantity | None,
    *,
    rising: bool,
    chosen: bool,
) -> Iterator[Result]:
    what = "oxidation" if rising else "reduction"
    onset, stable = f"{what} onset voltage", "last voltage below the criterion"
    yield Result("current criterion", criterion, "uA/cm^2", method="a choice of Byssus" if chosen else "as told")
    if area is None:
        yield Result(onset, None, "V", reason="no area was given, and the criterion is a current density")
        return
    at = _onset(densities, criterion)
    last = stairs[-1].voltage
    if at is None:
        side = "above" if rising else "below"
        yield Result(onset, None, "V", reason=f"not reached: it is {side} {last:.4g} V, the last that was held")
        yield Result(stable, last, "V", method=f"what stays at most {criterion:g} µA/cm²")
        return
    if at == 0:
        side = "at or below" if rising else "at or above"
        yield Result(
            onset,
            None,
            "V",
            reason=f"the current is above the criterion from the first hold on: it is {side} {stairs[0].voltage:.4g} V",
        )
        return
    below, first = stairs[at - 1].voltage, stairs[at].voltage
    yield Result(
        onset,
        first,
        "V",
        method=f"the first held voltage from which on more than {criterion:g} µA/cm² stay",
        reason=f"it lies between {below:.4g} and {first:.4g} V, the steps of the staircase",
    )
    yield Result(stable, below, "V", method=f"what stays at most {criterion:g} µA/cm²")


def _findings(
    stairs: Sequence[Hold], settled: Sequence[Settled], densities: Sequence[float | None], criterion: float
) -> Iterator[Finding]:
    at = _onset(densities, criterion)
    if at is not None and settled[at].state == "decaying":
        yield Finding(
            "hold-not-settled",
            f"at {stairs[at].voltage:.4g} V, the onset, {settled[at].reason}: a longer hold may move the onset",
        )
    before = [
        f"{hold.voltage:.4g}"
        for hold, density in list(zip(stairs, densities, strict=True))[:at]
        if density is not None and density > criterion
    ]
    if before and at is not None:
        yield Finding(
            "onset-not-single",
            f"the current is above {criterion:g} µA/cm² at {', '.join(before)} V too, and below it again before the onset",
        )


_METHODS: Final = (
    (
        "Onset",
        "The first held voltage from which on the current that stays is above the criterion. It has no uncertainty but "
        "the step of the staircase: the onset lies between it and the step before.",
    ),
    (
        "What stays",
        "The steady current, or the constant of I_∞ + k t^(−n) where it can be told from zero; else the mean over the "
        "last tenth of the hold, which bounds it from above.",
    ),
)
