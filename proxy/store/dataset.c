#include "proxy/store/dataset.h"

#include "proxy/store/journal_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

bool dataset_name_ok(const char *name, size_t len)
{
    if (len < 16 || len > DATASET_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] == '\0' || !strchr("0123456789abcdef", name[i]))
            return false;
    return true;
}

int dataset_name_new(char out[DATASET_MAX + 1])
{
    unsigned char random[16];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return -EIO;
    for (unsigned i = 0; i < sizeof random; i++)
        snprintf(out + 2 * i, 3, "%02x", random[i]);
    return 0;
}

int dataset_recall(const char *dir, const char *chain, char out[DATASET_MAX + 1])
{
    char *path, text[DATASET_MAX + 2] = {0};
    out[0] = '\0';
    if (asprintf(&path, "%s/%s/dataset", dir, chain) < 0)
        return -ENOMEM;
    FILE *file = fopen(path, "re");
    int error = file || errno == ENOENT ? 0 : -errno;
    free(path);
    if (!file)
        return error;
    size_t len = fread(text, 1, sizeof text - 1, file);
    if (ferror(file))
        error = -EIO;
    fclose(file);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    /* What cannot be a name is as good as nothing: then the chain is applied again, which is safe.
     */
    if (error == 0 && dataset_name_ok(text, len))
        memcpy(out, text, len + 1);
    return error;
}

static int write_synced(int fd, const char *name)
{
    char text[DATASET_MAX + 2];
    int len = snprintf(text, sizeof text, "%s\n", name);
    ssize_t written = write(fd, text, (size_t)len);
    if (written < 0 || fsync(fd) < 0)
        return -errno;
    return written == len ? 0 : -EIO;
}

int dataset_remember(const char *dir, const char *chain, const char *name)
{
    char *path = NULL;
    int error = 0, fd = -1, folder = -1;
    if (asprintf(&path, "%s/%s", dir, chain) < 0)
        return -ENOMEM;
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(path);
    if (folder < 0)
        return -errno;
    fd = openat(folder, "dataset.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    error = fd < 0 ? -errno : write_synced(fd, name);
    if (fd >= 0)
        close(fd);
    if (error == 0 && (renameat(folder, "dataset.new", folder, "dataset") < 0 || fsync(folder) < 0))
        error = -errno;
    close(folder);
    return error;
}

static int inspect(const char *dir, struct dataset_chain *chain)
{
    int error = dataset_recall(dir, chain->name, chain->remembered);
    if (error)
        return error;
    struct journal_reader *reader = journal_reader_open(dir, chain->name, 0, &error);
    if (!reader)
        return error == -ENOENT ? 0 : error;
    uint64_t seq;
    const char *line;
    size_t len;
    int read = journal_reader_next(reader, &seq, &line, &len);
    chain->lines = read == 1;
    journal_reader_close(reader);
    return read < 0 ? read : 0;
}

static int load(const char *dir, struct dataset_chains *chains)
{
    char **names = journal_chains(dir);
    size_t n = 0;
    if (!names)
        return -ENOMEM;
    while (names[n])
        n++;
    int error = 0;
    chains->v = calloc(n + 1, sizeof *chains->v);
    for (size_t i = 0; i < n && chains->v && error == 0; i++) {
        struct dataset_chain *chain = &chains->v[chains->n++];
        chain->name = strdup(names[i]);
        error = chain->name ? inspect(dir, chain) : -ENOMEM;
    }
    journal_chains_free(names);
    return chains->v ? error : -ENOMEM;
}

int dataset_decide(const char *dir, const char *found, struct dataset_chains *chains,
                   enum dataset_plan *plan)
{
    bool anything = false;
    *chains = (struct dataset_chains){0};
    int error = load(dir, chains);
    if (error) {
        dataset_chains_free(chains);
        return error;
    }
    for (size_t i = 0; i < chains->n; i++) {
        struct dataset_chain *chain = &chains->v[i];
        anything = anything || chain->lines || chain->remembered[0];
        chain->again = chain->lines && strcmp(chain->remembered, found) != 0;
    }
    for (size_t i = 0; i < chains->n && !found[0]; i++)
        chains->v[i].again = chains->v[i].lines;
    *plan = found[0] ? DATASET_FOLLOW : anything ? DATASET_REBUILD : DATASET_BEGIN;
    return 0;
}

void dataset_chains_free(struct dataset_chains *chains)
{
    for (size_t i = 0; i < chains->n; i++)
        free(chains->v[i].name);
    free(chains->v);
    *chains = (struct dataset_chains){0};
}
