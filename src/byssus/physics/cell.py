"""From electrodes to a cell: balance, currents, lithium of the first cycle, masses, energies, and their cost.

All functions take floats or NumPy arrays and broadcast.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, at_least_zero, plain, share_of_something

Real = float | NDArray[np.float64]


# --- Balance ----------------------------------------------------------------------------------------------------------


@equation(
    "1",
    negative_capacity=("C/m^2", "mAh/cm^2"),
    positive_capacity=("C/m^2", "mAh/cm^2"),
    area_ratio="1",
)
def np_ratio(negative_capacity: Real, positive_capacity: Real, area_ratio: Real = 1.0) -> Real:
    """Capacity of the negative electrode over that of the positive one, N/P.

    Equation
        N/P = a q_N / q_P
    Symbols
        q_N, q_P areal capacities of the negative and the positive electrode [C/m²], a area of the negative
        over that of the positive electrode: 1 counts only what faces the other electrode [1], N/P [1]
    Validity
        Both capacities reversible, at the same rate, in the windows that the cell gives them.  Below 1 lithium
        is plated.  What overhangs (a > 1) takes part only over days.
    Source
        Definition.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    The CCL paper's 0.82 mg/cm² of silicon at 2700 mAh/g against the 2.5 mAh/cm² of its full cell: not the 1.15
    that it states:

    >>> round(np_ratio(0.82e-2 * 2700 * 3600, 2.5 * 36000), 3)
    0.886
    """
    above_zero(negative_capacity=negative_capacity, positive_capacity=positive_capacity, area_ratio=area_ratio)
    return area_ratio * negative_capacity / positive_capacity


@equation(
    "1",
    np_ratio="1",
    positive_specific_capacity=("C/kg", "mAh/g"),
    negative_specific_capacity=("C/kg", "mAh/g"),
)
def np_mass_ratio(np_ratio: Real, positive_specific_capacity: Real, negative_specific_capacity: Real) -> Real:
    """Mass of negative over mass of positive active material that gives an N/P ratio.

    Equation
        m_N/m_P = (N/P) q_P / q_N
    Symbols
        N/P ratio of the capacities [1], q_P, q_N specific capacities of the positive and the negative active
        material [C/kg], m_N/m_P [1]
    Validity
        As `np_ratio`, with equal areas.
    Source
        Definition.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    The CCL paper's 1.15 with 210 and 2700 mAh/g:

    >>> round(np_mass_ratio(1.15, 210 * 3600, 2700 * 3600), 4)
    0.0894
    """
    above_zero(
        np_ratio=np_ratio,
        positive_specific_capacity=positive_specific_capacity,
        negative_specific_capacity=negative_specific_capacity,
    )
    return np_ratio * positive_specific_capacity / negative_specific_capacity


@equation(
    ("kg/m^2", "mg/cm^2"),
    np_ratio="1",
    positive_capacity=("C/m^2", "mAh/cm^2"),
    negative_specific_capacity=("C/kg", "mAh/g"),
)
def negative_loading(np_ratio: Real, positive_capacity: Real, negative_specific_capacity: Real) -> Real:
    """Loading of negative active material that gives an N/P ratio.

    Equation
        m_A = (N/P) q_P / q_N
    Symbols
        N/P ratio of the capacities [1], q_P areal capacity of the positive electrode [C/m²], q_N specific
        capacity of the negative active material [C/kg], m_A its loading [kg/m²]
    Validity
        As `np_ratio`, with equal areas.
    Source
        Definition.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    The silicon that the CCL paper's full cell of 2.5 mAh/cm² needs for 1.15, in mg/cm²: none of its loadings:

    >>> round(100 * negative_loading(1.15, 2.5 * 36000, 2700 * 3600), 3)
    1.065
    """
    above_zero(
        np_ratio=np_ratio, positive_capacity=positive_capacity, negative_specific_capacity=negative_specific_capacity
    )
    return np_ratio * positive_capacity / negative_specific_capacity


# --- Currents ---------------------------------------------------------------------------------------------------------


@equation(("1/s", "1/h"), current=("A", "mA"), capacity=("C", "mAh"))
def c_rate(current: Real, capacity: Real) -> Real:
    """C-rate: current over the capacity that was agreed on.

    Equation
        C = I / Q
    Symbols
        I current [A], Q capacity that the rate refers to [C], C rate [1/s]; 1C is 1 per hour
    Validity
        Q > 0.  It means nothing without its basis: nominal, theoretical or measured capacity, of which
        material.  A half cycle at 1C takes an hour only if it moves Q.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the capacity is not above zero.

    Examples
    --------
    >>> round(3600 * c_rate(0.5e-3, 2.5e-3 * 3600), 3)
    0.2
    """
    above_zero(capacity=capacity)
    return current / capacity


@equation(("1/s", "1/h"), specific_current=("A/kg", "A/g"), specific_capacity=("C/kg", "mAh/g"))
def specific_c_rate(specific_current: Real, specific_capacity: Real) -> Real:
    """C-rate, from a current and a capacity per mass.

    Equation
        C = i / q
    Symbols
        i current per mass [A/kg], q specific capacity that the rate refers to [C/kg], C rate [1/s]; 1C is 1
        per hour
    Validity
        As `c_rate`; both per mass of the same material.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the capacity is not above zero.

    Examples
    --------
    6 A/g of silicon on its 3579 mAh/g:

    >>> round(3600 * specific_c_rate(6000.0, 3579 * 3600), 2)
    1.68
    """
    above_zero(specific_capacity=specific_capacity)
    return specific_current / specific_capacity


@equation(("A", "mA"), c_rate=("1/s", "1/h"), capacity=("C", "mAh"))
def current_from_c_rate(c_rate: Real, capacity: Real) -> Real:
    """Current of a C-rate.

    Equation
        I = C Q
    Symbols
        C rate [1/s], Q capacity that it refers to [C], I current [A]
    Validity
        As `c_rate`.
    Source
        Inverse of `c_rate`.

    Raises
    ------
    ValueError
        If the capacity is not above zero.

    Examples
    --------
    0.05C of 0.927 mg of silicon at 3579 mAh/g, in mA:

    >>> round(1e3 * current_from_c_rate(0.05 / 3600, 0.927e-6 * 3579 * 3600), 4)
    0.1659
    """
    above_zero(capacity=capacity)
    return c_rate * capacity


@equation(("A/m^2", "mA/cm^2"), current=("A", "mA"), area=("m^2", "cm^2"))
def current_density(current: Real, area: Real) -> Real:
    """Current per area.

    Equation
        j = I / A
    Symbols
        I current [A], A area [m²], j current density [A/m²]
    Validity
        A > 0; the punched area unless said otherwise, one side.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the area is not above zero.

    Examples
    --------
    The CCL paper's 189.6 mA, taken at its word, on a disc of 1.13 cm²: no coin cell carries it, so the unit is
    wrong:

    >>> round(0.1 * current_density(189.6e-3, 1.13e-4))
    168
    """
    above_zero(area=area)
    return current / area


@equation(("A/m^2", "mA/cm^2"), specific_current=("A/kg", "A/g"), loading=("kg/m^2", "mg/cm^2"))
def current_density_from_loading(specific_current: Real, loading: Real) -> Real:
    """Current per area, from a current per mass and a loading.

    Equation
        j = i m_A
    Symbols
        i current per mass [A/kg], m_A loading of the same material [kg/m²], j current density [A/m²]
    Validity
        Both of the same material.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the loading is not above zero.

    Examples
    --------
    6 A/g on 0.82 mg/cm², in mA/cm²:

    >>> round(0.1 * current_density_from_loading(6000.0, 0.82e-2), 2)
    4.92
    """
    above_zero(loading=loading)
    return specific_current * loading


@equation(("A/kg", "A/g"), current=("A", "mA"), mass=("kg", "mg"))
def specific_current(current: Real, mass: Real) -> Real:
    """Current per mass.

    Equation
        i = I / m
    Symbols
        I current [A], m mass [kg], i current per mass [A/kg]
    Validity
        m > 0; it names of which material.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the mass is not above zero.

    Examples
    --------
    The full cell's 2.5 mA/cm² on the 1.065 mg/cm² of silicon that would balance it, in A/g:

    >>> round(1e-3 * specific_current(2.5e-3, 1.065e-6), 2)
    2.35
    """
    above_zero(mass=mass)
    return current / mass


# --- Cycles -----------------------------------------------------------------------------------------------------------


@equation("any", capacity="any", retention=("1", "%"))
def baseline_from_retention(capacity: Real, retention: Real) -> Real:
    """Capacity that a printed retention must have been counted from.

    Equation
        q_b = q_n / R
    Symbols
        q_n capacity in cycle n [any], R its retention [1], q_b capacity in the baseline cycle [as q_n]
    Validity
        R > 0; it may be above 1.  Worth comparing with what is printed of early cycles.
    Source
        Inverse of the definition of retention.

    Raises
    ------
    ValueError
        If the retention is not above zero or the capacity is below it.

    Examples
    --------
    The CCL paper's 2002.6 mAh/g at 73.3 %; its rate test has 2425.5 mAh/g at that current:

    >>> round(baseline_from_retention(2002.6, 0.733), 1)
    2732.1
    """
    at_least_zero(capacity=capacity)
    above_zero(retention=retention)
    return capacity / retention


@equation(("1", "%"), charge_energy="any", discharge_energy="any")
def energy_efficiency(charge_energy: Real, discharge_energy: Real) -> Real:
    """Share of the energy of a charge that the next discharge gives back.

    Equation
        η = W_d / W_c
    Symbols
        W_c energy taken by the charge, W_d given by the discharge, each ∫ U I dt [any, equal], η [1]
    Validity
        A full cell, both halves between the same states.  It is below the coulombic efficiency by the
        voltage that polarisation and hysteresis take; a retention it is not.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the energy of the charge is not above zero or that of the discharge is below it.

    Examples
    --------
    9.00 mWh at 3.75 V in the mean, of which 99.9 % of the charge returns at 3.60 V:

    >>> round(100 * energy_efficiency(9.00, 9.00 * 0.999 * 3.60 / 3.75), 1)
    95.9
    """
    above_zero(charge_energy=charge_energy)
    at_least_zero(discharge_energy=discharge_energy)
    return discharge_energy / charge_energy


class LithiumBalance(NamedTuple):
    """Where the lithium is after the first cycle of a full cell, as areal capacities."""

    reversible_capacity: Real
    left_in_negative: Real
    room_in_positive: Real
    prelithiation_needed: Real
    plated: Real


@equation(
    ("C/m^2", "mAh/cm^2"),
    positive_capacity=("C/m^2", "mAh/cm^2"),
    positive_loss=("C/m^2", "mAh/cm^2"),
    negative_capacity=("C/m^2", "mAh/cm^2"),
    negative_loss=("C/m^2", "mAh/cm^2"),
    prelithiation=("C/m^2", "mAh/cm^2"),
)
def first_cycle_lithium_balance(
    positive_capacity: Real,
    positive_loss: Real,
    negative_capacity: Real,
    negative_loss: Real,
    prelithiation: Real = 0.0,
) -> LithiumBalance:
    """Capacity that a full cell keeps after its first cycle, and where the other lithium is.

    Equation
        x = Q_P,   p = max(0, x + P − Q_N),   n = max(0, x + P − p − L_N),   r = x − L_P,
        Q = min(n, r),   left = n − Q,   room = r − Q,   needed = max(0, L_N − L_P)
    Symbols
        Q_P charge that the positive electrode gives in its first charge, L_P the part of it that it cannot
        take back; Q_N lithium that the negative electrode takes in its first lithiation, L_N the part of it
        that it does not give back; P lithium given to the negative electrode beforehand; x lithium moved;
        n lithium that the negative electrode can give; r lithium that the positive one can take;
        Q reversible capacity; left lithium that stays, usable, in the negative electrode; room sites that
        stay empty in the positive one; needed the dose P that just fills them; p lithium that finds no place
        in the negative electrode and is plated, counted as lost [all C/m²]
    Validity
        A cell built discharged, its first charge ended by the positive electrode; capacities and losses as
        half cells show them, in the windows of the cell; losses complete in the first cycle.  The dose needs
        room as well: Q_N ≥ Q_P + P, or it is plated.
    Source
        Conservation of lithium; the losses are those of `coulombic_efficiency` of each half cell.

    Raises
    ------
    ValueError
        If a capacity is not above zero, a loss or the dose is below it, or a loss is more than its capacity.

    Examples
    --------
    2.5 mAh/cm² of NCM811 of which 0.25 do not return, against 2.9 of silicon of which 7 %, the CCL paper's 93 %,
    do not: the positive electrode's loss covers the silicon's, and no lithium need be added:

    >>> balance = first_cycle_lithium_balance(2.5 * 36000, 0.25 * 36000, 2.9 * 36000, 0.07 * 2.9 * 36000)
    >>> [round(each / 36000, 3) for each in (balance.reversible_capacity, balance.left_in_negative)]
    [2.25, 0.047]
    >>> balance.prelithiation_needed
    0.0
    """
    above_zero(positive_capacity=positive_capacity, negative_capacity=negative_capacity)
    at_least_zero(positive_loss=positive_loss, negative_loss=negative_loss, prelithiation=prelithiation)
    for name, loss, capacity in (
        ("positive_loss", positive_loss, positive_capacity),
        ("negative_loss", negative_loss, negative_capacity),
    ):
        if np.any(np.asarray(loss) > capacity):
            raise ValueError(f"{name} must be at most the first capacity, {capacity}, not {loss}")
    plated = np.maximum(positive_capacity + prelithiation - negative_capacity, 0.0)
    gives = np.maximum(positive_capacity + prelithiation - plated - negative_loss, 0.0)
    takes = np.asarray(positive_capacity - positive_loss)
    reversible = np.minimum(gives, takes)
    needed = np.maximum(negative_loss - positive_loss, 0.0)
    return LithiumBalance(
        *(plain(each) for each in (reversible, gives - reversible, takes - reversible, needed, plated))
    )


@equation(("m^3/C", "uL/mAh"), volume=("m^3", "uL"), capacity=("C", "mAh"))
def electrolyte_per_capacity(volume: Real, capacity: Real) -> Real:
    """Liquid electrolyte in a cell over its capacity.

    Equation
        e = V / Q
    Symbols
        V volume of the electrolyte [m³], Q capacity of the cell [C], e [m³/C]; 1 mL/Ah = 1 µL/mAh
    Validity
        Q > 0.  Coin cells hold ten times and more what industry's cells do, and hide losses of electrolyte.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the volume is below zero or the capacity is not above it.

    Examples
    --------
    The CCL paper's 30 and 5 µL on 0.82 mg/cm² of silicon at 3227 mAh/g and 1.13 cm², in µL/mAh:

    >>> capacity = 0.82e-2 * 1.13e-4 * 3227 * 3600
    >>> [round(1e9 * 3.6 * electrolyte_per_capacity(volume, capacity), 1) for volume in (30e-9, 5e-9)]
    [10.0, 1.7]
    """
    at_least_zero(volume=volume)
    above_zero(capacity=capacity)
    return volume / capacity


# --- Masses and energies ----------------------------------------------------------------------------------------------


@equation(
    ("J/kg", "Wh/kg"),
    areal_capacity=("C/m^2", "mAh/cm^2"),
    voltage="V",
    areal_mass=("kg/m^2", "mg/cm^2"),
)
def specific_energy_of_stack(areal_capacity: Real, voltage: Real, areal_mass: Real) -> Real:
    """Energy per mass of layers of which mass and capacity are known per area.

    Equation
        w = q U / m_A
    Symbols
        q areal capacity [C/m²], U mean voltage of the discharge [V], m_A mass of all layers that are counted,
        per area [kg/m²], w energy per mass [J/kg]; 1 Wh/kg = 3600 J/kg
    Validity
        m_A names what it counts.  A foil coated on both sides counts half to each; can, tabs and what
        overhangs make a cell heavier than its stacks.
    Source
        Definition.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    5 mAh/cm² at 3.65 V in 65 mg/cm²:

    >>> round(specific_energy_of_stack(5 * 36000, 3.65, 0.65) / 3600, 1)
    280.8
    """
    above_zero(areal_capacity=areal_capacity, voltage=voltage, areal_mass=areal_mass)
    return areal_capacity * voltage / areal_mass


@equation(
    ("J/m^3", "Wh/L"),
    areal_capacity=("C/m^2", "mAh/cm^2"),
    voltage="V",
    thickness=("m", "um"),
)
def energy_density_of_stack(areal_capacity: Real, voltage: Real, thickness: Real) -> Real:
    """Energy per volume of layers of which thickness and capacity are known.

    Equation
        w = q U / L
    Symbols
        q areal capacity [C/m²], U mean voltage of the discharge [V], L thickness of all layers that are
        counted [m], w energy per volume [J/m³]; 1 Wh/L = 3.6e6 J/m³
    Validity
        L names what it counts, and in which state: a cell must have room for the charged thickness.
    Source
        Definition.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    5 mAh/cm² at 3.65 V in 230 µm:

    >>> round(energy_density_of_stack(5 * 36000, 3.65, 230e-6) / 3.6e6)
    793
    """
    above_zero(areal_capacity=areal_capacity, voltage=voltage, thickness=thickness)
    return areal_capacity * voltage / thickness


@equation(
    ("kg", "g"),
    areal_mass=("kg/m^2", "mg/cm^2"),
    area=("m^2", "cm^2"),
    layers="1",
    housing_mass=("kg", "g"),
)
def cell_mass(areal_mass: Real, area: Real, layers: Real = 1.0, housing_mass: Real = 0.0) -> Real:
    """Mass of a coin, pouch or wound cell.

    Equation
        m = n A m_A + m_h
    Symbols
        m_A mass per area of one repeat, from the middle of one foil to the middle of the next [kg/m²],
        A area of a repeat: of a disc, of a sheet, of a jelly roll its length times its width [m²], n repeats:
        1 in a coin, twice the double-coated positive sheets in a pouch, 2 in a jelly roll [1], m_h mass of
        all else: can, tabs, spring, electrolyte not counted in m_A [kg], m [kg]
    Validity
        Equal areas of all layers.
    Source
        Addition.

    Raises
    ------
    ValueError
        If the mass per area, the area or the repeats are not above zero, or the housing's mass is below it.

    Examples
    --------
    A pouch of 20 positive sheets of 30 cm², coated on both sides, 65 mg/cm² a repeat, in 10 g:

    >>> round(1e3 * cell_mass(0.65, 30e-4, 40, 10e-3), 2)
    88.0
    """
    above_zero(areal_mass=areal_mass, area=area, layers=layers)
    at_least_zero(housing_mass=housing_mass)
    return layers * area * areal_mass + housing_mass


@equation(
    ("m", "cm"),
    thickness=("m", "um"),
    outer_diameter=("m", "mm"),
    inner_diameter=("m", "mm"),
)
def jelly_roll_length(thickness: Real, outer_diameter: Real, inner_diameter: Real = 0.0) -> Real:
    """Length of the band that is wound into a cylinder.

    Equation
        L = π (D² − d²) / (4 t)
    Symbols
        t thickness of the band: both foils, both coatings on each, two separators [m], D diameter of the roll,
        inside the can, d that of the hole in its middle [m], L length [m]
    Validity
        t ≪ D; no gaps, no overlap.  It conserves area; the spiral's own length differs by less than t/D.
    Source
        Conservation of area.

    Raises
    ------
    ValueError
        If the thickness or the outer diameter is not above zero, or the inner one is not from zero to below the outer.

    Examples
    --------
    A band of 460 µm in a roll of 17.5 mm with a hole of 3 mm, in cm:

    >>> round(100 * jelly_roll_length(460e-6, 17.5e-3, 3e-3), 1)
    50.8
    """
    above_zero(thickness=thickness, outer_diameter=outer_diameter)
    at_least_zero(inner_diameter=inner_diameter)
    if np.any(np.asarray(inner_diameter) >= outer_diameter):
        raise ValueError(f"inner_diameter must be below outer_diameter, {outer_diameter} m, not {inner_diameter}")
    return np.pi * (outer_diameter**2 - inner_diameter**2) / (4 * thickness)


# --- Making -----------------------------------------------------------------------------------------------------------


@equation(
    ("J", "kJ"),
    solvent_mass=("kg", "g"),
    molar_mass=("kg/mol", "g/mol"),
    enthalpy_of_vaporisation=("J/mol", "kJ/mol"),
    heat_capacity=("J/(kg*K)", "J/(g*K)"),
    heating="K",
    efficiency=("1", "%"),
)
def solvent_evaporation_energy(
    solvent_mass: Real,
    molar_mass: Real,
    enthalpy_of_vaporisation: Real,
    heat_capacity: Real = 0.0,
    heating: Real = 0.0,
    efficiency: Real = 1.0,
) -> Real:
    """Heat that drying a coating takes.

    Equation
        W = m (ΔH_v / M + c ΔT) / η
    Symbols
        m mass of the solvent [kg], ΔH_v enthalpy of vaporisation at the temperature of drying [J/mol],
        M molar mass [kg/mol], c specific heat capacity of the liquid [J/(kg K)], ΔT by how much it is heated
        [K], η share of the dryer's heat that reaches the solvent [1], W heat [J]
    Validity
        η = 1 gives the least that thermodynamics asks.  Dryers take far more, most of it to heat air: NMP
        needs nearly ten times the energy of water by a model of a dryer, though its ΔH_v/M is a quarter.
    Source
        Conservation of energy; the dryer's model: Modeling and analysis of solvent removal during Li-ion
        battery electrode drying, J. Power Sources 378 (2018), OSTI 1431318; costs: D. L. Wood et al., Dry.
        Technol. 36 (2018) 234, doi:10.1080/07373937.2017.1319855.

    Raises
    ------
    ValueError
        If a mass is not above zero, another argument is below it, or the efficiency is not above 0 and up to 1.

    Examples
    --------
    1 kg of water (43.98 kJ/mol, 18.015 g/mol) and of NMP (52.83, 99.13), in MJ:

    >>> [round(solvent_evaporation_energy(1.0, m, h) / 1e6, 2) for m, h in ((18.015e-3, 43.98e3), (99.13e-3, 52.83e3))]
    [2.44, 0.53]
    """
    above_zero(solvent_mass=solvent_mass, molar_mass=molar_mass)
    at_least_zero(enthalpy_of_vaporisation=enthalpy_of_vaporisation, heat_capacity=heat_capacity, heating=heating)
    share_of_something(efficiency=efficiency)
    return solvent_mass * (enthalpy_of_vaporisation / molar_mass + heat_capacity * heating) / efficiency


@equation(("USD/J", "USD/kWh"), price="USD/kg", mass=("kg", "g"), energy=("J", "Wh"))
def cost_per_energy(price: Real, mass: Real, energy: Real) -> Real:
    """What a material costs per energy that the cell stores.

    Equation
        k = p m / W
    Symbols
        p price of the material [USD/kg], m mass that goes into the cell, losses counted [kg], W energy of the
        cell [J], k [USD/J]; 1 USD/kWh = 2.78e-7 USD/J
    Validity
        Mass and energy of the same cell, or both per the same area.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the price or the mass is below zero or the energy is not above it.

    Examples
    --------
    0.5 mg/cm² of a binder at 10 USD/kg in a stack of 5 mAh/cm² at 3.65 V, in USD/kWh:

    >>> round(3.6e6 * cost_per_energy(10.0, 0.5e-2, 5 * 36000 * 3.65), 3)
    0.274
    """
    at_least_zero(price=price, mass=mass)
    above_zero(energy=energy)
    return price * mass / energy
