"""The path coder against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bitproof.construct.path_code import nearest_path

ODD = st.sampled_from([1, 3, 7, 15])
STEPS = st.lists(st.floats(-1, 1, allow_nan=False), min_size=1, max_size=60)


@given(levels=ODD, steps=STEPS, start=st.floats(-50, 50))
def test_every_node_is_nearest_where_the_function_is_no_steeper_than_the_path(levels, steps, start):
    values = start + levels * np.concatenate([[0.0], np.cumsum(steps)])
    path = nearest_path(values, levels)
    assert np.array_equal(path % 2, np.arange(len(values)) % 2)
    assert np.abs(np.diff(path)).max() <= levels
    assert np.abs(path - values).max() <= 1 + 1e-9


@given(levels=ODD, steps=st.lists(st.floats(-9, 9), min_size=1, max_size=60))
def test_a_steeper_function_is_followed_as_fast_as_possible(levels, steps):
    values = levels * np.concatenate([[0.0], np.cumsum(steps)])
    path = nearest_path(values, levels)
    assert set(np.diff(path).tolist()) <= set(range(-levels, levels + 1, 2))
