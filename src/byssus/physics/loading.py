"""Masses and areas of an electrode: from what was weighed, punched and mixed.

All functions take plain SI floats.
"""

from __future__ import annotations

import math

from byssus.physics.equation import equation


@equation(("m^2", "cm^2"), valid={"diameter": (0.0, math.inf)}, diameter=("m", "mm"))
def disc_area(diameter: float) -> float:
    """Area of a punched disc.

    Equation
        A = π d² / 4
    Symbols
        d diameter [m], A area of one side [m²]
    Validity
        d > 0; a circle.  The relative uncertainty of A is twice that of d.
    Source
        Geometry.

    Examples
    --------
    A disc of 12 mm has 1.13 cm²:

    >>> round(disc_area(12e-3) * 1e4, 3)
    1.131
    """
    return math.pi * diameter**2 / 4


@equation(
    ("kg", "mg"),
    valid={"loading": (0.0, math.inf), "area": (0.0, math.inf)},
    loading=("kg/m^2", "mg/cm^2"),
    area=("m^2", "cm^2"),
)
def mass_from_loading(loading: float, area: float) -> float:
    """Mass on an area.

    Equation
        m = m_A A
    Symbols
        m_A areal mass, the loading [kg/m²], A area [m²], m mass [kg]
    Validity
        A is the area that the loading counts: one side of the disc for a coating on one side.
    Source
        Definition.

    Examples
    --------
    The seed paper's 0.82 mg/cm² of silicon on its disc of 1.13 cm²:

    >>> round(mass_from_loading(0.82e-2, 1.13e-4) * 1e6, 3)
    0.927
    """
    return loading * area


@equation("any", disc="any", foil="any")
def coating_mass(disc: float, foil: float) -> float:
    """Mass of a coating: the coated disc less the bare foil.

    Equation
        m_c = m_d − m_f,   u²(m_c) = u²(m_d) + u²(m_f)
    Symbols
        m_d mass of the coated disc, m_f mass of bare foil of the same area, m_c mass of the
        coating [any, equal]
    Validity
        m_d > m_f.  The foil is the larger part of a thin electrode, so its uncertainty is that
        of the coating.
    Source
        Definition; JCGM 100:2008 (GUM), 5.1.2.

    Examples
    --------
    A foil of 12 µm of copper, 8960 kg/m³ (CRC Handbook of Chemistry and Physics, 97th ed.,
    2016, section 4, Physical Constants of Inorganic Compounds), under the seed paper's coating,
    of which 0.82 mg/cm² are the 60 % silicon.  A foil that is 1 % heavier than believed takes
    8 % from the coating:

    >>> foil, coating = 8960 * 12e-6, 0.82e-2 / 0.60
    >>> round(foil * 100, 2)  # mg/cm²
    10.75
    >>> round(coating_mass(coating + foil, 1.01 * foil) / coating - 1, 3)
    -0.079
    """
    return disc - foil


@equation(("1", "%"), valid={"active": (0.0, math.inf), "inactive": (0.0, math.inf)}, active="any", inactive="any")
def active_share(active: float, inactive: float) -> float:
    """Share of the active material in the solids of a recipe.

    Equation
        f = a / (a + b)
    Symbols
        a parts of active material, b all other parts [any, equal], f share by mass [1]
    Validity
        a > 0, b ≥ 0; nothing is lost on the way from the slurry to the dry coating.
    Source
        Definition.

    Examples
    --------
    The seed paper's 6:2:2 of silicon, carbon black and binder:

    >>> active_share(6, 2 + 2)
    0.6
    """
    return active / (active + inactive)


@equation("any", valid={"share": (0.0, 1.0)}, coating="any", share=("1", "%"))
def active_from_coating(coating: float, share: float) -> float:
    """Mass of active material in a coating.

    Equation
        m_a = f m_c
    Symbols
        m_c mass of the coating [any], f share of active material by mass [1], m_a [as m_c]
    Validity
        0 < f ≤ 1; the coating is as the slurry was mixed.
    Source
        Definition.

    Examples
    --------
    >>> round(active_from_coating(1.37, 0.60), 3)
    0.822
    """
    return share * coating


@equation("any", valid={"share": (0.0, 1.0)}, active="any", share=("1", "%"))
def coating_from_active(active: float, share: float) -> float:
    """Mass of the coating that holds a mass of active material.

    Equation
        m_c = m_a / f
    Symbols
        m_a mass of active material [any], f its share by mass [1], m_c [as m_a]
    Validity
        0 < f ≤ 1; the coating is as the slurry was mixed.
    Source
        Definition.

    Examples
    --------
    >>> round(coating_from_active(0.822, 0.60), 2)
    1.37
    """
    return active / share
