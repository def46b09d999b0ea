#include "proxy/store/redis.h"

#include "proxy/store/resp.h"
#include "tests/proxy/redis_fixture.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The pipeline alone. */

struct heard {
    char text[256]; /* a letter for each answer */
};

static void add(struct heard *heard, const char *what)
{
    strncat(heard->text, what, sizeof heard->text - strlen(heard->text) - 1);
}

static void hear_reply(void *arg, const redisReply *reply)
{
    add(arg, !reply ? "x" : reply->type == REDIS_REPLY_ARRAY ? "a" : reply->str ? reply->str : "i");
}

static void hear_boolean(void *arg, bool value)
{
    add(arg, value ? "1" : "0");
}

static void hear_expected(void *arg, bool as_expected)
{
    add(arg, as_expected ? "Y" : "N");
}

static struct pipeline *five_commands(struct heard *heard)
{
    struct pipeline *pipeline = pipeline_new();
    pipeline_reply(pipeline, 1, hear_reply, heard);
    pipeline_booleans(pipeline, 2, 3, hear_boolean, heard);
    pipeline_expect(pipeline, 3, "$2\r\nab\r\n", 8, hear_expected, heard);
    pipeline_reply(pipeline, 4, hear_reply, heard);
    pipeline_expect(pipeline, 5, "$2\r\nab\r\n", 8, hear_expected, heard);
    return pipeline;
}

/* Takes as much as can be taken of in[0..len); returns what was used, or the error. */
static ssize_t take_all(struct pipeline *pipeline, const char *in, size_t len, char *why)
{
    size_t at = 0;
    for (;;) {
        uint8_t *exact = malloc(len - at + 1); /* so that a read past the end is seen */
        memcpy(exact, in + at, len - at);
        uint8_t *fit = realloc(exact, len - at ? len - at : 1);
        ssize_t n = pipeline_take(pipeline, fit, len - at, why, 256);
        free(fit);
        if (n < 0)
            return n;
        if (n == 0)
            return (ssize_t)at;
        at += (size_t)n;
    }
}

Test(redis, answers_split_at_every_octet)
{
    static const char in[] = "+P\r\n:1\r\n:0\r\n:1\r\n$2\r\nab\r\n*2\r\n:5\r\n*1\r\n$-1\r\n$-1\r\n";
    size_t len = sizeof in - 1;
    for (size_t cut = 0; cut <= len; cut++) {
        struct heard heard = {""};
        char why[256];
        struct pipeline *pipeline = five_commands(&heard);
        ssize_t used = take_all(pipeline, in, cut, why);
        cr_assert_geq(used, 0);
        cr_assert_leq((size_t)used, cut);
        cr_assert_eq(take_all(pipeline, in + used, len - (size_t)used, why),
                     (ssize_t)(len - (size_t)used));
        cr_assert_str_eq(heard.text, "P101YaN");
        cr_assert(pipeline_empty(pipeline));
        pipeline_free(pipeline);
    }
}

Test(redis, what_is_no_answer_ends_the_connection)
{
    static const struct {
        const char *in;
        ssize_t result;
        const char *why;
    } cases[] = {
        {"HTTP/1.1 400 Bad Request\r\n", -EBADMSG, ""},
        {"\r\n", -EBADMSG, ""},
        {"$99999999999\r\n", -EBADMSG, ""},
        {"*99999999\r\n", -EBADMSG, ""},
        {"$-7\r\n", -EBADMSG, ""},
        {"+P\n", -EBADMSG, ""},
        {"+P\r\n-LOADING Redis is loading\r\n", -EPROTO, "still loading"},
        {"+P\r\n:2\r\n", -EPROTO, "another kind"},
        {"+P\r\n:0\r\n:0\r\n:0\r\n-MOVED 1 a:1\r\n", -EPROTO, "cluster"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heard heard = {""};
        char why[256] = "";
        struct pipeline *pipeline = five_commands(&heard);
        cr_assert_eq(take_all(pipeline, cases[i].in, strlen(cases[i].in), why), cases[i].result,
                     "case %zu", i);
        cr_assert(strstr(why, cases[i].why) != NULL, "case %zu: %s", i, why);
        pipeline_free(pipeline);
    }
}

Test(redis, those_who_wait_are_told_when_it_fails)
{
    struct heard heard = {""};
    struct pipeline *pipeline = five_commands(&heard);
    cr_assert_eq(pipeline_oldest_us(pipeline), 1);
    pipeline_fail(pipeline);
    cr_assert_str_eq(heard.text, "xx");
    cr_assert(pipeline_empty(pipeline));
    char why[64];
    cr_assert_eq(take_all(pipeline, "+OK\r\n", 5, why), -EBADMSG);
    pipeline_free(pipeline);
}

Test(redis, measures_only_whole_replies)
{
    static const char *const whole[] = {
        "+\r\n",   "-E\r\n", ":-5\r\n", "$0\r\n\r\n",
        "$-1\r\n", "*0\r\n", "*-1\r\n", "*2\r\n*1\r\n:1\r\n$1\r\nx\r\n"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        size_t len = strlen(whole[i]);
        cr_assert_eq(resp_measure((const uint8_t *)whole[i], len), (ssize_t)len, "%s", whole[i]);
        for (size_t cut = 0; cut < len; cut++)
            cr_assert_eq(resp_measure((const uint8_t *)whole[i], cut), 0, "%s at %zu", whole[i],
                         cut);
    }
}

/* A connection. */

struct client {
    struct loop loop;
    struct redis *redis;
    unsigned ups, downs;
    struct heard heard;
};

static void on_up(void *arg)
{
    ((struct client *)arg)->ups++;
}

static void on_down(void *arg)
{
    ((struct client *)arg)->downs++;
}

static const struct redis_ops ops = {on_up, on_down};

static void client_new(struct client *client, const char *path, const char *password)
{
    struct redis_options options = {
        .address = {.scheme = SCHEME_UNIX, .text = "unix:test", .host = path},
        .password = password,
        .deadline_ms = 150};
    memset(client, 0, sizeof *client);
    loop_new(&client->loop);
    client->redis = redis_new(client->loop.net, &options, client->loop.log, &ops, client);
    redis_start(client->redis);
}

static void client_free(struct client *client)
{
    redis_free(client->redis);
    loop_free(&client->loop);
}

/* A server that is none: it listens, and the test does the rest. */
static int fake_server(char path[64])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(path, 64, "/tmp/stopgate-fake-%d", getpid());
    unlink(path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 16), 0);
    return fd;
}

static int accept_one(struct client *client, int listener)
{
    int fd = -1;
    RUN_UNTIL(&client->loop, (fd = accept(listener, NULL, NULL)) >= 0);
    return fd;
}

Test(redis, commands_are_answered_in_order)
{
    struct server server;
    struct client client;
    server_new(&server, NULL);
    client_new(&client, server.socket, NULL);
    RUN_UNTIL(&client.loop, client.ups == 1);
    redis_send(client.redis, hear_reply, &client.heard, "SET k %s", "ab");
    redis_send(client.redis, hear_reply, &client.heard, "GET k");
    static const char member[] = "*3\r\n$9\r\nSISMEMBER\r\n$1\r\ns\r\n$1\r\n7\r\n";
    redis_send(client.redis, hear_reply, &client.heard, "SADD s 7");
    char *out = redis_reserve(client.redis, sizeof member);
    memcpy(out, member, sizeof member - 1);
    redis_commit_booleans(client.redis, sizeof member - 1, 1, hear_boolean, &client.heard);
    static const char get[] = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    redis_expect(client.redis, get, sizeof get - 1, "$2\r\nab\r\n", 8, hear_expected,
                 &client.heard);
    RUN_UNTIL(&client.loop, redis_idle(client.redis));
    cr_assert_str_eq(client.heard.text, "OKabi1Y");
    client_free(&client);
    server_free(&server);
}

Test(redis, everything_of_a_pass_leaves_at_its_end)
{
    struct client client;
    char path[64], buffer[8192];
    int listener = fake_server(path), waiting = -1;
    client_new(&client, path, NULL);
    int fd = accept_one(&client, listener);
    RUN_UNTIL(&client.loop, client.ups == 1);
    for (unsigned i = 0; i < 100; i++)
        redis_send(client.redis, hear_reply, &client.heard, "PING");
    cr_assert_eq(ioctl(fd, FIONREAD, &waiting), 0);
    cr_assert_eq(waiting, 0);
    net_run_once(client.loop.net);
    cr_assert_eq(recv(fd, buffer, sizeof buffer, 0), 100 * 14);
    close(fd);
    close(listener);
    client_free(&client);
    unlink(path);
}

Test(redis, comes_back_when_the_server_does)
{
    struct server server;
    struct client client;
    server_new(&server, NULL);
    client_new(&client, server.socket, NULL);
    RUN_UNTIL(&client.loop, client.ups == 1);
    redis_send(client.redis, hear_reply, &client.heard, "BLPOP nothing 0");
    net_run_once(client.loop.net);
    server_kill(&server);
    RUN_UNTIL(&client.loop, client.downs == 1);
    cr_assert_str_eq(client.heard.text, "x");
    cr_assert_eq(redis_send(client.redis, hear_reply, &client.heard, "PING"), -ENOTCONN);
    RUN_PASSES(&client.loop, 30);
    server_start(&server, NULL);
    RUN_UNTIL(&client.loop, client.ups == 2);
    cr_assert_leq(logged(&client.loop, "Redis is away"), 3);
    client_free(&client);
    server_free(&server);
}

Test(redis, a_server_that_hangs_costs_the_connection)
{
    struct server server;
    struct client client;
    server_new(&server, NULL);
    client_new(&client, server.socket, NULL);
    RUN_UNTIL(&client.loop, client.ups == 1);
    kill(server.pid, SIGSTOP);
    redis_send(client.redis, hear_reply, &client.heard, "PING");
    RUN_UNTIL(&client.loop, client.downs == 1);
    cr_assert_str_eq(client.heard.text, "x");
    cr_assert_eq(logged(&client.loop, "no answer within 150 ms"), 1);
    kill(server.pid, SIGCONT);
    RUN_UNTIL(&client.loop, client.ups == 2);
    client_free(&client);
    server_free(&server);
}

Test(redis, a_wrong_password_is_said_once)
{
    struct server server;
    struct client client;
    static const char *const secret[] = {"--requirepass", "right", NULL};
    server_new(&server, secret);
    client_new(&client, server.socket, "wrong");
    RUN_UNTIL(&client.loop, logged(&client.loop, "does not accept the password"));
    RUN_PASSES(&client.loop, 40);
    cr_assert_eq(client.ups, 0);
    cr_assert_eq(logged(&client.loop, "does not accept the password"), 1);
    cr_assert_eq(logged(&client.loop, "wrong\""), 0);
    client_free(&client);

    client_new(&client, server.socket, "right");
    RUN_UNTIL(&client.loop, client.ups == 1);
    client_free(&client);
    server_free(&server);
}

Test(redis, what_is_no_redis_is_named)
{
    struct client client;
    char path[64];
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    int listener = fake_server(path);
    client_new(&client, path, NULL);
    int fd = accept_one(&client, listener);
    RUN_UNTIL(&client.loop, client.ups == 1);
    redis_send(client.redis, hear_reply, &client.heard, "PING");
    cr_assert_eq(send(fd, answer, sizeof answer - 1, 0), (ssize_t)sizeof answer - 1);
    RUN_UNTIL(&client.loop, client.downs == 1);
    cr_assert_eq(logged(&client.loop, "no Redis"), 1);
    close(fd);
    close(listener);
    client_free(&client);
    unlink(path);
}

Test(redis, nobody_there_is_said_once)
{
    struct client client;
    char path[64];
    snprintf(path, sizeof path, "/tmp/stopgate-nobody-%d", getpid());
    client_new(&client, path, NULL);
    RUN_PASSES(&client.loop, 50);
    cr_assert_eq(client.ups, 0);
    cr_assert_eq(logged(&client.loop, "cannot connect"), 1);
    cr_assert_eq(redis_send(client.redis, hear_reply, &client.heard, "PING"), -ENOTCONN);
    cr_assert_null(redis_reserve(client.redis, 10));
    client_free(&client);
}
