"""`Client`: the registry for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self, Unpack

import httpx2

from runregistry.client import flows
from runregistry.client.collector import paused_collector
from runregistry.client.questions import listing_flow
from runregistry.client.session import Session
from runregistry.client.settings import SettingChanges, Settings, read_settings

__all__ = ["Client"]


class Client:
    """A registry, asked with threads.

    Rows are as on the wire: a run has ``oms_attributes`` and ``rr_attributes``. `AsyncClient` has the same methods.

    Parameters
    ----------
    target : str, optional
        ``production``, ``development``, ``qa``, ``local``, ``embedded`` or a URL; if None, what ``ENVIRONMENT`` says.
    transport : httpx2.BaseTransport, optional
        Instead of the network: the registry in this process, or a fake.
    **changes
        Fields of `Settings` instead of the environment's and the usual values: ``email``, ``egroups``, ``client_id``,
        ``client_secret``, ``audience``, ``token_url``, ``timeout_s``, ``page_size``, ``in_flight``, ``retries``.

    Raises
    ------
    SettingsError
        The target is none.

    Examples
    --------
    >>> with Client("local") as registry:
    ...     registry
    Client('local')
    """

    def __init__(
        self, target: str | None = None, *, transport: httpx2.BaseTransport | None = None, **changes: Unpack[SettingChanges]
    ) -> None:
        self._session = Session(read_settings(target, **changes), transport)

    def __repr__(self) -> str:
        return f"Client({self.settings.target_name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def settings(self) -> Settings:
        """Where the registry is and who we are."""
        return self._session.settings

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def runs(
        self, filter: Any = None, *, sortings: Sequence[Any] = (), limit: int | None = None, is_wire_filter: bool = False
    ) -> list[dict[str, Any]]:
        """Return the runs that a filter matches, newest first unless sorted.

        Parameters
        ----------
        filter : dict, optional
            Short form, or the wire form with ``is_wire_filter``; None matches all.
        sortings : list of [key, direction]
            E.g. ``[["run_number", "ASC"]]``.
        limit : int, optional
            The most rows.

        Raises
        ------
        FilterError
            The filter names what is not known.
        APIError
            The registry refuses the filter.
        """
        with paused_collector():
            return self._session.run(listing_flow(flows.RUNS, self.settings, filter, sortings, limit, is_wire_filter))

    def run(self, run_number: int) -> dict[str, Any] | None:
        """Return a run, or None if the registry has none of this number."""
        row: dict[str, Any] | None = self._session.run(flows.one("get_run", run_number=run_number))
        return row

    def datasets(
        self, filter: Any = None, *, sortings: Sequence[Any] = (), limit: int | None = None, is_wire_filter: bool = False
    ) -> list[dict[str, Any]]:
        """Return the datasets that a filter matches, ``online`` ones too; parameters as of `runs`."""
        with paused_collector():
            return self._session.run(listing_flow(flows.DATASETS, self.settings, filter, sortings, limit, is_wire_filter))

    def dataset(self, run_number: int, dataset_name: str = "online") -> dict[str, Any] | None:
        """Return a dataset with its run and its summaries, or None if there is none."""
        row: dict[str, Any] | None = self._of_dataset("get_dataset", run_number, dataset_name)
        return row

    def dataset_names(self, run_number: int) -> list[str]:
        """Return the names of a run's datasets, ``online`` too."""
        names: list[str] = self._session.run(flows.one("dataset_names_of_run", run_number=run_number))
        return names

    def cycles(self, workspace: str = "global") -> list[dict[str, Any]]:
        """Return the certification cycles with their datasets, by deadline."""
        rows: list[dict[str, Any]] = self._session.run(flows.one("get_cycles", workspace=workspace))
        return rows

    def datasets_accepted(self) -> list[dict[str, Any]]:
        """Return which datasets a run gets when it leaves OPEN."""
        rows: list[dict[str, Any]] = self._session.run(flows.one("get_datasets_accepted"))
        return rows

    def lumisections(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the triplets of each component, one element a lumisection."""
        rows: list[dict[str, Any]] = self._of_dataset("rr_lumisections", run_number, dataset_name)
        return rows

    def oms_lumisections(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the OMS attributes, one element a lumisection."""
        rows: list[dict[str, Any]] = self._of_dataset("oms_lumisections", run_number, dataset_name)
        return rows

    def ranges(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the ranges over which no component changes, ``start`` and ``end`` included."""
        rows: list[dict[str, Any]] = self._of_dataset("rr_lumisection_ranges", run_number, dataset_name)
        return rows

    def ranges_by_component(self, run_number: int, dataset_name: str = "online") -> dict[str, list[dict[str, Any]]]:
        """Return the ranges of each component."""
        route = "rr_lumisection_ranges_by_component"
        rows: dict[str, list[dict[str, Any]]] = self._of_dataset(route, run_number, dataset_name)
        return rows

    def oms_ranges(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the ranges over which no OMS attribute changes."""
        rows: list[dict[str, Any]] = self._of_dataset("oms_lumisection_ranges", run_number, dataset_name)
        return rows

    def joint_ranges(self, run_number: int, dataset_name: str = "online") -> list[dict[str, Any]]:
        """Return the ranges over which neither an OMS attribute nor a component changes."""
        rows: list[dict[str, Any]] = self._of_dataset("joint_lumisection_ranges", run_number, dataset_name)
        return rows

    def _of_dataset(self, route_name: str, run_number: int, dataset_name: str) -> Any:
        return self._session.run(flows.one(route_name, {"run_number": run_number, "dataset_name": dataset_name}))

    def create_json(
        self, rule: Any, dataset_name_filter: str, *, on_progress: Callable[[float | None], None] | None = None
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

        Raises
        ------
        APIError, JobError
            The portal refuses the rule or the filter; the job failed.
        """
        return self._session.run(flows.create_json(rule, dataset_name_filter, on_progress=on_progress))

    def move_runs(self, from_state: str, to_state: str, run_numbers: Iterable[int]) -> list[Any]:
        """Move runs from one state to another; return the answers, one a run."""
        return self._session.run(flows.move_runs(from_state, to_state, run_numbers))

    def mark_significant(self, run_numbers: Iterable[int]) -> list[Any]:
        """Mark runs as significant; return the answers, one a run."""
        return self._session.run(flows.mark_significant(run_numbers))

    def refresh_runs(self, run_numbers: Iterable[int], *, reset: bool = False) -> list[Any]:
        """Fetch runs from OMS and classify them again, with ``reset`` as if they were new; return the answers, one a run."""
        return self._session.run(flows.refresh_runs(run_numbers, reset=reset))

    def edit_lumisections(
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
        return self._session.run(
            flows.edit_lumisections(run_number, first, last, component, **triplet, dataset_name=dataset_name)
        )

    def move_datasets(
        self, from_state: str, to_state: str, dataset_name: str, run_numbers: Iterable[int], *, workspace: str = "global"
    ) -> list[Any]:
        """Move the datasets of a name from one state to another in one workspace; return the answers, one a run."""
        return self._session.run(flows.move_datasets(from_state, to_state, dataset_name, run_numbers, workspace=workspace))

    def change_class(self, run_numbers: Iterable[int], run_class: str) -> list[Any]:
        """Give runs another class; return the answers, one a run."""
        return self._session.run(flows.change_class(run_numbers, run_class))
