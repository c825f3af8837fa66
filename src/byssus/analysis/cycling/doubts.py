"""What could overturn the numbers of a cycling test, found from its steps and cycles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from byssus.analysis.cycling.columns import CURRENT, CYCLE, EFFICIENCY, WHOLE, capacity_column, half_column, u
from byssus.conventions import CapacityBasis, CellDirection
from byssus.findings import Finding
from byssus.measured.checks import disagree, mass_in_name
from byssus.measured.metadata import Sample
from byssus.measured.tables import VENDOR, Table

#: A step against the direction of its neighbours is a pulse, not a half cycle, if it moves less than this share of
#: what either of them moves.
PULSE_SHARE = 0.05
#: A last half is cut off if it stops further from the usual end than this share of the voltage window ...
OPEN_WINDOW = 0.05
#: ... and has moved less than this share of what the one before it in its direction moved.
OPEN_CHARGE = 0.95
#: An efficiency is impossible beyond 100 % by this many of its standard uncertainties, and by this many per cent.
BEYOND_UNCERTAINTY, BEYOND_PER_CENT = 3.0, 1.0
#: A half whose mean current is below this share of that of the one before also gives back what the faster one left.
SLOWER = 0.9
#: Lithium that may come out beyond what went in, as a share of the first half's charge: drifts add up.
INVENTORY_SHARE = 0.05
#: A printed efficiency is a ratio of two printed capacities if it is that but for their last digits and this share:
#: instruments compute it from more digits, or from 32-bit floats.
RATIO_SHARE = 2e-4
#: Where instruments keep their own cycles: charge and discharge capacity in the tab that the vendor's header keeps as
#: JSON (LAND), with the column `Efficiency/%` ...
_TABS = {
    "Cycle-Tab": ("CapC/mAh", "CapD/mAh"),
    "Cycle": ("Charge-Cap/mAh", "Discharge-Cap/mAh"),
}
#: ... or both in running columns of the records (EC-Lab).
_RUNNING = ("Q charge/mA.h", "Q discharge/mA.h")
_EFFICIENCY = "Efficiency/%"
#: Charge before the first cycle that is worth a word, as a share of the first half's.
BEFORE_SHARE = 0.01


def pulses(directions: Sequence[str], charges: Sequence[float]) -> list[bool]:
    """Say which steps are short pulses against the direction of the half cycle around them.

    Examples
    --------
    >>> pulses(["discharge", "charge", "discharge", "charge"], [1.0, 0.003, 1.0, 1.9])
    [False, True, False, False]
    """
    active = [at for at, direction in enumerate(directions) if direction != CellDirection.REST]
    found = [False] * len(directions)
    for before, here, after in zip(active, active[1:], active[2:], strict=False):
        between = directions[before] == directions[after] != directions[here]
        if between and charges[here] < PULSE_SHARE * min(charges[before], charges[after]):
            found[here] = True
    return found


@dataclass(frozen=True, slots=True)
class CutOff:
    """A last half cycle that stops before the others' end."""

    cycle: int
    direction: CellDirection
    ends_at: float
    usually_at: float

    def finding(self, word: str, sample: str) -> Finding:
        """Say so."""
        return Finding(
            "half-cut-off",
            f"the {word} of cycle {self.cycle}, the last, ends at {self.ends_at:.3g} V; the one before it ended at "
            f"{self.usually_at:.3g} V",
            sample=sample,
            field="cycle",
            value=self.cycle,
        )


def cut_off(moving: pl.DataFrame) -> CutOff | None:
    """Find out whether the test was still running: compare its last half with the one before it in its direction.

    `moving` has the steps that moved charge, with `Cycle / 1`; the last step of a half
    carries its end.
    """
    halves = (
        moving.with_columns(
            (pl.col("Cell Direction") != pl.col("Cell Direction").shift(1))
            .fill_null(value=True)
            .cum_sum()
            .alias("half")
        )
        .group_by("half", maintain_order=True)
        .agg(
            pl.col("Cell Direction").first().cast(pl.String),
            pl.col(CYCLE).last(),
            pl.col("Capacity / Ah").sum(),
            pl.col("Last Voltage / V").last(),
        )
    )
    if halves.height < 3:
        return None
    last = halves.row(-1, named=True)
    before, other = halves.row(-3, named=True), halves.row(-2, named=True)
    window = abs(before["Last Voltage / V"] - other["Last Voltage / V"])
    short = abs(last["Last Voltage / V"] - before["Last Voltage / V"]) > OPEN_WINDOW * window
    if short and last["Capacity / Ah"] < OPEN_CHARGE * before["Capacity / Ah"]:
        direction = CellDirection(last["Cell Direction"])
        return CutOff(last[CYCLE], direction, last["Last Voltage / V"], before["Last Voltage / V"])
    return None


def of_pulses(steps: pl.DataFrame, sample: str) -> Iterator[Finding]:
    """Tell of the steps that were taken for pulses."""
    short = steps.filter("Pulse")
    if short.height:
        charge = float(short["Capacity / Ah"].sum()) * 1000
        yield Finding(
            "pulses-passed-over",
            f"{short.height} short steps against the direction of their half cycle, {charge:.3g} mAh in all",
            sample=sample,
            field="Step Count / 1",
            value=short.height,
        )


def before_first(moving: pl.DataFrame, first_charge: float, words: tuple[str, str], sample: str) -> Iterator[Finding]:
    """Tell of charge that was moved before the first cycle opened."""
    charge = float(moving.filter(pl.col(CYCLE) == 0)["Capacity / Ah"].sum()) * 1000
    if charge > BEFORE_SHARE * first_charge:
        yield Finding(
            "charge-before-first",
            f"{charge:.3g} mAh of {words[1]} came before the first {words[0]}, which moved {first_charge:.3g} mAh",
            sample=sample,
            field="made",
            value=charge,
        )


def impossible(cycles: pl.DataFrame, words: tuple[str, str], sample: str) -> Iterator[Finding]:
    """Tell of efficiencies above 100 % that neither rounding nor a lower current than in the cycle before explains."""
    current = half_column(words[1], CURRENT)
    slower = (pl.col(current) < SLOWER * pl.col(current).shift(1)).fill_null(value=False)
    margin = pl.max_horizontal(pl.lit(BEYOND_PER_CENT), BEYOND_UNCERTAINTY * pl.col(u(EFFICIENCY)).fill_null(0.0))
    beyond = cycles.filter(pl.col(EFFICIENCY) > 100 + margin, ~slower)
    if beyond.height:
        worst = beyond.sort(EFFICIENCY, descending=True).row(0, named=True)
        yield Finding(
            "efficiency-impossible",
            f"in {beyond.height} of {cycles[EFFICIENCY].drop_nulls().len()} cycles the {words[1]} gave more than the "
            f"{words[0]} had taken, most in cycle {worst[CYCLE]}: {worst[EFFICIENCY]:.4g} %",
            sample=sample,
            field=EFFICIENCY,
            value=worst[EFFICIENCY],
        )


def inventory(cycles: pl.DataFrame, words: tuple[str, str], sample: str) -> Iterator[Finding]:
    """Tell of more lithium coming out over the test than had gone in."""
    taken, given = (pl.col(capacity_column(word, CapacityBasis.CELL)) for word in words)
    left = cycles.filter(WHOLE).with_columns((taken - given).cum_sum().alias("left"))
    if left.is_empty():
        return
    worst = left.sort("left").row(0, named=True)
    first = left.row(0, named=True)[capacity_column(words[0], CapacityBasis.CELL)]
    if worst["left"] < -INVENTORY_SHARE * first:
        yield Finding(
            "inventory-impossible",
            f"by cycle {worst[CYCLE]} the {words[1]}s had given {-worst['left']:.3g} mAh more than the {words[0]}s had "
            f"taken, {-worst['left'] / first:.0%} of the first",
            sample=sample,
            field="cycle",
            value=worst["left"],
        )


def incomplete(cycles: pl.DataFrame, words: tuple[str, str], sample: str) -> Iterator[Finding]:
    """Tell of cycles that lack a half, or one of whose halves moved nothing."""
    for word in words:
        column = capacity_column(word, CapacityBasis.CELL)
        absent = cycles.filter(pl.col(column).is_null() | (pl.col(column) <= 0))[CYCLE].to_list()
        if absent:
            named = ", ".join(map(str, absent[:8])) + (" …" if len(absent) > 8 else "")
            plural = "cycles" if len(absent) > 1 else "cycle"
            message = f"{plural} {named} {'have' if len(absent) > 1 else 'has'} no {word}"
            yield Finding("incomplete-cycle", message, sample=sample, field="cycle", value=absent[0])


def missing(sample: Sample, name: str) -> Iterator[Finding]:
    """Tell of masses and areas that are not given, or given without an uncertainty."""
    if sample.active_mass is None:
        yield Finding(
            "value-missing",
            "the mass of active material is not given, so there are no capacities in mAh/g of it",
            sample=name,
            field="active_mass",
        )
    for field, what, unit in (
        ("active_mass", "mass of active material", "mAh/g"),
        ("coating_mass", "mass of the coating", "mAh/g of coating"),
        ("electrode_area", "area", "mAh/cm²"),
    ):
        given = getattr(sample, field)
        if given is not None and given.uncertainty is None:
            yield Finding(
                "value-missing",
                f"the {what} is given without an uncertainty, so there is none on {unit}",
                sample=name,
                field=field,
            )


def mass_in_study(sample: Sample, files: Iterable[str], name: str) -> Iterator[Finding]:
    """Tell of masses in the names of a sample's files that are none of those the study gives.

    A name may hold the mass of the active material or of the coating, so it is a doubt only
    if it is neither.
    """
    given = {"active_mass": sample.active_mass, "coating_mass": sample.coating_mass}
    masses = {field: mass for field, mass in given.items() if mass is not None}
    for file in files:
        named = mass_in_name(file)
        if named is None or not masses or not all(disagree(named, mass) for mass in masses.values()):
            continue
        said = " and ".join(
            f"{mass.to(named.unit).value:.5g} {named.unit} as {field}" for field, mass in masses.items()
        )
        yield Finding(
            "mass-in-name",
            f"the file's name says {named.value:g} {named.unit}, the study gives {said}",
            sample=name,
            file=file,
            field=next(iter(masses)),
            value=named.to("mg").value,
        )


def rests(steps: pl.DataFrame, sample: str) -> Iterator[Finding]:
    """Tell of a test without a rest before its first current, or without any between charge and discharge.

    `steps` has a row a step with its `Cell Direction`, and `Pulse` for those that are none
    of a half cycle.  A rest of any length counts.
    """
    directions = [
        None if pulse else direction
        for direction, pulse in zip(steps["Cell Direction"].cast(pl.String), steps["Pulse"], strict=True)
    ]
    turns = rested = 0
    before, resting = None, False
    for direction in directions:
        if direction == CellDirection.REST:
            resting = True
        elif direction is not None:
            if before is not None and direction != before:
                turns, rested = turns + 1, rested + resting
            before, resting = direction, False
    lacks = []
    if directions and directions[0] != CellDirection.REST:
        lacks.append("the test begins with current: the cell's open-circuit voltage was not measured")
    if turns and not rested:
        where = f"any of the {turns} turns" if turns > 1 else "the one turn"
        lacks.append(f"there is no rest at {where} between charge and discharge")
    if lacks:
        yield Finding("missing-rest", "; ".join(lacks), sample=sample, field="Cell Direction", value=turns - rested)


def vendor_efficiency(
    table: Table, cycles: pl.DataFrame, first: CellDirection, words: tuple[str, str], sample: str
) -> Iterator[Finding]:
    """Tell of an efficiency of the instrument's own that is the first half over the second.

    Each efficiency that the instrument printed is compared with the ratios of its own
    capacities: second over first half, as the electrode was made, and first over second;
    each of the same row of its table and with the row before, for an instrument whose
    cycles open with the other half.  Only rows that fit one of the two orders, and not the
    other, count; near 100 % the last digits leave both.
    """
    own = _vendor_cycles(table)
    if own is None:
        return
    halves = ("discharge", "charge") if first is CellDirection.DISCHARGE else ("charge", "discharge")
    one, two = (pl.col(half) for half in halves)
    digit = table.metadata.instrument.resolution.get("Step Cumulative Capacity / Ah", 0.0) * 1000

    def explained(over: pl.Expr, under: pl.Expr) -> pl.Expr:
        share = digit / 2 * (1 / over + 1 / under) + RATIO_SHARE
        near = (pl.col("efficiency") / 100 - over / under).abs() <= share * over / under
        return ((over > 0) & (under > 0) & near).fill_null(value=False)

    told = (
        own.with_columns(
            (explained(two, one) | explained(two, one.shift(1))).alias("right"),
            (explained(one, two) | explained(one, two.shift(1))).alias("wrong"),
        )
        .filter((pl.col("efficiency") > 0) & (pl.col("right") != pl.col("wrong")))
        .select("efficiency", "wrong")
    )
    wrong = told.filter("wrong")
    if wrong.height > told.height / 2:
        ours = cycles.filter(pl.col(EFFICIENCY).is_not_null()).head(1)
        here = f": {ours[EFFICIENCY][0]:.4g} % in cycle {ours[CYCLE][0]}" if ours.height else ""
        several = f"{wrong.height} of the {told.height} cycles that tell"
        count = several if told.height > 1 else "the one cycle that tells"
        yield Finding(
            "vendor-efficiency-order",
            f"the instrument's own efficiency is {words[0]} over {words[1]} in {count} "
            f"({wrong['efficiency'][0]:.4g} %{' in the first' if wrong.height > 1 else ''}); this electrode's is "
            f"{words[1]} over the {words[0]} before it{here}",
            sample=sample,
            field=EFFICIENCY,
            value=wrong["efficiency"][0],
        )


def _vendor_cycles(table: Table) -> pl.DataFrame | None:
    """Return charge, discharge and efficiency of the instrument's own cycles, where it keeps them."""
    for tab, names in _TABS.items():
        printed = table.metadata.vendor.get(tab)
        # Another vendor's header may hold a word of that name.
        if isinstance(printed, str) and table.metadata.instrument.vendor == "LAND":
            rows = pl.DataFrame(json.loads(printed), infer_schema_length=None, strict=False)
            if {*names, _EFFICIENCY} <= set(rows.columns):
                return rows.select(
                    pl.col(name).cast(pl.Float64, strict=False).alias(alias)
                    for name, alias in zip((*names, _EFFICIENCY), ("charge", "discharge", "efficiency"), strict=True)
                )
    charge, discharge, efficiency = (f"{VENDOR}{name}" for name in (*_RUNNING, _EFFICIENCY))
    if {charge, discharge, efficiency, "Cycle Count / 1"} <= set(table.data.columns):
        return (
            table.data.lazy()
            .group_by("Cycle Count / 1", maintain_order=True)
            .agg(
                pl.col(charge).max().alias("charge"),
                pl.col(discharge).max().alias("discharge"),
                pl.col(efficiency).filter(pl.col(efficiency) > 0).last().alias("efficiency"),
            )
            .collect()
        )
    return None
