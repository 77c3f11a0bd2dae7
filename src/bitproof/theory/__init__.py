"""What the theorems promise: function classes, hypotheses, errors, resources, lower bounds."""

from bitproof.theory.function_class import Continuous, FunctionClass, Lipschitz, Smooth

__all__ = ["Continuous", "FunctionClass", "Lipschitz", "Smooth"]
