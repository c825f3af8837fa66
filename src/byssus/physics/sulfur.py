"""Sulfur and the lithium-sulfur cell: capacity, growth, electrolyte, lithium and energy.

All functions take floats or NumPy arrays and broadcast.
"""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY
from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, at_least_zero, share_of_something
from byssus.physics.mixing import molar_mass, theoretical_capacity
from byssus.physics.swelling import volume_expansion

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

#: Molar masses [kg/mol]; standard atomic weights.
SULFUR: Final = molar_mass("S")
LITHIUM: Final = molar_mass("Li")
LITHIUM_SULFIDE: Final = molar_mass("Li2S")
#: Charge of sulfur to Li2S by mass of sulfur, and of lithium by mass of lithium [C/kg]; F from CODATA 2022.
FULL_CAPACITY: Final = theoretical_capacity(SULFUR, 2.0)
LITHIUM_CAPACITY: Final = theoretical_capacity(LITHIUM, 1.0)


@equation(("C/kg", "mAh/g"), valid={"electrons": (0.0, 2.0)}, electrons="1")
def sulfur_theoretical_capacity(electrons: Number | float = 2.0) -> Number | float:
    """Charge that sulfur can take up, by mass of sulfur.

    Equation
        q = n F / M_S
    Symbols
        n electrons per sulfur atom: 2 to Li2S, 1/2 to Li2S4 [1], F Faraday constant [C/mol], M_S molar mass
        of sulfur, 32.06 g/mol [kg/mol], q specific capacity [C/kg]; 1 mAh/g = 3600 C/kg
    Validity
        0 < n ≤ 2.
    Source
        Definition; F from CODATA 2022, standard atomic weight of sulfur.

    Raises
    ------
    ValueError
        If the electrons are not above zero.

    Examples
    --------
    The review prints 1675 mAh/g:

    >>> round(sulfur_theoretical_capacity() / 3600)
    1672
    """
    above_zero(electrons=electrons)
    return electrons * FARADAY / SULFUR


@equation(("1", "%"), sulfur_density=("kg/m^3", "g/cm^3"), sulfide_density=("kg/m^3", "g/cm^3"))
def sulfur_volume_change(sulfur_density: Number, sulfide_density: Number | float) -> Number:
    """Volume that sulfur gains when it becomes Li2S.

    Equation
        v = (M_Li2S / ρ_Li2S) / (M_S / ρ_S) − 1
    Symbols
        M_S, M_Li2S molar masses [kg/mol], ρ_S, ρ_Li2S densities [kg/m³], v relative change of volume [1]
    Validity
        Densities above zero; all sulfur, solid before and after.
    Source
        Definition, see `byssus.physics.swelling.volume_expansion`.

    Raises
    ------
    ValueError
        If a density is not above zero.

    Examples
    --------
    With 2.07 and 1.66 g/cm³; the review prints about 80 %:

    >>> round(100 * sulfur_volume_change(2070, 1660), 1)
    78.7
    """
    above_zero(sulfur_density=sulfur_density, sulfide_density=sulfide_density)
    return volume_expansion(SULFUR, sulfur_density, LITHIUM_SULFIDE, sulfide_density)


@equation(("m^3/kg", "uL/mg"), electrolyte_volume=("m^3", "uL"), sulfur_mass=("kg", "mg"))
def electrolyte_sulfur_ratio(electrolyte_volume: Number, sulfur_mass: Number | float) -> Number:
    """Electrolyte for each mass of sulfur.

    Equation
        r = V / m_S
    Symbols
        V volume of electrolyte in the cell [m³], m_S mass of sulfur [kg], r [m³/kg]; 1 µL/mg = 1e-3 m³/kg
    Validity
        V ≥ 0, m_S > 0.  All electrolyte counts, that in the separator too.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the volume is below zero or the mass not above zero.

    Examples
    --------
    40 µL on 1.13 cm² with 2 mg/cm² of sulfur:

    >>> round(electrolyte_sulfur_ratio(40e-9, 2.26e-6) * 1e3, 1)
    17.7
    """
    at_least_zero(electrolyte_volume=electrolyte_volume)
    above_zero(sulfur_mass=sulfur_mass)
    return electrolyte_volume / sulfur_mass


@equation(("1", "%"), lithium_mass=("kg", "mg"), sulfur_mass=("kg", "mg"), sulfur_capacity=("C/kg", "mAh/g"))
def lithium_excess(
    lithium_mass: Number, sulfur_mass: Number | float, sulfur_capacity: Number | float = FULL_CAPACITY
) -> Number:
    """Lithium in a cell beyond what its sulfur takes up.

    Equation
        x = m_Li q_Li / (m_S q_S) − 1
    Symbols
        m_Li mass of lithium [kg], q_Li = F / M_Li its capacity, 3862 mAh/g [C/kg], m_S mass of sulfur [kg],
        q_S capacity of the sulfur, as measured or, by default, to Li2S in full [C/kg], x excess [1]: 0 for
        just enough, below zero for too little
    Validity
        m_Li ≥ 0, m_S, q_S > 0; both of one cell, or both per area.
    Source
        Charges of both electrodes; F from CODATA 2022.

    Raises
    ------
    ValueError
        If the lithium is below zero or another value not above zero.

    Examples
    --------
    50 µm of lithium, 0.534 g/cm³, against 4 mg/cm² of sulfur:

    >>> round(100 * lithium_excess(50e-6 * 534, 4e-2))
    54
    """
    at_least_zero(lithium_mass=lithium_mass)
    above_zero(sulfur_mass=sulfur_mass, sulfur_capacity=sulfur_capacity)
    value: Number = lithium_mass * LITHIUM_CAPACITY / (sulfur_mass * sulfur_capacity) - 1
    return value


@equation(("kg", "mg"), sulfur_mass=("kg", "mg"), excess=("1", "%"), sulfur_capacity=("C/kg", "mAh/g"))
def lithium_for_sulfur(
    sulfur_mass: Number, excess: Number | float = 0.0, sulfur_capacity: Number | float = FULL_CAPACITY
) -> Number:
    """Mass of lithium that a mass of sulfur needs.

    Equation
        m_Li = (1 + x) m_S q_S / q_Li
    Symbols
        m_S mass of sulfur [kg], q_S its capacity [C/kg], q_Li = F / M_Li that of lithium [C/kg], x excess
        [1], m_Li mass of lithium [kg]
    Validity
        As `lithium_excess`; x ≥ −1.
    Source
        Inverse of `lithium_excess`.

    Raises
    ------
    ValueError
        If the sulfur is below zero, its capacity not above zero, or the excess below −100 %.

    Examples
    --------
    >>> round(lithium_for_sulfur(1.0), 3)
    0.433
    """
    at_least_zero(sulfur_mass=sulfur_mass, **{"1 + excess": 1 + excess})
    above_zero(sulfur_capacity=sulfur_capacity)
    value: Number = (1 + excess) * sulfur_mass * sulfur_capacity / LITHIUM_CAPACITY
    return value


@equation(
    ("J/kg", "Wh/kg"),
    sulfur_loading=("kg/m^2", "mg/cm^2"),
    sulfur_capacity=("C/kg", "mAh/g"),
    voltage="V",
    sulfur_fraction=("1", "%"),
    electrolyte_sulfur_ratio=("m^3/kg", "uL/mg"),
    electrolyte_density=("kg/m^3", "g/cm^3"),
    lithium_excess=("1", "%"),
    inactive_mass=("kg/m^2", "mg/cm^2"),
)
def lithium_sulfur_specific_energy(
    sulfur_loading: Number,
    sulfur_capacity: Number | float,
    voltage: Number | float,
    sulfur_fraction: Number | float,
    electrolyte_sulfur_ratio: Number | float,
    electrolyte_density: Number | float,
    lithium_excess: Number | float,
    inactive_mass: Number | float,
) -> Number:
    """Energy of a lithium-sulfur cell by the mass of all that is in it.

    Equation
        e = m_S q U / m,   m = m_S [1/f + r ρ + (1 + x) q / q_Li] + m_0
    Symbols
        m_S areal mass of sulfur on one side [kg/m²], q its capacity [C/kg], U mean voltage of discharge [V],
        f mass fraction of sulfur in the coating [1], r electrolyte per sulfur [m³/kg], ρ density of the
        electrolyte [kg/m³], x excess of lithium over q [1], q_Li = F / M_Li [C/kg], m_0 areal mass of
        separator, foils (half of those coated on both sides) and housing [kg/m²], m areal mass [kg/m²],
        e specific energy [J/kg]; 1 Wh/kg = 3600 J/kg
    Validity
        m_S, q, U, ρ > 0, 0 < f ≤ 1, r, m_0 ≥ 0, x ≥ 0.  One side of one pair of electrodes stands for the
        cell.
    Source
        Balance of masses.

    Raises
    ------
    ValueError
        If a value is none of these.

    Examples
    --------
    4 mg/cm² with 1200 mAh/g at 2.1 V, 70 % sulfur, 4 µL/mg of 1.1 g/cm³, twice the lithium and 4 mg/cm² of
    separator and foils:

    >>> round(lithium_sulfur_specific_energy(4e-2, 1200 * 3600, 2.1, 0.7, 4e-3, 1100, 1.0, 4e-2) / 3600)
    338
    """
    above_zero(
        sulfur_loading=sulfur_loading,
        sulfur_capacity=sulfur_capacity,
        voltage=voltage,
        electrolyte_density=electrolyte_density,
    )
    share_of_something(sulfur_fraction=sulfur_fraction)
    at_least_zero(
        electrolyte_sulfur_ratio=electrolyte_sulfur_ratio, lithium_excess=lithium_excess, inactive_mass=inactive_mass
    )
    per_sulfur = (
        1 / sulfur_fraction
        + electrolyte_sulfur_ratio * electrolyte_density
        + (1 + lithium_excess) * sulfur_capacity / LITHIUM_CAPACITY
    )
    value: Number = sulfur_loading * sulfur_capacity * voltage / (sulfur_loading * per_sulfur + inactive_mass)
    return value
