"""The façade behind the command line and `import bitproof`: compile, certify, evaluate, load."""

from bitproof.pipeline.certify import certify, evaluate, load
from bitproof.pipeline.compile import compile
from bitproof.pipeline.files import write_files
from bitproof.pipeline.results import CandidateRow, CertifyResult, CompetitorRow, CompileResult

__all__ = [
    "CandidateRow",
    "CertifyResult",
    "CompetitorRow",
    "CompileResult",
    "certify",
    "compile",
    "evaluate",
    "load",
    "write_files",
]
