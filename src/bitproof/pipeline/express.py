"""The verb `express`: whether networks of a format with an activation compute every table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bitproof.errors import InputError
from bitproof.exact import FixedPoint
from bitproof.exact.fixed_point import Rounding
from bitproof.network import ActivationTable
from bitproof.theory.arithmetic import Arithmetic
from bitproof.theory.expressivity import NOT_UNIVERSAL, Expressivity, Obstruction, decide
from bitproof.theory.references import HWANG_2024
from bitproof.theory.representable import NotRepresentable, representable

if TYPE_CHECKING:
    from bitproof.theory.closure import Closure
    from bitproof.theory.closure_of_steps import StepClosure

TIES = {
    "even": Rounding.NEAREST_EVEN,
    "away": Rounding.NEAREST_AWAY,
    "up": Rounding.NEAREST_UP,
    "down": Rounding.NEAREST_DOWN,
    "zero": Rounding.NEAREST_ZERO,
    "floor": Rounding.FLOOR,
    "truncate": Rounding.TRUNCATE,
}
BIASES = ("wide", "same", "accumulator")
WEIGHTS = ("full", "binary", "ternary")
ROUNDINGS = ("once", "every")
NAMED_IN_THE_PAPER = ("sigmoid", "relu", "elu", "softplus", "silu", "mish", "gelu")
MAX_LISTED_VALUES = 512


@dataclass(frozen=True)
class ExpressResult:
    """The answer of `express`.

    Attributes:
        activation: its table over the levels of the format, with its name.
        arithmetic: format, weights, biases, rounding.
        answer: the decision, with the conditions and the witness.
        verified: whether the witness was checked: the proof's networks by running them on every
            level, a function by Theorem A. None where there is nothing to check that way.
        oracle: every function that networks of any size compute, where that was asked for.
    """

    activation: ActivationTable
    arithmetic: Arithmetic
    answer: Expressivity
    verified: bool | None
    oracle: Closure | StepClosure | None

    @property
    def verdict(self) -> str:
        """`universal`, `not universal` or `undecided`; where the theorems leave it undecided, the
        oracle can still find a function that no network computes."""
        refuted = self.oracle is not None and self.oracle.exact and not self.oracle.universal
        if self.answer.verdict == "undecided" and refuted:
            return NOT_UNIVERSAL
        return self.answer.verdict

    @property
    def theorem(self) -> str:
        """What decided it."""
        if self.verdict != self.answer.verdict:
            return "brute force: all networks were enumerated"
        return self.answer.theorem

    @property
    def zero(self) -> int | None:
        """A level the activation takes to 0: the mild condition under which the paper's necessary
        and sufficient conditions coincide."""
        zeros = [
            level
            for level, value in zip(self.arithmetic.levels, self.activation.values, strict=True)
            if value == 0
        ]
        return min(zeros, key=abs, default=None)

    def to_dict(self) -> dict[str, Any]:
        """The object that `bitproof express --json` prints; all numbers are levels."""
        form = self.arithmetic.form
        answer = self.answer.to_dict()
        data: dict[str, Any] = {
            "verdict": self.verdict,
            "theorem": self.theorem,
            "numbers": answer["numbers"],
            "necessary": answer["necessary"],
            "sufficient": answer["sufficient"],
            "witness": self._witness(),
            "verified": self.verified,
            "known": answer["known"],
            "paper": self._paper(),
            "activation": {
                "name": self.activation.name,
                "values": list(self.activation.values)
                if len(self.activation.values) <= MAX_LISTED_VALUES
                else [],
            },
            "arithmetic": {
                "format": form.name,
                "lowest": form.lowest,
                "highest": form.highest,
                "scale": form.scale,
                "ties": form.rounding.value,
                "bias": self.arithmetic.bias,
                "bias_unit": self.arithmetic.beta,
                "weights": self.arithmetic.weight_set,
                "rounding": "once" if self.arithmetic.rounding_once else "every",
            },
            "oracle": self._oracle(),
        }
        return data

    def _witness(self) -> dict[str, Any] | None:
        if self.answer.witness is not None:
            return self.answer.witness.to_dict()
        missing = self.missing()
        if missing is None or self.verdict != NOT_UNIVERSAL:
            return None
        return {
            "kind": "function",
            "forbidden_by": "enumeration",
            "function": [{"x": list(x), "value": value} for x, value in missing],
            "invariant": "no network of any size computes it",
        }

    def missing(self) -> tuple[tuple[tuple[int, ...], int], ...] | None:
        """A function that the oracle found no network for, as inputs with values."""
        from itertools import product

        found = None if self.oracle is None or not self.oracle.exact else self.oracle.missing()
        if found is None or self.oracle is None:
            return None
        points = product(self.arithmetic.levels, repeat=self.oracle.inputs)
        return tuple(zip(points, found, strict=True))

    def _paper(self) -> dict[str, Any]:
        """What the abstract of the paper says about this activation."""
        name = self.activation.name.removesuffix("(x)")
        return {
            "reference": HWANG_2024.key,
            "sufficient": {
                "statement": "the paper names this activation among those that meet its "
                "sufficient condition"
                if name in NAMED_IN_THE_PAPER
                else "the paper's abstract does not name this activation",
                "named": name in NAMED_IN_THE_PAPER,
            },
            "necessary": {
                "statement": "the paper's necessary condition is also sufficient where the "
                "activation takes some level to 0",
                "zero_at": self.zero,
            },
        }

    def _oracle(self) -> dict[str, Any] | None:
        if self.oracle is None:
            return None
        missing = self.missing()
        return {
            "inputs": self.oracle.inputs,
            "universal": self.oracle.universal,
            "exact": self.oracle.exact,
            "layers": self.oracle.depth,
            "missing": None
            if missing is None
            else [{"x": list(x), "value": value} for x, value in missing],
        }


def express(
    activation: str | Sequence[int] | ActivationTable,
    format: str | FixedPoint,  # noqa: A002  (the word of the command line)
    *,
    bias: str = "wide",
    ties: str | None = None,
    weights: str = "full",
    rounding: str = "once",
    dims: int = 1,
    brute_force: bool = False,
) -> ExpressResult:
    """Whether networks of any size with this activation compute every function of a format.

    Args:
        activation: a name (`gelu`), an expression in x, a CSV file, or the table itself: the
            output level for every level, ascending.
        format: `Qm.n`, `p,s` or a format. Inputs, weights and outputs have it.
        bias: `wide` (any multiple of 1/scale), `same` (in the format), or `accumulator` (any
            multiple of 1/scale², as int32 biases are).
        ties: how the format rounds: even, away, up, down, zero, floor, truncate. Default: even,
            or the format's own rule where it is given as an object.
        weights: `full` (any in the format), `binary` (-1 and 1), `ternary` (and 0).
        rounding: `once` after an exact sum, or after `every` operation.
        dims: the number of inputs for `brute_force`; the verdict is on any number of them.
        brute_force: also enumerate what networks compute, independently of the theorems.

    Raises:
        InputError: an option, an activation or a format that is not understood.
        DomainError: the activation is undefined at a level.
        WorkLimitError: too large a format.

    >>> express("relu", "3,4").verdict
    'universal'
    >>> express("sign", "3,4").answer.witness.invariant.split(",")[0]
    'the sums of an output neuron are all congruent modulo 8'
    """
    arithmetic = read_arithmetic(format, bias=bias, ties=ties, weights=weights, rounding=rounding)
    table = _table(activation, arithmetic.form)
    answer = decide(table.values, arithmetic)
    oracle = _enumerated(table.values, arithmetic, dims) if brute_force else None
    return ExpressResult(
        table, arithmetic, answer, _verified(table.values, answer, arithmetic), oracle
    )


def _verified(table: Sequence[int], answer: Expressivity, arithmetic: Arithmetic) -> bool | None:
    if answer.witness is None:
        return None
    if not isinstance(answer.witness, Obstruction):
        return answer.witness.verify()
    if not arithmetic.rounding_once:
        return None
    found = representable(table, arithmetic, dict(answer.witness.function))
    return isinstance(found, NotRepresentable)


def read_arithmetic(
    format: str | FixedPoint,  # noqa: A002  (the word of the command line)
    *,
    bias: str = "wide",
    ties: str | None = None,
    weights: str = "full",
    rounding: str = "once",
) -> Arithmetic:
    """The arithmetic that words of the command line name.

    Raises:
        InputError: an unknown word or format.
    """
    for word, known, option in (
        (bias, BIASES, "bias"),
        (weights, WEIGHTS, "weights"),
        (rounding, ROUNDINGS, "rounding"),
        ("even" if ties is None else ties, tuple(TIES), "ties"),
    ):
        if word not in known:
            raise InputError(f"{option} {str(word)[:40]!r}", remedy=f"one of {', '.join(known)}")
    form = FixedPoint.parse(format) if isinstance(format, str) else format
    if ties is not None:
        form = replace(form, rounding=TIES[ties])
    return Arithmetic.of(
        form,
        bias="same" if bias == "same" else "wide",
        weights=weights,
        rounding_once=rounding == "once",
        beta=1 if bias == "accumulator" else None,
    )


def _table(activation: str | Sequence[int] | ActivationTable, form: FixedPoint) -> ActivationTable:
    if isinstance(activation, ActivationTable):
        return activation
    if not isinstance(activation, str):
        return ActivationTable("table", tuple(activation))
    from bitproof.target.activations import activation_table

    return activation_table(activation, form)


def _enumerated(table: Sequence[int], arithmetic: Arithmetic, dims: int) -> Closure | StepClosure:
    if not 1 <= dims <= 9:
        raise InputError(f"{dims} inputs", remedy="1 to 9; brute force takes 1 or 2")
    if arithmetic.rounding_once:
        from bitproof.theory.closure import closure

        return closure(table, arithmetic, dims)
    from bitproof.theory.closure_of_steps import closure_of_steps

    return closure_of_steps(table, arithmetic, dims)
