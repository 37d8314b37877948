/* Losses (objective/losses.py), whose fprop and bprop are one here, from pre-activations a:

       softmax       l = log Σ_c exp(a_c) − a_y              ∇ₐ l = −(e(y) − softmax(a))
       logistic      l = Σ_k log(1 + exp(z_k))               ∇ₐ l = −(y − σ(a))
                     z = a, or −a where y = 1
*/
#ifndef LOSSES_H
#define LOSSES_H

enum loss { SOFTMAX_CROSS_ENTROPY, LOGISTIC_CROSS_ENTROPY };
static const char *loss_names[] = {"softmax", "logistic", NULL};

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

static double NAME(loss)(enum loss loss, REAL *A, const int64_t *order, const void *y,
                         const double *s, size m, size n, double n_batch)
{
    if (loss == LOGISTIC_CROSS_ENTROPY)
        return NAME(logistic_cross_entropy)(A, order, y, s, m, n, n_batch);
    return NAME(softmax_cross_entropy)(A, order, y, s, m, n, n_batch);
}
