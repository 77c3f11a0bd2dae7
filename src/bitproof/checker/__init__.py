"""The independent checker: replays a certificate with the standard library alone.

It shares no code with the rest of the package and trusts nothing in the file. Copied elsewhere,
the folder runs on its own: `python -m checker FILE`.
"""

from .replay import check_file, check_object
from .report import CheckReport

__all__ = ["CheckReport", "check_file", "check_object"]
