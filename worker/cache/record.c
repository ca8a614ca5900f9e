/*
 * record.c - the head of a reply as the store keeps it.
 *
 * Runs in workers.  A hit should not parse text.  So the texts lie in the
 * order and form in which h1.c sends them, and a row for each field before
 * them says how long its two parts are and which field it is:
 *
 *	| form | status | reason's | count |	one struct head
 *	| value's length | name's | id | 0 |	COUNT of struct row
 *	| reason | Name: value CR LF | Name: value CR LF | ...
 *
 * A record comes out of shared memory, where a process that went mad may have
 * written anything: each length is held against what is left before it is
 * believed, and the sum must be the whole.  Ids are those of this program:
 * FORM is a hash of the table they come from, and what an older program saved
 * is no record any more.
 *
 * What is kept: RFC 9111, 3.1.
 */
#include "worker/cache/record.h"

#include "common/base/hash.h"
#include "common/base/insist.h"
#include "worker/http/field.h"

#define LAYOUT "record 1" /* another one: another number */
#define SEPARATOR_LEN (sizeof(": ") - 1)
#define LINE_MORE (sizeof(": \r\n") - 1)

struct head {
	uint32_t form;
	uint16_t status;
	uint16_t reason_len;
	uint32_t count;
};

struct row {
	uint32_t value_len;
	uint16_t name_len;
	uint8_t id;
	uint8_t zero;
};

static uint32_t form;

static void __attribute__((constructor)) make_form(void)
{
	static const struct hash_key plain;
	static const char table[] = LAYOUT
#define FIELD(id, name, flags) "\n" name
#include "worker/http/fields.h"
#undef FIELD
	    ;

	form = (uint32_t)hash_bytes(&plain, table, sizeof(table));
}

/* ---- encoding ---- */

static bool is_listed(struct str name, const struct record_plan *plan)
{
	for (unsigned i = 0; i < plan->without_count; i++) {
		struct str list = plan->without[i];
		struct str word;

		while (str_next_token(&list, &word))
			if (str_eq_nocase(word, name))
				return true;
	}
	return false;
}

static bool is_kept(const struct field *f, const struct message *reply,
    const struct record_plan *plan)
{
	struct str name = field_name(f);

	return !f->drop && f->id != FIELD_age &&
	    (f->id != FIELD_content_range || reply->status != 206) &&
	    !str_starts_nocase(name, STR("Proxy-")) && !is_listed(name, plan);
}

static struct field field_of(const struct h1_field *extra)
{
	return (struct field){.name = extra->name.p,
	    .value = extra->value.p,
	    .name_len = (uint16_t)extra->name.n,
	    .value_len = (uint32_t)extra->value.n,
	    .id = (uint8_t)field_identify(extra->name)};
}

typedef void put_field(struct out *o, const struct field *f);

static void put_row(struct out *o, const struct field *f)
{
	struct row row = {f->value_len, f->name_len, f->id, 0};

	out_bytes(o, (const char *)&row, sizeof(row));
}

static void put_line(struct out *o, const struct field *f)
{
	h1_write_line(o, field_name(f), field_value(f));
}

/* Each field that is kept, in order; how many. */
static uint32_t put_all(struct out *o, const struct message *reply,
    const struct record_plan *plan, put_field *put)
{
	uint32_t count = plan->extra_count;

	for (unsigned i = 0; i < reply->field_count; i++) {
		if (!is_kept(&reply->fields[i], reply, plan))
			continue;
		put(o, &reply->fields[i]);
		count++;
	}
	for (unsigned i = 0; i < plan->extra_count; i++) {
		struct field f = field_of(&plan->extra[i]);

		put(o, &f);
	}
	return count;
}

void record_encode(const struct message *reply, const struct record_plan *plan,
    struct out *o)
{
	struct str reason =
	    reply->is_h2 ? h1_reason(reply->status) : reply->reason;
	struct head head = {form, (uint16_t)reply->status,
	    (uint16_t)reason.n, 0};
	size_t start = o->n;

	INSIST(reason.n <= UINT16_MAX);
	out_bytes(o, (const char *)&head, sizeof(head));
	head.count = put_all(o, reply, plan, put_row);
	out_str(o, reason);
	(void)put_all(o, reply, plan, put_line);
	if (out_ok(o))
		memcpy(o->p + start, &head, sizeof(head));
}

/* ---- decoding ---- */

/* The first N bytes of *REST, which moves behind them; false: it has less. */
static bool take(struct str *rest, size_t n, struct str *part_r)
{
	if (n > rest->n)
		return false;
	*part_r = str_make(rest->p, n);
	*rest = str_behind(*rest, n);
	return true;
}

/* The field that ROW says, at the start of *TEXTS. */
static bool read_field(const struct row *row, struct str *texts,
    struct field *f)
{
	struct str line;

	if (row->name_len == 0 || row->id > FIELD_DISGUISED || row->zero != 0 ||
	    !take(texts, row->name_len + LINE_MORE + (size_t)row->value_len,
		&line))
		return false;
	*f = (struct field){.name = line.p,
	    .value = line.p + row->name_len + SEPARATOR_LEN,
	    .value_len = row->value_len,
	    .name_len = row->name_len,
	    .id = row->id};
	return true;
}

static bool read_fields(struct str rows, struct str texts, struct message *m)
{
	for (; m->field_count < rows.n / sizeof(struct row); m->field_count++) {
		struct field *f = &m->fields[m->field_count];
		struct row row;

		memcpy(&row, rows.p + m->field_count * sizeof(row),
		    sizeof(row));
		if (!read_field(&row, &texts, f))
			return false;
		if (f->id == FIELD_OTHER)
			continue;
		m->repeated |= m->present & FIELD_BIT(f->id);
		m->present |= FIELD_BIT(f->id);
	}
	return texts.n == 0;
}

bool record_decode(struct str record, struct arena *a, struct message *m)
{
	struct str part, rows;
	struct head head;

	*m = (struct message){.minor = 1};
	if (!take(&record, sizeof(head), &part))
		return false;
	memcpy(&head, part.p, sizeof(head));
	if (head.form != form || head.status < 200 || head.status > 599 ||
	    head.count > record.n / sizeof(struct row) ||
	    !take(&record, head.count * sizeof(struct row), &rows) ||
	    !take(&record, head.reason_len, &m->reason))
		return false;
	m->status = head.status;
	m->fields = arena_alloc(a, head.count * sizeof(*m->fields));
	return m->fields != NULL && read_fields(rows, record, m);
}
