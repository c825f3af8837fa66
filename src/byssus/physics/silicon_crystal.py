"""Crystals in a silicon electrode: silicon before its first lithiation, and the Li15Si4 that a full one can form.

Silicon powder as bought is crystalline.  Its first lithiation is a front between two phases, on a plateau near 0.1 V;
it comes back amorphous, and takes up lithium as `byssus.physics.silicon` says from then on.  Amorphous silicon that is
filled to below some 50 mV can crystallise to Li15Si4, which gives off lithium on a plateau of its own at 0.41 to 0.45 V.

All functions take floats, NumPy arrays and symbols (PyBaMM), as those of `byssus.physics.silicon` do.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics import limits
from byssus.physics.equation import TEXT, equation
from byssus.physics.silicon import ALL, numbers, silicon_potential, two_process_potential
from byssus.source import Source

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

#: Plateau of crystalline silicon on its first lithiation, in V.
PLATEAU: Final = 0.10
PLATEAU_SOURCE: Final = Source(
    "He et al. 2026, CCL binder",
    doi="10.1016/j.est.2026.120607",
    section="3",
    figure="4b",
    method="estimate",
    low=0.05,
    high=0.17,
    note="'around 0.1 V' at 0.2 A/g, particles of 30 nm; the equilibrium lies above by an overpotential that is not known",
)
#: Lithiation over which the potential falls to the plateau, and from it to 0.01 V.
HEAD: Final = 0.02
HEAD_SOURCE: Final = Source("Byssus estimate, 2026", method="estimate", low=0.005, high=0.04)
TAIL: Final = 0.05
TAIL_SOURCE: Final = Source("Byssus estimate, 2026", method="estimate", low=0.02, high=0.10)

#: Potential below which amorphous silicon crystallises to Li15Si4, in V.
CRYSTALLISATION: Final = 0.05
CRYSTALLISATION_SOURCE: Final = Source(
    "M.N. Obrovac, L. Christensen 2004, Structural changes in silicon anodes during lithium insertion/extraction",
    doi="10.1149/1.1652421",
    section="abstract",
    method="estimate",
    low=0.03,
    high=0.07,
    note="it crystallises suddenly at 50 mV; 30 mV in doi:10.1149/1.1739217, below 70 mV in doi:10.1038/s41467-018-02824-w",
)
#: Width of the step in potential, in V: sudden on the scale of what the sources differ by.
SUDDEN: Final = 0.005
SUDDEN_SOURCE: Final = Source("Byssus estimate, 2026", method="estimate", low=0.001, high=0.02)

#: Lithiation of the amorphous silicon that Li15Si4 turns into.
LEFT_BEHIND: Final = 0.466
LEFT_BEHIND_SOURCE: Final = Source(
    "Byssus, fitted to the curve of li in M. Rehm et al. 2025",
    doi="10.1016/j.jpowsour.2025.236290",
    method="fitted",
    low=0.39,
    high=0.50,
    note="one electrode; refitted in docs/validation/silicon.md; the range puts the plateau at 0.45 to 0.40 V",
)
#: Lithiation over which the corners of the plateau are rounded: a choice, so that a solver finds no edge.
ROUNDED: Final = 0.015


@equation("V", valid={"lithiation": (0.0, 1.0), "plateau": (0.05, 0.17)}, lithiation="1", plateau="V")
def crystalline_silicon_potential(lithiation: Number, plateau: Number | float = PLATEAU) -> Number:
    """Potential of crystalline silicon while it takes up lithium for the first time.

    Equation
        U = p + a exp(−x/k) − b exp[(x − 1)/l], with a and b such that U(0) = 1 V and U(1) = 0.01 V
    Symbols
        x lithiation, as a share of the charge to 0.01 V [1], p plateau [V], k and l widths of head and end, 0.02 and
        0.05 [1], U potential against Li/Li⁺ [V]
    Validity
        Empirical.  0 ≤ x ≤ 1.  A front between crystal and lithiated silicon holds the potential at one value as long as
        both are there (Pharr et al. found it constant at constant current).  p is an estimate, 0.05 to 0.17 V: what was
        read of it was read under current, so a model that adds an overpotential counts that twice.  No open-circuit
        curve of a first lithiation was at hand; head and end are estimates too.  A crystal never gives lithium off.
    Source
        Form: `two_process_potential` with one process.  Plateau: the seed paper, section 3 and figure 4b,
        doi:10.1016/j.est.2026.120607.  Constant potential: M. Pharr et al., Nano Letters (2012), Kinetics of initial
        lithiation of crystalline silicon electrodes of lithium-ion batteries (abstract).

    Examples
    --------
    >>> crystalline_silicon_potential(np.array([0.0, 0.1, 0.5, 0.9, 1.0])).round(3).tolist()
    [1.0, 0.106, 0.1, 0.088, 0.01]
    """
    # With nothing between the two processes there is one; where its step would be does not matter then.
    value: Number = two_process_potential(lithiation, plateau, 0.0, 0.5, 1.0, HEAD, TAIL)  # type: ignore[arg-type]
    return value


@equation(
    "V",
    valid={"lithiation": (0.0, 1.0), "crystalline_share": (0.0, 1.0), "plateau": (0.05, 0.17)},
    lithiation="1",
    crystalline_share="1",
    plateau="V",
    electrode=TEXT,
)
def first_lithiation_potential(
    lithiation: Number, crystalline_share: Number | float, plateau: Number | float = PLATEAU, electrode: str = ALL
) -> Number:
    """Potential while silicon takes up lithium, some of it as crystal.

    Equation
        U = U_a + c (U_c − U_a)
    Symbols
        x lithiation [1], c share of the silicon that is crystal [1], U_a amorphous: `silicon_potential` on lithiation,
        of the electrode named [V], U_c crystal: `crystalline_silicon_potential` of plateau p [V], U potential against Li/Li⁺ [V]
    Validity
        Exact for c = 0 and c = 1, which is what it is for: 1 in the first lithiation of powder as bought, 0 ever after.
        In between it is a bridge: amorphous and crystalline silicon at one potential would share the lithium so that
        the amorphous fills first, which differs by up to 0.10 V, most for c near 0.75.
    Source
        Limits: `silicon_potential` and `crystalline_silicon_potential`.

    Raises
    ------
    ValueError
        If the share is not from 0 to 1.

    Examples
    --------
    >>> [round(float(first_lithiation_potential(0.3, share)), 2) for share in (0.0, 1.0)]
    [0.25, 0.1]
    """
    limits.share(**numbers(crystalline_share=crystalline_share))
    amorphous: Number = silicon_potential(lithiation, "lithiation", electrode)
    value: Number = amorphous + crystalline_share * (crystalline_silicon_potential(lithiation, plateau) - amorphous)
    return value


@equation(
    ("1", "%"), valid={"threshold": (0.03, 0.07), "width": (0.001, 0.02)}, end_potential="V", threshold="V", width="V"
)
def crystallised_share(
    end_potential: Number, threshold: Number | float = CRYSTALLISATION, width: Number | float = SUDDEN
) -> Number:
    """Share of a silicon electrode that has become Li15Si4, from the potential that its lithiation ended at.

    Equation
        s = 1 / {1 + exp[(U − t)/w]}
    Symbols
        U potential of the silicon against Li/Li⁺ at the end of lithiation, without overpotential [V], t threshold, 50 mV
        [V], w width of the step, 5 mV [V], s share that is crystalline Li15Si4 [1]
    Validity
        The most that forms.  t is an estimate: crystals at 50 mV in powder, below 30 mV in films, and there only above a
        thickness of about 2 µm; in nanostructures they have been seen below 70 mV, in wires at 3.75 Li per Si, and were
        suppressed by thin layers between carbon.  Whether particles of some tens of nanometres form any is not settled:
        for those give a share, and 0 is as good an answer.  Under current a cell's voltage lies below U.
    Source
        Threshold: M. N. Obrovac and L. Christensen (2004), doi:10.1149/1.1652421.  Range and films: T. D. Hatchard and
        J. R. Dahn (2004), doi:10.1149/1.1739217.  Nanostructures: K. Ogata et al., Nature Communications 9 (2018) 479,
        doi:10.1038/s41467-018-02824-w; wires: M. Gu et al., ACS Nano, Electronic origin for the phase transition from
        amorphous LixSi to crystalline Li15Si4; layers: S. Y. Sayed et al., Chemistry of Materials (2019), Alternating
        silicon and carbon multilayer-structured anodes suppress formation of the c-Li3.75Si phase.  Of the first two and
        of Gu the abstracts were read, of Ogata the introduction, of Sayed the title.  The form of the step and its width
        are Byssus' own.

    Raises
    ------
    ValueError
        If the width is not above zero.

    Examples
    --------
    >>> crystallised_share(np.array([0.08, 0.05, 0.005])).round(3).tolist()
    [0.002, 0.5, 1.0]
    """
    limits.above_zero(**numbers(width=width))
    value: Number = 1 / (1 + np.exp((end_potential - threshold) / width))
    return value


@equation("V", valid={"lithiation": (0.0, 1.0), "share": (0.0, 1.0)}, lithiation="1", share="1", electrode=TEXT)
def li15si4_delithiation_potential(lithiation: Number, share: Number | float, electrode: str = ALL) -> Number:
    """Potential of a silicon electrode that gives off lithium, a share of it from crystalline Li15Si4.

    Equation
        U = U_a(y),   y = x for x ≤ m;  m for m < x ≤ n;  m + (x − n)/(1 − s) for x > n,   n = m + s (1 − m),
        with corners that are rounded over 0.015
    Symbols
        x lithiation of the electrode [1], s share that is Li15Si4 at x = 1 [1], m lithiation of the amorphous silicon
        that the crystal turns into, 0.466 [1], y lithiation of the amorphous part [1], U_a `silicon_potential` on
        delithiation, of the electrode named [V], U potential against Li/Li⁺ [V]
    Validity
        0 ≤ s ≤ 1; s = 0 is amorphous silicon throughout.  The amorphous part empties to m first; then the crystal turns
        into amorphous silicon of m, both at one potential, that of U_a(m): a plateau at 0.41 V.  After that all is
        amorphous.  A whole delithiation at low rate: not for a reversal on the way.  m rests on one electrode, whose
        curve is missed by a root mean square of 26 mV, mostly above the plateau; others report 0.43 to 0.45 V.
    Source
        Two phases in equilibrium have one potential.  That Li15Si4 gives amorphous silicon: M. N. Obrovac and
        L. Christensen (2004), doi:10.1149/1.1652421 (abstract).  0.43 to 0.45 V: K. Ogata et al., Nature Communications
        9 (2018) 479, doi:10.1038/s41467-018-02824-w (introduction).  m: fitted by Byssus (docs/validation/silicon.md) to
        the curve of li that M. Rehm et al. collected, doi:10.1016/j.jpowsour.2025.236290.

    Raises
    ------
    ValueError
        If the share is not from 0 to 1.

    Examples
    --------
    Amorphous silicon, and an electrode that is half and one that is all crystal:

    >>> lithiation = np.array([0.3, 0.6, 0.9, 1.0])
    >>> for share in (0.0, 0.5, 1.0):
    ...     print(li15si4_delithiation_potential(lithiation, share).round(2).tolist())
    [0.49, 0.35, 0.21, 0.01]
    [0.49, 0.41, 0.26, 0.01]
    [0.49, 0.41, 0.41, 0.01]
    """
    limits.share(**numbers(share=share))
    value: Number = silicon_potential(amorphous_part(lithiation, share), "delithiation", electrode)
    return value


def amorphous_part(lithiation: Any, share: Any, left: Any = LEFT_BEHIND, rounded: float = ROUNDED) -> Any:
    """Return y of `li15si4_delithiation_potential`: the lithiation of the part that is amorphous.

    It is that of the electrode where there is no crystal, and at x = 1.  Nothing is checked.
    """

    def above(value: Any) -> Any:
        return np.log(1 + np.exp(value / rounded))

    # What the last line adds where the amorphous part lags behind is taken off here: the plateau stands at `left`.
    corner = left - rounded * np.log(2)
    start = corner + share * (1 - corner)
    part = corner - rounded * above(corner - lithiation) + (1 - corner) * above(lithiation - start) / above(1 - start)
    # Where all is crystal the amorphous part fills within the rounding; beyond x = 1 it must not run ahead of x.
    return part - rounded * (above(part - lithiation) - np.log(2))
