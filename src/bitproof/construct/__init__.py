"""Builders: one per theorem or method, each from a plan and a target to a network."""
