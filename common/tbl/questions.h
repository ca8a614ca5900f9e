/*
 * questions.h - what an operator asks that only a worker can answer:
 *
 *   QUESTION(name, changes, "what is asked")
 *
 * NAME is the verb of sluicectl; CHANGES says that it changes something, so
 * that the master logs who asked.  worker/asked.c has a function for each.
 */
QUESTION(route, false, "what would become of a request, and why")
QUESTION(pools, false, "the servers of pools, and how they are")
QUESTION(server, true, "what an operator wants of a server")
QUESTION(splits, false, "the arms of splits: weights and requests")
QUESTION(split, true, "weights of arms are changed")
