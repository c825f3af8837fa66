"""The potential of amorphous silicon: its form, its hysteresis, its peaks, and the curves that it was fitted to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shared import ROOT
from typer.testing import CliRunner

from byssus.app import cli
from byssus.physics import silicon
from byssus.validation import silicon as validation
from byssus.validation.page import Page, to_markdown

Real = Callable[[str], Path]
INSIDE = np.linspace(0.0, 1.0, 2001)


@pytest.fixture(scope="module")
def folder(real: Real) -> Path:
    return real("MANIFEST.csv").parent


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return validation.compare(folder)


@pytest.mark.parametrize("branch", list(silicon.BRANCHES))
def test_a_branch_falls_everywhere_between_its_two_potentials(branch: str) -> None:
    potential = silicon.silicon_potential(INSIDE, branch)
    assert potential[[0, -1]] == pytest.approx([1.0, 0.01], abs=1e-12)
    assert np.all(np.diff(potential) < 0)
    assert np.all(silicon.silicon_potential_slope(INSIDE, branch) < 0)


def test_delithiation_lies_above_lithiation() -> None:
    above = silicon.silicon_potential(INSIDE, "delithiation") - silicon.silicon_potential(INSIDE, "lithiation")
    assert np.all(above[1:-1] > 0)
    # The curves of every electrode lie 0.1 to 0.3 V apart in the middle.
    assert 0.1 < above[1000] < 0.3


@pytest.mark.parametrize("branch", list(silicon.BRANCHES))
def test_the_slope_is_that_of_finite_differences(branch: str) -> None:
    step, inside = 1e-5, np.linspace(0.001, 0.999, 500)
    ends = [silicon.silicon_potential(inside + sign * step, branch) for sign in (1, -1)]
    assert silicon.silicon_potential_slope(inside, branch) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5)


def test_the_form_by_hand() -> None:
    # With ends of 0.001 nothing of them is left in the middle: u − h tanh(1/2), tanh(1/2) = 0.4621171573.
    ours = silicon.two_process_potential(0.5, 0.4, 0.1, 0.4, 0.2, 0.001, 0.001)
    assert ours == pytest.approx(0.4 - 0.04621171573, abs=1e-10)


def test_delithiation_has_two_peaks_in_the_order_of_the_seed_papers() -> None:
    # The seed paper's lie at 0.32 to 0.38 V and 0.52 to 0.53 V under current: no equality is claimed.
    found = [potential for potential, _ in validation.peaks("delithiation")]
    assert found == pytest.approx([0.5, 0.3], abs=0.05)


@pytest.mark.parametrize("branch", list(silicon.BRANCHES))
def test_a_solver_may_look_beyond_both_ends(branch: str) -> None:
    around = silicon.silicon_potential(np.linspace(-0.1, 1.1, 1201), branch)
    assert np.all(np.isfinite(around))
    assert np.all(np.diff(around) < 0)
    # What the module says of it: where a cell that ends at 0.005 V has got to, and the values beyond the ends.
    said = {"delithiation": (1.001, -0.37, 1.3), "lithiation": (1.006, -0.04, 3.0)}[branch]
    assert silicon.silicon_potential(said[0], branch) == pytest.approx(0.005, abs=0.002)
    beyond = [float(silicon.silicon_potential(place, branch)) for place in (1.05, -0.05)]
    assert beyond == pytest.approx(said[1:], abs=0.05)


@pytest.mark.parametrize(
    ("branch", "electrode"), [(branch, name) for branch, each in silicon.BRANCHES.items() for name in each.electrodes]
)
def test_each_electrode_by_itself_falls_everywhere_near_the_shape_of_all(branch: str, electrode: str) -> None:
    own = silicon.two_process_potential(INSIDE, *silicon.BY_ELECTRODE[branch][electrode])
    assert own[[0, -1]] == pytest.approx([1.0, 0.01], abs=1e-12)
    assert np.all(np.diff(own) < 0)
    # On the part that all curves have, none leaves the shape of all by more than they differ: up to 0.1 V.
    inner = (INSIDE > 0.05) & (INSIDE < 0.65)
    assert np.max(np.abs(own - silicon.silicon_potential(INSIDE, branch))[inner]) < 0.1


@pytest.mark.parametrize(("branch", "word"), [("charge", "delithiation or lithiation"), ("", "branch must be")])
def test_another_branch_is_refused(branch: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        silicon.silicon_potential(0.5, branch)


def test_a_width_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="tail must be above zero, not 0"):
        silicon.two_process_potential(0.5, 0.4, 0.1, 0.4, 0.2, 0.1, 0.0)


def test_it_is_called_with_units() -> None:
    words = ["calc", "silicon_potential", "lithiation=0.5", "branch=lithiation", "--unit", "mV", "--json"]
    answer = CliRunner().invoke(cli.app, words)
    assert answer.exit_code == 0, answer.output
    (value,) = json.loads(answer.stdout)["results"]
    assert value["value"] == pytest.approx(1000 * silicon.silicon_potential(0.5, "lithiation"))


def test_a_known_shape_is_found_again() -> None:
    # Curves of one shape, each with a window of its own: the six coefficients come back.
    truth = (0.37, 0.12, 0.55, 0.22, 0.09, 0.06)
    curves = {
        name: silicon.two_process_potential(offset + extent * validation.GRID, *truth)
        for name, (offset, extent) in {"one": (0.0, 1.0), "two": (0.05, 0.8), "three": (-0.01, 0.97)}.items()
    }
    found = validation.shared_shape(curves, "delithiation")
    assert found.coefficients == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("branch", list(silicon.BRANCHES))
def test_shipped_coefficients_are_those_of_the_curves(page: Page, branch: str) -> None:
    mine = [comparison for comparison in page.comparisons if comparison.subject == branch]
    assert [comparison.quantity for comparison in mine] == ["coefficients", "standard uncertainties", "spread"]
    assert [comparison for comparison in mine if not comparison.holds] == []


def test_another_coefficient_would_be_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    branches = dict(silicon.BRANCHES)
    values = {name: getattr(branches["delithiation"], name) for name in silicon.Branch.__slots__}
    branches["delithiation"] = silicon.Branch(**{**values, "level": values["level"] + 0.001})
    monkeypatch.setattr(validation, "BRANCHES", branches)
    failed = [comparison for comparison in validation.compare(folder).comparisons if not comparison.holds]
    assert [(comparison.subject, comparison.quantity) for comparison in failed] == [("delithiation", "coefficients")]


def test_the_crystalline_electrode_is_missed_most(folder: Path) -> None:
    tested = validation.examine(folder, "delithiation")
    size = {name: validation.root_mean_square(missed) for name, missed in tested.missed.items()}
    assert max(size, key=lambda name: size[name]) == "li"
    plateau = validation.read(folder, "li", "delithiation")
    assert np.mean((plateau > 0.40) & (plateau < 0.45)) > 0.5


@pytest.mark.parametrize("branch", list(silicon.BRANCHES))
def test_each_electrode_is_nearer_to_its_own_shape_than_to_that_of_all(folder: Path, branch: str) -> None:
    tested = validation.examine(folder, branch)
    for name, alone in tested.alone.items():
        own = validation.root_mean_square(alone.residuals[name])
        assert own < validation.root_mean_square(tested.shape.residuals[name])
        assert np.array(silicon.BY_ELECTRODE[branch][name]) == pytest.approx(alone.coefficients, abs=5.1e-4)


def test_a_known_share_of_crystal_is_found_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A curve made by the lever rule with sharp corners, not by the form that is fitted: half crystal that leaves 0.5.
    share, left = 0.5, 0.5
    start = left + share * (1 - left)
    lithiation = 0.03 + 0.95 * validation.GRID
    part = np.interp(lithiation, [0.0, left, start, 1.0], [0.0, left, left, 1.0])
    made = silicon.silicon_potential(part, "delithiation")
    monkeypatch.setattr(validation, "read", lambda *_: made)
    found = validation.crystallised(folder)
    assert found.share == pytest.approx(share, abs=0.02)
    assert found.left == pytest.approx(left, abs=0.01)


def test_the_page_in_the_documentation_is_this_one(page: Page) -> None:
    committed = (ROOT / "docs" / "validation" / "silicon.md").read_text(encoding="utf-8")

    def compared(text: str) -> list[list[str]]:
        # Differences below the last digit are the machine's; what was compared, how often and whether it holds are not.
        rows = [line.strip("| ").split(" | ") for line in text.split("## Every comparison")[1].splitlines()]
        return [[*row[:4], row[-1]] for row in rows if len(row) > 1]

    assert page.holds
    assert compared(committed) == compared(to_markdown(page)), "run: byssus validate silicon"
