/*
 * The simulator's control socket: one command a line, answered by lines of which the last is "ok"
 * or "error: ...". A command that waits for a peer holds up its own client only. What the commands
 * do is in commands.c; a client stays there as long as something it asked for is under way.
 */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "tests/sim/smsc.h"

struct control;
struct client;

/* NULL where the socket cannot be made; errno says why. A stale socket file is replaced. */
struct control *control_new(struct smsc *smsc, const char *path);
void control_free(struct control *control); /* NULL is fine */

/* Wakes the clients that wait for messages. NULL is fine. */
void control_message_arrived(struct control *control);

/* One line to the client, without its line end. */
__attribute__((format(printf, 2, 3))) void client_say(struct client *client, const char *format,
                                                      ...);
/* The reason why the command fails: it will end with this instead of "ok". */
__attribute__((format(printf, 2, 3))) void client_fail(struct client *client, const char *format,
                                                       ...);
/* Each hold puts the end of the command off until as many releases have come. */
void client_hold(struct client *client);
void client_release(struct client *client);

/* Holds the client until `count` messages have been received in all, or fails after `ms`. */
void client_wait(struct client *client, uint64_t count, uint32_t ms);

#endif
