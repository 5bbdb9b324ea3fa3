import { useCallback, useEffect, useRef, useState } from "react";
import { postStream } from "./post-stream.js";

// The text of an answer, and its state: "idle", "reading", "done" or "failed". `ask` begins an answer and ends the one before.
export function useAnswer() {
  const [text, setText] = useState("");
  const [state, setState] = useState("idle");
  const current = useRef();
  useEffect(() => () => current.current?.abort(), []);

  const ask = useCallback(async (url, body) => {
    current.current?.abort();
    const { signal } = (current.current = new AbortController());
    setText("");
    setState("reading");
    let stale = false;
    try {
      for await (const { type, data } of postStream(url, body, signal)) {
        if (type === "ssekit.gap") {
          // Events are missing, so what the server still has replaces the text. After a restart that may be nothing.
          stale = true;
        } else if (type === "message") {
          const replaces = stale;
          stale = false;
          setText(before => replaces ? data : before + data);
        }
      }

      setState("done");
    } catch {
      if (!signal.aborted) {
        setState("failed");
      }
    }
  }, []);

  return { text, state, ask };
}
