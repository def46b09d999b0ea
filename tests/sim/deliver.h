/*
 * What the simulated carrier sends on command: messages of handsets, raw PDUs, enquire_link,
 * unbind. Each tells the client how the peer answered.
 */
#ifndef SIM_DELIVER_H
#define SIM_DELIVER_H

#include "tests/sim/control.h"
#include "tests/sim/session.h"

/* `args` is what follows the command's name; errors are told to the client. */
void deliver_mo(struct session *session, struct client *client, char *args);
void deliver_mo_hex(struct session *session, struct client *client, char *args);
void deliver_raw(struct session *session, struct client *client, char *args);
void deliver_header(struct session *session, struct client *client, uint32_t command_id);

#endif
