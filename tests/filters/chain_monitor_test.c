/* mode: monitor: a filter is asked, counted and has no effect. */
#include "tests/filters/chain_rig.h"

Test(chain_monitor, a_monitor_undoes_a_rejection_and_goes_on)
{
    struct rig *rig = RIG(WATCH(all, SCRIPT('a', .on_pdu = FLT_REJECT, .status = ESME_RINVDSTADR)),
                          STEP(brief, SCRIPT('b')));

    cr_assert_eq(start(rig), FLT_PASS);
    cr_assert_eq(chain_call(rig->run)->status, 0);
    calls(rig, "a:pdu b:pdu");
    cr_assert_not(rig->trace.monitor, "each filter has its own mode");
    cr_assert_eq(rig->counts[ALL].monitored, 1);
    cr_assert_eq(rig->counts[ALL].verdict[FLT_PASS], 1);
    cr_assert_eq(rig->counts[ALL].verdict[FLT_REJECT], 0);
    cr_assert_eq(rig->counts[BRIEF].monitored, 0);
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain_monitor, a_monitor_knows_that_it_is_one)
{
    struct rig *rig = RIG(STEP(brief, SCRIPT('a')), WATCH(all, SCRIPT('b')));

    cr_assert_eq(start(rig), FLT_PASS);
    cr_assert(rig->trace.monitor);
    cr_assert_eq(rig->counts[ALL].monitored, 0, "it had nothing against the message");
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain_monitor, a_monitor_undoes_an_absorption)
{
    struct rig *rig = RIG(WATCH(all, SCRIPT('a', .on_pdu = FLT_ABSORB, .message_id = "ours")));

    cr_assert_eq(start(rig), FLT_PASS);
    cr_assert_str_eq(chain_call(rig->run)->message_id, "");
    cr_assert_eq(rig->counts[ALL].monitored, 1);
    chain_answered(rig->run, NULL, ESME_ROK, str("theirs"));
    cr_assert_str_eq(rig->trace.resp_id, "theirs");
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain_monitor, a_monitor_undoes_what_it_dropped_and_nothing_else)
{
    struct rig *rig =
        RIG(STEP(all, SCRIPT('a', .drop = 1 + 0, .status = ESME_RINVDSTADR)),
            WATCH(brief, SCRIPT('b', .drop = 1 + 255)), STEP(all, SCRIPT('c', .drop = 1 + 64)));
    const struct flt_call *call = chain_call(rig->run);

    rig->msg.header.command_id = SMPP_submit_multi;
    cr_assert_eq(start(rig), FLT_PASS);
    for (unsigned i = 0; i < 256; i++)
        cr_assert_eq(flt_dropped(call, i), i == 0 || i == 64, "destination %u", i);
    cr_assert_eq(rig->counts[BRIEF].monitored, 1);
    cr_assert_eq(rig->counts[BRIEF].verdict[FLT_PASS], 1);
    cr_assert_eq(rig->counts[ALL].monitored, 0);
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain_monitor, a_monitor_undoes_what_it_dropped_before_and_after_the_answer)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a', .drop = 1 + 3)),
                          WATCH(all, SCRIPT('b', .on_pdu = FLT_PENDING, .on_reply = FLT_REJECT,
                                            .status = ESME_RINVDSTADR, .drop = 1 + 7)));
    const struct flt_call *call = chain_call(rig->run);

    rig->msg.header.command_id = SMPP_submit_multi;
    cr_assert_eq(start(rig), FLT_PENDING);
    cr_assert_eq(rig->counts[ALL].monitored, 0);
    cr_assert_eq(resume(rig, &answered), FLT_PASS);
    cr_assert(flt_dropped(call, 3));
    cr_assert_not(flt_dropped(call, 7));
    cr_assert_eq(call->status, 0);
    cr_assert_eq(rig->counts[ALL].monitored, 1);
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain_monitor, a_monitor_whose_port_fails_lets_pass)
{
    struct rig *rig = RIG(WATCH(all, SCRIPT('a', .on_pdu = FLT_PENDING, .on_reply = FLT_REJECT)),
                          STEP(brief, SCRIPT('b')));

    cr_assert_eq(start(rig), FLT_PENDING);
    cr_assert_eq(resume(rig, &failed), FLT_PASS);
    calls(rig, "a:pdu a:failed b:pdu");
    cr_assert_eq(rig->counts[ALL].port_failed, 1);
    chain_end(rig->run);
    rig_free(rig);
}
