/*
 * The HTTP server: health, readiness and metrics (design section 11). It has a thread and an event
 * loop of its own and shares nothing with the traffic but the log, the numbers of the stats and
 * what console_set_ready() was last told. Owns its sockets. Knows no sessions and no filters.
 *
 * /healthz: 200 while the process lives. /readyz: 200, or 503 with the reason. /metrics: Prometheus
 * text. All three are on metrics_address where there is one.
 */
#ifndef PROXY_CONSOLE_CONSOLE_H
#define PROXY_CONSOLE_CONSOLE_H

#include "proxy/conf.h"
#include "proxy/log.h"
#include "proxy/stats.h"

struct console;

/* Listens and starts the thread; not ready at first ("starting"). `log` and `stats` must outlive
 * it, `conf` need not. NULL and *error (malloc'd, a sentence naming the address) where that fails.
 * With no address in `conf` it listens nowhere. */
struct console *console_new(const struct conf_console *conf, struct log *log,
                            const struct stats *stats, char **error);

/* From any thread. `reason` says why not, is copied, and is not used when ready. */
void console_set_ready(struct console *console, bool ready, const char *reason);

/* Ends the thread, answers on their way with it, and closes the sockets. NULL is fine. */
void console_free(struct console *console);

#endif
