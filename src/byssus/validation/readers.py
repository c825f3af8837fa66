"""Every cycler file of the test data as Byssus reads it, against the best independent truth there is for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import EFFICIENCY, capacity_column, u
from byssus.analysis.cycling.cycles import analyse
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.errors import ByssusError, ReadError
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.measured.tables import VENDOR, Table
from byssus.validation import witness, workstations
from byssus.validation.page import Comparison, Listing, Page
from byssus.validation.witness import CURRENT, TIME, VOLTAGE, Witness

#: Allows for the last bit of a decimal number stored in binary.
_BINARY_DUST = 1e-9
#: A difference below this share of the largest value is the arithmetic's, not the file's: it varies with the machine.
_ROUNDING = 4 * float(np.finfo(float).eps)
#: What capacities and durations may differ by from a truth, in %.
_ALLOWED = 0.1
#: What the integral of the recorded current may differ by from the instrument's counter, in %: it knows nothing of the
#: current between two records.
_BETWEEN_RECORDS = 1.0
STEP, CAPACITY, DIRECTION = "Step Count / 1", "Step Cumulative Capacity / Ah", "Cell Direction"
_HALF = Sample(configuration=Configuration.HALF, made=Made.EMPTY)
FORMATION = "6-6-L_Formation_and_Cap_Check_004_2.xlsx"

#: First lithiation and delithiation in mAh as found with other programs.  Source: MANIFEST.csv of the test data.
_FOUND_BEFORE = {"20160805_test001_45_cc_01.res": (1.7551, 1.6254)}

_EXPORT, _VENDOR, _ANEW = "other export", "vendor's own", "read anew"

#: What reads a file without Byssus, by the reader that Byssus took.
_WITNESSES: dict[str, Callable[[Path], Witness]] = {
    "arbin-csv": witness.arbin_csv,
    "arbin-res": witness.arbin_res,
    "arbin-xlsx": witness.arbin_xlsx,
    "bdf": witness.bdf,
    "biologic-mpr": witness.mpr,
    "biologic-mpt": witness.mpt,
    "land-tabs": witness.land_tabs,
    "land-xlsx": witness.land,
    "landt-csv": witness.landt,
    "maccor-text": witness.maccor,
    "neware": lambda path: witness.ndax(path) if path.suffix == ".ndax" else witness.nda(path),
    "neware-csv": witness.neware_csv,
    "pec-csv": witness.pec,
}


@dataclass
class _Checked:
    """A file with what was compared of it; its capacities are told apart for the overview."""

    path: Path
    table: Table
    said: Witness
    truth: str
    strength: str = _ANEW
    comparisons: list[Comparison] = field(default_factory=list)
    capacities: list[Comparison] = field(default_factory=list)

    def compare(self, quantity: str, truth: str, ours: object, theirs: object, allowed: float, unit: str = "") -> None:
        """Take down the largest difference; columns of unequal length are no match."""
        a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
        if a.shape != b.shape:
            self.comparisons.append(Comparison(self.path.name, quantity, truth, 0, float("nan"), allowed, unit))
            return
        dust = _BINARY_DUST * float(np.max(np.abs(b), initial=0.0)) if allowed else 0.0
        apart = float(np.max(np.abs(a - b), initial=0.0))
        apart = 0.0 if apart <= _ROUNDING * float(np.max(np.abs(b), initial=0.0)) else apart
        self.comparisons.append(Comparison(self.path.name, quantity, truth, a.size, apart, allowed + dust, unit))

    def compare_shares(self, quantity: str, truth: str, ours: object, theirs: object) -> Comparison:
        """Take down the largest relative difference in %; of values below a millionth of the largest, of that."""
        a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
        share = float("nan")
        if a.shape == b.shape and a.size:
            least = 1e-6 * float(np.max(np.abs(b)))
            share = 100 * float(np.max(np.abs(a - b) / np.maximum(np.abs(b), least)))
            share = 0.0 if share <= 100 * _ROUNDING else share
        count = a.size if a.shape == b.shape else 0
        comparison = Comparison(self.path.name, quantity, truth, count, share, _ALLOWED, "%")
        self.comparisons.append(comparison)
        return comparison


def compare(folder: Path) -> Page:
    """Compare every reader with the truth that its files come with."""
    checked: list[_Checked] = []
    failures: list[Comparison] = []
    unread: list[list[str]] = []
    for path in sorted(folder.glob("cycler_*/*")):
        # A Parquet here is a reference of another library, not an instrument's file.
        if path.suffix == ".parquet":
            continue
        try:
            checked.append(_check(path, checked))
        except ByssusError as error:
            reason = str(error).replace(f"{path}: ", "")
            unread.append([f"`{path.name}`", f"**not read**: {reason}", *[""] * (len(_OVERVIEW) - 2)])
            failures.append(Comparison(path.name, "rows", "the file", 0, float("nan"), 0, "rows"))
    rows = [*(_overview(one) for one in checked), *unread]
    comparisons = [*failures, *(comparison for one in checked for comparison in one.comparisons)]
    others, listings = workstations.compare(folder)
    of_others = {comparison.subject for comparison in others}
    sound = len(of_others) - len({comparison.subject for comparison in others if not comparison.holds})
    also = (
        f" So are {len(of_others)} files of workstations (voltammograms, spectra, pulses), of which {sound} agree: see below."
        if of_others
        else ""
    )
    held = sum(all(comparison.holds for comparison in one.comparisons) for one in checked)
    return Page(
        title="Readers",
        introduction=(
            f"{len(rows)} real cycler files, each read by Byssus and compared with a truth that is not "
            f"Byssus' own. {held} of {len(rows)} agree in everything that was compared: the number of rows exactly, end "
            f"time and capacities within {_ALLOWED} %, time, voltage and current record by record to the truth's own "
            f"digits. {_strengths(checked)}{also}"
        ),
        comparisons=[*comparisons, *others],
        listings=[Listing("Every file", _LEGEND, _OVERVIEW, rows, _NOTES), *listings, *_formation(checked)],
    )


def _strengths(checked: Sequence[_Checked]) -> str:
    counts = {word: sum(one.strength == word for one in checked) for word in (_EXPORT, _VENDOR, _ANEW)}
    return (
        f"For {counts[_EXPORT]} of them there is another export of the same test, for {counts[_VENDOR]} the vendor's own "
        f"totals or counters; {counts[_ANEW]} could only be read anew."
    )


_CHARGE = "charge, whole file"
_OVERVIEW = (
    "file",
    "reader",
    "rows, Byssus / truth",
    "end time / s, Byssus / truth",
    "capacities, worst difference",
    "charge against ∫I dt",
    "truth",
    "findings",
)

_LEGEND = "\n".join(
    (
        "Each row gives Byssus and the truth side by side. What the truth is, strongest first:",
        "",
        f"- **{_EXPORT}**: the same test as another program or in another format, in a file of its own.",
        f"- **{_VENDOR}**: totals, cycles or a second counter that the instrument's software wrote into the file, and "
        "from which Byssus takes no time, current or capacity.",
        f"- **{_ANEW}**: nothing else is known of the test. The file was read a second time by code that shares nothing "
        "with the readers: the csv module, the XML of the cells, the bytes at fixed places. This shows that no record is "
        "lost, moved or scaled otherwise than the description of the format says. It cannot show that the description "
        "is right.",
        "",
        "Every file was read anew as well, whatever its truth. A wrong description would break the column *charge against "
        "∫I dt*: what the instrument counted as charge, and the recorded current integrated over the recorded time "
        "(trapezoids within each step). The instrument counts charge between the records too, so 1 % is allowed. "
        "BioLogic's current is mostly derived from the charge, so that there the column shows little. Where records bear a "
        f"date, the end time agrees with the calendar clock within {_ALLOWED} %.",
    )
)

_NOTES = (
    "Rows of `biol.mpr` are the records of cycling: 310 points of an impedance spectrum in it (freq/Hz above zero) are "
    "counted by neither side.",
    "Neware's .ndax stores times and counters less often than voltages and currents. Capacities are compared where they "
    "are stored; the end time in the overview is the last record's, which the reader reaches by the interval of the "
    "records, and the truth's is the last one stored. They differ only where the test was still running when the file "
    "was made.",
    "`test_2.parquet` is an earlier output of the library that Byssus reads Neware's files with, with coarser voltages: "
    "it shows that nothing changed since, not that it was right. Step by step, the file's own counters are the truth.",
    "`2017-05-09_test-TC-contact_CH33.csv` numbers no steps. Byssus takes them from the current: the charge of "
    "the interval that ends in a single record without current is not counted as charged.",
    "LANDT: the reference labels the per-step counters `discharging_capacity_ah` and `charging_capacity_ah`, which in "
    "BDF 1.3.0 are counters that never reset; Byssus keeps their values as the vendor's columns and takes them as the "
    "step's capacity. It also labels the first temperature channel, which reads 0 throughout, the ambient temperature; "
    "Byssus keeps it as the vendor's. Its currents of some 0.15 mA are printed in steps of 0.1 mA, so that their "
    "integral says little: the finding coarse-current.",
    "LAND: the vendor computes efficiencies from more digits than it prints, Byssus from the capacities in the records; "
    "what is allowed is what rounding both capacities can do to their ratio.",
)


def _check(path: Path, before: Sequence[_Checked]) -> _Checked:
    table = read(path, sample=_HALF)
    provenance = table.metadata.provenance[0]
    twins = [other for other in before if other.table.metadata.provenance[0].sha256 == provenance.sha256]
    alike = [other for other in before if other.table.rows == table.rows and other.table.data.equals(table.data)]
    # access-parser takes its time, and the same bytes say the same.
    source = twins[0].path if twins else path
    if provenance.reader not in _WITNESSES:
        raise ReadError(
            f"read by {provenance.reader}, has no witness to compare it with", file=path, fix="write one in witness.py"
        )
    said = _WITNESSES[provenance.reader](source)
    one = _Checked(path, table, said, said.means)
    _against(one, said, said.means)
    _integral(one)
    _better(one, source)
    if twins:
        one.truth += f"; the same bytes as `{twins[0].path.name}`"
    elif alike:
        one.truth += f"; the same records as `{alike[0].path.name}`"
    return one


def _against(one: _Checked, said: Witness, truth: str) -> None:
    data = one.table.data
    end = data[TIME][-1 if said.at is None else int(said.at[-1])]
    one.compare("rows", truth, [one.table.rows], [said.rows], 0, "rows")
    one.compare("end time", truth, [end], [said.end], _BINARY_DUST * said.end, "s")
    for name, theirs in said.columns.items():
        quantity, unit = name.split(" / ")
        share = _BINARY_DUST if name == TIME else max(said.digits, _BINARY_DUST)
        one.compare(quantity.lower(), truth, data[name], theirs, share * float(np.abs(theirs).max()), unit)
    if said.clock is not None:
        # Clocks of whole seconds.
        one.compare("end time by the calendar clock", truth, [end], [said.clock], _ALLOWED / 100 * said.end + 1, "s")
    if said.per == "step":
        one.compare("steps", truth, [data[STEP].max()], [said.capacities.size], 0, "steps")
        ours: object = _by_step(data)[CAPACITY] if said.at is None else data[CAPACITY].gather(said.at)
    elif said.per == "half cycle":
        ours = _by_half_cycle(data)
    else:
        ours = _by_direction(data)
    one.capacities.append(one.compare_shares(f"capacity of each {said.per}", truth, ours, said.capacities))


def _by_step(data: pl.DataFrame) -> pl.DataFrame:
    columns = [pl.last(CAPACITY), pl.first(DIRECTION).cast(pl.String), pl.last(f"^{VENDOR}half cycle$")]
    return data.group_by(STEP, maintain_order=True).agg(columns)


def _by_half_cycle(data: pl.DataFrame) -> pl.Series:
    sign = pl.col(DIRECTION).replace_strict({"charge": 1.0, "discharge": -1.0, "rest": 0.0}, return_dtype=pl.Float64)
    half = _by_step(data).group_by(f"{VENDOR}half cycle", maintain_order=True)
    return half.agg((sign * pl.col(CAPACITY)).sum().alias("net"))["net"]


def _by_direction(data: pl.DataFrame) -> list[float]:
    steps = _by_step(data)
    return [float(steps.filter(pl.col(DIRECTION) == word)[CAPACITY].sum()) for word in ("charge", "discharge")]


def _integral(one: _Checked) -> None:
    """Compare what the steps that move counted with the integral of their current."""
    data, before = one.table.data, pl.col(TIME).diff().over(STEP)
    rise = (pl.col(CURRENT) + pl.col(CURRENT).shift(1).over(STEP)) / 2 * before / 3600
    steps = (
        data.with_columns(rise.alias("area"))
        .filter(pl.col(DIRECTION).cast(pl.String) != "rest", pl.len().over(STEP) > 2)
        .group_by(STEP)
        .agg(
            pl.sum("area").abs(),
            (pl.last(CAPACITY) - pl.first(CAPACITY)).alias("counted"),
            (pl.last(TIME) - pl.first(TIME)).alias("time"),
        )
    )
    area, counted, time = (float(steps[name].sum()) for name in ("area", "counted", "time"))
    digit = one.table.metadata.instrument.resolution.get(CURRENT, 0.0)
    coarse = 50 * digit * time / 3600 / counted
    apart = 100 * abs(area / counted - 1)
    one.comparisons.append(
        Comparison(
            one.path.name,
            _CHARGE,
            "∫I dt of the records",
            steps.height,
            apart,
            _BETWEEN_RECORDS + coarse,
            "%",
        )
    )


def _better(one: _Checked, source: Path) -> None:
    """Compare with what more there is than the file read anew."""
    path = one.path
    landt_reference = path.with_name(path.name.replace(".csv", ".bdf.csv"))
    match one.table.metadata.provenance[0].reader:
        case "arbin-res":
            _arbin_totals(one, source)
        case "biologic-mpr" | "biologic-mpt":
            one.strength, one.truth = _VENDOR, "EC-Lab's counter of each half cycle; " + one.truth
            other = path.with_suffix(".mpt" if path.suffix == ".mpr" else ".mpr")
            if other.is_file():
                one.strength, one.truth = _EXPORT, f"`{other.name}`; " + one.truth
                said = witness.mpt(other) if other.suffix == ".mpt" else witness.mpr(other)
                _against(one, said, f"`{other.name}`")
        case "landt-csv" if landt_reference.is_file():
            one.strength, one.truth = _EXPORT, f"`{landt_reference.name}`; " + one.truth
            _against(one, witness.bdf(landt_reference), "BDF reference export")
            _landt(one, landt_reference)
        case "bdf":
            original = path.with_name(path.name.replace(".bdf.csv", ".csv"))
            one.strength, one.truth = _EXPORT, f"`{original.name}`; " + one.truth
            _against(one, witness.landt(original), "LANDT original")
        case "land-tabs":
            one.strength, one.truth = _VENDOR, "Cycle-Tab, Step-Tab and Process-Tab; " + one.truth
            _land_tabs(one)
        case "land-xlsx":
            one.strength, one.truth = _VENDOR, "tabs Mode and Cycle; " + one.truth
            _land(one)
        case "neware" if path.with_suffix(".parquet").is_file():
            # Of the same library: it is no stronger than the bytes.
            one.truth = f"`{path.with_suffix('.parquet').name}`, an earlier output of the library; " + one.truth
            _neware(one)
        case "neware-csv":
            one.strength, one.truth = _VENDOR, "counters Chg. Cap. and DChg. Cap.; " + one.truth


def _arbin_totals(one: _Checked, path: Path) -> None:
    resume = witness.access(path, "Resume_Table")
    # A current of 0.3 mA makes 0.025 % of the 26 mAh of 45_cc_01 in that time.
    later = float(resume["Test_Time"][0]) - one.said.end
    one.strength = _VENDOR
    one.truth = f"Resume_Table ({later:.0f} s after the last record), Channel_Statistic_Table; {one.truth}"
    totals = [float(resume[f"TC_{letter}Capacity1"][0]) for letter in "CD"]
    comparison = one.compare_shares("capacity in total", "Resume_Table", _by_direction(one.table.data), totals)
    one.capacities.append(comparison)
    steps = (
        one.table.data.group_by(STEP, "Cycle Count / 1", maintain_order=True)
        .agg(pl.first(DIRECTION).cast(pl.String), pl.last("Step Time / s"))
        .group_by("Cycle Count / 1", DIRECTION)
        .agg(pl.sum("Step Time / s"))
    )
    statistic = witness.access(path, "Channel_Statistic_Table")
    for word in ("charge", "discharge"):
        theirs = np.asarray(statistic[f"{word.capitalize()}_Time"], dtype=float)
        ours = steps.filter(pl.col(DIRECTION) == word).sort("Cycle Count / 1")["Step Time / s"]
        # A cycle that still runs is in the records and not in the statistics.
        one.compare_shares(f"time of {word} in each cycle", "Channel_Statistic_Table", ours.head(theirs.size), theirs)
    if path.name in _FOUND_BEFORE:
        first = analyse(one.table).cycles.row(0, named=True)
        halves = [first[capacity_column(word, CapacityBasis.CELL)] for word in ("lithiation", "delithiation")]
        comparison = one.compare_shares("capacities of cycle 1", "MANIFEST.csv", halves, _FOUND_BEFORE[path.name])
        one.capacities.append(comparison)


def _landt(one: _Checked, reference: Path) -> None:
    export = pl.read_csv(reference, infer_schema_length=None)
    data, truth = one.table.data, "BDF reference export"
    same = {
        "step_index": ("Step ID", ""),
        "discharging_capacity_ah": (f"{VENDOR}discharge_capacity_Ah", "Ah"),
        "charging_capacity_ah": (f"{VENDOR}charge_capacity_Ah", "Ah"),
        "ambient_temperature_celsius": (f"{VENDOR}temperature_1_C", "°C"),
    }
    for theirs, (ours, unit) in same.items():
        one.compare(theirs, truth, data[ours].cast(pl.Float64), export[theirs], 0, unit)


def _land(one: _Checked) -> None:
    path, data = one.path, one.table.data
    for quantity, ours, heading, unit in (
        ("step time", data["Step Time / s"] / 3600, "StepTime/h", "h"),
        ("capacity of each record", data[CAPACITY] * 1000, "Capacity/mAh", "mAh"),
    ):
        one.compare(quantity, "tab Record", ours, witness.column(path, "Record", heading), 1e-12, unit)
    cycles = analyse(one.table).cycles
    # Cycle 0 is the rest before the first.
    vendor = {
        heading: witness.column(path, "Cycle", heading)[1:]
        for heading in ("Discharge-Cap/mAh", "Charge-Cap/mAh", "Efficiency/%")
    }
    one.compare("cycles", "tab Cycle", [cycles.height], [vendor["Efficiency/%"].size], 0, "cycles")
    halves = {word: cycles[capacity_column(word, CapacityBasis.CELL)] for word in ("lithiation", "delithiation")}
    for (word, ours), heading in zip(halves.items(), ("Discharge-Cap/mAh", "Charge-Cap/mAh"), strict=True):
        one.capacities.append(one.compare_shares(f"{word} capacity of each cycle", "tab Cycle", ours, vendor[heading]))
    apart = np.abs(cycles[EFFICIENCY].to_numpy() - vendor["Efficiency/%"])
    # Both capacities are rounded by at most half a digit: that moves the ratio by at most the sum of their shares.
    digit = one.table.metadata.instrument.resolution[CAPACITY] * 1000
    shares = sum((digit / 2 / half.to_numpy() for half in halves.values()), np.zeros(cycles.height))
    most = cycles[EFFICIENCY].to_numpy() * shares + 0.005
    worst = int(np.argmax(apart / most))
    one.comparisons.append(
        Comparison(
            path.name,
            "coulombic efficiency, worst cycle",
            "tab Cycle",
            apart.size,
            float(apart[worst]),
            float(most[worst]),
            "%",
        )
    )


def _land_tabs(one: _Checked) -> None:
    path = one.path
    one.compare(
        "steps", "Step-Tab", [one.table.data[STEP].max()], [len(witness.sheet(path, "Step-Tab")) - 1], 0, "steps"
    )
    sums = (
        one.table.data.group_by(STEP, maintain_order=True)
        .agg(pl.last(CAPACITY), pl.first(DIRECTION).cast(pl.String), pl.first("Cycle Count / 1"))
        .group_by("Cycle Count / 1", DIRECTION)
        .agg(pl.sum(CAPACITY))
    )
    found = {(cycle, word): capacity for cycle, word, capacity in sums.iter_rows()}
    for word, heading in (("charge", "CapC/mAh"), ("discharge", "CapD/mAh")):
        theirs = witness.column(path, "Cycle-Tab", heading) / 1000
        ours = [found.get((cycle, word), 0.0) for cycle in range(1, theirs.size + 1)]
        one.capacities.append(
            one.compare_shares(f"{word} capacity of each of LAND's cycles", "Cycle-Tab", ours, theirs)
        )
    if path.name == FORMATION:
        lithiated, delithiated = _first_cycle(path)
        efficiency = analyse(one.table).cycles[EFFICIENCY][0]
        truth = "Cycle-Tab: CapC of cycle 2 over CapD of cycle 1"
        one.compare("first-cycle efficiency", truth, [efficiency], [100 * delithiated / lithiated], 1e-6, "%")


def _first_cycle(path: Path) -> tuple[float, float]:
    """Return first lithiation and first delithiation in mAh as LAND's table has them, in two of its cycles."""
    charge, discharge = (witness.column(path, "Cycle-Tab", f"Cap{letter}/mAh") for letter in "CD")
    return float(discharge[0]), float(charge[1])


def _formation(checked: Sequence[_Checked]) -> list[Listing]:
    """Show the first-cycle efficiency of an anode half cell beside the instrument's."""
    one = next((one for one in checked if one.path.name == FORMATION), None)
    if one is None:
        return []
    first = analyse(one.table).cycles.row(0, named=True)
    vendor = witness.column(one.path, "Cycle-Tab", "Efficiency/%")
    charge, discharge = (witness.column(one.path, "Cycle-Tab", f"Cap{letter}/mAh") for letter in "CD")
    lithiation, delithiation = (
        first[capacity_column(word, CapacityBasis.CELL)] for word in ("lithiation", "delithiation")
    )
    rows = [
        ["first lithiation", f"{lithiation:.3f} mAh", f"{discharge[0]:.3f} mAh (CapD of its cycle 1)"],
        ["first delithiation", f"{delithiation:.3f} mAh", f"{charge[1]:.3f} mAh (CapC of its cycle 2)"],
        [
            "efficiency of the first cycle",
            f"**{first[EFFICIENCY]:.1f} %** (standard uncertainty {first[u(EFFICIENCY)]:.2f} %, from the last digit)",
            f"{vendor[0]:.0f} % (its cycle 1), {vendor[1]:.2f} % (its cycle 2)",
        ],
    ]
    text = (
        "The capacities agree, the efficiencies do not, and Byssus' is the one to use. The cell is an anode half cell: "
        "its electrode is made empty, so a cycle is a lithiation (discharge) and the delithiation (charge) after it, and "
        f"its efficiency is {delithiation:.3f}/{lithiation:.3f} = {first[EFFICIENCY]:.1f} %. LAND counts a charge and the "
        "discharge after it as a cycle, whatever the electrode. So its cycle 1 has a discharge without a charge, and "
        f"says {vendor[0]:.0f}; its cycle 2 divides the second lithiation by the first delithiation "
        f"({discharge[1]:.3f}/{charge[1]:.3f}, from more digits than it prints), and says {vendor[1]:.2f}. The irreversible "
        "loss of the first cycle stands in neither."
    )
    return [Listing("LAND 6-6-L: the efficiency of the first cycle", text, ("", "Byssus", "the instrument"), rows)]


def _neware(one: _Checked) -> None:
    reference = pl.read_parquet(one.path.with_suffix(".parquet"))
    data, truth = one.table.data, "an earlier export of the reader library"
    one.compare("rows", truth, [one.table.rows], [reference.height], 0, "rows")
    one.compare("test time", truth, data[TIME], reference["Total Time"], 0, "s")
    one.compare("voltage", truth, data[VOLTAGE] * 1e3, reference["Voltage(mV)"], 0.0505, "mV")
    one.compare("current", truth, data[CURRENT] * 1e6, reference["Current(uA)"], 0.5, "µA")
    one.compare("capacity of each record", truth, data[CAPACITY] * 3.6e6, reference["Capacity(mAs)"].abs(), 0.5, "mAs")
    one.compare("step count", truth, data[STEP], reference["Step Count"], 0)
    one.compare("step of the program", truth, data["Step ID"].cast(pl.Int64), reference["Step Index"], 0)
    one.compare("cycle count", truth, data["Cycle Count / 1"], reference["Cycle Index"], 0)


def _overview(one: _Checked) -> list[str]:
    data, said = one.table.data, one.said
    charge = next(comparison for comparison in one.comparisons if comparison.quantity == _CHARGE)
    # What does not hold comes first, then what differs most.
    worst = max(one.capacities, key=lambda comparison: (not comparison.holds, comparison.difference))
    count = sum(comparison.count for comparison in one.capacities)
    running = said.at is not None and said.at[-1] != data.height - 1
    # Only a current of few digits is allowed more.
    coarse = f" (digits allow {charge.allowed:.0f} %)" if charge.difference > _BETWEEN_RECORDS else ""
    codes = sorted({finding.code for finding in one.table.findings})
    return [
        f"`{one.path.name}`",
        one.table.metadata.provenance[0].reader,
        f"{data.height:,} / {said.rows:,}",
        f"{data[TIME][-1]:,.2f} / {said.end:,.2f}{' (still running)' if running else ''}",
        f"{_percent(worst.difference)} ({count:,} {'value' if count == 1 else 'values'})",
        _percent(charge.difference) + coarse,
        f"**{one.strength}**: {one.truth}",
        ", ".join(codes) or "none",
    ]


def _percent(difference: float) -> str:
    """Write a difference without digits that nobody needs.

    Examples
    --------
    >>> _percent(0.0), _percent(3e-6), _percent(0.0241)
    ('0 %', '< 0.0001 %', '0.024 %')
    """
    return "< 0.0001 %" if 0 < difference < 1e-4 else f"{difference:.2g} %"
