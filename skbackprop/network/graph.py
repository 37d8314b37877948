"""The flow graph: the boxes of the network in order, and the memory they compute in.

Forward propagation calls fprop box by box, backpropagation bprop in the reverse order (the
lecture, "flow graph"). A box is maths, the graph is order, a Workspace is memory: a graph has no
state and can serve any number of threads, each with a workspace of its own.
"""

import math

import numpy as np

from . import affine

CHUNK_ELEMENTS = 2**17  # of 8 bytes: what all layers of a chunk of rows take in the cache


def rows_per_chunk(layer_sizes):
    """Return how many rows to propagate at once where no batch size says so.

    Of H_0, only as many count as make up a row.
    """
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


class Linearization:
    """A network at θ on some rows, and what of it derivatives along any direction need.

    Parameters
    ----------
    layer_sizes : sequence of int
        H_0 … H_{L+1}.
    n_rows : int
        How many rows.
    dtype : dtype
        float32 or float64.

    Attributes
    ----------
    X : ndarray or CSR matrix
        The inputs; set by the owner.
    y : ndarray of length n_rows
        The targets; set by the owner.
    F : ndarray of shape (n_rows, H_{L+1})
        f(x).
    H, slopes, bends : list of L ndarray
        hᵏ, g'(aᵏ) and ∇hᵏ ⊙ g''(aᵏ).
    grad_A : list of L + 1 ndarray
        ∇aᵏ.
    R_A, R_H : list of L + 1 and of L ndarray
        Buffers for R{aᵏ} and R{hᵏ}.
    """

    def __init__(self, layer_sizes, n_rows, dtype):
        def buffers(sizes):
            return [np.empty((n_rows, size), dtype=dtype) for size in sizes]

        hidden, units = layer_sizes[1:-1], layer_sizes[1:]
        self.X = self.y = None
        self.F = np.empty((n_rows, layer_sizes[-1]), dtype=dtype)
        self.H, self.slopes, self.bends = buffers(hidden), buffers(hidden), buffers(hidden)
        self.R_H, self.R_A, self.grad_A = buffers(hidden), buffers(units), buffers(units)


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

    @property
    def may_die(self):
        """Whether all units of a layer may cease to learn."""
        return any(activation.dies for activation in self.activations)

    def fprop(self, layers, X, H):
        """Compute all layers from the inputs; return the pre-activation of the outputs.

        `layers` are the pairs (W, b); the buffers `H` receive h¹ … hᴸ, aᴸ⁺¹.
        """
        below = X
        for (W, b), activation, out in zip(layers, self.activations, H, strict=False):
            below = activation.fprop(affine.fprop(below, W, b, out))
        return affine.fprop(below, *layers[-1], H[-1])

    def bound(self, norms, layer_sizes, norm):
        """Return what no pre-activation exceeds, for inputs of at most that Euclidean norm.

        `norms` are those of W and of b, or more than that, layer by layer.

            ‖aᵏ‖ ≤ ‖Wᵏ‖ ‖hᵏ⁻¹‖ + ‖bᵏ‖,    ‖hᵏ‖ ≤ p ‖aᵏ‖ + q √H_k

        with p and q of `Activation.growth`; infinite or NaN where nothing is known.
        """
        growths = [*(g.growth for g in self.activations), (1.0, 0.0)]
        largest = norm
        for (W, b), (p, q), size in zip(norms, growths, layer_sizes[1:], strict=True):
            a = W * norm + b
            largest = max(largest, a)
            norm = p * a + q * math.sqrt(size)
        return largest

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

    def linearize(self, layers, at):
        """Compute g', ∇h ⊙ g'' and ∇a of the hidden layers from ∇aᴸ⁺¹ and what `fprop` left."""
        for k in range(len(layers) - 1, 0, -1):
            g, h, grad_H = self.activations[k - 1], at.H[k - 1], at.grad_A[k - 1]
            affine.bprop_inputs(layers[k][0], at.grad_A[k], grad_H)
            np.multiply(grad_H, g.curvature(h, at.bends[k - 1]), out=at.bends[k - 1])
            grad_H *= g.derivative(h, out=at.slopes[k - 1])

    def R_fprop(self, layers, directions, at):
        """Compute R{a} of all layers; return that of the outputs.

            R{aᵏ} = cᵏ + Vᵏ hᵏ⁻¹ + Wᵏ R{hᵏ⁻¹},    R{hᵏ} = gᵏ'(aᵏ) ⊙ R{aᵏ}

        is the derivative of `fprop` in the direction (V, c) of (W, b).
        """
        R_A = affine.fprop(at.X, *directions[0], at.R_A[0])
        for k in range(1, len(layers)):
            R_H = np.multiply(R_A, at.slopes[k - 1], out=at.R_H[k - 1])
            R_A = affine.fprop(at.H[k - 1], *directions[k], at.R_A[k])
            R_A += R_H @ layers[k][0]
        return R_A

    def R_bprop(self, layers, directions, R_gradient_layers, at):
        """Compute R{∇W} and R{∇b} of all layers from R{∇aᴸ⁺¹}, which ``at.R_A[-1]`` holds.

            R{∇W} = R{∇a} hᵀ + ∇a R{h}ᵀ,    R{∇h} = Wᵀ R{∇a} + Vᵀ ∇a,
            R{∇a} = R{∇h} ⊙ g'(a) + ∇h ⊙ g''(a) ⊙ R{a}

        is the derivative of `bprop` in that direction. R{a} and R{h} are overwritten on the way.
        """
        R_grad_A = at.R_A[-1]
        for k in range(len(layers) - 1, 0, -1):
            R_H, grad_A = at.R_H[k - 1], at.grad_A[k]
            affine.bprop_parameters(at.H[k - 1], R_grad_A, *R_gradient_layers[k])
            R_gradient_layers[k][0][...] += R_H.T @ grad_A
            R_grad_H = affine.bprop_inputs(layers[k][0], R_grad_A, out=R_H)
            R_grad_H += grad_A @ directions[k][0].T
            R_grad_H *= at.slopes[k - 1]
            R_grad_A = np.multiply(at.bends[k - 1], at.R_A[k - 1], out=at.R_A[k - 1])
            R_grad_A += R_grad_H
        affine.bprop_parameters(at.X, R_grad_A, *R_gradient_layers[0])
