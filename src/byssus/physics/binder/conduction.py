"""Binders that conduct: electrons in the network, lithium alone beside the pores, or neither between solids.

Closures (`byssus.physics.binder`).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY, GAS_CONSTANT
from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


# --- Electrons --------------------------------------------------------------------------------------------------------


@equation(
    ("S/m", "S/cm"),
    valid={"binder_fraction": (0.0, 1.0), "debonded": (0.0, 1.0), "exponent": (1.0, 4.0)},
    network=("S/m", "S/cm"),
    binder_fraction=("1", "%"),
    binder_conductivity=("S/m", "S/cm"),
    debonded=("1", "%"),
    exponent="1",
)
def conducting_binder(
    network: Number,
    binder_fraction: Number | float,
    binder_conductivity: Number | float,
    debonded: Number | float = 0.0,
    exponent: Number | float = 1.5,
) -> Number:
    """Electronic conductivity of a coating whose binder conducts beside its carbon.

    Equation
        σ = σ_n + σ_b φ_b^b (1 − d)
    Symbols
        σ_n conductivity of the network of carbon, see `byssus.physics.binder.network.network_conductivity` [S/m], φ_b
        volume of binder by volume of coating as it is [1], σ_b electronic conductivity of the binder itself [S/m], b
        exponent, 1.5 after Bruggeman [1], d share of contacts lost [1], σ conductivity of the coating [S/m]
    Validity
        σ_b as it is at the electrode's potential: a polymer that conducts by being doped loses it where it is reduced.  Side by side is the most that both together give, as long as the carbon does not need the
        binder to bridge it.  σ_b = 0 is any other binder.
    Source
        D. A. G. Bruggeman, Ann. Phys. 416 (1935) 636; side by side, and the factor of the contacts: form of Byssus.

    Examples
    --------
    5 % of a binder of 1 S/cm, with carbon below its threshold:

    >>> round(conducting_binder(0.0, 0.05, 100.0), 2)
    1.12
    """
    value: Number = network + binder_conductivity * binder_fraction**exponent * (1 - debonded)
    return value


# --- Lithium alone ----------------------------------------------------------------------------------------------------


@equation(
    "1",
    valid={"transference_number": (0.0, 1.0)},
    transference_number="1",
    pore_conductivity=("S/m", "mS/cm"),
    binder_conductivity=("S/m", "mS/cm"),
)
def transference_beside_single_ion(
    transference_number: Number, pore_conductivity: Number | float, binder_conductivity: Number | float
) -> Number:
    """Share of the current that lithium carries where a binder with fixed anions conducts beside the pores.

    Equation
        t = (t₊ κ_e + κ_s) / (κ_e + κ_s)
    Symbols
        t₊ transference number of the electrolyte [1], κ_e effective conductivity of the pores [S/m], κ_s that of the
        binder, with its volume and tortuosity [S/m], t effective transference number [1]; the ionic conductivity of both
        is κ_e + κ_s
    Validity
        Binder and pores in equilibrium for lithium everywhere; anions move in the pores alone.  Both numbers are of the
        coating, by its cross-section.  κ_s = 0 is any other binder.
    Source
        Balance of charge of two conductors side by side; derived in `diffusivity_beside_single_ion`.

    Examples
    --------
    A binder of 0.01 S/m, effective, beside 0.1 M of salt that leaves the pores 0.02 S/m:

    >>> round(transference_beside_single_ion(0.35, 0.02, 0.01), 3)
    0.567
    """
    value: Number = (transference_number * pore_conductivity + binder_conductivity) / (
        pore_conductivity + binder_conductivity
    )
    return value


@equation(
    ("m^2/s", "cm^2/s"),
    valid={"transference_number": (0.0, 1.0), "thermodynamic_factor": (0.5, 10.0)},
    diffusivity=("m^2/s", "cm^2/s"),
    concentration=("mol/m^3", "mol/L"),
    temperature="K",
    transference_number="1",
    pore_conductivity=("S/m", "mS/cm"),
    binder_conductivity=("S/m", "mS/cm"),
    thermodynamic_factor="1",
)
def diffusivity_beside_single_ion(
    diffusivity: Number,
    concentration: Number | float,
    temperature: Number | float,
    transference_number: Number | float,
    pore_conductivity: Number | float,
    binder_conductivity: Number | float,
    thermodynamic_factor: Number | float = 1.0,
) -> Number:
    """Diffusivity of salt in pores beside a binder through which lithium flows back.

    Equation
        D = D_e + 2 χ R T (1 − t₊)² / (F² c) κ_e κ_s / (κ_e + κ_s)
    Symbols
        D_e effective diffusivity of the salt in the pores [m²/s], c its concentration in them [mol/m³], T temperature [K],
        t₊ transference number of the electrolyte [1], κ_e, κ_s as in `transference_beside_single_ion` [S/m], χ
        thermodynamic factor [1], R gas, F Faraday constant, D diffusivity [m²/s]
    Validity
        c > 0, κ_e + κ_s > 0; salt of one lithium and one anion.  A gradient of salt drives a current around the pores and
        the binder, which takes the salt along.  For an ideal, dilute salt and a binder that conducts without limit it
        is twice the diffusivity of the anion.
    Source
        Derived: i_e = −κ_e ∇φ + 2 χ κ_e (R T / F)(1 − t₊) ∇ln c in the pores and i_s = −κ_s ∇φ in the binder, φ against
        lithium; N₋ = −D_e ∇c − (1 − t₊) i_e / F.  The equations of the pores: J. Newman, K. E. Thomas-Alyea,
        Electrochemical Systems, 3rd ed. (2004), chapter 12.

    Examples
    --------
    The cell of `transference_beside_single_ion`, with D_e = 1e-10 m²/s and 0.1 M: a seventh more

    >>> round(1e10 * diffusivity_beside_single_ion(1e-10, 100.0, 298.15, 0.35, 0.02, 0.01), 3)
    1.15
    """
    back = pore_conductivity * binder_conductivity / (pore_conductivity + binder_conductivity)
    value: Number = diffusivity + (
        2
        * thermodynamic_factor
        * GAS_CONSTANT
        * temperature
        * (1 - transference_number) ** 2
        / (FARADAY**2 * concentration)
        * back
    )
    return value


@equation(
    "mol/(m^2*s)",
    valid={"transference_number": (0.0, 1.0)},
    gradient="mol/m^4",
    diffusivity=("m^2/s", "cm^2/s"),
    current_density=("A/m^2", "mA/cm^2"),
    transference_number="1",
)
def salt_flux(
    gradient: Number, diffusivity: Number | float, current_density: Number | float, transference_number: Number | float
) -> Number:
    """Flux of anions, and with it of salt, through a coating.

    Equation
        N = −D ∂c/∂z − (1 − t) i / F
    Symbols
        ∂c/∂z gradient of the concentration of salt [mol/m⁴], D diffusivity [m²/s], i ionic current density along z [A/m²],
        t transference number [1], F Faraday constant [C/mol], N flux of anions along z [mol/(m² s)]
    Validity
        D and t of the electrolyte in the pores, or both of them as they are beside a binder with fixed anions
        (`diffusivity_beside_single_ion`, `transference_beside_single_ion`).  At t = 1 the current moves no salt.
    Source
        J. Newman, K. E. Thomas-Alyea, Electrochemical Systems, 3rd ed. (2004), chapter 12.

    Examples
    --------
    The gradient at which a steady current moves no salt:

    >>> abs(round(salt_flux(-(1 - 0.35) * 10.0 / (FARADAY * 1e-10), 1e-10, 10.0, 0.35), 12))
    0.0
    """
    value: Number = -diffusivity * gradient - (1 - transference_number) * current_density / FARADAY
    return value


# --- Between solids ---------------------------------------------------------------------------------------------------


@equation(
    ("1", "%"),
    valid={"binder_fraction": (0.0, 1.0)},
    binder_fraction=("1", "%"),
    area_per_volume="1/m",
    film_thickness=("m", "nm"),
)
def contact_under_films(
    binder_fraction: Number, area_per_volume: Number | float, film_thickness: Number | float
) -> Number:
    """Share of the contact between solids that patches of binder leave free.

    Equation
        f = exp[−φ_b / (a h)]
    Symbols
        φ_b volume of binder by volume of coating [1], a surface on which it lies by volume of coating [1/m], h thickness
        of a patch [m], f share left free [1]
    Validity
        a, h > 0; patches that fall at random and may lie upon each other.  A binder that wets spreads to its last gap and
        leaves less; for granules see `contact_under_granules`.
    Source
        Share left free by patches thrown at random (Poisson).  The review tells of SBR that insulates as a cover and
        conducts well as granules between; it gives no law.

    Examples
    --------
    5 % of binder on 2 m² a cm³, in patches of 25 nm: a third is left

    >>> round(float(contact_under_films(0.05, 2e6, 25e-9)), 2)
    0.37
    """
    value: Number = np.exp(-binder_fraction / (area_per_volume * film_thickness))
    return value


@equation(
    ("1", "%"),
    valid={"binder_fraction": (0.0, 1.0)},
    binder_fraction=("1", "%"),
    area_per_volume="1/m",
    radius=("m", "nm"),
)
def contact_under_granules(binder_fraction: Number, area_per_volume: Number | float, radius: Number | float) -> Number:
    """Share of the contact between solids that granules of binder leave free.

    Equation
        f = exp[−3 φ_b / (4 a r)]
    Symbols
        φ_b, a as in `contact_under_films`, r radius of a granule [m], f share left free [1]
    Validity
        a, r > 0; spheres at random places of the surface, each of which shades its own cross-section π r²: an upper bound
        of what it takes, as a hard sphere touches in less and a pressed one in more.
    Source
        As `contact_under_films`, for patches of π r² that hold 4/3 π r³ each.

    Examples
    --------
    The same binder in granules of 150 nm in radius:

    >>> round(float(contact_under_granules(0.05, 2e6, 150e-9)), 2)
    0.88
    """
    value: Number = np.exp(-3 * binder_fraction / (4 * area_per_volume * radius))
    return value


@equation(
    ("ohm*m^2", "ohm*cm^2"),
    valid={"free_share": (0.0, 1.0)},
    free_share=("1", "%"),
    bare_resistance=("ohm*m^2", "ohm*cm^2"),
    film_resistance=("ohm*m^2", "ohm*cm^2"),
)
def contact_resistance(free_share: Number, bare_resistance: Number | float, film_resistance: Number | float) -> Number:
    """Resistance of contact between solids, of which binder covers a share.

    Equation
        1 / R = f / R₀ + (1 − f) / (R₀ + R_b)
    Symbols
        f share left free, see `contact_under_films` [1], R₀ resistance of free contact times its area [Ω m²], R_b that of
        the binder between, times its area, see `byssus.physics.binder.film.binder_film_resistance` [Ω m²], R of both
        side by side [Ω m²]
    Validity
        R₀ > 0, R_b ≥ 0.  No current along the surface: what must go around a patch costs more.  An insulating binder, R_b
        without limit, leaves R₀ / f.
    Source
        Conductors side by side.

    Examples
    --------
    10 Ω cm² free; a third of the contact is left beside a binder that takes 1000 Ω cm²

    >>> round(1e4 * contact_resistance(0.37, 10e-4, 1000e-4), 1)
    26.6
    """
    value: Number = 1 / (free_share / bare_resistance + (1 - free_share) / (bare_resistance + film_resistance))
    return value
