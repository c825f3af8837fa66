"""What the analysis of one test hands on, whatever the technique."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from byssus.analysis.result import Result
from byssus.findings import Finding
from byssus.measured.tables import Table


@dataclass(frozen=True)
class Examined:
    """What was found of one test: numbers, their tables, and what could overturn them.

    Parameters
    ----------
    technique
        Its name, a key of `byssus.study.techniques.TECHNIQUES`.
    tables
        The measured tables that were analysed, in the order given.
    results
        The numbers that a paper would report, each with its uncertainty or the reason why it is missing.
    frames
        What lies behind them, by name: one row a pulse, a peak, a temperature; columns are named ``Quantity / unit``.
        They are written beside the results, and figures are drawn from them.
    findings
        What could overturn a number.
    methods
        The definitions, as terms with their sentences.
    """

    technique: str
    tables: tuple[Table, ...]
    results: tuple[Result, ...]
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    methods: tuple[tuple[str, str], ...] = ()

    @property
    def sample(self) -> str:
        """The name of what was measured."""
        return self.tables[0].metadata.sample.name or ""

    @property
    def group(self) -> str:
        """The binder that it belongs to; the sample's name where that is not said."""
        about = self.tables[0].metadata.sample
        return about.binder or about.name or ""

    @property
    def origin(self) -> str:
        """``measured`` or ``simulated``."""
        return self.tables[0].metadata.origin


def of_sample(results: Iterable[Result], tables: Sequence[Table]) -> tuple[Result, ...]:
    """Return results with the sample, binder and origin of the tables that they are from."""
    about = tables[0].metadata
    return tuple(
        replace(result, sample=about.sample.name, group=about.sample.binder, origin=about.origin) for result in results
    )
