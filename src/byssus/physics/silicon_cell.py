"""Both branches of silicon's potential on one scale of lithium, over the whole window of a half cell.

The curves behind `byssus.physics.silicon` are normalised each on its own branch, between 1 V and 0.01 V.  A cell
goes on to 1.5 V, and what it gives off it has taken up before: here lithiation 0 is the electrode as made, which
a delithiation reaches at 1.5 V, and lithiation 1 is common to both branches.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from byssus.physics.equation import TEXT, equation
from byssus.physics.silicon import ALL, Number, silicon_potential
from byssus.physics.silicon_crystal import first_lithiation_potential, li15si4_delithiation_potential
from byssus.source import Source

#: Potential in V at which a delithiation has given off all that the electrode took up.
EMPTIED: Final = 1.5
#: Share of the charge of a delithiation to 1.5 V that it gives off above 1 V.
ABOVE: Final = 0.03
ABOVE_SOURCE: Final = Source(
    "Byssus, mean of the curves of friedrich, kuecher and kunz in M. Rehm et al. 2025, which reach 1.5 V",
    doi="10.1016/j.jpowsour.2025.236290",
    method="calculated",
    low=0.0065,
    high=0.0505,
    note="0.0065, 0.0505 and 0.0337 of the charge",
)
#: The rise to 1.5 V falls to 1/e over this share of `ABOVE`: a choice, so that it is gone at 1 V.
_STEEP: Final = 1 / 3


@equation(
    "V",
    valid={"lithiation": (0.0, 1.0), "crystalline_share": (0.0, 1.0)},
    lithiation="1",
    crystalline_share="1",
    electrode=TEXT,
)
def lithiation_potential_in_cell(
    lithiation: Number, crystalline_share: Number | float = 0.0, electrode: str = ALL
) -> Number:
    """Potential of silicon while it takes up lithium, on the scale that both branches share.

    Equation
        U = `first_lithiation_potential`(x, c): an electrode as made meets 1 V at x = 0
    Symbols
        x lithium over that at 0.01 V [1], c share that is lithiated as crystal [1], electrode whose shape it is, as in
        `silicon_potential`, U against Li/Li⁺ [V]
    Validity
        As `first_lithiation_potential`.  Above 1 V lithiation takes up less than 1 % of the charge in every curve.
    Source
        As `first_lithiation_potential`.

    Examples
    --------
    >>> [round(float(lithiation_potential_in_cell(0.5, crystal)), 2) for crystal in (0.0, 1.0)]
    [0.17, 0.1]
    """
    return first_lithiation_potential(lithiation, crystalline_share, electrode=electrode)


@equation(
    "V",
    valid={"lithiation": (0.0, 1.0), "li15si4_share": (0.0, 1.0)},
    lithiation="1",
    li15si4_share="1",
    electrode=TEXT,
)
def delithiation_potential_in_cell(
    lithiation: Number, li15si4_share: Number | float = 0.0, electrode: str = ALL
) -> Number:
    """Potential of silicon while it gives off lithium, on the scale that both branches share.

    Equation
        U = U_d[(x − e)/(1 − e)] + w exp(−3x/e), with w such that U(0) = 1.5 V
    Symbols
        x lithium over that at 0.01 V [1], e share given off above 1 V, 0.03 [1], U_d
        `li15si4_delithiation_potential` with a share s of Li15Si4 [V], electrode whose shape it is, as in
        `silicon_potential`, U against Li/Li⁺ [V]
    Validity
        Empirical.  Of three curves that reach 1.5 V the share above 1 V is 0.007 to 0.05.
    Source
        `ABOVE_SOURCE`; U_d as `li15si4_delithiation_potential`.

    Examples
    --------
    All of it is given off at 1.5 V, and the branches meet at 0.01 V:

    >>> round(float(delithiation_potential_in_cell(0.0)), 6), round(float(delithiation_potential_in_cell(1.0)), 3)
    (1.5, 0.01)
    """
    inner = li15si4_delithiation_potential((lithiation - ABOVE) / (1 - ABOVE), li15si4_share, electrode)
    # What is missing to 1.5 V where all is given off.
    rise = EMPTIED - float(silicon_potential(-ABOVE / (1 - ABOVE), "delithiation", electrode))
    potential: Number = inner + rise * np.exp(-lithiation / (ABOVE * _STEEP))
    return potential
