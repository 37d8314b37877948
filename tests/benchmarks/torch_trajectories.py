"""Write tests/data/torch_trajectories.npz: what torch.optim makes of the update rules.

The objective has an analytic gradient, so that the tests can follow the same path without torch:

    f(θ) = ½ θᵀ A θ − bᵀ θ + Σ_i c_i cos(ω_i θ_i),    ∇f = A θ − b − c ⊙ ω ⊙ sin(ω ⊙ θ)

The file holds A, b, c, omega, theta_0, `cases` (JSON: name → rule, rate, hyper_parameters, named as
skbackprop.solvers.updates names them) and, for each case, θ after every step, all in float64. Run
it with a python that has torch:

    python tests/benchmarks/torch_trajectories.py
"""

import argparse
import json
from pathlib import Path

import numpy as np

N_STEPS, N_PARAMETERS = 25, 7
DESTINATION = Path(__file__).parents[1] / "data" / "torch_trajectories.npz"


def sgd(momentum, nesterovs_momentum, rate=0.03):
    """Return a case of stochastic gradient descent."""
    hyper_parameters = {"momentum": momentum, "nesterovs_momentum": nesterovs_momentum}
    return {"rule": "sgd", "rate": rate, "hyper_parameters": hyper_parameters}


def adam(beta_1, beta_2, epsilon, rate):
    """Return a case of Adam."""
    hyper_parameters = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
    return {"rule": "adam", "rate": rate, "hyper_parameters": hyper_parameters}


CASES = {
    "sgd": sgd(0.0, False),
    "momentum": sgd(0.9, False),
    "nesterov": sgd(0.9, True),
    "adam": adam(0.9, 0.999, 1e-8, rate=0.1),
    "adam_other_betas": adam(0.7, 0.95, 1e-8, rate=0.05),
    "adam_large_epsilon": adam(0.9, 0.999, 0.5, rate=0.2),
    "adam_without_memory": adam(0.0, 0.0, 1e-3, rate=0.02),
}


def make_problem(seed=0):
    """Draw the constants of f and a start."""
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(N_PARAMETERS, N_PARAMETERS))
    return {
        "A": B @ B.T / N_PARAMETERS + 0.5 * np.eye(N_PARAMETERS),
        "b": rng.normal(size=N_PARAMETERS),
        "c": rng.uniform(0.1, 0.5, size=N_PARAMETERS),
        "omega": rng.uniform(1, 3, size=N_PARAMETERS),
        "theta_0": rng.normal(scale=3, size=N_PARAMETERS),
    }


def make_optimizer(theta, rule, rate, hyper_parameters):
    """Return torch's optimizer for a case."""
    import torch

    h = hyper_parameters
    if rule == "sgd":
        return torch.optim.SGD(
            [theta], lr=rate, momentum=h["momentum"], nesterov=h["nesterovs_momentum"]
        )
    return torch.optim.Adam([theta], lr=rate, betas=(h["beta_1"], h["beta_2"]), eps=h["epsilon"])


def trajectory(problem, case):
    """Return θ after each step; the gradient is autograd's."""
    import torch

    A, b, c, omega = (torch.from_numpy(problem[name]) for name in ("A", "b", "c", "omega"))
    theta = torch.tensor(problem["theta_0"], requires_grad=True)
    optimizer = make_optimizer(theta, **case)
    steps = []
    for _ in range(N_STEPS):
        optimizer.zero_grad()
        f = theta @ A @ theta / 2 - b @ theta + (c * torch.cos(omega * theta)).sum()
        f.backward()
        optimizer.step()
        steps.append(theta.detach().numpy().copy())
    return np.array(steps)


def main():
    """Write the file."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    import torch

    problem = make_problem()
    trajectories = {name: trajectory(problem, case) for name, case in CASES.items()}
    DESTINATION.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        DESTINATION,
        cases=np.array(json.dumps(CASES)),
        torch_version=np.array(str(torch.__version__)),
        **problem,
        **trajectories,
    )
    print(f"{DESTINATION}: {len(CASES)} cases, {DESTINATION.stat().st_size} bytes")


if __name__ == "__main__":
    main()
