"""A small true result: sin(2*pi*x) by hinges, its network, bound and certificate computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from bitproof.certify.certificate import Certificate
from bitproof.certify.verdict import Proved
from bitproof.construct.construction import Construction
from bitproof.exact import Interval, Q, write_rational
from bitproof.execute.reference import evaluate
from bitproof.network import Activation, NetworkBuilder, measure, network_to_json
from bitproof.pipeline.results import CandidateRow, CompetitorRow, CompileResult
from bitproof.target.target import Target
from bitproof.theory.function_class import Lipschitz

UNIT = Interval(Fraction(0), Fraction(1))
FORMAT = Q(6, 8)


@dataclass(frozen=True)
class Sine(Target):
    name: str = "sin(2*pi*x)"
    domain: Interval = UNIT

    @property
    def text(self):
        return self.name

    @property
    def function_class(self):
        return Lipschitz(self.domain, Fraction(7))

    def kinks(self):
        return ()

    def enclose(self, cell):  # noqa: ARG002
        return None

    def taylor(self, cell):  # noqa: ARG002
        return None

    def sample(self, points):
        return np.sin(2 * np.pi * points)

    def to_json(self):
        return {"kind": "expression", "text": self.name}


def hinges(pieces=16):
    """A network through rounded values of the sine at equidistant knots."""
    builder = NetworkBuilder(FORMAT)
    heights = [round(256 * math.sin(2 * math.pi * i / pieces)) for i in range(pieces + 1)]
    slopes = [(b - a) * pieces for a, b in pairwise(heights)]
    edges = [(builder.add([(builder.input, Fraction(1))]), Fraction(slopes[0], 256))]
    for i in range(1, pieces):
        change = Fraction(slopes[i] - slopes[i - 1], 256)
        if change:
            knot = builder.add([(builder.input, Fraction(1))], bias=-Fraction(i, pieces))
            edges.append((knot, change))
    return builder.build(
        builder.add(edges, bias=Fraction(heights[0], 256), activation=Activation.IDENTITY),
        notes=(("method", "adaptive"),),
    )


def worst(network):
    """(x, error) at the largest sampled error: a float's word, good enough for a picture."""
    points = [Fraction(i, 512) for i in range(513)]
    errors = [
        abs(math.sin(2 * math.pi * float(x)) - float(evaluate(network, (x,))[0])) for x in points
    ]
    at = max(range(513), key=errors.__getitem__)
    return points[at], errors[at]


def sine_result(name="sin(2*pi*x)", error=Fraction(1, 40), pieces=16):
    network = hinges(pieces)
    witness, lower = worst(network)
    lower = Fraction(lower).limit_denominator(10**6)
    upper = lower * Fraction(101, 100)
    knots = [write_rational(Fraction(i, pieces)) for i in range(pieces + 1)]
    certificate = Certificate.seal(
        {
            "format": "bitproof-certificate",
            "version": 1,
            "claim": {
                "kind": "sup-error",
                "status": "proved",
                "requested": write_rational(error),
                "upper": write_rational(upper),
                "lower": write_rational(lower),
                "witness": write_rational(witness),
            },
            "semantics": "real",
            "inputs": {"kind": "interval", "lower": "0", "upper": "1"},
            "target": {"kind": "expression", "text": "sin(2*pi*x)"},
            "network": network_to_json(network),
            "breakpoints": knots,
            "made_by": "bitproof 0.1.0",
        }
    )
    sizes = measure(network)
    other = measure(hinges(2 * pieces))
    rows = (
        CandidateRow("adaptive", FORMAT.name, "proved", upper, sizes, (("pieces", "16"),), True),
        CandidateRow("march", FORMAT.name, "proved", upper / 2, other),
        CandidateRow("march", "Q(0,1)", "over the limits", None, other),
    )
    return CompileResult(
        status="proved",
        target=Sine(name),
        domain=UNIT,
        inputs="real",
        error=error,
        count="dense",
        construction=Construction("adaptive", network, None, pieces, (("pieces", str(pieces)),)),
        network=network,
        measures=sizes,
        verdict=Proved(upper, lower, witness, certificate),
        candidates=rows,
        competitors=(
            CompetitorRow("lookup table", 46384, Fraction(1, 50), 2899, "values alone"),
            CompetitorRow("lerp", 828, Fraction(1, 44), 69, "linear interpolation"),
            CompetitorRow("lerp, differences", 303, Fraction(1, 41), 69, "coded differences"),
        ),
        seconds={"build": 0.21, "certify": 0.13, "competitors": 0.05, "total": 0.39},
    )


def no_design():
    """The outcome when nothing within the limits was proved."""
    return replace(
        sine_result(),
        status="no design",
        construction=None,
        network=None,
        measures=None,
        verdict=None,
        candidates=sine_result().candidates[2:],
        needed="error 0.025 within --max-depth 1: adaptive: a depth of 2 would do",
    )
