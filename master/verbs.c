/*
 * verbs.c - the table of verbs.
 *
 * A verb returns at once.  What takes time is started, and answered when it
 * is over.  Verbs that change something say in the log who asked.  Those of
 * common/tbl/questions.h are answered by a worker.
 */
#include "master/verbs.h"

#include "common/base/log.h"
#include "master/question.h"
#include "master/quit.h"
#include "master/reload.h"
#include "master/rotate.h"
#include "master/status.h"
#include "master/tls_status.h"
#include "master/version.h"

struct verb {
	const char *name;
	bool changes;
	/* NULL: a worker is asked QUESTION */
	enum verb_result (*run)(struct verb_asker *asker, struct out *out);
	enum question_kind question;
};

/* Behind the tab: what has more to say than messages says it as JSON, too. */
static bool wants_json(const struct verb_asker *asker)
{
	return str_eq(asker->words, STR("json"));
}

static enum verb_result show_status(struct verb_asker *asker, struct out *out)
{
	if (wants_json(asker))
		status_write_json(out);
	else
		status_write(out);
	return VERB_DONE;
}

static enum verb_result show_workers(struct verb_asker *asker, struct out *out)
{
	if (wants_json(asker))
		status_write_workers_json(out);
	else
		status_write_workers(out);
	return VERB_DONE;
}

static enum verb_result show_tls(struct verb_asker *asker, struct out *out)
{
	if (wants_json(asker))
		tls_status_write_json(out);
	else
		tls_status_write(out);
	return VERB_DONE;
}

static enum verb_result show_version(struct verb_asker *asker, struct out *out)
{
	if (wants_json(asker))
		version_write_json(out);
	else
		version_write(out);
	return VERB_DONE;
}

static enum verb_result reload(struct verb_asker *asker, struct out *out)
{
	if (quit_state() != NULL) {
		out_fmt(out, "error: the daemon is %s\n", quit_state());
		return VERB_REFUSED;
	}
	asker->round = reload_ask();
	return VERB_RELOADING;
}

static enum verb_result reopen(struct verb_asker *asker, struct out *out)
{
	(void)asker;
	(void)out;
	rotate_begin();
	return VERB_REOPENING;
}

static enum verb_result stop(struct verb_asker *asker, struct out *out)
{
	(void)asker;
	out_fmt(out, "stopping: exchanges have %d s left\n",
	    (int)(QUIT_STOP_PATIENCE / USEC_PER_SEC));
	quit_stop();
	return VERB_DONE;
}

static enum verb_result drain(struct verb_asker *asker, struct out *out)
{
	(void)asker;
	quit_drain();
	out_fmt(out, "%s: it ends when the last exchange has ended, or its "
		     "time has\n",
	    quit_state());
	return VERB_DONE;
}

static const struct verb verbs[] = {
    {"status", false, show_status, 0},
    {"workers", false, show_workers, 0},
    {"version", false, show_version, 0},
    {"tls", false, show_tls, 0},
#define QUESTION(name, changes, patience, meaning) \
	{#name, changes, NULL, QUESTION_##name},
#include "common/tbl/questions.h"
#undef QUESTION
    {"reload", true, reload, 0},
    {"reopen", true, reopen, 0},
    {"stop", true, stop, 0},
    {"drain", true, drain, 0},
};

/* The verb of LINE; what is behind its tab goes to *WORDS_R. */
static struct str cut_verb(struct str line, struct str *words_r)
{
	const char *tab = memchr(line.p, '\t', line.n);
	size_t n = tab != NULL ? (size_t)(tab - line.p) : line.n;

	*words_r = STR("");
	if (tab != NULL)
		*words_r = str_make(tab + 1, line.n - n - 1);
	return str_trim(str_make(line.p, n));
}

/* Who asks for V, and what with. */
static void log_asker(const struct verb *v, const struct verb_asker *asker)
{
	char text[256];
	struct out words = out_make(text, sizeof(text));
	struct str rest = asker->words;
	struct str word;

	while (str_next_part(&rest, '\t', &word)) {
		out_char(&words, ' ');
		out_escaped(&words, word);
	}
	log_info("control: %s%" PRI_STR "%s, asked by pid %d, uid %u", v->name,
	    ARG_STR(out_text(&words)), out_ok(&words) ? "" : " ...",
	    (int)asker->pid, (unsigned)asker->uid);
}

static enum verb_result run(const struct verb *v, struct verb_asker *asker,
    struct out *out)
{
	if (v->changes)
		log_asker(v, asker);
	if (v->run != NULL)
		return v->run(asker, out);
	asker->round = question_ask(v->question, asker->words, out);
	return asker->round != 0 ? VERB_ASKING : VERB_REFUSED;
}

enum verb_result verb_run(struct str line, struct verb_asker *asker,
    struct out *out)
{
	struct str name = cut_verb(line, &asker->words);

	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *v = &verbs[i];

		if (str_eq(name, str_from(v->name)))
			return run(v, asker, out);
	}
	out_lit(out, "no such verb; there are:");
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		out_fmt(out, " %s", verbs[i].name);
	out_char(out, '\n');
	return VERB_WRONG;
}
