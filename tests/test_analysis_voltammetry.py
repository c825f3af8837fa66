"""Voltammetry: exact solutions, other people's definitions, real files, and what must not become a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.voltammetry import examine_cv, examine_lsv, sweeps
from byssus.conventions import Configuration, Made
from byssus.errors import AnalysisError, UnitError
from byssus.figure.sweeps import lsv_figures, sweep_figures
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.tables import Table
from byssus.physics.constants import FARADAY, GAS_CONSTANT, STANDARD_TEMPERATURE
from byssus.physics.diffusion import randles_sevcik_current, thin_film_peak_current
from byssus.quantity import Quantity
from byssus.study.techniques import TECHNIQUES

Array = NDArray[np.float64]

THERMAL = GAS_CONSTANT * STANDARD_TEMPERATURE / FARADAY
RATES = (1e-3, 2e-3, 5e-3, 1e-2)
#: A cm², mol/cm³ and cm²/s in SI.
AREA, CONCENTRATION, DIFFUSION = 1e-4, 1e3, 1e-10
#: Sites of a thin film in mol.
SITES = 1e-8
KNOWN = {"area": Quantity(1, "cm^2"), "concentration": Quantity(1e-3, "mol/cm^3")}


def potentials(rate: float, turn: float = 0.3, points: int = 1501) -> tuple[Array, Array]:
    """Return times and potentials of a cycle from −0.3 V to the turn and back."""
    span = turn + 0.3
    time = np.linspace(0, 2 * span / rate, 2 * points - 1)
    return time, turn - np.abs(rate * time - span)


def reversible(rate: float) -> tuple[Array, Array, Array]:
    """Return time, potential and current of a reversible couple that diffuses from an endless body (Nicholson, Shain).

    The semi-integral of the current is n F A C √D / (1 + exp(−F E/(R T))); its semi-derivative is taken with the
    integral of each straight piece exactly.
    """
    time, volts = potentials(rate)
    passed = FARADAY * AREA * CONCENTRATION * np.sqrt(DIFFUSION) / (1 + np.exp(-volts / THERMAL))
    step, places = time[1], np.arange(len(time) - 1)
    weights = 2 * np.sqrt(step / np.pi) * (np.sqrt(places + 1) - np.sqrt(places))
    current = np.convolve(np.diff(passed) / step, weights)[: len(places)]
    return time, volts, np.concatenate([[0.0], current])


def thin(rate: float, centres: Sequence[float] = (0.0,)) -> tuple[Array, Array, Array]:
    """Return time, potential and current of a film that fills evenly by Nernst's isotherm, one or more of them."""
    time, volts = potentials(rate)
    way = np.where(np.arange(len(time)) <= len(time) // 2, 1.0, -1.0)
    current = np.zeros_like(volts)
    for centre in centres:
        share = 1 / (1 + np.exp(-(volts - centre) / THERMAL))
        current += FARADAY * SITES * rate / THERMAL * share * (1 - share)
    return time, volts, way * current


def table(
    cycles: Sequence[tuple[Array, Array, Array]],
    *,
    noise: float = 0.0,
    capacitance: float = 0.0,
    seed: int = 0,
    timed: bool = True,
    conditions: Mapping[str, Quantity] | None = None,
    **sample: Any,
) -> Table:
    """Return a table of cycles of two sweeps each."""
    generator = np.random.default_rng(seed)
    parts, start = [], 0.0
    for number, (time, volts, current) in enumerate(cycles, 1):
        rising = np.arange(len(time)) <= len(time) // 2
        rate = abs(volts[1] - volts[0]) / time[1]
        noisy = current + np.where(rising, 1, -1) * capacitance * rate + noise * generator.standard_normal(len(time))
        parts.append(
            pl.DataFrame(
                {
                    "Voltage / V": volts,
                    "Current / A": noisy,
                    "Sweep Count / 1": np.where(rising, 2 * number - 1, 2 * number),
                    "Cycle Count / 1": [number] * len(time),
                    "Test Time / s": time + start,
                }
            )
        )
        start += time[-1] + 1
    data = pl.concat(parts)
    about = Metadata(kind="voltammetry", sample=Sample(name="cell", **sample), conditions=dict(conditions or {}))
    return Table(data if timed else data.drop("Test Time / s"), about)


def linear(volts: Array, amperes: Array, *, noise: float = 0.0, seed: int = 0) -> Table:
    """Return a table of one sweep."""
    noisy = amperes + noise * np.random.default_rng(seed).standard_normal(len(volts))
    data = pl.DataFrame({"Voltage / V": volts, "Current / A": noisy, "Sweep Count / 1": [1] * len(volts)})
    conditions = {"scan rate": Quantity(1, "mV/s")}
    return Table(data, Metadata(kind="voltammetry", sample=Sample(name="cell"), conditions=conditions))


def named(found: Examined, name: str) -> Result:
    """Return a result by its name."""
    (result,) = [result for result in found.results if result.name == name]
    return result


def value(found: Examined, name: str) -> float:
    """Return a number by its name."""
    number = named(found, name).value
    assert number is not None, named(found, name).reason
    return number


def codes(found: Examined) -> set[str]:
    """Return the codes of the findings."""
    return {finding.code for finding in found.findings}


# Exact solutions


@pytest.fixture(scope="module")
def diffusing() -> Examined:
    return examine_cv([table([reversible(rate) for rate in RATES])], KNOWN | {"diffusion length": Quantity(1, "mm")})


def test_a_reversible_couple_has_the_peaks_of_nicholson_and_shain(diffusing: Examined) -> None:
    """Table I of Anal. Chem. 36 (1964) 706: 0.4463 at 28.50 mV/n; half-peak 56.5 mV before it; 57 to 59 mV apart."""
    first = diffusing.frames["peaks"].row(0, named=True)
    peak = 1e3 * float(randles_sevcik_current(AREA, CONCENTRATION, DIFFUSION, RATES[0]))
    assert first["Potential / V"] == pytest.approx(0.0285, abs=2e-4)
    assert first["Current from Zero / mA"] == pytest.approx(peak, rel=1e-3)
    assert first["Current / mA"] == pytest.approx(peak, rel=3e-3)
    assert first["Potential / V"] - first["Half-Peak Potential / V"] == pytest.approx(2.20 * THERMAL, abs=3e-4)
    assert value(diffusing, "peak separation") == pytest.approx(57.6, abs=0.2)
    assert value(diffusing, "formal potential") == pytest.approx(0.0, abs=5e-4)
    assert value(diffusing, "anodic to cathodic peak current") == pytest.approx(1, abs=0.05)


def test_its_diffusion_coefficient_is_found(diffusing: Examined) -> None:
    assert value(diffusing, "oxidation peak b-value") == pytest.approx(0.5, abs=1e-3)
    assert value(diffusing, "oxidation peak diffusion coefficient") == pytest.approx(1e4 * DIFFUSION, rel=0.01)
    # The way back stands on the tail of the way there, which a straight line follows only roughly.
    assert value(diffusing, "reduction peak diffusion coefficient") == pytest.approx(1e4 * DIFFUSION, rel=0.1)
    assert "apparent-diffusion" not in codes(diffusing)


def test_a_body_that_is_not_deep_gives_an_apparent_value_only() -> None:
    """At 1 mV/s diffusion reaches 51 µm here, which is no little of 100 µm."""
    found = examine_cv([table([reversible(rate) for rate in RATES])], KNOWN | {"diffusion length": Quantity(100, "um")})
    missing = named(found, "oxidation peak diffusion coefficient")
    assert missing.value is None
    assert "5.06e+04 nm" in str(missing.reason)
    assert "over a tenth" in str(missing.reason)
    assert value(found, "oxidation peak apparent diffusion coefficient") == pytest.approx(1e4 * DIFFUSION, rel=0.01)
    assert "apparent-diffusion" in codes(found)


def test_a_peak_that_moves_gives_an_apparent_value_only() -> None:
    """A resistance or a slow transfer moves it, and the equation is for neither."""
    cycles = [
        (time, volts + 0.01 * place, current) for place, (time, volts, current) in enumerate(map(reversible, RATES))
    ]
    found = examine_cv([table(cycles)], KNOWN)
    assert "moves by 30 mV" in str(named(found, "oxidation peak diffusion coefficient").reason)
    assert value(found, "oxidation peak apparent diffusion coefficient") == pytest.approx(1e4 * DIFFUSION, rel=0.01)


def test_a_depth_that_cannot_be_tested_is_said_to(diffusing: Examined) -> None:
    found = examine_cv([table([reversible(rate) for rate in RATES])], KNOWN)
    assert "is not tested: no diffusion length is told" in str(
        named(found, "oxidation peak diffusion coefficient").method
    )


def test_a_thin_film_has_the_peak_of_its_isotherm() -> None:
    """Height n²F²vVC/(4RT), width 3.53 RT/F = 90.6 mV, charge nF per site; Hubbard and Anson 1966."""
    found = examine_cv([table([thin(rate) for rate in RATES])], KNOWN)
    height = 1e3 * float(thin_film_peak_current(1e-12, SITES / 1e-12, RATES[0]))
    assert value(found, "oxidation peak potential") == pytest.approx(0, abs=2e-4)
    assert value(found, "oxidation peak current") == pytest.approx(height, rel=2e-3)
    assert value(found, "reduction peak current") == pytest.approx(-height, rel=2e-3)
    assert value(found, "oxidation peak half-width") == pytest.approx(90.6, abs=0.3)
    # The tail of the isotherm, that the tangent goes through, is half a per cent of the charge.
    assert value(found, "oxidation peak charge") == pytest.approx(FARADAY * SITES / 3.6, rel=6e-3)
    from_zero = examine_cv([table([thin(RATES[0])])], {"baseline": "none"})
    assert value(from_zero, "oxidation peak charge") == pytest.approx(FARADAY * SITES / 3.6, rel=1e-4)
    assert value(found, "oxidation charge") == pytest.approx(FARADAY * SITES / 3.6, rel=1e-3)
    assert value(found, "oxidation peak b-value") == pytest.approx(1, abs=1e-3)
    reason = str(named(found, "oxidation peak diffusion coefficient").reason)
    assert "not with 0.5" in reason
    assert "too thin" in reason
    assert value(found, "oxidation peak apparent diffusion coefficient") > 0


def test_peaks_are_those_of_scipy_on_a_quiet_curve() -> None:
    """An other definition: `find_peaks` and `peak_widths` at half the prominence of an isolated peak."""
    from scipy.signal import find_peaks, peak_widths

    time, volts, current = thin(RATES[0])
    rising = slice(0, len(time) // 2 + 1)
    (top,), _ = find_peaks(current[rising])
    (width,), *_ = peak_widths(current[rising], [top])
    found = examine_cv([table([(time, volts, current)])], {})
    step = volts[1] - volts[0]
    assert value(found, "oxidation peak potential") == pytest.approx(volts[top], abs=step)
    assert value(found, "oxidation peak current") == pytest.approx(1e3 * current[top], rel=2e-3)
    assert value(found, "oxidation peak half-width") == pytest.approx(1e3 * width * step, rel=3e-3)
    (swept, _) = sweeps(table([(time, volts, current)]))
    assert swept.direction == "oxidation"
    assert swept.peaks[0][1] == pytest.approx(current[top], rel=1e-3)


def test_uncertainties_of_noisy_peaks_are_right() -> None:
    """Twenty records with noise of a hundredth of the peak: what is off, over its stated uncertainty, scatters like 1."""
    height = 1e3 * float(thin_film_peak_current(1e-12, SITES / 1e-12, RATES[0]))
    off: dict[str, list[float]] = {"Potential / V": [], "Current / mA": [], "Half-Width / mV": [], "Charge / mAh": []}
    true = (0.0, height, 3.52549e3 * THERMAL, FARADAY * SITES / 3.6)
    for seed in range(20):
        frame = examine_cv([table([thin(RATES[0])], noise=1e-7, seed=seed)], {"baseline": "none"}).frames["peaks"]
        for (name, errors), wanted in zip(off.items(), true, strict=True):
            errors += list((frame[name].abs() if wanted else frame[name]).to_numpy() - wanted)
            errors[-2:] = list(np.array(errors[-2:]) / frame[f"{name} (u)"].to_numpy())
    for name, errors in off.items():
        assert len(errors) == 40
        assert 0.7 < np.sqrt(np.mean(np.square(errors))) < 1.5, name


def test_the_capacitive_share_of_a_mixture_is_found() -> None:
    """A capacitor beside a reversible couple: the share is the capacitor's charge over all, by hand."""
    capacitance = 0.2
    found = examine_cv([table([reversible(rate) for rate in RATES], capacitance=capacitance)], {})
    shares = found.frames["capacitive share"].filter(pl.col("Direction") == "oxidation")
    # The window of the shares leaves out 2 % of the sweep at either end.
    for rate, share in zip(RATES, shares["Capacitive Share / %"], strict=True):
        _, volts, current = reversible(rate)
        inside = (np.arange(len(volts)) <= len(volts) // 2) & (np.abs(volts) <= 0.288)
        charge = np.trapezoid(current[inside], volts[inside])
        capacitor = capacitance * rate * np.ptp(volts[inside])
        assert share == pytest.approx(100 * capacitor / (capacitor + charge), rel=5e-3)
    thin_film = examine_cv([table([thin(rate) for rate in RATES])], {})
    assert value(thin_film, "capacitive share, oxidation, at 1 mV/s") == pytest.approx(100, abs=0.1)


def test_peaks_that_move_have_no_capacitive_share() -> None:
    """A diffusing couple whose peak moves by 50 mV from rate to rate: k1 and k2 come out with opposite signs."""
    cycles = []
    for place, rate in enumerate(RATES):
        time, volts, current = reversible(rate)
        half = len(time) // 2 + 1
        moved = np.interp(volts[:half] - 0.05 * place, volts[:half], current[:half])
        cycles.append((time, volts, np.concatenate([moved, -moved[-2::-1]])))
    found = examine_cv([table(cycles)], {})
    reason = str(named(found, "capacitive share, oxidation").reason)
    assert "opposite signs" in reason or "off k1" in reason


# Following peaks


def test_a_peak_that_is_hidden_is_named_and_its_neighbour_left_out() -> None:
    """Two films 0.2 V apart come together as the rate grows: at 10 mV/s they are one."""
    apart = {1e-3: 0.2, 2e-3: 0.19, 3e-3: 0.18, 5e-3: 0.17, 1e-2: 0.04}
    found = examine_cv([table([thin(rate, (-by / 2, by / 2)) for rate, by in apart.items()])], {})
    peaks = found.frames["scan rates"].filter(pl.col("Direction") == "oxidation")
    assert peaks.group_by("Scan Rate / mV/s").len().sort("Scan Rate / mV/s")["len"].to_list() == [2, 2, 2, 2, 1]
    (finding,) = {one.message for one in found.findings if one.code == "peaks-merge" and "oxidation" in one.message}
    assert "not seen apart at 10 mV/s, as at 5 mV/s" in finding
    laws = found.frames["laws"].filter(pl.col("Direction") == "oxidation")
    assert laws["Scan Rates / 1"].to_list() == [4, 4]
    assert laws["b-Value / 1"].to_list() == pytest.approx([1, 1], abs=0.05)


def test_first_cycles_do_not_count_where_others_follow() -> None:
    time, volts, current = thin(RATES[0])
    found = examine_cv([table([(time, volts, 2 * current), (time, volts, current), (time, volts, current)])], {})
    first = found.frames["peaks"].filter(pl.col("Cycle / 1") == 1)
    assert first["Counts"].unique().to_list() == ["no: the first cycle"]
    assert found.frames["scan rates"]["Sweeps / 1"].to_list() == [2, 2]
    assert value(found, "oxidation peak current") == pytest.approx(1e3 * current.max(), rel=2e-3)


def test_files_of_one_rate_each_are_one_voltammogram() -> None:
    tables = [table([reversible(rate)], timed=False) for rate in RATES]
    told = {"scan rate": tuple(Quantity(1e3 * rate, "mV/s") for rate in RATES)}
    assert value(examine_cv(tables, told), "oxidation peak b-value") == pytest.approx(0.5, abs=1e-3)


def test_the_efficiency_follows_the_electrode_as_made() -> None:
    time, volts, current = thin(RATES[0])
    cycle = (time, volts, np.where(current > 0, 0.9 * current, current))
    empty = examine_cv([table([cycle], configuration=Configuration.HALF, made=Made.EMPTY)], {})
    assert value(empty, "coulombic efficiency") == pytest.approx(90, abs=0.1)
    full = examine_cv([table([cycle], configuration=Configuration.HALF, made=Made.FULL)], {})
    assert value(full, "coulombic efficiency") == pytest.approx(100 / 0.9, abs=0.2)
    assert "not known" in str(named(examine_cv([table([cycle])], {}), "coulombic efficiency").reason)
    assert "efficiency-impossible" in codes(full)
    assert "most in cycle 1 at 1 mV/s: 111" in next(
        one.message for one in full.findings if one.code == "efficiency-impossible"
    )
    assert "efficiency-impossible" not in codes(empty)


def test_charges_and_peaks_are_of_the_slowest_rate() -> None:
    """The film fills and empties 10 nmol at every rate, less what a cycle loses; both halves are magnitudes."""
    cycles = [
        (time, volts, np.where(current > 0, kept * current, current))
        for (time, volts, current), kept in zip(map(thin, (RATES[0], RATES[0], RATES[2])), (0.5, 0.9, 0.7), strict=True)
    ]
    made = table(cycles, configuration=Configuration.HALF, made=Made.EMPTY)
    found = examine_cv([made], {"active mass": Quantity(1, "mg")})
    sites = 1e3 * FARADAY * SITES / 3600
    assert value(found, "scan rate of peaks and charges") == pytest.approx(1)
    assert value(found, "oxidation charge") == pytest.approx(0.9 * sites, rel=1e-3)
    assert value(found, "reduction charge") == pytest.approx(sites, rel=1e-3)
    assert value(found, "reduction capacity") == pytest.approx(1e3 * sites, rel=1e-3)
    assert value(found, "coulombic efficiency") == pytest.approx(90, rel=1e-3)
    for name in ("oxidation charge", "reduction capacity", "coulombic efficiency"):
        assert "at 1 mV/s, cycle 2" in str(named(found, name).method)
        assert named(found, name).cycle == 2
    assert "at 1 mV/s" in str(named(found, "reduction peak charge").method)


def test_charge_that_flows_the_other_way_is_missing() -> None:
    time, volts, current = thin(RATES[0])
    found = examine_cv([table([(time, volts, -np.abs(current))])], {})
    assert "the other way" in str(named(found, "oxidation charge").reason)
    assert value(found, "reduction charge") > 0


# What must not become a number


def test_two_scan_rates_give_no_law() -> None:
    found = examine_cv([table([reversible(rate) for rate in RATES[:2]])], KNOWN)
    for name in ("oxidation peak b-value", "oxidation peak diffusion coefficient", "capacitive share, oxidation"):
        assert named(found, name).reason == "it takes 3 scan rates, and 2 are known"


def test_without_a_scan_rate_there_is_no_charge() -> None:
    found = examine_cv([table([thin(RATES[0])], timed=False)], {})
    assert named(found, "oxidation peak charge").reason == "no scan rate, and no times"
    assert named(found, "oxidation charge").reason == "no scan rate, and no times"
    assert value(found, "oxidation peak potential") == pytest.approx(0, abs=1e-3)


def test_without_area_or_concentration_there_is_no_diffusion_coefficient() -> None:
    found = examine_cv([table([reversible(rate) for rate in RATES])], {})
    assert named(found, "oxidation peak diffusion coefficient").reason == "no area and no concentration"


def test_a_concentration_in_coulombs_is_refused() -> None:
    """As the paper prints it: C/mol is a charge per amount, and no concentration."""
    with pytest.raises(UnitError, match="measures another kind of quantity"):
        TECHNIQUES["cv"].told({"concentration": "96485 C/mol"})


def test_a_stated_rate_that_the_clock_denies_is_named() -> None:
    found = examine_cv([table([thin(1e-3)], conditions={"scan rate": Quantity(10, "mV/s")})], {})
    assert "scan-rate-differs" in codes(found)
    assert found.frames["sweeps"]["Scan Rate / mV/s"].to_list() == pytest.approx([1, 1])


def test_the_current_at_a_vertex_is_no_peak() -> None:
    time, volts = potentials(1e-3)
    found = examine_cv([table([(time, volts, 1e-3 * np.sinh(volts / 0.05))])], {})
    assert found.frames["peaks"].is_empty()
    assert "until the sweep turns" in str(named(found, "oxidation peak potential").reason)
    assert "vertex-current" in codes(found)


def test_a_table_without_a_sweep_is_refused() -> None:
    time, volts, current = thin(1e-3)
    with pytest.raises(AnalysisError, match="no sweep"):
        examine_cv([table([(time[:5], volts[:5], current[:5])])], {})


# Linear sweeps

VOLTS = np.linspace(3, 6, 1501)
RISING = 2e-6 + 1e-6 * np.exp((VOLTS - 4.6) / 0.12)


def test_an_onset_is_where_the_current_passes_the_criterion() -> None:
    """2 µA + 1 µA exp((E − 4.6 V)/0.12 V) passes 10 µA at 4.6 V + 0.12 V ln 8."""
    found = examine_lsv([linear(VOLTS, RISING)], {"area": Quantity(1, "cm^2", 0.1)})
    onset = named(found, "oxidation onset at 10 µA/cm²")
    assert onset.value == pytest.approx(4.6 + 0.12 * np.log(8), abs=2e-3)
    # A tenth of the criterion over a slope of 8 µA in 0.12 V.
    assert onset.uncertainty == pytest.approx(0.12 / 8, rel=0.1)
    assert str(onset.method).endswith("at 1 mV/s")
    assert value(found, "oxidation onset at 100 µA/cm²") == pytest.approx(4.6 + 0.12 * np.log(98), abs=2e-3)
    told = examine_lsv([linear(VOLTS, RISING)], {"criterion current": Quantity(20, "uA")})
    assert value(told, "oxidation onset at 20 µA") == pytest.approx(4.6 + 0.12 * np.log(18), abs=2e-3)


def test_a_sweep_down_has_an_onset_of_reduction() -> None:
    found = examine_lsv([linear(VOLTS[::-1] - 6, -RISING)], {"area": Quantity(1, "cm^2")})
    assert value(found, "reduction onset at 10 µA/cm²") == pytest.approx(3 - (4.6 + 0.12 * np.log(8)), abs=2e-3)


def test_tangents_meet_at_the_corner() -> None:
    corner = 1e-6 + 1e-4 * np.maximum(VOLTS - 4.5, 0)
    found = examine_lsv([linear(VOLTS, corner, noise=1e-7)], {})
    onset = named(found, "oxidation onset by tangents")
    assert onset.value is not None
    assert onset.uncertainty is not None
    assert onset.value == pytest.approx(4.5, abs=4 * onset.uncertainty)
    assert onset.uncertainty < 0.02


def test_an_onset_without_an_area_is_refused() -> None:
    found = examine_lsv([linear(VOLTS, RISING)], {})
    assert "no area" in str(named(found, "oxidation onset").reason)


def test_what_hides_an_onset_is_said() -> None:
    area = {"area": Quantity(1, "cm^2")}
    noisy = examine_lsv([linear(VOLTS, RISING, noise=2e-5)], area)
    assert "noise" in str(named(noisy, "oxidation onset at 10 µA/cm²").reason)
    assert "noisy-current" in codes(noisy)
    low = examine_lsv([linear(VOLTS, np.full_like(VOLTS, 1e-6))], area)
    assert named(low, "oxidation onset at 10 µA/cm²").reason == "10 µA/cm² is not reached up to 6.000 V"
    high = examine_lsv([linear(VOLTS, np.full_like(VOLTS, 1e-3))], area)
    assert "from the start" in str(named(high, "oxidation onset at 10 µA/cm²").reason)
    early = examine_lsv([linear(VOLTS, RISING + 5e-5 * np.exp(-(((VOLTS - 4) / 0.05) ** 2)))], area)
    assert "current-falls-again" in codes(early)


# Real files


def test_charges_of_platinum_are_the_instruments(real: Callable[[str], Path]) -> None:
    """EC-Lab counts (Q−Qo)/C by itself: what a sweep moves is the change of its counter."""
    measured = read(real("cv/Pt_poly_cv.mpt"))
    (counter,) = [name for name in measured.data.columns if "(Q-Qo)" in name]
    found = examine_cv([measured], {})
    for row in found.frames["sweeps"].iter_rows(named=True):
        part = measured.data.filter(pl.col("Sweep Count / 1") == row["Sweep / 1"])
        if row["Sweep / 1"] == 4:
            volts, amperes = part["Voltage / V"].to_numpy(), part["Current / A"].to_numpy()
            moved = part[counter][-1] - part[counter][0]
            assert np.trapezoid(amperes, volts) / 0.1 == pytest.approx(moved, rel=0.01)
            cycle = found.frames["cycles"].filter(pl.col("Cycle / 1") == row["Cycle / 1"])
            assert cycle["Oxidation Charge / mAh"].item() == pytest.approx(moved / 3.6, rel=0.01)
    assert value(found, "reduction peak potential") == pytest.approx(0.633, abs=0.002)
    # The records' own minimum of the last whole sweep.
    last = measured.data.filter(pl.col("Sweep Count / 1") == 9, pl.col("Voltage / V").is_between(0.5, 0.8))
    lowest = last.row(int(np.argmin(last["Current / A"].to_numpy())), named=True)
    peak = found.frames["peaks"].filter(pl.col("Sweep / 1") == 9).row(0, named=True)
    assert peak["Potential / V"] == pytest.approx(lowest["Voltage / V"], abs=0.005)
    assert peak["Current from Zero / mA"] == pytest.approx(1e3 * lowest["Current / A"], rel=5e-3)


def test_hydrogen_evolution_has_no_peak(real: Callable[[str], Path]) -> None:
    found = examine_cv([read(real("cv/CV-1T.txt"))], {})
    assert found.frames["peaks"].is_empty()
    assert "vertex-current" in codes(found)


def test_a_cell_that_shorts_has_no_peaks_in_its_jumps(real: Callable[[str], Path]) -> None:
    found = examine_cv([read(real("cv/cv.mpt"))], {})
    assert any(one.code == "noisy-current" and "sweep 3" in one.message for one in found.findings)
    assert 3 not in found.frames["peaks"]["Sweep / 1"].to_list()
    onset = examine_lsv([read(real("cv/cv.mpt"))], {"area": Quantity(1, "cm^2")})
    at = value(onset, "oxidation onset at 10 µA/cm²")
    records = read(real("cv/cv.mpt")).data.filter(pl.col("Sweep Count / 1") == 2)
    beyond = records.filter(pl.col("Current / A") >= 1e-5)["Voltage / V"][0]
    assert at == pytest.approx(beyond, abs=0.0025)


# Figures


def test_figures_show_what_was_found(diffusing: Examined) -> None:
    figures = {figure.name: figure for figure in sweep_figures([diffusing], ["cell"])}
    assert list(figures) == [
        "voltammogram-peaks-cell",
        "peak-currents-cell",
        "peak-currents-root-cell",
        "capacitive-share-cell",
    ]
    marked = figures["voltammogram-peaks-cell"].panels[0].series[-1]
    peaks = diffusing.frames["peaks"].filter(pl.col("Cycle / 1") == 1)
    assert marked.x == tuple(peaks["Potential / V"])
    line = figures["peak-currents-cell"].panels[0].series[-1]
    slope = np.diff(np.log10(np.array(line.y, dtype=float))) / np.diff(np.log10(np.array(line.x, dtype=float)))
    assert slope.item() == pytest.approx(0.5, abs=1e-3)
    drawn = figures["peak-currents-root-cell"].panels[0].series
    assert drawn[2].y[-1] == pytest.approx(drawn[0].y[-1], rel=1e-3)


def test_the_figure_of_an_onset_marks_it() -> None:
    found = examine_lsv([linear(VOLTS, RISING)], {"area": Quantity(1, "cm^2")})
    (figure,) = lsv_figures([found], ["cell"])
    points = figure.panels[0].series[1]
    assert points.x == tuple(found.frames["onsets"]["Potential / V"])
    assert points.y == pytest.approx((10, 50, 100))


def test_the_figure_of_an_onset_says_what_was_applied_and_over_what_area() -> None:
    """Without an area no criterion was applied, which is not that none is passed; with one the axis is a density."""
    (bare,) = lsv_figures([examine_lsv([linear(VOLTS, RISING)], {})], ["cell"])
    assert "No criterion is applied" in bare.caption
    assert "is passed" not in bare.caption
    assert bare.panels[0].y.label.startswith("Current / ")
    found = examine_lsv([linear(VOLTS, 2 * RISING)], {"area": Quantity(2, "cm^2")})
    (figure,) = lsv_figures([found], ["cell"])
    assert figure.panels[0].y.label == "Current density / µA/cm²"
    # Twice the current over twice the area: the criteria are where they were.
    assert figure.panels[0].series[1].y == pytest.approx((10, 50, 100))
    assert "over 2 cm²" in figure.caption
    asked = examine_lsv([linear(VOLTS, RISING)], {"area": Quantity(2, "cm^2"), "criterion current": Quantity(20, "uA")})
    (current,) = lsv_figures([asked], ["cell"])
    assert current.panels[0].y.label == "Current / µA"
    assert current.panels[0].series[1].y == pytest.approx((20,))


def test_the_tangents_are_labelled_and_the_scan_rate_is_a_result() -> None:
    found = examine_lsv([linear(VOLTS, RISING)], {})
    (figure,) = lsv_figures([found], ["cell"])
    met = value(found, "oxidation onset by tangents")
    assert f"tangents, meeting at {met:.3f} V" in [one.label for one in figure.legend()]
    assert value(found, "scan rate of oxidation") == 1.0
    data = linear(VOLTS, RISING)
    unknown = examine_lsv([Table(data.data, Metadata(kind="voltammetry", sample=Sample(name="cell")))], {})
    assert "neither times" in str(named(unknown, "scan rate of oxidation").reason)
