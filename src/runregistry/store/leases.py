"""Leases: of several processes on one database, one at a time does a thing that must not be done twice at once.

A lease is a row with a holder and an end. Whoever dies with it loses it at its end, and another one goes on.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from runregistry.store import schema
from runregistry.store.documents import decode, encode

__all__ = ["Leases"]


class Leases:
    """Takes and gives back leases, each call inside the writing transaction that it is given."""

    def take(self, connection: Connection, name: str, holder: str, lease_s: float) -> bool:
        """Take a lease that is free, or renew one's own; False while it is somebody else's.

        Parameters
        ----------
        name : str
            What the lease is for.
        holder : str
            Who asks: different for each process.
        lease_s : float
            How long it lasts unless it is taken again.
        """
        row = schema.registry_info.c
        found = connection.scalar(select(row.value).where(row.key == _key(name)).with_for_update())
        document = encode({"holder": holder, "until": time.time() + lease_s})
        if found is None:
            return _insert(connection, _key(name), document)
        lease = decode(found)
        if lease["holder"] != holder and lease["until"] > time.time():
            return False
        connection.execute(update(schema.registry_info).where(row.key == _key(name)).values(value=document))
        return True

    def give_back(self, connection: Connection, name: str, holder: str) -> None:
        """Let go of a lease, if it is one's own."""
        row = schema.registry_info.c
        found = connection.scalar(select(row.value).where(row.key == _key(name)).with_for_update())
        if found is not None and decode(found)["holder"] == holder:
            connection.execute(delete(schema.registry_info).where(row.key == _key(name)))


def _key(name: str) -> str:
    return f"lease {name}"


def _insert(connection: Connection, key: str, document: str) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(insert(schema.registry_info).values(key=key, value=document))
    except IntegrityError:
        return False  # another process was faster
    return True
