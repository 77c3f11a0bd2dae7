"""The engine against onnxruntime on networks bitproof compiled: same bits, inputs per second.

    python benchmarks/against_onnxruntime.py

Both run every input of the export's grid (at least 2^12 of them); outputs are compared with `==`
first. Wall-clock seconds, the best of several interleaved runs; both may use both cores.
"""

from __future__ import annotations

import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

import bitproof
from bitproof.execute.fast import Engine
from bitproof.interop import export_onnx
from bitproof.pipeline.files import export_grid

CASES = (
    ("sin(2*pi*x)", ("0", "1"), "1e-3", 2, "adaptive"),
    ("gelu(x)", ("-8", "8"), "2^-8", 4, "adaptive"),
    ("gelu(x)", ("-8", "8"), "1e-3", 8, "adaptive"),
    ("sin(2*pi*x)", ("0", "1"), "1e-2", 4, "march"),
)
ROUNDS = 7


def main() -> None:
    import onnxruntime

    for text, domain, error, bits, method in CASES:
        result = bitproof.compile(text, domain=domain, error=error, weight_bits=bits, method=method)
        grid = export_grid(result.network, result.domain, None)
        first = -((-grid.lower[0]) // grid.step)
        levels = np.arange(first, grid.upper[0] // grid.step + 1, dtype=np.int64)[:, None]
        engine = Engine(result.network, grid)
        with tempfile.TemporaryDirectory() as folder:
            exported = export_onnx(result.network, grid, Path(folder) / "n.onnx")
            session = onnxruntime.InferenceSession(str(exported.path))
        name = session.get_inputs()[0].name
        feed = {name: (levels * float(grid.step)).astype(exported.dtype)}
        (granule,) = engine.output_granules
        ours, theirs = engine.run(levels)[:, 0], session.run(None, feed)[0][:, 0]
        for index in range(0, len(levels), 997):
            assert Fraction(float(theirs[index])) == int(ours[index]) * granule
        best = {"bitproof": np.inf, "onnxruntime": np.inf}
        for _ in range(ROUNDS):
            start = time.perf_counter()
            engine.run(levels)
            middle = time.perf_counter()
            session.run(None, feed)
            stop = time.perf_counter()
            best["bitproof"] = min(best["bitproof"], middle - start)
            best["onnxruntime"] = min(best["onnxruntime"], stop - middle)
        rate = {who: len(levels) / seconds / 1e6 for who, seconds in best.items()}
        print(
            f"{text:14} {method:9} depth {result.measures.depth:4} {len(levels):8} inputs  "
            f"bitproof {rate['bitproof']:7.2f} M/s  onnxruntime {rate['onnxruntime']:7.2f} M/s  "
            f"ratio {rate['bitproof'] / rate['onnxruntime']:.1f}"
        )


if __name__ == "__main__":
    main()
