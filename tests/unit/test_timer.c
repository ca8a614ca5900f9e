/*
 * test_timer.c - the timer wheel against a plain array that is searched.
 *
 * No loop runs here: the tests turn the wheel by hand, at times they make up.
 */
#include "worker/fiber/inside.h"

#include "tests/unit/test_fiber.h"

#define MSEC USEC_PER_MSEC

struct probe {
	struct timer timer;
	usec_t due;  /* what the reference knows; 0: not set */
	usec_t tick; /* when it becomes due: not before it was set */
	unsigned fired;
};

static unsigned fired_in_all;
static usec_t fired_last;

static void note_firing(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, timer);

	MUST(!timer_is_set(t) && p->due != 0);
	/* In order, as far as ticks tell them apart. */
	MUST(p->tick >= fired_last);
	fired_last = p->tick;
	p->due = 0;
	p->fired++;
	fired_in_all++;
}

static void fire_at(usec_t now)
{
	fired_last = 0;
	timer_fire_due(now);
}

static struct probe *probe_at(struct probe *p, usec_t due)
{
	*p = (struct probe){.due = due};
	timer_init(&p->timer, note_firing);
	timer_set(&p->timer, due);
	return p;
}

START_TEST(deadlines_are_rounded_up_to_a_tick)
{
	struct probe between, exact;

	timer_open(0);
	probe_at(&between, 1001);
	probe_at(&exact, 3000);
	fire_at(1999);
	ck_assert_uint_eq(between.fired, 0);
	fire_at(2000);
	ck_assert_uint_eq(between.fired, 1);
	fire_at(2999);
	ck_assert_uint_eq(exact.fired, 0);
	fire_at(3000);
	ck_assert_uint_eq(exact.fired, 1);
}
END_TEST

START_TEST(what_is_past_fires_at_once)
{
	struct probe past, present;

	timer_open(500 * MSEC);
	probe_at(&past, 1);
	probe_at(&present, 500 * MSEC);
	ck_assert_int_eq(timer_distance(500 * MSEC), 0);
	fire_at(500 * MSEC);
	ck_assert_uint_eq(past.fired, 1);
	ck_assert_uint_eq(present.fired, 1);
	ck_assert_int_eq(timer_distance(500 * MSEC), DEADLINE_NEVER);
}
END_TEST

START_TEST(setting_again_moves)
{
	struct probe p;

	timer_open(0);
	probe_at(&p, 10 * MSEC);
	p.due = 9000 * MSEC;
	timer_set(&p.timer, p.due);
	fire_at(8999 * MSEC);
	ck_assert_uint_eq(p.fired, 0);
	p.due = 9002 * MSEC;
	timer_set(&p.timer, p.due);
	fire_at(9001 * MSEC);
	ck_assert_uint_eq(p.fired, 0);
	fire_at(9002 * MSEC);
	ck_assert_uint_eq(p.fired, 1);
}
END_TEST

START_TEST(a_cleared_timer_does_not_fire)
{
	struct probe p;

	timer_open(0);
	probe_at(&p, 100 * MSEC);
	timer_clear(&p.timer);
	timer_clear(&p.timer);
	ck_assert(!timer_is_set(&p.timer));
	ck_assert_int_eq(timer_distance(0), DEADLINE_NEVER);
	fire_at(200 * MSEC);
	ck_assert_uint_eq(p.fired, 0);
}
END_TEST

START_TEST(never_is_a_deadline_like_any_other)
{
	struct probe never, year;
	usec_t in_a_year = 365 * 86400 * USEC_PER_SEC + 1;

	timer_open(123456789);
	probe_at(&never, DEADLINE_NEVER);
	probe_at(&year, in_a_year);
	fire_at(in_a_year);
	ck_assert_uint_eq(year.fired, 0);
	fire_at(in_a_year + MSEC);
	ck_assert_uint_eq(year.fired, 1);
	ck_assert_uint_eq(never.fired, 0);
	ck_assert(timer_is_set(&never.timer));
	timer_clear(&never.timer);
	ck_assert_int_eq(timer_distance(in_a_year), DEADLINE_NEVER);
}
END_TEST

static struct timer one, other;
static unsigned one_fired, other_fired;

static void fire_one(struct timer *t)
{
	one_fired++;
	timer_clear(&other);
	timer_set(t, 1);
}

static void fire_other(struct timer *t)
{
	(void)t;
	other_fired++;
}

START_TEST(firing_may_clear_a_fellow_and_set_itself_anew)
{
	timer_open(0);
	timer_init(&one, fire_one);
	timer_init(&other, fire_other);
	timer_set(&one, 5 * MSEC);
	timer_set(&other, 5 * MSEC);
	timer_fire_due(7 * MSEC);
	ck_assert_uint_eq(one_fired, 1);
	ck_assert_uint_eq(other_fired, 0);
	ck_assert(timer_is_set(&one));
	timer_fire_due(7 * MSEC);
	ck_assert_uint_eq(one_fired, 2);
}
END_TEST

/* ---- the reference ---- */

#define PROBES 300
#define STEPS 60000

static struct probe probes[PROBES];

/* Near and far alike: the size of the number is what is random. */
static usec_t random_span(void)
{
	usec_t mask = ((usec_t)1 << random() % 44) - 1;

	return ((usec_t)random() << 31 | random()) & mask;
}

static usec_t tick_up(usec_t due)
{
	return (due + MSEC - 1) / MSEC * MSEC;
}

static usec_t reference_next(void)
{
	usec_t next = DEADLINE_NEVER;

	for (unsigned i = 0; i < PROBES; i++)
		if (probes[i].due != 0 && tick_up(probes[i].due) < next)
			next = tick_up(probes[i].due);
	return next;
}

static void change_one(usec_t now)
{
	struct probe *p = &probes[random() % PROBES];

	if (random() % 3 == 0) {
		timer_clear(&p->timer);
		p->due = 0;
		return;
	}
	p->due = now + random_span() - (random() % 8 == 0 ? 2 * MSEC : 0);
	if (p->due < 1)
		p->due = 1;
	p->tick = tick_up(p->due) / MSEC;
	if (p->tick < now / MSEC)
		p->tick = now / MSEC;
	timer_set(&p->timer, p->due);
}

/* Fires at NOW exactly what the reference says. */
static void check_firing(usec_t now)
{
	unsigned expected = 0;
	unsigned before = fired_in_all;

	for (unsigned i = 0; i < PROBES; i++)
		expected += probes[i].due != 0 && tick_up(probes[i].due) <= now;
	fire_at(now);
	MUST(fired_in_all - before == expected);
	for (unsigned i = 0; i < PROBES; i++) {
		MUST(probes[i].due == 0 || tick_up(probes[i].due) > now);
		MUST(timer_is_set(&probes[i].timer) == (probes[i].due != 0));
	}
}

/* Waiting as the loop does gets to the next timer: in few steps, not late. */
static usec_t wait_for_next(usec_t now)
{
	usec_t next = reference_next();
	usec_t distance;
	unsigned steps = 0;

	while (now < next && next != DEADLINE_NEVER) {
		distance = timer_distance(now);
		MUST(distance > 0 && distance <= next - now);
		MUST(++steps <= 10);
		now += distance;
		check_firing(now);
	}
	return now;
}

START_TEST(the_wheel_agrees_with_a_sorted_reference)
{
	usec_t now = ((usec_t)1 << 36) * MSEC - 70 * MSEC;

	srandom((unsigned)_i);
	timer_open(now);
	for (unsigned i = 0; i < PROBES; i++)
		timer_init(&probes[i].timer, note_firing);
	for (unsigned i = 0; i < STEPS; i++) {
		switch (random() % 16) {
		case 0:
			now += random_span() >> 10;
			check_firing(now);
			break;
		case 1:
			now += random() % 5000;
			check_firing(now);
			break;
		case 2:
			now = wait_for_next(now);
			break;
		default:
			change_one(now);
		}
	}
	ck_assert_uint_gt(fired_in_all, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timer");
	TCase *tcase = tcase_create("wheel");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, deadlines_are_rounded_up_to_a_tick);
	tcase_add_test(tcase, what_is_past_fires_at_once);
	tcase_add_test(tcase, setting_again_moves);
	tcase_add_test(tcase, a_cleared_timer_does_not_fire);
	tcase_add_test(tcase, never_is_a_deadline_like_any_other);
	tcase_add_test(tcase, firing_may_clear_a_fellow_and_set_itself_anew);
	tcase_add_loop_test(tcase, the_wheel_agrees_with_a_sorted_reference,
	    1, 5);
	return run_all(suite);
}
