"""What the binder of a recipe leads beside carbon and pores: electrons, or lithium alone.

A binder counts as one that conducts if its conductivity is known in the state that it has in a cell; every other binder
insulates, and adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from byssus.knowledge import Knowledge
from byssus.physics.binder.conduction import conducting_binder
from byssus.physics.equation import Units
from byssus.quantity import convert
from byssus.recipe.design import Design
from byssus.recipe.reckoning import Figure, Input

#: By binder, the state in which its conductivity is that of a cell.  Electrons: of PEDOT:PSS as it is bought and dried, of
#: a polymer that the potential of a cathode dopes the doped one.  Lithium alone: soaked with solvent.
ELECTRONS: Final[Mapping[str, str]] = {
    "PEDOT:PSS": "commercial film as cast",
    "PProDOT-Hx2": "film, doped at 3.2 to 4.5 V",
}
IONS: Final[Mapping[str, str]] = {"short-side-chain ionomer": "lithium form, soaked with carbonates"}

CONDUCTING: Final = "conducting binder"
SINGLE_ION: Final = "single-ion binder"
_LEADS: Final = (
    (CONDUCTING, "electronic", ELECTRONS),
    (SINGLE_ION, "ionic", IONS),
)
_CONDUCTIVITY: Final = Units("S/m", "S/cm")
#: Spheres of other things in a conductor, Bruggeman's, between strands that all lead through and a network that hardly does.
_EXPONENT: Final = (1.5, 1.0, 3.0)


def led_by_binder(design: Design, known: Knowledge) -> dict[str, Input]:
    """Return share of the solids, conductivity and exponent of a binder that conducts; nothing of any other.

    Of several that conduct alike, as no recipe has had them yet, it is the first.

    Examples
    --------
    >>> from importlib import resources
    >>> from byssus import knowledge
    >>> from byssus.recipe.design import design_file
    >>> with resources.as_file(resources.files("byssus") / "examples" / "recipes" / "r-064-nca-pprodot.yaml") as file:
    ...     found = led_by_binder(design_file(file, knowledge.load()), knowledge.load())
    >>> [f"{name}: {each.value:.3g} {each.units.si}" for name, each in found.items()]  # doctest: +NORMALIZE_WHITESPACE
    ['conducting binder share: 0.143 1', 'conducting binder conductivity: 10 S/m', 'conducting binder exponent: 1.5 1']
    """
    found: dict[str, Input] = {}
    for name, what, states in _LEADS:
        for written in design.recipe.parts:
            substance = known.names.substance(written)
            if substance is None or substance not in states or f"{name} share" in found:
                continue
            fact = known.property(substance, f"{what} conductivity", states[substance])
            value, low, high = (
                convert(fact.value if each is None else each, fact.unit, "S/m")
                for each in (fact.value, fact.low, fact.high)
            )
            best, least, most = _EXPONENT
            found |= {
                f"{name} share": _share(design, written),
                f"{name} conductivity": Input(
                    f"{what} conductivity of {substance}", value, _CONDUCTIVITY, None,
                    "estimate", ", ".join(filter(None, (fact.of, fact.title, fact.doi and f"doi:{fact.doi}"))), low, high,
                ),
                f"{name} exponent": Input(
                    f"exponent of {substance} in conduction", best, Units("1", "1"), None, "estimate",
                    "estimate: Bruggeman's 1.5; range: from strands that all lead through, 1, to random networks of carbon and beyond, 3",
                    least, most,
                ),
            }  # fmt: skip
    return found


def _share(design: Design, written: str) -> Input:
    """Return the volume of a part of the coating by that of its solids."""
    figures: dict[str, Figure] = {each.name: each for each in design.figures if each.part in ("coating", "electrode")}
    mass, solids = figures[f"mass fraction of {written}"], figures["density of the solids"]
    density = design.inputs[f"{written}.density"]
    assert mass.value is not None  # noqa: S101 - a recipe has the mass of what is in it
    assert solids.value is not None  # noqa: S101 - as all of it has a density
    return Input(
        f"share of {written} in the volume of the solids", mass.value * solids.value / density.value, Units("1", "%"),
        None, "given", "the recipe: mass fraction × density of the solids / density",
    )  # fmt: skip


def led(name: str, number: Callable[[str], Any], network: Any = 0.0) -> Any:
    """Return what a binder adds to the conductivity of its coating, with the network's: `conducting_binder`.

    Parameters
    ----------
    name
        `CONDUCTING` or `SINGLE_ION`.
    number
        Returns an input of the electrode by name, as a float or as a symbol.
    network
        Conductivity of what leads beside the binder [S/m].
    """
    fraction = number(f"{name} share") * (1 - number("porosity"))
    return conducting_binder(network, fraction, number(f"{name} conductivity"), exponent=number(f"{name} exponent"))


def electronic(inputs: Mapping[str, Input], number: Callable[[str], Any]) -> Any:
    """Return the electronic conductivity of a coating [S/m], of its carbon and of a binder that conducts."""
    network = number("electronic conductivity")
    return led(CONDUCTING, number, network) if f"{CONDUCTING} share" in inputs else network
