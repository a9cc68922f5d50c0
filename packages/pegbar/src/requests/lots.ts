/**
 * Characters of ids in one parameter of a query: the engine takes values up to 128 KiB. Ids come from outside, so
 * they are cut by their length and not by their number.
 */
const LOT_CHARACTERS = 60_000;
/** Quotes and comma around an id. */
const AROUND = 3;

/** The ids in lots that each fit into a parameter, even if every character of them has to be escaped. */
export function* lotsOf(ids: Iterable<string>): Iterable<readonly string[]> {
  let lot: string[] = [];
  let characters = 0;
  for (const id of ids) {
    if (lot.length > 0 && characters + id.length + AROUND > LOT_CHARACTERS) {
      yield lot;
      lot = [];
      characters = 0;
    }
    lot.push(id);
    characters += id.length + AROUND;
  }
  if (lot.length > 0) yield lot;
}
