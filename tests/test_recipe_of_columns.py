"""A kind of columns from outside of the package: the recipe of the contributing guide."""

import pickle

import numpy as np
import pandas as pd
import pytest
from models import fast
from numpy.testing import assert_allclose

from skbackprop import BackpropEnsembleClassifier
from skbackprop.tables import kinds


class Clock:
    """A column of times of day such as '07:30': hours since the first one that training saw."""

    words = "times of day"
    numbers = ("in hours",)
    categories = ()

    def __init__(self, first):
        self.first = first

    @staticmethod
    def takes(column):
        """Whether all that a column of text holds reads as hours and minutes."""
        is_text = column.family in ("text", "object") and column.types == {str}
        return is_text and all(v[2:3] == ":" for v in column.objects() if isinstance(v, str))

    @classmethod
    def learn(cls, column):
        """Return the kind that knows the first time of a column of training."""
        return cls(float(np.nanmin(hours(column))))

    def read(self, column):
        """Return the hours."""
        return (hours(column) - self.first,)


def hours(column):
    """Return the values of a column as hours, NaN where one is missing."""
    parts = [v.split(":") if isinstance(v, str) else ("nan", 0) for v in column.objects()]
    return np.array([float(h) + float(m) / 60 for h, m in parts])


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "clock", Clock)


@pytest.fixture
def table(rng):
    """Shops that are open from eight to six."""
    minutes = rng.integers(1440, size=400)
    text = [f"{m // 60:02d}:{m % 60:02d}" for m in minutes]
    town = rng.choice(["Ulm", "Bonn"], 400)
    X = pd.DataFrame({"at": text, "town": town, "size": rng.normal(size=400)})
    return X, np.where((minutes >= 480) & (minutes < 1080), "open", "closed"), minutes / 60


def as_numbers(X, at):
    """The same table, with the hours as a reader would make numbers of them."""
    return pd.DataFrame({"at": at - at.min(), "town": X["town"], "size": X["size"]})


@pytest.mark.usefixtures("clock")
def test_a_kind_of_columns_is_a_class_in_kinds_and_gives_what_its_numbers_would(table):
    X, y, at = table
    model, by_hand = fast(max_iter=30).fit(X, y), fast(max_iter=30).fit(as_numbers(X, at), y)
    assert_allclose(model.coefs_[0], by_hand.coefs_[0], atol=1e-10)
    assert model.score(X, y) > 0.95
    names = model.get_input_names()
    assert "at in hours" in names and len(names) == len(by_hand.get_input_names())


@pytest.mark.usefixtures("clock")
def test_what_a_kind_has_learned_is_kept_for_later_rows_and_by_pickle(table):
    X, y, at = table
    model = fast().fit(X, y)
    later = X[at > 12]
    expected = fast().fit(as_numbers(X, at), y).predict_proba(as_numbers(X, at)[at > 12])
    assert_allclose(pickle.loads(pickle.dumps(model)).predict_proba(later), expected)
    parts = fast().partial_fit(X[:200], y[:200], classes=["closed", "open"])
    assert np.isfinite(parts.partial_fit(X[200:], y[200:]).predict_proba(X)).all()


@pytest.mark.usefixtures("clock")
def test_an_ensemble_reads_a_kind_as_its_networks_do(table):
    X, y, _ = table
    ensemble = BackpropEnsembleClassifier(fast(), n_estimators=1, cv=2, random_state=0).fit(X, y)
    assert pickle.loads(pickle.dumps(ensemble)).score(X, y) == ensemble.score(X, y) > 0.9


def test_a_model_with_a_kind_that_is_not_registered_says_so(table, monkeypatch):
    X, y, _ = table
    with monkeypatch.context() as patch:
        patch.setitem(kinds.KINDS, "clock", Clock)
        model = fast().fit(X, y)
    with pytest.raises(ValueError, match="kind 'clock', which is not registered here: register"):
        model.predict(X)
