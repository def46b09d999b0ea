#include "proxy/ctl/lists.h"
#include "proxy/ctl/probe.h"
#include "proxy/store/dataset.h"
#include "proxy/store/journal_dir.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/lookup.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What is found, for both kinds of output. */
struct state {
    struct ctl *ctl;
    json_t *json;
    unsigned wrong; /* things that are not as they must be */
};

static void say_wrong(struct state *state, const char *what)
{
    state->wrong++;
    json_array_append_new(json_object_get(state->json, "problems"), json_string(what));
    if (!state->ctl->args.json) {
        printf("  WRONG: %s\n", what);
    }
}

static void say_warning(struct state *state, const char *what)
{
    json_array_append_new(json_object_get(state->json, "warnings"), json_string(what));
    if (!state->ctl->args.json) {
        printf("  warning: %s\n", what);
    }
}

static void redis_state(struct state *state, char dataset[LOOKUP_NAME_MAX])
{
    struct ctl *ctl = state->ctl;
    json_t *json = json_object();
    const char *address = ctl->conf->store.redis.text;

    json_object_set_new(state->json, "redis", json);
    output_json_text(json, "address", address);
    if (!ctl->args.json) {
        printf("Redis %s\n", address);
    }
    dataset[0] = '\0';
    const char *why = ctl_try_redis(ctl);
    if (why == NULL && lookup_dataset(ctl->redis, dataset) != 0) {
        why = redis_call_problem(ctl->redis);
    }
    json_object_set_new(json, "reachable", json_boolean(why == NULL));
    if (why != NULL) {
        say_wrong(state, why);
        return;
    }
    const struct server_facts *facts = redis_call_facts(ctl->redis);
    int persistent = server_facts_persistent(facts);
    output_json_text(json, "version", facts->version);
    output_json_text(json, "policy", facts->policy);
    json_object_set_new(json, "persistent",
                        persistent < 0 ? json_null() : json_boolean(persistent));
    output_json_text(json, "dataset", dataset);
    if (!ctl->args.json) {
        printf("  version %s, maxmemory-policy %s, %s\n  data set %s\n", facts->version,
               facts->policy[0] != '\0' ? facts->policy : "unknown",
               persistent > 0    ? "keeps its data on disk"
               : persistent == 0 ? "keeps nothing on disk"
                                 : "does not say whether it keeps its data",
               dataset[0] != '\0' ? dataset : "none");
    }
    if (redis_call_may_write(ctl->redis) != 0) {
        say_wrong(state, redis_call_problem(ctl->redis));
    }
    if (persistent == 0) {
        say_warning(state, "Redis keeps nothing on disk: after its restart the journals have to be "
                           "applied again");
    }
    if (facts->intset_entries != 0 && facts->intset_entries < LIST_BUCKET) {
        say_warning(state, "set-max-intset-entries is below 10000: lists take more memory");
    }
}

/* The number of the last line of a chain; 0: it has none. */
static int last_line(const char *dir, const char *chain, uint64_t after, uint64_t *last)
{
    const char *line;
    uint64_t seq;
    size_t len;
    int err;
    struct journal_reader *reader = journal_reader_open(dir, chain, after, &err);

    *last = after;
    if (reader == NULL) {
        return err;
    }
    while ((err = journal_reader_next(reader, &seq, &line, &len)) == 1) {
        *last = seq;
    }
    journal_reader_close(reader);
    return err;
}

static bool is_live(const char *dir, const char *chain)
{
    int fd = chain_open(dir, chain);
    bool live = fd >= 0 && chain_is_live(fd);

    if (fd >= 0) {
        close(fd);
    }
    return live;
}

static void chain_state(struct state *state, const char *chain, bool compare, json_t *chains)
{
    struct ctl *ctl = state->ctl;
    const char *dir = ctl->conf->store.journal;
    uint64_t applied = 0, last = 0;
    char a[32], b[32], problem[256];

    if (compare && lookup_applied(ctl->redis, chain, &applied) != 0) {
        compare = false;
    }
    int err = last_line(dir, chain, applied, &last);
    bool live = is_live(dir, chain);
    json_t *json = json_object();
    output_json_text(json, "chain", chain);
    json_object_set_new(json, "events", json_integer((json_int_t)last));
    json_object_set_new(json, "live", json_boolean(live));
    if (compare) {
        json_object_set_new(json, "applied", json_integer((json_int_t)applied));
    }
    json_array_append_new(chains, json);
    if (!ctl->args.json) {
        printf("  %-32s %12s events", chain, output_count(last, a));
        if (compare && applied < last) {
            printf(", %s not applied yet", output_count(last - applied, b));
        }
        puts(live ? ", in use" : "");
    }
    if (err != 0) {
        snprintf(problem, sizeof(problem),
                 "the journal %s cannot be read: %s; see stopgatectl "
                 "verify",
                 chain, strerror(-err));
        say_wrong(state, problem);
    } else if (compare && applied < last && !live) {
        snprintf(problem, sizeof(problem),
                 "%s events of %s wait for a daemon or a stopgatectl that applies them",
                 output_count(last - applied, b), chain);
        say_wrong(state, problem);
    }
}

static void journal_state(struct state *state, bool compare)
{
    struct ctl *ctl = state->ctl;
    const char *dir = ctl->conf->store.journal;
    json_t *json = json_object(), *chains = json_array();
    char problem[512], size[32];
    struct statvfs disk;

    json_object_set_new(state->json, "journal", json);
    output_json_text(json, "directory", dir);
    json_object_set_new(json, "chains", chains);
    if (!ctl->args.json) {
        printf("\njournal %s\n", dir);
    }
    char **names = access(dir, R_OK | X_OK) == 0 ? journal_chains(dir) : NULL;
    if (names == NULL) {
        snprintf(problem, sizeof(problem), "cannot read %s: %s", dir, strerror(errno));
        say_wrong(state, problem);
        return;
    }
    for (char **name = names; *name != NULL; name++) {
        chain_state(state, *name, compare, chains);
    }
    journal_chains_free(names);
    if (statvfs(dir, &disk) == 0) {
        uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
        json_object_set_new(json, "free", json_integer((json_int_t)left));
        if (!ctl->args.json) {
            printf("  %s free on its disk\n", output_octets(left, size));
        }
        if (left < (UINT64_C(64) << 20)) {
            say_wrong(state, "the disk of the journal is almost full");
        }
    }
}

static int count_bucket(void *arg, const char *name, size_t len, uint64_t numbers)
{
    struct ctl_list *list = ctl_lists_add(arg, name, len);

    if (list == NULL) {
        return -1;
    }
    list->numbers += numbers;
    return 0;
}

static void lists_state(struct state *state)
{
    struct ctl *ctl = state->ctl;
    json_t *json = json_array();
    struct ctl_lists lists;
    char count[32];

    json_object_set_new(state->json, "lists", json);
    if (ctl_lists_load(ctl, &lists) != 0) {
        state->wrong++;
        return;
    }
    if (lookup_counts(ctl->redis, count_bucket, &lists) != 0) {
        say_wrong(state, redis_call_problem(ctl->redis));
    }
    if (!ctl->args.json) {
        puts("\nlists");
    }
    for (unsigned i = 0; i < lists.n; i++) {
        json_t *list = json_object();
        output_json_text(list, "name", lists.v[i].name);
        json_object_set_new(list, "numbers", json_integer((json_int_t)lists.v[i].numbers));
        json_object_set_new(list, "blocks", json_boolean(lists.v[i].blocks));
        json_array_append_new(json, list);
        if (!ctl->args.json) {
            printf("  %-32s %12s numbers%s\n", lists.v[i].name,
                   output_count(lists.v[i].numbers, count),
                   lists.v[i].blocks ? "" : ", block nothing");
        }
    }
    ctl_lists_free(&lists);
}

static void daemon_state(struct state *state)
{
    struct ctl *ctl = state->ctl;
    const struct conf_console *console = &ctl->conf->console;
    const struct conf_uri *address =
        console->metrics_address.text != NULL ? &console->metrics_address : &console->address;
    json_t *json = json_object();
    char body[128], problem[512];

    json_object_set_new(state->json, "daemon", json);
    if (address->text == NULL) {
        json_object_set_new(json, "console", json_false());
        if (!ctl->args.json) {
            puts("\ndaemon\n  not asked: the configuration has no console");
        }
        return;
    }
    int status = ctl_probe(address, body, sizeof(body));
    output_json_text(json, "address", address->text);
    json_object_set_new(json, "ready", json_boolean(status == 200));
    if (!ctl->args.json) {
        printf("\ndaemon %s\n", address->text);
    }
    if (status == 200) {
        if (!ctl->args.json) {
            puts("  ready");
        }
        return;
    }
    if (status < 0) {
        snprintf(problem, sizeof(problem), "no daemon answers at %s: %s", address->text,
                 strerror(-status));
    } else {
        snprintf(problem, sizeof(problem), "the daemon at %s is not ready (%d): %s", address->text,
                 status, body);
    }
    say_wrong(state, problem);
}

int ctl_status(struct ctl *ctl)
{
    struct state state = {.ctl = ctl, .json = json_object()};
    char dataset[LOOKUP_NAME_MAX];

    if (ctl_become_owner(ctl) != 0) {
        return CTL_REFUSED;
    }
    json_object_set_new(state.json, "ok", json_true());
    json_object_set_new(state.json, "problems", json_array());
    json_object_set_new(state.json, "warnings", json_array());
    redis_state(&state, dataset);
    if (ctl->redis != NULL && dataset[0] == '\0') {
        say_wrong(&state, "Redis holds no data set: no daemon has run yet, or it was emptied");
    }
    journal_state(&state, ctl->redis != NULL && dataset[0] != '\0');
    if (ctl->redis != NULL) {
        lists_state(&state);
    }
    daemon_state(&state);
    json_object_set_new(state.json, "ok", json_boolean(state.wrong == 0));
    if (ctl->args.json) {
        output_json(state.json);
    } else {
        puts(state.wrong == 0 ? "\nAll is well." : "\nNot all is well: see WRONG above.");
        json_decref(state.json);
    }
    return state.wrong == 0 ? CTL_OK : CTL_REFUSED;
}
