/* How loops are compiled, and integers that count.

   All loops are plain C that compilers vectorise. GCC and Clang make a clone of those marked LOOPS
   for newer x86-64 processors, one of which is chosen when the module is loaded; elsewhere there is
   one version. Vectors of 512 bits are for arithmetic (WIDE_LOOPS): loops that wait for memory, and
   rows that do not begin at a multiple of 64 bytes, are slower with them.
*/
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) \
    && ((defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12) \
        || (defined(__clang__) && __clang_major__ >= 17))
#define CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#define WIDE_CLONES \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__GNUC__)
#define CLONES __attribute__((unused)) /* which Clang does not combine with clones */
#define WIDE_CLONES __attribute__((unused))
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define HAS(set) __builtin_cpu_supports(set)
#endif

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline, unused))
#define LOOPS static CLONES
#define WIDE_LOOPS static WIDE_CLONES
#else
#define INLINE static __inline
#define LOOPS static
#define WIDE_LOOPS static
#endif

typedef ptrdiff_t size;

#define CACHE_LINE 64 /* bytes */

/* Ask for some memory that will soon be needed. GCC leaves out calls of functions that do nothing
   but ask, so these are inlined. */
INLINE void fetch_bytes(const void *begin, size n)
{
#if defined(__GNUC__)
    const char *first = begin;
    for (size i = 0; i < n; i += CACHE_LINE)
        __builtin_prefetch(first + i);
    if (n > 0)
        __builtin_prefetch(first + n - 1);
#else
    (void)begin, (void)n;
#endif
}
