/*
 * limits.h - which setting an exchange ran into: the field limit= of the log.
 *
 *   LIMIT(whose, "setting", value, unit, end, fault)
 *
 * WHOSE setting it is, and where its VALUE stands: in the SCOPE of the
 * exchange (struct conf_scope), in its POOL (struct conf_pool) or in the CONF.
 * UNIT: SIZE, COUNT, TIME, RATE or FLOOD.  It was this limit if the exchange ended as
 * END (end_reasons.h) and its message had that FAULT (faults.h), or NONE.
 */
LIMIT(SCOPE, "limits.header", limits.head.header, SIZE, malformed, head_large)
LIMIT(SCOPE, "limits.fields", limits.head.fields, COUNT, malformed, fields_many)
LIMIT(SCOPE, "limits.url", limits.head.url, SIZE, malformed, target_large)
LIMIT(SCOPE, "limits.body", limits.body, SIZE, body_large, NONE)
LIMIT(SCOPE, "limits.min_rate", limits.min_rate, RATE, body_deadline, NONE)
LIMIT(SCOPE, "limits.min_rate", limits.min_rate, RATE, client_deadline, NONE)
LIMIT(SCOPE, "timeouts.header", timeouts.header, TIME, header_deadline, NONE)
LIMIT(SCOPE, "timeouts.websocket", timeouts.websocket, TIME, tunnel_idle, NONE)
LIMIT(SCOPE, "limits.header", limits.head.header, SIZE, flooded, head_large)
LIMIT(SCOPE, "limits.resets", limits.h2.resets, FLOOD, flooded, resets_many)
LIMIT(SCOPE, "limits.settings", limits.h2.settings, FLOOD, flooded, settings_many)
LIMIT(SCOPE, "limits.pings", limits.h2.pings, FLOOD, flooded, pings_many)
LIMIT(SCOPE, "limits.frames", limits.h2.frames, FLOOD, flooded, frames_many)
LIMIT(SCOPE, "limits.continuations", limits.h2.continuations, COUNT, flooded, continuations_many)
LIMIT(POOL, "limits.header", header_max, SIZE, origin_malformed, head_large)
LIMIT(POOL, "timeouts.connect", timeouts.connect, TIME, connect_deadline, NONE)
LIMIT(POOL, "timeouts.first_byte", timeouts.first_byte, TIME, origin_deadline, NONE)
LIMIT(POOL, "timeouts.idle", timeouts.idle, TIME, origin_idle, NONE)
LIMIT(POOL, "timeouts.idle", timeouts.idle, TIME, origin_stalled, NONE)
LIMIT(POOL, "timeouts.total", timeouts.total, TIME, total_deadline, NONE)
LIMIT(POOL, "queue.size", queue.size, COUNT, queue_full, NONE)
LIMIT(POOL, "queue.timeout", queue.timeout, TIME, queue_deadline, NONE)
LIMIT(CONF, "memory", memory, SIZE, client_hurried, NONE)
LIMIT(CONF, "memory", memory, SIZE, origin_hurried, NONE)
