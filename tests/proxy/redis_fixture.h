/*
 * For tests against a real server: Redis on a unix socket in a directory that goes away, stopped by
 * its process id; a blocking client to look behind the scenes; an event loop that runs until
 * something is true.
 */
#ifndef TESTS_PROXY_REDIS_FIXTURE_H
#define TESTS_PROXY_REDIS_FIXTURE_H

#include "proxy/net/conn.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
    char dir[64], socket[96];
    pid_t pid;
    redisContext *client;
};

static inline redisReply *say(struct server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(server->client, format, args);
    va_end(args);
    cr_assert(reply != NULL, "%s", server->client->errstr);
    return reply;
}

/* An integer reply, or the length of a list. */
#define SAY_INT(server, ...)                                                                       \
    ({                                                                                             \
        redisReply *reply_ = say(server, __VA_ARGS__);                                             \
        long long value_ =                                                                         \
            reply_->type == REDIS_REPLY_ARRAY ? (long long)reply_->elements : reply_->integer;     \
        freeReplyObject(reply_);                                                                   \
        value_;                                                                                    \
    })

#define SAY(server, ...) freeReplyObject(say(server, __VA_ARGS__))

/* Whether a string reply is `expected`. */
#define SAY_IS(server, expected, ...)                                                              \
    ({                                                                                             \
        redisReply *reply_ = say(server, __VA_ARGS__);                                             \
        bool same_ = reply_->str && strcmp(reply_->str, expected) == 0;                            \
        freeReplyObject(reply_);                                                                   \
        same_;                                                                                     \
    })

static inline void server_start(struct server *server, const char *const *extra)
{
    server->pid = fork();
    cr_assert(server->pid >= 0);
    if (server->pid == 0) {
        const char *argv[32] = {"redis-server", "--port", "0",     "--unixsocket", server->socket,
                                "--save",       "",       "--dir", server->dir};
        unsigned n = 9;
        for (; extra && *extra; extra++)
            argv[n++] = *extra;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execvp("redis-server", (char **)(uintptr_t)argv);
        _exit(127);
    }
    for (unsigned i = 0; i < 3000; i++) {
        server->client = redisConnectUnix(server->socket);
        if (server->client && !server->client->err)
            return;
        redisFree(server->client);
        usleep(10000);
    }
    cr_assert_fail("redis-server does not start");
}

static inline void server_kill(struct server *server)
{
    redisFree(server->client);
    server->client = NULL;
    kill(server->pid, SIGCONT);
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

static inline void server_new(struct server *server, const char *const *extra)
{
    strcpy(server->dir, "/tmp/stopgate-redis-XXXXXX");
    cr_assert(mkdtemp(server->dir) != NULL);
    snprintf(server->socket, sizeof server->socket, "%s/sock", server->dir);
    server_start(server, extra);
}

static inline int remove_path(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    nftw(path, remove_path, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void server_free(struct server *server)
{
    if (server->pid)
        server_kill(server);
    remove_tree(server->dir);
}

/* A pass at least every 20 ms, so that a condition that nothing on the loop announces is seen. */
static inline void wake(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

struct loop {
    struct net *net;
    struct log *log;
    struct event *beat;
    int log_fd;
    char log_path[64];
};

static inline void loop_new(struct loop *loop)
{
    struct timeval beat = {.tv_usec = 20000};
    strcpy(loop->log_path, "/tmp/stopgate-log-XXXXXX");
    loop->log_fd = mkstemp(loop->log_path);
    loop->log = log_new(loop->log_fd, LOG_DEBUG);
    loop->net = net_new(loop->log);
    loop->beat = event_new(net_base(loop->net), -1, EV_PERSIST, wake, NULL);
    event_add(loop->beat, &beat);
}

static inline void loop_free(struct loop *loop)
{
    event_free(loop->beat);
    net_free(loop->net);
    log_free(loop->log);
    close(loop->log_fd);
    unlink(loop->log_path);
}

/* Lines of the log that contain a text. */
static inline unsigned logged(struct loop *loop, const char *text)
{
    FILE *file = fopen(loop->log_path, "r");
    char line[4096];
    unsigned n = 0;
    cr_assert(file != NULL);
    while (fgets(line, sizeof line, file))
        n += strstr(line, text) != NULL;
    fclose(file);
    return n;
}

#define RUN_UNTIL(loop, condition)                                                                 \
    do {                                                                                           \
        for (unsigned pass_ = 0; !(condition); pass_++) {                                          \
            cr_assert(pass_ < 100000, "never: %s", #condition);                                    \
            net_run_once((loop)->net);                                                             \
        }                                                                                          \
    } while (0)

#define RUN_PASSES(loop, n)                                                                        \
    do {                                                                                           \
        for (unsigned pass_ = 0; pass_ < (n); pass_++)                                             \
            net_run_once((loop)->net);                                                             \
    } while (0)

#endif
