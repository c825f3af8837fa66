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
#: The counter and the integral may differ by this share beyond what clock and digits explain, in this share of steps.
INTEGRAL, BAD_STEPS = 0.01, 0.1
#: A cell that moves this share of its charge within this voltage of zero is shorted: an anode that is lithiated to
#: 5 mV moves a few per cent there.
DEAD_SHARE, DEAD_VOLTAGE = 0.5, 0.010
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
    yield from _integral(data, resolution)
    yield from _short(data)


def _charge() -> pl.Expr:
    """∫|I| dt of each record's interval within its step, in Ah, by the trapezoidal rule."""
    current, step = pl.col("Current / A").abs(), pl.col("Step Count / 1")
    charge = (current + current.shift(1)) / 2 * pl.col("Test Time / s").diff() / 3600
    return pl.when(step == step.shift(1)).then(charge).otherwise(0.0).fill_null(0.0)


def _integral(data: pl.DataFrame, resolution: Mapping[str, float]) -> Iterator[Finding]:
    name = "Step Cumulative Capacity / Ah"
    if name not in data.columns:
        return
    clock, digit = resolution.get("Test Time / s", 0.0), resolution.get("Current / A", 0.0)
    rounding = resolution.get(name, 0.0)
    time, current = pl.col("Test Time / s"), pl.col("Current / A").abs()
    steps = (
        data.lazy()
        .with_columns(_charge().alias("charge"))
        .filter(pl.col("Cell Direction") != "rest")
        .group_by("Step Count / 1", maintain_order=True)
        .agg(
            (pl.col(name).max() - pl.col(name).min()).alias("counted"),
            pl.col("charge").sum(),
            # One tick of the clock at either end, half a digit of the current throughout, a digit of the counter,
            # and what the current can have done between two records.
            (
                current.max() * (2 * clock + time.diff().max()) / 3600
                + digit / 2 * (time.last() - time.first()) / 3600
                + rounding
            ).alias("allowed"),
            pl.len().alias("records"),
        )
        .filter((pl.col("records") >= MINIMUM_RECORDS) & (pl.col("counted") > 0))
        .with_columns((pl.col("charge") / pl.col("counted") - 1).alias("apart"))
        .collect()
    )
    beyond = steps.filter(
        (pl.col("charge") - pl.col("counted")).abs() > pl.col("allowed") + INTEGRAL * pl.col("counted")
    )
    if beyond.height > BAD_STEPS * steps.height:
        worst = beyond.sort(pl.col("apart").abs(), descending=True).row(0, named=True)
        yield Finding(
            "capacity-not-integral",
            f"in {beyond.height} of {steps.height} steps the counted charge is not ∫|I| dt; most in step "
            f"{worst['Step Count / 1']}: {worst['counted'] * 1e3:.4g} mAh counted, {worst['charge'] * 1e3:.4g} mAh integrated",
            field=name,
            value=beyond.height,
        )


def _short(data: pl.DataFrame) -> Iterator[Finding]:
    moved = data.select(_charge().alias("charge"), pl.col("Voltage / V").abs().alias("voltage"))
    total = float(moved["charge"].sum())
    dead = float(moved.filter(pl.col("voltage") < DEAD_VOLTAGE)["charge"].sum())
    if total > 0 and dead > DEAD_SHARE * total:
        yield Finding(
            "short-circuit",
            f"{dead * 1e3:.4g} of {total * 1e3:.4g} mAh were moved within {DEAD_VOLTAGE * 1e3:.0f} mV of zero",
            field="Voltage / V",
            value=dead * 1e3,
        )


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
        typical = working.group_by("Step Count / 1").agg(pl.col("Current / A").abs().median())["Current / A"]
        smallest = typical.filter(typical > 0).min()
        if isinstance(smallest, float) and digit > COARSE_CURRENT * smallest:
            yield Finding(
                "coarse-current",
                f"the smallest current, {smallest * 1e3:.3g} mA, is stored to {digit * 1e3:.2g} mA, "
                f"{digit / smallest:.0%} of it",
                field="Current / A",
                value=digit,
            )
    name = "Step Cumulative Capacity / Ah"
    if (digit := resolution.get(name)) is not None and name in data.columns:
        capacities = (
            data.filter(pl.col("Cell Direction") != "rest")
            .group_by("Step Count / 1")
            .agg(pl.col(name).max())
            .filter(pl.col(name) > 0)
        )
        median = capacities[name].median()
        if isinstance(median, float) and digit > COARSE_CAPACITY * median:
            yield Finding(
                "coarse-capacity",
                f"the capacity of a step, {median * 1e3:.3g} mAh at the median, is stored to {digit * 1e3:.2g} mAh, "
                f"{digit / median:.1%} of it",
                field=name,
                value=digit,
            )
