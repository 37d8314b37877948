/* The compiled epoch: what the flow graph and `ReferenceEpoch` do in numpy, in the same order.

   Each header opens with the formulas it holds, and is named after the Python file that has
   them, too:

       activations.h                       network/activations.py
       affine.h                            network/affine.py
       losses.h                            objective/losses.py
       updates.h, lazy.h                   solvers/updates.py and objective/penalties.py
       numbers.h, missing.h, bins.h, levels.h, gather.h        inputs/
       graph.h                             network/graph.py
       sgd.h, one_by_one.h                 solvers/sgd.py

   Those above the struct `Problem` know arrays only, those below it work on a problem. real.h
   includes them for each type, before which loops.h says how they are compiled; team.h has threads.
*/
#include "loops.h"
#include "team.h"

#define HEADER "elementary.h"
#include "real.h"
#define HEADER "activations.h"
#include "real.h"
#define HEADER "affine.h"
#include "real.h"
#define HEADER "losses.h"
#include "real.h"
#define HEADER "updates.h"
#include "real.h"
#define HEADER "numbers.h"
#include "real.h"
#define HEADER "missing.h"
#include "real.h"
#define HEADER "bins.h"
#include "real.h"
#define HEADER "levels.h"
#include "real.h"
#define HEADER "lazy.h"
#include "real.h"
#define HEADER "gather.h"
#include "real.h"

#include "problem.h"

#define HEADER "graph.h"
#include "real.h"
#define HEADER "one_by_one.h"
#include "real.h"
#define HEADER "sgd.h"
#include "real.h"
