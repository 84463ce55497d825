"""Versions: what was as of one, what changed from one to another, and the tags that name them. Flows, for both clients.

Only registries of this package know their past: of any other the first answer says so, and the caller is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from runregistry.client import frames
from runregistry.client.answers import Answer, read_json, refusal_text
from runregistry.client.asked import run_keys
from runregistry.client.calls import Call, Flow, call
from runregistry.client.flows import RUNS, Listing, one
from runregistry.client.settings import Settings
from runregistry.errors import APIError, NotFound, NotMirrored
from runregistry.model.as_of import AsOf, check_tag_name, format_as_of

__all__ = [
    "changes",
    "create_tag",
    "dataset",
    "delete_tag",
    "lumisections_call",
    "past_listing",
    "run",
    "tags",
    "version",
    "with_past",
]

T = TypeVar("T")
_NOT_SERVED = (404, 405, 501)
_MOST_RUNS = 200  # numbers in one question: some kB of a URL
_RUNS_OF_PAGE = 100


def with_past(settings: Settings, flow: Flow[T]) -> Flow[T]:
    """Run a flow that asks for versions; say it if the registry knows nothing of them.

    Raises
    ------
    APIError
        The service is another one than this package's.
    """
    try:
        return (yield from flow)
    except APIError as fault:
        if not _is_not_served(fault):
            raise
        raise APIError(
            f"the service at {settings.base_url} can't read the past: only registries of this package (version 4 or later) keep"
            " versions that can be asked for; leave as_of out, or ask another one",
            status=fault.status,
            body=fault.body,
        ) from fault


def _is_not_served(fault: APIError) -> bool:
    text = refusal_text(Answer(fault.status, {}, fault.body.encode()))
    return fault.status in _NOT_SERVED and (not text or text.startswith("Cannot "))


def past_listing(listing: Listing, as_of: AsOf) -> Listing:
    """Return the list as of a version that belongs to a list of the present.

    Examples
    --------
    >>> past_listing(RUNS, 17).route_name
    'runs_as_of'
    """
    name = "runs_as_of" if listing is RUNS else "datasets_as_of"
    return listing._replace(route_name=name, more={"as_of": format_as_of(as_of)})


def lumisections_call(view: str, run_number: int, dataset_name: str, as_of: AsOf, shape: Any) -> Call:
    """Return the call for the lumisections of a dataset as of a version.

    Parameters
    ----------
    view : str
        The route that answers in this shape for the present.
    shape : callable
        Turns the document into what the caller gets.
    """
    place = {"run_number": run_number, "name": dataset_name}
    query = {"as_of": format_as_of(as_of), "view": view}
    return call("lumisections_as_of", None, place, query=query, read=lambda answer: shape(read_json(answer)["lumisections"]))


def run(run_number: int, as_of: AsOf) -> Flow[dict[str, Any] | None]:
    """Read a run as of a version; None if there was none."""
    return _row(call("run_as_of", None, {"run_number": run_number}, query={"as_of": format_as_of(as_of)}))


def dataset(run_number: int, dataset_name: str, as_of: AsOf) -> Flow[dict[str, Any] | None]:
    """Read a dataset as of a version; None if there was none."""
    place = {"run_number": run_number, "name": dataset_name}
    return _row(call("dataset_as_of", None, place, query={"as_of": format_as_of(as_of)}))


def _row(asked: Call) -> Flow[dict[str, Any] | None]:
    try:
        (row,) = yield [asked]
    except NotFound as fault:
        if isinstance(fault, NotMirrored) or _is_not_served(fault):
            raise
        return None
    return {name: value for name, value in row.items() if name != "as_of"}


def version(as_of: AsOf | None) -> Flow[dict[str, Any]]:
    """Ask which version an as-of means; None is the newest one."""
    query = {} if as_of is None else {"as_of": format_as_of(as_of)}
    (found,) = yield [call("version", query=query)]
    row: dict[str, Any] = found
    return row


def tags() -> Flow[frames.Rows]:
    """Read all tags."""
    rows = yield from one("tags")
    return frames.Rows(rows or [], frames.TAGS)


def create_tag(name: str, note: str, as_of: AsOf | None) -> Flow[dict[str, Any]]:
    """Put a tag on a version."""
    body = {"name": check_tag_name(name), "note": note}
    tag: dict[str, Any] = yield from one("create_tag", body if as_of is None else {**body, "version": format_as_of(as_of)})
    return tag


def delete_tag(name: str) -> Flow[dict[str, Any]]:
    """Take a tag away."""
    tag: dict[str, Any] = yield from one("delete_tag", name=check_tag_name(name))
    return tag


def changes(since: AsOf, upto: AsOf | None, selection: Mapping[str, Any]) -> Flow[frames.Rows]:
    """Read what changed from one version to another.

    Parameters
    ----------
    selection : mapping
        ``runs``, ``run_min``, ``run_max``, ``dataset_name``, ``component``; None is not given.
    """
    chunks = list(_chunks(selection.get("runs")))
    rest = {name: selection.get(name) for name in ("run_min", "run_max", "dataset_name")}
    names = selection.get("component")
    rest["component"] = names if names is None or isinstance(names, str) else ",".join(names)
    query = {name: value for name, value in rest.items() if value is not None}
    query |= {"from": format_as_of(since), "page_size": _RUNS_OF_PAGE} | ({} if upto is None else {"to": format_as_of(upto)})
    rows: list[dict[str, Any]] = []
    for runs in chunks:
        asked = query if runs is None else {**query, "runs": runs}
        (first,) = yield [call("diff", query={**asked, "page": 0})]
        # Tags and times may move; the first answer says which versions they are.
        query |= {"from": first["from"], "to": first["to"]}
        pages = [call("diff", query={**asked, **query, "page": number}) for number in range(1, first["pages"] or 0)]
        others = (yield pages) if pages else []
        rows += [row for page in (first, *others) for row in page["changes"]]
    return frames.Rows(rows, frames.CHANGES)


def _chunks(runs: Any) -> Iterable[str | None]:
    """Return run numbers as texts with commas, some at a time; a text, which may have ranges, as it is."""
    if runs is None or isinstance(runs, str):
        return [runs]
    numbers = sorted(run_keys(runs))
    return [",".join(map(str, numbers[start : start + _MOST_RUNS])) for start in range(0, len(numbers), _MOST_RUNS)]
