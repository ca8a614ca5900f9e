/*
 * test_accept.c - which of several media types a client would rather have.
 */
#include "tests/unit/test_head.h"

#include "worker/http/accept.h"

enum { PLAIN, HTML, PROBLEM, JSON };

static const struct accept_offer offers[] = {
    [PLAIN] = {{"text", 4}, {"plain", 5}},
    [HTML] = {{"text", 4}, {"html", 4}},
    [PROBLEM] = {{"application", 11}, {"problem+json", 12}},
    [JSON] = {{"application", 11}, {"json", 4}},
};

static const struct {
	const char *accept; /* "\n" between two fields */
	unsigned chosen;
} choices[] = {
    /* what is out there */
    {"*/*", PLAIN},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
     "image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
	HTML},
    {"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
	PLAIN},
    {"application/json, text/plain, */*", JSON},
    {"application/json, text/javascript, */*; q=0.01", JSON},
    {"application/problem+json, application/json", PROBLEM},
    {"application/json", JSON},
    {"application/json;charset=utf-8", JSON},
    {"text/event-stream", PLAIN},
    /* the RFC */
    {"", PLAIN},
    {",, ,", PLAIN},
    {"text/*", PLAIN},
    {"application/*", PROBLEM},
    {"text/*;q=0.3, text/html;q=0.7, */*;q=0.5", HTML},
    {"text/plain;q=0.5, text/html;q=0.4", PLAIN},
    {"text/plain;q=0.5, text/html;q=0.501", HTML},
    {"text/plain;q=0, */*", HTML},
    {"text/*;q=0, */*", PROBLEM},
    {"text/html;q=0", PLAIN},
    {"*/*;q=0", PLAIN},
    {"*/*;q=0.1, text/*;q=0.1, text/html;q=0.1", HTML},
    {"TEXT/HTML;Q=1.000", HTML},
    {"text/html\napplication/json", HTML},
    {"image/png\ntext/html", HTML},
    {"text/html;level=\"1,2;q=0\";q=0.2, application/json;q=0.1", HTML},
    {"text/html;a=\"\\\"\";q=0.2, application/json;q=0.1", HTML},
    {"text/html \t;\t q=0.5 , application/json;q=0.4", HTML},
    /* malformed elements */
    {"text/html;q=1.001, application/json", JSON},
    {"text/html;q=2, application/json", JSON},
    {"text/html;q=0.5555, application/json;q=0.1", JSON},
    {"text/html;q=.5, application/json;q=0.1", JSON},
    {"text/html;q=, application/json;q=0.1", JSON},
    {"text/html;q=0,5", PLAIN},
    {"text, /html, text/, */html, html, application/json;q=0.1", JSON},
    {"te xt/html, application/json;q=0.1", JSON},
    {"text/html/x, application/json;q=0.1", JSON},
    {"text/html\", application/json", PLAIN},
};

static unsigned choose(const char *accept)
{
	struct field fields[4];
	struct message m = {.fields = fields};
	const char *at = accept;

	for (;;) {
		size_t n = strcspn(at, "\n");

		fields[m.field_count++] = (struct field){.name = "Accept",
		    .name_len = 6,
		    .value = at,
		    .value_len = (uint32_t)n,
		    .id = FIELD_accept};
		m.present |= FIELD_BIT(FIELD_accept);
		if (at[n] == '\0')
			return accept_choose(&m, offers, COUNT(offers));
		at += n + 1;
	}
}

START_TEST(the_best_type_is_chosen)
{
	ck_assert_msg(choose(choices[_i].accept) == choices[_i].chosen,
	    "%s: %u", choices[_i].accept, choose(choices[_i].accept));
}
END_TEST

START_TEST(without_accept_it_is_the_first)
{
	struct message m = {.field_count = 0};

	ck_assert_uint_eq(accept_choose(&m, offers, COUNT(offers)), PLAIN);
}
END_TEST

START_TEST(ranges_are_bounded)
{
	char accept[16 * 1024] = "";

	for (int i = 0; i < ACCEPT_RANGES_MAX - 1; i++)
		strcat(accept, "a/b,");
	strcat(accept, "text/html");
	ck_assert_uint_eq(choose(accept), HTML);
	memmove(accept + 4, accept, strlen(accept) + 1);
	memcpy(accept, "a/b,", 4);
	ck_assert_uint_eq(choose(accept), PLAIN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accept");
	TCase *tcase = tcase_create("accept");

	tcase_add_loop_test(tcase, the_best_type_is_chosen, 0, COUNT(choices));
	tcase_add_test(tcase, without_accept_it_is_the_first);
	tcase_add_test(tcase, ranges_are_bounded);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
