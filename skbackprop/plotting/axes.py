"""Where displays draw; the one place that imports matplotlib."""


def new_axes(ax):
    """Return the given axes, or those of a new figure."""
    if ax is not None:
        return ax
    return pyplot().subplots(layout="constrained")[1]


def pyplot():
    """Import matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "displays need matplotlib: pip install 'skbackprop[plot]' brings it."
        ) from error
    return plt
