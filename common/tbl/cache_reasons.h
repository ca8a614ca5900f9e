/*
 * cache_reasons.h - why the cache did not keep a reply, or did not answer from
 * what it has: in Cache-Status, and what `sluicectl cache explain` says.
 *
 *   CACHE_REASON(name, scope, "meaning")
 *
 * SCOPE: what it tells of.  RESOURCE: who asks for the same soon would get the
 * same, so nobody need wait for anybody.  ONCE: this request or this fetch.
 */
/* not kept: the request */
CACHE_REASON(method, ONCE, "the method is not GET")
CACHE_REASON(request_body, ONCE, "the request has a body or an upgrade")
CACHE_REASON(request_no_store, ONCE, "the request says no-store")
CACHE_REASON(authorization, ONCE, "the request has Authorization, and the reply is not for all")
CACHE_REASON(bypass_cookie, ONCE, "the request has one of bypass_cookies")
CACHE_REASON(key_long, ONCE, "the URL, and what else belongs to the key, is too long")
/* not kept: the reply */
CACHE_REASON(status, RESOURCE, "the status is not one that may be kept")
CACHE_REASON(no_store, RESOURCE, "the reply says no-store")
CACHE_REASON(private, RESOURCE, "the reply says private")
CACHE_REASON(no_freshness, RESOURCE, "the reply is not fresh, and can't be validated")
CACHE_REASON(set_cookie, RESOURCE, "the reply has Set-Cookie")
CACHE_REASON(vary_any, RESOURCE, "the reply says Vary: *")
CACHE_REASON(vary_hard, RESOURCE, "the reply varies by too many fields, or too long ones")
CACHE_REASON(partial, ONCE, "the reply is partial content that can't be kept")
CACHE_REASON(large, RESOURCE, "the reply, or its head, is too large")
/* not kept: us */
CACHE_REASON(no_room, ONCE, "the segment had no room")
CACHE_REASON(busy, ONCE, "the segment was busy")
CACHE_REASON(purged, ONCE, "it was purged while it was fetched")
CACHE_REASON(broken, ONCE, "the reply broke off")
CACHE_REASON(failed, ONCE, "the origin failed")
/* kept, not used */
CACHE_REASON(stale, ONCE, "what is kept is stale")
CACHE_REASON(must_validate, ONCE, "the reply said no-cache: what is kept is validated each time")
CACHE_REASON(request_no_cache, ONCE, "the request says no-cache")
CACHE_REASON(request_max_age, ONCE, "what is kept is older than the request's max-age")
CACHE_REASON(request_min_fresh, ONCE, "what is kept is not fresh for the request's min-fresh")
CACHE_REASON(only_if_cached, ONCE, "the request says only-if-cached, and there is nothing")
CACHE_REASON(crowded, ONCE, "too many slow clients hold on to what is no longer kept")
