"""What titration and interruption say alike: columns with the length, the middle of many pulses, what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.pulses.body import Body
from byssus.analysis.result import Result
from byssus.findings import Finding

#: Where fewer than this share of the pulses give a time constant, those may be the ones that noise made so; a choice.
FEW = 0.1
_REASONS = ("Reason", "Textbook Reason", "Model Reason")


def in_lengths(frame: pl.DataFrame, body: Body, names: Sequence[str]) -> pl.DataFrame:
    """Return a frame with D and its uncertainty or interval beside each D/L², missing without a length; reasons last."""
    columns: list[tuple[str, NDArray[np.float64]]] = []
    square = np.nan if body.length is None else body.length**2
    for name in names:
        per, error = f"{name} D/L^2 / 1/s", f"{name} D/L^2 Standard Uncertainty / 1/s"
        if error in frame.columns:
            found, sure = body.of_length(floats(frame, per), floats(frame, error))
            columns += [(f"{name} D / m^2/s", found), (f"{name} D Standard Uncertainty / m^2/s", sure)]
        else:
            columns.append((f"{name} D / m^2/s", floats(frame, per) * square))
        for end in ("Lower", "Upper"):
            if f"{name} D/L^2 {end} / 1/s" in frame.columns:
                columns.append((f"{name} D {end} / m^2/s", floats(frame, f"{name} D/L^2 {end} / 1/s") * square))
    made = frame.with_columns(pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in columns)
    return made.select(pl.exclude(_REASONS), *_REASONS)


def middle_of(part: pl.DataFrame, body: Body, direction: str, by: str, of: str) -> Result:
    """Return the middle diffusion coefficient of the pulses that have no reason against it, or the commonest reason."""
    long = body.length is not None
    unit, column = ("m^2/s", f"{by} D") if long else ("1/s", f"{by} D/L^2")
    what = "diffusion coefficient" if long else f"diffusion coefficient over {body.symbol}²"
    words = {"Textbook": "textbook", "Model": "full model"}[by]
    name = f"{what}, {direction}, {words}"
    held = part.filter(pl.col(f"{by} Reason").is_null()).drop_nulls(f"{column} / {unit}").sort(f"{column} / {unit}")
    if held.is_empty():
        common = part[f"{by} Reason"].drop_nulls().str.split(":").list.first().mode().sort()
        why = f"{common[0]}, in most of {part.height}" if common.len() else f"none of {part.height} gives one"
        return Result(name, None, unit, method=f"middle {of}", reason=why)
    if by == "Model" and held.height < FEW * part.height:
        few = f"only {held.height} of {part.height} give one, no more than chance may"
        return Result(name, None, unit, method=f"middle {of}", reason=f"not identifiable: {few}")
    middle = held.row(held.height // 2, named=True)
    low, high = held[f"{column} / {unit}"][0], held[f"{column} / {unit}"][-1]
    return Result(
        name, middle[f"{column} / {unit}"], unit, middle[f"{column} Standard Uncertainty / {unit}"],
        method=f"middle {of} ({held.height} of {part.height}, from {low:.2g} to {high:.2g}); ± is of that one",
    )  # fmt: skip


def resistance_of(values: pl.Series, body: Body, name: str, method: str) -> Result:
    """Return the middle of resistances in Ω, times the area where that was told."""
    unit = "ohm" if body.area is None else "ohm*cm^2"
    known = values.drop_nulls().sort()
    if not known.len():
        return Result(name, None, unit, method=method, reason="no pulse gives one")
    against = known.filter(known < 0).len()
    if 2 * against > known.len():
        why = f"in {against} of {known.len()} the voltage steps against the current, whose sign may be wrong"
        return Result(name, None, unit, method=method, reason=why)
    if against:
        method += f"; {against} of them, below zero, left out"
        known = known.filter(known >= 0)
    known = known * (1.0 if body.area is None else body.area)
    middle, low, high = known[known.len() // 2], known[0], known[-1]
    spread = None if body.area is None else abs(middle) * body.area_error / body.area
    return Result(name, middle, unit, spread, method=f"{method}; from {low:.3g} to {high:.3g} of {known.len()}")


def findings_of_faults(frame: pl.DataFrame, what: str) -> Iterator[Finding]:
    """Say of which pulses nothing can be said, and why; and of how many the formula or the model gives none."""
    faults = frame.filter(pl.col("Reason").is_not_null())
    used = frame.filter(pl.col("Reason").is_null())
    if faults.height:
        kinds = faults.group_by(pl.col("Reason").str.split(":").list.first().alias("kind"), maintain_order=True).agg(
            "Pulse / 1"
        )
        said = "; ".join(f"{places(row['Pulse / 1'])}: {row['kind']}" for row in kinds.iter_rows(named=True))
        yield Finding("pulse-left-out", f"{faults.height} of {frame.height} {what} give no number: number {said}")
    out = used.filter(pl.col("Textbook Reason").str.starts_with("out of range"))
    if out.height:
        yield Finding(
            "titration-out-of-range",
            f"the textbook's formula is out of its range in {out.height} of {used.height} {what}, as in number "
            f"{out['Pulse / 1'][out.height // 2]}: {out['Textbook Reason'][out.height // 2].removeprefix('out of range: ')}",
        )
    blind = used.filter(pl.col("Model Reason").is_not_null())
    if blind.height:
        yield Finding(
            "time-constant-open",
            f"the full model gives no diffusion coefficient in {blind.height} of {used.height} {what}, as in number "
            f"{blind['Pulse / 1'][blind.height // 2]}: {blind['Model Reason'][blind.height // 2]}",
        )


def places(numbers: Sequence[int]) -> str:
    """Return the first of many numbers, and how many more there are."""
    shown = ", ".join(map(str, numbers[:5]))
    return f"{shown} and {len(numbers) - 5} more" if len(numbers) > 5 else shown


def floats(frame: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as numbers, not-a-number where it misses one."""
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(float)
