/*
 * pair_facts.c - what there is to know of a certificate, as text.
 *
 * Runs in the master, for those that it has read with the configuration, and in
 * the process that checks those that were renewed.
 */
#include "master/pair_facts.h"

#include "common/base/out.h"
#include "common/conf/certificate.h"
#include "common/conf/issuer.h"

#define OCSP_SIZE 1024

void pair_facts(const struct conf_pair *p, struct arena *a,
    struct pair_text *text_r)
{
	char *memory = arena_alloc(a, OCSP_SIZE);
	struct out ocsp = out_make(memory, OCSP_SIZE);

	*text_r = (struct pair_text){.not_after = p->not_after};
	text_r->id = conf_issuer_of(p->cert, &ocsp);
	text_r->part[PAIR_SUBJECT] = str_from(p->subject);
	text_r->part[PAIR_KIND] = str_from(p->kind);
	text_r->part[PAIR_NAMES] = str_from(conf_certificate_names(p, a));
	text_r->part[PAIR_OCSP] = str_from(out_cstr(&ocsp));
	text_r->part[PAIR_KEY_FILE] = str_from(p->key_file);
}

