"""What analyses found of simulated tests, beside the numbers that the simulation was given.

Only of simulated tables a truth is known (`Metadata.truth`); the analyses themselves take no notice of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from byssus.analysis.cycling.cell import Cell
from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.conventions import CapacityBasis, Configuration
from byssus.measured.metadata import Metadata
from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE, ZERO_CELSIUS
from byssus.quantity import Quantity

_D: Final = "diffusion coefficient"
_CAPACITIES: Final = ("first-cycle lithiation capacity", "first-cycle delithiation capacity")


@dataclass(frozen=True)
class Truth:
    """A number that was found, and what the simulation was given for it.

    Parameters
    ----------
    found
        The result; its value may be missing.
    given
        What it should be, in the unit of the result.
    words
        What `given` is of, and what it does not hold.
    """

    found: Result
    given: float
    words: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON answers."""
        return {
            "sample": self.found.sample, "quantity": self.found.name, "basis": self.found.basis, "unit": self.found.unit,
            "given": self.given, "found": self.found.value, "uncertainty": self.found.uncertainty, "of": self.words,
        }  # fmt: skip


def truths(cells: Sequence[Cell], examined: Sequence[Examined]) -> list[Truth]:
    """Return what was found of simulated half cells beside what they were given, where a result has a number of its own.

    Of coefficients of diffusion that is D at the temperature of the test; of charge-transfer resistances the larger of
    R T/(F i₀ S) of both electrodes; of a series resistance contact and the lithium electrode's film; of the first
    capacities that of the host.
    """
    of_tests = (
        truth
        for each in examined
        if (about := each.tables[0].metadata).truth and about.sample.configuration is Configuration.HALF
        for truth in _of_test(each.results, about)
    )
    of_cells = (
        truth
        for cell in cells
        if (about := cell.table.metadata).truth and about.sample.configuration is Configuration.HALF
        for truth in _of_cell(cell.results, about)
    )
    return [*of_cells, *of_tests]


def _of_test(results: Iterable[Result], about: Metadata) -> Iterator[Truth]:
    given = {name: quantity.value for name, quantity in about.truth.items()}
    kelvin = about.conditions.get("temperature", Quantity(STANDARD_TEMPERATURE, "K")).to("K").value
    for result in results:
        if _D in result.name and _D in given:
            yield from _of_diffusion(result, given, kelvin)
        elif result.basis is None and result.unit == "ohm":
            yield from _of_resistance(result, given, kelvin)


def _of_diffusion(result: Result, given: Mapping[str, float], kelvin: float) -> Iterator[Truth]:
    barrier = given.get("activation energy of diffusion", 0.0)
    at = f"at {kelvin - ZERO_CELSIUS:.3g} °C"
    value = given[_D] * math.exp(barrier / GAS_CONSTANT * (1 / STANDARD_TEMPERATURE - 1 / kelvin))
    if result.unit == "1/s":
        if (radius := given.get("radius")) is not None:
            yield Truth(result, value / radius**2, f"over the square of the radius, {at}")
    else:
        yield Truth(result, Quantity(value, "m^2/s").to(result.unit).value, at)


def _of_resistance(result: Result, given: Mapping[str, float], kelvin: float) -> Iterator[Truth]:
    area = given.get("area")
    if area is None:
        return
    if result.name.startswith("series resistance"):
        both = sum(given.get(name, 0.0) for name in ("contact resistance", "lithium film resistance")) / area
        if both > 0:
            yield Truth(result, both, "contact and the lithium electrode's film, without the electrolyte")
    elif result.name.startswith("charge-transfer resistance"):
        yield from _of_charge_transfer(result, given, area, kelvin)


def _of_charge_transfer(result: Result, given: Mapping[str, float], area: float, kelvin: float) -> Iterator[Truth]:
    """R T/(F i₀ S) of the electrode with the larger one; i₀ is that of 25 °C, so at other temperatures there is none."""
    wanted = ("exchange current density", "kinetic area", "loading", "lithium exchange current density")
    if not all(given.get(name) for name in wanted) or abs(kelvin - STANDARD_TEMPERATURE) > 0.5:
        return
    exchange, kinetic, loading, lithium = (given[name] for name in wanted)
    thermal = GAS_CONSTANT * kelvin / FARADAY
    both = {
        "the electrode at half lithiation": thermal / (exchange * kinetic * loading * area),
        "lithium": thermal / (lithium * area),
    }
    which = max(both, key=lambda name: both[name])
    other = next(name for name in both if name != which)
    yield Truth(result, both[which], f"of {which}; {other} has {both[other]:.3g} ohm")


def _of_cell(results: Iterable[Result], about: Metadata) -> Iterator[Truth]:
    capacity = about.truth.get("capacity")
    if capacity is None:
        return
    for result in results:
        if result.name in _CAPACITIES and result.basis == CapacityBasis.ACTIVE_MATERIAL:
            yield Truth(result, capacity.to(result.unit).value, "of the host, without the film's charge")
