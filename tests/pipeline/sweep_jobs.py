"""Jobs for the tests of sweeps; worker processes import them from here."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from bitproof.errors import InputError
from bitproof.pipeline.sweep import Job


@dataclass(frozen=True, slots=True)
class Square(Job):
    """Leaves a mark for each time it runs, so that a run too many shows."""

    number: int
    marks: str
    seconds: float = 0.0

    @property
    def key(self):
        return f"square of {self.number}"

    def run(self):
        with Path(self.marks).open("a") as file:
            file.write(f"{self.number} {os.getpid()}\n")
        time.sleep(self.seconds)
        return {"number": self.number, "square": self.number**2, "pid": os.getpid()}


@dataclass(frozen=True, slots=True)
class Failing(Job):
    what: str

    @property
    def key(self):
        return f"failing: {self.what}"

    def run(self):
        if self.what == "input":
            raise InputError("a bad thing", remedy="a good thing")
        if self.what == "fault":
            raise ZeroDivisionError("odd")
        os._exit(7)


def squares(count, folder, seconds=0.0):
    return [Square(number, str(folder / "marks"), seconds) for number in range(count)]


def marks(folder):
    """The numbers that ran, in order."""
    return [int(line.split()[0]) for line in (folder / "marks").read_text().splitlines()]
