"""Who is told of the networks of an ensemble: scikit-learn's callbacks, and what prints a line.

The networks may be trained in several threads: each tells of its own.
"""

import time

from ..estimator.sklearn_private import NOT_IN_FIT, fit_task, has_callbacks


def ensemble_tasks(ensemble, X, y, sample_weight):
    """Return observers of an ensemble: one where it has callbacks, else none."""
    return [EnsembleTasks(ensemble, X, y, sample_weight)] if has_callbacks(ensemble) else []


class EnsembleTasks:
    """Observes an ensemble: tells its callbacks of the fit, and of each network, a task within.

    At the end of a network's task, the fitted estimator is an ensemble of this network alone.

    Parameters
    ----------
    ensemble : BackpropEnsembleClassifier
        Whose callbacks they are.
    X, y, sample_weight : array-like
        As they were given.
    """

    def __init__(self, ensemble, X, y, sample_weight):
        self.ensemble = ensemble
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._told = {"estimator": ensemble, "X": X, "y": y, "metadata": metadata}

    def ensemble_begins(self, n_networks, alone):
        """Begin the task of the fit; those of the networks exist before any thread asks."""
        self._alone = alone
        self._fit = fit_task(self.ensemble, "fit", n_networks)
        self._networks = [self._fit.subcontext("network") for _ in range(n_networks)]
        self._fit.call_on_fit_task_begin(**self._told)

    def network_begins(self, number):
        """Begin the task of a network."""
        self._networks[number].call_on_fit_task_begin(**self._told)

    def network_ends(self, number, member):
        """End the task of a network; return whether there are to be no more."""
        return self._end(self._networks[number], lambda: self._alone(member))

    def ensemble_ends(self, fitted):
        """End the task of the fit, which has led to these attributes."""
        self._end(self._fit, lambda: fitted)

    def _end(self, task, fitted):
        def attributes():
            """Return those of the ensemble; what an earlier fit alone has left is absent."""
            before = dict.fromkeys(name for name in vars(self.ensemble) if name.endswith("_"))
            return before | fitted() | NOT_IN_FIT

        return task.call_on_fit_task_end(**self._told, reconstruction_attributes=attributes)


class NetworkPrinter:
    """Observes an ensemble: prints a line about each network."""

    def ensemble_begins(self, n_networks, alone):
        """Start the clock."""
        self._n_networks, self._start = n_networks, time.perf_counter()

    def network_begins(self, number):
        """Do nothing."""

    def network_ends(self, number, member):
        """Print the line."""
        rows = "all rows" if member.task.train is None else f"{len(member.task.train)} rows"
        loss, elapsed = member.state.curves.loss[-1], time.perf_counter() - self._start
        head = f"network {number + 1:3d} of {self._n_networks} on {rows}"
        print(f"{head}   loss {loss:.6f}   {elapsed:.2f} s", flush=True)

    def ensemble_ends(self, fitted):
        """Do nothing."""
