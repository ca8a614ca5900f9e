/*
 * server_results.h - what an attempt at a server can come to, as far as it
 * says something of the server.
 *
 *   SERVER_RESULT(name, verdict, detail, "text")
 *
 * VERDICT: WELL, or an ERROR.  DETAIL: what number goes with it: NONE, or the
 * STATUS of the reply.
 */
SERVER_RESULT(well, WELL, NONE, "a reply")
SERVER_RESULT(status, ERROR, STATUS, "status")
SERVER_RESULT(connect_failed, ERROR, NONE, "it could not be connected to")
SERVER_RESULT(connect_deadline, ERROR, NONE, "connecting took too long")
SERVER_RESULT(version, ERROR, NONE, "it speaks another version of HTTP")
SERVER_RESULT(closed, ERROR, NONE, "it closed before its reply ended")
SERVER_RESULT(malformed, ERROR, NONE, "its reply was malformed")
SERVER_RESULT(deadline, ERROR, NONE, "it did not answer in time")
SERVER_RESULT(stalled, ERROR, NONE, "it stopped taking the request")
SERVER_RESULT(idle, ERROR, NONE, "it stopped in the middle of its reply")
SERVER_RESULT(tls, ERROR, NONE, "the TLS handshake failed")
SERVER_RESULT(slow, ERROR, NONE, "it took longer than outlier.latency")
