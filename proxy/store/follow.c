#include "proxy/store/follow.h"

#include "proxy/store/event_op.h"
#include "proxy/store/journal_dir.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/list_key.h"
#include "proxy/store/overlay.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRESH_US     150000u  /* a look is recent */
#define CHAINS_US    1000000u /* between looks for new chains */
#define LINES_A_LOOK 20000u   /* of one chain: the loop has other things to do */

struct leader {
    struct leader *next;
    struct follow *follow;
    char *chain;
    struct journal_reader *reader; /* NULL: not opened yet */
    struct overlay *overlay;
    uint64_t read, last; /* last line read; no line beyond `last` (of our own chain) is wanted */
    bool asked;
};

struct follow {
    struct follow_options options;
    struct leader *leaders;
    uint64_t looked_us, listed_us;
    uint64_t applied, saved;
    bool any_live;
};

struct follow *follow_new(const struct follow_options *options)
{
    struct follow *follow = calloc(1, sizeof *follow);

    if (follow != NULL)
        follow->options = *options;
    return follow;
}

static void leader_free(struct leader *leader)
{
    journal_reader_close(leader->reader);
    overlay_free(leader->overlay);
    free(leader->chain);
    free(leader);
}

static void save(struct follow *follow);

void follow_free(struct follow *follow)
{
    if (follow == NULL)
        return;
    save(follow);
    while (follow->leaders != NULL) {
        struct leader *leader = follow->leaders;

        follow->leaders = leader->next;
        leader_free(leader);
    }
    free(follow);
}

/* How far a chain was known to be applied, by the process that wrote it. Too low does no harm. */
static uint64_t load(int chain)
{
    char text[32] = "";
    uint64_t seq = 0;
    int fd = openat(chain, "applied", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    if (n > 0 && list_number_parse(text, strcspn(text, "\n"), &seq) != 0)
        seq = 0;
    return seq;
}

static void save(struct follow *follow)
{
    char text[32];
    int chain, fd, len;
    bool whole;

    if (follow->applied == follow->saved)
        return;
    chain = chain_open(follow->options.dir, follow->options.chain);
    fd = chain < 0 ? -1
                   : openat(chain, "applied.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd >= 0) {
        len = snprintf(text, sizeof text, "%" PRIu64 "\n", follow->applied);
        whole = write(fd, text, (size_t)len) == len;
        close(fd);
        if (whole && renameat(chain, "applied.new", chain, "applied") == 0)
            follow->saved = follow->applied;
    }
    if (chain >= 0)
        close(chain);
}

void follow_applied(struct follow *follow, uint64_t seq)
{
    if (seq > follow->applied)
        follow->applied = seq;
}

static struct leader *leader_of(struct follow *follow, const char *chain)
{
    struct leader *leader = follow->leaders;

    while (leader != NULL && strcmp(leader->chain, chain) != 0)
        leader = leader->next;
    return leader;
}

static void add_leader(struct follow *follow, const char *chain)
{
    struct leader *leader = calloc(1, sizeof *leader);

    if (leader == NULL)
        return;
    leader->follow = follow;
    leader->last =
        strcmp(chain, follow->options.chain) == 0 ? follow->options.own_last : UINT64_MAX;
    leader->chain = strdup(chain);
    leader->overlay = overlay_new();
    if (leader->chain == NULL || leader->overlay == NULL) {
        leader_free(leader);
        return;
    }
    leader->next = follow->leaders;
    follow->leaders = leader;
}

static void look_for_chains(struct follow *follow)
{
    char **chains = journal_chains(follow->options.dir);

    if (chains == NULL)
        return;
    for (char **chain = chains; *chain != NULL; chain++) {
        if (leader_of(follow, *chain) == NULL)
            add_leader(follow, *chain);
    }
    journal_chains_free(chains);
    follow->any_live = false;
    for (struct leader *l = follow->leaders; l != NULL; l = l->next) {
        int fd = strcmp(l->chain, follow->options.chain) == 0
                     ? -1
                     : chain_open(follow->options.dir, l->chain);

        if (fd < 0)
            continue;
        follow->any_live = follow->any_live || chain_is_live(fd);
        close(fd);
    }
}

/* Most lines are of blocks and failures, which change no list: they are told by their beginning. */
static bool may_change(const char *line, size_t len)
{
    size_t head = len < 160 ? len : 160;

    return memmem(line, head, "\"type\":\"opt", 11) != NULL ||
           memmem(line, head, "\"type\":\"bounce\"", 15) != NULL;
}

static void take(struct leader *leader, uint64_t seq, const char *line, size_t len)
{
    struct event_line *keep = NULL;
    struct event event;
    struct event_op op;
    uint32_t list;

    if (!may_change(line, len) || event_line_parse(line, len, &event, NULL, NULL, &keep) != 0)
        return;
    event_op(&event, &op);
    if ((op.op == OP_ADD || op.op == OP_REMOVE) &&
        names_id(leader->follow->options.names, op.list, &list) == 0 &&
        overlay_begin(leader->overlay, list, op.number, op.op, event.time_ms) == 0)
        overlay_journaled(leader->overlay, list, op.number, op.op, seq);
    event_line_free(keep);
}

static bool open_reader(struct leader *leader)
{
    const struct follow_options *options = &leader->follow->options;
    int error, chain;

    if (leader->reader != NULL)
        return true;
    chain = chain_open(options->dir, leader->chain);
    if (chain < 0)
        return false;
    leader->read = load(chain);
    close(chain);
    leader->reader = journal_reader_open(options->dir, leader->chain, leader->read, &error);
    return leader->reader != NULL;
}

static void read_on(struct leader *leader)
{
    const char *line;
    uint64_t seq;
    size_t len;

    if (leader->read >= leader->last || !open_reader(leader))
        return;
    for (unsigned i = 0; i < LINES_A_LOOK && leader->read < leader->last; i++) {
        if (journal_reader_next(leader->reader, &seq, &line, &len) != 1)
            return;
        leader->read = seq;
        if (seq <= leader->last)
            take(leader, seq, line, len);
    }
}

static void look(struct follow *follow)
{
    follow->looked_us = net_now_us(follow->options.net);
    if (follow->looked_us - follow->listed_us > CHAINS_US) {
        follow->listed_us = follow->looked_us;
        look_for_chains(follow);
        save(follow);
    }
    for (struct leader *l = follow->leaders; l != NULL; l = l->next)
        read_on(l);
}

static void on_how_far(void *arg, const struct redisReply *reply)
{
    struct leader *leader = arg;
    uint64_t seq;

    leader->asked = false;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING &&
        list_number_parse(reply->str, reply->len, &seq) == 0)
        overlay_applied(leader->overlay, seq);
}

void follow_ask(struct follow *follow)
{
    for (struct leader *l = follow->leaders; l != NULL; l = l->next) {
        if (!l->asked && overlay_count(l->overlay) > 0)
            l->asked = redis_send(follow->options.redis, on_how_far, l, "HGET %sapplied %s",
                                  follow->options.prefix, l->chain) == 0;
    }
}

void follow_tick(struct follow *follow)
{
    look(follow);
}

bool follow_hit(struct follow *follow, uint32_t list, uint64_t number)
{
    if (net_now_us(follow->options.net) - follow->looked_us > FRESH_US)
        look(follow);
    for (const struct leader *l = follow->leaders; l != NULL; l = l->next) {
        if (overlay_hit(l->overlay, list, number))
            return true;
    }
    return false;
}

bool follow_shared(const struct follow *follow)
{
    return follow->any_live;
}

uint32_t follow_count(const struct follow *follow)
{
    uint32_t count = 0;

    for (const struct leader *l = follow->leaders; l != NULL; l = l->next)
        count += overlay_count(l->overlay);
    return count;
}
