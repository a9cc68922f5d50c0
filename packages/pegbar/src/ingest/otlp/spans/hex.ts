/** Words of 64-bit hashes that are told as 16 hex characters, most significant first. */
export function highWord(hash: string): number {
  return word(hash, 0);
}

export function lowWord(hash: string): number {
  return word(hash, 8);
}

function word(hash: string, start: number): number {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const unit = hash.charCodeAt(at) | 0x20;
    value = (value << 4) | (unit > 57 ? unit - 87 : unit & 15);
  }
  return value;
}
