"""Compile and certify: seconds, bits and ratios for the standard targets.

    python benchmarks/compile.py                       # all targets, 1e-2 and 1e-3
    python benchmarks/compile.py --errors 1e-4 --bits 2 4 --codebooks linear:2
    python benchmarks/compile.py --check --json out.json

Every row is a network proved within the error. `lerp` and `delta` are the bits of the best tables
with linear interpolation (plain and difference-coded) for the same error, computed and proved by
bitproof; ratios below 1 mean the network is smaller. With `--sollya` (where it is installed) the
time of Sollya's fpminimax + supnorm for a polynomial of the same error stands beside ours.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import bitproof
from bitproof.checker import check_file

TARGETS = {
    "sin": ("sin(2*pi*x)", ("0", "1"), "sin(2*pi*x)"),
    "exp": ("exp(-x)", ("0", "1"), "exp(-x)"),
    "sqrt": ("sqrt(x+1/16)", ("0", "1"), "sqrt(x+1/16)"),
    "runge": ("1/(1+25*(2*x-1)^2)", ("0", "1"), "1/(1+25*(2*x-1)^2)"),
    "log": ("log(1+x)", ("0", "1"), "log(1+x)"),
    "abs": ("abs(x-1/3)", ("0", "1"), None),
    "gelu": ("gelu(x)", ("-8", "8"), "x/2*(1+erf(x/sqrt(2)))"),
    "clamp": ("min(1, max(0, 3*x-1))", ("0", "1"), None),
    "table": ("", ("0", "1"), None),
}


def standard_table(rows: int = 200) -> bitproof.TableTarget:
    """A calibration curve with deterministic roughness, exact decimals."""
    points = []
    for index in range(rows):
        smooth = round(math.sin(3.0 * index / (rows - 1)) * 1000)
        rough = (index * 7919) % 41 - 20
        points.append((Fraction(index, rows - 1), Fraction(smooth + rough, 1000)))
    return bitproof.TableTarget(tuple(points), "200-row table")


def measure_row(
    name: str, error: str, *, bits: int | None, codebook: str | None, memory: str, check: bool
) -> dict:
    text, domain, _ = TARGETS[name]
    table = name == "table"
    start = time.perf_counter()
    result = bitproof.compile(
        standard_table() if table else text,
        domain=None if table else domain,
        error=error,
        weight_bits=bits,
        codebook=codebook,
        memory=memory,
    )
    seconds = time.perf_counter() - start
    row = {
        "target": name,
        "error": error,
        "format": codebook or f"{bits} bits",
        "status": result.status,
        "seconds": seconds,
        "stages": result.seconds,
    }
    if result.network is None:
        return row | {"needed": result.needed}
    competitors = {c.name: c.bits for c in result.competitors}
    row |= {
        "method": result.method,
        "weight_format": result.weight_format,
        "weights": result.measures.weights,
        "depth": result.measures.depth,
        "width": result.measures.width,
        "dense": result.measures.dense_bits,
        "nonzero": result.measures.nonzero_bits,
        "pieces": result.construction.pieces,
        "upper": str(result.verdict.upper),
        "competitors": competitors,
    }
    if check:
        row |= _replay(result)
    return row


def _replay(result: bitproof.CompileResult) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "certificate.json"
        result.verdict.certificate.save(path)
        start = time.perf_counter()
        report = check_file(path)
        return {"checked": report.status, "check_seconds": time.perf_counter() - start}


def sollya_seconds(name: str, error: str) -> float | None:
    """Seconds of Sollya: guessdegree, fpminimax with 24-bit coefficients, supnorm to 1%."""
    _, (lower, upper), formula = TARGETS[name]
    if formula is None or shutil.which("sollya") is None:
        return None
    script = (
        f"f={formula}; d=[{lower};{upper}]; n=sup(guessdegree(f,d,{error}/2));"
        "p=fpminimax(f,n,[|24...|],d,absolute);"
        "supnorm(p,f,d,absolute,0.01); quit;\n"
    )
    start = time.perf_counter()
    try:
        subprocess.run(
            ["sollya"], input=script, text=True, capture_output=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return time.perf_counter() - start


def line(row: dict, sollya: float | None) -> str:
    if row["status"] != "proved":
        return f"{row['target']:6} {row['error']:>6} {row['format']:>12}  {row['status']}: " + str(
            row.get("needed", "")
        )
    tables = row["competitors"]
    lerp = next((bits for name, bits in tables.items() if "interpol" in name or "lerp" in name), 0)
    ratio = f"{row['nonzero'] / lerp:5.2f}" if lerp else "    -"
    text = (
        f"{row['target']:6} {row['error']:>6} {row['format']:>12} {row['method']:>9} "
        f"dense {row['dense']:>7} nonzero {row['nonzero']:>7} (x lerp {ratio}) "
        f"depth {row['depth']:>4} width {row['width']:>4} {row['seconds']:6.2f} s"
    )
    if "checked" in row:
        text += f"  check {row['checked']} {row['check_seconds']:.2f} s"
    if sollya is not None:
        text += f"  sollya {sollya:.2f} s (x{row['seconds'] / sollya:.1f})"
    return text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--errors", nargs="+", default=["1e-2", "1e-3"])
    parser.add_argument("--bits", nargs="*", type=int, default=[2, 3, 4, 8])
    parser.add_argument("--codebooks", nargs="*", default=["linear:2", "ternary"])
    parser.add_argument("--memory", default="dense", choices=["dense", "nonzero", "paper"])
    parser.add_argument("--check", action="store_true", help="replay each certificate")
    parser.add_argument("--sollya", action="store_true", help="time Sollya beside")
    parser.add_argument("--json", type=Path, help="write all rows to a file")
    options = parser.parse_args(arguments)
    rows = []
    bitproof.compile("x", error="1/4")  # first-use imports are not what is measured
    for name in options.targets:
        for error in options.errors:
            sollya = sollya_seconds(name, error) if options.sollya else None
            formats = [(bits, None) for bits in options.bits]
            formats += [(None, book) for book in options.codebooks]
            for bits, book in formats:
                row = measure_row(
                    name,
                    error,
                    bits=bits,
                    codebook=book,
                    memory=options.memory,
                    check=options.check,
                )
                rows.append(row | {"sollya_seconds": sollya})
                print(line(row, sollya), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1, default=str))
    return 0 if all(row["status"] == "proved" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
