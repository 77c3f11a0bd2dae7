"""Any change of a certificate is noticed: by the digest, and by the proof if the digest is redone.

Every edit below makes the statement false (or malformed), so it must be invalid in both cases.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitproof.checker import check_object
from bitproof.execute.reference import evaluate
from bitproof.network import network_from_json
from tests.checker import certificates as made

Path = tuple[str | int, ...]
HIDDEN: Path = ("network", "layers", 0)
OUTPUT: Path = ("network", "layers", 1)


def changed(data: made.Data, path: Path, value: object) -> made.Data:
    result = copy.deepcopy(data)
    place: Any = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return result


def leaves(data: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list):
        for key, value in enumerate(data):
            yield from leaves(value, (*path, key))
    else:
        yield path, data


def other(value: object) -> object:
    """Another value of the same type."""
    if isinstance(value, bool) or value is None:
        return "1"
    if isinstance(value, int):
        return value + 1
    try:
        return str(Fraction(str(value)) + Fraction(1, 1000))
    except ValueError:
        return str(value) + " "


@pytest.mark.parametrize("make", made.ALL)
def test_any_changed_leaf_breaks_the_digest(make: Callable[[], made.Data]) -> None:
    data = make()
    for path, value in leaves(data):
        report = check_object(changed(data, path, other(value)))
        assert report.status == "invalid", path
        assert path == ("digest",) or "digest" in report.reason or len(path) <= 2


EDITS: list[tuple[Callable[[], made.Data], Path, object]] = [
    (made.square, (*HIDDEN, "weights", 0, 0, 1), 5),
    (made.square, (*HIDDEN, "weights", 0), []),
    (made.square, (*HIDDEN, "bias", 2), -1),
    (made.square, (*HIDDEN, "bias", 0), 1),
    (made.square, (*HIDDEN, "denominator"), 5),
    (made.square, (*HIDDEN, "denominator"), 0),
    (made.square, (*HIDDEN, "activation"), "identity"),
    (made.square, (*HIDDEN, "activation"), "sigmoid"),
    (made.square, (*HIDDEN, "sources"), []),
    (made.square, (*HIDDEN, "sources"), [1]),
    (made.square, (*HIDDEN, "columns"), 2),
    (made.square, (*OUTPUT, "sources"), [0]),
    (made.square, (*OUTPUT, "weights", 0, 3, 1), 1),
    (made.square, (*OUTPUT, "weights", 0, 1, 0), 0),
    (made.square, (*OUTPUT, "bias", 0), 1),
    (made.square, (*OUTPUT, "denominator"), 3),
    (made.square, (*OUTPUT, "activation"), "tanh"),
    (made.square, ("network", "weight_format"), {"kind": "Q", "a": -1, "b": 1}),
    (made.square, ("network", "weight_format"), {"kind": "codebook", "values": ["0", "1"]}),
    (made.square, ("network", "semantics"), "fixed-point"),
    (made.square, ("network", "input_format"), made.FORMAT),
    (made.square, ("network", "inputs"), 2),
    (made.square, ("network", "layers"), []),
    (made.square, ("network", "version"), 2),
    (made.square, ("semantics",), "fixed-point"),
    (made.square, ("version",), 2),
    (made.square, ("version",), True),
    (made.square, ("format",), "bitproof-network"),
    (made.square, ("unknown",), 1),
    (made.square, ("claim", "kind"), "mean-error"),
    (made.square, ("claim", "status"), "refuted"),
    (made.square, ("claim", "status"), "undecided"),
    (made.square, ("claim", "upper"), "1/65"),
    (made.square, ("claim", "upper"), None),
    (made.square, ("claim", "upper"), "-1/64"),
    (made.square, ("claim", "upper"), 1),
    (made.square, ("claim", "upper"), "0.1"),
    (made.square, ("claim", "upper"), "1/0"),
    (made.square, ("claim", "lower"), "1/63"),
    (made.square, ("claim", "lower"), "-1"),
    (made.square, ("claim", "lower"), None),
    (made.square, ("claim", "requested"), "1/65"),
    (made.square, ("claim", "witness"), "1/4"),
    (made.square, ("claim", "witness"), "2"),
    (made.square, ("target", "text"), "x^2+1/1000"),
    (made.square, ("target", "text"), "x^3"),
    (made.square, ("target", "text"), "2x"),
    (made.square, ("target", "kind"), "table"),
    (made.square, ("target",), []),
    (made.square, ("inputs", "lower"), "-1"),
    (made.square, ("inputs", "upper"), "2"),
    (made.square, ("inputs", "upper"), "3/4"),
    (made.square, ("inputs", "kind"), "grid"),
    (made.square, ("breakpoints",), ["0", "1"]),
    (made.square, ("breakpoints",), ["0", "1/4", "3/4", "1"]),
    (made.square, ("breakpoints",), ["0", "1/4", "1/2", "3/4"]),
    (made.square, ("breakpoints",), ["1/4", "1/2", "3/4", "1"]),
    (made.square, ("breakpoints",), ["0", "1/2", "1/4", "3/4", "1"]),
    (made.square, ("breakpoints",), ["0", "1/4", "1/4", "1/2", "3/4", "1"]),
    (made.square, ("breakpoints", 2), "501/1000"),
    (made.square, ("breakpoints",), []),
    (made.absolute, ("breakpoints", 1), "333/1000"),
    (made.absolute, (*OUTPUT, "denominator"), 7),
    (made.absolute, ("claim", "upper"), "1/25"),
    (made.table, ("target", "points", 2, 1), "1/5"),
    (made.table, ("target", "points", 4, 0), "2/3"),
    (made.table, ("target", "points", 1, 0), "3/4"),
    (made.table, ("target", "points"), [["0", "0"]]),
    (made.table, ("inputs", "upper"), "2"),
    (made.networks, ("breakpoints",), ["0", "2"]),
    (made.networks, ("target", "network", "layers", 0, "bias", 1), -3),
    (made.networks, ("target", "network", "layers", 1, "denominator"), 4),
    (made.networks, ("target", "network", "semantics"), "fixed-point"),
    (made.samples, ("target", "lipschitz"), "11/10"),
    (made.samples, ("target", "lipschitz"), "-1"),
    (made.samples, ("target", "points", 1, 2), "1/10"),
    (made.samples, ("target", "points", 1, 0), "9/10"),
    (made.samples, ("claim", "lower"), "1/1000"),
    (made.refuted, ("claim", "requested"), "1/4"),
    (made.refuted, ("claim", "requested"), None),
    (made.refuted, ("claim", "status"), "proved"),
    (made.refuted, ("claim", "lower"), "13/50"),
    (made.refuted, ("claim", "witness"), "1/10"),
    (made.refuted, ("claim", "upper"), "6/25"),
    (made.grid, ("claim", "upper"), "1/33"),
    (made.grid, ("claim", "witness"), "1/32"),
    (made.grid, ("claim", "witness"), "1/8"),
    (made.grid, ("inputs", "format", "scale"), 24),
    (made.grid, ("inputs", "format", "lowest"), 1),
    (made.grid, ("inputs", "kind"), "interval"),
    (made.grid, ("network", "layers", 0, "output_format", "scale"), 8),
    (made.grid, ("network", "layers", 0, "output_format", "highest"), 7),
    (made.grid, ("network", "input_format", "highest"), 7),
    (made.grid, ("network", "layers", 0, "activation"), "relu"),
    (made.grid, ("semantics",), "real"),
]


@pytest.mark.parametrize(("make", "path", "value"), EDITS)
def test_a_false_statement_is_invalid(
    make: Callable[[], made.Data], path: Path, value: object
) -> None:
    edited = changed(make(), path, value)
    assert check_object(edited).status == "invalid"
    report = check_object(made.sealed(edited))
    assert report.status == "invalid"
    assert "digest" not in report.reason


def test_a_missing_key_is_named() -> None:
    for key in made.square():
        data = made.square()
        del data[key]
        report = check_object(data)
        assert report.status == "invalid"
        assert key in report.reason or key in ("inputs", "format", "version")


def test_a_shorter_interval_is_another_claim() -> None:
    """With its own digest a true statement about fewer inputs is proved; it says which inputs."""
    data = made.square()
    data["breakpoints"].pop()
    data["inputs"]["upper"] = "3/4"
    assert check_object(data).status == "invalid"
    assert check_object(made.sealed(data)).status == "proved"


def truth(data: made.Data) -> bool:
    """The claim of a certificate of x², by brute force at many exact points."""
    network, claim = network_from_json(data["network"]), data["claim"]
    lower, upper = Fraction(data["inputs"]["lower"]), Fraction(data["inputs"]["upper"])

    def error(x: Fraction) -> Fraction:
        return abs(x**2 - evaluate(network, [x])[0])

    points = [lower + (upper - lower) * Fraction(i, 64) for i in range(65)]
    below = all(error(x) <= Fraction(claim["upper"]) for x in points)
    return below and error(Fraction(claim["witness"])) >= Fraction(claim["lower"])


NUMBERS = [
    (path, value)
    for path, value in leaves(made.square())
    if path[0] in ("claim", "inputs", "network", "breakpoints")
    and (isinstance(value, int) or (isinstance(value, str) and value[:1].isdigit()))
]


@given(st.sampled_from(NUMBERS), st.integers(-3, 3), st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_what_is_proved_is_true(leaf: tuple[Path, object], p: int, q: int) -> None:
    path, value = leaf
    edited: object = (
        value + p if isinstance(value, int) else str(Fraction(str(value)) + Fraction(p, q))
    )
    data = made.sealed(changed(made.square(), path, edited))
    if check_object(data).status == "proved":
        assert truth(data)
