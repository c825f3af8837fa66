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

#: Time in s within which the amounts follow the potential; an estimate, 10 to 1000.  Short beside a test at 6 A/g, which
#: takes 10 min, and long beside the time constant of the double layer.
FOLLOWS: Final = 60.0
#: Amount in mol/m³ by which the solver scales them: that of 50 mAh/g of silicon in a usual coating.
_SCALE: Final = 1e3


def uptake(stock: Any, domain: str) -> Any:
    """Return the submodel that stands in the place of PyBaMM's lithium plating, for an electrode of one of its models.

    Parameters
    ----------
    domain
        ``positive`` or ``negative``: where the silicon is.
    """
    return _reaction()(stock.param, domain, stock.options)


def without_carbon(stock: Any) -> None:
    """Tell what is lost to reactions in a built model without the lithium on carbon, which comes back."""
    stock.variables[LOST_TO_REACTIONS] = stock.variables[LOST] - stock.variables[ON_CARBON]


def _reaction() -> Any:
    """Return the class of the reaction; PyBaMM is imported only when a model is built."""
    module = pybamm()

    class Uptake(module.lithium_plating.BasePlating):  # type: ignore[misc, name-defined]
        """Lithium that is bound once, and lithium on carbon."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            domain = self.domain
            area = getattr(self.param, domain[0]).L * self.param.L_y * self.param.L_z
            found: dict[str, Any] = {}
            for name in (BOUND, ON_CARBON):
                local = f"{domain.capitalize()} electrode {name}"
                if self.options["x-average side reactions"] == "true":
                    mean = module.Variable(f"X-averaged {local}", domain="current collector", scale=_SCALE)
                    amount = module.PrimaryBroadcast(mean, f"{domain} electrode")
                else:
                    amount = module.Variable(
                        local, domain=f"{domain} electrode", auxiliary_domains={"secondary": "current collector"}, scale=_SCALE
                    )  # fmt: skip
                    mean = module.x_average(amount)
                found |= {local: amount, f"X-averaged {local}": mean, name: module.yz_average(mean) * area}
            total = found[BOUND] + found[ON_CARBON]
            loss = f"{domain} {self.phase_name}lithium plating"
            return {**found, f"Loss of lithium to {loss} [mol]": total,
                    f"Loss of capacity to {loss} [A.h]": total * FARADAY / 3600}  # fmt: skip

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            side = self.domain.capitalize()
            oxide, film, carbon, oxide_from, film_from = (
                module.Parameter(f"{side} electrode {name}") for name in SURFACE
            )
            potential = variables[f"{side} electrode surface potential difference [V]"]
            bound, stored = (variables[f"{side} electrode {name}"] for name in (BOUND, ON_CARBON))
            missing = (
                oxide * share_taken_up(potential, oxide_from, BOUND_BY)
                + film * share_taken_up(potential, film_from, BOUND_BY)
            ) / FARADAY - bound
            rates = {
                # What is above zero of it.
                BOUND: (missing + abs(missing)) / 2 / FOLLOWS,
                ON_CARBON: (carbon / FARADAY * share_taken_up(potential, *CARBON_WINDOW) - stored) / FOLLOWS,
            }
            variables |= {f"{side} electrode rate of {name}": rate for name, rate in rates.items()}
            area = variables[f"{side} electrode {self.phase_name}surface area to volume ratio [m-1]"]
            variables |= self._get_standard_reaction_variables(-FARADAY * sum(rates.values()) / area)
            variables |= super().get_coupled_variables(variables)
            return variables

        def set_rhs(self, variables: dict[str, Any]) -> None:
            for name in (BOUND, ON_CARBON):
                amount, rate = (
                    self._amount(variables, name),
                    variables[f"{self.domain.capitalize()} electrode rate of {name}"],
                )
                averaged = self.options["x-average side reactions"] == "true"
                self.rhs[amount] = module.x_average(rate) if averaged else rate

        def set_initial_conditions(self, variables: dict[str, Any]) -> None:
            for name in (BOUND, ON_CARBON):
                self.initial_conditions[self._amount(variables, name)] = module.Scalar(0)

        def _amount(self, variables: dict[str, Any], name: str) -> Any:
            averaged = self.options["x-average side reactions"] == "true"
            local = f"{self.domain.capitalize()} electrode {name}"
            return variables[f"X-averaged {local}" if averaged else local]

    return Uptake
