/* What people read: a number's card, and an event in a few words. */
#include "proxy/ctl/view.h"
#include "proxy/store/event_json.h"

#include <inttypes.h>
#include <string.h>

static const char *text_of(const json_t *event, const char *key)
{
    const char *text = json_string_value(json_object_get(event, key));

    return text == NULL ? "" : text;
}

static void add(char *out, size_t cap, const char *front, const char *text, const char *back)
{
    size_t len = strlen(out);

    if (text[0] != '\0') {
        snprintf(out + len, cap - len, "%s%s%s%s", len == 0 ? "" : " ", front, text, back);
    }
}

/* An opt-out or opt-in: how it was said, or who asked for it and why. */
static void change_words(const json_t *event, char *out, size_t cap)
{
    const char *source = text_of(event, "source");
    const char *said = text_of(event, "text");

    if (strcmp(source, "reply") == 0) {
        add(out, cap, "reply \"", said[0] != '\0' ? said : text_of(event, "keyword"), "\"");
        add(out, cap, "to ", text_of(event, "sender"), "");
    } else {
        add(out, cap, "\"", text_of(event, "reason"), "\"");
        add(out, cap, "by ", text_of(event, "actor"), "");
        add(out, cap, "(", source, ")");
    }
    add(out, cap, "for program ", text_of(event, "program"), "");
}

static void blocked_words(const json_t *event, char *out, size_t cap)
{
    json_int_t count = json_integer_value(json_object_get(event, "count"));
    char number[24];

    if (count > 1) {
        snprintf(number, sizeof(number), "%lld", (long long)count);
        add(out, cap, "", number, " messages");
    }
    add(out, cap, "from ", text_of(event, "sender"), "");
    add(out, cap, "by list ", text_of(event, "list"), "");
    if (strcmp(text_of(event, "mode"), "monitor") == 0) {
        add(out, cap, "", "(monitor: it was sent)", "");
    }
}

static void file_words(const json_t *event, char *out, size_t cap)
{
    json_int_t count = json_integer_value(json_object_get(event, "count"));
    char number[32];

    add(out, cap, "", text_of(event, "action"), "");
    add(out, cap, "", text_of(event, "list"), "");
    if (json_object_get(event, "count") != NULL) {
        add(out, cap, "", output_count((uint64_t)count, number), " numbers");
    }
    add(out, cap, "\"", text_of(event, "reason"), "\"");
    add(out, cap, "by ", text_of(event, "actor"), "");
}

void view_words(const json_t *event, char *out, size_t cap)
{
    const char *type = text_of(event, "type");

    out[0] = '\0';
    if (strcmp(type, "optout") == 0 || strcmp(type, "optin") == 0) {
        change_words(event, out, cap);
    } else if (strcmp(type, "blocked") == 0) {
        blocked_words(event, out, cap);
    } else if (strcmp(type, "import") == 0 || strcmp(type, "export") == 0 ||
               strcmp(type, "list") == 0) {
        file_words(event, out, cap);
    } else {
        add(out, cap, "", text_of(event, "status"), "");
        add(out, cap, "error ", text_of(event, "error"), "");
        add(out, cap, "\"", text_of(event, "text"), "\"");
        add(out, cap, "to ", text_of(event, "sender"), "");
        add(out, cap, "", text_of(event, "action"), "");
        add(out, cap, "", text_of(event, "reason"), "");
        add(out, cap, "by ", text_of(event, "actor"), "");
    }
}

static void show_lists(const struct view *view)
{
    char when[32], words[512];

    for (unsigned i = 0; i < view->list_count; i++) {
        const struct view_list *on = &view->lists[i];
        fputs("  list ", stdout);
        output_text(stdout, on->list->name, 0, false);
        if (on->since_ms != 0) {
            printf(", since %s UTC", output_time(on->since_ms, when));
        }
        puts(on->list->blocks ? "" : " (blocks nothing: no filter in force names it)");
        if (on->event != NULL) {
            const char *type = text_of(on->event, "type");
            view_words(on->event, words, sizeof(words));
            printf("    %s: ", strcmp(type, "optout") == 0 ? "opt-out" : type);
            output_text(stdout, words, 0, false);
            printf("\n    journal %s, line %" JSON_INTEGER_FORMAT "\n",
                   text_of(on->event, "instance"),
                   json_integer_value(json_object_get(on->event, "seq")));
        } else {
            puts("    no event here says why");
        }
    }
}

static void show_part(const char *what, uint64_t count, uint64_t last_ms, const char *more)
{
    char when[32], number[32];

    if (count == 0 && last_ms == 0) {
        return;
    }
    printf("  %-10s", what);
    if (count != 0) {
        printf("%s", output_count(count, number));
    }
    if (last_ms != 0) {
        printf("%slast %s UTC", count != 0 ? ", " : "", output_time(last_ms, when));
    }
    if (more[0] != '\0') {
        fputs(" ", stdout);
        output_text(stdout, more, 0, false);
    }
    putchar('\n');
}

static void show_health(const struct health *h)
{
    char more[160] = "";

    if (h->sent == 0 && h->delivered == 0 && h->failed == 0 && h->last_reply == 0) {
        return;
    }
    puts("\nhealth");
    add(more, sizeof(more), "from ", h->last_sender, "");
    add(more, sizeof(more), "(message ", h->last_message_id, ")");
    show_part("sent", h->sent, h->last_sent, more);
    show_part("delivered", h->delivered, h->last_delivered, "");
    more[0] = '\0';
    add(more, sizeof(more), "", h->last_status, "");
    add(more, sizeof(more), "error ", h->last_error, "");
    show_part("failed", h->failed, h->last_failed, h->failed != 0 ? more : "");
    show_part("replied", 0, h->last_reply, "");
}

static void show_history(const struct view *view)
{
    size_t n = json_array_size(view->history);

    if (n == 0) {
        return;
    }
    printf("\nhistory, latest first%s\n",
           n == view->limit ? " (more: stopgatectl events --number N)" : "");
    for (size_t i = 0; i < n; i++) {
        const json_t *event = json_array_get(view->history, i);
        char words[512], when[32];
        uint64_t ms = 0;
        (void)event_time_parse(text_of(event, "time"), &ms);
        view_words(event, words, sizeof(words));
        printf("  %s  %-8s  ", output_time(ms, when), text_of(event, "type"));
        output_text(stdout, words, 100, false);
        putchar('\n');
    }
}

/* A program's own opt-outs hold back nobody else. */
static void show_verdict(const struct view *view)
{
    static const char front[] = "optout:";
    bool all = false;

    for (unsigned i = 0; i < view->list_count; i++) {
        const struct ctl_list *list = view->lists[i].list;
        all |= list->blocks && strncmp(list->name, front, strlen(front)) != 0;
    }
    puts(all                    ? "SUPPRESSED: no message leaves for this number"
         : view->suppressed     ? "SUPPRESSED: no message of that program leaves for this number"
         : view->list_count > 0 ? "not suppressed, but on a list"
                                : "not suppressed: on no list");
}

void view_card(const struct view *view)
{
    char number[32];

    printf("%s  %s%s%s%s\n", output_number(view->number, number),
           view->info.valid ? "" : "invalid, ", phone_type_name(view->info.type),
           view->info.country[0] != '\0' ? ", " : "", view->info.country);
    show_verdict(view);
    show_lists(view);
    show_health(&view->health);
    show_history(view);
}
