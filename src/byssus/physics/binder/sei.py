"""SEI on a surface that grows and shrinks: its thickness, the charge that it takes, and the electrolyte.

Closures (`byssus.physics.binder`).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.constants import FARADAY
from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


@equation(
    ("m/s", "nm/h"),
    valid={"shed_share": (0.0, 1.0)},
    thickness=("m", "nm"),
    growth_constant=("m^2/s", "nm^2/h"),
    area_rate=("1/s", "1/h"),
    shed_share=("1", "%"),
)
def sei_thickness_rate(
    thickness: Number,
    growth_constant: Number | float,
    area_rate: Number | float,
    shed_share: Number | float = 0.0,
) -> Number:
    """Rate of the mean thickness of an SEI whose surface grows and shrinks.

    Equation
        L' = k / L − L A'/A − s L max(−A'/A, 0)
    Symbols
        L thickness, the mean over the surface as it is [m], k growth constant [m²/s], A'/A rate of the surface, twice the
        strain rate of a sphere [1/s], s share of what a shrinking surface has too much that falls off [1], L' rate [m/s]
    Validity
        L, k > 0: begin with the film of formation, as k / L has no end at zero.  Transport through the film sets the
        growth: L = √(2 k t) where nothing moves.  Fresh surface makes the film thinner on the mean, so that it grows
        faster; on the way back it is as thick again (s = 0) or has lost the excess (s = 1).
    Source
        M. B. Pinson, M. Z. Bazant, J. Electrochem. Soc. 160 (2013) A243, doi:10.1149/2.044302jes, for growth and for
        faster growth and loss of SEI where the area changes (abstract opened); written here as a balance of volume:
        (A L)' = A k / L less what falls off.

    Examples
    --------
    10 nm at k = 1 nm²/h: at rest, and where the surface grows by half of itself in an hour, in nm/h

    >>> [round(3600e9 * float(sei_thickness_rate(10e-9, 1e-18 / 3600, each / 3600)), 2) for each in (0.0, 0.5)]
    [0.1, -4.9]
    """
    value: Number = (
        growth_constant / thickness - thickness * area_rate - shed_share * thickness * np.maximum(-area_rate, 0.0)
    )
    return value


@equation(
    ("m/s", "nm/h"),
    valid={"shed_share": (0.0, 1.0)},
    thickness=("m", "nm"),
    area_rate=("1/s", "1/h"),
    shed_share=("1", "%"),
)
def sei_shed(thickness: Number, area_rate: Number | float, shed_share: Number | float) -> Number:
    """Volume of SEI that falls off a shrinking surface, by area and time.

    Equation
        w = s L max(−A'/A, 0)
    Symbols
        As in `sei_thickness_rate`; w volume by area as it is [m/s].  It stays in the pores, with its lithium
    Validity
        As `sei_thickness_rate`, of which it is the last term.
    Source
        Balance of volume.

    Examples
    --------
    >>> round(3600e9 * float(sei_shed(10e-9, -0.5 / 3600, 0.2)), 3)
    1.0
    """
    value: Number = shed_share * thickness * np.maximum(-area_rate, 0.0)
    return value


@equation(
    ("A/m^2", "uA/cm^2"),
    valid={"molar_volume": (30e-6, 100e-6), "electrons": (1.0, 2.0)},
    thickness=("m", "nm"),
    growth_constant=("m^2/s", "nm^2/h"),
    molar_volume=("m^3/mol", "cm^3/mol"),
    electrons="1",
)
def sei_current_density(
    thickness: Number,
    growth_constant: Number | float,
    molar_volume: Number | float,
    electrons: Number | float = 2.0,
) -> Number:
    """Current that goes into growing SEI, by surface as it is.

    Equation
        j = n F k / (L V)
    Symbols
        L thickness [m], k growth constant, as in `sei_thickness_rate` [m²/s], V molar volume of the SEI [m³/mol], n
        electrons, and lithium, by mole of SEI [1], F Faraday constant [C/mol], j current density, above zero [A/m²]
    Validity
        L > 0; a dense film.  Only growth costs charge: stretching and falling off do not, the growth that follows
        does.  It takes lithium ions from the electrolyte and gives none to the particle: leave it out of one of the two
        balances and salt or charge is made of nothing.
    Source
        Faraday's law; V and n as in `byssus.physics.silicon_surface.sei_charge`.

    Examples
    --------
    10 nm at k = 1 nm²/h, in µA/cm²:

    >>> round(100 * sei_current_density(10e-9, 1e-18 / 3600, 95.85e-6), 4)
    0.0056
    """
    value: Number = electrons * FARADAY * growth_constant / (thickness * molar_volume)
    return value


@equation(
    ("m^3/C", "uL/mAh"),
    valid={"molar_volume": (50e-6, 150e-6), "molecules_per_electron": (0.25, 2.0)},
    molar_volume=("m^3/mol", "cm^3/mol"),
    molecules_per_electron="1",
)
def electrolyte_per_charge(molar_volume: Number, molecules_per_electron: Number | float = 1.0) -> Number:
    """Volume of solvent that an SEI uses up, by charge.

    Equation
        w = m V / F
    Symbols
        V molar volume of the solvent [m³/mol], m molecules by electron: 1 where two ethylene carbonates and two electrons
        give lithium ethylene dicarbonate and ethene, 1/2 where one and two electrons give carbonate [1], F Faraday
        constant [C/mol], w volume by charge [m³/C]
    Validity
        Solvent that reacts, without what the SEI soaks up or what gas carries off; the volume of the SEI itself comes on
        top of what the pores lose.  Both m are products of ethylene carbonate; FEC and others differ.
    Source
        Faraday's law; reactions: D. Aurbach et al., J. Electrochem. Soc. 142 (1995) 2882 (not opened).

    Examples
    --------
    Ethylene carbonate, 88.06 g/mol and 1.32 g/cm³, in µL/mAh:

    >>> round(3.6e9 * electrolyte_per_charge(88.06e-3 / 1320), 2)
    2.49
    """
    return molecules_per_electron * molar_volume / FARADAY
