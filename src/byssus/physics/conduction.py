"""How well layers, mixtures and films conduct, and what that costs in voltage.

All functions take floats or NumPy arrays and broadcast.  Ions and electrons obey the same equations; which of
them a conductivity is of is the caller's to know.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import GAS_CONSTANT, STANDARD_TEMPERATURE
from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, at_least_zero, plain, share, share_of_something, share_with_rest

Real = float | NDArray[np.float64]


# --- Layers and films -------------------------------------------------------------------------------------------------


@equation(("ohm*m^2", "ohm*cm^2"), thickness=("m", "um"), conductivity=("S/m", "S/cm"))
def area_resistance(thickness: Real, conductivity: Real) -> Real:
    """Resistance of a layer times its area.

    Equation
        R_A = L / σ
    Symbols
        L thickness [m], σ conductivity of the layer as it is, pores and all [S/m], R_A area resistance [Ω m²]
    Validity
        Current straight through an even layer; contacts not counted.
    Source
        Definition of conductivity.

    Raises
    ------
    ValueError
        If the thickness is below zero or the conductivity is not above it.

    Examples
    --------
    2.3 nm of a binder at the review's 1e-7 to 1e-5 S/cm for polymers that conduct single ions, in Ω cm²:

    >>> [round(1e4 * area_resistance(2.3e-9, each), 3) for each in (1e-5, 1e-3)]
    [2.3, 0.023]
    """
    at_least_zero(thickness=thickness)
    above_zero(conductivity=conductivity)
    return thickness / conductivity


@equation("ohm", length=("m", "um"), area=("m^2", "cm^2"), conductivity=("S/m", "S/cm"))
def resistance(length: Real, area: Real, conductivity: Real) -> Real:
    """Resistance of an even body.

    Equation
        R = L / (σ A)
    Symbols
        L length along the current [m], A cross-section [m²], σ conductivity [S/m], R resistance [Ω]
    Validity
        Current straight along L; contacts not counted.
    Source
        Definition of conductivity.

    Raises
    ------
    ValueError
        If the length is below zero, or the cross-section or the conductivity is not above it.

    Examples
    --------
    >>> round(resistance(100e-6, 1.13e-4, 0.1), 2)
    8.85
    """
    at_least_zero(length=length)
    above_zero(area=area, conductivity=conductivity)
    return length / (conductivity * area)


@equation(("S/m", "S/cm"), length=("m", "um"), area=("m^2", "cm^2"), resistance=("ohm", "ohm"))
def conductivity_from_resistance(length: Real, area: Real, resistance: Real) -> Real:
    """Conductivity of an even body from its resistance.

    Equation
        σ = L / (R A)
    Symbols
        L length along the current [m], A cross-section [m²], R resistance of the body alone [Ω],
        σ conductivity [S/m]
    Validity
        Current straight along L.  R must be free of contacts and leads, which for thin films are the
        greater part.
    Source
        Definition of conductivity.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    A film of 100 µm between discs of 1.13 cm² that shows 8.85 Ω, in mS/cm:

    >>> round(10 * conductivity_from_resistance(100e-6, 1.13e-4, 8.85), 2)
    1.0
    """
    above_zero(length=length, area=area, resistance=resistance)
    return length / (resistance * area)


@equation(("V", "mV"), current_density=("A/m^2", "mA/cm^2"), thickness=("m", "nm"), conductivity=("S/m", "S/cm"))
def film_overpotential(current_density: Real, thickness: Real, conductivity: Real) -> Real:
    """Voltage that a film takes to carry a current.

    Equation
        η = j t / κ
    Symbols
        j current density through the film: per area of the particles that it covers, not of the disc
        [A/m²], t thickness [m], κ conductivity of the film [S/m], η overpotential, of the sign of j [V]
    Validity
        Ohm's law; a film without gradients of salt, thin against the particle that it covers.
    Source
        Ohm's law.

    Raises
    ------
    ValueError
        If the thickness is below zero or the conductivity is not above it.

    Examples
    --------
    6 A/g on spheres of silicon of 150 nm radius (8.58 m²/g) under 23 nm of binder: 100 mV would need a
    binder as poor as 1.6e-7 S/m:

    >>> current_density = 6 / 8.58
    >>> round(1e3 * film_overpotential(current_density, 23e-9, 1.6e-7))
    101
    """
    at_least_zero(thickness=thickness)
    above_zero(conductivity=conductivity)
    return current_density * thickness / conductivity


@equation(
    ("A", "uA"),
    voltage="V",
    area=("m^2", "cm^2"),
    thickness=("m", "um"),
    electronic_conductivity=("S/m", "S/cm"),
)
def electronic_leakage_current(voltage: Real, area: Real, thickness: Real, electronic_conductivity: Real) -> Real:
    """Current that leaks as electrons through an electrolyte or separator.

    Equation
        I = σ_e U A / t
    Symbols
        U voltage of the cell [V], A area [m²], t thickness of the layer [m], σ_e its electronic
        conductivity [S/m], I leakage current [A]
    Validity
        An even layer that obeys Ohm's law.  Grain boundaries, dendrites and pinholes leak more.
    Source
        Ohm's law.

    Raises
    ------
    ValueError
        If the area or the thickness is not above zero, or the conductivity is below it.

    Examples
    --------
    30 µm of a solid electrolyte with 1e-8 S/cm for electrons, under 1 cm² at 4 V; 5 mAh would last 375 h:

    >>> leak = electronic_leakage_current(4.0, 1e-4, 30e-6, 1e-6)
    >>> round(1e6 * leak, 2), round(5e-3 / leak)
    (13.33, 375)
    """
    above_zero(area=area, thickness=thickness)
    at_least_zero(electronic_conductivity=electronic_conductivity)
    return electronic_conductivity * voltage * area / thickness


# --- Mixtures ---------------------------------------------------------------------------------------------------------


@equation(
    ("S/m", "S/cm"),
    valid={"threshold": (0.0, 0.5), "exponent": (1.0, 4.0)},
    prefactor=("S/m", "S/cm"),
    volume_fraction=("1", "%"),
    threshold=("1", "%"),
    exponent="1",
)
def percolation_conductivity(prefactor: Real, volume_fraction: Real, threshold: Real, exponent: Real = 2.0) -> Real:
    """Conductivity of a mixture in which one part conducts and must form a network.

    Equation
        σ = σ₀ (φ − φ_c)ᵗ for φ > φ_c,   σ = 0 for φ ≤ φ_c
    Symbols
        σ₀ prefactor [S/m], φ volume fraction of the conductor in the whole, pores counted [1],
        φ_c threshold [1], t exponent [1], σ conductivity [S/m]
    Validity
        Above the threshold and near it; the other parts insulate.  t is near 2.0 in three dimensions where
        conductors touch, and larger where electrons tunnel.  σ₀ is not the conductor's own conductivity,
        but that of φ = 1 over (1 − φ_c)ᵗ; `general_effective_medium` takes the conductor's own.
    Source
        S. Kirkpatrick, Rev. Mod. Phys. 45 (1973) 574.

    Raises
    ------
    ValueError
        If the prefactor is below zero, a fraction is none, or the exponent is not above zero.

    Examples
    --------
    >>> [round(percolation_conductivity(1000.0, fraction, 0.08), 9) for fraction in (0.18, 0.05)]
    [10.0, 0.0]
    """
    at_least_zero(prefactor=prefactor)
    share(volume_fraction=volume_fraction, threshold=threshold)
    above_zero(exponent=exponent)
    return plain(prefactor * np.maximum(np.subtract(volume_fraction, threshold), 0.0) ** exponent)


@equation(
    ("S/m", "S/cm"),
    valid={"threshold": (0.01, 0.6), "exponent": (1.0, 4.0)},
    conductor=("S/m", "S/cm"),
    poor_conductor=("S/m", "S/cm"),
    volume_fraction=("1", "%"),
    threshold=("1", "%"),
    exponent="1",
)
def general_effective_medium(
    conductor: Real, poor_conductor: Real, volume_fraction: Real, threshold: Real, exponent: Real = 2.0
) -> Real:
    """Conductivity of a mixture of a good and a poor conductor, on both sides of the threshold.

    Equation
        (1 − φ)(l − s)/(l + A s) + φ (h − s)/(h + A s) = 0,   A = (1 − φ_c)/φ_c,
        h = σ_h^(1/t), l = σ_l^(1/t), s = σ^(1/t), solved for s:  A s² − B s − l h = 0,
        B = φ (A h − l) + (1 − φ)(A l − h)
    Symbols
        σ_h conductivity of the good conductor [S/m], σ_l of the poor one, which may be 0 [S/m], φ volume
        fraction of the good conductor [1], φ_c threshold [1], t exponent [1], σ conductivity [S/m]
    Validity
        0 < φ_c < 1.  One exponent on both sides of the threshold.  With t = 1 and φ_c = 1/3 it is
        Bruggeman's symmetric medium; with σ_l = 0 it is σ_h ((φ − φ_c)/(1 − φ_c))ᵗ above φ_c and 0 below.
    Source
        D. S. McLachlan, M. Blaszkiewicz, R. E. Newnham, J. Am. Ceram. Soc. 73 (1990) 2187.

    Raises
    ------
    ValueError
        If a conductivity is below zero, a fraction is none, the threshold is 0 or 1, or the exponent is not
        above zero.

    Examples
    --------
    10 % of a carbon of 10 S/cm in an insulator, threshold 8 %, in S/cm:

    >>> round(general_effective_medium(1000.0, 0.0, 0.10, 0.08) / 100, 5)
    0.00473
    """
    at_least_zero(conductor=conductor, poor_conductor=poor_conductor)
    share(volume_fraction=volume_fraction)
    above_zero(threshold=threshold, exponent=exponent)
    share_with_rest(threshold=threshold)
    ratio = (1 - threshold) / np.asarray(threshold)
    high = np.asarray(conductor) ** (1 / exponent)
    low = np.asarray(poor_conductor) ** (1 / exponent)
    linear = volume_fraction * (ratio * high - low) + (1 - volume_fraction) * (ratio * low - high)
    root = np.sqrt(linear**2 + 4 * ratio * low * high)
    # Of the two ways to write the same root, the one without a difference of equals.
    with np.errstate(divide="ignore", invalid="ignore"):
        rationalised = np.where(root - linear == 0, 0.0, 2 * low * high / (root - linear))
    solved = np.where(linear >= 0, (linear + root) / (2 * ratio), rationalised)
    return plain(solved**exponent)


@equation(
    ("1", "%"),
    binder_carbon_ratio="1",
    porosity=("1", "%"),
    carbon_density=("kg/m^3", "g/cm^3"),
    binder_density=("kg/m^3", "g/cm^3"),
)
def carbon_volume_fraction(
    binder_carbon_ratio: Real, porosity: Real, carbon_density: Real, binder_density: Real
) -> Real:
    """Volume fraction of carbon in a domain of carbon, binder and pores.

    Equation
        φ_C = (1 − ε) / (1 + r ρ_C / ρ_b)
    Symbols
        r mass of binder over mass of carbon [1], ε porosity of the domain itself [1], ρ_C density of the
        carbon, ρ_b of the binder [kg/m³], φ_C volume fraction of carbon in the domain [1]
    Validity
        The domain alone, without the active material; 0 ≤ ε < 1.
    Source
        Conservation of volume.

    Raises
    ------
    ValueError
        If the ratio is below zero, the porosity is none, or a density is not above zero.

    Examples
    --------
    Four parts of PVDF on one of carbon black, half of the domain pores:

    >>> round(100 * carbon_volume_fraction(4.0, 0.5, 1860.0, 1780.0), 2)
    9.65
    """
    at_least_zero(binder_carbon_ratio=binder_carbon_ratio)
    share_with_rest(porosity=porosity)
    above_zero(carbon_density=carbon_density, binder_density=binder_density)
    return (1 - porosity) / (1 + binder_carbon_ratio * carbon_density / binder_density)


@equation(
    "1",
    threshold=("1", "%"),
    porosity=("1", "%"),
    carbon_density=("kg/m^3", "g/cm^3"),
    binder_density=("kg/m^3", "g/cm^3"),
)
def binder_carbon_ratio_at_threshold(
    threshold: Real, porosity: Real, carbon_density: Real, binder_density: Real
) -> Real:
    """Mass of binder over mass of carbon beyond which the carbon's network falls apart.

    Equation
        r_c = ((1 − ε)/φ_c − 1) ρ_b / ρ_C
    Symbols
        φ_c volume fraction of carbon in the domain at which its network forms [1], ε porosity of the domain
        itself [1], ρ_C density of the carbon, ρ_b of the binder [kg/m³], r_c ratio [1]
    Validity
        As `carbon_volume_fraction`.  r_c goes nearly as 1/φ_c, which hardly anyone knows within a third.
    Source
        Inverse of `carbon_volume_fraction`.

    Raises
    ------
    ValueError
        If the threshold is not above zero or more than the domain is solid, or another argument makes no sense.

    Examples
    --------
    PVDF on carbon black, half of the domain pores.  Whether the review's ratio of 4 still conducts depends on
    the threshold, here 8 and 12 %:

    >>> [round(binder_carbon_ratio_at_threshold(each, 0.5, 1860.0, 1780.0), 1) for each in (0.08, 0.12)]
    [5.0, 3.0]
    """
    above_zero(threshold=threshold, carbon_density=carbon_density, binder_density=binder_density)
    share_with_rest(porosity=porosity)
    if np.any(np.asarray(threshold) > 1 - np.asarray(porosity)):
        raise ValueError(f"threshold must be at most 1 - porosity, the solid share of the domain, not {threshold}")
    return ((1 - porosity) / threshold - 1) * binder_density / carbon_density


@equation(
    ("S/m", "S/cm"),
    valid={"volume_fraction": (0.0, 0.3)},
    matrix=("S/m", "S/cm"),
    inclusion=("S/m", "S/cm"),
    volume_fraction=("1", "%"),
)
def maxwell_conductivity(matrix: Real, inclusion: Real, volume_fraction: Real) -> Real:
    """Conductivity of a matrix that holds spheres.

    Equation
        σ = σ_m (σ_i + 2 σ_m + 2 φ (σ_i − σ_m)) / (σ_i + 2 σ_m − φ (σ_i − σ_m))
    Symbols
        σ_m conductivity of the matrix, σ_i of the spheres, which may be 0 [S/m], φ volume fraction of the
        spheres [1], σ conductivity [S/m]
    Validity
        Separate spheres, exact for few of them.  At any φ it is the bound of Hashin and Shtrikman that
        belongs to its matrix: the spheres never touch, so conducting ones never percolate.
    Source
        J. C. Maxwell, A Treatise on Electricity and Magnetism, Oxford 1873, art. 314.

    Raises
    ------
    ValueError
        If the matrix does not conduct, the spheres' conductivity is below zero, or the fraction is none.

    Examples
    --------
    A fifth of insulating spheres takes more than a fifth:

    >>> round(maxwell_conductivity(1.0, 0.0, 0.2), 4)
    0.7273
    """
    above_zero(matrix=matrix)
    at_least_zero(inclusion=inclusion)
    share(volume_fraction=volume_fraction)
    both, apart = inclusion + 2 * matrix, volume_fraction * (inclusion - matrix)
    return matrix * (both + 2 * apart) / (both - apart)


@equation(
    ("S/m", "S/cm"),
    valid={"volume_fraction": (0.2, 1.0), "exponent": (1.0, 4.0)},
    conductivity=("S/m", "S/cm"),
    volume_fraction=("1", "%"),
    exponent="1",
)
def bruggeman_conductivity(conductivity: Real, volume_fraction: Real, exponent: Real = 1.5) -> Real:
    """Conductivity of a conductor that fills only a part of the volume, all of it connected.

    Equation
        σ = σ₀ φ^b
    Symbols
        σ₀ conductivity of the conductor by itself [S/m], φ its volume fraction [1], b exponent, 1.5 for
        spheres of all sizes that insulate [1], σ conductivity [S/m]
    Validity
        An electrolyte in pores.  It has no threshold.  Electrodes and separators have b of 1.5 to above 2;
        flat or layered particles more.
    Source
        D. A. G. Bruggeman, Ann. Phys. 416 (1935) 636.

    Raises
    ------
    ValueError
        If the conductivity is below zero, the fraction is not above 0 and up to 1, or the exponent is below 1.

    Examples
    --------
    >>> round(bruggeman_conductivity(1.0, 0.55), 3)
    0.408
    """
    at_least_zero(conductivity=conductivity)
    share_of_something(volume_fraction=volume_fraction)
    if np.any(np.asarray(exponent) < 1):
        raise ValueError(f"exponent must be 1 or above, not {exponent}: nothing conducts better than straight lines")
    return conductivity * volume_fraction**exponent


# --- Temperature ------------------------------------------------------------------------------------------------------


@equation(
    ("S/m", "S/cm"),
    valid={"temperature": (200.0, 500.0)},
    reference_conductivity=("S/m", "S/cm"),
    activation_energy=("J/mol", "kJ/mol"),
    temperature=("K", "degC"),
    reference_temperature=("K", "degC"),
)
def arrhenius_conductivity(
    reference_conductivity: Real,
    activation_energy: Real,
    temperature: Real,
    reference_temperature: Real = STANDARD_TEMPERATURE,
) -> Real:
    """Conductivity at another temperature, where ions hop over one barrier.

    Equation
        σ = σ_r exp(−(E_a/R)(1/T − 1/T_r))
    Symbols
        σ_r conductivity at T_r [S/m], E_a activation energy of σ [J/mol], T temperature, T_r that of σ_r
        [K], R gas constant [J/(mol K)], σ conductivity [S/m]
    Validity
        No phase change between T_r and T: crystals and glasses.  E_a is that of σ; one from a plot of
        ln(σT) is larger by about R T, 2.5 kJ/mol.
    Source
        S. Arrhenius, Z. Phys. Chem. 4 (1889) 226.

    Raises
    ------
    ValueError
        If a temperature is not above zero, or the conductivity is below it.

    Examples
    --------
    1 mS/cm at 25 °C with 33 kJ/mol, at 60 °C:

    >>> round(10 * arrhenius_conductivity(0.1, 33e3, 333.15), 2)
    4.05
    """
    at_least_zero(reference_conductivity=reference_conductivity)
    above_zero(temperature=temperature, reference_temperature=reference_temperature)
    over = activation_energy / GAS_CONSTANT * (1 / temperature - 1 / reference_temperature)
    return plain(reference_conductivity * np.exp(-over))


@equation(
    ("S/m", "S/cm"),
    valid={"temperature": (200.0, 500.0)},
    prefactor=("S/m", "S/cm"),
    pseudo_activation_energy=("J/mol", "kJ/mol"),
    vanishing_temperature=("K", "degC"),
    temperature=("K", "degC"),
)
def vft_conductivity(
    prefactor: Real, pseudo_activation_energy: Real, vanishing_temperature: Real, temperature: Real
) -> Real:
    """Conductivity of a polymer, whose ions move with its chains, after Vogel, Fulcher and Tammann.

    Equation
        σ = A exp(−B / (R (T − T₀)))
    Symbols
        A prefactor [S/m], B pseudo-activation energy [J/mol], T₀ temperature at which motion would end, some
        50 K below the glass transition [K], T temperature [K], R gas constant [J/(mol K)],
        σ conductivity [S/m]
    Validity
        T > T₀; an amorphous polymer above its glass transition.  Others write A T^(−1/2) for A, or B
        without R: take the parameters only with their form.
    Source
        H. Vogel, Phys. Z. 22 (1921) 645; G. S. Fulcher, J. Am. Ceram. Soc. 8 (1925) 339; G. Tammann,
        W. Hesse, Z. Anorg. Allg. Chem. 156 (1926) 245.

    Raises
    ------
    ValueError
        If the prefactor is below zero, T₀ is not above zero, or the temperature is not above T₀.

    Examples
    --------
    >>> round(vft_conductivity(20.0, 8e3, 200.0, 333.15), 4)
    0.0145
    """
    at_least_zero(prefactor=prefactor)
    above_zero(vanishing_temperature=vanishing_temperature)
    above = np.asarray(temperature) - vanishing_temperature
    if np.any(above <= 0):
        raise ValueError(f"temperature must be above vanishing_temperature, not {temperature}")
    return plain(prefactor * np.exp(-pseudo_activation_energy / (GAS_CONSTANT * above)))


# --- Transference -----------------------------------------------------------------------------------------------------


@equation(
    "1",
    valid={"polarisation_voltage": (0.0, 0.02)},
    polarisation_voltage=("V", "mV"),
    initial_current=("A", "uA"),
    steady_current=("A", "uA"),
    initial_resistance="ohm",
    steady_resistance="ohm",
)
def transference_bruce_vincent(
    polarisation_voltage: Real,
    initial_current: Real,
    steady_current: Real,
    initial_resistance: Real,
    steady_resistance: Real,
) -> Real:
    """Lithium transference number from a polarised cell between two lithium electrodes.

    Equation
        t₊ = I_s (ΔV − I₀ R₀) / (I₀ (ΔV − I_s R_s))
    Symbols
        ΔV polarisation [V], I₀ current at its start, I_s in the steady state [A], R₀, R_s resistance of the
        electrodes' films before and after, from impedance [Ω], t₊ [1]
    Validity
        ΔV of about 10 mV; dilute, fully dissociated salt.  In concentrated or paired electrolytes it is a
        current fraction and no transference number.  I₀ is often missed; ΔV over all resistances is safer.
    Source
        J. Evans, C. A. Vincent, P. G. Bruce, Polymer 28 (1987) 2324; P. G. Bruce, C. A. Vincent,
        J. Electroanal. Chem. 225 (1987) 1.

    Raises
    ------
    ValueError
        If a voltage or current is not above zero, a resistance is below it, or the films' resistances would take
        all of the voltage.

    Examples
    --------
    >>> round(transference_bruce_vincent(10e-3, 20e-6, 12e-6, 150.0, 170.0), 3)
    0.528
    """
    above_zero(
        polarisation_voltage=polarisation_voltage, initial_current=initial_current, steady_current=steady_current
    )
    at_least_zero(initial_resistance=initial_resistance, steady_resistance=steady_resistance)
    first = np.asarray(polarisation_voltage - initial_current * initial_resistance)
    last = np.asarray(polarisation_voltage - steady_current * steady_resistance)
    if np.any(first <= 0) or np.any(last <= 0):
        raise ValueError(
            "polarisation_voltage must be more than current times resistance, of the start and of the steady state, "
            f"not {polarisation_voltage}"
        )
    return plain(steady_current * first / (initial_current * last))
