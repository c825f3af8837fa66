"""pH of mixtures of weak acids, bases and salts, and what is dissociated at a pH.

Acids come as their dissociation constants, pKa, in order from the form with most protons.  Concentrations are
SI, mol/m³; 1 mol/L = 1000 mol/m³.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byssus.physics.equation import TEXT, equation
from byssus.physics.limits import above_zero, at_least_zero, components, finite, plain

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)
Zone = Literal["acid", "gelling", "alkaline"]

#: Negative logarithm of water's ion product at 25 °C and low ionic strength; textbook value, 13.995 to 14.000.
WATER_CONSTANT: Final = 14.0
#: Debye and Hückel's constant of water at 25 °C [(L/mol)^½]; as in the Davies equation of the programs SED and PREDOM.
DEBYE_HUCKEL: Final = 0.509
#: Davies' linear term [L/mol]; C. W. Davies, Ion Association, Butterworths, London 1962, p. 41.
DAVIES: Final = 0.3
#: Standard concentration [mol/m³]; definition.
STANDARD_CONCENTRATION: Final = 1000.0
#: Between these pH silica gels fast; see `silica_gelling_zone`.
SILICA_GELLING: Final = (5.0, 8.0)

#: The pH within which the balance is sought: a mole per litre of strong acid or base and far beyond.
_LOWEST, _HIGHEST = -3.0, 17.0


@equation("1", acid_constant="1", base=("mol/m^3", "mol/L"), acid=("mol/m^3", "mol/L"))
def henderson_hasselbalch(acid_constant: Number, base: Number | float, acid: Number | float) -> Number:
    """PH of a buffer of a weak acid and its salt.

    Equation
        pH = pKa + log₁₀(c_b / c_a)
    Symbols
        pKa negative logarithm of the dissociation constant [1], c_b concentration of the salt, c_a that of
        the free acid [mol/m³], pH [1]
    Validity
        c_a, c_b > 0, both well above the concentrations of H⁺ and OH⁻; ideal.  `mixture_ph` has none of
        these bounds.
    Source
        The law of mass action, with what was weighed for what is there.

    Raises
    ------
    ValueError
        If a concentration is not above zero.

    Examples
    --------
    >>> round(henderson_hasselbalch(4.76, 200.0, 100.0), 2)
    5.06
    """
    above_zero(base=base, acid=acid)
    value: Number = acid_constant + plain(np.log10(np.divide(base, acid)))  # type: ignore[assignment]
    return value


@equation("1", valid={"ionic_strength": (0.0, 500.0)}, charge="1", ionic_strength=("mol/m^3", "mol/L"))
def davies_activity_coefficient(charge: Number, ionic_strength: Number | float) -> Number:
    """Activity coefficient of an ion in water at 25 °C.

    Equation
        log₁₀ γ = −A z² (√I / (1 + √I) − 0.3 I),   A = 0.509
    Symbols
        z charge number [1], I ionic strength [mol/m³; in the equation mol/L], γ activity coefficient [1]
    Validity
        Empirical; good to some per cent up to about 0.1 mol/L and usable to 0.5 mol/L, for simple ions in
        water at 25 °C.  Not for polyelectrolytes, whose charges feel each other along the chain.
    Source
        C. W. Davies, Ion Association, Butterworths, London 1962, p. 41.

    Raises
    ------
    ValueError
        If the ionic strength is below zero.

    Examples
    --------
    >>> round(davies_activity_coefficient(1, 100.0), 3)
    0.782
    """
    at_least_zero(ionic_strength=ionic_strength)
    value: Number = plain(10.0 ** (-np.square(charge) * _davies(ionic_strength)))  # type: ignore[assignment]
    return value


@equation(("mol/m^3", "mol/L"), concentrations=("mol/m^3", "mol/L"), charges="1")
def ionic_strength(concentrations: ArrayLike, charges: ArrayLike) -> float | Array:
    """Ionic strength of a solution.

    Equation
        I = ½ Σ cᵢ zᵢ²
    Symbols
        cᵢ concentration of ion i [mol/m³], zᵢ its charge number [1], I [mol/m³]
    Validity
        cᵢ ≥ 0; ions that are free, not paired.
    Source
        Definition.

    Raises
    ------
    ValueError
        If a concentration is below zero, or the lists differ in length.

    Examples
    --------
    0.1 mol/L of sodium sulfate:

    >>> round(ionic_strength([200.0, 100.0], [1, -2]))
    300
    """
    concentration, charge = components(concentrations=concentrations, charges=charges)
    at_least_zero(concentrations=concentration)
    return plain(0.5 * (concentration * charge**2).sum(-1))


@equation(("1", "%"), ph="1", acid_constants="1")
def species_fractions(ph: ArrayLike, acid_constants: ArrayLike) -> Array:
    """Shares of the forms of an acid at a pH, from the one with all protons to the one with none.

    Equation
        αₖ = 10^(k pH − pK₁ − … − pKₖ) / Σⱼ 10^(j pH − pK₁ − … − pKⱼ),   k, j = 0 … n
    Symbols
        pH [1], pKₖ negative logarithm of the dissociation constant of step k [1], αₖ share of the form that
        lost k protons [1], in the last dimension
    Validity
        Constants of the solution's own ionic strength: at 0.1 mol/L those of an acid's first three steps are
        lower than at infinite dilution by about 0.1, 0.3 and 0.5.  Steps of one molecule, not of a chain.
    Source
        The law of mass action.

    Raises
    ------
    ValueError
        If a value is no finite number.

    Examples
    --------
    Citric acid at the seed paper's pH of 5.6:

    >>> (100 * species_fractions(5.6, [3.13, 4.76, 6.40])).round(1).tolist()
    [0.0, 11.1, 76.7, 12.2]
    """
    (constants,) = components(acid_constants=acid_constants)
    finite(ph=ph, acid_constants=constants)
    lost = np.arange(1, constants.shape[-1] + 1)
    logarithms = np.asarray(ph, dtype=float)[..., None] * lost - np.cumsum(constants, -1)
    logarithms = np.concatenate([np.zeros((*logarithms.shape[:-1], 1)), logarithms], -1)
    weights = 10.0 ** (logarithms - logarithms.max(-1, keepdims=True))
    fractions: Array = weights / weights.sum(-1, keepdims=True)
    return fractions


@equation("1", ph="1", acid_constants="1", charge="1")
def mean_charge(ph: ArrayLike, acid_constants: ArrayLike, charge: ArrayLike = 0.0) -> float | Array:
    """Mean charge number of an acid or base at a pH.

    Equation
        z̄ = z₀ − Σ k αₖ
    Symbols
        z₀ charge number with all protons, 0 for acids and 1 for amines [1], αₖ share of the form that lost k
        protons [1], z̄ mean charge number [1]
    Validity
        As `species_fractions`.
    Source
        The law of mass action.

    Raises
    ------
    ValueError
        If a value is no finite number.

    Examples
    --------
    >>> round(mean_charge(4.76, [4.76]), 3), round(mean_charge(7.0, [9.25], charge=1), 3)
    (-0.5, 0.994)
    """
    fractions = species_fractions(ph, acid_constants)
    return plain(np.asarray(charge, dtype=float) - (fractions * np.arange(fractions.shape[-1])).sum(-1))


@equation(
    "1",
    valid={"totals": (0.0, 500.0), "strong_cations": (0.0, 500.0), "strong_anions": (0.0, 500.0)},
    totals=("mol/m^3", "mol/L"),
    acid_constants="1",
    steps="1",
    charges="1",
    strong_cations=("mol/m^3", "mol/L"),
    strong_anions=("mol/m^3", "mol/L"),
    activity=TEXT,
    water_constant="1",
)
def mixture_ph(
    totals: ArrayLike,
    acid_constants: ArrayLike,
    steps: ArrayLike | None = None,
    charges: ArrayLike | None = None,
    strong_cations: float = 0.0,
    strong_anions: float = 0.0,
    activity: str = "ideal",
    water_constant: float = WATER_CONSTANT,
) -> float:
    """PH of a solution of weak acids and bases with their salts, from the balance of charges.

    Equation
        [H⁺] − [OH⁻] + c₊ − c₋ + Σᵢ cᵢ z̄ᵢ(pH) = 0
    Symbols
        cᵢ total concentration of weak acid or base i in all its forms [mol/m³], pKa negative logarithms of
        the dissociation constants, those of i after each other, from the form with most protons [1], steps
        how many of them belong to each i [1], z̄ᵢ its mean charge number, from that with all protons, charges
        (0 for acids, 1 for amines) [1], c₊ and c₋ concentrations of ions with one charge that never react,
        as Na⁺ and Cl⁻ [mol/m³], pKw negative logarithm of water's ion product [1]
    Validity
        Dissolved in full, closed to air; 25 °C with the default pKw.  ``ideal`` takes the constants as they
        are; ``davies`` takes them at infinite dilution, corrects them by `davies_activity_coefficient`, and
        gives the pH as activity, as an electrode reads it; to about 0.5 mol/L.  A chain's groups count as
        separate acids of one apparent pKa, which in truth rises as the chain charges up.
    Source
        Conservation of charge and the law of mass action.

    Raises
    ------
    ValueError
        If a concentration is below zero, a constant no finite number, the lists do not match, the activity
        model is unknown, or no pH between −3 and 17 balances the charges.

    Examples
    --------
    0.1 mol/L of acetic acid, and its sodium salt:

    >>> round(mixture_ph([100.0], [4.76]), 2), round(mixture_ph([100.0], [4.76], strong_cations=100.0), 2)
    (2.88, 8.88)

    The seed paper's binder in 1 mL: 26.0 µmol of citric acid, 34.6 µmol of carboxymethyl groups (were the
    degree of substitution 0.9), which came as sodium salt, and then 41.5 µmol of lithium with the silicate:

    >>> acids = {"totals": [26.0, 34.6], "acid_constants": [3.13, 4.76, 6.40, 4.3], "steps": [3, 1]}
    >>> round(mixture_ph(**acids, strong_cations=34.6, activity="davies"), 1)
    3.8
    >>> round(mixture_ph(**acids, strong_cations=34.6 + 41.5, activity="davies"), 1)
    4.9
    """
    from scipy.optimize import brentq

    acids = _acids(totals, acid_constants, steps, charges)
    at_least_zero(strong_cations=strong_cations, strong_anions=strong_anions)
    finite(water_constant=water_constant)
    if activity not in {"ideal", "davies"}:
        raise ValueError(f"activity must be ideal or davies, not {activity}")
    solution = _Solution(acids, float(strong_cations), float(strong_anions), float(water_constant))

    def balanced(strength: float) -> float:
        """Return the pH at which the charges balance, were the ionic strength this."""
        low, high = solution.charge(_LOWEST, strength), solution.charge(_HIGHEST, strength)
        if not low > 0 > high:
            raise ValueError(
                f"strong_cations and strong_anions must balance at a pH from {_LOWEST:g} to {_HIGHEST:g}, "
                f"and leave a charge of {low:.6g} to {high:.6g} mol/m^3"
            )
        return float(brentq(solution.charge, _LOWEST, _HIGHEST, args=(strength,), xtol=1e-13, rtol=1e-14))

    if activity == "ideal":
        return balanced(0.0)

    def excess(strength: float) -> float:
        return solution.strength(balanced(strength), strength) - strength

    most = solution.most()
    return balanced(float(brentq(excess, 0.0, most, xtol=1e-10, rtol=1e-14)))


@equation(TEXT, ph="1")
def silica_gelling_zone(ph: float) -> Zone:
    """Where a pH lies against the zone in which silica from a silicate solution gels fast.

    Equation
        "gelling" for 5 ≤ pH ≤ 8, "acid" below, "alkaline" above
    Symbols
        pH [1]
    Validity
        Silicic acid, silicate or silica sol of some per cent in water at room temperature.  How
        fast depends on silica, salt and temperature; below the zone a sol keeps longest near pH 2, above it
        the particles are charged and repel each other, unless salt is there.  No sharp borders.
    Source
        R. K. Iler, The Chemistry of Silica, Wiley, New York 1979, for the borders as they are usually quoted
        (not looked up).  Checked against B. Knoblich, Th. Gerber, Aggregation in SiO₂ sols from sodium
        silicate solutions, J. Non-Cryst. Solids 2001, 109–113 (abstract): the gel time falls strongly from
        pH 2 to 5.8 and rises again above.

    Raises
    ------
    ValueError
        If the pH is no finite number.

    Examples
    --------
    >>> silica_gelling_zone(4.0), silica_gelling_zone(5.6), silica_gelling_zone(12.0)
    ('acid', 'gelling', 'alkaline')
    """
    finite(ph=ph)
    low, high = SILICA_GELLING
    return "acid" if ph < low else "alkaline" if ph > high else "gelling"


@dataclass(frozen=True, slots=True)
class _Acid:
    """A weak acid or base: total concentration [mol/m³], constants, charge with all protons."""

    total: float
    constants: Array
    charge: float

    def forms(self, ph: float, screening: float) -> tuple[Array, Array]:
        """Return concentrations [mol/m³] and charges of all forms; screening is log γ of a charge of 1, negated."""
        charges = self.charge - np.arange(self.constants.size + 1, dtype=float)
        # With log γ = −z² s, a step from z to z − 1 has the constant pK + s (2 z − 1) at a given activity of H⁺.
        apparent = self.constants + screening * (2 * charges[:-1] - 1)
        return self.total * species_fractions(ph, apparent), charges


@dataclass(frozen=True, slots=True)
class _Solution:
    """Weak acids with ions that never react [mol/m³] and pKw."""

    acids: Sequence[_Acid]
    cations: float
    anions: float
    water: float

    def free(self, ph: float, strength: float) -> tuple[float, float]:
        """Return the concentrations of H⁺ and OH⁻."""
        coefficient = 10.0 ** -_davies(strength)
        return (
            float(STANDARD_CONCENTRATION * 10.0**-ph / coefficient),
            float(STANDARD_CONCENTRATION * 10.0 ** (ph - self.water) / coefficient),
        )

    def charge(self, ph: float, strength: float) -> float:
        """Return the charge that is left over; it falls as the pH rises."""
        hydrogen, hydroxide = self.free(ph, strength)
        total = hydrogen - hydroxide + self.cations - self.anions
        for acid in self.acids:
            concentrations, charges = acid.forms(ph, float(_davies(strength)))
            total += float(concentrations @ charges)
        return total

    def strength(self, ph: float, strength: float) -> float:
        """Return the ionic strength of what is there at a pH, the activity coefficients being those of `strength`."""
        total = sum(self.free(ph, strength)) + self.cations + self.anions
        for acid in self.acids:
            concentrations, charges = acid.forms(ph, float(_davies(strength)))
            total += float(concentrations @ charges**2)
        return total / 2

    def most(self) -> float:
        """Return an ionic strength that is not reached."""
        # H⁺ and OH⁻ together are at most the charge of all else and twice the root of their product.
        total = 2 * (self.cations + self.anions) + 4 * float(STANDARD_CONCENTRATION * 10.0 ** (-self.water / 2))
        for acid in self.acids:
            highest = max(abs(acid.charge), abs(acid.charge - acid.constants.size))
            total += acid.total * (highest**2 + highest)
        return total


def _davies(strength: ArrayLike) -> Array:
    """Return −log₁₀ γ of a charge of 1 at an ionic strength in mol/m³."""
    molar = np.asarray(strength, dtype=float) / STANDARD_CONCENTRATION
    root = np.sqrt(molar)
    value: Array = DEBYE_HUCKEL * (root / (1 + root) - DAVIES * molar)
    return value


def _acids(
    totals: ArrayLike, acid_constants: ArrayLike, steps: ArrayLike | None, charges: ArrayLike | None
) -> list[_Acid]:
    total = np.atleast_1d(np.asarray(totals, dtype=float))
    constants = np.atleast_1d(np.asarray(acid_constants, dtype=float))
    at_least_zero(totals=total)
    finite(acid_constants=constants)
    if steps is not None:
        counts = np.atleast_1d(np.asarray(steps, dtype=float))
    elif total.size == 1:
        counts = np.array([float(constants.size)])
    else:
        counts = np.ones(total.size)
    if np.any(counts < 1) or np.any(counts % 1):
        raise ValueError(f"steps must be whole numbers from 1, not {', '.join(f'{count:g}' for count in counts)}")
    if counts.size != total.size:
        raise ValueError(f"steps must be as many as totals, which are {total.size}, not {counts.size}")
    if counts.sum() != constants.size:
        raise ValueError(
            f"acid_constants must be as many as all steps together, which are {counts.sum():g}, not {constants.size}"
        )
    protonated = np.zeros(total.size) if charges is None else np.atleast_1d(np.asarray(charges, dtype=float))
    if protonated.size != total.size:
        raise ValueError(f"charges must be as many as totals, which are {total.size}, not {protonated.size}")
    finite(charges=protonated)
    ends = np.cumsum(counts).astype(int)
    return [
        _Acid(float(amount), constants[end - int(count) : end], float(charge))
        for amount, end, count, charge in zip(total, ends, counts, protonated, strict=True)
    ]
