#include "tests/bench/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int read_ticks(int pid, struct watch_sample *sample)
{
    char path[64], line[1024];
    if (pid)
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
    else
        snprintf(path, sizeof path, "/proc/self/stat");
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[len] = '\0';
    /* The name is in brackets and may hold anything; utime and stime are the 12th and 13th field
     * behind it. */
    const char *at = strrchr(line, ')');
    if (!at || sscanf(at + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64,
                      &sample->user_ticks, &sample->system_ticks) != 2)
        return -EIO;
    return 0;
}

int watch_read(int pid, struct watch_sample *sample)
{
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
    struct timespec time;
    int error = pid ? clock_getcpuclockid(pid, &clock) : 0;
    if (error)
        return -error;
    if (clock_gettime(clock, &time) < 0)
        return -errno;
    sample->cpu_ns = (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
    return read_ticks(pid, sample);
}
