#include "tests/sim/archive.h"

#include "tests/sim/show.h"

#include <stdlib.h>
#include <string.h>

#define TALLIES 64

struct tally {
    bool in, error;
    uint32_t command_id;
    uint64_t count;
};

struct archive {
    uint64_t count;
    struct message kept[ARCHIVE_KEPT];
    struct tally tallies[TALLIES];
    size_t tally_count;
};

struct archive *archive_new(void)
{
    return calloc(1, sizeof(struct archive));
}

void archive_clear(struct archive *archive)
{
    for (size_t i = 0; i < ARCHIVE_KEPT; i++)
        free((void *)archive->kept[i].pdu);
    memset(archive, 0, sizeof(*archive));
}

void archive_free(struct archive *archive)
{
    if (archive == NULL)
        return;
    archive_clear(archive);
    free(archive);
}

void archive_add(struct archive *archive, const struct message *message)
{
    struct message *slot = &archive->kept[archive->count % ARCHIVE_KEPT];
    uint8_t *pdu = malloc(message->len);

    if (pdu == NULL)
        abort();
    memcpy(pdu, message->pdu, message->len);
    free((void *)slot->pdu);
    *slot = *message;
    slot->pdu = pdu;
    slot->number = ++archive->count;
}

uint64_t archive_count(const struct archive *archive)
{
    return archive->count;
}

struct message *archive_at(struct archive *archive, uint64_t number)
{
    struct message *slot = &archive->kept[(number - 1) % ARCHIVE_KEPT];

    return number > 0 && slot->number == number ? slot : NULL;
}

static bool same(const char *text, struct smpp_str s)
{
    return text[0] != '\0' && strlen(text) == s.len && memcmp(text, s.p, s.len) == 0;
}

struct message *archive_find(struct archive *archive, struct smpp_str id)
{
    for (uint64_t n = archive->count; n > 0; n--) {
        struct message *message = archive_at(archive, n);
        if (message == NULL)
            return NULL;
        if (same(message->id, id) || same(message->receipt_id, id))
            return message;
    }
    return NULL;
}

void archive_tally(struct archive *archive, bool in, uint32_t command_id, uint32_t status)
{
    bool error = status != ESME_ROK;

    for (size_t i = 0; i < archive->tally_count; i++) {
        struct tally *t = &archive->tallies[i];
        if (t->in == in && t->command_id == command_id && t->error == error) {
            t->count++;
            return;
        }
    }
    if (archive->tally_count < TALLIES)
        archive->tallies[archive->tally_count++] = (struct tally){in, error, command_id, 1};
}

void archive_print_tally(const struct archive *archive, FILE *to)
{
    char name[SHOW_NAME_LEN];

    for (size_t i = 0; i < archive->tally_count; i++) {
        const struct tally *t = &archive->tallies[i];
        fprintf(to, " %s.%s%s=%llu", t->in ? "in" : "out", show_command(t->command_id, name),
                t->error ? ".error" : "", (unsigned long long)t->count);
    }
}
