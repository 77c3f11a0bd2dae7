"""What every promise has to keep for a function of its class."""

from __future__ import annotations

from fractions import Fraction

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.construction import Construction
from bitproof.construct.promise import Promise
from bitproof.network import measure
from bitproof.target.target import Target


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


def check_claim(made: Construction, target: Target, error: Fraction) -> None:
    """What a construction claims is at most the error, and true."""
    verdict = certify_sup_error(made.network, target, target.domain, error=error)
    assert verdict.status == "proved"
    assert verdict.lower <= made.claimed_error <= error
