"""Certificates made by hand, with fractions alone: what the checker is tested on."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

Data = dict[str, Any]


def digest(data: Data) -> str:
    rest = {key: value for key, value in data.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest()


def sealed(data: Data) -> Data:
    """A copy with the digest that fits it."""
    result = copy.deepcopy(data)
    result["digest"] = digest(result)
    return result


def write(data: Data, folder: Path, name: str = "certificate.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(data))
    return path


def layer(
    sources: Sequence[int],
    rows: Sequence[Sequence[Fraction | int]],
    bias: Sequence[Fraction | int],
    activation: str,
) -> Data:
    """A layer from dense rational rows."""
    entries = [Fraction(w) for row in rows for w in row] + [Fraction(b) for b in bias]
    den = math.lcm(1, *(entry.denominator for entry in entries))
    return {
        "sources": list(sources),
        "columns": len(rows[0]),
        "denominator": den,
        "weights": [[[c, int(w * den)] for c, w in enumerate(row) if w] for row in rows],
        "bias": [int(b * den) for b in bias],
        "activation": activation,
    }


def network(layers: Sequence[Data], weight_format: Data | None = None, **extra: Any) -> Data:
    return {
        "format": "bitproof-network",
        "version": 1,
        "semantics": "real",
        "inputs": 1,
        "weight_format": weight_format,
        "layers": list(layers),
        **extra,
    }


def interpolant(points: Sequence[tuple[Fraction, Fraction]]) -> Data:
    """One hidden layer of hinges at the points: y_0 + Σ c_i·relu(x - x_i)."""
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    changes = [slopes[0], *(b - a for a, b in pairwise(slopes))]
    hinges = layer([0], [[1]] * len(slopes), [-x for x, _ in points[:-1]], "relu")
    return network([hinges, layer([1], [changes], [points[0][1]], "identity")])


def certificate(
    net: Data,
    target: Data,
    breakpoints: Sequence[Fraction],
    upper: Fraction | None,
    lower: Fraction,
    witness: Fraction,
    requested: Fraction | None = None,
    status: str = "proved",
) -> Data:
    return sealed(
        {
            "format": "bitproof-certificate",
            "version": 1,
            "claim": {
                "kind": "sup-error",
                "status": status,
                "requested": None if requested is None else str(requested),
                "upper": None if upper is None else str(upper),
                "lower": str(lower),
                "witness": str(witness),
            },
            "semantics": net["semantics"],
            "inputs": {
                "kind": "interval",
                "lower": str(breakpoints[0]),
                "upper": str(breakpoints[-1]),
            },
            "target": target,
            "network": net,
            "breakpoints": [str(x) for x in breakpoints],
            "made_by": "a test",
        }
    )


def expression(text: str) -> Data:
    return {"kind": "expression", "text": text}


def square() -> Data:
    """x² on [0, 1] by four chords: the error is exactly 1/64, at the centre of every cell."""
    xs = [Fraction(i, 4) for i in range(5)]
    net = interpolant([(x, x * x) for x in xs])
    bound = Fraction(1, 64)
    return certificate(net, expression("x^2"), xs, bound, bound, Fraction(1, 8), Fraction(1, 50))


def absolute() -> Data:
    """abs(x - 1/3) by two hinges of weights ±1/2 …, raised by 1/8 of the right branch's slope."""
    third = Fraction(1, 3)
    hinges = layer([0], [[1], [-1]], [-third, third], "relu")
    out = layer([1], [[1, Fraction(7, 8)]], [0], "identity")
    bound = Fraction(1, 24)
    xs = [Fraction(0), third, Fraction(1)]
    return certificate(
        network([hinges, out]), expression("abs(x-1/3)"), xs, bound, bound, Fraction(0), bound
    )


def sampled(
    text: str, function: Any, xs: Sequence[Fraction], upper: Fraction, scale: int = 1 << 24
) -> Data:
    """An interpolant of float values rounded to 1/scale; `upper` is claimed."""
    points = [(x, Fraction(round(function(float(x)) * scale), scale)) for x in xs]
    net = interpolant(points)
    return certificate(net, expression(text), xs, upper, Fraction(0), xs[0])


def evenly(lower: Fraction, upper: Fraction, pieces: int) -> list[Fraction]:
    return [lower + (upper - lower) * Fraction(i, pieces) for i in range(pieces + 1)]


def table() -> Data:
    """A table of x² at multiples of 1/4 against its chord: the error is 1/4 at 1/2."""
    points = [[str(Fraction(i, 4)), str(Fraction(i * i, 16))] for i in range(5)]
    net = interpolant([(Fraction(0), Fraction(0)), (Fraction(1), Fraction(1))])
    target = {"kind": "table", "name": "squares", "points": points}
    bound = Fraction(1, 4)
    return certificate(net, target, [Fraction(0), Fraction(1)], bound, bound, Fraction(1, 2))


def networks() -> Data:
    """A hat against half of it on [0, 2]: the error is 1/2 at 1."""
    hat = interpolant([(Fraction(x), Fraction(x % 2)) for x in range(3)])
    low = interpolant([(Fraction(x), Fraction(x % 2, 2)) for x in range(3)])
    xs, bound = [Fraction(x) for x in range(3)], Fraction(1, 2)
    return certificate(hat, {"kind": "network", "network": low}, xs, bound, bound, Fraction(1))


def samples() -> Data:
    """Every f with f(0) = f(1) = 0 and Lipschitz constant 1 lies within 1/2 of N = 0."""
    zero = network([layer([0], [[0]], [0], "identity")])
    points = [["0", "-1/100", "1/100"], ["1", "0", "0"]]
    target = {"kind": "samples", "lipschitz": "1", "points": points}
    bound = Fraction(101, 200)
    return certificate(zero, target, [Fraction(0), Fraction(1)], bound, Fraction(0), Fraction(0))


def refuted() -> Data:
    """x² by one chord misses 1/5: the error is 1/4 at 1/2."""
    net = interpolant([(Fraction(0), Fraction(0)), (Fraction(1), Fraction(1))])
    ends, asked = [Fraction(0), Fraction(1)], Fraction(1, 5)
    lower, witness = Fraction(1, 4), Fraction(1, 2)
    return certificate(net, expression("x^2"), ends, None, lower, witness, asked, "refuted")


FORMAT = {
    "lowest": -16,
    "highest": 15,
    "scale": 16,
    "rounding": "nearest-even",
    "overflow": "saturate",
}


def grid() -> Data:
    """x/2 rounded to multiples of 1/16 on every level of Q0.4: off by 1/32 at odd levels."""
    half = layer([0], [[Fraction(1, 2)]], [0], "identity") | {"output_format": FORMAT}
    net = network([half], semantics="fixed-point", input_format=FORMAT)
    bound = Fraction(1, 32)
    data = certificate(
        net,
        expression("x/2"),
        [Fraction(-1), Fraction(15, 16)],
        bound,
        bound,
        Fraction(1, 16),
        bound,
    )
    del data["breakpoints"]
    data["inputs"] |= {"kind": "grid", "format": FORMAT}
    return sealed(data)


ALL = (square, absolute, table, networks, samples, refuted, grid)
