"""What published parameter sets have of an active material: PyBaMM's sets, read under Byssus' own names.

`byssus.simulate.parameters` writes PyBaMM's names, this module reads them out of its sets; no other module
knows any.
"""

from __future__ import annotations

import functools
import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from byssus.conventions import Made
from byssus.errors import SimulationError, did_you_mean
from byssus.physics.equation import Units
from byssus.recipe.reckoning import Input

Array = NDArray[np.float64]
Side = Literal["Negative", "Positive"]

#: The set that gives transport in the electrolyte, unless a study names a set for its cell.
ELECTROLYTE_SET: Final = "Xu2019"
#: Temperature in K, and concentration of salt in mol/m³, at which a function of a set is told as one value.
REFERENCE: Final = 298.15
MOLAR: Final = 1000.0
#: Stoichiometries within which a published potential is looked up: at 0 and 1 many of its forms have poles.
REACH: Final = (0.001, 0.999)
#: Potentials in V that no electrode of a lithium cell leaves: a polynomial does at the ends of its curve.
_STANDS: Final = (0.0, 5.5)
#: A published potential that rises with lithium by more than this, in V, has no one stoichiometry at a voltage.
_RISE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Base:
    """An electrode of a published parameter set.

    Parameters
    ----------
    name
        The set, as PyBaMM calls it.
    side
        Which of its electrodes.
    really
        What that electrode is made of, where the set or its paper says it; empty if that was not looked up.
    whole
        Whether its electrolyte is taken too, because the study names the set.
    """

    name: str
    side: Side
    really: str = ""
    whole: bool = False


#: By active material, the set that it starts from.  What the electrode of the set really is stands beside it: a
#: stand-in is one of another composition, for want of a set of its own.  Where several sets have a material, it is one
#: whose most lithium per volume fits the density of the material: Chen2020 would put 354 mAh/g into NCM811, which
#: holds 276, and Ecker2015 388 mAh/g into graphite, which holds 372.
BASES: Final[Mapping[str, Base]] = MappingProxyType(
    {
        "graphite": Base("Mohtat2020", "Negative", "graphite"),
        "LFP": Base("Prada2013", "Positive", "LFP; potential from Afshar 2017, kinetics from Kashkooli 2017"),
        "NCM811": Base("ORegan2022", "Positive", "NCM811 of an LG M50 cell"),
        "NCM622": Base("Mohtat2020", "Positive", "NCM532, which stands in"),
        "NCM523": Base("Mohtat2020", "Positive", "NCM532"),
        "NCM111": Base("Mohtat2020", "Positive", "NCM532, which stands in"),
        "NCA": Base("NCA_Kim2011", "Positive", "NCA"),
        "LCO": Base("Marquis2019", "Positive", "LCO of a Kokam SLPB78205130H cell"),
    }
)


def pybamm() -> Any:
    """Import PyBaMM, late and without its questions: it takes seconds, and asks about telemetry on first use."""
    os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pybamm as module
    return module


def base_for(material: str, made: Made, named: str | None, *, electrode: str) -> Base:
    """Return the electrode of a published set that a material starts from.

    Parameters
    ----------
    named
        The set that the study names; chosen by material if None.
    electrode
        What people call the electrode, for the error.

    Raises
    ------
    SimulationError
        If there is no such set, or none for the material.
    """
    if named is None:
        found = BASES.get(material)
        if found is None:
            raise SimulationError(
                f"is not silicon, and no published set is known for it (there is one for {', '.join(BASES)})",
                file=electrode, field="active", value=material, fix="name a set that may stand in, as base",
            )  # fmt: skip
        return found
    if named not in _sets():
        raise SimulationError("is no parameter set of PyBaMM", file=electrode, field="base", value=named,
                              fix=did_you_mean(named, _sets()))  # fmt: skip
    own = BASES.get(material)
    if own is not None and own.name == named:
        return replace(own, whole=True)
    wanted: Side = own.side if own is not None else "Negative" if made is Made.EMPTY else "Positive"
    # A set of a half cell has its working electrode as the positive one, whichever that is.
    return Base(named, wanted if _names(wanted)["most"] in _values(named) else "Positive", whole=True)


@dataclass(frozen=True)
class Published:
    """What a set has of one electrode; functions take and return PyBaMM's symbols, in SI.

    Parameters
    ----------
    base, source
        Which electrode of which set, and the papers that the set is of.
    radius, most
        Of the particles; concentration of lithium at stoichiometry 1.
    potential, entropy
        Over stoichiometry: at open circuit, and its slope over temperature.
    diffusivity
        Of stoichiometry and temperature.
    exchange
        Exchange current density, of the concentrations of salt, of lithium at the surface and at most, and temperature.
    """

    base: Base
    source: str
    radius: float
    most: float
    potential: Callable[..., Any]
    entropy: Callable[..., Any]
    diffusivity: Callable[..., Any]
    exchange: Callable[..., Any]

    @functools.cached_property
    def curve(self) -> tuple[Array, Array]:
        """Stoichiometry within `REACH`, and the potential at it in V.

        Raises
        ------
        SimulationError
            If the potential rises with lithium, so that a voltage does not tell how full the electrode is.
        """
        share = np.linspace(*REACH, 999)
        volts = np.ravel(self.potential(pybamm().Vector(share)).evaluate())
        if float(np.max(volts - np.minimum.accumulate(volts))) > _RISE:
            raise SimulationError("has a potential that rises with lithium", field="base", value=self.base.name,
                                  fix="name another set")  # fmt: skip
        return share, np.minimum.accumulate(volts)

    def reach(self) -> tuple[float, float]:
        """Return the lowest and the highest potential of the published curve in V, within what electrolytes stand."""
        _, volts = self.curve
        return max(float(volts[-1]), _STANDS[0]), min(float(volts[0]), _STANDS[1])

    def stoichiometry(self, volts: float) -> float:
        """Return the stoichiometry at a potential in V; the nearer end of the curve where it lies beyond it."""
        share, potentials = self.curve
        return float(np.interp(-volts, -potentials, share))

    def middle_diffusivity(self) -> float:
        """Return the diffusion coefficient at stoichiometry 1/2 and `REFERENCE`, in m²/s."""
        half, warm = (pybamm().Scalar(value) for value in (0.5, REFERENCE))
        return _evaluated(self.diffusivity(half, warm), self.base.name)

    def middle_exchange(self) -> float:
        """Return the exchange current density at stoichiometry 1/2, `MOLAR` and `REFERENCE`, in A/m²."""
        of = pybamm().Scalar
        return _evaluated(self.exchange(of(MOLAR), of(self.most / 2), of(self.most), of(REFERENCE)), self.base.name)

    def middle_entropy(self) -> float:
        """Return the slope of the potential over temperature at stoichiometry 1/2, in V/K."""
        return _evaluated(self.entropy(pybamm().Scalar(0.5)), self.base.name)

    def inputs(self, low: float, high: float, made: Made) -> dict[str, Input]:
        """Return its numbers under Byssus' names.

        Parameters
        ----------
        low, high
            The potentials in V that the electrode is used between.
        made
            Which end it starts from.
        """
        source = f"{self.source}, {self.base.side.lower()} electrode" + (
            f": {self.base.really}" if self.base.really else ""
        )
        empty, full = self.stoichiometry(high), self.stoichiometry(low)
        start = empty if made is Made.EMPTY else full
        return {
            name: Input(label, value, units, None, "known", f"{source}{how}")
            for name, label, value, units, how in (
                ("radius", "radius of diffusion", self.radius, Units("m", "um"), ""),
                ("maximum concentration", "concentration of lithium at stoichiometry 1", self.most,
                 Units("mol/m^3", "mol/L"), ""),
                ("diffusion coefficient", "diffusion coefficient of lithium at stoichiometry 1/2 and 25 °C",
                 self.middle_diffusivity(), Units("m^2/s", "cm^2/s"), ""),
                ("exchange current density", "exchange current density at stoichiometry 1/2, 1 M and 25 °C",
                 self.middle_exchange(), Units("A/m^2", "mA/cm^2"), ""),
                ("empty stoichiometry", "stoichiometry at the upper potential", empty, Units("1", "1"),
                 f"; at {high:g} V"),
                ("full stoichiometry", "stoichiometry at the lower potential", full, Units("1", "1"),
                 f"; at {low:g} V" if low > self.reach()[0] else f"; at the end of its curve, {self.reach()[0]:.2f} V"),
                ("initial stoichiometry", "stoichiometry at the start", start, Units("1", "1"), f"; as made, {made}"),
            )
        }  # fmt: skip


@functools.cache
def published(base: Base) -> Published:
    """Read an electrode out of a set.

    Raises
    ------
    SimulationError
        If the set has no such electrode of one kind of particle that takes up lithium.
    """
    values, names = _values(base.name), _names(base.side)
    absent = [name for name in names.values() if name not in values]
    if absent or _sets()[base.name].get("chemistry") != "lithium_ion":
        raise SimulationError(
            f"has no {base.side.lower()} electrode of one active material that takes up lithium",
            field="base", value=base.name, fix=f"name another set, for example {BASES['NCM811'].name}",
        )  # fmt: skip
    found = {key: values[name] for key, name in names.items()}
    return Published(
        base,
        source_of(base.name),
        float(found["radius"]),
        float(found["most"]),
        _function(found["potential"], base.name),
        _function(found["entropy"], base.name),
        _function(found["diffusivity"], base.name),
        _function(found["exchange"], base.name),
    )


@dataclass(frozen=True)
class Electrolyte:
    """Transport in the electrolyte of a set; functions of salt concentration and temperature.

    Parameters
    ----------
    source
        The papers that the set is of.
    functions
        By PyBaMM's name: conductivity, diffusion coefficient, thermodynamic factor.
    concentration, transference
        Of the salt in mol/m³; transference number of lithium there.
    """

    source: str
    functions: Mapping[str, Any]
    concentration: float
    transference: float


@functools.cache
def electrolyte(name: str) -> Electrolyte:
    """Read the electrolyte out of a set."""
    values, of = _values(name), pybamm().Scalar
    concentration = float(values["Initial concentration in electrolyte [mol.m-3]"])
    functions = {
        key: values[key]
        for key in ("Electrolyte conductivity [S.m-1]", "Electrolyte diffusivity [m2.s-1]", "Thermodynamic factor")
    }
    shared = _function(values["Cation transference number"], name)(of(concentration), of(REFERENCE))
    return Electrolyte(source_of(name), functions, concentration, _evaluated(shared, name))


@functools.cache
def source_of(name: str) -> str:
    """Say which papers a set is of, as PyBaMM's own list of citations has them.

    Examples
    --------
    >>> source_of("Chen2020")
    "PyBaMM's set Chen2020: Chen et al. 2020, doi:10.1149/1945-7111/ab9050"
    """
    listed = (Path(pybamm().__file__).parent / "CITATIONS.bib").read_text(encoding="utf-8")
    told = [_paper(listed, key) for key in _sets()[name].get("citations") or []]
    return f"PyBaMM's set {name}: {'; '.join(told)}" if told else f"PyBaMM's set {name}"


def _paper(listed: str, key: str) -> str:
    entry = re.search(rf"@\w+\{{{re.escape(key)},(.*?)\n\}}", listed, re.DOTALL)
    if entry is None:
        return key
    fields = dict(re.findall(r"(\w+)\s*=\s*\{(.*?)\},?\s*$", entry[1], re.MULTILINE))
    authors = fields.get("author", key).split(" and ")
    # A name is written as "Chen, Chang-Hui" or as "Weilong Ai".
    first = authors[0].split(",")[0] if "," in authors[0] else authors[0].split()[-1]
    year = fields.get("year", "")
    words = f"{_plain(first)}{' et al.' if len(authors) > 1 else ''} {year}"
    return words + (f", doi:{fields['doi'].removeprefix('https://doi.org/')}" if "doi" in fields else "")


def _plain(name: str) -> str:
    r"""Write a name of BibTeX without its braces and commands.

    Examples
    --------
    >>> _plain(r"Val{\o}en"), _plain("O{'}Kane")
    ('Valøen', "O'Kane")
    """
    return re.sub(r"[{}\\]", "", name.replace(r"{\o}", "ø").replace(r"{\"a}", "ä"))


def _names(side: Side) -> dict[str, str]:
    """Return PyBaMM's names of what an electrode needs of a set."""
    return {
        "radius": f"{side} particle radius [m]",
        "most": f"Maximum concentration in {side.lower()} electrode [mol.m-3]",
        "potential": f"{side} electrode OCP [V]",
        "entropy": f"{side} electrode OCP entropic change [V.K-1]",
        "diffusivity": f"{side} particle diffusivity [m2.s-1]",
        "exchange": f"{side} electrode exchange-current density [A.m-2]",
    }


def _sets() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = pybamm().parameter_sets
    return found


@functools.cache
def _values(name: str) -> Any:
    return pybamm().ParameterValues(name)


def _function(value: Any, name: str) -> Callable[..., Any]:
    """Return a function or a constant of a set as a function in which the set's own numbers stand.

    Some count the salt from the concentration that the set begins with: not from that of the cell at hand.
    """
    if not callable(value):
        constant = pybamm().Scalar(float(value))
        return lambda *_: constant
    return lambda *arguments: _closed(value(*arguments), name)


def _closed(symbol: Any, name: str) -> Any:
    """Put a set's numbers where a symbol asks for a parameter."""
    parameter = pybamm().Parameter
    if isinstance(symbol, parameter):
        return _values(name).process_symbol(symbol)
    if not any(isinstance(each, parameter) for each in symbol.pre_order()):
        return symbol
    return symbol.create_copy(new_children=[_closed(each, name) for each in symbol.children])


def _evaluated(symbol: Any, name: str) -> float:
    """Return the value of a symbol with the numbers of a set, which its functions may ask for."""
    return float(np.ravel(_values(name).process_symbol(symbol).evaluate())[0])
