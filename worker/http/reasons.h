/*
 * reasons.h - what we say with the statuses that we send ourselves:
 *
 *   REASON(status, "phrase", "what it means, and what can be done")
 *
 * The words are for whoever sits in front of a browser, and stand in HTML and
 * JSON as they are: no quotes, brackets, ampersands or backslashes.
 */
REASON(200, "OK", "")
REASON(204, "No Content", "")
REASON(206, "Partial Content", "")
REASON(301, "Moved Permanently", "")
REASON(302, "Found", "")
REASON(303, "See Other", "")
REASON(304, "Not Modified", "")
REASON(307, "Temporary Redirect", "")
REASON(308, "Permanent Redirect", "")
REASON(400, "Bad Request",
    "The request could not be understood. If you followed a link, it "
    "may be broken.")
REASON(403, "Forbidden",
    "You are not allowed to see this.")
REASON(404, "Not Found",
    "There is nothing at this address. Please check it for typing "
    "mistakes.")
REASON(405, "Method Not Allowed",
    "This address does not take requests of this kind.")
REASON(408, "Request Timeout",
    "The request took too long to arrive. Please try again.")
REASON(413, "Content Too Large",
    "What you sent is larger than this site takes.")
REASON(414, "URI Too Long",
    "The address is longer than this site takes.")
REASON(416, "Range Not Satisfiable",
    "What you asked for is shorter than the part of it that you want.")
REASON(417, "Expectation Failed",
    "The request expects something that this site cannot promise.")
REASON(421, "Misdirected Request",
    "There is no site of this name here. Please check the address.")
REASON(425, "Too Early",
    "The request came before it was certain who sent it. Please try again.")
REASON(429, "Too Many Requests",
    "There were too many requests from you. Please wait a moment, then "
    "try again.")
REASON(431, "Request Header Fields Too Large",
    "The request has too much in its header. Deleting the cookies of "
    "this site may help.")
REASON(500, "Internal Server Error",
    "Something went wrong on our side. Please try again later.")
REASON(501, "Not Implemented",
    "The request needs something that this site cannot do.")
REASON(502, "Bad Gateway",
    "The site did not give a proper answer. Please try again in a "
    "moment.")
REASON(503, "Service Unavailable",
    "The site is too busy to answer. Please try again in a moment.")
REASON(504, "Gateway Timeout",
    "The site took too long to answer. Please try again in a moment.")
REASON(505, "HTTP Version Not Supported",
    "The request uses a version of HTTP that this site does not speak.")
REASON(508, "Loop Detected",
    "The request came back to where it started. This is not your "
    "fault; please tell the people who run this site.")
