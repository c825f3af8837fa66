"""Sweeps of couples whose truth is set: a solver that the voltammetry's page rests on, and that shares no code with it.

A couple is oxidised while the potential rises: ``Li host → Li⁺ + e⁻ + host``, or ``R → O + e⁻`` in a solution with equal
diffusion coefficients, which is the same equation.  It diffuses in a body without end, in a film, or in a sphere; its
reaction is as fast as one likes; a resistance and a capacitor stand before it.

Equations
    ∂θ/∂t = D ∇²θ, θ = 1 at the start, θ the reduced share; no flux at the closed end
    j/(F c) = k (θ e^{α f x} − (1 − θ) e^{−(1−α) f x}) at the surface, f = F/(R T), x = E − I R − E⁰
    I = A j + C dx/dt

Finite volumes whose thickness grows geometrically from the surface, taken apart into their modes: between two records
each mode decays exactly under a flux that is a straight line in time, so that nothing is stiff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE

Array = NDArray[np.float64]

#: R T/F at 25 °C, in V.
THERMAL: Final = GAS_CONSTANT * STANDARD_TEMPERATURE / FARADAY
#: Volumes, and the thickness of the first as a share of √(D Δt).
_VOLUMES: Final = 80
_FIRST: Final = 0.02
#: A body is endless from so many √(D t) on.
_DEEP: Final = 7.0


@dataclass(frozen=True, slots=True)
class Couple:
    """What is swept; SI units.

    Parameters
    ----------
    rate
        Scan rate in V/s.
    diffusion
        In m²/s.
    length
        Thickness of the film or radius of the sphere in m; infinite for a body without end.
    shape
        ``plane`` or ``sphere``.
    area, concentration
        Of the surface in m², and of what diffuses in mol/m³.
    constant, transfer
        Rate constant k in m/s, infinite for Nernst's law; transfer coefficient α of the oxidation.
    resistance, capacitance
        In ohm and F.
    """

    rate: float
    diffusion: float
    length: float = np.inf
    shape: Literal["plane", "sphere"] = "plane"
    area: float = 1e-4
    concentration: float = 1e3
    constant: float = np.inf
    transfer: float = 0.5
    resistance: float = 0.0
    capacitance: float = 0.0

    @property
    def depth(self) -> float:
        """√(D R T/(F v)) in m."""
        return float(np.sqrt(self.diffusion * THERMAL / self.rate))

    @property
    def scale(self) -> float:
        """F A c √(D F v/(R T)) in A: peak currents of diffusion are a number times this."""
        return FARADAY * self.area * self.concentration * float(np.sqrt(self.diffusion * self.rate / THERMAL))


@dataclass(frozen=True, slots=True)
class Swept:
    """Currents in A of several couples, a row a couple: all of it, and what of it charges the capacitor."""

    total: Array
    capacitive: Array


def triangle(low: float, high: float, step: float, cycles: int = 1) -> Array:
    """Return potentials from low to high and back, in V."""
    rising = np.linspace(low, high, round((high - low) / step) + 1)
    return np.concatenate([rising, *([rising[-2::-1], rising[1:]] * cycles)[: 2 * cycles - 1]])


def sweep(couples: Sequence[Couple], potentials: Array, volumes: int = _VOLUMES) -> Swept:
    """Sweep couples through the same potentials against E⁰, each at its own rate, from equilibrium with none oxidised.

    The potentials are at even steps.
    """
    column = {name: np.array([getattr(one, name) for one in couples]) for name in
              ("rate", "area", "concentration", "transfer", "resistance", "capacitance")}  # fmt: skip
    step = abs(float(potentials[1] - potentials[0]))
    seconds = step / column["rate"]
    bodies = [
        _modes(one, float(dt), float(dt) * len(potentials), volumes) for one, dt in zip(couples, seconds, strict=True)
    ]
    decay, front, first, last, extra = (np.array(part) for part in zip(*bodies, strict=True))
    gain = np.sum(front**2 * last, axis=1) + extra
    slow = np.array([1 / one.constant for one in couples])
    alpha, to_current = column["transfer"], FARADAY * column["concentration"] * column["area"]
    modes, flux = np.zeros_like(decay), np.zeros(len(couples))
    inner = np.full(len(couples), potentials[0])
    total, capacitive = np.zeros((2, len(couples), len(potentials)))
    storing = column["capacitance"] / seconds
    for at in range(1, len(potentials)):
        held = decay * modes - front * first * flux[:, None]
        reduced = 1 + np.sum(front * held, axis=1)
        outer, before = potentials[at], inner
        inner = before + (outer - potentials[at - 1])
        for _ in range(60):
            rising, falling = np.exp(alpha * inner / THERMAL), np.exp((alpha - 1) * inner / THERMAL)
            both = rising + falling
            slope = (alpha * rising - (1 - alpha) * falling) / THERMAL
            below = slow + gain * both
            flux = (reduced * both - falling) / below
            steep = (reduced * slope + (1 - alpha) * falling / THERMAL - flux * gain * slope) / below
            current = to_current * flux + storing * (inner - before)
            miss = inner - outer + column["resistance"] * current
            change = miss / (1 + column["resistance"] * (to_current * steep + storing))
            # The exponentials bend over a thermal voltage: a longer step would overshoot.
            inner = inner - np.clip(change, -THERMAL, THERMAL)
            if np.max(np.abs(change)) < 1e-10:
                break
        else:
            raise ArithmeticError(f"no potential of the couple was found at {outer:.3f} V")
        modes = held - front * last * flux[:, None]
        total[:, at], capacitive[:, at] = current, storing * (inner - before)
    return Swept(total, capacitive)


def _modes(one: Couple, seconds: float, whole: float, volumes: int) -> tuple[Array, Array, Array, Array, float]:
    """Return of each mode its decay over a step, its value at the front, its weights of the flux before and after.

    And what the surface lies beyond the middle of the first volume.
    """
    length = min(one.length, _DEEP * float(np.sqrt(one.diffusion * whole)))
    thinnest = _FIRST * float(np.sqrt(one.diffusion * seconds))
    edges = _edges(length, thinnest, volumes)
    width = np.diff(edges)
    if one.shape == "sphere":
        # Area of a shell, and volume, by the area of the surface.
        inside = 1 - edges / one.length
        faces, content = inside**2, -np.diff(inside**3) * one.length / 3
    else:
        faces, content = np.ones_like(edges), width
    middles = edges[:-1] + width / 2
    between = one.diffusion * faces[1:-1] / np.diff(middles)
    stiffness = np.diag(np.append(between, 0) + np.append(0, between)) - np.diag(between, 1) - np.diag(between, -1)
    root = 1 / np.sqrt(content)
    speeds, vectors = np.linalg.eigh(root[:, None] * stiffness * root)
    z = np.maximum(speeds, 0) * seconds
    safe = np.where(z < 1e-3, 1.0, z)
    last = seconds * np.where(z < 1e-3, 0.5 - z / 6 + z**2 / 24, (safe + np.expm1(-safe)) / safe**2)
    whole_weight = seconds * np.where(z < 1e-3, 1 - z / 2 + z**2 / 6, -np.expm1(-safe) / safe)
    return np.exp(-z), root[0] * vectors[0], whole_weight - last, last, float(width[0] / 2 / one.diffusion)


def _edges(length: float, thinnest: float, volumes: int) -> Array:
    """Return edges from 0 to the length, the first volume as thin as asked or, in a short body, as all others."""
    if thinnest * volumes >= length:
        return np.linspace(0, length, volumes + 1)
    growth = brentq(lambda q: thinnest * (q**volumes - 1) / (q - 1) - length, 1 + 1e-9, 3.0)
    powers = growth ** np.arange(volumes + 1)
    return np.asarray(length * (powers - 1) / (powers[-1] - 1))
