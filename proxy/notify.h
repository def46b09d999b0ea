/*
 * Tells the service manager how we are (sd_notify(3)): a datagram to the socket it names. Does
 * nothing where there is none.
 */
#ifndef PROXY_NOTIFY_H
#define PROXY_NOTIFY_H

/* "READY=1", "RELOADING=1", "STOPPING=1", ... */
void notify_manager(const char *state);

#endif
