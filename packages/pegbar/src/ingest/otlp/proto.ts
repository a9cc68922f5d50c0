/** `schema.ts` as protobufjs types: decodes metrics and logs, and gives the tests an encoder. */
import protobuf from 'protobufjs';
import { MESSAGES } from './schema.ts';

const NATIVE: Record<string, string> = { id: 'bytes', enum: 'int32' };

function build(): protobuf.Root {
  const root = new protobuf.Root();
  for (const [name, spec] of Object.entries(MESSAGES)) {
    const type = new protobuf.Type(name);
    for (const [fieldName, [number, declared]] of Object.entries(spec)) {
      const repeated = declared.endsWith('[]');
      const base = repeated ? declared.slice(0, -2) : declared;
      type.add(
        new protobuf.Field(
          fieldName,
          number,
          NATIVE[base] ?? base,
          repeated ? 'repeated' : undefined,
          undefined,
          {
            packed: true,
          },
        ),
      );
    }
    root.add(type);
  }
  return root;
}

const root = build();

/** The protobufjs type of a message of `schema.ts`; throws on a name that is not there. */
export const protoType = (name: string): protobuf.Type => root.lookupType(name);
