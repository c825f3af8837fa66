"""The formats Byssus reads: one module each, listed here in the order in which they are tried."""

from __future__ import annotations

from byssus.measured.door import Reader
from byssus.measured.readers import (
    arbin_res,
    arbin_text,
    bdf,
    biologic_mpr,
    biologic_mpt,
    byssus_table,
    chi,
    gamry,
    labelled_csv,
    land,
    land_tabs,
    landt,
    maccor,
    neware,
    neware_csv,
    pec,
    plain,
    zplot,
)

#: Formats with an unmistakable head stand before those that must be opened.
READERS: tuple[Reader, ...] = (
    byssus_table.READER,
    neware.READER,
    arbin_res.READER,
    biologic_mpr.READER,
    biologic_mpt.READER,
    gamry.READER,
    chi.READER,
    zplot.READER,
    landt.READER,
    maccor.READER,
    pec.READER,
    neware_csv.READER,
    arbin_text.CSV_READER,
    bdf.READER,
    land_tabs.READER,
    land.READER,
    arbin_text.XLSX_READER,
    labelled_csv.READER,
    plain.READER,
)
