"""Orders that are moved on, and selections that are cut, against making them anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.filters import Column, SortKey
from runregistry.filters.coded import Coded, Memo
from runregistry.filters.orders import ordered, reordered
from runregistry.store import answers
from runregistry.store.answers import Selected

values = st.sampled_from([None, "", "a", "b", "B", 2, 10, True, "é"])
keys = st.tuples(st.booleans(), st.booleans()).map(lambda flags: SortKey(Column("oms_attributes", ("x",)), *flags))
BY_NUMBER = SortKey(Column("run_number"), descending=True)


class Table:
    """Rows with a value each, which may come to them through another table."""

    def __init__(self, given, via):
        self.values, self.memo, self.via = [None], Memo(), via
        self.codes = np.array([self.code(value) for value in given], dtype=np.uint8)

    def code(self, value):
        known = [(type(each), each) for each in self.values]
        if (type(value), value) not in known:
            self.values.append(value)
            return len(known)
        return known.index((type(value), value))

    def columns(self):
        n_rows = len(self.codes) if self.via is None else len(self.via)
        return Coded(self.codes, self.values, self.memo, self.via), Coded(None, np.arange(n_rows, dtype=np.int64))


@settings(max_examples=150, deadline=None)
@given(keys, st.lists(values, min_size=1, max_size=40), st.data())
def test_an_order_that_is_moved_on_is_the_order_made_anew(key, given_values, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runregistry.filters.orders._ONE_OF", 1)
        through = data.draw(st.booleans())
        table = Table(given_values, np.arange(len(given_values)).repeat(2) if through else None)
        order = ordered((key, BY_NUMBER), table.columns(), len(table.columns()[1].values))
        for _ in range(3):
            changes = data.draw(st.dictionaries(st.integers(0, len(table.codes) - 1), values, max_size=4))
            more = data.draw(st.lists(values, max_size=3))
            codes = np.concatenate([table.codes, np.zeros(len(more), dtype=np.uint8)])
            for row, value in [*changes.items(), *enumerate(more, len(table.codes))]:
                codes[row] = table.code(value)
            table.codes = codes
            if through:
                table.via = np.concatenate([table.via, np.arange(len(codes) - len(more), len(codes))])
            columns = table.columns()
            order = reordered(order, columns, len(columns[1].values))
            anew = ordered((key, BY_NUMBER), columns, len(columns[1].values))
            assert order.rows.tolist() == anew.rows.tolist()


def test_an_order_of_a_column_that_was_read_again_is_made_anew():
    key = SortKey(Column("oms_attributes", ("x",)))
    numbers = Coded(None, np.arange(3, dtype=np.int64))
    before, again = (Coded(np.array([1, 2, 1], dtype=np.uint8), [None, *texts], Memo()) for texts in ("ab", "ba"))
    order = ordered((key, BY_NUMBER), (before, numbers), 3)
    assert order.rows.tolist() == [2, 0, 1]
    assert reordered(order, (again, numbers), 3).rows.tolist() == [1, 2, 0]


def test_an_order_of_who_has_seen_more_is_of_no_use_to_who_has_seen_less():
    numbers = np.array([5, 9, 7, 8], dtype=np.int64)
    order = ordered((BY_NUMBER,), (Coded(None, numbers),), 4)
    assert reordered(order, (Coded(None, numbers[:3]),), 3).rows.tolist() == [1, 2, 0]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.integers(1, 7), st.integers(0, 45), st.integers(0, 45))
def test_a_part_of_a_selection_is_that_part_of_all_of_it(matched, block, start, stop):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_BLOCK", block)
        rows = np.arange(len(matched))[::-1]
        found = [row for row, is_found in zip(rows.tolist(), matched, strict=True) if is_found]
        selected = Selected.among(rows, np.array(matched, dtype=bool))
        assert selected.n_found == len(found)
        stop = min(stop, len(found))
        assert selected.between(start, stop).tolist() == found[start:stop]
        assert Selected.these(np.array(found, dtype=np.intp)).between(start, stop).tolist() == found[start:stop]
