"""How capacity fades from cycle to cycle: three laws, their rates, and what they ask of the efficiency.

All functions take floats or NumPy arrays and broadcast.  Cycles are counted from a named
baseline; a rate is a share of the baseline's capacity, not per cent.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


@equation(
    "any", valid={"rate": (-math.inf, 1.0), "cycles": (0.0, math.inf)}, initial="any", rate=("1", "%"), cycles="1"
)
def geometric_capacity(initial: float, rate: float, cycles: Number) -> Number:
    """Capacity that loses the same share of itself in every cycle.

    Equation
        q = q_b (1 − f)^m
    Symbols
        q_b capacity at the baseline [any], f share lost a cycle [1], m cycles since the
        baseline [1], q [as q_b]
    Validity
        f < 1.  It is what a constant coulombic efficiency of 1 − f gives where every lost
        lithium ion costs capacity.
    Source
        Definition.

    Examples
    --------
    >>> round(geometric_capacity(197.1, 0.000343, 110.0), 1)
    189.8
    """
    value: Number = initial * (1 - rate) ** cycles
    return value


@equation(
    "any", valid={"rate": (-math.inf, 1.0), "cycles": (0.0, math.inf)}, initial="any", rate=("1", "%"), cycles="1"
)
def linear_capacity(initial: float, rate: float, cycles: Number) -> Number:
    """Capacity that loses the same amount in every cycle.

    Equation
        q = q_b (1 − k m)
    Symbols
        q_b capacity at the baseline [any], k share of q_b lost a cycle [1], m cycles since
        the baseline [1], q [as q_b]
    Validity
        k m ≤ 1.
    Source
        Definition.

    Examples
    --------
    >>> linear_capacity(2.0, 0.001, 100.0)
    1.8
    """
    return initial * (1 - rate * cycles)


@equation(
    "any", valid={"rate": (-math.inf, 1.0), "cycles": (0.0, math.inf)}, initial="any", rate=("1", "%"), cycles="1"
)
def square_root_capacity(initial: float, rate: float, cycles: Number) -> Number:
    """Capacity whose loss grows with the square root of the number of cycles.

    Equation
        q = q_b (1 − k √m)
    Symbols
        q_b capacity at the baseline [any], k share of q_b lost a root of a cycle [1], m cycles
        since the baseline [1], q [as q_b]
    Validity
        m ≥ 0 and k √m ≤ 1; cycles that take equally long.  It is what a film gives whose growth
        is slowed by its own thickness.
    Source
        H. J. Ploehn, P. Ramadass and R. E. White, J. Electrochem. Soc. 151 (2004) A456,
        doi:10.1149/1.1644601.

    Examples
    --------
    >>> square_root_capacity(2.0, 0.01, 100.0)
    1.8
    """
    value: Number = initial * (1 - rate * cycles**0.5)
    return value


@equation(("1", "%"), retention=("1", "%"), cycles="1")
def geometric_rate(retention: Number, cycles: float) -> Number:
    """Share of the capacity lost a cycle, were it the same share in every cycle.

    Equation
        f = 1 − R^(1/m)
    Symbols
        R retention after m cycles since the baseline [1], f [1]
    Validity
        R ≥ 0, m > 0.  From the two ends alone it is the fade per cycle that papers print.
    Source
        Inverse of `geometric_capacity`.

    Raises
    ------
    ValueError
        If there are no cycles between, or the retention is below zero.

    Examples
    --------
    96.3 % after 110 cycles is 0.034 % a cycle:

    >>> round(100 * geometric_rate(0.963, 110), 4)
    0.0343
    """
    _checked(retention, cycles)
    value: Number = 1 - retention ** (1 / cycles)
    return value


@equation(("1", "%"), valid={"retention": (0.0, 1.0)}, retention=("1", "%"), cycles="1")
def fade_per_cycle(retention: Number, cycles: float) -> Number:
    """Fade per cycle that papers print, from the two ends of a cycling test.

    Equation
        f = 1 − R^(1/N)
    Symbols
        R retention after N cycles since its baseline [1], f share of the capacity that a cycle loses [1]
    Validity
        0 ≤ R ≤ 1, N > 0.  It is `geometric_rate` under the name that it has in papers: two ends only,
        so it does not tell an even fade from a sudden one.
    Source
        As `geometric_rate`.

    Raises
    ------
    ValueError
        If there are no cycles between, or the retention is below zero.

    Examples
    --------
    The seed paper's half cell keeps 73.3 % over 250 cycles:

    >>> round(100 * fade_per_cycle(0.733, 250), 3)
    0.124
    """
    return geometric_rate(retention, cycles)


@equation(("1", "%"), retention=("1", "%"), cycles="1")
def linear_rate(retention: Number, cycles: float) -> Number:
    """Share of the baseline's capacity lost a cycle, were it the same amount in every cycle.

    Equation
        k = (1 − R) / m
    Symbols
        R retention after m cycles since the baseline [1], k [1]
    Validity
        m > 0.
    Source
        Inverse of `linear_capacity`.

    Raises
    ------
    ValueError
        If there are no cycles between.

    Examples
    --------
    >>> round(100 * linear_rate(0.963, 110), 4)
    0.0336
    """
    _checked(0.0, cycles)
    return (1 - retention) / cycles


@equation(("1", "%"), retention=("1", "%"), cycles="1")
def square_root_rate(retention: Number, cycles: float) -> Number:
    """Share of the baseline's capacity lost a root of a cycle, were the loss to grow with the square root.

    Equation
        k = (1 − R) / √m
    Symbols
        R retention after m cycles since the baseline [1], k [1]
    Validity
        m > 0.
    Source
        Inverse of `square_root_capacity`.

    Raises
    ------
    ValueError
        If there are no cycles between.

    Examples
    --------
    >>> round(100 * square_root_rate(0.9, 100), 4)
    1.0
    """
    _checked(0.0, cycles)
    value: Number = (1 - retention) / cycles**0.5
    return value


@equation(("1", "%"), valid={"retention": (0.0, 1.0)}, retention=("1", "%"), cycles="1")
def efficiency_needed(retention: Number, cycles: float) -> Number:
    """Mean coulombic efficiency that a retention needs where lost lithium costs capacity.

    Equation
        CE = R^(1/m)
    Symbols
        R retention after m cycles since the baseline [1], CE geometric mean of the efficiencies
        of the m cycles [1]
    Validity
        A full cell whose lithium is limited by the positive electrode and lost to side reactions
        alone.  Not a half cell: its lithium electrode replaces what is lost.
    Source
        R = Π CE_n over the m cycles, which follows from the definition of the efficiency.

    Raises
    ------
    ValueError
        If there are no cycles between, or the retention is below zero.

    Examples
    --------
    The seed paper's full cell keeps 96.3 % after 110 cycles, so on average 99.966 % came back:

    >>> round(100 * efficiency_needed(0.963, 110), 3)
    99.966
    """
    _checked(retention, cycles)
    value: Number = retention ** (1 / cycles)
    return value


@equation("any", first="any", second="any")
def irreversible_capacity(first: Number, second: Number) -> Number:
    """Charge of a cycle's first half that its second half does not give back.

    Equation
        Q_irr = Q₁ − Q₂
    Symbols
        Q₁, Q₂ charge of the first and second half of the same cycle [any, equal], Q_irr [same]
    Validity
        Both halves were measured to their end.  A sum over cycles is cumulative irreversible
        capacity; it is lithium lost only if nothing else (self-discharge, a shuttle, a leak)
        carries charge.
    Source
        Definition.

    Examples
    --------
    >>> round(irreversible_capacity(0.860, 0.349), 3)
    0.511
    """
    return first - second


def _checked(retention: float | Array, cycles: float) -> None:
    if not cycles > 0:
        raise ValueError(f"cycles must be above zero, not {cycles}")
    if np.any(np.asarray(retention) < 0):
        raise ValueError(f"retention must not be below zero, not {retention}")
