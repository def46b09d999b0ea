/*
 * optout: a STOP reply becomes an opt-out, on record and in force, before the carrier gets its
 * answer. START takes it back, HELP is recorded. What a text means is intent.c's business.
 *
 * Where the opt-out cannot be stored the carrier is told to try again (ESME_RX_T_APPN) and nothing
 * is forwarded. Carriers mislabel alphabets, so a text that means nothing as labelled is read in
 * the other ways in which its octets make sense.
 */
#include "filters/filter.h"
#include "filters/intent.h"
#include "filters/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 2048 /* octets of UTF-8 that are read and kept as evidence */

enum scope { SCOPE_ALL, SCOPE_PROGRAM };

struct optout_conf {
    int scope;
    bool forward;
    struct conf_strings stop, start, help, ignore;
    struct intent_rules *rules;
    char **program_lists; /* optout:<program>, for each program */
    unsigned program_count;
};

static const char *const scopes[] = {"all", "program", NULL};

#define CONF struct optout_conf
static const struct conf_key keys[] = {
    {.name = "scope",
     .type = KEY_ENUM,
     .offset = offsetof(CONF, scope),
     .preset = "all",
     .names = scopes,
     .help = "all: STOP to any address ends every program (list optout). program: it ends the "
             "program of the address that was replied to (optout:<program>)."},
    {.name = "forward",
     .type = KEY_BOOL,
     .offset = offsetof(CONF, forward),
     .preset = "true",
     .help = "Whether STOP and START replies go on to the sender. If not, the carrier is answered "
             "with ESME_ROK here."},
    {.name = "stop",
     .type = KEY_STRINGS,
     .offset = offsetof(CONF, stop),
     .help = "Further words that opt out, beside the built-in ones of all languages."},
    {.name = "start",
     .type = KEY_STRINGS,
     .offset = offsetof(CONF, start),
     .help = "Further words that opt in again."},
    {.name = "help",
     .type = KEY_STRINGS,
     .offset = offsetof(CONF, help),
     .help = "Further words that ask for help."},
    {.name = "ignore",
     .type = KEY_STRINGS,
     .offset = offsetof(CONF, ignore),
     .help = "Built-in words that mean nothing here."},
    {.name = NULL},
};

static void conf_done(void *arg)
{
    struct optout_conf *conf = arg;

    intent_rules_free(conf->rules);
    for (unsigned i = 0; conf->program_lists != NULL && i < conf->program_count; i++)
        free(conf->program_lists[i]);
    free(conf->program_lists);
    conf->rules = NULL;
    conf->program_lists = NULL;
}

static const char *conf_ready(void *arg, const struct flt_world *world)
{
    struct optout_conf *conf = arg;
    const char *bad = NULL;

    conf->rules = intent_rules_new(conf->stop, conf->start, conf->help, conf->ignore, &bad);
    if (conf->rules == NULL)
        return bad != NULL ? "a word of stop, start, help or ignore has no letters or digits"
                           : "out of memory";
    conf->program_count = world->program_count;
    conf->program_lists = calloc(world->program_count + 1, sizeof *conf->program_lists);
    if (conf->program_lists == NULL)
        return "out of memory";
    for (unsigned i = 0; i < world->program_count; i++) {
        if (asprintf(&conf->program_lists[i], "optout:%s", world->programs[i].name) < 0) {
            conf->program_lists[i] = NULL;
            return "out of memory";
        }
    }
    return NULL;
}

static bool read_as(const struct optout_conf *conf, struct smpp_str octets,
                    enum smpp_alphabet alphabet, char text[TEXT_MAX], struct intent *intent)
{
    smpp_text_decode(octets, alphabet, text, TEXT_MAX);
    intent_read(conf->rules, text, intent);
    return intent->class != INTENT_OTHER;
}

/* UCS-2 with the octets of each letter exchanged. */
static bool read_swapped(const struct optout_conf *conf, struct smpp_str octets,
                         char text[TEXT_MAX], struct intent *intent)
{
    uint8_t swapped[TEXT_MAX];

    if (octets.len > sizeof swapped)
        return false;
    for (size_t i = 0; i < octets.len; i++)
        swapped[i] = octets.p[i ^ 1u];
    return read_as(conf, (struct smpp_str){swapped, octets.len}, SMPP_ALPHABET_UCS2, text, intent);
}

/* Reads a text as its label says, and if that means nothing, in the ways in which labels are wrong.
 * Whatever it means, `text` is the reading that goes on record. */
static void read_text(struct flt_call *call, uint8_t data_coding, struct smpp_str octets,
                      char text[TEXT_MAX], struct intent *intent)
{
    static const enum smpp_alphabet others[] = {SMPP_ALPHABET_UCS2, SMPP_ALPHABET_UTF8,
                                                SMPP_ALPHABET_GSM};
    const struct optout_conf *conf = call->conf;
    enum smpp_alphabet label = smpp_alphabet_of(data_coding, call->origin->alphabet);
    bool wide = octets.len >= 4 && octets.len % 2 == 0;

    if (label == SMPP_ALPHABET_BINARY)
        label = SMPP_ALPHABET_UTF8;
    if (read_as(conf, octets, label, text, intent))
        return;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i] == label || (others[i] == SMPP_ALPHABET_UCS2 && !wide))
            continue;
        if (read_as(conf, octets, others[i], text, intent))
            return;
    }
    if (wide && read_swapped(conf, octets, text, intent))
        return;
    read_as(conf, octets, label, text, intent);
}

/* What the PDU says: its text, and its message_payload where both are there. A part of a message
 * says nothing until it makes the message complete: it is the whole text that counts. */
static void read_reply(struct flt_call *call, char text[TEXT_MAX], struct intent *intent)
{
    const struct smpp_msg *msg = call->msg;
    struct smpp_str more = {0}, whole;
    struct smpp_part part;

    smpp_msg_octets(msg, &more);
    smpp_part_of(msg, &part);
    if (!part.concatenated)
        whole = part.text;
    else if (!parts_add(call->parts, call->ports->now_ms(call->ports->ctx), msg, &part, &whole))
        return;
    read_text(call, msg->data_coding, whole, text, intent);
    if (intent->class == INTENT_OTHER && more.len > 0)
        read_text(call, msg->data_coding, more, text, intent);
}

static void copy_address(char *out, size_t cap, struct smpp_str address)
{
    size_t len = address.len < cap ? address.len : cap - 1;

    if (len > 0)
        memcpy(out, address.p, len);
    out[len] = '\0';
}

/* One event for each reading of the number and each list that the reply speaks of. */
static unsigned make_events(struct flt_call *call, const struct event *common, char digits[][24],
                            struct event *events)
{
    const struct optout_conf *conf = call->conf;
    const struct phone_readings *readings = flt_readings(call);
    const struct flt_program *program = flt_program(call);
    const char *of_program =
        program == NULL ? NULL : conf->program_lists[program - call->world->programs];
    bool all = conf->scope == SCOPE_ALL || of_program == NULL;
    /* Under scope all START takes the number off the program's list too, where a STOP under scope
     * program may have put it. Under scope program it speaks of that program only: what stands on
     * the list optout holds. */
    bool both = all && of_program != NULL && common->type == EVENT_optin;
    unsigned n = 0;

    for (unsigned i = 0; i < readings->n; i++) {
        phone_format(readings->number[i], digits[i]);
        events[n] = *common;
        events[n].number = digits[i];
        if (strcmp(digits[i], common->address) == 0)
            events[n].address = NULL;
        events[n++].list = all ? "optout" : of_program;
        if (both) {
            events[n] = events[n - 1];
            events[n++].list = of_program;
        }
    }
    return n;
}

static enum flt_verdict verdict_when_stored(const struct flt_call *call)
{
    const struct optout_conf *conf = call->conf;

    return conf->forward ? FLT_PASS : FLT_ABSORB;
}

static enum flt_verdict put_on_record(struct flt_call *call, enum event_type type,
                                      const struct intent *intent, const char *text)
{
    const struct flt_program *program = flt_program(call);
    char digits[PHONE_READINGS_MAX][24], address[48], sender[48];
    struct event events[2 * PHONE_READINGS_MAX];
    unsigned n;

    copy_address(address, sizeof address, call->msg->src.digits);
    copy_address(sender, sizeof sender, call->msg->dst.digits);
    struct event common = {
        .type = type,
        .source = EVENT_SOURCE_reply,
        .time_ms = call->ports->now_ms(call->ports->ctx),
        .address = address,
        .sender = sender,
        .program = program != NULL ? program->name : NULL,
        .mode = call->monitor ? "monitor" : NULL,
        .keyword = intent->keyword,
        .rule = intent->rule,
        .carrier = call->origin->carrier,
        .account = call->origin->account,
        .text = text,
    };
    if (type == EVENT_help) {
        common.number = phone_format(flt_readings(call)->number[0], digits[0]);
        call->ports->note(call->ports->ctx, &common);
        return FLT_PASS;
    }
    n = make_events(call, &common, digits, events);
    if (call->monitor) {
        for (unsigned i = 0; i < n; i++)
            call->ports->note(call->ports->ctx, &events[i]);
        return verdict_when_stored(call);
    }
    if (call->ports->record(call->ports->ctx, events, n, call->ticket) == 0)
        return FLT_PENDING;
    call->ports->count(call->ports->ctx, "optout", "not_stored");
    call->status = ESME_RX_T_APPN;
    return FLT_REJECT;
}

static void learn(struct flt_call *call)
{
    struct port_health health = {.kind = HEALTH_REPLY,
                                 .number = flt_readings(call)->number[0],
                                 .time_ms = call->ports->now_ms(call->ports->ctx)};

    call->ports->health(call->ports->ctx, &health);
}

static enum flt_verdict on_pdu(struct flt_call *call)
{
    static const enum event_type types[] = {
        [INTENT_OPTOUT] = EVENT_optout, [INTENT_OPTIN] = EVENT_optin, [INTENT_HELP] = EVENT_help};
    struct intent intent = {.class = INTENT_OTHER};
    char text[TEXT_MAX];

    if (flt_receipt(call, NULL) != SMPP_RECEIPT_NO)
        return FLT_PASS;
    text[0] = '\0';
    read_reply(call, text, &intent);
    if (flt_readings(call)->n == 0) {
        if (intent.class != INTENT_OTHER)
            call->ports->log(call->ports->ctx, call->origin->session, "optout",
                             "a keyword came from an address that is no number");
        call->ports->count(call->ports->ctx, "optout", "no_number");
        return FLT_PASS;
    }
    learn(call);
    call->ports->count(call->ports->ctx, "optout", intent_class_name(intent.class));
    if (intent.class == INTENT_OTHER || intent.class == INTENT_REVIEW)
        return FLT_PASS;
    return put_on_record(call, types[intent.class], &intent, text);
}

static enum flt_verdict on_reply(struct flt_call *call, const struct port_reply *reply)
{
    if (reply->err != 0) {
        call->ports->count(call->ports->ctx, "optout", "not_stored");
        call->status = ESME_RX_T_APPN;
        return FLT_REJECT;
    }
    if (reply->repeated)
        call->ports->count(call->ports->ctx, "optout", "repeated");
    return verdict_when_stored(call);
}

const struct flt_ops filter_optout = {
    .name = "optout",
    .help = "Turns STOP replies into opt-outs before the carrier is answered; START opts in again, "
            "HELP is recorded.",
    .pdus = FLT_DELIVER_SM | FLT_DATA_SM,
    .inbound = true,
    .conf_size = sizeof(struct optout_conf),
    .keys = keys,
    .conf_ready = conf_ready,
    .conf_done = conf_done,
    .on_pdu = on_pdu,
    .on_reply = on_reply,
};
