"""What changed from one version to another: what was, what is, by whom, when and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runregistry.errors import UsageError
from runregistry.filters import parse_page
from runregistry.filters.patterns import like
from runregistry.server.services.past import past_of
from runregistry.server.services.values import integer
from runregistry.store import Store
from runregistry.store.differences import CREATED, Difference, changed_runs, differences

__all__ = ["list_differences"]

_DEFAULT_PAGE_SIZE = 100


def list_differences(store: Store, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changed in some runs after one version and up to another, by run, each in the order of the events.

    Parameters
    ----------
    query : mapping
        ``from``; ``to``, the newest version if left out: versions, times or tags. ``run_min``, ``run_max``, ``runs``
        (``355100,355200-355299``), ``dataset_name`` (a pattern with ``%``), ``component`` (components or attributes, with
        commas): only these. ``page``, ``page_size``: of runs that changed.

    Returns
    -------
    dict
        ``from``, ``to``; ``changes``; ``count`` and ``pages`` of runs that changed.

    Raises
    ------
    UsageError
        ``from`` is after ``to``, or one of them is no version.
    """
    page = parse_page(query.get("page", 0), query.get("page_size", _DEFAULT_PAGE_SIZE))
    first, last = (integer(query[name], name) if query.get(name) else None for name in ("run_min", "run_max"))
    is_chosen, is_asked = _chosen(query.get("runs")), _test(query)
    if query.get("from") is None:
        raise UsageError("say from which version: from=17, a time, or a tag; to= is the newest version if left out")
    with store.reading() as connection:
        since, upto = (past_of(store, connection, query.get(name)).atomic_version for name in ("from", "to"))
        if since > upto:
            raise UsageError(f"from is version {since}, which is after version {upto} of to: swap them")
        runs = list(filter(is_chosen, changed_runs(connection, since, upto, first, last)))
        found = list(filter(is_asked, differences(connection, store.values, page.cut(runs), since, upto)))
        versions = store.versions.named(connection, (one.atomic_version for one in found))
    changes = [_change_object(one, versions[one.atomic_version]) for one in found]
    return {"from": since, "to": upto, "changes": changes, "pages": page.pages(len(runs)), "count": len(runs)}


def _chosen(text: str | None) -> Callable[[int], bool]:
    """Return the test whether a run is one of ``355100,355200-355299``."""
    if text is None:
        return lambda run_number: True
    pairs = [word.strip().partition("-") for word in text.split(",") if word.strip()]
    ranges = [(integer(first, "runs"), integer(last or first, "runs")) for first, _, last in pairs]
    return lambda run_number: any(first <= run_number <= last for first, last in ranges)


def _test(query: Mapping[str, Any]) -> Callable[[Difference], bool]:
    """Return the test whether somebody wants to hear of a difference; that something was created is always told."""
    pattern = query.get("dataset_name")
    has_name = like(pattern) if pattern else None
    names = {word.strip() for word in (query.get("component") or "").split(",") if word.strip()}

    def is_asked(one: Difference) -> bool:
        if has_name is not None and not has_name(one.name):
            return False
        return not names or one.kind == CREATED or not names.isdisjoint((one.what, one.what.rpartition(".")[2]))

    return is_asked


def _change_object(one: Difference, version: Any) -> dict[str, Any]:
    place = {"run_number": one.run_number, "name": one.name, "kind": one.kind, "what": one.what}
    values = {"start": one.first, "end": one.last, "was": one.was, "now": one.now}
    action = {"by": version.by, "comment": version.comment, "createdAt": version.created_at}
    return place | values | {"version": one.version, "atomic_version": one.atomic_version} | action
