/** One event of a stream; a comment has the event `comment`. */
export interface Received {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

/** Reads Server-Sent Events one after the other; null at the end. */
export function eventsOf(response: Response): () => Promise<Received | null> {
  if (!response.body) throw new Error("expected a body");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  return async () => {
    for (;;) {
      const end = buffer.indexOf("\n\n");
      if (end !== -1) {
        const frame = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        return parse(frame);
      }
      const { done, value } = await reader.read();
      if (done) return null;
      buffer += value;
    }
  };
}

function parse(frame: string): Received {
  const fields = new Map(
    frame.split("\n").map((line) => {
      const [name = "", ...rest] = line.split(": ");
      return [name, rest.join(": ")];
    }),
  );
  if (!fields.has("event")) return { id: null, event: "comment", data: null };
  const data: unknown = JSON.parse(fields.get("data") ?? "null");
  return { id: fields.get("id") ?? null, event: fields.get("event") ?? "", data };
}
