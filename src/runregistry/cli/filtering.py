"""Filter options, turned into what the verbs of the client take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.cli.run_lists import RunList, read_runs, read_text
from runregistry.errors import FilterError, UsageError, suggestion
from runregistry.terms import DATASET_ATTRIBUTES, DATASET_COMPONENTS, RUN_ATTRIBUTES, RUN_COMPONENTS

if TYPE_CHECKING:
    from runregistry.cli.options import DatasetFilters, LumisectionFilters, RunFilters

__all__ = ["Question", "parse_filter", "parse_sortings", "read_names", "read_pairs", "read_question"]

_DIRECTIONS = ("asc", "desc")
_COMPONENTS = frozenset({*RUN_COMPONENTS, *DATASET_COMPONENTS})


class Question(NamedTuple):
    """What a list is asked.

    Attributes
    ----------
    filter : dict
        In the short form, or in the wire form.
    is_wire_filter : bool
        Which of them.
    keywords : dict
        Keyword filters of the client.
    run_list : RunList or None
        The runs that were named, which are among the keywords too.
    """

    filter: dict[str, Any]
    is_wire_filter: bool
    keywords: dict[str, Any]
    run_list: RunList | None

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return not self.filter and not self.keywords

    @property
    def names_runs_only(self) -> bool:
        """Whether nothing but the run numbers can leave a run out."""
        return not self.filter and set(self.keywords) <= {"runs", "dataset_name"}


def read_question(words: Sequence[str] | None, filters: RunFilters | DatasetFilters | LumisectionFilters) -> Question:
    """Return the question that arguments and filter options ask.

    Parameters
    ----------
    words : sequence of str or None
        Runs that were named as arguments: they and those of ``--runs`` are meant.
    filters : RunFilters or DatasetFilters or LumisectionFilters

    Raises
    ------
    UsageError, FilterError
        One of them can't be read.
    """
    named = [*(words or ()), *(filters.run_list or ())]
    if [*named, filters.filter].count("-") > 1:
        raise UsageError("- is given twice, and stdin can be read once")
    run_list = read_runs(named)
    keywords = {
        "runs": None if run_list is None else str(run_list) or [],
        "run_min": filters.run_min,
        "run_max": filters.run_max,
        "run_class": _several(filters.run_class),
        "fill": _fills(filters.fill),
        "significant": _significance(filters),
        "since": filters.since,
        "until": filters.until,
        "comment": _texts("--comment", filters.comment),
        "cause": _texts("--cause", filters.cause),
        "where": filters.where,
        "era": _several(getattr(filters, "era", None)),
        "appeared_in": _several(getattr(filters, "appeared_in", None)),
        **_states(filters),
        **_components(filters),
        "dataset_name": _several(_names_of(filters)),
    }
    given = {name: value for name, value in keywords.items() if value is not None}
    return Question(parse_filter(filters.filter), filters.wire, given, run_list)


def parse_filter(text: str | None) -> dict[str, Any]:
    """Return the filter that a user wrote as JSON, or that ``@FILE`` or ``-`` (stdin) holds; an empty one if none.

    Raises
    ------
    FilterError
        It is no JSON object.

    Examples
    --------
    >>> parse_filter('{"class": "Collisions24"}')
    {'class': 'Collisions24'}
    """
    if text is None:
        return {}
    try:
        found = json.loads(read_text(text))
    except (ValueError, RecursionError) as error:
        if isinstance(error, UsageError):
            raise
        hint = "; a condition in words is given with --where" if not text.startswith(("{", "[", "@", "-")) else ""
        raise FilterError(f"--filter is not JSON: {error}; write for example '{{\"run_number\": 355100}}'{hint}") from error
    if not isinstance(found, dict):
        raise FilterError(f'--filter must be a JSON object such as {{"run_number": 355100}}, not {text}')
    return found


def parse_sortings(given: Iterable[str] | None, *, of_datasets: bool = False) -> list[list[str]]:
    """Return sortings, each written as ``fill_number:desc``; without a direction it is ascending.

    Raises
    ------
    UsageError
        A name or a direction is unknown.

    Examples
    --------
    >>> parse_sortings(["fill_number:desc", "run_number"])
    [['oms_attributes.fill_number', 'DESC'], ['run_number', 'ASC']]
    """
    known = {**RUN_ATTRIBUTES, **DATASET_ATTRIBUTES} if of_datasets else dict(RUN_ATTRIBUTES)
    found = []
    for word in given or ():
        name, _, direction = word.partition(":")
        if (direction or "asc").lower() not in _DIRECTIONS:
            raise UsageError(f"--sort {word}: the order is asc or desc, not {direction!r}{suggestion(direction, _DIRECTIONS)}")
        if name not in known and name not in _COMPONENTS and "." not in name:
            raise UsageError(f"--sort {word}: there is no attribute {name!r}{suggestion(name, known)}")
        found.append([known[name].wire if name in known else name, (direction or "asc").upper()])
    return found


def read_names(given: Iterable[str] | None) -> list[str] | None:
    """Return names from words that hold several, separated by commas; None if there are no words.

    Examples
    --------
    >>> read_names(["run_number,class", "energy"])
    ['run_number', 'class', 'energy']
    """
    if not given:
        return None
    return list(dict.fromkeys(name.strip() for word in given for name in word.split(",") if name.strip()))


def read_pairs(option: str, given: Iterable[str], example: str) -> dict[str, list[str]]:
    """Return what stands before and after the equals signs; several values are separated by commas.

    Raises
    ------
    UsageError
        A word has no equals sign, or a name comes twice.

    Examples
    --------
    >>> read_pairs("--component", ["dt-dt=GOOD", "csc-csc=BAD,STANDBY"], "dt-dt=GOOD")
    {'dt-dt': ['GOOD'], 'csc-csc': ['BAD', 'STANDBY']}
    """
    found: dict[str, list[str]] = {}
    for word in given:
        name, equals, values = word.partition("=")
        if not equals or not name or not values:
            raise UsageError(f"{option} {word}: write a name and a value, {example}")
        if name in found:
            raise UsageError(
                f"{option} names {name} twice: for any of several values write {name}={','.join([*found[name], values])}; "
                "for both at once use --where"
            )
        found[name] = [value.strip() for value in values.split(",") if value.strip()]
    return found


def _significance(filters: RunFilters | DatasetFilters | LumisectionFilters) -> bool | None:
    if filters.significant and filters.not_significant:
        raise UsageError("--significant and --not-significant: no run is both; leave one out, or both for all runs")
    return True if filters.significant else False if filters.not_significant else None


def _several(given: Sequence[str] | None) -> list[str] | None:
    return list(given) if given else None


def _names_of(filters: object) -> Sequence[str] | None:
    names = getattr(filters, "dataset_name", None)
    return [names] if isinstance(names, str) else names


def _components(filters: RunFilters | DatasetFilters | LumisectionFilters) -> dict[str, Any]:
    given = getattr(filters, "component", None)
    return {"components": read_pairs("--component", given, "dt-dt=GOOD") if given else None}


def _states(filters: RunFilters | DatasetFilters | LumisectionFilters) -> dict[str, Any]:
    """Read states: of runs, or of datasets in a workspace, which is *global* if none is named."""
    given = filters.state or ()
    if not hasattr(filters, "era"):
        return {"state": _several(given)}
    alone = [word for word in given if "=" not in word]
    paired = [word for word in given if "=" in word]
    return {
        "dataset_state": _several(alone),
        "states": read_pairs("--state", paired, "tracker=OPEN") if paired else None,
    }


def _fills(given: Sequence[str] | None) -> Any:
    """Read fills: one range, or numbers."""
    if not given:
        return None
    words = [word for text in given for word in text.split(",") if word]
    if len(words) == 1 and "-" in words[0]:
        first, _, last = words[0].partition("-")
        return _fill(first, words[0]), _fill(last, words[0])
    return [_fill(word, word) for word in words]


def _fill(word: str, text: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise UsageError(f"--fill {text}: write one fill, 6629, several, 6629,6631, or one range, 6620-6629")
    return int(word)


def _texts(option: str, given: Sequence[str] | None) -> Any:
    """Read texts to look for: anywhere, or in one component if its name and an equals sign come first."""
    if not given:
        return None
    of_one = [word for word in given if word.partition("=")[0] in _COMPONENTS and "=" in word]
    if of_one and len(of_one) < len(given):
        raise UsageError(f"{option}: name a component with every text, or with none; --where can say both")
    if not of_one:
        return list(given)
    found: dict[str, list[str]] = {}
    for word in of_one:
        name, _, text = word.partition("=")
        found.setdefault(name, []).append(text)
    return found
