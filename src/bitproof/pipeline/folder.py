"""Output: everything is written beside its place and moved there whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bitproof.errors import InputError
from bitproof.network import Network, save_network


def check_writable(folder: Path, *, force: bool) -> None:
    """Refuses a folder that holds something, before any work is done for it.

    Raises:
        InputError: it exists and is not empty (and `force` is off), or is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file", remedy="name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise InputError(f"{folder} is not empty", remedy="name another folder, or add --force")


@contextmanager
def staged_folder(folder: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder that becomes `folder` if the block ends well; otherwise nothing is left.

    With `force`, files of the same names in an existing folder are replaced, others stay.

    Raises:
        InputError: the folder cannot be written.
    """
    check_writable(folder, force=force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error})", remedy="name another") from error
    try:
        yield staging
        _publish(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _publish(staging: Path, folder: Path) -> None:
    staging.chmod(0o755)
    if folder.is_dir() and any(folder.iterdir()):
        for path in sorted(staging.iterdir()):
            os.replace(path, folder / path.name)
        return
    if folder.is_dir():
        folder.rmdir()
    os.replace(staging, folder)


def save_whole(network: Network, path: Path) -> None:
    """Writes beside the file and moves it into place, so that a failure leaves nothing behind."""
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error})", remedy="name another") from error
    os.close(handle)
    temporary = Path(name)
    try:
        save_network(network, temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
