"""What stood in the way of one sample, as one line for a person."""

from __future__ import annotations

import os

from byssus.errors import AnalysisError, ByssusError


def lack_of(error: Exception, field: str, file: str) -> ByssusError:
    """Return what stood in the way of a part of a study as an error of one line.

    Parameters
    ----------
    field
        Where that part stands: ``cells.CMC-1``.
    file
        The first of its files.

    Raises
    ------
    Exception
        The error itself, where it is a defect of Byssus and BYSSUS_DEBUG=1 asks to see it.
    """
    if isinstance(error, AnalysisError):
        at = f"{field}.{error.field}" if error.field else field
        return AnalysisError(error.message, file=error.file, field=at, value=error.value, fix=error.fix)
    if isinstance(error, ByssusError):
        return error
    if os.environ.get("BYSSUS_DEBUG"):
        raise error
    reason = (str(error).splitlines() or ["no message"])[0]
    return ByssusError(
        f"could not be analysed, by a defect of Byssus ({type(error).__name__}: {reason})",
        file=file,
        field=field,
        fix="please report it with what BYSSUS_DEBUG=1 prints",
    )
