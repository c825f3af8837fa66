"""What lies on silicon: SEI on a surface that grows and shrinks, the binder's film, and the stress in both.

The amount of SEI is the state, so that its thickness on the surface as it is, A = A₀ (1 + v x)^(2/3), follows the surface
and no lithium comes or goes with it; what falls off is counted on.  SEI lies on all silicon, with contact or without.
Binder and SEI are shells whose stress σ follows the strain of the particle and flows; it pulls on the potential, and its
energy loosens the binder (`byssus.simulate.submodels.contact`).
"""

from __future__ import annotations

from typing import Any, Final

from byssus.physics.binder import debonding, film, sei, shell
from byssus.simulate.parameters import BINDER_STRESS
from byssus.simulate.published import pybamm
from byssus.simulate.submodels.state import Coating

#: Stress in Pa by which the solver scales that of a shell.
_STRESS: Final = 1e8
SHELLS: Final = ("binder", "SEI")


def growing_film(coating: Coating, options: Any) -> Any:
    """Return the submodel that stands in the place of PyBaMM's growth of SEI."""
    module = pybamm()
    side, domain = coating.side, coating.domain

    class GrowingFilm(module.sei.SEIGrowth):  # type: ignore[misc, name-defined]
        """SEI that grows on fresh surface, and partly falls off a shrinking one."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            self.shed, shed = coating.state(f"{side} electrode shed SEI [mol.m-3]")
            return {**super().get_fundamental_variables(), f"{side} electrode shed SEI [mol.m-3]": shed}

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            self.area = variables[f"{side} electrode stretch of surface"] ** 2
            # The drop over the SEI itself drives it less; that over the binder's film beside it is left out.
            beneath = {**variables, f"{side} SEI thickness [m]": variables[f"{side} electrode thickness of SEI [m]"]}
            return super().get_coupled_variables(beneath)  # type: ignore[no-any-return]

        def _get_standard_reaction_variables(self, current: Any) -> dict[str, Any]:
            # By the surface as made, as PyBaMM counts it.
            return super()._get_standard_reaction_variables(current * self.area)  # type: ignore[no-any-return]

        def set_rhs(self, variables: dict[str, Any]) -> None:
            super().set_rhs(variables)
            volume = sei.sei_shed(
                variables[f"{side} electrode thickness of SEI [m]"],
                2 * coating.straining(variables), coating.number("SEI shed share"),
            )  # fmt: skip
            numbers = self.phase_param
            covered = variables[f"{side} electrode stretch of surface"] ** 2 * numbers.a_typ
            self.rhs[self.shed] = coating.rate(volume * covered / numbers.V_bar_sei)

        def set_initial_conditions(self, variables: dict[str, Any]) -> None:
            super().set_initial_conditions(variables)
            self.initial_conditions[self.shed] = module.Scalar(0)

    return GrowingFilm(coating.param, domain, options)


def layers(coating: Coating, options: Any) -> Any:
    """Return the submodel in the place of PyBaMM's thickness of SEI: it and the binder's film, as one resistance."""
    module = pybamm()
    side, domain = coating.side, coating.domain

    class Layers(module.sei.SEIThickness):  # type: ignore[misc, name-defined]
        """Thickness of SEI, and of so much more of it as resists like the binder's film."""

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            numbers = self.phase_param
            stretch = shell.shell_stretch(coating.lithiation(variables), coating.number("expansion"))
            on = variables[f"{side} SEI concentration [mol.m-3]"] - variables[f"{side} electrode shed SEI [mol.m-3]"]
            thickness = on * numbers.V_bar_sei / (numbers.a_typ * stretch**2)
            dry = shell.shell_thickness(coating.number("binder film thickness"), stretch)
            uptake = coating.number("binder uptake")
            # By the area of the film as it is, while PyBaMM's current is by that as made.
            resists = film.binder_film_resistance(dry, uptake, coating.number("binder ionic conductivity")) / stretch**2
            both = thickness / stretch**2 + resists / numbers.R_sei
            mean = module.x_average(both)
            variables |= {
                f"{side} electrode stretch of surface": stretch,
                f"{side} electrode thickness of SEI [m]": thickness,
                f"X-averaged {domain} electrode thickness of SEI [m]": module.x_average(thickness),
                f"{side} electrode thickness of binder [m]": dry * (1 + uptake),
                f"{side} SEI thickness [m]": both,
                f"X-averaged {domain} SEI thickness [m]": mean,
                f"Volume-averaged {domain} SEI thickness [m]": module.yz_average(mean),
                f"X-averaged {domain} electrode resistance [Ohm.m2]": mean * numbers.R_sei,
            }
            return variables

    return Layers(coating.param, domain, options)


def shells(coating: Coating, options: Any) -> Any:
    """Return the submodel of the stress in what lies on a particle."""
    module = pybamm()
    side, domain = coating.side, coating.domain

    class Shells(module.BaseSubModel):  # type: ignore[misc, name-defined]
        """Stress of the binder's film and of the SEI; pressure on the particle, and the energy of the binder."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            found = {}
            self.stress = {}
            for name in SHELLS:
                told = f"{side} electrode stress of {name} [Pa]"
                self.stress[name], found[told] = coating.state(told, _STRESS)
            mean = module.x_average(found[f"{side} electrode stress of binder [Pa]"])
            return {**found, BINDER_STRESS: module.yz_average(mean)}

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            stretch, numbers = variables[f"{side} electrode stretch of surface"], coating.electrode.prim
            pressure = sum(
                shell.shell_pressure(variables[f"{side} electrode stress of {name} [Pa]"],
                                     variables[f"{side} electrode thickness of {name} [m]"], numbers.R * stretch)
                for name in SHELLS
            )  # fmt: skip
            variables |= {
                f"{side} electrode pull of shells [V]": shell.potential_under_pressure(
                    pressure, coating.number("lithium molar volume")
                ),
                f"{side} electrode energy release [J.m-2]": debonding.film_energy_release(
                    variables[f"{side} electrode stress of binder [Pa]"], coating.number("binder modulus"),
                    coating.number("binder Poisson ratio"), variables[f"{side} electrode thickness of binder [m]"],
                ),
            }  # fmt: skip
            return variables

        def set_rhs(self, variables: dict[str, Any]) -> None:
            strain = coating.straining(variables)
            for name, state in self.stress.items():
                numbers = (
                    coating.number(f"{name} {each}")
                    for each in ("modulus", "Poisson ratio", "flow rate", "flow stress")
                )
                rate = shell.shell_stress_rate(strain, variables[f"{side} electrode stress of {name} [Pa]"], *numbers)
                self.rhs[state] = coating.rate(rate)

        def set_initial_conditions(self, _variables: dict[str, Any]) -> None:
            self.initial_conditions = {state: module.Scalar(0) for state in self.stress.values()}

    return Shells(coating.param, domain, options=options)


def pulled(coating: Coating, options: Any) -> Any:
    """Return the submodel in the place of PyBaMM's one-state hysteresis: the same, with the pull of the shells."""
    module = pybamm()
    side, domain = coating.side, coating.domain

    class Pulled(module.open_circuit_potential.OneStateHysteresisOpenCircuitPotential):  # type: ignore[misc, name-defined]
        """Potential of silicon under pressure."""

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            self.pull = variables[f"{side} electrode pull of shells [V]"]
            return super().get_coupled_variables(variables)  # type: ignore[no-any-return]

        def _get_standard_ocp_variables(self, surface: Any, bulk: Any, slope: Any) -> dict[str, Any]:
            mean = module.xyz_average(self.pull)
            here = module.x_average(self.pull) if surface.domain == ["current collector"] else self.pull
            return super()._get_standard_ocp_variables(surface + here, bulk + mean, slope)  # type: ignore[no-any-return]

    return Pulled(coating.param, domain, "lithium-ion main", options, "primary", coating.averaged)
