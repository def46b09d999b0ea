/*
 * Stands in for libFuzzer where it is not linked: runs the target over each file named, and over
 * each file of each directory named. Prints how many there were.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, size_t size)
{
    if (size > INPUT_MAX)
        return -EFBIG;
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return -errno;
    /* exactly its size, so that a sanitizer sees a read past the end */
    uint8_t *data = calloc(1, size);
    int result = 0;
    if (data == NULL && size > 0)
        result = -ENOMEM;
    else if (size > 0 && fread(data, 1, size, f) != size)
        result = -EIO;
    else
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    fclose(f);
    return result;
}

static int replay(const char *path, unsigned *count);

static int replay_directory(const char *path, unsigned *count)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return -errno;
    int result = 0;
    const struct dirent *entry;
    while (result == 0 && (entry = readdir(dir)) != NULL) {
        char inner[4096];
        if (entry->d_name[0] == '.')
            continue;
        int n = snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        result = n < (int)sizeof(inner) ? replay(inner, count) : -ENAMETOOLONG;
    }
    closedir(dir);
    return result;
}

static int replay(const char *path, unsigned *count)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return replay_directory(path, count);
    ++*count;
    return replay_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    for (int i = 1; i < argc; i++) {
        int result = replay(argv[i], &count);
        if (result < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(-result));
            return 1;
        }
    }
    printf("%u inputs\n", count);
    return 0;
}
