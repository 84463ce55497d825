"""Golden JSONs of registries and files: made, written with their provenance, verified, explained; in Python and as commands."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import DEMO_DATA, ROOT
from tests.integration.commands import one_error_line, run

from runregistry import certification, testing
from runregistry.engine import Snapshot
from runregistry.errors import LogicError, RangeError, SettingsError, UsageError
from runregistry.lumis import LumiMask
from runregistry.server.services.lumisections import edit_rr_lumisections
from runregistry.store import Store
from runregistry.testing import RunningRegistry
from runregistry.testing.sample import PROMPT

STRIP = {"==": [{"var": "lumisection.rr.tracker-strip"}, "GOOD"]}
ENERGY = {">=": [{"var": "run.oms.energy"}, 6000]}
RULE = {"and": [ENERGY, STRIP]}
CSV = DEMO_DATA / "oms_lumisections_2018.csv.gz"


@pytest.fixture(scope="module")
def registry() -> Iterator[RunningRegistry]:
    with testing.server(sample=True) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database of one's own, which a test may change."""
    from runregistry.server import ensure_settings
    from runregistry.testing.sample import fill

    with Store(tmp_path / "registry.sqlite") as made:
        ensure_settings(made)
        fill(made)
        yield made


def make_bad(store: Store, run_number: int, first: int, last: int) -> None:
    change = {"start": first, "end": last, "status": "BAD", "comment": "found later", "cause": ""}
    body = {"run_number": run_number, "dataset_name": PROMPT, "component": "tracker-strip", "new_lumisection_range": change}
    edit_rr_lumisections(store, body, "expert@example.org")


def test_database_engine_http_and_portal_make_the_same_json(registry: RunningRegistry) -> None:
    made = [certification.create(RULE, PROMPT, source=registry.store)]
    with registry.client() as client:
        made += [certification.create(RULE, PROMPT, source=client, where=where) for where in ("local", "portal")]
        default = certification.create(RULE, PROMPT, source=client)
    assert len({each.golden for each in made}) == len({each.denominator for each in made}) == 1
    assert made[0].golden.runs == (355100, 355101, 355102)
    assert [each.provenance.engine for each in (*made, default)] == ["local", "local", "portal", "portal"]
    assert made[2].statistics == made[0].statistics
    assert made[2].provenance.version == made[0].provenance.version
    assert made[0].golden.to_json() == made[2].golden.to_json()
    with pytest.raises(UsageError, match="where='local'"):
        made[2].explain()


def test_runs_are_chosen_here_and_not_by_the_portal(registry: RunningRegistry) -> None:
    with registry.client() as client:
        made = certification.create(RULE, PROMPT, source=client, run_min=355101, runs=[355100, 355101])
        assert (made.golden.runs, made.provenance.engine) == ((355101,), "local")
        with pytest.raises(UsageError, match="takes no choice of runs"):
            certification.create(RULE, PROMPT, source=client, where="portal", run_max=355100)


@pytest.mark.parametrize(
    ("pattern", "n_datasets"),
    [(PROMPT, 3), ("/(PromptReco|Express)/Collisions2022/DQM", 6), ("/%/Collisions202_/DQM", 6), ("online", 7), ("%", 15)],
)
def test_dataset_filters_mean_the_same_over_http_and_in_the_database(
    registry: RunningRegistry, pattern: str, n_datasets: int
) -> None:
    with registry.client() as client:
        here, there = (certification.create(RULE, pattern, source=source, where="local") for source in (registry.store, client))
    assert here.golden == there.golden
    assert here.snapshot is not None
    assert there.snapshot is not None
    assert here.snapshot.keys == there.snapshot.keys
    assert here.snapshot.n_datasets == n_datasets


def test_several_datasets_of_a_run_are_united(registry: RunningRegistry) -> None:
    made = certification.create(STRIP, "/(PromptReco|Express)/Collisions2022/DQM", source=registry.store)
    one, other = (
        certification.create(STRIP, f"/{name}/Collisions2022/DQM", source=registry.store) for name in ("Express", "PromptReco")
    )
    assert made.golden == one.golden | other.golden
    assert made.totals.lumisections == made.golden.n_lumisections
    assert made.golden.isdisjoint(made.anti)


def test_a_json_is_written_with_its_provenance_and_verified(store: Store, tmp_path: Path) -> None:
    made = certification.create(RULE, PROMPT, source=store)
    made.write(tmp_path / "golden.json")
    found = certification.verify(tmp_path / "golden.json")
    assert found.is_good
    assert found.notes == []
    noted = json.loads((tmp_path / "golden.json.provenance.json").read_text())
    assert noted["rule"] == RULE
    assert noted["source"]["version"] == made.provenance.version
    assert noted["golden"]["lumisections"] == made.golden.n_lumisections
    assert noted["unit"] == "/pb"


def test_what_is_edited_later_changes_nothing_about_a_verified_json(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "golden.json"
    made = certification.create(RULE, PROMPT, source=store)
    made.write(path)
    make_bad(store, 355100, 3, 5)
    now = certification.create(RULE, PROMPT, source=store)
    assert (made.golden - now.golden).to_dict() == {"355100": [[3, 5]]}
    found = certification.verify(path)
    assert found.is_good
    assert (found.remade.to_json() + "\n").encode() == path.read_bytes()
    again = certification.verify(path, as_of=now.provenance.version)
    assert not again.is_equal
    assert again.diff.removed.to_dict() == {"355100": [[3, 5]]}
    assert "only in the file 3-5" in again.text()
    assert f"compared with version {now.provenance.version}" in again.text()


def test_datasets_that_came_later_or_were_hidden_since_are_as_they_were(store: Store) -> None:
    before = certification.create(RULE, PROMPT, source=store)
    with store.write("expert@example.org", "hide") as writer:
        writer.add_dataset_event(355101, PROMPT, deleted=True)
    assert certification.create(RULE, PROMPT, source=store).golden.runs == (355100, 355102)
    assert certification.create(RULE, PROMPT, source=store, as_of=before.provenance.version).golden == before.golden
    with pytest.raises(UsageError, match="no dataset is called"):
        certification.create(RULE, PROMPT, source=store, as_of=1)
    with pytest.raises(UsageError, match="as_of must be a version of this registry"):
        certification.create(RULE, PROMPT, source=store, as_of=100_000)


def test_a_json_of_a_remote_registry_is_made_again_as_of_its_version(store: Store, tmp_path: Path) -> None:
    with testing.server(sample=True) as running, running.client() as client:
        then = client.version()["createdAt"]
        past = {"source": client, "as_of": then}
        made = {where: certification.create(RULE, PROMPT, where=where, **past) for where in ("portal", "local")}
        certification.create(RULE, PROMPT, source=client, where="portal").write(tmp_path / "now.json")
        certification.create(RULE, PROMPT, source=client, where="local").write(tmp_path / "unknown.json")
        for where, each in made.items():
            each.write(tmp_path / f"{where}.json")
        make_bad(running.store, 355100, 3, 5)
        for name in ("portal", "local", "now"):
            found = certification.verify(tmp_path / f"{name}.json", source=client)
            assert found.is_good, found.text()
            assert found.notes == []
            assert (found.remade.to_json() + "\n").encode() == (tmp_path / f"{name}.json").read_bytes()
        found = certification.verify(tmp_path / "unknown.json", source=client)
        assert (found.is_intact, found.is_equal) == (True, False)
        assert "its past could not be read" in found.text()


def test_only_registries_have_a_past(store: Store, tmp_path: Path) -> None:
    for source in ([], tmp_path / "year.parquet"):
        with pytest.raises(UsageError, match="only a registry knows its past"):
            certification.create(RULE, PROMPT, source=source, as_of=1)


def test_a_json_can_be_made_as_of_a_tag(store: Store) -> None:
    before = certification.create(RULE, PROMPT, source=store)
    with store.write("expert@example.org", "tag") as writer:
        store.versions.add_tag(writer.connection, "then", before.provenance.version, "", "expert@example.org")
    make_bad(store, 355100, 3, 5)
    again = certification.create(RULE, PROMPT, source=store, as_of="then")
    assert again.golden == before.golden
    assert again.provenance.version == before.provenance.version


# What lies behind a difference


def two_jsons(store: Store, folder: Path, act: Any, **options: Any) -> tuple[Path, Path]:
    """Certify, let something happen, certify again."""
    paths = folder / "old.json", folder / "new.json"
    certification.create(RULE, PROMPT, source=store).write(paths[0])
    act()
    certification.create(options.pop("rule", RULE), options.pop("name", PROMPT), source=store, **options).write(paths[1])
    return paths


def test_the_edit_behind_lost_lumisections_is_found(store: Store, tmp_path: Path) -> None:
    bad = {"status": "BAD", "comment": "noise", "cause": ""}

    def act() -> None:
        make_bad(store, 355100, 3, 5)
        with store.write("expert@example.org", "nobody reads this") as writer:
            writer.add_run_event(355100, rr={"stop_reason": "other"})
            writer.add_rr_changes(355100, PROMPT, [(1, 2, {"rpc-rpc": bad})])

    found = certification.changes(*two_jsons(store, tmp_path, act))
    assert found.diff.removed.to_dict() == {"355100": [[3, 5]]}
    (row,) = found.rows
    assert (row["run_number"], row["name"], row["went"], row["came"]) == (355100, PROMPT, [[3, 5]], [])
    assert row["now"]["status"] == "BAD"
    assert row["by"]
    assert not found.unexplained
    assert "behind them are 1 changes from version" in found.text()


def test_a_hidden_dataset_explains_that_its_run_is_gone(store: Store, tmp_path: Path) -> None:
    def act() -> None:
        with store.write("expert@example.org", "hide") as writer:
            writer.add_dataset_event(355101, PROMPT, deleted=True)

    found = certification.changes(*two_jsons(store, tmp_path, act))
    assert [(row["what"], row["comment"]) for row in found.rows] == [("deleted", "hide")]
    assert found.diff.runs == (355101,)
    assert not found.unexplained


def test_what_no_edit_explains_is_told_with_what_else_is_different(store: Store, tmp_path: Path) -> None:
    nothing = {"==": [{"var": "lumisection.rr.dt-dt"}, "BAD"]}
    found = certification.changes(*two_jsons(store, tmp_path, lambda: None, rule=nothing))
    assert found.rows == []
    assert found.unexplained == found.diff.removed | found.diff.added
    assert "the rules are different" in found.text()
    assert "no change is behind" in found.text()


def test_jsons_of_unknown_versions_are_only_compared(store: Store, tmp_path: Path) -> None:
    old, new = two_jsons(store, tmp_path, lambda: make_bad(store, 355100, 3, 5))
    beside = tmp_path / "old.json.provenance.json"
    document = json.loads(beside.read_text())
    document["source"]["version"] = None
    beside.write_text(json.dumps(document))
    found = certification.changes(old, new)
    assert (found.rows, found.since) == ([], None)
    assert "nothing is known of edits" in found.text()
    assert not certification.changes(new, new).diff
    beside.unlink()
    with pytest.raises(UsageError, match="has no provenance"):
        certification.changes(old, new)


def test_a_changed_json_is_told_from_one_that_is_only_written_differently(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "golden.json"
    certification.create(RULE, PROMPT, source=store).write(path)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    assert certification.verify(path).is_good
    document = json.loads(path.read_text())
    document["355100"] = [[1, 30]]
    document.pop("355101")
    path.write_text(json.dumps(document))
    found = certification.verify(path)
    assert (found.is_intact, found.is_equal) == (False, False)
    assert "CHANGED after it was made" in found.text()


def test_what_cannot_be_verified_is_told(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "golden.json"
    beside = tmp_path / "golden.json.provenance.json"
    made = certification.create(RULE, PROMPT, source=store)
    made.write(path, with_provenance=False)
    with pytest.raises(UsageError, match="has no provenance"):
        certification.verify(path)
    made.write(path)
    with pytest.raises(UsageError, match="another rule"):
        certification.verify(path, rule=STRIP)
    text = beside.read_text()
    beside.write_text(text.replace("6000", "6500"))
    with pytest.raises(UsageError, match="its rule was changed"):
        certification.verify(path)
    for broken, words in (
        ("{", "not JSON"),
        ("[]", "no provenance"),
        ('{"format": 9}', "later release"),
        ('{"format": 1}', "no whole"),
    ):
        beside.write_text(broken)
        with pytest.raises(UsageError, match=words):
            certification.verify(path)
    beside.write_text(text)
    path.write_text('{"355100": [[5, 3]]}')
    with pytest.raises(RangeError, match=r"golden\.json"):
        certification.verify(path)


def test_data_in_memory_has_to_be_given_again(tmp_path: Path, few_runs_csv: Path) -> None:
    snapshot = Snapshot.from_oms_file(few_runs_csv)
    certification.create("preset:dcs-only", source=snapshot).write(tmp_path / "dcs.json")
    with pytest.raises(UsageError, match="in memory, which is gone"):
        certification.verify(tmp_path / "dcs.json")
    assert certification.verify(tmp_path / "dcs.json", source=snapshot).is_good
    assert certification.verify(tmp_path / "dcs.json", source=few_runs_csv).is_good


def test_a_file_that_changed_is_noted(tmp_path: Path, few_runs_csv: Path) -> None:
    source = tmp_path / "lumisections.csv"
    source.write_bytes(few_runs_csv.read_bytes())
    certification.create("preset:dcs-only", source=source).write(tmp_path / "dcs.json")
    lines = source.read_text().splitlines()
    source.write_text("\n".join(line for line in lines if not line.startswith("315506")) + "\n")
    found = certification.verify(tmp_path / "dcs.json")
    assert found.diff.runs == (315506,)
    assert "is not the one that the JSON was made of" in found.text()


def test_paths_that_no_dataset_has_are_refused_unless_allowed(registry: RunningRegistry) -> None:
    rule = {"and": [{"==": [{"var": "lumisection.rr.tracker-stirp"}, "GOOD"]}, {">": [{"var": "run.oms.enrgy"}, 1]}]}
    with pytest.raises(LogicError, match=r"tracker-stirp \(did you mean lumisection\.rr\.tracker-strip"):
        certification.create(rule, PROMPT, source=registry.store)
    with pytest.raises(LogicError, match=r"run\.oms\.enrgy \(did you mean run\.oms\.energy"):
        certification.create(rule, PROMPT, source=registry.store)
    made = certification.create(rule, PROMPT, source=registry.store, allow_unknown_paths=True)
    assert made.golden.n_lumisections == 0


@pytest.mark.parametrize(
    ("options", "problem", "words"),
    [
        ({"dataset_name_filter": "/PromptRecco/Collisions2022/DQM"}, UsageError, f"did you mean {PROMPT}"),
        ({"dataset_name_filter": None}, UsageError, "say which datasets"),
        ({"run_min": 400000}, UsageError, "denominator is empty"),
        ({"run_min": 2, "run_max": 1}, UsageError, "beyond the last"),
        ({"where": "portal"}, UsageError, "asked over HTTP"),
        ({"where": "here"}, UsageError, "'local' or 'portal'"),
        ({"source": "no/such.sqlite"}, SettingsError, "no registry at"),
        ({"source": "no/such.parquet"}, UsageError, "no file"),
        ({"source": 5}, UsageError, "can't certify int"),
        ({"source": [1, 2]}, UsageError, "CertifiedDataset"),
    ],
)
def test_what_cannot_be_certified_is_refused(
    registry: RunningRegistry, options: dict[str, Any], problem: type[Exception], words: str
) -> None:
    asked = {"dataset_name_filter": PROMPT, "source": registry.store} | options
    with pytest.raises(problem, match=words):
        certification.create(RULE, **asked)


def test_a_denominator_without_lumisections_is_refused(store: Store) -> None:
    with store.write("auto@auto", "a run without lumisections") as writer:
        writer.add_run_event(360000, oms={"energy": 6799}, rr={"class": "Collisions22"})
        writer.add_dataset_event(360000, "/Empty/Collisions2022/DQM")
    with pytest.raises(UsageError, match="no lumisection of the 1 datasets"):
        certification.create(RULE, "/Empty/%", source=store)


# The real data of 2018: checks of a published DCS-only JSON.


@pytest.fixture(scope="module")
def dcs_only() -> certification.Certification:
    return certification.create("preset:dcs-only", source=CSV, run_min=314206, run_max=316081)


def test_the_dcs_only_json_of_2018_is_made_again_from_oms(dcs_only: certification.Certification) -> None:
    published = LumiMask.read(DEMO_DATA / "json_DCSONLY_2018.txt").restrict(314206, 316081)
    assert published.n_runs == 185
    assert sum(dcs_only.golden.get(run) == ranges for run, ranges in published.items()) == 152
    assert len(set(dcs_only.golden.runs) - set(published.runs)) == 17


def test_the_golden_json_of_2018_is_within_it(dcs_only: certification.Certification) -> None:
    name = "Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt"
    golden = LumiMask.read(ROOT / "tests" / "data" / "lumis" / name).restrict(314206, 316081)
    assert golden.n_runs == 56
    assert golden <= dcs_only.golden


def test_a_year_of_lumisections_is_explained(dcs_only: certification.Certification) -> None:
    why = dcs_only.explain(ignore=["bpix_ready"])
    assert why.total_lost.lumisections == dcs_only.anti.n_lumisections
    assert sum(row["lumisections"] for row in why.by_combination()) == dcs_only.anti.n_lumisections
    assert why.what_if is not None
    rule = {"and": [clause for clause in dcs_only.rule.source["and"] if "bpix_ready" not in json.dumps(clause)]}
    reduced = certification.create(rule, "online", source=dcs_only.snapshot)
    assert why.what_if.won_back == reduced.golden - dcs_only.golden
    assert "no luminosity of lumisections" in why.text()


# Commands


def test_json_create_writes_json_and_provenance_and_says_what_is_in_it(tmp_path: Path, few_runs_csv: Path) -> None:
    arguments = ["--preset", "dcs-only", "--source", few_runs_csv, "--output", "dcs.json", "--anti", "anti.json"]
    done = run("json", "create", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "of 4 runs" in done.stderr
    assert "made by this process from" in done.stderr
    golden, anti = LumiMask.read(tmp_path / "dcs.json"), LumiMask.read(tmp_path / "anti.json")
    assert (
        golden.n_lumisections + anti.n_lumisections
        == certification.create("preset:dcs-only", source=few_runs_csv).denominator.n_lumisections
    )
    verified = run("json", "verify", "dcs.json", cwd=tmp_path)
    assert verified.returncode == 0
    assert "equal to the lumisection" in verified.stdout


def test_json_verify_ends_with_1_if_the_file_was_changed(tmp_path: Path, few_runs_csv: Path) -> None:
    run("json", "create", "--preset", "dcs-only", "--source", few_runs_csv, "--output", "dcs.json", cwd=tmp_path)
    (tmp_path / "dcs.json").write_text('{"315512": [[1, 10]]}')
    done = run("json", "verify", "dcs.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "CHANGED" in done.stdout
    missing = run("json", "verify", "anti.json", cwd=tmp_path)
    assert missing.returncode == 2
    assert "has no provenance" in one_error_line(missing)


def test_json_create_asks_the_portal_of_a_remote_registry_or_reads_it(registry: RunningRegistry) -> None:
    options = ["--rule", json.dumps(RULE), "--dataset", PROMPT, "--target", registry.url]
    by_portal, here = (
        run("json", "create", *options, *more, RUNREGISTRY_EGROUPS=registry.egroups) for more in ((), ("--local",))
    )
    assert by_portal.returncode == here.returncode == 0, by_portal.stderr + here.stderr
    assert by_portal.stdout == here.stdout
    assert "by the portal" in by_portal.stderr
    assert "by this process" in here.stderr


def test_json_explain_tells_people_and_programs(registry: RunningRegistry, tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with Store(path) as made:
        from runregistry.server import ensure_settings
        from runregistry.testing.sample import fill

        ensure_settings(made)
        fill(made)
    options = ["json", "explain", "--rule", json.dumps(RULE), "--dataset", PROMPT, "--database", path]
    text = run(*options, "--run", 355101, "--ignore", "tracker-strip")
    assert text.returncode == 0, text.stderr
    assert "tracker-strip is GOOD" in text.stdout
    assert "noisy modules" in text.stdout
    assert "What if" in text.stdout
    rows = json.loads(run(*options, "--show", "reasons", "--format", "json").stdout)
    assert {(row["first"], row["last"], row["comment"]) for row in rows if row["comment"]} == {(8, 9, "noisy modules")}
    table = run(*options, "--show", "ranges", "--format", "csv").stdout.splitlines()
    assert table[0].startswith("run_number,dataset_name,first,last")
    assert "clauses" not in run(*options, "--format", "table", "--show", "runs").stdout


def test_json_explain_within_another_json(tmp_path: Path, few_runs_csv: Path) -> None:
    (tmp_path / "other.json").write_text('{"315512": [[1120, 1130]]}')
    options = ["--preset", "dcs-only", "--source", few_runs_csv, "--within", "other.json", "--show", "ranges", "--format", "json"]
    rows = json.loads(run("json", "explain", *options, cwd=tmp_path).stdout)
    assert [(row["first"], row["last"]) for row in rows] == [(1124, 1127), (1128, 1130)]


def test_json_presets_lists_rules_and_prints_one() -> None:
    assert "golden-2018-ul" in run("json", "presets").stdout
    printed = run("json", "presets", "tracker-2024").stdout
    assert certification.read_rule(printed).rule.source == certification.get_preset("tracker-2024").rule


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "--dataset", "online"], "give a rule"),
        (["create", "--rule", "{}", "--preset", "dcs-only"], "not both"),
        (["create", "--preset", "dcs-onyl"], "did you mean dcs-only"),
        (["create", "--preset", "dcs-only", "--source", "a.csv", "--target", "production"], "name different data"),
        (["create", "--preset", "dcs-only", "--database", "no.sqlite"], "no registry at"),
        (["explain", "--rule", '{"=>": [1, 2]}', "--dataset", "online", "--source", "a.csv"], "did you mean >="),
        (["presets", "gold"], "there is no preset"),
    ],
)
def test_commands_that_cannot_work_say_why(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = run("json", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in one_error_line(done)


def test_a_compressed_file_is_read_as_the_plain_one(few_runs_csv: Path, tmp_path: Path) -> None:
    path = tmp_path / "few.csv.gz"
    path.write_bytes(gzip.compress(few_runs_csv.read_bytes()))
    one, other = (certification.create("preset:dcs-only", source=source) for source in (few_runs_csv, str(path)))
    assert one.golden == other.golden
    parquet = tmp_path / "few.parquet"
    assert one.snapshot is not None
    one.snapshot.write(parquet)
    assert certification.create("preset:dcs-only", source=parquet).golden == one.golden
