"""Where the fade of virtual cells comes from, as a table and in words; computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from byssus.conventions import Configuration
from byssus.figure.binders import joined
from byssus.quantity import pretty_unit
from byssus.report.answer import Column, Entry, Row
from byssus.report.tables import Listing
from byssus.simulate.losses import (
    CAPACITY,
    EFFICIENCY_NEEDED,
    MECHANISMS,
    PRODUCT,
    RETENTION,
    SUPPLIED,
    Losses,
    kept_column,
)

#: What takes lithium in a half cell only while the half runs of which the capacity is told.
_MEANWHILE = ("SEI", "oxide and carbon")
_SPARE = (
    "Lithium metal replaces what SEI, oxide and carbon bind: that costs charge and no capacity but for what they take while the "
    "half itself runs."
)
_NO_SPARE = (
    "There is no lithium to spare: retention is the product of efficiencies times that of each charge over the discharge before "
    "it, which is 100 % where charges end as they did."
)
#: Less than this share of the capacity, in %, is no loss to be named in words.
_NAMED = 0.05
METHOD = (
    "Losses by mechanism",
    "What a virtual cell’s capacity of a cycle’s second half lost since the first cycle after its formation, from hidden states at "
    "the ends of that half. Half cell: the charge is the share of material with contact times the lithium that all of it would "
    "move between the ends, and what other reactions take; the product is split by the mean over both orders of change (the value "
    "of Shapley, doi:10.1080/09535314.2019.1652571). Full cell: what the positive electrode takes back is all lithium less that "
    "in SEI, in oxide and carbon, in silicon without contact beyond its share, in silicon at the end of the discharge, and in the "
    "positive electrode at the end of the charge; silicon without contact costs the lithium in it, and its room only where charges "
    "end earlier. Both add up without a rest. A mechanism’s loss is not what a cell without it would have kept: less material with "
    "contact carries more current, and electrodes go further where lithium is missing, which shows at the ends of the window. What "
    "swollen pores and slower transport cost is in these ends too, and not told apart.",
)


def loss_tables(losses: Sequence[Losses]) -> list[Listing]:
    """Lay out what each mechanism has cost by the last cycle, a table for each kind of cell, and what efficiency tells of it."""
    made = []
    for configuration in dict.fromkeys(each.configuration for each in losses):
        alike = [each for each in losses if each.configuration is configuration]
        first = alike[0]
        half = configuration is Configuration.HALF
        made.append(
            Listing(
                anchor="losses" if half else "losses-full",
                title=f"Where the fade comes from{'' if half else ', full cell'}",
                heads=("Sample", "Cycles"),
                columns=(
                    Column("All", f"lost of {first.words[1]}, {pretty_unit(first.unit)}", "All"),
                    *(
                        Column(
                            _capital(name),
                            joined("meanwhile" if half and name in _MEANWHILE else "", pretty_unit(first.unit)),
                            MECHANISMS[name],
                        )
                        for name in first.mechanisms
                    ),
                    Column("Retention", "%", "Retention"),
                    Column("Efficiencies", "product, %", "Product of coulombic efficiencies since the reference cycle"),
                    Column(
                        "Efficiency", "mean that retention needs, %", "Retention to the power of one over the cycles"
                    ),
                ),
                rows=tuple(_row(each) for each in alike),
                under=joined(
                    *(_sentence(each) for each in alike),
                    _SPARE if half else _NO_SPARE,
                    *(_of_lithium(each) for each in alike),
                    "Under each loss its share of the capacity in the first of the cycles; below zero is a gain.",
                    between=" ",
                ),
            )
        )
    return made


def _row(losses: Losses) -> Row:
    return Row(
        losses.sample,
        (f"{losses.reference} to {losses.last}", ""),
        (
            _lost(losses, None),
            *(_lost(losses, each) for each in losses.mechanisms),
            *(_of_all(losses, column) for column in (RETENTION, PRODUCT, EFFICIENCY_NEEDED)),
        ),
    )


def _lost(losses: Losses, mechanism: str | None) -> Entry:
    value = losses.lost(mechanism)[-1]
    share = 100 * value / losses.start
    return Entry(_short(value), (_percent(share),), value)


def _of_all(losses: Losses, column: str) -> Entry:
    value = losses.at_last(column)
    return Entry("missing", missing=True) if value is None else Entry(f"{value:.3f}", (), value)


def _short(value: float) -> str:
    """Write a loss with three digits, and a hundredth at least."""
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return "0" if float(text) == 0 else text.replace("-", "\u2212")


def _sentence(losses: Losses) -> str:
    """Say what costs most."""
    shares = {each: 100 * losses.lost(each)[-1] / losses.start for each in losses.mechanisms}
    costs = sorted((each for each in shares if shares[each] > _NAMED), key=lambda each: -shares[each])
    gains = sorted((each for each in shares if shares[each] < -_NAMED), key=lambda each: shares[each])
    told = ", ".join(f"{each} {_percent(shares[each])}" for each in costs)
    back = ", ".join(f"{each.replace('less', 'further')} {_percent(-shares[each])}" for each in gains)
    whole = 100 * losses.lost()[-1] / losses.start
    lost = f"has lost {_percent(whole)}" if whole >= 0 else f"has gained {_percent(-whole)}"
    said = joined(f"lost by {told}" if told else "", f"made good by {back}" if back else "", between="; ")
    return (
        f"{losses.sample} {lost} of its {losses.words[1]} capacity from cycle {losses.reference} to {losses.last}: "
        f"{said or 'no mechanism more than a trace'}."
    )


def _of_lithium(losses: Losses) -> str:
    """Say what bound lithium costs beside what efficiencies say."""
    product, retention, supplied = (losses.at_last(each) or 0.0 for each in (PRODUCT, RETENTION, SUPPLIED))
    if losses.configuration is Configuration.FULL:
        return f"{losses.sample}: {retention:.2f}\u00a0% = {product:.2f}\u00a0% × {supplied:.2f}\u00a0%."
    bound = sum(losses.at_last(kept_column(each)) or 0.0 for each in _MEANWHILE)
    share = 100 * bound / float(losses.cycles[CAPACITY][-1])
    return (
        f"{losses.sample}: in cycle {losses.last} they kept {_percent(share)} of its charge; the product of efficiencies is "
        f"{product:.2f}\u00a0%, retention {retention:.2f}\u00a0%."
    )


def _percent(share: float) -> str:
    return f"{_short(share)}\u00a0%"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
