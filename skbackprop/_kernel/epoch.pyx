# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Epochs of stochastic gradient descent in compiled code, with the GIL released.

`Epoch` does what `ReferenceEpoch` and the flow graph do in numpy, in the same order, and must equal
them to rounding. It knows plain arrays only: it checks them, and hands them over to the formulas,
which are in the headers that epoch.h names.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.math cimport INFINITY, isfinite
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
from .division import CUT_WORK, SHARED_WORK
from .division import (
    parts_of_dense,
    parts_of_sparse,
    rows_of_chunk,
    threads_for,
    waiting_pays,
    work_of,
)

gemm_float, gemm_double = sgemm, dgemm

ACTIVATIONS = numbered(activation_names)
LOSSES = numbered(loss_names)
RULES = numbered(rule_names)
KINDS = {
    "weights": WEIGHTS,
    "bins": BINS,
    "levels": LEVELS,
    "entries": ENTRIES,
    "biases": BIASES,
}


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
    y : ndarray of int64 of shape (n_rows,), or of uint8 or float64 of shape (n_rows, n_outputs)
        Classes from 0, for 'softmax'; labels of 0 and 1, for 'logistic'; or numbers, for the
        others, of shape (n_rows, 1) for several levels of 'quantile'.
    loss_parameters : sequence of float
        The delta of 'huber'; the level of 'quantile', or several, one for each output.
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
    n_trees : int
        How many codes of a row, the last ones, are those of leaves.
    terms : (entries, begin, end), optional
        Then for each term a 1 where the row has its number among entries[begin[row]:end[row]], else
        0. Arrays of int32, int64 and int64, the last two of shape (n_rows,).
    n_terms : int
        How many terms there are.
    weights : ndarray of float64 of shape (n_rows,), optional
        s, of mean 1.
    batch_size : int
        Rows of a batch.
    clip : float
        With a mean, h⁰ is z / √(1 + (z / clip)²) instead, of the z above; 0 for z itself.
    present : float
        What the inputs that are 1 for what is missing, for levels and for terms are instead.
    reached : float
        What those of leaves are.
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
    cdef list arrays, sizes
    cdef object dtype, X_dtype, scratch, room
    cdef double chunk_work, n_terms_of_a_row
    cdef size most_threads
    cdef bint single
    cdef readonly bint shares
    cdef public int n_threads

    def __init__(self, *, theta, gradient, layer_sizes, activations, loss, X, y,
                 loss_parameters=(), fill=None, mean=None, inverse_scale=None, clip=0.0,
                 indicators=None, bin_columns=None, bin_starts=None, lower=None,
                 inverse_width=None, codes=None, n_levels=0, n_trees=0, terms=None, n_terms=0,
                 present=1.0, reached=1.0,
                 weights=None, batch_size, l1=0.0, l2=0.0, rule="momentum", velocity=None,
                 momentum=0.0, nesterov=False, n_steps=None, m=None, v=None, beta_1=0.0,
                 beta_2=0.0, epsilon=0.0):
        cdef Problem *p = &self.problem
        self.arrays, self.sizes = [], checked_sizes(layer_sizes)
        self.dtype, self.n_threads = checked_float(theta), 1
        self.single = self.dtype == np.float32
        n_parameters = self.lay_out([ACTIVATIONS[name] for name in activations], l2)
        p.theta = self.keep("theta", theta, self.dtype, (n_parameters,), True)
        p.gradient = self.keep("gradient", gradient, self.dtype, (n_parameters,), True)
        if isinstance(X, tuple):
            data, indices, indptr = X
            self.read_sparse(data, indices, indptr, len(y))
        else:
            self.read_numbers(X, fill, mean, inverse_scale, clip, len(y))
            if indicators is not None:
                self.read_missing(indicators, present)
            if bin_columns is not None:
                self.read_bins(bin_columns, bin_starts, lower, inverse_width)
            if codes is not None:
                self.read_levels(codes, n_levels, n_trees, present, reached, len(y))
            if terms is not None:
                self.read_terms(terms, n_terms, present, len(y))
            self.lay_out_inputs()
        self.read_loss(LOSSES[loss], np.array(loss_parameters, dtype=np.float64))
        self.read_targets(y, weights)
        p.update.rule, p.update.l1 = RULES[rule], l1
        if p.update.rule == ADAM:
            self.remember_moments(n_steps, m, v, beta_1, beta_2, epsilon)
        else:
            self.remember_velocity(velocity, momentum, nesterov)
        self.divide(batch_size, [0] if bin_starts is None else bin_starts.tolist())
        self.allocate()

    cdef lay_out(self, codes, l2):
        """Find the layers within θ, and what their weights decay by; return how long θ is."""
        cdef Problem *p = &self.problem
        cdef Layer *layer
        sizes = self.sizes
        if len(codes) != len(sizes) - 2:
            raise ValueError(f"{len(sizes) - 2} activations are needed, not {len(codes)}")
        p.n_layers = len(sizes) - 1
        strengths = np.broadcast_to(np.asarray(l2, dtype=float), p.n_layers)
        n_weights = sum(sizes[k] * sizes[k + 1] for k in range(p.n_layers))
        W, b = 0, n_weights
        for k in range(p.n_layers):
            layer = &p.layers[k]
            layer.n_in, layer.n_out, layer.W, layer.b = sizes[k], sizes[k + 1], W, b
            layer.g = codes[k] if k < len(codes) else IDENTITY
            layer.decay = 2 * float(strengths[k])
            W, b = W + layer.n_in * layer.n_out, b + layer.n_out
        p.row_work = 3.0 * n_weights
        return b

    cdef void *keep(self, name, array, dtype, shape, writeable=False) except? NULL:
        """Return where an array begins, once it is found to be what it should be."""
        check_array(name, array, dtype, shape, writeable)
        self.arrays.append(array)
        return address(array)

    cdef void *state(self, name, array) except? NULL:
        """Return where an array with an entry for each parameter begins, which will be written."""
        return self.keep(name, array, self.dtype, self.arrays[0].shape, True)

    cdef void *buffer(self, n, dtype=None) except? NULL:
        """Return where a new array of n zeros begins, in the dtype of the network by default."""
        array = np.zeros(n, dtype or self.dtype)
        return self.keep("a buffer", array, array.dtype, array.shape, True)

    cdef read_sparse(self, data, indices, indptr, n_rows):
        """Take the rows of a CSR matrix."""
        cdef Sparse *rows = &self.problem.inputs.sparse
        rows.data = self.keep("data", data, self.dtype, (len(data),))
        rows.indices = <int32_t *>self.keep("indices", indices, np.int32, (len(data),))
        rows.indptr = <int64_t *>self.keep("indptr", indptr, np.int64, (n_rows + 1,))
        check_range("indices", indices, 0, self.sizes[0])
        check_range("indptr", indptr, 0, len(data) + 1)
        check_increasing("indptr", indptr)

    cdef read_numbers(self, X, fill, mean, inverse_scale, clip, n_rows):
        """Take dense rows, and what to fill and to standardise them with."""
        cdef Inputs *inputs = &self.problem.inputs
        cdef Numbers *numbers = &inputs.numbers
        self.X_dtype = checked_float(X)
        n = X.shape[1] if X.ndim == 2 else 0
        numbers.n, numbers.clip = n, clip
        numbers.X = self.keep("X", X, self.X_dtype, (n_rows, n))
        if fill is not None:
            numbers.fill = self.keep("fill", fill, self.X_dtype, (n,))
        if mean is not None:
            numbers.mean = self.keep("mean", mean, self.X_dtype, (n,))
            numbers.inverse_scale = self.keep(
                "inverse_scale", inverse_scale, self.X_dtype, (n,)
            )
        inputs.same_dtype = self.X_dtype == self.dtype

    cdef read_missing(self, columns, present):
        """Take the columns that have an indicator of what is missing."""
        cdef Missing *missing = &self.problem.inputs.missing
        missing.n, missing.present = len(columns), present
        missing.columns = <int32_t *>self.keep("indicators", columns, np.int32, (len(columns),))
        check_range("indicators", columns, 0, self.problem.inputs.numbers.n)

    cdef read_bins(self, columns, starts, lower, inverse_width):
        """Take the columns that are cut into bins."""
        cdef Bins *bins = &self.problem.inputs.bins
        n_columns, n = len(columns), len(lower)
        bins.n_columns, bins.n = n_columns, n
        bins.columns = <int32_t *>self.keep("bin_columns", columns, np.int32, (n_columns,))
        bins.starts = <int64_t *>self.keep("bin_starts", starts, np.int64, (n_columns + 1,))
        bins.lower = self.keep("lower", lower, self.X_dtype, (n,))
        bins.inverse_width = self.keep("inverse_width", inverse_width, self.X_dtype, (n,))
        check_range("bin_columns", columns, 0, self.problem.inputs.numbers.n)
        check_partition("bin_starts", starts, n)

    cdef read_levels(self, codes, n_levels, n_trees, present, reached, n_rows):
        """Take the levels of the rows, and the leaves that they reach."""
        cdef Levels *levels = &self.problem.inputs.levels
        n_codes = codes.shape[1] if codes.ndim == 2 else 0
        levels.n = levels.n_levels = n_levels
        if not 0 <= n_trees <= n_codes:
            raise ValueError("n_trees must be from 0 to the codes of a row")
        levels.n_codes, levels.n_trees = n_codes, n_trees
        levels.present, levels.reached = present, reached
        levels.codes = <int32_t *>self.keep("codes", codes, np.int32, (n_rows, n_codes))
        check_range("codes", codes, -1, n_levels)

    cdef read_terms(self, terms, n_terms, present, n_rows):
        """Take the terms of the rows, which are looked up after the levels."""
        cdef Levels *levels = &self.problem.inputs.levels
        entries, begin, end = terms
        levels.n, levels.present = levels.n_levels + n_terms, present
        levels.terms = <int32_t *>self.keep("terms", entries, np.int32, (len(entries),))
        levels.begin = <int64_t *>self.keep("begin", begin, np.int64, (n_rows,))
        levels.end = <int64_t *>self.keep("end", end, np.int64, (n_rows,))
        self.n_terms_of_a_row = len(entries) / max(1, n_rows)
        check_range("terms", entries, 0, n_terms)
        check_range("begin", begin, 0, len(entries) + 1)
        check_range("end", end, 0, len(entries) + 1)

    cdef lay_out_inputs(self):
        """Find the inputs of dense rows within the first layer."""
        cdef Inputs *inputs = &self.problem.inputs
        cdef Layer *layer = &self.problem.layers[0]
        inputs.width = inputs.numbers.n + inputs.missing.n
        n_inputs = inputs.width + inputs.bins.n + inputs.levels.n
        if n_inputs != layer.n_in:
            raise ValueError(f"there are {n_inputs} inputs, not {layer.n_in}")
        inputs.bins.W = layer.W + inputs.width * layer.n_out
        inputs.levels.W = inputs.bins.W + inputs.bins.n * layer.n_out
        inputs.as_it_is = (
            inputs.same_dtype
            and inputs.numbers.fill == NULL
            and inputs.numbers.mean == NULL
            and inputs.numbers.n == layer.n_in
        )

    cdef read_loss(self, loss kind, parameters):
        """Take the loss and its parameters."""
        cdef Loss *own = &self.problem.loss
        n, n_outputs = len(parameters), self.sizes[len(self.sizes) - 1]
        own.kind = kind
        own.several_heads = has_heads[<size>kind] and n == n_outputs > 1
        if not own.several_heads and n != n_parameters_of_loss[<size>kind]:
            raise ValueError("loss_parameters are not as many as the loss has")
        values = self.keep("loss_parameters", parameters, np.float64, parameters.shape)
        own.parameters = <double *>values

    cdef read_targets(self, y, weights):
        """Take the targets and the weights of the rows."""
        cdef Problem *p = &self.problem
        cdef target kind = target_of_loss[<size>p.loss.kind]
        n_outputs = p.layers[p.n_layers - 1].n_out
        p.n_rows = len(y)
        if kind == CODE:
            p.y = self.keep("y", y, np.int64, (p.n_rows,))
            check_range("y", y, 0, n_outputs)
        elif kind == FLAGS:
            p.y = self.keep("y", y, np.uint8, (p.n_rows, n_outputs))
        else:
            n_columns = 1 if p.loss.several_heads else n_outputs
            p.y = self.keep("y", y, np.float64, (p.n_rows, n_columns))
        if weights is not None:
            p.weights = <double *>self.keep("weights", weights, np.float64, (p.n_rows,))

    cdef remember_velocity(self, velocity, momentum, nesterov):
        """Take the rule 'momentum'."""
        cdef Update *u = &self.problem.update
        u.beta, u.nesterov = momentum, nesterov
        if momentum != 0:
            u.m = self.state("velocity", velocity)

    cdef remember_moments(self, n_steps, m, v, beta_1, beta_2, epsilon):
        """Take the rule 'adam'."""
        cdef Update *u = &self.problem.update
        u.beta, u.beta_2, u.epsilon = beta_1, beta_2, epsilon
        u.m, u.v = self.state("m", m), self.state("v", v)
        u.n_steps = <int64_t *>self.keep("n_steps", n_steps, np.int64, (1,), True)

    cdef divide(self, batch_size, bin_starts):
        """Find how many rows go forward and back at a time, and what threads may share."""
        cdef Problem *p = &self.problem
        cdef Inputs *inputs = &p.inputs
        if batch_size < 1:
            raise ValueError("a batch has at least one row")
        p.batch_size = max(1, min(batch_size, p.n_rows))
        dense = inputs.sparse.indptr == NULL
        n_looked_up = inputs.levels.n_codes + self.n_terms_of_a_row
        p.lazy.n, p.lazy.W = inputs.levels.n, inputs.levels.W
        if not dense:
            n_looked_up = inputs.sparse.indptr[p.n_rows] / max(1, p.n_rows)
            p.lazy.n, p.lazy.W = self.sizes[0], p.layers[0].W
        p.lazy.pays = p.update.rule != ADAM and (p.update.l1 == 0 or p.update.beta == 0)
        if p.lazy.pays:
            p.lazy.pays = waiting_pays(p.lazy.n, p.batch_size * n_looked_up)
        n_inputs = inputs.width + inputs.bins.n_columns + n_looked_up
        # sharing a sparse X was measured to be slower
        work = work_of(p.batch_size, n_inputs, self.sizes) if p.batch_size > 1 and dense else 0
        n_blocks, cut = count_blocks(True, p.batch_size), work >= CUT_WORK
        self.shares = p.shared = cut or (work >= SHARED_WORK and n_blocks > 1)
        width = inputs.width + 2 * inputs.bins.n_columns + sum(self.sizes[1:])
        p.chunk_size = rows_of_chunk(p.batch_size, width, cut)
        if p.lazy.pays:
            p.chunk_size = p.batch_size  # so rows of W are read, and moved, once a batch
            self.leave_alone(n_looked_up)
        self.chunk_work = work_of(p.chunk_size, n_inputs, self.sizes)
        if dense:
            parts = parts_of_dense(self.sizes, cut, inputs.width, bin_starts, inputs.levels.n)
        else:
            parts = parts_of_sparse(self.sizes, cut)
        self.most_threads = len(parts) if cut else n_blocks
        self.take_parts(parts)

    cdef take_parts(self, parts):
        """Take the parts that the parameters are divided into."""
        cdef Problem *p = &self.problem
        p.n_parts, p.n_scratch = len(parts), SMALL_PRODUCT
        p.parts = <Part *>self.buffer(p.n_parts * sizeof(Part), np.uint8)
        for i, part in enumerate(parts):
            p.parts[i].kind, p.parts[i].layer = KINDS[part.kind], part.layer
            p.parts[i].begin, p.parts[i].end = part.begin, part.end
            n_scratch = part.n_parameters if part.kind in ("weights", "bins") else self.sizes[1]
            p.n_scratch = max(p.n_scratch, <size>n_scratch)

    cdef allocate(self):
        """Make the memory for a chunk of rows."""
        cdef Problem *p = &self.problem
        p.h[0] = self.buffer(p.chunk_size * p.inputs.width)
        for k, width in enumerate(self.sizes[1:], start=1):
            p.H[k] = self.buffer(p.chunk_size * width)
            if k < p.n_layers:
                p.D[k] = self.buffer(p.chunk_size * width)
        p.chunk.totals = <double *>self.buffer(count_blocks(p.shared, p.chunk_size), np.float64)
        self.allocate_scratch(1)
        if p.inputs.sparse.indptr != NULL:
            return
        self.allocate_for_inputs()
        p.one_by_one = p.batch_size == 1 and p.inputs.width == self.sizes[0]
        if p.one_by_one:
            p.h[1] = self.buffer(self.sizes[0])
            p.a[0], p.a[1] = p.H[1], self.buffer(self.sizes[1])

    cdef allocate_for_inputs(self):
        """Make the memory that inputs of dense rows need beside h⁰."""
        cdef Problem *p = &self.problem
        cdef Inputs *inputs = &p.inputs
        cdef Bins *bins = &inputs.bins
        n_sorted = bins.n_columns * p.chunk_size
        n_places = (bins.n + 1) * count_blocks(p.shared, p.chunk_size)
        if not inputs.same_dtype:
            inputs.stored = self.buffer(p.chunk_size * stored_width(inputs), self.X_dtype)
        bins.places = <size *>self.buffer(n_places, np.intp)
        bins.rows = <int32_t *>self.buffer(n_sorted, np.int32)
        bins.fractions = self.buffer(n_sorted)
        bins.x = self.buffer(p.chunk_size, self.X_dtype)
        bins.bin = <int32_t *>self.buffer(p.chunk_size, np.int32)
        inputs.levels.touched = <uint8_t *>self.buffer(inputs.levels.n, np.uint8)
        inputs.levels.zeros = self.buffer(self.sizes[1])

    cdef leave_alone(self, n_looked_up):
        """Make the memory for rows of W to wait for the batches that touch them."""
        cdef Problem *p = &self.problem
        cdef Lazy *lazy = &p.lazy
        lazy.seen = <int32_t *>self.buffer(lazy.n, np.int32)
        lazy.place = <int32_t *>self.buffer(lazy.n, np.int32)
        lazy.products = <Map *>self.buffer(2 * WINDOW * sizeof(Map), np.uint8)
        lazy.known = <Stretch *>self.buffer(WINDOW * sizeof(Stretch), np.uint8)
        lazy.known_at = <int32_t *>self.buffer(WINDOW, np.int32)
        lazy.example_ends = <size *>self.buffer(p.batch_size, np.intp)
        hidden = sum(a * b for a, b in zip(self.sizes[1:], self.sizes[2:]))
        p.row_work = 3.0 * ((p.inputs.width + n_looked_up) * self.sizes[1] + hidden)

    cdef make_room(self, const int64_t[::1] order):
        """Make the memory for what a batch looks up in the rows of W that wait."""
        cdef Problem *p = &self.problem
        cdef Lazy *lazy = &p.lazy
        cdef size i, n = 0, n_most = 0
        for i in range(order.shape[0]):
            if i % p.batch_size == 0:
                n = 0
            n += looked_up_by(&p.inputs, order[i])
            n_most = max(n_most, n)
        if self.room is not None and len(self.room[0]) >= n_most:
            return
        indices = [np.empty(n_most, np.int32) for _ in range(5)]
        values = [np.empty(n_most, self.dtype) for _ in range(2)]
        self.room = indices + values
        rows, since, ends, places, examples, h, ordered = self.room
        lazy.rows, lazy.since = <int32_t *>address(rows), <int32_t *>address(since)
        lazy.ends, lazy.places = <int32_t *>address(ends), <int32_t *>address(places)
        lazy.examples = <int32_t *>address(examples)
        lazy.h, lazy.ordered = address(h), address(ordered)

    cdef allocate_scratch(self, n_threads):
        """Make the memory that each thread has by itself."""
        cdef Problem *p = &self.problem
        if self.scratch is None or len(self.scratch) < n_threads * p.n_scratch:
            self.scratch = np.zeros(n_threads * p.n_scratch, self.dtype)
            p.scratch = address(self.scratch)

    cdef gather_team(self, n_rows):
        """Gather as many threads for an epoch as are allowed and have something to do."""
        cdef Problem *p = &self.problem
        if not p.shared:
            return
        n = threads_for(self.chunk_work, <double>n_rows / p.chunk_size)
        n = min(self.n_threads, self.most_threads, n)
        if n > 1:
            self.allocate_scratch(n)
            p.team = team_gather(n, &p.alone_until)

    def run(self, const int64_t[::1] order, const double[::1] rates):
        """Make an update for each batch of the rows in `order`, at the rates given for each.

        Returns
        -------
        total : float
            Σ s l. After the batch that makes it infinite or NaN, no more updates are made.
        n_updates : int
            How many were made.
        """
        cdef double total = 0
        cdef size n_updates = 0
        self.run_epoch(order, rates, &total, &n_updates)
        return total, n_updates

    def run_all(self, const int64_t[:, ::1] orders, const double[::1] rates):
        """Do so for one epoch after the other, each in an order of its own.

        Returns
        -------
        total, square : float
            The largest Σ s l of an epoch, and the largest |θ|² before and after each. Once one is
            infinite or NaN, which is returned then, there are no more epochs.
        n_updates : int
            How many were made.
        """
        cdef double total, square, largest_total = -INFINITY, largest_square = self.square()
        cdef size epoch, n_updates = 0
        for epoch in range(orders.shape[0]):
            total = 0
            self.run_epoch(orders[epoch], rates[n_updates:], &total, &n_updates)
            square = self.square()
            if not (isfinite(total) and isfinite(square)):
                return total, square, n_updates
            largest_total = max(largest_total, total)
            largest_square = max(largest_square, square)
        return largest_total, largest_square, n_updates

    cdef double square(self):
        """Return |θ|²."""
        cdef size n = self.arrays[0].shape[0]
        if self.single:
            return square_float(<float *>self.problem.theta, n)
        return square_double(<double *>self.problem.theta, n)

    cdef run_epoch(self, const int64_t[::1] order, const double[::1] rates, double *total,
                   size *n_updates):
        """Make the updates of an epoch; add to Σ s l, and to their number."""
        cdef Problem *p = &self.problem
        cdef size n_rows = order.shape[0], n = 0
        self.check_rows(order)
        if rates.shape[0] * p.batch_size < n_rows:
            raise ValueError(f"{rates.shape[0]} rates are too few for {n_rows} rows")
        if p.lazy.pays:
            self.make_room(order)
        self.gather_team(n_rows)
        try:
            with nogil:
                if self.single:
                    run_float(p, &order[0], n_rows, &rates[0], total, &n)
                else:
                    run_double(p, &order[0], n_rows, &rates[0], total, &n)
        finally:
            team_dismiss(p.team)
            p.team = NULL
        n_updates[0] += n

    def backpropagate(self, const int64_t[::1] rows):
        """Return Σ s l over some rows; leave Σ s ∇l / n_rows in `gradient`, without the penalties.
        """
        cdef Problem *p = &self.problem
        cdef size n_rows = rows.shape[0]
        cdef double total = 0
        self.check_rows(rows)
        if n_rows == 0:
            raise ValueError("there are no rows")
        with nogil:
            if self.single:
                backpropagate_float(p, &rows[0], n_rows, &total)
            else:
                backpropagate_double(p, &rows[0], n_rows, &total)
        return total

    cdef check_rows(self, const int64_t[::1] rows):
        """Refuse rows that there are not."""
        cdef size i
        cdef uint64_t largest = 0
        for i in range(rows.shape[0]):
            largest = max(largest, <uint64_t>rows[i])
        if rows.shape[0] and largest >= <uint64_t>self.problem.n_rows:
            raise ValueError(f"rows must be from 0 to {self.problem.n_rows - 1}")


cdef void *address(array) except? NULL:
    """Return where a contiguous array begins; array.ctypes takes longer to ask."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    PyBuffer_Release(&view)
    return view.buf


cdef dict numbered(const char **names):
    """Return the place of each name in an array of C that ends with NULL."""
    cdef size n = 0
    places = {}
    while names[n] != NULL:
        places[names[n].decode()] = n
        n += 1
    return places


def evaluate(str name, x):
    """Apply exp, expm1 or an activation, by name, to a contiguous array in place."""
    check_array("x", x, checked_float(x), x.shape, True)
    cdef void *begin = address(x)
    cdef size n = x.size
    cdef bint single = x.dtype == np.float32
    if name == "exp" and single:
        vector_exp_float(<float *>begin, n)
    elif name == "exp":
        vector_exp_double(<double *>begin, n)
    elif name == "expm1" and single:
        vector_expm1_float(<float *>begin, n)
    elif name == "expm1":
        vector_expm1_double(<double *>begin, n)
    elif single:
        activation_fprop_float(ACTIVATIONS[name], <float *>begin, n)
    else:
        activation_fprop_double(ACTIVATIONS[name], <double *>begin, n)
