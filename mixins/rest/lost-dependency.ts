/** PostgreSQL's classes 08 (connection), 53 (resources) and 57P (shutdown), and the socket's own codes. */
const LOST_CODE =
  /^(?:08...|53...|57P..|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** `pg` says it in words when a connection dies under a query, or when none is to be had. */
const LOST_MESSAGE =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether an error means that a store could not be asked, rather than that we asked it something wrong. */
export function isLostDependency(code: unknown, message: string): boolean {
  return (typeof code === "string" && LOST_CODE.test(code)) || LOST_MESSAGE.test(message);
}
