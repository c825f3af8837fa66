"""A binder with fixed anions, through which lithium alone moves beside the pores.

In the coatings that have one, three numbers of the electrolyte become those of both conductors side by side
(`byssus.physics.binder.conduction`): conductivity κ_e + κ_s, transference number, and diffusivity of the salt.  What
PyBaMM calls the current in the electrolyte is then that in pores and binder, and its flux that of lithium in both; the
anions of the binder stay, so that lithium is stored in the pores alone.  The potential gradient that a gradient of salt
makes in the pores is short-circuited by the binder,

    i_e = (κ_e + κ_s) [χ' ∂c/∂z − ∂φ/∂z] ,  χ' = 2 χ (1 − t) R T / (F c) ,

with the same transference number t.  Only the DFN has these equations at every point.  Like `byssus.simulate.parameters`
this file writes names of PyBaMM.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from byssus.physics.binder.conduction import diffusivity_beside_single_ion, transference_beside_single_ion
from byssus.simulate.parameters import of_single_ion
from byssus.simulate.published import pybamm


def lead_lithium(stock: Any, domains: Sequence[str]) -> None:
    """Let the binder lead lithium in some coatings of one of PyBaMM's DFNs that is not yet built.

    Parameters
    ----------
    domains
        ``positive``, ``negative``, or both: the electrodes with such a binder.
    """
    module = pybamm()
    stock.submodels["electrolyte diffusion"] = _beside(module.electrolyte_diffusion.Full, domains)(
        stock.param, stock.options
    )
    if stock.options["surface form"] == "false":
        stock.submodels["electrolyte conductivity"] = _beside(module.electrolyte_conductivity.Full, domains)(
            stock.param, stock.options
        )
        return
    form = module.electrolyte_conductivity.surface_potential_form.FullDifferential
    # That of the positive electrode puts the overpotentials of the whole cell together.
    for domain in {*domains, "positive"}:
        name = f"{domain} surface potential difference"
        stock.submodels[name] = _beside(form, domains)(stock.param, domain, stock.options)


def _beside(kind: Any, domains: Sequence[str]) -> Any:
    """Return one of PyBaMM's submodels with the numbers of pores and binder in the place of the electrolyte's."""

    class Beside(kind):  # type: ignore[misc]
        param: Any

        def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
            self.param = Both(self.param, domains, variables)
            return super().get_coupled_variables(variables)  # type: ignore[no-any-return]

    return Beside


class Both:
    """PyBaMM's parameters of a cell, of which the electrolyte's are those of pores and binder.

    PyBaMM multiplies conductivity and diffusivity by the transport efficiency of the pores, by which what the binder adds
    is divided here.

    Parameters
    ----------
    pores
        PyBaMM's parameters.
    domains
        The electrodes with such a binder.
    variables
        Of the model, among them the transport efficiency.
    """

    def __init__(self, pores: Any, domains: Sequence[str], variables: dict[str, Any]) -> None:
        # A submodel may ask again for what it has: PyBaMM calls it once more where a variable was not there yet.
        self._pores: Any = pores._pores if isinstance(pores, Both) else pores
        self._domains, self._variables = domains, variables

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._pores, name)

    def kappa_e(self, salt: Any, temperature: Any) -> Any:
        """Return the conductivity [S/m]."""
        pores, binder, efficiency = self._conductors(salt, temperature)
        return (pores + binder) / efficiency

    def t_plus(self, salt: Any, temperature: Any) -> Any:
        """Return the transference number of lithium."""
        pores, binder, _ = self._conductors(salt, temperature)
        return transference_beside_single_ion(self._pores.t_plus(salt, temperature), pores, binder)

    def D_e(self, salt: Any, temperature: Any) -> Any:  # noqa: N802 - PyBaMM's name
        """Return the diffusivity of the salt [m²/s]."""
        pores, binder, efficiency = self._conductors(salt, temperature)
        own = self._pores
        return (
            diffusivity_beside_single_ion(
                own.D_e(salt, temperature) * efficiency, salt, temperature, own.t_plus(salt, temperature), pores, binder,
                own.thermodynamic_factor(salt, temperature),
            ) / efficiency
        )  # fmt: skip

    def chiRT_over_Fc(self, salt: Any, temperature: Any) -> Any:  # noqa: N802 - PyBaMM's name
        """Return the gradient of the potential over that of the salt, where no current flows [V m³/mol]."""
        pores, binder, _ = self._conductors(salt, temperature)
        # (1 − t) / (1 − t₊), which is also there where t₊ is 1.
        return self._pores.chiRT_over_Fc(salt, temperature) * pores / (pores + binder)

    def _conductors(self, salt: Any, temperature: Any) -> tuple[Any, Any, Any]:
        """Return the conductivities of pores and binder and the transport efficiency where a concentration is of."""
        module, where = pybamm(), salt.domain
        parts = [each.removesuffix(" electrode") for each in where]
        names = [f"{each.capitalize()} electrolyte transport efficiency" for each in parts]
        efficiency = self._variables[names[0] if len(parts) == 1 else "Electrolyte transport efficiency"]
        binders = [
            module.FullBroadcast(
                module.Parameter(of_single_ion(each.capitalize())) if each in self._domains else module.Scalar(0),
                domain, "current collector",
            )
            for each, domain in zip(parts, where, strict=True)
        ]  # fmt: skip
        binder = binders[0] if len(binders) == 1 else module.concatenation(*binders)
        return self._pores.kappa_e(salt, temperature) * efficiency, binder, efficiency
