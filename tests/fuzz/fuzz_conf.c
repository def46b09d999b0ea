/* The configuration reader: whatever the file holds, a snapshot or a message, and nothing leaks. */
#include "proxy/conf.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct phone *phone; /* costly to make; reading a configuration does not change it */
    if (phone == NULL)
        phone = phone_new();
    char *error = NULL;
    struct conf *conf = conf_parse("f", (const char *)data, size, phone, &error);
    assert((conf == NULL) == (error != NULL));
    conf_unref(conf);
    free(error);
    return 0;
}
