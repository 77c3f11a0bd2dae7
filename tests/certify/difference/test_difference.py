"""Bounds of the difference of two networks are bounds, and attained values are attained."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitproof.certify.difference.backward import Boxes, Forms
from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.exact import differences_at, outputs_at
from bitproof.certify.difference.prove import certify_class, certify_difference
from bitproof.certify.difference.ranges import ranges_on
from bitproof.certify.difference.stack import Stack
from bitproof.errors import InputError
from bitproof.exact import Interval
from bitproof.execute.reference import evaluate, evaluate_layers, preactivations
from bitproof.network import Network
from tests.certify.difference import pairs

CASES = [
    (pairs.network((2, 6, 6, 1), seed), pairs.coarser(pairs.network((2, 6, 6, 1), seed), 3))
    for seed in range(4)
] + [
    (pairs.network((3, 8, 8, 8, 2), 7), pairs.coarser(pairs.network((3, 8, 8, 8, 2), 7), 5)),
    (pairs.with_skip(1), pairs.coarser(pairs.with_skip(1), 2)),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_exact_outputs_are_the_references(case: int) -> None:
    for network in CASES[case]:
        for point in pairs.points(pairs.cube(network.inputs), 6, case):
            assert outputs_at(network, point) == evaluate(network, point)


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("relaxation", ["hybrid", "stacked"])
def test_every_pre_activation_lies_in_its_proved_range(case: int, relaxation: str) -> None:
    hybrid = relaxation == "hybrid"
    first, second = CASES[case]
    stack = Stack.of(first, second)
    domain = pairs.cube(first.inputs, Fraction(1, 3))
    lower, upper = domain.dyadic().floats()
    outer = ranges_on(stack, Boxes(lower[None], upper[None]), hybrid=hybrid)
    halves = Boxes(np.stack([lower, lower]), np.stack([upper, (lower + upper) / 2]))
    twice = tuple(ranges.take(np.array([0, 0])) for ranges in outer.ranges)
    inner = ranges_on(stack, halves, twice, hybrid=hybrid)
    for point in pairs.points(domain, 24, case):
        values = [evaluate_layers(network, point) for network in (first, second)]
        in_half = all(x <= Fraction(m) for x, m in zip(point, (lower + upper) / 2, strict=True))
        for box, known in [(0, outer), (0, inner)] + ([(1, inner)] if in_half else []):
            for position, ranges in enumerate(known.ranges):
                layers = [network.layers[position] for network in (first, second)]
                z = [preactivations(x, v) for x, v in zip(layers, values, strict=True)]
                for copy in range(2):
                    ends = ranges.lower[copy][box], ranges.upper[copy][box]
                    for value, low, high in zip(z[copy], *ends, strict=True):
                        assert Fraction(low) <= value <= Fraction(high)
                assert ranges.difference is not None
                below, above = (end[box] for end in ranges.difference)
                for a, b, low, high in zip(*z, below, above, strict=True):
                    assert Fraction(low) <= a - b <= Fraction(high)


@given(st.integers(0, 2**32 - 1))
def test_bounding_forms_are_rounded_up_on_parts_of_their_boxes(seed: int) -> None:
    random = np.random.default_rng(seed)
    slopes = random.normal(size=(2, 3, 4)) * 2.0 ** random.integers(-30, 30, (2, 3, 4))
    offsets, ends = random.normal(size=(2, 3)), np.sort(random.normal(size=(2, 4, 2)), axis=-1)
    lower, upper = ends[..., 0], ends[..., 1]
    bounds = Forms(slopes, offsets).on(lower, upper)
    for box in range(2):
        for row in range(3):
            exact = Fraction(offsets[box, row])
            for a, low, high in zip(slopes[box, row], lower[box], upper[box], strict=True):
                exact += Fraction(a) * Fraction(high if a > 0 else low)
            assert exact <= Fraction(bounds[box, row])


@pytest.mark.parametrize("case", range(len(CASES)))
def test_the_bounds_hold_and_the_lower_ones_are_attained(case: int) -> None:
    first, second = CASES[case]
    domain = pairs.cube(first.inputs, Fraction(2, 3))
    verdict = certify_difference(first, second, domain, slack=Fraction(1, 20))
    assert verdict.status == "proved"
    assert verdict.upper is not None
    assert verdict.upper <= verdict.lower * Fraction(106, 100)
    for number, output in enumerate(verdict.outputs):
        assert output.witness in domain
        assert abs(differences_at(first, second, output.witness)[number]) == output.lower
    for point in pairs.points(domain, 200, case):
        for difference, output in zip(
            differences_at(first, second, point), verdict.outputs, strict=True
        ):
            assert output.upper is not None
            assert abs(difference) <= output.upper


def test_an_error_is_proved_or_refuted_with_an_exact_witness() -> None:
    first, second = CASES[4]
    domain = pairs.cube(3, Fraction(1, 2))
    found = certify_difference(first, second, domain, slack=Fraction(1, 50))
    assert found.upper is not None
    proved = certify_difference(first, second, domain, error=found.upper)
    assert proved.status == "proved"
    assert proved.upper == found.upper or proved.upper <= found.upper
    refuted = certify_difference(first, second, domain, error=found.lower * Fraction(9, 10))
    assert refuted.status == "refuted"
    attained = differences_at(first, second, refuted.witness)
    assert max(map(abs, attained)) == refuted.lower > found.lower * Fraction(9, 10)
    hopeless = certify_difference(first, second, pairs.cube(3, 9), time_limit=1e-9)
    assert hopeless.status == "undecided"
    assert hopeless.reason
    assert hopeless.upper is not None


def test_the_same_network_twice_differs_by_nothing() -> None:
    network = pairs.network((2, 6, 6, 1), 3)
    verdict = certify_difference(network, network, pairs.cube(2))
    assert verdict.lower == 0
    assert verdict.upper is not None
    assert verdict.upper < Fraction(1, 10**8)


def test_an_interrupted_search_is_resumed_and_a_damaged_journal_is_ignored(
    tmp_path: Path,
) -> None:
    first, second = CASES[4]
    domain = pairs.cube(3)
    journal = tmp_path / "search.journal"
    asked = {"slack": Fraction(1, 100), "journal": journal}
    cut = certify_difference(first, second, domain, time_limit=0.05, **asked)
    kept = json.loads(journal.read_text())
    assert len(kept["splits"]) == len(cut.splits)
    whole = certify_difference(first, second, domain, **asked)
    assert whole.status == "proved"
    again = certify_difference(first, second, domain, **asked)
    assert again.status == "proved"
    assert 1 < len(again.splits) <= len(whole.splits)
    for damage in ("", "{", '{"format": "bitproof-journal"}', "[1, 2]", json.dumps(kept)[:-30]):
        journal.write_text(damage)
        afresh = certify_difference(first, second, domain, **asked)
        assert afresh.status == "proved"
        assert json.loads(journal.read_text())["format"] == "bitproof-journal"
    for splits in ([0], [0, -1], [7, -1, -1], [-1, -1], [True, -1, -1], [0.5], "x"):
        journal.write_text(json.dumps(kept | {"splits": splits}).replace("0.5", '"a"'))
        assert certify_difference(first, second, domain, **asked).status == "proved"
    assert [path.name for path in tmp_path.iterdir()] == ["search.journal"]


def test_a_class_is_proved_on_small_boxes_and_refuted_on_large_ones() -> None:
    network = pairs.network((4, 12, 12, 3), 5)
    centre = (Fraction(1, 3), Fraction(-1, 2), Fraction(1, 5), Fraction(2, 7))
    values = outputs_at(network, centre)
    chosen = values.index(max(values))
    small = certify_class(network, Domain.around(centre, Fraction(1, 1000)), chosen)
    assert small.status == "proved"
    assert small.margin is not None
    for point in pairs.points(small.domain, 50, 0):
        outputs = outputs_at(network, point)
        others = max(v for j, v in enumerate(outputs) if j != chosen)
        assert outputs[chosen] - others >= small.margin
    large = certify_class(network, Domain.around(centre, Fraction(4)), chosen)
    assert large.status == "refuted"
    assert large.witness is not None
    assert large.rival is not None
    assert large.witness in large.domain
    outputs = outputs_at(network, large.witness)
    assert outputs[large.rival] >= outputs[chosen]
    wrong = certify_class(network, Domain.around(centre, Fraction(0)), (chosen + 1) % 3)
    assert wrong.status == "refuted"


def test_the_dyadic_box_encloses_and_its_midpoints_are_exact() -> None:
    sides = (
        Interval(Fraction(1, 3), Fraction(2, 3)),
        Interval(Fraction(-5), Fraction(-5)),
        Interval(Fraction(1, 255), Fraction(3, 255)),
    )
    box = Domain(sides).dyadic()
    lower, upper = box.floats()
    for side, low, high in zip(sides, lower, upper, strict=True):
        assert Fraction(low) <= side.lower <= side.upper <= Fraction(high)
    assert box.halvings >= 4
    for _ in range(box.halvings):
        middle = (lower + upper) / 2
        for low, mid, high in zip(lower, middle, upper, strict=True):
            assert Fraction(mid) == (Fraction(low) + Fraction(high)) / 2
        lower = middle


def test_what_cannot_be_compared_is_refused() -> None:
    first = pairs.network((2, 6, 1), 0)
    with pytest.raises(InputError, match="shapes"):
        certify_difference(first, pairs.network((2, 5, 1), 0), pairs.cube(2))
    with pytest.raises(InputError, match="sides"):
        certify_difference(first, first, pairs.cube(3))
    with pytest.raises(InputError, match="positive"):
        certify_difference(first, first, pairs.cube(2), error=Fraction(0))
    with pytest.raises(InputError, match="class"):
        certify_class(first, pairs.cube(2), 0)
    with pytest.raises(InputError, match="radius"):
        Domain.around([Fraction(0)], Fraction(-1))


def test_weights_of_any_rational_are_bounded_rigorously() -> None:
    """Denominators of 3 are no floats; the error bounds cover the nearest ones."""
    thirds = _over(pairs.network((2, 6, 6, 1), 1), 3**5)
    other = _over(pairs.coarser(pairs.network((2, 6, 6, 1), 1), 5), 3)
    domain = pairs.cube(2, Fraction(1, 7))
    verdict = certify_difference(thirds, other, domain)
    for point in pairs.points(domain, 60, 0):
        assert abs(differences_at(thirds, other, point)[0]) <= (verdict.upper or 0)


def _over(network: Network, factor: int) -> Network:
    from dataclasses import replace

    layers = tuple(replace(x, denominator=x.denominator * factor) for x in network.layers)
    return replace(network, layers=layers)


def test_a_resumed_search_keeps_to_its_time_and_to_what_was_found(tmp_path: Path) -> None:
    first, second = CASES[4]
    domain = pairs.cube(3)
    journal = tmp_path / "search.journal"
    certify_difference(first, second, domain, slack=Fraction(1, 100), journal=journal)
    kept = journal.read_bytes()
    short = certify_difference(
        first, second, domain, slack=Fraction(1, 100), journal=journal, time_limit=1e-9
    )
    assert short.status == "undecided"
    assert journal.read_bytes() == kept
