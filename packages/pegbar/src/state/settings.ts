import type { Queries } from './state.ts';

const READ = 'select value from settings where key = ?';
const WRITE = `insert into settings (key, value, changed_at) values (?, ?, ?)
  on conflict (key) do update set value = excluded.value, changed_at = excluded.changed_at`;

/** The JSON value of a setting, or undefined. Keys are `room.name`. */
export async function readSetting(state: Queries, key: string): Promise<unknown> {
  const row = await state.get<{ value: string }>(READ, [key]);
  return row ? (JSON.parse(row.value) as unknown) : undefined;
}

export async function writeSetting(state: Queries, key: string, value: unknown, now: number): Promise<void> {
  await state.run(WRITE, [key, JSON.stringify(value), now]);
}
