"""How fast lithium diffuses: from titration, from voltammetry, and how long and how far that is.

All functions take floats or NumPy arrays and broadcast.  Each measure rests on diffusion into a body that
looks endless to it; `time_ratio` and `scan_diffusion_length` tell whether it does.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, at_least_zero, plain

Real = float | NDArray[np.float64]

#: Peak of the dimensionless current of a reversible sweep, √π χ(σt) at its highest [1]: R. S. Nicholson,
#: I. Shain, Anal. Chem. 36 (1964) 706, table I.
REVERSIBLE_PEAK: Final = 0.4463

#: Below this ratio of times the series of `plane_lead` and `sphere_lead` give way to their limits for short times.
_EARLY: Final = 0.05
#: The first roots of tan λ = λ; the term of an eighth is below 1e-15 at the ratio above.
_SPHERE_ROOTS: Final = np.array([4.493409457909064, 7.725251836937707, 10.904121659428899, 14.066193912831473,
                                 17.220755271930768, 20.371302959287563, 23.519452498689007])  # fmt: skip


@equation(
    ("m^2/s", "cm^2/s"),
    pulse_duration="s",
    amount="mol",
    molar_volume=("m^3/mol", "cm^3/mol"),
    area=("m^2", "cm^2"),
    steady_voltage_change=("V", "mV"),
    transient_voltage_change=("V", "mV"),
)
def diffusion_gitt(
    pulse_duration: Real,
    amount: Real,
    molar_volume: Real,
    area: Real,
    steady_voltage_change: Real,
    transient_voltage_change: Real,
) -> Real:
    """Chemical diffusion coefficient from one pulse of a galvanostatic intermittent titration.

    Equation
        D = 4/(π τ) · (n V_m / S)² · (ΔE_s / ΔE_τ)²
    Symbols
        τ duration of the current pulse, not of the rest [s], n amount of host [mol], V_m its molar volume
        [m³/mol], S area through which lithium enters it [m²], ΔE_s change of the rested voltage from before
        the pulse to after the rest [V], ΔE_τ change during the pulse without the jump of its resistances
        [V], D chemical diffusion coefficient [m²/s]
    Validity
        Planar diffusion; τ ≪ L²/D with L = n V_m / S (`time_ratio`), a small pulse, E linear in √t.  With
        τ ≫ L²/D the voltages no longer depend on D and the formula gives about 4 L²/(π τ) whatever D is.
        S is the true area: the area of the disc makes D of a powder apparent, far too large.
    Source
        W. Weppner, R. A. Huggins, J. Electrochem. Soc. 124 (1977) 1569; for its pitfalls S. D. Kang,
        W. C. Chueh, J. Electrochem. Soc. 168 (2021) 120504.

    Raises
    ------
    ValueError
        If an argument is not above zero or, for a voltage, is 0.

    Examples
    --------
    0.927 mg of silicon (12.06 cm³/mol) on the disc's 1.13 cm²; the paper's 1800 s is a rest.  Had the pulse
    taken 600 s, D would be three times as large:

    >>> of = lambda duration: diffusion_gitt(duration, 0.927e-6 / 28.085e-3, 12.06e-6, 1.13e-4, 5e-3, 50e-3)
    >>> f"{1e4 * of(1800.0):.2e}", round(of(600.0) / of(1800.0), 6)
    ('8.78e-13', 3.0)
    """
    above_zero(amount=amount, molar_volume=molar_volume, area=area)
    return diffusion_gitt_length(
        pulse_duration, amount * molar_volume / area, steady_voltage_change, transient_voltage_change
    )


@equation(
    ("m^2/s", "cm^2/s"),
    pulse_duration="s",
    length=("m", "um"),
    steady_voltage_change=("V", "mV"),
    transient_voltage_change=("V", "mV"),
)
def diffusion_gitt_length(
    pulse_duration: Real, length: Real, steady_voltage_change: Real, transient_voltage_change: Real
) -> Real:
    """Chemical diffusion coefficient from a titration pulse, by the length that lithium diffuses over.

    Equation
        D = 4 L²/(π τ) · (ΔE_s / ΔE_τ)²
    Symbols
        τ duration of the current pulse [s], L volume of the host over the area that lithium enters by: the
        thickness of a film, a third of the radius of a sphere [m], ΔE_s change of the rested voltage [V],
        ΔE_τ change during the pulse without the jump of its resistances [V], D [m²/s]
    Validity
        As `diffusion_gitt`.  An error of L counts twice.
    Source
        W. Weppner, R. A. Huggins, J. Electrochem. Soc. 124 (1977) 1569, with L = n V_m / S.

    Raises
    ------
    ValueError
        If the duration or the length is not above zero, or a voltage is 0.

    Examples
    --------
    >>> f"{diffusion_gitt_length(600.0, 1e-6, 5e-3, 50e-3):.2e}"
    '2.12e-17'
    """
    above_zero(pulse_duration=pulse_duration, length=length)
    _not_zero("steady_voltage_change", steady_voltage_change)
    _not_zero("transient_voltage_change", transient_voltage_change)
    return 4 * length**2 / (np.pi * pulse_duration) * (steady_voltage_change / transient_voltage_change) ** 2


@equation(
    ("m^2/s", "cm^2/s"),
    pulse_duration="s",
    radius=("m", "nm"),
    steady_voltage_change=("V", "mV"),
    transient_voltage_change=("V", "mV"),
)
def diffusion_gitt_sphere(
    pulse_duration: Real, radius: Real, steady_voltage_change: Real, transient_voltage_change: Real
) -> Real:
    """Chemical diffusion coefficient from a titration pulse into spheres.

    Equation
        D = 4/(9 π) · R²/τ · (ΔE_s / ΔE_τ)²
    Symbols
        τ duration of the current pulse [s], R radius of the particles [m], ΔE_s change of the rested voltage
        [V], ΔE_τ change during the pulse without the jump of its resistances [V], D [m²/s]
    Validity
        As `diffusion_gitt` with L = R/3; the depth that lithium reaches, √(D τ), must be small against R,
        so that the surface looks flat: at τ = 0.01 R²/D the result is 17 % too low already.
    Source
        W. Weppner, R. A. Huggins, J. Electrochem. Soc. 124 (1977) 1569; volume over surface of a sphere.

    Raises
    ------
    ValueError
        If the duration or the radius is not above zero, or a voltage is 0.

    Examples
    --------
    >>> f"{diffusion_gitt_sphere(600.0, 3e-6, 5e-3, 50e-3):.2e}"
    '2.12e-17'
    """
    above_zero(radius=radius)
    return diffusion_gitt_length(pulse_duration, radius / 3, steady_voltage_change, transient_voltage_change)


@equation(("m^2/s", "cm^2/s"), length=("m", "um"), steady_rate=("V/s", "mV/h"), root_slope=("V/s^0.5", "mV/s^0.5"))
def diffusion_root_slope(length: Real, steady_rate: Real, root_slope: Real) -> Real:
    """Chemical diffusion coefficient from a slope of the voltage over √t, in a pulse or in an interruption.

    Equation
        D = 4 L²/π · ((dE/dt)_s / (dE/d√t))²
    Symbols
        L volume of the host over the area that lithium enters by: the thickness of a film, a third of the
        radius of a sphere [m], (dE/dt)_s rate at which the current moves the rested voltage: in a titration
        ΔE_s/τ, with interruptions the slope of the voltage under current [V/s], dE/d√t slope over the root
        of the time since the current went on or off [V/s^0.5], D [m²/s]
    Validity
        As `diffusion_gitt`, but only the times of the slope must be short against L²/D, not the whole pulse.
        After a current that had not flowed long the slope of an interruption is right only for times short
        against that current's own.
    Source
        W. Weppner, R. A. Huggins, J. Electrochem. Soc. 124 (1977) 1569; for interruptions Y.-C. Chien,
        H. Liu, A. S. Menon, W. R. Brant, D. Brandell, M. J. Lacey, Nat. Commun. 14 (2023),
        doi:10.1038/s41467-023-37989-6.

    Raises
    ------
    ValueError
        If the length is not above zero, or a slope is 0.

    Examples
    --------
    Where the voltage is a line over √t it is `diffusion_gitt_length`: 5 mV of rested change and 50 mV of the
    pulse, in 600 s:

    >>> f"{diffusion_root_slope(1e-6, 5e-3 / 600, 50e-3 / 600**0.5):.2e}"
    '2.12e-17'
    """
    above_zero(length=length)
    _not_zero("steady_rate", steady_rate)
    _not_zero("root_slope", root_slope)
    return 4 / np.pi * (length * steady_rate / root_slope) ** 2


@equation("1", ratio="1")
def plane_lead(ratio: Real) -> Real:
    """How far the surface of a plane body is ahead of its mean under a constant flux.

    Equation
        p(r) = 1/3 - 2/π² Σ exp(-n² π² r)/n²
    Symbols
        r = t D/L² time since the flux began over the time that diffusion takes [1], L thickness [m],
        p (surface - mean) over what the mean gains in L²/D [1]
    Validity
        Linear diffusion with a constant coefficient, one face closed, no concentration to begin with.
        Below r = 0.05, p = 2 √(r/π) - r is used, which is exact to 1e-10.
    Source
        J. Crank, The Mathematics of Diffusion, 2nd ed., Oxford 1975, eq. 4.55.

    Raises
    ------
    ValueError
        If the ratio is below zero.

    Examples
    --------
    >>> round(plane_lead(10.0), 6), round(plane_lead(0.01), 6)
    (0.333333, 0.102838)
    """
    at_least_zero(ratio=ratio)
    r = np.asarray(ratio, dtype=float)
    late = np.maximum(r, _EARLY)
    n = np.pi * np.arange(1.0, 7.0)
    series = 1 / 3 - 2 * np.sum(np.exp(-late[..., None] * n**2) / n**2, axis=-1)
    return plain(np.where(r < _EARLY, 2 * np.sqrt(r / np.pi) - r, series))


@equation("1", ratio="1")
def sphere_lead(ratio: Real) -> Real:
    """How far the surface of a sphere is ahead of its mean under a constant flux.

    Equation
        p(r) = 1/15 - 2/3 Σ exp(-λ² r)/λ²,  tan λ = λ
    Symbols
        r = t D/R² time since the flux began over the time that diffusion takes [1], R radius [m], p
        (surface - mean) over what the mean gains in R²/D [1]
    Validity
        Linear diffusion with a constant coefficient, no concentration to begin with.  Below r = 0.05,
        p = (exp(r) (1 + erf √r) - 1)/3 - r is used, which is exact to 1e-10.
    Source
        J. Crank, The Mathematics of Diffusion, 2nd ed., Oxford 1975, eq. 6.45; for short times the same
        with tanh(R √(s/D)) = 1 in its Laplace transform.

    Raises
    ------
    ValueError
        If the ratio is below zero.

    Examples
    --------
    >>> round(sphere_lead(10.0), 6), round(sphere_lead(0.01), 6)
    (0.066667, 0.031214)
    """
    at_least_zero(ratio=ratio)
    r = np.asarray(ratio, dtype=float)
    late, early = np.maximum(r, _EARLY), np.minimum(r, _EARLY)
    series = 1 / 15 - 2 / 3 * np.sum(np.exp(-late[..., None] * _SPHERE_ROOTS**2) / _SPHERE_ROOTS**2, axis=-1)
    return plain(np.where(r < _EARLY, (np.exp(early) * (1 + erf(np.sqrt(early))) - 1) / 3 - early, series))


@equation("1", duration="s", length=("m", "um"), diffusion_coefficient=("m^2/s", "cm^2/s"))
def time_ratio(duration: Real, length: Real, diffusion_coefficient: Real) -> Real:
    """Time given to diffusion over the time that it needs to cross the body.

    Equation
        r = τ D / L²
    Symbols
        τ time given, such as a titration's pulse [s], D diffusion coefficient [m²/s], L length to cross [m],
        r ratio [1]
    Validity
        Far below 1 the body looks endless and what `diffusion_gitt` rests on holds: in a plane body its
        result is right to 1 % up to r = 0.25, 8 % too low at 0.5 and 28 % at 1.  Far above 1 the profile
        in the body is steady and its voltages no longer tell D.
    Source
        W. Weppner, R. A. Huggins, J. Electrochem. Soc. 124 (1977) 1569: τ ≪ L²/D.

    Raises
    ------
    ValueError
        If the length or the coefficient is not above zero, or the duration is below zero.

    Examples
    --------
    The 30 nm particles of the CCL paper, L = R/3, at 1e-17 m²/s: 1800 s are no short time, and the titration
    cannot tell D:

    >>> round(time_ratio(1800.0, 15e-9 / 3, 1e-17))
    720
    """
    above_zero(length=length, diffusion_coefficient=diffusion_coefficient)
    at_least_zero(duration=duration)
    return duration * diffusion_coefficient / length**2


@equation("s", length=("m", "um"), diffusion_coefficient=("m^2/s", "cm^2/s"))
def diffusion_time(length: Real, diffusion_coefficient: Real) -> Real:
    """Time that diffusion takes over a length.

    Equation
        t = L² / D
    Symbols
        L length [m], D diffusion coefficient [m²/s], t time [s]
    Validity
        An order of magnitude: a plane body closes 99 % of a step of its surface after 1.8 t, a sphere of
        radius L after 0.42 t.
    Source
        J. Crank, The Mathematics of Diffusion, 2nd ed., Oxford 1975.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    Across the radius of a 30 nm particle at 1e-17 m²/s:

    >>> round(diffusion_time(15e-9, 1e-17), 1)
    22.5
    """
    above_zero(length=length, diffusion_coefficient=diffusion_coefficient)
    return length**2 / diffusion_coefficient


@equation(
    ("A", "mA"),
    valid={"temperature": (200.0, 400.0)},
    area=("m^2", "cm^2"),
    concentration=("mol/m^3", "mol/cm^3"),
    diffusion_coefficient=("m^2/s", "cm^2/s"),
    scan_rate=("V/s", "mV/s"),
    electrons="1",
    temperature=("K", "degC"),
)
def randles_sevcik_current(
    area: Real,
    concentration: Real,
    diffusion_coefficient: Real,
    scan_rate: Real,
    electrons: Real = 1.0,
    temperature: Real = STANDARD_TEMPERATURE,
) -> Real:
    """Peak current of a voltammogram that diffusion limits.

    Equation
        I_p = 0.4463 n F A C √(n F v D / (R T))
    Symbols
        A area of the electrode [m²], C concentration of what diffuses [mol/m³], D its diffusion coefficient
        [m²/s], v scan rate [V/s], n electrons [1], T temperature [K], F Faraday constant [C/mol], R gas
        constant [J/(mol K)], I_p peak current [A]
    Validity
        A reversible charge transfer, one-dimensional diffusion into a body much deeper than
        `scan_diffusion_length`, no resistance.  I_p goes with √v, not with v.  In cm, mol/cm³ and at 25 °C
        the factor is 2.69e5 A s^½/(V^½ mol); a concentration per mole or an area as a current is no input.
    Source
        J. E. B. Randles, Trans. Faraday Soc. 44 (1948) 327; A. Ševčík, Collect. Czech. Chem. Commun. 13
        (1948) 349; factor `REVERSIBLE_PEAK`.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    The factor of the textbooks, A = 1 cm², C = 1 mol/cm³, D = 1 cm²/s, v = 1 V/s:

    >>> round(randles_sevcik_current(1e-4, 1e6, 1e-4, 1.0))
    268648
    """
    above_zero(area=area, concentration=concentration, diffusion_coefficient=diffusion_coefficient)
    above_zero(scan_rate=scan_rate, electrons=electrons, temperature=temperature)
    sweep = electrons * FARADAY * scan_rate / (GAS_CONSTANT * temperature)
    return plain(REVERSIBLE_PEAK * electrons * FARADAY * area * concentration * np.sqrt(sweep * diffusion_coefficient))


@equation(
    ("m^2/s", "cm^2/s"),
    valid={"temperature": (200.0, 400.0)},
    peak_current=("A", "mA"),
    area=("m^2", "cm^2"),
    concentration=("mol/m^3", "mol/cm^3"),
    scan_rate=("V/s", "mV/s"),
    electrons="1",
    temperature=("K", "degC"),
)
def diffusion_randles_sevcik(
    peak_current: Real,
    area: Real,
    concentration: Real,
    scan_rate: Real,
    electrons: Real = 1.0,
    temperature: Real = STANDARD_TEMPERATURE,
) -> Real:
    """Diffusion coefficient from the peak current of a voltammogram.

    Equation
        D = (I_p / (0.4463 n F A C))² · R T / (n F v)
    Symbols
        I_p peak current, total and of either sign [A], A area of the electrode [m²], C concentration of what
        diffuses [mol/m³], v scan rate [V/s], n electrons [1], T temperature [K], F Faraday constant [C/mol],
        R gas constant [J/(mol K)], D diffusion coefficient [m²/s]
    Validity
        As `randles_sevcik_current`.  The slope of I_p over √v may be given as I_p with v = 1 V/s.  D goes
        with 1/(A C)², so the true area of a powder instead of that of its disc changes it by orders.
    Source
        Inverse of `randles_sevcik_current`.

    Raises
    ------
    ValueError
        If the current is 0 or another argument is not above zero.

    Examples
    --------
    >>> f"{diffusion_randles_sevcik(2.686e-3, 1e-4, 1e4, 1e-4):.2e}"
    '1.00e-12'
    """
    above_zero(area=area, concentration=concentration)
    above_zero(scan_rate=scan_rate, electrons=electrons, temperature=temperature)
    _not_zero("peak_current", peak_current)
    per_root = peak_current / (REVERSIBLE_PEAK * electrons * FARADAY * area * concentration)
    return per_root**2 * GAS_CONSTANT * temperature / (electrons * FARADAY * scan_rate)


@equation(
    ("m", "um"),
    valid={"temperature": (200.0, 400.0)},
    diffusion_coefficient=("m^2/s", "cm^2/s"),
    scan_rate=("V/s", "mV/s"),
    electrons="1",
    temperature=("K", "degC"),
)
def scan_diffusion_length(
    diffusion_coefficient: Real,
    scan_rate: Real,
    electrons: Real = 1.0,
    temperature: Real = STANDARD_TEMPERATURE,
) -> Real:
    """Depth that diffusion reaches while a scan crosses a peak.

    Equation
        δ = √(D R T / (n F v))
    Symbols
        D diffusion coefficient [m²/s], v scan rate [V/s], n electrons [1], T temperature [K], F Faraday
        constant [C/mol], R gas constant [J/(mol K)], δ depth [m]
    Validity
        A scale, not a limit.  Bodies much thicker than δ look endless, and their peaks follow
        `randles_sevcik_current`; bodies much thinner fill evenly, and theirs `thin_film_peak_current`.
    Source
        K. Aoki, K. Tokuda, H. Matsuda, J. Electroanal. Chem. 146 (1983) 417: the peak of a finite layer
        depends on its thickness over δ alone.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    At 0.1 mV/s and 1e-16 m²/s it is 160 nm: five diameters of the CCL paper's particles, so that their peaks
    are those of thin bodies:

    >>> round(1e9 * scan_diffusion_length(1e-16, 1e-4))
    160
    """
    above_zero(diffusion_coefficient=diffusion_coefficient, scan_rate=scan_rate)
    above_zero(electrons=electrons, temperature=temperature)
    return plain(np.sqrt(diffusion_coefficient * GAS_CONSTANT * temperature / (electrons * FARADAY * scan_rate)))


@equation(
    ("A", "mA"),
    valid={"temperature": (200.0, 400.0)},
    volume=("m^3", "cm^3"),
    concentration=("mol/m^3", "mol/cm^3"),
    scan_rate=("V/s", "mV/s"),
    electrons="1",
    temperature=("K", "degC"),
)
def thin_film_peak_current(
    volume: Real,
    concentration: Real,
    scan_rate: Real,
    electrons: Real = 1.0,
    temperature: Real = STANDARD_TEMPERATURE,
) -> Real:
    """Peak current of a voltammogram of a body too thin for diffusion to matter.

    Equation
        I_p = n² F² v V C / (4 R T)
    Symbols
        V volume of the body [m³], C concentration of its sites [mol/m³], v scan rate [V/s], n electrons [1],
        T temperature [K], F Faraday constant [C/mol], R gas constant [J/(mol K)], I_p peak current [A]
    Validity
        A reversible charge transfer, sites that do not feel each other (Nernst's isotherm), thickness much
        below `scan_diffusion_length`.  I_p goes with v, and tells nothing of D.
    Source
        A. T. Hubbard, F. C. Anson, Anal. Chem. 38 (1966) 58.

    Raises
    ------
    ValueError
        If an argument is not above zero.

    Examples
    --------
    1 nmol of sites at 10 mV/s:

    >>> round(1e9 * thin_film_peak_current(1e-12, 1e3, 1e-2))
    9388
    """
    above_zero(volume=volume, concentration=concentration, scan_rate=scan_rate)
    above_zero(electrons=electrons, temperature=temperature)
    sites = electrons * FARADAY * volume * concentration
    return sites * electrons * FARADAY * scan_rate / (4 * GAS_CONSTANT * temperature)


def _not_zero(name: str, value: Real) -> None:
    if np.any(np.asarray(value) == 0):
        raise ValueError(f"{name} must not be 0, not {value}")
