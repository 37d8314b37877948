/* Inputs of levels (inputs/levels.py): h = present at the codes of a row, else 0; −1 is no code.

       a += present Σ_codes W_code,      ∇W_code += present ∇a

   The gradient of a level that does not occur in a batch is 0, and is not written.
*/
#ifndef LEVELS_H
#define LEVELS_H

typedef struct {
    size n_codes, n; /* of each row, and levels */
    const int32_t *codes;
    double present;
    size W;           /* where the weights of the first level begin in θ */
    uint8_t *touched; /* for each level, whether it occurs in the batch */
    void *zeros;      /* a gradient for those that do not */
} Levels;

#endif

/* A += H W for the inputs H of levels, of the given rows. */
LOOPS void NAME(levels_fprop)(const Levels *in, const int64_t *rows, size m, const REAL *W, REAL *A,
                              size n)
{
    for (size i = 0; i < m; i++, A += n) {
        const int32_t *codes = in->codes + rows[i] * in->n_codes;
        for (size j = 0; j < in->n_codes; j++)
            if (codes[j] >= 0)
                NAME(one_axpy)((REAL)in->present, W + codes[j] * n, A, n);
    }
}

/* ∇W += Hᵀ ∇A for the levels from `begin` to `end`, whose ∇W is set to 0 when first touched. */
LOOPS void NAME(levels_bprop)(const Levels *in, const int64_t *rows, size m, size begin, size end,
                              REAL *grad_W, const REAL *grad_A, size n)
{
    for (size i = 0; i < m; i++, grad_A += n) {
        const int32_t *codes = in->codes + rows[i] * in->n_codes;
        for (size j = 0; j < in->n_codes; j++) {
            if (codes[j] < begin || codes[j] >= end)
                continue;
            REAL *grad = grad_W + codes[j] * n;
            if (!in->touched[codes[j]])
                memset(grad, 0, n * sizeof(REAL));
            NAME(one_axpy)((REAL)in->present, grad_A, grad, n);
            in->touched[codes[j]] = 1;
        }
    }
}

/* Move the weights of the levels from `begin` to `end`. */
LOOPS void NAME(levels_step)(const Levels *in, const Update *u, REAL *theta, const REAL *gradient,
                             size begin, size end, size n)
{
    const REAL one = 1;
    for (size i = begin; i < end; i++) {
        size W = in->W + i * n;
        NAME(step_rows)(u, theta, W, in->touched[i] ? gradient + W : in->zeros, &one, 1, n, 1);
    }
}

/* Write the gradient of the levels that do not occur in the batch, too. */
static void NAME(levels_clear)(const Levels *in, REAL *gradient, size n)
{
    for (size i = 0; i < in->n; i++)
        if (!in->touched[i])
            memset(gradient + in->W + i * n, 0, n * sizeof(REAL));
}
