/*
 * log_line.c - one exchange as a line of text.
 *
 *   logfmt    time=2026-11-21T03:16:45.123Z client=192.0.2.1 host="a.test" ...
 *   json      {"time":"2026-11-21T03:16:45.123Z","client":"192.0.2.1", ...}
 *   template  192.0.2.1 - - [21/Nov/2026:03:16:45 +0000] "GET / HTTP/1.1" ...
 *
 * The table common/tbl/log_fields.h is unrolled three times.  What a value is
 * comes from log_values.h; how each kind of value is written in each of the
 * three is all that stands here.  Whatever a peer sent is escaped, so that it
 * can't end its value, let alone its line.
 */
#include "worker/proxy/log_line.h"

#include "common/base/insist.h"
#include "common/base/json.h"
#include "worker/proxy/log_values.h"

/* The type of a value, by its kind; and whether there is one. */
typedef struct str value_WORD, value_NAME, value_TEXT;
typedef int64_t value_NUMBER, value_MSEC;

#define has_WORD(v) ((v).p != NULL)
#define has_NAME(v) ((v).p != NULL)
#define has_TEXT(v) ((v).p != NULL)
#define has_NUMBER(v) ((v) >= 0)
#define has_MSEC(v) ((v) >= 0)

/* ---- logfmt ---- */

/* What needs no quotes: printable ASCII but for the space, =, " and \. */
static const bool bare[256] = {['!'] = true,
    ['#' ... '<'] = true,
    ['>' ... '['] = true,
    [']' ... '~'] = true};

static bool is_bare(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!bare[(unsigned char)s.p[i]])
			return false;
	return s.n > 0;
}

static void escape(struct out *o, struct str s, size_t text_max)
{
	if (likely(s.n <= text_max)) {
		out_escaped(o, s);
		return;
	}
	out_escaped(o, str_make(s.p, text_max));
	out_lit(o, LOG_LINE_CUT);
}

static void logfmt_TEXT(struct out *o, struct str s, size_t text_max)
{
	out_char(o, '"');
	escape(o, s, text_max);
	out_char(o, '"');
}

static void logfmt_NAME(struct out *o, struct str s, size_t text_max)
{
	if (likely(s.n <= text_max && is_bare(s)))
		out_str(o, s);
	else
		logfmt_TEXT(o, s, text_max);
}

#define logfmt_WORD(o, v, text_max) out_str((o), (v))
#define logfmt_NUMBER(o, v, text_max) out_u64((o), (uint64_t)(v))
#define logfmt_MSEC(o, v, text_max) out_msec((o), (v))

static void write_logfmt(struct out *o, const struct exchange *x,
    size_t text_max)
{
#define WRITE_TEMPLATE(name, kind)
#define WRITE_LINE(name, kind)                                                 \
	do {                                                                   \
		value_##kind v = get_##name(x);                                \
		if (has_##kind(v)) {                                           \
			out_lit(o, #name "=");                                 \
			logfmt_##kind(o, v, text_max);                         \
			out_char(o, ' ');                                      \
		}                                                              \
	} while (0);
#define LOG_FIELD(name, kind, where, meaning) WRITE_##where(name, kind)
#define LOG_LATER(name, meaning)
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
#undef LOG_LATER
#undef WRITE_LINE
	if (out_ok(o))
		o->n--; /* the last space */
}

/* ---- json ---- */

static void json_TEXT(struct out *o, struct str s, size_t text_max)
{
	out_char(o, '"');
	json_text(o, s.n <= text_max ? s : str_make(s.p, text_max));
	if (s.n > text_max)
		out_lit(o, LOG_LINE_CUT);
	out_char(o, '"');
}

static void json_plain(struct out *o, struct str s)
{
	out_char(o, '"');
	out_str(o, s);
	out_char(o, '"');
}

#define json_WORD(o, v, text_max) json_plain((o), (v))
#define json_NAME(o, v, text_max) json_TEXT((o), (v), (text_max))
#define json_NUMBER(o, v, text_max) out_u64((o), (uint64_t)(v))
#define json_MSEC(o, v, text_max) out_msec((o), (v))

static void write_json(struct out *o, const struct exchange *x, size_t text_max)
{
	char before = '{';

#define WRITE_LINE(name, kind)                                                 \
	do {                                                                   \
		value_##kind v = get_##name(x);                                \
		if (has_##kind(v)) {                                           \
			out_char(o, before);                                   \
			out_lit(o, "\"" #name "\":");                          \
			json_##kind(o, v, text_max);                           \
			before = ',';                                          \
		}                                                              \
	} while (0);
#define LOG_FIELD(name, kind, where, meaning) WRITE_##where(name, kind)
#define LOG_LATER(name, meaning)
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
#undef LOG_LATER
#undef WRITE_LINE
#undef WRITE_TEMPLATE
	out_char(o, '}');
}

/* ---- templates ---- */

#define template_WORD(o, v, text_max) out_str((o), (v))
#define template_NAME(o, v, text_max) escape((o), (v), (text_max))
#define template_TEXT(o, v, text_max) escape((o), (v), (text_max))
#define template_NUMBER(o, v, text_max) out_u64((o), (uint64_t)(v))
#define template_MSEC(o, v, text_max) out_msec((o), (v))

static void write_field(struct out *o, const struct exchange *x,
    enum conf_log_field field, size_t text_max)
{
	switch (field) {
#define LOG_FIELD(name, kind, where, meaning)                                  \
	case CONF_LOG_##name: {                                                \
		value_##kind v = get_##name(x);                                \
		if (has_##kind(v))                                             \
			template_##kind(o, v, text_max);                       \
		else                                                           \
			out_char(o, '-');                                      \
		break;                                                         \
	}
#define LOG_LATER(name, meaning)
#include "common/tbl/log_fields.h"
#undef LOG_FIELD
#undef LOG_LATER
	case CONF_LOG_FIELDS:
		break;
	}
}

static void write_template(struct out *o, const struct exchange *x,
    const struct conf_template *template, size_t text_max)
{
	for (unsigned i = 0; i < template->count; i++) {
		const struct conf_template_part *part = &template->parts[i];

		if (part->id == CONF_PART_TEXT)
			out_str(o, part->text);
		else
			write_field(o, x, (enum conf_log_field)part->id,
			    text_max);
	}
}

/* ---- all of them ---- */

void log_line_write(struct out *o, const struct exchange *x,
    const struct conf_log *log, size_t text_max)
{
	switch (log->format.style) {
	case CONF_LOG_LOGFMT:
		write_logfmt(o, x, text_max);
		break;
	case CONF_LOG_JSON:
		write_json(o, x, text_max);
		break;
	case CONF_LOG_TEMPLATE:
		write_template(o, x, &log->format.template, text_max);
		break;
	}
	out_char(o, '\n');
}
