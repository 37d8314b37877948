/* The type: includes HEADER once for double and once for float.

   In HEADER, REAL is the one of the two and OTHER the other; NAME(f) is f_double or f_float, and
   OTHER_NAME(f) is that of OTHER.
*/
#define REAL double
#define OTHER float
#define NAME(f) f##_double
#define OTHER_NAME(f) f##_float
#include HEADER
#undef REAL
#undef OTHER
#undef NAME
#undef OTHER_NAME

#define REAL float
#define OTHER double
#define NAME(f) f##_float
#define OTHER_NAME(f) f##_double
#include HEADER
#undef REAL
#undef OTHER
#undef NAME
#undef OTHER_NAME
#undef HEADER
