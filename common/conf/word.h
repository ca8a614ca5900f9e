/*
 * word.h - what a run of characters without quotes is.
 *
 * libconfig knows only numbers, true and false.  People write much else; the
 * complaint says what to write instead.
 */
#ifndef COMMON_CONF_WORD_H
#define COMMON_CONF_WORD_H

#include "common/conf/report.h"

enum conf_word {
	WORD_BOOL,
	WORD_INT,
	WORD_INT64,
	WORD_FLOAT,
	WORD_TOO_LARGE, /* an integer that libconfig would wrap silently */
	WORD_BARE	/* none of these: it lacks quotes */
};

enum conf_word conf_word_kind(struct str word);

/* May WORD be the name of a setting? */
bool conf_word_is_name(struct str word);

/*
 * Reports a word of kind WORD_TOO_LARGE or WORD_BARE that is a value.  URL: it
 * is where one is expected.
 */
void conf_word_complain(struct conf_report *r, const struct conf_spot *spot,
    bool url);

#endif
