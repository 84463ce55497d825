"""Rules on Dask: a task a group of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runregistry.distributed.columns import needed_columns
from runregistry.distributed.files import Paths, open_parquet, row_groups
from runregistry.distributed.gathering import checked, to_golden, to_mask
from runregistry.distributed.kernel import evaluate_rows, result_schema
from runregistry.distributed.rules import RuleLike, parse_sent, to_sent
from runregistry.engine import GoldenJSON
from runregistry.engine.arrow import import_arrow
from runregistry.errors import MissingExtraError
from runregistry.lumis import LumiMask

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["evaluate_with_dask", "golden_with_dask", "results_with_dask"]


def evaluate_with_dask(rule: RuleLike, path: Paths, *, client: Client | None = None) -> LumiMask:
    """Find the lumisections that pass a rule, on a Dask cluster.

    Parameters
    ----------
    rule : Rule, decoded JSON or JSON text
        Any rule, as for `Snapshot.evaluate`.
    path : path, or sequence of paths
        Parquet files with a row a dataset, or folders of such, or their URIs (``hdfs://…``, ``s3://…``): names by which
        the workers can open them too.
    client : distributed.Client, optional
        The cluster; otherwise the scheduler that Dask is set to: the current client, or threads of this process.

    Returns
    -------
    LumiMask
        Of several datasets of a run the union.

    Raises
    ------
    LogicError
        The rule is none, or fails at some lumisection.
    UsageError
        A file can't be read, or a dataset is there twice.
    MissingExtraError
        Dask is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from runregistry.engine import Snapshot
    >>> from runregistry.model import CertifiedDataset, LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> columns.apply_oms([(1, 8, {"cms_active": True})])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Snapshot.of([CertifiedDataset(355100, "online", {}, {}, {}, columns)]).write(f"{folder}/2022.parquet")
    ...     evaluate_with_dask({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}, folder).to_dict()
    {'355100': [[1, 3], [6, 8]]}
    """
    return to_mask(_gather(results_with_dask(rule, path, luminosity=False), client))


def golden_with_dask(rule: RuleLike, path: Paths, *, client: Client | None = None) -> GoldenJSON:
    """Find what passes a rule and what does not, with luminosities, on a Dask cluster: what `Snapshot.golden` finds.

    Parameters, exceptions
        Those of `evaluate_with_dask`.
    """
    return to_golden(_gather(results_with_dask(rule, path), client))


def results_with_dask(rule: RuleLike, path: Paths, *, luminosity: bool = True) -> list[Any]:
    """Prepare the work, for those who go on with its results on the cluster.

    Parameters
    ----------
    luminosity : bool
        False leaves luminosities out, which saves reading them: they come out as 0.

    Returns
    -------
    list of dask.delayed.Delayed
        A task a group of rows; each makes a table as `evaluate_rows` does.
    """
    delayed = _dask().delayed(_evaluate_group, pure=False, traverse=False)
    sent = to_sent(rule)
    return [delayed(sent, group.path, group.number, luminosity) for group in row_groups(path)]


def _evaluate_group(sent: str, path: str, number: int, luminosity: bool) -> Any:
    rule, file = parse_sent(sent), open_parquet(path)
    columns = needed_columns(rule, file.schema_arrow.names, luminosity=luminosity)
    return evaluate_rows(rule, file.read_row_group(number, columns=columns))


def _gather(tasks: list[Any], client: Client | None) -> Any:
    cluster: Any = client  # its methods have no types
    tables = _dask().compute(*tasks) if cluster is None else cluster.compute(tasks, sync=True)
    return checked(import_arrow().concat_tables([result_schema().empty_table(), *tables]))


def _dask() -> Any:
    try:
        import dask
    except ImportError as error:
        raise MissingExtraError("Evaluating rules on Dask", "dask") from error
    return dask
