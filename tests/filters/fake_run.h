/*
 * Setting filters up in a fake world, and sending PDUs through them.
 */
#ifndef TESTS_FILTERS_FAKE_RUN_H
#define TESTS_FILTERS_FAKE_RUN_H

#include "tests/filters/fake.h"

/* --- settings --- */

/* "[a, b]" or "a". */
static inline struct conf_strings fake_strings(struct fake *f, const char *value)
{
    char *text = fake_keep(f, strdup(value[0] == '[' ? value + 1 : value)), *next = NULL;
    const char **v = fake_keep(f, calloc(strlen(text) + 1, sizeof *v));
    unsigned n = 0;

    if (value[0] == '[')
        text[strlen(text) - 1] = '\0';
    for (char *word = strtok_r(text, ",", &next); word != NULL; word = strtok_r(NULL, ",", &next))
        v[n++] = word + (word[0] == ' ');
    return (struct conf_strings){v, n};
}

static inline void fake_set(struct fake *f, void *conf, const struct conf_key *key,
                            const char *value)
{
    uint8_t *at = (uint8_t *)conf + key->offset;
    struct conf_strings strings;
    uint32_t status;
    int i = 0;
    bool yes = strcmp(value, "true") == 0;

    switch (key->type) {
    case KEY_STRINGS:
        strings = fake_strings(f, value);
        memcpy(at, &strings, sizeof strings);
        break;
    case KEY_ENUM:
        while (key->names[i] != NULL && strcmp(key->names[i], value) != 0)
            i++;
        cr_assert_not_null(key->names[i], "%s: %s", key->name, value);
        memcpy(at, &i, sizeof i);
        break;
    case KEY_STATUS:
        cr_assert_eq(smpp_status_parse(value, &status), 0, "%s: %s", key->name, value);
        memcpy(at, &status, sizeof status);
        break;
    case KEY_BOOL: memcpy(at, &yes, sizeof yes); break;
    default: cr_assert_fail("%s: no test has needed this type", key->name);
    }
}

/* Takes "key: value" for the filter's settings and "mode: monitor" for the chain's. */
static inline void fake_setting(struct fake *f, struct chain_step *step, const char *line)
{
    const char *colon = strstr(line, ": ");
    const struct conf_key *key = step->ops->keys;

    cr_assert_not_null(colon, "%s", line);
    if (strcmp(line, "mode: monitor") == 0) {
        step->monitor = true;
        return;
    }
    while (key->name != NULL && (strlen(key->name) != (size_t)(colon - line) ||
                                 strncmp(key->name, line, (size_t)(colon - line)) != 0))
        key++;
    cr_assert_not_null(key->name, "no such setting: %s", line);
    fake_set(f, step->conf, key, colon + 2);
}

static inline const char *fake_add_lines(struct fake *f, const char *name, va_list lines)
{
    struct chain_step *step = &f->steps[f->step_count++];
    const char *line, *wrong = NULL;

    cr_assert_leq(f->step_count, FAKE_STEPS);
    *step = (struct chain_step){.ops = registry_find(name)};
    cr_assert_not_null(step->ops, "no filter %s", name);
    step->conf = calloc(1, step->ops->conf_size + 1);
    cr_assert_not_null(step->conf);
    for (const struct conf_key *key = step->ops->keys; key->name != NULL; key++) {
        if (key->preset != NULL)
            fake_set(f, step->conf, key, key->preset);
    }
    while ((line = va_arg(lines, const char *)) != NULL)
        fake_setting(f, step, line);
    if (step->ops->conf_ready != NULL)
        wrong = step->ops->conf_ready(step->conf, &f->world);
    f->inbound = step->ops->inbound;
    return wrong;
}

/* Adds a filter with its settings as lines, NULL at the end. */
__attribute__((sentinel)) static inline void fake_add(struct fake *f, const char *name, ...)
{
    va_list lines;
    const char *wrong;

    va_start(lines, name);
    wrong = fake_add_lines(f, name, lines);
    va_end(lines);
    cr_assert_null(wrong, "%s: %s", name, wrong);
}

/* The same for settings that make no sense: what the filter says of them. */
__attribute__((sentinel)) static inline const char *fake_wrong(struct fake *f, const char *name,
                                                               ...)
{
    va_list lines;
    const char *wrong;

    va_start(lines, name);
    wrong = fake_add_lines(f, name, lines);
    va_end(lines);
    cr_assert_not_null(wrong);
    return wrong;
}

/* --- messages --- */

static inline struct smpp_str str(const char *s)
{
    return (struct smpp_str){(const uint8_t *)s, strlen(s)};
}

/* Octets with NULs among them. */
#define OCTETS(literal) ((struct smpp_str){(const uint8_t *)(literal), sizeof(literal) - 1})

struct fake_tlvs {
    uint8_t octets[2048];
    size_t n;
};

static inline void fake_tlv(struct fake_tlvs *tlvs, uint16_t tag, const void *value, size_t len)
{
    uint8_t *at = tlvs->octets + tlvs->n;

    cr_assert_leq(tlvs->n + 4 + len, sizeof tlvs->octets);
    smpp_put16(at, tag);
    smpp_put16(at + 2, (uint16_t)len);
    memcpy(at + 4, value, len);
    tlvs->n += 4 + len;
}

static inline void fake_tlv8(struct fake_tlvs *tlvs, uint16_t tag, uint8_t value)
{
    fake_tlv(tlvs, tag, &value, 1);
}

static inline struct smpp_str fake_tlv_octets(const struct fake_tlvs *tlvs)
{
    return (struct smpp_str){tlvs->octets, tlvs->n};
}

/* A fresh copy of the PDU elsewhere, read. */
static inline void fake_move(struct fake *f, const uint8_t *pdu, size_t len, struct smpp_msg *msg)
{
    uint8_t *copy = malloc(len);

    cr_assert_not_null(copy);
    memcpy(copy, pdu, len);
    free(f->pdu);
    f->pdu = copy;
    f->len = len;
    cr_assert_eq(smpp_view_msg(f->pdu, len, msg), ESME_ROK, "the test's PDU cannot be read");
}

/* Sends a PDU up to the first verdict, which may be PENDING. */
static inline enum flt_verdict fake_start(struct fake *f, const uint8_t *pdu, size_t len)
{
    struct chain_env env = {.world = &f->world,
                            .origin = &f->origin,
                            .ports = &f->ports,
                            .phone = f->phone,
                            .parts = f->parts,
                            .counts = f->counts,
                            .inbound = f->inbound};
    struct smpp_msg msg;

    fake_end(f);
    if (f->chain == NULL)
        f->chain = chain_new(f->steps, f->step_count);
    cr_assert_not_null(f->chain);
    f->run = malloc(chain_run_size(f->chain));
    cr_assert_not_null(f->run);
    memset(f->run, 0xA5, chain_run_size(f->chain)); /* what an earlier message left there */
    fake_move(f, pdu, len, &msg);
    return chain_start(f->chain, f->run, &env, &msg,
                       (struct flt_ticket){.slot = f->messages++, .generation = 1});
}

/* Answers the open question by what the store is set to do. */
static inline enum flt_verdict fake_answer(struct fake *f)
{
    bool failed = f->store == STORE_FAILS || f->store == STORE_PASSES_UNCHECKED;
    unsigned n = f->recording ? 0 : f->check_count;
    uint64_t *hits = calloc((n + 63) / 64 + 1, sizeof *hits);
    struct port_reply reply = {.err = failed ? -ETIMEDOUT : 0,
                               .pass_unchecked = f->store == STORE_PASSES_UNCHECKED,
                               .repeated = f->recording && f->repeated,
                               .hits = n > 0 && !failed ? hits : NULL,
                               .n = n};
    enum flt_verdict verdict;
    struct smpp_msg msg;

    cr_assert(f->asked && hits != NULL);
    for (unsigned i = 0; i < n; i++) {
        if (fake_is_listed(f, f->checks[i].list, f->checks[i].number))
            hits[i / 64] |= UINT64_C(1) << (i % 64);
    }
    fake_move(f, f->pdu, f->len, &msg);
    f->asked = false;
    verdict = chain_resume(f->run, &msg, &reply);
    free(hits);
    return verdict;
}

/* Sends a PDU and answers what is asked, unless the store is silent. */
static inline enum flt_verdict fake_pdu(struct fake *f, const uint8_t *pdu, size_t len)
{
    enum flt_verdict verdict = fake_start(f, pdu, len);

    while (verdict == FLT_PENDING && f->store != STORE_SILENT)
        verdict = fake_answer(f);
    return verdict;
}

static inline enum flt_verdict fake_send(struct fake *f, const struct smpp_msg *msg)
{
    uint8_t pdu[4096];
    size_t len = smpp_build_msg(pdu, sizeof pdu, msg);

    cr_assert_gt(len, 0, "the test's message makes no PDU");
    return fake_pdu(f, pdu, len);
}

/* A submit_sm. */
static inline enum flt_verdict fake_submit(struct fake *f, const char *from, const char *to)
{
    return fake_send(f, &(struct smpp_msg){.header = {.command_id = SMPP_submit_sm},
                                           .src = {.digits = str(from)},
                                           .dst = {.digits = str(to)},
                                           .short_message = str("hello")});
}

/* A deliver_sm. */
static inline enum flt_verdict fake_reply(struct fake *f, const char *from, const char *to,
                                          const char *text)
{
    return fake_send(f, &(struct smpp_msg){.header = {.command_id = SMPP_deliver_sm},
                                           .src = {.digits = str(from)},
                                           .dst = {.digits = str(to)},
                                           .short_message = str(text)});
}

/* A submit_multi; "list:NAME" among the destinations is a distribution list. Returns its length. */
static inline size_t fake_build_multi(uint8_t *out, const char *from, const char *const *to,
                                      unsigned n)
{
    uint8_t *at = out + SMPP_HEADER_LEN;

    *at++ = 0; /* service_type */
    *at++ = 1;
    *at++ = 1;
    at = (uint8_t *)stpcpy((char *)at, from) + 1;
    *at++ = (uint8_t)n;
    for (unsigned i = 0; i < n; i++) {
        bool list = strncmp(to[i], "list:", 5) == 0;

        *at++ = list ? 2 : 1;
        if (!list) {
            *at++ = 1;
            *at++ = 1;
        }
        at = (uint8_t *)stpcpy((char *)at, to[i] + (list ? 5 : 0)) + 1;
    }
    memset(at, 0, 10); /* esm_class to sm_length, times empty */
    at[5] = 1;         /* registered_delivery */
    at += 10;
    smpp_put_header(out, &(struct smpp_header){(uint32_t)(at - out), SMPP_submit_multi, 0, 1});
    return (size_t)(at - out);
}

static inline enum flt_verdict fake_multi(struct fake *f, const char *from, const char *const *to,
                                          unsigned n)
{
    uint8_t pdu[16384];

    return fake_pdu(f, pdu, fake_build_multi(pdu, from, to, n));
}

/* What the daemon says when the other side has answered, or our own answer is on its way. */
static inline void fake_answered(struct fake *f, uint32_t status, const char *message_id)
{
    chain_answered(f->run, NULL, status, str(message_id));
}

static inline void fake_absorbed(struct fake *f)
{
    struct smpp_msg msg;

    fake_move(f, f->pdu, f->len, &msg);
    chain_answered(f->run, &msg, ESME_ROK, (struct smpp_str){0});
}

#endif
