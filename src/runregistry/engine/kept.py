"""Columns kept in files, so that the next process need not decode the database again.

A file holds one column of one state of the datasets. Its name says which: a hash of everything that the state is known by, so
that a change of anything leads to another name and nothing old can be found. A file appears whole or not at all, and its checksum
is compared when it is read; one that is broken, or of another release, is as good as none and is written anew. Where nothing can
be written, nothing is kept.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from runregistry.engine.columns import Column, IntArray, Line, coded
from runregistry.engine.origins import Origin
from runregistry.engine.sources import ABSENT, Source
from runregistry.model import CertifiedDataset

__all__ = ["ColumnFiles", "Kept"]

logger = logging.getLogger(__name__)

_MAGIC = b"RRCOLS1\n"
_LARGEST_FOLDER = 512_000_000
_LINE: Source = ("line",)
_SUFFIX = ".columns"


class _Content(msgspec.Struct):
    """What a file holds: which state and source it is of, whole numbers by name, and values."""

    of: str
    arrays: dict[str, bytes]
    values: list[Any]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Content)


class ColumnFiles:
    """A folder of columns of one state.

    Parameters
    ----------
    folder : path or None
        Made when there is something to keep. Other states may have theirs in it; those that nobody read for longest are
        removed when they take too much room. None keeps nothing.
    state : str
        Everything that the state is known by.
    """

    def __init__(self, folder: str | os.PathLike[str] | None, state: str) -> None:
        self._folder = None if folder is None else Path(folder)
        self._state = blake2b(state.encode(), digest_size=20).hexdigest()

    def has(self, source: Source) -> bool:
        """Whether there is a file of this source; it may turn out to be broken."""
        path = self._path(source)
        return path is not None and path.is_file()

    def read(self, source: Source) -> tuple[dict[str, IntArray], list[Any]] | None:
        """Return whole numbers and values of a source; None if they are not kept, or broken."""
        path = self._path(source)
        if path is None:
            return None
        try:
            content = path.read_bytes()
            head = len(_MAGIC) + 32
            if content[:head] != _MAGIC + blake2b(content[head:], digest_size=32).digest():
                raise ValueError("its checksum is wrong")
            found = _decoder.decode(content[head:])
            if found.of != self._of(source):
                raise ValueError("it is of something else")
            os.utime(path)
        except (FileNotFoundError, PermissionError):
            return None
        except (OSError, ValueError, msgspec.DecodeError) as error:
            logger.info("%s is not used and will be written anew: %s", path, error)
            return None
        return {name: _unpacked(part) for name, part in found.arrays.items()}, found.values

    def write(self, source: Source, arrays: dict[str, IntArray], values: Sequence[Any]) -> None:
        """Keep whole numbers and values of a source; where that can't be done, nothing happens."""
        path = self._path(source)
        if path is None:
            return
        parts = {name: _packed(array) for name, array in arrays.items()}
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            content = _encoder.encode(_Content(self._of(source), parts, list(values)))
            path.parent.mkdir(exist_ok=True)
            unfinished.write_bytes(_MAGIC + blake2b(content, digest_size=32).digest() + content)
            os.replace(unfinished, path)
            _make_room(path.parent)
        except (OSError, OverflowError) as error:
            logger.debug("%s is not kept: %s", path, error)
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)

    def _path(self, source: Source) -> Path | None:
        return self._folder and self._folder / (blake2b(self._of(source).encode(), digest_size=20).hexdigest() + _SUFFIX)

    def _of(self, source: Source) -> str:
        return f"{self._state} {'.'.join(source)}"


class Kept:
    """Datasets whose columns are kept in files; what is not kept there is read, and then is.

    Parameters
    ----------
    run_numbers, names : sequence
        Of each dataset.
    files : ColumnFiles
        Of exactly these datasets, as they are in this state.
    read : callable
        Returns the datasets of this state themselves; called at most once, when a file is missing.
    """

    def __init__(self, run_numbers: Sequence[int], names: Sequence[str], files: ColumnFiles, read: Callable[[], Origin]) -> None:
        self.run_numbers = run_numbers
        self.names = names
        self._files = files
        self._read = read
        self._known: Origin | None = None

    def has(self, sources: Iterable[Source]) -> bool:
        """Whether these sources, and the line, are kept, so that nothing need be read."""
        return self._known is not None or all(self._files.has(source) for source in (_LINE, *sources))

    def fill(self, origin: Origin) -> None:
        """Give the datasets themselves, while they are at hand."""
        self._known = origin

    @cached_property
    def line(self) -> Line:
        """Where the datasets lie."""
        found = self._files.read(_LINE)
        if found is not None:
            arrays = found[0]
            return Line(arrays["offsets"], arrays["counts"], arrays["starts"], arrays["stops"])
        line = self._origin.line
        self._files.write(_LINE, {name: getattr(line, name) for name in ("offsets", "counts", "starts", "stops")}, ())
        return line

    def attributes(self, sources: Sequence[Source]) -> list[list[Any]]:
        """Return the value of each dataset for each source: see `Origin`."""
        found: dict[Source, list[Any]] = {}
        for source in sources:
            if (kept := self._files.read(source)) is not None:
                values = [ABSENT, *kept[1]]
                found[source] = [values[code] for code in kept[0]["codes"].tolist()]
        missing = [source for source in sources if source not in found]
        for source, values in zip(missing, self._origin.attributes(missing) if missing else (), strict=True):
            found[source] = values
            numbered = coded(values)
            self._files.write(source, {"codes": numbered.codes}, numbered.values[1:])
        return [found[source] for source in sources]

    def columns(self, sources: Sequence[Source]) -> list[Column]:
        """Return the column of each source: see `Origin`."""
        found: dict[Source, Column] = {}
        for source in sources:
            if (kept := self._files.read(source)) is not None:
                arrays, values = kept
                found[source] = Column(arrays["counts"], arrays["starts"], arrays["stops"], arrays["codes"], values)
        missing = [source for source in sources if source not in found]
        for source, column in zip(missing, self._origin.columns(missing) if missing else (), strict=True):
            found[source] = column
            self._files.write(
                source, {name: getattr(column, name) for name in ("counts", "starts", "stops", "codes")}, column.values
            )
        return [found[source] for source in sources]

    def dataset(self, position: int) -> CertifiedDataset:
        """Return one dataset as a whole."""
        return self._origin.dataset(position)

    def paths(self) -> set[str]:
        """Return the paths of everything that any dataset has."""
        return self._origin.paths()

    @property
    def _origin(self) -> Origin:
        if self._known is None:
            self._known = self._read()
        return self._known


def _make_room(folder: Path) -> None:
    """Remove what was not read for longest, unfinished files of processes that died too."""
    found = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder))
    too_much = sum(size for _, size, _ in found) - _LARGEST_FOLDER
    for _, size, path in found:
        if too_much <= 0:
            return
        Path(path).unlink(missing_ok=True)
        too_much -= size


def _packed(array: IntArray) -> bytes:
    """Write whole numbers in half the room, where they fit; the first letter says how."""
    kind = "i" if not len(array) or array.max() < 2**31 else "q"
    return kind.encode() + array.astype(kind).tobytes()


def _unpacked(part: bytes) -> IntArray:
    return np.frombuffer(part[1:], part[:1].decode()).astype(np.int64)
