/*
 * message.c - the canonical message: its words.
 *
 * Runs in workers.  The methods that we have rules for, the names and texts of
 * faults (from common/tbl/faults.h), and finding a field.  A method is only
 * ever a token that is passed on: what is not in the table has no special
 * rule, and is no fault.
 */
#include "worker/http/message.h"

#include "common/base/insist.h"

struct method_row {
	struct str text;
	bool idempotent;
};

#define METHOD_COUNT (METHOD_TRACE + 1)

static const struct method_row methods[METHOD_COUNT] = {
    [METHOD_OTHER] = {{"", 0}, false},
    [METHOD_GET] = {{"GET", 3}, true},
    [METHOD_HEAD] = {{"HEAD", 4}, true},
    [METHOD_POST] = {{"POST", 4}, false},
    [METHOD_PUT] = {{"PUT", 3}, true},
    [METHOD_DELETE] = {{"DELETE", 6}, true},
    [METHOD_OPTIONS] = {{"OPTIONS", 7}, true},
    [METHOD_PATCH] = {{"PATCH", 5}, false},
    [METHOD_CONNECT] = {{"CONNECT", 7}, false},
    [METHOD_TRACE] = {{"TRACE", 5}, true},
};

enum method method_identify(struct str text)
{
	for (unsigned m = METHOD_OTHER + 1; m < METHOD_COUNT; m++)
		if (str_eq(text, methods[m].text))
			return m;
	return METHOD_OTHER;
}

bool method_is_miscased(struct str text)
{
	for (unsigned m = METHOD_OTHER + 1; m < METHOD_COUNT; m++)
		if (str_eq_nocase(text, methods[m].text))
			return !str_eq(text, methods[m].text);
	return false;
}

bool method_is_idempotent(enum method m)
{
	INSIST(m < METHOD_COUNT);
	return methods[m].idempotent;
}

struct fault_row {
	const char *name;
	unsigned status;
	const char *text;
};

static const struct fault_row faults[FAULT_END] = {
    [FAULT_NONE] = {"none", 0, "nothing is wrong"},
#define FAULT(name, status, text) [FAULT_##name] = {#name, status, text},
#include "common/tbl/faults.h"
#undef FAULT
};

const char *fault_name(enum fault f)
{
	INSIST(f < FAULT_END);
	return faults[f].name;
}

const char *fault_text(enum fault f)
{
	INSIST(f < FAULT_END);
	return faults[f].text;
}

unsigned fault_status(enum fault f)
{
	INSIST(f > FAULT_NONE && f < FAULT_END);
	return faults[f].status;
}

const struct field *message_find(const struct message *m, enum field_id id)
{
	INSIST(id > FIELD_OTHER && id < FIELD_END);
	if (!(m->present & FIELD_BIT(id)))
		return NULL;
	for (unsigned i = 0; i < m->field_count; i++)
		if (m->fields[i].id == id)
			return &m->fields[i];
	return NULL;
}
