"""Checks of a measured table: what its records, and its file's name, give away by themselves."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from byssus.findings import Finding
from byssus.measured.metadata import Scalar
from byssus.physics.capacity import uncertainty_of_rounding
from byssus.quantity import Quantity

#: The last digit of a current may be this share of it before that is worth saying.
COARSE_CURRENT = 0.01
#: Likewise for the capacity of a step: 0.1 % on each half is 0.14 % on an efficiency.
COARSE_CAPACITY = 1e-3
#: A derivative over the voltage takes its differences over this window: a fifth of RT/F = 25.7 mV at 298 K, the scale
#: on which the potential of an insertion reaction turns (Nernst) ...
DERIVATIVE_WINDOW = 0.005
#: ... and may be this uncertain from the last digit of the voltage alone.  The two ends are rounded apart, so that is
#: √2 · d/√12 over the window (JCGM 100:2008, F.2.2.1): a last digit d above 0.61 mV is too coarse.
COARSE_VOLTAGE = 0.05
#: Different voltages of a table, at most, that was held at one or a few of them: no derivative is taken of it.
_HELD = 20
#: A gap is this many times what is usual in its test, and the longest of as many intervals on either side in its step.
JUMP, NEIGHBOURS = 10.0, 3
#: Share of records that may carry the time of the record before.
COARSE_TIME = 0.05
#: The counter and the integral may differ by this share beyond what clock and digits explain, in this share of steps.
INTEGRAL, BAD_STEPS = 0.01, 0.1
#: A step that charges the cell with this share of its charge within this voltage of zero stores no energy: the cell is
#: shorted.  Discharging there proves nothing, for an anode may be held at 5 mV while it is lithiated; but lithium leaves
#: graphite or silicon at a hundred millivolts and more, and even plated lithium at tens of them.
DEAD_SHARE, DEAD_VOLTAGE = 0.5, 0.010
#: A step counts for this if it moves this share of what the largest step moves.
LARGE_STEP = 0.05
#: Steps shorter than this say little about the trend of the voltage, and so do those in which it moves by less, in V: it
#: was held, or is that of an overpotential alone.  A choice.
MINIMUM_RECORDS, MOVED = 10, 1e-3
#: Two masses disagree if they lie further apart than this many of their combined standard uncertainties: both of the
#: values that one printed number may stand for are within 1.73 of its own.
DISAGREE = 2.0

#: A number with a decimal mark (a file's name may use p), or a whole one, before the unit of a mass.  Not a mass: a part
#: of a longer number or date, `15_2mg` (15.2, or the second of 15?), and what goes on to an area or a volume.
_MASS = re.compile(
    r"""(?<![\d.,])(?:(?<!\dp)(?P<decimal>\d+[.,p]\d+)[ _-]?|(?<!\d[p_-])(?P<whole>\d+)[ ]?)
        (?P<unit>mg|ug|µg|μg)
        (?![A-Za-z^/]|[ _-]*(?:per|p?cm|m[lL]\b|m[lL]_))""",
    re.VERBOSE,
)
#: Where instruments keep the mass that they were told, in mg per unit.  BioLogic .mpr; Arbin .res, in g; Neware .nda,
#: and .ndax in µg (as NewareNDA and fastnda read them).
_TOLD = {
    "Mass of active material / mg": 1.0,
    "MASS": 1e3,
    "active_mass_mg": 1.0,
    "Step.Head_Info.SCQ": 1e-3,
}
#: What EC-Lab shows, in mg, where nobody filled in a mass.
_UNTOLD = (0.0, 0.001, 7000.0)


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
    yield from _jumps(data, resolution)
    yield from _sign(data)
    yield from _digits(data, resolution)
    yield from _integral(data, resolution)
    yield from _short(data)


def mass_in_name(name: str) -> Quantity | None:
    """Return the mass that a file's name holds, its uncertainty that of its last digit.

    Nothing where there is none, or several that differ.  The unit is mg or µg; gram
    would be taken for too much else.

    Examples
    --------
    >>> mass_in_name("FK155_JLGU_GE_50-2_15_m1p233mg_Li_LP30_RT.mpr")
    Quantity(value=1.233, unit='mg', uncertainty=0.0002886751345948129)
    >>> str(mass_in_name("Case1_ActiveMass_18mg_CurrentThreshold_0.15mA.txt"))
    '18.00 ± 0.29 mg'
    >>> [mass_in_name(name) for name in ("NMC_2.5mgcm-2.mpr", "cell_15_2mg.nda", "a 12mg c 30mg.csv")]
    [None, None, None]
    """
    found = set()
    for match in _MASS.finditer(name):
        number = re.sub("[,p]", ".", match["decimal"] or match["whole"])
        decimals = len(number.partition(".")[2])
        unit = "mg" if match["unit"] == "mg" else "ug"
        if float(number) > 0:
            found.add(Quantity(float(number), unit, uncertainty_of_rounding(10.0**-decimals)))
    return found.pop() if len(found) == 1 else None


def disagree(first: Quantity, second: Quantity) -> bool:
    """Say whether two masses differ by more than the uncertainties that are known of them explain.

    Examples
    --------
    >>> disagree(Quantity(1.233, "mg", 0.0003), Quantity(1.26, "mg"))
    True
    >>> disagree(Quantity(1.2, "mg", 0.03), Quantity(1.233, "mg"))
    False
    """
    second = second.to(first.unit)
    combined = math.hypot(first.uncertainty or 0.0, second.uncertainty or 0.0)
    # A ten-thousandth: instruments keep 32-bit floats and other units.
    return abs(first.value - second.value) > max(DISAGREE * combined, 1e-4 * abs(first.value))


def check_name(name: str, vendor: Mapping[str, Scalar]) -> Iterator[Finding]:
    """Yield what is wrong between a file's name and what its instrument was told (its header)."""
    named = mass_in_name(name)
    told = None if named is None else _mass_told(vendor)
    if named is not None and told is not None and disagree(named, told):
        apart = told.to(named.unit).value / named.value - 1
        yield Finding(
            "mass-in-name",
            f"the name says {named.value:g} {named.unit}, the instrument was told {told.to(named.unit).value:.5g} "
            f"{named.unit}, {abs(apart):.2%} {'more' if apart > 0 else 'less'}",
            field="mass",
            value=told.value,
        )


def _mass_told(vendor: Mapping[str, Scalar]) -> Quantity | None:
    """Return the mass of active material that the instrument was told, in mg."""
    for key, factor in _TOLD.items():
        value = vendor.get(key)
        try:
            told = math.nan if value is None else float(value) * factor
        except ValueError:
            continue
        if math.isfinite(told) and told > 0 and told not in _UNTOLD:
            return Quantity(told, "mg")
    printed = re.match(r"(\d+)[.,](\d+) mg\b", str(vendor.get("Mass of active material")))
    if printed and (told := float(f"{printed[1]}.{printed[2]}")) not in _UNTOLD:
        return Quantity(told, "mg", uncertainty_of_rounding(10.0 ** -len(printed[2])))
    low, high = (vendor.get(f"active mass, {end} / mg") for end in ("lowest", "highest"))
    if isinstance(low, float) and isinstance(high, float):
        return Quantity((low + high) / 2, "mg", uncertainty_of_rounding(high - low))
    return None


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
    dead = pl.col("Voltage / V").abs() < DEAD_VOLTAGE
    shorted = (
        data.lazy()
        .with_columns(_charge().alias("charge"))
        .group_by("Step Count / 1", maintain_order=True)
        .agg(
            pl.col("Cell Direction").first(),
            pl.col("charge").sum(),
            pl.col("charge").filter(dead).sum().alias("dead"),
            pl.len().alias("records"),
        )
        .filter(
            (pl.col("Cell Direction") == "charge")
            & (pl.col("records") >= MINIMUM_RECORDS)
            & (pl.col("charge") > LARGE_STEP * pl.col("charge").max())
            & (pl.col("dead") > DEAD_SHARE * pl.col("charge"))
        )
        .collect()
    )
    if shorted.height:
        stored = float(shorted["dead"].sum()) * 1e3
        steps = f"{shorted.height} steps, the first of them" if shorted.height > 1 else "one step,"
        yield Finding(
            "short-circuit",
            f"{stored:.4g} mAh charged the cell within {DEAD_VOLTAGE * 1e3:.0f} mV of zero, in {steps} step "
            f"{shorted['Step Count / 1'][0]}",
            field="Voltage / V",
            value=stored,
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


def _jumps(data: pl.DataFrame, resolution: Mapping[str, float]) -> Iterator[Finding]:
    """Tell of gaps in the records of a step that moves charge.

    An instrument records at a set interval, and sooner where the voltage moves: a plateau
    may be logged every ten minutes, a noisy voltage every millisecond for a while.  So a gap
    must be long against the intervals next to it in its step, and against the interval at
    which half of the time with current was recorded, the set one.  At the ends of a
    step, where instruments change pace, a gap is not told from a longer interval.
    """
    interval = np.diff(data["Test Time / s"].to_numpy(), prepend=data["Test Time / s"][0])
    step, moving = data["Step Count / 1"].to_numpy(), (data["Cell Direction"] != "rest").to_numpy()
    # Few are much longer than both of their neighbours, and only those are looked at more closely.
    at = np.flatnonzero(interval[1:-1] > JUMP * np.maximum(interval[:-2], interval[2:])) + 1
    at = at[moving[at] & (at > NEIGHBOURS) & (at < len(interval) - NEIGHBOURS)]
    at = at[step[at - NEIGHBOURS - 1] == step[at + NEIGHBOURS]]
    offsets = np.array([by for by in range(-NEIGHBOURS, NEIGHBOURS + 1) if by])
    around = interval[at[:, np.newaxis] + offsets].max(axis=1)
    ticks = 2 * resolution.get("Test Time / s", 0.0)
    at = at[interval[at] > JUMP * around + ticks]
    within = moving & (interval > 0)
    within[1:] &= step[1:] == step[:-1]
    within[at] = False
    if not at.size or not within.any():
        return
    spent = np.sort(interval[within])
    usual = spent[np.searchsorted(np.cumsum(spent), spent.sum() / 2)]
    at = at[interval[at] > JUMP * usual + ticks]
    if at.size:
        worst = at[np.argmax(interval[at])]
        places = f"{at.size} places" if at.size > 1 else "one place"
        yield Finding(
            "time-jumps",
            f"in {places} records are missing while current flows, which are {usual:.3g} s apart for half of the "
            f"time; the longest gap is {interval[worst]:.4g} s, before record {worst + 1}",
            field="Test Time / s",
            value=at.size,
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
        .filter((pl.col("records") >= MINIMUM_RECORDS) & (pl.col("rise").abs() >= MOVED))
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
    if (digit := resolution.get("Voltage / V")) is not None:
        share = math.sqrt(2) * uncertainty_of_rounding(digit) / DERIVATIVE_WINDOW
        # A voltage that was held all the time has few values, and no derivative.
        if share > COARSE_VOLTAGE and data["Voltage / V"].n_unique() > _HELD:
            yield Finding(
                "coarse-voltage",
                f"the voltage is stored to {digit * 1e3:.2g} mV: a derivative over {DERIVATIVE_WINDOW * 1e3:.0f} mV "
                f"is uncertain by {share:.0%} from that alone",
                field="Voltage / V",
                value=digit,
            )
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
