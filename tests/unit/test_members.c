/*
 * test_members.c - servers of a pool that come and go with what is known of
 * their names.
 *
 * The test is the only one who asks: it holds the claims, and stores what name
 * servers would have said.
 */
#include "worker/origin/members.h"

#include "common/shm/names.h"
#include "tests/unit/test_fiber.h"

#define SIZE ((uint64_t)256 * 1024)

static struct conf_vhost vhost = {.name = "a.example"};
static struct conf_server server = {
    .url = "http://app.internal:8080",
    .host = "app.internal:8080",
    .prefix = "",
    .address = {.text = "app.internal:8080"},
    .name = "app.internal",
    .port = 8080,
    .weight = 7,
};
static struct conf_server service = {
    .url = "srv+http://_http._tcp.internal",
    .host = "_http._tcp.internal",
    .prefix = "",
    .address = {.text = "_http._tcp.internal"},
    .name = "_http._tcp.internal",
    .is_service = true,
    .weight = 1,
};
static struct conf_pool conf_pool = {
    .name = "web", .vhost = &vhost, .server_count = 1, .resolve_max = 16};
static struct conf_pool *conf_pools[] = {&conf_pool};
static struct conf conf = {.pools = conf_pools, .pool_count = 1};
static struct area area;
static struct pool *pool;
static struct names_outcome said;
static struct {
	enum names_type type;
	char name[64];
	uint64_t claim;
} claims[8];
static unsigned claim_count;

static void open_table(void)
{
	struct area_shape shape = names_shape(SIZE);

	make_loop();
	MUST(area_create(&shape, &area) == 0);
	names_create(area.table, SIZE);
	names_enter(area.table, SIZE);
	claim_count = 0;
	conf_pool.resolve_max = 16;
}

static void close_table(void)
{
	turn_until_idle();
	members_free();
	pools_free();
	area_close(&area);
	loop_free();
}

static uint64_t *claim_of(enum names_type type, const char *name)
{
	for (unsigned i = 0; i < claim_count; i++)
		if (claims[i].type == type &&
		    strcmp(claims[i].name, name) == 0)
			return &claims[i].claim;
	claims[claim_count].type = type;
	strcpy(claims[claim_count].name, name);
	claims[claim_count].claim = names_claim(type, str_from(name),
	    clock_mono(), USEC_PER_HOUR);
	return &claims[claim_count++].claim;
}

/* All workers know now what is in `said`, and nobody else asks. */
static void store(enum names_type type, const char *name)
{
	uint64_t *claim = claim_of(type, name);
	unsigned changed;

	names_sort(&said.answers);
	MUST(names_store(type, str_from(name), *claim, &said, clock_mono(), 0,
	    &changed));
	while ((*claim = names_claim(type, str_from(name), clock_mono(),
	    USEC_PER_HOUR)) == 0)
		;
	memset(&said, 0, sizeof(said));
}

static void add_address(const char *text)
{
	struct ip ip;

	MUST(ip_parse(str_from(text), &ip));
	MUST(names_add_address(&said.answers, &ip));
}

static void add_service(const char *host, uint16_t port, uint16_t priority,
    uint16_t weight)
{
	MUST(names_add_service(&said.answers, str_from(host), port, priority,
	    weight));
}

static void begin(struct conf_server *s)
{
	conf_pool.servers = s;
	MUST(pools_init(&conf) == 0);
	MUST(members_init(&conf) == 0);
	pool = pool_find(&conf_pool);
}

/* What the pool has: "127.0.0.1:80 127.0.0.2:80". */
static const char *have(void)
{
	static char text[512];
	struct out o = out_make(text, sizeof(text));

	for (unsigned i = 0; i < pool->count; i++) {
		if (i > 0)
			out_char(&o, ' ');
		out_str(&o, str_from(pool->at[i]->address.text));
	}
	return out_cstr(&o);
}

static void turn_until_have(const char *wanted)
{
	usec_t limit = clock_mono() + PATIENCE;

	while (strcmp(have(), wanted) != 0 && clock_mono() < limit)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_str_eq(have(), wanted);
}

START_TEST(a_name_stands_for_all_its_addresses)
{
	add_address("::1");
	add_address("127.0.0.2");
	add_address("127.0.0.1");
	store(NAMES_ADDRESS, "app.internal");
	begin(&server);
	ck_assert(!members_are_settled());
	turn_until_have("127.0.0.1:8080 127.0.0.2:8080 [::1]:8080");
	ck_assert(members_are_settled());
	ck_assert_uint_eq(pool->at[0]->weight, 7);
	ck_assert_str_eq(members_why_none(&server), "");
}
END_TEST

START_TEST(servers_come_and_go_and_those_that_stay_stay_the_same)
{
	struct server *second;

	add_address("127.0.0.1");
	add_address("127.0.0.2");
	store(NAMES_ADDRESS, "app.internal");
	begin(&server);
	turn_until_have("127.0.0.1:8080 127.0.0.2:8080");
	second = pool->at[1];
	add_address("127.0.0.2");
	add_address("127.0.0.3");
	store(NAMES_ADDRESS, "app.internal");
	turn_until_have("127.0.0.2:8080 127.0.0.3:8080");
	ck_assert_ptr_eq(pool->at[0], second);
}
END_TEST

START_TEST(what_is_held_outlives_its_address_and_comes_back_as_itself)
{
	struct server *held;

	add_address("127.0.0.1");
	store(NAMES_ADDRESS, "app.internal");
	begin(&server);
	turn_until_have("127.0.0.1:8080");
	held = pool->at[0];
	ck_assert(server_reserve(held, true));
	add_address("127.0.0.2");
	store(NAMES_ADDRESS, "app.internal");
	turn_until_have("127.0.0.2:8080");
	ck_assert(held->retired);
	ck_assert_str_eq(held->address.text, "127.0.0.1:8080");
	add_address("127.0.0.1");
	store(NAMES_ADDRESS, "app.internal");
	turn_until_have("127.0.0.1:8080");
	ck_assert_ptr_eq(pool->at[0], held);
	ck_assert(!held->retired);
	server_release(held);
}
END_TEST

START_TEST(what_is_not_held_any_more_is_forgotten_after_a_while)
{
	struct server *held;

	add_address("127.0.0.1");
	store(NAMES_ADDRESS, "app.internal");
	begin(&server);
	turn_until_have("127.0.0.1:8080");
	held = pool->at[0];
	ck_assert(server_reserve(held, true));
	add_address("127.0.0.2");
	store(NAMES_ADDRESS, "app.internal");
	turn_until_have("127.0.0.2:8080");
	server_release(held);
	loop_turn(0);
	ck_assert(server_reserve(held, true)); /* it is there yet */
	server_release(held);
	ck_assert(timer_is_set(&held->farewell));
	timer_clear(&held->farewell);
	held->farewell.fire(&held->farewell);
	ck_assert(list_empty(&pool->retired));
}
END_TEST

START_TEST(no_more_than_the_pool_allows)
{
	char text[] = "127.0.0.1";

	for (; text[8] <= '9'; text[8]++)
		add_address(text);
	store(NAMES_ADDRESS, "app.internal");
	conf_pool.resolve_max = 2;
	begin(&server);
	turn_until_have("127.0.0.1:8080 127.0.0.2:8080");
}
END_TEST

START_TEST(a_failure_says_why_there_is_none)
{
	said.fault = NAMES_no_name;
	store(NAMES_ADDRESS, "app.internal");
	begin(&server);
	ck_assert_str_eq(members_why_none(&server),
	    "its name was not answered yet");
	while (!members_are_settled())
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_str_eq(members_why_none(&server), "no such name");
	ck_assert_uint_eq(pool->count, 0);
	add_address("127.0.0.1");
	store(NAMES_ADDRESS, "app.internal");
	turn_until_have("127.0.0.1:8080");
	said.fault = NAMES_no_name;
	store(NAMES_ADDRESS, "app.internal");
	for (usec_t end = clock_mono() + 2 * USEC_PER_SEC; clock_mono() < end;)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_str_eq(have(), "127.0.0.1:8080");
}
END_TEST

START_TEST(a_service_has_ports_weights_and_priorities)
{
	add_service("one.internal", 81, 10, 5000);
	add_service("two.internal", 82, 10, 50000);
	add_service("far.internal", 83, 20, 0);
	store(NAMES_SERVICE, "_http._tcp.internal");
	add_address("127.0.0.1");
	store(NAMES_ADDRESS, "one.internal.");
	add_address("127.0.0.2");
	store(NAMES_ADDRESS, "two.internal.");
	add_address("127.0.0.3");
	store(NAMES_ADDRESS, "far.internal.");
	begin(&service);
	turn_until_have("127.0.0.2:82 127.0.0.1:81 127.0.0.3:83");
	ck_assert_uint_eq(pool->at[0]->weight, 1000);
	ck_assert_uint_eq(pool->at[1]->weight, 100);
	ck_assert_uint_eq(pool->at[2]->weight, 1);
	ck_assert_uint_eq(pool->at[0]->tier, 0);
	ck_assert_uint_eq(pool->at[1]->tier, 0);
	ck_assert_uint_eq(pool->at[2]->tier, 1);
}
END_TEST

START_TEST(a_service_keeps_its_servers_until_it_knows_the_new_ones)
{
	add_service("one.internal", 80, 1, 1);
	store(NAMES_SERVICE, "_http._tcp.internal");
	add_address("127.0.0.1");
	store(NAMES_ADDRESS, "one.internal.");
	(void)claim_of(NAMES_ADDRESS, "two.internal.");
	begin(&service);
	turn_until_have("127.0.0.1:80");
	add_service("two.internal", 80, 1, 1);
	store(NAMES_SERVICE, "_http._tcp.internal");
	for (usec_t end = clock_mono() + 2 * USEC_PER_SEC; clock_mono() < end;)
		loop_turn(10 * USEC_PER_MSEC);
	ck_assert_str_eq(have(), "127.0.0.1:80");
	add_address("127.0.0.2");
	store(NAMES_ADDRESS, "two.internal.");
	turn_until_have("127.0.0.2:80");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("members");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, open_table, close_table);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_name_stands_for_all_its_addresses);
	tcase_add_test(t,
	    servers_come_and_go_and_those_that_stay_stay_the_same);
	tcase_add_test(t,
	    what_is_held_outlives_its_address_and_comes_back_as_itself);
	tcase_add_test(t,
	    what_is_not_held_any_more_is_forgotten_after_a_while);
	tcase_add_test(t, no_more_than_the_pool_allows);
	tcase_add_test(t, a_failure_says_why_there_is_none);
	tcase_add_test(t, a_service_has_ports_weights_and_priorities);
	tcase_add_test(t,
	    a_service_keeps_its_servers_until_it_knows_the_new_ones);
	suite_add_tcase(s, t);
	return run_all(s);
}
