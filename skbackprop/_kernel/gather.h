/* h⁰ (inputs/gather.py): rows of X, encoded on the way. Those of a dense X are, in this order,

       numbers, what is missing,    which are written out and make H;
       bins, levels,                which are known by the bin and the codes of a row.

   Up to here all is computed in the dtype of X, and then brought to that of the network.
*/
#ifndef GATHER_H
#define GATHER_H

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

#endif

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
