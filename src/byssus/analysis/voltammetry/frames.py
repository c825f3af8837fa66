"""All that is found of the sweeps of a cyclic voltammogram, and its frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import CYCLE, EFFICIENCY, u
from byssus.analysis.voltammetry.following import Pair, Seen, Settled
from byssus.analysis.voltammetry.laws import Diffusion, Law
from byssus.analysis.voltammetry.peaks import Baseline, Peak, largest_at_end
from byssus.analysis.voltammetry.scans import Scan, Way
from byssus.analysis.voltammetry.share import Share
from byssus.conventions import CellDirection, Configuration, first_direction
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.study.techniques import Told, said

WAYS: Final[tuple[Way, ...]] = ("oxidation", "reduction")
DIRECTION, NUMBER, RATE = "Direction", "Peak / 1", "Scan Rate / mV/s"
POTENTIAL, CURRENT, WIDTH, CHARGE = "Potential / V", "Current / mA", "Half-Width / mV", "Charge / mAh"
REMARK = "Remark"
#: A sweep that covers less of the widest is not whole, and its charge is not compared.
WHOLE: Final = 0.95
#: From C to mAh.
MAH: Final = 1 / 3.6


@dataclass(frozen=True)
class Voltammogram:
    """All that is found of the sweeps before it becomes numbers and frames.

    Parameters
    ----------
    tables, told, baseline
        What was measured, what is told of it, and what peak currents count from.
    scans, levels, peaks
        The sweeps; of each the scan rate of its group in V/s, and the peaks on baselines of its own.
    seen, settled
        The peaks with their numbers, on one kind of baseline each, and their means at each scan rate.
    pairs, laws, diffusion, shares
        What follows: a law and its diffusion coefficient for each peak, a capacitive share for each direction.
    """

    tables: tuple[Table, ...]
    told: Mapping[str, Told]
    baseline: Baseline
    scans: list[Scan]
    levels: list[float | None]
    peaks: list[list[Peak]]
    seen: list[Seen]
    settled: list[Settled]
    pairs: list[Pair]
    laws: list[Law]
    diffusion: list[Diffusion]
    shares: dict[Way, Share | str]

    def name(self, way: Way, number: int) -> str:
        """Return what a peak is called: without a number where it is the only one of its direction."""
        several = len({one.number for one in self.settled if one.way == way}) > 1
        return f"{way} peak {number}" if several else f"{way} peak"


def mass_of(tables: Sequence[Table], told: Mapping[str, Told]) -> Quantity | None:
    """Return the mass of active material as it was told, or else the sample's."""
    given = said(tables[0], told, "active mass")
    return given if given is not None else tables[0].metadata.sample.active_mass


def no_order(table: Table) -> str | None:
    """Say why it is not known which half of a cycle comes first; None if it is."""
    sample = table.metadata.sample
    if sample.configuration is None:
        return "whether it is a half or a full cell is not known"
    if sample.configuration is Configuration.HALF and sample.made is None:
        return "how the electrode was made, empty or full, is not known"
    return None


def frames_of(found: Voltammogram) -> dict[str, pl.DataFrame]:
    """Return the frames, by name: what lies behind the results, a row a peak, a scan rate, a cycle."""
    return {
        "peaks": _peak_frame(found),
        "scan rates": _rate_frame(found),
        "pairs": _pair_frame(found),
        "laws": _law_frame(found),
        "capacitive share": _share_frame(found),
        "capacitive constants": _constant_frame(found),
        "cycles": cycles_of(found),
        "sweeps": _sweep_frame(found),
    }


def _of(value: tuple[float, float] | None, factor: float = 1.0) -> tuple[float | None, float | None]:
    return (None, None) if value is None else (factor * value[0], factor * value[1])


def _frame(
    rows: Sequence[Mapping[str, Any]], text: Sequence[str], whole: Sequence[str], names: Sequence[str]
) -> pl.DataFrame:
    kinds: dict[str, Any] = {
        name: pl.String if name in text else pl.Int64 if name in whole else pl.Float64 for name in names
    }
    return pl.DataFrame([{name: row[name] for name in names} for row in rows], schema=kinds, orient="row")


def _peak_frame(found: Voltammogram) -> pl.DataFrame:
    rows = []
    for one in sorted(found.seen, key=lambda one: (one.scan.table, one.scan.number, one.peak.potential)):
        peak, line = one.peak, one.peak.baseline
        rows.append({
            "File / 1": one.scan.table + 1, CYCLE: one.scan.cycle, "Sweep / 1": one.scan.number,
            DIRECTION: one.scan.way, NUMBER: one.number,
            RATE: None if one.level is None else 1e3 * one.level,
            POTENTIAL: peak.potential, u(POTENTIAL): peak.potential_error,
            CURRENT: 1e3 * peak.current, u(CURRENT): 1e3 * peak.current_error,
            "Current from Zero / mA": 1e3 * peak.total,
            "Half-Peak Potential / V": peak.half,
            WIDTH: None if peak.width is None else 1e3 * peak.width,
            u(WIDTH): None if peak.width_error is None else 1e3 * peak.width_error,
            CHARGE: None if peak.charge is None else MAH * peak.charge,
            u(CHARGE): None if peak.charge_error is None else MAH * peak.charge_error,
            "From / V": peak.low, "To / V": peak.high,
            "Baseline / mA": 1e3 * float(line(np.array(peak.potential))),
            "Baseline Slope / mA/V": 1e3 * line.slope,
            "Baseline From / V": None if line.through is None else line.through[0],
            "Baseline To / V": None if line.through is None else line.through[1],
            "Rests on": {"own": "its tangent", "shared": "the tangent of the one before", "zero": "zero"}[peak.rests],
            "Counts": "yes" if one.counts else "no: the first cycle",
            REMARK: peak.remark,
        })  # fmt: skip
    names = [
        "File / 1", CYCLE, "Sweep / 1", DIRECTION, NUMBER, RATE, POTENTIAL, u(POTENTIAL), CURRENT, u(CURRENT),
        "Current from Zero / mA", "Half-Peak Potential / V", WIDTH, u(WIDTH), CHARGE, u(CHARGE), "From / V", "To / V",
        "Baseline / mA", "Baseline Slope / mA/V", "Baseline From / V", "Baseline To / V", "Rests on", "Counts", REMARK,
    ]  # fmt: skip
    return _frame(rows, (DIRECTION, "Rests on", "Counts", REMARK), ("File / 1", CYCLE, "Sweep / 1", NUMBER), names)


def _rate_frame(found: Voltammogram) -> pl.DataFrame:
    rows = []
    for one in found.settled:
        values = {
            POTENTIAL: _of(one.potential), CURRENT: _of(one.current, 1e3), "Current from Zero / mA": _of(one.total, 1e3),
            WIDTH: _of(one.width, 1e3), CHARGE: _of(one.charge, MAH),
        }  # fmt: skip
        rows.append(
            {
                DIRECTION: one.way,
                NUMBER: one.number,
                RATE: None if one.level is None else 1e3 * one.level,
                "Sweeps / 1": one.sweeps,
                **{name: value for name, (value, _) in values.items()},
                **{u(name): error for name, (_, error) in values.items()},
                "Counts from": "zero" if one.from_zero else "tangent",
                REMARK: f"stands for peak {' and '.join(map(str, one.merged))} too" if one.merged else "",
            }
        )
    both = [name for one in (POTENTIAL, CURRENT, "Current from Zero / mA", WIDTH, CHARGE) for name in (one, u(one))]
    return _frame(
        rows,
        (DIRECTION, "Counts from", REMARK),
        (NUMBER, "Sweeps / 1"),
        [DIRECTION, NUMBER, RATE, "Sweeps / 1", *both, "Counts from", REMARK],
    )


_SEPARATION, _RATIO, _FORMAL = "Peak Separation / mV", "Anodic to Cathodic Current / 1", "Formal Potential / V"


def _pair_frame(found: Voltammogram) -> pl.DataFrame:
    rows = []
    for pair in found.pairs:
        level = pair.oxidation.level
        values = {_SEPARATION: _of(pair.separation, 1e3), _RATIO: _of(pair.ratio), _FORMAL: _of(pair.formal)}
        rows.append(
            {
                "Oxidation Peak / 1": pair.oxidation.number,
                "Reduction Peak / 1": pair.reduction.number,
                RATE: None if level is None else 1e3 * level,
                **{name: value for name, (value, _) in values.items()},
                **{u(name): error for name, (_, error) in values.items()},
            }
        )
    both = [name for one in (_SEPARATION, _RATIO, _FORMAL) for name in (one, u(one))]
    numbers = ["Oxidation Peak / 1", "Reduction Peak / 1"]
    return _frame(rows, (), numbers, [*numbers, RATE, *both])


def _law_frame(found: Voltammogram) -> pl.DataFrame:
    rows = []
    for law, diffusion in zip(found.laws, found.diffusion, strict=True):
        power, root = law.power, law.root
        row: dict[str, Any] = {
            DIRECTION: law.way, NUMBER: law.number, "Scan Rates / 1": len(law.points),
            "b-Value / 1": None, u("b-Value / 1"): None, "b-Value from / 1": None, "b-Value to / 1": None,
            "log10 Current at 1 V/s / A": None, "Slope over √v / mA/√(mV/s)": None, u("Slope over √v / mA/√(mV/s)"): None,
            "Intercept over √v / mA": None, u("Intercept over √v / mA"): None,
            "Diffusion Coefficient / cm^2/s": None if diffusion.value is None else 1e4 * diffusion.value,
            u("Diffusion Coefficient / cm^2/s"): None if diffusion.error is None else 1e4 * diffusion.error,
            "Apparent": "" if diffusion.value is None else "yes" if diffusion.reason else "no",
            "Depth": diffusion.depth, REMARK: law.reason or diffusion.reason or "",
        }  # fmt: skip
        if power is not None and root is not None:
            low, high = power.slope_interval()
            # A/(V/s)^½ to mA/√(mV/s).
            to = 1e3 / np.sqrt(1e3)
            row |= {
                "b-Value / 1": power.slope, u("b-Value / 1"): power.slope_error,
                "b-Value from / 1": low, "b-Value to / 1": high, "log10 Current at 1 V/s / A": power.intercept,
                "Slope over √v / mA/√(mV/s)": to * root.slope, u("Slope over √v / mA/√(mV/s)"): to * root.slope_error,
                "Intercept over √v / mA": 1e3 * root.intercept, u("Intercept over √v / mA"): 1e3 * root.intercept_error,
            }  # fmt: skip
        rows.append(row)
    names = [
        DIRECTION, NUMBER, "Scan Rates / 1", "b-Value / 1", u("b-Value / 1"), "b-Value from / 1", "b-Value to / 1",
        "log10 Current at 1 V/s / A", "Slope over √v / mA/√(mV/s)", u("Slope over √v / mA/√(mV/s)"),
        "Intercept over √v / mA", u("Intercept over √v / mA"), "Diffusion Coefficient / cm^2/s",
        u("Diffusion Coefficient / cm^2/s"), "Apparent", "Depth", REMARK,
    ]  # fmt: skip
    return _frame(rows, (DIRECTION, "Apparent", "Depth", REMARK), (NUMBER, "Scan Rates / 1"), names)


_SHARE: Final = "Capacitive Share / %"


def _share_frame(found: Voltammogram) -> pl.DataFrame:
    rows = []
    for way, share in found.shares.items():
        if isinstance(share, str):
            continue
        for level in sorted({level for level in found.levels if level is not None}):
            value = None if share.shares is None else share.shares.get(level)
            rows.append(
                {
                    DIRECTION: way,
                    RATE: 1e3 * level,
                    _SHARE: None if value is None else 100 * value[0],
                    u(_SHARE): None if value is None else 100 * value[1],
                    "Charge where k1 and k2 Are Opposed / %": 100 * share.opposed_charge,
                    "Misfit / %": 100 * share.misfit,
                    REMARK: share.reason or "",
                }
            )
    names = [DIRECTION, RATE, _SHARE, u(_SHARE), "Charge where k1 and k2 Are Opposed / %", "Misfit / %", REMARK]
    return _frame(rows, (DIRECTION, REMARK), (), names)


def _constant_frame(found: Voltammogram) -> pl.DataFrame:
    first, second = "k1 / mA/(mV/s)", "k2 / mA/√(mV/s)"
    parts = []
    for way, share in found.shares.items():
        if isinstance(share, str):
            continue
        sign, root = (1.0 if way == "oxidation" else -1.0), float(np.sqrt(1e3))
        parts.append(
            pl.DataFrame(
                {
                    DIRECTION: [way] * len(share.voltage),
                    "Voltage / V": share.voltage,
                    first: sign * share.first,
                    u(first): share.first_error,
                    second: sign * share.second * 1e3 / root,
                    u(second): share.second_error * 1e3 / root,
                    REMARK: np.where(share.opposed, "k1 and k2 have opposite signs", ""),
                }
            )
        )
    empty = _frame([], (DIRECTION, REMARK), (), [DIRECTION, "Voltage / V", first, u(first), second, u(second), REMARK])
    return pl.concat([empty, *parts])


def cycles_of(found: Voltammogram) -> pl.DataFrame:
    """Return the charges of each cycle's halves, and its efficiency where the order of the halves is known.

    A charge is positive where it flows in the sweep's own direction, as it should.
    """
    widest = max(scan.span for scan in found.scans)
    by_cycle: dict[tuple[int, int], dict[Way, tuple[Scan, float | None]]] = {}
    for scan, level in zip(found.scans, found.levels, strict=True):
        by_cycle.setdefault((scan.table, scan.cycle), {}).setdefault(scan.way, (scan, level))
    sample = found.tables[0].metadata.sample
    order = None
    if no_order(found.tables[0]) is None and sample.configuration is not None:
        first = first_direction(sample.configuration, sample.made)
        order = WAYS if first is CellDirection.CHARGE else WAYS[::-1]
    mass = mass_of(found.tables, found.told)
    rows = []
    for (table, cycle), halves in by_cycle.items():
        charges: dict[Way, float | None] = {
            way: MAH * scan.sign * scan.charge if scan.charge is not None and scan.span >= WHOLE * widest else None
            for way, (scan, _) in halves.items()
        }
        level = next(iter(halves.values()))[1]
        efficiency = None
        if order is not None:
            begun, ended = (charges.get(way) for way in order)
            if begun is not None and ended is not None and begun > 0 and ended > 0:
                efficiency = 100 * ended / begun
        grams = None if mass is None else mass.to("g").value
        rows.append(
            {
                "File / 1": table + 1,
                CYCLE: cycle,
                RATE: None if level is None else 1e3 * level,
                **{f"{way.capitalize()} Charge / mAh": charges.get(way) for way in WAYS},
                **{
                    f"{way.capitalize()} Capacity / mAh/g": None
                    if grams is None or charges.get(way) is None
                    else cast(float, charges[way]) / grams
                    for way in WAYS
                },
                EFFICIENCY: efficiency,
            }
        )
    names = [
        "File / 1", CYCLE, RATE, "Oxidation Charge / mAh", "Reduction Charge / mAh", "Oxidation Capacity / mAh/g",
        "Reduction Capacity / mAh/g", EFFICIENCY,
    ]  # fmt: skip
    return _frame(rows, (), ("File / 1", CYCLE), names)


def _sweep_frame(found: Voltammogram) -> pl.DataFrame:
    rows = [
        {
            "File / 1": scan.table + 1, CYCLE: scan.cycle, "Sweep / 1": scan.number, DIRECTION: scan.way,
            RATE: None if scan.rate is None else 1e3 * scan.rate, "From / V": float(scan.voltage[0]),
            "To / V": float(scan.voltage[-1]), "Noise / mA": 1e3 * scan.noise, "Smoothed over / mV": 1e3 * scan.window,
            "Current at the End / mA": 1e3 * float(scan.smooth[-1]), "Peaks / 1": len(peaks),
            "Largest at the End": "yes" if largest_at_end(scan) else "no",
        }
        for scan, peaks in zip(found.scans, found.peaks, strict=True)
    ]  # fmt: skip
    names = [
        "File / 1", CYCLE, "Sweep / 1", DIRECTION, RATE, "From / V", "To / V", "Noise / mA", "Smoothed over / mV",
        "Current at the End / mA", "Peaks / 1", "Largest at the End",
    ]  # fmt: skip
    return _frame(rows, (DIRECTION, "Largest at the End"), ("File / 1", CYCLE, "Sweep / 1", "Peaks / 1"), names)
