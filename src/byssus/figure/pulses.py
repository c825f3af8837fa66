"""Pulse series (GITT, current interruption): voltage over capacity and over time, with the rests shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import polars as pl

from byssus.conventions import CapacityBasis, CellDirection, Configuration, direction_word
from byssus.figure.binders import capacity_axis, how_many, joined
from byssus.figure.curves import (
    Called,
    around,
    called,
    common_basis,
    drawn_of,
    group_of,
    stroke_of,
    together,
    voltage_axis,
)
from byssus.figure.profiles import divisor
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.measured.tables import Table

Against = Literal["capacity", "time"]

_PULSE, _PART, _DIRECTION = "Pulse Count / 1", "Pulse Part", "Cell Direction"
_HALF, _CHARGE, _SEGMENT = "Half", "Charge", "Segment"
#: How far pulses are from the full colour, in which the ends of their rests stand.
_PALE = 0.45


def pulse_figures(
    tables: Sequence[Table], groups: Sequence[str], files: Mapping[str, str] | None = None
) -> Iterator[Figure]:
    """Draw pulse series: of several samples over capacity, and of each on its own over capacity and over time.

    Parameters
    ----------
    tables
        Tables of pulses, one a sample.
    groups
        All groups of the study, so that each keeps its colour.
    files
        Name of each sample for files.
    """
    for places, apart in together(tables):
        yield pulses([tables[at] for at in places], groups, "capacity").apart(apart)
    for table, name in zip(tables, called(tables, files or {}), strict=True):
        yield pulses([table], groups, "capacity", name)
        yield pulses([table], groups, "time", name)


def pulses(
    tables: Sequence[Table],
    groups: Sequence[str],
    against: Against,
    name: Called | None = None,
    *,
    basis: CapacityBasis | None = None,
) -> Figure:
    """Draw the voltage of pulse series: all records pale, the end of each rest in full colour.

    The end of a rest is what comes nearest to the open-circuit voltage.  Over capacity each half (all
    pulses in one direction) begins at zero, as in voltage profiles, and a rest is upright.

    Parameters
    ----------
    tables
        Tables of pulses, one a sample.
    groups
        All groups of the study.
    against
        What the voltage is drawn over.
    name
        Of the one table.
    basis
        Of the capacities; by default the best that all samples have.
    """
    tables, absent = drawn_of(tables)
    basis = basis or common_basis(tables)
    names = called(tables, {})
    alone = (name or names[0]) if len(tables) == 1 else None
    series: list[Series] = []
    for table, one in zip(tables, names, strict=True):
        every = _of_table(table, (alone or one).words, against, divisor(table, basis))
        series += every if alone else [_labelled(every[0], one.words), *every[1:]]
    rested = next((at for at, one in enumerate(series) if one.style != "line"), None)
    if alone and rested is not None:
        series[rested] = _labelled(series[rested], "end of each rest")
        series[0] = _labelled(series[0], "pulses and rests")
    count = [table.data.filter(pl.col(_PULSE) > 0)[_PULSE].n_unique() for table in tables]
    over = "the capacity of each half" if against == "capacity" else "time"
    x = capacity_axis(basis) if against == "capacity" else Axis(quantity="Time", unit="h")
    return Figure(
        name=f"pulses-against-{against}" + (f"-{alone.file}" if alone else ""),
        title=f"Pulses against {against}" + (f" of {alone.words}" if alone else ""),
        caption=joined(
            f"Voltage over {over} in {' and '.join(map(str, sorted(set(count))))} pulse{'s' * (set(count) != {1})}, each with its rest. "
            "Pale: all records; full colour: the end of each rest.",
            "Rests are upright." if against == "capacity" else "",
            absent,
            how_many([table.metadata.origin for table in tables]),
            between=" ",
        ),
        x=x.model_copy(update={"range": around((at for one in series for at in one.x), 0.03)}),
        panels=(Panel(y=voltage_axis(tables), series=tuple(series)),),
        groups=tuple(groups),
    )


def _labelled(series: Series, label: str) -> Series:
    return series.model_copy(update={"label": label})


def _of_table(table: Table, name: str, against: Against, by: float) -> list[Series]:
    """Return the records of each half, then the ends of its rests."""
    data = halves(table)
    x = pl.col(_CHARGE) * (1000 / 3600 / by) if against == "capacity" else pl.col("Test Time / s") / 3600
    data = data.with_columns(x.alias("x"))
    look = {"group": group_of(table), "origin": stroke_of(table)}
    records: list[Series] = []
    ends: list[Series] = []
    for half in data.partition_by(_HALF, maintain_order=True):
        # The cell's own word where it is not known what the cell is.
        configuration = table.metadata.sample.configuration or Configuration.FULL
        word = direction_word(CellDirection(half[_DIRECTION][0]), configuration)
        rested = half.filter(pl.col(_PART) == "rest", pl.col(_PULSE) > 0)
        rested = rested.group_by(_PULSE, maintain_order=True).last()
        for into, part, said, style in (
            (records, half, "", {"style": "line", "tint": _PALE}),
            (ends, rested, "ends of rests", {"style": "points and line", "sparse": True}),
        ):
            if not part.is_empty():
                given = {"name": joined(name, word, said), "x": tuple(part["x"]), "y": tuple(part["Voltage / V"])}
                into.append(Series.model_validate(given | look | style))
    return [*records, *ends]


def halves(table: Table) -> pl.DataFrame:
    """Return the records of a table of pulses with the half that each is in and the charge passed in it so far.

    A rest belongs to the pulse before it; what comes before the first pulse, to that one.  The
    charge is ∫|I| dt in C by the trapezoidal rule within each pulse, as in cycling.

    Examples
    --------
    >>> from byssus.measured.metadata import Metadata
    >>> from byssus.measured.tables import CELL_DIRECTION, PULSE_PART
    >>> direction, part = ["discharge", "discharge", "rest", "charge", "charge"], ["pulse", "pulse", "rest", "pulse", "pulse"]
    >>> data = pl.DataFrame({"Test Time / s": [0.0, 10.0, 20.0, 20.0, 30.0], "Voltage / V": [0.5, 0.4, 0.45, 0.6, 0.7],
    ...     "Current / A": [-1.0, -1.0, 0.0, 2.0, 2.0], "Pulse Count / 1": [1, 1, 1, 2, 2],
    ...     "Pulse Part": pl.Series(part, dtype=PULSE_PART), "Cell Direction": pl.Series(direction, dtype=CELL_DIRECTION)})
    >>> halves(Table(data, Metadata(kind="pulses")))["Charge"].to_list()
    [0.0, 10.0, 10.0, 0.0, 20.0]
    """
    moving = pl.when(pl.col(_DIRECTION) != "rest").then(pl.col(_DIRECTION))
    magnitude, seconds = pl.col("Current / A").abs(), pl.col("Test Time / s").diff()
    same = pl.col(_SEGMENT) == pl.col(_SEGMENT).shift(1)
    passed = pl.when(same).then((magnitude + magnitude.shift(1)) / 2 * seconds).otherwise(0.0)
    return (
        table.data.with_columns(
            moving.forward_fill().backward_fill().alias(_DIRECTION),
            pl.struct(_PULSE, _PART).rle_id().alias(_SEGMENT),
        )
        .with_columns(pl.col(_DIRECTION).rle_id().alias(_HALF), passed.alias(_CHARGE))
        .with_columns(pl.col(_CHARGE).cum_sum().over(_HALF))
    )
