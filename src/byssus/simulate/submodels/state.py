"""Where the states of an electrode's own equations stand: at every point of its coating, or as one mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from byssus.physics.binder import shell
from byssus.simulate.parameters import LITHIATION, of_binder
from byssus.simulate.published import pybamm


@dataclass(frozen=True)
class Coating:
    """The coating of one electrode, in one of PyBaMM's models.

    Parameters
    ----------
    param
        PyBaMM's parameters of the whole cell.
    domain
        ``positive`` or ``negative``.
    averaged
        Whether the model has one particle for the whole coating, as SPM and SPMe have.
    salt
        Whether the model has salt that moves, as SPMe and DFN have.
    """

    param: Any
    domain: str
    averaged: bool
    salt: bool

    @classmethod
    def of(cls, stock: Any, domain: str) -> Coating:
        """Return the coating of an electrode of one of PyBaMM's models."""
        still = isinstance(
            stock.submodels["electrolyte diffusion"], pybamm().electrolyte_diffusion.ConstantConcentration
        )
        return cls(stock.param, domain, stock.x_average, not still)

    @property
    def side(self) -> str:
        """The domain as PyBaMM's names begin."""
        return self.domain.capitalize()

    @property
    def electrode(self) -> Any:
        """PyBaMM's parameters of the electrode."""
        return getattr(self.param, self.domain[0])

    @property
    def volume(self) -> Any:
        """Volume of the coating as made [m³]."""
        return self.electrode.L * self.area

    @property
    def area(self) -> Any:
        """Area of the coating [m²]."""
        return self.param.L_y * self.param.L_z

    def number(self, name: str) -> Any:
        """Return a number of the binder by Byssus' name."""
        return pybamm().Parameter(of_binder(self.side, name))

    def state(self, name: str, scale: float = 1.0) -> tuple[Any, Any]:
        """Return a new state, and the same at every point of the coating."""
        module = pybamm()
        if not self.averaged:
            local = module.Variable(name, domain=f"{self.domain} electrode",
                                    auxiliary_domains={"secondary": "current collector"}, scale=scale)  # fmt: skip
            return local, local
        mean = module.Variable(f"X-averaged {name[0].lower()}{name[1:]}", domain="current collector", scale=scale)
        return mean, module.PrimaryBroadcast(mean, f"{self.domain} electrode")

    def amount(self, name: str, scale: float = 1.0) -> Any:
        """Return a new state that the coating has one of."""
        return pybamm().Variable(name, domain="current collector", scale=scale)

    def rate(self, local: Any) -> Any:
        """Return a rate of change at every point as the one that its state has."""
        return pybamm().x_average(local) if self.averaged else local

    def whole(self, local: Any) -> Any:
        """Return the integral of something by volume over the coating."""
        module = pybamm()
        return module.yz_average(module.x_average(local)) * self.volume

    def lithiation(self, variables: dict[str, Any]) -> Any:
        """Return the mean lithiation of the particles that have contact."""
        low, high = LITHIATION
        return low + (high - low) * self.stoichiometry(variables)

    def stoichiometry(self, variables: dict[str, Any]) -> Any:
        """Return the mean stoichiometry of the particles that have contact."""
        return variables[f"R-averaged {self.domain} particle concentration [mol.m-3]"] / self.electrode.prim.c_max

    def charged(self, variables: dict[str, Any]) -> Any:
        """Return the rate at which silicon takes up lithium, as stoichiometry of all its volume in the coating [1/s]."""
        current = variables[f"{self.side} electrode volumetric interfacial current density [A.m-3]"]
        return -current / (self.param.F * self.electrode.prim.c_max)

    def lithiating(self, variables: dict[str, Any]) -> Any:
        """Return the rate of the lithiation of the particles that have contact [1/s]."""
        low, high = LITHIATION
        active = variables[f"{self.side} electrode active material volume fraction"]
        return (high - low) * self.charged(variables) / active

    def straining(self, variables: dict[str, Any]) -> Any:
        """Return the rate of strain that the particles' growth forces upon their surface [1/s]."""
        return shell.shell_strain_rate(self.lithiation(variables), self.lithiating(variables), self.number("expansion"))
