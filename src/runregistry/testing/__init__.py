"""For tests of programs that use a registry: a real one on a free port, faults on the way to it, a sign-in service.

A pytest plugin, `runregistry.testing.plugin`, has fixtures of them. Nothing is loaded before it is used.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from runregistry.testing.fault_kinds import (
        BrokenChunk,
        Cut,
        CutAfterApplied,
        CutBeforeSend,
        Delay,
        Do,
        ExpireTokens,
        Fault,
        HalfBody,
        LoginPage,
        Refuse,
        Status,
        Truncate,
    )
    from runregistry.testing.proxy import Exchange, FaultyProxy, faults
    from runregistry.testing.serving import RunningRegistry, server
    from runregistry.testing.tokens import TokenEndpoint, token_endpoint

__all__ = [
    "BrokenChunk",
    "Cut",
    "CutAfterApplied",
    "CutBeforeSend",
    "Delay",
    "Do",
    "Exchange",
    "ExpireTokens",
    "Fault",
    "FaultyProxy",
    "HalfBody",
    "LoginPage",
    "Refuse",
    "RunningRegistry",
    "Status",
    "TokenEndpoint",
    "Truncate",
    "faults",
    "server",
    "token_endpoint",
]

_HOMES = {
    "RunningRegistry": "serving",
    "server": "serving",
    "TokenEndpoint": "tokens",
    "token_endpoint": "tokens",
} | dict.fromkeys(("Exchange", "FaultyProxy", "faults"), "proxy")


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f"{__name__}.{_HOMES.get(name, 'fault_kinds')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
