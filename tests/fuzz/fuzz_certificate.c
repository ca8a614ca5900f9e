/*
 * fuzz_certificate.c - any bytes as the files of a certificate and its key.
 *
 * The input is cut at NUL bytes into certificate, key and chain.  What is taken
 * is taken again, and is the same, from what it was made of; what is not is
 * said in words.
 */
#include <openssl/err.h>

#include "common/base/insist.h"
#include "common/conf/certificate.h"
#include "common/conf/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[CONF_PAIR_PARTS] = {"cert", "key", "chain"};

static void check_blocks(struct str text)
{
	struct conf_pem pem = conf_pem_begin(text);
	struct conf_pem_block block;
	const char *end = text.p;
	unsigned line = 0;

	while (conf_pem_next(&pem, &block)) {
		INSIST(block.text.p >= end && block.line > line);
		end = block.text.p + block.text.n;
		line = block.line;
		INSIST(end <= text.p + text.n);
	}
}

/* From its own chain and key: the same. */
static void check_again(struct arena *a, const struct conf_pair *pair)
{
	const struct conf_pair_text texts[CONF_PAIR_PARTS] = {
	    {"again", pair->cert}, {"key", pair->key}, {NULL, STR_NONE}};
	struct conf_pair again = {.cert_file = "again"};
	struct conf_pair_fault fault;

	INSIST(conf_certificate_make(a, texts, &again, &fault));
	INSIST(str_eq(again.cert, pair->cert) && str_eq(again.key, pair->key));
	INSIST(strcmp(again.subject, pair->subject) == 0);
	(void)conf_certificate_names(pair, a);
	(void)conf_certificate_covers(pair, "*.example.com");
	conf_certificate_forget(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_make((const char *)data, size);
	struct conf_pair_text texts[CONF_PAIR_PARTS] = {{NULL, STR_NONE}};
	struct conf_pair pair = {.cert_file = names[0]};
	struct conf_pair_fault fault = {.text = NULL};
	struct arena arena;

	arena_init(&arena);
	texts[0] = (struct conf_pair_text){names[0], STR("")};
	for (unsigned i = 0; i < CONF_PAIR_PARTS; i++) {
		struct str part;

		if (!str_next_part(&rest, '\0', &part))
			break;
		texts[i] = (struct conf_pair_text){names[i], part};
		check_blocks(part);
	}
	if (conf_certificate_make(&arena, texts, &pair, &fault))
		check_again(&arena, &pair);
	else
		INSIST(fault.text != NULL && fault.part < CONF_PAIR_PARTS);
	INSIST(ERR_peek_error() == 0);
	arena_free(&arena);
	return 0;
}
