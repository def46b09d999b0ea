#include "tests/sim/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* What was typed arrives as typed, although a line cannot hold a line end. */
static void put_word(FILE *to, const char *word)
{
    for (; *word != '\0'; word++) {
        if (*word == '\n')
            fputs("\\n", to);
        else if (*word == '\\')
            fputs("\\\\", to);
        else
            fputc(*word, to);
    }
}

/* Prints the answer to one command. Returns its exit status. */
static int print_answer(FILE *from)
{
    char *line = NULL;
    size_t cap = 0;
    int status = 2;

    while (status == 2 && getline(&line, &cap, from) > 0) {
        if (strcmp(line, "ok\n") == 0) {
            status = 0;
        } else if (strncmp(line, "error: ", 7) == 0) {
            fputs(line, stderr);
            status = 1;
        } else {
            fputs(line, stdout);
        }
    }
    free(line);
    return status;
}

static int relay_input(FILE *wire)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int status = 0;

    while (status != 2 && (len = getline(&line, &cap, stdin)) > 0) {
        fputs(line, wire);
        if (line[len - 1] != '\n')
            fputc('\n', wire);
        fflush(wire);
        int answer = print_answer(wire);
        if (answer > status)
            status = answer;
    }
    free(line);
    return status;
}

int ctl_run(const char *path, int argc, char **argv)
{
    int fd = dial(path);
    FILE *wire = fd < 0 ? NULL : fdopen(fd, "r+");
    int status;

    if (wire == NULL) {
        fprintf(stderr, "%s: %s (is the simulator running?)\n", path, strerror(errno));
        return 2;
    }
    if (argc == 0) {
        status = relay_input(wire);
    } else {
        for (int i = 0; i < argc; i++) {
            put_word(wire, argv[i]);
            fputc(i + 1 < argc ? ' ' : '\n', wire);
        }
        fflush(wire);
        status = print_answer(wire);
    }
    fclose(wire);
    return status;
}
