"""The compiled epoch: `Epoch`, or None where the extension has not been built."""

try:
    from .epoch import Epoch
except ImportError:
    Epoch = None
