import { command, EXIT, flag } from '../command.ts';
import { failed } from '../failure.ts';
import { type TraceAnswer, waterfall } from '../terminal/waterfall.ts';

const DEFAULT_WIDTH_CELLS = 100;

export const trace = command({
  name: 'trace',
  summary: 'One trace as a waterfall of its spans.',
  positionals: [{ name: 'ID', help: 'trace id, 32 hexadecimal digits', required: true }],
  options: { pin: flag('keep it: sampling does not take it'), unpin: flag('let sampling decide again') },
  examples: [
    { line: 'pegbar trace 4bf92f3577b34da6a3ce929d0e0e4736', says: 'where did the time go?' },
    { line: 'pegbar trace 4bf92f3577b34da6a3ce929d0e0e4736 --json', says: 'spans with all attributes' },
    { line: 'pegbar trace 4bf92f3577b34da6a3ce929d0e0e4736 --pin', says: 'keep this one' },
  ],
  async run({ values, positionals, client, out }) {
    const id = (positionals[0] ?? '').toLowerCase();
    if (values.pin || values.unpin) {
      const method = values.pin ? 'POST' : 'DELETE';
      const pinned = await client.json<object>(method, `/api/v1/traces/${encodeURIComponent(id)}/pin`);
      if (!pinned.ok) return failed(out, pinned.error);
      if (out.format === 'json') await out.document(pinned.value);
      else out.say(values.pin ? 'pinned' : 'not pinned any more');
      return EXIT.ok;
    }
    const answer = await client.json<TraceAnswer>('GET', `/api/v1/traces/${encodeURIComponent(id)}`);
    if (!answer.ok) return failed(out, answer.error);
    if (out.format !== 'table') {
      const columns = [
        'span_id',
        'parent_span_id',
        'name',
        'start',
        'end',
        'duration_ms',
        'status',
        'attributes',
      ];
      await out.rows(
        columns.map((name) => ({ name, title: name })),
        answer.value.spans.map((span) => ({ ...span })),
        answer.value,
      );
      return EXIT.ok;
    }
    for (const line of waterfall(answer.value, out.width ?? DEFAULT_WIDTH_CELLS, out.style))
      await out.line(line);
    return EXIT.ok;
  },
});
