/*
 * pseudonym.c - what the field Via calls this daemon.
 *
 * Random, because two daemons in a row may run on one machine and must not
 * take each other for a loop; and without the machine's name, which is
 * nobody's business.
 */
#include "master/pseudonym.h"

#include <string.h>

#include "common/base/insist.h"
#include "common/base/random.h"

#define PREFIX "sluice-"
#define DIGITS 16

static char text[sizeof(PREFIX) + DIGITS];

int pseudonym_make(void)
{
	int err = random_init();

	if (err < 0)
		return err;
	memcpy(text, PREFIX, sizeof(PREFIX) - 1);
	random_hex(text + sizeof(PREFIX) - 1, DIGITS);
	return 0;
}

const char *pseudonym(void)
{
	INSIST(text[0] != '\0');
	return text;
}
