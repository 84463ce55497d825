"""Making golden JSONs: by the engine in this process, or by the JSON portal of a registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from runregistry.certification.certified import Certification
from runregistry.certification.provenance import Provenance, Totals, mask_digest
from runregistry.certification.rules import GivenRule, read_rule
from runregistry.certification.sources import Asked, Origin, Read, is_remote, read_source, target_name
from runregistry.client import Client
from runregistry.engine import Snapshot, unknown_paths
from runregistry.engine.amounts import amount_of, denominator_of
from runregistry.errors import LogicError, UsageError
from runregistry.lumis import LumiMask
from runregistry.model.as_of import AsOf
from runregistry.version import __version__

__all__ = ["Where", "create"]

Where: TypeAlias = Literal["local", "portal"]
Progress: TypeAlias = Callable[[float | None], None]

# What the portal calls them.
_IN_JSON = ("recorded_luminosity_in_json", "delivered_luminosity_in_json")
_IN_ALL = ("total_recorded_luminosity", "total_delivered_luminosity")


def create(
    rule: Any,
    dataset_name_filter: str | None = None,
    *,
    source: Any = None,
    run_min: int | None = None,
    run_max: int | None = None,
    runs: Iterable[int] | None = None,
    where: Where | None = None,
    allow_unknown_paths: bool = False,
    as_of: AsOf | None = None,
    on_progress: Progress | None = None,
) -> Certification:
    """Make a golden JSON.

    Parameters
    ----------
    rule : dict, str or path
        json-logic, its text, a file, or ``preset:golden-2022``; see `runregistry.certification.read_rule`.
    dataset_name_filter : str, optional
        Datasets by name as the JSON portal has it: ``_`` is any character, ``%`` any text, ``(A|B)`` either; without it the one
        that the preset or the file names.
    source : str, path, Client, Snapshot or sequence of CertifiedDataset, optional
        A target (``production``, ``embedded``, a URL), a client, a database (``sqlite:///…``, ``postgresql://…``, a SQLite file),
        a Parquet file of datasets, OMS lumisections (``.csv``, ``.csv.gz``, ``.parquet``, ``.json``; each run is its dataset
        ``online``), or data in memory. By default the target that ``ENVIRONMENT`` names, or production.
    run_min, run_max : int, optional
        First and last run, both included.
    runs : iterable of int, optional
        Only these runs; a `LumiMask` will do.
    where : str, optional
        ``portal``: the JSON portal of a remote registry makes it, from the same rule and filter, and no data travels. ``local``:
        the engine in this process makes it, which can choose runs, check paths and explain, but reads all data over HTTP. By
        default the portal of a remote registry, unless runs are chosen; of anything else the local engine.
    allow_unknown_paths : bool
        Whether the rule may read what no dataset has, which is null everywhere.
    as_of : int, str, datetime or date, optional
        Make it from the data as they were after this version, at this time, or when this tag was put on. Registries of this
        package know their past, also over HTTP; the official service does not.
    on_progress : callable, optional
        Told how far the portal is.

    Raises
    ------
    LogicError
        The rule can't work: an unknown operator; a path that no dataset has anything under, with the nearest that some have.
    UsageError
        No dataset matches, or none of those has a lumisection; the source is none.
    APIError, JobError
        The registry refuses; the portal failed.

    Notes
    -----
    Cost over HTTP: see `runregistry.certification.remote.read_remote`. Of a database, only columns that the rule reads are
    decoded.

    Examples
    --------
    >>> from runregistry.model import CertifiedDataset, LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> columns.apply_oms([(1, 9, {"recorded": 0.5})])
    >>> dataset = CertifiedDataset(355100, "/PromptReco/Collisions2022/DQM", {}, {}, {}, columns)
    >>> made = create({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}, "/PromptReco/%", source=[dataset])
    >>> made, made.golden.to_dict(), made.totals.recorded_invpb
    (<Certification: 7 of 9 lumisections, 1 of 1 runs>, {'355100': [[1, 3], [6, 9]]}, 3.5)
    """
    given = read_rule(rule)
    pattern = dataset_name_filter or given.dataset_name_filter
    if not pattern:
        raise UsageError("say which datasets: a name, or a filter such as /PromptReco/Collisions2018(A|B)/DQM")
    asked = Asked(pattern, run_min, run_max, None if runs is None else sorted({int(run) for run in runs}))
    _check_runs(asked)
    if _is_for_portal(where, source, asked):
        return _by_portal(given, asked, source, on_progress, as_of)
    read = read_source(source, asked, as_of=as_of)
    return _by_engine(given, asked, read, allow_unknown_paths)


def _check_runs(asked: Asked) -> None:
    if asked.run_min is not None and asked.run_max is not None and asked.run_min > asked.run_max:
        raise UsageError(f"the first run, {asked.run_min}, is beyond the last one, {asked.run_max}")


def _is_for_portal(where: Where | None, source: Any, asked: Asked) -> bool:
    if where not in (None, "local", "portal"):
        raise UsageError(f"where={where!r}: say 'local' or 'portal'")
    remote = is_remote(source)
    if where is None:
        return remote and asked.is_of_all_runs
    if where == "portal" and not remote:
        raise UsageError("the portal is one of a registry that is asked over HTTP: name a target, or leave where='portal' out")
    if where == "portal" and not asked.is_of_all_runs:
        raise UsageError("the portal takes no choice of runs: put run.run_number into the rule, or say where='local'")
    return where == "portal"


def _by_engine(given: GivenRule, asked: Asked, read: Read, allow_unknown_paths: bool) -> Certification:
    snapshot = read.snapshot
    _check_denominator(snapshot, asked)
    if not allow_unknown_paths:
        check_paths(given, snapshot)
    made = snapshot.golden(given.rule)
    golden = LumiMask(made.generated_json)
    denominator = denominator_of(snapshot)
    totals, whole = (Totals(mask.n_runs, *amount_of(snapshot, mask)) for mask in (golden, denominator))
    document = dict(vars(made))
    provenance = _provenance(given, asked, read.origin, golden, (totals, whole), document)
    return Certification(given.rule, golden, denominator, document, totals, whole, provenance, snapshot)


def _check_denominator(snapshot: Snapshot, asked: Asked) -> None:
    if not snapshot.n_datasets:
        raise UsageError(f"the denominator is empty: none of the runs has a dataset called {asked.dataset_name_filter}")
    if not snapshot.n_lumisections:
        raise UsageError(
            f"the denominator is empty: no lumisection of the {snapshot.n_datasets} datasets called {asked.dataset_name_filter} "
            "has both Run Registry and OMS data"
        )


def check_paths(given: GivenRule, snapshot: Snapshot) -> None:
    """Refuse a rule that reads what no dataset has.

    Raises
    ------
    LogicError
        With all such paths, and those that were probably meant.
    """
    unknown = unknown_paths(given.rule, snapshot)
    if not unknown:
        return
    named = ", ".join(map(_with_nearest, unknown))
    raise LogicError(
        f"no dataset has anything under {named}: these parts of the rule can only see null. Correct the rule, or allow unknown "
        "paths (allow_unknown_paths=True, --allow-unknown-paths)",
        path=unknown[0][0],
    )


def _with_nearest(unknown: tuple[str, list[str]]) -> str:
    path, close = unknown
    return f"{path} (did you mean {' or '.join(close)}?)" if close else path


def _by_portal(given: GivenRule, asked: Asked, source: Any, on_progress: Progress | None, as_of: AsOf | None) -> Certification:
    if not isinstance(source, Client):
        with Client(source) as client:
            return _by_portal(given, asked, client, on_progress, as_of)
    document = source.create_json(given.rule.source, asked.dataset_name_filter, on_progress=on_progress, as_of=as_of)
    golden = LumiMask(document["generated_json"])
    denominator = golden | LumiMask(document.get("generated_anti_json") or {})
    in_json, in_all = ([float(document[name]) for name in names] for names in (_IN_JSON, _IN_ALL))
    golden_totals = Totals(golden.n_runs, golden.n_lumisections, *in_json)
    whole = Totals(denominator.n_runs, denominator.n_lumisections, *in_all)
    origin = Origin("registry", target_name(source), _integer(document.get("runregistry_version")))
    provenance = _provenance(given, asked, origin, golden, (golden_totals, whole), document)
    return Certification(given.rule, golden, denominator, document, golden_totals, whole, provenance)


def _provenance(
    given: GivenRule, asked: Asked, origin: Origin, golden: LumiMask, totals: tuple[Totals, Totals], document: Mapping[str, Any]
) -> Provenance:
    number = document.get("id")
    return Provenance(
        rule=given.rule.source,
        rule_name=given.name,
        dataset_name_filter=asked.dataset_name_filter,
        source=origin._asdict(),
        engine="local" if number is None else "portal",
        golden=totals[0],
        denominator=totals[1],
        sha256=mask_digest(golden),
        made_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        made_with=f"runregistry {__version__}",
        first_run=document.get("min_run_number"),
        last_run=document.get("max_run_number"),
        run_min=asked.run_min,
        run_max=asked.run_max,
        runs=None if asked.runs is None else list(asked.runs),
        portal_id=number,
    )


def _integer(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdigit() else None
