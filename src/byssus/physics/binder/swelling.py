"""A coating that swells: its thickness and pores between rigid and free, and the transport that follows them.

Closures (`byssus.physics.binder`).  `byssus.physics.swelling` has the same balance with checks, for lists of solids.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)


@equation(
    "1",
    valid={
        "growth": (0.0, 3.0),
        "solids": (0.0, 1.0),
        "swelling_coefficient": (0.0, 1.0),
        "irreversible_strain": (0.0, 3.0),
        "least_porosity": (0.0, 0.5),
    },
    growth="1",
    solids=("1", "%"),
    swelling_coefficient="1",
    irreversible_strain=("1", "%"),
    least_porosity=("1", "%"),
)
def swollen_thickness_ratio(
    growth: Number,
    solids: Number | float,
    swelling_coefficient: Number | float,
    irreversible_strain: Number | float = 0.0,
    least_porosity: Number | float = 0.0,
) -> Number:
    """Thickness of a coating over that as made, while its solids grow into the pores and push it outwards.

    Equation
        L / L₀ = max[ 1 + g Σ φᵢ vᵢ + e,  Σ φᵢ (1 + vᵢ) / (1 − ε_min) ]
    Symbols
        Σ φᵢ vᵢ growth of all solids by volume of coating as made, 2.8 x φ for silicon at lithiation x [1], Σ φᵢ solids
        as made [1], g swelling coefficient: 0 held (all growth goes into the pores), 1 free (the pores keep their
        volume) [1], e irreversible strain [1], ε_min porosity at which the solids carry the load themselves [1],
        L / L₀ thickness over that as made [1]
    Validity
        g from 0 to 1, measured for a cell's design and not derived from the binder; e ≥ 0; the coating holds its area,
        as on foil.  Where the pores are used up the solids push, whatever g is; without that, a held coating of much
        silicon would have pores below zero.  At this point the thickness has a kink.
    Source
        P. M. Gomadam, J. W. Weidner, J. Electrochem. Soc. 153 (2006) A179, doi:10.1149/1.2136087, for the swelling
        coefficient between dimensions and porosity (abstract and introduction opened); least porosity and irreversible
        strain: form of Byssus, by balance of volume.

    Examples
    --------
    A quarter of silicon by volume at full lithiation, in a coating of 55 % pores: free, half held, and held, where its
    pores are used up

    >>> [round(float(swollen_thickness_ratio(0.25 * 2.8, 0.45, each)), 3) for each in (1.0, 0.5, 0.0)]
    [1.7, 1.35, 1.15]
    """
    free = 1 + swelling_coefficient * growth + irreversible_strain
    value: Number = np.maximum(free, (solids + growth) / (1 - least_porosity))
    return value


@equation(
    ("1", "%"),
    valid={"growth": (0.0, 3.0), "solids": (0.0, 1.0), "thickness_ratio": (0.5, 4.0)},
    growth="1",
    solids=("1", "%"),
    thickness_ratio="1",
)
def swollen_porosity(growth: Number, solids: Number | float, thickness_ratio: Number | float) -> Number:
    """Porosity of a coating whose solids have grown.

    Equation
        ε = 1 − Σ φᵢ (1 + vᵢ) / (L / L₀)
    Symbols
        As in `swollen_thickness_ratio`; ε pores by volume of coating as it is [1]
    Validity
        Volume of the solids ≤ that of the coating, which `swollen_thickness_ratio` sees to.  SEI and swollen binder are
        solids like any other.  ε L / L₀ is what the pores hold of electrolyte: what leaves it flows to the separator.
    Source
        Volumes add up.

    Examples
    --------
    >>> ratio = swollen_thickness_ratio(0.25 * 2.8, 0.45, 0.5)
    >>> round(100 * float(swollen_porosity(0.25 * 2.8, 0.45, ratio)), 1)
    14.8
    """
    return 1 - (solids + growth) / thickness_ratio


@equation(
    "any",
    valid={"porosity": (0.01, 1.0), "porosity_as_made": (0.01, 1.0), "exponent": (1.0, 5.0)},
    as_made="any",
    porosity=("1", "%"),
    porosity_as_made=("1", "%"),
    exponent="1",
)
def transport_in_swollen_pores(
    as_made: Number,
    porosity: Number | float,
    porosity_as_made: Number | float,
    exponent: Number | float = 1.5,
) -> Number:
    """Effective conductivity or diffusivity in pores that have narrowed.

    Equation
        κ = κ₀ (ε / ε₀)^b
    Symbols
        κ₀ effective property of the coating as made, its measured tortuosity included [any], ε porosity as it is, ε₀ as
        made [1], b exponent, 1.5 after Bruggeman [1], κ effective property as it is [as κ₀]
    Validity
        ε, ε₀ > 0; b 1.5 for spheres, to 2 and above for plates and for pores that close.  The path is longer too: a
        resistance is L / κ.  BattMo's swelling coating lets conductivity follow volume fractions in this way.
    Source
        D. A. G. Bruggeman, Ann. Phys. 416 (1935) 636; followed through a change of porosity as BattMo does it
        (SwellingMaterial.m, opened).

    Examples
    --------
    Pores that fall from 55 to 15 % leave a seventh:

    >>> round(transport_in_swollen_pores(1.0, 0.15, 0.55), 3)
    0.142
    """
    value: Number = as_made * (porosity / porosity_as_made) ** exponent
    return value


@equation(
    ("1/s", "%/h"),
    valid={"irreversible_strain": (0.0, 3.0), "share": (0.0, 1.0), "most": (0.01, 3.0)},
    growth_rate=("1/s", "1/h"),
    irreversible_strain=("1", "%"),
    share=("1", "%"),
    most=("1", "%"),
)
def irreversible_strain_rate(
    growth_rate: Number, irreversible_strain: Number | float, share: Number | float, most: Number | float
) -> Number:
    """Rate at which a coating stays thicker than it was, for being swollen and shrunk.

    Equation
        e' = k |G'| (1 − e / e_∞)
    Symbols
        G' rate of Σ φᵢ vᵢ, see `swollen_thickness_ratio` [1/s], k share of a first growth that stays [1], e irreversible
        strain [1], e_∞ the most that stays [1], e' its rate [1/s]
    Validity
        Empirical; 0 ≤ e ≤ e_∞.  Counted by growth passed through and not by time, so it does not know how fast it was
        cycled.  The seed paper has one thickness a binder, after 500 cycles: that fixes k and e_∞ together, not each.
        The volume of SEI is no part of it: count that among the solids.
    Source
        Form of Byssus, an estimate: linear at first and saturating.  None of the models opened gives a rate.

    Examples
    --------
    A lithiation of an hour that grows silicon by 70 % of the coating, of which 1 % stays:

    >>> round(100 * 3600 * irreversible_strain_rate(0.7 / 3600, 0.0, 0.01, 0.66), 2)
    0.7
    """
    value: Number = share * abs(growth_rate) * (1 - irreversible_strain / most)
    return value
