from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from runregistry.errors import RangeError
from runregistry.lumis import LumiMask

TEXT = '{\n  "314486": [[1, 3], [5, 9]],\n  "1000000": [[1, 15]]\n}'


@pytest.fixture
def mask() -> LumiMask:
    return LumiMask({1000000: [(1, 15)], 314486: [(1, 3), (5, 9)]})


def test_the_text_has_a_run_a_line_sorted_by_number(mask: LumiMask) -> None:
    assert mask.to_json() == TEXT
    assert LumiMask().to_json() == "{}"


def test_the_text_is_json_of_the_same_objects(mask: LumiMask) -> None:
    assert json.loads(mask.to_json()) == mask.to_dict()
    assert list(mask.to_dict()) == ["314486", "1000000"]


@pytest.mark.parametrize("source", [TEXT, TEXT.encode(), "\ufeff" + TEXT, b"\xef\xbb\xbf" + TEXT.encode(), json.loads(TEXT)])
def test_text_bytes_and_objects_can_be_read(source: object, mask: LumiMask) -> None:
    assert LumiMask.from_json(source) == mask  # type: ignore[arg-type]


def test_any_layout_can_be_read(mask: LumiMask) -> None:
    assert LumiMask.from_json(json.dumps(mask.to_dict())) == mask
    assert LumiMask.from_json(json.dumps(mask.to_dict(), indent=4).replace("\n", "\r\n")) == mask
    assert LumiMask.from_json("{}") == LumiMask()


def test_reading_joins_what_is_unsorted_split_or_overlapping() -> None:
    text = '{"314487": [[15, 15], [1, 14]], "3": [[4, 9], [1, 5]], "2": []}'
    assert LumiMask.from_json(text).to_dict() == {"3": [[1, 9]], "314487": [[1, 15]]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"314487": [[1, 2], [15, 3]]}', "run 314487, range 2: [15, 3] is reversed"),
        ('{"314487": [[3.0, 5]]}', "run 314487, range 1: [3.0, 5] holds 3.0, which is no whole number"),
        ('{"314487": [[1, 1e3]]}', "run 314487, range 1: [1, 1000.0] holds 1000.0"),
        ('{"314487": [[NaN, 5]]}', "run 314487, range 1: [NaN, 5] holds NaN"),
        ('{"314487": [[1, Infinity]]}', "run 314487, range 1: [1, Infinity] holds Infinity"),
        ('{"314487": NaN}', "run 314487: NaN is no list of ranges"),
        ('{"314487": [1, 5]}', "run 314487, range 1: 1 is no pair"),
        ('{"314487": "1-5"}', 'run 314487: "1-5" is no list of ranges'),
        ('{"314487": {"1": 5}}', 'run 314487: {"1": 5} is no list of ranges'),
        ('{"314487": [{"start": 1, "end": 5}]}', "run 314487, range 1: "),
        ('{"314487": [[-2]]}', "run 314487, range 1: [-2] is no pair"),
        ('{"314487": [[-1, 5]]}', "run 314487, range 1: [-1, 5] goes below 1"),
        ('{"314487": [[5, 4294967296]]}', "run 314487, range 1: [5, 4294967296] goes beyond 4294967295"),
        ('{"Run2018A": [[1, 5]]}', '"Run2018A" is no run number'),
        ('{"314487": [[1, 5]], "314488": [[1, 1]], "314487": [[7, 9]]}', "run 314487 is written twice"),
        ('{"314487": [[1, 5],]}', "not JSON: "),
        ('[["314487", [[1, 5]]]]', "not a list"),
        ('"314487"', 'not "314487"'),
        ("null", "not null"),
        ("", "not JSON: Expecting value at line 1, column 1"),
        ("{'314487': [[1, 5]]}", "at line 1, column 2"),
        ('{"314487": [[1, 5]]\n "314488": [[1, 5]]}', "at line 2, column 2"),
        ('{"314487": [[1, 5]]} x', "not JSON: Extra data at line 1, column 22"),
        ('{"314487": [[1, ' + "9" * 5000 + "]]}", "not a golden JSON: "),
        ("[" * 100_000, "not a golden JSON: "),
        (b'{"314487\xff": []}', "not JSON: byte 8 is not UTF-8"),
    ],
)
def test_what_is_no_golden_json_is_refused_with_its_place(text: str | bytes, says: str) -> None:
    with pytest.raises(RangeError) as caught:
        LumiMask.from_json(text)
    assert says in str(caught.value)


@pytest.mark.parametrize("source", [None, 5, [("1", [[1, 2]])]])
def test_what_is_neither_text_nor_mapping_is_refused(source: object) -> None:
    with pytest.raises(RangeError, match="a golden JSON is text or a mapping"):
        LumiMask.from_json(source)  # type: ignore[arg-type]


def test_a_run_written_twice_is_named_with_all_its_ranges() -> None:
    with pytest.raises(RangeError) as caught:
        LumiMask.from_json('{"5": [[1, 2]], "6": [], "5": [[4, 4]]}')
    assert caught.value.run_number == "5"
    assert caught.value.ranges == [[[1, 2]], [[4, 4]]]


def test_what_is_written_is_read_back(mask: LumiMask, tmp_path: Path) -> None:
    for path in (tmp_path / "golden.json", str(tmp_path / "golden.txt")):
        mask.write(path)
        assert LumiMask.read(path) == mask


def test_a_file_ends_with_a_line_end(mask: LumiMask, tmp_path: Path) -> None:
    mask.write(tmp_path / "golden.json")
    assert (tmp_path / "golden.json").read_bytes() == TEXT.encode() + b"\n"


def test_a_file_that_exists_is_replaced_and_keeps_its_permissions(mask: LumiMask, tmp_path: Path) -> None:
    path = tmp_path / "golden.json"
    path.write_text("old")
    path.chmod(0o640)
    mask.write(path)
    assert LumiMask.read(path) == mask
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_can_be_read_by_whom_the_mask_of_the_user_allows(mask: LumiMask, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    mask.write(tmp_path / "golden.json")
    assert (tmp_path / "golden.json").stat().st_mode == plain.stat().st_mode


def test_a_link_stays_a_link(mask: LumiMask, tmp_path: Path) -> None:
    (tmp_path / "v1.json").write_text("{}")
    (tmp_path / "latest.json").symlink_to("v1.json")
    mask.write(tmp_path / "latest.json")
    assert (tmp_path / "latest.json").is_symlink()
    assert LumiMask.read(tmp_path / "v1.json") == mask


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    mask: LumiMask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "golden.json"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        mask.write(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_mistake_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "golden.json"
    path.write_text('{"5": [[3, 1]]}')
    with pytest.raises(RangeError, match=r"golden\.json: run 5, range 1: \[3, 1\] is reversed") as caught:
        LumiMask.read(path)
    assert (caught.value.run_number, caught.value.ranges) == (5, [3, 1])


def test_a_missing_file_is_the_usual_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LumiMask.read(tmp_path / "none.json")
