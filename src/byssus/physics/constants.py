"""Physical constants in SI units, standard atomic weights, and the molar mass of a formula.

The constants follow from the four that define the SI and are exact.  Atomic weights are not: that of
lithium is known to 0.9 % only, because lithium is sold with part of its ⁶Li taken out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from byssus.source import Source

CODATA: Final = Source(
    "P.J. Mohr, D.B. Newell, B.N. Taylor, E. Tiesinga, CODATA recommended values of the fundamental "
    "physical constants: 2022, arXiv:2409.03787",
    method="defined",
    note="exact since the SI of 2019",
)
CIAAW: Final = Source(
    "T. Prohaska et al. 2022, Standard atomic weights of the elements 2021 (IUPAC Technical Report)",
    doi="10.1515/pac-2019-0603",
    method="measured",
    note="zirconium, gadolinium and lutetium as IUPAC's commission revised them in 2024",
)

#: Elementary charge [C]; CODATA 2022, exact.
ELEMENTARY_CHARGE: Final = 1.602176634e-19
#: Avogadro constant [1/mol]; CODATA 2022, exact.
AVOGADRO: Final = 6.02214076e23
#: Boltzmann constant [J/K]; CODATA 2022, exact.
BOLTZMANN: Final = 1.380649e-23
#: Faraday constant [C/mol], F = e N_A; CODATA 2022, exact.
FARADAY: Final = ELEMENTARY_CHARGE * AVOGADRO
#: Molar gas constant [J/(mol K)], R = k N_A; CODATA 2022, exact.
GAS_CONSTANT: Final = BOLTZMANN * AVOGADRO
#: Zero of the Celsius scale [K]; defined.
ZERO_CELSIUS: Final = 273.15
#: Temperature at which properties are given where nothing else is said, 25 °C [K]; convention.
STANDARD_TEMPERATURE: Final = 298.15
#: Standard atmosphere [Pa]; CODATA 2022, exact.
STANDARD_ATMOSPHERE: Final = 101325.0


class AtomicWeight(NamedTuple):
    """Relative atomic mass of an element in normal materials, and the ± of its table.

    The ± is meant to hold nearly every normal material; it is no standard deviation.
    """

    value: float
    uncertainty: float


#: Standard atomic weights of the elements that batteries are made of.  Where IUPAC gives an interval
#: (H, Li, B, C, N, O, Mg, Si, S, Cl, Br, Pb), the abridged value and its ±.
ATOMIC_WEIGHTS: Final[Mapping[str, AtomicWeight]] = MappingProxyType(
    {
        "H": AtomicWeight(1.0080, 0.0002),
        "Li": AtomicWeight(6.94, 0.06),
        "Be": AtomicWeight(9.0121831, 5e-7),
        "B": AtomicWeight(10.81, 0.02),
        "C": AtomicWeight(12.011, 0.002),
        "N": AtomicWeight(14.007, 0.001),
        "O": AtomicWeight(15.999, 0.001),
        "F": AtomicWeight(18.998403162, 5e-9),
        "Na": AtomicWeight(22.98976928, 2e-8),
        "Mg": AtomicWeight(24.305, 0.002),
        "Al": AtomicWeight(26.9815384, 3e-7),
        "Si": AtomicWeight(28.085, 0.001),
        "P": AtomicWeight(30.973761998, 5e-9),
        "S": AtomicWeight(32.06, 0.02),
        "Cl": AtomicWeight(35.45, 0.01),
        "K": AtomicWeight(39.0983, 0.0001),
        "Ca": AtomicWeight(40.078, 0.004),
        "Sc": AtomicWeight(44.955907, 4e-6),
        "Ti": AtomicWeight(47.867, 0.001),
        "V": AtomicWeight(50.9415, 0.0001),
        "Cr": AtomicWeight(51.9961, 0.0006),
        "Mn": AtomicWeight(54.938043, 2e-6),
        "Fe": AtomicWeight(55.845, 0.002),
        "Co": AtomicWeight(58.933194, 3e-6),
        "Ni": AtomicWeight(58.6934, 0.0004),
        "Cu": AtomicWeight(63.546, 0.003),
        "Zn": AtomicWeight(65.38, 0.02),
        "Ga": AtomicWeight(69.723, 0.001),
        "Ge": AtomicWeight(72.630, 0.008),
        "As": AtomicWeight(74.921595, 6e-6),
        "Se": AtomicWeight(78.971, 0.008),
        "Br": AtomicWeight(79.904, 0.003),
        "Rb": AtomicWeight(85.4678, 0.0003),
        "Sr": AtomicWeight(87.62, 0.01),
        "Y": AtomicWeight(88.905838, 2e-6),
        "Zr": AtomicWeight(91.222, 0.003),
        "Nb": AtomicWeight(92.90637, 1e-5),
        "Mo": AtomicWeight(95.95, 0.01),
        "Ru": AtomicWeight(101.07, 0.02),
        "Pd": AtomicWeight(106.42, 0.01),
        "Ag": AtomicWeight(107.8682, 0.0002),
        "Cd": AtomicWeight(112.414, 0.004),
        "In": AtomicWeight(114.818, 0.001),
        "Sn": AtomicWeight(118.710, 0.007),
        "Sb": AtomicWeight(121.760, 0.001),
        "Te": AtomicWeight(127.60, 0.03),
        "I": AtomicWeight(126.90447, 3e-5),
        "Cs": AtomicWeight(132.90545196, 6e-8),
        "Ba": AtomicWeight(137.327, 0.007),
        "La": AtomicWeight(138.90547, 7e-5),
        "Ce": AtomicWeight(140.116, 0.001),
        "Nd": AtomicWeight(144.242, 0.003),
        "Sm": AtomicWeight(150.36, 0.02),
        "Gd": AtomicWeight(157.249, 0.002),
        "Er": AtomicWeight(167.259, 0.003),
        "Yb": AtomicWeight(173.045, 0.010),
        "Lu": AtomicWeight(174.96669, 5e-5),
        "Hf": AtomicWeight(178.486, 0.006),
        "Ta": AtomicWeight(180.94788, 2e-5),
        "W": AtomicWeight(183.84, 0.01),
        "Pt": AtomicWeight(195.084, 0.009),
        "Au": AtomicWeight(196.966570, 4e-6),
        "Pb": AtomicWeight(207.2, 1.1),
        "Bi": AtomicWeight(208.98040, 1e-5),
    }
)

_OPENING = {"(": ")", "[": "]", "{": "}"}
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_CHARGE = re.compile(r"\^\d*[-+−]|[⁰¹²³⁴⁵⁶⁷⁸⁹]*[⁺⁻]|[-+−]$")
_COUNT = r"\d+(?:\.\d+)?|\.\d+"
_TOKEN = re.compile(rf"(?P<element>[A-Z][a-z]?)|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?P<count>{_COUNT})")
_PART = re.compile(rf"(?P<times>{_COUNT})?(?P<rest>.+)")


def molar_mass(formula: str) -> float:
    """Molar mass of a formula.

    Equation
        M = Σ nᵢ Aᵢ M_u
    Symbols
        nᵢ atoms of element i in the formula, Aᵢ standard atomic weight [1], M_u = 1 g/mol (to 1e-9 g/mol),
        M molar mass [g/mol]
    Validity
        Normal materials, not enriched ones; for the ± see `ATOMIC_WEIGHTS`.  The formula is read as
        `atoms` says; the mass of a charge (0.0005 g/mol per electron) is left out.
    Source
        T. Prohaska et al. 2022, Standard atomic weights of the elements 2021, doi:10.1515/pac-2019-0603.

    Raises
    ------
    ValueError
        If the formula cannot be read, or names an element that is not in the table.

    Examples
    --------
    The lithium silicate of the CCL paper, written in two ways, and the fluorophosphate ion:

    >>> round(molar_mass("Li2O·4.8SiO2"), 1), round(molar_mass("Li2O(SiO2)4.8"), 1)
    (318.3, 318.3)
    >>> round(molar_mass("PF6^-"), 3)
    144.964
    """
    return sum(count * ATOMIC_WEIGHTS[element].value for element, count in atoms(formula).items())


def atoms(formula: str) -> dict[str, float]:
    """Count the atoms of a formula.

    Counts may be decimals, brackets may be nested, and parts may be joined by a middle dot, each with a
    number before it (``CuSO4·5H2O``).  A charge is left out: after a caret with its number (``SO4^2-``), in
    superscripts (``SO₄²⁻``), or as a bare sign at the end.  Digits before a bare sign count atoms, so ``PF6-``
    has six fluorines.

    Raises
    ------
    ValueError
        If the formula cannot be read, or names an element that is not in the table.

    Examples
    --------
    >>> atoms("LiNi0.8Co0.1Mn0.1O2")
    {'Li': 1.0, 'Ni': 0.8, 'Co': 0.1, 'Mn': 0.1, 'O': 2.0}
    >>> atoms("Li4[Ti(OH)2]1.5")
    {'Li': 4.0, 'Ti': 1.5, 'O': 3.0, 'H': 3.0}
    >>> atoms("NbSnSd")
    Traceback (most recent call last):
        ...
    ValueError: NbSnSd: 'Sd' is no element of the table; did you mean S or Sb or Sc or Se or Si or Sm or Sn or Sr?
    """
    plain = _CHARGE.sub("", "".join(formula.split()).translate(_SUBSCRIPT))
    total: dict[str, float] = {}
    for part in re.split("[·⋅•∙*]", plain):
        match = _PART.fullmatch(part)
        if not match:
            raise ValueError(f"{formula!r} is no formula: a part of it is empty; write it as LiFePO4 or Li2O·4.8SiO2")
        times = float(match["times"] or 1)
        for element, count in _atoms_of_part(match["rest"], formula).items():
            total[element] = total.get(element, 0.0) + times * count
    return total


def _atoms_of_part(text: str, formula: str) -> dict[str, float]:
    levels: list[tuple[str, dict[str, float]]] = [("", {})]
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if not token or token["count"]:
            where = text[position:]
            raise ValueError(f"{formula}: cannot be read from {where!r} on; write it as LiFePO4 or Li2O·4.8SiO2")
        position = token.end()
        if token["open"]:
            levels.append((_OPENING[token["open"]], {}))
            continue
        group: dict[str, float]
        if token["close"]:
            closing, group = levels.pop()
            if token["close"] != closing:
                raise ValueError(f"{formula}: {token['close']!r} closes no bracket; pair the brackets")
        else:
            group = {_known(token["element"], formula): 1.0}
        number = re.compile(_COUNT).match(text, position)
        count = float(number[0]) if number else 1.0
        position = number.end() if number else position
        for element, each in group.items():
            levels[-1][1][element] = levels[-1][1].get(element, 0.0) + count * each
    if len(levels) > 1:
        raise ValueError(f"{formula}: {levels[-1][0]!r} is missing; pair the brackets")
    return levels[0][1]


def _known(symbol: str, formula: str) -> str:
    if symbol in ATOMIC_WEIGHTS:
        return symbol
    alike = [element for element in sorted(ATOMIC_WEIGHTS) if element[0] == symbol[0]]
    hint = f"did you mean {' or '.join(alike)}?" if alike else "write it as LiFePO4 or Li2O·4.8SiO2"
    raise ValueError(f"{formula}: {symbol!r} is no element of the table; {hint}")
