/*
 * What sg-load was asked to do. Parsed once; read by all.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_WATCHES  8
#define OPTIONS_SESSIONS 20000u
#define OPTIONS_WINDOW   10000u

struct options_watch {
    const char *name;
    int pid;
};

struct options {
    struct sockaddr_in target, listen; /* target.sin_port 0: straight to `listen` */
    unsigned sessions, window;
    double seconds, warm, drain, rate; /* rate 0: as fast as the windows allow */
    uint64_t messages;                 /* 0: by time */
    bool receipts, blind, idle;
    uint64_t suppressed, spread;
    unsigned one_in; /* one message in so many goes to a suppressed number; 0: none */
    uint32_t refusal;
    struct options_watch watches[OPTIONS_WATCHES];
    unsigned watch_count;
    uint64_t list; /* print so many suppressed numbers instead */
    const char *prefix, *name;
};

/* 0; 1 where --help was all that was asked; -EINVAL after a message. */
int options_parse(struct options *options, int argc, char **argv);

#endif
