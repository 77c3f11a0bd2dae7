"""A neuron may change its sign within a cell only if the output does not depend on it."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest

from bitproof.certify import certify_sup_error
from bitproof.certify.breakpoints import breakpoints
from bitproof.checker import check_object
from bitproof.checker.document import digest
from bitproof.construct import select_and_decode_search
from bitproof.construct.march_class import Family
from bitproof.construct.select_and_decode_class import class_select_and_decode
from bitproof.exact import Interval, Q
from bitproof.execute.reference import evaluate, evaluate_layers, preactivations
from tests.construct.paths import path_table

UNIT = Interval(Fraction(0), Fraction(1))


@pytest.fixture(scope="module")
def guarded():
    """A network whose strings are garbage in some cells, and its verdict."""
    patch = pytest.MonkeyPatch()
    patch.setattr(select_and_decode_search, "MOST_KINKS", 0)
    family = Family(UNIT, Interval(Fraction(-1), Fraction(1)), Fraction(1))
    plan = class_select_and_decode(family, Q(3, 1), Fraction(1, 120))
    patch.undo()
    assert plan.found.guarded
    target = path_table("random", 120)
    network = plan.build(target).network
    return network, certify_sup_error(network, target, UNIT, error=plan.error)


def test_cells_of_garbage_stay_whole_and_the_checker_agrees(guarded):
    network, verdict = guarded
    assert verdict.status == "proved"
    points = [Fraction(text) for text in verdict.certificate.data["breakpoints"]]
    changing = 0
    before = None
    for x in points:
        layers = evaluate_layers(network, [x])
        after = [preactivations(layer, layers) for layer in network.layers[:-1]]
        if before is not None:
            changing += any(
                a * b < 0
                for left, right in zip(before, after, strict=True)
                for a, b in zip(left, right, strict=True)
            )
        before = after
    assert changing >= 16
    report = check_object(verdict.certificate.data)
    assert report.status == "proved", report.reason


def test_the_function_is_affine_on_every_cell(guarded):
    network, _ = guarded
    function = breakpoints(network, UNIT)
    for index in range(0, len(function.points) - 1, 3):
        a, b = function.points[index : index + 2]
        for share in (Fraction(1, 7), Fraction(1, 2), Fraction(8, 9)):
            x = a + share * (b - a)
            assert evaluate(network, [x]) == (function(x),)


def test_without_its_guard_the_same_file_is_refused(guarded):
    """The guard is the last of the clips: without it the garbage gets out."""
    _, verdict = guarded
    data = copy.deepcopy(verdict.certificate.data)
    guards = [
        layer
        for layer in data["network"]["layers"]
        if layer["bias"] == [4] and layer["weights"] == [[[0, -2]]]
    ]
    guards[-1]["bias"] = [0]
    data["claim"]["lower"] = "0"
    data["digest"] = digest(data)
    report = check_object(data)
    assert report.status == "invalid"
    assert "breakpoint of a network is missing" in report.reason
