"""The papers whose theorems and definitions bitproof uses, as data and as BibTeX."""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.errors import InputError


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper.

    Attributes:
        key: the BibTeX key.
        authors: as BibTeX writes them, joined by " and ".
        title: without braces.
        year: of the version cited.
        arxiv: the arXiv number.
        used_for: what bitproof takes from it, for people.
        booktitle: the conference; empty for a preprint.
    """

    key: str
    authors: str
    title: str
    year: int
    arxiv: str
    used_for: str
    booktitle: str = ""

    @property
    def short(self) -> str:
        """Authors, title and number on one line.

        >>> DING_2019.short
        'Ding, Liu, Xiong and Shi (2019), arXiv 1802.03646'
        """
        families = [name.split(",")[0] for name in self.authors.split(" and ")]
        return f"{', '.join(families[:-1])} and {families[-1]} ({self.year}), arXiv {self.arxiv}"

    def bibtex(self) -> str:
        """The BibTeX entry.

        >>> print(DING_2019.bibtex().splitlines()[0])
        @inproceedings{ding2019universal,
        """
        kind = "inproceedings" if self.booktitle else "misc"
        fields = {
            "author": self.authors.replace("ö", '{\\"o}'),
            "title": f"{{{self.title}}}",
            "booktitle": self.booktitle,
            "year": str(self.year),
            "eprint": self.arxiv,
            "archiveprefix": "arXiv",
        }
        lines = [f"  {name:<13} = {{{text}}}" for name, text in fields.items() if text]
        return f"@{kind}{{{self.key},\n" + ",\n".join(lines) + "\n}"


DING_2019 = Reference(
    key="ding2019universal",
    authors="Ding, Yukun and Liu, Jinglan and Xiong, Jinjun and Shi, Yiyu",
    title=(
        "On the Universal Approximability and Complexity Bounds of Quantized ReLU Neural Networks"
    ),
    year=2019,
    arxiv="1802.03646",
    used_for="networks with skip connections and weights of λ values; when they are universal",
    booktitle="International Conference on Learning Representations (ICLR)",
)

OU_2024 = Reference(
    key="ou2024three",
    authors="Ou, Weigutian and Schenkel, Philipp and Bölcskei, Helmut",
    title="Three Quantization Regimes for ReLU Networks",
    year=2024,
    arxiv="2405.01952",
    used_for="the weight formats Q(a, b), the march construction, and memory-optimality",
)

HWANG_2024 = Reference(
    key="hwang2024expressive",
    authors="Hwang, Geonho and Park, Yeachan and Park, Sejun",
    title="On Expressive Power of Quantized Neural Networks under Fixed-Point Arithmetic",
    year=2024,
    arxiv="2409.00297",
    used_for="fixed-point formats and the semantics of networks that round after every affine map",
)

BARTLETT_2019 = Reference(
    key="bartlett2019nearly",
    authors="Bartlett, Peter L. and Harvey, Nick and Liaw, Christopher and Mehrabian, Abbas",
    title=(
        "Nearly-tight VC-dimension and Pseudodimension Bounds for Piecewise Linear Neural Networks"
    ),
    year=2019,
    arxiv="1703.02930",
    used_for="the bound on what a class of networks can shatter, whatever its weights",
)

REFERENCES = (DING_2019, OU_2024, HWANG_2024, BARTLETT_2019)


def reference(key: str) -> Reference:
    """The reference of a BibTeX key.

    Raises:
        InputError: there is none.

    >>> reference("ou2024three").year
    2024
    """
    for entry in REFERENCES:
        if entry.key == key:
            return entry
    raise InputError(
        f"no reference {key[:60]!r}",
        remedy=f"one of {', '.join(entry.key for entry in REFERENCES)}",
    )
