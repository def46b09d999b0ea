#include "filters/intent.h"

#include "filters/intent_fold.h"
#include "filters/intent_words.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    char key[INTENT_FOLDED_MAX];  /* the folded text that this entry is for */
    char word[INTENT_FOLDED_MAX]; /* the keyword of which it is a spelling */
    enum intent_class class;
    const char *language; /* NULL: configured */
};

struct intent_rules {
    unsigned n, cap;
    struct entry entries[]; /* sorted by key */
};

_Static_assert(sizeof(((struct intent *)0)->keyword) >= INTENT_FOLDED_MAX, "a keyword must fit");

/* "opt out" and "optout" are one. */
static void join(const char *word, char out[INTENT_FOLDED_MAX])
{
    size_t n = 0;

    for (; *word; word++) {
        if (*word != ' ')
            out[n++] = *word;
    }
    out[n] = '\0';
}

static struct entry *find(struct intent_rules *rules, const char *key)
{
    for (unsigned i = 0; i < rules->n; i++) {
        if (strcmp(rules->entries[i].key, key) == 0)
            return &rules->entries[i];
    }
    return NULL;
}

/* A configured word takes the place of a built-in one, but what stops is never turned into
 * something else: for that the operator has to put it into `ignore` as well. */
static void put(struct intent_rules *rules, const char *key, const struct entry *like)
{
    struct entry *entry = find(rules, key);

    if (entry && (like->language || (entry->class == INTENT_OPTOUT && like->class != entry->class)))
        return;
    if (!entry) {
        if (rules->n == rules->cap)
            abort(); /* words were miscounted */
        entry = &rules->entries[rules->n++];
    }
    *entry = *like;
    memmove(entry->key, key, strlen(key) + 1);
}

static bool add(struct intent_rules *rules, const char *word, size_t len, enum intent_class class,
                const char *language)
{
    struct entry like = {.class = class, .language = language};
    char joined[INTENT_FOLDED_MAX];

    if (!intent_fold(word, len, like.word))
        return false;
    put(rules, like.word, &like);
    join(like.word, joined);
    put(rules, joined, &like);
    return true;
}

static void add_built_in(struct intent_rules *rules)
{
    for (unsigned i = 0; i < intent_words_count; i++) {
        const struct intent_words *words = &intent_words[i];

        for (const char *word = words->words; *word;) {
            size_t len = strcspn(word, ",");

            if (!add(rules, word, len, words->class, words->language))
                abort(); /* a word of ours that folds to nothing */
            word += len + (word[len] == ',');
        }
    }
}

static bool drop(struct intent_rules *rules, const char *word)
{
    char folded[INTENT_FOLDED_MAX], joined[INTENT_FOLDED_MAX], other[INTENT_FOLDED_MAX];
    unsigned kept = 0;

    if (!intent_fold(word, strlen(word), folded))
        return false;
    join(folded, joined);
    for (unsigned i = 0; i < rules->n; i++) {
        join(rules->entries[i].key, other);
        if (strcmp(other, joined) != 0)
            rules->entries[kept++] = rules->entries[i];
    }
    rules->n = kept;
    return true;
}

/* Returns the first word that is none, or NULL. */
static const char *add_all(struct intent_rules *rules, struct conf_strings words,
                           enum intent_class class)
{
    for (unsigned i = 0; i < words.n; i++) {
        if (!add(rules, words.v[i], strlen(words.v[i]), class, NULL))
            return words.v[i];
    }
    return NULL;
}

static unsigned count_built_in(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < intent_words_count; i++) {
        n++;
        for (const char *p = intent_words[i].words; *p; p++)
            n += *p == ',';
    }
    return n;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

struct intent_rules *intent_rules_new(struct conf_strings stop, struct conf_strings start,
                                      struct conf_strings help, struct conf_strings ignore,
                                      const char **bad)
{
    size_t cap = 2 * ((size_t)count_built_in() + stop.n + start.n + help.n);
    struct intent_rules *rules = calloc(1, sizeof(*rules) + cap * sizeof(rules->entries[0]));
    const char *wrong = NULL;

    *bad = NULL;
    if (!rules)
        return NULL;
    rules->cap = (unsigned)cap;
    add_built_in(rules);
    for (unsigned i = 0; i < ignore.n && !wrong; i++) {
        if (!drop(rules, ignore.v[i]))
            wrong = ignore.v[i];
    }
    if (!wrong)
        wrong = add_all(rules, stop, INTENT_OPTOUT);
    if (!wrong)
        wrong = add_all(rules, start, INTENT_OPTIN);
    if (!wrong)
        wrong = add_all(rules, help, INTENT_HELP);
    if (wrong) {
        *bad = wrong;
        free(rules);
        return NULL;
    }
    qsort(rules->entries, rules->n, sizeof(rules->entries[0]), compare);
    return rules;
}

void intent_rules_free(struct intent_rules *rules)
{
    free(rules);
}

static int compare_key(const void *key, const void *entry)
{
    return strcmp(key, ((const struct entry *)entry)->key);
}

void intent_read(const struct intent_rules *rules, const char *text, struct intent *intent)
{
    char key[INTENT_FOLDED_MAX];
    const struct entry *entry;

    memset(intent, 0, sizeof(*intent));
    intent->class = INTENT_OTHER;
    if (!intent_fold(text, strlen(text), key))
        return;
    entry = bsearch(key, rules->entries, rules->n, sizeof(rules->entries[0]), compare_key);
    if (!entry)
        return;
    intent->class = entry->class;
    memcpy(intent->keyword, entry->word, sizeof(entry->word));
    intent->language = entry->language;
    intent->rule = "keyword";
}

const char *intent_class_name(enum intent_class class)
{
    static const char *const names[] = {"other", "optout", "optin", "help", "review"};

    return (unsigned)class < sizeof(names) / sizeof(names[0]) ? names[class] : "other";
}
