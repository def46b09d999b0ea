#include "proxy/store/event_line.h"

#include "proxy/store/event_json.h"
#include "proxy/store/journal_read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

struct event_line {
    json_t *root;
};

static json_t *load_object(const char *line, size_t len)
{
    json_error_t error;
    json_t *root =
        len > EVENT_LINE_MAX ? NULL : json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

/* A member that is missing is all right and leaves the field alone; one of the wrong type is not.
 */
static bool get_string(const json_t *root, const char *key, const char **value)
{
    const json_t *member = json_object_get(root, key);
    if (member == NULL)
        return true;
    *value = json_string_value(member);
    return *value != NULL;
}

static bool get_number(const json_t *root, const char *key, uint64_t *value)
{
    const json_t *member = json_object_get(root, key);
    if (member == NULL)
        return true;
    if (!json_is_integer(member) || json_integer_value(member) < 0)
        return false;
    *value = (uint64_t)json_integer_value(member);
    return true;
}

static bool read_event(const json_t *root, struct event *event, const char **instance,
                       uint64_t *seq)
{
    const char *time = NULL, *type = NULL, *source = NULL;

    if (!get_number(root, "seq", seq) || !get_string(root, "time", &time) ||
        !get_string(root, "type", &type) || !get_string(root, "source", &source) ||
        !get_number(root, "count", &event->count) || !get_string(root, "instance", instance))
        return false;
    if (*seq == 0 || *instance == NULL || time == NULL || type == NULL)
        return false;
    if (event_time_parse(time, &event->time_ms) != 0 || event_type_parse(type, &event->type) != 0)
        return false;
    if (source != NULL && event_source_parse(source, &event->source) != 0)
        return false;
#define X(symbol)                                                                                  \
    if (!get_string(root, #symbol, &event->symbol))                                                \
        return false;
    EVENT_STRINGS(X)
#undef X
    return true;
}

int event_line_parse(const char *line, size_t len, struct event *event, const char **instance,
                     uint64_t *seq, struct event_line **keep)
{
    const char *chain = NULL;
    uint64_t number = 0;

    *event = (struct event){0};
    *keep = NULL;
    json_t *root = load_object(line, len);
    struct event_line *made = calloc(1, sizeof *made);
    if (made == NULL || root == NULL || !read_event(root, event, &chain, &number)) {
        int err = made == NULL ? -ENOMEM : -EBADMSG;
        json_decref(root);
        free(made);
        *event = (struct event){0};
        return err;
    }
    made->root = root;
    *keep = made;
    if (instance != NULL)
        *instance = chain;
    if (seq != NULL)
        *seq = number;
    return 0;
}

void event_line_free(struct event_line *keep)
{
    if (keep == NULL)
        return;
    json_decref(keep->root);
    free(keep);
}

/* The members that the hash leaves out, taken from their object. */
struct outside {
    json_t *text, *salt, *hash;
};

static json_t *take_out(json_t *root, const char *key)
{
    json_t *member = json_incref(json_object_get(root, key));
    json_object_del(root, key);
    return member;
}

/* Takes the dump of `value` off the front of *rest. */
static bool eat_value(const char **rest, const char *end, const char *key, const json_t *value)
{
    size_t key_len = strlen(key), left = (size_t)(end - *rest);
    if (value == NULL)
        return true;
    if (left < key_len || memcmp(*rest, key, key_len) != 0)
        return false;

    char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t len = dump == NULL ? 0 : strlen(dump);
    bool same = dump != NULL && left - key_len >= len && memcmp(*rest + key_len, dump, len) == 0;
    free(dump);
    *rest += key_len + len;
    return same;
}

/* Whether the line is what would be written of these members: first `base`, the dump of those that
 * are hashed, then the rest in its order. */
static bool is_canonical(const char *line, size_t len, const char *base,
                         const struct outside *outside)
{
    size_t base_len = strlen(base) - 1; /* without the brace */
    const char *rest = line + base_len, *end = line + len;

    if (len < base_len || memcmp(line, base, base_len) != 0)
        return false;
    return eat_value(&rest, end, ",\"text\":", outside->text) &&
           eat_value(&rest, end, ",\"salt\":", outside->salt) &&
           eat_value(&rest, end, ",\"hash\":", outside->hash) && end - rest == 1 && *rest == '}';
}

static const char *check_text(struct sha *sha, const json_t *root, const struct outside *outside)
{
    const char *expected = json_string_value(json_object_get(root, "text_hash"));
    const char *text = json_string_value(outside->text);
    const char *salt = json_string_value(outside->salt);
    char hex[SHA_HEX + 1];

    if (outside->text == NULL && outside->salt == NULL)
        return NULL;
    if (text == NULL || salt == NULL || expected == NULL)
        return "its text cannot be checked: text, salt and text_hash belong together";
    sha_add(sha, salt, strlen(salt));
    sha_add(sha, text, strlen(text));
    sha_hex(sha, hex);
    return strcmp(hex, expected) == 0 ? NULL : "its text does not match text_hash";
}

/* The members that every line has, and that tell where it belongs. */
static const char *check_place(const json_t *root, const char *instance, struct line_facts *facts)
{
    const char *chain = NULL, *prev = NULL, *time = NULL;
    uint64_t ms;

    if (!get_number(root, "seq", &facts->seq) || facts->seq == 0)
        return "seq is missing or not a number";
    if (!get_string(root, "time", &time) || time == NULL || event_time_parse(time, &ms) != 0)
        return "time is missing or not a time";
    if (!get_string(root, "instance", &chain) || chain == NULL || strcmp(chain, instance) != 0)
        return "instance is not the name of this chain";
    if (!get_string(root, "prev", &prev) || prev == NULL || strlen(prev) != SHA_HEX)
        return "prev is missing or not a digest";
    memcpy(facts->prev, prev, SHA_HEX + 1);
    return NULL;
}

static const char *check_members(struct sha *sha, const char *line, size_t len, const json_t *root,
                                 const struct outside *outside, const char *instance,
                                 struct line_facts *facts)
{
    const char *hash = json_string_value(outside->hash);
    if (hash == NULL || strlen(hash) != SHA_HEX)
        return "hash is missing or not a digest";

    char *base = json_dumps(root, JSON_COMPACT);
    if (base == NULL)
        return "it cannot be checked: out of memory";
    bool canonical = is_canonical(line, len, base, outside);
    sha_add(sha, base, strlen(base));
    free(base);
    sha_hex(sha, facts->hash);
    if (!canonical)
        return "it is not in the form in which lines are written";
    if (strcmp(facts->hash, hash) != 0)
        return "hash is not that of its content: the line was changed";

    const char *problem = check_place(root, instance, facts);
    return problem != NULL ? problem : check_text(sha, root, outside);
}

const char *event_line_check(struct sha *sha, const char *line, size_t len, const char *instance,
                             struct line_facts *facts)
{
    *facts = (struct line_facts){0};
    json_t *root = load_object(line, len);
    if (root == NULL)
        return "it is not a JSON object";
    struct outside outside = {
        .text = take_out(root, "text"),
        .salt = take_out(root, "salt"),
        .hash = take_out(root, "hash"),
    };
    const char *problem = check_members(sha, line, len, root, &outside, instance, facts);
    json_decref(outside.text);
    json_decref(outside.salt);
    json_decref(outside.hash);
    json_decref(root);
    return problem;
}
