#include "proxy/store/list_file.h"

#include "proxy/store/list_form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct list_file {
    struct rows *rows;
    struct phone *phone;
    struct list_form form;
    char region[8];
    bool begun; /* the header, if any, is behind us */
    struct rows_row row;
    char joined[16]; /* a number made of two fields */
};

struct list_file *list_file_open(const struct rows_source *source, struct phone *phone,
                                 const struct list_file_options *options, char **error)
{
    struct list_file *file = calloc(1, sizeof(*file));
    const char *head;
    size_t len;

    *error = NULL;
    if (file == NULL || (file->rows = rows_new(source)) == NULL) {
        *error = strdup("out of memory");
        goto fail;
    }
    file->phone = phone;
    strncpy(file->region, options->region, sizeof(file->region) - 1);
    int err = rows_peek(file->rows, &head, &len);
    if (err != 0) {
        *error = strdup(strerror(-err));
        goto fail;
    }
    *error = list_form_guess(&file->form, head, len, phone, options);
    if (*error != NULL) {
        goto fail;
    }
    rows_set_delimiter(file->rows, file->form.delimiter);
    return file;
fail:
    list_file_close(file);
    return NULL;
}

void list_file_close(struct list_file *file)
{
    if (file != NULL) {
        rows_free(file->rows);
        free(file);
    }
}

const char *list_file_form(const struct list_file *file)
{
    return file->form.text;
}

uint64_t list_file_done(const struct list_file *file)
{
    return rows_done(file->rows);
}

/* +14155550100 and nothing else: what most files hold. No E.164 number begins with a zero. */
static bool read_plain(struct rows_field value, struct list_file_row *row)
{
    uint64_t number = 0;

    if (value.len < 8 || value.len > PHONE_DIGITS_MAX + 1 || value.p[0] != '+' ||
        value.p[1] == '0') {
        return false;
    }
    for (size_t i = 1; i < value.len; i++) {
        unsigned digit = (unsigned)(unsigned char)value.p[i] - '0';
        if (digit > 9) {
            return false;
        }
        number = number * 10 + digit;
    }
    row->n = 1;
    row->number[0] = number;
    return true;
}

static void read_value(struct list_file *file, struct list_file_row *row)
{
    struct phone_readings readings;
    char text[64];
    size_t len;

    row->problem = list_form_value(row->value, text, &len);
    if (row->problem != NULL) {
        return;
    }
    phone_read(file->phone, (struct smpp_str){(const uint8_t *)text, len}, file->region, &readings);
    if (readings.foreign) {
        row->problem = "not a telephone number";
        return;
    }
    if (readings.n == 0) {
        row->problem = "cannot be dialled: too short, too long, or without its country code";
        return;
    }
    /* A '+' says which of them is meant. */
    row->n = strchr(text, '+') != NULL ? 1 : readings.n;
    memcpy(row->number, readings.number, row->n * sizeof(row->number[0]));
}

/* AAA,NNNNNNN: always of the North American plan. 'D' in a list of changes: no longer on it. */
static void read_register(struct list_file *file, struct list_file_row *row)
{
    const struct rows_row *in = &file->row;

    if (in->n < 2 || in->field[0].len != 3 || in->field[1].len != 7) {
        row->problem = "not an area code and a number";
        return;
    }
    memcpy(file->joined, "+1", 2);
    memcpy(file->joined + 2, in->field[0].p, 3);
    memcpy(file->joined + 5, in->field[1].p, 7);
    row->value = (struct rows_field){file->joined, 12};
    if (!read_plain(row->value, row)) {
        row->problem = "not an area code and a number";
        return;
    }
    for (unsigned i = 2; i < in->n; i++) {
        row->left_out |= in->field[i].len == 1 && (in->field[i].p[0] | 0x20) == 'd';
    }
}

static void read_row(struct list_file *file, struct list_file_row *row)
{
    const struct rows_row *in = &file->row;
    const struct list_form *form = &file->form;

    if (in->problem != NULL) {
        row->problem = in->problem;
        return;
    }
    if (in->field[0].len > 0 && in->field[0].p[0] == '#') {
        row->left_out = true;
        return;
    }
    if (form->header && !file->begun) {
        file->begun = true;
        row->left_out = true;
        return;
    }
    file->begun = true;
    if (form->register_rows) {
        read_register(file, row);
        return;
    }
    if (form->status_column >= 0 && (unsigned)form->status_column < in->n &&
        list_form_welcome(in->field[form->status_column])) {
        row->left_out = true;
        return;
    }
    if (form->column >= in->n || in->field[form->column].len == 0) {
        row->problem = "the column with the number is empty";
        return;
    }
    row->value = in->field[form->column];
    if (!read_plain(row->value, row)) {
        read_value(file, row);
    }
}

int list_file_next(struct list_file *file, struct list_file_row *row)
{
    int more = rows_next(file->rows, &file->row);

    if (more != 1) {
        return more;
    }
    row->line = file->row.line;
    row->problem = NULL;
    row->left_out = false;
    row->value = (struct rows_field){"", 0};
    row->n = 0;
    read_row(file, row);
    if (row->problem != NULL || row->left_out) {
        row->n = 0;
    }
    return 1;
}
