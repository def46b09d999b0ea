/* The client of the control socket, so that scripts need no other tool. */
#ifndef SIM_CTL_H
#define SIM_CTL_H

/* Sends argv[0..argc) as one command to the socket at `path` and prints the answer; without
 * arguments the commands are read from standard input. Returns the exit status: 0, 1 where a
 * command failed, 2 where nobody listens. */
int ctl_run(const char *path, int argc, char **argv);

#endif
