"""Golden JSONs of the JSON portal: start the job, ask until it is done."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import msgspec

from runregistry.client.answers import Answer, failure, read_json
from runregistry.client.calls import Call, Flow, call
from runregistry.errors import APIError, JobError, TransportError

__all__ = ["create_json", "generate_json"]

_FIRST_PAUSE_S = 0.02  # a registry that is near is done at once
_GROWTH = 1.5


def _as_text(rule: Any) -> str:
    """Return a rule as the JSON text that the portal takes."""
    return rule if isinstance(rule, str) else msgspec.json.encode(rule).decode()


def create_json(
    rule: Any,
    dataset_name_filter: str,
    *,
    longest_pause_s: float = 15.0,
    on_progress: Callable[[float | None], None] | None = None,
    as_of: str | None = None,
) -> Flow[dict[str, Any]]:
    """Have a JSON made from a rule, and return it with its statistics.

    Parameters
    ----------
    rule : dict or str
        json-logic, parsed or as text.
    dataset_name_filter : str
        Name of the datasets; ``_`` stands for any character and ``%`` for any text.
    longest_pause_s : float
        Pauses between questions grow to this.
    on_progress : callable, optional
        Told the part that is done, from 0 to 1, or None while the job waits for its turn.
    as_of : str, optional
        A version, a time or a tag, for registries that know their past.

    Raises
    ------
    APIError
        The portal refuses the rule or the filter.
    JobError
        The job failed; ``job_id`` names it.
    """
    asked = {"json_logic": _as_text(rule), "dataset_name_filter": dataset_name_filter}
    (receipt,) = yield [
        call("json_portal_generate", asked) if as_of is None else call("create_json_as_of", {"as_of": as_of, **asked})
    ]
    job_id = _job_id(receipt)
    pause_s = 0.0
    while True:
        answer = yield from _look(job_id, pause_s)
        if answer.status == 200:
            final: dict[str, Any] = read_json(answer)["final_json"]
            return final
        if answer.status not in (202, 203):
            raise _failed(answer, job_id)
        if on_progress is not None:
            on_progress(_progress(answer))
        pause_s = min(max(_FIRST_PAUSE_S, pause_s * _GROWTH), longest_pause_s)


def generate_json(rule: Any) -> Flow[dict[str, Any]]:
    """Have a JSON made at once by the service's old and limited compiler, and return the lumisections that pass."""
    (document,) = yield [call("json_creation_generate", {"json_logic": _as_text(rule)})]
    final: dict[str, Any] = document["final_json"]
    return final


def _look(job_id: Any, pause_s: float) -> Generator[list[Call], list[Any], Answer]:
    answers = yield [call("json_portal_json", {"id_json": job_id}, read=_as_it_is, after_s=pause_s)]
    answer: Answer = answers[0]
    return answer


def _as_it_is(answer: Answer) -> Answer:
    return answer


def _job_id(receipt: Any) -> Any:
    if isinstance(receipt, dict) and "id" in receipt:
        return receipt["id"]
    raise TransportError(f"the JSON portal gave no number for the job, but {str(receipt)[:200]}")


def _progress(answer: Answer) -> float | None:
    return read_json(answer).get("progress", 0) if answer.status == 202 else None


def _failed(answer: Answer, job_id: Any) -> Exception:
    text = f"Error {answer.status} during JSON creation: {answer.text}"
    fault = failure(answer, text)
    if isinstance(fault, APIError) and answer.status >= 500:
        return JobError(text, job_id=int(job_id) if str(job_id).isdigit() else None)
    return fault
