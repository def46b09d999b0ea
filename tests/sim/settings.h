/*
 * How the simulated carrier behaves. Every setting stands in one table, which serves `set`, the
 * option --set and --help. Pure data; whoever acts on a setting reads it here.
 */
#ifndef SIM_SETTINGS_H
#define SIM_SETTINGS_H

#include "smpp/text.h"

#include <stdio.h>

#define SETTINGS_TEXT 32

enum sim_mode {
    SIM_NORMAL,
    SIM_SILENT, /* messages get no response */
    SIM_DEAD,   /* nothing gets one, enquire_link and unbind neither */
    SIM_TWICE,
    SIM_REVERSE /* responses wait for each other and leave in reverse order */
};

enum sim_receipt { RECEIPT_TEXT, RECEIPT_TLV, RECEIPT_BOTH, RECEIPT_NONE };
enum sim_id { ID_DECIMAL, ID_HEX, ID_UUID };
enum sim_error_body { BODY_EMPTY, BODY_NONE, BODY_TLV };

struct settings {
    uint32_t mode, delay;
    uint32_t status, status_count; /* count 0: for every message */
    uint32_t bind_status;
    uint32_t error_body;
    uint32_t id_form, receipt_id_form;
    uint32_t receipt, receipt_delay, receipt_esm;
    bool receipt_data_sm;
    char stat[SETTINGS_TEXT], err[SETTINGS_TEXT];
    bool reading, echo_unknown, version_tlv, early_enquire;
    uint32_t timeout; /* ms for an answer to what we send */
    uint32_t alphabet;
    char unsuccess[SETTINGS_TEXT]; /* a destination that submit_multi fails for */
};

void settings_default(struct settings *settings);

/* Returns 0, -ENOENT for an unknown name, -EINVAL for a value that does not fit. */
int settings_set(struct settings *settings, const char *name, char *value);

void settings_help(FILE *to);

#endif
