"""`quantize` with the page among the files of `out`."""

from __future__ import annotations

from functools import partial

from bitproof.pipeline.quantize import quantize as quantize_to_files
from bitproof.report.quantize_page import write_page

quantize = partial(quantize_to_files, draw=write_page)
quantize.__doc__ = quantize_to_files.__doc__

__all__ = ["quantize"]
