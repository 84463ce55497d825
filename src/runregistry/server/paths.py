"""Paths as the service compares them: without regard to case, and to one slash at the end."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from runregistry.wire import Route

__all__ = ["CanonicalPaths"]


class CanonicalPaths:
    """ASGI middleware that rewrites a path to the spelling of the route it means; what was sent stays in ``raw_path``.

    Parameters
    ----------
    app : ASGI application
        What comes after.
    routes : sequence of Route
        The known spellings.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[Route]) -> None:
        self._app = app
        # More literal parts first: /classifiers/component/{half} before /classifiers/{category}/…
        templates = {tuple(route.path.strip("/").split("/")) for route in routes}
        self._by_length: dict[int, list[tuple[str, ...]]] = {}
        for template in sorted(templates, key=lambda parts: (len(parts), sum(part.startswith("{") for part in parts), parts)):
            self._by_length.setdefault(len(template), []).append(template)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its path in the spelling of the table."""
        if scope["type"] == "http":
            scope = dict(scope, path=self.canonical(scope["path"]))
        await self._app(scope, receive, send)

    def canonical(self, path: str) -> str:
        """Return the path in the spelling of the route that it means, or as it is if it means none."""
        parts = path.removesuffix("/").removeprefix("/").split("/")
        for template in self._by_length.get(len(parts), ()):
            pairs = list(zip(template, parts, strict=True))
            if all(part if known.startswith("{") else known == part.lower() for known, part in pairs):
                return "/" + "/".join(part if known.startswith("{") else known for known, part in pairs)
        return path
