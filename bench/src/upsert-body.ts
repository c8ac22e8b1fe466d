/** What the stub index keeps of a record. */
export interface SeenRecord {
  id: string;
  /** The number under `price` in the metadata, by which edits are told apart; NaN where there is none. */
  price: number;
}

const idStart = Buffer.from('{"id":"');
const idEnd = Buffer.from('","values":[');
const price = Buffer.from('"price":');
const closingBracket = 93;

/**
 * Reads the records of an upsert's JSON without parsing the vectors, which would cost as much as all else that
 * the stub does. Counts on each record's members standing in the order id, values, metadata; inside a
 * JSON string none of the marks can occur, since its quotes are escaped.
 */
export function readRecords(body: Buffer): SeenRecord[] {
  const records: SeenRecord[] = [];
  let at = body.indexOf(idStart);
  while (at >= 0) {
    const from = at + idStart.length;
    const to = body.indexOf(idEnd, from);
    if (to < 0) throw new Error('The upsert has an id that no values follow.');
    const metadataAt = body.indexOf(closingBracket, to);
    at = body.indexOf(idStart, metadataAt);
    const metadata = body.subarray(metadataAt, at < 0 ? body.length : at);
    const priceAt = metadata.indexOf(price);
    records.push({
      id: body.toString('utf8', from, to),
      price:
        priceAt < 0
          ? Number.NaN
          : Number.parseFloat(
              metadata.toString('latin1', priceAt + price.length, priceAt + price.length + 24),
            ),
    });
  }
  return records;
}
