"""Half cycles: the steps between two changes of direction, as one.

A half cycle is what a person means by "the second lithiation": constant current, a held
voltage after it, and rests in between, however many steps the instrument made of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

#: Voltages at which two half cycles end are one limit within this: cyclers regulate to a few mV, and the record that
#: ends a step lies up to one record beyond.
SAME_VOLTAGE = 0.002
#: Currents at which two holds end are one limit within this share of them.
SAME_CURRENT = 0.05
#: Holds last equally long within this many seconds, or this share.
SAME_SECONDS, SAME_DURATION = 2.0, 1e-3

#: Cyclers switch off with blips of some 1e-4 of the current; holds end at a few per cent of it.
BLIP = 0.01


def halves(steps: pl.DataFrame) -> pl.DataFrame:
    """Summarise each half cycle.

    Parameters
    ----------
    steps
        Of a test (`byssus.analysis.cycling.steps.steps`), with ``Cycle / 1`` and ``Pulse``.

    Returns
    -------
    polars.DataFrame
        A row a half: ``Cycle / 1``, ``Cell Direction``; ``Capacity / Ah``, ``Energy / Wh`` and
        ``Held Capacity / Ah`` added over its steps, and their number ``Steps / 1``;
        ``Current / A`` of the step that moved most at constant current;
        ``Resistance / ohm`` and ``Resistance Delay / s`` where it begins,
        ``Closing Resistance / ohm`` and its delay where a rest follows it; ``End``.

    Notes
    -----
    Files seldom say what ended a step, so it is told from what recurs: two neighbouring
    halves in one direction that end at one voltage to within a record, but not at one
    charge, ended by voltage; the reverse, by charge or time, which a constant current
    cannot tell apart.  A half that ends in a hold ended by the current or the time that
    recurs.  Where neither or both recur, other halves of the direction decide if they
    agree; else the end is missing.
    """
    typical = pl.col("Current / A").max().over("Cycle / 1", "Cell Direction")
    closing = [
        # What follows a half tells of its resistance only if it stops the half's current, not some blip after it.
        pl.when(
            (pl.col("Cell Direction").shift(-1) == "rest")
            & (pl.col("Current Change / A").shift(-1).abs() > BLIP * typical)
        )
        .then(pl.col(name).shift(-1))
        .alias(f"Closing {name}")
        for name in ("Resistance / ohm", "Resistance Delay / s")
    ]
    moving = steps.with_columns(closing).filter(
        (pl.col("Cell Direction") != "rest") & ~pl.col("Pulse") & (pl.col("Cycle / 1") > 0)
    )
    constant = pl.col("Capacity / Ah") - pl.col("Held Capacity / Ah")
    found = moving.group_by("Cycle / 1", "Cell Direction", maintain_order=True).agg(
        pl.col("Capacity / Ah", "Energy / Wh", "Held Capacity / Ah").sum(),
        pl.len().cast(pl.Int64).alias("Steps / 1"),
        pl.col("Current / A").get(constant.arg_max()),
        pl.col("Resistance / ohm", "Resistance Delay / s").first(),
        pl.col("Closing Resistance / ohm", "Closing Resistance Delay / s").last(),
        pl.col("Last Voltage / V", "Last Current / A", "Last Voltage Change / V", "Last Capacity Change / Ah").last(),
        (pl.col("Held Capacity / Ah").last() > 0).alias("Held"),
        pl.col("Duration / s").last().alias("Last Duration / s"),
    )
    ends: dict[tuple[int, str], str | None] = {}
    for (direction,), part in found.group_by("Cell Direction", maintain_order=True):
        ends |= {(cycle, str(direction)): end for cycle, end in zip(part["Cycle / 1"], _ends(part), strict=True)}
    keys = zip(found["Cycle / 1"], found["Cell Direction"].cast(pl.String), strict=True)
    return found.with_columns(pl.Series("End", [ends[key] for key in keys], dtype=pl.String)).drop(
        "Last Current / A", "Last Voltage Change / V", "Last Capacity Change / Ah", "Held", "Last Duration / s"
    )


def _ends(part: pl.DataFrame) -> list[str | None]:
    """Say what ended each half of one direction."""
    rows = part.rows(named=True)
    found: list[str | None] = []
    undecided: list[tuple[int, tuple[str, str]]] = []
    for at, row in enumerate(rows):
        other = rows[at - 1] if at else rows[1] if len(rows) > 1 else None
        words = ("current", "time") if row["Held"] else ("voltage", "charge or time")
        recurs = list(_recurs(row, other, words)) if other is not None and other["Held"] == row["Held"] else []
        found.append(recurs[0] if len(recurs) == 1 else None)
        if len(recurs) == 2:
            undecided.append((at, words))
    known = set(found)
    for at, words in undecided:
        decided = known.intersection(words)
        if len(decided) == 1:
            (found[at],) = decided
    return found


def _recurs(row: dict[str, float], other: dict[str, float], words: tuple[str, str]) -> Iterator[str]:
    """Tell which of the two things that can end a half is the same in both."""

    def apart(name: str) -> float:
        return abs(row[name] - other[name])

    def larger(name: str) -> float:
        return max(abs(row[name]), abs(other[name]))

    if row["Held"]:
        first = apart("Last Current / A") <= SAME_CURRENT * larger("Last Current / A")
        second = apart("Last Duration / s") <= max(SAME_SECONDS, SAME_DURATION * larger("Last Duration / s"))
    else:
        first = apart("Last Voltage / V") <= max(SAME_VOLTAGE, larger("Last Voltage Change / V"))
        second = apart("Capacity / Ah") <= larger("Last Capacity Change / Ah")
    yield from (word for word, same in zip(words, (first, second), strict=True) if same)
