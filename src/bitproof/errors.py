"""The exception tree.

Every message names the offending value and what to do about it. Anything a user can cause is a
`BitproofError`; the command line prints its message alone and never a traceback.

>>> raise InputError("the domain [1, 0] is empty", remedy="write the lower end first: --domain 0 1")
Traceback (most recent call last):
...
bitproof.errors.InputError: the domain [1, 0] is empty: write the lower end first: --domain 0 1
"""

from __future__ import annotations


class BitproofError(Exception):
    """Base of every error a user can meet. `remedy` says what would work."""

    def __init__(self, problem: str, *, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}: {remedy}" if remedy else problem)


class InputError(BitproofError):
    """What the user gave is not understood: an expression, a table, a number, an option."""


class FileFormatError(InputError):
    """A network or certificate file is not what its format says. Nothing of it was used."""


class DomainError(InputError):
    """The target is not defined, not continuous or not bounded somewhere in the domain."""


class FormatError(InputError):
    """A weight format or codebook is impossible, or a value does not lie in it."""


class NoDesignError(BitproofError):
    """No network within the limits reaches the requested error. Says what would be needed."""


class RangeError(BitproofError):
    """A proved range does not fit the requested carrier (an accumulator would overflow)."""


class MissingDependencyError(BitproofError):
    """An optional library is needed for this and is not installed."""


class WorkLimitError(BitproofError):
    """An exact computation would take more memory or steps than its limit."""
