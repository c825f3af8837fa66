"""Checks of a cycling table that need no knowledge of the instrument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from byssus.findings import Finding

#: The last digit of a current may be this share of it before that is worth saying.
COARSE_CURRENT = 0.01
#: Likewise for the capacity of a step: 0.1 % on each half is 0.14 % on an efficiency.
COARSE_CAPACITY = 1e-3
#: Share of records that may carry the time of the record before.
COARSE_TIME = 0.05
#: Steps shorter than this say little about the trend of the voltage.
MINIMUM_RECORDS = 10


def check_cycling(data: pl.DataFrame, resolution: Mapping[str, float]) -> Iterator[Finding]:
    """Yield what looks wrong in a cycling frame with directions.

    Parameters
    ----------
    data
        The frame.
    resolution
        Smallest step of each column's values as the file stores them.
    """
    yield from _time(data)
    yield from _sign(data)
    yield from _digits(data, resolution)


def _time(data: pl.DataFrame) -> Iterator[Finding]:
    time = data["Test Time / s"]
    step = time.diff().drop_nulls()
    if back := int((step < 0).sum()):
        at = int((step < 0).arg_true()[0]) + 2
        yield Finding(
            "time-backwards",
            f"the test time decreases {back} times, first at record {at} of {data.height}",
            field="Test Time / s",
            value=back,
        )
    same = int((step == 0).sum())
    if same > COARSE_TIME * data.height:
        yield Finding(
            "coarse-time",
            f"{same} of {data.height} records carry the time of the record before",
            field="Test Time / s",
            value=same,
        )
    if "Unix Time / s" in data.columns:
        back = int((data["Unix Time / s"].diff().drop_nulls() < 0).sum())
        if back:
            yield Finding(
                "wall-clock-backwards",
                f"the calendar clock jumps back {back} times while the test time runs on",
                field="Unix Time / s",
                value=back,
            )


def _sign(data: pl.DataFrame) -> Iterator[Finding]:
    steps = (
        data.lazy()
        .filter(pl.col("Cell Direction") != "rest")
        .group_by("Step Count / 1")
        .agg(
            pl.col("Cell Direction").first(),
            # The last record of a step is the instrument's switching as often as it is data.
            (pl.col("Voltage / V").slice(1, pl.len() - 2).last() - pl.col("Voltage / V").slice(1).first()).alias(
                "rise"
            ),
            pl.len().alias("records"),
        )
        .filter((pl.col("records") >= MINIMUM_RECORDS) & (pl.col("rise") != 0))
        .collect()
    )
    if steps.is_empty():
        return
    against = steps.filter((pl.col("Cell Direction") == "charge") == (pl.col("rise") < 0)).height
    if against > steps.height / 2:
        yield Finding(
            "sign-against-voltage",
            f"in {against} of {steps.height} steps the voltage moves against the sign of the current",
            field="Current / A",
            value=against,
        )


def _digits(data: pl.DataFrame, resolution: Mapping[str, float]) -> Iterator[Finding]:
    if (digit := resolution.get("Current / A")) is not None:
        working = data.filter(pl.col("Cell Direction") != "rest")
        smallest = working.group_by("Step Count / 1").agg(pl.col("Current / A").abs().median())["Current / A"].min()
        if isinstance(smallest, float) and digit > COARSE_CURRENT * smallest:
            share = f", {digit / smallest:.0%} of it" if smallest else ""
            yield Finding(
                "coarse-current",
                f"the smallest current, {smallest * 1e3:.3g} mA, is stored to {digit * 1e3:.2g} mA{share}",
                field="Current / A",
                value=digit,
            )
    name = "Step Cumulative Capacity / Ah"
    if (digit := resolution.get(name)) is not None and name in data.columns:
        steps = (
            data.filter(pl.col("Cell Direction") != "rest")
            .group_by("Step Count / 1")
            .agg(pl.col(name).max())
            .filter(pl.col(name) > 0)
        )
        typical = steps[name].median()
        if isinstance(typical, float) and digit > COARSE_CAPACITY * typical:
            yield Finding(
                "coarse-capacity",
                f"the capacity of a step, {typical * 1e3:.3g} mAh at the median, is stored to {digit * 1e3:.2g} mAh, "
                f"{digit / typical:.1%} of it",
                field=name,
                value=digit,
            )
