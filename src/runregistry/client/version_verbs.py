"""The verbs of `Client` and `AsyncClient` about versions: JSONs made of one, which one is meant, what changed, tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from runregistry.client import frames, reading, versions
from runregistry.client.async_session import AsyncSession
from runregistry.client.session import Session
from runregistry.model.as_of import AsOf

__all__ = ["AsyncVersionVerbs", "VersionVerbs"]


class VersionVerbs:
    """What `Client` says about versions."""

    _session: Session

    def create_json(
        self,
        rule: Any,
        dataset_name_filter: str,
        *,
        on_progress: Callable[[float | None], None] | None = None,
        as_of: AsOf | None = None,
    ) -> dict[str, Any]:
        """Have a JSON made from a json-logic rule by the JSON portal, and return it with its statistics.

        Parameters
        ----------
        rule : dict or str
            json-logic, parsed or as text.
        dataset_name_filter : str
            Name of the datasets; ``_`` stands for any character and ``%`` for any text.
        on_progress : callable, optional
            Told the part that is done, from 0 to 1, or None while the job waits for its turn.
        as_of : int, str, datetime or date, optional
            A version, a time or a tag: the JSON is made of what was then.

        Raises
        ------
        APIError, JobError
            The portal refuses the rule or the filter; the job failed.
        """
        return self._session.run(reading.create_json(self._session.settings, rule, dataset_name_filter, on_progress, as_of))

    def version(self, as_of: AsOf | None = None) -> dict[str, Any]:
        """Return the version that a number, a time or a tag means, the newest one if none is named.

        Parameters
        ----------
        as_of : int, str, datetime or date, optional
            ``17``; ``"2022-07-05T12:00:00Z"``, the last version at or before it (a day: at its end); ``"golden-2022"``.

        Returns
        -------
        dict
            ``atomic_version``, ``by``, ``comment``, ``createdAt``, ``last_event``, ``tags``.

        Raises
        ------
        APIError
            There is no such version; the service can't read the past.
        """
        return self._session.run(versions.with_past(self._session.settings, versions.version(as_of)))

    def diff(
        self,
        from_: AsOf,
        to: AsOf | None = None,
        *,
        runs: Any = None,
        run_min: int | None = None,
        run_max: int | None = None,
        dataset_name: str | None = None,
        component: str | Iterable[str] | None = None,
    ) -> frames.Rows:
        """Return what changed after one version and up to another: what was, what is, by whom, when and why.

        Only what differs in the end is told: an edit that was taken back is no change. By run, each in the order of the events.

        Parameters
        ----------
        from_, to : int, str, datetime or date
            As of `version`; to the newest one if left out.
        runs : iterable of int or text, optional
            Only these: run numbers, rows with them, or ``"315257-316995,317000"``.
        run_min, run_max : int, optional
            First and last run, both included.
        dataset_name : str, optional
            A dataset, or a pattern with ``%``. Attributes of runs and OMS attributes belong to ``online``.
        component : str or iterable of str, optional
            Only these components or attributes; that a dataset was created is always told.

        Examples
        --------
        >>> registry.diff("golden-2022", run_min=355100).to_pandas()  # doctest: +SKIP
        """
        chosen = {"runs": runs, "run_min": run_min, "run_max": run_max, "dataset_name": dataset_name, "component": component}
        return self._session.run(versions.with_past(self._session.settings, versions.changes(from_, to, chosen)))

    def tags(self) -> frames.Rows:
        """Return the tags: name, version, note, who and when."""
        return self._session.run(versions.with_past(self._session.settings, versions.tags()))

    def create_tag(self, name: str, note: str = "", version: AsOf | None = None) -> dict[str, Any]:
        """Give a version a name that stays; the newest version if none is named.

        Raises
        ------
        UsageError
            No tag can be called so; nothing was sent.
        Conflict
            There is such a tag.
        """
        return self._session.run(versions.with_past(self._session.settings, versions.create_tag(name, note, version)))

    def delete_tag(self, name: str) -> dict[str, Any]:
        """Take a tag away, and return it; the version that had it stays."""
        return self._session.run(versions.with_past(self._session.settings, versions.delete_tag(name)))


class AsyncVersionVerbs:
    """What `AsyncClient` says about versions; details as of `VersionVerbs`."""

    _session: AsyncSession

    async def create_json(
        self,
        rule: Any,
        dataset_name_filter: str,
        *,
        on_progress: Callable[[float | None], None] | None = None,
        as_of: AsOf | None = None,
    ) -> dict[str, Any]:
        """Have a JSON made by the JSON portal, and return it with its statistics; details as of `Client.create_json`."""
        return await self._session.run(reading.create_json(self._session.settings, rule, dataset_name_filter, on_progress, as_of))

    async def version(self, as_of: AsOf | None = None) -> dict[str, Any]:
        """Return the version that a number, a time or a tag means, the newest one if none is named."""
        return await self._session.run(versions.with_past(self._session.settings, versions.version(as_of)))

    async def diff(
        self,
        from_: AsOf,
        to: AsOf | None = None,
        *,
        runs: Any = None,
        run_min: int | None = None,
        run_max: int | None = None,
        dataset_name: str | None = None,
        component: str | Iterable[str] | None = None,
    ) -> frames.Rows:
        """Return what changed after one version and up to another: what was, what is, by whom, when and why."""
        chosen = {"runs": runs, "run_min": run_min, "run_max": run_max, "dataset_name": dataset_name, "component": component}
        return await self._session.run(versions.with_past(self._session.settings, versions.changes(from_, to, chosen)))

    async def tags(self) -> frames.Rows:
        """Return the tags: name, version, note, who and when."""
        return await self._session.run(versions.with_past(self._session.settings, versions.tags()))

    async def create_tag(self, name: str, note: str = "", version: AsOf | None = None) -> dict[str, Any]:
        """Give a version a name that stays; the newest version if none is named."""
        return await self._session.run(versions.with_past(self._session.settings, versions.create_tag(name, note, version)))

    async def delete_tag(self, name: str) -> dict[str, Any]:
        """Take a tag away, and return it; the version that had it stays."""
        return await self._session.run(versions.with_past(self._session.settings, versions.delete_tag(name)))
