#include "proxy/store/event_json.h"
#include "proxy/store/event_line.h"
#include "proxy/store/journal_dir.h"
#include "proxy/store/journal_lines.h"
#include "proxy/store/journal_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct verifier {
    struct sha *sha;
    int chain;
    struct event_link link; /* the last line that was found good */
    struct journal_lines lines;
    struct verify_result result;
};

static void spoil(struct verifier *v, uint32_t segment, uint64_t line, const char *problem, ...)
    __attribute__((format(printf, 4, 5)));

static void spoil(struct verifier *v, uint32_t segment, uint64_t line, const char *problem, ...)
{
    va_list args;
    va_start(args, problem);
    vsnprintf(v->result.problem, sizeof v->result.problem, problem, args);
    va_end(args);
    if (segment != 0)
        segment_name(segment, v->result.file);
    v->result.line = line;
    v->result.whole = false;
}

static bool line_is_good(struct verifier *v, uint32_t segment, uint64_t number, const char *line,
                         size_t len)
{
    struct line_facts facts;
    const char *problem = event_line_check(v->sha, line, len, v->result.chain, &facts);

    if (problem != NULL)
        spoil(v, segment, number, "%s", problem);
    else if (facts.seq != v->link.seq + 1)
        spoil(v, segment, number,
              "seq is %" PRIu64 " where %" PRIu64 " should follow: lines are %s", facts.seq,
              v->link.seq + 1, facts.seq > v->link.seq ? "missing before it" : "inserted or moved");
    else if (strcmp(facts.prev, v->link.hash) != 0)
        spoil(v, segment, number,
              "prev is not the hash of the line before: one of them was changed");
    else {
        v->link.seq = facts.seq;
        memcpy(v->link.hash, facts.hash, sizeof facts.hash);
        v->result.lines++;
        return true;
    }
    return false;
}

/* At the end of the chain, half a line is a writer's work in progress, or what a crash left. */
static void judge_partial(struct verifier *v, uint32_t segment, uint64_t number, bool last)
{
    if (!last)
        spoil(v, segment, number, "the file ends in the middle of a line");
    else
        spoil(v, segment, number,
              "the last line is torn: it was being written when its writer stopped (the next start "
              "of a writer sets it aside)");
}

static void verify_segment(struct verifier *v, uint32_t segment, bool last)
{
    uint64_t number = 0;
    bool asked = false;
    int fd = segment_open(v->chain, segment, O_RDONLY);
    if (fd < 0) {
        spoil(v, segment, 0, "the file cannot be read: %s", strerror(-fd));
        return;
    }
    journal_lines_begin(&v->lines, fd);
    for (;;) {
        const char *line;
        size_t len;
        int got = journal_lines_next(&v->lines, &line, &len);
        if (got == 1) {
            if (!line_is_good(v, segment, ++number, line, len))
                return;
            continue;
        }
        if (got == -EBADMSG)
            spoil(v, segment, number + 1, "the line is longer than any that is written");
        else if (got < 0)
            spoil(v, segment, number + 1, "the file cannot be read: %s", strerror(-got));
        if (got < 0 || v->lines.partial == 0 || (last && chain_is_live(v->chain)))
            return;
        /* The writer may have ended between the reading and the question; so read once more. */
        if (!last || asked) {
            judge_partial(v, segment, number + 1, last);
            return;
        }
        asked = true;
    }
}

static void verify_segments(struct verifier *v)
{
    uint32_t *numbers;
    size_t n;
    int err = segment_list(v->chain, &numbers, &n);
    if (err != 0)
        spoil(v, 0, 0, "the directory cannot be read: %s", strerror(-err));
    for (size_t i = 0; i < n && v->result.whole; i++) {
        if (numbers[i] != i + 1)
            spoil(v, (uint32_t)i + 1, 0, "the file is missing");
        else
            verify_segment(v, numbers[i], i == n - 1);
    }
    free(numbers);
}

static void verify_chain(struct verifier *v, const char *dir, const char *name)
{
    v->result = (struct verify_result){.chain = name, .whole = true};
    event_link_init(&v->link, name);
    v->chain = chain_open(dir, name);
    if (v->chain < 0) {
        spoil(v, 0, 0, "the directory cannot be opened: %s", strerror(-v->chain));
        return;
    }
    verify_segments(v);
    close(v->chain);
}

int journal_verify(const char *dir, void (*report)(void *arg, const struct verify_result *),
                   void *arg)
{
    char **chains = journal_chains(dir);
    if (chains == NULL)
        return -errno;
    struct verifier v = {.sha = sha_new(), .lines.fd = -1};
    int spoilt = v.sha == NULL ? -ENOMEM : 0;

    for (size_t i = 0; spoilt >= 0 && chains[i] != NULL; i++) {
        verify_chain(&v, dir, chains[i]);
        spoilt += v.result.whole ? 0 : 1;
        report(arg, &v.result);
    }
    journal_lines_free(&v.lines);
    sha_free(v.sha);
    journal_chains_free(chains);
    return spoilt;
}
