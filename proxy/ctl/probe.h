/* Whether a daemon's console answers: one GET /readyz, as any load balancer asks it. */
#ifndef PROXY_CTL_PROBE_H
#define PROXY_CTL_PROBE_H

#include "proxy/conf.h"

/* The HTTP status, and the first line of the answer's body in `body`; -errno where there is no
 * answer within two seconds. */
int ctl_probe(const struct conf_uri *address, char *body, size_t cap);

#endif
