import { useEffect, useState } from "react";

/** The present, refreshed each `every` ms while `live`; running bars and "4 min ago" follow it. */
export function useNow(every = 1000, live = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every, live]);
  return now;
}
