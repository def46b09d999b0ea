/*
 * The result of a run as one line of JSON.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "tests/bench/run.h"

#include <stdio.h>

void report_print(FILE *out, const struct load *load, const struct run_result *result);

#endif
