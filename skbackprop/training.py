"""One training of a BackpropClassifier: its hyper-parameters and data, assembled into a solver."""

import copy
import warnings
from operator import attrgetter

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from .activations import ACTIVATIONS
from .assembly import SOLVERS
from .data import fit_scaler, make_inputs, network_dtype
from .evaluation import EpochPrinter, Evaluation, negative_score
from .graph import FlowGraph
from .hyper_parameters import FULL_BATCH, activation_names, hidden_sizes, l2_strength, least_fall
from .initializers import GlorotUniform
from .objective import Objective
from .parameters import ParameterVector
from .penalties import L1, L2
from .solvers.sgd import DivergenceError
from .stopping import Monitor


class Training:
    """The next epochs of a model.

    Parameters
    ----------
    model : BackpropClassifier
        Its hyper-parameters are read; its fitted attributes are set, anew or, when resuming,
        from what they are. Arrays that it holds are replaced, never changed.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Checked inputs.
    targets : Classes or Labels
        What there is to learn.
    codes : ndarray of shape (n_rows,) or (n_rows, n_labels)
        The targets of the rows, encoded.
    sample_weight : ndarray of shape (n_rows,) or None
        At most 1.
    resume : bool
        Whether to go on from the fitted attributes.
    partial : bool
        Whether this is a call of partial_fit: one epoch, with no look at when to stop, after which
        what is known of the data so far goes on too.
    """

    def __init__(self, model, X, targets, codes, sample_weight, *, resume=False, partial=False):
        self.model, self.X, self.sample_weight = model, X, sample_weight
        self.targets, self.codes, self.loss = targets, codes, targets.loss
        self.resume, self.partial = resume, partial
        self.memory = dict(model._memory) if resume else self._new_memory()
        mass = targets.mass(codes, sample_weight)
        self.memory["class_mass"] = self.memory["class_mass"] + mass if partial else mass
        self.weights = self._weigh(codes, sample_weight)
        self.rows = None if self.weights is None else np.flatnonzero(self.weights)
        self.held_out = None
        self._build_network()

    def _new_memory(self):
        """Return what a later call needs besides the parameters; the seed decides all chance."""
        return {
            "seed": int(check_random_state(self.model.random_state).randint(2**31 - 1)),
            "slowdown": 1.0,
            "class_mass": 0,
            "monitor": None,
            "update": {},
        }

    def _weigh(self, codes, sample_weight):
        """Return s = sample_weight · class_weight, or None where all are 1."""
        mass = self.memory["class_mass"]
        weights = self.targets.weights(self.model.class_weight, codes, mass)
        if weights is None:
            return sample_weight
        if sample_weight is not None:
            weights *= sample_weight
        if not weights.any():
            raise ValueError("class_weight and sample_weight together leave no row that counts.")
        return weights

    def _build_network(self):
        """Make θ and the graph; from now on, the model predicts from this θ."""
        model = self.model
        hidden = hidden_sizes(model)
        sizes = [self.X.shape[1], *hidden, len(self.targets.classes)]
        names = activation_names(model, len(hidden))
        self.dtype = model.coefs_[0].dtype if self.resume else network_dtype(self.X)
        dtype = np.float64 if model.solver in FULL_BATCH else self.dtype
        self.parameters = ParameterVector(sizes, dtype)
        if self.resume:
            self._load_parameters()
        else:
            if hidden:  # softmax regression is convex, without symmetry to break: it starts at 0
                rng = np.random.default_rng(self.memory["seed"])
                GlorotUniform().fill(self.parameters.layers, rng)
            model.n_iter_ = model.t_ = 0
            model.loss_curve_, model.learning_rate_curve_ = [], []
            model.validation_loss_curve_ = model.validation_scores_ = None
        self.graph = FlowGraph([ACTIVATIONS[name] for name in names])
        model._activations = names
        model.coefs_ = [W for W, _ in self.parameters.layers]
        model.intercepts_ = [b for _, b in self.parameters.layers]
        model.n_layers_, model.n_outputs_ = len(sizes), sizes[-1]
        model.classes_ = self.targets.classes
        model.out_activation_ = self.loss.out_activation

    def _load_parameters(self):
        coefs, intercepts = self.model.coefs_, self.model.intercepts_
        if [W.shape for W in coefs] != self.parameters.shapes:
            fitted = tuple(W.shape[1] for W in coefs[:-1])
            raise ValueError(
                f"hidden_layer_sizes={self.model.hidden_layer_sizes!r} is not what the model was "
                f"trained with, {fitted!r}: keep it, or start anew by fit with warm_start=False."
            )
        for (W, b), old_W, old_b in zip(self.parameters.layers, coefs, intercepts, strict=True):
            W[...], b[...] = old_W, old_b

    def hold_out(self):
        """Keep a part of the rows for validation."""
        rows = np.arange(len(self.codes)) if self.rows is None else self.rows
        seed, fraction = self.memory["seed"], self.model.validation_fraction
        self.rows, part = self.targets.hold_out(self.codes, rows, fraction, seed)
        weight = None if self.sample_weight is None else self.sample_weight[part]
        self.validate_on(self.X[part], self.codes[part], weight)

    def validate_on(self, X, codes, sample_weight):
        """Validate on data of its own."""
        self.held_out = X, codes, sample_weight

    def objective(self):
        """Return J over the rows to train on, once the model's scaler has seen them."""
        model = self.model
        model.scaler_ = self._scaler()
        n_rows = len(self.codes) if self.rows is None else len(self.rows)
        l2 = l2_strength(model, n_rows, self.X.shape[1], self.targets.n_terms)
        penalties = [penalty for penalty in (L1(float(model.l1)), L2(l2)) if penalty.strength]
        return self._objective(self.X, self.codes, self.weights, self.rows, penalties)

    def _objective(self, X, codes, weights, rows=None, penalties=()):
        inputs = make_inputs(X, self.parameters.theta.dtype, self.model.scaler_)
        return Objective(
            self.graph,
            self.loss,
            self.parameters,
            inputs,
            codes,
            weights=weights,
            rows=rows,
            penalties=penalties,
        )

    def validation_objective(self):
        """Return the loss over the held-out rows."""
        X, codes, sample_weight = self.held_out
        return self._objective(X, codes, self._weigh(codes, sample_weight))

    def _scaler(self):
        """Return the StandardScaler for the inputs, having seen the rows, or None without one."""
        scaler = self.model.scaler_ if self.resume else None
        if not self.resume and self.model.standardize and isinstance(self.X, np.ndarray):
            scaler = StandardScaler()
        elif scaler is None or not self.partial:  # a warm start keeps to the inputs it knows
            return scaler
        dtype = self.parameters.theta.dtype
        return fit_scaler(copy.deepcopy(scaler), self.X, dtype, self.rows, self.sample_weight)

    def scoring_data(self):
        """Return ((X, y), sample_weight) to score on: the held-out rows, or those trained on."""
        X, codes, sample_weight = self.held_out or (self.X, self.codes, self.sample_weight)
        return (X, self.targets.decode(codes)), sample_weight

    def run(self, observers=()):
        """Train, told to observers, and set what is left of the model's fitted attributes."""
        model, objective = self.model, self.objective()
        solver = SOLVERS[model.solver](self, objective)
        monitor = self._monitor(observers)
        finish = lambda model: self._finish(model, solver, monitor)
        monitor.training_begins(lambda: finish(copy.copy(model)))
        try:
            outcome = solver.minimize(1 if self.partial else model.max_iter, monitor)
        except DivergenceError as error:
            cure = "" if model.scaler_ else "rescale X (or set standardize=True), or "
            raise ValueError(f"{error}: {cure}{solver.cure}.") from error
        self._restore_best(monitor, solver)
        monitor.training_ends()
        finish(model)
        self._warn(outcome, solver, monitor)

    def _monitor(self, observers):
        """Return the monitor: what is watched, and what is measured at the end of an epoch."""
        model = self.model
        watch, evaluation = attrgetter("loss"), None
        if not self.partial and (self.held_out or model.scoring != "loss"):
            evaluation = Evaluation(self)
            if model.scoring != "loss":
                watch = negative_score
            elif model.early_stopping:
                watch = attrgetter("validation_loss")
        if model.verbose:
            observers = [*observers, EpochPrinter(model.verbose, model.n_iter_, not self.partial)]
        return Monitor(
            self.parameters.theta,
            tol=least_fall(model, self.graph.activations),
            patience=model.n_iter_no_change,
            watch=watch,
            keep_best=model.early_stopping and not self.partial,
            exhaustive=self.partial or model.tol is None,
            evaluate=evaluation,
            observers=observers,
            state=self.memory["monitor"] if self.partial else None,
        )

    def _restore_best(self, monitor, solver):
        """Go back to the best θ, where it is not the last; its momentum is not known any more."""
        if monitor.best_theta is not None and monitor.best_epoch not in (0, len(monitor.epochs)):
            self.parameters.theta[...] = monitor.best_theta
            for array in solver.state.values():
                array.fill(0)

    def _finish(self, model, solver, monitor):
        """Set what tells of the training, and what a later one goes on from; return the model."""
        epochs = monitor.epochs
        model.coefs_ = [W.astype(self.dtype, copy=False) for W in model.coefs_]
        model.intercepts_ = [b.astype(self.dtype, copy=False) for b in model.intercepts_]
        model.n_iter_ += len(epochs)
        model.t_ = solver.t
        model.loss_curve_ = model.loss_curve_ + [epoch.loss for epoch in epochs]
        model.learning_rate_curve_ = model.learning_rate_curve_ + [e.learning_rate for e in epochs]
        model.loss_ = model.loss_curve_[-1]
        model.best_loss_ = (
            monitor.state["best"] if self.partial or model.scoring == "loss" else None
        )
        if monitor.evaluate is not None and self.held_out is not None:
            losses = [epoch.validation_loss for epoch in epochs]
            scores = [epoch.score for epoch in epochs]
            model.validation_loss_curve_ = (model.validation_loss_curve_ or []) + losses
            if model.scoring != "loss":
                model.validation_scores_ = (model.validation_scores_ or []) + scores
        model._memory = self.memory | {"slowdown": solver.slowdown, "monitor": monitor.state}
        model._memory["update"] = solver.state if self.partial or model.warm_start else {}
        return model

    def _warn(self, outcome, solver, monitor):
        """Warn of what the user should know, and say what to do."""
        model, n_epochs = self.model, len(monitor.epochs)
        if solver.n_halvings:
            cure = "" if model.scaler_ else ", or standardize=True"
            warn(
                f"Training diverged, and went on from finite weights at {solver.slowdown:.3g} "
                f"times the learning rate: set a lower learning_rate_init{cure}.",
                RuntimeWarning,
            )
        if outcome == "interrupted":
            kept = "best model" if model.early_stopping else "model at the end"
            warn(
                f"Training was interrupted: this is the {kept} of {n_epochs} {solver.unit}.",
                UserWarning,
            )
        elif outcome == "max_iter" and not (self.partial or model.tol is None):
            warn(
                f"Training ended after max_iter={model.max_iter} {solver.unit}, before "
                f"{solver.goal} tol={model.tol:g}: raise max_iter, or set tol=None to train for "
                f"just so many {solver.unit}.",
                ConvergenceWarning,
            )
        elif outcome == "stalled" and model.tol is not None:
            warn(
                f"Training ended after {n_epochs} steps, where none lowers the objective, before "
                f"{solver.goal} tol={model.tol:g}: raise tol, or set tol=None.",
                ConvergenceWarning,
            )


def warn(message, category):
    """Warn at the line that called fit."""
    warnings.warn(message, category, stacklevel=6)
