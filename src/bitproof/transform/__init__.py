"""Transforms: from a network to a network and a claim about the two."""
