"""What every promise has to keep for a function of its class."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.construction import Construction, Designs
from bitproof.construct.march_class import Family
from bitproof.construct.promise import Promise
from bitproof.errors import InputError
from bitproof.exact import Interval
from bitproof.exact.weight_format import Codebook
from bitproof.network import measure
from bitproof.target import parse_target
from bitproof.target.expression import ExpressionTarget
from bitproof.target.target import Target

Ends = tuple[str, str]


def check(target: Target, plan: Promise) -> None:
    """The network of a function has the promised sizes, weights and, proved, error."""
    made = plan.build(target)
    sizes = measure(made.network)
    assert (sizes.depth, sizes.width) == (plan.depth, plan.width)
    assert sizes.dense_weights == plan.dense_weights
    assert plan.nonzero_least <= sizes.weights <= plan.nonzero_most
    assert all(weight in plan.form for weight in made.network.weights())
    verdict = certify_sup_error(made.network, target, target.domain, error=plan.error)
    assert verdict.status == "proved"


in_any_class = pytest.mark.parametrize(
    ("domain", "span", "lipschitz", "text"),
    [
        (("-8", "8"), ("-1", "9"), "6/5", "gelu(x)"),
        (("-2/7", "5/3"), ("15", "30"), "7", "30 - 7*abs(x - 1/3)"),
        (("100", "101"), ("-3", "3"), "61", "3*sin(20*x)"),
    ],
)


def class_of(domain: Ends, span: Ends, lipschitz: str) -> Family:
    """The class of a case of `in_any_class`."""
    ends = (Interval(*map(Fraction, pair)) for pair in (domain, span))
    return Family(*ends, Fraction(lipschitz))


def check_member(text: str, family: Family, plan: Promise) -> None:
    """A function of the class gets what is promised, one that is not is refused."""
    check(ExpressionTarget.parse(text, family.domain), plan)
    with pytest.raises(InputError, match="not of the class"):
        plan.build(ExpressionTarget.parse("9000*x", family.domain))


def check_designed(
    designs: Callable[..., Designs],
    text: str,
    domain: tuple[Fraction | int, Fraction | int],
    error: str,
    form: Codebook,
) -> None:
    """What a method designs for a target on some domain keeps its claim."""
    target = parse_target(text, Interval(Fraction(domain[0]), Fraction(domain[1])))
    found = designs(target, Fraction(error), [form], smoothness=1 if "gelu" in text else None)
    check_claim(found.constructions[0], target, Fraction(error))


def check_claim(made: Construction, target: Target, error: Fraction) -> None:
    """What a construction claims is at most the error, and true."""
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"
    assert verdict.lower <= made.claimed_error <= error
