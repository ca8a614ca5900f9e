/*
 * names_answers.h - what names.c and names_answers.c know of each other.
 */
#ifndef COMMON_SHM_NAMES_ANSWERS_H
#define COMMON_SHM_NAMES_ANSWERS_H

#include "common/shm/names.h"

/* What A says of its own lengths becomes true, whatever it was. */
void names_bound(struct names_answers *a);

#endif
