# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""One epoch of stochastic gradient descent in compiled code, with the GIL released.

It computes what `SGD._run_epoch` and the flow graph compute in numpy, in the same order, and must
equal it to rounding. It knows plain arrays only.

A batch goes forward and back in chunks of rows that stay in the cache, and its gradient is summed
up in `gradient`. A batch of one dense row takes a shorter way: the rank-one gradient of W is never
stored, and W moves as soon as it has sent ∇h back.
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
    void activation_bprop_double(activation, double *, const double *, Py_ssize_t)
    void activation_bprop_float(activation, float *, const float *, Py_ssize_t)
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
    void levels_bprop_double(const int32_t *, Py_ssize_t, double *, double, uint8_t *,
                             const double *, Py_ssize_t)
    void levels_bprop_float(const int32_t *, Py_ssize_t, float *, float, uint8_t *, const float *,
                            Py_ssize_t)
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

cdef enum:
    MAX_LAYERS = 64  # as checks.py says
    CHUNK_ELEMENTS = 1 << 18  # of all layers of a chunk
    CHUNK_ROWS = 32  # at least
    SMALL_PRODUCT = 1 << 14  # multiplications below which plain loops beat a call of BLAS
    PANEL_ELEMENTS = 1 << 15  # of ∇W that are computed before W moves along them
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
    # A chunk's rows sorted by bins, as `sort_into_bins` says, and its scratch
    Py_ssize_t *places
    int32_t *rows
    void *fractions
    void *x
    int32_t *bin


cdef struct Levels:
    Py_ssize_t n_codes, n, W
    const int32_t *codes  # n_codes of each row
    uint8_t *touched  # those that occur in the batch
    void *zeros


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
    # Buffers: h⁰ … aᴸ⁺¹ of a chunk of rows, and one for ∇h and small transposes
    Py_ssize_t chunk_size
    void *H[MAX_LAYERS + 1]
    void *scratch
    void *stored  # h⁰, and fractions of bins, in the dtype of X
    # For batches of one dense row: the buffers of two h⁰, and h⁰ and a¹ of the next one
    bint one_by_one
    void *h[2]
    void *h_next
    void *a_next
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


cdef void step(Problem *p, real *theta, real *gradient, Py_ssize_t begin, Py_ssize_t n,
               bint penalised) noexcept nogil:
    """Move n entries of θ, from `begin`, along their gradient."""
    cdef real *m = <real *>p.m + begin if p.m != NULL else NULL
    cdef real *v = <real *>p.v + begin if p.v != NULL else NULL
    if real is float:
        step_float(&p.update, theta + begin, m, v, gradient, n, penalised)
    else:
        step_double(&p.update, theta + begin, m, v, gradient, n, penalised)


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


cdef void bprop_parameters(Problem *p, real *theta, Layer *layer, real *H, real *grad_A,
                           Py_ssize_t m, bint first, bint last) noexcept nogil:
    """Add a chunk's ∇W and ∇b to those of its batch; after the last one, W and b move.

    This is done panel by panel of W, each of which moves while its gradient is in the cache; the
    gradient of a batch of one chunk is not kept, so that all its panels share one place.
    """
    cdef Py_ssize_t n_in = layer.n_in, n_out = layer.n_out, i = 0, n
    cdef Py_ssize_t panel = max(16, PANEL_ELEMENTS // n_out)
    cdef real *gradient = <real *>p.gradient
    cdef real *grad_W = gradient + layer.W
    while i < n_in:
        n = min(panel, n_in - i)
        if not (first and last):
            grad_W = gradient + layer.W + i * n_out
        bprop_weights(grad_W, layer, H + i, grad_A, m, n, first)
        if last:
            step(p, theta, grad_W, layer.W + i * n_out, n * n_out, True)
        i += n
    bprop_bias(p, theta, layer, grad_A, m, first, last)


cdef void bprop_bias(Problem *p, real *theta, Layer *layer, real *grad_A, Py_ssize_t m,
                     bint first, bint last) noexcept nogil:
    """Add a chunk's ∇b = Σ_rows ∇A to that of its batch; after the last one, b moves."""
    cdef real *grad_b = <real *>p.gradient + layer.b
    if first:
        memset(grad_b, 0, layer.n_out * sizeof(real))
    if real is float:
        add_row_sum_float(grad_b, grad_A, m, layer.n_out)
    else:
        add_row_sum_double(grad_b, grad_A, m, layer.n_out)
    if last:
        step(p, theta, grad_b, layer.b, layer.n_out, False)


cdef void bprop_inputs(real *theta, Layer *layer, real *grad_A, real *grad_H,
                       Py_ssize_t m) noexcept nogil:
    """∇H = ∇A Wᵀ."""
    cdef Py_ssize_t n_in = layer.n_in, n_out = layer.n_out
    cdef real *W = theta + layer.W
    cdef real *W_T = grad_H + m * n_in
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
    """Turn h into ∇a = ∇h ⊙ g'(a)."""
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


cdef void gather(Problem *p, const int64_t *rows, Py_ssize_t m, real *H) noexcept nogil:
    """h⁰ of the given rows of a dense X."""
    if p.same_dtype:
        gather_stored(p, rows, m, H)
        return
    if real is float:
        gather_stored(p, rows, m, <double *>p.stored)
    else:
        gather_stored(p, rows, m, <float *>p.stored)
    cast(H, p.stored, m * p.dense.n_in)


cdef void sort_stored(Problem *p, const int64_t *order, Py_ssize_t m,
                      real *fractions) noexcept nogil:
    """Sort rows by the bins of each column, with fractions in the dtype of X."""
    cdef Bins *bins = &p.bins
    cdef Py_ssize_t c, b, n
    cdef const real *X = <const real *>p.X
    cdef const real *fill = <const real *>p.fill
    cdef const real *lower = <const real *>bins.lower
    cdef const real *inverse_width = <const real *>bins.inverse_width
    for c in range(bins.n_columns):
        b, n = bins.starts[c], bins.starts[c + 1] - bins.starts[c]
        if real is float:
            sort_into_bins_float(X, p.n_columns, bins.columns[c], fill, order, m, lower + b,
                                 inverse_width + b, n, <real *>bins.x, bins.bin, c * m,
                                 bins.places + b, bins.rows, fractions)
        else:
            sort_into_bins_double(X, p.n_columns, bins.columns[c], fill, order, m, lower + b,
                                  inverse_width + b, n, <real *>bins.x, bins.bin, c * m,
                                  bins.places + b, bins.rows, fractions)
    bins.places[bins.n] = bins.n_columns * m


cdef void sort_by_bins(Problem *p, const int64_t *order, Py_ssize_t m,
                       real *fractions) noexcept nogil:
    """Sort rows by the bins of each column."""
    if p.same_dtype:
        sort_stored(p, order, m, fractions)
        return
    if real is float:
        sort_stored(p, order, m, <double *>p.stored)
    else:
        sort_stored(p, order, m, <float *>p.stored)
    cast(fractions, p.stored, p.bins.n_columns * m)


cdef void bins_affine(Problem *p, real *theta, const int64_t *order, Py_ssize_t m,
                      real *A) noexcept nogil:
    """A += H W for the inputs H in bins."""
    cdef Bins *bins = &p.bins
    cdef real *fractions = <real *>bins.fractions
    sort_by_bins(p, order, m, fractions)
    if real is float:
        bins_fprop_float(A, theta + bins.W, bins.starts, bins.n_columns, bins.places, bins.rows,
                         fractions, p.dense.n_out)
    else:
        bins_fprop_double(A, theta + bins.W, bins.starts, bins.n_columns, bins.places, bins.rows,
                          fractions, p.dense.n_out)


cdef void bprop_bins(Problem *p, real *theta, real *grad_A, Py_ssize_t m, bint first,
                     bint last) noexcept nogil:
    """Do as `bprop_parameters` for the inputs in bins, by panels of some columns."""
    cdef Bins *bins = &p.bins
    cdef Py_ssize_t begin = 0, end, b, n_out = p.dense.n_out
    cdef Py_ssize_t panel = max(16, PANEL_ELEMENTS // n_out)
    cdef real *gradient = <real *>p.gradient
    cdef real *grad_W = gradient + bins.W
    cdef real *fractions = <real *>bins.fractions
    while begin < bins.n_columns:
        b, end = bins.starts[begin], begin + 1
        while end < bins.n_columns and bins.starts[end + 1] - b <= panel:
            end += 1
        if not (first and last):
            grad_W = gradient + bins.W + b * n_out
        if real is float:
            bins_bprop_float(grad_W, grad_A, bins.starts + begin, end - begin, bins.places,
                             bins.rows, fractions, n_out, first)
        else:
            bins_bprop_double(grad_W, grad_A, bins.starts + begin, end - begin, bins.places,
                              bins.rows, fractions, n_out, first)
        if last:
            step(p, theta, grad_W, bins.W + b * n_out, (bins.starts[end] - b) * n_out, True)
        begin = end


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


cdef void bprop_levels(Problem *p, const int64_t *rows, Py_ssize_t m, real *grad_A,
                       bint first) noexcept nogil:
    """Add a chunk's ∇W to the rows of the levels that occur in it."""
    cdef Py_ssize_t i, n_codes = p.levels.n_codes, n = p.dense.n_out
    cdef const int32_t *codes
    cdef real *grad_W = <real *>p.gradient + p.levels.W
    if first:
        memset(p.levels.touched, 0, p.levels.n)
    for i in range(m):
        codes = p.levels.codes + rows[i] * n_codes
        if real is float:
            levels_bprop_float(codes, n_codes, grad_W, <float>p.present, p.levels.touched,
                               grad_A + i * n, n)
        else:
            levels_bprop_double(codes, n_codes, grad_W, p.present, p.levels.touched,
                                grad_A + i * n, n)


cdef void step_levels(Problem *p, real *theta) noexcept nogil:
    """Move the weights of levels, of which only those that occur in the batch have a gradient."""
    cdef Levels *levels = &p.levels
    cdef real *grad_W = <real *>p.gradient + levels.W
    cdef real *m = <real *>p.m + levels.W if p.m != NULL else NULL
    cdef real *v = <real *>p.v + levels.W if p.v != NULL else NULL
    cdef real *zeros = <real *>levels.zeros
    if real is float:
        step_levels_float(&p.update, theta + levels.W, m, v, grad_W, levels.touched, zeros,
                          levels.n, p.dense.n_out)
    else:
        step_levels_double(&p.update, theta + levels.W, m, v, grad_W, levels.touched, zeros,
                           levels.n, p.dense.n_out)


cdef void clear_levels(Problem *p, real *gradient) noexcept nogil:
    """Set ∇W to 0 for the levels that do not occur in the batch."""
    cdef Py_ssize_t i, n = p.dense.n_out
    for i in range(p.levels.n):
        if not p.levels.touched[i]:
            memset(gradient + p.levels.W + i * n, 0, n * sizeof(real))


cdef void affine_first(Problem *p, real *theta, const int64_t *rows, Py_ssize_t m,
                       real *A) noexcept nogil:
    """a¹ of the given rows."""
    if p.indptr != NULL:
        sparse_affine(p, theta, rows, m, A)
        return
    gather(p, rows, m, <real *>p.H[0])
    affine(theta, &p.dense, <real *>p.H[0], A, m)
    if p.bins.n > 0:
        bins_affine(p, theta, rows, m, A)
    if p.levels.n > 0:
        levels_affine(p, theta, rows, m, A)


cdef void bprop_first(Problem *p, real *theta, const int64_t *rows, Py_ssize_t m, real *grad_A,
                      bint first, bint last) noexcept nogil:
    """Do as `bprop_parameters` for the first layer."""
    if p.indptr != NULL:
        sparse_bprop(p, theta, rows, m, grad_A, first, last)
        return
    bprop_parameters(p, theta, &p.dense, <real *>p.H[0], grad_A, m, first, last)
    if p.bins.n > 0:
        bprop_bins(p, theta, grad_A, m, first, last)
    if p.levels.n > 0:
        bprop_levels(p, rows, m, grad_A, first)
        if last:
            step_levels(p, theta)


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


cdef void sparse_bprop(Problem *p, real *theta, const int64_t *rows, Py_ssize_t m, real *grad_A,
                       bint first, bint last) noexcept nogil:
    """Do as `bprop_parameters` for rows of a CSR X."""
    cdef Layer *layer = &p.layers[0]
    cdef Py_ssize_t i, n = layer.n_out
    cdef int64_t begin, end
    cdef const real *X = <const real *>p.X
    cdef real *grad_W = <real *>p.gradient + layer.W
    if first:
        memset(grad_W, 0, layer.n_in * n * sizeof(real))
    for i in range(m):
        begin, end = p.indptr[rows[i]], p.indptr[rows[i] + 1]
        if real is float:
            sparse_bprop_float(X + begin, p.indices + begin, end - begin, grad_W, grad_A + i * n, n)
        else:
            sparse_bprop_double(
                X + begin, p.indices + begin, end - begin, grad_W, grad_A + i * n, n
            )
    if last:
        step(p, theta, grad_W, layer.W, layer.n_in * n, True)
    bprop_bias(p, theta, layer, grad_A, m, first, last)


cdef double learn_chunk(Problem *p, real *theta, const int64_t *rows, Py_ssize_t m,
                        double n_batch, bint first, bint last) noexcept nogil:
    """Take a chunk of a batch forward and back, the update included if it is the last one.

    Returns its Σ s l.
    """
    cdef Py_ssize_t k, top = p.n_layers - 1
    cdef real *grad_H = <real *>p.scratch
    cdef double total
    affine_first(p, theta, rows, m, <real *>p.H[1])
    for k in range(1, p.n_layers):
        activate(p.layers[k - 1].g, <real *>p.H[k], m * p.layers[k].n_in)
        affine(theta, &p.layers[k], <real *>p.H[k], <real *>p.H[k + 1], m)
    total = loss(p, <real *>p.H[top + 1], rows, m, n_batch)
    for k in range(top, 0, -1):
        p.update.decay = p.layers[k].decay
        bprop_inputs(theta, &p.layers[k], <real *>p.H[k + 1], grad_H, m)
        bprop_parameters(p, theta, &p.layers[k], <real *>p.H[k], <real *>p.H[k + 1], m, first,
                         last)
        bprop_activation(p.layers[k - 1].g, <real *>p.H[k], grad_H, m * p.layers[k].n_in)
    p.update.decay = p.layers[0].decay
    bprop_first(p, theta, rows, m, <real *>p.H[1], first, last)
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
        gather(p, row, 1, <real *>h[0])
    memcpy(a, theta + layer.b, layer.n_out * sizeof(real))


cdef double learn_one(Problem *p, real *theta, const int64_t *row,
                      const int64_t *next_row) noexcept nogil:
    """Make the update of a batch of one dense row, given its h⁰ and a¹; return its s l.

    The next row, unless null, passes the first layer while that moves.
    """
    cdef Py_ssize_t k, last = p.n_layers - 1
    cdef Layer *layer
    cdef real *grad_h = <real *>p.scratch
    cdef real *a_next = NULL
    cdef double total
    for k in range(last):
        activate(p.layers[k].g, <real *>p.H[k + 1], p.layers[k].n_out)
        affine(theta, &p.layers[k + 1], <real *>p.H[k + 1], <real *>p.H[k + 2], 1)
    total = loss(p, <real *>p.H[last + 1], row, 1, 1.0)
    for k in range(last, 0, -1):
        layer = &p.layers[k]
        p.update.decay = layer.decay
        step(p, theta, <real *>p.H[k + 1], layer.b, layer.n_out, False)
        bprop_and_step(p, theta, layer, <real *>p.H[k], <real *>p.H[k + 1], grad_h, NULL, a_next)
        bprop_activation(p.layers[k - 1].g, <real *>p.H[k], grad_h, layer.n_in)
    layer = &p.layers[0]
    p.update.decay = layer.decay
    step(p, theta, <real *>p.H[1], layer.b, layer.n_out, False)
    if next_row != NULL:
        a_next = <real *>p.a_next
        enter(p, theta, next_row, &p.h_next, a_next)
    bprop_and_step(p, theta, layer, <real *>p.H[0], <real *>p.H[1], NULL, <real *>p.h_next, a_next)
    p.H[0], p.h_next = p.h_next, p.H[0]
    p.H[1], p.a_next = p.a_next, p.H[1]
    return total


cdef double learn_batch(Problem *p, real *theta, const int64_t *rows, Py_ssize_t n_batch,
                        bint moves) except? -1 nogil:
    """Compute Σ s l of a batch and its gradient, by which θ moves, or which is left in `gradient`.
    """
    cdef Py_ssize_t m, done = 0
    cdef double total = 0
    while done < n_batch:
        m = min(p.chunk_size, n_batch - done)
        total += learn_chunk(p, theta, rows + done, m, n_batch, done == 0,
                             moves and done + m == n_batch)
        look_for_signals(p, m)
        done += m
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
            total += learn_batch(p, theta, order, min(p.batch_size, n_left), True)
        order += p.batch_size
        n_left -= p.batch_size
        n_updates[0] += 1
    return total


cdef double gradient_of(Problem *p, real *theta, const int64_t *rows,
                          Py_ssize_t n_rows) except? -1 nogil:
    """Compute Σ s l of some rows, as one batch, and leave its gradient in `gradient`."""
    p.H[0] = p.h[0]
    cdef double total = learn_batch(p, theta, rows, n_rows, False)
    clear_levels(p, <real *>p.gradient)
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
    """

    cdef Problem problem
    cdef list arrays
    cdef object dtype, X_dtype
    cdef bint single

    def __init__(self, *, theta, gradient, layer_sizes, activations, loss, X, y, fill=None,
                 mean=None, inverse_scale=None, clip=0.0, indicators=None, bin_columns=None,
                 bin_starts=None, lower=None, inverse_width=None, codes=None, n_levels=0,
                 present=1.0, weights=None, batch_size, l1=0.0, l2=0.0, rule="momentum", velocity=None, momentum=0.0, nesterov=False, n_steps=None, m=None, v=None,
                 beta_1=0.0, beta_2=0.0, epsilon=0.0):
        cdef Problem *p = &self.problem
        sizes = checked_sizes(layer_sizes)
        self.arrays = []
        self.dtype = checked_float(theta)
        self.single = self.dtype == np.float32
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
        widths = [p.dense.n_in + 2 * p.bins.n_columns, *sizes[1:]]
        p.chunk_size = min(p.batch_size, max(CHUNK_ROWS, CHUNK_ELEMENTS // sum(widths)))
        p.h[0] = p.H[0] = self.buffer(p.chunk_size * p.dense.n_in)
        for k, width in enumerate(sizes[1:], start=1):
            p.H[k] = self.buffer(p.chunk_size * width)
        p.scratch = self.buffer(max(sizes[1:]) * p.chunk_size + SMALL_PRODUCT)
        p.one_by_one = p.batch_size == 1 and p.indptr == NULL and p.dense.n_in == sizes[0]
        if p.one_by_one:
            p.h[1], p.a_next = self.buffer(sizes[0]), self.buffer(sizes[1])
        if p.indptr == NULL:
            self.allocate_for_inputs()

    cdef allocate_for_inputs(self):
        """Make the buffers that inputs of dense rows need beside h⁰."""
        cdef Problem *p = &self.problem
        cdef Bins *bins = &p.bins
        n_sorted = bins.n_columns * p.chunk_size
        if not p.same_dtype:
            p.stored = self.buffer(max(p.chunk_size * p.dense.n_in, n_sorted), self.X_dtype)
        bins.places = <Py_ssize_t *>self.buffer(bins.n + 1, np.intp)
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
        with nogil:
            if self.single:
                total = learn(p, <float *>p.theta, &order[0], n_rows, &rates[0], &n_updates)
            else:
                total = learn(p, <double *>p.theta, &order[0], n_rows, &rates[0], &n_updates)
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
            if self.single:
                total = gradient_of(p, <float *>p.theta, &rows[0], n_rows)
            else:
                total = gradient_of(p, <double *>p.theta, &rows[0], n_rows)
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
