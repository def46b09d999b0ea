/*
 * The Lua scripts that change what is in Redis: one text for the daemon, the rebuild and the
 * command line, so that all follow the same rules. Each is atomic. Where `dataset` is given and
 * Redis holds another data set or none, a script changes nothing and fails with "STRANGE ...". Send
 * them with EVALSHA <sha> 0 <arguments>, and with EVAL <text> 0 ... after a NOSCRIPT.
 */
#ifndef PROXY_STORE_SCRIPTS_H
#define PROXY_STORE_SCRIPTS_H

enum script {
    /* prefix, dataset ("" in a rebuild), chain, length of the stream (0: none), "live" or "again",
     * then for each event, in the order of the chain: seq, time in ms, op, list, number, line (see
     * event_op.h for the op; for 'c' the number is the list's description as JSON; a line that the
     * stream would not keep may be ""). "live" skips
     * what is applied already and fails with "GAP <applied>" where events in between are missing;
     * "again" does to the lists what the events say, by their time, whatever was applied, and adds
     * to the stream only what had not been. Returns an array: 1 for each event that changed a list,
     * else 0. */
    SCRIPT_APPLY,
    /* An import's numbers: prefix, dataset, list, time in ms, chain, seq, then groups of bucket,
     * count (1 to SCRIPT_GROUP_MAX), members. Leaves out numbers that a newer event took off.
     * Returns how many were added. */
    SCRIPT_BULK_ADD,
    /* A list is removed: prefix, dataset, list, time in ms, then its buckets (found by SCAN among
     * `list:` and `mark:` keys). Newer members stay. Returns how many were removed. */
    SCRIPT_CLEAR,
    /* The end of a rebuild: prefix, a new data set's name, chain, token. Fails with STRANGE unless
     * the token still stands in the hash `rebuild` under the chain, where it was put at the
     * beginning. Returns the name of the data set, the new one or whichever was first. */
    SCRIPT_BEGIN,
    /* prefix, then for each number: number, packed health (health.h), "" or names. */
    SCRIPT_HEALTH,
    SCRIPT_COUNT
};

#define SCRIPT_GROUP_MAX 4000

const char *script_text(enum script script);
void script_sha1(enum script script, char out[41]); /* hex, NUL-terminated */

#endif
