"""The elements that equivalent circuits are made of, each with its derivatives.

Everything is a function of s = jω = 2πj f, with parameters in SI units that are above zero.  Parameters may be arrays
with a leading axis, so that many sets of them are evaluated at once.

| element | impedance | parameters, in their order |
| --- | --- | --- |
| R | R | R / Ω |
| C | 1/(C s) | C / F |
| L | L s | L / H |
| Q, CPE | 1/(Q s^α) | Q / (S s^α), α |
| W | σ √2/√s = σ (1 − j)/√ω | σ / (Ω s^−½) |
| Wo | R coth(√(τs))/√(τs) | R / Ω, τ / s |
| Ws | R tanh(√(τs))/√(τs) | R / Ω, τ / s |
| G | R/√(1 + τs) | R / Ω, τ / s |
| T, TLMQ | R coth(x)/x, x² = R Q s^α | R / Ω, Q / (S s^α), α |
| Tr | R coth(x)/x, x² = R (1/r + Q s^α) | R / Ω, r / Ω, Q / (S s^α), α |

W is semi-infinite diffusion; Wo diffusion into a layer that nothing leaves (τ = L²/D), Ws into one behind which the
concentration is held; G diffusion with a reaction on the way.  T is a porous electrode whose pores conduct ions with R
altogether and whose walls block, Tr one whose walls react with the resistance r altogether.

The order and meaning of the parameters are those of impedance.py (R0, C1, CPE1_0 and CPE1_1, Wo1_0 = Z₀ and Wo1_1 = τ,
TLMQ1_0 to TLMQ1_2), so its strings and lists of numbers can be used as they are.  Its element T is another one (Paasch
et al. 1993) and has four parameters.

Sources: Orazem and Tribollet, Electrochemical Impedance Spectroscopy (Wiley 2008), for R to Ws; Lu, Kreller and Adler,
J. Electrochem. Soc. 156 (2009) B513, doi:10.1149/1.3079337 (G); Landesfeind et al., J. Electrochem. Soc. 163 (2016) A1373,
doi:10.1149/2.1141607jes (T); Bisquert, J. Phys. Chem. B 106 (2002) 325, doi:10.1021/jp011941g (Tr).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]
#: What a parameter is, which tells the range in which it is sought.
Sort = Literal["resistance", "capacitance", "inductance", "time", "exponent", "admittance", "diffusion"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter of an element: its symbol, unit and sort."""

    symbol: str
    unit: str
    sort: Sort


@dataclass(frozen=True, slots=True)
class Element:
    """An element.

    Parameters
    ----------
    symbol, title
        As circuits are written, and in words.
    slots
        Its parameters in their order.
    evaluate
        ``evaluate(s, *parameters)`` gives the impedance and its derivative by each parameter.
    """

    symbol: str
    title: str
    slots: tuple[Slot, ...]
    evaluate: Callable[..., tuple[Complex, tuple[Complex, ...]]]


def _resistor(s: Complex, r: Any) -> tuple[Complex, tuple[Complex, ...]]:
    one = np.ones_like(s)
    return r * one, (one,)


def _capacitor(s: Complex, c: Any) -> tuple[Complex, tuple[Complex, ...]]:
    z = 1 / (c * s)
    return z, (-z / c,)


def _inductor(s: Complex, inductance: Any) -> tuple[Complex, tuple[Complex, ...]]:
    return inductance * s, (s,)


def _constant_phase(s: Complex, q: Any, exponent: Any) -> tuple[Complex, tuple[Complex, ...]]:
    z = 1 / (q * s**exponent)
    return z, (-z / q, -z * np.log(s))


def _warburg(s: Complex, sigma: Any) -> tuple[Complex, tuple[Complex, ...]]:
    unit = np.sqrt(2) / np.sqrt(s)
    return sigma * unit, (unit,)


def _layer(x: Complex) -> tuple[Complex, Complex]:
    """Return f = coth(x)/x and df/d ln x²."""
    coth = 1 / np.tanh(x)
    return coth / x, 0.5 * (1 - coth**2 - coth / x)


def _open_layer(s: Complex, r: Any, time: Any) -> tuple[Complex, tuple[Complex, ...]]:
    f, slope = _layer(np.sqrt(time * s))
    return r * f, (f, r * slope / time)


def _short_layer(s: Complex, r: Any, time: Any) -> tuple[Complex, tuple[Complex, ...]]:
    x = np.sqrt(time * s)
    tanh = np.tanh(x)
    f = tanh / x
    return r * f, (f, 0.5 * r * (1 - tanh**2 - f) / time)


def _gerischer(s: Complex, r: Any, time: Any) -> tuple[Complex, tuple[Complex, ...]]:
    f = 1 / np.sqrt(1 + time * s)
    return r * f, (f, -0.5 * r * s * f**3)


def _blocking_pores(s: Complex, r: Any, q: Any, exponent: Any) -> tuple[Complex, tuple[Complex, ...]]:
    f, slope = _layer(np.sqrt(r * q * s**exponent))
    return r * f, (f + slope, r * slope / q, r * slope * np.log(s))


def _reacting_pores(s: Complex, r: Any, reaction: Any, q: Any, exponent: Any) -> tuple[Complex, tuple[Complex, ...]]:
    power = s**exponent
    wall = 1 / reaction + q * power
    f, slope = _layer(np.sqrt(r * wall))
    by_wall = r * slope / wall
    return r * f, (f + slope, -by_wall / reaction**2, by_wall * power, by_wall * q * power * np.log(s))


_R, _TAU = Slot("R", "ohm", "resistance"), Slot("τ", "s", "time")
_Q, _ALPHA = Slot("Q", "S*s^α", "admittance"), Slot("α", "1", "exponent")

ELEMENTS: Final[dict[str, Element]] = {
    each.symbol: each
    for each in (
        Element("R", "resistor", (_R,), _resistor),
        Element("C", "capacitor", (Slot("C", "F", "capacitance"),), _capacitor),
        Element("L", "inductor", (Slot("L", "H", "inductance"),), _inductor),
        Element("Q", "constant-phase element", (_Q, _ALPHA), _constant_phase),
        Element("W", "Warburg element, semi-infinite", (Slot("σ", "ohm/s^0.5", "diffusion"),), _warburg),
        Element("Wo", "Warburg element of a layer that nothing leaves", (_R, _TAU), _open_layer),
        Element("Ws", "Warburg element of a layer held behind", (_R, _TAU), _short_layer),
        Element("G", "Gerischer element", (_R, _TAU), _gerischer),
        Element("T", "porous electrode that blocks", (_R, _Q, _ALPHA), _blocking_pores),
        Element(
            "Tr", "porous electrode that reacts", (_R, Slot("r", "ohm", "resistance"), _Q, _ALPHA), _reacting_pores
        ),
    )
}

#: What other programs call them.
ALIASES: Final = {"CPE": "Q", "TLMQ": "T"}
