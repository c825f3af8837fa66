"""A coating that swells: its thickness and pores, the transport through them, and the electrolyte that they push out.

Everything stands by area and thickness of the coating *as made*.  With λ the thickness over that as made, pores of a
share ε of the coating as it is are P = ε λ of it as made, and a flux by area meets a path that is λ times longer:

    ∂(P c)/∂t = −∂N/∂Z + s − c ∂(−P)/∂t,     N = −(ε^b/λ) D ∂c/∂Z + t₊ i/F

so that PyBaMM's equations hold with P for its porosity and ε^b/λ for its transport efficiency.  What the pores lose of
electrolyte leaves the coating sideways with the concentration that it has there, and comes back so: beside diffusion
across the coating, which takes seconds, its flow over hours moves no salt along it (Péclet number v L/D below 0.01).
"""

from __future__ import annotations

from typing import Any, Final

from byssus.physics.binder import network, swelling
from byssus.simulate.parameters import LITHIATION, OUTSIDE, OUTSIDE_SALT, POROSITY, STRAIN, THICKNESS_RATIO
from byssus.simulate.published import pybamm
from byssus.simulate.submodels.state import Coating

#: Share of its electronic conductivity as made that a coating keeps when its network of carbon has come apart: a small
#: number in place of none, with which no equation has a solution.
_LEFT: Final = 1e-3
#: Scale of the salt outside the pores in mol/m².
_SALT: Final = 1e-2


def porosity(coating: Coating, options: Any) -> Any:
    """Return the submodel that stands in the place of PyBaMM's porosity."""
    module = pybamm()
    side = coating.side

    class Swelling(module.porosity.BaseModel):  # type: ignore[misc, name-defined]
        """Thickness and pores of a coating that swells."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            self.strain, strain = coating.state(f"{side} electrode irreversible strain")
            found = {
                f"{side} electrode irreversible strain": strain,
                STRAIN: module.yz_average(module.x_average(strain)),
            }
            if coating.salt:
                self.salt = coating.amount("Salt outside pores [mol.m-2]", _SALT)
                found[OUTSIDE_SALT] = module.yz_average(self.salt) * coating.area
            return found

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            made, numbers, (low, high) = coating.electrode.epsilon_init, coating.electrode.prim, LITHIATION
            held = variables[f"{side} electrode lithium in silicon [mol.m-3]"] / numbers.c_max
            film = (
                variables[f"{side} SEI concentration [mol.m-3]"] - numbers.L_sei_0 * numbers.a_typ / numbers.V_bar_sei
            )
            growth = (
                coating.number("expansion") * (low * numbers.epsilon_s + (high - low) * held)
                + coating.number("SEI in pores") * numbers.V_bar_sei * film
            )
            ratio = swelling.swollen_thickness_ratio(
                growth, 1 - made, coating.number("swelling coefficient"), variables[f"{side} electrode irreversible strain"],
                coating.number("least porosity"),
            )  # fmt: skip
            share = swelling.swollen_porosity(growth, 1 - made, ratio)
            pores = {domain: self.param.domain_params[domain.split()[0]].epsilon_init
                     for domain in self.options.whole_cell_domains}  # fmt: skip
            pores[f"{coating.domain} electrode"] = share * ratio
            # Other submodels make their averages of it.
            variables |= self._get_standard_porosity_variables(pores)
            # Volumes add up: what the pores no longer hold is outside, but for the solvent that has reacted.
            used = coating.number("solvent volume per charge") * self.param.F * numbers.z_sei * film
            variables |= {
                OUTSIDE: coating.number("electrolyte outside pores") * coating.area
                + coating.whole(made - share * ratio - used),
                f"{side} electrode growth of solids": growth,
                f"{side} electrode thickness ratio": ratio,
                f"{side} electrode share of pores": share,
                THICKNESS_RATIO: module.yz_average(module.x_average(ratio)),
                POROSITY: module.yz_average(module.x_average(share * ratio) / module.x_average(ratio)),
            }
            return variables

        def set_rhs(self, variables: dict[str, Any]) -> None:
            straining = variables[f"{side} electrode rate of irreversible strain [s-1]"]
            self.rhs = {self.strain: coating.rate(straining)}
            if coating.salt:
                leaving = variables[f"{side} electrode electrolyte leaving pores [s-1]"]
                salt = variables[f"{side} electrolyte concentration [mol.m-3]"]
                self.rhs[self.salt] = module.x_average(leaving * salt) * coating.electrode.L

        def set_initial_conditions(self, _variables: dict[str, Any]) -> None:
            self.initial_conditions = {self.strain: module.Scalar(0)}
            if coating.salt:
                volume = coating.number("electrolyte outside pores")
                self.initial_conditions[self.salt] = volume * coating.param.c_e_init_av

    return Swelling(coating.param, options)


def still_salt(coating: Coating, options: Any) -> Any:
    """Return the submodel in the place of PyBaMM's electrolyte of SPM: salt of one concentration, in pores that change.

    PyBaMM holds the amount in the pores, so that their narrowing would concentrate it.
    """
    module = pybamm()

    class StillSalt(module.electrolyte_diffusion.ConstantConcentration):  # type: ignore[misc, name-defined]
        """Electrolyte of one concentration."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            nothing = module.FullBroadcastToEdges(0, list(self.options.whole_cell_domains), "current collector")
            return self._get_standard_flux_variables(nothing)  # type: ignore[no-any-return]

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            salt = self.param.c_e_init_av
            variables |= self._get_standard_porosity_times_concentration_variables({
                domain: variables[f"{domain.capitalize()} porosity"] * salt for domain in self.options.whole_cell_domains
            })  # fmt: skip
            held = coating.electrode.epsilon_init - variables[f"{coating.domain.capitalize()} electrode porosity"]
            variables[OUTSIDE_SALT] = salt * (
                coating.number("electrolyte outside pores") * coating.area + coating.whole(held)
            )
            return super().get_coupled_variables(variables)  # type: ignore[no-any-return]

    return StillSalt(coating.param, options)


def transport(coating: Coating, component: str, options: Any) -> Any:
    """Return the submodel in the place of PyBaMM's transport efficiency of ``Electrolyte`` or ``Electrode``."""
    module = pybamm()
    side = coating.side

    class Transport(module.transport_efficiency.Bruggeman):  # type: ignore[misc, name-defined]
        """Conduction through a coating that swells, by that through it as made."""

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            ratio = variables[f"{side} electrode thickness ratio"]
            own = f"{coating.domain} electrode"
            efficiency = dict(self._as_made(variables))
            if self.component == "Electrolyte":
                made, exponent = coating.electrode.epsilon_init, coating.electrode.b_e
                share = variables[f"{side} electrode share of pores"]
                through = swelling.transport_in_swollen_pores(made**exponent, share, made, exponent)
            else:
                # The conductivity is that of the coating as made; of the network only the change counts.
                numbers = tuple(
                    coating.number(name) for name in ("carbon threshold", "network exponent", "damage exponent")
                )
                debonded = variables[f"{side} electrode share without contact"]
                now, then = (network.network_conductivity(carbon, lost, 1.0, *numbers)
                             for carbon, lost in ((1 / ratio, debonded), (1.0, 0.0)))  # fmt: skip
                through = _LEFT + (1 - _LEFT) * now / then
            efficiency[own] = through / ratio
            variables |= self._get_standard_transport_efficiency_variables(efficiency)
            return variables

        def _as_made(self, variables: dict[str, Any]) -> dict[str, Any]:
            found = {}
            for domain in self.options.whole_cell_domains:
                numbers = self.param.domain_params[domain.split()[0]]
                name = f"{domain.capitalize()} porosity"
                if self.component == "Electrolyte":
                    found[domain] = variables[name] ** numbers.b_e
                elif domain == "separator":
                    found[domain] = module.FullBroadcast(0, "separator", "current collector")
                else:
                    found[domain] = (1 - variables[name]) ** numbers.b_s
            return found

    return Transport(coating.param, component, options)


def expelled(coating: Coating, options: Any) -> Any:
    """Return the submodel in the place of PyBaMM's convection: what leaves the pores, and how fast all that grows."""
    module = pybamm()
    side = coating.side

    class Expelled(module.convection.transverse.NoConvection):  # type: ignore[misc, name-defined]
        """Electrolyte that leaves the pores sideways."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            nothing = module.PrimaryBroadcast(0, "current collector")
            return {
                **self._get_standard_separator_pressure_variables(nothing),
                **self._get_standard_transverse_velocity_variables(nothing, "velocity"),
            }

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            growth = variables[f"{side} electrode growth of solids"]
            numbers, (low, high) = coating.electrode.prim, LITHIATION
            film = variables[f"{side} electrode SEI volumetric interfacial current density [A.m-3]"]
            growing = coating.number("expansion") * (high - low) * coating.charged(variables) - (
                coating.number("SEI in pores") * numbers.V_bar_sei * film / (self.param.F * numbers.z_sei)
            )
            strain = variables[f"{side} electrode irreversible strain"]
            made, share = coating.electrode.epsilon_init, coating.number("swelling coefficient")
            least = coating.number("least porosity")
            straining = swelling.irreversible_strain_rate(
                growing, strain, coating.number("irreversible share"), coating.number("irreversible limit")
            )
            # The derivative of `swollen_thickness_ratio`, on either side of its kink.
            full = (1 - made + growth) / (1 - least) > 1 + share * growth + strain
            widening = full * growing / (1 - least) + (1 - full) * (share * growing + straining)
            leaving = growing - widening
            variables |= {
                f"{side} electrode rate of irreversible strain [s-1]": straining,
                f"{side} electrode electrolyte leaving pores [s-1]": leaving,
            }
            nothing = module.PrimaryBroadcast(0, "current collector")
            variables |= self._get_standard_transverse_velocity_variables(nothing, "acceleration")
            variables["Transverse volume-averaged acceleration [m.s-2]"] = module.concatenation(
                *(leaving if domain == f"{coating.domain} electrode"
                  else module.FullBroadcast(0, domain, "current collector")
                  for domain in self.options.whole_cell_domains)
            )  # fmt: skip
            return variables

    return Expelled(coating.param, options)
