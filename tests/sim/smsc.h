/*
 * The simulated carrier as a whole: who listens, who is bound, how it behaves. One event loop, one
 * thread. The parts see each other through this: session (a connection), message (answers to what
 * arrives), receipts, deliver (what is sent on command), control (the socket of commands).
 */
#ifndef SIM_SMSC_H
#define SIM_SMSC_H

#include "tests/sim/archive.h"
#include "tests/sim/delayed.h"
#include "tests/sim/settings.h"

#include <sys/queue.h>

struct session;
struct control;
struct receipts;

TAILQ_HEAD(session_list, session);

struct smsc {
    struct event_base *base;
    struct settings set;
    const char *system_id, *password; /* NULL: any */
    bool verbose;
    struct archive *archive;
    struct receipts *receipts;
    struct control *control; /* NULL: none was asked for */
    struct session_list sessions;
    unsigned session_count;
    uint64_t next_id;
};

#endif
