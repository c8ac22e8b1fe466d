/** Most results kept: some hundred resources' worth. */
const most = 4_000;

/**
 * What a pure function made of plain data before, so that it is not made again: constructs take milliseconds, and each
 * look at each resource asks for the same ones.
 */
export function remembered<Given, Made>(make: (given: Given) => Made): (given: Given) => Made {
  const results = new Map<string, Made>();
  return (given) => {
    const key = JSON.stringify(given);
    const known = results.get(key);
    if (known !== undefined) return known;
    const made = make(given);
    results.set(key, made);
    const [oldest] = results.keys();
    if (results.size > most && oldest !== undefined) results.delete(oldest);
    return made;
  };
}
