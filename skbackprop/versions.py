"""The versions that a bug report should name."""

import sklearn

from . import _kernel
from ._kernel import bind
from ._version import __version__


def show_versions() -> None:
    """Print the versions of skbackprop and its dependencies, and which epoch trains.

    The first lines say whether training runs in the compiled epoch or in the numpy reference, and
    why. The rest is what :func:`sklearn.show_versions` prints: Python, the dependencies, BLAS and
    its threads. If a network has a part that the compiled epoch does not know, such as an
    activation of your own, it is trained in numpy in any case, and the logger ``skbackprop``
    names that part at the level ``DEBUG``.
    """
    print(f"skbackprop: {__version__}")
    print(f"     epoch: {_epoch()}")
    sklearn.show_versions()


def _epoch():
    if bind.is_available():
        return "compiled (numpy for a part it does not know: the logger 'skbackprop' names it)"
    if _kernel.Epoch is None:
        return "numpy (this installation has no compiled extension)"
    return "numpy (the environment variable SKBACKPROP_KERNEL is 0)"
