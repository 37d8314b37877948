"""The rows that each network does not see: folds of our own, and those of a splitter."""

import numpy as np
import pytest
from models import ensemble
from sklearn.model_selection import StratifiedKFold

from skbackprop import BackpropClassifier
from skbackprop.ensembles.folds import stratified_folds
from skbackprop.estimator.prepare import prepare


def folds_of(y, n_folds, X=None):
    """Return the codes of y and its folds, for rows of which none are equal unless X says so."""
    X = np.arange(len(y))[:, None] if X is None else X
    prepared = prepare(BackpropClassifier(), X, y, resume=False)
    return prepared.training.codes, stratified_folds(prepared, n_folds, seed=0)


def test_folds_are_stratified_and_each_row_is_held_out_once(rng):
    y = np.repeat([0, 1, 2], [50, 31, 3])
    codes, folds = folds_of(rng.permutation(y), 5)
    held_out = np.concatenate([held for _, held in folds])
    assert np.array_equal(np.sort(held_out), np.arange(84))
    counts = np.array([np.bincount(codes[held], minlength=3) for _, held in folds])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert (np.ptp(counts.sum(axis=1))) <= 1


def test_folds_of_labels_are_stratified(multilabel):
    codes, folds = folds_of(multilabel[1], 4)
    assert np.array_equal(np.sort(np.concatenate([h for _, h in folds])), np.arange(200))
    counts = np.array([codes[held].sum(axis=0) for _, held in folds])
    assert (np.ptp(counts, axis=0) <= 4).all()


def test_a_class_with_fewer_rows_than_folds_is_no_obstacle(iris):
    X, y = iris[0][:103], iris[1][:103]
    model = ensemble(cv=5).fit(X, y)
    assert model.oof_probabilities_.shape == (103, 3)
    assert np.isfinite(model.oof_loss_)


def test_a_fold_without_rows_is_refused(iris):
    with pytest.raises(ValueError, match="needs rows"):
        ensemble(cv=[(np.arange(10), [])]).fit(*iris)


@pytest.mark.parametrize(
    ("train", "held_out", "error"),
    [
        (np.r_[:100, 1000], np.arange(100, 150), "beyond the 150 rows"),
        (np.arange(100), [-151], "beyond the 150 rows"),
        (np.ones(100, bool), np.arange(100, 150), "a mask of 150 booleans"),
        (np.arange(100.0), np.arange(100, 150), "array of float64"),
        (np.arange(100)[:, None], np.arange(100, 150), r"of shape \(100, 1\)"),
        (np.arange(150), [-1], "holds out rows that it trains on"),
    ],
)
def test_folds_of_rows_that_cannot_be_are_refused(iris, train, held_out, error):
    with pytest.raises(ValueError, match=error):
        ensemble(cv=[(train, held_out)]).fit(*iris)


def test_rows_of_folds_may_be_counted_from_the_end_or_be_masks(iris):
    X, y = iris
    train, held_out = np.arange(0, 120), np.arange(120, 150)
    usual = ensemble(0, cv=[(train, held_out)]).fit(X, y)
    for fold in ((train - 150, held_out - 150), (np.arange(150) < 120, np.arange(150) >= 120)):
        other = ensemble(0, cv=[fold]).fit(X, y)
        assert np.array_equal(other.predict_proba(X), usual.predict_proba(X))
        assert other.oof_loss_ == usual.oof_loss_


def test_a_generator_of_folds_is_used_up_by_the_first_fit(iris):
    X, y = iris
    model = ensemble(cv=StratifiedKFold(3).split(X, y)).fit(X, y)
    with pytest.raises(ValueError, match="cv yields no folds"):
        model.fit(X, y)


def test_groups_without_a_splitter_that_keeps_them_are_warned_of(iris):
    with pytest.warns(UserWarning, match=r"groups has no effect .*=GroupKFold\(3\)") as caught:
        ensemble(0).fit(*iris, groups=np.arange(150))
    assert caught[0].filename == __file__
