/*
 * waiting.h - what an exchange waited for when its client left: the field
 * waiting_for= of the access log.
 *
 *   WAITING(name, "meaning")
 */
WAITING(request_head, "the rest of the request's head")
WAITING(request_body, "the rest of the request's body")
WAITING(queue, "a server to have room")
WAITING(origin_connect, "a connection to an origin")
WAITING(origin_first_byte, "the first byte of the origin's reply")
WAITING(origin_body, "the rest of the origin's reply")
WAITING(fetch, "a fetch of the cache, with all who want the same")
WAITING(client, "the client, to take what was sent")
