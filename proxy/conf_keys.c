#include "proxy/conf_keys.h"

#include "proxy/conf.h"

#include <assert.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)

/* KEY_URIS and SHAPE_LIST store a pointer and the count behind it. */
#define COUNT_FOLLOWS(type, list, count)                                                           \
    static_assert(offsetof(struct type, count) == offsetof(struct type, list) + sizeof(void *),    \
                  #count " must follow " #list)
COUNT_FOLLOWS(conf_carrier, addresses, address_count);
COUNT_FOLLOWS(conf, carriers, carrier_count);
COUNT_FOLLOWS(conf, listeners, listener_count);
COUNT_FOLLOWS(flt_world, programs, program_count);

static const char *const redis_schemes[] = {"unix", "tcp", NULL};
static const char *const peer_schemes[] = {"tcp", NULL};
static const char *const console_schemes[] = {"http", "unix", NULL};
static const char *const outages[] = {
    [OUTAGE_HOLD] = "hold", [OUTAGE_REJECT] = "reject", [OUTAGE_PASS] = "pass", NULL};
static const char *const levels[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error", NULL};
static const char *const modes[] = {"enforce", "monitor", NULL};
static const char *const alphabets[] = {[SMPP_ALPHABET_GSM] = "gsm",
                                        [SMPP_ALPHABET_LATIN1] = "latin1",
                                        [SMPP_ALPHABET_ASCII] = "ascii",
                                        [SMPP_ALPHABET_UTF8] = "utf8",
                                        [SMPP_ALPHABET_UCS2] = "ucs2",
                                        [SMPP_ALPHABET_BINARY] = "binary",
                                        [SMPP_ALPHABET_CYRILLIC] = "cyrillic",
                                        [SMPP_ALPHABET_HEBREW] = "hebrew",
                                        NULL};

#define FIELD(type, member) .name = #member, .offset = offsetof(struct type, member)

static const struct conf_key store_keys[] = {
    {FIELD(conf_store, redis), .type = KEY_URI, .names = redis_schemes, .min = 1, .max = UINT16_MAX,
     .required = 1, .example = "unix:/run/stopgate/redis.sock",
     .help = "Where Redis listens: unix:/path or tcp://host:port."},
    {FIELD(conf_store, username), .type = KEY_STRING, .example = "stopgate",
     .help = "User of Redis (ACL). Without one the password is that of the default user."},
    {FIELD(conf_store, password), .type = KEY_STRING, .example = "\"...\"",
     .help = "Password of Redis. Better kept in a file of its own: see password_file."},
    {FIELD(conf_store, password_file), .type = KEY_STRING,
     .example = "/etc/stopgate/redis.password",
     .help = "A file whose first line is the password of Redis."},
    {FIELD(conf_store, prefix), .type = KEY_STRING, .preset = "\"sg:\"", .shown = 1, .max = 64,
     .help = "What every key in Redis begins with."},
    {FIELD(conf_store, journal), .type = KEY_STRING, .required = 1,
     .example = "/var/lib/stopgate/journal",
     .help = "Directory of the journal: the evidence. Keep it on a disk that is backed up."},
    {FIELD(conf_store, log), .type = KEY_STRING, .shown = 1, .example = "/var/lib/stopgate/log.db",
     .help = "SQLite file of the event log, which can be rebuilt from the journal at any time. The "
             "default is log.db beside the journal's directory."},
    {FIELD(conf_store, outage), .type = KEY_ENUM, .names = outages, .preset = "hold", .shown = 1,
     .help = "What becomes of messages while Redis cannot be asked. hold: they wait up to hold_for "
             "and are then refused with ESME_RTHROTTLED. reject: that at once. pass: they are sent "
             "unchecked, which the log and the metrics say loudly."},
    {FIELD(conf_store, hold_for), .type = KEY_DURATION, .min = 0, .max = 10 * MINUTE,
     .preset = "5s", .shown = 1, .help = "How long messages wait with outage: hold."},
    {FIELD(conf_store, deadline), .type = KEY_DURATION, .min = 10, .max = MINUTE, .preset = "2s",
     .help = "After this long without an answer to a command, the connection to Redis counts as "
             "dead."},
    {FIELD(conf_store, segment_size), .type = KEY_SIZE, .min = 4 * KIB, .max = 4 * GIB,
     .preset = "64MiB", .help = "The journal begins a new file when one has this size."},
    {FIELD(conf_store, stream_length), .type = KEY_INT, .min = 1, .max = 1000000000,
     .preset = "1000000",
     .help = "About how many events Redis keeps for those who read them from there."},
    {FIELD(conf_store, allow_eviction), .type = KEY_BOOL, .preset = "false",
     .help = "Run although the maxmemory-policy of Redis may evict opt-outs (allkeys-*). Such a "
             "Redis is refused otherwise."},
    {.name = NULL},
};

static const struct conf_key carrier_keys[] = {
    {FIELD(conf_carrier, name), .type = KEY_NAME, .required = 1, .example = "main",
     .help = "What listeners, events and metrics call this carrier."},
    {FIELD(conf_carrier, addresses), .type = KEY_URIS, .names = peer_schemes, .min = 1,
     .max = UINT16_MAX, .required = 1, .example = "[tcp://127.0.0.1:2775]",
     .help = "Where the carrier listens, tried in this order for each bind."},
    {FIELD(conf_carrier, alphabet), .type = KEY_ENUM, .names = alphabets, .preset = "gsm",
     .help = "What data_coding 0 means at this carrier. Replies are read with it."},
    {FIELD(conf_carrier, connect_timeout), .type = KEY_DURATION, .min = 10, .max = 10 * MINUTE,
     .preset = "5s", .help = "How long a connection to one address may take."},
    {FIELD(conf_carrier, bind_timeout), .type = KEY_DURATION, .min = 10, .max = 10 * MINUTE,
     .preset = "10s", .help = "How long the carrier may take to answer a bind."},
    {FIELD(conf_carrier, enquire_link), .type = KEY_DURATION, .min = 0, .max = DAY, .preset = "30s",
     .help = "An idle carrier is sent an enquire_link after this long. 0: never."},
    {FIELD(conf_carrier, enquire_timeout), .type = KEY_DURATION, .min = 10, .max = HOUR,
     .preset = "10s",
     .help = "A carrier that says nothing for this long after an enquire_link is dropped."},
    {FIELD(conf_carrier, response_timeout), .type = KEY_DURATION, .min = 10, .max = DAY,
     .preset = "10m", .help = "A request that has no answer after this long is forgotten."},
    {FIELD(conf_carrier, window), .type = KEY_INT, .min = 1, .max = 100000, .preset = "2000",
     .help = "Requests of one session that may wait for the carrier's answer. Beyond that the "
             "sender is not read."},
    {.name = NULL},
};

static const struct conf_key listener_keys[] = {
    {FIELD(conf_listener, name), .type = KEY_NAME, .required = 1, .example = "senders",
     .help = "What the log and the metrics call this listener."},
    {FIELD(conf_listener, address), .type = KEY_URI, .names = peer_schemes, .required = 1,
     .example = "tcp://0.0.0.0:2776",
     .help = "Where senders connect. With port 0 the system chooses one."},
    {.name = "carrier",
     .offset = offsetof(struct conf_listener, carrier_name),
     .type = KEY_NAME,
     .required = 1,
     .example = "main",
     .help = "The carrier that their binds are carried to."},
    {FIELD(conf_listener, bind_timeout), .type = KEY_DURATION, .min = 10, .max = HOUR,
     .preset = "30s", .help = "A connection that has not bound after this long is closed."},
    {FIELD(conf_listener, enquire_link), .type = KEY_DURATION, .min = 0, .max = DAY,
     .preset = "60s", .help = "An idle sender is sent an enquire_link after this long. 0: never."},
    {FIELD(conf_listener, enquire_timeout), .type = KEY_DURATION, .min = 10, .max = HOUR,
     .preset = "30s",
     .help = "A sender that says nothing for this long after an enquire_link is dropped."},
    {FIELD(conf_listener, response_timeout), .type = KEY_DURATION, .min = 10, .max = DAY,
     .preset = "10m", .help = "A deliver_sm that has no answer after this long is forgotten."},
    {FIELD(conf_listener, window), .type = KEY_INT, .min = 1, .max = 100000, .preset = "2000",
     .help = "Messages and receipts of one session that may wait for the sender's answer. Beyond "
             "that the carrier is not read."},
    {FIELD(conf_listener, max_pdu), .type = KEY_SIZE, .min = KIB, .max = 16 * MIB,
     .preset = "128KiB", .help = "A longer PDU is garbage and ends its session."},
    {FIELD(conf_listener, buffer), .type = KEY_SIZE, .min = KIB, .max = 64 * MIB,
     .preset = "256KiB",
     .help = "Octets held for one direction of a session before its source is not read. Not less "
             "than max_pdu."},
    {FIELD(conf_listener, max_sessions), .type = KEY_INT, .min = 1, .max = 1000000,
     .preset = "20000", .help = "Connections at one time; more are closed at once."},
    {.name = NULL},
};

static const struct conf_key program_keys[] = {
    {FIELD(flt_program, name), .type = KEY_NAME, .required = 1, .example = "shop",
     .help = "Its own opt-outs are the list optout:<name>."},
    {FIELD(flt_program, senders), .type = KEY_STRINGS, .required = 1,
     .example = "[\"12025550100\", \"55512\", \"ACME\"]",
     .help = "Its sender addresses: numbers in any spelling, short codes, names in any case."},
    {FIELD(flt_program, region), .type = KEY_STRING, .preset = "\"\"", .shown = 1, .example = "US",
     .help = "The region in which its recipients' numbers are read, where that is not the default "
             "one."},
    {.name = NULL},
};

static const struct conf_key entry_keys[] = {
    {FIELD(conf_entry, filter), .type = KEY_STRING, .required = 1},
    {FIELD(conf_entry, mode), .type = KEY_ENUM, .names = modes, .preset = "enforce",
     .help = "monitor: the filter's verdict is counted and logged, the message passes."},
    {.name = NULL},
};

static const struct conf_key console_keys[] = {
    {FIELD(conf_console, address), .type = KEY_URI, .names = console_schemes, .shown = 1,
     .example = "http://127.0.0.1:8080",
     .help = "Where the console listens: http://host:port with a host of this machine's own "
             "(127.0.0.1, [::1], localhost), or unix:/path for a web server in front of it."},
    {FIELD(conf_console, metrics_address), .type = KEY_URI, .names = console_schemes,
     .example = "http://127.0.0.1:9464",
     .help = "Where /healthz, /readyz and /metrics live, if not on address."},
    {.name = NULL},
};

static const struct conf_key log_keys[] = {
    {.name = "level",
     .type = KEY_ENUM,
     .offset = 0,
     .names = levels,
     .preset = "info",
     .shown = 1,
     .help = "The least that is logged. Lines go to standard error."},
    {.name = NULL},
};
static_assert(sizeof(enum log_level) == sizeof(int), "the level is stored as KEY_ENUM stores");

static const struct conf_key top_keys[] = {
    {.name = "region",
     .type = KEY_STRING,
     .preset = "\"\"",
     .shown = 1,
     .example = "US",
     .offset = offsetof(struct conf, world.region),
     .help = "The region of numbers that are written without a country code: two letters of ISO "
             "3166, such as US. Without it such numbers have no reading of their own."},
    {FIELD(conf, drain_for), .type = KEY_DURATION, .min = 0, .max = HOUR, .preset = "30s",
     .help = "How long a stop waits for the answers to messages on their way."},
    {.name = NULL},
};

#define INTO(member) .offset = offsetof(struct conf, member)

static const struct conf_section sections[CONF_SECTIONS] = {
    [SECTION_STORE] = {.name = "store",
                       .shape = SHAPE_MAP,
                       .keys = store_keys,
                       INTO(store),
                       .size = sizeof(struct conf_store),
                       .required = true,
                       .help = "Where lists, health and evidence are kept."},
    [SECTION_CARRIERS] = {.name = "carriers",
                          .shape = SHAPE_LIST,
                          .keys = carrier_keys,
                          INTO(carriers),
                          .size = sizeof(struct conf_carrier),
                          .max = 256,
                          .required = true,
                          .help = "Who carries the messages: carriers and aggregators."},
    [SECTION_LISTENERS] = {.name = "listeners",
                           .shape = SHAPE_LIST,
                           .keys = listener_keys,
                           INTO(listeners),
                           .size = sizeof(struct conf_listener),
                           .max = 256,
                           .required = true,
                           .help = "Where senders connect instead of to the carrier."},
    [SECTION_PROGRAMS] = {.name = "programs",
                          .shape = SHAPE_LIST,
                          .keys = program_keys,
                          INTO(world.programs),
                          .size = sizeof(struct flt_program),
                          .max = 10000,
                          .help = "Brands or campaigns, known by their sender addresses. "
                                  "Optional."},
    [SECTION_OUTBOUND] = {.name = "outbound",
                          .shape = SHAPE_CHAIN,
                          .keys = entry_keys,
                          INTO(outbound),
                          .size = sizeof(struct conf_entry),
                          .max = CHAIN_STEPS_MAX - 1,
                          .preset = "[{filter: suppression}]",
                          .help = "The filters that messages from senders pass, in this order."},
    [SECTION_INBOUND] = {.name = "inbound",
                         .shape = SHAPE_CHAIN,
                         .keys = entry_keys,
                         INTO(inbound),
                         .size = sizeof(struct conf_entry),
                         .max = CHAIN_STEPS_MAX - 1,
                         .preset = "[{filter: receipt}, {filter: optout}]",
                         .help = "The filters that messages and receipts from carriers pass, in "
                                 "this order."},
    [SECTION_CONSOLE] = {.name = "console",
                         .shape = SHAPE_MAP,
                         .keys = console_keys,
                         INTO(console),
                         .size = sizeof(struct conf_console),
                         .help = "The HTTP server: /healthz, /readyz, /metrics. Without this "
                                 "section there is none."},
    [SECTION_LOG] = {.name = "log",
                     .shape = SHAPE_MAP,
                     .keys = log_keys,
                     INTO(log_level),
                     .size = sizeof(enum log_level),
                     .help = "The log of the daemon."},
};

const struct conf_section *conf_section(enum conf_section_id id)
{
    return &sections[id];
}

const struct conf_key *conf_top_keys(void)
{
    return top_keys;
}
