"""What the analyses of this room share: what they were told, in SI, and its doubt."""

from __future__ import annotations

import math
from collections.abc import Mapping

from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.study.techniques import Told, said


def told_in(table: Table, told: Mapping[str, Told], name: str, unit: str, *, at: int = 0) -> Quantity | None:
    """Return a condition in a unit, as it was told or as the table says it; None where neither does."""
    found = said(table, told, name, at=at)
    return None if found is None else found.to(unit)


def area_of(table: Table, told: Mapping[str, Told]) -> Quantity | None:
    """Return the area in m²: what was told, or the sample's."""
    found = told_in(table, told, "area", "m^2")
    stated = table.metadata.sample.electrode_area
    return found or (stated.to("m^2") if stated is not None else None)


def word(told: Mapping[str, Told], name: str) -> str | None:
    """Return a condition that is a word."""
    found = told.get(name)
    return found if isinstance(found, str) else None


def relative(**factors: Quantity | None) -> tuple[float | None, str | None]:
    """Return the relative standard uncertainty of a product or ratio of factors, and why it is not known.

    Equation
        (u/|y|)² = Σ (u_i/|x_i|)², independent factors to the power of ±1
    Source
        JCGM 100:2008 (GUM), 5.1.6.

    Examples
    --------
    >>> relative(thickness=Quantity(100.0, "um", 3.0), area=Quantity(1.0, "cm^2", 0.04))
    (0.05, None)
    >>> relative(thickness=Quantity(100.0, "um"), area=Quantity(1.0, "cm^2", 0.04))
    (None, 'the thickness was given without ±')
    """
    known = {name.replace("_", " "): each for name, each in factors.items() if each is not None}
    without = [f"the {name}" for name, each in known.items() if each.uncertainty is None]
    if without:
        return None, f"{' and '.join(without)} {'was' if len(without) == 1 else 'were'} given without ±"
    return math.hypot(*((each.uncertainty or 0.0) / abs(each.value) for each in known.values())), None
