/* Update rules (solvers/updates.py), with the penalties (objective/penalties.py) that they meet:

       momentum      v ← ∇ + β v,    θ ← θ − α v      (Nesterov: θ ← θ − α (∇ + β v), the new v)
       adam          m ← β₁ m + (1 − β₁) ∇,    v ← β₂ v + (1 − β₂) ∇²,    θ ← θ − α m̂ / (√v̂ + ε)
       L2            ∇ ← ∇ + 2 l2 W
       L1            W ← sign(W) max(|W| − t, 0),    t = α l1 / (1 − β), or α l1 / (√v̂ + ε)
*/
#ifndef UPDATES_H
#define UPDATES_H

enum rule { MOMENTUM, ADAM };
static const char *rule_names[] = {"momentum", "adam", NULL};

typedef struct {
    enum rule rule;
    int nesterov;
    double beta, beta_2, epsilon, l1;
    void *m, *v; /* the state: of MOMENTUM v, as `m`, which is null if beta = 0 */
    int64_t *n_steps;
    /* Of one step: θ ← θ − by_gradient ∇ − by_velocity v, or
       θ ← θ − by_velocity m / (√v root_correction + epsilon), and t, for ADAM its numerator */
    double by_gradient, by_velocity, root_correction, threshold;
    double decay; /* 2 l2 of the layer at hand */
} Update;

/* Work out the factors of the next step at the learning rate `alpha`. */
static void prepare_step(Update *u, double alpha)
{
    if (u->rule == ADAM) {
        double n = (double)++*u->n_steps;
        u->by_velocity = alpha / (1 - pow(u->beta, n));
        u->root_correction = 1 / sqrt(1 - pow(u->beta_2, n));
        u->threshold = alpha * u->l1;
        return;
    }
    u->by_gradient = u->nesterov || u->beta == 0 ? alpha : 0;
    u->by_velocity = u->nesterov ? alpha * u->beta : alpha;
    u->threshold = alpha * u->l1 / (1 - u->beta);
}

#endif

INLINE REAL NAME(clip)(REAL x, REAL bound)
{
    x = x > bound ? bound : x;
    return x < -bound ? -bound : x;
}

/* The m rows of θ move along ∇ = x gradᵀ + decay θ: ∇W of one example is an outer product. */
INLINE void NAME(momentum)(const Update *u, REAL *__restrict theta, REAL *__restrict v,
                           const REAL *__restrict grad, const REAL *x, size m, size n,
                           int penalised)
{
    const REAL beta = (REAL)u->beta, c = (REAL)u->by_gradient, d = (REAL)u->by_velocity;
    const REAL decay = penalised ? (REAL)u->decay : 0;
    const REAL threshold = penalised ? (REAL)u->threshold : 0;
    size i, j;
    for (i = 0; i < m; i++, theta += n) {
        const REAL x_i = x[i];
        if (v) {
#pragma omp simd
            for (j = 0; j < n; j++) {
                REAL gradient = x_i * grad[j] + decay * theta[j];
                v[j] = beta * v[j] + gradient;
                theta[j] -= c * gradient + d * v[j];
            }
            v += n;
        }
        else {
#pragma omp simd
            for (j = 0; j < n; j++)
                theta[j] -= c * (x_i * grad[j] + decay * theta[j]);
        }
        if (threshold > 0)
            for (j = 0; j < n; j++)
                theta[j] -= NAME(clip)(theta[j], threshold);
    }
}

INLINE void NAME(adam)(const Update *u, REAL *__restrict theta, REAL *__restrict m,
                       REAL *__restrict v, const REAL *__restrict grad, const REAL *x,
                       size n_rows, size n, int penalised)
{
    const REAL beta = (REAL)u->beta, beta_2 = (REAL)u->beta_2, d = (REAL)u->by_velocity;
    const REAL root = (REAL)u->root_correction, epsilon = (REAL)u->epsilon;
    const REAL rest = (REAL)(1 - u->beta), rest_2 = (REAL)(1 - u->beta_2);
    const REAL decay = penalised ? (REAL)u->decay : 0;
    const REAL threshold = penalised ? (REAL)u->threshold : 0;
    for (size i = 0; i < n_rows; i++, theta += n, m += n, v += n) {
        const REAL x_i = x[i];
#pragma omp simd
        for (size j = 0; j < n; j++) {
            REAL gradient = x_i * grad[j] + decay * theta[j];
            m[j] = beta * m[j] + rest * gradient;
            v[j] = beta_2 * v[j] + rest_2 * (gradient * gradient);
            REAL scale = NAME(SQRT)(v[j]) * root + epsilon, moved = theta[j] - d * (m[j] / scale);
            theta[j] = moved - NAME(clip)(moved, threshold / scale);
        }
    }
}

/* Move m rows of n entries of θ, which begin at the entry `begin`. */
INLINE void NAME(step_rows)(const Update *u, REAL *theta, size begin, const REAL *grad,
                            const REAL *x, size m, size n, int penalised)
{
    REAL *u_m = u->m ? (REAL *)u->m + begin : NULL;
    if (u->rule == ADAM)
        NAME(adam)(u, theta + begin, u_m, (REAL *)u->v + begin, grad, x, m, n, penalised);
    else
        NAME(momentum)(u, theta + begin, u_m, grad, x, m, n, penalised);
}

/* Move n entries of θ, from the entry `begin`, along their gradient. */
LOOPS void NAME(step)(const Update *u, REAL *theta, size begin, const REAL *grad, size n,
                      int penalised)
{
    const REAL one = 1;
    NAME(step_rows)(u, theta, begin, grad, &one, 1, n, penalised);
}
