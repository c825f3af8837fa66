"""Conductivity over temperature: Arrhenius' law, that of Vogel, Fulcher and Tammann, and which of them the data ask for.

Both are fitted to ln σ, with `physics.conduction`'s equations; the scatter of the points sets the errors.  A third
description, two Arrhenius lines that meet, stands for a film that melts within the range, as PEO does near 60 °C: then
neither law holds for all of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from byssus.errors import FitError
from byssus.fitting import Data, Fit, Parameter, fit
from byssus.physics.constants import GAS_CONSTANT

Array = NDArray[np.float64]
Law = Literal["Arrhenius", "VFT", "two lines"]

#: VFT is chosen only if its AICc is lower by more than this: within 2, the simpler law has substantial support
#: (Burnham and Anderson, Model Selection and Multimodel Inference, 2nd ed., Springer 2002, 2.6).
SUBSTANTIAL = 2.0
#: Points that lie on Arrhenius' line as closely as this, in ln σ, need no other law: no instrument measures better.
EXACT = 1e-6
#: Fewest temperatures for Arrhenius' line, and from which AICc of VFT exists (three parameters and their scatter).
FEWEST, FEWEST_VFT = 3, 6
#: Fewest temperatures on either side of a knee.
FEWEST_SIDE = 3
#: T₀ is sought from here to so many kelvin below the lowest temperature.
_COLDEST, _BELOW = 1.0, 1.0


@dataclass(frozen=True)
class Laws:
    """The laws fitted to one set of points.

    Parameters
    ----------
    arrhenius
        With ``energy``, E_a in J/mol, and ``logarithm``, ln σ at `middle`; None if not fitted.
    vft
        With ``logarithm``, ln A for A in S/m, ``energy``, B in J/mol, and ``vanishing``, T₀ in K; None if not fitted.
    broken
        Two lines, with ``cold`` and ``warm`` in J/mol, the activation energies below and above ``knee`` in K; None
        where there are too few temperatures for it, or where all points lie on one line.
    chosen
        The simplest law that suffices.
    why
        The reason in words.
    middle
        Temperature in K at which the logarithm of Arrhenius' law is.
    """

    arrhenius: Fit | None
    vft: Fit | None
    broken: Fit | None
    chosen: Law | None
    why: str
    middle: float


def arrhenius_logarithm(temperature: Array, logarithm: float, energy: float, middle: float) -> Array:
    """Return ln σ after Arrhenius, from its value at a middle temperature."""
    return np.asarray(logarithm - energy / GAS_CONSTANT * (1 / temperature - 1 / middle))


def vft_logarithm(temperature: Array, logarithm: float, energy: float, vanishing: float) -> Array:
    """Return ln σ after Vogel, Fulcher and Tammann."""
    return np.asarray(logarithm - energy / (GAS_CONSTANT * (temperature - vanishing)))


def broken_logarithm(temperature: Array, logarithm: float, cold: float, warm: float, knee: float) -> Array:
    """Return ln σ of two Arrhenius lines that meet at a knee, from its value there."""
    energy = np.where(temperature < knee, cold, warm)
    return np.asarray(logarithm - energy / GAS_CONSTANT * (1 / temperature - 1 / knee))


def fit_laws(temperature: Array, conductivity: Array, relative_error: Array | None = None) -> Laws:
    """Fit the laws and choose the simplest that suffices.

    Parameters
    ----------
    temperature, conductivity
        In K and S/m; a temperature may come several times.
    relative_error
        Of each conductivity, as weights: what is common to all temperatures (thickness, area) does not belong here.

    Examples
    --------
    >>> kelvin = np.array([298.15, 308.15, 318.15, 328.15, 338.15])
    >>> laws = fit_laws(kelvin, 0.1 * np.exp(-33e3 / 8.314462618 * (1 / kelvin - 1 / 298.15)))
    >>> laws.chosen, round(laws.arrhenius["energy"].value)
    ('Arrhenius', 33000)
    """
    count = len(np.unique(temperature))
    middle = float(1 / np.mean(1 / temperature)) if len(temperature) else math.nan
    if count < FEWEST:
        return Laws(
            None, None, None, None, f"{count} temperature{'' if count == 1 else 's'}: a law needs {FEWEST}", middle
        )
    logarithm = np.log(conductivity)

    def line(x: Array, logarithm: float, energy: float) -> Array:
        return arrhenius_logarithm(x, logarithm, energy, middle)

    arrhenius = fit(
        Data(line, temperature, logarithm, relative_error),
        [Parameter("logarithm", float(logarithm.mean()), scale=1.0), Parameter("energy", 3e4, unit="J/mol")],
    )
    spread = float(np.std(logarithm - arrhenius.predict(temperature)))
    if spread < EXACT:
        return Laws(
            arrhenius, None, None, "Arrhenius", "all points lie on the line, so a second law adds nothing", middle
        )
    if count < FEWEST_VFT:
        why = f"{count} temperatures cannot tell VFT from Arrhenius; {FEWEST_VFT} or more could"
        return Laws(arrhenius, None, None, "Arrhenius", why, middle)
    vft = _vft(temperature, logarithm, relative_error)
    broken = _broken(temperature, logarithm, relative_error)
    # Simplest first: a law of more parameters must be better by more than what leaves the simpler one support.
    bends = vft is not None and vft["vanishing"].state == "fitted"
    others: list[tuple[Law, Fit | None]] = [("VFT", vft if bends else None), ("two lines", broken)]
    chosen: Law = "Arrhenius"
    best = arrhenius.information["AICc"]
    why = "the plot does not bend towards a T₀ above 0 K"
    for name, other in others:
        if other is None:
            continue
        gain = best - other.information["AICc"]
        if gain > SUBSTANTIAL:
            chosen, best, why = name, other.information["AICc"], f"AICc lower by {gain:.1f} than that of {chosen}"
        elif chosen == "Arrhenius":
            why = f"AICc of {name} is {'lower by only' if gain > 0 else 'higher by'} {abs(gain):.1f}"
    return Laws(arrhenius, vft, broken, chosen, why, middle)


def _broken(temperature: Array, logarithm: Array, error: Array | None) -> Fit | None:
    """Fit two lines that meet, from the best of many knees, for each of which they are a linear problem."""
    distinct = np.unique(temperature)
    if len(distinct) < 2 * FEWEST_SIDE:
        return None
    low, high = float(distinct[FEWEST_SIDE - 1]), float(distinct[-FEWEST_SIDE])

    def misfit(knee: float) -> tuple[float, Array]:
        inverse = -(1 / temperature - 1 / knee) / GAS_CONSTANT
        cold = temperature < knee
        design = np.column_stack([np.ones_like(inverse), inverse * cold, inverse * ~cold])
        solved, *_ = np.linalg.lstsq(design, logarithm, rcond=None)
        return float(np.sum((design @ solved - logarithm) ** 2)), np.asarray(solved, dtype=float)

    knee = float(min(np.linspace(low, high, 100), key=lambda knee: misfit(knee)[0]))
    constant, cold, warm = misfit(knee)[1]
    try:
        return fit(
            Data(broken_logarithm, temperature, logarithm, error),
            [
                Parameter("logarithm", float(constant), scale=1.0),
                Parameter("cold", float(cold), unit="J/mol"),
                Parameter("warm", float(warm), unit="J/mol"),
                Parameter("knee", knee, lower=low, upper=high, unit="K"),
            ],
        )
    except FitError:
        return None


def _vft(temperature: Array, logarithm: Array, error: Array | None) -> Fit | None:
    """Fit VFT from the best of many T₀, for each of which the law is a line."""
    coldest = float(temperature.min()) - _BELOW

    def misfit(vanishing: float) -> tuple[float, float, float]:
        design = np.column_stack([np.ones_like(temperature), -1 / (GAS_CONSTANT * (temperature - vanishing))])
        (constant, energy), *_ = np.linalg.lstsq(design, logarithm, rcond=None)
        return float(np.sum((design @ [constant, energy] - logarithm) ** 2)), float(constant), float(energy)

    tried = np.linspace(_COLDEST, coldest, 400)[1:-1]
    start = float(min(tried, key=lambda vanishing: misfit(vanishing)[0]))
    _, constant, energy = misfit(start)
    try:
        return fit(
            Data(vft_logarithm, temperature, logarithm, error),
            [
                Parameter("logarithm", constant, scale=1.0),
                Parameter("energy", energy, unit="J/mol"),
                Parameter("vanishing", start, lower=_COLDEST, upper=coldest, unit="K"),
            ],
        )
    except FitError:
        # Without an answer that the data support there is no second law to choose.
        return None


def vanishing_open(vft: Fit, coldest: float) -> str | None:
    """Return why T₀ is not identifiable: its 95 % profile interval reaches where it was sought from or to; else None."""
    estimate = vft["vanishing"]
    if estimate.state != "fitted" or estimate.value is None:
        return f"T₀ is not identifiable: {estimate.reason}"
    try:
        low, high = vft.interval("vanishing")
    except FitError as error:
        return f"T₀ is not identifiable: {error}"
    if low <= _COLDEST * (1 + 1e-6) or high >= coldest - _BELOW * (1 + 1e-6):
        return f"T₀ is not identifiable: its 95 % interval is {low:.0f} to {high:.0f} K, as wide as it was sought"
    return None
