/* How a chain runs its filters: order, waiting, responses, the end. */
#include "tests/filters/chain_rig.h"

Test(chain, empty_lets_pass)
{
    struct rig *rig = rig_new(NULL, 0);

    cr_assert_eq(start(rig), FLT_PASS);
    cr_assert_not(chain_wants_resp(rig->chain));
    chain_answered(rig->run, NULL, 0, str("id"));
    chain_end(rig->run);
    calls(rig, "");
    rig_free(rig);
}

Test(chain, filters_run_in_order)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a')), STEP(all, SCRIPT('b')), STEP(brief, SCRIPT('c')));

    cr_assert_eq(start(rig), FLT_PASS);
    cr_assert(chain_wants_resp(rig->chain));
    cr_assert_eq(rig->trace.ticket.slot, ticket.slot);
    cr_assert_eq(rig->trace.ticket.generation, ticket.generation);
    chain_end(rig->run);
    calls(rig, "a:pdu b:pdu c:pdu a:done b:done");
    cr_assert_eq(rig->counts[ALL].verdict[FLT_PASS], 2);
    cr_assert_eq(rig->counts[BRIEF].verdict[FLT_PASS], 1);
    rig_free(rig);
}

Test(chain, stops_at_a_rejection)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a')),
                          STEP(all, SCRIPT('b', .on_pdu = FLT_REJECT, .status = ESME_RINVDSTADR)),
                          STEP(all, SCRIPT('c')));

    cr_assert_eq(start(rig), FLT_REJECT);
    cr_assert_eq(chain_call(rig->run)->status, ESME_RINVDSTADR);
    chain_end(rig->run);
    calls(rig, "a:pdu b:pdu a:done b:done");
    cr_assert_eq(rig->counts[ALL].verdict[FLT_REJECT], 1);
    rig_free(rig);
}

Test(chain, stops_at_an_absorption)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a', .on_pdu = FLT_ABSORB, .message_id = "ours")),
                          STEP(all, SCRIPT('b')));

    cr_assert_eq(start(rig), FLT_ABSORB);
    cr_assert_str_eq(chain_call(rig->run)->message_id, "ours");
    chain_answered(rig->run, &rig->msg, ESME_ROK, (struct smpp_str){0});
    chain_end(rig->run);
    calls(rig, "a:pdu a:resp a:done");
    cr_assert(rig->trace.resp_msg);
    cr_assert_str_eq(rig->trace.resp_id, "ours");
    rig_free(rig);
}

Test(chain, passes_over_filters_that_want_other_commands)
{
    struct rig *rig = RIG(STEP(data, SCRIPT('a')), STEP(all, SCRIPT('b')), STEP(data, SCRIPT('c')));

    cr_assert_eq(start(rig), FLT_PASS);
    chain_answered(rig->run, NULL, ESME_ROK, str("id"));
    chain_end(rig->run);
    calls(rig, "b:pdu b:resp b:done");
    for (unsigned v = 0; v < FLT_VERDICTS; v++)
        cr_assert_eq(rig->counts[DATA].verdict[v], 0);
    rig->msg.header.command_id = SMPP_data_sm;
    rig->trace.calls[0] = '\0';
    cr_assert_eq(start(rig), FLT_PASS);
    chain_end(rig->run);
    calls(rig, "a:pdu b:pdu c:pdu a:done b:done c:done");
    rig_free(rig);
}

Test(chain, commands_that_no_filter_sees_pass)
{
    static const uint32_t commands[] = {SMPP_query_sm,       SMPP_cancel_sm,
                                        SMPP_submit_sm_resp, SMPP_alert_notification,
                                        SMPP_broadcast_sm,   0x00010200};
    struct rig *rig = RIG(STEP(all, SCRIPT('a', .on_pdu = FLT_REJECT)));

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        rig->msg.header.command_id = commands[i];
        cr_assert_eq(start(rig), FLT_PASS, "0x%08x", commands[i]);
        chain_end(rig->run);
    }
    calls(rig, "");
    rig_free(rig);
}

Test(chain, resumes_at_the_filter_that_was_pending)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a')), STEP(all, SCRIPT('b', .on_pdu = FLT_PENDING)),
                          STEP(all, SCRIPT('c')));

    cr_assert_eq(start(rig), FLT_PENDING);
    calls(rig, "a:pdu b:pdu");
    cr_assert_eq(resume(rig, &answered), FLT_PASS);
    calls(rig, "a:pdu b:pdu b:reply c:pdu");
    chain_end(rig->run);
    calls(rig, "a:pdu b:pdu b:reply c:pdu a:done b:done c:done");
    cr_assert_eq(rig->counts[ALL].verdict[FLT_PENDING], 1);
    cr_assert_eq(rig->counts[ALL].verdict[FLT_PASS], 3);
    cr_assert_eq(rig->counts[ALL].port_failed, 0);
    rig_free(rig);
}

Test(chain, several_may_be_pending_in_turn)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a', .on_pdu = FLT_PENDING)),
                          STEP(all, SCRIPT('b', .on_pdu = FLT_PENDING)),
                          STEP(all, SCRIPT('c', .on_pdu = FLT_PENDING, .on_reply = FLT_REJECT,
                                           .status = ESME_RTHROTTLED)),
                          STEP(all, SCRIPT('d')));

    cr_assert_eq(start(rig), FLT_PENDING);
    cr_assert_eq(resume(rig, &answered), FLT_PENDING);
    cr_assert_eq(resume(rig, &answered), FLT_PENDING);
    cr_assert_eq(resume(rig, &answered), FLT_REJECT);
    cr_assert_eq(chain_call(rig->run)->status, ESME_RTHROTTLED);
    chain_end(rig->run);
    calls(rig, "a:pdu a:reply b:pdu b:reply c:pdu c:reply a:done b:done c:done");
    rig_free(rig);
}

Test(chain, an_absorption_may_come_with_the_answer)
{
    struct rig *rig = RIG(STEP(
        all, SCRIPT('a', .on_pdu = FLT_PENDING, .on_reply = FLT_ABSORB, .message_id = "ours")));

    cr_assert_eq(start(rig), FLT_PENDING);
    cr_assert_eq(resume(rig, &answered), FLT_ABSORB);
    cr_assert_str_eq(chain_call(rig->run)->message_id, "ours");
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain, failures_of_ports_are_counted)
{
    struct rig *rig = RIG(STEP(brief, SCRIPT('a', .on_pdu = FLT_PENDING, .on_reply = FLT_REJECT)));

    cr_assert_eq(start(rig), FLT_PENDING);
    cr_assert_eq(resume(rig, &failed), FLT_REJECT);
    calls(rig, "a:pdu a:failed");
    cr_assert_eq(rig->counts[BRIEF].port_failed, 1);
    cr_assert_eq(rig->counts[BRIEF].verdict[FLT_REJECT], 1);
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain, a_session_that_ends_while_pending_ends_each_step_once)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a')), STEP(all, SCRIPT('b', .on_pdu = FLT_PENDING)),
                          STEP(all, SCRIPT('c')));

    cr_assert_eq(start(rig), FLT_PENDING);
    chain_end(rig->run);
    calls(rig, "a:pdu b:pdu a:done b:done");
    rig_free(rig);
}

Test(chain, a_session_that_ends_before_the_response_gives_none)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a')), STEP(all, SCRIPT('b')));

    cr_assert_eq(start(rig), FLT_PASS);
    chain_end(rig->run);
    calls(rig, "a:pdu b:pdu a:done b:done");
    rig_free(rig);
}

Test(chain, the_response_is_told_to_each_in_order)
{
    struct rig *rig = RIG(STEP(all, SCRIPT('a')), STEP(brief, SCRIPT('b')),
                          STEP(all, SCRIPT('c', .on_pdu = FLT_PENDING)), STEP(data, SCRIPT('d')),
                          STEP(all, SCRIPT('e')));

    cr_assert_eq(start(rig), FLT_PENDING);
    cr_assert_eq(resume(rig, &answered), FLT_PASS);
    rig->trace.calls[0] = '\0';
    chain_answered(rig->run, NULL, ESME_RMSGQFUL, str("0118Z-0122I"));
    calls(rig, "a:resp c:resp e:resp");
    cr_assert_eq(rig->trace.resp_status, ESME_RMSGQFUL);
    cr_assert_str_eq(rig->trace.resp_id, "0118Z-0122I");
    cr_assert_not(rig->trace.resp_msg);
    chain_end(rig->run);
    calls(rig, "a:resp c:resp e:resp a:done c:done e:done");
    rig_free(rig);
}

Test(chain, long_ids_are_cut_and_missing_ones_are_empty)
{
    char id[200];
    struct rig *rig = RIG(STEP(all, SCRIPT('a')));
    size_t most = sizeof chain_call(rig->run)->message_id - 1;

    memset(id, 'x', sizeof id);
    for (size_t len = 0; len < sizeof id; len++) {
        cr_assert_eq(start(rig), FLT_PASS);
        chain_answered(rig->run, NULL, 0, (struct smpp_str){(const uint8_t *)id, len});
        cr_assert_eq(strlen(rig->trace.resp_id), len < most ? len : most);
        chain_end(rig->run);
        rig->trace.calls[0] = '\0';
    }
    start(rig);
    chain_answered(rig->run, NULL, 0, (struct smpp_str){NULL, 0});
    cr_assert_str_eq(rig->trace.resp_id, "");
    chain_end(rig->run);
    rig_free(rig);
}

Test(chain, a_run_may_be_used_again)
{
    struct rig *rig =
        RIG(STEP(all, SCRIPT('a', .on_pdu = FLT_REJECT, .status = ESME_RSYSERR, .drop = 1 + 200)));

    for (int i = 0; i < 3; i++) {
        cr_assert_eq(start(rig), FLT_REJECT);
        chain_end(rig->run);
    }
    calls(rig, "a:pdu a:done a:pdu a:done a:pdu a:done");
    rig_free(rig);
}

Test(chain, its_steps_can_be_looked_at)
{
    struct script script = {.mark = 'b'};
    struct rig *rig = RIG(STEP(all, SCRIPT('a')), WATCH(data, &script));

    cr_assert_eq(chain_at(rig->chain, 0)->ops, &all);
    cr_assert_eq(chain_at(rig->chain, 1)->ops, &data);
    cr_assert_eq(chain_at(rig->chain, 1)->conf, &script);
    cr_assert(chain_at(rig->chain, 1)->monitor);
    cr_assert_eq(chain_length(rig->chain), 2);
    rig_free(rig);
}

Test(chain, holds_as_many_filters_as_it_says)
{
    struct chain_step steps[CHAIN_STEPS_MAX];
    struct script scripts[CHAIN_STEPS_MAX];
    struct rig *rig;

    for (unsigned i = 0; i < CHAIN_STEPS_MAX; i++) {
        scripts[i] = (struct script){.mark = (char)('a' + i), .on_pdu = FLT_PENDING};
        steps[i] = STEP(all, &scripts[i]);
    }
    rig = rig_new(steps, CHAIN_STEPS_MAX);
    cr_assert_eq(start(rig), FLT_PENDING);
    for (unsigned i = 1; i < CHAIN_STEPS_MAX; i++)
        cr_assert_eq(resume(rig, &answered), FLT_PENDING);
    cr_assert_eq(resume(rig, &answered), FLT_PASS);
    rig->trace.calls[0] = '\0';
    chain_end(rig->run);
    calls(rig, "a:done b:done c:done d:done e:done f:done g:done h:done i:done j:done k:done "
               "l:done m:done n:done o:done p:done");
    rig_free(rig);
}
