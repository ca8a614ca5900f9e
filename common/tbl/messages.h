/*
 * messages.h - what master and workers say to each other (common/ipc/channel.h):
 *
 *   MESSAGE(name, sender, "meaning; what VALUE is")
 *
 * LOG_FD, QUESTION and PAIR carry a descriptor.
 */
MESSAGE(ready, WORKER, "everything is loaded; tell me what to serve")
MESSAGE(serve, MASTER, "accept on the sockets of slot VALUE")
MESSAGE(leave, MASTER, "stop accepting on the sockets of slot VALUE")
MESSAGE(drain, MASTER, "accept no more; finish, then exit; VALUE: usec left")
MESSAGE(end_tunnels, MASTER, "end the tunnels too, then exit")
MESSAGE(stop, MASTER, "accept no more; exchanges get VALUE usec, then exit")
MESSAGE(log_fd, MASTER, "log VALUE has a new descriptor, which comes along")
MESSAGE(log_swapped, WORKER, "log VALUE is written to its new descriptor")
MESSAGE(pair, MASTER, "certificate VALUE is renewed: common/ipc/pair.h")
MESSAGE(pair_taken, WORKER, "certificate VALUE is shown to who comes now")
MESSAGE(pair_refused, WORKER, "certificate VALUE can't be used; the log says why")
MESSAGE(question, MASTER, "an operator asks: common/ipc/question.h")
MESSAGE(answer, WORKER, "the answer to it is written")
MESSAGE(give_back, MASTER, "the process of seat VALUE is dead: give back what it held")
MESSAGE(gave_back, WORKER, "what seat VALUE held is given back")
MESSAGE(left, WORKER, "after drain or stop: what was queued is accepted")
