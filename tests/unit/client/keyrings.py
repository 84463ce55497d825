"""Keyrings for tests, in the place of the library: one that keeps, and one whose backend is broken."""

from __future__ import annotations

import sys
import types

import pytest


class FakeKeyring(types.ModuleType):
    """Keeps passwords in memory."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.entries: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, name: str) -> str | None:
        self.asked += 1
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self.entries[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        del self.entries[service, name]


class BrokenKeyring(types.ModuleType):
    """Has a backend that fails at every touch."""

    def __init__(self) -> None:
        super().__init__("keyring")

    def get_password(self, service: str, name: str) -> str | None:
        raise RuntimeError("no D-Bus here")

    set_password = delete_password = get_password


def install(patch: pytest.MonkeyPatch, keyring: types.ModuleType | None) -> None:
    """Put a keyring in the place of the library; None makes it missing."""
    patch.setitem(sys.modules, "keyring", keyring)
