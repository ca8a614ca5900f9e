/*
 * errors.c - error pages of the operator's own.
 *
 * Runs in the master, which reads the files: a worker opens nothing by name.
 * A page is cut into pieces once, here, so that answering with it copies
 * nothing.  What looks like one of our variables but is none stays as it is:
 * pages may hold scripts.
 */
#include "common/conf/errors.h"

#include "common/base/insist.h"
#include "common/conf/source.h"
#include "common/conf/statuses.h"

/* The entries of a list, kept at its node for those that inherit it. */
struct entries {
	struct conf_error_page *at;
	unsigned count;
};

/* ---- pages ---- */

static const struct {
	struct str name;
	enum conf_page_part part;
} variables[] = {
    {{"${status}", 9}, CONF_PAGE_STATUS},
    {{"${reason}", 9}, CONF_PAGE_REASON},
    {{"${message}", 10}, CONF_PAGE_WORDS},
    {{"${request_id}", 13}, CONF_PAGE_ID},
};

#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

/* The piece that TEXT begins with; *TEXT moves behind it. */
static struct conf_page_piece next_piece(struct str *text)
{
	struct conf_page_piece piece = {.part = CONF_PAGE_TEXT};
	size_t n = 0;

	for (; n < text->n; n++) {
		struct str rest = str_behind(*text, n);

		for (size_t i = 0; i < VARIABLES && rest.p[0] == '$'; i++)
			if (str_starts(rest, variables[i].name)) {
				piece.part = variables[i].part;
				piece.text = variables[i].name;
				break;
			}
		if (piece.part != CONF_PAGE_TEXT)
			break;
	}
	if (n > 0)
		piece = (struct conf_page_piece){CONF_PAGE_TEXT,
		    str_make(text->p, n)};
	*text = str_behind(*text, piece.text.n);
	return piece;
}

struct conf_page *conf_page_make(struct arena *a, struct str type,
    struct str text)
{
	struct conf_page *page = ARENA_NEW(a, struct conf_page);
	struct conf_page_piece *pieces = ARENA_ARRAY(a, struct conf_page_piece,
	    CONF_PAGE_PIECES_MAX);

	page->type = type;
	page->pieces = pieces;
	while (text.n > 0 && page->piece_count < CONF_PAGE_PIECES_MAX)
		pieces[page->piece_count++] = next_piece(&text);
	return text.n == 0 ? page : NULL;
}

/* ---- files ---- */

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

/* The media type of a file by its name, or STR_NONE. */
static struct str type_of(const char *name)
{
	if (ends_with(name, ".html") || ends_with(name, ".htm"))
		return STR("text/html; charset=utf-8");
	if (ends_with(name, ".json"))
		return STR("application/json");
	if (ends_with(name, ".txt"))
		return STR("text/plain; charset=utf-8");
	return STR_NONE;
}

/* NULL: reported. */
static const struct conf_page *read_page(struct conf_build *b,
    const config_setting_t *setting)
{
	const struct conf_spot *spot = conf_tree_spot(setting);
	struct arena *a = &b->conf->arena;
	const char *name = conf_build_path(b->scratch,
	    conf_build_folder(b->scratch, spot->source->name),
	    conf_tree_text(setting));
	const struct conf_source *source;
	struct str type = type_of(name);
	const struct conf_page *page;
	const char *error;

	if (type.p == NULL) {
		conf_report_error(b->report, spot,
		    "the name of an error page ends in .html, .htm, .json or "
		    ".txt, to tell what it is");
		return NULL;
	}
	source = conf_source_read(a, name, &error);
	if (source == NULL) {
		conf_report_error(b->report, spot, "%s cannot be read: %s",
		    name, error);
		return NULL;
	}
	page = conf_page_make(a, type, source->text);
	if (page == NULL)
		conf_report_error(b->report, spot,
		    "%s holds more than %d variables", name,
		    CONF_PAGE_PIECES_MAX / 2);
	return page;
}

/* ---- entries ---- */

static void report_no_status(struct conf_build *b,
    const config_setting_t *group)
{
	if (conf_setting_given(group, SETTING_ERROR_status))
		return;
	conf_report_error(b->report, conf_tree_spot(group),
	    "an entry of errors needs \"status\"");
	conf_report_help(b->report, "write status = %s;",
	    conf_setting_rows[SETTING_ERROR_status].example);
}

static void report_nothing(struct conf_build *b, const config_setting_t *group)
{
	if (config_setting_length(group) !=
	    conf_setting_given(group, SETTING_ERROR_status))
		return;
	conf_report_error(b->report, conf_tree_spot(group),
	    "this entry of errors changes nothing");
	conf_report_help(b->report, "give it file = %s;",
	    conf_setting_rows[SETTING_ERROR_file].example);
}

static void read_entry(struct conf_build *b, const config_setting_t *group,
    struct conf_error_page *entry)
{
	struct conf_statuses set = {CONF_ERROR_LEAST, CONF_ERROR_MOST,
	    entry->statuses};
	const config_setting_t *status, *file;

	conf_settings_check(b->report, group, CONTEXT_ERROR);
	status = conf_setting_get(group, SETTING_ERROR_status);
	file = conf_setting_get(group, SETTING_ERROR_file);
	if (status != NULL)
		conf_statuses_read(b, status, SETTING_ERROR_status, &set);
	if (file != NULL)
		entry->page = read_page(b, file);
	entry->retry_after = (unsigned)(
	    (conf_setting_duration(group, SETTING_ERROR_retry_after) +
		USEC_PER_SEC - 1) / USEC_PER_SEC);
	entry->origin = conf_setting_bool(group, SETTING_ERROR_origin);
	conf_settings_done(group);
	report_no_status(b, group);
	report_nothing(b, group);
}

static struct entries *read_list(struct conf_build *b,
    const config_setting_t *setting)
{
	struct entries *entries = ARENA_NEW(b->scratch, struct entries);
	unsigned count = conf_tree_item_count(setting);

	entries->at =
	    ARENA_ARRAY(&b->conf->arena, struct conf_error_page, count);
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *item = conf_tree_item(setting, i);

		if (!conf_tree_refused(item))
			read_entry(b, item, &entries->at[entries->count++]);
	}
	return entries;
}

void conf_errors_read(struct conf_build *b, const struct conf_layers *layers,
    struct conf_scope *scope)
{
	const config_setting_t *setting =
	    conf_setting_get(CONF_NEAREST(layers, SETTING_VHOST_errors));
	struct conf_node *node;
	struct entries *entries;

	if (setting == NULL)
		return;
	node = conf_tree_node(setting);
	if (node->made == NULL)
		node->made = read_list(b, setting);
	entries = node->made;
	scope->errors = entries->at;
	scope->error_count = entries->count;
}
