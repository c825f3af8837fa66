"""Spectra looked over, the test of Kramers and Kronig, relaxation times and pores: against closed solutions and other packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.optimize import nnls

from byssus.analysis.impedance import examine_eis
from byssus.analysis.impedance import relaxation as relaxation_module
from byssus.analysis.impedance.porous import examine_tortuosity, pores
from byssus.analysis.impedance.relaxation import relaxation, said
from byssus.analysis.impedance.spectrum import spectra
from byssus.analysis.impedance.validity import checked, lost_to_amplitude, validity
from byssus.errors import AnalysisError
from byssus.figure.curves import Frame
from byssus.figure.spectra import eis_figures, tortuosity_figures
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.tables import Table
from byssus.physics.constants import FARADAY, GAS_CONSTANT
from byssus.physics.impedance import diffusion_warburg
from byssus.quantity import Quantity

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Real = Callable[[str], Path]

FREQUENCY = np.logspace(5, -2, 71)
S = 2j * np.pi * FREQUENCY
TWO_ARCS = 5 + 30 / (1 + (1e-4 * S) ** 0.9) + 70 / (1 + (0.1 * S) ** 0.8)


def noisy(z: Complex, share: float, seed: int = 0) -> Complex:
    """The same spectrum with normal noise of both parts, as a share of |Z|."""
    draw = np.random.default_rng(seed)
    return z + share * np.abs(z) * (draw.standard_normal(len(z)) + 1j * draw.standard_normal(len(z)))


def table(frequency: Array, z: Complex, **columns: object) -> Table:
    data = {
        "Spectrum Count / 1": np.ones(len(z), dtype=np.int64),
        "Frequency / Hz": frequency,
        "Real Impedance / ohm": z.real,
        "Imaginary Impedance / ohm": z.imag,
        **columns,
    }
    return Table(pl.DataFrame(data), Metadata(kind="impedance", sample=Sample(name="film")))


def points(path: Path) -> tuple[Array, Complex]:
    """Frequency and impedance of the first spectrum of a file, by the reader."""
    (first, *_), _ = spectra(read(path))
    return first.frequency, first.impedance


def codes(made: Table) -> list[str]:
    return [finding.code for finding in spectra(made)[1]]


# --- Looked over ------------------------------------------------------------------------------------------------------


def test_a_sound_spectrum_is_put_in_falling_order_and_nothing_is_said() -> None:
    made = table(FREQUENCY[::-1], TWO_ARCS[::-1])
    (found,), findings = spectra(made)
    assert findings == ()
    assert found.used.all()
    np.testing.assert_array_equal(found.frequency, FREQUENCY)
    np.testing.assert_array_equal(found.impedance, TWO_ARCS)


def test_an_imaginary_part_without_its_sign_is_named_and_nothing_is_turned() -> None:
    made = table(FREQUENCY, noisy(TWO_ARCS, 0.01).conj())
    assert codes(made) == ["impedance-sign"]
    (found,), _ = spectra(made)
    assert (found.impedance.imag > 0).sum() > 60
    assert validity(found.frequency, found.impedance).verdict == "fails"


@pytest.mark.parametrize("part", [1e-3, 1e3], ids=["too small", "too large"])
def test_parts_in_different_units_are_named(part: float) -> None:
    assert codes(table(FREQUENCY, TWO_ARCS.real + 1j * part * TWO_ARCS.imag)) == ["impedance-units"]


@pytest.mark.parametrize("alpha", [0.5, 0.8, 0.99])
def test_blocking_electrodes_are_not_taken_for_mixed_units(alpha: float) -> None:
    assert codes(table(FREQUENCY, 5 + 1 / (1e-4 * S**alpha))) == []


def test_points_in_another_unit_are_marked_and_stay() -> None:
    z = TWO_ARCS.copy()
    z[50:] *= 1000
    (found,), findings = spectra(table(FREQUENCY, z))
    np.testing.assert_array_equal(found.used, np.arange(71) < 50)
    assert len(found.impedance) == 71
    assert [finding.code for finding in findings] == ["impedance-points"]
    assert "21 points" in findings[0].message


def test_frequencies_out_of_order_and_doubled_are_named_and_used() -> None:
    order = np.r_[np.arange(0, 71, 2), np.arange(1, 71, 2), 3]
    (found,), findings = spectra(table(FREQUENCY[order], TWO_ARCS[order]))
    assert [finding.code for finding in findings] == ["impedance-frequencies"] * 2
    assert "turn back 3 times" in findings[0].message
    assert found.used.all()
    assert validity(found.frequency, found.impedance).verdict == "passes"


def test_a_file_out_of_order_is_one_spectrum_and_said(tmp_path: Path) -> None:
    shuffled = np.random.default_rng(0).permutation(71)
    twice = np.r_[0:71, 0:71]
    for order, count, expected in ((shuffled, 1, ["impedance-frequencies"]), (twice, 2, [])):
        file = tmp_path / f"{count}.csv"
        columns = {
            "Frequency / Hz": FREQUENCY,
            "Real Impedance / ohm": TWO_ARCS.real,
            "Imaginary Impedance / ohm": TWO_ARCS.imag,
        }
        pl.DataFrame({name: values[order] for name, values in columns.items()}).write_csv(file)
        found, findings = spectra(read(file))
        assert len(found) == count
        assert [finding.code for finding in findings] == expected
        for one in found:
            np.testing.assert_allclose(one.impedance, TWO_ARCS)


def test_a_point_without_impedance_is_marked() -> None:
    z = TWO_ARCS.copy()
    z[9] = 0
    (found,), findings = spectra(table(FREQUENCY, z))
    assert np.flatnonzero(~found.used).tolist() == [9]
    assert "1 point (" in findings[0].message
    assert "has no impedance" in findings[0].message
    assert validity(found.frequency, found.impedance, use=found.used).verdict == "passes"


# --- Kramers and Kronig -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "mu", "real_rms", "imaginary_rms"),
    [(28, 0.46140214590471085, 0.1258447201938158, 0.11264443540564681),
     (19, 0.8993792454905839, 0.1359175172755351, 0.13117346026028037)],
)  # fmt: skip
def test_the_same_chain_as_impedance_py(
    real: Real, elements: int, mu: float, real_rms: float, imaginary_rms: float
) -> None:
    # linKK(f, Z, c=0.5 | None, max_M=100 | 19, fit_type="complex", add_cap=True) of impedance.py 1.7.1.
    found = validity(*points(real("eis/exampleData.csv")), elements=elements, extension=0.0)
    assert found.mu == pytest.approx(mu, rel=1e-5)
    assert 100 * np.sqrt(np.mean(found.residual.real**2)) == pytest.approx(real_rms, rel=1e-5)
    assert 100 * np.sqrt(np.mean(found.residual.imag**2)) == pytest.approx(imaginary_rms, rel=1e-5)


def test_cross_validation_finds_fewer_elements_and_no_larger_residual_than_pyimpspec(real: Real) -> None:
    found = validity(*points(real("eis/exampleData.csv")))
    # perform_kramers_kronig_test of pyimpspec 5.1.3 with its defaults: pseudo chi-square 2.56e-4.
    assert found.verdict == "passes"
    assert found.chi_square is not None
    assert found.chi_square < 2.56e-4
    assert found.elements < 28


@pytest.mark.parametrize(
    "z",
    [
        10 + 100 / (1 + 0.0137 * S),
        TWO_ARCS,
        TWO_ARCS + 1e-6 * S,
        5 + 30 / (1 + 1e-3 * S) + 20 / np.sqrt(S),
        5 + 30 / (1 + 1e-3 * S) + 50 * np.tanh(np.sqrt(3 * S)) / np.sqrt(3 * S),
        5 + 30 / (1 + 1e-3 * S) + 50 / np.tanh(np.sqrt(3 * S)) / np.sqrt(3 * S),
        5 + 30 / np.sqrt(1 + 0.1 * S),
        5 + 1 / (1e-4 * S**0.9),
        5 + 20 * 1e-5 * S / (1 + 1e-5 * S) + 100 / (1 + 0.01 * S),
    ],
    ids=["RC", "arcs", "lead", "Warburg", "layer held", "layer closed", "Gerischer", "CPE", "inductive loop"],
)
def test_circuits_pass_within_what_is_stated(z: Complex) -> None:
    found = validity(FREQUENCY, z)
    assert found.verdict == "passes"
    assert found.noise is not None
    assert found.noise < 2e-4
    assert not found.outlier.any()


@pytest.mark.parametrize("share", [0.001, 0.005, 0.02])
def test_noise_is_found_and_condemns_nothing(share: float) -> None:
    found = [validity(FREQUENCY, noisy(TWO_ARCS, share, seed)) for seed in range(20)]
    noise = [each.noise for each in found if each.noise is not None]
    # Of 20 estimates with some 100 degrees of freedom each, the mean is known to 1.6 %.
    assert np.mean(noise) == pytest.approx(share, rel=0.06)
    assert [each.verdict for each in found].count("passes") >= 19
    assert sum(int(each.outlier.sum()) for each in found) <= 1


@pytest.mark.parametrize("at", [10, 40, 65])
def test_an_outlier_is_found_among_noise_and_only_marked(at: int) -> None:
    z = noisy(TWO_ARCS, 0.002)
    z[at] *= 1.05
    (spectrum,), _ = spectra(table(FREQUENCY, z))
    marked, found, findings = checked(spectrum)
    assert np.flatnonzero(found.outlier).tolist() == [at]
    assert np.flatnonzero(~marked.used).tolist() == [at]
    assert found.verdict == "passes"
    assert [finding.code for finding in findings] == ["impedance-points"]
    assert f"the point at {FREQUENCY[at]:.4g} Hz lies" in findings[0].message


def test_a_cell_that_changes_while_slow_points_are_taken_passes_in_part() -> None:
    # Each period takes its time; the resistance grows by half over the whole.
    time = np.cumsum(3 / FREQUENCY)
    growing = 1 + 0.5 * time / time[-1]
    found = validity(FREQUENCY, noisy(5 + 30 / (1 + 1e-4 * S) + growing * 70 / (1 + 0.1 * S) ** 0.7, 0.001))
    assert found.verdict == "passes in part"
    lowest = FREQUENCY[found.sound].min()
    assert 0.01 < lowest < 1.0
    assert found.sound[FREQUENCY > 1].all()
    assert "cell changes" in found.reason


def test_a_spectrum_that_is_none_fails_and_gives_no_resistance() -> None:
    # Real part of one cell, imaginary part of another.
    z = TWO_ARCS.real + 1j * (100 / (1 + 1e-2 * S)).imag
    found = validity(FREQUENCY, z)
    assert found.verdict == "fails"
    assert not found.sound.any()
    examined = examine_eis([table(FREQUENCY, z)], {})
    (transfer,) = [result for result in examined.results if result.name.startswith("charge-transfer resistance")]
    assert transfer.value is None
    assert "Kramers and Kronig" in str(transfer.reason)
    assert "impedance-invalid" in [finding.code for finding in examined.findings]


def test_too_few_points_are_not_tested() -> None:
    found = validity(FREQUENCY[:9], TWO_ARCS[:9])
    assert found.verdict == "not tested"
    assert found.noise is None
    assert np.isnan(found.residual).all()


def test_order_and_doubled_points_change_nothing() -> None:
    z = noisy(TWO_ARCS, 0.005)
    shuffled = np.random.default_rng(1).permutation(71)
    one, other = validity(FREQUENCY, z), validity(FREQUENCY[shuffled], z[shuffled])
    np.testing.assert_allclose(other.residual, one.residual[shuffled], atol=1e-12)


@pytest.mark.parametrize(
    ("name", "verdict", "most_noise"),
    [("EIS_-0,48_V.txt", "passes in part", 0.01), ("PEIS_SSB.mpr", "passes", 0.002), ("PEIS_nesd.mpr", "passes", 0.005),
     ("exampleData.csv", "passes", 0.002), ("exampleDataBioLogic.mpt", "passes", 0.025),
     ("exampleDataGamry.DTA", "passes in part", 0.01), ("exampleDataZPlot.z", "passes", 0.002)],
)  # fmt: skip
def test_real_spectra(real: Real, name: str, verdict: str, most_noise: float) -> None:
    found = validity(*points(real(f"eis/{name}")))
    assert found.verdict == verdict
    assert found.noise is not None
    assert found.noise < most_noise


def test_what_real_spectra_lose_is_the_end_that_drifts_or_rings(real: Real) -> None:
    frequency, z = points(real("eis/exampleDataGamry.DTA"))
    # Below 0.5 Hz this cell's impedance rises beyond any arc; its own points there are no straight line either.
    assert 0.05 < frequency[validity(frequency, z).sound].min() < 0.5
    frequency, z = points(real("eis/EIS_-0,48_V.txt"))
    assert 1e5 < frequency[validity(frequency, z).sound].max() < 1e6


def test_the_amplitude_counts_as_the_sinh_says() -> None:
    # First harmonic of sinh(x sin θ / 2) over its tangent, by quadrature of the sine's own points.
    theta = 2 * np.pi * (np.arange(4096) + 0.5) / 4096
    for amplitude in (0.005, 0.020, 0.050):
        x = FARADAY * amplitude / (GAS_CONSTANT * 298.15)
        first = 2 * np.mean(np.sinh(x * np.sin(theta) / 2) * np.sin(theta))
        assert lost_to_amplitude(amplitude) == pytest.approx(1 - (x / 2) / first, rel=1e-9)


def test_an_amplitude_and_a_voltage_that_are_not_small_are_named(real: Real) -> None:
    made = read(real("eis/exampleDataBioLogic.mpt"))
    (spectrum,), _ = spectra(made)
    assert "impedance-amplitude" in [each.code for each in checked(spectrum, made.metadata.conditions)[2]]
    still = {"excitation amplitude": Quantity(5.0, "mV")}
    assert [each.code for each in checked(replace(spectrum, drift=0.0), still)[2]] == ["impedance-points"]
    moved = checked(replace(spectrum, drift=0.02), still)[2]
    assert (
        "moved over 20 mV, the excitation has 5 mV"
        in next(each for each in moved if each.code == "impedance-drift").message
    )


# --- Relaxation times -------------------------------------------------------------------------------------------------


def gamma_of_arc(tau: Array, resistance: float, centre: float, alpha: float) -> Array:
    """The distribution of R/(1 + (jωτ₀)^α) in closed form (Boukamp and Rolle, Solid State Ionics 314 (2018) 103)."""
    log = alpha * np.log(tau / centre)
    return resistance / (2 * np.pi) * np.sin((1 - alpha) * np.pi) / (np.cosh(log) - np.cos((1 - alpha) * np.pi))


def test_the_distribution_of_an_arc_is_the_closed_one() -> None:
    z = 5 + 100 / (1 + (1e-2 * S) ** 0.7)
    found = relaxation(FREQUENCY, z)
    exact = gamma_of_arc(found.time_constant, 100, 1e-2, 0.7)
    inside = (found.time_constant > 1e-5) & (found.time_constant < 10)
    assert np.abs(found.gamma - exact)[inside].max() < 0.03 * exact.max()
    (peak,) = found.peaks
    assert peak.time_constant == pytest.approx(1e-2, rel=0.01)
    assert peak.resistance == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize("tau", [1e-3, 1.137e-3, 1.2589e-3], ids=["on a node", "beside one", "on the next"])
def test_an_rc_element_is_a_delta_whose_area_is_its_resistance(tau: float) -> None:
    found = relaxation(FREQUENCY, 5 + 100 / (1 + tau * S))
    (peak,) = found.peaks
    assert peak.resistance == pytest.approx(100, rel=2e-3)
    assert abs(peak.resistance - 100) < 2 * peak.resistance_error
    assert peak.time_constant == pytest.approx(tau, rel=0.02)
    assert peak.capacitance == pytest.approx(tau / 100, rel=0.02)
    assert found.resistance == pytest.approx(5, rel=1e-3)


def test_diffusion_in_a_layer_has_the_peaks_of_its_series() -> None:
    # tanh(√x)/√x = Σ 2/(λ² (1 + x/λ²)), λ = π/2, 3π/2 …: 8/π² of the resistance at 4τ/π², a ninth of that at a ninth.
    found = relaxation(FREQUENCY, 5 + 50 * np.tanh(np.sqrt(3 * S)) / np.sqrt(3 * S))
    *_, second, first = found.peaks
    assert first.time_constant == pytest.approx(3 * 4 / np.pi**2, rel=0.03)
    assert first.resistance == pytest.approx(50 * 8 / np.pi**2, rel=0.03)
    assert second.time_constant == pytest.approx(3 * 4 / (9 * np.pi**2), rel=0.25)


def test_areas_are_within_their_uncertainty_at_usual_noise() -> None:
    found = [relaxation(FREQUENCY, noisy(TWO_ARCS, 0.005, seed)).peaks for seed in range(30)]
    two = [peaks for peaks in found if len(peaks) == 2]
    assert len(two) >= 26
    off = [
        (peak.resistance - truth) / peak.resistance_error
        for peaks in two
        for peak, truth in zip(peaks, (30, 70), strict=True)
    ]
    assert np.mean(np.abs(off) < 2) > 0.75
    assert np.mean([peaks[0].resistance for peaks in two]) == pytest.approx(30, rel=0.03)
    assert np.mean([peaks[1].resistance for peaks in two]) == pytest.approx(70, rel=0.01)


def test_units_scale_through() -> None:
    z = noisy(TWO_ARCS, 0.005)
    one, other = relaxation(FREQUENCY, z), relaxation(1000 * FREQUENCY, 1e3 * z)
    np.testing.assert_allclose(other.gamma, 1e3 * one.gamma, rtol=1e-6, atol=1e-6 * one.gamma.max())
    for small, large in zip(one.peaks, other.peaks, strict=True):
        assert large.time_constant == pytest.approx(small.time_constant / 1000)
        assert large.resistance_error == pytest.approx(1e3 * small.resistance_error, rel=1e-5)


def test_the_solution_is_that_of_scipy(real: Real) -> None:
    frequency, z = points(real("eis/exampleData.csv"))
    found = relaxation(frequency, z, regularisation=1e-3)
    use = np.arange(len(z)) >= np.argmax(z.imag <= 0)
    # Hat functions by quadrature on a fine grid, and Lawson and Hanson's algorithm.
    tau, omega = found.time_constant, 2 * np.pi * frequency[use]
    logs, step = np.log(tau), np.log(tau[1] / tau[0])
    fine = np.linspace(logs[0], logs[-1], 40 * (len(tau) - 1) + 1)
    weights = np.full(len(fine), fine[1] - fine[0])
    weights[[0, -1]] /= 2
    hats = np.maximum(1 - np.abs(fine[:, None] - logs) / step, 0) * weights[:, None]
    kernel = (1 / (1 + 1j * omega[:, None] * np.exp(fine))) @ hats
    matrix = (
        np.column_stack([np.ones_like(omega), 1j * omega * 1e-6, 1e2 / (1j * omega), kernel]) / np.abs(z[use])[:, None]
    )
    smooth = np.zeros((len(tau) - 2, len(tau) + 3))
    smooth[:, 3:] = np.diff(np.eye(len(tau)), 2, axis=0) / step**1.5
    right = z[use] / np.abs(z[use])
    x, _ = nnls(
        np.vstack([matrix.real, matrix.imag, np.sqrt(1e-3) / found.scale * smooth]),
        np.concatenate([right.real, right.imag, np.zeros(len(smooth))]),
    )
    np.testing.assert_allclose(found.gamma, x[3:], atol=2e-3 * x[3:].max())


def test_the_slow_way_to_the_solution_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    z = noisy(TWO_ARCS, 0.005)
    fast = relaxation(FREQUENCY, z)
    monkeypatch.setattr(relaxation_module, "dposv", lambda a, b, lower: (a, b, 1))
    slow = relaxation(FREQUENCY, z)
    np.testing.assert_allclose(slow.gamma, fast.gamma, atol=1e-6 * fast.gamma.max())


def test_the_fast_arcs_of_the_documented_example_are_found(real: Real) -> None:
    # impedance.py fits R0-p(R1,C1)-p(R2-Wo1,C2): R0 16.5 mΩ, R1 C1 = 5.31 mΩ × 0.232 F, R2 C2 = 8.77 mΩ × 3.28 F.
    found = relaxation(*points(real("eis/exampleData.csv")))
    fast, slow, tail = found.peaks
    assert found.resistance == pytest.approx(16.5e-3, rel=0.1)
    # Its fast arc is flat, which a capacitor cannot be: the mean of its times is not that of the fit.
    assert 0.5 < fast.time_constant / (5.31e-3 * 0.232) < 1.5
    assert slow.time_constant == pytest.approx(8.77e-3 * 3.28, rel=0.1)
    assert tail.open is not None


def test_more_is_left_over_than_kramers_and_kronig_do_and_it_is_said() -> None:
    z = 5 + 1 / (1 / 40 + 1 / (20 + 2 * S)) + 30 / (1 + 1e-4 * S)
    found, valid = relaxation(FREQUENCY, z), validity(FREQUENCY, z)
    assert valid.verdict == "passes"
    assert [finding.code for finding in said(1, found, valid)] == ["relaxation-misfit"]
    assert list(said(1, relaxation(FREQUENCY, TWO_ARCS), validity(FREQUENCY, TWO_ARCS))) == []


def test_what_lies_beyond_the_frequencies_is_not_called_a_resistance() -> None:
    found = relaxation(FREQUENCY, 5 + 20 / (1 + 1e-2 * S) + 1000 / (1 + 40 * S))
    assert found.peaks[-1].open is not None
    fast = relaxation(FREQUENCY, 5 + 20 / (1 + 1e-2 * S) + 10 / (1 + 1e-8 * S))
    assert fast.resistance == pytest.approx(15, rel=0.01)
    assert [peak.time_constant for peak in fast.peaks] == pytest.approx([1e-2], rel=0.02)


def test_few_points_give_no_distribution() -> None:
    with pytest.raises(AnalysisError, match="7 points are too few"):
        relaxation(FREQUENCY[:7], TWO_ARCS[:7])


# --- Pores and diffusion ----------------------------------------------------------------------------------------------


def line(resistance: float, *, exponent: float = 0.93, contact: float = 0.0) -> Complex:
    """Landesfeind et al. 2016, eq. 11, behind 20 Ω of separator."""
    x = np.sqrt(resistance * 1e-4 * S**exponent)
    return 20 + contact / (1 + 3e-5 * S) + resistance / (x * np.tanh(x))


TOLD = {
    "area": Quantity(0.95, "cm^2", 0.01), "thickness": Quantity(58.0, "um", 2.0),
    "electrolyte conductivity": Quantity(0.46, "mS/cm", 0.01), "porosity": Quantity(0.43, "1", 0.02),
}  # fmt: skip


def test_tortuosity_from_what_a_blocking_cell_shows() -> None:
    # R A κ ε/(2 d) = 4.3 for 265.4 Ω of both electrodes: the electrodes of their fig. 13 (τ = 4.3 ± 0.6).
    made = table(FREQUENCY, noisy(line(265.4), 0.003))
    found = {result.name: result for result in examine_tortuosity([made], TOLD).results}
    ionic, number, tortuosity = found.values()
    assert abs(ionic.value - 132.7) < 3 * ionic.uncertainty
    assert ionic.uncertainty < 0.02 * ionic.value
    assert number.value == pytest.approx(10.0, rel=0.02)
    assert tortuosity.value == pytest.approx(4.3, rel=0.02)
    assert tortuosity.uncertainty == pytest.approx(
        4.3 * np.hypot(np.hypot(2 / 58, 0.02 / 0.43), np.hypot(1 / 95, 1 / 46)), rel=0.05
    )


def test_a_contact_is_told_from_the_pores() -> None:
    found = pores(FREQUENCY, noisy(line(265.4, contact=40.0), 0.003))
    assert found.fit is not None
    assert str(found.fit.circuit) == "R0-p(R1,Q1)-T1"
    assert found.resistance.value == pytest.approx(265.4, rel=0.03)
    assert str(pores(FREQUENCY, noisy(line(265.4), 0.003)).fit.circuit) == "R0-T1"  # type: ignore[union-attr]


def test_both_ways_to_read_it_agree() -> None:
    found = pores(FREQUENCY, noisy(line(265.4), 0.002))
    assert found.line.value is not None
    assert found.line.value == pytest.approx(265.4, rel=0.06)


def test_what_does_not_block_or_was_not_told_gives_its_reason() -> None:
    open_, *_ = examine_tortuosity([table(FREQUENCY, TWO_ARCS)], TOLD).results
    assert open_.value is None
    assert "do not block" in str(open_.reason)
    _, number, tortuosity = examine_tortuosity([table(FREQUENCY, line(265.4))], {"area": TOLD["area"]}).results
    assert number.reason == "no thickness and electrolyte conductivity"
    _, number, tortuosity = examine_tortuosity(
        [table(FREQUENCY, line(265.4))], {name: value for name, value in TOLD.items() if name != "porosity"}
    ).results
    assert number.value is not None
    assert tortuosity.reason == "no porosity"


def test_diffusion_from_the_solution_of_ficks_law() -> None:
    # A sine of flux j into a half-space: Δc at its face is j/√(jωD), so Z = (dE/dx) V_m/(F A √(jωD)).
    diffusion, slope, volume, area = 1e-14, -0.3, 12e-6, 1e-4
    z = abs(slope) * volume / (FARADAY * area * np.sqrt(S * diffusion))
    sigma = z.real * np.sqrt(2 * np.pi * FREQUENCY)
    np.testing.assert_allclose(diffusion_warburg(sigma, slope, volume, area), diffusion, rtol=1e-12)
    with pytest.raises(ValueError, match="plateau"):
        diffusion_warburg(1.0, 0.0, volume, area)


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_the_figures_of_one_spectrum_and_of_a_series(real: Real) -> None:
    examined = examine_eis([read(real("eis/EIS_-0,48_V.txt"))], {})
    figures = {figure.name.rsplit("-", 1)[0]: figure for figure in eis_figures([examined], [""])}
    assert list(figures) == ["nyquist", "bode", "kramers-kronig", "relaxation-times"]
    assert figures["nyquist"].equal
    fit = [one for one in figures["nyquist"].panels[0].series if one.name.endswith(", fit")]
    assert [one.style for one in fit] == ["line"]
    assert max(value for value in fit[0].x if value is not None) == pytest.approx(450, rel=0.05)
    passed = next(one for one in figures["nyquist"].panels[0].series if one.name.endswith(", not used"))
    assert len(passed.x) == examined.frames["points"].filter(~pl.col("Used")).height > 0
    # Residuals of points that were not used do not flatten the others.
    assert figures["kramers-kronig"].panels[0].y.range == (-1.5, 1.5)
    assert "beyond the range" in figures["kramers-kronig"].caption
    named = [text.text for text in figures["relaxation-times"].panels[0].texts]
    unnamed = figures["relaxation-times"].caption.partition("Without room beside their peaks: ")[2].count(" Ω")
    assert len(named) + unnamed == examined.frames["relaxation peaks"].height

    series = examine_eis([read(real("eis/PEIS_nesd.mpr"))], {})
    first, *_ = eis_figures([series], [""])
    assert first.name.startswith("impedance-series")
    assert [panel.y.quantity for panel in first.panels] == ["Charge transfer", "In series"]
    assert all(one.y_uncertainty and all(one.y_uncertainty) for one in first.panels[0].series)
    assert len(first.panels[0].series[0].x) == 12


def test_peaks_are_named_where_there_is_room_and_else_in_the_caption() -> None:
    # Two arcs whose tops are half a decade apart: their resistances would stand over each other.
    z = 5 + 30 / (1 + 1e-2 * S) + 70 / (1 + 4e-2 * S) + 20 / (1 + 1e-4 * S) + 0.5 / (1e-2 * S) ** 0.5
    examined = examine_eis([table(FREQUENCY, noisy(z, 1e-4))], {"circuit": "R0-p(R1,C1)-p(R2,C2)-p(R3,C3)-W1"})
    figure = next(one for one in eis_figures([examined], [""]) if one.name.startswith("relaxation"))
    (panel,) = figure.panels
    frame = Frame.of(figure.x, panel.y, panel.series)
    assert len(panel.texts) >= 2
    # Each stands clear of the curve and of those before it.
    assert all(frame.fits(text) for text in panel.texts)


def test_resistances_and_relaxation_times_have_the_basis_of_the_nyquist_plot() -> None:
    spectra = [noisy(TWO_ARCS, 0.003, seed) for seed in (0, 1)]
    single = [table(FREQUENCY, z) for z in spectra]
    both = pl.concat(
        [
            one.data.with_columns(pl.lit(at, pl.Int64).alias("Spectrum Count / 1"))
            for at, one in enumerate(single, start=1)
        ]
    )
    about = Metadata(kind="impedance", sample=Sample(name="film", electrode_area=Quantity(2.0, "cm^2")))
    examined = examine_eis([Table(both, about)], {"circuit": "R0-p(R1,Q1)-p(R2,Q2)"})
    figures = {figure.name.split("-film")[0]: figure for figure in eis_figures([examined], [""])}
    for name in ("nyquist", "impedance-series", "relaxation-times"):
        assert {panel.y.unit for panel in figures[name].panels} == {"ohm*cm^2"}, name
    (transfer, *_) = figures["impedance-series"].panels
    found = examined.frames["spectra"]["Charge-Transfer Resistance / ohm"]
    assert transfer.series[0].y == pytest.approx([2 * value for value in found])
    curve = figures["relaxation-times"].panels[0].series[0]
    assert curve.y == pytest.approx(
        2 * examined.frames["relaxation times"].filter(pl.col("Spectrum / 1") == 1)["Distribution / ohm"]
    )


def test_the_figure_of_pores_has_the_transmission_line() -> None:
    examined = examine_tortuosity([table(FREQUENCY, noisy(line(265.4), 0.003))], TOLD)
    drawn, test = tortuosity_figures([examined], [""])
    assert [drawn.name, test.name] == ["nyquist-film", "kramers-kronig-film"]
    fit = next(one for one in drawn.panels[0].series if one.name.endswith(", fit"))
    assert fit.x[0] == pytest.approx(20 + abs(line(265.4)[0] - 20) / np.sqrt(2), rel=0.05)
    assert "passes" in test.caption


def test_a_spectrum_that_fails_is_drawn_without_a_fit() -> None:
    z = TWO_ARCS.real + 1j * (100 / (1 + 1e-2 * S)).imag
    figures = list(eis_figures([examine_eis([table(FREQUENCY, z)], {})], [""]))
    assert not [one.name for figure in figures for panel in figure.panels for one in panel.series if "fit" in one.name]
    assert [figure.name.split("-film")[0] for figure in figures] == ["nyquist", "bode", "kramers-kronig"]
    assert "fails" in figures[2].caption
