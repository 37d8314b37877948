"""The flow graph: the boxes of the network in order, and the memory they compute in.

Forward propagation calls fprop box by box, backpropagation bprop in the reverse order (the
lecture, "flow graph"). A box is maths, the graph is order, a Workspace is memory: a graph has no
state and can serve any number of threads, each with a workspace of its own.
"""

import numpy as np

from . import affine

CHUNK_ELEMENTS = 2**17  # of 8 bytes: what all layers of a chunk of rows take in the cache


def rows_per_chunk(layer_sizes):
    """Return how many rows to propagate at once where no batch size says so."""
    return max(1, CHUNK_ELEMENTS // sum(layer_sizes))


class Workspace:
    """Buffers for the layers of up to `n_rows` examples.

    Parameters
    ----------
    layer_sizes : sequence of int
        H_0 … H_{L+1}; the inputs are not buffered here.
    n_rows : int
        Most rows that are propagated at once.
    dtype : dtype
        float32 or float64.
    """

    def __init__(self, layer_sizes, n_rows, dtype):
        self.n_rows = n_rows
        self._H = [np.empty((n_rows, size), dtype=dtype) for size in layer_sizes[1:]]
        self._grad_H = [np.empty((n_rows, size), dtype=dtype) for size in layer_sizes[1:-1]]
        self._views = {}

    def first(self, n_rows):
        """Return H and ∇H of all layers, cut to the first `n_rows` rows."""
        if n_rows not in self._views:
            self._views[n_rows] = (
                [H[:n_rows] for H in self._H],
                [grad_H[:n_rows] for grad_H in self._grad_H],
            )
        return self._views[n_rows]


class FlowGraph:
    """A network of L hidden layers.

        h⁰ = x,   aᵏ = bᵏ + Wᵏ hᵏ⁻¹,   hᵏ = gᵏ(aᵏ)  for k = 1 … L,   aᴸ⁺¹ = bᴸ⁺¹ + Wᴸ⁺¹ hᴸ

    The output activation belongs to the loss, so the graph ends in aᴸ⁺¹.

    Parameters
    ----------
    activations : sequence of Activation
        g¹ … gᴸ.
    """

    def __init__(self, activations):
        self.activations = list(activations)

    def fprop(self, layers, X, H):
        """Compute all layers from the inputs; return the pre-activation of the outputs.

        `layers` are the pairs (W, b); the buffers `H` receive h¹ … hᴸ, aᴸ⁺¹.
        """
        below = X
        for (W, b), activation, out in zip(layers, self.activations, H, strict=False):
            below = activation.fprop(affine.fprop(below, W, b, out))
        return affine.fprop(below, *layers[-1], H[-1])

    def bprop(self, layers, gradient_layers, X, H, grad_H):
        """Compute ∇W and ∇b of all layers from ∇aᴸ⁺¹, which `H[-1]` holds.

        The buffers are as `fprop` left them; the hidden ones are overwritten on the way.
        """
        grad_A = H[-1]
        for k in range(len(layers) - 1, 0, -1):
            W, h = layers[k][0], H[k - 1]
            affine.bprop_parameters(h, grad_A, *gradient_layers[k])
            affine.bprop_inputs(W, grad_A, grad_H[k - 1])
            grad_A = self.activations[k - 1].bprop(h, grad_H[k - 1])
        affine.bprop_parameters(X, grad_A, *gradient_layers[0])
