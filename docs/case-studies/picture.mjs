// Two distributions over each other: shares in equal steps of the logarithm.
const WIDTH = 760;
const HEIGHT = 260;
const LEFT = 40;
const BOTTOM = 220;
const STEPS = 40;

export function overlay(title, unit, reference, current) {
  const all = [...reference, ...current].sort((a, b) => a - b);
  const low = Math.log(all[Math.floor(all.length * 0.002)]);
  const high = Math.log(all[Math.ceil(all.length * 0.998) - 1]);
  const shares = (values) => {
    const cells = new Array(STEPS).fill(0);
    for (const value of values) {
      const at = Math.floor(((Math.log(value) - low) / (high - low)) * STEPS);
      cells[Math.min(STEPS - 1, Math.max(0, at))] += 1 / values.length;
    }
    return cells;
  };
  const sides = [shares(reference), shares(current)];
  const most = Math.max(...sides.flat());
  const x = (cell) => LEFT + (cell / STEPS) * (WIDTH - LEFT - 20);
  const y = (share) => BOTTOM - (share / most) * (BOTTOM - 70);
  const outline = (cells) =>
    `M${x(0)},${BOTTOM} ${cells.map((share, i) => `L${x(i).toFixed(1)},${y(share).toFixed(1)} L${x(i + 1).toFixed(1)},${y(share).toFixed(1)}`).join(' ')} L${x(STEPS)},${BOTTOM}Z`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((at) => {
    const value = Math.exp(low + at * (high - low));
    return `<text x="${(LEFT + at * (WIDTH - LEFT - 20)).toFixed(1)}" y="${BOTTOM + 20}" text-anchor="middle" fill="#6a6f76">${Number(value.toPrecision(2))} ${unit}</text>`;
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="15" font-weight="600" fill="#1c1e21">${title}</text>`,
    `<text x="${LEFT}" y="46" fill="#6a6f76"><tspan fill="#8a929c">■</tspan> before, n ${reference.length}  <tspan fill="#2f5d9b">■</tspan> after, n ${current.length}</text>`,
    `<path d="${outline(sides[0])}" fill="#8a929c" fill-opacity="0.35"/>`,
    `<path d="${outline(sides[1])}" fill="#2f5d9b" fill-opacity="0.25" stroke="#2f5d9b" stroke-width="1.5"/>`,
    `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${BOTTOM}" y2="${BOTTOM}" stroke="#c9cdd2"/>`,
    ...ticks,
    '</svg>',
  ].join('\n')}\n`;
}
