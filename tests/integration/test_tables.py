"""Tables of what a real registry answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import ROOT
from tests.integration.registry import COMPONENTS, create_run, edit, registry_client

from runregistry import testing
from runregistry.client import frames

KEY = {"run_number": 355100, "dataset_name": "online"}


@pytest.fixture(scope="module")
def registry() -> Iterator[httpx2.Client]:
    """A registry with two runs, one of them edited."""
    with registry_client() as client:
        create_run(client)
        create_run(client, 355101)
        assert edit(client, 2, 3).status_code == 200
        yield client


def ask(registry: httpx2.Client, path: str, **body: Any) -> Any:
    answer = registry.post(path, json=KEY | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(registry: httpx2.Client, rows: str) -> list[dict[str, Any]]:
    found = ask(registry, f"/{rows}_filtered_ordered", filter={}, sortings=[], page=0, page_size=10)
    return list(found[rows])


def test_runs_and_datasets_have_their_values_and_no_others_than_the_fixed_columns(registry: httpx2.Client) -> None:
    for rows, kind in (("runs", frames.RUNS), ("datasets", frames.DATASETS)):
        table = frames.Rows(listed(registry, rows), kind).to_arrow()
        assert table.column_names == frames.Rows([], kind).to_arrow().column_names
        assert sorted(table["run_number"].to_pylist()) == [355100, 355101]
        assert table["energy"].to_pylist() == [6799.0, 6799.0]
        assert table["class"].to_pylist() == ["Collisions22", "Collisions22"]


def test_the_edit_is_in_the_counts_of_the_component(registry: httpx2.Client) -> None:
    counts = frames.Rows(listed(registry, "runs"), frames.RUNS).component_counts().to_pandas()
    assert len(counts) == 2 * len(COMPONENTS)
    edited = counts[(counts["run_number"] == 355100) & (counts["component"] == "dt-dt")].iloc[0]
    assert (edited["GOOD"], edited["BAD"], edited["lumisections"], edited["good_fraction"]) == (2, 2, 4, 0.5)
    assert edited["comments"].tolist() == ["HV trip"]


def test_lumisections_and_all_ranges_say_the_same(registry: httpx2.Client) -> None:
    lumisections = frames.Rows(ask(registry, "/lumisections/rr_lumisections"), frames.LUMISECTIONS, **KEY)
    ranges = frames.Rows(ask(registry, "/lumisections/rr_lumisection_ranges"), frames.RANGES, **KEY)
    by_component = frames.ComponentRanges(ask(registry, "/lumisections/rr_lumisection_ranges_by_component"), **KEY)
    assert ranges.to_arrow(per="lumisection").equals(lumisections.to_arrow())
    tidy, other = (
        sorted(map(str, one.to_pylist())) for one in (lumisections.to_arrow(), by_component.to_arrow(per="lumisection"))
    )
    assert tidy == other
    assert by_component.to_pandas().query("component == 'dt-dt'")["status"].tolist() == ["GOOD", "BAD", "GOOD"]


def test_oms_and_joint_ranges_have_the_fixed_columns_first(registry: httpx2.Client) -> None:
    oms = frames.Rows(ask(registry, "/lumisections/oms_lumisections"), frames.OMS_LUMISECTIONS, **KEY).to_arrow()
    joint = frames.Rows(ask(registry, "/lumisections/joint_lumisection_ranges"), frames.JOINT_RANGES, **KEY).to_arrow()
    assert oms["cms_active"].to_pylist() == [True] * 4
    assert joint["dt-dt"].to_pylist() == ["GOOD", "BAD", "GOOD"]
    assert joint.column_names[4 : 4 + 40] == oms.column_names[3 : 3 + 40]


def test_history_says_who_set_what_over_which_lumisections(registry: httpx2.Client) -> None:
    rows = ask(registry, "/lumisections/get_rr_lumisection_history") + registry.get("/run_with_history/355100").json()
    table = frames.Rows(rows, frames.HISTORY).to_pandas()
    (change,) = table[table["author"] == "expert@example.org"].to_dict("records")
    assert (change["component"], change["status"], change["status_comment"], change["first"], change["last"]) == (
        *("dt-dt", "BAD", "HV trip"),
        *(2, 3),
    )
    assert set(table["attribute"].dropna()) >= {"class", "energy", "state"}


def test_datasets_accepted_become_a_table_without_a_warning(registry: httpx2.Client) -> None:
    rows = registry.get("/datasets_accepted").json()
    table = frames.Rows(rows, frames.ACCEPTED).to_arrow()
    assert table.num_rows == len(rows) > 0
    assert table["regexp"].null_count == table["created_at"].null_count == 0


def test_the_examples_of_the_page_about_tables_run(few_runs_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    found: dict[str, Any] = {}
    with testing.server(few_runs_csv) as served:
        exec(code.replace('Client("embedded")', f'Client("{served.url}")'), found)
    assert found["fractions"].loc[315512, "tracker-strip"] == pytest.approx(0.99, abs=0.02)
    assert set(found["bad"]["status"]) == {"BAD"}
    assert found["both"]["lumisection_number"].tolist() == list(range(1, len(found["both"]) + 1))
    assert (tmp_path / "cosmics.csv").read_text(encoding="utf-8").startswith("run_number,class,state,")
    assert (tmp_path / "lumisections.parquet").stat().st_size > 0
