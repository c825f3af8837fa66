"""Where a number comes from.

A constant, a property or an equation without a `Source` does not enter Byssus.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

Method = Literal["measured", "calculated", "fitted", "defined", "estimate"]

_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the literature, or in a file, that a number was taken from.

    Parameters
    ----------
    title
        Author, year and title, enough for a person to recognise it.
    doi
        Without ``https://doi.org/``.  Leave it out only for what has none.
    section, table, figure, equation
        The place in it, as printed.
    method
        How the number came about.  An ``estimate`` must carry a range.
    low, high
        The range of an estimate, in the unit of the number.
    note
        What a reader of the number should know.

    Raises
    ------
    ValueError
        For an empty title, a DOI that is none, or an estimate without a range.

    Examples
    --------
    >>> ccl = Source("He et al. 2026, CCL binder", doi="10.1016/j.est.2026.120607", section="2.2")
    >>> print(ccl)
    He et al. 2026, CCL binder, section 2.2 (doi:10.1016/j.est.2026.120607)
    >>> Source("a guess", method="estimate")
    Traceback (most recent call last):
        ...
    ValueError: an estimate needs a range: give low and high
    """

    title: str
    doi: str | None = None
    section: str | None = None
    table: str | None = None
    figure: str | None = None
    equation: str | None = None
    method: Method | None = None
    low: float | None = None
    high: float | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("a source needs a title")
        if self.doi is not None and not _DOI.fullmatch(self.doi):
            raise ValueError(f"{self.doi!r} is not a DOI: it starts with 10. and holds no blank")
        if self.method == "estimate" and (self.low is None or self.high is None):
            raise ValueError("an estimate needs a range: give low and high")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"the range {self.low} to {self.high} is empty")

    def __str__(self) -> str:
        places = [
            f"{word} {place}"
            for word in ("section", "table", "figure", "equation")
            if (place := getattr(self, word)) is not None
        ]
        doi = f" (doi:{self.doi})" if self.doi else ""
        return ", ".join([self.title, *places]) + doi

    def as_dict(self) -> dict[str, Any]:
        """Return what is known of the source, without the empty fields."""
        return {name: value for name, value in asdict(self).items() if value is not None}
