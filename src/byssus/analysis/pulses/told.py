"""What titration and interruption say alike: columns with the length, the middle of many pulses, what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.pulses.body import TO_CM2, Body
from byssus.analysis.result import Result
from byssus.findings import Finding

#: Where fewer than this share of the pulses give a time constant, those may be the ones that noise made so; a choice.
FEW = 0.1
#: A spread takes so many pulses; it is between these shares of them, a standard deviation to each side of an even scatter.
SPREAD = 4
SIXTH = (0.1587, 0.8413)
_REASONS = ("Reason", "Textbook Reason", "Model Reason")


def in_lengths(frame: pl.DataFrame, body: Body, names: Sequence[str]) -> pl.DataFrame:
    """Return a frame with D and its uncertainty or interval beside each D/L², missing without a length; reasons last."""
    columns: list[tuple[str, NDArray[np.float64]]] = []
    square = np.nan if body.length is None else TO_CM2 * body.length**2
    for name in names:
        per, error = f"{name} D/L^2 / 1/s", f"{name} D/L^2 Standard Uncertainty / 1/s"
        if error in frame.columns:
            found, sure = body.of_length(floats(frame, per), floats(frame, error))
            columns += [(f"{name} D / cm^2/s", found), (f"{name} D Standard Uncertainty / cm^2/s", sure)]
        else:
            columns.append((f"{name} D / cm^2/s", floats(frame, per) * square))
        for end in ("Lower", "Upper"):
            if f"{name} D/L^2 {end} / 1/s" in frame.columns:
                columns.append((f"{name} D {end} / cm^2/s", floats(frame, f"{name} D/L^2 {end} / 1/s") * square))
    made = frame.with_columns(pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in columns)
    return made.select(pl.exclude(_REASONS), *_REASONS)


def middle_of(part: pl.DataFrame, body: Body, direction: str, by: str, of: str, bias: str = "") -> Iterator[Result]:
    """Yield the middle diffusion coefficient of the pulses that have no reason against it, or the commonest reason.

    It has no ± of its own: what a pulse leaves open and how far the pulses lie apart are two things, and D over
    voltage is no constant that was measured again and again.  Both follow as results of their own.

    Parameters
    ----------
    by
        ``Textbook`` or ``Model``.
    of
        Which pulses they are, in words.
    bias
        How far the method is off where it holds, in words; nothing where that is not known.
    """
    long = body.length is not None
    unit, column = ("cm^2/s", f"{by} D") if long else ("1/s", f"{by} D/L^2")
    what = "diffusion coefficient" if long else f"diffusion coefficient over {body.symbol}²"
    words = {"Textbook": "textbook", "Model": "full model"}[by]
    name = f"{what}, {direction}, {words}"
    held = part.filter(pl.col(f"{by} Reason").is_null()).drop_nulls(f"{column} / {unit}").sort(f"{column} / {unit}")
    if held.is_empty():
        common = part[f"{by} Reason"].drop_nulls().str.split(":").list.first().mode().sort()
        many = f", in most of {part.height}" if part.height > 1 else ""
        why = f"{common[0]}{many}" if common.len() else f"none of {part.height} gives one"
        yield Result(name, None, unit, method=f"middle {of}", reason=why)
        return
    if held.height < FEW * part.height:
        few = f"only {held.height} of {part.height} give one, no more than chance may"
        why = f"not identifiable: {few}" if by == "Model" else few
        yield Result(name, None, unit, method=f"middle {of}", reason=why)
        return
    found = held[f"{column} / {unit}"]
    counted = f"{of} ({held.height} of {part.height}, from {found[0]:.2g} to {found[-1]:.2g}){bias}"
    yield Result(
        name, found[held.height // 2], unit,
        method=f"middle {counted}; what one pulse leaves open and how far they lie apart is given apart from it",
    )  # fmt: skip
    sure = held[f"{column} Standard Uncertainty / {unit}"].drop_nulls().sort()
    # Short, so that they are whole in a table.
    own = (
        f"± of one pulse's D, {direction}, {words}"
        if long
        else f"± of one pulse's D/{body.symbol}², {direction}, {words}"
    )
    if sure.len():
        yield Result(
            own, sure[sure.len() // 2], unit, method=f"middle {of}{'; that of the length is in it' if long else ''}"
        )
    else:
        yield Result(own, None, unit, reason="no pulse has one")
    apart = own.replace("± of one pulse's", "spread of pulses'")
    if held.height < SPREAD:
        yield Result(apart, None, unit, reason=f"{counted_of(held.height, 'pulse')}, and it takes {SPREAD}")
    else:
        low, high = (float(value) for value in np.quantile(found.to_numpy(), SIXTH))
        yield Result(
            apart, (high - low) / 2, unit,
            method=f"half of what lies between the 16 % and the 84 % of the pulses, {low:.3g} to {high:.3g}: one standard "
            "deviation where they scatter evenly; D that changes with the composition is in it",
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
        verb = "gives" if faults.height == 1 else "give"
        last = max(frame["Pulse / 1"].to_list())
        # A virtual test numbers the pulses that were planned, and ends before some of them.
        counted = f" (numbers as in the table, up to {last})" if last != frame.height else ""
        of = counted_of(frame.height, what)
        yield Finding("pulse-left-out", f"{faults.height} of {of} {verb} no number: number {said}{counted}")
    out = used.filter(pl.col("Textbook Reason").str.starts_with("out of range"))
    if out.height:
        yield Finding(
            "titration-out-of-range",
            f"the textbook's formula is out of its range in {out.height} of {counted_of(used.height, what)}, as in number "
            f"{out['Pulse / 1'][out.height // 2]}: {out['Textbook Reason'][out.height // 2].removeprefix('out of range: ')}",
        )
    blind = used.filter(pl.col("Model Reason").is_not_null())
    if blind.height:
        yield Finding(
            "time-constant-open",
            f"the full model gives no diffusion coefficient in {blind.height} of {counted_of(used.height, what)}, as in number "
            f"{blind['Pulse / 1'][blind.height // 2]}: {blind['Model Reason'][blind.height // 2]}",
        )


def counted_of(count: int, word: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted_of(1, "pulse"), counted_of(3, "pulse")
    ('1 pulse', '3 pulses')
    """
    return f"{count} {word}{'s' * (count != 1)}"


def places(numbers: Sequence[int]) -> str:
    """Return the first of many numbers, and how many more there are."""
    shown = ", ".join(map(str, numbers[:5]))
    return f"{shown} and {len(numbers) - 5} more" if len(numbers) > 5 else shown


def floats(frame: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as numbers, not-a-number where it misses one."""
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(float)
