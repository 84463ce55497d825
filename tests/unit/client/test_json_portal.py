from __future__ import annotations

import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import FakeRegistry, answer

from runregistry.client import Client
from runregistry.client.flows import create_json, generate_json
from runregistry.errors import APIError, JobError, TransportError

RULE = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
GENERATE, LOOK = "/json_portal/generate", "/json_portal/json"
FINAL = {"id": 1987, "generated_json": {"355100": [[1, 54]]}}


def test_the_rule_goes_as_text_and_the_json_comes_back(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[GENERATE] = [answer(200, {"id": "1987"})]
    fake.script[LOOK] = [answer(200, {"final_json": FINAL})]
    assert ask("create_json", RULE, "/PromptReco/%") == FINAL
    text = '{"==":[{"var":"lumisection.rr.dt-dt"},"GOOD"]}'
    assert fake.bodies(GENERATE) == [{"json_logic": text, "dataset_name_filter": "/PromptReco/%"}]
    assert fake.bodies(LOOK) == [{"id_json": "1987"}]


def test_a_rule_that_is_text_is_sent_as_it_is(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[GENERATE] = [answer(200, {"id": "1"})]
    fake.script[LOOK] = [answer(200, {"final_json": FINAL})]
    ask("create_json", '{ "a" : 1 }', "x")
    assert fake.bodies(GENERATE)[0]["json_logic"] == '{ "a" : 1 }'


def test_progress_is_told_until_the_job_is_done(ask: Ask, fake: FakeRegistry) -> None:
    told: list[float | None] = []
    fake.script[GENERATE] = [answer(200, {"id": "1"})]
    fake.script[LOOK] = [answer(203), answer(202, {"progress": 0.5}), answer(200, {"final_json": FINAL})]
    ask("create_json", RULE, "x", on_progress=told.append)
    assert told == [None, 0.5]


def test_pauses_begin_short_and_grow_to_the_longest() -> None:
    flow = create_json(RULE, "x", longest_pause_s=0.1)
    next(flow)
    (look,) = flow.send([{"id": "1"}])
    pauses = [look.after_s]
    for _ in range(6):
        (look,) = flow.send([look.read(_answer_of(202, b'{"progress": 0}'))])
        pauses.append(look.after_s)
    flow.close()
    assert pauses == pytest.approx([0, 0.02, 0.03, 0.045, 0.0675, 0.1, 0.1])


def _answer_of(status: int, content: bytes) -> object:
    from runregistry.client.answers import Answer

    return Answer(status, {}, content)


def test_a_job_that_failed_names_itself(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[GENERATE] = [answer(200, {"id": "12"})]
    fake.script[LOOK] = [answer(500)]
    with pytest.raises(JobError, match="Error 500 during JSON creation") as caught:
        ask("create_json", RULE, "x")
    assert caught.value.job_id == 12


def test_a_refused_rule_raises_the_text(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[GENERATE] = [answer(500, {"err": "No datasets matched that dataset name"})]
    with pytest.raises(APIError, match=r"^No datasets matched that dataset name$"):
        ask("create_json", RULE, "x")


def test_a_receipt_without_a_number_is_an_error(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[GENERATE] = [answer(200, {"ok": True})]
    with pytest.raises(TransportError, match="gave no number"):
        ask("create_json", RULE, "x")


def test_the_old_compiler_answers_at_once(client: Client, fake: FakeRegistry) -> None:
    fake.script["/json_creation/generate"] = [answer(200, {"final_json": {"1": [[1, 2]]}})]
    assert client._session.run(generate_json(RULE)) == {"1": [[1, 2]]}
