"""The surface of silicon in an electrode: how much there is, and the lithium that the first lithiation leaves on it.

A powder has several areas: that of its single particles (`specific_surface_of_spheres`, or BET), which the SEI and the
oxide lie on, and that of the agglomerates that they stand in a slurry as, which lithium has to get into.  A model that
has one of them for all needs a factor for the others; so they are kept apart here.

Functions of numbers alone take floats, NumPy arrays and symbols (PyBaMM).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY
from byssus.physics.equation import TEXT, equation
from byssus.physics.limits import above_zero, at_least_zero, share, share_with_rest
from byssus.physics.mixing import molar_mass, theoretical_capacity
from byssus.physics.silicon import numbers
from byssus.source import Source

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

#: Molar masses [kg/mol]; standard atomic weights.
SILICON: Final = molar_mass("Si")
SILICA: Final = molar_mass("SiO2")


class Reduced(NamedTuple):
    """What becomes of SiO2 on its first lithiation: per SiO2 the lithium that stays bound, and the silicon set free."""

    lithium: float
    silicon: float


#: By lithium compound, with the reaction; atoms balance, and charge.  Amorphous silica was seen to give Li4SiO4 and
#: Li2SiO3 with lithium (abstract of: Investigation of the irreversible reaction mechanism and the reactive trigger on SiO
#: anode material for lithium-ion battery); Li2O, where all of the oxygen leaves silicon, is the most that it can bind.
#: A native oxide takes up lithium from about 0.7 V (Lithium silicates in anode materials, Batteries 8 (2022) 2,
#: doi:10.3390/batteries8010002, section 4.1, on work of Cao et al.), and may leave several of them at once.
OXIDE_PRODUCTS: Final[Mapping[str, Reduced]] = MappingProxyType(
    {
        "Li2O": Reduced(4.0, 1.0),  # SiO2 + 4 Li → Si + 2 Li2O
        "Li4SiO4": Reduced(2.0, 0.5),  # 2 SiO2 + 4 Li → Si + Li4SiO4
        "Li2SiO3": Reduced(4 / 3, 1 / 3),  # 3 SiO2 + 4 Li → Si + 2 Li2SiO3
    }
)

#: Charge that carbon black takes up and gives off again between 0.01 and 1.5 V, by mass of carbon [C/kg].
CARBON_REVERSIBLE: Final = 150.0 * 3600
CARBON_REVERSIBLE_SOURCE: Final = Source(
    "Byssus estimate, 2026",
    method="estimate",
    low=100.0 * 3600,
    high=250.0 * 3600,
    note="Super P and acetylene black at low rate; below the 372 mAh/g of graphite; no source opened",
)
#: Charge that stays on carbon black in its first lithiation, by mass of carbon [C/kg].
CARBON_IRREVERSIBLE: Final = 170.0 * 3600
CARBON_IRREVERSIBLE_SOURCE: Final = Source(
    "Byssus estimate, 2026",
    method="estimate",
    low=70.0 * 3600,
    high=350.0 * 3600,
    note="`sei_charge` of 2 to 10 nm, 5 nm in the middle, on 62 m²/g of Super P; not measured",
)
#: Potentials in V against Li/Li+ between which carbon black takes up `CARBON_REVERSIBLE`: empty, and full.  An estimate:
#: empty where silicon is (`byssus.physics.silicon.EMPTY`), so that a fresh electrode of both is at rest.
CARBON_WINDOW: Final = (1.0, 0.01)
#: Potential in V below which a native oxide binds lithium, and below which a film forms on carbon black.
OXIDE_POTENTIAL: Final = 0.7
OXIDE_POTENTIAL_SOURCE: Final = Source(
    "Lithium silicates in anode materials, Batteries 8 (2022) 2",
    doi="10.3390/batteries8010002",
    section="4.1",
    method="estimate",
    low=0.4,
    high=0.9,
    note="from about 0.7 V there, on work of Cao et al.; range: an allowance",
)
CARBON_FILM_POTENTIAL: Final = 0.9
CARBON_FILM_POTENTIAL_SOURCE: Final = Source(
    "Competing ethylene carbonate reactions on carbon electrode in Li-ion batteries",
    method="estimate",
    low=0.7,
    high=0.9,
    note="below 0.9 V by mass spectrometry; range: an allowance",
)
#: Potential in V by which both have bound all that they bind.  An estimate; how much they bind does not depend on it, as
#: long as the first lithiation goes below it.
BOUND_BY: Final = 0.2


# --- Areas ------------------------------------------------------------------------------------------------------------


@equation("1/m", valid={"volume_fraction": (0.0, 0.74)}, volume_fraction="1", radius=("m", "nm"))
def area_per_volume_of_spheres(volume_fraction: Number, radius: Number | float) -> Number:
    """Surface per volume of electrode of spheres of one size.

    Equation
        a = 3 φ / R
    Symbols
        φ volume of the spheres by volume of electrode, for agglomerates with the pores inside them [1], R radius [m],
        a surface per volume of electrode [1/m]
    Validity
        0 ≤ φ ≤ 1, R > 0.  Spheres that touch in points; one size fills at most 0.74.
    Source
        Geometry.

    Raises
    ------
    ValueError
        If the fraction is not from 0 to 1 or the radius not above zero.

    Examples
    --------
    >>> round(area_per_volume_of_spheres(0.25, 150e-9) / 1e6, 3)
    5.0
    """
    share(**numbers(volume_fraction=volume_fraction))
    above_zero(**numbers(radius=radius))
    value: Number = 3 * volume_fraction / radius
    return value


@equation("1/m", specific_surface=("m^2/kg", "m^2/g"), density=("kg/m^3", "g/cm^3"), volume_fraction="1")
def area_per_volume(specific_surface: Number, density: Number | float, volume_fraction: Number | float) -> Number:
    """Surface per volume of electrode of a powder whose surface per mass is known.

    Equation
        a = S ρ φ
    Symbols
        S surface per mass, by BET or geometry [m²/kg], ρ density of the solid [kg/m³], φ its volume by volume of
        electrode [1], a surface per volume of electrode [1/m]
    Validity
        S, ρ > 0, 0 ≤ φ ≤ 1.  All of the surface: what a binder covers or an agglomerate encloses counts too.  For
        smooth spheres it is `area_per_volume_of_spheres`.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a value is not above zero, or the fraction not from 0 to 1.

    Examples
    --------
    Silicon of 86 m²/g at a quarter of the volume: ten times the surface of agglomerates of 300 nm

    >>> round(area_per_volume(86e3, 2330, 0.25) / 1e6, 1)
    50.1
    """
    above_zero(**numbers(specific_surface=specific_surface, density=density))
    share(**numbers(volume_fraction=volume_fraction))
    value: Number = specific_surface * density * volume_fraction
    return value


@equation(("m^2/kg", "m^2/g"), diameter=("m", "nm"), density=("kg/m^3", "g/cm^3"), inner_porosity="1")
def specific_surface_of_agglomerates(
    diameter: Number, density: Number | float, inner_porosity: Number | float
) -> Number:
    """Outer surface of agglomerates per mass of the particles in them.

    Equation
        S = 6 / [ρ (1 − ε) d]
    Symbols
        d diameter of an agglomerate [m], ρ density of the solid [kg/m³], ε share of the agglomerate that is pores [1],
        S outer surface by mass of solid [m²/kg]
    Validity
        d, ρ > 0, 0 ≤ ε < 1; round agglomerates of one size, with a smooth outside.  ε = 0 is a solid sphere;
        0.3 to 0.6 is an estimate for those of nano powder.
    Source
        Geometry.

    Raises
    ------
    ValueError
        If a value is not above zero, or the pores not from 0 to below 1.

    Examples
    --------
    >>> round(specific_surface_of_agglomerates(300e-9, 2330, 0.4) / 1e3, 1)
    14.3
    """
    above_zero(**numbers(diameter=diameter, density=density))
    share_with_rest(**numbers(inner_porosity=inner_porosity))
    value: Number = 6 / (density * (1 - inner_porosity) * diameter)
    return value


# --- SEI --------------------------------------------------------------------------------------------------------------


@equation(
    ("C/kg", "mAh/g"),
    valid={"molar_volume": (30e-6, 100e-6)},
    thickness=("m", "nm"),
    specific_surface=("m^2/kg", "m^2/g"),
    molar_volume=("m^3/mol", "cm^3/mol"),
    lithium="1",
)
def sei_charge(
    thickness: Number,
    specific_surface: Number | float,
    molar_volume: Number | float,
    lithium: Number | float = 2.0,
) -> Number:
    """Charge that an SEI costs, by mass of what it lies on.

    Equation
        q = n F t S / V
    Symbols
        t thickness [m], S surface that it covers by mass [m²/kg], V volume of SEI per mole [m³/mol], n lithium bound and
        electrons taken per mole of SEI [1], F Faraday constant [C/mol], q charge by mass [C/kg]; 1 mAh/g = 3600 C/kg
    Validity
        t ≥ 0; all else above zero; a dense film that is thin against the particles' radius: on spheres of radius R the
        charge is larger by 1 + t/R + t²/(3R²).  V is 95.85 cm³/mol for lithium ethylene dicarbonate and 35 cm³/mol for
        Li2CO3, both with n = 2: the same thickness of carbonate costs 2.7 times as much.  An SEI has pores, and covers
        less than the BET area where a binder is in the way.
    Source
        Faraday's law.  95.85 cm³/mol: M. Safari et al., J. Electrochem. Soc. 156 (2009) A145, as PyBaMM 26.10 has it in
        its parameter sets.  Li2CO3: molar mass over 2.11 g/cm³ (W. M. Haynes (ed.), CRC Handbook, 95th ed.).

    Raises
    ------
    ValueError
        If the thickness is below zero or another value not above zero.

    Examples
    --------
    5 nm on silicon of 30 nm, 86 m²/g:

    >>> round(sei_charge(5e-9, 86e3, 95.85e-6) / 3600)
    240
    """
    at_least_zero(**numbers(thickness=thickness))
    above_zero(**numbers(specific_surface=specific_surface, molar_volume=molar_volume, lithium=lithium))
    value: Number = lithium * FARADAY * thickness * specific_surface / molar_volume
    return value


@equation(
    ("m", "nm"),
    valid={"molar_volume": (30e-6, 100e-6)},
    charge=("C/kg", "mAh/g"),
    specific_surface=("m^2/kg", "m^2/g"),
    molar_volume=("m^3/mol", "cm^3/mol"),
    lithium="1",
)
def sei_thickness(
    charge: Number,
    specific_surface: Number | float,
    molar_volume: Number | float,
    lithium: Number | float = 2.0,
) -> Number:
    """Thickness of the SEI that a charge pays for.

    Equation
        t = q V / (n F S)
    Symbols
        As in `sei_charge`
    Validity
        As `sei_charge`; q ≥ 0, and all of it on the SEI.
    Source
        Inverse of `sei_charge`.

    Raises
    ------
    ValueError
        If the charge is below zero or another value not above zero.

    Examples
    --------
    16 mAh/g, which a study of bulk silicon of 1.6 m²/g gives to its SEI (231st ECS Meeting, abstract of paper 98867):

    >>> round(sei_thickness(16 * 3600, 1.6e3, 95.85e-6) * 1e9)
    18
    """
    at_least_zero(**numbers(charge=charge))
    above_zero(**numbers(specific_surface=specific_surface, molar_volume=molar_volume, lithium=lithium))
    value: Number = charge * molar_volume / (lithium * FARADAY * specific_surface)
    return value


# --- Native oxide -----------------------------------------------------------------------------------------------------


@equation(("C/kg", "mAh/g"), oxide_fraction=("1", "%"), product=TEXT)
def oxide_charge(oxide_fraction: Number, product: str = "Li4SiO4") -> Number:
    """Charge that stays bound in what becomes of the oxide, by mass of powder with its oxide.

    Equation
        q = w n F / M(SiO2)
    Symbols
        w mass of oxide by mass of powder, 1 − `native_oxide_silicon_fraction` [1], n lithium bound per SiO2: 4 to Li2O,
        2 to Li4SiO4, 4/3 to Li2SiO3 [1], F Faraday constant [C/mol], M molar mass of SiO2 [kg/mol], q charge by mass of
        powder [C/kg]
    Validity
        0 ≤ w ≤ 1; oxide of the composition SiO2 that reacts in full and gives no lithium back.  That which product forms
        is not known makes a factor of three between the outer two.
    Source
        Faraday's law; products and reactions: `OXIDE_PRODUCTS`.

    Raises
    ------
    ValueError
        If the fraction is not from 0 to 1, or the product is another.

    Examples
    --------
    1 nm of oxide on silicon of 30 nm, 2.33 and 2.2 g/cm³, is 18 % by mass:

    >>> from byssus.physics.coating import native_oxide_silicon_fraction
    >>> fraction = 1 - native_oxide_silicon_fraction(30e-9, 1e-9, 2330, 2200)
    >>> round(100 * fraction), [round(oxide_charge(fraction, each) / 3600) for each in OXIDE_PRODUCTS]
    (18, [318, 159, 106])
    """
    share(**numbers(oxide_fraction=oxide_fraction))
    return oxide_fraction * theoretical_capacity(SILICA, _reduced(product).lithium)


@equation(("C/kg", "mAh/g"), oxide_fraction=("1", "%"), silicon_capacity=("C/kg", "mAh/g"), product=TEXT)
def capacity_with_oxide(oxide_fraction: Number, silicon_capacity: Number | float, product: str = "Li4SiO4") -> Number:
    """Reversible capacity of silicon powder, by mass of powder with its oxide.

    Equation
        q = [1 − w + w y M(Si)/M(SiO2)] q_Si
    Symbols
        w mass of oxide by mass of powder [1], y silicon set free per SiO2: 1 with Li2O, 0.5 with Li4SiO4, 1/3 with
        Li2SiO3 [1], M molar masses [kg/mol], q_Si capacity of pure silicon [C/kg], q capacity by mass of powder [C/kg]
    Validity
        0 ≤ w ≤ 1, q_Si > 0.  Oxide that reacts in full, and silicon from it that is used like all other; were it lost,
        or the oxide to stay as it is, the capacity is (1 − w) q_Si.
    Source
        Balance of silicon; products and reactions: `OXIDE_PRODUCTS`.

    Raises
    ------
    ValueError
        If the fraction is not from 0 to 1, the capacity not above zero, or the product another.

    Examples
    --------
    >>> [round(capacity_with_oxide(0.18, 3579 * 3600, each) / 3600) for each in OXIDE_PRODUCTS]
    [3236, 3085, 3035]
    """
    share(**numbers(oxide_fraction=oxide_fraction))
    above_zero(**numbers(silicon_capacity=silicon_capacity))
    lost = 1 - _reduced(product).silicon * SILICON / SILICA
    value: Number = silicon_capacity * (1 - oxide_fraction * lost)
    return value


# --- What follows the potential ---------------------------------------------------------------------------------------


@equation("1", potential="V", empty="V", full="V")
def share_taken_up(potential: Number, empty: float, full: float) -> Number:
    """Share of a charge that is taken up at a potential, evenly between two potentials.

    Equation
        s = (E₀ − E) / (E₀ − E₁), 0 above E₀ and 1 below E₁
    Symbols
        E potential against Li/Li+ [V], E₀ where uptake begins, empty [V], E₁ where it is complete, full [V],
        s share taken up [1]
    Validity
        E₀ > E₁.  A first shape for what has no plateau: carbon black, a film, an oxide.  Only arithmetic and the absolute
        value, so that symbols (PyBaMM) can go in for E.
    Source
        Definition: a constant charge per volt.

    Raises
    ------
    ValueError
        If uptake does not begin above where it is complete.

    Examples
    --------
    >>> [round(share_taken_up(volts, 1.0, 0.01), 3) for volts in (1.2, 0.5, 0.005)]
    [0.0, 0.505, 1.0]
    """
    above_zero(**numbers(**{"empty - full": empty - full}))
    within = (empty - potential) / (empty - full)
    value: Number = (abs(within) - abs(within - 1) + 1) / 2
    return value


def _reduced(product: str) -> Reduced:
    if product not in OXIDE_PRODUCTS:
        raise ValueError(f"product must be {' or '.join(OXIDE_PRODUCTS)}, not {product}")
    return OXIDE_PRODUCTS[product]
