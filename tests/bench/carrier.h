/*
 * The SMSC: answers binds and messages at once, and sends receipts where they are asked for. Checks
 * every message that arrives against the slot of its sender.
 */
#ifndef BENCH_CARRIER_H
#define BENCH_CARRIER_H

#include "tests/bench/load.h"

int carrier_listen(struct load *load); /* 0 or -errno */

#endif
