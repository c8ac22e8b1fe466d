/**
 * Picks from one list after the other by the digits of a number, each list its own base: numbers that
 * differ below the product of the lists' lengths give different picks.
 */
export function picker(digits: number) {
  let rest = digits;
  return <T>(options: readonly T[]): T => {
    const picked = options[rest % options.length];
    rest = Math.floor(rest / options.length);
    return picked as T;
  };
}
