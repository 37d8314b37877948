"""How the work of the compiled epoch is divided: rows into chunks, parameters into parts.

The sizes follow from the problem alone, so that any number of threads computes the same bits.
"""

import math
from itertools import pairwise
from typing import NamedTuple

CHUNK_ELEMENTS = 1 << 18  # of all layers of a chunk
CUT_CHUNK_ELEMENTS = 1 << 20  # where parts are cut for threads
CHUNK_ROWS = 32  # at least
PANEL_ELEMENTS = 1 << 15  # of ∇W that are computed before W moves along them
PANEL_ROWS = 16  # at least
CUT_PANEL_ROWS = 64  # at least, where a W is cut for threads: BLAS packs all of ∇A for each
SHARES = 8  # panels that it is cut into, where it has the rows for it
SHARED_WORK = 1 << 21  # of a batch from which threads share its blocks of rows and its parts,
CUT_WORK = 1 << 25  # and from which parts are cut for them: one thread loses by that
MOST_TOUCHED = 0.5  # of the rows of W, by a batch: where it is more, they do not wait
STEP_WORK = 8  # multiplications that a step of one parameter counts as
WORK_OF_A_THREAD = 1 << 20  # multiplications of a chunk, at least
WORK_OF_A_TEAM = 1 << 26  # multiplications of an epoch, at least


class Part(NamedTuple):
    """A part of the parameters that a thread takes by itself.

    The weights of some inputs of a layer, of which `begin` and `end` count units ('weights'),
    columns in bins ('bins') or levels ('levels'); of all columns of a sparse X ('entries'); or all
    biases of a layer ('biases').
    """

    n_parameters: int
    kind: str
    layer: int
    begin: int = 0
    end: int = 0


def work_of(n_rows, n_inputs, layer_sizes):
    """Return how many multiplications a batch or a chunk takes, there and back, with its step.

    `n_inputs` are those of a row that are not 0.
    """
    hidden = sum(a * b for a, b in pairwise(layer_sizes[1:]))
    n_parameters = sum((a + 1) * b for a, b in pairwise(layer_sizes))
    return n_rows * 3.0 * (n_inputs * layer_sizes[1] + hidden) + STEP_WORK * n_parameters


def rows_of_chunk(batch_size, row_elements, cut):
    """Return how many rows go forward and back at a time."""
    n_elements = CUT_CHUNK_ELEMENTS if cut else CHUNK_ELEMENTS
    return min(batch_size, max(CHUNK_ROWS, n_elements // row_elements))


def threads_for(work_of_chunk, n_chunks):
    """Return how many threads have something to do in an epoch of so many chunks."""
    if work_of_chunk * n_chunks < WORK_OF_A_TEAM:
        return 1
    return int(work_of_chunk / WORK_OF_A_THREAD)


def waiting_pays(n_rows, n_looked_up):
    """Whether rows of W should wait for the batches that touch them.

    Of `n_rows`, a batch looks up `n_looked_up` at random, the same one several times, perhaps: so
    it touches n (1 − e^(−k/n)) of them.
    """
    return n_rows > 0 and -math.expm1(-n_looked_up / n_rows) < MOST_TOUCHED


def parts_of_sparse(layer_sizes, cut):
    """Divide the parameters of a network of sparse rows, the largest part first."""
    entries = Part(layer_sizes[0] * layer_sizes[1], "entries", 0, 0, layer_sizes[0])
    return sorted([entries, *parts_above(layer_sizes, cut)], reverse=True)


def parts_of_dense(layer_sizes, cut, width, bin_starts, n_levels):
    """Divide the parameters of a network of dense rows, the largest part first.

    `width` counts the inputs before the bins, and `bin_starts` says where those of each column
    begin and end.
    """
    n_out = layer_sizes[1]
    n_shares = SHARES if cut else 1
    parts = [
        *weight_panels(0, width, n_out, cut),
        *bin_panels(bin_starts, n_out, cut),
        *panels("levels", 0, n_levels, n_out, min(n_shares, full_panels(n_levels, n_out))),
        *parts_above(layer_sizes, cut),
    ]
    return sorted(parts, reverse=True)


def parts_above(layer_sizes, cut):
    """Return the biases of all layers and the weights of all but the first."""
    parts = []
    for k, (n_in, n_out) in enumerate(pairwise(layer_sizes)):
        parts.append(Part(n_out, "biases", k))
        if k > 0:
            parts += weight_panels(k, n_in, n_out, cut)
    return parts


def weight_panels(k, n_in, n_out, cut):
    """Cut the weights of `n_in` inputs of a layer."""
    n_panels = full_panels(n_in, n_out)
    if cut:
        n_panels = max(n_panels, min(n_in // CUT_PANEL_ROWS, SHARES), min(n_in // PANEL_ROWS, 2))
    return panels("weights", k, n_in, n_out, n_panels)


def full_panels(n_in, n_out):
    """Return in how many panels, each as large as may be, so many inputs are."""
    return -(-n_in // max(PANEL_ROWS, PANEL_ELEMENTS // n_out))


def panels(kind, k, n_in, n_out, n_panels):
    """Cut so many inputs of a layer into panels of about as many each."""
    ends = [n_in * i // n_panels for i in range(n_panels + 1)] if n_in else []
    return [Part((end - begin) * n_out, kind, k, begin, end) for begin, end in pairwise(ends)]


def bin_panels(starts, n_out, cut):
    """Cut columns in bins into panels, of about as many bins each."""
    n_panels = SHARES if cut else 2  # to cut between columns costs nothing
    n_bins = max(PANEL_ROWS, min(PANEL_ELEMENTS // n_out, -(-starts[-1] // n_panels)))
    parts, begin, n_columns = [], 0, len(starts) - 1
    while begin < n_columns:
        end = begin + 1
        while end < n_columns and starts[end + 1] - starts[begin] <= n_bins:
            end += 1
        parts.append(Part((starts[end] - starts[begin]) * n_out, "bins", 0, begin, end))
        begin = end
    return parts
