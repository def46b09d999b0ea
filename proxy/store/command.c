#include "proxy/store/command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRONT 16 /* room for "*<args>\r\n" */

static bool reserve(struct command *command, size_t more)
{
    if (command->failed) {
        return false;
    }
    if (command->cap - command->len < more) {
        size_t cap = command->cap + command->cap / 2 + more + 1024;
        char *data = realloc(command->data, cap);
        if (data == NULL) {
            command->failed = true;
            return false;
        }
        command->data = data;
        command->cap = cap;
    }
    return true;
}

void command_begin(struct command *command)
{
    command->len = 0;
    command->args = 0;
    command->failed = false;
    if (reserve(command, FRONT)) {
        command->len = FRONT;
    }
}

static size_t put_digits(char *at, uint64_t number)
{
    char digits[20];
    size_t n = sizeof(digits);

    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    memcpy(at, digits + n, sizeof(digits) - n);
    return sizeof(digits) - n;
}

void command_add(struct command *command, const void *arg, size_t len)
{
    if (!reserve(command, len + 32)) {
        return;
    }
    char *at = command->data + command->len;
    *at++ = '$';
    at += put_digits(at, len);
    *at++ = '\r';
    *at++ = '\n';
    memcpy(at, arg, len);
    at += len;
    *at++ = '\r';
    *at++ = '\n';
    command->len = (size_t)(at - command->data);
    command->args++;
}

void command_text(struct command *command, const char *arg)
{
    command_add(command, arg, strlen(arg));
}

void command_number(struct command *command, uint64_t number)
{
    char digits[20];
    size_t n = put_digits(digits, number);

    command_add(command, digits, n);
}

const char *command_end(struct command *command, size_t *len)
{
    char front[FRONT];

    if (command->failed) {
        return NULL;
    }
    assert(command->args > 0);
    int n = snprintf(front, sizeof(front), "*%u\r\n", command->args);
    assert(n > 0 && n < FRONT);
    char *start = command->data + FRONT - n;
    memcpy(start, front, (size_t)n);
    *len = command->len - (size_t)(FRONT - n);
    return start;
}

void command_free(struct command *command)
{
    free(command->data);
    memset(command, 0, sizeof(*command));
}
