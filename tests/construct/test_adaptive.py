"""Adaptive networks lie in their format, stay within ε, and are as small as claimed."""

from fractions import Fraction

import numpy as np
import pytest

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.adaptive import designs
from bitproof.errors import FormatError
from bitproof.exact import Codebook, Interval, Q, parse_codebook
from bitproof.execute.reference import evaluate
from bitproof.network import measure
from bitproof.target.expression import ExpressionTarget
from tests.construct.shapes import Shape

ERROR = Fraction(1, 100)
FORMATS = [
    Q(-1, 1),
    Q(0, 1),
    Q(-1, 2),
    Q(0, 2),
    Q(0, 6),
    Codebook.binary(),
    Codebook.ternary(),
    Codebook.linear(2),
    Codebook.linear(3),
    Codebook.linear(4),
    parse_codebook("-1,0,1/2,1"),
    parse_codebook("-1,3/2"),
    parse_codebook("-1/2,1"),
]


def largest_error(network, shape, points=257):
    """Exact values of the network against float values of the shape, on a rational grid."""
    domain = shape.domain
    grid = [domain.lower + domain.width * Fraction(i, points - 1) for i in range(points)]
    expected = shape.sample(np.array([float(x) for x in grid]))
    values = [evaluate(network, [x])[0] for x in grid]
    return max(abs(float(v) - y) for v, y in zip(values, expected, strict=True))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format(form):
    count = "nonzero" if isinstance(form, Codebook) else "dense"
    shape = Shape(lambda x: np.sqrt(x + 1 / 16))
    found = designs(shape, ERROR, [form], count=count).constructions
    assert found
    bits = [measure(c.network).bits(count) for c in found]
    assert bits == sorted(bits)
    for construction in found:
        assert construction.network.weight_format == form
        assert construction.method == "adaptive"
        assert construction.pieces == 3
        assert largest_error(construction.network, shape) <= 0.01


@pytest.mark.parametrize(
    "shape",
    [
        Shape(lambda x: abs(x - 1 / 3), kinks=[Fraction(1, 3)]),
        Shape(lambda x: 0 * x + 1 / 3),
        Shape(lambda x: 1000 * x),
        Shape(lambda x: -x / 7, -3, Fraction(-1, 2)),
        Shape(lambda x: np.sin(x), 100, 101),
        Shape(lambda x: np.sin(x), -101, -100),
        Shape(np.sqrt),
        Shape(lambda x: np.maximum(x, 0) / 50, -100, 100, [Fraction(0)]),
        Shape(lambda x: 0 * x),
    ],
    ids=["kink", "third", "steep", "left", "far", "far left", "root", "wide", "zero"],
)
@pytest.mark.parametrize("form", [Q(-1, 1), Q(0, 1)], ids=lambda f: f.name)
def test_every_kind_of_shape(shape, form):
    found = designs(shape, ERROR, [form]).constructions
    assert found
    assert largest_error(found[0].network, shape) <= 0.01


def test_certified_below_the_interpolated_table():
    target = ExpressionTarget.parse("1/(1+25*(2*x-1)^2)", Interval(Fraction(0), Fraction(1)))
    error = Fraction(1, 1000)
    found = designs(target, error, [Codebook.linear(2)], count="nonzero").constructions
    assert measure(found[0].network).nonzero_bits < 459
    verdict = certify_sup_error(found[0].network, target, target.domain, error=error)
    assert verdict.status == "proved"


def test_narrow_networks():
    shape, limit = Shape(lambda x: np.sin(6 * x)), 6
    found = designs(shape, ERROR, [Q(1, 1)], max_width=limit).constructions
    assert found
    assert measure(found[0].network).width <= limit
    assert largest_error(found[0].network, shape) <= 0.01


def test_exact_scales_in_base_three():
    """Slopes that are exact in base 3 are met exactly at a small error."""
    shape = Shape(lambda x: abs(x - 1 / 3), kinks=[Fraction(1, 3)])
    tiny = Fraction(1, 10000)
    found = designs(shape, tiny, [Codebook.linear(3)], count="nonzero").constructions
    assert largest_error(found[0].network, shape) <= 1e-4


def test_limits_exclude_everything_politely():
    shape = Shape(lambda x: np.exp(-x))
    result = designs(shape, ERROR, [Q(-1, 1)], max_depth=2)
    assert result.constructions == ()
    assert "depth" in result.needed


@pytest.mark.parametrize("text", ["-1,1", "1/2,1", "-1/2,-1", "-1,0,1,2"])
def test_codebooks_that_cannot_work_are_refused(text):
    with pytest.raises(FormatError, match="cannot approximate every function"):
        designs(Shape(np.exp), ERROR, [parse_codebook(text)])
