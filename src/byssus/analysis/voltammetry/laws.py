"""How the current of a peak grows with the scan rate, and what that tells of diffusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from byssus.analysis.voltammetry.following import Settled
from byssus.analysis.voltammetry.scans import Way
from byssus.fitting import LineFit, fit_line
from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from byssus.physics.diffusion import diffusion_randles_sevcik, scan_diffusion_length
from byssus.quantity import Quantity

#: Fewer scan rates leave a line without a check.
FEWEST_RATES: Final = 3
#: The slope of log i over log v that is diffusion's, ± this.
DIFFUSION, WITHIN = 0.5, 0.05
#: What the diffusion depth may be at the slowest rate, as a share of the length; a choice.  The peak of a plane body is
#: then right to 0.1 % (to 1 % up to 0.28), that of a sphere a sixth too low: by the same current at all rates, which the
#: line over √v takes for its intercept, so that D from its slope is right to 1 %.
SHALLOW: Final = 0.1
#: How far a peak may move over the scan rates, in V; a choice.  A reversible one does not; solved numerically, a series
#: resistance that moves it by 22 mV over a decade makes D 14 % too low, one that moves it by 40 mV 24 %, and an irreversible
#: transfer (59 mV) 39 %.
STILL: Final = 0.02
#: From half the height of a reversible peak to its top, in R T/(n F): Nicholson and Shain, Anal. Chem. 36 (1964) 706; and how
#: far a peak may be from it, a choice.  The peak current goes with the steepness of Nernst's law: an isotherm half as steep
#: halves D, and a layered oxide's made D 14 times too low with a slope of 0.5 and a depth of a thirtieth of the radius.
RISE, SHARP = 2.20, 0.15
#: An intercept of current over √v that is not zero by its interval and exceeds this share of the largest current; a choice.
_INTERCEPT: Final = 0.05


@dataclass(frozen=True)
class Law:
    """i_p = a v^b of one peak, and the line of i_p over √v; in A and V/s.

    Parameters
    ----------
    points
        The peak at the scan rates that are used, slowest first.
    power, root
        The line of log10 |i_p| over log10 v, and of |i_p| over √v; None with too few rates, `reason` says why.
    """

    way: Way
    number: int
    points: tuple[Settled, ...]
    power: LineFit | None
    root: LineFit | None
    reason: str | None


def law_of(points: Sequence[Settled]) -> Law:
    """Fit the law of one peak over its scan rates; those at which it stands for two are left out."""
    own = [one for one in points if one.level is not None and not one.merged]
    left = len({one.level for one in points if one.level is not None}) - len(own)
    first = points[0]
    if len(own) < FEWEST_RATES:
        merged = f" ({left} more with two peaks in one)" if left else ""
        known = f"{len(own) or 'none'} {'is' if len(own) == 1 else 'are'} known{merged}"
        return Law(first.way, first.number, tuple(own), None, None, f"it takes {FEWEST_RATES} scan rates, and {known}")
    rates = np.array([one.level for one in own], dtype=float)
    currents = np.array([abs(one.current[0]) for one in own])
    power = fit_line(np.log10(rates), np.log10(currents))
    # Errors in proportion to the currents, as the spread between rates is.
    root = fit_line(np.sqrt(rates), currents, y_error=currents)
    return Law(first.way, first.number, tuple(own), power, root, None)


@dataclass(frozen=True)
class Known:
    """What diffusion needs to be known: amounts in SI with their standard errors, or None."""

    area: tuple[float, float | None] | None
    concentration: tuple[float, float | None] | None
    length: float | None
    electrons: float
    temperature: tuple[float, float | None] | None

    @classmethod
    def of(
        cls,
        area: Quantity | None,
        concentration: Quantity | None,
        length: Quantity | None,
        electrons: Quantity | None,
        temperature: Quantity | None,
    ) -> Known:
        """Take quantities to SI."""
        return cls(
            _si(area, "m^2"),
            _si(concentration, "mol/m^3"),
            None if length is None else length.to("m").value,
            1.0 if electrons is None else electrons.value,
            _si(temperature, "K"),
        )


@dataclass(frozen=True)
class Diffusion:
    """A diffusion coefficient in m²/s, apparent or not, or why there is none.

    Parameters
    ----------
    value, error
        From the slope of i_p over √v; None where area or concentration is not known.
    reason
        Why it is none of diffusion's, or missing; None where the law holds.
    depth
        What was found of the depth that diffusion reaches, in words.
    """

    value: float | None
    error: float | None
    reason: str | None
    depth: str


def diffusion_of(law: Law, known: Known) -> Diffusion:
    """Take a diffusion coefficient from the peaks of several scan rates (Randles-Ševčík), and say whether it is one.

    It is one only where log i over log v has a slope of 0.5 ± 0.05 whose 95 % interval leaves out 1; where the line of
    i_p over √v goes through zero; where the peak does not move by over 20 mV; where it rises over 2.20 R T/(n F) ± 15 % from half its
    height, as Nernst's law has it; and where the depth √(D R T/(F v)) at the slowest rate is at most a tenth of the length
    that is known.  Otherwise the same arithmetic gives an apparent value.
    """
    if law.power is None or law.root is None:
        return Diffusion(None, None, law.reason, "")
    unmet = list(_unmet(law, known))
    if known.area is None or known.concentration is None:
        missing = [name for name, given in (("area", known.area), ("concentration", known.concentration)) if not given]
        reason = f"no {' and no '.join(missing)}"
        return Diffusion(None, None, "; ".join([*unmet, reason]), "")
    if law.root.slope <= 0:
        return Diffusion(None, None, "; ".join([*unmet, "the current does not grow with √v"]), "")
    temperature = known.temperature or (STANDARD_TEMPERATURE, None)
    value = float(
        diffusion_randles_sevcik(
            law.root.slope, known.area[0], known.concentration[0], 1.0, known.electrons, temperature[0]
        )
    )
    relative = [
        2 * law.root.slope_error / law.root.slope,
        *(2 * (given[1] or 0.0) / given[0] for given in (known.area, known.concentration)),
        (temperature[1] or 0.0) / temperature[0],
    ]
    error = value * float(np.sqrt(np.sum(np.square(relative))))
    slowest = law.points[0].level or 0.0
    depth = float(scan_diffusion_length(value, slowest, known.electrons, temperature[0]))
    if known.length is None:
        said = f"the depth of diffusion, {1e9 * depth:.3g} nm at {1e3 * slowest:.3g} mV/s, is not tested: no diffusion length is told"
    else:
        said = f"diffusion reaches {1e9 * depth:.3g} nm at {1e3 * slowest:.3g} mV/s, of a length of {1e9 * known.length:.3g} nm"
        if depth > SHALLOW * known.length:
            unmet.append(f"{said}, which is over a tenth")
    return Diffusion(value, error, "; ".join(unmet) or None, said)


def _unmet(law: Law, known: Known) -> list[str]:
    if law.power is None or law.root is None:
        return []
    found = []
    if any(one.later for one in law.points):
        found.append(
            "the law is that of a first sweep from rest, and these are later ones, in which D comes out up to a third too low"
        )
    low, high = law.power.slope_interval()
    slope = law.power.slope
    interval = f"{slope:.2f} ({low:.2f} to {high:.2f})"
    if abs(slope - DIFFUSION) > WITHIN:
        like = ", near that of a body too thin for diffusion to matter, 1" if abs(slope - 1) <= 2 * WITHIN else ""
        found.append(f"the peak current goes with the power {interval} of the scan rate, not with 0.5 ± 0.05{like}")
    elif low <= 1 <= high:
        found.append(f"the power {interval} of the scan rate is not told from 1, that of a thin body")
    ends = law.root.intercept_interval()
    largest = max(abs(one.current[0]) for one in law.points)
    if ends[0] * ends[1] > 0 and abs(law.root.intercept) > _INTERCEPT * largest:
        found.append(
            f"the line of the peak current over √v does not go through zero, but {1e3 * law.root.intercept:.3g} mA"
        )
    moved = float(np.ptp([one.potential[0] for one in law.points]))
    if moved > STILL:
        found.append(
            f"the peak moves by {1e3 * moved:.0f} mV between the scan rates, as by a resistance or slow transfer"
        )
    temperature = (known.temperature or (STANDARD_TEMPERATURE, None))[0]
    expected = RISE * GAS_CONSTANT * temperature / (known.electrons * FARADAY)
    rises = [one.rise for one in law.points if one.rise is not None]
    if rises and max(abs(rise / expected - 1) for rise in rises) > SHARP:
        worst = max(rises, key=lambda rise: abs(rise / expected - 1))
        found.append(
            f"the peak rises over {1e3 * worst:.0f} mV from half its height, and not over {1e3 * expected:.0f} mV as by "
            "Nernst's law without interaction"
        )
    return found


def _si(given: Quantity | None, unit: str) -> tuple[float, float | None] | None:
    if given is None:
        return None
    taken = given.to(unit)
    return taken.value, taken.uncertainty
