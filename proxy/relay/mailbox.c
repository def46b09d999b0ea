/*
 * Receipts of ours on their way to a bind of the same account that can receive. Those that find
 * none wait for one, a while and not too many.
 */
#include "proxy/relay/session.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS     1024u
#define LETTERS_MAX 10000u
#define KEEP_US     (10u * 60u * 1000000u)
#define PDU_MAX     512u

struct letter {
    struct letter *next;
    char account[64];
    uint64_t posted_us;
    size_t len;
    uint8_t pdu[];
};

struct mailbox {
    struct relay *relay;
    struct session *buckets[BUCKETS]; /* bound sessions that can receive, by account */
    struct letter *first, *last;
    unsigned count;
    struct net_hook hook;
    struct event *retry;
};

static unsigned bucket_of(const char *account)
{
    uint32_t hash = 2166136261u;

    for (; *account != '\0'; account++)
        hash = (hash ^ (uint8_t)*account) * 16777619u;
    return hash % BUCKETS;
}

static bool hand_over(struct session *session, const struct letter *letter)
{
    struct side *to = &session->sender;
    struct window_entry *entry;
    uint8_t *out;

    if (conn_out_full(to->conn))
        return false;
    entry = window_add(&to->window, UINT32_MAX, OWNER_RECEIPT);
    if (entry == NULL)
        return false;
    out = conn_reserve(to->conn, letter->len);
    if (out == NULL) {
        window_remove(&to->window, entry);
        return false;
    }
    memcpy(out, letter->pdu, letter->len);
    smpp_set_sequence(out, entry->sequence);
    conn_commit(to->conn, letter->len);
    entry->command_id = SMPP_deliver_sm;
    entry->sent_us = relay_now_us(session);
    entry->out_end = conn_queued(to->conn);
    return true;
}

static bool deliver(struct mailbox *mailbox, const struct letter *letter)
{
    struct session *session = mailbox->buckets[bucket_of(letter->account)];

    for (; session != NULL; session = session->account_next) {
        if (strcmp(session->system_id, letter->account) == 0 && hand_over(session, letter))
            return true;
    }
    return false;
}

/* Runs at the end of a pass, so that the answer to a message leaves before its receipt. */
static void deliver_all(void *arg)
{
    struct mailbox *mailbox = arg;
    struct letter **link = &mailbox->first;
    uint64_t now = net_now_us(mailbox->relay->net);
    struct timeval second = {.tv_sec = 1};

    mailbox->last = NULL;
    while (*link != NULL) {
        struct letter *letter = *link;
        bool delivered = deliver(mailbox, letter);

        if (!delivered && now - letter->posted_us < KEEP_US) {
            mailbox->last = letter;
            link = &letter->next;
            continue;
        }
        if (!delivered)
            stat_add(mailbox->relay->measured->receipts_lost, 1);
        *link = letter->next;
        mailbox->count--;
        free(letter);
    }
    if (mailbox->first != NULL)
        evtimer_add(mailbox->retry, &second);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    struct mailbox *mailbox = arg;

    (void)fd;
    (void)what;
    net_hook_arm(mailbox->relay->net, &mailbox->hook);
}

struct mailbox *mailbox_new(struct relay *relay)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox);

    if (mailbox == NULL)
        return NULL;
    mailbox->relay = relay;
    mailbox->hook = (struct net_hook){.run = deliver_all, .arg = mailbox};
    mailbox->retry = evtimer_new(net_base(relay->net), on_retry, mailbox);
    if (mailbox->retry == NULL) {
        free(mailbox);
        return NULL;
    }
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    while (mailbox->first != NULL) {
        struct letter *letter = mailbox->first;

        mailbox->first = letter->next;
        free(letter);
    }
    event_free(mailbox->retry);
    free(mailbox);
}

void mailbox_join(struct session *session)
{
    struct mailbox *mailbox = session->relay->mailbox;
    struct session **bucket = &mailbox->buckets[bucket_of(session->system_id)];

    if (!session->can_receive)
        return;
    session->account_next = *bucket;
    session->account_prev = bucket;
    if (*bucket != NULL)
        (*bucket)->account_prev = &session->account_next;
    *bucket = session;
    if (mailbox->first != NULL)
        net_hook_arm(session->relay->net, &mailbox->hook);
}

void mailbox_leave(struct session *session)
{
    if (session->account_prev == NULL)
        return;
    *session->account_prev = session->account_next;
    if (session->account_next != NULL)
        session->account_next->account_prev = session->account_prev;
    session->account_prev = NULL;
    session->account_next = NULL;
}

void mailbox_post(struct relay *relay, const char *account, const struct smpp_msg *msg)
{
    struct mailbox *mailbox = relay->mailbox;
    struct letter *letter;

    if (mailbox->count >= LETTERS_MAX) {
        stat_add(relay->measured->receipts_lost, 1);
        return;
    }
    letter = malloc(sizeof *letter + PDU_MAX);
    if (letter == NULL)
        return;
    letter->len = smpp_build_msg(letter->pdu, PDU_MAX, msg);
    if (letter->len == 0) {
        free(letter);
        stat_add(relay->measured->receipts_lost, 1);
        return;
    }
    letter->next = NULL;
    letter->posted_us = net_now_us(relay->net);
    strncpy(letter->account, account, sizeof letter->account - 1);
    letter->account[sizeof letter->account - 1] = '\0';
    if (mailbox->last != NULL)
        mailbox->last->next = letter;
    else
        mailbox->first = letter;
    mailbox->last = letter;
    mailbox->count++;
    stat_add(relay->measured->receipts_posted, 1);
    net_hook_arm(relay->net, &mailbox->hook);
}
