"""Cyclic voltammetry: from tables to peaks, their laws over the scan rate, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.columns import CYCLE, EFFICIENCY
from byssus.analysis.cycling.doubts import BEYOND_PER_CENT
from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.voltammetry.following import (
    Pair,
    Settled,
    counting,
    followed,
    lost_peaks,
    new_peaks,
    on_one_baseline,
    pairs_of,
    settled,
)
from byssus.analysis.voltammetry.frames import MAH, RATE, WAYS, WHOLE, Voltammogram, frames_of, mass_of, no_order
from byssus.analysis.voltammetry.laws import Known, Law, diffusion_of, law_of
from byssus.analysis.voltammetry.peaks import Baseline, jumps, largest_at_end, peaks_of
from byssus.analysis.voltammetry.scans import Scan, Way, rate_levels, scans_of
from byssus.analysis.voltammetry.share import capacitive_share
from byssus.errors import AnalysisError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.study.techniques import Told, said

Array = NDArray[np.float64]

#: A peak that moves by more than this share of its width between scan rates is said to.
_MOVES: Final = 0.25

METHODS: Final = (
    ("Peak", "A highest place of the current in the direction of the sweep that stands out by 2 % of the sweep's largest "
     "current and by 8 standard deviations of its noise, is 5 mV wide, and where the current flows in that direction. The current at "
     "which a sweep turns is no peak. Where over ten places stand out the current jumps, and none is called a peak."),
    ("Noise and smoothing", "The noise is the scatter about parabolas through neighbouring records. Where it exceeds 0.2 % of "
     "the largest current, a Savitzky-Golay filter of third order brings it there, over 25 mV at most."),
    ("Top", "Potential and current of a peak are those of a polynomial of third order through the records around its top "
     "(within ten times the noise, but 3 to 15 % of the height); the current counts from the baseline at that potential."),
    ("Mean at a scan rate", "Over the cycles at that rate, without the first cycle of a file where others follow; the uncertainty is "
     "the standard error of the mean, or that of the noise where it is larger."),
    ("b-value", "Slope of log |peak current| over log scan rate, by least squares, from three scan rates on; 0.5 is diffusion into an "
     "endless body, 1 a capacitor's or a thin body's."),
    ("Capacitive share", "i = k1 v + k2 √v at each potential; the share is that of k1 v in the charge. It asks for potentials "
     "that are in one state at all rates: an ohmic drop or a peak that moves makes it meaningless, and a thin body that fills "
     "evenly counts as a capacitor. Where k1 and k2 have opposite signs for over 10 % of the charge it is refused."),
    ("Diffusion coefficient", "From the slope of peak current over √v (Randles-Ševčík), where the b-value is 0.5 ± 0.05 and its "
     "interval leaves out 1, the line goes through zero, the peak rises over 2.20 RT/(nF) ± 15 % from half its height as by Nernst's law, the peak moves by 20 mV at most (D is then up to 14 % too low for it), and the depth of diffusion is at most a tenth of the length; otherwise "
     "the value is called apparent. At 25 °C where no temperature is known. Concentrations are amounts in a volume (mol/cm³); "
     "He et al. 2026 print C/mol. A peak on the way back stands on the tail of the one before, which a straight line follows "
     "roughly: of an ideal couple its D is 8 % too low."),
    ("Charge of a half", "∫I dt of a sweep between its turning points, of all current, whatever its sign, as a magnitude in the sweep's own "
     "direction. Charges, capacities and the coulombic efficiency are of the last whole cycle at the slowest scan rate, where the "
     "peaks are of too. A peak's charge counts from its baseline, and may exceed that of its sweep, which begins with current the other way."),
    ("Formal potential", "The middle between a peak of oxidation and the nearest peak of reduction below it, at the slowest rate."),
)  # fmt: skip
_BASELINE: Final = {
    "tangent": ("Baseline", "The straight line through the flattest stretch before a peak, a fifth of what was swept before its rise; "
                "a peak that overlaps the one before shares its line. Where nothing is half as flat as the rise, currents count from "
                "zero. A peak that does so in one sweep does so in all."),
    "none": ("Baseline", "None: peak currents count from zero."),
}  # fmt: skip


def examine_cv(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Analyse cyclic voltammograms of one cell: one file with one or several scan rates, or several files.

    Parameters
    ----------
    tables
        Tables of voltammetry.
    told
        ``scan rate``, ``baseline``, ``area``, ``concentration``, ``electrons``, ``diffusion length``, ``active mass``,
        ``temperature``, as `byssus.study.techniques` has them.

    Returns
    -------
    Examined
        With the frames ``peaks`` (a row a peak of a sweep), ``scan rates`` (a row a peak at a rate), ``pairs``,
        ``laws`` (a row a peak: b-value, line over √v, diffusion coefficient), ``capacitive share`` (a row a rate and
        direction), ``capacitive constants`` (a row a potential), ``cycles`` (charges and efficiency) and ``sweeps``.

    Raises
    ------
    AnalysisError
        If no sweep has enough records, or sweeps of several files have no scan rate.
    """
    scans, findings = scans_of(tables, told)
    levels = rate_levels(scans)
    if len(tables) > 1 and None in levels:
        raise AnalysisError("have no scan rate, so that the sweeps of several files cannot be told apart",
                            field="scan rate", fix="give one rate for all files, or one for each: scan rate=0.1 mV/s, 0.2 mV/s")  # fmt: skip
    baseline = cast(Baseline, told.get("baseline", "tangent"))
    peaks = [peaks_of(scan, baseline) for scan in scans]
    seen = followed(scans, levels, peaks)
    if baseline == "tangent":
        seen = on_one_baseline(seen)
    means = settled(seen, scans, levels)
    known = Known.of(
        _area(tables, told),
        said(tables[0], told, "concentration"),
        said(tables[0], told, "diffusion length"),
        said(tables[0], told, "electrons"),
        said(tables[0], told, "temperature"),
    )
    grouped: dict[tuple[Way, int], list[Settled]] = {}
    for one in means:
        grouped.setdefault((one.way, one.number), []).append(one)
    fitted = [law_of(points) for points in grouped.values()]
    found = Voltammogram(
        tables=tuple(tables),
        told=told,
        baseline=baseline,
        scans=scans,
        levels=levels,
        peaks=peaks,
        seen=seen,
        settled=means,
        pairs=pairs_of(means),
        laws=fitted,
        diffusion=[diffusion_of(law, known) for law in fitted],
        shares={way: capacitive_share(way, _mean_curves(scans, levels, way)) for way in WAYS},
    )
    frames = frames_of(found)
    return Examined(
        technique="cv",
        tables=tuple(tables),
        results=(
            *_of_peaks(found),
            *_of_pairs(found),
            *_of_laws(found),
            *_of_shares(found),
            *_of_cycles(found, frames["cycles"]),
        ),
        frames=frames,
        findings=(*findings, *_findings(found), *_impossible(frames["cycles"], tables[0].metadata.sample.name)),
        methods=(*METHODS[:2], _BASELINE[baseline], *METHODS[2:]),
    )


def _area(tables: Sequence[Table], told: Mapping[str, Told]) -> Quantity | None:
    given = said(tables[0], told, "area")
    return given if given is not None else tables[0].metadata.sample.electrode_area


def _mean_curves(scans: Sequence[Scan], levels: Sequence[float | None], way: Way) -> dict[float, tuple[Array, Array]]:
    """Return the mean current over rising voltage at each rate, of the whole sweeps that count."""
    curves: dict[float, tuple[Array, Array]] = {}
    counts = counting(scans, levels)
    for level in {level for level in levels if level is not None}:
        own = [
            scan
            for scan, at, count in zip(scans, levels, counts, strict=True)
            if at == level and count and scan.way == way
        ]
        widest = max((scan.span for scan in own), default=0.0)
        own = [scan for scan in own if scan.span >= WHOLE * widest]
        if not own:
            continue
        rising = [(scan.even, scan.smooth) if scan.sign > 0 else (scan.even[::-1], scan.smooth[::-1]) for scan in own]
        low, high = max(one[0][0] for one in rising), min(one[0][-1] for one in rising)
        voltage = np.linspace(low, high, min(len(one[0]) for one in rising))
        curves[level] = voltage, np.mean([np.interp(voltage, *one) for one in rising], axis=0)
    return curves


# Results


def _of_peaks(found: Voltammogram) -> Iterator[Result]:
    rates = sorted({level for level in found.levels if level is not None})
    if rates:
        which = "the only one" if len(rates) == 1 else f"the slowest of {len(rates)}"
        yield Result(
            "scan rate of peaks and charges",
            1e3 * rates[0],
            "mV/s",
            method=f"{which}; a peak that is seen at faster ones only says so",
        )
    for way in WAYS:
        if not any(one.way == way for one in found.settled):
            own = [scan for scan in found.scans if scan.way == way]
            why = "over half of the sweeps show none" if own else "no sweep in this direction"
            if own and all(largest_at_end(scan) for scan in own):
                why = "the current grows until the sweep turns, and that is no peak"
            yield Result(f"{way} peak potential", None, "V", reason=why)
    shown: set[tuple[Way, int]] = set()
    for one in found.settled:
        if (one.way, one.number) in shown:
            continue
        shown.add((one.way, one.number))
        name = found.name(one.way, one.number)
        at = "at an unknown scan rate" if one.level is None else f"at {_mvs(one.level)}"
        over = "from zero" if one.from_zero else "over the tangent before it"
        mean = f"mean of {one.sweeps} sweeps" if one.sweeps > 1 else "one sweep"
        yield Result(f"{name} potential", one.potential[0], "V", one.potential[1], method=f"{at}, {mean}")
        yield Result(
            f"{name} current", 1e3 * one.current[0], "mA", 1e3 * one.current[1], method=f"{over}, {at}, {mean}"
        )
        if one.width is None:
            yield Result(f"{name} half-width", None, "mV", reason="one of its flanks does not fall to half its height")
        else:
            yield Result(f"{name} half-width", 1e3 * one.width[0], "mV", 1e3 * one.width[1], method=f"{at}, {mean}")
        if one.charge is None:
            yield Result(f"{name} charge", None, "mAh", reason="no scan rate, and no times")
        else:
            yield Result(
                f"{name} charge", MAH * one.charge[0], "mAh", MAH * one.charge[1], method=f"{over}, {at}, {mean}"
            )


def _of_pairs(found: Voltammogram) -> Iterator[Result]:
    slowest: dict[tuple[int, int], Pair] = {}
    for pair in found.pairs:
        slowest.setdefault((pair.oxidation.number, pair.reduction.number), pair)
    if not slowest:
        reason = "no peak of reduction stands within 0.5 V below one of oxidation"
        yield Result("peak separation", None, "mV", reason=reason)
        yield Result("formal potential", None, "V", reason=reason)
    for (up, down), pair in slowest.items():
        names = f"{found.name('oxidation', up)}, {found.name('reduction', down)}"
        which = "" if len(slowest) == 1 else f" ({names})"
        level = pair.oxidation.level
        at = "at an unknown scan rate" if level is None else f"at {_mvs(level)}"
        method = f"{names}, {at}"
        yield Result(f"peak separation{which}", 1e3 * pair.separation[0], "mV", 1e3 * pair.separation[1], method=method)
        yield Result(f"anodic to cathodic peak current{which}", *_with_unit(pair.ratio, "1"), method=method)
        yield Result(f"formal potential{which}", *_with_unit(pair.formal, "V"), method=f"middle of {method}")


def _with_unit(value: tuple[float, float], unit: str) -> tuple[float, str, float]:
    return value[0], unit, value[1]


def _of_laws(found: Voltammogram) -> Iterator[Result]:
    for law, diffusion in zip(found.laws, found.diffusion, strict=True):
        name = found.name(law.way, law.number)
        if law.power is None:
            yield Result(f"{name} b-value", None, "1", reason=law.reason)
        else:
            low, high = law.power.slope_interval()
            yield Result(
                f"{name} b-value",
                law.power.slope,
                "1",
                law.power.slope_error,
                method=f"log current over log scan rate, {len(law.points)} rates; 95 % interval {low:.3f} to {high:.3f}",
            )
        to_cm2, error = 1e4, diffusion.error
        if diffusion.reason is None and diffusion.value is not None:
            yield Result(
                f"{name} diffusion coefficient",
                to_cm2 * diffusion.value,
                "cm^2/s",
                None if error is None else to_cm2 * error,
                method=f"Randles-Ševčík; {diffusion.depth}",
            )
            continue
        yield Result(f"{name} diffusion coefficient", None, "cm^2/s", reason=diffusion.reason)
        if diffusion.value is not None:
            yield Result(
                f"{name} apparent diffusion coefficient",
                to_cm2 * diffusion.value,
                "cm^2/s",
                None if error is None else to_cm2 * error,
                method=f"Randles-Ševčík, where it does not hold: {diffusion.reason}",
            )


def _of_shares(found: Voltammogram) -> Iterator[Result]:
    for way, share in found.shares.items():
        if isinstance(share, str):
            yield Result(f"capacitive share, {way}", None, "%", reason=share)
            continue
        if share.shares is None:
            yield Result(f"capacitive share, {way}", None, "%", reason=share.reason)
            continue
        for rate, (value, error) in share.shares.items():
            yield Result(
                f"capacitive share, {way}, at {_mvs(rate)}",
                100 * value,
                "%",
                100 * error,
                method="k1 v of k1 v + k2 √v; a thin body that fills evenly counts as a capacitor",
            )


def _of_cycles(found: Voltammogram, cycles: pl.DataFrame) -> Iterator[Result]:
    slowest = min((level for level in found.levels if level is not None), default=None)
    whole = cycles.drop_nulls(["Oxidation Charge / mAh", "Reduction Charge / mAh"])
    if slowest is not None:
        whole = whole.filter((pl.col(RATE) - 1e3 * slowest).abs() < 1e-6 * 1e3 * slowest)
    if whole.is_empty():
        reason = "no scan rate, and no times"
        if slowest is not None:
            reason = f"no cycle at {_mvs(slowest)}, the slowest scan rate, has two whole sweeps"
        yield Result("oxidation charge", None, "mAh", reason=reason)
        yield Result("reduction charge", None, "mAh", reason=reason)
        return
    last = whole.row(-1, named=True)
    mass = mass_of(found.tables, found.told)
    # Of several files the cycle alone does not say which it is.
    where = f"at {last[RATE]:.3g} mV/s, cycle {last[CYCLE]}" + f" of file {last['File / 1']}" * (len(found.tables) > 1)
    for way in WAYS:
        charge = last[f"{way.capitalize()} Charge / mAh"]
        if charge < 0:
            reason = f"in sum the current flows the other way in this sweep ({where}): {-charge:.3g} mAh"
            yield Result(f"{way} charge", None, "mAh", reason=reason, cycle=last[CYCLE])
            continue
        method = f"of all current of the whole sweep, whatever its sign, {where}"
        yield Result(f"{way} charge", charge, "mAh", method=method, cycle=last[CYCLE])
        if mass is not None:
            grams = mass.to("g")
            value = charge / grams.value
            error = None if grams.uncertainty is None else value * grams.uncertainty / grams.value
            yield Result(
                f"{way} capacity", value, "mAh/g", error, basis="active material", method=method, cycle=last[CYCLE]
            )
    efficiency = last[EFFICIENCY]
    if efficiency is None:
        yield Result(
            "coulombic efficiency", None, "%", reason=no_order(found.tables[0]) or "a charge has the wrong sign"
        )
    else:
        yield Result(
            "coulombic efficiency",
            efficiency,
            "%",
            method=f"second half over first half of the cycle, {where}",
            cycle=last[CYCLE],
        )


# Findings


def _findings(found: Voltammogram) -> Iterator[Finding]:
    ends = [scan.way for scan in found.scans if largest_at_end(scan)]
    jumping = [f"{scan.number} ({scan.way})" for scan in found.scans if jumps(scan)]
    if jumping:
        yield Finding(
            "noisy-current",
            f"in sweep{'s' * (len(jumping) > 1)} {', '.join(jumping)} the current jumps so often that no place is called a peak",
        )
    for way in WAYS:
        total = sum(scan.way == way for scan in found.scans)
        if count := ends.count(way):
            yield Finding(
                "vertex-current",
                f"in {count} of {total} sweeps of {way} the largest current flows where the sweep turns; it is no peak",
            )
    noisy = [scan for scan in found.scans if scan.rest > 0.02 * scan.largest]
    if noisy:
        share = max(scan.noise / scan.largest for scan in noisy if scan.largest > 0)
        yield Finding(
            "noisy-current",
            f"in {len(noisy)} of {len(found.scans)} sweeps the noise is up to {100 * share:.0f} % of the largest current",
        )
    yield from _merging(found)
    given = {way for way, share in found.shares.items() if not isinstance(share, str) and share.shares is not None}
    for law in found.laws:
        if law.way in given and (moved := _moved(law)) is not None:
            yield Finding("peaks-move", f"{found.name(law.way, law.number)} {moved}; {_CAVEAT}")
    for law, diffusion in zip(found.laws, found.diffusion, strict=True):
        if diffusion.value is not None and diffusion.reason is not None:
            yield Finding("apparent-diffusion", f"of {found.name(law.way, law.number)}: {diffusion.reason}")


def _impossible(cycles: pl.DataFrame, sample: str | None) -> Iterator[Finding]:
    """Tell of cycles that gave more than they had taken, as cycling tells of it."""
    beyond = cycles.filter(pl.col(EFFICIENCY) > 100 + BEYOND_PER_CENT)
    if beyond.height:
        worst = beyond.sort(EFFICIENCY, descending=True).row(0, named=True)
        rate = "" if worst[RATE] is None else f" at {worst[RATE]:.3g} mV/s"
        yield Finding(
            "efficiency-impossible",
            f"in {beyond.height} of {cycles[EFFICIENCY].drop_nulls().len()} cycles of the voltammogram the second half "
            f"gave more than the first had taken, most in cycle {worst[CYCLE]}{rate}: {worst[EFFICIENCY]:.4g} %",
            sample=sample,
            field=EFFICIENCY,
            value=worst[EFFICIENCY],
        )


def _merging(found: Voltammogram) -> Iterator[Finding]:
    """Say which peaks are lost and which are new from one scan rate to the next, a sentence a rate and direction."""
    for which, said_of in (
        (lost_peaks, "not seen apart at {there}, as at {here}"),
        (new_peaks, "seen at {here}, not at {there}"),
    ):
        groups: dict[tuple[Way, float, float], list[str]] = {}
        for one, level in which(found.settled):
            name = f"{found.name(one.way, one.number)} ({one.potential[0]:.3f} V)"
            groups.setdefault((one.way, one.level or 0.0, level or 0.0), []).append(name)
        for (_, here, there), names in groups.items():
            verb = "is" if len(names) == 1 else "are"
            words = said_of.format(here=_mvs(here), there=_mvs(there))
            yield Finding("peaks-merge", f"{' and '.join(names)} {verb} {words}")


_CAVEAT: Final = "the capacitive share compares what is not in the same state"


def _moved(law: Law) -> str | None:
    """Say how far a peak moves over its scan rates; None if that is little of its width."""
    places = [one.potential[0] for one in law.points]
    widths = [one.width[0] for one in law.points if one.width is not None]
    moved = float(np.ptp(places)) if places else 0.0
    if widths and moved > _MOVES * min(widths):
        return f"moves by {1e3 * moved:.0f} mV between the scan rates, of a width of {1e3 * min(widths):.0f} mV"
    if not widths and any(abs(after - before) > 0.02 for before, after in pairwise(places)):
        return f"moves by {1e3 * moved:.0f} mV between the scan rates"
    return None


def _mvs(level: float) -> str:
    return f"{1e3 * level:.3g} mV/s"
