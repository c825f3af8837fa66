"""Voltammetry against couples whose truth is set: where each of its numbers may be used, and where not.

The truths are the independent solver of `byssus.validation.sweep_truths`, closed formulas, and the virtual cell, whose
equations are none of those that the analysis assumes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.examined import Examined
from byssus.analysis.voltammetry import examine_cv, examine_lsv
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.tables import Table
from byssus.physics.constants import FARADAY
from byssus.quantity import Quantity
from byssus.validation.page import Comparison, Listing, Page
from byssus.validation.simulation import Part
from byssus.validation.sweep_truths import THERMAL, Couple, sweep, triangle

if TYPE_CHECKING:
    from byssus.simulate.model import Model

Array = NDArray[np.float64]

#: Scan rates of a test, in V/s, and of what is mostly looked at.
RATES: Final = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3)
#: A couple that all parts start from: 1 cm², 1e-3 mol/cm³, in m²/s.
BASE: Final = Couple(rate=RATES[0], diffusion=1e-14)
#: The peak of a reversible sweep, and of an irreversible one by √α: IUPAC 2019, doi:10.1515/pac-2018-0109, from Nicholson
#: and Shain, Anal. Chem. 36 (1964) 706, with their digits; where the first stands, in V of one electron at 25 °C.
PEAK, IRREVERSIBLE, PLACE = 0.4463, 0.4958, 28.50e-3
#: What is held: D as a share, coverage of 95 % intervals, potentials in mV, b-values, capacitive shares in %.
GOOD, COVERAGE, MILLIVOLT, POWER, SHARE = 0.1, 0.85, 1.0, 0.005, 2.0
#: Two standard errors of a normal deviate.
_TWO: Final = 1.959964
#: ψ and peak separation in mV: R. S. Nicholson, Anal. Chem. 37 (1965) 1351, table I, for sweeps that turn 141 mV past E½.
NICHOLSON: Final = (
    (20.0, 61), (7.0, 63), (6.0, 64), (5.0, 65), (4.0, 66), (3.0, 68), (2.0, 72), (1.0, 84), (0.75, 92), (0.5, 105),
    (0.35, 121), (0.25, 141), (0.1, 212),
)  # fmt: skip


def table(sweeps: Sequence[tuple[float, Array, Array]], *, noise: float = 0.0, every: int = 1, seed: int = 0) -> Table:
    """Return a table of sweeps, each with its rate in V/s, potentials in V and currents in A.

    Parameters
    ----------
    noise
        Standard deviation in A, or of each sweep's largest current if it is below zero, as its negative share.
    every
        Which of the records are kept: each, each second …
    """
    generator = np.random.default_rng(seed)
    parts, start, cycle, before = [], 0.0, 0, -1.0
    for number, (rate, volts, amperes) in enumerate(sweeps, 1):
        sign = float(np.sign(volts[-1] - volts[0]))
        cycle += sign > 0 or before * sign > 0
        before = sign
        kept = slice(None, None, every)
        deviation = noise if noise >= 0 else -noise * float(np.abs(amperes).max())
        size = len(volts[kept])
        time = np.abs(volts[kept] - volts[0]) / rate + start
        parts.append(
            pl.DataFrame(
                {
                    "Voltage / V": volts[kept],
                    "Current / A": amperes[kept] + deviation * generator.standard_normal(size),
                    "Sweep Count / 1": np.full(size, number),
                    "Cycle Count / 1": np.full(size, cycle),
                    "Test Time / s": time,
                }
            )
        )
        start = float(time[-1]) + abs(float(volts[1] - volts[0])) / rate
    return Table(pl.concat(parts), Metadata(kind="voltammetry", origin="simulated", sample=Sample(name="couple")))


def known_of(one: Couple, **more: Quantity) -> dict[str, Quantity]:
    """Return what an analysis is told of a couple."""
    told = {"area": Quantity(one.area, "m^2"), "concentration": Quantity(one.concentration, "mol/m^3")}
    if np.isfinite(one.length):
        told["diffusion length"] = Quantity(one.length, "m")
    return told | more


def rated(one: Couple, rates: Sequence[float] = RATES) -> list[Couple]:
    """Return a couple at each scan rate."""
    return [replace(one, rate=rate) for rate in rates]


def at_top(volts: Array, amperes: Array) -> tuple[float, float]:
    """Return potential and height of the largest current of a record without noise, by a parabola through five."""
    best = int(np.clip(np.argmax(amperes), 2, len(volts) - 3))
    near = slice(best - 2, best + 3)
    bend, slope, height = np.polyfit(volts[near] - volts[best], amperes[near], 2)
    return float(volts[best] - slope / bend / 2), float(height - slope**2 / bend / 4)


# --- The solver itself -----------------------------------------------------------------------------------------------


def solver() -> Part:
    """Hold the solver of the truths against closed formulas and printed tables."""
    volts = triangle(-0.3, 0.3, 5e-4)
    rising = len(volts) // 2 + 1
    slow = 1e-3 * BASE.depth / THERMAL * BASE.rate
    couples = [
        BASE,
        replace(BASE, length=BASE.depth / 50),
        replace(BASE, length=BASE.depth / 50, shape="sphere"),
        replace(BASE, length=BASE.depth, shape="sphere"),
    ]
    swept = sweep(couples, volts).total
    tops = [at_top(volts[:rising], row[:rising]) for row in swept]
    wide = triangle(-0.3, 0.7, 5e-4)
    late = sweep([replace(BASE, constant=slow)], wide).total[0]
    one_way = len(wide) // 2 + 1
    irreversible = at_top(wide[:one_way], late[:one_way])[1] / BASE.scale / np.sqrt(BASE.transfer)
    # The film is a fiftieth of a depth thick; the sphere has a third of its volume by surface.
    thin = [1 / 50 / 4, 1 / 150 / 4]
    charge = np.trapezoid(swept[3][:rising], volts[:rising]) / BASE.rate
    whole = FARADAY * BASE.area * BASE.concentration * BASE.depth / 3
    turned = triangle(-0.4, 0.141, 5e-4)
    half = len(turned) // 2 + 1
    slowed = [
        replace(BASE, constant=psi * float(np.sqrt(np.pi * BASE.diffusion * BASE.rate / THERMAL)))
        for psi, _ in NICHOLSON
    ]
    apart = []
    for row, (_, printed) in zip(sweep(slowed, turned).total, NICHOLSON, strict=True):
        up, down = at_top(turned[:half], row[:half])[0], at_top(turned[half:], -row[half:])[0]
        apart.append(abs(1e3 * (up - down) - printed))
    return Part([
        Comparison("solver, endless", "peak current, relative", "0.4463, Nicholson and Shain", 1,
                   abs(tops[0][1] / BASE.scale / PEAK - 1), 1e-3, ""),
        Comparison("solver, endless", "peak potential", "28.50 mV, Nicholson and Shain", 1, 1e3 * abs(tops[0][0] - PLACE),
                   0.1, "mV"),
        Comparison("solver, slow reaction", "peak current over √α, relative", "0.4958, Nicholson and Shain", 1,
                   abs(irreversible / IRREVERSIBLE - 1), 2e-3, ""),
        Comparison("solver, rate constants", "peak separation", "Nicholson 1965, printed to 1 mV", len(apart), max(apart),
                   2.0, "mV"),
        Comparison("solver, thin film and small sphere", "peak current, relative", "n²F²vVc/(4RT)", 2,
                   max(abs(tops[at][1] / BASE.scale / thin[at - 1] - 1) for at in (1, 2)), 2e-3, ""),
        Comparison("solver, sphere", "charge of a sweep, relative", "F c V", 1, abs(charge / whole - 1), 2e-3, ""),
    ])  # fmt: skip


# --- Where the diffusion coefficient fails ---------------------------------------------------------------------------

#: √(D R T/(F v)) at the slowest scan rate over the radius, and the ohmic drop at the fastest peak in V.
DEPTHS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
DROPS: Final = (0.0, 0.005, 0.02, 0.05, 0.1, 0.2)


def found_of(examined: Examined, way: str = "oxidation") -> dict[str, float | str | None]:
    """Return what was found of the first peak of a direction: its law as a row, empty where there is no peak."""
    laws = examined.frames["laws"].filter(pl.col("Direction") == way)
    return laws.row(0, named=True) if laws.height else {}


def in_words(law: Mapping[str, float | str | None], truth: float) -> str:
    """Say what was found of D, over the truth in m²/s: in brackets where it is called apparent, with the b-value."""
    power, value = law.get("b-Value / 1"), law.get("Diffusion Coefficient / cm^2/s")
    if not isinstance(power, float) or not isinstance(value, float):
        return "no peaks"
    ratio = value / (1e4 * truth)
    said = f"{ratio:.2f}" if ratio >= 0.01 else f"{ratio:.0e}"
    return f"{said}" if law["Apparent"] == "no" else f"({said}; b {power:.2f})"


def given_off(law: Mapping[str, float | str | None], truth: float) -> float | None:
    """Return how far D is off the truth, relative, where the analysis gives it as one; else None."""
    value = law.get("Diffusion Coefficient / cm^2/s")
    return abs(value / (1e4 * truth) - 1) if isinstance(value, float) and law["Apparent"] == "no" else None


def with_drop(one: Couple, drop: float) -> Couple:
    """Return a couple with the resistance at which the peak at the fastest rate, were there no drop, would lose so much."""
    fastest = replace(one, rate=RATES[-1])
    thin = (
        np.inf if not np.isfinite(one.length) else one.length / fastest.depth / (3 if one.shape == "sphere" else 1) / 4
    )
    return replace(one, resistance=drop / (min(PEAK, thin) * fastest.scale))


def charted(
    depths: Sequence[float] = DEPTHS, drops: Sequence[float] = DROPS
) -> list[list[dict[str, float | str | None]]]:
    """Sweep spheres of a depth of diffusion over the radius, with an ohmic drop, and return the laws that are found."""
    volts = triangle(-0.35, 0.65, 1e-3)
    rising = len(volts) // 2 + 1
    spheres = [
        [with_drop(replace(BASE, length=BASE.depth / depth, shape="sphere"), drop) for drop in drops]
        for depth in depths
    ]
    every = [couple for row in spheres for one in row for couple in rated(one)]
    swept = iter(sweep(every, volts[:rising]).total)
    return [
        [
            found_of(examine_cv([table([(rate, volts[:rising], next(swept)) for rate in RATES])], known_of(one)))
            for one in row
        ]
        for row in spheres
    ]  # fmt: skip


def chart() -> Part:
    """Draw the map of where the diffusion coefficient fails."""
    found = charted()
    rows = [
        [f"{depth:g}", *(in_words(law, BASE.diffusion) for law in row)]
        for depth, row in zip(DEPTHS, found, strict=True)
    ]
    off = [given_off(law, BASE.diffusion) for row in found for law in row]
    given = [each for each in off if each is not None]
    listing = Listing(
        "Where the diffusion coefficient fails",
        "Spheres of one size, a reversible reaction, no noise, five scan rates over a factor of 20, only the sweep up: D found "
        "over D given. Down: √(D R T/(F v)) at the slowest rate over the radius; with the radius fixed each row is a factor "
        "of ten in D. Across: the ohmic drop of the peak at the fastest rate, in mV. In brackets: the analysis calls it apparent, and gives "
        "no D; with the b-value.",
        ["depth over radius", *(f"{1e3 * drop:g} mV" for drop in DROPS)], rows,
    )  # fmt: skip
    return Part([Comparison("spheres of one size", "D where it is given as one, relative", "D as given", len(given),
                            max(given), GOOD, "")], [listing])  # fmt: skip


# --- Bodies that are none of the law's ---------------------------------------------------------------------------------


def bodies() -> Part:
    """Sweep what the law does not know: slow reactions, films, distributions of sizes."""
    volts = triangle(-0.35, 0.65, 1e-3)
    rising = len(volts) // 2 + 1
    middle = replace(BASE, rate=RATES[2])
    natural = float(np.sqrt(np.pi * middle.diffusion * middle.rate / THERMAL))
    cases: list[tuple[str, Couple, Sequence[tuple[float, float]]]] = [
        ("endless, reversible", BASE, ((1.0, 1.0),)),
        *((f"endless, ψ = {psi:g} at 0.5 mV/s", replace(BASE, constant=psi * natural), ((1.0, 1.0),))
          for psi in (10.0, 1.0, 0.1, 0.01)),
        *((f"film, thickness {1 / depth:g} depths", replace(BASE, length=BASE.depth / depth), ((1.0, 1.0),))
          for depth in (0.1, 0.3, 1.0)),
        *((f"spheres, mean radius {1 / depth:g} depths, lognormal σ = {spread:g}",
           replace(BASE, length=BASE.depth / depth, shape="sphere"), _lognormal(spread))
          for depth in (0.01, 0.1, 1.0) for spread in (0.3, 0.7)),
    ]  # fmt: skip
    parts = [
        replace(one, length=one.length * size, area=one.area * share)
        for _, single, sizes in cases
        for size, share in sizes
        for one in rated(single)
    ]
    swept = iter(sweep(parts, volts).total)
    rows, given = [], []
    for name, single, sizes in cases:
        currents = np.sum([[next(swept) for _ in RATES] for _ in sizes], axis=0)
        sweeps = [
            (rate, *way)
            for rate, row in zip(RATES, currents, strict=True)
            for way in ((volts[:rising], row[:rising]), (volts[rising - 1 :], row[rising - 1 :]))
        ]
        examined = examine_cv([table(sweeps)], known_of(single))
        row = [name]
        for way in ("oxidation", "reduction"):
            law = found_of(examined, way)
            power = law.get("b-Value / 1")
            row += [f"{power:.3f}" if isinstance(power, float) else "none", in_words(law, single.diffusion)]
            off = given_off(law, single.diffusion)
            if off is not None:
                given.append(off)
        pairs = examined.frames["pairs"]
        row += ["none" if pairs.is_empty() else f"{pairs['Peak Separation / mV'][0]:.0f}"]
        rows.append(row)
    listing = Listing(
        "Slow reactions, films, distributions of sizes",
        "No noise and no resistance; b-value and D found over D given, of the sweeps up and back, and the peak separation at "
        "the slowest rate in mV. ψ = k/√(π D v F/(R T)) as Nicholson has it. The depth is that at the slowest rate; the length "
        "that is told is the mean radius by surface, sizes are weighted by their surface.",
        ["couple", "b up", "D up", "b back", "D back", "separation"], rows,
    )  # fmt: skip
    return Part([Comparison("films, distributions, slow reactions", "D where it is given as one, relative", "D as given", len(given),
                            max(given), GOOD, "")], [listing])  # fmt: skip


def _lognormal(spread: float, count: int = 9) -> list[tuple[float, float]]:
    """Return sizes around 1 and their shares, by Gauss and Hermite."""
    places, weights = np.polynomial.hermite_e.hermegauss(count)
    sizes = np.exp(spread * places)
    return [
        (float(size), float(share)) for size, share in zip(sizes / (weights @ sizes) * weights.sum(), weights / weights.sum(), strict=True)
    ]  # fmt: skip


# --- Intervals -------------------------------------------------------------------------------------------------------

#: Noise as a share of the largest current, and what of the records at 1 mV is kept.
NOISES: Final = (0.001, 0.005, 0.02)
SAMPLED: Final = (1, 5)


@dataclass(frozen=True, slots=True)
class Covered:
    """How far estimates lie from the truth on average, and how many of the 95 % intervals hold it."""

    bias: float
    share: float
    count: int

    @classmethod
    def of(cls, values: Array, errors: Array, truth: float) -> Covered:
        """Count."""
        good = np.isfinite(values) & np.isfinite(errors)
        if not good.any():
            return cls(float("nan"), float("nan"), 0)
        held = np.abs(values[good] - truth) <= _TWO * errors[good]
        return cls(float(np.mean(values[good]) - truth), float(np.mean(held)), int(good.sum()))


def shapes() -> dict[str, Couple]:
    """Return the couples whose intervals are counted."""
    return {
        "endless": BASE,
        "sphere, radius of 3 depths": replace(BASE, length=3 * BASE.depth, shape="sphere"),
        "thin film": replace(BASE, length=BASE.depth / 50),
        "endless, ψ = 0.3": replace(
            BASE, constant=0.3 * float(np.sqrt(np.pi * BASE.diffusion * BASE.rate / THERMAL))
        ),
    }  # fmt: skip


def peaks_covered(one: Couple, noise: float, every: int, count: int) -> dict[tuple[str, str], Covered]:
    """Examine a couple's cycle under so many draws of noise; potentials in V, currents as shares of the truth."""
    volts = triangle(-0.35, 0.35, 1e-3)
    rising = len(volts) // 2 + 1
    # The way back stands on what the way there would have gone on to.
    beyond = np.concatenate([volts[:rising], volts[rising - 1] + np.arange(1, rising) * 1e-3])
    there, on = sweep([one], volts).total[0], sweep([one], beyond).total[0]
    up = volts[:rising], there[:rising]
    back = volts[rising - 1 :], there[rising - 1 :]
    truths = {
        "oxidation": at_top(*up),
        "reduction": _of_the_way_back(back[0], back[1], on[rising - 1 :]),
    }
    sweeps = [(one.rate, *way) for _ in range(count) for way in (up, back)]
    examined = examine_cv([table(sweeps, noise=noise * float(np.abs(there).max()), every=every, seed=7)], known_of(one))
    frame = examined.frames["peaks"]
    found = {}
    for way, (place, height) in truths.items():
        own = frame.filter(pl.col("Direction") == way, (pl.col("Potential / V") - place).abs() < 0.06)
        for what, column, truth, factor in (
            ("potential", "Potential / V", place, 1.0),
            ("current", "Current / mA", 1.0, 1e-3 / height),
        ):
            values, errors = (factor * own[name].to_numpy() for name in (column, f"{_u(column)}"))
            found[way, what] = Covered.of(values, np.abs(errors), truth)
    return found


def _u(column: str) -> str:
    from byssus.analysis.cycling.columns import u

    return u(column)


def _of_the_way_back(volts: Array, amperes: Array, on: Array) -> tuple[float, float]:
    """Return where the current on the way back is lowest, and how far below the continued way there it is then."""
    place, _ = at_top(volts[::-1], -amperes[::-1])
    over = np.interp(place, volts[::-1], (amperes - on)[::-1])
    return place, float(over)


def intervals(count: int = 40) -> Part:
    """Count how many intervals of peaks hold the truth."""
    rows, biases, missed = [], [], []
    for name, one in shapes().items():
        for noise in NOISES:
            for every in SAMPLED:
                found = peaks_covered(one, noise, every, count)
                cells = [name, f"{100 * noise:g} %", f"{every} mV"]
                for way in ("oxidation", "reduction"):
                    for what, unit in (("potential", 1e3), ("current", 100.0)):
                        each = found[way, what]
                        lacking = "" if each.count == count else f" of {each.count}"
                        cells.append(f"{unit * each.bias:+.2f}; {each.share:.0%}{lacking}")
                        if what == "potential" and every == 1:
                            biases.append(1e3 * abs(each.bias))
                        if each.share < COVERAGE:
                            compared = Comparison(f"{name}, {100 * noise:g} %, {every} mV", f"{what} of {way}: intervals without it",
                                                  "as given", each.count, 1 - each.share, 1 - COVERAGE, "")  # fmt: skip
                            missed.append((compared, _WHY[way, what]))
                rows.append(cells)
    listing = Listing(
        "Intervals of peaks",
        f"One cycle at 0.1 mV/s under {count} draws of white noise: the mean error, in mV and in % of the height, and the share "
        "of the 95 % intervals (± 1.96 standard errors) that hold the truth. Noise as a share of the largest current, by the "
        "interval of the records. The truth: the top of the curve without noise, from zero on the way there, and on the way "
        "back from what the way there would have gone on to. Fewer than all draws: the others showed no peak there.",
        ["couple", "noise", "records", "potential up", "current up", "potential back", "current back"], rows,
    )  # fmt: skip
    return Part([Comparison("peaks, a record each mV", "mean error of the potential", "curve without noise", len(biases),
                            max(biases), MILLIVOLT, "mV")], [listing], missed=missed)  # fmt: skip


_TOP: Final = "few records lie around the top, and the polynomial through them has a bias and few degrees of freedom"
_TAIL: Final = "the tail of the way there is no straight line, and the interval does not know it"
_WHY: Final = {
    ("oxidation", "potential"): _TOP, ("reduction", "potential"): _TOP,
    ("oxidation", "current"): _TOP, ("reduction", "current"): _TAIL,
}  # fmt: skip


def laws_covered(one: Couple, noise: float, count: int) -> tuple[Covered, Covered, float]:
    """Return b-value and D over the truth under so many draws of noise, and how often D is given as one."""
    volts = triangle(-0.35, 0.45, 1e-3)
    rising = len(volts) // 2 + 1
    swept = sweep(rated(one), volts[:rising]).total
    heights = [at_top(volts[:rising], row)[1] for row in swept]
    truth = float(np.polyfit(np.log(RATES), np.log(heights), 1)[0])
    powers, ratios, given = [], [], 0
    for seed in range(count):
        sweeps = [(rate, volts[:rising], row) for rate, row in zip(RATES, swept, strict=True)]
        law = found_of(examine_cv([table(sweeps, noise=-noise, seed=seed)], known_of(one)))
        if law.get("b-Value / 1") is None:
            continue
        # The half of the interval is that of Student's t over 1.96, as it is written.
        powers.append((law["b-Value / 1"], (law["b-Value to / 1"] - law["b-Value from / 1"]) / 2 / _TWO))  # type: ignore[operator]
        ratios.append(
            tuple(law[name] / (1e4 * one.diffusion)  # type: ignore[operator]
                  for name in ("Diffusion Coefficient / cm^2/s", _u("Diffusion Coefficient / cm^2/s")))
        )  # fmt: skip
        given += law["Apparent"] == "no"
    power, ratio = (np.array(each, dtype=float).T for each in (powers, ratios))
    return (
        Covered.of(power[0], power[1], truth),
        Covered.of(ratio[0], ratio[1], 1.0),
        given / max(len(powers), 1),
    )


_NORMAL: Final = (
    "five rates leave three degrees of freedom, whose standard error is no normal deviate's; and the line's bias"
)


def laws(count: int = 12) -> Part:
    """Count how many intervals of b-values and diffusion coefficients hold the truth."""
    rows, biases, missed = [], [], []
    for name, one in shapes().items():
        for noise in NOISES:
            power, ratio, given = laws_covered(one, noise, count)
            rows.append(
                [name, f"{100 * noise:g} %", f"{power.bias:+.4f}; {power.share:.0%}", f"{1 + ratio.bias:.2f}",
                 f"{ratio.share:.0%}", f"{given:.0%}"]
            )  # fmt: skip
            biases.append(abs(power.bias))
            if given > 0.5 and ratio.share < COVERAGE:
                compared = Comparison(f"{name}, {100 * noise:g} %", "D: intervals without it", "as given", ratio.count,
                                      1 - ratio.share, 1 - COVERAGE, "")  # fmt: skip
                missed.append((compared, _NORMAL))
    listing = Listing(
        "Intervals of b-values and diffusion coefficients",
        f"Five scan rates from 0.1 to 2 mV/s, {count} draws of noise, only the sweep up. b: the mean error against the slope of "
        "the peaks without noise, and the share of the 95 % intervals that hold it. D: the mean over the truth, the share "
        "of ± 1.96 standard errors that hold the truth, and how often it is given as a diffusion coefficient and not as apparent.",
        ["couple", "noise", "b", "D over truth", "D held", "D given"], rows,
    )  # fmt: skip
    return Part([Comparison("b-values", "mean error", "slope without noise", len(biases), max(biases), POWER, "")],
                [listing], missed=missed)  # fmt: skip


# --- The capacitive share --------------------------------------------------------------------------------------------

#: Ohmic drops at the fastest rate's largest current, in V.
SHARED_DROPS: Final = (0.0, 0.01, 0.03, 0.1)
#: Up to which a share is held to its target.
CLAIMED_DROP: Final = 0.01


def shares() -> Part:
    """Split currents whose capacitive part is known."""
    volts = triangle(-0.35, 0.35, 1e-3)
    rising = len(volts) // 2 + 1
    fastest = replace(BASE, rate=RATES[-1])
    capacitance = 0.3 * PEAK * fastest.scale / RATES[-1]
    film = replace(BASE, length=BASE.depth / 50, area=8 * BASE.area)
    none = replace(BASE, area=0.0)
    kinds: list[tuple[str, list[Couple]]] = [
        ("endless and a capacitor", [replace(BASE, capacitance=capacitance)]),
        ("endless and a thin film", [BASE, film]),
        ("endless alone", [BASE]),
        ("film, thickness 1 depth, alone", [replace(BASE, length=BASE.depth)]),
        ("thin film alone", [film]),
        ("capacitor alone", [replace(none, capacitance=capacitance)]),
    ]  # fmt: skip
    rows, errors, missed = [], [], []
    for name, parts in kinds:
        drops = SHARED_DROPS if len(parts) == 1 else (0.0,)
        quiet = [sweep(rated(one), volts) for one in parts]
        largest = float(np.abs(sum(each.total[-1] for each in quiet)).max())
        for drop in drops:
            swept = [sweep(rated(replace(one, resistance=drop / largest)), volts) for one in parts]
            total = np.sum([each.total for each in swept], axis=0)
            # A film that fills within a hundredth of the sweep's time holds its charge as a surface does.
            surface = np.sum([each.total if one is film and len(parts) > 1 else each.capacitive
                              for one, each in zip(parts, swept, strict=True)], axis=0)  # fmt: skip
            sweeps = [
                (rate, *way)
                for rate, row in zip(RATES, total, strict=True)
                for way in ((volts[:rising], row[:rising]), (volts[rising - 1 :], row[rising - 1 :]))
            ]
            frame = (
                examine_cv([table(sweeps)], {}).frames["capacitive share"].filter(pl.col("Direction") == "oxidation")
            )
            cells = [name, f"{1e3 * drop:g}"]
            for at in (0, -1):
                true = 100 * float(surface[at, :rising].sum() / total[at, :rising].sum())
                value, error = frame["Capacitive Share / %"][at], frame[_u("Capacitive Share / %")][at]
                cells += [f"{true:.0f}", "refused" if value is None else f"{value:.0f} ± {error:.1f}"]
                if value is None:
                    continue
                off = abs(value - true)
                # What the law does not claim: a body that is thin, and currents that a resistance delays.
                if drop <= CLAIMED_DROP and (len(parts) > 1 or parts[0] is not film):
                    errors.append(off)
                elif off > SHARE:
                    compared = Comparison(f"{name}, drop of {1e3 * drop:g} mV, {1e3 * RATES[at]:g} mV/s", "capacitive share",
                                          "as given", 1, off, SHARE, "%")  # fmt: skip
                    missed.append((compared, "a thin body's current goes with the rate as a capacitor's does" if drop == 0
                                   else "the drop delays the current, and no law of the rate at one potential holds"))  # fmt: skip
            rows.append(cells)
    listing = Listing(
        "The capacitive share",
        "Dunn's share of the sweeps up at 0.1 and 2 mV/s, in %, with its standard error, against the charge that went into the "
        "capacitor, or into the thin film beside the endless body; five scan rates, no noise. The drop is that at the "
        "largest current of the fastest rate, in mV. Where a body stands alone, nothing of its charge is a capacitor's.",
        ["what flows", "drop", "true, 0.1 mV/s", "found", "true, 2 mV/s", "found"], rows,
    )  # fmt: skip
    return Part([Comparison("mixtures", "capacitive share, drops up to 10 mV", "as given", len(errors), max(errors), SHARE, "%")],
                [listing], missed=missed)  # fmt: skip


# --- Onsets ----------------------------------------------------------------------------------------------------------

#: A current density that grows e-fold in so many V (120 mV a decade), reaches 10 µA/cm² at so many V, on 1 cm².
SLOPE, ONSET, CRITERION = 0.120 / float(np.log(10)), 4.3, 10e-6


@dataclass(frozen=True, slots=True)
class Stability:
    """A sweep to high potentials: capacitor's current in A, resistance in ohm, noise in A, interval of the records in V."""

    capacitive: float = 0.0
    resistance: float = 0.0
    noise: float = 0.0
    step: float = 1e-3
    end: float = 4.6

    @property
    def truth(self) -> float:
        """Where the total current is 10 µA, in V: by the inverse of the exponential."""
        return ONSET + SLOPE * float(np.log1p(-self.capacitive / CRITERION)) + self.resistance * CRITERION

    def sweeps(self, count: int) -> list[tuple[float, Array, Array]]:
        """Return sweeps from 3 V to the end."""
        volts = np.arange(3.0, self.end + self.step / 2, self.step)
        reacting = CRITERION * np.logspace(-14, 12, 60_000)
        outer = ONSET + SLOPE * np.log(reacting / CRITERION) + self.resistance * (reacting + self.capacitive)
        current = np.interp(volts, outer, reacting) + self.capacitive
        return [(1e-3, volts, current)] * count


def onset_covered(one: Stability, count: int) -> tuple[Covered, float]:
    """Return the onset at 10 µA/cm² under draws of noise against where the total current is that, and the mean by tangents."""
    made = table(one.sweeps(count), noise=one.noise, seed=11)
    examined = examine_lsv([made], {"area": Quantity(1, "cm^2"), "criterion": Quantity(10, "uA/cm^2")})
    frame = examined.frames["onsets"].filter((pl.col("Criterion / uA") - 1e6 * CRITERION).abs() < 1e-6)
    place = "Potential / V"
    values, errors = (frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in (place, _u(place)))
    tangents = examined.frames["tangents"][place].drop_nulls().to_numpy()
    tangent = float(np.mean(tangents)) if tangents.size else float("nan")
    return Covered.of(values, errors, one.truth), tangent


def onsets(count: int = 60) -> Part:
    """Find onsets of exponential currents, in closed form."""
    cases = {
        "no noise": Stability(),
        "noise 0.1 µA": Stability(noise=1e-7),
        "noise 1 µA": Stability(noise=1e-6),
        "noise 3 µA": Stability(noise=3e-6),
        "noise 20 µA": Stability(noise=2e-5),
        "noise 1 µA, a record each 5 mV": Stability(noise=1e-6, step=5e-3),
        "noise 1 µA, 2 µA capacitive": Stability(noise=1e-6, capacitive=2e-6),
        "noise 1 µA, 8 µA capacitive": Stability(noise=1e-6, capacitive=8e-6),
        "noise 0.1 µA, 1 kΩ": Stability(noise=1e-7, resistance=1e3),
        "noise 0.1 µA, 10 kΩ": Stability(noise=1e-7, resistance=1e4),
        "noise 0.1 µA, sweep to 4.9 V": Stability(noise=1e-7, end=4.9),
        "noise 0.1 µA, sweep to 5.2 V": Stability(noise=1e-7, end=5.2),
    }
    rows, biases, missed = [], [], []
    for name, one in cases.items():
        found, tangent = onset_covered(one, count)
        apart = one.truth - ONSET
        rows.append(
            [name, f"{1e3 * apart:+.0f}",
             f"{1e3 * found.bias:+.2f}" if found.count else "refused", f"{found.share:.0%}" if found.count else "",
             f"{found.count} of {count}", f"{tangent:.3f}" if np.isfinite(tangent) else "none"]
        )  # fmt: skip
        if not found.count:
            continue
        bias = 1e3 * abs(found.bias)
        # A background of most of the criterion is no case for one.
        if one.capacitive < CRITERION / 2:
            biases.append(bias)
        elif bias > MILLIVOLT:
            compared = Comparison(name, "mean error of the onset", "closed form", found.count, bias, MILLIVOLT, "mV")
            missed.append(
                (compared, "the current before the rise is so near the criterion that noise decides where it passes")
            )
        if found.share < COVERAGE:
            compared = Comparison(name, "onset: intervals without it", "closed form", found.count, 1 - found.share,
                                  1 - COVERAGE, "")  # fmt: skip
            missed.append((compared, "the first crossing is the one that noise brings forward or the smoothing moves"))
    listing = Listing(
        "Onsets",
        f"Exponential oxidation, 120 mV a decade, that reaches 10 µA/cm² at {ONSET:g} V, 1 cm², swept from 3 to 4.6 V unless said; "
        f"{count} draws of noise. By how many mV the total current passes 10 µA away from where the reaction itself does, in closed "
        "form; the mean error of the onset against the total's, in mV; how many 95 % intervals hold it; how many onsets were given; "
        "and the mean onset by tangents in V.",
        ["sweep", "total from reaction", "error", "held", "given", "by tangents"], rows,
    )  # fmt: skip
    return Part([Comparison("onsets", "mean error, background below half the criterion", "closed form", len(biases), max(biases), MILLIVOLT, "mV")],
                [listing], missed=missed)  # fmt: skip


# --- The virtual cell ------------------------------------------------------------------------------------------------


def virtual() -> Part:
    """Sweep virtual cells, whose particles and potentials are none of the analysis'."""
    from byssus.simulate.model import Kind, Model
    from byssus.validation.simulation import paper_cell, published_cathode

    rows: list[list[str]] = []
    missed = []

    def take(name: str, law: Mapping[str, float | str | None], truth: float) -> None:
        off = given_off(law, truth)
        if off is not None and off > GOOD:
            compared = Comparison(name, "D given as one, relative", "D as given", 1, off, GOOD, "")
            missed.append(
                (compared, "the potential is no Nernst's law: its slope, not the body's, sets how sharp the peak is")
            )

    cases: list[tuple[Kind, float, float, float, float]] = [
        *(("SPM", diffusion, radius, 0.1, 2e-4)
          for radius in (15e-9, 150e-9, 1.5e-6) for diffusion in (1e-18, 1e-17, 1e-16, 1e-15)),
        ("SPM", 1e-17, 150e-9, 0.01, 2e-4), ("SPM", 1e-17, 150e-9, 10.0, 2e-4), ("SPM", 1e-17, 150e-9, 0.1, 1e-2),
        ("SPM", 1e-17, 1.5e-6, 10.0, 2e-4), ("DFN", 1e-17, 150e-9, 0.1, 2e-4), ("DFN", 1e-17, 1.5e-6, 10.0, 2e-4),
    ]  # fmt: skip
    for kind, diffusion, radius, exchange, contact in cases:
        cell = paper_cell(
            diffusion_coefficient=Quantity(diffusion, "m^2/s"), radius=Quantity(radius, "m"),
            exchange_current_density=Quantity(exchange, "A/m^2"), contact_resistance=Quantity(contact, "ohm*m^2"),
        )  # fmt: skip
        numbers = cell.electrode.inputs
        density = numbers["density"].value
        one = Couple(
            rate=RATES[0], diffusion=diffusion, length=radius, shape="sphere",
            area=3 * cell.active_mass / density / radius,
            concentration=numbers["capacity"].value * density / FARADAY,
        )  # fmt: skip
        law = _swept_cell(Model(cell, kind), 0.005, 1.2, one)
        take(f"silicon, {kind}, D {1e4 * diffusion:.0e} cm²/s, {1e9 * radius:g} nm", law, diffusion)
        rows.append(
            [f"silicon, {kind}", f"{1e4 * diffusion:.0e}", f"{1e9 * radius:g}", f"{exchange:g}", f"{1e4 * contact:g}",
             f"{one.depth / radius:.2g}", in_words(law, diffusion)]
        )  # fmt: skip
    for diffusion in (1e-17, 1e-16, 1e-15, 1e-14):
        cathode = published_cathode("Xu2019", diffusion)
        one = Couple(
            rate=RATES[0], diffusion=diffusion, length=cathode.radius, shape="sphere", area=cathode.area,
            concentration=cathode.concentration,
        )  # fmt: skip
        law = _swept_cell(Model(cathode.cell, "SPM", written=cathode.written), 3.5, 4.25, one)
        take(f"Xu2019, D {1e4 * diffusion:.0e} cm²/s", law, diffusion)
        rows.append(
            ["Xu2019, SPM", f"{1e4 * diffusion:.0e}", f"{1e9 * cathode.radius:g}", "of the set", "0",
             f"{one.depth / radius:.2g}", in_words(law, diffusion)]
        )  # fmt: skip
    listing = Listing(
        "Virtual cells",
        "The paper's silicon half cell with hysteresis, SEI, oxide and carbon, and the layered oxide of PyBaMM's set Xu2019, at "
        "0.1 to 2 mV/s: D in cm²/s, radius in nm, exchange current density in A/m² and contact resistance in Ω cm² as given; the "
        "depth at 0.1 mV/s over the radius; D found over D given from the first peak of oxidation, with the particles' surface and "
        "the lithium that a full particle holds. In brackets: the analysis calls it apparent, and gives no D; with the b-value.",
        ["cell", "D", "radius", "i0", "contact", "depth over radius", "D found over given"], rows,
    )  # fmt: skip
    return Part([], [listing], missed=missed)


def _swept_cell(model: Model, low: float, high: float, one: Couple) -> dict[str, float | str | None]:
    """Sweep a virtual cell at all rates, one after the other, after a slow cycle; return the law of oxidation."""
    from byssus.simulate.model import Setting

    state = model.start()
    begun = float(model.step(state, 1e-3, Setting(current=0.0), 1e-3).columns["Voltage / V"][-1])
    place, sweeps = begun, []
    for at, (rate, target) in enumerate((rate, end) for rate in (RATES[0], *RATES) for end in (low, high)):
        if abs(target - place) < 1e-3:
            continue
        seconds = abs(target - place) / rate
        passed = model.step(
            state, seconds, Setting(voltage=place, rate=rate * float(np.sign(target - place))), 1e-3 / rate
        )
        state, place = passed.state, target
        if at > 1:
            sweeps.append((rate, passed.columns["Voltage / V"], passed.columns["Current / A"]))
    return found_of(examine_cv([table(sweeps)], known_of(one)))


# --- The page --------------------------------------------------------------------------------------------------------


def compare(_folder: Path) -> Page:
    """Hold the analysis of voltammograms against couples, mixtures, onsets and cells whose truth is set."""
    made = [part() for part in (solver, chart, bodies, intervals, laws, shares, onsets, virtual)]
    listing = Listing(
        "What does not hold",
        f"Targets that are missed, with the reason; they are not among the comparisons below. Targets: D given as one within "
        f"{GOOD:.0%}, {COVERAGE:.0%} of 95 % intervals hold the truth, capacitive shares within {SHARE:g} %, onsets within "
        f"{MILLIVOLT:g} mV.",
        ["what", "quantity", "truth", "values", "found", "target", "why"],
        [
            [each.subject, each.quantity, each.truth, str(each.count), f"{each.difference:.2g} {each.unit}".strip(),
             f"{each.allowed:.2g} {each.unit}".strip(), why]
            for part in made for each, why in part.missed
        ],
    )  # fmt: skip
    return Page(
        title="Voltammetry",
        introduction=_INTRODUCTION,
        listings=[*(each for part in made for each in part.listings), listing],
        comparisons=[each for part in made for each in part.comparisons],
    )


_INTRODUCTION: Final = (
    "The analysis of voltammograms against what was set: an independent solver (`byssus.validation.sweep_truths`, "
    "itself held against printed numbers below), closed formulas, and virtual cells. **Potentials and currents of "
    "peaks** may be used: their means are right to about half a millivolt and a per cent on a level ground. Their "
    "intervals are less so: with a record each 5 mV that of the potential is too short, that of a current is too "
    "long, and the current of a peak that stands on another's tail is off by more than its interval. **b-values** may"
    " be used as what they are, slopes: kinetics, resistance and potentials that are no Nernst's law change them as "
    "much as diffusion does, so that 0.5 proves no diffusion. **Diffusion coefficients** by Randles and Ševčík may be"
    " used where a reversible peak of Nernst's shape stands alone, the depth of diffusion is at most a tenth of the "
    "radius, and the ohmic drop is some 5 mV at most; there they are within 5 %, and their standard errors, which "
    "know of the scatter alone, are too small. Elsewhere they are called apparent, and are mostly too low, by a "
    "factor of up to 1e6. **In no virtual battery electrode** did the formula find D: silicon's and a layered oxide's"
    " potentials are no Nernst's law, and not even endless particles give it. **Capacitive shares** may be used of "
    "mixtures of a capacitor or a surface with an endless body, up to ohmic drops of some 10 mV; a body that is thin "
    "enough fills like a capacitor and is called 100 % capacitive, which no voltammogram can tell. **Onsets at a "
    "criterion** may be used where noise is a tenth of the criterion and the background well below it; they are of "
    "what total current passes, capacitor and resistance included. **Onsets by tangents** follow where the sweep "
    "ends, and are no property of an electrolyte."
)
