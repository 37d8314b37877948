/* A team of threads that share the tasks of a phase: the caller and some helpers.

   Tasks are dealt out, always to the same seats, so that weights stay in the cache of the processor
   that moves them; who has done his own takes those of others. The caller waits for the tasks to be
   done, not for the helpers to come: a helper that has no processor, or that has not even begun,
   holds nobody up. A helper reads nothing but the team until it has taken a task, so that the
   caller may change all else between two phases. Who waits spins, then lets others run, then
   sleeps until its bell is rung. Where helping has cost time, because other programs want the
   processors too, the caller works alone for some time: who does a task changes nothing in it.
   Helpers are threads without a Python state, made by CPython's portable functions, which need
   no GIL; the last to leave a team frees it.
*/
#ifndef TEAM_H
#define TEAM_H

#include <Python.h>
#include <pythread.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(_MSC_VER)
#include <intrin.h>
__declspec(dllimport) int __stdcall SwitchToThread(void);
__declspec(dllimport) int __stdcall QueryPerformanceCounter(__int64 *);
__declspec(dllimport) int __stdcall QueryPerformanceFrequency(__int64 *);
typedef volatile long counter;
#define atomic_get(c) _InterlockedOr(c, 0)
#define atomic_set(c, value) ((void)_InterlockedExchange(c, value))
#define atomic_swap(c, value) _InterlockedExchange(c, value)
#define atomic_add(c, value) (_InterlockedExchangeAdd(c, value) + (value))
#define atomic_replace(c, old, value) (_InterlockedCompareExchange(c, value, old) == (old))
#define let_others_run() ((void)SwitchToThread())
#if defined(_M_X64) || defined(_M_IX86)
#define spin_once() _mm_pause()
#else
#define spin_once() __yield()
#endif
#else
#include <sched.h>
#include <time.h>
typedef int counter;
#define atomic_get(c) __atomic_load_n(c, __ATOMIC_SEQ_CST)
#define atomic_set(c, value) __atomic_store_n(c, value, __ATOMIC_SEQ_CST)
#define atomic_swap(c, value) __atomic_exchange_n(c, value, __ATOMIC_SEQ_CST)
#define atomic_add(c, value) __atomic_add_fetch(c, value, __ATOMIC_SEQ_CST)
#define atomic_replace(c, old, value) __sync_bool_compare_and_swap(c, old, value)
#define let_others_run() ((void)sched_yield())
#if defined(__x86_64__) || defined(__i386__)
#define spin_once() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define spin_once() __asm__ volatile("yield")
#else
#define spin_once() ((void)0)
#endif
#endif

#define SPINNING 50e-6 /* seconds that a thread waits before it lets others run, */
#define WAITING 1e-3   /* and before it sleeps */
#define CAUTION 16     /* how many times as long as it has lost by help the caller works alone */
#define DISMISSED -1

typedef void (*team_call)(void *context, ptrdiff_t task, ptrdiff_t seat);

struct team;

typedef struct {
    struct team *team;
    ptrdiff_t number;
    counter n_left; /* of the tasks dealt to it, those that nobody has taken, or DISMISSED */
    counter asleep;
    PyThread_type_lock bell; /* held, but for the moment in which it is rung */
    char apart[128];         /* in the cache */
} seat;

typedef struct team {
    counter n_done, n_members;
    team_call call;
    void *context;
    int n_tasks;
    int n_seats; /* the first is the caller's */
    seat *seats;
    double *alone_until; /* the time from which the caller wants help */
} team;

/* Seconds since some time or other. */
static double time_now(void)
{
#if defined(_MSC_VER)
    __int64 count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count / (double)frequency;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
#endif
}

static void team_leave(team *t)
{
    if (atomic_add(&t->n_members, -1) > 0)
        return;
    for (int i = 0; i < t->n_seats; i++)
        PyThread_free_lock(t->seats[i].bell);
    free(t->seats);
    free(t);
}

static void ring(seat *other)
{
    if (atomic_get(&other->asleep) && atomic_swap(&other->asleep, 0))
        PyThread_release_lock(other->bell);
}

/* Pass some time of waiting until *c is not `value`. Whoever changes *c rings afterwards: either it
   finds the seat asleep, or the seat finds *c changed. */
static void pass_time(seat *own, counter *c, int value, double waiting_since)
{
    double waited = time_now() - waiting_since;
    if (waited < SPINNING)
        spin_once();
    else if (waited < WAITING)
        let_others_run();
    else {
        atomic_set(&own->asleep, 1);
        if (atomic_get(c) == value || !atomic_swap(&own->asleep, 0))
            PyThread_acquire_lock(own->bell, WAIT_LOCK);
    }
}

/* How many tasks are dealt to a seat: one in n_seats, from its number on. */
static int tasks_of(team *t, seat *own)
{
    return (t->n_tasks - (int)own->number + t->n_seats - 1) / t->n_seats;
}

/* Do those of the tasks dealt to a seat that nobody has taken; return how many. */
static int team_work_for(team *t, seat *other, seat *own)
{
    for (int n = 0;;) {
        int n_left = (int)atomic_get(&other->n_left), n_tasks;
        ptrdiff_t task;
        if (n_left <= 0)
            return n;
        if (!atomic_replace(&other->n_left, n_left, n_left - 1))
            continue;
        n_tasks = t->n_tasks;
        task = other->number + (tasks_of(t, other) - n_left) * t->n_seats;
        t->call(t->context, task, own->number);
        n++;
        if (atomic_add(&t->n_done, 1) == n_tasks && own->number > 0)
            ring(t->seats);
    }
}

/* Do the tasks dealt to a seat, and then those that are left of others; return how many. */
static int team_work(team *t, seat *own)
{
    int n = team_work_for(t, own, own);
    for (int i = 1; i < t->n_seats; i++)
        n += team_work_for(t, t->seats + (own->number + i) % t->n_seats, own);
    return n;
}

static void team_help(void *argument)
{
    seat *own = argument;
    team *t = own->team;
    for (;;) {
        double since = time_now();
        while (atomic_get(&own->n_left) == 0)
            pass_time(own, &own->n_left, 0, since);
        if (atomic_get(&own->n_left) == DISMISSED)
            break;
        team_work(t, own);
    }
    team_leave(t);
}

/* Call call(context, task, seat) for the tasks 0 … n_tasks − 1, each once, in any order; `seat` is
   the number of the thread, 0 for the caller, who is alone where t is null. */
static void team_share(team *t, team_call call, void *context, int n_tasks)
{
    int n_done, n_own;
    double begin, waiting_since, end, lost;
    if (!t || n_tasks == 1 || (begin = time_now()) < *t->alone_until) {
        for (int task = 0; task < n_tasks; task++)
            call(context, task, 0);
        return;
    }
    t->call = call;
    t->context = context;
    t->n_tasks = n_tasks;
    atomic_set(&t->n_done, 0);
    for (int i = 0; i < t->n_seats; i++) {
        atomic_set(&t->seats[i].n_left, tasks_of(t, t->seats + i));
        ring(t->seats + i);
    }
    n_own = team_work(t, t->seats);
    waiting_since = time_now();
    while ((n_done = (int)atomic_get(&t->n_done)) < n_tasks)
        pass_time(t->seats, &t->n_done, n_done, waiting_since);
    end = time_now();
    lost = end - begin - (waiting_since - begin) * n_tasks / (n_own > 0 ? n_own : 1);
    if (n_own > 0 && lost > 0)
        *t->alone_until = end + CAUTION * lost;
}

/* Let the helpers go, without waiting for them. */
static void team_dismiss(team *t)
{
    if (!t)
        return;
    for (int i = 1; i < t->n_seats; i++) {
        atomic_set(&t->seats[i].n_left, DISMISSED);
        ring(t->seats + i);
    }
    team_leave(t);
}

/* Take a seat; return whether there was one. */
static int team_sit_down(team *t)
{
    seat *own = t->seats + t->n_seats;
    own->team = t;
    own->number = t->n_seats;
    own->bell = PyThread_allocate_lock();
    if (!own->bell)
        return 0;
    PyThread_acquire_lock(own->bell, WAIT_LOCK);
    atomic_add(&t->n_members, 1);
    if (t->n_seats > 0
        && PyThread_start_new_thread(team_help, own) == PYTHREAD_INVALID_THREAD_ID) {
        PyThread_free_lock(own->bell);
        atomic_add(&t->n_members, -1);
        return 0;
    }
    t->n_seats++;
    return 1;
}

/* Return a team of n threads, fewer if the system has no more to give; null for none, and before
   the time at which the caller wants help again. */
static team *team_gather(int n, double *alone_until)
{
    team *t = time_now() < *alone_until ? NULL : calloc(1, sizeof(team));
    if (!t)
        return NULL;
    t->alone_until = alone_until;
    t->seats = calloc(n, sizeof(seat));
    if (!t->seats || !team_sit_down(t)) {
        free(t->seats);
        free(t);
        return NULL;
    }
    while (t->n_seats < n && team_sit_down(t))
        continue;
    return t;
}

#endif
