"""The frozen network, its well-formedness, its measures and its file."""

from bitproof.network.arithmetic import Accumulation, LayerRequantizer
from bitproof.network.builder import NetworkBuilder, Neuron
from bitproof.network.convolution import Convolution
from bitproof.network.file import (
    load_network,
    network_from_json,
    network_to_json,
    save_network,
    weight_format_to_json,
)
from bitproof.network.layer import Activation, ActivationTable, Layer
from bitproof.network.linear_map import LinearMap, SideBySide, SparseMatrix
from bitproof.network.measures import Measures, levels, measure, multiplications
from bitproof.network.network import Network
from bitproof.network.wellformed import Violation, violations

__all__ = [
    "Accumulation",
    "Activation",
    "ActivationTable",
    "Convolution",
    "Layer",
    "LayerRequantizer",
    "LinearMap",
    "Measures",
    "Network",
    "NetworkBuilder",
    "Neuron",
    "SideBySide",
    "SparseMatrix",
    "Violation",
    "levels",
    "load_network",
    "measure",
    "multiplications",
    "network_from_json",
    "network_to_json",
    "save_network",
    "violations",
    "weight_format_to_json",
]
