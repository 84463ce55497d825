"""`AsyncClient`: the registry for programs with an event loop. A test holds its signatures equal to those of `Client`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

import httpx2

from runregistry.client import flows
from runregistry.client.async_session import AsyncSession
from runregistry.client.questions import listing_flow
from runregistry.client.settings import SettingChanges, Settings, read_settings

__all__ = ["AsyncClient"]


class AsyncClient:
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
        self, target: str | None = None, *, transport: httpx2.AsyncBaseTransport | None = None, **changes: Unpack[SettingChanges]
    ) -> None:
        self._session = AsyncSession(read_settings(target, **changes), transport)

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

    async def runs(
        self, filter: Any = None, *, sortings: Sequence[Any] = (), limit: int | None = None, is_wire_filter: bool = False
    ) -> list[dict[str, Any]]:
        """Return the runs that a filter matches, newest first unless sorted; details as of `Client.runs`."""
        return await self._session.run(listing_flow(flows.RUNS, self.settings, filter, sortings, limit, is_wire_filter))

    async def run(self, run_number: int) -> dict[str, Any] | None:
        """Return a run, or None if the registry has none of this number."""
        row: dict[str, Any] | None = await self._session.run(flows.one("get_run", run_number=run_number))
        return row

    async def datasets(
        self, filter: Any = None, *, sortings: Sequence[Any] = (), limit: int | None = None, is_wire_filter: bool = False
    ) -> list[dict[str, Any]]:
        """Return the datasets that a filter matches, ``online`` ones too; parameters as of `runs`."""
        return await self._session.run(listing_flow(flows.DATASETS, self.settings, filter, sortings, limit, is_wire_filter))

    async def dataset(self, run_number: int, dataset_name: str = "online") -> dict[str, Any] | None:
        """Return a dataset with its run and its summaries, or None if there is none."""
        row: dict[str, Any] | None = await self._of_dataset("get_dataset", run_number, dataset_name)
        return row

    async def dataset_names(self, run_number: int) -> list[str]:
        """Return the names of a run's datasets, ``online`` too."""
        names: list[str] = await self._session.run(flows.one("dataset_names_of_run", run_number=run_number))
        return names

    async def cycles(self, workspace: str = "global") -> list[dict[str, Any]]:
        """Return the certification cycles with their datasets, by deadline."""
        rows: list[dict[str, Any]] = await self._session.run(flows.one("get_cycles", workspace=workspace))
        return rows

    async def datasets_accepted(self) -> list[dict[str, Any]]:
        """Return which datasets a run gets when it leaves OPEN."""
        rows: list[dict[str, Any]] = await self._session.run(flows.one("get_datasets_accepted"))
        return rows

    async def lumisections(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the triplets of each component, one element a lumisection."""
        rows: list[dict[str, Any]] = await self._of_dataset("rr_lumisections", run_number, dataset_name)
        return rows

    async def oms_lumisections(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the OMS attributes, one element a lumisection."""
        rows: list[dict[str, Any]] = await self._of_dataset("oms_lumisections", run_number, dataset_name)
        return rows

    async def ranges(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the ranges over which no component changes, ``start`` and ``end`` included."""
        rows: list[dict[str, Any]] = await self._of_dataset("rr_lumisection_ranges", run_number, dataset_name)
        return rows

    async def ranges_by_component(self, run_number: int, dataset_name: str = "online") -> dict[str, list[dict[str, Any]]]:
        """Return the ranges of each component."""
        route = "rr_lumisection_ranges_by_component"
        rows: dict[str, list[dict[str, Any]]] = await self._of_dataset(route, run_number, dataset_name)
        return rows

    async def oms_ranges(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the ranges over which no OMS attribute changes."""
        rows: list[dict[str, Any]] = await self._of_dataset("oms_lumisection_ranges", run_number, dataset_name)
        return rows

    async def joint_ranges(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the ranges over which neither an OMS attribute nor a component changes."""
        rows: list[dict[str, Any]] = await self._of_dataset("joint_lumisection_ranges", run_number, dataset_name)
        return rows

    async def _of_dataset(self, route_name: str, run_number: int, dataset_name: str) -> Any:
        return await self._session.run(flows.one(route_name, {"run_number": run_number, "dataset_name": dataset_name}))

    async def create_json(
        self, rule: Any, dataset_name_filter: str, *, on_progress: Callable[[float | None], None] | None = None
    ) -> dict[str, Any]:
        """Have a JSON made from a json-logic rule, and return it with its statistics; details as of `Client.create_json`."""
        return await self._session.run(flows.create_json(rule, dataset_name_filter, on_progress=on_progress))

    async def move_runs(self, from_state: str, to_state: str, run_numbers: Iterable[int]) -> list[Any]:
        """Move runs from one state to another; return the answers, one a run."""
        return await self._session.run(flows.move_runs(from_state, to_state, run_numbers))

    async def mark_significant(self, run_numbers: Iterable[int]) -> list[Any]:
        """Mark runs as significant; return the answers, one a run."""
        return await self._session.run(flows.mark_significant(run_numbers))

    async def refresh_runs(self, run_numbers: Iterable[int], *, reset: bool = False) -> list[Any]:
        """Fetch runs from OMS and classify them again, with ``reset`` as if they were new; return the answers, one a run."""
        return await self._session.run(flows.refresh_runs(run_numbers, reset=reset))

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
    ) -> Any:
        """Set the triplet of a component from the first to the last lumisection, both included; return the answer."""
        triplet = {"status": status, "comment": comment, "cause": cause}
        return await self._session.run(
            flows.edit_lumisections(run_number, first, last, component, **triplet, dataset_name=dataset_name)
        )

    async def move_datasets(
        self, from_state: str, to_state: str, dataset_name: str, run_numbers: Iterable[int], *, workspace: str = "global"
    ) -> list[Any]:
        """Move the datasets of a name from one state to another in one workspace; return the answers, one a run."""
        return await self._session.run(flows.move_datasets(from_state, to_state, dataset_name, run_numbers, workspace=workspace))

    async def change_class(self, run_numbers: Iterable[int], run_class: str) -> list[Any]:
        """Give runs another class; return the answers, one a run."""
        return await self._session.run(flows.change_class(run_numbers, run_class))
