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
END(body_deadline, CLIENT, 408, "the request body stopped arriving")
END(client_closed, CLIENT, 0, "the client left before the end")
END(client_deadline, CLIENT, 0, "the client stopped reading")
END(unknown_host, CLIENT, 421, "no vhost on this address has the name")
END(no_route, CLIENT, 404, "the vhost has no route for the path")
END(method_refused, CLIENT, 405, "CONNECT and TRACE are not served")
END(no_server, US, 503, "the pool has no usable server")
END(overloaded, US, 503, "no memory or descriptors left for the exchange")
END(connect_failed, ORIGIN, 502, "the origin could not be connected to")
END(connect_deadline, ORIGIN, 504, "connecting to the origin took too long")
END(origin_closed, ORIGIN, 502, "the origin closed before its reply was complete")
END(origin_malformed, ORIGIN, 502, "the origin's reply was malformed; fault= says how")
END(origin_deadline, ORIGIN, 504, "the origin did not answer in time")
END(origin_idle, ORIGIN, 0, "the origin stopped sending in the middle of its reply")
END(tunnel_idle, NOBODY, 0, "the tunnel was idle for too long")
END(stopped, US, 503, "this process was told to stop or its drain time was over")
