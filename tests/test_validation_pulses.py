"""The truths of pulses are true, and the methods are found where the page says that they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shared import ROOT

from byssus.physics.diffusion import plane_lead, sphere_lead
from byssus.validation import pulses
from byssus.validation.pulse_truths import PAUSES, TITRATION, Bodies, cells, fill, lead, resolvable, spread, table
from byssus.validation.pulses import MODEL, PAUSE_MODEL, PAUSE_TEXTBOOK, TEXTBOOK, WORDED, Asked, Found, answered

FEW = replace(TITRATION, count=5)


@pytest.mark.parametrize("ratio", [1e-4, 0.01, 1.0])
def test_own_bodies_are_the_closed_solutions(ratio: float) -> None:
    assert lead("sphere", ratio) == pytest.approx(sphere_lead(ratio), rel=2e-3)
    assert lead("plane", ratio) == pytest.approx(plane_lead(ratio), rel=2e-3)
    assert lead("plane", ratio) != pytest.approx(sphere_lead(ratio), rel=0.1)


def test_bodies_at_one_potential_share_the_charge_and_come_to_rest_together() -> None:
    bodies = spread(0.6)
    assert np.dot(bodies.volumes, 1 / np.array(bodies.sizes)) == pytest.approx(1.0)
    rested = fill(bodies, 100.0, replace(FEW, rest=1e6, rest_every=1e5))
    # At the end of a long rest all are as full as the charge that has passed.
    assert rested.potential[-1] == pytest.approx(FEW.count, rel=1e-9)
    assert rested.surface[-1] == pytest.approx(FEW.count, rel=1e-9)
    same = fill(Bodies("sphere", (1.0, 1.0), (0.3, 0.7)), 1000.0, FEW, shells=60)
    one = fill(Bodies("sphere"), 1000.0, FEW, shells=60)
    assert same.surface == pytest.approx(one.surface, rel=1e-9, abs=1e-12)


def test_a_table_moves_as_far_as_asked() -> None:
    made = table(pulses.SPHERE, 600.0, FEW).data
    voltage, current = made["Voltage / V"].to_numpy(), made["Current / A"].to_numpy()
    first = np.flatnonzero(current > 0)[:120]
    # 20 mV of diffusion and open circuit, 10 mV of the step.
    assert voltage[first[-1]] - voltage[0] == pytest.approx(0.03, rel=1e-6)


def test_the_full_model_holds_and_the_papers_wording_does_not() -> None:
    found = answered(Asked(pulses.SPHERE, 2000.0, FEW), seeds=(1,))
    assert found[MODEL].stated.all()
    assert found[MODEL].bias == pytest.approx(1.0, abs=0.02)
    assert not found[TEXTBOOK].stated.any()
    assert found[WORDED].bias == pytest.approx(0.03, rel=0.5)


def test_where_the_rests_are_short_against_diffusion_nothing_is_stated() -> None:
    """The textbook once stood by 20 and 170 times D."""
    for truth in (pulses.SPHERE, pulses.PLANE):
        found = answered(Asked(truth, 6e6, FEW, shape=truth.bodies.shape), seeds=(1,))
        assert not found[TEXTBOOK].stated.any()
        assert not found[MODEL].stated.any()
        assert np.median(found[TEXTBOOK].ratio) > 10


def test_interruptions_of_a_current_that_has_not_flowed_long_state_no_false_number() -> None:
    """Textbook and model once stood by 40 and 300 times D, as the voltage under current is no line yet."""
    found = answered(Asked(pulses.PLANE, 6e6, PAUSES, shape="plane"), seeds=(1,))
    assert not found[PAUSE_TEXTBOOK].stated.any()
    assert np.count_nonzero(found[PAUSE_MODEL].stated) <= 2
    settled = answered(Asked(pulses.PLANE, 2e3, PAUSES, shape="plane"), seeds=(1,))
    assert settled[PAUSE_MODEL].bias == pytest.approx(1.0, abs=0.05)


def test_the_bound_is_open_where_records_show_nothing() -> None:
    assert resolvable(Bodies("sphere"), 2000.0, TITRATION, 4e-5) < 1.1
    assert resolvable(Bodies("sphere"), 6.0, TITRATION, 4e-5) > 1e6
    # Ten times the noise widens it by its tenth power.
    narrow, wide = (resolvable(Bodies("sphere"), 600.0, TITRATION, noise) for noise in (4e-5, 4e-4))
    assert np.log(wide) == pytest.approx(10 * np.log(narrow), rel=1e-6)


def test_a_false_number_is_found_false() -> None:
    found = Found(np.array([1.0, 3.0, 0.1, 5.0]), np.array([True, True, True, False]), np.array([True] * 4))
    assert found.false == 2
    compared = [each for each, _ in pulses.targets(pulses.SPHERES, MODEL, [found])]
    assert [each.holds for each in compared] == [True, False, True]


def test_what_holds_is_not_among_what_does_not() -> None:
    """The interval of a method may hold where the same of other truths does not; a reason for a miss is then none."""
    off = Found(np.array([1.0, 9.0, 0.05]), np.array([True] * 3), np.array([True] * 3))
    told = {each.quantity.split(":")[0]: (each.holds, why) for each, why in pulses.targets(pulses.REAL, MODEL, [off])}
    assert told["coverage of 95 % intervals"] == (True, None)
    holds, why = told["share off by more than 2 times"]
    assert not holds
    assert why is not None


def test_the_page_in_the_documentation_has_its_parts() -> None:
    written = (ROOT / "docs" / "validation" / "pulses.md").read_text(encoding="utf-8")
    assert "Where each method may be used, and where not" in written
    for group in pulses.GROUPS:
        assert f"| {group} | {MODEL} |" in written
    for cell in cells():
        assert f"| {cell.name} | {cell.diffusion:g} |" in written
    assert "**no**" not in written.split("## Every comparison")[1]
