"""How films hold, how stiff mixtures are, and what strains a film.

All functions take floats or NumPy arrays and broadcast.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, at_least_zero, components, plain, share

Array = NDArray[np.float64]
Real = float | Array

#: Young's modulus [Pa] and Poisson's ratio [1] of a diamond indenter, as the inventors of the method use them:
#: W. C. Oliver, G. M. Pharr, J. Mater. Res. 7 (1992) 1564.
DIAMOND_MODULUS: Final = 1141e9
DIAMOND_POISSON_RATIO: Final = 0.07

#: Shares that people write seldom add up better than this: 0.333, 0.333, 0.333.
_ROUNDED: Final = 2e-3


# --- Adhesion ---------------------------------------------------------------------------------------------------------


@equation(("J/m^2", "mJ/m^2"), surface_tension=("N/m", "mN/m"), contact_angle=("rad", "deg"))
def work_of_adhesion(surface_tension: Real, contact_angle: Real) -> Real:
    """Work that parts a liquid from a solid, by its contact angle.

    Equation
        W = γ (1 + cos θ)
    Symbols
        γ surface tension of the liquid [N/m], θ contact angle [rad], W work of adhesion [J/m²]
    Validity
        0 ≤ θ ≤ π; a smooth, even, rigid surface that the liquid does not swell or dissolve; equilibrium.
        It is of the liquid on the film, and not of the film on anything else.
    Source
        T. Young, Phil. Trans. R. Soc. 95 (1805) 65; A. Dupré, Théorie mécanique de la chaleur, Paris 1869.

    Raises
    ------
    ValueError
        If the tension is not above zero or the angle is not from 0 to π.

    Examples
    --------
    The CCL paper's angles of electrolyte on films of CCL, CMC and LS, for a liquid of 30 mN/m (it gives none), in
    mJ/m²:

    >>> angles = np.radians([24.09, 28.23, 44.29])
    >>> print(np.round(1e3 * work_of_adhesion(30e-3, angles), 1))
    [57.4 56.4 51.5]
    """
    above_zero(surface_tension=surface_tension)
    _angle("contact_angle", contact_angle)
    return plain(surface_tension * (1 + np.cos(contact_angle)))


@equation(("N/m", "N/m"), force="N", width=("m", "mm"))
def peel_strength(force: Real, width: Real) -> Real:
    """Force of a peel test per width of its strip.

    Equation
        f = F / b
    Symbols
        F mean force while the strip peels steadily [N], b width of the strip [m], f peel strength [N/m]
    Validity
        Depends on the angle, the speed and the foil's thickness, which belong to the number.  A force
        without a width is no strength: the CCL paper's 3.52 N has none.
    Source
        Definition; ISO 8510-2:2006 for 180°.

    Raises
    ------
    ValueError
        If the force is below zero or the width is not above it.

    Examples
    --------
    Were the CCL paper's strip 20 or 25 mm wide, neither of which it says:

    >>> [round(peel_strength(3.52, width), 1) for width in (20e-3, 25e-3)]
    [176.0, 140.8]
    """
    at_least_zero(force=force)
    above_zero(width=width)
    return force / width


@equation(("J/m^2", "J/m^2"), valid={"angle": (np.pi / 6, np.pi)}, force="N", width=("m", "mm"), angle=("rad", "deg"))
def peel_energy(force: Real, width: Real, angle: Real = np.pi) -> Real:
    """Energy that peeling takes per area.

    Equation
        G = F (1 − cos θ) / b
    Symbols
        F mean force while the strip peels steadily [N], b width of the strip [m], θ angle between the strip
        pulled and the surface, π in a 180° test [rad], G energy per area [J/m²]
    Validity
        A strip that neither stretches nor bends plastically.  Copper foil bends plastically, so G is an
        upper bound of the adhesion, often by far.
    Source
        R. S. Rivlin, Paint Technol. 9 (1944) 215; with the stretch K. Kendall, J. Phys. D 8 (1975) 1449,
        doi:10.1088/0022-3727/8/13/005.

    Raises
    ------
    ValueError
        If the force is below zero, the width is not above it, or the angle is not from 0 to π.

    Examples
    --------
    At 180° it is twice the peel strength, at 90° the peel strength itself:

    >>> [round(peel_energy(3.52, 20e-3, np.radians(angle)), 6) for angle in (180, 90)]
    [352.0, 176.0]
    """
    _angle("angle", angle)
    return plain(peel_strength(force, width) * (1 - np.cos(angle)))


# --- Modulus of mixtures ----------------------------------------------------------------------------------------------


class Bounds(NamedTuple):
    """What a quantity is at least and at most."""

    lower: Real
    upper: Real


@equation(
    ("Pa", "GPa"),
    valid={"volume_fraction": (0.0, 0.4)},
    matrix_modulus=("Pa", "GPa"),
    inclusion_modulus=("Pa", "GPa"),
    volume_fraction=("1", "%"),
    matrix_poisson_ratio="1",
    inclusion_poisson_ratio="1",
)
def mori_tanaka_modulus(
    matrix_modulus: Real,
    inclusion_modulus: Real,
    volume_fraction: Real,
    matrix_poisson_ratio: Real = 0.33,
    inclusion_poisson_ratio: Real = 0.25,
) -> Real:
    """Young's modulus of a matrix that holds spheres, after Mori and Tanaka.

    Equation
        K = K_m + φ (K_i − K_m) / (1 + (1 − φ)(K_i − K_m)/(K_m + 4 G_m/3)),
        G = G_m + φ (G_i − G_m) / (1 + (1 − φ)(G_i − G_m)/(G_m + ζ)),
        ζ = G_m (9 K_m + 8 G_m) / (6 (K_m + 2 G_m)),   E = 9 K G / (3 K + G),
        each phase K = E / (3 (1 − 2ν)), G = E / (2 (1 + ν))
    Symbols
        E_m, E_i Young's moduli of the matrix and the inclusions, the latter 0 for pores [Pa], ν_m, ν_i their
        Poisson's ratios [1], φ volume fraction of the inclusions [1], K bulk and G shear moduli [Pa],
        E Young's modulus [Pa]
    Validity
        Isotropic phases, firmly bonded spheres, not too many.  It is the bound of Hashin and Shtrikman that
        belongs to the matrix, so plates, fibres or a network of the stiffer phase are stiffer.  The ratios
        matter little: 0.3 or 0.4 for the matrix changes E of the example by 1 %.
    Source
        T. Mori, K. Tanaka, Acta Metall. 21 (1973) 571; Y. Benveniste, Mech. Mater. 6 (1987) 147.  The
        ratios that stand in are usual ones of a glassy polymer and a silicate, measured on neither.

    Raises
    ------
    ValueError
        If the matrix has no modulus, the inclusions' is below zero, the fraction is none, or a Poisson's ratio
        is not above −1 and below 0.5.

    Examples
    --------
    Dry lithium silicate, 23.5 % by volume, in CMC of 9.77 GPa, were its modulus 20, 50 or 70 GPa:

    >>> [round(mori_tanaka_modulus(9.77e9, each, 0.235) / 1e9, 1) for each in (20e9, 50e9, 70e9)]
    [11.5, 13.5, 14.1]
    """
    above_zero(matrix_modulus=matrix_modulus)
    at_least_zero(inclusion_modulus=inclusion_modulus)
    share(volume_fraction=volume_fraction)
    bulk, shear = _moduli(matrix_modulus, matrix_poisson_ratio, "matrix_poisson_ratio")
    inner_bulk, inner_shear = _moduli(inclusion_modulus, inclusion_poisson_ratio, "inclusion_poisson_ratio")
    by_bulk, by_shear = 4 / 3 * shear, _zeta(bulk, shear)
    mixed_bulk = bulk + volume_fraction * (inner_bulk - bulk) / (
        1 + (1 - volume_fraction) * (inner_bulk - bulk) / (bulk + by_bulk)
    )
    mixed_shear = shear + volume_fraction * (inner_shear - shear) / (
        1 + (1 - volume_fraction) * (inner_shear - shear) / (shear + by_shear)
    )
    return _young(mixed_bulk, mixed_shear)


@equation(
    ("Pa", "GPa"),
    valid={"volume_fraction": (0.0, 0.4)},
    composite_modulus=("Pa", "GPa"),
    matrix_modulus=("Pa", "GPa"),
    volume_fraction=("1", "%"),
    matrix_poisson_ratio="1",
    inclusion_poisson_ratio="1",
)
def mori_tanaka_inclusion_modulus(
    composite_modulus: Real,
    matrix_modulus: Real,
    volume_fraction: Real,
    matrix_poisson_ratio: Real = 0.33,
    inclusion_poisson_ratio: Real = 0.25,
) -> Real:
    """Young's modulus of the spheres that gives a mixture the modulus it was measured to have.

    Equation
        `mori_tanaka_modulus` solved for E_i: K and G are linear in E_i over linear, so
        1/E = 1/(9 K) + 1/(3 G) is a quadratic equation of E_i with one positive root
    Symbols
        E Young's modulus of the mixture, E_m of the matrix [Pa], φ volume fraction of the inclusions [1],
        ν_m, ν_i Poisson's ratios [1], E_i Young's modulus of the inclusions [Pa]
    Validity
        As `mori_tanaka_modulus`.  The stiffer the spheres, the less the mixture tells of them: an error of
        the mixture's modulus grows several-fold.
    Source
        Inverse of `mori_tanaka_modulus`.

    Raises
    ------
    ValueError
        If the mixture is softer than with pores in place of the spheres, or stiffer than with rigid ones; or an
        argument makes no sense.

    Examples
    --------
    The CCL paper's 12.48 GPa on the 9.77 GPa of CMC need a silicate of about 30 GPa, with no further effect:

    >>> round(mori_tanaka_inclusion_modulus(12.48e9, 9.77e9, 0.235) / 1e9, 1)
    29.9
    """
    above_zero(composite_modulus=composite_modulus, matrix_modulus=matrix_modulus, volume_fraction=volume_fraction)
    share(volume_fraction=volume_fraction)
    bulk, shear = _moduli(matrix_modulus, matrix_poisson_ratio, "matrix_poisson_ratio")
    # Per pascal of the inclusions' modulus.
    inner_bulk, inner_shear = _moduli(1.0, inclusion_poisson_ratio, "inclusion_poisson_ratio")
    outside = 1 - np.asarray(volume_fraction, dtype=float)

    def coefficients(matrix: Array, inner: Array, by: Array) -> tuple[Array, Array, Array, Array]:
        # M = m + φ (k E − m) / (1 + (1 − φ)(k E − m)/(m + z)) written as (a + b E) / (c + d E).
        c = volume_fraction * matrix + by
        d = outside * inner
        a = matrix * c - volume_fraction * matrix * (matrix + by)
        b = matrix * d + volume_fraction * inner * (matrix + by)
        return a, b, c, d

    a, b, c, d = coefficients(bulk, inner_bulk, 4 / 3 * shear)
    e, f, g, h = coefficients(shear, inner_shear, _zeta(bulk, shear))
    # 1/E = (c + d x)/(9 (a + b x)) + (g + h x)/(3 (e + f x)), made a polynomial in x.
    whole = 1 / np.asarray(composite_modulus, dtype=float)
    square = whole * b * f - d * f / 9 - b * h / 3
    linear = whole * (a * f + b * e) - (c * f + d * e) / 9 - (a * h + b * g) / 3
    constant = whole * a * e - c * e / 9 - a * g / 3
    stiffest = mori_tanaka_modulus(
        matrix_modulus, 1e9 * np.asarray(matrix_modulus), volume_fraction, matrix_poisson_ratio, inclusion_poisson_ratio
    )
    softest = mori_tanaka_modulus(matrix_modulus, 0.0, volume_fraction, matrix_poisson_ratio, inclusion_poisson_ratio)
    if np.any((composite_modulus < softest) | (composite_modulus >= stiffest)):
        raise ValueError(
            f"composite_modulus must be from {np.max(softest):.6g} (pores) to below {np.min(stiffest):.6g} Pa "
            f"(rigid spheres), not {composite_modulus}"
        )
    root = np.sqrt(linear**2 - 4 * square * constant)
    return plain(2 * constant / (-linear - root))


@equation(("Pa", "GPa"), moduli=("Pa", "GPa"), volume_fractions=("1", "%"))
def voigt_modulus(moduli: Array, volume_fractions: Array) -> Real:
    """Young's modulus of a mixture whose parts are strained alike; none can be stiffer.

    Equation
        E = Σ φᵢ Eᵢ
    Symbols
        φᵢ volume fractions, which add up to 1 [1], Eᵢ Young's moduli [Pa], E upper bound [Pa]
    Validity
        Exact along the fibres or layers of parts with one Poisson's ratio; else a bound (to the small
        excess that different ratios cause), which is wide where moduli differ much.
    Source
        W. Voigt, Ann. Phys. 274 (1889) 573; as a bound R. Hill, Proc. Phys. Soc. A 65 (1952) 349.

    Raises
    ------
    ValueError
        If a modulus is below zero, the lists differ in length, or the fractions do not add up to 1.

    Examples
    --------
    >>> round(voigt_modulus(np.array([9.77e9, 30e9]), np.array([0.765, 0.235])) / 1e9, 2)
    14.52
    """
    at_least_zero(moduli=moduli)
    stiff, part = _parts(moduli=moduli, volume_fractions=volume_fractions)
    return plain(np.sum(part * stiff, axis=-1))


@equation(("Pa", "GPa"), moduli=("Pa", "GPa"), volume_fractions=("1", "%"))
def reuss_modulus(moduli: Array, volume_fractions: Array) -> Real:
    """Young's modulus of a mixture whose parts are stressed alike; none can be softer.

    Equation
        1/E = Σ φᵢ / Eᵢ
    Symbols
        φᵢ volume fractions, which add up to 1 [1], Eᵢ Young's moduli [Pa], E lower bound [Pa]
    Validity
        A bound, wide where moduli differ much.
    Source
        A. Reuss, Z. Angew. Math. Mech. 9 (1929) 49; as a bound R. Hill, Proc. Phys. Soc. A 65 (1952) 349.

    Raises
    ------
    ValueError
        If a modulus is not above zero, the lists differ in length, or the fractions do not add up to 1.

    Examples
    --------
    >>> round(reuss_modulus(np.array([9.77e9, 30e9]), np.array([0.765, 0.235])) / 1e9, 2)
    11.61
    """
    above_zero(moduli=moduli)
    stiff, part = _parts(moduli=moduli, volume_fractions=volume_fractions)
    return plain(1 / np.sum(part / stiff, axis=-1))


@equation(("Pa", "GPa"), moduli=("Pa", "GPa"), poisson_ratios="1", volume_fractions=("1", "%"))
def hashin_shtrikman_modulus(moduli: Array, poisson_ratios: Array, volume_fractions: Array) -> Bounds:
    """Least and most that the Young's modulus of an isotropic mixture can be.

    Equation
        K = (Σ φᵢ / (Kᵢ + 4 G*/3))⁻¹ − 4 G*/3,   G = (Σ φᵢ / (Gᵢ + ζ))⁻¹ − ζ,
        ζ = G* (9 K* + 8 G*) / (6 (K* + 2 G*)),   E = 9 K G / (3 K + G),
        lower with K*, G* the least of all phases, upper with the greatest
    Symbols
        Eᵢ Young's moduli [Pa], νᵢ Poisson's ratios [1], φᵢ volume fractions, which add up to 1 [1],
        Kᵢ bulk and Gᵢ shear moduli of the phases [Pa], E bounds [Pa]
    Validity
        Isotropic phases and mixture, firmly bonded.  The bounds of K and of G can be reached; those of E
        follow from them.
    Source
        Z. Hashin, S. Shtrikman, J. Mech. Phys. Solids 11 (1963) 127; for phases of which none is stiffest in
        both K and G, L. J. Walpole, J. Mech. Phys. Solids 14 (1966) 151.

    Raises
    ------
    ValueError
        If a modulus is below zero, the lists differ in length, the fractions do not add up to 1, or a Poisson's
        ratio is not above −1 and below 0.5.

    Examples
    --------
    CMC with 23.5 % of a silicate of 30 GPa:

    >>> bounds = hashin_shtrikman_modulus(np.array([9.77e9, 30e9]), np.array([0.33, 0.25]), np.array([0.765, 0.235]))
    >>> round(bounds.lower / 1e9, 2), round(bounds.upper / 1e9, 2)
    (12.49, 13.27)
    """
    at_least_zero(moduli=moduli)
    stiff, ratios, part = _parts(moduli=moduli, poisson_ratios=poisson_ratios, volume_fractions=volume_fractions)
    bulk, shear = _moduli(stiff, ratios, "poisson_ratios")

    def bound(of_bulk: Array, of_shear: Array) -> Real:
        by_bulk, by_shear = 4 / 3 * of_shear, _zeta(of_bulk, of_shear)
        # A phase without stiffness makes the lower bounds zero, the limit of 1 / (1/0).
        with np.errstate(divide="ignore", invalid="ignore"):
            mixed_bulk = 1 / np.sum(part / (bulk + by_bulk), axis=-1, keepdims=True) - by_bulk
            mixed_shear = 1 / np.sum(part / (shear + by_shear), axis=-1, keepdims=True) - by_shear
        return _young(mixed_bulk[..., 0], mixed_shear[..., 0])

    return Bounds(
        bound(np.min(bulk, axis=-1, keepdims=True), np.min(shear, axis=-1, keepdims=True)),
        bound(np.max(bulk, axis=-1, keepdims=True), np.max(shear, axis=-1, keepdims=True)),
    )


# --- Indentation and films --------------------------------------------------------------------------------------------


@equation(
    ("Pa", "GPa"),
    reduced_modulus=("Pa", "GPa"),
    poisson_ratio="1",
    indenter_modulus=("Pa", "GPa"),
    indenter_poisson_ratio="1",
)
def modulus_from_indentation(
    reduced_modulus: Real,
    poisson_ratio: Real,
    indenter_modulus: Real = DIAMOND_MODULUS,
    indenter_poisson_ratio: Real = DIAMOND_POISSON_RATIO,
) -> Real:
    """Young's modulus of a sample from the reduced modulus that an indenter sees.

    Equation
        1/E_r = (1 − ν²)/E + (1 − ν_i²)/E_i
    Symbols
        E_r reduced modulus [Pa], ν Poisson's ratio of the sample [1], E_i, ν_i modulus [Pa] and Poisson's
        ratio [1] of the indenter, E Young's modulus of the sample [Pa]
    Validity
        An elastic, isotropic sample much thicker than ten times the depth; no pile-up.  ν is seldom known:
        0.25 or 0.40 in place of 0.33 changes E by 5 or 6 %.
    Source
        W. C. Oliver, G. M. Pharr, J. Mater. Res. 7 (1992) 1564, and 19 (2004) 3,
        doi:10.1557/jmr.2004.19.1.3.

    Raises
    ------
    ValueError
        If a modulus is not above zero, a Poisson's ratio is not above −1 and below 0.5, or the contact is as stiff
        as the indenter itself.

    Examples
    --------
    Fused silica, on which indenters are calibrated: 69.6 GPa reduced, Poisson's ratio 0.17:

    >>> round(modulus_from_indentation(69.6e9, 0.17) / 1e9, 1)
    72.0
    """
    above_zero(reduced_modulus=reduced_modulus, indenter_modulus=indenter_modulus)
    _poisson("poisson_ratio", poisson_ratio)
    _poisson("indenter_poisson_ratio", indenter_poisson_ratio)
    left = 1 / np.asarray(reduced_modulus) - (1 - indenter_poisson_ratio**2) / indenter_modulus
    if np.any(left <= 0):
        raise ValueError(
            f"reduced_modulus must be below that of a rigid sample, E_i/(1 - nu_i^2), not {reduced_modulus}"
        )
    return plain((1 - poisson_ratio**2) / left)


@equation(("Pa", "MPa"), valid={"strain": (-0.05, 0.05)}, modulus=("Pa", "GPa"), poisson_ratio="1", strain=("1", "%"))
def film_stress(modulus: Real, poisson_ratio: Real, strain: Real) -> Real:
    """Stress in a film that a stiff support strains alike in both directions of its plane.

    Equation
        σ = E ε / (1 − ν)
    Symbols
        E Young's modulus [Pa], ν Poisson's ratio [1], ε strain in the plane, negative where the film is
        compressed [1], σ stress in the plane [Pa]
    Validity
        An elastic film, thin against its support, free at its top, away from its edges.
    Source
        G. G. Stoney, Proc. R. Soc. Lond. A 82 (1909) 172, with the biaxial modulus; L. B. Freund, S. Suresh,
        Thin Film Materials, Cambridge 2003, chapter 2.

    Raises
    ------
    ValueError
        If the modulus is below zero or Poisson's ratio is not above −1 and below 0.5.

    Examples
    --------
    The CCL paper's binder, 12.48 GPa, at 1 % and an assumed ratio of 0.33, in MPa:

    >>> round(film_stress(12.48e9, 0.33, 0.01) / 1e6)
    186
    """
    at_least_zero(modulus=modulus)
    _poisson("poisson_ratio", poisson_ratio)
    return modulus * strain / (1 - poisson_ratio)


@equation(
    ("J/m^2", "J/m^2"),
    valid={"strain": (-0.05, 0.05)},
    modulus=("Pa", "GPa"),
    poisson_ratio="1",
    strain=("1", "%"),
    thickness=("m", "nm"),
)
def elastic_energy_release_rate(modulus: Real, poisson_ratio: Real, strain: Real, thickness: Real) -> Real:
    """Elastic energy per area in a strained film: the most that its debonding can set free.

    Equation
        G = E ε² h / (1 − ν)
    Symbols
        E Young's modulus [Pa], ν Poisson's ratio [1], ε strain alike in both directions of the plane [1],
        h thickness [m], G energy per area [J/m²]
    Validity
        As `film_stress`.  The film debonds where G reaches the adhesion.  A straight front sets free only
        (1 + ν)/2 of it, because the film stays strained along the front.
    Source
        J. W. Hutchinson, Z. Suo, Adv. Appl. Mech. 29 (1991) 63.

    Raises
    ------
    ValueError
        If the modulus or the thickness is below zero, or Poisson's ratio is not above −1 and below 0.5.

    Examples
    --------
    23 nm of a binder of 12.48 GPa at 1 %: far below what a peel test takes:

    >>> round(elastic_energy_release_rate(12.48e9, 0.33, 0.01, 23e-9), 4)
    0.0428
    """
    at_least_zero(thickness=thickness)
    return film_stress(modulus, poisson_ratio, strain) * strain * thickness


def _parts(**given: Array) -> list[Array]:
    parts = components(**given)
    share(volume_fractions=parts[-1])
    total = np.sum(parts[-1], axis=-1)
    if np.any(np.abs(total - 1) > _ROUNDED):
        raise ValueError(f"volume_fractions must add up to 1, not {np.max(total):.6g}")
    return parts


def _moduli(modulus: Real, poisson_ratio: Real, name: str) -> tuple[Array, Array]:
    """Return bulk and shear modulus."""
    _poisson(name, poisson_ratio)
    stiff = np.asarray(modulus, dtype=float)
    return stiff / (3 * (1 - 2 * np.asarray(poisson_ratio))), stiff / (2 * (1 + np.asarray(poisson_ratio)))


def _zeta(bulk: Array, shear: Array) -> Array:
    with np.errstate(invalid="ignore"):
        zeta: Array = np.where(shear == 0, 0.0, shear / 6 * (9 * bulk + 8 * shear) / (bulk + 2 * shear))
    return zeta


def _young(bulk: Array, shear: Array) -> Real:
    with np.errstate(invalid="ignore"):
        return plain(np.where(shear == 0, 0.0, 9 * bulk * shear / (3 * bulk + shear)))


def _poisson(name: str, value: Real) -> None:
    given = np.asarray(value)
    if not np.all((given > -1) & (given < 0.5)):
        raise ValueError(f"{name} must be above -1 and below 0.5, not {value}")


def _angle(name: str, value: Real) -> None:
    given = np.asarray(value)
    if not np.all((given >= 0) & (given <= np.pi)):
        raise ValueError(f"{name} must be from 0 to pi (180 degrees), not {value}")
