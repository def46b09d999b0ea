/* Files of numbers, as anybody may hand them in. The first octet chooses how they are read. */
#include "proxy/store/list_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
    const uint8_t *p;
    size_t len, portion;
};

static ssize_t memory_read(void *arg, char *buf, size_t cap)
{
    struct memory *memory = arg;
    size_t n = memory->len < cap ? memory->len : cap;

    n = n < memory->portion ? n : memory->portion;
    memcpy(buf, memory->p, n);
    memory->p += n;
    memory->len -= n;
    return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct phone *phone;
    static const char *const regions[] = {"", "US", "SG", "GB"};
    static const char *const columns[] = {NULL, "phone", "2", "0"};
    struct list_file_row row;
    char *error = NULL;

    if (phone == NULL)
        phone = phone_new();
    if (size == 0)
        return 0;
    struct list_file_options options = {.region = regions[data[0] & 3],
                                        .column = columns[(data[0] >> 2) & 3]};
    struct memory memory = {data + 1, size - 1, (data[0] & 16) != 0 ? 7 : 1 << 20};
    struct rows_source source = {memory_read, &memory};
    struct list_file *file = list_file_open(&source, phone, &options, &error);
    uint64_t line = 0;
    while (file != NULL && list_file_next(file, &row) == 1) {
        if (row.line <= line || row.n > PHONE_READINGS_MAX ||
            (row.n > 0) + (row.problem != NULL) + row.left_out != 1)
            abort();
        line = row.line;
        for (unsigned i = 0; i < row.n; i++)
            if (row.number[i] > 999999999999999)
                abort();
    }
    list_file_close(file);
    free(error);
    return 0;
}
