"""Losses by mechanism against tables made by hand, against laws of conservation, and against runs without a mechanism."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from shared import EXAMPLES

from byssus import knowledge
from byssus.analysis.cycling.cycles import analyse
from byssus.conventions import CellDirection, Configuration, Made
from byssus.figure.losses import loss_figures
from byssus.figure.spec import Figure
from byssus.knowledge import Knowledge
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.tables import CELL_DIRECTION, TRUTH, Table
from byssus.physics.binder.film import binder_film_resistance
from byssus.protocol.steps import Resolved, Step
from byssus.quantity import Quantity
from byssus.recipe.design import Design, design_file
from byssus.report.losses import loss_tables
from byssus.simulate import record
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.instrument import INSTRUMENTS, measured_by
from byssus.simulate.losses import (
    CAPACITY,
    CYCLE,
    EFFICIENCY,
    EFFICIENCY_NEEDED,
    KEPT,
    LOSS,
    PRODUCT,
    REST,
    RETENTION,
    SUPPLIED,
    Losses,
    column_of,
    kept_column,
    losses,
    polarisation_column,
    resistance_column,
)
from byssus.simulate.model import Model
from byssus.simulate.run import carry_out
from byssus.virtual import Asked, simulate_study
from byssus.virtual.limits import limits_passed

FARADAY = 96485.33212
MASS = Quantity(1.0, "mg")
DISCHARGE, CHARGE = CellDirection.DISCHARGE, CellDirection.CHARGE

#: Share with contact, and the lithium in mol of all material if it were filled like that, at both ends of a delithiation.
Ends = tuple[float, float, float]


def by_hand(
    halves: Sequence[tuple[CellDirection, float]],
    states: Mapping[str, Sequence[float]],
    *,
    configuration: Configuration,
    given: dict[str, Quantity] | None = None,
) -> Table:
    """A table of halves that move so many mol, with states at the two ends of each; an hour a half, as 11 records."""
    frames, start = [], 0.0
    for at, (direction, moved) in enumerate(halves):
        charge = moved * FARADAY / 3600
        along = np.linspace(0, 1, 11)
        frame: dict[str, Any] = {
            "Test Time / s": start + 3600 * along,
            "Voltage / V": 0.1 + 0.5 * along,
            "Current / A": np.full(11, charge if direction is CHARGE else -charge),
            "Step Count / 1": np.full(11, at + 1),
            "Cycle Count / 1": np.full(11, at // 2 + 1),
            "Cell Direction": pl.Series([str(direction)] * 11, dtype=CELL_DIRECTION),
            "Step Cumulative Capacity / Ah": charge * along,
        }
        frame |= {f"{TRUTH}{name}": np.interp(along, [0, 1], values[at : at + 2]) for name, values in states.items()}
        frames.append(pl.DataFrame(frame))
        start += 3600
    made = Made.EMPTY if configuration is Configuration.HALF else None
    sample = Sample(name="by hand", binder="CMC", configuration=configuration, made=made, active_mass=MASS)
    truth = {"area": Quantity(1e-4, "m^2")} | (given or {})
    return Table(pl.concat(frames), Metadata(kind="cycling", origin="simulated", sample=sample, truth=truth))


def half_by_hand(*delithiations: Ends) -> Table:
    """A half cell whose share with contact is the same while a half runs; dormant material is empty."""
    halves, active, share, potential = [], [0.0], [delithiations[0][0]], [0.1]
    for contact, filled, emptied in delithiations:
        halves += [(DISCHARGE, contact * filled - active[-1]), (CHARGE, contact * (filled - emptied))]
        active += [contact * filled, contact * emptied]
        share += [contact, contact]
        potential += [0.1, 0.1]
    states = {
        "Lithium in Particles / mol": active, "Active Share / 1": share,
        "Lithium without Contact / mol": [0.0] * len(active), "Electrode Potential / V": potential,
    }  # fmt: skip
    return by_hand(halves, states, configuration=Configuration.HALF)


def split(found: Losses | None, at: int = -1) -> dict[str, float]:
    """Losses of a cycle in mol."""
    assert found is not None
    return {each: found.cycles[column_of(each)][at] * 3.6 / FARADAY for each in found.mechanisms}


# By hand


def test_silicon_that_loses_contact_costs_its_share() -> None:
    found = split(losses(half_by_hand((1.0, 10e-6, 1e-6), (0.9, 10e-6, 1e-6))))
    assert found == pytest.approx(
        {"without contact": 0.9e-6, "less filled": 0.0, "less emptied": 0.0}, rel=1e-9, abs=1e-15
    )


def test_ends_of_the_window_cost_what_they_move() -> None:
    found = split(losses(half_by_hand((1.0, 10e-6, 1e-6), (1.0, 8e-6, 1.5e-6))))
    assert found == pytest.approx(
        {"without contact": 0.0, "less filled": 2e-6, "less emptied": 0.5e-6}, rel=1e-9, abs=1e-15
    )


def test_both_together_are_the_mean_over_both_orders_and_leave_nothing_over() -> None:
    first, last = (1.0, 10e-6, 1e-6), (0.8, 8e-6, 2e-6)
    found = split(losses(half_by_hand(first, last)))
    # Share first, then the window; and the other way about.
    share = (0.2 * 9e-6 + 0.2 * 6e-6) / 2
    top, bottom = (0.8 * 2e-6 + 1.0 * 2e-6) / 2, (0.8 * 1e-6 + 1.0 * 1e-6) / 2
    assert found == pytest.approx({"without contact": share, "less filled": top, "less emptied": bottom}, rel=1e-9)
    assert sum(found.values()) == pytest.approx(9e-6 - 0.8 * 6e-6, rel=1e-9)
    back = split(losses(half_by_hand(last, first)))
    assert {name: -value for name, value in back.items()} == pytest.approx(found, rel=1e-9)


def full_by_hand(sei: Sequence[float]) -> Table:
    """A full cell whose charges empty its positive electrode to the same end, whose discharges empty the negative, with so
    much SEI at the end of each cycle: nothing but SEI costs lithium."""
    sites, lithium, low = 20e-6, 10e-6, 4e-6
    halves, positive, bound = [], [low + lithium], [0.0]
    for each in sei:
        halves += [(CHARGE, positive[-1] - low), (DISCHARGE, lithium - each)]
        positive += [low, low + lithium - each]
        bound += [each, each]
    negative = [low + lithium - at_positive - at_sei for at_positive, at_sei in zip(positive, bound, strict=True)]
    states = {
        "Lithium in Particles / mol": [one + other for one, other in zip(positive, negative, strict=True)],
        "Lithium in SEI / mol": bound, "Mean Opposite Stoichiometry / 1": [each / sites for each in positive],
        "Electrode Potential / V": [0.1] * len(bound), "Opposite Electrode Potential / V": [4.0] * len(bound),
    }  # fmt: skip
    numbers = {"loading": (20.0, "g/m^2"), "density": (5e3, "kg/m^3"), "maximum concentration": (5e4, "mol/m^3")}
    given = {f"opposite.{name}": Quantity(value, unit) for name, (value, unit) in numbers.items()}
    # 20 g/m² over 5000 kg/m³ is 4 µm; times 5e4 mol/m³ it is 0.2 mol/m², of 1 cm² the 20 µmol of sites.
    given["opposite.loading"] = Quantity(0.02, "kg/m^2")
    return by_hand(halves, states, configuration=Configuration.FULL, given=given)


def test_the_efficiency_that_a_full_cell_needs_is_the_printed_one() -> None:
    """96.3 % after 110 cycles: at least 99.966 % a cycle, the arithmetic of the paper's full cell done elsewhere."""
    kept = [10e-6 * (1 - 0.963 ** (cycle / 110)) for cycle in range(111)]
    found = losses(full_by_hand(kept))
    assert found is not None
    assert found.at_last(RETENTION) == pytest.approx(96.3, abs=1e-9)
    assert round(cast("float", found.at_last(EFFICIENCY_NEEDED)), 3) == 99.966
    assert found.at_last(EFFICIENCY) == pytest.approx(found.at_last(EFFICIENCY_NEEDED), abs=1e-9)
    assert found.at_last(PRODUCT) == pytest.approx(96.3, abs=1e-9)
    assert found.at_last(SUPPLIED) == pytest.approx(100, abs=1e-9)
    parts = split(found)
    assert parts.pop("SEI") == pytest.approx(0.037 * 10e-6, rel=1e-9)
    assert parts == pytest.approx(dict.fromkeys(parts, 0.0), rel=1e-9, abs=1e-15)


def test_a_table_without_hidden_states_or_a_second_cycle_has_no_losses() -> None:
    table = half_by_hand((1.0, 10e-6, 1e-6), (0.9, 10e-6, 1e-6))
    seen = table.data.select([name for name in table.data.columns if not name.startswith(TRUTH)])
    assert losses(replace(table, data=seen)) is None
    assert losses(table, reference=2) is None
    assert losses(table, last=1) is None


# Simulated


@functools.cache
def known() -> Knowledge:
    return knowledge.load()


@functools.cache
def recipe(name: str) -> Design:
    return design_file(EXAMPLES / "recipes" / f"{name}.yaml", known())


def half_cell(debonding: float, sei: float = 1.0) -> VirtualCell:
    cell = virtual_cell("half", recipe("ccl-5"), known(), made=Made.EMPTY, window=(0.005, 1.5), binder=True)
    return _exaggerated(cell, debonding, sei)


def full_cell(debonding: float, sei: float = 1.0) -> VirtualCell:
    cell = virtual_cell("full", recipe("ccl-full-cell"), known(), made=Made.EMPTY, window=(2.8, 4.3),
                        opposite=recipe("ncm811"), binder=True)  # fmt: skip
    return _exaggerated(cell, debonding, sei)


def _exaggerated(cell: VirtualCell, debonding: float, sei: float) -> VirtualCell:
    """Return a cell that loses a share of its contact of this order a cycle, with so many times the growth of SEI."""
    numbers = cell.numbers
    # At the energy release of some 10 to 100 mJ/m² that a film here has.
    changed = {
        "debonding coefficient": replace(numbers["debonding coefficient"], value=debonding),
        "adhesion": replace(numbers["adhesion"], value=0.03),
        "SEI rate constant": replace(numbers["SEI rate constant"], value=sei * numbers["SEI rate constant"].value),
    }
    return cell.with_inputs(changed)


def cycled(cell: VirtualCell, cycles: int = 12) -> Table:
    """Three cycles at C/20, then cycles at 0.3C between the ends of the window, by SPM."""
    first, second = (DISCHARGE, CHARGE) if cell.opposite is None else (CHARGE, DISCHARGE)
    low, high = cell.window
    steps = []
    for cycle in range(1, cycles + 1):
        current = cell.charge / 3600 * (0.05 if cycle <= 3 else 0.3)
        for direction in (first, second):
            up = direction is CHARGE
            steps.append(
                Step("current", direction, current if up else -current, until_voltage=high if up else low, cycle=cycle)
            )
    protocol = Resolved("cycling", "cycling", tuple(steps), 298.15)
    model = Model(cell, "SPM")
    made = Made.EMPTY if cell.opposite is None else None
    sample = Sample(name=cell.name, binder="CCL", configuration=cell.configuration, made=made,
                    active_mass=Quantity(cell.active_mass * 1e6, "mg"))  # fmt: skip
    return record.table(model, protocol, list(carry_out(model, protocol)), sample=sample)


@functools.cache
def of(kind: str, debonding: float, sei: float = 1.0) -> tuple[Table, Losses]:
    table = cycled((half_cell if kind == "half" else full_cell)(debonding, sei))
    found = losses(table, 4)
    assert found is not None
    return table, found


@pytest.mark.parametrize("kind", ["half", "full"])
def test_all_parts_add_up_to_what_was_lost_and_to_what_was_kept(kind: str) -> None:
    _, found = of(kind, 0.2)
    start = found.cycles[CAPACITY][0]
    assert found.unaccounted < 1e-10
    # Also by the columns, without the rest that the module tells of itself.
    lost = found.cycles.select(pl.sum_horizontal(map(column_of, found.mechanisms))).to_series()
    assert np.allclose(lost, found.cycles[LOSS], rtol=0, atol=1e-10 * start)
    assert found.cycles[REST].abs().max() < 1e-10 * start
    keepers = ("SEI", "oxide and carbon", "material without contact", "material with contact")
    kept = found.cycles.select(pl.sum_horizontal(map(kept_column, keepers))).to_series()
    assert np.allclose(kept, found.cycles[KEPT], rtol=0, atol=1e-10 * start)


@pytest.mark.parametrize("kind", ["half", "full"])
def test_capacities_and_efficiencies_are_those_of_the_analysis_of_real_tables(kind: str) -> None:
    table, found = of(kind, 0.2)
    cycles = analyse(table, baseline=4).cycles.filter(pl.col(CYCLE) >= 4)
    capacity = cycles[f"{found.words[1].capitalize()} Capacity / mAh/g"].to_numpy()
    assert np.allclose(found.start - np.array(found.lost()), capacity, rtol=1e-9)
    assert np.allclose(found.cycles[EFFICIENCY], cycles["Coulombic Efficiency / %"], rtol=1e-9)
    assert np.allclose(found.cycles[RETENTION], cycles["Retention / %"], rtol=1e-9)
    # Retention is the product of efficiencies and of what each first half brought of the second half before it.
    product = found.cycles[PRODUCT] * found.cycles[SUPPLIED] / 100
    assert np.allclose(product.drop_nulls(), found.cycles[RETENTION][1:], rtol=1e-9)


def test_a_half_cell_without_debonding_loses_less_by_about_what_contact_was_said_to_cost() -> None:
    with_it, without = of("half", 0.2)[1], of("half", 0.0)[1]
    shares = [100 * each.lost()[-1] / each.start for each in (with_it, without)]
    contact = 100 * with_it.lost("without contact")[-1] / with_it.start
    assert contact > 2
    assert without.lost("without contact")[-1] == pytest.approx(0, abs=1e-6)
    # What is left carries more current and so ends earlier: without debonding that is not lost either.
    assert 0.75 < contact / (shares[0] - shares[1]) < 1.0


def test_sei_costs_a_half_cell_charge_and_no_capacity() -> None:
    found = of("half", 0.2)[1]
    capacity, bound = found.cycles[CAPACITY], float(found.cycles[kept_column("SEI")].sum())
    lost = found.cycles[column_of("SEI")][-1]
    assert bound > 0.005 * capacity[0]
    assert abs(lost) < 0.05 * bound
    bare = of("half", 0.2, 0.0)[1]
    assert bare.cycles[kept_column("SEI")].abs().max() < 1e-9 * capacity[0]
    assert bare.lost("SEI")[-1] == pytest.approx(0, abs=1e-6)


def test_sei_costs_a_full_cell_the_lithium_that_it_binds() -> None:
    found, bare = of("full", 0.2)[1], of("full", 0.2, 0.0)[1]
    # By the table's own state, in mAh/g.
    table = of("full", 0.2)[0].data.filter(pl.col("Cell Direction") == "discharge")
    ends = table.group_by("Cycle Count / 1", maintain_order=True).last()[f"{TRUTH}Lithium in SEI / mol"].to_numpy()
    grams = cast("float", found.grams)
    assert found.lost("SEI")[-1] == pytest.approx((ends[-1] - ends[3]) * FARADAY / 3.6 / grams, rel=1e-9)
    assert found.lost("SEI")[-1] > 10 * abs(found.lost("oxide and carbon")[-1])
    assert bare.lost("SEI")[-1] == pytest.approx(0, abs=1e-6)
    # Both electrodes go further where lithium is missing, and make good a part of it: without SEI less is saved than it bound.
    saved = found.lost()[-1] / found.start - bare.lost()[-1] / bare.start
    assert 0.5 < saved / (found.lost("SEI")[-1] / found.start) < 0.9
    assert found.lost("negative less emptied")[-1] < 0
    assert found.lost("positive less emptied")[-1] < 0


def test_contact_costs_a_full_cell_the_lithium_that_it_strands() -> None:
    found, without = of("full", 0.2)[1], of("full", 0.0)[1]
    assert without.lost("without contact")[-1] == pytest.approx(0, abs=1e-6)
    saved = found.lost()[-1] / found.start - without.lost()[-1] / without.start
    assert saved == pytest.approx(found.lost("without contact")[-1] / found.start, rel=0.15)


def test_resistances_are_mean_overpotentials_and_that_of_the_binder_follows_from_its_film() -> None:
    table, found = of("half", 0.2)
    numbers = table.metadata.truth
    rows = table.data.filter((pl.col("Cycle Count / 1") == 12) & (pl.col("Cell Direction") == "charge"))
    area = numbers["area"].value
    for name, column in (("reaction", "Reaction"), ("lithium electrode", "Lithium Electrode")):
        drop = rows[f"{TRUTH}{column} Overpotential / V"].to_numpy()
        seconds, current = rows["Test Time / s"].to_numpy(), rows["Current / A"].to_numpy()
        # At a constant current it is the mean over time.
        mean = abs(np.trapezoid(drop, seconds)) / (seconds[-1] - seconds[0]) / current[0] * area * 1e4
        assert found.resistance(1, name)[-1] == pytest.approx(mean, rel=1e-6)
    # The particles carry the current by their surface as made, 3 ε/R, of what has contact. On them the film becomes thinner
    # with the square of their stretch, and its area grows with that.
    loading, density, radius = (numbers[name].value for name in ("loading", "density", "radius"))
    surface = 3 * loading / (density * radius) * area * rows[f"{TRUTH}Active Share / 1"].to_numpy()
    stretch = (1 + numbers["expansion"].value * rows[f"{TRUTH}Mean Lithiation / 1"].to_numpy()) ** (1 / 3)
    film = binder_film_resistance(
        *(numbers[f"binder {name}"].value for name in ("film thickness", "uptake", "ionic conductivity"))
    )
    ohm = np.trapezoid(film / stretch**4 / surface, seconds) / (seconds[-1] - seconds[0])
    assert found.resistance(1, "binder film")[-1] == pytest.approx(ohm * area * 1e4, rel=1e-3)


def test_polarisation_at_an_end_is_what_lies_between_voltage_and_electrode() -> None:
    table, found = of("half", 0.2)
    last = table.data[-1]
    apart = abs(last["Voltage / V"][0] - last[f"{TRUTH}Electrode Potential / V"][0])
    assert found.at_last(polarisation_column("delithiation")) == pytest.approx(1e3 * apart, rel=1e-9)


def test_an_instrument_changes_what_is_not_accounted_for_and_no_loss() -> None:
    table, found = of("half", 0.2)
    seen = losses(measured_by(table, INSTRUMENTS["land-ct2001a"], seed=1), 4)
    assert split(seen) == pytest.approx(split(found), rel=1e-9)
    assert seen is not None
    assert found.unaccounted < seen.unaccounted < 1e-3


def test_resistances_are_missing_where_few_records_were_kept() -> None:
    table, _ = of("half", 0.2)
    steps = table.data.with_row_index().group_by("Step Count / 1", maintain_order=True)
    ends = pl.concat([steps.first(), steps.last()]).sort("index").drop("index").select(table.data.columns)
    found = losses(replace(table, data=ends), 4)
    assert found is not None
    assert found.cycles[resistance_column("lithiation", "reaction")].null_count() == found.cycles.height
    assert split(found) == pytest.approx(split(of("half", 0.2)[1]), rel=1e-9)
    assert [figure.name for figure in loss_figures([found])] == ["losses-half"]


# Shown


@pytest.mark.parametrize("kind", ["half", "full"])
def test_the_heights_of_the_bands_are_the_losses(kind: str) -> None:
    found = of(kind, 0.2)[1]
    figure = loss_figures([found])[0]
    assert Figure.model_validate_json(figure.model_dump_json()) == figure
    for panel, scale in zip(figure.panels, (1.0, 100 / found.start), strict=True):
        *bands, whole = panel.series
        assert whole.y == pytest.approx([scale * value for value in found.lost()])
        for band in bands:
            low, high = (np.array(edge, dtype=float) for edge in (band.low, band.high))
            assert high - low == pytest.approx(scale * np.abs(found.lost(band.label)), abs=1e-12)
        signed = sum(scale * np.array(found.lost(band.label)) for band in bands)
        # But for mechanisms below 2 % of the largest, which the caption names.
        largest = max(max(map(abs, found.lost(each))) for each in found.mechanisms)
        left = len(found.mechanisms) - len(bands)
        assert signed == pytest.approx(np.array(whole.y, dtype=float), abs=0.02 * left * scale * largest + 1e-9)


def test_the_report_tells_each_loss_and_what_efficiencies_tell() -> None:
    half, full = loss_tables([of("half", 0.2)[1], of("full", 0.2)[1]])
    for listing, found in ((half, of("half", 0.2)[1]), (full, of("full", 0.2)[1])):
        shown = [entry.value for entry in listing.rows[0].entries]
        assert shown[: 1 + len(found.mechanisms)] == [
            found.lost()[-1],
            *(found.lost(each)[-1] for each in found.mechanisms),
        ]
    assert "lost by without contact" in half.under
    assert "no capacity" in half.under
    assert "There is no lithium to spare" in full.under


STUDY = """\
schema: 1
title: fade
binders: {CMC: }
recipes: {Si: cmc.yaml}
electrodes:
  Si/CMC: {binder: CMC, made: empty, recipe: Si}
virtual:
  A:
    electrode: Si/CMC
    configuration: half
    window: [0.005 V, 1.5 V]
    model: SPM
    binder: true
    # Of 53 % of pores, soaked, the first SEI leaves less when the silicon is empty again.
    given: {least porosity: "0.45"}
    tests: {formed: false, cycling: {cycles: 3}}
"""


def test_a_simulated_study_answers_with_its_losses(tmp_path: Path) -> None:
    (tmp_path / "cmc.yaml").write_bytes((EXAMPLES / "recipes" / "cmc.yaml").read_bytes())
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    run = simulate_study(tmp_path, Asked(("cycling",)))
    answer = json.loads((run.run.folder / "simulated.json").read_bytes())
    told = answer["samples"]["A"]["cycling"]["losses"]
    assert [each["sample"] for each in answer["findings"] if each["code"] == "pores-closed"] == ["A"]
    assert told["reference_cycle"] == 1
    assert [each["cycle"] for each in told["cycles"]] == [1, 2, 3]
    last = told["cycles"][-1]
    parts = [part["mAh_per_g"] for part in last["by_mechanism"].values()]
    assert math.fsum(parts) == pytest.approx(last["loss_mAh_per_g"], abs=1e-9)
    written = pl.read_csv(run.run.folder / "losses" / "A.csv")
    assert written[LOSS][-1] == pytest.approx(last["loss_mAh_per_g"] * 1e-3 * _milligrams(run), rel=1e-9)
    results = {each["name"]: each["value"] for each in answer["results"] if each["cycle"] == 3}
    assert results["capacity lost"] == last["loss_mAh_per_g"]
    assert "Where the fade comes from" in (run.run.folder / "report.html").read_text(encoding="utf-8")
    assert (run.run.folder / "figures" / "losses-A.svg").is_file()


def _milligrams(run: Any) -> float:
    mass = run.outcomes[0].table.metadata.sample.active_mass
    return float(mass.to("mg").value)


def test_pores_that_close_and_electrolyte_that_is_used_up_are_told_with_their_cycle() -> None:
    within = half_cell(0.0)
    numbers = within.numbers
    beyond = within.with_inputs({
        # Of 53 % of pores, soaked, the first SEI leaves 36 % when the silicon is empty again.
        "least porosity": replace(numbers["least porosity"], value=0.45),
        "electrolyte outside pores": replace(numbers["electrolyte outside pores"], value=0.0),
        "SEI solvent diffusivity": replace(numbers["SEI solvent diffusivity"], value=2e-18),
    })  # fmt: skip
    for cell, codes in ((within, []), (beyond, ["pores-closed", "electrolyte-used-up"])):
        table = cycled(cell, 2)
        told = Metadata.model_validate(table.metadata.model_dump() | {"vendor": {"test": "cycling"}})
        found = limits_passed([Table(table.data, told)], {cell.name: cell})
        assert [each.code for each in found] == codes
        assert all(each.sample == cell.name and each.message.startswith("from cycle") for each in found)
    # The first cycle begins with the pores as made.
    assert "from cycle 2 on" in found[0].message
    # A titration or a spectrum has no cycles to be told of.
    without = Table(table.data.drop("Cycle Count / 1"), told)
    assert limits_passed([without], {cell.name: cell}) == []
