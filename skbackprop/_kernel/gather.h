/* h⁰ (inputs/gather.py): rows of X, encoded on the way. Those of a dense X are, in this order,

       numbers, what is missing,    which are written out and make H;
       bins, levels,                which are known by the bin and the codes of a row.

   Up to here all is computed in the dtype of X, and then brought to that of the network.
*/
#ifndef GATHER_H
#define GATHER_H

#define FETCHED (1 << 17) /* bytes of rows at the most that are fetched before their turn */

typedef struct {
    Sparse sparse;
    Numbers numbers;
    Missing missing;
    Bins bins;
    Levels levels;
    size width;     /* of H */
    int same_dtype; /* as the network has */
    int as_it_is;   /* h⁰ is a row of X */
    void *stored;   /* H, and fractions of bins, in the dtype of X, where it is another */
} Inputs;

/* How many numbers a row takes in `stored`. */
static size stored_width(const Inputs *in)
{
    return in->width > in->bins.n_columns ? in->width : in->bins.n_columns;
}

/* Return how many entries a row may have of a sparse X, or of what is looked up. */
static size looked_up_by(const Inputs *in, int64_t row)
{
    if (in->sparse.indptr)
        return in->sparse.indptr[row + 1] - in->sparse.indptr[row];
    const Levels *levels = &in->levels;
    return levels->n_codes + (levels->terms ? levels->end[row] - levels->begin[row] : 0);
}

#endif

/* Ask for dense rows that will soon be needed, as many as there is room for: the processor cannot
   guess where the next one is. */
INLINE void NAME(fetch_rows)(const Inputs *in, const int64_t *rows, size m)
{
    size n_bytes = in->numbers.n * (in->same_dtype ? sizeof(REAL) : sizeof(OTHER));
    size n_codes = in->levels.n_codes, n_most = FETCHED / (n_bytes + n_codes * sizeof(int32_t) + 1);
    for (size i = 0; i < m && i < n_most; i++) {
        fetch_bytes((const char *)in->numbers.X + rows[i] * n_bytes, n_bytes);
        if (n_codes)
            fetch_bytes(in->levels.codes + rows[i] * n_codes, n_codes * sizeof(int32_t));
    }
}

/* Write H of m rows, which begin at the row `begin` of their chunk. */
static void NAME(gather)(const Inputs *in, const int64_t *rows, size m, size begin, REAL *H)
{
    size n = in->numbers.n, width = in->width;
    if (in->same_dtype) {
        NAME(write_numbers)(&in->numbers, rows, m, H, width);
        NAME(write_missing)(&in->missing, &in->numbers, rows, m, H + n, width);
        return;
    }
    OTHER *stored = (OTHER *)in->stored + begin * stored_width(in);
    OTHER_NAME(write_numbers)(&in->numbers, rows, m, stored, width);
    OTHER_NAME(write_missing)(&in->missing, &in->numbers, rows, m, stored + n, width);
    NAME(cast)(H, stored, m * width);
}

/* Sort a block of rows by the bins of each column. */
static void NAME(gather_bins)(const Inputs *in, const int64_t *rows, size m, size begin,
                              size *places, REAL *fractions)
{
    if (in->same_dtype) {
        NAME(sort_rows)(&in->bins, &in->numbers, rows, m, begin, places, fractions);
        return;
    }
    OTHER *stored = (OTHER *)in->stored + begin * stored_width(in);
    OTHER_NAME(sort_rows)(&in->bins, &in->numbers, rows, m, begin, places, stored);
    NAME(cast)(fractions, stored, in->bins.n_columns * m);
}
