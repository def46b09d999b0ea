#include "proxy/store/names.h"

#include "proxy/store/list_key.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * NAMES_MAX)

static const char command[] = "*3\r\n$9\r\nSISMEMBER\r\n$";

struct name {
    const char *list; /* within key */
    size_t key_len;   /* of the key without its bucket */
    char key[];       /* "<prefix>list:<list>:" and, behind a NUL, the list's name */
};

struct names {
    char prefix[LIST_PREFIX_MAX + 1];
    uint32_t count;
    uint32_t slots[SLOTS]; /* id + 1, by hash of the name */
    struct name *names[NAMES_MAX];
};

struct names *names_new(const char *prefix)
{
    struct names *names = strlen(prefix) <= LIST_PREFIX_MAX ? calloc(1, sizeof *names) : NULL;
    if (names)
        memcpy(names->prefix, prefix, strlen(prefix));
    return names;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    for (uint32_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names);
}

static struct name *name_new(const char *prefix, const char *list)
{
    size_t prefix_len = strlen(prefix), list_len = strlen(list);
    size_t key_len = prefix_len + 5 + list_len + 1;
    struct name *name = malloc(sizeof *name + key_len + 1 + list_len + 1);
    if (!name)
        return NULL;
    name->key_len = key_len;
    memcpy(name->key, prefix, prefix_len);
    memcpy(name->key + prefix_len, "list:", 5);
    memcpy(name->key + prefix_len + 5, list, list_len);
    memcpy(name->key + key_len - 1, ":", 2);
    memcpy(name->key + key_len + 1, list, list_len + 1);
    name->list = name->key + key_len + 1;
    return name;
}

int names_id(struct names *names, const char *list, uint32_t *id)
{
    uint32_t hash = 2166136261u;
    for (const char *at = list; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    uint32_t slot = hash % SLOTS;
    for (; names->slots[slot]; slot = (slot + 1) % SLOTS) {
        if (strcmp(names->names[names->slots[slot] - 1]->list, list) == 0) {
            *id = names->slots[slot] - 1;
            return 0;
        }
    }
    if (!list_name_ok(list))
        return -EINVAL;
    if (names->count == NAMES_MAX)
        return -EAGAIN;
    struct name *name = name_new(names->prefix, list);
    if (!name)
        return -ENOMEM;
    *id = names->count;
    names->names[names->count++] = name;
    names->slots[slot] = names->count;
    return 0;
}

/* Decimal digits without a NUL; returns how many. */
static size_t digits(char *out, uint64_t value)
{
    char reversed[20];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

size_t names_command(const struct names *names, uint32_t id, uint64_t number, char *out)
{
    assert(id < names->count);
    const struct name *name = names->names[id];
    char bucket[20];
    size_t bucket_len = digits(bucket, list_bucket(number));
    char *at = out;
    memcpy(at, command, sizeof command - 1);
    at += sizeof command - 1;
    at += digits(at, name->key_len + bucket_len);
    memcpy(at, "\r\n", 2);
    memcpy(at + 2, name->key, name->key_len);
    at += 2 + name->key_len;
    memcpy(at, bucket, bucket_len);
    at += bucket_len;
    size_t member_len = digits(bucket, list_member(number));
    memcpy(at, "\r\n$", 3);
    at[3] = (char)('0' + member_len);
    memcpy(at + 4, "\r\n", 2);
    memcpy(at + 6, bucket, member_len);
    memcpy(at + 6 + member_len, "\r\n", 2);
    return (size_t)(at + 8 + member_len - out);
}
