"""`Client`: the registry for scripts and notebooks."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx2

from runregistry.client import changing, embedded, flows, frames, reading
from runregistry.client.asked import DatasetKey, Edit
from runregistry.client.bulk import Bulk, BulkOptions, ChangeOptions, How, settle, settle_interrupted
from runregistry.client.calls import Flow
from runregistry.client.collector import paused_collector
from runregistry.client.flows import DATASETS, RUNS
from runregistry.client.keywords import DatasetKeywords, RunKeywords
from runregistry.client.progress import shown
from runregistry.client.reading import Asked
from runregistry.client.session import Session
from runregistry.client.settings import SettingChanges, Settings, read_settings
from runregistry.client.version_verbs import VersionVerbs
from runregistry.client.work import Work
from runregistry.errors import RunRegistryError
from runregistry.model.as_of import AsOf

__all__ = ["Client"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Client(VersionVerbs):
    """A registry, asked with threads.

    Rows are as on the wire: a run has ``oms_attributes`` and ``rr_attributes``; every result can also be a table
    (``.to_pandas()``, ``.to_polars()``, ``.to_arrow()``, ``.to_csv()``, ``.to_parquet()``). `AsyncClient` has the same methods.

    Parameters
    ----------
    target : str, optional
        ``production``, ``development``, ``qa``, ``local``, ``embedded``, ``mirror`` or a URL; if None, what ``ENVIRONMENT`` says.
    database : str or path, optional
        The database of an embedded registry, ``RUNREGISTRY_DATABASE`` or a file in the user's data folder if not given; makes
        ``embedded`` the target. A registry that is not there is made.
    mirror : path, optional
        A mirror, which `runregistry.mirror.sync` made; makes ``mirror`` the target. It answers as the registry did that it is of.
    transport : httpx2.BaseTransport, optional
        Instead of the network, e.g. a fake.
    **changes
        Fields of `Settings` instead of the environment's and the usual values: ``email``, ``egroups``, ``client_id``,
        ``client_secret``, ``audience``, ``token_url``, ``token_file``, ``timeout_s``, ``page_size``, ``in_flight``, ``retries``.

    Raises
    ------
    SettingsError
        The target is none.
    MissingExtraError
        The packages of an embedded registry are not installed.

    Examples
    --------
    >>> with Client("local") as registry:
    ...     registry
    Client('local')
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        database: str | os.PathLike[str] | None = None,
        mirror: str | os.PathLike[str] | None = None,
        transport: httpx2.BaseTransport | None = None,
        **changes: Unpack[SettingChanges],
    ) -> None:
        named, file = embedded.target_of(target, database, mirror)
        settings = read_settings(named, **changes)
        self._session = Session(settings, transport or embedded.transport(settings, file))

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

    # Lists

    def runs(
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
        """Return the runs that match, newest first unless sorted.

        Parameters
        ----------
        filter : dict, optional
            Short form, or the wire form with ``is_wire_filter``; None matches all.
        fields : list of str, optional
            What is kept of a run, by short name or path: rows are then flat.
        sortings : list of [key, direction]
            E.g. ``[["run_number", "ASC"]]``.
        limit : int, optional
            The most rows.
        as_of : int, str, datetime or date, optional
            A version, a time or a tag, see `version`: what was then, and not what is. All verbs that read have it.
        **keywords
            Conditions beside the filter, all of which must hold; see `RunKeywords`: ``run_min``, ``run_max``, ``runs``,
            ``run_class``, ``fill``, ``era``, ``state``, ``components={"dt-dt": "GOOD"}``, ``where="energy > 6000"``, …

        Raises
        ------
        FilterError
            The filter names what is not known; nothing was sent.
        APIError
            The registry refuses the filter.

        Examples
        --------
        >>> registry.runs(run_min=315500, components={"tracker-strip": "GOOD"}).to_pandas()  # doctest: +SKIP
        """
        asked = Asked(RUNS, filter, is_wire_filter, keywords, fields, sortings, as_of=as_of)
        return self._collect(reading.list_rows(self.settings, asked, limit))

    def iter_runs(
        self,
        filter: Any = None,
        *,
        fields: Sequence[str] | None = None,
        sortings: Sequence[Any] = (),
        is_wire_filter: bool = False,
        as_of: AsOf | None = None,
        **keywords: Unpack[RunKeywords],
    ) -> Iterator[dict[str, Any]]:
        """Go through the runs that match, page by page, without keeping them; parameters as of `runs`.

        The order is that of the run numbers: newest first, or ``sortings=[["run_number", "ASC"]]``.
        """
        return self._go_through(Asked(RUNS, filter, is_wire_filter, keywords, fields, sortings, as_of=as_of))

    def count_runs(
        self, filter: Any = None, *, is_wire_filter: bool = False, as_of: AsOf | None = None, **keywords: Unpack[RunKeywords]
    ) -> int:
        """Return how many runs match; none of them is sent. Parameters as of `runs`."""
        asked = Asked(RUNS, filter, is_wire_filter, keywords, as_of=as_of)
        return self._session.run(reading.count_rows(self.settings, asked))

    def run(self, run_number: int, *, as_of: AsOf | None = None) -> dict[str, Any] | None:
        """Return a run, or None if the registry has none of this number."""
        return self._session.run(reading.run(self.settings, run_number, as_of))

    def datasets(
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
        """Return the datasets that match, ``online`` ones too; parameters as of `runs`.

        Parameters
        ----------
        with_oms : bool
            Whether each dataset gets the OMS attributes of its run, as ``Run.oms_attributes``.
        **keywords
            See `DatasetKeywords`: those of runs, and ``dataset_name``, ``states={"tracker": "OPEN"}``, ``appeared_in``.
        """
        asked = Asked(DATASETS, filter, is_wire_filter, keywords, fields, sortings, with_oms, as_of)
        return self._collect(reading.list_rows(self.settings, asked, limit))

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
    ) -> Iterator[dict[str, Any]]:
        """Go through the datasets that match, page by page, without keeping them; as `iter_runs` and `datasets`."""
        return self._go_through(Asked(DATASETS, filter, is_wire_filter, keywords, fields, sortings, with_oms, as_of))

    def count_datasets(
        self, filter: Any = None, *, is_wire_filter: bool = False, as_of: AsOf | None = None, **keywords: Unpack[DatasetKeywords]
    ) -> int:
        """Return how many datasets match; none of them is sent. Parameters as of `datasets`."""
        asked = Asked(DATASETS, filter, is_wire_filter, keywords, as_of=as_of)
        return self._session.run(reading.count_rows(self.settings, asked))

    def dataset(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> dict[str, Any] | None:
        """Return a dataset with its run and its summaries, or None if there is none."""
        return self._session.run(reading.dataset(self.settings, run_number, dataset_name, as_of))

    def dataset_names(self, run_number: int) -> list[str]:
        """Return the names of a run's datasets, ``online`` too."""
        names: list[str] = self._session.run(flows.one("dataset_names_of_run", run_number=run_number))
        return names

    def cycles(self, workspace: str = "global") -> frames.Rows:
        """Return the certification cycles with their datasets, by deadline."""
        return self._session.run(reading.listed("get_cycles", frames.CYCLES, workspace=workspace))

    def datasets_accepted(self) -> frames.Rows:
        """Return which datasets a run gets when it leaves OPEN."""
        return self._session.run(reading.listed("get_datasets_accepted", frames.ACCEPTED))

    # One dataset

    def lumisections(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the triplets of each component, one element a lumisection."""
        return self._session.run(reading.of_dataset(self.settings, "lumisections", run_number, dataset_name, as_of))

    def oms_lumisections(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the OMS attributes, one element a lumisection."""
        return self._session.run(reading.of_dataset(self.settings, "oms_lumisections", run_number, dataset_name, as_of))

    def ranges(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the ranges over which no component changes, ``start`` and ``end`` included."""
        return self._session.run(reading.of_dataset(self.settings, "ranges", run_number, dataset_name, as_of))

    def ranges_by_component(
        self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None
    ) -> frames.ComponentRanges:
        """Return the ranges of each component."""
        return self._session.run(reading.ranges_by_component(self.settings, run_number, dataset_name, as_of))

    def oms_ranges(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the ranges over which no OMS attribute changes."""
        return self._session.run(reading.of_dataset(self.settings, "oms_ranges", run_number, dataset_name, as_of))

    def joint_ranges(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return the ranges over which neither an OMS attribute nor a component changes."""
        return self._session.run(reading.of_dataset(self.settings, "joint_ranges", run_number, dataset_name, as_of))

    def history(self, run_number: int, dataset_name: str = "online", *, as_of: AsOf | None = None) -> frames.Rows:
        """Return what was changed in a dataset, by whom and why, oldest first; of ``online`` also what was changed in the run."""
        return self._session.run(reading.history(self.settings, run_number, dataset_name, as_of))

    # Many datasets

    def lumisections_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the triplets of many datasets, lumisection by lumisection.

        Parameters
        ----------
        which : iterable, optional
            Run numbers, pairs ``(run_number, dataset_name)``, or rows of `runs` or `datasets`.
        dataset_name : str
            Of those that name none.
        on_error : str
            ``raise``: the first failure ends the call and is raised; its ``result`` holds what was done before. ``warn``: all are
            tried, and a warning says what is missing. ``keep``: all are tried, and the result says what is missing.
        keep_failed : bool
            The same as ``on_error="keep"``.
        resume_from : Bulk, optional
            An incomplete result of this verb: what it lacks is asked for.
        progress : bool or callable, optional
            Whether a bar is shown; if None, on a terminal or in a notebook. A callable is told ``(done, total)``.

        Returns
        -------
        Bulk
            ``{(run_number, dataset_name): rows}``; also one table, with ``.to_pandas()`` and so on.
        """
        return self._ask_many(reading.of_datasets(self.settings, "lumisections", which, dataset_name, as_of), how)

    def oms_lumisections_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the OMS attributes of many datasets, lumisection by lumisection; parameters as of `lumisections_of`."""
        return self._ask_many(reading.of_datasets(self.settings, "oms_lumisections", which, dataset_name, as_of), how)

    def ranges_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of many datasets over which no component changes; parameters as of `lumisections_of`."""
        return self._ask_many(reading.of_datasets(self.settings, "ranges", which, dataset_name, as_of), how)

    def ranges_by_component_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of each component of many datasets; parameters as of `lumisections_of`."""
        return self._ask_many(reading.of_datasets(self.settings, "ranges_by_component", which, dataset_name, as_of), how)

    def oms_ranges_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of many datasets over which no OMS attribute changes; parameters as of `lumisections_of`."""
        return self._ask_many(reading.of_datasets(self.settings, "oms_ranges", which, dataset_name, as_of), how)

    def joint_ranges_of(
        self, which: Any = None, dataset_name: str = "online", *, as_of: AsOf | None = None, **how: Unpack[BulkOptions]
    ) -> Bulk[DatasetKey]:
        """Return the ranges of many datasets over which nothing changes; parameters as of `lumisections_of`."""
        return self._ask_many(reading.of_datasets(self.settings, "joint_ranges", which, dataset_name, as_of), how)

    # Changes

    def move_runs(
        self,
        from_state: str,
        to_state: str,
        run_numbers: Iterable[int] | None = None,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Move runs from one state to another.

        Runs are changed at the same time, each for itself. A change whose answer got lost is never sent again, not by
        ``resume_from`` either: ``.unknown`` of the result names it.

        Parameters
        ----------
        from_state, to_state : str
            OPEN, SIGNOFF or COMPLETED.
        run_numbers : iterable of int, optional
            Left out only with ``resume_from``.
        dry_run : bool
            Whether nothing is changed, and the plan is returned: what each run is now, what it would be, and what is in the way.
        on_error, keep_failed, resume_from, progress
            As of `lumisections_of`.

        Returns
        -------
        Bulk or Rows
            ``{run_number: answer}``; the plan of a dry run.

        Raises
        ------
        UsageError
            A state is unknown; nothing was sent.
        APIError
            The registry refuses; ``result`` of the exception tells which runs were changed.
        """
        return self._change(changing.move_runs(from_state, to_state, run_numbers), how)

    def mark_significant(
        self,
        run_numbers: Iterable[int] | None = None,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Mark runs as significant; parameters and result as of `move_runs`."""
        return self._change(changing.mark_significant(run_numbers), how)

    def refresh_runs(
        self,
        run_numbers: Iterable[int] | None = None,
        *,
        reset: bool = False,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Fetch runs from OMS and classify them again, with ``reset`` as if they were new; the rest as of `move_runs`."""
        return self._change(changing.refresh_runs(run_numbers, reset=reset), how)

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
        dry_run: bool = False,
    ) -> Any:
        """Set the triplet of a component from the first to the last lumisection, both included.

        Returns
        -------
        dict or Rows
            The registry's answer; with ``dry_run`` what would change, range by range.
        """
        edit = Edit(run_number, first, last, component, status, comment, cause, dataset_name)
        answer = self._change(changing.edit_many([edit]), {"dry_run": dry_run, "progress": False})
        return answer if isinstance(answer, frames.Rows) else next(iter(answer.values()))

    def edit_many(
        self,
        edits: Iterable[Any] | None = None,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[Edit] | frames.Rows:
        """Make many edits of lumisections; those of one dataset in their order.

        Parameters
        ----------
        edits : iterable
            `Edit`, or tuples or dicts with its fields: ``run_number``, ``first``, ``last``, ``component``, ``status``, and if
            wanted ``comment``, ``cause``, ``dataset_name``.
        dry_run, on_error, keep_failed, resume_from, progress
            As of `move_runs`. After a failure nothing more is edited in the same dataset.
        """
        return self._change(changing.edit_many(edits), how)

    def move_datasets(
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
        return self._change(changing.move_datasets(from_state, to_state, dataset_name, run_numbers, workspace=workspace), how)

    def change_class(
        self,
        run_numbers: Iterable[int] | None,
        run_class: str,
        **how: Unpack[ChangeOptions],
    ) -> Bulk[int] | frames.Rows:
        """Give runs another class; the rest as of `move_runs`."""
        return self._change(changing.change_class(run_numbers, run_class), how)

    # How it is done: the only part that differs from `AsyncClient`

    def _collect(self, flow: Flow[T]) -> T:
        with paused_collector():
            return self._session.run(flow)

    def _go_through(self, asked: Asked) -> Iterator[dict[str, Any]]:
        pages = reading.Pages(self.settings, asked)  # here, so that what is wrong is said at once

        def rows() -> Iterator[dict[str, Any]]:
            while not pages.is_over:
                yield from self._session.run(pages.read())

        return rows()

    def _ask_many(self, work: Work[K], options: Mapping[str, Any]) -> Bulk[K]:
        how = work.how(options)
        return self._do(work, work.begin(how), how)

    def _change(self, work: Work[K], options: Mapping[str, Any]) -> Bulk[K] | frames.Rows:
        how = work.how(options)
        bulk = work.begin(how)
        return self._session.run(work.planned(bulk)) if how.dry_run else self._do(work, bulk, how)

    def _do(self, work: Work[K], bulk: Bulk[K], how: How) -> Bulk[K]:
        try:
            with paused_collector(), shown(how.progress, work.verb, len(bulk.keys_asked)) as on_done:
                self._session.run(work.ask(bulk, how.on_error == "raise", on_done))
        except (KeyboardInterrupt, RunRegistryError) as stop:
            return settle_interrupted(bulk, how.on_error, stop)
        return settle(bulk, how.on_error)
