#include "proxy/conf_yaml.h"

#include <errno.h>
#include <string.h>

/* libyaml takes quadratic time for both: each open bracket is looked at for every token, each
 * anchor is compared with all before it. A configuration has a handful. */
#define DEPTH_MAX   64
#define ANCHORS_MAX 1000

struct source {
    const char *text;
    size_t len;
    struct conf_errors *errors;
};

/* Errors about octets come without a line. */
static unsigned line_at(const struct source *source, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < source->len && i < offset; i++)
        line += source->text[i] == '\n';
    return line;
}

static void syntax_error(const struct source *source, const yaml_parser_t *parser)
{
    struct conf_errors *errors = source->errors;
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read";
    unsigned line = (unsigned)parser->problem_mark.line + 1;
    if (parser->error == YAML_MEMORY_ERROR)
        errors->no_memory = true;
    else if (parser->error == YAML_READER_ERROR)
        conf_error(errors, line_at(source, parser->problem_offset), "not UTF-8 text: %s", problem);
    else if (parser->context != NULL)
        conf_error(errors, line, "YAML syntax: %s, %s that begins in line %zu", problem,
                   parser->context, parser->context_mark.line + 1);
    else
        conf_error(errors, line, "YAML syntax: %s", problem);
}

static int open_parser(const struct source *source, yaml_parser_t *parser)
{
    if (!yaml_parser_initialize(parser)) {
        source->errors->no_memory = true;
        return -ENOMEM;
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)source->text, source->len);
    return 0;
}

struct shape {
    unsigned depth, anchors, documents;
};

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor != NULL;
    default: return false;
    }
}

/* Returns what is wrong, or NULL. */
static const char *shape_add(struct shape *shape, const yaml_event_t *event)
{
    shape->anchors += has_anchor(event);
    switch (event->type) {
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT: shape->depth++; break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: shape->depth--; break;
    case YAML_DOCUMENT_START_EVENT: shape->documents++; break;
    default: break;
    }
    if (shape->depth > DEPTH_MAX)
        return "nested too deeply";
    if (shape->anchors > ANCHORS_MAX)
        return "too many anchors (&)";
    if (shape->documents > 1)
        return "a second YAML document begins here; there must be one";
    return NULL;
}

/* Reads the whole text as events, which cost no more than their number, before it is loaded. */
static int check_shape(const struct source *source)
{
    yaml_parser_t parser;
    struct shape shape = {0};
    int err = open_parser(source, &parser);
    for (bool end = false; err == 0 && !end;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            syntax_error(source, &parser);
            err = -EINVAL;
            break;
        }
        const char *wrong = shape_add(&shape, &event);
        if (wrong != NULL) {
            conf_error(source->errors, (unsigned)event.start_mark.line + 1, "%s", wrong);
            err = -EINVAL;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    if (err == 0 && shape.documents == 0) {
        conf_error(source->errors, 0, "the file is empty");
        err = -EINVAL;
    }
    if (err != -ENOMEM)
        yaml_parser_delete(&parser);
    return err;
}

int conf_yaml_load(const char *text, size_t len, yaml_document_t *doc, struct conf_errors *errors)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* byte order mark */
    struct source source = {.text = text, .len = len, .errors = errors};
    yaml_parser_t parser;
    if (len >= 3 && memcmp(text, mark, 3) == 0) {
        source.text += 3;
        source.len -= 3;
    }
    int err = check_shape(&source);
    if (err == 0)
        err = open_parser(&source, &parser);
    if (err != 0)
        return err;
    if (!yaml_parser_load(&parser, doc)) {
        syntax_error(&source, &parser);
        err = -EINVAL;
    }
    yaml_parser_delete(&parser);
    return err;
}
