/* Inputs of numbers (inputs/numbers.py), for each column of a dense X:

       z = (x − mean) · inverse_scale,    h = z / √(1 + (z / clip)²)

   or h = z without a clip, or h = x without a mean; a NaN counts as the `fill` of its column. They
   are computed in the dtype of X.
*/
#ifndef NUMBERS_H
#define NUMBERS_H

#define FARTHEST 1e9f /* a standardised value beyond which squares of floats come near overflow */

typedef struct {
    size n; /* columns */
    const void *X, *fill, *mean, *inverse_scale;
    double clip; /* 0 for none */
} Numbers;

#endif

LOOPS void NAME(standardize)(REAL *__restrict h, const REAL *__restrict x,
                             const REAL *__restrict fill, const REAL *__restrict mean,
                             const REAL *__restrict inverse_scale, REAL clip, size n)
{
    size i;
    if (fill) {
        for (i = 0; i < n; i++)
            h[i] = x[i] != x[i] ? fill[i] : x[i];
        x = h;
    }
    if (mean)
        for (i = 0; i < n; i++)
            h[i] = (x[i] - mean[i]) * inverse_scale[i];
    else if (!fill)
        memcpy(h, x, n * sizeof(REAL));
    if (mean && clip > 0)
        for (i = 0; i < n; i++) {
            REAL z = h[i] < -FARTHEST ? -FARTHEST : h[i] > FARTHEST ? FARTHEST : h[i];
            REAL ratio = z / clip;
            h[i] = z / NAME(SQRT)(1 + ratio * ratio);
        }
}

/* Write the numbers of the given rows into m rows of H, which have this width. */
static void NAME(write_numbers)(const Numbers *in, const int64_t *rows, size m, REAL *H, size width)
{
    for (size i = 0; i < m; i++)
        NAME(standardize)(H + i * width, (const REAL *)in->X + rows[i] * in->n, in->fill, in->mean,
                          in->inverse_scale, (REAL)in->clip, in->n);
}

/* Bring numbers of the dtype of X to that of the network. */
LOOPS void NAME(cast)(REAL *__restrict h, const OTHER *__restrict x, size n)
{
    for (size i = 0; i < n; i++)
        h[i] = (REAL)x[i];
}
