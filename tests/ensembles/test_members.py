"""The networks of an ensemble: what each sees, and what they have in common."""

import numpy as np
import pandas as pd
import pytest
from models import ensemble, same_parameters
from scipy import sparse
from scipy.special import softmax
from sklearn.model_selection import StratifiedKFold

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier
from skbackprop.ensembles import members
from skbackprop.ensembles.members import seen_by
from skbackprop.estimator.prepare import prepare
from skbackprop.tables.table import Table


def mixed_frame(rng, n=120):
    """Return a frame with numbers, categories, rare levels and missing values, and a target."""
    number, y = rng.normal(size=n), rng.integers(0, 2, n)
    number[y == 1] += 1
    number[::9] = np.nan
    colour = rng.choice(["red", "green", "blue"], n)
    colour[[3, 50]] = ["teal", "pink"]
    frame = pd.DataFrame({"number": number, "colour": colour, "count": rng.integers(0, 40, n)})
    frame["colour"] = frame["colour"].astype("category")
    return frame, y


def rows_of(X, rows):
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


@pytest.mark.parametrize("kind", ["dense", "sparse", "frame"])
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_outside_of_a_fold_are_as_good_as_absent(kind, weighted, rng):
    X, y = mixed_frame(rng)
    if kind != "frame":
        X = rng.normal(size=(120, 5)) + y[:, None]
    if kind == "sparse":
        X = sparse.csr_matrix(np.where(X > 0.5, X, 0))
    s = rng.uniform(0.5, 2, 120) if weighted else None
    splits = list(StratifiedKFold(3).split(X, y))
    model = ensemble(0, cv=splits, network={"l2": "auto"}).fit(X, y, s)
    for member, (train, held_out) in zip(model.estimators_, splits, strict=True):
        part = s if s is None else s[train]
        alone = BackpropClassifier((8,), max_iter=4, l2="auto", random_state=member.random_state)
        alone.fit(rows_of(X, train), y[train], part)
        if weighted:  # weights are relative to the largest, which may be in the fold
            pairs = zip(alone.coefs_, member.coefs_, strict=True)
            assert all(np.allclose(a, b, atol=1e-5) for a, b in pairs)
        else:
            assert same_parameters(alone, member)
        P = member.predict_proba(rows_of(X, held_out)).astype(float)
        at_T = softmax(np.log(P) / model.temperature_, axis=1)
        assert np.allclose(model.oof_probabilities_[held_out], at_T, atol=1e-5)


def test_x_is_shared_by_all_networks(digits):
    X, y = digits  # read-only
    X = np.ascontiguousarray(X)
    prepared = prepare(BackpropClassifier(), X, y, resume=False)
    seen = seen_by(prepared, np.arange(100))
    assert np.shares_memory(seen.training.table.numbers, X)


def test_of_rows_held_out_one_piece_at_a_time_is_copied(digits, monkeypatch):
    X, y = (part[:100] for part in digits)
    at_once = ensemble(0).fit(X, y)
    sizes, rows_of_table = [], Table.__getitem__

    def observed(table, rows):
        sizes.append(len(rows))
        return rows_of_table(table, rows)

    monkeypatch.setattr(Table, "__getitem__", observed)
    monkeypatch.setattr(members, "PIECE_BYTES", 10 * X[0].nbytes)
    in_pieces = ensemble(0).fit(X, y)
    assert max(sizes) == 10 and sum(sizes) == 100
    assert np.allclose(in_pieces.oof_probabilities_, at_once.oof_probabilities_)


def test_with_early_stopping_a_network_watches_its_fold(iris):
    model = ensemble(0, network={"early_stopping": True}).fit(*iris)
    assert all(len(member.validation_loss_curve_) == 4 for member in model.estimators_)


def test_networks_may_watch_a_score(iris):
    model = ensemble(network={"scoring": "accuracy"}).fit(*iris)
    assert np.isfinite(model.oof_loss_)


def test_one_l2_is_chosen_for_all_by_the_first_folds(digits):
    X, y = digits[0][:300], digits[1][:300]
    network = BackpropClassifier((8,), max_iter=3)
    model = BackpropEnsembleClassifier(network, 2, cv=3, random_state=0).fit(X, y)
    losses = model.l2_validation_losses_
    assert losses[model.l2_factor_] <= 1.01 * min(losses.values())
    on_200, on_300 = ({m.l2_ for m in model.estimators_[k::8]} for k in (0, 6))
    assert len(on_200 | on_300) <= 2  # it depends on the number of rows
    fixed = ensemble().fit(X, y)
    assert {member.l2_ for member in fixed.estimators_} == {0.003}
    assert fixed.l2_factor_ is None is fixed.l2_validation_losses_


def test_one_l2_is_chosen_for_all_variants(digits):
    X, y = digits[0][:300], digits[1][:300]
    network = BackpropClassifier((8,), l2=0.1, max_iter=3)
    variants = [{}, {"l2": "validate"}, {"hidden_layer_sizes": (8, 8), "l2": "validate"}]
    model = BackpropEnsembleClassifier(network, 1, cv=3, variants=variants, random_state=0).fit(
        X, y
    )
    first, second, third = (model.estimators_[3 * v] for v in range(3))
    assert first.l2_ == 0.1
    assert second.l2_ == third.l2_
    assert model.l2_factor_ in model.l2_validation_losses_
