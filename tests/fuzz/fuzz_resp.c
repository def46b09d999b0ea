/* What a Redis, or what poses as one, may answer: to commands of each kind, in pieces whose size
 * the first octet says. */
#include "proxy/store/pipeline.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_reply(void *arg, const struct redisReply *reply)
{
    char why[64];
    *(unsigned *)arg += reply != NULL;
    if (reply)
        redis_explain(reply, why, sizeof why);
}

static void on_boolean(void *arg, bool value)
{
    *(unsigned *)arg += value;
}

static void push_some(struct pipeline *pipeline, unsigned *answers)
{
    for (unsigned i = 0; i < 8; i++) {
        pipeline_reply(pipeline, i, on_reply, answers);
        pipeline_booleans(pipeline, i, 3, on_boolean, answers);
        pipeline_expect(pipeline, i, "$4\r\nabcd\r\n", 10, on_boolean, answers);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned answers = 0;
    size_t step = size ? 1u + data[0] : 1, taken = size ? 1 : 0;
    char why[128];
    ssize_t n = 0;
    struct pipeline *pipeline = pipeline_new();
    if (!pipeline || size == 0) {
        pipeline_free(pipeline);
        return 0;
    }
    push_some(pipeline, &answers);
    for (size_t have = 1; have < size && n >= 0;) {
        have = size - have < step ? size : have + step;
        uint8_t *piece = malloc(have - taken);
        if (!piece)
            break;
        memcpy(piece, data + taken, have - taken);
        size_t at = 0;
        do {
            n = pipeline_take(pipeline, piece + at, have - taken - at, why, sizeof why);
            at += n > 0 ? (size_t)n : 0;
        } while (n > 0);
        taken += at;
        free(piece);
    }
    pipeline_fail(pipeline);
    pipeline_free(pipeline);
    return 0;
}
