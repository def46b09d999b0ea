/*
 * suppression: no message leaves for a number that is on one of the lists, in whichever spelling.
 * `optout` among the lists stands for the sender's program too: optout:<program>.
 *
 * A number with several readings is checked in all of them, and any of them blocks. An address that
 * has no reading cannot be checked, and one with letters or the like in it may be read by the
 * carrier in a way that was not checked: they are refused, on a list or not.
 */
#include "filters/suppression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const answers[] = {"reject", "accept", NULL};
static const char *const distributions[] = {"reject", "pass", NULL};

#define CONF struct suppression_conf
static const struct conf_key keys[] = {
    {.name = "lists",
     .type = KEY_STRINGS,
     .offset = offsetof(CONF, lists),
     .preset = "[optout, bounced]",
     .help = "The lists that block. optout includes optout:<program> of the sender's program."},
    {.name = "answer",
     .type = KEY_ENUM,
     .offset = offsetof(CONF, answer),
     .preset = "reject",
     .names = answers,
     .help =
         "reject: submit_sm_resp with `status`. accept: ESME_ROK with a message id of ours and, "
         "where a receipt was asked for, a receipt that says REJECTD."},
    {.name = "status",
     .type = KEY_STATUS,
     .offset = offsetof(CONF, status),
     .preset = "ESME_RINVDSTADR",
     .help = "The command_status of a refusal, by name or number. Senders give up on "
             "ESME_RINVDSTADR and try again on ESME_RTHROTTLED."},
    {.name = "distribution_lists",
     .type = KEY_ENUM,
     .offset = offsetof(CONF, distribution_lists),
     .preset = "reject",
     .names = distributions,
     .help =
         "Distribution lists in a submit_multi: their members are known to the carrier only and "
         "cannot be checked."},
    {.name = NULL},
};

static void conf_done(void *arg)
{
    struct suppression_conf *conf = arg;

    for (unsigned i = 0; conf->names != NULL && i + 1 < conf->set_count; i++)
        free(conf->names[i]);
    free(conf->names);
    free(conf->sets);
    conf->names = NULL;
    conf->sets = NULL;
}

static const char *conf_ready(void *arg, const struct flt_world *world)
{
    struct suppression_conf *conf = arg;

    if (conf->lists.n == 0)
        return "lists: at least one list is needed";
    if (conf->lists.n > SUPPRESSION_LISTS_MAX / 2)
        return "lists: at most 8 lists";
    for (unsigned i = 0; i < conf->lists.n; i++) {
        if (!flt_name_ok(conf->lists.v[i]))
            return "lists: a name has letters, digits and . _ : - only";
    }
    if (conf->status == 0)
        return "status: ESME_ROK is no refusal";
    conf->set_count = world->program_count + 1;
    conf->sets = calloc(conf->set_count, sizeof *conf->sets);
    conf->names = calloc(conf->set_count, sizeof *conf->names);
    if (conf->sets == NULL || conf->names == NULL)
        return "out of memory";
    for (unsigned p = 0; p < conf->set_count; p++) {
        struct list_set *set = &conf->sets[p];

        for (unsigned i = 0; i < conf->lists.n; i++) {
            set->list[set->n++] = conf->lists.v[i];
            if (p == world->program_count || strcmp(conf->lists.v[i], "optout") != 0)
                continue;
            if (asprintf(&conf->names[p], "optout:%s", world->programs[p].name) < 0)
                return "out of memory";
            set->list[set->n++] = conf->names[p];
        }
    }
    return NULL;
}

static const struct list_set *lists_of(const struct suppression_conf *conf,
                                       const struct flt_world *world,
                                       const struct flt_program *program)
{
    size_t i = program == NULL ? world->program_count : (size_t)(program - world->programs);

    return &conf->sets[i];
}

/* 18 decimal digits: every client library keeps them apart as text, and those that read an id as a
 * number, in hexadecimal or decimal, can. Behind the time, what differs between calls of one
 * millisecond (slot, generation and session), moved by what differs between processes: the pid, and
 * where the settings happen to lie, for containers in which every pid is 1. */
void suppression_make_id(struct flt_call *call)
{
    uint64_t process = (uint64_t)getpid() * UINT64_C(40503) + (uint64_t)(uintptr_t)call->conf / 16;
    uint64_t mix = call->ticket.slot * UINT64_C(2654435761) + call->ticket.generation +
                   call->origin->session * UINT64_C(31337);

    snprintf(call->message_id, sizeof call->message_id, "%013llu%05llu",
             (unsigned long long)call->ports->now_ms(call->ports->ctx),
             (unsigned long long)((process % 100000 + mix % 100000) % 100000));
}

static enum flt_verdict refuse(struct flt_call *call, uint32_t status)
{
    const struct suppression_conf *conf = call->conf;
    struct suppression_call *state = call->state;

    if (conf->answer == ANSWER_ACCEPT && status == conf->status) {
        suppression_make_id(call);
        state->absorbed = !call->monitor;
        return FLT_ABSORB;
    }
    call->status = status;
    return FLT_REJECT;
}

static void copy_address(char *out, size_t cap, struct smpp_str address)
{
    size_t len = address.len < cap ? address.len : cap - 1;

    if (len > 0)
        memcpy(out, address.p, len);
    out[len] = '\0';
}

void suppression_note_blocked(struct flt_call *call, const struct smpp_addr *to, uint64_t number,
                              uint64_t likeliest, const char *list)
{
    const struct suppression_conf *conf = call->conf;
    const struct suppression_call *state = call->state;
    char digits[24], address[48], sender[48], status[16];
    const char *name = smpp_status_name(conf->status);

    copy_address(address, sizeof address, to->digits);
    copy_address(sender, sizeof sender, call->msg->src.digits);
    snprintf(status, sizeof status, "0x%08X", conf->status);
    phone_format(number, digits);
    struct event event = {
        .type = EVENT_blocked,
        .time_ms = call->ports->now_ms(call->ports->ctx),
        .number = digits,
        .address = strcmp(address, digits) == 0 ? NULL : address,
        .reading = number == likeliest ? NULL : digits,
        .sender = sender,
        .program = state->program != NULL ? state->program->name : NULL,
        .list = list,
        .filter = "suppression",
        .mode = call->monitor ? "monitor" : NULL,
        .status = conf->answer == ANSWER_ACCEPT ? "ESME_ROK"
                  : name != NULL                ? name
                                                : status,
        .carrier = call->origin->carrier,
        .account = call->origin->account,
    };
    call->ports->note(call->ports->ctx, &event);
}

unsigned suppression_add_checks(struct port_check *checks, unsigned n, const struct list_set *lists,
                                const uint64_t *numbers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned l = 0; l < lists->n; l++)
            checks[n++] = (struct port_check){.list = lists->list[l], .number = numbers[i]};
    }
    return n;
}

enum flt_verdict suppression_ask(struct flt_call *call, const struct port_check *checks, unsigned n)
{
    if (call->ports->check(call->ports->ctx, checks, n, call->ticket) == 0)
        return FLT_PENDING;
    call->ports->count(call->ports->ctx, "suppression", "overload");
    call->status = ESME_RTHROTTLED;
    return FLT_REJECT;
}

static enum flt_verdict on_pdu(struct flt_call *call)
{
    struct suppression_call *state = call->state;
    struct port_check checks[PHONE_READINGS_MAX * SUPPRESSION_LISTS_MAX];
    const struct phone_readings *readings;

    state->program = flt_program(call);
    state->lists = lists_of(call->conf, call->world, state->program);
    if (call->msg->header.command_id == SMPP_submit_multi)
        return suppression_multi_ask(call);
    readings = flt_readings(call);
    if (readings->n == 0 || readings->foreign) {
        call->ports->count(call->ports->ctx, "suppression", "unreadable");
        call->status = ESME_RINVDSTADR;
        return FLT_REJECT;
    }
    return suppression_ask(
        call, checks,
        suppression_add_checks(checks, 0, state->lists, readings->number, readings->n));
}

bool suppression_find_hit(const struct suppression_call *state, const struct port_reply *reply,
                          unsigned first, unsigned n, unsigned *reading, unsigned *list)
{
    unsigned lists = state->lists->n;

    for (unsigned i = first * lists; i < (first + n) * lists; i++) {
        if (!port_hit(reply, i))
            continue;
        *reading = i / lists;
        *list = i % lists;
        return true;
    }
    return false;
}

static enum flt_verdict on_reply(struct flt_call *call, const struct port_reply *reply)
{
    const struct suppression_conf *conf = call->conf;
    const struct suppression_call *state = call->state;
    const struct phone_readings *readings;
    unsigned reading, list;

    if (reply->err != 0) {
        call->ports->count(call->ports->ctx, "suppression",
                           reply->pass_unchecked ? "unchecked" : "no_answer");
        if (reply->pass_unchecked)
            return state->multi != NULL ? suppression_multi_answered(call, NULL) : FLT_PASS;
        call->status = ESME_RTHROTTLED;
        return FLT_REJECT;
    }
    if (state->multi != NULL)
        return suppression_multi_answered(call, reply);
    readings = flt_readings(call);
    if (!suppression_find_hit(state, reply, 0, readings->n, &reading, &list))
        return FLT_PASS;
    suppression_note_blocked(call, &call->msg->dst, readings->number[reading], readings->number[0],
                             state->lists->list[list]);
    return refuse(call, conf->status);
}

/* SMPP 3.4, 5.2.17: bits 1 and 0 ask for a receipt of success and failure, or of failure only. */
static bool wants_receipt(const struct smpp_msg *msg)
{
    return (msg->registered_delivery & 3) == 1 || (msg->registered_delivery & 3) == 2;
}

/* After our answer to a message that we took and did not send: the receipt that was asked for. */
static void send_receipt(struct flt_call *call)
{
    const struct smpp_msg *msg = call->msg;
    int64_t now = (int64_t)(call->ports->now_ms(call->ports->ctx) / 1000);
    struct smpp_receipt_parts parts = {.id = call->message_id,
                                       .stat = "REJECTD",
                                       .err = "000",
                                       .submitted = 1,
                                       .submit_time = now,
                                       .done_time = now};
    size_t id_len = strlen(call->message_id) + 1;
    char text[255];
    uint8_t tlvs[4 + sizeof call->message_id + 5];
    size_t len = smpp_receipt_write(text, sizeof text, &parts);

    smpp_put16(tlvs, SMPP_TLV_receipted_message_id);
    smpp_put16(tlvs + 2, (uint16_t)id_len);
    memcpy(tlvs + 4, call->message_id, id_len);
    smpp_put16(tlvs + 4 + id_len, SMPP_TLV_message_state);
    smpp_put16(tlvs + 6 + id_len, 1);
    tlvs[8 + id_len] = SMPP_STATE_REJECTED;
    struct smpp_msg receipt = {
        .header = {.command_id = SMPP_deliver_sm},
        .src = msg->dst,
        .dst = msg->src,
        .esm_class = 0x04,
        .short_message = {(const uint8_t *)text, len},
        .tlvs = {tlvs, 9 + id_len},
    };
    call->ports->deliver(call->ports->ctx, call->origin->account, &receipt);
}

static void on_resp(struct flt_call *call, uint32_t status)
{
    const struct suppression_call *state = call->state;

    if (state->absorbed && status == ESME_ROK && wants_receipt(call->msg))
        send_receipt(call);
}

static void done(struct flt_call *call)
{
    struct suppression_call *state = call->state;

    suppression_multi_free(state->multi);
}

const struct flt_ops filter_suppression = {
    .name = "suppression",
    .help = "Refuses messages to numbers that are on a list, in whichever spelling of the number.",
    .pdus = FLT_SUBMIT_SM | FLT_SUBMIT_MULTI | FLT_DATA_SM,
    .outbound = true,
    .conf_size = sizeof(struct suppression_conf),
    .call_size = sizeof(struct suppression_call),
    .keys = keys,
    .conf_ready = conf_ready,
    .conf_done = conf_done,
    .on_pdu = on_pdu,
    .on_reply = on_reply,
    .on_resp = on_resp,
    .done = done,
};
