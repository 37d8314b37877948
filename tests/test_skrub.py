"""Pipelines that skrub builds; needs skrub, which continuous integration installs for it."""

import pytest
from test_tables import default, make_frame

skrub = pytest.importorskip("skrub")


def test_skrub_builds_a_pipeline_around_it():
    X, y = make_frame()
    pipeline = skrub.tabular_pipeline(default(max_iter=30))
    assert pipeline.fit(X, y).score(X, y) > 0.7
