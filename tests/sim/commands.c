#include "tests/sim/commands.h"

#include "tests/sim/deliver.h"
#include "tests/sim/receipts.h"
#include "tests/sim/show.h"
#include "tests/sim/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct call {
    struct smsc *smsc;
    struct client *client;
    const char *which; /* the session chosen with @, or NULL */
};

struct command {
    const char *name, *args, *help;
    void (*run)(const struct call *call, char *args);
};

/* Says what `print` wrote as one line. */
static void say_stream(struct client *client, char *text, size_t len)
{
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    client_say(client, "%s", text);
    free(text);
}

static void run_help(const struct call *call, char *args)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    (void)args;

    if (to == NULL)
        abort();
    commands_help(to);
    fclose(to);
    say_stream(call->client, text, len);
}

static void run_set(const struct call *call, char *args)
{
    const char *name = words_next(&args);
    int r = name == NULL ? -ENOENT : settings_set(&call->smsc->set, name, args);
    struct session *session;

    if (r == -ENOENT)
        client_fail(call->client, "no such setting; `help` lists them");
    else if (r < 0)
        client_fail(call->client, "%s cannot be \"%s\"; `help` lists the values", name, args);
    else if (strcmp(name, "read") == 0) {
        TAILQ_FOREACH(session, &call->smsc->sessions, link)
        peer_read(session->peer, call->smsc->set.reading);
    }
}

/* The session that a delivery goes to; NULL after having told the client. */
static struct session *receiver(const struct call *call)
{
    struct session *session = session_find(call->smsc, call->which);

    if (session == NULL)
        client_fail(call->client, "no session%s%s is bound that can receive",
                    call->which != NULL ? " " : "", call->which != NULL ? call->which : "");
    return session;
}

static void run_mo(const struct call *call, char *args)
{
    struct session *session = receiver(call);

    if (session != NULL)
        deliver_mo(session, call->client, args);
}

static void run_mo_hex(const struct call *call, char *args)
{
    struct session *session = receiver(call);

    if (session != NULL)
        deliver_mo_hex(session, call->client, args);
}

static void run_receipt(const struct call *call, char *args)
{
    const char *id = words_next(&args);
    const char *stat = words_next(&args);
    const char *err = words_next(&args);
    const struct settings *set = &call->smsc->set;

    if (id == NULL) {
        client_fail(call->client, "usage: receipt ID [STAT [ERR]]");
        return;
    }
    struct message *message =
        archive_find(call->smsc->archive, (struct smpp_str){(const uint8_t *)id, strlen(id)});
    if (message == NULL) {
        client_fail(call->client, "no message %s", id);
        return;
    }
    unsigned n = receipts_send(call->smsc, message, stat != NULL ? stat : set->stat,
                               err != NULL ? err : set->err);
    client_say(call->client, "receipts=%u", n);
}

/* Does `act` to every session that fits. */
static void for_sessions(const struct call *call, bool bound_only,
                         void (*act)(const struct call *call, struct session *session))
{
    struct session *session, *next;
    unsigned n = 0;

    for (session = TAILQ_FIRST(&call->smsc->sessions); session != NULL; session = next) {
        next = TAILQ_NEXT(session, link);
        if (!session_fits(session, call->which) || (bound_only && session->bind == 0))
            continue;
        act(call, session);
        n++;
    }
    if (n == 0)
        client_fail(call->client, "no such session");
}

static void drop(const struct call *call, struct session *session)
{
    (void)call;
    peer_drop(session->peer);
}

static void run_drop(const struct call *call, char *args)
{
    (void)args;
    for_sessions(call, false, drop);
}

static void unbind(const struct call *call, struct session *session)
{
    deliver_header(session, call->client, SMPP_unbind);
}

static void run_unbind(const struct call *call, char *args)
{
    (void)args;
    for_sessions(call, true, unbind);
}

static void enquire(const struct call *call, struct session *session)
{
    deliver_header(session, call->client, SMPP_enquire_link);
}

static void run_enquire(const struct call *call, char *args)
{
    (void)args;
    for_sessions(call, true, enquire);
}

static void run_raw(const struct call *call, char *args)
{
    struct session *session;

    TAILQ_FOREACH_REVERSE(session, &call->smsc->sessions, session_list, link)
    {
        if (session_fits(session, call->which)) {
            deliver_raw(session, call->client, args);
            return;
        }
    }
    client_fail(call->client, "no such session");
}

static void say_session(const struct call *call, struct session *session)
{
    char bind[SHOW_NAME_LEN], *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    if (to == NULL)
        abort();
    fprintf(to, "session=%u bind=%s system_id=", session->number,
            session->bind == 0 ? "none" : show_command(session->bind, bind));
    words_quote(to, session->system_id, strlen(session->system_id));
    fprintf(to, " version=0x%02x received=%llu", session->version,
            (unsigned long long)session->received);
    fclose(to);
    say_stream(call->client, text, len);
}

static void run_sessions(const struct call *call, char *args)
{
    struct session *session;
    (void)args;

    TAILQ_FOREACH(session, &call->smsc->sessions, link)
    {
        if (session_fits(session, call->which))
            say_session(call, session);
    }
}

static void say_message(const struct call *call, const struct message *message)
{
    char status[SHOW_NAME_LEN], *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    if (to == NULL)
        abort();
    fprintf(to, "number=%llu session=%u system_id=", (unsigned long long)message->number,
            message->session);
    words_quote(to, message->system_id, strlen(message->system_id));
    fprintf(to, " answered=%s message_id=", show_status(message->status, status));
    words_quote(to, message->id, strlen(message->id));
    fputc(' ', to);
    show_pdu(to, message->pdu, message->len, call->smsc->set.alphabet);
    fputs(" pdu=", to);
    words_hex(to, message->pdu, message->len);
    fclose(to);
    say_stream(call->client, text, len);
}

static void run_received(const struct call *call, char *args)
{
    struct archive *archive = call->smsc->archive;
    const char *word = words_next(&args);
    uint32_t last = 20;
    uint64_t count = archive_count(archive);

    if (word != NULL && words_number(word, ARCHIVE_KEPT, &last) != 0) {
        client_fail(call->client, "usage: received [LAST], up to %d", ARCHIVE_KEPT);
        return;
    }
    for (uint64_t n = count > last ? count - last + 1 : 1; n <= count; n++) {
        const struct message *message = archive_at(archive, n);
        if (message != NULL)
            say_message(call, message);
    }
}

static void run_count(const struct call *call, char *args)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    (void)args;

    if (to == NULL)
        abort();
    fprintf(to, "received=%llu", (unsigned long long)archive_count(call->smsc->archive));
    archive_print_tally(call->smsc->archive, to);
    fclose(to);
    say_stream(call->client, text, len);
}

static void run_clear(const struct call *call, char *args)
{
    (void)args;
    archive_clear(call->smsc->archive);
}

static void run_wait(const struct call *call, char *args)
{
    const char *number = words_next(&args);
    const char *time = words_next(&args);
    uint32_t count, ms = call->smsc->set.timeout;

    if (number == NULL || words_number(number, UINT32_MAX, &count) != 0 ||
        (time != NULL && words_duration(time, &ms) != 0))
        client_fail(call->client, "usage: wait COUNT [TIMEOUT]");
    else
        client_wait(call->client, count, ms);
}

static const struct command table[] = {
    {"mo", "[OPTIONS] FROM TO TEXT", "a handset's message; prints the answer to it", run_mo},
    {"mo-hex", "[OPTIONS] FROM TO DCS ESM HEX", "the same with these octets", run_mo_hex},
    {"receipt", "ID [STAT [ERR]]", "a receipt for a message received", run_receipt},
    {"raw", "[--wait] HEX", "octets as they are; --wait: a request, prints its answer", run_raw},
    {"enquire", "", "enquire_link to each session", run_enquire},
    {"unbind", "", "unbind to each session", run_unbind},
    {"drop", "", "closes connections without a word", run_drop},
    {"sessions", "", "who is connected", run_sessions},
    {"received", "[LAST]", "the last requests received", run_received},
    {"count", "", "of commands received and sent", run_count},
    {"clear", "", "forgets what was received", run_clear},
    {"wait", "COUNT [TIMEOUT]", "until so many were received in all", run_wait},
    {"set", "SETTING VALUE", "changes how the carrier behaves", run_set},
    {"help", "", "this list", run_help},
    {NULL, NULL, NULL, NULL},
};

void commands_help(FILE *to)
{
    for (const struct command *c = table; c->name != NULL; c++)
        fprintf(to, "  %-10s %-34s %s\n", c->name, c->args, c->help);
    fputs("  mo options: --coding N --esm N --data-sm --payload. FROM and TO may say TON/NPI:\n"
          "  in front; TEXT is UTF-8, \\n is a new line. @SESSION or @SYSTEM_ID in front of a\n"
          "  command chooses sessions: else the newest that can receive, or all.\n",
          to);
    settings_help(to);
}

void commands_run(struct smsc *smsc, struct client *client, char *line)
{
    struct call call = {smsc, client, NULL};
    char *name = words_next(&line);

    if (name != NULL && name[0] == '@') {
        call.which = name + 1;
        name = words_next(&line);
    }
    if (name == NULL)
        return;
    for (const struct command *c = table; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            c->run(&call, line);
            return;
        }
    }
    client_fail(client, "unknown command %s; try help", name);
}
