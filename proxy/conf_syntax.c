#include "proxy/conf_yaml.h"

#include <errno.h>
#include <string.h>

/* libyaml compares each anchor with all before it; a configuration has a handful. */
#define AMPERSANDS_MAX 10000

/* Errors about octets come without a line. */
static unsigned line_at(const char *text, size_t len, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < len && i < offset; i++)
        line += text[i] == '\n';
    return line;
}

static void syntax_error(const yaml_parser_t *parser, const char *text, size_t len,
                         struct conf_errors *errors)
{
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
    unsigned line = (unsigned)parser->problem_mark.line + 1;
    switch (parser->error) {
    case YAML_MEMORY_ERROR: errors->no_memory = true; return;
    case YAML_READER_ERROR:
        line = line_at(text, len, parser->problem_offset);
        conf_error(errors, line, "not UTF-8 text: %s", problem);
        return;
    default: break;
    }
    if (parser->context != NULL)
        conf_error(errors, line, "YAML syntax: %s, %s that begins in line %zu", problem,
                   parser->context, parser->context_mark.line + 1);
    else
        conf_error(errors, line, "YAML syntax: %s", problem);
}

static bool too_many_anchors(const char *text, size_t len)
{
    unsigned n = 0;
    for (const char *p = text; n <= AMPERSANDS_MAX; p++, n++) {
        p = memchr(p, '&', len - (size_t)(p - text));
        if (p == NULL)
            return false;
    }
    return true;
}

/* A second document would be ignored in silence; it is refused instead. */
static int check_end(yaml_parser_t *parser, const char *text, size_t len,
                     struct conf_errors *errors)
{
    yaml_document_t next;
    if (!yaml_parser_load(parser, &next)) {
        syntax_error(parser, text, len, errors);
        return -EINVAL;
    }
    unsigned line = (unsigned)next.start_mark.line + 1;
    bool more = yaml_document_get_root_node(&next) != NULL;
    yaml_document_delete(&next);
    if (!more)
        return 0;
    conf_error(errors, line, "a second YAML document begins here; there must be one");
    return -EINVAL;
}

int conf_yaml_load(const char *text, size_t len, yaml_document_t *doc, struct conf_errors *errors)
{
    yaml_parser_t parser;
    if (too_many_anchors(text, len)) {
        conf_error(errors, 0, "more than %d anchors (&)", AMPERSANDS_MAX);
        return -EINVAL;
    }
    if (!yaml_parser_initialize(&parser)) {
        errors->no_memory = true;
        return -ENOMEM;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    int err = -EINVAL;
    if (!yaml_parser_load(&parser, doc)) {
        syntax_error(&parser, text, len, errors);
    } else if (yaml_document_get_root_node(doc) == NULL) {
        conf_error(errors, 0, "the file is empty");
        yaml_document_delete(doc);
    } else {
        err = check_end(&parser, text, len, errors);
        if (err != 0)
            yaml_document_delete(doc);
    }
    yaml_parser_delete(&parser);
    return err;
}
