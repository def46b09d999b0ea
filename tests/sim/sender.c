#include "tests/sim/sender.h"

#include "smpp/build.h"
#include "smpp/receipt.h"
#include "tests/sim/peer.h"
#include "tests/sim/show.h"
#include "tests/sim/words.h"

#include <signal.h>
#include <string.h>

enum stage { CONNECTING, BINDING, SENDING, LISTENING, UNBINDING };

struct sender {
    const struct sender_options *options;
    struct event_base *base;
    struct peer *peer;
    struct event *timer;
    enum stage stage;
    unsigned unanswered;
    int status;
};

static void enter(struct sender *s, enum stage stage, uint32_t seconds)
{
    const struct timeval in = {seconds, 0};

    s->stage = stage;
    evtimer_add(s->timer, &in);
}

static void send_header(struct sender *s, uint32_t command_id, uint32_t sequence)
{
    uint8_t pdu[SMPP_HEADER_LEN];

    if (smpp_build_header(pdu, sizeof(pdu), command_id, ESME_ROK, sequence) > 0)
        peer_send(s->peer, pdu, sizeof(pdu));
}

static void leave(struct sender *s)
{
    enter(s, UNBINDING, s->options->timeout);
    send_header(s, SMPP_unbind, peer_sequence(s->peer));
}

static void listen_or_leave(struct sender *s)
{
    if (s->options->listen > 0)
        enter(s, LISTENING, s->options->listen);
    else
        leave(s);
}

static void fail(struct sender *s, int status)
{
    s->status = status;
    event_base_loopbreak(s->base);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    static const char *const waited_for[] = {[CONNECTING] = "no connection",
                                             [BINDING] = "no answer to the bind",
                                             [SENDING] = "no answer to the message",
                                             [UNBINDING] = "no answer to unbind"};
    struct sender *s = ctx;
    (void)fd;
    (void)what;

    if (s->stage == LISTENING) {
        leave(s);
        return;
    }
    fprintf(stderr, "%s\n", waited_for[s->stage]);
    fail(s, s->stage == UNBINDING ? s->status : 2);
}

static struct smpp_str str(const char *text)
{
    return (struct smpp_str){(const uint8_t *)text, strlen(text)};
}

static void on_open(void *ctx)
{
    struct sender *s = ctx;
    uint8_t pdu[1024];
    const struct smpp_bind bind = {.system_id = str(s->options->system_id),
                                   .password = str(s->options->password),
                                   .interface_version = 0x34};
    size_t len = smpp_build_bind(pdu, sizeof(pdu), s->options->bind, peer_sequence(s->peer), &bind);

    if (len == 0) {
        fprintf(stderr, "system_id or password too long\n");
        fail(s, 2);
        return;
    }
    enter(s, BINDING, s->options->timeout);
    peer_send(s->peer, pdu, len);
}

static void emit(void *ctx, uint8_t *pdu, size_t len)
{
    struct sender *s = ctx;

    s->unanswered++;
    smpp_set_sequence(pdu, peer_sequence(s->peer));
    peer_send(s->peer, pdu, len);
}

static void send_message(struct sender *s)
{
    const struct sender_options *o = s->options;
    const struct compose compose = {
        .msg = {.header.command_id = o->data_sm ? SMPP_data_sm : SMPP_submit_sm,
                .src = o->src,
                .dst = o->dst,
                .registered_delivery = o->receipt},
        .text = o->text,
        .coding = o->coding,
        .zero = SMPP_ALPHABET_GSM,
        .payload = o->payload,
    };

    enter(s, SENDING, o->timeout);
    if (compose_text(&compose, emit, s) < 0) {
        fprintf(stderr, "the text is not UTF-8, too long, or has signs that the coding lacks\n");
        fail(s, 2);
    }
}

static void on_bind_resp(struct sender *s, const struct smpp_header *header)
{
    char name[SHOW_NAME_LEN];

    if (header->status != ESME_ROK) {
        printf("bind refused: %s (0x%08X)\n", show_status(header->status, name), header->status);
        s->status = 1;
        peer_close(s->peer);
    } else if (s->options->text != NULL) {
        send_message(s);
    } else {
        listen_or_leave(s);
    }
}

static void on_submit_resp(struct sender *s, const struct smpp_header *header, const uint8_t *pdu)
{
    char name[SHOW_NAME_LEN];
    struct smpp_resp resp;

    if (s->unanswered == 0)
        return;
    smpp_view_resp(pdu, header->length, &resp);
    if (header->status == ESME_ROK) {
        printf("ESME_ROK message_id=%.*s\n", (int)resp.id.len, (const char *)resp.id.p);
    } else {
        printf("refused: %s (0x%08X)\n", show_status(header->status, name), header->status);
        s->status = 1;
    }
    fflush(stdout);
    if (--s->unanswered == 0)
        listen_or_leave(s);
}

static void print_incoming(const struct smpp_msg *msg)
{
    struct smpp_receipt receipt;
    char text[8192];

    if (smpp_receipt_read(msg, SMPP_ALPHABET_GSM, &receipt) == SMPP_RECEIPT_READ) {
        printf("receipt: %s err=%s message_id=%s\n", receipt.stat, receipt.err, receipt.id);
        return;
    }
    printf("message: from=%.*s to=%.*s text=", (int)msg->src.digits.len,
           (const char *)msg->src.digits.p, (int)msg->dst.digits.len,
           (const char *)msg->dst.digits.p);
    words_quote(stdout, text, show_text(msg, SMPP_ALPHABET_GSM, text, sizeof(text)));
    putchar('\n');
}

static void on_request(struct sender *s, const struct smpp_header *header, const uint8_t *pdu)
{
    uint8_t resp[SMPP_HEADER_LEN + 1];
    struct smpp_msg msg;

    if (header->command_id == SMPP_deliver_sm || header->command_id == SMPP_data_sm) {
        if (smpp_view_msg(pdu, header->length, &msg) == ESME_ROK)
            print_incoming(&msg);
        fflush(stdout);
        size_t len = smpp_build_resp(resp, sizeof(resp), header->command_id | SMPP_RESP, ESME_ROK,
                                     header->sequence, "");
        peer_send(s->peer, resp, len);
    } else if (smpp_wants_resp(header->command_id)) {
        send_header(s, header->command_id | SMPP_RESP, header->sequence);
        if (header->command_id == SMPP_unbind) {
            fprintf(stderr, "the other side unbound\n");
            s->status = 2;
            peer_close(s->peer);
        }
    }
}

static void on_pdu(void *ctx, const struct smpp_header *header, const uint8_t *pdu)
{
    struct sender *s = ctx;

    if (!smpp_is_resp(header->command_id))
        on_request(s, header, pdu);
    else if (s->stage == BINDING)
        on_bind_resp(s, header);
    else if (s->stage == SENDING && header->command_id != SMPP_enquire_link_resp)
        on_submit_resp(s, header, pdu);
    else if (s->stage == UNBINDING && header->command_id == SMPP_unbind_resp)
        peer_close(s->peer);
}

static void on_close(void *ctx, const char *why)
{
    struct sender *s = ctx;

    if (s->stage < UNBINDING && s->status == 0) {
        fprintf(stderr, "connection: %s\n", why);
        s->status = 2;
    }
    event_base_loopbreak(s->base);
}

int sender_run(const struct sender_options *options)
{
    static const struct peer_calls calls = {on_open, on_pdu, NULL, on_close};
    struct sender s = {.options = options};

    signal(SIGPIPE, SIG_IGN);
    s.base = event_base_new();
    if (s.base == NULL)
        return 2;
    s.timer = evtimer_new(s.base, on_timer, &s);
    s.peer = peer_connect(s.base, options->host, options->port, &calls, &s);
    if (s.timer == NULL || s.peer == NULL) {
        fprintf(stderr, "%s: no such address\n", options->host);
        s.status = 2;
    } else {
        enter(&s, CONNECTING, options->timeout);
        event_base_dispatch(s.base);
    }
    peer_free(s.peer);
    if (s.timer != NULL)
        event_free(s.timer);
    event_base_free(s.base);
    return s.status;
}
