/* Streams that are open: reading, writing, pressure. How they end is conn_end's. */
#include "tests/proxy/net_rig.h"

#include <signal.h>
#include <stdio.h>

#define EVERY (32 * 1024) /* more than a buffer of the pool holds */

/* --- reading --- */

Test(conn, octets_arrive_and_stay_until_consumed)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    cr_assert_eq(owner_unread(&a), 0);
    peer_say(&a, "hello");
    UNTIL(&rig, a.data == 1);
    cr_assert(owner_has(&a, "hello"));
    conn_consume(a.conn, 2);
    cr_assert(owner_has(&a, "llo"));
    peer_say(&a, " world");
    UNTIL(&rig, a.data == 2);
    cr_assert(owner_has(&a, "llo world"));
    conn_consume(a.conn, 0);
    conn_consume(a.conn, 9);
    cr_assert_eq(owner_unread(&a), 0);
    peer_say(&a, "!");
    UNTIL(&rig, owner_has(&a, "!"));
    close(a.fd);
    rig_end(&rig);
}

Test(conn, octet_by_octet)
{
    static const char text[] = "a PDU that comes in pieces";
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    for (size_t i = 0; text[i] != '\0'; i++) {
        cr_assert_eq(write(a.fd, text + i, 1), 1);
        UNTIL(&rig, a.data == i + 1);
    }
    cr_assert(owner_has(&a, text));
    close(a.fd);
    rig_end(&rig);
}

Test(conn, large_pdus_grow_the_buffer)
{
    struct rig rig;
    struct owner a;
    uint64_t sent = 0;
    size_t len;
    const uint8_t *in;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    while (sent < 300000) {
        sent = peer_pour(&a, sent, 300000);
        net_run_once(rig.net);
    }
    UNTIL(&rig, owner_unread(&a) == 300000);
    conn_consume(a.conn, 12345);
    in = conn_in(a.conn, &len);
    for (size_t i = 0; i < len; i++)
        cr_assert_eq(in[i], octet_at(12345 + i));
    close(a.fd);
    rig_end(&rig);
}

/* The reader of this one takes what it gets in odd amounts. */
static void nibble(struct owner *owner)
{
    size_t len, n;
    const uint8_t *in = conn_in(owner->conn, &len);

    n = len > 1000 ? len - len % 7 : len / 2;
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(in[i], octet_at(owner->place + i));
    owner->place += n;
    conn_consume(owner->conn, n);
}

Test(conn, nothing_is_lost_when_the_buffer_moves)
{
    struct rig rig;
    struct owner a;
    uint64_t sent = 0;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_data = nibble;
    while (sent < 2000000) {
        sent = peer_pour(&a, sent, 2000000);
        net_run_once(rig.net);
    }
    UNTIL(&rig, a.place + owner_unread(&a) == 2000000);
    close(a.fd);
    rig_end(&rig);
}

Test(conn, a_paused_one_is_not_read)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    conn_read_pause(a.conn);
    conn_read_pause(a.conn);
    peer_say(&a, "hello");
    rig_settle(&rig);
    cr_assert_eq(a.data, 0);
    conn_read_resume(a.conn);
    UNTIL(&rig, owner_has(&a, "hello"));
    conn_read_pause(a.conn);
    close(a.fd);
    rig_settle(&rig);
    cr_assert_eq(a.closed, 0, "the end is read, too");
    conn_read_resume(a.conn);
    UNTIL(&rig, a.closed == 1);
    rig_end(&rig);
}

static void pause_it(struct owner *owner)
{
    conn_read_pause(owner->conn);
}

Test(conn, it_may_be_paused_while_it_is_read)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_data = pause_it;
    peer_say(&a, "one");
    UNTIL(&rig, a.data == 1);
    peer_say(&a, "two");
    rig_settle(&rig);
    cr_assert_eq(a.data, 1);
    conn_read_resume(a.conn);
    UNTIL(&rig, owner_has(&a, "onetwo"));
    close(a.fd);
    rig_end(&rig);
}

Test(conn, what_is_not_consumed_is_bounded)
{
    struct rig rig;
    struct owner a;
    uint64_t sent = 0, taken = 0;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, 1000);
    for (unsigned i = 0; i < 100; i++) {
        sent = peer_pour(&a, sent, 4 * RIG_MAX_IN);
        net_run_once(rig.net);
    }
    cr_assert_geq(owner_unread(&a), 1000);
    cr_assert_leq(owner_unread(&a), 1000 + EVERY);
    cr_assert_lt(sent, RIG_MAX_IN, "the pressure is felt at the other end");
    while (taken < sent) {
        size_t len;
        const uint8_t *in = conn_in(a.conn, &len);

        for (size_t i = 0; i < len; i++)
            cr_assert_eq(in[i], octet_at(taken + i));
        taken += len;
        conn_consume(a.conn, len);
        net_run_once(rig.net);
    }
    close(a.fd);
    rig_end(&rig);
}

Test(conn, more_than_there_is_cannot_be_consumed, .signal = SIGABRT)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    conn_consume(a.conn, 1);
}

/* --- writing --- */

static void answer_thrice(struct owner *owner)
{
    conn_consume(owner->conn, owner_unread(owner));
    for (unsigned i = 0; i < 3; i++)
        owner_say(owner, "pong ", 5);
}

Test(conn, one_write_for_all_that_a_pass_says)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_SEQPACKET, RIG_MAX_IN);
    a.then_data = answer_thrice;
    peer_say(&a, "ping");
    UNTIL(&rig, a.data == 1);
    cr_assert_str_eq(peer_hears(&a, heard), "pong pong pong ");
    cr_assert_str_eq(peer_hears(&a, heard), "");
    owner_say(&a, "one", 3);
    net_run_once(rig.net);
    owner_say(&a, "two", 3);
    net_run_once(rig.net);
    cr_assert_str_eq(peer_hears(&a, heard), "one", "each pass its own");
    cr_assert_str_eq(peer_hears(&a, heard), "two");
    close(a.fd);
    rig_end(&rig);
}

Test(conn, nothing_is_written_within_a_pass)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_say(&a, "hello", 5);
    cr_assert_str_eq(peer_hears(&a, heard), "");
    cr_assert_eq(conn_queued(a.conn), 5);
    cr_assert_eq(conn_written(a.conn), 0);
    net_run_once(rig.net);
    cr_assert_str_eq(peer_hears(&a, heard), "hello");
    cr_assert_eq(conn_written(a.conn), 5);
    close(a.fd);
    rig_end(&rig);
}

Test(conn, less_may_be_committed_than_was_reserved)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    memcpy(conn_reserve(a.conn, 100), "some of it", 10);
    conn_commit(a.conn, 4);
    cr_assert_not_null(conn_reserve(a.conn, 50)); /* and nothing of that */
    conn_commit(a.conn, 0);
    owner_say(&a, "!", 1);
    net_run_once(rig.net);
    cr_assert_str_eq(peer_hears(&a, heard), "some!");
    cr_assert_eq(conn_queued(a.conn), 5);
    close(a.fd);
    rig_end(&rig);
}

Test(conn, more_than_was_reserved_cannot_be_committed, .signal = SIGABRT)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    conn_reserve(a.conn, 10);
    conn_commit(a.conn, EVERY);
}

static void look_at_rest(struct owner *owner)
{
    cr_assert_lt(conn_queued(owner->conn) - conn_written(owner->conn), 64 * 1024,
                 "told while there is still much");
}

Test(conn, a_slow_reader_is_noticed_and_loses_nothing)
{
    struct rig rig;
    struct owner a;
    uint64_t heard = 0;
    unsigned rounds = 0;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_drain = look_at_rest;
    for (; rounds < 5; rounds++) {
        cr_assert_not(conn_out_full(a.conn));
        for (unsigned i = 0; i < 1000 && !conn_out_full(a.conn); i++) {
            owner_pour(&a, 10000);
            net_run_once(rig.net);
        }
        cr_assert(conn_out_full(a.conn));
        cr_assert_eq(a.drained, rounds);
        rig_settle(&rig);
        cr_assert_eq(a.drained, rounds, "nobody has read");
        cr_assert_gt(conn_written(a.conn), heard, "the kernel has taken some");
        cr_assert_lt(conn_written(a.conn), conn_queued(a.conn));
        for (unsigned i = 0; i < RIG_PASSES && a.drained == rounds; i++) {
            heard = peer_drink(&a, heard);
            net_run_once(rig.net);
        }
        cr_assert_eq(a.drained, rounds + 1, "told once");
    }
    for (unsigned i = 0; i < RIG_PASSES && heard < conn_queued(a.conn); i++) {
        heard = peer_drink(&a, heard);
        net_run_once(rig.net);
    }
    cr_assert_eq(heard, conn_queued(a.conn));
    cr_assert_eq(conn_written(a.conn), conn_queued(a.conn));
    cr_assert_eq(a.drained, rounds);
    close(a.fd);
    rig_end(&rig);
}

static void pour_more(struct owner *owner)
{
    if (conn_queued(owner->conn) < 2000000)
        owner_pour(owner, 200000);
}

Test(conn, more_may_be_said_when_it_has_drained)
{
    struct rig rig;
    struct owner a;
    uint64_t heard = 0;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_drain = pour_more;
    owner_pour(&a, 200000);
    for (unsigned i = 0; i < RIG_PASSES && heard < 2000000; i++) {
        heard = peer_drink(&a, heard);
        net_run_once(rig.net);
    }
    cr_assert_eq(heard, 2000000);
    cr_assert_geq(a.drained, 9);
    close(a.fd);
    rig_end(&rig);
}

/* --- the rest --- */

Test(conn, knows_when_it_last_heard)
{
    struct rig rig;
    struct owner a;
    uint64_t before;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    before = conn_last_read_us(a.conn);
    cr_assert_gt(before, 0, "from its beginning on");
    rig_settle(&rig);
    cr_assert_eq(conn_last_read_us(a.conn), before);
    peer_say(&a, "x");
    UNTIL(&rig, a.data == 1);
    cr_assert_gt(conn_last_read_us(a.conn), before);
    close(a.fd);
    rig_end(&rig);
}

Test(conn, has_a_name_for_the_log)
{
    struct rig rig;
    struct owner a, b;
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    char expected[64];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    cr_assert_str_eq(conn_peer(a.conn), "unix");
    owner_tcp(&b, &rig, RIG_MAX_IN);
    cr_assert_eq(getsockname(b.fd, (struct sockaddr *)&address, &len), 0);
    snprintf(expected, sizeof expected, "127.0.0.1:%u", ntohs(address.sin_port));
    cr_assert_str_eq(conn_peer(b.conn), expected);
    close(a.fd);
    close(b.fd);
    rig_end(&rig);
}
