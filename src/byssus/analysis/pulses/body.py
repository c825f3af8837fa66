"""What lithium diffuses in, as far as it was told: shape, length, where the length is from, and the active mass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from byssus.conventions import CellDirection, Configuration, direction_word
from byssus.measured.tables import Table
from byssus.study.techniques import Told, said

Shape = Literal["plane", "sphere"]

#: Square centimetres to a square metre: papers print D in cm²/s, and every method here gives it so.
TO_CM2: Final = 1e4
#: Times short against diffusion: up to this t D/L² at its end a line over √t tells D.  Of the exact series, a line from a
#: tenth of that time on gives 0.99 of D in a plane body and 0.84 in a sphere of radius L.
SHORT: Final[dict[Shape, float]] = {"plane": 0.25, "sphere": 0.005}
#: Since the current of a direction began, at least this t D/L²: before, the surface still runs ahead of the mean, and the
#: rate of the voltage with it.  Of the exact series, D is 1.07 times too high there in a sphere and 1.1 in a plane body; where
#: less time has passed, the D found does not come to it either.
SETTLED: Final[dict[Shape, float]] = {"plane": 0.4, "sphere": 0.15}
#: Volume over surface, in lengths: a plane body takes lithium by one face.
VOLUME_OVER_SURFACE: Final[dict[Shape, float]] = {"plane": 1.0, "sphere": 1 / 3}


@dataclass(frozen=True, slots=True)
class Body:
    """What lithium diffuses in.

    Parameters
    ----------
    shape
        Of the body.
    length, length_error
        Radius of the sphere or thickness of the plane in m, and its standard uncertainty; None where it was not told.
    origin
        Where the length is from.
    mass, mass_error
        Active mass in g, and its standard uncertainty.
    area, area_error
        Area of the electrode in cm², and its standard uncertainty.
    configuration
        Of the cell; None where it is not known.
    """

    shape: Shape
    length: float | None
    length_error: float
    origin: str | None
    mass: float | None
    mass_error: float
    area: float | None
    area_error: float
    configuration: Configuration | None

    @property
    def symbol(self) -> str:
        """The letter of its length."""
        return "R" if self.shape == "sphere" else "L"

    @property
    def full(self) -> bool:
        """Whether the cell is none of which it is known that it is a half cell."""
        return self.configuration is not Configuration.HALF

    def direction(self, sign: int) -> str:
        """Say which way a current goes, in the words of the cell that it is."""
        word = CellDirection.CHARGE if sign > 0 else CellDirection.DISCHARGE
        return direction_word(word, self.configuration or Configuration.FULL)

    def of_length(
        self, per_square: NDArray[np.float64], error: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return D in cm²/s and its standard uncertainty from D/L² in 1/s; not-a-number without a length."""
        if self.length is None:
            missing = np.full(np.shape(per_square), np.nan)
            return missing, missing.copy()
        square = TO_CM2 * self.length**2
        diffusion = per_square * square
        own = error * square
        return diffusion, np.hypot(own, 2 * diffusion * self.length_error / self.length)

    def sentence(self) -> str:
        """Say what was assumed of it."""
        if self.length is None:
            return f"No diffusion length was told: D over the square of the {self._length_word} is given, and no D."
        spread = f" ± {self.length_error * 1e6:.3g}" if self.length_error else ""
        origin = f"from {self.origin}" if self.origin else "of an origin that was not told"
        return f"{self._length_word.capitalize()} {self.length * 1e6:.4g}{spread} µm, {origin}; D goes with its square."

    @property
    def _length_word(self) -> str:
        return "radius of a sphere" if self.shape == "sphere" else "thickness of a plane body"


def body_of(table: Table, told: Mapping[str, Told]) -> Body:
    """Return what was told of the body, and what the table says of mass and cell itself."""
    shape: Shape = "plane" if told.get("shape") == "plane" else "sphere"
    origin = told.get("length from")
    length = said(table, told, "diffusion length")
    mass = said(table, told, "active mass") or table.metadata.sample.active_mass
    area = said(table, told, "area") or table.metadata.sample.electrode_area
    square = area.to("cm^2") if area else None
    metres = length.to("m") if length else None
    grams = mass.to("g") if mass else None
    return Body(
        shape=shape,
        length=metres.value if metres and metres.value > 0 else None,
        length_error=(metres.uncertainty or 0.0) if metres else 0.0,
        origin=origin if isinstance(origin, str) else None,
        mass=grams.value if grams and grams.value > 0 else None,
        mass_error=(grams.uncertainty or 0.0) if grams else 0.0,
        area=square.value if square and square.value > 0 else None,
        area_error=(square.uncertainty or 0.0) if square else 0.0,
        configuration=table.metadata.sample.configuration,
    )
