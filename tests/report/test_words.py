from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bitproof.certify.verdict import Proved, Refuted, Undecided
from bitproof.exact import Interval
from bitproof.network import network_to_json
from bitproof.pipeline.results import CertifyResult
from bitproof.report.words import (
    against_network,
    certify_claim,
    claim,
    comparison,
    exact_number,
    lower_bound,
    upper_bound,
)
from tests.report.results import no_design, sine_result

rationals = st.fractions(min_value=Fraction(1, 10**9), max_value=10**6)


@given(rationals, rationals)
def test_a_printed_upper_bound_is_one_and_does_not_contradict_the_request(value, slack):
    printed = Fraction(upper_bound(value, value + slack))
    assert printed >= value
    assert Fraction(upper_bound(value)) >= value
    if slack > value / 1000:
        assert printed <= value + slack


@given(rationals)
def test_a_printed_lower_bound_is_one(value):
    assert Fraction(lower_bound(value)) <= value


@given(st.fractions())
def test_exact_numbers_are_exact(value):
    assert Fraction(exact_number(value)) == value


def test_the_claim_names_bound_request_and_domain():
    result = sine_result()
    words = claim(result)
    assert words.startswith("|f(x) − N(x)| ≤ 0.0181 ≤ 0.025 for every real x in [0, 1]")
    assert "every Q0.12 input x" in claim(replace(result, inputs="Q0.12"))
    assert claim(no_design()).startswith("no design: error 0.025")


def test_the_comparison_is_honest_both_ways():
    result = sine_result()
    assert comparison(result).startswith("The lerp, differences is smaller here: 303 bits; ")
    assert comparison(result).endswith("smaller than the lookup table and the lerp.")
    without_best = replace(result, competitors=result.competitors[:2])
    assert comparison(without_best).startswith("The network is the smallest: 736 bits (dense)")
    assert comparison(replace(result, competitors=())) == ""
    assert against_network(result.competitors[2], 606) == "2.0× smaller"
    assert against_network(result.competitors[2], 303) == "same size"


def test_the_three_verdicts_of_certify():
    result = sine_result()
    certificate = result.verdict.certificate
    at = Fraction(1, 3)
    proved = Proved(Fraction(2, 100), Fraction(19, 1000), at, certificate)
    refuted = Refuted(Fraction(19, 1000), at, None, certificate)
    undecided = Undecided(Fraction(1, 100), None, at, "out of work")
    unit = Interval(Fraction(0), Fraction(1))

    def words(verdict, error):
        goal = result.target
        return certify_claim(
            CertifyResult(verdict, result.network, goal, goal.text, unit, "real", error)
        )

    assert words(proved, Fraction(1, 50)).startswith("|f(x) − N(x)| ≤ 0.02 ≤ 0.02 for every real")
    assert words(refuted, Fraction(1, 100)) == "|f(x) − N(x)| ≥ 0.019 > 0.01 at x = 1/3"
    assert words(undecided, None).endswith("and unknown")
    assert network_to_json(result.network)["semantics"] == "real"
