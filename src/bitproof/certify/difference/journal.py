"""A file that keeps a search's partition, so that an interrupted search can be resumed.

A journal is a proposal: it says how boxes were halved, and every bound is computed again. So
nothing in it can make a verdict wrong, and a file that is damaged or about something else is
ignored: the search starts afresh and replaces it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from bitproof.certify.difference.domain import Domain
from bitproof.certify.difference.partition import LEAF, Partition
from bitproof.errors import FileFormatError
from bitproof.network.file import network_to_json, read_json
from bitproof.network.network import Network

FORMAT = "bitproof-journal"
VERSION = 1
EVERY_SECONDS = 5.0
MAX_NODES = 1 << 22


class Journal:
    """The journal of one search, named by the digest of what it is about."""

    def __init__(self, path: Path, fingerprint: str, inputs: int) -> None:
        self._path = path
        self._inputs = inputs
        self._fingerprint = fingerprint
        self._written = time.monotonic()
        self._known = 1

    @staticmethod
    def fingerprint(first: Network, second: Network, domain: Domain) -> str:
        """A digest of the networks and the box."""
        parts = [
            network_to_json(first),
            network_to_json(second),
            [[str(side.lower), str(side.upper)] for side in domain.sides],
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def splits(self) -> list[int]:
        """The halvings of the file; a single leaf if there is none that can be used."""
        try:
            data = read_json(self._path)
        except FileFormatError:
            return [LEAF]
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            return [LEAF]
        if data.get("version") != VERSION or data.get("about") != self._fingerprint:
            return [LEAF]
        splits = data.get("splits")
        if not isinstance(splits, list) or not _is_tree(splits, self._inputs):
            return [LEAF]
        self._known = len(splits)
        return splits

    def now_and_then(self, partition: Partition) -> None:
        """Writes if the last time was a while ago."""
        if time.monotonic() - self._written > EVERY_SECONDS:
            self.write(partition)

    def write(self, partition: Partition) -> None:
        """Replaces the file as a whole; keeps one with more halvings of the same box."""
        if len(partition) < self._known:
            return
        data = {
            "format": FORMAT,
            "version": VERSION,
            "about": self._fingerprint,
            "splits": partition.preorder(),
        }
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(json.dumps(data, separators=(",", ":")) + "\n")
            temporary.replace(self._path)
        finally:
            temporary.unlink(missing_ok=True)
        self._written = time.monotonic()


def _is_tree(splits: list[object], inputs: int) -> bool:
    """Whether a list is a binary tree in preorder over so many inputs."""
    if not 1 <= len(splits) <= MAX_NODES:
        return False
    wanted = 1
    for index in splits:
        if type(index) is not int or not LEAF <= index < inputs or wanted == 0:
            return False
        wanted += -1 if index == LEAF else 1
    return wanted == 0
