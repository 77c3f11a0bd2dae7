"""An expression in several variables on a cell: the instructions of `expression` on `box_jets`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from . import box_jets as jets
from . import functions as fn
from .box_jets import BoxJet, Cell
from .expression import CONSTANTS, Instruction, parse
from .interval import Undecided, exactly
from .jets import ELEMENTARY, fractional_derivatives

_BINARY: dict[str, Callable[[BoxJet, BoxJet], BoxJet]] = {
    "+": jets.add,
    "-": jets.subtract,
    "*": jets.multiply,
    "/": jets.divide,
}


@dataclass(frozen=True, slots=True)
class BoxExpression:
    """A function of x1, …, xd."""

    text: str
    instructions: tuple[Instruction, ...]

    @classmethod
    def read(cls, text: str, inputs: int) -> BoxExpression:
        """Raises Invalid: not in the grammar, too large, or with other inputs."""
        return cls(text, parse(text, inputs).instructions)

    def jet(self, cell: Cell) -> BoxJet:
        """Enclosures on a cell. Raises Undecided where there are none."""
        stack: list[BoxJet | None] = []
        for step in self.instructions:
            start = len(stack) - step.takes
            taken, stack = stack[start:], stack[:start]
            stack.append(_perform(step, taken, cell))
        result = stack.pop()
        if result is None:
            raise Undecided(f"{self.text[:60]} has no known value on part of the cell")
        return result


def _perform(step: Instruction, taken: Sequence[BoxJet | None], cell: Cell) -> BoxJet | None:
    """One instruction; None stands for what is undecided, so that `where` may still drop it."""
    try:
        if step.name.startswith("where"):
            return _where(step.name, taken, cell)
        known = [jet for jet in taken if jet is not None]
        return _apply(step, known, cell) if len(known) == step.takes else None
    except Undecided:
        return None


def _where(name: str, taken: Sequence[BoxJet | None], cell: Cell) -> BoxJet | None:
    left, right, yes, no = taken
    if left is None or right is None:
        return None
    if ">" in name:
        left, right = right, left
    decided = jets.decided(jets.subtract(left, right), cell, strict="=" not in name)
    if decided is not None:
        return yes if decided else no
    return None if yes is None or no is None else jets.either(yes, no)


def _apply(step: Instruction, taken: list[BoxJet], cell: Cell) -> BoxJet:
    name = step.name
    if name in ("max", "min"):
        join = jets.maximum if name == "max" else jets.minimum
        result = taken[0]
        for other in taken[1:]:
            result = join(result, other, cell)
        return result
    if name in _BINARY:
        return _BINARY[name](*taken)
    if name in ELEMENTARY:
        return jets.elementary(name, *taken)
    if name in _COMPOSED:
        return _COMPOSED[name](taken[0], cell)
    return _apply_rest(step, taken, cell)


def _apply_rest(step: Instruction, taken: list[BoxJet], cell: Cell) -> BoxJet:
    zero = jets.constant(exactly(0), cell)
    match step.name:
        case "number":
            return jets.constant(exactly(step.number), cell)
        case "x":
            return jets.variable(int(step.number), cell)
        case "neg":
            return jets.negative(*taken)
        case "abs":
            return jets.maximum(taken[0], jets.negative(taken[0]), cell)
        case "relu":
            return jets.maximum(taken[0], zero, cell)
        case "leaky_relu":
            above = jets.maximum(taken[0], zero, cell)
            below = jets.minimum(taken[0], zero, cell)
            return jets.add(above, jets.multiply(taken[1], below))
        case "integer power":
            return jets.integer_power(taken[0], int(step.number))
        case "fractional power":
            c = step.number
            return jets.chain(
                taken[0], lambda t: fn.rational_power(t, c), fractional_derivatives(c)
            )
        case "power":
            logarithm = jets.elementary("log", taken[0])
            return jets.elementary("exp", jets.multiply(taken[1], logarithm))
    return jets.constant(CONSTANTS[step.name], cell)


def _silu(u: BoxJet, _: Cell) -> BoxJet:
    return jets.multiply(u, jets.elementary("sigmoid", u))


def _mish(u: BoxJet, _: Cell) -> BoxJet:
    return jets.multiply(u, jets.elementary("tanh", jets.elementary("softplus", u)))


def _gelu(u: BoxJet, cell: Cell) -> BoxJet:
    """u/2·(1 + erf(u/√2))."""
    root = jets.constant(fn.sqrt(exactly(Fraction(1, 2))), cell)
    half, one = (jets.constant(exactly(number), cell) for number in (Fraction(1, 2), 1))
    normal = jets.add(one, jets.elementary("erf", jets.multiply(u, root)))
    return jets.multiply(jets.multiply(u, half), normal)


_COMPOSED: dict[str, Callable[[BoxJet, Cell], BoxJet]] = {
    "silu": _silu,
    "mish": _mish,
    "gelu": _gelu,
}
