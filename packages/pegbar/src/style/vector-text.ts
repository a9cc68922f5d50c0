/** Vectors as they come: JSON text of an attribute or a file, and NumPy's files. Pure; what is no vector is null. */

/** As the contract has it for records. */
const LENGTH_MOST = 4_096;
const VALUE_MOST = 1e18;

export interface TextVector {
  readonly vector: readonly number[];
  /** Said by the file itself. */
  readonly embedder?: string;
  readonly embedder_version?: string;
}

/** `[0.1, -0.2]`, or `{"embedder", "embedder_version", "vector"}`. */
export function vectorOfJson(text: string): TextVector | null {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(told)) return checked(told);
  if (typeof told !== 'object' || told === null) return null;
  const { vector, embedder, embedder_version } = told as Record<string, unknown>;
  const found = Array.isArray(vector) ? checked(vector) : null;
  return (
    found && {
      ...found,
      ...(typeof embedder === 'string' && { embedder }),
      ...(typeof embedder_version === 'string' && { embedder_version }),
    }
  );
}

/** A file by what it begins with: NumPy's magic, else JSON. */
export function vectorOfFile(bytes: Buffer): TextVector | null {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC)
    ? vectorOfNpy(bytes)
    : vectorOfJson(bytes.toString('utf8'));
}

const MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);
const HEADER_MOST = 4_096;

/**
 * NumPy's format, versions 1 to 3 (NEP 1): one vector of little-endian float16, float32 or float64, its shape `(n,)`,
 * `(1, n)` or `(n, 1)`.
 */
function vectorOfNpy(bytes: Buffer): TextVector | null {
  if (bytes.length < 12) return null;
  const isLong = bytes[6]! >= 2;
  const length = isLong ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = (isLong ? 12 : 10) + length;
  if (length > HEADER_MOST || start > bytes.length) return null;
  const header = bytes.toString('latin1', isLong ? 12 : 10, start);
  const type = /'descr'\s*:\s*'([<|=])f([248])'/.exec(header);
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header);
  if (!type || !shape) return null;
  const sizes = shape[1]!
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
    .map(Number);
  const n = sizes.reduce((product, size) => product * size, 1);
  if (sizes.length === 0 || sizes.filter((size) => size !== 1).length > 1 || n > LENGTH_MOST) return null;
  const width = Number(type[2]);
  if (bytes.length < start + n * width) return null;
  return checked(Array.from({ length: n }, (_, at) => READ[width]!(bytes, start + at * width)));
}

const READ: Readonly<Record<number, (bytes: Buffer, at: number) => number>> = {
  2: (bytes, at) => half(bytes.readUInt16LE(at)),
  4: (bytes, at) => bytes.readFloatLE(at),
  8: (bytes, at) => bytes.readDoubleLE(at),
};

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  return exponent === 31 ? Number.NaN : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

function checked(values: readonly unknown[]): TextVector | null {
  if (values.length === 0 || values.length > LENGTH_MOST) return null;
  const isVector = values.every((one) => typeof one === 'number' && Math.abs(one) <= VALUE_MOST);
  return isVector ? { vector: values as number[] } : null;
}
