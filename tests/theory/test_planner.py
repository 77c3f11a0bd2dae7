"""Questions, formulas and comparisons of the planner, without any construction."""

from fractions import Fraction

import pytest

from bitproof.errors import InputError
from bitproof.exact import Interval, Q, parse_codebook
from bitproof.theory.planner import Question, answer, judged, pareto, shallow_bound
from bitproof.theory.regimes import Regime
from bitproof.theory.upper_bounds import PaperTheorem

UNIT = Interval(Fraction(0), Fraction(1))
WIDE = Interval(Fraction(-1), Fraction(1))


def question(**goal):
    return Question(UNIT, WIDE, Fraction(1), **goal)


def offered(form, bits, depth, error, width=3):
    return judged(
        question(memory=10**6),
        method="march",
        form=form,
        depth=depth,
        width=width,
        dense_weights=bits // form.memory_bits(1),
        nonzero=(0, bits),
        error=Fraction(error),
    )


def test_the_papers_constants():
    least = PaperTheorem(2, 2, 2)
    assert (least.width, least.depth, least.largest_coefficient) == (1712, 202, 81)
    assert least.error == Fraction(3, 32)
    for error in (Fraction(1, 10), Fraction(1, 1000), Fraction(1, 10**6)):
        found = PaperTheorem.for_error(error)
        assert found.error <= error
        assert found.dense_weights * found.error > 10**5
    with pytest.raises(InputError):
        PaperTheorem(1, 2, 2)


def test_a_question_has_a_goal():
    for goal in ({}, {"width": 3}, {"depth": 4}, {"weight_bits": 4}):
        with pytest.raises(InputError):
            question(**goal)
    for goal in ({"error": Fraction(0)}, {"memory": 0}, {"width": 0, "depth": 1}):
        with pytest.raises(InputError):
            question(**goal)


def test_bounds_respect_the_range():
    narrow = Question(UNIT, Interval(Fraction(0), Fraction(1, 50)), Fraction(1), memory=5)
    assert narrow.least_error(0) == Fraction(1, 100)
    assert narrow.least_error(999) == Fraction(1, 2000)
    assert question(memory=5).least_error(999) == Fraction(1, 1000)
    assert narrow.least_bits(Fraction(1, 100)) == 0
    for bits in (100, 1000):
        assert narrow.least_bits(narrow.least_error(bits)) == bits
    assert question(memory=1).precision_counts(2, 1)
    away = Question(Interval(Fraction(1), Fraction(2)), WIDE, Fraction(1), memory=1)
    assert not away.precision_counts(2, 1)


def test_choices_are_judged():
    choice = offered(Q(0, 1), 3000, 100, "1/100")
    assert (choice.regime, choice.dense_bits, choice.operations) == (Regime.PROPER, 3000, 1000)
    assert (choice.kappa, choice.least_bits, choice.wasted_bits) == (30, 99, 2901)
    assert choice.gap == choice.error / choice.lower > 1
    assert offered(parse_codebook("-1,0,1/2,1"), 3000, 100, "1/100").regime is None


def test_pareto_keeps_what_nothing_beats():
    good = [offered(Q(0, 1), 3000, 100, "1/100"), offered(Q(1, 1), 4000, 50, "1/100")]
    beaten = offered(Q(0, 1), 3003, 100, "1/100")
    assert pareto([beaten, *good, good[0]]) == good
    plan = answer(question(memory=3500), [*good, beaten], "more")
    assert (plan.choices, plan.needed) == ((good[0],), "")
    assert answer(question(memory=10), good, "more").needed == "more"
    both = answer(question(error=Fraction(1, 50), depth=60, memory=10**4), good, "more")
    assert both.choices == (good[1],)
    assert answer(question(error=Fraction(1, 50), width=2), good, "more").choices == ()


def test_shallow_networks_pay_more_than_any_constant():
    ratios = []
    for power in (10, 20, 40, 80):
        bits = 1 << power
        ratios.append(shallow_bound(question(memory=1), 2, bits) * bits)
    assert ratios == sorted(ratios)
    assert ratios[-1] > 50
    assert shallow_bound(question(memory=1), 3, 5000) < shallow_bound(question(memory=1), 2, 5000)
    with pytest.raises(InputError):
        shallow_bound(question(memory=1), 4, 5000)
