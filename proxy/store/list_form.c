#include "proxy/store/list_form.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE 100 /* rows that are looked at */

/* Names of columns with numbers, the surest first, in lower case without anything but letters. */
static const char *const number_names[] = {"optedoutnumber",
                                           "phonenumber",
                                           "phonenumbers",
                                           "mobilephonenumber",
                                           "mobilephone",
                                           "mobilenumber",
                                           "smsphonenumber",
                                           "smsnumber",
                                           "smsphone",
                                           "msisdn",
                                           "phone",
                                           "mobile",
                                           "cellphone",
                                           "cell",
                                           "telephonenumber",
                                           "telephone",
                                           "contactid",
                                           "from",
                                           "number",
                                           "destination",
                                           "recipient",
                                           "tel",
                                           "to",
                                           "address",
                                           "sgnumber",
                                           NULL};

static const char *const status_names[] = {
    "status", "smsstatus", "consentstatus", "subscriptionstatus", "smsmarketingstatus", NULL};

struct memory {
    const char *p;
    size_t len;
};

static ssize_t memory_read(void *arg, char *buf, size_t cap)
{
    struct memory *memory = arg;
    size_t n = memory->len < cap ? memory->len : cap;

    memcpy(buf, memory->p, n);
    memory->p += n;
    memory->len -= n;
    return (ssize_t)n;
}

/* What the sample shows with one delimiter. */
struct sample {
    unsigned rows;
    unsigned columns;                /* of the first row */
    unsigned alike;                  /* rows with as many */
    unsigned registered;             /* rows that begin with AAA,NNNNNNN */
    unsigned score[ROWS_FIELDS_MAX]; /* how much a column looks like numbers */
    unsigned like[ROWS_FIELDS_MAX];  /* rows in which it does */
    unsigned filled[ROWS_FIELDS_MAX];
    bool first_like; /* the first row has a number somewhere */
    bool first_letters;
    char names[ROWS_FIELDS_MAX][32]; /* the first row, as header names */
};

static bool all_digits(struct rows_field field, size_t len)
{
    if (field.len != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (field.p[i] < '0' || field.p[i] > '9') {
            return false;
        }
    }
    return true;
}

/* 2025-01-31 and 31/01/2025 are digits and signs too, and no numbers. */
static bool is_date(const char *text)
{
    unsigned year, month, day;
    char c1, c2;

    if (sscanf(text, "%4u%c%2u%c%2u", &year, &c1, &month, &c2, &day) != 5 &&
        sscanf(text, "%2u%c%2u%c%4u", &day, &c1, &month, &c2, &year) != 5) {
        return false;
    }
    return c1 == c2 && (c1 == '-' || c1 == '/' || c1 == '.') && year >= 1900 && year <= 2100 &&
           month <= 31 && day <= 31;
}

/* 0: no number; else how surely it is one. */
static unsigned looks_like_number(struct rows_field field, struct phone *phone, const char *region)
{
    char text[64];
    size_t len;
    unsigned digits = 0;
    struct phone_readings readings;
    struct phone_info info;

    if (list_form_value(field, text, &len) != NULL || is_date(text)) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        digits += text[i] >= '0' && text[i] <= '9';
    }
    if (digits < 7 || digits > 18) {
        return 0;
    }
    phone_read(phone, (struct smpp_str){(const uint8_t *)text, len}, region, &readings);
    if (readings.n == 0) {
        return 0;
    }
    phone_describe(phone, readings.number[0], &info);
    return info.valid ? 4 : 1;
}

static bool has_letter(struct rows_field field)
{
    for (size_t i = 0; i < field.len; i++) {
        if (isalpha((unsigned char)field.p[i])) {
            return true;
        }
    }
    return false;
}

static void fold_name(struct rows_field field, char out[32])
{
    size_t n = 0;

    for (size_t i = 0; i < field.len && n < 31; i++) {
        if (isalpha((unsigned char)field.p[i])) {
            out[n++] = (char)tolower((unsigned char)field.p[i]);
        }
    }
    out[n] = '\0';
}

static void look_at_row(struct sample *s, const struct rows_row *row, struct phone *phone,
                        const char *region)
{
    bool first = s->rows++ == 0;

    if (first) {
        s->columns = row->n;
    }
    s->alike += row->n == s->columns;
    s->registered += row->n >= 2 && all_digits(row->field[0], 3) && all_digits(row->field[1], 7);
    for (unsigned i = 0; i < row->n; i++) {
        unsigned score = looks_like_number(row->field[i], phone, region);
        if (first) {
            fold_name(row->field[i], s->names[i]);
            s->first_like |= score > 0;
            s->first_letters |= has_letter(row->field[i]);
        }
        s->score[i] += score;
        s->like[i] += score > 0;
        s->filled[i] += row->field[i].len > 0;
    }
}

static int take_sample(struct sample *s, struct memory memory, char delimiter, struct phone *phone,
                       const char *region)
{
    struct rows_source source = {memory_read, &memory};
    struct rows *rows = rows_new(&source);
    struct rows_row row;

    memset(s, 0, sizeof(*s));
    if (rows == NULL) {
        return -ENOMEM;
    }
    rows_set_delimiter(rows, delimiter);
    while (s->rows < SAMPLE && rows_next(rows, &row) == 1) {
        if (row.problem == NULL && !(row.n > 0 && row.field[0].len > 0 && *row.field[0].p == '#')) {
            look_at_row(s, &row, phone, region);
        }
    }
    rows_free(rows);
    return 0;
}

static int find_name(const struct sample *s, const char *const *names)
{
    for (; *names != NULL; names++) {
        for (unsigned i = 0; i < s->columns; i++) {
            if (strcmp(s->names[i], *names) == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}

/* --column: a name of the header, or a number. */
static char *chosen_column(struct list_form *form, const struct sample *s, const char *column)
{
    char name[32], *end, *error = NULL;
    unsigned long n = strtoul(column, &end, 10);

    fold_name((struct rows_field){column, strlen(column)}, name);
    for (unsigned i = 0; i < s->columns; i++) {
        if (name[0] != '\0' && strcmp(s->names[i], name) == 0 && !s->first_like) {
            form->column = i;
            form->header = true;
            return NULL;
        }
    }
    if (*column != '\0' && *end == '\0' && n >= 1 && n <= s->columns) {
        form->column = (unsigned)n - 1;
        return NULL;
    }
    if (asprintf(&error, "there is no column '%s'; the first row has %u", column, s->columns) < 0) {
        return NULL;
    }
    return error;
}

/* The column that looks most like numbers. */
static char *found_column(struct list_form *form, const struct sample *s)
{
    unsigned best = 0;

    for (unsigned i = 1; i < s->columns; i++) {
        if (s->score[i] > s->score[best]) {
            best = i;
        }
    }
    form->column = best;
    /* A file of one column is read as it is: each row says for itself what is wrong with it. */
    unsigned filled = s->filled[best] - form->header;
    if (s->columns <= 1 || (s->like[best] > 0 && 2 * s->like[best] >= filled)) {
        return NULL;
    }
    return strdup("no column looks like numbers; name it with --column");
}

static char *find_columns(struct list_form *form, const struct sample *s,
                          const struct list_file_options *options)
{
    int named = find_name(s, number_names);

    form->header = !s->first_like && s->first_letters && (s->columns > 1 || named >= 0);
    form->status_column = -1;
    if (options->column != NULL) {
        return chosen_column(form, s, options->column);
    }
    if (form->delimiter != 0 && 2 * s->registered > s->rows) {
        form->register_rows = true;
        return NULL;
    }
    if (!form->header || named < 0) {
        return found_column(form, s);
    }
    form->column = (unsigned)named;
    return NULL;
}

static void describe(struct list_form *form, const struct sample *s)
{
    const char *name = form->header ? s->names[form->column] : "";

    if (form->register_rows) {
        snprintf(form->text, sizeof(form->text), "register of area codes and numbers");
    } else if (form->delimiter == 0) {
        snprintf(form->text, sizeof(form->text), "one number a line%s",
                 form->header ? ", with a header" : "");
    } else {
        snprintf(form->text, sizeof(form->text), "CSV with '%s', column %u%s%s%s",
                 form->delimiter == '\t' ? "\\t" : (char[2]){form->delimiter, 0}, form->column + 1,
                 *name != '\0' ? " (" : "", name, *name != '\0' ? ")" : "");
    }
}

/* The delimiter with which most rows have as many fields as the first; 0 where none divides. */
static char choose_delimiter(struct sample *s, struct memory memory, struct phone *phone,
                             const char *region)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    unsigned best_alike = 0;
    char best = 0;

    for (size_t i = 0; i < sizeof(candidates); i++) {
        if (take_sample(s, memory, candidates[i], phone, region) != 0) {
            return 0;
        }
        unsigned alike = s->alike > s->registered ? s->alike : s->registered;
        bool divides = 10 * s->alike >= 8 * s->rows || 2 * s->registered > s->rows;
        if (s->columns > 1 && divides && alike > best_alike) {
            best_alike = alike;
            best = candidates[i];
        }
    }
    return best;
}

/* Files that are no text. */
static const char *wrong_kind(const char *head, size_t len)
{
    static const struct {
        const char *magic;
        size_t len;
        const char *what;
    } kinds[] = {
        {"\x1F\x8B", 2, "it is compressed; use: zcat FILE | stopgatectl ... -"},
        {"PK\x03\x04", 4, "it is a spreadsheet or an archive; save it as CSV"},
        {"\xFF\xFE", 2, "it is UTF-16; save it as UTF-8"},
        {"\xFE\xFF", 2, "it is UTF-16; save it as UTF-8"},
        {"%PDF", 4, "it is a PDF; save it as CSV"},
        {"\xD0\xCF\x11\xE0", 4, "it is a spreadsheet; save it as CSV"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (len >= kinds[i].len && memcmp(head, kinds[i].magic, kinds[i].len) == 0) {
            return kinds[i].what;
        }
    }
    return NULL;
}

char *list_form_guess(struct list_form *form, const char *head, size_t len, struct phone *phone,
                      const struct list_file_options *options)
{
    struct memory memory = {head, len};
    const char *wrong = wrong_kind(head, len);
    struct sample *s = NULL;
    char *error = NULL;

    memset(form, 0, sizeof(*form));
    form->status_column = -1;
    if (wrong != NULL) {
        return strdup(wrong);
    }
    if (len == ROWS_LENGTH_MAX) { /* the last row is cut */
        const char *last = memrchr(head, '\n', len);
        memory.len = last == NULL ? len : (size_t)(last - head) + 1;
    }
    s = malloc(sizeof(*s));
    if (s == NULL) {
        return strdup("out of memory");
    }
    form->delimiter = choose_delimiter(s, memory, phone, options->region);
    if (take_sample(s, memory, form->delimiter, phone, options->region) != 0) {
        error = strdup("out of memory");
    } else {
        error = find_columns(form, s, options);
    }
    if (error == NULL) {
        if (form->header) {
            form->status_column = find_name(s, status_names);
        }
        describe(form, s);
    }
    free(s);
    return error;
}
