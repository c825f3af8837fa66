"""Rests of both directions against each other: the hysteresis of rested voltages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from byssus.analysis.result import Result
from byssus.findings import Finding


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the rested voltages of the two directions lie apart at the same charge.

    Parameters
    ----------
    middle, least, most
        In V.
    steady
        What a pulse changes the rested voltage by, in the middle, in V.
    """

    middle: float
    least: float
    most: float
    steady: float


def gap(frame: pl.DataFrame) -> Gap | None:
    """Compare the rested voltages of two directions where their charges overlap; None where they do not.

    Charge lost to side reactions shifts one branch against the other, so that the gap is uncertain by the slope of the
    voltage times that charge.
    """
    rested = frame.drop_nulls(("Rested Voltage / V",)).filter(pl.col("Reason").is_null())
    parts = rested.partition_by("Direction", maintain_order=True)
    if len(parts) != 2 or min(part.height for part in parts) < 3:
        return None
    first, second = (part.sort("Charge / mAh") for part in parts)
    at = first["Charge / mAh"].to_numpy()
    there = second["Charge / mAh"].to_numpy()
    inside = (at >= there[0]) & (at <= there[-1])
    if np.count_nonzero(inside) < 3:
        return None
    other = np.interp(at[inside], there, second["Rested Voltage / V"].to_numpy())
    apart = np.abs(first["Rested Voltage / V"].to_numpy()[inside] - other)
    steady = float(np.median(np.abs(np.diff(first["Rested Voltage / V"].to_numpy()))))
    return Gap(float(np.median(apart)), float(np.min(apart)), float(np.max(apart)), steady)


#: After a turn, rested voltages cross to the other branch while what a pulse moves them by falls as steeply as by this power
#: of e over the whole charge of the direction, a tenth from one of sixty pulses to the next ...
FALLING: Final = 6.0
#: ... until so many in a row do not; choices.
CALM: Final = 3
CROSSING: Final = "crossing from one branch of the hysteresis to the other after a turn"


def without_crossings(frame: pl.DataFrame, found: Gap | None, turned: bool, moved: str) -> pl.DataFrame:
    """Stand by no number of the pulses in which rested voltages cross from one branch to the other.

    After a change of direction each pulse moves the rest further towards the other branch, by less and less.  While it
    does, the open-circuit voltage depends on the way and not on the composition alone, and diffusion on it is no
    linear one.  Only where the branches lie further apart than a pulse changes the voltage.

    Parameters
    ----------
    turned
        Whether the first pulse is one after a turn.
    moved
        The column of what a pulse moves the rested voltage by, or of its rate.
    """
    if found is None or found.middle <= found.steady:
        return frame
    rows = frame.to_dicts()
    spans = {
        part["Direction"][0]: float(np.ptp(part["Charge / mAh"].to_numpy())) for part in frame.partition_by("Direction")
    }
    crossing, last, calm = turned, None, 0
    for row, before in zip(rows, (None, *rows), strict=False):
        if before is not None and before["Direction"] != row["Direction"]:
            crossing, last, calm = True, None, 0
        if row[moved] is None or row["Reason"] is not None:
            continue
        if crossing and last is not None:
            fallen = np.log(abs(last[moved]) / abs(row[moved])) if row[moved] and last[moved] else 0.0
            passed = abs(row["Charge / mAh"] - last["Charge / mAh"]) / spans[row["Direction"]]
            calm = 0 if fallen > FALLING * passed else calm + 1
            crossing = calm < CALM
        last = row
        if crossing and row["Textbook Reason"] is None:
            row["Textbook Reason"] = CROSSING
        if crossing and row["Model Reason"] is None:
            row["Model Reason"] = CROSSING
            row.update({name: None for name in row if name.startswith(("Model D/", "Model D ", "Model Time Constant"))})
    return pl.DataFrame(rows, schema=frame.schema)


def results(frame: pl.DataFrame, found: Gap | None) -> Iterator[Result]:
    """Yield the gap, or why there is none."""
    name = "gap between the rests of the two directions"
    method = "middle over the charges that both reached, by linear interpolation"
    if found is not None:
        yield Result(
            name,
            1e3 * found.middle,
            "mV",
            method=f"{method}; from {1e3 * found.least:.3g} to {1e3 * found.most:.3g} mV",
        )
    else:
        only = frame["Direction"].n_unique() == 1
        why = "the pulses go one way only" if only else "the two directions share too few charges"
        yield Result(name, None, "mV", method=method, reason=why)


def findings(found: Gap | None) -> Iterator[Finding]:
    """Say that rests lie on branches, where the gap is larger than what a pulse changes the rested voltage by."""
    if found is not None and found.middle > found.steady:
        yield Finding(
            "rests-on-branches",
            f"the rests of the two directions lie {1e3 * found.middle:.3g} mV apart at the same charge, and a pulse changes "
            f"them by {1e3 * found.steady:.2g} mV: they are on the branches of a hysteresis, and not at equilibrium",
        )
