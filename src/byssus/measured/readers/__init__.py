"""The formats Byssus reads: one module each, listed here in the order in which they are tried."""

from __future__ import annotations

from byssus.measured.door import Reader
from byssus.measured.readers import land, landt, neware

#: Formats with an unmistakable head stand before those that must be opened.
READERS: tuple[Reader, ...] = (neware.READER, landt.READER, land.READER)
