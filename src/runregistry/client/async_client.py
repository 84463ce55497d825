"""`AsyncClient`: the verbs of `Client`, to be awaited."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Hashable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx2

from runregistry.client import changing, embedded, flows, frames, reading
from runregistry.client.asked import DatasetKey, Edit
from runregistry.client.async_session import AsyncSession
from runregistry.client.bulk import Bulk, BulkOptions, ChangeOptions, How, settle, settle_interrupted
from runregistry.client.flows import DATASETS, RUNS
from runregistry.client.keywords import DatasetKeywords, RunKeywords
from runregistry.client.progress import shown
from runregistry.client.reading import Asked
from runregistry.client.settings import SettingChanges, Settings, read_settings
from runregistry.client.version_verbs import AsyncVersionVerbs
from runregistry.client.work import Work
from runregistry.errors import RunRegistryError
from runregistry.model.as_of import AsOf

__all__ = ["AsyncClient"]

K = TypeVar("K", bound=Hashable)


class AsyncClient(AsyncVersionVerbs):
    """A registry, asked with tasks.

    Parameters, Raises
        As of `runregistry.Client`; the transport is an asynchronous one.

    Examples
    --------
    >>> import asyncio
    >>> async def main() -> None:
    ...     async with AsyncClient("local") as registry:
    ...         print(registry)
    >>> asyncio.run(main())
    AsyncClient('local')
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        database: str | os.PathLike[str] | None = None,
        mirror: str | os.PathLike[str] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        **changes: Unpack[SettingChanges],
    ) -> None:
        named, file = embedded.target_of(target, database, mirror)
        settings = read_settings(named, **changes)
        self._session = AsyncSession(settings, transport or embedded.async_transport(settings, file))

    def __repr__(self) -> str:
        return f"AsyncClient({self.settings.target_name!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    @property
    def settings(self) -> Settings:
        """Where the registry is and who we are."""
        return self._session.settings

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    # Lists

    async def runs(
        self,
        filter: Any = None,
        *,
        fields: Sequence[str] | None = None,
        sortings: Sequence[Any] = (),
        limit: int | None = None,
        is_wire_filter: bool = False,
        as_of: AsOf | None = None,
        **keywords: Unpack[RunKeywords],
    ) -> frames.Rows:
        """Return the runs that match, newest first unless sorted; details as of `Client.runs`."""
        asked = Asked(RUNS, filter, is_wire_filter, keywords, fields, sortings, as_of=as_of)
        return await self._session.run(reading.list_rows(self.settings, asked, limit))

    def iter_runs(
        self,
        filter: Any = None,
        *,
        fields: Sequence[str] | None = None,
        sortings: Sequence[Any] = (),
        is_wire_filter: bool = False,
        as_of: AsOf | None = None,
        **keywords: Unpack[RunKeywords],
    ) -> AsyncIterator[dict[str, Any]]:
        """Go through the runs that match, page by page, without keeping them; details as of `Client.iter_runs`."""
        return self._go_through(Asked(RUNS, filter, is_wire_filter, keywords, fields, sortings, as_of=as_of))

    async def count_runs(
        self, filter: Any = None, *, is_wire_filter: bool = False, as_of: AsOf | None = None, **keywords: Unpack[RunKeywords]
    ) -> int:
        """Return how many runs match; none of them is sent. Parameters as of `runs`."""
        asked = Asked(RUNS, filter, is_wire_filter, keywords, as_of=as_of)
        return await self._session.run(reading.count_rows(self.settings, asked))

    async def run(self, run_number: int, *, as_of: AsOf | None = None) -> dict[str, Any] | None:
        """Return a run, or None if the registry has none of this number."""
        return await self._session.run(reading.run(self.settings, run_number, as_of))

    async def datasets(
        self,
        filter: Any = None,
        *,
        fields: Sequence[str] | None = None,
        with_oms: bool = False,
        sortings: Sequence[Any] = (),
        limit: int | None = None,
        is_wire_filter: bool = False,
        as_of: AsOf | None = None,
        **keywords: Unpack[DatasetKeywords],
    ) -> frames.Rows:
        """Return the datasets that match, ``online`` ones too; parameters as of `runs`; details as of `Client.datasets`."""
        asked = Asked(DATASETS, filter, is_wire_filter, keywords, fields, sortings, with_oms, as_of)
        return await self._session.run(reading.list_rows(self.settings, asked, limit))

    def iter_datasets(
        self,
        filter: Any = None,
        *,
        fields: Sequence[str] | None = None,
        with_oms: bool = False,
        sortings: Sequence[Any] = (),
        is_wire_filter: bool = False,
        as_of: AsOf | None = None,
        **keywords: Unpack[DatasetKeywords],
    ) -> AsyncIterator[dict[str, Any]]:
        """Go through the datasets that match, page by page, without keeping them; as `iter_runs` and `datasets`."""
        return self._go_through(Asked(DATASETS, filter, is_wire_filter, keywords, fields, sortings, with_oms, as_of))

    async def count_datasets(
        self, filter: Any = None, *, is_wire_filter: bool = False, as_of: AsOf | None = None, **keywords: Unpack[DatasetKeywords]
    ) -> int:
        """Return how many datasets match; none of them is sent. Parameters as of `datasets`."""
        asked = Asked(DATASETS, filter, is_wire_filter, keywords, as_of=as_of)
        return await self._session.run(reading.count_rows(self.settings, asked))

    async def dataset(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> dict[str, Any] | None:
        """Return a dataset with its run and its summaries, or None if there is none."""
        return await self._session.run(reading.dataset(self.settings, run_number, dataset_name, as_of))

    async def dataset_names(self, run_number: int) -> list[str]:
        """Return the names of a run's datasets, ``online`` too."""
        names: list[str] = await self._session.run(flows.one("dataset_names_of_run", run_number=run_number))
        return names

    async def cycles(self, workspace: str = "global") -> frames.Rows:
        """Return the certification cycles with their datasets, by deadline."""
        return await self._session.run(reading.listed("get_cycles", frames.CYCLES, workspace=workspace))

    async def datasets_accepted(self) -> frames.Rows:
        """Return which datasets a run gets when it leaves OPEN."""
        return await self._session.run(reading.listed("get_datasets_accepted", frames.ACCEPTED))

    # One dataset

    async def lumisections(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the triplets of each component, one element a lumisection."""
        return await self._session.run(reading.of_dataset(self.settings, "lumisections", run_number, dataset_name, as_of))

    async def oms_lumisections(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the OMS attributes, one element a lumisection."""
        return await self._session.run(reading.of_dataset(self.settings, "oms_lumisections", run_number, dataset_name, as_of))

    async def ranges(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the ranges over which no component changes, ``start`` and ``end`` included."""
        return await self._session.run(reading.of_dataset(self.settings, "ranges", run_number, dataset_name, as_of))

    async def ranges_by_component(
        self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None
    ) -> frames.ComponentRanges:
        """Return the ranges of each component."""
        return await self._session.run(reading.ranges_by_component(self.settings, run_number, dataset_name, as_of))

    async def oms_ranges(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the ranges over which no OMS attribute changes."""
        return await self._session.run(reading.of_dataset(self.settings, "oms_ranges", run_number, dataset_name, as_of))

    async def joint_ranges(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the ranges over which neither an OMS attribute nor a component changes."""
        return await self._session.run(reading.of_dataset(self.settings, "joint_ranges", run_number, dataset_name, as_of))

    async def history(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return what was changed in a dataset, by whom and why, oldest first; of ``online`` also what was changed in the run."""
        return await self._session.run(reading.history(self.settings, run_number, dataset_name, as_of))

    # Many datasets

    async def lumisections_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the triplets of many datasets, lumisection by lumisection; details as of `Client.lumisections_of`."""
        return await self._ask_many(reading.of_datasets(self.settings, "lumisections", which, dataset_name, as_of), how)

    async def oms_lumisections_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the OMS attributes of many datasets, lumisection by lumisection; parameters as of `lumisections_of`."""
        return await self._ask_many(reading.of_datasets(self.settings, "oms_lumisections", which, dataset_name, as_of), how)

    async def ranges_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of many datasets over which no component changes; parameters as of `lumisections_of`."""
        return await self._ask_many(reading.of_datasets(self.settings, "ranges", which, dataset_name, as_of), how)

    async def ranges_by_component_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of each component of many datasets; parameters as of `lumisections_of`."""
        return await self._ask_many(reading.of_datasets(self.settings, "ranges_by_component", which, dataset_name, as_of), how)

    async def oms_ranges_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of many datasets over which no OMS attribute changes; parameters as of `lumisections_of`."""
        return await self._ask_many(reading.of_datasets(self.settings, "oms_ranges", which, dataset_name, as_of), how)

    async def joint_ranges_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of many datasets over which nothing changes; parameters as of `lumisections_of`."""
        return await self._ask_many(reading.of_datasets(self.settings, "joint_ranges", which, dataset_name, as_of), how)

    # Changes

    async def move_runs(
        self,
        from_state: str,
        to_state: str,
        run_numbers: Iterable[int] | None = None,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Move runs from one state to another; details as of `Client.move_runs`."""
        return await self._change(changing.move_runs(from_state, to_state, run_numbers), how)

    async def mark_significant(
        self,
        run_numbers: Iterable[int] | None = None,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Mark runs as significant; parameters and result as of `move_runs`."""
        return await self._change(changing.mark_significant(run_numbers), how)

    async def refresh_runs(
        self,
        run_numbers: Iterable[int] | None = None,
        *,
        reset: bool = False,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Fetch runs from OMS and classify them again, with ``reset`` as if they were new; the rest as of `move_runs`."""
        return await self._change(changing.refresh_runs(run_numbers, reset=reset), how)

    async def edit_lumisections(
        self,
        run_number: int,
        first: int,
        last: int,
        component: str,
        status: str,
        *,
        comment: str = "",
        cause: str = "",
        dataset_name: str = "online",
        dry_run: bool = False,
    ) -> Any:
        """Set the triplet of a component over a range of lumisections; details as of `Client.edit_lumisections`."""
        edit = Edit(run_number, first, last, component, status, comment, cause, dataset_name)
        answer = await self._change(changing.edit_many([edit]), {"dry_run": dry_run, "progress": False})
        return answer if isinstance(answer, frames.Rows) else next(iter(answer.values()))

    async def edit_many(
        self,
        edits: Iterable[Any] | None = None,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[Edit] | frames.Rows:
        """Make many edits of lumisections; those of one dataset in their order; details as of `Client.edit_many`."""
        return await self._change(changing.edit_many(edits), how)

    async def move_datasets(
        self,
        from_state: str,
        to_state: str,
        dataset_name: str,
        run_numbers: Iterable[int] | None = None,
        *,
        workspace: str = "global",
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Move the datasets of a name from one state to another in one workspace; the rest as of `move_runs`."""
        return await self._change(
            changing.move_datasets(from_state, to_state, dataset_name, run_numbers, workspace=workspace), how
        )

    async def change_class(
        self,
        run_numbers: Iterable[int] | None,
        run_class: str,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Give runs another class; the rest as of `move_runs`."""
        return await self._change(changing.change_class(run_numbers, run_class), how)

    # How it is done: the only part that differs from `Client`

    def _go_through(self, asked: Asked) -> AsyncIterator[dict[str, Any]]:
        pages = reading.Pages(self.settings, asked)  # here, so that what is wrong is said at once

        async def rows() -> AsyncIterator[dict[str, Any]]:
            while not pages.is_over:
                for row in await self._session.run(pages.read()):
                    yield row

        return rows()

    async def _ask_many(self, work: Work[K], options: Mapping[str, Any]) -> Bulk[K]:
        how = work.how(options)
        return await self._do(work, work.begin(how), how)

    async def _change(self, work: Work[K], options: Mapping[str, Any]) -> Bulk[K] | frames.Rows:
        how = work.how(options)
        bulk = work.begin(how)
        return await self._session.run(work.planned(bulk)) if how.dry_run else await self._do(work, bulk, how)

    async def _do(self, work: Work[K], bulk: Bulk[K], how: How) -> Bulk[K]:
        try:
            with shown(how.progress, work.verb, len(bulk.keys_asked)) as on_done:
                await self._session.run(work.ask(bulk, how.on_error == "raise", on_done))
        except (KeyboardInterrupt, asyncio.CancelledError, RunRegistryError) as stop:
            return settle_interrupted(bulk, how.on_error, stop)
        return settle(bulk, how.on_error)
