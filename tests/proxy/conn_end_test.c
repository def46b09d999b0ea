/* How streams end, by either side, in every callback. */
#include "tests/proxy/net_rig.h"

static const char last_words[] = "good bye";

static void say_and_close(struct owner *owner)
{
    owner_say(owner, last_words, sizeof last_words - 1);
    owner_close(owner);
}

static void close_it(struct owner *owner)
{
    owner_close(owner);
}

static void close_other(struct owner *owner)
{
    if (!owner->other->gone)
        owner_close(owner->other);
}

/* --- the peer ends --- */

Test(conn_end, an_orderly_end_is_told_once)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    peer_say(&a, "last");
    close(a.fd);
    UNTIL(&rig, a.closed == 1);
    rig_settle(&rig);
    cr_assert_eq(a.closed, 1);
    cr_assert_eq(a.close_error, 0);
    cr_assert(owner_has(&a, "last"), "what came before it may be consumed");
    conn_consume(a.conn, 4);
    owner_close(&a);
    net_run_once(rig.net);
    cr_assert(fd_is_closed(a.ours));
    rig_end(&rig);
}

Test(conn_end, a_reset_is_told_with_its_error)
{
    struct linger abort = {.l_onoff = 1};
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_tcp(&a, &rig, RIG_MAX_IN);
    setsockopt(a.fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close(a.fd);
    UNTIL(&rig, a.closed == 1);
    cr_assert_eq(a.close_error, -ECONNRESET);
    owner_say(&a, "nobody hears", 12);
    rig_settle(&rig);
    cr_assert_eq(a.closed, 1);
    owner_close(&a);
    net_run_once(rig.net);
    cr_assert(fd_is_closed(a.ours));
    rig_end(&rig);
}

static void say_more(struct owner *owner)
{
    owner_say(owner, "more", 4);
}

Test(conn_end, a_write_that_fails_is_told_once)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_close = say_more;
    conn_read_pause(a.conn);
    close(a.fd);
    owner_say(&a, "hello", 5);
    net_run_once(rig.net);
    cr_assert_eq(a.closed, 1);
    cr_assert_eq(a.close_error, -EPIPE);
    rig_settle(&rig);
    cr_assert_eq(a.closed, 1);
    conn_read_resume(a.conn);
    rig_settle(&rig);
    owner_close(&a);
    rig_end(&rig);
}

Test(conn_end, a_peer_that_only_ends_its_half_still_hears)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_tcp(&a, &rig, RIG_MAX_IN);
    peer_say(&a, "unbind");
    shutdown(a.fd, SHUT_WR);
    UNTIL(&rig, a.closed == 1);
    cr_assert_eq(a.close_error, 0);
    owner_say(&a, "unbind_resp", 11);
    rig_settle(&rig);
    cr_assert_str_eq(peer_hears(&a, heard), "unbind_resp");
    owner_say(&a, last_words, 8);
    owner_close(&a);
    net_run_once(rig.net);
    cr_assert_str_eq(peer_hears(&a, heard), last_words);
    cr_assert_str_eq(peer_hears(&a, heard), "EOF");
    cr_assert(fd_is_closed(a.ours), "nothing is left to wait for");
    close(a.fd);
    rig_end(&rig);
}

Test(conn_end, a_slow_reader_that_ended_its_half_hears_all)
{
    struct rig rig;
    struct owner a;
    uint64_t heard = 0;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pour(&a, 500000);
    shutdown(a.fd, SHUT_WR);
    UNTIL(&rig, a.closed == 1);
    for (unsigned i = 0; i < RIG_PASSES && heard < 500000; i++) {
        heard = peer_drink(&a, heard);
        net_run_once(rig.net);
    }
    cr_assert_eq(heard, 500000);
    close(a.fd);
    rig_end(&rig);
}

/* --- we end --- */

Test(conn_end, the_last_words_go_out)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    say_and_close(&a);
    net_run_once(rig.net);
    cr_assert_str_eq(peer_hears(&a, heard), last_words);
    cr_assert_str_eq(peer_hears(&a, heard), "EOF");
    close(a.fd);
    UNTIL(&rig, fd_is_closed(a.ours));
    rig_end(&rig);
}

Test(conn_end, closing_twice_is_closing)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_close(&a);
    owner_close(&a);
    net_run_once(rig.net);
    cr_assert(fd_is_closed(a.ours), "nothing was said, so nothing is waited for");
    close(a.fd);
    rig_end(&rig);
}

Test(conn_end, what_is_said_after_closing_is_not_sent)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    say_and_close(&a);
    owner_say(&a, "oh, and", 7);
    conn_read_resume(a.conn);
    peer_say(&a, "what?");
    rig_settle(&rig);
    cr_assert_str_eq(peer_hears(&a, heard), last_words);
    cr_assert_str_eq(peer_hears(&a, heard), "EOF");
    close(a.fd);
    rig_end(&rig);
}

/* Octets that nobody reads would turn the close into a reset, which takes the last words back. */
Test(conn_end, unread_octets_do_not_take_the_last_words_back)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_tcp(&a, &rig, RIG_MAX_IN);
    conn_read_pause(a.conn);
    peer_pour(&a, 0, 50000);
    say_and_close(&a);
    for (unsigned i = 0; i < 10; i++) {
        net_run_once(rig.net);
        peer_pour(&a, 0, 1000);
    }
    cr_assert_str_eq(peer_hears(&a, heard), last_words);
    cr_assert_str_eq(peer_hears(&a, heard), "EOF");
    close(a.fd);
    UNTIL(&rig, fd_is_closed(a.ours));
    rig_end(&rig);
}

Test(conn_end, a_peer_that_never_stops_is_not_listened_to_for_ever)
{
    struct rig rig;
    struct owner a;
    uint64_t sent = 0;

    rig_begin(&rig);
    owner_tcp(&a, &rig, RIG_MAX_IN);
    say_and_close(&a);
    for (unsigned i = 0; i < RIG_PASSES && !fd_is_closed(a.ours); i++) {
        sent = peer_pour(&a, sent, sent + 100000);
        net_run_once(rig.net);
    }
    cr_assert(fd_is_closed(a.ours));
    close(a.fd);
    rig_end(&rig);
}

Test(conn_end, nor_is_one_that_keeps_silent)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_tcp(&a, &rig, RIG_MAX_IN);
    say_and_close(&a);
    UNTIL(&rig, fd_is_closed(a.ours));
    close(a.fd);
    rig_end(&rig);
}

Test(conn_end, one_that_does_not_read_loses_the_rest)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pour(&a, 500000);
    net_run_once(rig.net);
    owner_close(&a);
    net_run_once(rig.net);
    cr_assert(fd_is_closed(a.ours));
    close(a.fd);
    rig_end(&rig);
}

/* --- closing in callbacks --- */

Test(conn_end, in_on_data)
{
    struct rig rig;
    struct owner a;
    char heard[256];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_data = say_and_close;
    peer_say(&a, "GET / HTTP/1.1");
    UNTIL(&rig, a.data == 1);
    peer_say(&a, "Host: example.net");
    rig_settle(&rig);
    cr_assert_eq(a.data, 1);
    cr_assert_str_eq(peer_hears(&a, heard), last_words);
    close(a.fd);
    rig_end(&rig);
}

Test(conn_end, in_on_close)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_close = say_and_close;
    close(a.fd);
    UNTIL(&rig, a.closed == 1);
    cr_assert(fd_is_closed(a.ours));
    rig_end(&rig);
}

Test(conn_end, in_on_close_of_a_write_that_failed)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_close = say_and_close;
    conn_read_pause(a.conn);
    close(a.fd);
    owner_say(&a, "hello", 5);
    net_run_once(rig.net);
    cr_assert_eq(a.closed, 1);
    cr_assert(fd_is_closed(a.ours));
    rig_end(&rig);
}

Test(conn_end, in_on_drain)
{
    struct rig rig;
    struct owner a;
    uint64_t heard = 0;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.then_drain = close_it;
    owner_pour(&a, 300000);
    for (unsigned i = 0; i < RIG_PASSES && a.drained == 0; i++) {
        heard = peer_drink(&a, heard);
        net_run_once(rig.net);
    }
    cr_assert_eq(a.drained, 1);
    close(a.fd);
    UNTIL(&rig, fd_is_closed(a.ours));
    rig_end(&rig);
}

/* Both have something to read; whichever comes first closes the other. */
Test(conn_end, another_that_was_about_to_be_read)
{
    struct rig rig;
    struct owner a, b;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pair(&b, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.other = &b;
    b.other = &a;
    a.then_data = b.then_data = close_other;
    peer_say(&a, "x");
    peer_say(&b, "x");
    UNTIL(&rig, a.data + b.data > 0);
    rig_settle(&rig);
    cr_assert_eq(a.data + b.data, 1);
    close(a.fd);
    close(b.fd);
    rig_end(&rig);
}

Test(conn_end, another_that_was_about_to_end)
{
    struct rig rig;
    struct owner a, b;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pair(&b, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.other = &b;
    b.other = &a;
    a.then_close = b.then_close = close_other;
    close(a.fd);
    close(b.fd);
    UNTIL(&rig, a.closed + b.closed > 0);
    rig_settle(&rig);
    cr_assert_eq(a.closed + b.closed, 1);
    rig_end(&rig);
}

/* One can write again in the very pass in which the other's data makes its owner close it. */
Test(conn_end, another_that_was_about_to_drain)
{
    struct rig rig;
    struct owner slow, early;
    int large = 1024 * 1024;

    rig_begin(&rig);
    owner_pair(&slow, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pair(&early, &rig, SOCK_STREAM, RIG_MAX_IN);
    early.other = &slow;
    early.then_data = close_other;
    owner_pour(&slow, 200 * 1024);
    rig_settle(&rig);
    cr_assert(conn_out_full(slow.conn));
    peer_say(&early, "x"); /* first, so that it is seen first */
    setsockopt(slow.ours, SOL_SOCKET, SO_SNDBUF, &large, sizeof large); /* to drain at once */
    peer_drink(&slow, 0);
    UNTIL(&rig, early.data == 1);
    rig_settle(&rig);
    cr_assert_eq(slow.drained, 0);
    close(slow.fd);
    close(early.fd);
    rig_end(&rig);
}

Test(conn_end, another_that_was_about_to_fail)
{
    struct rig rig;
    struct owner slow, early;

    rig_begin(&rig);
    owner_pair(&slow, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pair(&early, &rig, SOCK_STREAM, RIG_MAX_IN);
    early.other = &slow;
    early.then_data = close_other;
    conn_read_pause(slow.conn);
    owner_pour(&slow, 140 * 1024);
    rig_settle(&rig);
    peer_say(&early, "x");
    close(slow.fd);
    UNTIL(&rig, early.data == 1);
    rig_settle(&rig);
    cr_assert_eq(slow.closed, 0);
    close(early.fd);
    rig_end(&rig);
}

/* --- the loop ends --- */

Test(conn_end, nothing_is_left_in_any_state)
{
    struct rig rig;
    struct owner live, full, ended, lingering, closing;

    rig_begin(&rig);
    owner_pair(&live, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pair(&full, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_pair(&ended, &rig, SOCK_STREAM, RIG_MAX_IN);
    owner_tcp(&lingering, &rig, RIG_MAX_IN);
    owner_pair(&closing, &rig, SOCK_STREAM, RIG_MAX_IN);
    peer_say(&live, "unread");
    owner_pour(&full, 500000);
    close(ended.fd);
    say_and_close(&lingering);
    rig_settle(&rig);
    say_and_close(&closing);
    cr_assert_eq(ended.closed, 1);
    cr_assert_not(fd_is_closed(lingering.ours));
    rig_end(&rig);
    cr_assert(fd_is_closed(live.ours) && fd_is_closed(full.ours) && fd_is_closed(ended.ours));
    cr_assert(fd_is_closed(lingering.ours) && fd_is_closed(closing.ours));
    close(live.fd);
    close(full.fd);
    close(lingering.fd);
    close(closing.fd);
    net_free(NULL);
}
