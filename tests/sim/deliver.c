#include "tests/sim/deliver.h"

#include "smpp/build.h"
#include "tests/sim/compose.h"
#include "tests/sim/show.h"
#include "tests/sim/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct delivery {
    struct session *session;
    struct client *client;
    uint32_t esm_class; /* or'ed into that of every part */
};

/* Somebody waits for this answer. */
struct awaited {
    struct client *client;
    uint32_t command_id;
};

static void on_answer(void *ctx, uint32_t status, const char *instead)
{
    struct awaited *awaited = ctx;
    char command[SHOW_NAME_LEN], text[SHOW_NAME_LEN];

    if (instead != NULL)
        client_say(awaited->client, "%s %s", show_command(awaited->command_id, command), instead);
    else
        client_say(awaited->client, "%s %s", show_command(awaited->command_id | SMPP_RESP, command),
                   show_status(status, text));
    client_release(awaited->client);
    free(awaited);
}

static void send_awaited(struct session *session, struct client *client, uint8_t *pdu, size_t len)
{
    struct awaited *awaited = malloc(sizeof(*awaited));

    if (awaited == NULL)
        abort();
    *awaited = (struct awaited){client, smpp_get32(pdu + 4)};
    client_hold(client);
    session_request(session, pdu, len, on_answer, awaited);
}

static void emit(void *ctx, uint8_t *pdu, size_t len)
{
    struct delivery *delivery = ctx;

    send_awaited(delivery->session, delivery->client, pdu, len);
}

static void explain(struct client *client, int r)
{
    if (r == -EILSEQ)
        client_fail(client, "the text is not UTF-8, or has signs that the coding lacks");
    else if (r == -EMSGSIZE)
        client_fail(client, "too long");
    else if (r < 0)
        client_fail(client, "%s", strerror(-r));
}

/* Options in front of FROM. Returns false after having told the client what is wrong. */
static bool read_options(struct compose *compose, struct client *client, char **args)
{
    uint32_t coding, esm;

    while (strncmp(*args, "--", 2) == 0) {
        const char *option = words_next(args);
        if (strcmp(option, "--data-sm") == 0) {
            compose->msg.header.command_id = SMPP_data_sm;
        } else if (strcmp(option, "--payload") == 0) {
            compose->payload = true;
        } else if (strcmp(option, "--coding") == 0) {
            const char *value = words_next(args);
            if (value == NULL || words_number(value, 255, &coding) != 0) {
                client_fail(client, "--coding takes a number up to 255");
                return false;
            }
            compose->coding = (int)coding;
        } else if (strcmp(option, "--esm") == 0) {
            const char *value = words_next(args);
            if (value == NULL || words_number(value, 255, &esm) != 0) {
                client_fail(client, "--esm takes a number up to 255");
                return false;
            }
            compose->msg.esm_class = (uint8_t)esm;
        } else {
            client_fail(client, "unknown option %s", option);
            return false;
        }
        *args += strspn(*args, " ");
    }
    return true;
}

static bool read_addrs(struct smpp_msg *msg, struct client *client, char **args)
{
    const char *from = words_next(args);
    const char *to = words_next(args);

    if (from == NULL || to == NULL || compose_addr(from, &msg->src) != 0 ||
        compose_addr(to, &msg->dst) != 0) {
        client_fail(client, "FROM and TO are needed, TON and NPI up to 255");
        return false;
    }
    return true;
}

void deliver_mo(struct session *session, struct client *client, char *args)
{
    struct delivery delivery = {session, client, 0};
    struct compose compose = {
        .msg.header.command_id = SMPP_deliver_sm,
        .coding = COMPOSE_AUTO,
        .zero = (enum smpp_alphabet)session->smsc->set.alphabet,
    };

    if (!read_options(&compose, client, &args) || !read_addrs(&compose.msg, client, &args))
        return;
    words_unescape(args);
    compose.text = args;
    explain(client, compose_text(&compose, emit, &delivery));
}

void deliver_mo_hex(struct session *session, struct client *client, char *args)
{
    struct delivery delivery = {session, client, 0};
    struct compose compose = {.msg.header.command_id = SMPP_deliver_sm};
    uint8_t octets[COMPOSE_TEXT_MAX];
    uint32_t coding, esm;

    if (!read_options(&compose, client, &args) || !read_addrs(&compose.msg, client, &args))
        return;
    const char *dcs_word = words_next(&args);
    const char *esm_word = words_next(&args);
    const char *hex = words_next(&args);
    if (dcs_word == NULL || words_number(dcs_word, 255, &coding) != 0 || esm_word == NULL ||
        words_number(esm_word, 255, &esm) != 0) {
        client_fail(client, "usage: mo-hex FROM TO DCS ESM HEX");
        return;
    }
    int len = words_unhex(hex != NULL ? hex : "", octets, sizeof(octets));
    if (len < 0) {
        client_fail(client, "HEX is no hexadecimal, or is too long");
        return;
    }
    compose.msg.data_coding = (uint8_t)coding;
    compose.msg.esm_class = (uint8_t)esm;
    explain(client, compose_octets(&compose.msg, octets, (size_t)len, emit, &delivery));
}

void deliver_raw(struct session *session, struct client *client, char *args)
{
    const char *word = words_next(&args);
    bool wait = word != NULL && strcmp(word, "--wait") == 0;

    if (wait)
        word = words_next(&args);
    if (word == NULL) {
        client_fail(client, "usage: raw [--wait] HEX");
        return;
    }
    uint8_t *octets = malloc(strlen(word) / 2 + 1);
    if (octets == NULL)
        abort();
    int len = words_unhex(word, octets, strlen(word) / 2);
    if (len < (wait ? (int)SMPP_HEADER_LEN : 1))
        client_fail(client, "HEX is no hexadecimal, or too short");
    else if (wait)
        send_awaited(session, client, octets, (size_t)len);
    else
        peer_send(session->peer, octets, (size_t)len);
    free(octets);
}

void deliver_header(struct session *session, struct client *client, uint32_t command_id)
{
    uint8_t pdu[SMPP_HEADER_LEN];

    if (smpp_build_header(pdu, sizeof(pdu), command_id, ESME_ROK, 1) > 0)
        send_awaited(session, client, pdu, sizeof(pdu));
}
