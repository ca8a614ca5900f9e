/*
 * checks.c - when servers are checked, and what follows from it.
 *
 * Runs in workers: timers start fibers.
 *
 *	job --- row of the health table {claim: who is at it, or when it is due}
 *	 |  \__ timer: when this worker looks at the claim again
 *	 +--- servers: those that this check is of
 *
 * A claim that is taken runs out a second after the check's own deadline.  Who
 * ends a check later than that finds the claim taken, and its result is not
 * stored.  The worker whose result changes the state says so in the error log:
 * that is once, however many workers there are.
 */
#include "worker/origin/checks.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/insist.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/shm/seat.h"
#include "worker/fiber/loop.h"
#include "worker/origin/queue.h"
#include "worker/origin/view.h"

#define JOB_MAGIC 0x4a4f4248u
#define LATE USEC_PER_SEC /* for a worker that is slow to end a check */
#define SPREAD (2 * USEC_PER_MSEC) /* from one first check to the next */
#define SPREAD_MOST (2 * USEC_PER_SEC)
#define AGAIN (20 * USEC_PER_MSEC) /* when there are too many at once */
#define WHOLE 1000000
#define BUCKETS 4096

struct check_job {
	uint32_t magic;
	struct list link;
	struct check_job *beside; /* in its bucket */
	struct hash_id id;
	struct health_row *row;
	struct check_target target;
	struct list servers; /* by check_link */
	struct timer timer;
	usec_t began;
	uint64_t claim; /* 0: no check of it is under way here */
};

static struct list jobs = {&jobs, &jobs};
static struct check_job *buckets[BUCKETS]; /* by id, which is a hash */
static unsigned job_count;
static unsigned under_way;
static bool taking_part;

static void look(struct timer *t);

/* ---- judging ---- */

enum health_state checks_judge(struct health_check *row,
    const struct conf_health *conf, enum check_verdict verdict, usec_t now)
{
	enum health_state state = (enum health_state)atomic_load(&row->state);
	enum health_state next =
	    verdict == CHECK_WELL ? HEALTH_IS_UP : HEALTH_IS_DOWN;
	unsigned needed = next == HEALTH_IS_UP ? conf->rise : conf->fall;

	if (verdict == CHECK_UNKNOWN)
		return HEALTH_UNKNOWN;
	if (state == next) {
		atomic_store(&row->streak, 0);
		return HEALTH_UNKNOWN;
	}
	if (state != HEALTH_UNKNOWN &&
	    atomic_fetch_add(&row->streak, 1) + 1 < needed)
		return HEALTH_UNKNOWN;
	atomic_store(&row->streak, 0);
	if (state != HEALTH_UNKNOWN || next == HEALTH_IS_DOWN)
		atomic_store(&row->since, now); /* else it was up all along */
	atomic_store(&row->state, next);
	return next;
}

usec_t checks_next(const struct conf_health *conf, usec_t began, uint64_t dice)
{
	usec_t most = conf->every / WHOLE * conf->jitter +
	    conf->every % WHOLE * conf->jitter / WHOLE;

	return began + conf->every - most +
	    (most > 0 ? (usec_t)(dice % (uint64_t)(2 * most)) : 0);
}

/* ---- telling ---- */

static struct server *server_of(struct list *link)
{
	return container_of(link, struct server, check_link);
}

/* They were out for reasons that no longer hold. */
static void welcome(struct server *s)
{
	struct health_server *h = &s->row->server;

	atomic_store(&h->errors, 0);
	atomic_store(&h->ejected_until, 0);
	atomic_store(&h->up_since, loop_now());
	queue_freed(s->pool);
}

/* Of the handshake that has just failed. */
static void say_verdict(struct out *o)
{
	const struct tls_verdict *v = origin_tls_verdict();

	if (v->detail[0] != '\0')
		out_fmt(o, " (%s)", v->detail);
}

/* A change from the state FORMER, which it had SINCE. */
static void tell(const struct check_job *job, enum health_state state,
    enum health_state former, usec_t since, const struct check_result *result)
{
	const struct conf_health *conf = job->target.conf;
	usec_t now = loop_now();
	char text[480], row[32] = "", subject[VIEW_SUBJECT_SIZE];
	struct out out = out_make(text, sizeof(text));

	check_say(&out, conf, result);
	if (result->outcome == CHECK_handshake)
		say_verdict(&out);
	if (former != HEALTH_UNKNOWN && conf->fall > 1)
		snprintf(row, sizeof(row), " (%u in a row)", conf->fall);
	LIST_FOREACH(at, &job->servers) {
		view_subject(subject, server_of(at));
		if (state == HEALTH_IS_DOWN)
			log_warning("%s is down: %s%s", subject,
			    out_cstr(&out), row);
		else
			log_info("%s is up again after %lld s", subject,
			    (long long)((now - since + USEC_PER_SEC / 2) /
				USEC_PER_SEC));
	}
}

void checks_say(struct out *o, const struct server *s)
{
	const struct health_check *row;
	struct check_result result;

	if (s->check == NULL)
		return;
	row = &s->check->check;
	result.outcome = (enum check_outcome)atomic_load(&row->reason);
	result.detail = atomic_load(&row->status);
	if (atomic_load(&row->at) != 0 && result.outcome < CHECK_END)
		check_say(o, s->pool->conf->health, &result);
}

/* ---- one check ---- */

static struct check_job **bucket_of(struct hash_id id)
{
	return &buckets[id.word[0] % BUCKETS];
}

static void job_free(struct check_job *job)
{
	struct check_job **at = bucket_of(job->id);

	timer_clear(&job->timer);
	list_del(&job->link);
	while (*at != job)
		at = &(*at)->beside;
	*at = job->beside;
	job_count--;
	health_detach(&job->row);
	job->magic = 0;
	free(job);
}

static void store(struct check_job *job, const struct check_result *result)
{
	struct health_check *row = &job->row->check;
	enum check_verdict verdict = check_verdict(result->outcome);
	enum health_state former, state;
	usec_t since = atomic_load(&row->since);

	former = (enum health_state)atomic_load(&row->state);
	count(checks);
	if (verdict == CHECK_ILL)
		count(checks_failed);
	atomic_fetch_add(&row->checks, 1);
	atomic_store(&row->reason, result->outcome);
	atomic_store(&row->status, result->detail);
	atomic_store(&row->at, loop_now());
	state = checks_judge(row, job->target.conf, verdict, loop_now());
	if (state == HEALTH_UNKNOWN ||
	    (former == HEALTH_UNKNOWN && state == HEALTH_IS_UP))
		return;
	tell(job, state, former, since, result);
	if (state == HEALTH_IS_UP)
		LIST_FOREACH(at, &job->servers)
			welcome(server_of(at));
}

static void run(void *arg)
{
	struct check_job *job = arg;
	struct check_result result;
	usec_t next;

	INSIST_MAGIC(job, JOB_MAGIC);
	check_run(&job->target, &result);
	next = checks_next(job->target.conf, job->began, random_u64());
	if (claim_end(&job->row->check.due, job->claim, next))
		store(job, &result);
	job->claim = 0;
	under_way--;
	if (list_empty(&job->servers))
		job_free(job);
	else if (taking_part)
		timer_set(&job->timer, claim_due(&job->row->check.due));
}

/* Not made: whoever comes next may. */
static void give_up(struct check_job *job)
{
	(void)claim_end(&job->row->check.due, job->claim,
	    loop_now() + AGAIN);
	job->claim = 0;
	timer_set(&job->timer, loop_now() + AGAIN);
}

/* It may be due.  Claims are in whole milliseconds, as timers are. */
static void look(struct timer *t)
{
	struct check_job *job = container_of(t, struct check_job, timer);
	claim_word *due = &job->row->check.due;

	INSIST_MAGIC(job, JOB_MAGIC);
	INSIST(taking_part && job->claim == 0);
	if (under_way >= CHECKS_AT_ONCE) {
		timer_set(t, loop_now() + AGAIN);
		return;
	}
	job->claim = claim_take(due, loop_now(),
	    job->target.conf->timeout + LATE);
	if (job->claim == 0) {
		timer_set(t, claim_due(due));
		return;
	}
	job->began = loop_now();
	if (!fiber_start("check", run, job))
		give_up(job);
	else
		under_way++;
}

/* ---- servers come and go ---- */

/* Where S is checked: perhaps at another port. */
static void set_address(struct check_target *t, const struct server *s)
{
	t->addr = s->address.addr;
	t->addr_len = s->address.len;
	if (t->conf->port == 0)
		return;
	if (t->addr.ss_family == AF_INET)
		((struct sockaddr_in *)&t->addr)->sin_port =
		    htons((uint16_t)t->conf->port);
	else if (t->addr.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&t->addr)->sin6_port =
		    htons((uint16_t)t->conf->port);
}

/* Does the check make a handshake? */
static bool speaks_tls(const struct server *s, const struct conf_health *conf)
{
	return conf->type == CONF_HEALTH_TLS ||
	    (s->conf->https && (conf->type == CONF_HEALTH_HTTP ||
		conf->type == CONF_HEALTH_GRPC));
}

/* Who must answer: as for requests, unless a check of type "tls" says. */
static struct origin_tls_name name_of(const struct server *s,
    const struct conf_health *conf)
{
	struct origin_tls_name name;
	struct out o = out_make(name.text, sizeof(name.text));

	if (conf->type == CONF_HEALTH_TLS && conf->host.n > 0) {
		out_str(&o, conf->host);
		(void)out_cstr(&o);
	} else {
		origin_tls_name(&name, s->pool->conf, s->conf);
	}
	return name;
}

static struct hash_id add_tls(struct hash_id id, const struct server *s,
    const struct conf_health *conf)
{
	const struct conf_origin_tls *tls = &s->pool->conf->tls;
	struct origin_tls_name name = name_of(s, conf);

	id = hash_id_add(id, str_from(name.text));
	id = hash_id_add(id, tls->ca);
	id = hash_id_add(id, tls->verify && s->conf->https ? STR("verified")
							   : STR(""));
	return hash_id_add(id,
	    tls->pair != NULL ? tls->pair->cert : STR_NONE);
}

/* What is asked, and of whom. */
static struct hash_id id_of(const struct server *s,
    const struct conf_health *conf)
{
	struct hash_id id = hash_id_add((struct hash_id){{0, 0}},
	    STR("check"));

	id = hash_id_add(id, conf->identity);
	id = hash_id_add(id, str_from(s->address.text));
	if (s->pool->conf->proxy_protocol != 0)
		id = hash_id_add(id, s->pool->conf->proxy_protocol == 1
			? STR("v1") : STR("v2"));
	if (speaks_tls(s, conf))
		id = add_tls(id, s, conf);
	if (conf->type != CONF_HEALTH_HTTP && conf->type != CONF_HEALTH_GRPC)
		return id;
	if (s->pool->conf->http == CONF_POOL_HTTP_2)
		id = hash_id_add(id, STR("h2"));
	id = hash_id_add(id, str_from(s->conf->prefix));
	return hash_id_add(id,
	    conf->host.n > 0 ? STR("") : str_from(s->conf->host));
}

static struct check_job *find(struct hash_id id)
{
	struct check_job *job = *bucket_of(id);

	while (job != NULL && !hash_id_eq(job->id, id))
		job = job->beside;
	return job;
}

static struct check_job *job_make(const struct server *s, struct hash_id id)
{
	struct check_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->magic = JOB_MAGIC;
	job->id = id;
	job->row = health_attach(HEALTH_CHECK, id);
	job->target.conf = s->pool->conf->health;
	job->target.host = str_from(s->conf->host);
	job->target.prefix = str_from(s->conf->prefix);
	job->target.h2 = s->pool->conf->http == CONF_POOL_HTTP_2;
	set_address(&job->target, s);
	job->target.proxy_protocol = s->pool->conf->proxy_protocol;
	if (speaks_tls(s, job->target.conf)) {
		job->target.tls = s->pool->tls;
		job->target.verify = s->conf->https;
		job->target.name = name_of(s, job->target.conf);
	}
	list_init(&job->servers);
	timer_init(&job->timer, look);
	list_add_tail(&jobs, &job->link);
	job->beside = *bucket_of(id);
	*bucket_of(id) = job;
	job_count++;
	return job;
}

bool checks_add(struct server *s)
{
	const struct conf_health *conf = s->pool->conf->health;
	struct check_job *job;
	struct hash_id id;

	if (conf == NULL)
		return true;
	id = id_of(s, conf);
	job = find(id);
	if (job == NULL)
		job = job_make(s, id);
	if (job == NULL)
		return false;
	if (taking_part && list_empty(&job->servers) && job->claim == 0)
		timer_set(&job->timer, loop_now());
	list_add_tail(&job->servers, &s->check_link);
	s->check = job->row;
	s->job = job;
	return true;
}

void checks_remove(struct server *s)
{
	struct check_job *job = s->job;

	if (job == NULL)
		return;
	INSIST_MAGIC(job, JOB_MAGIC);
	list_del(&s->check_link);
	s->check = NULL;
	s->job = NULL;
	if (!list_empty(&job->servers))
		return;
	timer_clear(&job->timer);
	if (job->claim == 0)
		job_free(job);
}

void checks_begin(void)
{
	usec_t first = loop_now();
	usec_t step = SPREAD;

	taking_part = true;
	if (job_count > 0 && step > SPREAD_MOST / job_count)
		step = SPREAD_MOST / job_count;
	LIST_FOREACH(at, &jobs) {
		timer_set(&container_of(at, struct check_job, link)->timer,
		    first);
		first += step;
	}
}

void checks_stop(void)
{
	taking_part = false;
	LIST_FOREACH(at, &jobs)
		timer_clear(&container_of(at, struct check_job, link)->timer);
}
