/*
 * One run from the first connection to the last: bind, warm up, measure, drain, unbind. Every phase
 * is bounded in time.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "tests/bench/load.h"
#include "tests/bench/watch.h"

struct run_cpu {
    double ns;           /* within the measured time */
    double user, system; /* its shares, 0 to 1 */
};

struct run_result {
    double seconds;    /* measured */
    uint64_t messages; /* answered meanwhile */
    struct run_cpu cpu[OPTIONS_WATCHES];
    struct run_cpu own; /* the generator's */
    double own_total_s; /* the same, from start to end */
};

/* 0 or -errno where the run could not be made; what it found is in load->tally. */
int run_traffic(struct load *load, struct run_result *result);

/* Binds, tells standard output, and answers until standard input ends. 0 or -errno. */
int run_idle(struct load *load);

#endif
