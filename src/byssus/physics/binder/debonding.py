"""Binder that lets go: the energy that drives it, its fatigue, the material that loses contact, and healing.

Closures (`byssus.physics.binder`).  Material that has lost contact is dormant: it keeps the lithium that it had, and
gives it back if contact returns.  The two kinds exchange volume and lithium, and the sum of neither changes.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


# --- Driving force and fatigue ----------------------------------------------------------------------------------------


@equation(
    ("J/m^2", "J/m^2"),
    valid={"poisson_ratio": (0.0, 0.5)},
    stress=("Pa", "MPa"),
    modulus=("Pa", "GPa"),
    poisson_ratio="1",
    thickness=("m", "nm"),
)
def film_energy_release(
    stress: Number, modulus: Number | float, poisson_ratio: Number | float, thickness: Number | float
) -> Number:
    """Elastic energy per area of a stressed film, which its debonding sets free.

    Equation
        G = (1 − ν) σ² t / E = E ε² t / (1 − ν)
    Symbols
        σ stress in the plane, alike in both directions [Pa], E Young's modulus [Pa], ν Poisson's ratio [1], t thickness
        [m], ε elastic strain, (1 − ν) σ / E [1], G energy per area [J/m²]
    Validity
        E > 0.  An elastic strain of some per cent; what has flowed is not stored.  A straight front sets free (1 + ν)/2
        of it.  From the strain, with checks: `byssus.physics.mechanics.elastic_energy_release_rate`.
    Source
        J. W. Hutchinson, Z. Suo, Adv. Appl. Mech. 29 (1991) 63.

    Examples
    --------
    24 nm at 246 MPa and 1 GPa:

    >>> round(film_energy_release(246e6, 1e9, 0.3, 24e-9), 2)
    1.02
    """
    value: Number = (1 - poisson_ratio) * stress**2 * thickness / modulus
    return value


@equation(
    ("1/s", "1/h"),
    valid={"exponent": (1.0, 10.0)},
    lithiation_rate=("1/s", "1/h"),
    energy_release="J/m^2",
    adhesion="J/m^2",
    coefficient="1",
    exponent="1",
)
def debonding_frequency(
    lithiation_rate: Number,
    energy_release: Number | float,
    adhesion: Number | float,
    coefficient: Number | float,
    exponent: Number | float = 2.0,
) -> Number:
    """Share of the contact that debonds in a time, by fatigue.

    Equation
        r = k |x'| (G / Γ)^m
    Symbols
        x' rate of lithiation [1/s], G energy set free by area [J/m²], Γ adhesion of the binder to what it holds [J/m²],
        k share that debonds over one full lithiation at G = Γ [1], m exponent [1], r frequency [1/s]
    Validity
        Empirical.  G ≥ 0, Γ > 0; m = 2 is an estimate, from 1 to 10 by material.  Below G = Γ nothing would debond at once, but some does in each cycle.  k and Γ^m
        come together in every fade, so that data fix their ratio only.  A peel test of a coating on copper measures
        another Γ than that on silicon, with the plastic work of the whole coating in it.
    Source
        Form of Byssus, after Paris' law of fatigue; that binder and particles detach over cycles: S. Müller et al.,
        Nat. Commun. 9 (2018) 2340 (introduction opened; it gives no such rate).

    Examples
    --------
    A full lithiation in an hour at a tenth of the adhesion, of which k is 0.1, in share per hour:

    >>> round(3600 * debonding_frequency(1 / 3600, 0.1, 1.0, 0.1), 6)
    0.001
    """
    value: Number = coefficient * abs(lithiation_rate) * (energy_release / adhesion) ** exponent
    return value


@equation(
    ("1/s", "1/h"),
    valid={"debonded": (0.0, 1.0)},
    debonded=("1", "%"),
    debonding=("1/s", "1/h"),
    healing=("1/s", "1/h"),
)
def debonded_share_rate(debonded: Number, debonding: Number | float, healing: Number | float = 0.0) -> Number:
    """Rate of the share of contact that is lost.

    Equation
        d' = r (1 − d) − h d
    Symbols
        d share lost [1], r frequency of debonding, see `debonding_frequency` [1/s], h of healing, see
        `healing_frequency` [1/s], d' rate [1/s]
    Validity
        0 ≤ d ≤ 1, where it stays.  At constant frequencies d tends to r / (r + h).
    Source
        Balance of first order.

    Examples
    --------
    >>> debonded_share_rate(0.25, 3e-6, 9e-6)
    0.0
    """
    return debonding * (1 - debonded) - healing * debonded


# --- Healing ----------------------------------------------------------------------------------------------------------


@equation("1", relaxation_time=("s", "h"), cycle_time=("s", "h"))
def deborah_number(relaxation_time: Number, cycle_time: Number | float) -> Number:
    """Time that a binder needs to flow, over the time that a cycle gives it.

    Equation
        De = τ / t_c
    Symbols
        τ relaxation time [s], t_c time of a cycle [s], De Deborah number [1]
    Validity
        t_c > 0.  Much below 1 the binder flows like a liquid within the cycle, much above 1 it answers like a solid.  τ
        is that of the soaked binder at the cell's temperature.
    Source
        M. Reiner, Phys. Today 17 (1964) 62 (known; not opened).

    Examples
    --------
    >>> deborah_number(7200.0, 3600.0)
    2.0
    """
    return relaxation_time / cycle_time


@equation(
    ("1/s", "1/h"),
    valid={"healing_share": (0.0, 1.0)},
    relaxation_time=("s", "h"),
    cycle_time=("s", "h"),
    healing_share=("1", "%"),
)
def healing_frequency(
    relaxation_time: Number, cycle_time: Number | float, healing_share: Number | float = 1.0
) -> Number:
    """Share of lost contact that heals in a time.

    Equation
        h = s [1 − exp(−1 / De)] / t_c,   De = τ / t_c
    Symbols
        τ relaxation time [s], t_c time of a cycle [s], s share of what touches again that can bond, 0 for a binder that
        does not heal [1], h frequency [1/s]
    Validity
        τ, t_c > 0.  Surfaces that have parted touch again once a cycle, swollen, and bond as far as the binder can flow in
        that time: so at most once a cycle (h = s / t_c at De → 0), and s / τ for a slow binder.  The mean over a cycle;
        a cell model with its own time steps sees it spread evenly.
    Source
        Form of Byssus, an estimate: exponential approach to the bond over the time of a cycle.  The review names healing
        binders and no rates.

    Examples
    --------
    A binder that relaxes in a tenth of, in one and in ten cycles of 2 h: share healed a cycle

    >>> [round(7200 * float(healing_frequency(7200 * each, 7200.0)), 3) for each in (0.1, 1, 10)]
    [1.0, 0.632, 0.095]
    """
    value: Number = healing_share * (1 - np.exp(-cycle_time / relaxation_time)) / cycle_time
    return value


# --- The dormant population -------------------------------------------------------------------------------------------


@equation(
    ("1/s", "1/h"),
    valid={"active": (0.0, 1.0), "dormant": (0.0, 1.0)},
    active=("1", "%"),
    dormant=("1", "%"),
    debonding=("1/s", "1/h"),
    healing=("1/s", "1/h"),
)
def dormant_gain(active: Number, dormant: Number | float, debonding: Number | float, healing: Number | float) -> Number:
    """Rate at which material loses contact, less that which regains it.

    Equation
        φ_d' = r φ_a − h φ_d = −φ_a'
    Symbols
        φ_a, φ_d volume of active material with and without contact by volume of coating [1], r, h frequencies of
        debonding and healing [1/s], φ_d' rate of the dormant one [1/s]
    Validity
        φ_a, φ_d ≥ 0; volumes of the delithiated material.  Subtract it from the active one: the sum does not change.
    Source
        Balance of material.

    Examples
    --------
    >>> round(3600 * dormant_gain(0.24, 0.01, 1e-6, 0.0), 6)
    0.000864
    """
    return debonding * active - healing * dormant


@equation(
    ("1/s", "1/h"),
    valid={"active": (0.0, 1.0), "lithiation": (0.0, 1.0), "dormant_lithium": (0.0, 1.0)},
    active=("1", "%"),
    lithiation="1",
    dormant_lithium="1",
    debonding=("1/s", "1/h"),
    healing=("1/s", "1/h"),
)
def dormant_lithium_gain(
    active: Number,
    lithiation: Number | float,
    dormant_lithium: Number | float,
    debonding: Number | float,
    healing: Number | float,
) -> Number:
    """Rate of the lithium that material without contact holds.

    Equation
        n' = r φ_a x − h n
    Symbols
        φ_a, r, h as in `dormant_gain`, x mean lithiation of the material with contact [1], n lithium of the dormant one,
        φ_d times its mean lithiation [1], n' rate [1/s].  Times the concentration at full lithiation: mol/(m³ s)
    Validity
        As `dormant_gain`; what parts is an even sample of what was there, and what heals an even sample of the dormant.
    Source
        Balance of lithium.

    Examples
    --------
    >>> round(3600 * dormant_lithium_gain(0.24, 0.5, 0.0, 1e-6, 0.0), 6)
    0.000432
    """
    return debonding * active * lithiation - healing * dormant_lithium


@equation(
    ("1/s", "1/h"),
    valid={"active": (0.01, 1.0), "dormant": (0.0, 1.0), "lithiation": (0.0, 1.0), "dormant_lithium": (0.0, 1.0)},
    active=("1", "%"),
    dormant=("1", "%"),
    lithiation="1",
    dormant_lithium="1",
    healing=("1/s", "1/h"),
)
def lithiation_gain_by_healing(
    active: Number,
    dormant: Number | float,
    lithiation: Number | float,
    dormant_lithium: Number | float,
    healing: Number | float,
) -> Number:
    """Rate at which the mean lithiation of material with contact changes because dormant material returns to it.

    Equation
        x' = h (n − φ_d x) / φ_a
    Symbols
        As in `dormant_gain` and `dormant_lithium_gain`; x' rate, beside that of the current [1/s]
    Validity
        φ_a > 0.  Loss of contact does not change the mean: what parts has it.  In particles with gradients add it evenly
        over the radius.  Material that healed at the concentration of the rest would make lithium of nothing.
    Source
        Derivative of φ_a x, the lithium of the material with contact, by `dormant_gain` and `dormant_lithium_gain`.

    Examples
    --------
    Dormant material that is fuller than the rest raises it:

    >>> round(3600 * lithiation_gain_by_healing(0.24, 0.01, 0.1, 0.01, 1e-4), 5)
    0.0135
    """
    value: Number = healing * (dormant_lithium - dormant * lithiation) / active
    return value
