"""Every endpoint of the registry, one row each; the client and the server both read this table.

Source: the route index of the reference service. Paths are compared without regard to case and to one trailing slash; a part in
braces is a parameter, percent-encoded on the wire; one with ``:path`` may hold slashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from runregistry.wire.table import READS, WRITES

__all__ = ["ROUTES", "Route"]


class Route(NamedTuple):
    """One endpoint.

    Attributes
    ----------
    name : str
        How client and server call it.
    method, path : str
        As on the wire; the path with parameters in braces.
    needs_rights : bool
        Whether an e-group of the user must be permitted to call this path.
    is_write : bool
        Whether it can change the registry: a write is repeated only if it certainly was not applied.
    summary : str
        One sentence.
    """

    name: str
    method: str
    path: str
    needs_rights: bool
    is_write: bool
    summary: str

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters of the path, in order."""
        return re.findall(r"{(\w+)(?::path)?}", self.path)

    def url(self, **parameters: object) -> str:
        """Return the path with its parameters filled in and percent-encoded.

        Examples
        --------
        >>> ROUTES["move_run"].url(from_state="OPEN", to_state="waiting dqm gui")
        '/runs/move_run/OPEN/waiting%20dqm%20gui'
        """
        path = self.path.replace(":path}", "}")
        return path.format_map({key: quote(str(value), safe="") for key, value in parameters.items()})


def _rows(table: str, *, is_write: bool) -> Iterator[Route]:
    for line in table.strip().splitlines():
        name, method, path, summary = line.split(" | ")
        yield Route(name.removeprefix("+"), method, path, name.startswith("+"), is_write, summary)


ROUTES = MappingProxyType({route.name: route for route in (*_rows(READS, is_write=False), *_rows(WRITES, is_write=True))})
