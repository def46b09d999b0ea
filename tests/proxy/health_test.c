#include "proxy/store/health.h"
#include "proxy/store/scripts.h"
#include "tests/proxy/redis_fixture.h"

#define T0 UINT64_C(1735689600000)

static void assert_same(const struct health *a, const struct health *b)
{
    cr_assert_eq(a->sent, b->sent);
    cr_assert_eq(a->delivered, b->delivered);
    cr_assert_eq(a->failed, b->failed);
    cr_assert_eq(a->last_sent, b->last_sent);
    cr_assert_eq(a->last_delivered, b->last_delivered);
    cr_assert_eq(a->last_failed, b->last_failed);
    cr_assert_eq(a->last_reply, b->last_reply);
    cr_assert_str_eq(a->last_status, b->last_status);
    cr_assert_str_eq(a->last_error, b->last_error);
}

Test(health, what_is_encoded_is_decoded)
{
    struct health health = {.sent = 300,
                            .last_sent = T0,
                            .delivered = 127,
                            .last_delivered = T0,
                            .failed = UINT32_MAX,
                            .last_failed = T0 + 1000,
                            .last_reply = T0,
                            .last_status = "ODD!",
                            .last_error = "042"};
    for (unsigned mask = 0; mask < 64; mask++) {
        struct health some = {0}, got = {0};
        uint8_t value[HEALTH_VALUE_MAX];
        if (mask & 1)
            some.sent = health.sent, some.last_sent = health.last_sent;
        if (mask & 2)
            some.delivered = health.delivered, some.last_delivered = health.last_delivered;
        if (mask & 4)
            some.failed = health.failed, some.last_failed = health.last_failed;
        if (mask & 8)
            some.last_reply = health.last_reply;
        if (mask & 16)
            strcpy(some.last_status, mask & 1 ? "ODD!" : "UNDELIV");
        if (mask & 32)
            strcpy(some.last_error, "042");
        size_t len = health_encode(&some, value);
        cr_assert_eq(health_decode(value, len, &got), 0);
        assert_same(&some, &got);
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1);
            memcpy(exact, value, cut);
            cr_assert_lt(health_decode(exact, cut, &got), 0);
            free(exact);
        }
    }
}

Test(health, the_usual_number_is_small)
{
    struct health health = {0};
    struct port_health sent = {.kind = HEALTH_SENT, .time_ms = T0},
                       ok = {.kind = HEALTH_FINAL_OK, .time_ms = T0, .status = "DELIVRD"};
    uint8_t value[HEALTH_VALUE_MAX];
    for (unsigned i = 0; i < 40; i++) {
        health_learn(&health, &sent);
        health_learn(&health, &ok);
    }
    cr_assert_leq(health_encode(&health, value), 12);
}

Test(health, names)
{
    struct health health = {0}, got = {0};
    struct port_health sent = {
        .kind = HEALTH_SENT, .time_ms = T0, .message_id = "a1b2", .sender = "SHOP"};
    char names[HEALTH_NAMES_MAX];
    cr_assert_eq(health_encode_names(&health, names), 0);
    health_learn(&health, &sent);
    size_t len = health_encode_names(&health, names);
    cr_assert_eq(health_decode_names(names, len, &got), 0);
    cr_assert_str_eq(got.last_message_id, "a1b2");
    cr_assert_str_eq(got.last_sender, "SHOP");
    cr_assert_lt(health_decode_names("abc", 3, &got), 0);
    cr_assert_lt(health_decode_names("a\0b\0c", 5, &got), 0);
    cr_assert_lt(health_decode_names("", 0, &got), 0);
}

/* What C learns in one go must be what Redis adds up from pieces. */
Test(health, redis_adds_up_as_we_do)
{
    struct server server;
    server_new(&server, NULL);
    static const struct port_health steps[] = {
        {.kind = HEALTH_SENT, .time_ms = T0, .message_id = "m1", .sender = "A"},
        {.kind = HEALTH_FINAL_FAIL, .time_ms = T0 + 1000, .status = "UNDELIV", .error = "001"},
        {.kind = HEALTH_SENT, .time_ms = T0 + 2000, .message_id = "m2", .sender = "B"},
        {.kind = HEALTH_FINAL_OK, .time_ms = T0 + 3000, .status = "DELIVRD"},
        {.kind = HEALTH_REPLY, .time_ms = T0 + 4000},
        {.kind = HEALTH_FINAL_FAIL, .time_ms = T0 + 5000, .status = "ODD", .error = "12345"},
    };
    struct health whole = {0}, got = {0};
    for (unsigned round = 0; round < 200; round++) {
        struct health piece = {0};
        uint8_t value[HEALTH_VALUE_MAX];
        char names[HEALTH_NAMES_MAX];
        struct port_health step = steps[round % 6];
        step.time_ms += (uint64_t)round * 6000;
        health_learn(&whole, &step);
        health_learn(&piece, &step);
        size_t len = health_encode(&piece, value), names_len = health_encode_names(&piece, names);
        SAY(&server, "EVAL %s 0 sg: 14155550042 %b %b", script_text(SCRIPT_HEALTH), value, len,
            names, names_len);
    }
    redisReply *reply = say(&server, "HGET sg:health:14155550 42");
    cr_assert_eq(health_decode(reply->str, reply->len, &got), 0);
    assert_same(&whole, &got);
    freeReplyObject(reply);
    reply = say(&server, "HGET sg:last:14155550 42");
    cr_assert_eq(health_decode_names(reply->str, reply->len, &got), 0);
    cr_assert_str_eq(got.last_message_id, whole.last_message_id);
    freeReplyObject(reply);
    server_free(&server);
}

Test(health, a_bucket_stays_packed)
{
    struct server server;
    server_new(&server, NULL);
    for (unsigned i = 0; i < 120; i++) {
        struct health health = {.sent = 1 + i,
                                .last_sent = T0,
                                .delivered = 1,
                                .last_delivered = T0,
                                .last_status = "DELIVRD"};
        uint8_t value[HEALTH_VALUE_MAX];
        size_t len = health_encode(&health, value);
        SAY(&server, "EVAL %s 0 sg: %u %b %s", script_text(SCRIPT_HEALTH), 555000 + i, value, len,
            "");
    }
    cr_assert(SAY_IS(&server, "listpack", "OBJECT ENCODING sg:health:555"));
    cr_assert_leq(SAY_INT(&server, "MEMORY USAGE sg:health:555"), 120 * 20);
    cr_assert_eq(SAY_INT(&server, "EXISTS sg:last:555"), 0);
    server_free(&server);
}
