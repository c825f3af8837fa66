"""Voltammetry's truths: the fast parts of the page, that they can fail, and that the committed page is whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shared import ROOT

from byssus.validation import voltammetry as page
from byssus.validation.sweep_truths import THERMAL, sweep, triangle


def test_the_solver_gives_printed_numbers() -> None:
    assert [each for each in page.solver().comparisons if not each.holds] == []


def test_another_solver_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "PEAK", 0.4496)
    assert not page.solver().comparisons[0].holds


def test_charge_is_kept_behind_a_resistance() -> None:
    """All that a thin film holds, and all that its capacitor takes, flows in a sweep: F c V and C ΔE."""
    one = replace(page.BASE, length=page.BASE.depth / 50, capacitance=1e-3)
    volts = triangle(-0.4, 0.4, 1e-3)[:801]
    whole = 96485.33212 * one.area * one.concentration * one.length + one.capacitance * 0.8
    free, held = sweep([one, replace(one, resistance=0.02 / 1e-6)], volts).total
    assert np.trapezoid(free, volts) / one.rate == pytest.approx(whole, rel=2e-3)
    assert np.argmax(held) > np.argmax(free)


def test_d_fails_where_the_map_says() -> None:
    """Alone and without resistance it is right; with 50 mV of drop, and in a thin body, it is called apparent."""
    (deep, dropped), (thin, _) = page.charted((0.03, 3.0), (0.0, 0.05))
    assert page.given_off(deep, page.BASE.diffusion) == pytest.approx(0, abs=0.02)
    assert page.given_off(dropped, page.BASE.diffusion) is None
    assert page.given_off(thin, page.BASE.diffusion) is None
    assert thin["b-Value / 1"] == pytest.approx(1, abs=0.01)


def test_an_onset_is_that_of_the_exponential() -> None:
    one = page.Stability(noise=1e-7, resistance=1e3)
    found, _ = page.onset_covered(one, 10)
    assert one.truth == pytest.approx(page.ONSET + 0.01)
    assert found.count == 10
    assert abs(found.bias) < 1e-3


def test_intervals_are_counted_by_hand() -> None:
    errors = np.full(4, 1.0)
    found = page.Covered.of(np.array([0.0, 1.9, -2.1, np.nan]), errors, 0.0)
    assert found.count == 3
    assert found.share == pytest.approx(2 / 3)


def test_a_sweep_starts_where_it_should() -> None:
    volts = triangle(-0.2, 0.3, 1e-2)
    assert volts[[0, 50, 100]] == pytest.approx([-0.2, 0.3, -0.2])
    assert pytest.approx(0.025693, rel=1e-4) == THERMAL


def test_the_committed_page_holds() -> None:
    text = (ROOT / "docs" / "validation" / "voltammetry.md").read_text(encoding="utf-8")
    assert "## What does not hold" in text
    every = text.split("## Every comparison")[1]
    assert "**no**" not in every
    assert every.count("| yes |") >= 12
