#include "tests/sim/session.h"

#include "smpp/build.h"
#include "tests/sim/message.h"
#include "tests/sim/receipts.h"
#include "tests/sim/show.h"
#include "tests/sim/words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REVERSE_WAIT 50 /* ms in which responses gather before they leave in reverse order */

static void log_line(struct session *session, const char *direction, const uint8_t *pdu, size_t len)
{
    struct timespec t;
    struct tm tm;

    if (!session->smsc->verbose)
        return;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    printf("%02d:%02d:%02d.%03ld session=%u %s ", tm.tm_hour, tm.tm_min, tm.tm_sec,
           t.tv_nsec / 1000000, session->number, direction);
    show_brief(stdout, pdu, len, session->smsc->set.alphabet);
    putchar('\n');
    fflush(stdout);
}

bool session_can_receive(const struct session *session)
{
    return session->bind == SMPP_bind_receiver || session->bind == SMPP_bind_transceiver;
}

bool session_can_send(const struct session *session)
{
    return session->bind == SMPP_bind_transmitter || session->bind == SMPP_bind_transceiver;
}

bool session_fits(const struct session *session, const char *which)
{
    uint32_t number;

    if (which == NULL || strcmp(which, session->system_id) == 0)
        return true;
    return words_number(which, UINT32_MAX, &number) == 0 && number == session->number;
}

struct session *session_find(struct smsc *smsc, const char *which)
{
    struct session *session;

    TAILQ_FOREACH_REVERSE(session, &smsc->sessions, session_list, link)
    {
        if (session_can_receive(session) && session_fits(session, which))
            return session;
    }
    return NULL;
}

static void request_end(struct request *request, uint32_t status, const char *instead)
{
    TAILQ_REMOVE(&request->session->requests, request, link);
    event_free(request->timer);
    if (request->done != NULL)
        request->done(request->ctx, status, instead);
    free(request);
}

static void on_request_timeout(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    request_end(ctx, 0, "timeout");
}

void session_request(struct session *session, uint8_t *pdu, size_t len, session_done *done,
                     void *ctx)
{
    struct request *request = calloc(1, sizeof(*request));
    const struct timeval in = delayed_interval(session->smsc->set.timeout);

    if (request == NULL)
        abort();
    request->session = session;
    request->sequence = peer_sequence(session->peer);
    request->done = done;
    request->ctx = ctx;
    request->timer = evtimer_new(session->smsc->base, on_request_timeout, request);
    if (request->timer == NULL)
        abort();
    evtimer_add(request->timer, &in);
    TAILQ_INSERT_TAIL(&session->requests, request, link);
    smpp_set_sequence(pdu, request->sequence);
    peer_send(session->peer, pdu, len);
}

static void on_response(struct session *session, const struct smpp_header *header)
{
    struct request *request;

    TAILQ_FOREACH(request, &session->requests, link)
    {
        if (request->sequence == header->sequence) {
            request_end(request, header->status, NULL);
            return;
        }
    }
}

static void send_answer(void *ctx, const uint8_t *pdu, size_t len)
{
    struct session *session = ctx;

    peer_send(session->peer, pdu, len);
    if (session->smsc->set.mode == SIM_TWICE)
        peer_send(session->peer, pdu, len);
}

void session_answer(struct session *session, const uint8_t *pdu, size_t len)
{
    const struct settings *set = &session->smsc->set;

    if (set->mode == SIM_SILENT || set->mode == SIM_DEAD || len == 0)
        return;
    if (set->mode == SIM_REVERSE)
        delayed_add_first(session->answers, set->delay > 0 ? set->delay : REVERSE_WAIT, pdu, len);
    else if (set->delay > 0)
        delayed_add(session->answers, set->delay, pdu, len);
    else
        send_answer(session, pdu, len);
}

static void enquire_early(struct session *session)
{
    uint8_t pdu[SMPP_HEADER_LEN];

    if (session->smsc->set.early_enquire &&
        smpp_build_header(pdu, sizeof(pdu), SMPP_enquire_link, ESME_ROK, 1) > 0)
        session_request(session, pdu, sizeof(pdu), NULL, NULL);
}

static bool is_text(struct smpp_str s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static uint32_t judge_bind(const struct session *session, const struct smpp_bind *bind)
{
    const struct smsc *smsc = session->smsc;

    if (session->bind != 0)
        return ESME_RALYBND;
    if (smsc->set.bind_status != ESME_ROK)
        return smsc->set.bind_status;
    if (smsc->system_id != NULL && !is_text(bind->system_id, smsc->system_id))
        return ESME_RINVSYSID;
    if (smsc->password != NULL && !is_text(bind->password, smsc->password))
        return ESME_RINVPASWD;
    return ESME_ROK;
}

static void on_bind(struct session *session, const struct smpp_header *header, const uint8_t *pdu)
{
    uint8_t resp[SMPP_HEADER_LEN + 32];
    struct smpp_bind bind;
    uint32_t status = smpp_view_bind(pdu, header->length, &bind);
    size_t len;

    if (status == ESME_ROK)
        status = judge_bind(session, &bind);
    if (status != ESME_ROK) {
        len = message_refusal(session->smsc, resp, sizeof(resp), header, status);
        peer_send(session->peer, resp, len);
        return;
    }
    size_t n = bind.system_id.len < sizeof(session->system_id) ? bind.system_id.len
                                                               : sizeof(session->system_id) - 1;
    memcpy(session->system_id, bind.system_id.p, n);
    session->system_id[n] = '\0';
    session->bind = header->command_id;
    session->version = bind.interface_version;
    enquire_early(session);
    len = smpp_build_resp(resp, sizeof(resp) - 5, header->command_id | SMPP_RESP, ESME_ROK,
                          header->sequence, "smsc-sim");
    if (session->smsc->set.version_tlv) {
        smpp_put16(resp + len, SMPP_TLV_sc_interface_version);
        smpp_put16(resp + len + 2, 1);
        resp[len + 4] = 0x34;
        len += 5;
        smpp_put32(resp, (uint32_t)len);
    }
    peer_send(session->peer, resp, len);
    if (session_can_receive(session))
        receipts_bound(session);
}

static void answer_header(struct session *session, const struct smpp_header *header)
{
    uint8_t resp[SMPP_HEADER_LEN];
    size_t len = smpp_build_header(resp, sizeof(resp), header->command_id | SMPP_RESP, ESME_ROK,
                                   header->sequence);

    if (session->smsc->set.mode != SIM_DEAD)
        peer_send(session->peer, resp, len);
}

static void on_pdu(void *ctx, const struct smpp_header *header, const uint8_t *pdu)
{
    struct session *session = ctx;

    log_line(session, "<", pdu, header->length);
    archive_tally(session->smsc->archive, true, header->command_id, header->status);
    if (smpp_is_resp(header->command_id)) {
        on_response(session, header);
    } else if (smpp_is_bind(header->command_id)) {
        on_bind(session, header, pdu);
    } else if (header->command_id == SMPP_enquire_link) {
        answer_header(session, header);
    } else if (header->command_id == SMPP_unbind) {
        answer_header(session, header);
        session->bind = 0;
        peer_close(session->peer);
    } else {
        session->received++;
        message_arrived(session, header, pdu);
    }
}

static void on_sent(void *ctx, const uint8_t *pdu, size_t len)
{
    struct session *session = ctx;

    log_line(session, ">", pdu, len);
    if (len >= SMPP_HEADER_LEN)
        archive_tally(session->smsc->archive, false, smpp_get32(pdu + 4), smpp_get32(pdu + 8));
}

static void on_close(void *ctx, const char *why)
{
    struct session *session = ctx;

    if (session->smsc->verbose) {
        printf("session=%u %s\n", session->number, why);
        fflush(stdout);
    }
    session_free(session);
}

void session_accept(struct smsc *smsc, evutil_socket_t fd)
{
    static const struct peer_calls calls = {NULL, on_pdu, on_sent, on_close};
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        abort();
    session->smsc = smsc;
    session->number = ++smsc->session_count;
    TAILQ_INIT(&session->requests);
    session->peer = peer_accept(smsc->base, fd, &calls, session);
    session->answers = delayed_new(smsc->base, send_answer, session);
    if (session->peer == NULL || session->answers == NULL)
        abort();
    TAILQ_INSERT_TAIL(&smsc->sessions, session, link);
    if (!smsc->set.reading)
        peer_read(session->peer, false);
}

void session_free(struct session *session)
{
    struct request *request, *next;

    TAILQ_REMOVE(&session->smsc->sessions, session, link);
    for (request = TAILQ_FIRST(&session->requests); request != NULL; request = next) {
        next = TAILQ_NEXT(request, link);
        request_end(request, 0, "closed");
    }
    delayed_free(session->answers);
    peer_free(session->peer);
    free(session);
}
