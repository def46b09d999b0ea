#include "proxy/store/journal_dir.h"
#include "proxy/store/journal_read.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_HEX   8
#define HOST_MAX 40
#define NAME_BUF 100

/* <something>-<8 hex> */
static bool is_chain_name(const char *name)
{
    size_t len = strlen(name);
    if (len < ID_HEX + 2 || len >= NAME_BUF || name[0] == '.' || strchr(name, '/') != NULL)
        return false;
    const char *id = name + len - ID_HEX;
    return id[-1] == '-' && strspn(id, "0123456789abcdef") == ID_HEX;
}

int chain_open(const char *dir, const char *chain)
{
    char *path;
    if (!is_chain_name(chain))
        return -EINVAL;
    if (asprintf(&path, "%s/%s", dir, chain) < 0)
        return -ENOMEM;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int err = -errno;
    free(path);
    return fd < 0 ? err : fd;
}

static int is_chain_entry(const struct dirent *entry)
{
    return (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) && is_chain_name(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

char **journal_chains(const char *dir)
{
    struct dirent **entries = NULL;
    int n = scandir(dir, &entries, is_chain_entry, by_name);
    if (n < 0 && errno != ENOENT)
        return NULL;
    if (n < 0)
        n = 0;

    char **chains = calloc((size_t)n + 1, sizeof *chains);
    bool ok = chains != NULL;
    for (int i = 0; i < n; i++) {
        if (ok) {
            chains[i] = strdup(entries[i]->d_name);
            ok = chains[i] != NULL;
        }
        free(entries[i]);
    }
    free(entries);
    if (!ok) {
        journal_chains_free(chains);
        errno = ENOMEM;
        return NULL;
    }
    return chains;
}

void journal_chains_free(char **chains)
{
    for (size_t i = 0; chains != NULL && chains[i] != NULL; i++)
        free(chains[i]);
    free(chains);
}

/* Front of the names of this host's chains. What is no letter or digit of a name becomes a dash. */
static void chain_front(const char *kind, char front[NAME_BUF])
{
    char host[HOST_MAX + 1] = "";
    if (gethostname(host, sizeof host) != 0 && errno != ENAMETOOLONG)
        host[0] = '\0';
    host[HOST_MAX] = '\0';
    host[strcspn(host, ".")] = '\0';
    for (char *c = host; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '-';
    bool daemon = strcmp(kind, "daemon") == 0;
    snprintf(front, NAME_BUF, "%.32s%s%s-", daemon ? "" : kind, daemon ? "" : "-",
             host[0] == '\0' ? "host" : host);
}

/* A lock that is held, -EWOULDBLOCK where another holds it, or -errno. */
static int take_lock(int chain)
{
    int fd = openat(chain, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int err = -errno;
    close(fd);
    return err;
}

bool chain_is_live(int chain)
{
    int fd = openat(chain, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool live = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return live;
}

/* Twice the same number, so that a reader sees when it has caught the writer in between. */
#define MARK_LEN 42

void chain_mark_write(int lock, uint64_t seq)
{
    char mark[MARK_LEN + 1];
    snprintf(mark, sizeof mark, "%020" PRIu64 " %020" PRIu64 "\n", seq, seq);
    ssize_t n = pwrite(lock, mark, MARK_LEN, 0);
    (void)n;
}

uint64_t chain_mark_read(int chain)
{
    char mark[MARK_LEN + 1] = "";
    uint64_t first = 0, second = 0;

    int fd = openat(chain, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return 0;
    for (int tries = 0; tries < 3; tries++) {
        ssize_t n = pread(fd, mark, MARK_LEN, 0);
        if (n == MARK_LEN && sscanf(mark, "%20" SCNu64 " %20" SCNu64, &first, &second) == 2 &&
            first == second)
            break;
        first = 0;
    }
    close(fd);
    return first;
}

static int lock_named(const char *dir, const char *name)
{
    int chain = chain_open(dir, name);
    if (chain < 0)
        return chain;
    int lock = take_lock(chain);
    int err = lock < 0 ? lock : journal_dir_sync(chain);
    close(chain);
    if (err != 0 && lock >= 0)
        close(lock);
    return err != 0 ? err : lock;
}

/* Another process may take the new chain before we lock it; then it is theirs. */
static int lock_new(const char *dir, const char *front, char **name)
{
    uint32_t id;
    char *path;

    *name = NULL;
    if (getentropy(&id, sizeof id) != 0)
        return -EIO;
    if (asprintf(name, "%s%08x", front, id) < 0) {
        *name = NULL;
        return -ENOMEM;
    }
    if (asprintf(&path, "%s/%s", dir, *name) < 0)
        return -ENOMEM;
    int err = journal_dir_make(path);
    free(path);
    return err != 0 ? err : lock_named(dir, *name);
}

int chain_take(const char *dir, const char *kind, char **name, int *lock)
{
    char front[NAME_BUF];
    chain_front(kind, front);
    size_t front_len = strlen(front);

    char **chains = journal_chains(dir);
    if (chains == NULL)
        return -errno;
    int fd = -EWOULDBLOCK;
    *name = NULL;
    for (size_t i = 0; chains[i] != NULL && fd == -EWOULDBLOCK; i++) {
        if (strncmp(chains[i], front, front_len) != 0 || strlen(chains[i]) != front_len + ID_HEX)
            continue;
        fd = lock_named(dir, chains[i]);
        if (fd != -EWOULDBLOCK)
            *name = strdup(chains[i]);
    }
    journal_chains_free(chains);

    for (int tries = 0; fd == -EWOULDBLOCK && tries < 100; tries++) {
        free(*name);
        fd = lock_new(dir, front, name);
    }
    if (fd >= 0 && *name != NULL) {
        *lock = fd;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    free(*name);
    *name = NULL;
    return fd >= 0 ? -ENOMEM : fd;
}
