"""Columns that are cut out of documents together."""

from __future__ import annotations

from runregistry.store.columns import StoredColumn, codes_beneath
from runregistry.store.picking import reader

DOCUMENTS = [
    '{"dt-dt":{"GOOD":12,"BAD":3}}',
    '{"csc-csc":{"GOOD":7}}',
    '{"dt-dt":{"BAD":3}}',
    '{"dt-dt":null}',
    "[1, 2]",
    '{"dt-dt":{"GOOD":12,"BAD":3}}',
]


def values(column, codes):
    return [column.coded().values[code] for code in codes]


def test_columns_beneath_a_key_are_those_read_one_by_one():
    paths = ("GOOD",), ("BAD",), ("GOOD", "0"), ()
    together = {path: StoredColumn(reader(path)) for path in paths}
    for path, codes in zip(paths, codes_beneath("dt-dt", together, DOCUMENTS), strict=True):
        alone = StoredColumn(reader(("dt-dt", *path)))
        assert values(together[path], codes) == values(alone, alone.codes_of(DOCUMENTS))
    good, bad = together[("GOOD",)], together[("BAD",)]
    assert values(good, good.codes_of(['{"GOOD":12}'])) == [12]
    assert values(bad, codes_beneath("dt-dt", {("BAD",): bad}, DOCUMENTS)[0]) == [3, None, 3, None, None, 3]
