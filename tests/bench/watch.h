/*
 * CPU time of other processes, all their threads together: the total from the process's CPU clock
 * (nanoseconds, up to date), its split into user and system from /proc (in ticks, so only good
 * over seconds).
 */
#ifndef BENCH_WATCH_H
#define BENCH_WATCH_H

#include <stdint.h>

struct watch_sample {
    uint64_t cpu_ns;
    uint64_t user_ticks, system_ticks;
};

/* 0, or -errno where the process is gone. pid 0 is this process. */
int watch_read(int pid, struct watch_sample *sample);

#endif
