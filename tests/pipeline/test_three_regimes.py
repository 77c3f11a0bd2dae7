"""The sweep of the three regimes: promises certified on worst-case paths, between the bounds."""

from fractions import Fraction

import pytest

from bitproof.certify.one_dimension import certify_sup_error
from bitproof.construct.lipschitz_builder import best_promise, promises
from bitproof.errors import InputError, NoDesignError
from bitproof.exact import Q
from bitproof.pipeline.sweep import run_sweep
from bitproof.pipeline.three_regimes import (
    NAME,
    SPAN,
    UNIT,
    Grid,
    NetworkJob,
    all_jobs,
    assembled,
    memory_jobs,
    places,
    regime_jobs,
)
from bitproof.pipeline.three_regimes_paths import coding_of, worst_case
from bitproof.theory.planner import Question
from bitproof.theory.regimes import Regime

SMALL = Grid((3, 12), (4, 16, 32), (1, 2, 8), (5,), ("random", "adversarial"))


@pytest.fixture(scope="module")
def found():
    classes = places(SMALL)
    by_place, memory = regime_jobs(SMALL, classes), memory_jobs(SMALL)
    jobs = all_jobs(by_place, memory)
    assert len({job.key for job in jobs}) == len(jobs)
    return assembled(SMALL, classes, by_place, memory, run_sweep(NAME, jobs))


def test_every_promise_is_proved_and_no_bound_is_beaten(found):
    assert found.failures == ()
    assert found.all_proved
    built = [row for row in found.regimes if row["promised_error"] is not None]
    assert built
    for row in built:
        promised, lower = Fraction(row["promised_error"]), Fraction(row["lower_bound"])
        upper, attained = Fraction(row["certified_upper"]), Fraction(row["attained_lower"])
        assert lower < promised
        assert attained <= upper <= promised
        assert row["width"] <= row["W"]
        assert row["depth"] <= row["L"]
        if row["path"] == "adversarial" and row["depth"] > 1:
            # the class has a function that is worse than the lower bound says, and here it is
            assert attained > lower
    assert {row["regime"] for row in found.regimes} >= {Regime.UNDER.value, Regime.PROPER.value}


def test_more_bits_and_layers_never_hurt(found):
    promised = {
        (row["W"], row["L"], row["b"]): Fraction(row["promised_error"])
        for row in found.regimes
        if row["promised_error"] is not None
    }
    for (width, depth, b), error in promised.items():
        for larger in ((12, depth, b), (width, 32, b), (width, depth, 8)):
            assert promised[larger] <= error


def test_kappa_is_above_one(found):
    assert found.memory
    for row in found.memory:
        assert 1 < row["kappa_attained"] <= row["kappa_promised"] or row["path"] == "random"
        assert row["kappa_promised"] > 1


@pytest.mark.parametrize("depth", [30, 64])
@pytest.mark.parametrize("width", [3, 14])
@pytest.mark.parametrize("form", [Q(0, 1), Q(1, 1), Q(2, 1)], ids=str)
def test_the_adversary_nearly_attains_the_promise(width, depth, form):
    question = Question(UNIT, SPAN, Fraction(1), width=width, depth=depth)
    promise = best_promise(question, [form])
    assert coding_of(promise) is not None
    target = worst_case("adversarial", promise, 1)
    slopes = {
        (b - a) / (y - x) for (x, a), (y, b) in zip(target.points, target.points[1:], strict=False)
    }
    assert slopes <= {Fraction(1), Fraction(-1)}
    verdict = certify_sup_error(
        promise.build(target).network, target, target.domain, error=promise.error
    )
    assert verdict.status == "proved"
    assert verdict.lower >= Fraction(98, 100) * promise.error


def test_the_adversary_of_strings():
    question = Question(UNIT, SPAN, Fraction(1), error=Fraction(1, 500))
    promise = next(p for p in promises(question, [Q(2, 1)]) if p.method == "select-and-decode")
    target = worst_case("adversarial", promise, 1)
    network = promise.build(target).network
    verdict = certify_sup_error(network, target, target.domain, error=promise.error)
    assert verdict.status == "proved"
    assert verdict.lower >= Fraction(95, 100) * promise.error


def test_paths_are_members_and_named():
    promise = best_promise(Question(UNIT, SPAN, Fraction(1), width=3, depth=30), [Q(1, 1)])
    for kind in ("random", "persistent"):
        target = worst_case(kind, promise, 5)
        assert target.points[0] == (0, 0)
        assert target.points == worst_case(kind, promise, 5).points
        assert target.points != worst_case(kind, promise, 6).points
    with pytest.raises(InputError, match="one of random"):
        worst_case("smooth", promise, 1)


def test_a_job_that_plans_something_else_is_refused():
    job = NetworkJob("march", Q(1, 1), Fraction(1, 7), "random", width=3, depth=30)
    with pytest.raises(NoDesignError, match="no longer promised"):
        job.run()


def test_promises_are_near_the_bounds():
    """Every class has a promise above its lower bounds, and not far above."""
    worst = {8: 100, 64: 100}
    for place in places(Grid((1, 2, 8, 64), (1, 2, 24), (1, 4, 16), ())):
        gap = place.promise.error / place.lower
        assert gap > 1
        assert place.promise.width <= place.width
        assert place.promise.depth <= place.depth
        if place.regime is Regime.PROPER:
            assert gap <= worst.get(place.width, 60)
