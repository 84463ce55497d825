"""Rows of keys, against a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.store.keys import Keys

batches = st.lists(st.lists(st.integers(-20, 20), max_size=8), max_size=5)


@settings(max_examples=100, deadline=None)
@given(batches)
def test_keys_are_numbered_in_the_order_of_their_coming(batches):
    keys, known = Keys(), {}
    for batch in batches:
        rows = keys.place(np.array(batch, dtype=np.int64))
        assert rows.tolist() == [known.setdefault(key, len(known)) for key in batch]
        assert len(keys) == len(known)
    asked = np.arange(-21, 22)
    assert keys.find(asked).tolist() == [known.get(key, -1) for key in asked.tolist()]
