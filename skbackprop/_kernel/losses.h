/* Losses (objective/losses.py), whose fprop and bprop are one here, from pre-activations a:

       softmax       l = log Σ_c exp(a_c) − a_y              ∇ₐ l = −(e(y) − softmax(a))
       logistic      l = Σ_k log(1 + exp(z_k))               ∇ₐ l = −(y − σ(a))
                     z = a, or −a where y = 1
       squared       l = ½ Σ_k r_k²,  r = a − y              ∇ₐ l = r
       absolute      l = Σ_k |r_k|                           ∇ₐ l = sign(r)
       huber         l = Σ_k c_k (r_k − ½ c_k)               ∇ₐ l = c
                     c = r, cut off at ± parameters[0]
       poisson       l = Σ_k (f_k − y_k − y_k log(f_k/y_k))  ∇ₐ l = f − y,  f = exp(a)
       gamma         l = Σ_k (y_k/f_k − 1 − log(y_k/f_k))    ∇ₐ l = 1 − y/f
       quantile      l = Σ_k max(q u_k, (q − 1) u_k)         ∇ₐ l = 1 − q where a > y, else −q
                     u = y − a, q = parameters[0]
                     or of one y and several f and q = parameters:
                     f_1 = a_1,  f_k = f_{k−1} + log(1 + exp(a_k))
*/
#ifndef LOSSES_H
#define LOSSES_H

enum loss {
    SOFTMAX_CROSS_ENTROPY,
    LOGISTIC_CROSS_ENTROPY,
    SQUARED_ERROR,
    ABSOLUTE_ERROR,
    HUBER,
    POISSON,
    GAMMA,
    QUANTILE,
    N_LOSSES
};
static const char *loss_names[] = {"softmax", "logistic", "squared", "absolute", "huber",
                                   "poisson", "gamma", "quantile", NULL};

/* y of a row: a class, a label of 0 or 1 for each output, a number for each output */
enum target { CODE, FLAGS, VALUES };
static const enum target target_of_loss[N_LOSSES] = {
    [SOFTMAX_CROSS_ENTROPY] = CODE,
    [LOGISTIC_CROSS_ENTROPY] = FLAGS,
    [SQUARED_ERROR] = VALUES,
    [ABSOLUTE_ERROR] = VALUES,
    [HUBER] = VALUES,
    [POISSON] = VALUES,
    [GAMMA] = VALUES,
    [QUANTILE] = VALUES,
};
static const int n_parameters_of_loss[N_LOSSES] = {[HUBER] = 1, [QUANTILE] = 1};
static const int has_heads[N_LOSSES] = {[QUANTILE] = 1}; /* it may, for one number a row */

typedef struct {
    enum loss kind;
    int several_heads; /* for one number: an output for each parameter */
    const double *parameters;
} Loss;

#endif

/* Turn the m rows of A into ∇ₐ l · s / n_batch; return Σ s l. Rows of the data are in `order`; s
   may be null. y are the classes of all rows. */
WIDE_LOOPS double NAME(softmax_cross_entropy)(REAL *A, const int64_t *order, const int64_t *y,
                                              const double *s, size m, size n, double n_batch)
{
    double total = 0;
    size i, j;
    for (i = 0; i < m; i++) {
        REAL *a = A + i * n, largest = a[0];
        for (j = 1; j < n; j++)
            largest = a[j] > largest ? a[j] : largest;
        for (j = 0; j < n; j++)
            a[j] -= largest;
        total -= (s ? s[order[i]] : 1) * (double)a[y[order[i]]];
    }
    for (i = 0; i < m * n; i++)
        A[i] = NAME(one_exp)(A[i]);
    for (i = 0; i < m; i++) {
        REAL *a = A + i * n, sum = 0;
        double weight = s ? s[order[i]] : 1;
        for (j = 0; j < n; j++)
            sum += a[j];
        total += weight * log((double)sum);
        REAL factor = (REAL)(weight / n_batch), scale = factor / sum;
        for (j = 0; j < n; j++)
            a[j] *= scale;
        a[y[order[i]]] -= factor;
    }
    return total;
}

/* The same for labels y of 0 and 1, n of each row. The derivative of log(1 + exp(z)) is 1 −
   exp(−l).
 */
WIDE_LOOPS double NAME(logistic_cross_entropy)(REAL *A, const int64_t *order, const uint8_t *y,
                                               const double *s, size m, size n, double n_batch)
{
    double total = 0;
    size i, j;
    for (i = 0; i < m; i++)
        for (j = 0; j < n; j++)
            A[i * n + j] *= 1 - 2 * (REAL)y[order[i] * n + j];
    for (i = 0; i < m * n; i++)
        A[i] = NAME(one_softplus)(A[i]);
    for (i = 0; i < m; i++) {
        REAL sum = 0;
        for (j = 0; j < n; j++)
            sum += A[i * n + j];
        total += (s ? s[order[i]] : 1) * (double)sum;
    }
    for (i = 0; i < m * n; i++)
        A[i] = -NAME(one_expm1)(-A[i]);
    for (i = 0; i < m; i++) {
        REAL factor = (REAL)((s ? s[order[i]] : 1) / n_batch);
        for (j = 0; j < n; j++)
            A[i * n + j] *= factor * (1 - 2 * (REAL)y[order[i] * n + j]);
    }
    return total;
}

/* The same for a number y and its own output a: return l, and leave ∂l / ∂a in `slope`. */
INLINE double NAME(loss_of_number)(const Loss *loss, double a, double y, double *slope)
{
    double r = a - y, cut, part;
    switch (loss->kind) {
    case ABSOLUTE_ERROR:
        *slope = (r > 0) - (r < 0);
        return fabs(r);
    case HUBER:
        cut = loss->parameters[0];
        *slope = r < -cut ? -cut : r > cut ? cut : r;
        return *slope * (r - *slope / 2);
    case POISSON:
        *slope = exp(a) - y;
        return *slope + (y > 0 ? y * (log(y) - a) : 0);
    case GAMMA:
        part = y * exp(-a);
        *slope = 1 - part;
        return part - 1 - log(y) + a;
    case QUANTILE:
        *slope = (r > 0) - loss->parameters[0];
        return *slope * r;
    default:
        *slope = r;
        return r * r / 2;
    }
}

/* The same for numbers y, n of each row. */
static double NAME(error_of_numbers)(const Loss *loss, REAL *A, const int64_t *order,
                                     const double *y, const double *s, size m, size n,
                                     double n_batch)
{
    double total = 0, slope;
    for (size i = 0; i < m; i++) {
        double weight = s ? s[order[i]] : 1, sum = 0;
        for (size j = 0; j < n; j++) {
            sum += NAME(loss_of_number)(loss, A[i * n + j], y[order[i] * n + j], &slope);
            A[i * n + j] = (REAL)(slope * (weight / n_batch));
        }
        total += weight * sum;
    }
    return total;
}

/* The same for n quantiles of a number y of each row: ∇a_k is ∇f_k + ∇f_{k+1} + … times σ(a_k), but
   for k = 1. */
static double NAME(quantiles)(const Loss *loss, REAL *A, const int64_t *order, const double *y,
                             const double *s, size m, size n, double n_batch)
{
    const double *q = loss->parameters;
    double total = 0;
    for (size i = 0; i < m; i++) {
        double weight = s ? s[order[i]] : 1, sum = 0, f = 0, slope = 0;
        REAL *a = A + i * n;
        for (size k = 0; k < n; k++)
            f += k ? NAME(one_softplus)(a[k]) : a[0];
        for (size k = n; k-- > 0;) {
            double u = y[order[i]] - f;
            sum += u < 0 ? (q[k] - 1) * u : q[k] * u;
            slope += (u < 0) - q[k];
            f -= k ? NAME(one_softplus)(a[k]) : 0;
            double inner = k ? NAME(one_logistic)(a[k]) : 1;
            a[k] = (REAL)(slope * inner * (weight / n_batch));
        }
        total += weight * sum;
    }
    return total;
}

static double NAME(loss)(const Loss *loss, REAL *A, const int64_t *order, const void *y,
                         const double *s, size m, size n, double n_batch)
{
    switch (loss->kind) {
    case SOFTMAX_CROSS_ENTROPY:
        return NAME(softmax_cross_entropy)(A, order, y, s, m, n, n_batch);
    case LOGISTIC_CROSS_ENTROPY:
        return NAME(logistic_cross_entropy)(A, order, y, s, m, n, n_batch);
    case QUANTILE:
        if (loss->several_heads)
            return NAME(quantiles)(loss, A, order, y, s, m, n, n_batch);
    default:
        return NAME(error_of_numbers)(loss, A, order, y, s, m, n, n_batch);
    }
}
