#include "proxy/store/import.h"

#include "proxy/store/kept_file.h"
#include "proxy/store/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK    ((size_t)4 << 20) /* numbers sorted at once: 64 MiB */
#define PROGRESS 65536             /* rows between two calls */

struct import {
    const struct import_options *options;
    struct import_counts *counts;
    struct kept_writer *kept; /* NULL in a dry run */
    size_t n;
    uint64_t *numbers, *scratch; /* CHUNK each */
};

static int flush(struct import *import)
{
    size_t unique = numbers_sort(import->numbers, import->scratch, import->n);

    import->counts->numbers += unique;
    import->counts->repeated += import->n - unique;
    import->n = 0;
    return import->kept == NULL ? 0 : kept_add(import->kept, import->numbers, unique);
}

static int take_row(struct import *import, const struct list_file_row *row)
{
    struct import_counts *counts = import->counts;

    counts->rows++;
    if (row->problem != NULL) {
        counts->bad++;
        import->options->bad_row(import->options->arg, row);
        return 0;
    }
    counts->left_out += row->left_out;
    counts->ambiguous += row->n > 1;
    for (unsigned i = 0; i < row->n; i++) {
        import->numbers[import->n++] = row->number[i];
    }
    return import->n + PHONE_READINGS_MAX > CHUNK ? flush(import) : 0;
}

static int read_all(struct import *import, struct list_file *file, bool *keeping)
{
    const struct import_options *options = import->options;
    struct list_file_row row;
    int more, err = 0;

    while (err == 0 && (more = list_file_next(file, &row)) == 1) {
        err = take_row(import, &row);
        if (options->progress != NULL && import->counts->rows % PROGRESS == 0) {
            options->progress(options->arg, list_file_done(file), import->counts->rows);
        }
    }
    *keeping = err != 0;
    if (err == 0 && more < 0) {
        return more;
    }
    if (err == 0) {
        err = flush(import);
        *keeping = err != 0;
    }
    if (options->progress != NULL) {
        options->progress(options->arg, list_file_done(file), import->counts->rows);
    }
    return err;
}

int import_file(struct list_file *file, const struct import_options *options,
                struct import_counts *counts, char sha[SHA_HEX + 1], bool *keeping)
{
    struct import import = {.options = options, .counts = counts};
    int err = 0;

    memset(counts, 0, sizeof(*counts));
    sha[0] = '\0';
    *keeping = true;
    if (options->dir != NULL && (import.kept = kept_create(options->dir, &err)) == NULL) {
        return err;
    }
    import.numbers = malloc(2 * CHUNK * sizeof(*import.numbers));
    if (import.numbers == NULL) {
        err = -ENOMEM;
        goto done;
    }
    import.scratch = import.numbers + CHUNK;
    err = read_all(&import, file, keeping);
    if (err == 0 && import.kept != NULL && counts->numbers > 0) {
        *keeping = true;
        err = kept_finish(import.kept, sha);
        import.kept = NULL;
    }
done:
    kept_discard(import.kept);
    free(import.numbers);
    return err;
}
