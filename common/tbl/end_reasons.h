/*
 * end_reasons.h - how an exchange ended: the field end= of the access log.
 *
 *   END(name, side, status, "meaning")
 *
 * SIDE: whose doing it was: CLIENT, ORIGIN, US, or NOBODY's.
 * STATUS is what the client is answered when nothing was sent yet; 0: no
 * answer is possible or needed.  The faults of a message (malformed heads)
 * are finer: see faults.h, they end as "malformed".
 */
END(done, NOBODY, 0, "complete on both sides")
END(malformed, CLIENT, 400, "the request was malformed; fault= says how")
END(header_deadline, CLIENT, 408, "the head did not arrive within timeouts.header")
END(body_deadline, CLIENT, 408, "the request body arrived too slowly")
END(body_large, CLIENT, 413, "the request body is larger than limits.body")
END(client_closed, CLIENT, 0, "the client left before the end, or broke a tunnel")
END(client_deadline, CLIENT, 0, "the client read too slowly")
END(client_hurried, CLIENT, 0, "the client read too slowly while memory was nearly spent")
END(unknown_host, CLIENT, 421, "no vhost on this address has the name")
END(misdirected, CLIENT, 421, "the Host is of another vhost than the name that TLS was asked for")
END(no_route, CLIENT, 404, "the vhost has no route for the path")
END(pattern_too_hard, US, 500, "a pattern needed more steps than are allowed")
END(template_long, US, 500, "what a template says of the request is longer than 32 KiB")
END(method_refused, CLIENT, 405, "CONNECT and TRACE are not served")
END(loop, CLIENT, 508, "the request has come through this proxy before")
END(overloaded, US, 503, "no memory or descriptors left for the exchange")
END(buffer_failed, US, 503, "the request body could not be put into a temporary file")
END(no_server, ORIGIN, 503, "no server of the pool may be used now")
END(sticky_down, ORIGIN, 503, "the server that the client stays with takes no requests")
END(queue_full, US, 503, "too many wait for a server to have room")
END(queue_deadline, US, 503, "no server had room in time")
END(breaker_open, US, 503, "the breaker of the pool is open: most requests failed")
END(connect_failed, ORIGIN, 502, "the origin could not be connected to")
END(origin_tls, ORIGIN, 502, "the origin's TLS was not accepted, or refused ours; fault= says why")
END(connect_deadline, ORIGIN, 504, "connecting to the origin took too long")
END(origin_closed, ORIGIN, 502, "the origin closed before its reply ended, or broke a tunnel")
END(origin_malformed, ORIGIN, 502, "the origin's reply was malformed; fault= says how")
END(origin_stalled, ORIGIN, 504, "the origin stopped taking the request")
END(origin_hurried, ORIGIN, 504, "the origin took it too slowly while memory was nearly spent")
END(origin_deadline, ORIGIN, 504, "the origin did not answer in time")
END(origin_idle, ORIGIN, 504, "the origin stopped sending in the middle of its reply")
END(total_deadline, ORIGIN, 504, "the exchange took longer than the pool's timeouts.total")
END(tunnel_idle, NOBODY, 0, "the tunnel was idle for too long")
END(stopped, US, 503, "this process was told to stop or its drain time was over")
