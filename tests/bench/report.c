#include "tests/bench/report.h"

#include <inttypes.h>

static void print_times(FILE *out, const char *name, const struct histogram *times)
{
    fprintf(out, ",\"%s\":{\"count\":%" PRIu64 ",\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}", name,
            times->count, histogram_percentile_us(times, 50), histogram_percentile_us(times, 99),
            (double)times->max_ns / 1000);
}

static void print_cpu(FILE *out, const char *name, const struct run_cpu *cpu, uint64_t messages)
{
    fprintf(out, "\"%s\":{\"us_per_message\":%.4f,\"user\":%.2f,\"system\":%.2f}", name,
            messages ? cpu->ns / 1000 / (double)messages : 0, cpu->user, cpu->system);
}

void report_print(FILE *out, const struct load *load, const struct run_result *result)
{
    const struct options *options = load->options;
    const struct tally *tally = &load->tally;
    fprintf(out,
            "{\"sessions\":%u,\"window\":%u,\"receipts\":%s,\"rate\":%.0f,\"seconds\":%.3f"
            ",\"messages\":%" PRIu64 ",\"per_second\":%.0f",
            options->sessions, options->window, options->receipts ? "true" : "false", options->rate,
            result->seconds, result->messages,
            result->seconds > 0 ? (double)result->messages / result->seconds : 0);
    print_times(out, "accepted_us", &tally->accepted_time);
    print_times(out, "refused_us", &tally->refused_time);
    fprintf(out, ",\"cpu\":{");
    for (unsigned i = 0; i < options->watch_count; i++) {
        print_cpu(out, options->watches[i].name, &result->cpu[i], result->messages);
        fputc(',', out);
    }
    print_cpu(out, "generator", &result->own, result->messages);
    fprintf(out,
            "},\"total\":{\"sent\":%" PRIu64 ",\"arrived\":%" PRIu64 ",\"accepted\":%" PRIu64
            ",\"refused\":%" PRIu64 ",\"receipts\":%" PRIu64 "},\"faults\":{",
            tally->sent, tally->arrived, tally->accepted, tally->refused, tally->receipts);
    for (unsigned i = 0; i < TALLY_FAULT_COUNT; i++)
        fprintf(out, "%s\"%s\":%" PRIu64, i ? "," : "", tally_fault_name((enum tally_fault)i),
                tally->faults[i]);
    fprintf(out, "},\"own_cpu_seconds\":%.3f,\"ok\":%s}\n", result->own_total_s,
            tally_faults(tally) ? "false" : "true");
}
