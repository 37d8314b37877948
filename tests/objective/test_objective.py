import numpy as np
import problems
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skbackprop.inputs import gather
from skbackprop.network import graph

N_ROWS, N_IN, N_HIDDEN, N_OUT = 12, 4, 5, 3
PENALTIES = {"none": (0, 0), "l1": (0.03, 0), "l2": (0, 0.05), "both": (0.03, 0.05)}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N_ROWS, N_IN)) * (RNG.random((N_ROWS, N_IN)) < 0.7)
Y = RNG.integers(N_OUT, size=N_ROWS)
S = RNG.uniform(0.1, 2, size=N_ROWS)


def make_objective(X=X, y=Y, *, activations=("tanh",), weights=None, **options):
    hidden = [N_HIDDEN] * len(activations)
    return problems.make_objective(
        X, y, hidden, activations=activations, row_weights=weights, **options
    )


def naive_J(theta, X=X, y=Y, **terms):
    return problems.naive_J(theta, X, y, N_HIDDEN, **terms)


def naive_gradient(theta, **data):
    step = 1e-6 * np.eye(len(theta))
    return np.array([naive_J(theta + e, **data) - naive_J(theta - e, **data) for e in step]) / 2e-6


def gradient_of(objective):
    return objective.value_and_gradient()[1].copy()


def batch_gradients(objective, batch_size, order=None):
    """∇ of each batch, in a random order of rows if none is given."""
    if order is None:
        rows = np.arange(objective.n_rows) if objective.rows is None else objective.rows
        order = np.random.default_rng(2).permutation(rows)
    gradients = []
    for batch in objective.batches(batch_size, order):
        objective.batch_gradient(*batch)
        gradients.append(objective.gradient.copy())
    return np.array(gradients)


@pytest.mark.parametrize("s", [None, S], ids=["unweighted", "weighted"])
@pytest.mark.parametrize(("l1", "l2"), PENALTIES.values(), ids=PENALTIES)
def test_value_and_gradient_are_those_of_the_naive_formula(l1, l2, s):
    objective = make_objective(weights=s, l1=l1, l2=l2)
    value, gradient = objective.value_and_gradient()
    expected = naive_J(objective.theta, s=s, l1=l1, l2=l2)
    assert value == pytest.approx(expected, rel=1e-13)
    assert objective.value() == pytest.approx(expected, rel=1e-13)
    assert gradient is objective.gradient
    assert_allclose(gradient, naive_gradient(objective.theta, s=s, l1=l1, l2=l2), atol=1e-8)


@pytest.mark.parametrize("s", [None, S], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 6, 12, 50])
def test_batch_gradients_averaged_over_equal_batches_are_the_full_gradient(batch_size, s):
    objective = make_objective(weights=s, l2=0.05)
    gradients = batch_gradients(objective, batch_size)
    assert len(gradients) == max(1, N_ROWS // batch_size)
    assert_allclose(gradients.mean(axis=0), gradient_of(objective), rtol=1e-12, atol=1e-15)


def test_a_batch_weighs_its_losses_relative_to_the_mean_weight_of_all_rows():
    objective = make_objective(weights=S)
    rows = [np.arange(5), np.arange(5, 10), np.arange(10, 12)]
    relative, gradients = S / S.mean(), batch_gradients(objective, 5, np.arange(N_ROWS))
    for part, gradient in zip(rows, gradients, strict=True):
        data = {"X": X[part], "y": Y[part], "s": S[part]}
        expected = relative[part].mean() * naive_gradient(objective.theta, **data)
        assert_allclose(gradient, expected, atol=1e-8)


@pytest.mark.parametrize("batch_size", [1, 3, 5, 12])
def test_the_l2_penalty_is_whole_in_every_batch_of_every_size_and_spares_biases(batch_size):
    objective = make_objective(l2=0.05)
    of_penalty = batch_gradients(objective, batch_size) - batch_gradients(
        make_objective(), batch_size
    )
    n_weights = N_IN * N_HIDDEN + N_HIDDEN * N_OUT
    expected = np.zeros(len(objective.theta))
    expected[:n_weights] = 2 * 0.05 * objective.theta[:n_weights]
    assert_allclose(of_penalty, np.broadcast_to(expected, of_penalty.shape), atol=1e-14)


def test_the_l1_penalty_enters_no_batch_gradient_but_is_a_soft_threshold_of_weights_only():
    objective = make_objective(l1=0.4)
    plain = batch_gradients(make_objective(), 4)
    assert_array_equal(batch_gradients(objective, 4), plain)
    theta, n = objective.theta.copy(), objective.n_weights
    objective.prox(2.0)
    expected = np.sign(theta[:n]) * np.maximum(np.abs(theta[:n]) - 2 * 0.4, 0)
    assert_allclose(objective.theta[:n], expected, atol=1e-15)
    assert_array_equal(objective.theta[n:], theta[n:])


def test_batch_loss_is_the_weighted_sum_of_losses_and_leaves_the_gradient_alone():
    objective = make_objective(weights=S)
    objective.gradient.fill(7)
    (batch,) = objective.batches(N_ROWS, np.arange(N_ROWS))
    expected = N_ROWS * naive_J(objective.theta, s=S)
    assert objective.batch_loss(*batch) == pytest.approx(expected, rel=1e-13)
    assert_array_equal(objective.gradient, 7)


def test_batch_gradient_returns_the_sum_of_losses():
    objective = make_objective(weights=S, l2=0.05)
    losses = [objective.batch_gradient(*b) for b in objective.batches(5, np.arange(N_ROWS))]
    assert sum(losses) / N_ROWS == pytest.approx(naive_J(objective.theta, s=S), rel=1e-13)


def test_a_batch_of_zero_weights_is_harmless():
    weights = np.r_[np.zeros(4), S[4:]]
    objective = make_objective(weights=weights, l2=0.05)
    first = next(objective.batches(4, np.arange(N_ROWS)))
    assert objective.batch_gradient(*first) == 0
    n = objective.n_weights
    assert_allclose(objective.gradient[:n], 2 * 0.05 * objective.theta[:n], rtol=1e-14)
    assert_array_equal(objective.gradient[n:], 0)


@pytest.mark.parametrize("constant", [1e-12, 0.3, 1e9])
def test_multiplying_all_weights_by_a_constant_changes_nothing(constant):
    expected, scaled = make_objective(weights=S), make_objective(weights=constant * S)
    assert scaled.value() == pytest.approx(expected.value(), rel=1e-13)
    for batch_size in (1, 5, N_ROWS):
        gradients = batch_gradients(expected, batch_size)
        assert_allclose(batch_gradients(scaled, batch_size), gradients, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("l1", "l2"), PENALTIES.values(), ids=PENALTIES)
def test_integer_weights_equal_repeats_of_rows_and_zero_equals_absence(l1, l2):
    repeats = np.arange(N_ROWS) % 4
    weighted = make_objective(weights=repeats.astype(float), l1=l1, l2=l2)
    kept = make_objective(weights=repeats.astype(float), rows=np.flatnonzero(repeats), l1=l1, l2=l2)
    repeated = make_objective(np.repeat(X, repeats, axis=0), np.repeat(Y, repeats), l1=l1, l2=l2)
    for objective in (weighted, kept):
        assert objective.value() == pytest.approx(repeated.value(), rel=1e-13)
        assert_allclose(gradient_of(objective), gradient_of(repeated), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("s", [None, S], ids=["unweighted", "weighted"])
def test_only_the_rows_given_count(s):
    rows = np.array([10, 1, 4, 7, 3])
    part = make_objective(weights=s, rows=rows, l2=0.05)
    data = {"X": X[rows], "y": Y[rows], "s": None if s is None else s[rows], "l2": 0.05}
    assert part.n_rows == len(rows)
    assert part.value() == pytest.approx(naive_J(part.theta, **data), rel=1e-13)
    assert_allclose(gradient_of(part), naive_gradient(part.theta, **data), atol=1e-8)
    for batch_size in (1, 5):
        mean = batch_gradients(part, batch_size).mean(axis=0)
        assert_allclose(mean, gradient_of(part), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_inputs_give_what_dense_ones_give(form):
    dense = make_objective(weights=S, l1=0.03, l2=0.05)
    of_csr = make_objective(form(X), weights=S, l1=0.03, l2=0.05)
    assert of_csr.value() == pytest.approx(dense.value(), rel=1e-13)
    assert_allclose(gradient_of(of_csr), gradient_of(dense), rtol=1e-12, atol=1e-15)
    for batch_size in (1, 5):
        gradients = batch_gradients(dense, batch_size)
        assert_allclose(batch_gradients(of_csr, batch_size), gradients, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("chunk_elements", [1, 30, 70])
def test_chunks_of_rows_change_neither_value_nor_gradient(monkeypatch, chunk_elements, form):
    monkeypatch.setattr(graph, "CHUNK_ELEMENTS", chunk_elements)
    objective = make_objective(form(X), weights=S, l1=0.03, l2=0.05)
    value, gradient = objective.value_and_gradient()
    penalised = {"s": S, "l1": 0.03, "l2": 0.05}
    assert value == pytest.approx(naive_J(objective.theta, **penalised), rel=1e-13)
    assert objective.value() == pytest.approx(value, rel=1e-13)
    assert_allclose(gradient, naive_gradient(objective.theta, **penalised), atol=1e-8)


@pytest.mark.parametrize("block_elements", [1, 20, 10**6])
@pytest.mark.parametrize("batch_size", [1, 3, 5, 12, 100])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_batches_are_the_rows_in_order_with_their_targets_and_weights_the_last_short(
    monkeypatch, form, batch_size, block_elements
):
    monkeypatch.setattr(gather, "BLOCK_ELEMENTS", block_elements)
    objective, order = make_objective(form(X), weights=S), RNG.permutation(N_ROWS)
    seen = []
    for H, y, s in objective.batches(batch_size, order):
        H = H.toarray() if sparse.issparse(H) else H.copy()
        seen.append((H, y.copy(), s * S.mean()))
    starts = range(0, N_ROWS, batch_size)
    assert len(seen) == len(starts)
    for start, (H, y, s) in zip(starts, seen, strict=True):
        rows = order[start : start + batch_size]
        assert_array_equal(H, X[rows])
        assert_array_equal(y, Y[rows])
        assert_allclose(s, S[rows])


def test_batch_sizes_may_change_between_calls():
    objective = make_objective(l2=0.05)
    full = gradient_of(objective)
    for batch_size in (2, 12, 1, 100, 6):
        mean = batch_gradients(objective, batch_size).mean(axis=0)
        assert_allclose(mean, full, rtol=1e-12, atol=1e-15)


def test_float32_is_computed_in_float32_and_near_the_float64_result():
    single = make_objective(X.astype(np.float32), weights=S, l1=0.03, l2=0.05, dtype=np.float32)
    expected = {"s": S, "l1": 0.03, "l2": 0.05}
    theta = single.theta.astype(float)
    value, gradient = single.value_and_gradient()
    assert gradient.dtype == np.float32
    assert value == pytest.approx(naive_J(theta, **expected), rel=1e-5)
    assert_allclose(gradient, naive_gradient(theta, **expected), atol=1e-5)


def test_computing_J_changes_neither_theta_nor_data():
    objective = make_objective(weights=S, l1=0.03, l2=0.05)
    before = [a.copy() for a in (objective.theta, X, Y, S)]
    objective.value_and_gradient()
    for array, old in zip((objective.theta, X, Y, S), before, strict=True):
        assert_array_equal(array, old)
