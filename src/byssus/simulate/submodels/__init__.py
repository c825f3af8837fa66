"""What PyBaMM's models of a cell do not have: a binder, and what silicon takes up beside its reaction.

Submodels for SPM, SPMe and DFN, each in the place of one of PyBaMM's own, of which it keeps the variables; the equations
are the closures of `byssus.physics.binder`.  Like `byssus.simulate.parameters` these files write names of PyBaMM.
"""

from __future__ import annotations

from typing import Any

from byssus.simulate.submodels import coating, contact, interphase, reaction, uptake
from byssus.simulate.submodels.state import Coating


def equip(stock: Any, domain: str, *, takes_up: bool = False, binder: bool = False) -> None:
    """Put Byssus' own equations into one of PyBaMM's models that is not yet built, and build it.

    Parameters
    ----------
    domain
        ``positive`` or ``negative``: where the silicon is.
    takes_up
        With what oxide and carbon take up (`uptake`).
    binder
        With a coating that swells (`coating`), silicon that loses contact (`contact`), and SEI and binder on it
        (`interphase`).
    """
    own, options = Coating.of(stock, domain), stock.options
    # With double layers, or two materials, the potential itself is an unknown of PyBaMM's.
    if own.averaged and options["surface form"] == "false":
        stock.submodels |= reaction.shared(own, options)
    if takes_up:
        stock.submodels[f"{domain} primary lithium plating"] = uptake.uptake(own, options)
    if binder:
        stock.submodels |= {
            "porosity": coating.porosity(own, options),
            "electrolyte transport efficiency": coating.transport(own, "Electrolyte", options),
            "electrode transport efficiency": coating.transport(own, "Electrode", options),
            "transverse convection": coating.expelled(own, options),
            f"{domain} primary active material": contact.active_and_dormant(own, options),
            f"{domain} primary sei": interphase.growing_film(own, options),
            f"{domain} primary sei thickness": interphase.layers(own, options),
            f"{domain} primary open-circuit potential": interphase.pulled(own, options),
            f"{domain} shells": interphase.shells(own, options),
        }
        if not own.salt:
            stock.submodels["electrolyte diffusion"] = coating.still_salt(own, options)
    stock.build_model()
    if takes_up:
        uptake.without_carbon(stock)
    if binder:
        contact.heal(stock, own)
