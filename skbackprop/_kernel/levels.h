/* Inputs that are looked up: levels (inputs/levels.py), leaves of trees (inputs/leaves.py), whose
   codes are the last ones of a row, and terms of words (inputs/words.py), counted on after both.
   h = present at the codes and the terms of a row, or reached at the codes of leaves, else 0; a
   code of −1 is none.

       a += present Σ_codes W_code,      ∇W_code += present ∇a

   The gradient of what does not occur in a batch is 0, and is not written.
*/
#ifndef LEVELS_H
#define LEVELS_H

typedef struct {
    size n_codes, n_trees, n; /* codes of each row, those of leaves, and inputs */
    const int32_t *codes;
    size n_levels;
    const int32_t *terms;       /* those of a row stand from `begin` to `end` of the row */
    const int64_t *begin, *end; /* null if there are no words */
    double present, reached;
    size W;           /* where the weights of the first level begin in θ */
    uint8_t *touched; /* for each level and term, whether it occurs in the batch */
    void *zeros;      /* a gradient for those that do not */
} Levels;

#endif

/* a += present Σ W_code */
INLINE void NAME(look_up)(double present, const int32_t *codes, size n_codes, const REAL *W,
                          REAL *a, size n)
{
    for (size j = 0; j < n_codes; j++)
        if (codes[j] >= 0)
            NAME(one_axpy)((REAL)present, W + codes[j] * n, a, n);
}

/* A += H W for the inputs H that are looked up, of the given rows. */
LOOPS void NAME(levels_fprop)(const Levels *in, const int64_t *rows, size m, const REAL *W, REAL *A,
                              size n)
{
    for (size i = 0; i < m; i++, A += n) {
        size row = rows[i], n_levels = in->n_codes - in->n_trees;
        const int32_t *codes = in->codes + row * in->n_codes;
        NAME(look_up)(in->present, codes, n_levels, W, A, n);
        NAME(look_up)(in->reached, codes + n_levels, in->n_trees, W, A, n);
        if (in->terms)
            NAME(look_up)(in->present, in->terms + in->begin[row], in->end[row] - in->begin[row],
                          W + in->n_levels * n, A, n);
    }
}

/* ∇W_code += present ∇a for the codes, counted on from `first`, that are from `begin` to `end`;
   ∇W_code is set to 0 when it is first touched. */
INLINE void NAME(look_back)(const Levels *in, double present, const int32_t *codes, size n_codes,
                            size first, size begin, size end, REAL *grad_W, const REAL *grad_a,
                            size n)
{
    for (size j = 0; j < n_codes; j++) {
        size code = first + codes[j];
        if (codes[j] < 0 || code < begin || code >= end)
            continue;
        REAL *grad = grad_W + code * n;
        if (!in->touched[code])
            memset(grad, 0, n * sizeof(REAL));
        NAME(one_axpy)((REAL)present, grad_a, grad, n);
        in->touched[code] = 1;
    }
}

/* ∇W += Hᵀ ∇A for what is looked up from `begin` to `end`. */
LOOPS void NAME(levels_bprop)(const Levels *in, const int64_t *rows, size m, size begin, size end,
                              REAL *grad_W, const REAL *grad_A, size n)
{
    for (size i = 0; i < m; i++, grad_A += n) {
        size row = rows[i], n_levels = in->n_codes - in->n_trees;
        const int32_t *codes = in->codes + row * in->n_codes;
        NAME(look_back)(in, in->present, codes, n_levels, 0, begin, end, grad_W, grad_A, n);
        NAME(look_back)(in, in->reached, codes + n_levels, in->n_trees, 0, begin, end, grad_W,
                        grad_A, n);
        if (in->terms && end > in->n_levels)
            NAME(look_back)(in, in->present, in->terms + in->begin[row],
                            in->end[row] - in->begin[row], in->n_levels, begin, end, grad_W,
                            grad_A, n);
    }
}

/* Move the weights of what is looked up from `begin` to `end`. */
LOOPS void NAME(levels_step)(const Levels *in, const Update *u, REAL *theta, const REAL *gradient,
                             size begin, size end, size n)
{
    const REAL one = 1;
    for (size i = begin; i < end; i++) {
        size W = in->W + i * n;
        NAME(step_rows)(u, theta, W, in->touched[i] ? gradient + W : in->zeros, &one, 1, n, 1);
    }
}

/* Write the gradient of what does not occur in the batch, too. */
static void NAME(levels_clear)(const Levels *in, REAL *gradient, size n)
{
    for (size i = 0; i < in->n; i++)
        if (!in->touched[i])
            memset(gradient + in->W + i * n, 0, n * sizeof(REAL));
}
