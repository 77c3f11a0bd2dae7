"""What a construction promises for every function of a class, before there is a function."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from bitproof.exact import Q, WeightFormat

if TYPE_CHECKING:
    from bitproof.construct.construction import Construction
    from bitproof.target.target import Target


class Promise(Protocol):
    """A network of every function of a class: exact sizes and a proved error.

    Attributes:
        method: the construction.
        form: of every weight and bias.
        depth, width, dense_weights: exact.
        nonzero_least, nonzero_most: what the non-zero weights lie between.
        error: the promised sup error.
    """

    @property
    def method(self) -> str: ...
    @property
    def form(self) -> WeightFormat: ...
    @property
    def depth(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def dense_weights(self) -> int: ...
    @property
    def dense_bits(self) -> int: ...
    @property
    def nonzero_least(self) -> int: ...
    @property
    def nonzero_most(self) -> int: ...
    @property
    def error(self) -> Fraction: ...

    def build(self, target: Target) -> Construction:
        """The network of one function: exactly these sizes.

        Raises:
            InputError: the function is not of the class.
        """
        ...


class Sizes(Protocol):
    """The sizes of a shape."""

    @property
    def depth(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def dense_weights(self) -> int: ...


class _Shaped(Protocol):
    @property
    def form(self) -> Q: ...
    @property
    def shape(self) -> Sizes: ...
    @property
    def dense_weights(self) -> int: ...


class OfShape:
    """The sizes a promise in Q(a, b) has by its shape; for dataclasses with `form` and `shape`."""

    __slots__ = ()

    @property
    def depth(self: _Shaped) -> int:
        return self.shape.depth

    @property
    def width(self: _Shaped) -> int:
        return self.shape.width

    @property
    def dense_weights(self: _Shaped) -> int:
        return self.shape.dense_weights

    @property
    def dense_bits(self: _Shaped) -> int:
        return self.form.memory_bits(self.dense_weights)

    @property
    def nonzero_most(self: _Shaped) -> int:
        """Every entry may count."""
        return self.dense_weights


@dataclass(frozen=True, slots=True)
class Widened:
    """A promise made in a narrower format, kept in a wider one that contains it: the same network,
    whose weights are declared, and counted, with more bits."""

    inner: Promise
    form: WeightFormat

    @property
    def method(self) -> str:
        return self.inner.method

    @property
    def depth(self) -> int:
        return self.inner.depth

    @property
    def width(self) -> int:
        return self.inner.width

    @property
    def dense_weights(self) -> int:
        return self.inner.dense_weights

    @property
    def dense_bits(self) -> int:
        return self.form.memory_bits(self.dense_weights, with_zero=True)

    @property
    def nonzero_least(self) -> int:
        return self.inner.nonzero_least

    @property
    def nonzero_most(self) -> int:
        return self.inner.nonzero_most

    @property
    def error(self) -> Fraction:
        return self.inner.error

    def build(self, target: Target) -> Construction:
        """As `Promise.build`."""
        made = self.inner.build(target)
        return replace(made, network=replace(made.network, weight_format=self.form))


def widened(promise: Promise, form: WeightFormat) -> Promise:
    """The promise in a format that contains its own."""
    return promise if promise.form == form else Widened(promise, form)
