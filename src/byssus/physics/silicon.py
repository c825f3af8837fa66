"""The open-circuit potential of amorphous silicon: two processes and hysteresis, from published electrodes.

All functions take floats or NumPy arrays and broadcast.  They use only arithmetic, exp and tanh, so that a library of
symbolic equations (PyBaMM) can call them with symbols, for the lithiation as for the coefficients.

A solver looks at lithiations somewhat outside 0 to 1, and a cell that ends at 0.005 V goes there: x = 1 is defined
by 0.01 V.  The forms go on falling, smoothly and ever more steeply: 0.005 V is reached at 1.001 on delithiation and
at 1.006 on lithiation; at 1.05 the branches stand at −0.37 and −0.04 V, at −0.05 at 1.3 and 3.0 V.  Nothing was
measured there, and far outside the exponentials overflow: keep a model within −0.1 to 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics import limits
from byssus.physics.equation import TEXT, equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

#: Potentials in V against Li/Li+ that lithiation 0 and 1 are defined by.
EMPTY: Final = 1.0
FULL: Final = 0.01


@dataclass(frozen=True, slots=True)
class Branch:
    """Coefficients of one branch for `two_process_potential`, and how well they are known.

    Parameters
    ----------
    level, height
        Mean of the two processes' potentials, and half of what lies between them, in V.
    middle, width
        Lithiation at which one process gives way to the other, and over which, as fractions.
    head, tail
        Lithiation over which the potential falls from `EMPTY`, and to `FULL`, as fractions.
    uncertainty
        Standard uncertainties of the six, in their order: delete-one jackknife over the electrodes, for the scatter
        within a curve is small against that between electrodes.  The six are correlated: vary them together, or use
        `spread`.
    spread
        Lowest and highest root mean square, in V, of what the form misses of an electrode that it was not fitted to,
        once that electrode's own window and scale are fitted.
    electrodes
        Whose curves it was fitted to, as Rehm et al. name them.
    """

    level: float
    height: float
    middle: float
    width: float
    head: float
    tail: float
    uncertainty: tuple[float, float, float, float, float, float]
    spread: tuple[float, float]
    electrodes: tuple[str, ...]

    @property
    def coefficients(self) -> tuple[float, float, float, float, float, float]:
        """The six, in the order in which `two_process_potential` takes them."""
        return self.level, self.height, self.middle, self.width, self.head, self.tail


#: By branch, fitted by Byssus to the curves that Rehm et al. collected from published electrodes.
#: Source of the curves: M. Rehm et al., J. Power Sources (2025), doi:10.1016/j.jpowsour.2025.236290, and there the
#: electrodes named; refitted, and each tested on the fit of the others, in docs/validation/silicon.md.
BRANCHES: Final[Mapping[str, Branch]] = MappingProxyType(
    {
        "delithiation": Branch(
            level=0.356, height=0.140, middle=0.576, width=0.280, head=0.104, tail=0.050,
            uncertainty=(0.014, 0.030, 0.025, 0.067, 0.017, 0.016),
            spread=(0.012, 0.048),
            electrodes=("baggetto", "friedrich", "kuecher", "kunz", "lu"),
        ),
        "lithiation": Branch(
            level=0.204, height=0.119, middle=0.419, width=0.267, head=0.037, tail=0.098,
            uncertainty=(0.021, 0.035, 0.060, 0.086, 0.009, 0.066),
            spread=(0.007, 0.030),
            electrodes=("baggetto", "friedrich", "jiang", "kuecher", "kunz", "lu"),
        ),
    }
)  # fmt: skip

#: The shape that is fitted to all electrodes of `BRANCHES`, where one of `BY_ELECTRODE` may be named instead.
ALL: Final = "all"

#: By branch and electrode, the six coefficients that fit its curve by itself, for a band of what one model means for
#: one electrode or another: give them to `two_process_potential`.  The window of each curve, from where to where in
#: lithiation it goes, is the one that it has on the shape of all: a window and six coefficients are more than a curve
#: that stops at 0.1 V determines.  The electrodes therefore differ in shape here, and not in what they hold.
#: Source and refit as for `BRANCHES`.
BY_ELECTRODE: Final[Mapping[str, Mapping[str, tuple[float, float, float, float, float, float]]]] = MappingProxyType(
    {
        "delithiation": MappingProxyType(
            {
                "baggetto": (0.319, 0.102, 0.618, 0.206, 0.131, 0.033),
                "friedrich": (0.382, 0.074, 0.578, 0.169, 0.110, 0.109),
                "kuecher": (0.400, 0.197, 0.484, 0.363, 0.085, 0.051),
                "kunz": (0.411, 0.238, 0.476, 0.446, 0.080, 0.051),
                "lu": (0.359, 0.108, 0.560, 0.199, 0.104, 0.052),
            }
        ),
        "lithiation": MappingProxyType(
            {
                "baggetto": (0.266, 0.091, 0.356, 0.135, 0.030, 0.350),
                "friedrich": (0.202, 0.079, 0.401, 0.133, 0.041, 0.081),
                "jiang": (0.166, 0.093, 0.532, 0.252, 0.045, 0.068),
                "kuecher": (0.173, 0.115, 0.499, 0.250, 0.041, 0.024),
                "kunz": (0.183, 0.158, 0.487, 0.383, 0.039, 0.063),
                "lu": (0.195, 0.105, 0.457, 0.245, 0.039, 0.141),
            }
        ),
    }
)
#: Those that have a shape of their own on both branches: what a cell needs.
ELECTRODES: Final = tuple(name for name in BY_ELECTRODE["lithiation"] if name in BY_ELECTRODE["delithiation"])


@equation(
    "V",
    valid={"lithiation": (0.0, 1.0)},
    lithiation="1",
    level="V",
    height="V",
    middle="1",
    width="1",
    head="1",
    tail="1",
)
def two_process_potential(
    lithiation: Number, level: float, height: float, middle: float, width: float, head: float, tail: float
) -> Number:
    """Potential of an electrode that takes up lithium in two processes, between 1 V and 0.01 V.

    Equation
        U = u − h tanh[(x − m)/w] + a exp(−x/k) − b exp[(x − 1)/l], with a and b such that U(0) = 1 V and U(1) = 0.01 V
    Symbols
        x lithiation, 0 at 1 V and 1 at 0.01 V [1], u mean potential of the two processes [V], h half of what lies
        between them [V], m lithiation between them [1], w width of the step [1], k and l widths of the ends [1],
        U potential against Li/Li⁺ [V]
    Validity
        Empirical.  0 ≤ x ≤ 1; h, w, k, l > 0.  It falls everywhere where a and b come out positive.
    Source
        Form of Byssus: two plateaus with a sigmoidal step between them, and exponential ends.  Two
        sigmoidal processes for delithiation: Batteries 9 (2023) 251, doi:10.3390/batteries9050251.

    Raises
    ------
    ValueError
        If a width is not above zero.

    Examples
    --------
    >>> round(float(two_process_potential(0.0, 0.36, 0.14, 0.56, 0.27, 0.10, 0.06)), 9)
    1.0
    >>> two_process_potential(np.array([0.56, 1.0]), 0.36, 0.14, 0.56, 0.27, 0.10, 0.06).round(3).tolist()
    [0.362, 0.01]
    """
    limits.above_zero(**numbers(width=width, head=head, tail=tail))
    first, last = _ends(level, height, middle, width, head, tail)
    value: Number = (
        level
        - height * np.tanh((lithiation - middle) / width)
        + first * np.exp(-lithiation / head)
        - last * np.exp((lithiation - 1) / tail)
    )
    return value


@equation(
    "V",
    valid={"lithiation": (0.0, 1.0)},
    lithiation="1",
    level="V",
    height="V",
    middle="1",
    width="1",
    head="1",
    tail="1",
)
def two_process_slope(
    lithiation: Number, level: float, height: float, middle: float, width: float, head: float, tail: float
) -> Number:
    """Slope of the potential of `two_process_potential` over lithiation.

    Equation
        dU/dx = −(h/w) {1 − tanh²[(x − m)/w]} − (a/k) exp(−x/k) − (b/l) exp[(x − 1)/l]
    Symbols
        As in `two_process_potential`; dU/dx per full lithiation [V]
    Validity
        As `two_process_potential`.
    Source
        Derivative of `two_process_potential`.

    Raises
    ------
    ValueError
        If a width is not above zero.

    Examples
    --------
    In the middle of a step that lies far from both ends it is −h/w:

    >>> round(float(two_process_slope(0.5, 0.36, 0.14, 0.5, 0.2, 0.01, 0.01)), 6)
    -0.7
    """
    limits.above_zero(**numbers(width=width, head=head, tail=tail))
    first, last = _ends(level, height, middle, width, head, tail)
    value: Number = (
        -height / width * (1 - np.tanh((lithiation - middle) / width) ** 2)
        - first / head * np.exp(-lithiation / head)
        - last / tail * np.exp((lithiation - 1) / tail)
    )
    return value


@equation("V", valid={"lithiation": (0.0, 1.0)}, lithiation="1", branch=TEXT, electrode=TEXT)
def silicon_potential(lithiation: Number, branch: str, electrode: str = ALL) -> Number:
    """Open-circuit potential of amorphous silicon while it takes up or gives off lithium.

    Equation
        U = `two_process_potential`(x), with coefficients of the branch, delithiation or lithiation
    Symbols
        x lithiation, as a share of the charge between 1 V and 0.01 V [1], branch delithiation or lithiation,
        electrode whose shape it is: all, or a name of `BY_ELECTRODE`, U potential against Li/Li⁺ [V]
    Validity
        Empirical.  0 ≤ x ≤ 1, on a whole sweep at low rate between 1 V and 0.01 V; not for a reversal on the way, after
        which electrodes run through all of the shape over less lithium, nor for silicon with crystalline Li15Si4 and its plateau at 0.43 V.  x is a share of Li15Si4 only if the charge
        between the two potentials is that of Li15Si4.  The curves of the fit end at 0.039 to 0.109 V before
        delithiation and at 0.110 to −0.001 V after lithiation; the rest to 0.01 V is extrapolated.  An electrode
        that was not fitted is missed by a root mean square of 12 to 48 mV in delithiation and 7 to 30 mV in
        lithiation, once its own window and scale are fitted; the shapes of single electrodes show what that means.
    Source
        Fitted by Byssus (docs/validation/silicon.md) to curves of published electrodes (baggetto, friedrich, jiang,
        kuecher, kunz and lu) that M. Rehm et al. collected, J. Power Sources (2025),
        doi:10.1016/j.jpowsour.2025.236290.  Coefficients, their uncertainties and the spread: `BRANCHES`.

    Raises
    ------
    ValueError
        If there is no such branch, or the electrode has none.

    Examples
    --------
    Half full, the branches lie 0.23 V apart:

    >>> [round(float(silicon_potential(0.5, branch)), 2) for branch in ("delithiation", "lithiation")]
    [0.4, 0.17]
    """
    return two_process_potential(lithiation, *_coefficients(branch, electrode))


@equation("V", valid={"lithiation": (0.0, 1.0)}, lithiation="1", branch=TEXT, electrode=TEXT)
def silicon_potential_slope(lithiation: Number, branch: str, electrode: str = ALL) -> Number:
    """Slope of amorphous silicon's open-circuit potential over lithiation; its inverse is the incremental capacity.

    Equation
        dU/dx = `two_process_slope`(x), with coefficients of the branch; dQ/dU = Q / (dU/dx) for a capacity Q
    Symbols
        As in `silicon_potential`; dU/dx per full lithiation [V]
    Validity
        As `silicon_potential`.  A slope shows the difference between electrodes more than the potential does.
    Source
        Derivative of `silicon_potential`.

    Raises
    ------
    ValueError
        If there is no such branch, or the electrode has none.

    Examples
    --------
    >>> round(float(silicon_potential_slope(0.5, "delithiation")), 3)
    -0.505
    """
    return two_process_slope(lithiation, *_coefficients(branch, electrode))


def numbers(**given: Any) -> dict[str, Any]:
    """Return the arguments that can be checked: a symbol has no value yet.

    Examples
    --------
    >>> numbers(width=0.28, tail="a symbol")
    {'width': 0.28}
    """
    return {name: value for name, value in given.items() if isinstance(value, (int, float, np.generic, np.ndarray))}


def _ends(level: Any, height: Any, middle: Any, width: Any, head: Any, tail: Any) -> tuple[Any, Any]:
    """Return the amplitudes of both ends from the potentials at lithiation 0 and 1: two linear equations."""
    across_head, across_tail = np.exp(-1 / head), np.exp(-1 / tail)
    above = EMPTY - level - height * np.tanh(middle / width)
    below = level - height * np.tanh((1 - middle) / width) - FULL
    both = 1 - across_head * across_tail
    return (above + across_tail * below) / both, (across_head * above + below) / both


def _coefficients(branch: str, electrode: str) -> tuple[float, float, float, float, float, float]:
    if branch not in BRANCHES:
        raise ValueError(f"branch must be {' or '.join(BRANCHES)}, not {branch}")
    if electrode == ALL:
        return BRANCHES[branch].coefficients
    if electrode not in BY_ELECTRODE[branch]:
        raise ValueError(f"electrode must be {ALL} or one of {', '.join(BY_ELECTRODE[branch])}, not {electrode}")
    return BY_ELECTRODE[branch][electrode]
