"""Which codebooks can work at all."""

import pytest

from bitproof.exact import Codebook, Q, parse_codebook
from bitproof.exact.universality import NotUniversal, Universal, universality


@pytest.mark.parametrize(
    "form",
    [Q(-1, 1), Q(3, 4), Q(-1, 40), Codebook.binary(), Codebook.linear(2), parse_codebook("-1,3/2")],
    ids=lambda form: form.name,
)
def test_universal(form):
    assert universality(form) == Universal()


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (parse_codebook("-1,1"), "integers"),
        (Q(2, 0), "integers"),
        (Q(-1, 0), "no negative value"),
        (parse_codebook("0,1/2"), "no negative value"),
        (parse_codebook("-1/2,0"), "no positive value"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_not_universal(form, reason):
    verdict = universality(form)
    assert isinstance(verdict, NotUniversal)
    assert reason in verdict.reason
