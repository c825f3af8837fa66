"""What an oxide and carbon black take up beside silicon, as a reaction of the electrode.

Two amounts of lithium per volume of coating follow the potential of the electrode E within a time τ:

    bound, once:           dq_b/dt = max[Q_ox s(E; E_ox, 0.2 V) + Q_film s(E; E_film, 0.2 V) − q_b, 0] / τ
    on carbon, and back:   dq_c/dt = [Q_c s(E; 1.0 V, 0.01 V) − q_c] / τ

s is `byssus.physics.silicon_surface.share_taken_up`.  PyBaMM sums the reactions of an electrode; this one stands in the
place of lithium plating, which the virtual cell does not have, so that its current takes part in the balances of charge,
salt and lithium like any other.  Like `byssus.simulate.parameters` this file writes names of PyBaMM.
"""

from __future__ import annotations

from typing import Any, Final

from byssus.physics.constants import FARADAY
from byssus.physics.silicon_surface import BOUND_BY, CARBON_WINDOW, share_taken_up
from byssus.simulate.parameters import BOUND, LOST, LOST_TO_REACTIONS, ON_CARBON, SURFACE
from byssus.simulate.published import pybamm
from byssus.simulate.submodels.state import Coating

#: Time in s within which the amounts follow the potential; an estimate, 10 to 1000.  Short beside a test at 6 A/g, which
#: takes 10 min, and long beside the time constant of the double layer.
FOLLOWS: Final = 60.0
#: Amount in mol/m³ by which the solver scales them: that of 50 mAh/g of silicon in a usual coating.
_SCALE: Final = 1e3


def without_carbon(stock: Any) -> None:
    """Tell what is lost to reactions in a built model without the lithium on carbon, which comes back."""
    stock.variables[LOST_TO_REACTIONS] = stock.variables[LOST] - stock.variables[ON_CARBON]


def uptake(coating: Coating, options: Any) -> Any:
    """Return the submodel that stands in the place of PyBaMM's lithium plating."""
    module = pybamm()
    side, domain = coating.side, coating.domain

    class Uptake(module.lithium_plating.BasePlating):  # type: ignore[misc, name-defined]
        """Lithium that is bound once, and lithium on carbon."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            found: dict[str, Any] = {}
            self.amounts: dict[str, Any] = {}
            for name in (BOUND, ON_CARBON):
                local = f"{side} electrode {name}"
                self.amounts[name], found[local] = coating.state(local, _SCALE)
                found[name] = coating.whole(found[local])
            total = found[BOUND] + found[ON_CARBON]
            loss = f"{domain} {self.phase_name}lithium plating"
            return {**found, f"Loss of lithium to {loss} [mol]": total,
                    f"Loss of capacity to {loss} [A.h]": total * FARADAY / 3600}  # fmt: skip

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            oxide, film, carbon, oxide_from, film_from = (
                module.Parameter(f"{side} electrode {name}") for name in SURFACE
            )
            potential = variables[f"{side} electrode surface potential difference [V]"]
            bound, stored = (variables[f"{side} electrode {name}"] for name in (BOUND, ON_CARBON))
            missing = (
                oxide * share_taken_up(potential, oxide_from, BOUND_BY)
                + film * share_taken_up(potential, film_from, BOUND_BY)
            ) / FARADAY - bound
            self.rates = {
                # What is above zero of it.
                BOUND: (missing + abs(missing)) / 2 / FOLLOWS,
                ON_CARBON: (carbon / FARADAY * share_taken_up(potential, *CARBON_WINDOW) - stored) / FOLLOWS,
            }
            area = variables[f"{side} electrode {self.phase_name}surface area to volume ratio [m-1]"]
            variables |= self._get_standard_reaction_variables(-FARADAY * sum(self.rates.values()) / area)
            variables |= super().get_coupled_variables(variables)
            return variables

        def set_rhs(self, _variables: dict[str, Any]) -> None:
            self.rhs = {amount: coating.rate(self.rates[name]) for name, amount in self.amounts.items()}

        def set_initial_conditions(self, _variables: dict[str, Any]) -> None:
            self.initial_conditions = {amount: module.Scalar(0) for amount in self.amounts.values()}

    return Uptake(coating.param, domain, options)
