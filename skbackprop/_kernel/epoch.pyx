# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""One epoch of stochastic gradient descent in compiled code, with the GIL released.

It computes what `SGD._run_epoch` and the flow graph compute in numpy, in the same order, and must
equal it to rounding. It knows plain arrays only.

A batch goes forward and back in chunks of rows that stay in the cache, in two phases each. First
its rows go forward and their ∇a back, block by block of rows; then the gradient is taken and W
moves, panel by panel of W. Neither the blocks of the one phase nor the panels of the other depend
on each other, so that threads share them; and as their sizes follow from the problem alone, any
number of threads computes the same bits. Small batches are one block each and not shared.

A batch of one dense row takes a shorter way: the rank-one gradient of W is never stored, and W
moves as soon as it has sent ∇h back.
"""

from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport isfinite, pow, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dgemm, sgemm

import numpy as np

from .checks import (
    check_array,
    check_increasing,
    check_partition,
    check_range,
    checked_float,
    checked_sizes,
)

ctypedef fused real:
    float
    double

cdef extern from "vector_math.h" nogil:
    ctypedef enum activation "enum activation":
        IDENTITY, LOGISTIC, TANH, RELU, LEAKY_RELU, ELU, SELU, SOFTPLUS
    ctypedef enum rule "enum rule":
        MOMENTUM, ADAM
    ctypedef struct update:
        rule rule
        double beta, by_gradient, by_velocity, beta_2, root_correction, epsilon, threshold, decay

    void vector_exp_double(double *, Py_ssize_t)
    void vector_exp_float(float *, Py_ssize_t)
    void vector_expm1_double(double *, Py_ssize_t)
    void vector_expm1_float(float *, Py_ssize_t)
    void activation_fprop_double(activation, double *, Py_ssize_t)
    void activation_fprop_float(activation, float *, Py_ssize_t)
    void activation_bprop_double(activation, const double *, double *, Py_ssize_t)
    void activation_bprop_float(activation, const float *, float *, Py_ssize_t)
    void standardize_double(double *, const double *, const double *, const double *,
                            const double *, double, Py_ssize_t)
    void standardize_float(float *, const float *, const float *, const float *, const float *,
                           float, Py_ssize_t)
    void indicate_missing_double(double *, const double *, const int32_t *, double, Py_ssize_t)
    void indicate_missing_float(float *, const float *, const int32_t *, float, Py_ssize_t)
    void cast_to_double(double *, const float *, Py_ssize_t)
    void cast_to_float(float *, const double *, Py_ssize_t)
    void sort_into_bins_double(const double *, Py_ssize_t, Py_ssize_t, const double *,
                               const int64_t *, Py_ssize_t, const double *, const double *,
                               Py_ssize_t, double *, int32_t *, Py_ssize_t, Py_ssize_t *,
                               int32_t *, double *)
    void sort_into_bins_float(const float *, Py_ssize_t, Py_ssize_t, const float *,
                              const int64_t *, Py_ssize_t, const float *, const float *,
                              Py_ssize_t, float *, int32_t *, Py_ssize_t, Py_ssize_t *,
                              int32_t *, float *)
    void bins_fprop_double(double *, const double *, const int64_t *, Py_ssize_t,
                           const Py_ssize_t *, const int32_t *, const double *, Py_ssize_t)
    void bins_fprop_float(float *, const float *, const int64_t *, Py_ssize_t,
                          const Py_ssize_t *, const int32_t *, const float *, Py_ssize_t)
    void bins_bprop_double(double *, const double *, const int64_t *, Py_ssize_t,
                           const Py_ssize_t *, const int32_t *, const double *, Py_ssize_t, bint)
    void bins_bprop_float(float *, const float *, const int64_t *, Py_ssize_t,
                          const Py_ssize_t *, const int32_t *, const float *, Py_ssize_t, bint)
    void levels_fprop_double(const int32_t *, Py_ssize_t, const double *, double, double *,
                             Py_ssize_t)
    void levels_fprop_float(const int32_t *, Py_ssize_t, const float *, float, float *, Py_ssize_t)
    void levels_bprop_double(const int32_t *, Py_ssize_t, Py_ssize_t, Py_ssize_t, double *, double,
                             uint8_t *, const double *, Py_ssize_t)
    void levels_bprop_float(const int32_t *, Py_ssize_t, Py_ssize_t, Py_ssize_t, float *, float,
                            uint8_t *, const float *, Py_ssize_t)
    void step_levels_double(const update *, double *, double *, double *, const double *,
                            uint8_t *, const double *, Py_ssize_t, Py_ssize_t)
    void step_levels_float(const update *, float *, float *, float *, const float *, uint8_t *,
                           const float *, Py_ssize_t, Py_ssize_t)
    void add_product_double(double *, const double *, Py_ssize_t, Py_ssize_t, const double *,
                            Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void add_product_float(float *, const float *, Py_ssize_t, Py_ssize_t, const float *,
                           Py_ssize_t, Py_ssize_t, Py_ssize_t)
    void fill_rows_double(double *, const double *, Py_ssize_t, Py_ssize_t)
    void fill_rows_float(float *, const float *, Py_ssize_t, Py_ssize_t)
    void add_row_sum_double(double *, const double *, Py_ssize_t, Py_ssize_t)
    void add_row_sum_float(float *, const float *, Py_ssize_t, Py_ssize_t)
    void transpose_double(double *, const double *, Py_ssize_t, Py_ssize_t)
    void transpose_float(float *, const float *, Py_ssize_t, Py_ssize_t)
    void sparse_fprop_double(const double *, const int32_t *, Py_ssize_t, const double *, double *,
                             Py_ssize_t)
    void sparse_fprop_float(const float *, const int32_t *, Py_ssize_t, const float *, float *,
                            Py_ssize_t)
    void sparse_bprop_double(const double *, const int32_t *, Py_ssize_t, double *, const double *,
                             Py_ssize_t)
    void sparse_bprop_float(const float *, const int32_t *, Py_ssize_t, float *, const float *,
                            Py_ssize_t)
    void step_double(const update *, double *, double *, double *, const double *, Py_ssize_t, bint)
    void step_float(const update *, float *, float *, float *, const float *, Py_ssize_t, bint)
    void bprop_and_step_double(const update *, double *, double *, double *, const double *,
                               const double *, double *, const double *, double *, Py_ssize_t,
                               Py_ssize_t)
    void bprop_and_step_float(const update *, float *, float *, float *, const float *,
                              const float *, float *, const float *, float *, Py_ssize_t,
                              Py_ssize_t)
    double softmax_cross_entropy_double(double *, const int64_t *, const int64_t *, const double *,
                                        Py_ssize_t, Py_ssize_t, double)
    double softmax_cross_entropy_float(float *, const int64_t *, const int64_t *, const double *,
                                       Py_ssize_t, Py_ssize_t, double)
    double logistic_cross_entropy_double(double *, const int64_t *, const uint8_t *, const double *,
                                         Py_ssize_t, Py_ssize_t, double)
    double logistic_cross_entropy_float(float *, const int64_t *, const uint8_t *, const double *,
                                        Py_ssize_t, Py_ssize_t, double)

cdef extern from "team.h" nogil:
    ctypedef struct team:
        pass
    team *team_gather(int, double *)
    void team_share(team *, void (*)(void *, Py_ssize_t, Py_ssize_t) noexcept nogil, void *, int)
    void team_dismiss(team *)

cdef enum:
    MAX_LAYERS = 64  # as checks.py says
    CHUNK_ELEMENTS = 1 << 18  # of all layers of a chunk
    SHARED_CHUNK_ELEMENTS = 1 << 20  # of one that threads may share
    CHUNK_ROWS = 32  # at least
    BLOCK_ROWS = 48  # at least: BLAS packs all of W for each block
    SMALL_PRODUCT = 1 << 14  # multiplications below which plain loops beat a call of BLAS
    PANEL_ELEMENTS = 1 << 15  # of ∇W that are computed before W moves along them
    PANEL_ROWS = 16  # at least
    SHARED_PANEL_ROWS = 64  # at least, where threads share a W: BLAS packs all of ∇A for each
    SHARES = 8  # panels that a shared W is cut into, where it has the rows for it
    SHARED_WORK = 1 << 25  # of a chunk from which threads share it: less is lost by a busy core
    STEP_WORK = 8  # of them, which a step of one parameter counts as
    WORK_OF_A_THREAD = 1 << 20  # multiplications of a chunk, at least
    WORK_OF_A_TEAM = 1 << 26  # multiplications of an epoch, at least
    WORK_BETWEEN_SIGNALS = 1 << 28  # multiplications between two looks for Ctrl-C

ACTIVATIONS = {
    "identity": IDENTITY,
    "logistic": LOGISTIC,
    "tanh": TANH,
    "relu": RELU,
    "leaky_relu": LEAKY_RELU,
    "elu": ELU,
    "selu": SELU,
    "softplus": SOFTPLUS,
}

RULES = {"momentum": MOMENTUM, "adam": ADAM}

cdef enum output_loss:
    SOFTMAX, LOGISTIC_OUTPUTS

LOSSES = {"softmax": SOFTMAX, "logistic": LOGISTIC_OUTPUTS}


cdef struct Layer:
    Py_ssize_t n_in, n_out, W, b  # W and b: where they begin in θ
    activation g  # of the outputs; none follows the last layer
    double decay  # 2 l2


cdef struct Bins:
    # Bin b of the i-th of these columns, starts[i] <= b < starts[i + 1], and its weights in θ
    Py_ssize_t n_columns, n, W
    const int32_t *columns
    const int64_t *starts
    const void *lower
    const void *inverse_width
    # The rows of each block sorted by bins, as `sort_into_bins` says, and its scratch
    Py_ssize_t *places  # n + 1 for each block
    int32_t *rows
    void *fractions
    void *x
    int32_t *bin


cdef struct Levels:
    Py_ssize_t n_codes, n, W
    const int32_t *codes  # n_codes of each row
    uint8_t *touched  # those that occur in the batch
    void *zeros


cdef enum part_kind:
    WEIGHTS, BINS, LEVELS, ENTRIES, BIASES


cdef struct Part:
    # Of the parameters: the weights of some inputs of a layer, of which `begin` and `end` count
    # units, columns in bins or levels; all weights of a CSR matrix; or all biases of a layer
    part_kind kind
    Py_ssize_t layer, begin, end


cdef struct Chunk:
    const int64_t *rows
    Py_ssize_t m, n_blocks
    double n_batch
    bint first, last  # of its batch; where θ is not to move, none is the last
    double *totals  # Σ s l of each block


cdef struct Problem:
    # The network and its objective
    void *theta
    void *gradient
    Py_ssize_t n_layers, n_weights, n_parameters
    Layer layers[MAX_LAYERS]
    output_loss loss
    double l1
    # The rows of a CSR X, if `indptr` is not null
    const int64_t *indptr
    const int32_t *indices
    # Or of a dense X, from which come, in this order, the inputs: its columns and what is missing
    # in some of them, which make h⁰ and have the weights `dense`; bins; and levels
    const void *X
    Py_ssize_t n_columns, n_indicators
    bint same_dtype, as_it_is  # X has the dtype of the network; h⁰ is a row of X
    const void *fill
    const void *mean
    const void *inverse_scale
    double clip  # 0 for none
    double present  # the input of a level, or of what is missing, where it is so
    const int32_t *indicators
    Layer dense
    Bins bins
    Levels levels
    Py_ssize_t n_rows
    const int64_t *y  # classes, for SOFTMAX
    const uint8_t *labels  # for LOGISTIC_OUTPUTS
    const double *weights
    Py_ssize_t batch_size
    # The update rule and its state
    update update
    void *m
    void *v
    int64_t *n_steps
    bint nesterov
    # Buffers: h⁰ … aᴸ⁺¹ of a chunk of rows, ∇a¹ … ∇aᴸ, and one for each thread, for a small
    # transpose or a panel of ∇W
    Py_ssize_t chunk_size
    void *H[MAX_LAYERS + 1]
    void *D[MAX_LAYERS + 1]
    void *scratch
    Py_ssize_t n_scratch
    void *stored  # h⁰, and fractions of bins, in the dtype of X
    # For batches of one dense row: the buffers of two h⁰, and h⁰ and a¹ of the next one
    bint one_by_one
    void *h[2]
    void *h_next
    void *a_next
    Chunk chunk  # at hand
    # What threads share: blocks, if `shared`, and parts of the parameters
    bint single, shared
    Py_ssize_t n_parts
    Part *parts
    team *team
    double alone_until  # a time before which the team is not asked for help
    # Multiplications of a row, and since the last look for Ctrl-C
    double row_work, work


cdef int look_for_signals(Problem *p, Py_ssize_t n_rows) except -1 nogil:
    """Let Python raise KeyboardInterrupt, once in a while."""
    p.work += p.row_work * n_rows
    if p.work > WORK_BETWEEN_SIGNALS:
        p.work = 0
        with gil:
            PyErr_CheckSignals()
    return 0


cdef void prepare_update(Problem *p, double alpha) noexcept nogil:
    """Work out the factors of the next update at the learning rate `alpha`."""
    cdef update *u = &p.update
    if u.rule == ADAM:
        p.n_steps[0] += 1
        u.by_velocity = alpha / (1 - pow(u.beta, p.n_steps[0]))
        u.root_correction = 1 / sqrt(1 - pow(u.beta_2, p.n_steps[0]))
        u.threshold = alpha * p.l1
        return
    u.by_gradient = alpha if p.nesterov or u.beta == 0 else 0
    u.by_velocity = alpha * u.beta if p.nesterov else alpha
    u.threshold = alpha * p.l1 / (1 - u.beta)


cdef void gemm(char *trans_a, char *trans_b, int m, int n, int k, real *A, int lda, real *B,
               int ldb, real beta, real *C, int ldc) noexcept nogil:
    """C ← op(A) op(B) + beta C, in Fortran's order."""
    cdef real one = 1
    if real is float:
        sgemm(trans_a, trans_b, &m, &n, &k, &one, A, &lda, B, &ldb, &beta, C, &ldc)
    else:
        dgemm(trans_a, trans_b, &m, &n, &k, &one, A, &lda, B, &ldb, &beta, C, &ldc)


cdef void add_product(real *C, real *A, Py_ssize_t row_stride, Py_ssize_t stride, real *B,
                      Py_ssize_t m, Py_ssize_t k, Py_ssize_t n) noexcept nogil:
    """C += A B by plain loops."""
    if real is float:
        add_product_float(C, A, row_stride, stride, B, m, k, n)
    else:
        add_product_double(C, A, row_stride, stride, B, m, k, n)


cdef void affine(real *theta, Layer *layer, real *H, real *A, Py_ssize_t m) noexcept nogil:
    """A = H W + b."""
    cdef Py_ssize_t n_in = layer.n_in, n_out = layer.n_out
    cdef real *W = theta + layer.W
    if real is float:
        fill_rows_float(A, theta + layer.b, m, n_out)
    else:
        fill_rows_double(A, theta + layer.b, m, n_out)
    if m == 1 or m * n_in * n_out < SMALL_PRODUCT:
        add_product(A, H, n_in, 1, W, m, n_in, n_out)
    else:
        gemm("N", "N", n_out, m, n_in, W, n_out, H, n_in, <real>1, A, n_out)


cdef void step(Problem *p, const update *u, real *theta, real *gradient, Py_ssize_t begin,
               Py_ssize_t n, bint penalised) noexcept nogil:
    """Move n entries of θ, from `begin`, along their gradient."""
    cdef real *m = <real *>p.m + begin if p.m != NULL else NULL
    cdef real *v = <real *>p.v + begin if p.v != NULL else NULL
    if real is float:
        step_float(u, theta + begin, m, v, gradient, n, penalised)
    else:
        step_double(u, theta + begin, m, v, gradient, n, penalised)


cdef void bprop_weights(real *grad_W, Layer *layer, real *H, real *grad_A, Py_ssize_t m,
                        Py_ssize_t n_units, bint fresh) noexcept nogil:
    """∇W += Hᵀ ∇A for some of the units of H, where ∇W is 0 before if `fresh`."""
    cdef Py_ssize_t n_in = layer.n_in, n_out = layer.n_out
    if m * n_in * n_out >= SMALL_PRODUCT:
        gemm("N", "T", n_out, n_units, m, grad_A, n_out, H, n_in, <real>(0 if fresh else 1),
             grad_W, n_out)
        return
    if fresh:
        memset(grad_W, 0, n_units * n_out * sizeof(real))
    add_product(grad_W, H, 1, n_in, grad_A, n_units, m, n_out)


cdef void bprop_panel(Problem *p, const update *u, real *theta, Part *part,
                      real *panel) noexcept nogil:
    """Add a chunk's ∇W of some units to that of its batch; after the last one, their W moves."""
    cdef Layer *layer = &p.layers[part.layer] if part.layer > 0 else &p.dense
    cdef Py_ssize_t n = part.end - part.begin, W = layer.W + part.begin * layer.n_out
    cdef real *grad_W = panel if p.chunk.first and p.chunk.last else <real *>p.gradient + W
    bprop_weights(grad_W, layer, <real *>p.H[part.layer] + part.begin,
                  <real *>p.D[part.layer + 1], p.chunk.m, n, p.chunk.first)
    if p.chunk.last:
        step(p, u, theta, grad_W, W, n * layer.n_out, True)


cdef void bprop_biases(Problem *p, const update *u, real *theta, Part *part) noexcept nogil:
    """Add a chunk's ∇b = Σ_rows ∇A to that of its batch; after the last one, b moves."""
    cdef Layer *layer = &p.layers[part.layer]
    cdef real *grad_b = <real *>p.gradient + layer.b
    if p.chunk.first:
        memset(grad_b, 0, layer.n_out * sizeof(real))
    if real is float:
        add_row_sum_float(grad_b, <real *>p.D[part.layer + 1], p.chunk.m, layer.n_out)
    else:
        add_row_sum_double(grad_b, <real *>p.D[part.layer + 1], p.chunk.m, layer.n_out)
    if p.chunk.last:
        step(p, u, theta, grad_b, layer.b, layer.n_out, False)


cdef void bprop_inputs(real *theta, Layer *layer, real *grad_A, real *grad_H, Py_ssize_t m,
                       real *W_T) noexcept nogil:
    """∇H = ∇A Wᵀ; W_T is for the transpose of a small W."""
    cdef Py_ssize_t n_in = layer.n_in, n_out = layer.n_out
    cdef real *W = theta + layer.W
    if m * n_in * n_out >= SMALL_PRODUCT:
        gemm("T", "N", n_in, m, n_out, W, n_out, grad_A, n_out, <real>0, grad_H, n_in)
        return
    if real is float:
        transpose_float(W_T, W, n_in, n_out)
    else:
        transpose_double(W_T, W, n_in, n_out)
    memset(grad_H, 0, m * n_in * sizeof(real))
    add_product(grad_H, grad_A, n_out, 1, W_T, m, n_out, n_in)


cdef void activate(activation g, real *H, Py_ssize_t n) noexcept nogil:
    """h = g(a), in place."""
    if real is float:
        activation_fprop_float(g, H, n)
    else:
        activation_fprop_double(g, H, n)


cdef void bprop_activation(activation g, real *H, real *grad_H, Py_ssize_t n) noexcept nogil:
    """Turn ∇h into ∇a = ∇h ⊙ g'(a)."""
    if real is float:
        activation_bprop_float(g, H, grad_H, n)
    else:
        activation_bprop_double(g, H, grad_H, n)


cdef double loss(Problem *p, real *A, const int64_t *rows, Py_ssize_t m,
                 double n_batch) noexcept nogil:
    """Turn aᴸ⁺¹ into its gradient; return Σ s l."""
    cdef Py_ssize_t n = p.layers[p.n_layers - 1].n_out
    if real is float:
        if p.loss == LOGISTIC_OUTPUTS:
            return logistic_cross_entropy_float(A, rows, p.labels, p.weights, m, n, n_batch)
        return softmax_cross_entropy_float(A, rows, p.y, p.weights, m, n, n_batch)
    else:
        if p.loss == LOGISTIC_OUTPUTS:
            return logistic_cross_entropy_double(A, rows, p.labels, p.weights, m, n, n_batch)
        return softmax_cross_entropy_double(A, rows, p.y, p.weights, m, n, n_batch)


cdef void cast(real *H, void *stored, Py_ssize_t n) noexcept nogil:
    """Bring numbers of the other dtype to that of the network."""
    if real is float:
        cast_to_float(H, <double *>stored, n)
    else:
        cast_to_double(H, <float *>stored, n)


cdef void gather_stored(Problem *p, const int64_t *rows, Py_ssize_t m, real *H) noexcept nogil:
    """h⁰ of the given rows of a dense X, in its dtype."""
    cdef Py_ssize_t i, n = p.n_columns
    cdef const real *x
    cdef const real *fill = <const real *>p.fill
    cdef const real *mean = <const real *>p.mean
    cdef const real *inverse_scale = <const real *>p.inverse_scale
    for i in range(m):
        x = <const real *>p.X + rows[i] * n
        if real is float:
            standardize_float(H, x, fill, mean, inverse_scale, <float>p.clip, n)
            indicate_missing_float(H + n, x, p.indicators, <float>p.present, p.n_indicators)
        else:
            standardize_double(H, x, fill, mean, inverse_scale, p.clip, n)
            indicate_missing_double(H + n, x, p.indicators, p.present, p.n_indicators)
        H += n + p.n_indicators


cdef void *stored_from(Problem *p, Py_ssize_t begin) noexcept nogil:
    """Return the place in `stored` for rows of the chunk from `begin` on."""
    cdef Py_ssize_t size = sizeof(double) if p.single else sizeof(float)  # the dtype of X
    return <char *>p.stored + begin * max(p.dense.n_in, p.bins.n_columns) * size


cdef void gather(Problem *p, const int64_t *rows, Py_ssize_t m, real *H,
                 Py_ssize_t begin) noexcept nogil:
    """h⁰ of the given rows of a dense X, which are in the chunk from `begin` on."""
    cdef void *stored
    if p.same_dtype:
        gather_stored(p, rows, m, H)
        return
    stored = stored_from(p, begin)
    if real is float:
        gather_stored(p, rows, m, <double *>stored)
    else:
        gather_stored(p, rows, m, <float *>stored)
    cast(H, stored, m * p.dense.n_in)


cdef void sort_stored(Problem *p, const int64_t *order, Py_ssize_t m, real *fractions,
                      Py_ssize_t begin, Py_ssize_t *places) noexcept nogil:
    """Sort rows by the bins of each column, with fractions in the dtype of X."""
    cdef Bins *bins = &p.bins
    cdef Py_ssize_t c, b, n
    cdef const real *X = <const real *>p.X
    cdef const real *fill = <const real *>p.fill
    cdef const real *lower = <const real *>bins.lower
    cdef const real *inverse_width = <const real *>bins.inverse_width
    cdef real *x = <real *>bins.x + begin
    cdef int32_t *bin = bins.bin + begin
    cdef int32_t *rows = bins.rows + begin * bins.n_columns
    for c in range(bins.n_columns):
        b, n = bins.starts[c], bins.starts[c + 1] - bins.starts[c]
        if real is float:
            sort_into_bins_float(X, p.n_columns, bins.columns[c], fill, order, m, lower + b,
                                 inverse_width + b, n, x, bin, c * m, places + b, rows, fractions)
        else:
            sort_into_bins_double(X, p.n_columns, bins.columns[c], fill, order, m, lower + b,
                                  inverse_width + b, n, x, bin, c * m, places + b, rows,
                                  fractions)
    places[bins.n] = bins.n_columns * m


cdef void sort_by_bins(Problem *p, const int64_t *order, Py_ssize_t m, real *fractions,
                       Py_ssize_t begin, Py_ssize_t *places) noexcept nogil:
    """Sort rows by the bins of each column."""
    cdef void *stored
    if p.same_dtype:
        sort_stored(p, order, m, fractions, begin, places)
        return
    stored = stored_from(p, begin)
    if real is float:
        sort_stored(p, order, m, <double *>stored, begin, places)
    else:
        sort_stored(p, order, m, <float *>stored, begin, places)
    cast(fractions, stored, p.bins.n_columns * m)


cdef void bins_affine(Problem *p, real *theta, const int64_t *order, Py_ssize_t block,
                      real *A) noexcept nogil:
    """A += H W for the inputs H in bins, of a block of rows."""
    cdef Bins *bins = &p.bins
    cdef Py_ssize_t begin = first_row(p, block), m = first_row(p, block + 1) - begin
    cdef Py_ssize_t *places = bins.places + block * (bins.n + 1)
    cdef int32_t *rows = bins.rows + begin * bins.n_columns
    cdef real *fractions = <real *>bins.fractions + begin * bins.n_columns
    sort_by_bins(p, order, m, fractions, begin, places)
    if real is float:
        bins_fprop_float(A, theta + bins.W, bins.starts, bins.n_columns, places, rows, fractions,
                         p.dense.n_out)
    else:
        bins_fprop_double(A, theta + bins.W, bins.starts, bins.n_columns, places, rows, fractions,
                          p.dense.n_out)


cdef void bprop_bins(Problem *p, const update *u, real *theta, Part *part,
                     real *panel) noexcept nogil:
    """Do as `bprop_panel` for some columns in bins, block by block of rows."""
    cdef Bins *bins = &p.bins
    cdef const int64_t *starts = bins.starts + part.begin
    cdef Py_ssize_t block, begin, n = part.end - part.begin, n_out = p.dense.n_out
    cdef Py_ssize_t W = bins.W + starts[0] * n_out
    cdef real *grad_W = panel if p.chunk.first and p.chunk.last else <real *>p.gradient + W
    cdef Py_ssize_t *places
    cdef int32_t *rows
    cdef real *fractions
    cdef real *grad_A
    cdef bint fresh
    for block in range(p.chunk.n_blocks):
        begin, fresh = first_row(p, block), p.chunk.first and block == 0
        places = bins.places + block * (bins.n + 1)
        rows = bins.rows + begin * bins.n_columns
        fractions = <real *>bins.fractions + begin * bins.n_columns
        grad_A = <real *>p.D[1] + begin * n_out
        if real is float:
            bins_bprop_float(grad_W, grad_A, starts, n, places, rows, fractions, n_out, fresh)
        else:
            bins_bprop_double(grad_W, grad_A, starts, n, places, rows, fractions, n_out, fresh)
    if p.chunk.last:
        step(p, u, theta, grad_W, W, (starts[n] - starts[0]) * n_out, True)


cdef void levels_affine(Problem *p, real *theta, const int64_t *rows, Py_ssize_t m,
                        real *A) noexcept nogil:
    """A += H W for the inputs H of levels, which are `present` at the codes of a
    row.
    """
    cdef Py_ssize_t i, n_codes = p.levels.n_codes, n = p.dense.n_out
    cdef real *W = theta + p.levels.W
    cdef const int32_t *codes
    for i in range(m):
        codes = p.levels.codes + rows[i] * n_codes
        if real is float:
            levels_fprop_float(codes, n_codes, W, <float>p.present, A + i * n, n)
        else:
            levels_fprop_double(codes, n_codes, W, p.present, A + i * n, n)


cdef void bprop_levels(Problem *p, const update *u, real *theta, Part *part) noexcept nogil:
    """Do as `bprop_panel` for some levels, of which only those that occur have a gradient."""
    cdef Py_ssize_t i, n_codes = p.levels.n_codes, n = p.dense.n_out
    cdef const int32_t *codes
    cdef real *grad_W = <real *>p.gradient + p.levels.W
    cdef real *grad_A = <real *>p.D[1]
    if p.chunk.first:
        memset(p.levels.touched + part.begin, 0, part.end - part.begin)
    for i in range(p.chunk.m):
        codes = p.levels.codes + p.chunk.rows[i] * n_codes
        if real is float:
            levels_bprop_float(codes, n_codes, part.begin, part.end, grad_W, <float>p.present,
                               p.levels.touched, grad_A + i * n, n)
        else:
            levels_bprop_double(codes, n_codes, part.begin, part.end, grad_W, p.present,
                                p.levels.touched, grad_A + i * n, n)
    if p.chunk.last:
        step_levels(p, u, theta, part)


cdef void step_levels(Problem *p, const update *u, real *theta, Part *part) noexcept nogil:
    """Move the weights of some levels, along 0 where they do not occur in the batch."""
    cdef Levels *levels = &p.levels
    cdef Py_ssize_t W = levels.W + part.begin * p.dense.n_out
    cdef real *grad_W = <real *>p.gradient + W
    cdef real *m = <real *>p.m + W if p.m != NULL else NULL
    cdef real *v = <real *>p.v + W if p.v != NULL else NULL
    cdef real *zeros = <real *>levels.zeros
    if real is float:
        step_levels_float(u, theta + W, m, v, grad_W, levels.touched + part.begin, zeros,
                          part.end - part.begin, p.dense.n_out)
    else:
        step_levels_double(u, theta + W, m, v, grad_W, levels.touched + part.begin, zeros,
                           part.end - part.begin, p.dense.n_out)


cdef void clear_levels(Problem *p, real *gradient) noexcept nogil:
    """Set ∇W to 0 for the levels that do not occur in the batch."""
    cdef Py_ssize_t i, n = p.dense.n_out
    for i in range(p.levels.n):
        if not p.levels.touched[i]:
            memset(gradient + p.levels.W + i * n, 0, n * sizeof(real))


cdef void affine_first(Problem *p, real *theta, const int64_t *rows, Py_ssize_t block,
                       real *A) noexcept nogil:
    """a¹ of a block of rows."""
    cdef Py_ssize_t begin = first_row(p, block), m = first_row(p, block + 1) - begin
    cdef real *H = <real *>p.H[0] + begin * p.dense.n_in
    if p.indptr != NULL:
        sparse_affine(p, theta, rows, m, A)
        return
    gather(p, rows, m, H, begin)
    affine(theta, &p.dense, H, A, m)
    if p.bins.n > 0:
        bins_affine(p, theta, rows, block, A)
    if p.levels.n > 0:
        levels_affine(p, theta, rows, m, A)


cdef void sparse_affine(Problem *p, real *theta, const int64_t *rows, Py_ssize_t m,
                        real *A) noexcept nogil:
    """A = X W + b for rows of a CSR X."""
    cdef Layer *layer = &p.layers[0]
    cdef Py_ssize_t i, n = layer.n_out
    cdef int64_t begin, end
    cdef const real *X = <const real *>p.X
    cdef real *W = theta + layer.W
    for i in range(m):
        begin, end = p.indptr[rows[i]], p.indptr[rows[i] + 1]
        if real is float:
            fill_rows_float(A + i * n, theta + layer.b, 1, n)
            sparse_fprop_float(X + begin, p.indices + begin, end - begin, W, A + i * n, n)
        else:
            fill_rows_double(A + i * n, theta + layer.b, 1, n)
            sparse_fprop_double(X + begin, p.indices + begin, end - begin, W, A + i * n, n)


cdef void sparse_bprop(Problem *p, const update *u, real *theta) noexcept nogil:
    """Do as `bprop_panel` for a CSR X."""
    cdef Py_ssize_t i, n = p.layers[0].n_out, W = p.layers[0].W
    cdef int64_t begin, end
    cdef const real *X = <const real *>p.X
    cdef real *grad_W = <real *>p.gradient + W
    cdef real *grad_A = <real *>p.D[1]
    cdef Py_ssize_t n_weights = p.layers[0].n_in * n
    if p.chunk.first:
        memset(grad_W, 0, n_weights * sizeof(real))
    for i in range(p.chunk.m):
        begin, end = p.indptr[p.chunk.rows[i]], p.indptr[p.chunk.rows[i] + 1]
        if real is float:
            sparse_bprop_float(X + begin, p.indices + begin, end - begin, grad_W, grad_A + i * n,
                               n)
        else:
            sparse_bprop_double(X + begin, p.indices + begin, end - begin, grad_W, grad_A + i * n,
                                n)
    if p.chunk.last:
        step(p, u, theta, grad_W, W, n_weights, True)


cdef Py_ssize_t count_blocks(bint shared, Py_ssize_t m) noexcept nogil:
    """Return how many blocks m rows of a chunk are cut into: a power of two, for as many threads.
    """
    cdef Py_ssize_t n = 1
    while shared and m // (2 * n) >= BLOCK_ROWS:
        n *= 2
    return n


cdef Py_ssize_t first_row(Problem *p, Py_ssize_t block) noexcept nogil:
    """Return where a block of the chunk begins."""
    return p.chunk.m * block // p.chunk.n_blocks


cdef void learn_rows(Problem *p, real *theta, Py_ssize_t block, real *scratch) noexcept nogil:
    """Take a block of rows forward, and their ∇a back."""
    cdef Py_ssize_t k, begin = first_row(p, block), m = first_row(p, block + 1) - begin
    cdef Layer *layer
    cdef const int64_t *rows = p.chunk.rows + begin
    cdef real *H = <real *>p.H[1] + begin * p.layers[0].n_out
    cdef real *A
    cdef real *grad_A
    affine_first(p, theta, rows, block, H)
    for k in range(1, p.n_layers):
        layer = &p.layers[k]
        A = <real *>p.H[k + 1] + begin * layer.n_out
        activate(p.layers[k - 1].g, H, m * layer.n_in)
        affine(theta, layer, H, A, m)
        H = A
    p.chunk.totals[block] = loss(p, H, rows, m, p.chunk.n_batch)
    for k in range(p.n_layers - 1, 0, -1):
        layer = &p.layers[k]
        grad_A = <real *>p.D[k + 1] + begin * layer.n_out
        H = <real *>p.H[k] + begin * layer.n_in
        bprop_inputs(theta, layer, grad_A, <real *>p.D[k] + begin * layer.n_in, m, scratch)
        bprop_activation(p.layers[k - 1].g, H, <real *>p.D[k] + begin * layer.n_in,
                         m * layer.n_in)


cdef void learn_part(Problem *p, real *theta, Part *part, real *panel) noexcept nogil:
    """Add a chunk's gradient of some parameters to that of its batch; after the last, they move."""
    cdef update u = p.update
    u.decay = p.layers[part.layer].decay
    if part.kind == WEIGHTS:
        bprop_panel(p, &u, theta, part, panel)
    elif part.kind == BINS:
        bprop_bins(p, &u, theta, part, panel)
    elif part.kind == LEVELS:
        bprop_levels(p, &u, theta, part)
    elif part.kind == ENTRIES:
        sparse_bprop(p, &u, theta)
    else:
        bprop_biases(p, &u, theta, part)


cdef void do_rows(void *problem, Py_ssize_t block, Py_ssize_t seat) noexcept nogil:
    """Do `learn_rows` as a task of a team."""
    cdef Problem *p = <Problem *>problem
    if p.single:
        learn_rows(p, <float *>p.theta, block, <float *>p.scratch + seat * p.n_scratch)
    else:
        learn_rows(p, <double *>p.theta, block, <double *>p.scratch + seat * p.n_scratch)


cdef void do_part(void *problem, Py_ssize_t number, Py_ssize_t seat) noexcept nogil:
    """Do `learn_part` as a task of a team."""
    cdef Problem *p = <Problem *>problem
    cdef Part *part = p.parts + number
    if p.single:
        learn_part(p, <float *>p.theta, part, <float *>p.scratch + seat * p.n_scratch)
    else:
        learn_part(p, <double *>p.theta, part, <double *>p.scratch + seat * p.n_scratch)


cdef void share(Problem *p, void (*do)(void *, Py_ssize_t, Py_ssize_t) noexcept nogil,
                Py_ssize_t n_tasks) noexcept nogil:
    """Do tasks that do not depend on each other, with the team if there is one."""
    cdef Py_ssize_t task
    if p.team != NULL and n_tasks > 1:
        team_share(p.team, do, p, <int>n_tasks)
        return
    for task in range(n_tasks):
        do(p, task, 0)


cdef double learn_chunk(Problem *p) noexcept nogil:
    """Take the chunk at hand forward and back, the update included if it is the last of its batch.

    Returns its Σ s l.
    """
    cdef Py_ssize_t block
    cdef double total = 0
    p.chunk.n_blocks = count_blocks(p.shared, p.chunk.m)
    p.D[p.n_layers] = p.H[p.n_layers]
    share(p, do_rows, p.chunk.n_blocks)
    for block in range(p.chunk.n_blocks):
        total += p.chunk.totals[block]
    share(p, do_part, p.n_parts)
    return total


cdef void bprop_and_step(Problem *p, real *theta, Layer *layer, real *h, real *grad_a,
                         real *grad_h, real *h_next, real *a_next) noexcept nogil:
    """∇h = W ∇a; W moves along h ∇aᵀ; a_next += W h_next. Null is for what is not wanted."""
    cdef real *m = <real *>p.m + layer.W if p.m != NULL else NULL
    cdef real *v = <real *>p.v + layer.W if p.v != NULL else NULL
    if real is float:
        bprop_and_step_float(&p.update, theta + layer.W, m, v, h, grad_a, grad_h, h_next, a_next,
                             layer.n_in, layer.n_out)
    else:
        bprop_and_step_double(&p.update, theta + layer.W, m, v, h, grad_a, grad_h, h_next, a_next,
                              layer.n_in, layer.n_out)


cdef void enter(Problem *p, real *theta, const int64_t *row, void **h, real *a) noexcept nogil:
    """Set h⁰ of a dense row, which may stay where it is in X, and a to the b of the first layer."""
    cdef Layer *layer = &p.layers[0]
    if p.as_it_is:
        h[0] = <real *>p.X + row[0] * layer.n_in
    else:
        gather(p, row, 1, <real *>h[0], 0)
    memcpy(a, theta + layer.b, layer.n_out * sizeof(real))


cdef double learn_one(Problem *p, real *theta, const int64_t *row,
                      const int64_t *next_row) noexcept nogil:
    """Make the update of a batch of one dense row, given its h⁰ and a¹; return its s l.

    The next row, unless null, passes the first layer while that moves.
    """
    cdef Py_ssize_t k, last = p.n_layers - 1
    cdef Layer *layer
    cdef real *a_next = NULL
    cdef real *grad_a
    cdef double total
    for k in range(last):
        activate(p.layers[k].g, <real *>p.H[k + 1], p.layers[k].n_out)
        affine(theta, &p.layers[k + 1], <real *>p.H[k + 1], <real *>p.H[k + 2], 1)
    total = loss(p, <real *>p.H[last + 1], row, 1, 1.0)
    grad_a = <real *>p.H[last + 1]
    for k in range(last, 0, -1):
        layer = &p.layers[k]
        p.update.decay = layer.decay
        step(p, &p.update, theta, grad_a, layer.b, layer.n_out, False)
        bprop_and_step(p, theta, layer, <real *>p.H[k], grad_a, <real *>p.D[k], NULL, a_next)
        grad_a = <real *>p.D[k]
        bprop_activation(p.layers[k - 1].g, <real *>p.H[k], grad_a, layer.n_in)
    layer = &p.layers[0]
    p.update.decay = layer.decay
    step(p, &p.update, theta, grad_a, layer.b, layer.n_out, False)
    if next_row != NULL:
        a_next = <real *>p.a_next
        enter(p, theta, next_row, &p.h_next, a_next)
    bprop_and_step(p, theta, layer, <real *>p.H[0], grad_a, NULL, <real *>p.h_next, a_next)
    p.H[0], p.h_next = p.h_next, p.H[0]
    p.H[1], p.a_next = p.a_next, p.H[1]
    return total


cdef double learn_batch(Problem *p, const int64_t *rows, Py_ssize_t n_batch,
                        bint moves) except? -1 nogil:
    """Compute Σ s l of a batch and its gradient, by which θ moves, or which is left in `gradient`.
    """
    cdef Py_ssize_t done = 0
    cdef double total = 0
    p.chunk.n_batch = n_batch
    while done < n_batch:
        p.chunk.rows, p.chunk.m = rows + done, min(p.chunk_size, n_batch - done)
        p.chunk.first = done == 0
        done += p.chunk.m
        p.chunk.last = moves and done == n_batch
        total += learn_chunk(p)
        look_for_signals(p, p.chunk.m)
    return total


cdef double learn(Problem *p, real *theta, const int64_t *order, Py_ssize_t n_rows,
                  const double *rates, Py_ssize_t *n_updates) except? -1 nogil:
    """Make an update for each batch; return Σ s l, at once when it is not finite."""
    cdef Py_ssize_t n_left = n_rows
    cdef double total = 0
    p.H[0], p.h_next = p.h[0], p.h[1]
    if p.one_by_one and n_rows > 0:
        enter(p, theta, order, &p.H[0], <real *>p.H[1])
        affine(theta, &p.layers[0], <real *>p.H[0], <real *>p.H[1], 1)
    while n_left > 0 and isfinite(total):
        prepare_update(p, rates[n_updates[0]])
        if p.one_by_one:
            total += learn_one(p, theta, order, order + 1 if n_left > 1 else NULL)
            look_for_signals(p, 1)
        else:
            total += learn_batch(p, order, min(p.batch_size, n_left), True)
        order += p.batch_size
        n_left -= p.batch_size
        n_updates[0] += 1
    return total


cdef double gradient_of(Problem *p, const int64_t *rows, Py_ssize_t n_rows) except? -1 nogil:
    """Compute Σ s l of some rows, as one batch, and leave its gradient in `gradient`."""
    p.H[0] = p.h[0]
    cdef double total = learn_batch(p, rows, n_rows, False)
    if p.single:
        clear_levels(p, <float *>p.gradient)
    else:
        clear_levels(p, <double *>p.gradient)
    return total


cdef class Epoch:
    """The updates of SGD over an order of rows, for one network and one set of rows.

    Everything is checked here that could make a loop read or write out of bounds. The arrays must
    be C-contiguous and keep their place; those that are only read must also keep their integers.

    Parameters
    ----------
    theta, gradient : ndarray of shape (n_parameters,)
        θ, all weights before all biases, which is moved in place; and a buffer. float32 or float64,
        like all arrays below where nothing else is said.
    layer_sizes : sequence of int
        H_0 … H_{L+1}.
    activations : sequence of str
        The keys in ACTIVATIONS of those of the hidden layers.
    loss : str
        A key of LOSSES.
    X : ndarray of shape (n_rows, n_columns), or (data, indices, indptr)
        Dense rows, of float32 or float64 whatever θ has; or the arrays of a CSR matrix, int32 and
        int64 the latter two.
    y : ndarray of int64 of shape (n_rows,), or of uint8 of shape (n_rows, n_outputs)
        Classes from 0, for 'softmax'; or labels of 0 and 1, for 'logistic'.
    fill : ndarray of shape (n_columns,), optional
        What a NaN in a dense X counts as. Like the following four, of the dtype of X.
    mean, inverse_scale : ndarray of shape (n_columns,), optional
        The inputs of a dense row are (x − mean) · inverse_scale,
    indicators : ndarray of int32, optional
        then for each of these columns a 1 where it is NaN, else 0,
    bin_columns, bin_starts : ndarrays of int32 and int64, of n and n + 1 entries, optional
        then for each of these columns the bins from bin_starts[i] to bin_starts[i + 1]:
    lower, inverse_width : ndarray of shape (n_bins,), optional
        (x − lower) · inverse_width, clipped to 0 … 1, where each bin begins where the one before
        it in the same column ends,
    codes : ndarray of int32 of shape (n_rows, n_codes), optional
        then for each level a 1 where the row has its number among its codes, else 0. A code of −1
        is none.
    n_levels : int
        How many levels there are.
    weights : ndarray of float64 of shape (n_rows,), optional
        s, of mean 1.
    batch_size : int
        Rows of a batch.
    clip : float
        With a mean, h⁰ is z / √(1 + (z / clip)²) instead, of the z above; 0 for z itself.
    l1 : float
        Strength of the L1 penalty.
    l2 : float or sequence of float
        Strength of the L2 penalty: of all layers, or one for each.
    rule : str
        A key of RULES.
    velocity : ndarray of shape (n_parameters,), optional
        State of the rule 'momentum', if momentum > 0.
    momentum, nesterov : float, bool
        Its parameters.
    n_steps, m, v : ndarrays of shape (1,), (n_parameters,), (n_parameters,), optional
        State of the rule 'adam'; n_steps is of int64.
    beta_1, beta_2, epsilon : float
        Its parameters.

    Attributes
    ----------
    shares : bool
        Whether batches are large enough for threads to share them.
    n_threads : int
        How many may, 1 by default. Each calls BLAS, which should then have one thread itself. The
        result is the same, bit for bit, with any number.
    """

    cdef Problem problem
    cdef list arrays
    cdef object dtype, X_dtype, scratch
    cdef double chunk_work
    cdef readonly bint shares
    cdef public int n_threads

    def __init__(self, *, theta, gradient, layer_sizes, activations, loss, X, y, fill=None,
                 mean=None, inverse_scale=None, clip=0.0, indicators=None, bin_columns=None,
                 bin_starts=None, lower=None, inverse_width=None, codes=None, n_levels=0,
                 present=1.0, weights=None, batch_size, l1=0.0, l2=0.0, rule="momentum", velocity=None, momentum=0.0, nesterov=False, n_steps=None, m=None, v=None,
                 beta_1=0.0, beta_2=0.0, epsilon=0.0):
        cdef Problem *p = &self.problem
        sizes = checked_sizes(layer_sizes)
        self.arrays = []
        self.dtype = checked_float(theta)
        p.single, self.n_threads = self.dtype == np.float32, 1
        self.lay_out(sizes, [ACTIVATIONS[name] for name in activations], l2)
        p.theta, p.gradient = self.state("theta", theta), self.state("gradient", gradient)
        p.l1, p.clip, p.present = l1, clip, present
        if isinstance(X, tuple):
            data, indices, indptr = X
            self.read_sparse(data, indices, indptr, len(y))
        else:
            self.read_dense(X, fill, mean, inverse_scale, len(y))
            self.read_indicators(indicators)
            if bin_columns is not None:
                self.read_bins(bin_columns, bin_starts, lower, inverse_width)
            if codes is not None:
                self.read_codes(codes, n_levels, len(y))
            self.lay_out_inputs()
        self.read_targets(LOSSES[loss], y, weights)
        if RULES[rule] == ADAM:
            self.remember_moments(n_steps, m, v, beta_1, beta_2, epsilon)
        else:
            self.remember_velocity(velocity, momentum, nesterov)
        self.allocate(sizes, batch_size)

    cdef lay_out(self, sizes, codes, l2):
        """Find the layers within θ, and what their weights decay by."""
        cdef Problem *p = &self.problem
        cdef Layer *layer
        if len(codes) != len(sizes) - 2:
            raise ValueError(f"{len(sizes) - 2} activations are needed, not {len(codes)}")
        p.n_layers = len(sizes) - 1
        strengths = np.broadcast_to(np.asarray(l2, dtype=float), p.n_layers)
        p.n_weights = sum(sizes[k] * sizes[k + 1] for k in range(p.n_layers))
        W, b = 0, p.n_weights
        for k in range(p.n_layers):
            layer = &p.layers[k]
            layer.n_in, layer.n_out, layer.W, layer.b = sizes[k], sizes[k + 1], W, b
            layer.g = codes[k] if k < len(codes) else IDENTITY
            layer.decay = 2 * float(strengths[k])
            W, b = W + layer.n_in * layer.n_out, b + layer.n_out
        p.n_parameters = b
        p.row_work = 3.0 * p.n_weights

    cdef void *keep(self, name, array, dtype, shape, writeable=False) except? NULL:
        """Return where an array begins, once it is found to be what it should be."""
        check_array(name, array, dtype, shape, writeable)
        self.arrays.append(array)
        return <void *><size_t>array.ctypes.data

    cdef void *state(self, name, array) except? NULL:
        """Return where an array with an entry for each parameter begins, which will be written."""
        return self.keep(name, array, self.dtype, (self.problem.n_parameters,), True)

    cdef void *buffer(self, n, dtype=None) except? NULL:
        """Return where a new array of n zeros begins, in the dtype of the network by default."""
        array = np.zeros(n, dtype or self.dtype)
        return self.keep("a buffer", array, array.dtype, array.shape, True)

    cdef lay_out_inputs(self):
        """Find the inputs of dense rows within the first layer."""
        cdef Problem *p = &self.problem
        n_dense = p.n_columns + p.n_indicators
        n_inputs = n_dense + p.bins.n + p.levels.n
        if n_inputs != p.layers[0].n_in:
            raise ValueError(f"there are {n_inputs} inputs, not {p.layers[0].n_in}")
        p.dense = p.layers[0]
        p.dense.n_in = n_dense
        p.bins.W = p.dense.W + n_dense * p.dense.n_out
        p.levels.W = p.bins.W + p.bins.n * p.dense.n_out

    cdef read_dense(self, X, fill, mean, inverse_scale, n_rows):
        """Take dense rows, and what to fill and to standardise them with."""
        cdef Problem *p = &self.problem
        self.X_dtype = checked_float(X)
        n = X.shape[1] if X.ndim == 2 else 0
        p.n_columns = n
        p.X = self.keep("X", X, self.X_dtype, (n_rows, n))
        p.same_dtype = self.X_dtype == self.dtype
        if fill is not None:
            p.fill = self.keep("fill", fill, self.X_dtype, (n,))
        if mean is not None:
            p.mean = self.keep("mean", mean, self.X_dtype, (n,))
            p.inverse_scale = self.keep("inverse_scale", inverse_scale, self.X_dtype, (n,))
        p.as_it_is = p.same_dtype and fill is None and mean is None

    cdef read_indicators(self, indicators):
        """Take the columns that have an indicator of what is missing."""
        cdef Problem *p = &self.problem
        if indicators is None:
            return
        p.n_indicators = len(indicators)
        p.indicators = <int32_t *>self.keep(
            "indicators", indicators, np.int32, (p.n_indicators,)
        )
        check_range("indicators", indicators, 0, p.n_columns)
        p.as_it_is = p.as_it_is and p.n_indicators == 0

    cdef read_bins(self, columns, starts, lower, inverse_width):
        """Take the columns that are cut into bins."""
        cdef Bins *bins = &self.problem.bins
        n_columns, n = len(columns), len(lower)
        bins.n_columns, bins.n = n_columns, n
        bins.columns = <int32_t *>self.keep("bin_columns", columns, np.int32, (n_columns,))
        bins.starts = <int64_t *>self.keep("bin_starts", starts, np.int64, (n_columns + 1,))
        bins.lower = self.keep("lower", lower, self.X_dtype, (n,))
        bins.inverse_width = self.keep("inverse_width", inverse_width, self.X_dtype, (n,))
        check_range("bin_columns", columns, 0, self.problem.n_columns)
        check_partition("bin_starts", starts, n)

    cdef read_codes(self, codes, n_levels, n_rows):
        """Take the levels of the rows."""
        cdef Levels *levels = &self.problem.levels
        levels.n, levels.n_codes = n_levels, codes.shape[1] if codes.ndim == 2 else 0
        levels.codes = <int32_t *>self.keep("codes", codes, np.int32, (n_rows, levels.n_codes))
        check_range("codes", codes, -1, n_levels)

    cdef read_sparse(self, data, indices, indptr, n_rows):
        """Take the rows of a CSR matrix."""
        cdef Problem *p = &self.problem
        p.X = self.keep("data", data, self.dtype, (len(data),))
        p.indices = <int32_t *>self.keep("indices", indices, np.int32, (len(data),))
        p.indptr = <int64_t *>self.keep("indptr", indptr, np.int64, (n_rows + 1,))
        check_range("indices", indices, 0, p.layers[0].n_in)
        check_range("indptr", indptr, 0, len(data) + 1)
        check_increasing("indptr", indptr)

    cdef read_targets(self, output_loss loss, y, weights):
        """Take the targets and the weights of the rows."""
        cdef Problem *p = &self.problem
        n_outputs = p.layers[p.n_layers - 1].n_out
        p.loss, p.n_rows = loss, len(y)
        if loss == SOFTMAX:
            p.y = <int64_t *>self.keep("y", y, np.int64, (p.n_rows,))
            check_range("y", y, 0, n_outputs)
        else:
            p.labels = <uint8_t *>self.keep("y", y, np.uint8, (p.n_rows, n_outputs))
        if weights is not None:
            p.weights = <double *>self.keep("weights", weights, np.float64, (p.n_rows,))

    cdef remember_velocity(self, velocity, momentum, nesterov):
        """Take the rule 'momentum'."""
        cdef Problem *p = &self.problem
        p.update.rule, p.update.beta, p.nesterov = MOMENTUM, momentum, nesterov
        if momentum != 0:
            p.m = self.state("velocity", velocity)

    cdef remember_moments(self, n_steps, m, v, beta_1, beta_2, epsilon):
        """Take the rule 'adam'."""
        cdef Problem *p = &self.problem
        cdef update *u = &p.update
        u.rule, u.beta, u.beta_2, u.epsilon = ADAM, beta_1, beta_2, epsilon
        p.m, p.v = self.state("m", m), self.state("v", v)
        p.n_steps = <int64_t *>self.keep("n_steps", n_steps, np.int64, (1,), True)

    cdef allocate(self, sizes, batch_size):
        """Make the buffers for a chunk of rows."""
        cdef Problem *p = &self.problem
        if batch_size < 1:
            raise ValueError("a batch has at least one row")
        p.batch_size = max(1, min(batch_size, p.n_rows))
        work = self.products_of_a_row(sizes)
        self.shares = (
            p.batch_size > 1
            and p.indptr == NULL  # sharing a CSR X was measured to be slower
            and p.batch_size * work + STEP_WORK * p.n_parameters >= SHARED_WORK
        )
        p.shared = self.shares
        self.divide_parameters()
        widths = [p.dense.n_in + 2 * p.bins.n_columns, *sizes[1:]]
        n_elements = SHARED_CHUNK_ELEMENTS if p.shared else CHUNK_ELEMENTS
        p.chunk_size = min(p.batch_size, max(CHUNK_ROWS, n_elements // sum(widths)))
        self.chunk_work = p.chunk_size * work + STEP_WORK * p.n_parameters
        p.h[0] = p.H[0] = self.buffer(p.chunk_size * p.dense.n_in)
        for k, width in enumerate(sizes[1:], start=1):
            p.H[k] = self.buffer(p.chunk_size * width)
            if k < p.n_layers:
                p.D[k] = self.buffer(p.chunk_size * width)
        p.chunk.totals = <double *>self.buffer(count_blocks(p.shared, p.chunk_size), np.float64)
        self.make_scratch(1)
        p.one_by_one = p.batch_size == 1 and p.indptr == NULL and p.dense.n_in == sizes[0]
        if p.one_by_one:
            p.h[1], p.a_next = self.buffer(sizes[0]), self.buffer(sizes[1])
        if p.indptr == NULL:
            self.allocate_for_inputs()

    cdef double products_of_a_row(self, sizes):
        """Return how many multiplications the products take for one row, there and back."""
        cdef Problem *p = &self.problem
        if p.indptr == NULL:
            n_inputs = p.dense.n_in + p.bins.n_columns + p.levels.n_codes
        else:
            n_inputs = p.indptr[p.n_rows] / max(1, p.n_rows)
        return 3.0 * (n_inputs * sizes[1] + sum(a * b for a, b in zip(sizes[1:], sizes[2:])))

    cdef divide_parameters(self):
        """Divide the parameters into what threads may take each by itself, the largest first."""
        cdef Problem *p = &self.problem
        parts = []
        for k in range(p.n_layers):
            n_out = p.layers[k].n_out
            parts.append((n_out, BIASES, k, 0, 0))
            if k > 0:
                parts += self.panels(WEIGHTS, k, p.layers[k].n_in)
            elif p.indptr != NULL:
                parts.append((p.layers[0].n_in * n_out, ENTRIES, 0, 0, 0))
            else:
                parts += self.panels(WEIGHTS, 0, p.dense.n_in)
                parts += self.panels(LEVELS, 0, p.levels.n)
                parts += self.panels_of_bins()
        parts.sort(reverse=True)
        p.n_parts = len(parts)
        p.parts = <Part *>self.buffer(p.n_parts * sizeof(Part), np.uint8)
        p.n_scratch = SMALL_PRODUCT
        for i, (n, kind, k, begin, end) in enumerate(parts):
            p.parts[i].kind, p.parts[i].layer = kind, k
            p.parts[i].begin, p.parts[i].end = begin, end
            if kind == WEIGHTS or kind == BINS:
                p.n_scratch = max(p.n_scratch, <Py_ssize_t>n)

    cdef panels(self, kind, k, n):
        """Cut n inputs of a layer into panels: their numbers of weights, and what a Part is."""
        cdef Problem *p = &self.problem
        n_out = p.layers[k].n_out
        n_panels = -(-n // max(PANEL_ROWS, PANEL_ELEMENTS // n_out))
        if kind != WEIGHTS:  # each of these panels looks through all rows
            n_panels = min(n_panels, SHARES if p.shared else 1)
        elif p.shared:
            n_panels = max(n_panels, min(n // SHARED_PANEL_ROWS, SHARES), min(n // PANEL_ROWS, 2))
        ends = [n * i // n_panels for i in range(n_panels + 1)] if n else []
        return [((j - i) * n_out, kind, k, i, j) for i, j in zip(ends, ends[1:])]

    cdef panels_of_bins(self):
        """Cut the columns in bins into panels, of about as many bins each."""
        cdef Problem *p = &self.problem
        cdef Bins *bins = &p.bins
        cdef Py_ssize_t begin = 0, end
        n_bins = max(PANEL_ROWS, PANEL_ELEMENTS // p.dense.n_out)
        if p.shared:
            n_bins = min(n_bins, max(PANEL_ROWS, -(-bins.n // SHARES)))
        panels = []
        while begin < bins.n_columns:
            end = begin + 1
            while end < bins.n_columns and bins.starts[end + 1] - bins.starts[begin] <= n_bins:
                end += 1
            n = bins.starts[end] - bins.starts[begin]
            panels.append((n * p.dense.n_out, BINS, 0, begin, end))
            begin = end
        return panels

    cdef make_scratch(self, n_threads):
        """Make a buffer for each thread."""
        cdef Problem *p = &self.problem
        if self.scratch is None or len(self.scratch) < n_threads * p.n_scratch:
            self.scratch = np.zeros(n_threads * p.n_scratch, self.dtype)
            p.scratch = <void *><size_t>self.scratch.ctypes.data

    cdef gather_team(self, n_rows):
        """Gather as many threads for an epoch as are allowed and have something to do."""
        cdef Problem *p = &self.problem
        if not p.shared or self.chunk_work * n_rows / p.chunk_size < WORK_OF_A_TEAM:
            return
        n = min(self.n_threads, p.n_parts, <int>(self.chunk_work / WORK_OF_A_THREAD))
        if n > 1:
            self.make_scratch(n)
            p.team = team_gather(n, &p.alone_until)

    cdef allocate_for_inputs(self):
        """Make the buffers that inputs of dense rows need beside h⁰."""
        cdef Problem *p = &self.problem
        cdef Bins *bins = &p.bins
        n_sorted = bins.n_columns * p.chunk_size
        n_places = (bins.n + 1) * count_blocks(p.shared, p.chunk_size)
        if not p.same_dtype:
            p.stored = self.buffer(max(p.chunk_size * p.dense.n_in, n_sorted), self.X_dtype)
        bins.places = <Py_ssize_t *>self.buffer(n_places, np.intp)
        bins.rows = <int32_t *>self.buffer(n_sorted, np.int32)
        bins.fractions = self.buffer(n_sorted)
        bins.x = self.buffer(p.chunk_size, self.X_dtype)
        bins.bin = <int32_t *>self.buffer(p.chunk_size, np.int32)
        p.levels.touched = <uint8_t *>self.buffer(p.levels.n, np.uint8)
        p.levels.zeros = self.buffer(p.dense.n_out)

    def run(self, const int64_t[::1] order, const double[::1] rates):
        """Make an update for each batch of the rows in `order`, at the rates given for each.

        Returns
        -------
        total : float
            Σ s l. After the batch that makes it infinite or NaN, no more updates are made.
        n_updates : int
            How many were made.
        """
        cdef Problem *p = &self.problem
        cdef Py_ssize_t n_rows = order.shape[0], n_updates = 0
        cdef double total
        self.check_rows(order)
        if rates.shape[0] * p.batch_size < n_rows:
            raise ValueError(f"{rates.shape[0]} rates are too few for {n_rows} rows")
        self.gather_team(n_rows)
        try:
            with nogil:
                if p.single:
                    total = learn(p, <float *>p.theta, &order[0], n_rows, &rates[0], &n_updates)
                else:
                    total = learn(p, <double *>p.theta, &order[0], n_rows, &rates[0], &n_updates)
        finally:
            team_dismiss(p.team)
            p.team = NULL
        return total, n_updates

    def backpropagate(self, const int64_t[::1] rows):
        """Return Σ s l over some rows; leave Σ s ∇l / n_rows in `gradient`, without the penalties.
        """
        cdef Problem *p = &self.problem
        cdef Py_ssize_t n_rows = rows.shape[0]
        cdef double total
        self.check_rows(rows)
        if n_rows == 0:
            raise ValueError("there are no rows")
        with nogil:
            total = gradient_of(p, &rows[0], n_rows)
        return total

    cdef check_rows(self, const int64_t[::1] rows):
        """Refuse rows that there are not."""
        cdef Py_ssize_t i
        cdef uint64_t largest = 0
        for i in range(rows.shape[0]):
            largest = max(largest, <uint64_t>rows[i])
        if rows.shape[0] and largest >= <uint64_t>self.problem.n_rows:
            raise ValueError(f"rows must be from 0 to {self.problem.n_rows - 1}")


def evaluate(str name, x):
    """Apply exp, expm1 or an activation, by name, to a contiguous array in place."""
    check_array("x", x, x.dtype, x.shape, True)
    cdef void *begin = <void *><size_t>x.ctypes.data
    cdef Py_ssize_t n = x.size
    if x.dtype == np.float32:
        evaluate_all(name, <float *>begin, n)
    elif x.dtype == np.float64:
        evaluate_all(name, <double *>begin, n)


cdef evaluate_all(str name, real *x, Py_ssize_t n):
    cdef int code = ACTIVATIONS.get(name, 0)
    if name == "exp":
        if real is float:
            vector_exp_float(x, n)
        else:
            vector_exp_double(x, n)
    elif name == "expm1":
        if real is float:
            vector_expm1_float(x, n)
        else:
            vector_expm1_double(x, n)
    else:
        activate(<activation>code, x, n)
