"""Transport and stability: films, transference, leaks, holds, plating and rests, against closed solutions and by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.optimize import least_squares

from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.techniques import examine
from byssus.analysis.transport.decay import settle
from byssus.analysis.transport.spectrum import read_spectrum
from byssus.analysis.transport.temperature import fit_laws, vanishing_open
from byssus.errors import AnalysisError, ReadError, UnitError
from byssus.figure.paper import to_svg
from byssus.figure.transport import transport_figures
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table
from byssus.physics.conduction import vft_conductivity
from byssus.study.techniques import TECHNIQUES

Array = NDArray[np.float64]

FREQUENCY = np.logspace(6, -1, 71)
#: Poly(ethylene oxide) with a lithium salt as a VFT conductor: A in S/m, B in J/mol, T₀ in K; of the usual order.
PEO = (100.0, 8.3e3, 200.0)
CELSIUS = (30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)


# --- Tables whose truth is known --------------------------------------------------------------------------------------


def film(
    ohm: float, *, arc: float = 1e-10, exponent: float = 0.9, leads: float = 0.0, noise: float = 0.0, seed: int = 0
) -> Table:
    """A film's resistance beside its capacitance (F), in series with a blocking constant-phase element."""
    omega = 2j * np.pi * FREQUENCY
    z = leads + ohm / (1 + ohm * arc * omega) + 1 / (1e-5 * omega**exponent)
    draws = np.random.default_rng(seed).standard_normal((2, len(z)))
    return spectrum(FREQUENCY, z * (1 + noise * (draws[0] + 1j * draws[1])))


def spectrum(frequency: Array, z: NDArray[np.complex128]) -> Table:
    data = {
        "Spectrum Count / 1": np.ones(len(z), dtype=np.int64),
        "Frequency / Hz": frequency,
        "Real Impedance / ohm": z.real,
        "Imaginary Impedance / ohm": z.imag,
    }
    return Table(pl.DataFrame(data), Metadata(kind="impedance", sample=Sample(name="film", binder="PEO")))


def curve(**columns: Sequence[float]) -> Table:
    names = {
        "celsius": "Temperature / degC",
        "ohm": "Resistance / ohm",
        "sigma": "Conductivity / S/cm",
        "um": "Thickness / um",
    }
    data = pl.DataFrame({names[name]: [float(value) for value in values] for name, values in columns.items()})
    return Table(data, Metadata(kind="curve", curve="transport", sample=Sample(name="film", binder="PEO")))


def cycling(parts: Sequence[tuple[Array, Array | float, Array | float]], *, configuration: Any = None) -> Table:
    """A table of steps, each of its own time, voltage and current."""
    frames, start = [], 0.0
    for number, (time, voltage, current) in enumerate(parts, start=1):
        frames.append(
            pl.DataFrame(
                {
                    "Test Time / s": start + time,
                    "Voltage / V": np.broadcast_to(voltage, time.shape).astype(float),
                    "Current / A": np.broadcast_to(current, time.shape).astype(float),
                    "Step Count / 1": np.full(len(time), number, dtype=np.int64),
                }
            )
        )
        start += float(time[-1])
    sample = Sample(name="cell", binder="PEO", configuration=configuration)
    return Table(add_directions(pl.concat(frames), configuration), Metadata(kind="cycling", sample=sample))


def analysed(technique: str, tables: Table | Sequence[Table], **told: Any) -> Examined:
    several = [tables] if isinstance(tables, Table) else list(tables)
    return examine(technique, several, TECHNIQUES[technique].told(told, files=len(several)))


def result(examined: Examined, name: str) -> Result:
    (found,) = (each for each in examined.results if each.name == name)
    return found


def number(examined: Examined, name: str) -> float:
    value = result(examined, name).value
    assert value is not None, result(examined, name).reason
    return value


def why(examined: Examined, name: str) -> str:
    found = result(examined, name)
    assert found.value is None
    return found.reason or ""


def codes(examined: Examined) -> set[str]:
    return {finding.code for finding in examined.findings}


# --- The resistance of a film -----------------------------------------------------------------------------------------


def test_a_spike_alone_gives_its_resistance_by_line_and_crossing() -> None:
    omega = 2j * np.pi * FREQUENCY
    z = 250.0 + 1 / (1e-5 * omega**0.85) + 1j * 2 * np.pi * FREQUENCY * 1e-6  # an inductance of 1 µH
    found = read_spectrum(FREQUENCY, z.real, z.imag)
    assert found.rules["line"].value == pytest.approx(250.0, rel=1e-3)
    assert found.rules["crossing"].value == pytest.approx(250.0, rel=2e-3)
    assert found.rules["minimum"].value is None
    assert found.angle == pytest.approx(0.85 * 90, abs=0.5)


@pytest.mark.parametrize(("ohm", "arc"), [(1e3, 1e-10), (1e4, 1e-9), (1e5, 1e-10)])
def test_below_an_arc_the_line_is_right_and_the_minimum_is_above_it(ohm: float, arc: float) -> None:
    table = film(ohm, arc=arc, leads=15.0)
    found = read_spectrum(*(table.data[name].to_numpy() for name in table.data.columns[1:]))
    line, minimum, crossing = found.rules["line"], found.rules["minimum"], found.rules["crossing"]
    assert line.value is not None
    assert line.error is not None
    assert minimum.value is not None
    assert abs(line.value - ohm - 15) < 2 * line.error < 0.02 * ohm
    assert minimum.value > ohm + 15
    assert crossing.value is None
    assert "leads" in (crossing.reason or "")


def test_the_uncertainty_of_the_line_covers_its_noise() -> None:
    covered = 0
    for seed in range(60):
        table = film(1e4, arc=1e-9, noise=0.005, seed=seed)
        line = read_spectrum(*(table.data[name].to_numpy() for name in table.data.columns[1:])).rules["line"]
        assert line.value is not None
        assert line.error is not None
        covered += abs(line.value - 1e4) < 1.96 * line.error
    assert covered >= 54


def test_the_line_agrees_with_a_circuit_fitted_by_another_program() -> None:
    # SciPy fits leads + film beside its capacitance + constant-phase element, weighed by |Z|, as EIS programs do.
    table = film(1e4, arc=1e-9, leads=15.0, noise=0.003, seed=4)
    frequency, real, imaginary = (table.data[name].to_numpy() for name in table.data.columns[1:])
    omega, z = 2j * np.pi * frequency, real + 1j * imaginary

    def misfit(logarithms: Array) -> Array:
        leads, ohm, farad, element = 10.0 ** logarithms[:4]
        apart = (leads + ohm / (1 + ohm * farad * omega) + 1 / (element * omega ** logarithms[4]) - z) / abs(z)
        return np.concatenate([apart.real, apart.imag])

    solved = least_squares(misfit, [1.0, 4.3, -9.3, -4.7, 0.85]).x
    line = read_spectrum(frequency, real, imaginary).rules["line"]
    assert line.error is not None
    assert line.value == pytest.approx(10 ** solved[0] + 10 ** solved[1], abs=2 * line.error)
    assert line.error < 0.01 * 1e4


def test_electrodes_that_react_or_diffuse_are_refused() -> None:
    omega = 2j * np.pi * FREQUENCY
    for z in (10 + 500 / (1 + 500 * 1e-5 * omega), 10 + 300 / np.sqrt(omega)):
        found = read_spectrum(FREQUENCY, z.real, z.imag)
        assert found.refused
        assert all(rule.value is None for rule in found.rules.values())


@pytest.mark.parametrize("name", ["eis/PEIS_SSB.mpr", "eis/exampleDataGamry.DTA", "eis/exampleData.csv"])
def test_real_batteries_do_not_block(real: Callable[[str], Path], name: str) -> None:
    examined = analysed("conductivity", read(real(name)), thickness="30 um", area="1 cm^2")
    assert "do not block" in why(examined, "bulk resistance")
    assert "do not block" in why(examined, "ionic conductivity")
    assert "electrodes-not-blocking" in codes(examined)


# --- Conductivity -----------------------------------------------------------------------------------------------------


def test_conductivity_by_hand() -> None:
    # 100 µm over 8.85 Ω and 1.13 cm² are 1.0 mS/cm (physics.conduction); the review's 2.23e-5 S/cm would be 397 Ω.
    examined = analysed(
        "conductivity", curve(celsius=[25], ohm=[8.85]), thickness="100 ± 3 um", area="1.13 cm²", state="swollen"
    )
    found = result(examined, "conductivity at 25 °C")
    assert found.value == pytest.approx(1.0e-3, rel=1e-3)
    assert (found.basis, found.uncertainty) == ("swollen film", None)
    assert found.reason == "the resistance and the area were given without ±"
    examined = analysed(
        "conductivity", curve(celsius=[25], ohm=[396.8]), thickness="100 um", area="1.13 cm²", carrier="ionic"
    )
    assert number(examined, "ionic conductivity at 25 °C") == pytest.approx(2.23e-5, rel=1e-3)


def test_uncertainties_of_thickness_area_and_resistance_add_in_squares() -> None:
    examined = analysed("conductivity", film(1000.0), thickness="100 ± 3 um", area="1 ± 0.04 cm²", temperature="25 °C")
    found = result(examined, "ionic conductivity at 25 °C")
    assert found.value == pytest.approx(1e-5, rel=2e-3)
    assert found.uncertainty == pytest.approx(0.05 * 1e-5, rel=0.01)


def test_leads_are_taken_off() -> None:
    told = {"thickness": "100 um", "area": "1 cm²", "temperature": "25 °C"}
    with_leads = analysed("conductivity", film(100.0, leads=20.0), **told)
    without = analysed("conductivity", film(100.0, leads=20.0), lead_resistance="20 ± 0.1 ohm", **told)
    assert number(with_leads, "bulk resistance at 25 °C") == pytest.approx(120, rel=1e-3)
    assert number(without, "ionic conductivity at 25 °C") == pytest.approx(1e-4, rel=1e-3)
    too_much = analysed("conductivity", film(100.0), lead_resistance="200 ohm", **told)
    assert "are all of" in why(too_much, "ionic conductivity at 25 °C")


def test_several_thicknesses_take_the_contacts_out() -> None:
    # σ = 1e-4 S/cm and 20 Ω cm² of contacts.
    micrometres = (30.0, 60.0, 90.0, 120.0)
    tables = [film(1e-4 * um / 1e-4 + 20, noise=1e-3, seed=int(um)) for um in micrometres]
    examined = analysed(
        "conductivity", tables, thickness=[f"{um} um" for um in micrometres], area="1 ± 0.001 cm²", temperature="25 °C"
    )
    sigma, contact = (
        result(examined, name) for name in ("ionic conductivity at 25 °C", "contact resistance times area at 25 °C")
    )
    assert sigma.value == pytest.approx(1e-4, rel=0.01)
    assert sigma.uncertainty
    assert abs(sigma.value - 1e-4) < 3 * sigma.uncertainty
    assert contact.value == pytest.approx(20, rel=0.03)
    names = [figure.name for figure in transport_figures([examined], ("PEO",))]
    assert names == ["resistance-over-thickness-film", "film-resistance-film"]
    alone = analysed("conductivity", tables[0], thickness="30 um", area="1 cm²", temperature="25 °C")
    assert number(alone, "ionic conductivity at 25 °C") == pytest.approx(30 / 50 * 1e-4, rel=0.01)


def test_a_slope_that_may_be_zero_gives_no_conductivity() -> None:
    examined = analysed(
        "conductivity", curve(um=[30, 60, 90, 120], ohm=[50, 48, 52, 49]), area="1 cm²", temperature="25 °C"
    )
    assert "not identifiable" in why(examined, "conductivity at 25 °C")


def test_what_is_not_told_is_missing() -> None:
    examined = analysed("conductivity", film(100.0), area="1 cm²")
    assert why(examined, "ionic conductivity") == "no thickness was given"
    assert "value-missing" in codes(examined)
    examined = analysed("conductivity", film(100.0))
    assert why(examined, "ionic conductivity") == "no thickness and no area was given"
    with pytest.raises(UnitError, match="measures another kind"):
        TECHNIQUES["conductivity"].told({"thickness": "100 cm²"})
    absorbance = pl.DataFrame({"Wavenumber / cm^-1": [1.0], "Absorbance / 1": [1.0]})
    with pytest.raises(AnalysisError, match="infrared holds no resistance"):
        analysed("conductivity", Table(absorbance, Metadata(kind="curve", curve="infrared")))


# --- Laws of temperature ----------------------------------------------------------------------------------------------


def test_arrhenius_is_the_line_through_the_logarithms() -> None:
    rng = np.random.default_rng(3)
    kelvin = np.array(CELSIUS) + 273.15
    sigma = 1e-3 * np.exp(-33e3 / 8.314462618 * (1 / kelvin - 1 / 298.15) + 0.01 * rng.standard_normal(7))
    examined = analysed("conductivity", curve(celsius=CELSIUS, sigma=list(sigma)))
    # An independent fit: numpy's line, with its covariance.
    (slope, _), covariance = np.polyfit(1 / kelvin, np.log(sigma), 1, cov=True)
    found = result(examined, "activation energy of conductivity")
    assert found.value == pytest.approx(-slope * 8.314462618e-3, rel=1e-6)
    assert found.uncertainty == pytest.approx(math.sqrt(covariance[0, 0]) * 8.314462618e-3, rel=1e-4)
    assert abs(found.value - 33) < 3 * found.uncertainty


def test_a_polymer_is_vft_and_its_parameters_come_back() -> None:
    sigma = vft_conductivity(*PEO, np.array(CELSIUS) + 273.15)
    ohms = 100e-6 / (np.asarray(sigma) * 1e-4)
    tables = [film(float(ohm), noise=0.002, seed=at) for at, ohm in enumerate(ohms)]
    examined = analysed(
        "conductivity",
        tables,
        thickness="100 ± 5 um",
        area="1 ± 0.01 cm²",
        temperature=[f"{at} degC" for at in CELSIUS],
        state="dry",
    )
    assert "depends on temperature" in why(examined, "activation energy of ionic conductivity")
    truth = {
        "pseudo-activation energy B": 8.3,
        "vanishing temperature T₀": 200.0,
        "log10 of the prefactor A in S/cm": 0.0,
    }
    for name, true in truth.items():
        found = result(examined, f"{name}, VFT of ionic conductivity")
        assert found.value is not None
        assert found.uncertainty is not None
        assert abs(found.value - true) < 3.5 * found.uncertainty, name
        assert found.basis == "dry film"
    assert set(examined.frames["laws"]["Law"]) == {"Arrhenius", "VFT"}


def test_few_temperatures_cannot_tell_the_laws_apart() -> None:
    rng = np.random.default_rng(0)
    kelvin = np.array(CELSIUS[:5]) + 273.15
    laws = fit_laws(kelvin, np.asarray(vft_conductivity(*PEO, kelvin)) * np.exp(0.01 * rng.standard_normal(5)))
    assert (laws.chosen, laws.vft) == ("Arrhenius", None)
    assert "5 temperatures cannot tell" in laws.why
    two = analysed("conductivity", curve(celsius=[25, 60], sigma=[1e-5, 1e-4]))
    assert why(two, "activation energy of conductivity") == "2 temperatures: a law needs 3"


def test_a_vanishing_temperature_that_the_data_leave_open_is_none() -> None:
    kelvin = np.array([303.15, 306.15, 309.15, 312.15, 315.15, 318.15])
    sigma = np.asarray(vft_conductivity(*PEO, kelvin)) * np.exp(0.02 * np.random.default_rng(1).standard_normal(6))
    laws = fit_laws(kelvin, sigma)
    assert laws.chosen == "Arrhenius"
    assert laws.vft is not None
    assert "not identifiable" in (vanishing_open(laws.vft, 303.15) or "")


def test_a_film_that_melts_has_a_knee_and_no_one_law() -> None:
    # 100 kJ/mol below 60 °C and 40 above, as poly(ethylene oxide) shows about its melting; 1 % of scatter.
    celsius = np.arange(25.0, 96.0, 7.0)
    kelvin, melting = celsius + 273.15, 333.15
    energy = np.where(kelvin < melting, 100e3, 40e3)
    sigma = 3e-4 * np.exp(-energy / 8.314462618 * (1 / kelvin - 1 / melting))
    sigma *= np.exp(0.01 * np.random.default_rng(2).standard_normal(len(kelvin)))
    examined = analysed("conductivity", curve(celsius=list(celsius), sigma=list(sigma)))
    name = "activation energy of conductivity"
    assert "the plot has a knee" in why(examined, name)
    for part, true in ((f"{name}, below the knee", 100), (f"{name}, above the knee", 40)):
        found = result(examined, part)
        assert found.uncertainty is not None
        assert abs(number(examined, part) - true) < 3 * found.uncertainty
    assert number(examined, "temperature of the knee of conductivity") == pytest.approx(60, abs=1.5)
    assert "law-breaks" in codes(examined)


@pytest.mark.parametrize("seed", range(5))
def test_a_polymer_that_does_not_melt_has_no_knee(seed: int) -> None:
    kelvin = np.arange(298.15, 369.0, 7.0)
    scatter = np.exp(0.01 * np.random.default_rng(seed).standard_normal(len(kelvin)))
    assert fit_laws(kelvin, np.asarray(vft_conductivity(*PEO, kelvin)) * scatter).chosen == "VFT"


# --- Transference -----------------------------------------------------------------------------------------------------

SECONDS = np.arange(0, 36000, 10.0)


def polarised(hours: float = 10.0, millivolts: float = 10.0) -> Table:
    """20 µA that fall to 12 µA with a time constant of 3000 s, as `transference_bruce_vincent` has them."""
    time = SECONDS[3600 * hours >= SECONDS]
    noise = 1e-8 * np.random.default_rng(1).standard_normal(len(time))
    noise[0] = 0.0
    return cycling([(time, millivolts * 1e-3, 20e-6 * (0.6 + 0.4 * np.exp(-time / 3000)) + noise)])


def test_transference_by_hand() -> None:
    told = {"initial_interface_resistance": "150 ± 5 ohm", "steady_interface_resistance": "170 ± 5 ohm"}
    examined = analysed("transference", polarised(), **told)
    found = result(examined, "lithium transference number")
    # 12 (10 − 20·0.15) / (20 (10 − 12·0.17)) = 84/159.2
    assert found.value == pytest.approx(84 / 159.2, rel=1e-3)
    # To first order: dt/dR₀ = −I_s/(ΔV − I_s R_s), dt/dR_s = t I_s/(ΔV − I_s R_s), times 5 Ω.
    each = 12e-6 / (10e-3 - 12e-6 * 170) * 5
    assert found.uncertainty == pytest.approx(each * math.hypot(1, 84 / 159.2), rel=0.03)
    assert number(examined, "current fraction I_s/I_0, interfaces not corrected") == pytest.approx(0.6, rel=1e-3)
    assert not codes(examined)


def test_the_initial_current_follows_from_resistances_where_they_are_given() -> None:
    told = {"initial_interface_resistance": "150 ± 5 ohm", "steady_interface_resistance": "170 ± 5 ohm"}
    examined = analysed("transference", polarised(), bulk_resistance="350 ± 5 ohm", **told)
    assert number(examined, "initial current") == pytest.approx(20.0)
    missed = analysed("transference", polarised(), bulk_resistance="250 ± 5 ohm", **told)
    assert number(missed, "initial current") == pytest.approx(25.0)
    assert "initial-current-differs" in codes(missed)


def test_a_steady_current_covers_what_an_exponential_still_takes_off() -> None:
    for constants in (4.6, 5.0, 7.0):
        settled = settle(SECONDS, 0.6 + 0.4 * np.exp(-constants * SECONDS / SECONDS[-1]))
        assert settled.state == "steady"
        assert settled.value is not None
        assert settled.error is not None
        assert 0 <= settled.value - 0.6 < 2 * settled.error < 0.04


def test_the_switching_record_without_a_current_is_passed_over() -> None:
    table = polarised()
    first = pl.int_range(pl.len()) == 0
    data = table.data.with_columns(pl.when(first).then(0.0).otherwise("Current / A").alias("Current / A"))
    assert number(analysed("transference", Table(data, table.metadata)), "initial current") == pytest.approx(
        20, rel=0.01
    )


def test_no_steady_state_and_no_resistances_give_no_transference_number() -> None:
    early = analysed("transference", polarised(hours=1))
    assert "still falls" in why(early, "lithium transference number")
    assert "at most 0.7" in why(early, "current fraction I_s/I_0, interfaces not corrected")
    assert "hold-not-settled" in codes(early)
    untold = analysed("transference", polarised())
    assert "no initial interface resistance and no steady" in why(untold, "lithium transference number")
    far = analysed("transference", polarised(millivolts=50), initial_interface_resistance="1 ohm")
    assert "outside-validity" in codes(far)
    impossible = analysed(
        "transference", polarised(), initial_interface_resistance="600 ohm", steady_interface_resistance="600 ohm"
    )
    assert "all of the voltage" in why(impossible, "lithium transference number")
    with pytest.raises(AnalysisError, match="holds no voltage between 0 and 200 mV"):
        analysed("transference", cycling([(SECONDS, 1.0, 1e-6)]))


# --- Leakage and holds ------------------------------------------------------------------------------------------------


def decaying(leak: float, exponent: float = 0.7, scale: float = 4e-7) -> Array:
    noise = 2e-11 * np.random.default_rng(0).standard_normal(len(SECONDS))
    return np.asarray(leak + scale * (np.maximum(SECONDS, 1.0) / 10) ** -exponent + noise)


def test_leakage_by_hand() -> None:
    # 30 µm of 1e-8 S/cm under 1 cm² at 4 V leak 13.33 µA (physics.conduction).
    table = cycling([(SECONDS, 4.0, 1e-4 / 7.5 + decaying(0.0))])
    examined = analysed("leakage", table, thickness="30 ± 1 um", area="1 ± 0.02 cm²")
    assert number(examined, "leakage current") == pytest.approx(13.33, rel=1e-3)
    found = result(examined, "electronic conductivity")
    assert found.value == pytest.approx(1e-8, rel=1e-3)
    assert found.uncertainty == pytest.approx(1e-8 * math.hypot(1 / 30, 0.02), rel=0.02)


def test_a_leak_under_a_decay_is_extrapolated_with_the_doubt_of_the_law() -> None:
    settled = settle(SECONDS, decaying(1e-8))
    assert settled.state == "extrapolated"
    assert settled.value is not None
    assert settled.error is not None
    assert abs(settled.value - 1e-8) < settled.error < 0.1 * settled.value
    # The same current of the other sign.
    negative = settle(SECONDS, -decaying(1e-8))
    assert negative.value == pytest.approx(-settled.value)


@pytest.mark.parametrize(
    ("current", "state"),
    [
        (decaying(0.0), "decaying"),
        (1e-6 * np.exp(-SECONDS / 2e4), "decaying"),
        (1e-9 + 1e-12 * SECONDS, "rising"),
        (1e-12 * np.random.default_rng(5).standard_normal(len(SECONDS)), "too short"),
    ],
)
def test_a_current_that_does_not_settle_has_no_value(current: Array, state: str) -> None:
    settled = settle(SECONDS, current)
    assert (settled.state, settled.value) == (state, None)
    assert settled.reason


def test_a_decay_to_nothing_is_a_bound() -> None:
    examined = analysed("leakage", cycling([(SECONDS, 1.0, decaying(0.0))]), thickness="30 um", area="1 cm²")
    assert "at most 0.0013" in why(examined, "leakage current")
    assert "at most 4e-12 S/cm" in why(examined, "electronic conductivity")
    assert "hold-not-settled" in codes(examined)
    with pytest.raises(AnalysisError, match="held were 1 V"):
        analysed("leakage", cycling([(SECONDS, 1.0, decaying(0.0))]), hold_voltage="2 V")


def test_a_real_hold_at_4_9_volt_has_not_settled_after_17_hours(real: Callable[[str], Path]) -> None:
    examined = analysed("leakage", read(real("cycler_neware/nw4-120-1-6-53.ndax")), area="1.13 cm²")
    assert number(examined, "hold voltage") == pytest.approx(4.9, abs=1e-3)
    assert number(examined, "duration of the hold") == pytest.approx(17.09, abs=0.01)
    # The protocol ends at 40 µA: the bound is just above.
    assert 40 < number(examined, "current at the end of the hold") < 43
    assert "still falls" in why(examined, "leakage current")


STAIRS = {3.8: 2e-8, 4.0: 3e-8, 4.2: 6e-8, 4.3: 2e-7, 4.4: 5e-7, 4.5: 2e-6, 4.6: 8e-6}


def staircase(stays: Mapping[float, float], *, one_step: bool = False) -> Table:
    time = np.arange(0, 7200, 10.0)
    parts = [
        (time + 10.0 * (at > 0), volts, leak + 4e-7 * np.maximum(time, 1.0) ** -0.9)
        for at, (volts, leak) in enumerate(stays.items())
    ]
    table = cycling(parts)
    if one_step:
        table = Table(table.data.with_columns(pl.lit(1, dtype=pl.Int64).alias("Step Count / 1")), table.metadata)
    return table


@pytest.mark.parametrize("one_step", [False, True])
def test_the_onset_is_the_first_hold_above_the_criterion(one_step: bool) -> None:
    examined = analysed("hold", staircase(STAIRS, one_step=one_step), area="1 cm²")
    onset = result(examined, "oxidation onset voltage")
    assert (onset.value, onset.uncertainty) == (pytest.approx(4.5), None)
    assert "between 4.4 and 4.5 V" in (onset.reason or "")
    assert number(examined, "last voltage below the criterion") == pytest.approx(4.4)
    assert number(examined, "current criterion") == 1.0
    stricter = analysed("hold", staircase(STAIRS), area="1 cm²", current_criterion="0.1 uA/cm^2")
    assert number(stricter, "oxidation onset voltage") == pytest.approx(4.3)


def test_an_onset_that_was_not_reached_is_a_bound() -> None:
    below = {volts: stays for volts, stays in STAIRS.items() if volts < 4.4}
    examined = analysed("hold", staircase(below), area="1 cm²")
    assert "it is above 4.3 V" in why(examined, "oxidation onset voltage")
    assert "no area" in why(analysed("hold", staircase(STAIRS)), "oxidation onset voltage")
    twice = dict(STAIRS) | {4.0: 2e-6}
    examined = analysed("hold", staircase(twice), area="1 cm²")
    assert number(examined, "oxidation onset voltage") == pytest.approx(4.5)
    assert "onset-not-single" in codes(examined)
    down = dict(reversed([(volts - 3.0, stays) for volts, stays in STAIRS.items()]))
    examined = analysed("hold", staircase(down | {0.7: 9e-6, 0.6: 9e-6}), area="1 cm²")
    assert number(examined, "reduction onset voltage") == pytest.approx(0.7)


# --- Plating ----------------------------------------------------------------------------------------------------------


def plated(currents: Sequence[float], *, hard: int | None = None, soft: int | None = None) -> Table:
    """A symmetric cell of 100 Ω cm² and an arsinh overpotential; half cycles (from 1) that short."""
    time = np.arange(60) * 30.0
    parts = []
    for at, ampere in enumerate(currents):
        for side in (1, -1):
            half = 2 * at + (1 if side > 0 else 2)
            volts = (0.05 * np.arcsinh(ampere / 0.2e-3) + 100 * ampere) * (1 + 0.3 * np.exp(-time / 100))
            if hard is not None and half >= hard:
                volts = volts * np.where((time > 900) | (half > hard), 0.02, 1.0)
            if half == soft:
                volts = volts * np.where(time > 900, 0.2, 1.0)
            parts.append((time, side * volts, side * ampere))
    return cycling(parts)


RISING = [0.1e-3 * step for step in range(1, 11)]


def test_the_critical_current_is_the_first_that_shorts() -> None:
    examined = analysed("plating", plated(RISING, hard=13), area="1 cm²")
    critical = result(examined, "critical current density")
    assert critical.value == pytest.approx(0.7)
    assert "between 0.6 and 0.7 mA/cm²" in (critical.reason or "")
    assert number(examined, "largest current density without a short") == pytest.approx(0.6)
    # Six cycles of 0.1 to 0.6 mA, 1770 s each way.
    assert number(examined, "charge passed before the short") == pytest.approx(2 * 2.1 * 1770 / 3600, rel=1e-3)
    assert "voltage-collapse" in codes(examined)


def test_without_a_short_or_a_staircase_there_is_no_critical_current() -> None:
    examined = analysed("plating", plated(RISING), area="1 cm²")
    assert "no short up to 1 mA/cm²" in why(examined, "critical current density")
    assert not codes(examined)
    recovered = analysed("plating", plated(RISING, soft=7), area="1 cm²")
    assert "no short" in why(recovered, "critical current density")
    assert [finding.message for finding in recovered.findings if finding.code == "voltage-collapse"] == [
        "the voltage collapses and recovers in half cycle 7 at 2.95 h"
    ]
    constant = analysed("plating", plated([1e-3] * 6, hard=9), area="1 cm²")
    assert "was not raised" in why(constant, "critical current density")
    assert number(constant, "time to the short") == pytest.approx(8 * 1770 / 3600)
    assert "no area" in why(analysed("plating", plated(RISING, hard=13)), "critical current density")


def test_overpotential_by_hand() -> None:
    examined = analysed("plating", plated([1e-3] * 3), area="1 cm²")
    time = np.arange(60) * 30.0
    volts = (0.05 * math.asinh(5.0) + 0.1) * (1 + 0.3 * np.exp(-time / 100))
    mean = float(np.sum((volts[1:] + volts[:-1]) / 2 * 30) / time[-1])
    assert number(examined, "overpotential, first cycle") == pytest.approx(1e3 * mean)


def on_copper(halves: Sequence[tuple[int, float]]) -> Table:
    """Hours of plating (−1) and stripping (+1) at 0.5 mA; a stripping ends at 1 V where it runs out of lithium."""
    parts = []
    for side, hours in halves:
        time = np.linspace(0.0, 3600 * hours, 101)
        volts = np.where((side > 0) & (time > 0.99 * time[-1]), 1.0, 0.05 * side)
        parts.append((time, volts, side * 0.5e-3))
    return cycling(parts)


def test_efficiency_from_a_reservoir_by_hand() -> None:
    table = on_copper([(-1, 10), *[(1, 2), (-1, 2)] * 10, (1, 9.5)])
    examined = analysed("plating", table, cell="copper", area="1 cm²")
    # (10·1 + 4.75)/(10·1 + 5) mAh
    assert number(examined, "coulombic efficiency from a reservoir") == pytest.approx(100 * 14.75 / 15)
    assert "ended by charge" in why(examined, "mean coulombic efficiency of plating and stripping")
    assert examined.frames["cycles"]["Coulombic Efficiency / %"].null_count() == 11


def test_efficiency_of_single_cycles_by_hand() -> None:
    stripped = (1.8, 1.98, 1.97, 1.98, 1.97)
    examined = analysed(
        "plating", on_copper([half for hours in stripped for half in ((-1, 2.0), (1, hours))]), cell="copper"
    )
    found = result(examined, "mean coulombic efficiency of plating and stripping")
    later = np.array(stripped[1:]) / 2 * 100
    assert found.value == pytest.approx(later.mean())
    assert found.uncertainty == pytest.approx(later.std(ddof=1) / 2)
    assert number(examined, "first-cycle coulombic efficiency of plating and stripping") == pytest.approx(90)
    assert not codes(examined), (
        "a stripping that runs into its cut-off is no sound one that the next plating falls short of"
    )
    symmetric = analysed("plating", plated([1e-3] * 3))
    assert "a symmetric cell has none" in why(symmetric, "mean coulombic efficiency of plating and stripping")
    with pytest.raises(AnalysisError, match="no half cycle"):
        analysed("plating", cycling([(SECONDS, 0.0, 0.0)]))


# --- Self-discharge ---------------------------------------------------------------------------------------------------


def rested(fall: float, *, relaxing: float = 0.0, days: float = 30.0, volts: float = 2.42) -> Table:
    """A charge of 1 mAh from 2 to 3 V, and a rest that falls linearly, and by a relaxation ∝ 1/(1 + t/10 h)."""
    charge, rest = np.linspace(0, 3600, 401), np.linspace(0, 86400 * days, 2001)
    open_circuit = volts - fall * rest / rest[-1] - relaxing * (1 - 1 / (1 + rest / 36000))
    return cycling([(charge, 2.0 + charge / 3600, 1e-3), (rest, open_circuit, 0.0)])


def test_the_reviews_fall_of_2_42_to_2_29_volt_in_a_month() -> None:
    # Review, 4.3: a Li–S cell with PVDF, within a month (here of 30 days).
    examined = analysed("self-discharge", rested(0.13))
    assert number(examined, "open-circuit voltage drop") == pytest.approx(130)
    assert number(examined, "fall of the open-circuit voltage a day") == pytest.approx(130 / 30, rel=1e-6)
    # The charge before moved 1 mAh over 1 V, all of its charge: 13 % of it in the month.
    assert number(examined, "self-discharge a day, from the voltage") == pytest.approx(13 / 30, rel=1e-6)
    assert "no capacity before and none after" in why(examined, "self-discharge a day, from the capacity")


def test_self_discharge_from_capacities_by_hand() -> None:
    told = {"capacity_before": "1.00 ± 0.01 mAh", "capacity_after": "0.94 ± 0.01 mAh"}
    found = result(analysed("self-discharge", rested(0.13), **told), "self-discharge a day, from the capacity")
    assert found.value == pytest.approx(6 / 30)
    assert found.uncertainty == pytest.approx(100 / 30 * 0.94 * math.hypot(0.01, 0.01 / 0.94), rel=1e-6)


def test_relaxation_is_no_self_discharge() -> None:
    examined = analysed("self-discharge", rested(0.0, relaxing=0.05, days=1.0))
    assert "still relaxes; at most" in why(examined, "fall of the open-circuit voltage a day")
    assert "rest-not-relaxed" in codes(examined)
    # With a window that leaves it out, the fall comes back.
    late = analysed("self-discharge", rested(0.13, relaxing=0.005), relaxation_time="480 h")
    assert number(late, "fall of the open-circuit voltage a day") == pytest.approx(130 / 30, rel=0.01)
    with pytest.raises(AnalysisError, match="beyond a relaxation of 800 h"):
        analysed("self-discharge", rested(0.13), relaxation_time="800 h")
    with pytest.raises(AnalysisError, match="such are 2"):
        analysed("self-discharge", rested(0.13), rest_step=1)


def test_real_rests(real: Callable[[str], Path]) -> None:
    # A fresh cell: 3.0976 V to 2.8892 V in 23.92 h, as the file's first and last record of step 1 have it.
    fresh = analysed("self-discharge", read(real("cycler_arbin/20160805_test001_45_cc_01.res")))
    assert number(fresh, "open-circuit voltage drop") == pytest.approx(208.46, abs=0.01)
    assert number(fresh, "duration of the rest") == pytest.approx(23.917, abs=1e-3)
    assert "as made" in why(fresh, "self-discharge a day, from the voltage")
    # Two hours after a charge to 4.2 V are relaxation.
    relaxing = analysed("self-discharge", read(real("cycler_maccor/maccor_001.txt")), rest_step=11)
    assert number(relaxing, "open-circuit voltage drop") == pytest.approx(22.3, abs=0.1)
    assert "still relaxes" in why(relaxing, "fall of the open-circuit voltage a day")
    after_discharge = analysed("self-discharge", read(real("cycler_maccor/maccor_001.txt")), rest_step=3)
    assert "rises" in why(after_discharge, "fall of the open-circuit voltage a day")


# --- Curves from text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Temperature / degC,Resistance / ohm\n25,1000\n60,100\n",
        "Temperature / K;Resistance / kΩ;who\n298,15;1,000;AB\n333,15;0,100;AB\n",
        "Resistance / Ω\ttemperature / °C\n1000\t25\n100\t60\n",
    ],
)
def test_curves_are_read_by_their_headings(text: str) -> None:
    table = read(text.encode(), name="film.csv")
    assert (table.metadata.kind, table.metadata.curve) == ("curve", "transport")
    assert table.data["Temperature / degC"].to_list() == pytest.approx([25, 60])
    assert table.data["Resistance / ohm"].to_list() == pytest.approx([1000, 100])
    assert table.metadata.provenance[-1].reader == "labelled-csv"


def test_a_curve_with_uncertainties_weighs_its_points() -> None:
    text = "Thickness / um,Resistance / ohm,Resistance Uncertainty / kohm\n100,1000,0.01\n"
    examined = analysed("conductivity", read(text.encode(), name="film.csv"), area="1 ± 0.01 cm²", thickness="5 um")
    # The thickness without ±, as the file has it, leaves the whole without one.
    assert number(examined, "conductivity") == pytest.approx(1e-5)
    assert result(examined, "conductivity").reason == "the thickness was given without ±"


def test_a_cell_that_is_no_number_is_named() -> None:
    with pytest.raises(ReadError, match=r"line 3.*Resistance / ohm.*'many'"):
        read(b"Temperature / degC,Resistance / ohm\n25,1000\n60,many\n", name="film.csv")
    with pytest.raises(ReadError, match="of no format"):
        read(b"Temperature / degC,Colour / 1\n25,3\n60,4\n", name="film.csv")


# --- Figures ----------------------------------------------------------------------------------------------------------


def every() -> list[Examined]:
    sigma = np.asarray(vft_conductivity(*PEO, np.array(CELSIUS) + 273.15))
    ohms = 100e-6 / (sigma * 1e-4)
    return [
        analysed(
            "conductivity",
            [film(float(ohm), noise=0.002, seed=at) for at, ohm in enumerate(ohms)],
            thickness="100 um",
            area="1 cm²",
            temperature=[f"{at} degC" for at in CELSIUS],
        ),
        analysed("transference", polarised()),
        analysed("leakage", cycling([(SECONDS, 1.0, decaying(1e-8))])),
        analysed("hold", staircase(STAIRS), area="1 cm²"),
        analysed("plating", plated(RISING, hard=13), area="1 cm²"),
        analysed("self-discharge", rested(0.13)),
    ]


def test_each_technique_has_its_figures_drawn_from_its_frames() -> None:
    figures = list(transport_figures(every(), ("PEO",)))
    names = [figure.name.split("-film-2")[0].split("-cell")[0] for figure in figures]
    assert [name.removesuffix("-film") for name in names] == [
        "conductivity-over-temperature",
        "film-resistance",
        "polarisation",
        "leakage",
        "voltage-holds",
        "hold-currents",
        "plating",
        "plating-over-cycles",
        "self-discharge",
    ]
    arrhenius = figures[0].drawn()
    assert {"1000/T / K^-1", "value"} <= set(arrhenius.columns)
    measured = arrhenius.filter(pl.col("series") == "film")
    assert measured.height == 7
    assert measured["1000/T / K^-1"].max() == pytest.approx(1000 / 303.15)
    onset = figures[4].drawn().filter(pl.col("text").is_not_null())
    assert "onset 4.5 V" in onset["text"].to_list()
    for figure in figures:
        assert to_svg(figure).startswith(b"<?xml")


def test_two_samples_share_a_figure() -> None:
    twice = [analysed("self-discharge", rested(fall)) for fall in (0.13, 0.05)]
    (figure,) = transport_figures(twice, ("PEO",))
    assert figure.name == "self-discharge"
    assert "n = 2 samples" in figure.caption
