"""Steps and directions of a cycling table, by rules that are stated."""

from __future__ import annotations

import polars as pl

from byssus.conventions import CellDirection, Configuration, ElectrodeDirection, electrode_direction
from byssus.measured.tables import CELL_DIRECTION, ELECTRODE_DIRECTION

#: A step rests if its mean current is below this share of the test's large currents.
REST_SHARE = 1e-4
#: What "large" is: this quantile of the magnitude, so that one wild record does not decide.
LARGE = 0.99


def count_steps(*changes: pl.Expr) -> pl.Expr:
    """Number steps from 1: a step begins wherever one of the expressions differs from the record before.

    Examples
    --------
    >>> frame = pl.DataFrame({"mode": ["R", "D", "D", "C"]})
    >>> frame.select(count_steps(pl.col("mode"))).to_series().to_list()
    [1, 2, 2, 3]
    """
    begins = pl.any_horizontal(expression.ne_missing(expression.shift(1)) for expression in changes)
    first = pl.int_range(pl.len()) == 0
    return (begins & ~first).cum_sum().cast(pl.Int64) + 1


def add_directions(data: pl.DataFrame, configuration: Configuration | None) -> pl.DataFrame:
    """Add `Cell Direction` and `Electrode Direction`, one of each to a step.

    A step's direction is the sign of its mean current (positive charges the cell).  It
    rests if that mean is below `REST_SHARE` of the test's large currents, which is the
    noise that a resting channel shows.  A frame that has its cell direction already
    keeps it.  The electrode direction is missing unless the cell is known to be a half cell.

    Examples
    --------
    >>> frame = pl.DataFrame({"Step Count / 1": [1, 2, 2], "Current / A": [0.0, -1.0, -1.0]})
    >>> add_directions(frame, Configuration.HALF)["Electrode Direction"].to_list()
    ['rest', 'lithiation', 'lithiation']
    """
    if "Cell Direction" not in data.columns:
        current = pl.col("Current / A")
        mean = current.mean().over("Step Count / 1")
        moving = current.filter(current != 0)
        threshold = (REST_SHARE * moving.abs().quantile(LARGE)).fill_null(0.0)
        data = data.with_columns(
            pl.when((mean.abs() <= threshold) | (current.abs().max() == 0))
            .then(pl.lit(str(CellDirection.REST)))
            .when(mean > 0)
            .then(pl.lit(str(CellDirection.CHARGE)))
            .otherwise(pl.lit(str(CellDirection.DISCHARGE)))
            .cast(CELL_DIRECTION)
            .alias("Cell Direction")
        )
    return data.with_columns(electrode_directions(configuration).alias("Electrode Direction"))


def electrode_directions(configuration: Configuration | None) -> pl.Expr:
    """Return the electrode direction of each row from its cell direction."""
    if configuration is None:
        return pl.lit(None, dtype=ELECTRODE_DIRECTION)
    words: dict[str, ElectrodeDirection | None] = {
        str(cell): electrode_direction(cell, configuration) for cell in CellDirection
    }
    return (
        pl.col("Cell Direction")
        .cast(pl.String)
        .replace_strict(
            {cell: None if word is None else str(word) for cell, word in words.items()},
            return_dtype=pl.String,
        )
        .cast(ELECTRODE_DIRECTION)
    )
