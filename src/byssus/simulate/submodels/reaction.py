"""Silicon's reaction in SPM and SPMe, by the current that the side reactions leave to it.

    η = (2 R T / F) arcsinh[(i − i_side) / (2 a j₀)],     0 = i_side − ⟨a j_SEI + a j_oxide and carbon⟩

i is the current by volume of the coating, a the area of the particles by it.  What the side reactions take depends on η in
turn, so that i_side is an unknown; by volume, so that the lithium of all reactions balances to rounding.  PyBaMM inverts
Butler and Volmer's equation for the whole of i, and takes the side reactions off afterwards, since they are small.  Where a
first lithiation begins they carry most of it: the voltage was 12 mV off that of the DFN at 1 A/g.  With the unknown it is
that of PyBaMM's "surface form", whose unknown is the potential, and which has no solution from farther away.  The film, as
in PyBaMM, has the drop of the whole current.

The current of silicon then does not contain the equations of all side reactions either, which stood again in each that
follows from it.  Like `byssus.simulate.parameters` this file writes names of PyBaMM.
"""

from __future__ import annotations

from typing import Any

from byssus.simulate.published import pybamm
from byssus.simulate.submodels.state import Coating


def shared(coating: Coating, options: Any) -> dict[str, Any]:
    """Return the submodels that stand in the place of PyBaMM's inverted kinetics, by their names in its models."""
    module = pybamm()
    domain = coating.domain
    area = f"X-averaged {domain} electrode surface area to volume ratio [m-1]"
    unknown = f"X-averaged {domain} electrode side reactions volumetric interfacial current density [A.m-3]"

    class Overpotential(module.kinetics.InverseButlerVolmer):  # type: ignore[misc, name-defined]
        """Overpotential of what silicon carries of the current."""

        def get_fundamental_variables(self) -> dict[str, Any]:
            # As if it were by area of the particles, in A/m².
            self.taken = coating.amount(unknown, coating.electrode.prim.a_typ)
            return {unknown: self.taken}

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            self.mean = self.taken / variables[area]
            return super().get_coupled_variables(variables)  # type: ignore[no-any-return]

        def _get_overpotential(self, whole: Any, *numbers: Any) -> Any:
            at_every_point = whole.domain == [f"{domain} electrode"]
            taken = module.PrimaryBroadcast(self.mean, f"{domain} electrode") if at_every_point else self.mean
            return super()._get_overpotential(whole - taken, *numbers)

        def set_algebraic(self, variables: dict[str, Any]) -> None:
            sides = sum(variables[f"X-averaged {domain} electrode {name} volumetric interfacial current density [A.m-3]"]
                        for name in ("SEI", "lithium plating"))  # fmt: skip
            self.algebraic = {self.taken: self.taken - sides}

        def set_initial_conditions(self, _variables: dict[str, Any]) -> None:
            self.initial_conditions = {self.taken: module.Scalar(0)}

    class Current(module.kinetics.CurrentForInverseKinetics):  # type: ignore[misc, name-defined]
        """What silicon carries of the current."""

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            whole = variables[f"X-averaged {domain} electrode total interfacial current density [A.m-2]"]
            own = whole - variables[unknown] / variables[area]
            variables |= self._get_standard_interfacial_current_variables(own)
            variables |= self._get_standard_volumetric_current_density_variables(variables)
            return variables

    return {
        f"{domain} interface": Overpotential(coating.param, domain, "lithium-ion main", options),
        f"{domain} interface current": Current(coating.param, domain, "lithium-ion main", options),
    }
