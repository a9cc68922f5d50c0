import { resolve } from 'node:path';
import { stateDirectory } from '../../config/index.ts';
import { type Journal, openJournal, type PictureTags, type Sending } from '../../importers/index.ts';
import type { Context } from '../command.ts';
import { pictureSink } from './sink.ts';
import { thumbnailMaker } from './thumbnail.ts';

export type PictureSession = Pick<Sending, 'sink' | 'tags' | 'makeThumbnail'> & {
  journal: Journal;
  isDenied: () => boolean;
};

/** What `import images` and `watch` need to send pictures to one server as one tenant. */
export async function pictureSession(
  { io, out, client }: Pick<Context, 'io' | 'out' | 'client'>,
  tags: PictureTags,
): Promise<PictureSession> {
  const directory = resolve(stateDirectory(io.env), 'imports');
  const sink = pictureSink(client, { name: 'images', tenant: tags.tenant, say: out.say });
  const journal = await openJournal(directory, JSON.stringify([client.url, tags]));
  return { sink, tags, journal, isDenied: sink.isDenied, makeThumbnail: await thumbnailMaker() };
}

/** Paths as the user wrote them, absolute and as bytes. */
export const rootsOf = (paths: readonly string[]): Buffer[] =>
  paths.map((path) => Buffer.from(resolve(path)));
