"""The affine box of the flow graph: a = b + W h, and what flows back through it.

With examples as rows, H is (n_rows, n_in), W (n_in, n_out), b (n_out,) and A (n_rows, n_out).
H may be a CSR matrix or EncodedRows in the first layer. Results are written into arrays that the
caller owns.
"""

import numpy as np


def fprop(H, W, b, out):
    """A = H W + b."""
    if not isinstance(H, np.ndarray):
        out[...] = H @ W
    else:
        np.dot(H, W, out=out)
    out += b
    return out


def bprop_parameters(H, grad_A, grad_W, grad_b):
    """∇W = Hᵀ ∇A and ∇b = Σ_rows ∇A."""
    if not isinstance(H, np.ndarray):
        grad_W[...] = H.T @ grad_A
    else:
        np.dot(H.T, grad_A, out=grad_W)
    np.add.reduce(grad_A, axis=0, out=grad_b)


def bprop_inputs(W, grad_A, out):
    """∇H = ∇A Wᵀ."""
    return np.dot(grad_A, W.T, out=out)
