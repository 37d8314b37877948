# What of epoch.h the class of epoch.pyx fills in and calls

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

cdef extern from "epoch.h" nogil:
    ctypedef Py_ssize_t size
    enum: SMALL_PRODUCT, WINDOW

    const char **activation_names
    enum activation:
        IDENTITY
    const char **loss_names
    enum loss:
        pass
    enum target:
        CODE, FLAGS
    const target *target_of_loss
    const int *n_parameters_of_loss
    const int *has_heads
    ctypedef struct Loss:
        loss kind
        bint several_heads
        const double *parameters
    const char **rule_names
    enum rule:
        ADAM
    enum part_kind:
        WEIGHTS, BINS, LEVELS, ENTRIES, BIASES

    ctypedef struct Update:
        rule rule
        bint nesterov
        double beta, beta_2, epsilon, l1
        void *m
        void *v
        int64_t *n_steps

    ctypedef struct Map:
        pass
    ctypedef struct Stretch:
        pass
    ctypedef struct Lazy:
        bint pays
        size n, W
        int32_t *seen
        int32_t *place
        Map *products
        Stretch *known
        int32_t *known_at
        int32_t *rows
        int32_t *since
        int32_t *ends
        int32_t *places
        int32_t *examples
        void *h
        void *ordered
        size *example_ends

    ctypedef struct Sparse:
        const void *data
        const int32_t *indices
        const int64_t *indptr
    ctypedef struct Numbers:
        size n
        const void *X
        const void *fill
        const void *mean
        const void *inverse_scale
        double clip
    ctypedef struct Missing:
        size n
        const int32_t *columns
        double present
    ctypedef struct Bins:
        size n_columns, n, W
        const int32_t *columns
        const int64_t *starts
        const void *lower
        const void *inverse_width
        size *places
        int32_t *rows
        void *fractions
        void *x
        int32_t *bin
    ctypedef struct Levels:
        size n_codes, n_trees, n, n_levels, W
        const int32_t *codes
        const int32_t *terms
        const int64_t *begin
        const int64_t *end
        double present, reached
        uint8_t *touched
        void *zeros
    ctypedef struct Inputs:
        Sparse sparse
        Numbers numbers
        Missing missing
        Bins bins
        Levels levels
        size width
        bint same_dtype, as_it_is
        void *stored

    ctypedef struct Layer:
        size n_in, n_out, W, b
        activation g
        double decay
    ctypedef struct Part:
        part_kind kind
        size layer, begin, end
    ctypedef struct Chunk:
        double *totals
    ctypedef struct team:
        pass
    ctypedef struct Problem:
        void *theta
        void *gradient
        size n_layers, n_rows, batch_size, chunk_size, n_scratch, n_parts
        Layer *layers
        Inputs inputs
        Loss loss
        const void *y
        const double *weights
        Update update
        Lazy lazy
        Chunk chunk
        void **H
        void **D
        void *scratch
        bint one_by_one, shared
        void **h
        void **a
        Part *parts
        team *team
        double alone_until, row_work

    size stored_width(const Inputs *)
    size looked_up_by(const Inputs *, int64_t)
    size count_blocks(bint, size)
    int run_float(Problem *, const int64_t *, size, const double *, double *, size *) except -1
    int run_double(Problem *, const int64_t *, size, const double *, double *, size *) except -1
    double square_float(const float *, size)
    double square_double(const double *, size)
    int backpropagate_float(Problem *, const int64_t *, size, double *) except -1
    int backpropagate_double(Problem *, const int64_t *, size, double *) except -1
    team *team_gather(int, double *)
    void team_dismiss(team *)

    void vector_exp_float(float *, size)
    void vector_exp_double(double *, size)
    void vector_expm1_float(float *, size)
    void vector_expm1_double(double *, size)
    void activation_fprop_float(activation, float *, size)
    void activation_fprop_double(activation, double *, size)
    void (*gemm_float)(char *, char *, int *, int *, int *, float *, float *, int *, float *,
                       int *, float *, float *, int *) noexcept
    void (*gemm_double)(char *, char *, int *, int *, int *, double *, double *, int *, double *,
                        int *, double *, double *, int *) noexcept
