#include "tests/bench/report.h"

#include "tests/bench/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, int error)
{
    fprintf(stderr, "sg-load: %s: %s\n", what, strerror(-error));
    return 1;
}

int main(int argc, char **argv)
{
    struct options options;
    struct run_result result = {0};
    int error = options_parse(&options, argc, argv);
    if (error)
        return error < 0 ? 2 : 0;
    if (options.list) {
        error = numbers_print(stdout, options.prefix, options.name, options.list);
        return error ? fail("list", error) : 0;
    }
    struct load *load = load_new(&options);
    if (!load)
        return fail("start", -ENOMEM);
    error = options.idle ? run_idle(load) : run_traffic(load, &result);
    if (error)
        fail("run", error);
    else if (!options.idle)
        report_print(stdout, load, &result);
    int status = error || tally_faults(&load->tally) ? 1 : 0;
    load_free(load);
    return status;
}
