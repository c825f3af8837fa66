"""What to cite: Byssus, the libraries that made the numbers, the papers behind the methods, and the data.

An entry of a library is what its authors ask for, or its release where they ask for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from byssus.source import Source

#: A DOI as it stands in the text of a method.
DOI = re.compile(r"\bdoi:(10\.\d{4,9}/[^\s,;()]*[^\s,;().])")

#: Readers that rest on a library, by their name.
_READS = {
    "neware": "fastnda", "biologic-mpr": "galvani", "land-xlsx": "fastexcel", "land-tabs": "fastexcel",
    "arbin-xlsx": "fastexcel",
}  # fmt: skip

#: Made every number, every figure, or the page.
_ALWAYS = ("byssus", "polars", "numpy", "scipy", "pint", "matplotlib", "plotly")


@dataclass(frozen=True)
class _Entry:
    kind: str
    key: str
    fields: Mapping[str, str]

    def __str__(self) -> str:
        lines = [f"  {name} = {{{value}}}," for name, value in self.fields.items()]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


_SOFTWARE: dict[str, _Entry] = {
    # CITATION.cff says the same; a test compares them.
    "byssus": _Entry(
        "software",
        "byssus",
        {"author": "{The Byssus developers}", "title": "{Byssus}", "year": "2026", "license": "BSD-3-Clause"},
    ),
    # The DOI of all versions, on the project's README.
    "polars": _Entry(
        "software",
        "polars",
        {"author": "Vink, Ritchie and {The Polars developers}", "title": "{Polars}", "doi": "10.5281/zenodo.7697217"},
    ),
    "numpy": _Entry(
        "article",
        "numpy",
        {
            "author": "Harris, Charles R. and Millman, K. Jarrod and van der Walt, Stéfan J. and Gommers, Ralf and others",
            "title": "Array programming with {NumPy}",
            "journal": "Nature",
            "year": "2020",
            "volume": "585",
            "pages": "357--362",
            "doi": "10.1038/s41586-020-2649-2",
        },
    ),
    "scipy": _Entry(
        "article",
        "scipy",
        {
            "author": "Virtanen, Pauli and Gommers, Ralf and Oliphant, Travis E. and Haberland, Matt and others",
            "title": "{SciPy} 1.0: fundamental algorithms for scientific computing in {Python}",
            "journal": "Nature Methods",
            "year": "2020",
            "volume": "17",
            "pages": "261--272",
            "doi": "10.1038/s41592-019-0686-2",
        },
    ),
    "pint": _Entry(
        "software",
        "pint",
        {"author": "Grecco, Hernan E. and {The Pint developers}", "title": "{Pint}: units of measurement for {Python}",
         "url": "https://github.com/hgrecco/pint"},
    ),
    # CITATION.bib of its repository.
    "matplotlib": _Entry(
        "article",
        "matplotlib",
        {
            "author": "Hunter, J. D.",
            "title": "{Matplotlib}: a {2D} graphics environment",
            "journal": "Computing in Science \\& Engineering",
            "year": "2007",
            "volume": "9",
            "number": "3",
            "pages": "90--95",
            "doi": "10.1109/MCSE.2007.55",
        },
    ),
    # CITATION.cff of its repository.
    "plotly": _Entry(
        "software",
        "plotly",
        {
            "author": "Kruchten, Nicolas and Seier, Andrew and Parmer, Chris",
            "title": "An interactive, open-source, and browser-based graphing library for {Python}",
            "doi": "10.5281/zenodo.14503524",
        },
    ),
    "fastnda": _Entry("software", "fastnda", {"title": "{fastnda}", "url": "https://github.com/empaeconversion/fastnda"}),
    "fastexcel": _Entry(
        "software", "fastexcel", {"title": "{fastexcel}", "url": "https://github.com/ToucanToco/fastexcel"}
    ),
    "galvani": _Entry(
        "software",
        "galvani",
        {"author": "Kerr, Chris and {The galvani developers}", "title": "{galvani}",
         "url": "https://github.com/echemdata/galvani"},
    ),
}  # fmt: skip

_PAPERS: dict[str, _Entry] = {
    "10.1002/sim.791": _Entry(
        "article",
        "hartung2001overall",
        {
            "author": "Hartung, Joachim and Knapp, Guido",
            "title": "On tests of the overall treatment effect in meta-analysis with normally distributed responses",
            "journal": "Statistics in Medicine",
            "year": "2001",
            "volume": "20",
            "pages": "1771--1782",
        },
    ),
    "10.1016/j.est.2026.120607": _Entry(
        "article",
        "he2026",
        {
            "author": "He, Lanying and Li, Lixiang and Wu, Shuai and Di, Fang and Zhao, Hongwei and Jiang, Guangshen and "
            "Sun, Chengguo and An, Baigang",
            "title": "An organic and inorganic composite binder with excellent mechanical property and good ionic "
            "conductivity for high performance Si anode of lithium-ion batteries",
            "journal": "Journal of Energy Storage",
            "year": "2026",
        },
    ),
    "10.1149/1.2044210": _Entry(
        "article",
        "boukamp1995",
        {
            "author": "Boukamp, Bernard A.",
            "title": "A linear {Kronig-Kramers} transform test for immittance data validation",
            "journal": "Journal of The Electrochemical Society",
            "year": "1995",
            "volume": "142",
            "pages": "1885--1894",
        },
    ),
    "10.1016/j.electacta.2014.09.058": _Entry(
        "article",
        "saccoccio2014",
        {
            "author": "Saccoccio, Mattia and Wan, Ting Hei and Chen, Chi and Ciucci, Francesco",
            "title": "Optimal regularization in distribution of relaxation times applied to electrochemical impedance "
            "spectroscopy: ridge and lasso regression methods",
            "journal": "Electrochimica Acta",
            "year": "2014",
            "volume": "147",
            "pages": "470--482",
        },
    ),
    "10.1016/j.electacta.2015.09.097": _Entry(
        "article",
        "wan2015",
        {
            "author": "Wan, Ting Hei and Saccoccio, Mattia and Chen, Chi and Ciucci, Francesco",
            "title": "Influence of the discretization methods on the distribution of relaxation times deconvolution: "
            "implementing radial basis functions with {DRTtools}",
            "journal": "Electrochimica Acta",
            "year": "2015",
            "volume": "184",
            "pages": "483--499",
        },
    ),
    "10.1093/biomet/58.3.525": _Entry(
        "article",
        "bacon1971",
        {
            "author": "Bacon, David W. and Watts, Donald G.",
            "title": "Estimating the transition between two intersecting straight lines",
            "journal": "Biometrika",
            "year": "1971",
            "volume": "58",
            "pages": "525--534",
        },
    ),
    "10.1016/j.egyai.2020.100006": _Entry(
        "article",
        "fermincueto2020",
        {
            "author": "Fermín-Cueto, Paula and McTurk, Euan and Allerhand, Michael and Medina-Lopez, Encarni and "
            "Anjos, Miguel F. and Sylvester, Joel and dos Reis, Gonçalo",
            "title": "Identification and machine learning prediction of knee-point and knee-onset in capacity "
            "degradation curves of lithium-ion cells",
            "journal": "Energy and AI",
            "year": "2020",
            "volume": "1",
            "pages": "100006",
        },
    ),
    "10.1016/j.jpowsour.2013.08.108": _Entry(
        "article",
        "baumhoefer2014",
        {
            "author": "Baumhöfer, Thorsten and Brühl, Manuel and Rothgang, Susanne and Sauer, Dirk Uwe",
            "title": "Production caused variation in capacity aging trend and correlation to initial cell performance",
            "journal": "Journal of Power Sources",
            "year": "2014",
            "volume": "247",
            "pages": "332--338",
        },
    ),
    "10.1016/j.jpowsour.2016.12.083": _Entry(
        "article",
        "harris2017",
        {
            "author": "Harris, Stephen J. and Harris, David J. and Li, Chen",
            "title": "Failure statistics for commercial lithium ion batteries: A study of 24 pouch cells",
            "journal": "Journal of Power Sources",
            "year": "2017",
            "volume": "342",
            "pages": "589--597",
        },
    ),
    "10.1038/s41467-019-09792-9": _Entry(
        "article",
        "tian2019",
        {
            "author": "Tian, Ruiyuan and Park, Sang-Hoon and King, Paul J. and Cunningham, Graeme and Coelho, João and "
            "Nicolosi, Valeria and Coleman, Jonathan N.",
            "title": "Quantifying the factors limiting rate performance in battery electrodes",
            "journal": "Nature Communications",
            "year": "2019",
            "volume": "10",
            "pages": "1933",
        },
    ),
    "10.3390/en6115625": _Entry(
        "article",
        "omar2013",
        {
            "author": "Omar, Noshin and Van den Bossche, Peter and Coosemans, Thierry and Van Mierlo, Joeri",
            "title": "{Peukert} revisited—critical appraisal and need for modification for lithium-ion batteries",
            "journal": "Energies",
            "year": "2013",
            "volume": "6",
            "pages": "5625--5641",
        },
    ),
    "10.1149/1.2133112": _Entry(
        "article",
        "weppner1977",
        {
            "author": "Weppner, W. and Huggins, R. A.",
            "title": "Determination of the kinetic parameters of mixed-conducting electrodes and application to the system {Li$_3$Sb}",
            "journal": "Journal of The Electrochemical Society",
            "year": "1977",
            "volume": "124",
            "pages": "1569--1578",
        },
    ),
    "10.1038/s41467-023-37989-6": _Entry(
        "article",
        "chien2023",
        {
            "author": "Chien, Yu-Chuan and Liu, Haidong and Menon, Ashok S. and Brant, William R. and Brandell, Daniel and Lacey, Matthew J.",
            "title": "Rapid determination of solid-state diffusion coefficients in {Li}-based batteries via intermittent current interruption method",
            "journal": "Nature Communications",
            "year": "2023",
            "volume": "14",
            "pages": "2289",
        },
    ),
    "10.1039/TF9484400327": _Entry(
        "article",
        "randles1948",
        {
            "author": "Randles, J. E. B.",
            "title": "A cathode ray polarograph. {Part II}. The current-voltage curves",
            "journal": "Transactions of the Faraday Society",
            "year": "1948",
            "volume": "44",
            "pages": "327--338",
        },
    ),
    "10.1135/cccc19480349": _Entry(
        "article",
        "sevcik1948",
        {
            "author": "Ševčík, A.",
            "title": "Oscillographic polarography with periodical triangular voltage",
            "journal": "Collection of Czechoslovak Chemical Communications",
            "year": "1948",
            "volume": "13",
            "pages": "349--377",
        },
    ),
    "10.1021/ac60210a007": _Entry(
        "article",
        "nicholson1964",
        {
            "author": "Nicholson, R. S. and Shain, I.",
            "title": "Theory of stationary electrode polarography. {S}ingle scan and cyclic methods applied to reversible, irreversible, and kinetic systems",
            "journal": "Analytical Chemistry",
            "year": "1964",
            "volume": "36",
            "pages": "706--723",
        },
    ),
    "10.1021/jp074464w": _Entry(
        "article",
        "wang2007",
        {
            "author": "Wang, J. and Polleux, J. and Lim, J. and Dunn, B.",
            "title": "Pseudocapacitive contributions to electrochemical energy storage in {TiO$_2$} (anatase) nanoparticles",
            "journal": "The Journal of Physical Chemistry C",
            "year": "2007",
            "volume": "111",
            "pages": "14925--14931",
        },
    ),
    "10.1016/0032-3861(87)90394-6": _Entry(
        "article",
        "evans1987",
        {
            "author": "Evans, J. and Vincent, C. A. and Bruce, P. G.",
            "title": "Electrochemical measurement of transference numbers in polymer electrolytes",
            "journal": "Polymer",
            "year": "1987",
            "volume": "28",
            "pages": "2324--2328",
        },
    ),
    "10.1016/0022-0728(87)80001-3": _Entry(
        "article",
        "bruce1987",
        {
            "author": "Bruce, P. G. and Vincent, C. A.",
            "title": "Steady state current flow in solid binary electrolyte cells",
            "journal": "Journal of Electroanalytical Chemistry and Interfacial Electrochemistry",
            "year": "1987",
            "volume": "225",
            "pages": "1--17",
        },
    ),
    "10.1149/2.1141607jes": _Entry(
        "article",
        "landesfeind2016",
        {
            "author": "Landesfeind, J. and Hattendorff, J. and Ehrl, A. and Wall, W. A. and Gasteiger, H. A.",
            "title": "Tortuosity determination of battery electrodes and separators by impedance spectroscopy",
            "journal": "Journal of The Electrochemical Society",
            "year": "2016",
            "volume": "163",
            "pages": "A1373--A1387",
        },
    ),
    "10.1080/00401706.1979.10489751": _Entry(
        "article",
        "golub1979",
        {
            "author": "Golub, G. H. and Heath, M. and Wahba, G.",
            "title": "Generalized cross-validation as a method for choosing a good ridge parameter",
            "journal": "Technometrics",
            "year": "1979",
            "volume": "21",
            "pages": "215--223",
        },
    ),
    "10.1016/S0022-0728(84)80324-1": _Entry(
        "article",
        "brug1984",
        {
            "author": "Brug, G. J. and van den Eeden, A. L. G. and Sluyters-Rehbach, M. and Sluyters, J. H.",
            "title": "The analysis of electrode impedances complicated by the presence of a constant phase element",
            "journal": "Journal of Electroanalytical Chemistry and Interfacial Electrochemistry",
            "year": "1984",
            "volume": "176",
            "pages": "275--295",
        },
    ),
    "10.5006/1.3280607": _Entry(
        "article",
        "hsu2001",
        {
            "author": "Hsu, C. H. and Mansfeld, F.",
            "title": "Technical note: concerning the conversion of the constant phase element parameter {$Y_0$} into a capacitance",
            "journal": "Corrosion",
            "year": "2001",
            "volume": "57",
            "pages": "747--748",
        },
    ),
    "10.1002/aenm.201702097": _Entry(
        "article",
        "adams2018",
        {
            "author": "Adams, B. D. and Zheng, J. and Ren, X. and Xu, W. and Zhang, J.-G.",
            "title": "Accurate determination of {Coulombic} efficiency for lithium metal anodes and lithium metal batteries",
            "journal": "Advanced Energy Materials",
            "year": "2018",
            "volume": "8",
            "pages": "1702097",
        },
    ),
}

#: Papers without a DOI that could be checked, as the code's own source lines name them.
_WITHOUT_DOI: dict[str, _Entry] = {
    "ho1980": _Entry(
        "article",
        "ho1980",
        {
            "author": "Ho, C. and Raistrick, I. D. and Huggins, R. A.",
            "journal": "Journal of The Electrochemical Society",
            "year": "1980",
            "volume": "127",
            "pages": "343",
        },
    )
}

#: The papers of methods whose texts name them, or show their equation, by the words there; a DOI or a key.
NAMED: dict[str, tuple[str, ...]] = {
    "Weppner and Huggins 1977": ("10.1149/1.2133112",),
    "Chien et al. 2023": ("10.1038/s41467-023-37989-6",),
    "Randles-Ševčík": ("10.1039/TF9484400327", "10.1135/cccc19480349"),
    "2.20 RT/(nF)": ("10.1021/ac60210a007",),
    "i = k1 v + k2 √v": ("10.1021/jp074464w",),
    "He et al. 2026": ("10.1016/j.est.2026.120607",),
    "Bruce, Vincent and Evans": ("10.1016/0032-3861(87)90394-6", "10.1016/0022-0728(87)80001-3"),
    "Landesfeind et al. 2016": ("10.1149/2.1141607jes",),
    "Golub, Heath and Wahba 1979": ("10.1080/00401706.1979.10489751",),
    "Brug et al. 1984": ("10.1016/S0022-0728(84)80324-1",),
    "Hsu and Mansfeld 2001": ("10.5006/1.3280607",),
    "Ho, Raistrick and Huggins 1980": ("ho1980",),
    "Adams et al. 2018": ("10.1002/aenm.201702097",),
}


def bibtex(
    versions: Mapping[str, str],
    *,
    readers: Iterable[str] = (),
    texts: Iterable[str] = (),
    data: Sequence[Source] = (),
    literature: Sequence[Source] = (),
) -> str:
    r"""Write everything that a paper with these results should cite, as BibTeX (in UTF-8).

    Parameters
    ----------
    versions
        The version of Byssus and of each library, by name.
    readers
        Names of the readers that were used; some rest on a library of their own.
    texts
        The texts of the methods; a paper whose DOI stands in one is cited, and so is one that is `NAMED` there.
    data, literature
        Where the measurements, and values beside them, were published.

    Examples
    --------
    >>> text = bibtex({"byssus": "0.1.0"}, data=[Source("Doe 2024, 100 % silicon", doi="10.1000/182")])
    >>> print(text[text.index("@misc"):].strip())
    @misc{data1,
      title = {Doe 2024, 100 \% silicon},
      doi = {10.1000/182},
      note = {Data},
    }
    """
    used = dict.fromkeys([*_ALWAYS, *(_READS[reader] for reader in readers if reader in _READS)])
    entries = [_versioned(_SOFTWARE[name], versions[name]) for name in used if name in versions]
    found = dict.fromkeys(doi for text in texts for doi in _papers_in(text))
    entries += [_paper(doi, at) for at, doi in enumerate(found, start=1)]
    entries += [_published(source, f"data{at}", "Data") for at, source in enumerate(data, start=1)]
    known = {source.doi for source in data if source.doi} | set(found)
    others = {(source.doi or source.title): source for source in literature if source.doi not in known}
    entries += [_published(source, f"literature{at}", "Value") for at, source in enumerate(others.values(), start=1)]
    return "\n\n".join(map(str, entries)) + "\n"


def _papers_in(text: str) -> Iterator[str]:
    yield from DOI.findall(text)
    for words, papers in NAMED.items():
        if words in text:
            yield from papers


def _versioned(entry: _Entry, version: str) -> _Entry:
    """A paper describes all versions, so which one made the numbers stands in its note."""
    field, text = ("note", f"Version {version}") if entry.kind == "article" else ("version", version)
    return _Entry(entry.kind, entry.key, {**entry.fields, field: text})


def _paper(doi: str, number: int) -> _Entry:
    if named := _WITHOUT_DOI.get(doi):
        return named
    if known := _PAPERS.get(doi):
        return _Entry(known.kind, known.key, {**known.fields, "doi": doi})
    return _Entry("misc", f"method{number}", {"doi": doi, "note": "Method"})


def _published(source: Source, key: str, what: str) -> _Entry:
    fields = {"title": _escaped(source.title)}
    if source.doi:
        fields["doi"] = source.doi
    place = [f"{word} {at}" for word, at in (("section", source.section), ("table", source.table),
             ("figure", source.figure), ("equation", source.equation)) if at]  # fmt: skip
    fields["note"] = _escaped(", ".join([what, *place, *([source.note] if source.note else [])]))
    return _Entry("misc", key, fields)


def _escaped(text: str) -> str:
    """Write a text so that LaTeX prints it; braces, which could end a field, become round."""
    plain = text.replace("{", "(").replace("}", ")").replace("\\", "/")
    return re.sub(r"([%&#_$])", r"\\\1", plain).replace("~", r"\textasciitilde ").replace("^", r"\textasciicircum ")
