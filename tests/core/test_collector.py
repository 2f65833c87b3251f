from __future__ import annotations

import gc

import pytest

from community.core.collector import gc_paused


def test_gc_paused_pauses_and_resumes():
    with gc_paused():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_gc_paused_resumes_after_an_error():
    with pytest.raises(ValueError, match="no"), gc_paused():
        raise ValueError("no")

    assert gc.isenabled()


def test_gc_paused_inside_another_resumes_at_the_end_of_the_outer_one():
    with gc_paused():
        with gc_paused():
            pass

        assert not gc.isenabled()

    assert gc.isenabled()
