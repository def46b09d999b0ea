#include "proxy/store/list_key.h"

#include "filters/filter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {[LIST_KEY_LIST] = "list:", [LIST_KEY_MARK] = "mark:"};

bool list_name_ok(const char *name)
{
    static const char own[] = LIST_DEFAULT ":"; /* a program's own list, however long its name */
    size_t skip = strncmp(name, own, sizeof own - 1) == 0 ? sizeof own - 1 : 0;
    return flt_name_ok(name + skip);
}

static int key_result(int printed, size_t cap)
{
    return printed < 0 || (size_t)printed >= cap ? -ENAMETOOLONG : printed;
}

int list_key(char *out, size_t cap, const char *prefix, enum list_key_kind kind, const char *list,
             uint64_t bucket)
{
    return key_result(snprintf(out, cap, "%s%s%s:%" PRIu64, prefix, kind_names[kind], list, bucket),
                      cap);
}

int list_key_plain(char *out, size_t cap, const char *prefix, const char *name)
{
    return key_result(snprintf(out, cap, "%s%s", prefix, name), cap);
}

/* Adds `text` with the octets that a glob would read as its own escaped. */
static size_t add_escaped(char *out, size_t cap, size_t len, const char *text)
{
    for (; *text; text++) {
        if (strchr("*?[]\\^", *text)) {
            if (len < cap)
                out[len] = '\\';
            len++;
        }
        if (len < cap)
            out[len] = *text;
        len++;
    }
    return len;
}

int list_key_pattern(char *out, size_t cap, const char *prefix, enum list_key_kind kind,
                     const char *list)
{
    size_t len = add_escaped(out, cap, 0, prefix);
    len = add_escaped(out, cap, len, kind_names[kind]);
    len = add_escaped(out, cap, len, list);
    if (len + 3 > cap)
        return -ENAMETOOLONG;
    memcpy(out + len, ":*", 3);
    return (int)len + 2;
}

int list_number_parse(const char *text, size_t len, uint64_t *number)
{
    if (len == 0 || len > 19 || (text[0] == '0' && len > 1))
        return -EINVAL;
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *number = value;
    return 0;
}

int list_key_parse(const char *key, size_t len, const char *prefix, enum list_key_kind kind,
                   const char *list, uint64_t *bucket)
{
    const char *parts[] = {prefix, kind_names[kind], list, ":"};
    for (unsigned i = 0; i < 4; i++) {
        size_t n = strlen(parts[i]);
        if (n > len || memcmp(key, parts[i], n) != 0)
            return -EINVAL;
        key += n;
        len -= n;
    }
    return list_number_parse(key, len, bucket);
}

int list_mark_parse(const char *text, size_t len, struct list_mark *mark)
{
    const char *end = text + len;
    const char *time_end = memchr(text, ' ', len);
    if (!time_end || list_number_parse(text, (size_t)(time_end - text), &mark->time_ms) < 0)
        return -EBADMSG;
    const char *at = time_end + 1;
    if (end - at < 5 || (at[0] != '+' && at[0] != '-') || at[1] != ' ')
        return -EBADMSG;
    mark->op = at[0];
    at += 2;
    const char *chain_end = memchr(at, ' ', (size_t)(end - at));
    if (!chain_end || chain_end == at || (size_t)(chain_end - at) >= sizeof mark->chain)
        return -EBADMSG;
    memcpy(mark->chain, at, (size_t)(chain_end - at));
    mark->chain[chain_end - at] = '\0';
    at = chain_end + 1;
    return list_number_parse(at, (size_t)(end - at), &mark->seq) < 0 ? -EBADMSG : 0;
}
