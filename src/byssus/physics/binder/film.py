"""Binder as a film on the surface that it covers: how thick, how well it lets ions through once it has soaked.

Closures (`byssus.physics.binder`).  For dry films with checks: `byssus.physics.coating.film_thickness_on_area` and
`byssus.physics.conduction.film_overpotential`.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


@equation(
    ("m", "nm"),
    valid={"binder_fraction": (0.0, 1.0), "coverage": (0.01, 1.0)},
    binder_fraction=("1", "%"),
    area_per_volume="1/m",
    coverage=("1", "%"),
)
def binder_film_thickness(
    binder_fraction: Number, area_per_volume: Number | float, coverage: Number | float = 1.0
) -> Number:
    """Thickness of the dry film that an electrode's binder makes on the surface that it covers.

    Equation
        t = φ_b / (a θ)
    Symbols
        φ_b volume of dry binder by volume of coating [1], a surface that can be covered by volume of coating, of single
        particles (BET) or of agglomerates: say which [1/m], θ share of it that is covered [1], t thickness [m]
    Validity
        a, θ > 0; an even film, thin against the particle; all binder lies on that surface, none in bridges between
        particles or on the carbon, so t is an upper bound.
    Source
        Definition; for spheres and thick films `byssus.physics.coating.film_thickness_on_sphere`.

    Examples
    --------
    12 % binder with a quarter of silicon: on 86 m²/g by BET, and on agglomerates of 150 nm in radius

    >>> [round(binder_film_thickness(0.12, area) * 1e9, 1) for area in (86e3 * 2330 * 0.25, 3 * 0.25 / 150e-9)]
    [2.4, 24.0]
    """
    value: Number = binder_fraction / (area_per_volume * coverage)
    return value


@equation(
    ("1/s", "1/h"),
    valid={"uptake": (0.0, 5.0), "equilibrium_uptake": (0.0, 5.0)},
    uptake=("1", "%"),
    equilibrium_uptake=("1", "%"),
    time_constant=("s", "h"),
)
def uptake_rate(uptake: Number, equilibrium_uptake: Number | float, time_constant: Number | float) -> Number:
    """Rate at which a binder soaks.

    Equation
        v' = (v_∞ − v) / τ
    Symbols
        v electrolyte taken up by volume of dry binder [1], v_∞ at equilibrium [1], τ time constant [s], v' rate [1/s]
    Validity
        τ > 0.  A first-order law in place of a poroviscoelastic binder, in which liquid flows through a network that
        yields; for a film of diffusivity D and thickness t, τ is about 4 t²/(π² D): microseconds in nanometres, so that
        relaxation of the chains, not diffusion, sets it.  v_∞ by volume: `byssus.physics.swelling.volume_swelling_from_mass`.
    Source
        First-order relaxation; that absorbed electrolyte swells the binder and strains it: J. M. Foster, S. J. Chapman,
        G. Richardson, B. Protas, arXiv:1608.04847 (abstract opened).

    Examples
    --------
    >>> round(3600 * uptake_rate(0.0, 0.2, 3600.0), 3)
    0.2
    """
    value: Number = (equilibrium_uptake - uptake) / time_constant
    return value


@equation(
    ("S/m", "mS/cm"),
    valid={"uptake": (0.0, 20.0)},
    uptake=("1", "%"),
    liquid_conductivity=("S/m", "mS/cm"),
    dry_conductivity=("S/m", "S/cm"),
)
def soaked_binder_conductivity(
    uptake: Number, liquid_conductivity: Number | float, dry_conductivity: Number | float = 0.0
) -> Number:
    """Ionic conductivity of a binder that has taken up electrolyte.

    Equation
        κ = κ_d (1 − w) + κ_l w [w / (2 − w)]²,   w = v / (1 + v)
    Symbols
        v electrolyte by volume of dry binder [1], w by volume of soaked binder [1], κ_l conductivity of the electrolyte
        [S/m], κ_d of the dry binder [S/m], κ of the soaked one [S/m]
    Validity
        v ≥ 0.  The second term is the obstruction of ions that go around chains; it knows nothing of ions that bind to
        the chains, nor of salt kept out by fixed charges, and is an upper bound for small v: some per cent of liquid
        in a glassy polymer conduct nothing.  The terms add up as if side by side.  No electrolyte, no effect: κ = κ_d.
    Source
        J. S. Mackie, P. Meares, Proc. R. Soc. A 232 (1955) 498 (known from reviews; not opened); side by side with the
        dry polymer: form of Byssus.

    Examples
    --------
    A binder that takes up 20 % of a liquid of 10 mS/cm, in mS/cm:

    >>> round(10 * soaked_binder_conductivity(0.2, 1.0), 4)
    0.0138
    """
    liquid = uptake / (1 + uptake)
    value: Number = dry_conductivity * (1 - liquid) + liquid_conductivity * liquid * (liquid / (2 - liquid)) ** 2
    return value


@equation(
    ("ohm*m^2", "ohm*cm^2"),
    valid={"uptake": (0.0, 20.0)},
    dry_thickness=("m", "nm"),
    uptake=("1", "%"),
    conductivity=("S/m", "S/cm"),
)
def binder_film_resistance(dry_thickness: Number, uptake: Number | float, conductivity: Number | float) -> Number:
    """Resistance to ions of a soaked binder film, times the area that it covers.

    Equation
        R = t (1 + v) / κ
    Symbols
        t thickness dry, on the surface as it is [m], v electrolyte by volume of dry binder [1], κ conductivity of the
        soaked binder, see `soaked_binder_conductivity` [S/m], R resistance times area [Ω m²]
    Validity
        κ > 0; the film holds its area and swells in thickness only.  On a particle that grows, t falls with the square
        of its stretch, see `byssus.physics.binder.shell.shell_thickness`.
    Source
        Ohm's law, volumes add up.

    Examples
    --------
    24 nm with 20 % of liquid at 1.4e-3 S/m, in Ω cm²:

    >>> round(1e4 * binder_film_resistance(24e-9, 0.2, 1.4e-3), 3)
    0.206
    """
    return dry_thickness * (1 + uptake) / conductivity


@equation(
    ("V", "mV"),
    valid={"uptake": (0.0, 20.0)},
    current_density=("A/m^2", "mA/cm^2"),
    dry_thickness=("m", "nm"),
    uptake=("1", "%"),
    conductivity=("S/m", "S/cm"),
)
def binder_film_overpotential(
    current_density: Number, dry_thickness: Number | float, uptake: Number | float, conductivity: Number | float
) -> Number:
    """Voltage that a soaked binder film takes.

    Equation
        η = j t (1 + v) / κ
    Symbols
        j current by area of covered surface, not of the electrode [A/m²]; else as in `binder_film_resistance`; η
        overpotential, of the sign of j [V]
    Validity
        As `binder_film_resistance`; no gradient of salt in the film.
    Source
        Ohm's law.

    Examples
    --------
    6 A/g on agglomerates of 150 nm in radius (8.58 m²/g): next to nothing

    >>> round(1e3 * binder_film_overpotential(6 / 8.58, 24e-9, 0.2, 1.4e-3), 4)
    0.0144
    """
    return current_density * dry_thickness * (1 + uptake) / conductivity
