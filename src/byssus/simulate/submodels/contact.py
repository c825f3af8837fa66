"""Silicon that loses contact and gains it again: two populations, each with its own lithium.

    φ_a' = −φ_d' = h φ_d − r φ_a,     (φ_d c_d)' = r φ_a c̄ − h φ_d c_d

Of the lithium, that of all silicon is a state, φ_a c̄ + φ_d c_d, which the current alone changes: a sum of states is kept
to rounding, where a product of two is kept to the tolerance only.

r is the fatigue of the binder under the energy that its stress sets free (`byssus.physics.binder.debonding`), h its
healing.  What returns has the concentration of the dormant material, and is spread evenly over the radius of the
particles that it joins: lithium is neither made nor lost.
"""

from __future__ import annotations

from typing import Any

from byssus.physics.binder import debonding
from byssus.simulate.parameters import ACTIVE_SHARE, DORMANT
from byssus.simulate.published import pybamm
from byssus.simulate.submodels.state import Coating

#: Concentration in mol/m³ by which the solver scales the lithium of dormant material.
_SCALE = 1e3


def active_and_dormant(coating: Coating, options: Any) -> Any:
    """Return the submodel that stands in the place of PyBaMM's active material."""
    module = pybamm()
    side, domain = coating.side, coating.domain
    all_lithium = f"{side} electrode lithium in silicon [mol.m-3]"

    class ActiveAndDormant(module.active_material.BaseModel):  # type: ignore[misc, name-defined]
        """Silicon with and without contact."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            self.active, active = coating.state(f"{side} electrode active material volume fraction")
            self.lithium, lithium = coating.state(all_lithium, _SCALE)
            made = coating.electrode.prim.epsilon_s
            return {
                **self._get_standard_active_material_variables(active),
                all_lithium: lithium,
                f"{side} electrode share without contact": 1 - active / made,
                ACTIVE_SHARE: module.yz_average(module.x_average(active / made)),
            }

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            most, made = coating.electrode.prim.c_max, coating.electrode.prim.epsilon_s
            active, filling = (
                variables[f"{side} electrode active material volume fraction"],
                coating.stoichiometry(variables),
            )
            without = variables[all_lithium] / most - active * filling
            dormant = coating.whole(without * most)
            variables |= {DORMANT: dormant,
                          f"Loss of lithium due to loss of active material in {domain} electrode [mol]": dormant}  # fmt: skip
            healing = coating.number("healing frequency")
            parting = debonding.debonding_frequency(
                coating.lithiating(variables), variables[f"{side} electrode energy release [J.m-2]"],
                coating.number("adhesion"), coating.number("debonding coefficient"), coating.number("debonding exponent"),
            )  # fmt: skip
            gain = debonding.dormant_gain(active, made - active, parting, healing)
            healed = debonding.lithiation_gain_by_healing(active, made - active, filling, without, healing)
            self.rates = {self.active: -gain, self.lithium: most * coating.charged(variables)}
            variables |= self._get_standard_active_material_change_variables(-gain)
            variables[f"{side} electrode healing of particles [mol.m-3.s-1]"] = healed * most
            return variables

        def set_rhs(self, _variables: dict[str, Any]) -> None:
            self.rhs = {state: coating.rate(rate) for state, rate in self.rates.items()}

        def set_initial_conditions(self, _variables: dict[str, Any]) -> None:
            made, start = coating.electrode.prim.epsilon_s, coating.electrode.prim.c_init_av
            self.initial_conditions = {
                self.active: module.x_average(made) if coating.averaged else made,
                self.lithium: module.x_average(made) * start if coating.averaged else made * start,
            }

    return ActiveAndDormant(coating.param, domain, options)


def heal(stock: Any, coating: Coating) -> None:
    """Give the particles of a built model what healing brings them, and their branch the rate of what has contact."""
    module = pybamm()
    side, domain = coating.side, coating.domain
    healed = stock.variables[f"{side} electrode healing of particles [mol.m-3.s-1]"]
    name = "X-averaged positive" if coating.averaged else "Positive"
    name = name.replace("positive", domain).replace("Positive", side)
    particles = stock.variables[f"{name} particle concentration [mol.m-3]"]
    stock.rhs[particles] += module.PrimaryBroadcast(coating.rate(healed), f"{domain} particle")
    # PyBaMM counts the way between the branches per charge of all silicon.
    branch = stock.variables[f"{name} electrode hysteresis state"]
    made = coating.electrode.prim.epsilon_s
    active = stock.variables[f"{side} electrode active material volume fraction"]
    stock.rhs[branch] *= coating.rate(made / active)
