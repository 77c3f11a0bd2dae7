"""bitproof: neural networks of few-bit weights, with proofs."""

__version__ = "0.1.0"
