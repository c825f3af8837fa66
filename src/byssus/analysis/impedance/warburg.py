"""Diffusion coefficients from the Warburg elements of a fitted circuit, each with what it rests on tested and said.

A semi-infinite element has one number, σ, that D follows from by the slope of the rested voltage, or by a concentration
where the law of an ideal solution holds; the element of a layer has a time constant, that D follows from by a length.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from byssus.analysis.impedance.circuit import Circuit, Group, Leaf
from byssus.analysis.impedance.fitting import DIFFUSION, WEAK, CircuitFit, Derived, Weight, fit_circuit
from byssus.errors import FitError
from byssus.physics.constants import STANDARD_TEMPERATURE
from byssus.physics.impedance import diffusion_warburg, diffusion_warburg_ideal, diffusion_warburg_layer
from byssus.quantity import Quantity

Form = Literal["slope", "ideal", "layer"]

#: Exponent of a constant-phase element that is semi-infinite diffusion, and how far one may be off; the latter a choice,
#: the same as for the power of the scan rate.
_EXPONENT, _WITHIN = 0.5, 0.05
#: Further off, not even an apparent coefficient is given; a choice.
_FAR: Final = 2 * _WITHIN
#: A layer looks endless from ω L²/D = 10 on: coth √(jωτ) is 1 within 2 exp(−√(2ωτ)), 2.3 %.
_ENDLESS: Final = 10.0
#: Normal quantile of a 95 % interval.
_REACH: Final = 1.959964
_FORMS: Final[dict[Form, str]] = {
    "slope": "D = ½ (V_m (dE/dx)/(F A σ))²",
    "ideal": "D = R²T²/(2 A² n⁴ F⁴ C² σ²), the law of an ideal solution",
    "layer": "D = L²/τ, a plane layer",
}

Known = Mapping[str, Quantity]


@dataclass(frozen=True)
class Coefficient:
    """A diffusion coefficient in m²/s, or why there is none.

    Parameters
    ----------
    form
        Which equation; ``None`` where too little is known for any.
    value, error, interval
        The error is of first order; the interval, 95 %, is symmetric in the logarithm, as D is a product.
    unmet
        Why it is only apparent.
    said
        What was found of its assumptions, or could not be tested.
    unknown
        Names of what was told without its ±.
    reason
        Why there is none.
    """

    form: Form | None
    value: float | None = None
    error: float | None = None
    unmet: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval in m²/s."""
        if self.value is None or self.error is None:
            return None
        factor = math.exp(_REACH * self.error / self.value)
        return self.value / factor, self.value * factor

    @property
    def method(self) -> str:
        """The equation with what was found of its assumptions."""
        if self.form is None:
            return ""
        within = ""
        if self.interval is not None:
            low, high = (1e4 * end for end in self.interval)
            within = f"95 % interval {low:.3g} to {high:.3g} cm²/s"
        return "; ".join(part for part in (_FORMS[self.form], within, *self.said) if part)


@dataclass(frozen=True)
class Diffusion:
    """What a diffusion element of a fitted circuit says.

    Parameters
    ----------
    element
        Its name in the circuit.
    sigma, time
        Coefficient of a semi-infinite element in Ω/√s, and time constant of a layer in s; the other is None.
    exponent
        Of a constant-phase element in the place of a semi-infinite one: 0.5 is a phase of 45°.
    span
        Lowest and highest frequency at which it is the greater part of −Im Z; None where it is nowhere.
    coefficients
        What follows, by each equation that enough is known for.
    """

    element: str
    sigma: Derived | None
    time: Derived | None
    exponent: Derived | None
    span: tuple[float, float] | None
    coefficients: tuple[Coefficient, ...]

    @property
    def straight(self) -> bool:
        """Whether it is a line at 45°: exponent 0.5 ± 0.05, and known as well as that."""
        known = self.exponent
        return (
            known is not None
            and known.value is not None
            and known.error is not None
            and max(abs(known.value - _EXPONENT), known.error) <= _WITHIN
        )


def diffusion_of(
    found: CircuitFit, known: Known, *, weight: Weight = "modulus", against: Sequence[str] = ()
) -> tuple[Diffusion, ...]:
    """Take diffusion coefficients from the diffusion elements of a fitted circuit.

    A semi-infinite element is W, or a constant-phase element alone in series whose exponent is below 0.6; what it rests on
    is tested by fitting the other in its place.

    Parameters
    ----------
    known
        ``voltage slope`` and ``molar volume``, or ``concentration``; ``diffusion length``; ``diffusion area`` or ``area``;
        ``electrons``; ``temperature``.
    weight
        That of the fit.
    against
        What else makes a coefficient by σ apparent, in words.

    Examples
    --------
    >>> f, circuit = np.logspace(5, -2, 50), Circuit.parse("R0-p(R1,Q1)-W1")
    >>> z = circuit.impedance(f, {"R0": 2.0, "R1": 30.0, "Q1.Q": 1e-4, "Q1.α": 0.85, "W1": 3.0})
    >>> known = {"voltage slope": Quantity(-0.2, "V"), "molar volume": Quantity(12.06, "cm^3/mol"),
    ...          "diffusion area": Quantity(1.13, "cm^2")}
    >>> (one,) = diffusion_of(fit_circuit(f, z, circuit), known)
    >>> f"{one.coefficients[0].value:.3g}", one.coefficients[0].unmet
    ('2.72e-15', ())
    """
    return tuple(_diffusion(found, leaf, known, weight, against) for leaf in elements(found))


def elements(found: CircuitFit) -> list[Leaf]:
    """Return the elements of diffusion of a fitted circuit."""
    root = found.circuit.root
    row = root.parts if isinstance(root, Group) and root.kind == "series" else (root,)
    return [
        leaf
        for leaf in found.circuit.leaves
        if leaf.element.symbol in ("W", "Wo", "Ws")
        or (leaf.element.symbol == "Q" and leaf in row and found.fit.ended[f"{leaf.name}.α"] < DIFFUSION)
    ]


def _diffusion(found: CircuitFit, leaf: Leaf, known: Known, weight: Weight, against: Sequence[str]) -> Diffusion:
    if leaf.element.symbol in ("Wo", "Ws"):
        time = found.derived(lambda values: values[f"{leaf.name}.τ"], f"{leaf.name}.τ")
        span = _span(found, leaf)
        return Diffusion(leaf.name, None, time, None, span, (_of_layer(found, time, span, known),))
    try:
        sigma, exponent, straight = _semi_infinite(found, leaf, weight)
    except FitError as error:
        sigma = exponent = Derived(None, None, f"no fit: {error}")
        straight = found
    span = _span(found, leaf)
    forms: tuple[Form, ...] = ("slope", "ideal")
    told = [form for form in forms if _enough(form, known)]
    coefficients: tuple[Coefficient, ...]
    if sigma.value is None or sigma.error is None:
        coefficients = (Coefficient(None, reason=sigma.reason or f"not identifiable: {leaf.name}"),)
    elif sigma.error > WEAK * sigma.value:
        why = f"not identifiable: σ is {sigma.value:.3g} ± {sigma.error:.2g} Ω/√s"
        coefficients = (Coefficient(None, reason=why),)
    elif not told:
        coefficients = (Coefficient(None, reason=_lacking(known)),)
    else:
        unmet, said = _phase(exponent, span)
        if exponent.value is not None and abs(exponent.value - _EXPONENT) > _FAR:
            coefficients = (Coefficient(None, reason="; ".join(unmet)),)
        else:
            coefficients = tuple(
                _of_sigma(form, (sigma.value, sigma.error), known, [*unmet, *against], said, straight) for form in told
            )
    return Diffusion(leaf.name, sigma, None, exponent, span, coefficients)


def _semi_infinite(found: CircuitFit, leaf: Leaf, weight: Weight) -> tuple[Derived, Derived, CircuitFit]:
    """Return σ, the exponent, and the fit with W, of which one is of the fit and the other of one with the element exchanged."""
    own, values = leaf.element.symbol, dict(found.fit.ended)
    other = "Q" if own == "W" else "W"
    number = 1 + max((int(each.number) for each in found.circuit.leaves if each.element.symbol == other), default=0)
    name = f"{other}{number}"
    circuit = Circuit.parse(re.sub(rf"\b{leaf.name}\b", name, str(found.circuit)))
    if own == "W":
        values |= {f"{name}.Q": 1 / (math.sqrt(2) * values[leaf.name]), f"{name}.α": _EXPONENT}
        w, q = leaf.name, name
    else:
        # Both have one modulus at the lowest frequency.
        alpha, lowest = values[f"{leaf.name}.α"], 2 * math.pi * float(found.frequency.min())
        values[name] = lowest ** (_EXPONENT - alpha) / (math.sqrt(2) * values[f"{leaf.name}.Q"])
        w, q = name, leaf.name
    start = {each: values[each] for each in circuit.names}
    exchanged = fit_circuit(found.frequency, found.impedance, circuit, weight=weight, start=start, starts=1)
    straight, bent = (found, exchanged) if own == "W" else (exchanged, found)
    sigma = straight.derived(lambda each: each[w], w)
    return sigma, bent.derived(lambda each: each[f"{q}.α"], f"{q}.α"), straight


def _span(found: CircuitFit, leaf: Leaf) -> tuple[float, float] | None:
    """Return the frequencies at which an element is the greater part of −Im Z."""
    values = dict(found.fit.ended)
    whole = found.circuit.impedance(found.frequency, values)
    for parameter in found.circuit.parameters:
        if parameter.element == leaf.name and parameter.slot.sort in ("diffusion", "resistance", "admittance"):
            # As good as a short circuit: diffusion takes no voltage.
            values[parameter.name] *= 1e9 if parameter.slot.sort == "admittance" else 1e-9
    without = found.circuit.impedance(found.frequency, values)
    most = found.frequency[-(whole - without).imag > np.abs(whole.imag) / 2]
    return (float(most.min()), float(most.max())) if most.size else None


def _phase(exponent: Derived, span: tuple[float, float] | None) -> tuple[list[str], list[str]]:
    """Return what speaks against a phase of 45°, and what was found of it."""
    unmet, said = [], []
    if exponent.value is None or exponent.error is None:
        unmet.append(f"the phase is not tested: {exponent.reason or 'its exponent is not known'}")
    else:
        text = f"the exponent in its place is {exponent.value:.3f} ± {exponent.error:.2g}"
        if abs(exponent.value - _EXPONENT) > _WITHIN:
            unmet.append(f"{text}, a phase of {90 * exponent.value:.0f}° and not of 45° (0.5 ± 0.05)")
        elif exponent.error > _WITHIN:
            unmet.append(f"{text}, too little known to be told from others than 0.5")
        else:
            said.append(text)
    if span is None:
        unmet.append("diffusion is nowhere the greater part of −Im Z")
    else:
        said.append(f"the greater part of −Im Z from {span[0]:.3g} to {span[1]:.3g} Hz")
    return unmet, said


def _enough(form: Form, known: Known) -> bool:
    needed = ("voltage slope", "molar volume") if form == "slope" else ("concentration",)
    return all(name in known for name in needed) and _area(known) is not None


def _area(known: Known) -> str | None:
    return next((name for name in ("diffusion area", "area") if name in known), None)


def _lacking(known: Known) -> str:
    need = []
    if "concentration" not in known:
        absent = [name for name in ("voltage slope", "molar volume") if name not in known]
        need.append(f"no {' and no '.join(absent)}" + ("" if len(absent) == 1 else ", nor a concentration"))
    if _area(known) is None:
        need.append("no diffusion area")
    return "; ".join(need)


def _of_sigma(
    form: Form,
    sigma: tuple[float, float],
    known: Known,
    unmet: Sequence[str],
    said: Sequence[str],
    found: CircuitFit,
) -> Coefficient:
    area = _area(known) or "area"
    powers: Mapping[str, float]
    of: Callable[..., Any]
    if form == "slope":
        of, units = diffusion_warburg, {"voltage slope": "V", "molar volume": "m^3/mol", area: "m^2"}
        powers = {"voltage slope": 2, "molar volume": 2, area: 2}
        arguments = [known[name].to(unit).value for name, unit in units.items()]
    else:
        of = diffusion_warburg_ideal
        powers = {"concentration": 2, area: 2} | ({"temperature": 2} if "temperature" in known else {})
        arguments = [
            known["concentration"].to("mol/m^3").value,
            known[area].to("m^2").value,
            known["electrons"].value if "electrons" in known else 1.0,
            known["temperature"].to("K").value if "temperature" in known else STANDARD_TEMPERATURE,
        ]
    try:
        value = float(of(sigma[0], *arguments))
    except ValueError as fault:
        return Coefficient(form, reason=str(fault).replace("_", " "))
    error, unknown = _doubt(value, 2 * sigma[1] / sigma[0], known, powers)
    depth_unmet, depth_said = _depth(value, found, known)
    against = [*unmet, *depth_unmet]
    if area == "area":
        against.append("no diffusion area is told, and that of the electrode is taken")
    return Coefficient(form, value, error, tuple(against), (*said, *depth_said), unknown)


def _doubt(value: float, of_fit: float, known: Known, powers: Mapping[str, float]) -> tuple[float, tuple[str, ...]]:
    """Return the standard error from the fit and from what was told, and what was told without its ±."""
    relative, unknown = [of_fit], []
    for name, power in powers.items():
        given = known[name].to("K") if name == "temperature" else known[name]
        if given.uncertainty is None:
            unknown.append(name)
        else:
            relative.append(power * given.uncertainty / given.value)
    return value * math.hypot(*relative), tuple(unknown)


def _depth(value: float, found: CircuitFit, known: Known) -> tuple[list[str], list[str]]:
    """Compare how far diffusion reaches with the length that it has."""
    lowest = float(found.frequency.min())
    depth = math.sqrt(value / (2 * math.pi * lowest))
    text = f"at {lowest:.3g} Hz diffusion reaches {_metres(depth)}"
    if "diffusion length" not in known:
        return [], [f"{text}, which is not tested: no diffusion length is told"]
    length = known["diffusion length"].to("m").value
    text += f", of a length of {_metres(length)}"
    if length**2 < _ENDLESS * depth**2:
        return [f"{text}, over {1 / math.sqrt(_ENDLESS):.2g} of it: the layer does not look endless"], []
    return [], [text]


def _metres(length: float) -> str:
    return f"{1e9 * length:.3g} nm" if length < 1e-6 else f"{1e6 * length:.3g} µm"


def _of_layer(found: CircuitFit, time: Derived, span: tuple[float, float] | None, known: Known) -> Coefficient:
    if time.value is None or time.error is None:
        return Coefficient(None, reason=time.reason or "not identifiable: its time constant")
    if time.error > WEAK * time.value:
        return Coefficient(None, reason=f"not identifiable: the time constant is {time.value:.3g} ± {time.error:.2g} s")
    end, lowest = 1 / (2 * math.pi * time.value), float(found.frequency.min())
    if end < lowest:
        why = f"the end of the layer would show at {end:.2g} Hz, below the {lowest:.3g} Hz measured"
        return Coefficient(None, reason=why)
    if "diffusion length" not in known:
        return Coefficient(None, reason="no diffusion length")
    length = known["diffusion length"].to("m").value
    value = float(diffusion_warburg_layer(length, time.value))
    error, unknown = _doubt(value, time.error / time.value, known, {"diffusion length": 2})
    unmet, said = [], []
    if span is None:
        unmet.append("diffusion is nowhere the greater part of −Im Z")
    else:
        said.append(f"the greater part of −Im Z from {span[0]:.3g} to {span[1]:.3g} Hz")
    return Coefficient("layer", value, error, tuple(unmet), tuple(said), unknown)


def statements(of: Diffusion) -> Iterator[str]:
    """Yield why the diffusion coefficients of an element are apparent."""
    for each in of.coefficients:
        if each.unmet:
            yield f"{of.element}: {'; '.join(each.unmet)}"
