"""The theorems of Ding, Liu, Xiong and Shi (2019) as objects: hypotheses and asymptotic orders.

Their constants are not stated in the paper; the orders are what a figure can draw, scaled to meet a
measured curve at one point. Beside each theorem stand the orders of our own layouts, which are
proved with every constant: the counts of our networks are exact (a dry build of `construct`).

The orders, with t = log2(1/ε), q = (1/ε)^{d/n} and ρ = 1/(λ-1):

| theorem | structure, values | depth | weights | bits |
|---|---|---|---|---|
| `FixedNonlinear` | fixed, any λ values | λ·t^ρ + t | λ·t^{1+ρ}·q | × log2 λ |
| `FixedLinear` | fixed, linear(λ) | t | (t + t²/log2 λ)·q | (t·log2 λ + t²)·q |
| `FreeNonlinear` | free, F_{1,1} | λ·(log2 t)^ρ + t | λ·(log2 t)^{1+ρ} + 1/ε | × log2 λ |
| `FreeLinear` | free, F_{1,1}, linear(λ) | t | t + 1/ε | × log2 λ |
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from bitproof.errors import InputError
from bitproof.theory.function_class import SobolevBall
from bitproof.theory.references import DING_2019, Reference


@dataclass(frozen=True, slots=True)
class QuantizationTheorem(ABC):
    """An upper bound of the paper: networks of λ distinct weights reach every error.

    Hypotheses: the class is F_{d,n}, λ ≥ 2, 0 < ε < 1.

    Attributes:
        ball: the class.
        values: λ.

    Raises:
        InputError: a hypothesis does not hold.
    """

    ball: SobolevBall
    values: int

    def __post_init__(self) -> None:
        if self.values < 2:
            raise InputError(f"{self.values} values", remedy="a codebook has at least 2")

    @property
    @abstractmethod
    def hypotheses(self) -> str:
        """What must hold, for people."""

    @property
    @abstractmethod
    def orders(self) -> tuple[str, str, str]:
        """Depth, weights and bits as the paper states them."""

    @abstractmethod
    def depth_order(self, error: float) -> float:
        """The expression inside O(·) for the depth."""

    @abstractmethod
    def weights_order(self, error: float) -> float:
        """The expression inside O(·) for the number of weights."""

    def bits_order(self, error: float) -> float:
        """The expression inside O(·) for the memory in bits."""
        return self.weights_order(error) * math.log2(self.values)

    @property
    def reference(self) -> Reference:
        return DING_2019

    @property
    def _exponent(self) -> float:
        return 1 / (self.values - 1)

    def _sites(self, error: float) -> float:
        return math.pow(error, -self.ball.dimension / self.ball.smoothness)


class FixedNonlinear(QuantizationTheorem):
    """Function-independent structure, the λ values chosen freely (once for all functions).

    >>> theorem = FixedNonlinear(SobolevBall(1, 1), 2)
    >>> theorem.weights_order(2**-10) == 2 * 10**2 * 2**10
    True
    """

    __slots__ = ()

    @property
    def hypotheses(self) -> str:
        return f"fixed structure, {self.values} distinct weights, {self.ball.description}"

    @property
    def orders(self) -> tuple[str, str, str]:
        return (
            "λ·log^(1/(λ-1))(1/ε) + log(1/ε)",
            "λ·log^(1/(λ-1)+1)(1/ε)·(1/ε)^(d/n)",
            "λ·log λ·log^(1/(λ-1)+1)(1/ε)·(1/ε)^(d/n)",
        )

    def depth_order(self, error: float) -> float:
        digits = -math.log2(error)
        return self.values * math.pow(digits, self._exponent) + digits

    def weights_order(self, error: float) -> float:
        digits = -math.log2(error)
        return self.values * math.pow(digits, 1 + self._exponent) * self._sites(error)


class FixedLinear(QuantizationTheorem):
    """Function-independent structure, weights in {-1, 1/λ, ..., (λ-1)/λ}.

    >>> FixedLinear(SobolevBall(2, 2), 4).weights_order(2**-10) == (10 + 100 / 2) * 2**10
    True
    """

    __slots__ = ()

    @property
    def hypotheses(self) -> str:
        return f"fixed structure, weights in linear({self.values}), {self.ball.description}"

    @property
    def orders(self) -> tuple[str, str, str]:
        return (
            "log(1/ε)",
            "(log(1/ε) + log²(1/ε)/log λ)·(1/ε)^(d/n)",
            "(log λ·log(1/ε) + log²(1/ε))·(1/ε)^(d/n)",
        )

    def depth_order(self, error: float) -> float:
        return -math.log2(error)

    def weights_order(self, error: float) -> float:
        digits = -math.log2(error)
        return (digits + digits**2 / math.log2(self.values)) * self._sites(error)


class _FreeStructure(QuantizationTheorem):
    """The structure may depend on the function."""

    __slots__ = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ball != SobolevBall(1, 1):
            raise InputError(
                f"a free structure for {self.ball.description}",
                remedy="the paper has it for d = n = 1",
            )


class FreeNonlinear(_FreeStructure):
    """The structure may depend on the function; F_{1,1} only.

    >>> FreeNonlinear(SobolevBall(1, 1), 2).weights_order(2**-16) == 2 * 4**2 + 2**16
    True
    """

    __slots__ = ()

    @property
    def hypotheses(self) -> str:
        return f"{self.values} distinct weights, {self.ball.description}"

    @property
    def orders(self) -> tuple[str, str, str]:
        return (
            "λ·(log log(1/ε))^(1/(λ-1)) + log(1/ε)",
            "λ·(log log(1/ε))^(1/(λ-1)+1) + 1/ε",
            "log λ·(λ·(log log(1/ε))^(1/(λ-1)+1) + 1/ε)",
        )

    def depth_order(self, error: float) -> float:
        digits = -math.log2(error)
        return self.values * math.pow(_iterated(digits), self._exponent) + digits

    def weights_order(self, error: float) -> float:
        rounds = _iterated(-math.log2(error))
        return self.values * math.pow(rounds, 1 + self._exponent) + 1 / error


class FreeLinear(_FreeStructure):
    """The structure may depend on the function; F_{1,1} only; weights in linear(λ).

    >>> FreeLinear(SobolevBall(1, 1), 4).bits_order(2**-10) == 2 * (10 + 2**10)
    True
    """

    __slots__ = ()

    @property
    def hypotheses(self) -> str:
        return f"weights in linear({self.values}), {self.ball.description}"

    @property
    def orders(self) -> tuple[str, str, str]:
        return ("log(1/ε)", "log(1/ε) + 1/ε", "log λ·(log(1/ε) + 1/ε)")

    def depth_order(self, error: float) -> float:
        return -math.log2(error)

    def weights_order(self, error: float) -> float:
        return -math.log2(error) + 1 / error


def _iterated(digits: float) -> float:
    return max(math.log2(max(digits, 1.0)), 1.0)
