/*
 * check_results.h - what a check of a server can come to.
 *
 *   CHECK_RESULT(name, verdict, detail, "text")
 *
 * VERDICT: the server is WELL, or ILL, or nothing is known of it (our own
 * fault).  DETAIL: what number goes with it: NONE, an ERRNO, the STATUS of a
 * reply, its FAULT (faults.h), or a CODE of gRPC.  TEXT goes on from "check".
 */
CHECK_RESULT(passed, WELL, NONE, "passed")
CHECK_RESULT(connect_failed, ILL, ERRNO, "could not connect")
CHECK_RESULT(connect_deadline, ILL, NONE, "could not connect in time")
CHECK_RESULT(closed, ILL, NONE, "saw the connection closed before the reply's end")
CHECK_RESULT(deadline, ILL, NONE, "got no whole reply in time")
CHECK_RESULT(malformed, ILL, FAULT, "got a malformed reply")
CHECK_RESULT(status, ILL, STATUS, "got status")
CHECK_RESULT(body, ILL, NONE, "got a body that does not match")
CHECK_RESULT(call, ILL, CODE, "got grpc-status")
CHECK_RESULT(serving, ILL, CODE, "was not answered SERVING (1) but")
CHECK_RESULT(handshake, ILL, FAULT, "failed at the TLS handshake")
CHECK_RESULT(skipped, UNKNOWN, NONE, "was not made for want of memory or descriptors")
