"""The seed paper's cycling, thickness, quasi-solid and full cell, predicted from one number of its fade.

What the paper prints is the truth here; nobody has published its records.  Three numbers are fitted to three points of
the rate test, one to the retention at 1 A/g; all else is predicted, beside null models that have no more numbers.  What is
chosen stands at the head of this file, and a hash of it and of every number on the page.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from byssus.simulate.calibration import Calibration, calibrate
from byssus.simulate.inputs import VirtualCell
from byssus.simulate.model import Kind
from byssus.validation.ccl import plateaus
from byssus.validation.page import Comparison, Listing, Page
from byssus.validation.paper_runs import LEFT, STORE, Course, Run, carried, cell_of, coefficient, name_in

# --- What is chosen --------------------------------------------------------------------------------------------------

#: Models: of the fits and of half cells with liquid; of the quasi-solid cell and of the full cell.
KIND: Final[Kind] = "SPM"
SOLID_KIND: Final[Kind] = "DFN"
FULL_KIND: Final[Kind] = "DFN"
#: What knows of the voltage that is lost in pores, at a cost that some runs bear.
PORES_KIND: Final[Kind] = "SPMe"
#: The numbers of the baseline, the set that docs/validation/ccl.md chooses, and the currents in A/g that they see.
BASELINE: Final = ("exchange current density", "diffusion coefficient", "lithium film resistance")
SEEN: Final = (0.2, 1.0, 6.0)
#: Where their search begins, beside points all over the ranges: what docs/validation/ccl.md has of them, in SI.
START: Final = (0.02476, 1.978e-14, 5.282e-4)
#: The one number of the fade, what it sees, and what stands beside that.
FADE: Final = "debonding coefficient"
RETENTION: Final = 0.733
BESIDE: Final = 2002.6
#: Logarithms of it that the search begins with.
FIRST: Final = (2.7, 3.3)
#: Formation: 0.05C of 3579 mAh/g, and of the 210 mAh/g of NCM811; cycles.
FORMATION: Final = 178.95
FULL_FORMATION: Final = 10.5
FORMED: Final = 3
#: Exponents of the fatigue for a band.  From 4 on, the coefficient that row 1 asks for leaves its range.
EXPONENTS: Final = (1.0, 3.0)
#: The debonding coefficient of another exponent gives the same share without contact after so many cycles at 1 A/g.
MATCHED: Final = 20
#: Ranges that are tried for the thickness, both ends together.
THICKNESS: Final = ("irreversible share", "irreversible limit", "SEI in pores")
#: What fills the pores, by its share in them.
PORES: Final = "SEI in pores"
#: Ranges of a binder that are tried for its fade: all that hold it best, and all that hold it worst.  A stiff film stores
#: less energy at the stress at which it flows.
HELD: Final = ("adhesion", "binder modulus")
#: Ranges of the quasi-solid cell that are tried, both ends together, and of the full cell.
SOLID: Final = ("electrolyte conductivity factor", "electrolyte diffusivity factor")
FULL: Final = ("SEI solvent diffusivity",)
#: Capacities in mAh/g that are printed by current in A/g in the rate test, from which null models start.
RATE: Final = {1.0: 2425.5, 2.0: 1920.6}
#: Thickness after 500 cycles, in %.
EXPANSION: Final = {"CL": 215.0, "CMC": 214.0, "LS": 233.0, "CCL": 166.0}
#: What the full cell retains after 110 cycles.
FULL_RETENTION: Final = 0.963
#: And its capacity in mAh/g of NCM811, of the first cycle or of that after 110.
FULL_CAPACITY: Final = 189.8
LAWS: Final = {
    "debonding": "r = k |x'| (G/Γ)^m, G = (1 − ν) σ² t / E; k fitted, all else of the recipe or the same for all binders",
    "retention": "lithiation capacity over that of the first cycle at that current, after three cycles at 0.05C",
    "judged": "success only where a prediction misses the printed value by less than the best null model",
    "thickness": "at the end of delithiation after 500 cycles at 1 A/g, over the coating as made",
    "full cell": "discharge at 210 mA/g of NCM811, 2.8 to 4.3 V, the numbers of the half cell's fits",
    "quasi-solid": "DFN, 0.03 S/m, transference number 0.4, 5 µL; debonding as in liquid",
}
#: What a page says of a run that did not come to the cycle that is asked for.
_ENDED: Final = "ended before"


# --- Null models -----------------------------------------------------------------------------------------------------


def nulls(retention: float, cycles: float, seen: float = 250.0) -> dict[str, float]:
    """Return what is left after some cycles, of null models with one number: the retention after `seen` cycles.

    Examples
    --------
    >>> {name: round(left, 4) for name, left in nulls(0.733, 500).items()}
    {'linear': 0.466, 'geometric': 0.5373, '√n': 0.6224}
    """
    lost, times = 1 - retention, cycles / seen
    return {"linear": 1 - lost * times, "geometric": retention**times, "√n": 1 - lost * math.sqrt(times)}


def mean_of_others(values: Mapping[str, float]) -> dict[str, float]:
    """Return of each value the mean of all the others.

    Examples
    --------
    >>> mean_of_others({"a": 1.0, "b": 2.0, "c": 6.0})
    {'a': 4.0, 'b': 3.5, 'c': 1.5}
    """
    whole = sum(values.values())
    return {name: (whole - each) / (len(values) - 1) for name, each in values.items()}


def efficiency(retention: float, cycles: int) -> float:
    """Return the mean coulombic efficiency of a full cell that loses nothing but lithium.

    Examples
    --------
    >>> round(efficiency(0.963, 110), 5)
    0.99966
    """
    return float(retention ** (1 / cycles))


@dataclass(frozen=True)
class Row:
    """A value that the paper prints, its prediction, and what null models with no more numbers give.

    `None` as a prediction: the simulated cell did not come so far, `why` says why.
    """

    name: str
    printed: float
    predicted: float | None
    band: tuple[float | None, ...] | None
    unit: str
    nulls: Mapping[str, float]
    why: str = ""

    @property
    def beats(self) -> bool:
        """Whether the prediction misses by less than every null model."""
        least = min(abs(each - self.printed) for each in self.nulls.values())
        return self.predicted is not None and abs(self.predicted - self.printed) < least

    @property
    def shown(self) -> bool:
        """Whether success is claimed: the row is better than every null model, and its band holds the printed value."""
        known = [each for each in self.band or () if each is not None]
        return self.beats and (not known or min(known) <= self.printed <= max(known))

    def cells(self) -> list[str]:
        """Lay the row out."""
        beside = ", ".join(f"{name} {_said(value)}" for name, value in self.nulls.items())
        best = min(self.nulls.values(), key=lambda each: abs(each - self.printed))
        miss = "–" if self.predicted is None else f"{self.predicted - self.printed:+.4g}"
        predicted = self.why if self.predicted is None else _said(self.predicted)
        return [self.name, _said(self.printed), predicted, _banded(self.band), self.unit, miss,
                f"{best - self.printed:+.4g}", beside, "yes" if self.beats else "no", "yes" if self.shown else "**not shown**"]  # fmt: skip


def _said(value: float | None) -> str:
    if value is None:
        return _ENDED
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _banded(band: Sequence[float | None] | None) -> str:
    if band is None:
        return "not computed"
    known = sorted(each for each in band if each is not None)
    if not known:
        return _ENDED
    if len(known) < len(band):
        return f"ended before, to {_said(known[-1])}"
    return f"{_said(known[0])} to {_said(known[-1])}"


# --- Commitment ------------------------------------------------------------------------------------------------------

SAMPLES: Final = ("CCL", "CL", "CMC", "LS", "CCL, thick", "CCL, quasi-solid", "CCL || NCM811")


def commitment(cells: Mapping[str, VirtualCell], fitted: Mapping[str, float]) -> dict[str, Any]:
    """Return all that predictions follow from: every number of every cell with its range, the choices, and what was fitted."""

    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "numbers": {
            sample: {name: [each.value, plain(each.low), plain(each.high), each.units.si]
                     for name, each in sorted(cell.numbers.items())}
            for sample, cell in cells.items()
        },
        "fitted": dict(fitted),
        "chosen": {
            "models": [KIND, SOLID_KIND, FULL_KIND], "baseline": BASELINE, "seen": SEEN, "start": START, "fade": [FADE, RETENTION],
            "formation": [FORMATION, FULL_FORMATION, FORMED], "exponents": EXPONENTS, "matched": MATCHED,
            "ranges": [*THICKNESS, *HELD], "laws": LAWS,
        },
    }  # fmt: skip


def digest(said: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON: sorted names, no spaces, UTF-8.

    Examples
    --------
    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


# --- Fits ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fits:
    """What was fitted: the baseline, the logarithm of the debonding coefficient, and the retentions that were tried for it."""

    baseline: Calibration
    log: float
    tried: Sequence[tuple[float, float | None]]
    without: Course
    row: Course

    @property
    def values(self) -> dict[str, float]:
        """The fitted numbers in SI."""
        return {**{name: each.value for name, each in self.baseline.fitted.items()}, FADE: 10**self.log}


@dataclass(frozen=True)
class Lengths:
    """Cycles of the rows; shorter where the page is only tried out."""

    fade: int = 250
    long: int = 500
    thick: int = 150
    solid: int = 100
    full: int = 110


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - progress of half an hour


def _given(values: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(values.items()))


def run_of(sample: str, cycles: int, given: Mapping[str, float], current: float = 1000.0, kind: Kind = KIND) -> Run:
    """Return a run of a half cell after its formation."""
    return Run(sample, kind, current, cycles, FORMATION, FORMED, _given(given))


def fits(lengths: Lengths) -> Fits:
    """Fit the baseline to the rate test, then the debonding coefficient to the retention at 1 A/g."""
    cell = cell_of("CCL")
    printed, _ = plateaus(cell)
    begun = {name: replace(cell.numbers[name], value=value) for name, value in zip(BASELINE, START, strict=True)}
    baseline = calibrate(cell.with_inputs(begun), KIND, printed, [1e3 * each for each in SEEN], BASELINE)
    values = {name: each.value for name, each in baseline.fitted.items()}
    _say(f"baseline: {values}")

    def run(log: float) -> Run:
        return run_of("CCL", lengths.fade, values | {FADE: 10**log})

    none = run_of("CCL", lengths.fade, values | {FADE: 0.0})
    carried([run(FIRST[0]), run(FIRST[1]), none], _say)
    found, tried = coefficient(
        RETENTION, lambda log: carried([run(log)], _say)[run(log)].retention(lengths.fade), FIRST
    )
    kept = carried([run(found), none], _say)
    return Fits(baseline, found, tried, kept[none], kept[run(found)])


# --- Runs ------------------------------------------------------------------------------------------------------------


def _ends(sample: str, names: Sequence[str], end: str) -> dict[str, float]:
    """Return inputs of a cell at the low or the high ends of their ranges."""
    numbers = cell_of(sample).numbers
    return {name: float(getattr(numbers[name_in(cell_of(sample), name)], end)) for name in names}


def planned(lengths: Lengths, values: Mapping[str, float]) -> dict[str, Run]:
    """Return every run that predicts a row, by what it is for; the longest first."""
    plan = {
        "quasi-solid": run_of("CCL, quasi-solid", lengths.solid, values, kind=SOLID_KIND),
        "full": Run("CCL || NCM811", FULL_KIND, 210.0, lengths.full, FULL_FORMATION, FORMED, _given(values)),
        "2 A/g": run_of("CCL", lengths.long, values, 2000.0),
    }
    for sample in EXPANSION:
        plan[sample] = run_of(sample, lengths.long, values)
    for sample in EXPANSION:
        plan[f"{sample}, best"] = run_of(sample, lengths.fade, {**values, **_ends(sample, HELD, "high")})
        plan[f"{sample}, worst"] = run_of(sample, lengths.fade, {**values, **_ends(sample, HELD, "low")})
    plan["quasi-solid, best"] = replace(
        plan["quasi-solid"], given=_given({**values, **_ends("CCL, quasi-solid", SOLID, "high")})
    )
    plan["full, best"] = replace(plan["full"], given=_given({**values, **_ends("CCL || NCM811", FULL, "low")}))
    plan["thick"] = run_of("CCL, thick", lengths.thick, values)
    less = {**values, FADE: 0.0, PORES: _ends("CCL", (PORES,), "low")[PORES]}
    for name, given in (("pores", values), ("pores alone", {**values, FADE: 0.0}), ("pores, less SEI", less)):
        plan[name] = run_of("CCL", lengths.fade, given, kind=PORES_KIND)
    for end in ("low", "high"):
        plan[f"thickness, {end}"] = run_of("CCL", lengths.long, {**values, **_ends("CCL", THICKNESS, end)})
    return plan


def matched(lengths: Lengths, values: Mapping[str, float], exponent: float) -> dict[str, float]:
    """Return the numbers with another exponent of the fatigue, and the coefficient that loses as much contact by cycle.

    As long as little is lost, the share without contact is in proportion to the coefficient.
    """
    cycles = min(MATCHED, lengths.fade)
    # Small enough that nothing ends early.
    trial = {**values, "debonding exponent": exponent, FADE: values[FADE] if exponent > 2 else values[FADE] / 1e4}
    runs = [run_of("CCL", cycles, values), run_of("CCL", cycles, trial)]
    courses = carried(runs, _say)
    lost = [-math.log(_known(courses[run].state("share in contact", cycles))) for run in runs]
    return {**trial, FADE: trial[FADE] * lost[0] / lost[1]}


def _known(value: float | None) -> float:
    if value is None:
        raise ValueError("a run of a few cycles ended before them")
    return value


# --- Listings --------------------------------------------------------------------------------------------------------


def _committed(found: Fits, said: Mapping[str, Any]) -> Listing:
    rows = []
    for name in (*BASELINE, FADE):
        number = cell_of("CCL").numbers[name]
        seen = (
            f"capacities at {', '.join(f'{each:g}' for each in SEEN)} A/g"
            if name in BASELINE
            else "retention at 1 A/g, cycle 250"
        )
        rows.append(
            [name, f"{found.values[name]:.4g}", f"{number.low:.3g} to {number.high:.3g}", number.units.si, seen]
        )
    numbers = sum(len(each) for each in said["numbers"].values())
    return Listing(
        "What was committed before a row was predicted",
        f"SHA-256 `{digest(said)}` of the canonical JSON (names sorted, no spaces, UTF-8) of `byssus.validation.paper.commitment`: "
        f"the {numbers} numbers of the {len(SAMPLES)} virtual cells of the study `binders` with their ranges, the models, the "
        "protocols, the laws below, and the four numbers that were fitted. It was formed after the fits and before the first "
        "run of a predicted row.",
        ["fitted", "value", "range", "unit", "what it saw"],
        rows,
        [f"{name}: {words}." for name, words in LAWS.items()],
    )


def _baseline(found: Fits) -> Listing:
    rows = []
    for each in found.baseline.predictions:
        capacity = "no solution" if each.model is None else f"{each.model / 3600:.0f}"
        rows.append([f"{each.current / 1e3:g}", "seen" if each.fitted else "left out", f"{each.measured / 3600:.1f}",
                     capacity, f"{each.null / 3600:.0f}"])  # fmt: skip
    model, null = (each / 3600 for each in found.baseline.left_out())
    verdict = "which is less" if model < null else "so that the rate test is no evidence for the equations"
    return Listing(
        "Baseline: the rate test, with the binder's equations",
        f"{len(BASELINE)} numbers fitted with {found.baseline.kind} to three capacities in mAh/g; the null model is a polynomial "
        "in ln I with as many coefficients.",
        ["A/g", "", "printed", "model", "null model"],
        rows,
        [f"Root mean square of what was left out: model {model:.0f}, null model {null:.0f} mAh/g, {verdict}.",
         *(f"{each}." for each in found.baseline.statements)],
    )  # fmt: skip


def _fade(found: Fits, lengths: Lengths) -> Listing:
    rows = []
    for log, retention in sorted(found.tried):
        rows.append([f"{log:.3f}", _ENDED if retention is None else f"{100 * retention:.1f}"])
    number = cell_of("CCL").numbers[FADE]
    inside = "inside" if number.low <= 10**found.log <= number.high else "**outside**"
    without, reached = found.without.retention(lengths.fade), found.row.at(lengths.fade)
    start = found.row.capacity[0]
    final = [
        found.row.state(name, lengths.fade) for name in ("share in contact", "porosity", "electrolyte outside", "SEI")
    ]
    notes = [
        f"log10 k = {found.log:.3f}, {inside} its range of {math.log10(number.low):.0f} to {math.log10(number.high):.0f}. k and Γ^m "
        "come together: the number holds all that adhesion and stress are not known to be.",
        f"With k = 0, the retention is {'not reached' if without is None else f'{100 * without:.1f} %'}: nothing else in {KIND} makes "
        "this cell fade, so that all of row 1 is put down to contact that is lost.",
        f"The check beside it: {BESIDE} mAh/g printed after 250 cycles, {_said(reached)} simulated; the simulated first cycle at "
        f"1 A/g has {start:.0f} mAh/g, the rate test prints {RATE[1.0]}, and {BESIDE}/0.733 would be {BESIDE / RETENTION:.0f}: the "
        "paper contradicts itself by 13 %, and no model can meet all three.",
    ]
    if all(each is not None for each in final):
        share, porosity, outside, sei = (_known(each) for each in final)
        notes.append(f"At cycle {lengths.fade}: {100 * share:.1f} % of the silicon in contact, porosity {porosity:.2f}, {outside:.1f} µL "
                     f"of electrolyte outside the pores, {sei:.1f} nm of SEI.")  # fmt: skip
    return Listing(
        "Fade law: one number from row 1",
        f"The debonding coefficient k, fitted to a retention of {100 * RETENTION:.1f} % after 250 cycles at 1 A/g. Retention in % by "
        "log10 k, as the search tried them.",
        ["log10 k", "retention"],
        rows,
        notes,
    )


def rows_of(courses: Mapping[str, Course], lengths: Lengths, exponents: Sequence[Course | None]) -> list[Row]:
    """Return the rows that are judged."""
    fade, solid, full = courses["2 A/g"], courses["quasi-solid"], courses["full"]
    best, least = courses["quasi-solid, best"], courses["full, best"]
    return [
        Row("2 A/g, capacity after 500 cycles", 1191.4, fade.at(lengths.long),
            tuple(None if each is None else each.at(lengths.long) for each in exponents), "mAh/g",
            {name: RATE[2.0] * left for name, left in nulls(RETENTION, 500).items()}, _why(fade)),
        Row("thick, 1.2 mg/cm², 1 A/g, capacity after 150 cycles", 2.33,
            None if (thick := courses["thick"].at(lengths.thick)) is None else thick * 1.2e-3, None, "mAh/cm²",
            {name: RATE[1.0] * left * 1.2e-3 for name, left in nulls(RETENTION, 150).items()}, _why(courses["thick"])),
        Row("quasi-solid, 1 A/g, capacity after 100 cycles", 1617.4, solid.at(lengths.solid),
            (solid.at(lengths.solid), best.at(lengths.solid)), "mAh/g",
            {name: RATE[1.0] * left for name, left in nulls(RETENTION, 100).items()}, _why(solid)),
        Row("quasi-solid, 1 A/g, retention after 100 cycles", 67.2, _percent(solid.retention(lengths.solid)),
            (_percent(solid.retention(lengths.solid)), _percent(best.retention(lengths.solid))), "%",
            {name: 100 * left for name, left in nulls(RETENTION, 100).items()}, _why(solid)),
        Row("full cell, 1C, retention after 110 cycles", 96.3, _percent(full.retention(lengths.full)),
            (_percent(full.retention(lengths.full)), _percent(least.retention(lengths.full))), "%",
            {"nothing fades": 100.0}, _why(full)),
        Row("full cell, 1C, capacity, read as the first cycle's", FULL_CAPACITY, full.at(1),
            (full.at(1), least.at(1)), "mAh/g of NCM811",
            {"that of the balance": 210.0}, _why(full)),
        Row("full cell, 1C, capacity, read as that after 110 cycles", FULL_CAPACITY, full.at(lengths.full),
            (full.at(lengths.full), least.at(lengths.full)), "mAh/g of NCM811",
            {"that of the balance": 210.0}, _why(full)),
    ]  # fmt: skip


def _why(course: Course) -> str:
    return f"ended after {len(course.capacity)} cycles: {course.stopped}"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _predicted(rows: Sequence[Row]) -> Listing:
    shown = [each.name for each in rows if each.shown]
    taken = [each.name for each in rows if each.beats and not each.shown]
    notes = [
        f"**Shown**: {'; '.join(shown)}." if shown else "**Nothing is shown**: of no row is success claimed.",
        *(
            f"{each}: nearer than its null model, and yet no success: the band does not hold the printed value. This second condition "
            "was added after the row had been seen; it can only take a success away."
            for each in taken
        ),
        "The full cell that is simulated has less than half of the printed capacity, so that its retention is that of another cell.",
        "The quasi-solid cell is ended by transport in its electrolyte, while nearly all silicon has contact (below): what fades there "
        "is not the binder's. At the upper ends of the ranges the solver finds no way on before the last cycle, which is a limit of "
        "the simulation and no prediction.",
        "A row that beats its null model by less than the paper's own contradictions (13 % at 1 A/g, 2 to 4 % in the full cell) is "
        "no proof of an equation.",
        "√n from 73.3 % gives 1195 mAh/g at 2 A/g for the printed 1191.4: what physics would have to be better than is 0.3 %.",
        f"The printed retention of the full cell asks for a mean efficiency of {100 * efficiency(FULL_RETENTION, 110):.3f} % if nothing "
        "but lithium is lost. That is the printed value said in another way, and no null model.",
        "Bands. Of the first row: exponents of the fatigue of "
        f"{' and '.join(f'{each:g}' for each in EXPONENTS)}, each with the k that loses as much contact in {MATCHED} cycles at 1 A/g. "
        f"Of the quasi-solid cell: from the central numbers to the upper ends of {' and '.join(SOLID)}. Of the full cell: from the "
        f"central numbers to the lower end of {FULL[0]}. They hold nothing else that is uncertain. Those of the quasi-solid and the "
        "full cell were added after the central runs had been seen, and can take a success away, never give one.",
        f"The printed {FULL_CAPACITY} mAh/g of NCM811 need {FULL_CAPACITY * 11.90 / 1.065:.0f} mAh/g of silicon at {210 * 11.90 / 1.065 / 1e3:.2f} "
        f"A/g with the loadings of the recipes, which are inferred; the paper's half cell gives {RATE[2.0]} at 2 A/g and less above. "
        "A model fitted to the half cell cannot give what is printed of the full cell: loadings or currents are not what they are "
        "taken to be.",
    ]
    return Listing(
        "Predicted rows",
        "Nothing of these rows was fitted: 0 numbers each, after the four above. The null models start at the printed rate capacity "
        "at that current and lose by the one number of row 1. What is missed is predicted less printed.",
        [
            "row",
            "printed",
            "predicted",
            "band",
            "unit",
            "misses by",
            "best null misses by",
            "null models",
            "better than all",
            "success",
        ],
        [each.cells() for each in rows],
        notes,
    )


def _thickness(courses: Mapping[str, Course], lengths: Lengths) -> Listing:
    at = {name: courses[name].state("thickness", lengths.long) for name in EXPANSION}
    others = mean_of_others(EXPANSION)
    rows = []
    misses: dict[str, list[tuple[float, float]]] = {"L/L0": [], "(L − L0)/L0": []}
    for name, printed in EXPANSION.items():
        ratio = at[name]
        cells = [name, f"{printed:.0f}", f"{others[name]:.0f}"]
        for convention, shift in (("L/L0", 0.0), ("(L − L0)/L0", 1.0)):
            predicted = None if ratio is None else 100 * (ratio - shift)
            if predicted is not None:
                misses[convention].append((predicted - printed, others[name] - printed))
            cells.append(_said(predicted))
        rows.append(cells)
    band = [courses[f"thickness, {end}"].state("thickness", lengths.long) for end in ("low", "high")]
    notes = []
    for convention, both in misses.items():
        if both:
            model, null = (math.sqrt(sum(each[place] ** 2 for each in both) / len(both)) for place in (0, 1))
            notes.append(f"{convention}: root mean square of {len(both)} binders, model {model:.0f}, mean of the others {null:.0f}: "
                         + ("better than the null model." if model < null else "**not shown**."))  # fmt: skip
    known = {name: ratio for name, ratio in at.items() if ratio is not None}
    if {"CCL", "CMC"} <= known.keys():
        notes.append(f"CCL over CMC, whatever the convention's base: {known['CCL'] / known['CMC']:.3f} predicted as L/L0, printed 0.776; "
                     "that all are the same gives 1.")  # fmt: skip
    notes += [
        f"The band of CCL, with {', '.join(THICKNESS)} all at their lower or upper ends: "
        f"{' to '.join('ended before' if each is None else f'{100 * each:.0f}' for each in band)} % as L/L0. It is wider than all "
        "that separates the binders.",
        "Irreversible share and limit are the same for all binders, as no measurement but this one tells them apart, and it is what "
        "is to be predicted. So the model cannot say why CCL stays thinner; what it does say of a difference comes of the volume "
        "of the binder and of the charge that passes while silicon has contact.",
    ]  # fmt: skip
    return Listing(
        "Thickness after 500 cycles",
        "In %, printed without a convention; predicted at the end of the last delithiation at 1 A/g in both. The null model of each "
        "binder is the mean of the other three as printed, which sees three values that the model does not.",
        ["binder", "printed", "mean of the others", "predicted, L/L0", "predicted, (L − L0)/L0"],
        rows,
        notes,
    )


def _left(course: Course, cycle: int) -> str:
    """Return the retention at a cycle in %, or why there is none."""
    share = course.retention(cycle)
    if share is not None:
        return f"{100 * share:.1f}"
    return f"< {100 * LEFT:.0f}" if course.stopped.startswith("less than") else _ENDED


def _binders(courses: Mapping[str, Course], lengths: Lengths) -> Listing:
    rows, bands = [], {}
    for name in EXPANSION:
        numbers = cell_of(name).numbers
        shares = [courses[key].retention(lengths.fade) for key in (f"{name}, worst", name, f"{name}, best")]
        bands[name] = (shares[0] or 0.0, shares[2] or 0.0)
        told = [_left(courses[key], lengths.fade) for key in (f"{name}, worst", name, f"{name}, best")]
        ranges = [f"{numbers[each].value / scale:.3g} ({numbers[each].low / scale:.3g} to {numbers[each].high / scale:.3g})"
                  for each, scale in (("binder modulus", 1e9), ("adhesion", 1.0))]  # fmt: skip
        rows.append([name, *ranges, *told])
    overlap = max(low for low, _ in bands.values()) <= min(high for _, high in bands.values())
    unsolved = [name for name in EXPANSION if _left(courses[f"{name}, worst"], lengths.fade) == _ENDED]
    notes = [
        *([f"{_ENDED}, of {', '.join(unsolved)}: with a soft binder that hardly holds, nearly all contact goes within the first "
           "lithiation at 0.05C, and the equations have no solution on. Their bands are taken to reach down to nothing."]
          if unsolved else []),
        "All four bands overlap: **on these data no difference between the binders is shown**, whatever the central values are."
        if overlap else "Not all of the bands overlap; with the k of CCL at its central numbers, some are told apart.",
        "k was fitted with the central numbers of CCL and is kept; its own band shows how little the fit says without them.",
        "The central order is that of two estimates: the ratio of 3 of the peel forces sets CCL before CL and CMC, and the modulus of "
        "LS, which nobody printed, sets LS before CCL, against what the paper says of it. Peel is measured on a coating on copper: it "
        "holds foil, coating and their plastic work, and says little of binder on silicon. The ranges begin where it says nothing.",
        "Contact angles of 24 to 44° all wet. They say that electrolyte enters all of these coatings, and nothing is taken from them "
        "for the fade.",
        "Moduli are printed of CCL and CMC, dry; those of LS and CL are estimates.",
    ]  # fmt: skip
    return Listing(
        "The other binders: bands of retention at 1 A/g",
        "Retention in % after 250 cycles. The paper prints no number of cycling of CL, CMC or LS; nothing here is judged. Worst and "
        "best: adhesion and modulus together at the lower and the upper ends of their ranges.",
        ["binder", "modulus in GPa", "adhesion in J/m²", "worst", "central", "best"],
        rows,
        notes,
    )


def _in_pores(courses: Mapping[str, Course], cycle: int) -> str:
    """Say what closing pores cost where the electrolyte has a voltage."""
    alone = courses["pores alone"].retention(cycle)
    told, told_alone, told_less = (
        f"{_left(courses[each], cycle)} %" for each in ("pores", "pores alone", "pores, less SEI")
    )
    said = (
        f"{KIND} has no voltage in the electrolyte, so that closed pores cost nothing there. {PORES_KIND}, which has, keeps {told} after "
        f"{cycle} cycles at 1 A/g with the same numbers, {told_alone} with no contact lost at all (k = 0), and {told_less} with "
        f"none lost and {PORES} at its lower end; {100 * RETENTION:.1f} % are printed."
    )
    if alone is None or alone < RETENTION:
        said += (
            " So with the central estimates the SEI alone would cost more than all that is printed, and k could be anything: the "
            "volume of the SEI is too large, of which area, molar volume and share in the pores all stand at the upper ends of "
            "their ranges. The k above is that of a model in which pores cost nothing."
        )
    return said


def _limits(courses: Mapping[str, Course], cycle: int) -> Listing:
    rows, closed = [], []
    for name in ("CCL", "2 A/g", "CL", "CMC", "LS", "thick", "quasi-solid", "full"):
        course = courses[name]
        sample = {
            "2 A/g": "CCL",
            "thick": "CCL, thick",
            "quasi-solid": "CCL, quasi-solid",
            "full": "CCL || NCM811",
        }.get(name, name)
        cell = cell_of(sample)
        least = cell.numbers[name_in(cell, "least porosity")].value
        porosity, cycles = course.states["porosity"], len(course.capacity)
        first = next((at for at, each in enumerate(porosity, 1) if each < 1.01 * least), None)
        if first is not None:
            closed.append(name)
        at_end = [f"{each:.3g}" for each in (course.states[state][-1] for state in
                  ("share in contact", "porosity", "thickness", "electrolyte outside", "SEI"))]  # fmt: skip
        rows.append(
            [name, str(cycles), *at_end, "never" if first is None else str(first), course.stopped or "all cycles done"]
        )
    notes = []
    if closed:
        notes.append(
            f"The pores close to the least porosity in {', '.join(closed)}: what the SEI fills from then on thickens the coating. That "
            "is where most of the predicted thickness is from, and not from the binder. The volume of the SEI follows from its area of "
            "86 m²/g (single particles of 30 nm), the diffusion coefficient of the solvent in it, and a molar volume of 96 cm³/mol, "
            "each known to decades or to a factor: with agglomerates that keep electrolyte out, all of it would be less."
        )
        notes.append(_in_pores(courses, cycle))
    return Listing(
        "Which limit comes first",
        "States at the end of the last cycle: share of the silicon in contact, porosity, thickness over that as made, electrolyte "
        "outside the pores in µL, SEI in nm; and the first cycle in which the porosity is at its least.",
        ["run", "cycles", "in contact", "porosity", "L/L0", "outside", "SEI", "pores closed at", "end"],
        rows,
        notes,
    )


def _closing(rows: Sequence[Row]) -> Listing:
    good = sum(each.shown for each in rows)
    return Listing(
        "What the paper can and cannot show",
        f"Success is claimed of {good} of {len(rows)} rows; {sum(each.beats for each in rows)} come nearer than every null model.",
        ["question", "answer"],
        [
            ["Does the binder change the fade?", "Not shown. The text prints cycling of CCL alone; the others are in figures."],
            ["By which mechanism?", "Not shown. One retention fixes one number, k/Γ^m; a law of √n with one number fits the second "
             "current as well."],
            ["Is adhesion to silicon what matters?", "Cannot be shown: it was not measured. Peel is of a coating on copper."],
            ["Does stiffness matter?", "Cannot be shown: two dry moduli, no yield, no modulus in electrolyte."],
            ["Why is the CCL coating thinner after 500 cycles?", "It is an observation (166 against 214 to 233 %), printed without ± or number of electrodes. The "
             "equations have no property of the binder that would give it beforehand."],
            ["What would show it?", "Cycling of all four binders in numbers with replicates; adhesion on silicon in electrolyte; moduli of "
             "soaked films; thickness by cycle with its convention."],
        ],
    )  # fmt: skip


# --- The page --------------------------------------------------------------------------------------------------------


def _checks(found: Fits, courses: Mapping[str, Course], lengths: Lengths) -> list[Comparison]:
    reached = found.row.retention(lengths.fade)
    return [
        Comparison("row 1", "retention after 250 cycles", "the printed one, to which k is fitted", 1,
                   math.inf if reached is None else 100 * abs(reached - RETENTION), 0.1, "%"),
        Comparison("CCL at 1 A/g", "first 250 of 500 cycles, relative", "the run that k was fitted with",
                   min(len(found.row.capacity), len(courses["CCL"].capacity)),
                   max((abs(a / b - 1) for a, b in zip(courses["CCL"].capacity, found.row.capacity, strict=False)), default=math.inf),
                   1e-6, ""),
    ]  # fmt: skip


def compare(_folder: Path, lengths: Lengths = Lengths()) -> Page:
    """Predict what the paper prints of cycling, thickness, the quasi-solid and the full cell."""
    found = fits(lengths)
    said = commitment({each: cell_of(each) for each in SAMPLES}, found.values)
    _say(f"committed: {digest(said)}")
    plan = planned(lengths, found.values)
    done = carried(plan.values(), _say)
    courses = {name: done[run] for name, run in plan.items()}
    others = [run_of("CCL", lengths.long, matched(lengths, found.values, each), 2000.0) for each in EXPONENTS]
    spread = carried(others, _say)
    rows = rows_of(courses, lengths, [spread[run] for run in others])
    return Page(
        title="The paper, predicted",
        introduction=(
            "What the seed paper, He et al. 2026, doi:10.1016/j.est.2026.120607, prints of cycling, thickness, its quasi-solid and its "
            "full cell (section 3 and 4; nothing was read off a figure), against the virtual cells of the study `binders` with the "
            "equations of the binder. Four numbers are fitted: three of the baseline to three points of the rate test, one of the fade "
            "to one retention. Every other row is predicted, and stands beside null models with no more numbers. Success is claimed "
            "only where the physics misses less than each of them."
        ),
        listings=[
            _committed(found, said), _baseline(found), _fade(found, lengths), _predicted(rows), _thickness(courses, lengths),
            _binders(courses, lengths), _limits(courses, lengths.fade), _closing(rows),
        ],
        comparisons=_checks(found, courses, lengths),
        remarks=[
            "Before the commitment a few cycles of the quasi-solid and the full cell were simulated with numbers that were not fitted, "
            "to time the models, and a fit of the baseline that ended in a worse valley was given up: the search now begins at the set "
            "of docs/validation/ccl.md too. Then most rows were computed with a fault in the equations (in SPM, salt was concentrated as "
            "pores closed), and again with one in the kinetics of SPM (side reactions took no share of the current); they were mended, "
            "and everything was fitted, committed and computed anew. So the rows were not unseen by who made this page, but no "
            "number, range or criterion was changed for them.",
            f"Fits and half cells with liquid are simulated with {KIND}, for its speed over thousands of cycles: it knows of no loss "
            "of voltage in the electrolyte, so that closing pores cost nothing there, and its fitted numbers hold what that leaves "
            f"out. The quasi-solid cell is simulated with {SOLID_KIND}, the full cell with {FULL_KIND}, with the same numbers.",
            f"Finished runs are kept in `{STORE.as_posix()}` under a hash of cell, run and equations.",
        ],
    )  # fmt: skip
