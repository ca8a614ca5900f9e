/*
 * questions.h - what an operator asks that only a worker can answer:
 *
 *   QUESTION(name, changes, patience, "what is asked")
 *
 * NAME is the verb of sluicectl, or with its sub-verb behind a "_"; CHANGES
 * says that it changes something, so that the master logs who asked; PATIENCE
 * is how many seconds the master waits for the answer.  worker/asked.c has a
 * function for each.
 */
QUESTION(route, false, 2, "what would become of a request, and why")
QUESTION(pools, false, 2, "the servers of pools, and how they are")
QUESTION(server, true, 2, "what an operator wants of a server")
QUESTION(splits, false, 2, "the arms of splits: weights and requests")
QUESTION(split, true, 2, "weights of arms are changed")
QUESTION(cache_status, false, 2, "how full the cache is, and what it does")
QUESTION(cache_explain, false, 2, "what the cache would do with a request")
QUESTION(cache_list, false, 30, "what is in the cache")
QUESTION(cache_purge, true, 120, "what is to go out of the cache")
