/*
 * request_names.h - what a template can say of a request:
 *
 *	REQUEST_NAME(id, "name", "meaning")
 *
 * A name that ends in ":" takes an argument: ${header:X-User}.
 */
REQUEST_NAME(host, "host", "the host that is asked for, without a port")
REQUEST_NAME(client_ip, "client_ip", "the client's address")
REQUEST_NAME(path, "path", "the path, normalised")
REQUEST_NAME(path_rest, "path_rest", "the path behind that of the route")
REQUEST_NAME(query, "query", "the query, without its \"?\"")
REQUEST_NAME(scheme, "scheme", "http or https, as the client asked")
REQUEST_NAME(tls_version, "tls_version", "the version of TLS: TLSv1.3")
REQUEST_NAME(tls_cipher, "tls_cipher", "the cipher of TLS")
REQUEST_NAME(client_verify, "client_verify", "its certificate: SUCCESS, NONE or FAILED:why")
REQUEST_NAME(client_subject, "client_subject", "whom the certificate names, if it is good")
REQUEST_NAME(client_fingerprint, "client_fingerprint", "its SHA-256, if it is good")
REQUEST_NAME(method, "method", "the method")
REQUEST_NAME(request_id, "request_id", "the request's id")
REQUEST_NAME(header, "header:", "a field of the request")
REQUEST_NAME(cookie, "cookie:", "a cookie of the request")
REQUEST_NAME(split, "split:", "the arm that the request has of a split")
