/* Inputs of what is missing (inputs/missing.py): h = present where x is NaN, else 0. */
#ifndef MISSING_H
#define MISSING_H

typedef struct {
    size n;
    const int32_t *columns; /* of X, one for each of these inputs */
    double present;
} Missing;

#endif

/* Write these inputs of the given rows of X into m rows of H, which have this width. */
LOOPS void NAME(write_missing)(const Missing *in, const Numbers *numbers, const int64_t *rows,
                               size m, REAL *H, size width)
{
    for (size i = 0; i < m; i++) {
        const REAL *x = (const REAL *)numbers->X + rows[i] * numbers->n;
        for (size j = 0; j < in->n; j++)
            H[i * width + j] = x[in->columns[j]] != x[in->columns[j]] ? (REAL)in->present : 0;
    }
}
