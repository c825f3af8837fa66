"""Steps on a virtual cell against hand arithmetic: charge, voltage, rate, power, temperature, ends, and crystal once."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from shared import ROOT

from byssus import knowledge
from byssus.conventions import CellDirection, Configuration, Made
from byssus.errors import SimulationError
from byssus.knowledge import Knowledge
from byssus.physics import silicon_cell
from byssus.protocol.model import Window, resolve
from byssus.protocol.standard import PulsePower
from byssus.protocol.steps import Basis, Resolved, Step
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design_file
from byssus.simulate.coating_inputs import SURFACE_CHARGES
from byssus.simulate.inputs import virtual_cell
from byssus.simulate.model import Kind, Model, Setting
from byssus.simulate.run import StepDone, carry_out, start

DISCHARGE, CHARGE, REST = CellDirection.DISCHARGE, CellDirection.CHARGE, CellDirection.REST
GAS, FARADAY = 8.314462618, 96485.33212
VOLTAGE, CURRENT = "Voltage / V", "Current / A"
BARE = {name: Quantity(0, "mAh/g") for name in SURFACE_CHARGES}
LITHIATION, POTENTIAL = "truth: Mean Lithiation / 1", "truth: Electrode Potential / V"


@functools.cache
def known() -> Knowledge:
    return knowledge.load()


@functools.cache
def recipe(name: str) -> Design:
    return design_file(ROOT / "src" / "byssus" / "examples" / "recipes" / f"{name}.yaml", known())


@functools.cache
def half(kind: Kind = "SPM", *, spectroscopy: bool = False) -> Model:
    """The half cell of the paper, of whose oxide and carbon hand arithmetic knows nothing."""
    cell = virtual_cell("CCL", recipe("ccl-5"), known(), made=Made.EMPTY, window=(0.005, 1.5), given=BARE)
    return Model(cell, kind, spectroscopy=spectroscopy)


@functools.cache
def full(*, from_cathode: bool = False) -> Model:
    """The full cell of the paper, said from either electrode."""
    anode, cathode = recipe("ccl-full-cell"), recipe("ncm811")
    own, other, made = (cathode, anode, Made.FULL) if from_cathode else (anode, cathode, Made.EMPTY)
    given = {f"opposite.{name}": value for name, value in BARE.items()} if from_cathode else BARE
    return Model(virtual_cell("full", own, known(), made=made, window=(2.8, 4.3), opposite=other, given=given), "SPM")


def one_c(model: Model) -> float:
    return model.capacity / 3600


def current(of: float, **more: Any) -> Step:
    """A current in A; its sign says the direction."""
    return Step("current", CHARGE if of > 0 else DISCHARGE, of, **more)


def rest(hours: float) -> Step:
    return Step("rest", REST, duration=hours * 3600)


def carried(model: Model, *steps: Step, temperature: float = 298.15) -> list[StepDone]:
    return list(carry_out(model, Resolved("by hand", "cycling", steps, temperature)))


# What is controlled


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_current_passes_current_by_time_and_positive_charges(sign: int) -> None:
    model = half()
    amperes = one_c(model) / 10
    before = current(-amperes, duration=18000.0)
    done = carried(model, before, current(sign * amperes, duration=3600.0))[1]
    assert done.ended == "time"
    assert done.seconds[-1] == 3600
    assert done.columns[CURRENT] == pytest.approx(sign * amperes, rel=1e-6)
    passed = done.columns["Charge Passed / Ah"]
    assert passed[-1] - passed[0] == pytest.approx(sign * amperes, rel=1e-6)
    # A charge empties the silicon of a half cell, and raises the voltage.
    assert np.sign(done.columns[LITHIATION][-1] - done.columns[LITHIATION][0]) == -sign
    assert np.sign(done.columns[VOLTAGE][-1] - done.columns[VOLTAGE][0]) == sign
    # What left as current is in the particles or lost to the film.
    lithium = [done.columns[f"truth: Lithium {where} / mol"] for where in ("in Particles", "Lost to Reactions")]
    taken = sum(each[-1] - each[0] for each in lithium)
    assert taken == pytest.approx(-sign * amperes * 3600 / FARADAY, rel=1e-5)


def test_a_current_ends_at_its_charge_and_its_time_whichever_is_first() -> None:
    amperes = one_c(half()) / 5
    by_charge, by_time = carried(
        half(), current(-amperes, until_charge=1.5, duration=1e5), current(-amperes, until_charge=1.5, duration=60.0)
    )
    assert (by_charge.ended, by_time.ended) == ("charge", "time")
    assert by_charge.seconds[-1] * amperes == pytest.approx(1.5, rel=1e-12)
    assert by_time.seconds[-1] == 60
    assert by_time.began == pytest.approx(by_charge.seconds[-1])


def test_a_current_ends_where_the_voltage_meets_its_end() -> None:
    amperes = one_c(half()) / 5
    down, up = carried(half(), current(-amperes, until_voltage=0.1), current(amperes, until_voltage=1.2))
    assert (down.ended, up.ended) == ("low voltage", "high voltage")
    assert down.columns[VOLTAGE][-1] == pytest.approx(0.1, abs=1e-6)
    assert up.columns[VOLTAGE][-1] == pytest.approx(1.2, abs=1e-6)
    assert min(down.columns[VOLTAGE]) >= 0.1 - 1e-6
    assert max(up.columns[VOLTAGE]) <= 1.2 + 1e-6


def test_a_hold_holds_its_voltage_and_ends_at_its_current() -> None:
    amperes = one_c(half()) / 5
    hold = Step("voltage", DISCHARGE, 0.05, until_current=amperes / 7)
    _, held, timed = carried(
        half(), current(-amperes, until_voltage=0.05), hold, replace(hold, until_current=None, duration=600.0)
    )
    assert held.ended == "least current"
    assert held.columns[VOLTAGE] == pytest.approx(0.05, abs=1e-7)
    assert held.columns[CURRENT][0] == pytest.approx(-amperes, rel=1e-3)
    assert held.columns[CURRENT][-1] == pytest.approx(-amperes / 7, rel=1e-3)
    # The last record is where the current was first so small.
    assert abs(held.columns[CURRENT][:-1]).min() > amperes / 7
    assert (timed.ended, timed.seconds[-1]) == ("time", 600)
    assert timed.columns[VOLTAGE] == pytest.approx(0.05, abs=1e-7)


@pytest.mark.parametrize("control", ["charge", "discharge"])
def test_a_sweep_has_its_rate_and_ends_at_its_voltage(control: str) -> None:
    rate = 1e-4
    down = Step("sweep", DISCHARGE, 0.4, rate=rate, voltage_interval=0.002)
    back = Step("sweep", CHARGE, 0.9, rate=rate, voltage_interval=0.002)
    done = carried(half(), down, back)[0 if control == "discharge" else 1]
    first, last = (1.0, 0.4) if control == "discharge" else (0.4, 0.9)
    assert done.ended == "time"
    assert done.seconds[-1] == pytest.approx(abs(last - first) / rate, rel=1e-4)
    voltage = done.columns[VOLTAGE]
    assert voltage == pytest.approx(first + math.copysign(rate, last - first) * done.seconds, abs=1e-5)
    assert abs(np.diff(voltage)).max() <= 0.002 + 1e-6
    assert abs(np.diff(voltage)).min() > 1e-6


@pytest.mark.parametrize("control", ["current", "power", "rest"])
def test_a_record_is_kept_when_either_interval_is_passed(control: str) -> None:
    """Silicon emptied to 1.5 V rises by its last half volt within seconds, and a rest falls by its first tenths."""
    fifth = one_c(half()) / 5
    empties = current(fifth, until_voltage=1.5, interval=600.0)
    if control == "power":
        empties = replace(empties, control="power", value=0.5 * fifth)
    steps = (current(-fifth, duration=2 * 3600.0), empties, replace(rest(1), interval=600.0))
    at = 2 if control == "rest" else 1
    by_time = carried(half(), *steps)[at]
    both = carried(half(), *steps[:at], replace(steps[at], voltage_interval=0.005))[at]
    # By its time alone a record may be far in voltage from the one before.
    assert abs(np.diff(by_time.columns[VOLTAGE])).max() > 0.02
    assert abs(np.diff(both.columns[VOLTAGE])).max() <= 0.005 + 1e-9
    assert np.diff(both.seconds).min() > 0
    assert both.ended == by_time.ended == ("time" if control == "rest" else "high voltage")
    # Where both have a record it is the same one, and few are added: some for each 5 mV.
    places = np.searchsorted(both.seconds, by_time.seconds)
    assert both.seconds[places] == pytest.approx(by_time.seconds, abs=1e-9)
    assert both.columns[VOLTAGE][places] == pytest.approx(by_time.columns[VOLTAGE], abs=1e-9)
    spread = float(np.ptp(both.columns[VOLTAGE]))
    assert both.seconds.size < by_time.seconds.size + 5 * spread / 0.005


def test_a_step_that_keeps_its_ends_alone_has_no_records_between_for_its_voltage() -> None:
    protocol = Resolved("one", "cycling", (current(-one_c(half()), until_voltage=0.01, voltage_interval=1e-3),), 298.15)
    (ends,) = carry_out(half(), protocol, full=lambda _: False)
    assert ends.seconds.size == 2


def test_a_power_is_current_by_voltage() -> None:
    watts = one_c(half()) / 20 * 0.3
    begin = current(-one_c(half()) / 10, duration=7200.0)
    down = Step("power", DISCHARGE, -watts, until_voltage=0.2)
    up = Step("power", CHARGE, watts, duration=600.0)
    _, up_done = carried(half(), begin, up)
    (down_done,) = carried(half(), down)
    for done, sign in ((down_done, -1), (up_done, 1)):
        power = done.columns[CURRENT] * done.columns[VOLTAGE]
        assert power == pytest.approx(sign * watts, rel=1e-4)
        energy = done.columns["Energy Passed / Wh"]
        assert (energy[-1] - energy[0]) * 3600 == pytest.approx(sign * watts * done.seconds[-1], rel=1e-4)
    assert down_done.ended == "low voltage"


def test_a_rest_relaxes_to_the_potential_of_its_branch() -> None:
    model = half()
    taking, after, giving, later = carried(
        model, current(-one_c(model) / 5, duration=3 * 3600.0), rest(1),
        current(one_c(model) / 5, duration=3600.0), rest(1),
    )  # fmt: skip
    for done, sign in ((after, -1), (later, 1)):
        x, voltage, branch = (float(done.columns[name][-1]) for name in (LITHIATION, VOLTAGE, "truth: Branch / 1"))
        assert abs(done.columns[CURRENT]).max() < 1e-9
        # The film that grows meanwhile takes some lithium, and that leads a little towards the other branch.
        assert sign * branch > 0.9
        taken_up = silicon_cell.lithiation_potential_in_cell(x, 1.0)
        given_off = silicon_cell.delithiation_potential_in_cell(x, 0.0)
        assert voltage == pytest.approx((taken_up * (1 - branch) + given_off * (1 + branch)) / 2, abs=2e-4)
        assert given_off - taken_up > 0.2
    assert after.columns[VOLTAGE][-1] > taking.columns[VOLTAGE][-1]
    assert later.columns[VOLTAGE][-1] < giving.columns[VOLTAGE][-1]


def test_warmth_speeds_the_reaction_up_as_arrhenius_says() -> None:
    """Of a slow lithiation, sinh⁻¹(i/2i₀): so that 2 i₀ sinh(F η/2RT) is the current at both temperatures."""
    model = half()
    lithiate = current(-one_c(model) / 5, duration=3 * 3600.0)
    exchange, overpotentials = [], []
    for kelvin in (288.15, 308.15):
        done = carried(model, replace(lithiate, temperature=kelvin))[0]
        # The mean of the test changes nothing: the step's own temperature counts.
        assert np.array_equal(done.columns[VOLTAGE], carried(model, lithiate, temperature=kelvin)[0].columns[VOLTAGE])
        eta = done.columns["truth: Reaction Overpotential / V"][-1]
        surface = done.columns["truth: Surface Lithiation / 1"][-1]
        low, high = -0.05, 1.10
        y = (surface - low) / (high - low)
        overpotentials.append(eta)
        exchange.append(1 / math.sinh(FARADAY * abs(eta) / (2 * GAS * kelvin)) / math.sqrt(y * (1 - y)))
    assert overpotentials[0] < overpotentials[1] < 0
    barrier = model.cell.numbers["activation energy of the reaction"].value
    ratio = math.exp(barrier / GAS * (1 / 288.15 - 1 / 308.15))
    assert exchange[1] / exchange[0] == pytest.approx(ratio, rel=2e-3)


def test_a_sweep_begins_at_the_voltage_that_the_step_before_left() -> None:
    done = carried(half(), current(-one_c(half()) / 5, duration=3600.0), rest(1), Step("sweep", CHARGE, 0.9, rate=1e-3))
    assert done[2].columns[VOLTAGE][0] == pytest.approx(done[1].columns[VOLTAGE][-1], abs=1e-6)
    assert abs(done[2].columns[CURRENT][0]) < 0.01 * abs(done[2].columns[CURRENT]).max()


# Where steps end that do not end as asked


def test_a_step_that_begins_beyond_its_end_is_over_at_once() -> None:
    amperes = one_c(half()) / 5
    done = carried(
        half(), current(-amperes, until_voltage=0.1), current(-amperes, until_voltage=0.5),
        Step("voltage", DISCHARGE, 0.1, until_current=10 * amperes), current(amperes, until_voltage=0.05),
        Step("sweep", DISCHARGE, 0.1, rate=1e-4), rest(0.1),
    )  # fmt: skip
    assert [each.ended for each in done] == ["low voltage", *["at once"] * 4, "time"]
    assert all(each.seconds.size == 0 and not each.columns for each in done[1:5])
    # Nothing happened: the rest begins where the first step ended.
    assert done[5].began == done[0].seconds[-1]
    assert np.array_equal(done[4].after.state.vector, done[0].after.state.vector)
    assert [each.after.step for each in done] == [1, 2, 3, 4, 5, 6]


def test_a_current_whose_resistance_alone_leads_beyond_its_end_is_over_at_once() -> None:
    """At rest on the plateau of 0.1 V; 44 ohm of the lithium's film make 5C end below zero in its first instant."""
    fifth = one_c(half()) / 5
    done = carried(half(), current(-fifth, duration=3600.0), rest(0.1), current(-25 * fifth, until_voltage=0.05))
    assert done[1].columns[VOLTAGE][-1] > 0.09
    assert [each.ended for each in done] == ["time", "time", "at once"]
    assert not done[2].columns


def test_what_never_meets_its_end_is_left_and_said() -> None:
    amperes = one_c(half()) / 5
    lithiated, held = carried(
        half(), current(-amperes, until_voltage=0.05), Step("voltage", DISCHARGE, 0.05, until_current=1e-12)
    )
    assert (lithiated.ended, held.ended) == ("low voltage", "endless")
    assert held.seconds[-1] == 24 * 3600


def test_a_step_of_a_year_does_not_fill_the_memory() -> None:
    done = carried(half(), rest(365 * 24))[0]
    assert done.seconds[-1] == 365 * 24 * 3600
    assert done.seconds.size < 100_000


def test_a_charge_that_the_electrode_does_not_hold_is_refused_in_words() -> None:
    amperes = one_c(half()) / 5
    with pytest.raises(SimulationError, match="the electrode is full or empty") as refused:
        carried(half(), current(-amperes, until_voltage=0.1), current(amperes, until_charge=1e3, label="0.2C"))
    assert "CCL: by hand, step 2 of 2 (0.2C, cycle 1): stopped after" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_power_that_no_voltage_can_give_is_refused_in_words() -> None:
    """At most U²/4R of it comes through a resistance R: 44 Ω and 0.2 V, 0.2 mW."""
    watts = one_c(half())
    with pytest.raises(SimulationError, match=r"step 1 of 1 \(1 W/g, cycle 3\): stopped after .* h: ") as refused:
        carried(half(), Step("power", DISCHARGE, -watts, until_voltage=0.005, label="1 W/g", cycle=3))
    assert "likely cause: " in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("times", "cause"), [(1, "the equations have no solution on"), (40, "from the first instant")])
def test_the_likely_cause_is_told_of_how_the_solver_fails(times: float, cause: str) -> None:
    with pytest.raises(SimulationError, match=f"likely cause: .*{cause}.*: the current is too high for this cell"):
        carried(half(), Step("power", DISCHARGE, -times * one_c(half()), until_voltage=0.005))


def test_pulses_that_their_voltage_ends_lead_to_the_next_run() -> None:
    amperes = one_c(half())
    steps = [
        each
        for run, (sign, end) in enumerate(((-1, 0.02), (1, 0.9)))
        for number in range(1 + 40 * run, 41 + 40 * run)
        for each in (
            current(sign * amperes / 5, until_voltage=end, duration=600.0, pulse=number, part="pulse"),
            replace(rest(0.1), pulse=number, part="rest"),
        )
    ]  # fmt: skip
    done = carried(half(), *steps, rest(1))
    pulses = [each for each in done if each.step.part == "pulse"]
    down, up = ([each for each in pulses if each.step.direction is way] for way in (DISCHARGE, CHARGE))
    for run, first in ((down, 1), (up, 41)):
        assert [each.step.pulse for each in run] == list(range(first, first + len(run)))
        assert [each.ended for each in run[:-1]] == ["time"] * (len(run) - 1)
        assert 1 < len(run) < 40
    assert (down[-1].ended, up[-1].ended) == ("low voltage", "high voltage")
    # Each has its rest, the last one of a run too, and then the other run begins; so does what follows them all.
    assert [each.step.part for each in done] == ["pulse", "rest"] * len(pulses) + [None]
    numbers = [each.number for each in done]
    assert numbers[2 * len(down)] == 81
    assert numbers[-1] == 161


# Crystal is lithiated once


def test_crystal_is_lithiated_until_lithium_has_been_given_off() -> None:
    model = half(spectroscopy=True)
    tenth = one_c(model) / 10
    part = current(-tenth, duration=2 * 3600.0)
    done = carried(
        model, part, rest(0.1), Step("impedance", REST, frequencies=(1.0,)), part, rest(0.1), part,
        current(tenth, until_voltage=1.2), rest(0.1), part, rest(0.1), Step("impedance", REST, frequencies=(1.0,)), part,
    )  # fmt: skip
    crystal, amorphous = ([done[at] for at in places] for places in ((0, 3, 5), (8, 11)))
    # The plateau of a front between two phases, whatever interrupts it; then a potential that slopes.
    assert [each.columns[POTENTIAL][-1] for each in crystal] == pytest.approx([0.1] * 3, abs=0.01)
    for each in amorphous:
        x, potential = (float(each.columns[name][-1]) for name in (LITHIATION, POTENTIAL))
        assert potential == pytest.approx(silicon_cell.lithiation_potential_in_cell(x, 0.0), abs=0.02)
        assert potential > 0.15
    # While it rests it stays on the branch that it is on.
    assert [done[at].columns[POTENTIAL][-1] for at in (1, 4)] == pytest.approx([0.1] * 2, abs=0.01)
    assert done[9].columns[POTENTIAL][-1] > 0.2


def test_the_back_pulses_of_pulse_power_do_not_end_the_first_lithiation() -> None:
    """They give off 0.75 × 10 s / 1 h of the charge; after a tenth of it is given off, silicon is amorphous."""
    model = half()
    mass, area = model.cell.active_mass, model.cell.numbers["area"].value
    test = PulsePower(states=(Quantity(0.2, "1"), Quantity(0.4, "1")))
    window = Window(lower=Quantity(0.005, "V"), upper=Quantity(1.5, "V"))
    protocol = resolve(test.protocol(window, Made.EMPTY, Configuration.HALF), Basis(mass, area, model.capacity),
                       Configuration.HALF)  # fmt: skip
    tenth = one_c(model) / 10
    done = carried(
        model, *protocol.steps, current(tenth, duration=3600.0), rest(0.5), current(-tenth, duration=1800.0), rest(0.1)
    )
    pulsed = done[: len(protocol.steps)]
    assert any(each.step.part == "pulse" and each.step.direction is CHARGE for each in pulsed)
    approaches = [each for each in pulsed if each.step.control == "current" and not each.step.pulse]
    assert [each.columns[POTENTIAL][-1] for each in approaches] == pytest.approx([0.1] * 2, abs=0.01)
    assert not pulsed[-1].after.delithiated
    assert [each.after.delithiated for each in done[-4:]] == [True] * 4
    assert done[-1].columns[POTENTIAL][-1] > 0.15


def test_what_silicon_has_given_off_is_counted_from_the_most_it_held() -> None:
    model = half()
    hundredth = one_c(model) / 100
    back, forth = (current(sign * hundredth, duration=2 * 3600.0) for sign in (1, -1))
    done = carried(model, current(-hundredth, duration=20 * 3600.0), back, back, forth, back, back)
    # In hundredths of what the cell holds: 2, 4, again 2, 4, 6.
    found = [each.after.given_off / model.capacity * 100 for each in done]
    assert found == pytest.approx([0, 2, 4, 2, 4, 6], abs=1e-3)
    assert [each.after.delithiated for each in done] == [False] * 5 + [True]


@pytest.mark.parametrize("configuration", ["half", "full"])
def test_the_potential_does_not_leap_where_crystal_ends(configuration: str) -> None:
    model, fills, empty = (half(), -1, 1.2) if configuration == "half" else (full(), 1, 2.9)
    tenth = fills * one_c(model) / 10
    done = carried(
        model, current(tenth, duration=4 * 3600.0), current(-tenth, duration=1200.0), rest(0.1),
        current(-tenth, until_voltage=empty), rest(0.1), current(tenth, duration=600.0),
    )  # fmt: skip
    for before, after in pairwise(done):
        # The full cell ends before its silicon has wholly changed its branch, and what is left of the one of crystal
        # goes over to that of amorphous silicon, 0.2 V above it, when it is filled again.
        left = 0.2 * (1 - before.columns["truth: Branch / 1"][-1]) / 2 if after is done[-1] else 0.0
        leap = float(after.columns[POTENTIAL][0] - before.columns[POTENTIAL][-1])
        assert abs(leap) < 2e-3 + 2 * left


@pytest.mark.parametrize("from_cathode", [False, True])
def test_the_silicon_of_a_full_cell_is_crystal_at_first_whichever_electrode_it_is_said_from(
    from_cathode: bool,
) -> None:
    model = full(from_cathode=from_cathode)
    tenth = one_c(model) / 10
    half_way = current(tenth, duration=2 * 3600.0)
    done = carried(model, half_way, rest(0.1), half_way, current(-tenth, until_voltage=2.9), half_way, half_way)
    name = "truth: Opposite Electrode Potential / V" if from_cathode else POTENTIAL
    crystal = [float(done[at].columns[name][-1]) for at in (0, 1, 2)]
    assert crystal == pytest.approx([0.1] * 3, abs=0.01)
    assert float(done[4].columns[name][-1]) > 0.15


def test_a_fresh_cell_stands_at_the_potential_of_empty_silicon() -> None:
    point = start(half())
    assert (point.step, point.state.time, point.delithiated, point.amorphous, point.cut) == (0, 0, False, False, False)
    assert point.voltage == pytest.approx(silicon_cell.lithiation_potential_in_cell(0.0, 1.0), abs=1e-3)


# Going on


def test_what_is_left_goes_on_from_a_point_as_if_it_had_never_stopped() -> None:
    amperes = one_c(half()) / 2
    steps = [current(sign * amperes, until_voltage=end) for _ in range(3) for sign, end in ((-1, 0.01), (1, 1.2))]
    protocol = Resolved("to and fro", "cycling", tuple(steps), 298.15)
    whole = list(carry_out(half(), protocol))
    later = list(carry_out(half(), protocol, whole[2].after))
    assert [each.number for each in later] == [4, 5, 6]
    for one, other in zip(whole[3:], later, strict=True):
        assert np.array_equal(one.seconds, other.seconds)
        assert all(np.array_equal(one.columns[name], other.columns[name]) for name in one.columns)


def test_steps_that_are_not_kept_whole_keep_their_ends() -> None:
    amperes = one_c(half()) / 2
    protocol = Resolved("one", "cycling", (current(-amperes, until_voltage=0.01),), 298.15)
    (whole,) = carry_out(half(), protocol)
    (ends,) = carry_out(half(), protocol, full=lambda _: False)
    assert (whole.seconds.size > 10, ends.seconds.size) == (True, 2)
    for name, values in whole.columns.items():
        assert ends.columns[name].tolist() == values[[0, -1]].tolist()


def test_a_cell_without_double_layers_says_that_it_has_no_spectrum() -> None:
    with pytest.raises(SimulationError, match="no double layers"):
        carried(half(), Step("impedance", REST, frequencies=(1.0,)))


def test_a_setting_without_ends_has_none_that_a_cell_reaches() -> None:
    assert Setting(current=0.0).inputs()["low voltage"] < -100
