/* What an event does to the lists. */
#include "proxy/store/event_op.h"

#include <criterion/criterion.h>
#include <string.h>

#define FILE_NAME "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct effect {
    struct event event;
    char op;
    const char *list;
};

static void each(const struct effect *effects, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct event_op op;

        event_op(&effects[i].event, &op);
        cr_assert_eq(op.op, effects[i].op, "%zu: %c", i, op.op);
        cr_assert_str_eq(op.list, effects[i].list, "%zu", i);
        if (op.op == OP_ADD || op.op == OP_REMOVE)
            cr_assert_eq(op.number, UINT64_C(14155550100));
    }
}

#define EACH(effects) each(effects, sizeof(effects) / sizeof(effects)[0])

Test(event_op, by_type_list_and_number)
{
    static const struct effect effects[] = {
        {{.type = EVENT_optout, .number = "14155550100", .list = "dnc"}, OP_ADD, "dnc"},
        {{.type = EVENT_optout, .number = "14155550100"}, OP_ADD, "optout"},
        {{.type = EVENT_optout, .number = "14155550100", .list = "optout:shop"},
         OP_ADD,
         "optout:shop"},
        {{.type = EVENT_optin, .number = "14155550100"}, OP_REMOVE, "optout"},
        {{.type = EVENT_bounce, .number = "14155550100"}, OP_ADD, "bounced"},
        {{.type = EVENT_list, .list = "dnc", .action = "create"}, OP_CREATE, "dnc"},
        {{.type = EVENT_list, .list = "dnc", .action = "remove"}, OP_DROP, "dnc"},
        {{.type = EVENT_import, .list = "dnc", .file = FILE_NAME}, OP_IMPORT, "dnc"},
    };

    EACH(effects);
}

Test(event_op, the_others_change_nothing)
{
    for (unsigned type = 0; type < EVENT_TYPE_COUNT; type++) {
        const struct effect effect = {
            {.type = (enum event_type)type, .number = "14155550100", .list = "dnc"}, OP_NONE, ""};

        if (type != EVENT_optout && type != EVENT_optin && type != EVENT_bounce)
            each(&effect, 1);
    }
}

Test(event_op, neither_do_those_that_are_not_whole)
{
    static const struct effect effects[] = {
        {{.type = EVENT_optout}, OP_NONE, ""},
        {{.type = EVENT_optout, .number = ""}, OP_NONE, ""},
        {{.type = EVENT_optout, .number = "ACME"}, OP_NONE, ""},
        {{.type = EVENT_optout, .number = "14155550100", .list = "no list"}, OP_NONE, ""},
        {{.type = EVENT_list, .list = "dnc"}, OP_NONE, ""},
        {{.type = EVENT_list, .list = "dnc", .action = "burn"}, OP_NONE, ""},
        {{.type = EVENT_import, .list = "dnc", .file = "../../etc/passwd"}, OP_NONE, ""},
    };

    EACH(effects);
}

Test(event_op, what_a_monitor_would_have_done_is_not_done)
{
    static const struct effect effects[] = {
        {{.type = EVENT_optout, .number = "14155550100", .mode = "monitor"}, OP_NONE, ""},
        {{.type = EVENT_optin, .number = "14155550100", .mode = "monitor"}, OP_NONE, ""},
        {{.type = EVENT_optout, .number = "14155550100", .mode = ""}, OP_ADD, "optout"},
    };

    EACH(effects);
}
