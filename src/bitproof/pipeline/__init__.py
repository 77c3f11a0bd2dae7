"""The façade behind the command line and `import bitproof`: compile, certify, evaluate, load."""

from bitproof.pipeline.certify import certify, evaluate, load
from bitproof.pipeline.compile import compile
from bitproof.pipeline.express import ExpressResult, express
from bitproof.pipeline.files import write_files
from bitproof.pipeline.results import CandidateRow, CertifyResult, CompetitorRow, CompileResult

__all__ = [
    "CandidateRow",
    "CertifyResult",
    "CompetitorRow",
    "CompileResult",
    "ExpressResult",
    "certify",
    "compile",
    "evaluate",
    "express",
    "load",
    "write_files",
]
