import { useEffect, useRef } from "react";
import { follow } from "../follow.js";

// Follows a stream as long as the component is mounted. Each event goes to the handler of its type. An event of the type `last` ends it.
export function useEventSource(url, handlers, last) {
  const latest = useRef(handlers);
  useEffect(() => { latest.current = handlers; });

  const types = [...Object.keys(handlers), last].filter(Boolean).join();
  useEffect(() => {
    const stop = follow(url, types.split(","), event => {
      latest.current[event.type]?.(event);
      if (event.type === last) {
        stop();
      }
    });
    return stop;
  }, [url, types, last]);
}
