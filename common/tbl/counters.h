/*
 * counters.h - everything that is counted, one line each:
 *
 *   COUNTER(name, "what it counts, as the manual and sluicectl say it")
 *
 * Every process counts into its own seat (common/shm/seat.h); the master
 * folds a dead process's counters into the totals.  GAUGE is a COUNTER that
 * goes down too, and is not folded.
 */
COUNTER(accepted, "client connections accepted")
COUNTER(requests, "requests answered")
COUNTER(refused, "requests refused or cut by us: malformed, no host, too slow")
COUNTER(origin_connects, "connections opened to origins")
COUNTER(origin_reuses, "requests sent on an idle origin connection")
COUNTER(origin_failures, "exchanges that failed at the origin: 502, 504, cut replies")
COUNTER(checks, "health checks made")
COUNTER(checks_failed, "health checks that failed")
COUNTER(ejections, "times that a server was taken out for its errors")
COUNTER(breaker_open, "requests refused because the breaker of their pool was open")
COUNTER(client_left, "exchanges whose client left before the end")
COUNTER(mirrors, "copies of requests sent to the pool of a mirror")
COUNTER(mirrors_skipped, "copies not sent: too many at a time, or a body not held in memory")
COUNTER(mirrors_failed, "copies that got no answer")
COUNTER(tunnels, "connections upgraded and passed through")
COUNTER(bytes_in, "bytes received from clients")
COUNTER(bytes_out, "bytes sent to clients")
COUNTER(bodies_kept, "request bodies kept in memory before a server was chosen")
COUNTER(bodies_filed, "request bodies that went through a temporary file")
COUNTER(accept_paused, "times that accepting stopped for want of room")
COUNTER(reading_paused, "requests that waited for memory or fibers before they were read")
COUNTER(idle_displaced, "idle connections closed because the room was needed")
COUNTER(idle_closed, "connections closed because they were idle for too long")
COUNTER(sticky_moved, "clients that were given another server than the one that they stayed with")
COUNTER(sticky_evicted, "clients forgotten by the stick table because it was full")
COUNTER(log_lines_dropped, "log lines that could not be written")
COUNTER(lock_resets, "shards reset because a process died inside")
COUNTER(lock_busy, "locks given up because their holder was stopped")
GAUGE(clients, "client connections open")
GAUGE(exchanges, "requests being served")
GAUGE(origin_idle, "idle connections to origins")
GAUGE(fibers, "fibers alive")
