/*
 * pair_facts.h - what there is to know of a certificate, as text.
 */
#ifndef MASTER_PAIR_FACTS_H
#define MASTER_PAIR_FACTS_H

#include "common/base/arena.h"
#include "common/conf/tls_t.h"
#include "common/ipc/pair.h"

/* Fills in all of *text_r but the parts CERT and KEY, in memory of A, each with
 * a NUL behind it; *text_r needs no pair_free. */
void pair_facts(const struct conf_pair *p, struct arena *a,
    struct pair_text *text_r);

#endif
