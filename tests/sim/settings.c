#include "tests/sim/settings.h"

#include "smpp/ids.h"
#include "tests/sim/words.h"

#include <errno.h>
#include <string.h>

typedef int set_value(void *field, char *value, const char *choices);

struct setting {
    const char *name;
    set_value *set;
    size_t offset;
    const char *choices, *help;
};

static int set_ms(void *field, char *value, const char *choices)
{
    (void)choices;
    return words_duration(value, field);
}

static int set_octet(void *field, char *value, const char *choices)
{
    (void)choices;
    return words_number(value, 255, field);
}

static int set_text(void *field, char *value, const char *choices)
{
    (void)choices;

    if (strlen(value) >= SETTINGS_TEXT)
        return -EINVAL;
    memcpy(field, value, strlen(value) + 1);
    return 0;
}

/* A status, and behind it for how many messages. */
static int set_status(void *field, char *value, const char *choices)
{
    uint32_t *status = field, count = 0, parsed;
    char *word = words_next(&value);
    char *number = words_next(&value);
    (void)choices;

    if (word == NULL || smpp_status_parse(word, &parsed) != 0 ||
        (number != NULL && words_number(number, UINT32_MAX, &count) != 0))
        return -EINVAL;
    status[0] = parsed;
    status[1] = count;
    return 0;
}

static int set_bind_status(void *field, char *value, const char *choices)
{
    (void)choices;
    return smpp_status_parse(value, field);
}

/* `choices` is "first|second|..."; the value is the place of the word among them. */
static int choose(const char *choices, const char *value, uint32_t *place)
{
    *place = 0;
    while (true) {
        size_t len = strcspn(choices, "|");
        if (strlen(value) == len && strncmp(choices, value, len) == 0)
            return 0;
        if (choices[len] == '\0')
            return -EINVAL;
        choices += len + 1;
        ++*place;
    }
}

static int set_choice(void *field, char *value, const char *choices)
{
    uint32_t place;
    int r = choose(choices, value, &place);

    if (r == 0)
        memcpy(field, &place, sizeof(place));
    return r;
}

static int set_switch(void *field, char *value, const char *choices)
{
    uint32_t place;
    int r = choose(choices, value, &place);

    if (r == 0)
        *(bool *)field = place == 1;
    return r;
}

static int set_alphabet(void *field, char *value, const char *choices)
{
    enum smpp_alphabet alphabet;
    int r = smpp_alphabet_parse(value, &alphabet);
    (void)choices;

    if (r == 0)
        *(uint32_t *)field = (uint32_t)alphabet;
    return r;
}

#define AT(field) offsetof(struct settings, field)

static const struct setting table[] = {
    {"mode", set_choice, AT(mode), "normal|silent|dead|twice|reverse",
     "silent: no response to messages; dead: to nothing at all"},
    {"delay", set_ms, AT(delay), "50ms", "before each response to a message"},
    {"status", set_status, AT(status), "STATUS [COUNT]", "of responses, for COUNT messages or all"},
    {"bind-status", set_bind_status, AT(bind_status), "STATUS", "of bind responses"},
    {"error-body", set_choice, AT(error_body), "empty|none|tlv", "body of error responses"},
    {"id", set_choice, AT(id_form), "decimal|hex|uuid", "form of message ids"},
    {"receipt-id", set_choice, AT(receipt_id_form), "decimal|hex|uuid", "the same in receipts"},
    {"receipt", set_choice, AT(receipt), "text|tlv|both|none", "form of receipts"},
    {"receipt-pdu", set_switch, AT(receipt_data_sm), "deliver_sm|data_sm", "receipts are sent as"},
    {"receipt-delay", set_ms, AT(receipt_delay), "0ms", "from the message to its receipt"},
    {"receipt-esm", set_octet, AT(receipt_esm), "0x04", "esm_class of receipts"},
    {"stat", set_text, AT(stat), "DELIVRD", "of the next receipts"},
    {"err", set_text, AT(err), "000", "of the next receipts"},
    {"read", set_switch, AT(reading), "off|on", "whether sockets are read at all"},
    {"unknown", set_switch, AT(echo_unknown), "nack|echo", "answer to commands nobody knows"},
    {"version", set_switch, AT(version_tlv), "off|on", "sc_interface_version in bind responses"},
    {"early-enquire", set_switch, AT(early_enquire), "off|on", "enquire_link before bind_resp"},
    {"timeout", set_ms, AT(timeout), "10s", "for answers to what the simulator sends"},
    {"alphabet", set_alphabet, AT(alphabet), "gsm|latin1|ascii|utf8", "of data_coding 0"},
    {"unsuccess", set_text, AT(unsuccess), "none|NUMBER", "destination submit_multi fails for"},
};

void settings_default(struct settings *settings)
{
    *settings = (struct settings){
        .receipt_esm = 4,
        .stat = "DELIVRD",
        .err = "000",
        .reading = true,
        .version_tlv = true,
        .timeout = 10000,
        .alphabet = SMPP_ALPHABET_GSM,
        .unsuccess = "none",
    };
}

int settings_set(struct settings *settings, const char *name, char *value)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0)
            return table[i].set((char *)settings + table[i].offset, value, table[i].choices);
    }
    return -ENOENT;
}

void settings_help(FILE *to)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        fprintf(to, "  set %-14s %-34s %s\n", table[i].name, table[i].choices, table[i].help);
}
