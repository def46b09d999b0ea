#include "proxy/store/event_op.h"
#include "proxy/store/list_key.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(list_key, keys_lie_where_the_contract_says)
{
    char key[LIST_KEY_MAX];
    cr_assert_gt(
        list_key(key, sizeof key, "sg:", LIST_KEY_LIST, "optout", list_bucket(14155550100)), 0);
    cr_assert_str_eq(key, "sg:list:optout:1415555");
    cr_assert_eq(list_member(14155550100), 100);
    cr_assert_eq(list_member(14155550042), 42);
    list_key(key, sizeof key, "sg:", LIST_KEY_MARK, "optout:shop", 0);
    cr_assert_str_eq(key, "sg:mark:optout:shop:0");
    list_key_plain(key, sizeof key, "", "dataset");
    cr_assert_str_eq(key, "dataset");
    cr_assert_lt(list_key(key, 10, "sg:", LIST_KEY_LIST, "optout", 1), 0);
}

Test(list_key, only_buckets_of_the_very_list_are_found)
{
    uint64_t bucket = 0;
    const char *key = "sg:list:optout:1415555", *other = "sg:list:optout:55512:1415555";
    cr_assert_eq(list_key_parse(key, strlen(key), "sg:", LIST_KEY_LIST, "optout", &bucket), 0);
    cr_assert_eq(bucket, 1415555);
    cr_assert_lt(list_key_parse(other, strlen(other), "sg:", LIST_KEY_LIST, "optout", &bucket), 0);
    cr_assert_eq(
        list_key_parse(other, strlen(other), "sg:", LIST_KEY_LIST, "optout:55512", &bucket), 0);
    cr_assert_lt(list_key_parse(key, strlen(key), "sg:", LIST_KEY_MARK, "optout", &bucket), 0);
    cr_assert_lt(list_key_parse(key, strlen(key) - 7, "sg:", LIST_KEY_LIST, "optout", &bucket), 0);
}

Test(list_key, patterns_escape_what_a_glob_would_read)
{
    char pattern[2 * LIST_KEY_MAX];
    list_key_pattern(pattern, sizeof pattern, "s*:", LIST_KEY_LIST, "a[b]?");
    cr_assert_str_eq(pattern, "s\\*:list:a\\[b\\]\\?:*");
    cr_assert_lt(list_key_pattern(pattern, 8, "sg:", LIST_KEY_LIST, "optout"), 0);
}

Test(list_key, names_of_lists)
{
    cr_assert(list_name_ok("optout"));
    cr_assert(list_name_ok("optout:shop-2.eu_A"));
    char program[120] = "optout:";
    memset(program + 7, 'p', 100);
    cr_assert(list_name_ok(program));
    program[107] = 'p';
    cr_assert_not(list_name_ok(program));
    cr_assert_not(list_name_ok("optout:"));
    cr_assert_not(list_name_ok(""));
    cr_assert_not(list_name_ok("a\nb"));
    cr_assert_not(list_name_ok("a b"));
    cr_assert_not(list_name_ok(":a"));
}

Test(list_key, marks)
{
    struct list_mark mark;
    const char *text = "1735689600123 + host-0123abcd 42";
    cr_assert_eq(list_mark_parse(text, strlen(text), &mark), 0);
    cr_assert_eq(mark.time_ms, 1735689600123);
    cr_assert_eq(mark.op, '+');
    cr_assert_str_eq(mark.chain, "host-0123abcd");
    cr_assert_eq(mark.seq, 42);
    for (size_t cut = 0; cut < strlen(text) - 1; cut++)
        list_mark_parse(text, cut, &mark);
    static const char *const bad[] = {"",        "1",       "1 +",    "1 * c 1",  "1 + c",
                                      "1 + c x", "x + c 1", "1 +  1", "1 + c 1 2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_lt(list_mark_parse(bad[i], strlen(bad[i]), &mark), 0, "%s", bad[i]);
}

Test(list_key, numbers)
{
    uint64_t number;
    cr_assert_eq(list_number_parse("14155550100", 11, &number), 0);
    cr_assert_eq(number, 14155550100);
    cr_assert_eq(list_number_parse("0", 1, &number), 0);
    cr_assert_lt(list_number_parse("", 0, &number), 0);
    cr_assert_lt(list_number_parse("042", 3, &number), 0);
    cr_assert_lt(list_number_parse("+42", 3, &number), 0);
    cr_assert_lt(list_number_parse("12345678901234567890", 20, &number), 0);
}

struct op_case {
    struct event event;
    char op;
    const char *list;
};

Test(list_key, what_events_do_to_lists)
{
    static const char sha[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const struct op_case cases[] = {
        {{.type = EVENT_optout, .number = "14155550100"}, OP_ADD, "optout"},
        {{.type = EVENT_optout, .number = "14155550100", .list = "optout:shop"},
         OP_ADD,
         "optout:shop"},
        {{.type = EVENT_optout, .list = "optout"}, OP_NONE, ""},
        {{.type = EVENT_optout, .number = "+1415"}, OP_NONE, ""},
        {{.type = EVENT_optin, .number = "14155550100"}, OP_REMOVE, "optout"},
        {{.type = EVENT_bounce, .number = "14155550100"}, OP_ADD, "bounced"},
        {{.type = EVENT_blocked, .number = "14155550100", .list = "optout"}, OP_NONE, ""},
        {{.type = EVENT_list, .list = "dnc", .action = "create"}, OP_CREATE, "dnc"},
        {{.type = EVENT_list, .list = "dnc", .action = "remove"}, OP_DROP, "dnc"},
        {{.type = EVENT_list, .list = "dnc", .action = "look"}, OP_NONE, ""},
        {{.type = EVENT_import, .list = "dnc", .file = sha}, OP_IMPORT, "dnc"},
        {{.type = EVENT_import, .list = "dnc", .file = "../x"}, OP_NONE, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event_op op;
        event_op(&cases[i].event, &op);
        cr_assert_eq(op.op, cases[i].op, "case %zu: %c", i, op.op);
        cr_assert_str_eq(op.list, cases[i].list, "case %zu", i);
    }
}

Test(list_key, a_description_is_json_with_its_time_first)
{
    struct event event = {.type = EVENT_list, .time_ms = 5, .reason = "a \"b\""};
    char *text = event_op_description(&event);
    cr_assert_str_eq(text, "{\"time\":5,\"description\":\"a \\\"b\\\"\"}");
    free(text);
}
