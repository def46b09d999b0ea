/* Values that Redis keeps for us, as somebody might have changed them: marks, keys, health. */
#include "proxy/store/health.h"
#include "proxy/store/list_key.h"
#include "proxy/store/server_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct list_mark mark;
    struct health health = {0};
    struct server_facts facts = {0};
    uint64_t bucket;
    list_mark_parse(text, size, &mark);
    list_key_parse(text, size, "sg:", LIST_KEY_LIST, "optout", &bucket);
    server_facts_info(&facts, text, size);
    health_decode_names(data, size, &health);
    if (health_decode(data, size, &health) == 0) {
        uint8_t value[HEALTH_VALUE_MAX];
        health_encode(&health, value);
    }
    return 0;
}
