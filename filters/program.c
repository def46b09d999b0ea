#include "filters/filter.h"

#include <string.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_separator(uint8_t c)
{
    return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')' || c == '+';
}

/* A sender that is dialled: digits and what people write between them. */
static bool is_number(struct smpp_str s)
{
    bool digits = false;

    for (size_t i = 0; i < s.len; i++) {
        if (is_digit(s.p[i]))
            digits = true;
        else if (!is_separator(s.p[i]))
            return false;
    }
    return digits;
}

/* The next digit, or -1 at the end. */
static int next_digit(struct smpp_str *s)
{
    while (s->len > 0) {
        uint8_t c = s->p[0];

        s->p++;
        s->len--;
        if (is_digit(c))
            return c;
    }
    return -1;
}

static bool same_number(struct smpp_str a, struct smpp_str b)
{
    int x, y;

    do {
        x = next_digit(&a);
        y = next_digit(&b);
    } while (x == y && x != -1);
    return x == y;
}

static struct smpp_str trim(struct smpp_str s)
{
    while (s.len > 0 && s.p[0] == ' ') {
        s.p++;
        s.len--;
    }
    while (s.len > 0 && s.p[s.len - 1] == ' ')
        s.len--;
    return s;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same_name(struct smpp_str a, struct smpp_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

const struct flt_program *flt_program_of(const struct flt_world *world, struct smpp_str sender)
{
    bool number = is_number(sender);

    sender = trim(sender);
    if (sender.len == 0)
        return NULL;
    for (unsigned i = 0; i < world->program_count; i++) {
        const struct flt_program *program = &world->programs[i];

        for (unsigned j = 0; j < program->senders.n; j++) {
            const char *text = program->senders.v[j];
            struct smpp_str own = {(const uint8_t *)text, strlen(text)};

            if (number ? is_number(own) && same_number(own, sender) : same_name(trim(own), sender))
                return program;
        }
    }
    return NULL;
}

const struct flt_program *flt_program_named(const struct flt_world *world, const char *name)
{
    for (unsigned i = 0; name && i < world->program_count; i++) {
        if (strcmp(world->programs[i].name, name) == 0)
            return &world->programs[i];
    }
    return NULL;
}

const char *flt_region_of(const struct flt_world *world, const struct flt_program *program)
{
    if (program && program->region && program->region[0] != '\0')
        return program->region;
    return world->region ? world->region : "";
}

uint32_t flt_pdu_bit(uint32_t command_id)
{
    switch (command_id) {
    case SMPP_submit_sm: return FLT_SUBMIT_SM;
    case SMPP_submit_multi: return FLT_SUBMIT_MULTI;
    case SMPP_data_sm: return FLT_DATA_SM;
    case SMPP_deliver_sm: return FLT_DELIVER_SM;
    case SMPP_replace_sm: return FLT_REPLACE_SM;
    default: return 0;
    }
}

bool flt_name_ok(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-");

    return len > 0 && len <= 100 && name[len] == '\0' && strchr("._:-", name[0]) == NULL;
}
