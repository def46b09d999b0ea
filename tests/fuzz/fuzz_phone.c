/* Any octets as an address in any region; the first two octets choose it. */
#include "filters/phone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct phone_readings *readings)
{
    must(readings->n <= PHONE_READINGS_MAX);
    for (unsigned i = 0; i < readings->n; i++) {
        must(readings->number[i] >= 100 && readings->number[i] <= UINT64_C(999999999999999));
        for (unsigned k = 0; k < i; k++)
            must(readings->number[i] != readings->number[k]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct phone *phone;
    char region[3] = "";
    struct phone_readings readings, again;
    struct phone_info info;

    if (!phone)
        phone = phone_new();
    if (!phone || size < 2)
        return 0;
    if (data[0] < 26) {
        region[0] = (char)('A' + data[0]);
        region[1] = (char)('A' + data[1] % 26);
    }
    const struct smpp_str address = {data + 2, size - 2};
    phone_read(phone, address, region, &readings);
    check(&readings);
    /* from the cache, if it came there */
    phone_read(phone, address, region, &again);
    must(again.n == readings.n);
    for (unsigned i = 0; i < readings.n; i++) {
        must(again.number[i] == readings.number[i]);
        phone_describe(phone, readings.number[i], &info);
        must(info.type <= PHONE_SHORT_CODE && info.country[2] == '\0');
    }
    phone_read_sender(phone, address, region, &again);
    check(&again);
    must(again.foreign == readings.foreign);
    return 0;
}
