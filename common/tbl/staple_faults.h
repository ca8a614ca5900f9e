/*
 * staple_faults.h - why there is no new OCSP response for a certificate:
 *
 *   STAPLE_FAULT(name, "what is said of its responder")
 *
 * Said in the error log and by sluicectl tls; sluicectl(8) explains them.
 */
STAPLE_FAULT(no_address, "its name has no address")
STAPLE_FAULT(connect, "it takes no connection")
STAPLE_FAULT(deadline, "it is silent for too long")
STAPLE_FAULT(broken, "the connection broke")
STAPLE_FAULT(http, "it does not answer with status 200")
STAPLE_FAULT(large, "its answer is too large")
STAPLE_FAULT(malformed, "its answer is malformed")
STAPLE_FAULT(refused, "it refuses to answer")
STAPLE_FAULT(signature, "its answer is not signed for the issuer")
STAPLE_FAULT(other, "it answers for another certificate")
STAPLE_FAULT(unknown, "it does not know the certificate")
STAPLE_FAULT(old, "its answer is not valid now")
STAPLE_FAULT(no_memory, "we are out of memory")
