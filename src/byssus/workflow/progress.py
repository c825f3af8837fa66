"""How a verb tells of its progress, and what its results are called."""

from __future__ import annotations

from collections.abc import Callable

#: Takes what is done now, and how much of the whole is done: bytes of raw files, or files; of 0 where that is not known.
Progress = Callable[[str, int, int], None]


#: The page among the results.
REPORT_FILE = "report.html"


def silent(_message: str, _done: int, _total: int) -> None:
    """Tell nobody of progress."""
