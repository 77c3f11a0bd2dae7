"""Hypothesis strategies shared by the tests: rationals, intervals, expressions, hostile strings."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from bitproof.exact import Interval
from bitproof.target.ast import Binary, Call, Constant, Negate, Node, Number, Variable, Where

X = Variable("x")
SMOOTH_FUNCTIONS = (
    "exp", "expm1", "sin", "cos", "atan", "tanh", "erf", "sigmoid", "softplus", "silu", "mish",
    "gelu", "sinh", "cosh",
)  # fmt: skip
ENDED_FUNCTIONS = ("sqrt", "cbrt", "log", "log1p", "log2", "tan", "asin", "acos")
KINKED_FUNCTIONS = ("abs", "relu", "elu", "leaky_relu")


def rationals(
    low: int = -8, high: int = 8, denominators: int = 1000
) -> st.SearchStrategy[Fraction]:
    """Rationals in [low, high] of bounded denominator."""
    return st.fractions(min_value=low, max_value=high, max_denominator=denominators)


def intervals(low: int = -8, high: int = 8) -> st.SearchStrategy[Interval]:
    """Intervals of positive width."""
    pair = st.tuples(rationals(low, high), rationals(low, high))
    return pair.filter(lambda ends: ends[0] != ends[1]).map(
        lambda ends: Interval(min(ends), max(ends))
    )


def decimals() -> st.SearchStrategy[Number]:
    """Numbers as the grammar writes them: no sign, a terminating decimal."""
    return st.builds(
        lambda digits, places: Number(Fraction(digits, 10**places)),
        st.integers(0, 10**6),
        st.integers(0, 8),
    )


def trees(functions: tuple[str, ...] | None = None, leaves: int = 12) -> st.SearchStrategy[Node]:
    """Trees of the grammar; `functions` restricts the functions of one argument."""
    names = functions or (*SMOOTH_FUNCTIONS, *ENDED_FUNCTIONS, *KINKED_FUNCTIONS)
    leaf = st.one_of(st.just(X), decimals(), st.sampled_from([Constant("pi"), Constant("e")]))
    return st.recursive(leaf, lambda inner: _nodes(inner, names), max_leaves=leaves)


def _nodes(inner: st.SearchStrategy[Node], names: tuple[str, ...]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Negate, inner),
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(
            lambda base, exponent: Binary("^", base, Number(Fraction(exponent))),
            inner,
            st.integers(1, 4),
        ),
        st.builds(lambda name, argument: Call(name, (argument,)), st.sampled_from(names), inner),
        st.builds(
            lambda name, arguments: Call(name, tuple(arguments)),
            st.sampled_from(("min", "max")),
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.builds(Where, st.sampled_from(("<", "<=", ">", ">=")), inner, inner, inner, inner),
    )


def small_trees() -> st.SearchStrategy[Node]:
    """Trees that are usually defined and moderate on [-2, 2]: targets for containment tests."""
    leaf = st.one_of(
        st.just(X),
        st.builds(lambda k: Number(Fraction(k, 4)), st.integers(0, 12)),
    )
    names = (*SMOOTH_FUNCTIONS[1:-2], *KINKED_FUNCTIONS, "cbrt")

    def nodes(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        return st.one_of(
            st.builds(Negate, inner),
            st.builds(Binary, st.sampled_from("+-*"), inner, inner),
            st.builds(lambda u: Binary("^", u, Number(Fraction(2))), inner),
            st.builds(lambda name, u: Call(name, (u,)), st.sampled_from(names), inner),
            st.builds(
                lambda name, u, w: Call(name, (u, w)), st.sampled_from(("min", "max")), inner, inner
            ),
        )

    return st.recursive(leaf, nodes, max_leaves=6)


HOSTILE_PIECES = (
    "x", "1", "2.5", "1e4000", "1e-4000", "9^9^9^9", "pi", "(", ")", "((((", "))))", "+", "-", "*",
    "/", "^", "**", ",", "<", ">=", "sin(", "where(", "max(", "log(", "exp(exp(",
    "__import__('os')",
    "\x00", "π", "²", "\u202e", "𝒙", "١", "0x10", "1_000", "inf", "nan", "lambda", "x.real", "[0]",
    "{", "}", "'", '"', "\\", "\n", "\t", " ", "e", "E", "1e", "..", "0^0", "^1000", "/0", "1/x",
)  # fmt: skip


def hostile_texts() -> st.SearchStrategy[str]:
    """Strings close to the grammar, and strings far from it."""
    close = st.lists(st.sampled_from(HOSTILE_PIECES), max_size=30).map("".join)
    return st.one_of(close, st.text(max_size=60))


def box_trees() -> st.SearchStrategy[Node]:
    """Trees in x1 and x2 that are usually defined and moderate on [-1, 1]²."""
    leaf = st.one_of(
        st.sampled_from([Variable("x1"), Variable("x2")]),
        st.builds(lambda k: Number(Fraction(k, 4)), st.integers(0, 8)),
    )
    return st.recursive(leaf, lambda inner: _nodes(inner, _BOX_FUNCTIONS), max_leaves=8)


_BOX_FUNCTIONS = (*SMOOTH_FUNCTIONS, *ENDED_FUNCTIONS, *KINKED_FUNCTIONS)


def fractions_of_one() -> st.SearchStrategy[Fraction]:
    """Rationals in [0, 1], ends and dyadics often."""
    return st.one_of(
        st.integers(0, 16).map(lambda k: Fraction(k, 16)), st.fractions(0, 1, max_denominator=997)
    )
