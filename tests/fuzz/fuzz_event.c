/* Lines of a journal from a file that anybody may have written; and what reads as an event writes
 * as a line that is right. */
#include "proxy/store/event_json.h"
#include "proxy/store/event_line.h"
#include "proxy/store/journal_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct sha *sha, const struct event *event)
{
    struct event_link link;
    struct line_buf out = {0};
    struct line_facts facts;

    event_link_init(&link, "fuzz-00000000");
    if (event_json_write(&out, event, &link, sha) != 0 ||
        event_line_check(sha, out.data, out.len - 1, link.instance, &facts) != NULL)
        abort();
    free(out.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data, *instance;
    struct event event;
    struct event_line *keep;
    struct line_facts facts;
    uint64_t seq;
    struct sha *sha = sha_new();
    if (sha == NULL)
        return 0;

    (void)event_line_check(sha, line, size, "fuzz-00000000", &facts);
    if (event_line_parse(line, size, &event, &instance, &seq, &keep) == 0)
        write_again(sha, &event);
    event_line_free(keep);
    sha_free(sha);
    return 0;
}
