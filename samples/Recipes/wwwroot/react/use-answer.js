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
    try {
      for await (const { type, data } of postStream(url, body, signal)) {
        if (type === "ssekit.gap") {
          // Events are missing, so the text would have a hole. What the server still has follows.
          setText("");
        } else if (type === "message") {
          setText(before => before + data);
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
