from dataclasses import replace
from fractions import Fraction

import pytest

from bitproof.execute.reference import evaluate
from bitproof.report import curve as curve_module
from bitproof.report.curve import curve_of
from tests.report.results import no_design, sine_result


def test_interpolation_between_breakpoints_is_the_network():
    result = sine_result()
    curve = curve_of(result)
    for x, drawn in list(zip(curve.x, curve.network, strict=True))[::7]:
        exact = evaluate(result.network, (Fraction(x),))[0]
        assert drawn == pytest.approx(float(exact), abs=1e-14)


def test_the_peak_is_on_the_curve_and_no_point_lies_above_the_bound():
    result = sine_result()
    curve = curve_of(result)
    assert curve.peak[0] == float(result.verdict.witness)
    assert curve.peak[0] in curve.x
    assert max(abs(error) for error in curve.error) <= curve.bound
    assert curve.peak[1] == pytest.approx(curve.error[curve.x.index(curve.peak[0])], abs=1e-6)


def test_points_ascend_and_end_at_the_ends():
    curve = curve_of(sine_result())
    assert list(curve.x) == sorted(set(curve.x))
    assert (curve.x[0], curve.x[-1]) == (0.0, 1.0)


def test_networks_with_too_many_pieces_are_sampled(monkeypatch):
    exact = curve_of(sine_result())
    monkeypatch.setattr(curve_module, "MOST_BREAKPOINTS", 4)
    sampled = curve_of(sine_result())
    assert sampled.breakpoints == ()
    assert len(sampled.x) in (curve_module.POINTS + 1, curve_module.POINTS + 2)
    assert sampled.peak == exact.peak
    assert max(sampled.network) == pytest.approx(max(exact.network), abs=1e-12)


def test_fixed_point_inputs_are_drawn_at_values_of_the_format():
    curve = curve_of(replace(sine_result(), inputs="UQ0.6"))
    witness = curve.peak[0]
    assert all((64 * x) % 1 == 0 for x in curve.x if x != witness)
    assert not curve.continuous
    assert curve.breakpoints == ()


def test_a_result_without_a_design_has_no_curve():
    with pytest.raises(ValueError, match="without a design"):
        curve_of(no_design())
