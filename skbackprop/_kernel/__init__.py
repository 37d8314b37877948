"""The compiled epoch: `Epoch`, or None where the extension has not been built.

`ACTIVATIONS` has the names of those it knows.

The environment variable ``SKBACKPROP_KERNEL=0``, read whenever a training begins, forces the
reference epoch in numpy.
"""

try:
    from .epoch import ACTIVATIONS, Epoch
except ImportError:
    ACTIVATIONS, Epoch = {}, None
