"""Every quantity of the cycling analysis on a real file, against a computation that shares no code with it.

The files are read here as `byssus.validation.witness` reads them, or as plain tables, never by Byssus' readers; the
arithmetic is numpy's and scipy's.  Where the instrument or its program says the same quantity, that is the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from byssus.analysis.cycling import columns as names
from byssus.analysis.cycling.cell import Cell, examine
from byssus.analysis.cycling.counting import Curves, differential_capacity, differential_voltage
from byssus.analysis.cycling.differential import peaks
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.quantity import Quantity
from byssus.validation import instrument, witness
from byssus.validation.instrument import AGED, ARBIN, FK155, GRAPHITE, HOLD, LAND, M50, PEC, RATE, SODIUM, UIO
from byssus.validation.page import Comparison, Listing, Page
from byssus.validation.witness import CURRENT, TIME, VOLTAGE, Witness

Array = NDArray[np.float64]

#: The last bit of a decimal number in binary, and of a sum of some thousand of them; a share.
DUST = 1e-9
#: Differences below this are the arithmetic's and not the files': a share.
ROUNDING = 1e-12
#: 32-bit counters, added in another order: a share.
SINGLE = 1e-6
#: 32-bit counters that run through the whole test (26 mAh in steps of 1.5 mAh, two readings each): a share.
RUNNING = 2e-6
#: An instrument sums energy and charge between the records too, Byssus from record to record: a share.
BETWEEN_RECORDS = 1e-3
#: Cyclers hold a current to some 0.1 % of what is set, or of their range: a share.
SET_CURRENT = 2e-3
#: What passes in the record that begins a hold belongs to either side: a share of 1 in %.
HOLD_BEGINS = 1e-3

_HALF_EMPTY = Sample(name="cell", configuration=Configuration.HALF, made=Made.EMPTY)
_FULL = Sample(name="cell", configuration=Configuration.FULL)
#: What the study of the same name takes for FK155, whose file and file name disagree on the mass.
_MASS = Quantity(1.2465, "mg", 0.0078)

_SAMPLES = {
    UIO: _HALF_EMPTY.model_copy(update={"active_mass": Quantity(2.08, "mg")}),
    ARBIN: _HALF_EMPTY,
    GRAPHITE: _HALF_EMPTY,
    LAND: _HALF_EMPTY,
    f"{SODIUM}.mpr": _HALF_EMPTY,
    FK155: _HALF_EMPTY.model_copy(update={"active_mass": _MASS, "nominal_capacity": Quantity(0.458, "mA*h")}),
    HOLD: _FULL.model_copy(update={"nominal_capacity": Quantity(45.0, "mA*h")}),
}


@dataclass
class _Book:
    """What was compared so far, and what was worked out line by line."""

    folder: Path
    comparisons: list[Comparison] = field(default_factory=list)
    worked: list[list[str]] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)

    def cell(self, file: str) -> Cell:
        """Return a file's cell as Byssus reads and analyses it."""
        if file not in self.cells:
            self.cells[file] = examine(read(self.folder / file, sample=_SAMPLES.get(file, _FULL)))
        return self.cells[file]

    def cycles(self, file: str, *, whole: bool = True) -> pl.DataFrame:
        """Return a cell's cycles."""
        cycles = self.cell(file).cycling.cycles
        return cycles.filter(names.WHOLE) if whole else cycles

    def half(self, file: str, which: int, what: str, *, whole: bool = True) -> Array:
        """Return a column of a half, the first (0) or the second (1), in its cycles."""
        word = self.cell(file).cycling.words[which]
        column = (
            names.capacity_column(word, CapacityBasis.CELL) if what == "capacity" else names.half_column(word, what)
        )
        return self.cycles(file, whole=whole)[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def shares(self, file: str, quantity: str, truth: str, ours: ArrayLike, theirs: ArrayLike, allowed: float) -> None:
        """Take down the largest relative difference, in %; a missing value or a column of another length is no match."""
        a, b = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (ours, theirs))
        same = a.shape == b.shape
        apart = 100 * _beyond_rounding(a / b - 1) if same else float("nan")
        self._add(file, quantity, truth, a.size if same else 0, apart, 100 * allowed, "%")

    def values(
        self, file: str, quantity: str, truth: str, ours: ArrayLike, theirs: ArrayLike, allowed: float, unit: str
    ) -> None:
        """Take down the largest difference; a missing value or a column of another length is no match."""
        a, b = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (ours, theirs))
        same = a.shape == b.shape
        largest = float(np.max(np.abs(b), initial=0.0)) or 1.0
        apart = largest * _beyond_rounding((a - b) / largest) if same else float("nan")
        self._add(file, quantity, truth, a.size if same else 0, apart, allowed, unit)

    def by_hand(self, file: str, quantity: str, arithmetic: str, theirs: float, ours: object, unit: str) -> None:
        """Take down one number worked out from raw rows, with its arithmetic."""
        mine = float("nan") if ours is None else float(ours)  # type: ignore[arg-type]
        self.worked.append([f"`{Path(file).name}`", quantity, arithmetic, f"{theirs:.7g} {unit}", f"{mine:.7g} {unit}"])
        self.shares(file, quantity, "by hand, above", mine, theirs, SINGLE)

    def _add(self, file: str, quantity: str, truth: str, count: int, apart: float, allowed: float, unit: str) -> None:
        self.comparisons.append(Comparison(Path(file).name, quantity, truth, count, apart, allowed, unit))


def _beyond_rounding(shares: Array) -> float:
    """Return the largest share without sign; the arithmetic's own rounding, which varies with the machine, is none."""
    largest = float(np.max(np.abs(shares), initial=0.0))
    return 0.0 if largest <= ROUNDING else largest


def compare(folder: Path) -> Page:
    """Compare every quantity of the cycling analysis with a computation of its own."""
    book = _Book(folder)
    for part in (
        _recounted,
        _energies,
        _other_program,
        _currents,
        _held,
        _resistances,
        _ends,
        _masses,
        _fade,
        _rate,
        _differential,
    ):
        part(book)
    return Page(
        title="Cycling",
        introduction=(
            "Every quantity of the cycling analysis on at least one real file, against a computation that shares no code "
            "with it: the file is read as plain text, cells or bytes, and the arithmetic is numpy's and scipy's, or the "
            "instrument's own. The files are those of the studies in tests/studies."
        ),
        comparisons=book.comparisons,
        listings=[
            Listing(
                "Worked by hand",
                "From rows of the files as they stand there, so that anyone with the file can follow.",
                ("file", "quantity", "arithmetic", "by hand", "Byssus"),
                book.worked,
            )
        ],
        remarks=_REMARKS,
    )


_REMARKS = (
    "What is allowed: for counters that both sides add up, the last bits (1e-7 %, with 32-bit counters 1e-4 %); for energies "
    "and mean voltages 0.1 %, since an instrument sums between the records too; for set currents 0.2 %, as cyclers hold them "
    "to some 0.1 % of the value or of the range; for numbers that are printed, two of their last digits; for fitted numbers, "
    "a hundredth of their standard error or of their interval, which no reader could tell.",
    "navani reads BioLogic's files with galvani, as Byssus does, so that there only the arithmetic is another. Its numbers "
    "stand in the code of this page as `cycle_summary` of navani 0.1.22 gave them, to seven digits.",
    "EC-Lab's own energies are no truth for the trapezoidal rule: they are Σ E dq with the voltage at the end of each "
    "interval. That sum, made from the file's rows, gives its counter; where the voltage falls fast between records, as "
    "at the start of the first lithiation of `gcpl.pr_182.1.mpt`, it lies 1.4 % below the trapezoidal rule.",
    "In the first cycle of `nw4-120-1-6-53.ndax` the program calls 1.64 mAh a constant-voltage step. For half of it the "
    "current stood at 1.000 mA, the end of a range, and the voltage sagged by 30 mV: Byssus calls only the part held that "
    "was held. The comparison therefore begins with cycle 2.",
    "Ends of halves: one of which Byssus says nothing is not among the values. A half whose like does not come again, and a "
    "first one that ended otherwise than the second, are such.",
    "Resistances: where the voltage of the first record after a change moved against the current (row 11283 of `pec.csv`), "
    "the first one that followed it is taken.",
    "The instrument of `nw4-120-6-1-36.ndax` began with a charged cell, so its first charge is a top-up and the efficiency "
    "of its first cycle, 818 %, is no efficiency; Byssus says so with the finding efficiency-impossible. The arithmetic is "
    "compared all the same.",
    "There is no truth for a knee here: no real file has one that is known. The test is tried on simulated fades with and "
    "without one (tests/test_fade.py).",
    "Peaks of dQ/dV: the other smoothing is a local cubic (Savitzky and Golay) through the charge on a grid of voltage. Two "
    "smoothings put the top of an asymmetric peak apart by a part of their width; half of it is allowed.",
)


def _whole(halves: tuple[Array, Array], count: int) -> tuple[Array, Array]:
    """Return the halves of the cycles that were measured to their end: the last one may not have been."""
    return halves[0][:count], halves[1][:count]


#: Reading without Byssus, and the sign of the first half.
_STEPPED: dict[str, tuple[Callable[[Path], Witness], int, float]] = {
    PEC: (witness.pec, 1, DUST),
    M50: (witness.maccor, 1, DUST),
    UIO: (witness.neware_csv, -1, DUST),
    ARBIN: (witness.arbin_res, -1, RUNNING),
    GRAPHITE: (witness.arbin_xlsx, -1, DUST),
    HOLD: (witness.ndax, 1, SINGLE),
    RATE: (witness.ndax, 1, SINGLE),
}


def _recounted(book: _Book) -> None:
    """Capacities, and what is made of them alone: efficiency, retention, irreversible capacity."""
    for file, (reads, first, allowed) in _STEPPED.items():
        said = reads(book.folder / file)
        steps = instrument.Steps.of(said)
        cycles = book.cycles(file)
        q1, q2 = _whole(steps.pairs(steps.capacity * 1000, first), cycles.height)
        truth = f"steps added, {said.means}"
        words = book.cell(file).cycling.words
        for which, capacity in enumerate((q1, q2)):
            book.shares(file, f"{words[which]} capacity", truth, book.half(file, which, "capacity"), capacity, allowed)
        efficiency = 100 * q2 / q1
        book.shares(file, "coulombic efficiency", truth, cycles[names.EFFICIENCY], efficiency, 2 * allowed)
        book.shares(file, "retention", truth, cycles[names.RETENTION], 100 * q2 / q2[0], 2 * allowed)
        lost = np.cumsum(q1 - q2)
        book.values(
            file,
            "cumulative irreversible capacity",
            truth,
            cycles[names.IRREVERSIBLE],
            lost,
            allowed * float(np.sum(q1 + q2)),
            "mAh",
        )
    _by_hand_capacities(book)
    charge, discharge = (
        witness.column(book.folder / LAND, "Cycle", f"{way}-Cap/mAh")[1:] for way in ("Charge", "Discharge")
    )
    cycles = book.cycles(LAND)
    book.values(LAND, "retention", "tab Cycle", cycles[names.RETENTION], 100 * charge / charge[0], 1e-6, "%")
    lost = np.cumsum(discharge - charge)
    book.values(LAND, "cumulative irreversible capacity", "tab Cycle", cycles[names.IRREVERSIBLE], lost, 1e-9, "mAh")


def _by_hand_capacities(book: _Book) -> None:
    table = instrument.text(book.folder / UIO, "DataPoint").with_columns(
        pl.struct("Cycle Index", "Step Index").rle_id().alias("step")
    )
    ends = table.group_by("step", maintain_order=True).last()
    down = (ends.filter(pl.col("Step Type") == "CC DChg")["DChg. Cap.(Ah)"] * 1000).to_list()
    up = (ends.filter(pl.col("Step Type") == "CC Chg")["Chg. Cap.(Ah)"] * 1000).to_list()
    first = book.cycles(UIO).row(0, named=True)
    lithiated = sum(down[:3])
    said = " + ".join(f"{value:.5f}" for value in down[:3])
    book.by_hand(UIO, "lithiation capacity of cycle 1", said, lithiated, book.half(UIO, 0, "capacity")[0], "mAh")
    book.by_hand(
        UIO,
        "coulombic efficiency of cycle 1",
        f"{up[0]:.5f} / ({said})",
        100 * up[0] / lithiated,
        first[names.EFFICIENCY],
        "%",
    )
    book.by_hand(
        UIO,
        "retention of delithiation in cycle 4",
        f"{up[3]:.5f} / {up[0]:.5f}",
        100 * up[3] / up[0],
        book.cycles(UIO)[names.RETENTION][3],
        "%",
    )
    sums = [sum(down[at : at + 3]) for at in (0, 3, 6)] + [down[9]]
    terms = " + ".join(f"({a:.5f} − {b:.5f})" for a, b in zip(sums, up[:4], strict=True))
    book.by_hand(
        UIO,
        "cumulative irreversible capacity of cycle 4",
        terms,
        sum(sums) - sum(up[:4]),
        book.cycles(UIO)[names.IRREVERSIBLE][3],
        "mAh",
    )


def _counted_energies(book: _Book) -> dict[str, tuple[instrument.Steps, Array]]:
    """The instruments' own energies of each step, in mWh."""
    found: dict[str, tuple[instrument.Steps, Array]] = {}

    def of(file: str, counters: Sequence[Array]) -> None:
        steps = instrument.Steps.of(_STEPPED[file][0](book.folder / file))
        found[file] = steps, witness.gained(counters, steps.end)

    table = instrument.text(book.folder / PEC, "Test,Cell")
    of(PEC, [table[f"{way} Capacity (mWh)"].to_numpy() for way in ("Charge", "Discharge")])
    table = instrument.text(book.folder / M50, "Rec#", "\t")
    of(M50, [table["Watt-hr"].to_numpy() * 1000])
    table = instrument.text(book.folder / UIO, "DataPoint")
    of(UIO, [table[f"{way}. Energy(Wh)"].to_numpy() * 1000 for way in ("Chg", "DChg")])
    rows = witness.access(book.folder / ARBIN, "Channel_Normal_Table")
    order = np.argsort(rows["Data_Point"])
    of(ARBIN, [np.asarray(rows[f"{way}_Energy"], dtype=float)[order] * 1000 for way in ("Charge", "Discharge")])
    of(
        GRAPHITE,
        [
            witness.column(book.folder / GRAPHITE, "Channel_11_1", f"{way}_Energy(Wh)") * 1000
            for way in ("Charge", "Discharge")
        ],
    )
    return found


def _energies(book: _Book) -> None:
    """Energies, and what is made of them: mean voltages, hysteresis, energy efficiency."""
    truth = "the instrument's energy"
    for file, (steps, energies) in _counted_energies(book).items():
        first = _STEPPED[file][1]
        cycles, words = book.cycles(file), book.cell(file).cycling.words
        energy = _whole(steps.pairs(energies, first), cycles.height)
        charge = _whole(steps.pairs(steps.capacity * 1000, first), cycles.height)
        voltage = [e / q for e, q in zip(energy, charge, strict=True)]
        for which, word in enumerate(words):
            book.shares(
                file, f"{word} energy", truth, book.half(file, which, names.ENERGY), energy[which], BETWEEN_RECORDS
            )
            mean = book.half(file, which, names.MEAN_VOLTAGE)
            book.shares(file, f"mean {word} voltage", truth, mean, voltage[which], BETWEEN_RECORDS)
        wide = BETWEEN_RECORDS * float(np.max(voltage))
        book.values(
            file, "voltage hysteresis", truth, cycles[names.HYSTERESIS], first * (voltage[0] - voltage[1]), wide, "V"
        )
        # What a discharge gives was put in by the charge before it: in the cycle before where a cycle opens with it.
        efficiency = 100 * (energy[1] / energy[0] if first > 0 else energy[0][1:] / energy[1][:-1])
        ours = cycles[names.ENERGY_EFFICIENCY][0 if first > 0 else 1 :]
        if efficiency.size:
            book.shares(file, "energy efficiency", truth, ours, efficiency, 2 * BETWEEN_RECORDS)
    _energies_of_ec_lab(book)
    table = instrument.text(book.folder / M50, "Rec#", "\t").filter(pl.col("Step").is_in([4, 5, 7]))
    (e1, q1), (e2, q2), (e3, q3) = (
        (part["Watt-hr"][-1], part["Amp-hr"][-1]) for (_,), part in table.group_by("Step", maintain_order=True)
    )
    # The instrument's digits of energy and charge are good to 1e-6; its sums to those between records.
    cycle = book.cycles(M50).row(0, named=True)
    book.worked.append(
        [
            f"`{Path(M50).name}`",
            "voltage hysteresis of cycle 1",
            f"({e1} + {e2}) / ({q1} + {q2}) − {e3} / {q3}, the instrument's Wh over its Ah",
            f"{(e1 + e2) / (q1 + q2) - e3 / q3:.5g} V",
            f"{cycle[names.HYSTERESIS]:.5g} V",
        ]
    )
    book.worked.append(
        [
            f"`{Path(M50).name}`",
            "energy efficiency of cycle 1",
            f"{e3} / ({e1} + {e2})",
            f"{100 * e3 / (e1 + e2):.5g} %",
            f"{cycle[names.ENERGY_EFFICIENCY]:.5g} %",
        ]
    )


def _energies_of_ec_lab(book: _Book) -> None:
    rows = instrument.ec_lab(book.folder)
    half, voltage, passed = rows["half cycle"], rows["Ewe/V"], rows["dq/mA.h"]
    numbers = np.unique(half)
    trapezoids, rectangles, counter = [], [], []
    for number in numbers:
        at = np.flatnonzero(half == number)
        before = np.maximum(at - 1, 0)
        trapezoids.append(abs(float(np.sum((voltage[before] + voltage[at]) / 2 * passed[at]))))
        rectangles.append(abs(float(np.sum(voltage[at] * passed[at]))))
        counter.append(max(float(np.ptp(rows[f"Energy {way}/W.h"][at])) for way in ("charge", "discharge")) * 1000)
    file = f"{SODIUM}.mpt"
    book.shares(file, "energy by the file's rows, Σ E dq", "EC-Lab's energy", rectangles, counter, BETWEEN_RECORDS)
    file = f"{SODIUM}.mpr"
    ours = np.ravel(np.column_stack([book.half(file, which, names.ENERGY) for which in (0, 1)]))
    book.shares(file, "energy of each half", "trapezoids over the rows of the .mpt", ours, trapezoids, BETWEEN_RECORDS)


def _other_program(book: _Book) -> None:
    for file, (charge, discharge, charging, discharging) in instrument.NAVANI.items():
        words = book.cell(file).cycling.words
        first = 0 if book.cell(file).cycling.directions[0] == "charge" else 1
        truth = "navani 0.1.22"
        for which, capacity, voltage in ((first, charge, charging), (1 - first, discharge, discharging)):
            # Seven digits are quoted; the Arbin file's current was summed over time.
            allowed = 1e-5 if file == GRAPHITE else SINGLE
            book.shares(file, f"{words[which]} capacity", truth, book.half(file, which, "capacity"), capacity, allowed)
            ours = book.half(file, which, names.MEAN_VOLTAGE)
            book.shares(file, f"mean {words[which]} voltage", truth, ours, voltage, 1e-5)


def _currents(book: _Book) -> None:
    program = instrument.program(book.folder / RATE)
    plan = [
        (float(step["Curr"]), int(loop["Cycle_Count"]))
        for step, loop in pairwise(program)
        if step["type"] == instrument.DISCHARGE and loop["type"] == instrument.LOOP
    ]
    # The last loop begins with a discharge that the file does not reach.
    count = book.cycles(RATE).height
    wanted = np.concatenate([[current] * times for current, times in plan])[:count]
    for which in (0, 1):
        word = book.cell(RATE).cycling.words[which]
        ours = book.half(RATE, which, names.CURRENT)
        book.shares(RATE, f"{word} current", "the program's", ours, wanted, SET_CURRENT)
    said = witness.ndax(book.folder / RATE)
    steps = instrument.Steps.of(said)
    medians = np.array(
        [
            np.median(np.abs(said.columns[CURRENT][a : b + 1])) * 1000
            for a, b in zip(steps.begin, steps.end, strict=True)
        ]
    )
    charging, discharging = medians[steps.sign > 0][:count], medians[steps.sign < 0][:count]
    for which, theirs in enumerate((charging, discharging)):
        word, ours = book.cell(RATE).cycling.words[which], book.half(RATE, which, names.CURRENT)
        book.shares(RATE, f"{word} current", "median of the recorded", ours, theirs, SET_CURRENT)
    rate = float(instrument.program(book.folder / HOLD)[2]["Rate"])
    ours = book.half(HOLD, 1, names.RATE)
    book.shares(HOLD, "discharge C-rate", "the program's, 0.5 of 45 mAh", ours, np.full(ours.size, rate), SET_CURRENT)
    said = witness.ndax(book.folder / HOLD)
    steps = instrument.Steps.of(said)
    at = int(np.flatnonzero(steps.sign < 0)[0])
    # The first record is the instrument's switching.
    current = 1000 * float(np.mean(np.abs(said.columns[CURRENT][steps.begin[at] + 1 : steps.end[at] + 1])))
    arithmetic = f"{current:.5f} mA, the mean of its rows but the first, / 45 mAh"
    book.by_hand(HOLD, "discharge C-rate of cycle 1", arithmetic, current / 45.0, ours[0], "1/h")


def _held(book: _Book) -> None:
    """Shares of charge at constant voltage: the steps that the program calls so."""
    for file, after in ((HOLD, 0), (AGED, 1)):
        said = witness.ndax(book.folder / file)
        constant, held = (said.capacities[at::3][after:] for at in (0, 1))
        ours = book.half(file, 0, names.HELD_SHARE)[after:]
        first = "" if not after else f" from cycle {after + 1}"
        book.values(
            file,
            f"constant-voltage share of charge{first}",
            "the program's steps",
            ours,
            100 * held / (constant + held),
            HOLD_BEGINS,
            "%",
        )
    steps = instrument.Steps.of(witness.maccor(book.folder / M50))
    charges = steps.capacity[steps.sign > 0].reshape(-1, 2)
    share = 100 * charges[:, 1] / charges.sum(axis=1)
    ours = book.half(M50, 0, names.HELD_SHARE)
    book.values(M50, "constant-voltage share of charge", "the program's steps", ours, share, HOLD_BEGINS, "%")
    a, b = charges[0] * 1000
    book.worked.append(
        [
            f"`{Path(M50).name}`",
            "constant-voltage share of the first charge",
            f"{b:.2f} / ({a:.2f} + {b:.2f}), steps 5 and 4",
            f"{share[0]:.5g} %",
            f"{ours[0]:.5g} %",
        ]
    )
    rows = instrument.ec_lab(book.folder)
    shares = []
    for number in np.unique(rows["half cycle"]):
        here = rows["half cycle"] == number
        passed = np.abs(rows["dq/mA.h"])
        if rows["Q charge/discharge/mA.h"][here][-1] < 0:
            # Mode 2 is potentiostatic.
            shares.append(100 * float(passed[here & (rows["mode"] == 2)].sum() / passed[here].sum()))
    ours = book.half(f"{SODIUM}.mpr", 0, names.HELD_SHARE)
    book.values(
        f"{SODIUM}.mpr", "constant-voltage share of lithiation", "mode 2 in the .mpt", ours, shares, HOLD_BEGINS, "%"
    )


def _resistances(book: _Book) -> None:
    """ΔV/ΔI from two rows of the file."""
    for file, reads in ((PEC, witness.pec), (M50, witness.maccor)):
        said = reads(book.folder / file)
        steps = instrument.Steps.of(said)
        first = int(np.flatnonzero(steps.sign > 0)[0])
        second = first + int(np.flatnonzero(steps.sign[first:] < 0)[0])
        for which, start in enumerate((first, second)):
            rest = start + int(np.flatnonzero(steps.sign[start:] == 0)[0])
            word = book.cell(file).cycling.words[which]
            for what, step, column in (
                (f"internal resistance at the start of {word}", start, names.RESISTANCE),
                (f"internal resistance at the rest after {word}", rest, names.CLOSING_RESISTANCE),
            ):
                arithmetic, ohm = _ratio_of_rows(said, int(steps.begin[step]))
                book.by_hand(file, f"{what}, cycle 1", arithmetic, ohm, book.half(file, which, column)[0], "Ω")


def _ratio_of_rows(said: Witness, row: int) -> tuple[str, float]:
    """Divide the change of voltage by that of current, from the row before a change to the first that has followed it."""
    voltage, current, time = (said.columns[name] for name in (VOLTAGE, CURRENT, TIME))
    last = row - 1
    # Where the voltage first moves against the current, the amplifier is still swinging back.
    while (voltage[row] - voltage[last]) * (current[row] - current[last]) <= 0:
        row += 1
    rise, change = voltage[row] - voltage[last], current[row] - current[last]
    arithmetic = (
        f"rows {last + 1} and {row + 1}, {1000 * (time[row] - time[last]):.3g} ms apart: "
        f"({voltage[row]:.8g} − {voltage[last]:.8g}) V / ({current[row]:.7g} − {current[last]:.7g}) A"
    )
    return arithmetic.replace("(-", "(−").replace("− -", "+ "), float(rise / change)


def _ends(book: _Book) -> None:
    """Why halves ended: the instrument's word for it."""
    table = instrument.text(book.folder / M50, "Rec#", "\t")
    last = table.group_by(pl.col("Step").rle_id(), maintain_order=True).last()
    for which, state in enumerate("CD"):
        codes = last.filter(pl.col("State") == state)["ES"].to_list()
        # A charge is two steps, and the first discharge came before the first cycle.
        theirs = [instrument.MACCOR_ENDS[code] for code in (codes[1::2] if state == "C" else codes[1:])]
        _agree(book, M50, which, "codes of the last records", theirs)
    program = instrument.program(book.folder / HOLD)
    said = witness.ndax(book.folder / HOLD)
    steps = instrument.Steps.of(said)
    stop = float(program[1]["Stop_Curr"]) / 1000
    held = ["current" if abs(said.columns[CURRENT][end]) <= stop else "time" for end in steps.end[1::3]]
    _agree(book, HOLD, 0, f"the program's limits: {1000 * stop:g} mA or 1800 s", held)
    _agree(book, HOLD, 1, "the program's limit: 2.75 V", ["voltage"] * steps.end[2::3].size)
    limits = [float(step["Stop_Volt"]) / 1e4 for step in program if "Stop_Volt" in step]
    final = said.columns[VOLTAGE][steps.end[2::3]]
    book.values(HOLD, "discharge ends at", "the program's 2.75 V", final, np.full(final.size, limits[1]), 1e-3, "V")
    _agree(book, RATE, 0, "the program's limit: 3.4 V", ["voltage"] * book.cycles(RATE).height)
    _agree(book, RATE, 1, "the program's limit: 1.4 V", ["voltage"] * book.cycles(RATE).height)


def _agree(book: _Book, file: str, which: int, truth: str, theirs: Sequence[str]) -> None:
    word = book.cell(file).cycling.words[which]
    ours = book.cycles(file)[names.half_column(word, names.END)].to_list()
    said = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None]
    wrong = sum(a != b for a, b in said)
    quantity = f"end of {word}, of {len(ours)} halves"
    book.comparisons.append(Comparison(Path(file).name, quantity, truth, len(said), wrong, 0, "wrong"))


def _masses(book: _Book) -> None:
    """Capacities per mass, and their uncertainty."""
    cycles = book.cycles(FK155)
    column = names.capacity_column("delithiation", CapacityBasis.ACTIVE_MATERIAL)
    said = witness.mpr(book.folder / FK155)
    # EC-Lab's counter of the second half cycle, in Ah; the ± is the mass's alone, since the counter's digit is not known.
    charge = abs(float(said.capacities[-1])) * 1000
    mass, error = _MASS.value, _MASS.uncertainty or 0.0
    per_gram = charge / mass * 1000
    book.by_hand(FK155, "delithiation capacity", f"{charge:.6f} mAh / {mass} mg", per_gram, cycles[column][0], "mAh/g")
    book.by_hand(
        FK155,
        "± of the delithiation capacity",
        f"{per_gram:.4f} · {error} / {mass}",
        per_gram * error / mass,
        cycles[names.u(column)][0],
        "mAh/g",
    )
    table = instrument.text(book.folder / UIO, "DataPoint").with_columns(
        pl.struct("Cycle Index", "Step Index").rle_id().alias("step")
    )
    ends = table.group_by("step", maintain_order=True).last().filter(pl.col("Step Type") == "CC Chg")
    theirs = ends["Chg. Spec. Cap.(mAh/g)"].to_numpy()[:4]
    ours = book.cycles(UIO)[names.capacity_column("delithiation", CapacityBasis.ACTIVE_MATERIAL)]
    book.values(UIO, "delithiation capacity per gram", "the instrument's mAh/g", ours, theirs, 0.02, "mAh/g")


def _fade(book: _Book) -> None:
    """Rates of fade by dense matrices over a fine grid of the correlation, and end to end by hand."""
    fade = book.cell(LAND).fade.fade
    if fade is None:
        book.comparisons.append(Comparison(Path(LAND).name, "fade", "scipy", 0, float("nan"), 0, "%"))
        return
    capacity = witness.column(book.folder / LAND, "Cycle", "Charge-Cap/mAh")[1:]
    cycle = np.arange(1, capacity.size + 1, dtype=float)
    used = cycle >= fade.baseline
    since, q = cycle[used] - fade.baseline, capacity[used]
    truth = "dense generalised least squares, 2000 correlations"
    for law, power in (("linear", 1.0), ("square root", 0.5)):
        rate = _generalised(since**power, q)
        found = fade.laws[law]
        wide = found.interval[1] - found.interval[0]
        # Byssus averages over 24 correlations: a hundredth of the interval is what no reader could tell.
        book.values(LAND, f"fade, {law}", truth, 100 * found.rate, 100 * rate, wide, "%")
    kept = q[-1] / q[0]
    span = int(since[-1])
    book.by_hand(
        LAND,
        "fade per cycle, end to end",
        f"1 − ({q[-1]:.4f} / {q[0]:.4f})^(1/{span})",
        100 * (1 - kept ** (1 / span)),
        100 * fade.end_to_end,
        "%",
    )


def _generalised(time: Array, q: Array) -> float:
    """Share lost per unit of time, q = a (1 − r t), residuals of a first-order autoregression, averaged over it.

    Each correlation weighs by its restricted likelihood, with the prior of `byssus.analysis.cycling.correlated`.
    """
    design = np.column_stack([np.ones_like(time), time])
    apart = np.abs(np.subtract.outer(np.arange(q.size), np.arange(q.size)))
    fits, logs = [], []
    for theta in (np.arange(2000) + 0.5) / 2000 * np.pi / 2:
        inverse = np.linalg.inv(np.sin(theta) ** apart)
        normal = design.T @ inverse @ design
        found = np.linalg.solve(normal, design.T @ inverse @ q)
        rest = q - design @ found
        _, log_inverse = np.linalg.slogdet(inverse)
        _, log_normal = np.linalg.slogdet(normal)
        logs.append(0.5 * (log_inverse - log_normal - (q.size - 2) * np.log(rest @ inverse @ rest)))
        fits.append(found)
    weight = np.exp(np.array(logs) - max(logs))
    start, slope = (weight / weight.sum()) @ np.array(fits)
    return float(-slope / start)


def _rate(book: _Book) -> None:
    """Plateaus by the program, and both laws by scipy."""
    from scipy.optimize import brentq, curve_fit

    cell = book.cell(RATE)
    test = cell.rate_test
    if test is None:
        book.comparisons.append(Comparison(Path(RATE).name, "rate test", "the program", 0, float("nan"), 0, "mA"))
        return
    program = instrument.program(book.folder / RATE)
    plan = [float(step["Curr"]) for step in program if step["type"] == instrument.DISCHARGE][: len(test.plateaus)]
    book.shares(
        RATE, "currents of the rate plateaus", "the program's", [p.current for p in test.plateaus], plan, SET_CURRENT
    )
    said = witness.ndax(book.folder / RATE)
    steps = instrument.Steps.of(said)
    discharge = steps.capacity[steps.sign < 0] * 1000
    # Three cycles each, of which the first is left out.
    means = discharge[: 3 * len(plan)].reshape(-1, 3)[:, 1:].mean(axis=1)
    ours = np.array([plateau.capacity for plateau in test.plateaus], dtype=float)
    book.shares(RATE, "capacities of the rate plateaus", "steps added, the bytes of its parts", ours, means, SINGLE)
    current = np.array([plateau.current for plateau in test.plateaus])

    def tian(currents: Array, q_m: float, tau: float, n: float) -> Array:
        def at(i: float) -> float:
            def misfit(q: float) -> float:
                x = (i / q * tau / 3600) ** n
                return float(q_m * (1 - x * (1 - np.exp(-1 / x))) - q)

            return float(brentq(misfit, 1e-6 * q_m, q_m, xtol=1e-14))

        return np.array([at(i) for i in currents])

    def peukert(currents: Array, q_0: float, k: float) -> Array:
        return np.asarray(q_0 * (currents / middle) ** (1 - k))

    for law in cell.rate_fits:
        values = law.fit.values
        middle = float(np.exp(np.mean(np.log(current))))
        model: Any = tian if law.name == "Tian" else peukert
        start = list(values.values())
        found, covariance = curve_fit(model, current, means, p0=[1.3 * start[0], *start[1:]], sigma=means, xtol=1e-12)
        for at, name in enumerate(values):
            # Both minimise one sum of squares; near its least value it is flat, so a thousandth of the error is allowed.
            allowed = 1e-2 * float(np.sqrt(covariance[at, at]))
            book.values(RATE, f"{law.name}'s {name}", "scipy curve_fit", values[name], found[at], allowed, "")


#: The integral of a curve is the charge, or the voltage, between the rows, to the last bits: a share.
INTEGRAL = DUST
#: Mean difference of two curves that were counted and smoothed alike, as a share of their mean: the Gaussians are
#: sampled and cut off differently.
CURVE = 0.01


def _differential(book: _Book) -> None:
    """Integrals, curves and peaks of dQ/dV and dV/dQ."""
    charge, discharge = (
        witness.column(book.folder / GRAPHITE, "Channel_11_1", f"{way}_Capacity(Ah)") for way in ("Charge", "Discharge")
    )
    counters = {
        M50: instrument.text(book.folder / M50, "Rec#", "\t")["Amp-hr"].to_numpy(),
        GRAPHITE: charge + discharge,
    }
    for file, counter in counters.items():
        cell = book.cell(file)
        runs = list(_runs(file, book.folder, counter))
        over_voltage = differential_capacity(cell.table, cell.cycling)
        _same_curves(book, file, "dQ/dV", over_voltage, runs)
        over_charge = differential_voltage(cell.table, cell.cycling)
        _same_curves(book, file, "dV/dQ", over_charge, [(passed, voltage) for voltage, passed in runs])
        if file == GRAPHITE:
            _same_peaks(book, file, over_voltage, runs)


def _same_curves(book: _Book, file: str, what: str, curves: Curves, runs: Sequence[tuple[Array, Array]]) -> None:
    """Compare curves with histograms of the rows; `runs` holds abscissa and what passed along it, a pair a half."""
    areas, totals, misfits = [], [], []
    for one, (along, passed) in zip(curves.halves.iter_rows(named=True), runs, strict=True):
        half = (pl.col(names.CYCLE) == one[names.CYCLE]) & (pl.col("Half") == one["Half"])
        curve = curves.points.filter(half)[curves.y].to_numpy()
        low, high = one[f"From / {curves.unit}"], one[f"To / {curves.unit}"]
        anew = _counted(along, passed, low, high, len(curve), curves.smoothing)
        # dQ/dV is negative where the cell discharges: the voltage falls while the charge counts up.
        anew *= np.sign(along[-1] - along[0])
        areas.append(float(np.sum(curve)) * (high - low) / len(curve))
        totals.append(float((passed[-1] - passed[0]) * np.sign(along[-1] - along[0])))
        misfits.append(float(np.sum(np.abs(curve - anew)) / np.sum(np.abs(anew))))
    book.shares(file, f"integral of {what}", "first and last row of each half", areas, totals, INTEGRAL)
    none = np.zeros(len(misfits))
    book.values(
        file, f"{what}, mean difference", "numpy.histogram, scipy's Gaussian", misfits, none, CURVE, "of the mean"
    )


def _runs(file: str, folder: Path, counter: Array) -> Iterator[tuple[Array, Array]]:
    """Yield voltage and charge, in Ah, of each half's constant current."""
    reads, first, _ = _STEPPED[file]
    said = reads(folder / file)
    steps = instrument.Steps.of(said)
    before = 0
    for at in range(int(np.flatnonzero(steps.sign == first)[0]), steps.sign.size):
        sign = int(steps.sign[at])
        rows = slice(int(steps.begin[at]), int(steps.end[at]) + 1)
        # In these files a step that follows one in its own direction is a hold.
        if sign and sign != before:
            yield said.columns[VOLTAGE][rows], np.abs(counter[rows] - counter[rows][0])
        before = sign or before


def _counted(along: Array, passed: Array, low: float, high: float, bins: int, smoothing: float) -> Array:
    """Histogram of what passed along an axis, per unit of the axis, rows parted into hundreds, and smoothed."""
    from scipy.ndimage import gaussian_filter1d

    parts = np.linspace(0, along.size - 1, 200 * (along.size - 1) + 1)
    rows = np.arange(along.size)
    fine, total = np.interp(parts, rows, along), np.interp(parts, rows, passed)
    middle = np.clip((fine[1:] + fine[:-1]) / 2, low, high)
    width = (high - low) / bins
    counts, _ = np.histogram(middle, bins=bins, range=(low, high), weights=np.diff(total))
    # The bins smooth by width²/12 themselves.
    deviation = np.sqrt((smoothing / width) ** 2 - 1 / 12)
    return np.asarray(gaussian_filter1d(counts / width, deviation, mode="reflect", truncate=6))


def _same_peaks(book: _Book, file: str, curves: Curves, runs: Sequence[tuple[Array, Array]]) -> None:
    """Peaks of dQ/dV by another smoothing: a local cubic through charge on a grid of voltage."""
    from scipy.signal import find_peaks, savgol_filter

    found = peaks(curves)
    apart = []
    # The cycle after it was cut off.
    for one, (voltage, charge) in zip(curves.halves.head(2).iter_rows(named=True), runs, strict=False):
        tops = found.filter((pl.col(names.CYCLE) == one[names.CYCLE]) & (pl.col("Half") == one["Half"]))
        order = np.argsort(voltage, kind="stable")
        step = curves.smoothing / 4
        grid = np.arange(voltage.min(), voltage.max(), step)
        rising = charge if voltage[-1] > voltage[0] else charge[-1] - charge
        level = np.interp(grid, voltage[order], np.maximum.accumulate(rising[order]))
        curve = savgol_filter(level, 4 * 6 + 1, 3, deriv=1, delta=step, mode="interp")
        others = grid[find_peaks(curve)[0]]
        apart += [float(np.min(np.abs(others - top))) for top in tops["Voltage / V"]]
    book.values(
        file,
        "positions of the peaks of dQ/dV",
        "Savitzky-Golay, scipy find_peaks",
        apart,
        np.zeros(len(apart)),
        curves.smoothing / 2,
        "V",
    )
