"""The verbs for functions of several inputs: compile and certify on boxes."""

from bitproof.pipeline.boxes.certify import certify_box
from bitproof.pipeline.boxes.compile import compile_box
from bitproof.pipeline.boxes.request import wants_box
from bitproof.pipeline.boxes.results import BoxCertifyResult, BoxCompileResult

__all__ = ["BoxCertifyResult", "BoxCompileResult", "certify_box", "compile_box", "wants_box"]
