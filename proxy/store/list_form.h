/*
 * The form of a file of numbers, guessed from its first octets: delimiter, header, the column with
 * the numbers, a column that says whether a row counts. Only list_file.c and list_form.c include
 * this.
 */
#ifndef PROXY_STORE_LIST_FORM_H
#define PROXY_STORE_LIST_FORM_H

#include "proxy/store/list_file.h"

struct list_form {
    char delimiter;     /* 0: one number a line */
    bool header;        /* the first row names the columns */
    bool register_rows; /* AAA,NNNNNNN[,date,A|D]: area code and number of a US register */
    unsigned column;    /* of the number, from 0 */
    int status_column;  /* of the consent's status; -1: every row counts */
    char text[128];     /* for the user */
};

/* `head` is the beginning of the file. NULL, or a malloc'd sentence: why it cannot be read. */
char *list_form_guess(struct list_form *form, const char *head, size_t len, struct phone *phone,
                      const struct list_file_options *options);

/* Whether a value of the status column says that messages are welcome. */
bool list_form_welcome(struct rows_field status);

/* Why a value is no number, as far as its characters tell; NULL: it may be one. Writes it without
 * a leading "tel:" and such, in ASCII digits where its digits are full-width. */
const char *list_form_value(struct rows_field value, char out[64], size_t *len);

#endif
