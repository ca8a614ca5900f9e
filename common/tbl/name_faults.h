/*
 * name_faults.h - why a name of an origin has no answer:
 *
 *   NAME_FAULT(name, "what is said of it")
 *
 * Said in logs, by sluicectl and by sluiced -t.
 */
NAME_FAULT(no_name, "no such name")
NAME_FAULT(no_address, "it has no address")
NAME_FAULT(silence, "no name server answers")
NAME_FAULT(refused, "the name server refuses to say")
NAME_FAULT(server_failed, "the name server failed")
NAME_FAULT(malformed, "the answer is malformed")
NAME_FAULT(no_memory, "out of memory")
