"""The network of carbon and binder: how well it conducts electrons, and how that falls as contacts part.

Closures (`byssus.physics.binder`).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


@equation(
    ("S/m", "S/cm"),
    valid={
        "carbon_fraction": (0.0, 1.0),
        "debonded": (0.0, 1.0),
        "threshold": (0.0, 0.5),
        "exponent": (1.0, 4.0),
        "damage_exponent": (1.0, 5.0),
    },
    carbon_fraction=("1", "%"),
    debonded=("1", "%"),
    prefactor=("S/m", "S/cm"),
    threshold=("1", "%"),
    exponent="1",
    damage_exponent="1",
)
def network_conductivity(
    carbon_fraction: Number,
    debonded: Number | float,
    prefactor: Number | float,
    threshold: Number | float,
    exponent: Number | float = 2.0,
    damage_exponent: Number | float = 2.0,
) -> Number:
    """Electronic conductivity of the network of carbon and binder.

    Equation
        σ = σ₀ [max(φ − φ_c, 0)]^t (1 − d)^s
    Symbols
        φ volume of carbon by volume of coating as it is: it falls as the coating swells [1], φ_c threshold [1], σ₀
        prefactor [S/m], t exponent [1], d share of contacts lost [1], s exponent of the loss [1], σ conductivity [S/m]
    Validity
        0 ≤ d ≤ 1.  t is 2 for a random network, 1.7 to 6.4 for carbon blacks in polymers; s = 2 is an
        estimate, from 1 (contacts that part evenly) to t and above (that part at random).  At φ ≤ φ_c the network itself
        conducts nothing: a cell model needs what is left (`byssus.physics.binder.conduction.conducting_binder`) or a
        small number.  Without loss, with checks: `byssus.physics.conduction.percolation_conductivity`.
    Source
        Percolation: D. Stauffer, A. Aharony, Introduction to Percolation Theory (1994).  Exponents of carbon blacks: I.
        Balberg, Phys. Rev. Lett. 59 (1987) 1305, and Carbon 40 (2002) 139 (a lecture of his opened).  Factor (1 − d)^s:
        form of Byssus.

    Examples
    --------
    8 % of carbon, threshold 3 %; all contacts, and four fifths of them:

    >>> [round(float(network_conductivity(0.08, each, 1e4, 0.03)), 2) for each in (0.0, 0.2)]
    [25.0, 16.0]
    """
    value: Number = (
        prefactor * np.maximum(carbon_fraction - threshold, 0.0) ** exponent * (1 - debonded) ** damage_exponent
    )
    return value
