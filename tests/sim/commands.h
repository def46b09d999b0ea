/* The commands of the control socket: `help` lists them. */
#ifndef SIM_COMMANDS_H
#define SIM_COMMANDS_H

#include "tests/sim/control.h"

/* Runs one line, which it may cut up. What is still under way at the return holds the client. */
void commands_run(struct smsc *smsc, struct client *client, char *line);

void commands_help(FILE *to);

#endif
