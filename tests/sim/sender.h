/*
 * One conversation of smpp-send: connect, bind, send, wait for the answers, listen, unbind. Prints
 * as it goes on. The strings of the options stay the caller's.
 */
#ifndef SIM_SENDER_H
#define SIM_SENDER_H

#include "tests/sim/compose.h"

struct sender_options {
    char *address; /* is cut into host and port */
    const char *host, *port;
    const char *system_id, *password;
    uint32_t bind;
    struct smpp_addr src, dst;
    const char *text; /* NULL: nothing is sent */
    int coding;
    bool receipt, payload, data_sm;
    uint32_t listen, timeout; /* seconds */
};

/* Returns the exit status: 0, 1 where something was refused, 2 where there was no answer. */
int sender_run(const struct sender_options *options);

#endif
