"""One network, or two of one shape, layer by layer, ready to be bounded."""

from __future__ import annotations

from dataclasses import dataclass

from bitproof.certify.difference.affine import Affine
from bitproof.errors import InputError
from bitproof.network.layer import Activation
from bitproof.network.network import Network


@dataclass(frozen=True, slots=True)
class StackLayer:
    """The same layer of every copy.

    Attributes:
        sources: positions it reads; 0 is the input.
        relu: whether a ReLU follows the affine map.
        maps: one affine map for each copy.
    """

    sources: tuple[int, ...]
    relu: bool
    maps: tuple[Affine, ...]

    @property
    def width(self) -> int:
        return len(self.maps[0].bias)


@dataclass(frozen=True, slots=True)
class Stack:
    """Copies of one shape, side by side.

    Attributes:
        networks: the exact networks, one or two.
        layers: their layers in float64.
        widths: of the input and of every layer.
        longest: the longest sum of any affine map or relaxation.
    """

    networks: tuple[Network, ...]
    layers: tuple[StackLayer, ...]
    widths: tuple[int, ...]
    longest: int

    @classmethod
    def _made(cls, networks: tuple[Network, ...], layers: tuple[StackLayer, ...]) -> Stack:
        widths = networks[0].widths
        terms = [affine.terms for layer in layers for affine in layer.maps]
        return cls(networks, layers, widths, max(*terms, *widths))

    @classmethod
    def of(cls, *networks: Network) -> Stack:
        """One network or two.

        Raises:
            InputError: a network that rounds its values, or two of different shapes.
            RangeError: a weight beyond 2^100.
        """
        for network in networks:
            if not network.is_piecewise_linear:
                raise InputError(
                    "a network that rounds its activations",
                    remedy="compare networks of real semantics",
                )
        _require_one_shape(networks)
        layers = tuple(
            StackLayer(
                copies[0].sources,
                copies[0].activation is Activation.RELU,
                tuple(Affine.of(copy) for copy in copies),
            )
            for copies in zip(*(network.layers for network in networks), strict=True)
        )
        return cls._made(networks, layers)

    def beside(self, second: Network) -> Stack:
        """A single network with a second one of its shape."""
        other = Stack.of(second)
        _require_one_shape((self.networks[0], second))
        layers = tuple(
            StackLayer(mine.sources, mine.relu, (*mine.maps, *theirs.maps))
            for mine, theirs in zip(self.layers, other.layers, strict=True)
        )
        return Stack._made((*self.networks, second), layers)

    def only(self, copy: int) -> Stack:
        """One of the networks alone."""
        layers = tuple(
            StackLayer(layer.sources, layer.relu, (layer.maps[copy],)) for layer in self.layers
        )
        return Stack._made((self.networks[copy],), layers)

    @property
    def copies(self) -> int:
        return len(self.networks)

    @property
    def inputs(self) -> int:
        return self.networks[0].inputs

    @property
    def outputs(self) -> int:
        return self.networks[0].outputs


def _require_one_shape(networks: tuple[Network, ...]) -> None:
    if len({_shape(network) for network in networks}) != 1:
        raise InputError(
            "networks of different shapes: "
            + " and ".join("-".join(map(str, network.widths)) for network in networks),
            remedy="compare networks with the same layers, as quantization leaves them",
        )


def _shape(network: Network) -> tuple[object, ...]:
    return (
        network.inputs,
        *((layer.sources, layer.width, layer.activation) for layer in network.layers),
    )
