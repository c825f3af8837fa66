"""What is in a slurry and in a solid: solutions, mass and volume fractions, charges, blends, salts.

Several components come as lists or arrays, over the last dimension; all else broadcasts.
"""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byssus.physics import constants
from byssus.physics.constants import AVOGADRO, FARADAY
from byssus.physics.equation import TEXT, equation
from byssus.physics.limits import (
    above_zero,
    at_least_zero,
    components,
    plain,
    share,
    share_of_something,
)

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

#: Molar mass of a glucose unit of cellulose [kg/mol]; its formula, with standard atomic weights.
ANHYDROGLUCOSE: Final = 1e-3 * constants.molar_mass("C6H10O5")
#: What a carboxymethyl group adds to it in place of a hydrogen, by form [kg/mol]; formulae, with standard atomic weights.
CARBOXYMETHYL: Final = {
    "acid": 1e-3 * (constants.molar_mass("CH2COOH") - constants.molar_mass("H")),
    "sodium": 1e-3 * (constants.molar_mass("CH2COONa") - constants.molar_mass("H")),
    "lithium": 1e-3 * (constants.molar_mass("CH2COOLi") - constants.molar_mass("H")),
}
#: Molar mass of the repeat unit of poly(ethylene oxide) [kg/mol]; its formula, with standard atomic weights.
ETHYLENE_OXIDE: Final = 1e-3 * constants.molar_mass("C2H4O")


# --- Solutions --------------------------------------------------------------------------------------------------------


@equation(("1", "%"), solute_mass=("kg", "mg"), solvent_mass=("kg", "mg"))
def mass_fraction_from_solution(solute_mass: Number, solvent_mass: Number | float) -> Number:
    """Mass fraction of a solution, from what was weighed into it.

    Equation
        w = m_s / (m_s + m_l)
    Symbols
        m_s mass of the dissolved substance [kg], m_l mass of the solvent [kg], w mass fraction of the
        solution [1]
    Validity
        m_s, m_l ≥ 0, not both 0; nothing evaporates.  Water of crystallisation belongs to the solvent.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a mass is below zero, or both are zero.

    Examples
    --------
    The seed paper's 5 mg of citric acid and 9 mg of CMC in 1 mL of water:

    >>> round(100 * mass_fraction_from_solution(14e-6, 997e-6), 2)
    1.38
    """
    at_least_zero(solute_mass=solute_mass, solvent_mass=solvent_mass)
    total = solute_mass + solvent_mass
    above_zero(**{"solute_mass + solvent_mass": total})
    return solute_mass / total


@equation(("kg", "mg"), solution_mass=("kg", "mg"), mass_fraction=("1", "%"))
def solute_mass(solution_mass: Number, mass_fraction: Number | float) -> Number:
    """Mass of the dissolved substance in a solution.

    Equation
        m_s = w m
    Symbols
        m mass of the solution [kg], w its mass fraction [1], m_s mass of the dissolved substance [kg]
    Validity
        m ≥ 0, 0 ≤ w ≤ 1.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the mass is below zero or the mass fraction is none.

    Examples
    --------
    The seed paper's 30 mg of a 22 % solution of lithium silicate hold 6.6 mg:

    >>> round(solute_mass(30e-6, 0.22) * 1e6, 3)
    6.6
    """
    at_least_zero(solution_mass=solution_mass)
    share(mass_fraction=mass_fraction)
    return solution_mass * mass_fraction


@equation(("kg", "mg"), solution_mass=("kg", "mg"), mass_fraction=("1", "%"), target_fraction=("1", "%"))
def dilution(solution_mass: Number, mass_fraction: Number | float, target_fraction: Number | float) -> Number:
    """Mass of solvent that thins a solution to a lower mass fraction.

    Equation
        m_l = m (w / w_t − 1)
    Symbols
        m mass of the solution [kg], w its mass fraction [1], w_t the lower one [1], m_l mass of solvent to
        add [kg]
    Validity
        m ≥ 0, 0 < w_t ≤ w ≤ 1.
    Source
        The dissolved mass stays: w m = w_t (m + m_l).

    Raises
    ------
    ValueError
        If the target is above what the solution has, or a fraction or mass is none.

    Examples
    --------
    30 mg at 22 % become 33 mg at 20 %:

    >>> round(dilution(30e-6, 0.22, 0.20) * 1e6, 6)
    3.0
    """
    at_least_zero(solution_mass=solution_mass)
    share(mass_fraction=mass_fraction)
    share_of_something(target_fraction=target_fraction)
    if np.any(np.greater(target_fraction, mass_fraction)):
        raise ValueError(
            f"target_fraction must be no more than mass_fraction, {mass_fraction:.6g}, not {target_fraction:.6g}"
            if np.ndim(target_fraction) + np.ndim(mass_fraction) == 0
            else "target_fraction must be no more than mass_fraction, and is not everywhere"
        )
    value: Number = solution_mass * (mass_fraction / target_fraction - 1)
    return value


@equation(("1", "%"), masses=("kg", "mg"), mass_fractions=("1", "%"))
def solid_content(masses: ArrayLike, mass_fractions: ArrayLike) -> float | Array:
    """Share of a slurry that stays when it dries.

    Equation
        w = Σ wᵢ mᵢ / Σ mᵢ
    Symbols
        mᵢ mass of component i as it was weighed [kg], wᵢ the share of it that stays: 1 for a powder, 0 for
        a solvent, between for a solution [1], w solid content [1]
    Validity
        Σ mᵢ > 0; nothing but solvent leaves.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a mass is below zero, all are zero, a share is none, or the lists differ in length.

    Examples
    --------
    The seed paper's binder: citric acid, CMC, 22 % lithium silicate, 1 mL of water:

    >>> round(100 * solid_content([5.0, 9.0, 30.0, 997.0], [1, 1, 0.22, 0]), 2)
    1.98
    """
    mass, stays = components(masses=masses, mass_fractions=mass_fractions)
    _mass_and_share(mass, stays)
    return plain((mass * stays).sum(-1) / mass.sum(-1))


@equation(("1", "%"), masses=("kg", "mg"), mass_fractions=("1", "%"))
def solid_fractions(masses: ArrayLike, mass_fractions: ArrayLike) -> Array:
    """Mass fractions in the dry solid of components that were weighed dry or as solutions.

    Equation
        fᵢ = wᵢ mᵢ / Σ wⱼ mⱼ
    Symbols
        mᵢ mass of component i as it was weighed [kg], wᵢ the share of it that stays: 1 for a powder, less
        for a solution [1], fᵢ its mass fraction in the dry solid [1]
    Validity
        Σ wᵢ mᵢ > 0; nothing but solvent leaves, and nothing is lost to the vessel.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a mass is below zero, nothing stays, a share is none, or the lists differ in length.

    Examples
    --------
    The seed paper calls its 9 mg of CMC, 5 mg of citric acid and 30 mg of 22 % lithium silicate 9:5:6; it is
    9:5:6.6:

    >>> (100 * solid_fractions([9.0, 5.0, 30.0], [1, 1, 0.22])).round(1).tolist()
    [43.7, 24.3, 32.0]
    """
    mass, stays = components(masses=masses, mass_fractions=mass_fractions)
    _mass_and_share(mass, stays)
    solid = mass * stays
    above_zero(**{"mass of solids": solid.sum(-1)})
    fractions: Array = solid / solid.sum(-1, keepdims=True)
    return fractions


# --- Formulae ---------------------------------------------------------------------------------------------------------


@equation(("kg/mol", "g/mol"), formula=TEXT)
def molar_mass(formula: str) -> float:
    """Molar mass of a formula, in SI units.

    Equation
        M = Σ nᵢ Aᵢ M_u
    Symbols
        nᵢ atoms of element i in the formula, Aᵢ standard atomic weight [1], M_u = 1 g/mol (to 1e-9 g/mol),
        M molar mass [kg/mol]
    Validity
        Normal materials, not enriched ones; lithium's is known to 0.9 % only.  Written as LiFePO4,
        Li2O(SiO2)4.8 or CuSO4·5H2O.
    Source
        T. Prohaska et al. 2022, Standard atomic weights of the elements 2021, doi:10.1515/pac-2019-0603.

    Raises
    ------
    ValueError
        If the formula cannot be read, or names an element that is not in the table.

    Examples
    --------
    >>> round(1e3 * molar_mass("Li2O(SiO2)4.8"), 1)
    318.3
    """
    return 1e-3 * constants.molar_mass(formula)


@equation(("C/kg", "mAh/g"), molar_mass=("kg/mol", "g/mol"), electrons="1")
def theoretical_capacity(molar_mass: Number | float, electrons: Number) -> Number:
    """Charge that a substance can hold per mass, by Faraday's law.

    Equation
        q = n F / M
    Symbols
        M molar mass [kg/mol], n electrons per formula unit [1], F Faraday constant [C/mol], q specific
        capacity [C/kg]; 1 mAh/g = 3600 C/kg
    Validity
        M, n > 0.  M is of the substance that the capacity is stated for: usually without lithium for a
        negative electrode, with it for a positive one.
    Source
        Definition; F from CODATA 2022.

    Raises
    ------
    ValueError
        If a value is not above zero.

    Examples
    --------
    Silicon to Li15Si4, which the paper prints as 3579 mAh/g and the review as 3580:

    >>> round(theoretical_capacity(28.085e-3, 15 / 4) / 3600, 1)
    3578.6
    """
    above_zero(molar_mass=molar_mass, electrons=electrons)
    value: Number = electrons * FARADAY / molar_mass
    return value


@equation(("C/kg", "mAh/g"), formula=TEXT, electrons="1")
def theoretical_capacity_of_formula(formula: str, electrons: Number) -> Number:
    """Charge that a substance can hold per mass, from its formula.

    Equation
        q = n F / M
    Symbols
        M molar mass of the formula [kg/mol], n electrons per formula unit [1], F Faraday constant [C/mol],
        q specific capacity [C/kg]; 1 mAh/g = 3600 C/kg
    Validity
        n > 0; as `theoretical_capacity`.
    Source
        Definition; F from CODATA 2022, M as `molar_mass`.

    Raises
    ------
    ValueError
        If the formula cannot be read or there are no electrons.

    Examples
    --------
    Graphite to LiC6, and lithium iron phosphate:

    >>> round(theoretical_capacity_of_formula("C6", 1) / 3600, 1)
    371.9
    >>> round(theoretical_capacity_of_formula("LiFePO4", 1) / 3600, 1)
    169.9
    """
    return theoretical_capacity(molar_mass(formula), electrons)


# --- Fractions --------------------------------------------------------------------------------------------------------


@equation(("1", "%"), parts="1")
def ratio_fractions(parts: ArrayLike) -> Array:
    """Fractions from the parts of a ratio.

    Equation
        fᵢ = pᵢ / Σ pⱼ
    Symbols
        pᵢ parts of component i [1], fᵢ its fraction [1]
    Validity
        pᵢ ≥ 0, Σ pᵢ > 0.  The fractions are by mass if the parts are.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a part is below zero or all are zero.

    Examples
    --------
    The seed paper's 9:5:6 of CMC, citric acid and lithium silicate:

    >>> ratio_fractions([9, 5, 6]).tolist()
    [0.45, 0.25, 0.3]
    """
    (part,) = components(parts=parts)
    at_least_zero(parts=part)
    above_zero(**{"sum of the parts": part.sum(-1)})
    fractions: Array = part / part.sum(-1, keepdims=True)
    return fractions


@equation(("1", "%"), masses=("kg", "mg"), densities=("kg/m^3", "g/cm^3"))
def volume_fractions(masses: ArrayLike, densities: ArrayLike) -> Array:
    """Fractions by volume of components of known mass.

    Equation
        φᵢ = (mᵢ / ρᵢ) / Σ (mⱼ / ρⱼ)
    Symbols
        mᵢ mass of component i, or its mass fraction or parts by mass [kg], ρᵢ density [kg/m³], φᵢ its
        volume fraction [1]
    Validity
        mᵢ ≥ 0, ρᵢ > 0; volumes add up, as in a mixture of solids.  Pores are no component: multiply by
        1 − porosity for fractions of the whole coating.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a mass is below zero, all are zero, a density is not above zero, or the lists differ in length.

    Examples
    --------
    The seed paper's silicon, carbon black and binder at 6:2:2, with 2.33, 1.86 and 1.7 g/cm³:

    >>> (100 * volume_fractions([6, 2, 2], [2330, 1860, 1700])).round(1).tolist()
    [53.3, 22.3, 24.4]
    """
    mass, density = _masses_and_densities(masses, densities)
    volume = mass / density
    fractions: Array = volume / volume.sum(-1, keepdims=True)
    return fractions


@equation(("1", "%"), volumes=("m^3", "cm^3"), densities=("kg/m^3", "g/cm^3"))
def mass_fractions_from_volumes(volumes: ArrayLike, densities: ArrayLike) -> Array:
    """Fractions by mass of components of known volume.

    Equation
        fᵢ = ρᵢ Vᵢ / Σ ρⱼ Vⱼ
    Symbols
        Vᵢ volume of component i, or its volume fraction or parts by volume [m³], ρᵢ density [kg/m³], fᵢ its
        mass fraction [1]
    Validity
        Vᵢ ≥ 0, ρᵢ > 0.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a volume is below zero, all are zero, a density is not above zero, or the lists differ in length.

    Examples
    --------
    Equal volumes of EC at 1.32 and DEC at 0.97 g/cm³:

    >>> (100 * mass_fractions_from_volumes([1, 1], [1320, 970])).round(1).tolist()
    [57.6, 42.4]
    """
    volume, density = components(volumes=volumes, densities=densities)
    at_least_zero(volumes=volume)
    above_zero(densities=density, **{"sum of the volumes": volume.sum(-1)})
    mass = volume * density
    fractions: Array = mass / mass.sum(-1, keepdims=True)
    return fractions


@equation(("kg/m^3", "g/cm^3"), masses=("kg", "mg"), densities=("kg/m^3", "g/cm^3"))
def mixture_density(masses: ArrayLike, densities: ArrayLike) -> float | Array:
    """Density of a mixture without pores: of a slurry, or of a coating's solids.

    Equation
        ρ = Σ mᵢ / Σ (mᵢ / ρᵢ)
    Symbols
        mᵢ mass of component i, or its mass fraction or parts by mass [kg], ρᵢ density [kg/m³], ρ density of
        the mixture [kg/m³]
    Validity
        mᵢ ≥ 0, ρᵢ > 0; volumes add up.  Liquids that mix shrink or swell by up to some per cent; a
        dissolved substance counts with the density that its solution implies.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a mass is below zero, all are zero, a density is not above zero, or the lists differ in length.

    Examples
    --------
    The solids of the seed paper's coating:

    >>> round(mixture_density([6, 2, 2], [2330, 1860, 1700]))
    2072
    """
    mass, density = _masses_and_densities(masses, densities)
    return plain(mass.sum(-1) / (mass / density).sum(-1))


# --- Charges and bridges ----------------------------------------------------------------------------------------------


@equation(("mol", "umol"), mass=("kg", "mg"), molar_mass=("kg/mol", "g/mol"), groups="1")
def charge_amount(mass: Number, molar_mass: Number | float, groups: Number | float = 1.0) -> Number:
    """Amount of charges or reactive groups in a mass.

    Equation
        n = z m / M
    Symbols
        m mass [kg], M molar mass [kg/mol], z groups in a formula unit [1], n amount of groups [mol]
    Validity
        m ≥ 0, M > 0, z ≥ 0.  A polymer counts with M of its repeat unit.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the mass or the groups are below zero, or the molar mass is not above zero.

    Examples
    --------
    The seed paper's 5 mg of citric acid, of three carboxyl groups, against the lithium in 6.6 mg of
    Li2O·4.8SiO2:

    >>> acid, lithium = charge_amount(5e-6, 192.123e-3, 3), charge_amount(6.6e-6, 318.277e-3, 2)
    >>> round(acid * 1e6, 1), round(lithium * 1e6, 1), round(acid / lithium, 2)
    (78.1, 41.5, 1.88)
    """
    at_least_zero(mass=mass, groups=groups)
    above_zero(molar_mass=molar_mass)
    value: Number = groups * mass / molar_mass
    return value


@equation(("mol", "umol"), valid={"substitution": (0.4, 1.2)}, mass=("kg", "mg"), substitution="1", form=TEXT)
def carboxymethyl_amount(mass: Number, substitution: Number | float, form: str = "sodium") -> Number:
    """Amount of carboxylate in a mass of carboxymethyl cellulose.

    Equation
        n = DS m / (M_AGU + DS ΔM)
    Symbols
        m mass of dry polymer [kg], DS degree of substitution, groups per glucose unit [1],
        M_AGU = 162.14 g/mol molar mass of the glucose unit, ΔM what a group adds: 58.04 g/mol as acid,
        80.02 g/mol as sodium salt, 63.97 g/mol as lithium salt [kg/mol], n amount of groups [mol]
    Validity
        0 ≤ DS ≤ 3, all groups in one form (``acid``, ``sodium`` or ``lithium``).  Sold as 0.4 to 1.2; the
        water that the powder takes up from air is no polymer.
    Source
        The formulae of the units, with standard atomic weights; the range of trade from the abstract of
        doi:10.5772/56935.

    Raises
    ------
    ValueError
        If the mass is below zero, the degree is not from 0 to 3, or the form is another.

    Examples
    --------
    The seed paper's 9 mg of the sodium salt, were its unstated degree of substitution 0.9:

    >>> round(carboxymethyl_amount(9e-6, 0.9) * 1e6, 1)
    34.6
    """
    at_least_zero(mass=mass)
    _substitution(substitution)
    value: Number = substitution * mass / (ANHYDROGLUCOSE + substitution * _increment(form))
    return value


@equation("1", charge_per_mass=("mol/kg", "mmol/g"), form=TEXT)
def degree_of_substitution(charge_per_mass: Number, form: str = "acid") -> Number:
    """Degree of substitution of carboxymethyl cellulose from its groups per mass, as a titration finds them.

    Equation
        DS = M_AGU A / (1 − ΔM A)
    Symbols
        A amount of groups per mass of dry polymer [mol/kg], M_AGU molar mass of the glucose unit, ΔM what a
        group adds to it [kg/mol], DS groups per glucose unit [1]
    Validity
        A ≥ 0, and below what a degree of 3 gives; all groups in one form (``acid``, ``sodium`` or
        ``lithium``) when it was weighed.
    Source
        Inverse of `carboxymethyl_amount`; with rounded masses the 0.162 A / (1 − 0.058 A) of titrations of
        the acid.

    Raises
    ------
    ValueError
        If the amount is below zero or more than three groups a unit, or the form is another.

    Examples
    --------
    >>> round(degree_of_substitution(4.2), 2)
    0.9
    """
    at_least_zero(charge_per_mass=charge_per_mass)
    increment = _increment(form)
    # Three groups a unit; the margin lets the round trip of exactly three through.
    most = 3 / (ANHYDROGLUCOSE + 3 * increment) * (1 + 1e-9)
    if not np.all(np.less_equal(charge_per_mass, most)):
        raise ValueError(
            f"charge_per_mass must be at most {most:.6g} mol/kg, three groups a unit, not {np.max(charge_per_mass):.6g}"
        )
    value: Number = ANHYDROGLUCOSE * charge_per_mass / (1 - increment * charge_per_mass)
    return value


@equation("1", linker_groups=("mol", "umol"), partner_groups=("mol", "umol"))
def crosslink_ratio(linker_groups: Number, partner_groups: Number | float) -> Number:
    """Groups of a crosslinker for each group that it can bind to.

    Equation
        r = n_l / n_p
    Symbols
        n_l amount of reactive groups of the crosslinker [mol], n_p amount of those they bind to [mol], r [1]
    Validity
        n_l ≥ 0, n_p > 0.  1 is the stoichiometric ratio; below, partners stay free, above, the crosslinker
        hangs on by one end.  It says what could react, not what did.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the linker's groups are below zero or the partner's not above zero.

    Examples
    --------
    The carboxyl groups of the seed paper's citric acid for each of its lithium ions:

    >>> round(crosslink_ratio(78.1e-6, 41.5e-6), 2)
    1.88
    """
    at_least_zero(linker_groups=linker_groups)
    above_zero(partner_groups=partner_groups)
    return linker_groups / partner_groups


@equation(("1", "%"), base_amount=("mol", "umol"), acid_amount=("mol", "umol"))
def degree_of_neutralisation(base_amount: Number, acid_amount: Number | float) -> Number:
    """Share of the acid groups that a base turns into salt, were it to react in full.

    Equation
        α = n_b / n_a
    Symbols
        n_b amount of base, or of the cations that the polymer came with [mol], n_a amount of acid groups in
        all, free and as salt [mol], α degree of neutralisation [1]; above 1 base is left over
    Validity
        n_b ≥ 0, n_a > 0.  A stoichiometric bound: what really is dissociated follows from the pH, see
        `byssus.physics.acidity`.
    Source
        Definition.

    Raises
    ------
    ValueError
        If the base is below zero or the acid not above zero.

    Examples
    --------
    The lithium of the seed paper's silicate on the carboxyl groups of its citric acid:

    >>> round(100 * degree_of_neutralisation(41.5e-6, 78.1e-6))
    53
    """
    at_least_zero(base_amount=base_amount)
    above_zero(acid_amount=acid_amount)
    return base_amount / acid_amount


# --- Polymer electrolytes ---------------------------------------------------------------------------------------------


@equation(
    ("1", "%"),
    ether_oxygen_ratio="1",
    salt_molar_mass=("kg/mol", "g/mol"),
    unit_molar_mass=("kg/mol", "g/mol"),
)
def salt_mass_fraction(
    ether_oxygen_ratio: Number, salt_molar_mass: Number | float, unit_molar_mass: Number | float = ETHYLENE_OXIDE
) -> Number:
    """Mass fraction of lithium salt in a polyether, from ether oxygens per lithium.

    Equation
        w = M_s / (M_s + r M_EO)
    Symbols
        r ether oxygens per lithium, EO:Li [1], M_s molar mass of the salt per lithium [kg/mol], M_EO molar
        mass of polymer per ether oxygen, 44.053 g/mol for poly(ethylene oxide) [kg/mol], w mass fraction of
        the salt in polymer and salt [1]
    Validity
        r ≥ 0.  Only for polymers that have ether oxygen: PVDF has none.  Fillers are not counted.
    Source
        Definition; the formula of the unit, with standard atomic weights.

    Raises
    ------
    ValueError
        If the ratio is below zero or a molar mass not above zero.

    Examples
    --------
    The review's EO:Li of 10, 16 and 20 with LiTFSI:

    >>> (100 * salt_mass_fraction(np.array([10, 16, 20]), 287.08e-3)).round(1).tolist()
    [39.5, 28.9, 24.6]
    """
    at_least_zero(ether_oxygen_ratio=ether_oxygen_ratio)
    above_zero(salt_molar_mass=salt_molar_mass, unit_molar_mass=unit_molar_mass)
    value: Number = salt_molar_mass / (salt_molar_mass + ether_oxygen_ratio * unit_molar_mass)
    return value


@equation(
    "1",
    salt_mass_fraction=("1", "%"),
    salt_molar_mass=("kg/mol", "g/mol"),
    unit_molar_mass=("kg/mol", "g/mol"),
)
def ether_oxygen_ratio(
    salt_mass_fraction: Number, salt_molar_mass: Number | float, unit_molar_mass: Number | float = ETHYLENE_OXIDE
) -> Number:
    """Ether oxygens per lithium, from the mass fraction of salt in a polyether.

    Equation
        r = (1 / w − 1) M_s / M_EO
    Symbols
        w mass fraction of the salt in polymer and salt [1], M_s molar mass of the salt per lithium [kg/mol],
        M_EO molar mass of polymer per ether oxygen [kg/mol], r ether oxygens per lithium, EO:Li [1]
    Validity
        0 < w ≤ 1; as `salt_mass_fraction`.
    Source
        Inverse of `salt_mass_fraction`.

    Raises
    ------
    ValueError
        If the fraction is none or zero, or a molar mass not above zero.

    Examples
    --------
    PEO with LiTFSI 3:2 by mass, of the review's solid lithium-sulfur cells, is nearly 10:1:

    >>> round(ether_oxygen_ratio(2 / 5, 287.08e-3), 1)
    9.8
    """
    share_of_something(salt_mass_fraction=salt_mass_fraction)
    above_zero(salt_molar_mass=salt_molar_mass, unit_molar_mass=unit_molar_mass)
    value: Number = (1 / salt_mass_fraction - 1) * salt_molar_mass / unit_molar_mass
    return value


# --- Coats and blends -------------------------------------------------------------------------------------------------


@equation(("m", "um"), loading=("kg/m^2", "mg/cm^2"), solid_content=("1", "%"), slurry_density=("kg/m^3", "g/cm^3"))
def wet_film_thickness(loading: Number, solid_content: Number | float, slurry_density: Number | float) -> Number:
    """Thickness of the wet film that dries to a loading.

    Equation
        t = m_A / (w ρ)
    Symbols
        m_A areal mass of the dry coating, all solids [kg/m²], w solid content of the slurry [1], ρ density
        of the slurry [kg/m³], t thickness of the film as cast [m]
    Validity
        m_A ≥ 0, 0 < w ≤ 1, ρ > 0.  Not the gap of a blade, which is larger by as much as its speed and
        the slurry's viscosity ask.
    Source
        The mass of the solids stays: m_A = w ρ t.

    Raises
    ------
    ValueError
        If the loading is below zero, the solid content none or zero, or the density not above zero.

    Examples
    --------
    The seed paper's coating, 0.82 mg/cm² of silicon at 60 %, from a slurry of 20 % solids and 1.12 g/cm³:

    >>> round(wet_film_thickness(0.82e-2 / 0.6, 0.20, 1120) * 1e6)
    61
    """
    at_least_zero(loading=loading)
    share_of_something(solid_content=solid_content)
    above_zero(slurry_density=slurry_density)
    value: Number = loading / (solid_content * slurry_density)
    return value


@equation(("C/kg", "mAh/g"), parts="1", capacities=("C/kg", "mAh/g"))
def blend_capacity(parts: ArrayLike, capacities: ArrayLike) -> float | Array:
    """Specific capacity of a blend of active materials.

    Equation
        q = Σ pᵢ qᵢ / Σ pᵢ
    Symbols
        pᵢ parts of material i by mass, or its mass fraction [1], qᵢ its specific capacity [C/kg], q that of
        the blend [C/kg]
    Validity
        pᵢ ≥ 0, Σ pᵢ > 0; every material is used in full, between the same two voltages.
    Source
        Charges add up.

    Raises
    ------
    ValueError
        If a part is below zero, all are zero, or the lists differ in length.

    Examples
    --------
    The review's 10 % of silicon in graphite:

    >>> round(blend_capacity([0.1, 0.9], [3579 * 3600, 372 * 3600]) / 3600)
    693
    """
    part, capacity = components(parts=parts, capacities=capacities)
    at_least_zero(parts=part, capacities=capacity)
    above_zero(**{"sum of the parts": part.sum(-1)})
    return plain((part * capacity).sum(-1) / part.sum(-1))


@equation(
    ("1", "%"),
    blend_capacity=("C/kg", "mAh/g"),
    capacity=("C/kg", "mAh/g"),
    host_capacity=("C/kg", "mAh/g"),
)
def blend_fraction(blend_capacity: Number, capacity: Number | float, host_capacity: Number | float) -> Number:
    """Mass fraction of one active material in another that gives the blend a specific capacity.

    Equation
        f = (q − q_h) / (q_a − q_h)
    Symbols
        q specific capacity of the blend [C/kg], q_a of the material added [C/kg], q_h of its host [C/kg],
        f mass fraction of the material added [1]
    Validity
        q between q_h and q_a, which differ; as `blend_capacity`.
    Source
        Inverse of `blend_capacity` for two materials.

    Raises
    ------
    ValueError
        If the two are alike, or the blend is not between them.

    Examples
    --------
    The review gives 450 to 650 mAh/g to about 10 % of silicon in graphite; in full use it takes less:

    >>> blends = np.array([450.0, 650.0])
    >>> (100 * blend_fraction(blends, 3579, 372)).round(1).tolist()
    [2.4, 8.7]
    """
    at_least_zero(blend_capacity=blend_capacity, capacity=capacity, host_capacity=host_capacity)
    if np.any(np.equal(capacity, host_capacity)):
        raise ValueError("capacity must differ from host_capacity, and is the same")
    fraction: Number = (blend_capacity - host_capacity) / (capacity - host_capacity)
    if not np.all((np.asarray(fraction) >= 0) & (np.asarray(fraction) <= 1)):
        raise ValueError(
            "blend_capacity must be between host_capacity and capacity, not outside them"
            if np.ndim(fraction)
            else f"blend_capacity must be between host_capacity and capacity, not {blend_capacity:.6g}"
        )
    return fraction


@equation(("J/mol", "kJ/mol"), energy=("J", "eV"))
def energy_conversion(energy: Number) -> Number:
    """Molar energy, from the energy of one molecule, bond or site.

    Equation
        E_m = N_A E
    Symbols
        E energy of one [J]; 1 eV = 1.602176634e-19 J, N_A Avogadro constant [1/mol], E_m molar energy [J/mol]
    Validity
        Any sign: a binding energy is negative where binding gains energy.
    Source
        Definition; N_A and the electronvolt from CODATA 2022.

    Examples
    --------
    The seed paper's binding energies of lithium silicate and of CMC on silicon oxide:

    >>> electronvolt = 1.602176634e-19
    >>> [round(energy_conversion(e * electronvolt) / 1e3, 1) for e in (-3.7916, -1.1466)]
    [-365.8, -110.6]
    """
    return AVOGADRO * energy


@equation(("J", "eV"), molar_energy=("J/mol", "kJ/mol"))
def energy_of_one(molar_energy: Number) -> Number:
    """Energy of one molecule, bond or site, from the molar energy.

    Equation
        E = E_m / N_A
    Symbols
        E_m molar energy [J/mol], N_A Avogadro constant [1/mol], E energy of one [J]; 1 eV =
        1.602176634e-19 J
    Validity
        Any sign.
    Source
        Inverse of `energy_conversion`.

    Examples
    --------
    A hydrogen bond of 25 kJ/mol:

    >>> round(energy_of_one(25e3) / 1.602176634e-19, 3)
    0.259
    """
    return molar_energy / AVOGADRO


def _mass_and_share(mass: Array, stays: Array) -> None:
    at_least_zero(masses=mass)
    share(mass_fractions=stays)
    above_zero(**{"sum of the masses": mass.sum(-1)})


def _masses_and_densities(masses: ArrayLike, densities: ArrayLike) -> tuple[Array, Array]:
    mass, density = components(masses=masses, densities=densities)
    at_least_zero(masses=mass)
    above_zero(densities=density, **{"sum of the masses": mass.sum(-1)})
    return mass, density


def _substitution(substitution: ArrayLike) -> None:
    degrees = np.atleast_1d(np.asarray(substitution, dtype=float))
    if not np.all(good := (degrees >= 0) & (degrees <= 3)):
        raise ValueError(f"substitution must be from 0 to 3 groups a unit, not {degrees[~good].flat[0]:.6g}")


def _increment(form: str) -> float:
    if form not in CARBOXYMETHYL:
        raise ValueError(f"form must be one of {', '.join(CARBOXYMETHYL)}, not {form}")
    return CARBOXYMETHYL[form]
