// As much protobuf as an ExportTraceServiceRequest takes.

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const tag = (field, wire) => varint((field << 3) | wire);
const whole = (field, value) => Buffer.concat([tag(field, 0), varint(value)]);
const message = (field, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([tag(field, 2), varint(body.length), body]);
};
const text = (field, value) => message(field, Buffer.from(value));

function fixed(field, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return Buffer.concat([tag(field, 1), bytes]);
}

function double(field, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, 1), bytes]);
}

function attribute(field, key, value) {
  const any = typeof value === 'number' ? double(4, value) : text(1, value);
  return message(field, text(1, key), message(2, any));
}

/** A span: `traceId` and `spanId` as buffers, times as bigint nanoseconds, attributes as text or double. */
export function span({ traceId, spanId, parentId, name, start, end, attributes, failed }) {
  return message(
    2,
    message(1, traceId),
    message(2, spanId),
    ...(parentId ? [message(4, parentId)] : []),
    text(5, name),
    whole(6, 1),
    fixed(7, start),
    fixed(8, end),
    ...Object.entries(attributes).map(([key, value]) => attribute(9, key, value)),
    ...(failed ? [message(15, whole(3, 2))] : []),
  );
}

/** A request of spans that `span` made. */
export const traces = (spans) =>
  message(1, message(1, attribute(1, 'service.name', 'faults')), message(2, ...spans));
