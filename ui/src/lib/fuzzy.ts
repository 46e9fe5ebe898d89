/** How well `query` matches `text`: higher is better, 0 is no match. Letters in order; runs and word starts count more. */
export function fuzzyScore(query: string, text: string): number {
  const q = query.toLowerCase();
  const t = text.toLowerCase();
  if (q === "") return 1;
  const at = t.indexOf(q);
  if (at >= 0) return 1000 - at - t.length * 0.1;
  let score = 0;
  let from = 0;
  let previous = -2;
  for (const letter of q) {
    const found = t.indexOf(letter, from);
    if (found < 0) return 0;
    const startsWord = found === 0 || /[\s_.\-/]/.test(t[found - 1] ?? "");
    score += found === previous + 1 ? 8 : startsWord ? 6 : 1;
    previous = found;
    from = found + 1;
  }
  return score;
}
