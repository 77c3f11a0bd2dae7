"""Every benchmark that ends in minutes, one after the other.

    python benchmarks/run.py            # about ten minutes
    python benchmarks/run.py --quick    # about three

Prints the engine against numpy and onnxruntime, certification and the checker's replay, and
compilation with its bits against tables (and Sollya's time where it is installed), as ratios.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

FULL = (
    ["engine.py"],
    ["against_onnxruntime.py"],
    ["certify.py"],
    ["compile.py", "--errors", "1e-2", "1e-3", "1e-4", "--check", "--sollya"],
    ["march.py"],
    ["fixed_point.py"],
    ["sobolev.py"],
    ["boxes.py"],
    ["quantize.py", "--check"],
    ["planner.py"],
)
QUICK = (
    ["engine.py", "--quick"],
    ["against_onnxruntime.py"],
    ["certify.py", "--quick"],
    ["compile.py", "--errors", "1e-3", "--bits", "2", "4", "--check", "--sollya"],
    ["fixed_point.py", "--quick"],
    ["sobolev.py", "--quick"],
    ["boxes.py", "--quick"],
    ["quantize.py", "--quick"],
    ["planner.py", "--widths", "3", "16", "64", "--depths", "2", "16", "256", "--bits", "1", "16"],
)


def main() -> int:
    failed = 0
    for command in QUICK if "--quick" in sys.argv[1:] else FULL:
        print(f"\n== {' '.join(command)}", flush=True)
        run = subprocess.run([sys.executable, str(HERE / command[0]), *command[1:]], check=False)
        failed += run.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
