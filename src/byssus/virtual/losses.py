"""Where the fade of cycling tests comes from: which tests are asked, and their losses as results and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from byssus.analysis.result import Result
from byssus.simulate.job import Outcome
from byssus.simulate.losses import EFFICIENCY_NEEDED, MECHANISMS, Losses, losses
from byssus.virtual.summaries import names_apart

#: The test whose cycles are alike, so that what changes from one to the other is a loss.
_TEST = "cycling"


def losses_of(outcomes: Sequence[Outcome]) -> dict[str, Losses]:
    """Return the losses of each sample that was cycled, by its name; nothing of one without two cycles."""
    found = {}
    for each, name in zip(outcomes, names_apart(outcomes), strict=True):
        if each.test != _TEST:
            continue
        # A test that was stopped may have been in its last half.
        last = int(each.table.data["Cycle Count / 1"][-1]) - (each.stopped is not None)
        split = losses(each.table, each.formed + 1, last)
        if split is not None:
            found[each.sample] = replace(split, sample=name)
    return found


def results_of(found: Iterable[Losses], groups: Mapping[str, str]) -> tuple[Result, ...]:
    """Return what each mechanism has cost by the last cycle, and the efficiency that the retention needs.

    Parameters
    ----------
    groups
        The binder of each sample.
    """
    return tuple(result for each in found for result in _results(each, groups[each.sample]))


def _results(losses: Losses, group: str) -> Iterator[Result]:
    def result(name: str, value: float | None, unit: str, method: str) -> Result:
        return Result(
            name, value, unit, basis=f"cycle {losses.reference}", method=method, sample=losses.sample, group=group,
            cycle=losses.last, origin="simulated",
        )  # fmt: skip

    for name in losses.mechanisms:
        yield result(f"capacity lost: {name}", losses.lost(name)[-1], losses.unit, MECHANISMS[name])
    yield result("capacity lost", losses.lost()[-1], losses.unit, "sum of all mechanisms")
    needed = losses.at_last(EFFICIENCY_NEEDED)
    yield result("mean coulombic efficiency needed", needed, "%", "retention to the power of one over the cycles")


def files_of(found: Iterable[Losses], names: Mapping[str, str]) -> dict[str, str]:
    """Return the losses of every cycle as CSV by the name of their file; `names` are those of samples for files."""
    return {f"losses/{names[each.sample]}.csv": each.cycles.write_csv() for each in found}
